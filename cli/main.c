
/*
 * xsell: the engine of the nginx module from a shell.
 *
 * The same library, the same files: what `xsell check` accepts nginx accepts,
 * a snapshot that `xsell replay` writes is one that nginx loads.
 */

#include "cli.h"

#include <string.h>


static const struct {
    const char  *name;
    int        (*run)(int argc, char **argv);
    const char  *what;
} commands[] = {
    { "check",     cli_check,
      "says what is wrong with a catalogue, and what is in it" },
    { "plan",      cli_plan,
      "says what a zone of a size holds" },
    { "replay",    cli_replay,
      "learns from an event log and writes a snapshot" },
    { "recommend", cli_recommend,
      "shows what is offered next to an item, and why" },
    { "rewrite",   cli_rewrite,
      "puts fragments into an HTML page" },
    { "eval",      cli_eval,
      "measures the offers by published protocols" },
    { "snapshot",  cli_snapshot,
      "checks a snapshot and says what is in it" },
    { "template",  cli_template,
      "prints the template that is built in" }
};

#define COMMANDS  (sizeof(commands) / sizeof(commands[0]))


static void
help(FILE *out)
{
    size_t  i;

    fprintf(out, "usage: xsell COMMAND [OPTION]... [ARGUMENT]...\n\n");

    for (i = 0; i < COMMANDS; i++) {
        fprintf(out, "  %-10s %s\n", commands[i].name, commands[i].what);
    }

    fprintf(out, "\n"
            "`xsell COMMAND --help` says more.  A file \"-\" is standard "
            "input.\n"
            "Exit codes: 0 done, 1 a mistake was found or it failed, "
            "2 wrong usage.\n");
}


int
main(int argc, char **argv)
{
    int     rc;
    size_t  i;

    if (argc < 2) {
        help(stderr);
        return CLI_USAGE;
    }

    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0
        || strcmp(argv[1], "help") == 0)
    {
        help(stdout);
        return CLI_OK;
    }

    for (i = 0; i < COMMANDS; i++) {

        if (strcmp(argv[1], commands[i].name) != 0) {
            continue;
        }

        rc = commands[i].run(argc - 1, argv + 1);

        /* a full disk behind a pipe must not look like success */

        if (fflush(stdout) != 0 || ferror(stdout)) {
            return cli_fail("could not write the output");
        }

        return rc;
    }

    fprintf(stderr, "xsell: no command \"%s\"\n\n", argv[1]);
    help(stderr);

    return CLI_USAGE;
}


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
      "says what is wrong with a shop's files, before nginx does" },
    { "catalog",   cli_catalogue,
      "says what is in a catalogue, and what an item is like" },
    { "item",      cli_item,
      "says which item a saved page is about" },
    { "render",    cli_render,
      "prints a fragment as nginx would write it" },
    { "rewrite",   cli_rewrite,
      "puts fragments into an HTML page" },
    { "explain",   cli_explain,
      "says what nginx would do to a page, and why not" },
    { "theme",     cli_theme,
      "prints the stylesheet made from design tokens" },
    { "template",  cli_template,
      "prints the templates that are built in" },
    { "recommend", cli_recommend,
      "shows what is offered next to an item, and why" },
    { "replay",    cli_replay,
      "learns from an event log and writes a snapshot" },
    { "snapshot",  cli_snapshot,
      "checks a snapshot and says what is in it" },
    { "plan",      cli_plan,
      "says what a zone of a size holds" },
    { "eval",      cli_eval,
      "measures the offers by published protocols" },
    { "simulate",  cli_simulate,
      "measures how the offers learn, in a simulated shop" }
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
            "`xsell COMMAND --help` says more, `xsell --version` which "
            "one this is.\nA file \"-\" is standard input; any file that is "
            "read may be gzip.\n"
            "Exit codes: 0 done, 1 a mistake was found or it failed, "
            "2 wrong usage,\n3 a fragment has no place in the page "
            "(rewrite, explain).\n");
}


static int
unknown(const char *name)
{
    size_t       i;
    const char  *near, *names[COMMANDS];

    for (i = 0; i < COMMANDS; i++) {
        names[i] = commands[i].name;
    }

    near = cli_nearest(name, names, COMMANDS);

    fprintf(stderr, "xsell: no command \"%s\"", name);

    if (near) {
        fprintf(stderr, "; did you mean \"%s\"?", near);
    }

    fprintf(stderr, "\n\n");
    help(stderr);

    return CLI_USAGE;
}


/* a full disk behind a pipe must not look like success */

static int
done(int rc)
{
    if (fflush(stdout) != 0 || ferror(stdout)) {
        return cli_fail("could not write the output");
    }

    return rc;
}


int
main(int argc, char **argv)
{
    size_t  i;

    if (argc < 2) {
        help(stderr);
        return CLI_USAGE;
    }

    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0
        || strcmp(argv[1], "help") == 0)
    {
        help(stdout);
        return done(CLI_OK);
    }

    if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0) {
        printf("xsell %s\n", XSELL_VERSION);
        return done(CLI_OK);
    }

    for (i = 0; i < COMMANDS; i++) {

        if (strcmp(argv[1], commands[i].name) != 0) {
            continue;
        }

        return done(commands[i].run(argc - 1, argv + 1));
    }

    return unknown(argv[1]);
}

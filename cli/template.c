
/*
 * xsell template: the built-in templates as text, for a shop to start its own
 * from.  The texts stand in the library alone (xsell_builtin.c), so that what
 * is printed is what is rendered.
 */

#include "cli.h"

#include <getopt.h>


static const char  template_help[] =
    "usage: xsell template [NAME]\n"
    "       xsell template --list\n"
    "\n"
    "Prints a template that is built in (default carousel).  Save it as\n"
    "NAME.mustache in the folder that the shop's `templates` names, and\n"
    "change it there: it takes the place of the built-in one.  Under another\n"
    "name it is one more, for `xsell_slot ... template=NAME`.\n"
    "\n"
    "  --list   print the names of those that are built in\n";


static int
template_list(void)
{
    uint32_t            i;
    xsell_str_t         name;
    xsell_templates_t  *ts;

    if (xsell_templates_create(&ts) != XSELL_OK) {
        return cli_fail("not enough memory");
    }

    for (i = 0; i < xsell_templates_n(ts); i++) {
        name = xsell_templates_name(ts, i);
        printf("%.*s\n", (int) name.n, name.p);
    }

    xsell_templates_destroy(ts);

    return CLI_OK;
}


int
cli_template(int argc, char **argv)
{
    int          c;
    const char  *name;
    xsell_str_t  text;

    static const struct option  options[] = {
        { "list", no_argument, NULL, 'l' },
        { "help", no_argument, NULL, 'h' },
        { NULL, 0, NULL, 0 }
    };

    while ((c = getopt_long(argc, argv, "lh", options, NULL)) != -1) {

        switch (c) {

        case 'l':
            return template_list();

        case 'h':
            fputs(template_help, stdout);
            return CLI_OK;

        default:
            return CLI_USAGE;
        }
    }

    name = optind < argc ? argv[optind++] : "carousel";

    if (optind < argc) {
        return cli_usage("template", "\"%s\" is one argument too many",
                         argv[optind]);
    }

    text = xsell_templates_builtin(cli_str(name));

    if (text.n == 0) {
        return cli_usage("template", "no template \"%s\" is built in: `xsell "
                         "template --list` says which are", name);
    }

    if (fwrite(text.p, 1, text.n, stdout) != text.n) {
        return cli_fail("cannot write the template");
    }

    return CLI_OK;
}


/*
 * xsell template: the built-in carousel template as text, for a shop to start
 * its own from.  The text stands in the library alone (xsell_theme.c), so
 * that what is printed is what is rendered.
 */

#include "cli.h"

#include <getopt.h>


static const char  template_help[] =
    "usage: xsell template [--css]\n"
    "\n"
    "Prints the template that is built in, or its stylesheet.  Save it as\n"
    "carousel.mustache in the folder that the shop's `templates` names.\n";


int
cli_template(int argc, char **argv)
{
    int          c;
    xsell_str_t  text;

    static const struct option  options[] = {
        { "css", no_argument, NULL, 'c' },
        { "help", no_argument, NULL, 'h' },
        { NULL, 0, NULL, 0 }
    };

    text = xsell_template_builtin();

    while ((c = getopt_long(argc, argv, "ch", options, NULL)) != -1) {

        switch (c) {

        case 'c':
            text = xsell_theme_css();
            break;

        case 'h':
            fputs(template_help, stdout);
            return CLI_OK;

        default:
            return CLI_USAGE;
        }
    }

    if (optind < argc) {
        return cli_usage("template", "\"%s\" is one argument too many",
                         argv[optind]);
    }

    if (fwrite(text.p, 1, text.n, stdout) != text.n) {
        return cli_fail("cannot write the template");
    }

    return CLI_OK;
}

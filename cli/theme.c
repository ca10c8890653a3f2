
/*
 * xsell theme: the stylesheet as the endpoint serves it, from a shop's design
 * tokens or the neutral ones; or the neutral tokens as a file to start from.
 */

#include "cli.h"

#include <getopt.h>
#include <stdlib.h>


static const char  theme_help[] =
    "usage: xsell theme [--style FILE] [TOKENS]\n"
    "       xsell theme --tokens\n"
    "\n"
    "Prints the stylesheet made from a file of design tokens (W3C format,\n"
    "Tokens Studio, Figma variables), or the neutral one.\n"
    "\n"
    "  --style FILE   rules of your own behind ours, as style.css in the\n"
    "                 folder `templates` is\n"
    "  --tokens       print the neutral theme as tokens instead: a file for\n"
    "                 the shop's `theme` to start from\n";


static int
theme_print(const char *tokens, const char *style)
{
    char           *text;
    xsell_str_t     rules, sheet;
    xsell_theme_t  *theme;

    text = NULL;
    rules.p = "";
    rules.n = 0;

    if (style) {

        if (cli_read(style, &text, &rules.n) != 0) {
            return CLI_FAILED;
        }

        rules.p = text;
    }

    theme = cli_theme_open(tokens, rules, NULL);
    free(text);

    if (theme == NULL) {
        return CLI_FAILED;
    }

    sheet = xsell_theme_sheet(theme);
    (void) fwrite(sheet.p, 1, sheet.n, stdout);

    xsell_theme_destroy(theme);

    return CLI_OK;
}


int
cli_theme(int argc, char **argv)
{
    int          c, neutral;
    const char  *style;
    xsell_str_t  tokens;

    static const struct option  options[] = {
        { "style",  required_argument, NULL, 's' },
        { "tokens", no_argument,       NULL, 't' },
        { "help",   no_argument,       NULL, 'h' },
        { NULL, 0, NULL, 0 }
    };

    neutral = 0;
    style = NULL;

    while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {

        switch (c) {

        case 's':
            style = optarg;
            break;

        case 't':
            neutral = 1;
            break;

        case 'h':
            fputs(theme_help, stdout);
            return CLI_OK;

        default:
            return CLI_USAGE;
        }
    }

    if (neutral && (style || optind < argc)) {
        return cli_usage("theme", "--tokens takes nothing beside it");
    }

    if (argc - optind > 1) {
        return cli_usage("theme", "\"%s\" is one file too many",
                         argv[optind + 1]);
    }

    if (!neutral) {
        return theme_print(optind < argc ? argv[optind] : NULL, style);
    }

    tokens = xsell_theme_tokens();
    (void) fwrite(tokens.p, 1, tokens.n, stdout);

    return CLI_OK;
}

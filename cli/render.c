
/*
 * xsell render: a fragment as the nginx module writes it into a page, from the
 * files of a shop, without nginx: for whoever works on a template.
 *
 *   items    given, or recommended: next to an item, with a state if there
 *            is one, else as on a shop's first day
 *   look     templates, strings, theme
 *   page     with --page a whole page around it, its stylesheet inside, so
 *            that a browser can open the output as a file
 *
 * Links lack the token that counts a click: there is no visitor here.
 */

#include "cli.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>


#define RENDER_CSS  "xsell.css"         /* nothing stands there: see --page */


static const char  render_help[] =
    "usage: xsell render --catalog FILE [OPTION]...\n"
    "\n"
    "Prints a fragment as nginx would write it into a page.\n"
    "\n"
    "  --catalog FILE     the shop's catalogue\n"
    "  --items ID,ID,...  the items to show, or:\n"
    "  --item ID          show what is offered next to this one\n"
    "  --state SNAPSHOT   what was learned (default: a shop's first day)\n"
    "  --count N          how many to offer, 1 to 12 (default 6)\n"
    "\n"
    "  --templates DIR    the shop's folder of templates and strings\n"
    "  --template NAME    which one (default carousel)\n"
    "  --lang LANG        of prices and texts, such as de-AT\n"
    "  --title TEXT       heading (default: the language's)\n"
    "  --slot NAME        name of the slot (default related)\n"
    "  --page             a whole page with the stylesheet inside, to look at\n"
    "                     in a browser\n"
    "  --theme FILE       design tokens for that stylesheet\n"
    "  --base URL         where that page finds the shop's pictures, such as\n"
    "                     https://shop.example/\n"
    "\n"
    "Without --items and --item the catalogue's first items are shown.\n";


typedef struct {
    const char          *catalog;
    const char          *items;
    const char          *item;
    const char          *state;
    const char          *templates;
    const char          *template;
    const char          *lang;
    const char          *title;
    const char          *slot;
    const char          *theme;
    const char          *base;
    long                 count;
    int                  page;
} render_options_t;


static int render_options(int argc, char **argv, render_options_t *o);
static int render_cards(const render_options_t *o, xsell_catalog_t *cat,
    xsell_card_t *card, uint32_t *n);
static int render_print(const render_options_t *o, const cli_look_t *look,
    const xsell_fragment_t *f);


int
cli_render(int argc, char **argv)
{
    int               rc;
    cli_look_t        look;
    xsell_card_t      card[XSELL_SLATE_MAX];
    xsell_catalog_t  *cat;
    xsell_fragment_t  f;
    render_options_t  o;

    rc = render_options(argc, argv, &o);

    if (rc != CLI_OK || o.catalog == NULL) {
        return rc;
    }

    cat = o.items ? cli_catalog(o.catalog, NULL)
                  : cli_catalog_similar(o.catalog);

    if (cat == NULL) {
        return CLI_FAILED;
    }

    memset(&f, 0, sizeof(f));

    f.catalog = cat;
    f.slot = cli_str(o.slot);
    f.css = cli_str(RENDER_CSS);
    f.title = cli_str(o.title);
    f.lang = cli_str(o.lang);
    f.card = card;

    rc = render_cards(&o, cat, card, &f.n);

    if (rc == CLI_OK) {
        rc = cli_look_open(&look, o.templates);

        if (rc == CLI_OK) {
            rc = render_print(&o, &look, &f);
        }

        cli_look_close(&look);
    }

    xsell_catalog_destroy(cat);

    return rc;
}


static int
render_options(int argc, char **argv, render_options_t *o)
{
    int  c;

    static const struct option  options[] = {
        { "catalog",   required_argument, NULL, 'c' },
        { "items",     required_argument, NULL, 'I' },
        { "item",      required_argument, NULL, 'i' },
        { "state",     required_argument, NULL, 's' },
        { "count",     required_argument, NULL, 'n' },
        { "templates", required_argument, NULL, 'T' },
        { "template",  required_argument, NULL, 't' },
        { "lang",      required_argument, NULL, 'l' },
        { "title",     required_argument, NULL, 'e' },
        { "slot",      required_argument, NULL, 'S' },
        { "theme",     required_argument, NULL, 'm' },
        { "base",      required_argument, NULL, 'b' },
        { "page",      no_argument,       NULL, 'p' },
        { "help",      no_argument,       NULL, 'h' },
        { NULL, 0, NULL, 0 }
    };

    memset(o, 0, sizeof(*o));
    o->count = 6;
    o->template = "carousel";
    o->lang = "";
    o->title = "";
    o->slot = "related";

    while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {

        switch (c) {

        case 'c':
            o->catalog = optarg;
            break;

        case 'I':
            o->items = optarg;
            break;

        case 'i':
            o->item = optarg;
            break;

        case 's':
            o->state = optarg;
            break;

        case 'n':
            o->count = cli_number(optarg, 1, XSELL_SLATE_MAX);

            if (o->count < 0) {
                return cli_usage("render", "--count is 1 to %d",
                                 XSELL_SLATE_MAX);
            }

            break;

        case 'T':
            o->templates = optarg;
            break;

        case 't':
            o->template = optarg;
            break;

        case 'l':
            o->lang = optarg;
            break;

        case 'e':
            o->title = optarg;
            break;

        case 'S':
            o->slot = optarg;
            break;

        case 'm':
            o->theme = optarg;
            break;

        case 'b':
            o->base = optarg;
            break;

        case 'p':
            o->page = 1;
            break;

        case 'h':
            o->catalog = NULL;
            fputs(render_help, stdout);
            return CLI_OK;

        default:
            return CLI_USAGE;
        }
    }

    if (o->catalog == NULL || optind != argc) {
        return cli_usage("render", "--catalog is needed, and nothing without "
                         "a name");
    }

    if (o->items && (o->item || o->state)) {
        return cli_usage("render", "--items says what is shown: not with "
                         "--item or --state");
    }

    if ((o->theme || o->base) && !o->page) {
        return cli_usage("render", "--theme and --base need --page; `xsell "
                         "theme` prints a stylesheet");
    }

    return CLI_OK;
}


/* ---- items ------------------------------------------------------------ */

static void
render_card(const xsell_catalog_t *cat, uint32_t item, uint8_t reason,
    xsell_card_t *card)
{
    card->item = item;
    card->reason = reason;
    card->rule = 0;
    card->url = xsell_catalog_text(cat, xsell_catalog_item(cat, item),
                                   XSELL_TEXT_URL);
}


static int
render_given(const render_options_t *o, const xsell_catalog_t *cat,
    xsell_card_t *card, uint32_t *n)
{
    size_t       len;
    uint32_t     item;
    const char  *p;

    for (p = o->items; *p; p += len + (p[len] == ',')) {
        len = strcspn(p, ",");
        item = xsell_catalog_find(cat, p, len);

        if (item == XSELL_NO_ITEM) {
            return cli_fail("%s: no item \"%.*s\"", o->catalog, (int) len, p);
        }

        if (*n == XSELL_SLATE_MAX) {
            return cli_usage("render", "--items: more than %d",
                             XSELL_SLATE_MAX);
        }

        render_card(cat, item, XSELL_REASON_NONE, &card[(*n)++]);
    }

    return *n ? CLI_OK : cli_usage("render", "--items is empty");
}


static void
render_first(const render_options_t *o, const xsell_catalog_t *cat,
    xsell_card_t *card, uint32_t *n)
{
    uint32_t  i;

    for (i = 0; i < xsell_catalog_n(cat) && *n < (uint32_t) o->count; i++) {
        render_card(cat, i, XSELL_REASON_NONE, &card[(*n)++]);
    }
}


static int
render_offered(const render_options_t *o, xsell_catalog_t *cat,
    xsell_card_t *card, uint32_t *n)
{
    int            rc;
    uint32_t       i, anchor;
    cli_shop_t     shop;
    xsell_slate_t  slate;

    anchor = XSELL_NO_ITEM;

    if (o->item) {
        anchor = xsell_catalog_find(cat, o->item, strlen(o->item));

        if (anchor == XSELL_NO_ITEM) {
            return cli_fail("%s: no item \"%s\"", o->catalog, o->item);
        }
    }

    rc = cli_shop_open(&shop, cat, o->state, 0);

    if (rc != CLI_OK) {
        return rc;
    }

    cli_shop_ask(&shop, anchor, (uint32_t) o->count, &slate);

    for (i = 0; i < slate.n; i++) {
        render_card(cat, slate.pick[i].item, slate.pick[i].reason,
                    &card[(*n)++]);
    }

    cli_shop_close(&shop);

    return *n ? CLI_OK : cli_fail("there is nothing to offer");
}


static int
render_cards(const render_options_t *o, xsell_catalog_t *cat,
    xsell_card_t *card, uint32_t *n)
{
    *n = 0;

    if (o->items) {
        return render_given(o, cat, card, n);
    }

    if (o->item || o->state) {
        return render_offered(o, cat, card, n);
    }

    render_first(o, cat, card, n);

    return CLI_OK;
}


/* ---- output ----------------------------------------------------------- */

static void
render_escaped(xsell_str_t s)
{
    size_t  i;

    for (i = 0; i < s.n; i++) {

        switch (s.p[i]) {

        case '&':
            fputs("&amp;", stdout);
            break;

        case '<':
            fputs("&lt;", stdout);
            break;

        case '"':
            fputs("&quot;", stdout);
            break;

        default:
            putchar(s.p[i]);
        }
    }
}


/* the fragment without its links to the stylesheet, which is inside the page:
   at the address there is none */

static void
render_unlinked(const char *html, size_t n)
{
    const char  *p, *tag, *end, *last;

    last = html + n;

    for (p = html; p < last; p = end) {
        tag = memmem(p, (size_t) (last - p), "<link", 5);
        end = tag ? memchr(tag, '>', (size_t) (last - tag)) : NULL;

        if (end == NULL) {
            break;
        }

        end++;

        if (memmem(tag, (size_t) (end - tag), "\"" RENDER_CSS "\"",
                   sizeof(RENDER_CSS) + 1)
            == NULL)
        {
            (void) fwrite(p, 1, (size_t) (end - p), stdout);
            continue;
        }

        (void) fwrite(p, 1, (size_t) (tag - p), stdout);
        end += end < last && *end == '\n';
    }

    (void) fwrite(p, 1, (size_t) (last - p), stdout);
}


/* a page that leaves all looks to the fragment, and a column to stand in */

static int
render_page(const render_options_t *o, const cli_look_t *look,
    const char *html, size_t n)
{
    xsell_str_t     sheet;
    xsell_theme_t  *theme;

    theme = cli_theme_open(o->theme, look->style, NULL);

    if (theme == NULL) {
        return CLI_FAILED;
    }

    sheet = xsell_theme_sheet(theme);

    printf("<!DOCTYPE html>\n<html lang=\"");
    render_escaped(cli_str(*o->lang ? o->lang : "en"));
    printf("\">\n<head>\n<meta charset=\"utf-8\">\n"
           "<meta name=\"viewport\" content=\"width=device-width\">\n"
           "<meta name=\"color-scheme\" content=\"light dark\">\n"
           "<title>");
    render_escaped(cli_str(o->template));
    printf("</title>\n");

    if (o->base) {
        printf("<base href=\"");
        render_escaped(cli_str(o->base));
        printf("\">\n");
    }

    printf("<style>\n"
           "body{max-width:80rem;margin:2rem auto;padding:0 1.25rem;"
           "font:1rem/1.5 system-ui,sans-serif}\n");

    (void) fwrite(sheet.p, 1, sheet.n, stdout);
    printf("</style>\n</head>\n<body>\n");
    render_unlinked(html, n);
    printf("</body>\n</html>\n");

    xsell_theme_destroy(theme);

    return CLI_OK;
}


static int
render_print(const render_options_t *o, const cli_look_t *look,
    const xsell_fragment_t *f)
{
    int      i, rc;
    char    *html, names[1024];
    size_t   n;

    i = xsell_templates_find(look->templates, cli_str(o->template));

    if (i < 0) {
        cli_look_names(look->templates, names, sizeof(names));
        return cli_fail("no template \"%s\"; there are %s", o->template,
                        names);
    }

    html = malloc(XSELL_FRAGMENT_MAX);

    if (html == NULL) {
        return cli_fail("not enough memory");
    }

    n = xsell_templates_render(look->templates, (uint32_t) i, f, html,
                               XSELL_FRAGMENT_MAX);
    rc = CLI_OK;

    if (n == 0 || n > XSELL_FRAGMENT_MAX) {
        rc = cli_fail("template \"%s\": the fragment is %s", o->template,
                      n ? "larger than 256 KiB" : "empty or larger than "
                                                  "256 KiB");
    } else if (o->page) {
        rc = render_page(o, look, html, n);

    } else {
        (void) fwrite(html, 1, n, stdout);
    }

    free(html);

    return rc;
}

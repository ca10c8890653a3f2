
/*
 * xsell item: which item of a catalogue a saved page is about, found as the
 * nginx module does where xsell_item is not set.
 */

#include "cli.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>


static const char  item_help[] =
    "usage: xsell item --catalog FILE [--url URL] [PAGE]\n"
    "\n"
    "Says which item of the catalogue a page is about, and what says so,\n"
    "as nginx finds it where xsell_item is not set: url (the catalogue has\n"
    "an item of this URL), jsonld, microdata, opengraph or canonical.\n"
    "\n"
    "  -c, --catalog FILE  the shop's products\n"
    "  -u, --url URL       of the page, or its path (default: unknown)\n"
    "  -n, --chunk N       feed the page in pieces of N bytes, to see that\n"
    "                      the answer is the same\n"
    "  -h, --help          this text\n"
    "\n"
    "Without PAGE standard input is read.  Exit codes: 0 found, 1 the page is\n"
    "about no item or it failed, 2 wrong usage.\n";


typedef struct {
    const char          *catalog;
    const char          *url;
    const char          *page;
    size_t               chunk;
} item_options_t;


static int
item_options(item_options_t *o, int argc, char **argv)
{
    int   c;
    long  n;

    static const struct option  options[] = {
        { "catalog", required_argument, NULL, 'c' },
        { "url", required_argument, NULL, 'u' },
        { "chunk", required_argument, NULL, 'n' },
        { "help", no_argument, NULL, 'h' },
        { NULL, 0, NULL, 0 }
    };

    memset(o, 0, sizeof(*o));
    o->chunk = SIZE_MAX;

    while ((c = getopt_long(argc, argv, "c:u:n:h", options, NULL)) != -1) {

        switch (c) {

        case 'c':
            o->catalog = optarg;
            break;

        case 'u':
            o->url = optarg;
            break;

        case 'n':
            n = cli_number(optarg, 1, 1 << 30);

            if (n == -1) {
                return cli_usage("item", "--chunk is a number of bytes, not "
                                 "\"%s\"", optarg);
            }

            o->chunk = (size_t) n;
            break;

        case 'h':
            fputs(item_help, stdout);
            return -1;

        default:
            return CLI_USAGE;
        }
    }

    if (o->catalog == NULL) {
        return cli_usage("item", "there is no --catalog");
    }

    if (optind + 1 < argc) {
        return cli_usage("item", "\"%s\" is one argument too many: one page "
                         "is read", argv[optind + 1]);
    }

    o->page = optind < argc ? argv[optind] : "-";

    return CLI_OK;
}


/* as the module asks: the URL first, and only then the page */

static int
item_find(const item_options_t *o, const xsell_catalog_t *cat,
    xsell_found_t *found)
{
    char             *text;
    size_t            n, i, k;
    xsell_locator_t   self;

    static xsell_product_t  product;

    memset(&self, 0, sizeof(self));
    memset(found, 0, sizeof(*found));
    found->item = XSELL_NO_ITEM;

    if (o->url) {

        if (xsell_locator(&self, o->url, strlen(o->url)) != XSELL_OK) {
            return cli_usage("item", "\"%s\" is no URL", o->url);
        }

        found->item = xsell_catalog_page(cat, &self);

        if (found->item != XSELL_NO_ITEM) {
            found->from = XSELL_FROM_URL;
            return CLI_OK;
        }
    }

    if (cli_read(o->page, &text, &n) == -1) {
        return CLI_FAILED;
    }

    xsell_product_init(&product, cat, &self);

    for (i = 0; i < n; i += k) {
        k = n - i < o->chunk ? n - i : o->chunk;
        xsell_product_feed(&product, (const uint8_t *) text + i, k);
    }

    free(text);

    if (xsell_product_finish(&product, found) != XSELL_OK) {
        fprintf(stderr, "xsell: %s is about no item of %s\n",
                cli_input_name(o->page), cli_input_name(o->catalog));
        return CLI_FAILED;
    }

    return CLI_OK;
}


int
cli_item(int argc, char **argv)
{
    int              rc;
    xsell_str_t      id;
    xsell_found_t    found;
    item_options_t   o;
    xsell_catalog_t *cat;

    rc = item_options(&o, argc, argv);

    if (rc != CLI_OK) {
        return rc == -1 ? CLI_OK : rc;
    }

    cat = cli_catalog_quiet(o.catalog);

    if (cat == NULL) {
        return CLI_FAILED;
    }

    rc = item_find(&o, cat, &found);

    if (rc == CLI_OK) {
        id = xsell_catalog_text(cat, xsell_catalog_item(cat, found.item),
                                XSELL_TEXT_ID);
        printf("%.*s\t%s\n", (int) id.n, id.p, xsell_from_name(found.from));
    }

    xsell_catalog_destroy(cat);

    return rc;
}

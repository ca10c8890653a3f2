
/*
 * xsell check: a catalogue as nginx will see it: what is wrong, what is in
 * it, what it costs.  `nginx -t` says the same, but needs the configuration.
 */

#include "cli.h"

#include <getopt.h>
#include <string.h>


static const char  check_help[] =
    "usage: xsell check [--strict] FILE...\n"
    "\n"
    "Reads catalogues (a JSON array of objects, or one object a line), prints\n"
    "mistakes with line and column, and what is in each file.\n"
    "\n"
    "  --strict   a warning counts as a mistake\n";


typedef struct {
    uint32_t             categories;
    uint32_t             brands;
    uint32_t             groups;
    uint32_t             away;          /* can't be bought */
    uint32_t             no_price;
    uint32_t             no_image;
} check_sums_t;


static int
check_can_be_bought(unsigned availability)
{
    return availability != XSELL_OUT_OF_STOCK
           && availability != XSELL_DISCONTINUED;
}


static void
check_sum(const xsell_catalog_t *cat, check_sums_t *sums)
{
    uint32_t             i;
    const xsell_item_t  *item;

    memset(sums, 0, sizeof(*sums));

    for (i = 0; i < xsell_catalog_n(cat); i++) {
        item = xsell_catalog_item(cat, i);

        /* numbers are given in order of appearance: the highest counts */

        sums->categories = item->category_idx > sums->categories
                           ? item->category_idx : sums->categories;
        sums->brands = item->brand_idx > sums->brands
                       ? item->brand_idx : sums->brands;
        sums->groups = item->group_idx > sums->groups
                       ? item->group_idx : sums->groups;

        sums->away += !check_can_be_bought(item->availability);
        sums->no_price += item->price < 0;
        sums->no_image += item->image.n == 0;
    }
}


static void
check_print(const char *file, const xsell_catalog_t *cat, unsigned warnings)
{
    char          a[32], b[32];
    uint32_t      n;
    xsell_str_t   currency;
    check_sums_t  sums;

    n = xsell_catalog_n(cat);
    currency = xsell_catalog_currency(cat);
    check_sum(cat, &sums);

    printf("%s: %s items, currency %.*s, %u warning%s\n", file,
           cli_count(a, n), currency.n ? (int) currency.n : 4,
           currency.n ? currency.p : "none", warnings,
           warnings == 1 ? "" : "s");

    printf("  %u categories, %u brands, %u groups of variants\n",
           sums.categories, sums.brands, sums.groups);

    printf("  %u not to be bought now, %u without a price, %u without a "
           "picture\n", sums.away, sums.no_price, sums.no_image);

    printf("  %s of memory, %s bytes an item\n",
           cli_bytes(a, xsell_catalog_bytes(cat)),
           cli_count(b, xsell_catalog_bytes(cat) / (n ? n : 1)));
}


int
cli_check(int argc, char **argv)
{
    int               c, strict, rc;
    unsigned          warnings;
    xsell_catalog_t  *cat;

    static const struct option  options[] = {
        { "strict", no_argument, NULL, 's' },
        { "help",   no_argument, NULL, 'h' },
        { NULL, 0, NULL, 0 }
    };

    strict = 0;

    while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {

        switch (c) {

        case 's':
            strict = 1;
            break;

        case 'h':
            fputs(check_help, stdout);
            return CLI_OK;

        default:
            return CLI_USAGE;
        }
    }

    if (optind == argc) {
        return cli_usage("check", "no file");
    }

    for (rc = CLI_OK; optind < argc; optind++) {
        cat = cli_catalog(argv[optind], &warnings);

        if (cat == NULL) {
            rc = CLI_FAILED;
            continue;
        }

        check_print(argv[optind], cat, warnings);

        if (strict && warnings) {
            rc = CLI_FAILED;
        }

        xsell_catalog_destroy(cat);
    }

    return rc;
}


/*
 * xsell recommend: what a page of an item offers, with score and reason, from
 * a catalogue and what was learned: the read path of the nginx module, for
 * somebody who was not on the shop before.
 */

#include "cli.h"

#include <getopt.h>
#include <string.h>
#include <time.h>


#define RECOMMEND_ITEMS  100            /* of one call */


static const char  recommend_help[] =
    "usage: xsell recommend --catalog FILE --item ID... [OPTION]...\n"
    "\n"
    "Shows what is offered next to an item, best first, and why.\n"
    "\n"
    "  --catalog FILE    the shop's catalogue\n"
    "  --state SNAPSHOT  what was learned (nginx's, or of `xsell replay`;\n"
    "                    default: nothing, a shop's first day)\n"
    "  --item ID         the page's item; may be given several times\n"
    "  --items N         how many to offer, 1 to 12 (default 5)\n"
    "  --min-visits N    as the shop's setting (default 3)\n"
    "  --rules FILE      the shop's own rules, its rules.json\n"
    "  --at DATE         they are asked as of then (default: now)\n"
    "  --slot NAME       ... for this slot (default: one of no name)\n"
    "  --country CODE    ... for somebody there (default: unknown)\n"
    "  --zone SIZE       room for the state (default: enough)\n"
    "  --markdown        a table row an item, for a document\n";


typedef struct {
    const char          *catalog;
    const char          *state;
    const char          *item[RECOMMEND_ITEMS];
    unsigned             item_n;
    long                 items;
    long                 min_visits;
    uint64_t             zone;
    const char          *rules;
    const char          *slot;
    const char          *country;
    const char          *at;
    int                  markdown;
} recommend_options_t;


static int recommend_options(int argc, char **argv, recommend_options_t *o);
static int recommend_state(const recommend_options_t *o,
    xsell_catalog_t *cat);
static xsell_business_t *recommend_rules(const recommend_options_t *o,
    cli_shop_t *shop);
static int recommend_item(const recommend_options_t *o, cli_shop_t *shop,
    const char *id);
static void recommend_print(const cli_shop_t *shop,
    const xsell_item_t *item, const xsell_slate_t *slate);
static void recommend_markdown(const xsell_catalog_t *cat,
    const xsell_item_t *item, const xsell_slate_t *slate);
static void recommend_cell(xsell_str_t s);


int
cli_recommend(int argc, char **argv)
{
    int                   rc;
    xsell_catalog_t      *cat;
    recommend_options_t   o;

    rc = recommend_options(argc, argv, &o);

    if (rc != CLI_OK || o.catalog == NULL) {
        return rc;
    }

    cat = cli_catalog_similar(o.catalog);

    if (cat == NULL) {
        return CLI_FAILED;
    }

    rc = recommend_state(&o, cat);
    xsell_catalog_destroy(cat);

    return rc;
}


static int
recommend_options(int argc, char **argv, recommend_options_t *o)
{
    int  c;

    static const struct option  options[] = {
        { "catalog",    required_argument, NULL, 'c' },
        { "state",      required_argument, NULL, 's' },
        { "item",       required_argument, NULL, 'i' },
        { "items",      required_argument, NULL, 'n' },
        { "min-visits", required_argument, NULL, 'm' },
        { "rules",      required_argument, NULL, 'r' },
        { "at",         required_argument, NULL, 'a' },
        { "slot",       required_argument, NULL, 'l' },
        { "country",    required_argument, NULL, 'o' },
        { "zone",       required_argument, NULL, 'z' },
        { "markdown",   no_argument,       NULL, 'd' },
        { "help",       no_argument,       NULL, 'h' },
        { NULL, 0, NULL, 0 }
    };

    memset(o, 0, sizeof(*o));
    o->items = 5;

    while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {

        switch (c) {

        case 'c':
            o->catalog = optarg;
            break;

        case 's':
            o->state = optarg;
            break;

        case 'i':
            if (o->item_n == RECOMMEND_ITEMS) {
                return cli_usage("recommend", "more than %d items",
                                 RECOMMEND_ITEMS);
            }

            o->item[o->item_n++] = optarg;
            break;

        case 'n':
            o->items = cli_number(optarg, 1, XSELL_SLATE_MAX);

            if (o->items < 0) {
                return cli_usage("recommend", "--items is 1 to %d",
                                 XSELL_SLATE_MAX);
            }

            break;

        case 'm':
            o->min_visits = cli_number(optarg, 1, 1000);

            if (o->min_visits < 0) {
                return cli_usage("recommend", "\"%s\" is no number of visits",
                                 optarg);
            }

            break;

        case 'z':
            o->zone = cli_size(optarg);

            if (o->zone == 0) {
                return cli_usage("recommend", "\"%s\" is no size such as "
                                 "128m", optarg);
            }

            break;

        case 'r':
            o->rules = optarg;
            break;

        case 'a':
            o->at = optarg;
            break;

        case 'l':
            o->slot = optarg;
            break;

        case 'o':
            o->country = optarg;

            if (strlen(optarg) != 2) {
                return cli_usage("recommend", "\"%s\" is no country such as "
                                 "DE", optarg);
            }

            break;

        case 'd':
            o->markdown = 1;
            break;

        case 'h':
            o->catalog = NULL;
            fputs(recommend_help, stdout);
            return CLI_OK;

        default:
            return CLI_USAGE;
        }
    }

    if (o->catalog == NULL || o->item_n == 0 || optind != argc) {
        return cli_usage("recommend", "--catalog and --item are needed");
    }

    if ((o->at || o->slot || o->country) && o->rules == NULL) {
        return cli_usage("recommend", "--at, --slot and --country are for "
                         "--rules");
    }

    return CLI_OK;
}


static int
recommend_state(const recommend_options_t *o, xsell_catalog_t *cat)
{
    int                rc, one;
    unsigned           i;
    cli_shop_t         shop;
    xsell_business_t  *b;

    rc = cli_shop_open(&shop, cat, o->state, o->zone);

    if (rc != CLI_OK) {
        return rc;
    }

    if (o->min_visits) {
        shop.settings.min_visits = (uint32_t) o->min_visits;
    }

    b = NULL;

    if (o->rules) {
        b = recommend_rules(o, &shop);

        if (b == NULL) {
            cli_shop_close(&shop);
            return CLI_FAILED;
        }
    }

    if (o->markdown) {
        printf("| item | next to it |\n|---|---|\n");
    }

    for (i = 0; i < o->item_n; i++) {
        one = recommend_item(o, &shop, o->item[i]);
        rc = one > rc ? one : rc;
    }

    xsell_business_destroy(b);
    cli_shop_close(&shop);

    return rc;
}


/* the shop's own rules, as of the date that is asked for */

static xsell_business_t *
recommend_rules(const recommend_options_t *o, cli_shop_t *shop)
{
    xsell_business_t  *b;

    b = cli_business(o->rules, shop->cat, NULL);

    if (b == NULL) {
        return NULL;
    }

    shop->business = b;
    shop->slot = o->slot;
    shop->wall_s = (int64_t) time(NULL);

    if (o->country) {
        memcpy(shop->country, o->country, sizeof(shop->country));
    }

    if (o->at && xsell_business_date(b, o->at, strlen(o->at), &shop->wall_s)
                 != XSELL_OK)
    {
        (void) cli_fail("\"%s\" is no date such as \"2026-11-27 18:00\"",
                        o->at);
        xsell_business_destroy(b);
        return NULL;
    }

    return b;
}


static int
recommend_item(const recommend_options_t *o, cli_shop_t *shop,
    const char *id)
{
    uint32_t             anchor;
    xsell_slate_t        slate;
    const xsell_item_t  *item;

    anchor = xsell_catalog_find(shop->cat, id, strlen(id));
    item = xsell_catalog_item(shop->cat, anchor);

    if (item == NULL) {
        return cli_fail("%s: no item \"%s\"", o->catalog, id);
    }

    cli_shop_ask(shop, anchor, (uint32_t) o->items, &slate);

    if (o->markdown) {
        recommend_markdown(shop->cat, item, &slate);

    } else {
        recommend_print(shop, item, &slate);
    }

    return CLI_OK;
}


static void
recommend_print(const cli_shop_t *shop, const xsell_item_t *item,
    const xsell_slate_t *slate)
{
    uint32_t                i;
    xsell_str_t             id, title, rule;
    const xsell_pick_t     *pick;
    const xsell_item_t     *other;
    const xsell_catalog_t  *cat;

    cat = shop->cat;

    id = xsell_catalog_text(cat, item, XSELL_TEXT_ID);
    title = xsell_catalog_text(cat, item, XSELL_TEXT_TITLE);
    printf("%.*s  %.*s\n", (int) id.n, id.p, (int) title.n, title.p);

    for (i = 0; i < slate->n && i < XSELL_SLATE_MAX; i++) {
        pick = &slate->pick[i];
        other = xsell_catalog_item(cat, pick->item);

        if (other == NULL) {
            continue;
        }

        id = xsell_catalog_text(cat, other, XSELL_TEXT_ID);
        title = xsell_catalog_text(cat, other, XSELL_TEXT_TITLE);
        rule = xsell_business_name(shop->business, pick->rule - 1u);

        printf("  %2u  %8.4f  %-9s  %-16.*s  %.*s%s%.*s%s\n", i + 1,
               (double) pick->score, xsell_reason_name(pick->reason),
               (int) id.n, id.p, (int) title.n, title.p,
               rule.n ? "  [" : "", (int) rule.n, rule.p, rule.n ? "]" : "");
    }

    if (slate->n == 0) {
        printf("  nothing to offer\n");
    }
}


static void
recommend_markdown(const xsell_catalog_t *cat, const xsell_item_t *item,
    const xsell_slate_t *slate)
{
    uint32_t             i;
    const xsell_item_t  *other;

    printf("| ");
    recommend_cell(xsell_catalog_text(cat, item, XSELL_TEXT_TITLE));
    printf(" | ");

    for (i = 0; i < slate->n && i < XSELL_SLATE_MAX; i++) {
        other = xsell_catalog_item(cat, slate->pick[i].item);

        if (other == NULL) {
            continue;
        }

        printf("%s", i ? "; " : "");
        recommend_cell(xsell_catalog_text(cat, other, XSELL_TEXT_TITLE));
        printf(" (%s)", xsell_reason_name(slate->pick[i].reason));
    }

    printf(" |\n");
}


/* a bar would end the cell */

static void
recommend_cell(xsell_str_t s)
{
    size_t  i;

    for (i = 0; i < s.n; i++) {
        printf("%s%c", strchr("|\\*_`<[", s.p[i]) && s.p[i] ? "\\" : "",
               s.p[i]);
    }
}

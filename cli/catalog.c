
/*
 * xsell catalog: what is in a catalogue: sums, what is missing, the largest
 * categories and brands, prices; for an item, what it is like.
 *
 * `xsell check` says what is wrong with it; here nothing is wrong.
 */

#include "cli.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>


#define CATALOG_TOP    10               /* categories, brands: so many named */
#define CATALOG_ITEMS  100              /* --item of one call */
#define CATALOG_FILES  16               /* --reviews, --lexicon */


static const char  catalog_help[] =
    "usage: xsell catalog [OPTION]... FILE\n"
    "\n"
    "Says what is in a catalogue: how many items, what they lack, the largest\n"
    "categories and brands, prices, titles that occur twice.\n"
    "\n"
    "  --item ID   this item instead, and the ones that are most like it by\n"
    "              title, category, brand and tags; may stand several times\n"
    "  --json      one JSON object, for programs\n"
    "\n"
    "  --compile -o OUT  writes the catalogue to OUT, with what was learned\n"
    "              of its items, as nginx maps it: for \"catalog OUT;\"\n"
    "\n"
    "What is learned of the items while a catalogue is built:\n"
    "\n"
    "  --images DIR    their pictures (ID.jpg, or as in \"image\"; JPEG, PNG,\n"
    "                  WebP, GIF): what looks like an item, what goes with it\n"
    "  --reviews FILE  reviews, a JSON object each: \"item\", \"stars\",\n"
    "                  \"text\"; or items with a list \"reviews\"; may stand\n"
    "                  several times\n"
    "  --lexicon FILE  words and their valence, as VADER has them, for the\n"
    "                  texts of the reviews; may stand several times\n"
    "  --embeddings FILE  vectors made elsewhere, .npy or .npz of numpy: what\n"
    "                  is like an item\n"
    "  --ids FILE      whose they are: ids, one a vector; .npy, or text with\n"
    "                  one a line (without: \"ids\" in the .npz, or a vector\n"
    "                  for each item in the catalogue's order)\n"
    "  --plane NAME    what they say: content (default), visual, harmony,\n"
    "                  style\n";


typedef struct {
    const char          *file;
    const char          *out;           /* --compile */
    const char          *id[CATALOG_ITEMS];
    unsigned             n;
    int                  compile;
    int                  json;
    cli_vectors_t        vectors;
    cli_media_t          media;
    const char          *reviews[CATALOG_FILES];
    const char          *lexicon[CATALOG_FILES];
} catalog_options_t;


typedef struct {
    xsell_str_t          name;
    uint32_t             n;
} catalog_group_t;


typedef struct {
    uint32_t             availability[XSELL_DISCONTINUED + 1];
    uint32_t             no_price;
    uint32_t             no_image;
    uint32_t             no_brand;
    uint32_t             no_category;
    uint32_t             no_description;
    uint32_t             same_title;    /* as an item before */
    uint32_t             groups;
    int64_t             *price;         /* those that are known, ascending */
    uint32_t             price_n;
    catalog_group_t     *category;      /* largest first */
    uint32_t             category_n;
    catalog_group_t     *brand;
    uint32_t             brand_n;
} catalog_sums_t;


static const char *const  catalog_availability[] = {
    [XSELL_IN_STOCK] = "in_stock",
    [XSELL_PREORDER] = "preorder",
    [XSELL_BACKORDER] = "backorder",
    [XSELL_LIMITED] = "limited",
    [XSELL_OUT_OF_STOCK] = "out_of_stock",
    [XSELL_DISCONTINUED] = "discontinued"
};


/* ---- sums ------------------------------------------------------------- */

static int
catalog_text_order(xsell_str_t a, xsell_str_t b)
{
    int  rc;

    rc = memcmp(a.p, b.p, a.n < b.n ? a.n : b.n);

    return rc ? rc : (a.n > b.n) - (a.n < b.n);
}


static int
catalog_str_order(const void *x, const void *y)
{
    return catalog_text_order(*(const xsell_str_t *) x,
                              *(const xsell_str_t *) y);
}


static int
catalog_price_order(const void *x, const void *y)
{
    int64_t  a, b;

    a = *(const int64_t *) x;
    b = *(const int64_t *) y;

    return (a > b) - (a < b);
}


static int
catalog_group_order(const void *x, const void *y)
{
    const catalog_group_t  *a, *b;

    a = x;
    b = y;

    if (a->n != b->n) {
        return a->n > b->n ? -1 : 1;
    }

    return catalog_text_order(a->name, b->name);
}


/* equal texts of the list as groups, largest first; sorts the list */

static uint32_t
catalog_groups(xsell_str_t *text, uint32_t n, catalog_group_t *group)
{
    uint32_t  i, groups;

    qsort(text, n, sizeof(*text), catalog_str_order);

    for (i = 0, groups = 0; i < n; i++) {

        if (groups == 0
            || catalog_text_order(group[groups - 1].name, text[i]) != 0)
        {
            group[groups].name = text[i];
            group[groups++].n = 0;
        }

        group[groups - 1].n++;
    }

    qsort(group, groups, sizeof(*group), catalog_group_order);

    return groups;
}


static void
catalog_sum_item(const xsell_item_t *item, catalog_sums_t *s)
{
    s->availability[item->availability]++;
    s->no_price += item->price < 0;
    s->no_image += item->image_n == 0;
    s->no_brand += item->brand_idx == 0;
    s->no_category += item->category_idx == 0;
    s->no_description += item->description_n == 0;

    /* numbers are given in order of appearance: the highest counts */

    s->groups = item->group_idx > s->groups ? item->group_idx : s->groups;

    if (item->price >= 0) {
        s->price[s->price_n++] = item->price;
    }
}


static int
catalog_sum(const xsell_catalog_t *cat, catalog_sums_t *s)
{
    uint32_t             i, n, titles;
    xsell_str_t         *text;
    catalog_group_t     *group;
    const xsell_item_t  *item;

    memset(s, 0, sizeof(*s));
    n = xsell_catalog_n(cat);

    text = malloc(n * sizeof(*text));
    group = malloc(n * sizeof(*group));
    s->price = malloc(n * sizeof(*s->price));
    s->category = malloc(n * sizeof(*s->category));
    s->brand = malloc(n * sizeof(*s->brand));

    if (!text || !group || !s->price || !s->category || !s->brand) {
        free(text);
        free(group);
        return cli_fail("not enough memory");
    }

    for (i = 0; i < n; i++) {
        item = xsell_catalog_item(cat, i);
        text[i] = xsell_catalog_text(cat, item, XSELL_TEXT_TITLE);
        catalog_sum_item(item, s);
    }

    titles = catalog_groups(text, n, group);
    s->same_title = n - titles;

    for (i = 0, titles = 0; i < n; i++) {
        item = xsell_catalog_item(cat, i);

        if (item->category_idx) {
            text[titles++] = xsell_catalog_text(cat, item,
                                                XSELL_TEXT_CATEGORY);
        }
    }

    s->category_n = catalog_groups(text, titles, s->category);

    for (i = 0, titles = 0; i < n; i++) {
        item = xsell_catalog_item(cat, i);

        if (item->brand_idx) {
            text[titles++] = xsell_catalog_text(cat, item, XSELL_TEXT_BRAND);
        }
    }

    s->brand_n = catalog_groups(text, titles, s->brand);

    qsort(s->price, s->price_n, sizeof(*s->price), catalog_price_order);

    free(text);
    free(group);

    return CLI_OK;
}


static void
catalog_sums_free(catalog_sums_t *s)
{
    free(s->price);
    free(s->category);
    free(s->brand);
}


/* ---- print ------------------------------------------------------------ */

static const char *
catalog_price(const xsell_catalog_t *cat, int64_t minor, char out[48])
{
    unsigned     i, exponent;
    int64_t      unit;
    xsell_str_t  currency;

    exponent = xsell_catalog_exponent(cat);
    currency = xsell_catalog_currency(cat);

    for (i = 0, unit = 1; i < exponent; i++) {
        unit *= 10;
    }

    if (exponent) {
        snprintf(out, 48, "%lld.%0*lld %.*s", (long long) (minor / unit),
                 (int) exponent, (long long) (minor % unit),
                 (int) currency.n, currency.p);
    } else {
        snprintf(out, 48, "%lld %.*s", (long long) minor, (int) currency.n,
                 currency.p);
    }

    return out;
}


static void
catalog_print_groups(const char *what, const catalog_group_t *group,
    uint32_t n)
{
    char      a[32];
    uint32_t  i;

    printf("  %s %s\n", cli_count(a, n), what);

    for (i = 0; i < n && i < CATALOG_TOP; i++) {
        printf("    %9s  %.*s\n", cli_count(a, group[i].n),
               (int) group[i].name.n, group[i].name.p);
    }

    if (n > CATALOG_TOP) {
        printf("    %9s\n", "...");
    }
}


static void
catalog_print(const char *file, const xsell_catalog_t *cat,
    const catalog_sums_t *s)
{
    char      a[48], b[48], c[48];
    unsigned  i;

    printf("%s: %s items", cli_input_name(file),
           cli_count(a, xsell_catalog_n(cat)));

    for (i = 0; i <= XSELL_DISCONTINUED; i++) {
        if (s->availability[i]) {
            printf(", %s %s", cli_count(a, s->availability[i]),
                   catalog_availability[i]);
        }
    }

    printf("\n  without: %s price, ", cli_count(a, s->no_price));
    printf("%s picture, ", cli_count(a, s->no_image));
    printf("%s category, ", cli_count(a, s->no_category));
    printf("%s brand, ", cli_count(a, s->no_brand));
    printf("%s description\n", cli_count(a, s->no_description));

    if (s->price_n) {
        printf("  prices: %s to %s, half of them up to %s\n",
               catalog_price(cat, s->price[0], a),
               catalog_price(cat, s->price[s->price_n - 1], b),
               catalog_price(cat, s->price[(s->price_n - 1) / 2], c));
    }

    printf("  %s with the title of another, ", cli_count(a, s->same_title));
    printf("%s groups of variants\n", cli_count(a, s->groups));

    catalog_print_groups("categories", s->category, s->category_n);
    catalog_print_groups("brands", s->brand, s->brand_n);
}


#define catalog_arg(s)  (int) (s).n, (s).p

static void
catalog_texts(const xsell_catalog_t *cat, uint32_t idx,
    xsell_str_t text[XSELL_TEXTS])
{
    unsigned  i;

    for (i = 0; i < XSELL_TEXTS; i++) {
        text[i] = xsell_catalog_text(cat, xsell_catalog_item(cat, idx), i);
    }
}


static void
catalog_print_item(const xsell_catalog_t *cat, uint32_t idx)
{
    char                 a[48];
    uint32_t             i, n;
    xsell_str_t          text[XSELL_TEXTS];
    xsell_similar_t      like[XSELL_SIMILAR_MAX];
    const xsell_item_t  *item;

    item = xsell_catalog_item(cat, idx);

    catalog_texts(cat, idx, text);
    printf("%.*s  %.*s\n", catalog_arg(text[XSELL_TEXT_ID]),
           catalog_arg(text[XSELL_TEXT_TITLE]));
    printf("  %.*s, %s, %s%s%.*s%s%.*s\n", catalog_arg(text[XSELL_TEXT_URL]),
           item->price < 0 ? "no price" : catalog_price(cat, item->price, a),
           catalog_availability[item->availability],
           item->brand_idx ? ", " : "", catalog_arg(text[XSELL_TEXT_BRAND]),
           item->category_idx ? ", " : "",
           catalog_arg(text[XSELL_TEXT_CATEGORY]));

    n = xsell_catalog_similar(cat, idx, like);

    for (i = 0; i < n; i++) {
        catalog_texts(cat, like[i].item, text);

        printf("  %2u  %.3f  %-16.*s  %.*s\n", i + 1,
               (double) like[i].likeness, catalog_arg(text[XSELL_TEXT_ID]),
               catalog_arg(text[XSELL_TEXT_TITLE]));
    }

    if (n == 0) {
        printf("  nothing is like it\n");
    }

    cli_media_print(cat, idx);
}


/* ---- JSON ------------------------------------------------------------- */

static void
catalog_json_groups(const char *what, const catalog_group_t *group,
    uint32_t n)
{
    uint32_t  i;

    printf(",\"%s\":{", what);

    for (i = 0; i < n; i++) {
        printf("%s", i ? "," : "");
        cli_json_text(stdout, group[i].name);
        printf(":%u", group[i].n);
    }

    printf("}");
}


static void
catalog_json(const xsell_catalog_t *cat, const catalog_sums_t *s)
{
    int       any;
    unsigned  i;

    printf("{\"items\":%u,\"currency\":", xsell_catalog_n(cat));
    cli_json_text(stdout, xsell_catalog_currency(cat));
    printf(",\"availability\":{");

    for (i = 0, any = 0; i <= XSELL_DISCONTINUED; i++) {
        if (s->availability[i]) {
            printf("%s\"%s\":%u", any ? "," : "", catalog_availability[i],
                   s->availability[i]);
            any = 1;
        }
    }

    printf("},\"missing\":{\"price\":%u,\"image\":%u,\"category\":%u,"
           "\"brand\":%u,\"description\":%u}", s->no_price, s->no_image,
           s->no_category, s->no_brand, s->no_description);

    if (s->price_n) {
        printf(",\"price_minor\":{\"min\":%lld,\"median\":%lld,\"max\":%lld}",
               (long long) s->price[0],
               (long long) s->price[(s->price_n - 1) / 2],
               (long long) s->price[s->price_n - 1]);
    }

    printf(",\"same_title\":%u,\"groups\":%u", s->same_title, s->groups);

    catalog_json_groups("categories", s->category, s->category_n);
    catalog_json_groups("brands", s->brand, s->brand_n);
    printf("}\n");
}


static void
catalog_json_item(const xsell_catalog_t *cat, uint32_t idx)
{
    uint32_t             i, n;
    xsell_str_t          text[XSELL_TEXTS];
    xsell_similar_t      like[XSELL_SIMILAR_MAX];
    const xsell_item_t  *item;

    item = xsell_catalog_item(cat, idx);
    catalog_texts(cat, idx, text);

    printf("{\"id\":");
    cli_json_text(stdout, text[XSELL_TEXT_ID]);
    printf(",\"title\":");
    cli_json_text(stdout, text[XSELL_TEXT_TITLE]);
    printf(",\"availability\":\"%s\",\"similar\":[",
           catalog_availability[item->availability]);

    n = xsell_catalog_similar(cat, idx, like);

    for (i = 0; i < n; i++) {
        catalog_texts(cat, like[i].item, text);
        printf("%s{\"id\":", i ? "," : "");
        cli_json_text(stdout, text[XSELL_TEXT_ID]);
        printf(",\"likeness\":%.4f}", (double) like[i].likeness);
    }

    printf("]}\n");
}


/* ---- the command ------------------------------------------------------ */

static int
catalog_items(const catalog_options_t *o, const xsell_catalog_t *cat)
{
    int       rc;
    uint32_t  idx;
    unsigned  i;

    for (i = 0, rc = CLI_OK; i < o->n; i++) {
        idx = xsell_catalog_find(cat, o->id[i], strlen(o->id[i]));

        if (idx == XSELL_NO_ITEM) {
            rc = cli_fail("%s: no item \"%s\"", cli_input_name(o->file),
                          o->id[i]);

        } else if (o->json) {
            catalog_json_item(cat, idx);

        } else {
            catalog_print_item(cat, idx);
        }
    }

    return rc;
}


static int
catalog_sums(const catalog_options_t *o, const xsell_catalog_t *cat)
{
    int             rc;
    catalog_sums_t  sums;

    rc = catalog_sum(cat, &sums);

    if (rc == CLI_OK && o->json) {
        catalog_json(cat, &sums);

    } else if (rc == CLI_OK) {
        catalog_print(o->file, cat, &sums);
    }

    catalog_sums_free(&sums);

    return rc;
}


static int
catalog_compile(const catalog_options_t *o, const xsell_catalog_t *cat)
{
    int       rc;
    char      a[32], b[32];
    uint64_t  bytes;

    rc = cli_catalog_save(cat, o->out, &bytes);

    if (rc == CLI_OK && o->json) {
        printf("{\"items\":%u,\"bytes\":%llu}\n", xsell_catalog_n(cat),
               (unsigned long long) bytes);

    } else if (rc == CLI_OK) {
        printf("%s: %s items, %s\n", o->out,
               cli_count(a, xsell_catalog_n(cat)), cli_bytes(b, bytes));
    }

    return rc;
}


static int
catalog_run(const catalog_options_t *o)
{
    int               rc;
    xsell_catalog_t  *cat;

    cat = o->n || o->compile ? cli_catalog_similar(o->file)
                             : cli_catalog(o->file, NULL);

    if (cat == NULL) {
        return CLI_FAILED;
    }

    rc = cli_media(cat, o->file, &o->media);

    if (rc == CLI_OK) {
        rc = cli_vectors(cat, &o->vectors);
    }

    if (rc == CLI_OK && o->compile) {
        rc = cli_style(cat, o->vectors.out);
    }

    if (rc == CLI_OK && o->compile) {
        rc = catalog_compile(o, cat);

    } else if (rc == CLI_OK) {
        rc = o->n ? catalog_items(o, cat) : catalog_sums(o, cat);
    }

    xsell_catalog_destroy(cat);

    return rc;
}


/* one option; CLI_OK, -1 after --help, or the message is out */

static int
catalog_option(catalog_options_t *o, int c)
{
    switch (c) {

    case 'i':
        if (o->n == CATALOG_ITEMS) {
            return cli_usage("catalog", "more than %d items", CATALOG_ITEMS);
        }

        o->id[o->n++] = optarg;
        break;

    case 'c':
        o->compile = 1;
        break;

    case 'o':
        o->out = optarg;
        break;

    case 'e':
        o->vectors.file = optarg;
        break;

    case 'd':
        o->vectors.ids = optarg;
        break;

    case 'n':
        o->vectors.plane = xsell_plane_find(optarg, strlen(optarg));

        if (o->vectors.plane < 0) {
            return cli_usage("catalog", "\"%s\" is no plane: content, visual, "
                             "harmony or style", optarg);
        }

        break;

    case 'p':
        o->media.images = optarg;
        break;

    case 'r':
        if (o->media.reviews_n == CATALOG_FILES) {
            return cli_usage("catalog", "more than %d files", CATALOG_FILES);
        }

        o->reviews[o->media.reviews_n++] = optarg;
        break;

    case 'l':
        if (o->media.lexicons == CATALOG_FILES) {
            return cli_usage("catalog", "more than %d files", CATALOG_FILES);
        }

        o->lexicon[o->media.lexicons++] = optarg;
        break;

    case 'j':
        o->json = 1;
        break;

    case 'h':
        fputs(catalog_help, stdout);
        return -1;

    default:
        return CLI_USAGE;
    }

    return CLI_OK;
}


static int
catalog_check(const catalog_options_t *o)
{
    if (o->media.lexicons && o->media.reviews_n == 0) {
        return cli_usage("catalog", "--lexicon is for --reviews");
    }

    if (o->vectors.ids && o->vectors.file == NULL) {
        return cli_usage("catalog", "--ids is for --embeddings");
    }

    if (o->compile != (o->out != NULL)) {
        return cli_usage("catalog", "--compile and -o FILE go together");
    }

    if (o->compile && o->n) {
        return cli_usage("catalog", "--item is not for --compile");
    }

    return CLI_OK;
}


int
cli_catalogue(int argc, char **argv)
{
    int                       c, rc;
    static catalog_options_t  o;

    static const struct option  options[] = {
        { "item",       required_argument, NULL, 'i' },
        { "compile",    no_argument,       NULL, 'c' },
        { "output",     required_argument, NULL, 'o' },
        { "embeddings", required_argument, NULL, 'e' },
        { "ids",        required_argument, NULL, 'd' },
        { "plane",      required_argument, NULL, 'n' },
        { "images",     required_argument, NULL, 'p' },
        { "reviews",    required_argument, NULL, 'r' },
        { "lexicon",    required_argument, NULL, 'l' },
        { "json",       no_argument,       NULL, 'j' },
        { "help",       no_argument,       NULL, 'h' },
        { NULL, 0, NULL, 0 }
    };

    memset(&o, 0, sizeof(o));
    o.media.reviews = o.reviews;
    o.media.lexicon = o.lexicon;

    while ((c = getopt_long(argc, argv, "ho:", options, NULL)) != -1) {
        rc = catalog_option(&o, c);

        if (rc != CLI_OK) {
            return rc == -1 ? CLI_OK : rc;
        }
    }

    rc = catalog_check(&o);

    if (rc != CLI_OK) {
        return rc;
    }

    if (optind + 1 != argc) {
        return cli_usage("catalog", "one file is needed");
    }

    o.file = argv[optind];
    o.media.out = o.json ? stderr : stdout;
    o.vectors.out = o.media.out;

    return catalog_run(&o);
}

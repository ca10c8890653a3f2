
/*
 * template_bench.c: what a rendered card costs; a page waits for it.
 *
 * The built-in templates with 12 cards, a story panel in German, and a
 * template with a partial, JSON and styles.  Baselines on the same slate in
 * the same run: copying the finished fragment (nobody is faster), and the
 * carousel's card written by hand in C with the same escaping (what the
 * interpreter costs over that).  A card is a rendering less one without
 * items, divided by 12.
 *
 * Instructions, which do not depend on the machine's mood:
 *   valgrind --tool=callgrind --toggle-collect=run_carousel
 *     build/lto/bench/template_bench
 * and "Collected" divided by the cards that run_carousel rendered, printed
 * last.  Once: 4,800 for 570 bytes, a third of it the escaping of 170 bytes of
 * values; twice what the code by hand takes.
 */

#include "page/xsell_page.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>


#define CARDS   12
#define ROUNDS  100
#define TRIES   60

static const char  rich[] =
    "<style>.x{--n:{{count}}}</style>{{#items}}{{> card }}{{/items}}"
    "<script type=\"application/ld+json\">[{{#items}}{\"name\":{{title}},"
    "\"url\":\"{{url}}\",\"price\":\"{{amount}}\"}{{^last}},{{/last}}"
    "{{/items}}]</script>";

static const char  rich_card[] =
    "<li class=\"c{{#first}} first{{/first}}\" style=\"--i:{{position}};"
    "background:url('{{image}}')\"><a href=\"{{url}}\" title=\"{{title}}\">"
    "{{title}}</a>{{#price}}<b>{{price}}</b>{{/price}} {{strings.next}}"
    "</li>\n";

typedef struct {
    const char  *name;
    void       (*run)(void);
    double       ns;
} bench_t;

static char                out[XSELL_FRAGMENT_MAX];
static char                copy[XSELL_FRAGMENT_MAX];
static size_t              copy_n;
static xsell_catalog_t    *catalog;
static xsell_templates_t  *templates;
static xsell_card_t        card[CARDS];
static char                url[CARDS][128];
static uint32_t            cards = CARDS;
static unsigned long       rendered;     /* by run_carousel */

static volatile size_t  sink;


static xsell_str_t
str(const char *s)
{
    xsell_str_t  v;

    v.p = s;
    v.n = strlen(s);

    return v;
}


static size_t
render(const char *name, const char *lang)
{
    xsell_fragment_t  f;

    memset(&f, 0, sizeof(f));
    f.catalog = catalog;
    f.slot = str("related");
    f.css = str("/xsell/s/0123456789abcdef.css");
    f.lang = str(lang);
    f.card = card;
    f.n = cards;

    return xsell_templates_render(templates, (uint32_t)
                                  xsell_templates_find(templates, str(name)),
                                  &f, out, sizeof(out));
}


/* ---- what is measured ---- */

static void
run_copy(void)
{
    memcpy(out, copy, copy_n);
    sink += out[copy_n / 2];
}


#define PUT(o, s)  xsell_out_put(o, s, sizeof(s) - 1)

static xsell_str_t
text(const xsell_item_t *it, unsigned which)
{
    return xsell_catalog_text(catalog, it, which);
}


static void
run_by_hand(void)
{
    uint32_t             i;
    xsell_out_t          o;
    xsell_str_t          price;
    const xsell_item_t  *it;
    char                 buf[XSELL_PRICE_MAX];

    o.p = out;
    o.n = 0;
    o.cap = sizeof(out);

    for (i = 0; i < cards; i++) {
        it = xsell_catalog_item(catalog, card[i].item);
        PUT(&o, "<li class=\"xs-card\" data-xsell-item=\"");
        xsell_escape(&o, XSELL_ESCAPE_HTML, text(it, XSELL_TEXT_ID));
        PUT(&o, "\" data-xsell-reason=\"bought\">\n<span class=\"xs-media\">"
                "<img class=\"xs-image\" src=\"");
        xsell_escape(&o, XSELL_ESCAPE_URL, text(it, XSELL_TEXT_IMAGE));
        PUT(&o, "\" alt=\"\" width=\"640\" height=\"800\" loading=\"lazy\""
                " decoding=\"async\" /></span>\n<div class=\"xs-text\">\n"
                "<span class=\"xs-brand\" dir=\"auto\">");
        xsell_escape(&o, XSELL_ESCAPE_HTML, text(it, XSELL_TEXT_BRAND));
        PUT(&o, "</span>\n<a class=\"xs-title\" href=\"");
        xsell_escape(&o, XSELL_ESCAPE_URL, card[i].url);
        PUT(&o, "\" dir=\"auto\">");
        xsell_escape(&o, XSELL_ESCAPE_HTML, text(it, XSELL_TEXT_TITLE));
        PUT(&o, "</a>\n<span class=\"xs-price\">");
        price.p = buf;
        price.n = xsell_price_format(buf, xsell_locale_of(str("en")),
                                     str("EUR"), 2, it->price);
        xsell_escape(&o, XSELL_ESCAPE_HTML, price);
        PUT(&o, "</span>\n<span class=\"xs-why\">Often bought together"
                "</span>\n</div>\n</li>\n");
    }

    sink += o.n;
}


/* not inlined, so that callgrind finds it */

__attribute__((noinline)) static void
run_carousel(void)
{
    sink += render("carousel", "en");
    rendered += cards;
}


static void
run_grid(void)
{
    sink += render("grid", "fr");
}


static void
run_story(void)
{
    sink += render("story", "de-AT");
}


static void
run_rich(void)
{
    sink += render("rich", "pl");
}


/* ---- the slate ---- */

static void
make(void)
{
    int               i, n;
    char             *feed;
    xsell_str_t       name;
    xsell_error_t     err;

    feed = malloc(CARDS * 1024);

    for (i = 0, n = 0; feed && i < CARDS; i++) {
        n += snprintf(feed + n, 1024, "{\"id\":\"SKU-%05d\",\"title\":"
                      "\"Blue Mug \\\"No. %d\\\" & saucer, 350 ml\",\"url\":"
                      "\"/p/%d\",\"image\":\"/images/products/%05d-large.jpg"
                      "\",\"price\":\"%d.95\",\"currency\":\"EUR\",\"brand\":"
                      "\"Atelier Caf\xc3\xa9\",\"category\":\"Kitchen > Mugs\""
                      ",\"description\":\"Thrown by hand, glazed twice, for "
                      "the first coffee of the day.\"}\n",
                      i, i, i, i, 9 + i * 97);
        snprintf(url[i], sizeof(url[i]), "/p/%d?variant=2&"
                 "xs=AbCdEfGhIjKlMnOpQrStUvWxYz01234", i);
        card[i].url = str(url[i]);
        card[i].item = i;
        card[i].reason = XSELL_REASON_BOUGHT;
    }

    if (feed == NULL
        || xsell_catalog_create(&catalog, feed, n, NULL, NULL, &err)
           != XSELL_OK
        || xsell_templates_create(&templates) != XSELL_OK
        || xsell_templates_add(templates, str("rich"), str(rich), &err)
           != XSELL_OK
        || xsell_templates_add(templates, str("card"), str(rich_card), &err)
           != XSELL_OK
        || xsell_templates_compile(templates, &name, &err) != XSELL_OK)
    {
        fprintf(stderr, "template_bench: %s\n", feed ? err.text : "memory");
        exit(1);
    }

    free(feed);
}


static double
now_ns(void)
{
    struct timespec  ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);

    return ts.tv_sec * 1e9 + ts.tv_nsec;
}


static double
once(const bench_t *b)
{
    int     i;
    double  start;

    start = now_ns();

    for (i = 0; i < ROUNDS; i++) {
        b->run();
    }

    return (now_ns() - start) / ROUNDS;
}


/* of a card: the best of some tries, less the same without cards */

static void
measure(bench_t *b)
{
    int     i;
    double  with, without, ns;

    with = without = 1e18;

    for (i = 0; i < TRIES; i++) {
        cards = CARDS;
        ns = once(b);
        with = ns < with ? ns : with;

        cards = b->run == run_copy ? CARDS : 0;
        ns = b->run == run_copy ? 0 : once(b);
        without = ns < without ? ns : without;
    }

    cards = CARDS;
    b->ns = (with - without) / CARDS;
}


int
main(void)
{
    size_t   i;
    bench_t  bench[] = {
        { .name = "copy of the finished carousel", .run = run_copy },
        { .name = "its cards by hand in C", .run = run_by_hand },
        { .name = "carousel", .run = run_carousel },
        { .name = "grid, French", .run = run_grid },
        { .name = "story, German", .run = run_story },
        { .name = "partial, JSON, styles, Polish", .run = run_rich }
    };

    make();
    copy_n = render("carousel", "en");
    memcpy(copy, out, copy_n);
    printf("template: %d cards, %zu bytes of carousel\n", CARDS, copy_n);
    printf("%-34s %10s %12s\n", "", "us/card", "of by hand");

    for (i = 0; i < sizeof(bench) / sizeof(bench[0]); i++) {
        measure(&bench[i]);
    }

    for (i = 0; i < sizeof(bench) / sizeof(bench[0]); i++) {
        printf("%-34s %10.3f %11.2fx\n", bench[i].name, bench[i].ns / 1e3,
               bench[i].ns / bench[1].ns);
    }

    printf("cards of run_carousel: %lu\n", rendered);
    xsell_templates_destroy(templates);
    xsell_catalog_destroy(catalog);

    return 0;
}


/*
 * product_test.c: which item a page is about, by what it says of itself.
 *
 * Every case is looked at whole, cut in two at every byte, and byte by byte:
 * the answer must not depend on how nginx's buffers come.
 */

#include "xsell.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include <cmocka.h>


static xsell_catalog_t  *cat;

static const char  catalog_text[] =
    "{\"id\":\"a\",\"title\":\"t\",\"url\":\"https://shop.example/p/a\"}\n"
    "{\"id\":\"b\",\"title\":\"t\",\"url\":\"/p/b\"}\n"
    "{\"id\":\"c\",\"title\":\"t\",\"url\":\"/p/c\"}\n"
    "{\"id\":\"SKU-1&2\",\"title\":\"t\",\"url\":\"/p/d?id=4&x=\\u00fc\"}\n"
    "{\"id\":\"145259\",\"title\":\"t\",\"url\":\"/p/e\"}\n"
    "{\"id\":\"v1\",\"title\":\"t\",\"url\":\"/p/v?variant=1\","
    "\"group\":\"v\"}\n"
    "{\"id\":\"v2\",\"title\":\"t\",\"url\":\"/p/v?variant=2\","
    "\"group\":\"v\"}\n"
    "{\"id\":\"12\",\"title\":\"t\",\"url\":\"/p/twelve\"}\n";


static xsell_found_t
look(const char *url, const uint8_t *p, size_t n, size_t first, size_t step)
{
    size_t                  k;
    xsell_found_t           found;
    xsell_locator_t         self;

    static xsell_product_t  product;

    memset(&product, 0xa5, sizeof(product));
    assert_int_equal(xsell_locator(&self, url, strlen(url)), XSELL_OK);
    xsell_product_init(&product, cat, &self);

    for (k = first; n; p += k, n -= k, k = step) {
        k = k < n ? k : n;
        xsell_product_feed(&product, p, k);
    }

    (void) xsell_product_finish(&product, &found);

    return found;
}


/* field by field: there is padding */

static void
same(const xsell_found_t *a, const xsell_found_t *b)
{
    assert_int_equal(a->item, b->item);
    assert_int_equal(a->from, b->from);
    assert_int_equal(a->plain, b->plain);
}


static void
check_page(const char *url, const char *page, const char *id, unsigned from)
{
    char           was[XSELL_ID_MAX + 1];
    size_t         i, n;
    xsell_str_t    s;
    xsell_found_t  whole, cut;

    n = strlen(page);
    whole = look(url, (const uint8_t *) page, n, n, 1);
    was[0] = '\0';

    if (whole.item != XSELL_NO_ITEM) {
        s = xsell_catalog_text(cat, xsell_catalog_item(cat, whole.item),
                               XSELL_TEXT_ID);
        snprintf(was, sizeof(was), "%.*s", (int) s.n, s.p);
    }

    if (strcmp(was, id) != 0 || whole.from != from) {
        print_message("# page: %s\n", page);
    }

    assert_string_equal(was, id);
    assert_int_equal(whole.from, from);

    for (i = 0; i < n; i++) {
        cut = look(url, (const uint8_t *) page, n, i, i ? n : 1);
        same(&cut, &whole);
    }
}


#define is(page, id, from)                                                    \
    check_page("/x?y=1", page, id, XSELL_FROM_##from)
#define none(page)       check_page("/x?y=1", page, "", XSELL_FROM_NONE)
#define LD(text)         "<script type=\"application/ld+json\">" text "</script>"
#define MICRO(text)                                                           \
    "<div itemscope itemtype=\"http://schema.org/Product\">" text "</div>"


/* the forms in which shops write it: each that is missed is a shop without
   offers */

static void
json_names_the_item(void **state)
{
    is(LD("{\"@type\":\"Product\",\"sku\":\"a\"}"), "a", JSONLD);
    is(LD("{\"sku\":\"a\",\"@type\":[\"Thing\",\"http://schema.org/Product\"]}"),
       "a", JSONLD);
    is(LD("[{\"@type\":\"WebSite\",\"url\":\"/p/b\"},"
          "{\"@type\":\"product\",\"sku\":145259}]"), "145259", JSONLD);
    is(LD("{\"@graph\":[{\"@type\":\"BreadcrumbList\",\"itemListElement\":["
          "{\"@type\":\"ListItem\",\"item\":{\"@id\":\"/p/b\"}}]},"
          "{\"@type\":\"Product\",\"productID\":\"sku:c\"}]}"), "c", JSONLD);
    is(LD("{\"@type\":\"Product\",\"identifier\":{\"@type\":\"PropertyValue\","
          "\"propertyID\":\"b\",\"value\":\"a\"}}"), "a", JSONLD);
    is(LD("{\"@type\":\"Product\",\"url\":\"https:\\/\\/h\\/p\\/b?utm_source=x\"}"),
       "b", JSONLD);
    is(LD("{\"@type\":\"Product\",\"@id\":\"https://h/p/c#product\"}"), "c",
       JSONLD);
    is(LD("{\"@type\":\"Product\",\"gtin13\":\"9\",\"mpn\":\"b\"}"), "b",
       JSONLD);
    is(LD("{\"@type\":\"Product\",\"sku\":\"SKU-1\\u0026\\u0032\"}"), "SKU-1&2",
       JSONLD);
    is(LD("{\"@type\":\"Product\",\"url\":\"/p/d?id=4&x=\\u00fc\"}"), "SKU-1&2",
       JSONLD);
    is(LD("{\"@type\":\"Product\",\"offers\":[{\"@type\":\"Offer\",\"sku\":"
          "\"b\"}]}"), "b", JSONLD);
    is(LD("{\"@type\":\"Offer\",\"itemOffered\":{\"@type\":\"Product\",\"sku\":"
          "\"b\"}}"), "b", JSONLD);
    is(LD("{\"hasVariant\":[{\"@type\":\"Product\",\"sku\":\"x\"},"
          "{\"@type\":\"Product\",\"sku\":\"v2\"}],\"@type\":\"ProductGroup\"}"),
       "v2", JSONLD);
    is(LD("{\"@type\":\"WebPage\",\"mainEntity\":{\"@type\":\"Product\","
          "\"sku\":\"c\"}}"), "c", JSONLD);
    is(LD("/*<![CDATA[*/ {\"@type\":\"Product\",\"sku\":\"a\",} /*]]>*/"), "a",
       JSONLD);
    is(LD("{\"@type\":\"Product\",\"description\":\"line\nbreak <b>\\\"\","
          "\"sku\":\"a\"}"), "a", JSONLD);
    is("<script data-x='>' type='application/ld+json; charset=utf-8'>"
       "{\"@type\":\"Product\",\"sku\":\"a\"}</SCRIPT >", "a", JSONLD);
    is(LD("{\"@type\":\"Product\",\"sku\":\"a\"}{\"@type\":\"Thing\"}"), "a",
       JSONLD);
}


/* an id that is another item's by chance, where the URL is right */

static void
a_url_is_nobody_elses(void **state)
{
    is(LD("{\"@type\":\"Product\",\"mpn\":\"12\",\"url\":\"/p/c\"}"), "c",
       JSONLD);
    is(LD("{\"@type\":\"Product\",\"sku\":\"v2\",\"url\":\"/p/v?variant=1\"}"),
       "v2", JSONLD);
    is(LD("{\"@type\":\"Product\",\"sku\":\"a\",\"url\":\"/nowhere\"}"), "a",
       JSONLD);
}


static void
microdata_names_the_item(void **state)
{
    is(MICRO("<b itemprop=sku> a </b>"), "a", MICRODATA);
    is(MICRO("<meta itemprop=\"name mpn\" content='SKU-1&amp;2'>"), "SKU-1&2",
       MICRODATA);
    is(MICRO("<a href=\"/p/b\" itemprop=url>x</a>"), "b", MICRODATA);
    is(MICRO("<div itemprop=offers itemscope itemtype=\"http://schema.org/Offer\">"
             "<div><meta itemprop=sku content=b></div></div>"), "b", MICRODATA);
    is(MICRO("<div></div><p itemprop=\"isRelatedTo\" itemscope itemtype="
             "\"http://schema.org/Product\"><i itemprop=sku>b</i></p>"
             "<data itemprop=productID value=\"sku:a\">1</data>"), "a",
       MICRODATA);
    is("<body class='item' itemid=\"/p/c\" itemScope=\"\" itemtype="
       "\"https://schema.org/Product https://x/y\"><p>", "c", MICRODATA);
    is(MICRO("<!-- <b itemprop=sku>b</b> --><script>\"<b itemprop=sku>b</b>\""
             "</script><b itemprop=sku>a<i>b</i></b>"), "a", MICRODATA);
    none("<div itemscope itemtype=\"http://schema.org/Person\">"
         "<b itemprop=sku>a</b></div>");
    none(MICRO("") "<b itemprop=sku>a</b>");
}


static void
meta_and_links_name_the_item(void **state)
{
    is("<meta property='product:retailer_item_id' content='a'>", "a",
       OPENGRAPH);
    is("<META NAME=product:retailer_item_id CONTENT=a />", "a", OPENGRAPH);
    is("<link rel=\"canonical\" href=\"https://shop.example/p/b/#x\">", "b",
       CANONICAL);
    is("<link href=/p/d?id=4&amp;x=%C3%BC rel='alternate Canonical'>",
       "SKU-1&2", CANONICAL);
    is("<meta property=og:url content=//h/p/b?gclid=1>", "b", CANONICAL);
    none("<link rel=alternate href=/p/b><link rel=canonicals href=/p/b>");
    none("<!--<link rel=canonical href=/p/b>-->");
    none("<script>'<link rel=canonical href=/p/b>'</script>");
    none("<style>/*<link rel=canonical href=/p/b>*/</style>");
    is("<!--><link rel=canonical href=/p/b>-->", "b", CANONICAL);
    is("<!-- a --!><link rel=canonical href=/p/b>-->", "b", CANONICAL);
    is("<!-- -> -- > <link rel=canonical href=/p/c> --->"
       "<link rel=canonical href=/p/b>", "b", CANONICAL);
    is("<scripts><styles><links><metal><link rel=canonical href=/p/b>", "b",
       CANONICAL);
}


/* several kinds of data that contradict each other */

static void
the_order_of_trust(void **state)
{
    static const char  link[] = "<link rel=canonical href=/p/twelve>";
    static const char  og[] =
        "<meta property=product:retailer_item_id content=c>";
    static const char  micro[] = MICRO("<b itemprop=sku>b</b>");
    static const char  json[] = LD("{\"@type\":\"Product\",\"sku\":\"a\"}");

    char  page[1024];

    snprintf(page, sizeof(page), "%s%s%s%s", link, og, micro, json);
    is(page, "a", JSONLD);
    snprintf(page, sizeof(page), "%s%s%s", link, og, micro);
    is(page, "b", MICRODATA);
    snprintf(page, sizeof(page), "%s%s", link, og);
    is(page, "c", OPENGRAPH);
    snprintf(page, sizeof(page), "%s", link);
    is(page, "12", CANONICAL);
    snprintf(page, sizeof(page), "%s%s",
             LD("{\"@type\":\"Product\",\"sku\":\"unknown\"}"), og);
    is(page, "c", OPENGRAPH);
}


/* a category that passes for one of its products */

#define P(id)  "{\"@type\":\"Product\",\"sku\":\"" id "\"}"

static void
a_list_is_no_product(void **state)
{
    none(LD("{\"@type\":\"ItemList\",\"itemListElement\":[" P("a") "]}"));
    none(LD("{\"@type\":\"ItemList\",\"itemListElement\":[{\"@type\":"
            "\"ListItem\",\"item\":" P("a") "}]}"));
    none(LD("[" P("a") "," P("b") "]"));
    none(LD("[" P("a") "," P("unknown") "]"));
    none(LD(P("a")) LD(P("b")) LD(P("c")));
    none(LD("{\"@type\":\"CollectionPage\"}") LD(P("a")));
    none(LD("{\"@type\":\"WebPage\",\"mainEntity\":{\"@type\":\"ItemList\","
            "\"itemListElement\":[" P("a") "]}}"));
    none("<meta property=og:type content=product.group>" LD(P("a")));
    none(MICRO("<b itemprop=sku>a</b>") MICRO("<b itemprop=sku>b</b>"));
    none("<ul itemscope itemtype=http://schema.org/ItemList><li itemprop="
         "itemListElement itemscope itemtype=http://schema.org/Product>"
         "<b itemprop=sku>a</b></li></ul>");
    none(LD("{\"@type\":\"Thing\",\"sku\":\"a\"}"));

    /* but it may say which it is about */

    is(LD("[" P("a") "," P("b") "]") "<link rel=canonical href=/p/b>", "b",
       JSONLD);
    is(LD("{\"@type\":\"WebPage\",\"mainEntity\":" P("b") "}") LD(P("a")), "b",
       JSONLD);
    is("<meta property=og:type content=product>" LD(P("a")) LD(P("b")), "a",
       JSONLD);
    is(LD(P("a")) LD("{\"@type\":\"ItemList\",\"itemListElement\":[" P("b")
                     "]}"), "a", JSONLD);
    is(LD("{\"@type\":\"Product\",\"sku\":\"a\",\"isRelatedTo\":[" P("b") ","
          P("c") "]}"), "a", JSONLD);
    is(LD("[" P("v1") "," P("v2") "]"), "v1", JSONLD);
    is(LD("{\"@type\":\"Product\",\"name\":\"A &amp; B\"}")
       LD("{\"@type\":\"Product\",\"name\":\"a amp b\",\"sku\":\"a\"}"), "a",
       JSONLD);
}


/* the home page has a favourite product in it */

static void
the_home_page_has_no_item(void **state)
{
    check_page("/", LD(P("a")), "", XSELL_FROM_NONE);
    check_page("/?utm_source=x", LD(P("a")), "", XSELL_FROM_NONE);
    check_page("/?product=a", LD(P("a")), "a", XSELL_FROM_JSONLD);
}


/* whether parameters change what a page is about */

static void
a_plain_page_says_so(void **state)
{
    static const char  page[] = "<link rel=canonical href=/x>" LD(P("a"));
    static const char  other[] = "<link rel=canonical href=/y>" LD(P("a"));
    static const char  same[] = "<link rel=canonical href=/x?y=1>" LD(P("a"));

#define plain(url, page)                                                      \
    look(url, (const uint8_t *) page, sizeof(page) - 1, sizeof(page), 1).plain

    assert_int_equal(plain("/x?y=1", page), 1);
    assert_int_equal(plain("/x", page), 1);
    assert_int_equal(plain("/x?y=1", other), 0);
    assert_int_equal(plain("/x?y=1", same), 0);
}


/* a page that somebody else has written: nothing is read past its end (run
   with sanitizers), and what it costs does not depend on what is in it */

static void
hostile_pages_end(void **state)
{
    char                     *page;
    size_t                    i, k, n, m;
    xsell_found_t             whole, cut;

    static const char *const  part[] = {
        "<script type=application/ld+json>", "{\"a\":", "[", "{", "\"", "\\u",
        "<meta ", "<link rel=\"", "<div itemscope itemtype=/Product ",
        "<div itemscope itemtype=/Product>", "<b itemprop=sku>", "</div>",
        "<!--", "-->", "<", "itemscope ", "<!", "</", "&amp;", "'", "=", ">",
        "<i item", "\xff"
    };

    n = 20000;
    page = malloc(n + 64);

    for (i = 0; i < sizeof(part) / sizeof(part[0]); i++) {
        for (k = 0; k < 4; k++) {

            m = k == 0 ? 0 : (size_t) sprintf(page, "%s",
                k == 1 ? LD("{") : k == 2 ? "<script type=application/ld+json>"
                : "<p itemscope itemtype=http://schema.org/Product>");

            while (m < n) {
                m += (size_t) sprintf(page + m, "%s", part[i]);
            }

            whole = look("/x", (uint8_t *) page, m, m, 1);
            cut = look("/x", (uint8_t *) page, m, 1, 1);
            same(&cut, &whole);
            cut = look("/x", (uint8_t *) page, m, 2047, 2049);
            same(&cut, &whole);
        }
    }

    free(page);
}


/* what is deeper, longer or more than there is room for is not believed */

static void
bounds_are_kept(void **state)
{
    char    *page;
    size_t   n, i;

    page = malloc(20000);

    for (n = 0, i = 0; i < 40; i++) {
        n += (size_t) sprintf(page + n, i ? "{\"x\":" : LD("{\"x\":"));
        n -= i ? 0 : 9;
    }

    n += (size_t) sprintf(page + n, P("a"));

    for (i = 0; i < 40; i++) {
        n += (size_t) sprintf(page + n, "}");
    }

    sprintf(page + n, "," P("b") "</script>");
    is(page, "b", JSONLD);

    sprintf(page, "<link title='%03000d' rel=canonical href=/p/a>"
            "<link rel=canonical href=/p/b>", 0);
    is(page, "b", CANONICAL);

    sprintf(page, LD("{\"@type\":\"Product\",\"sku\":\"%01000d\",\"mpn\":\"a\"}"),
            0);
    is(page, "a", JSONLD);

    for (n = 0, i = 0; i < 12; i++) {
        n += (size_t) sprintf(page + n, "<div itemscope itemprop=x itemtype="
                              "http://schema.org/Product>");
    }

    sprintf(page + n, "<b itemprop=sku>a</b>");
    none(page);

    free(page);
}


/* pages of real shops, where they are at hand */

static void
real_pages(void **state)
{
    char             path[1024];
    uint8_t         *page;
    int              n;
    size_t           i;
    gzFile           gz;
    xsell_found_t    found, cut;
    const char      *shared;
    xsell_catalog_t *was;

    static const struct {
        const char  *name;
        const char  *id;
        unsigned     from;
    } pages[] = {
        { "almedina.net", "9780552173742", XSELL_FROM_OPENGRAPH },
        { "currys.ie", "10134622", XSELL_FROM_JSONLD },
        { "emag.ro", "DWFWKMMBM", XSELL_FROM_JSONLD },
        { "gymshark.com", "A2A1K", XSELL_FROM_JSONLD },
        { "hellyhansen.com", "63396_222", XSELL_FROM_JSONLD },
        { "ifixit.com", "145259", XSELL_FROM_JSONLD },
        { "jococups.com", "AU4", XSELL_FROM_JSONLD },
        { "johnlewis.com", "238887908", XSELL_FROM_JSONLD },
        { "smartprix.com", "pd1hjfqnc2j", XSELL_FROM_JSONLD },
        { "zalando.ie", "TO153I01E-J11", XSELL_FROM_JSONLD }
    };

    shared = getenv("XSELL_SHARED");
    page = malloc(2 << 20);
    was = cat;

    for (i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
        snprintf(path, sizeof(path), "%s/pages/%s.html.gz",
                 shared ? shared : "../shared", pages[i].name);
        gz = gzopen(path, "rb");

        if (gz == NULL) {
            continue;
        }

        n = gzread(gz, page, 2 << 20);
        gzclose(gz);
        assert_true(n > 1000);

        snprintf(path, sizeof(path), "{\"id\":\"%s\",\"title\":\"t\",\"url\":"
                 "\"/nowhere\"}", pages[i].id);
        assert_int_equal(xsell_catalog_create(&cat, path, strlen(path), NULL,
                                              NULL, NULL), XSELL_OK);

        found = look("/x", page, (size_t) n, (size_t) n, 1);
        assert_int_equal(found.item, 0);
        assert_int_equal(found.from, pages[i].from);

        cut = look("/x", page, (size_t) n, 777, 1013);
        same(&cut, &found);

        xsell_catalog_destroy(cat);
    }

    cat = was;
    free(page);
}


static int
setup(void **state)
{
    return xsell_catalog_create(&cat, catalog_text, sizeof(catalog_text) - 1,
                                NULL, NULL, NULL)
           != XSELL_OK;
}


static int
teardown(void **state)
{
    xsell_catalog_destroy(cat);

    return 0;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(json_names_the_item),
        cmocka_unit_test(a_url_is_nobody_elses),
        cmocka_unit_test(microdata_names_the_item),
        cmocka_unit_test(meta_and_links_name_the_item),
        cmocka_unit_test(the_order_of_trust),
        cmocka_unit_test(a_list_is_no_product),
        cmocka_unit_test(the_home_page_has_no_item),
        cmocka_unit_test(a_plain_page_says_so),
        cmocka_unit_test(hostile_pages_end),
        cmocka_unit_test(bounds_are_kept),
        cmocka_unit_test(real_pages)
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("product", tests, setup, teardown);
}

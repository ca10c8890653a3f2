
/*
 * catalog_test.c: what the catalogue makes of feeds.
 *
 * The hazards: a mistake in a feed that nobody is told of, or told without a
 * place; a bad item that takes good ones with it, or a broken feed that
 * becomes a shop without offers; a link that leaves the shop.
 * How items are found and mapped to slots is catalog_map_test.c.
 */

#include "catalog_test.h"


/* ---- what goes in ----------------------------------------------------- */

static const char  full[] =
    "{\"id\":\"A-1\",\"title\":\" Blue  lamp\\n\",\"url\":\"/p/a-1\","
    "\"image\":\"https://cdn.example/a.jpg\",\"price\":\"12.50\","
    "\"currency\":\"EUR\",\"availability\":\"out_of_stock\","
    "\"category\":[\"Home\",\" Light \"],\"brand\":\"Lux\","
    "\"tags\":[\"blue\",\"lamp\"],\"description\":\"Shines.\","
    "\"group\":\"g1\"}";

static const char  merchant[] =
    "{\"g:id\":\"A-1\",\"g:title\":\"Blue  lamp\",\"g:link\":\"/p/a-1\","
    "\"g:image_link\":[\"https://cdn.example/a.jpg\",\"/b.jpg\"],"
    "\"g:price\":\"12.50 EUR\",\"g:availability\":\"out of stock\","
    "\"g:product_type\":\"Home >Light\",\"g:google_product_category\":594,"
    "\"g:brand\":\"Lux\",\"tags\":\" blue,lamp,, \","
    "\"g:description\":\"Shines.\",\"g:item_group_id\":\"g1\"}";


static void
all_fields_and_their_aliases(void **state)
{
    unsigned             i;
    const xsell_item_t  *item;

    static const char *const  feed[] = { full, merchant };

    for (i = 0; i < 2; i++) {
        build_ok(feed[i]);

        assert_int_equal(warnings_n, 0);
        assert_int_equal(xsell_catalog_n(cat), 1);
        assert_int_equal(xsell_catalog_exponent(cat), 2);
        assert_text(xsell_catalog_currency(cat), "EUR");

        item = xsell_catalog_item(cat, 0);

        assert_own(item, ID, "A-1");
        assert_own(item, TITLE, "Blue  lamp");
        assert_own(item, URL, "/p/a-1");
        assert_own(item, IMAGE, "https://cdn.example/a.jpg");
        assert_own(item, BRAND, "Lux");
        assert_own(item, CATEGORY, "Home > Light");
        assert_own(item, DESCRIPTION, "Shines.");
        assert_own(item, TAGS, "blue\nlamp");
        assert_int_equal(item->price, 1250);
        assert_int_equal(item->category_idx, 1);
        assert_int_equal(item->brand_idx, 1);
        assert_int_equal(item->group_idx, 1);
        assert_int_equal(xsell_catalog_ref(cat, item), XSELL_NO_REF);
        assert_int_equal(item->availability, XSELL_OUT_OF_STOCK);
    }
}


static void
little_is_enough(void **state)
{
    const xsell_item_t  *item;

    build_ok("[{\"id\":7,\"title\":\"T\",\"url\":\"/\",\"brand\":null}]");

    item = xsell_catalog_item(cat, 0);

    assert_own(item, ID, "7");
    assert_int_equal(item->price, -1);
    assert_int_equal(item->availability, XSELL_IN_STOCK);
    assert_int_equal(item->category_idx + item->brand_idx + item->group_idx,
                     0);
    assert_int_equal(item->image_n + item->brand_idx + item->category_idx
                     + item->description_n + item->tags_idx, 0);
    assert_int_equal(warnings_n, 0);
    assert_text(xsell_catalog_currency(cat), "");
}


/* the shop's own key counts, wherever in the object an alias stands */

static void
own_keys_go_before_aliases(void **state)
{
    build_ok("{\"link\":\"/wrong\",\"g:url\":\"/wrong\",\"id\":\"a\","
             "\"title\":\"T\",\"url\":\"/right\",\"g:id\":\"b\","
             "\"google_product_category\":\"Wrong\",\"product_type\":"
             "\"Right\"}");

    assert_own(xsell_catalog_item(cat, 0), URL, "/right");
    assert_own(xsell_catalog_item(cat, 0), ID, "a");
    assert_own(xsell_catalog_item(cat, 0), CATEGORY, "Right");
}


static void
windows_files_are_fine(void **state)
{
    build_ok("\xef\xbb\xbf" ITEM("a") "\r\n" ITEM("b") "\r\n\r\n");
    assert_int_equal(xsell_catalog_n(cat), 2);

    build_ok("\xef\xbb\xbf[\r\n" ITEM("a") ",\r\n" ITEM("b") "\r\n]\r\n");
    assert_int_equal(xsell_catalog_n(cat), 2);
}


static void
prices_in_every_spelling(void **state)
{
    unsigned  i;
    char      text[256];

    static const struct {
        const char  *price;
        int64_t      minor;
    } row[] = {
        { "1.15", 115 }, { "4.35", 435 }, { "0.29", 29 }, { "1.005", 101 },
        { "1e2", 10000 }, { "12", 1200 }, { "0", 0 }, { "1.1e1", 1100 },
        { "123456789.99", 12345678999 }, { "\"12.5\"", 1250 },
        { "\"12.50 EUR\"", 1250 }, { "\"EUR 12.50\"", 1250 },
        { "-1", -1 }, { "-0.01", -1 }, { "1e300", -1 }, { "1e11", -1 },
        { "9223372036854775807", -1 }, { "\"12,50\"", -1 }, { "\"\"", -1 },
        { "true", -1 }, { "[1]", -1 }, { "{}", -1 }, { "null", -1 }
    };

    for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
        snprintf(text, sizeof(text), "{\"id\":\"a\",\"title\":\"t\","
                 "\"url\":\"/\",\"currency\":\"eur\",\"price\":%s}",
                 row[i].price);
        build_ok(text);

        if (xsell_catalog_item(cat, 0)->price != row[i].minor
            || warnings_n != (row[i].minor < 0
                              && strcmp(row[i].price, "null") != 0))
        {
            fail_msg("%s: %lld, %u warnings", row[i].price,
                     (long long) xsell_catalog_item(cat, 0)->price,
                     warnings_n);
        }
    }
}


/* the currency decides what a unit is, also for the items before it */

static void
the_currency_may_come_late(void **state)
{
    build_ok("{\"id\":\"a\",\"title\":\"t\",\"url\":\"/\",\"price\":1200.4}\n"
             "{\"id\":\"b\",\"title\":\"t\",\"url\":\"/\","
             "\"price\":\"980 JPY\"}\n");

    assert_int_equal(xsell_catalog_item(cat, 0)->price, 1200);
    assert_int_equal(xsell_catalog_item(cat, 1)->price, 980);
    assert_int_equal(xsell_catalog_exponent(cat), 0);

    build_ok("{\"id\":\"a\",\"title\":\"t\",\"url\":\"/\",\"price\":1.2345}\n"
             "{\"id\":\"b\",\"title\":\"t\",\"url\":\"/\","
             "\"currency\":\"kwd\"}\n");

    assert_int_equal(xsell_catalog_item(cat, 0)->price, 1235);
    assert_text(xsell_catalog_currency(cat), "KWD");
}


static void
availability_in_every_word(void **state)
{
    unsigned     i;
    xsell_str_t  s;

    static const struct {
        const char  *word;
        int          value;
    } row[] = {
        { "in stock", XSELL_IN_STOCK },
        { "in_stock", XSELL_IN_STOCK },
        { "InStock", XSELL_IN_STOCK },
        { "https://schema.org/InStock", XSELL_IN_STOCK },
        { "http://schema.org/OutOfStock", XSELL_OUT_OF_STOCK },
        { "schema:SoldOut", XSELL_OUT_OF_STOCK },
        { " out of stock ", XSELL_OUT_OF_STOCK },
        { "sold_out", XSELL_OUT_OF_STOCK },
        { "preorder", XSELL_PREORDER },
        { "Pre-Order", XSELL_PREORDER },
        { "https://schema.org/PreSale", XSELL_PREORDER },
        { "backorder", XSELL_BACKORDER },
        { "BackOrder", XSELL_BACKORDER },
        { "limited_availability", XSELL_LIMITED },
        { "https://schema.org/LimitedAvailability", XSELL_LIMITED },
        { "discontinued", XSELL_DISCONTINUED },
        { "yes", -1 }, { "", -1 }, { "/", -1 }, { "instockk", -1 },
        { "a word that is far longer than any of the table", -1 }
    };

    for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
        s.p = row[i].word;
        s.n = strlen(s.p);

        if (xsell_item_availability(s) != row[i].value) {
            fail_msg("%s", row[i].word);
        }
    }
}


static void
category_and_tags_in_every_form(void **state)
{
    unsigned  i;
    char      text[256];

    static const struct {
        const char  *key;
        const char  *json;
        const char  *category;
        const char  *tags;
    } row[] = {
        { "category", "\"A > B>C\"", "A > B > C", "" },
        { "category", "[\"A\",\"B\"]", "A > B", "" },
        { "category", "[\"A > B\",\"A > C\"]", "A > B", "" },
        { "category", "[\"A\",\"B > C\"]", "A", "" },
        { "category", "[\"\",\" A \",\"\"]", "A", "" },
        { "category", "\" > A >> B > \"", "A > B", "" },
        { "category", "\" > \"", "", "" },
        { "category", "[]", "", "" },
        { "category", "2271", "2271", "" },
        { "tags", "\"a\"", "", "a" },
        { "tags", "\" a , b c,\"", "", "a\nb c" },
        { "tags", "[\"a,b\",\"c\\nd\",\"\",5]", "", "a,b\nc d\n5" },
        { "tags", "[]", "", "" },
        { "tags", "\",,\"", "", "" },
        { "artist", "\"Hokusai\"", "", "Hokusai" },
        { "g:material", "\"oak, brass\"", "", "oak\nbrass" },
        { "style", "[\"late\"],\"tags\":\"a,b\",\"medium\":\"ink\","
          "\"author\":\"X\",\"artist\":[\"Y\",\"Z\"]", "",
          "a\nb\nY\nZ\nX\nink\nlate" }
    };

    for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
        snprintf(text, sizeof(text), "{\"id\":\"a\",\"title\":\"t\","
                 "\"url\":\"/\",\"%s\":%s}", row[i].key, row[i].json);
        build_ok(text);

        assert_int_equal(warnings_n, 0);
        assert_own(xsell_catalog_item(cat, 0), CATEGORY,
                   row[i].category);
        assert_own(xsell_catalog_item(cat, 0), TAGS, row[i].tags);
        assert_int_equal(xsell_catalog_item(cat, 0)->category_idx,
                         row[i].category[0] != '\0');
    }
}


/* ---- links ------------------------------------------------------------ */

static void
links_are_as_a_browser_asks(void **state)
{
    unsigned     i;
    char         room[512];
    xsell_buf_t  b;
    xsell_str_t  s;
    const char  *why;

    static const struct {
        const char  *in;
        const char  *link;              /* NULL: refused */
        const char  *image;
    } row[] = {
        { "/", "/", "/" },
        { " /p/1?a=b#c ", "/p/1?a=b#c", "/p/1?a=b#c" },
        { "https://a.example/x", "https://a.example/x",
          "https://a.example/x" },
        { "HTTP://a.example:8080", "HTTP://a.example:8080",
          "HTTP://a.example:8080" },
        { "http://[::1]/x", "http://[::1]/x", "http://[::1]/x" },
        { "/a b\"<>`{|}^", "/a%20b%22%3C%3E%60%7B%7C%7D%5E",
          "/a%20b%22%3C%3E%60%7B%7C%7D%5E" },
        { "/caf\xc3\xa9", "/caf%C3%A9", "/caf%C3%A9" },
        { "/caf%C3%A9", "/caf%C3%A9", "/caf%C3%A9" },
        { "//cdn.example/x", NULL, "//cdn.example/x" },
        { "", NULL, NULL },
        { "p/1", NULL, NULL },
        { "javascript:alert(1)", NULL, NULL },
        { "data:text/html,x", NULL, NULL },
        { "ftp://a.example/", NULL, NULL },
        { "https://", NULL, NULL },
        { "https:///x", NULL, NULL },
        { "//", NULL, NULL },
        { "https://user@a.example/", NULL, NULL },
        { "https://b\xc3\xbc" "cher.example/", NULL, NULL },
        { "https://a b.example/", NULL, NULL },
        { "/\\evil.example/", NULL, NULL },
        { "/a\nb", NULL, NULL },
        { "/a\x7f", NULL, NULL }
    };

    b.p = room;
    b.room = sizeof(room);

    for (i = 0; i < 2 * sizeof(row) / sizeof(row[0]); i++) {
        s.p = row[i / 2].in;
        s.n = strlen(s.p);
        b.n = 0;
        why = NULL;

        if (xsell_item_link(&b, s, i % 2, &why) != XSELL_OK) {
            b.p = NULL;
            assert_non_null(why);
        }

        s.p = i % 2 ? row[i / 2].image : row[i / 2].link;

        if ((b.p == NULL) != (s.p == NULL)
            || (s.p && (b.n != strlen(s.p) || memcmp(b.p, s.p, b.n) != 0)))
        {
            fail_msg("%s: %.*s", row[i / 2].in, (int) b.n, room);
        }

        b.p = room;
    }
}


/* ---- what is refused, what is warned about ---------------------------- */

static void
mistakes_refuse_the_file(void **state)
{
    unsigned     i;
    static char  text[1024];
    char         id[131];

    static const struct {
        const char  *text;
        unsigned     line;
        const char  *says;
    } row[] = {
        { "", 1, "no items" },
        { "[]\n", 2, "no items" },
        { "[1]", 1, "object" },
        { ITEM("a") "\n{\"title\":\"t\",\"url\":\"/\"}", 2,
          "item 2: no \"id\"" },
        { "{\"id\":\"\",\"title\":\"t\",\"url\":\"/\"}", 1, "is empty" },
        { "{\"id\":null,\"title\":\"t\",\"url\":\"/\"}", 1, "no \"id\"" },
        { "{\"id\":1.5,\"title\":\"t\",\"url\":\"/\"}", 1, "a number" },
        { "{\"id\":[1],\"title\":\"t\",\"url\":\"/\"}", 1, "a list" },
        { "{\"id\":\"a\\tb\",\"title\":\"t\",\"url\":\"/\"}", 1, "control" },
        { "{\"id\":\"a\\u007fb\",\"title\":\"t\",\"url\":\"/\"}", 1,
          "control" },
        { ITEM("a") "\n{\"id\":\"b\",\n\"title\":\" \\n\",\"url\":\"/\"}", 3,
          "item 2 \"b\": \"title\" is empty" },
        { "{\"id\":\"b\",\"url\":\"/\"}", 1, "item 1 \"b\": no \"title\"" },
        { "{\"id\":\"b\",\"title\":\"t\"}", 1, "item 1 \"b\": no \"url\"" },
        { "{\"id\":\"b\",\"title\":\"t\",\n\"link\":\"x\"}", 2,
          "\"link\" must start" },
        { "{\"id\":\"b\",\"title\":\"t\",\"url\":7}", 1, "a number" },
        { ITEM("a") "\n" PRICED("b", "1 EUR") "\n" PRICED("c", "2 EUR") "\n"
          PRICED("d", "3 usd"), 4, "currency USD, but line 2 has EUR" },
        { "[" ITEM("a") ",\n" ITEM("b") ",\n]", 3, "comma" },
        { ITEM("a") "\n{\"id\":\"b\",\"title\":\"\xff\",\"url\":\"/\"}", 2,
          "0xff" },
        { ITEM("a") "\n{\"id\":\"b\",\"id\":\"c\"}", 2, "duplicate" }
    };

    for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {

        if (build(row[i].text, strlen(row[i].text)) != XSELL_EINVAL
            || cat != NULL || err.line != row[i].line
            || strstr(err.text, row[i].says) == NULL)
        {
            fail_msg("%s: %u:%u %s", row[i].text, err.line, err.column,
                     err.text);
        }
    }

    /* 128 bytes are an id, 129 are none */

    memset(id, 'i', sizeof(id));

    for (i = 128; i <= 129; i++) {
        snprintf(text, sizeof(text), "{\"id\":\"%.*s\",\"title\":\"t\","
                 "\"url\":\"/\"}", (int) i, id);
        assert_int_equal(build(text, strlen(text)),
                         i == 128 ? XSELL_OK : XSELL_EINVAL);
    }

    assert_non_null(strstr(err.text, "129 bytes"));
}


static void
bad_values_are_left_out(void **state)
{
    unsigned  i;
    char      text[256];

    static const struct {
        const char  *json;
        const char  *says;
    } row[] = {
        { "\"image\":\"x.jpg\"", "\"image\" must start" },
        { "\"image_link\":5", "\"image_link\" is no text" },
        { "\"price\":\"free\"", "\"price\" \"free\" is no price" },
        { "\"price\":-1", "\"price\" \"-1\"" },
        { "\"currency\":\"euro\"", "ISO 4217" },
        { "\"currency\":\"\\u20ac\"", "ISO 4217" },
        { "\"availability\":\"maybe\"", "\"availability\" \"maybe\"" },
        { "\"availability\":true", "\"availability\"" },
        { "\"category\":{}", "\"category\" is an object" },
        { "\"category\":[[]]", "\"category\" is a list" },
        { "\"product_type\":false", "\"product_type\" is true or false" },
        { "\"brand\":[\"a\"]", "\"brand\" is a list" },
        { "\"tags\":{}", "\"tags\" is an object" },
        { "\"artist\":[{}]", "\"artist\" is a list" },
        { "\"description\":[]", "\"description\" is a list" },
        { "\"group\":1.5", "\"group\" is a number" },
        { "\"colour\":1", "\"colour\" is not known" },
        { "\"g:gtin\":1", "\"g:gtin\" is not known" }
    };

    for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
        snprintf(text, sizeof(text), "{\"id\":\"a\",\"title\":\"t\",\n"
                 "\"url\":\"/\",\n%s}", row[i].json);
        build_ok(text);

        if (warnings_n != 1 || warnings[0].line != 3
            || strstr(warnings[0].text, row[i].says) == NULL)
        {
            fail_msg("%s: %u warnings, %u:%u %s", row[i].json, warnings_n,
                     warnings[0].line, warnings[0].column, warnings[0].text);
        }

        assert_int_equal(xsell_catalog_currency(cat).n, 0);
        assert_int_equal(xsell_catalog_item(cat, 0)->price, -1);
        assert_int_equal(xsell_catalog_item(cat, 0)->image_n, 0);
        assert_int_equal(xsell_catalog_item(cat, 0)->category_idx, 0);
    }
}


static void
of_two_items_with_one_id_the_first_counts(void **state)
{
    build_ok("[\n" ITEM("a") ",\n" ITEM("b") ",\n"
             "{\"id\":\"a\",\"title\":\"other\",\"url\":\"/\"}\n]");

    assert_int_equal(xsell_catalog_n(cat), 2);
    assert_own(xsell_catalog_item(cat, 0), TITLE, "T");
    assert_int_equal(warnings_n, 1);
    assert_int_equal(warnings[0].line, 4);
    assert_non_null(strstr(warnings[0].text, "in line 2"));
}


/* a feed with a mistake in each item must not fill the disk with its log */

static void
warnings_are_bounded(void **state)
{
    char    *text;
    size_t   n;
    unsigned  i;

    text = malloc(200 * 1000);

    for (n = 0, i = 0; i < 1000; i++) {
        n += (size_t) sprintf(text + n, "{\"id\":%u,\"title\":\"t\",\"url\":"
                              "\"/\",\"price\":\"x\",\"k%u\":1,\"same\":1}\n",
                              i, i);
    }

    assert_int_equal(build(text, n), XSELL_OK);
    free(text);

    assert_int_equal(xsell_catalog_n(cat), 1000);
    assert_in_range(warnings_n, 25, 40);
    assert_non_null(strstr(warnings[warnings_n - 1].text, "more warnings"));

    /* and nobody needs to listen */

    assert_int_equal(build_silent(PRICED("a", "x")), XSELL_OK);
}


/* ---- hostile text ----------------------------------------------------- */

static void
text_goes_through_unharmed(void **state)
{
    char                *text;
    size_t               n;
    const xsell_item_t  *item;

    /* escaping is the template's, so markup stays what it is */

    build_ok("{\"id\":\"</script>\",\"title\":\"</script><b>&amp;'\\\"\","
             "\"url\":\"/\",\"brand\":\"a\\u202eb\\u2028\","
             "\"description\":\"x\\u0001y\\r\\nz \\ud83d\\ude00\"}");

    item = xsell_catalog_item(cat, 0);

    assert_own(item, TITLE, "</script><b>&amp;'\"");
    assert_own(item, BRAND, "a\xe2\x80\xae" "b\xe2\x80\xa8");
    assert_own(item, DESCRIPTION, "x y  z \xf0\x9f\x98\x80");
    assert_int_equal(xsell_catalog_find(cat, "</script>", 9), 0);

    n = 10 * 1024;
    text = malloc(n + 64);
    memcpy(text, "{\"id\":\"a\",\"url\":\"/\",\"title\":\"", 29);
    memset(text + 29, 'x', n);
    memcpy(text + 29 + n, "\"}", 3);

    build_ok(text);
    assert_int_equal(xsell_catalog_item(cat, 0)->title_n, n);
    free(text);
}


/* a file that is cut off, or has a byte changed, is refused or read: no more
   than that (the sanitizers watch) */

static void
broken_files_do_no_harm(void **state)
{
    size_t  i, n;
    char    text[2048];

    n = (size_t) snprintf(text, sizeof(text), "[%s,\n%s]", full,
                          "{\"id\":\"A-2\",\"title\":\"t\",\"url\":\"/\"}");

    for (i = 1; i < n; i++) {
        assert_int_equal(build(text, i), XSELL_EINVAL);
    }

    for (i = 0; i < n; i++) {
        text[i] ^= 0x11;
        (void) build(text, n);
        text[i] ^= 0x11;
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(all_fields_and_their_aliases),
        cmocka_unit_test(little_is_enough),
        cmocka_unit_test(own_keys_go_before_aliases),
        cmocka_unit_test(windows_files_are_fine),
        cmocka_unit_test(prices_in_every_spelling),
        cmocka_unit_test(the_currency_may_come_late),
        cmocka_unit_test(availability_in_every_word),
        cmocka_unit_test(category_and_tags_in_every_form),
        cmocka_unit_test(links_are_as_a_browser_asks),
        cmocka_unit_test(mistakes_refuse_the_file),
        cmocka_unit_test(bad_values_are_left_out),
        cmocka_unit_test(of_two_items_with_one_id_the_first_counts),
        cmocka_unit_test(warnings_are_bounded),
        cmocka_unit_test(text_goes_through_unharmed),
        cmocka_unit_test(broken_files_do_no_harm)
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("catalog", tests, NULL, teardown);
}

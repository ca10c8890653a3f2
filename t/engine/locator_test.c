
/*
 * locator_test.c: which page a URL means, and the catalogue's items by it.
 *
 * The hazards: the catalogue writes a URL otherwise than browsers ask for it,
 * and no page is known; two pages pass for one, and views count for the wrong
 * item; two products share a URL, and nobody is told.
 */

#include "xsell.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>


static unsigned       warnings_n;
static xsell_error_t  warning;


static void
warn(void *ctx, const xsell_error_t *err)
{
    warning = *err;
    warnings_n++;
}


static int
same(const char *x, const char *y)
{
    xsell_locator_t  a, b;

    assert_int_equal(xsell_locator(&a, x, strlen(x)), XSELL_OK);
    assert_int_equal(xsell_locator(&b, y, strlen(y)), XSELL_OK);

    return a.full == b.full;
}


static void
spellings_of_one_page(void **state)
{
    assert_true(same("https://shop.example/p/a", "/p/a"));
    assert_true(same("HTTP://x:8080/p/a#top", "//other/p/a/"));
    assert_true(same("/p/a?", "/p/a"));
    assert_true(same("/%7Ea/%C3%BC", "/~a/\xc3\xbc"));
    assert_true(same("/a%2fb%3f", "/a%2Fb%3F"));
    assert_true(same("/p?q=a+b&&x=%31", "/p?q=a%20b&x=1"));
    assert_true(same("/p?gclid=1&a=2&utm_source=x&mc_eid", "/p?a=2"));
    assert_true(same("/p/a?fbclid=x", "/p/a"));
    assert_true(same("https://x", "/"));
    assert_true(same(" /p ", "/p"));
}


static void
different_pages(void **state)
{
    assert_false(same("/p/a", "/p/A"));
    assert_false(same("/p/a", "/p/b"));
    assert_false(same("/p?a=1", "/p?a=2"));
    assert_false(same("/p?a=1", "/p"));
    assert_false(same("/a%2Fb", "/a/b"));
    assert_false(same("/a%3Fb=1", "/a?b=1"));
    assert_false(same("/p?a=1%262", "/p?a=1&2"));
    assert_false(same("/a+b", "/a%20b"));
    assert_false(same("/p?gclids=1", "/p"));
}


static void
what_is_no_page(void **state)
{
    size_t                    i;
    char                      text[3000];
    xsell_locator_t           l;

    static const char *const  bad[] = {
        "", "p/a", "#x", "?x", "mailto:a@b", "ftp://x/y", "javascript://x/y",
        "///", "/a\nb", "/a\x7f", "http:///x", "data:/x"
    };

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(xsell_locator(&l, bad[i], strlen(bad[i])),
                         XSELL_EINVAL);
    }

    memset(text, 'a', sizeof(text));
    text[0] = '/';
    assert_int_equal(xsell_locator(&l, text, 2048), XSELL_OK);
    assert_int_equal(xsell_locator(&l, text, 2049), XSELL_EINVAL);

    /* every byte, and a sign of escape where it can't be one */

    for (i = 1; i < 2048; i++) {
        text[i] = (char) (i % 5 == 0 ? '%' : i % 7 == 0 ? '?' : i % 256);
    }

    (void) xsell_locator(&l, text, 2048);

    assert_int_equal(xsell_locator(&l, "/?a=1", 5), XSELL_OK);
    assert_true(l.root && l.queried);
    assert_int_equal(xsell_locator(&l, "/a/?utm_x=1", 11), XSELL_OK);
    assert_false(l.root || l.queried);
    assert_int_equal(xsell_locator(&l, "/a%", 3), XSELL_OK);
    assert_int_equal(xsell_locator(&l, "/a%f", 4), XSELL_OK);
}


static const char *
item_at(const xsell_catalog_t *cat, const char *url)
{
    uint32_t         item;
    xsell_str_t      s;
    xsell_locator_t  l;

    static char      id[64];

    assert_int_equal(xsell_locator(&l, url, strlen(url)), XSELL_OK);
    item = xsell_catalog_page(cat, &l);

    if (item == XSELL_NO_ITEM) {
        return "";
    }

    s = xsell_catalog_text(cat, xsell_catalog_item(cat, item), XSELL_TEXT_ID);
    snprintf(id, sizeof(id), "%.*s", (int) s.n, s.p);

    return id;
}


static xsell_catalog_t *
build(const char *text)
{
    xsell_catalog_t  *cat;

    warnings_n = 0;
    assert_int_equal(xsell_catalog_create(&cat, text, strlen(text), warn,
                                          NULL, NULL), XSELL_OK);

    return cat;
}


static void
items_by_url(void **state)
{
    xsell_catalog_t  *cat;

    cat = build("{\"id\":\"a\",\"title\":\"t\",\"url\":\"https://h/p/a?utm_source=feed\"}\n"
                "{\"id\":\"b\",\"title\":\"t\",\"url\":\"/index.php?route=p&id=1\"}\n"
                "{\"id\":\"c\",\"title\":\"t\",\"url\":\"/index.php?route=p&id=2\"}\n"
                "{\"id\":\"v1\",\"title\":\"t\",\"url\":\"/v?variant=1\",\"group\":\"g\"}\n"
                "{\"id\":\"v2\",\"title\":\"t\",\"url\":\"/v?variant=2\",\"group\":\"g\"}\n"
                "{\"id\":\"w1\",\"title\":\"t\",\"url\":\"/w\",\"group\":\"w\"}\n"
                "{\"id\":\"w2\",\"title\":\"t\",\"url\":\"/w\",\"group\":\"w\"}\n");

    assert_int_equal(warnings_n, 0);
    assert_string_equal(item_at(cat, "/p/a"), "a");
    assert_string_equal(item_at(cat, "/p/a/?color=red"), "a");
    assert_string_equal(item_at(cat, "/p"), "");
    assert_string_equal(item_at(cat, "/index.php?route=p&id=2"), "c");
    assert_string_equal(item_at(cat, "/index.php?route=p&id=2&gclid=x"), "c");
    assert_string_equal(item_at(cat, "/index.php"), "");
    assert_string_equal(item_at(cat, "/index.php?route=checkout"), "");
    assert_string_equal(item_at(cat, "/v?variant=2"), "v2");
    assert_string_equal(item_at(cat, "/v"), "v1");
    assert_string_equal(item_at(cat, "/v?variant=9"), "v1");
    assert_string_equal(item_at(cat, "/w?x=1"), "w1");

    xsell_catalog_destroy(cat);
}


static void
two_products_at_one_url(void **state)
{
    unsigned          i;
    char             *text;
    size_t            n;
    xsell_catalog_t  *cat;

    cat = build("{\"id\":\"a\",\"title\":\"t\",\"url\":\"/x\"}\n"
                "{\"id\":\"b\",\"title\":\"t\",\"url\":\"https://h/x/?utm_id=1\"}\n"
                "{\"id\":\"c\",\"title\":\"t\",\"url\":\"/c\"}\n");

    assert_int_equal(warnings_n, 1);
    assert_int_equal(warning.line, 2);
    assert_non_null(strstr(warning.text, "item \"b\": has the URL of item \"a\""));
    assert_string_equal(item_at(cat, "/x"), "");
    assert_string_equal(item_at(cat, "/c"), "c");
    xsell_catalog_destroy(cat);

    /* a feed without pages of items: not a line for each */

    text = malloc(1000 * 64);

    for (n = 0, i = 0; i < 1000; i++) {
        n += (size_t) sprintf(text + n, "{\"id\":\"%u\",\"title\":\"t\","
                              "\"url\":\"/\"}\n", i);
    }

    cat = build(text);
    assert_true(warnings_n > 1 && warnings_n < 30);
    assert_string_equal(item_at(cat, "/"), "");
    xsell_catalog_destroy(cat);
    free(text);
}


/* more of them than the table had places for at first */

static void
every_item_of_many(void **state)
{
    unsigned          i;
    char             *text, url[64], id[16];
    size_t            n;
    xsell_catalog_t  *cat;

    text = malloc(20000 * 96);

    for (n = 0, i = 0; i < 20000; i++) {
        n += (size_t) sprintf(text + n, "{\"id\":\"%u\",\"title\":\"t\","
                              "\"url\":\"/%s%u\"}\n", i,
                              i & 1 ? "p/" : "p?id=", i);
    }

    cat = build(text);
    assert_int_equal(warnings_n, 0);

    for (i = 0; i < 20000; i++) {
        snprintf(url, sizeof(url), "/%s%u", i & 1 ? "p/" : "p?id=", i);
        snprintf(id, sizeof(id), "%u", i);
        assert_string_equal(item_at(cat, url), id);
    }

    for (i = 20000; i < 40000; i++) {
        snprintf(url, sizeof(url), "/p/%u", i);
        assert_string_equal(item_at(cat, url), "");
    }

    xsell_catalog_destroy(cat);
    free(text);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(spellings_of_one_page),
        cmocka_unit_test(different_pages),
        cmocka_unit_test(what_is_no_page),
        cmocka_unit_test(items_by_url),
        cmocka_unit_test(two_products_at_one_url),
        cmocka_unit_test(every_item_of_many)
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("locator", tests, NULL, NULL);
}

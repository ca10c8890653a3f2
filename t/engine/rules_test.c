
/*
 * rules_test.c.  Hazards: the page's own product, another variant of it, or
 * something sold out next to it; what lies in the cart already, was bought a
 * minute ago or was waved away; the same thing twice on a page.
 */

#include "model_test.h"


static const char  catalog[] =
    "{\"id\":\"1\",\"title\":\"T\",\"url\":\"/1\",\"category\":\"C\","
        "\"item_group_id\":\"g\"}\n"
    "{\"id\":\"2\",\"title\":\"T\",\"url\":\"/2\",\"category\":\"C\","
        "\"item_group_id\":\"g\"}\n"
    "{\"id\":\"3\",\"title\":\"T\",\"url\":\"/3\",\"category\":\"C\","
        "\"availability\":\"out_of_stock\"}\n"
    "{\"id\":\"4\",\"title\":\"T\",\"url\":\"/4\",\"category\":\"C\","
        "\"availability\":\"preorder\"}\n"
    "{\"id\":\"5\",\"title\":\"T\",\"url\":\"/5\",\"category\":\"C\","
        "\"availability\":\"backorder\"}\n"
    "{\"id\":\"6\",\"title\":\"T\",\"url\":\"/6\",\"category\":\"C\","
        "\"availability\":\"discontinued\"}\n"
    "{\"id\":\"7\",\"title\":\"T\",\"url\":\"/7\",\"category\":\"C\","
        "\"availability\":\"limited_availability\"}\n"
    "{\"id\":\"8\",\"title\":\"T\",\"url\":\"/8\",\"category\":\"C\","
        "\"item_group_id\":\"h\"}\n"
    "{\"id\":\"9\",\"title\":\"T\",\"url\":\"/9\",\"category\":\"C\","
        "\"item_group_id\":\"h\"}\n"
    "{\"id\":\"10\",\"title\":\"T\",\"url\":\"/10\",\"category\":\"C\"}\n";


/* which of 1..10 are offered, as a string of their last digits */

static const char *
offered(shop_t *shop, uint64_t key, uint32_t number)
{
    uint32_t       i;
    char          *p;
    xsell_slate_t  slate;
    static char    text[16];

    (void) shop_ask(shop, key, number, XSELL_SLATE_MAX, &slate);

    for (p = text, i = 1; i <= 10; i++) {
        if (slate_find(shop, &slate, i)) {
            *p++ = (char) ('0' + i % 10);
        }
    }

    *p = 0;

    return text;
}


static void
neither_itself_nor_a_variant_nor_sold_out(void **state)
{
    shop_t  shop;

    shop_open_json(&shop, 2 * MB, catalog);

    /* of the variants 8 and 9 one; with 8 as anchor none; of 1 and 2 one */

    assert_string_equal(offered(&shop, visitor(1), 1), "45780");
    assert_string_equal(offered(&shop, visitor(1), 8), "14570");
    assert_string_equal(offered(&shop, visitor(1), 10), "14578");

    /* the same for nobody in particular */

    assert_string_equal(offered(&shop, 0, 1), "45780");

    shop_close(&shop);
}


static void
not_what_the_visitor_has_or_refused(void **state)
{
    shop_t         shop;
    xsell_event_t  ev;

    static const uint32_t  line[] = { 5 };

    shop_open_json(&shop, 2 * MB, catalog);

    shop_view(&shop, visitor(1), 4);
    assert_string_equal(offered(&shop, visitor(1), 1), "45780");

    shop_cart(&shop, visitor(1), 4);
    assert_string_equal(offered(&shop, visitor(1), 1), "5780");

    shop_event(&shop, &ev, XSELL_EVENT_CART_REMOVE, visitor(1), 4);
    assert_int_equal(shop_play(&shop, &ev), XSELL_OK);
    assert_string_equal(offered(&shop, visitor(1), 1), "45780");

    shop_view(&shop, visitor(1), 5);
    assert_int_equal(shop_order(&shop, visitor(1), 1, line, 1), XSELL_OK);
    assert_string_equal(offered(&shop, visitor(1), 1), "4780");

    shop_view(&shop, visitor(1), 7);
    shop_event(&shop, &ev, XSELL_EVENT_DISMISS, visitor(1), 7);
    assert_int_equal(shop_play(&shop, &ev), XSELL_OK);
    assert_string_equal(offered(&shop, visitor(1), 1), "480");

    /* all of that is his alone */

    assert_string_equal(offered(&shop, visitor(2), 1), "45780");

    shop_close(&shop);
}


/* what is like what he refused is not looked for */

static void
nothing_starts_from_what_he_refused(void **state)
{
    shop_t           shop;
    xsell_basis_t    basis;
    xsell_event_t    ev;
    xsell_query_t    q;
    xsell_session_t  s;

    shop_open_json(&shop, 2 * MB, catalog);

    shop_view(&shop, visitor(1), 4);
    shop_view(&shop, visitor(1), 7);
    shop_event(&shop, &ev, XSELL_EVENT_DISMISS, visitor(1), 7);
    assert_int_equal(shop_play(&shop, &ev), XSELL_OK);
    shop_event(&shop, &ev, XSELL_EVENT_DISMISS, visitor(1), 5);
    assert_int_equal(shop_play(&shop, &ev), XSELL_OK);

    memset(&q, 0, sizeof(q));
    q.catalog = shop.cat;
    q.settings = &shop.settings;
    q.session = &s;
    q.anchor = shop_item(&shop, 1);
    assert_int_equal(xsell_session_read(&shop.a, visitor(1), &s), XSELL_OK);

    xsell_basis_build(&basis, &shop.a, &q);
    assert_int_equal(basis.visit_n, 2);
    assert_int_equal(basis.visit[0], shop_ref(&shop, 1));
    assert_int_equal(basis.visit[1], shop_ref(&shop, 4));

    assert_string_equal(offered(&shop, visitor(1), 1), "480");

    shop_close(&shop);
}


static void
nothing_stands_twice_on_a_page(void **state)
{
    shop_t           shop;
    uint32_t         i, shown[3];
    xsell_query_t    q;
    xsell_slate_t    slate;
    xsell_session_t  s;

    shop_open_json(&shop, 2 * MB, catalog);

    shown[0] = shop_item(&shop, 4);
    shown[1] = shop_item(&shop, 9);         /* a variant of 8 */
    shown[2] = XSELL_NO_ITEM;

    memset(&q, 0, sizeof(q));
    memset(&s, 0, sizeof(s));
    s.r.key = 1;
    q.catalog = shop.cat;
    q.settings = &shop.settings;
    q.session = &s;
    q.anchor = shop_item(&shop, 1);
    q.want = XSELL_SLATE_MAX;
    q.now_ms = shop.now_ms;
    q.shown = shown;
    q.shown_n = 3;

    assert_int_equal(xsell_rank(shop.ranker, &shop.a, &q, &slate), XSELL_OK);
    assert_int_equal(slate.n, 3);
    assert_null(slate_find(&shop, &slate, 4));
    assert_null(slate_find(&shop, &slate, 8));
    assert_null(slate_find(&shop, &slate, 9));

    for (i = 0; i < slate.n; i++) {
        assert_int_not_equal(slate.pick[i].item, q.anchor);
    }

    shop_close(&shop);
}


/* variants of all that fits on a page are kept apart (310 to 319 are variants
   of 100 to 109); more shown items than that: no more is the worst */

static void
a_page_full_of_groups_is_survived(void **state)
{
    char           *json, *p;
    shop_t          shop;
    uint32_t        i, shown[300];
    xsell_query_t   q;
    xsell_slate_t   slate;

    json = malloc(64 * 1024);
    assert_non_null(json);

    for (p = json, i = 0; i < 320; i++) {
        p += sprintf(p, "{\"id\":\"%u\",\"title\":\"T\",\"url\":\"/%u\","
                     "\"category\":\"C\",\"item_group_id\":\"g%u\"}\n",
                     i, i, i < 310 ? i : i - 210);
    }

    shop_open_json(&shop, 4 * MB, json);
    free(json);

    for (i = 0; i < 300; i++) {
        shown[i] = i;
    }

    memset(&q, 0, sizeof(q));
    q.catalog = shop.cat;
    q.settings = &shop.settings;
    q.anchor = 300;
    q.want = 100;
    q.now_ms = shop.now_ms;
    q.shown = shown;
    q.shown_n = 300;

    assert_int_equal(xsell_rank(shop.ranker, &shop.a, &q, &slate), XSELL_OK);
    assert_int_equal(slate.n, 9);

    for (i = 0; i < slate.n; i++) {
        assert_true(slate.pick[i].item > 300 && slate.pick[i].item < 310);
    }

    shop_close(&shop);
}


/* what the new catalogue no longer has is not offered, whatever is known */

static void
a_deleted_item_is_not_offered(void **state)
{
    shop_t         shop;
    uint32_t       i;
    xsell_slate_t  slate;

    shop_open(&shop, 2 * MB, 10);

    for (i = 1; i <= 5; i++) {
        shop_view(&shop, visitor(i), 1);
        shop_view(&shop, visitor(i), 2);
        shop_view(&shop, visitor(i), 3);
    }

    assert_int_equal(shop_ask(&shop, visitor(9), 1, 4, &slate), XSELL_OK);
    assert_int_equal(slate.n, 2);

    shop_catalog(&shop,
        "{\"id\":\"1\",\"title\":\"T\",\"url\":\"/1\"}\n"
        "{\"id\":\"3\",\"title\":\"T\",\"url\":\"/3\","
            "\"availability\":\"out_of_stock\"}\n", 2);

    assert_int_equal(shop_ask(&shop, visitor(9), 1, 4, &slate), XSELL_NONE);

    shop_catalog(&shop,
        "{\"id\":\"1\",\"title\":\"T\",\"url\":\"/1\"}\n"
        "{\"id\":\"3\",\"title\":\"T\",\"url\":\"/3\"}\n", 3);

    assert_int_equal(shop_ask(&shop, visitor(9), 1, 4, &slate), XSELL_OK);
    assert_int_equal(slate.n, 1);
    assert_non_null(slate_find(&shop, &slate, 3));

    shop_close(&shop);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(neither_itself_nor_a_variant_nor_sold_out),
        cmocka_unit_test(not_what_the_visitor_has_or_refused),
        cmocka_unit_test(nothing_starts_from_what_he_refused),
        cmocka_unit_test(nothing_stands_twice_on_a_page),
        cmocka_unit_test(a_page_full_of_groups_is_survived),
        cmocka_unit_test(a_deleted_item_is_not_offered)
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("rules", tests, NULL, NULL);
}


/*
 * popularity_test.c.  Hazards: sums that never fade, or that fade faster the
 * more often they are touched; a list that stays as it was; an item of which
 * the list says something after its slot was given away; a list read while it
 * is written; numbers that are none.
 */

#include "model_test.h"


static uint32_t
top(const shop_t *shop, uint32_t list, xsell_ref_t refs[XSELL_TOP])
{
    float  best;

    return xsell_top_copy(&shop->a, list, refs, XSELL_TOP, &best);
}


static int
listed(const shop_t *shop, uint32_t list, uint32_t number)
{
    uint32_t     i, n;
    xsell_ref_t  refs[XSELL_TOP];

    n = top(shop, list, refs);

    for (i = 0; i < n; i++) {
        if (refs[i] == shop_ref(shop, number)) {
            return (int) i;
        }
    }

    return -1;
}


static void
sums_halve_on_time(void **state)
{
    assert_true(fabsf(xsell_decay(8, 3600, 3600) - 4) < 1e-5f);
    assert_true(fabsf(xsell_decay(8, 3 * 3600, 3600) - 1) < 1e-5f);
    assert_true(fabsf(xsell_decay(8, 1800, 3600) - 5.656854f) < 1e-4f);
    assert_true(xsell_decay(8, 0, 3600) == 8);

    /* never negative, never subnormal, never not a number */

    assert_true(xsell_decay(1, UINT32_MAX, 3600) == 0);
    assert_true(xsell_decay(1e-19f, 24 * 3600, 3600) == 0);
    assert_true(xsell_decay(NAN, 3600, 3600) == 0);
    assert_true(xsell_decay(INFINITY, 3600, 3600) == 0);
    assert_true(xsell_decay(-1, 3600, 3600) == 0);
}


/* an item touched every second fades as one that is left alone */

static void
touching_does_not_fade(void **state)
{
    uint32_t             t;
    double               exact;
    xsell_item_record_t  often, once;

    memset(&often, 0, sizeof(often));
    often.pop = 1000;
    often.trend = 1000;
    once = often;

    for (t = 1; t <= 6 * 3600; t++) {
        xsell_item_age(&often, t);
    }

    xsell_item_age(&once, 6 * 3600);

    exact = 1000 * exp2(-6.0 / (7 * 24));
    assert_true(fabs(often.pop - exact) < 0.1);
    assert_true(fabs(once.pop - exact) < 0.1);
    assert_true(fabsf(often.trend - 500) < 0.5f);
    assert_true(fabsf(once.trend - 500) < 0.1f);

    /* time that stands still or runs back changes nothing */

    once = often;
    xsell_item_age(&often, 100);
    xsell_item_age(&often, often.decay_s + 1);
    assert_memory_equal(&once, &often, sizeof(once));
}


static void
lists_follow_what_happens(void **state)
{
    shop_t       shop;
    uint32_t     i, k;
    xsell_ref_t  refs[XSELL_TOP];

    static const uint32_t  lines[] = { 5, 6 };

    shop_open(&shop, 4 * MB, 200);

    shop_tick(&shop);
    assert_int_equal(top(&shop, XSELL_TOP_POPULAR, refs), 0);

    /* item i is seen i times, 100 of them: the 64 best are listed */

    for (i = 1; i <= 100; i++) {
        for (k = 0; k < i; k++) {
            shop_view(&shop, visitor(i * 1000 + k), i);
        }
    }

    shop_tick(&shop);
    assert_int_equal(top(&shop, XSELL_TOP_POPULAR, refs), XSELL_TOP);

    for (i = 0; i < XSELL_TOP; i++) {
        assert_int_equal(refs[i], shop_ref(&shop, 100 - i));
    }

    assert_int_equal(top(&shop, XSELL_TOP_SOLD, refs), 0);
    assert_int_equal(shop_order(&shop, visitor(1), 1, lines, 2), XSELL_OK);
    shop_tick(&shop);
    assert_int_equal(top(&shop, XSELL_TOP_SOLD, refs), 2);

    /* ten weeks later one view is worth more than all of that */

    shop.now_ms += 70ull * 24 * 3600 * 1000;
    shop_view(&shop, visitor(7), 150);
    shop_tick(&shop);
    assert_int_equal(listed(&shop, XSELL_TOP_POPULAR, 150), 0);

    /* and in a year nobody is popular */

    shop.now_ms += 365ull * 24 * 3600 * 1000;
    shop_tick(&shop);
    assert_int_equal(top(&shop, XSELL_TOP_POPULAR, refs), 0);

    shop_validate(&shop);
    shop_close(&shop);
}


/* 40 views a day for a month against 20 in the last hour */

static void
a_trend_is_more_than_what_was_expected(void **state)
{
    shop_t    shop;
    uint32_t  i;

    shop_open(&shop, 2 * MB, 100);

    for (i = 0; i < 1200; i++) {
        shop_view(&shop, visitor(i), 1);
        shop.now_ms += 36 * 60 * 1000;
    }

    for (i = 0; i < 20; i++) {
        shop_view(&shop, visitor(5000 + i), 2);
    }

    shop_view(&shop, visitor(6000), 3);     /* one view is no trend */

    shop_tick(&shop);

    assert_int_equal(listed(&shop, XSELL_TOP_TRENDING, 2), 0);
    assert_int_equal(listed(&shop, XSELL_TOP_TRENDING, 1), -1);
    assert_int_equal(listed(&shop, XSELL_TOP_TRENDING, 3), -1);
    assert_int_equal(listed(&shop, XSELL_TOP_POPULAR, 1), 0);

    shop_close(&shop);
}


static void
new_is_what_came_after_the_first_catalogue(void **state)
{
    shop_t       shop;
    uint32_t     i;
    xsell_ref_t  refs[XSELL_TOP];

    shop_open_json(&shop, 2 * MB,
        "{\"id\":\"1\",\"title\":\"T\",\"url\":\"/1\"}\n"
        "{\"id\":\"2\",\"title\":\"T\",\"url\":\"/2\"}\n");

    shop_tick(&shop);
    assert_int_equal(top(&shop, XSELL_TOP_NEW, refs), 0);

    shop.now_ms += 3600 * 1000;
    shop_catalog(&shop,
        "{\"id\":\"1\",\"title\":\"T\",\"url\":\"/1\"}\n"
        "{\"id\":\"3\",\"title\":\"T\",\"url\":\"/3\"}\n", 2);
    shop_tick(&shop);
    assert_int_equal(top(&shop, XSELL_TOP_NEW, refs), 1);
    assert_int_equal(listed(&shop, XSELL_TOP_NEW, 3), 0);

    /* everybody has seen it: no longer new */

    for (i = 0; i < 101; i++) {
        shop_view(&shop, visitor(i), 3);
    }

    shop_tick(&shop);
    assert_int_equal(top(&shop, XSELL_TOP_NEW, refs), 0);

    shop_close(&shop);
}


/* 5,000 items are three slices; a pass is made at most every two seconds */

static void
a_large_catalogue_is_scanned_in_slices(void **state)
{
    shop_t       shop;
    uint32_t     at_s;
    xsell_ref_t  refs[XSELL_TOP];

    shop_open(&shop, 16 * MB, 5000);
    assert_true(shop.a.items_n >= 5000);

    shop_view(&shop, visitor(1), 100);
    shop_view(&shop, visitor(2), 4900);
    shop.now_ms += 5000;

    xsell_learn_tick(&shop.a, shop.now_ms);
    assert_int_equal(top(&shop, XSELL_TOP_POPULAR, refs), 1);
    xsell_learn_tick(&shop.a, shop.now_ms);
    assert_int_equal(top(&shop, XSELL_TOP_POPULAR, refs), 1);
    xsell_learn_tick(&shop.a, shop.now_ms);
    assert_int_equal(top(&shop, XSELL_TOP_POPULAR, refs), 2);

    at_s = shop.a.header->top_at_s;
    shop_view(&shop, visitor(3), 200);

    xsell_learn_tick(&shop.a, shop.now_ms);
    assert_int_equal(shop.a.header->top_at_s, at_s);
    assert_int_equal(shop.a.header->top_slot, 0);
    assert_int_equal(top(&shop, XSELL_TOP_POPULAR, refs), 2);

    shop.now_ms += 2000;
    xsell_learn_tick(&shop.a, shop.now_ms);
    assert_int_equal(top(&shop, XSELL_TOP_POPULAR, refs), 3);

    shop_validate(&shop);
    shop_close(&shop);
}


static void
a_slot_that_changed_hands_is_not_listed(void **state)
{
    shop_t    shop;
    uint32_t  i;

    shop_open(&shop, 2 * MB, 100);

    for (i = 0; i < 5; i++) {
        shop_view(&shop, visitor(i), 1);
    }

    shop_tick(&shop);
    assert_int_equal(listed(&shop, XSELL_TOP_POPULAR, 1), 0);

    shop.a.dict[shop_slot(&shop, 1)].tag++;
    shop_tick(&shop);
    assert_int_equal(listed(&shop, XSELL_TOP_POPULAR, 1), -1);
    assert_int_equal(shop.a.tops[XSELL_TOP_POPULAR].n, 0);

    shop_close(&shop);
}


static void
a_list_in_the_making_is_not_read(void **state)
{
    shop_t       shop;
    float        best;
    uint32_t     i;
    xsell_ref_t  refs[XSELL_TOP];

    shop_open(&shop, 2 * MB, 100);

    for (i = 0; i < 5; i++) {
        shop_view(&shop, visitor(i), 1);
    }

    shop_tick(&shop);

    shop.a.tops[XSELL_TOP_POPULAR].seq |= 1;
    assert_int_equal(top(&shop, XSELL_TOP_POPULAR, refs), 0);

    /* its maker was killed: emptied, and complete again with the next pass */

    xsell_intent_set(&shop.a, XSELL_REGION_TOP, XSELL_TOP_POPULAR);
    xsell_recover(&shop.a);
    shop_validate(&shop);
    assert_int_equal(top(&shop, XSELL_TOP_POPULAR, refs), 0);

    xsell_learn_tick(&shop.a, shop.now_ms);
    assert_int_equal(listed(&shop, XSELL_TOP_POPULAR, 1), 0);

    /* whatever stands there, counts and scores stay in range */

    shop.a.tops[XSELL_TOP_POPULAR].n = UINT32_MAX;
    shop.a.tops[XSELL_TOP_POPULAR].score[0] = NAN;
    assert_int_equal(xsell_top_copy(&shop.a, XSELL_TOP_POPULAR, refs, 10,
                                    &best),
                     10);
    assert_true(best == 0);

    shop_close(&shop);
}


static void
numbers_that_are_none_are_put_right(void **state)
{
    shop_t                shop;
    xsell_item_record_t  *it;

    shop_open(&shop, 2 * MB, 100);

    it = &shop.a.items[shop_slot(&shop, 1)];
    it->pop = NAN;
    it->trend = -INFINITY;
    it->sold = INFINITY;
    it->resid_mean = NAN;
    it->resid_prec = -1;

    shop_tick(&shop);       /* listed nowhere */

    xsell_intent_set(&shop.a, XSELL_REGION_ITEMS, shop_slot(&shop, 1));
    xsell_recover(&shop.a);

    assert_true(it->pop == 0 && it->trend == 0 && it->sold == 0);
    assert_true(it->resid_mean == 0 && it->resid_prec == 0);

    shop_validate(&shop);
    shop_close(&shop);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(sums_halve_on_time),
        cmocka_unit_test(touching_does_not_fade),
        cmocka_unit_test(lists_follow_what_happens),
        cmocka_unit_test(a_trend_is_more_than_what_was_expected),
        cmocka_unit_test(new_is_what_came_after_the_first_catalogue),
        cmocka_unit_test(a_large_catalogue_is_scanned_in_slices),
        cmocka_unit_test(a_slot_that_changed_hands_is_not_listed),
        cmocka_unit_test(a_list_in_the_making_is_not_read),
        cmocka_unit_test(numbers_that_are_none_are_put_right)
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("popularity", tests, NULL, NULL);
}

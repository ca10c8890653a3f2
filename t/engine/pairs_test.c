
/*
 * pairs_test.c.  Hazards: a count claims visits that never were; a flood of
 * accidents pushes out what really goes together; repeated views count as
 * new visits; a record that the learner is changing, or left half changed,
 * is believed; a reference out of range is followed.
 */

#include "model_test.h"


static const xsell_partner_t *
partner(const shop_t *shop, uint32_t of, uint32_t number)
{
    uint32_t                    i;
    const xsell_pair_record_t  *r;

    r = &shop->a.pairs[shop_slot(shop, of)];

    for (i = 0; i < r->n; i++) {
        if (r->partner[i].ref == shop_ref(shop, number)) {
            return &r->partner[i];
        }
    }

    return NULL;
}


static uint32_t
viewed(const shop_t *shop, uint32_t of, uint32_t number)
{
    const xsell_partner_t  *p;

    p = partner(shop, of, number);
    return p ? p->viewed : 0;
}


static uint32_t
bought(const shop_t *shop, uint32_t of, uint32_t number)
{
    const xsell_partner_t  *p;

    p = partner(shop, of, number);
    return p ? p->bought : 0;
}


static uint32_t
ask(shop_t *shop, uint32_t number, unsigned kind,
    xsell_scored_t out[XSELL_SOURCE_KEEP])
{
    uint32_t     n;
    xsell_ref_t  query;

    query = shop_ref(shop, number);

    n = xsell_pairs_ask(&shop->ranker->tally, &shop->a, &shop->settings,
                        &query, 1, 1, kind, out, XSELL_SOURCE_KEEP);
    xsell_scored_sort(out, n);

    return n;
}


static void
a_visit_counts_a_pair_once_in_both_directions(void **state)
{
    shop_t  shop;

    shop_open(&shop, 2 * MB, 100);

    shop_view(&shop, visitor(1), 1);
    shop_view(&shop, visitor(1), 2);
    shop_view(&shop, visitor(1), 2);        /* refresh */
    shop.now_ms += 60000;
    shop_view(&shop, visitor(1), 1);        /* seen */
    shop_view(&shop, visitor(1), 3);

    assert_int_equal(viewed(&shop, 1, 2), 1);
    assert_int_equal(viewed(&shop, 2, 1), 1);
    assert_int_equal(viewed(&shop, 1, 3), 1);
    assert_int_equal(viewed(&shop, 3, 1), 1);
    assert_int_equal(viewed(&shop, 3, 2), 1);
    assert_int_equal(bought(&shop, 1, 2), 0);

    /* the next visit is another one: 4 goes with nothing of the first */

    shop.now_ms += 2 * 3600 * 1000;
    shop_view(&shop, visitor(1), 4);

    assert_int_equal(viewed(&shop, 4, 1), 0);
    assert_int_equal(viewed(&shop, 4, 3), 0);

    shop_validate(&shop);
    shop_close(&shop);
}


static void
all_lines_of_an_order_go_together(void **state)
{
    shop_t    shop;
    uint32_t  i, k, lines[XSELL_HISTORY];

    shop_open(&shop, 2 * MB, 100);

    for (i = 0; i < XSELL_HISTORY; i++) {
        lines[i] = i;
    }

    assert_int_equal(shop_order(&shop, visitor(1), 11, lines, 16), XSELL_OK);

    for (i = 0; i < XSELL_HISTORY; i++) {
        assert_int_equal(shop.a.items[shop_slot(&shop, i)].orders, 1);

        for (k = 0; k < XSELL_HISTORY; k++) {
            assert_int_equal(bought(&shop, i, k), i != k);
        }
    }

    /* the same order again, and one that names a line twice */

    assert_int_equal(shop_order(&shop, visitor(1), 11, lines, 16),
                     XSELL_EREPEATED);
    lines[1] = 0;
    lines[2] = 5;
    assert_int_equal(shop_order(&shop, visitor(1), 12, lines, 3), XSELL_OK);

    assert_int_equal(bought(&shop, 0, 5), 2);
    assert_int_equal(bought(&shop, 5, 0), 2);
    assert_int_equal(bought(&shop, 0, 1), 1);
    assert_int_equal(shop.a.items[shop_slot(&shop, 0)].orders, 2);
    assert_int_equal(shop.a.header->orders, 2);
    assert_int_equal(shop.a.header->lines, 18);

    shop_validate(&shop);
    shop_close(&shop);
}


static void
few_orders_and_visits_are_kept_to_ourselves(void **state)
{
    shop_t          shop;
    uint32_t        i;
    xsell_scored_t  out[XSELL_SOURCE_KEEP];

    static const uint32_t  lines[] = { 1, 2 };

    /* orders needed, for min_visits of 0, 1, 2, 3, 9 */

    static const uint32_t  needed[5][2] = {
        { 0, 1 }, { 1, 1 }, { 2, 2 }, { 3, 3 }, { 9, 3 }
    };

    shop_open(&shop, 2 * MB, 100);

    for (i = 1; i <= 4; i++) {
        uint32_t  k;

        assert_int_equal(shop_order(&shop, visitor(i), i, lines, 2),
                         XSELL_OK);

        for (k = 0; k < 5; k++) {
            shop.settings.min_visits = needed[k][0];
            assert_int_equal(ask(&shop, 1, XSELL_PAIR_BOUGHT, out),
                             i >= needed[k][1]);
        }
    }

    for (i = 1; i <= 3; i++) {
        shop.settings.min_visits = 3;
        assert_int_equal(ask(&shop, 5, XSELL_PAIR_VIEWED, out), 0);
        shop_view(&shop, visitor(50 + i), 5);
        shop_view(&shop, visitor(50 + i), 6);
    }

    assert_int_equal(ask(&shop, 5, XSELL_PAIR_VIEWED, out), 1);
    assert_int_equal(out[0].ref, shop_ref(&shop, 6));
    assert_int_equal(out[0].support, 3);

    shop_close(&shop);
}


/* 6 goes with 5 in all its orders, 7 is in every basket */

static void
lift_beats_fame(void **state)
{
    shop_t          shop;
    uint32_t        i, n, lines[3];
    xsell_scored_t  out[XSELL_SOURCE_KEEP];

    shop_open(&shop, 2 * MB, 100);

    for (i = 0; i < 60; i++) {
        lines[0] = 7;
        lines[1] = i < 10 ? 5 : 10 + i % 20;
        lines[2] = i < 10 ? 6 : 40 + i % 20;
        assert_int_equal(shop_order(&shop, visitor(i), i + 1, lines, 3),
                         XSELL_OK);
    }

    n = ask(&shop, 5, XSELL_PAIR_BOUGHT, out);
    assert_int_equal(n, 2);
    assert_int_equal(out[0].ref, shop_ref(&shop, 6));
    assert_int_equal(out[1].ref, shop_ref(&shop, 7));
    assert_true(out[0].score > 1.5f * out[1].score);
    assert_true(out[0].extra > 2);              /* 60 of 10 x 10 / 10 */
    assert_true(out[1].extra < 0.5f);

    shop_close(&shop);
}


/*
 * Four true partners in every fourth visit each, 300 accidental ones: the
 * true ones are found, and no count is above the truth.
 */

static void
counts_are_facts_in_a_flood_of_accidents(void **state)
{
    shop_t                      shop;
    uint32_t                    i, k, found, other;
    uint64_t                    rng;
    static uint16_t             truth[400];
    const xsell_pair_record_t  *r;

    shop_open(&shop, 4 * MB, 400);
    memset(truth, 0, sizeof(truth));
    rng = 7;

    for (i = 0; i < 600; i++) {
        for (k = 0; k < 7; k++) {
            other = k == 0 ? 1 + i % 4
                           : 20 + (uint32_t) (xsell_random(&rng) % 300);

            truth[other]++;
            xsell_pairs_add(&shop.a, shop_ref(&shop, 0),
                            shop_ref(&shop, other), XSELL_PAIR_VIEWED);
        }
    }

    r = &shop.a.pairs[shop_slot(&shop, 0)];
    assert_int_equal(r->n, XSELL_PARTNERS);

    for (i = 0; i < r->n; i++) {
        for (other = 0; other < 400; other++) {
            if (shop_ref(&shop, other) == r->partner[i].ref) {
                assert_true(r->partner[i].viewed <= truth[other]);
                assert_true(r->partner[i].viewed > 0);
                break;
            }
        }

        assert_true(other < 400);

        for (k = 0; k < i; k++) {
            assert_int_not_equal(r->partner[i].ref, r->partner[k].ref);
        }
    }

    for (found = 0, k = 1; k <= 4; k++) {
        found += viewed(&shop, 0, k) >= 40;
    }

    assert_int_equal(found, 4);

    shop_validate(&shop);
    shop_close(&shop);
}


/* an accident keeps nobody out who comes twice, and nobody gets in by one */

static void
what_came_first_does_not_stay_for_ever(void **state)
{
    shop_t    shop;
    uint32_t  i, k, old;

    shop_open(&shop, 2 * MB, 200);

    for (i = 1; i < 200; i++) {
        xsell_pairs_add(&shop.a, shop_ref(&shop, 0), shop_ref(&shop, i),
                        XSELL_PAIR_VIEWED);
    }

    for (old = 0, i = 1; i <= XSELL_PARTNERS; i++) {
        old += viewed(&shop, 0, i);
    }

    assert_true(old >= XSELL_PARTNERS - 2);

    for (i = 100; i < 200; i++) {
        for (k = 0; k < 2; k++) {
            xsell_pairs_add(&shop.a, shop_ref(&shop, 0), shop_ref(&shop, i),
                            XSELL_PAIR_VIEWED);
        }
    }

    for (old = 0, i = 1; i <= XSELL_PARTNERS; i++) {
        old += viewed(&shop, 0, i);
    }

    assert_true(old < 2);
    shop_close(&shop);
}


/* the sketch: nothing is less than it was until it is forgotten, which it is,
   and no pair's count is another's */

static void
estimates_are_no_less_and_fade(void **state)
{
    shop_t    shop;
    uint64_t  i;
    uint32_t  k, above, count;

    shop_open(&shop, 2 * MB, 10);
    above = 0;

    for (k = 1; k < 200; k++) {
        xsell_sketch_raise(&shop.a, k, 7777 + k, k % 50);
    }

    for (k = 1; k < 200; k++) {
        count = xsell_sketch_count(&shop.a, 7777 + k, k);
        assert_true(count >= k % 50);
        above += count > k % 50;
    }

    assert_true(above < 10);

    xsell_sketch_raise(&shop.a, 1, 2, 1000);
    assert_int_equal(xsell_sketch_count(&shop.a, 1, 2), 255);

    for (i = 0; i < 20 * shop.a.sketch_n; i++) {
        xsell_sketch_age(&shop.a, (i * 0x9e3779b97f4a7c15ull) | 1);
    }

    assert_int_equal(xsell_sketch_count(&shop.a, 1, 2), 255);

    for (i = 0; i < 20 * shop.a.sketch_n; i++) {
        xsell_sketch_age(&shop.a, (i * 0x9e3779b97f4a7c15ull) << 8);
    }

    assert_true(xsell_sketch_count(&shop.a, 1, 2) < 16);
    shop_close(&shop);
}


/* a basket's strong tie counts for more than several faint ones */

static void
one_strong_tie_outweighs_faint_ones(void **state)
{
    shop_t          shop;
    uint32_t        i, k, n;
    xsell_ref_t     query[4];
    xsell_scored_t  out[XSELL_SOURCE_KEEP];

    shop_open(&shop, 2 * MB, 40);

    /* 4 items in 40 orders each; 20 stands in half of the first one's, 21 in
       a sixth of those of each: more in sum */

    for (i = 0; i < 4; i++) {
        query[i] = shop_ref(&shop, i);
        shop.a.items[shop_slot(&shop, i)].orders = 40;
    }

    shop.a.items[shop_slot(&shop, 20)].orders = 40;
    shop.a.items[shop_slot(&shop, 21)].orders = 40;
    shop.a.header->orders = 1000;

    for (k = 0; k < 20; k++) {
        xsell_pairs_add(&shop.a, query[0], shop_ref(&shop, 20),
                        XSELL_PAIR_BOUGHT);
    }

    for (k = 0; k < 32; k++) {
        xsell_pairs_add(&shop.a, query[k % 4], shop_ref(&shop, 21),
                        XSELL_PAIR_BOUGHT);
    }

    n = xsell_pairs_ask(&shop.ranker->tally, &shop.a, &shop.settings, query,
                        4, 1, XSELL_PAIR_BOUGHT, out, XSELL_SOURCE_KEEP);
    xsell_scored_sort(out, n);

    assert_int_equal(n, 2);
    assert_int_equal(out[0].ref, shop_ref(&shop, 20));
    shop_close(&shop);
}


static void
orders_outweigh_visits_at_the_door(void **state)
{
    shop_t    shop;
    uint32_t  i, k, kept;

    shop_open(&shop, 2 * MB, 400);

    for (i = 1; i <= 8; i++) {
        for (k = 0; k < 3; k++) {
            xsell_pairs_add(&shop.a, shop_ref(&shop, 0), shop_ref(&shop, i),
                            XSELL_PAIR_BOUGHT);
        }
    }

    for (i = 20; i < 400; i++) {
        xsell_pairs_add(&shop.a, shop_ref(&shop, 0), shop_ref(&shop, i),
                        XSELL_PAIR_VIEWED);
    }

    for (kept = 0, i = 1; i <= 8; i++) {
        kept += bought(&shop, 0, i) == 3;
    }

    assert_int_equal(kept, 8);
    shop_close(&shop);
}


static void
counts_saturate_and_slots_change_hands(void **state)
{
    shop_t            shop;
    xsell_ref_t       old;
    xsell_partner_t  *p;

    shop_open(&shop, 2 * MB, 10);

    xsell_pairs_add(&shop.a, shop_ref(&shop, 0), shop_ref(&shop, 1),
                    XSELL_PAIR_VIEWED);
    p = &shop.a.pairs[shop_slot(&shop, 0)].partner[0];
    p->viewed = UINT16_MAX - 1;
    p->bought = UINT16_MAX;

    xsell_pairs_add(&shop.a, shop_ref(&shop, 0), shop_ref(&shop, 1),
                    XSELL_PAIR_VIEWED);
    xsell_pairs_add(&shop.a, shop_ref(&shop, 0), shop_ref(&shop, 1),
                    XSELL_PAIR_VIEWED);
    xsell_pairs_add(&shop.a, shop_ref(&shop, 0), shop_ref(&shop, 1),
                    XSELL_PAIR_BOUGHT);

    assert_int_equal(p->viewed, UINT16_MAX);
    assert_int_equal(p->bought, UINT16_MAX);

    /* another item in slot 1: nothing of this is its (its own record is empty,
       xsell_item_reset) */

    old = shop_ref(&shop, 1);
    shop.a.pairs[shop_slot(&shop, 1)].n = 0;
    xsell_pairs_add(&shop.a, shop_ref(&shop, 0), old + (1u << 24),
                    XSELL_PAIR_VIEWED);

    assert_int_equal(p->ref, old + (1u << 24));
    assert_int_equal(p->viewed, 1);
    assert_int_equal(p->bought, 0);
    assert_int_equal(shop.a.pairs[shop_slot(&shop, 0)].n, 1);

    /* no pair with itself, nothing out of range */

    xsell_pairs_add(&shop.a, old, old, XSELL_PAIR_VIEWED);
    xsell_pairs_add(&shop.a, old, shop.a.items_n, XSELL_PAIR_VIEWED);
    assert_int_equal(shop.a.pairs[shop_slot(&shop, 1)].n, 1);

    shop_close(&shop);
}


static void
a_half_changed_record_is_not_read_and_is_repaired(void **state)
{
    shop_t                shop;
    uint32_t              i;
    xsell_scored_t        out[XSELL_SOURCE_KEEP];
    xsell_pair_record_t  *r;

    shop_open(&shop, 2 * MB, 100);

    for (i = 0; i < 5; i++) {
        xsell_pairs_add(&shop.a, shop_ref(&shop, 1), shop_ref(&shop, 2),
                        XSELL_PAIR_VIEWED);
    }

    assert_int_equal(ask(&shop, 1, XSELL_PAIR_VIEWED, out), 1);

    r = &shop.a.pairs[shop_slot(&shop, 1)];
    r->seq++;
    assert_int_equal(ask(&shop, 1, XSELL_PAIR_VIEWED, out), 0);

    /* torn in every way that a kill could leave, and worse */

    r->n = 1000;

    for (i = 1; i < XSELL_PARTNERS; i++) {
        r->partner[i] = r->partner[0];
        r->partner[i].ref = i % 2 ? XSELL_NO_REF : r->partner[0].ref;
    }

    xsell_intent_set(&shop.a, XSELL_REGION_PAIRS, shop_slot(&shop, 1));
    xsell_recover(&shop.a);

    assert_int_equal(shop.a.header->intent.region, XSELL_REGIONS);
    assert_int_equal(r->seq & 1, 0);
    assert_int_equal(r->n, 1);
    assert_int_equal(ask(&shop, 1, XSELL_PAIR_VIEWED, out), 1);

    shop_validate(&shop);
    shop_close(&shop);
}


static void
wild_words_are_never_followed(void **state)
{
    shop_t          shop;
    uint32_t        i, k;
    uint64_t        rng;
    xsell_scored_t  out[XSELL_SOURCE_KEEP];

    shop_open(&shop, XSELL_ARENA_MIN, 50);
    rng = 5;

    for (i = 0; i < 2000; i++) {
        uint32_t  *w = (uint32_t *) (void *) &shop.a.pairs[i % 50];

        for (k = 0; k < sizeof(xsell_pair_record_t) / 4; k++) {
            w[k] = (uint32_t) xsell_random(&rng) >> (xsell_random(&rng) % 32);
        }

        w[0] &= ~1u;

        (void) ask(&shop, i % 50, XSELL_PAIR_VIEWED, out);
        (void) ask(&shop, i % 50, XSELL_PAIR_BOUGHT, out);

        xsell_pairs_add(&shop.a, shop_ref(&shop, i % 50),
                        shop_ref(&shop, (i + 1) % 50), XSELL_PAIR_VIEWED);
        xsell_pairs_repair(&shop.a, i % 50);
    }

    for (i = 0; i < 50; i++) {
        xsell_pairs_repair(&shop.a, i);
    }

    shop_validate(&shop);
    shop_close(&shop);
}


/* a partner that a cart's item has no room for still knows it */

static void
a_cart_asks_both_records_of_a_pair(void **state)
{
    shop_t          shop;
    float           score;
    uint32_t        i, n, lines[2];
    xsell_ref_t     query[2];
    xsell_scored_t  out[XSELL_SOURCE_KEEP];

    shop_open(&shop, 2 * MB, 100);

    for (i = 0; i < 6; i++) {
        lines[0] = 1 + i % 2;
        lines[1] = 3;
        assert_int_equal(shop_order(&shop, visitor(i), 11 + i, lines, 2),
                         XSELL_OK);
    }

    query[0] = shop_ref(&shop, 1);
    query[1] = shop_ref(&shop, 2);

    n = xsell_pairs_ask(&shop.ranker->tally, &shop.a, &shop.settings, query,
                        2, 1, XSELL_PAIR_BOUGHT, out, XSELL_SOURCE_KEEP);
    assert_int_equal(n, 1);
    assert_int_equal(out[0].ref, shop_ref(&shop, 3));
    assert_int_equal(out[0].support, 3);
    score = out[0].score;

    /* driven out of one record: the same; but one item alone asks no other */

    shop.a.pairs[shop_slot(&shop, 1)].n = 0;

    n = xsell_pairs_ask(&shop.ranker->tally, &shop.a, &shop.settings, query,
                        2, 1, XSELL_PAIR_BOUGHT, out, XSELL_SOURCE_KEEP);
    assert_int_equal(n, 1);
    assert_float_equal(out[0].score, score, 0);

    n = xsell_pairs_ask(&shop.ranker->tally, &shop.a, &shop.settings, query,
                        1, 1, XSELL_PAIR_BOUGHT, out, XSELL_SOURCE_KEEP);
    assert_int_equal(n, 0);

    shop_close(&shop);
}


/* one record drove a pair out, the other one did not: it is not counted anew,
   and no meeting twice */

static void
a_record_takes_over_what_the_other_one_knows(void **state)
{
    shop_t    shop;
    uint32_t  i;

    static const uint32_t  lines[] = { 1, 2 };

    shop_open(&shop, 2 * MB, 100);

    for (i = 0; i < 3; i++) {
        assert_int_equal(shop_order(&shop, visitor(i), 11 + i, lines, 2),
                         XSELL_OK);
    }

    shop.a.pairs[shop_slot(&shop, 1)].n = 0;

    shop_view(&shop, visitor(9), 1);
    shop_view(&shop, visitor(9), 2);

    assert_int_equal(bought(&shop, 1, 2), 3);
    assert_int_equal(viewed(&shop, 1, 2), 1);
    assert_int_equal(viewed(&shop, 2, 1), 1);

    shop.a.pairs[shop_slot(&shop, 2)].n = 0;

    assert_int_equal(shop_order(&shop, visitor(8), 99, lines, 2), XSELL_OK);
    assert_int_equal(bought(&shop, 1, 2), 4);
    assert_int_equal(bought(&shop, 2, 1), 4);
    assert_int_equal(viewed(&shop, 2, 1), 1);

    shop_validate(&shop);
    shop_close(&shop);
}


/* the item before the page's is told apart from those before it */

static void
second_of_a_visit(void **state)
{
    shop_t          shop;
    uint32_t        i, k, n;
    xsell_ref_t     query[3];
    xsell_scored_t  out[XSELL_SOURCE_KEEP];

    shop_open(&shop, 2 * MB, 20);

    /* each of the three with one of its own, all of them with 9 */

    for (i = 0; i < 30; i++) {
        shop_view(&shop, visitor(i), i % 3);
        shop_view(&shop, visitor(i), 5 + i % 3);
        shop_view(&shop, visitor(i), 9);
    }

    shop_tick(&shop);

    for (k = 0; k < 3; k++) {
        query[k] = shop_ref(&shop, k);
    }

    n = xsell_pairs_ask(&shop.ranker->tally, &shop.a, &shop.settings, query,
                        3, 0.5f, XSELL_PAIR_VIEWED, out, XSELL_SOURCE_KEEP);
    assert_int_equal(n, 4);

    for (i = 0; i < n; i++) {

        if (out[i].ref == shop_ref(&shop, 5)
            || out[i].ref == shop_ref(&shop, 7))
        {
            assert_true(out[i].extra == 0);

        } else if (out[i].ref == shop_ref(&shop, 6)) {
            assert_float_equal(out[i].extra, 2 * out[i].score, 1e-5);

        } else {
            assert_true(out[i].ref == shop_ref(&shop, 9));
            assert_true(out[i].extra > 0 && out[i].extra < out[i].score);
        }
    }

    shop_close(&shop);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(a_visit_counts_a_pair_once_in_both_directions),
        cmocka_unit_test(all_lines_of_an_order_go_together),
        cmocka_unit_test(few_orders_and_visits_are_kept_to_ourselves),
        cmocka_unit_test(lift_beats_fame),
        cmocka_unit_test(second_of_a_visit),
        cmocka_unit_test(counts_are_facts_in_a_flood_of_accidents),
        cmocka_unit_test(what_came_first_does_not_stay_for_ever),
        cmocka_unit_test(estimates_are_no_less_and_fade),
        cmocka_unit_test(one_strong_tie_outweighs_faint_ones),
        cmocka_unit_test(orders_outweigh_visits_at_the_door),
        cmocka_unit_test(counts_saturate_and_slots_change_hands),
        cmocka_unit_test(a_half_changed_record_is_not_read_and_is_repaired),
        cmocka_unit_test(wild_words_are_never_followed),
        cmocka_unit_test(a_cart_asks_both_records_of_a_pair),
        cmocka_unit_test(a_record_takes_over_what_the_other_one_knows)
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("pairs", tests, NULL, NULL);
}

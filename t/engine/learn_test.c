
/*
 * learn_test.c.  Hazards: a replay that differs from what happened; a
 * visitor without a cookie, or without consent, who teaches what goes
 * together; an order or a click credited twice, or to the wrong slot; a busy
 * ring that keeps the others waiting; a bad event that stops the rings; a
 * zone too small for anything.
 */

#include "model_test.h"


/* 3,000 events of all kinds, from a seed */

static void
live(shop_t *shop, uint64_t seed, uint32_t events)
{
    uint32_t       i, k, what;
    xsell_event_t  ev;

    for (i = 0; i < events; i++) {
        what = (uint32_t) (xsell_random(&seed) % 20);

        shop_event(shop, &ev, XSELL_EVENT_VIEW,
                   visitor(xsell_random(&seed) % (1 + events / 6)),
                   (uint32_t) (xsell_random(&seed) % shop->items));

        memcpy(ev.country, what % 2 ? "DE" : "FR", 2);

        switch (what) {

        case 0:
            ev.type = XSELL_EVENT_ORDER;
            ev.item = XSELL_NO_REF;
            ev.order = 1 + xsell_random(&seed) % events;
            ev.n = (uint8_t) (2 + xsell_random(&seed) % 6);

            for (k = 0; k < ev.n; k++) {
                ev.others[k] = shop_ref(shop, (uint32_t)
                                        (xsell_random(&seed) % shop->items));
            }

            break;

        case 1:
            ev.type = XSELL_EVENT_CART;
            break;

        case 2:
            ev.type = XSELL_EVENT_CLICK;
            ev.impression = 1 + xsell_random(&seed) % 1000;
            ev.position = (uint8_t) (xsell_random(&seed) % XSELL_SLATE_MAX);
            break;

        case 3:
            ev.session = 0;
            break;

        case 4:
            ev.flags = 0;
            break;

        case 5:
            ev.type = XSELL_EVENT_IMPRESSION;
            ev.n = 2;
            ev.others[0] = ev.item;
            ev.others[1] = shop_ref(shop, 1);
            break;

        default:
            break;
        }

        (void) shop_play(shop, &ev);

        shop->now_ms += 1000 * (xsell_random(&seed) % 200);

        if (i % 100 == 0) {
            xsell_learn_tick(&shop->a, shop->now_ms);
        }
    }
}


static void
assert_region(const shop_t *x, const shop_t *y, unsigned region)
{
    const xsell_region_t  *r;

    r = &x->a.header->region[region];

    if (memcmp(x->a.base + r->off, y->a.base + r->off,
               (size_t) (r->count * r->stride))
        != 0)
    {
        fail_msg("region %u differs", region);
    }
}


static void
equal_events_leave_equal_bytes(void **state)
{
    shop_t    x, y;
    unsigned  i;

    static const unsigned  regions[] = {
        XSELL_REGION_ITEMS, XSELL_REGION_POSTINGS, XSELL_REGION_CHUNKS,
        XSELL_REGION_PAIRS, XSELL_REGION_SKETCH, XSELL_REGION_TOP,
        XSELL_REGION_LEDGER, XSELL_REGION_ORDERS, XSELL_REGION_CROWDS,
        XSELL_REGION_GOES
    };

    shop_open(&x, 2 * MB, 60);
    shop_open(&y, 2 * MB, 60);

    live(&x, 1, 3000);
    live(&y, 1, 3000);

    for (i = 0; i < sizeof(regions) / sizeof(regions[0]); i++) {
        assert_region(&x, &y, regions[i]);
    }

    assert_int_equal(x.a.header->rng, y.a.header->rng);
    assert_int_equal(x.a.header->applied, y.a.header->applied);
    assert_int_equal(x.a.header->visits, y.a.header->visits);
    assert_true(x.a.header->orders > 50 && x.a.header->views > 2000);

    shop_validate(&x);
    shop_close(&x);
    shop_close(&y);
}


static void
views_without_a_session_move_sums_only(void **state)
{
    shop_t         shop;
    uint32_t       i;
    xsell_event_t  ev;

    static const uint32_t  lines[] = { 1, 2 };

    shop_open(&shop, 2 * MB, 20);

    /* no consent */

    for (i = 0; i < 5; i++) {
        shop_event(&shop, &ev, XSELL_EVENT_VIEW, 0, 1 + i % 2);
        assert_int_equal(xsell_learn(&shop.a, &shop.settings, shop.cat, &ev),
                         XSELL_OK);
    }

    shop_event(&shop, &ev, XSELL_EVENT_ORDER, 0, XSELL_NO_ITEM);
    ev.order = 5;
    ev.n = 2;
    ev.others[0] = shop_ref(&shop, lines[0]);
    ev.others[1] = shop_ref(&shop, lines[1]);
    assert_int_equal(xsell_learn(&shop.a, &shop.settings, shop.cat, &ev),
                     XSELL_OK);

    /* no cookie yet: probation, each time somebody else */

    for (i = 0; i < 5; i++) {
        shop_event(&shop, &ev, XSELL_EVENT_VIEW, visitor(i), 1);
        ev.flags = 0;
        assert_int_equal(shop_play(&shop, &ev), XSELL_OK);
        assert_true(ev.flags & XSELL_EV_PROBATION);
    }

    assert_int_equal(shop.a.items[shop_slot(&shop, 1)].views, 8);
    assert_int_equal(shop.a.items[shop_slot(&shop, 2)].orders, 1);
    assert_true(shop.a.items[shop_slot(&shop, 1)].pop > 7);
    assert_int_equal(shop.a.header->views, 10);

    for (i = 0; i < 20; i++) {
        assert_int_equal(shop.a.postings[i].count, 0);
        assert_int_equal(shop.a.pairs[i].n, 0);
    }

    shop_close(&shop);
}


/* when the cookie comes back the visit is caught up, oldest view first */

static void
a_promoted_visit_is_caught_up(void **state)
{
    shop_t         shop;
    uint32_t       i;
    xsell_event_t  ev;

    shop_open(&shop, 2 * MB, 20);

    for (i = 1; i <= 3; i++) {
        shop_event(&shop, &ev, XSELL_EVENT_VIEW, visitor(1), i);
        ev.flags = 0;
        assert_int_equal(shop_play(&shop, &ev), XSELL_OK);
    }

    shop_view(&shop, visitor(1), 4);

    for (i = 1; i <= 4; i++) {
        assert_int_equal(shop.a.postings[shop_slot(&shop, i)].count, 1);
        assert_int_equal(shop.a.pairs[shop_slot(&shop, i)].n, 3);
        assert_int_equal(shop.a.items[shop_slot(&shop, i)].views, 1);
    }

    assert_int_equal(shop.a.pairs[shop_slot(&shop, 1)].partner[0].viewed, 1);

    shop_validate(&shop);
    shop_close(&shop);
}


/* the holdout teaches what goes together like everybody */

static void
the_holdout_is_indexed(void **state)
{
    shop_t         shop;
    uint32_t       i;
    xsell_event_t  ev;
    xsell_slate_t  slate;

    shop_open(&shop, 2 * MB, 20);

    for (i = 0; i < 6; i++) {
        shop_event(&shop, &ev, XSELL_EVENT_VIEW, visitor(i / 2), 1 + i % 2);
        ev.flags |= XSELL_EV_HOLDOUT;
        assert_int_equal(shop_play(&shop, &ev), XSELL_OK);
    }

    assert_int_equal(shop_ask(&shop, visitor(9), 1, 4, &slate), XSELL_OK);
    assert_non_null(slate_find(&shop, &slate, 2));

    shop_close(&shop);
}


/* ---- credit ------------------------------------------------------------ */

static uint64_t
show(shop_t *shop, uint64_t key, uint32_t number, uint8_t slot_name)
{
    xsell_impression_t  imp;

    memset(&imp, 0, sizeof(imp));
    imp.session = key;
    imp.time_ms = shop->now_ms;
    imp.anchor = shop_ref(shop, 0);
    imp.generation = 9;
    imp.slot_name = slot_name;
    imp.template_idx = 3;
    imp.n = 2;
    imp.row[0].ref = shop_ref(shop, 1);
    imp.row[1].ref = shop_ref(shop, number);
    imp.row[1].propensity = 1234;
    imp.row[1].reason = XSELL_REASON_BOUGHT;
    imp.row[1].feature[4] = -7;

    return xsell_impression_open(&shop->a, &imp);
}


static void
click(shop_t *shop, uint64_t key, uint64_t impression, uint32_t number)
{
    xsell_event_t  ev;

    shop_event(shop, &ev, XSELL_EVENT_CLICK, key, number);
    ev.impression = impression;
    ev.position = 1;
    assert_int_equal(shop_play(shop, &ev), XSELL_OK);
}


static void
what_follows_a_click_is_credited_once(void **state)
{
    shop_t               shop;
    uint64_t             id;
    xsell_ledger_row_t  *row;

    static const uint32_t  lines[] = { 4, 5, 6 };

    shop_open_json(&shop, 2 * MB,
        "{\"id\":\"0\",\"title\":\"T\",\"url\":\"/0\"}\n"
        "{\"id\":\"1\",\"title\":\"T\",\"url\":\"/1\"}\n"
        "{\"id\":\"4\",\"title\":\"T\",\"url\":\"/4\",\"price\":\"12.50\","
            "\"currency\":\"EUR\"}\n"
        "{\"id\":\"5\",\"title\":\"T\",\"url\":\"/5\",\"price\":\"7\"}\n"
        "{\"id\":\"6\",\"title\":\"T\",\"url\":\"/6\",\"price\":\"99\"}\n");

    assert_int_equal(xsell_name_index(&shop.a, "related", 7, 1), 0);
    assert_int_equal(xsell_name_index(&shop.a, "cart", 4, 1), 1);

    shop_view(&shop, visitor(1), 0);
    id = show(&shop, visitor(1), 4, 1);
    click(&shop, visitor(1), id, 4);

    row = xsell_ledger_find(&shop.a, visitor(1), shop_ref(&shop, 4),
                            (uint32_t) (shop.now_ms / 1000));
    assert_non_null(row);
    assert_int_equal(row->impression, id);
    assert_int_equal(row->anchor, shop_ref(&shop, 0));
    assert_int_equal(row->generation, 9);
    assert_int_equal(row->slot_name, 1);
    assert_int_equal(row->template_idx, 3);
    assert_int_equal(row->propensity, 1234);
    assert_int_equal(row->reason, XSELL_REASON_BOUGHT);
    assert_int_equal(row->feature[4], -7);
    assert_int_equal(row->position, 1);

    /* the click again (its learner was killed): still one row */

    click(&shop, visitor(1), id, 4);
    row->session = 0;
    assert_null(xsell_ledger_find(&shop.a, visitor(1), shop_ref(&shop, 4),
                                  (uint32_t) (shop.now_ms / 1000)));

    click(&shop, visitor(1), id, 4);
    click(&shop, visitor(1), show(&shop, visitor(1), 5, 1), 5);

    shop_cart(&shop, visitor(1), 4);
    shop_cart(&shop, visitor(1), 4);
    shop_cart(&shop, visitor(1), 6);
    assert_int_equal(shop.a.name_counters[1].carts, 1);
    assert_int_equal(shop.a.name_counters[3].carts, 1);     /* the template */

    assert_int_equal(shop_order(&shop, visitor(1), 77, lines, 3), XSELL_OK);

    assert_int_equal(shop.a.name_counters[1].orders, 1);
    assert_int_equal(shop.a.name_counters[1].revenue, 1250 + 700);
    assert_int_equal(shop.a.name_counters[3].orders, 1);
    assert_int_equal(shop.a.name_counters[3].revenue, 1250 + 700);
    assert_int_equal(shop.a.name_counters[0].orders, 0);
    assert_int_equal(shop.a.counters->orders_value, 1000);
    assert_int_equal(shop.a.counters->credited_value, 1950);

    /* the same order, and the next one with the same items */

    assert_int_equal(shop_order(&shop, visitor(1), 77, lines, 3),
                     XSELL_EREPEATED);
    assert_int_equal(shop.a.counters->dropped[XSELL_DROP_ORDER_REPEATED], 1);
    assert_int_equal(shop_order(&shop, visitor(1), 78, lines, 3), XSELL_OK);

    /* somebody else's order of what this one clicked */

    assert_int_equal(shop_order(&shop, visitor(2), 79, lines, 3), XSELL_OK);

    assert_int_equal(shop.a.name_counters[1].orders, 1);
    assert_int_equal(shop.a.counters->credited_value, 1950);
    assert_int_equal(shop.a.counters->orders_value, 3000);
    assert_int_equal(xsell_item_carts(&shop.a.items[shop_slot(&shop, 4)]), 2);

    shop_validate(&shop);
    shop_close(&shop);
}


/* hazard: the count of carts runs over into the tag above it: the item's
   past is taken for another item's and thrown away */

static void
carts_stop_below_the_tag(void **state)
{
    shop_t                shop;
    xsell_item_record_t  *it;

    (void) state;

    shop_open(&shop, 2 * MB, 20);
    shop_view(&shop, visitor(1), 4);

    it = &shop.a.items[shop_slot(&shop, 4)];
    it->carts_tag += XSELL_CARTS_MAX - 1;

    shop_cart(&shop, visitor(1), 4);
    shop_cart(&shop, visitor(1), 4);

    assert_int_equal(xsell_item_carts(it), XSELL_CARTS_MAX);
    assert_int_equal(xsell_item_tag(it), xsell_ref_tag(shop_ref(&shop, 4)));

    shop_view(&shop, visitor(2), 4);
    assert_int_equal(it->views, 2);

    shop_validate(&shop);
    shop_close(&shop);
}


static void
old_clicks_and_fast_ones_are_not_credited(void **state)
{
    shop_t         shop;
    uint64_t       id;
    xsell_event_t  ev;

    static const uint32_t  lines[] = { 4, 5 };

    shop_open(&shop, 2 * MB, 20);
    shop_view(&shop, visitor(1), 0);

    click(&shop, visitor(1), show(&shop, visitor(1), 4, 1), 4);

    id = show(&shop, visitor(1), 5, 1);
    shop_event(&shop, &ev, XSELL_EVENT_CLICK, visitor(1), 5);
    ev.impression = id;
    ev.position = 1;
    ev.flags |= XSELL_EV_FAST;
    assert_int_equal(shop_play(&shop, &ev), XSELL_OK);

    shop.now_ms += (XSELL_LEDGER_S + 60) * 1000ull;
    assert_int_equal(shop_order(&shop, visitor(1), 1, lines, 2), XSELL_OK);
    assert_int_equal(shop.a.name_counters[1].orders, 0);

    shop_close(&shop);
}


/* ---- rings ------------------------------------------------------------- */

typedef struct {
    uint32_t  n;
    uint64_t  last[4];
    uint32_t  of[4];
} seen_t;


static void
see(void *ctx, const xsell_event_t *ev)
{
    seen_t    *seen;
    uint32_t   ring;

    seen = ctx;
    seen->n++;
    ring = (uint32_t) (ev->order >> 32);
    assert_true(ring < 4);
    assert_true(ev->order > seen->last[ring]);
    seen->last[ring] = ev->order;
    seen->of[ring]++;
}


static void
all_rings_are_drained_in_turns(void **state)
{
    shop_t         shop;
    seen_t         seen;
    uint32_t       i, k, n;
    xsell_claim_t  claim[4];
    xsell_event_t  ev;

    shop_open(&shop, 4 * MB, 20);
    memset(&seen, 0, sizeof(seen));

    for (i = 0; i < 4; i++) {
        assert_int_equal(xsell_ring_claim(&shop.a, &claim[i], i * 20),
                         XSELL_OK);

        n = i == 0 ? shop.a.ring_entries : 20;

        for (k = 0; k < n; k++) {
            shop_event(&shop, &ev, XSELL_EVENT_VIEW, 0, k % 20);
            ev.order = ((uint64_t) i << 32) + k + 1;

            /* a bad one here and there: taken out, counted, not learned */

            if (k == 7) {
                ev.item = shop.a.items_n;
            }

            assert_int_equal(xsell_ring_push(&shop.a, &claim[i], &ev),
                             XSELL_OK);
        }
    }

    /* a call's worth of work: nobody's ring is left out */

    n = xsell_learn_drain(&shop.a, &shop.settings, shop.cat, 60, see, &seen);
    assert_int_equal(n, 60);

    for (i = 0; i < 4; i++) {
        assert_true(seen.of[i] >= 10);
    }

    do {
        n = xsell_learn_drain(&shop.a, &shop.settings, shop.cat, 10, see,
                              &seen);
    } while (n == 10);

    assert_int_equal(xsell_learn_drain(&shop.a, &shop.settings, shop.cat, 100,
                                       see, &seen),
                     0);

    assert_int_equal(seen.n, shop.a.ring_entries + 60 - 4);
    assert_int_equal(shop.a.counters->dropped[XSELL_DROP_EVENT_INVALID], 4);
    assert_int_equal(shop.a.header->views, seen.n);
    assert_int_equal(shop.a.header->applied, seen.n);

    for (i = 0; i < 4; i++) {
        xsell_ring_release(&claim[i]);
    }

    shop_validate(&shop);
    shop_close(&shop);
}


static void
stale_references_are_passed_over(void **state)
{
    shop_t         shop;
    xsell_event_t  ev;

    shop_open(&shop, 2 * MB, 20);

    shop_view(&shop, visitor(1), 1);
    shop_view(&shop, visitor(1), 2);

    /* slot 1 is given away while an event with the old reference waits */

    shop_event(&shop, &ev, XSELL_EVENT_VIEW, visitor(2), 1);
    assert_int_equal(xsell_session_apply(&shop.a, &ev, NULL), XSELL_OK);
    shop.a.dict[shop_slot(&shop, 1)].tag++;
    assert_int_equal(xsell_learn(&shop.a, &shop.settings, shop.cat, &ev),
                     XSELL_OK);
    assert_int_equal(shop.a.items[shop_slot(&shop, 1)].views, 1);

    /* the first event of the new one starts from nothing */

    ev.item += 1u << 24;
    assert_int_equal(xsell_learn(&shop.a, &shop.settings, shop.cat, &ev),
                     XSELL_OK);
    assert_int_equal(shop.a.items[xsell_ref_slot(ev.item)].views, 1);
    assert_int_equal(shop.a.postings[xsell_ref_slot(ev.item)].count, 1);
    assert_int_equal(shop.a.pairs[xsell_ref_slot(ev.item)].n, 0);

    /* out of range is not an event */

    ev.item = shop.a.items_n;
    assert_int_equal(xsell_learn(&shop.a, &shop.settings, shop.cat, &ev),
                     XSELL_EINVAL);
    ev.item = XSELL_NO_REF;
    assert_int_equal(xsell_learn(&shop.a, &shop.settings, shop.cat, &ev),
                     XSELL_EINVAL);

    shop_close(&shop);
}


/* from the smallest on: full is a normal state */

static void
every_size_lives(void **state)
{
    shop_t         shop;
    uint32_t       i, items;
    uint64_t       bytes;
    xsell_slate_t  slate;

    for (bytes = XSELL_ARENA_MIN; bytes <= 6 * MB;
         bytes += bytes < 2 * MB ? 36 * XSELL_PAGE_BYTES
                                 : 333 * XSELL_PAGE_BYTES)
    {
        xsell_plan_t   plan;
        xsell_error_t  err;

        assert_int_equal(xsell_plan(bytes, &plan, &err), XSELL_OK);
        items = plan.items < 300 ? plan.items : 300;

        shop_open(&shop, bytes, items);
        assert_int_equal(xsell_lease_try(&shop.a, 1), XSELL_OK);
        live(&shop, bytes, 1500);

        for (i = 0; i < items; i += 7) {
            (void) shop_ask(&shop, visitor(i), i, 6, &slate);
            assert_true(slate.n > 0);
        }

        xsell_lease_release(&shop.a);
        shop_validate(&shop);
        shop_close(&shop);
    }
}


static float
rated(shop_t *shop, uint64_t key, uint32_t number, uint32_t stars)
{
    xsell_event_t  ev;

    shop_event(shop, &ev, XSELL_EVENT_RATE, key, number);
    ev.value = stars;
    (void) shop_play(shop, &ev);

    return shop->a.items[xsell_ref_slot(shop_ref(shop, number))].resid_mean;
}


/* hazard: a rating that nobody learns from, or one visitor's that is the
   shop's, given forty times or to all that one maker has */

static void
ratings_teach(void **state)
{
    shop_t         shop;
    float          good, more, bad;
    uint32_t       i, n;
    xsell_slate_t  slate;

    shop_open(&shop, 2 * MB, 20);

    for (i = 0; i < 5; i++) {
        shop_view(&shop, visitor(i), 7);
        shop_view(&shop, visitor(i), 8);
    }

    assert_true(rated(&shop, 0, 7, 5) == 0);        /* nobody */

    good = rated(&shop, visitor(1), 7, 5);
    bad = rated(&shop, visitor(1), 8, 1);
    assert_true(good > 0 && good < 1);
    assert_true(bad < 0 && bad > -1);
    assert_true(rated(&shop, visitor(1), 9, 3) == 0);

    more = rated(&shop, visitor(2), 7, 4);
    assert_true(more > good);

    /* an item once, whatever is thought of it later */

    good = rated(&shop, visitor(3), 7, 5);
    assert_true(good > more);

    for (i = 0; i < 40; i++) {
        assert_true(rated(&shop, visitor(3), 7, 1 + i % 5) == good);
    }

    assert_int_equal(shop.a.counters->dropped[XSELL_DROP_RATE_REPEATED], 40);
    assert_true(rated(&shop, visitor(4), 7, 5) > good);

    /* twelve an hour, with the one of item 7 */

    for (i = 0, n = 0; i < 20; i++) {
        more = shop.a.items[xsell_ref_slot(shop_ref(&shop, i))].resid_mean;
        n += i != 7 && rated(&shop, visitor(3), i, 5) != more;
    }

    assert_int_equal(n, 11);

    /* who does not like it is not offered it, unless they think again */

    shop_tick(&shop);
    (void) rated(&shop, visitor(2), 8, 2);
    (void) shop_ask(&shop, visitor(2), 5, 12, &slate);
    assert_null(slate_find(&shop, &slate, 8));

    (void) rated(&shop, visitor(2), 8, 4);
    (void) shop_ask(&shop, visitor(2), 5, 12, &slate);
    assert_non_null(slate_find(&shop, &slate, 8));

    shop_close(&shop);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(equal_events_leave_equal_bytes),
        cmocka_unit_test(views_without_a_session_move_sums_only),
        cmocka_unit_test(a_promoted_visit_is_caught_up),
        cmocka_unit_test(the_holdout_is_indexed),
        cmocka_unit_test(what_follows_a_click_is_credited_once),
        cmocka_unit_test(carts_stop_below_the_tag),
        cmocka_unit_test(old_clicks_and_fast_ones_are_not_credited),
        cmocka_unit_test(all_rings_are_drained_in_turns),
        cmocka_unit_test(stale_references_are_passed_over),
        cmocka_unit_test(every_size_lives),
        cmocka_unit_test(ratings_teach)
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("learn", tests, NULL, NULL);
}

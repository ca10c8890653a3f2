
/*
 * poison_test.c: what somebody with many cookies and few networks can make of
 * an item.  Hazards: views, orders or clicks without end that put it above what
 * honest visitors like, on lists, beside other items, in the model; and, the
 * other way, a hit that is held back because it rises fast, or a large network
 * whose clicks stop teaching while its silence goes on.
 */

#include "model_test.h"


#define ANCHOR   1
#define HIT      10         /* liked by many networks */
#define PUSHED   11         /* by few, very much */

#define HONEST   60
#define FEW      3
#define COOKIES  600


static uint64_t  someone;


static uint64_t
next(void)
{
    return visitor(++someone);
}


static uint32_t
network_of(uint32_t i)
{
    return 0x51000001u + 2 * i;
}


static void
view_from(shop_t *shop, uint64_t key, uint32_t number, uint32_t network)
{
    xsell_event_t  ev;

    shop_event(shop, &ev, XSELL_EVENT_VIEW, key, number);
    ev.network = network;
    assert_int_equal(shop_play(shop, &ev), XSELL_OK);
}


static void
order_from(shop_t *shop, uint32_t number, uint32_t network)
{
    xsell_event_t  ev;

    shop_event(shop, &ev, XSELL_EVENT_ORDER, next(), XSELL_NO_ITEM);
    ev.network = network;
    ev.order = someone + 1;
    ev.n = 2;
    ev.others[0] = shop_ref(shop, ANCHOR);
    ev.others[1] = shop_ref(shop, number);
    assert_int_equal(shop_play(shop, &ev), XSELL_OK);
}


static void
visit_from(shop_t *shop, uint32_t number, uint32_t network)
{
    uint64_t  key;

    key = next();
    view_from(shop, key, ANCHOR, network);
    view_from(shop, key, number, network);
}


/* how often an item stands beside the anchor */

static const xsell_partner_t *
partner(const shop_t *shop, uint32_t number)
{
    uint32_t                    i;
    const xsell_pair_record_t  *r;

    static const xsell_partner_t  none;

    r = &shop->a.pairs[shop_slot(shop, ANCHOR)];

    for (i = 0; i < r->n; i++) {
        if (r->partner[i].ref == shop_ref(shop, number)) {
            return &r->partner[i];
        }
    }

    return &none;
}


static const xsell_item_record_t *
item(const shop_t *shop, uint32_t number)
{
    return &shop->a.items[shop_slot(shop, number)];
}


static void
shop_begin(shop_t *shop)
{
    shop_open(shop, 8 * MB, 40);
    assert_int_equal(xsell_lease_try(&shop->a, 1), XSELL_OK);
    xsell_lease_release(&shop->a);
    shop->now_ms = 3600000;
    xsell_learn_tick(&shop->a, shop->now_ms);
}


/* ---- views and orders -------------------------------------------------- */

static void
views_of_few_networks_make_nothing_popular(void **state)
{
    float           best;
    shop_t          shop;
    uint32_t        i;
    xsell_ref_t     top[2];
    xsell_slate_t   slate;

    shop_begin(&shop);

    for (i = 0; i < HONEST; i++) {
        visit_from(&shop, HIT, network_of(100 + i));
    }

    for (i = 0; i < FEW * COOKIES; i++) {
        visit_from(&shop, PUSHED, network_of(i % FEW));
    }

    /* the hit has all of it, though it rose in a minute */

    assert_int_equal(item(&shop, HIT)->views, HONEST);
    assert_int_equal(partner(&shop, HIT)->viewed, HONEST);

    assert_in_range(item(&shop, PUSHED)->views, FEW,
                    FEW * (XSELL_CAPS_ITEM + 1));
    assert_true(item(&shop, PUSHED)->pop <= FEW * (XSELL_CAPS_ITEM + 1));
    assert_in_range(partner(&shop, PUSHED)->viewed, 0,
                    FEW * (XSELL_CAPS_ITEM + 1));
    assert_true(shop.a.counters->dropped[XSELL_DROP_ITEM_CAPPED] > COOKIES);

    shop_tick(&shop);
    assert_int_equal(xsell_top_copy(&shop.a, XSELL_TOP_POPULAR, top, 2, &best),
                     2);
    assert_true(top[0] != shop_ref(&shop, PUSHED)
                && top[1] != shop_ref(&shop, PUSHED));

    assert_int_equal(shop_ask(&shop, 0, ANCHOR, 2, &slate), XSELL_OK);
    assert_int_equal(slate.pick[0].item, shop_item(&shop, HIT));

    shop_validate(&shop);
    shop_close(&shop);
}


/* who has time: a day of it, beside twenty honest visits an hour */

static void
nor_do_they_in_a_day(void **state)
{
    shop_t    shop;
    uint32_t  hour, i;

    shop_begin(&shop);

    for (hour = 0; hour < 24; hour++) {
        for (i = 0; i < 20; i++) {
            visit_from(&shop, HIT, network_of(100 + 20 * hour + i));
        }

        for (i = 0; i < FEW * 50; i++) {
            visit_from(&shop, PUSHED, network_of(i % FEW));
        }

        shop.now_ms = (hour + 2) * 3600000ull;
    }

    assert_true(item(&shop, HIT)->pop > 440);
    assert_true(item(&shop, PUSHED)->pop < item(&shop, HIT)->pop / 2);
    assert_true(item(&shop, PUSHED)->trend < item(&shop, HIT)->trend / 2);
    assert_true(partner(&shop, PUSHED)->viewed
                < partner(&shop, HIT)->viewed / 2);

    shop_close(&shop);
}


/* items that many look at may have many from one network: it is a large one */

static void
a_large_network_has_its_share(void **state)
{
    shop_t    shop;
    uint32_t  i, n;

    shop_begin(&shop);

    for (i = 0; i < 20000; i++) {
        view_from(&shop, next(), HIT, network_of(100 + i));
        shop.now_ms += 10;
    }

    n = item(&shop, HIT)->views;
    assert_int_equal(n, 20000);

    for (i = 0; i < 1000; i++) {
        view_from(&shop, next(), HIT, network_of(0));
    }

    n = item(&shop, HIT)->views - n;
    assert_in_range(n, 20000 / 80, 20000 / 40);

    shop_close(&shop);
}


/* pairs with what is viewed afterwards are no way around */

static void
what_comes_after_is_bounded_too(void **state)
{
    shop_t                      shop;
    uint32_t                    i, k, n;
    uint64_t                    key;
    const xsell_pair_record_t  *r;

    shop_begin(&shop);

    for (i = 0; i < COOKIES; i++) {
        key = next();
        view_from(&shop, key, PUSHED, network_of(0));

        for (k = 0; k < 4; k++) {
            view_from(&shop, key, 12 + (4 * i + k) % 28, network_of(0));
        }
    }

    r = &shop.a.pairs[shop_slot(&shop, PUSHED)];

    for (i = 0, n = 0; i < r->n; i++) {
        n += r->partner[i].viewed;
    }

    assert_in_range(n, 1, 4 * XSELL_CAPS_ITEM);

    shop_close(&shop);
}


static void
orders_of_few_networks_sell_nothing(void **state)
{
    shop_t    shop;
    uint32_t  i;

    shop_begin(&shop);

    for (i = 0; i < HONEST; i++) {
        order_from(&shop, HIT, network_of(100 + i));
    }

    for (i = 0; i < FEW * COOKIES; i++) {
        order_from(&shop, PUSHED, network_of(i % FEW));
    }

    assert_int_equal(item(&shop, HIT)->orders, HONEST);
    assert_int_equal(partner(&shop, HIT)->bought, HONEST);
    assert_in_range(item(&shop, PUSHED)->orders, FEW,
                    FEW * (XSELL_CAPS_ITEM + 1));
    assert_in_range(partner(&shop, PUSHED)->bought, 0,
                    FEW * (XSELL_CAPS_ITEM + 1));

    /* as orders they are counted */

    assert_int_equal(shop.a.header->orders, HONEST + FEW * COOKIES);

    shop_close(&shop);
}


/* ---- the model --------------------------------------------------------- */

/* a slate of the item alone, clicked or not, is settled */

static void
slate_from(shop_t *shop, uint32_t number, uint32_t network, int clicked)
{
    uint64_t            key, id;
    xsell_event_t       ev;
    xsell_impression_t  imp;

    key = next();
    memset(&imp, 0, sizeof(imp));

    imp.session = key;
    imp.network = network;
    imp.time_ms = shop->now_ms;
    imp.anchor = shop_ref(shop, ANCHOR);
    imp.n = 1;
    imp.row[0].ref = shop_ref(shop, number);
    imp.row[0].pair = (uint16_t) (1700 * number);
    imp.row[0].feature[XSELL_F_BIAS] = 32;

    id = xsell_impression_open(&shop->a, &imp);

    if (clicked) {
        (void) xsell_impression_click(&shop->a, id, 0, shop->now_ms, &imp);
        shop_event(shop, &ev, XSELL_EVENT_CLICK, key, number);
        ev.network = network;
        ev.impression = id;
        (void) xsell_learn(&shop->a, &shop->settings, shop->cat, &ev);
    }

    shop->now_ms += 100;
    xsell_learn_tick(&shop->a, shop->now_ms);
}


static void
clicks_of_few_networks_are_few(void **state)
{
    shop_t    shop;
    uint32_t  i;

    shop_begin(&shop);

    for (i = 0; i < HONEST; i++) {
        slate_from(&shop, HIT, network_of(100 + i), 1);
    }

    for (i = 0; i < FEW * COOKIES; i++) {
        slate_from(&shop, PUSHED, network_of(i % FEW), 1);
    }

    assert_true(item(&shop, HIT)->resid_mean > 1);
    assert_true(item(&shop, PUSHED)->resid_mean
                < item(&shop, HIT)->resid_mean);
    assert_int_equal(item(&shop, PUSHED)->clicks, FEW * COOKIES);
    assert_in_range(shop.a.learner->work.updates, HONEST + FEW,
                    HONEST + FEW * 8);

    shop_validate(&shop);
    shop_close(&shop);
}


/* whoever has all networks: the item is liked, and weighs no more than that */

static void
an_item_weighs_so_much(void **state)
{
    shop_t    shop;
    uint32_t  i;

    shop_begin(&shop);

    for (i = 0; i < 20000; i++) {
        slate_from(&shop, PUSHED, network_of(i), 1);
        assert_true(item(&shop, PUSHED)->resid_mean <= 3);
    }

    assert_true(item(&shop, PUSHED)->resid_mean > 1);

    shop_close(&shop);
}


/* of a fifth of its slates a network clicks, day after day */

static float
liked_by(uint32_t network)
{
    float     mean;
    shop_t    shop;
    uint32_t  i;

    shop_begin(&shop);

    for (i = 0; i < 6000; i++) {
        slate_from(&shop, HIT, network, i % 5 == 4);
        shop.now_ms += 60000;
    }

    mean = item(&shop, HIT)->resid_mean;
    shop_close(&shop);

    return mean;
}


static void
a_large_network_is_no_enemy(void **state)
{
    float  free, bound;

    free = liked_by(0);
    bound = liked_by(network_of(0));

    assert_true(free > .2f);
    assert_true(bound > free - .5f && bound < free + .5f);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(views_of_few_networks_make_nothing_popular),
        cmocka_unit_test(nor_do_they_in_a_day),
        cmocka_unit_test(a_large_network_has_its_share),
        cmocka_unit_test(what_comes_after_is_bounded_too),
        cmocka_unit_test(orders_of_few_networks_sell_nothing),
        cmocka_unit_test(clicks_of_few_networks_are_few),
        cmocka_unit_test(an_item_weighs_so_much),
        cmocka_unit_test(a_large_network_is_no_enemy)
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("poison", tests, NULL, NULL);
}

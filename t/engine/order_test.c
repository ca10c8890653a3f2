
/*
 * order_test.c: carts and orders after a click, by the clock: what is taught
 * and counted for the slot and the template up to seven days, once, and
 * nothing after.
 */

#include "model_test.h"


#define SLOT      1
#define TEMPLATE  3
#define PRICE     1250

#define MINUTE    60000ull
#define HOUR      (60 * MINUTE)
#define DAY       (24 * HOUR)


static const char  feed[] =
    "{\"id\":\"0\",\"title\":\"T\",\"url\":\"/0\"}\n"
    "{\"id\":\"1\",\"title\":\"T\",\"url\":\"/1\",\"price\":\"12.50\","
        "\"currency\":\"EUR\"}\n"
    "{\"id\":\"2\",\"title\":\"T\",\"url\":\"/2\",\"price\":\"12.50\"}\n";

static const uint32_t  one = 1;


static void
shop_begin(shop_t *shop)
{
    shop_open_json(shop, 8 * MB, feed);
    assert_int_equal(xsell_name_index(&shop->a, "related", 7, 1), 0);
    assert_int_equal(xsell_name_index(&shop->a, "cart", 4, 1), SLOT);
    xsell_learn_tick(&shop->a, shop->now_ms);
    shop_view(shop, visitor(1), 0);
}


static uint64_t
show(shop_t *shop, uint64_t key)
{
    xsell_impression_t  imp;

    memset(&imp, 0, sizeof(imp));

    imp.session = key;
    imp.time_ms = shop->now_ms;
    imp.anchor = shop_ref(shop, 0);
    imp.slot_name = SLOT;
    imp.template_idx = TEMPLATE;
    imp.n = 1;
    imp.row[0].ref = shop_ref(shop, 1);
    imp.row[0].feature[XSELL_F_BIAS] = 32;

    return xsell_impression_open(&shop->a, &imp);
}


static void
click(shop_t *shop, uint64_t id)
{
    xsell_event_t       ev;
    xsell_impression_t  imp;

    assert_int_equal(xsell_impression_click(&shop->a, id, 0, shop->now_ms,
                                            &imp), XSELL_OK);

    shop_event(shop, &ev, XSELL_EVENT_CLICK, visitor(1), 1);
    ev.impression = id;
    assert_int_equal(shop_play(shop, &ev), XSELL_OK);
}


/* the ring goes round: nothing of what was shown is in it any more */

static void
lap(shop_t *shop, uint64_t id)
{
    uint32_t            i;
    xsell_impression_t  imp;

    for (i = 0; i < shop->a.impressions_n; i++) {
        (void) show(shop, visitor(2));
    }

    assert_int_equal(xsell_impression_read(&shop->a, id, &imp), XSELL_ELATE);
}


static float
liked(const shop_t *shop)
{
    return shop->a.items[shop_slot(shop, 1)].resid_mean;
}


static void
assert_counted(const shop_t *shop, uint64_t carts, uint64_t orders)
{
    unsigned                      i;
    const xsell_name_counters_t  *c;

    static const unsigned  names[] = { SLOT, TEMPLATE };

    for (i = 0; i < 2; i++) {
        c = &shop->a.name_counters[names[i]];
        assert_int_equal(c->carts, carts);
        assert_int_equal(c->orders, orders);
        assert_int_equal(c->revenue, orders * PRICE);
    }

    assert_int_equal(shop->a.counters->credited_value, orders * PRICE);
}


/* hazard: an order of the next days finds nothing, for the ring has lost what
   was shown; or one after the week counts */

static void
orders_count_for_a_week(void **state)
{
    float     before;
    shop_t    shop;
    unsigned  i;
    uint64_t  id;

    static const struct {
        uint64_t  after;
        int       counts;
    } orders[] = {
        { 20 * MINUTE,                          1 },
        { 23 * HOUR,                            1 },
        { 25 * HOUR,                            1 },
        { 6 * DAY + 21 * HOUR + 36 * MINUTE,    1 },    /* 6.9 days */
        { 7 * DAY + 2 * HOUR + 24 * MINUTE,     0 }     /* 7.1 days */
    };

    (void) state;

    for (i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
        shop_begin(&shop);

        id = show(&shop, visitor(1));
        shop.now_ms += 5000;
        click(&shop, id);
        before = liked(&shop);
        assert_true(before > 0);

        shop.now_ms += orders[i].after;
        lap(&shop, id);

        assert_int_equal(shop_order(&shop, visitor(1), 77, &one, 1),
                         XSELL_OK);

        assert_counted(&shop, 0, (uint64_t) orders[i].counts);
        assert_int_equal(liked(&shop) > before, orders[i].counts);
        assert_int_equal(shop.a.header->orders, 1);

        /* the page of thanks again */

        before = liked(&shop);
        assert_int_equal(shop_order(&shop, visitor(1), 77, &one, 1),
                         XSELL_EREPEATED);

        assert_counted(&shop, 0, (uint64_t) orders[i].counts);
        assert_true(liked(&shop) == before);
        assert_int_equal(shop.a.header->orders, 1);

        shop_validate(&shop);
        shop_close(&shop);
    }
}


/* hazard: who clicks an item twice and buys it once has bought it twice */

static void
two_clicks_are_one_order(void **state)
{
    float     before;
    shop_t    shop;
    uint64_t  id;

    (void) state;

    shop_begin(&shop);

    click(&shop, show(&shop, visitor(1)));
    shop.now_ms += HOUR;
    id = show(&shop, visitor(1));
    click(&shop, id);
    shop.now_ms += HOUR;
    lap(&shop, id);

    before = liked(&shop);
    assert_int_equal(shop_order(&shop, visitor(1), 77, &one, 1), XSELL_OK);
    assert_counted(&shop, 0, 1);
    assert_true(liked(&shop) > before);

    /* another order of it is not what the older click brought */

    before = liked(&shop);
    assert_int_equal(shop_order(&shop, visitor(1), 78, &one, 1), XSELL_OK);
    assert_counted(&shop, 0, 1);
    assert_true(liked(&shop) == before);

    shop_close(&shop);
}


/* hazard: the week begins anew with each step, or a cart is an order */

static void
a_cart_and_its_order_count_once_each(void **state)
{
    float     step[4];
    shop_t    shop;
    uint64_t  id;

    (void) state;

    shop_begin(&shop);

    id = show(&shop, visitor(1));
    click(&shop, id);
    step[0] = liked(&shop);

    shop.now_ms += 6 * DAY;
    lap(&shop, id);

    shop_cart(&shop, visitor(1), 1);
    step[1] = liked(&shop);
    assert_true(step[1] > step[0]);
    assert_counted(&shop, 1, 0);

    shop_cart(&shop, visitor(1), 1);
    assert_true(liked(&shop) == step[1]);
    assert_counted(&shop, 1, 0);

    shop.now_ms += 12 * HOUR;
    assert_int_equal(shop_order(&shop, visitor(1), 77, &one, 1), XSELL_OK);
    step[2] = liked(&shop);
    assert_true(step[2] > step[1]);
    assert_counted(&shop, 1, 1);

    shop_cart(&shop, visitor(1), 1);
    assert_int_equal(shop_order(&shop, visitor(1), 78, &one, 1), XSELL_OK);
    assert_true(liked(&shop) == step[2]);
    assert_counted(&shop, 1, 1);

    shop_validate(&shop);
    shop_close(&shop);

    /* put into the cart within the week, ordered after it */

    shop_begin(&shop);
    click(&shop, show(&shop, visitor(1)));

    shop.now_ms += 6 * DAY;
    shop_cart(&shop, visitor(1), 1);
    step[3] = liked(&shop);

    shop.now_ms += 2 * DAY;
    assert_int_equal(shop_order(&shop, visitor(1), 77, &one, 1), XSELL_OK);
    assert_true(liked(&shop) == step[3]);
    assert_counted(&shop, 1, 0);

    shop_close(&shop);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(orders_count_for_a_week),
        cmocka_unit_test(two_clicks_are_one_order),
        cmocka_unit_test(a_cart_and_its_order_count_once_each)
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}

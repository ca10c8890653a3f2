
/*
 * long_time_test.c: 72 hours of events, and then 400 days, in seconds: what
 * the clock does to sums, visits, tables and lists when nobody restarts.
 *
 * Engine time is an argument, so time passes as fast as events are applied.
 */

#include "model_test.h"


#define ITEMS     60
#define HOUR_MS   ((uint64_t) 3600 * 1000)
#define DAY_MS    (24 * HOUR_MS)
#define VISITORS  4000

static const xsell_settings_t  settings = { .min_visits = 2 };


static void
sane(shop_t *shop)
{
    uint32_t              slot;
    xsell_error_t         err;
    xsell_item_record_t  *it;

    if (xsell_arena_validate(&shop->a, &err) != XSELL_OK) {
        fail_msg("hour %llu: %s",
                 (unsigned long long) (shop->now_ms / HOUR_MS), err.text);
    }

    for (slot = 0; slot < shop->a.header->dict_n; slot++) {
        it = &shop->a.items[slot];
        assert_true(isfinite(it->pop) && it->pop >= 0);
        assert_true(isfinite(it->trend) && it->trend >= 0);
        assert_true(isfinite(it->sold) && it->sold >= 0);
    }
}


/* one page view of a visitor who has a cookie from the second one on */

static void
view(shop_t *shop, uint64_t visitor, uint32_t item, unsigned cookie)
{
    xsell_event_t    ev;
    xsell_session_t  s;

    memset(&ev, 0, sizeof(ev));
    ev.type = XSELL_EVENT_VIEW;
    ev.time_ms = shop->now_ms;
    ev.session = visitor;
    ev.session_idx = XSELL_NO_REF;
    ev.item = xsell_catalog_ref(shop->cat,
                                xsell_catalog_item(shop->cat, item));
    ev.flags = cookie ? XSELL_EV_COOKIE : 0;

    assert_int_equal(xsell_session_apply(&shop->a, &ev, &s), XSELL_OK);
    assert_true(s.r.visit_n <= s.r.n && s.r.n <= XSELL_HISTORY);
    xsell_learn(&shop->a, &settings, shop->cat, &ev);
}


/* a visit of three pages by one of the visitors */

static void
visit(shop_t *shop, uint64_t *dice)
{
    unsigned  i;
    uint64_t  visitor;

    visitor = 1 + xsell_random(dice) % VISITORS;
    visitor *= 0x9e3779b97f4a7c15ull;

    for (i = 0; i < 3; i++) {
        view(shop, visitor, (uint32_t) (xsell_random(dice) % (ITEMS / 2)),
             i > 0);
        shop->now_ms += 15000;
    }
}


static void
pass(shop_t *shop, uint64_t until_ms, uint64_t step_ms, uint64_t *dice)
{
    uint64_t  next;

    while (shop->now_ms < until_ms) {
        next = shop->now_ms + step_ms;
        visit(shop, dice);

        if (shop->now_ms < next) {
            shop->now_ms = next;
        }

        xsell_learn_tick(&shop->a, shop->now_ms);
    }
}


/* Guards: sums that grow for ever, a table that fills up and stays full, a
   visit that never ends, in the first three days. */

static void
three_days(void **state)
{
    float     most;
    shop_t    shop;
    uint32_t  hour, slot;
    uint64_t  dice, views;

    (void) state;

    shop_open(&shop, 2 * MB, ITEMS);
    dice = 1;

    for (hour = 1; hour <= 72; hour++) {
        pass(&shop, hour * HOUR_MS, 50000, &dice);
        sane(&shop);
    }

    /* a view an average 15 s: no sum is above what was added to it */

    views = shop.a.header->views;
    assert_true(views > 10000);

    for (slot = 0, most = 0; slot < ITEMS; slot++) {
        most = fmaxf(most, shop.a.items[slot].pop);
        assert_true(shop.a.items[slot].pop <= (float) views);
        assert_true(shop.a.items[slot].trend
                    <= shop.a.items[slot].pop * 1.001f);
    }

    assert_true(most > 100);
    assert_true(shop.a.tops[XSELL_TOP_POPULAR].n > 0);
    assert_true(shop.a.header->visits > 72 * 10);

    shop_close(&shop);
}


/* Guards: engine seconds, decay exponents and ages that leave their range
   in more than a year; what nobody sees any more stays popular. */

static void
four_hundred_days(void **state)
{
    float     before;
    shop_t    shop;
    uint32_t  day, slot;
    uint64_t  dice;

    (void) state;

    shop_open(&shop, 2 * MB, ITEMS);
    dice = 2;

    pass(&shop, HOUR_MS * 6, 60000, &dice);
    sane(&shop);

    slot = xsell_ref_slot(xsell_catalog_ref(shop.cat,
                                            xsell_catalog_item(shop.cat, 3)));
    before = shop.a.items[slot].pop;
    assert_true(before > 5);

    for (day = 1; day <= 400; day++) {
        pass(&shop, day * DAY_MS, 8 * HOUR_MS, &dice);

        if (day % 20 == 0) {
            sane(&shop);
        }
    }

    /* three visits a day instead of one a minute */

    view(&shop, 99, 3, 0);
    assert_true(shop.a.items[slot].pop < before);
    assert_true(shop.a.items[slot].trend < 4);

    /* silence of ten years: nothing is popular, nothing breaks */

    shop.now_ms += 3650 * DAY_MS;

    for (day = 0; day < 400; day++) {
        xsell_learn_tick(&shop.a, shop.now_ms);
        shop.now_ms += HOUR_MS;
    }

    sane(&shop);
    assert_int_equal(shop.a.tops[XSELL_TOP_TRENDING].n, 0);

    view(&shop, 99, 3, 1);
    sane(&shop);
    assert_true(shop.a.items[slot].pop < 1.01f);

    shop_close(&shop);
}


/* Guards: a clock that stands or goes back (a caller's mistake, or events of
   two workers in another order) and takes sums or sessions with it. */

static void
back_and_forth(void **state)
{
    shop_t    shop;
    unsigned  i;
    uint64_t  dice, at;

    (void) state;

    shop_open(&shop, 2 * MB, ITEMS);
    dice = 3;
    shop.now_ms = 10 * DAY_MS;

    for (i = 0; i < 3000; i++) {
        at = shop.now_ms;
        visit(&shop, &dice);
        xsell_learn_tick(&shop.a, shop.now_ms);
        shop.now_ms = at + xsell_random(&dice) % (2 * HOUR_MS) - HOUR_MS;
    }

    sane(&shop);

    /* the same item again "within 10 s" is a refresh, also of a later time */

    assert_in_range(shop.a.header->views, 8900, 9000);

    shop_close(&shop);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(three_days),
        cmocka_unit_test(four_hundred_days),
        cmocka_unit_test(back_and_forth)
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}

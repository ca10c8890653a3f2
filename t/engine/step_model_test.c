
/*
 * step_model_test.c: a learner killed at every instant of teaching the model.
 *
 * Hazards: a belief that is half an observation (a mean without its variance, a
 * factor's row without the next) and is gone on with or published; a residual
 * that is; a drift's sum that never ends; a slate that is never settled again,
 * or settled twice; a worker that decides by any of that.
 *
 * A belief is thousands of numbers, and ten thousand instructions change them:
 * where there are too many, one instant of some is looked at, of each step of
 * the work dozens.
 */

#include "step_test.h"


#define ROWS  3

static xsell_impression_t  imp;
static uint64_t            clicked;     /* id of a slate */
static const uint8_t       model[] = {
    XSELL_REGION_LEARNER, XSELL_REGION_AFFINITY, XSELL_REGION_ITEMS,
    XSELL_REGION_MODEL, XSELL_REGION_LEDGER, XSELL_REGIONS
};


/* a slate of items 0..2 was shown to a visitor */

static uint64_t
show(uint64_t key)
{
    uint32_t  k;

    memset(&imp, 0, sizeof(imp));
    imp.session = key;
    imp.time_ms = shop.now_ms;
    imp.anchor = shop_ref(&shop, 5);
    imp.n = ROWS;
    imp.arm = XSELL_LOOK_STORY;
    imp.kind = 7;

    for (k = 0; k < ROWS; k++) {
        imp.row[k].ref = shop_ref(&shop, k);
        imp.row[k].position = (uint8_t) k;
        imp.row[k].pair = (uint16_t) (9000 * k);
        imp.row[k].feature[XSELL_F_BIAS] = 32;
        imp.row[k].feature[XSELL_F_KNN] = 48;
        imp.row[k].feature[XSELL_F_VIEWED + k] = 20;
        imp.row[k].feature[XSELL_F_MOBILE_PRICE] = -16;
    }

    return xsell_impression_open(&shop.a, &imp);
}


/* a learner that has learned a little, and a click that it will learn */

static void
begin(unsigned steps)
{
    uint32_t  i;
    uint64_t  id;

    xsell_weights_publish(&shop.a);
    xsell_learn_tick(&shop.a, shop.now_ms);

    for (i = 0; i < 20; i++) {
        shop_view(&shop, visitor(i), 5);
        id = show(visitor(i));
        shop_event(&shop, &event, XSELL_EVENT_CLICK, visitor(i), 1);
        event.impression = id;
        event.position = 1;
        assert_int_equal(shop_play(&shop, &event), XSELL_OK);
    }

    shop.now_ms += 2000;
    xsell_learn_tick(&shop.a, shop.now_ms);
    assert_int_equal(shop.a.learner->work.updates, 20);
    assert_int_equal(shop.a.learner->fresh, 0);

    clicked = show(visitor(1));
    (void) xsell_impression_click(&shop.a, clicked, 2, shop.now_ms, &imp);
    shop_event(&shop, &event, XSELL_EVENT_CLICK, visitor(1), 2);
    event.impression = clicked;
    event.position = 2;

    watched = model;
    stride = steps;
}


static void
learn(void)
{
    (void) xsell_learn(&shop.a, &shop.settings, shop.cat, &event);
}


static void
tick(void)
{
    xsell_learn_tick(&shop.a, shop.now_ms);
}


/* what the arena has, readers can go by, and the next learner goes on */

static void
the_model_is_one(void)
{
    uint32_t              k;
    xsell_slate_t         slate;
    const xsell_model_t  *m;

    m = &copy.a.models[copy.a.header->generation & 1];
    assert_true(xsell_weights_good(m));
    assert_true(xsell_weights_possible(m));
    assert_int_equal(copy.a.header->intent.region, XSELL_REGIONS);

    copy.now_ms = shop.now_ms + 2000;
    xsell_learn_tick(&copy.a, copy.now_ms);

    assert_true(xsell_weights_possible(&copy.a.learner->work));
    m = &copy.a.models[copy.a.header->generation & 1];
    assert_true(xsell_weights_good(m) && xsell_weights_possible(m));
    shop_validate(&copy);

    assert_int_equal(shop_ask(&copy, visitor(1), 5, 3, &slate), XSELL_OK);

    for (k = 0; k < slate.n; k++) {
        assert_true(fabsf(slate.pick[k].score) < 30);
    }
}


/* ---- a click ----------------------------------------------------------- */

static void
a_click_is_learned_at_most_twice(void)
{
    float     once;
    uint32_t  i;

    once = shop.a.items[2].resid_mean;      /* 0, or what it will be */
    the_model_is_one();

    /* its successor learns the event again, when it is still in the ring */

    (void) xsell_learn(&copy.a, &copy.settings, copy.cat, &event);
    assert_true(copy.a.items[2].resid_mean >= 0);
    assert_true(copy.a.items[2].resid_mean < 2 && once < 2);
    assert_true(copy.a.learner->work.updates >= 20
                && copy.a.learner->work.updates <= 22);

    for (i = 0; i < copy.a.affinity_n; i++) {
        assert_true(fabsf(copy.a.affinity[i].mean) < 2);
    }

    the_model_is_one();
}


static void
a_click_at_every_instant(void **state)
{
    begin(1);

    if (!step(learn, a_click_is_learned_at_most_twice)) {
        return;
    }

    print_message("# %u states of a click\n", states);
    assert_true(states > 20);
    assert_int_equal(shop.a.learner->work.updates, 21);
}


/* one that comes when its slate was settled, and takes that back; a kill may
   lose it, no more */

static void
a_late_click_is_one_or_none(void)
{
    the_model_is_one();
    (void) xsell_learn(&copy.a, &copy.settings, copy.cat, &event);
    assert_true(fabsf(copy.a.items[2].resid_mean) < 1);
    the_model_is_one();
}


static void
a_late_click_at_every_instant(void **state)
{
    float  before;

    begin(3);
    clicked = show(visitor(1));
    shop.now_ms += 61000;

    while (shop.a.learner->clicks_at != clicked + 1) {
        tick();
    }

    before = shop.a.items[2].resid_mean;
    event.time_ms = shop.now_ms;
    event.impression = clicked;
    (void) xsell_impression_click(&shop.a, clicked, 2, shop.now_ms, &imp);

    if (!step(learn, a_late_click_is_one_or_none)) {
        return;
    }

    print_message("# %u states of a late click\n", states);
    assert_true(states > 20);
    assert_true(shop.a.items[2].resid_mean > before + .05f);
}


/* ---- carts and orders of what was clicked ------------------------------ */

static void
a_reward_is_there_at_most_twice(void)
{
    the_model_is_one();
    (void) xsell_learn(&copy.a, &copy.settings, copy.cat, &event);
    assert_true(copy.a.learner->work.updates >= 20
                && copy.a.learner->work.updates <= 23);
    the_model_is_one();
}


static void
a_cart_at_every_instant(void **state)
{
    begin(3);
    learn();
    shop_event(&shop, &event, XSELL_EVENT_CART, visitor(1), 2);

    if (!step(learn, a_reward_is_there_at_most_twice)) {
        return;
    }

    print_message("# %u states of a cart\n", states);
    assert_true(states > 20);
    assert_int_equal(shop.a.learner->work.updates, 22);
}


static void
an_order_at_every_instant(void **state)
{
    begin(3);
    learn();
    shop_event(&shop, &event, XSELL_EVENT_ORDER, visitor(1), XSELL_NO_ITEM);
    event.order = 4711;
    event.n = 1;
    event.others[0] = shop_ref(&shop, 2);

    if (!step(learn, a_reward_is_there_at_most_twice)) {
        return;
    }

    print_message("# %u states of an order\n", states);
    assert_true(states > 20);
    assert_int_equal(shop.a.learner->work.updates, 22);
}


/* ---- settling, an alarm ------------------------------------------------ */

static void
the_next_one_goes_on(void)
{
    the_model_is_one();

    /* no slate is lost: the cursor has not passed it, or it was settled, and
       no drift is left above its alarm */

    assert_true(copy.a.learner->clicks_at == clicked + 1);
    assert_true(copy.a.learner->drift[7].sum < 7);
    assert_true(copy.a.learner->work.updates >= 20);
    assert_true(copy.a.learner->work.updates <= 25);
}


static void
a_tick_at_every_instant(void **state)
{
    begin(5);
    learn();

    /* the slates before are settled; this one raises the alarm */

    shop.a.learner->clicks_at = clicked;
    shop.a.learner->leaves_at = clicked + 1;
    shop.a.learner->drift[7].sum = 6.99f;
    shop.a.learner->drift[7].open = 2;
    shop.now_ms += 61000;

    /* publishing is step_learner_test.c's, and most of the instructions */

    shop.a.learner->published_s = (uint32_t) (shop.now_ms / 1000);

    if (!step(tick, the_next_one_goes_on)) {
        return;
    }

    print_message("# %u states of a tick\n", states);
    assert_true(states > 100);
    assert_true(shop.a.learner->work.updates > 21);
    assert_true(shop.a.learner->fresh > 0);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(a_click_at_every_instant, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_late_click_at_every_instant,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(a_cart_at_every_instant, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(an_order_at_every_instant, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_tick_at_every_instant, setup,
                                        teardown)
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("step model", tests, NULL, NULL);
}

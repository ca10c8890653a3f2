
/*
 * teach_test.c: what the model learns of slates, and what it must not.
 */

#include "model_test.h"


#define ROWS  4


static void
shop_begin(shop_t *shop)
{
    shop_open(shop, 8 * MB, 40);
    assert_int_equal(xsell_lease_try(&shop->a, 1), XSELL_OK);
    xsell_lease_release(&shop->a);
    xsell_learn_tick(&shop->a, shop->now_ms);
}


/* a slate of items 10..13 was shown to a visitor */

static uint64_t
shop_show_as(shop_t *shop, uint64_t key, xsell_impression_t *imp,
    unsigned flags)
{
    uint32_t  k;

    memset(imp, 0, sizeof(*imp));

    imp->session = key;
    imp->time_ms = shop->now_ms;
    imp->anchor = shop_ref(shop, 1);
    imp->n = ROWS;
    imp->flags = (uint8_t) flags;
    imp->term[0] = -32;

    for (k = 0; k < ROWS; k++) {
        imp->row[k].ref = shop_ref(shop, 10 + k);
        imp->row[k].position = (uint8_t) k;
        imp->row[k].pair = (uint16_t) (9000 * k);
        imp->row[k].feature[XSELL_F_BIAS] = 32;
        imp->row[k].feature[XSELL_F_KNN] = k == 1 ? 48 : 0;
    }

    return xsell_impression_open(&shop->a, imp);
}


static uint64_t
shop_show(shop_t *shop, uint64_t key, xsell_impression_t *imp)
{
    return shop_show_as(shop, key, imp, 0);
}


static void
shop_click(shop_t *shop, uint64_t key, uint64_t id, unsigned position,
    unsigned flags)
{
    xsell_event_t       ev;
    xsell_impression_t  imp;

    assert_int_equal(xsell_impression_click(&shop->a, id, position,
                                            shop->now_ms, &imp),
                     XSELL_OK);

    shop_event(shop, &ev, XSELL_EVENT_CLICK, key, 10 + position);
    ev.impression = id;
    ev.position = (uint8_t) position;
    ev.flags |= (uint8_t) flags;
    assert_int_equal(shop_play(shop, &ev), XSELL_OK);
}


static float
residual(const shop_t *shop, uint32_t number)
{
    return shop->a.items[shop_slot(shop, number)].resid_mean;
}


/* hazard: rows below the click are taught as disliked, though nobody came to
   them; a slate is taught twice */

static void
a_click_ends_what_was_seen(void **state)
{
    float               liked, passed;
    shop_t              shop;
    uint64_t            id, updates;
    xsell_impression_t  imp;

    shop_begin(&shop);
    shop_view(&shop, visitor(1), 1);

    id = shop_show(&shop, visitor(1), &imp);
    shop_click(&shop, visitor(1), id, 1, 0);

    liked = residual(&shop, 11);
    assert_true(liked > 0);
    assert_true(residual(&shop, 10) == 0);      /* not settled yet */

    shop.now_ms += 61000;
    xsell_learn_tick(&shop.a, shop.now_ms);

    passed = residual(&shop, 10);
    assert_true(passed < 0);
    assert_true(residual(&shop, 11) == liked);
    assert_true(residual(&shop, 12) == 0);
    assert_true(residual(&shop, 13) == 0);

    updates = shop.a.learner->work.updates;
    assert_int_equal(updates, 2);

    shop.now_ms += 61000;
    xsell_learn_tick(&shop.a, shop.now_ms);
    assert_int_equal(shop.a.learner->work.updates, updates);

    shop_validate(&shop);
    shop_close(&shop);
}


/* one slate, clicked at this time; what the model is then */

static void
clicked_after(shop_t *shop, uint64_t wait_ms)
{
    uint64_t            id;
    xsell_impression_t  imp;

    shop_begin(shop);
    shop_view(shop, visitor(1), 1);
    id = shop_show(shop, visitor(1), &imp);

    if (wait_ms) {
        shop->now_ms += wait_ms;
        xsell_learn_tick(&shop->a, shop->now_ms);
        shop_click(shop, visitor(1), id, 1, 0);
    }

    shop->now_ms += 61000;
    xsell_learn_tick(&shop->a, shop->now_ms);
    shop_validate(shop);
}


#define near(a, b)                                                            \
    assert_true(fabsf((a) - (b)) < .02f + .03f * fabsf(b))


/* hazard: a click that comes when the slate was settled is learned beside the
   0 that was learned without it, or its look stays disliked, or what was below
   it; or all of that is taken back twice */

static void
a_late_click_is_as_one_in_time(void **state)
{
    float               liked;
    shop_t              in_time, late, never;
    uint32_t            k;
    uint64_t            id;
    xsell_event_t       ev;
    xsell_impression_t  imp;
    xsell_model_t      *m, *n;

    clicked_after(&in_time, 5000);
    clicked_after(&late, 25 * 60000);
    clicked_after(&never, 0);

    for (k = 10; k < 10 + ROWS; k++) {
        near(residual(&late, k), residual(&in_time, k));
    }

    assert_true(residual(&late, 11) > .1f);
    assert_true(residual(&late, 10) < 0);
    assert_true(fabsf(residual(&late, 12)) < -residual(&never, 12));

    m = &late.a.learner->work;
    n = &in_time.a.learner->work;

    for (k = 0; k < XSELL_FEATURES; k++) {
        assert_true(fabsf(m->weight[k] - n->weight[k]) < .2f);
    }

    /* of the look: the logit of the slate moves, which is not yet known as well
       when nothing was clicked; at most twice as far */

    assert_true(never.a.learner->work.look[0] < -1e-5f);
    assert_true(m->look[0] > n->look[0] && m->look[0] < 2 * n->look[0]);

    assert_true(late.a.learner->rewards > never.a.learner->rewards + .9);

    /* the same event again, as after a kill */

    liked = residual(&late, 11);
    id = xsell_load(&late.a.header->impression);
    assert_int_equal(xsell_impression_read(&late.a, id, &imp), XSELL_OK);
    shop_event(&late, &ev, XSELL_EVENT_CLICK, visitor(1), 11);
    ev.impression = id;
    ev.position = 1;
    assert_int_equal(shop_play(&late, &ev), XSELL_OK);
    assert_true(residual(&late, 11) == liked);

    shop_close(&in_time);
    shop_close(&late);
    shop_close(&never);
}


/* a second click on a slate: the one above was learned as not liked, the one
   below was not learned; the look was liked once */

static void
later_clicks_of_a_slate(void **state)
{
    float               look, above;
    shop_t              shop;
    uint64_t            id;
    xsell_impression_t  imp;

    shop_begin(&shop);
    shop_view(&shop, visitor(1), 1);
    id = shop_show(&shop, visitor(1), &imp);
    shop_click(&shop, visitor(1), id, 1, 0);

    shop.now_ms += 61000;
    xsell_learn_tick(&shop.a, shop.now_ms);
    look = shop.a.learner->work.look[0];
    above = residual(&shop, 10);
    assert_true(above < 0);

    shop_click(&shop, visitor(1), id, 0, 0);
    shop_click(&shop, visitor(1), id, 3, 0);

    assert_true(residual(&shop, 10) > .1f);
    assert_true(residual(&shop, 13) > .1f);
    assert_true(residual(&shop, 12) == 0);
    assert_true(shop.a.learner->work.look[0] == look);

    shop_close(&shop);
}


/* what is expected of rows of which a fifth is clicked, some of them late */

static float
expected(unsigned late)
{
    float               score;
    shop_t              shop;
    uint32_t            i;
    uint64_t            id, key;
    xsell_event_t       ev;
    xsell_impression_t  imp;

    shop_begin(&shop);

    for (i = 0; i < 4000; i++) {
        key = visitor(i);
        memset(&imp, 0, sizeof(imp));
        imp.session = key;
        imp.time_ms = shop.now_ms;
        imp.anchor = shop_ref(&shop, 1);
        imp.n = 1;
        imp.row[0].ref = shop_ref(&shop, 10);
        imp.row[0].feature[XSELL_F_BIAS] = 32;
        id = xsell_impression_open(&shop.a, &imp);

        if (i % 5 == 0) {
            shop.now_ms += late && i % 10 == 0 ? 120000 : 1000;
            xsell_learn_tick(&shop.a, shop.now_ms);
            assert_int_equal(xsell_impression_click(&shop.a, id, 0,
                                                    shop.now_ms, &imp),
                             XSELL_OK);
            shop_event(&shop, &ev, XSELL_EVENT_CLICK, key, 10);
            ev.impression = id;
            (void) xsell_learn(&shop.a, &shop.settings, shop.cat, &ev);
        }

        shop.now_ms += 61000;
        xsell_learn_tick(&shop.a, shop.now_ms);
    }

    score = shop.a.learner->work.weight[XSELL_F_BIAS] + residual(&shop, 10)
            + xsell_affinity_at(&shop.a, 0)->mean;
    shop_close(&shop);

    return xsell_sigmoid(score);
}


static void
late_clicks_leave_what_is_expected(void **state)
{
    float  in_time, late;

    in_time = expected(0);
    late = expected(1);

    assert_true(in_time > .1f && in_time < .3f);
    assert_true(late > in_time - .01f && late < in_time + .01f);
}


/* hazard: what a visitor viewed himself is taught as if it had been an offer:
   its clicks, what he passed over, that he stayed; carts and orders behind it */

static void
what_is_recalled_teaches_nothing(void **state)
{
    shop_t              shop;
    uint64_t            id;
    xsell_impression_t  imp;

    static const uint32_t  lines[] = { 12, 13 };

    shop_begin(&shop);
    shop_view(&shop, visitor(1), 1);

    id = shop_show_as(&shop, visitor(1), &imp, XSELL_IMP_RECALLED);
    shop_click(&shop, visitor(1), id, 2, 0);
    shop_cart(&shop, visitor(1), 12);
    assert_int_equal(shop_order(&shop, visitor(1), 77, lines, 2), XSELL_OK);

    shop.now_ms += 400000;
    xsell_learn_tick(&shop.a, shop.now_ms);

    assert_int_equal(shop.a.learner->work.updates, 0);
    assert_true(residual(&shop, 12) == 0);
    assert_true(shop.a.learner->ends == 50);

    /* the click and what came of it are counted all the same */

    assert_int_equal(shop.a.items[shop_slot(&shop, 12)].clicks, 1);
    assert_true(shop.a.counters->credited_value == 0);      /* no price */

    shop_close(&shop);
}


/* hazard: a script that clicks teaches */

static void
fast_clicks_teach_nothing(void **state)
{
    shop_t              shop;
    uint64_t            id;
    xsell_impression_t  imp;

    shop_begin(&shop);
    shop_view(&shop, visitor(1), 1);

    id = shop_show(&shop, visitor(1), &imp);
    shop_click(&shop, visitor(1), id, 2, XSELL_EV_FAST);

    shop.now_ms += 61000;
    xsell_learn_tick(&shop.a, shop.now_ms);

    assert_int_equal(shop.a.learner->work.updates, 0);
    assert_true(residual(&shop, 12) == 0);

    shop_close(&shop);
}


/* hazard: an order is rewarded again each time it is told */

static void
an_order_counts_once(void **state)
{
    float               once;
    shop_t              shop;
    uint64_t            id;
    uint32_t            line;
    xsell_impression_t  imp;

    shop_begin(&shop);
    shop_view(&shop, visitor(1), 1);

    id = shop_show(&shop, visitor(1), &imp);
    shop_click(&shop, visitor(1), id, 0, 0);
    once = residual(&shop, 10);

    line = 10;
    assert_int_equal(shop_order(&shop, visitor(1), 77, &line, 1), XSELL_OK);
    assert_true(residual(&shop, 10) > once);
    once = residual(&shop, 10);

    assert_int_equal(shop_order(&shop, visitor(1), 77, &line, 1),
                     XSELL_EREPEATED);
    assert_int_equal(shop_order(&shop, visitor(1), 78, &line, 1), XSELL_OK);
    assert_true(residual(&shop, 10) == once);

    shop_close(&shop);
}


/* hazard: a page without the place teaches that nobody likes what was never
   there */

static void
what_nobody_saw_teaches_nothing(void **state)
{
    shop_t               shop;
    uint64_t             id;
    xsell_learner_t      before, *l;
    xsell_impression_t   imp;

    shop_begin(&shop);
    shop_view(&shop, visitor(1), 1);
    l = shop.a.learner;
    before = *l;

    id = shop_show(&shop, visitor(1), &imp);
    xsell_impression_unseen(&shop.a, id);
    xsell_impression_unseen(&shop.a, 0);
    xsell_impression_unseen(&shop.a, id + 1);       /* none of these */

    shop.now_ms += 301000;
    xsell_learn_tick(&shop.a, shop.now_ms);
    assert_memory_equal(&l->work, &before.work, sizeof(l->work));
    assert_true(l->clicks_at > before.clicks_at);
    assert_true(l->leaves_at > before.leaves_at);

    /* the next one in its place is seen again */

    id = shop_show(&shop, visitor(1), &imp);
    assert_int_equal(xsell_impression_read(&shop.a, id, &imp), XSELL_OK);
    assert_int_equal(imp.flags & XSELL_IMP_UNSEEN, 0);
    shop.now_ms += 61000;
    xsell_learn_tick(&shop.a, shop.now_ms);
    assert_int_equal(l->work.updates, ROWS);

    shop_validate(&shop);
    shop_close(&shop);
}


/* hazard: whoever clicks more than a person does teaches all the same: that
   what stood above was passed over, that this look is clicked, that a visit
   has more clicks ahead; or, the other way, that a slate that he clicked was
   not */

static void
a_capped_click_teaches_nothing(void **state)
{
    shop_t               shop;
    uint32_t             i;
    uint64_t             id;
    xsell_learner_t      before, *l;
    xsell_impression_t   imp;

    shop_begin(&shop);
    shop_view(&shop, visitor(1), 1);
    l = shop.a.learner;

    for (i = 0; i < XSELL_CAPS_VISITOR; i++) {
        assert_true(xsell_caps_reward(&shop.a, visitor(1), 0,
                                      shop_ref(&shop, 12),
                                      (uint32_t) (shop.now_ms / 1000)));
    }

    before = *l;

    id = shop_show(&shop, visitor(1), &imp);
    shop_click(&shop, visitor(1), id, 2, 0);
    shop_cart(&shop, visitor(1), 12);

    assert_int_equal(shop.a.counters->dropped[XSELL_DROP_REWARD_CAPPED], 2);
    shop.now_ms += 61000;
    xsell_learn_tick(&shop.a, shop.now_ms);

    /* what moved on is the cursors */

    assert_memory_equal(&l->work, &before.work,
                        offsetof(xsell_model_t, updates));
    assert_int_equal(l->work.updates, before.work.updates);
    assert_memory_equal(l->place, before.place, sizeof(l->place));
    assert_memory_equal(l->drift, before.drift, sizeof(l->drift));
    assert_true(l->rewards == before.rewards);
    assert_true(l->clicks_at > before.clicks_at);

    /* somebody else's are as good as ever */

    shop_view(&shop, visitor(2), 1);
    id = shop_show(&shop, visitor(2), &imp);
    shop_click(&shop, visitor(2), id, 2, 0);
    shop.now_ms += 61000;
    xsell_learn_tick(&shop.a, shop.now_ms);
    assert_int_equal(l->work.updates, 3);

    shop_validate(&shop);
    shop_close(&shop);
}


/* hazard: when the world has changed, what all groups share is so sure that it
   takes weeks to learn anew; or one slate makes all of it forgotten */

static void
an_alarm_shakes_what_all_share(void **state)
{
    float                x[XSELL_FEATURES], look[XSELL_LOOKS];
    float                spread[2][2];
    shop_t               shop;
    uint32_t             i, k;
    xsell_bandit_t       b;
    xsell_learner_t     *l;
    xsell_impression_t   imp;

    memset(x, 0, sizeof(x));
    x[XSELL_F_BIAS] = 1;

    for (k = 0; k < 2; k++) {
        shop_begin(&shop);
        l = shop.a.learner;

        for (i = 0; i < 100; i++) {
            shop_view(&shop, visitor(i), 1);
            (void) shop_show(&shop, visitor(i), &imp);
            shop.now_ms += 61000;

            l->drift[0].sum = k && i == 99 ? 8 : 0;
            xsell_learn_tick(&shop.a, shop.now_ms);
        }

        assert_int_equal(l->drift[0].open > 0, k);
        assert_true(xsell_weights_possible(&l->work));

        xsell_bandit_weights(&b, &l->work);
        spread[k][0] = xsell_bandit_spread(&b, x);

        xsell_look_features(imp.term, 5, look);
        xsell_bandit_looks(&b, &l->work);
        spread[k][1] = xsell_bandit_spread(&b, look);

        shop_close(&shop);
    }

    for (i = 0; i < 2; i++) {
        assert_true(spread[1][i] > spread[0][i]);
        assert_true(spread[1][i] < 1.5f * spread[0][i]);
    }

    assert_true(spread[1][0] > 1.1f * spread[0][0]);
}


/* hazard: what was learned never reaches those who decide, or two learners
   make different bytes of the same events */

static void
what_is_learned_is_published(void **state)
{
    shop_t               shop[2];
    uint64_t             id;
    uint32_t             i, k;
    xsell_impression_t   imp;
    const xsell_model_t *m;

    for (k = 0; k < 2; k++) {
        shop_begin(&shop[k]);

        for (i = 0; i < 200; i++) {
            shop_view(&shop[k], visitor(i), 1);
            id = shop_show(&shop[k], visitor(i), &imp);

            if (i % 4 == 0) {
                shop_click(&shop[k], visitor(i), id, 1, 0);
            }

            shop[k].now_ms += 5000;
            xsell_learn_tick(&shop[k].a, shop[k].now_ms);
        }

        m = &shop[k].a.models[shop[k].a.header->generation & 1];
        assert_true(xsell_weights_good(m));
        assert_true(xsell_weights_possible(m));
        assert_true(m->updates > 300);
        assert_true(m->weight[XSELL_F_KNN]
                    > xsell_weights_default[XSELL_F_KNN]);
        shop_validate(&shop[k]);
    }

    assert_memory_equal(shop[0].a.learner, shop[1].a.learner,
                        sizeof(xsell_learner_t));
    assert_memory_equal(shop[0].a.models, shop[1].a.models,
                        2 * sizeof(xsell_model_t));

    shop_close(&shop[0]);
    shop_close(&shop[1]);
}


/* hazard: a learner that was killed at its work leaves numbers that its
   successor goes on with */

static void
a_successor_begins_with_what_was_published(void **state)
{
    shop_t  shop;

    shop_begin(&shop);

    shop.a.learner->work.weight[3] = NAN;
    shop.a.header->intent.index = 2;
    shop.a.header->intent.region = XSELL_REGION_MODEL;
    xsell_recover(&shop.a);

    xsell_learn_tick(&shop.a, shop.now_ms);
    assert_true(shop.a.learner->work.weight[3] == shop.a.models[1].weight[3]);
    assert_true(xsell_weights_possible(&shop.a.learner->work));

    /* and what can't be published is not */

    shop.a.learner->work.factor[5][5] = -1;
    shop.a.learner->fresh = 1;
    shop.now_ms += 2000;
    xsell_learn_tick(&shop.a, shop.now_ms);
    assert_true(xsell_weights_possible(
                    &shop.a.models[shop.a.header->generation & 1]));
    assert_true(xsell_weights_possible(&shop.a.learner->work));

    shop_close(&shop);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(a_click_ends_what_was_seen),
        cmocka_unit_test(a_late_click_is_as_one_in_time),
        cmocka_unit_test(later_clicks_of_a_slate),
        cmocka_unit_test(late_clicks_leave_what_is_expected),
        cmocka_unit_test(what_is_recalled_teaches_nothing),
        cmocka_unit_test(fast_clicks_teach_nothing),
        cmocka_unit_test(an_order_counts_once),
        cmocka_unit_test(a_capped_click_teaches_nothing),
        cmocka_unit_test(what_nobody_saw_teaches_nothing),
        cmocka_unit_test(an_alarm_shakes_what_all_share),
        cmocka_unit_test(what_is_learned_is_published),
        cmocka_unit_test(a_successor_begins_with_what_was_published)
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}

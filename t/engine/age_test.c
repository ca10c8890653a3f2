
/*
 * age_test.c: what becomes of a model of which nothing is heard.  Hazards: a
 * snapshot of last winter that decides with all its certainty; a shop that was
 * off for a weekend and begins anew; a learner that is dead for months, whose
 * last word goes on being law; a fade that comes each second, or never ends.
 */

#include "model_test.h"


#define DAY    (24 * 3600u)
#define LIKED  10


static float
spread_of(const xsell_model_t *m)
{
    float           x[XSELL_FEATURES] = { 0 };
    xsell_model_t   own;
    xsell_bandit_t  b;

    own = *m;
    x[XSELL_F_KNN] = 1;
    xsell_bandit_weights(&b, &own);

    return xsell_bandit_spread(&b, x);
}


static const xsell_model_t *
published(const shop_t *shop)
{
    return &shop->a.models[shop->a.header->generation & 1];
}


static const xsell_item_record_t *
liked(const shop_t *shop)
{
    return &shop->a.items[shop_slot(shop, LIKED)];
}


/* a day of slates, in which half the visitors click what has a neighbour */

static void
shop_begin(shop_t *shop)
{
    uint32_t            i;
    uint64_t            id;
    xsell_event_t       ev;
    xsell_impression_t  imp;

    shop_open(shop, 8 * MB, 40);
    assert_int_equal(xsell_lease_try(&shop->a, 1), XSELL_OK);
    xsell_lease_release(&shop->a);
    shop->now_ms = 100000;
    xsell_learn_tick(&shop->a, shop->now_ms);

    for (i = 0; i < 600; i++) {
        memset(&imp, 0, sizeof(imp));
        imp.session = visitor(i);
        imp.time_ms = shop->now_ms;
        imp.anchor = shop_ref(shop, 1);
        imp.n = 1;
        imp.row[0].ref = shop_ref(shop, i % 2 ? LIKED : 11);
        imp.row[0].feature[XSELL_F_BIAS] = 32;
        imp.row[0].feature[XSELL_F_KNN] = i % 2 ? 64 : 0;
        imp.row[0].feature[XSELL_F_BOUGHT] = i % 4 < 2 ? 64 : 0;
        id = xsell_impression_open(&shop->a, &imp);

        if (i % 2) {
            (void) xsell_impression_click(&shop->a, id, 0, shop->now_ms, &imp);
            shop_event(shop, &ev, XSELL_EVENT_CLICK, visitor(i), LIKED);
            ev.impression = id;
            (void) xsell_learn(&shop->a, &shop->settings, shop->cat, &ev);
        }

        shop->now_ms += 61000;
        xsell_learn_tick(&shop->a, shop->now_ms);
    }

    /* until the last page is known to have been the last */

    shop->now_ms += 400000;
    xsell_learn_tick(&shop->a, shop->now_ms);
    shop->now_ms += 2000;
    xsell_learn_tick(&shop->a, shop->now_ms);
    assert_true(published(shop)->updates >= 590);
    assert_true(liked(shop)->resid_prec > XSELL_ITEM_PRECISION + .5f);
}


static void
pass(shop_t *shop, uint32_t seconds)
{
    shop->now_ms += seconds * 1000ull;
    xsell_learn_tick(&shop->a, shop->now_ms);
}


/* ---- fading ------------------------------------------------------------ */

static void
a_night_changes_nothing(void **state)
{
    shop_t         shop;
    uint32_t       i;
    xsell_model_t  before;

    shop_begin(&shop);
    before = *published(&shop);

    for (i = 0; i < 23; i++) {
        pass(&shop, 3600);
    }

    assert_memory_equal(published(&shop), &before, sizeof(before));
    shop_close(&shop);
}


/* half of what was learned is left after a month, and it is the same whether
   somebody was there to see the days or not */

static void
a_month_halves_what_is_known(void **state)
{
    float           prec, mean, knn, want;
    shop_t          off, idle;
    uint32_t        i, generation;
    xsell_model_t   before;

    shop_begin(&off);
    shop_begin(&idle);

    before = *published(&off);
    knn = before.weight[XSELL_F_KNN];
    prec = liked(&off)->resid_prec;
    mean = liked(&off)->resid_mean;
    generation = off.a.header->generation;

    pass(&off, 30 * DAY);

    for (i = 0; i < 30; i++) {
        pass(&idle, DAY);
    }

    assert_int_equal(off.a.header->generation, generation + 1);
    want = .5f * prec + .5f * XSELL_ITEM_PRECISION;
    assert_true(fabsf(liked(&off)->resid_prec - want) < .01f * want);
    assert_true(fabsf(liked(&off)->resid_mean - mean * .5f * prec / want)
                < .01f);

    /* surer than at first, less sure than before, of nearly the same */

    assert_true(spread_of(published(&off)) > 1.1f * spread_of(&before));
    assert_true(spread_of(published(&off))
                < xsell_weights_variance[XSELL_F_KNN]);
    assert_true(published(&off)->weight[XSELL_F_KNN]
                > xsell_weights_default[XSELL_F_KNN]);
    assert_true(published(&off)->weight[XSELL_F_KNN] < knn);

    assert_true(fabsf(published(&off)->weight[XSELL_F_KNN]
                      - published(&idle)->weight[XSELL_F_KNN]) < .01f);
    assert_true(fabsf(spread_of(published(&off))
                      - spread_of(published(&idle))) < .01f);
    assert_true(fabsf(liked(&off)->resid_prec - liked(&idle)->resid_prec)
                < .05f);

    /* once */

    before = *published(&off);
    pass(&off, 60);
    assert_memory_equal(published(&off), &before, sizeof(before));

    shop_validate(&off);
    shop_close(&off);
    shop_close(&idle);
}


static void
a_weekend_is_no_cliff(void **state)
{
    shop_t         shop;
    xsell_model_t  before;

    shop_begin(&shop);
    before = *published(&shop);
    pass(&shop, 3 * DAY);

    assert_true(spread_of(published(&shop)) > spread_of(&before));
    assert_true(spread_of(published(&shop)) < 1.1f * spread_of(&before));
    assert_true(fabsf(published(&shop)->weight[XSELL_F_KNN]
                      - before.weight[XSELL_F_KNN]) < .05f);

    shop_close(&shop);
}


/* ---- too old ----------------------------------------------------------- */

/* no learner: workers turn to the hybrid by themselves; and back, when there is
   news */

static void
nobody_decides_by_what_is_stale(void **state)
{
    shop_t         shop;
    uint32_t       i;
    xsell_slate_t  slate;

    shop_begin(&shop);

    for (i = 0; i < 5; i++) {
        shop_view(&shop, visitor(900 + i), 1);
        shop_view(&shop, visitor(900 + i), LIKED);
    }

    (void) shop_ask(&shop, 0, 1, 2, &slate);
    assert_true(shop.ranker->learned);
    assert_true(shop.ranker->copy.weight[XSELL_F_KNN]
                != xsell_weights_default[XSELL_F_KNN]);

    shop.now_ms += 89 * DAY * 1000ull;
    (void) shop_ask(&shop, 0, 1, 2, &slate);
    assert_true(shop.ranker->learned);

    shop.now_ms += 2 * DAY * 1000ull;
    (void) shop_ask(&shop, 0, 1, 2, &slate);
    assert_false(shop.ranker->learned);
    assert_memory_equal(shop.ranker->theta, xsell_weights_default,
                        sizeof(xsell_weights_default));

    /* a learner: anew, and of items nothing */

    xsell_learn_tick(&shop.a, shop.now_ms);
    assert_int_equal(published(&shop)->updates, 0);
    assert_memory_equal(published(&shop)->weight, xsell_weights_default,
                        sizeof(xsell_weights_default));
    assert_true(liked(&shop)->resid_mean == 0);

    shop_validate(&shop);
    shop_close(&shop);
}


/* ---- snapshots --------------------------------------------------------- */

/* engine time stood still */

static void
a_snapshot_is_as_old_as_it_is(void **state)
{
    shop_t         off, restored;
    xsell_slate_t  slate;

    shop_begin(&off);
    shop_begin(&restored);

    pass(&off, 30 * DAY);

    restored.a.learner->work.factor[0][0] = 0;      /* as of a new arena */
    xsell_model_older(&restored.a, restored.now_ms, 30 * DAY);
    assert_true(xsell_weights_good(published(&restored)));
    pass(&restored, 1);

    assert_true(fabsf(published(&off)->weight[XSELL_F_KNN]
                      - published(&restored)->weight[XSELL_F_KNN]) < .001f);
    assert_true(fabsf(liked(&off)->resid_prec - liked(&restored)->resid_prec)
                < .01f);

    /* of a year: the hybrid, before any learner looks at it */

    xsell_model_older(&restored.a, restored.now_ms, 365 * DAY);
    xsell_ranker_destroy(restored.ranker);
    assert_int_equal(xsell_ranker_create(&restored.ranker), XSELL_OK);
    (void) shop_ask(&restored, 0, 1, 2, &slate);
    assert_false(restored.ranker->learned);

    shop_close(&off);
    shop_close(&restored);
}


/* written by a build that did not say */

static void
what_does_not_say_is_fresh(void **state)
{
    shop_t         shop;
    float          knn;
    xsell_model_t  old;

    shop_begin(&shop);
    old = *published(&shop);
    old.aged_s = 0;
    knn = old.weight[XSELL_F_KNN];
    xsell_weights_put(&shop.a, &old);
    shop.a.learner->work.factor[0][0] = 0;

    pass(&shop, 200 * DAY);
    assert_true(published(&shop)->weight[XSELL_F_KNN] == knn);
    assert_true(published(&shop)->aged_s > 199.0f * DAY);

    shop_close(&shop);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(a_night_changes_nothing),
        cmocka_unit_test(a_month_halves_what_is_known),
        cmocka_unit_test(a_weekend_is_no_cliff),
        cmocka_unit_test(nobody_decides_by_what_is_stale),
        cmocka_unit_test(a_snapshot_is_as_old_as_it_is),
        cmocka_unit_test(what_does_not_say_is_fresh)
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("age", tests, NULL, NULL);
}

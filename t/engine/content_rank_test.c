
/*
 * content_rank_test.c: offers made of what is alike.
 *
 * The hazards: a new item, or a first visitor, has no offers or bestsellers
 * of another kind; likeness stays where visits know better; a model from
 * before the feature weighs it 0 for ever.
 */

#include "model_test.h"


/* 0..9: moons, 10..19: suns, all in one category; 20: a bestseller of
   another one */

static void
prints_open(shop_t *shop)
{
    char      *json, *p;
    uint32_t   i;

    json = malloc(32 * 160);
    assert_non_null(json);

    for (p = json, i = 0; i < 20; i++) {
        p += sprintf(p, "{\"id\":\"%u\",\"title\":\"%s, plate %u\","
                     "\"url\":\"/\",\"category\":\"prints\"}\n", i,
                     i < 10 ? "Full moon over the sea"
                            : "Red sun behind a wood", i);
    }

    sprintf(p, "{\"id\":\"20\",\"title\":\"Frame\",\"url\":\"/\"}\n");

    shop_open_json(shop, 4 * MB, json);
    free(json);

    assert_int_equal(xsell_content_build(shop->cat), XSELL_OK);
}


static void
a_new_item_has_offers_of_its_kind(void **state)
{
    int            anonymous;
    shop_t         shop;
    uint32_t       i;
    xsell_slate_t  slate;

    prints_open(&shop);

    /* everybody loves the frame and a sun */

    for (i = 0; i < 40; i++) {
        shop_view(&shop, visitor(i), 20);
        shop_view(&shop, visitor(100 + i), 15);
    }

    shop_tick(&shop);

    for (anonymous = 0; anonymous < 2; anonymous++) {
        assert_int_equal(shop_ask(&shop, anonymous ? 0 : visitor(999), 3, 6,
                                  &slate),
                         XSELL_OK);
        assert_int_equal(slate.n, 6);

        for (i = 0; i < slate.n; i++) {
            assert_int_equal(slate.pick[i].reason, XSELL_REASON_SIMILAR);
            assert_true(shop_item(&shop, 0) <= slate.pick[i].item
                        && slate.pick[i].item < shop_item(&shop, 10));
            assert_true(slate.pick[i].item != shop_item(&shop, 3));
            assert_true(slate.pick[i].feature[XSELL_F_SIMILAR] > 0);
        }
    }

    shop_close(&shop);
}


static void
likeness_gives_way_to_evidence(void **state)
{
    shop_t               shop;
    uint32_t             i, k;
    xsell_slate_t        slate;
    const xsell_pick_t  *pick;
    int8_t               before;

    prints_open(&shop);

    assert_int_equal(shop_ask(&shop, visitor(999), 3, 4, &slate), XSELL_OK);
    assert_int_equal(slate.pick[0].reason, XSELL_REASON_SIMILAR);
    before = slate.pick[0].feature[XSELL_F_SIMILAR];

    /* three visits went from this moon to that sun */

    for (i = 0; i < 3; i++) {
        shop_view(&shop, visitor(i), 3);
        shop_view(&shop, visitor(i), 12);
    }

    assert_int_equal(shop_ask(&shop, visitor(999), 3, 4, &slate), XSELL_OK);
    assert_int_equal(slate.pick[0].item, shop_item(&shop, 12));
    assert_int_equal(slate.pick[0].reason, XSELL_REASON_VIEWED);
    assert_int_equal(slate.pick[1].reason, XSELL_REASON_SIMILAR);
    assert_true(slate.pick[1].feature[XSELL_F_SIMILAR] < before);

    /* without consent: pairs of views say it */

    assert_int_equal(shop_ask(&shop, 0, 3, 4, &slate), XSELL_OK);
    assert_non_null(slate_find(&shop, &slate, 12));

    /* many went to many suns: no place is left for moons */

    for (i = 0; i < 24; i++) {
        for (k = 11; k < 19; k++) {
            shop_view(&shop, visitor(1000 + i), 3);
            shop_view(&shop, visitor(1000 + i), k);
        }
    }

    assert_int_equal(shop_ask(&shop, visitor(999), 3, 4, &slate), XSELL_OK);

    for (i = 0; i < 4; i++) {
        assert_int_equal(slate.pick[i].reason, XSELL_REASON_VIEWED);
    }

    /* what visits name and is alike too is still one row */

    shop_view(&shop, visitor(5000), 3);
    shop_view(&shop, visitor(5000), 4);
    shop_view(&shop, visitor(5001), 3);
    shop_view(&shop, visitor(5001), 4);
    shop_view(&shop, visitor(5002), 3);
    shop_view(&shop, visitor(5002), 4);
    assert_int_equal(shop_ask(&shop, visitor(999), 3, 12, &slate), XSELL_OK);
    pick = slate_find(&shop, &slate, 4);
    assert_non_null(pick);
    assert_true(pick->feature[XSELL_F_KNN] > 0
                && pick->feature[XSELL_F_SIMILAR] > 0);

    shop_close(&shop);
}


static void
last_views_are_asked_too(void **state)
{
    shop_t         shop;
    uint32_t       i, suns, moons;
    xsell_slate_t  slate;

    prints_open(&shop);

    /* a visit of a sun, then the frame, which is like nothing */

    shop_view(&shop, visitor(1), 13);
    shop_view(&shop, visitor(1), 20);
    shop_tick(&shop);

    assert_int_equal(shop_ask(&shop, visitor(1), 20, 6, &slate), XSELL_OK);

    for (suns = moons = 0, i = 0; i < slate.n; i++) {
        if (slate.pick[i].reason == XSELL_REASON_SIMILAR) {
            suns += slate.pick[i].item >= shop_item(&shop, 10);
            moons += slate.pick[i].item < shop_item(&shop, 10);
        }
    }

    assert_true(suns >= 3);
    assert_int_equal(moons, 0);

    /* home: like what was viewed last; not what lies in the cart */

    shop_view(&shop, visitor(2), 7);
    shop_cart(&shop, visitor(2), 8);
    assert_int_equal(shop_ask(&shop, visitor(2), XSELL_NO_ITEM, 6, &slate),
                     XSELL_OK);
    assert_null(slate_find(&shop, &slate, 8));
    assert_int_equal(slate.pick[0].reason, XSELL_REASON_SIMILAR);
    assert_true(slate.pick[0].item < shop_item(&shop, 10));

    shop_close(&shop);
}


/* ---- models of older builds ---------------------------------------------- */

static void
publish(shop_t *shop, const xsell_model_t *model)
{
    uint32_t        generation;
    xsell_model_t  *m;

    generation = shop->a.header->generation + 1;
    m = &shop->a.models[generation & 1];
    memcpy(m, model, sizeof(*m));
    m->sum = xsell_weights_sum(m);
    shop->a.header->generation = generation;
}


static void
an_older_model_does_not_weigh_it_0(void **state)
{
    float                 fixed;
    shop_t                shop;
    uint32_t              generation;
    xsell_model_t         m;
    xsell_slate_t         slate;
    const xsell_model_t  *now;

    fixed = xsell_weights_default[XSELL_F_SIMILAR];
    assert_true(fixed > 0);
    prints_open(&shop);

    /* nothing was learned: what an older build had built in */

    memset(&m, 0, sizeof(m));
    m.weight[XSELL_F_BOUGHT] = 9;
    publish(&shop, &m);

    assert_int_equal(shop_ask(&shop, 0, 3, 4, &slate), XSELL_OK);
    assert_int_equal(slate.generation, 1);
    assert_int_equal(slate.pick[0].reason, XSELL_REASON_SIMILAR);
    assert_memory_equal(shop.ranker->weight, xsell_weights_default,
                        sizeof(xsell_weights_default));

    /* the learner writes it down, once */

    assert_int_equal(xsell_lease_try(&shop.a, 1), XSELL_OK);
    xsell_lease_release(&shop.a);
    generation = shop.a.header->generation;
    now = &shop.a.models[generation & 1];
    assert_int_equal(generation, 2);
    assert_memory_equal(now->weight, xsell_weights_default,
                        sizeof(xsell_weights_default));
    assert_true(xsell_weights_good(now));

    assert_int_equal(xsell_lease_try(&shop.a, 1), XSELL_OK);
    xsell_lease_release(&shop.a);
    assert_int_equal(shop.a.header->generation, generation);

    /* it learned before the feature was there: the rest is kept */

    m.updates = 7;
    m.weight[XSELL_F_KNN] = -0.5f;
    m.factor[XSELL_F_KNN][XSELL_F_KNN] = 2;
    m.factor[XSELL_F_NEW][XSELL_F_NEW] = 2;
    publish(&shop, &m);

    assert_int_equal(xsell_lease_try(&shop.a, 1), XSELL_OK);
    xsell_lease_release(&shop.a);
    now = &shop.a.models[shop.a.header->generation & 1];
    assert_true(now->weight[XSELL_F_SIMILAR] == fixed);
    assert_true(now->weight[XSELL_F_BOUGHT] == 9);
    assert_true(now->weight[XSELL_F_KNN] == -0.5f);
    assert_true(now->weight[XSELL_F_NEW] == 0);
    assert_int_equal(now->updates, 7);
    assert_int_equal(shop_ask(&shop, 0, 3, 4, &slate), XSELL_OK);
    assert_true(shop.ranker->weight[XSELL_F_SIMILAR] == fixed);

    /* it learned that likeness is worth nothing: so be it */

    m.factor[XSELL_F_KNN][XSELL_F_SIMILAR] = 0.25f;
    publish(&shop, &m);
    generation = shop.a.header->generation;

    assert_int_equal(xsell_lease_try(&shop.a, 1), XSELL_OK);
    xsell_lease_release(&shop.a);
    assert_int_equal(shop_ask(&shop, 0, 3, 4, &slate), XSELL_OK);
    assert_true(shop.ranker->weight[XSELL_F_SIMILAR] == 0);

    shop_close(&shop);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(a_new_item_has_offers_of_its_kind),
        cmocka_unit_test(likeness_gives_way_to_evidence),
        cmocka_unit_test(last_views_are_asked_too),
        cmocka_unit_test(an_older_model_does_not_weigh_it_0)
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("content rank", tests, NULL, NULL);
}

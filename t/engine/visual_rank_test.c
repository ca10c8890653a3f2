
/*
 * visual_rank_test.c: offers made of what products look like.
 *
 * The hazards: a shop without visits shows bestsellers of another kind though
 * its pictures say more; a second sofa is offered because its colour goes
 * with the first; a picture counts for more than what visitors do; a
 * catalogue without pictures reads planes that are not there.
 */

#include "model_test.h"


/* 0..9: sofas, 10..19: lamps.  Sofas below 5 look like each other, as do the
   rest; items of equal number in their kind have the same colours. */

static void
rooms_open(shop_t *shop, int pictures)
{
    char      *json, *p;
    float      looks[16], hues[12];
    uint32_t   i;

    json = malloc(32 * 160);
    assert_non_null(json);

    for (p = json, i = 0; i < 20; i++) {
        p += sprintf(p, "{\"id\":\"%u\",\"title\":\"%c%u\",\"url\":\"/\","
                     "\"category\":\"%s\"}\n", i, 'a' + (int) i, i,
                     i < 10 ? "sofas" : "lamps");
    }

    shop_open_json(shop, 4 * MB, json);
    free(json);

    if (!pictures) {
        return;
    }

    assert_int_equal(xsell_plane_begin(shop->cat, XSELL_PLANE_VISUAL, 16),
                     XSELL_OK);
    assert_int_equal(xsell_plane_begin(shop->cat, XSELL_PLANE_HARMONY, 12),
                     XSELL_OK);

    for (i = 0; i < 20; i++) {
        memset(looks, 0, sizeof(looks));
        looks[i / 5] = 1;
        looks[8] = 0.001f * (float) i;
        (void) xsell_plane_row(shop->cat, XSELL_PLANE_VISUAL,
                               shop_item(shop, i), looks);

        memset(hues, 0, sizeof(hues));
        hues[i % 10] = 1;
        (void) xsell_plane_row(shop->cat, XSELL_PLANE_HARMONY,
                               shop_item(shop, i), hues);
    }

    assert_int_equal(xsell_plane_finish(shop->cat, XSELL_PLANE_VISUAL),
                     XSELL_OK);
    assert_int_equal(xsell_plane_finish(shop->cat, XSELL_PLANE_HARMONY),
                     XSELL_OK);
}


static void
pictures_make_offers(void **state)
{
    int                  personal;
    shop_t               shop;
    uint32_t             i;
    xsell_slate_t        slate;
    const xsell_pick_t  *pick;

    rooms_open(&shop, 1);

    for (personal = 0; personal < 2; personal++) {
        assert_int_equal(shop_ask(&shop, personal ? visitor(1) : 0, 2, 8,
                                  &slate),
                         XSELL_OK);

        for (i = 0; i < 5; i++) {
            pick = slate_find(&shop, &slate, i);

            if (i == 2) {
                assert_null(pick);
                continue;
            }

            assert_non_null(pick);
            assert_int_equal(pick->reason, XSELL_REASON_LOOKS);
            assert_int_equal(pick->feature[XSELL_F_VISUAL], 64);
        }

        /* the lamp of its colours */

        pick = slate_find(&shop, &slate, 12);
        assert_non_null(pick);
        assert_int_equal(pick->reason, XSELL_REASON_GOES);
    }

    shop_close(&shop);
}


/* two kinds of one colour go together, two of a kind don't need to */

static void
harmony_is_of_other_kinds(void **state)
{
    float                hues[12];
    shop_t               shop;
    xsell_slate_t        slate;
    const xsell_pick_t  *pick;

    rooms_open(&shop, 1);

    /* sofa 7 gets the colours of sofa 2, whom it does not look like */

    memset(hues, 0, sizeof(hues));
    hues[2] = 1;
    (void) xsell_plane_row(shop.cat, XSELL_PLANE_HARMONY, shop_item(&shop, 7),
                           hues);
    assert_int_equal(xsell_plane_finish(shop.cat, XSELL_PLANE_HARMONY),
                     XSELL_OK);

    assert_int_equal(shop_ask(&shop, visitor(1), 2, 12, &slate), XSELL_OK);
    pick = slate_find(&shop, &slate, 7);

    if (pick) {
        assert_true(pick->reason != XSELL_REASON_GOES);
        assert_int_equal(pick->feature[XSELL_F_VISUAL], 0);
    }

    assert_non_null(slate_find(&shop, &slate, 12));

    shop_close(&shop);
}


static void
visits_say_more(void **state)
{
    shop_t         shop;
    uint32_t       i;
    xsell_slate_t  slate;

    rooms_open(&shop, 1);

    for (i = 0; i < 5; i++) {
        shop_view(&shop, visitor(i), 2);
        shop_view(&shop, visitor(i), 18);
    }

    assert_int_equal(shop_ask(&shop, visitor(999), 2, 4, &slate), XSELL_OK);
    assert_int_equal(slate.pick[0].item, shop_item(&shop, 18));
    assert_int_equal(slate.pick[0].reason, XSELL_REASON_VIEWED);
    assert_int_equal(slate.pick[1].reason, XSELL_REASON_LOOKS);

    shop_close(&shop);
}


static void
without_pictures_nothing_looks_alike(void **state)
{
    shop_t         shop;
    uint32_t       i;
    xsell_slate_t  slate;

    rooms_open(&shop, 0);

    assert_int_equal(shop_ask(&shop, visitor(1), 2, 8, &slate), XSELL_OK);

    for (i = 0; i < slate.n; i++) {
        assert_int_equal(slate.pick[i].reason, XSELL_REASON_CATEGORY);
        assert_int_equal(slate.pick[i].feature[XSELL_F_VISUAL], 0);
    }

    shop_close(&shop);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(pictures_make_offers),
        cmocka_unit_test(harmony_is_of_other_kinds),
        cmocka_unit_test(visits_say_more),
        cmocka_unit_test(without_pictures_nothing_looks_alike)
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("visual rank", tests, NULL, NULL);
}

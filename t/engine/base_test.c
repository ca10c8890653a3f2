
/*
 * base_test.c.  Hazards: what visitors share offers one what lies in his
 * cart, what he dismissed, or what he looks at; the news of a moment ago is
 * not offered; his visit does not matter any more, or what few visits say
 * together; without consent the visits of others are asked; a base of one
 * catalogue is served in another; slates differ from those of the long way
 * where nothing is a visitor's own; what an item of the visit brings is scored
 * as kin of that item, not of the page's.
 */

#include "model_test.h"
#include "model/xsell_base.h"


#define MEMORY_MS  1000


/* 40 items; 5, 10 and 11 go together, so do 22 and 21.  20 would have the
   place of 5 among the bases. */

static void
open_shop(shop_t *shop)
{
    uint32_t  i;

    shop_open(shop, 2 * MB, 40);
    shop->settings.min_visits = 1;      /* few are enough for bases */

    for (i = 0; i < 6; i++) {
        shop_view(shop, visitor(100 + i), 5);
        shop_view(shop, visitor(100 + i), 10);
        shop_view(shop, visitor(100 + i), 11 + i % 2);
        shop_view(shop, visitor(200 + i), 22);
        shop_view(shop, visitor(200 + i), 21);
    }

    shop_tick(shop);
}


/* asks until the bases are there: a decision makes one at most */

static void
ask(shop_t *shop, uint64_t key, uint32_t number, uint32_t want,
    xsell_slate_t *slate)
{
    uint32_t  i;

    shop->settings.memory_ms = MEMORY_MS;

    for (i = 0; i < 8; i++) {
        (void) shop_ask(shop, key, number, want, slate);
    }
}


static void
same_slate(const xsell_slate_t *x, const xsell_slate_t *y)
{
    uint32_t  i;

    assert_int_equal(x->n, y->n);

    for (i = 0; i < x->n; i++) {
        assert_int_equal(x->pick[i].item, y->pick[i].item);
        assert_int_equal(x->pick[i].ref, y->pick[i].ref);
        assert_int_equal(x->pick[i].reason, y->pick[i].reason);
        assert_float_equal(x->pick[i].score, y->pick[i].score, 1e-4);
        assert_memory_equal(x->pick[i].feature, y->pick[i].feature,
                            sizeof(x->pick[i].feature));
    }
}


/* who comes new, or says no, has nothing of his own */

static void
as_the_long_way(void **state)
{
    shop_t         shop;
    uint32_t       item;
    xsell_slate_t  plain, shared;

    open_shop(&shop);

    for (item = 0; item < 40; item++) {
        shop.settings.memory_ms = 0;
        (void) shop_ask(&shop, visitor(1), item, 6, &plain);
        ask(&shop, visitor(1), item, 6, &shared);
        same_slate(&plain, &shared);

        shop.settings.memory_ms = 0;
        (void) shop_ask(&shop, 0, item, 6, &plain);
        ask(&shop, 0, item, 6, &shared);
        same_slate(&plain, &shared);
    }

    shop_close(&shop);
}


static void
rules_are_his_own(void **state)
{
    shop_t         shop;
    xsell_slate_t  slate;
    xsell_event_t  ev;

    open_shop(&shop);

    ask(&shop, visitor(1), 5, 6, &slate);
    assert_non_null(slate_find(&shop, &slate, 10));
    assert_non_null(slate_find(&shop, &slate, 11));
    assert_null(slate_find(&shop, &slate, 5));

    shop_view(&shop, visitor(1), 11);
    shop_cart(&shop, visitor(1), 10);
    shop_event(&shop, &ev, XSELL_EVENT_DISMISS, visitor(1), 11);
    assert_int_equal(shop_play(&shop, &ev), XSELL_OK);

    ask(&shop, visitor(1), 5, 6, &slate);
    assert_null(slate_find(&shop, &slate, 10));
    assert_null(slate_find(&shop, &slate, 11));

    ask(&shop, visitor(2), 5, 6, &slate);
    assert_non_null(slate_find(&shop, &slate, 10));

    shop_close(&shop);
}


/* what was seen yields, as on the long way */

static void
what_was_seen(void **state)
{
    shop_t         shop;
    xsell_slate_t  slate;

    open_shop(&shop);
    shop_view(&shop, visitor(1), 10);
    ask(&shop, visitor(1), 5, 6, &slate);

    assert_non_null(slate_find(&shop, &slate, 10));
    assert_true(slate_find(&shop, &slate, 10)->feature[XSELL_F_SEEN] > 0);
    assert_true(slate_find(&shop, &slate, 11)->feature[XSELL_F_SEEN] == 0);

    shop_close(&shop);
}


static void
the_visit_counts(void **state)
{
    shop_t         shop;
    int8_t         before;
    xsell_slate_t  slate, plain;

    open_shop(&shop);

    ask(&shop, visitor(1), 5, 3, &slate);
    assert_true(slate.n == 3);
    assert_true(slate_find(&shop, &slate, 21) == NULL
                || slate_find(&shop, &slate, 21)->feature[XSELL_F_KNN] == 0);

    shop_view(&shop, visitor(1), 22);
    ask(&shop, visitor(1), 5, 6, &slate);
    assert_non_null(slate_find(&shop, &slate, 21));
    assert_true(slate_find(&shop, &slate, 21)->feature[XSELL_F_KNN] > 0);
    assert_int_equal(slate_find(&shop, &slate, 21)->reason,
                     XSELL_REASON_VIEWED);

    /* of the item viewed before, and of no other */

    before = slate_find(&shop, &slate, 21)->feature[XSELL_F_BEFORE];
    assert_true(before > 0);
    assert_int_equal(slate_find(&shop, &slate, 10)->feature[XSELL_F_BEFORE],
                     0);

    shop.settings.memory_ms = 0;
    (void) shop_ask(&shop, visitor(1), 5, 6, &plain);
    assert_int_equal(slate_find(&shop, &plain, 21)->feature[XSELL_F_BEFORE],
                     before);

    shop_view(&shop, visitor(1), 30);
    ask(&shop, visitor(1), 5, 6, &slate);
    assert_non_null(slate_find(&shop, &slate, 21));
    assert_int_equal(slate_find(&shop, &slate, 21)->feature[XSELL_F_BEFORE],
                     0);

    shop_close(&shop);
}


/* the best 16 are variants of one product: one is taken, and what comes in for
   the others is worse than all that diversity looked at */

static void
variants_leave_room(void **state)
{
    char           *json, *p;
    shop_t          shop;
    uint32_t        i, k, way, variants;
    xsell_slate_t   slate;

    json = malloc(16 * 1024);
    assert_non_null(json);

    for (p = json, i = 0; i < 30; i++) {
        p += sprintf(p, "{\"id\":\"%u\",\"title\":\"T\",\"url\":\"/%u\","
                     "\"category\":\"%u\"%s}\n", i, i, i < 16 ? 90 : i,
                     i < 16 ? ",\"item_group_id\":\"g\"" : "");
    }

    shop_open_json(&shop, 2 * MB, json);
    free(json);
    shop.settings.min_visits = 1;

    for (i = 0; i < 8; i++) {
        for (k = 0; k < 16; k++) {
            shop_view(&shop, visitor(100 + 20 * i + k), 20);
            shop_view(&shop, visitor(100 + 20 * i + k), k);
        }
    }

    for (k = 21; k < 29; k++) {
        shop_view(&shop, visitor(1000 + k), 20);
        shop_view(&shop, visitor(1000 + k), k);
    }

    shop_tick(&shop);

    for (way = 0; way < 2; way++) {
        shop.settings.memory_ms = 0;

        if (way == 0) {
            (void) shop_ask(&shop, visitor(1), 20, 6, &slate);

        } else {
            ask(&shop, visitor(1), 20, 6, &slate);
        }

        assert_int_equal(slate.n, 6);

        for (variants = 0, i = 0; i < slate.n; i++) {
            variants += slate.pick[i].item < 16;
        }

        assert_int_equal(variants, 1);
    }

    shop_close(&shop);
}


/* two visits with each of two items name a third: none of the two says that
   three did */

static void
few_visits_together(void **state)
{
    shop_t         shop;
    uint32_t       i;
    xsell_slate_t  slate;

    open_shop(&shop);
    shop.settings.min_visits = 3;

    for (i = 0; i < 4; i++) {
        shop_view(&shop, visitor(500 + i), i < 2 ? 5 : 22);
        shop_view(&shop, visitor(500 + i), 30);
    }

    shop_tick(&shop);
    shop_view(&shop, visitor(1), 22);
    ask(&shop, visitor(1), 5, 6, &slate);

    assert_non_null(slate_find(&shop, &slate, 30));
    assert_true(slate_find(&shop, &slate, 30)->feature[XSELL_F_KNN] > 0);

    shop_close(&shop);
}


static void
consent_keeps_apart(void **state)
{
    shop_t         shop;
    uint32_t       i;
    xsell_slate_t  slate;

    open_shop(&shop);
    ask(&shop, visitor(1), 5, 6, &slate);
    ask(&shop, 0, 5, 6, &slate);

    for (i = 0; i < slate.n; i++) {
        assert_int_equal(slate.pick[i].feature[XSELL_F_KNN], 0);
    }

    ask(&shop, visitor(1), 5, 6, &slate);
    assert_true(slate_find(&shop, &slate, 10)->feature[XSELL_F_KNN] > 0);

    shop_close(&shop);
}


/* at once while somebody looks now and then, soon while everybody does, and
   also when nothing changes that is the item's */

static void
news_are_offered(void **state)
{
    shop_t         shop;
    uint32_t       i;
    xsell_slate_t  slate;

    open_shop(&shop);
    ask(&shop, visitor(1), 5, 3, &slate);
    assert_null(slate_find(&shop, &slate, 30));

    for (i = 0; i < 12; i++) {
        shop_view(&shop, visitor(300 + i), 5);
        shop_view(&shop, visitor(300 + i), 30);
    }

    assert_int_equal(shop_ask(&shop, visitor(1), 5, 3, &slate), XSELL_OK);
    assert_non_null(slate_find(&shop, &slate, 30));

    /* asked for every millisecond */

    for (i = 0; i < 20; i++) {
        shop.now_ms++;
        (void) shop_ask(&shop, visitor(1), 5, 3, &slate);
    }

    for (i = 0; i < 24; i++) {
        shop_view(&shop, visitor(400 + i), 5);
        shop_view(&shop, visitor(400 + i), 31);
        shop.now_ms -= 200;             /* as if in no time */
    }

    for (i = 0; i < 100; i++) {
        shop.now_ms++;
        (void) shop_ask(&shop, visitor(1), 5, 3, &slate);

        if (slate_find(&shop, &slate, 31)) {
            break;
        }
    }

    assert_in_range(i, 1, 60);

    shop_close(&shop);
}


static void
another_catalogue(void **state)
{
    char           json[2048], *p;
    shop_t         shop;
    uint32_t       i;
    xsell_slate_t  slate;

    open_shop(&shop);
    ask(&shop, visitor(1), 5, 6, &slate);
    assert_non_null(slate_find(&shop, &slate, 10));

    /* 10 is sold out now, and the others have other numbers */

    for (p = json, i = 12; i-- > 0; /* void */) {
        p += sprintf(p, "{\"id\":\"%u\",\"title\":\"T\",\"url\":\"/%u\"%s}\n",
                     i, i, i == 10 ? ",\"availability\":\"out_of_stock\""
                                   : "");
    }

    xsell_ranker_destroy(shop.ranker);
    shop_catalog(&shop, json, 2);
    assert_int_equal(xsell_ranker_create(&shop.ranker), XSELL_OK);

    ask(&shop, visitor(1), 5, 6, &slate);
    assert_null(slate_find(&shop, &slate, 10));
    assert_non_null(slate_find(&shop, &slate, 11));

    shop_close(&shop);
}


/* 5 leads to each of 60 items, which leaves no room among its own rows; 90 to
   91 to 94, which nobody saw with 5: kin of it, or of 90 */

static void
open_crowd(shop_t *shop)
{
    char      *json, *p;
    uint32_t   i, k;

    static const char  *fields[] = {
        "\"category\":\"a\",\"brand\":\"x\",\"price\":10",    /* as 5 */
        "\"category\":\"b\",\"brand\":\"y\",\"price\":10",
        "\"category\":\"b\",\"brand\":\"x\",\"price\":40",
        "\"category\":\"b\",\"brand\":\"y\",\"price\":3"
    };

    json = malloc(16 * 1024);
    assert_non_null(json);

    for (p = json, i = 0; i < 100; i++) {
        p += sprintf(p, "{\"id\":\"%u\",\"title\":\"T\",\"url\":\"/%u\","
                     "\"currency\":\"EUR\",%s}\n", i, i,
                     fields[i == 5 ? 0 : i == 90 ? 1 : i > 90 ? (i - 91) % 4
                                                              : 1]);
    }

    shop_open_json(shop, 4 * MB, json);
    free(json);
    shop->settings.min_visits = 1;

    for (k = 0; k < 3; k++) {
        for (i = 10; i < 70; i++) {
            shop_view(shop, visitor(1000 * k + i), 5);
            shop_view(shop, visitor(1000 * k + i), i);
        }
    }

    for (k = 0; k < 40; k++) {
        shop_view(shop, visitor(5000 + k), 90);
        shop_view(shop, visitor(5000 + k), 91 + k % 4);
    }

    shop_tick(shop);
}


/* a row is scored before its features are there, four rows at once: as those
   say that it has when it is picked */

static void
brought_rows_are_kin_of_the_page(void **state)
{
    float                score;
    shop_t               shop;
    uint32_t             i, k, row, brought;
    xsell_slate_t        slate;
    xsell_bases_t       *bases;
    const xsell_pick_t  *pick;

    open_crowd(&shop);
    shop_view(&shop, visitor(1), 90);
    ask(&shop, visitor(1), 5, XSELL_SLATE_MAX, &slate);

    bases = shop.ranker->bases;
    brought = 0;

    for (i = 0; i < slate.n; i++) {
        pick = &slate.pick[i];
        row = *xsell_base_cell(bases->cell, bases->item, pick->item);
        assert_int_not_equal(row, XSELL_BASE_NONE);
        row = bases->row[row];

        for (score = 0, k = 0; k < XSELL_ROW_FEATURES; k++) {
            score += shop.ranker->fold[k] * (float) pick->feature[k] / 32;
        }

        assert_float_equal(pick->score, score, 0.04);

        if (bases->is[row] & XSELL_ROW_FOREIGN) {
            assert_in_range(pick->item, shop_item(&shop, 91),
                            shop_item(&shop, 94));
            brought++;
        }
    }

    assert_true(brought > 2);
    shop_close(&shop);
}


/* any visit, any cart, any slate: bounded, no item twice, none that the rules
   refuse */

static void
any_visit(void **state)
{
    shop_t            shop;
    uint32_t          i, k, n;
    uint64_t          rng;
    xsell_slate_t     slate;

    shop_open(&shop, 4 * MB, 300);
    rng = 5;

    for (n = 0; n < 3000; n++) {
        k = (uint32_t) (xsell_random(&rng) % 60);
        i = (uint32_t) (xsell_random(&rng) % 30) * (k % 10 + 1) % 300;

        if (xsell_random(&rng) % 6) {
            shop_view(&shop, visitor(k), i);

        } else {
            shop_cart(&shop, visitor(k), i);
        }

        shop.settings.memory_ms = MEMORY_MS;
        shop.settings.anchors = (uint32_t) (xsell_random(&rng) % 12);
        shop.now_ms -= xsell_random(&rng) % 99;

        (void) shop_ask(&shop, visitor(k), i,
                        (uint32_t) (xsell_random(&rng)
                                    % (XSELL_SLATE_MAX + 1)), &slate);

        for (i = 0; i < slate.n; i++) {
            assert_true(slate.pick[i].item < 300);

            for (k = 0; k < i; k++) {
                assert_int_not_equal(slate.pick[i].item, slate.pick[k].item);
            }
        }
    }

    shop_close(&shop);
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(as_the_long_way),
        cmocka_unit_test(rules_are_his_own),
        cmocka_unit_test(what_was_seen),
        cmocka_unit_test(the_visit_counts),
        cmocka_unit_test(variants_leave_room),
        cmocka_unit_test(few_visits_together),
        cmocka_unit_test(consent_keeps_apart),
        cmocka_unit_test(news_are_offered),
        cmocka_unit_test(another_catalogue),
        cmocka_unit_test(brought_rows_are_kin_of_the_page),
        cmocka_unit_test(any_visit)
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("base", tests, NULL, NULL);
}

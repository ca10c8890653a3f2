
/*
 * goes_test.c.  Hazards: kinds that were bought together and are not offered
 * together; a kind that goes with itself; a pair that is only as common as
 * chance has it; one visitor who says as much as many, or who never comes back
 * and teaches all the same; counts that never fade; a busy partner, or a busy
 * kind, that lost its place to one that was there once; another catalogue's
 * numbers; half a record after a kill; wild memory; equal events that leave
 * other bytes.
 */

#include "model_test.h"


#define CATEGORIES  8
#define EACH        10

#define DAY_MS      (24 * 3600 * 1000ull)


/* items of category c: c * EACH to c * EACH + EACH - 1; their names from
   `first` on, in this order or the other way round */

static char *
categories(uint32_t n, uint32_t each, uint32_t first, int back)
{
    char      *json, *p;
    uint32_t   i, k;

    json = malloc((size_t) n * each * 96 + 1);
    assert_non_null(json);

    for (p = json, i = 0; i < n * each; i++) {
        k = back ? n * each - 1 - i : i;
        p += sprintf(p, "{\"id\":\"%u\",\"title\":\"T\",\"url\":\"/%u\","
                     "\"category\":\"Home > C%u\"}\n",
                     k, k, first + k / each);
    }

    return json;
}


static void
shop_of_kinds(shop_t *shop, uint64_t bytes, uint32_t n, uint32_t each)
{
    char  *json;

    json = categories(n, each, 0, 0);
    shop_open_json(shop, bytes, json);
    free(json);
}


static uint32_t
kind(uint32_t category)
{
    char         name[32];
    xsell_str_t  path;

    path.n = (size_t) sprintf(name, "Home > C%u", category);
    path.p = name;

    return xsell_kind_of(path);
}


static uint32_t
list(const shop_t *shop, uint32_t category, xsell_goes_with_t *with)
{
    xsell_query_t  q;

    memset(&q, 0, sizeof(q));
    q.catalog = shop->cat;
    q.settings = &shop->settings;
    q.now_ms = shop->now_ms;

    return xsell_goes_list(&shop->a, &q, kind(category), with);
}


/* log2 of the lift, 0: it is no partner */

static float
lift(const shop_t *shop, uint32_t category, uint32_t other)
{
    uint32_t           i, n;
    xsell_goes_with_t  with[XSELL_GOES_WITH];

    n = list(shop, category, with);

    for (i = 0; i < n; i++) {
        if (with[i].kind == kind(other)) {
            return with[i].lift;
        }
    }

    return 0;
}


static xsell_goes_t *
record(const shop_t *shop, uint32_t category)
{
    uint32_t  i;

    for (i = 0; i < shop->a.goes_n; i++) {
        if (shop->a.goes[i].key == kind(category)) {
            return &shop->a.goes[i];
        }
    }

    return NULL;
}


static float
count(const shop_t *shop, uint32_t category, uint32_t other)
{
    uint32_t       i;
    xsell_goes_t  *g;

    g = record(shop, category);

    for (i = 0; g && i < XSELL_GOES_KINDS; i++) {
        if (g->kind[i] == kind(other)) {
            return g->n[i];
        }
    }

    return 0;
}


static void
visit(shop_t *shop, uint64_t key, uint32_t from, uint32_t to)
{
    shop_view(shop, key, from);
    shop_view(shop, key, to);
}


static int
ask(shop_t *shop, uint64_t key, uint32_t number, xsell_slate_t *slate)
{
    xsell_query_t    q;
    xsell_session_t  s;

    memset(&q, 0, sizeof(q));
    memset(&s, 0, sizeof(s));
    s.r.key = key;
    s.idx = XSELL_NO_REF;

    q.catalog = shop->cat;
    q.settings = &shop->settings;
    q.session = key ? &s : NULL;
    q.anchor = shop_item(shop, number);
    q.want = 8;
    q.now_ms = shop->now_ms;

    return xsell_rank(shop->ranker, &shop->a, &q, slate);
}


/* visits go from everywhere to everywhere, which says nothing */

static void
chance(shop_t *shop, uint32_t n, uint64_t seed)
{
    uint32_t  i, from, to;
    uint64_t  rng;

    rng = seed;

    for (i = 0; i < n; i++) {
        from = (uint32_t) (xsell_random(&rng) % (CATEGORIES * EACH));
        to = (uint32_t) (xsell_random(&rng) % (CATEGORIES * EACH));

        if (from != to) {
            visit(shop, visitor(seed + i), from, to);
        }
    }
}


static void
kinds_of_an_order_are_offered_together(void **state)
{
    shop_t               shop;
    uint32_t             i, line[3];
    xsell_slate_t        slate;
    const xsell_pick_t  *pick;

    shop_of_kinds(&shop, 4 * MB, CATEGORIES, EACH);
    chance(&shop, 400, 1000);

    for (i = 0; i < 30; i++) {
        shop_view(&shop, visitor(5000 + i), 3 * EACH + 7);
        shop_view(&shop, visitor(6000 + i), 5 * EACH + 7);
    }

    assert_true(lift(&shop, 1, 3) < 0.6f);

    /* with one of kind 3 they buy several of kind 1 */

    for (i = 0; i < 12; i++) {
        line[0] = EACH + i % 6;
        line[1] = 3 * EACH + 7;
        line[2] = EACH + (i + 1) % 6;
        assert_int_equal(shop_order(&shop, visitor(7000 + i), 1 + i, line, 3),
                         XSELL_OK);
    }

    assert_true(lift(&shop, 1, 3) > 1);
    assert_true(lift(&shop, 3, 1) > 1);
    assert_true(lift(&shop, 1, 5) < 0.6f);
    assert_true(lift(&shop, 1, 1) == 0);

    /* next to one of kind 1 that nobody ever ordered: the most viewed of kind
       3, for that reason */

    assert_int_equal(ask(&shop, visitor(1), EACH + 9, &slate), XSELL_OK);
    pick = slate_find(&shop, &slate, 3 * EACH + 7);
    assert_non_null(pick);
    assert_true(pick->feature[XSELL_F_LIFT] > 32);
    assert_int_equal(pick->reason, XSELL_REASON_GOES);

    /* sums are everybody's: who has not agreed gets it, too; and so do
       decisions that share what they share */

    assert_int_equal(ask(&shop, 0, EACH + 9, &slate), XSELL_OK);
    assert_non_null(slate_find(&shop, &slate, 3 * EACH + 7));

    shop.settings.memory_ms = 1000;

    for (i = 0; i < 3; i++) {
        assert_int_equal(ask(&shop, visitor(1), EACH + 9, &slate), XSELL_OK);
        pick = slate_find(&shop, &slate, 3 * EACH + 7);
        assert_non_null(pick);
        assert_true(pick->feature[XSELL_F_LIFT] > 32);
    }

    shop_validate(&shop);
    shop_close(&shop);
}


static void
visits_go_one_way(void **state)
{
    shop_t    shop;
    uint32_t  i;

    shop_of_kinds(&shop, 4 * MB, CATEGORIES, EACH);
    chance(&shop, 300, 1000);

    for (i = 0; i < 40; i++) {
        visit(&shop, visitor(5000 + i), 2 * EACH + i % EACH,
              4 * EACH + i / 4);
    }

    assert_true(lift(&shop, 2, 4) > 1);
    assert_true(lift(&shop, 4, 2) < 0.6f);

    /* too few say nothing, however sure they are: four times min_visits */

    shop_close(&shop);
    shop_of_kinds(&shop, 4 * MB, CATEGORIES, EACH);
    shop.settings.min_visits = 3;

    for (i = 0; i < 50; i++) {
        visit(&shop, visitor(1000 + i), 6 * EACH, 7 * EACH);
    }

    for (i = 0; i < 11; i++) {
        visit(&shop, visitor(5000 + i), 2 * EACH, 4 * EACH);
    }

    assert_true(lift(&shop, 2, 4) == 0);
    visit(&shop, visitor(6000), 2 * EACH, 4 * EACH);
    assert_true(lift(&shop, 2, 4) > 1);

    shop_close(&shop);
}


static void
a_visit_says_it_once(void **state)
{
    shop_t         shop;
    uint32_t       i, line[2];
    xsell_event_t  ev;

    shop_of_kinds(&shop, 4 * MB, CATEGORIES, EACH);

    /* from kind 0 to six of kind 1, back, and there again */

    shop_view(&shop, visitor(1), 0);

    for (i = 0; i < 6; i++) {
        shop_view(&shop, visitor(1), EACH + i);
    }

    visit(&shop, visitor(1), 1, EACH + 7);
    assert_true(fabsf(count(&shop, 0, 1) - 1) < 0.01f);
    assert_true(count(&shop, 1, 0) == 0);
    assert_true(count(&shop, 1, 1) == 0);

    /* an order's kinds count once, too, and an order once */

    line[0] = 0;
    line[1] = 2 * EACH;
    assert_int_equal(shop_order(&shop, visitor(1), 77, line, 2), XSELL_OK);
    assert_true(fabsf(count(&shop, 0, 2) - 4) < 0.01f);
    assert_true(fabsf(count(&shop, 2, 0) - 4) < 0.01f);
    assert_int_equal(shop_order(&shop, visitor(1), 77, line, 2),
                     XSELL_EREPEATED);
    assert_true(fabsf(count(&shop, 2, 0) - 4) < 0.01f);

    /* who brings no cookie back, or is nobody, teaches nothing */

    for (i = 0; i < 20; i++) {
        shop_event(&shop, &ev, XSELL_EVENT_VIEW, visitor(100 + i), 4 * EACH);
        ev.flags = 0;
        (void) shop_play(&shop, &ev);
        shop_event(&shop, &ev, XSELL_EVENT_VIEW, 0, 5 * EACH);
        (void) shop_play(&shop, &ev);
        line[0] = 4 * EACH;
        line[1] = 5 * EACH;
        (void) shop_order(&shop, 0, 200 + i, line, 2);
    }

    assert_null(record(&shop, 4));
    assert_null(record(&shop, 5));

    /* when it does come back, what came before is caught up */

    shop_event(&shop, &ev, XSELL_EVENT_VIEW, visitor(100), 5 * EACH);
    assert_int_equal(shop_play(&shop, &ev), XSELL_OK);
    shop_view(&shop, visitor(100), 6 * EACH);
    assert_true(fabsf(count(&shop, 4, 5) - 1) < 0.01f);
    assert_true(fabsf(count(&shop, 5, 6) - 1) < 0.01f);

    /* nor does a learner without a catalogue, or one that lacks the item */

    xsell_goes_view(&shop.a, NULL, shop_ref(&shop, 1), &ev.item, 1, 9);
    xsell_goes_order(&shop.a, NULL, &ev.item, 1, 9);
    xsell_goes_view(&shop.a, shop.cat, 0x00fffffe, &ev.item, 1, 9);
    xsell_goes_view(&shop.a, shop.cat, ev.item, NULL, 0, 9);

    shop_validate(&shop);
    shop_close(&shop);
}


static void
counts_fade(void **state)
{
    float     before;
    shop_t    shop;
    uint32_t  i;

    shop_of_kinds(&shop, 4 * MB, CATEGORIES, EACH);

    for (i = 0; i < 100; i++) {
        visit(&shop, visitor(i), 0, EACH);
        visit(&shop, visitor(1000 + i), 2 * EACH, 3 * EACH);
    }

    before = lift(&shop, 0, 1);
    assert_true(before > 0.7f);

    /* a month: half; what is asked knows that before anything is counted */

    shop.now_ms += 30 * DAY_MS;
    assert_true(lift(&shop, 0, 1) > 0.7f && lift(&shop, 0, 1) < before);
    visit(&shop, visitor(5000), 0, EACH);
    assert_true(fabsf(count(&shop, 0, 1) - 51) < 0.1f);

    shop.now_ms += 120 * DAY_MS;
    assert_true(lift(&shop, 0, 1) == 0);
    shop.now_ms += 400 * DAY_MS;
    visit(&shop, visitor(5001), 0, 2 * EACH);
    assert_true(count(&shop, 0, 1) == 0);
    assert_true(count(&shop, 0, 2) == 1);

    shop_validate(&shop);
    shop_close(&shop);
}


static void
the_busy_keep_their_place(void **state)
{
    shop_t    shop;
    uint32_t  i, k, n;
    uint64_t  rng;

    /* 300 kinds, of an item each, and room for 64 */

    shop_of_kinds(&shop, 1 * MB, 300, 1);
    assert_int_equal(shop.a.goes_n, XSELL_GOES_MIN);
    rng = 5;

    for (i = 0; i < 6000; i++) {
        k = (uint32_t) (xsell_random(&rng) % 298);

        if (i % 3 == 0) {
            visit(&shop, visitor(i), 7, 9);

        } else if (k != 7) {
            visit(&shop, visitor(i), i % 3 == 1 ? 7 : k, 2 + k);
        }
    }

    /* a promise: at most what there were, and nearly that */

    assert_true(count(&shop, 7, 9) > 1800);
    assert_true(count(&shop, 7, 9) < 2050);
    assert_true(lift(&shop, 7, 9) > 0);

    for (n = 0, i = 0; i < shop.a.goes_n; i++) {
        n += shop.a.goes[i].key != 0;
    }

    assert_true(n > XSELL_GOES_MIN * 3 / 4);
    shop_validate(&shop);
    shop_close(&shop);
}


static void
another_catalogue_has_other_numbers(void **state)
{
    char    *json;
    shop_t   shop;
    uint32_t  i, n;
    xsell_goes_with_t  with[XSELL_GOES_WITH];

    shop_of_kinds(&shop, 4 * MB, CATEGORIES, EACH);
    chance(&shop, 200, 1000);

    for (i = 0; i < 40; i++) {
        visit(&shop, visitor(5000 + i), 2 * EACH, 4 * EACH);
    }

    n = list(&shop, 2, with);
    assert_true(n > 0 && with[0].kind == kind(4));
    assert_int_equal(with[0].category,
                     xsell_catalog_item(shop.cat, shop_item(&shop, 4 * EACH))
                         ->category_idx);
    i = with[0].category;

    /* the last one first */

    json = categories(CATEGORIES, EACH, 0, 1);
    shop_catalog(&shop, json, 2);
    free(json);

    n = list(&shop, 2, with);
    assert_true(n > 0 && with[0].kind == kind(4));
    assert_int_equal(with[0].category,
                     xsell_catalog_item(shop.cat, shop_item(&shop, 4 * EACH))
                         ->category_idx);
    assert_true(with[0].category != i);

    /* and one without that kind */

    json = categories(CATEGORIES, EACH, 3, 0);
    strstr(json, "Home > C4")[8] = 'x';
    shop_catalog(&shop, json, 3);
    free(json);
    assert_int_equal(xsell_kind_category(shop.cat, kind(0)), 0);
    assert_true(xsell_kind_category(shop.cat, kind(5)) != 0);
    assert_int_equal(list(&shop, 0, with), 0);

    shop_close(&shop);
}


static void
half_a_record_is_emptied(void **state)
{
    shop_t         shop;
    uint32_t       i, k;
    xsell_goes_t  *g;
    xsell_slate_t  slate;

    shop_of_kinds(&shop, 4 * MB, CATEGORIES, EACH);

    for (i = 0; i < 60; i++) {
        visit(&shop, visitor(i), 0, EACH);
        visit(&shop, visitor(1000 + i), 2 * EACH, 3 * EACH);
    }

    assert_true(lift(&shop, 0, 1) > 0.5f);
    g = record(&shop, 0);
    g->seq |= 1;
    assert_true(lift(&shop, 0, 1) == 0);

    xsell_intent_set(&shop.a, XSELL_REGION_GOES,
                     (uint32_t) (g - shop.a.goes));
    xsell_recover(&shop.a);
    shop_validate(&shop);
    assert_null(record(&shop, 0));

    visit(&shop, visitor(2000), 0, EACH);
    assert_true(fabsf(count(&shop, 0, 1) - 1) < 0.01f);

    /* wild numbers reach no slate */

    g = record(&shop, 0);

    for (k = 0; k < 8; k++) {
        static const float  wild[] = { NAN, INFINITY, -INFINITY, 3e38f, -5,
                                       1e-42f, 1e20f, 0 };

        for (i = 0; i < XSELL_GOES_KINDS; i++) {
            g->kind[i] = kind(1 + (i + k) % 7);
            g->n[i] = wild[(i + k) % 8];
            g->share[i] = wild[(i * 3 + k) % 8];
        }

        g->out = wild[(k + 6) % 8];
        g->in = wild[(k + 3) % 8];

        assert_int_equal(ask(&shop, visitor(9999), 5, &slate), XSELL_OK);

        for (i = 0; i < slate.n; i++) {
            assert_true(isfinite(slate.pick[i].score));
            assert_true(abs(slate.pick[i].feature[XSELL_F_LIFT]) <= 64);
        }

        shop.now_ms += 100 * 1000;
        visit(&shop, visitor(3000 + k), 1, EACH + 1);
    }

    shop_close(&shop);
}


static void
equal_events_leave_equal_bytes(void **state)
{
    shop_t                 x, y;
    const xsell_region_t  *r;

    shop_of_kinds(&x, 2 * MB, CATEGORIES, EACH);
    shop_of_kinds(&y, 2 * MB, CATEGORIES, EACH);
    chance(&x, 500, 3);
    chance(&y, 500, 3);

    r = &x.a.header->region[XSELL_REGION_GOES];
    assert_memory_equal(x.a.base + r->off, y.a.base + r->off,
                        (size_t) (r->count * r->stride));
    assert_true(record(&x, 1)->out > 20);

    shop_close(&x);
    shop_close(&y);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(kinds_of_an_order_are_offered_together),
        cmocka_unit_test(visits_go_one_way),
        cmocka_unit_test(a_visit_says_it_once),
        cmocka_unit_test(counts_fade),
        cmocka_unit_test(the_busy_keep_their_place),
        cmocka_unit_test(another_catalogue_has_other_numbers),
        cmocka_unit_test(half_a_record_is_emptied),
        cmocka_unit_test(equal_events_leave_equal_bytes)
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("goes", tests, NULL, NULL);
}


/*
 * rank_test.c.  Hazards: a new shop shows nothing, or the same four products
 * everywhere; a model that is torn or holds a NaN decides; a page without an
 * item has no anchor; a slate of one kind only; the same question answered
 * differently; no consent, and the visits of others are asked; memory that
 * somebody scribbled on takes the worker down.
 */

#include "model_test.h"


static void
shop_open_categories(shop_t *shop, uint32_t n, uint32_t per)
{
    char      *json, *p;
    uint32_t   i;

    json = malloc(n * 160 + 1);
    assert_non_null(json);

    for (p = json, i = 0; i < n; i++) {
        p += sprintf(p, "{\"id\":\"%u\",\"title\":\"T\",\"url\":\"/%u\","
                     "\"category\":\"c%u\",\"brand\":\"b%u\","
                     "\"price\":\"%u\",\"currency\":\"EUR\"}\n",
                     i, i, i / per, i % 3, 10 + i % 7);
    }

    shop_open_json(shop, 4 * MB, json);
    free(json);
}


static void
day_one_is_sensible(void **state)
{
    shop_t         shop;
    uint32_t       i;
    xsell_slate_t  slate, other;

    shop_open_categories(&shop, 60, 20);

    assert_int_equal(shop_ask(&shop, visitor(1), 25, 4, &slate), XSELL_OK);
    assert_int_equal(slate.n, 4);

    for (i = 0; i < 4; i++) {
        assert_int_equal(slate.pick[i].reason, XSELL_REASON_CATEGORY);
        assert_int_equal(slate.pick[i].item / 20, 1);
        assert_true(slate.pick[i].item != 25);
    }

    /* the next product has others next to it */

    assert_int_equal(shop_ask(&shop, visitor(1), 36, 4, &other), XSELL_OK);
    assert_memory_not_equal(&slate.pick[0].item, &other.pick[0].item,
                            sizeof(uint32_t));

    /* views make some of them better than others */

    for (i = 0; i < 5; i++) {
        shop_view(&shop, visitor(10 + i), 23);
    }

    assert_int_equal(shop_ask(&shop, visitor(1), 25, 4, &slate), XSELL_OK);
    assert_non_null(slate_find(&shop, &slate, 23));
    assert_true(slate.pick[0].item == 23);

    shop_close(&shop);
}


static void
nothing_known_is_nothing_offered(void **state)
{
    shop_t         shop;
    xsell_slate_t  slate;

    shop_open(&shop, 2 * MB, 20);

    assert_int_equal(shop_ask(&shop, visitor(1), 5, 4, &slate), XSELL_NONE);
    assert_int_equal(slate.n, 0);
    assert_int_equal(slate.candidates, 0);
    assert_int_equal(shop_ask(&shop, visitor(1), XSELL_NO_ITEM, 4, &slate),
                     XSELL_NONE);
    assert_int_equal(shop_ask(&shop, 0, XSELL_NO_ITEM, 4, &slate),
                     XSELL_NONE);

    /* somebody views something: it is offered, and is not yet popular */

    shop_view(&shop, visitor(1), 7);
    shop_tick(&shop);

    assert_int_equal(shop_ask(&shop, visitor(2), 5, 4, &slate), XSELL_OK);
    assert_int_equal(slate.n, 1);
    assert_int_equal(slate.pick[0].reason, XSELL_REASON_NONE);

    assert_int_equal(shop_ask(&shop, 0, XSELL_NO_ITEM, 4, &slate), XSELL_OK);
    assert_int_equal(shop_ask(&shop, visitor(2), 5, 0, &slate), XSELL_NONE);

    shop_close(&shop);
}


/* the session index is asked for a visitor, sums for everybody */

static void
without_consent_only_sums_are_asked(void **state)
{
    shop_t         shop;
    uint32_t       i;
    xsell_slate_t  slate;

    static const uint32_t  lines[] = { 1, 4 };

    shop_open(&shop, 2 * MB, 20);

    for (i = 0; i < 3; i++) {
        shop_view(&shop, visitor(i), 1);
        shop_view(&shop, visitor(i), 2);
        shop_view(&shop, visitor(i), 3);

        assert_int_equal(shop_order(&shop, visitor(i), 1 + i, lines, 2),
                         XSELL_OK);
    }

    /* pairs gone, only the index is left */

    shop.a.pairs[shop_slot(&shop, 1)].n = 0;

    assert_int_equal(shop_ask(&shop, visitor(9), 1, 4, &slate), XSELL_OK);
    assert_int_equal(slate.n, 2);
    assert_int_equal(shop_ask(&shop, 0, 1, 4, &slate), XSELL_NONE);

    /* what was bought together is a sum: 4 has it too */

    assert_int_equal(shop_ask(&shop, 0, 4, 4, &slate), XSELL_OK);
    assert_int_equal(slate.n, 1);
    assert_int_equal(slate.pick[0].item, shop_item(&shop, 1));
    assert_int_equal(slate.pick[0].reason, XSELL_REASON_BOUGHT);

    shop_close(&shop);
}


static void
pages_without_an_item_go_by_cart_and_visit(void **state)
{
    shop_t         shop;
    uint32_t       i;
    xsell_slate_t  slate;

    static const uint32_t  lines[] = { 1, 4 };

    shop_open(&shop, 2 * MB, 20);

    for (i = 0; i < 3; i++) {
        shop_view(&shop, visitor(i), 1);
        shop_view(&shop, visitor(i), 2);
        assert_int_equal(shop_order(&shop, visitor(100 + i), 1 + i, lines, 2),
                         XSELL_OK);
    }

    /* home: what goes with the last view */

    shop_view(&shop, visitor(9), 2);
    assert_int_equal(shop_ask(&shop, visitor(9), XSELL_NO_ITEM, 4, &slate),
                     XSELL_OK);
    assert_non_null(slate_find(&shop, &slate, 1));

    /* the same a day later, when that visit has ended */

    shop.now_ms += 24ull * 3600 * 1000;
    assert_int_equal(shop_ask(&shop, visitor(9), XSELL_NO_ITEM, 4, &slate),
                     XSELL_OK);
    assert_non_null(slate_find(&shop, &slate, 1));

    /* cart: what was bought with what lies in it */

    shop_cart(&shop, visitor(9), 1);
    assert_int_equal(shop_ask(&shop, visitor(9), XSELL_NO_ITEM, 4, &slate),
                     XSELL_OK);
    assert_non_null(slate_find(&shop, &slate, 4));
    assert_null(slate_find(&shop, &slate, 1));
    assert_int_equal(slate.pick[0].reason, XSELL_REASON_BOUGHT);

    shop_close(&shop);
}


static void
a_slate_is_not_of_one_kind(void **state)
{
    shop_t         shop;
    uint32_t       i, k, same;
    xsell_slate_t  slate;

    shop_open_categories(&shop, 40, 10);

    /* all of 1..8 (category 0) and a little less 15 and 25 go with 0 */

    for (i = 0; i < 12; i++) {
        shop_view(&shop, visitor(i), 0);

        for (k = 1; k < 9; k++) {
            shop_view(&shop, visitor(i), k);
        }
    }

    for (i = 12; i < 22; i++) {
        shop_view(&shop, visitor(i), 0);
        shop_view(&shop, visitor(i), 15);
        shop_view(&shop, visitor(i), 25);
    }

    for (same = 0, k = 0; k < 2; k++) {
        shop.settings.mmr = k ? 8.0f : 0;

        assert_int_equal(shop_ask(&shop, visitor(99), 0, 4, &slate),
                         XSELL_OK);
        assert_int_equal(slate.n, 4);

        for (i = 0; i < 4; i++) {
            same += slate.pick[i].item / 10 == slate.pick[0].item / 10
                    ? (k ? 0 : 1) : (k ? 10 : 0);
        }
    }

    /* without diversity the first one's kin, with it the others come in */

    assert_true(same % 10 >= 2);
    assert_true(same / 10 >= 2);

    shop_close(&shop);
}


static void
equal_questions_have_equal_answers(void **state)
{
    shop_t           shop;
    uint32_t         i;
    xsell_slate_t    first, again;
    xsell_ranker_t  *other;

    shop_open_categories(&shop, 200, 50);

    for (i = 0; i < 500; i++) {
        shop_view(&shop, visitor(i / 5), i * 7 % 200);
    }

    shop_tick(&shop);

    for (i = 0; i < 50; i++) {
        (void) shop_ask(&shop, visitor(i), i, 6, &first);
        (void) shop_ask(&shop, visitor(i + 1), i + 1, 6, &again);
        (void) shop_ask(&shop, visitor(i), i, 6, &again);
        assert_memory_equal(&first, &again, sizeof(first));
    }

    /* nor does it matter who asks */

    (void) shop_ask(&shop, visitor(3), 3, 6, &first);
    other = shop.ranker;
    assert_int_equal(xsell_ranker_create(&shop.ranker), XSELL_OK);
    (void) shop_ask(&shop, visitor(3), 3, 6, &again);
    assert_memory_equal(&first, &again, sizeof(first));
    xsell_ranker_destroy(other);

    shop_close(&shop);
}


/* who measures asks for more than a slate, and for what was seen before: the
   same order must come out, or another thing is measured than is shown */

static void
a_list_is_a_longer_slate(void **state)
{
    shop_t           shop;
    uint32_t         i, n;
    xsell_pick_t     pick[XSELL_LIST_MAX];
    xsell_query_t    q;
    xsell_slate_t    slate;
    xsell_session_t  s;

    shop_open_categories(&shop, 200, 50);
    shop.settings.mmr = 0;

    for (i = 0; i < 600; i++) {
        shop_view(&shop, visitor(i / 6), i * 7 % 40);
    }

    shop_view(&shop, visitor(1000), 21);
    shop_view(&shop, visitor(1000), 14);
    assert_int_equal(xsell_session_read(&shop.a, visitor(1000), &s),
                     XSELL_OK);

    memset(&q, 0, sizeof(q));
    q.catalog = shop.cat;
    q.settings = &shop.settings;
    q.session = &s;
    q.anchor = shop_item(&shop, 14);
    q.now_ms = shop.now_ms;
    q.want = 6;

    assert_int_equal(xsell_rank(shop.ranker, &shop.a, &q, &slate), XSELL_OK);
    assert_int_equal(slate.n, 6);

    q.want = 20;
    assert_int_equal(xsell_rank_list(shop.ranker, &shop.a, &q, pick, &n),
                     XSELL_OK);
    assert_int_equal(n, 20);

    for (i = 0; i < 6; i++) {
        assert_int_equal(pick[i].item, slate.pick[i].item);
    }

    for (i = 0; i < n; i++) {
        assert_true(pick[i].item != shop_item(&shop, 14));
        assert_true(i == 0 || pick[i].score <= pick[i - 1].score);
    }

    /* repeats: the page's own item, and the one before without its malus */

    q.want = XSELL_LIST_MAX + 10;
    q.repeats = 1;
    assert_int_equal(xsell_rank_list(shop.ranker, &shop.a, &q, pick, &n),
                     XSELL_OK);
    assert_true(n <= XSELL_LIST_MAX);

    for (i = 0; i < n && pick[i].item != q.anchor; i++) { /* void */ }
    assert_true(i < 3);

    for (i = 0; i < n; i++) {
        assert_int_equal(pick[i].feature[XSELL_F_SEEN], 0);
    }

    shop_close(&shop);
}


/* ---- the model --------------------------------------------------------- */

static void
publish(shop_t *shop, float popular, int good)
{
    uint32_t        generation;
    xsell_model_t  *m;

    generation = shop->a.header->generation + 1;
    m = &shop->a.models[generation & 1];

    memset(m, 0, sizeof(*m));
    memcpy(m->weight, xsell_weights_default, sizeof(m->weight));
    m->weight[XSELL_F_POPULAR] = popular;
    m->updates = 1;
    m->sum = xsell_weights_sum(m) + (good ? 0 : 1);

    shop->a.header->generation = generation;
}


/* whole, finite, and nothing that anybody can believe */

static void
publish_absurd(shop_t *shop, unsigned i)
{
    uint32_t        generation;
    xsell_model_t  *m;

    publish(shop, 3, 1);

    generation = shop->a.header->generation;
    m = &shop->a.models[generation & 1];

    switch (i) {
    case 0: m->weight[XSELL_F_KNN] = 1e6f; break;
    case 1: m->factor[3][3] = -1; break;
    case 2: m->factor[3][3] = 1e9f; break;
    case 3: m->look[2] = -1e6f; break;
    case 4: m->leave_factor[5][5] = -1e-3f; break;
    case 5: m->place[0][2] = 1e9f; break;
    case 6: m->ahead = 1e6f; break;
    }

    m->sum = xsell_weights_sum(m);
}


/* what a click is worth counts, but only in what a learned model draws */

static void
a_dearer_click_is_worth_more(void **state)
{
    shop_t         shop;
    uint32_t       k;
    xsell_slate_t  slate;

    shop_open_categories(&shop, 21, 21);
    shop.settings.alpha = 0.001f;
    shop.settings.mmr = 0;

    for (k = 0; k < 3; k++) {
        shop.settings.value = k ? 1 : 0;

        if (k < 2) {
            publish(&shop, 0, 1);

        } else {
            shop.settings.alpha = 0;
        }

        assert_int_equal(shop_ask(&shop, visitor(1), 0, 4, &slate), XSELL_OK);
        assert_int_equal(slate.pick[0].item % 7 == 6, k == 1);
    }

    shop_close(&shop);
}


static void
only_a_good_model_decides(void **state)
{
    float          built_in;
    shop_t         shop;
    unsigned       i;
    xsell_slate_t  slate;

    shop_open(&shop, 2 * MB, 20);
    shop_view(&shop, visitor(1), 7);
    shop_tick(&shop);

    /* nothing published yet: the built-in weights */

    assert_int_equal(shop_ask(&shop, visitor(2), 5, 4, &slate), XSELL_OK);
    assert_int_equal(slate.generation, 0);
    built_in = slate.pick[0].score;

    /* the learner publishes the same at its first lease, once */

    assert_int_equal(xsell_lease_try(&shop.a, 1), XSELL_OK);
    xsell_lease_release(&shop.a);
    assert_int_equal(xsell_lease_try(&shop.a, 1), XSELL_OK);
    xsell_lease_release(&shop.a);
    assert_int_equal(shop.a.header->generation, 1);
    assert_int_equal(shop_ask(&shop, visitor(2), 5, 4, &slate), XSELL_OK);
    assert_int_equal(slate.generation, 1);
    assert_true(slate.pick[0].score == built_in);

    /* another one */

    publish(&shop, 2, 1);
    assert_int_equal(shop_ask(&shop, visitor(2), 5, 4, &slate), XSELL_OK);
    assert_int_equal(slate.generation, 2);
    assert_true(slate.pick[0].score > built_in);

    /* a wrong sum, a NaN, an infinity: the last good one goes on */

    publish(&shop, 3, 0);
    assert_int_equal(shop_ask(&shop, visitor(2), 5, 4, &slate), XSELL_OK);
    assert_int_equal(slate.generation, 2);

    publish(&shop, NAN, 1);
    assert_int_equal(shop_ask(&shop, visitor(2), 5, 4, &slate), XSELL_OK);
    assert_int_equal(slate.generation, 2);
    assert_true(slate.pick[0].score > built_in);

    publish(&shop, INFINITY, 1);
    assert_int_equal(shop_ask(&shop, visitor(2), 5, 4, &slate), XSELL_OK);
    assert_int_equal(slate.generation, 2);

    for (i = 0; i < 7; i++) {
        publish_absurd(&shop, i);
        assert_int_equal(shop_ask(&shop, visitor(2), 5, 4, &slate), XSELL_OK);
        assert_int_equal(slate.generation, 2);
    }

    /* a worker that starts now has no last good one */

    xsell_ranker_destroy(shop.ranker);
    assert_int_equal(xsell_ranker_create(&shop.ranker), XSELL_OK);
    assert_int_equal(shop_ask(&shop, visitor(2), 5, 4, &slate), XSELL_OK);
    assert_int_equal(slate.generation, 0);
    assert_true(slate.pick[0].score == built_in);

    /* and the next learner puts a good one there */

    assert_int_equal(xsell_lease_try(&shop.a, 1), XSELL_OK);
    xsell_lease_release(&shop.a);
    assert_int_equal(shop_ask(&shop, visitor(2), 5, 4, &slate), XSELL_OK);
    assert_int_equal(slate.generation, shop.a.header->generation);
    assert_true(slate.pick[0].score == built_in);

    shop_close(&shop);
}


/* ---- wild memory ------------------------------------------------------- */

static void
scribble(uint64_t *rng, void *p, uint64_t bytes)
{
    uint64_t  i;
    uint32_t  *w;

    for (w = p, i = 0; i < bytes / 4; i++) {
        w[i] = (uint32_t) xsell_random(rng) >> (xsell_random(rng) % 32);
    }
}


static void
any_memory_is_survived(void **state)
{
    shop_t         shop;
    uint32_t       i, k;
    uint64_t       rng;
    xsell_slate_t  slate;

    static const unsigned  regions[] = {
        XSELL_REGION_ITEMS, XSELL_REGION_POSTINGS, XSELL_REGION_CHUNKS,
        XSELL_REGION_PAIRS, XSELL_REGION_TOP, XSELL_REGION_MODEL,
        XSELL_REGION_SESSIONS, XSELL_REGION_PROBATION, XSELL_REGION_CROWDS,
        XSELL_REGION_GOES
    };

    shop_open_categories(&shop, 60, 20);
    rng = 17;

    for (i = 0; i < 60; i++) {

        for (k = 0; k < sizeof(regions) / sizeof(regions[0]); k++) {
            const xsell_region_t  *r = &shop.a.header->region[regions[k]];

            if (xsell_random(&rng) % 2) {
                scribble(&rng, shop.a.base + r->off,
                         r->count * r->stride < 40000
                         ? r->count * r->stride : 40000);
            }
        }

        shop.a.header->generation++;
        shop.a.header->views = xsell_random(&rng);
        shop.settings.min_visits = (uint32_t) (xsell_random(&rng) % 3);
        shop.settings.anchors = (uint32_t) (xsell_random(&rng) % 20);
        shop.settings.neighbours = (uint32_t) (xsell_random(&rng) % 600);

        for (k = 0; k < 60; k++) {
            (void) shop_ask(&shop, k % 2 ? visitor(k) : 0, k, 12, &slate);

            assert_true(slate.n <= XSELL_SLATE_MAX);
        }

        for (k = 0; k < slate.n; k++) {
            assert_true(slate.pick[k].item < shop.items);
            assert_true(slate.pick[k].reason < XSELL_REASONS);
        }
    }

    shop_close(&shop);
}


/* a shop warmed from its order history, with no views yet, has nothing to
   offer on a page without an item */

static void
bestsellers_are_offered_before_any_view(void **state)
{
    shop_t         shop;
    uint32_t       i;
    xsell_slate_t  slate;

    static const uint32_t  lines[] = { 3, 7 };

    shop_open(&shop, 2 * MB, 20);
    shop_tick(&shop);
    assert_int_equal(shop_ask(&shop, 0, XSELL_NO_ITEM, 4, &slate),
                     XSELL_NONE);

    for (i = 0; i < 3; i++) {
        assert_int_equal(shop_order(&shop, visitor(i), 1 + i, lines, 2),
                         XSELL_OK);
    }

    shop_tick(&shop);

    assert_int_equal(shop_ask(&shop, 0, XSELL_NO_ITEM, 4, &slate), XSELL_OK);
    assert_int_equal(slate.n, 2);
    assert_non_null(slate_find(&shop, &slate, 3));
    assert_non_null(slate_find(&shop, &slate, 7));
    assert_int_equal(slate.pick[0].reason, XSELL_REASON_NONE);

    /* of 20 items two may be called popular, when enough were sold */

    for (i = 3; i < 8; i++) {
        assert_int_equal(shop_order(&shop, visitor(i), 1 + i, lines, 2),
                         XSELL_OK);
    }

    shop_tick(&shop);

    assert_int_equal(shop_ask(&shop, 0, XSELL_NO_ITEM, 4, &slate), XSELL_OK);
    assert_int_equal(slate.pick[0].reason, XSELL_REASON_POPULAR);
    assert_int_equal(slate.pick[1].reason, XSELL_REASON_POPULAR);

    shop_close(&shop);
}


/* "very popular" is a statement to customers: it must be true.  The order of
   what is offered has nothing to do with what is said of it */

static void
popular_is_said_of_what_is(void **state)
{
    shop_t         shop;
    uint32_t       i, item;
    xsell_slate_t  few, slate;

    shop_open(&shop, 2 * MB, 20);

    for (item = 7; item < 11; item++) {
        for (i = 0; i < 15 - item; i++) {
            shop_view(&shop, visitor(100 * item + i), item);
        }
    }

    shop_tick(&shop);
    assert_int_equal(shop_ask(&shop, 0, XSELL_NO_ITEM, 4, &few), XSELL_OK);
    assert_int_equal(few.n, 4);

    for (i = 0; i < few.n; i++) {
        assert_int_equal(few.pick[i].reason, XSELL_REASON_NONE);
    }

    for (item = 7; item < 11; item++) {
        for (i = 0; i < 20; i++) {
            shop_view(&shop, visitor(100 * item + 20 + i), item);
        }
    }

    shop_tick(&shop);
    assert_int_equal(shop_ask(&shop, 0, XSELL_NO_ITEM, 4, &slate), XSELL_OK);
    assert_int_equal(slate.n, 4);

    for (i = 0; i < slate.n; i++) {
        assert_int_equal(slate.pick[i].item, few.pick[i].item);

        if (i < 2) {
            assert_int_equal(slate.pick[i].reason, XSELL_REASON_POPULAR);

        } else {
            assert_int_not_equal(slate.pick[i].reason, XSELL_REASON_POPULAR);
        }
    }

    shop_close(&shop);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(day_one_is_sensible),
        cmocka_unit_test(nothing_known_is_nothing_offered),
        cmocka_unit_test(without_consent_only_sums_are_asked),
        cmocka_unit_test(pages_without_an_item_go_by_cart_and_visit),
        cmocka_unit_test(bestsellers_are_offered_before_any_view),
        cmocka_unit_test(popular_is_said_of_what_is),
        cmocka_unit_test(a_slate_is_not_of_one_kind),
        cmocka_unit_test(equal_questions_have_equal_answers),
        cmocka_unit_test(a_list_is_a_longer_slate),
        cmocka_unit_test(a_dearer_click_is_worth_more),
        cmocka_unit_test(only_a_good_model_decides),
        cmocka_unit_test(any_memory_is_survived)
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("rank", tests, NULL, NULL);
}

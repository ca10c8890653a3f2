
/*
 * crowd_test.c.  Hazards: a list of a category that is not its most viewed
 * items; a country's taste that is everybody's, or comes from one visitor who
 * looks again and again, or from who never comes back; a taste shown to who
 * has not consented; a busy crowd that lost its place to one that was there
 * once; sums that never fade; an item whose slot was given away; half a record
 * after a kill; wild memory.
 */

#include "model_test.h"


#define CATEGORIES  8
#define EACH        40


/* items of category c: c * EACH to c * EACH + 39 */

static void
shop_of_categories(shop_t *shop, uint64_t bytes)
{
    char      *json, *p;
    uint32_t   i;

    json = malloc(CATEGORIES * EACH * 96 + 1);
    assert_non_null(json);

    for (p = json, i = 0; i < CATEGORIES * EACH; i++) {
        p += sprintf(p, "{\"id\":\"%u\",\"title\":\"T\",\"url\":\"/%u\","
                     "\"category\":\"Home > C%u\"}\n", i, i, i / EACH);
    }

    shop_open_json(shop, bytes, json);
    free(json);
}


static void
view_from(shop_t *shop, uint64_t key, uint32_t number, const char *country)
{
    xsell_event_t  ev;

    shop_event(shop, &ev, XSELL_EVENT_VIEW, key, number);
    memcpy(ev.country, country, 2);
    assert_int_equal(shop_play(shop, &ev), XSELL_OK);
}


static uint32_t
crowd(const shop_t *shop, uint32_t key, xsell_scored_t *row)
{
    xsell_crowd_t  c;

    return xsell_crowd_list(&shop->a, key, &c, row, XSELL_CROWD_ITEMS);
}


static uint32_t
category(const shop_t *shop, uint32_t number)
{
    return xsell_kind(shop->ranker, shop->cat,
                      xsell_catalog_item(shop->cat, shop_item(shop, number)))
           ->path;
}


static int
place(const shop_t *shop, const xsell_scored_t *row, uint32_t n,
    uint32_t number)
{
    uint32_t  i;

    for (i = 0; i < n; i++) {
        if (row[i].ref == shop_ref(shop, number)) {
            return (int) i;
        }
    }

    return -1;
}


static int
ask(shop_t *shop, uint64_t key, const char *country, uint32_t number,
    xsell_slate_t *slate)
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
    memcpy(q.country, country, 2);

    return xsell_rank(shop->ranker, &shop->a, &q, slate);
}


static void
a_category_has_its_most_viewed(void **state)
{
    shop_t          shop;
    uint32_t        i, k, n;
    uint64_t        key;
    xsell_slate_t   slate;
    xsell_scored_t  row[XSELL_CROWD_ITEMS];

    shop_of_categories(&shop, 4 * MB);

    /* item i of each category is viewed i times, in an order that mixes them;
       of category 0 nothing */

    key = 0;

    for (k = 0; k < EACH; k++) {
        for (i = EACH; i < CATEGORIES * EACH; i++) {
            if (i % EACH > k) {
                shop_view(&shop, visitor(key++), i);
            }
        }
    }

    assert_int_equal(crowd(&shop, category(&shop, 0), row), 0);
    n = crowd(&shop, category(&shop, EACH), row);
    assert_int_equal(n, XSELL_CROWD_ITEMS);

    for (i = 0; i < n; i++) {
        assert_int_equal(place(&shop, row, n, 2 * EACH - 1 - i), i);
        assert_true(fabsf(row[i].score - (float) (EACH - 1 - i)) < 0.1f);

        /* the best ten may be called popular */

        assert_int_equal((row[i].support >> XSELL_REASON_POPULAR) & 1,
                         i < XSELL_CROWD_ITEMS / 2);
    }

    /* and they are what is offered next to one that nobody looks at: among the
       most viewed of a category of 40, none of them near it */

    assert_int_equal(ask(&shop, visitor(1), "\0\0", 2 * EACH, &slate),
                     XSELL_OK);
    assert_int_equal(slate.n, 8);
    assert_non_null(slate_find(&shop, &slate, 3 * EACH - 1));
    assert_non_null(slate_find(&shop, &slate, 3 * EACH - 2));

    shop_validate(&shop);
    shop_close(&shop);
}


static void
a_country_has_its_own_taste(void **state)
{
    shop_t               shop;
    uint32_t             i, n;
    xsell_slate_t        de, fr, none;
    xsell_scored_t       row[XSELL_CROWD_ITEMS];
    const xsell_pick_t  *pick;

    shop_of_categories(&shop, 4 * MB);

    /* Germans like 50, the French 90, and everybody 130 */

    for (i = 0; i < 600; i++) {
        view_from(&shop, visitor(i), i % 2 ? 90 : 50, i % 2 ? "FR" : "DE");
        view_from(&shop, visitor(i), 130, i % 2 ? "FR" : "DE");
    }

    n = crowd(&shop, xsell_crowd_country("DE"), row);
    assert_int_equal(n, 2);
    assert_int_equal(place(&shop, row, n, 90), -1);
    assert_true(fabsf(row[0].score - 300) < 1);
    assert_true(row[0].support & (1u << XSELL_REASON_POPULAR));
    assert_true(row[0].support & (1u << XSELL_REASON_TRENDING));

    assert_int_equal(ask(&shop, visitor(9999), "DE", 5, &de), XSELL_OK);
    assert_int_equal(ask(&shop, visitor(9999), "FR", 5, &fr), XSELL_OK);

    /* twice its share of all views: near 1 doubling, of 32 steps */

    pick = slate_find(&shop, &de, 50);
    assert_non_null(pick);
    assert_true(pick->feature[XSELL_F_GEO] > 25);
    assert_true(pick->feature[XSELL_F_GEO] < 35);

    pick = slate_find(&shop, &de, 130);
    assert_non_null(pick);
    assert_true(abs(pick->feature[XSELL_F_GEO]) < 4);

    pick = slate_find(&shop, &fr, 90);
    assert_non_null(pick);
    assert_true(pick->feature[XSELL_F_GEO] > 25);

    /* of a country that nobody came from, and without consent: nothing */

    assert_int_equal(crowd(&shop, xsell_crowd_country("IT"), row), 0);
    assert_int_equal(ask(&shop, 0, "DE", 5, &none), XSELL_OK);
    assert_null(slate_find(&shop, &none, 50));
    assert_int_equal(ask(&shop, visitor(9999), "IT", 5, &none), XSELL_OK);
    assert_null(slate_find(&shop, &none, 50));
    assert_int_equal(ask(&shop, visitor(9999), "d3", 5, &none), XSELL_OK);
    assert_null(slate_find(&shop, &none, 50));

    /* a visit counts an item once, and only if its cookie came back */

    for (i = 0; i < 50; i++) {
        view_from(&shop, visitor(20000), 60, "DE");
    }

    n = crowd(&shop, xsell_crowd_country("DE"), row);
    assert_true(place(&shop, row, n, 60) > 0);
    assert_true(row[place(&shop, row, n, 60)].score < 1.1f);

    for (i = 0; i < 50; i++) {
        xsell_event_t  ev;

        shop_event(&shop, &ev, XSELL_EVENT_VIEW, visitor(30000 + i), 70);
        memcpy(ev.country, "DE", 2);
        ev.flags = 0;
        (void) shop_play(&shop, &ev);
    }

    n = crowd(&shop, xsell_crowd_country("DE"), row);
    assert_int_equal(place(&shop, row, n, 70), -1);

    shop_validate(&shop);
    shop_close(&shop);
}


/* decisions that share what they share don't share it over a border */

static void
bases_know_countries(void **state)
{
    shop_t         shop;
    uint32_t       i;
    xsell_slate_t  de, fr;

    shop_of_categories(&shop, 4 * MB);
    shop.settings.memory_ms = 1000;

    for (i = 0; i < 600; i++) {
        view_from(&shop, visitor(i), i % 2 ? 90 : 50, i % 2 ? "FR" : "DE");
        view_from(&shop, visitor(i), 130, i % 2 ? "FR" : "DE");
    }

    for (i = 0; i < 20; i++) {
        shop.now_ms++;
        assert_int_equal(ask(&shop, visitor(9000 + i), "DE", 130, &de),
                         XSELL_OK);
        assert_int_equal(ask(&shop, visitor(9000 + i), "FR", 130, &fr),
                         XSELL_OK);

        assert_int_equal(de.pick[0].item, shop_item(&shop, 50));
        assert_int_equal(fr.pick[0].item, shop_item(&shop, 90));
        assert_true(de.pick[0].feature[XSELL_F_GEO] > 25);
    }

    shop_close(&shop);
}


static void
sums_fade(void **state)
{
    shop_t          shop;
    uint32_t        i, n;
    xsell_scored_t  row[XSELL_CROWD_ITEMS];

    shop_of_categories(&shop, 4 * MB);

    for (i = 0; i < 100; i++) {
        view_from(&shop, visitor(i), 50, "DE");
    }

    /* a week later half of it, and no trend any more; a quarter of a year later
       it is gone with the next view */

    shop.now_ms += 7 * 24 * 3600 * 1000ull;
    view_from(&shop, visitor(200), 51, "DE");

    n = crowd(&shop, xsell_crowd_country("DE"), row);
    assert_int_equal(n, 2);
    assert_int_equal(place(&shop, row, n, 50), 0);
    assert_true(fabsf(row[0].score - 50) < 1);
    assert_int_equal(row[0].support, 1u << XSELL_REASON_POPULAR);

    shop.now_ms += 90 * 24 * 3600 * 1000ull;
    view_from(&shop, visitor(201), 52, "DE");

    n = crowd(&shop, xsell_crowd_country("DE"), row);
    assert_int_equal(n, 1);
    assert_int_equal(place(&shop, row, n, 52), 0);

    shop_close(&shop);
}


/* more countries than places: those that many are of keep theirs */

static void
the_busy_keep_their_place(void **state)
{
    char            country[2];
    shop_t          shop;
    uint32_t        i, k;
    uint64_t        key, rng;
    xsell_scored_t  row[XSELL_CROWD_ITEMS];

    shop_of_categories(&shop, 1 * MB);
    assert_int_equal(shop.a.crowds_n, XSELL_CROWDS_MIN);

    rng = 3;

    for (key = 0; key < 4000; key++) {
        k = (uint32_t) (xsell_random(&rng) % 500);
        country[0] = (char) ('A' + k / 26);
        country[1] = (char) ('A' + k % 26);

        view_from(&shop, visitor(key), 7, key % 3 ? "DE" : country);
    }

    assert_int_equal(crowd(&shop, xsell_crowd_country("DE"), row), 1);
    assert_true(row[0].score > 2500);

    for (k = 0, i = 0; i < shop.a.crowds_n; i++) {
        k += shop.a.crowds[i].key != 0;
    }

    assert_true(k > XSELL_CROWDS_MIN / 2);      /* nobody else is kept out */

    shop_validate(&shop);
    shop_close(&shop);
}


static void
another_item_gets_nothing_of_the_last(void **state)
{
    shop_t          shop;
    uint32_t        i;
    xsell_scored_t  row[XSELL_CROWD_ITEMS];

    shop_of_categories(&shop, 4 * MB);

    for (i = 0; i < 100; i++) {
        view_from(&shop, visitor(i), 50, "DE");
    }

    /* the slot's tag moves on when it is given to another item */

    shop.a.dict[shop_slot(&shop, 50)].tag++;
    shop.now_ms += 100 * 1000;
    view_from(&shop, visitor(200), 51, "DE");

    assert_int_equal(crowd(&shop, xsell_crowd_country("DE"), row), 1);
    assert_int_equal(place(&shop, row, 1, 51), 0);

    shop_close(&shop);
}


static void
half_a_record_is_emptied(void **state)
{
    shop_t          shop;
    uint32_t        i, k;
    xsell_slate_t   slate;
    xsell_crowd_t  *c;
    xsell_scored_t  row[XSELL_CROWD_ITEMS];

    shop_of_categories(&shop, 4 * MB);

    for (i = 0; i < 100; i++) {
        view_from(&shop, visitor(i), 50, "DE");
    }

    for (i = 0; shop.a.crowds[i].key != xsell_crowd_country("DE"); i++) {
        assert_true(i < shop.a.crowds_n);
    }

    c = &shop.a.crowds[i];
    c->seq |= 1;
    assert_int_equal(crowd(&shop, c->key, row), 0);

    xsell_intent_set(&shop.a, XSELL_REGION_CROWDS, i);
    xsell_recover(&shop.a);
    shop_validate(&shop);
    assert_int_equal(crowd(&shop, xsell_crowd_country("DE"), row), 0);

    view_from(&shop, visitor(200), 51, "DE");
    assert_int_equal(crowd(&shop, xsell_crowd_country("DE"), row), 1);

    /* wild numbers and references reach no slate */

    for (k = 0; k < XSELL_CROWD_ITEMS; k++) {
        c->ref[k] = UINT32_MAX - k;
        c->pop[k] = k % 3 ? k % 2 ? NAN : INFINITY : 1e20f;
        c->trend[k] = -INFINITY;
    }

    c->all = NAN;
    assert_int_equal(ask(&shop, visitor(9999), "DE", 5, &slate), XSELL_OK);

    for (k = 0; k < slate.n; k++) {
        assert_int_equal(slate.pick[k].feature[XSELL_F_GEO], 0);
    }

    view_from(&shop, visitor(300), 51, "DE");
    shop.now_ms += 100 * 1000;
    view_from(&shop, visitor(301), 51, "DE");
    assert_int_equal(ask(&shop, visitor(9999), "DE", 5, &slate), XSELL_OK);

    shop_close(&shop);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(a_category_has_its_most_viewed),
        cmocka_unit_test(a_country_has_its_own_taste),
        cmocka_unit_test(bases_know_countries),
        cmocka_unit_test(sums_fade),
        cmocka_unit_test(the_busy_keep_their_place),
        cmocka_unit_test(another_item_gets_nothing_of_the_last),
        cmocka_unit_test(half_a_record_is_emptied)
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("crowd", tests, NULL, NULL);
}

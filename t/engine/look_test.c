
/*
 * look_test.c: what the moment says, and what it decides.  Hazards: a number
 * that is told of somebody who said no; one that leaves its range and becomes
 * another one as a byte; a visitor without a record who is taken for one that
 * was just offered something; two numbers in one place of a model; a moment
 * that is learned and never asked when it is decided whether to show anything.
 */

#include "model_test.h"


static shop_t           shop;
static xsell_session_t  s;
static xsell_query_t    q;
static int8_t           term[XSELL_TERMS];


static int
setup(void **state)
{
    char      json[4096], *p;
    uint32_t  i;

    for (p = json, i = 0; i < 24; i++) {
        p += sprintf(p, "{\"id\":\"%u\",\"title\":\"Thing %u\",\"url\":\"/%u\","
                     "\"category\":\"C%u\"}\n", i, i, i, i / 12);
    }

    shop_open_json(&shop, 4 * MB, json);
    shop.settings.min_visits = 2;
    shop.now_ms = 10000000;

    memset(&s, 0, sizeof(s));
    memset(&q, 0, sizeof(q));
    s.r.key = visitor(1);
    s.idx = XSELL_NO_REF;
    q.catalog = shop.cat;
    q.settings = &shop.settings;
    q.session = &s;
    q.want = 4;
    q.now_ms = shop.now_ms;

    return 0;
}


static int
teardown(void **state)
{
    shop_close(&shop);
    return 0;
}


/* the visit saw these, newest first; the first is the page's */

static void
saw(uint32_t n, const uint32_t *number)
{
    uint32_t     i;
    xsell_ref_t  ref;

    for (i = 0; i < n; i++) {
        ref = shop_ref(&shop, number[i]);
        s.r.entry[i] = xsell_ref_slot(ref);
        s.r.tag[i] = (uint8_t) xsell_ref_tag(ref);
    }

    s.r.n = s.r.visit_n = (uint8_t) n;
    q.anchor = shop_item(&shop, number[0]);
}


static int
ask(void)
{
    int            rc;
    xsell_slate_t  slate;

    rc = xsell_rank(shop.ranker, &shop.a, &q, &slate);
    memcpy(term, slate.term, sizeof(term));

    return rc;
}


static void
pages_of_one_category(void **state)
{
    static const uint32_t  one[] = { 1, 2, 3, 13, 4 };
    static const uint32_t  other[] = { 1, 13, 2, 3 };
    static const uint32_t  many[] = { 1, 2, 3, 4, 5, 6, 7, 8 };

    saw(5, one);
    (void) ask();
    assert_int_equal(term[XSELL_TERM_STREAK], 32);

    saw(4, other);
    (void) ask();
    assert_int_equal(term[XSELL_TERM_STREAK], 0);

    saw(8, many);
    (void) ask();
    assert_int_equal(term[XSELL_TERM_STREAK], 64);

    /* a visit before is none of this one's */

    s.r.visit_n = 2;
    (void) ask();
    assert_int_equal(term[XSELL_TERM_STREAK], 16);

    /* an item that the catalogue lost meanwhile */

    s.r.tag[1]++;
    (void) ask();
    assert_int_equal(term[XSELL_TERM_STREAK], 0);
}


static void
cart_and_offers(void **state)
{
    uint32_t  i;

    static const uint32_t  pages[] = { 1, 13, 2, 3, 4, 5, 6 };

    saw(7, pages);
    (void) ask();
    assert_int_equal(term[XSELL_TERM_CART], 0);
    assert_int_equal(term[XSELL_TERM_SINCE], 0);    /* never */
    assert_int_equal(term[XSELL_TERM_IGNORED], 0);

    for (i = 1; i < 7; i++) {
        s.r.entry[i] |= XSELL_ENTRY_CART;
        (void) ask();
        assert_int_equal(term[XSELL_TERM_CART], i < 4 ? 16 * i : 64);
    }

    s.r.offer_s = (uint32_t) (q.now_ms / 1000);
    (void) ask();
    assert_in_range(term[XSELL_TERM_SINCE], 62, 64);
    s.r.offer_s -= 15;
    (void) ask();
    assert_in_range(term[XSELL_TERM_SINCE], 47, 49);
    s.r.offer_s -= 300;
    (void) ask();
    assert_int_equal(term[XSELL_TERM_SINCE], 0);
    s.r.offer_s = UINT32_MAX;                       /* later than now */
    (void) ask();
    assert_in_range(term[XSELL_TERM_SINCE], 62, 64);

    for (i = 0; i < 256; i++) {
        s.r.ignored = (uint8_t) i;
        (void) ask();
        assert_int_equal(term[XSELL_TERM_IGNORED], i < 8 ? 8 * i : 64);
    }
}


static void
where_from_and_when(void **state)
{
    int8_t    before[2];
    uint32_t  i, far;

    static const uint32_t  page[] = { 1 };
    static const int8_t    from[][2] = {
        { 0, 0 }, { 0, 0 }, { 32, 0 }, { 0, 32 }, { 0, 32 }, { 0, 32 }
    };

    saw(1, page);

    for (i = 0; i <= XSELL_REFERRER_OTHER; i++) {
        q.moment.referrer = (uint8_t) i;
        (void) ask();
        assert_int_equal(term[XSELL_TERM_SEARCH], from[i][0]);
        assert_int_equal(term[XSELL_TERM_LED], from[i][1]);
    }

    /* 12 seconds on the page before say nothing, four times as many 1 */

    for (i = 0; i < 4; i++) {
        q.moment.dwell_ms = i ? 3000u << 2 * (i - 1) : 0;
        (void) ask();
        assert_int_equal(term[XSELL_TERM_DWELL], i ? 32 * (int) (i - 2) : 0);
    }

    for (i = 0; i < 3; i++) {
        q.moment.back = i == 1;
        (void) ask();
        assert_int_equal(term[XSELL_TERM_BACK], i == 1 ? 32 : 0);
    }

    /* a circle: each hour is as far from the next one, midnight too */

    q.moment.hour = 23;
    (void) ask();
    memcpy(before, &term[XSELL_TERM_HOUR], 2);

    for (i = 0; i < 256; i++) {
        q.moment.hour = (uint8_t) i;
        (void) ask();
        far = (uint32_t) ((term[XSELL_TERM_HOUR] - before[0])
                          * (term[XSELL_TERM_HOUR] - before[0])
                          + (term[XSELL_TERM_HOUR + 1] - before[1])
                            * (term[XSELL_TERM_HOUR + 1] - before[1]));
        assert_in_range(far, i % 24 || i == 0 ? 50 : 0, 400);
        memcpy(before, &term[XSELL_TERM_HOUR], 2);
    }
}


static void
countries_differ(void **state)
{
    int8_t    code[8][4];
    uint32_t  i, k, same;

    static const uint32_t    page[] = { 1 };
    static const char *const  country[] = {
        "DE", "FR", "US", "GB", "IT", "ES", "NL", "PL"
    };

    saw(1, page);
    (void) ask();

    for (k = 0; k < 4; k++) {
        assert_int_equal(term[XSELL_TERM_COUNTRY + k], 0);
    }

    for (i = 0; i < 8; i++) {
        memcpy(q.country, country[i], 2);
        (void) ask();
        memcpy(code[i], &term[XSELL_TERM_COUNTRY], 4);
    }

    for (same = 0, i = 0; i < 8; i++) {
        for (k = 0; k < i; k++) {
            same += memcmp(code[i], code[k], 4) == 0;
        }
    }

    assert_true(same <= 4);
}


/* what is told is what was decided with */

static void
told_as_it_was(void **state)
{
    uint32_t      i;
    xsell_told_t  told;

    static const uint32_t  pages[] = { 1, 2, 3, 13, 4, 5, 6 };

    for (i = 1; i < 8; i++) {
        saw(i, pages);
        s.r.ignored = (uint8_t) i;
        s.r.entry[i - 1] |= XSELL_ENTRY_CART;
        s.r.offer_s = (uint32_t) (q.now_ms / 1000) - 30 * (i - 1);
        q.moment.mobile = q.moment.back = i % 2;
        (void) ask();
        xsell_look_tell(term, &told);
        assert_int_equal(told.depth, i < 6 ? i : 6);
        assert_int_equal(told.streak, i < 3 ? i - 1 : 2);
        assert_int_equal(told.cart, 1);
        assert_int_equal(told.ignored, i);
        assert_in_range(told.since_s, 27 * (i - 1), 33 * (i - 1) + 1);
        assert_int_equal(told.mobile, i % 2);
        assert_int_equal(told.back, i % 2);
        assert_int_equal(told.country, 0);
    }

    memcpy(q.country, "DE", 2);
    s.r.offer_s = 0;
    (void) ask();
    xsell_look_tell(term, &told);
    assert_int_equal(told.country, 1);
    assert_int_equal(told.since_s, 0);
}


/* who said no has no moment, whatever the caller knows */

static void
nothing_of_who_said_no(void **state)
{
    uint32_t  i;

    q.session = NULL;
    q.anchor = shop_item(&shop, 1);
    q.moment.hour = 20;
    q.moment.referrer = XSELL_REFERRER_SEARCH;
    memcpy(q.country, "DE", 2);
    (void) ask();

    for (i = XSELL_TERM_STREAK; i < XSELL_TERMS; i++) {
        assert_int_equal(term[i], 0);
    }
}


/* each number has a place of its own in both models */

static void
no_two_in_one_place(void **state)
{
    float     zero[XSELL_LOOKS], one[XSELL_LOOKS];
    uint32_t  i, k, n, where[XSELL_TERMS];
    int8_t    t[XSELL_TERMS];

    for (i = 0; i < XSELL_TERMS; i++) {
        memset(t, 0, sizeof(t));
        xsell_leave_features(t, 0, 0, 0, zero);
        t[i] = 16;
        xsell_leave_features(t, 0, 0, 0, one);

        for (n = 0, k = 0; k < XSELL_LEAVES; k++) {
            if (one[k] != zero[k]) {
                where[i] = k;
                n++;
            }
        }

        assert_int_equal(n, 1);

        for (k = 0; k < i; k++) {
            assert_int_not_equal(where[k], where[i]);
        }
    }

    memset(t, 0, sizeof(t));
    xsell_look_features(t, 0, zero);
    xsell_leave_features(t, 1, 0, 0, one);
    assert_true(zero[0] == 1 && one[0] == 1);
    assert_true(one[XSELL_LEAVE_SHOWN] == 1);
}


/* what was learned of a moment: with those who ignored eight offers in a row
   another one drives away, and a first one does not; so with those who came
   back to the page */

static void
it_decides_whether_to_show(void **state)
{
    uint32_t       i, learned;
    xsell_model_t  m;
    xsell_slate_t  slate;

    static const uint8_t   arms[] = { 0 };
    static const uint32_t  page[] = { 1, 2 };

    for (i = 0; i < 4; i++) {
        shop_view(&shop, visitor(50 + i), 1);
        shop_view(&shop, visitor(50 + i), 3);
    }

    xsell_weights_prior(&m);
    m.updates = 1;

    /* its products with "shown" stand at the end, in the terms' order */

    learned = XSELL_LEAVE_STATE + XSELL_TERMS - XSELL_TERM_STREAK
              - XSELL_TERM_STREAK;
    m.leave[learned + XSELL_TERM_IGNORED] = 4;
    m.leave[learned + XSELL_TERM_BACK] = 8;
    xsell_weights_put(&shop.a, &m);

    saw(2, page);
    q.arms = arms;
    q.arms_n = 1;
    q.may_hide = 1;
    q.policy = XSELL_RANK_GREEDY;
    shop.settings.leaving = 2;      /* clicks that a visitor who goes costs */

    s.r.ignored = 0;
    assert_int_equal(xsell_rank(shop.ranker, &shop.a, &q, &slate), XSELL_OK);
    assert_true(slate.leave < .5f);

    s.r.ignored = 8;
    assert_int_equal(xsell_rank(shop.ranker, &shop.a, &q, &slate),
                     XSELL_NONE);
    assert_int_equal(slate.arm, XSELL_ARM_NONE);
    assert_true(slate.flags & XSELL_IMP_HIDDEN);

    s.r.ignored = 0;
    q.moment.back = 1;
    assert_int_equal(xsell_rank(shop.ranker, &shop.a, &q, &slate),
                     XSELL_NONE);
}


/* decisions of the same second share a draw where they may; else each has its
   own, and a model that was published meanwhile is drawn from at once */

static void
draws_are_shared(void **state)
{
    float          first;
    xsell_model_t  m;

    static const uint8_t   arms[] = { 0, 1 };
    static const uint32_t  page[] = { 1, 2 };

    xsell_weights_prior(&m);
    m.updates = 1;
    xsell_weights_put(&shop.a, &m);
    saw(2, page);
    q.arms = arms;
    q.arms_n = 2;

    /* seeds that are not tossed for */

    shop.settings.memory_ms = 1000;
    q.seed = 1;
    (void) ask();
    first = shop.ranker->look[5];
    q.seed = 2;
    q.now_ms += 900;
    (void) ask();
    assert_true(shop.ranker->look[5] == first);

    q.now_ms += 200;
    (void) ask();
    assert_true(shop.ranker->look[5] != first);

    first = shop.ranker->look[5];
    xsell_weights_put(&shop.a, &m);
    q.seed = 3;
    (void) ask();
    assert_true(shop.ranker->look[5] != first);

    first = shop.ranker->look[5];
    shop.settings.memory_ms = 0;
    q.seed = 4;
    (void) ask();
    assert_true(shop.ranker->look[5] != first);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(pages_of_one_category, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(cart_and_offers, setup, teardown),
        cmocka_unit_test_setup_teardown(where_from_and_when, setup, teardown),
        cmocka_unit_test_setup_teardown(countries_differ, setup, teardown),
        cmocka_unit_test_setup_teardown(told_as_it_was, setup, teardown),
        cmocka_unit_test_setup_teardown(nothing_of_who_said_no, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(no_two_in_one_place, setup, teardown),
        cmocka_unit_test_setup_teardown(it_decides_whether_to_show, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(draws_are_shared, setup, teardown)
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("look", tests, NULL, NULL);
}

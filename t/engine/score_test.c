
/*
 * score_test.c.  Hazards: scores that are made for four rows at a time are
 * not those that the rows' features give, so picks are explained, and learned
 * from, by other numbers than those that chose them; a row behind the last
 * four is left out or counted twice; NaN and wild sums in shared memory win;
 * what was seen, or may not be offered, is scored as if it was not; of equal
 * scores too many or too few are kept.
 */

#include "model_test.h"


#define ITEMS  61               /* no multiple of four */


/* prices, brands and categories, some of them missing */

static void
open_shop(shop_t *shop)
{
    char           json[ITEMS * 200], *p;
    uint32_t       i, k;
    xsell_event_t  ev;

    for (p = json, i = 0; i < ITEMS; i++) {
        p += sprintf(p, "{\"id\":\"%u\",\"title\":\"T\",\"url\":\"/%u\"", i,
                     i);

        if (i % 7) {
            p += sprintf(p, ",\"price\":\"%u.50\",\"currency\":\"EUR\"",
                         1 + i * i % 97);
        }

        if (i % 5) {
            p += sprintf(p, ",\"category\":\"c%u\"", i % 3);
        }

        if (i % 4) {
            p += sprintf(p, ",\"brand\":\"b%u\"", i % 6);
        }

        p += sprintf(p, "}\n");
    }

    shop_open_json(shop, 2 * MB, json);
    shop->settings.min_visits = 1;

    for (i = 0; i < 40; i++) {
        for (k = 0; k < 1 + i % 9; k++) {
            shop_event(shop, &ev, XSELL_EVENT_VIEW, visitor(i),
                       (i * 7 + k * 5) % ITEMS);
            memcpy(ev.country, i % 3 ? "FR" : "DE", 2);
            assert_int_equal(shop_play(shop, &ev), XSELL_OK);
        }

        shop->now_ms += 3600 * 1000;
    }

    shop_tick(shop);
}


/* what others may have left in the zone */

static void
wild_sums(shop_t *shop)
{
    uint32_t  i;
    float    *p[3];

    static const float  wild[] = { NAN, INFINITY, -INFINITY, -1, 0, 1e-30f,
                                   1e29f, 3 };

    for (i = 0; i < ITEMS; i++) {
        p[0] = &shop->a.items[shop_slot(shop, i)].pop;
        p[1] = &shop->a.items[shop_slot(shop, i)].trend;
        p[2] = &shop->a.items[shop_slot(shop, i)].sold;

        *p[i % 3] = wild[i % 8];

        if (i % 11 == 0) {
            shop->a.items[shop_slot(shop, i)].carts_tag ^= 1u << 24;
        }
    }
}


/* every row that is kept, for visitors who saw something */

static void
compare_rows(shop_t *shop, int learned)
{
    float                     score;
    uint32_t                  i, n, anchor, rows, liked, before;
    xsell_query_t             q;
    xsell_rules_t             rules;
    xsell_session_t           s;
    xsell_ranker_t           *r;
    const xsell_candidate_t  *c;

    r = shop->ranker;
    rows = 0;
    liked = 0;
    before = 0;
    r->weight[XSELL_F_BEFORE] = 0.4f;

    for (anchor = 0; anchor < ITEMS; anchor++) {
        memset(&q, 0, sizeof(q));
        q.catalog = shop->cat;
        q.settings = &shop->settings;
        q.anchor = anchor ? shop_item(shop, anchor) : XSELL_NO_ITEM;
        q.want = 3 + anchor % 10;
        q.now_ms = shop->now_ms;
        q.moment.dwell_ms = 3000;
        memcpy(q.country, "DE", 2);

        assert_int_equal(xsell_session_read(&shop->a, visitor(anchor % 40),
                                            &s),
                         XSELL_OK);
        q.session = &s;

        r->learned = learned;
        r->draws = 0;
        memcpy(r->theta, r->weight, sizeof(r->theta));

        xsell_basis_build(&r->basis, &shop->a, &q);
        xsell_candidates_gather(r, &shop->a, &q);
        xsell_rules_init(&rules, &q, r->basis.lead);

        n = xsell_score_list(r, &shop->a, &q, &rules);
        assert_int_equal(n, r->choice.n);
        rows += n;

        for (i = 0; i < n; i++) {
            c = &r->candidates.row[r->shortlist[i].ref];
            liked += c->feature[XSELL_F_GEO] != 0;
            before += c->feature[XSELL_F_BEFORE] > 0;
            score = xsell_dot(r->fold, c->feature, XSELL_ROW_FEATURES)
                    + c->residual;

            assert_true(c->item != q.anchor);
            assert_float_equal(r->shortlist[i].score, score, 1e-4);
            assert_float_equal(c->score, score, 1e-4);
            assert_true(i == 0 || r->shortlist[i].score
                                  <= r->shortlist[i - 1].score);
        }
    }

    assert_true(rows > 10 * ITEMS);
    assert_true(liked > ITEMS);
    assert_true(before > ITEMS);
}


static void
four_say_what_features_say(void **state)
{
    shop_t    shop;
    uint32_t  i;

    open_shop(&shop);
    compare_rows(&shop, 0);

    for (i = 0; i < ITEMS; i++) {
        shop.a.items[shop_slot(&shop, i)].resid_mean = (float) (i % 9) / 8;
        shop.a.items[shop_slot(&shop, i)].resid_prec = 3;
    }

    compare_rows(&shop, 1);

    wild_sums(&shop);
    compare_rows(&shop, 1);

    shop_close(&shop);
}


/* by the score that as many reach, the first of those that share it */

static void
as_many_as_wanted_are_kept(void **state)
{
    float     score[200];
    uint32_t  i, j, k, n, max, kept, better;
    uint16_t  place[XSELL_SHORTLIST];
    uint64_t  random;

    random = 7;

    for (n = 0; n < 200; n += 7) {
        for (max = 16; max <= XSELL_SHORTLIST; max += 16) {
            for (i = 0; i < n; i++) {
                score[i] = (float) (xsell_random(&random) % (1 + n / 9)) - 5;
            }

            kept = xsell_scores_select(score, n, max, place);
            assert_int_equal(kept, n < max ? n : max);

            for (i = 0, k = 0; i < n; i++) {
                for (better = 0, j = 0; j < n; j++) {
                    better += score[j] > score[i]
                              || (score[j] == score[i] && j < i);
                }

                if (better < max) {
                    assert_int_equal(place[k++], i);
                }
            }

            assert_int_equal(k, kept);
        }
    }
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(four_say_what_features_say),
        cmocka_unit_test(as_many_as_wanted_are_kept)
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("score", tests, NULL, NULL);
}

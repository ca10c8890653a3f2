
/*
 * toss_test.c.  Hazards: an item that nobody was shown never gets a place; the
 * propensity that is stored is not how often the row comes; a tossed row is
 * one that may not be offered; there is more of it than one decision of 40.
 */

#include "model_test.h"


#define ITEMS      16
#define FEW        3            /* 1 .. 3 were shown 49 times, or never */
#define SHOWN      50
#define DECISIONS  40000

/* variants: 0, which is the page's, and 11; 12 and 13 */

#define VARIANT    11
#define TWIN       12
#define GONE       14           /* out of stock */
#define CART       15
#define ALONE(i)   ((i) > 0 && (i) < VARIANT)


static void
shop_items(shop_t *shop)
{
    char      json[ITEMS * 120], *p;
    uint32_t  i;

    for (p = json, i = 0; i < ITEMS; i++) {
        p += sprintf(p, "{\"id\":\"%u\",\"title\":\"T\",\"url\":\"/%u\","
                     "\"category\":\"c\"%s%s}\n", i, i,
                     i == 0 || i == VARIANT ? ",\"group\":\"g\""
                     : i == TWIN || i == TWIN + 1 ? ",\"group\":\"h\"" : "",
                     i == GONE ? ",\"availability\":\"out of stock\"" : "");
    }

    shop_open_json(shop, 4 * MB, json);
    shop_view(shop, visitor(1), CART);
    shop_cart(shop, visitor(1), CART);
}


static void
show(shop_t *shop, uint32_t number, uint32_t times)
{
    xsell_event_t  ev;

    while (times--) {
        shop_event(shop, &ev, XSELL_EVENT_IMPRESSION, visitor(2),
                   XSELL_NO_ITEM);
        ev.n = 1;
        ev.others[0] = shop_ref(shop, number);
        assert_int_equal(shop_play(shop, &ev), XSELL_OK);
    }
}


/* something was learned */

static void
publish(shop_t *shop)
{
    xsell_model_t  *m;

    m = &shop->a.models[++shop->a.header->generation & 1];
    xsell_weights_prior(m);
    m->updates = 1;
    m->sum = xsell_weights_sum(m);
}


typedef struct {
    uint32_t  tossed;
    uint32_t  came[ITEMS];
    uint32_t  could[ITEMS];     /* stand there, by the rest of the slate */
    double    estimate[ITEMS];  /* of that, by what came: the sum of 1/p */
    double    variance[ITEMS];
} seen_t;


static void
count(const shop_t *shop, const xsell_slate_t *slate, seen_t *seen)
{
    double    p;
    uint32_t  i, k, at, came;

    if (slate->explored == 0) {
        return;
    }

    seen->tossed++;
    at = slate->explored - 1u;
    came = slate->pick[at].item;
    p = slate->pick[at].propensity / 65535.0;

    assert_true(p > 0 && p <= 1);
    seen->came[came]++;
    seen->estimate[came] += 1 / p;
    seen->variance[came] += (1 / p - 1) / p;

    for (i = 0; i < shop->items; i++) {

        for (k = 0; k < slate->n && (k == at || slate->pick[k].item != i); ) {
            k++;
        }

        seen->could[i] += k == slate->n;
    }
}


static void
allowed(const xsell_slate_t *slate)
{
    uint32_t  i, k, item, twins;

    for (twins = 0, i = 0; i < slate->n; i++) {
        item = slate->pick[i].item;

        assert_true(item != 0 && item != VARIANT && item != GONE
                    && item != CART);
        twins += item == TWIN || item == TWIN + 1;

        for (k = 0; k < i; k++) {
            assert_true(slate->pick[k].item != item);
        }
    }

    assert_true(twins <= 1);
}


static void
decide(shop_t *shop, uint32_t want, seen_t *seen)
{
    uint32_t         i;
    xsell_query_t    q;
    xsell_slate_t    slate;
    xsell_session_t  s;

    memset(seen, 0, sizeof(*seen));
    memset(&q, 0, sizeof(q));
    assert_int_equal(xsell_session_read(&shop->a, visitor(1), &s), XSELL_OK);

    q.catalog = shop->cat;
    q.settings = &shop->settings;
    q.session = &s;
    q.want = want;
    q.now_ms = shop->now_ms;

    for (i = 0; i < DECISIONS; i++) {
        q.seed = visitor(i);
        assert_int_equal(xsell_rank(shop->ranker, &shop->a, &q, &slate),
                         XSELL_OK);
        allowed(&slate);
        count(shop, &slate, seen);
    }
}


static void
share(const seen_t *seen)
{
    assert_true(seen->tossed > DECISIONS * .02
                && seen->tossed < DECISIONS * .03);
}


/* a row comes as often as is stored with it */

static void
exact(const seen_t *seen)
{
    uint32_t  i;

    for (i = 0; i < ITEMS; i++) {
        if (ALONE(i)) {
            assert_true(seen->came[i] > 0);
            assert_true(fabs(seen->estimate[i] - seen->could[i])
                        < 4 * sqrt(seen->variance[i]));
        }
    }
}


static double
few_came(const seen_t *seen)
{
    uint32_t  i, n;

    for (n = 0, i = 1; i <= FEW; i++) {
        n += seen->came[i];
    }

    return (double) n / seen->tossed;
}


static void
what_was_shown_little_has_its_places(void **state)
{
    double    few;
    shop_t    shop;
    seen_t    seen;
    uint32_t  i, k;

    /* the long way, and what visitors share; a place, and several */

    for (k = 0; k < 4; k++) {
        shop_items(&shop);
        publish(&shop);
        shop.settings.memory_ms = k & 1 ? 1000 : 0;

        for (i = 0; i < ITEMS; i++) {
            show(&shop, i, i > FEW ? SHOWN : i == FEW ? SHOWN - 1 : 0);
        }

        decide(&shop, k & 2 ? 5 : 1, &seen);
        share(&seen);
        exact(&seen);

        /* .5, and .5 * 3 of the 12 that there are */

        few = few_came(&seen);
        assert_true(few > .57 && few < .68);

        shop_close(&shop);
    }
}


/* all were, or none: any row is as likely as the others */

static void
else_all_are_equal(void **state)
{
    double    few;
    shop_t    shop;
    seen_t    seen;
    uint32_t  i, k;

    for (k = 0; k < 2; k++) {
        shop_items(&shop);
        publish(&shop);

        for (i = 0; k && i < ITEMS; i++) {
            show(&shop, i, SHOWN);
        }

        decide(&shop, 1, &seen);
        share(&seen);
        exact(&seen);

        few = few_came(&seen);
        assert_true(few > .2 && few < .3);

        shop_close(&shop);
    }
}


/* a record that is still of what was in the slot before says nothing, and a
   wild one is a number */

static void
records_of_others_do_not_count(void **state)
{
    shop_t    shop;
    seen_t    seen;
    uint32_t  i;

    shop_items(&shop);
    publish(&shop);

    for (i = 0; i < ITEMS; i++) {
        show(&shop, i, SHOWN);
    }

    shop.a.items[shop_slot(&shop, 3)].carts_tag ^= 1u << 24;
    shop.a.items[shop_slot(&shop, 4)].impressions = UINT32_MAX;

    decide(&shop, 1, &seen);
    exact(&seen);
    assert_true(seen.came[3] > seen.tossed * .45);
    assert_true(seen.came[4] < seen.tossed * .05);

    shop_close(&shop);
}


static void
nothing_is_tossed_for_before_anything_is_learned(void **state)
{
    shop_t  shop;
    seen_t  seen;

    shop_items(&shop);
    decide(&shop, 5, &seen);
    assert_int_equal(seen.tossed, 0);
    shop_close(&shop);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(what_was_shown_little_has_its_places),
        cmocka_unit_test(else_all_are_equal),
        cmocka_unit_test(records_of_others_do_not_count),
        cmocka_unit_test(nothing_is_tossed_for_before_anything_is_learned)
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("toss", tests, NULL, NULL);
}


/*
 * arena_life_test.c.  Hazards: a size of the zone at which some region has one
 * record, or none, and somebody divides by it; a full table that stops a shop;
 * two runs over the same log that differ; a model, its residuals or its caps
 * that are left out of all that.  An arena of every size from the smallest on is
 * driven through a whole life: catalogue, views, offers in several templates or
 * none, clicks, carts, orders, a new catalogue, a snapshot and what comes after
 * it.
 */

#include "model_test.h"


#define LIFE_ITEMS   300
#define LIFE_EVENTS  600


/* items from..from + n, with what rules and sources go by */

static void
life_catalog(shop_t *shop, uint32_t from, uint32_t n, uint32_t number)
{
    char           *json, *p;
    uint32_t        i, unmapped;
    xsell_error_t   err;

    json = malloc(n * 160 + 1);
    assert_non_null(json);

    for (p = json, i = from; i < from + n; i++) {
        p += sprintf(p, "{\"id\":\"%u\",\"title\":\"Thing %u\",\"url\":"
                     "\"/%u\",\"category\":\"C%u\",\"price\":\"%u EUR\"}\n",
                     i, i % 20, i, i % 7, i + 1);
    }

    xsell_catalog_destroy(shop->cat);
    assert_int_equal(xsell_catalog_create(&shop->cat, json, strlen(json),
                                          NULL, NULL, &err), XSELL_OK);
    assert_int_equal(xsell_content_build(shop->cat), XSELL_OK);

    /* more than the zone holds is a normal state */

    assert_int_equal(xsell_catalog_map(shop->cat, &shop->a, number,
                                       shop->now_ms, &unmapped), XSELL_OK);
    shop->items = n;
    free(json);
}


/* of the whole life: whether the model was there at all */

typedef struct {
    uint32_t  shown;
    uint32_t  hidden;
    uint32_t  looks;            /* bit per template */
    uint32_t  tossed;
    uint64_t  updates;
    uint64_t  capped;
    uint32_t  residuals;
    uint32_t  pairs;
} life_t;


static int
life_ask(shop_t *shop, uint64_t key, uint32_t number, uint64_t bits,
    xsell_slate_t *slate)
{
    xsell_query_t    q;
    xsell_session_t  s;

    static const uint8_t  arms[] = { 0, 1, 6, 15 };

    memset(&q, 0, sizeof(q));
    q.catalog = shop->cat;
    q.settings = &shop->settings;
    q.anchor = shop_item(shop, number);
    q.want = 6;
    q.now_ms = shop->now_ms;
    q.seed = bits;
    q.arms = arms;
    q.arms_n = sizeof(arms);
    q.may_hide = 1;
    q.moment.mobile = bits >> 40 & 1;
    q.moment.dwell_ms = (uint32_t) (bits >> 41) & 0xffff;
    q.moment.hour = (bits >> 57) % 24;
    q.moment.referrer = (bits >> 50) % (XSELL_REFERRER_OTHER + 1);
    memcpy(q.country, bits >> 60 & 1 ? "DE" : "FR", 2);

    if (xsell_session_read(&shop->a, key, &s) == XSELL_OK) {
        q.session = &s;
    }

    return xsell_rank(shop->ranker, &shop->a, &q, slate);
}


static void
life_offer(shop_t *shop, life_t *life, uint64_t key, uint32_t number,
    uint64_t bits)
{
    int                 rc;
    xsell_slate_t       slate;
    xsell_event_t       ev;
    xsell_impression_t  imp, seen;

    rc = life_ask(shop, key, number, bits, &slate);

    if (rc != XSELL_OK && slate.arm != XSELL_ARM_NONE) {
        return;
    }

    life->shown += rc == XSELL_OK;
    life->hidden += rc != XSELL_OK;
    life->looks |= rc == XSELL_OK ? 1u << slate.arm : 0;
    life->tossed += slate.explored != 0;

    memset(&imp, 0, sizeof(imp));
    imp.session = key;
    imp.time_ms = shop->now_ms;
    imp.anchor = XSELL_NO_REF;
    xsell_impression_fill(&imp, &slate);

    shop_event(shop, &ev, XSELL_EVENT_IMPRESSION, key, XSELL_NO_ITEM);
    ev.impression = xsell_impression_open(&shop->a, &imp);
    ev.others[0] = imp.row[0].ref;
    ev.n = imp.n ? 1 : 0;

    if (imp.n) {
        (void) shop_play(shop, &ev);
    }

    if (imp.n && bits % 2
        && xsell_impression_click(&shop->a, ev.impression, 0, shop->now_ms,
                                  &seen)
           == XSELL_OK)
    {
        bits = ev.impression;
        shop_event(shop, &ev, XSELL_EVENT_CLICK, key, XSELL_NO_ITEM);
        ev.item = imp.row[0].ref;
        ev.impression = bits;
        ev.network = 1 + key % 3;       /* three, so that shares are used up */
        (void) shop_play(shop, &ev);
    }
}


/* adds what a life has left in its arena */

static void
life_sum(const shop_t *shop, life_t *life)
{
    uint32_t  i;

    life->updates += shop->a.learner->work.updates;
    life->capped += shop->a.counters->dropped[XSELL_DROP_REWARD_CAPPED];

    for (i = 0; i < shop->a.items_n; i++) {
        life->residuals += shop->a.items[i].resid_prec != 0;
    }

    for (i = 0; i < shop->a.affinity_n; i++) {
        life->pairs += shop->a.affinity[i].precision != 0;
    }
}


/* n events, from a seed */

static void
life_live(shop_t *shop, life_t *life, uint32_t n, uint64_t seed)
{
    uint32_t       i, number, line[2];
    uint64_t       bits, key;
    xsell_event_t  ev;

    for (i = 0; i < n; i++) {
        bits = xsell_random(&seed);
        key = visitor(bits % 90);
        number = (uint32_t) (bits >> 32) % LIFE_ITEMS;

        if (shop_ref(shop, number) == XSELL_NO_REF) {
            continue;               /* no slot: not in the zone */
        }

        switch (i % 12) {

        case 5:
            shop_event(shop, &ev, XSELL_EVENT_CART, key, number);
            (void) shop_play(shop, &ev);
            break;

        case 9:
            line[0] = line[1] = number;
            (void) shop_order(shop, key, i + 1, line, 1 + i % 2);
            break;

        case 11:
            shop_tick(shop);
            break;

        default:
            shop_event(shop, &ev, XSELL_EVENT_VIEW, key, number);
            (void) shop_play(shop, &ev);
            life_offer(shop, life, key, number, xsell_random(&seed));
        }
    }
}


/* into an arena of another size; returns the snapshot's length */

static size_t
life_move(const shop_t *from, shop_t *to, uint64_t bytes)
{
    int                     rc;
    size_t                  n, all, room;
    uint8_t                *out;
    uint64_t                left_out;
    xsell_error_t           err;
    xsell_snapshot_t       *s;
    xsell_snapshot_info_t   info;

    room = 16 * MB;
    out = malloc(room);
    assert_non_null(out);
    all = 0;
    memset(&err, 0, sizeof(err));

    assert_int_equal(xsell_snapshot_create(&s, from->a.base, from->a.bytes,
                                           from->now_ms, &err), XSELL_OK);

    do {
        assert_true(all + 65536 <= room);
        rc = xsell_snapshot_next(s, out + all, 65536, &n);
        all += n;
    } while (rc == XSELL_AGAIN);

    assert_int_equal(rc, XSELL_OK);
    xsell_snapshot_destroy(s);

    memset(to, 0, sizeof(*to));
    to->now_ms = from->now_ms;
    shop_arena(&to->a, bytes);
    xsell_settings_default(&to->settings);
    assert_int_equal(xsell_ranker_create(&to->ranker), XSELL_OK);

    if (xsell_snapshot_load(&to->a, out, all, 0, &info, &left_out, &err)
        != XSELL_OK)
    {
        fail_msg("%u bytes: %s", (unsigned) bytes, err.text);
    }

    free(out);

    return all;
}


static void
life_open(shop_t *shop, uint64_t bytes)
{
    memset(shop, 0, sizeof(*shop));
    shop->now_ms = 1000;
    shop_arena(&shop->a, bytes);
    xsell_settings_default(&shop->settings);
    shop->settings.min_visits = 2;
    assert_int_equal(xsell_ranker_create(&shop->ranker), XSELL_OK);
    life_catalog(shop, 0, LIFE_ITEMS, 1);
}


static void
every_size_lives(void **state)
{
    life_t    life;
    shop_t    shop, moved;
    uint64_t  bytes;

    memset(&life, 0, sizeof(life));

    /* odd steps: other remainders of every share */

    for (bytes = MB; bytes < 12 * MB; bytes += bytes / 7 / 4096 * 4096) {
        life_open(&shop, bytes);
        life_live(&shop, &life, LIFE_EVENTS, bytes);
        shop_validate(&shop);

        life_catalog(&shop, LIFE_ITEMS / 2, LIFE_ITEMS, 2);
        life_live(&shop, &life, LIFE_EVENTS / 4, bytes + 1);
        shop_validate(&shop);
        life_sum(&shop, &life);

        (void) life_move(&shop, &moved, bytes > 2 * MB ? bytes / 2 : 2 * bytes);
        shop_validate(&moved);
        life_catalog(&moved, LIFE_ITEMS / 2, LIFE_ITEMS, 3);
        life_live(&moved, &life, LIFE_EVENTS / 4, bytes + 2);
        shop_validate(&moved);
        life_sum(&moved, &life);

        shop_close(&moved);
        shop_close(&shop);
    }

    print_message("# shown %u, hidden %u, tossed %u, %llu rows learned, %llu "
                  "capped, residuals of %u items, %u pairs\n", life.shown,
                  life.hidden, life.tossed,
                  (unsigned long long) life.updates,
                  (unsigned long long) life.capped, life.residuals,
                  life.pairs);

    assert_int_equal(life.looks, 0xf);
    assert_true(life.hidden > 0 && life.tossed > 0);
    assert_true(life.updates > life.shown);
    assert_true(life.capped > 0);
    assert_true(life.residuals > 0 && life.pairs > 0);
}


/* all regions, and what the learner keeps in the header */

static void
the_same_log_gives_the_same_bytes(void **state)
{
    life_t                 life;
    shop_t                 a, b;
    uint32_t               r;
    const xsell_region_t  *x, *y;

    memset(&life, 0, sizeof(life));
    life_open(&a, 4 * MB);
    life_live(&a, &life, 4 * LIFE_EVENTS, 7);
    life_open(&b, 4 * MB);
    life_live(&b, &life, 4 * LIFE_EVENTS, 7);

    assert_true(a.a.learner->work.updates > 100);
    assert_true(life.hidden > 0);

    for (r = 0; r < XSELL_REGIONS; r++) {
        x = &a.a.header->region[r];
        y = &b.a.header->region[r];

        assert_memory_equal(x, y, sizeof(*x));

        if (memcmp(a.a.base + x->off, b.a.base + y->off,
                   x->count * x->stride) != 0)
        {
            fail_msg("region %u differs", r);
        }
    }

    assert_int_equal(a.a.header->rng, b.a.header->rng);
    assert_int_equal(a.a.header->generation, b.a.header->generation);
    assert_int_equal(a.a.header->applied, b.a.header->applied);

    shop_close(&a);
    shop_close(&b);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(every_size_lives),
        cmocka_unit_test(the_same_log_gives_the_same_bytes)
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("arena life", tests, NULL, NULL);
}

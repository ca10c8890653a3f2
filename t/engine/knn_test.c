
/*
 * knn_test.c.  Hazards: a visit that ended a second ago is not yet seen; one
 * or two visits reveal what somebody looked at; a visitor is his own
 * neighbour; a session record that was given to somebody else speaks for its
 * former owner; hot items lose their history or get another item's; an index
 * out of range in shared memory is followed.
 */

#include "model_test.h"


static void
three_visits_are_enough_at_once(void **state)
{
    shop_t               shop;
    uint32_t             i;
    xsell_slate_t        slate;
    const xsell_pick_t  *pick;

    shop_open(&shop, 2 * MB, 100);

    for (i = 1; i <= 3; i++) {

        assert_int_equal(shop_ask(&shop, visitor(99), 1, 4, &slate),
                         XSELL_NONE);

        shop_view(&shop, visitor(i), 1);
        shop_view(&shop, visitor(i), 2);
    }

    shop_view(&shop, visitor(99), 1);
    assert_int_equal(shop_ask(&shop, visitor(99), 1, 4, &slate), XSELL_OK);
    assert_int_equal(slate.n, 1);

    pick = slate_find(&shop, &slate, 2);
    assert_non_null(pick);
    assert_int_equal(pick->reason, XSELL_REASON_VIEWED);
    assert_int_equal(pick->ref, shop_ref(&shop, 2));
    assert_int_equal(pick->propensity, 0xffff);
    assert_true(pick->feature[XSELL_F_KNN] > 0);

    shop_validate(&shop);
    shop_close(&shop);
}


static void
support_is_a_setting(void **state)
{
    shop_t         shop;
    uint32_t       i;
    xsell_slate_t  slate;

    shop_open(&shop, 2 * MB, 100);

    for (i = 1; i <= 2; i++) {
        shop_view(&shop, visitor(i), 1);
        shop_view(&shop, visitor(i), 2);
    }

    assert_int_equal(shop_ask(&shop, visitor(99), 1, 4, &slate), XSELL_NONE);

    shop.settings.min_visits = 2;
    assert_int_equal(shop_ask(&shop, visitor(99), 1, 4, &slate), XSELL_OK);
    assert_non_null(slate_find(&shop, &slate, 2));

    shop_close(&shop);
}


/* the same visitor again and again is one visit's evidence in the index */

static void
one_visitor_is_one_neighbour(void **state)
{
    shop_t    shop;
    uint32_t  i, k;
    uint32_t  place[XSELL_POSTING_MAX];

    shop_open(&shop, 2 * MB, 100);

    for (i = 1; i <= 2; i++) {
        for (k = 0; k < 5; k++) {
            shop.now_ms += 20000;
            shop_view(&shop, visitor(i), 1);
            shop.now_ms += 20000;
            shop_view(&shop, visitor(i), 2);
        }
    }

    assert_int_equal(xsell_posting_copy(&shop.a, shop_slot(&shop, 1),
                                        XSELL_POSTING_MAX, place), 2);
    assert_int_equal(xsell_posting_copy(&shop.a, shop_slot(&shop, 2),
                                        XSELL_POSTING_MAX, place), 2);

    shop_close(&shop);
}


/* kNN alone, so that pairs don't blur what is asked */

static uint32_t
neighbours(shop_t *shop, const uint32_t *numbers, uint32_t n, uint64_t own,
    xsell_scored_t out[XSELL_SOURCE_KEEP])
{
    uint32_t           i;
    xsell_ref_t        query[XSELL_ANCHORS_MAX];
    xsell_knn_query_t  q;

    for (i = 0; i < n; i++) {
        query[i] = shop_ref(shop, numbers[i]);
    }

    q.ref = query;
    q.n = n;
    q.now_s = (uint32_t) (shop->now_ms / 1000);
    q.own = own;
    q.repeats = 0;

    n = xsell_knn(&shop->ranker->knn, &shop->ranker->tally, &shop->a,
                  &shop->settings, &q, out, XSELL_SOURCE_KEEP);
    xsell_scored_sort(out, n);

    return n;
}


static uint32_t
support_of(const shop_t *shop, const xsell_scored_t *out, uint32_t n,
    uint32_t number)
{
    uint32_t  i;

    for (i = 0; i < n; i++) {
        if (out[i].ref == shop_ref(shop, number)) {
            return out[i].support;
        }
    }

    return 0;
}


static void
the_own_session_is_no_neighbour(void **state)
{
    shop_t          shop;
    uint32_t        i, n;
    xsell_scored_t  out[XSELL_SOURCE_KEEP];

    static const uint32_t  one[] = { 1 };

    shop_open(&shop, 2 * MB, 100);

    for (i = 1; i <= 3; i++) {
        shop_view(&shop, visitor(i), 1);
        shop_view(&shop, visitor(i), 2);
    }

    n = neighbours(&shop, one, 1, visitor(1), out);
    assert_int_equal(support_of(&shop, out, n, 2), 0);

    n = neighbours(&shop, one, 1, visitor(99), out);
    assert_int_equal(support_of(&shop, out, n, 2), 3);

    shop_close(&shop);
}


/* the way is given to others, the posting still names it */

static void
a_reused_record_is_no_neighbour(void **state)
{
    shop_t           shop;
    uint32_t         i, n;
    xsell_scored_t   out[XSELL_SOURCE_KEEP];
    xsell_session_t  s;

    static const uint32_t  one[] = { 1 };

    shop_open(&shop, 2 * MB, 100);

    for (i = 1; i <= 4; i++) {
        shop_view(&shop, visitor(i), 1);
        shop_view(&shop, visitor(i), 2);
    }

    for (i = 1; i <= 4; i++) {
        assert_int_equal(xsell_session_read(&shop.a, visitor(i), &s),
                         XSELL_OK);

        /* another visitor, who saw 2 and 3 but never 1 */

        s.r.key = visitor(100 + i);
        s.r.entry[1] = shop_slot(&shop, 3);
        shop.a.sessions[s.idx / XSELL_WAYS].record[s.idx % XSELL_WAYS] = s.r;
    }

    n = neighbours(&shop, one, 1, 1, out);
    assert_int_equal(n, 0);

    /* an erased one is nobody */

    for (i = 1; i <= 4; i++) {
        xsell_event_t  ev;

        shop_event(&shop, &ev, XSELL_EVENT_ERASE, visitor(i), XSELL_NO_ITEM);
        (void) xsell_session_apply(&shop.a, &ev, NULL);
    }

    assert_int_equal(neighbours(&shop, one, 1, 1, out), 0);

    shop_close(&shop);
}


/* a slot that was given to another item: old entries are of nobody */

static void
a_stale_tag_is_not_offered(void **state)
{
    shop_t         shop;
    uint32_t       i;
    xsell_slate_t  slate;

    shop_open(&shop, 2 * MB, 100);

    for (i = 1; i <= 3; i++) {
        shop_view(&shop, visitor(i), 1);
        shop_view(&shop, visitor(i), 2);
    }

    for (i = 1; i <= 3; i++) {
        xsell_session_t  s;

        assert_int_equal(xsell_session_read(&shop.a, visitor(i), &s),
                         XSELL_OK);
        shop.a.sessions[s.idx / XSELL_WAYS].record[s.idx % XSELL_WAYS]
            .tag[0]++;
    }

    shop.a.pairs[shop_slot(&shop, 1)].n = 0;

    assert_int_equal(shop_ask(&shop, visitor(99), 1, 4, &slate), XSELL_NONE);
    shop_close(&shop);
}


static void
a_hot_item_remembers_128_newest_first(void **state)
{
    shop_t    shop;
    uint32_t  i, n, count;
    uint32_t  place[XSELL_POSTING_MAX];

    shop_open(&shop, 4 * MB, 10);

    for (count = 1; count <= 300; count++) {
        xsell_posting_add(&shop.a, 0, count, 10);

        n = xsell_posting_copy(&shop.a, 0, XSELL_POSTING_MAX, place);

        assert_int_equal(n, count < 128 ? count : 128);

        for (i = 0; i < n; i++) {
            assert_int_equal(place[i], count - i);
        }
    }

    /* out of range: nothing is added */

    xsell_posting_add(&shop.a, shop.a.items_n, 1, 10);
    xsell_posting_add(&shop.a, 0, shop.a.buckets_n * XSELL_WAYS, 10);
    assert_int_equal(shop.a.postings[0].count, 300);

    shop_validate(&shop);
    shop_close(&shop);
}


/* more hot items than chunks: quiet ones lose theirs, busy ones keep it */

static void
chunks_go_from_quiet_to_busy_items(void **state)
{
    shop_t    shop;
    uint32_t  i, k, n, slot, now_s, lost;
    uint32_t  place[XSELL_POSTING_MAX];

    shop_open(&shop, XSELL_ARENA_MIN, 50);
    assert_true(shop.a.chunks_n < shop.a.items_n);

    now_s = 100;

    for (slot = 0; slot < shop.a.chunks_n; slot++) {
        for (k = 0; k < 60; k++) {
            xsell_posting_add(&shop.a, slot, k, now_s);
        }

        assert_int_equal(xsell_posting_copy(&shop.a, slot, XSELL_POSTING_MAX,
                                            place), 60);
    }

    /* all taken and all fresh: the next item has its 32 places */

    for (k = 0; k < 60; k++) {
        xsell_posting_add(&shop.a, slot, k, now_s);
    }

    assert_int_equal(xsell_posting_copy(&shop.a, slot, XSELL_POSTING_MAX,
                                        place), 32);

    /* two hours later one is taken away, and only from the past is lost */

    now_s += 7200;

    for (k = 60; k < 100; k++) {
        xsell_posting_add(&shop.a, slot, k, now_s);
    }

    n = xsell_posting_copy(&shop.a, slot, XSELL_POSTING_MAX, place);
    assert_int_equal(n, 32 + 40);

    for (i = 0; i < n; i++) {
        assert_int_equal(place[i], 99 - i);
    }

    /* who asks for fewer gets the newest, of the ring and beyond it */

    for (k = 10; k <= 40; k += 30) {
        assert_int_equal(xsell_posting_copy(&shop.a, slot, k, place), k);
        assert_int_equal(place[0], 99);
        assert_int_equal(place[k - 1], 100 - k);
    }

    for (lost = 0, i = 0; i < slot; i++) {
        n = xsell_posting_copy(&shop.a, i, XSELL_POSTING_MAX, place);
        lost += n == 32;
        assert_true(n == 32 || n == 60);
    }

    assert_int_equal(lost, 1);

    shop_validate(&shop);
    shop_close(&shop);
}


/* a slot of a new item starts empty, and its chunk is free again */

static void
a_reset_item_has_no_past(void **state)
{
    shop_t    shop;
    uint32_t  i, chunk;
    uint32_t  place[XSELL_POSTING_MAX];

    shop_open(&shop, 2 * MB, 10);

    for (i = 0; i < 100; i++) {
        xsell_posting_add(&shop.a, 3, i, 10);
    }

    xsell_pairs_add(&shop.a, shop.a.dict[3].tag << 24 | 3, 4,
                    XSELL_PAIR_VIEWED);
    shop.a.items[3].views = 7;
    chunk = shop.a.postings[3].chunk;
    assert_int_not_equal(chunk, XSELL_NO_REF);

    shop.a.dict[3].tag++;
    xsell_item_reset(&shop.a, 3);

    assert_int_equal(xsell_posting_copy(&shop.a, 3, XSELL_POSTING_MAX, place),
                     0);
    assert_int_equal(shop.a.chunks[chunk].owner, XSELL_NO_REF);
    assert_int_equal(shop.a.pairs[3].n, 0);
    assert_int_equal(shop.a.items[3].views, 0);
    assert_int_equal(xsell_item_tag(&shop.a.items[3]), shop.a.dict[3].tag);

    shop_validate(&shop);
    shop_close(&shop);
}


/* ---- against the plain definition ------------------------------------- */

#define PLAIN_ITEMS     30
#define DRIFT_S         (60.0 * 24 * 3600)
#define PLAIN_SESSIONS  120     /* fewer than k: no choice of neighbours */

/* where the item stands in a visit, the newest first; -1: nowhere */

static int
plain_at(const xsell_session_record_t *r, uint32_t slot)
{
    uint32_t  k;

    for (k = 0; k < r->n; k++) {
        if ((r->entry[k] & XSELL_SLOT_MASK) == slot) {
            return (int) k;
        }
    }

    return -1;
}


/* whether a visit is one of the newest `max` of the item's */

static int
plain_newest(const shop_t *shop, const xsell_session_record_t *r,
    uint32_t slot, uint32_t max)
{
    uint32_t                i, newer;
    xsell_session_record_t  other;

    newer = 0;

    for (i = 0; i < shop->a.buckets_n * XSELL_WAYS; i++) {
        newer += xsell_session_at(&shop->a, i, &other) == XSELL_OK
                 && plain_at(&other, slot) >= 0
                 && other.last_s > r->last_s;
    }

    return plain_at(r, slot) >= 0 && newer < max;
}


/* scores of all items by the definition, in doubles, from the records: of the
   page's item all visits, of one j before it the newest 64 / j */

static void
plain_knn(const shop_t *shop, const uint32_t *numbers, uint32_t n,
    double score[PLAIN_ITEMS], uint32_t support[PLAIN_ITEMS])
{
    double                  similarity, w, total, idf;
    uint32_t                i, j, k, item;
    int                     asked, newest, at;
    xsell_session_record_t  r;

    total = 0;
    memset(score, 0, PLAIN_ITEMS * sizeof(double));
    memset(support, 0, PLAIN_ITEMS * sizeof(uint32_t));

    for (i = 0; i < shop->a.buckets_n * XSELL_WAYS; i++) {

        if (xsell_session_at(&shop->a, i, &r) != XSELL_OK) {
            continue;
        }

        similarity = 0;
        asked = 0;
        newest = -1;
        at = 0;

        for (j = 0; j < n; j++) {

            if (plain_at(&r, shop_slot(shop, numbers[j])) < 0) {
                continue;
            }

            similarity += (double) (n - j) / n;
            asked |= plain_newest(shop, &r, shop_slot(shop, numbers[j]),
                                  j ? 64 / j : XSELL_KNN_NEWEST);

            if (newest < 0) {
                newest = (int) j;
                at = plain_at(&r, shop_slot(shop, numbers[j]));
            }
        }

        if (!asked) {
            continue;
        }

        w = similarity * (1 - 0.1 * (newest + 1))
            * DRIFT_S / (DRIFT_S + (double) (shop->now_ms / 1000) - r.last_s);
        total += w;

        for (k = 0; k < r.n; k++) {
            item = r.entry[k] & XSELL_SLOT_MASK;
            score[item] += w * exp(-abs((int) k - at) / 5.0);
            support[item]++;
        }
    }

    for (item = 0; item < PLAIN_ITEMS; item++) {
        idf = log2((shop->a.header->views + 1.0)
                   / (shop->a.items[item].views + 1.0));
        score[item] *= (idf > 0.1 ? idf : 0.1) / (total > 0 ? total : 1);
    }
}


static void
scores_are_those_of_the_definition(void **state)
{
    shop_t          shop;
    double          score[PLAIN_ITEMS];
    uint32_t        i, k, n, round, expected, slot;
    uint32_t        support[PLAIN_ITEMS], numbers[4];
    uint64_t        rng;
    xsell_scored_t  out[XSELL_SOURCE_KEEP];

    shop_open(&shop, 2 * MB, PLAIN_ITEMS);
    rng = 3;

    for (i = 0; i < PLAIN_SESSIONS; i++) {
        shop.now_ms += 2 * 24 * 3600 * 1000;
        n = 1 + (uint32_t) (xsell_random(&rng) % 16);

        for (k = 0; k < n; k++) {
            shop_view(&shop, visitor(i),
                      (uint32_t) (xsell_random(&rng) % PLAIN_ITEMS));
        }
    }

    for (round = 0; round < 200; round++) {
        n = 1 + round % 4;

        for (k = 0; k < n; k++) {
            numbers[k] = (uint32_t) ((round * 7 + k * 11) % PLAIN_ITEMS);
        }

        plain_knn(&shop, numbers, n, score, support);
        k = neighbours(&shop, numbers, n, 1, out);

        for (expected = 0, i = 0; i < PLAIN_ITEMS; i++) {
            expected += support[i] >= shop.settings.min_visits;
        }

        assert_int_equal(k, expected);

        for (i = 0; i < k; i++) {
            slot = xsell_ref_slot(out[i].ref);
            assert_int_equal(out[i].support, support[slot]);

            if (fabs(out[i].score - score[slot]) > 0.01 * score[slot] + 1e-6) {
                fail_msg("item %u: %g, not %g", slot, out[i].score,
                         score[slot]);
            }

            assert_true(i == 0 || out[i].score <= out[i - 1].score);
        }
    }

    shop_close(&shop);
}


/* an item of the visit may come again if the question says so, but for the
   newest: that is the page that is looked at */

static void
what_was_seen_counts_twice_where_it_may_repeat(void **state)
{
    shop_t             shop;
    float              seen, lead;
    uint32_t           i, n, round;
    xsell_ref_t        query[2];
    xsell_scored_t     out[XSELL_SOURCE_KEEP];
    xsell_knn_query_t  q;

    shop_open(&shop, 2 * MB, 100);

    for (i = 0; i < 5; i++) {
        shop_view(&shop, visitor(i), 2);
        shop_view(&shop, visitor(i), 3);
        shop_view(&shop, visitor(i), 1);
    }

    query[0] = shop_ref(&shop, 1);
    query[1] = shop_ref(&shop, 2);

    memset(&q, 0, sizeof(q));
    q.ref = query;
    q.n = 2;
    q.now_s = (uint32_t) (shop.now_ms / 1000);
    q.own = 1;

    seen = lead = 0;

    for (round = 0; round < 2; round++) {
        q.repeats = (int) round;
        n = xsell_knn(&shop.ranker->knn, &shop.ranker->tally, &shop.a,
                      &shop.settings, &q, out, XSELL_SOURCE_KEEP);
        assert_int_equal(n, 3);

        for (i = 0; i < n; i++) {

            if (out[i].ref == query[1]) {
                assert_true(round == 0 || fabsf(out[i].score - 2 * seen)
                                          < 1e-3f * seen);
                seen = out[i].score;

            } else if (out[i].ref == query[0]) {
                assert_true(round == 0 || out[i].score == lead);
                lead = out[i].score;
            }
        }
    }

    shop_close(&shop);
}


/* with fewer neighbours than candidates: the most similar, then the newest */

static void
the_most_similar_then_the_newest_are_asked(void **state)
{
    shop_t          shop;
    uint32_t        i, n;
    xsell_scored_t  out[XSELL_SOURCE_KEEP];

    static const uint32_t  both[] = { 1, 2 };

    shop_open(&shop, 2 * MB, 100);
    shop.settings.min_visits = 1;
    shop.settings.neighbours = 4;

    /* 3 saw both long ago; then 20 saw one of them each, with their own item */

    for (i = 0; i < 3; i++) {
        shop_view(&shop, visitor(i), 1);
        shop_view(&shop, visitor(i), 2);
        shop_view(&shop, visitor(i), 10 + i);
    }

    for (i = 0; i < 20; i++) {
        shop_view(&shop, visitor(100 + i), 1);
        shop_view(&shop, visitor(100 + i), 20 + i);
    }

    n = neighbours(&shop, both, 2, 1, out);

    for (i = 0; i < 3; i++) {
        assert_int_equal(support_of(&shop, out, n, 10 + i), 1);
    }

    for (i = 0; i < 20; i++) {
        assert_int_equal(support_of(&shop, out, n, 20 + i), i == 19);
    }

    shop_close(&shop);
}


static void
wild_words_are_never_followed(void **state)
{
    shop_t          shop;
    uint32_t        i, n, slot;
    uint64_t        rng;
    xsell_scored_t  out[XSELL_SOURCE_KEEP];

    static const uint32_t  two[] = { 1, 2 };

    shop_open(&shop, XSELL_ARENA_MIN, 50);
    shop.settings.min_visits = 1;
    rng = 11;

    for (i = 0; i < 300; i++) {

        for (slot = 0; slot < 50; slot++) {
            uint32_t  *w = (uint32_t *) (void *) &shop.a.postings[slot];

            for (n = 0; n < sizeof(xsell_posting_t) / 4; n++) {
                w[n] = (uint32_t) xsell_random(&rng)
                       >> (xsell_random(&rng) % 32);
            }
        }

        for (n = 0; n < shop.a.chunks_n * sizeof(xsell_chunk_t) / 4; n++) {
            ((uint32_t *) (void *) shop.a.chunks)[n] =
                (uint32_t) xsell_random(&rng) >> (xsell_random(&rng) % 32);
        }

        for (n = 0; n < shop.a.buckets_n * XSELL_WAYS; n += 3) {
            xsell_session_record_t  *r;

            r = &shop.a.sessions[n / XSELL_WAYS].record[n % XSELL_WAYS];
            r->key = 1 + xsell_random(&rng) % 100;
            r->n = (uint8_t) xsell_random(&rng);
            r->visit_n = (uint8_t) xsell_random(&rng);
            r->entry[n % XSELL_HISTORY] = (uint32_t) xsell_random(&rng);
            r->entry[0] = 1;
        }

        (void) neighbours(&shop, two, 2, 1, out);
        xsell_posting_add(&shop.a, 1, 0, i * 1000);
    }

    shop_close(&shop);
}


/* hazard: a session that a second posting names is still counted as one with
   the first item alone, so there seem to be enough of these and others are not
   asked */

static void
who_shares_more_is_counted_once(void **state)
{
    shop_t          shop;
    uint32_t        i, n;
    xsell_scored_t  out[XSELL_SOURCE_KEEP];

    static const uint32_t  two[] = { 1, 2 };

    shop_open(&shop, 2 * MB, 100);
    shop.settings.min_visits = 1;
    shop.settings.neighbours = 4;

    /* two have both, one the page's item, three the other one */

    for (i = 1; i <= 6; i++) {
        if (i <= 3) {
            shop_view(&shop, visitor(i), 1);
        }

        if (i != 3) {
            shop_view(&shop, visitor(i), 2);
        }

        shop_view(&shop, visitor(i), 10);
    }

    n = neighbours(&shop, two, 2, visitor(99), out);
    assert_int_equal(support_of(&shop, out, n, 10), 4);
    assert_int_equal(support_of(&shop, out, n, 1), 3);

    shop_close(&shop);
}


/* hazard: what visits say of one item is added to another whose hash is the
   same */

static void
items_with_one_hash_are_apart(void **state)
{
    shop_t          shop;
    uint32_t        i, k, n, m, same[3];
    xsell_scored_t  out[XSELL_SOURCE_KEEP];

    static const uint32_t  one[] = { 1 };

#define hash(number)                                                          \
    (xsell_spread(shop_ref(&shop, number)) & (XSELL_KNN_COUNTS - 1))

    shop_open(&shop, 16 * MB, 8000);
    m = 1;

    for (k = 2; k < 8000 && m < 3; k++) {
        same[0] = k;

        for (m = 1, i = k + 1; i < 8000 && m < 3; i++) {
            if (hash(i) == hash(k)) {
                same[m++] = i;
            }
        }
    }

#undef hash

    assert_int_equal(m, 3);

    /* four visits of the first, five of the second, six of the third */

    for (i = 1; i <= 6; i++) {
        shop_view(&shop, visitor(i), 1);

        for (k = 0; k < 3; k++) {
            if (i <= 4 + k) {
                shop_view(&shop, visitor(i), same[k]);
            }
        }
    }

    n = neighbours(&shop, one, 1, visitor(99), out);

    for (k = 0; k < 3; k++) {
        assert_int_equal(support_of(&shop, out, n, same[k]), 4 + k);
    }

    assert_int_equal(n, 4);
    shop_close(&shop);
}


/* hazard: processors with wider registers are told of other neighbours; items
   whose hashes are the same become one; the second half of a long history is
   read as nothing */

static void
wide_and_narrow_say_the_same(void **state)
{
    shop_t          shop;
    uint32_t        i, k, n, m, narrow, together, query[4];
    uint64_t        rng;
    xsell_scored_t  wide[XSELL_SOURCE_KEEP], out[XSELL_SOURCE_KEEP];

    shop_open(&shop, 16 * MB, 2000);
    rng = 7;
    together = 0;

    for (i = 1; i <= 400; i++) {
        n = 1 + (uint32_t) (xsell_random(&rng) % XSELL_HISTORY);

        for (k = 0; k < n; k++) {
            m = (uint32_t) (xsell_random(&rng) % 60);
            shop_view(&shop, visitor(i), 1 + m * m % 1999);
        }
    }

    for (i = 0; i < 200; i++) {
        n = 1 + i % 4;

        for (k = 0; k < n; k++) {
            m = (i + 17 * k) % 60;
            query[k] = 1 + m * m % 1999;
        }

        for (narrow = 0; narrow < 2; narrow++) {
            shop.ranker->knn.narrow = (int) narrow;
            m = neighbours(&shop, query, n, visitor(1 + i % 50),
                           narrow ? out : wide);
        }

        together += m;
        assert_memory_equal(out, wide, m * sizeof(out[0]));

        for (k = 0; k < m; k++) {
            for (n = 0; n < k; n++) {
                assert_int_not_equal(out[k].ref, out[n].ref);
            }
        }
    }

    assert_true(together > 2000);

    shop_close(&shop);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(three_visits_are_enough_at_once),
        cmocka_unit_test(support_is_a_setting),
        cmocka_unit_test(one_visitor_is_one_neighbour),
        cmocka_unit_test(the_own_session_is_no_neighbour),
        cmocka_unit_test(a_reused_record_is_no_neighbour),
        cmocka_unit_test(a_stale_tag_is_not_offered),
        cmocka_unit_test(a_hot_item_remembers_128_newest_first),
        cmocka_unit_test(chunks_go_from_quiet_to_busy_items),
        cmocka_unit_test(a_reset_item_has_no_past),
        cmocka_unit_test(scores_are_those_of_the_definition),
        cmocka_unit_test(what_was_seen_counts_twice_where_it_may_repeat),
        cmocka_unit_test(the_most_similar_then_the_newest_are_asked),
        cmocka_unit_test(who_shares_more_is_counted_once),
        cmocka_unit_test(items_with_one_hash_are_apart),
        cmocka_unit_test(wide_and_narrow_say_the_same),
        cmocka_unit_test(wild_words_are_never_followed)
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("knn", tests, NULL, NULL);
}


/*
 * xsell_knn.c: items of the visits that look most like this one.
 *
 * VMIS-kNN as Serenade serves it (Kersbergen, Sprangers, Schelter, SIGMOD
 * 2022), over the live sessions of the zone instead of a trained index: what
 * two visitors did a second ago is a neighbour now.
 *
 *   posting of each query item --> similarity of the sessions it names
 *   the k most similar         --> their records, checked
 *   items of these             --> weight of the newest shared item
 *                                  x similarity x nearness x recency x idf
 *
 * A posting may be older than the record behind its index (the way was given
 * to another visitor), so a record counts only for the query items that it
 * really holds, and its similarity is what these give.
 *
 * Similarity depends only on which query items a session shares: a mask of
 * at most 8 bits.  So the k most similar are found by counting masks, not by
 * a heap, and the order inside a mask is the order of the postings, newest
 * first.  Serenade's early stop by session time is not needed at 128 places.
 */

#include "xsell_model.h"


#define XSELL_KNN_MASKS   (1 << XSELL_ANCHORS_MAX)

/* a visit this long ago counts for half of one of today: what shoppers look at
   together drifts.  STAN's exponential with 80 days (Garg et al. 2019) does
   the same, at the cost of one.  Worth .005 of HR@20 on Diginetica. */
#define XSELL_KNN_DRIFT_S    (60.0f * 24 * 3600)

/*
 * Where what was seen may come again, it does more often than neighbours say,
 * but for the item of the page: shoppers go back and forth between a few.
 * Worth .004 of MRR@20.
 */
#define XSELL_KNN_AGAIN      2.0f

/* records in flight while others are summed up */
#define XSELL_KNN_AHEAD   12


static void
xsell_knn_begin(xsell_knn_t *k)
{
    k->n = 0;

    if (++k->stamp == 0) {
        memset(k->cell, 0, sizeof(k->cell));
        k->stamp = 1;
    }
}


/* notes that query item `bit` is (said to be) in a session */

static void
xsell_knn_mark(xsell_knn_t *k, uint32_t idx, uint32_t bit)
{
    uint32_t               i;
    xsell_session_cell_t  *c;

    i = xsell_spread(idx) & (XSELL_SESSION_CELLS - 1);

    /* ends: at most half of the cells are ever in use */

    for ( ;; ) {
        c = &k->cell[i];

        if (c->stamp != k->stamp) {
            break;
        }

        if (c->idx == idx) {
            c->mask |= bit;
            return;
        }

        i = (i + 1) & (XSELL_SESSION_CELLS - 1);
    }

    if (k->n == XSELL_SESSION_CELLS / 2) {
        return;
    }

    k->used[k->n++] = (uint16_t) i;

    c->stamp = k->stamp;
    c->idx = idx;
    c->mask = bit;
}


/* similarity of each mask: sum of (n - pos) / n over its query items */

static void
xsell_knn_weights(float *weight, uint32_t n)
{
    uint32_t  i, mask;

    weight[0] = 0;

    for (mask = 1; mask < (1u << n); mask++) {
        i = (uint32_t) __builtin_ctz(mask);
        weight[mask] = weight[mask & (mask - 1)]
                       + (float) (n - i) / (float) n;
    }
}


/* the k most similar of the marked sessions into k->chosen */

static uint32_t
xsell_knn_choose(xsell_knn_t *k, const float *weight, uint32_t n,
    uint32_t max)
{
    float                        limit;
    uint32_t                     i, m, mask, taken, above;
    uint16_t                     count[XSELL_KNN_MASKS];
    const xsell_session_cell_t  *c;

    taken = 0;

    if (k->n <= max) {
        for (i = 0; i < k->n; i++) {
            k->chosen[taken++] = k->cell[k->used[i]].idx;
        }

        return taken;
    }

    memset(count, 0, sizeof(count[0]) << n);

    for (i = 0; i < k->n; i++) {
        count[k->cell[k->used[i]].mask]++;
    }

    /* the largest similarity at which all that are above it fit */

    limit = 0;
    above = 0;

    for (mask = 1; mask < (1u << n); mask++) {

        if (count[mask] == 0 || weight[mask] <= limit) {
            continue;
        }

        for (m = 1, i = 0; m < (1u << n); m++) {
            i += weight[m] >= weight[mask] ? count[m] : 0;
        }

        if (i >= max) {
            limit = weight[mask];
        }
    }

    for (m = 1; m < (1u << n); m++) {
        above += weight[m] > limit ? count[m] : 0;
    }

    /* all above the limit, then the newest of those on it */

    for (i = 0; i < k->n; i++) {
        c = &k->cell[k->used[i]];

        if (weight[c->mask] > limit) {
            k->chosen[taken++] = c->idx;

        } else if (weight[c->mask] == limit && above < max) {
            above++;
            k->chosen[taken++] = c->idx;
        }
    }

    return taken;
}


static inline void
xsell_knn_prefetch(const xsell_arena_t *a, uint32_t idx)
{
    const xsell_bucket_t  *b;

    b = &a->sessions[idx / XSELL_WAYS];

    __builtin_prefetch(b);
    __builtin_prefetch(&b->record[idx % XSELL_WAYS]);
    __builtin_prefetch((const uint8_t *) &b->record[idx % XSELL_WAYS]
                       + XSELL_LINE_BYTES);
}


/*
 * e^(-d / 5): what lies near the shared item in the neighbour's order counts
 * more (STAN, Garg et al. 2019).  Worth .009 of HR@20 on Diginetica.
 */

static const float  xsell_knn_near[XSELL_HISTORY] = {
    1.0000f, 0.8187f, 0.6703f, 0.5488f,
    0.4493f, 0.3679f, 0.3012f, 0.2466f,
    0.2019f, 0.1653f, 0.1353f, 0.1108f,
    0.0907f, 0.0743f, 0.0608f, 0.0498f
};


/*
 * A private copy of a way as it stands; one try.  xsell_session_at would also
 * look up the tag of each entry, 500 scattered loads a decision; here stale
 * references die where candidates are mapped to the catalogue.
 */

static int
xsell_knn_copy(const xsell_arena_t *a, uint32_t idx,
    xsell_session_record_t *r)
{
    const xsell_bucket_t  *b;

    b = &a->sessions[idx / XSELL_WAYS];

    return xsell_seq_copy(&b->seq, r, &b->record[idx % XSELL_WAYS],
                          sizeof(xsell_session_record_t) / 4);
}


/* adds what one neighbour carries; returns its similarity, 0 if it is none */

static float
xsell_knn_neighbour(xsell_tally_t *t, const xsell_session_record_t *s,
    const xsell_knn_query_t *q, const float *weight)
{
    float            w, age;
    uint32_t         i, j, at, mask, items;
    xsell_ref_t      ref[XSELL_HISTORY];
    xsell_scored_t  *sum;

    items = s->n < XSELL_HISTORY ? s->n : XSELL_HISTORY;
    mask = 0;

    for (i = 0; i < items; i++) {
        ref[i] = xsell_ref(xsell_ref_slot(s->entry[i]), s->tag[i]);

        for (j = 0; j < q->n; j++) {
            mask |= (uint32_t) (ref[i] == q->ref[j]) << j;
        }
    }

    if (mask == 0) {
        return 0;
    }

    /* Serenade: 1 - .1 x the distance of the newest shared item */

    j = (uint32_t) __builtin_ctz(mask);
    age = q->now_s > s->last_s ? (float) (q->now_s - s->last_s) : 0;

    w = weight[mask] * (1.0f - 0.1f * (float) (j + 1))
        * XSELL_KNN_DRIFT_S / (XSELL_KNN_DRIFT_S + age);

    for (at = 0; ref[at] != q->ref[j]; at++) { /* it is there */ }

    for (i = 0; i < items; i++) {
        sum = xsell_tally_at(t, ref[i]);

        if (sum) {
            sum->score += w * xsell_knn_near[i > at ? i - at : at - i];
            sum->support++;
        }
    }

    return w;
}


/* what the visit saw before, where that may come again */

static void
xsell_knn_again(xsell_tally_t *t, const xsell_knn_query_t *q)
{
    uint32_t         i;
    xsell_scored_t  *sum;

    for (i = 1; i < q->n && q->repeats; i++) {
        sum = xsell_tally_at(t, q->ref[i]);

        if (sum) {
            sum->score *= XSELL_KNN_AGAIN;
        }
    }
}


/* the tally's best, times idf, as shares of the neighbours' similarity */

static uint32_t
xsell_knn_best(const xsell_tally_t *t, const xsell_arena_t *a,
    uint32_t support, float total, xsell_scored_t *out, uint32_t max)
{
    float           idf, views;
    uint32_t        i, n, slot;
    xsell_scored_t  row;

    views = (float) xsell_load(&a->header->views) + 1;
    n = 0;

    for (i = 0; i < t->n; i++) {

        if (i + XSELL_KNN_AHEAD < t->n) {
            slot = xsell_ref_slot(t->cell[t->used[i + XSELL_KNN_AHEAD]]
                                  .sum.ref);
            __builtin_prefetch(&a->items[slot < a->items_n ? slot : 0].views);
        }

        row = t->cell[t->used[i]].sum;

        if (row.support < support) {
            continue;
        }

        slot = xsell_ref_slot(row.ref);

        if (slot >= a->items_n) {
            continue;
        }

        idf = xsell_log2(views / (float) (xsell_load(&a->items[slot].views)
                                          + 1));
        row.score *= xsell_clip(idf, 0.1f, 32.0f) / total;

        n = xsell_scored_keep(out, n, max, &row);
    }

    return n;
}


uint32_t
xsell_knn(xsell_knn_t *k, xsell_tally_t *t, const xsell_arena_t *a,
    const xsell_settings_t *s, const xsell_knn_query_t *q,
    xsell_scored_t *out, uint32_t max)
{
    float                   total, weight[XSELL_KNN_MASKS];
    uint32_t                i, j, n, places, chosen, sessions;
    uint32_t                place[XSELL_PLACES + XSELL_CHUNK_PLACES];
    xsell_session_record_t  record;

    n = q->n;
    xsell_knn_begin(k);
    sessions = a->buckets_n * XSELL_WAYS;

    for (i = 0; i < n; i++) {
        if (xsell_ref_slot(q->ref[i]) < a->items_n) {
            __builtin_prefetch(&a->postings[xsell_ref_slot(q->ref[i])]);
        }
    }

    for (i = 0; i < n; i++) {

        if (xsell_ref_slot(q->ref[i]) >= a->items_n) {
            continue;
        }

        places = xsell_posting_copy(a, xsell_ref_slot(q->ref[i]), place);

        for (j = 0; j < places; j++) {
            if (place[j] < sessions) {
                xsell_knn_mark(k, place[j], 1u << i);
            }
        }
    }

    xsell_knn_weights(weight, n);
    chosen = xsell_knn_choose(k, weight, n,
                              s->neighbours < XSELL_NEIGHBOURS_MAX
                              ? s->neighbours : XSELL_NEIGHBOURS_MAX);

    xsell_tally_begin(t);
    total = 0;

    for (i = 0; i < chosen && i < XSELL_KNN_AHEAD; i++) {
        xsell_knn_prefetch(a, k->chosen[i]);
    }

    for (i = 0; i < chosen; i++) {

        if (i + XSELL_KNN_AHEAD < chosen) {
            xsell_knn_prefetch(a, k->chosen[i + XSELL_KNN_AHEAD]);
        }

        if (!xsell_knn_copy(a, k->chosen[i], &record)
            || record.key == 0 || record.key == q->own)
        {
            continue;
        }

        total += xsell_knn_neighbour(t, &record, q, weight);
    }

    if (total <= 0) {
        return 0;
    }

    xsell_knn_again(t, q);

    return xsell_knn_best(t, a, s->min_visits, total, out, max);
}

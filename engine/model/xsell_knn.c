
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


/*
 * Where what was seen may come again, it does more often than neighbours say,
 * but for the item of the page: shoppers go back and forth between a few.
 * Worth .004 of MRR@20.
 */
#define XSELL_KNN_AGAIN      2.0f


static void
xsell_knn_begin(xsell_knn_t *k, uint32_t n)
{
    k->n = 0;
    memset(k->masks, 0, sizeof(k->masks[0]) << n);

    k->stamp += XSELL_CELL_STAMP;

    if (k->stamp == 0) {
        memset(k->cell, 0, sizeof(k->cell));
        k->stamp = XSELL_CELL_STAMP;
    }
}


static inline void
xsell_knn_prefetch(const xsell_arena_t *a, uint32_t idx)
{
    const uint8_t  *r;

    r = (const uint8_t *) xsell_knn_record(a, idx);

    __builtin_prefetch(r);
    __builtin_prefetch(r + XSELL_LINE_BYTES);
}


/* notes that query item `bit` is (said to be) in a session, of which n are
   known; returns how many are now */

static inline uint32_t
xsell_knn_mark(xsell_knn_t *k, uint32_t n, uint32_t idx, uint32_t bit)
{
    uint32_t  i, at;

    _Static_assert(XSELL_KNN_PLACES <= XSELL_SESSION_CELLS / 2, "half full");

    i = xsell_spread(idx) & (XSELL_SESSION_CELLS - 1);

    /* ends: at most half of the cells are ever in use */

    for ( ;; ) {
        at = k->cell[i] ^ k->stamp;

        if (at >= XSELL_CELL_STAMP) {
            break;
        }

        if (k->idx[at] == idx) {
            k->masks[k->mask[at]]--;
            k->mask[at] |= (uint8_t) bit;
            k->masks[k->mask[at]]++;
            return n;
        }

        i = (i + 1) & (XSELL_SESSION_CELLS - 1);
    }

    k->cell[i] = k->stamp | n;
    k->idx[n] = idx;
    k->mask[n] = (uint8_t) bit;

    return n + 1;
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
    float     limit;
    uint32_t  i, m, mask, taken, above;

    if (k->n <= max) {
        memcpy(k->chosen, k->idx, k->n * sizeof(k->idx[0]));
        return k->n;
    }

    /* the largest similarity at which all that are above it fit */

    limit = 0;
    above = 0;

    for (mask = 1; mask < (1u << n); mask++) {

        if (k->masks[mask] == 0 || weight[mask] <= limit) {
            continue;
        }

        for (m = 1, i = 0; m < (1u << n); m++) {
            i += weight[m] >= weight[mask] ? k->masks[m] : 0;
        }

        if (i >= max) {
            limit = weight[mask];
        }
    }

    for (m = 1; m < (1u << n); m++) {
        above += weight[m] > limit ? k->masks[m] : 0;
    }

    /* all above the limit, then the newest of those on it */

    for (taken = 0, i = 0; i < k->n && taken < max; i++) {
        mask = k->mask[i];

        if (weight[mask] > limit) {
            k->chosen[taken++] = k->idx[i];

        } else if (weight[mask] == limit && above < max) {
            above++;
            k->chosen[taken++] = k->idx[i];
        }
    }

    return taken;
}


/* what a count begins with, byte by byte: more than any row's number */
#define XSELL_KNN_COUNTED     0x80
#define XSELL_KNN_ZERO        (XSELL_KNN_COUNTED * 0x101)

_Static_assert(XSELL_TALLY_MAX <= XSELL_KNN_ZERO
               && XSELL_KNN_ZERO + XSELL_KNN_ITEMS <= UINT16_MAX,
               "a count or a row");


/*
 * Which of m items enough visits may have, into k->few.  Most have too few:
 * they are told by a count per hash, which items may share, before they cost a
 * row of the tally.  No branch depends on an item.
 */

static uint32_t
xsell_knn_few(xsell_knn_t *k, uint32_t m, uint32_t support)
{
    uint32_t  i, n;

    memset(k->count, XSELL_KNN_COUNTED, sizeof(k->count));
    support += XSELL_KNN_ZERO;

#pragma GCC unroll 4
    for (i = 0; i < m; i++) {
        k->count[k->at[i]]++;
    }

    n = 0;

#pragma GCC unroll 4
    for (i = 0; i < m; i++) {
        k->few[n] = (uint16_t) i;
        n += k->count[k->at[i]] >= support;
    }

    return n;
}


/* an item whose hash is another one's row: its own, which is row n if it has
   none */

static __attribute__((noinline)) size_t
xsell_knn_other(const xsell_tally_t *t, xsell_knn_t *k, size_t at, size_t n)
{
    while (t->row[at].ref != t->row[n].ref) {
        k->next[at] = (uint16_t) (k->next[at] ? k->next[at] : n);
        at = k->next[at];
    }

    return at;
}


/*
 * Sums the items up, of which every eighth is new to the tally: too often for
 * a branch.  So the next row is made for each, and found, as any other is,
 * when there is none before.  A count has done its work by now and says which
 * row is the first with its hash, which is less than any count; the others
 * follow that one, and the very first row none.
 */

static void
xsell_knn_add(xsell_tally_t *t, xsell_knn_t *k, uint32_t m)
{
    size_t           i, j, n, at, fresh;
    uint16_t        *count;
    xsell_ref_t      ref;
    xsell_scored_t  *row;

    for (n = 0, j = 0; j < m; j++) {
        i = k->few[j];
        ref = k->ref[i];
        t->row[n] = (xsell_scored_t) { .ref = ref };
        k->next[n] = 0;

        count = &k->count[k->at[i]];
        at = *count;
        fresh = at >= XSELL_KNN_ZERO;
        at = fresh ? n : at;
        *count = (uint16_t) at;

        if (__builtin_expect(t->row[at].ref != ref, 0)) {
            at = xsell_knn_other(t, k, at, n);
            fresh = at == n;
        }

        row = &t->row[at];
        row->score += k->worth[i];
        row->support++;

        n += fresh;

        if (__builtin_expect(n == XSELL_TALLY_MAX - 1, 0)) {
            break;
        }
    }

    t->n = (uint32_t) n;
}


/* what the visit saw before, where that may come again */

static void
xsell_knn_again(xsell_tally_t *t, const xsell_knn_query_t *q)
{
    uint32_t  i, j;

    for (i = 0; i < t->n && q->repeats; i++) {
        for (j = 1; j < q->n; j++) {
            if (t->row[i].ref == q->ref[j]) {
                t->row[i].score *= XSELL_KNN_AGAIN;
            }
        }
    }
}


/* rows of a tally that have the support, to its front; an item's views + 1 for
   `extra`.  They lie anywhere: all are asked for before the first. */

static uint32_t
xsell_knn_known(xsell_tally_t *t, const xsell_arena_t *a, uint32_t support)
{
    uint32_t         i, n, slot;
    xsell_scored_t  *row;

    for (n = 0, i = 0; i < t->n; i++) {
        row = &t->row[n];
        *row = t->row[i];
        slot = xsell_ref_slot(row->ref);

        if (row->support >= support && slot < a->items_n) {
            __builtin_prefetch(&a->items[slot].views);
            n++;
        }
    }

    for (i = 0; i < n; i++) {
        slot = xsell_ref_slot(t->row[i].ref);
        t->row[i].extra = (float) (xsell_load(&a->items[slot].views) + 1);
    }

    return n;
}


/* the tally's best, times idf, as shares of the neighbours' similarity */

static uint32_t
xsell_knn_best(xsell_tally_t *t, const xsell_arena_t *a, uint32_t support,
    float total, xsell_scored_t *out, uint32_t max)
{
    float     idf, views;
    uint32_t  i, n;

    views = (float) xsell_load(&a->header->views) + 1;
    n = xsell_knn_known(t, a, support);

    for (i = 0; i < n; i++) {
        idf = xsell_log2(views / t->row[i].extra);
        t->row[i].score *= xsell_clip(idf, 0.1f, 32.0f) / total;
        t->row[i].extra = 0;
    }

    n = xsell_scored_select(t->row, n, max);
    memcpy(out, t->row, n * sizeof(*out));

    return n;
}


/*
 * Sessions that the postings of the query's items name.  They lie anywhere, and
 * a processor waits for the address of what it is asked to fetch, but finds
 * several at a time: so first which they are, then all are asked for, one right
 * after the other, and only then they are looked at.
 */

void
xsell_knn_gather(xsell_knn_t *k, const xsell_arena_t *a,
    const xsell_knn_query_t *q)
{
    uint32_t  i, j, n, slot, known, places, sessions, last[XSELL_ANCHORS_MAX];
    uint32_t  place[XSELL_KNN_PLACES];

    xsell_knn_begin(k, q->n);
    sessions = a->buckets_n * XSELL_WAYS;

    for (n = 0, i = 0; i < q->n; i++) {
        slot = xsell_ref_slot(q->ref[i]);

        if (slot < a->items_n) {
            places = xsell_posting_copy(a, slot, xsell_knn_newest(i),
                                        &place[n]);

            for (j = n + places, places = n; places < j; places++) {
                place[n] = place[places];
                n += place[n] < sessions;
            }
        }

        last[i] = n;
    }

    for (j = 0; j < n; j++) {
        xsell_knn_prefetch(a, place[j]);
    }

    for (n = 0, j = 0, i = 0; i < q->n; i++) {
        known = n;

        for ( /* void */ ; j < last[i]; j++) {
            n = xsell_knn_mark(k, n, place[j], 1u << i);
        }

        /* each as it comes would wait for the one before */
        k->masks[1u << i] += (uint16_t) (n - known);
    }

    k->n = n;
}


uint32_t
xsell_knn_ask(xsell_knn_t *k, xsell_tally_t *t, const xsell_arena_t *a,
    const xsell_settings_t *s, const xsell_knn_query_t *q,
    xsell_scored_t *out, uint32_t max)
{
    float     total, weight[XSELL_KNN_MASKS];
    uint32_t  m, chosen;

    if (q->n == 0) {
        return 0;
    }

    xsell_knn_weights(weight, q->n);

    chosen = xsell_knn_choose(k, weight, q->n,
                              s->neighbours < XSELL_NEIGHBOURS_MAX
                              ? s->neighbours : XSELL_NEIGHBOURS_MAX);

    m = xsell_knn_visits(k, a, q, weight, chosen, &total);
    m = xsell_knn_few(k, m, s->min_visits);
    xsell_knn_add(t, k, m);

    if (total <= 0) {
        return 0;
    }

    xsell_knn_again(t, q);

    return xsell_knn_best(t, a, s->min_visits, total, out, max);
}


uint32_t
xsell_knn(xsell_knn_t *k, xsell_tally_t *t, const xsell_arena_t *a,
    const xsell_settings_t *s, const xsell_knn_query_t *q,
    xsell_scored_t *out, uint32_t max)
{
    xsell_knn_gather(k, a, q);

    return xsell_knn_ask(k, t, a, s, q, out, max);
}

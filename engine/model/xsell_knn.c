
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


static void
xsell_knn_begin(xsell_knn_t *k)
{
    k->n = 0;

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

    r = (const uint8_t *) &a->sessions[idx / XSELL_WAYS]
                               .record[idx % XSELL_WAYS];

    __builtin_prefetch(r);
    __builtin_prefetch(r + XSELL_LINE_BYTES);
}


/* notes that query item `bit` is (said to be) in a session */

static inline void
xsell_knn_mark(xsell_knn_t *k, const xsell_arena_t *a, uint32_t idx,
    uint32_t bit)
{
    uint32_t  i, at;

    i = xsell_spread(idx) & (XSELL_SESSION_CELLS - 1);

    /* ends: at most half of the cells are ever in use */

    for ( ;; ) {
        at = k->cell[i] ^ k->stamp;

        if (at >= XSELL_CELL_STAMP) {
            break;
        }

        if (k->idx[at] == idx) {
            k->mask[at] |= (uint8_t) bit;
            return;
        }

        i = (i + 1) & (XSELL_SESSION_CELLS - 1);
    }

    if (k->n == XSELL_SESSION_CELLS / 2) {
        return;
    }

    /* mostly all are chosen; until they are read there is other work */

    if (k->n < XSELL_NEIGHBOURS_MAX) {
        xsell_knn_prefetch(a, idx);
    }

    k->cell[i] = k->stamp | k->n;
    k->idx[k->n] = idx;
    k->mask[k->n++] = (uint8_t) bit;
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
    uint16_t  count[XSELL_KNN_MASKS];

    if (k->n <= max) {
        memcpy(k->chosen, k->idx, k->n * sizeof(k->idx[0]));
        return k->n;
    }

    memset(count, 0, sizeof(count[0]) << n);

    for (i = 0; i < k->n; i++) {
        count[k->mask[i]]++;
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


/*
 * e^(-|d| / 5), d from -15 to 15: what lies near the shared item in the
 * neighbour's order counts more (STAN, Garg et al. 2019).  Worth .009 of HR@20
 * on Diginetica.
 */

static const float  xsell_knn_near[2 * XSELL_HISTORY - 1] = {
    0.0498f, 0.0608f, 0.0743f, 0.0907f, 0.1108f, 0.1353f, 0.1653f, 0.2019f,
    0.2466f, 0.3012f, 0.3679f, 0.4493f, 0.5488f, 0.6703f, 0.8187f,
    1.0000f,
    0.8187f, 0.6703f, 0.5488f, 0.4493f, 0.3679f, 0.3012f, 0.2466f,
    0.2019f, 0.1653f, 0.1353f, 0.1108f, 0.0907f, 0.0743f, 0.0608f, 0.0498f
};


typedef uint32_t  xsell_refs_t __attribute__((vector_size(16)));

#define XSELL_KNN_EIGHT       0x0101010101010101ull


/* the query's items, each four times: what the entries of a session are held
   against */

typedef struct {
    uint32_t                 n;
    xsell_refs_t             ref[XSELL_ANCHORS_MAX];    /* NO_REF: no item */
} xsell_knn_wanted_t;


/* what counts of a neighbour's record, but for its items */

typedef struct {
    uint32_t                 n;
    uint32_t                 mask;      /* query items that it has */
    uint32_t                 at;        /* where the newest one of these is */
    uint32_t                 last_s;
} xsell_knn_visit_t;


static void
xsell_knn_want(xsell_knn_wanted_t *w, const xsell_knn_query_t *q)
{
    uint32_t      i;
    xsell_refs_t  none;

    none = (xsell_refs_t) { 0, 0, 0, 0 };
    w->n = q->n;

    for (i = 0; i < XSELL_ANCHORS_MAX; i++) {
        w->ref[i] = none + (i < q->n ? q->ref[i] : XSELL_NO_REF);
    }
}


#define xsell_knn_word(p)                                                     \
    __atomic_load_n((const xsell_wide_t *) (const void *) (p),                \
                    __ATOMIC_RELAXED)


typedef uint64_t  xsell_words_t __attribute__((vector_size(16)));


/* four entries with their tags as references.  From one register into the
   other: what is written in halves waits until it can be read as a whole */

static inline xsell_refs_t
xsell_knn_refs(const uint32_t *entry, xsell_refs_t tags)
{
    xsell_words_t  words;

    words = (xsell_words_t) { xsell_knn_word(entry),
                              xsell_knn_word(entry + 2) };

    return ((xsell_refs_t) words & XSELL_SLOT_MASK) | tags;
}


/* a byte per item of the query: which of eight entries are it.  Where they
   are is what is asked for next, and a search for it is a coin's toss. */

static inline uint64_t
xsell_knn_hits(const xsell_knn_wanted_t *w, xsell_refs_t x, xsell_refs_t y)
{
    uint32_t  j;
    uint64_t  hits;

    hits = 0;

    for (j = 0; j < w->n; j += 2) {

#ifdef __SSE2__
        hits |= (uint64_t) (uint32_t) _mm_movemask_epi8(_mm_packs_epi16(
                    _mm_packs_epi32((__m128i) (x == w->ref[j]),
                                    (__m128i) (y == w->ref[j])),
                    _mm_packs_epi32((__m128i) (x == w->ref[j + 1]),
                                    (__m128i) (y == w->ref[j + 1]))))
                << 8 * j;
#else
        uint32_t  i;

        for (i = 0; i < 4; i++) {
            hits |= (uint64_t) ((x[i] == w->ref[j][0])
                                | (y[i] == w->ref[j][0]) << 4
                                | (x[i] == w->ref[j + 1][0]) << 8
                                | (y[i] == w->ref[j + 1][0]) << 12)
                    << (8 * j + i);
        }
#endif
    }

    return hits;
}


/* entries i..i+7 of a session into refs; returns xsell_knn_hits() */

static inline uint64_t
xsell_knn_eight(const xsell_session_record_t *r, const xsell_knn_wanted_t *w,
    uint32_t i, uint32_t *refs)
{
    uint64_t      tags;
    xsell_refs_t  x, y;

    tags = xsell_knn_word(&r->tag[i]);

#ifdef __SSE2__
    __m128i  zero, t;

    zero = _mm_setzero_si128();
    t = _mm_unpacklo_epi8(zero, _mm_cvtsi64_si128((long long) tags));
    x = (xsell_refs_t) _mm_unpacklo_epi16(zero, t);
    y = (xsell_refs_t) _mm_unpackhi_epi16(zero, t);
#else
    x = ((xsell_refs_t) { (uint32_t) tags << 24, (uint32_t) tags << 16,
                          (uint32_t) tags << 8, (uint32_t) tags })
        & 0xff000000u;
    tags >>= 32;
    y = ((xsell_refs_t) { (uint32_t) tags << 24, (uint32_t) tags << 16,
                          (uint32_t) tags << 8, (uint32_t) tags })
        & 0xff000000u;
#endif

    x = xsell_knn_refs(&r->entry[i], x);
    y = xsell_knn_refs(&r->entry[i + 4], y);

    memcpy(refs, &x, sizeof(x));
    memcpy(refs + 4, &y, sizeof(y));

    return xsell_knn_hits(w, x, y);
}


/* of each byte the lowest n bits, n at most 8 */

static inline uint64_t
xsell_knn_low(uint64_t hits, uint32_t n)
{
    return hits & XSELL_KNN_EIGHT * ((1u << n) - 1);
}


/* bit i: byte i is not 0 */

static inline uint32_t
xsell_knn_bytes(uint64_t x)
{
    x |= (x & XSELL_KNN_EIGHT * 0x7f) + XSELL_KNN_EIGHT * 0x7f;

    return (uint32_t) ((x & XSELL_KNN_EIGHT * 0x80) * 0x0002040810204081ull
                       >> 56);
}


/*
 * Of a way what is needed, as it stands; one try, 0 if that failed or it is no
 * neighbour.  A record has no key while it changes hands (xsell_bucket.c), so
 * the same key before and after says that the items are one visitor's; if they
 * move meanwhile one may be missed.  The bucket's sequence word would tell that
 * too, for a third line of memory a neighbour.  Items go to refs, eight or
 * sixteen whatever n is.
 *
 * xsell_session_at would also look up the tag of each entry, 500 scattered
 * loads a decision; here stale references die where candidates are mapped to
 * the catalogue.
 */

static inline int
xsell_knn_read(const xsell_arena_t *a, uint32_t idx,
    const xsell_knn_wanted_t *w, uint64_t own, xsell_knn_visit_t *v,
    uint32_t *refs)
{
    uint64_t                       key, hits, more;
    const xsell_session_record_t  *r;

    r = &a->sessions[idx / XSELL_WAYS].record[idx % XSELL_WAYS];

    key = __atomic_load_n(&r->key, __ATOMIC_ACQUIRE);
    v->last_s = xsell_load(&r->last_s);
    v->n = xsell_load(&r->n);
    v->n = v->n < XSELL_HISTORY ? v->n : XSELL_HISTORY;

    hits = xsell_knn_low(xsell_knn_eight(r, w, 0, refs),
                         v->n < 8 ? v->n : 8);
    more = 0;

    if (v->n > 8) {
        more = xsell_knn_low(xsell_knn_eight(r, w, 8, refs + 8), v->n - 8);
    }

    __atomic_thread_fence(__ATOMIC_ACQUIRE);

    v->mask = xsell_knn_bytes(hits | more);

    if (v->mask == 0 || key == 0 || key == own
        || xsell_knn_word(&r->key) != key)
    {
        return 0;
    }

    hits >>= 8 * __builtin_ctz(v->mask);
    more >>= 8 * __builtin_ctz(v->mask);
    v->at = (uint32_t) __builtin_ctz((uint32_t) (hits & 0xff)
                                     | (uint32_t) (more & 0xff) << 8);

    return 1;
}


/* what one neighbour's visit counts for */

static inline float
xsell_knn_weight(const xsell_knn_visit_t *v, const xsell_knn_query_t *q,
    const float *weight)
{
    float     age;
    uint32_t  j;

    /* Serenade: 1 - .1 x the distance of the newest shared item */

    j = (uint32_t) __builtin_ctz(v->mask);
    age = q->now_s > v->last_s ? (float) (q->now_s - v->last_s) : 0;

    return weight[v->mask] * (1.0f - 0.1f * (float) (j + 1))
           * XSELL_KNN_DRIFT_S / (XSELL_KNN_DRIFT_S + age);
}


/* the chosen sessions' items and what each is worth into k->ref and k->worth;
   returns how many; total: the sessions' own */

static uint32_t
xsell_knn_visits(xsell_knn_t *k, const xsell_arena_t *a,
    const xsell_knn_query_t *q, const float *weight, uint32_t chosen,
    float *total)
{
    float                w;
    uint32_t             i, j, m;
    const float         *near;
    xsell_four_t         f;
    xsell_knn_visit_t    visit;
    xsell_knn_wanted_t   wanted;

    xsell_knn_want(&wanted, q);
    *total = 0;
    m = 0;

    for (i = 0; i < chosen; i++) {

        if (!xsell_knn_read(a, k->chosen[i], &wanted, q->own, &visit,
                            &k->ref[m]))
        {
            continue;
        }

        w = xsell_knn_weight(&visit, q, weight);
        near = &xsell_knn_near[XSELL_HISTORY - 1 - visit.at];

        for (j = 0; j < visit.n; j += 8) {
            f = w * xsell_four(&near[j]);
            memcpy(&k->worth[m + j], &f, sizeof(f));
            f = w * xsell_four(&near[j + 4]);
            memcpy(&k->worth[m + j + 4], &f, sizeof(f));
        }

        m += visit.n;
        *total += w;
    }

    return m;
}


/*
 * Which of m items enough visits may have, into k->at.  Most have too few: they
 * are told by a count per hash, which items may share, before they cost a row
 * of the tally.  No branch depends on an item.
 */

static uint32_t
xsell_knn_few(xsell_knn_t *k, uint32_t m, uint32_t support)
{
    uint32_t  i, n, at;

    memset(k->count, 0, sizeof(k->count));

#pragma GCC unroll 4
    for (i = 0; i < m; i++) {
        k->at[i] = (uint16_t) (xsell_spread(k->ref[i])
                               & (XSELL_KNN_COUNTS - 1));
        k->count[k->at[i]]++;
    }

    n = 0;

#pragma GCC unroll 4
    for (i = 0; i < m; i++) {
        at = k->at[i];
        k->at[n] = (uint16_t) i;
        n += k->count[at] >= support;
    }

    return n;
}


/*
 * Sums the items up, of which every third is new to the tally: too often for
 * a branch.  So the next row is made for each, and found, as any other is,
 * when there is none before.
 */

static void
xsell_knn_add(xsell_tally_t *t, const xsell_knn_t *k, uint32_t m)
{
    uint32_t         i, j, n, at, stamp;
    xsell_ref_t      ref;
    xsell_scored_t  *row;

    n = t->n;
    stamp = t->stamp;

    for (j = 0; j < m && n < XSELL_TALLY_MAX - 1; j++) {
        ref = k->ref[k->at[j]];
        t->row[n] = (xsell_scored_t) { .ref = ref };

        i = xsell_spread(ref);

        do {
            i &= XSELL_TALLY_CELLS - 1;
            at = t->cell[i++] ^ stamp;
            at = at < XSELL_CELL_STAMP ? at : n;
            row = &t->row[at];

        } while (row->ref != ref);

        t->cell[i - 1] = stamp | at;
        n += at == n;

        row->score += k->worth[k->at[j]];
        row->support++;
    }

    t->n = n;
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


/* sessions that the postings of the query's items name */

void
xsell_knn_gather(xsell_knn_t *k, const xsell_arena_t *a,
    const xsell_knn_query_t *q)
{
    uint32_t  i, j, slot, places, sessions;
    uint32_t  place[XSELL_POSTING_MAX];

    xsell_knn_begin(k);
    sessions = a->buckets_n * XSELL_WAYS;

    for (i = 0; i < q->n; i++) {
        slot = xsell_ref_slot(q->ref[i]);

        if (slot >= a->items_n) {
            continue;
        }

        places = xsell_posting_copy(a, slot, xsell_knn_newest(i), place);

        for (j = 0; j < places; j++) {
            if (place[j] < sessions) {
                xsell_knn_mark(k, a, place[j], 1u << i);
            }
        }
    }
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

    xsell_tally_begin(t);

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


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


/* notes that query item `bit` is (said to be) in a session */

static inline void
xsell_knn_mark(xsell_knn_t *k, uint32_t idx, uint32_t bit)
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


/* the query's items and their bits, each four times: what four entries of a
   session are held against at once */

typedef struct {
    uint32_t                 n;
    xsell_refs_t             ref[XSELL_ANCHORS_MAX];
    xsell_refs_t             bit[XSELL_ANCHORS_MAX];    /* 0: no item */
} xsell_knn_wanted_t;


/* what counts of a neighbour's record */

typedef struct {
    uint32_t                 n;
    uint32_t                 mask;      /* query items that it has */
    uint32_t                 last_s;
    xsell_ref_t              ref[XSELL_HISTORY];
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
        w->bit[i] = none + (i < q->n ? 1u << i : 0);
    }
}


#define xsell_knn_word(p)                                                     \
    __atomic_load_n((const xsell_wide_t *) (const void *) (p),                \
                    __ATOMIC_RELAXED)


/* four tags, each where it is in a reference */

static inline xsell_refs_t
xsell_knn_tags(uint32_t tags)
{
    return ((xsell_refs_t) { tags << 24, tags << 16, tags << 8, tags })
           & 0xff000000u;
}


static inline xsell_refs_t
xsell_knn_hits(const xsell_knn_wanted_t *w, uint32_t j, xsell_refs_t refs)
{
    return (((xsell_refs_t) (refs == w->ref[j]) & w->bit[j])
            | ((xsell_refs_t) (refs == w->ref[j + 1]) & w->bit[j + 1]))
           | (((xsell_refs_t) (refs == w->ref[j + 2]) & w->bit[j + 2])
              | ((xsell_refs_t) (refs == w->ref[j + 3]) & w->bit[j + 3]));
}


/* entries i..i+3 of a session into v; returns which query items are there */

static inline xsell_refs_t
xsell_knn_four(const xsell_session_record_t *r, const xsell_knn_wanted_t *w,
    uint32_t tags, uint32_t i, xsell_knn_visit_t *v)
{
    uint64_t      word[2];
    xsell_refs_t  refs, found;

    static const xsell_refs_t  place = { 0, 1, 2, 3 };

    word[0] = xsell_knn_word(&r->entry[i]);
    word[1] = xsell_knn_word(&r->entry[i + 2]);

    memcpy(&refs, word, sizeof(refs));
    refs = (refs & XSELL_SLOT_MASK) | xsell_knn_tags(tags);
    memcpy(&v->ref[i], &refs, sizeof(refs));

    found = xsell_knn_hits(w, 0, refs);

    if (w->n > 4) {
        found |= xsell_knn_hits(w, 4, refs);
    }

    /* not what lies behind the last entry */

    return found & (xsell_refs_t) (place + i < v->n);
}


/*
 * Of a way what is needed, as it stands; one try, 0 if that failed or it is no
 * neighbour.  xsell_session_at would also look up the tag of each entry, 500
 * scattered loads a decision; here stale references die where candidates are
 * mapped to the catalogue.
 *
 * Hardly a branch: what a session shares with the query is a coin's toss.
 */

static inline int
xsell_knn_read(const xsell_arena_t *a, uint32_t idx,
    const xsell_knn_wanted_t *w, uint64_t own, xsell_knn_visit_t *v)
{
    uint32_t                       seq;
    uint64_t                       key, tags;
    xsell_refs_t                   found;
    const xsell_bucket_t          *b;
    const xsell_session_record_t  *r;

    b = &a->sessions[idx / XSELL_WAYS];
    r = &b->record[idx % XSELL_WAYS];

    seq = xsell_load_acquire(&b->seq);

    key = xsell_knn_word(&r->key);
    v->last_s = xsell_load(&r->last_s);
    v->n = xsell_load(&r->n);
    v->n = v->n < XSELL_HISTORY ? v->n : XSELL_HISTORY;

    tags = xsell_knn_word(&r->tag[0]);
    found = xsell_knn_four(r, w, (uint32_t) tags, 0, v)
            | xsell_knn_four(r, w, (uint32_t) (tags >> 32), 4, v);

    if (v->n > 8) {
        tags = xsell_knn_word(&r->tag[8]);
        found |= xsell_knn_four(r, w, (uint32_t) tags, 8, v)
                 | xsell_knn_four(r, w, (uint32_t) (tags >> 32), 12, v);
    }

    v->mask = (found[0] | found[1]) | (found[2] | found[3]);

    __atomic_thread_fence(__ATOMIC_ACQUIRE);

    return (seq & 1) == 0 && xsell_load(&b->seq) == seq && v->mask != 0
           && key != 0 && key != own;
}


/* what one neighbour's visit counts for; near: of its items */

static inline float
xsell_knn_weight(const xsell_knn_visit_t *v, const xsell_knn_query_t *q,
    const float *weight, const float **near)
{
    float     age;
    uint32_t  i, j;

    /* Serenade: 1 - .1 x the distance of the newest shared item */

    j = (uint32_t) __builtin_ctz(v->mask);
    age = q->now_s > v->last_s ? (float) (q->now_s - v->last_s) : 0;

    for (i = 0; v->ref[i] != q->ref[j]; i++) { /* it is there */ }

    *near = &xsell_knn_near[XSELL_HISTORY - 1 - i];

    return weight[v->mask] * (1.0f - 0.1f * (float) (j + 1))
           * XSELL_KNN_DRIFT_S / (XSELL_KNN_DRIFT_S + age);
}


/*
 * Adds the items of a neighbour, of which every third is new to the tally: too
 * often for a branch.  So the next row is made for each, and found, as any
 * other is, when there is none before.
 */

static inline void
xsell_knn_add(xsell_tally_t *t, const xsell_knn_visit_t *v, float w,
    const float *near)
{
    uint32_t         i, k, n, at, stamp;
    xsell_scored_t  *row;

    n = t->n;
    stamp = t->stamp;

    for (k = 0; k < v->n; k++) {

        if (n == XSELL_TALLY_MAX - 1) {
            break;
        }

        row = &t->row[n];
        row->ref = v->ref[k];
        row->support = 0;
        row->score = 0;
        row->extra = 0;

        i = xsell_spread(v->ref[k]);

        do {
            i &= XSELL_TALLY_CELLS - 1;
            at = t->cell[i++] ^ stamp;
            at = at < XSELL_CELL_STAMP ? at : n;

        } while (t->row[at].ref != v->ref[k]);

        t->cell[i - 1] = stamp | at;
        n += at == n;

        t->row[at].score += w * near[k];
        t->row[at].support++;
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

static void
xsell_knn_gather(xsell_knn_t *k, const xsell_arena_t *a,
    const xsell_knn_query_t *q)
{
    uint32_t  i, j, slot, places, sessions;
    uint32_t  place[XSELL_PLACES + XSELL_CHUNK_PLACES];

    xsell_knn_begin(k);
    sessions = a->buckets_n * XSELL_WAYS;

    for (i = 0; i < q->n; i++) {
        slot = xsell_ref_slot(q->ref[i]);

        if (slot < a->items_n) {
            __builtin_prefetch(&a->postings[slot]);
            __builtin_prefetch(&a->postings[slot].place[14]);
            __builtin_prefetch(&a->postings[slot].place[XSELL_PLACES - 1]);
        }
    }

    for (i = 0; i < q->n; i++) {
        slot = xsell_ref_slot(q->ref[i]);

        if (slot >= a->items_n) {
            continue;
        }

        places = xsell_posting_copy(a, slot, place);

        for (j = 0; j < places; j++) {
            if (place[j] < sessions) {
                xsell_knn_mark(k, place[j], 1u << i);
            }
        }
    }
}


uint32_t
xsell_knn(xsell_knn_t *k, xsell_tally_t *t, const xsell_arena_t *a,
    const xsell_settings_t *s, const xsell_knn_query_t *q,
    xsell_scored_t *out, uint32_t max)
{
    float               w, total, weight[XSELL_KNN_MASKS];
    uint32_t            i, chosen;
    const float        *near;
    xsell_knn_visit_t   visit;
    xsell_knn_wanted_t  wanted;

    if (q->n == 0) {
        return 0;
    }

    xsell_knn_gather(k, a, q);
    xsell_knn_want(&wanted, q);
    xsell_knn_weights(weight, q->n);

    chosen = xsell_knn_choose(k, weight, q->n,
                              s->neighbours < XSELL_NEIGHBOURS_MAX
                              ? s->neighbours : XSELL_NEIGHBOURS_MAX);

    xsell_tally_begin(t);
    total = 0;

    /* all before the first: memory is busy with many at once, while what they
       are needed for waits for none */

    for (i = 0; i < chosen; i++) {
        xsell_knn_prefetch(a, k->chosen[i]);
    }

    for (i = 0; i < chosen; i++) {
        if (xsell_knn_read(a, k->chosen[i], &wanted, q->own, &visit)) {
            w = xsell_knn_weight(&visit, q, weight, &near);
            xsell_knn_add(t, &visit, w, near);
            total += w;
        }
    }

    if (total <= 0) {
        return 0;
    }

    xsell_knn_again(t, q);

    return xsell_knn_best(t, a, s->min_visits, total, out, max);
}

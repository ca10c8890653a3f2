
/*
 * xsell_knn_visits.c: what the neighbours' visits have, read as they stand.
 *
 * Between the choice of neighbours and the sums of their items (xsell_knn.c):
 * each record becomes its items as references, what each of them is worth, and
 * the place of its count, one after the other in columns.  It is the part of a
 * decision that is done most often, some 60 times with 5 items each, so eight
 * entries are taken at once: in two registers, or in one where the processor
 * has AVX2, which is asked here, once a decision.  Both give the same numbers.
 *
 * Not taken: compact copies of the records, one line each.  A copy lies as far
 * away as the record does, and it is the way there that takes the time, not
 * the second line.
 */

#include "xsell_model.h"


/* a visit this long ago counts for half of one of today: what shoppers look at
   together drifts.  STAN's exponential with 80 days (Garg et al. 2019) does
   the same, at the cost of one.  Worth .005 of HR@20 on Diginetica. */
#define XSELL_KNN_DRIFT_S    (60.0f * 24 * 3600)

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
    w->n = q->n < XSELL_ANCHORS_MAX ? q->n : XSELL_ANCHORS_MAX;

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

    for (j = 0; j < XSELL_ANCHORS_MAX && j < w->n; j += 2) {

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

static inline void
xsell_knn_open(const xsell_session_record_t *r, xsell_knn_visit_t *v,
    uint64_t *key)
{
    *key = __atomic_load_n(&r->key, __ATOMIC_ACQUIRE);
    v->last_s = xsell_load(&r->last_s);
    v->n = xsell_load(&r->n);
    v->n = v->n < XSELL_HISTORY ? v->n : XSELL_HISTORY;
}


/* hits: of the first eight items, more: of the others; 0: is no neighbour */

static inline int
xsell_knn_close(const xsell_session_record_t *r, uint64_t own, uint64_t key,
    uint64_t hits, uint64_t more, xsell_knn_visit_t *v)
{
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


static inline int
xsell_knn_read(const xsell_arena_t *a, uint32_t idx,
    const xsell_knn_wanted_t *w, uint64_t own, xsell_knn_visit_t *v,
    uint32_t *refs)
{
    uint64_t                       key, hits, more;
    const xsell_session_record_t  *r;

    r = xsell_knn_record(a, idx);

    xsell_knn_open(r, v, &key);

    hits = xsell_knn_low(xsell_knn_eight(r, w, 0, refs),
                         v->n < 8 ? v->n : 8);
    more = 0;

    if (v->n > 8) {
        more = xsell_knn_low(xsell_knn_eight(r, w, 8, refs + 8), v->n - 8);
    }

    return xsell_knn_close(r, own, key, hits, more, v);
}


/* what a visit of each mask counts for, but for its age, times DRIFT */

static void
xsell_knn_masks(const float *weight, uint32_t n, float *worth)
{
    uint32_t  mask, j;

    worth[0] = 0;

    /* Serenade: 1 - .1 x the distance of the newest shared item */

    for (mask = 1; mask < (1u << n); mask++) {
        j = (uint32_t) __builtin_ctz(mask);
        worth[mask] = weight[mask] * (1.0f - 0.1f * (float) (j + 1))
                      * XSELL_KNN_DRIFT_S;
    }
}


/* what one neighbour's visit counts for */

static inline float
xsell_knn_weight(const xsell_knn_visit_t *v, const xsell_knn_query_t *q,
    const float *worth)
{
    uint32_t  age;

    age = q->now_s > v->last_s ? q->now_s - v->last_s : 0;

    return worth[v->mask] / (XSELL_KNN_DRIFT_S + (float) age);
}


/* of m items the counts that they share */

static void
xsell_knn_hash(xsell_knn_t *k, uint32_t from, uint32_t to)
{
    uint32_t  i;

    for (i = from; i < to; i++) {
        k->at[i] = (uint16_t) (xsell_spread(k->ref[i])
                               & (XSELL_KNN_COUNTS - 1));
    }
}


/* xsell_knn_visits() for any processor */

static uint32_t
xsell_knn_narrow(xsell_knn_t *k, const xsell_arena_t *a,
    const xsell_knn_query_t *q, const xsell_knn_wanted_t *wanted,
    const float *worth, uint32_t chosen, float *total)
{
    float                w, sum;
    uint32_t             i, j, m;
    const float         *near;
    xsell_four_t         f;
    xsell_knn_visit_t    visit;

    m = 0;
    sum = 0;

    for (i = 0; i < chosen; i++) {

        if (!xsell_knn_read(a, k->chosen[i], wanted, q->own, &visit,
                            &k->ref[m]))
        {
            continue;
        }

        w = xsell_knn_weight(&visit, q, worth);
        near = &xsell_knn_near[XSELL_HISTORY - 1 - visit.at];

        for (j = 0; j < visit.n; j += 8) {
            f = w * xsell_four(&near[j]);
            memcpy(&k->worth[m + j], &f, sizeof(f));
            f = w * xsell_four(&near[j + 4]);
            memcpy(&k->worth[m + j + 4], &f, sizeof(f));
        }

        xsell_knn_hash(k, m, m + visit.n);

        m += visit.n;
        sum += w;
    }

    *total = sum;

    return m;
}


#ifdef __SSE2__

#define XSELL_KNN_AVX2  __attribute__((target("avx2")))


/* a byte per item j to j + 3 of the query: which of eight entries are it */

XSELL_KNN_AVX2 static inline uint64_t
xsell_knn_wide_hits(const xsell_knn_wanted_t *w, __m256i x, uint32_t j)
{
    __m256i  is;

#define xsell_knn_is(j)                                                       \
    _mm256_cmpeq_epi32(x, _mm256_broadcastsi128_si256((__m128i) w->ref[j]))

    is = _mm256_packs_epi16(_mm256_packs_epi32(xsell_knn_is(j),
                                               xsell_knn_is(j + 1)),
                            _mm256_packs_epi32(xsell_knn_is(j + 2),
                                               xsell_knn_is(j + 3)));

#undef xsell_knn_is

    is = _mm256_permutevar8x32_epi32(is, _mm256_setr_epi32(0, 4, 1, 5,
                                                           2, 6, 3, 7));

    return (uint32_t) _mm256_movemask_epi8(is);
}


/* as xsell_knn_eight(), and what xsell_knn_hash() makes of them */

XSELL_KNN_AVX2 static inline uint64_t
xsell_knn_wide_eight(const xsell_session_record_t *r,
    const xsell_knn_wanted_t *w, uint32_t i, uint32_t *refs, uint16_t *at)
{
    uint64_t  hits;
    __m256i   x, h;

    _Static_assert(XSELL_ANCHORS_MAX == 8, "two fours");

    x = _mm256_set_epi64x((long long) xsell_knn_word(&r->entry[i + 6]),
                          (long long) xsell_knn_word(&r->entry[i + 4]),
                          (long long) xsell_knn_word(&r->entry[i + 2]),
                          (long long) xsell_knn_word(&r->entry[i]));
    h = _mm256_cvtepu8_epi32(_mm_cvtsi64_si128(
                             (long long) xsell_knn_word(&r->tag[i])));

    x = _mm256_or_si256(_mm256_and_si256(x,
                            _mm256_set1_epi32(XSELL_SLOT_MASK)),
                        _mm256_slli_epi32(h, XSELL_SLOT_BITS));
    _mm256_storeu_si256((__m256i *) (void *) refs, x);

    h = _mm256_srli_epi32(_mm256_mullo_epi32(x,
                              _mm256_set1_epi32((int) XSELL_SPREAD)),
                          XSELL_SPREAD_BITS);
    h = _mm256_and_si256(h, _mm256_set1_epi32(XSELL_KNN_COUNTS - 1));
    h = _mm256_permute4x64_epi64(_mm256_packus_epi32(h, h), 0x08);
    _mm_storeu_si128((__m128i *) (void *) at, _mm256_castsi256_si128(h));

    hits = xsell_knn_wide_hits(w, x, 0);

    if (w->n > 4) {
        hits |= xsell_knn_wide_hits(w, x, 4) << 32;
    }

    return hits;
}


/* as xsell_knn_narrow(), for processors that have AVX2 */

XSELL_KNN_AVX2 static uint32_t
xsell_knn_wide(xsell_knn_t *k, const xsell_arena_t *a,
    const xsell_knn_query_t *q, const xsell_knn_wanted_t *wanted,
    const float *worth, uint32_t chosen, float *total)
{
    float                          w, sum;
    __m256                         f;
    uint32_t                       i, m;
    uint64_t                       key, hits, more;
    const float                   *near;
    xsell_knn_visit_t              v;
    const xsell_session_record_t  *r;

    m = 0;
    sum = 0;

    for (i = 0; i < chosen; i++) {
        r = xsell_knn_record(a, k->chosen[i]);

        xsell_knn_open(r, &v, &key);

        hits = xsell_knn_low(xsell_knn_wide_eight(r, wanted, 0, &k->ref[m],
                                                  &k->at[m]),
                             v.n < 8 ? v.n : 8);
        more = 0;

        if (v.n > 8) {
            more = xsell_knn_low(xsell_knn_wide_eight(r, wanted, 8,
                                                      &k->ref[m + 8],
                                                      &k->at[m + 8]),
                                 v.n - 8);
        }

        if (!xsell_knn_close(r, q->own, key, hits, more, &v)) {
            continue;
        }

        w = xsell_knn_weight(&v, q, worth);
        near = &xsell_knn_near[XSELL_HISTORY - 1 - v.at];

        f = _mm256_mul_ps(_mm256_set1_ps(w), _mm256_loadu_ps(near));
        _mm256_storeu_ps(&k->worth[m], f);

        if (v.n > 8) {
            f = _mm256_mul_ps(_mm256_set1_ps(w), _mm256_loadu_ps(near + 8));
            _mm256_storeu_ps(&k->worth[m + 8], f);
        }

        m += v.n;
        sum += w;
    }

    *total = sum;

    return m;
}

#endif


uint32_t
xsell_knn_visits(xsell_knn_t *k, const xsell_arena_t *a,
    const xsell_knn_query_t *q, const float *weight, uint32_t chosen,
    float *total)
{
    float               worth[XSELL_KNN_MASKS];
    xsell_knn_wanted_t  wanted;

    xsell_knn_want(&wanted, q);
    xsell_knn_masks(weight, wanted.n, worth);

#ifdef __SSE2__
    if (!k->narrow && __builtin_cpu_supports("avx2")) {
        return xsell_knn_wide(k, a, q, &wanted, worth, chosen, total);
    }
#endif

    return xsell_knn_narrow(k, a, q, &wanted, worth, chosen, total);
}

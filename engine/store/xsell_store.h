
/*
 * xsell_store.h: what the store's files and the models share, and nobody
 * else: access to words in shared memory and the sequence protocol.
 */

#ifndef XSELL_STORE_H
#define XSELL_STORE_H

#include "../xsell.h"

#include <string.h>


/* records are moved as 32-bit words, whatever their fields are */

typedef uint32_t __attribute__((may_alias))  xsell_word_t;
typedef uint64_t __attribute__((may_alias))  xsell_wide_t;


/* words that are read without a lock */

#define xsell_load(p)            __atomic_load_n(p, __ATOMIC_RELAXED)
#define xsell_store(p, v)        __atomic_store_n(p, v, __ATOMIC_RELAXED)
#define xsell_load_acquire(p)    __atomic_load_n(p, __ATOMIC_ACQUIRE)
#define xsell_store_release(p, v)  __atomic_store_n(p, v, __ATOMIC_RELEASE)
#define xsell_add(p, v)          __atomic_fetch_add(p, v, __ATOMIC_RELAXED)


/* floats of the learner: 32-bit words moved whole (aligned, so one store) */

static inline float
xsell_load_float(const float *p)
{
    float     f;
    uint32_t  w;

    w = __atomic_load_n((const xsell_word_t *) (const void *) p,
                        __ATOMIC_RELAXED);
    memcpy(&f, &w, sizeof(f));
    return f;
}


static inline void
xsell_store_float(float *p, float f)
{
    uint32_t  w;

    memcpy(&w, &f, sizeof(f));
    __atomic_store_n((xsell_word_t *) (void *) p, w, __ATOMIC_RELAXED);
}


/*
 * Sequence words (seqlock; Boehm 2012): the writer makes the word odd,
 * changes the record with relaxed stores, makes it even again.  A reader
 * copies between two equal even values.
 */

static inline void
xsell_seq_open(uint32_t *seq)
{
    __atomic_store_n(seq, __atomic_load_n(seq, __ATOMIC_RELAXED) | 1,
                     __ATOMIC_RELAXED);
    __atomic_thread_fence(__ATOMIC_RELEASE);
}


static inline void
xsell_seq_close(uint32_t *seq)
{
    __atomic_store_n(seq, (__atomic_load_n(seq, __ATOMIC_RELAXED) | 1) + 1,
                     __ATOMIC_RELEASE);
}


/* whether both are such that two words can be moved as one */

#define xsell_seq_even(d, s)                                                  \
    ((((uintptr_t) (d) | (uintptr_t) (s)) & 7) == 0)

/* two words: out of shared memory, into it */

#define xsell_seq_take(d, s)                                                  \
    *(xsell_wide_t *) (void *) (d) =                                          \
        __atomic_load_n((const xsell_wide_t *) (const void *) (s),            \
                        __ATOMIC_RELAXED)
#define xsell_seq_give(d, s)                                                  \
    __atomic_store_n((xsell_wide_t *) (void *) (d),                           \
                     *(const xsell_wide_t *) (const void *) (s),              \
                     __ATOMIC_RELAXED)


/* copies `words` 32-bit words in one try; 0 if a writer was at it */

static inline int
xsell_seq_copy(const uint32_t *seq, void *dst, const void *src, size_t words)
{
    size_t               i;
    uint32_t             before;
    xsell_word_t        *d;
    const xsell_word_t  *s;

    before = __atomic_load_n(seq, __ATOMIC_ACQUIRE);

    if (before & 1) {
        return 0;
    }

    d = dst;
    s = src;
    i = 0;

    if (xsell_seq_even(dst, src)) {
        for ( /* void */ ; i + 4 <= words; i += 4) {
            xsell_seq_take(&d[i], &s[i]);
            xsell_seq_take(&d[i + 2], &s[i + 2]);
        }

        if (i + 2 <= words) {
            xsell_seq_take(&d[i], &s[i]);
            i += 2;
        }
    }

    for ( /* void */ ; i < words; i++) {
        d[i] = __atomic_load_n(&s[i], __ATOMIC_RELAXED);
    }

    __atomic_thread_fence(__ATOMIC_ACQUIRE);

    return __atomic_load_n(seq, __ATOMIC_RELAXED) == before;
}


/* the same stores, for the writer */

static inline void
xsell_seq_put(void *dst, const void *src, size_t words)
{
    size_t               i;
    xsell_word_t        *d;
    const xsell_word_t  *s;

    d = dst;
    s = src;
    i = 0;

    if (xsell_seq_even(dst, src)) {
        for ( /* void */ ; i + 4 <= words; i += 4) {
            xsell_seq_give(&d[i], &s[i]);
            xsell_seq_give(&d[i + 2], &s[i + 2]);
        }

        if (i + 2 <= words) {
            xsell_seq_give(&d[i], &s[i]);
            i += 2;
        }
    }

    for ( /* void */ ; i < words; i++) {
        __atomic_store_n(&d[i], s[i], __ATOMIC_RELAXED);
    }
}


/* a ring by number */

#define xsell_ring_at(a, i)                                                   \
    ((xsell_ring_t *) (void *) ((a)->rings + (size_t) (i) * (a)->ring_stride))

#define xsell_ring_events(ring)  ((xsell_event_t *) ((ring) + 1))


/* whether there is something in it; learner */

static inline int
xsell_ring_waits(const xsell_arena_t *a, uint32_t i)
{
    const xsell_ring_t  *ring;

    ring = xsell_ring_at(a, i);

    return xsell_load(&ring->head) != xsell_load(&ring->tail);
}



/* learner's intent (xsell_learn.c): set before a record is changed, cleared
   after it */

static inline void
xsell_intent_set(xsell_arena_t *a, uint32_t region, uint32_t index)
{
    xsell_store(&a->header->intent.index, index);
    xsell_store_release(&a->header->intent.region, region);
}


static inline void
xsell_intent_clear(xsell_arena_t *a)
{
    xsell_store_release(&a->header->intent.region, XSELL_REGIONS);
}


/*
 * A hash's first word in HASH, whatever number of words that has: 32 bits of
 * it as a fraction of the table (Lemire, Fast Random Integer Generation in an
 * Interval, 2019).  Any hash gives a word of the table.
 */

static inline uint32_t
xsell_hash_home(const xsell_arena_t *a, uint64_t hash)
{
    return (uint32_t) ((hash & 0xffffffffu) * a->hash_n >> 32);
}


/* the two halves of an item record's carts_tag */

static inline uint8_t
xsell_item_tag(const xsell_item_record_t *it)
{
    return xsell_ref_tag(xsell_load(&it->carts_tag));
}


static inline uint32_t
xsell_item_carts(const xsell_item_record_t *it)
{
    return xsell_ref_slot(xsell_load(&it->carts_tag));
}


/* the tag that a slot's references must carry now */

static inline uint8_t
xsell_slot_tag(const xsell_arena_t *a, uint32_t slot)
{
    return __atomic_load_n(&a->dict[slot].tag, __ATOMIC_RELAXED);
}


/* of each region: bytes a record (RINGS: without the entries), and the
   version of its fields' meaning (xsell_plan.c) */
extern const uint32_t  xsell_region_stride[XSELL_REGIONS];
extern const uint32_t  xsell_region_version[XSELL_REGIONS];

/* more than anybody has sessions; keeps every count below 2^32 */
#define XSELL_ARENA_MAX  (64ull << 30)

/* adds a session to an item's posting; snapshot loading and xsell_learn */
void xsell_posting_add(xsell_arena_t *a, uint32_t slot, uint32_t session_idx,
    uint32_t now_s);

/* how often two items came together lately, about (xsell_sketch.c); learner.
   An order counts for four visits: then 63 of them fit into a cell. */

static inline uint32_t
xsell_sketch_worth(uint32_t viewed, uint32_t bought)
{
    return viewed + 4 * bought;
}

uint32_t xsell_sketch_count(const xsell_arena_t *a, xsell_ref_t x,
    xsell_ref_t y);

/* makes it at least that many, at most 255 */
void xsell_sketch_raise(xsell_arena_t *a, xsell_ref_t x, xsell_ref_t y,
    uint32_t least);

/* once an addition, with random bits: forgets a little, now and then */
void xsell_sketch_age(xsell_arena_t *a, uint64_t draw);

/* empties everything that an item's slot has, when the slot changed tag;
   learner only */
void xsell_item_reset(xsell_arena_t *a, uint32_t slot);

/* what xsell_model_t.sum must be (model/xsell_weights.c); snapshots */
uint64_t xsell_weights_sum(const xsell_model_t *m);

/* whether it can be used: whole, finite, possible */
int xsell_weights_good(const xsell_model_t *m);

/* that, and a belief: also one of an older build, which lacks features */
int xsell_weights_usable(const xsell_model_t *m);

/* a crowd of a snapshot into an arena that nobody else sees yet: 1 if there was
   no place for it, or another, smaller one lost its (model/xsell_crowd.c) */
int xsell_crowd_put(xsell_arena_t *a, const xsell_crowd_t *from);

/* puts a kind's record where it belongs (model/xsell_goes.c; snapshot loading:
   nobody else is there); 0 if it has no place, or a number in it is none */
int xsell_goes_put(xsell_arena_t *a, const xsell_goes_t *g);

/* puts a session record into the main table as it is (snapshot loading:
   nobody else is there); evicts the oldest; returns its index */
uint32_t xsell_session_put(xsell_arena_t *a, const xsell_session_record_t *r);


#endif /* XSELL_STORE_H */


/*
 * xsell_model.h: what the files of engine/model share, and nobody else.
 *
 * The read path (xsell_rank) goes through one scratch block, the ranker:
 *
 *   basis       which items this decision starts from
 *   tally       sums per item while one source is asked
 *   candidates  the union of the sources, one row an item
 *   rules       what may not be offered
 *   features    numbers of a row, times the model's weights = score
 *
 * It is allocated once a process and never cleared: every table carries the
 * stamp of the question that filled a cell, so an older cell reads as empty.
 * All of it is private to one process, so nothing here is atomic.
 */

#ifndef XSELL_MODEL_H
#define XSELL_MODEL_H

#include "../store/xsell_store.h"

#include <math.h>
#include "xsell_bandit.h"
#include "xsell_four.h"


#define XSELL_CANDIDATES      XSELL_GIVEN_MAX     /* rows of one decision */
#define XSELL_CANDIDATE_CELLS 512     /* power of two, > 2 x rows */
#define XSELL_ANCHORS_MAX     8       /* bits of a neighbour's mask */
#define XSELL_KNN_MASKS       (1 << XSELL_ANCHORS_MAX)
#define XSELL_NEIGHBOURS_MAX  256
#define XSELL_TALLY_CELLS     4096    /* power of two */
#define XSELL_TALLY_MAX       3072    /* items, so that probing stays short */
#define XSELL_KNN_PLACES      (8 * 128)
#define XSELL_SESSION_CELLS   2048    /* 8 anchors x 128 places, half full */
#define XSELL_KNN_ITEMS       (XSELL_NEIGHBOURS_MAX * XSELL_HISTORY + 8)
#define XSELL_KNN_COUNTS      2048    /* power of two */
#define XSELL_SOURCE_KEEP     64      /* items that one source hands on */
#define XSELL_SHORTLIST       XSELL_LIST_MAX  /* rows that diversity looks at,
                                         4 a place of the largest slate */
#define XSELL_CHOICES         (XSELL_SHORTLIST + 96)  /* ... and those that
                                         other items of the visit bring */
#define XSELL_CHOICE_ALL      96      /* as many are looked at without asking
                                         which are best */
/* of a page's items, kept apart: as many as fit on one */
#define XSELL_SHOWN_GROUPS    (XSELL_PLACES_MAX * XSELL_SLATE_MAX)

/* items of the cart or earlier in the visit against the anchor */
#define XSELL_BOUGHT_REST     0.6f
#define XSELL_VIEWED_REST     0.4f

#define XSELL_POP_HALF_S      (7 * 24 * 3600)
#define XSELL_TREND_HALF_S    (6 * 3600)
#define XSELL_SOLD_HALF_S     (30 * 24 * 3600)

/* log2 of a sum that is as good as nothing */
#define XSELL_SUM_LEAST       (-4.0f)

/* log2 of what six hours are of a week, in half-lives */
#define XSELL_TREND_EXPECTED  (-4.8f)


/* features that are a row's; behind them products of these with the moment's */
#define XSELL_ROW_FEATURES    (XSELL_F_GEO + 1)

/* half of the range of a source's feature at: a neighbour share, a cosine of
   visits, one of words */
#define XSELL_KNN_HALF        1.0f
#define XSELL_PAIR_HALF       0.15f
#define XSELL_SIMILAR_HALF    0.3f

/* a belief about a residual before anything is known: its precision */
#define XSELL_ITEM_PRECISION  2.8f
#define XSELL_PAIR_PRECISION  2.8f
#define XSELL_PLACE_PRECISION 20.0f

#define XSELL_KINDS           32768      /* categories whose hash is at hand */


/* an item with what one source says about it */

typedef struct {
    xsell_ref_t              ref;
    uint32_t                 support;   /* visits or orders behind it */
    float                    score;
    float                    extra;     /* pairs: bought, the best log2 lift;
                                           viewed, what query[1] says alone */
} xsell_scored_t;


/*
 * A cell of a table whose rows lie elsewhere, side by side in the order in
 * which they came: the stamp of the question that filled it, and in the low 16
 * bits the row.  So what is looked through stays in the nearest cache.
 */

typedef uint32_t  xsell_cell_t;

#define XSELL_CELL_STAMP  0x10000u


typedef struct {
    uint32_t                 n;
    uint32_t                 stamp;
    xsell_cell_t             cell[XSELL_TALLY_CELLS];
    xsell_scored_t           row[XSELL_TALLY_MAX];
} xsell_tally_t;


/* sessions that some posting named; mask: which query items named them */

typedef struct {
    int                      narrow;    /* as if there was no AVX2 */
    uint32_t                 n;
    uint32_t                 stamp;
    xsell_cell_t             cell[XSELL_SESSION_CELLS];
    uint32_t                 idx[XSELL_SESSION_CELLS / 2];
    uint8_t                  mask[XSELL_SESSION_CELLS / 2];
    uint16_t                 masks[XSELL_KNN_MASKS];    /* of how many */
    uint32_t                 chosen[XSELL_NEIGHBOURS_MAX];

    /* items of the chosen ones, one after the other, written by eight */
    uint32_t                 ref[XSELL_KNN_ITEMS];
    float                    worth[XSELL_KNN_ITEMS];
    uint16_t                 at[XSELL_KNN_ITEMS];       /* its count */
    uint16_t                 few[XSELL_KNN_ITEMS];      /* those that enough
                                                           visits may have */
    uint16_t                 count[XSELL_KNN_COUNTS];
    uint16_t                 next[XSELL_TALLY_MAX];     /* of the tally's rows,
                                    that have the same hash; 0: none */
} xsell_knn_t;


/* the items that a decision starts from, each once, weightiest first */

typedef struct {
    uint32_t                 lead;      /* of the catalogue, or NO_ITEM */
    uint32_t                 visit_n;
    uint32_t                 cart_n;
    xsell_ref_t              visit[XSELL_ANCHORS_MAX];
    xsell_ref_t              cart[XSELL_HISTORY + 1];
} xsell_basis_t;


/* what the sources and the score write of a row is one line */

typedef struct {
    _Alignas(XSELL_LINE_BYTES)
    uint32_t                 item;      /* of the catalogue */
    xsell_ref_t              ref;
    const xsell_item_t      *info;
    const xsell_given_t     *given;     /* NULL: gathered here */
    uint32_t                 sources;   /* bit per XSELL_REASON_* */
    float                    knn;       /* as the sources scored it */
    float                    bought;
    float                    viewed;
    float                    before;    /* ... with the item viewed before */
    float                    lift;
    float                    similar;
    float                    visual;    /* in the feature's unit */
    float                    geo;       /* ... too */
    float                    score;
    uint16_t                 pair;      /* cell of AFFINITY, of 65536 */
    uint8_t                  seen;      /* by the visitor */
    float                    residual;  /* mean of item's and pair's */
    float                    doubt;     /* their standard deviation */
    float                    feature[XSELL_FEATURES];
} xsell_candidate_t;


typedef struct {
    uint32_t                 stamp;
    uint32_t                 row;
} xsell_candidate_cell_t;


typedef struct {
    uint32_t                 stamp;
    uint32_t                 n;
    uint32_t                 evidence;  /* rows that behaviour named */
    xsell_candidate_t        row[XSELL_CANDIDATES];
    xsell_candidate_cell_t   cell[XSELL_CANDIDATE_CELLS];
} xsell_candidates_t;


/* what scores are made of, as columns (xsell_score.c); behind the last row
   there is room for a vector */

#define XSELL_COLUMNS        (XSELL_CANDIDATES + 8)

typedef struct {
    uint16_t                 row[XSELL_COLUMNS];        /* of candidates */
    uint32_t                 category[XSELL_COLUMNS];
    uint32_t                 brand[XSELL_COLUMNS];
    float                    price[XSELL_COLUMNS];
    float                    rating[XSELL_COLUMNS];     /* 64 to one */
    float                    pop[XSELL_COLUMNS];        /* `age` s ago */
    float                    sold[XSELL_COLUMNS];
    float                    trend[XSELL_COLUMNS];
    float                    age[XSELL_COLUMNS];
    float                    knn[XSELL_COLUMNS];
    float                    bought[XSELL_COLUMNS];
    float                    viewed[XSELL_COLUMNS];
    float                    before[XSELL_COLUMNS];
    float                    lift[XSELL_COLUMNS];
    float                    similar[XSELL_COLUMNS];
    float                    visual[XSELL_COLUMNS];
    float                    extra[XSELL_COLUMNS];
    float                    score[XSELL_COLUMNS];
} xsell_columns_t;


/* rows that may be offered, as columns: diversity looks at some at a time.
   Behind the last there are up to 7 that are OUT. */

typedef struct {
    uint32_t                 n;
    float                    score[XSELL_CHOICES];      /* OUT: not, any more */
    float                    left[XSELL_CHOICES];       /* ... beside the picks */
    float                    octave[XSELL_CHOICES];     /* xsell_octave() */
    uint32_t                 category[XSELL_CHOICES];
    uint32_t                 brand[XSELL_CHOICES];
    uint16_t                 row[XSELL_CHOICES];        /* of candidates */
} xsell_choice_t;

/* a score below all others */
#define XSELL_CHOICE_OUT     (-1e30f)

#define XSELL_ROWS_AT_ONCE   8


typedef struct xsell_bases_s  xsell_bases_t;    /* xsell_base.c */
typedef struct xsell_rows_s   xsell_rows_t;     /* xsell_rows.c */


/* of one decision: what every row's features are measured against */

typedef struct {
    const xsell_query_t     *query;
    const xsell_arena_t     *arena;
    const xsell_item_t      *lead;      /* NULL: none */
    uint32_t                 now_s;
    float                    pop;       /* log2 of the best item's sums */
    float                    sold;
    float                    similar;   /* what is left of it */
    float                    dwell;     /* on the page before, -2..2 */
    float                    depth;     /* of the visit, 0..1 */
    float                    back;
    float                    mobile;
    uint32_t                 kind;      /* of the lead's category: hash */
    uint32_t                 group;     /* ... of its first level */
    unsigned                 styled;    /* style[] says something */
    int8_t                   style[8];
    float                    inverse;   /* 1 / its length */
    uint32_t                 seen_n;
    xsell_ref_t              seen[XSELL_HISTORY];
} xsell_scale_t;


/* a category's number -> hashes of its path and of the path's first level */

typedef struct {
    uint32_t                 category;      /* + 1; 0: free */
    uint32_t                 path;
    uint32_t                 top;
} xsell_kind_t;


/* what visitors of one country view most */

#define XSELL_LANDS            8

typedef struct {
    const uint8_t           *arena;
    uint64_t                 made_ms;
    uint32_t                 key;       /* 0: free */
    uint32_t                 n;
    xsell_scored_t           row[XSELL_CROWD_ITEMS];
} xsell_land_t;


/* a kind that goes with another (xsell_goes.c); so many of them count */

#define XSELL_GOES_WITH        4

typedef struct {
    uint32_t                 kind;
    uint32_t                 category;  /* of the catalogue */
    float                    lift;      /* log2, shrunk, above 0 */
} xsell_goes_with_t;


struct xsell_ranker_s {
    float                    weight[XSELL_FEATURES];
    float                    theta[XSELL_FEATURES];     /* of this decision */
    float                    look[XSELL_LOOKS];         /* ... of its looks */
    float                    leave[XSELL_LEAVES];
    float                    fold[XSELL_ROW_FEATURES];  /* ... in this moment */
    uint64_t                 random;
    int                      draws;         /* theta is a draw */
    int                      learned;       /* residuals count */
    uint64_t                 drawn_ms;      /* theta: when, 0: is no draw */
    uint32_t                 drawn;         /* ... and of which generation */
    uint32_t                 looked;        /* look, leave: the same */
    uint64_t                 looked_ms;
    const xsell_catalog_t   *kinds_of;
    xsell_kind_t             kind[XSELL_KINDS];
    xsell_land_t             land[XSELL_LANDS];
    uint32_t                 with_n;        /* kinds that go with the lead's */
    xsell_goes_with_t        with[XSELL_GOES_WITH];
    float                    z[XSELL_CANDIDATES];
    xsell_scale_t            scale;
    uint32_t                 generation;    /* of weight; 0: built in */
    uint32_t                 seen;          /* last one looked at, good or
                                               not */
    xsell_model_t            copy;      /* the last good one */
    xsell_model_t            fresh;     /* the one that is looked at */
    xsell_basis_t            basis;
    xsell_tally_t            tally;
    xsell_knn_t              knn;
    xsell_candidates_t       candidates;
    xsell_scored_t           scored[XSELL_SOURCE_KEEP];
    xsell_scored_t           shortlist[XSELL_SHORTLIST];
    xsell_columns_t          columns;
    xsell_choice_t           choice;
    const xsell_rows_t      *rows;
    xsell_bases_t           *bases;
};


/* ---- numbers (inline: they run a thousand times a decision) ----------- */

/* log2 of a positive finite number, error below .01; for features only */

static inline float
xsell_log2(float x)
{
    float     m;
    uint32_t  w;

    memcpy(&w, &x, sizeof(w));
    m = (float) ((int) (w >> 23) - 127);
    w = (w & 0x007fffff) | 0x3f800000;
    memcpy(&x, &w, sizeof(x));

    return m + (2.0f - 0.33582878f * x) * x - 1.65871022f;
}


/* a price as its logarithm, so that a ratio is a difference; unknown: NaN, which
   is equal to none and near none */

static inline float
xsell_octave(int64_t price)
{
    return price > 0 ? xsell_log2((float) price) : NAN;
}


static inline float
xsell_clip(float x, float low, float high)
{
    /* a NaN becomes low */
    return x > low ? (x < high ? x : high) : low;
}


/* a source's score as a feature, 0..2 */

static inline float
xsell_half(float x, float half)
{
    return x > 0 ? 2 * x / (x + half) : 0;
}


/* exact: exponent of all ones is infinity or NaN */

static inline int
xsell_finite(float x)
{
    uint32_t  w;

    memcpy(&w, &x, sizeof(w));
    return (w & 0x7f800000) != 0x7f800000;
}


/* spreads the bits of a slot or an index over a table */

#define XSELL_SPREAD       0x9e3779b1u
#define XSELL_SPREAD_BITS  15

static inline uint32_t
xsell_spread(uint32_t x)
{
    return (x * XSELL_SPREAD) >> XSELL_SPREAD_BITS;
}


/* ---- tally (xsell_tally.c) -------------------------------------------- */

void xsell_tally_begin(xsell_tally_t *t);

/* the item's sum, zero when new; NULL when the table is full */

static inline xsell_scored_t *
xsell_tally_at(xsell_tally_t *t, xsell_ref_t ref)
{
    uint32_t         i, at;
    xsell_scored_t  *row;

    i = xsell_spread(ref) & (XSELL_TALLY_CELLS - 1);

    /* ends: at most XSELL_TALLY_MAX cells are ever in use */

    for ( ;; ) {
        at = t->cell[i] ^ t->stamp;

        if (at >= XSELL_CELL_STAMP) {
            break;
        }

        row = &t->row[at];

        if (row->ref == ref) {
            return row;
        }

        i = (i + 1) & (XSELL_TALLY_CELLS - 1);
    }

    if (t->n == XSELL_TALLY_MAX) {
        return NULL;
    }

    row = &t->row[t->n];
    t->cell[i] = t->stamp | t->n++;

    row->ref = ref;
    row->support = 0;
    row->score = 0;
    row->extra = 0;

    return row;
}


/* ties go to the lower slot, so that equal evidence gives equal slates */

static inline int
xsell_scored_better(const xsell_scored_t *x, const xsell_scored_t *y)
{
    if (x->score != y->score) {
        return x->score > y->score;
    }

    return xsell_ref_slot(x->ref) < xsell_ref_slot(y->ref);
}


/* a heap whose root is the worst, and a better row in place of that */
void xsell_scored_heap(xsell_scored_t *out, uint32_t n);
void xsell_scored_replace(xsell_scored_t *out, uint32_t n,
    const xsell_scored_t *row);

/* keeps the best `max` (> 0) rows in out, in no order: most questions have
   fewer answers, so they become a heap only when there are too many */

static inline uint32_t
xsell_scored_keep(xsell_scored_t *out, uint32_t n, uint32_t max,
    const xsell_scored_t *row)
{
    if (n < max) {
        out[n++] = *row;

        if (n == max) {
            xsell_scored_heap(out, n);
        }

    } else if (xsell_scored_better(row, &out[0])) {
        xsell_scored_replace(out, n, row);
    }

    return n;
}

/* the best `max` of at most XSELL_TALLY_MAX rows go to the front, as they came;
   returns how many there are */
uint32_t xsell_scored_select(xsell_scored_t *row, uint32_t n, uint32_t max);

/* of n scores, at most XSELL_TALLY_MAX, the places of the best `max`, which
   ascend; of equals the first; returns how many there are */
uint32_t xsell_scores_select(const float *score, uint32_t n, uint32_t max,
    uint16_t *place);

/* best first */
void xsell_scored_sort(xsell_scored_t *out, uint32_t n);


/* ---- kNN (xsell_knn.c, xsell_posting.c) ------------------------------- */

#define XSELL_POSTING_MAX    (XSELL_PLACES + XSELL_CHUNK_PLACES)

/* session indices of a posting, newest first, at most `max` (up to
   POSTING_MAX); learner's words read as they are: the caller checks what a
   session really has */
uint32_t xsell_posting_copy(const xsell_arena_t *a, uint32_t slot,
    uint32_t max, uint32_t *out);

/* repairs after a killed learner */
void xsell_posting_repair(xsell_arena_t *a, uint32_t slot);
void xsell_chunk_repair(xsell_arena_t *a, uint32_t chunk);

/* a visit whose neighbours are asked for */

typedef struct {
    const xsell_ref_t       *ref;       /* newest item first */
    uint32_t                 n;         /* at most XSELL_ANCHORS_MAX */
    uint32_t                 now_s;
    uint64_t                 own;       /* key of its session, left out */
    int                      repeats;   /* what it saw may be offered */
} xsell_knn_query_t;

/*
 * How many of an item's newest visits are asked: of the page's 80, of one i
 * pages before it 64 / i.  What was looked at long ago is weak evidence, and
 * many visits of it bury the few that share more.  Worth .001 of HR@20 and .002
 * of MRR@20 on Diginetica beside asking all (128 at most), for less time.  32
 * / i is faster still, but where three visits must name an item, as in a shop,
 * it leaves .006 of HR@20 of new items out; 64 of the page's take .001 from
 * HR@20.
 */

#define XSELL_KNN_NEWEST     80

static inline uint32_t
xsell_knn_newest(uint32_t i)
{
    return i ? 2 * XSELL_PLACES / i : XSELL_KNN_NEWEST;
}


/* sessions[idx / WAYS].record[idx % WAYS], in half the steps: all records that
   come before it, and the heads of the buckets */

static inline const xsell_session_record_t *
xsell_knn_record(const xsell_arena_t *a, uint32_t idx)
{
    size_t  at, head;

    head = offsetof(xsell_bucket_t, record);

    _Static_assert(sizeof(xsell_bucket_t) == offsetof(xsell_bucket_t, record)
                   + XSELL_WAYS * sizeof(xsell_session_record_t), "no tail");

    at = (size_t) idx * sizeof(xsell_session_record_t)
         + (idx / XSELL_WAYS + 1) * head;

    return (const void *) ((const uint8_t *) a->sessions + at);
}


/* the chosen sessions' items, what each is worth and which count it has into
   k->ref, k->worth and k->at; returns how many; weight: of each mask; total:
   of the sessions themselves (xsell_knn_visits.c) */
uint32_t xsell_knn_visits(xsell_knn_t *k, const xsell_arena_t *a,
    const xsell_knn_query_t *q, const float *weight, uint32_t chosen,
    float *total);

/* the sessions that its items name, on their way into the cache; and what is
   made of them: items of the nearest visits, the best `max`, in no order */
void xsell_knn_gather(xsell_knn_t *k, const xsell_arena_t *a,
    const xsell_knn_query_t *q);
uint32_t xsell_knn_ask(xsell_knn_t *k, xsell_tally_t *t,
    const xsell_arena_t *a, const xsell_settings_t *s,
    const xsell_knn_query_t *q, xsell_scored_t *out, uint32_t max);

/* both */
uint32_t xsell_knn(xsell_knn_t *k, xsell_tally_t *t, const xsell_arena_t *a,
    const xsell_settings_t *s, const xsell_knn_query_t *q,
    xsell_scored_t *out, uint32_t max);


/* ---- pairs (xsell_pairs.c) -------------------------------------------- */

enum {
    XSELL_PAIR_VIEWED = 0,
    XSELL_PAIR_BOUGHT
};

/* counts one more visit or order with both, in both directions */
void xsell_pairs_add(xsell_arena_t *a, xsell_ref_t x, xsell_ref_t y,
    unsigned kind);
void xsell_pairs_repair(xsell_arena_t *a, uint32_t slot);

/* partners of query[0..n), the first weighs 1, the others `rest`: the best
   `max`, in no order, with what xsell_pairs_join makes of all */
uint32_t xsell_pairs_ask(xsell_tally_t *t, const xsell_arena_t *a,
    const xsell_settings_t *s, const xsell_ref_t *query, uint32_t n,
    float rest, unsigned kind, xsell_scored_t *out, uint32_t max);


/* what two items say of a partner of both */

static inline float
xsell_pairs_join(float x, float y)
{
    return sqrtf(x * x + y * y);
}


/* ---- popularity (xsell_popularity.c) ---------------------------------- */

/* a decayed sum, `seconds` later */
float xsell_decay(float value, uint32_t seconds, uint32_t half_s);

/* ages an item's sums to now_s; learner only, under its intent */
void xsell_item_age(xsell_item_record_t *it, uint32_t now_s);
void xsell_item_repair(xsell_arena_t *a, uint32_t slot);
void xsell_top_repair(xsell_arena_t *a, uint32_t list);

/* the first `max` of a list into refs, and its best score */
uint32_t xsell_top_copy(const xsell_arena_t *a, uint32_t list,
    xsell_ref_t *refs, uint32_t max, float *best);


/* ---- crowds: of a category, of a country (xsell_crowd.c) -------------- */

/* what may be said of an item that many looked at: see
   xsell_shelf_said() */
#define XSELL_VIEWS_LEAST     12.0f

/* a view that was counted for the item, whose record is `it`; cat may be NULL.
   Learner only */
void xsell_crowd_view(xsell_arena_t *a, const xsell_catalog_t *cat,
    const xsell_event_t *ev, const xsell_item_record_t *it);
void xsell_crowd_repair(xsell_arena_t *a, uint32_t index);

/* the key of a country, two capital letters; 0: it is none.  That of a category
   is its hash (xsell_kind_of) */
uint32_t xsell_crowd_country(const char *country);

/* a crowd's items into out[XSELL_CROWD_ITEMS], the `max` (> 0) most viewed, best
   first: score is the sum, support a bit for each reason that may be given.
   0: it has none, or is being changed */
uint32_t xsell_crowd_list(const xsell_arena_t *a, uint32_t key,
    xsell_crowd_t *c, xsell_scored_t *out, uint32_t max);

/* the same of the visitor's country, with the feature `geo` as extra; kept for
   settings.memory_ms.  NULL: not known */
const xsell_land_t *xsell_crowd_land(xsell_ranker_t *r,
    const xsell_arena_t *a, const xsell_query_t *q);


/* ---- kinds that go together (xsell_goes.c) ---------------------------- */

/* a visit came to an item; before: those of the visit before it, newest first.
   Learner only; cat may be NULL */
void xsell_goes_view(xsell_arena_t *a, const xsell_catalog_t *cat,
    xsell_ref_t item, const xsell_ref_t *before, uint32_t n, uint32_t now_s);

/* the same of an order's lines */
void xsell_goes_order(xsell_arena_t *a, const xsell_catalog_t *cat,
    const xsell_ref_t *line, uint32_t n, uint32_t now_s);
void xsell_goes_repair(xsell_arena_t *a, uint32_t index);

/* what goes best with a kind, at most XSELL_GOES_WITH, best first */
uint32_t xsell_goes_list(const xsell_arena_t *a, const xsell_query_t *q,
    uint32_t kind, xsell_goes_with_t *out);


/* ---- candidates, rules, features -------------------------------------- */

void xsell_basis_build(xsell_basis_t *b, const xsell_arena_t *a,
    const xsell_query_t *q);

/* an entry of a session as a reference, NO_REF if its slot changed hands */
xsell_ref_t xsell_basis_entry(const xsell_arena_t *a,
    const xsell_session_record_t *s, uint32_t i);

/* xsell_rank() for q->recall */
int xsell_recall(const xsell_arena_t *a, const xsell_query_t *q,
    xsell_slate_t *slate);
void xsell_candidates_gather(xsell_ranker_t *r, const xsell_arena_t *a,
    const xsell_query_t *q);

/* the row of an item, NULL if there is none */
xsell_candidate_t *xsell_candidates_find(xsell_candidates_t *c, uint32_t item);

/* the row of an item, made if need be; NULL when it can't have one */
xsell_candidate_t *xsell_candidates_put(xsell_candidates_t *c,
    const xsell_arena_t *a, const xsell_catalog_t *cat, uint32_t item,
    xsell_ref_t ref, unsigned source);

/* the same by what the arena calls it */
xsell_candidate_t *xsell_candidates_ref(xsell_ranker_t *r,
    const xsell_arena_t *a, const xsell_query_t *q, xsell_ref_t ref,
    unsigned source);

/* asks for where the catalogue says which items these are */
void xsell_candidates_ahead(const xsell_catalog_t *cat,
    const xsell_scored_t *scored, uint32_t n);

/* the sources behind the evidence (xsell_shelf.c); items of a category in a
   window of it */
#define XSELL_CATEGORY_LOOK   32

void xsell_shelf_gather(xsell_ranker_t *r, const xsell_arena_t *a,
    const xsell_query_t *q);

/* r->with, and what it says of the rows that there are */
void xsell_shelf_with(xsell_ranker_t *r, const xsell_arena_t *a,
    const xsell_query_t *q);
void xsell_shelf_lift(xsell_ranker_t *r);

/* the rows that the caller brought */
void xsell_candidates_given(xsell_ranker_t *r, const xsell_arena_t *a,
    const xsell_query_t *q);


/* ---- business rules in a decision (xsell_business.c) ------------------ */

typedef struct {
    uint64_t                 rule;      /* its bit */
    int64_t                  low;
    uint64_t                 width;     /* of it the highest */
} xsell_price_band_t;

typedef struct {
    uint64_t                 rules;
    uint32_t                 brand;
    uint32_t                 category;
} xsell_taken_t;

typedef struct {
    uint32_t                 item;
    uint8_t                  at;        /* from 0 */
    uint8_t                  rule;      /* + 1 */
} xsell_pinned_t;

typedef struct {
    const xsell_business_t  *business;  /* NULL: none, the rest is not set */
    uint64_t                 active;    /* bit per rule that holds */
    uint64_t                 hard;
    uint64_t                 only;
    uint64_t                 refuse;
    uint64_t                 shift;
    uint64_t                 row;       /* hard, shift */
    uint64_t                 most;
    uint64_t                 counted;
    uint64_t                 relative;
    uint64_t                 kin;       /* of these, by brand or category */
    uint64_t                 brand[2];      /* rules that a different, the */
    uint64_t                 category[2];   /* same one leaves */
    uint32_t                 lead_brand;
    uint32_t                 lead_category;
    int64_t                  low;       /* prices that windows leave */
    uint64_t                 width;     /* UINT64_MAX: all */
    uint32_t                 bands;
    uint32_t                 taken;
    xsell_price_band_t       band[XSELL_BUSINESS_MAX];
    xsell_taken_t            take[XSELL_LIST_MAX];
} xsell_ruling_t;

/* q->business is set; lead: what the decision starts from, or NO_ITEM */
void xsell_ruling_begin(xsell_ruling_t *r, const xsell_query_t *q,
    uint32_t lead);

/* 1 if a candidate may be offered, and what is added to its score; pinned ones
   may not, they have a place.  refuse: 1 if not even pinned */
int xsell_ruling_allow(const xsell_ruling_t *r, uint32_t item,
    const xsell_item_t *it, float *offset);
int xsell_ruling_refuse(const xsell_ruling_t *r, uint32_t item,
    const xsell_item_t *it);

/* 0 if there are enough of its kind on the slate; take: puts it there */
int xsell_ruling_fits(const xsell_ruling_t *r, uint32_t item,
    const xsell_item_t *it);
int xsell_ruling_take(xsell_ruling_t *r, uint32_t item,
    const xsell_item_t *it);

/* the pins that hold, at most XSELL_SLATE_MAX */
uint32_t xsell_ruling_pins(const xsell_ruling_t *r, xsell_pinned_t *pin);

/* the rule that moved the item most, + 1; the counters that showing it
   moves */
unsigned xsell_ruling_name(const xsell_ruling_t *r, uint32_t item,
    const xsell_item_t *it);
unsigned xsell_ruling_counters(const xsell_ruling_t *r, uint32_t item,
    const xsell_item_t *it);


/* ---- what may not be offered in this decision (xsell_rules.c) --------- */

typedef struct {
    const xsell_query_t     *query;
    uint32_t                 ref_n;     /* in the cart, bought, dismissed */
    uint32_t                 group_n;   /* anchor's, shown on this page */
    xsell_ref_t              ref[XSELL_HISTORY];
    uint32_t                 group[1 + XSELL_SHOWN_GROUPS + XSELL_LIST_MAX
                                   + XSELL_SLATE_MAX];
    uint32_t                 pins;      /* that can be offered */
    xsell_pinned_t           pin[XSELL_SLATE_MAX];
    xsell_ruling_t           ruling;
} xsell_rules_t;

/* lead: as xsell_ruling_begin() has it */
void xsell_rules_init(xsell_rules_t *rules, const xsell_query_t *q,
    uint32_t lead);

/* whether an item can be had at all */
int xsell_rules_available(const xsell_item_t *it);

/* 1 if the row may be offered as far as this page and visitor go; offset: what
   business adds to its score */
int xsell_rules_allow(const xsell_rules_t *rules,
    const xsell_candidate_t *c, float *offset);

/* the same of all rows: which ones, and their offsets; both have room for all;
   returns how many */
uint32_t xsell_rules_leave(const xsell_rules_t *rules,
    const xsell_candidates_t *c, uint16_t *row, float *offset);

/* puts the row's group on the slate; 0 if the group is there already, or
   enough of its kind */
int xsell_rules_take(xsell_rules_t *rules, const xsell_candidate_t *c);

/* 1 if a row that passed fits beside those that were taken */
int xsell_rules_fits(const xsell_rules_t *rules, const xsell_candidate_t *c);

/* of `want` places those that pins leave; and the slate with them: the picks
   with their rules and counters */
uint32_t xsell_rules_want(const xsell_rules_t *rules, uint32_t want);
uint32_t xsell_rules_finish(const xsell_rules_t *rules, xsell_ranker_t *r,
    const xsell_arena_t *a, xsell_pick_t *pick, uint32_t n,
    uint8_t *explored);


void xsell_features_scale(xsell_scale_t *scale, const xsell_arena_t *a,
    const xsell_ranker_t *r, const xsell_query_t *q);
void xsell_features_fill(const xsell_scale_t *scale, const xsell_arena_t *a,
    xsell_candidate_t *c);

/* products of a row's features with the moment; and what weights for all come
   to for a row's own, in this moment */
void xsell_features_cross(const xsell_scale_t *scale, float *feature);
void xsell_features_own(const xsell_scale_t *scale, xsell_candidate_t *c);
float xsell_features_style(const xsell_scale_t *scale,
    const xsell_candidate_t *c);
float xsell_features_new(const xsell_scale_t *scale, const xsell_arena_t *a,
    const xsell_candidate_t *c);
void xsell_features_fold(const xsell_scale_t *scale, const float *weight,
    float *fold);

/* the hash of a category's path, or of a part of it; odd */
uint32_t xsell_kind_of(xsell_str_t path);

/* hashes of an item's category, 0: it has none */
const xsell_kind_t *xsell_kind(xsell_ranker_t *r, const xsell_catalog_t *cat,
    const xsell_item_t *item);

/* the category of that hash, 0: the catalogue has none */
uint32_t xsell_kind_category(const xsell_catalog_t *cat, uint32_t kind);

/* the cell of an item of one kind next to one of another */

static inline uint16_t
xsell_kind_pair(uint32_t anchor, uint32_t item)
{
    uint32_t  h;

    h = anchor * 0x9e3779b1u ^ item * 0x85ebca6bu;
    h ^= h >> 15;
    h *= 0x2c1b3c6du;

    return (uint16_t) (h >> 16);
}

/* parts of it: what the sources scored, and kinship with the lead */
void xsell_features_evidence(const xsell_scale_t *scale,
    xsell_candidate_t *c);
void xsell_features_kin(const xsell_scale_t *scale, xsell_candidate_t *c);

/* a row's features as bytes, and which source they say it most of:
   XSELL_REASON_* */
void xsell_features_pack(const float *feature, int8_t *out);
unsigned xsell_features_reason(uint32_t sources, const int8_t *feature,
    const float *weight);


/* ---- score (xsell_score.c), what visitors share (xsell_base.c) --------- */

_Static_assert(XSELL_ROW_FEATURES % 4 == 0 && XSELL_FEATURES % 4 == 0
               && XSELL_LOOKS % 4 == 0 && XSELL_LEAVES % 4 == 0, "by four");


/* those of r->candidates that pass the rules as rows of r->choice, in the
   order of candidates (of very many the best); their features wait for
   xsell_score_complete */
void xsell_score(xsell_ranker_t *r, const xsell_arena_t *a,
    const xsell_query_t *q, const xsell_rules_t *rules);

/* the same with features, in order, into r->shortlist: row numbers with their
   score; returns how many */
uint32_t xsell_score_list(xsell_ranker_t *r, const xsell_arena_t *a,
    const xsell_query_t *q, const xsell_rules_t *rules);

/* features of a row, its pair, its residual and doubt */
void xsell_score_complete(xsell_ranker_t *r, xsell_candidate_t *c);

/* a row of the choice as a pick */
void xsell_score_pick(xsell_ranker_t *r, xsell_candidate_t *c, float score,
    xsell_pick_t *pick);

static inline xsell_affinity_t *
xsell_affinity_at(const xsell_arena_t *a, uint16_t pair)
{
    return &a->affinity[(uint32_t) pair * a->affinity_n
                        / XSELL_AFFINITY_MAX];
}


/* mean of what an item and its kind add to a score, and the variance of it */
float xsell_rank_residual(const xsell_arena_t *a, const xsell_candidate_t *c,
    float *variance);

/* the passes over rows that this processor does best */
const xsell_rows_t *xsell_rows_best(void);

xsell_bases_t *xsell_bases_create(void);
void xsell_bases_destroy(xsell_bases_t *b);

/* the same and what comes before it (basis, candidates, rules), from what
   earlier decisions left, into r->choice; 0: it can't, and nothing was done */
int xsell_bases_decide(xsell_ranker_t *r, const xsell_arena_t *a,
    const xsell_query_t *q, xsell_rules_t *rules);

/* row i of its choice as a candidate, which it is not before, without features;
   only which item it is; and n of them as picks, whose scores are there */
xsell_candidate_t *xsell_bases_row(xsell_ranker_t *r, uint32_t i);
xsell_candidate_t *xsell_bases_name(xsell_ranker_t *r, uint32_t i);
void xsell_bases_picks(xsell_ranker_t *r, const uint16_t *row, uint32_t n,
    xsell_pick_t *pick);


/* ---- choice (xsell_choice.c) ------------------------------------------ */

static inline void
xsell_choice_put(xsell_choice_t *c, uint32_t n, float score,
    uint32_t category, uint32_t brand, float octave)
{
    c->score[n] = score;
    c->category[n] = category;
    c->brand[n] = brand;
    c->octave[n] = octave;
}

/* n rows are all */
void xsell_choice_close(xsell_choice_t *c, uint32_t n);

/*
 * Up to `want` picks of r->choice, and which rows they were; returns how many.
 * Those are OUT afterwards, and their groups taken.  shared: of
 * xsell_bases_decide.
 */
uint32_t xsell_diversify(xsell_ranker_t *r, const xsell_query_t *q,
    xsell_rules_t *rules, int shared, xsell_pick_t *pick, uint32_t want,
    uint16_t *picks);

/* the exploration slice, after it: the place + 1 that was tossed for, or 0 */
uint8_t xsell_toss(xsell_ranker_t *r, const xsell_arena_t *a,
    const xsell_query_t *q, const xsell_rules_t *rules, int shared,
    xsell_pick_t *pick, uint32_t picked, const uint16_t *picks);

/* a row with its features as a pick */
void xsell_choice_pick(const xsell_ranker_t *r, xsell_candidate_t *c,
    xsell_pick_t *pick);


/* ---- weights (xsell_weights.c) ---------------------------------------- */

extern const float  xsell_weights_default[XSELL_FEATURES];
extern const float  xsell_weights_variance[XSELL_FEATURES];

/* what was known before anything was learned */
void xsell_weights_prior(xsell_model_t *m);
void xsell_looks_prior(float *mean, float *variance);
void xsell_leaves_prior(float *mean, float *variance);

/* clicks that a visit has ahead, at most */
#define XSELL_AHEAD_MAX        10.0f

int xsell_weights_possible(const xsell_model_t *m);

/* the three beliefs of a model */
void xsell_bandit_weights(xsell_bandit_t *b, xsell_model_t *m);
void xsell_bandit_looks(xsell_bandit_t *b, xsell_model_t *m);
void xsell_bandit_leaves(xsell_bandit_t *b, xsell_model_t *m);

/* refreshes the ranker's private copy when the generation moved; of what is
   stale nothing is kept */
void xsell_weights_refresh(xsell_ranker_t *r, const xsell_arena_t *a,
    uint32_t now_s);

/* learner: publishes the built-in weights where nothing better is published */
void xsell_weights_publish(xsell_arena_t *a);

/* learner: makes this one the published one, with its sum */
void xsell_weights_put(xsell_arena_t *a, const xsell_model_t *m);


/* ---- looks (xsell_look.c) --------------------------------------------- */

/* of the leaving model: something was shown; how promising it was; what else
   the moment says */
#define XSELL_LEAVE_SHOWN      6
#define XSELL_LEAVE_WORTH      11
#define XSELL_LEAVE_STATE      21

/* and of the clicking one */
#define XSELL_LOOK_STATE       47


/* places of the terms (xsell_look_terms.c) */

enum {
    XSELL_TERM_MOBILE = 0,
    XSELL_TERM_DWELL,
    XSELL_TERM_DEPTH,
    XSELL_TERM_CLICKED,
    XSELL_TERM_KIND,                    /* four: code of the item's kind */
    XSELL_TERM_STREAK = XSELL_TERM_KIND + 4,
    XSELL_TERM_CART,
    XSELL_TERM_SINCE,
    XSELL_TERM_IGNORED,
    XSELL_TERM_SEARCH,
    XSELL_TERM_LED,
    XSELL_TERM_BACK,
    XSELL_TERM_HOUR,                    /* two: a circle */
    XSELL_TERM_COUNTRY = XSELL_TERM_HOUR + 2,   /* four: its code */
    XSELL_TERM_END = XSELL_TERM_COUNTRY + 4
};

void xsell_look_terms(const xsell_scale_t *scale, int8_t term[XSELL_TERMS]);
void xsell_look_features(const int8_t term[XSELL_TERMS], unsigned bits,
    float x[XSELL_LOOKS]);
void xsell_leave_features(const int8_t term[XSELL_TERMS], int shown,
    unsigned bits, float worth, float x[XSELL_LEAVES]);
void xsell_look_choose(xsell_ranker_t *r, const xsell_query_t *q,
    const float *logit, xsell_slate_t *slate);


/* ---- teaching the model (xsell_teach.c, _click.c); lease holder only ---- */

/* a click that may teach, on a row of this slate, at this time: one that comes
   when the slate is settled takes back what was learned without it */
void xsell_teach_click(xsell_arena_t *a, const xsell_impression_t *imp,
    unsigned position, uint64_t time_ms);

/* a cart or an order of a clicked row */
void xsell_teach_reward(xsell_arena_t *a, const xsell_ledger_row_t *row,
    float weight);

/* a rating of the item in this slot, 0 (one star) to 1 */
void xsell_teach_rating(xsell_arena_t *a, uint32_t slot, float rating,
    float weight);

/* settles what has waited long enough; publishes what was learned */
void xsell_teach_tick(xsell_arena_t *a, uint64_t now_ms);

/* the next slate at the cursor *at that is wait_ms old; NONE: there is none
   yet; AGAIN: that one is gone.  Moves *at past both */
int xsell_teach_next(const xsell_arena_t *a, uint64_t *at, uint64_t now_ms,
    uint64_t wait_ms, xsell_impression_t *imp);

/* begins with what is published */
void xsell_teach_begin(xsell_arena_t *a);


/* ---- age (xsell_age.c) ------------------------------------------------- */

/* whether a model is too old to decide by */
int xsell_model_stale(const xsell_model_t *m, uint32_t now_s);

/* learner: fades what it works on, items and pairs by the time in which nothing
   was learned; 1 if it is to be published */
int xsell_age(xsell_arena_t *a, uint32_t now_s);


/* ---- repair (xsell_recover.c) ----------------------------------------- */

/* repairs the record that a killed learner was about to change */
void xsell_recover(xsell_arena_t *a);


#endif /* XSELL_MODEL_H */


/*
 * xsell_base_mix.c: the rows of a decision, put together from the bases of its
 * items; what a base is, and what is taken from which, stands in xsell_base.c,
 * what is done with the rows in xsell_base_decide.c.
 *
 *   lead    the first base's rows: columns copied, their weighted sums
 *   viewed, bought   what the other items of the visit and of the cart say of
 *           them, and rows that they bring
 *   score   the sources' say, the draw, and of rows that others brought the
 *           kinship with this page's item
 *
 * Where rows lie side by side some at a time (xsell_rows.c).  A row at a time,
 * with its features laid out as a candidate has them, was 3 times the
 * instructions.
 */

#include "xsell_rows.h"


_Static_assert(XSELL_BASE_LOOK <= XSELL_ROWS_AT_ONCE, "sums of them");


/* the first base's rows, the first `n`; the others when they are named */

void
xsell_mix_lead(xsell_ranker_t *r, const xsell_base_t *b, uint32_t n,
    float share)
{
    uint32_t        i;
    xsell_bases_t  *bases;

    bases = r->bases;

    bases->from[0] = b;
    bases->share = share;
    bases->lead = n;
    bases->items = b->n;
    r->candidates.n = n;

    memcpy(bases->cell, b->cell, sizeof(b->cell));
    memcpy(bases->item, b->items, sizeof(b->items));
    memset(bases->row, XSELL_BASE_NONE, b->n);
    memset(bases->is, 0, n);

    r->rows->lead(bases, &r->choice, b, n, r->fold, share);

    for (i = 0; i < n; i++) {
        bases->row[i] = (uint8_t) i;
    }

    for (i = n & ~(XSELL_ROWS_AT_ONCE - 1u); i < n; i++) {
        bases->foreign[i] = 0;
    }
}


/* row i of a base as a new one, of which nothing is said yet */

static uint32_t
xsell_mix_put(xsell_ranker_t *r, const xsell_base_t *b, uint32_t i,
    float bare, uint8_t is)
{
    uint32_t        k;
    xsell_bases_t  *bases;

    bases = r->bases;
    k = r->candidates.n++;

    bases->is[k] = is;
    bases->foreign[k] = is ? 1 : 0;
    bases->from[k] = b;
    bases->at[k] = (uint8_t) i;
    bases->doubt[k] = b->doubt[i];
    bases->bare[k] = bare;

    bases->says.knn[k] = 0;
    bases->says.bought[k] = 0;
    bases->says.viewed[k] = 0;
    bases->says.lift[k] = 0;
    bases->says.similar[k] = 0;
    bases->before[k] = 0;

    r->choice.category[k] = b->category[i];
    r->choice.brand[k] = b->brand[i];
    r->choice.octave[k] = b->octave[i];

    return k;
}


/* one of the first base's items that was no row yet */

static uint32_t
xsell_mix_wake(xsell_ranker_t *r, uint32_t i)
{
    uint32_t             k;
    xsell_bases_t       *bases;
    const xsell_base_t  *b;

    bases = r->bases;
    b = bases->from[0];
    k = xsell_mix_put(r, b, i, bases->later[i], 0);

    bases->row[i] = (uint8_t) k;
    bases->says.knn[k] = bases->share * b->says.knn[i];
    bases->says.bought[k] = b->says.bought[i];
    bases->says.viewed[k] = b->says.viewed[i];
    bases->says.lift[k] = b->says.lift[i];
    bases->says.similar[k] = b->says.similar[i];
    bases->says.sources[k] = b->says.sources[i];

    return k;
}


/* ---- what other items say --------------------------------------------- */

/* another base on its way in: what its rows are worth and add, which it may
   bring */

typedef struct {
    const xsell_base_t      *base;
    uint32_t                 added;
    xsell_rows_other_t       says;
} xsell_mix_from_t;


static inline void
xsell_mix_from(xsell_mix_from_t *from, const xsell_ranker_t *r,
    const xsell_base_t *b, float share)
{
    from->base = b;
    from->added = 0;

    r->rows->other(b, b->n < XSELL_BASE_LOOK ? b->n : XSELL_BASE_LOOK,
                   r->fold, share, &from->says);
}


/* a row that another base brings; NONE if there is no room or no reason to
   have it */

static uint32_t
xsell_mix_bring(xsell_ranker_t *r, xsell_mix_from_t *from, uint32_t i,
    uint8_t *cell)
{
    uint32_t             k;
    xsell_bases_t       *bases;
    const xsell_base_t  *b;

    b = from->base;
    bases = r->bases;

    if (from->added == XSELL_BASE_ADD || !(b->brings >> i & 1)) {
        return XSELL_BASE_NONE;
    }

    from->added++;
    k = xsell_mix_put(r, b, i, from->says.own[i], XSELL_ROW_FOREIGN);

    *cell = (uint8_t) bases->items;
    bases->item[bases->items] = b->items[i];
    bases->row[bases->items++] = (uint8_t) k;

    bases->says.sources[k] = b->says.sources[i]
                             & (1u << XSELL_REASON_VIEWED
                                | 1u << XSELL_REASON_BOUGHT
                                | 1u << XSELL_REASON_SIMILAR);

    return k;
}


/* the row in the decision of one in another base; NONE if there is none */

static inline uint32_t
xsell_mix_row(xsell_ranker_t *r, xsell_mix_from_t *from, uint32_t i)
{
    uint8_t        *cell;
    xsell_bases_t  *bases;

    bases = r->bases;
    cell = xsell_base_cell(bases->cell, bases->item, from->base->items[i]);

    if (*cell == XSELL_BASE_NONE) {
        return xsell_mix_bring(r, from, i, cell);
    }

    if (bases->row[*cell] == XSELL_BASE_NONE) {
        return xsell_mix_wake(r, *cell);
    }

    return bases->row[*cell];
}


/* xsell_pairs_join() with what is squared already */

static inline float
xsell_mix_join(float x, float squared)
{
    return sqrtf(x * x + squared);
}


/* adds what another item of the visit says; share: of the neighbours */

void
xsell_mix_viewed(xsell_ranker_t *r, const xsell_base_t *b, float share,
    int before)
{
    uint32_t           i, k, left;
    xsell_bases_t     *bases;
    xsell_mix_from_t   from;

    bases = r->bases;
    xsell_mix_from(&from, r, b, share);

    for (left = b->viewed_by; left; left &= left - 1) {

        i = (uint32_t) __builtin_ctz(left);
        k = xsell_mix_row(r, &from, i);

        if (k == XSELL_BASE_NONE) {
            continue;
        }

        bases->says.knn[k] += from.says.knn[i];
        bases->says.viewed[k] = xsell_mix_join(bases->says.viewed[k],
                                               from.says.viewed[i]);
        bases->says.similar[k] += from.says.similar[i];
        bases->says.sources[k] |= b->says.sources[i]
                                  & (1u << XSELL_REASON_VIEWED
                                     | 1u << XSELL_REASON_SIMILAR);

        if (before) {
            bases->before[k] = b->says.viewed[i];
        }
    }
}


/* ... of the cart */

void
xsell_mix_bought(xsell_ranker_t *r, const xsell_base_t *b)
{
    uint32_t           i, k, left;
    xsell_bases_t     *bases;
    xsell_mix_from_t   from;

    bases = r->bases;
    xsell_mix_from(&from, r, b, 0);

    for (left = b->bought_by; left; left &= left - 1) {

        i = (uint32_t) __builtin_ctz(left);
        k = xsell_mix_row(r, &from, i);

        if (k == XSELL_BASE_NONE) {
            continue;
        }

        bases->says.bought[k] = xsell_mix_join(bases->says.bought[k],
                                               from.says.bought[i]);
        bases->says.lift[k] = b->says.lift[i] > bases->says.lift[k]
                              ? b->says.lift[i] : bases->says.lift[k];
        bases->says.sources[k] |= 1u << XSELL_REASON_BOUGHT;
    }
}


/* ---- score ------------------------------------------------------------ */

void
xsell_mix_score(xsell_ranker_t *r)
{
    xsell_rows_mix_t     m;
    const xsell_item_t  *lead;

    lead = r->scale.lead;

    m.weight = r->fold;
    m.similar = r->fold[XSELL_F_SIMILAR] * r->scale.similar;
    m.noise = r->bases->noise;
    m.alpha = 0;
    m.category = lead->category_idx ? (int32_t) lead->category_idx : -1;
    m.brand = lead->brand_idx ? (int32_t) lead->brand_idx : -1;
    m.octave = xsell_octave(lead->price);

    if (r->draws) {
        m.noise += xsell_random(&r->random) & (XSELL_BASE_NOISE - 1);
        m.alpha = r->scale.query->settings->alpha;
    }

    r->rows->score(r->bases, &r->choice, r->candidates.n, &m);
    xsell_choice_close(&r->choice, r->candidates.n);
}


/*
 * xsell_base_mix.c: the rows of a decision, put together from the bases of its
 * items; what a base is, and what is taken from which, stands in xsell_base.c,
 * what is done with the rows in xsell_base_decide.c.
 *
 *   begin   the weights of this decision
 *   lead    the first base's rows: columns copied, their weighted sums
 *   viewed, bought   what the other items of the visit and of the cart say of
 *           them, and rows that they bring
 *   score   the sources' say, the draw, and of rows that others brought the
 *           kinship with this page's item
 *
 * Four rows at a time where they lie side by side.  A row at a time, with its
 * features laid out as a candidate has them, was 3 times the instructions.
 */

#include "xsell_base.h"


#define XSELL_BASE_LOOK        8       /* rows of another item looked at */


void
xsell_mix_begin(xsell_mix_t *m, const xsell_ranker_t *r)
{
    uint32_t      i;
    const float  *w;

    w = r->fold;

    for (i = 0; i < XSELL_BASE_OWN; i++) {
        m->own[i] = xsell_four_all(w[xsell_base_own[i]]);
    }

    for (i = 0; i < XSELL_BASE_KIN; i++) {
        m->kin[i] = xsell_four_all(w[xsell_base_kin[i]]);
    }

    m->bias = xsell_four_all(w[XSELL_F_BIAS]);
    m->knn = xsell_four_all(w[XSELL_F_KNN]);
    m->bought = xsell_four_all(w[XSELL_F_BOUGHT]);
    m->viewed = xsell_four_all(w[XSELL_F_VIEWED]);
    m->lift = xsell_four_all(w[XSELL_F_LIFT]);
    m->similar = xsell_four_all(w[XSELL_F_SIMILAR] * r->scale.similar);
}


/* what rows i to i + 3 of a base are worth by themselves */

static inline xsell_four_t
xsell_mix_own(const xsell_mix_t *m, const xsell_base_t *b, uint32_t i)
{
    uint32_t      k;
    xsell_four_t  sum;

    sum = m->bias + xsell_four(&b->residual[i]);

#pragma GCC unroll 8
    for (k = 0; k < XSELL_BASE_OWN; k++) {
        sum += m->own[k] * xsell_four(&b->own[k][i]);
    }

    return sum;
}


/* ... and next to the base's item */

static inline xsell_four_t
xsell_mix_kin(const xsell_mix_t *m, const xsell_base_t *b, uint32_t i)
{
    uint32_t      k;
    xsell_four_t  sum;

    sum = xsell_mix_own(m, b, i);

#pragma GCC unroll 8
    for (k = 0; k < XSELL_BASE_KIN; k++) {
        sum += m->kin[k] * xsell_four(&b->kin[k][i]);
    }

    return sum;
}


static inline void
xsell_mix_copy(void *to, const void *from)
{
    memcpy(to, from, sizeof(xsell_four_t));
}


/* the first base's rows, the first `n`; the others when they are named */

void
xsell_mix_lead(xsell_ranker_t *r, const xsell_mix_t *m,
    const xsell_base_t *b, uint32_t n, float share)
{
    uint32_t         i;
    xsell_four_t     f;
    xsell_bases_t   *bases;
    xsell_choice_t  *choice;

    bases = r->bases;
    choice = &r->choice;

    bases->from[0] = b;
    bases->share = share;
    bases->lead = n;
    bases->items = b->n;
    r->candidates.n = n;

    memcpy(bases->cell, b->cell, sizeof(b->cell));
    memcpy(bases->item, b->items, sizeof(b->items));
    memset(bases->row, XSELL_BASE_NONE, b->n);
    memset(bases->is, 0, n);

    for (i = 0; i < n; i += 4) {
        xsell_mix_copy(&bases->doubt[i], &b->doubt[i]);
        xsell_mix_copy(&bases->says.bought[i], &b->says.bought[i]);
        xsell_mix_copy(&bases->says.viewed[i], &b->says.viewed[i]);
        xsell_mix_copy(&bases->says.lift[i], &b->says.lift[i]);
        xsell_mix_copy(&bases->says.similar[i], &b->says.similar[i]);
        xsell_mix_copy(&bases->says.sources[i], &b->says.sources[i]);
        xsell_mix_copy(&choice->category[i], &b->category[i]);
        xsell_mix_copy(&choice->brand[i], &b->brand[i]);
        xsell_mix_copy(&choice->octave[i], &b->octave[i]);

        f = share * xsell_four(&b->says.knn[i]);
        memcpy(&bases->says.knn[i], &f, sizeof(f));

        f = xsell_mix_kin(m, b, i);
        memcpy(&bases->bare[i], &f, sizeof(f));
    }

    for (i = 0; i < n; i++) {
        bases->row[i] = (uint8_t) i;
    }

    for (i = n & ~3u; i < n; i++) {
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

    r->choice.category[k] = b->category[i];
    r->choice.brand[k] = b->brand[i];
    r->choice.octave[k] = b->octave[i];

    return k;
}


/* one of the first base's items that was no row yet */

static uint32_t
xsell_mix_wake(xsell_ranker_t *r, const xsell_mix_t *m, uint32_t i)
{
    uint32_t             k;
    xsell_four_t         f;
    xsell_bases_t       *bases;
    const xsell_base_t  *b;

    bases = r->bases;
    b = bases->from[0];

    f = xsell_mix_kin(m, b, i & ~3u);
    k = xsell_mix_put(r, b, i, f[i & 3], 0);

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

/* another base on its way in: what its rows are worth, which it may bring */

typedef struct {
    const xsell_base_t      *base;
    uint32_t                 n;         /* rows looked at */
    uint32_t                 added;
    float                    own[XSELL_BASE_LOOK];
} xsell_mix_from_t;


static void
xsell_mix_from(xsell_mix_from_t *from, const xsell_mix_t *m,
    const xsell_base_t *b)
{
    uint32_t      i;
    xsell_four_t  f;

    from->base = b;
    from->n = b->n < XSELL_BASE_LOOK ? b->n : XSELL_BASE_LOOK;
    from->added = 0;

    for (i = 0; i < from->n; i += 4) {
        f = xsell_mix_own(m, b, i);
        memcpy(&from->own[i], &f, sizeof(f));
    }
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

    if (from->added == XSELL_BASE_ADD
        || (b->says.knn[i] <= 0 && b->says.viewed[i] <= 0
            && b->says.bought[i] <= 0))
    {
        return XSELL_BASE_NONE;
    }

    from->added++;
    k = xsell_mix_put(r, b, i, from->own[i], XSELL_ROW_FOREIGN);

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
xsell_mix_row(xsell_ranker_t *r, const xsell_mix_t *m,
    xsell_mix_from_t *from, uint32_t i)
{
    uint8_t        *cell;
    xsell_bases_t  *bases;

    bases = r->bases;
    cell = xsell_base_cell(bases->cell, bases->item, from->base->items[i]);

    if (*cell == XSELL_BASE_NONE) {
        return xsell_mix_bring(r, from, i, cell);
    }

    if (bases->row[*cell] == XSELL_BASE_NONE) {
        return xsell_mix_wake(r, m, *cell);
    }

    return bases->row[*cell];
}


/* adds what another item of the visit says; share: of the neighbours */

void
xsell_mix_viewed(xsell_ranker_t *r, const xsell_mix_t *m,
    const xsell_base_t *b, float share)
{
    uint32_t           i, k;
    xsell_bases_t     *bases;
    xsell_mix_from_t   from;

    bases = r->bases;
    xsell_mix_from(&from, m, b);

    for (i = 0; i < from.n; i++) {

        if (b->says.knn[i] <= 0 && b->says.viewed[i] <= 0
            && b->says.similar[i] <= 0)
        {
            continue;
        }

        k = xsell_mix_row(r, m, &from, i);

        if (k == XSELL_BASE_NONE) {
            continue;
        }

        bases->says.knn[k] += share * b->says.knn[i];

        if (b->says.viewed[i] > 0) {
            bases->says.viewed[k] =
                xsell_pairs_join(bases->says.viewed[k],
                                 XSELL_VIEWED_REST * b->says.viewed[i]);
        }

        bases->says.similar[k] += XSELL_VIEWED_REST * b->says.similar[i];
        bases->says.sources[k] |= b->says.sources[i]
                                  & (1u << XSELL_REASON_VIEWED
                                     | 1u << XSELL_REASON_SIMILAR);
    }
}


/* ... of the cart */

void
xsell_mix_bought(xsell_ranker_t *r, const xsell_mix_t *m,
    const xsell_base_t *b)
{
    uint32_t           i, k;
    xsell_bases_t     *bases;
    xsell_mix_from_t   from;

    bases = r->bases;
    xsell_mix_from(&from, m, b);

    for (i = 0; i < from.n; i++) {

        if (b->says.bought[i] <= 0) {
            continue;
        }

        k = xsell_mix_row(r, m, &from, i);

        if (k == XSELL_BASE_NONE) {
            continue;
        }

        bases->says.bought[k] =
            xsell_pairs_join(bases->says.bought[k],
                             XSELL_BOUGHT_REST * b->says.bought[i]);
        bases->says.lift[k] = b->says.lift[i] > bases->says.lift[k]
                              ? b->says.lift[i] : bases->says.lift[k];
        bases->says.sources[k] |= 1u << XSELL_REASON_BOUGHT;
    }
}


/* ---- score ------------------------------------------------------------ */

/* as xsell_features_half() */

static inline xsell_four_t
xsell_mix_half(xsell_four_t x, float half)
{
    x = xsell_four_where(x > 0.0f, x);

    return (x + x) / (x + half);
}


/* what the sources say of rows i to i + 3 */

static inline xsell_four_t
xsell_mix_says(const xsell_mix_t *m, const xsell_bases_t *b, uint32_t i)
{
    xsell_four_t  lift;

    lift = xsell_four_clip(xsell_four(&b->says.lift[i]) * (1 / 3.0f), 2);

    return m->knn * xsell_mix_half(xsell_four(&b->says.knn[i]),
                                   XSELL_KNN_HALF)
           + m->bought * xsell_mix_half(xsell_four(&b->says.bought[i]),
                                        XSELL_PAIR_HALF)
           + m->viewed * xsell_mix_half(xsell_four(&b->says.viewed[i]),
                                        XSELL_PAIR_HALF)
           + m->similar * xsell_mix_half(xsell_four(&b->says.similar[i]),
                                         XSELL_SIMILAR_HALF)
           + m->lift * lift;
}


/* the page's item, four times */

typedef struct {
    xsell_int4_t             category;
    xsell_int4_t             brand;
    xsell_four_t             octave;
} xsell_mix_page_t;


static void
xsell_mix_page(xsell_mix_page_t *to, const xsell_item_t *lead)
{
    int32_t  category, brand;

    /* -1: no item has it */

    category = lead->category_idx ? (int32_t) lead->category_idx : -1;
    brand = lead->brand_idx ? (int32_t) lead->brand_idx : -1;

    to->category = xsell_int4_all((uint32_t) category);
    to->brand = xsell_int4_all((uint32_t) brand);
    to->octave = xsell_four_all(xsell_octave(lead->price));
}


/* kinship of rows i to i + 3 with it, as xsell_features_kin(); a difference of
   logarithms, so a hundredth off what it says of the picks */

static inline xsell_four_t
xsell_mix_foreign(const xsell_mix_t *m, const xsell_ranker_t *r, uint32_t i,
    const xsell_mix_page_t *page)
{
    xsell_four_t  up;
    xsell_int4_t  category, brand;

    memcpy(&category, &r->choice.category[i], sizeof(category));
    memcpy(&brand, &r->choice.brand[i], sizeof(brand));

    up = (xsell_four(&r->choice.octave[i]) - page->octave) * 0.5f;
    up = xsell_four_where(up == up, xsell_four_clip(up, 2));

    return xsell_four_where(category == page->category, m->kin[0])
           + xsell_four_where(brand == page->brand, m->kin[1])
           + m->kin[2] * up + m->kin[3] * xsell_four_abs(up);
}


void
xsell_mix_score(xsell_ranker_t *r, const xsell_mix_t *m)
{
    uint32_t           i;
    const float       *z;
    xsell_four_t       f, alpha;
    xsell_bases_t     *bases;
    xsell_mix_page_t   page;

    bases = r->bases;
    xsell_mix_page(&page, r->scale.lead);

    z = bases->noise;
    alpha = xsell_four_all(0);

    if (r->draws) {
        z += xsell_random(&r->random) & (XSELL_BASE_NOISE - 1);
        alpha = xsell_four_all(r->scale.query->settings->alpha);
    }

    for (i = 0; i < r->candidates.n; i += 4) {
        f = xsell_four(&bases->bare[i])
            + alpha * xsell_four(&z[i]) * xsell_four(&bases->doubt[i])
            + xsell_mix_says(m, bases, i);

        if (i + 4 > bases->lead) {
            f += xsell_four(&bases->foreign[i])
                 * xsell_mix_foreign(m, r, i, &page);
        }

        memcpy(&r->choice.score[i], &f, sizeof(f));
    }

    xsell_choice_close(&r->choice, r->candidates.n);
}


/*
 * xsell_base.h: a base, and the decision that is made of several, between the
 * file that keeps bases (xsell_base.c says what they are) and the one that
 * puts them together (xsell_base_mix.c).
 */

#ifndef XSELL_BASE_H
#define XSELL_BASE_H

#include "xsell_model.h"

#include <stddef.h>


#define XSELL_BASES            2048     /* power of two, 11 KiB each once used */
#define XSELL_BASE_WAYS        4        /* places that an item's may have */
#define XSELL_BASE_ADD         8        /* rows that another item brings */
#define XSELL_BASE_CART        4        /* newest items of the cart asked */
#define XSELL_BASE_CELLS       256      /* power of two, > rows */
#define XSELL_BASE_NONE        0xff
#define XSELL_BASE_NOISE       4096     /* power of two */

#define XSELL_BASE_ROWS                                                       \
    (XSELL_SHORTLIST                                                          \
     + XSELL_BASE_ADD * (XSELL_ANCHORS_MAX + XSELL_BASE_CART))

_Static_assert(XSELL_BASE_ROWS <= XSELL_CANDIDATES
               && XSELL_BASE_ROWS < XSELL_BASE_NONE, "rows of a decision");


typedef struct {
    const xsell_catalog_t   *catalog;   /* NULL: free */
    uint64_t                 wanted_ms;
    uint64_t                 made_ms;
    uint32_t                 item;
    uint32_t                 generation;
    uint32_t                 candidates;
    uint32_t                 evidence;
    uint32_t                 visits;    /* neighbours that the rows are of */
    uint32_t                 viewed;    /* signs of change when it was made */
    uint32_t                 paired;
    uint8_t                  personal;
    uint8_t                  made;
    uint8_t                  n;
    uint8_t                  cell[XSELL_BASE_CELLS];    /* item -> row */
    float                    rest[XSELL_SHORTLIST];     /* score that neither
                                    evidence nor kinship with the item gives */
    float                    kin[XSELL_SHORTLIST];      /* what kinship gives */
    xsell_candidate_t        row[XSELL_SHORTLIST];      /* best first, their
                                    features without the sources' */
} xsell_base_t;

struct xsell_bases_s {
    xsell_base_t             base[XSELL_BASES];

    /* normal numbers, made once: a decision's begin at a random place */
    float                    noise[XSELL_BASE_NOISE + XSELL_BASE_ROWS];

    /* of the decision */
    uint8_t                  cell[XSELL_BASE_CELLS];
    uint8_t                  is[XSELL_BASE_ROWS];       /* XSELL_ROW_* */
    const float             *z;                         /* per row */
    float                    share;     /* of the first base's neighbours */
    float                    rest[XSELL_BASE_ROWS];     /* score without
                                                           evidence; FOREIGN:
                                                           and kinship */
    const xsell_candidate_t *from[XSELL_BASE_ROWS];
};

/* of a row in a decision */

#define XSELL_ROW_SPARE      0  /* not among the best of its base: knows but
                                   its item, until another names it */
#define XSELL_ROW_COUNTS     1
#define XSELL_ROW_CHANGED    2  /* and another base has something to say */
#define XSELL_ROW_FOREIGN    4  /* another base brought it */
#define XSELL_ROW_SEEN       8

/* a row without its features */
#define XSELL_ROW_HEAD       offsetof(xsell_candidate_t, feature)


/* the cell of an item: NONE in it if it has no row */

static inline uint8_t *
xsell_base_cell(uint8_t *cell, const xsell_candidate_t *row, uint32_t item)
{
    uint32_t  i;

    i = xsell_spread(item) & (XSELL_BASE_CELLS - 1);

    /* ends: there are fewer rows than cells */

    while (cell[i] != XSELL_BASE_NONE && row[cell[i]].item != item) {
        i = (i + 1) & (XSELL_BASE_CELLS - 1);
    }

    return &cell[i];
}


static inline xsell_four_t
xsell_base_four(const float *x, const float *y, uint32_t i)
{
    xsell_four_t  w, f;

    memcpy(&w, &x[i], sizeof(w));
    memcpy(&f, &y[i], sizeof(f));

    return w * f;
}


/* a row's features with weights; unrolled, for it is done for each row */

static inline float
xsell_base_dot(const float *x, const float *y)
{
    xsell_four_t  w;

    _Static_assert(XSELL_ROW_FEATURES == 20, "five times four");

    w = ((xsell_base_four(x, y, 0) + xsell_base_four(x, y, 4))
         + (xsell_base_four(x, y, 8) + xsell_base_four(x, y, 12)))
        + xsell_base_four(x, y, 16);

    return (w[0] + w[1]) + (w[2] + w[3]);
}


/* what kinship with the lead adds to a score */

static inline float
xsell_base_kin(const float *weight, const xsell_candidate_t *c)
{
    return weight[XSELL_F_CATEGORY] * c->feature[XSELL_F_CATEGORY]
           + weight[XSELL_F_BRAND] * c->feature[XSELL_F_BRAND]
           + weight[XSELL_F_PRICE_UP] * c->feature[XSELL_F_PRICE_UP]
           + weight[XSELL_F_PRICE_GAP] * c->feature[XSELL_F_PRICE_GAP]
           + weight[XSELL_F_VISUAL] * c->feature[XSELL_F_VISUAL];
}


/* what the sources add to it */

static inline float
xsell_base_evidence(const float *weight, const xsell_candidate_t *c)
{
    return weight[XSELL_F_KNN] * c->feature[XSELL_F_KNN]
           + weight[XSELL_F_BOUGHT] * c->feature[XSELL_F_BOUGHT]
           + weight[XSELL_F_VIEWED] * c->feature[XSELL_F_VIEWED]
           + weight[XSELL_F_LIFT] * c->feature[XSELL_F_LIFT]
           + weight[XSELL_F_SIMILAR] * c->feature[XSELL_F_SIMILAR];
}


/* an item's base, NULL if there is none that is fresh; made if it was wanted
   before, unless *made says that one was */
xsell_base_t *xsell_base_of(xsell_ranker_t *r, const xsell_arena_t *a,
    const xsell_query_t *q, uint32_t item, int lead, int *made);


#endif


/*
 * xsell_rows.h: the passes over all rows of a decision, four or eight rows at
 * a time, as the processor has it.  Sums of a base's rows for xsell_base_mix.c,
 * scores for xsell_score.c, picks for xsell_choice.c; xsell_rows.c has them.
 */

#ifndef XSELL_ROWS_H
#define XSELL_ROWS_H

#include "xsell_base.h"


/* columns have room for whole vectors of the widest kind */

_Static_assert(XSELL_SHORTLIST % XSELL_ROWS_AT_ONCE == 0
               && XSELL_CHOICES % XSELL_ROWS_AT_ONCE == 0
               && XSELL_COLUMNS >= XSELL_CANDIDATES + XSELL_ROWS_AT_ONCE - 1,
               "whole vectors");


/* what rows are scored with in a decision */

typedef struct {
    const float             *weight;    /* of the row features */
    float                    similar;   /* ... but of likeness */
    float                    alpha;     /* of the draw; 0: none */
    const float             *noise;
    int32_t                  category;  /* of the page's item; -1: no row has */
    int32_t                  brand;
    float                    octave;
} xsell_rows_mix_t;


/* what the first rows of a base that is not the page's are worth by
   themselves, and what they add to those of the decision */

typedef struct {
    float                    own[XSELL_ROWS_AT_ONCE];
    float                    knn[XSELL_ROWS_AT_ONCE];
    float                    viewed[XSELL_ROWS_AT_ONCE];    /* squares */
    float                    bought[XSELL_ROWS_AT_ONCE];
    float                    similar[XSELL_ROWS_AT_ONCE];
} xsell_rows_other_t;


/* ... and without a base */

typedef struct {
    const float             *weight;    /* of the row features */
    float                    similar;   /* what is left of likeness */
    float                    pop;       /* 1 / the best sum's range */
    float                    sold;
    float                    price;     /* 1 / the lead's; 0: unknown */
    int32_t                  category;  /* the lead's; -1: no row has it */
    int32_t                  brand;
} xsell_rows_scale_t;


struct xsell_rows_s {

    /* the first n rows of another base (n up to XSELL_ROWS_AT_ONCE); share: of
       its neighbours */
    void                   (*other)(const xsell_base_t *b, uint32_t n,
                                    const float *weight, float share,
                                    xsell_rows_other_t *to);

    /* the first n rows of the page's base into the decision's columns, and what
       the others are worth; share: of its neighbours */
    void                   (*lead)(xsell_bases_t *bases, xsell_choice_t *c,
                                   const xsell_base_t *b, uint32_t n,
                                   const float *weight, float share);

    /* the scores of n rows: what they are worth, the draw, what the sources
       say, and the kinship of those that other bases brought */
    void                   (*score)(const xsell_bases_t *bases,
                                    xsell_choice_t *c, uint32_t n,
                                    const xsell_rows_mix_t *m);

    /* what is left of each score before anything is picked; the same when rows
       were refused; and held against the pick, row `at`: the greatest */
    float                  (*begin)(xsell_choice_t *c);
    float                  (*again)(const xsell_choice_t *c);
    float                  (*hold)(xsell_choice_t *c, uint32_t at, float mmr);

    /* the first row of which so much is left */
    uint32_t               (*find)(const xsell_choice_t *c, float left);

    /* the scores of n rows that no base knows; xsell_octave() of n prices.
       Whole vectors are read and written */
    void                   (*columns)(xsell_columns_t *c, uint32_t n,
                                      const xsell_rows_scale_t *s);
    void                   (*octaves)(const float *price, uint32_t n,
                                      float *octave);
};


/* XSELL_ROWS_FOUR, or XSELL_ROWS_EIGHT, NULL if this processor can't */
#define XSELL_ROWS_FOUR   0
#define XSELL_ROWS_EIGHT  1

const xsell_rows_t *xsell_rows_of(unsigned kind);


#endif


/*
 * xsell_base.h: a base, and the decision that is made of several, between the
 * file that keeps bases (xsell_base.c says what they are), the one that puts
 * their rows together (xsell_base_mix.c) and the one that decides
 * (xsell_base_decide.c).
 */

#ifndef XSELL_BASE_H
#define XSELL_BASE_H

#include "xsell_model.h"


#define XSELL_BASES            2048     /* power of two, 8 KiB each once used */
#define XSELL_BASE_WAYS        4        /* places that an item's may have */
#define XSELL_BASE_LOOK        8        /* rows of another item looked at */
#define XSELL_BASE_ADD         4        /* ... and that it brings */
#define XSELL_BASE_CART        4        /* newest items of the cart asked */
#define XSELL_BASE_CELLS       512      /* power of two, > rows */
#define XSELL_BASE_NONE        0xff
#define XSELL_BASE_NOISE       4096     /* power of two */

/* rows of a decision: of the first base, and of each other item's */
#define XSELL_BASE_ROWS        XSELL_CHOICES
#define XSELL_BASE_ITEMS       XSELL_CHOICES

_Static_assert(XSELL_SHORTLIST
               + XSELL_BASE_ADD * (XSELL_ANCHORS_MAX + XSELL_BASE_CART)
               <= XSELL_BASE_ROWS
               && XSELL_BASE_ROWS <= XSELL_CANDIDATES
               && XSELL_BASE_ROWS < XSELL_BASE_NONE, "rows of a decision");


/* a row's features that no visit moves, but for the constant: what the item is
   by itself, and its kinship with the base's.  The others are evidence, what
   was seen, and style. */

#define XSELL_BASE_OWN         6
#define XSELL_BASE_KIN         5

#define XSELL_BASE_VISUAL      4        /* its place in these */

static const uint8_t  xsell_base_own[XSELL_BASE_OWN] = {
    XSELL_F_POPULAR, XSELL_F_TREND, XSELL_F_SOLD, XSELL_F_NEW,
    XSELL_F_RATING, XSELL_F_GEO
};

static const uint8_t  xsell_base_kin[XSELL_BASE_KIN] = {
    XSELL_F_CATEGORY, XSELL_F_BRAND, XSELL_F_PRICE_UP, XSELL_F_PRICE_GAP,
    XSELL_F_VISUAL
};


/* what the sources say of rows; another item's base has its say too */

#define xsell_base_says_t(rows)                                               \
    struct {                                                                  \
        float                knn[rows];                                       \
        float                bought[rows];                                    \
        float                viewed[rows];                                    \
        float                lift[rows];                                      \
        float                similar[rows];                                   \
        uint32_t             sources[rows];                                   \
    }


typedef struct {
    const xsell_catalog_t   *catalog;   /* NULL: not made */
    uint64_t                 made_ms;
    uint32_t                 item;
    uint32_t                 generation;
    uint32_t                 candidates;
    uint32_t                 evidence;
    uint32_t                 visits;    /* neighbours that the rows are of */
    uint32_t                 viewed;    /* signs of change when it was made */
    uint32_t                 paired;
    uint32_t                 country;   /* of its visitors, 0: unknown */
    uint8_t                  personal;
    uint8_t                  n;

    /* of the rows that are looked at, a bit each: of which something is said
       to a visit, to a cart; and which may be brought */
    uint8_t                  viewed_by;
    uint8_t                  bought_by;
    uint8_t                  brings;

    uint8_t                  cell[XSELL_BASE_CELLS];    /* item -> row */

    /* the rows as columns, best first; packed: as a pick has its
       features, those that no visit moves */
    uint32_t                 items[XSELL_SHORTLIST];
    xsell_ref_t              ref[XSELL_SHORTLIST];
    const xsell_item_t      *info[XSELL_SHORTLIST];
    uint16_t                 pair[XSELL_SHORTLIST];
    uint32_t                 category[XSELL_SHORTLIST];
    uint32_t                 brand[XSELL_SHORTLIST];
    float                    octave[XSELL_SHORTLIST];   /* of the price */
    float                    residual[XSELL_SHORTLIST];
    float                    doubt[XSELL_SHORTLIST];
    float                    own[XSELL_BASE_OWN][XSELL_SHORTLIST];
    float                    kin[XSELL_BASE_KIN][XSELL_SHORTLIST];
    int8_t                   packed[XSELL_SHORTLIST][XSELL_FEATURES];
    xsell_base_says_t(XSELL_SHORTLIST)  says;
} xsell_base_t;


/* whose a base is, or will be: all that an item may have stand in one line, so
   that a decision which lacks one looks at no base */

typedef struct {
    const xsell_catalog_t   *catalog;   /* NULL: free */
    uint32_t                 key;       /* item, and whether personal */
    uint32_t                 wanted_ms; /* low bits of the clock */
} xsell_base_place_t;

_Static_assert(XSELL_BASE_WAYS * sizeof(xsell_base_place_t)
               <= XSELL_LINE_BYTES, "places of an item");


struct xsell_bases_s {
    xsell_base_place_t      *place;     /* of each base; in whole lines */
    xsell_base_t             base[XSELL_BASES];

    /* normal numbers, made once: a decision's begin at a random place */
    float                    noise[XSELL_BASE_NOISE + XSELL_BASE_ROWS];

    /* of the decision; the first base's cells lead to items, and these to
       rows: of its own items only the best are rows at once */
    uint32_t                 lead;      /* rows of the first base */
    float                    share;     /* ... of the neighbours */
    uint32_t                 items;
    uint8_t                  cell[XSELL_BASE_CELLS];
    uint32_t                 item[XSELL_BASE_ITEMS];
    uint8_t                  row[XSELL_BASE_ITEMS];     /* NONE: not yet */

    uint8_t                  is[XSELL_BASE_ROWS];       /* XSELL_ROW_* */
    float                    doubt[XSELL_BASE_ROWS];
    float                    foreign[XSELL_BASE_ROWS];  /* 1, 0; from `lead`
                                    on */
    float                    later[XSELL_SHORTLIST];    /* bare, of the first
                                    base's rows that are none yet */
    float                    bare[XSELL_BASE_ROWS];     /* score without the
                                    sources; FOREIGN: and without kinship */
    xsell_base_says_t(XSELL_BASE_ROWS)  says;
    float                    before[XSELL_BASE_ROWS];   /* of the item viewed
                                    before: what its base says as `viewed` */
    const xsell_base_t      *from[XSELL_BASE_ROWS];     /* behind `lead` */
    uint8_t                  at[XSELL_BASE_ROWS];       /* its row there */
};

/* of a row in a decision */

#define XSELL_ROW_SEEN       1
#define XSELL_ROW_FOREIGN    2  /* another base brought it */


/* the cell of an item: NONE in it if it is none of these */

static inline uint8_t *
xsell_base_cell(uint8_t *cell, const uint32_t *items, uint32_t item)
{
    uint32_t  i;

    i = xsell_spread(item) & (XSELL_BASE_CELLS - 1);

    /* ends: there are fewer items than cells */

    while (cell[i] != XSELL_BASE_NONE && items[cell[i]] != item) {
        i = (i + 1) & (XSELL_BASE_CELLS - 1);
    }

    return &cell[i];
}


/* ---- rows of a decision (xsell_base_mix.c) ---------------------------- */

/* the first base's rows, the first n of them until others name the rest;
   share: of the neighbours */
void xsell_mix_lead(xsell_ranker_t *r, const xsell_base_t *b, uint32_t n,
    float share);

/* what another item says, of the visit (before: the one viewed before this
   page's), or of the cart */
void xsell_mix_viewed(xsell_ranker_t *r, const xsell_base_t *b, float share,
    int before);
void xsell_mix_bought(xsell_ranker_t *r, const xsell_base_t *b);

/* all rows into r->choice with their scores */
void xsell_mix_score(xsell_ranker_t *r);


/* the items whose bases a decision wants, the page's first; made: one was */

#define XSELL_BASE_WANTS     (XSELL_ANCHORS_MAX + XSELL_BASE_CART)

typedef struct {
    uint32_t                 n;
    uint32_t                 item[XSELL_BASE_WANTS];
    uint32_t                 since_ms[XSELL_BASE_WANTS];
    xsell_base_t            *base[XSELL_BASE_WANTS];
    int                      made;
} xsell_base_wants_t;


/* 0 if one of them was not wanted lately: then there is none for it */
int xsell_bases_want(xsell_ranker_t *r, const xsell_query_t *q,
    xsell_base_wants_t *wants);

/* the i-th item's base, NULL if there is none that is fresh; made if none was
   made for this decision */
xsell_base_t *xsell_base_of(xsell_ranker_t *r, const xsell_arena_t *a,
    const xsell_query_t *q, xsell_base_wants_t *wants, uint32_t i);


#endif


/*
 * xsell_quick.h: what the files of the quick way share.
 *
 *   xsell_quick.c        when it may be gone, and what the loop leaves
 *     xsell_quick_loop.h   the loop over tags, compiled for each processor
 *     xsell_quick_attrs.h  the attributes of a tag, for the loop
 *     xsell_quick_again.h  markup that was there before,
 *     xsell_quick_again.c  and how it is learned (xsell_quick_piece.h)
 *     xsell_quick_tag.c    a tag that is written in an unusual way
 *     xsell_quick_table.c  what each tag does
 */

#ifndef XSELL_QUICK_H
#define XSELL_QUICK_H

#include "xsell_tokenizer.h"

#include <string.h>


#define XSELL_MARGIN         128        /* bytes that may be looked at */

#define xsell_likely(x)      __builtin_expect(!!(x), 1)
#define xsell_unlikely(x)    __builtin_expect(!!(x), 0)

#define xsell_inline         static inline __attribute__((always_inline))


/* a label that is seldom reached: what comes behind it may not cost the loop
   its registers */

#ifdef __clang__
#define XSELL_COLD           ;
#else
#define XSELL_COLD           __attribute__((cold));
#endif

#pragma GCC visibility push(hidden)

/* the first n bytes of a word */
extern const uint64_t  xsell_low[17];


/*
 * What stands in xsell_quick[] for a name, by its first three bytes, what
 * ends it among them: 5 bits of the first, 6 of the second, 3 of the third.
 * Names share places, so it is a guess.
 */

#define XSELL_QUICK_BITS     0x75f1f
#define XSELL_QUICK_PLACES   (1 << 14)

typedef struct {
    uint16_t              place[XSELL_QUICK_PLACES];    /* bytes from here */
    xsell_quick_t         quick[XSELL_QUICKS];
} xsell_quicks_t;

extern xsell_quicks_t  xsell_quicks;

#define XSELL_AT(base, bytes)                                                 \
    ((const xsell_quick_t *) (const void *) ((const char *) (base) + (bytes)))


/* a walk over tags, between two runs of the loop */

typedef struct xsell_walk_s  xsell_walk_t;

typedef void (*xsell_walk_pt)(xsell_html_t *h, xsell_walk_t *w);

struct xsell_walk_s {
    xsell_walk_pt         walk;         /* the loop */
    const uint8_t        *zero;         /* where it began, */
    uint64_t              off;          /* in the page there */
    const uint8_t        *p;            /* the '<' of the next tag, or text */
    const uint8_t        *end;          /* no tag begins behind it */
    const uint8_t        *far;          /* nor goes on behind it */
    const xsell_quick_t  *k;            /* it is that and ends before q, if */
    const uint8_t        *q;            /* somebody else has read it */
    xsell_element_t      *top;
    xsell_level_t        *level;        /* its own */
    unsigned              floor;        /* elements up to here: not ours */
    unsigned              work;         /* that the tag at p costs, more than
                                           others */
    unsigned              tags;         /* start tags and comments so far */
    unsigned              comments;
    unsigned              insteads;     /* ends that start tags imply */
    unsigned              cares;        /* tags with more than a push */
    unsigned              odds;         /* what is odd about tags costs */
    unsigned              odd;          /* ... of the last one of these */
    const uint8_t        *odd_at;       /* it */
    const uint8_t        *odd_q;        /* where that begins, for the loop */
    uint64_t              hash;         /* of the attributes of w->k */
    const xsell_places_t *places;
    uint64_t              live;         /* compounds that are looked for */
    uint64_t              bloom;        /* names of attributes of these */
    xsell_quick_t         other;        /* of a name without rules */
};


/* ---- markup that was there before (xsell_quick_again.c) --------------- */

#define XSELL_PIECE          32         /* bytes of one, at most */
#define XSELL_PIECES         512
#define XSELL_PATHS          320
#define XSELL_POINTS         192

/* what a piece is followed by, and up to which byte */

enum {
    XSELL_PIECE_TEXT = 0,               /* text: '<' */
    XSELL_PIECE_VALUE,                  /* the rest of a value: '"' */
    XSELL_PIECE_VALUE_ON,               /* ... in a tag that began before */
    XSELL_PIECE_RAW,                    /* a script: '<' */
    XSELL_PIECE_COMMENT                 /* '>', with "--" before it */
};

typedef struct xsell_piece_s  xsell_piece_t;

struct xsell_piece_s {
    uint8_t               text[XSELL_PIECE];
    uint8_t               mask[XSELL_PIECE];    /* of its bytes */
    const xsell_piece_t  *next;         /* that followed it last time */
    uint64_t              n;            /* bytes of text */
    uint64_t              back;         /* to the '<' of the tag that begins
                                           in it and is not over */
    uint32_t              work;         /* of tags that are over in it */
    uint8_t               kind;         /* XSELL_PIECE_* */
    uint8_t               stop;         /* the byte */
    uint8_t               raw_n;
    uint8_t               forks;        /* a longer one begins as it does */
    uint16_t              path;         /* where its whole tags lead */
    uint16_t              goal;         /* where that tag does */
    uint32_t              goal_work;
    uint64_t              raw;          /* its name, if it is raw text's */
    uint64_t              cuts;         /* where something begins that may be
                                           another the next time */
    xsell_piece_t       **all;          /* what may follow: the first, */
    xsell_piece_t        *more;         /* another of those */
} __attribute__((aligned(32)));

/* in a tag: where it leads, for a price */

typedef struct {
    xsell_piece_t        *first;        /* pieces that may follow */
    uint64_t              raw;
    uint32_t              work;
    uint16_t              path;         /* from there */
    uint16_t              more;         /* another one to the same path */
    uint8_t               kind;
} xsell_point_t;

/* open elements: the innermost one, and the path around it */

typedef struct {
    xsell_element_t       element;
    uint64_t              attrs;        /* of its format */
    uint64_t              own;
    uint64_t              self;         /* of its level */
    uint64_t              up;
    uint64_t              meets;
    uint64_t              all;
    xsell_piece_t        *first;        /* pieces that may follow */
    uint16_t              outer;        /* 0: none */
    uint16_t              inner;        /* paths in it: the first, */
    uint16_t              more;         /* another of those */
    uint16_t              depth;        /* on the stack */
    uint16_t              formats;
    uint16_t              p;
    uint16_t              points;       /* in tags that lead there */
    uint8_t               ends;         /* its end tag leads to the outer */
} xsell_path_t;

typedef struct {
    uint64_t              serial;       /* of places, and what is looked for */
    uint64_t              live;
    uint64_t              bloom;
    unsigned              open;
    unsigned              among;

    xsell_piece_t        *at;           /* the last one that was there */
    const uint8_t        *from;         /* the tag that it ends in */
    uint64_t              work;

    unsigned              credit;       /* pieces that may be learned */
    unsigned              known;        /* bytes on the way to one more */
    unsigned              not_n;        /* bytes that are left out where
                                           nothing was known */
    unsigned              pieces_n;
    unsigned              paths_n;
    unsigned              points_n;
    uint16_t              stack[XSELL_DEPTH];   /* paths of the elements */
    xsell_piece_t         start;
    xsell_piece_t         piece[XSELL_PIECES];
    xsell_path_t          path[XSELL_PATHS];
    xsell_point_t         point[XSELL_POINTS];
} xsell_again_t;

typedef const uint8_t *(*xsell_again_pt)(xsell_again_t *t, const uint8_t *p,
    const uint8_t *end);

/* from w->p on, before `end`, if there is a point in it; returns up to where
   there is none afterwards */
const uint8_t *xsell_quick_again(xsell_html_t *h, xsell_walk_t *w,
    const uint8_t *end, unsigned among, xsell_again_pt again);


/* what is looked for */

enum {
    XSELL_AMONG_NONE = 0,
    XSELL_AMONG_TYPES,                  /* elements by their names */
    XSELL_AMONG_ALONE,                  /* ... and attributes */
    XSELL_AMONG_ALL                     /* ... and elements around them */
};


/* reads the start tag at w->p: w->k, w->q, w->work, for the loop; a script is
   passed, w->p is behind it; 0: another's */
int xsell_quick_tag(const xsell_html_t *h, xsell_walk_t *w, unsigned among);

/* passes what leaves <head> as it was, with white space between */
void xsell_quick_head(xsell_html_t *h, xsell_walk_t *w, unsigned among);

/* the end tag at w->p, if it is that of w->top; what follows it, or NULL */
const uint8_t *xsell_quick_end(const xsell_html_t *h, xsell_walk_t *w);

/* compounds that the element of a start tag at w->p might match, by its name
   and by what is around it */
uint64_t xsell_quick_cand(const xsell_html_t *h, const xsell_walk_t *w,
    const xsell_quick_t *k, unsigned among);

void xsell_quick_fill(void);

#pragma GCC visibility pop


/* an element that matches nothing is there */

xsell_inline void
xsell_quick_child(xsell_level_t *l)
{
    l->last_but = l->last;
    l->all_but = l->all;
    l->last = 0;
}


/* and has a level of its own */

xsell_inline void
xsell_quick_level(xsell_level_t *l)
{
    xsell_quick_child(l);

    l[1].self = 0;
    l[1].up = l->up;
    l[1].own = 0;
    l[1].last = 0;
    l[1].all = 0;
    l[1].last_but = 0;
    l[1].all_but = 0;
}


#endif /* XSELL_QUICK_H */


/*
 * xsell_quick.h: what the files of the quick way share.
 *
 *   xsell_quick.c        when it may be gone, and what the loop leaves
 *     xsell_quick_loop.h   the loop over tags, compiled for each processor
 *     xsell_quick_attrs.h  the attributes of a tag, for the loop
 *     xsell_quick_open.h   what is open, for the loop
 *     xsell_quick_tag.c    a tag that is written in an unusual way
 *     xsell_quick_table.c  what each tag does
 *     xsell_quick_again.c  markup that was there before
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

typedef struct {
    const uint8_t        *zero;         /* where it began, */
    uint64_t              off;          /* in the page there */
    const uint8_t        *p;            /* the '<' of the next tag, or text */
    const uint8_t        *end;          /* no tag begins behind it */
    const uint8_t        *far;          /* nor goes on behind it */
    const xsell_quick_t  *k;            /* it is that and ends before q, if */
    const uint8_t        *q;            /* somebody else has read it */
    xsell_element_t      *top;
    const xsell_element_t *high;        /* there is no room for it */
    xsell_level_t        *level;        /* its own */
    int                   plain;        /* the last class of tags that is
                                           pushed as it is */
    unsigned              floor;        /* elements up to here: not ours */
    unsigned              work;         /* that the tag at p costs, more than
                                           others */
    union {
        struct {
            uint32_t      tags;         /* start tags and comments so far */
            uint32_t      cares;        /* tags with more than a push */
        };
        uint64_t          counts;       /* both */
    };
    unsigned              comments;
    unsigned              insteads;     /* ends that start tags imply */
    unsigned              odds;         /* what is odd about tags costs */
    unsigned              odd;          /* ... of the last one of these */
    const uint8_t        *odd_at;       /* it */
    const uint8_t        *odd_q;        /* where that begins, for the loop */
    int                   over;         /* ... or the tag is over there */
    const uint8_t        *value;        /* of an odd attribute: where */
    const uint8_t        *value_end;
    uint64_t              hash;         /* of the attributes of w->k */
    xsell_again_t        *again;        /* to be learned: what ends w->k, at
                                           w->q */
    const xsell_places_t *places;
    uint64_t              live;         /* compounds that are looked for */
    uint64_t              bloom;        /* names of attributes of these */
    xsell_quick_t         other;        /* of a name without rules */
} xsell_walk_t;


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

/* learns what is at w->q; for a page that begins */
void xsell_quick_learn(xsell_walk_t *w);
void xsell_quick_forget(xsell_html_t *h);

/* the element whose name may begin w */
const xsell_quick_t *xsell_quick_guess(uint64_t w);

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


#endif /* XSELL_QUICK_H */

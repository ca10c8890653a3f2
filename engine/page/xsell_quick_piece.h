
/*
 * xsell_quick_piece.h: what the files share that learn markup.
 *
 *   xsell_quick_again.c    when, and how much; what it is all about
 *     xsell_quick_path.c     the path of open elements, from the stack and back
 *     xsell_quick_learn.c    a piece of markup: where it ends
 *       xsell_quick_effect.c   what its tags do
 *       xsell_quick_syntax.c   how they are written
 */

#ifndef XSELL_QUICK_PIECE_H
#define XSELL_QUICK_PIECE_H

#include "xsell_quick.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif


#define XSELL_AGAIN_DEPTH    40         /* pages seldom have more open */
#define XSELL_AGAIN_TAG      480        /* bytes of a tag that is learned */

#pragma GCC visibility push(hidden)

/* nothing is like it: where it is asked for there is a '<', a '"' or a '-' */
extern const xsell_piece_t  xsell_again_none;


/* where in 32 bytes there is a '"', a '\'', a '>', a '=' */

typedef struct {
    uint64_t              quotes;
    uint64_t              singles;
    uint64_t              ends;
    uint64_t              equals;
} xsell_again_window_t;


/* ---- paths (xsell_quick_path.c) --------------------------------------- */

void xsell_again_forget(xsell_again_t *t);

/* a new one, of an element without a format; 0: no room */
unsigned xsell_again_new(xsell_again_t *t, unsigned outer,
    const xsell_element_t *e);

/* that of stack[i], in a path that is around it; 0: no room */
unsigned xsell_again_path(const xsell_html_t *h, xsell_again_t *t,
    unsigned outer, unsigned i, int levels);

/* of all that is open; 0: it can't be told by the elements alone */
unsigned xsell_again_enter(const xsell_html_t *h, xsell_again_t *t,
    unsigned depth, int levels);

/* the stack becomes that of a path */
void xsell_again_leave(xsell_html_t *h, xsell_walk_t *w, xsell_again_t *t,
    unsigned n, int levels);


/* ---- how tags are written (xsell_quick_syntax.c) ---------------------- */

#ifdef __SSE2__

/* a bit for each of the 32 bytes at p that is c */

static inline unsigned
xsell_again_mask(const uint8_t *p, char c)
{
    __m128i  all;

    all = _mm_set1_epi8(c);

    return (unsigned) _mm_movemask_epi8(
               _mm_cmpeq_epi8(_mm_loadu_si128((const __m128i *) p), all))
           | (unsigned) _mm_movemask_epi8(
                 _mm_cmpeq_epi8(_mm_loadu_si128((const __m128i *) p + 1), all))
             << 16;
}

#endif

/* the bytes of the tag at byte i of a piece; 0: another's.  *odd: it has a
   price of its own */
unsigned xsell_again_tag_at(const uint8_t *p, unsigned i, const uint8_t *far,
    const xsell_again_window_t *a, int *odd);

/* is what follows a value, from behind its end, or from its first byte, like
   that too, with no attribute that somebody asks for? */
int xsell_again_tail(const uint8_t *q, const uint8_t *far, uint64_t bloom);
int xsell_again_after(const uint8_t *q, char quote, const uint8_t *far,
    uint64_t bloom);


/* ---- what they do (xsell_quick_effect.c) ------------------------------ */

/* what the tag of n bytes at p does where path `from` is open: r->goal */
int xsell_again_try(xsell_html_t *h, xsell_walk_t *w, xsell_again_t *t,
    unsigned from, const uint8_t *p, unsigned n, int odd, xsell_piece_t *r);


/* ---- pieces (xsell_quick_learn.c) ------------------------------------- */

/* what stands at p becomes known, behind t->at; 0: it can't */
int xsell_again_add(xsell_html_t *h, xsell_walk_t *w, xsell_again_t *t,
    const uint8_t *p);

#pragma GCC visibility pop


#endif /* XSELL_QUICK_PIECE_H */


/*
 * xsell_quick_again.c: lists, rows and cards have the same markup between
 * their texts again and again.
 *
 * Where a text is over and its element ends, the loop over tags compares 32
 * bytes with those that followed a text of such an element before, up to the
 * next text or value: "</td></tr><tr><th scope=\"".  If they are the same, and
 * the same elements are open, they do the same: two to four tags for 24
 * instructions, not 80.
 *
 * What may be learned is narrow, so that it is nothing more than a step in
 * the bytes: tags of the plainest kind (xsell_quick_table.c), each in an
 * element that takes it as it is; elements that end, and perhaps the same ones
 * again, so that the stack stays or loses its innermost element.  Elements
 * that anybody has changed have no id, and so are never those that were open:
 * within <p>, formats and what is captured nothing is known.  The price is
 * that of the tags.
 *
 * It is learned here, apart from the loop: at the second text of an element,
 * after three that went otherwise, and if that was in vain, ever more seldom.
 * A page without repetition pays 10 instructions an element with text for it.
 * The memory is the page's, one piece for each of 15 kinds.
 *
 * Not taken: a memory of all pieces of markup, over pages, with what follows
 * what.  It halved the cost of pages that had passed before, and pages of
 * forty shops in a row, each of which had to be learned, cost a seventh more.
 */

#include "xsell_quick.h"


#define XSELL_AGAIN_TRIES    6          /* the wait is doubled so often */
#define XSELL_AGAIN_OPEN     2          /* elements that end in a piece */
#define XSELL_AGAIN_TAG      1ull       /* in counts */
#define XSELL_AGAIN_CARE     (1ull << 32)


/* a piece that is read */

typedef struct {
    const uint8_t          *p;          /* up to here */
    const uint8_t          *end;        /* it goes no further */
    const uint8_t          *last;       /* its last '<' */
    const xsell_quick_t    *k;          /* begun, and not pushed */
    const xsell_element_t  *top;
    unsigned                open;       /* elements at top that have ended */
    unsigned                most;       /* ... at most */
    uint64_t                counts;
} xsell_piece_t;


/* nothing is the same: no tag begins with NUL */

static void
xsell_again_none(xsell_again_t *a)
{
    memset(a->mask, 0, XSELL_AGAIN_BYTES);
    memset(a->bytes, 0, XSELL_AGAIN_BYTES);
    a->mask[0] = 0xff;
}


void
xsell_quick_forget(xsell_html_t *h)
{
    unsigned  i;

    for (i = 0; i < XSELL_AGAINS; i++) {
        xsell_again_none(&h->again[i]);
        h->again[i].wait = i ? XSELL_AGAIN_MISS : ~(uint32_t) 0;
    }
}


/* an end tag: of what was begun, or of the innermost element */

static int
xsell_piece_end(xsell_piece_t *s)
{
    uint64_t                w;
    const xsell_element_t  *e;

    e = s->k ? &s->k->element : s->top - s->open;
    w = xsell_bytes(s->p + 1);

    if ((w ^ e->end) & e->mask || e->skip > 9) {
        return 0;
    }

    if (s->k == NULL) {
        if (e->id == 0 || e->pop != XSELL_POP
            || s->open == XSELL_AGAIN_OPEN)
        {
            return 0;
        }

        s->open++;
        s->most = s->open > s->most ? s->open : s->most;
    }

    s->k = NULL;
    s->p += e->skip;

    return 1;
}


/* what was begun is pushed: in the place of one like it */

static int
xsell_piece_push(xsell_piece_t *s)
{
    const xsell_quick_t  *k;

    k = s->k;
    s->k = NULL;

    if (k == NULL) {
        return 1;
    }

    if (k->push != XSELL_PUSH || s->open == 0
        || s->top[1 - (ptrdiff_t) s->open].id != k->element.id)
    {
        return 0;
    }

    s->open--;

    return 1;
}


/* ' NAME="': what follows it, or NULL */

static const uint8_t *
xsell_piece_value(const uint8_t *p, const uint8_t *end)
{
    const uint8_t  *q;

    for (q = p; q < end && (xsell_c(*q, XSELL_C_LETTER) || *q == '-'); q++) {
        /* void */
    }

    return q > p && end - q >= 2 && q[0] == '=' && q[1] == '"' && q[-1] != '-'
           ? q + 2 : NULL;
}


/* 1: the tag is read, and more may follow; 2: a value does; 0: no */

static int
xsell_piece_start(xsell_piece_t *s)
{
    unsigned              care;
    uint64_t              w, x;
    const uint8_t        *q;
    const xsell_quick_t  *k;

    if (!xsell_piece_push(s)) {
        return 0;
    }

    w = xsell_bytes(s->p + 1);
    k = xsell_quick_guess(w);
    x = (w ^ k->name) & k->mask;

    s->k = k;
    s->counts += XSELL_AGAIN_TAG;
    s->last = s->p;
    s->p += k->skip;

    if (x == 0) {
        care = k->push == XSELL_PUSH_P ? XSELL_NEEDS_CARE : 0;
        s->counts += care ? XSELL_AGAIN_CARE : 0;

        return k->push <= XSELL_PUSH_A
               && !(k->needs & ~care & (s->top - s->open)->lacks);
    }

    /* what the tag does is decided behind its values */

    q = x == k->space && k->push != XSELL_PUSH_SLOW
        ? xsell_piece_value(s->p, s->end) : NULL;
    s->p = q ? q : s->p;

    return q ? 2 : 0;
}


/* 2: a value follows, 1: text does, 0: nothing that can be kept */

static int
xsell_piece_read(xsell_piece_t *s)
{
    int             rc;
    const uint8_t  *q;

    for ( ;; ) {
        for (q = s->p; q < s->end && xsell_c(*q, XSELL_C_WHITE); q++) {
            /* void */
        }

        if (q >= s->end) {
            return 0;
        }

        if (*q != '<') {
            return s->k != NULL && s->last != NULL;
        }

        s->p = q;

        rc = s->p[1] == '/' ? xsell_piece_end(s) : xsell_piece_start(s);

        if (rc != 1) {
            return rc;
        }
    }
}


void
xsell_quick_learn(xsell_walk_t *w)
{
    int             rc, other;
    unsigned        tries;
    xsell_again_t  *a;
    xsell_piece_t   s;

    a = w->again;

    s.p = w->q;
    s.end = w->q + XSELL_AGAIN_BYTES;
    s.last = NULL;
    s.k = w->k;
    s.top = w->top;
    s.open = 0;
    s.most = 0;
    s.counts = 0;

    tries = a->wait % XSELL_AGAIN_MISS;
    a->wait = (XSELL_AGAIN_WAIT << tries)
              + (tries < XSELL_AGAIN_TRIES ? tries + 1 : tries);

    xsell_again_none(a);

    rc = w->top[0].id ? xsell_piece_read(&s) : 0;

    /* the element that has become the innermost takes what begins in it, which
       after a value is asked anew */

    other = s.most > 1 || (rc == 1 && s.open);

    if (rc == 0 || s.p > s.end || (rc == 1 && s.open > 1)
        || (other && w->top->around == 0))
    {
        return;
    }

    a->n = (uint64_t) (s.p - w->q);
    memset(a->mask, 0xff, a->n);
    memcpy(a->bytes, w->q, a->n);

    a->k = s.k;
    a->shift = -(int64_t) (s.open * sizeof(xsell_element_t));
    memcpy(&a->ids, &w->top->id, 4);
    a->counts = s.counts;
    a->last = (uint64_t) (s.last - w->q);
    a->value = rc == 2;
}


/*
 * xsell_quick_learn.c: a piece of markup becomes known (xsell_quick_again.c):
 * where it ends, and how it is told from others that begin as it does.
 */

#include "xsell_quick_piece.h"

#ifdef __SSE2__

#define XSELL_AGAIN_MOST     12         /* that may follow a piece */


/* nothing is like it: where it is asked for there is a '<', a '"' or a '-' */
const xsell_piece_t  xsell_again_none = { .mask = { 0xff } };

/* as many bytes as a piece has, from the middle back */
static const uint8_t  xsell_again_masks[2 * XSELL_PIECE] = {
    255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
    255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
    255, 255
};


/*
 * Reads on from byte i of p, in the tag whose end leads to r->goal: behind its
 * '>', or, if it is longer than a piece, up to where its last value begins;
 * then *whole is 0.  0: neither.
 */

static unsigned
xsell_again_rest(const xsell_again_window_t *a, unsigned i, unsigned cut,
    int *whole, xsell_piece_t *r)
{
    unsigned  value;
    uint64_t  m;

    value = 0;
    *whole = 0;

    for ( ;; ) {
        m = (a->quotes | a->ends | (a->singles & a->equals << 1)) >> i << i;

        if (m == 0) {
            return value;
        }

        i = (unsigned) __builtin_ctzll(m) + 1;
        m &= ~m + 1;

        if (a->ends & m) {
            *whole = 1;
            return i;
        }

        value = i;
        r->cuts |= (uint64_t) 1 << i;
        r->stop = a->quotes & m ? '"' : '\'';

        m = (a->quotes & m ? a->quotes : a->singles) >> i << i;

        if (i == cut || m == 0) {
            return value;
        }

        i = (unsigned) __builtin_ctzll(m) + 1;
    }
}


/* the end of the comment that begins before byte i, or 0 */

static unsigned
xsell_again_comment(const xsell_again_window_t *a, const uint8_t *p,
    unsigned i)
{
    uint64_t  m;

    for (m = a->ends >> i << i; m; m &= m - 1) {
        i = (unsigned) __builtin_ctzll(m);

        if (p[i - 1] == '!') {
            break;
        }

        if (p[i - 1] == '-' && p[i - 2] == '-') {
            return i + 1;
        }
    }

    return 0;
}


/* pieces that may follow r; NULL: no room */

static xsell_piece_t **
xsell_again_point(xsell_again_t *t, const xsell_piece_t *r)
{
    unsigned        i, kind;
    xsell_point_t  *point;

    if (r->kind == XSELL_PIECE_TEXT) {
        return &t->path[r->path].first;
    }

    kind = r->kind == XSELL_PIECE_VALUE_ON ? XSELL_PIECE_VALUE : r->kind;

    for (i = t->path[r->goal].points; i; i = point->more) {
        point = &t->point[i];

        if (point->kind == kind && point->path == r->path
            && point->work == r->goal_work && point->raw == r->raw)
        {
            return &point->first;
        }
    }

    if (t->points_n == XSELL_POINTS) {
        return NULL;
    }

    point = &t->point[t->points_n];
    point->kind = (uint8_t) kind;
    point->path = r->path;
    point->work = r->goal_work;
    point->raw = r->raw;
    point->first = NULL;
    point->more = t->path[r->goal].points;
    t->path[r->goal].points = (uint16_t) t->points_n++;

    return &point->first;
}


/* the piece at p, behind c, or what of it ends at byte `cut`; 0: none */

static int
xsell_again_learn(xsell_html_t *h, xsell_walk_t *w, xsell_again_t *t,
    const xsell_piece_t *c, const uint8_t *p, unsigned cut, xsell_piece_t *r)
{
    int                   whole, odd;
    unsigned              i, n, at, begun;
    uint64_t              bloom;
    xsell_again_window_t  window;

    r->n = 0;
    r->kind = XSELL_PIECE_TEXT;
    r->stop = '<';
    r->back = 0;
    r->work = 0;
    r->cuts = 0;
    r->raw = 0;
    r->raw_n = 0;
    r->path = c->path;
    r->next = &xsell_again_none;

    window.quotes = xsell_again_mask(p, '"');
    window.singles = xsell_again_mask(p, '\'');
    window.ends = xsell_again_mask(p, '>');
    window.equals = xsell_again_mask(p, '=');

    at = 0;
    i = 0;
    odd = 0;
    begun = c->kind != XSELL_PIECE_TEXT;

    bloom = t->among < XSELL_AMONG_ALONE ? 0 : w->bloom;

    if ((c->kind == XSELL_PIECE_VALUE || c->kind == XSELL_PIECE_VALUE_ON)
        && !xsell_again_tail(p + 1, w->far, bloom))
    {
        return 0;
    }

    if (begun) {
        r->goal = c->goal;
        r->goal_work = c->goal_work;
        r->raw = c->raw;
        r->raw_n = c->kind == XSELL_PIECE_RAW ? 0 : c->raw_n;
        i = c->kind == XSELL_PIECE_COMMENT ? 2 : 1;
    }

    if (c->kind == XSELL_PIECE_RAW) {
        i = c->raw_n + 2u;

        if (p[1] != '/' || p[i] != '>'
            || ((xsell_bytes(p + 2) ^ c->raw) & xsell_low[c->raw_n]) != 0)
        {
            return 0;
        }
    }

    for ( ;; ) {

        if (!begun) {
            odd = 0;
            n = memcmp(p + i, "<!--", 4) == 0
                ? h->open & h->markers ? 0 : 4
                : xsell_again_tag_at(p, i, w->far, &window, &odd);

            if (n == 0 || !xsell_again_try(h, w, t, r->path, p + i, n, odd, r))
            {
                break;
            }

            at = i++;
        }

        if (!begun && p[i] == '!') {
            i += 3;

            if (i > XSELL_PIECE) {
                break;
            }

            r->cuts |= (uint64_t) 1 << i;
            n = i == cut ? 0 : xsell_again_comment(&window, p, i);

            if (n == 0) {
                r->n = i;
                r->kind = XSELL_PIECE_COMMENT;
                r->stop = '>';
                r->back = 4;
                break;
            }

        } else {
            n = xsell_again_rest(&window, i, cut, &whole, r);

            if (n == 0) {
                break;
            }

            /* the price of a single quote is that of this very tag */

            if (!whole && odd
                && !xsell_again_after(p + n, (char) r->stop, w->far,
                                      bloom))
            {
                break;
            }

            if (!whole || r->raw_n) {
                r->n = n;
                r->kind = whole ? XSELL_PIECE_RAW
                          : begun || r->stop != '"' ? XSELL_PIECE_VALUE_ON
                          : XSELL_PIECE_VALUE;
                r->stop = whole ? '<' : r->stop;
                r->back = begun ? 0 : n - at;
                break;
            }
        }

        r->path = r->goal;
        r->work += r->goal_work;
        r->n = n;
        begun = 0;

        i = n;
        r->cuts |= i < XSELL_PIECE ? (uint64_t) 1 << i : 0;

        if (i == cut) {
            break;
        }

        while (i < XSELL_PIECE && xsell_c(p[i], XSELL_C_WHITE)) {
            i++;
        }

        if (i + 3 >= XSELL_PIECE || p[i] != '<') {
            break;
        }
    }

    if (r->n == 0) {
        return 0;
    }

    memcpy(r->text, p, XSELL_PIECE);
    memcpy(r->mask, xsell_again_masks + XSELL_PIECE - r->n, XSELL_PIECE);
    r->all = xsell_again_point(t, r);

    return r->all != NULL;
}


/* how many bytes of a piece stand at p */

static unsigned
xsell_again_like(const uint8_t *p, const xsell_piece_t *r)
{
    unsigned        m;
    const __m128i  *a, *b;

    a = (const __m128i *) p;
    b = (const __m128i *) r->text;

    m = (unsigned) _mm_movemask_epi8(_mm_cmpeq_epi8(_mm_loadu_si128(a),
                                                    _mm_loadu_si128(b)))
        | (unsigned) _mm_movemask_epi8(
              _mm_cmpeq_epi8(_mm_loadu_si128(a + 1), _mm_loadu_si128(b + 1)))
          << 16;
    m = ~m;

    return m && (unsigned) __builtin_ctz(m) < r->n
           ? (unsigned) __builtin_ctz(m) : (unsigned) r->n;
}


/*
 * Up to where a piece and what stands at p are the same, and may well be other
 * ones behind it: a value or comment that both are in (*is_value), or text
 * behind a tag.  0: nowhere.
 */

static unsigned
xsell_again_cut(const xsell_piece_t *r, const uint8_t *p, int *is_value)
{
    char      stop;
    unsigned  i, n;
    uint64_t  cuts, stops;

    n = xsell_again_like(p, r);

    for (cuts = r->cuts & (((uint64_t) 2 << n) - 1); cuts;
         cuts ^= (uint64_t) 1 << i)
    {
        i = 63 - (unsigned) __builtin_clzll(cuts);
        *is_value = r->text[i - 1] != '>';

        if (!*is_value) {
            return i;
        }

        stop = r->text[i - 1] == '-' ? '>' : (char) r->text[i - 1];
        stops = xsell_again_mask(r->text, stop);

        if ((stops & (((uint64_t) 1 << n) - 1)) >> i == 0) {
            return i;
        }
    }

    return 0;
}


/* what stands at p becomes known, behind t->at; 0: it can't */

int
xsell_again_add(xsell_html_t *h, xsell_walk_t *w, xsell_again_t *t,
    const uint8_t *p)
{
    int             is_value, value;
    unsigned        n, cut, best;
    xsell_piece_t  *c, *r, *like, **last;

    c = t->at;
    like = NULL;
    best = 0;
    value = 0;
    n = 0;
    last = c->all;

    for (r = *c->all; r; r = r->more, n++) {
        cut = xsell_again_cut(r, p, &is_value);
        last = &r->more;

        if (cut > best) {
            best = cut;
            value = is_value;
            like = r;
        }
    }

    /* a value that is another is none of the piece; where text and tags are
       other ones, both are known from now on: the longer one before */

    if (!value) {
        if (n >= XSELL_AGAIN_MOST || t->pieces_n == XSELL_PIECES) {
            return 0;
        }

        like = NULL;
    }

    r = like ? like : &t->piece[t->pieces_n];

    if (c == like) {
        t->start = *c;
        t->at = c = &t->start;
    }

    if (!xsell_again_learn(h, w, t, c, p, best, r)) {
        memset(r->text, 0, XSELL_PIECE);
        memset(r->mask, 0xff, XSELL_PIECE);
        return 0;
    }

    if (like == NULL) {
        r->forks = best != 0;
        t->pieces_n++;

        if (best) {
            r->more = NULL;
            *last = r;

        } else {
            r->more = *c->all;
            *c->all = r;
        }
    }

    c->next = r->forks ? c->next : r;

    return 1;
}

#endif

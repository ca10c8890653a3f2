
/*
 * xsell_quick_again.c: pages repeat themselves: cards, rows, list items are
 * the same markup again and again, with other texts and addresses in it.
 *
 * A piece is up to 32 bytes of markup as they stood in a page: an end tag, the
 * start tags behind it, the beginning of one up to a value.  It ends where
 * something begins that differs from one time to the next: text, up to the
 * next '<', or a value, up to its '"'.  What a piece does is known from the
 * first time: it leads from one path of open elements to another, and its
 * tags have their prices.  So one comparison of 32 bytes replaces all that
 * xsell_quick_loop.h does for these tags, and what follows most often is the
 * piece that followed last time.  (The method is that of automata that are
 * built while they run, and of trace caches: Rotenberg et al. 1996.)
 *
 * What a tag does is not decided here, but for the plainest ones.  It is put
 * before the loop over tags, alone, with the elements open that it is to be
 * learned for, and the stack is looked at afterwards: a path stands for all that the loop may ask for
 * (names, rules, formats, compounds), and a memory is of one set of places
 * that are looked for.  Attributes that somebody asks for are never learned,
 * nor are prices that have to be looked at at once.
 *
 * The stack is as it was while pieces are gone over; at the end it becomes
 * that of the path.
 *
 * Learning costs some 900 instructions a piece, so it is bounded: a set of
 * places has some to begin with, one more for each page and for each so many
 * bytes that were known.  Where nothing is known it is tried again after ever
 * longer stretches.  The memory is the process's, from page to page, and of
 * one thread.  Pages of one template are read at 0.8 instructions a byte where
 * the loop takes 2.0; of those that don't repeat themselves the tries cost 2
 * to 4 in a hundred, of the first one a quarter.
 *
 * Not taken: whole tags with a key each (a page's values are other ones each
 * time: nothing is found), and longer pieces (rare, and dearer to compare).
 */

#include "xsell_quick.h"

#ifdef __SSE2__

#include <emmintrin.h>

#define XSELL_AGAIN_ROOM     96         /* behind the last piece's first byte */
#define XSELL_AGAIN_WORK     4096       /* more than tags in it can cost */
#define XSELL_AGAIN_DEPTH    40         /* pages seldom have more open */
#define XSELL_AGAIN_TAG      480        /* bytes of a tag that is learned */
#define XSELL_AGAIN_CREDIT   48         /* pieces that may be learned */
#define XSELL_AGAIN_DRIP     1          /* ... more on each page */
#define XSELL_AGAIN_EARN     4096       /* known bytes for one more */
#define XSELL_AGAIN_SAVE     256        /* no more at once */
#define XSELL_AGAINS         4          /* sets of places, a memory each */
#define XSELL_AGAIN_MOST     12         /* that may follow a piece */
#define XSELL_AGAIN_WELL     2048       /* known bytes that are worth it */
#define XSELL_AGAIN_FAIR     512        /* ... or as good as nothing */
#define XSELL_AGAIN_FIRST    64         /* bytes that are left out, */
#define XSELL_AGAIN_LAST     32768      /* twice as many each time */


static xsell_again_t  xsell_again_memory[XSELL_AGAINS];

/* nothing is like it: where it is asked for there is a '<', a '"' or a '-' */
static const xsell_piece_t  xsell_again_none = { .mask = { 0xff } };


/* as many bytes as a piece has, from the middle back */
static const uint8_t  xsell_again_masks[2 * XSELL_PIECE] = {
    255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
    255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
    255, 255
};


static void
xsell_again_forget(xsell_again_t *t)
{
    t->pieces_n = 0;
    t->points_n = 1;
    t->paths_n = 1;
    t->path[0].inner = 0;
}


/* ---- paths ------------------------------------------------------------ */

static int
xsell_again_same(const xsell_html_t *h, const xsell_path_t *path, unsigned i,
    int levels)
{
    const xsell_level_t    *l;
    const xsell_format_t   *f;
    const xsell_element_t  *e;

    e = &h->stack[i];

    if (path->element.name != e->name
        || memcmp(&path->element.bits, &e->bits, 8) != 0
        || path->element.formats != e->formats)
    {
        return 0;
    }

    if (e->formats) {
        f = &h->format[e->formats - 1];

        if (path->attrs != f->attrs || path->own != f->own) {
            return 0;
        }
    }

    l = &h->level[i + 1];

    return !levels || (path->self == l->self && path->up == l->up
                       && path->meets == l->own && path->all == l->all);
}

_Static_assert(offsetof(xsell_element_t, types)
               - offsetof(xsell_element_t, bits) == 8, "bits .. lacks");


/* a new one, of an element without a format; 0: no room */

static unsigned
xsell_again_new(xsell_again_t *t, unsigned outer, const xsell_element_t *e)
{
    unsigned       n;
    xsell_path_t  *path, *in;

    if (t->paths_n == XSELL_PATHS) {
        return 0;
    }

    n = t->paths_n++;
    path = &t->path[n];
    in = &t->path[outer];

    path->element = *e;
    path->element.types = 0;
    path->element.types_n = 0;
    path->attrs = 0;
    path->own = 0;
    path->self = 0;
    path->up = in->up;
    path->meets = 0;
    path->all = 0;
    path->first = NULL;
    path->outer = (uint16_t) outer;
    path->inner = 0;
    path->more = in->inner;
    path->depth = (uint16_t) (outer ? in->depth + 1 : 0);
    path->formats = in->formats;
    path->p = (uint16_t) (in->p
                          + (xsell_html_kind(e->bits) == XSELL_KIND_P));
    path->points = 0;
    path->ends = 0;

    in->inner = (uint16_t) n;

    return n;
}


/* that of stack[i], in a path that is around it; 0: no room */

static unsigned
xsell_again_path(const xsell_html_t *h, xsell_again_t *t, unsigned outer,
    unsigned i, int levels)
{
    unsigned               n;
    xsell_path_t          *path;
    const xsell_level_t   *l;
    const xsell_format_t  *f;

    n = t->stack[i];

    if (n && n < t->paths_n && t->path[n].outer == outer
        && t->path[n].depth == i
        && xsell_again_same(h, &t->path[n], i, levels))
    {
        return n;
    }

    for (n = t->path[outer].inner; n; n = t->path[n].more) {
        if (xsell_again_same(h, &t->path[n], i, levels)) {
            t->stack[i] = (uint16_t) n;
            return n;
        }
    }

    n = xsell_again_new(t, outer, &h->stack[i]);

    if (n == 0) {
        return 0;
    }

    path = &t->path[n];

    if (h->stack[i].formats) {
        f = &h->format[h->stack[i].formats - 1];
        path->attrs = f->attrs;
        path->own = f->own;
        path->formats = h->stack[i].formats;
    }

    if (levels) {
        l = &h->level[i + 1];
        path->self = l->self;
        path->up = l->up;
        path->meets = l->own;
        path->all = l->all;
    }

    t->stack[i] = (uint16_t) n;

    return n;
}


/* of all that is open; 0: it can't be told by the elements alone */

static unsigned
xsell_again_enter(const xsell_html_t *h, xsell_again_t *t, unsigned depth,
    int levels)
{
    unsigned              i, n, formats;
    const xsell_level_t  *l;

    formats = 0;

    if (depth > XSELL_AGAIN_DEPTH) {
        return 0;
    }

    for (i = 0, n = 0; i < depth; i++) {

        /* an element more changes nothing for those that follow it */

        l = &h->level[i + 1];

        if (levels && (l->last || l->last_but || l->all != l->all_but)) {
            return 0;
        }

        if (h->stack[i].formats) {
            if (h->stack[i].formats != ++formats || formats > h->formats
                || h->format[formats - 1].idx != i)
            {
                return 0;
            }
        }

        n = xsell_again_path(h, t, n, i, levels);

        if (n == 0) {
            return 0;
        }
    }

    return formats == h->formats && t->path[n].p == h->count[XSELL_COUNT_P]
           ? n : 0;
}


/* the stack becomes that of a path */

static void
xsell_again_leave(xsell_html_t *h, xsell_walk_t *w, xsell_again_t *t,
    unsigned n, int levels)
{
    unsigned             i, depth, was;
    xsell_format_t      *f;
    const xsell_path_t  *path;

    was = (unsigned) (w->top - h->stack);
    depth = t->path[n].depth;

    h->formats = t->path[n].formats;
    h->count[XSELL_COUNT_P] = t->path[n].p;

    for (i = depth; i > was || t->stack[i] != n; i--) {
        path = &t->path[n];
        h->stack[i] = path->element;
        t->stack[i] = (uint16_t) n;

        if (path->element.formats) {
            f = &h->format[path->element.formats - 1];
            f->kind = (uint8_t) xsell_e_kind(path->element.bits);
            f->name = f->kind == XSELL_KIND_TD || f->kind == XSELL_KIND_TH
                      ? 0 : path->element.name;
            f->attrs = path->attrs;
            f->own = path->own;
            f->idx = (uint16_t) i;
        }

        n = path->outer;
    }

    for (i++; levels && i <= depth; i++) {
        xsell_quick_level(&h->level[i]);
    }

    w->top = &h->stack[depth];
    w->level = &h->level[depth + 1];
}


/* ---- tags ------------------------------------------------------------- */

/* a bit for each of the 32 bytes at p that is c */

static unsigned
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


/* where in 32 bytes there is a '"', a '\'', a '>', a '=' */

typedef struct {
    uint64_t              quotes;
    uint64_t              singles;
    uint64_t              ends;
    uint64_t              equals;
} xsell_again_window_t;


/*
 * The bytes of the tag at p, if it is written as most are: what stands in
 * quotes is a value, and nothing else is.  0: it isn't, or is too long.
 * *odd: it has a price of its own.
 */

static unsigned
xsell_again_tag(const uint8_t *p, const uint8_t *far, int *odd)
{
    char            quote;
    unsigned        m;
    const uint8_t  *q, *end;

    end = p + (far - p < XSELL_AGAIN_TAG ? far - p : XSELL_AGAIN_TAG);
    q = p + (p[1] == '/' ? 2 : 1);

    if ((unsigned) (*q - 'a') > 25) {
        return 0;
    }

    for ( ;; ) {
        while ((m = xsell_again_mask(q, '>') | xsell_again_mask(q, '=')
                    | xsell_again_mask(q, '"')) == 0)
        {
            q += 32;

            if (q > end) {
                return 0;
            }
        }

        q += __builtin_ctz(m);

        if (*q == '>') {
            return q > end ? 0 : (unsigned) (q - p) + 1;
        }

        if (q[0] != '=' || (q[1] != '"' && q[1] != '\'') || q[-1] <= '/'
            || p[1] == '/')
        {
            return 0;
        }

        *odd |= q[1] == '\'';
        quote = (char) q[1];
        q += 2;

        while ((m = xsell_again_mask(q, quote)) == 0) {
            q += 32;

            if (q > end) {
                return 0;
            }
        }

        q += __builtin_ctz(m) + 1;

        if (q > end) {
            return 0;
        }
    }
}


/*
 * The same for what follows the end of a value at q, in a tag that is known up
 * to there: it may have other attributes than the one that it is known from.
 * None that somebody asks for, and none with a price.
 */

static int
xsell_again_tail(const uint8_t *q, const uint8_t *far, uint64_t bloom)
{
    size_t          n;
    const uint8_t  *end;

    end = q + (far - q < XSELL_AGAIN_TAG ? far - q : XSELL_AGAIN_TAG);

    while (q < end && *q != '>') {

        if (bloom && *q++ != ' ') {
            return 0;
        }

        for (n = 0; q + n < end && q[n] != '=' && q[n] != '>' && q[n] != '"';
             n++)
        {
            if (bloom && (q[n] < '-' || q[n] == '/')) {
                return 0;
            }
        }

        if (q[n] == '>' && !bloom) {
            return 1;
        }

        if (n == 0 || q[n] != '=' || q[n + 1] != '"' || q[n - 1] <= '/'
            || bloom & xsell_bloom(*q, n))
        {
            return 0;
        }

        for (q += n + 2; q < end && *q != '"'; q++) { /* void */ }

        q++;
    }

    return q < end;
}


/* ... and for what follows the value at q */

static int
xsell_again_after(const uint8_t *q, char quote, const uint8_t *far,
    uint64_t bloom)
{
    const uint8_t  *p;

    p = q < far ? memchr(q, quote, (size_t) (far - q)) : NULL;

    return p && xsell_again_tail(p + 1, far, bloom);
}


/* the same for the tag at byte i of a piece: most have no attributes there */

static unsigned
xsell_again_tag_at(const uint8_t *p, unsigned i, const uint8_t *far,
    const xsell_again_window_t *a, int *odd)
{
    uint64_t  end;

    end = a->ends >> i;
    end ^= end - 1;                     /* up to the first one */

    if (a->ends >> i == 0 || (a->quotes | a->equals) >> i & end) {
        return xsell_again_tag(p + i, far, odd);
    }

    return (unsigned) (p[i + 1 + (p[i + 1] == '/')] - 'a') > 25
           ? 0 : (unsigned) __builtin_ctzll(a->ends >> i) + 1;
}


/* a name of up to 7 characters, as a word; 0: another */

static uint64_t
xsell_again_name(const uint8_t *p, unsigned *n)
{
    uint64_t  w, mask;

    w = xsell_bytes(p);
    mask = xsell_bytes_below(w, '0') | xsell_bytes_equal(w, '>');
    *n = mask ? xsell_bytes_first(mask) : 0;

    return w & xsell_low[*n];
}


static int
xsell_again_raw(uint64_t name)
{
    return name && (xsell_flags(xsell_tag_kind(name)) & XSELL_TAG_RAW) != 0;
}


/* an end tag */

static int
xsell_again_end(const xsell_again_t *t, unsigned from, const uint8_t *p,
    xsell_piece_t *r)
{
    const xsell_path_t  *path;

    path = &t->path[from];

    if (((xsell_bytes(p + 1) ^ path->element.end) & path->element.mask) != 0
        || (path->element.pop == XSELL_POP_LONG && p[9] != '>')
        || (path->element.pop != XSELL_POP && path->element.pop != XSELL_POP_P
            && path->element.pop != XSELL_POP_LONG && !path->ends))
    {
        return 0;
    }

    r->goal = path->outer;
    r->goal_work = 0;

    return 1;
}


/*
 * A start tag of which the loop would look at nothing but its name, with what
 * it would do: these are most, and the loop takes longer.
 */

static int
xsell_again_start(const xsell_walk_t *w, xsell_again_t *t, unsigned from,
    const uint8_t *p, unsigned n, xsell_piece_t *r)
{
    unsigned              i, len, kind, stop;
    uint64_t              word;
    xsell_path_t         *path;
    xsell_element_t       e;
    const xsell_quick_t  *k;

    word = xsell_again_name(p + 1, &len);
    kind = word ? xsell_tag_kind(word) : 0;
    k = &xsell_quick[kind];
    path = &t->path[from];
    stop = t->among == XSELL_AMONG_NONE ? 0 : w->places->stop[kind];

    if (kind == 0 || k->needs & path->element.lacks & ~XSELL_NEEDS_MILD
        || stop & XSELL_STOP_NAME
        || (stop & XSELL_STOP_ATTRS && n != len + 2)
        || (n != len + 2 && p[len + 1] != ' ')
        || path->depth >= XSELL_AGAIN_DEPTH)
    {
        return 0;
    }

    r->goal_work = XSELL_WORK_QUICK
                   + (k->needs & XSELL_NEEDS_CARE ? XSELL_WORK_CARE : 0);

    switch (k->push) {

    case XSELL_PUSH_RAW:
        r->raw = word;
        r->raw_n = (uint8_t) len;

        /* fall through */

    case XSELL_PUSH_VOID:
        r->goal = (uint16_t) from;
        return 1;

    case XSELL_PUSH:
    case XSELL_PUSH_P:
    case XSELL_PUSH_LONG:
        break;

    default:
        return 0;
    }

    e = k->element;

    if (path->p || path->formats || k->push == XSELL_PUSH_P) {
        e.lacks |= path->element.lacks & XSELL_NEEDS_DEEP;
    }

    for (i = path->inner; i; i = t->path[i].more) {
        path = &t->path[i];

        if (path->element.name == e.name && path->element.bits == e.bits
            && path->element.pop == e.pop && path->element.lacks == e.lacks
            && path->element.formats == 0
            && (path->self | path->meets | path->all) == 0)
        {
            r->goal = (uint16_t) i;
            return 1;
        }
    }

    r->goal = (uint16_t) xsell_again_new(t, from, &e);

    return r->goal != 0;
}


/* what the tag of n bytes at p does where path `from` is open: r->goal */

static int
xsell_again_try(xsell_html_t *h, xsell_walk_t *w, xsell_again_t *t,
    unsigned from, const uint8_t *p, unsigned n, int odd, xsell_piece_t *r)
{
    int            levels, taken;
    uint8_t        tag[XSELL_AGAIN_TAG + 16 + XSELL_MARGIN];
    unsigned       i, was, formats, count, len;
    uint64_t       work, name;
    xsell_walk_t   keep;

    levels = t->among == XSELL_AMONG_ALL;
    r->raw = 0;
    r->raw_n = 0;

    if (t->path[from].depth >= XSELL_AGAIN_DEPTH) {
        return 0;
    }

    if (p[1] == '/' ? xsell_again_end(t, from, p, r)
        : !odd && xsell_again_start(w, t, from, p, n, r))
    {
        return 1;
    }

    name = xsell_again_name(p + 1, &len);
    memcpy(tag, p, n);

    if (p[1] == '!') {
        memcpy(tag + n, "-->", 3);
        n += 3;

    } else if (p[1] != '/' && xsell_again_raw(name)) {
        r->raw = name;
        r->raw_n = (uint8_t) len;

        memcpy(tag + n, "</", 2);
        memcpy(tag + n + 2, p + 1, 8);
        tag[n + 2 + len] = '>';
        n += len + 3;
    }

    memset(tag + n, 0, 96);

    xsell_again_leave(h, w, t, from, levels);

    work = h->work;
    formats = h->formats;
    count = h->count[XSELL_COUNT_P];

    keep.p = w->p;
    keep.zero = w->zero;
    keep.end = w->end;
    keep.far = w->far;
    keep.top = w->top;
    keep.level = w->level;

    w->p = tag;
    w->zero = tag;
    w->end = tag + n - 1;
    w->far = tag + n + 16;              /* nothing is there */
    w->k = NULL;

    w->walk(h, w);

    taken = w->p >= tag + n;
    w->p = keep.p;
    w->zero = keep.zero;
    w->end = keep.end;
    w->far = keep.far;

    r->goal_work = (uint32_t) (h->work - work);
    h->work = work;

    if (!taken) {
        w->top = keep.top;
        w->level = keep.level;
        h->formats = (uint16_t) formats;
        h->count[XSELL_COUNT_P] = count;
        return 0;
    }

    i = (unsigned) (w->top - h->stack);
    was = i > t->path[from].depth ? from : t->path[t->stack[i]].outer;
    r->goal = (uint16_t) xsell_again_path(h, t, was, i, levels);

    t->path[from].ends |= p[1] == '/';

    return r->goal != 0;
}


/* ---- pieces ----------------------------------------------------------- */


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

static int
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


/* ---- the page --------------------------------------------------------- */

/* the memory of what is looked for now */

static xsell_again_t *
xsell_again_of(const xsell_html_t *h, const xsell_walk_t *w, unsigned among)
{
    unsigned         i;
    xsell_again_t   *t;
    static unsigned  turn;
    static uint64_t  granted;

    t = xsell_again_memory;

    for (i = 0; i < XSELL_AGAINS; i++, t++) {

        if (t->serial == h->ps->serial && t->live == h->live
            && t->open == h->open && t->among == among
            && t->bloom == w->bloom)
        {
            break;
        }
    }

    if (i == XSELL_AGAINS) {
        t = &xsell_again_memory[turn];
        turn = (turn + 1) % XSELL_AGAINS;

        if (granted < h->ps->serial) {
            granted = h->ps->serial;
            t->credit = XSELL_AGAIN_CREDIT;
            t->not_n = 0;
        }

        xsell_again_forget(t);

        t->serial = h->ps->serial;
        t->live = h->live;
        t->open = h->open;
        t->among = among;
        t->bloom = w->bloom;

    } else if ((t->pieces_n == XSELL_PIECES || t->paths_n == XSELL_PATHS
                || t->points_n == XSELL_POINTS)
               && t->not_n >= XSELL_AGAIN_LAST / 2)
    {
        xsell_again_forget(t);
    }

    if (h->again == 0) {
        t->credit += XSELL_AGAIN_DRIP;
    }

    return t;
}


/*
 * At the end of a part of the page it is looked at what it has cost.  Far from
 * being too much it need not be known exactly; else it is left to others, who
 * do.
 */

static int
xsell_again_part(xsell_html_t *h, const xsell_again_t *t)
{
    if (h->work + t->work + XSELL_AGAIN_WORK > xsell_work_limit(h->audit)) {
        return 0;
    }

    h->audit += XSELL_WORK_PART;

    return 1;
}


/* from p on, where whole tags follow; how many bytes were known */

static size_t
xsell_again_run(xsell_html_t *h, xsell_walk_t *w, xsell_again_t *t,
    const uint8_t *p, const uint8_t *end, xsell_again_pt again)
{
    size_t          known, n;
    const uint8_t  *from, *stop;

    known = 0;
    n = 0;
    stop = end;

    for ( ;; ) {
        from = p + n;
        p = again(t, p, stop);

        if (p > from) {
            known += (size_t) (p - from);
        }

        n = 0;

        if (p > stop) {
            if (w->far - stop <= XSELL_AGAIN_ROOM
                || !xsell_again_part(h, t))
            {
                break;
            }

            stop = w->far - stop < XSELL_WORK_PART + XSELL_AGAIN_ROOM
                   ? w->far - XSELL_AGAIN_ROOM : stop + XSELL_WORK_PART;

            if (p <= stop) {
                continue;
            }

            break;
        }

        if (t->credit == 0 || !xsell_again_add(h, w, t, p)) {
            break;
        }

        n = 2 * XSELL_PIECE;
        t->credit--;
    }

    w->p = t->at->kind == XSELL_PIECE_TEXT ? p : t->from;

    return known;
}


const uint8_t *
xsell_quick_again(xsell_html_t *h, xsell_walk_t *w, const uint8_t *end,
    unsigned among, xsell_again_pt again)
{
    int             levels;
    size_t          known;
    unsigned        path;
    uint64_t        off;
    xsell_again_t  *t;

    if (end - w->p < 4 * XSELL_AGAIN_ROOM) {
        return end;
    }

    t = xsell_again_of(h, w, among);
    levels = among == XSELL_AMONG_ALL;
    known = 0;
    path = xsell_again_enter(h, t, (unsigned) (w->top - h->stack) + 1,
                             levels);

    if (path) {
        t->start.kind = XSELL_PIECE_TEXT;
        t->start.path = (uint16_t) path;
        t->start.all = &t->path[path].first;
        t->start.next = *t->start.all ? *t->start.all : &xsell_again_none;
        t->at = &t->start;
        t->work = 0;

        known = xsell_again_run(h, w, t, w->p, end - XSELL_AGAIN_ROOM, again);

        h->work += t->work;
        xsell_again_leave(h, w, t, t->at->path, levels);
    }

    t->known += (unsigned) known;
    t->credit += t->known / XSELL_AGAIN_EARN;
    t->credit = t->credit < XSELL_AGAIN_SAVE ? t->credit : XSELL_AGAIN_SAVE;
    t->known %= XSELL_AGAIN_EARN;

    t->not_n = known >= XSELL_AGAIN_WELL ? t->not_n / 4
               : known >= XSELL_AGAIN_FAIR ? t->not_n / 2
               : t->not_n >= XSELL_AGAIN_LAST ? XSELL_AGAIN_LAST
               : 2 * t->not_n + XSELL_AGAIN_FIRST;

    off = w->off + (uint64_t) (w->p - w->zero);
    h->again = off + t->not_n;

    return t->not_n < (uint64_t) (end - w->p) && w->p <= end
           ? w->p + t->not_n : end;
}

#endif


/*
 * xsell_quick_effect.c: what a tag does to the path of open elements, and its
 * price, for markup that is learned (xsell_quick_again.c).
 *
 * The plainest ones are told by their rule in xsell_quick_table.c.  Any other
 * is put before the loop over tags, alone, and the stack is looked at
 * afterwards.
 */

#include "xsell_quick_piece.h"

#ifdef __SSE2__

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

int
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

#endif


/*
 * xsell_quick_path.c: paths of open elements, for markup that is known
 * (xsell_quick_again.c).
 *
 * A path is all that the loop over tags may ask of the stack, the formats and
 * the levels, kept once for each that there was.  It is found from the stack
 * when a walk begins, and put back there when it ends; in between the stack is
 * as it was, so that most tags cost nothing there.
 */

#include "xsell_quick_piece.h"

#ifdef __SSE2__

void
xsell_again_forget(xsell_again_t *t)
{
    t->pieces_n = 0;
    t->points_n = 1;
    t->paths_n = 1;
    t->path[0].inner = 0;
}


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

unsigned
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

unsigned
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

unsigned
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

void
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

#endif

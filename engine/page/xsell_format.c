
/*
 * xsell_format.c: active formatting elements: <b>, <a> and the like, which
 * browsers open again where a block has ended them, and whose end tags may
 * come in any order.
 *
 * The list is kept as the specification has it, with markers, and at most
 * three of a kind ("Noah's Ark"); an entry knows its element's place on the
 * stack.  What is opened again are elements without a tag.
 *
 * Bounded: XSELL_FORMATS entries, more give the page up; eight rounds of the
 * adoption agency, each bounded by the depth.
 */

#include "xsell_html.h"

#include <string.h>


int
xsell_pending(const xsell_html_t *h)
{
    const xsell_format_t  *f;

    if (h->formats == 0) {
        return 0;
    }

    f = &h->format[h->formats - 1];

    return f->name && f->idx == XSELL_NOT_OPEN;
}


/* elements no longer know the place of their entry */

static void
xsell_format_stir(xsell_html_t *h)
{
    unsigned  i;

    for (i = 0; i < h->depth; i++) {
        h->stack[i].formats = XSELL_NOT_OPEN;
    }

}


void
xsell_format_remove(xsell_html_t *h, unsigned i)
{
    h->formats--;

    if (i < h->formats) {
        xsell_format_stir(h);
    }

    memmove(&h->format[i], &h->format[i + 1],
            (h->formats - i) * sizeof(xsell_format_t));
}


static int
xsell_format_room(xsell_html_t *h)
{
    if (h->formats == XSELL_FORMATS) {
        xsell_lost(h, XSELL_PLACE_DEEP);
        return 0;
    }

    return 1;
}


/* the element that has just been pushed */

void
xsell_format_push(xsell_html_t *h)
{
    unsigned         i, same, first;
    xsell_format_t  *f;

    same = 0;
    first = 0;

    if (h->kind != XSELL_KIND_A) {
        for (i = h->formats; i-- && h->format[i].name; ) {
            if (h->format[i].name == h->name
                && h->format[i].attrs == h->hash)
            {
                same++;
                first = i;
            }
        }
    }

    if (same >= 3) {
        xsell_format_remove(h, first);
    }

    if (!xsell_format_room(h)) {
        return;
    }

    f = &h->format[h->formats++];
    f->name = h->name;
    f->attrs = h->hash;
    f->own = h->own;
    f->kind = h->kind;
    f->idx = h->depth - 1;

    h->stack[f->idx].formats = h->formats;
}


/* idx: of the cell that begins there, if it is one */

void
xsell_format_mark(xsell_html_t *h, unsigned idx)
{
    if (xsell_format_room(h)) {
        memset(&h->format[h->formats], 0, sizeof(xsell_format_t));
        h->format[h->formats++].idx = (uint16_t) idx;

        if (idx != XSELL_NOT_OPEN) {
            h->stack[idx].formats = h->formats;
        }
    }
}


/* up to the last marker */

void
xsell_format_clear(xsell_html_t *h)
{
    while (h->formats) {
        if (h->format[--h->formats].name == 0) {
            return;
        }
    }
}


static int
xsell_format_of(const xsell_html_t *h, unsigned idx)
{
    unsigned  i;

    for (i = h->formats; i--; ) {
        if (h->format[i].name && h->format[i].idx == idx) {
            return (int) i;
        }
    }

    return -1;
}


void
xsell_format_closed(xsell_html_t *h, unsigned idx)
{
    int  i;

    i = xsell_format_of(h, idx);

    if (i >= 0) {
        h->format[i].idx = XSELL_NOT_OPEN;
    }
}


void
xsell_format_drop(xsell_html_t *h, unsigned idx)
{
    int  i;

    i = xsell_format_of(h, idx);

    if (i >= 0) {
        xsell_format_remove(h, (unsigned) i);
    }
}


void
xsell_format_moved(xsell_html_t *h, unsigned from, int by)
{
    unsigned         i;
    xsell_format_t  *f;

    for (i = 0; i < h->formats; i++) {
        f = &h->format[i];

        if (f->idx != XSELL_NOT_OPEN && f->idx > from) {
            f->idx = (uint16_t) (f->idx + by);
        }
    }
}


/* after the last marker, -1 if there is none */

int
xsell_format_find(const xsell_html_t *h, uint64_t name)
{
    unsigned  i;

    for (i = h->formats; i-- && h->format[i].name; ) {
        if (h->format[i].name == name) {
            return (int) i;
        }
    }

    return -1;
}


void
xsell_reconstruct(xsell_html_t *h)
{
    unsigned         i, k;
    xsell_format_t  *f;

    if (!xsell_pending(h)) {
        return;
    }

    for (i = h->formats - 1;
         i && h->format[i - 1].name
         && h->format[i - 1].idx == XSELL_NOT_OPEN;
         i--)
    {
        /* void */
    }

    /* what is put before this tag would be wrapped */

    h->close_bad = XSELL_PLACE_FORMAT;

    for (k = i; k < h->formats; k++) {
        f = &h->format[k];
        xsell_work(h, 2 * XSELL_WORK_STEP);
        xsell_imply_format(h, f);
        f->idx = h->depth - 1;
        h->stack[f->idx].formats = (uint16_t) (k + 1);
    }
}


/* ---- the adoption agency ---------------------------------------------- */

static int
xsell_special(uint32_t bits)
{
    unsigned  flags;

    flags = xsell_flags(xsell_e_kind(bits));

    return (flags & (bits & XSELL_E_SVG ? XSELL_TAG_SPOINT
                     : bits & XSELL_E_MATH ? XSELL_TAG_MPOINT
                     : XSELL_TAG_SPECIAL)) != 0;
}


static int
xsell_in_scope(xsell_html_t *h, unsigned idx)
{
    unsigned  i;
    uint32_t  bits;

    for (i = h->depth; --i > idx; ) {
        bits = h->stack[i].bits;

        if (bits & XSELL_E_FOREIGN
            ? xsell_special(bits)
            : xsell_flags(xsell_e_kind(bits)) & XSELL_TAG_SCOPE)
        {
            return 0;
        }
    }

    return 1;
}


/* of what is between the two only formatting elements stay open; returns
   where the block is then, and in *mark where its formatting goes in the
   list */

static unsigned
xsell_adopt_inner(xsell_html_t *h, unsigned idx, unsigned block,
    unsigned *entry, unsigned *mark)
{
    int       k;
    unsigned  i, n;

    *mark = *entry;

    for (i = block - 1, n = 1; i > idx; i--, n++) {
        k = xsell_format_of(h, i);

        if (k >= 0 && n > 3) {
            xsell_format_remove(h, (unsigned) k);
            *mark -= (unsigned) k < *mark;
            *entry -= (unsigned) k < *entry;
            k = -1;
        }

        if (k < 0) {
            xsell_take_out(h, i);
            block--;
            continue;
        }

        /* another one takes its place, with nothing in it */

        xsell_place_torn(h, i);
        xsell_match_children(h, i, 0);

        if (i + 1 == block) {
            *mark = (unsigned) k + 1;
        }
    }

    return block;
}


/* the block leaves the formatting element, and gets one of its own inside */

static void
xsell_adopt_block(xsell_html_t *h, unsigned entry, unsigned idx,
    unsigned block)
{
    unsigned         i, mark;
    xsell_format_t   f;
    xsell_element_t  e;

    xsell_place_torn(h, idx);

    block = xsell_adopt_inner(h, idx, block, &entry, &mark);

    f = h->format[entry];
    e = h->stack[idx];
    e.bits &= ~XSELL_E_MOVED;

    xsell_format_remove(h, entry);
    mark -= entry < mark;

    xsell_take_out(h, idx);
    xsell_put_in(h, block, &e);

    h->level[block + 1].own = f.own;

    memmove(&h->format[mark + 1], &h->format[mark],
            (h->formats - mark) * sizeof(xsell_format_t));
    h->formats++;
    f.idx = (uint16_t) block;
    h->format[mark] = f;
    xsell_format_stir(h);

    if (idx && xsell_flags(xsell_html_kind(h->stack[idx - 1].bits))
               & XSELL_TAG_TABLISH)
    {
        h->stack[idx].bits |= XSELL_E_MOVED;
        h->strayed = 1;
        xsell_unlike(h, idx);
    }

    /* what was in the block is in the formatting element now */

    xsell_match_children(h, block, block - 1);
    xsell_match_moved(h, idx);

    for (i = idx; i <= block; i++) {
        xsell_match_child(h, i);
    }
}


void
xsell_adopt(xsell_html_t *h, uint64_t name, int own)
{
    int       entry;
    unsigned  i, block, idx, round;

    for (round = 0; round < 8; round++) {
        entry = xsell_format_find(h, name);

        if (entry < 0) {
            xsell_end_other(h, name, own && round == 0);
            return;
        }

        idx = h->format[entry].idx;

        if (idx == XSELL_NOT_OPEN) {
            xsell_format_remove(h, (unsigned) entry);
            return;
        }

        if (!xsell_in_scope(h, idx)) {
            return;
        }

        for (i = idx + 1, block = 0; i < h->depth && block == 0; i++) {
            block = xsell_special(h->stack[i].bits) ? i : 0;
        }

        if (block == 0) {
            xsell_close(h, idx + 1, 0);
            h->adopting = 1;
            xsell_pop(h, own && round == 0);
            h->adopting = 0;
            return;
        }

        xsell_adopt_block(h, (unsigned) entry, idx, block);
    }
}


/*
 * xsell_root.c: elements that a framework hydrates, and what it means for the
 * places of a page.
 *
 * A page that React, Vue and their like made on the server is taken over in
 * the browser: the script walks the elements below its root, side by side
 * with what it would have made itself, and what it does not know there is
 * deleted, or ends in an error and a page built anew.  So a fragment whose
 * place is in such a root goes behind the root's end, where nobody looks.
 *
 * Roots are told by marks in the HTML that these frameworks need themselves
 * (xsell_root_marks.c): ids, attributes, names of elements.  Marks are
 * compounds of the places, so that the matching of selectors, with its quick
 * path, does the watching; but they are only live while a place that could be
 * in a root is open.  An element of the path that is a root has a bit; whether
 * a place is in one is asked when it is found.
 *
 * Some frameworks hydrate the whole document (a note in <head> tells, or the
 * mark is on <html> or <body>): then the end of the body is the place.  React
 * has left strangers there alone since 2017.
 *
 * Sections that a page has already are told in the same way, and so is what
 * hides them: a drawer with the cart is often the first thing in a page, has
 * its own "you may also like", and nobody sees it.
 *
 * Invariants: bytes of a root are never dropped nor added to; the outermost
 * root counts; marks ask for no relations between elements, which would make
 * each tag dearer.
 *
 * Not taken: marks that come after what they speak of (the scripts at the end
 * of a Remix page): the fragment has left by then.  xsell_slot root=SELECTOR
 * is for these.
 */

#include "xsell_html.h"


/* what is watched while these places are open, or wait for an end */

void
xsell_root_open(xsell_html_t *h)
{
    unsigned              i, bits;
    const xsell_place_t  *place;

    bits = h->open | h->hit | h->captured;

    for (i = 0; bits >> i; i++) {

        if (!(bits >> i & 1)) {
            continue;
        }

        place = &h->ps->place[i];

        h->live |= place->section_bits;
        h->subjects |= place->section;

        if (place->section && place->section == h->ps->sections) {
            h->live |= h->ps->closed;
            h->subjects |= h->ps->closed;
        }

        if (place->existing == XSELL_EXISTING_REPLACE) {
            h->early |= place->section;
        }

        if (place->roots & (h->open >> i & 1 ? 3 : 2)) {
            h->live |= h->ps->root_bits;
            h->subjects |= h->ps->roots;
        }
    }
}


void
xsell_root_seen(xsell_html_t *h, uint64_t self)
{
    unsigned  root, what;

    what = h->kind == XSELL_KIND_HTML || h->kind == XSELL_KIND_BODY
           ? XSELL_SAW_DOCUMENT : XSELL_SAW_ROOT;
    root = h->bits & XSELL_E_ROOT ? xsell_e_root(h->bits) : XSELL_ROOT_NONE;

    if (root > XSELL_ROOT_APP) {
        return;                         /* a second mark of the same */
    }

    root = xsell_root_whose(h, self);

    if (root == XSELL_ROOT_APP && h->kind == XSELL_KIND_HTML) {
        return;                         /* an id for styles: nobody takes over
                                           a document by it */
    }

    if (h->kind == XSELL_KIND_LINK || h->kind == XSELL_KIND_STYLE) {
        h->document = (uint8_t) root;
        what = XSELL_SAW_DOCUMENT;

    } else {
        h->bits = (h->bits & 0xffffffu) | XSELL_E_ROOT | root << 24;

        /* Next's older router has a root of its own */

        if (root == XSELL_ROOT_NEXT && h->document == root) {
            h->document = XSELL_ROOT_NONE;
        }
    }

    xsell_place_saw(h, what, root);
}


/*
 * The place to go to from a point that has the first n elements of the path
 * around it: *idx is the element, *append whether before its end or after it.
 * The framework, or XSELL_ROOT_NONE: stay.
 */

unsigned
xsell_root_around(const xsell_html_t *h, unsigned n, unsigned *idx,
    int *append)
{
    unsigned  i, root;

    if (h->mode <= XSELL_M_AFTER_HEAD || h->depth < 2
        || xsell_html_kind(h->stack[1].bits) != XSELL_KIND_BODY)
    {
        return XSELL_ROOT_NONE;
    }

    root = h->document;
    *idx = 1;
    *append = 1;

    for (i = 0; root == XSELL_ROOT_NONE && i < n; i++) {
        if (h->stack[i].bits & XSELL_E_ROOT) {
            root = xsell_e_root(h->stack[i].bits);
            *append = i < 2;
            *idx = i < 2 ? 1 : i;
        }
    }

    return n > 1 ? root : XSELL_ROOT_NONE;
}


/* the element that begins now is in something that nobody sees before they
   open it */

int
xsell_root_closed(const xsell_html_t *h)
{
    unsigned  i;

    for (i = 0; i < h->depth; i++) {
        if (h->stack[i].bits & XSELL_E_CLOSED) {
            return 1;
        }
    }

    return 0;
}


/*
 * xsell_foreign.c: tags in <svg> and <math>, where all names are theirs, but
 * for those that can't be there and end them.
 */

#include "xsell_html.h"


static void
xsell_leave_foreign(xsell_html_t *h)
{
    while (xsell_tree_foreign(h) && !(xsell_top(h)->bits & XSELL_E_POINT)) {
        xsell_pop(h, 0);
    }
}


/* leaves h->verdict XSELL_TAG_IGNORED if the tag is HTML after all */

void
xsell_start_foreign(xsell_html_t *h)
{
    if (xsell_flags(h->kind) & XSELL_TAG_BREAK
        || (h->kind == XSELL_KIND_FONT && h->watch))
    {
        xsell_leave_foreign(h);
        return;
    }

    xsell_insert_foreign(h, xsell_top(h)->bits & XSELL_E_FOREIGN);
}


/* XSELL_AGAIN: it ends nothing foreign */

int
xsell_end_foreign(xsell_html_t *h)
{
    unsigned  i;

    if (h->kind == XSELL_KIND_P || h->kind == XSELL_KIND_BR) {
        xsell_leave_foreign(h);
        return XSELL_AGAIN;
    }

    for (i = h->depth; i-- && h->stack[i].bits & XSELL_E_FOREIGN; ) {
        if (h->stack[i].name == h->name) {
            xsell_close(h, i, 1);
            return XSELL_OK;
        }
    }

    return XSELL_AGAIN;
}

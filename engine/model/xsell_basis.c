
/*
 * xsell_basis.c: which items a decision starts from: the page's own, the
 * visit's newest but for what was dismissed, what is in the cart; and of them
 * the one that leads.
 */

#include "xsell_catalog.h"
#include "xsell_model.h"


xsell_ref_t
xsell_basis_entry(const xsell_arena_t *a, const xsell_session_record_t *s,
    uint32_t i)
{
    uint32_t  slot;

    slot = xsell_ref_slot(s->entry[i]);

    if (slot >= a->items_n || xsell_slot_tag(a, slot) != s->tag[i]) {
        return XSELL_NO_REF;
    }

    return xsell_ref(slot, s->tag[i]);
}


static uint32_t
xsell_basis_put(xsell_ref_t *refs, uint32_t n, uint32_t max, xsell_ref_t ref)
{
    uint32_t  i;

    for (i = 0; i < n; i++) {
        if (refs[i] == ref) {
            return n;
        }
    }

    if (n < max && ref != XSELL_NO_REF) {
        refs[n++] = ref;
    }

    return n;
}


/* on pages without an item: newest in the cart, else newest viewed */

static uint32_t
xsell_basis_lead(const xsell_basis_t *b, const xsell_query_t *q)
{
    if (xsell_catalog_item(q->catalog, q->anchor)) {
        return q->anchor;
    }

    if (b->cart_n) {
        return xsell_catalog_of(q->catalog, b->cart[0]);
    }

    if (b->visit_n) {
        return xsell_catalog_of(q->catalog, b->visit[0]);
    }

    return XSELL_NO_ITEM;
}


void
xsell_basis_build(xsell_basis_t *b, const xsell_arena_t *a,
    const xsell_query_t *q)
{
    uint32_t                       i, n, visit_n, max, cart;
    xsell_ref_t                    ref;
    const xsell_item_t            *anchor;
    const xsell_session_record_t  *s;

    b->visit_n = 0;
    b->cart_n = 0;

    anchor = xsell_catalog_item(q->catalog, q->anchor);
    ref = xsell_catalog_ref(q->catalog, anchor);

    if (xsell_ref_slot(ref) < a->items_n) {
        b->visit[b->visit_n++] = ref;
        b->cart[b->cart_n++] = ref;
    }

    if (q->session) {
        s = &q->session->r;
        n = s->n < XSELL_HISTORY ? s->n : XSELL_HISTORY;
        visit_n = s->visit_n < n ? s->visit_n : n;

        /* who comes back to a page without an item is met where he left */

        if (visit_n == 0 && anchor == NULL) {
            visit_n = n;
        }

        max = q->settings->anchors < XSELL_ANCHORS_MAX
              ? q->settings->anchors : XSELL_ANCHORS_MAX;

        for (i = 0; i < n; i++) {
            cart = s->entry[i] & XSELL_ENTRY_CART;

            if (!cart && (i >= visit_n || b->visit_n >= max
                          || s->entry[i] & XSELL_ENTRY_DISMISSED))
            {
                continue;
            }

            ref = xsell_basis_entry(a, s, i);

            if (i < visit_n) {
                b->visit_n = xsell_basis_put(b->visit, b->visit_n, max, ref);
            }

            if (cart) {
                b->cart_n = xsell_basis_put(b->cart, b->cart_n,
                                            XSELL_HISTORY + 1, ref);
            }
        }
    }

    b->lead = xsell_basis_lead(b, q);
}

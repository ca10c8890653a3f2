
/*
 * xsell_recall.c: what the visitor viewed last, as it is: a slate that is no
 * decision.
 *
 * The session's items, newest first, but for those that hard rules and the
 * shop's own take out: the page's item and its variants, what is sold out, in
 * the cart, bought or dismissed, what stands on the page.  Nothing is scored,
 * drawn, spread or tossed for, and nothing is learned from it (RECALLED):
 * whoever goes back to what he knows says nothing of what goes with what.
 *
 * Without a session (no consent) there is nothing to recall.
 */

#include "xsell_model.h"


static void
xsell_recall_pick(const xsell_candidate_t *c, xsell_pick_t *pick)
{
    memset(pick, 0, sizeof(*pick));

    pick->item = c->item;
    pick->ref = c->ref;
    pick->propensity = 0xffff;
    pick->reason = XSELL_REASON_NONE;
}


int
xsell_recall(const xsell_arena_t *a, const xsell_query_t *q,
    xsell_slate_t *slate)
{
    float                          offset;
    uint32_t                       i, n, max;
    xsell_rules_t                  rules;
    xsell_candidate_t              c;
    const xsell_session_record_t  *s;

    memset(slate, 0, sizeof(*slate));
    slate->arm_propensity = 0xffff;
    slate->flags = XSELL_IMP_RECALLED;
    slate->look = q->arms_n ? q->arms[0] : 0;

    if (q->session == NULL) {
        return XSELL_NONE;
    }

    s = &q->session->r;
    n = s->n < XSELL_HISTORY ? s->n : XSELL_HISTORY;
    max = q->want < XSELL_SLATE_MAX ? q->want : XSELL_SLATE_MAX;

    xsell_rules_init(&rules, q, q->anchor);
    memset(&c, 0, sizeof(c));

    for (i = 0; i < n && slate->n < max; i++) {
        c.ref = xsell_basis_entry(a, s, i);
        c.item = xsell_catalog_of(q->catalog, c.ref);
        c.info = xsell_catalog_item(q->catalog, c.item);

        if (c.info == NULL) {
            continue;
        }

        slate->candidates++;

        if (xsell_rules_allow(&rules, &c, &offset)
            && xsell_rules_take(&rules, &c))
        {
            xsell_recall_pick(&c, &slate->pick[slate->n++]);
        }
    }

    return slate->n ? XSELL_OK : XSELL_NONE;
}

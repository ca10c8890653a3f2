
/*
 * xsell_rules.c: what is not offered, whatever its score.
 *
 *   - the anchor and other variants of it (same group), unless the query says
 *     that repeats are wanted
 *   - what stands on this page already, and variants of it
 *   - two variants of one product in one slate
 *   - what can't be had: out of stock, discontinued
 *   - what lies in the visitor's cart, was bought or was dismissed, as far as
 *     the session remembers
 *
 * An item that the catalogue of this worker doesn't have, or that has no slot,
 * never becomes a candidate (xsell_candidates.c).
 *
 * The lists are short (16 entries, some groups), so they are searched in
 * order: that is faster here than any table.
 */

#include "xsell_model.h"


static int
xsell_rules_available(const xsell_item_t *it)
{
    switch (it->availability) {

    case XSELL_IN_STOCK:
    case XSELL_PREORDER:
    case XSELL_BACKORDER:
    case XSELL_LIMITED:
        return 1;

    default:
        return 0;
    }
}


static void
xsell_rules_group(xsell_rules_t *rules, uint32_t item)
{
    const xsell_item_t  *it;

    it = xsell_catalog_item(rules->query->catalog, item);

    if (it && it->group_idx
        && rules->group_n < sizeof(rules->group) / sizeof(rules->group[0]))
    {
        rules->group[rules->group_n++] = it->group_idx;
    }
}


void
xsell_rules_init(xsell_rules_t *rules, const xsell_query_t *q)
{
    uint32_t                       i, n;
    const xsell_session_record_t  *s;

    rules->query = q;
    rules->ref_n = 0;
    rules->group_n = 0;

    if (!q->repeats) {
        xsell_rules_group(rules, q->anchor);
    }

    /* places for the slate's own groups are left */

    for (i = 0; i < q->shown_n && i < XSELL_SHOWN_GROUPS; i++) {
        xsell_rules_group(rules, q->shown[i]);
    }

    if (q->session == NULL) {
        return;
    }

    s = &q->session->r;
    n = s->n < XSELL_HISTORY ? s->n : XSELL_HISTORY;

    for (i = 0; i < n; i++) {
        if (s->entry[i] & (XSELL_ENTRY_CART|XSELL_ENTRY_BOUGHT
                           |XSELL_ENTRY_DISMISSED))
        {
            rules->ref[rules->ref_n++] =
                xsell_ref(xsell_ref_slot(s->entry[i]), s->tag[i]);
        }
    }
}


int
xsell_rules_allow(const xsell_rules_t *rules, const xsell_candidate_t *c)
{
    uint32_t              i;
    const xsell_query_t  *q;

    q = rules->query;

    if ((c->item == q->anchor && !q->repeats)
        || !xsell_rules_available(c->info))
    {
        return 0;
    }

    for (i = 0; i < rules->ref_n; i++) {
        if (rules->ref[i] == c->ref) {
            return 0;
        }
    }

    for (i = 0; i < q->shown_n; i++) {
        if (q->shown[i] == c->item) {
            return 0;
        }
    }

    if (c->info->group_idx == 0) {
        return 1;
    }

    for (i = 0; i < rules->group_n; i++) {
        if (rules->group[i] == c->info->group_idx) {
            return 0;
        }
    }

    return 1;
}


int
xsell_rules_take(xsell_rules_t *rules, const xsell_candidate_t *c)
{
    uint32_t  i;

    if (c->info->group_idx == 0) {
        return 1;
    }

    for (i = 0; i < rules->group_n; i++) {
        if (rules->group[i] == c->info->group_idx) {
            return 0;
        }
    }

    xsell_rules_group(rules, c->item);

    return 1;
}


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
 *   - what the shop's own rules say (xsell_business.c)
 *
 * An item that the catalogue of this worker doesn't have, or that has no slot,
 * never becomes a candidate (xsell_candidates.c).
 *
 * The lists are short (16 entries, some groups), so they are searched in
 * order: that is faster here than any table.
 */

#include "xsell_model.h"


int
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


/* of the visitor: what the session remembers */

static void
xsell_rules_visitor(xsell_rules_t *rules, const xsell_session_record_t *s)
{
    uint32_t  i, n;

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


/* the rules that bind a pinned item too; one of the callers asks them of every
   row, and a call more is what it would cost */

static inline __attribute__((always_inline)) int
xsell_rules_hard(const xsell_rules_t *rules, const xsell_candidate_t *c)
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
xsell_rules_allow(const xsell_rules_t *rules, const xsell_candidate_t *c,
    float *offset)
{
    if (!xsell_rules_hard(rules, c)) {
        return 0;
    }

    if (rules->ruling.business) {
        return xsell_ruling_allow(&rules->ruling, c->item, c->info, offset);
    }

    *offset = 0;

    return 1;
}


uint32_t
xsell_rules_leave(const xsell_rules_t *rules, const xsell_candidates_t *c,
    uint16_t *row, float *offset)
{
    uint32_t                  i, n;
    const xsell_candidate_t  *it;

    for (n = 0, i = 0; i < c->n; i++) {
        it = &c->row[i];
        offset[n] = 0;

        if (!xsell_rules_hard(rules, it)
            || (rules->ruling.business
                && !xsell_ruling_allow(&rules->ruling, it->item, it->info,
                                       &offset[n])))
        {
            continue;
        }

        row[n++] = (uint16_t) i;
    }

    return n;
}


int
xsell_rules_fits(const xsell_rules_t *rules, const xsell_candidate_t *c)
{
    float  offset;

    return xsell_rules_allow(rules, c, &offset)
           && (rules->ruling.business == NULL
               || xsell_ruling_fits(&rules->ruling, c->item, c->info));
}


int
xsell_rules_take(xsell_rules_t *rules, const xsell_candidate_t *c)
{
    uint32_t  i;

    if (rules->ruling.business && rules->ruling.most
        && !xsell_ruling_take(&rules->ruling, c->item, c->info))
    {
        return 0;
    }

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


/* ---- pins ------------------------------------------------------------- */

/* a pinned item as a row: as the sources found it, if they did */

static int
xsell_rules_row(const xsell_rules_t *rules, const xsell_ranker_t *r,
    uint32_t item, xsell_candidate_t *c)
{
    uint32_t             i;
    const xsell_item_t  *it;

    for (i = 0; r && i < r->candidates.n; i++) {
        if (r->candidates.row[i].item == item) {
            *c = r->candidates.row[i];
            return 1;
        }
    }

    it = xsell_catalog_item(rules->query->catalog, item);

    if (it == NULL) {
        return 0;
    }

    memset(c, 0, sizeof(*c));
    c->item = item;
    c->ref = xsell_catalog_ref(rules->query->catalog, it);
    c->info = it;

    return 1;
}


/* pins behind the end, in the order in which they were written, get the last
   places that are free; then all stand in the order of their places */

static void
xsell_rules_ends(xsell_rules_t *rules, uint32_t want, uint32_t taken)
{
    uint32_t        i, k, at;
    xsell_pinned_t  pin;

    at = want;

    for (i = rules->pins; i-- > 0; /* void */ ) {

        if (rules->pin[i].at < want) {
            continue;
        }

        /* ends: there are no more pins than places */

        do {
            at--;
        } while (taken & 1u << at);

        rules->pin[i].at = (uint8_t) at;
    }

    for (i = 1; i < rules->pins; i++) {
        pin = rules->pin[i];

        for (k = i; k > 0 && rules->pin[k - 1].at > pin.at; k--) {
            rules->pin[k] = rules->pin[k - 1];
        }

        rules->pin[k] = pin;
    }
}


/* those that can be offered, each at a place of its own: the one that it was
   given, else the next free one, else the last free one: a slot has fewer
   places than a rule may name, and what is pinned is no ordinary candidate */

static void
xsell_rules_pins(xsell_rules_t *rules)
{
    uint32_t            i, k, n, want, taken;
    xsell_pinned_t      pin[XSELL_SLATE_MAX];
    xsell_candidate_t   c;

    n = xsell_ruling_pins(&rules->ruling, pin);
    want = rules->query->want < XSELL_SLATE_MAX ? rules->query->want
                                                : XSELL_SLATE_MAX;
    taken = 0;

    for (i = 0; i < n && rules->pins < want; i++) {

        while (pin[i].at < want && (taken & 1u << pin[i].at)) {
            pin[i].at++;
        }

        if (!xsell_rules_row(rules, NULL, pin[i].item, &c)
            || c.ref == XSELL_NO_REF || !xsell_rules_hard(rules, &c)
            || xsell_ruling_refuse(&rules->ruling, c.item, c.info))
        {
            continue;
        }

        for (k = 0;
             k < rules->pins && rules->pin[k].item != pin[i].item;
             k++)
        {
            /* void */
        }

        if (k < rules->pins || !xsell_rules_take(rules, &c)) {
            continue;
        }

        taken |= pin[i].at < want ? 1u << pin[i].at : 0;
        rules->pin[rules->pins++] = pin[i];
    }

    xsell_rules_ends(rules, want, taken);
}


void
xsell_rules_init(xsell_rules_t *rules, const xsell_query_t *q, uint32_t lead)
{
    uint32_t  i;

    rules->query = q;
    rules->ref_n = 0;
    rules->group_n = 0;
    rules->pins = 0;
    rules->ruling.business = NULL;

    if (!q->repeats) {
        xsell_rules_group(rules, q->anchor);
    }

    /* places for the slate's own groups are left */

    for (i = 0; i < q->shown_n && i < XSELL_SHOWN_GROUPS; i++) {
        xsell_rules_group(rules, q->shown[i]);
    }

    if (q->session) {
        xsell_rules_visitor(rules, &q->session->r);
    }

    if (q->business) {
        xsell_ruling_begin(&rules->ruling, q, lead);

        if (rules->ruling.business) {
            xsell_rules_pins(rules);
        }
    }
}


uint32_t
xsell_rules_want(const xsell_rules_t *rules, uint32_t want)
{
    return want > rules->pins ? want - rules->pins : 0;
}


/* its features, so that a click on it says as much about visitors as any
   other; its score is what the model expects of it */

static void
xsell_rules_pin(xsell_ranker_t *r, const xsell_arena_t *a,
    const xsell_catalog_t *cat, xsell_candidate_t *c, xsell_pick_t *pick)
{
    float  variance, fold[XSELL_ROW_FEATURES];

    xsell_features_fill(&r->scale, a, c);
    xsell_features_fold(&r->scale, r->weight, fold);

    c->pair = xsell_kind_pair(r->scale.kind,
                              xsell_kind(r, cat, c->info)->path);
    c->score = xsell_dot(fold, c->feature, XSELL_ROW_FEATURES)
               + xsell_rank_residual(a, c, &variance);

    memset(pick, 0, sizeof(*pick));
    xsell_choice_pick(r, c, pick);
    pick->propensity = 0xffff;
}


uint32_t
xsell_rules_finish(const xsell_rules_t *rules, xsell_ranker_t *r,
    const xsell_arena_t *a, xsell_pick_t *pick, uint32_t n,
    uint8_t *explored)
{
    uint32_t                i, at;
    xsell_candidate_t       c;
    const xsell_item_t     *it;
    const xsell_ruling_t   *ruling;
    const xsell_catalog_t  *cat;

    ruling = &rules->ruling;
    cat = rules->query->catalog;

    if (ruling->business == NULL) {
        return n;
    }

    for (i = 0; i < rules->pins; i++) {

        if (!xsell_rules_row(rules, r, rules->pin[i].item, &c)
            || xsell_ref_slot(c.ref) >= a->items_n)
        {
            continue;
        }

        at = rules->pin[i].at < n ? rules->pin[i].at : n;
        memmove(&pick[at + 1], &pick[at], (n - at) * sizeof(*pick));
        xsell_rules_pin(r, a, cat, &c, &pick[at]);
        pick[at].rule = rules->pin[i].rule;
        n++;

        *explored = (uint8_t) (*explored + (*explored > at));
    }

    for (i = 0; i < n; i++) {
        it = xsell_catalog_item(cat, pick[i].item);

        if (it == NULL) {
            continue;
        }

        if (pick[i].rule == 0) {
            pick[i].rule = (uint8_t) xsell_ruling_name(ruling, pick[i].item,
                                                       it);
        }

        pick[i].caps = (uint8_t) xsell_ruling_counters(ruling, pick[i].item,
                                                       it);
    }

    return n;
}


/*
 * xsell_base.c: the part of a decision that visitors share.
 *
 * Next to one item the sources find the same candidates for everybody; what
 * is a visitor's own is which items come together (this page's, those of the
 * visit, those in the cart), what was seen, and what may not be offered.  So
 * the best rows next to an item, with their features, are kept for a second
 * as its base, and a decision puts bases together:
 *
 *   rows         of the page's item, as they are; of the others of the visit
 *                those that behaviour names
 *   neighbours   shares of the bases, weighed as xsell_knn weighs the items
 *                that visits share: a visit that shares two counts in both
 *   pairs        put together as xsell_pairs_ask does
 *   score        the part of it that no visit moves, which the base knows,
 *                and what these say
 *
 * Rows lie in columns, so that four at a time are summed; they become
 * candidates when rules ask for more than an item, and get features when they
 * are picked (xsell_bases_pick).
 *
 * Where a part is missing (an item that nobody asked for in the last minute,
 * a page without one) the decision is made the long way, as if this file were
 * not there; so it never costs more than one base on top.  A base is made
 * when it was wanted before: on a shop that is looked at now and then none
 * is, where it pays all that are.
 *
 * Only if settings.memory_ms says how old a base may be: whoever measures or
 * replays wants each decision to follow from the arena alone.
 *
 * Not taken: whole slates per visitor.  They would be right until his next
 * page, which is when they are asked for.
 */

#include "xsell_base.h"

#include <stdlib.h>


#define XSELL_BASE_WANTED_MS   60000    /* asked for again within this: made;
                                           good for the rest of a visit */
#define XSELL_BASE_BUSY_MS     10       /* asked for this often, it may be */
#define XSELL_BASE_SETTLE_MS   50       /* as old although it has changed */
#define XSELL_BASE_NEWS        16       /* more than one change in so many
                                           visits is news; half as many of
                                           an item before it */


xsell_bases_t *
xsell_bases_create(void)
{
    uint64_t        random;
    xsell_bases_t  *b;

    b = calloc(1, sizeof(xsell_bases_t));

    if (b) {
        random = XSELL_BASE_NOISE;
        xsell_normals(&random, b->noise, sizeof(b->noise) / sizeof(float));
    }

    return b;
}


void
xsell_bases_destroy(xsell_bases_t *b)
{
    free(b);
}


/* what moves when a visit comes to the item, and when one that has been there
   goes on to another */

static int
xsell_base_signs(const xsell_arena_t *a, const xsell_query_t *q,
    uint32_t item, uint32_t *viewed, uint32_t *paired)
{
    uint32_t  slot;

    slot = xsell_ref_slot(xsell_catalog_ref(q->catalog,
                                     xsell_catalog_item(q->catalog, item)));

    if (slot >= a->items_n) {
        return 0;
    }

    *viewed = xsell_load(&a->postings[slot].count);
    *paired = xsell_load(&a->pairs[slot].seq);

    return 1;
}


/* a candidate with its features as row i */

static void
xsell_base_row(xsell_base_t *b, uint32_t i, const xsell_candidate_t *c)
{
    uint32_t  k;

    *xsell_base_cell(b->cell, b->items, c->item) = (uint8_t) i;

    b->items[i] = c->item;
    b->ref[i] = c->ref;
    b->info[i] = c->info;
    b->pair[i] = c->pair;
    b->category[i] = c->info->category_idx;
    b->brand[i] = c->info->brand_idx;
    b->octave[i] = xsell_octave(c->info->price);
    b->residual[i] = c->residual;
    b->doubt[i] = c->doubt;

    for (k = 0; k < XSELL_BASE_OWN; k++) {
        b->own[k][i] = c->feature[xsell_base_own[k]];
    }

    for (k = 0; k < XSELL_BASE_KIN; k++) {
        b->kin[k][i] = c->feature[xsell_base_kin[k]];
    }

    xsell_features_pack(c->feature, b->packed[i]);

    b->says.knn[i] = c->knn;
    b->says.bought[i] = c->bought;
    b->says.viewed[i] = c->viewed;
    b->says.lift[i] = c->lift;
    b->says.similar[i] = c->similar;
    b->says.sources[i] = c->sources;
}


/* which of the rows that are looked at say something */

static void
xsell_base_speak(xsell_base_t *b)
{
    int       knn, viewed, bought, similar;
    uint32_t  i;

    b->viewed_by = 0;
    b->bought_by = 0;
    b->brings = 0;

    for (i = 0; i < b->n && i < XSELL_BASE_LOOK; i++) {
        knn = b->says.knn[i] > 0;
        viewed = b->says.viewed[i] > 0;
        bought = b->says.bought[i] > 0;
        similar = b->says.similar[i] > 0;

        b->viewed_by |= (uint8_t) ((knn | viewed | similar) << i);
        b->bought_by |= (uint8_t) (bought << i);
        b->brings |= (uint8_t) ((knn | viewed | bought) << i);
    }
}


/* the shortlist as rows, best first; of variants the best, the others behind
   all: a decision that takes but the first rows would have one pick of them */

static void
xsell_base_rows(const xsell_ranker_t *r, xsell_base_t *b, uint32_t n)
{
    uint32_t                  i, k, at, behind, last[XSELL_SHORTLIST];
    const xsell_candidate_t  *c;

    at = 0;
    behind = 0;

    for (i = 0; i < n; i++) {
        c = &r->candidates.row[r->shortlist[i].ref];

        for (k = 0; c->info->group_idx && k < at; k++) {
            if (b->info[k]->group_idx == c->info->group_idx) {
                last[behind++] = r->shortlist[i].ref;
                break;
            }
        }

        if (c->info->group_idx == 0 || k == at) {
            xsell_base_row(b, at++, c);
        }
    }

    for (i = 0; i < behind; i++) {
        xsell_base_row(b, at++, &r->candidates.row[last[i]]);
    }
}


/* the long way, for a visitor of whom nothing is known */

static void
xsell_base_make(xsell_ranker_t *r, const xsell_arena_t *a,
    const xsell_query_t *q, xsell_base_t *b)
{
    int              draws;
    float            theta[XSELL_FEATURES];
    uint32_t         n;
    xsell_query_t    any;
    xsell_rules_t    rules;
    xsell_session_t  nobody;

    memset(&nobody, 0, sizeof(nobody));
    nobody.idx = XSELL_NO_REF;

    any = *q;
    any.anchor = b->item;
    any.session = b->personal ? &nobody : NULL;
    any.want = XSELL_SLATE_MAX;
    any.shown_n = 0;
    any.business = NULL;        /* its rows are for every slot and hour */
    memset(&any.moment, 0, sizeof(any.moment));

    /* for everybody: by means */

    draws = r->draws;
    r->draws = 0;
    memcpy(theta, r->theta, sizeof(theta));
    memcpy(r->theta, r->weight, sizeof(theta));

    /* before the rest: what changes meanwhile is a change */
    (void) xsell_base_signs(a, q, b->item, &b->viewed, &b->paired);

    xsell_basis_build(&r->basis, a, &any);
    r->knn.n = 0;
    xsell_candidates_gather(r, a, &any);
    xsell_rules_init(&rules, &any, r->basis.lead);

    n = xsell_score_list(r, a, &any, &rules);

    r->draws = draws;
    memcpy(r->theta, theta, sizeof(theta));

    memset(b->cell, XSELL_BASE_NONE, sizeof(b->cell));

    xsell_base_rows(r, b, n);
    b->n = (uint8_t) n;
    xsell_base_speak(b);
    b->candidates = r->candidates.n;
    b->evidence = r->candidates.evidence;
    b->visits = r->knn.n < q->settings->neighbours ? r->knn.n
                                                   : q->settings->neighbours;
    b->generation = r->generation;
    b->made_ms = q->now_ms;
    b->made = 1;
}


/*
 * Whether a base is as good as a new one.  Next to the page's item it is what
 * is offered, and what two visits did a moment ago is news: there a change
 * counts at once, unless everybody looks at that item just now, or the rows
 * are of so many visits that a few more move nothing: each page changes its
 * own item, so without that nothing would be kept of those that are looked at
 * most.
 */

static int
xsell_base_fresh(const xsell_base_t *b, const xsell_arena_t *a,
    const xsell_query_t *q, int lead, uint64_t since)
{
    uint64_t  age;
    uint32_t  viewed, paired, news;

    if (!b->made
        || !xsell_base_signs(a, q, b->item, &viewed, &paired))
    {
        return 0;
    }

    age = q->now_ms - b->made_ms;

    /* the sequence of pairs moves by two */

    news = (viewed - b->viewed) + (paired - b->paired) / 2;

    if (news <= b->visits / (lead ? XSELL_BASE_NEWS : XSELL_BASE_NEWS / 2)) {
        return age < (lead ? q->settings->memory_ms : XSELL_BASE_WANTED_MS);
    }

    if (lead) {
        return since < XSELL_BASE_BUSY_MS && age < XSELL_BASE_SETTLE_MS;
    }

    return age < q->settings->memory_ms;
}


/* the first of the places that an item may have: a few, for an item without one
   sends all visits that came by it the long way */

static xsell_base_t *
xsell_base_ways(xsell_bases_t *bases, const xsell_query_t *q, uint32_t item)
{
    return &bases->base[xsell_spread(2 * item + (q->session != NULL))
                        & ((XSELL_BASES / XSELL_BASE_WAYS - 1)
                           * XSELL_BASE_WAYS)];
}


/* the one that it has, or could get: one that is free or that nobody wanted for
   a while; NULL: neither */

static xsell_base_t *
xsell_base_seek(xsell_bases_t *bases, const xsell_query_t *q, uint32_t item)
{
    uint32_t       i;
    xsell_base_t  *b, *old;

    b = xsell_base_ways(bases, q, item);
    old = b;

    for (i = 0; i < XSELL_BASE_WAYS; i++, b++) {
        if (b->catalog == q->catalog && b->item == item
            && b->personal == (q->session != NULL))
        {
            return b;
        }

        if (old->catalog != NULL
            && (b->catalog == NULL || b->wanted_ms < old->wanted_ms))
        {
            old = b;
        }
    }

    if (old->catalog && q->now_ms - old->wanted_ms <= q->settings->memory_ms)
    {
        return NULL;
    }

    return old;
}


/* ... which it gets */

static xsell_base_t *
xsell_base_place(xsell_bases_t *bases, const xsell_query_t *q, uint32_t item)
{
    xsell_base_t  *b;

    b = xsell_base_seek(bases, q, item);

    if (b && (b->catalog != q->catalog || b->item != item
              || b->personal != (q->session != NULL)))
    {
        b->catalog = q->catalog;
        b->item = item;
        b->personal = (q->session != NULL);
        b->made = 0;
        b->wanted_ms = 0;
    }

    return b;
}


/* they lie far apart: their lines are asked for together */

void
xsell_bases_expect(const xsell_ranker_t *r, const xsell_query_t *q,
    const xsell_base_wants_t *wants)
{
    uint32_t       i, k;
    xsell_base_t  *b;

    for (i = 0; i < wants->n; i++) {
        b = xsell_base_ways(r->bases, q, wants->item[i]);

        for (k = 0; k < XSELL_BASE_WAYS; k++) {
            __builtin_prefetch(&b[k].item);
        }
    }
}


/* where more is asked for than there is room, a base that is made for a
   decision that lacks another one is thrown out before its next */

static int
xsell_base_rooms(const xsell_ranker_t *r, const xsell_query_t *q,
    const xsell_base_wants_t *wants)
{
    uint32_t  i;

    for (i = 0; i < wants->n; i++) {
        if (xsell_base_seek(r->bases, q, wants->item[i]) == NULL) {
            return 0;
        }
    }

    return 1;
}


xsell_base_t *
xsell_base_of(xsell_ranker_t *r, const xsell_arena_t *a,
    const xsell_query_t *q, xsell_base_wants_t *wants, uint32_t i)
{
    uint64_t       since;
    xsell_base_t  *b;

    b = xsell_base_place(r->bases, q, wants->item[i]);

    if (b == NULL) {
        return NULL;
    }

    /* never yet: as if long ago */
    since = b->wanted_ms ? q->now_ms - b->wanted_ms : UINT64_MAX;
    b->wanted_ms = q->now_ms;

    if (b->generation == r->generation
        && xsell_base_fresh(b, a, q, i == 0, since))
    {
        return b;
    }

    if (wants->made || since > XSELL_BASE_WANTED_MS
        || !xsell_base_rooms(r, q, wants))
    {
        return NULL;
    }

    wants->made = 1;
    xsell_base_make(r, a, q, b);

    return b;
}


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
 * Visitors of another country have a base of their own.
 *
 * Rows lie in columns, so that four at a time are summed; they become
 * candidates when rules ask for more than an item, and get features when they
 * are picked (xsell_bases_picks).
 *
 * Where a part is missing (an item that nobody asked for in the last minute,
 * a page without one) the decision is made the long way, as if this file were
 * not there; so it never costs more than one base on top.  A base is made
 * when all of its decision were wanted before: on a shop that is looked at now
 * and then none is, where it pays all that are.
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
    size_t          bytes;
    uint64_t        random;
    xsell_bases_t  *b;

    b = calloc(1, sizeof(xsell_bases_t));

    if (b == NULL) {
        return NULL;
    }

    bytes = XSELL_BASES * sizeof(xsell_base_place_t);
    b->place = aligned_alloc(XSELL_LINE_BYTES, bytes);

    if (b->place == NULL) {
        free(b);
        return NULL;
    }

    memset(b->place, 0, bytes);
    random = XSELL_BASE_NOISE;
    xsell_normals(&random, b->noise, sizeof(b->noise) / sizeof(float));

    return b;
}


void
xsell_bases_destroy(xsell_bases_t *b)
{
    if (b) {
        free(b->place);
        free(b);
    }
}


/* of those that are known what is liked in a country is another base */

static uint32_t
xsell_base_country(const xsell_query_t *q)
{
    return q->session ? xsell_crowd_country(q->country) : 0;
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


/* the long way, for a visitor of whom nothing is known.  Not inlined, so that a
   profile tells it from the decisions that it is made for */

static __attribute__((noinline)) void
xsell_base_make(xsell_ranker_t *r, const xsell_arena_t *a,
    const xsell_query_t *q, uint32_t item, xsell_base_t *b)
{
    int              draws;
    float            theta[XSELL_FEATURES];
    uint32_t         n;
    xsell_query_t    any;
    xsell_rules_t    rules;
    xsell_session_t  nobody;

    b->catalog = q->catalog;
    b->item = item;
    b->personal = q->session != NULL;
    b->country = xsell_base_country(q);

    memset(&nobody, 0, sizeof(nobody));
    nobody.idx = XSELL_NO_REF;

    any = *q;
    any.anchor = item;
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
    const xsell_query_t *q, uint32_t item, int lead, uint32_t since_ms)
{
    uint64_t  age;
    uint32_t  viewed, paired, news;

    if (b->item != item || b->personal != (q->session != NULL)
        || b->country != xsell_base_country(q)
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
        return since_ms < XSELL_BASE_BUSY_MS && age < XSELL_BASE_SETTLE_MS;
    }

    return age < q->settings->memory_ms;
}


/* the places that an item may have: a few, for an item without one sends all
   visits that came by it the long way */

static uint32_t
xsell_base_key(const xsell_query_t *q, uint32_t item)
{
    _Static_assert(XSELL_SLOT_BITS + 1 + 7 <= 32, "item, personal, country");

    return 2 * item + (q->session != NULL)
           + (xsell_base_country(q) % 127 << (XSELL_SLOT_BITS + 1));
}


static xsell_base_place_t *
xsell_base_places(const xsell_bases_t *bases, uint32_t key)
{
    return &bases->place[xsell_spread(key)
                         & ((XSELL_BASES / XSELL_BASE_WAYS - 1)
                            * XSELL_BASE_WAYS)];
}


/* the one that the item has, or gets: one that is free or that nobody wanted
   for a while; NULL: neither */

static xsell_base_place_t *
xsell_base_place(const xsell_bases_t *bases, const xsell_query_t *q,
    uint32_t key)
{
    uint32_t             i, now, age, oldest;
    xsell_base_place_t  *p, *old;

    p = xsell_base_places(bases, key);
    now = (uint32_t) q->now_ms;
    old = NULL;
    oldest = q->settings->memory_ms;

    for (i = 0; i < XSELL_BASE_WAYS; i++, p++) {

        if (p->catalog == q->catalog && p->key == key) {
            return p;
        }

        age = p->catalog ? now - p->wanted_ms : UINT32_MAX;

        if (age > oldest) {
            old = p;
            oldest = age;
        }
    }

    return old;
}


/*
 * They lie far apart: places are asked for together, and bases, if all were
 * wanted lately.  Where they were not, which on a large shop is nearly always,
 * this is all that it costs; and none is made for a decision that lacks
 * another one: it would be thrown out before its next.
 */

int
xsell_bases_want(xsell_ranker_t *r, const xsell_query_t *q,
    xsell_base_wants_t *wants)
{
    int                  all;
    uint32_t             i, key;
    xsell_base_place_t  *p;

    for (i = 0; i < wants->n; i++) {
        key = xsell_base_key(q, wants->item[i]);
        __builtin_prefetch(xsell_base_places(r->bases, key));
    }

    all = 1;

    for (i = 0; i < wants->n; i++) {
        key = xsell_base_key(q, wants->item[i]);
        p = xsell_base_place(r->bases, q, key);

        if (p == NULL) {
            all = 0;
            continue;
        }

        wants->base[i] = &r->bases->base[p - r->bases->place];
        wants->since_ms[i] = UINT32_MAX;

        if (p->catalog == q->catalog && p->key == key) {
            wants->since_ms[i] = (uint32_t) q->now_ms - p->wanted_ms;
        }

        p->catalog = q->catalog;
        p->key = key;
        p->wanted_ms = (uint32_t) q->now_ms;

        all &= wants->since_ms[i] <= XSELL_BASE_WANTED_MS;
    }

    for (i = 0; all && i < wants->n; i++) {
        __builtin_prefetch(wants->base[i]);
    }

    return all;
}


xsell_base_t *
xsell_base_of(xsell_ranker_t *r, const xsell_arena_t *a,
    const xsell_query_t *q, xsell_base_wants_t *wants, uint32_t i)
{
    xsell_base_t  *b;

    b = wants->base[i];

    if (b->catalog == q->catalog && b->generation == r->generation
        && xsell_base_fresh(b, a, q, wants->item[i], i == 0,
                            wants->since_ms[i]))
    {
        return b;
    }

    if (wants->made) {
        return NULL;
    }

    wants->made = 1;
    xsell_base_make(r, a, q, wants->item[i], b);

    return b;
}


/*
 * xsell_candidates.c: the union of what the sources say of where a decision
 * starts from (xsell_basis.c).  Those from `alike by words` on are asked in
 * xsell_shelf.c.
 *
 *   source               asked with              evidence
 *   bought together      anchor and cart         orders
 *   session neighbours   anchor and visit        visits (personal only)
 *   viewed together      anchor and visit        visits
 *   alike by words       anchor and visit        none: content
 *   looks like it        the anchor's picture    none: content
 *   goes with it         the anchor's colours    none: content
 *   category             the anchor's            what is viewed most in it
 *   kinds that go with   the anchor's            what is viewed most in them
 *   country              the visitor's           what is viewed most there
 *   lists                -                       popular, trending, new
 *
 * Evidence goes first, so when the rows run out it is the lists that are cut.
 * An item that several sources name is one row that has all their numbers.
 *
 * Without a session (no consent) only sums are asked: pairs of the anchor,
 * its category, the lists.  The session index is left alone, though it could
 * be asked with the anchor: that fragment may be what everybody sees.
 */

#include "xsell_catalog.h"
#include "xsell_model.h"


static void
xsell_candidates_begin(xsell_candidates_t *c)
{
    c->n = 0;

    if (++c->stamp == 0) {
        memset(c->cell, 0, sizeof(c->cell));
        c->stamp = 1;
    }
}


xsell_candidate_t *
xsell_candidates_find(xsell_candidates_t *c, uint32_t item)
{
    uint32_t  i;

    i = xsell_spread(item) & (XSELL_CANDIDATE_CELLS - 1);

    while (c->cell[i].stamp == c->stamp) {

        if (c->row[c->cell[i].row].item == item) {
            return &c->row[c->cell[i].row];
        }

        i = (i + 1) & (XSELL_CANDIDATE_CELLS - 1);
    }

    return NULL;
}


xsell_candidate_t *
xsell_candidates_put(xsell_candidates_t *c, const xsell_arena_t *a,
    const xsell_catalog_t *cat, uint32_t item, xsell_ref_t ref,
    unsigned source)
{
    uint32_t                 i;
    xsell_candidate_t       *row;
    const xsell_item_t      *info;
    xsell_candidate_cell_t  *cell;

    i = xsell_spread(item) & (XSELL_CANDIDATE_CELLS - 1);

    /* ends: the rows fill less than half of the cells */

    for ( ;; ) {
        cell = &c->cell[i];

        if (cell->stamp != c->stamp) {
            break;
        }

        row = &c->row[cell->row];

        if (row->item == item) {
            row->sources |= 1u << source;
            return row;
        }

        i = (i + 1) & (XSELL_CANDIDATE_CELLS - 1);
    }

    info = xsell_catalog_item(cat, item);

    if (info == NULL || c->n == XSELL_CANDIDATES
        || xsell_ref_slot(ref) >= a->items_n)
    {
        return NULL;
    }

    cell->stamp = c->stamp;
    cell->row = c->n;

    row = &c->row[c->n++];
    row->item = item;
    row->ref = ref;
    row->info = info;
    row->sources = 1u << source;
    row->knn = 0;
    row->bought = 0;
    row->viewed = 0;
    row->before = 0;
    row->lift = 0;
    row->similar = 0;
    row->visual = 0;
    row->geo = 0;
    row->seen = 0;
    row->given = NULL;

    /* read when all the rows are there; two lines of each, mostly */

    __builtin_prefetch(&info->price);
    __builtin_prefetch(&info->availability);
    __builtin_prefetch(&a->items[xsell_ref_slot(ref)]);
    __builtin_prefetch(&a->items[xsell_ref_slot(ref)].resid_prec);

    return row;
}


/* ---- what is asked for before it is needed: items lie anywhere -------- */

void
xsell_candidates_ahead(const xsell_catalog_t *cat,
    const xsell_scored_t *scored, uint32_t n)
{
    uint32_t  i, slot;

    for (i = 0; i < n; i++) {
        slot = xsell_ref_slot(scored[i].ref);

        if (slot < cat->slots_n) {
            __builtin_prefetch(&cat->slots[slot]);
        }
    }
}


/* of the visit's items: who viewed them, what they come with, which they are;
   where the lead's likes stand */

static void
xsell_candidates_soon(const xsell_basis_t *b, const xsell_arena_t *a,
    const xsell_query_t *q)
{
    uint32_t             i, k, slot;
    const xsell_item_t  *lead;
    const xsell_part_t  *part;

    for (i = 0; i < b->visit_n; i++) {
        slot = xsell_ref_slot(b->visit[i]);

        if (slot >= a->items_n || slot >= q->catalog->slots_n) {
            continue;
        }

        __builtin_prefetch(&a->postings[slot]);
        __builtin_prefetch(&a->postings[slot].place[14]);
        __builtin_prefetch(&a->postings[slot].place[XSELL_PLACES - 1]);
        __builtin_prefetch(&q->catalog->slots[slot]);

        for (k = 0; k < sizeof(a->pairs[0]); k += XSELL_LINE_BYTES) {
            __builtin_prefetch((const uint8_t *) &a->pairs[slot] + k);
        }
    }

    lead = xsell_catalog_item(q->catalog, b->lead);
    part = &q->catalog->part[XSELL_PART_SIMILAR_START];

    if (lead == NULL) {
        return;
    }

    __builtin_prefetch(&lead->category_idx);

    if (b->lead < part->n) {
        __builtin_prefetch((const uint32_t *) part->p + b->lead);
    }
}


/* an item's likes, which stand where `start` says */

static void
xsell_candidates_likes(const xsell_query_t *q, uint32_t item)
{
    uint32_t             start;
    const xsell_part_t  *part, *rows;

    part = &q->catalog->part[XSELL_PART_SIMILAR_START];
    rows = &q->catalog->part[XSELL_PART_SIMILAR];

    if (item < part->n) {
        start = ((const uint32_t *) part->p)[item];

        if (start < rows->n) {
            __builtin_prefetch((const uint32_t *) rows->p + start);
            __builtin_prefetch((const uint32_t *) rows->p + start
                               + XSELL_SIMILAR_MAX - 1);
        }
    }
}


/* while the neighbours come: the lead's likes and its category; where those of
   the visit's other items stand */

static void
xsell_candidates_next(const xsell_basis_t *b, const xsell_query_t *q)
{
    uint32_t             i, n, item;
    const uint32_t      *list;
    const xsell_item_t  *lead;
    const xsell_part_t  *part;

    part = &q->catalog->part[XSELL_PART_SIMILAR_START];
    lead = xsell_catalog_item(q->catalog, b->lead);
    xsell_candidates_likes(q, b->lead);

    for (i = 0; i < b->visit_n; i++) {
        item = xsell_catalog_of(q->catalog, b->visit[i]);

        if (item < part->n) {
            __builtin_prefetch((const uint32_t *) part->p + item);
        }
    }

    if (lead && lead->category_idx) {
        list = xsell_catalog_category(q->catalog, lead->category_idx, &n);

        for (i = 0; list && i < n && i < XSELL_CATEGORY_LOOK;
             i += XSELL_LINE_BYTES / sizeof(*list))
        {
            __builtin_prefetch(&list[i]);
        }
    }
}

/* ---- sources ---------------------------------------------------------- */


xsell_candidate_t *
xsell_candidates_ref(xsell_ranker_t *r, const xsell_arena_t *a,
    const xsell_query_t *q, xsell_ref_t ref, unsigned source)
{
    uint32_t  item;

    item = xsell_catalog_of(q->catalog, ref);

    if (item == XSELL_NO_ITEM) {
        return NULL;
    }

    return xsell_candidates_put(&r->candidates, a, q->catalog, item, ref,
                                source);
}


static void
xsell_candidates_bought(xsell_ranker_t *r, const xsell_arena_t *a,
    const xsell_query_t *q)
{
    float               rest;
    uint32_t            i, n;
    const xsell_ref_t  *refs;
    xsell_candidate_t  *row;

    /* the cart page has no anchor: all of the cart weighs the same */

    rest = xsell_catalog_item(q->catalog, q->anchor) ? XSELL_BOUGHT_REST : 1;

    refs = r->basis.cart;
    n = r->basis.cart_n;

    if (n == 0) {
        refs = r->basis.visit;
        n = r->basis.visit_n;
        rest = XSELL_BOUGHT_REST;
    }

    n = xsell_pairs_ask(&r->tally, a, q->settings, refs, n, rest,
                        XSELL_PAIR_BOUGHT, r->scored, XSELL_SOURCE_KEEP);

    xsell_candidates_ahead(q->catalog, r->scored, n);

    for (i = 0; i < n; i++) {
        row = xsell_candidates_ref(r, a, q, r->scored[i].ref,
                                   XSELL_REASON_BOUGHT);
        if (row) {
            row->bought = r->scored[i].score;
            row->lift = r->scored[i].extra;
        }
    }
}


static void
xsell_candidates_query(const xsell_ranker_t *r, const xsell_query_t *q,
    xsell_knn_query_t *like)
{
    like->ref = r->basis.visit;
    like->n = r->basis.visit_n;
    like->now_s = (uint32_t) (q->now_ms / 1000);
    like->own = q->session->r.key;
    like->repeats = q->repeats;
}


static void
xsell_candidates_neighbours(xsell_ranker_t *r, const xsell_arena_t *a,
    const xsell_query_t *q)
{
    uint32_t            i, n;
    xsell_knn_query_t   like;
    xsell_candidate_t  *row;

    xsell_candidates_query(r, q, &like);

    n = xsell_knn_ask(&r->knn, &r->tally, a, q->settings, &like, r->scored,
                      XSELL_SOURCE_KEEP);

    xsell_candidates_ahead(q->catalog, r->scored, n);

    for (i = 0; i < n; i++) {
        row = xsell_candidates_ref(r, a, q, r->scored[i].ref,
                                   XSELL_REASON_VIEWED);
        if (row) {
            row->knn = r->scored[i].score;
        }
    }
}


static void
xsell_candidates_viewed(xsell_ranker_t *r, const xsell_arena_t *a,
    const xsell_query_t *q)
{
    uint32_t            i, n;
    xsell_candidate_t  *row;

    n = xsell_pairs_ask(&r->tally, a, q->settings, r->basis.visit,
                        r->basis.visit_n, XSELL_VIEWED_REST,
                        XSELL_PAIR_VIEWED, r->scored, XSELL_SOURCE_KEEP / 2);

    xsell_candidates_ahead(q->catalog, r->scored, n);

    for (i = 0; i < n; i++) {
        row = xsell_candidates_ref(r, a, q, r->scored[i].ref,
                                   XSELL_REASON_VIEWED);
        if (row) {
            row->viewed = r->scored[i].score;
            row->before = r->scored[i].extra;
        }
    }
}


void
xsell_candidates_gather(xsell_ranker_t *r, const xsell_arena_t *a,
    const xsell_query_t *q)
{
    uint32_t             i;
    xsell_knn_query_t    like;
    xsell_candidates_t  *c;

    c = &r->candidates;

    xsell_candidates_begin(c);

    /* each waits for memory that was asked for before the one before it */

    xsell_candidates_soon(&r->basis, a, q);

    if (q->session) {
        xsell_candidates_query(r, q, &like);
        xsell_knn_gather(&r->knn, a, &like);
    }

    xsell_candidates_next(&r->basis, q);
    xsell_candidates_bought(r, a, q);
    xsell_candidates_viewed(r, a, q);

    if (q->session) {
        xsell_candidates_neighbours(r, a, q);
    }

    for (i = 0; i < r->basis.visit_n; i++) {
        xsell_candidates_likes(q, xsell_catalog_of(q->catalog,
                                                   r->basis.visit[i]));
    }

    c->evidence = c->n;

    xsell_shelf_gather(r, a, q);
}

/* what a source says of a row is a reason to show it, if it speaks for it */

void
xsell_candidates_given(xsell_ranker_t *r, const xsell_arena_t *a,
    const xsell_query_t *q)
{
    uint32_t              i;
    xsell_candidate_t    *row;
    const xsell_given_t  *given;

    xsell_candidates_begin(&r->candidates);

    for (i = 0; i < q->given_n && i < XSELL_GIVEN_MAX; i++) {
        given = &q->given[i];
        row = xsell_candidates_ref(r, a, q, given->ref,
                                   XSELL_REASON_POPULAR);

        if (row == NULL) {
            continue;
        }

        row->given = given;
        row->sources |= (given->knn > 0) << XSELL_REASON_VIEWED
                        | (given->bought > 0) << XSELL_REASON_BOUGHT
                        | (given->similar > 0) << XSELL_REASON_SIMILAR;
    }

    r->candidates.evidence = r->candidates.n;

    xsell_shelf_with(r, a, q);
    xsell_shelf_lift(r);
}

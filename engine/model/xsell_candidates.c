
/*
 * xsell_candidates.c: where a decision starts from, and the union of what
 * the sources say.
 *
 *   source               asked with              evidence
 *   bought together      anchor and cart         orders
 *   session neighbours   anchor and visit        visits (personal only)
 *   viewed together      anchor and visit        visits
 *   alike by words       anchor and visit        none: content
 *   looks like it        the anchor's picture    none: content
 *   goes with it         the anchor's colours    none: content
 *   category             the anchor's            what is viewed most in it
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


#define XSELL_CATEGORY_LOOK   32   /* items of a category per window */
#define XSELL_CATEGORY_KEEP   16
#define XSELL_CATEGORY_FRESH  4    /* ... beside those that are viewed most */
#define XSELL_LIST_KEEP       16

_Static_assert(2 * XSELL_CATEGORY_LOOK <= XSELL_SOURCE_KEEP, "two windows");
#define XSELL_NEW_KEEP        8

/* what may be said of a row of a list: see xsell_candidates_said */
#define XSELL_SOLD_LEAST      6.0f
#define XSELL_SHARE_LEAST     10

#define XSELL_SIMILAR_REST    XSELL_VIEWED_REST


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

            if (!cart && (i >= visit_n || b->visit_n >= max)) {
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


/* the row of an item, new or not; NULL when it can't have one */

static xsell_candidate_t *
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

/* which items of the catalogue a source's are */

static void
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


/* what the slots of the first `max` of an item's likes are called */

static void
xsell_candidates_names(const xsell_query_t *q, uint32_t item, uint32_t max)
{
    uint32_t         i, n, like;
    const uint32_t  *word;

    word = xsell_similar_words(q->catalog, item, &n);

    for (i = 0; i < n && i < max && q->catalog->refs; i++) {
        like = xsell_similar_item(word[i]);

        if (like < q->catalog->n) {
            __builtin_prefetch(&q->catalog->refs[like]);
        }
    }
}


/* ---- sources ---------------------------------------------------------- */


static xsell_candidate_t *
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
        }
    }
}


static void
xsell_candidates_like(xsell_ranker_t *r, const xsell_arena_t *a,
    const xsell_query_t *q, uint32_t item, float weight, uint32_t max)
{
    uint32_t             i, n, like;
    const uint32_t      *word;
    xsell_candidate_t   *row;
    const xsell_item_t  *it;

    word = xsell_similar_words(q->catalog, item, &n);

    for (i = 0; i < n && max; i++) {
        like = xsell_similar_item(word[i]);
        it = xsell_catalog_item(q->catalog, like);

        if (it == NULL) {
            continue;
        }

        max--;
        row = xsell_candidates_put(&r->candidates, a, q->catalog, like,
                                   xsell_catalog_ref(q->catalog, it),
                                   XSELL_REASON_SIMILAR);
        if (row) {
            row->similar += weight * xsell_similar_likeness(word[i]);
        }
    }
}


/*
 * What is like the lead, and like what was viewed before it.  The cart's
 * other items are not asked: who has one of a kind wants another kind.
 */

static void
xsell_candidates_similar(xsell_ranker_t *r, const xsell_arena_t *a,
    const xsell_query_t *q, int plenty)
{
    uint32_t  i, item;

    xsell_candidates_names(q, r->basis.lead, XSELL_SIMILAR_MAX);

    for (i = 0; i < r->basis.visit_n && !plenty; i++) {
        xsell_candidates_names(q, xsell_catalog_of(q->catalog,
                                                   r->basis.visit[i]),
                               XSELL_SIMILAR_MAX / 4);
    }

    xsell_candidates_like(r, a, q, r->basis.lead, 1,
                          plenty ? XSELL_SIMILAR_MAX / 2 : XSELL_SIMILAR_MAX);

    for (i = 0; i < r->basis.visit_n && !plenty; i++) {
        item = xsell_catalog_of(q->catalog, r->basis.visit[i]);

        if (item != r->basis.lead) {
            xsell_candidates_like(r, a, q, item, XSELL_SIMILAR_REST,
                                  XSELL_SIMILAR_MAX / 4);
        }
    }
}


/*
 * What looks like the lead, and what goes with its colours.  Of a kind with
 * the lead it is looks that count, of another kind harmony: nobody wants a
 * second sofa because its colour matches.
 */

static void
xsell_candidates_pictures(xsell_ranker_t *r, const xsell_arena_t *a,
    const xsell_query_t *q, unsigned plane, unsigned reason)
{
    float                visual;
    uint32_t             i, n;
    xsell_similar_t      near[XSELL_SIMILAR_MAX];
    xsell_candidate_t   *row;
    const xsell_item_t  *it, *lead;

    lead = xsell_catalog_item(q->catalog, r->basis.lead);

    if (lead == NULL) {
        return;
    }

    n = xsell_plane_near(q->catalog, plane, r->basis.lead, near);

    for (i = 0; i < n; i++) {
        it = xsell_catalog_item(q->catalog, near[i].item);

        if (it == NULL
            || (reason == XSELL_REASON_GOES && lead->category_idx
                && it->category_idx == lead->category_idx))
        {
            continue;
        }

        row = xsell_candidates_put(&r->candidates, a, q->catalog,
                                   near[i].item,
                                   xsell_catalog_ref(q->catalog, it), reason);
        if (row == NULL) {
            continue;
        }

        /* pictures of any two products look half alike; of two palettes a
           third is much */

        visual = reason == XSELL_REASON_LOOKS
                 ? 4 * near[i].likeness - 2 : 2 * near[i].likeness;
        visual = xsell_clip(visual, 0, 2);

        row->visual = visual > row->visual ? visual : row->visual;
    }
}


/*
 * A window of a category: its most viewed items, else those that follow in
 * the catalogue, so that products of a new shop don't all show the same four.
 * before: items looked at already, which go first where nobody viewed any.
 */

static uint32_t
xsell_candidates_window(xsell_ranker_t *r, const xsell_arena_t *a,
    const xsell_query_t *q, const uint32_t *list, uint32_t n, uint32_t from,
    uint32_t look, uint32_t before, uint32_t kept)
{
    uint32_t             i, k, slot;
    xsell_ref_t          ref[XSELL_CATEGORY_LOOK];
    xsell_scored_t       row;
    const xsell_item_t  *it;

    memset(&row, 0, sizeof(row));

    for (k = from, i = 0; i < look; i++) {
        it = xsell_catalog_item(q->catalog, list[k]);
        ref[i] = xsell_catalog_ref(q->catalog, it);
        slot = xsell_ref_slot(ref[i]);
        k = k + 1 < n ? k + 1 : 0;

        if (slot < a->items_n) {
            __builtin_prefetch(&a->items[slot].pop);
        }
    }

    for (k = from, i = 0; i < look; i++) {
        row.ref = ref[i];
        row.support = list[k];
        slot = xsell_ref_slot(row.ref);
        k = k + 1 < n ? k + 1 : 0;

        if (slot >= a->items_n) {
            continue;
        }

        row.score = xsell_clip(xsell_load_float(&a->items[slot].pop), 0, 1e9f)
                    - 1e-4f * (float) (before + i);

        r->scored[kept++] = row;
    }

    return kept;
}


/* the place of the first item of a category behind the lead; the list
   ascends */

static uint32_t
xsell_candidates_behind(const uint32_t *list, uint32_t n, uint32_t lead)
{
    uint32_t  low, high, mid;

    low = 0;
    high = n;

    while (low < high) {
        mid = low + (high - low) / 2;

        if (list[mid] <= lead) {
            low = mid + 1;

        } else {
            high = mid;
        }
    }

    return low % n;
}


/* windows of a category, where too little is known of what is viewed most in
   it */

static void
xsell_candidates_windows(xsell_ranker_t *r, const xsell_arena_t *a,
    const xsell_query_t *q, const uint32_t *list, uint32_t n, uint32_t low,
    uint32_t keep, int plenty)
{
    uint32_t  look, kept, i;

    look = plenty ? XSELL_CATEGORY_LOOK / 2 : XSELL_CATEGORY_LOOK;
    look = n < look ? n : look;
    kept = xsell_candidates_window(r, a, q, list, n, low, look, 0, 0);

    /* a large category: also somewhere else each time, for its best ones */

    if (n > look && !plenty) {
        low = (low + look + (uint32_t) (q->seed % (n - look))) % n;
        kept = xsell_candidates_window(r, a, q, list, n, low,
                                       n - look < look ? n - look : look,
                                       look, kept);
    }

    /* of a few, those that stay are not looked for: all are sorted */

    if (kept > 2 * keep) {
        kept = xsell_scored_select(r->scored, kept, keep);
    }

    xsell_scored_sort(r->scored, kept);
    kept = kept < keep ? kept : keep;

    for (i = 0; i < kept; i++) {
        xsell_candidates_put(&r->candidates, a, q->catalog,
                             r->scored[i].support, r->scored[i].ref,
                             XSELL_REASON_CATEGORY);
    }
}


/* rows of a crowd: what may be said of each, and what each is anyway */

static void
xsell_candidates_crowd(xsell_ranker_t *r, const xsell_arena_t *a,
    const xsell_query_t *q, const xsell_scored_t *row, uint32_t n,
    unsigned source)
{
    uint32_t            i;
    xsell_candidate_t  *c;

    xsell_candidates_ahead(q->catalog, row, n);

    for (i = 0; i < n; i++) {
        c = xsell_candidates_ref(r, a, q, row[i].ref, source);

        if (c) {
            c->sources |= row[i].support;
        }
    }
}


/*
 * The most viewed of the category, and some that follow the lead in the
 * catalogue or stand anywhere in it: what nobody looked at yet is on no list.
 */

static void
xsell_candidates_category(xsell_ranker_t *r, const xsell_arena_t *a,
    const xsell_query_t *q, int plenty)
{
    uint32_t             n, low, keep, known, i, at;
    const uint32_t      *list;
    xsell_crowd_t        crowd;
    const xsell_item_t  *lead;

    lead = xsell_catalog_item(q->catalog, r->basis.lead);

    if (lead == NULL || lead->category_idx == 0) {
        return;
    }

    list = xsell_catalog_category(q->catalog, lead->category_idx, &n);

    if (list == NULL || n == 0) {
        return;
    }

    low = xsell_candidates_behind(list, n, r->basis.lead);
    keep = plenty ? XSELL_CATEGORY_KEEP / 2 : XSELL_CATEGORY_KEEP;
    known = xsell_crowd_list(a, xsell_kind(r, q->catalog, lead)->path, &crowd,
                             r->scored);

    known = known < keep ? known : keep - XSELL_CATEGORY_FRESH;

    xsell_candidates_crowd(r, a, q, r->scored, known, XSELL_REASON_CATEGORY);

    /* a long list takes what there is */

    if (known < keep - XSELL_CATEGORY_FRESH || q->want > XSELL_SLATE_MAX) {
        xsell_candidates_windows(r, a, q, list, n, low,
                                 q->want > XSELL_SLATE_MAX ? keep
                                                           : keep - known,
                                 plenty);
        return;
    }

    for (i = 0; i < XSELL_CATEGORY_FRESH; i++) {
        at = (i % 2 ? low + i / 2 : (uint32_t) ((q->seed >> 16 * i) % n)) % n;

        xsell_candidates_put(&r->candidates, a, q->catalog, list[at],
                             xsell_catalog_ref(q->catalog,
                                 xsell_catalog_item(q->catalog, list[at])),
                             XSELL_REASON_CATEGORY);
    }
}


/* what is viewed most in the visitor's country; and of all rows so far, how
   much more it is than elsewhere */

static void
xsell_candidates_country(xsell_ranker_t *r, const xsell_arena_t *a,
    const xsell_query_t *q, int plenty)
{
    uint32_t             i, n;
    const xsell_land_t  *land;
    xsell_candidate_t   *c;

    land = xsell_crowd_land(r, a, q);

    if (land == NULL) {
        return;
    }

    n = plenty ? XSELL_LIST_KEEP / 2 : XSELL_LIST_KEEP;

    xsell_candidates_crowd(r, a, q, land->row, land->n < n ? land->n : n,
                           XSELL_REASON_NONE);

    for (i = 0; i < land->n; i++) {
        c = xsell_candidates_find(&r->candidates,
                                  xsell_catalog_of(q->catalog,
                                                   land->row[i].ref));
        if (c) {
            c->geo = land->row[i].extra;
        }
    }
}


/*
 * Of a list's first n rows those that may be called what the list is called.
 * "Very popular" is a statement to customers, so it is made of a tenth of the
 * catalogue at most, with as many views (or orders) as chance does not bring:
 * of 12 views a week, or 6 orders a month, the mean is above 6.2, above 2.2, in
 * 39 of 40 cases (Poisson).  The others are candidates as before, and what
 * else speaks for them is the reason.
 */

static uint32_t
xsell_candidates_said(const xsell_arena_t *a, const xsell_query_t *q,
    uint32_t list, uint32_t n)
{
    float     least;
    uint32_t  said, most;

    least = list == XSELL_TOP_SOLD ? XSELL_SOLD_LEAST
            : list == XSELL_TOP_NEW ? 0 : XSELL_VIEWS_LEAST;
    most = n;

    if (list == XSELL_TOP_POPULAR || list == XSELL_TOP_SOLD) {
        most = (xsell_catalog_n(q->catalog) + XSELL_SHARE_LEAST - 1)
               / XSELL_SHARE_LEAST;
        most = n < most ? n : most;
    }

    for (said = 0;
         said < most && xsell_load_float(&a->tops[list].score[said]) >= least;
         said++)
    {
        /* void */
    }

    return said;
}


static void
xsell_candidates_list(xsell_ranker_t *r, const xsell_arena_t *a,
    const xsell_query_t *q, uint32_t list, uint32_t max, unsigned source)
{
    float        best;
    uint32_t     i, n, said;
    xsell_ref_t  refs[XSELL_TOP];

    n = xsell_top_copy(a, list, refs, max, &best);
    said = xsell_candidates_said(a, q, list, n);

    for (i = 0; i < n; i++) {
        xsell_candidates_ref(r, a, q, refs[i], i < said ? source
                                                        : XSELL_REASON_NONE);
    }
}


/* with plenty of better rows, two a place, the rest wins few places: look at
   half of it */

static int
xsell_candidates_plenty(const xsell_candidates_t *c, const xsell_query_t *q)
{
    return c->n >= 2 * (q->want < XSELL_SLATE_MAX ? q->want
                                                  : XSELL_SLATE_MAX);
}


void
xsell_candidates_gather(xsell_ranker_t *r, const xsell_arena_t *a,
    const xsell_query_t *q)
{
    uint32_t             i, keep;
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

    xsell_candidates_similar(r, a, q, xsell_candidates_plenty(c, q));
    xsell_candidates_pictures(r, a, q, XSELL_PLANE_VISUAL,
                              XSELL_REASON_LOOKS);
    xsell_candidates_pictures(r, a, q, XSELL_PLANE_HARMONY,
                              XSELL_REASON_GOES);
    xsell_candidates_category(r, a, q, xsell_candidates_plenty(c, q));

    keep = xsell_candidates_plenty(c, q) ? XSELL_LIST_KEEP / 2
                                         : XSELL_LIST_KEEP;

    xsell_candidates_list(r, a, q, XSELL_TOP_POPULAR, keep,
                          XSELL_REASON_POPULAR);
    xsell_candidates_list(r, a, q, XSELL_TOP_SOLD, keep,
                          XSELL_REASON_POPULAR);
    xsell_candidates_list(r, a, q, XSELL_TOP_TRENDING, keep,
                          XSELL_REASON_TRENDING);
    xsell_candidates_list(r, a, q, XSELL_TOP_NEW, XSELL_NEW_KEEP,
                          XSELL_REASON_NEW);
    xsell_candidates_country(r, a, q, xsell_candidates_plenty(c, q));
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
}

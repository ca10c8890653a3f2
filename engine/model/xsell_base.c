
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
 *   pairs        the sum, as xsell_pairs_ask makes it
 *   score        the part of it that no visit moves, which the base knows,
 *                and what these say
 *
 * Rows are put together without their features: only the few that are picked
 * get them (xsell_bases_complete).
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

#include "xsell_model.h"

#include <stddef.h>
#include <stdlib.h>


#define XSELL_BASES            256      /* power of two, 8 KiB each */
#define XSELL_BASE_WANTED_MS   60000    /* asked for again within this: made;
                                           good for the rest of a visit */
#define XSELL_BASE_BUSY_MS     10       /* asked for this often, it may be */
#define XSELL_BASE_SETTLE_MS   50       /* as old although it has changed */
#define XSELL_BASE_LOOK        16       /* rows of another item looked at, */
#define XSELL_BASE_ADD         8        /* and those of them that it brings */
#define XSELL_BASE_VISITS      12       /* neighbours that its rows are of, for
                                           each visit beyond the first that
                                           a pair needs */
#define XSELL_BASE_CART        4        /* newest items of the cart asked */
#define XSELL_BASE_CELLS       256      /* power of two, > rows */
#define XSELL_BASE_NONE        0xff

#define XSELL_BASE_ROWS                                                       \
    (XSELL_SHORTLIST                                                          \
     + XSELL_BASE_ADD * (XSELL_ANCHORS_MAX + XSELL_BASE_CART))

_Static_assert(XSELL_BASE_ROWS <= XSELL_CANDIDATES
               && XSELL_BASE_ROWS < XSELL_BASE_NONE, "rows of a decision");


typedef struct {
    const xsell_catalog_t   *catalog;   /* NULL: free */
    uint64_t                 wanted_ms;
    uint64_t                 made_ms;
    uint32_t                 item;
    uint32_t                 generation;
    uint32_t                 candidates;
    uint32_t                 evidence;
    uint32_t                 visits;    /* neighbours that the rows are of */
    uint32_t                 viewed;    /* signs of change when it was made */
    uint32_t                 paired;
    uint8_t                  personal;
    uint8_t                  made;
    uint8_t                  n;
    uint8_t                  cell[XSELL_BASE_CELLS];    /* item -> row */
    float                    rest[XSELL_SHORTLIST];     /* score that neither
                                    evidence nor kinship with the item gives */
    float                    kin[XSELL_SHORTLIST];      /* what kinship gives */
    xsell_candidate_t        row[XSELL_SHORTLIST];      /* best first */
} xsell_base_t;

struct xsell_bases_s {
    xsell_base_t             base[XSELL_BASES];

    /* of the decision */
    uint8_t                  cell[XSELL_BASE_CELLS];
    uint8_t                  is[XSELL_BASE_ROWS];       /* XSELL_ROW_* */
    float                    rest[XSELL_BASE_ROWS];     /* score without
                                                           evidence */
    const xsell_candidate_t *from[XSELL_BASE_ROWS];
    xsell_scale_t            scale;
};

/* of a row in a decision */

#define XSELL_ROW_SPARE      0  /* not among the best of its base */
#define XSELL_ROW_COUNTS     1
#define XSELL_ROW_CHANGED    2  /* and another base has something to say */
#define XSELL_ROW_FOREIGN    4  /* another base brought it */
#define XSELL_ROW_SEEN       8

/* a row without its features */
#define XSELL_ROW_HEAD       offsetof(xsell_candidate_t, feature)


xsell_bases_t *
xsell_bases_create(void)
{
    return calloc(1, sizeof(xsell_bases_t));
}


void
xsell_bases_destroy(xsell_bases_t *b)
{
    free(b);
}


/* the cell of an item: NONE in it if it has no row */

static inline uint8_t *
xsell_base_cell(uint8_t *cell, const xsell_candidate_t *row, uint32_t item)
{
    uint32_t  i;

    i = xsell_spread(item) & (XSELL_BASE_CELLS - 1);

    /* ends: there are fewer rows than cells */

    while (cell[i] != XSELL_BASE_NONE && row[cell[i]].item != item) {
        i = (i + 1) & (XSELL_BASE_CELLS - 1);
    }

    return &cell[i];
}


/* what moves when a visit comes to the item, and when one that has been there
   goes on to another */

static int
xsell_base_signs(const xsell_arena_t *a, const xsell_query_t *q,
    uint32_t item, uint32_t *viewed, uint32_t *paired)
{
    uint32_t             slot;
    const xsell_item_t  *it;

    it = xsell_catalog_item(q->catalog, item);
    slot = it ? xsell_ref_slot(it->ref) : XSELL_SLOT_MASK;

    if (slot >= a->items_n) {
        return 0;
    }

    *viewed = xsell_load(&a->postings[slot].count);
    *paired = xsell_load(&a->pairs[slot].seq);

    return 1;
}


static float
xsell_base_kin(const float *weight, const xsell_candidate_t *c)
{
    return weight[XSELL_F_CATEGORY] * c->feature[XSELL_F_CATEGORY]
           + weight[XSELL_F_BRAND] * c->feature[XSELL_F_BRAND]
           + weight[XSELL_F_PRICE_UP] * c->feature[XSELL_F_PRICE_UP]
           + weight[XSELL_F_PRICE_GAP] * c->feature[XSELL_F_PRICE_GAP];
}


static float
xsell_base_evidence(const float *weight, const xsell_candidate_t *c)
{
    return weight[XSELL_F_KNN] * c->feature[XSELL_F_KNN]
           + weight[XSELL_F_BOUGHT] * c->feature[XSELL_F_BOUGHT]
           + weight[XSELL_F_VIEWED] * c->feature[XSELL_F_VIEWED]
           + weight[XSELL_F_LIFT] * c->feature[XSELL_F_LIFT]
           + weight[XSELL_F_SIMILAR] * c->feature[XSELL_F_SIMILAR];
}


/* the long way, for a visitor of whom nothing is known */

static void
xsell_base_make(xsell_ranker_t *r, const xsell_arena_t *a,
    const xsell_query_t *q, xsell_base_t *b)
{
    uint32_t         i, n;
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

    /* before the rest: what changes meanwhile is a change */
    (void) xsell_base_signs(a, q, b->item, &b->viewed, &b->paired);

    xsell_basis_build(&r->basis, a, &any);
    r->knn.n = 0;
    xsell_candidates_gather(r, a, &any);
    xsell_rules_init(&rules, &any);

    n = xsell_rank_score(r, a, &any, &rules);

    memset(b->cell, XSELL_BASE_NONE, sizeof(b->cell));

    for (i = 0; i < n; i++) {
        b->row[i] = r->candidates.row[r->shortlist[i].ref];
        b->kin[i] = xsell_base_kin(r->weight, &b->row[i]);
        b->rest[i] = b->row[i].score - b->kin[i]
                     - xsell_base_evidence(r->weight, &b->row[i]);
        *xsell_base_cell(b->cell, b->row, b->row[i].item) = (uint8_t) i;
    }

    b->n = (uint8_t) n;
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
 * counts at once, unless everybody looks at that item just now.
 */

static int
xsell_base_fresh(const xsell_base_t *b, const xsell_arena_t *a,
    const xsell_query_t *q, int lead, uint64_t since)
{
    uint64_t  age;
    uint32_t  viewed, paired;

    if (!b->made
        || !xsell_base_signs(a, q, b->item, &viewed, &paired))
    {
        return 0;
    }

    age = q->now_ms - b->made_ms;

    if (b->viewed == viewed && b->paired == paired) {
        return age < (lead ? q->settings->memory_ms : XSELL_BASE_WANTED_MS);
    }

    if (lead) {
        return since < XSELL_BASE_BUSY_MS && age < XSELL_BASE_SETTLE_MS;
    }

    return age < q->settings->memory_ms;
}


/* an item's base, NULL if there is none that is fresh; made if it was wanted
   before, unless *made says that one was */

static xsell_base_t *
xsell_base_of(xsell_ranker_t *r, const xsell_arena_t *a,
    const xsell_query_t *q, uint32_t item, int lead, int *made)
{
    uint64_t       since;
    xsell_base_t  *b;

    b = &r->bases->base[xsell_spread(2 * item + (q->session != NULL))
                        & (XSELL_BASES - 1)];

    since = q->now_ms - b->wanted_ms;

    if (b->catalog != q->catalog || b->item != item
        || b->personal != (q->session != NULL))
    {
        /* its place is taken from one that is wanted no more often */

        if (b->catalog == NULL || since > q->settings->memory_ms) {
            b->catalog = q->catalog;
            b->item = item;
            b->personal = (q->session != NULL);
            b->made = 0;
            b->wanted_ms = q->now_ms;
        }

        return NULL;
    }

    b->wanted_ms = q->now_ms;

    if (b->generation == r->generation
        && xsell_base_fresh(b, a, q, lead, since))
    {
        return b;
    }

    if (*made || since > XSELL_BASE_WANTED_MS) {
        return NULL;
    }

    *made = 1;
    xsell_base_make(r, a, q, b);

    return b;
}


/* a row that another base brings, in a cell that has none; NULL if there is
   no room or no reason to have it */

static xsell_candidate_t *
xsell_base_bring(xsell_ranker_t *r, const xsell_base_t *b, uint32_t i,
    uint8_t *cell, uint32_t *added)
{
    uint32_t                  k;
    xsell_bases_t            *bases;
    xsell_candidate_t        *row;
    const xsell_candidate_t  *from;

    from = &b->row[i];
    bases = r->bases;

    if (*added == XSELL_BASE_ADD || (from->knn <= 0 && from->viewed <= 0
                                     && from->bought <= 0))
    {
        return NULL;
    }

    (*added)++;
    k = r->candidates.n++;
    *cell = (uint8_t) k;
    row = &r->candidates.row[k];

    row->item = from->item;
    row->ref = from->ref;
    row->info = from->info;
    row->knn = 0;
    row->bought = 0;
    row->viewed = 0;
    row->lift = 0;
    row->similar = 0;
    row->sources = from->sources & (1u << XSELL_REASON_VIEWED
                                    | 1u << XSELL_REASON_BOUGHT
                                    | 1u << XSELL_REASON_SIMILAR);

    xsell_features_kin(&bases->scale, row);

    bases->from[k] = from;
    bases->rest[k] = b->rest[i] + xsell_base_kin(r->weight, row);
    bases->is[k] = XSELL_ROW_COUNTS|XSELL_ROW_CHANGED|XSELL_ROW_FOREIGN;

    return row;
}


/* the row of another base in the decision, which counts from now on; NULL if
   there is none */

static inline xsell_candidate_t *
xsell_base_row(xsell_ranker_t *r, const xsell_base_t *b, uint32_t i,
    uint32_t *added)
{
    uint8_t  *cell;

    cell = xsell_base_cell(r->bases->cell, r->candidates.row, b->row[i].item);

    if (*cell == XSELL_BASE_NONE) {
        return xsell_base_bring(r, b, i, cell, added);
    }

    r->bases->is[*cell] |= XSELL_ROW_COUNTS|XSELL_ROW_CHANGED;

    return &r->candidates.row[*cell];
}


/* adds what another item of the visit says; share: of the neighbours */

static void
xsell_base_add(xsell_ranker_t *r, const xsell_base_t *b, float share,
    float rest)
{
    uint32_t                  i, added;
    xsell_candidate_t        *row;
    const xsell_candidate_t  *from;

    added = 0;

    for (i = 0; i < b->n && i < XSELL_BASE_LOOK; i++) {
        from = &b->row[i];

        if (from->knn <= 0 && from->viewed <= 0 && from->similar <= 0) {
            continue;
        }

        row = xsell_base_row(r, b, i, &added);

        if (row) {
            row->knn += share * from->knn;
            row->viewed += rest * from->viewed;
            row->similar += rest * from->similar;
            row->sources |= from->sources & (1u << XSELL_REASON_VIEWED
                                             | 1u << XSELL_REASON_SIMILAR);
        }
    }
}


static void
xsell_base_bought(xsell_ranker_t *r, const xsell_base_t *b, float rest)
{
    uint32_t                  i, added;
    xsell_candidate_t        *row;
    const xsell_candidate_t  *from;

    added = 0;

    for (i = 0; i < b->n && i < XSELL_BASE_LOOK; i++) {
        from = &b->row[i];

        if (from->bought <= 0) {
            continue;
        }

        row = xsell_base_row(r, b, i, &added);

        if (row) {
            row->bought += rest * from->bought;
            row->lift = from->lift > row->lift ? from->lift : row->lift;
            row->sources |= 1u << XSELL_REASON_BOUGHT;
        }
    }
}


/* the bases of a decision: [0] is the page's item, then the visit's, then
   the cart's; 0 if one is missing */

typedef struct {
    xsell_base_t            *base[XSELL_ANCHORS_MAX + XSELL_BASE_CART];
    uint32_t                 visit_n;
    uint32_t                 n;
} xsell_bases_of_t;


static int
xsell_bases_find(xsell_ranker_t *r, const xsell_arena_t *a,
    const xsell_query_t *q, const xsell_basis_t *basis,
    xsell_bases_of_t *of)
{
    int       made, all;
    uint32_t  i, n, item;

    made = 0;
    all = 1;
    of->n = 0;

    n = basis->cart_n < XSELL_BASE_CART ? basis->cart_n : XSELL_BASE_CART;

    of->visit_n = basis->visit_n;

    for (i = 0; i < basis->visit_n + n; i++) {

        if (i == basis->visit_n) {
            continue;           /* cart[0] is the page's item */
        }

        item = xsell_catalog_of(q->catalog,
                                i < basis->visit_n
                                ? basis->visit[i]
                                : basis->cart[i - basis->visit_n]);

        if (item == XSELL_NO_ITEM) {
            return 0;           /* left the catalogue: the long way knows */
        }

        of->base[of->n] = xsell_base_of(r, a, q, item, i == 0, &made);
        all &= of->base[of->n] != NULL;
        of->n++;
    }

    return all;
}


/* the neighbours' shares, as the weights of xsell_knn say */

static void
xsell_bases_shares(const xsell_bases_of_t *of, float *share)
{
    float     total, n;
    uint32_t  i;

    n = (float) of->visit_n;
    total = 0;

    for (i = 0; i < of->visit_n; i++) {
        share[i] = (n - (float) i) / n * (1.0f - 0.1f * (float) (i + 1))
                   * (float) of->base[i]->visits;
        total += share[i];
    }

    for (i = 0; i < of->visit_n; i++) {
        share[i] = total > 0 ? share[i] / total : 0;
    }
}


/* what the visitor has seen */

static void
xsell_bases_seen(xsell_ranker_t *r, const xsell_query_t *q)
{
    uint8_t              *cell;
    uint32_t              i, item;
    const xsell_scale_t  *scale;

    scale = &r->bases->scale;

    for (i = 0; i < scale->seen_n; i++) {
        item = xsell_catalog_of(q->catalog, scale->seen[i]);
        cell = xsell_base_cell(r->bases->cell, r->candidates.row, item);

        if (*cell == XSELL_BASE_NONE
            || (r->bases->is[*cell] & XSELL_ROW_SEEN))
        {
            continue;
        }

        r->bases->is[*cell] |= XSELL_ROW_SEEN;
        r->bases->rest[*cell] += r->weight[XSELL_F_SEEN];
        r->candidates.row[*cell].score += r->weight[XSELL_F_SEEN];
    }
}


/* a score and its row as one number that sorts: the larger the better, of
   equal scores the earlier row */

static inline uint64_t
xsell_base_order(float score, uint32_t row)
{
    uint32_t  w;

    memcpy(&w, &score, sizeof(w));
    w = w >> 31 ? ~w : w | 0x80000000u;

    return (uint64_t) w << 32 | (UINT32_MAX - row);
}


/* what the visitor's own rules leave of rows that passed those of anybody */

static inline int
xsell_base_allow(const xsell_rules_t *rules, const xsell_candidate_t *c,
    int plain)
{
    return plain ? c->item != rules->query->anchor
                 : xsell_rules_allow(rules, c);
}


/* rows from..to that he may have, scored and sorted: few are far from where
   they belong.  shares: neighbours count for less than in the first base */

static uint32_t
xsell_bases_sort(xsell_ranker_t *r, const xsell_rules_t *rules, int shares,
    uint32_t from, uint32_t to, uint64_t *sorted)
{
    int                 plain;
    uint32_t            i, k, n, is;
    uint64_t            order;
    xsell_candidate_t  *c;

    plain = rules->ref_n == 0 && rules->group_n == 0
            && rules->query->shown_n == 0;
    n = 0;

    for (i = from; i < to; i++) {
        c = &r->candidates.row[i];
        is = r->bases->is[i];

        if ((is & XSELL_ROW_COUNTS) == 0
            || !xsell_base_allow(rules, c, plain))
        {
            continue;
        }

        if ((is & XSELL_ROW_CHANGED) || (shares && c->knn > 0)) {
            c->score = r->bases->rest[i]
                       + xsell_features_worth(&r->bases->scale, r->weight,
                                              c);
        }

        order = xsell_base_order(c->score, i);

        for (k = n; k > 0 && order > sorted[k - 1]; k--) {
            sorted[k] = sorted[k - 1];
        }

        sorted[k] = order;
        n++;
    }

    return n;
}


/* the rows that this visitor may have into the shortlist, in order: of the
   first base, in which the first `lead` are, and of the others */

static uint32_t
xsell_bases_score(xsell_ranker_t *r, const xsell_rules_t *rules, int shares,
    uint32_t lead)
{
    uint32_t  i, j, k, n, m, row;
    uint64_t  own[XSELL_BASE_ROWS + 1], other[XSELL_BASE_ROWS + 1];

    n = xsell_bases_sort(r, rules, shares, 0, lead, own);
    m = xsell_bases_sort(r, rules, shares, lead, r->candidates.n, other);

    own[n] = 0;         /* less than any */
    other[m] = 0;
    i = j = 0;

    for (k = 0; k < n + m && k < XSELL_SHORTLIST; k++) {
        row = UINT32_MAX - (uint32_t) (own[i] > other[j] ? own[i++]
                                                         : other[j++]);

        r->shortlist[k].ref = row;
        r->shortlist[k].score = r->candidates.row[row].score;
    }

    return k;
}


/* the first base's rows, without features */

static void
xsell_bases_lead(xsell_ranker_t *r, const xsell_base_t *b, uint32_t counts,
    float share)
{
    uint32_t            i;
    xsell_bases_t      *bases;
    xsell_candidate_t  *row;

    bases = r->bases;
    r->candidates.n = b->n;
    r->candidates.evidence = b->evidence;
    memcpy(bases->cell, b->cell, sizeof(b->cell));
    memset(bases->is, XSELL_ROW_COUNTS, counts);
    memset(bases->is + counts, XSELL_ROW_SPARE, b->n - counts);

    for (i = 0; i < b->n; i++) {
        row = &r->candidates.row[i];
        memcpy(row, &b->row[i], XSELL_ROW_HEAD);
        row->knn *= share;
        bases->from[i] = &b->row[i];
        bases->rest[i] = b->rest[i] + b->kin[i];
    }
}


int
xsell_bases_decide(xsell_ranker_t *r, const xsell_arena_t *a,
    const xsell_query_t *q, xsell_rules_t *rules, uint32_t *n)
{
    float              share[XSELL_ANCHORS_MAX];
    uint32_t           i, rows;
    xsell_base_t      *lead;
    xsell_basis_t      basis;
    xsell_bases_of_t   of;

    if (q->settings->memory_ms == 0 || q->repeats || q->want > XSELL_SLATE_MAX
        || xsell_catalog_item(q->catalog, q->anchor) == NULL)
    {
        return 0;
    }

    xsell_basis_build(&basis, a, q);

    if (basis.visit_n == 0
        || xsell_catalog_of(q->catalog, basis.visit[0]) != q->anchor
        || !xsell_bases_find(r, a, q, &basis, &of))
    {
        return 0;
    }

    lead = of.base[0];

    /* an item that several visits must name is named by them in each base
       alone, but on the long way by the visits of all: where visits are few
       that decides */

    if (of.visit_n > 1
        && lead->visits < (q->settings->min_visits - 1) * XSELL_BASE_VISITS)
    {
        return 0;
    }

    /* with what stands on the page too little may be left of its rows */

    if (lead->n < lead->candidates && lead->n < q->want + q->shown_n) {
        return 0;
    }

    /* as many as xsell_rank_score keeps, and what stands on the page */

    rows = 4 * q->want + q->shown_n;
    rows = rows < XSELL_SHORTLIST / 3 ? XSELL_SHORTLIST / 3 : rows;
    rows = rows < lead->n ? rows : lead->n;

    xsell_bases_shares(&of, share);

    r->basis = basis;
    xsell_bases_lead(r, lead, rows, of.visit_n > 1 ? share[0] : 1);
    xsell_features_scale(&r->bases->scale, a, r, q);

    for (i = 1; i < of.visit_n; i++) {
        xsell_base_add(r, of.base[i], share[i], XSELL_VIEWED_REST);
    }

    for ( /* void */ ; i < of.n; i++) {
        xsell_base_bought(r, of.base[i], XSELL_BOUGHT_REST);
    }

    xsell_rules_init(rules, q);
    xsell_bases_seen(r, q);
    *n = xsell_bases_score(r, rules, of.visit_n > 1, lead->n);

    return 1;
}


void
xsell_bases_complete(xsell_ranker_t *r, uint32_t i)
{
    xsell_candidate_t        *c;
    const xsell_candidate_t  *from;

    c = &r->candidates.row[i];
    from = r->bases->from[i];

    memcpy(c->feature, from->feature, sizeof(c->feature));

    if (r->bases->is[i] & XSELL_ROW_FOREIGN) {
        xsell_features_kin(&r->bases->scale, c);
    }

    c->feature[XSELL_F_SEEN] = (r->bases->is[i] & XSELL_ROW_SEEN) != 0;
    xsell_features_evidence(&r->bases->scale, c);
}

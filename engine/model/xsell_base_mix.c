
/*
 * xsell_base_mix.c: a decision from the bases of its items; what a base is,
 * and what is taken from which, stands in xsell_base.c.
 *
 * Rows of the first base keep their order but for what the visit changed, so
 * they are sorted by insertion; rows that others bring come in by merging.
 */

#include "xsell_base.h"


#define XSELL_BASE_LOOK        16       /* rows of another item looked at */
#define XSELL_BASE_VISITS      12       /* neighbours that its rows are of, for
                                           each visit beyond the first that
                                           a pair needs */


/*
 * What of a base's row no other base changes, with its kinship: by the means,
 * as the base knows it, or by this decision's draw.  k: its row here.
 */

static inline float
xsell_base_part(const xsell_ranker_t *r, const xsell_base_t *b, uint32_t i,
    uint32_t k)
{
    float                     f;
    xsell_candidate_t         own;
    const xsell_candidate_t  *row;

    row = &b->row[i];
    f = b->rest[i] + b->kin[i];

    if (r->draws) {
        f = xsell_base_dot(r->fold, row->feature)
            + row->residual
            + r->scale.query->settings->alpha * r->bases->z[k] * row->doubt;
    }

    if (r->scale.styled) {
        own.item = row->item;
        own.info = row->info;
        own.feature[XSELL_F_STYLE] = 0;

        xsell_features_own(&r->scale, &own);
        f += r->fold[XSELL_F_STYLE] * own.feature[XSELL_F_STYLE];
    }

    return f;
}


static void
xsell_bases_kind(xsell_ranker_t *r, const xsell_query_t *q)
{
    const xsell_kind_t  *kind;

    kind = xsell_kind(r, q->catalog, r->scale.lead);
    r->scale.kind = kind->path;
    r->scale.group = kind->top;
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
    row->visual = 0;
    row->given = NULL;
    row->sources = from->sources & (1u << XSELL_REASON_VIEWED
                                    | 1u << XSELL_REASON_BOUGHT
                                    | 1u << XSELL_REASON_SIMILAR);

    /* kinship with its own item is not with this page's: that is looked at
       when the row may be good enough */

    bases->from[k] = from;
    bases->rest[k] = xsell_base_part(r, b, i, k)
                     - (r->draws ? xsell_base_kin(r->fold, from) : b->kin[i]);
    bases->is[k] = XSELL_ROW_COUNTS|XSELL_ROW_CHANGED|XSELL_ROW_FOREIGN;

    return row;
}


/* row i of the first base, without features */

static void
xsell_base_put(xsell_ranker_t *r, const xsell_base_t *b, uint32_t i)
{
    xsell_bases_t      *bases;
    xsell_candidate_t  *row;

    bases = r->bases;
    row = &r->candidates.row[i];

    memcpy(row, &b->row[i], XSELL_ROW_HEAD);
    row->knn *= bases->share;
    bases->rest[i] = xsell_base_part(r, b, i, i);
    bases->is[i] = r->draws ? XSELL_ROW_COUNTS|XSELL_ROW_CHANGED
                            : XSELL_ROW_COUNTS;
}


/* the row of another base in the decision, which counts from now on; NULL if
   there is none */

static inline xsell_candidate_t *
xsell_base_row(xsell_ranker_t *r, const xsell_base_t *lead,
    const xsell_base_t *b, uint32_t i, uint32_t *added)
{
    uint8_t  *cell;

    cell = xsell_base_cell(r->bases->cell, r->candidates.row, b->row[i].item);

    if (*cell == XSELL_BASE_NONE) {
        return xsell_base_bring(r, b, i, cell, added);
    }

    if (r->bases->is[*cell] == XSELL_ROW_SPARE) {
        xsell_base_put(r, lead, *cell);
    }

    r->bases->is[*cell] |= XSELL_ROW_CHANGED;

    return &r->candidates.row[*cell];
}


/* adds what another item of the visit says; share: of the neighbours */

static void
xsell_base_add(xsell_ranker_t *r, const xsell_base_t *lead,
    const xsell_base_t *b, float share, float rest)
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

        row = xsell_base_row(r, lead, b, i, &added);

        if (row) {
            row->knn += share * from->knn;
            row->viewed = xsell_pairs_join(row->viewed, rest * from->viewed);
            row->similar += rest * from->similar;
            row->sources |= from->sources & (1u << XSELL_REASON_VIEWED
                                             | 1u << XSELL_REASON_SIMILAR);
        }
    }
}


static void
xsell_base_bought(xsell_ranker_t *r, const xsell_base_t *lead,
    const xsell_base_t *b, float rest)
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

        row = xsell_base_row(r, lead, b, i, &added);

        if (row) {
            row->bought = xsell_pairs_join(row->bought, rest * from->bought);
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

    scale = &r->scale;

    for (i = 0; i < scale->seen_n; i++) {
        item = xsell_catalog_of(q->catalog, scale->seen[i]);
        cell = xsell_base_cell(r->bases->cell, r->candidates.row, item);

        if (*cell == XSELL_BASE_NONE
            || (r->bases->is[*cell] & (XSELL_ROW_COUNTS|XSELL_ROW_SEEN))
               != XSELL_ROW_COUNTS)
        {
            continue;
        }

        r->bases->is[*cell] |= XSELL_ROW_SEEN;
        r->bases->rest[*cell] += r->fold[XSELL_F_SEEN];
        r->candidates.row[*cell].score += r->fold[XSELL_F_SEEN];
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
    int plain, float *offset)
{
    return plain ? c->item != rules->query->anchor
                 : xsell_rules_allow(rules, c, offset);
}


/* the most that kinship with the page's item may come to */

static float
xsell_base_kin_most(const float *w)
{
    float  f;

    f = 2 * (fabsf(w[XSELL_F_PRICE_UP]) + fabsf(w[XSELL_F_VISUAL]));
    f += w[XSELL_F_PRICE_GAP] > 0 ? 2 * w[XSELL_F_PRICE_GAP] : 0;
    f += w[XSELL_F_CATEGORY] > 0 ? w[XSELL_F_CATEGORY] : 0;
    f += w[XSELL_F_BRAND] > 0 ? w[XSELL_F_BRAND] : 0;

    return f;
}


/* kinship of a foreign row into its score; 0 if that can't get it to `least` */

static int
xsell_base_foreign(xsell_ranker_t *r, xsell_candidate_t *c, float least)
{
    if (c->score + xsell_base_kin_most(r->fold) < least) {
        return 0;
    }

    xsell_features_kin(&r->scale, c);
    c->score += xsell_base_kin(r->fold, c);

    return 1;
}


/* rows from..to that he may have, scored and sorted: few are far from where
   they belong.  shares: neighbours count for less than in the first base;
   least: foreign rows below are left out */

static uint32_t
xsell_bases_sort(xsell_ranker_t *r, const xsell_rules_t *rules, int shares,
    float least, uint32_t from, uint32_t to, uint64_t *sorted)
{
    int                 plain;
    float               offset;
    uint32_t            i, k, n, is;
    uint64_t            order;
    xsell_candidate_t  *c;

    plain = rules->ref_n == 0 && rules->group_n == 0
            && rules->query->shown_n == 0 && rules->ruling.business == NULL;
    n = 0;
    offset = 0;

    for (i = from; i < to; i++) {
        c = &r->candidates.row[i];
        is = r->bases->is[i];

        if ((is & XSELL_ROW_COUNTS) == 0
            || !xsell_base_allow(rules, c, plain, &offset))
        {
            continue;
        }

        if ((is & XSELL_ROW_CHANGED) || (shares && c->knn > 0)) {
            c->score = r->bases->rest[i]
                       + xsell_features_worth(&r->scale, r->fold,
                                              c);
        }

        if ((is & XSELL_ROW_FOREIGN) && !xsell_base_foreign(r, c, least)) {
            continue;
        }

        c->score += offset;
        order = xsell_base_order(c->score, i);

        for (k = n; k > 0 && order > sorted[k - 1]; k--) {
            sorted[k] = sorted[k - 1];
        }

        sorted[k] = order;
        n++;
    }

    return n;
}


/*
 * A score below which no row gets onto the slate: diversity takes mmr at most
 * from one, and twice the slate stands above.  A shop's rules may take any
 * number of rows, so with them there is none.
 */

static float
xsell_bases_least(const xsell_ranker_t *r, const xsell_rules_t *rules,
    const uint64_t *own, uint32_t n)
{
    uint32_t              row;
    const xsell_query_t  *q;

    q = rules->query;

    if (rules->ruling.business || q->want == 0 || n < 2 * q->want) {
        return -1e9f;
    }

    row = UINT32_MAX - (uint32_t) own[2 * q->want - 1];

    return r->candidates.row[row].score - fabsf(q->settings->mmr);
}


/* the rows that this visitor may have into the shortlist, in order: of the
   first base, in which the first `lead` are, and of the others */

static uint32_t
xsell_bases_score(xsell_ranker_t *r, const xsell_rules_t *rules, int shares,
    uint32_t lead)
{
    uint32_t  i, j, k, n, m, row;
    uint64_t  own[XSELL_BASE_ROWS + 1], other[XSELL_BASE_ROWS + 1];

    n = xsell_bases_sort(r, rules, shares, 0, 0, lead, own);
    m = xsell_bases_sort(r, rules, shares,
                         xsell_bases_least(r, rules, own, n), lead,
                         r->candidates.n, other);

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
    uint32_t        i;
    xsell_bases_t  *bases;

    bases = r->bases;
    bases->share = share;
    r->candidates.n = b->n;
    r->candidates.evidence = b->evidence;
    memcpy(bases->cell, b->cell, sizeof(b->cell));

    for (i = 0; i < b->n; i++) {
        bases->from[i] = &b->row[i];

        if (i < counts) {
            xsell_base_put(r, b, i);

        } else {
            bases->is[i] = XSELL_ROW_SPARE;
            r->candidates.row[i].item = b->row[i].item;
        }
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
        || q->given || q->policy != 0 || xsell_catalog_item(q->catalog, q->anchor) == NULL)
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

    /* enough to choose from beside those that other bases bring, and what
       stands on the page */

    rows = 3 * q->want + q->shown_n;
    rows = rows < XSELL_SHORTLIST / 3 ? XSELL_SHORTLIST / 3 : rows;
    rows = rows < lead->n ? rows : lead->n;

    /* pins look for their rows in all of them */

    if (q->business) {
        rows = lead->n;
    }

    xsell_bases_shares(&of, share);

    r->basis = basis;
    r->candidates.n = lead->n;
    r->candidates.evidence = lead->evidence;
    xsell_features_scale(&r->scale, a, r, q);
    xsell_features_fold(&r->scale, r->theta, r->fold);
    xsell_bases_kind(r, q);

    if (r->draws) {
        r->bases->z = r->bases->noise + (xsell_random(&r->random)
                                         & (XSELL_BASE_NOISE - 1));
    }

    xsell_bases_lead(r, lead, rows, of.visit_n > 1 ? share[0] : 1);

    for (i = 1; i < of.visit_n; i++) {
        xsell_base_add(r, lead, of.base[i], share[i], XSELL_VIEWED_REST);
    }

    for ( /* void */ ; i < of.n; i++) {
        xsell_base_bought(r, lead, of.base[i], XSELL_BOUGHT_REST);
    }

    xsell_rules_init(rules, q, basis.lead);
    xsell_bases_seen(r, q);
    *n = xsell_bases_score(r, rules, of.visit_n > 1, lead->n);

    /* a shop's rules may have left too little of what nobody's rules left */

    return rules->ruling.business == NULL || *n >= q->want
           || lead->n == lead->candidates;
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
        xsell_features_kin(&r->scale, c);
        c->pair = xsell_kind_pair(r->scale.kind,
                                  xsell_kind(r, r->scale.query->catalog,
                                             c->info)->path);
    }

    if (r->scale.styled) {
        xsell_features_own(&r->scale, c);
    }

    c->feature[XSELL_F_SEEN] = (r->bases->is[i] & XSELL_ROW_SEEN) != 0;
    xsell_features_evidence(&r->scale, c);
}

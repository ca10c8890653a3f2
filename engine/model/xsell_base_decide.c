
/*
 * xsell_base_decide.c: a decision from bases, all of it.
 *
 *   find    the bases of the page's item, of the visit's and of the cart's
 *   rows    put together (xsell_base_mix.c)
 *   seen, rules   what the visitor saw counts for less, what he may not have is
 *           out
 *   score   (xsell_base_mix.c)
 *   pick    those that are chosen, with their features
 *
 * Nothing is sorted: diversity looks at all rows anyway (xsell_choice.c).
 */

#include "xsell_base.h"


#define XSELL_BASE_VISITS      12       /* neighbours that its rows are of, for
                                           each visit beyond the first that
                                           a pair needs */


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
    int                 all;
    uint32_t            i, n;
    xsell_base_wants_t  wants;

    wants.n = 0;
    wants.made = 0;

    n = basis->cart_n < XSELL_BASE_CART ? basis->cart_n : XSELL_BASE_CART;

    of->visit_n = basis->visit_n;

    for (i = 0; i < basis->visit_n + n; i++) {

        if (i == basis->visit_n) {
            continue;           /* cart[0] is the page's item */
        }

        wants.item[wants.n] = xsell_catalog_of(q->catalog,
                                      i < basis->visit_n
                                      ? basis->visit[i]
                                      : basis->cart[i - basis->visit_n]);

        if (wants.item[wants.n++] == XSELL_NO_ITEM) {
            return 0;           /* left the catalogue: the long way knows */
        }
    }

    if (!xsell_bases_want(r, q, &wants)) {
        return 0;
    }

    all = 1;

    for (i = 0; i < wants.n; i++) {
        of->base[i] = xsell_base_of(r, a, q, &wants, i);
        all &= of->base[i] != NULL;
    }

    of->n = wants.n;

    return all;
}


/* the neighbours' shares, as the weights of xsell_knn say, and of as many visits
   as it asks */

static void
xsell_bases_shares(const xsell_bases_of_t *of, float *share)
{
    float     total, n;
    uint32_t  i, visits;

    n = (float) of->visit_n;
    total = 0;

    for (i = 0; i < of->visit_n; i++) {
        visits = of->base[i]->visits;

        if (visits > xsell_knn_newest(i)) {
            visits = xsell_knn_newest(i);
        }

        share[i] = (n - (float) i) / n * (1.0f - 0.1f * (float) (i + 1))
                   * (float) visits;
        total += share[i];
    }

    for (i = 0; i < of->visit_n; i++) {
        share[i] = total > 0 ? share[i] / total : 0;
    }
}


/* the base that a row is of, and its row there */

static inline const xsell_base_t *
xsell_mix_of(const xsell_bases_t *bases, uint32_t i, uint32_t *at)
{
    *at = i < bases->lead ? i : bases->at[i];

    return bases->from[i < bases->lead ? 0 : i];
}


/* ---- what the visitor saw, and may have -------------------------------- */

static inline uint32_t
xsell_mix_find(const xsell_ranker_t *r, uint32_t item)
{
    uint32_t  k;

    k = *xsell_base_cell(r->bases->cell, r->bases->item, item);

    return k == XSELL_BASE_NONE ? k : r->bases->row[k];
}


static void
xsell_mix_seen(xsell_ranker_t *r, const xsell_query_t *q)
{
    uint32_t        i, k;
    xsell_bases_t  *bases;

    bases = r->bases;

    for (i = 0; i < r->scale.seen_n; i++) {
        k = xsell_mix_find(r, xsell_catalog_of(q->catalog,
                                               r->scale.seen[i]));

        if (k != XSELL_BASE_NONE && (bases->is[k] & XSELL_ROW_SEEN) == 0) {
            bases->is[k] |= XSELL_ROW_SEEN;
            bases->bare[k] += r->fold[XSELL_F_SEEN];
        }
    }
}


/* the style of rows beside the visit's, which no base knows */

static void
xsell_mix_style(xsell_ranker_t *r)
{
    uint32_t  i;

    for (i = 0; i < r->candidates.n; i++) {
        r->bases->bare[i] += r->fold[XSELL_F_STYLE]
                             * xsell_features_style(&r->scale,
                                                    xsell_bases_name(r, i));
    }
}


static void
xsell_mix_out(xsell_ranker_t *r, uint32_t item)
{
    uint32_t  k;

    k = xsell_mix_find(r, item);

    if (k != XSELL_BASE_NONE) {
        r->bases->bare[k] = XSELL_CHOICE_OUT;
    }
}


/* what the visitor's own rules take away of rows that passed those of anybody:
   few items are named, so they are looked for, not the rows asked */

static void
xsell_mix_rules(xsell_ranker_t *r, const xsell_rules_t *rules)
{
    uint32_t              i, k, at, group;
    const xsell_base_t   *b;
    const xsell_query_t  *q;

    q = rules->query;
    xsell_mix_out(r, q->anchor);

    for (i = 0; i < rules->ref_n; i++) {
        xsell_mix_out(r, xsell_catalog_of(q->catalog, rules->ref[i]));
    }

    for (i = 0; i < q->shown_n; i++) {
        xsell_mix_out(r, q->shown[i]);
    }

    for (i = 0; rules->group_n && i < r->candidates.n; i++) {
        b = xsell_mix_of(r->bases, i, &at);
        group = b->info[at]->group_idx;

        for (k = 0; group && k < rules->group_n; k++) {
            if (rules->group[k] == group) {
                r->bases->bare[i] = XSELL_CHOICE_OUT;
                break;
            }
        }
    }
}


/* a shop's: each row is asked, and its score shifted */

static void
xsell_mix_business(xsell_ranker_t *r, const xsell_rules_t *rules)
{
    float              offset;
    uint32_t           i;
    xsell_candidate_t *c;

    for (i = 0; i < r->candidates.n; i++) {
        c = xsell_bases_row(r, i);

        if (xsell_rules_allow(rules, c, &offset)) {
            r->choice.score[i] += offset;

        } else {
            r->choice.score[i] = XSELL_CHOICE_OUT;
        }
    }
}


/* ---- all of it -------------------------------------------------------- */

/* whether bases can answer, and which */

static int
xsell_bases_can(xsell_ranker_t *r, const xsell_arena_t *a,
    const xsell_query_t *q, const xsell_basis_t *basis,
    xsell_bases_of_t *of)
{
    const xsell_base_t  *lead;

    if (basis->visit_n == 0
        || xsell_catalog_of(q->catalog, basis->visit[0]) != q->anchor
        || !xsell_bases_find(r, a, q, basis, of))
    {
        return 0;
    }

    lead = of->base[0];

    /* an item that several visits must name is named by them in each base
       alone, but on the long way by the visits of all: where visits are few
       that decides */

    if (of->visit_n > 1
        && lead->visits < (q->settings->min_visits - 1) * XSELL_BASE_VISITS)
    {
        return 0;
    }

    /* with what stands on the page too little may be left of its rows */

    return lead->n == lead->candidates || lead->n >= q->want + q->shown_n;
}


/* of the first base's rows: enough to choose from beside those that other bases
   bring, and what stands on the page; pins look for theirs in all of them */

static uint32_t
xsell_bases_rows(const xsell_query_t *q, const xsell_base_t *lead)
{
    uint32_t  rows;

    rows = 3 * q->want + q->shown_n;
    rows = rows < XSELL_SHORTLIST / 3 ? XSELL_SHORTLIST / 3 : rows;

    return rows > lead->n || q->business ? lead->n : rows;
}


static void
xsell_bases_mix(xsell_ranker_t *r, const xsell_query_t *q,
    const xsell_bases_of_t *of, const xsell_rules_t *rules)
{
    float                share[XSELL_ANCHORS_MAX];
    uint32_t             i;
    const xsell_base_t  *lead;

    lead = of->base[0];
    xsell_bases_shares(of, share);

    xsell_mix_lead(r, lead, xsell_bases_rows(q, lead),
                   of->visit_n > 1 ? share[0] : 1);

    for (i = 1; i < of->visit_n; i++) {
        xsell_mix_viewed(r, of->base[i], share[i], i == 1);
    }

    for ( /* void */ ; i < of->n; i++) {
        xsell_mix_bought(r, of->base[i]);
    }

    xsell_mix_seen(r, q);

    if (r->scale.styled) {
        xsell_mix_style(r);
    }

    if (rules->ruling.business == NULL) {
        xsell_mix_rules(r, rules);
    }

    xsell_mix_score(r);

    if (rules->ruling.business) {
        xsell_mix_business(r, rules);
    }
}


int
xsell_bases_decide(xsell_ranker_t *r, const xsell_arena_t *a,
    const xsell_query_t *q, xsell_rules_t *rules)
{
    uint32_t             i, n;
    xsell_basis_t        basis;
    xsell_bases_of_t     of;
    const xsell_kind_t  *kind;

    if (q->settings->memory_ms == 0 || q->repeats
        || q->want > XSELL_SLATE_MAX || q->given || q->policy != 0
        || xsell_catalog_item(q->catalog, q->anchor) == NULL)
    {
        return 0;
    }

    xsell_basis_build(&basis, a, q);

    if (!xsell_bases_can(r, a, q, &basis, &of)) {
        return 0;
    }

    r->basis = basis;
    r->candidates.n = of.base[0]->n;
    r->candidates.evidence = of.base[0]->evidence;
    xsell_features_scale(&r->scale, a, r, q);
    xsell_features_fold(&r->scale, r->theta, r->fold);

    kind = xsell_kind(r, q->catalog, r->scale.lead);
    r->scale.kind = kind->path;
    r->scale.group = kind->top;

    xsell_rules_init(rules, q, basis.lead);
    xsell_bases_mix(r, q, &of, rules);

    if (rules->ruling.business == NULL
        || of.base[0]->n == of.base[0]->candidates)
    {
        return 1;
    }

    /* a shop's rules may have left too little of what nobody's rules left */

    n = 0;

    for (i = 0; i < r->choice.n; i++) {
        n += r->choice.score[i] > XSELL_CHOICE_OUT / 2;
    }

    return n >= q->want;
}


xsell_candidate_t *
xsell_bases_row(xsell_ranker_t *r, uint32_t i)
{
    uint32_t              k;
    const xsell_base_t   *b;
    xsell_bases_t        *bases;
    xsell_candidate_t    *c;

    bases = r->bases;
    b = xsell_mix_of(bases, i, &k);
    c = &r->candidates.row[i];

    c->item = b->items[k];
    c->ref = b->ref[k];
    c->info = b->info[k];
    c->sources = bases->says.sources[i];
    c->knn = bases->says.knn[i];
    c->bought = bases->says.bought[i];
    c->viewed = bases->says.viewed[i];
    c->before = bases->before[i];
    c->lift = bases->says.lift[i];
    c->similar = bases->says.similar[i];
    c->visual = bases->is[i] & XSELL_ROW_FOREIGN
                ? 0 : b->kin[XSELL_BASE_VISUAL][k];
    c->score = r->choice.score[i];
    c->residual = b->residual[k];
    c->doubt = b->doubt[k];
    c->pair = b->pair[k];
    c->given = NULL;

    return c;
}


xsell_candidate_t *
xsell_bases_name(xsell_ranker_t *r, uint32_t i)
{
    uint32_t              k;
    const xsell_base_t   *b;
    xsell_candidate_t    *c;

    b = xsell_mix_of(r->bases, i, &k);
    c = &r->candidates.row[i];

    c->item = b->items[k];
    c->ref = b->ref[k];
    c->info = b->info[k];

    return c;
}


/* ---- picks ------------------------------------------------------------ */

/* what a base does not know of a row: kinship with the page's item if another
   one brought it, and what it is beside the visit's style */

static void
xsell_bases_few(xsell_ranker_t *r, uint32_t i, float *f, xsell_pick_t *pick)
{
    int8_t              some[16];
    uint32_t            k;
    xsell_four_t        kin, rest;
    xsell_candidate_t  *c;

    c = xsell_bases_row(r, i);

    if (r->bases->is[i] & XSELL_ROW_FOREIGN) {
        xsell_features_kin(&r->scale, c);

        for (k = 0; k < XSELL_BASE_KIN; k++) {
            f[xsell_base_kin[k]] = c->feature[xsell_base_kin[k]];
        }

        pick->pair = xsell_kind_pair(r->scale.kind,
                                     xsell_kind(r, r->scale.query->catalog,
                                                c->info)->path);
    }

    if (r->scale.styled) {
        f[XSELL_F_STYLE] = xsell_features_style(&r->scale, c);
    }

    kin = (xsell_four_t) { f[XSELL_F_CATEGORY], f[XSELL_F_BRAND],
                           f[XSELL_F_PRICE_UP], f[XSELL_F_PRICE_GAP] };
    rest = (xsell_four_t) { f[XSELL_F_VISUAL], f[XSELL_F_STYLE], 0, 0 };

    xsell_four_pack(kin, rest, rest, rest, some);
    memcpy(&pick->feature[XSELL_F_CATEGORY], &some[0], 2);
    memcpy(&pick->feature[XSELL_F_PRICE_UP], &some[2], 2);
    memcpy(&pick->feature[XSELL_F_VISUAL], &some[4], 2);
}


/* as xsell_features_evidence() */

static inline void
xsell_bases_evidence(const xsell_ranker_t *r, uint32_t i, float *feature)
{
    xsell_four_t          x;
    const xsell_bases_t  *b;

    static const xsell_four_t  half = {
        XSELL_KNN_HALF, XSELL_PAIR_HALF, XSELL_PAIR_HALF, XSELL_SIMILAR_HALF
    };

    b = r->bases;

    x = (xsell_four_t) { b->says.knn[i], b->says.bought[i],
                         b->says.viewed[i], b->says.similar[i] };
    x = xsell_four_where(x > 0.0f, x);
    x = (x + x) / (x + half);

    feature[XSELL_F_KNN] = x[0];
    feature[XSELL_F_BOUGHT] = x[1];
    feature[XSELL_F_VIEWED] = x[2];
    feature[XSELL_F_SIMILAR] = r->scale.similar * x[3];
    feature[XSELL_F_LIFT] = xsell_clip(b->says.lift[i] / 3, -2, 2);
    feature[XSELL_F_BEFORE] = xsell_half(b->before[i], XSELL_PAIR_HALF);
}


/*
 * Of 28 features the base has those packed that no visit moves.  The others
 * stand in fours, bias, knn, bought, viewed; seen, lift, similar, before; and
 * the products with the moment: they are made as floats, and packed at once.
 */

_Static_assert(XSELL_F_BIAS == 0 && XSELL_F_VIEWED == 3
               && XSELL_F_SEEN == 12 && XSELL_F_BEFORE == 15
               && XSELL_F_DWELL == 20 && XSELL_FEATURES == 28, "fours");

static inline void
xsell_bases_pick(xsell_ranker_t *r, uint32_t i, xsell_pick_t *pick)
{
    float                 f[XSELL_FEATURES];
    int8_t                moved[16];
    uint32_t              j, k;
    const xsell_base_t   *b;
    xsell_bases_t        *bases;

    bases = r->bases;
    b = xsell_mix_of(bases, i, &k);

    pick->item = b->items[k];
    pick->ref = b->ref[k];
    pick->propensity = r->draws ? 0 : 0xffff;
    pick->pair = b->pair[k];
    pick->rule = 0;
    pick->caps = 0;
    memcpy(pick->feature, b->packed[k], sizeof(pick->feature));

#pragma GCC unroll 8
    for (j = 0; j < XSELL_BASE_KIN; j++) {
        f[xsell_base_kin[j]] = b->kin[j][k];
    }

    f[XSELL_F_STYLE] = 0;

    if (bases->is[i] & XSELL_ROW_FOREIGN || r->scale.styled) {
        xsell_bases_few(r, i, f, pick);
    }

    f[XSELL_F_BIAS] = 1;
    f[XSELL_F_SEEN] = (bases->is[i] & XSELL_ROW_SEEN) != 0;
    xsell_bases_evidence(r, i, f);
    xsell_features_cross(&r->scale, f);

    xsell_four_pack(xsell_four(&f[0]), xsell_four(&f[12]),
                    xsell_four(&f[20]), xsell_four(&f[24]), moved);

    memcpy(&pick->feature[0], &moved[0], 4);
    memcpy(&pick->feature[12], &moved[4], 4);
    memcpy(&pick->feature[20], &moved[8], 8);

    pick->reason = (uint8_t) xsell_features_reason(bases->says.sources[i],
                                                   pick->feature, r->weight);
}


void
xsell_bases_picks(xsell_ranker_t *r, const uint16_t *row, uint32_t n,
    xsell_pick_t *pick)
{
    uint32_t  i;

    for (i = 0; i < n; i++) {
        xsell_bases_pick(r, row[i], &pick[i]);
    }
}


/*
 * xsell_score.c: the scores of a decision's candidates, four at a time.
 *
 * Between the union of the sources (xsell_candidates.c) and the choice among
 * them (xsell_choice.c), when no bases answer (xsell_base.c):
 *
 *   gather   rows that the rules leave, as columns: what their features are
 *            made of
 *   score    features and weights, four rows at a time
 *   take     all of them as the rows of the choice, which looks at eight at a
 *            time: to find the best first takes longer; of very many, and
 *            of a base's, the best
 *
 * A row that becomes a pick, or a base's, gets its features afterwards
 * (xsell_score_complete), by xsell_features.c, which says what they are; here
 * stand the same formulas once more, for four.  To have all features of all
 * rows and to sum them up row by row was four times the instructions, most of
 * them for rows that nobody looks at again.  score_test.c holds both against
 * each other.
 *
 * Not taken: bounds, to leave rows out that can't win.  What a bound needs is
 * most of what a score needs, the item's records.
 */

#include "xsell_model.h"


/* ---- gather ----------------------------------------------------------- */

/* the visitor has seen these, which counts against them */

static void
xsell_score_seen(xsell_ranker_t *r, const xsell_query_t *q)
{
    uint32_t            i;
    xsell_candidate_t  *c;

    for (i = 0; i < r->scale.seen_n; i++) {
        c = xsell_candidates_find(&r->candidates,
                                  xsell_catalog_of(q->catalog,
                                                   r->scale.seen[i]));
        if (c) {
            c->seen = 1;
        }
    }
}


static void
xsell_score_sums(xsell_columns_t *to, uint32_t n,
    const xsell_item_record_t *it, xsell_ref_t ref, uint32_t now_s)
{
    uint32_t  decay_s;

    /* sums of the slot's former item, not yet reset by the learner */

    if (xsell_item_tag(it) != xsell_ref_tag(ref)) {
        to->pop[n] = 0;
        to->sold[n] = 0;
        to->trend[n] = 0;
        to->age[n] = 0;
        return;
    }

    decay_s = xsell_load(&it->decay_s);

    to->pop[n] = xsell_load_float(&it->pop);
    to->sold[n] = xsell_load_float(&it->sold);
    to->trend[n] = xsell_load_float(&it->trend);
    to->age[n] = now_s > decay_s ? (float) (now_s - decay_s) : 0;
}


static void
xsell_score_pair(xsell_ranker_t *r, xsell_candidate_t *c)
{
    c->pair = xsell_kind_pair(r->scale.kind,
                              xsell_kind(r, r->scale.query->catalog,
                                         c->info)->path);
}


/* what few rows have, and what the model knows of this one alone */

static float
xsell_score_extra(xsell_ranker_t *r, const xsell_arena_t *a,
    xsell_candidate_t *c, uint32_t i)
{
    float  f, variance;

    f = r->fold[XSELL_F_GEO] * c->geo
        + (c->seen ? r->fold[XSELL_F_SEEN] : 0);

    if (c->sources & (1u << XSELL_REASON_NEW)) {
        f += r->fold[XSELL_F_NEW] * xsell_features_new(&r->scale, a, c);
    }

    if (r->scale.styled) {
        f += r->fold[XSELL_F_STYLE] * xsell_features_style(&r->scale, c);
    }

    if (r->learned) {
        xsell_score_pair(r, c);
        f += xsell_rank_residual(a, c, &variance);

        if (r->draws) {
            f += r->scale.query->settings->alpha * r->z[i]
                 * sqrtf(variance);
        }
    }

    return f;
}


/* rows that the rules leave; returns how many, behind them up to 3 of any kind
   that only fill the four */

static uint32_t
xsell_score_gather(xsell_ranker_t *r, const xsell_arena_t *a,
    const xsell_rules_t *rules)
{
    float                offset;
    uint32_t             i, n;
    xsell_columns_t     *to;
    const xsell_item_t  *info;
    xsell_candidate_t   *c;

    to = &r->columns;
    n = 0;

    for (i = 0; i < r->candidates.n; i++) {
        c = &r->candidates.row[i];

        if (!xsell_rules_allow(rules, c, &offset)) {
            continue;
        }

        info = c->info;
        xsell_score_sums(to, n, &a->items[xsell_ref_slot(c->ref)], c->ref,
                         r->scale.now_s);

        to->row[n] = (uint16_t) i;
        to->category[n] = info->category_idx;
        to->brand[n] = info->brand_idx;
        to->price[n] = (float) info->price;
        to->rating[n] = (float) info->prior;
        to->knn[n] = c->knn;
        to->bought[n] = c->bought;
        to->viewed[n] = c->viewed;
        to->lift[n] = c->lift;
        to->similar[n] = c->similar;
        to->visual[n] = c->visual;
        to->extra[n++] = offset + xsell_score_extra(r, a, c, i);
    }

    return n;
}


/* ---- score ------------------------------------------------------------ */

/* of the decision, four times each */

typedef struct {
    xsell_int4_t             category;
    xsell_int4_t             brand;
    xsell_four_t             price;     /* 1 / the lead's; 0: unknown */
    float                    pop;       /* 1 / the best sum's range */
    float                    sold;
} xsell_score_t;


static void
xsell_score_begin(xsell_score_t *s, const xsell_scale_t *scale)
{
    int32_t              category, brand;
    const xsell_item_t  *lead;

    lead = scale->lead;

    /* -1: no item has it */

    category = lead && lead->category_idx ? (int32_t) lead->category_idx : -1;
    brand = lead && lead->brand_idx ? (int32_t) lead->brand_idx : -1;

    s->category = xsell_int4_all((uint32_t) category);
    s->brand = xsell_int4_all((uint32_t) brand);
    s->price = xsell_four_all(lead && lead->price > 0
                              ? 1 / (float) lead->price : 0);
    s->pop = 1 / (scale->pop - XSELL_SUM_LEAST);
    s->sold = 1 / (scale->sold - XSELL_SUM_LEAST);
}


/* as xsell_log2() */

static inline xsell_four_t
xsell_four_log2(xsell_four_t x)
{
    xsell_four_t  m;
    xsell_int4_t  w;

    w = (xsell_int4_t) x;
    m = __builtin_convertvector((w >> 23) - 127, xsell_four_t);
    x = (xsell_four_t) ((w & 0x007fffff) | 0x3f800000);

    return m + (2.0f - 0.33582878f * x) * x - 1.65871022f;
}


/* of a sum the logarithm at now, LEAST if it is gone; hardly a number: gone */

static inline xsell_four_t
xsell_score_sum(const float *sum, xsell_four_t age, float half_s)
{
    xsell_four_t  x, f;
    xsell_int4_t  is;

    x = xsell_four(sum);
    is = (x > 1e-9f) & (x < 1e30f);
    f = xsell_four_log2(x) - age * (1 / half_s);
    f = xsell_four_max(f, xsell_four_all(XSELL_SUM_LEAST)) - XSELL_SUM_LEAST;

    return xsell_four_where(is, f) + XSELL_SUM_LEAST;
}


/* what rows i to i + 3 are by themselves: how often looked at and bought */

static inline xsell_four_t
xsell_score_own(const xsell_score_t *s, const float *w,
    const xsell_columns_t *from, uint32_t i)
{
    xsell_four_t  age, pop, sold, trend, f;

    age = xsell_four(&from->age[i]);
    pop = xsell_score_sum(&from->pop[i], age, XSELL_POP_HALF_S);
    sold = xsell_score_sum(&from->sold[i], age, XSELL_SOLD_HALF_S);
    trend = xsell_score_sum(&from->trend[i], age, XSELL_TREND_HALF_S);

    /* above what the week lets expect; a handful of views is no trend */

    f = xsell_four_clip((trend - pop - XSELL_TREND_EXPECTED) * 0.5f, 2)
        * xsell_four_min(trend * 0.25f, xsell_four_all(1));
    f = xsell_four_where(trend > 0.0f, f);

    pop = xsell_four_min((pop - XSELL_SUM_LEAST) * s->pop, xsell_four_all(1));
    sold = xsell_four_min((sold - XSELL_SUM_LEAST) * s->sold,
                          xsell_four_all(1));

    return w[XSELL_F_TREND] * f + 2 * w[XSELL_F_POPULAR] * pop
           + 2 * w[XSELL_F_SOLD] * sold
           + w[XSELL_F_RATING] / 64 * xsell_four(&from->rating[i]);
}


/* kinship with the lead, as xsell_features_kin() */

static inline xsell_four_t
xsell_score_kin(const xsell_score_t *s, const float *w,
    const xsell_columns_t *from, uint32_t i)
{
    xsell_four_t  up;
    xsell_int4_t  category, brand;

    memcpy(&category, &from->category[i], sizeof(category));
    memcpy(&brand, &from->brand[i], sizeof(brand));

    up = xsell_four(&from->price[i]) * s->price;
    up = xsell_four_where(up > 0.0f,
                          xsell_four_clip(xsell_four_log2(up) * 0.5f, 2));

    return xsell_four_where(category == s->category,
                            xsell_four_all(w[XSELL_F_CATEGORY]))
           + xsell_four_where(brand == s->brand,
                              xsell_four_all(w[XSELL_F_BRAND]))
           + w[XSELL_F_PRICE_UP] * up
           + w[XSELL_F_PRICE_GAP] * xsell_four_abs(up)
           + w[XSELL_F_VISUAL] * xsell_four(&from->visual[i]);
}


static inline xsell_four_t
xsell_score_half(const float *p, float half)
{
    xsell_four_t  x;

    x = xsell_four(p);
    x = xsell_four_where(x > 0.0f, x);

    return (x + x) / (x + half);
}


/* as xsell_features_evidence() */

static inline xsell_four_t
xsell_score_says(const float *w, float similar, const xsell_columns_t *from,
    uint32_t i)
{
    return w[XSELL_F_KNN] * xsell_score_half(&from->knn[i], XSELL_KNN_HALF)
           + w[XSELL_F_BOUGHT] * xsell_score_half(&from->bought[i],
                                                  XSELL_PAIR_HALF)
           + w[XSELL_F_VIEWED] * xsell_score_half(&from->viewed[i],
                                                  XSELL_PAIR_HALF)
           + w[XSELL_F_SIMILAR] * similar
             * xsell_score_half(&from->similar[i], XSELL_SIMILAR_HALF)
           + w[XSELL_F_LIFT]
             * xsell_four_clip(xsell_four(&from->lift[i]) * (1 / 3.0f), 2);
}


static void
xsell_score_all(xsell_ranker_t *r, uint32_t n)
{
    uint32_t          i;
    const float      *w;
    xsell_four_t      f;
    xsell_score_t     s;
    xsell_columns_t  *c;

    c = &r->columns;
    w = r->fold;
    xsell_score_begin(&s, &r->scale);

    for (i = 0; i < n; i += 4) {
        f = w[XSELL_F_BIAS] + xsell_four(&c->extra[i])
            + xsell_score_own(&s, w, c, i)
            + xsell_score_kin(&s, w, c, i)
            + xsell_score_says(w, r->scale.similar, c, i);
        memcpy(&c->score[i], &f, sizeof(f));
    }
}


/* ---- keep ------------------------------------------------------------- */

/* rows that the caller brought, with features of their own */

static uint32_t
xsell_score_given(xsell_ranker_t *r, const xsell_rules_t *rules)
{
    float               offset;
    uint32_t            i, n;
    xsell_candidate_t  *c;

    n = 0;

    for (i = 0; i < r->candidates.n; i++) {
        c = &r->candidates.row[i];

        if (!xsell_rules_allow(rules, c, &offset)) {
            continue;
        }

        xsell_score_complete(r, c);

        r->columns.row[n] = (uint16_t) i;
        r->columns.category[n] = c->info->category_idx;
        r->columns.brand[n] = c->info->brand_idx;
        r->columns.price[n] = (float) c->info->price;
        r->columns.score[n] = xsell_dot(r->fold, c->feature,
                                        XSELL_ROW_FEATURES)
                              + c->residual + offset;

        if (r->draws) {
            r->columns.score[n] += r->scale.query->settings->alpha * r->z[i]
                                   * c->doubt;
        }

        n++;
    }

    return n;
}


/* all of n as the rows of the choice */

static void
xsell_score_take(xsell_ranker_t *r, uint32_t n)
{
    uint32_t                i;
    xsell_four_t            price, octave;
    xsell_int4_t            known;
    xsell_choice_t         *to;
    const xsell_columns_t  *c;

    c = &r->columns;
    to = &r->choice;

    memcpy(to->row, c->row, n * sizeof(c->row[0]));
    memcpy(to->score, c->score, n * sizeof(c->score[0]));
    memcpy(to->category, c->category, n * sizeof(c->category[0]));
    memcpy(to->brand, c->brand, n * sizeof(c->brand[0]));

    /* as xsell_octave() */

    for (i = 0; i < n; i += 4) {
        price = xsell_four(&c->price[i]);
        known = price > 0.0f;
        octave = xsell_four_log2(price);
        octave = (xsell_four_t) (((xsell_int4_t) octave & known)
                                 | ((xsell_int4_t) xsell_four_all(NAN)
                                    & ~known));
        memcpy(&to->octave[i], &octave, sizeof(octave));
    }

    xsell_choice_close(to, n);
}


/* ... and the best `max` of them */

static void
xsell_score_keep(xsell_ranker_t *r, uint32_t n, uint32_t max)
{
    uint32_t                i, k;
    uint16_t                at[XSELL_SHORTLIST];
    const xsell_columns_t  *c;

    c = &r->columns;
    n = xsell_scores_select(c->score, n, max, at);

    for (i = 0; i < n; i++) {
        k = at[i];
        r->choice.row[i] = c->row[k];

        xsell_choice_put(&r->choice, i, c->score[k], c->category[k],
                         c->brand[k], xsell_octave((int64_t) c->price[k]));
    }

    xsell_choice_close(&r->choice, n);
}


/* scores of the rows that the rules leave; returns how many */

static uint32_t
xsell_score_rows(xsell_ranker_t *r, const xsell_arena_t *a,
    const xsell_query_t *q, const xsell_rules_t *rules)
{
    uint32_t             n;
    xsell_scale_t       *scale;
    const xsell_kind_t  *kind;

    scale = &r->scale;
    xsell_features_scale(scale, a, r, q);
    xsell_features_fold(scale, r->theta, r->fold);

    kind = xsell_kind(r, q->catalog, scale->lead);
    scale->kind = kind->path;
    scale->group = kind->top;

    if (r->draws) {
        xsell_normals(&r->random, r->z, r->candidates.n);
    }

    xsell_score_seen(r, q);

    if (q->given) {
        return xsell_score_given(r, rules);
    }

    n = xsell_score_gather(r, a, rules);
    xsell_score_all(r, n);

    return n;
}


/* room for variants that fall out, and for diversity to choose from */

static uint32_t
xsell_score_most(const xsell_query_t *q)
{
    uint32_t  max;

    max = q->want < XSELL_SLATE_MAX ? 4 * q->want : XSELL_SHORTLIST;

    return max < XSELL_SHORTLIST / 3 ? XSELL_SHORTLIST / 3 : max;
}


void
xsell_score(xsell_ranker_t *r, const xsell_arena_t *a,
    const xsell_query_t *q, const xsell_rules_t *rules)
{
    uint32_t  n;

    n = xsell_score_rows(r, a, q, rules);

    if (n <= XSELL_CHOICE_ALL) {
        xsell_score_take(r, n);

    } else {
        xsell_score_keep(r, n, xsell_score_most(q));
    }
}


void
xsell_score_complete(xsell_ranker_t *r, xsell_candidate_t *c)
{
    float  variance;

    xsell_features_fill(&r->scale, r->scale.arena, c);
    xsell_score_pair(r, c);

    c->residual = 0;
    c->doubt = 0;

    if (r->learned) {
        c->residual = xsell_rank_residual(r->scale.arena, c, &variance);
        c->doubt = sqrtf(variance);
    }
}


uint32_t
xsell_score_list(xsell_ranker_t *r, const xsell_arena_t *a,
    const xsell_query_t *q, const xsell_rules_t *rules)
{
    uint32_t            i;
    xsell_choice_t     *choice;
    xsell_candidate_t  *c;

    choice = &r->choice;
    xsell_score_keep(r, xsell_score_rows(r, a, q, rules),
                     xsell_score_most(q));

    memset(r->shortlist, 0, choice->n * sizeof(r->shortlist[0]));

    /* the row number as reference: ties go to the earlier source */

    for (i = 0; i < choice->n; i++) {
        c = &r->candidates.row[choice->row[i]];
        c->score = choice->score[i];
        xsell_score_complete(r, c);

        r->shortlist[i].ref = choice->row[i];
        r->shortlist[i].score = choice->score[i];
    }

    xsell_scored_sort(r->shortlist, choice->n);

    return choice->n;
}


void
xsell_score_pick(xsell_ranker_t *r, xsell_candidate_t *c, float score,
    xsell_pick_t *pick)
{
    c->score = score;
    xsell_score_complete(r, c);
    xsell_choice_pick(r, c, pick);
}


/*
 * xsell_score.c: the scores of a decision's candidates, some at a time.
 *
 * Between the union of the sources (xsell_candidates.c) and the choice among
 * them (xsell_choice.c), when no bases answer (xsell_base.c):
 *
 *   gather   rows that the rules leave, as columns: what their features are
 *            made of
 *   score    features and weights, four or eight rows at a time (xsell_rows.c)
 *   take     all of them as the rows of the choice, which looks at eight at a
 *            time: to find the best first takes longer; of very many, and
 *            of a base's, the best
 *
 * A row that becomes a pick, or a base's, gets its features afterwards
 * (xsell_score_complete), by xsell_features.c, which says what they are;
 * xsell_score_loop.h has the same formulas once more.  To have all features of
 * all rows and to sum them up row by row was four times the instructions, most
 * of them for rows that nobody looks at again.
 *
 * Not taken: bounds, to leave rows out that can't win.  What a bound needs is
 * most of what a score needs, the item's records.
 */

#include "xsell_rows.h"


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


/* what the visit's taste says of a row, and what the model knows of it alone */

static float
xsell_score_special(xsell_ranker_t *r, const xsell_arena_t *a,
    xsell_candidate_t *c, uint32_t i, float f)
{
    float  variance;

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


/* rows that the rules leave; returns how many, behind them up to 7 of any kind
   that only fill a vector */

static uint32_t
xsell_score_gather(xsell_ranker_t *r, const xsell_arena_t *a,
    const xsell_rules_t *rules)
{
    int                  special;
    float                f, geo, seen, fresh;
    uint32_t             i, n, rows;
    xsell_columns_t     *to;
    const xsell_item_t  *info;
    xsell_candidate_t   *c;

    to = &r->columns;
    rows = xsell_rules_leave(rules, &r->candidates, to->row, to->extra);

    special = r->learned || r->scale.styled;
    geo = r->fold[XSELL_F_GEO];
    seen = r->fold[XSELL_F_SEEN];
    fresh = r->fold[XSELL_F_NEW];

    for (n = 0; n < rows; n++) {
        i = to->row[n];
        c = &r->candidates.row[i];
        info = c->info;
        xsell_score_sums(to, n, &a->items[xsell_ref_slot(c->ref)], c->ref,
                         r->scale.now_s);

        to->category[n] = info->category_idx;
        to->brand[n] = info->brand_idx;
        to->price[n] = (float) info->price;
        to->rating[n] = (float) info->prior;
        to->knn[n] = c->knn;
        to->bought[n] = c->bought;
        to->viewed[n] = c->viewed;
        to->before[n] = c->before;
        to->lift[n] = c->lift;
        to->similar[n] = c->similar;
        to->visual[n] = c->visual;

        f = geo * c->geo + (c->seen ? seen : 0);

        if (c->sources & (1u << XSELL_REASON_NEW)) {
            f += fresh * xsell_features_new(&r->scale, a, c);
        }

        if (special) {
            f = xsell_score_special(r, a, c, i, f);
        }

        to->extra[n] += f;
    }

    return n;
}


/* ---- score ------------------------------------------------------------ */

static void
xsell_score_all(xsell_ranker_t *r, uint32_t n)
{
    xsell_rows_scale_t    s;
    const xsell_item_t   *lead;
    const xsell_scale_t  *scale;

    scale = &r->scale;
    lead = scale->lead;

    s.weight = r->fold;
    s.similar = scale->similar;
    s.pop = 1 / (scale->pop - XSELL_SUM_LEAST);
    s.sold = 1 / (scale->sold - XSELL_SUM_LEAST);
    s.price = lead && lead->price > 0 ? 1 / (float) lead->price : 0;

    /* -1: no item has it */

    s.category = lead && lead->category_idx ? (int32_t) lead->category_idx
                                            : -1;
    s.brand = lead && lead->brand_idx ? (int32_t) lead->brand_idx : -1;

    r->rows->columns(&r->columns, n, &s);
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
    xsell_choice_t         *to;
    const xsell_columns_t  *c;

    c = &r->columns;
    to = &r->choice;

    memcpy(to->row, c->row, n * sizeof(c->row[0]));
    memcpy(to->score, c->score, n * sizeof(c->score[0]));
    memcpy(to->category, c->category, n * sizeof(c->category[0]));
    memcpy(to->brand, c->brand, n * sizeof(c->brand[0]));

    r->rows->octaves(c->price, n, to->octave);
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

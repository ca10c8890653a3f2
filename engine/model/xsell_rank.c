
/*
 * xsell_rank.c: the whole read path, in the order in which it happens:
 *
 *   weights    this process's copy of the model, refreshed when it moved
 *   basis      anchor, visit, cart
 *   gather     up to 200 candidates from all sources
 *   score      rules, features, weights (xsell_score.c)
 *   diversify  one by one, each against those before it (xsell_choice.c)
 *   slate      with reason, features and propensity per pick
 *
 * From basis to score, xsell_base.c can do it with less: settings.memory_ms.
 *
 * A slot may ask for what was viewed last instead (xsell_recall.c).
 *
 * It reads the arena and nothing else, writes only to the caller's slate and
 * to the process's own scratch memory, and its work is bounded by constants:
 * no lock, no allocation, no loop over the catalogue.  Equal inputs give
 * equal slates (without memory_ms).
 *
 * Scores are logits of a click.  As long as the policy is deterministic every
 * propensity is 1; a pick carries it nevertheless, because the log of slates
 * is only worth keeping if it says how likely each was.
 */

#include "xsell_model.h"

#include <math.h>
#include <stdlib.h>


/* decisions that share what they share (memory_ms) share a draw for so long:
   a visitor's pages are further apart, and so are publications of weights */
#define XSELL_RANK_DRAW_MS  50


void
xsell_settings_default(xsell_settings_t *s)
{
    s->min_visits = 3;
    s->neighbours = 150;
    s->anchors = 4;
    s->mmr = 0.3f;
    s->memory_ms = 0;
    s->alpha = 0.1f;
    s->leaving = 0.2f;
    s->value = 0.2f;
}


int
xsell_ranker_create(xsell_ranker_t **r)
{
    *r = aligned_alloc(_Alignof(xsell_ranker_t), sizeof(xsell_ranker_t));

    if (*r == NULL) {
        return XSELL_ENOMEM;
    }

    memset(*r, 0, sizeof(xsell_ranker_t));

    xsell_weights_prior(&(*r)->copy);
    memcpy((*r)->weight, (*r)->copy.weight, sizeof((*r)->weight));
    (*r)->seen = UINT32_MAX;
    (*r)->rows = xsell_rows_best();
    (*r)->bases = xsell_bases_create();

    if ((*r)->bases == NULL) {
        xsell_ranker_destroy(*r);
        *r = NULL;
        return XSELL_ENOMEM;
    }

    return XSELL_OK;
}


void
xsell_ranker_destroy(xsell_ranker_t *r)
{
    if (r) {
        xsell_bases_destroy(r->bases);
        free(r);
    }
}


/* the weights of this decision: one draw for all its rows */

static void
xsell_rank_draw(xsell_ranker_t *r, const xsell_query_t *q)
{
    xsell_bandit_t  b;

    r->random = q->seed;
    r->learned = r->copy.updates != 0 && (q->policy & XSELL_RANK_HAND) == 0;
    r->draws = r->learned && q->settings->alpha > 0
               && (q->policy & XSELL_RANK_GREEDY) == 0;

    if (r->draws && q->settings->memory_ms && r->drawn_ms
        && r->drawn == r->generation
        && q->now_ms - r->drawn_ms < XSELL_RANK_DRAW_MS)
    {
        return;             /* theta is one */
    }

    r->drawn_ms = r->draws ? q->now_ms : 0;
    r->drawn = r->generation;

    if (q->policy & XSELL_RANK_HAND) {
        memcpy(r->theta, xsell_weights_default, sizeof(r->theta));
        return;
    }

    if (r->draws) {
        xsell_bandit_weights(&b, &r->copy);
        xsell_bandit_draw(&b, q->settings->alpha, &r->random, r->theta);

        /* the feature is half of the doublings.  Of a draw alone: the order by
           means is that of chances, and chances are what looks are told. */
        r->theta[XSELL_F_PRICE_UP] += 2 * q->settings->value;
        return;
    }

    memcpy(r->theta, r->weight, sizeof(r->theta));
}


static float
xsell_rank_part(float mean, float precision, float prior, float *variance)
{
    /* torn, or wild memory: as if nothing was known */

    if (!(precision >= prior) || !xsell_finite(precision)
        || !(mean > -20 && mean < 20))
    {
        *variance += 1 / prior;
        return 0;
    }

    *variance += 1 / precision;

    return mean;
}


float
xsell_rank_residual(const xsell_arena_t *a, const xsell_candidate_t *c,
    float *variance)
{
    float                       f;
    const xsell_affinity_t     *cell;
    const xsell_item_record_t  *it;

    *variance = 0;

    it = &a->items[xsell_ref_slot(c->ref)];
    f = 0;

    if (xsell_item_tag(it) == xsell_ref_tag(c->ref)) {
        f = xsell_rank_part(xsell_load_float(&it->resid_mean),
                            xsell_load_float(&it->resid_prec),
                            XSELL_ITEM_PRECISION, variance);
    } else {
        *variance = 1 / XSELL_ITEM_PRECISION;
    }

    cell = xsell_affinity_at(a, c->pair);

    return f + xsell_rank_part(xsell_load_float(&cell->mean),
                               xsell_load_float(&cell->precision),
                               XSELL_PAIR_PRECISION, variance);
}


/* all of it, up to the picks */

static uint32_t
xsell_rank_decide(xsell_ranker_t *r, const xsell_arena_t *a,
    const xsell_query_t *q, xsell_pick_t *pick, uint32_t max,
    uint8_t *explored)
{
    int            shared;
    uint16_t       picks[XSELL_LIST_MAX];
    uint32_t       picked;
    xsell_rules_t  rules;

    xsell_weights_refresh(r, a, (uint32_t) (q->now_ms / 1000));
    xsell_rank_draw(r, q);

    shared = xsell_bases_decide(r, a, q, &rules);

    if (!shared) {

        xsell_basis_build(&r->basis, a, q);
        q->given ? xsell_candidates_given(r, a, q)
                 : xsell_candidates_gather(r, a, q);
        xsell_rules_init(&rules, q, r->basis.lead);
        xsell_score(r, a, q, &rules);
    }

    max = q->want < max ? q->want : max;
    picked = xsell_diversify(r, q, &rules, shared, pick,
                             xsell_rules_want(&rules, max), picks);

    *explored = xsell_toss(r, a, q, &rules, shared, pick, picked, picks);

    return xsell_rules_finish(&rules, r, a, pick, picked, explored);
}


/* what the model says of a pick, without draws */

static float
xsell_rank_logit(const xsell_ranker_t *r, const xsell_arena_t *a,
    const xsell_pick_t *pick)
{
    float              feature[XSELL_FEATURES], variance;
    uint32_t           i;
    xsell_candidate_t  c;

    for (i = 0; i < XSELL_FEATURES; i++) {
        feature[i] = (float) pick->feature[i] / 32;
    }

    c.ref = pick->ref;
    c.pair = pick->pair;

    return xsell_dot(r->weight, feature, XSELL_FEATURES)
           + xsell_rank_residual(a, &c, &variance);
}


int
xsell_rank(xsell_ranker_t *r, const xsell_arena_t *a,
    const xsell_query_t *q, xsell_slate_t *slate)
{
    float     logit[XSELL_SLATE_MAX];
    uint32_t  i;

    if (q->recall) {
        return xsell_recall(a, q, slate);
    }

    memset(slate, 0, sizeof(xsell_slate_t));

    slate->n = xsell_rank_decide(r, a, q, slate->pick, XSELL_SLATE_MAX,
                                 &slate->explored);
    slate->candidates = r->candidates.n;
    slate->generation = r->generation;

    slate->kind = (uint8_t) (r->scale.kind >> 8);
    xsell_look_terms(&r->scale, slate->term);

    /* what rows are worth matters only where there is something to choose */

    for (i = 0; q->arms_n + q->may_hide > 1 && i < slate->n; i++) {
        logit[i] = xsell_rank_logit(r, a, &slate->pick[i]);
    }

    xsell_look_choose(r, q, logit, slate);

    return slate->n && slate->arm != XSELL_ARM_NONE ? XSELL_OK : XSELL_NONE;
}


int
xsell_rank_list(xsell_ranker_t *r, const xsell_arena_t *a,
    const xsell_query_t *q, xsell_pick_t *pick, uint32_t *n)
{
    uint8_t        explored;
    xsell_query_t  means;

    means = *q;
    means.policy |= XSELL_RANK_GREEDY;

    *n = xsell_rank_decide(r, a, &means, pick, XSELL_LIST_MAX, &explored);

    return *n ? XSELL_OK : XSELL_NONE;
}


void
xsell_impression_fill(xsell_impression_t *imp, const xsell_slate_t *slate)
{
    uint32_t             i;
    xsell_imp_row_t     *row;
    const xsell_pick_t  *pick;

    imp->generation = slate->generation;
    imp->arm = slate->look;
    imp->flags |= slate->flags;
    imp->explored = slate->explored;
    imp->kind = slate->kind;
    imp->arm_propensity = slate->arm_propensity;
    imp->want = (uint8_t) slate->n;
    imp->n = slate->arm == XSELL_ARM_NONE ? 0 : (uint8_t) slate->n;

    memcpy(imp->term, slate->term, sizeof(imp->term));

    for (i = 0; i < imp->n; i++) {
        pick = &slate->pick[i];
        row = &imp->row[i];

        row->ref = pick->ref;
        row->propensity = pick->propensity;
        row->pair = pick->pair;
        row->reason = pick->reason;
        row->position = (uint8_t) i;
        row->score = (int16_t) (256 * xsell_clip(pick->score, -100, 100));

        memcpy(row->feature, pick->feature, sizeof(row->feature));

        if (imp->explored == i + 1 && pick->same) {
            imp->flags |= XSELL_IMP_SAME;
        }
    }
}

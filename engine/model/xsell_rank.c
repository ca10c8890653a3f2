
/*
 * xsell_rank.c: the whole read path, in the order in which it happens:
 *
 *   weights    this process's copy of the model, refreshed when it moved
 *   basis      anchor, visit, cart
 *   gather     up to 200 candidates from all sources
 *   score      rules, features, weights; the best 16 to 48 stay
 *   diversify  one by one, each against those before it
 *   slate      with reason, features and propensity per pick
 *
 * From basis to score, xsell_base.c can do it with less: settings.memory_ms.
 *
 * It reads the arena and nothing else, writes only to the caller's slate and
 * to the process's own scratch memory, and its work is bounded by constants:
 * no lock, no allocation, no loop over the catalogue.  Equal inputs give
 * equal slates (without memory_ms).
 *
 * Scores are logits of a click.  As long as the policy is deterministic every
 * propensity is 1; a pick carries it nevertheless, because the log of slates
 * is only worth keeping if it says how likely each was.
 *
 * Diversity is MMR (Carbonell, Goldstein 1998): a greedy pick costs a few
 * hundred comparisons.  A determinantal process needs item vectors, which
 * this model does not have.
 */

#include "xsell_model.h"

#include <math.h>
#include <stdlib.h>


/* decisions that share what they share (memory_ms) share a draw for so long:
   a visitor's pages are further apart, and so are publications of weights */
#define XSELL_RANK_DRAW_MS  50

/* one decision of so many has a place that is tossed for */
#define XSELL_RANK_SLICE  40


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
    *r = calloc(1, sizeof(xsell_ranker_t));

    if (*r == NULL) {
        return XSELL_ENOMEM;
    }

    xsell_weights_prior(&(*r)->copy);
    memcpy((*r)->weight, (*r)->copy.weight, sizeof((*r)->weight));
    (*r)->seen = UINT32_MAX;
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


uint32_t
xsell_rank_score(xsell_ranker_t *r, const xsell_arena_t *a,
    const xsell_query_t *q, const xsell_rules_t *rules)
{
    float                variance, offset;
    uint32_t             i, n, max;
    xsell_scale_t       *scale;
    xsell_scored_t       row;
    xsell_candidate_t   *c;
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

    memset(&row, 0, sizeof(row));
    n = 0;

    /* room for variants that fall out, and for diversity to choose from */

    max = q->want < XSELL_SLATE_MAX ? 4 * q->want : XSELL_SHORTLIST;
    max = max < XSELL_SHORTLIST / 3 ? XSELL_SHORTLIST / 3 : max;

    for (i = 0; i < r->candidates.n; i++) {
        c = &r->candidates.row[i];

        if (!xsell_rules_allow(rules, c, &offset)) {
            continue;
        }

        xsell_features_fill(scale, a, c);

        kind = xsell_kind(r, q->catalog, c->info);
        c->pair = xsell_kind_pair(scale->kind, kind->path);
        c->score = xsell_dot(r->fold, c->feature, XSELL_ROW_FEATURES);

        c->residual = 0;
        c->doubt = 0;

        if (r->learned) {
            c->residual = xsell_rank_residual(a, c, &variance);
            c->doubt = sqrtf(variance);
            c->score += c->residual;
        }

        if (r->draws) {
            c->score += q->settings->alpha * r->z[i] * c->doubt;
        }

        c->score += offset;

        /* the row number as reference: ties go to the earlier source */

        row.ref = i;
        row.score = c->score;

        n = xsell_scored_keep(r->shortlist, n, max, &row);
    }

    xsell_scored_sort(r->shortlist, n);

    return n;
}


/* how alike two items look to a shopper, 0..1 */

static float
xsell_rank_likeness(const xsell_item_t *x, const xsell_item_t *y)
{
    float    f;
    int64_t  low, high;

    f = 0;

    if (x->category_idx && x->category_idx == y->category_idx) {
        f += 0.5f;
    }

    if (x->brand_idx && x->brand_idx == y->brand_idx) {
        f += 0.25f;
    }

    low = x->price < y->price ? x->price : y->price;
    high = x->price < y->price ? y->price : x->price;

    /* within a quarter of the dearer one */

    if (low > 0 && high - low <= (int64_t) ((uint64_t) high / 4)) {
        f += 0.25f;
    }

    return f;
}


/* features as bytes, 32 to one, rounded away from zero; none is beyond 2.
   Four at a time and without a branch: signs are a coin's toss. */

static void
xsell_rank_pack(const float *feature, int8_t *out)
{
    uint32_t      i, k;
    xsell_four_t  f, half;
    xsell_int4_t  w;

    half = (xsell_four_t) { 0.5f, 0.5f, 0.5f, 0.5f };

    for (i = 0; i < XSELL_FEATURES; i += 4) {
        memcpy(&f, &feature[i], sizeof(f));
        f *= 32;

        /* a half with the sign of f */
        w = ((xsell_int4_t) f & INT32_MIN) | (xsell_int4_t) half;
        w = __builtin_convertvector(f + (xsell_four_t) w, xsell_int4_t);

        for (k = 0; k < 4; k++) {
            out[i + k] = (int8_t) w[k];
        }
    }
}


void
xsell_rank_pick(const xsell_ranker_t *r, xsell_candidate_t *c,
    xsell_pick_t *pick)
{
    xsell_features_cross(&r->scale, c->feature);

    pick->item = c->item;
    pick->ref = c->ref;
    pick->score = c->score;
    pick->propensity = r->draws ? 0 : 0xffff;
    pick->pair = c->pair;
    pick->reason = (uint8_t) xsell_features_reason(c, r->weight);
    pick->rule = 0;
    pick->caps = 0;

    xsell_rank_pack(c->feature, pick->feature);
}


/* how alike a row is to the picks that it was not held against yet */

static float
xsell_rank_hold(const xsell_ranker_t *r, const xsell_item_t *info,
    const uint8_t *picks, uint32_t n, float like)
{
    float     f;
    uint32_t  i;

    for (i = 0; i < n; i++) {
        f = xsell_rank_likeness(info, r->candidates.row[picks[i]].info);
        like = f > like ? f : like;
    }

    return like;
}


/*
 * Up to `want` picks; returns how many.  The shortlist is in order and likeness
 * only takes from a score, so who looks for the best need not go past the
 * first row that is no better than what he has, and most rows are never held
 * against anything.  shared: xsell_bases_decide made the shortlist.
 */

static uint32_t
xsell_rank_diversify(xsell_ranker_t *r, const xsell_query_t *q,
    xsell_rules_t *rules, uint32_t n, int shared, xsell_pick_t *pick,
    uint32_t want)
{
    float                 f, best, like[XSELL_SHORTLIST];
    uint8_t               held[XSELL_SHORTLIST], picks[XSELL_SHORTLIST];
    uint32_t              i, at, picked;
    xsell_candidate_t    *c;
    const xsell_scored_t *row;

    memset(like, 0, n * sizeof(like[0]));
    memset(held, 0, n);
    picked = 0;

    while (picked < want) {
        at = n;
        best = 0;

        for (i = 0; i < n; i++) {
            row = &r->shortlist[i];

            if (at < n && row->score <= best && q->settings->mmr >= 0) {
                break;
            }

            if (like[i] < 0) {
                continue;
            }

            /* it can only get more alike */

            if (at < n && q->settings->mmr >= 0
                && row->score - q->settings->mmr * like[i] <= best)
            {
                continue;
            }

            if (held[i] < picked && q->settings->mmr != 0) {
                like[i] = xsell_rank_hold(r, r->candidates.row[row->ref].info,
                                          picks + held[i], picked - held[i],
                                          like[i]);
                held[i] = (uint8_t) picked;
            }

            f = row->score - q->settings->mmr * like[i];

            if (at == n || f > best) {
                best = f;
                at = i;
            }
        }

        if (at == n) {
            break;
        }

        like[at] = -1;      /* taken, or a variant of one that is */
        c = &r->candidates.row[r->shortlist[at].ref];

        if (!xsell_rules_take(rules, c)) {
            continue;
        }

        if (shared) {
            xsell_bases_complete(r, r->shortlist[at].ref);
        }

        picks[picked] = (uint8_t) r->shortlist[at].ref;
        xsell_rank_pick(r, c, &pick[picked++]);
    }

    return picked;
}


/*
 * The exploration slice: in one of 40 decisions one place gets any of the rows
 * that could stand there, each as likely as the others.  What was drawn has no
 * propensity in closed form; this has, and it costs one click in some
 * thousands.  Returns the place + 1, or 0.
 */

static uint8_t
xsell_rank_toss(xsell_ranker_t *r, const xsell_query_t *q,
    xsell_rules_t *rules, uint32_t n, int shared, xsell_pick_t *pick,
    uint32_t picked)
{
    uint32_t            i, k, m, at, rows[XSELL_SHORTLIST];
    xsell_candidate_t  *c;

    if (!r->draws || picked == 0
        || xsell_random(&r->random) % XSELL_RANK_SLICE != 0)
    {
        return 0;
    }

    at = (uint32_t) (xsell_random(&r->random) % picked);
    m = 0;

    for (i = 0; i < n; i++) {
        c = &r->candidates.row[r->shortlist[i].ref];

        for (k = 0; k < picked; k++) {
            if (k != at && (pick[k].item == c->item
                            || xsell_catalog_same(q->catalog, pick[k].item,
                                                  c->item)))
            {
                break;
            }
        }

        if (k == picked && xsell_rules_fits(rules, c)) {
            rows[m++] = r->shortlist[i].ref;
        }
    }

    /* what stands there was taken, so its group is no longer allowed */

    if (m == 0) {
        return 0;
    }

    i = rows[xsell_random(&r->random) % m];
    c = &r->candidates.row[i];

    if (shared) {
        xsell_bases_complete(r, i);
    }

    xsell_rank_pick(r, c, &pick[at]);
    pick[at].propensity = (uint16_t) (0xffff / m);

    return (uint8_t) (at + 1);
}


/* all of it, up to the picks */

static uint32_t
xsell_rank_decide(xsell_ranker_t *r, const xsell_arena_t *a,
    const xsell_query_t *q, xsell_pick_t *pick, uint32_t max,
    uint8_t *explored)
{
    int            shared;
    uint32_t       n, picked;
    xsell_rules_t  rules;

    xsell_weights_refresh(r, a);
    xsell_rank_draw(r, q);

    shared = xsell_bases_decide(r, a, q, &rules, &n);

    if (!shared) {

        xsell_basis_build(&r->basis, a, q);
        q->given ? xsell_candidates_given(r, a, q)
                 : xsell_candidates_gather(r, a, q);
        xsell_rules_init(&rules, q, r->basis.lead);

        n = xsell_rank_score(r, a, q, &rules);
    }

    max = q->want < max ? q->want : max;
    picked = xsell_rank_diversify(r, q, &rules, n, shared, pick,
                                  xsell_rules_want(&rules, max));

    *explored = xsell_rank_toss(r, q, &rules, n, shared, pick, picked);

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

    memset(slate, 0, sizeof(xsell_slate_t));

    slate->n = xsell_rank_decide(r, a, q, slate->pick, XSELL_SLATE_MAX,
                                 &slate->explored);
    slate->candidates = r->candidates.n;
    slate->generation = r->generation;

    slate->kind = (uint8_t) (r->scale.kind >> 8);
    xsell_look_terms(&r->scale, slate->term);

    for (i = 0; q->arms_n && i < slate->n; i++) {
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
    imp->want = (uint16_t) slate->n;
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
    }
}

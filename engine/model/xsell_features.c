
/*
 * xsell_features.c: what the model knows of a candidate, as numbers of about
 * -2..2, and which of them is the reason to show.
 *
 * Sources' scores have no common unit: x / (x + c) brings each into 0..2
 * without changing the order inside a source.  Sums that span decades go in
 * as logarithms; there the decay to now is a subtraction, so no exponential
 * is computed for 200 rows.
 */

#include "xsell_model.h"

#include <math.h>


/* log2 of a best sum that is not known */
#define XSELL_SUM_BEST        4.0f

/*
 * Likeness stands in for evidence, so it gives way to it: halved when visits
 * and orders name this many items.  A weight alone can't: on Online Retail
 * new items want 1.0 and well-known ones 0.4.
 */
#define XSELL_SIMILAR_YIELD   8.0f

#define XSELL_NEW_SPAN_S      (30.0f * 24 * 3600)


/* 2 * x / (x + half), 0 of what is not above it */

static inline xsell_four_t
xsell_features_half(xsell_four_t x, xsell_four_t half)
{
    x = xsell_four_where(x > 0.0f, x);

    return (x + x) / (x + half);
}


/* log2 of an item's decayed sums at now, XSELL_SUM_LEAST if they are gone:
   views, orders, views of late, nothing */

static inline xsell_four_t
xsell_features_now(const xsell_item_record_t *it, float age_s)
{
    xsell_four_t  f, least;
    xsell_int4_t  is;

    static const xsell_four_t  half_s = {
        XSELL_POP_HALF_S, XSELL_SOLD_HALF_S, XSELL_TREND_HALF_S, 1
    };

    least = xsell_four_all(XSELL_SUM_LEAST);
    f = (xsell_four_t) { xsell_load_float(&it->pop),
                         xsell_load_float(&it->sold),
                         xsell_load_float(&it->trend), 0 };

    is = (f > 1e-9f) & (f < INFINITY);
    f = xsell_four_max(xsell_four_log2(f) - age_s / half_s, least);

    return (xsell_four_t) (((xsell_int4_t) f & is)
                           | ((xsell_int4_t) least & ~is));
}


static float
xsell_features_best(const xsell_arena_t *a, uint32_t list)
{
    float  f;

    f = xsell_load_float(&a->tops[list].score[0]);

    if (!xsell_finite(f) || !(f > 1.0f)) {
        return XSELL_SUM_BEST;
    }

    f = xsell_log2(f);

    return f > XSELL_SUM_BEST ? f : XSELL_SUM_BEST;
}


/* how long a page was looked at, 12 seconds to 0 */

static float
xsell_features_dwell(uint32_t ms)
{
    return ms ? xsell_clip(xsell_log2((float) ms / 12000) / 2, -2, 2) : 0;
}


static void
xsell_features_moment(xsell_scale_t *scale, const xsell_query_t *q)
{
    int32_t   length;
    uint32_t  depth;

    scale->dwell = xsell_features_dwell(q->moment.dwell_ms);
    scale->mobile = q->moment.mobile != 0;
    scale->back = q->moment.back != 0;
    scale->styled = 0;

    depth = q->moment.depth;

    if (depth == 0) {
        depth = q->session && q->session->r.visit_n ? q->session->r.visit_n
                                                    : 1;
    }

    scale->depth = depth > 6 ? 1 : (float) (depth - 1) / 5;

    if (q->session == NULL
        || xsell_plane_dims(q->catalog, XSELL_PLANE_STYLE) == 0)
    {
        return;
    }

    memcpy(scale->style, q->session->r.style, sizeof(scale->style));
    length = xsell_vector_dot(scale->style, scale->style,
                              sizeof(scale->style));

    if (length > 0) {
        scale->styled = sizeof(scale->style);
        scale->styled = xsell_plane_dims(q->catalog, XSELL_PLANE_STYLE)
                        < scale->styled
                        ? xsell_plane_dims(q->catalog, XSELL_PLANE_STYLE)
                        : scale->styled;
        scale->inverse = 1 / sqrtf((float) length);
    }
}


void
xsell_features_scale(xsell_scale_t *scale, const xsell_arena_t *a,
    const xsell_ranker_t *r, const xsell_query_t *q)
{
    uint32_t                       i, n;
    const xsell_session_record_t  *s;

    scale->query = q;
    scale->arena = a;
    scale->lead = xsell_catalog_item(q->catalog, r->basis.lead);
    scale->now_s = (uint32_t) (q->now_ms / 1000);
    scale->pop = xsell_features_best(a, XSELL_TOP_POPULAR);
    scale->sold = xsell_features_best(a, XSELL_TOP_SOLD);
    scale->similar = XSELL_SIMILAR_YIELD
                     / (XSELL_SIMILAR_YIELD + (float) r->candidates.evidence);
    scale->seen_n = 0;

    xsell_features_moment(scale, q);

    if (q->session == NULL || q->repeats) {
        return;
    }

    s = &q->session->r;
    n = s->n < XSELL_HISTORY ? s->n : XSELL_HISTORY;

    for (i = 0; i < n; i++) {
        scale->seen[scale->seen_n++] =
            xsell_ref(xsell_ref_slot(s->entry[i]), s->tag[i]);
    }
}


static void
xsell_features_sums(const xsell_scale_t *scale, const xsell_arena_t *a,
    xsell_candidate_t *c)
{
    float                       age;
    uint32_t                    decay_s;
    xsell_four_t                now, most, part;
    const xsell_item_record_t  *it;

    it = &a->items[xsell_ref_slot(c->ref)];

    /* sums of the slot's former item, not yet reset by the learner */

    if (xsell_item_tag(it) != xsell_ref_tag(c->ref)) {
        return;
    }

    decay_s = xsell_load(&it->decay_s);
    age = scale->now_s > decay_s ? (float) (scale->now_s - decay_s) : 0;

    now = xsell_features_now(it, age);
    most = (xsell_four_t) { scale->pop, scale->sold, 0, 0 };
    part = (now - XSELL_SUM_LEAST) / (most - XSELL_SUM_LEAST);
    part = xsell_four_min(part, xsell_four_all(1));     /* now >= LEAST */

    c->feature[XSELL_F_POPULAR] = 2 * part[0];
    c->feature[XSELL_F_SOLD] = 2 * part[1];

    /* above what the week lets expect; a handful of views is no trend */

    if (now[2] > 0) {
        c->feature[XSELL_F_TREND] =
            xsell_clip((now[2] - now[0] - XSELL_TREND_EXPECTED) / 2, -2, 2)
            * xsell_clip(now[2] / 4, 0, 1);
    }
}


float
xsell_features_style(const xsell_scale_t *scale, const xsell_candidate_t *c)
{
    xsell_vector_t  v;

    if (!xsell_plane_vector(scale->query->catalog, XSELL_PLANE_STYLE,
                            c->item, &v))
    {
        return 0;
    }

    return 2 * xsell_clip((float) xsell_vector_dot(scale->style, v.p,
                                                   scale->styled)
                          * scale->inverse * v.inverse, -1, 1);
}


/* what the item is by itself, beside the visit's taste */

void
xsell_features_own(const xsell_scale_t *scale, xsell_candidate_t *c)
{
    c->feature[XSELL_F_RATING] = (float) c->info->prior / 64;
    c->feature[XSELL_F_GEO] = c->geo;

    if (scale->styled) {
        c->feature[XSELL_F_STYLE] = xsell_features_style(scale, c);
    }
}


float
xsell_features_new(const xsell_scale_t *scale, const xsell_arena_t *a,
    const xsell_candidate_t *c)
{
    uint32_t  born;

    born = xsell_load(&a->dict[xsell_ref_slot(c->ref)].born_s);

    return born <= scale->now_s
           ? xsell_clip(2 - (float) (scale->now_s - born)
                            * 2 / XSELL_NEW_SPAN_S, 0, 2)
           : 0;
}


void
xsell_features_cross(const xsell_scale_t *scale, float *feature)
{
    feature[XSELL_F_DWELL] = scale->dwell;
    feature[XSELL_F_DWELL_BOUGHT] = scale->dwell * feature[XSELL_F_BOUGHT];
    feature[XSELL_F_DWELL_STYLE] = scale->dwell * feature[XSELL_F_STYLE];
    feature[XSELL_F_DEPTH_BOUGHT] = scale->depth * feature[XSELL_F_BOUGHT];
    feature[XSELL_F_DEPTH_STYLE] = scale->depth * feature[XSELL_F_STYLE];
    feature[XSELL_F_BACK_STYLE] = scale->back * feature[XSELL_F_STYLE];
    feature[XSELL_F_MOBILE_VISUAL] = scale->mobile * feature[XSELL_F_VISUAL];
    feature[XSELL_F_MOBILE_PRICE] = scale->mobile
                                    * feature[XSELL_F_PRICE_UP];
}


void
xsell_features_fold(const xsell_scale_t *scale, const float *weight,
    float *fold)
{
    memcpy(fold, weight, XSELL_ROW_FEATURES * sizeof(float));

    fold[XSELL_F_BIAS] += weight[XSELL_F_DWELL] * scale->dwell;
    fold[XSELL_F_BOUGHT] += weight[XSELL_F_DWELL_BOUGHT] * scale->dwell
                            + weight[XSELL_F_DEPTH_BOUGHT] * scale->depth;
    fold[XSELL_F_STYLE] += weight[XSELL_F_DWELL_STYLE] * scale->dwell
                           + weight[XSELL_F_DEPTH_STYLE] * scale->depth
                           + weight[XSELL_F_BACK_STYLE] * scale->back;
    fold[XSELL_F_VISUAL] += weight[XSELL_F_MOBILE_VISUAL] * scale->mobile;
    fold[XSELL_F_PRICE_UP] += weight[XSELL_F_MOBILE_PRICE] * scale->mobile;
}


void
xsell_features_kin(const xsell_scale_t *scale, xsell_candidate_t *c)
{
    float                f;
    const xsell_item_t  *lead;

    lead = scale->lead;

    c->feature[XSELL_F_CATEGORY] = 0;
    c->feature[XSELL_F_BRAND] = 0;
    c->feature[XSELL_F_PRICE_UP] = 0;
    c->feature[XSELL_F_PRICE_GAP] = 0;
    c->feature[XSELL_F_VISUAL] = c->visual;

    if (lead == NULL) {
        return;
    }

    if (lead->category_idx && lead->category_idx == c->info->category_idx) {
        c->feature[XSELL_F_CATEGORY] = 1;
    }

    if (lead->brand_idx && lead->brand_idx == c->info->brand_idx) {
        c->feature[XSELL_F_BRAND] = 1;
    }

    if (lead->price > 0 && c->info->price > 0) {
        f = xsell_log2((float) c->info->price / (float) lead->price) / 2;
        f = xsell_clip(f, -2, 2);

        c->feature[XSELL_F_PRICE_UP] = f;
        c->feature[XSELL_F_PRICE_GAP] = f < 0 ? -f : f;
    }
}


void
xsell_features_evidence(const xsell_scale_t *scale, xsell_candidate_t *c)
{
    xsell_four_t  f;

    static const xsell_four_t  half = {
        XSELL_KNN_HALF, XSELL_PAIR_HALF, XSELL_PAIR_HALF, XSELL_SIMILAR_HALF
    };

    f = xsell_features_half((xsell_four_t) { c->knn, c->bought, c->viewed,
                                             c->similar }, half);

    c->feature[XSELL_F_KNN] = f[0];
    c->feature[XSELL_F_BOUGHT] = f[1];
    c->feature[XSELL_F_VIEWED] = f[2];
    c->feature[XSELL_F_LIFT] = xsell_clip(c->lift / 3, -2, 2);
    c->feature[XSELL_F_SIMILAR] = scale->similar * f[3];
    c->feature[XSELL_F_BEFORE] = xsell_half(c->before, XSELL_PAIR_HALF);
}


/* in the units of features already */

static void
xsell_features_given(xsell_candidate_t *c)
{
    const xsell_given_t  *given;

    given = c->given;

    c->feature[XSELL_F_KNN] = xsell_clip(given->knn, -2, 2);
    c->feature[XSELL_F_BEFORE] = xsell_clip(given->before, -2, 2);
    c->feature[XSELL_F_BOUGHT] = xsell_clip(given->bought, -2, 2);
    c->feature[XSELL_F_SIMILAR] = xsell_clip(given->similar, -2, 2);
    c->feature[XSELL_F_VISUAL] = xsell_clip(given->visual, -2, 2);
    c->feature[XSELL_F_GEO] = xsell_clip(given->geo, -2, 2);
    c->feature[XSELL_F_TREND] = xsell_clip(given->trend, -2, 2);
    c->feature[XSELL_F_NEW] = xsell_clip(given->fresh, -2, 2);
    c->feature[XSELL_F_LIFT] = xsell_clip(c->lift / 3, -2, 2);
}


void
xsell_features_fill(const xsell_scale_t *scale, const xsell_arena_t *a,
    xsell_candidate_t *c)
{
    uint32_t  i;

    memset(c->feature, 0, sizeof(c->feature));

    c->feature[XSELL_F_BIAS] = 1;

    xsell_features_sums(scale, a, c);
    xsell_features_kin(scale, c);
    xsell_features_own(scale, c);

    if (c->given) {
        xsell_features_given(c);

    } else {
        xsell_features_evidence(scale, c);
    }

    if (c->sources & (1u << XSELL_REASON_NEW)) {
        c->feature[XSELL_F_NEW] = xsell_features_new(scale, a, c);
    }

    for (i = 0; i < scale->seen_n; i++) {
        if (scale->seen[i] == c->ref) {
            c->feature[XSELL_F_SEEN] = 1;
            break;
        }
    }
}


void
xsell_features_pack(const float *feature, int8_t *out)
{
    int8_t  rest[16];

    xsell_four_pack(xsell_four(&feature[0]), xsell_four(&feature[4]),
                    xsell_four(&feature[8]), xsell_four(&feature[12]), out);
    xsell_four_pack(xsell_four(&feature[16]), xsell_four(&feature[20]),
                    xsell_four(&feature[24]), xsell_four_all(0), rest);
    memcpy(out + 16, rest, XSELL_FEATURES - 16);
}


/* which features speak for a source; of equal reasons the first one counts */

static const struct {
    uint8_t  feature[2];
    uint8_t  order;
} xsell_features_sources[] = {
    [XSELL_REASON_BOUGHT] = { { XSELL_F_BOUGHT, XSELL_F_LIFT }, 0 },
    [XSELL_REASON_VIEWED] = { { XSELL_F_KNN, XSELL_F_VIEWED }, 1 },
    [XSELL_REASON_SIMILAR] = { { XSELL_F_SIMILAR, XSELL_F_SIMILAR }, 2 },
    [XSELL_REASON_LOOKS] = { { XSELL_F_VISUAL, XSELL_F_VISUAL }, 3 },
    [XSELL_REASON_GOES] = { { XSELL_F_VISUAL, XSELL_F_LIFT }, 4 },
    [XSELL_REASON_CATEGORY] = { { XSELL_F_CATEGORY, XSELL_F_BRAND }, 5 },
    [XSELL_REASON_POPULAR] = { { XSELL_F_POPULAR, XSELL_F_SOLD }, 6 },
    [XSELL_REASON_TRENDING] = { { XSELL_F_TREND, XSELL_F_TREND }, 7 },
    [XSELL_REASON_NEW] = { { XSELL_F_NEW, XSELL_F_NEW }, 8 }
};

#define XSELL_FEATURES_SOURCES  ((2u << XSELL_REASON_GOES) - 2)

_Static_assert(sizeof(xsell_features_sources)
               == (XSELL_REASON_GOES + 1) * sizeof(xsell_features_sources[0]),
               "a source each");


unsigned
xsell_features_reason(uint32_t sources, const int8_t *feature,
    const float *weight)
{
    float           f, best;
    unsigned        i, left, reason;
    const uint8_t  *speak;

    reason = XSELL_REASON_NONE;
    best = 0;
    left = sources & XSELL_FEATURES_SOURCES;

    if ((left & (left - 1)) == 0) {
        return left ? (unsigned) __builtin_ctz(left) : XSELL_REASON_NONE;
    }

    for ( /* void */ ; left; left &= left - 1) {
        i = (unsigned) __builtin_ctz(left);
        speak = xsell_features_sources[i].feature;

        f = weight[speak[0]] * (float) feature[speak[0]]
            + weight[speak[1]] * (float) feature[speak[1]];

        if (reason == XSELL_REASON_NONE || f > best
            || (f == best && xsell_features_sources[i].order
                             < xsell_features_sources[reason].order))
        {
            best = f;
            reason = i;
        }
    }

    return reason;
}

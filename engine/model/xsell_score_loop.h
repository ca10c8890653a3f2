
/*
 * xsell_score_loop.h: the scores of a decision's rows, from the columns that
 * xsell_score.c makes of them.  Included by xsell_rows.c behind
 * xsell_rows_loop.h, with the same lanes and names.
 *
 * They are xsell_features.c's formulas once more; score_test.c holds both
 * against each other.
 */

#define XSELL_ROWS_INLINE                                                     \
    XSELL_LANES_TARGET static inline __attribute__((always_inline))

#define lane_t    XSELL_LANE(t)
#define lane_int  XSELL_LANE(int)


/* of a sum the logarithm at now, LEAST if it is gone; hardly a number: gone */

XSELL_ROWS_INLINE lane_t
XSELL_ROWS(now)(const float *sum, lane_t age, float half_s)
{
    lane_t    x, f;
    lane_int  is;

    x = XSELL_LANE(load)(sum);
    is = (x > 1e-9f) & (x < 1e30f);
    f = XSELL_LANE(log2)(x) - age * (1 / half_s);
    f = XSELL_LANE(max)(f, XSELL_LANE(all)(XSELL_SUM_LEAST))
        - XSELL_SUM_LEAST;

    return XSELL_LANE(where)(is, f) + XSELL_SUM_LEAST;
}


/* what rows are by themselves: how often looked at and bought */

XSELL_ROWS_INLINE lane_t
XSELL_ROWS(alone)(const xsell_columns_t *c, uint32_t i,
    const xsell_rows_scale_t *s)
{
    lane_t        age, pop, sold, trend, f, one;
    const float  *w;

    w = s->weight;
    one = XSELL_LANE(all)(1);
    age = XSELL_LANE(load)(&c->age[i]);
    pop = XSELL_ROWS(now)(&c->pop[i], age, XSELL_POP_HALF_S);
    sold = XSELL_ROWS(now)(&c->sold[i], age, XSELL_SOLD_HALF_S);
    trend = XSELL_ROWS(now)(&c->trend[i], age, XSELL_TREND_HALF_S);

    /* above what the week lets expect; a handful of views is no trend */

    f = XSELL_LANE(clip)((trend - pop - XSELL_TREND_EXPECTED) * 0.5f, 2)
        * XSELL_LANE(min)(trend * 0.25f, one);
    f = XSELL_LANE(where)(trend > 0.0f, f);

    pop = XSELL_LANE(min)((pop - XSELL_SUM_LEAST) * s->pop, one);
    sold = XSELL_LANE(min)((sold - XSELL_SUM_LEAST) * s->sold, one);

    return w[XSELL_F_TREND] * f + 2 * w[XSELL_F_POPULAR] * pop
           + 2 * w[XSELL_F_SOLD] * sold
           + w[XSELL_F_RATING] / 64 * XSELL_LANE(load)(&c->rating[i]);
}


/* kinship with the lead, as xsell_features_kin() */

XSELL_ROWS_INLINE lane_t
XSELL_ROWS(kinship)(const xsell_columns_t *c, uint32_t i,
    const xsell_rows_scale_t *s)
{
    lane_t        up;
    const float  *w;

    w = s->weight;
    up = XSELL_LANE(load)(&c->price[i]) * s->price;
    up = XSELL_LANE(where)(up > 0.0f,
                           XSELL_LANE(clip)(XSELL_LANE(log2)(up) * 0.5f, 2));

    return XSELL_LANE(where)(XSELL_LANE(iload)(&c->category[i])
                             == s->category,
                             XSELL_LANE(all)(w[XSELL_F_CATEGORY]))
           + XSELL_LANE(where)(XSELL_LANE(iload)(&c->brand[i]) == s->brand,
                               XSELL_LANE(all)(w[XSELL_F_BRAND]))
           + w[XSELL_F_PRICE_UP] * up
           + w[XSELL_F_PRICE_GAP] * XSELL_LANE(abs)(up)
           + w[XSELL_F_VISUAL] * XSELL_LANE(load)(&c->visual[i]);
}


/* as xsell_features_evidence() */

XSELL_ROWS_INLINE lane_t
XSELL_ROWS(says)(const xsell_columns_t *c, uint32_t i,
    const xsell_rows_scale_t *s)
{
    lane_t        lift;
    const float  *w;

    w = s->weight;
    lift = XSELL_LANE(clip)(XSELL_LANE(load)(&c->lift[i]) * (1 / 3.0f), 2);

    return w[XSELL_F_KNN] * XSELL_ROWS(half)(&c->knn[i], XSELL_KNN_HALF)
           + w[XSELL_F_BOUGHT]
             * XSELL_ROWS(half)(&c->bought[i], XSELL_PAIR_HALF)
           + w[XSELL_F_VIEWED]
             * XSELL_ROWS(half)(&c->viewed[i], XSELL_PAIR_HALF)
           + w[XSELL_F_BEFORE]
             * XSELL_ROWS(half)(&c->before[i], XSELL_PAIR_HALF)
           + w[XSELL_F_SIMILAR] * s->similar
             * XSELL_ROWS(half)(&c->similar[i], XSELL_SIMILAR_HALF)
           + w[XSELL_F_LIFT] * lift;
}


XSELL_LANES_TARGET static void
XSELL_ROWS(columns)(xsell_columns_t *c, uint32_t n,
    const xsell_rows_scale_t *s)
{
    lane_t    f;
    uint32_t  i;

    for (i = 0; i < n; i += XSELL_LANES) {
        f = s->weight[XSELL_F_BIAS] + XSELL_LANE(load)(&c->extra[i])
            + XSELL_ROWS(alone)(c, i, s) + XSELL_ROWS(kinship)(c, i, s)
            + XSELL_ROWS(says)(c, i, s);
        XSELL_LANE(store)(&c->score[i], f);
    }
}


/* as xsell_octave() */

XSELL_LANES_TARGET static void
XSELL_ROWS(octaves)(const float *price, uint32_t n, float *octave)
{
    lane_t    f;
    lane_int  known;
    uint32_t  i;

    for (i = 0; i < n; i += XSELL_LANES) {
        f = XSELL_LANE(load)(&price[i]);
        known = f > 0.0f;
        f = XSELL_LANE(log2)(f);
        f = (lane_t) (((lane_int) f & known)
                      | ((lane_int) XSELL_LANE(all)(NAN) & ~known));
        XSELL_LANE(store)(&octave[i], f);
    }
}


#undef XSELL_ROWS_INLINE
#undef lane_t
#undef lane_int

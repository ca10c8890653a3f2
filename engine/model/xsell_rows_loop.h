
/*
 * xsell_rows_loop.h: the passes over rows.  Included by xsell_rows.c with the
 * lanes of a processor (xsell_lanes.h) and XSELL_ROWS(name) for what is
 * declared here.
 *
 * Columns end in whole vectors: what is summed behind the last row is nobody's,
 * xsell_choice_close() writes over it.
 */

#define XSELL_ROWS_INLINE                                                     \
    XSELL_LANES_TARGET static inline __attribute__((always_inline))

#define lane_t    XSELL_LANE(t)
#define lane_int  XSELL_LANE(int)


/* ---- sums ------------------------------------------------------------- */

XSELL_ROWS_INLINE lane_t
XSELL_ROWS(sum)(const xsell_base_t *b, uint32_t i, const float *weight)
{
    lane_t    sum;
    uint32_t  k;

    sum = XSELL_LANE(all)(weight[XSELL_F_BIAS])
          + XSELL_LANE(load)(&b->residual[i]);

#pragma GCC unroll 8
    for (k = 0; k < XSELL_BASE_OWN; k++) {
        sum += XSELL_LANE(all)(weight[xsell_base_own[k]])
               * XSELL_LANE(load)(&b->own[k][i]);
    }

    return sum;
}


XSELL_LANES_TARGET static void
XSELL_ROWS(other)(const xsell_base_t *b, uint32_t n, const float *weight,
    float share, xsell_rows_other_t *to)
{
    lane_t    f;
    uint32_t  i;

    for (i = 0; i < n; i += XSELL_LANES) {
        XSELL_LANE(store)(&to->own[i], XSELL_ROWS(sum)(b, i, weight));
        XSELL_LANE(store)(&to->knn[i],
                          share * XSELL_LANE(load)(&b->says.knn[i]));

        /* squared, as xsell_pairs_join() adds them */

        f = XSELL_VIEWED_REST * XSELL_LANE(load)(&b->says.viewed[i]);
        XSELL_LANE(store)(&to->viewed[i], f * f);

        f = XSELL_BOUGHT_REST * XSELL_LANE(load)(&b->says.bought[i]);
        XSELL_LANE(store)(&to->bought[i], f * f);

        f = XSELL_VIEWED_REST * XSELL_LANE(load)(&b->says.similar[i]);
        XSELL_LANE(store)(&to->similar[i], f);
    }
}


/* ... and next to the base's item */

XSELL_ROWS_INLINE lane_t
XSELL_ROWS(bare)(const xsell_base_t *b, uint32_t i, const float *weight)
{
    lane_t    sum;
    uint32_t  k;

    sum = XSELL_ROWS(sum)(b, i, weight);

#pragma GCC unroll 8
    for (k = 0; k < XSELL_BASE_KIN; k++) {
        sum += XSELL_LANE(all)(weight[xsell_base_kin[k]])
               * XSELL_LANE(load)(&b->kin[k][i]);
    }

    return sum;
}


XSELL_LANES_TARGET static void
XSELL_ROWS(lead)(xsell_bases_t *bases, xsell_choice_t *c,
    const xsell_base_t *b, uint32_t n, const float *weight, float share)
{
    uint32_t  i;

    for (i = 0; i < n; i += XSELL_LANES) {

#define xsell_rows_copy(to, from)                                             \
        memcpy(&(to)[i], &(from)[i], sizeof(lane_t))

        xsell_rows_copy(bases->doubt, b->doubt);
        xsell_rows_copy(bases->says.bought, b->says.bought);
        xsell_rows_copy(bases->says.viewed, b->says.viewed);
        xsell_rows_copy(bases->says.lift, b->says.lift);
        xsell_rows_copy(bases->says.similar, b->says.similar);
        xsell_rows_copy(bases->says.sources, b->says.sources);
        xsell_rows_copy(c->category, b->category);
        xsell_rows_copy(c->brand, b->brand);
        xsell_rows_copy(c->octave, b->octave);

#undef xsell_rows_copy

        XSELL_LANE(store)(&bases->says.knn[i],
                          share * XSELL_LANE(load)(&b->says.knn[i]));
        XSELL_LANE(store)(&bases->before[i], XSELL_LANE(all)(0));
        XSELL_LANE(store)(&bases->bare[i], XSELL_ROWS(bare)(b, i, weight));
    }

    for (i = n & ~(XSELL_LANES - 1u); i < b->n; i += XSELL_LANES) {
        XSELL_LANE(store)(&bases->later[i], XSELL_ROWS(bare)(b, i, weight));
    }
}


/* ---- scores ----------------------------------------------------------- */

/* as xsell_features_half() */

XSELL_ROWS_INLINE lane_t
XSELL_ROWS(half)(const float *p, float half)
{
    lane_t  x;

    x = XSELL_LANE(load)(p);
    x = XSELL_LANE(where)(x > 0.0f, x);

    return (x + x) / (x + half);
}


/* kinship with the page's item, as xsell_features_kin(); a difference of
   logarithms, so a hundredth off what it says of the picks */

XSELL_ROWS_INLINE lane_t
XSELL_ROWS(kin)(const xsell_choice_t *c, uint32_t i,
    const xsell_rows_mix_t *m)
{
    lane_t        up;
    const float  *w;

    w = m->weight;
    up = (XSELL_LANE(load)(&c->octave[i]) - m->octave) * 0.5f;
    up = XSELL_LANE(where)(up == up, XSELL_LANE(clip)(up, 2));

    return XSELL_LANE(where)(XSELL_LANE(iload)(&c->category[i])
                             == m->category,
                             XSELL_LANE(all)(w[XSELL_F_CATEGORY]))
           + XSELL_LANE(where)(XSELL_LANE(iload)(&c->brand[i]) == m->brand,
                               XSELL_LANE(all)(w[XSELL_F_BRAND]))
           + w[XSELL_F_PRICE_UP] * up
           + w[XSELL_F_PRICE_GAP] * XSELL_LANE(abs)(up);
}


XSELL_LANES_TARGET static void
XSELL_ROWS(score)(const xsell_bases_t *b, xsell_choice_t *c, uint32_t n,
    const xsell_rows_mix_t *m)
{
    lane_t        f, lift;
    uint32_t      i;
    const float  *w;

    w = m->weight;

    for (i = 0; i < n; i += XSELL_LANES) {

        lift = XSELL_LANE(clip)(XSELL_LANE(load)(&b->says.lift[i])
                                * (1 / 3.0f), 2);

        f = XSELL_LANE(load)(&b->bare[i])
            + m->alpha * XSELL_LANE(load)(&m->noise[i])
              * XSELL_LANE(load)(&b->doubt[i])
            + (w[XSELL_F_KNN]
               * XSELL_ROWS(half)(&b->says.knn[i], XSELL_KNN_HALF)
               + w[XSELL_F_BOUGHT]
                 * XSELL_ROWS(half)(&b->says.bought[i], XSELL_PAIR_HALF)
               + w[XSELL_F_VIEWED]
                 * XSELL_ROWS(half)(&b->says.viewed[i], XSELL_PAIR_HALF)
               + w[XSELL_F_BEFORE]
                 * XSELL_ROWS(half)(&b->before[i], XSELL_PAIR_HALF)
               + m->similar
                 * XSELL_ROWS(half)(&b->says.similar[i],
                                    XSELL_SIMILAR_HALF)
               + w[XSELL_F_LIFT] * lift);

        if (i + XSELL_LANES > b->lead) {
            f += XSELL_LANE(load)(&b->foreign[i]) * XSELL_ROWS(kin)(c, i, m);
        }

        XSELL_LANE(store)(&c->score[i], f);
    }
}


/* ---- picks ------------------------------------------------------------ */

XSELL_ROWS_INLINE float
XSELL_ROWS(greatest)(lane_t f)
{
    float  x, y;

#if XSELL_LANES == 8
    x = f[4] > f[0] ? f[4] : f[0];
    y = f[5] > f[1] ? f[5] : f[1];
    x = f[6] > x ? f[6] : x;
    y = f[7] > y ? f[7] : y;
#else
    x = f[0];
    y = f[1];
#endif

    x = f[2] > x ? f[2] : x;
    y = f[3] > y ? f[3] : y;

    return x > y ? x : y;
}


XSELL_LANES_TARGET static float
XSELL_ROWS(begin)(xsell_choice_t *c)
{
    size_t  i, n;
    lane_t  f, top;

    top = XSELL_LANE(all)(XSELL_CHOICE_OUT);
    n = c->n;

    for (i = 0; i < n; i += XSELL_LANES) {
        f = XSELL_LANE(load)(&c->score[i]);
        XSELL_LANE(store)(&c->left[i], f);
        top = XSELL_LANE(max)(f, top);
    }

    return XSELL_ROWS(greatest)(top);
}


XSELL_LANES_TARGET static float
XSELL_ROWS(again)(const xsell_choice_t *c)
{
    size_t  i, n;
    lane_t  top;

    top = XSELL_LANE(all)(XSELL_CHOICE_OUT);
    n = c->n;

    for (i = 0; i < n; i += XSELL_LANES) {
        top = XSELL_LANE(max)(XSELL_LANE(load)(&c->left[i]), top);
    }

    return XSELL_ROWS(greatest)(top);
}


/* log2(4 / 3): the cheaper one costs three quarters at least */
#define XSELL_ROWS_NEAR  0.415f


/* a score is as good as what it is beside the pick that it is most like: half
   for the category, a quarter each for the brand and for a price that is within
   a quarter of the dearer one; nothing is like what the pick has not */

XSELL_LANES_TARGET static float
XSELL_ROWS(hold)(xsell_choice_t *c, uint32_t at, float mmr)
{
    size_t    i, n;
    lane_t    like, half, quarter, octave, left, top;
    lane_int  category, brand;

    half = XSELL_LANE(all)(0.5f * mmr);
    quarter = XSELL_LANE(all)(0.25f * mmr);
    category = XSELL_LANE(iall)(c->category[at] ? c->category[at]
                                                : UINT32_MAX);
    brand = XSELL_LANE(iall)(c->brand[at] ? c->brand[at] : UINT32_MAX);
    octave = XSELL_LANE(all)(c->octave[at]);
    top = XSELL_LANE(all)(XSELL_CHOICE_OUT);
    n = c->n;

    for (i = 0; i < n; i += XSELL_LANES) {
        like = XSELL_LANE(where)(XSELL_LANE(iload)(&c->category[i])
                                 == category, half);
        like += XSELL_LANE(where)(XSELL_LANE(iload)(&c->brand[i]) == brand,
                                  quarter);

        left = XSELL_LANE(abs)(XSELL_LANE(load)(&c->octave[i]) - octave);
        like += XSELL_LANE(where)(left <= XSELL_ROWS_NEAR, quarter);

        left = XSELL_LANE(min)(XSELL_LANE(load)(&c->score[i]) - like,
                               XSELL_LANE(load)(&c->left[i]));
        XSELL_LANE(store)(&c->left[i], left);
        top = XSELL_LANE(max)(left, top);
    }

    return XSELL_ROWS(greatest)(top);
}


XSELL_LANES_TARGET static uint32_t
XSELL_ROWS(find)(const xsell_choice_t *c, float left)
{
    uint32_t  i, n, lane;

    n = c->n;

    for (i = 0; i < n; i += XSELL_LANES) {
        lane = XSELL_LANE(first)(XSELL_LANE(load)(&c->left[i]) == left);

        if (lane < XSELL_LANES) {
            return i + lane;
        }
    }

    return 0;           /* it is there */
}


#undef XSELL_ROWS_NEAR
#undef XSELL_ROWS_INLINE
#undef lane_t
#undef lane_int

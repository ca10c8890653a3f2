/*
 * rows_test.c.  Hazards: eight rows at once give other numbers than four, so
 * what is offered depends on the processor; a pass reads or writes beyond the
 * columns, or misses rows behind the last whole vector.
 */

#include "model_test.h"
#include "model/xsell_rows.h"


typedef struct {
    xsell_base_t      base;
    xsell_bases_t     bases;
    xsell_choice_t    choice;
    xsell_rows_mix_t  mix;
    float             weight[XSELL_FEATURES];
    float             noise[XSELL_CHOICES];
    xsell_rows_other_t  other;
} rows_t;


static float
some(uint64_t *rng)
{
    return (float) (int) (xsell_random(rng) % 4001 - 2000) / 500;
}


/* every float of a column, -4 to 4 */

static void
fill(float *p, size_t n, uint64_t *rng)
{
    while (n--) {
        *p++ = some(rng);
    }
}


static void
fill_says(float *knn, float *bought, float *viewed, float *lift,
    float *similar, size_t n, uint64_t *rng)
{
    fill(knn, n, rng);
    fill(bought, n, rng);
    fill(viewed, n, rng);
    fill(lift, n, rng);
    fill(similar, n, rng);
}


static void
rows_make(rows_t *t, uint64_t seed)
{
    uint32_t  i;
    uint64_t  rng;

    rng = seed;
    memset(t, 0, sizeof(*t));
    t->base.n = XSELL_SHORTLIST;

    fill(t->weight, XSELL_FEATURES, &rng);
    fill(t->noise, XSELL_CHOICES, &rng);
    fill(t->base.residual, XSELL_SHORTLIST, &rng);
    fill(t->base.doubt, XSELL_SHORTLIST, &rng);
    fill(&t->base.own[0][0], XSELL_BASE_OWN * XSELL_SHORTLIST, &rng);
    fill(&t->base.kin[0][0], XSELL_BASE_KIN * XSELL_SHORTLIST, &rng);
    fill_says(t->base.says.knn, t->base.says.bought, t->base.says.viewed,
              t->base.says.lift, t->base.says.similar, XSELL_SHORTLIST, &rng);

    fill(t->bases.bare, XSELL_CHOICES, &rng);
    fill(t->bases.doubt, XSELL_CHOICES, &rng);
    fill(t->bases.before, XSELL_CHOICES, &rng);
    fill_says(t->bases.says.knn, t->bases.says.bought, t->bases.says.viewed,
              t->bases.says.lift, t->bases.says.similar, XSELL_CHOICES,
              &rng);

    for (i = 0; i < XSELL_CHOICES; i++) {
        t->bases.foreign[i] = (float) (xsell_random(&rng) % 2);
        t->choice.category[i] = (uint32_t) (xsell_random(&rng) % 4);
        t->choice.brand[i] = (uint32_t) (xsell_random(&rng) % 4);
        t->choice.octave[i] = xsell_random(&rng) % 5 ? some(&rng) : NAN;
    }

    t->bases.lead = (uint32_t) (xsell_random(&rng) % XSELL_CHOICES);

    /* rows of the page's base are kin of it already */
    memset(t->bases.foreign, 0, t->bases.lead * sizeof(float));

    t->mix.weight = t->weight;
    t->mix.noise = t->noise;
    t->mix.similar = some(&rng);
    t->mix.alpha = some(&rng);
    t->mix.category = (int32_t) (xsell_random(&rng) % 4) - 1;
    t->mix.brand = (int32_t) (xsell_random(&rng) % 4) - 1;
    t->mix.octave = xsell_random(&rng) % 3 ? some(&rng) : NAN;
}


/* all passes of a decision of n rows, and its picks */

static void
rows_run(const xsell_rows_t *rows, rows_t *t, uint32_t n, uint32_t *pick)
{
    float     left;
    uint32_t  i, at;

    rows->other(&t->base, XSELL_ROWS_AT_ONCE, t->weight, 0.3f, &t->other);
    rows->score(&t->bases, &t->choice, n, &t->mix);
    xsell_choice_close(&t->choice, n);

    left = rows->begin(&t->choice);

    for (i = 0; i < XSELL_SLATE_MAX; i++) {
        pick[i] = UINT32_MAX;

        if (!(left > XSELL_CHOICE_OUT / 2)) {
            continue;
        }

        at = rows->find(&t->choice, left);
        assert_true(at < n);
        assert_true(t->choice.left[at] == left);

        pick[i] = at;
        t->choice.left[at] = XSELL_CHOICE_OUT;
        t->choice.score[at] = XSELL_CHOICE_OUT;
        left = i % 3 == 2 ? rows->again(&t->choice)
                          : rows->hold(&t->choice, at, 0.3f);
    }
}


static void
same(const float *x, const float *y, uint32_t n)
{
    assert_memory_equal(x, y, n * sizeof(float));
}


static void
eight_as_four(void **state)
{
    rows_t              *a, *b;
    uint32_t             n, x[XSELL_SLATE_MAX], y[XSELL_SLATE_MAX];
    const xsell_rows_t  *four, *best;

    four = xsell_rows_of(XSELL_ROWS_FOUR);
    best = xsell_rows_best();
    a = malloc(sizeof(rows_t));
    b = malloc(sizeof(rows_t));
    assert_non_null(a);
    assert_non_null(b);

    for (n = 1; n <= XSELL_CHOICES; n++) {
        rows_make(a, n);
        rows_make(b, n);

        rows_run(four, a, n, x);
        rows_run(best, b, n, y);

        same(a->other.own, b->other.own,
             sizeof(a->other) / sizeof(float));
        same(a->choice.score, b->choice.score, n);
        same(a->choice.left, b->choice.left, n);
        assert_memory_equal(x, y, sizeof(x));
    }

    free(a);
    free(b);
}


static void
lead_as_four(void **state)
{
    rows_t              *a, *b;
    uint32_t             n;

    a = malloc(sizeof(rows_t));
    b = malloc(sizeof(rows_t));
    assert_non_null(a);
    assert_non_null(b);

    for (n = 1; n <= XSELL_SHORTLIST; n++) {
        rows_make(a, n);
        rows_make(b, n);

        xsell_rows_of(XSELL_ROWS_FOUR)->lead(&a->bases, &a->choice, &a->base,
                                             n, a->weight, 0.7f);
        xsell_rows_best()->lead(&b->bases, &b->choice, &b->base, n,
                                b->weight, 0.7f);

        same(a->bases.bare, b->bases.bare, n);
        same(a->bases.later + n, b->bases.later + n, a->base.n - n);
        same(a->bases.doubt, b->bases.doubt, n);
        same(a->bases.says.knn, b->bases.says.knn, n);
        same(a->bases.says.lift, b->bases.says.lift, n);
        same(a->bases.says.similar, a->base.says.similar, n);
        same(a->choice.octave, b->choice.octave, n);
    }

    free(a);
    free(b);
}


/* columns of n rows with what may stand in shared memory: sums of 0, of no
   number, of more than any */

static void
columns_make(xsell_columns_t *c, uint64_t *rng)
{
    uint32_t  i;

    static const float  sums[] = { 0, 1e-10f, 1e31f, NAN, INFINITY, -1, 3, 40 };

    fill(c->price, XSELL_COLUMNS, rng);
    fill(c->rating, XSELL_COLUMNS, rng);
    fill(c->age, XSELL_COLUMNS, rng);
    fill(c->visual, XSELL_COLUMNS, rng);
    fill(c->extra, XSELL_COLUMNS, rng);
    fill(c->before, XSELL_COLUMNS, rng);
    fill_says(c->knn, c->bought, c->viewed, c->lift, c->similar,
              XSELL_COLUMNS, rng);

    for (i = 0; i < XSELL_COLUMNS; i++) {
        c->category[i] = (uint32_t) (xsell_random(rng) % 4);
        c->brand[i] = (uint32_t) (xsell_random(rng) % 4);
        c->age[i] *= 20000 * c->age[i];
        c->pop[i] = sums[xsell_random(rng) % 8];
        c->sold[i] = sums[xsell_random(rng) % 8];
        c->trend[i] = sums[xsell_random(rng) % 8];
    }
}


static void
columns_as_four(void **state)
{
    float               *x, *y, weight[XSELL_FEATURES];
    uint32_t             n;
    uint64_t             rng;
    xsell_columns_t     *a, *b;
    const xsell_rows_t  *four, *best;
    xsell_rows_scale_t   scale;

    four = xsell_rows_of(XSELL_ROWS_FOUR);
    best = xsell_rows_best();

    /* of their own, so that a sanitizer sees what lies behind them */
    a = malloc(sizeof(xsell_columns_t));
    b = malloc(sizeof(xsell_columns_t));
    x = malloc(XSELL_COLUMNS * sizeof(float));
    y = malloc(XSELL_COLUMNS * sizeof(float));
    assert_true(a && b && x && y);

    for (n = 1; n <= XSELL_CANDIDATES; n++) {
        rng = n;
        fill(weight, XSELL_FEATURES, &rng);
        columns_make(a, &rng);
        memcpy(b, a, sizeof(*a));

        scale = (xsell_rows_scale_t) {
            .weight = weight, .similar = some(&rng), .pop = 0.1f,
            .sold = 0.2f, .price = some(&rng),
            .category = (int32_t) (xsell_random(&rng) % 4) - 1,
            .brand = (int32_t) (xsell_random(&rng) % 4) - 1
        };

        four->columns(a, n, &scale);
        best->columns(b, n, &scale);
        same(a->score, b->score, n);

        four->octaves(a->price, n, x);
        best->octaves(a->price, n, y);
        same(x, y, n);
    }

    free(a);
    free(b);
    free(x);
    free(y);
}


/* one number at a time, as the features say it */

static void
scores_are_sums(void **state)
{
    float     f, up, x;
    rows_t   *t;
    uint32_t  i, k;

    t = malloc(sizeof(rows_t));
    assert_non_null(t);
    rows_make(t, 77);
    t->bases.lead = 0;

    xsell_rows_best()->score(&t->bases, &t->choice, XSELL_CHOICES, &t->mix);

    for (i = 0; i < XSELL_CHOICES; i++) {

        const float  says[5] = { t->bases.says.knn[i],
                                 t->bases.says.bought[i],
                                 t->bases.says.viewed[i],
                                 t->bases.says.similar[i],
                                 t->bases.before[i] };
        const float  half[5] = { XSELL_KNN_HALF, XSELL_PAIR_HALF,
                                 XSELL_PAIR_HALF, XSELL_SIMILAR_HALF,
                                 XSELL_PAIR_HALF };
        const float  by[5] = { t->weight[XSELL_F_KNN],
                               t->weight[XSELL_F_BOUGHT],
                               t->weight[XSELL_F_VIEWED], t->mix.similar,
                               t->weight[XSELL_F_BEFORE] };

        f = t->bases.bare[i]
            + t->mix.alpha * t->noise[i] * t->bases.doubt[i]
            + t->weight[XSELL_F_LIFT]
              * xsell_clip(t->bases.says.lift[i] / 3, -2, 2);

        for (k = 0; k < 5; k++) {
            x = says[k] > 0 ? says[k] : 0;
            f += by[k] * 2 * x / (x + half[k]);
        }

        if (t->bases.foreign[i] > 0) {
            up = (t->choice.octave[i] - t->mix.octave) / 2;
            up = up != up ? 0 : xsell_clip(up, -2, 2);
            f += t->weight[XSELL_F_PRICE_UP] * up
                 + t->weight[XSELL_F_PRICE_GAP] * fabsf(up)
                 + t->weight[XSELL_F_CATEGORY]
                   * (float) ((int32_t) t->choice.category[i]
                              == t->mix.category)
                 + t->weight[XSELL_F_BRAND]
                   * (float) ((int32_t) t->choice.brand[i] == t->mix.brand);
        }

        assert_float_equal(t->choice.score[i], f, 1e-3);
    }

    free(t);
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(eight_as_four),
        cmocka_unit_test(lead_as_four),
        cmocka_unit_test(columns_as_four),
        cmocka_unit_test(scores_are_sums)
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("rows", tests, NULL, NULL);
}

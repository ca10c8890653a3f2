
/*
 * bandit_test.c: the beliefs of the model.  Everything that a shop learns
 * goes through these few sums a billion times, in float, and nobody looks at
 * them: a sign, a factor 2 or a slow drift would just be a shop that sells a
 * little less.  So they are held against textbook sums in double: Newton's
 * maximum over all data at once, and inverted matrices.
 */

#include "xsell.h"
#include "model/xsell_bandit.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>


#define D       24
#define STRIDE  28
#define ROWS    4000


static float  mean[STRIDE], factor[STRIDE * STRIDE];

static double    want_mean[D], want[D][D];      /* covariance */
static float     data[ROWS][D];
static float     reward[ROWS];


static xsell_bandit_t
belief(uint32_t d, float variance)
{
    float           v[XSELL_BANDIT_MAX];
    uint32_t        i;
    xsell_bandit_t  b;

    for (i = 0; i < d; i++) {
        v[i] = variance;
    }

    /* what is above the diagonal must not matter */

    for (i = 0; i < STRIDE * STRIDE; i++) {
        factor[i] = NAN;
    }

    b.mean = mean;
    b.factor = factor;
    b.d = d;
    b.stride = STRIDE;

    xsell_bandit_prior(&b, NULL, v);

    return b;
}


static double
covariance(const xsell_bandit_t *b, uint32_t i, uint32_t k)
{
    double    sum, x, y;
    uint32_t  j;

    sum = 0;

    for (j = i > k ? i : k; j < b->d; j++) {
        x = j == i ? 1 : b->factor[j * b->stride + i];
        y = j == k ? 1 : b->factor[j * b->stride + k];
        sum += b->factor[j * b->stride + j] * x * y;
    }

    return sum;
}


/* Gauss-Jordan, of a positive definite matrix */

static void
invert(double a[D][D], uint32_t d)
{
    double    by;
    uint32_t  i, j, k;

    for (k = 0; k < d; k++) {
        by = 1 / a[k][k];
        a[k][k] = 1;

        for (j = 0; j < d; j++) {
            a[k][j] *= by;
        }

        for (i = 0; i < d; i++) {

            if (i == k) {
                continue;
            }

            by = a[i][k];
            a[i][k] = 0;

            for (j = 0; j < d; j++) {
                a[i][j] -= by * a[k][j];
            }
        }
    }
}


/* ROWS of clicks: correlated features, a constant, true weights */

static void
make_data(uint64_t seed, double bias)
{
    float     z[D], score, truth[D];
    uint32_t  i, j;

    xsell_normals(&seed, truth, D);
    truth[0] = (float) bias;

    for (i = 0; i < ROWS; i++) {
        xsell_normals(&seed, z, D);

        data[i][0] = 1;
        score = truth[0];

        for (j = 1; j < D; j++) {
            data[i][j] = 0.5f * z[j] + 0.4f * z[j - 1] + 0.3f * z[1];
            score += 0.7f * truth[j] * data[i][j];
        }

        reward[i] = (double) (xsell_random(&seed) >> 11) / 9007199254740992.0
                    < 1 / (1 + exp(-score));
    }
}


static void
learn(const xsell_bandit_t *b, const float *x, float y, xsell_evidence_t *ev)
{
    assert_true(xsell_evidence_logit(ev, xsell_bandit_mean(b, x),
                                     xsell_bandit_spread(b, x), y, 1, 0));
    assert_true(xsell_bandit_learn(b, x, ev));
}


/* the highest point of the posterior of all rows, and its curvature */

static void
batch(uint32_t n, double variance)
{
    double    p, w, score, slope[D], step;
    uint32_t  i, j, k, round;

    memset(want_mean, 0, sizeof(want_mean));

    for (round = 0; round < 30; round++) {
        memset(want, 0, sizeof(want));

        for (j = 0; j < D; j++) {
            want[j][j] = 1 / variance;
            slope[j] = -want_mean[j] / variance;
        }

        for (i = 0; i < n; i++) {
            for (score = 0, j = 0; j < D; j++) {
                score += want_mean[j] * data[i][j];
            }

            p = 1 / (1 + exp(-score));
            w = p * (1 - p);

            for (j = 0; j < D; j++) {
                slope[j] += data[i][j] * (reward[i] - p);

                for (k = 0; k < D; k++) {
                    want[j][k] += w * data[i][j] * data[i][k];
                }
            }
        }

        invert(want, D);

        for (j = 0; j < D; j++) {
            for (step = 0, k = 0; k < D; k++) {
                step += want[j][k] * slope[k];
            }

            want_mean[j] += step;
        }
    }
}


/* ---- numbers ---------------------------------------------------------- */

/* hazard: an approximation that is bad at one end: where nearly nothing is
   clicked all the scores lie there */

static void
sigmoid(void **state)
{
    double  x, p, q;

    (void) state;

    for (x = -79; x < 79; x += 0.0137) {
        p = 1 / (1 + exp(-(double) (float) x));
        q = xsell_sigmoid((float) x);

        if (!(fabs(q - p) <= 1e-6 * p)) {
            fail_msg("at %g: %.9g, not %.9g", x, q, p);
        }
    }

    assert_true(xsell_sigmoid(0) == 0.5f);
    assert_true(xsell_sigmoid(1e30f) == 1);
    assert_true(xsell_sigmoid(-1e30f) < 1e-30f);
}


/* hazard: "normal" numbers that are narrower or have no tail: exploration
   would be less than the propensities say */

static void
normals(void **state)
{
    float     z[64], same[64];
    double    sum, two, four, past, n, k;
    uint32_t  i, j;
    uint64_t  seed;

    (void) state;

    seed = 7;
    sum = two = four = past = k = n = 0;

    for (i = 0; i < 10000; i++) {
        xsell_normals(&seed, z, 64);

        for (j = 0; j < 64; j++, n++) {
            assert_true(fabsf(z[j]) < 5.3f);

            sum += z[j];
            two += z[j] * z[j];
            four += pow(z[j], 4);
            past += fabsf(z[j]) > 2.5758f;
            k += j ? z[j] * z[j - 1] : 0;
        }
    }

    assert_true(fabs(sum / n) < 0.004);
    assert_true(fabs(two / n - 1) < 0.006);
    assert_true(fabs(four / n - 3) < 0.04);
    assert_true(fabs(past / n - 0.01) < 0.0004);
    assert_true(fabs(k / n) < 0.004);

    /* the same seed, the same bits */

    seed = 7;
    xsell_normals(&seed, z, 64);
    seed = 7;
    xsell_normals(&seed, same, 32);
    xsell_normals(&seed, &same[32], 32);

    assert_memory_equal(z, same, sizeof(z));
}


/* ---- learning --------------------------------------------------------- */

/* hazard: one observation must give the textbook's posterior exactly: later
   ones only repeat it.  The highest point found by brute force */

static void
one_observation(void **state)
{
    float             x[2];
    double            s, v, at, best, top, y;
    uint32_t          i;
    xsell_bandit_t    b;
    xsell_evidence_t  ev;

    static const float  cases[][3] = {          /* reward, prior mean, var. */
        { 1, 0, 1 }, { 0, 0, 1 }, { 1, -4, 0.5f }, { 0, -4, 0.5f },
        { 1, -12, 9 }, { 0, 12, 9 }, { 0.3f, 1, 4 }, { 1, -30, 100 }
    };

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        b = belief(2, cases[i][2]);
        mean[0] = cases[i][1];

        x[0] = 1;
        x[1] = 0.5f;
        y = cases[i][0];
        s = cases[i][1];
        v = cases[i][2] * 1.25;

        learn(&b, x, (float) y, &ev);

        best = s;
        top = -INFINITY;

        for (at = s - 40; at < s + 40; at += 0.0005) {
            double  height;

            height = -(at - s) * (at - s) / (2 * v)
                     + (y - 1) * at - log1p(exp(-at));

            if (height > top) {
                top = height;
                best = at;
            }
        }

        assert_true(fabs(xsell_bandit_mean(&b, x) - best) < 0.003);

        /* C x x' C / (1 / curve + v) less */

        at = 1 / (1 + exp(-best));
        at = 1 / (at * (1 - at)) + v;

        assert_true(fabs(covariance(&b, 0, 0)
                         - (cases[i][2] - cases[i][2] * cases[i][2] / at))
                    < 2e-3 * cases[i][2]);
        assert_true(fabs(covariance(&b, 0, 1)
                         + 0.5 * cases[i][2] * cases[i][2] / at)
                    < 2e-3 * cases[i][2]);
    }
}


/* hazard: a factor that drifts from what was observed: the same evidence
   added up as precision in double and inverted */

static void
covariance_is_exact(void **state)
{
    double            worst;
    uint32_t          i, j, k;
    xsell_bandit_t    b;
    xsell_evidence_t  ev;

    (void) state;

    make_data(3, -2);
    b = belief(D, 2);

    memset(want, 0, sizeof(want));

    for (j = 0; j < D; j++) {
        want[j][j] = 0.5;
    }

    for (i = 0; i < ROWS; i++) {
        learn(&b, data[i], reward[i], &ev);

        for (j = 0; j < D; j++) {
            for (k = 0; k < D; k++) {
                want[j][k] += (double) ev.curve * data[i][j] * data[i][k];
            }
        }
    }

    invert(want, D);
    worst = 0;

    for (j = 0; j < D; j++) {
        for (k = 0; k < D; k++) {
            worst = fmax(worst, fabs(covariance(&b, j, k) - want[j][k])
                                / sqrt(want[j][j] * want[k][k]));
        }
    }

    print_message("# covariance: %.2g off\n", worst);

    assert_true(worst < 2e-4);
    assert_true(xsell_bandit_good(&b));
}


/* hazard: reading the curve once, as each click comes, may end elsewhere
   than Newton's maximum over all of them.  In posterior deviations */

static void
near_the_batch(void **state)
{
    double            off, sum, worst, wide;
    uint32_t          i, j;
    xsell_bandit_t    b;
    xsell_evidence_t  ev;

    static const double  bias[] = { 0, -3 };

    (void) state;

    for (i = 0; i < 2; i++) {
        uint32_t  row;

        make_data(11 + i, bias[i]);
        b = belief(D, 1);

        for (row = 0; row < ROWS; row++) {
            learn(&b, data[row], reward[row], &ev);
        }

        batch(ROWS, 1);

        sum = worst = wide = 0;

        for (j = 0; j < D; j++) {
            off = fabs(mean[j] - want_mean[j]) / sqrt(want[j][j]);
            sum += off * off;
            worst = fmax(worst, off);
            wide += log(covariance(&b, j, j) / want[j][j]) / D;
        }

        print_message("# mean: %.2f deviations off (worst %.2f), variance "
                      "times %.2f\n", sqrt(sum / D), worst, exp(wide));

        assert_true(sqrt(sum / D) < (i ? 0.6 : 0.3));
        assert_true(worst < (i ? 2.2 : 0.8));
        assert_true(fabs(wide) < 0.2);
    }
}


/* hazard: evidence that is learned in full by every part of the score.  Two
   halves of one model, that know nothing of each other's errors, must move
   as the whole does at its first observation, residuals too */

static void
shares(void **state)
{
    float             x[8], whole[8], score, spread;
    uint32_t          j;
    xsell_bandit_t    b, half;
    xsell_residual_t  r;
    xsell_evidence_t  ev;

    (void) state;

    for (j = 0; j < 8; j++) {
        x[j] = 0.3f * (float) j - 0.8f;
    }

    x[7] = 1;

    b = belief(8, 1.5f);
    learn(&b, x, 1, &ev);
    memcpy(whole, mean, sizeof(whole));
    spread = (float) covariance(&b, 7, 7);

    half = belief(7, 1.5f);
    r.mean = 0;
    r.precision = 1 / 1.5f;

    score = xsell_bandit_mean(&half, x) + r.mean;

    assert_true(xsell_evidence_logit(&ev, score,
                                     xsell_bandit_spread(&half, x)
                                     + xsell_residual_spread(&r), 1, 1, 0));
    assert_true(xsell_bandit_learn(&half, x, &ev));
    assert_true(xsell_residual_learn(&r, &ev));

    for (j = 0; j < 7; j++) {
        assert_true(fabsf(mean[j] - whole[j]) < 1e-5f);
    }

    assert_true(fabsf(r.mean - whole[7]) < 1e-5f);
    assert_true(fabsf(1 / r.precision - spread) < 1e-5f);
}


/* hazard: one forged or freak click that turns the shop around */

static void
influence_is_clipped(void **state)
{
    float             x[2];
    xsell_bandit_t    b;
    xsell_evidence_t  ev, less;

    (void) state;

    x[0] = 1;
    x[1] = 1;

    b = belief(2, 50);
    mean[0] = -8;

    assert_true(xsell_evidence_logit(&ev, -8, 100, 1, 1, 0));
    assert_true(ev.push * 100 > 4);

    assert_true(xsell_evidence_logit(&less, -8, 100, 1, 1, 1.5f));
    assert_true(fabsf(less.push * 100 - 1.5f) < 1e-4f);
    assert_true(less.curve < ev.curve);

    assert_true(xsell_bandit_learn(&b, x, &less));
    assert_true(fabsf(xsell_bandit_mean(&b, x) - -6.5f) < 1e-3f);

    /* what is within the bound is as without */

    assert_true(xsell_evidence_logit(&ev, -1, 0.1f, 1, 1, 0));
    assert_true(xsell_evidence_logit(&less, -1, 0.1f, 1, 1, 1.5f));
    assert_memory_equal(&ev, &less, sizeof(ev));
}


/* ---- forgetting ------------------------------------------------------- */

/* hazard: a posterior that widens without end where nothing is observed, or
   that forgets the prior; the textbook's sum of natural parameters */

static void
forgetting_is_exact(void **state)
{
    float             prior[D], variance[D];
    double            precision[D][D], eta[D], sum, worst;
    uint32_t          i, j, k;
    xsell_bandit_t    b;
    xsell_evidence_t  ev;

    (void) state;

    make_data(5, -1);
    b = belief(D, 1);

    for (j = 0; j < D; j++) {
        prior[j] = 0.1f * (float) j - 1;
        variance[j] = 0.5f + 0.1f * (float) j;
    }

    xsell_bandit_prior(&b, prior, variance);

    for (i = 0; i < 500; i++) {
        learn(&b, data[i], reward[i], &ev);
    }

    for (j = 0; j < D; j++) {
        for (k = 0; k < D; k++) {
            precision[j][k] = covariance(&b, j, k);
        }
    }

    invert(precision, D);

    for (j = 0; j < D; j++) {
        eta[j] = 0.2 * prior[j] / variance[j];

        for (k = 0; k < D; k++) {
            eta[j] += 0.8 * precision[j][k] * mean[k];
        }
    }

    for (j = 0; j < D; j++) {
        for (k = 0; k < D; k++) {
            want[j][k] = 0.8 * precision[j][k]
                         + (j == k ? 0.2 / variance[j] : 0);
        }
    }

    invert(want, D);
    xsell_bandit_forget(&b, prior, variance, 0.8f);
    worst = 0;

    for (j = 0; j < D; j++) {
        for (sum = 0, k = 0; k < D; k++) {
            sum += want[j][k] * eta[k];
            worst = fmax(worst, fabs(covariance(&b, j, k) - want[j][k]));
        }

        worst = fmax(worst, fabs(mean[j] - sum));
    }

    assert_true(worst < 1e-4);

    /* for ever: the prior, no more */

    for (i = 0; i < 500; i++) {
        xsell_bandit_forget(&b, prior, variance, 0.9f);
    }

    for (j = 0; j < D; j++) {
        assert_true(fabsf(mean[j] - prior[j]) < 1e-3f);
        assert_true(fabs(covariance(&b, j, j) - variance[j]) < 1e-3);
    }

    learn(&b, data[0], 1, &ev);
    xsell_bandit_forget(&b, prior, variance, 0);
    assert_memory_equal(mean, prior, sizeof(prior));
}


static void
residual_forgets(void **state)
{
    uint32_t          i;
    xsell_residual_t  r;
    xsell_evidence_t  ev;

    (void) state;

    r.mean = 0;
    r.precision = 4;

    for (i = 0; i < 1000; i++) {
        assert_true(xsell_evidence_logit(&ev, r.mean - 2,
                                         xsell_residual_spread(&r),
                                         i % 2 == 0, 1, 0));
        assert_true(xsell_residual_learn(&r, &ev));
    }

    /* half of it is clicked, so that the residual makes up for the -2; the
       prior of 4 holds back by 4 / 254 */

    assert_true(fabsf(r.mean - 1.97f) < 0.03f);
    assert_true(fabsf(r.precision - 254) < 6);

    xsell_residual_forget(&r, 4, 0.5f);
    assert_true(fabsf(r.precision - 129) < 3);
    assert_true(fabsf(r.mean - 1.97f * 250 / 254) < 0.05f);

    for (i = 0; i < 100; i++) {
        xsell_residual_forget(&r, 4, 0.5f);
    }

    assert_true(fabsf(r.mean) < 1e-3f);
    assert_true(fabsf(r.precision - 4) < 1e-3f);
}


/* hazard: years of float.  Features that say nearly the same, 300,000 times,
   with forgetting: the covariance stays one, and near that of double */

static void
long_life(void **state)
{
    float             x[8], z[8], variance[8];
    double            precision[D][D], w;
    uint32_t          i, j, k;
    uint64_t          seed;
    xsell_bandit_t    b;
    xsell_evidence_t  ev;

    (void) state;

    seed = 17;
    b = belief(8, 1);

    memset(precision, 0, sizeof(precision));

    for (j = 0; j < 8; j++) {
        variance[j] = 1;
        precision[j][j] = 1;
    }

    for (i = 0; i < 300000; i++) {
        xsell_normals(&seed, z, 8);

        for (x[0] = 1, j = 1; j < 8; j++) {
            x[j] = 1 + 0.03f * z[j];
        }

        assert_true(xsell_evidence_logit(&ev, xsell_bandit_mean(&b, x),
                                         xsell_bandit_spread(&b, x),
                                         i % 40 == 0, 1, 0));
        assert_true(xsell_bandit_learn(&b, x, &ev));

        w = ev.curve;

        for (j = 0; j < 8; j++) {
            for (k = 0; k < 8; k++) {
                precision[j][k] += w * x[j] * x[k];
            }
        }

        if (i % 1000 == 999) {
            assert_true(xsell_bandit_good(&b));
            xsell_bandit_forget(&b, NULL, variance, 0.99f);

            for (j = 0; j < 8; j++) {
                for (k = 0; k < 8; k++) {
                    precision[j][k] *= 0.99;
                }

                precision[j][j] += 0.01;
            }
        }
    }

    memset(want, 0, sizeof(want));

    for (j = 0; j < 8; j++) {
        memcpy(want[j], precision[j], 8 * sizeof(double));
    }

    invert(want, 8);

    for (j = 0; j < 8; j++) {
        for (k = 0; k < 8; k++) {
            w = fabs(covariance(&b, j, k) - want[j][k])
                / sqrt(want[j][j] * want[k][k]);

            if (!(w < 0.01)) {
                fail_msg("C[%u][%u]: %g, not %g", j, k, covariance(&b, j, k),
                         want[j][k]);
            }
        }
    }
}


/* ---- draws, what is broken -------------------------------------------- */

/* hazard: a draw of another shape than the posterior: x' draw must vary as
   x' C x says, in every direction, and only by alpha */

static void
draws(void **state)
{
    float             theta[D], again[D], one[D];
    double            sum[3], two[3], dot, spread;
    uint32_t          i, k;
    uint64_t          seed, copy;
    xsell_bandit_t    b;
    xsell_evidence_t  ev;

    (void) state;

    make_data(9, -1);
    b = belief(D, 1);

    for (i = 0; i < 300; i++) {
        learn(&b, data[i], reward[i], &ev);
    }

    memset(one, 0, sizeof(one));
    one[3] = 1;

    memset(sum, 0, sizeof(sum));
    memset(two, 0, sizeof(two));
    seed = 1;

    for (i = 0; i < 20000; i++) {
        xsell_bandit_draw(&b, 0.5f, &seed, theta);

        for (k = 0; k < 3; k++) {
            const float  *x;
            uint32_t      j;

            x = k == 2 ? one : data[400 + k];

            for (dot = 0, j = 0; j < D; j++) {
                dot += (double) theta[j] * x[j];
            }

            dot -= xsell_bandit_mean(&b, x);
            sum[k] += dot;
            two[k] += dot * dot;
        }
    }

    for (k = 0; k < 3; k++) {
        spread = 0.25 * xsell_bandit_spread(&b, k == 2 ? one
                                                      : data[400 + k]);

        assert_true(fabs(sum[k] / 20000) < 4 * sqrt(spread / 20000));
        assert_true(fabs(two[k] / 20000 / spread - 1) < 0.04);
    }

    copy = seed;
    xsell_bandit_draw(&b, 0.5f, &seed, theta);
    xsell_bandit_draw(&b, 0.5f, &copy, again);
    assert_memory_equal(theta, again, sizeof(theta));

    xsell_bandit_draw(&b, 0, &seed, theta);
    assert_memory_equal(theta, mean, sizeof(theta));
}


/* hazard: numbers that are none get in once and stay */

static void
refuses(void **state)
{
    float             x[4], before[STRIDE];
    uint32_t          i;
    xsell_bandit_t    b;
    xsell_evidence_t  ev;

    static const float  bad[][4] = {    /* score, spread, reward, weight */
        { NAN, 1, 1, 1 }, { INFINITY, 1, 1, 1 }, { -INFINITY, 1, 0, 1 },
        { 0, NAN, 1, 1 }, { 0, -1, 1, 1 }, { 0, INFINITY, 1, 1 },
        { 0, 1, NAN, 1 }, { 0, 1, 1.5f, 1 }, { 0, 1, -0.1f, 1 },
        { 0, 1, 1, 0 }, { 0, 1, 1, -1 }, { 0, 1, 1, NAN },
        { 0, 1, 1, INFINITY }
    };

    (void) state;

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_false(xsell_evidence_logit(&ev, bad[i][0], bad[i][1],
                                          bad[i][2], bad[i][3], 0));
    }

    b = belief(4, 1);
    memcpy(before, mean, sizeof(before));
    assert_true(xsell_evidence_logit(&ev, 0, 1, 1, 1, 0));

    for (i = 0; i < 4; i++) {
        memset(x, 0, sizeof(x));
        x[i] = NAN;
        assert_false(xsell_bandit_learn(&b, x, &ev));
        x[i] = INFINITY;
        assert_false(xsell_bandit_learn(&b, x, &ev));
    }

    assert_memory_equal(before, mean, 4 * sizeof(float));
    assert_true(xsell_bandit_good(&b));

    /* nothing at all was seen */

    memset(x, 0, sizeof(x));
    assert_true(xsell_evidence_logit(&ev, 0, 0, 1, 1, 0));
    assert_true(xsell_bandit_learn(&b, x, &ev));
    assert_memory_equal(before, mean, 4 * sizeof(float));
}


/* hazard: a torn or foreign state that is believed */

static void
tells_broken_state(void **state)
{
    uint32_t          i;
    xsell_bandit_t    b;
    xsell_residual_t  r;

    static const float  bad[] = { NAN, INFINITY, -INFINITY, 1e5f, -1e5f };

    (void) state;

    for (i = 0; i < 5; i++) {
        b = belief(4, 1);
        assert_true(xsell_bandit_good(&b));
        mean[2] = bad[i];
        assert_false(xsell_bandit_good(&b));

        b = belief(4, 1);
        factor[3 * STRIDE + 3] = bad[i];
        assert_false(xsell_bandit_good(&b));

        b = belief(4, 1);
        factor[3 * STRIDE + 1] = bad[i];
        assert_false(xsell_bandit_good(&b));

        r.mean = bad[i];
        r.precision = 1;
        assert_false(xsell_residual_good(&r));

        r.mean = 0;
        r.precision = -bad[i] * bad[i];
        assert_false(xsell_residual_good(&r));
    }

    b = belief(4, 1);
    factor[0] = 0;
    assert_false(xsell_bandit_good(&b));

    r.precision = 1;
    assert_true(xsell_residual_good(&r));
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(sigmoid),
        cmocka_unit_test(normals),
        cmocka_unit_test(one_observation),
        cmocka_unit_test(covariance_is_exact),
        cmocka_unit_test(near_the_batch),
        cmocka_unit_test(shares),
        cmocka_unit_test(influence_is_clipped),
        cmocka_unit_test(forgetting_is_exact),
        cmocka_unit_test(residual_forgets),
        cmocka_unit_test(long_life),
        cmocka_unit_test(draws),
        cmocka_unit_test(refuses),
        cmocka_unit_test(tells_broken_state),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}

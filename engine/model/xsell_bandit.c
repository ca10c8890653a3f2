
/*
 * xsell_bandit.c: Bayesian logistic regression, one observation at a time.
 *
 * The learner calls it per shown item, a decision draws from it once; it
 * stands below features and weights and knows neither.
 *
 * Covariance is kept as C = F' D F and changed by Bierman's update (Bierman
 * 1976, "Measurement updating using the U-D factorization"): C stays positive
 * whatever is rounded, in float as good as the plain update in double, and
 * the factor that a draw needs is always there.  Not taken: Sherman-Morrison
 * on C itself, which loses its sign after some 10^5 floats, and a precision
 * matrix, which is cheap to add to but costs a Cholesky factor (5.6 us at 24)
 * before anybody can draw; Carlson's root of C wants a square root a row.
 *
 * An observation of reward y at score s, variance v, moves the score to where
 * its posterior is highest: s + v a with a = weight (y - p(s + v a)), which
 * has one root, found by Newton's steps inside a bracket.  The logistic curve
 * is then read there (online Laplace: Bishop, PRML 4.4; Chapelle and Li 2011).
 * Not taken: one Newton step from s, which jumps by dozens of logits when an
 * unlikely thing happens early; Bohning's bound of 1/4 on the curve, which
 * overstates what rare clicks say (at 2 % ten-fold).
 *
 * Forgetting scales C and then observes the prior, weight by weight, with the
 * precision that was lost: exactly keep x posterior + (1 - keep) x prior in
 * the natural parameters.  Scaling alone blows up where nothing is observed.
 *
 * Sums run in four lanes of one fixed order, exp and square roots are exact
 * or ours: the same events give the same bits (as long as the compiler fuses
 * no multiplication into an addition, which x86-64 without -march does not).
 */

#include "../xsell.h"
#include "xsell_bandit.h"
#include "xsell_four.h"

#include <math.h>
#include <string.h>


#define XSELL_EVIDENCE_STEPS  8
#define XSELL_EVIDENCE_NEAR   1e-3f     /* logits */
#define XSELL_EVIDENCE_FLAT   1e-9f     /* least curve */
#define XSELL_EVIDENCE_FAR    1e6f      /* a score or spread beyond is absurd */


static inline float
xsell_lanes_dot(const float *x, const float *y, uint32_t n)
{
    float         rest;
    uint32_t      i;
    xsell_four_t  sum;

    sum = xsell_four_all(0);

    for (i = 0; i + 4 <= n; i += 4) {
        sum += xsell_four(&x[i]) * xsell_four(&y[i]);
    }

    for (rest = 0; i < n; i++) {
        rest += x[i] * y[i];
    }

    return ((sum[0] + sum[1]) + (sum[2] + sum[3])) + rest;
}


/* to += by * row */

static inline void
xsell_lanes_add(float *to, const float *row, float by, uint32_t n)
{
    uint32_t      i;
    xsell_four_t  v;

    for (i = 0; i + 4 <= n; i += 4) {
        v = xsell_four(&to[i]) + by * xsell_four(&row[i]);
        memcpy(&to[i], &v, sizeof(v));
    }

    for ( /* void */ ; i < n; i++) {
        to[i] += by * row[i];
    }
}


/* ---- numbers ---------------------------------------------------------- */

/* e^-x for x >= 0: 2^whole times the series on |y| <= ln 2 / 2 */

static inline float
xsell_exp_minus(float x)
{
    int       whole;
    float     y, scale;
    uint32_t  w;

    x = x < 80 ? x : 80;                /* a NaN too */

    whole = (int) (x * 1.44269504f + 0.5f);
    y = ((float) whole * 0.693359375f - x)
        + (float) whole * -2.12194440e-4f;

    w = (uint32_t) (127 - whole) << 23;
    memcpy(&scale, &w, sizeof(scale));

    return scale * (1 + y * (1 + y * (0.5f + y * (0.166666667f
                    + y * (0.0416666667f + y * (0.00833333333f
                    + y * 0.00138888889f))))));
}


/* the logistic function, and its slope */

static inline float
xsell_logistic(float x, float *slope)
{
    float  e, inverse;

    e = xsell_exp_minus(x < 0 ? -x : x);
    inverse = 1 / (1 + e);

    *slope = e * inverse * inverse;

    return x < 0 ? e * inverse : inverse;
}


float
xsell_sigmoid(float x)
{
    float  slope;

    return xsell_logistic(x, &slope);
}


/*
 * Four 16-bit uniform numbers of one word added (Irwin-Hall), then bent by a
 * polynomial fitted to the exact map onto the normal distribution: error
 * below .003 within 3 sigma, second and fourth moment right to 1e-4.  No
 * table, no branch, no logarithm: 2 ns a number.
 */

void
xsell_normals(uint64_t *random, float *z, uint32_t n)
{
    float     t, s;
    uint32_t  i;
    uint64_t  w;

    for (i = 0; i < n; i++) {
        w = xsell_random(random);

        /* pairs of 16 bits, each sum within 17 */
        w = (w & 0x0000ffff0000ffffull) + ((w >> 16) & 0x0000ffff0000ffffull);
        w = (w & 0xffffffff) + (w >> 32);

        t = (float) ((int32_t) w - 131070) * (1.0f / 65535);
        s = t * t;

        z[i] = t * (1.66683502f + s * (0.04817025f + s * (0.02793404f
                    + s * (-0.01692257f + s * 0.00533782f))));
    }
}


/* ---- the weights ------------------------------------------------------ */

void
xsell_bandit_prior(const xsell_bandit_t *b, const float *mean,
    const float *variance)
{
    float     *row;
    uint32_t   j;

    for (j = 0; j < b->d; j++) {
        row = &b->factor[(size_t) j * b->stride];

        memset(row, 0, j * sizeof(*row));

        row[j] = variance[j];
        b->mean[j] = mean ? mean[j] : 0;
    }
}


float
xsell_bandit_mean(const xsell_bandit_t *b, const float *x)
{
    return xsell_lanes_dot(b->mean, x, b->d);
}


/* f = F x; returns x' C x */

static inline float
xsell_bandit_project(const xsell_bandit_t *b, const float *x, float *f)
{
    float         spread;
    uint32_t      j;
    const float  *row;

    spread = 0;

    for (j = 0; j < b->d; j++) {
        row = &b->factor[(size_t) j * b->stride];

        f[j] = x[j] + xsell_lanes_dot(row, x, j);
        spread += row[j] * f[j] * f[j];
    }

    return spread;
}


float
xsell_bandit_spread(const xsell_bandit_t *b, const float *x)
{
    float  f[XSELL_BANDIT_MAX];

    return xsell_bandit_project(b, x, f);
}


/*
 * Bierman's update of F and D for an observation of noise variance `noise`
 * on the direction whose projection is f.  gain becomes C x, of the C before.
 */

static void
xsell_bandit_update(const xsell_bandit_t *b, const float *f, float noise,
    float *gain)
{
    float         v, by, sum, before, *row, old;
    uint32_t      i, j;
    xsell_four_t  r, g;

    sum = noise;

    for (j = 0; j < b->d; j++) {
        row = &b->factor[(size_t) j * b->stride];

        v = row[j] * f[j];
        by = -f[j] / sum;

        before = sum;
        sum += f[j] * v;
        row[j] *= before / sum;

        for (i = 0; i + 4 <= j; i += 4) {
            r = xsell_four(&row[i]);
            g = xsell_four(&gain[i]);

            g += r * v;
            r += xsell_four(&gain[i]) * by;

            memcpy(&row[i], &r, sizeof(r));
            memcpy(&gain[i], &g, sizeof(g));
        }

        for ( /* void */ ; i < j; i++) {
            old = row[i];
            row[i] += gain[i] * by;
            gain[i] += old * v;
        }

        gain[j] = v;
    }
}


int
xsell_evidence_logit(xsell_evidence_t *ev, float score, float spread,
    float reward, float weight, float clip)
{
    float     a, p, low, high, step, error, slope;
    uint32_t  i;

    if (!(score > -XSELL_EVIDENCE_FAR && score < XSELL_EVIDENCE_FAR)
        || !(spread >= 0 && spread < XSELL_EVIDENCE_FAR)
        || !(reward >= 0 && reward <= 1)
        || !(weight > 0 && weight < XSELL_EVIDENCE_FAR))
    {
        return 0;
    }

    /* the root lies between no push and the push that the first error is */

    p = xsell_logistic(score, &slope);
    a = weight * (reward - p);

    low = a < 0 ? a : 0;
    high = a < 0 ? 0 : a;

    a /= 1 + weight * spread * slope;

    for (i = 0; i < XSELL_EVIDENCE_STEPS; i++) {
        p = xsell_logistic(score + spread * a, &slope);
        error = a - weight * (reward - p);

        if (error < 0) {
            low = a;

        } else {
            high = a;
        }

        step = error / (1 + weight * spread * slope);

        if (step * spread < XSELL_EVIDENCE_NEAR
            && step * spread > -XSELL_EVIDENCE_NEAR)
        {
            break;
        }

        a -= step;

        if (!(a > low && a < high)) {
            a = (low + high) / 2;
        }
    }

    if (clip > 0 && (spread * a > clip || spread * a < -clip)) {
        a = (a < 0 ? -clip : clip) / spread;
        p = xsell_logistic(score + spread * a, &slope);
        weight = a / (reward - p);
    }

    ev->push = a;
    ev->spread = spread;
    ev->curve = weight * slope;

    if (!(ev->curve > XSELL_EVIDENCE_FLAT)) {
        ev->curve = XSELL_EVIDENCE_FLAT;
    }

    return 1;
}


int
xsell_evidence_back(xsell_evidence_t *ev, float push, float spread, float clip)
{
    if (!(push >= -1 && push <= 1)
        || !(spread >= 0 && spread < XSELL_EVIDENCE_FAR))
    {
        return 0;
    }

    if (spread * push > clip || spread * push < -clip) {
        push = (push < 0 ? -clip : clip) / spread;
    }

    ev->push = push;
    ev->spread = spread;
    ev->curve = XSELL_EVIDENCE_FLAT;

    return 1;
}


int
xsell_bandit_learn(const xsell_bandit_t *b, const float *x,
    const xsell_evidence_t *ev)
{
    float  f[XSELL_BANDIT_MAX], gain[XSELL_BANDIT_MAX], own, rest;

    own = xsell_bandit_project(b, x, f);

    if (!(own >= 0 && own < XSELL_EVIDENCE_FAR)) {
        return 0;
    }

    rest = ev->spread - own;

    if (rest < 0) {
        rest = 0;
    }

    xsell_bandit_update(b, f, 1 / ev->curve + rest, gain);
    xsell_lanes_add(b->mean, gain, ev->push, b->d);

    return 1;
}


void
xsell_bandit_forget(const xsell_bandit_t *b, const float *mean,
    const float *variance, float keep)
{
    float     x[XSELL_BANDIT_MAX], f[XSELL_BANDIT_MAX];
    float     gain[XSELL_BANDIT_MAX], noise, own, push;
    uint32_t  j;

    if (!(keep < 1)) {
        return;
    }

    if (!(keep > 1e-6f)) {
        xsell_bandit_prior(b, mean, variance);
        return;
    }

    memset(x, 0, sizeof(x));

    for (j = 0; j < b->d; j++) {
        b->factor[(size_t) j * b->stride + j] /= keep;
    }

    for (j = 0; j < b->d; j++) {
        x[j] = 1;

        noise = variance[j] / (1 - keep);
        own = xsell_bandit_project(b, x, f);
        push = ((mean ? mean[j] : 0) - b->mean[j]) / (noise + own);

        xsell_bandit_update(b, f, noise, gain);
        xsell_lanes_add(b->mean, gain, push, b->d);

        x[j] = 0;
    }
}


void
xsell_bandit_draw(const xsell_bandit_t *b, float alpha, uint64_t *random,
    float *theta)
{
    float         z[XSELL_BANDIT_MAX], by;
    uint32_t      j;
    const float  *row;

    xsell_normals(random, z, b->d);
    memcpy(theta, b->mean, b->d * sizeof(*theta));

    for (j = 0; j < b->d; j++) {
        row = &b->factor[(size_t) j * b->stride];
        by = alpha * z[j] * sqrtf(row[j]);

        xsell_lanes_add(theta, row, by, j);
        theta[j] += by;
    }
}


int
xsell_bandit_good(const xsell_bandit_t *b)
{
    float         variance[XSELL_BANDIT_MAX];
    uint32_t      i, j;
    const float  *row;

    for (j = 0; j < b->d; j++) {
        row = &b->factor[(size_t) j * b->stride];

        if (!(row[j] > 0 && row[j] <= XSELL_BANDIT_VARIANCE)
            || !(b->mean[j] >= -XSELL_BANDIT_MEAN
                 && b->mean[j] <= XSELL_BANDIT_MEAN))
        {
            return 0;
        }

        variance[j] = row[j];

        for (i = 0; i < j; i++) {
            variance[i] += row[j] * row[i] * row[i];
        }
    }

    for (j = 0; j < b->d; j++) {
        if (!(variance[j] <= XSELL_BANDIT_VARIANCE)) {
            return 0;
        }
    }

    return 1;
}


/* ---- residuals -------------------------------------------------------- */

float
xsell_residual_spread(const xsell_residual_t *r)
{
    return 1 / r->precision;
}


int
xsell_residual_learn(xsell_residual_t *r, const xsell_evidence_t *ev)
{
    float  own, rest;

    own = 1 / r->precision;

    if (!(own >= 0 && own < XSELL_EVIDENCE_FAR)) {
        return 0;
    }

    rest = ev->spread - own;

    if (rest < 0) {
        rest = 0;
    }

    r->mean += own * ev->push;
    r->precision += 1 / (1 / ev->curve + rest);

    return 1;
}


void
xsell_residual_forget(xsell_residual_t *r, float precision, float keep)
{
    float  next;

    next = keep * r->precision + (1 - keep) * precision;

    r->mean *= keep * r->precision / next;
    r->precision = next;
}


int
xsell_residual_good(const xsell_residual_t *r)
{
    return r->mean >= -XSELL_BANDIT_MEAN && r->mean <= XSELL_BANDIT_MEAN
           && r->precision >= 1 / XSELL_BANDIT_VARIANCE
           && r->precision <= 1e12f;
}

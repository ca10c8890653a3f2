
/*
 * simulate_noise.c: random numbers of the simulated shop.
 *
 * A normal number is looked up: 65,536 quantiles.  So it costs one draw and
 * one load, a hash can be one (noise that is static, without a table of ten
 * thousand squared), and it is the same on every machine whatever its libm
 * does with logarithms.  The ends stop at 4.3: of no weight here.
 *
 * Quantiles: P. J. Acklam's rational approximation, relative error 1.15e-9.
 */

#include "simulate.h"

#include <math.h>


float  sim_quantile[SIM_QUANTILES];


static double
sim_quantile_tail(double q)
{
    static const double  c[] = {
        -7.784894002430293e-03, -3.223964580411365e-01,
        -2.400758277161838e+00, -2.549732539343734e+00,
        4.374664141464968e+00, 2.938163982698783e+00
    };
    static const double  d[] = {
        7.784695709041462e-03, 3.224671290700398e-01,
        2.445134137142996e+00, 3.754408661907416e+00
    };

    return (((((c[0] * q + c[1]) * q + c[2]) * q + c[3]) * q + c[4]) * q
            + c[5])
           / ((((d[0] * q + d[1]) * q + d[2]) * q + d[3]) * q + 1);
}


static double
sim_quantile_of(double p)
{
    double  q, r;

    static const double  a[] = {
        -3.969683028665376e+01, 2.209460984245205e+02,
        -2.759285104469687e+02, 1.383577518672690e+02,
        -3.066479806614716e+01, 2.506628277459239e+00
    };
    static const double  b[] = {
        -5.447609879822406e+01, 1.615858368580409e+02,
        -1.556989798598866e+02, 6.680131188771972e+01,
        -1.328068155288572e+01
    };

    if (p < 0.02425) {
        return sim_quantile_tail(sqrt(-2 * log(p)));
    }

    if (p > 1 - 0.02425) {
        return -sim_quantile_tail(sqrt(-2 * log(1 - p)));
    }

    q = p - 0.5;
    r = q * q;

    return (((((a[0] * r + a[1]) * r + a[2]) * r + a[3]) * r + a[4]) * r
            + a[5]) * q
           / (((((b[0] * r + b[1]) * r + b[2]) * r + b[3]) * r + b[4]) * r
              + 1);
}


void
sim_noise_init(void)
{
    uint32_t  i;

    for (i = 0; i < SIM_QUANTILES; i++) {
        sim_quantile[i] = (float) sim_quantile_of((i + 0.5) / SIM_QUANTILES);
    }
}


double
sim_uniform(uint64_t *rng)
{
    return (double) (xsell_random(rng) >> 11) * 0x1p-53;
}


uint32_t
sim_below(uint64_t *rng, uint32_t n)
{
    return (uint32_t) ((xsell_random(rng) >> 32) * n >> 32);
}


double
sim_normal(uint64_t *rng)
{
    return sim_quantile[xsell_random(rng) >> 48];
}


double
sim_exponential(uint64_t *rng)
{
    return -log(1 - sim_uniform(rng));
}


double
sim_sigmoid(double x)
{
    return 1 / (1 + exp(-x));
}

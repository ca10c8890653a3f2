
/*
 * xsell_four.h: four numbers at a time, on any processor.
 *
 * Of sums, one after the other would wait for each addition; and a decision
 * does the same to some forty rows.  Every x86-64 has SSE2, so nothing is asked
 * at run time; xsell_rows.c asks whether there is more.
 */

#ifndef XSELL_FOUR_H
#define XSELL_FOUR_H

#include <stdint.h>
#include <string.h>

#ifdef __SSE2__
#include <immintrin.h>
#endif


#define XSELL_LANES         4
#define XSELL_LANES_TARGET
#define XSELL_LANE(name)    xsell_four_##name

#include "xsell_lanes.h"

#undef XSELL_LANES
#undef XSELL_LANES_TARGET
#undef XSELL_LANE

typedef xsell_four_int  xsell_int4_t;

#define xsell_four(p)       xsell_four_load(p)
#define xsell_int4_all(x)   xsell_four_iall(x)


/* n: a multiple of 4 */

static inline float
xsell_dot(const float *x, const float *y, uint32_t n)
{
    uint32_t      i;
    xsell_four_t  sum;

    sum = xsell_four_all(0);

    for (i = 0; i < n; i += 4) {
        sum += xsell_four(&x[i]) * xsell_four(&y[i]);
    }

    return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}


/* 32 to one, rounded away from zero; without a branch, for signs are a coin's
   toss */

static inline xsell_int4_t
xsell_four_q5(xsell_four_t f)
{
    f *= 32.0f;

    /* a half with the sign of f */
    f += (xsell_four_t) (((xsell_int4_t) f & INT32_MIN)
                         | (xsell_int4_t) xsell_four_all(0.5f));

    return __builtin_convertvector(f, xsell_int4_t);
}


/* 16 numbers of -4 to 4 as bytes */

static inline void
xsell_four_pack(xsell_four_t f, xsell_four_t g, xsell_four_t h,
    xsell_four_t i, int8_t out[16])
{
    xsell_int4_t  a, b, c, d;

    a = xsell_four_q5(f);
    b = xsell_four_q5(g);
    c = xsell_four_q5(h);
    d = xsell_four_q5(i);

#ifdef __SSE2__
    a = (xsell_int4_t) _mm_packs_epi16(_mm_packs_epi32((__m128i) a,
                                                       (__m128i) b),
                                       _mm_packs_epi32((__m128i) c,
                                                       (__m128i) d));
    memcpy(out, &a, sizeof(a));
#else
    for (uint32_t k = 0; k < 16; k++) {
        out[k] = (int8_t) (k < 4 ? a : k < 8 ? b : k < 12 ? c : d)[k % 4];
    }
#endif
}


#endif /* XSELL_FOUR_H */


/*
 * xsell_four.h: four numbers at a time.
 *
 * Of sums, one after the other would wait for each addition; and a decision
 * does the same to some forty rows.  Compilers see only the vectors that they
 * are shown: GCC's and clang's vector types are, and what these don't make of
 * them by themselves on x86-64 is named here.  Every processor of that kind has
 * SSE2, so nothing is asked at run time.
 */

#ifndef XSELL_FOUR_H
#define XSELL_FOUR_H

#include <stdint.h>
#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif


typedef float    xsell_four_t __attribute__((vector_size(16)));
typedef int32_t  xsell_int4_t __attribute__((vector_size(16)));


/* anywhere in memory */

static inline xsell_four_t
xsell_four(const float *p)
{
    xsell_four_t  f;

    memcpy(&f, p, sizeof(f));

    return f;
}


static inline xsell_four_t
xsell_four_all(float x)
{
    return (xsell_four_t) { x, x, x, x };
}


static inline xsell_int4_t
xsell_int4_all(uint32_t x)
{
    return (xsell_int4_t) { (int32_t) x, (int32_t) x, (int32_t) x,
                            (int32_t) x };
}


/* x where the mask is all ones, 0 where it is none */

static inline xsell_four_t
xsell_four_where(xsell_int4_t mask, xsell_four_t x)
{
    return (xsell_four_t) (mask & (xsell_int4_t) x);
}


/* of a NaN and a number the second one */

static inline xsell_four_t
xsell_four_max(xsell_four_t x, xsell_four_t y)
{
#ifdef __SSE2__
    return (xsell_four_t) _mm_max_ps((__m128) x, (__m128) y);
#else
    xsell_int4_t  m;

    m = x > y;

    return (xsell_four_t) ((m & (xsell_int4_t) x) | (~m & (xsell_int4_t) y));
#endif
}


static inline xsell_four_t
xsell_four_min(xsell_four_t x, xsell_four_t y)
{
#ifdef __SSE2__
    return (xsell_four_t) _mm_min_ps((__m128) x, (__m128) y);
#else
    xsell_int4_t  m;

    m = x < y;

    return (xsell_four_t) ((m & (xsell_int4_t) x) | (~m & (xsell_int4_t) y));
#endif
}


static inline xsell_four_t
xsell_four_abs(xsell_four_t x)
{
    return (xsell_four_t) ((xsell_int4_t) x & INT32_MAX);
}


/* the first number whose mask is all ones, 4: none */

static inline uint32_t
xsell_four_first(xsell_int4_t mask)
{
#ifdef __SSE2__
    return (uint32_t) __builtin_ctz(0x10
                                    | _mm_movemask_ps((__m128) mask));
#else
    uint32_t  i;

    for (i = 0; i < 4 && mask[i] == 0; i++) { /* void */ }

    return i;
#endif
}


/* -most to most */

static inline xsell_four_t
xsell_four_clip(xsell_four_t x, float most)
{
    return xsell_four_max(xsell_four_min(x, xsell_four_all(most)),
                          xsell_four_all(-most));
}


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

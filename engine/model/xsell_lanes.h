
/*
 * xsell_lanes.h: some floats at a time, for whoever includes it with
 *
 *   XSELL_LANES         4 or 8
 *   XSELL_LANES_TARGET  the attribute of functions that work on so many
 *   XSELL_LANE(name)    what is declared here: t (floats), int (int32_t), load,
 *                       all, iall, where, max, min, abs, clip, log2, first
 *
 * GCC's and clang's vector types are what compilers see as vectors; what these
 * don't make of them by themselves on x86-64 is named.  xsell_four.h includes
 * it for every processor, xsell_rows.c again for those that have AVX2.
 */

#define XSELL_LANE_INLINE                                                     \
    XSELL_LANES_TARGET static inline __attribute__((always_inline, unused))


typedef float    XSELL_LANE(t)   __attribute__((vector_size(4 * XSELL_LANES)));
typedef int32_t  XSELL_LANE(int) __attribute__((vector_size(4 * XSELL_LANES)));


/* anywhere in memory */

XSELL_LANE_INLINE XSELL_LANE(t)
XSELL_LANE(load)(const float *p)
{
    XSELL_LANE(t)  f;

    memcpy(&f, p, sizeof(f));

    return f;
}


XSELL_LANE_INLINE XSELL_LANE(int)
XSELL_LANE(iload)(const uint32_t *p)
{
    XSELL_LANE(int)  x;

    memcpy(&x, p, sizeof(x));

    return x;
}


XSELL_LANE_INLINE void
XSELL_LANE(store)(float *p, XSELL_LANE(t) f)
{
    memcpy(p, &f, sizeof(f));
}


XSELL_LANE_INLINE XSELL_LANE(t)
XSELL_LANE(all)(float x)
{
#if XSELL_LANES == 8
    return (XSELL_LANE(t)) { x, x, x, x, x, x, x, x };
#else
    return (XSELL_LANE(t)) { x, x, x, x };
#endif
}


XSELL_LANE_INLINE XSELL_LANE(int)
XSELL_LANE(iall)(uint32_t u)
{
    int32_t  x;

    x = (int32_t) u;

#if XSELL_LANES == 8
    return (XSELL_LANE(int)) { x, x, x, x, x, x, x, x };
#else
    return (XSELL_LANE(int)) { x, x, x, x };
#endif
}


/* x where the mask is all ones, 0 where it is none */

XSELL_LANE_INLINE XSELL_LANE(t)
XSELL_LANE(where)(XSELL_LANE(int) mask, XSELL_LANE(t) x)
{
    return (XSELL_LANE(t)) (mask & (XSELL_LANE(int)) x);
}


/* of a NaN and a number the second one */

XSELL_LANE_INLINE XSELL_LANE(t)
XSELL_LANE(max)(XSELL_LANE(t) x, XSELL_LANE(t) y)
{
#if defined(__SSE2__) && XSELL_LANES == 8
    return (XSELL_LANE(t)) _mm256_max_ps((__m256) x, (__m256) y);
#elif defined(__SSE2__)
    return (XSELL_LANE(t)) _mm_max_ps((__m128) x, (__m128) y);
#else
    XSELL_LANE(int)  m;

    m = x > y;

    return (XSELL_LANE(t)) ((m & (XSELL_LANE(int)) x)
                            | (~m & (XSELL_LANE(int)) y));
#endif
}


XSELL_LANE_INLINE XSELL_LANE(t)
XSELL_LANE(min)(XSELL_LANE(t) x, XSELL_LANE(t) y)
{
#if defined(__SSE2__) && XSELL_LANES == 8
    return (XSELL_LANE(t)) _mm256_min_ps((__m256) x, (__m256) y);
#elif defined(__SSE2__)
    return (XSELL_LANE(t)) _mm_min_ps((__m128) x, (__m128) y);
#else
    XSELL_LANE(int)  m;

    m = x < y;

    return (XSELL_LANE(t)) ((m & (XSELL_LANE(int)) x)
                            | (~m & (XSELL_LANE(int)) y));
#endif
}


XSELL_LANE_INLINE XSELL_LANE(t)
XSELL_LANE(abs)(XSELL_LANE(t) x)
{
    return (XSELL_LANE(t)) ((XSELL_LANE(int)) x & INT32_MAX);
}


/* -most to most */

XSELL_LANE_INLINE XSELL_LANE(t)
XSELL_LANE(clip)(XSELL_LANE(t) x, float most)
{
    return XSELL_LANE(max)(XSELL_LANE(min)(x, XSELL_LANE(all)(most)),
                           XSELL_LANE(all)(-most));
}


/* as xsell_log2() */

XSELL_LANE_INLINE XSELL_LANE(t)
XSELL_LANE(log2)(XSELL_LANE(t) x)
{
    XSELL_LANE(t)    m;
    XSELL_LANE(int)  w;

    w = (XSELL_LANE(int)) x;
    m = __builtin_convertvector((w >> 23) - 127, XSELL_LANE(t));
    x = (XSELL_LANE(t)) ((w & 0x007fffff) | 0x3f800000);

    return m + (2.0f - 0.33582878f * x) * x - 1.65871022f;
}


/* the first number whose mask is all ones; XSELL_LANES: none */

XSELL_LANE_INLINE uint32_t
XSELL_LANE(first)(XSELL_LANE(int) mask)
{
#if defined(__SSE2__) && XSELL_LANES == 8
    return (uint32_t) __builtin_ctz(0x100
                                    | _mm256_movemask_ps((__m256) mask));
#elif defined(__SSE2__)
    return (uint32_t) __builtin_ctz(0x10 | _mm_movemask_ps((__m128) mask));
#else
    uint32_t  i;

    for (i = 0; i < XSELL_LANES && mask[i] == 0; i++) { /* void */ }

    return i;
#endif
}


#undef XSELL_LANE_INLINE


/*
 * xsell_rows.c: the passes over rows (xsell_rows_loop.h, xsell_score_loop.h),
 * built for four rows at a time, which every processor can, and for eight,
 * which those with AVX2 can; asked once, when a ranker is made.
 *
 * Both give the same numbers, bit by bit: rows are added up apart, in the same
 * order, and no multiplication is fused with an addition.
 *
 * Not taken: the compiler's clones of a function (target_clones).  They are
 * chosen by the loader, which not every C library and no sanitizer's start
 * knows well.
 */

#include "xsell_rows.h"


#define XSELL_ROWS_TABLE(of)                                                  \
    {                                                                         \
        xsell_rows_##of##_other, xsell_rows_##of##_lead,                      \
        xsell_rows_##of##_score, xsell_rows_##of##_begin,                     \
        xsell_rows_##of##_again, xsell_rows_##of##_hold,                      \
        xsell_rows_##of##_find, xsell_rows_##of##_columns,                    \
        xsell_rows_##of##_octaves                                             \
    }


#define XSELL_LANES         4
#define XSELL_LANES_TARGET
#define XSELL_LANE(name)    xsell_four_##name
#define XSELL_ROWS(name)    xsell_rows_four_##name

#include "xsell_rows_loop.h"
#include "xsell_score_loop.h"

#undef XSELL_LANES
#undef XSELL_LANES_TARGET
#undef XSELL_LANE
#undef XSELL_ROWS

static const xsell_rows_t  xsell_rows_four = XSELL_ROWS_TABLE(four);


#ifdef __SSE2__

#define XSELL_LANES         8
#define XSELL_LANES_TARGET  __attribute__((target("avx2")))
#define XSELL_LANE(name)    xsell_eight_##name
#define XSELL_ROWS(name)    xsell_rows_eight_##name

#include "xsell_lanes.h"
#include "xsell_rows_loop.h"
#include "xsell_score_loop.h"

static const xsell_rows_t  xsell_rows_eight = XSELL_ROWS_TABLE(eight);

#endif


const xsell_rows_t *
xsell_rows_of(unsigned kind)
{
    if (kind == XSELL_ROWS_FOUR) {
        return &xsell_rows_four;
    }

#ifdef __SSE2__
    if (__builtin_cpu_supports("avx2")) {
        return &xsell_rows_eight;
    }
#endif

    return NULL;
}


const xsell_rows_t *
xsell_rows_best(void)
{
    const xsell_rows_t  *rows;

    rows = xsell_rows_of(XSELL_ROWS_EIGHT);

    return rows ? rows : &xsell_rows_four;
}

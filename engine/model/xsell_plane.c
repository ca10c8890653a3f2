
/*
 * xsell_plane.c: vectors of the items: what a model made elsewhere, their
 * pictures or a simulator say of them, as points whose angle is their
 * likeness.  A catalogue has up to XSELL_PLANES of them, each with a name and
 * a width of its own; an item may have none.
 *
 *   begin   room for all rows of a plane, none of them there
 *   row     a row of floats -> int8
 *   finish  who is nearest to whom (xsell_near.c)
 *
 * It is filled while the catalogue is built and only read afterwards.
 *
 * A row is the int8 multiple of what came in that fills -127..127, so rows of
 * any length keep 7 bits of their largest component: with one scale for all, a
 * wide vector of length 1 would keep three.  Beside it stand the scale that
 * gives its numbers back (products of two-tower models) and 1 / its own
 * length, so that a cosine is one exact sum of integers and two products.
 *
 * Invariants: a row has no -128; what lies between its width and the next
 * multiple of 16 is 0; inverse is 0 for who has no row, else positive.
 *
 * Not taken: product quantisation and half floats: 8 bits agree with floats on
 * the first ten of reference queries, and 2^20 rows of 64 take 64 MiB.
 */

#include "xsell_catalog.h"

#include <math.h>


typedef int16_t   plane_short_t __attribute__((vector_size(16)));
typedef uint16_t  plane_bits_t __attribute__((vector_size(16)));
typedef int32_t   plane_int_t __attribute__((vector_size(16)));
typedef uint32_t  plane_word_t __attribute__((vector_size(16)));


static const char *const  plane_names[XSELL_PLANES] = {
    [XSELL_PLANE_CONTENT] = "content",
    [XSELL_PLANE_VISUAL] = "visual",
    [XSELL_PLANE_HARMONY] = "harmony",
    [XSELL_PLANE_STYLE] = "style"
};


const char *
xsell_plane_name(unsigned plane)
{
    return plane < XSELL_PLANES ? plane_names[plane] : NULL;
}


int
xsell_plane_find(const char *p, size_t n)
{
    int  i;

    for (i = 0; i < XSELL_PLANES; i++) {
        if (strlen(plane_names[i]) == n && memcmp(plane_names[i], p, n) == 0) {
            return i;
        }
    }

    return -1;
}


int
xsell_plane_begin(xsell_catalog_t *cat, unsigned plane, unsigned dims)
{
    unsigned  rows, sizes;

    if (plane >= XSELL_PLANES || dims == 0 || dims > XSELL_DIMS_MAX
        || cat->image)
    {
        return XSELL_EINVAL;
    }

    rows = xsell_plane_part(plane, XSELL_PLANE_ROWS);
    sizes = xsell_plane_part(plane, XSELL_PLANE_SIZES);

    xsell_part_free(cat, rows);
    xsell_part_free(cat, sizes);
    xsell_part_free(cat, xsell_plane_part(plane, XSELL_PLANE_NEAR));

    cat->dims[plane] = dims;

    if (xsell_part_make(cat, rows, cat->n) != XSELL_OK
        || xsell_part_make(cat, sizes, cat->n) != XSELL_OK)
    {
        xsell_part_free(cat, rows);
        cat->dims[plane] = 0;
        return XSELL_ENOMEM;
    }

    return XSELL_OK;
}


int
xsell_plane_row(xsell_catalog_t *cat, unsigned plane, uint32_t idx,
    const float *v)
{
    int                  q;
    float                most;
    int8_t              *row;
    uint32_t             i, dims;
    uint64_t             square;
    xsell_plane_size_t  *size;

    if (plane >= XSELL_PLANES || idx >= cat->n || cat->image
        || cat->dims[plane] == 0)
    {
        return XSELL_EINVAL;
    }

    dims = cat->dims[plane];

    for (most = 0, i = 0; i < dims; i++) {

        if (!isfinite(v[i])) {
            return XSELL_EINVAL;
        }

        most = fabsf(v[i]) > most ? fabsf(v[i]) : most;
    }

    /* less is no direction but rounding, and 127 / most would be infinite */

    if (most < 1e-30f) {
        return XSELL_NONE;
    }

    row = cat->part[xsell_plane_part(plane, XSELL_PLANE_ROWS)].p;
    row += (size_t) idx * xsell_plane_stride(dims);

    for (square = 0, i = 0; i < dims; i++) {
        q = (int) lrintf(v[i] / most * 127);
        row[i] = (int8_t) q;
        square += (uint64_t) (q * q);
    }

    size = cat->part[xsell_plane_part(plane, XSELL_PLANE_SIZES)].p;
    size[idx].scale = most / 127;
    size[idx].inverse = 1 / sqrtf((float) square);

    return XSELL_OK;
}


unsigned
xsell_plane_dims(const xsell_catalog_t *cat, unsigned plane)
{
    return plane < XSELL_PLANES ? cat->dims[plane] : 0;
}


int
xsell_plane_vector(const xsell_catalog_t *cat, unsigned plane, uint32_t idx,
    xsell_vector_t *v)
{
    const int8_t              *rows;
    const xsell_plane_size_t  *size;

    v->p = NULL;
    v->scale = 0;
    v->inverse = 0;

    if (plane >= XSELL_PLANES || idx >= cat->n || cat->dims[plane] == 0) {
        return 0;
    }

    rows = cat->part[xsell_plane_part(plane, XSELL_PLANE_ROWS)].p;
    size = cat->part[xsell_plane_part(plane, XSELL_PLANE_SIZES)].p;
    size += idx;

    /* a row has a 127, so these are all that there can be; NaN is neither */

    if (!(size->inverse > 0 && size->inverse <= 1)
        || !(size->scale > 0 && size->scale < 1e38f))
    {
        return 0;
    }

    v->p = rows + (size_t) idx * xsell_plane_stride(cat->dims[plane]);
    v->scale = size->scale;
    v->inverse = size->inverse;

    return 1;
}


/*
 * Sixteen at a time: bytes at even and at odd places become shorts by shifts,
 * which every SIMD unit has; the sum of two products (at most 2 x 127 x 127)
 * still is a short.  Shifts to the left and sums go through unsigned types:
 * there nothing can overflow, whatever a broken file holds.
 */

int32_t
xsell_vector_dot(const int8_t *x, const int8_t *y, unsigned n)
{
    int32_t        dot;
    unsigned       i;
    plane_int_t    sum;
    plane_short_t  a, b, p;

    sum = (plane_int_t) { 0, 0, 0, 0 };

    for (i = 0; i + 16 <= n; i += 16) {
        memcpy(&a, x + i, 16);
        memcpy(&b, y + i, 16);

        p = (plane_short_t)
            ((plane_bits_t) (((plane_short_t) ((plane_bits_t) a << 8) >> 8)
                             * ((plane_short_t) ((plane_bits_t) b << 8) >> 8))
             + (plane_bits_t) ((a >> 8) * (b >> 8)));

        sum += (plane_int_t) ((plane_word_t) p << 16) >> 16;
        sum += (plane_int_t) p >> 16;
    }

    dot = sum[0] + sum[1] + sum[2] + sum[3];

    for ( /* void */ ; i < n; i++) {
        dot += x[i] * y[i];
    }

    return dot;
}


float
xsell_plane_cosine(const xsell_catalog_t *cat, unsigned plane, uint32_t x,
    uint32_t y)
{
    xsell_vector_t  a, b;

    if (!xsell_plane_vector(cat, plane, x, &a)
        || !xsell_plane_vector(cat, plane, y, &b))
    {
        return 0;
    }

    return (float) xsell_vector_dot(a.p, b.p, cat->dims[plane])
           * a.inverse * b.inverse;
}


/*
 * visual_shape.c: the form of a product: its outline, the edges in it, the
 * pattern of its surface; and a hash of the whole picture.
 *
 * Outline and edges are histograms of directions (N. Dalal, B. Triggs 2005)
 * over a square around the product, whatever its size and place: of its
 * silhouette, and of the lightness inside.  The pattern counts local binary
 * patterns that don't care for rotation (T. Ojala et al. 2002).  The hash is
 * the sign of a picture's low frequencies (DCT), equal for copies of a
 * picture in another size or quality.
 *
 * All is bounded by the size of the square: 64 x 64.
 */

#include "visual.h"

#include <math.h>
#include <string.h>


#define SHAPE_SIDE    64
#define SHAPE_PIXELS  (SHAPE_SIDE * SHAPE_SIDE)
#define SHAPE_CELLS   4
#define SHAPE_CUT     0.01f             /* of the product may lie outside */
#define SHAPE_MARGIN  1.05f
#define SHAPE_STEP    0.01f             /* lightness: less is noise */
#define SHAPE_HASH    32

#define SHAPE_PI      3.14159265f


typedef struct {
    float                x;             /* centre */
    float                y;
    float                side;
} shape_square_t;


void
visual_unit(float *v, uint32_t n)
{
    float     sum;
    uint32_t  i;

    for (i = 0, sum = 0; i < n; i++) {
        sum += v[i] * v[i];
    }

    sum = sum > 1e-12f ? 1 / sqrtf(sum) : 0;

    for (i = 0; i < n; i++) {
        v[i] *= sum;
    }
}


/* first and last place of a sum over which all but a little lies */

static void
shape_span(const float *sum, uint32_t n, float *from, float *to)
{
    float     all, part;
    uint32_t  i;

    for (i = 0, all = 0; i < n; i++) {
        all += sum[i];
    }

    for (i = 0, part = sum[0]; i + 1 < n && part < SHAPE_CUT * all; ) {
        part += sum[++i];
    }

    *from = (float) i;

    for (i = n - 1, part = sum[i]; i > 0 && part < SHAPE_CUT * all; ) {
        part += sum[--i];
    }

    *to = (float) i + 1;
}


static void
shape_square(const visual_image_t *im, shape_square_t *s)
{
    float     w, h, from, to, sum[2][PICTURES_SIDE];
    uint32_t  i;

    memset(sum, 0, sizeof(sum));

    for (i = 0; i < im->w * im->h; i++) {
        sum[0][i % im->w] += im->mask[i];
        sum[1][i / im->w] += im->mask[i];
    }

    shape_span(sum[0], im->w, &from, &to);
    s->x = (from + to) / 2;
    w = to - from;

    shape_span(sum[1], im->h, &from, &to);
    s->y = (from + to) / 2;
    h = to - from;

    s->side = (w > h ? w : h) * SHAPE_MARGIN;
    s->side = s->side > 1 ? s->side : 1;
}


/* between the four pixels around; what lies outside is `out` */

static float
shape_at(const visual_image_t *im, const float *plane, float x, float y,
    float out)
{
    int       i, k, left, top;
    float     fx, fy, v, sum;

    x -= 0.5f;
    y -= 0.5f;
    left = (int) floorf(x);
    top = (int) floorf(y);
    fx = x - (float) left;
    fy = y - (float) top;
    sum = 0;

    for (k = 0; k < 2; k++) {
        for (i = 0; i < 2; i++) {
            v = out;

            if (left + i >= 0 && top + k >= 0 && left + i < (int) im->w
                && top + k < (int) im->h)
            {
                v = plane[(uint32_t) (top + k) * im->w
                          + (uint32_t) (left + i)];
            }

            sum += v * (i ? fx : 1 - fx) * (k ? fy : 1 - fy);
        }
    }

    return sum;
}


static void
shape_crop(const visual_image_t *im, const shape_square_t *s,
    const float *plane, float outside, float out[SHAPE_PIXELS])
{
    uint32_t  x, y;

    for (y = 0; y < SHAPE_SIDE; y++) {
        for (x = 0; x < SHAPE_SIDE; x++) {
            out[y * SHAPE_SIDE + x] =
                shape_at(im, plane,
                         s->x + (((float) x + 0.5f) / SHAPE_SIDE - 0.5f)
                                * s->side,
                         s->y + (((float) y + 0.5f) / SHAPE_SIDE - 0.5f)
                                * s->side,
                         outside);
        }
    }
}


/* a gradient of length `size` and direction 0..1 at a place, shared between
   the nearest cells and directions */

static void
shape_vote(float *out, unsigned bins, float x, float y, float turn,
    float size)
{
    int       i, k, left, top, cx, cy;
    float     fx, fy, f, v;
    unsigned  bin;

    x = (x + 0.5f) * SHAPE_CELLS / SHAPE_SIDE - 0.5f;
    y = (y + 0.5f) * SHAPE_CELLS / SHAPE_SIDE - 0.5f;
    left = (int) floorf(x);
    top = (int) floorf(y);
    fx = x - (float) left;
    fy = y - (float) top;

    turn *= (float) bins;
    bin = (unsigned) turn;
    f = turn - (float) bin;

    for (k = 0; k < 2; k++) {
        for (i = 0; i < 2; i++) {
            cx = left + i;
            cy = top + k;

            if (cx < 0 || cy < 0 || cx >= SHAPE_CELLS || cy >= SHAPE_CELLS) {
                continue;
            }

            v = size * (i ? fx : 1 - fx) * (k ? fy : 1 - fy);
            cx = (cy * SHAPE_CELLS + cx) * (int) bins;
            out[(unsigned) cx + bin % bins] += v * (1 - f);
            out[(unsigned) cx + (bin + 1) % bins] += v * f;
        }
    }
}


static void
shape_directions(const float *p, const float *weight, unsigned bins,
    float *out)
{
    float     dx, dy, size, turn;
    uint32_t  x, y, i;

    for (y = 1; y < SHAPE_SIDE - 1; y++) {
        for (x = 1; x < SHAPE_SIDE - 1; x++) {
            i = y * SHAPE_SIDE + x;
            dx = p[i + 1] - p[i - 1];
            dy = p[i + SHAPE_SIDE] - p[i - SHAPE_SIDE];
            size = sqrtf(dx * dx + dy * dy) * (weight ? weight[i] : 1);

            if (size < 1e-6f) {
                continue;
            }

            /* light on dark is the same edge as dark on light */

            turn = atan2f(dy, dx) / SHAPE_PI;
            shape_vote(out, bins, (float) x, (float) y,
                       turn < 0 ? turn + 1 : turn, size);
        }
    }
}


/* how many of eight around are lighter, if they lie together; 9: they don't */

static unsigned
shape_binary(const float *p, int reach)
{
    unsigned  k, bits, changes, on;

    static const int8_t  dx[] = { 1, 1, 0, -1, -1, -1, 0, 1 };
    static const int8_t  dy[] = { 0, 1, 1, 1, 0, -1, -1, -1 };

    for (k = 0, bits = 0; k < 8; k++) {
        bits |= (unsigned) (p[reach * (dy[k] * SHAPE_SIDE + dx[k])]
                            > p[0] + SHAPE_STEP) << k;
    }

    for (k = 0, changes = 0, on = 0; k < 8; k++) {
        changes += (bits >> k ^ bits >> (k + 1) % 8) & 1;
        on += bits >> k & 1;
    }

    return changes <= 2 ? on : 9;
}


static void
shape_pattern(const float *p, const float *mask, float out[VISUAL_PATTERN])
{
    int       reach;
    uint32_t  x, y, i;

    for (y = 2; y < SHAPE_SIDE - 2; y++) {
        for (x = 2; x < SHAPE_SIDE - 2; x++) {
            i = y * SHAPE_SIDE + x;

            if (mask[i] <= 0.5f) {
                continue;
            }

            for (reach = 1; reach <= 2; reach++) {
                out[(reach - 1) * 10 + (int) shape_binary(&p[i], reach)]++;
            }
        }
    }
}


static void
shape_roots(float *v, uint32_t n)
{
    uint32_t  i;

    for (i = 0; i < n; i++) {
        v[i] = sqrtf(v[i]);
    }
}


void
visual_shape(const visual_image_t *im, float outline[VISUAL_OUTLINE],
    float edges[VISUAL_EDGES], float pattern[VISUAL_PATTERN])
{
    float           mask[SHAPE_PIXELS], light[SHAPE_PIXELS];
    shape_square_t  square;

    memset(outline, 0, VISUAL_OUTLINE * sizeof(float));
    memset(edges, 0, VISUAL_EDGES * sizeof(float));
    memset(pattern, 0, VISUAL_PATTERN * sizeof(float));

    shape_square(im, &square);
    shape_crop(im, &square, im->mask, 0, mask);
    shape_crop(im, &square, im->l, 0.5f, light);

    shape_directions(mask, NULL,
                     VISUAL_OUTLINE / SHAPE_CELLS / SHAPE_CELLS, outline);
    shape_directions(light, mask, VISUAL_EDGES / SHAPE_CELLS / SHAPE_CELLS,
                     edges);
    shape_pattern(light, mask, pattern);

    /* what is loud in one place must not be all that is compared; a
       silhouette has one loudness */

    shape_roots(edges, VISUAL_EDGES);
    shape_roots(pattern, VISUAL_PATTERN);
}


uint64_t
visual_hash(const visual_image_t *im)
{
    float           p[SHAPE_HASH][SHAPE_HASH], low[8][8], sum, mean;
    float           wave[8][SHAPE_HASH];
    uint64_t        hash;
    unsigned        x, y, u, v;

    for (u = 0; u < 8; u++) {
        for (x = 0; x < SHAPE_HASH; x++) {
            wave[u][x] = cosf(SHAPE_PI * ((float) x + 0.5f) * (float) u
                              / SHAPE_HASH);
        }
    }

    for (y = 0; y < SHAPE_HASH; y++) {
        for (x = 0; x < SHAPE_HASH; x++) {
            p[y][x] = shape_at(im, im->l,
                               ((float) x + 0.5f) * (float) im->w
                               / SHAPE_HASH,
                               ((float) y + 0.5f) * (float) im->h
                               / SHAPE_HASH, 0.5f);
        }
    }

    mean = 0;

    for (v = 0; v < 8; v++) {
        for (u = 0; u < 8; u++) {

            for (y = 0, sum = 0; y < SHAPE_HASH; y++) {
                for (x = 0; x < SHAPE_HASH; x++) {
                    sum += p[y][x] * wave[u][x] * wave[v][y];
                }
            }

            low[v][u] = u || v ? sum : 0;
            mean += low[v][u] / 64;
        }
    }

    for (v = 0, hash = 0; v < 8; v++) {
        for (u = 0; u < 8; u++) {
            hash = hash << 1 | (low[v][u] > mean);
        }
    }

    return hash;
}

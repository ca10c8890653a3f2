
/*
 * visual.c: a picture as two vectors: what the product looks like, and what
 * goes with it.
 *
 * Cosines compare both, so a catalogue keeps them as rows of two planes and
 * a decision needs a dot product.  Form counts most: whoever looks at boots
 * wants boots; in the same form the same colour.  The weights are set once,
 * by that reasoning; no picture's label was used.
 */

#include "visual.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>


/* squares of the blocks' lengths */

#define VISUAL_W_OUTLINE  1.0f
#define VISUAL_W_EDGES    1.0f
#define VISUAL_W_PATTERN  0.25f
#define VISUAL_W_TONES    0.25f


static int
visual_image(visual_image_t *im, uint32_t w, uint32_t h, const uint8_t *rgb)
{
    float     lab[3];
    size_t    i, n;

    n = (size_t) w * h;
    im->w = w;
    im->h = h;
    im->l = malloc(4 * n * sizeof(float));

    if (im->l == NULL) {
        return cli_fail("not enough memory");
    }

    im->a = im->l + n;
    im->b = im->a + n;
    im->mask = im->b + n;

    for (i = 0; i < n; i++) {
        visual_oklab(rgb + 3 * i, lab);
        im->l[i] = lab[0];
        im->a[i] = lab[1];
        im->b[i] = lab[2];
    }

    return CLI_OK;
}


/* a block of the vector: its direction, by the root of its weight */

static void
visual_block(float *v, uint32_t n, float weight)
{
    uint32_t  i;

    visual_unit(v, n);

    for (i = 0; i < n; i++) {
        v[i] *= sqrtf(weight);
    }
}


static void
visual_looks(const visual_image_t *im, float out[VISUAL_LOOKS])
{
    float  *outline, *edges, *pattern, *tones;

    outline = out;
    edges = outline + VISUAL_OUTLINE;
    pattern = edges + VISUAL_EDGES;
    tones = pattern + VISUAL_PATTERN;

    visual_shape(im, outline, edges, pattern);
    visual_tones(im, tones);

    visual_block(outline, VISUAL_OUTLINE, VISUAL_W_OUTLINE);
    visual_block(edges, VISUAL_EDGES, VISUAL_W_EDGES);
    visual_block(pattern, VISUAL_PATTERN, VISUAL_W_PATTERN);
    visual_block(tones, VISUAL_TONES, VISUAL_W_TONES);

    visual_unit(out, VISUAL_LOOKS);
}


int
visual_measure(const pictures_reply_t *pixels, const uint8_t *rgb,
    visual_t *v)
{
    int             rc;
    visual_image_t  im;

    memset(v, 0, sizeof(*v));

    if (visual_image(&im, pixels->w, pixels->h, rgb) != CLI_OK) {
        return CLI_FAILED;
    }

    rc = visual_mask(&im);

    if (rc == CLI_OK) {
        v->colours = visual_palette(&im, v->palette);
        v->hash = visual_hash(&im);
        visual_looks(&im, v->looks);
        visual_hues(&im, v->harmony);
    }

    free(im.l);

    return rc;
}


static float
visual_dot(const float *x, const float *y, uint32_t n)
{
    float     sum;
    uint32_t  i;

    for (i = 0, sum = 0; i < n; i++) {
        sum += x[i] * y[i];
    }

    return sum;
}


float
visual_alike(const visual_t *x, const visual_t *y)
{
    return visual_dot(x->looks, y->looks, VISUAL_LOOKS);
}


float
visual_harmony(const visual_t *x, const visual_t *y)
{
    return visual_dot(x->harmony, y->harmony, VISUAL_HARMONY);
}


/*
 * visual_colour.c: the colours of a product: its palette, a histogram of
 * tones ("looks like"), and which colours go with them ("goes with").
 *
 * Colours are compared in OKLab (B. Ottosson 2020), where equal distances
 * look equal.
 *
 * Harmony: Y. Matsuda's hue templates (1995; Tokumaru et al. 2002; Cohen-Or
 * et al. 2006) and J. Itten's triad and square (1961) say which sectors of
 * the colour wheel go together, whichever way the wheel is turned.  Two hues
 * go together as often as a turned template covers both: the template's
 * autocorrelation.  That is a positive definite function of the angle between
 * them, with a cosine series that has no negative coefficient; so the sum
 * over all pairs of hues of two products is the dot product of two vectors,
 * the products' Fourier coefficients times the roots of the series'.  One row
 * of a plane is all that a decision needs.
 *
 * The wheel is Itten's, red opposite green and blue opposite orange, not that
 * of OKLab, where red faces cyan.  Grey, black and white go with everything,
 * with each other best.  Not taken: fitting the best template to each pair,
 * as Cohen-Or does: an optimisation per pair, for an order that is the same.
 */

#include "visual.h"

#include <math.h>
#include <string.h>


#define COLOUR_LIGHTNESS   0.6f         /* shadows are no other colour */
#define COLOUR_CHROMA      2.0f
#define COLOUR_GREY        0.025f       /* chroma: below it there is no hue */
#define COLOUR_VIVID       0.075f       /* and from here on only hue */
#define COLOUR_ROUNDS      8
#define COLOUR_LEAST       0.02f        /* share of a palette's colour */
#define COLOUR_NEUTRAL     0.5f         /* how well grey goes with a hue */

#define COLOUR_TURN        6.28318531f


/* ---- OKLab ------------------------------------------------------------ */

static float
colour_linear(uint8_t c)
{
    float  x;

    x = (float) c / 255;

    return x <= 0.04045f ? x / 12.92f : powf((x + 0.055f) / 1.055f, 2.4f);
}


void
visual_oklab(const uint8_t rgb[3], float lab[3])
{
    float     r, g, b, l, m, s;
    unsigned  i;

    static float  linear[256];

    if (linear[255] == 0) {
        for (i = 0; i < 256; i++) {
            linear[i] = colour_linear((uint8_t) i);
        }
    }

    r = linear[rgb[0]];
    g = linear[rgb[1]];
    b = linear[rgb[2]];

    l = cbrtf(0.4122214708f * r + 0.5363325363f * g + 0.0514459929f * b);
    m = cbrtf(0.2119034982f * r + 0.6806995451f * g + 0.1073969566f * b);
    s = cbrtf(0.0883024619f * r + 0.2817188376f * g + 0.6299787005f * b);

    lab[0] = 0.2104542553f * l + 0.7936177850f * m - 0.0040720468f * s;
    lab[1] = 1.9779984951f * l - 2.4285922050f * m + 0.4505937099f * s;
    lab[2] = 0.0259040371f * l + 0.7827717662f * m - 0.8086757660f * s;
}


static float
colour_chroma(float a, float b)
{
    return sqrtf(a * a + b * b);
}


/* in turns, 0..1 */

static float
colour_hue(float a, float b)
{
    float  h;

    h = atan2f(b, a) / COLOUR_TURN;

    return h < 0 ? h + 1 : h;
}


/* how much of a colour is hue and not grey */

static float
colour_vivid(float l, float a, float b)
{
    float  x;

    x = (colour_chroma(a, b) - COLOUR_GREY) / (COLOUR_VIVID - COLOUR_GREY);
    x = x < 0 ? 0 : x > 1 ? 1 : x;

    /* so dark that nobody sees which colour it is */

    return l < 0.2f ? 0 : x;
}


/* ---- palette ---------------------------------------------------------- */

static float
colour_far(const visual_colour_t *x, float l, float a, float b)
{
    l = (l - x->l) * COLOUR_LIGHTNESS;
    a = (a - x->a) * COLOUR_CHROMA;
    b = (b - x->b) * COLOUR_CHROMA;

    return l * l + a * a + b * b;
}


static uint32_t
colour_nearest(const visual_colour_t *palette, uint32_t n, float l, float a,
    float b, float *far)
{
    float     d;
    uint32_t  i, best;

    for (i = 0, best = 0; i < n; i++) {
        d = colour_far(&palette[i], l, a, b);

        if (i == 0 || d < *far) {
            *far = d;
            best = i;
        }
    }

    return best;
}


/* moves each colour to the mean of what is nearest to it */

static void
colour_round(const visual_image_t *im, visual_colour_t *palette, uint32_t n)
{
    float            far, w;
    uint32_t         i, k;
    visual_colour_t  sum[VISUAL_COLOURS];

    memset(sum, 0, sizeof(sum));

    for (i = 0; i < im->w * im->h; i++) {
        w = im->mask[i];

        if (w > 0) {
            k = colour_nearest(palette, n, im->l[i], im->a[i], im->b[i],
                               &far);
            sum[k].l += w * im->l[i];
            sum[k].a += w * im->a[i];
            sum[k].b += w * im->b[i];
            sum[k].share += w;
        }
    }

    for (k = 0; k < n; k++) {

        if (sum[k].share > 0) {
            palette[k].l = sum[k].l / sum[k].share;
            palette[k].a = sum[k].a / sum[k].share;
            palette[k].b = sum[k].b / sum[k].share;
        }

        palette[k].share = sum[k].share;
    }
}


/* the pixel that is least like the colours that there are, or -1 */

static int64_t
colour_farthest(const visual_image_t *im, const visual_colour_t *palette,
    uint32_t n)
{
    float     far, most;
    int64_t   at;
    uint32_t  i;

    at = -1;
    most = 0.0016f;                     /* a difference that can be seen */

    for (i = 0; i < im->w * im->h; i++) {

        if (im->mask[i] < 0.5f) {
            continue;
        }

        colour_nearest(palette, n, im->l[i], im->a[i], im->b[i], &far);

        if (far > most) {
            most = far;
            at = i;
        }
    }

    return at;
}


/* of n, those that are worth a name, largest first, shares summing to 1 */

static uint32_t
colour_sort(visual_colour_t *palette, uint32_t n)
{
    float            all;
    uint32_t         i, k, kept;
    visual_colour_t  c;

    for (i = 0, all = 0; i < n; i++) {
        all += palette[i].share;
    }

    for (i = 0, kept = 0; i < n; i++) {

        if (!(palette[i].share > COLOUR_LEAST * all)) {
            continue;
        }

        c = palette[i];

        for (k = kept; k && palette[k - 1].share < c.share; k--) {
            palette[k] = palette[k - 1];
        }

        palette[k] = c;
        kept++;
    }

    for (i = 0, all = 0; i < kept; i++) {
        all += palette[i].share;
    }

    for (i = 0; i < kept; i++) {
        palette[i].share /= all;
    }

    return kept;
}


uint32_t
visual_palette(const visual_image_t *im,
    visual_colour_t palette[VISUAL_COLOURS])
{
    int64_t   at;
    uint32_t  n, round;

    /* k-means from the mean and what is farthest from what there is: no
       chance is involved */

    memset(palette, 0, VISUAL_COLOURS * sizeof(*palette));
    colour_round(im, palette, 1);

    for (n = 1; n < VISUAL_COLOURS; n++) {
        at = colour_farthest(im, palette, n);

        if (at < 0) {
            break;
        }

        palette[n].l = im->l[at];
        palette[n].a = im->a[at];
        palette[n].b = im->b[at];

        for (round = 0; round < 2; round++) {
            colour_round(im, palette, n + 1);
        }
    }

    for (round = 0; round < COLOUR_ROUNDS; round++) {
        colour_round(im, palette, n);
    }

    return colour_sort(palette, n);
}


/* ---- tones ------------------------------------------------------------ */

/* eight greys, and twelve hues that are dark or light; each pixel shared
   between the two nearest */

void
visual_tones(const visual_image_t *im, float out[VISUAL_TONES])
{
    float     x, f, vivid;
    uint32_t  i, at;

    memset(out, 0, VISUAL_TONES * sizeof(float));

    for (i = 0; i < im->w * im->h; i++) {

        if (im->mask[i] <= 0) {
            continue;
        }

        vivid = colour_vivid(im->l[i], im->a[i], im->b[i]);

        x = im->l[i] * 7;
        x = x < 0 ? 0 : x > 6.999f ? 6.999f : x;
        at = (uint32_t) x;
        f = x - (float) at;
        out[at] += im->mask[i] * (1 - vivid) * (1 - f);
        out[at + 1] += im->mask[i] * (1 - vivid) * f;

        x = colour_hue(im->a[i], im->b[i]) * 12;
        at = (uint32_t) x;
        f = x - (float) at;
        at %= 12;
        vivid *= im->mask[i];

        out[8 + at * 2 + (im->l[i] > 0.55f)] += vivid * (1 - f);
        out[8 + (at + 1) % 12 * 2 + (im->l[i] > 0.55f)] += vivid * f;
    }

    /* roots: the dot product is the overlap of two histograms (Bhattacharyya)
       and no single colour outvotes the rest */

    for (i = 0; i < VISUAL_TONES; i++) {
        out[i] = sqrtf(out[i]);
    }
}


/* ---- harmony ---------------------------------------------------------- */

/* OKLab's hue to Itten's wheel, in turns */

static float
colour_wheel(float hue)
{
    unsigned  i;

    static const float  from[] = {      /* red, orange, yellow, green, blue, */
        0.0812f, 0.1550f, 0.3049f, 0.3959f, 0.7335f, 0.8500f, 1.0812f
    };                                  /* violet, red */

    hue = hue < from[0] ? hue + 1 : hue;

    for (i = 0; i < 5 && hue >= from[i + 1]; i++) { /* void */ }

    return ((float) i + (hue - from[i]) / (from[i + 1] - from[i])) / 6;
}


/* the power of harmonic m (0: the mean), averaged over the templates, of
   which each counts the same */

static float
colour_power(unsigned m)
{
    float     re, im, mass, c, sum;
    unsigned  t, s;

    /* sectors: centre and width in degrees */

    static const struct {
        float  centre;
        float  width;
    } templates[][4] = {
        { { 0, 18 } },                                          /* i */
        { { 0, 94 } },                                          /* V */
        { { 0, 18 }, { 90, 79 } },                              /* L */
        { { 0, 18 }, { 180, 18 } },                             /* I */
        { { 0, 180 } },                                         /* T */
        { { 0, 94 }, { 180, 18 } },                             /* Y */
        { { 0, 94 }, { 180, 94 } },                             /* X */
        { { 0, 18 }, { 120, 18 }, { 240, 18 } },                /* triad */
        { { 0, 18 }, { 90, 18 }, { 180, 18 }, { 270, 18 } }     /* square */
    };

    const unsigned  n = sizeof(templates) / sizeof(templates[0]);

    for (t = 0, sum = 0; t < n; t++) {
        re = im = mass = 0;

        for (s = 0; s < 4; s++) {
            c = templates[t][s].width / 360;
            mass += c;

            if (m) {
                c = sinf((float) m * COLOUR_TURN / 2 * c)
                    / ((float) m * COLOUR_TURN / 2);
            }

            re += c * cosf((float) m * COLOUR_TURN
                           * templates[t][s].centre / 360);
            im += c * sinf((float) m * COLOUR_TURN
                           * templates[t][s].centre / 360);
        }

        /* divided by what it covers: a hue goes with itself by 1 */

        sum += (m ? 2 : 1) * (re * re + im * im) / mass;
    }

    return sum / (float) n;
}


/*
 * [0]: what all colours have in common; [1]: grey; then cosines and sines.
 * Grey's vector and a hue's have length 1 and the product COLOUR_NEUTRAL.
 */

void
visual_hues(const visual_image_t *im, float out[VISUAL_HARMONY])
{
    float     angle, vivid, weight, all, neutral, hue, grey;
    uint32_t  i, m;

    static float  root[VISUAL_HARMONICS + 1];

    if (root[0] == 0) {

        for (m = 0, all = 0; m <= VISUAL_HARMONICS; m++) {
            root[m] = colour_power(m);
            all += root[m];
        }

        for (m = 0; m <= VISUAL_HARMONICS; m++) {
            root[m] = sqrtf(root[m] / all);
        }
    }

    memset(out, 0, VISUAL_HARMONY * sizeof(float));
    all = 0;
    neutral = 0;

    for (i = 0; i < im->w * im->h; i++) {
        weight = im->mask[i];

        if (weight <= 0) {
            continue;
        }

        vivid = colour_vivid(im->l[i], im->a[i], im->b[i]) * weight;
        all += weight;
        neutral += weight - vivid;

        if (vivid <= 0) {
            continue;
        }

        hue = colour_wheel(colour_hue(im->a[i], im->b[i])) * COLOUR_TURN;

        for (m = 1; m <= VISUAL_HARMONICS; m++) {
            angle = (float) m * hue;
            out[2 * m] += vivid * root[m] * cosf(angle);
            out[2 * m + 1] += vivid * root[m] * sinf(angle);
        }
    }

    grey = COLOUR_NEUTRAL / root[0];
    out[0] = (all - neutral) * root[0] + neutral * grey;
    out[1] = neutral * sqrtf(1 - grey * grey);

    visual_unit(out, VISUAL_HARMONY);
}

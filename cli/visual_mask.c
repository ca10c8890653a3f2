
/*
 * visual_mask.c: the product in its picture, told from what is behind it.
 *
 * What stands at the four edges is taken for the background: up to four
 * colours of it (k-means).  A pixel is as much product as it is unlike all of
 * them; Otsu's threshold (1979) says from where on.  Background is what can
 * be reached from the edge, so a white print on a shirt before a white wall
 * stays; of the rest, the pieces in the middle are the product.
 *
 * A picture without a border that tells (a room, a pattern, all one colour)
 * gives nearly nothing or nearly all: then the middle counts.  Not taken: a
 * trained segmentation network, which would be a model file of 100 MB for
 * pictures that are mostly taken before a plain wall.
 */

#include "visual.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>


#define MASK_BEHINDS     4              /* colours of a background */
#define MASK_ROUNDS      8
#define MASK_BEHIND_LEAST 0.08f         /* of the border */
#define MASK_LIGHTNESS   0.6f           /* a shadow is background */
#define MASK_CHROMA      2.0f
#define MASK_LEVELS      256
#define MASK_FAR         0.5f           /* the last level's distance */
#define MASK_LEAST       0.03f          /* of the picture: else the middle */
#define MASK_MOST        0.95f
#define MASK_PIECE       0.3f           /* of the largest piece */


typedef struct {
    const visual_image_t *im;
    float                behind[MASK_BEHINDS][3];
    uint32_t             count[MASK_BEHINDS];
    uint32_t            *edge;          /* pixels at the edges */
    uint32_t             edges;
    float               *far;           /* of each pixel, to the background */
    uint32_t            *stack;
    uint8_t             *state;
} mask_t;

enum {
    MASK_UNKNOWN = 0,
    MASK_UNLIKE,                        /* the background's colours */
    MASK_BEHIND,
    MASK_SEEN
};


static float
mask_distance(const mask_t *m, uint32_t i, const float c[3])
{
    float  l, a, b;

    l = (m->im->l[i] - c[0]) * MASK_LIGHTNESS;
    a = (m->im->a[i] - c[1]) * MASK_CHROMA;
    b = (m->im->b[i] - c[2]) * MASK_CHROMA;

    return l * l + a * a + b * b;
}


static void
mask_edges(mask_t *m)
{
    uint32_t  x, y, w, h, t;

    w = m->im->w;
    h = m->im->h;
    t = (w < h ? w : h) / 20 + 1;

    for (y = 0; y < h; y++) {
        for (x = 0; x < w; x++) {

            if (x < t || y < t || x + t >= w || y + t >= h) {
                m->edge[m->edges++] = y * w + x;
            }
        }
    }
}


static uint32_t
mask_nearest(const mask_t *m, uint32_t i, uint32_t n, float *far)
{
    float     d;
    uint32_t  k, best;

    for (k = 0, best = 0; k < n; k++) {
        d = mask_distance(m, i, m->behind[k]);

        if (k == 0 || d < *far) {
            *far = d;
            best = k;
        }
    }

    return best;
}


static void
mask_round(mask_t *m, uint32_t n)
{
    float     far, sum[MASK_BEHINDS][3];
    uint32_t  i, k, at;

    memset(sum, 0, sizeof(sum));
    memset(m->count, 0, sizeof(m->count));

    for (i = 0; i < m->edges; i++) {
        at = m->edge[i];
        k = mask_nearest(m, at, n, &far);
        m->count[k]++;
        sum[k][0] += m->im->l[at];
        sum[k][1] += m->im->a[at];
        sum[k][2] += m->im->b[at];
    }

    for (k = 0; k < n; k++) {
        if (m->count[k]) {
            m->behind[k][0] = sum[k][0] / (float) m->count[k];
            m->behind[k][1] = sum[k][1] / (float) m->count[k];
            m->behind[k][2] = sum[k][2] / (float) m->count[k];
        }
    }
}


/* k-means from the mean and what is farthest from what there is */

static void
mask_behind(mask_t *m)
{
    float     far, most;
    uint32_t  i, k, at;

    memset(m->behind, 0, sizeof(m->behind));
    mask_round(m, 1);

    for (k = 1; k < MASK_BEHINDS; k++) {
        most = -1;
        at = 0;

        for (i = 0; i < m->edges; i++) {
            (void) mask_nearest(m, m->edge[i], k, &far);

            if (far > most) {
                most = far;
                at = m->edge[i];
            }
        }

        m->behind[k][0] = m->im->l[at];
        m->behind[k][1] = m->im->a[at];
        m->behind[k][2] = m->im->b[at];
    }

    for (i = 0; i < MASK_ROUNDS; i++) {
        mask_round(m, MASK_BEHINDS);
    }
}


/* how unlike the background each pixel is; what is rare at the edges may be
   the product, which touches them */

static void
mask_unlike(mask_t *m)
{
    float     d, least;
    uint32_t  i, k;

    for (i = 0; i < m->im->w * m->im->h; i++) {
        least = -1;

        for (k = 0; k < MASK_BEHINDS; k++) {

            if ((float) m->count[k] < MASK_BEHIND_LEAST * (float) m->edges) {
                continue;
            }

            d = mask_distance(m, i, m->behind[k]);
            least = least < 0 || d < least ? d : least;
        }

        m->far[i] = sqrtf(least);
    }
}


/* Otsu: the threshold whose two sides differ most */

static float
mask_threshold(const mask_t *m)
{
    double    sum, below, weight, rest, v, best;
    uint32_t  i, n, at, level[MASK_LEVELS];

    memset(level, 0, sizeof(level));
    n = m->im->w * m->im->h;

    for (i = 0; i < n; i++) {
        at = (uint32_t) (m->far[i] / MASK_FAR * (MASK_LEVELS - 1));
        level[at < MASK_LEVELS ? at : MASK_LEVELS - 1]++;
    }

    for (i = 0, sum = 0; i < MASK_LEVELS; i++) {
        sum += (double) i * level[i];
    }

    best = -1;
    at = 0;
    below = 0;
    weight = 0;

    for (i = 0; i < MASK_LEVELS; i++) {
        weight += level[i];
        below += (double) i * level[i];
        rest = n - weight;

        if (weight == 0 || rest == 0) {
            continue;
        }

        v = below / weight - (sum - below) / rest;
        v *= v * weight * rest;

        if (v > best) {
            best = v;
            at = i;
        }
    }

    return ((float) at + 0.5f) / (MASK_LEVELS - 1) * MASK_FAR;
}


/* from a pixel over its neighbours in the state `from`, which get `to`;
   weight: how many they are, those in the middle counting most */

static float
mask_flood(mask_t *m, uint32_t start, uint8_t from, uint8_t to)
{
    float     x, y, sum;
    uint32_t  i, k, n, w, h, next[4];

    w = m->im->w;
    h = m->im->h;
    n = 0;
    sum = 0;

    m->state[start] = to;
    m->stack[n++] = start;

    while (n) {
        i = m->stack[--n];

        x = ((float) (i % w) + 0.5f) / (float) w - 0.5f;
        y = ((float) (i / w) + 0.5f) / (float) h - 0.5f;
        sum += expf(-6 * (x * x + y * y));

        next[0] = i % w ? i - 1 : i;
        next[1] = i % w + 1 < w ? i + 1 : i;
        next[2] = i >= w ? i - w : i;
        next[3] = i + w < w * h ? i + w : i;

        for (k = 0; k < 4; k++) {
            if (m->state[next[k]] == from) {
                m->state[next[k]] = to;
                m->stack[n++] = next[k];
            }
        }
    }

    return sum;
}


/* what can't be reached from the edge, without the small pieces */

static void
mask_pieces(mask_t *m, visual_image_t *im)
{
    float     weight, best;
    uint32_t  i, n, w, pass;

    w = im->w;
    n = w * im->h;

    for (i = 0; i < n; i++) {
        if ((i % w == 0 || i % w == w - 1 || i < w || i >= n - w)
            && m->state[i] == MASK_UNKNOWN)
        {
            (void) mask_flood(m, i, MASK_UNKNOWN, MASK_BEHIND);
        }
    }

    /* holes belong to what is around them */

    for (i = 0; i < n; i++) {
        m->state[i] = m->state[i] == MASK_BEHIND ? MASK_BEHIND : MASK_UNLIKE;
    }

    best = 0;

    for (pass = 0; pass < 2; pass++) {
        for (i = 0; i < n; i++) {
            if (m->state[i] == (pass ? MASK_SEEN : MASK_UNLIKE)) {
                weight = mask_flood(m, i, m->state[i],
                                    pass ? MASK_UNLIKE : MASK_SEEN);

                if (pass == 0) {
                    best = weight > best ? weight : best;

                } else if (weight < MASK_PIECE * best) {
                    (void) mask_flood(m, i, MASK_UNLIKE, MASK_BEHIND);
                }
            }
        }
    }

    for (i = 0; i < n; i++) {
        im->mask[i] = m->state[i] == MASK_UNLIKE;
    }
}


static void
mask_middle(visual_image_t *im)
{
    float     x, y;
    uint32_t  i;

    for (i = 0; i < im->w * im->h; i++) {
        x = ((float) (i % im->w) + 0.5f) / (float) im->w - 0.5f;
        y = ((float) (i / im->w) + 0.5f) / (float) im->h - 0.5f;
        im->mask[i] = x * x + y * y < 0.16f;
    }
}


static void
mask_make(mask_t *m, visual_image_t *im)
{
    float     threshold, share;
    uint32_t  i, n;

    n = im->w * im->h;

    mask_edges(m);
    mask_behind(m);
    mask_unlike(m);

    threshold = mask_threshold(m);

    for (i = 0; i < n; i++) {
        m->state[i] = m->far[i] > threshold ? MASK_UNLIKE : MASK_UNKNOWN;
    }

    mask_pieces(m, im);

    for (i = 0, share = 0; i < n; i++) {
        share += im->mask[i] / (float) n;
    }

    if (!(share >= MASK_LEAST && share <= MASK_MOST)) {
        mask_middle(im);
    }
}


int
visual_mask(visual_image_t *im)
{
    int     rc;
    size_t  n;
    mask_t  m;

    memset(&m, 0, sizeof(m));

    n = (size_t) im->w * im->h;
    m.im = im;
    m.edge = malloc(n * sizeof(*m.edge));
    m.far = malloc(n * sizeof(*m.far));
    m.stack = malloc(n * sizeof(*m.stack));
    m.state = calloc(n, 1);

    rc = CLI_OK;

    if (m.edge && m.far && m.stack && m.state) {
        mask_make(&m, im);

    } else {
        rc = cli_fail("not enough memory");
    }

    free(m.edge);
    free(m.far);
    free(m.stack);
    free(m.state);

    return rc;
}


/*
 * visual.h: what a product's picture says, for the build of a catalogue.
 *
 *   file --> pixels        cli/pictures/xsell_pictures.c, a process of its own
 *        --> visual_load.c asks it, many at a time
 *   pixels --> colours     visual_colour.c   OKLab, palette, harmony
 *          --> the product visual_mask.c     told from its background
 *          --> its outline, edges, pattern   visual_shape.c
 *          --> two vectors visual.c
 *
 * No library for pictures is linked here: the decoders of four formats are
 * the part that hostile files aim at, and stay in the other process.
 */

#ifndef XSELL_VISUAL_H
#define XSELL_VISUAL_H

#include "cli.h"
#include "pictures/pictures.h"


#define VISUAL_COLOURS   5              /* of a palette */
#define VISUAL_HARMONICS 6

/* looks like: four blocks, each of unit length times its weight */

#define VISUAL_OUTLINE   128            /* 4 x 4 cells, 8 directions */
#define VISUAL_EDGES     64             /* 4 x 4 cells, 4 directions */
#define VISUAL_PATTERN   20             /* two scales */
#define VISUAL_TONES     32
#define VISUAL_LOOKS     (VISUAL_OUTLINE + VISUAL_EDGES + VISUAL_PATTERN \
                          + VISUAL_TONES)

/* goes with */

#define VISUAL_HARMONY   (2 + 2 * VISUAL_HARMONICS)


typedef struct {
    float                l;             /* 0..1 */
    float                a;             /* about -.3...3 */
    float                b;
    float                share;         /* of the product */
} visual_colour_t;


typedef struct {
    float                looks[VISUAL_LOOKS];
    float                harmony[VISUAL_HARMONY];
    visual_colour_t      palette[VISUAL_COLOURS];   /* largest first */
    uint32_t             colours;
    uint64_t             hash;          /* of the whole picture: DCT */
} visual_t;


/* a picture at work: planes of w x h */

typedef struct {
    uint32_t             w;
    uint32_t             h;
    float               *l;
    float               *a;
    float               *b;
    float               *mask;          /* 1: the product, 0: what is behind */
} visual_image_t;


/* measures a picture of PICTURES_SIDE at most; no allocation fails but as
   CLI_FAILED with the message out */
int visual_measure(const pictures_reply_t *pixels, const uint8_t *rgb,
    visual_t *v);

/* cosines: 0..1 */
float visual_alike(const visual_t *x, const visual_t *y);
float visual_harmony(const visual_t *x, const visual_t *y);


/* ---- colours (visual_colour.c) ---------------------------------------- */

void visual_oklab(const uint8_t rgb[3], float lab[3]);

/* the colours of the masked part, by share; none if there is no such part */
uint32_t visual_palette(const visual_image_t *im,
    visual_colour_t palette[VISUAL_COLOURS]);

void visual_tones(const visual_image_t *im, float out[VISUAL_TONES]);
void visual_hues(const visual_image_t *im, float out[VISUAL_HARMONY]);


/* ---- the product in its picture (visual_mask.c) ----------------------- */

int visual_mask(visual_image_t *im);


/* ---- shape (visual_shape.c) ------------------------------------------- */

void visual_shape(const visual_image_t *im, float outline[VISUAL_OUTLINE],
    float edges[VISUAL_EDGES], float pattern[VISUAL_PATTERN]);
uint64_t visual_hash(const visual_image_t *im);

/* to unit length; a vector of zeros stays */
void visual_unit(float *v, uint32_t n);


/* ---- files (visual_load.c) -------------------------------------------- */

/*
 * Reads pictures in processes of their own, as many as there are processors.
 * each: in the order of the list; v is NULL for a picture that could not be
 * read, and why says why not.  A non-zero result stops and is returned.
 */

typedef int (*visual_each_pt)(void *ctx, uint32_t i, const char *file,
    const visual_t *v, const char *why);

int visual_read(const char *const *file, uint32_t n, visual_each_pt each,
    void *ctx);

/* whether a name ends like a picture's */
int visual_is_picture(const char *name);


#endif /* XSELL_VISUAL_H */

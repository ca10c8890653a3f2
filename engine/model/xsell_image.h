
/*
 * xsell_image.h: the head of a compiled catalogue (xsell_image.c).  Private to
 * it and to the tests that break such files.
 */

#ifndef XSELL_IMAGE_H
#define XSELL_IMAGE_H

#include "xsell_catalog.h"


#define XSELL_IMAGE_VERSION   1
#define XSELL_IMAGE_ORDER     0x0a0b0c0du
#define XSELL_IMAGE_ALIGN     64
#define XSELL_IMAGE_PARTS     32

_Static_assert(XSELL_PARTS <= XSELL_IMAGE_PARTS, "the head is full");


typedef struct {
    uint64_t             off;           /* from the file's beginning */
    uint64_t             n;             /* units; 0: there is none */
    uint64_t             unit;          /* bytes */
} xsell_image_part_t;


typedef struct {
    char                 magic[8];
    uint32_t             version;
    uint32_t             order;
    uint64_t             bytes;         /* of the file */
    uint64_t             body;          /* checksum of all behind the head */
    uint32_t             items;
    uint32_t             parts;
    uint8_t              key[16];
    char                 currency[4];
    uint32_t             exponent;
    uint32_t             dims[XSELL_PLANES];
    uint32_t             zero[26];
    xsell_image_part_t         part[XSELL_IMAGE_PARTS];
    uint64_t             head;          /* checksum of what is before */
} xsell_image_head_t;

_Static_assert(sizeof(xsell_image_head_t) <= XSELL_IMAGE_HEAD, "head");
_Static_assert(offsetof(xsell_image_head_t, head) % 8 == 0, "head");


/* of the head, and of the parts without what lies between them */

extern const uint8_t  xsell_image_key[16];

#define xsell_image_head_sum(h)                                               \
    xsell_siphash(xsell_image_key, h, offsetof(xsell_image_head_t, head))

uint64_t xsell_image_sum(const xsell_catalog_t *cat,
    const xsell_image_head_t *head);


#endif /* XSELL_IMAGE_H */

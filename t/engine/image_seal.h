
/*
 * image_seal.h: mends the checksums of a compiled catalogue that was changed,
 * as somebody would who wants to get past them.
 */

#ifndef IMAGE_SEAL_H
#define IMAGE_SEAL_H

#include "model/xsell_image.h"


/* OK; another code: open refuses the head whatever its checksum */

static inline int
image_seal(uint8_t *mem, size_t n)
{
    xsell_error_t        err;
    xsell_catalog_t     *cat;
    xsell_image_head_t   head;

    if (n < sizeof(head)) {
        return XSELL_EINVAL;
    }

    memcpy(&head, mem, sizeof(head));
    head.head = xsell_image_head_sum(&head);
    memcpy(mem, &head, sizeof(head));

    if (xsell_catalog_open(&cat, mem, n, &err) != XSELL_OK) {
        return XSELL_ECORRUPT;
    }

    head.body = xsell_image_sum(cat, &head);
    head.head = xsell_image_head_sum(&head);
    memcpy(mem, &head, sizeof(head));
    xsell_catalog_destroy(cat);

    return XSELL_OK;
}


#endif /* IMAGE_SEAL_H */

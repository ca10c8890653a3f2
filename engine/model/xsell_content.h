
/*
 * xsell_content.h: what xsell_content.c (items to vectors of words) hands to
 * xsell_similar.c (vectors to neighbours).  Private to these two.
 */

#ifndef XSELL_CONTENT_H
#define XSELL_CONTENT_H

#include "xsell_catalog.h"


/* a term that an item has, or an item that has a term */

typedef struct {
    uint32_t             id;
    float                weight;
} xsell_content_cell_t;


/*
 * The vectors of all items: cell[first[i] .. first[i + 1]), the item's rarest
 * term first.  Of length 1, but terms that no other item has are not there:
 * they count in the length only.
 */

typedef struct {
    xsell_content_cell_t    *cell;
    uint32_t                *first;         /* items + 1 */
    uint64_t                *same;          /* of an item: equal for equal
                                               words */
    uint32_t                 terms;
} xsell_content_t;


/* OK or ENOMEM; deinit in both cases */
int xsell_content_init(xsell_content_t *c, const xsell_catalog_t *cat);
void xsell_content_deinit(xsell_content_t *c);


#endif /* XSELL_CONTENT_H */

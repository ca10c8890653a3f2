
/*
 * xsell_kind.c: categories as hashes that mean the same in every process and
 * every catalogue, for what is learned about kinds of items.
 *
 * A catalogue numbers its categories anew each time; residuals of pairs of
 * kinds must survive that, and the learner sees no catalogue.  So a decision
 * writes the cell of each pair into its impression, made from hashes of the
 * category paths.  A page has a few dozen candidates of a handful of
 * categories: their hashes are remembered by number, and a category that
 * shares its place with another one is hashed again.  The way back, from a hash
 * that was learned to the category here, is a table of the catalogue.
 */

#include "xsell_catalog.h"
#include "xsell_model.h"

#include <stdlib.h>


uint32_t
xsell_kind_of(xsell_str_t path)
{
    uint64_t  h;

    /* against accidents only: who writes the catalogue can choose its
       categories anyway */

    static const uint8_t  key[16] = { 'k', 'i', 'n', 'd' };

    h = xsell_siphash(key, path.p, path.n);

    return (uint32_t) (h >> 32) | 1;
}


/* the first of the levels joined by " > " */

static size_t
xsell_kind_top(xsell_str_t path)
{
    size_t  n;

    for (n = 0; n + 3 <= path.n; n++) {
        if (memcmp(path.p + n, " > ", 3) == 0) {
            return n;
        }
    }

    return path.n;
}


const xsell_kind_t *
xsell_kind(xsell_ranker_t *r, const xsell_catalog_t *cat,
    const xsell_item_t *item)
{
    xsell_str_t    path;
    xsell_kind_t  *kind;

    static const xsell_kind_t  none;

    if (item == NULL || item->category_idx == 0) {
        return &none;
    }

    if (r->kinds_of != cat) {
        r->kinds_of = cat;
        memset(r->kind, 0, sizeof(r->kind));
    }

    kind = &r->kind[item->category_idx & (XSELL_KINDS - 1)];

    if (kind->category != item->category_idx + 1) {
        path = xsell_catalog_text(cat, item, XSELL_TEXT_CATEGORY);

        kind->category = item->category_idx + 1;
        kind->path = xsell_kind_of(path);

        path.n = xsell_kind_top(path);
        kind->top = xsell_kind_of(path);
    }

    return kind;
}


/* ---- the way back ------------------------------------------------------ */

int
xsell_kinds_make(xsell_catalog_t *cat)
{
    uint32_t      i, n, at, size, kind;
    uint64_t     *kinds;
    xsell_item_t  it;

    n = (uint32_t) (cat->part[XSELL_PART_CATEGORIES].n & UINT32_MAX / 4);

    for (size = 2; size < 2 * n; size *= 2) { /* void */ }

    kinds = calloc(size, sizeof(*kinds));

    if (kinds == NULL) {
        return XSELL_ENOMEM;
    }

    memset(&it, 0, sizeof(it));

    for (i = 1; i <= n; i++) {
        it.category_idx = i;
        kind = xsell_kind_of(xsell_catalog_text(cat, &it,
                                                XSELL_TEXT_CATEGORY));
        at = xsell_spread(kind) & (size - 1);

        /* ends: half of them are free */

        while (kinds[at]) {
            at = (at + 1) & (size - 1);
        }

        kinds[at] = (uint64_t) kind << 32 | i;
    }

    free(cat->kinds);
    cat->kinds = kinds;
    cat->kinds_n = size;

    return XSELL_OK;
}


uint32_t
xsell_kind_category(const xsell_catalog_t *cat, uint32_t kind)
{
    uint32_t  at;

    if (cat->kinds == NULL) {
        return 0;
    }

    at = xsell_spread(kind) & (cat->kinds_n - 1);

    while (cat->kinds[at]) {

        if (cat->kinds[at] >> 32 == kind) {
            return (uint32_t) cat->kinds[at];
        }

        at = (at + 1) & (cat->kinds_n - 1);
    }

    return 0;
}


/*
 * xsell_kind.c: categories as hashes that mean the same in every process and
 * every catalogue, for what is learned about kinds of items.
 *
 * A catalogue numbers its categories anew each time; residuals of pairs of
 * kinds must survive that, and the learner sees no catalogue.  So a decision
 * writes the cell of each pair into its impression, made from hashes of the
 * category paths.  A page has a few dozen candidates of a handful of
 * categories: their hashes are remembered by number, and a category that
 * shares its place with another one is hashed again.
 */

#include "xsell_model.h"


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


/*
 * xsell_product_choose.c: what identifies a product, and which of a page's
 * products the page is about.  Called by the readers of JSON-LD and microdata
 * as they find something, and at the end of the page.
 *
 * A page that lists products is about none of them.  Several products side by
 * side are a list, unless the page says which one it is about: as its
 * mainEntity, by its canonical URL, or as og:type product (then it is the
 * first).  Products inside ItemList, isRelatedTo and the like don't count.
 *
 * Values are looked up as they come, so none is kept: an identity is two items
 * of the catalogue and how good their sources are.
 */

#include "xsell_product.h"


void
xsell_identity_init(xsell_identity_t *d)
{
    d->id = XSELL_NO_ITEM;
    d->url = XSELL_NO_ITEM;
    d->id_rank = XSELL_RANK_NONE;
    d->url_rank = XSELL_RANK_NONE;
}


void
xsell_identity_add(xsell_identity_t *d, const xsell_catalog_t *cat,
    unsigned word, const uint8_t *p, size_t n)
{
    uint8_t               r;
    uint32_t              item;

    static const uint8_t  rank[XSELL_WORD_LISTED + 1] = {
        [XSELL_WORD_SKU] = XSELL_RANK_SKU,
        [XSELL_WORD_PRODUCT_ID] = XSELL_RANK_PRODUCT_ID,
        [XSELL_WORD_IDENTIFIER] = XSELL_RANK_IDENTIFIER,
        [XSELL_WORD_GTIN] = XSELL_RANK_GTIN,
        [XSELL_WORD_MPN] = XSELL_RANK_MPN,
        [XSELL_WORD_GROUP] = XSELL_RANK_GROUP,
        [XSELL_WORD_URL] = XSELL_RANK_URL,
        [XSELL_WORD_AT_ID] = XSELL_RANK_AT_ID
    };

    r = rank[word];

    if (r == 0) {
        return;
    }

    if (r >= XSELL_RANK_URL && r < d->url_rank) {
        item = xsell_catalog_identify(cat, XSELL_IDENTITY_URL,
                                      (const char *) p, n);

        if (item != XSELL_NO_ITEM) {
            d->url = item;
            d->url_rank = r;
        }
    }

    if (r != XSELL_RANK_URL && r < d->id_rank) {
        item = xsell_catalog_identify(cat, XSELL_IDENTITY_ID,
                                      (const char *) p, n);

        if (item != XSELL_NO_ITEM) {
            d->id = item;
            d->id_rank = r;
        }
    }
}


/* what a part says, behind what is said by the whole */

void
xsell_identity_join(xsell_identity_t *d, const xsell_identity_t *from,
    unsigned behind)
{
    if (from->id != XSELL_NO_ITEM && (from->id_rank | behind) < d->id_rank) {
        d->id = from->id;
        d->id_rank = (uint8_t) (from->id_rank | behind);
    }

    if (from->url != XSELL_NO_ITEM
        && (from->url_rank | behind) < d->url_rank)
    {
        d->url = from->url;
        d->url_rank = (uint8_t) (from->url_rank | behind);
    }
}


/*
 * A number may be another item's id by chance, a URL is nobody else's: where
 * they contradict each other the URL counts, and where they name variants of
 * one product, the id, which says which.
 */

uint32_t
xsell_identity_item(const xsell_identity_t *d, const xsell_catalog_t *cat)
{
    if (d->url == XSELL_NO_ITEM
        || (d->id != XSELL_NO_ITEM && xsell_catalog_same(cat, d->id, d->url)))
    {
        return d->id;
    }

    return d->url;
}


/* a product that stands by itself; the same one again is none more */

void
xsell_mains_add(xsell_mains_t *mains, const xsell_catalog_t *cat,
    uint32_t item, uint32_t name, unsigned entity)
{
    unsigned       i;
    xsell_main_t  *m;

    for (i = 0; i < mains->n && i < XSELL_PRODUCT_MAINS; i++) {
        m = &mains->main[i];

        if ((name && name == m->name)
            || (item != XSELL_NO_ITEM && m->item != XSELL_NO_ITEM
                && xsell_catalog_same(cat, item, m->item)))
        {
            m->item = m->item == XSELL_NO_ITEM ? item : m->item;
            m->entity |= entity != 0;
            return;
        }
    }

    if (mains->n < XSELL_PRODUCT_MAINS) {
        m = &mains->main[mains->n];
        m->item = item;
        m->name = name;
        m->entity = entity != 0;
    }

    mains->n++;
}


/* which of the products of one kind of data the page is about */

uint32_t
xsell_product_choose(const xsell_page_t *page, const xsell_mains_t *mains)
{
    unsigned             i, n;
    uint32_t             item, said;
    const xsell_main_t  *m;

    if (mains->n == 0) {
        return XSELL_NO_ITEM;
    }

    if (mains->n == 1 && !page->listing) {
        return mains->main[0].item;
    }

    n = mains->n < XSELL_PRODUCT_MAINS ? mains->n : XSELL_PRODUCT_MAINS;
    item = XSELL_NO_ITEM;

    for (i = 0; i < n; i++) {
        m = &mains->main[i];

        if (m->entity && m->item != XSELL_NO_ITEM) {

            if (item != XSELL_NO_ITEM) {
                return XSELL_NO_ITEM;
            }

            item = m->item;
        }
    }

    if (item != XSELL_NO_ITEM) {
        return item;
    }

    said = page->has_canonical
           ? xsell_catalog_page(page->catalog, &page->canonical)
           : XSELL_NO_ITEM;

    for (i = 0; i < n; i++) {
        m = &mains->main[i];

        if (m->item != XSELL_NO_ITEM
            && xsell_catalog_same(page->catalog, m->item, said))
        {
            return m->item;
        }
    }

    return page->og_product && !page->listing ? mains->main[0].item
                                              : XSELL_NO_ITEM;
}

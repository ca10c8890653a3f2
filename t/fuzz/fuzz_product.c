
/*
 * fuzz_product.c: any page, looked at for its item: whole, byte by byte, and
 * cut at places that the first bytes choose; any URL as the request's.
 *
 * Properties: nothing is read or written past its end (each piece is memory of
 * its own); it ends; the answer is the same however the page is cut; an item
 * that is found is one of the catalogue's.
 */

#include "xsell.h"

#include <stdlib.h>
#include <string.h>


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);


static void
want(int ok)
{
    if (!ok) {
        abort();
    }
}


static xsell_catalog_t *
catalog(void)
{
    xsell_catalog_t    *cat;

    static const char   text[] =
        "{\"id\":\"a\",\"title\":\"t\",\"url\":\"/p/a\"}\n"
        "{\"id\":\"b\",\"title\":\"t\",\"url\":\"/p/b\"}\n"
        "{\"id\":\"12\",\"title\":\"t\",\"url\":\"https://h/p?v=1\","
        "\"group\":\"g\"}\n"
        "{\"id\":\"13\",\"title\":\"t\",\"url\":\"https://h/p?v=2\","
        "\"group\":\"g\"}\n"
        "{\"id\":\"c d\",\"title\":\"t\",\"url\":\"/\"}\n";

    want(xsell_catalog_create(&cat, text, sizeof(text) - 1, NULL, NULL, NULL)
         == XSELL_OK);

    return cat;
}


/* step 0: as the bytes of seed say */

static xsell_found_t
look(const xsell_catalog_t *cat, const xsell_locator_t *self,
    const uint8_t *p, size_t n, size_t step, uint64_t seed)
{
    size_t                  k;
    uint8_t                *piece;
    xsell_found_t           found;

    static xsell_product_t  product;

    memset(&product, 0xa5, sizeof(product));
    xsell_product_init(&product, cat, self);

    for ( /* void */ ; n; p += k, n -= k) {
        k = step ? step : 1 + (xsell_random(&seed) & 127);
        k = k < n ? k : n;

        piece = malloc(k);
        want(piece != NULL);
        memcpy(piece, p, k);
        xsell_product_feed(&product, piece, k);
        free(piece);
    }

    (void) xsell_product_finish(&product, &found);

    return found;
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    uint64_t                 seed;
    xsell_found_t            whole, cut;
    xsell_locator_t          self;

    static xsell_catalog_t  *cat;

    if (n < 9) {
        return 0;
    }

    if (cat == NULL) {
        cat = catalog();
    }

    memcpy(&seed, data, sizeof(seed));
    data += sizeof(seed);
    n -= sizeof(seed);

    memset(&self, 0, sizeof(self));
    (void) xsell_locator(&self, (const char *) data, n);
    want(xsell_catalog_page(cat, &self) == XSELL_NO_ITEM
         || xsell_catalog_page(cat, &self) < xsell_catalog_n(cat));

    whole = look(cat, &self, data, n, n, 0);
    want(whole.item == XSELL_NO_ITEM || whole.item < xsell_catalog_n(cat));
    want((whole.item == XSELL_NO_ITEM) == (whole.from == XSELL_FROM_NONE));

    cut = look(cat, &self, data, n, 0, seed);
    want(memcmp(&cut, &whole, sizeof(cut)) == 0);

    if (n < 4096) {
        cut = look(cat, &self, data, n, 1, 0);
        want(memcmp(&cut, &whole, sizeof(cut)) == 0);
    }

    return 0;
}

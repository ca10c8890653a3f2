
/*
 * fuzz_catalog.c: a catalogue from outside.
 *
 * Properties: a file is refused with a text and a line inside it, or gives
 * items that each have an id that finds them, a title, a link of our own
 * alphabet, a price in range and texts without control characters; warnings
 * are few, whatever the file.
 */

#include "model/xsell_catalog.h"

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


static void
warned(void *ctx, const xsell_error_t *warning)
{
    unsigned  *n;

    n = ctx;
    want(++*n <= 40 && warning->text[0]);
}


/* printable, apart from the ends of tags */

static void
fuzz_text(xsell_str_t s)
{
    size_t  i;

    want(s.p != NULL);

    for (i = 0; i < s.n; i++) {
        want((unsigned char) s.p[i] >= 0x20 || s.p[i] == '\n');
        want(s.p[i] != 0x7f);
    }
}


static void
fuzz_link(xsell_str_t s)
{
    size_t  i;

    want(s.n >= 1);
    want(s.p[0] == '/' || strncasecmp(s.p, "http", 4) == 0);

    for (i = 0; i < s.n; i++) {
        want(s.p[i] > ' ' && s.p[i] < 0x7f && !strchr("\"<>\\`", s.p[i]));
    }
}


static void
fuzz_items(const xsell_catalog_t *cat)
{
    uint32_t             i, k, n;
    xsell_str_t          text[XSELL_TEXTS];
    const uint32_t      *list;
    const xsell_item_t  *item;

    want(xsell_catalog_n(cat) > 0);

    for (i = 0; i < xsell_catalog_n(cat); i++) {
        item = xsell_catalog_item(cat, i);

        for (k = 0; k < XSELL_TEXTS; k++) {
            text[k] = xsell_catalog_text(cat, item, k);
        }

        want(text[XSELL_TEXT_ID].n >= 1 && text[XSELL_TEXT_ID].n <= XSELL_ID_MAX);
        want(xsell_catalog_find(cat, text[XSELL_TEXT_ID].p, text[XSELL_TEXT_ID].n) == i);
        want(text[XSELL_TEXT_TITLE].n >= 1);
        want(item->price >= -1 && item->price <= XSELL_PRICE_MAX);
        want(item->availability <= XSELL_DISCONTINUED);
        want((text[XSELL_TEXT_CATEGORY].n != 0) == (item->category_idx != 0));
        want((text[XSELL_TEXT_BRAND].n != 0) == (item->brand_idx != 0));

        fuzz_text(text[XSELL_TEXT_ID]);
        fuzz_text(text[XSELL_TEXT_TITLE]);
        fuzz_text(text[XSELL_TEXT_BRAND]);
        fuzz_text(text[XSELL_TEXT_CATEGORY]);
        fuzz_text(text[XSELL_TEXT_DESCRIPTION]);
        fuzz_text(text[XSELL_TEXT_TAGS]);
        fuzz_link(text[XSELL_TEXT_URL]);

        if (text[XSELL_TEXT_IMAGE].n) {
            fuzz_link(text[XSELL_TEXT_IMAGE]);
        }

        list = xsell_catalog_category(cat, item->category_idx, &n);

        for (k = 0; k < n && list[k] != i; k++) {
            /* void */
        }

        want(item->category_idx == 0 || k < n);
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    int               rc;
    size_t            i;
    unsigned          warnings, lines;
    xsell_error_t     err;
    xsell_catalog_t  *cat;

    warnings = 0;
    memset(&err, 0, sizeof(err));

    rc = xsell_catalog_create(&cat, (const char *) data, n, warned,
                              &warnings, &err);

    if (rc == XSELL_OK) {
        fuzz_items(cat);
        xsell_catalog_destroy(cat);
        return 0;
    }

    for (lines = 1, i = 0; i < n; i++) {
        lines += data[i] == '\n';
    }

    want(cat == NULL && rc == XSELL_EINVAL && err.text[0]);
    want(err.line >= 1 && err.line <= lines && err.column >= 1);

    return 0;
}

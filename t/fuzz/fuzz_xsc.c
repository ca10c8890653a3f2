
/*
 * fuzz_xsc.c: a compiled catalogue that lies.
 *
 * The input changes bytes of a good file (place, value; place, value ...) and
 * may mend its checksums, as somebody would who wants to get past them; or it
 * is the file.
 *
 * Properties: whatever open lets through can be asked everything, before and
 * without the check, without reading outside of the file; what passes the
 * check has texts, prices and availabilities in range.
 */

#include "../engine/image_seal.h"

#include <stdio.h>
#include <stdlib.h>


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);


typedef struct {
    uint8_t   *p;
    size_t     n;
    size_t     room;
} fuzz_file_t;

static fuzz_file_t  good;


static int
fuzz_put(void *ctx, const void *p, size_t n)
{
    fuzz_file_t  *f;

    f = ctx;

    if (f->n + n > f->room) {
        f->room = (f->n + n) * 2;
        f->p = realloc(f->p, f->room);
    }

    memcpy(f->p + f->n, p, n);
    f->n += n;

    return XSELL_OK;
}


static void
fuzz_good(void)
{
    char              text[8192];
    float             v[5];
    size_t            n;
    uint32_t          i, d;
    xsell_catalog_t  *cat;

    for (n = 0, i = 0; i < 24; i++) {
        n += (size_t) sprintf(text + n, "{\"id\":\"i%u\",\"title\":\"red %u "
                              "lamp %u\",\"url\":\"/p?i=%u\",\"brand\":\"b%u\","
                              "\"category\":\"c%u\",\"tags\":\"t%u\","
                              "\"group\":\"%u\",\"price\":%u,"
                              "\"description\":\"d\",\"image\":\"/i\"}\n",
                              i, i % 5, i % 3, i, i % 2, i % 4, i % 6, i / 2,
                              i);
    }

    if (xsell_catalog_create(&cat, text, n, NULL, NULL, NULL) != XSELL_OK
        || xsell_content_build(cat) != XSELL_OK
        || xsell_plane_begin(cat, 1, 5) != XSELL_OK)
    {
        abort();
    }

    for (i = 0; i < 24; i++) {
        for (d = 0; d < 5; d++) {
            v[d] = (float) ((i * (d + 3)) % 7) - 2;
        }

        (void) xsell_plane_row(cat, 1, i, v);
    }

    if (xsell_plane_finish(cat, 1) != XSELL_OK
        || xsell_catalog_write(cat, fuzz_put, &good) != XSELL_OK)
    {
        abort();
    }

    xsell_catalog_destroy(cat);
}


static volatile uint64_t  fuzz_sink;


static void
fuzz_read(xsell_str_t s)
{
    size_t  i;

    for (i = 0; i < s.n; i++) {
        fuzz_sink += (uint8_t) s.p[i];
    }
}


static void
fuzz_ask(const xsell_catalog_t *cat)
{
    uint32_t             i, k, n;
    xsell_str_t          s;
    const uint32_t      *list;
    xsell_vector_t       v;
    xsell_similar_t      near[XSELL_SIMILAR_MAX];
    const xsell_item_t  *it;

    fuzz_read(xsell_catalog_currency(cat));

    for (i = 0; i < xsell_catalog_n(cat) && i < 100; i++) {
        it = xsell_catalog_item(cat, i);

        for (k = 0; k < XSELL_TEXTS; k++) {
            fuzz_read(xsell_catalog_text(cat, it, k));
        }

        s = xsell_catalog_text(cat, it, XSELL_TEXT_ID);
        fuzz_sink += xsell_catalog_find(cat, s.p, s.n);
        s = xsell_catalog_text(cat, it, XSELL_TEXT_URL);
        fuzz_sink += xsell_catalog_identify(cat, XSELL_IDENTITY_URL, s.p, s.n);
        fuzz_sink += xsell_catalog_same(cat, i, i / 2);
        fuzz_sink += xsell_catalog_ref(cat, it);

        n = xsell_catalog_similar(cat, i, near);

        for (k = 0; k < n; k++) {
            fuzz_sink += xsell_catalog_item(cat, near[k].item)->rating;
        }

        list = xsell_catalog_category(cat, i, &n);

        for (k = 0; k < n; k++) {
            it = xsell_catalog_item(cat, list[k]);
            fuzz_sink += it ? it->rating : 0;
        }

        for (k = 0; k < XSELL_PLANES; k++) {
            n = xsell_plane_near(cat, k, i, near);
            fuzz_sink += n ? xsell_catalog_item(cat, near[n - 1].item)->rating
                           : 0;

            if (xsell_plane_vector(cat, k, i, &v)) {
                fuzz_sink += (uint64_t) xsell_vector_dot(v.p, v.p,
                                               xsell_plane_dims(cat, k));
            }
        }
    }
}


static void
fuzz_checked(const xsell_catalog_t *cat)
{
    uint32_t             i;
    const xsell_item_t  *it;

    for (i = 0; i < xsell_catalog_n(cat); i++) {
        it = xsell_catalog_item(cat, i);

        if (it->availability > XSELL_DISCONTINUED || it->price < -1
            || it->price > XSELL_PRICE_MAX
            || xsell_catalog_text(cat, it, XSELL_TEXT_TITLE).n == 0)
        {
            abort();
        }
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    size_t            i, at;
    uint8_t          *mem;
    fuzz_file_t       f;
    xsell_error_t     err;
    xsell_catalog_t  *cat;

    if (good.n == 0) {
        fuzz_good();
    }

    if (n == 0) {
        return 0;
    }

    /* in an allocation of its own length: the sanitizer sees its end */

    if (data[0] == 'x') {
        f.n = n;
        mem = malloc(n);
        memcpy(mem, data, n);

    } else {
        f.n = good.n;
        mem = malloc(good.n);
        memcpy(mem, good.p, good.n);

        for (i = 1; i + 3 <= n; i += 3) {
            at = (size_t) data[i] << 8 | data[i + 1];
            mem[at % good.n] = data[i + 2];
        }

        if (data[0] & 1) {
            (void) image_seal(mem, f.n);
        }
    }

    if (xsell_catalog_open(&cat, mem, f.n, &err) == XSELL_OK) {
        fuzz_ask(cat);

        if (xsell_catalog_check(cat, &err) == XSELL_OK) {
            fuzz_checked(cat);
        }

        xsell_catalog_destroy(cat);
    }

    free(mem);

    return 0;
}

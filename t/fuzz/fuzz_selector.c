
/*
 * fuzz_selector.c: a selector from outside, and a page for it.
 *
 * The input is a selector up to a line feed, and then a page.  Properties: a
 * selector is taken or refused with a column in it and a message; what is
 * refused changes no places; a page gives the same insertion whole and byte by
 * byte.
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


static uint64_t
found(const xsell_places_t *ps, const uint8_t *p, size_t n, size_t chunk,
    uint8_t *state)
{
    int                rc;
    size_t             i, len, used;
    uint64_t           at;
    unsigned           which;
    xsell_rewriter_t  *rw;

    rw = malloc(sizeof(xsell_rewriter_t));
    want(rw != NULL);

    xsell_rewriter_init(rw, ps, XSELL_HOLDS_ALL);
    at = UINT64_MAX;

    for (i = 0; i < n; i += used) {
        len = n - i < chunk ? n - i : chunk;
        rc = xsell_rewriter_feed(rw, p + i, len, &used, &which);

        if (rc == XSELL_AGAIN && at == UINT64_MAX) {
            at = rw->at;
        }
    }

    while (xsell_rewriter_finish(rw, &which) == XSELL_AGAIN) {
        at = at == UINT64_MAX ? rw->at : at;
    }

    *state = rw->state[0];
    free(rw);

    return at;
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    int              rc;
    uint8_t          whole, bytes;
    xsell_str_t      name, position, selector;
    xsell_error_t    err;
    const uint8_t   *lf;
    xsell_places_t  *ps;

    lf = n ? memchr(data, '\n', n) : NULL;

    if (lf == NULL) {
        return 0;
    }

    want(xsell_places_create(&ps) == XSELL_OK);
    memset(&err, 0, sizeof(err));

    name.p = "a";
    name.n = 1;
    position.p = "before";
    position.n = 6;
    selector.p = (const char *) data;
    selector.n = (size_t) (lf - data);

    rc = xsell_places_add(ps, name, position, selector, &err);

    want(rc == XSELL_OK || rc == XSELL_EINVAL);
    want(xsell_places_n(ps) == (rc == XSELL_OK));

    if (rc == XSELL_EINVAL) {
        want(err.text[0] != '\0' && err.column <= selector.n + 1);

    } else {
        n -= selector.n + 1;

        want(found(ps, lf + 1, n, n, &whole)
             == found(ps, lf + 1, n, 1, &bytes));
        want(whole == bytes);
    }

    xsell_places_destroy(ps);

    return 0;
}


/*
 * fuzz_template.c: a template from outside, over a hostile catalogue.
 *
 * Properties: compiling ends with a code and, when it fails, a place inside
 * the text; what compiles renders the same length whatever the room is; and
 * no value changes the markup: the fragment of a hostile item has as many
 * < > " ' as that of a harmless one with the same sections shown.
 */

#include "xsell.h"

#include <stdlib.h>
#include <string.h>


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

#define ITEM(v)                                                               \
    "{\"id\":\"" v "\",\"title\":\"" v "\",\"url\":\"/\",\"image\":\"/" v     \
    "\",\"price\":\"1\",\"currency\":\"EUR\",\"brand\":\"" v "\",\"category"  \
    "\":\"" v "\",\"description\":\"" v "\"}\n"

static const char  feed[] =
    ITEM("aaa") ITEM("\\\"'><script>&#39;</script>-->`\\u202ejavascript:");

static char  out[2][XSELL_FRAGMENT_MAX];


static void
want(int ok)
{
    if (!ok) {
        abort();
    }
}


static size_t
count(const char *p, size_t n, char c)
{
    size_t  i, k;

    for (i = 0, k = 0; i < n; i++) {
        k += p[i] == c;
    }

    return k;
}


static xsell_str_t
str(const char *s)
{
    xsell_str_t  v;

    v.p = s;
    v.n = strlen(s);

    return v;
}


static size_t
render(const xsell_template_t *t, const xsell_catalog_t *cat, uint32_t item,
    const char *value, const char *url, char *to)
{
    size_t            n;
    xsell_card_t      card;
    xsell_fragment_t  f;

    memset(&card, 0, sizeof(card));
    card.item = item;
    card.url = str(url);
    card.reason = XSELL_REASON_NEW;
    memset(&f, 0, sizeof(f));
    f.catalog = cat;
    f.slot = str(value);
    f.title = str(value);
    f.lang = str(value);
    f.css = str("/c");
    f.card = &card;
    f.n = 1;

    n = xsell_template_render(t, &f, to, XSELL_FRAGMENT_MAX);
    want(n <= XSELL_FRAGMENT_MAX);
    want(xsell_template_render(t, &f, NULL, 0) == n);

    return n;
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    int                      rc;
    size_t                   n0, n1;
    xsell_str_t              text;
    const char              *c;
    xsell_error_t            err;
    xsell_template_t        *t;
    static xsell_catalog_t  *cat;

    if (cat == NULL) {
        want(xsell_catalog_create(&cat, feed, strlen(feed), NULL, NULL, &err)
             == XSELL_OK);
        want(xsell_catalog_n(cat) == 2);
    }

    text.p = (const char *) data;
    text.n = n;
    memset(&err, 0, sizeof(err));
    rc = xsell_template_create(&t, text, &err);

    if (rc != XSELL_OK) {
        want(rc == XSELL_EINVAL && t == NULL && err.text[0]);
        want(err.line <= n + 1 && err.column <= n + 1);
        return 0;
    }

    n0 = render(t, cat, 0, "aaa", "/p", out[0]);
    n1 = render(t, cat, 1, "\"'><b>&", "/\"'><i>", out[1]);

    if (n0 && n1) {
        for (c = "<>\"'"; *c; c++) {
            want(count(out[0], n0, *c) == count(out[1], n1, *c));
        }
    }

    xsell_template_destroy(t);

    return 0;
}


/*
 * fuzz_template.c: templates from outside, partials of each other, over a
 * hostile catalogue.
 *
 * The input is cut at 0xff: the first two parts are templates ("t", "p"), a
 * third is strings.en.json, so that each can name the others.
 *
 * Properties: compiling ends with a code and, when it fails, the name of a
 * template and a place inside its text; what compiles renders the same length
 * whatever the room is; and no value changes the markup: the fragment of a
 * hostile item has as many < > " ' as that of a harmless one with the same
 * sections shown.
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
render(const xsell_templates_t *ts, uint32_t i, const xsell_catalog_t *cat,
    uint32_t item, const char *value, const char *url, char *to)
{
    size_t            n;
    xsell_card_t      card[2];
    xsell_fragment_t  f;

    memset(card, 0, sizeof(card));
    card[0].item = item;
    card[0].url = str(url);
    card[0].reason = XSELL_REASON_NEW;
    card[1] = card[0];
    memset(&f, 0, sizeof(f));
    f.catalog = cat;
    f.slot = str(value);
    f.title = str(value);
    f.lang = str(value);
    f.css = str("/c");
    f.card = card;
    f.n = 2;

    n = xsell_templates_render(ts, i, &f, to, XSELL_FRAGMENT_MAX);
    want(n <= XSELL_FRAGMENT_MAX);
    want(xsell_templates_render(ts, i, &f, NULL, 0) == n);

    return n;
}


static void
warned(void *ctx, const xsell_error_t *warning)
{
    want(warning->text[0] != '\0');
}


/* a doubt is about a text that there is */

static void
doubted(void *ctx, const char *file, const xsell_error_t *warning)
{
    want(file[0] && warning->text[0]
         && strlen(warning->text) < sizeof(warning->text));
}


/* the next part of the input, up to 0xff or its end */

static xsell_str_t
part(const uint8_t **p, const uint8_t *end)
{
    xsell_str_t     v;
    const uint8_t  *stop;

    stop = memchr(*p, 0xff, end - *p);
    v.p = (const char *) *p;
    v.n = (stop ? stop : end) - *p;
    *p = stop ? stop + 1 : end;

    return v;
}


static void
fill(xsell_templates_t *ts, const uint8_t *data, size_t n)
{
    xsell_str_t     text;
    xsell_error_t   err;
    const uint8_t  *p;

    p = data;
    text = part(&p, data + n);
    (void) xsell_templates_add(ts, str("t"), text, &err);
    text = part(&p, data + n);
    (void) xsell_templates_add(ts, str("p"), text, &err);
    text = part(&p, data + n);

    if (text.n) {
        (void) xsell_templates_strings(ts, str("en"), text, warned, NULL,
                                       &err);
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    int                      rc;
    size_t                   n0, n1;
    uint32_t                 i;
    xsell_str_t              name;
    const char              *c;
    xsell_error_t            err;
    xsell_templates_t       *ts;
    static xsell_catalog_t  *cat;

    if (cat == NULL) {
        want(xsell_catalog_create(&cat, feed, strlen(feed), NULL, NULL, &err)
             == XSELL_OK);
        want(xsell_catalog_n(cat) == 2);
    }

    want(xsell_templates_create(&ts) == XSELL_OK);
    fill(ts, data, n);
    memset(&err, 0, sizeof(err));
    rc = xsell_templates_compile(ts, &name, &err);

    if (rc != XSELL_OK) {
        want(rc == XSELL_EINVAL && err.text[0] && name.n == 1
             && (name.p[0] == 't' || name.p[0] == 'p'));
        want(err.line <= n + 1 && err.column <= n + 1);
        xsell_templates_destroy(ts);
        return 0;
    }

    xsell_templates_check(ts, doubted, NULL);

    for (i = 3; i < xsell_templates_n(ts); i++) {

        n0 = render(ts, i, cat, 0, "aaa", "/p", out[0]);
        n1 = render(ts, i, cat, 1, "\"'><b>&\\*/{}();", "/\"'><i>()", out[1]);

        if (n0 && n1) {
            for (c = "<>\"'"; *c; c++) {
                want(count(out[0], n0, *c) == count(out[1], n1, *c));
            }
        }
    }

    xsell_templates_destroy(ts);

    return 0;
}

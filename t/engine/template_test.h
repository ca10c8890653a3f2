
/*
 * template_test.h: a small catalogue, a fragment over it, and a template that
 * is compiled and rendered in one call.
 */

#ifndef TEMPLATE_TEST_H
#define TEMPLATE_TEST_H

#include "xsell.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>


#define EVIL  "<b>\\\"'&{{title}}"              /* as JSON writes it */

static const char  feed[] =
    "[{\"id\":\"A-1\",\"title\":\"First\",\"url\":\"/p/1\",\"image\":"
        "\"/i/1.svg\",\"price\":\"12.50\",\"currency\":\"EUR\",\"brand\":"
        "\"Ada\",\"category\":\"Art > Prints\",\"description\":\"One\"},"
    "{\"id\":\"B-2\",\"title\":\"Second\",\"url\":\"/p/2\","
        "\"availability\":\"out_of_stock\"},"
    "{\"id\":\"" EVIL "\",\"title\":\"" EVIL "\",\"url\":\"/p/3\","
        "\"image\":\"javascript:alert(1)\",\"brand\":\"" EVIL "\"}]";

static xsell_catalog_t  *catalog;


static xsell_str_t
str(const char *s)
{
    xsell_str_t  v;

    v.p = s;
    v.n = strlen(s);

    return v;
}


static int
setup(void **state)
{
    xsell_error_t  err;

    return xsell_catalog_create(&catalog, feed, strlen(feed), NULL, NULL,
                                &err);
}


static int
teardown(void **state)
{
    xsell_catalog_destroy(catalog);
    return 0;
}


/* cards of items 0 .. n - 1, the usual fragment */

static inline xsell_fragment_t
fragment(uint32_t n)
{
    uint32_t             i;
    xsell_fragment_t     f;
    static xsell_card_t  card[XSELL_SLATE_MAX];

    memset(&f, 0, sizeof(f));

    for (i = 0; i < n; i++) {
        card[i].url = str("/p/x?a=1&xs=tok");
        card[i].item = i;
        card[i].reason = XSELL_REASON_VIEWED;
    }

    f.catalog = catalog;
    f.slot = str("related");
    f.css = str("/xsell/s/0.css");
    f.title = str("More & more");
    f.lang = str("en");
    f.card = card;
    f.n = n;

    return f;
}


/* names and texts in turns, NULL at the end; the first is rendered.  An error
   comes back as "name 1:2 text" */

static inline const char *
render_set(const char *const *files, const xsell_fragment_t *f)
{
    int                 rc;
    size_t              n;
    xsell_str_t         name;
    xsell_error_t       err;
    const char *const  *file;
    xsell_templates_t  *ts;
    static char         buf[65536];

    memset(&err, 0, sizeof(err));
    assert_int_equal(xsell_templates_create(&ts), XSELL_OK);
    rc = XSELL_OK;

    for (file = files; *file && rc == XSELL_OK; file += 2) {
        name = str(file[0]);
        rc = xsell_templates_add(ts, name, str(file[1]), &err);
    }

    if (rc == XSELL_OK) {
        rc = xsell_templates_compile(ts, &name, &err);
    }

    if (rc != XSELL_OK) {
        assert_int_equal(rc, XSELL_EINVAL);
        snprintf(buf, sizeof(buf), "%.*s %u:%u %s", (int) name.n, name.p,
                 err.line, err.column, err.text);
        xsell_templates_destroy(ts);
        return buf;
    }

    n = xsell_templates_render(ts, (uint32_t)
                               xsell_templates_find(ts, str(files[0])), f,
                               buf, sizeof(buf) - 1);
    assert_true(n < sizeof(buf));
    buf[n] = '\0';
    xsell_templates_destroy(ts);

    return buf;
}


static inline const char *
render(const char *text, const xsell_fragment_t *f)
{
    const char  *files[] = { "t", text, NULL };

    return render_set(files, f);
}


#endif /* TEMPLATE_TEST_H */


/*
 * catalog_test.h: builds catalogues from texts and keeps what was said.
 */

#ifndef CATALOG_TEST_H
#define CATALOG_TEST_H

#include "model/xsell_catalog.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>


#define ITEM(id)                                                              \
    "{\"id\":\"" id "\",\"title\":\"T\",\"url\":\"/" id "\"}"

#define PRICED(id, price)                                                     \
    "{\"id\":\"" id "\",\"title\":\"T\",\"url\":\"/" id "\",\"price\":\""     \
    price "\"}"

#define WARNINGS  64

static xsell_catalog_t  *cat;
static xsell_error_t     err;
static xsell_error_t     warnings[WARNINGS];
static unsigned          warnings_n;


static inline void
warned(void *ctx, const xsell_error_t *warning)
{
    assert_ptr_equal(ctx, &cat);
    assert_true(warnings_n < WARNINGS);
    warnings[warnings_n++] = *warning;
}


/* the text is given from an allocation of its own length */

static inline int
build(const char *text, size_t n)
{
    int    rc;
    char  *p;

    xsell_catalog_destroy(cat);
    memset(&err, 0, sizeof(err));
    memset(warnings, 0, sizeof(warnings));
    warnings_n = 0;

    p = malloc(n ? n : 1);
    memcpy(p, text, n);

    rc = xsell_catalog_create(&cat, p, n, warned, &cat, &err);

    memset(p, 0xee, n ? n : 1);
    free(p);

    return rc;
}


static inline void
build_ok(const char *text)
{
    if (build(text, strlen(text)) != XSELL_OK) {
        fail_msg("%s: %u:%u %s", text, err.line, err.column, err.text);
    }
}


static inline int
build_silent(const char *text)
{
    xsell_catalog_destroy(cat);

    return xsell_catalog_create(&cat, text, strlen(text), NULL, NULL, NULL);
}


static inline void
assert_text(xsell_str_t s, const char *text)
{
    if (s.n != strlen(text) || memcmp(s.p, text, s.n) != 0) {
        fail_msg("\"%.*s\" is not \"%s\"", (int) s.n, s.p, text);
    }
}


#define assert_own(item, which, text)                                         \
    assert_text(xsell_catalog_text(cat, item, XSELL_TEXT_##which), text)


static inline int
teardown(void **state)
{
    xsell_catalog_destroy(cat);
    cat = NULL;

    return 0;
}


#endif /* CATALOG_TEST_H */

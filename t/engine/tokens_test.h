
/*
 * tokens_test.h: a theme made from a text, its properties looked up in the
 * stylesheet as a browser would read them, and the warnings on the way.
 */

#ifndef TOKENS_TEST_H
#define TOKENS_TEST_H

#include "xsell.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>


#define LIGHT  ":where(.xs){"
#define DARK   "@media(prefers-color-scheme:dark){"

static char  warned[16384];         /* "line:column text\n" of each */


static inline xsell_str_t
str(const char *s)
{
    xsell_str_t  v;

    v.p = s;
    v.n = strlen(s);

    return v;
}


static inline void
note(void *ctx, const xsell_error_t *w)
{
    size_t  n;

    n = strlen(warned);
    assert_true(strlen(w->text) < sizeof(w->text));
    snprintf(warned + n, sizeof(warned) - n, "%u:%u %s\n", w->line, w->column,
             w->text);
}


/* the sheet, to be freed; NULL and err if it is refused */

static inline char *
sheet_of(const char *json, size_t n, xsell_error_t *err)
{
    int             rc;
    char           *copy;
    xsell_str_t     tokens, sheet;
    xsell_theme_t  *theme;

    warned[0] = '\0';
    memset(err, 0, sizeof(*err));
    tokens.p = json;
    tokens.n = n;
    rc = xsell_theme_create(&theme, tokens, str(""), note, NULL, err);

    if (rc != XSELL_OK) {
        assert_null(theme);
        assert_true(err->text[0]);
        return NULL;
    }

    sheet = xsell_theme_sheet(theme);
    assert_int_equal(strlen(sheet.p), sheet.n);
    copy = strdup(sheet.p);
    assert_non_null(copy);
    xsell_theme_destroy(theme);

    return copy;
}


static inline char *
sheet(const char *json)
{
    char           *s;
    xsell_error_t   err;

    s = sheet_of(json, strlen(json), &err);

    if (s == NULL) {
        fail_msg("%s: %u:%u %s", json, err.line, err.column, err.text);
    }

    return s;
}


/* the value of --xs-NAME in the block that begins with `block`; "" if it is
   not there.  A static buffer. */

static inline const char *
value(const char *css, const char *block, const char *name)
{
    char         key[128];
    size_t       n;
    const char  *at, *end;
    static char  buf[2048];

    buf[0] = '\0';
    at = strstr(css, block);

    if (at == NULL) {
        return buf;
    }

    at = strstr(at, "--xs-") ? strstr(at, "--xs-") : at;
    end = strchr(at, '}');
    assert_non_null(end);
    snprintf(key, sizeof(key), "--xs-%s:", name);
    at = strstr(at, key);

    if (at == NULL || at > end) {
        return buf;
    }

    at += strlen(key);
    n = strcspn(at, ";");
    assert_true(n < sizeof(buf));
    memcpy(buf, at, n);
    buf[n] = '\0';

    return buf;
}


static inline char *
slurp(const char *path, size_t *n)
{
    FILE  *f;
    char  *p;

    f = fopen(path, "rb");

    if (f == NULL) {
        return NULL;
    }

    p = calloc(1, 1 << 20);
    assert_non_null(p);
    *n = fread(p, 1, (1 << 20) - 1, f);
    fclose(f);

    return p;
}


#endif /* TOKENS_TEST_H */

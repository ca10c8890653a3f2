
/*
 * fuzz_tokens.c: a file of design tokens from outside, and a shop's rules.
 *
 * Properties: reading ends with a code and, when it fails, a text and a place
 * inside the file; warnings are few and have a text; the rules stand in the
 * sheet as they always do; before them no declaration is left: no quote is
 * open, braces are in pairs, nothing is commented, escaped or loaded.
 */

#include "xsell.h"

#include <stdlib.h>
#include <string.h>


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static size_t  warnings;
static size_t  lines;


static void
want(int ok)
{
    if (!ok) {
        abort();
    }
}


static void
note(void *ctx, const xsell_error_t *w)
{
    warnings++;
    want(w->text[0] && strlen(w->text) < sizeof(w->text));
    want(w->line <= lines);
    want(strpbrk(w->text, "\r\n\033") == NULL);
}


static void
declarations(const char *p, const char *end)
{
    char    quote;
    size_t  depth;

    quote = 0;
    depth = 0;

    for ( ; p < end; p++) {

        want(*p != '\\' && *p != '<' && *p != '!'
             && !(*p == '/' && p[1] == '*'));
        want((uint8_t) *p >= ' ' || (*p == '\n' && depth == 0 && !quote));
        want(*p != '@' || (depth == 0 && !quote));

        if (quote) {
            quote = *p == quote ? 0 : quote;

        } else if (*p == '"' || *p == '\'') {
            quote = *p;

        } else if (*p == '{') {
            depth++;

        } else if (*p == '}') {
            want(depth > 0);
            depth--;
        }
    }

    want(depth == 0 && quote == 0);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    int             rc;
    size_t          i;
    xsell_str_t     tokens, extra, sheet;
    const char     *rules;
    xsell_error_t   err;
    xsell_theme_t  *theme;

    tokens.p = (const char *) data;
    tokens.n = n;
    extra.p = "";
    extra.n = 0;
    warnings = 0;

    for (i = 0, lines = 1; i < n; i++) {
        lines += data[i] == '\n';
    }

    memset(&err, 0, sizeof(err));
    rc = xsell_theme_create(&theme, tokens, extra, note, NULL, &err);
    want(warnings <= 22);

    if (rc != XSELL_OK) {
        want(rc == XSELL_EINVAL && theme == NULL && err.text[0]);
        want(err.line <= lines && err.column <= n + 1);
        return 0;
    }

    sheet = xsell_theme_sheet(theme);
    rules = strstr(sheet.p, "\n.xs{");
    want(strlen(sheet.p) == sheet.n && rules != NULL);
    declarations(sheet.p, rules);
    want(strstr(sheet.p, "url(") == NULL);
    xsell_theme_destroy(theme);

    return 0;
}


/*
 * xsell_business_value.c: values of a rules file, and what is said when one is
 * wrong.  An error has the place of the value; functions return 1, or 0 when
 * they have said why not.
 */

#include "xsell_business.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>


/* ---- messages ---- */

/* 0, for functions that return whether they could */

int
xsell_draft_fail(xsell_drafts_t *d, size_t off, const char *fmt, ...)
{
    char      text[sizeof(d->err->text)];
    va_list   args;
    unsigned  line, column;

    va_start(args, fmt);
    (void) vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);

    xsell_json_place(d->text, off, &line, &column);
    (void) xsell_fail(d->err, XSELL_EINVAL, line, column, "%s", text);

    return 0;
}


void
xsell_business_doubt(xsell_drafts_t *d, size_t off, const char *fmt, ...)
{
    va_list        args;
    xsell_error_t  w;

    if (d->warn == NULL) {
        return;
    }

    memset(&w, 0, sizeof(w));

    va_start(args, fmt);
    (void) vsnprintf(w.text, sizeof(w.text), fmt, args);
    va_end(args);

    xsell_json_place(d->text, off, &w.line, &w.column);
    d->warn(d->ctx, &w);
}


/* a value of another kind than its key wants */

int
xsell_draft_kind(xsell_drafts_t *d, size_t off, const xsell_value_t *v,
    const char *wanted)
{
    return xsell_draft_fail(d, off, "%s here, but it wants %s",
                            xsell_json_kind(v->kind), wanted);
}


/* ---- values ---- */

int
xsell_draft_number(const xsell_value_t *v, double *number)
{
    if (v->kind == XSELL_JSON_INTEGER) {
        *number = (double) v->integer;
        return 1;
    }

    *number = v->real;

    return v->kind == XSELL_JSON_REAL && isfinite(v->real);
}


/* a whole number from 1 to max */

int
xsell_draft_whole(xsell_drafts_t *d, size_t off, const xsell_value_t *v,
    int64_t max, uint8_t *out)
{
    if (v->kind != XSELL_JSON_INTEGER || v->integer < 1 || v->integer > max) {
        return xsell_draft_fail(d, off, "not a whole number from 1 to %d",
                                (int) max);
    }

    *out = (uint8_t) v->integer;

    return 1;
}


/* element i of a list, or the one value that stands in place of a list; 0:
   there is no such element */

int
xsell_draft_element(const xsell_value_t *v, size_t i, xsell_value_t *e)
{
    if (v->kind != XSELL_JSON_LIST) {
        *e = *v;
        return i == 0;
    }

    xsell_json_element(v, i, e);

    return i < (size_t) v->integer;
}


size_t
xsell_business_place(const xsell_drafts_t *d, size_t off, size_t i)
{
    size_t  at;

    if (d->text[off] != '[') {
        return off;
    }

    at = xsell_json_nth(d->text + off, d->text_n - off, i);

    return at < d->text_n - off ? off + at : off;
}


xsell_spot_t
xsell_business_spot(const xsell_drafts_t *d, size_t off)
{
    xsell_spot_t  spot;

    xsell_json_place(d->text, off, &spot.line, &spot.column);

    return spot;
}


/* {"min": .5, "max": 2}: one of them at least, and it says something */

int
xsell_draft_range(xsell_drafts_t *d, size_t off, const xsell_value_t *v,
    double least, double most, double out[2])
{
    void           *iter;
    size_t          at;
    unsigned        i, named;
    const char     *key;
    xsell_value_t   e;

    named = 0;

    if (v->kind != XSELL_JSON_OBJECT) {
        return xsell_draft_kind(d, off, v, "{ \"min\": ..., \"max\": ... }");
    }

    out[0] = least;
    out[1] = most;
    iter = NULL;

    while ((iter = xsell_json_each(v->node, iter, &key, &e)) != NULL) {
        at = xsell_json_locate(d->text + off, d->text_n - off, key);
        at = off + (at < d->text_n - off ? at : 0);

        i = strcmp(key, "max") == 0;

        if (i == 0 && strcmp(key, "min") != 0) {
            return xsell_draft_fail(d, at, "a range has \"min\" and \"max\"");
        }

        if (!xsell_draft_number(&e, &out[i]) || out[i] < least
            || out[i] > most)
        {
            return xsell_draft_fail(d, at, "\"%s\" is no number from %.15g to "
                                    "%.15g", key, least, most);
        }

        named |= 1u << i;
    }

    if (named == 0) {
        return xsell_draft_fail(d, off, "a range without \"min\" and \"max\"");
    }

    if (out[0] == least && out[1] == most) {
        return xsell_draft_fail(d, off, "a range that leaves nothing out: no "
                                "number is %s", named & 1
                                ? "less than this \"min\""
                                : "more than this \"max\"");
    }

    if (out[0] > out[1]) {
        return xsell_draft_fail(d, off, "\"min\" is more than \"max\"");
    }

    return 1;
}


/* walks the keys of an object; part: of the rule, for those that care */

int
xsell_draft_walk(xsell_drafts_t *d, uint32_t i, unsigned part,
    const xsell_draft_key_t *keys, const xsell_draft_at_t *at,
    const char *what)
{
    int                       known;
    char                      hint[128], name[64];
    void                     *iter;
    size_t                    off;
    const char               *key;
    xsell_hint_t              h;
    xsell_value_t             v;
    const xsell_draft_key_t  *k;

    iter = NULL;

    while ((iter = xsell_json_each(at->doc, iter, &key, &v)) != NULL) {
        off = xsell_json_locate(d->text + at->off, d->text_n - at->off, key);
        off = at->off + (off < d->text_n - at->off ? off : 0);

        known = 0;
        xsell_hint_begin(&h, xsell_draft_str(key));

        for (k = keys; k->key && !known; k++) {

            if (strcmp(key, k->key) != 0) {
                xsell_hint_look(&h, xsell_draft_str(k->key));
                continue;
            }

            known = 1;

            if (v.kind == XSELL_JSON_NONE) {
                return xsell_draft_fail(d, off, "\"%s\" is null", key);
            }

            d->key = k->key;

            if (!k->take(d, i, part == XSELL_RULE_PARTS ? (unsigned) (k - keys)
                                                  : part,
                         off, &v))
            {
                return 0;
            }
        }

        if (!known) {
            return xsell_draft_fail(d, off, "%s has no \"%s\"%s", what,
                                    xsell_printable(name, sizeof(name),
                                    h.wanted), xsell_hint_text(&h, hint));
        }
    }

    return 1;
}

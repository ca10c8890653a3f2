
/*
 * The templates of a shop: a set of named texts, the built-in ones first, a
 * shop's own in their place.  It is filled when the configuration is read,
 * compiled once, and only read from then on.
 */

#include "xsell_page.h"

#include <stdlib.h>


#define NAME_MAX_BYTES   64
#define TEMPLATES_MAX    256


typedef struct {
    char                *name;
    size_t               name_n;
    char                *text;
    size_t               text_n;
    xsell_template_t    *compiled;
} entry_t;

struct xsell_templates_s {
    entry_t             *entry;
    uint32_t             n;
};


static int
is_name(xsell_str_t name)
{
    char    c;
    size_t  i;

    for (i = 0; i < name.n; i++) {
        c = name.p[i];

        if ((c < 'a' || c > 'z') && (c < 'A' || c > 'Z')
            && (c < '0' || c > '9') && c != '-' && c != '_')
        {
            return 0;
        }
    }

    return name.n > 0 && name.n <= NAME_MAX_BYTES;
}


int
xsell_templates_find(const xsell_templates_t *ts, xsell_str_t name)
{
    uint32_t  i;

    for (i = 0; i < ts->n; i++) {
        if (ts->entry[i].name_n == name.n
            && memcmp(ts->entry[i].name, name.p, name.n) == 0)
        {
            return (int) i;
        }
    }

    return -1;
}


static int
append(xsell_templates_t *ts, xsell_str_t name)
{
    entry_t  *e;

    e = realloc(ts->entry, (ts->n + 1) * sizeof(*e));

    if (e == NULL) {
        return -1;
    }

    ts->entry = e;
    e += ts->n;
    memset(e, 0, sizeof(*e));
    e->name = malloc(name.n);

    if (e->name == NULL) {
        return -1;
    }

    memcpy(e->name, name.p, name.n);
    e->name_n = name.n;

    return (int) ts->n++;
}


int
xsell_templates_add(xsell_templates_t *ts, xsell_str_t name,
    xsell_str_t text, xsell_error_t *err)
{
    int    i;
    char  *copy;

    if (!is_name(name)) {
        return xsell_fail(err, XSELL_EINVAL, 0, 0, "the name of a template "
                          "has 1 to %d letters, digits, - and _",
                          NAME_MAX_BYTES);
    }

    if (text.n == 0 || text.n > XSELL_TEMPLATE_MAX) {
        return xsell_fail(err, XSELL_EINVAL, 0, 0, "a template has 1 to %d "
                          "bytes, this one %zu", XSELL_TEMPLATE_MAX,
                          text.n);
    }

    i = xsell_templates_find(ts, name);

    if (i < 0 && ts->n == TEMPLATES_MAX) {
        return xsell_fail(err, XSELL_EINVAL, 0, 0, "more than %d templates",
                          TEMPLATES_MAX);
    }

    copy = malloc(text.n);

    if (copy == NULL || (i < 0 && (i = append(ts, name)) < 0)) {
        free(copy);
        return xsell_fail(err, XSELL_ENOMEM, 0, 0, "no memory");
    }

    memcpy(copy, text.p, text.n);
    free(ts->entry[i].text);
    ts->entry[i].text = copy;
    ts->entry[i].text_n = text.n;

    return XSELL_OK;
}


int
xsell_templates_create(xsell_templates_t **out)
{
    int                  rc;
    xsell_str_t          name = { "carousel", 8 };
    xsell_templates_t   *ts;

    *out = NULL;
    ts = calloc(1, sizeof(*ts));

    if (ts == NULL) {
        return XSELL_ENOMEM;
    }

    rc = xsell_templates_add(ts, name, xsell_template_builtin(), NULL);

    if (rc != XSELL_OK) {
        xsell_templates_destroy(ts);
        return rc;
    }

    *out = ts;

    return XSELL_OK;
}


void
xsell_templates_destroy(xsell_templates_t *ts)
{
    uint32_t  i;

    if (ts == NULL) {
        return;
    }

    for (i = 0; i < ts->n; i++) {
        free(ts->entry[i].name);
        free(ts->entry[i].text);
        xsell_template_destroy(ts->entry[i].compiled);
    }

    free(ts->entry);
    free(ts);
}


int
xsell_templates_strings(xsell_templates_t *ts, xsell_str_t lang,
    xsell_str_t json, xsell_warn_pt warn, void *ctx, xsell_error_t *err)
{
    return XSELL_OK;
}


int
xsell_templates_compile(xsell_templates_t *ts, xsell_str_t *name,
    xsell_error_t *err)
{
    int          rc;
    uint32_t     i;
    entry_t     *e;
    xsell_str_t  text;

    for (i = 0; i < ts->n; i++) {
        e = &ts->entry[i];
        text.p = e->text;
        text.n = e->text_n;
        rc = xsell_template_create(&e->compiled, text, err);

        if (rc != XSELL_OK) {
            *name = xsell_templates_name(ts, i);
            return rc;
        }
    }

    return XSELL_OK;
}


uint32_t
xsell_templates_n(const xsell_templates_t *ts)
{
    return ts->n;
}


xsell_str_t
xsell_templates_name(const xsell_templates_t *ts, uint32_t i)
{
    xsell_str_t  v;

    v.p = i < ts->n ? ts->entry[i].name : "";
    v.n = i < ts->n ? ts->entry[i].name_n : 0;

    return v;
}


unsigned
xsell_templates_holds(const xsell_templates_t *ts, uint32_t i)
{
    return ~0u;
}


size_t
xsell_templates_render(const xsell_templates_t *ts, uint32_t i,
    const xsell_fragment_t *f, char *out, size_t cap)
{
    return i < ts->n ? xsell_template_render(ts->entry[i].compiled, f, out,
                                             cap) : 0;
}

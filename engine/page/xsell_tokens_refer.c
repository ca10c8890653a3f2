
/*
 * What a token refers to: {a.b}, {"$ref": "#/a/b"} (RFC 6901), Figma's alias
 * by id, and references inside of texts.
 *
 * Invariants: the references that are being followed stand on a stack, so a
 * circle is seen when it closes and can be named; every step costs one of
 * XSELL_TOKENS_WORK, so that a small file can't ask for endless work.
 */

#include "xsell_tokens.h"

#include <stdio.h>


int
xsell_token_refuse(xsell_tokens_t *ts, const char *what)
{
    if (ts->why[0] == '\0') {
        snprintf(ts->why, sizeof(ts->why), "%s", what);
    }

    return XSELL_EINVAL;
}


/* an outside text in a message: cut, and nothing that a terminal obeys */

int
xsell_token_refuse_text(xsell_tokens_t *ts, const char *what, xsell_str_t s)
{
    size_t  i, n;
    char    buf[64];

    for (i = 0, n = 0; i < s.n && n < sizeof(buf) - 4; i++) {
        buf[n++] = ((uint8_t) s.p[i] < 0x20 || s.p[i] == 0x7f) ? '?' : s.p[i];
    }

    while (i < s.n && n && ((uint8_t) s.p[i] & 0xc0) == 0x80) {
        n--;                            /* not half a character */
        i--;
    }

    memcpy(buf + n, i < s.n ? "..." : "", i < s.n ? 4 : 1);

    if (ts->why[0] == '\0') {
        snprintf(ts->why, sizeof(ts->why), "\"%s\" %s", buf, what);
    }

    return XSELL_EINVAL;
}


int
xsell_token_work(xsell_tokens_t *ts)
{
    if (ts->work == 0) {
        return xsell_token_refuse(ts, "the file refers to itself too often");
    }

    ts->work--;

    return XSELL_OK;
}


/* "a -> b -> a" of what is active from `id` on */

static int
circle(xsell_tokens_t *ts, const void *id, const char *name)
{
    int       started;
    size_t    n;
    uint32_t  i;

    n = 0;
    started = 0;
    ts->circle = 1;
    ts->why[0] = '\0';

    for (i = 0; i < ts->depth; i++) {
        started |= ts->active[i] == id;

        if (started && n < sizeof(ts->why)) {
            n += snprintf(ts->why + n, sizeof(ts->why) - n, "%s -> ",
                          ts->name[i]);
        }
    }

    if (n < sizeof(ts->why)) {
        snprintf(ts->why + n, sizeof(ts->why) - n, "%s", name);
    }

    return XSELL_EINVAL;
}


static int
enter(xsell_tokens_t *ts, const void *id, const char *name)
{
    uint32_t  i;

    if (xsell_token_work(ts) != XSELL_OK) {
        return XSELL_EINVAL;
    }

    for (i = 0; i < ts->depth; i++) {
        if (ts->active[i] == id) {
            return circle(ts, id, name);
        }
    }

    if (ts->depth == XSELL_TOKENS_DEPTH) {
        return xsell_token_refuse(ts, "too many references in a row");
    }

    ts->active[ts->depth] = id;
    ts->name[ts->depth++] = name;

    return XSELL_OK;
}


/* "{color.text}", the whole of s: that token, or NULL */

static const xsell_token_t *
referred(xsell_tokens_t *ts, xsell_str_t s)
{
    size_t                n;
    char                  path[256];
    const xsell_token_t  *t;

    if (s.n < 3 || s.p[0] != '{' || s.p[s.n - 1] != '}'
        || s.n - 2 > sizeof(path) - 8)
    {
        return NULL;
    }

    n = s.n - 2;
    memcpy(path, s.p + 1, n);
    path[n] = '\0';

    t = xsell_tokens_seek(ts, path);

    if (t) {
        return t;
    }

    memcpy(path + n, ".$root", 7);
    t = xsell_tokens_seek(ts, path);

    if (t) {
        return t;
    }

    /* {color.text.value}, as Style Dictionary wrote it once */

    path[n] = '\0';

    if (n > 6 && strcmp(path + n - 6, ".value") == 0) {
        path[n - 6] = '\0';
        return xsell_tokens_seek(ts, path);
    }

    return NULL;
}


/*
 * Of which type: the one that is wanted where it is used, else its own, else
 * that of what it refers to, else that of its groups.
 */

int
xsell_token_css(xsell_tokens_t *ts, const xsell_token_t *t, unsigned want,
    xsell_css_t *o)
{
    int       rc;
    unsigned  type;

    rc = enter(ts, t, t->path);

    if (rc != XSELL_OK) {
        return rc;
    }

    type = want ? want : t->said;

    if (type == 0
        && (t->value.kind != XSELL_JSON_TEXT || !referred(ts, t->value.text)))
    {
        type = t->type;
    }

    rc = xsell_token_format(ts, type, &t->value, o);
    ts->depth--;

    return rc;
}


int
xsell_token_reference(xsell_tokens_t *ts, unsigned type, xsell_str_t s,
    xsell_css_t *o)
{
    const xsell_token_t  *t;

    t = referred(ts, s);

    if (t == NULL) {
        return xsell_token_refuse_text(ts, "is no token of this file", s);
    }

    return xsell_token_css(ts, t, type, o);
}


/* one step of a pointer, ~1 and ~0 replaced */

static const char *
pointer_key(const char *p, char *key, size_t cap)
{
    size_t  n;

    for (n = 0; *p && *p != '/'; p++) {
        if (n + 1 == cap) {
            return NULL;
        }

        if (*p == '~' && (p[1] == '0' || p[1] == '1')) {
            key[n++] = *++p == '0' ? '~' : '/';

        } else {
            key[n++] = *p;
        }
    }

    key[n] = '\0';

    return p;
}


/* "#/color/text/$value/components/0" (RFC 6901); the token if it is one */

static const xsell_token_t *
point(xsell_tokens_t *ts, const char *p, xsell_value_t *v)
{
    double       at;
    size_t       n, used;
    char         key[128], path[256];
    const char  *end;

    memset(v, 0, sizeof(*v));
    v->kind = XSELL_JSON_OBJECT;
    v->node = ts->doc;
    used = 0;
    path[0] = '\0';

    for (p += *p == '#'; *p == '/'; ) {
        p = pointer_key(p + 1, key, sizeof(key));

        if (p == NULL) {
            memset(v, 0, sizeof(*v));
            return NULL;
        }

        n = strlen(key);

        if (strcmp(key, "$value") == 0 && *p == '\0') {
            break;                      /* the token's value: the token */
        }

        if (used + n + 2 < sizeof(path)) {
            used += snprintf(path + used, sizeof(path) - used, "%s%s",
                             used ? "." : "", key);
        }

        if (v->kind == XSELL_JSON_OBJECT) {
            xsell_json_get(v->node, key, v);

        } else if (v->kind == XSELL_JSON_LIST && n && n < 4
                   && xsell_css_scan(key, key + n, &at, &end)
                   && end == key + n && at >= 0 && at < v->integer)
        {
            xsell_json_element(v, (size_t) at, v);

        } else {
            memset(v, 0, sizeof(*v));
        }
    }

    return xsell_tokens_find(ts, path);
}


/* the element of a list may be written over the list it came from */

int
xsell_token_pointer(xsell_tokens_t *ts, unsigned type,
    const xsell_value_t *object, xsell_str_t ref, xsell_css_t *o)
{
    int                   rc;
    xsell_value_t         v;
    const xsell_token_t  *t;

    if (ref.p[0] != '#') {
        return xsell_token_refuse_text(ts, "points into another file: only "
                                       "#/... is followed", ref);
    }

    t = point(ts, ref.p, &v);

    if (t) {
        return xsell_token_css(ts, t, type, o);
    }

    if (v.kind == XSELL_JSON_NONE) {
        return xsell_token_refuse_text(ts, "points to nothing in this file",
                                       ref);
    }

    rc = enter(ts, object->node, ref.p);

    if (rc == XSELL_OK) {
        rc = xsell_token_format(ts, type, &v, o);
        ts->depth--;
    }

    return rc;
}


/* {"type": "VARIABLE_ALIAS", "id": "VariableID:1:2"} */

int
xsell_token_alias(xsell_tokens_t *ts, unsigned type, xsell_str_t id,
    xsell_css_t *o)
{
    char                  path[256];
    size_t                i;
    xsell_value_t         v;
    const xsell_token_t  *t;

    xsell_json_get(ts->variables, id.p, &v);

    if (v.kind != XSELL_JSON_OBJECT) {
        return xsell_token_refuse_text(ts, "is a variable of another file", id);
    }

    xsell_json_get(v.node, "name", &v);

    if (v.kind != XSELL_JSON_TEXT || v.text.n >= sizeof(path)) {
        return xsell_token_refuse_text(ts, "is a variable without a name", id);
    }

    for (i = 0; i <= v.text.n; i++) {
        path[i] = v.text.p[i] == '/' ? '.' : v.text.p[i];
    }

    t = xsell_tokens_seek(ts, path);

    return t ? xsell_token_css(ts, t, type, o)
             : xsell_token_refuse_text(ts, "has no value", v.text);
}


/* a text with references inside, "{space.s} * 2": they are filled in */

int
xsell_token_fill(xsell_tokens_t *ts, xsell_str_t s, xsell_css_t *o)
{
    int          rc;
    xsell_str_t  part;
    const char  *p, *last, *open, *close;

    last = s.p + s.n;

    for (p = s.p; p < last; p = close + 1) {
        open = memchr(p, '{', last - p);
        close = open ? memchr(open, '}', last - open) : NULL;

        if (close == NULL) {
            xsell_css_put(o, p, last - p);
            break;
        }

        xsell_css_put(o, p, open - p);
        part.p = open;
        part.n = close + 1 - open;
        rc = xsell_token_reference(ts, 0, part, o);

        if (rc != XSELL_OK) {
            return rc;
        }
    }

    return o->over ? xsell_token_refuse(ts, "the value is too long") : XSELL_OK;
}


/*
 * A file of design tokens -> custom properties.  The dialects:
 *
 *   W3C design tokens (2025.10, and the drafts before): groups of groups,
 *     $value, $type of a token or of a group, {references}, $ref pointers,
 *     $extends, $root;
 *   Style Dictionary and Tokens Studio: value and type without the $, sets
 *     in an order instead of one tree;
 *   Figma's REST export of variables (xsell_tokens_figma.c).
 *
 * A token `color.text` becomes the property color-text.  Two groups say
 * something: what stands in `xs` goes without that word and counts more (a
 * shop's whole file can stay as it is beside a few lines for us), and what
 * stands in `dark` is for dark pages, if there is the same without `dark`.
 * The dark is made by reading the whole file again with those in front, so
 * that a colour that refers to another follows it into the dark.
 *
 * Invariants: groups are at most XSELL_TOKENS_DEPTH deep, tokens at most
 * XSELL_TOKENS_MAX; a group that extends one that it is in is an error; the
 * order of properties is that of their names, so that the same file gives
 * the same bytes.
 *
 * Not taken: stopping at the first token that can't be used.  Files come out
 * of design tools with hundreds of tokens that are none of our business.
 */

#include "xsell_tokens.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>


#define HASH_N      (XSELL_TOKENS_MAX * 2)
#define LAYERS_MAX  8
#define PATH_MAX_N  240


/* a group and those that it extends, nearest first */

typedef struct view_s {
    const xsell_json_t  *layer[LAYERS_MAX];
    uint32_t             n;
    uint32_t             group;
    uint8_t              type;
    const char          *path;
    const struct view_s *up;
} view_t;


static const struct {
    const char          *name;
    uint8_t              type;
} types[] = {
    { "color", XSELL_LOOK_COLOR },
    { "dimension", XSELL_LOOK_LENGTH },
    { "fontFamily", XSELL_LOOK_FAMILY },
    { "fontWeight", XSELL_LOOK_WEIGHT },
    { "duration", XSELL_LOOK_DURATION },
    { "cubicBezier", XSELL_LOOK_EASING },
    { "number", XSELL_LOOK_NUMBER },
    { "strokeStyle", XSELL_LOOK_STROKE },
    { "border", XSELL_LOOK_BORDER },
    { "transition", XSELL_LOOK_TRANSITION },
    { "shadow", XSELL_LOOK_SHADOW },
    { "gradient", XSELL_LOOK_GRADIENT },
    { "typography", XSELL_LOOK_TYPOGRAPHY },

    /* Tokens Studio, Style Dictionary, Figma */

    { "spacing", XSELL_LOOK_LENGTH },
    { "sizing", XSELL_LOOK_LENGTH },
    { "borderRadius", XSELL_LOOK_LENGTH },
    { "borderWidth", XSELL_LOOK_LENGTH },
    { "fontSizes", XSELL_LOOK_LENGTH },
    { "fontSize", XSELL_LOOK_LENGTH },
    { "paragraphSpacing", XSELL_LOOK_LENGTH },
    { "letterSpacing", XSELL_LOOK_TRACKING },
    { "lineHeights", XSELL_LOOK_LINE },
    { "lineHeight", XSELL_LOOK_LINE },
    { "fontWeights", XSELL_LOOK_WEIGHT },
    { "fontFamilies", XSELL_LOOK_FAMILY },
    { "opacity", XSELL_LOOK_OPACITY },
    { "boxShadow", XSELL_LOOK_SHADOW },
    { "textCase", XSELL_LOOK_WORD },
    { "textDecoration", XSELL_LOOK_WORD },
    { "string", XSELL_LOOK_WORD },
    { "text", XSELL_LOOK_WORD }
};


unsigned
xsell_tokens_type(const char *name)
{
    size_t  i;

    for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (strcmp(types[i].name, name) == 0) {
            return types[i].type;
        }
    }

    return XSELL_LOOK_NONE;
}


/* ---- messages ---- */

/* where a token stands: from the outermost group's key inwards */

static void
place(const xsell_tokens_t *ts, const xsell_token_t *t, unsigned *line,
    unsigned *column)
{
    size_t       off, found;
    uint32_t     i, n, g;
    const char  *p, *key[XSELL_TOKENS_DEPTH + 2];

    n = 0;
    key[n++] = t->key;

    for (g = t->group; g && n < XSELL_TOKENS_DEPTH + 2;
         g = ts->group[g].parent)
    {
        key[n++] = ts->group[g].key;
    }

    for (off = 0, i = n; i > 0; i--, off += found) {
        found = xsell_json_locate(ts->text + off, ts->text_n - off,
                                  key[i - 1]);

        if (found >= ts->text_n - off) {
            break;                      /* it is that of an extended group */
        }
    }

    p = ts->text;
    p += ts->text_n >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    *line = 1;
    *column = 1;

    for ( ; p < ts->text + off; p++) {
        if (*p == '\n') {
            (*line)++;
            *column = 1;

        } else if (((uint8_t) *p & 0xc0) != 0x80) {
            (*column)++;
        }
    }
}


/* outside text: cut, no control characters */

static const char *
printable(char out[64], const char *s)
{
    size_t  i;

    for (i = 0; s[i] && i < 60; i++) {
        out[i] = ((uint8_t) s[i] < 0x20 || s[i] == 0x7f) ? '?' : s[i];
    }

    while (s[i] && i && ((uint8_t) s[i] & 0xc0) == 0x80) {
        i--;
    }

    snprintf(out + i, 4, "%s", s[i] ? "..." : "");

    return out;
}


static void
complain(xsell_tokens_t *ts, const xsell_token_t *t, const char *why)
{
    char           path[64];
    unsigned       line, column;
    xsell_error_t  w;

    if (ts->warn == NULL || ts->warnings++ >= XSELL_TOKENS_WARNINGS) {
        return;
    }

    line = 0;
    column = 0;

    if (t) {
        place(ts, t, &line, &column);
        xsell_fail(&w, XSELL_EINVAL, line, column, "%s: %s",
                   printable(path, t->path), why);

    } else {
        xsell_fail(&w, XSELL_EINVAL, 0, 0, "%s", why);
    }

    ts->warn(ts->ctx, &w);
}


static void
complain_rest(xsell_tokens_t *ts)
{
    char      text[64];
    uint32_t  n;

    if (ts->warnings <= XSELL_TOKENS_WARNINGS) {
        return;
    }

    n = ts->warnings - XSELL_TOKENS_WARNINGS;
    snprintf(text, sizeof(text), "%u more like these", (unsigned) n);
    ts->warnings = 0;
    complain(ts, NULL, text);
}


/* ---- tokens by path ---- */

static uint32_t *
bucket(const xsell_tokens_t *ts, const char *path)
{
    uint32_t              i;
    static const uint8_t  key[16];

    i = (uint32_t) xsell_siphash(key, path, strlen(path)) % HASH_N;

    while (ts->hash[i] && strcmp(ts->token[ts->hash[i] - 1].path, path) != 0) {
        i = (i + 1) % HASH_N;
    }

    return &ts->hash[i];
}


const xsell_token_t *
xsell_tokens_find(const xsell_tokens_t *ts, const char *path)
{
    uint32_t  *at;

    at = bucket(ts, path);

    return *at ? &ts->token[*at - 1] : NULL;
}


const xsell_token_t *
xsell_tokens_seek(const xsell_tokens_t *ts, const char *path)
{
    char                  dark[PATH_MAX_N + 8];
    const xsell_token_t  *t;

    if (ts->dark && strlen(path) <= PATH_MAX_N) {
        snprintf(dark, sizeof(dark), "dark.%s", path);
        t = xsell_tokens_find(ts, dark);

        if (t == NULL && strncmp(path, "xs.", 3) == 0) {
            snprintf(dark, sizeof(dark), "xs.dark.%s", path + 3);
            t = xsell_tokens_find(ts, dark);
        }

        if (t) {
            return t;
        }
    }

    return xsell_tokens_find(ts, path);
}


int
xsell_tokens_add(xsell_tokens_t *ts, const char *path,
    const xsell_token_t *token)
{
    char           *copy;
    uint32_t       *at, room;
    xsell_token_t  *t, *grown;

    at = bucket(ts, path);

    if (*at) {
        t = &ts->token[*at - 1];        /* of a later set */
        copy = t->path;
        *t = *token;
        t->path = copy;
        return XSELL_OK;
    }

    if (ts->n == XSELL_TOKENS_MAX) {
        if (ts->warnings == 0 || ts->warnings < XSELL_TOKENS_WARNINGS) {
            complain(ts, NULL, "more tokens than 8192: the rest is left out");
        }

        ts->warnings = XSELL_TOKENS_WARNINGS;
        return XSELL_OK;
    }

    if (ts->n == ts->room) {
        room = ts->room ? ts->room * 2 : 64;
        grown = realloc(ts->token, room * sizeof(*grown));

        if (grown == NULL) {
            return XSELL_ENOMEM;
        }

        ts->token = grown;
        ts->room = room;
    }

    copy = strdup(path);

    if (copy == NULL) {
        return XSELL_ENOMEM;
    }

    t = &ts->token[ts->n++];
    *t = *token;
    t->path = copy;
    *at = ts->n;

    return XSELL_OK;
}


/* a group for places; its index, or 0 (the root) if there is no memory */

uint32_t
xsell_tokens_group(xsell_tokens_t *ts, uint32_t parent, const char *key)
{
    uint32_t              room;
    xsell_token_group_t  *grown;

    if (ts->group_n == ts->group_room) {
        room = ts->group_room ? ts->group_room * 2 : 32;
        grown = realloc(ts->group, room * sizeof(*grown));

        if (grown == NULL) {
            return 0;
        }

        ts->group = grown;
        ts->group_room = room;
    }

    ts->group[ts->group_n].key = key;
    ts->group[ts->group_n].parent = parent;

    return ts->group_n++;
}


/* ---- the tree ---- */

static int  walk(xsell_tokens_t *ts, view_t *view, unsigned depth);


static unsigned
type_of(const xsell_json_t *node)
{
    xsell_value_t  v;

    xsell_json_get(node, "$type", &v);

    if (v.kind != XSELL_JSON_TEXT) {
        xsell_json_get(node, "type", &v);
    }

    return v.kind == XSELL_JSON_TEXT ? xsell_tokens_type(v.text.p) : 0;
}


/* $value, or $ref in place of it; value without $, with a type or alone */

static int
token_value(const xsell_value_t *object, xsell_value_t *value)
{
    xsell_value_t  type;

    xsell_json_get(object->node, "$value", value);

    if (value->kind != XSELL_JSON_NONE) {
        return 1;
    }

    xsell_json_get(object->node, "$ref", value);

    if (value->kind == XSELL_JSON_TEXT) {
        *value = *object;
        return 1;
    }

    xsell_json_get(object->node, "value", value);
    xsell_json_get(object->node, "type", &type);

    return value->kind != XSELL_JSON_NONE
           && (value->kind != XSELL_JSON_OBJECT
               || type.kind == XSELL_JSON_TEXT);
}


/* "{group}" or "#/group" */

static const xsell_json_t *
group_at(const xsell_tokens_t *ts, xsell_str_t ref)
{
    char           key[128], end;
    size_t         n;
    const char    *p, *last;
    xsell_value_t  v;

    p = ref.p;
    last = p + ref.n;
    end = '/';

    if (ref.n > 2 && p[0] == '{' && last[-1] == '}') {
        p++;
        last--;
        end = '.';

    } else if (ref.n > 2 && p[0] == '#' && p[1] == '/') {
        p += 2;

    } else {
        return NULL;
    }

    v.node = ts->doc;

    for ( ; p < last; p += n + 1) {
        for (n = 0; p + n < last && p[n] != end; n++) { /* void */ }

        if (n >= sizeof(key)) {
            return NULL;
        }

        memcpy(key, p, n);
        key[n] = '\0';
        xsell_json_get(v.node, key, &v);

        if (v.kind != XSELL_JSON_OBJECT) {
            return NULL;
        }
    }

    return v.node;
}


/* adds what the layers of a view extend, behind them */

static int
extend(xsell_tokens_t *ts, view_t *view)
{
    char                 path[64], to[64];
    uint32_t             i, k;
    const view_t        *up;
    xsell_value_t        v;
    const xsell_json_t  *node;
    xsell_token_t        here;

    memset(&here, 0, sizeof(here));

    for (i = 0; i < view->n; i++) {
        xsell_json_get(view->layer[i], "$extends", &v);

        if (v.kind != XSELL_JSON_TEXT) {
            continue;
        }

        node = group_at(ts, v.text);
        here.path = (char *) (uintptr_t) view->path;
        here.group = view->group;
        here.key = "$extends";

        if (node == NULL) {
            complain(ts, &here, "$extends names no group of this file");
            continue;
        }

        for (up = view; up; up = up->up) {
            for (k = 0; k < up->n; k++) {
                if (up->layer[k] == node) {
                    unsigned  line, column;

                    place(ts, &here, &line, &column);
                    return xsell_fail(ts->err, XSELL_EINVAL, line, column,
                                      "groups extend each other in a circle: "
                                      "%s -> %s -> %s",
                                      printable(path, view->path),
                                      printable(to, v.text.p),
                                      path);
                }
            }
        }

        if (view->n == LAYERS_MAX) {
            complain(ts, &here, "$extends goes through too many groups");
            break;
        }

        view->layer[view->n++] = node;
    }

    return XSELL_OK;
}


/* key `key` of a view, whose first layer that has it is `first` */

static int
visit(xsell_tokens_t *ts, const view_t *view, uint32_t first, const char *key,
    const xsell_value_t *object, unsigned depth)
{
    int            n;
    char           path[PATH_MAX_N];
    view_t         inner;
    uint32_t       i;
    xsell_value_t  v;
    xsell_token_t  token;

    n = snprintf(path, sizeof(path), "%s%s%s", view->path,
                 view->path[0] ? "." : "", key);

    memset(&token, 0, sizeof(token));
    token.key = key;
    token.group = view->group;
    token.path = path;

    if (n < 0 || n >= (int) sizeof(path) || depth == XSELL_TOKENS_DEPTH) {
        complain(ts, &token, "groups are nested too deep here");
        return XSELL_OK;
    }

    if (token_value(object, &token.value)) {
        token.said = type_of(object->node);
        token.type = token.said ? token.said : view->type;
        return xsell_tokens_add(ts, path, &token);
    }

    if (strcmp(key, "$root") == 0) {
        return XSELL_OK;
    }

    memset(&inner, 0, sizeof(inner));
    inner.path = path;
    inner.up = view;

    for (i = first; i < view->n; i++) {
        xsell_json_get(view->layer[i], key, &v);

        if (v.kind == XSELL_JSON_OBJECT && inner.n < LAYERS_MAX) {
            inner.layer[inner.n++] = v.node;
        }
    }

    inner.group = xsell_tokens_group(ts, view->group, key);
    inner.type = view->type;

    return walk(ts, &inner, depth + 1);
}


static int
walk(xsell_tokens_t *ts, view_t *view, unsigned depth)
{
    int            rc;
    void          *iter;
    uint32_t       i, k;
    const char    *key;
    xsell_value_t  v, other;

    rc = extend(ts, view);

    for (i = view->n; i > 0; i--) {
        xsell_json_get(view->layer[i - 1], "$type", &v);

        if (v.kind == XSELL_JSON_TEXT) {
            view->type = xsell_tokens_type(v.text.p);
        }
    }

    for (i = 0; i < view->n; i++) {
        iter = NULL;

        while (rc == XSELL_OK
               && (iter = xsell_json_each(view->layer[i], iter, &key, &v))
                  != NULL)
        {
            if (v.kind != XSELL_JSON_OBJECT
                || (key[0] == '$' && strcmp(key, "$root") != 0))
            {
                continue;
            }

            for (k = 0; k < i; k++) {
                xsell_json_get(view->layer[k], key, &other);

                if (other.kind != XSELL_JSON_NONE) {
                    break;
                }
            }

            if (k < i) {
                continue;               /* the nearer layer has it */
            }

            if (ts->work == 0) {
                return xsell_fail(ts->err, XSELL_EINVAL, 0, 0,
                                  "groups extend each other into too many");
            }

            ts->work--;
            rc = visit(ts, view, i, key, &v, depth);
        }
    }

    return rc;
}


static int
walk_root(xsell_tokens_t *ts, const xsell_json_t *node, const char *prefix,
    const char *key)
{
    view_t  view;

    memset(&view, 0, sizeof(view));
    view.layer[0] = node;
    view.n = 1;
    view.path = prefix;
    view.group = key ? xsell_tokens_group(ts, 0, key) : 0;

    return walk(ts, &view, 0);
}


/* ---- Tokens Studio: sets ---- */

static int
is_dark(const char *name)
{
    for ( ; *name; name++) {
        if (strncasecmp(name, "dark", 4) == 0) {
            return 1;
        }
    }

    return 0;
}


/* whether a theme uses a set */

static int
selects(const xsell_value_t *theme, const char *set)
{
    xsell_value_t  v;

    xsell_json_get(theme->node, "selectedTokenSets", &v);

    if (v.kind != XSELL_JSON_OBJECT) {
        return 0;
    }

    xsell_json_get(v.node, set, &v);

    return v.kind == XSELL_JSON_TEXT && strcmp(v.text.p, "disabled") != 0;
}


/* the first theme that is dark, or that is not */

static int
theme(const xsell_tokens_t *ts, int dark, xsell_value_t *t)
{
    int64_t        i;
    xsell_value_t  themes, name;

    xsell_json_get(ts->doc, "$themes", &themes);

    for (i = 0; themes.kind == XSELL_JSON_LIST && i < themes.integer; i++) {
        xsell_json_element(&themes, (size_t) i, t);

        if (t->kind != XSELL_JSON_OBJECT) {
            continue;
        }

        xsell_json_get(t->node, "name", &name);

        if (name.kind == XSELL_JSON_TEXT && is_dark(name.text.p) == dark) {
            return 1;
        }
    }

    return 0;
}


static int
set(xsell_tokens_t *ts, const char *key)
{
    int            dark;
    xsell_value_t  v, t;

    dark = is_dark(key);

    if (theme(ts, 0, &t)) {
        dark = 0;

        if (!selects(&t, key)) {
            if (!theme(ts, 1, &t) || !selects(&t, key)) {
                return XSELL_OK;
            }

            dark = 1;
        }
    }

    xsell_json_get(ts->doc, key, &v);

    return v.kind == XSELL_JSON_OBJECT
           ? walk_root(ts, v.node, dark ? "dark" : "", key) : XSELL_OK;
}


static int
is_ordered(const xsell_value_t *order, const char *key)
{
    int64_t        i;
    xsell_value_t  v;

    for (i = 0; order->kind == XSELL_JSON_LIST && i < order->integer; i++) {
        xsell_json_element(order, (size_t) i, &v);

        if (v.kind == XSELL_JSON_TEXT && strcmp(v.text.p, key) == 0) {
            return 1;
        }
    }

    return 0;
}


/* later sets replace what earlier ones say */

static int
sets(xsell_tokens_t *ts)
{
    int            rc;
    void          *iter;
    int64_t        i;
    const char    *key;
    xsell_value_t  order, v;

    rc = XSELL_OK;
    xsell_json_get(ts->doc, "$metadata", &order);

    if (order.kind == XSELL_JSON_OBJECT) {
        xsell_json_get(order.node, "tokenSetOrder", &order);
    }

    if (order.kind == XSELL_JSON_LIST && order.integer > 1024) {
        order.integer = 1024;
    }

    for (i = 0; order.kind == XSELL_JSON_LIST && i < order.integer
         && rc == XSELL_OK; i++)
    {
        xsell_json_element(&order, (size_t) i, &v);

        if (v.kind == XSELL_JSON_TEXT) {
            rc = set(ts, v.text.p);
        }
    }

    iter = NULL;

    while (rc == XSELL_OK
           && (iter = xsell_json_each(ts->doc, iter, &key, &v)) != NULL)
    {
        if (key[0] != '$' && !is_ordered(&order, key)) {
            rc = set(ts, key);
        }
    }

    return rc;
}


static int
read_tokens(xsell_tokens_t *ts)
{
    xsell_value_t  meta, v;

    xsell_json_get(ts->doc, "meta", &meta);

    if (meta.kind == XSELL_JSON_OBJECT) {
        xsell_json_get(meta.node, "variables", &v);

        if (v.kind == XSELL_JSON_OBJECT) {
            return xsell_tokens_figma(ts, &meta);
        }
    }

    xsell_json_get(ts->doc, "$metadata", &meta);
    xsell_json_get(ts->doc, "$themes", &v);

    if (meta.kind == XSELL_JSON_OBJECT || v.kind == XSELL_JSON_LIST) {
        return sets(ts);
    }

    return walk_root(ts, ts->doc, "", NULL);
}


/* ---- properties ---- */

/* the path without its first word, if that is `word` */

static const char *
without(const char *path, const char *word, uint8_t *was)
{
    size_t  n;

    n = strlen(word);

    if (strncmp(path, word, n) == 0 && path[n] == '.') {
        *was = 1;
        return path + n + 1;
    }

    return path;
}


/* borderRadius.Card 2 -> border-radius-card-2 */

static void
name_of(const char *path, char *name)
{
    char    c, before;
    size_t  n;

    for (n = 0, before = '-'; *path; path++) {
        c = *path;

        if (strcmp(path, ".$root") == 0) {
            break;
        }

        if (c >= 'A' && c <= 'Z') {
            if (before >= 'a' && before <= 'z') {
                name[n++] = '-';
            }

            before = c;
            name[n++] = c | 0x20;
            continue;
        }

        before = c;

        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) {
            name[n++] = c;

        } else if (n && name[n - 1] != '-') {
            name[n++] = '-';
        }
    }

    while (n && name[n - 1] == '-') {
        n--;
    }

    name[n] = '\0';
}


static int
put(xsell_properties_t *ps, const xsell_property_t *like, const char *name,
    const char *value)
{
    uint32_t           room;
    xsell_property_t  *p;

    if (ps->n == ps->room) {
        room = ps->room ? ps->room * 2 : 64;
        p = realloc(ps->p, room * sizeof(*p));

        if (p == NULL) {
            return XSELL_ENOMEM;
        }

        ps->p = p;
        ps->room = room;
    }

    p = &ps->p[ps->n];
    *p = *like;
    p->name = strdup(name);
    p->value = strdup(value);
    p->order = ps->n++;

    return p->name && p->value ? XSELL_OK : XSELL_ENOMEM;
}


/* a number that would break the rule that uses it */

static int
in_range(xsell_tokens_t *ts, const xsell_look_t *look, const xsell_css_t *css)
{
    double       v;
    const char  *end;

    if (look->type != XSELL_LOOK_NUMBER
        || !xsell_css_scan(css->p, css->p + css->n, &v, &end)
        || (v >= look->least && v <= look->most))
    {
        return 1;
    }

    snprintf(ts->why, sizeof(ts->why), "%g is not from %g to %g", v,
             look->least, look->most);

    return 0;
}


/* whether a token for the dark stands in front of something */

static int
replaces(const xsell_tokens_t *ts, const char *light, int own,
    const char *name)
{
    char  path[PATH_MAX_N + 8];

    snprintf(path, sizeof(path), "%s%s", own ? "xs." : "", light);

    return xsell_tokens_find(ts, path) || xsell_look_find(name);
}


/* in the group `xs` a name that our rules do not know is most often misspelt;
   "" if it is like none of theirs */

static const char *
misspelt(const char *name)
{
    unsigned  i;
    size_t    n, a, b;

    for (i = 0; i < xsell_looks_n; i++) {
        n = strlen(xsell_looks[i].name);

        for (a = 0; name[a] && name[a] == xsell_looks[i].name[a]; a++) {
            /* void */
        }

        for (b = 0; b < n - a && b < strlen(name) - a
             && name[strlen(name) - 1 - b] == xsell_looks[i].name[n - 1 - b];
             b++) { /* void */ }

        /* all but one or two letters in one place agree */

        if (n - a - b <= 2 && strlen(name) - a - b <= 2 && a + b >= 5) {
            return xsell_looks[i].name;
        }
    }

    return "";
}


static int
make(xsell_tokens_t *ts, const xsell_token_t *t, xsell_properties_t *ps)
{
    int                  rc, other;
    char                 name[PATH_MAX_N * 2], text[160];
    uint8_t              was_dark;
    unsigned             want;
    const char          *path;
    xsell_css_t          css;
    const xsell_look_t  *look;
    xsell_property_t     like;

    memset(&like, 0, sizeof(like));
    was_dark = 0;
    path = without(t->path, "xs", &like.own);
    path = without(path, "dark", &was_dark);
    path = without(path, "xs", &like.own);
    name_of(path, name);

    if (was_dark && !replaces(ts, path, like.own, name)) {
        was_dark = 0;
        path = without(t->path, "xs", &like.own);
        name_of(path, name);
    }

    if (was_dark && !ts->dark) {
        return XSELL_OK;                /* its turn comes */
    }

    if (name[0] == '\0') {
        complain(ts, t, "the name has no letter or digit of ASCII");
        return XSELL_OK;
    }

    like.dark = ts->dark;
    look = xsell_look_find(name);
    want = look ? look->type : 0;

    ts->why[0] = '\0';
    ts->depth = 0;
    memset(&css, 0, sizeof(css));
    rc = xsell_token_css(ts, t, want, &css);

    if (ts->circle) {
        return rc;
    }

    other = ts->dark && !was_dark;      /* has been complained of already */

    if (rc != XSELL_OK || (look && !in_range(ts, look, &css))) {
        if (!other) {
            complain(ts, t, ts->why);
        }

        return XSELL_OK;
    }

    if (look == NULL && like.own && !other && misspelt(name)[0]) {
        snprintf(text, sizeof(text), "no rule uses it; did you mean \"%s\"?",
                 misspelt(name));
        complain(ts, t, text);
    }

    like.own = like.own * 2 + was_dark;
    rc = put(ps, &like, name, css.p);

    memset(&css, 0, sizeof(css));

    if (rc == XSELL_OK
        && xsell_token_tracking(ts, t, &css) == XSELL_OK
        && strlen(name) + 16 < sizeof(name))
    {
        strcat(name, "-letter-spacing");
        rc = put(ps, &like, name, css.p);
    }

    return rc;
}


static int
by_name(const void *a, const void *b)
{
    int                      d;
    const xsell_property_t  *x, *y;

    x = a;
    y = b;
    d = strcmp(x->name, y->name);

    if (d == 0) {
        d = (int) x->dark - (int) y->dark;
    }

    if (d == 0) {
        d = (int) x->own - (int) y->own;
    }

    return d ? d : x->order < y->order ? -1 : 1;
}


static void
drop(xsell_property_t *p)
{
    free(p->name);
    free(p->value);
}


/* of the same name the last one counts; the dark only if it differs */

static void
settle(xsell_properties_t *ps)
{
    uint32_t           i, n;
    xsell_property_t  *p;

    if (ps->n == 0) {
        return;
    }

    qsort(ps->p, ps->n, sizeof(*ps->p), by_name);

    for (i = 0, n = 0; i < ps->n; i++) {
        p = &ps->p[i];

        if (i + 1 < ps->n && strcmp(p->name, p[1].name) == 0
            && p->dark == p[1].dark)
        {
            drop(p);
            continue;
        }

        if (p->dark && n && strcmp(p->name, ps->p[n - 1].name) == 0
            && strcmp(p->value, ps->p[n - 1].value) == 0)
        {
            drop(p);
            continue;
        }

        ps->p[n++] = *p;
    }

    ps->n = n;
}


static int
make_all(xsell_tokens_t *ts, xsell_properties_t *ps)
{
    int                   rc;
    uint32_t              i;
    unsigned              line, column;
    const xsell_token_t  *t;

    for (ts->dark = 0; ts->dark < 2; ts->dark++) {
        for (i = 0; i < ts->n; i++) {
            t = &ts->token[i];
            rc = make(ts, t, ps);

            if (rc == XSELL_ENOMEM) {
                return xsell_fail(ts->err, rc, 0, 0, "no memory");
            }

            if (rc != XSELL_OK) {
                place(ts, t, &line, &column);
                return xsell_fail(ts->err, rc, line, column,
                                  "tokens refer to each other in a circle: "
                                  "%s", ts->why);
            }
        }
    }

    settle(ps);

    return XSELL_OK;
}


static void
clear(xsell_tokens_t *ts)
{
    uint32_t  i;

    for (i = 0; i < ts->n; i++) {
        free(ts->token[i].path);
    }

    free(ts->token);
    free(ts->group);
    free(ts->hash);
    xsell_json_close(ts->doc);
}


int
xsell_tokens_read(xsell_properties_t *ps, xsell_str_t json,
    xsell_warn_pt warn, void *ctx, xsell_error_t *err)
{
    int             rc;
    xsell_tokens_t  ts;

    memset(ps, 0, sizeof(*ps));

    if (json.n > XSELL_TOKENS_BYTES) {
        return xsell_fail(err, XSELL_EINVAL, 0, 0, "a tokens file has at most "
                          "%d bytes, this one %zu", XSELL_TOKENS_BYTES,
                          json.n);
    }

    memset(&ts, 0, sizeof(ts));
    rc = xsell_json_open(&ts.doc, json.p, json.n, err);

    if (rc != XSELL_OK) {
        return rc;
    }

    ts.text = json.p;
    ts.text_n = json.n;
    ts.warn = warn;
    ts.ctx = ctx;
    ts.err = err;
    ts.work = XSELL_TOKENS_WORK;
    ts.hash = calloc(HASH_N, sizeof(*ts.hash));
    xsell_tokens_group(&ts, 0, "");

    rc = ts.hash && ts.group ? read_tokens(&ts) : XSELL_ENOMEM;

    if (rc == XSELL_OK) {
        rc = make_all(&ts, ps);

    } else if (rc == XSELL_ENOMEM) {
        xsell_fail(err, rc, 0, 0, "no memory");
    }

    complain_rest(&ts);
    clear(&ts);

    if (rc != XSELL_OK) {
        xsell_properties_free(ps);
    }

    return rc;
}


void
xsell_properties_free(xsell_properties_t *ps)
{
    uint32_t  i;

    for (i = 0; i < ps->n; i++) {
        drop(&ps->p[i]);
    }

    free(ps->p);
    memset(ps, 0, sizeof(*ps));
}

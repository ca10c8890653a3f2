
/*
 * The groups of a tokens file -> its tokens.  A group may extend another
 * ($extends, in 2025.10): what it does not have itself, it has from there, and
 * groups of the same name are merged.  So a group is seen through a view of
 * layers, nearest first; a token in a nearer layer hides what is behind it.
 *
 * Tokens Studio keeps several trees, "sets", in an order: a later one
 * replaces what an earlier one says.  Which sets belong to dark pages, its
 * themes tell, or the set's name.
 *
 * Invariants: groups are at most XSELL_TOKENS_DEPTH deep; a group that
 * extends one that it is in is an error, so every view is finite, and
 * XSELL_TOKENS_WORK bounds how many there are.
 */

#include "xsell_tokens.h"
#include "xsell_page.h"

#include <stdio.h>
#include <strings.h>


#define LAYERS_MAX  8


/* a group and those that it extends, nearest first */

typedef struct view_s {
    const xsell_json_t  *layer[LAYERS_MAX];
    uint32_t             n;
    uint32_t             group;
    uint8_t              type;
    const char          *path;
    const struct view_s *up;
} view_t;


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


static int
round_about(xsell_tokens_t *ts, const xsell_token_t *here, const char *ref)
{
    char      path[64], to[64];
    unsigned  line, column;

    xsell_tokens_place(ts, here, &line, &column);
    xsell_tokens_printable(path, here->path);

    return xsell_fail(ts->err, XSELL_EINVAL, line, column,
                      "groups extend each other in a circle: %s -> %s -> %s",
                      path, xsell_tokens_printable(to, ref), path);
}


/* adds what the layers of a view extend, behind them */

static int
extend(xsell_tokens_t *ts, view_t *view)
{
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
            xsell_tokens_complain(ts, &here, "$extends names no group of this "
                                  "file");
            continue;
        }

        for (up = view; up; up = up->up) {
            for (k = 0; k < up->n; k++) {
                if (up->layer[k] == node) {
                    return round_about(ts, &here, v.text.p);
                }
            }
        }

        if (view->n == LAYERS_MAX) {
            xsell_tokens_complain(ts, &here, "$extends goes through too many "
                                  "groups");
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
    char           path[XSELL_TOKENS_PATH];
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
        xsell_tokens_complain(ts, &token, "groups are nested too deep here");
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


/* {"color": {"accent": "#f00"}}: a value where a token should be.  What
   Tokens Studio and Style Dictionary note beside a group is no value. */

static void
bare(xsell_tokens_t *ts, const view_t *view, const char *key,
    const xsell_value_t *v)
{
    char           path[XSELL_TOKENS_PATH];
    xsell_token_t  token;

    static const char  notes[] = " type description comment name id extends "
                                 "attributes version value ";

    if (view->path[0] == '\0' || v->kind == XSELL_JSON_NONE
        || xsell_css_listed(notes, key, strlen(key))
        || snprintf(path, sizeof(path), "%s.%s", view->path, key)
           >= (int) sizeof(path))
    {
        return;
    }

    memset(&token, 0, sizeof(token));
    token.key = key;
    token.group = view->group;
    token.path = path;
    xsell_tokens_complain(ts, &token, "is no token, left out: write "
                          "{\"$value\": ...}");
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
            if (key[0] == '$' && strcmp(key, "$root") != 0) {
                continue;
            }

            if (v.kind != XSELL_JSON_OBJECT) {
                bare(ts, view, key, &v);
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

int
xsell_tokens_sets(xsell_tokens_t *ts)
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


/* "colour": a group that is nearly one of ours, which the file lacks */

static void
hint(xsell_tokens_t *ts, const char *key)
{
    char           group[16], text[80];
    unsigned       i;
    xsell_str_t    known, name;
    xsell_value_t  v;
    xsell_token_t  token;

    name.p = key;
    name.n = strlen(key);

    for (i = 0; i < xsell_looks_n && name.n >= 4; i++) {
        known.p = xsell_looks[i].name;
        known.n = strcspn(known.p, "-");

        if (known.n >= sizeof(group)
            || xsell_name_distance(name, known) != 1)
        {
            continue;
        }

        memcpy(group, known.p, known.n);
        group[known.n] = '\0';
        xsell_json_get(ts->doc, group, &v);

        if (v.kind == XSELL_JSON_NONE) {
            snprintf(text, sizeof(text), "no rule uses this group; did you "
                     "mean \"%s\"?", group);
            memset(&token, 0, sizeof(token));
            token.key = key;
            token.path = (char *) (uintptr_t) key;
            xsell_tokens_complain(ts, &token, text);
        }

        return;
    }
}


int
xsell_tokens_tree(xsell_tokens_t *ts)
{
    int            rc;
    void          *iter;
    const char    *key;
    xsell_value_t  v;

    rc = walk_root(ts, ts->doc, "", NULL);
    iter = NULL;

    while (rc == XSELL_OK
           && (iter = xsell_json_each(ts->doc, iter, &key, &v)) != NULL)
    {
        if (v.kind == XSELL_JSON_OBJECT) {
            hint(ts, key);
        }
    }

    return rc;
}

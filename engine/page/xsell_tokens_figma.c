
/*
 * Figma's REST export of local variables (GET /v1/files/:key/variables/local):
 * collections with modes, variables with a value for each mode, aliases by
 * id.  A variable "color/text" becomes the token color.text with the value of
 * its collection's default mode; the value of a mode whose name has "dark" in
 * it becomes dark.color.text.
 *
 * Figma says COLOR, FLOAT, STRING or BOOLEAN.  What a number means, its
 * scopes tell (where Figma offers the variable); without them it is a length
 * in pixels, unless its name says otherwise.
 */

#include "xsell_tokens.h"

#include <strings.h>


static const struct {
    const char          *scope;         /* a part of it */
    uint8_t              type;
} scopes[] = {
    { "OPACITY", XSELL_LOOK_NUMBER },
    { "FONT_WEIGHT", XSELL_LOOK_WEIGHT },
    { "FONT_FAMILY", XSELL_LOOK_FAMILY },
    { "FONT_STYLE", XSELL_LOOK_WORD },
    { "TEXT_CONTENT", XSELL_LOOK_WORD }
};

/* without a scope: what the name has in it */

static const struct {
    const char          *part;
    const char          *resolved;
    uint8_t              type;
} hints[] = {
    { "opacity", "FLOAT", XSELL_LOOK_NUMBER },
    { "weight", "FLOAT", XSELL_LOOK_WEIGHT },
    { "ratio", "FLOAT", XSELL_LOOK_NUMBER },
    { "columns", "FLOAT", XSELL_LOOK_NUMBER },
    { "duration", "FLOAT", XSELL_LOOK_DURATION },
    { "font", "STRING", XSELL_LOOK_FAMILY },
    { "family", "STRING", XSELL_LOOK_FAMILY }
};


static unsigned
type_of(const xsell_json_t *variable, const char *name)
{
    size_t         i;
    int64_t        k;
    xsell_value_t  resolved, list, v;

    xsell_json_get(variable, "resolvedType", &resolved);
    xsell_json_get(variable, "scopes", &list);

    if (resolved.kind != XSELL_JSON_TEXT) {
        return XSELL_LOOK_NONE;
    }

    if (strcmp(resolved.text.p, "COLOR") == 0) {
        return XSELL_LOOK_COLOR;
    }

    for (k = 0; list.kind == XSELL_JSON_LIST && k < list.integer && k < 32;
         k++)
    {
        xsell_json_element(&list, (size_t) k, &v);

        for (i = 0; i < sizeof(scopes) / sizeof(scopes[0])
             && v.kind == XSELL_JSON_TEXT; i++)
        {
            if (strcmp(v.text.p, scopes[i].scope) == 0) {
                return scopes[i].type;
            }
        }
    }

    for (i = 0; i < sizeof(hints) / sizeof(hints[0]); i++) {
        if (strcmp(resolved.text.p, hints[i].resolved) == 0
            && strcasestr(name, hints[i].part))
        {
            return hints[i].type;
        }
    }

    return strcmp(resolved.text.p, "FLOAT") == 0 ? XSELL_LOOK_FLOAT
                                                 : XSELL_LOOK_WORD;
}


/* the default mode of the variable's collection, and the dark one, or "" */

static void
modes(const xsell_value_t *collections, const xsell_json_t *variable,
    const char **light, const char **dark)
{
    int64_t        i;
    xsell_value_t  v, list, mode, name;

    *light = "";
    *dark = "";
    xsell_json_get(variable, "variableCollectionId", &v);

    if (v.kind != XSELL_JSON_TEXT) {
        return;
    }

    xsell_json_get(collections->node, v.text.p, &v);

    if (v.kind != XSELL_JSON_OBJECT) {
        return;
    }

    xsell_json_get(v.node, "defaultModeId", &name);
    xsell_json_get(v.node, "modes", &list);
    *light = name.kind == XSELL_JSON_TEXT ? name.text.p : "";

    for (i = 0; list.kind == XSELL_JSON_LIST && i < list.integer && i < 64;
         i++)
    {
        xsell_json_element(&list, (size_t) i, &v);

        if (v.kind != XSELL_JSON_OBJECT) {
            continue;
        }

        xsell_json_get(v.node, "modeId", &mode);
        xsell_json_get(v.node, "name", &name);

        if (mode.kind == XSELL_JSON_TEXT && name.kind == XSELL_JSON_TEXT
            && strcasestr(name.text.p, "dark")
            && strcmp(mode.text.p, *light) != 0)
        {
            *dark = mode.text.p;
        }
    }
}


static int
variable(xsell_tokens_t *ts, const xsell_value_t *collections,
    const xsell_json_t *node, uint32_t group)
{
    int            rc;
    char           path[256];
    size_t         i;
    const char    *light, *dark;
    xsell_value_t  name, by_mode;
    xsell_token_t  t;

    xsell_json_get(node, "name", &name);
    xsell_json_get(node, "valuesByMode", &by_mode);

    if (name.kind != XSELL_JSON_TEXT || by_mode.kind != XSELL_JSON_OBJECT
        || name.text.n > 200)
    {
        return XSELL_OK;
    }

    memcpy(path, "dark.", 5);

    for (i = 0; i <= name.text.n; i++) {
        path[i + 5] = name.text.p[i] == '/' ? '.' : name.text.p[i];
    }

    modes(collections, node, &light, &dark);
    memset(&t, 0, sizeof(t));
    t.type = type_of(node, name.text.p);
    t.said = t.type;
    t.group = group;
    t.key = "valuesByMode";
    xsell_json_get(by_mode.node, light, &t.value);

    if (t.value.kind == XSELL_JSON_BOOL) {
        return XSELL_OK;                /* shown or not: no look */
    }

    rc = xsell_tokens_add(ts, path + 5, &t);

    if (rc == XSELL_OK && dark[0]) {
        xsell_json_get(by_mode.node, dark, &t.value);

        if (t.value.kind != XSELL_JSON_NONE) {
            rc = xsell_tokens_add(ts, path, &t);
        }
    }

    return rc;
}


int
xsell_tokens_figma(xsell_tokens_t *ts, const xsell_value_t *meta)
{
    int            rc;
    void          *iter;
    uint32_t       group;
    const char    *key;
    xsell_value_t  v, variables, collections;

    xsell_json_get(meta->node, "variables", &variables);
    xsell_json_get(meta->node, "variableCollections", &collections);
    ts->variables = variables.node;
    group = xsell_tokens_group(ts, xsell_tokens_group(ts, 0, "meta"),
                               "variables");
    rc = XSELL_OK;
    iter = NULL;

    if (collections.kind != XSELL_JSON_OBJECT) {
        return xsell_fail(ts->err, XSELL_EINVAL, 0, 0, "variables of Figma "
                          "without \"variableCollections\"");
    }

    while (rc == XSELL_OK
           && (iter = xsell_json_each(variables.node, iter, &key, &v))
              != NULL)
    {
        if (v.kind == XSELL_JSON_OBJECT) {
            rc = variable(ts, &collections, v.node,
                          xsell_tokens_group(ts, group, key));
        }
    }

    return rc;
}

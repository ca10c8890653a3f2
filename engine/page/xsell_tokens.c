
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
 * Here: the table of tokens by path, what people are told, and which dialect
 * it is.  xsell_tokens_tree.c walks the groups, xsell_tokens_make.c names the
 * properties.
 *
 * Invariants: tokens are at most XSELL_TOKENS_MAX, their paths at most
 * XSELL_TOKENS_PATH long; tokens view the document, which lives as long.
 *
 * Not taken: stopping at the first token that can't be used.  Files come out
 * of design tools with hundreds of tokens that are none of our business.
 */

#include "xsell_tokens.h"

#include <stdio.h>
#include <stdlib.h>


#define HASH_N      (XSELL_TOKENS_MAX * 2)


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

void
xsell_tokens_place(const xsell_tokens_t *ts, const xsell_token_t *t,
    unsigned *line, unsigned *column)
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

const char *
xsell_tokens_printable(char out[64], const char *s)
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


void
xsell_tokens_complain(xsell_tokens_t *ts, const xsell_token_t *t,
    const char *why)
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
        xsell_tokens_place(ts, t, &line, &column);
        xsell_fail(&w, XSELL_EINVAL, line, column, "%s: %s",
                   xsell_tokens_printable(path, t->path), why);

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
    xsell_tokens_complain(ts, NULL, text);
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
    char                  dark[XSELL_TOKENS_PATH + 8];
    const xsell_token_t  *t;

    if (ts->dark && strlen(path) <= XSELL_TOKENS_PATH) {
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
        if (!ts->full) {
            ts->full = 1;
            xsell_tokens_complain(ts, NULL, "more tokens than 8192: the rest "
                                  "is left out");
        }

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
        return xsell_tokens_sets(ts);
    }

    return xsell_tokens_tree(ts);
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
        rc = xsell_tokens_make(&ts, ps);

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

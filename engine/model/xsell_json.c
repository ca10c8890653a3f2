
/*
 * xsell_json.c: the only file that knows jansson.  Catalogue files and lines
 * of the event log come in here and leave as views of values.
 *
 * A file is read object by object: jansson is told to stop after one value,
 * so memory holds the tree of one item, whatever the file's size, and each
 * item's line is known, which jansson does not keep for a whole document.
 * What stands between the items (brackets, commas, white space) is ours.
 *
 * Invariants: no byte at or after p + n is read; jansson bounds the depth
 * (2,048), rejects NUL, broken UTF-8 and lone surrogates; a key that stands
 * twice in an object is an error, because which one counts is a guess.
 * Errors carry the line and column (in characters, from 1) of the file.
 *
 * Not taken: json_loadb of the whole file: about 60 bytes of tree for each
 * value, 250 MB for 100,000 items, inside the nginx master.
 */

#include "xsell_json.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>


#define XSELL_JSON_FLAGS  (JSON_DISABLE_EOF_CHECK | JSON_REJECT_DUPLICATES)

enum {
    READER_START = 0,
    READER_FIRST,               /* an object, or the end of the array */
    READER_NEXT,                /* array: a comma or the end */
    READER_END
};


static int reader_start(xsell_json_reader_t *r, xsell_error_t *err);
static int reader_separator(xsell_json_reader_t *r, xsell_error_t *err);
static int reader_object(xsell_json_reader_t *r, xsell_json_t **doc,
    xsell_error_t *err);
static int reader_fail(xsell_json_reader_t *r, xsell_error_t *err,
    const char *what);
static void reader_space(xsell_json_reader_t *r);
static void reader_move(xsell_json_reader_t *r, size_t to);
static unsigned json_column(const char *line, const char *at);
static int json_decode_fail(const json_error_t *e, unsigned line,
    unsigned column, xsell_error_t *err);
static void json_value(const json_t *node, xsell_value_t *v);


void
xsell_json_reader_init(xsell_json_reader_t *r, const char *p, size_t n)
{
    memset(r, 0, sizeof(*r));

    r->p = p;
    r->n = n;
    r->line = 1;

    /* a byte order mark, as Windows tools write it */

    if (n >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0) {
        r->off = 3;
        r->line_off = 3;
    }
}


int
xsell_json_next(xsell_json_reader_t *r, xsell_json_t **doc,
    xsell_error_t *err)
{
    int  rc;

    *doc = NULL;

    if (r->state == READER_START) {
        rc = reader_start(r, err);

        if (rc != XSELL_OK) {
            return rc;
        }
    }

    if (r->state != READER_END) {
        rc = reader_separator(r, err);

        if (rc != XSELL_OK) {
            return rc;
        }
    }

    if (r->state == READER_END) {
        return XSELL_NONE;
    }

    return reader_object(r, doc, err);
}


/* the first byte tells an array from JSON lines */

static int
reader_start(xsell_json_reader_t *r, xsell_error_t *err)
{
    reader_space(r);

    if (r->off == r->n) {
        r->state = READER_END;
        return XSELL_OK;
    }

    r->state = READER_FIRST;

    if (r->p[r->off] == '[') {
        r->array = 1;
        r->off++;
        return XSELL_OK;
    }

    if (r->p[r->off] != '{') {
        return reader_fail(r, err, "neither \"[\" nor \"{\": write a JSON "
                           "array of objects, or one object a line");
    }

    return XSELL_OK;
}


/* goes to the next object's first byte, or to the end */

static int
reader_separator(xsell_json_reader_t *r, xsell_error_t *err)
{
    reader_space(r);

    if (!r->array) {
        if (r->off == r->n) {
            r->state = READER_END;
        }

        return XSELL_OK;
    }

    if (r->off == r->n) {
        return reader_fail(r, err, "the array does not end: \"]\" is missing, "
                           "the file may be cut off");
    }

    if (r->p[r->off] == ']') {
        r->off++;
        r->state = READER_END;
        reader_space(r);

        if (r->off != r->n) {
            return reader_fail(r, err, "something follows the array's end");
        }

        return XSELL_OK;
    }

    if (r->state == READER_FIRST) {
        return XSELL_OK;
    }

    if (r->p[r->off] != ',') {
        return reader_fail(r, err, "a comma or \"]\" is missing here, "
                           "after an item");
    }

    r->off++;
    reader_space(r);

    if (r->off < r->n && r->p[r->off] == ']') {
        return reader_fail(r, err, "a comma before \"]\": remove it");
    }

    return XSELL_OK;
}


static int
reader_object(xsell_json_reader_t *r, xsell_json_t **doc, xsell_error_t *err)
{
    json_t        *node;
    unsigned       column;
    json_error_t   e;

    if (r->off == r->n) {
        return reader_fail(r, err, "an item is missing, the file may be "
                           "cut off");
    }

    if (r->p[r->off] != '{') {
        return reader_fail(r, err, r->p[r->off] == ',' && !r->array
                           ? "a comma here: items a line have none between "
                             "them, only those in [ ]"
                           : "an item must be an object: { ... }");
    }

    node = json_loadb(r->p + r->off, r->n - r->off, XSELL_JSON_FLAGS, &e);

    if (node == NULL) {
        column = json_column(r->p + r->line_off, r->p + r->off);
        return json_decode_fail(&e, r->line, column, err);
    }

    r->at = r->off;
    r->len = (size_t) e.position;
    r->at_line = r->line;
    r->at_line_off = r->line_off;
    r->seen++;
    r->state = READER_NEXT;

    reader_move(r, r->at + r->len);

    *doc = (xsell_json_t *) node;

    return XSELL_OK;
}


static int
reader_fail(xsell_json_reader_t *r, xsell_error_t *err, const char *what)
{
    return xsell_fail(err, XSELL_EINVAL, r->line,
                      json_column(r->p + r->line_off, r->p + r->off),
                      "%s", what);
}


static void
reader_space(xsell_json_reader_t *r)
{
    for ( /* void */ ; r->off < r->n; r->off++) {

        switch (r->p[r->off]) {

        case '\n':
            r->line++;
            r->line_off = r->off + 1;
            continue;

        case ' ':
        case '\t':
        case '\r':
            continue;
        }

        return;
    }
}


/* past an object, counting its lines */

static void
reader_move(xsell_json_reader_t *r, size_t to)
{
    const char  *p, *end;

    p = r->p + r->off;
    end = r->p + to;

    for ( ;; ) {
        p = memchr(p, '\n', (size_t) (end - p));

        if (p == NULL) {
            break;
        }

        p++;
        r->line++;
        r->line_off = (size_t) (p - r->p);
    }

    r->off = to;
}


/* in characters, as jansson and editors count: UTF-8's continuation bytes
   add nothing.  A minified file is one long line: only messages ask. */

static unsigned
json_column(const char *line, const char *at)
{
    unsigned  n;

    for (n = 1; line < at; line++) {
        n += ((unsigned char) *line & 0xc0) != 0x80;
    }

    return n;
}


static int
json_decode_fail(const json_error_t *e, unsigned line, unsigned column,
    xsell_error_t *err)
{
    char      text[JSON_ERROR_TEXT_LENGTH];
    size_t    i;
    unsigned  col;

    /* jansson says nothing at all for most allocations that fail */

    if (json_error_code(e) == json_error_out_of_memory
        || e->text[0] == '\0')
    {
        return xsell_fail(err, XSELL_ENOMEM, line, column, "out of memory");
    }

    /* what jansson quotes from the file goes to a terminal or a log */

    for (i = 0; i < sizeof(text) - 1 && e->text[i]; i++) {
        text[i] = e->text[i];

        if ((unsigned char) text[i] < 0x20 || (unsigned char) text[i] > 0x7e) {
            text[i] = '?';
        }
    }

    text[i] = '\0';

    if (strncmp(text, "string or '}' expected near '}'", 31) == 0
        || strncmp(text, "string or '}' expected near ','", 31) == 0)
    {
        snprintf(text + i, sizeof(text) - i, " (a comma too many?)");
    }

    col = e->column > 0 ? (unsigned) e->column : 1;

    if (e->line > 1) {
        return xsell_fail(err, XSELL_EINVAL, line + (unsigned) e->line - 1,
                          col, "%s", text);
    }

    return xsell_fail(err, XSELL_EINVAL, line, column + col - 1, "%s", text);
}


void
xsell_json_where(const xsell_json_reader_t *r, const char *key,
    unsigned *line, unsigned *column)
{
    size_t       off;
    const char  *p, *at, *nl;

    at = r->p + r->at;

    if (key) {
        off = xsell_json_locate(at, r->len, key);
        at += off < r->len ? off : 0;
    }

    p = r->p + r->at_line_off;

    for (*line = r->at_line;
         (nl = memchr(p, '\n', (size_t) (at - p))) != NULL;
         (*line)++)
    {
        p = nl + 1;
    }

    *column = json_column(p, at);
}


int
xsell_json_open(xsell_json_t **doc, const char *p, size_t n,
    xsell_error_t *err)
{
    int                  rc;
    xsell_json_reader_t  r;

    xsell_json_reader_init(&r, p, n);
    rc = xsell_json_next(&r, doc, err);

    if (rc == XSELL_NONE) {
        return xsell_fail(err, XSELL_EINVAL, 1, 1, "an empty line");
    }

    if (rc != XSELL_OK) {
        return rc;
    }

    reader_space(&r);

    if (r.array || r.off != n) {
        xsell_json_close(*doc);
        *doc = NULL;

        return reader_fail(&r, err, "not one object alone on the line");
    }

    return XSELL_OK;
}


void
xsell_json_close(xsell_json_t *doc)
{
    json_decref((json_t *) doc);
}


void
xsell_json_get(const xsell_json_t *doc, const char *key, xsell_value_t *v)
{
    json_value(json_object_get((const json_t *) doc, key), v);
}


void
xsell_json_element(const xsell_value_t *list, size_t i, xsell_value_t *v)
{
    json_value(json_array_get((const json_t *) list->node, i), v);
}


int
xsell_json_field(const char *p, size_t n, const char *key, char *out,
    size_t cap, size_t *len)
{
    int             rc;
    char            number[32];
    xsell_str_t     s;
    xsell_json_t   *doc;
    xsell_value_t   v;

    rc = xsell_json_open(&doc, p, n, NULL);

    if (rc != XSELL_OK) {
        return rc == XSELL_ENOMEM ? rc : XSELL_EINVAL;
    }

    xsell_json_get(doc, key, &v);
    s = v.text;

    if (v.kind == XSELL_JSON_INTEGER) {
        s.p = number;
        s.n = (size_t) snprintf(number, sizeof(number), "%lld",
                                (long long) v.integer);

    } else if (v.kind == XSELL_JSON_REAL) {
        s.p = number;
        s.n = (size_t) snprintf(number, sizeof(number), "%.15g", v.real);
    }

    if (s.p == NULL || s.n > cap) {
        rc = XSELL_NONE;

    } else {
        memcpy(out, s.p, s.n);
        *len = s.n;
    }

    xsell_json_close(doc);

    return rc;
}


void *
xsell_json_each(const xsell_json_t *doc, void *iter, const char **key,
    xsell_value_t *v)
{
    json_t  *node;

    /* jansson's iterators take objects that may be changed; ours is not */

    node = (json_t *) (uintptr_t) doc;

    iter = iter ? json_object_iter_next(node, iter) : json_object_iter(node);

    if (iter) {
        *key = json_object_iter_key(iter);
        json_value(json_object_iter_value(iter), v);
    }

    return iter;
}


static void
json_value(const json_t *node, xsell_value_t *v)
{
    memset(v, 0, sizeof(*v));

    if (node == NULL) {
        return;
    }

    switch (json_typeof(node)) {

    case JSON_STRING:
        v->kind = XSELL_JSON_TEXT;
        v->text.p = json_string_value(node);
        v->text.n = json_string_length(node);
        break;

    case JSON_INTEGER:
        v->kind = XSELL_JSON_INTEGER;
        v->integer = json_integer_value(node);
        break;

    case JSON_REAL:
        v->kind = XSELL_JSON_REAL;
        v->real = json_real_value(node);
        break;

    case JSON_TRUE:
    case JSON_FALSE:
        v->kind = XSELL_JSON_BOOL;
        v->integer = json_typeof(node) == JSON_TRUE;
        break;

    case JSON_ARRAY:
        v->kind = XSELL_JSON_LIST;
        v->integer = (int64_t) json_array_size(node);
        v->node = (const xsell_json_t *) node;
        break;

    case JSON_OBJECT:
        v->kind = XSELL_JSON_OBJECT;
        v->node = (const xsell_json_t *) node;
        break;

    case JSON_NULL:
        break;
    }
}


/*
 * The text parsed, so quotes and brackets are balanced: it is enough to know
 * strings from the rest.  jansson keeps no places of values; this finds one
 * again for the rare message that names it.
 */

size_t
xsell_json_locate(const char *p, size_t n, const char *key)
{
    size_t    i, start, len, key_n;
    unsigned  depth;

    depth = 0;
    key_n = strlen(key);

    for (i = 0; i < n; i++) {

        if (p[i] == '{' || p[i] == '[') {
            depth++;
            continue;
        }

        if (p[i] == '}' || p[i] == ']') {
            if (--depth == 0) {
                return n;               /* what follows is not the object's */
            }

            continue;
        }

        if (p[i] != '"') {
            continue;
        }

        start = ++i;

        while (i < n && p[i] != '"') {
            i += (p[i] == '\\') ? 2 : 1;
        }

        len = i - start;

        if (depth != 1 || len != key_n || memcmp(p + start, key, len) != 0) {
            continue;
        }

        /* a key is followed by a colon, a value never is */

        start = i + 1;

        while (start < n && strchr(" \t\r\n", p[start]) && p[start]) {
            start++;
        }

        if (start >= n || p[start] != ':') {
            continue;
        }

        for (start++; start < n && strchr(" \t\r\n", p[start]); start++) {
            /* void */
        }

        return start < n ? start : n;
    }

    return n;
}


/* likewise: quotes and brackets are balanced */

size_t
xsell_json_nth(const char *p, size_t n, size_t at)
{
    size_t    i;
    unsigned  depth;

    depth = 0;

    for (i = 0; i < n; i++) {

        switch (p[i]) {

        case ' ':
        case '\t':
        case '\r':
        case '\n':
            continue;

        case ',':
            at -= depth == 1;
            continue;
        }

        if (depth == 1 && at == 0) {
            return p[i] == ']' ? n : i;
        }

        switch (p[i]) {

        case '{':
        case '[':
            depth++;
            continue;

        case '}':
        case ']':
            if (--depth == 0) {
                return n;
            }

            continue;

        case '"':
            for (i++; i < n && p[i] != '"'; i++) {
                i += p[i] == '\\';
            }
        }
    }

    return n;
}


void
xsell_json_place(const char *p, size_t off, unsigned *line,
    unsigned *column)
{
    size_t  i, start;

    start = off >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    *line = 1;

    for (i = start; i < off; i++) {
        if (p[i] == '\n') {
            (*line)++;
            start = i + 1;
        }
    }

    *column = json_column(p + start, p + off);
}


const char *
xsell_json_kind(unsigned kind)
{
    static const char  *name[] = {
        "null", "text", "a number", "a number", "true or false", "a list",
        "an object"
    };

    return kind < sizeof(name) / sizeof(name[0]) ? name[kind] : "unknown";
}

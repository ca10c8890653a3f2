
/*
 * xsell_selector.c: CSS selectors, for the places of a page (xsell_places.c).
 *
 * A selector is compiled into masks and conditions that xsell_match.c applies
 * to every element (xsell_places_t).  The grammar is the part of CSS that can
 * be decided when a start tag is read: no :last-child, no :has(), no :not().
 * Names, strings and escapes are as CSS writes them, so that what a browser's
 * inspector copies works.
 */

#include "xsell_html.h"

#include <stdlib.h>
#include <string.h>


typedef struct {
    xsell_places_t      *ps;
    const char          *start;
    const char          *p;
    const char          *end;
    xsell_error_t       *err;
    unsigned             bit;           /* the compound under way */
} xsell_css_t;


static int
xsell_css_fail(xsell_css_t *c, const char *at, const char *what)
{
    return xsell_fail(c->err, XSELL_EINVAL, 0,
                      (unsigned) (at - c->start) + 1, "%s", what);
}


/* ---- characters, names, strings --------------------------------------- */

#define xsell_css_white(c)                                                    \
    ((c) == ' ' || (c) == '\t' || (c) == '\n' || (c) == '\r' || (c) == '\f')

static int
xsell_css_first(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'
           || (uint8_t) c >= 0x80;
}


static int
xsell_css_more(char c)
{
    return xsell_css_first(c) || (c >= '0' && c <= '9') || c == '-';
}


static int
xsell_css_space(xsell_css_t *c)
{
    const char  *p;

    for (p = c->p; c->p < c->end && xsell_css_white(*c->p); c->p++) {
        /* void */
    }

    return c->p > p;
}


static int
xsell_css_put(xsell_css_t *c, uint32_t code)
{
    int              n;
    char            *text, utf8[4];
    xsell_places_t  *ps;

    ps = c->ps;

    if (code < 0x80) {
        utf8[0] = (char) code;
        n = 1;

    } else if (code < 0x800) {
        utf8[0] = (char) (0xc0 | code >> 6);
        utf8[1] = (char) (0x80 | (code & 0x3f));
        n = 2;

    } else if (code < 0x10000) {
        utf8[0] = (char) (0xe0 | code >> 12);
        utf8[1] = (char) (0x80 | (code >> 6 & 0x3f));
        utf8[2] = (char) (0x80 | (code & 0x3f));
        n = 3;

    } else {
        utf8[0] = (char) (0xf0 | code >> 18);
        utf8[1] = (char) (0x80 | (code >> 12 & 0x3f));
        utf8[2] = (char) (0x80 | (code >> 6 & 0x3f));
        utf8[3] = (char) (0x80 | (code & 0x3f));
        n = 4;
    }

    text = realloc(ps->text, ps->text_n + (size_t) n);

    if (text == NULL) {
        return xsell_fail(c->err, XSELL_ENOMEM, 0, 0, "out of memory");
    }

    memcpy(text + ps->text_n, utf8, (size_t) n);
    ps->text = text;
    ps->text_n += (uint32_t) n;

    return XSELL_OK;
}


/* a byte of the selector as it is */

static int
xsell_css_byte(xsell_css_t *c, char byte)
{
    char            *text;
    xsell_places_t  *ps;

    ps = c->ps;
    text = realloc(ps->text, ps->text_n + 1);

    if (text == NULL) {
        return xsell_fail(c->err, XSELL_ENOMEM, 0, 0, "out of memory");
    }

    text[ps->text_n++] = byte;
    ps->text = text;

    return XSELL_OK;
}


static int
xsell_css_hex(char c)
{
    return c >= '0' && c <= '9' ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}


/* after a backslash */

static int
xsell_css_escape(xsell_css_t *c)
{
    unsigned  i;
    uint32_t  code;

    if (c->p == c->end || *c->p == '\n') {
        return xsell_css_fail(c, c->p - 1, "nothing follows the \"\\\"");
    }

    if (xsell_css_hex(*c->p) < 0) {
        return xsell_css_byte(c, *c->p++);
    }

    for (i = 0, code = 0;
         i < 6 && c->p < c->end && xsell_css_hex(*c->p) >= 0;
         i++)
    {
        code = code << 4 | (uint32_t) xsell_css_hex(*c->p++);
    }

    if (c->p < c->end && xsell_css_white(*c->p)) {
        c->p++;
    }

    if (code == 0 || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) {
        code = 0xfffd;
    }

    return xsell_css_put(c, code);
}


/* a name; where it is in the text, and how long */

static int
xsell_css_name(xsell_css_t *c, const char *what, uint32_t *off, uint32_t *n)
{
    int          rc;
    char         first;
    const char  *p;

    p = c->p;
    *off = c->ps->text_n;

    if (p < c->end && *p == '-') {
        p++;
    }

    first = p < c->end ? *p : '\0';

    if (!xsell_css_first(first) && first != '\\'
        && !(first == '-' && p > c->p))
    {
        return xsell_css_fail(c, c->p, what);
    }

    while (c->p < c->end) {

        if (*c->p == '\\') {
            c->p++;
            rc = xsell_css_escape(c);

        } else if (xsell_css_more(*c->p)) {
            rc = xsell_css_byte(c, *c->p++);

        } else {
            break;
        }

        if (rc != XSELL_OK) {
            return rc;
        }
    }

    *n = c->ps->text_n - *off;

    return XSELL_OK;
}


static int
xsell_css_string(xsell_css_t *c, uint32_t *off, uint32_t *n)
{
    int          rc;
    char         quote;
    const char  *start;

    start = c->p;
    quote = *c->p++;
    *off = c->ps->text_n;

    while (c->p < c->end && *c->p != quote) {

        if (*c->p == '\\') {
            c->p++;

            if (c->p < c->end && *c->p == '\n') {
                c->p++;                 /* goes on in the next line */
                continue;
            }

            rc = xsell_css_escape(c);

        } else {
            rc = xsell_css_byte(c, *c->p++);
        }

        if (rc != XSELL_OK) {
            return rc;
        }
    }

    if (c->p == c->end) {
        return xsell_css_fail(c, start, "this quote is not closed");
    }

    c->p++;
    *n = c->ps->text_n - *off;

    return XSELL_OK;
}


/* ---- simple selectors ------------------------------------------------- */

void
xsell_selector_type(xsell_places_t *ps, uint64_t name, uint64_t bit)
{
    uint32_t  i;
    unsigned  kind;

    kind = xsell_tag_kind(name);

    if (kind) {
        ps->kind[kind] |= bit;
        return;
    }

    for (i = 0; i < ps->types_n && ps->type[i].name != name; i++) {
        /* void */
    }

    if (i == ps->types_n) {
        ps->type[i].name = name;
        ps->type[i].bits = 0;
        ps->types_n++;
    }

    ps->type[i].bits |= bit;
}


static int
xsell_css_type(xsell_css_t *c)
{
    int              rc;
    uint32_t         off, n;
    xsell_places_t  *ps;

    ps = c->ps;

    rc = xsell_css_name(c, "the name of an element was expected", &off, &n);

    if (rc == XSELL_OK) {
        xsell_selector_type(ps, xsell_name(ps->text + off, n),
                            (uint64_t) 1 << c->bit);
        ps->text_n = off;
    }

    return rc;
}


static void
xsell_css_any(xsell_css_t *c)
{
    unsigned  i;

    c->ps->any |= (uint64_t) 1 << c->bit;

    for (i = 0; i < 256; i++) {
        c->ps->kind[i] |= (uint64_t) 1 << c->bit;
    }
}


/* of the 64 our own marks have a part, those of sections perhaps later */

#define xsell_css_room(ps, later)                                             \
    (XSELL_COMPOUNDS - 1 - ((ps)->sections ? 0 : (later)))

_Static_assert(XSELL_COMPOUNDS - XSELL_COMPOUNDS_OURS == 51, "messages");

int
xsell_selector_attr(xsell_places_t *ps, uint64_t name, uint64_t cond,
    uint64_t bit)
{
    uint32_t  i;

    for (i = 0; i < ps->attrs_n && ps->attr[i].name != name; i++) {
        /* void */
    }

    if (i == XSELL_COMPOUNDS) {
        return XSELL_ENOSPC;
    }

    if (i == ps->attrs_n) {
        ps->attr[i].name = name;
        ps->attr[i].conds = 0;
        ps->attr[i].need = 0;
        ps->attrs_n++;
    }

    ps->attr[i].conds |= cond;
    ps->attr[i].need |= bit;

    return XSELL_OK;
}


static int
xsell_css_cond(xsell_css_t *c, const char *at, uint64_t name, unsigned op,
    int fold, uint32_t off, uint32_t n)
{
    xsell_cond_t    *cond;
    xsell_places_t  *ps;

    ps = c->ps;

    if (ps->conds_n >= xsell_css_room(ps, 5)
        || xsell_selector_attr(ps, name, (uint64_t) 1 << ps->conds_n,
                               (uint64_t) 1 << c->bit)
           != XSELL_OK)
    {
        return xsell_css_fail(c, at, "too much: the selectors of a page ask "
                              "for 51 ids, classes and attributes at most");
    }

    cond = &ps->cond[ps->conds_n];
    cond->op = (uint8_t) op;
    cond->fold = (uint8_t) fold;
    cond->compound = (uint8_t) c->bit;
    cond->off = off;
    cond->n = n;

    ps->need[c->bit] |= (uint64_t) 1 << ps->conds_n;
    ps->conds_n++;

    return XSELL_OK;
}


/* "#id", ".class" */

static int
xsell_css_short(xsell_css_t *c)
{
    int          rc;
    char         sign;
    uint32_t     off, n;
    const char  *at;

    at = c->p;
    sign = *c->p++;

    rc = xsell_css_name(c, sign == '#'
                        ? "an id was expected: it begins with a letter, \"_\" "
                          "or \"-\" and a letter, others are written with "
                          "\"\\\""
                        : "a class was expected: it begins with a letter, "
                          "\"_\" or \"-\" and a letter, others are written "
                          "with \"\\\"", &off, &n);

    if (rc != XSELL_OK) {
        return rc;
    }

    xsell_ask_attr(c->ps, sign == '#' ? "id" : "class", sign == '#' ? 2 : 5);

    return sign == '#' ? xsell_css_cond(c, at, xsell_name("id", 2),
                                        XSELL_OP_EQUAL, 0, off, n)
                       : xsell_css_cond(c, at, xsell_name("class", 5),
                                        XSELL_OP_WORD, 0, off, n);
}


/* attributes whose values have no letter case (HTML, "case-sensitivity of
   selectors") */

static int
xsell_css_folds(const char *p, uint32_t n)
{
    size_t  i;

    static const char *const  names[] = {
        "accept", "accept-charset", "align", "alink", "axis", "bgcolor",
        "charset", "checked", "clear", "codetype", "color", "compact",
        "declare", "defer", "dir", "direction", "disabled", "enctype",
        "face", "frame", "hreflang", "http-equiv", "lang", "language",
        "link", "media", "method", "multiple", "nohref", "noresize",
        "noshade", "nowrap", "readonly", "rel", "rev", "rules", "scope",
        "scrolling", "selected", "shape", "target", "text", "type", "valign",
        "valuetype", "vlink"
    };

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strlen(names[i]) == n
            && xsell_name(names[i], n) == xsell_name(p, n))
        {
            return 1;
        }
    }

    return 0;
}


static int
xsell_css_op(xsell_css_t *c, unsigned *op)
{
    char  sign;

    static const struct {
        char     sign;
        uint8_t  op;
    } ops[] = {
        { '~', XSELL_OP_WORD }, { '|', XSELL_OP_DASH },
        { '^', XSELL_OP_BEGIN }, { '$', XSELL_OP_END },
        { '*', XSELL_OP_PART }
    };

    size_t  i;

    sign = c->p < c->end ? *c->p : '\0';

    if (sign == '=') {
        *op = XSELL_OP_EQUAL;
        c->p++;
        return XSELL_OK;
    }

    for (i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
        if (ops[i].sign == sign && c->end - c->p > 1 && c->p[1] == '=') {
            *op = ops[i].op;
            c->p += 2;
            return XSELL_OK;
        }
    }

    return xsell_css_fail(c, c->p, "\"]\" or one of = ~= |= ^= $= *= was "
                          "expected");
}


/* what can never be: an empty part, two words as one */

static unsigned
xsell_css_sane(const xsell_css_t *c, unsigned op, uint32_t off, uint32_t n)
{
    uint32_t  i;

    switch (op) {

    case XSELL_OP_WORD:
        for (i = 0; i < n; i++) {
            if (xsell_css_white(c->ps->text[off + i])) {
                return XSELL_OP_NONE;
            }
        }

        /* fall through */

    case XSELL_OP_BEGIN:
    case XSELL_OP_END:
    case XSELL_OP_PART:
        return n ? op : XSELL_OP_NONE;
    }

    return op;
}


static int
xsell_css_attribute(xsell_css_t *c)
{
    int          rc, fold;
    unsigned     op;
    uint32_t     off, n;
    uint64_t     name;
    const char  *at;

    at = c->p++;
    (void) xsell_css_space(c);

    rc = xsell_css_name(c, "the name of an attribute was expected", &off, &n);

    if (rc != XSELL_OK) {
        return rc;
    }

    name = xsell_name(c->ps->text + off, n);
    fold = xsell_css_folds(c->ps->text + off, n);
    xsell_ask_attr(c->ps, c->ps->text + off, n);
    c->ps->text_n = off;

    (void) xsell_css_space(c);

    if (c->p < c->end && *c->p == ']') {
        c->p++;
        return xsell_css_cond(c, at, name, XSELL_OP_ANY, 0, 0, 0);
    }

    op = XSELL_OP_NONE;
    rc = xsell_css_op(c, &op);

    if (rc != XSELL_OK) {
        return rc;
    }

    (void) xsell_css_space(c);

    rc = c->p < c->end && (*c->p == '"' || *c->p == '\'')
         ? xsell_css_string(c, &off, &n)
         : xsell_css_name(c, "a value was expected: a name, or anything in "
                          "quotes", &off, &n);

    if (rc != XSELL_OK) {
        return rc;
    }

    (void) xsell_css_space(c);

    if (c->p < c->end && ((*c->p | 0x20) == 'i' || (*c->p | 0x20) == 's')) {
        fold = (*c->p++ | 0x20) == 'i';
        (void) xsell_css_space(c);
    }

    if (c->p == c->end || *c->p != ']') {
        return xsell_css_fail(c, c->p, "\"]\" was expected");
    }

    c->p++;

    return xsell_css_cond(c, at, name, xsell_css_sane(c, op, off, n), fold,
                          off, n);
}


static int
xsell_css_pseudo(xsell_css_t *c)
{
    int          rc;
    uint32_t     off, n;
    const char  *at;

    at = c->p++;

    if (c->p < c->end && *c->p == ':') {
        return xsell_css_fail(c, at, "a pseudo-element is no element: nothing "
                              "can be put there");
    }

    rc = xsell_css_name(c, "a pseudo-class was expected", &off, &n);

    if (rc != XSELL_OK) {
        return rc;
    }

    c->ps->text_n = off;

    if (n != 13 || xsell_name(c->ps->text + off, n)
                   != xsell_name("first-of-type", 13))
    {
        return xsell_css_fail(c, at, "of the pseudo-classes only "
                              ":first-of-type can be told while a page "
                              "passes");
    }

    c->ps->only |= (uint64_t) 1 << c->bit;

    return XSELL_OK;
}


/* ---- compounds, combinators, lists ------------------------------------ */

static int
xsell_css_compound(xsell_css_t *c, uint64_t *bits)
{
    int          rc, typed;
    char         sign;
    const char  *start;

    if (c->ps->compounds_n >= xsell_css_room(c->ps, 6)) {
        return xsell_css_fail(c, c->p, "too much: the selectors of a page "
                              "have 51 parts at most");
    }

    c->bit = c->ps->compounds_n++;
    c->ps->need[c->bit] = 0;
    *bits |= (uint64_t) 1 << c->bit;

    start = c->p;
    typed = 0;

    for ( ;; ) {
        sign = c->p < c->end ? *c->p : '\0';

        switch (sign) {

        case '#':
        case '.':
            rc = xsell_css_short(c);
            break;

        case '[':
            rc = xsell_css_attribute(c);
            break;

        case ':':
            rc = xsell_css_pseudo(c);
            break;

        default:
            if (c->p > start
                || !(xsell_css_first(sign) || sign == '\\' || sign == '-'
                     || sign == '*'))
            {
                goto done;
            }

            typed = sign != '*';

            if (sign == '*') {
                c->p++;
                rc = XSELL_OK;

            } else {
                rc = xsell_css_type(c);
            }
        }

        if (rc != XSELL_OK) {
            return rc;
        }
    }

done:

    if (c->p == start) {
        return xsell_css_fail(c, c->p, c->p == c->end
                              ? "an element was expected here"
                              : "an element was expected here: a name, *, "
                                "#id, .class or [attribute]");
    }

    if (!typed) {
        xsell_css_any(c);
    }

    if (c->ps->need[c->bit] == 0) {
        c->ps->free |= (uint64_t) 1 << c->bit;
    }

    return XSELL_OK;
}


/* how the next compound hangs on this one; NULL: it is the last */

static uint64_t *
xsell_css_combinator(xsell_css_t *c)
{
    int        space;
    uint64_t  *how;

    space = xsell_css_space(c);

    if (c->p == c->end || *c->p == ',') {
        return NULL;
    }

    switch (*c->p) {

    case '>':
        how = &c->ps->child;
        break;

    case '+':
        how = &c->ps->next;
        break;

    case '~':
        how = &c->ps->later;
        break;

    default:
        return space ? &c->ps->desc : NULL;
    }

    c->p++;
    (void) xsell_css_space(c);

    return how;
}


static int
xsell_css_list(xsell_css_t *c, uint64_t *bits, uint64_t *subject)
{
    int        rc;
    uint64_t  *how;

    for ( ;; ) {
        (void) xsell_css_space(c);
        how = &c->ps->first;

        do {
            rc = xsell_css_compound(c, bits);

            if (rc != XSELL_OK) {
                return rc;
            }

            *how |= (uint64_t) 1 << c->bit;
            how = xsell_css_combinator(c);

        } while (how);

        *subject |= (uint64_t) 1 << c->bit;

        if (c->p == c->end) {
            return XSELL_OK;
        }

        if (*c->p != ',') {
            return xsell_css_fail(c, c->p, "this character means nothing "
                                  "here");
        }

        c->p++;
    }
}


int
xsell_selector_list(xsell_places_t *ps, xsell_str_t selector, uint64_t *bits,
    uint64_t *subject, xsell_error_t *err)
{
    xsell_css_t  c;

    c.ps = ps;
    c.start = selector.p;
    c.p = selector.p;
    c.end = selector.p + selector.n;
    c.err = err;
    c.bit = 0;

    return xsell_css_list(&c, bits, subject);
}

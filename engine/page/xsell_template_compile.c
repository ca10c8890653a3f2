
/*
 * The template compiler: Mustache text -> a flat array of operations, once,
 * when the configuration is read.  Rendering then is a loop without parsing,
 * allocation or failure (xsell_template.c).
 *
 * The language is that of github.com/mustache/spec without its optional
 * modules: variables, sections, inverted sections, comments, set delimiters,
 * partials, and the rule that a line with nothing but one of these leaves no
 * blank line behind.  What names mean is told by xsell_data_t.  Over a shop's
 * data (data->html) some is stricter, on purpose:
 *
 *   - an unknown name is an error, with the most similar one: the data is
 *     known, so a missing name is a misspelt name;
 *   - {{{x}}} and {{&x}} are what {{x}} is: how a value is escaped follows
 *     from where it stands, whatever the template's author writes.  No text
 *     of a catalogue ever goes out raw;
 *   - a section must leave the HTML in the state in which it began, so that
 *     the place of every variable is known, whichever sections are shown;
 *   - a partial can't contain itself: there is no tree to walk.
 *
 * A partial is compiled where it is named, again each time: then the place
 * of its variables is known, too, and its indentation costs nothing when a
 * page waits.  The number and the sum of all partials are bounded.  Without
 * html a partial may contain itself, to a depth of XSELL_PARTIALS_DEEP.
 *
 * An interpreter over the text was not taken: it would find mistakes in
 * front of a customer.
 */

#include "xsell_page.h"

#include <stdio.h>
#include <stdlib.h>


/* an open section */

typedef struct {
    xsell_meaning_t         name;
    xsell_str_t          written;
    uint32_t             op;
    const char          *at;            /* its tag, for errors */
    xsell_context_t      before;
} section_t;


/* a text on its way: the template, or a partial in it */

typedef struct text_s  text_t;

struct text_s {
    const text_t        *in;            /* what names this partial */
    xsell_str_t          name;
    xsell_scanner_t      source;
    const char          *literal;       /* begin of the text not yet put */
    const char          *placed;        /* up to where lines were counted */
    unsigned             line;
    unsigned             column;
    size_t               indent;        /* columns that the author's text does
                                           not have */
    uint32_t             depth;         /* sections open where it begins */
    unsigned             deep;          /* partials around it */
};


typedef struct {
    xsell_program_t     *t;
    const xsell_data_t  *data;
    void                *names;
    xsell_str_t         *where;
    xsell_error_t       *err;
    xsell_context_t      html;
    uint32_t             barrier;       /* literals before are complete */
    unsigned             scopes;        /* open */
    unsigned             partials;      /* so far */
    uint32_t             depth;
    section_t            section[XSELL_NESTING_MAX];
} compiler_t;


static int compile_text(compiler_t *c, text_t *x);


static int
fail(const compiler_t *c, const text_t *x, const char *at, const char *text)
{
    unsigned  line, column;

    xsell_scan_place(&x->source, at, &line, &column);
    column = column > x->indent ? column - x->indent : 1;
    *c->where = x->name;

    return xsell_fail(c->err, XSELL_EINVAL, line, column, "%s", text);
}


/* the same about a name: cut, because it is outside text */

static int
fail_name(const compiler_t *c, const text_t *x, const char *at,
    xsell_str_t name, const char *what)
{
    int   n;
    char  text[256];

    n = name.n < 40 ? (int) name.n : 40;
    snprintf(text, sizeof(text), "\"%.*s\" %s", n, name.p, what);

    return fail(c, x, at, text);
}


static int
fail_memory(const compiler_t *c)
{
    return xsell_fail(c->err, XSELL_ENOMEM, 0, 0, "no memory");
}


/* ---- the program ---- */

static xsell_op_t *
add(compiler_t *c, unsigned code)
{
    uint32_t          room;
    xsell_op_t       *op;
    xsell_program_t  *t;

    t = c->t;

    if (t->n == t->room) {
        room = t->room ? t->room * 2 : 32;
        op = realloc(t->op, room * sizeof(*op));

        if (op == NULL) {
            return NULL;
        }

        t->op = op;
        t->room = room;
    }

    op = &t->op[t->n++];
    memset(op, 0, sizeof(*op));
    op->code = code;

    return op;
}


static int
reserve(xsell_program_t *t, size_t n)
{
    char    *p;
    size_t   room;

    if (t->text_room - t->text_n >= n) {
        return XSELL_OK;
    }

    room = t->text_room * 2 > t->text_n + n ? t->text_room * 2
                                            : t->text_n + n;
    p = realloc(t->text, room);

    if (p == NULL) {
        return XSELL_ENOMEM;
    }

    t->text = p;
    t->text_room = room;

    return XSELL_OK;
}


/* the place that comes `n` bytes after one */

static void
move_place(const char *p, size_t n, unsigned *line, unsigned *column)
{
    for ( ; n; n--, p++) {
        if (*p == '\n') {
            (*line)++;
            *column = 1;

        } else if (((uint8_t) *p & 0xc0) != 0x80) {
            (*column)++;
        }
    }
}


static int
add_origin(xsell_program_t *t, text_t *x)
{
    uint32_t         room;
    xsell_origin_t  *o;

    if (t->origin_n == t->origin_room) {
        room = t->origin_room ? t->origin_room * 2 : 32;
        o = realloc(t->origin, room * sizeof(*o));

        if (o == NULL) {
            return XSELL_ENOMEM;
        }

        t->origin = o;
        t->origin_room = room;
    }

    move_place(x->placed, x->literal - x->placed, &x->line, &x->column);
    x->placed = x->literal;

    o = &t->origin[t->origin_n++];
    o->off = (uint32_t) t->text_n;
    o->line = x->line;
    o->column = x->column;
    o->indent = (unsigned) x->indent;
    o->name = x->name;

    return XSELL_OK;
}


void
xsell_program_place(const xsell_program_t *t, size_t off, xsell_str_t *name,
    unsigned *line, unsigned *column)
{
    uint32_t               lo, hi, mid;
    const xsell_origin_t  *o;

    for (lo = 0, hi = t->origin_n; hi - lo > 1; ) {
        mid = lo + (hi - lo) / 2;

        if (t->origin[mid].off <= off) {
            lo = mid;

        } else {
            hi = mid;
        }
    }

    o = &t->origin[lo];
    *name = o->name;
    *line = o->line;
    *column = o->column;
    move_place(t->text + o->off, off - o->off, line, column);
    *column = *column > o->indent ? *column - o->indent : 1;
}


/* the text since the last tag, up to `end` */

static int
put_literal(compiler_t *c, text_t *x, const char *end)
{
    size_t            n;
    xsell_op_t       *op;
    xsell_program_t  *t;

    t = c->t;

    if (end <= x->literal) {
        return XSELL_OK;
    }

    n = end - x->literal;

    if (n > XSELL_PROGRAM_MAX - t->text_n) {
        return fail(c, x, x->literal, "the template becomes too large: with "
                    "its partials it has more than a megabyte");
    }

    if (c->data->html) {
        xsell_context_feed(&c->html, x->literal, n);
    }

    if (reserve(t, n) != XSELL_OK
        || (c->data->html && add_origin(t, x) != XSELL_OK))
    {
        return fail_memory(c);
    }

    if (t->n > c->barrier && t->op[t->n - 1].code == XSELL_OP_LITERAL) {
        t->op[t->n - 1].b += n;

    } else {
        op = add(c, XSELL_OP_LITERAL);

        if (op == NULL) {
            return fail_memory(c);
        }

        op->a = t->text_n;
        op->b = n;
    }

    memcpy(t->text + t->text_n, x->literal, n);
    t->text_n += n;

    return XSELL_OK;
}


/* ---- what tags do ---- */

static int
lookup(const compiler_t *c, const text_t *x, const xsell_mark_t *tag,
    const char *at, xsell_meaning_t *name)
{
    char  wrong[XSELL_WRONG_MAX];

    if (tag->name.n == 0) {
        return fail(c, x, at, "a tag without a name");
    }

    /* over a shop's data: the end was found in another tag */

    if (c->data->html && (memchr(tag->name.p, '<', tag->name.n)
                          || memchr(tag->name.p, '{', tag->name.n)
                          || memchr(tag->name.p, '\n', tag->name.n)))
    {
        return fail(c, x, at, "the tag that begins here is not closed: "
                    "\"}}\" is missing");
    }

    wrong[0] = '\0';

    if (c->data->resolve(c->names, tag->name, c->scopes, name, wrong)
        != XSELL_OK)
    {
        return fail_name(c, x, at, tag->name, wrong);
    }

    return XSELL_OK;
}


static int
put_value(compiler_t *c, const text_t *x, const xsell_mark_t *tag)
{
    int           rc, how;
    xsell_op_t   *op;
    const char   *wrong;
    xsell_meaning_t  name;

    rc = lookup(c, x, tag, tag->from, &name);

    if (rc != XSELL_OK) {
        return rc;
    }

    if (name.kind >= XSELL_KIND_CONDITION) {
        return fail_name(c, x, tag->from, tag->name, "has no text: it opens "
                         "a section, {{#...}} and {{/...}}");
    }

    how = tag->sigil != 0;

    if (c->data->html) {
        how = xsell_context_variable(&c->html, name.kind, &wrong);

        if (how < 0) {
            return fail(c, x, tag->from, wrong);
        }
    }

    op = add(c, XSELL_OP_VALUE);

    if (op == NULL) {
        return fail_memory(c);
    }

    op->var = name.var;
    op->escape = how;

    return XSELL_OK;
}


static int
open_section(compiler_t *c, const text_t *x, const xsell_mark_t *tag,
    const char *at)
{
    int           rc;
    unsigned      code;
    xsell_op_t   *op;
    section_t    *s;
    xsell_meaning_t  name;

    rc = lookup(c, x, tag, at, &name);

    if (rc != XSELL_OK) {
        return rc;
    }

    if (c->depth == XSELL_NESTING_MAX) {
        return fail(c, x, at, "sections are nested too deep");
    }

    if (tag->sigil == '^') {
        code = XSELL_OP_UNLESS;

    } else if (name.scope) {
        code = XSELL_OP_ENTER;
        c->scopes++;

    } else {
        code = XSELL_OP_IF;
    }

    s = &c->section[c->depth++];
    s->name = name;
    s->written = tag->name;
    s->op = c->t->n;
    s->at = at;
    s->before = c->html;

    op = add(c, code);

    if (op == NULL) {
        return fail_memory(c);
    }

    op->var = name.var;

    return XSELL_OK;
}


/* says which section should end first */

static int
fail_crossed(const compiler_t *c, const text_t *x, const char *at,
    xsell_str_t name)
{
    int               n, m;
    char              text[200];
    unsigned          line, column;
    const section_t  *s;

    s = &c->section[c->depth - 1];
    xsell_scan_place(&x->source, s->at, &line, &column);
    n = name.n < 40 ? (int) name.n : 40;
    m = s->written.n < 40 ? (int) s->written.n : 40;
    snprintf(text, sizeof(text), "{{/%.*s}} closes nothing here: {{/%.*s}} "
             "comes first, of the section that is open since line %u", n,
             name.p, m, s->written.p, line);

    return fail(c, x, at, text);
}


static int
fail_unclosed(const compiler_t *c, const text_t *x)
{
    const section_t  *s;

    s = &c->section[c->depth - 1];

    return fail_name(c, x, s->at, s->written, "is opened here and not closed "
                     "where it should be: {{/...}} closes the section opened "
                     "last");
}


/* the HTML is in one place at the end of a section, entered or not */

static int
join_html(compiler_t *c, const text_t *x, const section_t *s, const char *at)
{
    int  again;

    again = c->t->op[s->op].code != XSELL_OP_ENTER
            || xsell_context_loop(&c->html, &s->before);

    if (!xsell_context_join(&c->html, &s->before)) {
        return fail(c, x, at, "the section that ends here leaves the HTML in "
                    "another place than where it began: open and close tags, "
                    "quotes and comments on the same side of it");
    }

    if (!again) {
        return fail_name(c, x, at, s->written, "can't repeat here: not "
                         "between the attributes of a tag, nor with a < or "
                         "&...; in a style, JSON, title or textarea");
    }

    return XSELL_OK;
}


static int
close_section(compiler_t *c, const text_t *x, const xsell_mark_t *tag,
    const char *at)
{
    int               rc;
    xsell_op_t       *op;
    const section_t  *s;

    if (c->depth == x->depth) {
        return fail_name(c, x, at, tag->name, "closes a section that is not "
                         "open");
    }

    s = &c->section[c->depth - 1];

    if (s->written.n != tag->name.n
        || memcmp(s->written.p, tag->name.p, tag->name.n) != 0)
    {
        return fail_crossed(c, x, at, tag->name);
    }

    if (c->data->html) {
        rc = join_html(c, x, s, at);

        if (rc != XSELL_OK) {
            return rc;
        }
    }

    if (c->t->op[s->op].code == XSELL_OP_ENTER) {
        op = add(c, XSELL_OP_NEXT);

        if (op == NULL) {
            return fail_memory(c);
        }

        op->var = s->name.var;
        op->a = s->op + 1;
        c->scopes--;
    }

    c->t->op[s->op].a = c->t->n;
    c->barrier = c->t->n;
    c->depth--;

    return XSELL_OK;
}


/* ---- partials ---- */

/* the text with `indent` before each line that is not empty */

static char *
indented(xsell_str_t text, xsell_str_t indent, size_t *n)
{
    char        *out, *p;
    size_t       lines, i;
    const char  *end;

    lines = 1;
    end = text.p + text.n;

    for (i = 0; i < text.n; i++) {
        lines += text.p[i] == '\n';
    }

    /* both are bounded by XSELL_TEMPLATE_MAX, once more per partial */

    out = malloc(text.n + lines * indent.n + 1);

    if (out == NULL) {
        return NULL;
    }

    p = out;

    while (text.p < end) {

        if (*text.p != '\n') {
            memcpy(p, indent.p, indent.n);
            p += indent.n;
        }

        do {
            *p++ = *text.p++;
        } while (p[-1] != '\n' && text.p < end);
    }

    *n = p - out;

    return out;
}


static int
contains(const text_t *x, xsell_str_t name)
{
    for ( ; x; x = x->in) {
        if (x->name.n == name.n && memcmp(x->name.p, name.p, name.n) == 0) {
            return 1;
        }
    }

    return 0;
}


static int
put_partial(compiler_t *c, const text_t *x, const xsell_mark_t *tag,
    const char *at, xsell_str_t indent)
{
    int          rc;
    char        *copy;
    char         wrong[XSELL_WRONG_MAX];
    size_t       n;
    text_t       sub;
    xsell_str_t  name, text;

    wrong[0] = '\0';
    name = tag->name;
    rc = c->data->partial(c->names, &name, &text, wrong);

    if (rc == XSELL_NONE) {
        return XSELL_OK;
    }

    if (rc != XSELL_OK) {
        return fail_name(c, x, at, tag->name, wrong);
    }

    if (c->data->html && contains(x, name)) {
        return fail_name(c, x, at, tag->name, "contains itself: a partial "
                         "can't be a part of its own text");
    }

    if (x->deep == XSELL_PARTIALS_DEEP) {
        return c->data->html ? fail(c, x, at, "partials are nested too deep")
                             : XSELL_OK;
    }

    if (++c->partials > XSELL_PARTIALS_MAX) {
        return fail(c, x, at, "the template has too many partials");
    }

    if (indent.n * text.n > XSELL_PROGRAM_MAX) {
        return fail(c, x, at, "a partial can't be indented so far");
    }

    copy = indented(text, indent, &n);

    if (copy == NULL) {
        return fail_memory(c);
    }

    memset(&sub, 0, sizeof(sub));
    sub.in = x;
    sub.name = name;
    sub.indent = indent.n;
    sub.depth = c->depth;
    sub.deep = x->deep + 1;
    xsell_scan_init(&sub.source, copy, n);
    sub.literal = copy;
    sub.placed = copy;
    sub.line = 1;
    sub.column = 1;

    rc = compile_text(c, &sub);
    free(copy);

    return rc;
}


/* ---- a text ---- */

static int
set_delimiters(const compiler_t *c, text_t *x, const xsell_mark_t *tag,
    const char *at)
{
    if (xsell_scan_delimiters(&x->source, tag->name) == XSELL_OK) {
        return XSELL_OK;
    }

    return fail(c, x, at, "new delimiters are written as {{=<% %>=}}: two of "
                "up to 8 characters, without =");
}


static int
apply(compiler_t *c, text_t *x, xsell_mark_t *tag)
{
    int          rc;
    const char  *at;
    xsell_str_t  indent;

    at = tag->from;
    indent.p = at;
    indent.n = 0;

    if (tag->sigil && memchr("#^/!=>", tag->sigil, 6)
        && xsell_scan_alone(&x->source, tag))
    {
        indent.p = tag->from;
        indent.n = at - tag->from;
    }

    rc = put_literal(c, x, tag->from);

    if (rc != XSELL_OK) {
        return rc;
    }

    x->literal = tag->next;

    switch (tag->sigil) {

    case 0:
    case '{':
    case '&':
        return put_value(c, x, tag);

    case '#':
    case '^':
        return open_section(c, x, tag, at);

    case '/':
        return close_section(c, x, tag, at);

    case '!':
        return XSELL_OK;

    case '=':
        return set_delimiters(c, x, tag, at);

    case '>':
        if (tag->name.n && tag->name.p[0] != '*') {
            return put_partial(c, x, tag, at, indent);
        }
        /* fall through */

    default:
        return fail(c, x, at, "inheritance and dynamic names are not "
                    "supported: write the text out, or use a partial");
    }
}


static int
compile_text(compiler_t *c, text_t *x)
{
    int          rc;
    xsell_mark_t  tag;

    for ( ;; ) {
        rc = xsell_scan(&x->source, x->literal, &tag);

        if (rc == XSELL_NONE) {
            break;
        }

        rc = rc == XSELL_OK
             ? apply(c, x, &tag)
             : fail(c, x, tag.from, "the tag that begins here is not closed");

        if (rc != XSELL_OK) {
            return rc;
        }
    }

    rc = put_literal(c, x, x->source.end);

    if (rc != XSELL_OK) {
        return rc;
    }

    return c->depth > x->depth ? fail_unclosed(c, x) : XSELL_OK;
}


int
xsell_program_compile(xsell_program_t *t, const xsell_data_t *data,
    void *names, xsell_str_t name, xsell_str_t text, xsell_str_t *where,
    xsell_error_t *err)
{
    int         rc;
    text_t      x;
    compiler_t  c;

    memset(t, 0, sizeof(*t));
    memset(&c, 0, sizeof(c));
    c.t = t;
    c.data = data;
    c.names = names;
    c.where = where;
    c.err = err;
    *where = name;
    xsell_context_init(&c.html);

    memset(&x, 0, sizeof(x));
    x.name = name;
    xsell_scan_init(&x.source, text.p, text.n);
    x.literal = x.source.start;
    x.placed = x.literal;
    x.line = 1;
    x.column = 1;

    rc = compile_text(&c, &x);

    if (rc == XSELL_OK && !xsell_context_is_text(&c.html)) {
        rc = fail(&c, &x, x.source.end, "the template ends inside a tag, a "
                  "comment, a script or the like");
    }

    if (rc != XSELL_OK) {
        xsell_program_destroy(t);
    }

    return rc;
}

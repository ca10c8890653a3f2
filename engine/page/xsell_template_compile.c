
/*
 * The template compiler: Mustache text -> a flat array of operations, once,
 * when the configuration is read.  Rendering then is a loop without parsing,
 * allocation or failure (xsell_template.c).
 *
 * From Mustache (github.com/mustache/spec): variables, sections, inverted
 * sections, comments, set delimiters, and the rule that a line with nothing
 * but one of these leaves no blank line behind.  Different on purpose:
 *
 *   - an unknown name is an error, with the most similar one: here the data
 *     is known, so a missing name is a misspelt name;
 *   - {{{x}}} and {{&x}} are errors: no value of the catalogue is trusted,
 *     and how a value is escaped follows from where it stands;
 *   - a section must leave the HTML in the state in which it began, so that
 *     the place of every variable is known, whichever sections are shown.
 *
 * An interpreter over the text was not taken: it would find mistakes in
 * front of a customer.
 */

#include "xsell_page.h"

#include <stdio.h>
#include <stdlib.h>


/* an open section */

typedef struct {
    uint8_t              var;
    uint32_t             op;
    size_t               at;            /* of its tag, for errors */
    xsell_context_t      before;
} section_t;


typedef struct {
    xsell_template_t    *t;
    xsell_scanner_t      source;
    const char          *literal;       /* begin of the text not yet put */
    xsell_context_t      html;
    xsell_error_t       *err;
    uint8_t              in_items;
    uint32_t             depth;
    section_t            section[XSELL_NESTING_MAX];
} compiler_t;


static int
fail(const compiler_t *c, const char *at, const char *text)
{
    unsigned  line, column;

    xsell_scan_place(&c->source, at, &line, &column);

    return xsell_fail(c->err, XSELL_EINVAL, line, column, "%s", text);
}


/* the same about a name: cut, because it is outside text */

static int
fail_name(const compiler_t *c, const xsell_tag_t *tag, const char *text)
{
    int       n;
    unsigned  line, column;

    xsell_scan_place(&c->source, tag->from, &line, &column);
    n = tag->name.n < 40 ? (int) tag->name.n : 40;

    return xsell_fail(c->err, XSELL_EINVAL, line, column, "\"%.*s\" %s", n,
                      tag->name.p, text);
}


static xsell_op_t *
add(compiler_t *c, unsigned code)
{
    uint32_t           room;
    xsell_op_t        *op;
    xsell_template_t  *t;

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


/* the text since the last tag, up to `end` */

static int
put_literal(compiler_t *c, const char *end)
{
    xsell_op_t  *op;

    if (end <= c->literal) {
        return XSELL_OK;
    }

    xsell_context_feed(&c->html, c->literal, end - c->literal);

    op = add(c, XSELL_OP_LITERAL);

    if (op == NULL) {
        return XSELL_ENOMEM;
    }

    op->a = c->literal - c->source.start;
    op->b = end - c->literal;

    return XSELL_OK;
}


/* ---- what tags do ---- */

static int
lookup(const compiler_t *c, const xsell_tag_t *tag)
{
    int                      var;
    char                     text[160];
    unsigned                 nearest;
    const xsell_variable_t  *v;

    if (tag->name.n == 0) {
        return fail(c, tag->from, "a tag without a name");
    }

    nearest = 0;
    var = xsell_variable_find(tag->name, &nearest);

    if (var < 0) {
        v = &xsell_variables[nearest];
        snprintf(text, sizeof(text), "is no variable; did you mean \"%s\" "
                 "(%s)?", v->name, v->what);
        return fail_name(c, tag, text);
    }

    if (xsell_variables[var].of_item && !c->in_items) {
        return fail_name(c, tag, "belongs to an item: it is known only "
                         "between {{#items}} and {{/items}}");
    }

    return var;
}


static int
put_value(compiler_t *c, const xsell_tag_t *tag)
{
    int          var, how;
    xsell_op_t  *op;
    const char  *wrong;

    var = lookup(c, tag);

    if (var < 0) {
        return var;
    }

    if (xsell_variables[var].kind >= XSELL_KIND_CONDITION) {
        return fail_name(c, tag, "has no text: it opens a section, "
                         "{{#...}} and {{/...}}");
    }

    how = xsell_context_variable(&c->html, xsell_variables[var].kind, &wrong);

    if (how < 0) {
        return fail(c, tag->from, wrong);
    }

    op = add(c, XSELL_OP_VALUE);

    if (op == NULL) {
        return XSELL_ENOMEM;
    }

    op->var = var;
    op->escape = how;

    return XSELL_OK;
}


static int
open_section(compiler_t *c, const xsell_tag_t *tag, const char *at)
{
    int          var;
    xsell_op_t  *op;
    section_t   *s;

    var = lookup(c, tag);

    if (var < 0) {
        return var;
    }

    if (c->depth == XSELL_NESTING_MAX) {
        return fail(c, at, "sections are nested deeper than 16");
    }

    s = &c->section[c->depth];
    s->var = var;
    s->op = c->t->n;
    s->at = at - c->source.start;
    s->before = c->html;

    if (tag->sigil == '^') {
        op = add(c, XSELL_OP_UNLESS);

    } else if (xsell_variables[var].kind == XSELL_KIND_LIST) {
        if (c->in_items) {
            return fail_name(c, tag, "can't stand in itself");
        }

        c->in_items = 1;
        op = add(c, XSELL_OP_EACH);

    } else {
        op = add(c, XSELL_OP_IF);
    }

    if (op == NULL) {
        return XSELL_ENOMEM;
    }

    op->var = var;
    c->depth++;

    return XSELL_OK;
}


static int
fail_unclosed(const compiler_t *c)
{
    xsell_tag_t             tag;
    const section_t  *s;

    s = &c->section[c->depth - 1];
    tag.from = c->source.start + s->at;
    tag.name.p = xsell_variables[s->var].name;
    tag.name.n = strlen(tag.name.p);

    return fail_name(c, &tag, "is opened here and not closed where it should "
                     "be: {{/...}} closes the section opened last");
}


static int
close_section(compiler_t *c, const xsell_tag_t *tag, const char *at)
{
    xsell_op_t       *op;
    const section_t  *s;

    if (c->depth == 0) {
        return fail_name(c, tag, "closes a section that is not open");
    }

    s = &c->section[c->depth - 1];

    if (strlen(xsell_variables[s->var].name) != tag->name.n
        || memcmp(xsell_variables[s->var].name, tag->name.p, tag->name.n) != 0)
    {
        return fail_unclosed(c);
    }

    if (!xsell_context_join(&c->html, &s->before)) {
        return fail(c, at, "the section that ends here leaves the HTML in "
                    "another place than where it began: open and close tags, "
                    "quotes and comments on the same side of it");
    }

    if (c->t->op[s->op].code == XSELL_OP_EACH) {

        /* its second turn begins where its first ended */

        if (!xsell_context_is_text(&s->before)
            || !xsell_context_is_text(&c->html))
        {
            return fail(c, at, "{{#items}} can't stand inside a tag");
        }

        op = add(c, XSELL_OP_NEXT);

        if (op == NULL) {
            return XSELL_ENOMEM;
        }

        op->a = s->op + 1;
        c->in_items = 0;
    }

    c->t->op[s->op].a = c->t->n;
    c->depth--;

    return XSELL_OK;
}


static int
refuse(const compiler_t *c, const xsell_tag_t *tag, const char *at)
{
    switch (tag->sigil) {

    case '{':
    case '&':
        return fail(c, at, "values are always escaped, because catalogue "
                    "text is never trusted: write {{name}}");

    case '>':
        return fail(c, at, "partials are not supported: put their text "
                    "here");

    default:
        return fail(c, at, "inheritance and dynamic names are not "
                    "supported: write the text out");
    }
}


static int
apply(compiler_t *c, xsell_tag_t *tag)
{
    int          rc;
    const char  *at;

    at = tag->from;

    if (memchr("#^/!=", tag->sigil, 5) && tag->sigil) {
        xsell_scan_alone(&c->source, tag);
    }

    rc = put_literal(c, tag->from);

    if (rc != XSELL_OK) {
        return rc;
    }

    c->literal = tag->next;

    switch (tag->sigil) {

    case 0:
        return put_value(c, tag);

    case '#':
    case '^':
        return open_section(c, tag, at);

    case '/':
        return close_section(c, tag, at);

    case '!':
        return XSELL_OK;

    case '=':
        if (xsell_scan_delimiters(&c->source, tag->name) == XSELL_OK) {
            return XSELL_OK;
        }

        return fail(c, at, "new delimiters are written as {{=<% %>=}}: two "
                    "of up to 8 characters, without =");

    default:
        return refuse(c, tag, at);
    }
}


static int
compile(compiler_t *c)
{
    int    rc;
    xsell_tag_t  tag;

    for ( ;; ) {
        rc = xsell_scan(&c->source, c->literal, &tag);

        if (rc == XSELL_NONE) {
            break;
        }

        rc = rc == XSELL_OK
             ? apply(c, &tag)
             : fail(c, tag.from, "the tag that begins here is not "
                              "closed");

        if (rc != XSELL_OK) {
            return rc;
        }
    }

    rc = put_literal(c, c->source.end);

    if (rc != XSELL_OK) {
        return rc;
    }

    if (c->depth) {
        return fail_unclosed(c);
    }

    if (!xsell_context_is_text(&c->html)) {
        return fail(c, c->source.end, "the template ends inside a tag, a "
                    "comment, a script or the like");
    }

    return XSELL_OK;
}


int
xsell_template_create(xsell_template_t **t, xsell_str_t text,
    xsell_error_t *err)
{
    int         rc;
    compiler_t  c;

    *t = NULL;

    if (text.n == 0 || text.n > XSELL_TEMPLATE_MAX) {
        return xsell_fail(err, XSELL_EINVAL, 0, 0, "a template has 1 to %d "
                          "bytes, this one %zu", XSELL_TEMPLATE_MAX,
                          text.n);
    }

    memset(&c, 0, sizeof(c));
    c.err = err;
    c.t = calloc(1, sizeof(*c.t));

    if (c.t == NULL || (c.t->text = malloc(text.n)) == NULL) {
        xsell_template_destroy(c.t);
        return xsell_fail(err, XSELL_ENOMEM, 0, 0, "no memory");
    }

    memcpy(c.t->text, text.p, text.n);
    xsell_scan_init(&c.source, c.t->text, text.n);
    c.literal = c.source.start;
    xsell_context_init(&c.html);

    rc = compile(&c);

    if (rc != XSELL_OK) {
        xsell_template_destroy(c.t);

        return rc == XSELL_ENOMEM
               ? xsell_fail(err, rc, 0, 0, "no memory") : rc;
    }

    *t = c.t;

    return XSELL_OK;
}

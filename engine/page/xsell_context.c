
/*
 * Where in the HTML does a variable stand?  The compiler feeds the literal
 * text of a template through this small tokenizer and asks at each variable
 * (xsell_context_place.c): the answer chooses the escaping, or is a refusal
 * with what to do instead.  So a template can't be written unsafely, and
 * nothing is decided while a page waits.
 *
 * The states are those of the HTML standard's tokenizer that matter here.
 * The rewriter's tokenizer was not taken: it is made for speed over whole
 * pages and keeps no values of attributes.
 */

#include "xsell_context.h"


static const char *const  raw_tags[] = {
    "script", "style", "textarea", "title", "xmp", "iframe", "noembed",
    "noframes", "noscript", "plaintext", NULL
};


static int
is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}


static int
is_letter(char c)
{
    c |= 0x20;

    return c >= 'a' && c <= 'z';
}


static char
lower(char c)
{
    return (c >= 'A' && c <= 'Z') ? c | 0x20 : c;
}


/* names longer than the buffer are cut: none of ours is that long */

static void
append(char *buf, uint8_t *n, char c)
{
    if (*n < XSELL_CONTEXT_NAME) {
        buf[(*n)++] = lower(c);
    }
}


static void
value_begins(xsell_context_t *c, uint8_t state)
{
    c->attr = xsell_context_attribute(c);
    c->url = XSELL_URL_START;
    c->name_n = 0;                  /* from here on: the type */
    c->word_n = 0;                  /* from here on: the scheme */
    c->state = state;

    if (c->attr == ATTR_STYLE) {
        xsell_css_begin(c, 1);
    }

    if (c->attr == ATTR_TYPE && state == IN_BARE) {
        c->script = SCRIPT_RUNS;    /* or is it JSON?  We don't look */
    }
}


static void
value_byte(xsell_context_t *c, char ch)
{
    switch (c->attr) {

    case ATTR_URL:
        xsell_context_url(c, ch);
        break;

    case ATTR_STYLE:
        xsell_css_byte(c, ch);
        break;

    case ATTR_TYPE:
        append(c->name, &c->name_n, ch);
        break;
    }
}


static void
value_ends(xsell_context_t *c)
{
    if (c->attr == ATTR_TYPE) {
        c->script = is_name(c, "application/json")
                    || is_name(c, "application/ld+json")
                    ? SCRIPT_JSON : SCRIPT_RUNS;
    }

    c->state = IN_TAG;
}


void
xsell_context_name_ends(xsell_context_t *c)
{
    if ((c->state == IN_NAME || c->state == AFTER_NAME
         || c->state == BEFORE_VALUE)
        && is_name(c, "type") && c->script == SCRIPT_UNKNOWN)
    {
        c->script = SCRIPT_RUNS;
    }
}


static void
tag_ends(xsell_context_t *c)
{
    c->state = IN_TEXT;
    c->name_n = 0;

    if (c->end_tag || !listed(raw_tags, c->tag, c->tag_n)) {
        return;
    }

    c->state = IN_RAW;
    c->raw = RAW_CLOSED;
    c->dirty = 0;
    c->amp = 0;
    xsell_json_begin(c);            /* nothing of before counts */

    if (is_tag(c, "title") || is_tag(c, "textarea")) {
        c->raw = RAW_TEXT;

    } else if (is_tag(c, "style")) {
        c->raw = RAW_CSS;
        xsell_css_begin(c, 0);

    } else if (is_tag(c, "script") && c->script == SCRIPT_JSON) {
        c->raw = RAW_JSON;
    }
}


/* inside a tag, between attributes */

static void
in_tag(xsell_context_t *c, char ch)
{
    if (ch == '>') {
        xsell_context_name_ends(c);
        tag_ends(c);

    } else if (is_blank(ch) || ch == '/') {
        xsell_context_name_ends(c);
        c->state = IN_TAG;

    } else {
        xsell_context_name_ends(c);
        c->state = IN_NAME;
        c->name_n = 0;
        append(c->name, &c->name_n, ch);
    }
}


static void
after_lt(xsell_context_t *c, char ch)
{
    if (ch == '/' && !c->end_tag) {
        c->end_tag = 1;

    } else if (is_letter(ch)) {
        c->state = IN_TAG_NAME;
        c->script = SCRIPT_UNKNOWN;
        c->tag_n = 0;
        append(c->tag, &c->tag_n, ch);

    } else if (ch == '!' && !c->end_tag) {
        c->state = IN_BANG;
        c->name_n = 0;

    } else if (ch == '?' || c->end_tag) {
        c->state = IN_DECLARATION;      /* bogus comment: up to > */

        if (ch == '>') {
            c->state = IN_TEXT;
        }

    } else if (ch != '<') {
        c->state = IN_TEXT;
    }
}


/* <!-- or something else; then up to -->.  <![CDATA[ ends at another place in
   SVG than in HTML: refused. */

static void
in_bang(xsell_context_t *c, char ch)
{
    if (ch == '-' && ++c->name_n == 2) {
        c->state = IN_COMMENT;
        c->name_n = COMMENT_START;

    } else if (ch == '>') {
        c->state = IN_TEXT;

    } else if (ch == '[') {
        c->state = IS_BROKEN;

    } else if (ch != '-') {
        c->state = IN_DECLARATION;
    }
}


static void
in_comment(xsell_context_t *c, char ch)
{
    if (ch == '-') {
        c->name_n = c->name_n == COMMENT_START ? COMMENT_START_DASH
                    : c->name_n == COMMENT_MIDDLE
                      || c->name_n == COMMENT_BANG ? COMMENT_DASH
                    : COMMENT_DASHES;

    } else if (ch == '!' && c->name_n == COMMENT_DASHES) {
        c->name_n = COMMENT_BANG;           /* --!> ends one, too */

    } else if (ch == '>' && c->name_n >= COMMENT_DASHES) {
        c->state = IN_TEXT;

    } else {
        c->name_n = COMMENT_MIDDLE;
    }
}


/* what the element holds; < and references are what other parsers read */

static void
raw_byte(xsell_context_t *c, char ch)
{
    if (ch == '<' || (c->amp && (ch == '#' || is_letter(ch)))) {
        c->dirty = 1;
    }

    c->amp = ch == '&' && c->raw != RAW_TEXT;

    if (c->raw == RAW_CSS) {
        xsell_css_byte(c, ch);

    } else if (c->raw == RAW_JSON) {
        xsell_json_byte(c, ch);
    }
}


/*
 * name_n: how much of "</tag" has been seen.  <!-- inside a script starts
 * the standard's escaped states, in which </script> may not end it: refused.
 */

static void
in_raw(xsell_context_t *c, char ch)
{
    if (c->name_n == c->tag_n + 2 && (is_blank(ch) || ch == '/' || ch == '>'))
    {
        c->end_tag = 1;
        c->state = IN_TAG;
        in_tag(c, ch);
        return;
    }

    raw_byte(c, ch);

    if (ch == '!' && c->name_n == 1) {
        c->state = IS_BROKEN;

    } else if (ch == '<') {
        c->name_n = 1;

    } else if (c->name_n == 1 && ch == '/') {
        c->name_n = 2;

    } else if (c->name_n >= 2 && c->name_n < c->tag_n + 2
               && c->tag[c->name_n - 2] == lower(ch))
    {
        c->name_n++;

    } else {
        c->name_n = 0;
    }
}


static void
in_attribute(xsell_context_t *c, char ch)
{
    if (ch == '=') {
        c->state = BEFORE_VALUE;

    } else if (is_blank(ch)) {
        c->state = AFTER_NAME;

    } else if (ch == '>' || ch == '/' || c->state == AFTER_NAME) {
        in_tag(c, ch);

    } else {
        append(c->name, &c->name_n, ch);
    }
}


static void
before_value(xsell_context_t *c, char ch)
{
    if (ch == '"') {
        value_begins(c, IN_DOUBLE);

    } else if (ch == '\'') {
        value_begins(c, IN_SINGLE);

    } else if (ch == '>') {
        xsell_context_name_ends(c);
        tag_ends(c);

    } else if (!is_blank(ch)) {
        value_begins(c, IN_BARE);
    }
}


static void
step(xsell_context_t *c, char ch)
{
    switch (c->state) {

    case IN_TEXT:
        if (ch == '<') {
            c->state = AFTER_LT;
            c->end_tag = 0;
        }
        break;

    case AFTER_LT:
        after_lt(c, ch);
        break;

    case IN_TAG_NAME:
        if (is_blank(ch) || ch == '/' || ch == '>') {
            in_tag(c, ch);
        } else {
            append(c->tag, &c->tag_n, ch);
        }
        break;

    case IN_TAG:
        in_tag(c, ch);
        break;

    case IN_GAP:
        if (is_blank(ch) || ch == '/' || ch == '>') {
            in_tag(c, ch);
        } else {
            c->state = IS_BROKEN;
        }
        break;

    case IN_NAME:
    case AFTER_NAME:
        in_attribute(c, ch);
        break;

    case BEFORE_VALUE:
        before_value(c, ch);
        break;

    case IN_DOUBLE:
    case IN_SINGLE:
        if (ch == (c->state == IN_DOUBLE ? '"' : '\'')) {
            value_ends(c);
        } else {
            value_byte(c, ch);
        }
        break;

    case IN_BARE:
        if (is_blank(ch) || ch == '>') {
            in_tag(c, ch);
        }
        break;

    case IN_BANG:
        in_bang(c, ch);
        break;

    case IN_DECLARATION:
        if (ch == '>') {
            c->state = IN_TEXT;
        }
        break;

    case IN_COMMENT:
        in_comment(c, ch);
        break;

    case IN_RAW:
        in_raw(c, ch);
        break;
    }
}


void
xsell_context_init(xsell_context_t *c)
{
    memset(c, 0, sizeof(*c));
}


void
xsell_context_feed(xsell_context_t *c, const char *p, size_t n)
{
    size_t  i;

    for (i = 0; i < n; i++) {
        step(c, p[i]);
    }
}

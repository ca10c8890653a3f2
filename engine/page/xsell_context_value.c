
/*
 * What stands before a variable inside a value: a URL's beginning, a style, a
 * JSON text.  xsell_context.c knows where the value begins and ends.
 *
 * URL    the first variable of an address must be one (url, image, ...), and
 *        is checked when it is rendered; a later one is a part of it, if what
 *        stands before can't become a scheme.
 * CSS    a variable stands in the value of a property: as text inside a
 *        string, as an address inside url(""), or bare as a number or a word.
 *        Selectors, names, @ rules and unquoted url() are refused, and so is
 *        everything after what CSS could read in two ways (a \ outside of
 *        strings, brackets that don't match).
 * JSON   inside a string, or bare: then it brings its own quotes, but for
 *        numbers.
 *
 * A full CSS tokenizer was not taken: what is not understood here is refused,
 * and every value is written so that it is harmless even where this reading
 * and a browser's differ (xsell_escape.c).
 */

#include "xsell_page.h"


enum {
    CSS_PLAIN = 0,
    CSS_SLASH,
    CSS_COMMENT,
    CSS_STAR,               /* in a comment: may end it */
    CSS_DOUBLE,
    CSS_SINGLE,
    CSS_URL,                /* url( */
    CSS_URL_DOUBLE,
    CSS_URL_SINGLE,
    CSS_URL_BARE,           /* unquoted, or behind the quotes */
    CSS_BROKEN
};

/* flags */

#define CSS_ATTRIBUTE  1    /* of style="": declarations, no rules */
#define CSS_VALUE      2    /* behind the : of a declaration */
#define CSS_AT         4    /* between @ and { or ; */
#define CSS_LAST       8    /* a variable stood right here */

enum {
    JSON_PLAIN = 0,
    JSON_STRING
};


static int
is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}


static int
is_word(char c)
{
    return ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || (c >= '0' && c <= '9')
           || c == '-' || c == '_' || (uint8_t) c >= 0x80;
}


static int
word_is(const xsell_context_t *c, const char *word)
{
    return c->word_n == strlen(word) && memcmp(c->word, word, c->word_n) == 0;
}


static void
append_word(xsell_context_t *c, char ch)
{
    if (c->word_n < XSELL_CONTEXT_NAME) {
        c->word[c->word_n++] = ch >= 'A' && ch <= 'Z' ? ch | 0x20 : ch;
    }
}


/* ---- addresses ---- */

/* does a literal byte settle what the address is?  & may be a reference to
   any character. */

void
xsell_context_url(xsell_context_t *c, char ch)
{
    if (c->url >= XSELL_URL_SAFE) {
        return;
    }

    switch (ch) {

    case '/':
    case '?':
    case '#':
        c->url = XSELL_URL_SAFE;
        return;

    case ':':
        c->url = word_is(c, "http") || word_is(c, "https") ? XSELL_URL_SAFE
                                                           : XSELL_URL_OTHER;
        return;

    case '&':
        c->url = XSELL_URL_OTHER;
        return;
    }

    append_word(c, ch);
    c->url = XSELL_URL_UNDECIDED;
}


int
xsell_context_in_url(xsell_context_t *c, unsigned kind, const char **wrong)
{
    if (c->url == XSELL_URL_START) {
        if (kind != XSELL_KIND_URL) {
            *wrong = "an address must begin with url, image, stylesheet or "
                     "literal text such as /p/";
            return -1;
        }

        c->url = XSELL_URL_SAFE;
        return XSELL_ESCAPE_URL;
    }

    if (c->url != XSELL_URL_SAFE) {
        *wrong = "what stands before the variable could become a scheme such "
                 "as javascript: begin the address with /, http:// or "
                 "https://";
        return -1;
    }

    if (kind == XSELL_KIND_URL) {
        *wrong = "a whole address can't stand inside another one: it must "
                 "begin the attribute";
        return -1;
    }

    return XSELL_ESCAPE_PART;
}


/* ---- CSS ---- */

void
xsell_css_begin(xsell_context_t *c, int attribute)
{
    c->inner = CSS_PLAIN;
    c->escape = 0;
    c->parens = 0;
    c->braces = 0;
    c->flags = attribute ? CSS_ATTRIBUTE : 0;
    c->url = XSELL_URL_START;
    c->word_n = 0;
}


static void
css_bracket(xsell_context_t *c, char ch)
{
    c->inner = CSS_PLAIN;

    if (ch == '(') {
        if (c->flags & CSS_LAST || c->parens == 255) {
            c->inner = CSS_BROKEN;

        } else if (word_is(c, "url")) {
            c->inner = CSS_URL;
            c->url = XSELL_URL_START;
            c->word_n = 0;

        } else {
            c->parens++;
        }

        return;
    }

    if (ch == ')') {
        if (c->parens) {
            c->parens--;

        } else {
            c->inner = CSS_BROKEN;
        }

        return;
    }

    /* { } ; end what was before */

    if (c->parens || (ch == '{' && (c->flags & CSS_ATTRIBUTE
                                    || c->braces == 255))
        || (ch == '}' && c->braces == 0))
    {
        c->inner = CSS_BROKEN;
        return;
    }

    c->braces += (ch == '{') - (ch == '}');
    c->flags &= CSS_ATTRIBUTE;
}


static void
css_plain(xsell_context_t *c, char ch)
{
    switch (ch) {

    case '"':
        c->inner = CSS_DOUBLE;
        break;

    case '\'':
        c->inner = CSS_SINGLE;
        break;

    case '/':
        c->inner = CSS_SLASH;
        break;

    case '\\':
        c->inner = CSS_BROKEN;
        break;

    case '(':
    case ')':
    case '{':
    case '}':
    case ';':
        css_bracket(c, ch);
        break;

    case ':':
        c->flags |= c->flags & CSS_AT ? 0 : CSS_VALUE;
        break;

    case '@':
        c->flags |= c->flags & CSS_VALUE ? 0 : CSS_AT;
        break;
    }

    c->flags &= ~CSS_LAST;

    if (is_word(ch)) {
        append_word(c, ch);

    } else {
        c->word_n = 0;
    }
}


static void
css_string(xsell_context_t *c, char ch)
{
    if (c->escape) {
        c->escape = 0;

    } else if (ch == '\\') {
        c->escape = 1;

    } else if (ch == '\n' || ch == '\r' || ch == '\f') {
        c->inner = CSS_BROKEN;

    } else if (ch == (c->inner == CSS_DOUBLE ? '"' : '\'')) {
        c->inner = CSS_PLAIN;
        c->word_n = 0;
    }
}


/* between url( and ) */

static void
css_url(xsell_context_t *c, char ch)
{
    if (ch == '\\' || ch == '\n' || ch == '\r' || ch == '\f') {
        c->inner = CSS_BROKEN;
        return;
    }

    switch (c->inner) {

    case CSS_URL:
        if (ch == '"' || ch == '\'') {
            c->inner = ch == '"' ? CSS_URL_DOUBLE : CSS_URL_SINGLE;

        } else if (!is_blank(ch)) {
            c->inner = ch == ')' ? CSS_PLAIN : CSS_URL_BARE;
        }
        break;

    case CSS_URL_BARE:
        if (ch == ')') {
            c->inner = CSS_PLAIN;
        }
        break;

    default:
        if (ch == (c->inner == CSS_URL_DOUBLE ? '"' : '\'')) {
            c->inner = CSS_URL_BARE;
            c->word_n = 0;

        } else {
            xsell_context_url(c, ch);
        }
    }
}


void
xsell_css_byte(xsell_context_t *c, char ch)
{
    if (c->flags & CSS_ATTRIBUTE && ch == '&') {
        c->inner = CSS_BROKEN;              /* may be any character */
        return;
    }

    switch (c->inner) {

    case CSS_SLASH:
        if (ch == '*') {
            c->inner = CSS_COMMENT;
            return;
        }

        c->inner = CSS_PLAIN;
        css_plain(c, ch);
        return;

    case CSS_PLAIN:
        css_plain(c, ch);
        return;

    case CSS_COMMENT:
    case CSS_STAR:
        c->inner = ch == '*' ? CSS_STAR
                   : ch == '/' && c->inner == CSS_STAR ? CSS_PLAIN
                   : CSS_COMMENT;
        return;

    case CSS_DOUBLE:
    case CSS_SINGLE:
        css_string(c, ch);
        return;

    case CSS_BROKEN:
        return;

    default:
        css_url(c, ch);
    }
}


static int
css_in_value(const xsell_context_t *c)
{
    return c->flags & CSS_VALUE && (c->braces || c->flags & CSS_ATTRIBUTE);
}


int
xsell_css_variable(xsell_context_t *c, unsigned kind, const char **wrong)
{
    int  how;

    if (c->inner == CSS_BROKEN || c->inner == CSS_COMMENT
        || c->inner == CSS_STAR || c->escape)
    {
        *wrong = "the style before it is a comment or can be read in two "
                 "ways: write no \\ before a variable, no &...; in a style "
                 "attribute, no line break in a string";
        return -1;
    }

    if (!css_in_value(c)) {
        *wrong = "in a style a variable stands in the value of a property, "
                 "as in { width: {{count}}em }, not in selectors, names or "
                 "@ rules";
        return -1;
    }

    switch (c->inner) {

    case CSS_URL_DOUBLE:
    case CSS_URL_SINGLE:
        how = xsell_context_in_url(c, kind, wrong);
        return how == XSELL_ESCAPE_URL ? XSELL_ESCAPE_CSS_URL : how;

    case CSS_URL:
    case CSS_URL_BARE:
        *wrong = "an address in a style stands in quotes: url(\"{{image}}\")";
        return -1;

    case CSS_DOUBLE:
    case CSS_SINGLE:
        if (c->parens) {
            *wrong = "inside a function of a style only url(\"...\") takes a "
                     "variable in quotes";
            return -1;
        }

        return XSELL_ESCAPE_CSS_TEXT;

    default:
        c->inner = CSS_PLAIN;
        c->flags |= CSS_LAST;
        c->word_n = 0;

        return XSELL_ESCAPE_CSS_WORD;
    }
}


/* ---- JSON ---- */

void
xsell_json_begin(xsell_context_t *c)
{
    c->inner = JSON_PLAIN;
    c->escape = 0;
    c->parens = 0;
    c->braces = 0;
    c->flags = 0;
    c->url = XSELL_URL_START;
    c->word_n = 0;
}


/* escape: characters to come after a \, four more if the first is u */

void
xsell_json_byte(xsell_context_t *c, char ch)
{
    if (c->inner == JSON_PLAIN) {
        c->inner = ch == '"' ? JSON_STRING : JSON_PLAIN;

    } else if (c->escape) {
        c->escape = c->escape == 5 ? (ch == 'u' ? 4 : 0) : c->escape - 1;

    } else if (ch == '\\') {
        c->escape = 5;

    } else if (ch == '"') {
        c->inner = JSON_PLAIN;
    }
}


int
xsell_json_variable(xsell_context_t *c, unsigned kind, const char **wrong)
{
    if (c->inner == JSON_PLAIN) {
        return kind == XSELL_KIND_NUMBER ? XSELL_ESCAPE_JSON_TEXT
                                         : XSELL_ESCAPE_JSON_VALUE;
    }

    if (c->escape) {
        *wrong = "a variable can't complete a \\ of JSON";
        return -1;
    }

    return XSELL_ESCAPE_JSON_TEXT;
}

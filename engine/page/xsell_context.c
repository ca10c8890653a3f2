
/*
 * Where in the HTML does a variable stand?  The compiler feeds the literal
 * text of a template through this small tokenizer and asks at each variable:
 * the answer chooses the escaping, or is a refusal with what to do instead.
 * So a template can't be written unsafely, and nothing is decided while a
 * page waits.
 *
 * The states are those of the HTML standard's tokenizer that matter here.
 * Places that can't be made safe by escaping are refused: unquoted values,
 * event handlers, style, the names of tags and attributes, comments, and the
 * inside of elements that are not parsed as text.  (html/template of Go
 * escapes for scripts and styles as well; shops whose policy forbids inline
 * script have no use for it, and it is the part where its holes were.)
 */

#include "xsell_page.h"


enum {
    IN_TEXT = 0,
    AFTER_LT,               /* < */
    IN_TAG_NAME,
    IN_TAG,                 /* before an attribute's name */
    IN_GAP,                 /* a section about attributes ended here: only a
                               blank, / or > can follow */
    IN_NAME,                /* of an attribute */
    AFTER_NAME,
    BEFORE_VALUE,           /* = */
    IN_DOUBLE,
    IN_SINGLE,
    IN_BARE,                /* unquoted value */
    IN_BANG,                /* <! */
    IN_DECLARATION,         /* <!doctype, <?xml */
    IN_COMMENT,
    IN_RAW,                 /* script, style, ... up to its end tag */
    IS_BROKEN
};

enum {
    ATTR_PLAIN = 0,
    ATTR_URL,
    ATTR_REFUSED            /* handler, style, srcset, ... */
};

/* how far a URL attribute's value has come */

enum {
    URL_START = 0,          /* nothing yet */
    URL_UNDECIDED,          /* a relative path or a scheme */
    URL_SAFE,               /* relative, http or https */
    URL_OTHER               /* another scheme */
};


static const char *const  url_attrs[] = {
    "href", "src", "action", "formaction", "poster", "cite", "background",
    "longdesc", "xlink:href", NULL
};

static const char *const  refused_attrs[] = {
    "style", "srcset", "srcdoc", "ping", "data", "imagesrcset", NULL
};

/* their attributes load or change what the page runs */

static const char *const  refused_tags[] = {
    "script", "style", "iframe", "object", "embed", "base", "meta", NULL
};

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


static int
listed(const char *const *list, const char *p, size_t n)
{
    for ( ; *list; list++) {
        if (strlen(*list) == n && memcmp(*list, p, n) == 0) {
            return 1;
        }
    }

    return 0;
}


/* names longer than the buffer are cut: none of ours is that long */

static void
append(char *buf, uint8_t *n, char c)
{
    if (*n < 16) {
        buf[(*n)++] = lower(c);
    }
}


static uint8_t
attr_kind(const xsell_context_t *c)
{
    if (listed(refused_tags, c->tag, c->tag_n)
        || listed(refused_attrs, c->name, c->name_n)
        || (c->name_n > 2 && memcmp(c->name, "on", 2) == 0))
    {
        return ATTR_REFUSED;
    }

    return listed(url_attrs, c->name, c->name_n) ? ATTR_URL : ATTR_PLAIN;
}


static void
value_begins(xsell_context_t *c, uint8_t state)
{
    c->attr = attr_kind(c);
    c->url = URL_START;
    c->name_n = 0;                  /* from here on: the scheme */
    c->state = state;
}


/* a literal byte of a URL: does it settle what the URL is? */

static void
url_byte(xsell_context_t *c, char ch)
{
    if (c->attr != ATTR_URL || c->url >= URL_SAFE) {
        return;
    }

    if (ch == '/' || ch == '?' || ch == '#') {
        c->url = URL_SAFE;
        return;
    }

    if (ch == ':') {
        c->url = ((c->name_n == 4 && memcmp(c->name, "http", 4) == 0)
                  || (c->name_n == 5 && memcmp(c->name, "https", 5) == 0))
                 ? URL_SAFE : URL_OTHER;
        return;
    }

    append(c->name, &c->name_n, ch);
    c->url = URL_UNDECIDED;
}


static void
tag_ends(xsell_context_t *c)
{
    c->state = IN_TEXT;
    c->name_n = 0;

    if (!c->end_tag && listed(raw_tags, c->tag, c->tag_n)) {
        c->state = IN_RAW;
    }
}


/* inside a tag, between attributes */

static void
in_tag(xsell_context_t *c, char ch)
{
    if (ch == '>') {
        tag_ends(c);

    } else if (is_blank(ch) || ch == '/') {
        c->state = IN_TAG;

    } else {
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


/* <!-- or something else; then up to --> */

static void
in_bang(xsell_context_t *c, char ch)
{
    if (ch == '-' && ++c->name_n == 2) {
        c->state = IN_COMMENT;              /* name_n 2: <!--> is one */

    } else if (ch == '>') {
        c->state = IN_TEXT;

    } else if (ch != '-') {
        c->state = IN_DECLARATION;
    }
}


static void
in_comment(xsell_context_t *c, char ch)
{
    if (ch == '-') {
        c->name_n = c->name_n == 1 || c->name_n == 2 ? 2 : 1;

    } else if (ch == '!' && c->name_n == 2) {
        c->name_n = 3;                      /* --!> ends one, too */

    } else if (ch == '>' && c->name_n >= 2) {
        c->state = IN_TEXT;

    } else {
        c->name_n = 0;
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
            c->state = IN_TAG;
        } else {
            url_byte(c, ch);
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


static const char *
refusal(const xsell_context_t *c)
{
    switch (c->state) {

    case AFTER_LT:
    case IN_TAG_NAME:
        return "the name of a tag can't come from a variable: write it out, "
               "or use a section";

    case IN_TAG:
    case IN_GAP:
    case IN_NAME:
    case AFTER_NAME:
        return "the name of an attribute can't come from a variable: write "
               "it out, or use a section";

    case BEFORE_VALUE:
    case IN_BARE:
        return "the value of the attribute is not quoted: write it as "
               "name=\"{{...}}\"";

    case IN_RAW:
        return "a variable can't be made safe inside script, style, "
               "textarea, title and the like: put it into an attribute "
               "such as data-title=\"{{...}}\"";

    case IS_BROKEN:
        return "the markup before it is ambiguous: a section about "
               "attributes must be followed by a blank or the end of the "
               "tag, and a script can't contain <!";

    default:
        return "a variable inside a comment or a declaration is not shown: "
               "remove it, or write {{! ... }} around the comment";
    }
}


int
xsell_context_variable(xsell_context_t *c, unsigned kind, const char **wrong)
{
    if (c->state == IN_TEXT) {
        return XSELL_ESCAPE_HTML;
    }

    if (c->state != IN_DOUBLE && c->state != IN_SINGLE) {
        *wrong = refusal(c);
        return -1;
    }

    if (c->attr == ATTR_REFUSED) {
        *wrong = "this attribute can't take a variable safely (event "
                 "handlers, style, srcset, and what script, style, iframe, "
                 "object, embed, base and meta take): use a class or a "
                 "data- attribute";
        return -1;
    }

    if (c->attr == ATTR_PLAIN) {
        return XSELL_ESCAPE_HTML;
    }

    if (c->url == URL_START) {
        if (kind != XSELL_KIND_URL) {
            *wrong = "an address must begin with url, image, stylesheet or "
                     "literal text such as /p/";
            return -1;
        }

        c->url = URL_SAFE;
        return XSELL_ESCAPE_URL;
    }

    if (c->url != URL_SAFE) {
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


static int
is_between_attributes(const xsell_context_t *c)
{
    return c->state == IN_TAG_NAME || c->state == IN_TAG
           || c->state == IN_GAP || c->state == IN_NAME
           || c->state == AFTER_NAME;
}


int
xsell_context_join(xsell_context_t *c, const xsell_context_t *other)
{
    if (c->state == IN_TEXT && other->state == IN_TEXT) {
        return 1;
    }

    if (c->tag_n != other->tag_n || memcmp(c->tag, other->tag, c->tag_n) != 0)
    {
        return 0;
    }

    /* <li{{#first}} class="xs-first"{{/first}}> */

    if (is_between_attributes(c) && is_between_attributes(other)) {
        if (c->state != IN_TAG || other->state != IN_TAG) {
            c->state = IN_GAP;
        }

        return c->end_tag == other->end_tag;
    }

    if (c->state != other->state) {
        return 0;
    }

    switch (c->state) {

    case IN_DOUBLE:
    case IN_SINGLE:
        return c->attr == other->attr
               && (c->attr != ATTR_URL
                   || (c->url == other->url && c->url != URL_UNDECIDED));

    case IN_RAW:
        return c->name_n == other->name_n;

    default:
        return 0;
    }
}


int
xsell_context_is_text(const xsell_context_t *c)
{
    return c->state == IN_TEXT;
}

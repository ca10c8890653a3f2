
/*
 * Where in the HTML does a variable stand?  The compiler feeds the literal
 * text of a template through this small tokenizer and asks at each variable:
 * the answer chooses the escaping, or is a refusal with what to do instead.
 * So a template can't be written unsafely, and nothing is decided while a
 * page waits.
 *
 *   text, <title>, <textarea>      references for & < > " '
 *   a quoted attribute             the same
 *   href, src, action, ...         http, https or relative; else about:invalid
 *   style="", <style>              xsell_context_value.c
 *   <script type=application/json> xsell_context_value.c; also ld+json
 *
 * The states are those of the HTML standard's tokenizer that matter here.
 * Places that can't be made safe by escaping are refused: unquoted values,
 * names of tags and attributes, comments, scripts, event handlers, attributes
 * that frameworks run, that load or hold documents, or that say what another
 * attribute means.
 *
 * Other parsers may read the same text otherwise: in SVG no element is raw, in
 * <select> hardly any is.  So where a raw element takes variables, no < and no
 * reference may stand before one; then both readings agree.
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
    ATTR_STYLE,
    ATTR_TYPE,              /* the first type= of a script */
    ATTR_REFUSED
};

enum {
    RAW_CLOSED = 0,         /* no variable */
    RAW_TEXT,               /* <title>, <textarea> */
    RAW_CSS,
    RAW_JSON
};

enum {
    SCRIPT_UNKNOWN = 0,     /* no type seen */
    SCRIPT_RUNS,
    SCRIPT_JSON
};

/* in IN_COMMENT, name_n: how much of its end has been seen */

enum {
    COMMENT_MIDDLE = 0,
    COMMENT_DASH,
    COMMENT_DASHES,         /* -- */
    COMMENT_BANG,           /* --! */
    COMMENT_START,          /* <!-- */
    COMMENT_START_DASH      /* <!--- */
};


static const char *const  url_attrs[] = {
    "href", "src", "action", "formaction", "poster", "cite", "background",
    "longdesc", "xlink:href", "icon", "manifest", "lowsrc", "dynsrc", NULL
};

static const char *const  refused_attrs[] = {
    "srcset", "srcdoc", "ping", "data", "imagesrcset", "target", "rel",
    "http-equiv", "is", "nonce", "integrity", "sandbox", "code", "codebase",
    "archive", "classid", "profile", "attributionsrc", "shadowrootmode", NULL
};

/* what frameworks take for code: Vue, Alpine, Angular, htmx */

static const char *const  refused_prefixes[] = {
    "on", "@", ":", "#", "*", "[", "(", "v-", "x-", "ng-", "hx-", "data-ng-",
    "data-hx-", "data-x-", "data-v-", NULL
};

/* their attributes load or change what the page runs, or (SVG's animations)
   other attributes */

static const char *const  refused_tags[] = {
    "script", "style", "iframe", "object", "embed", "base", "meta", "applet",
    "frame", "frameset", "param", "portal", "fencedframe", "set", "animate",
    "animatemotion", "animatetransform", "handler", "listener", NULL
};

/* but for these, which mean nothing to a browser */

static const char *const  harmless_attrs[] = {
    "id", "class", "lang", "dir", "title", NULL
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
    if (*n < XSELL_CONTEXT_NAME) {
        buf[(*n)++] = lower(c);
    }
}


static int
begins(const char *const *list, const char *p, size_t n)
{
    for ( ; *list; list++) {
        if (n >= strlen(*list) && memcmp(*list, p, strlen(*list)) == 0) {
            return 1;
        }
    }

    return 0;
}


static int
is_tag(const xsell_context_t *c, const char *name)
{
    return c->tag_n == strlen(name) && memcmp(c->tag, name, c->tag_n) == 0;
}


static int
is_name(const xsell_context_t *c, const char *name)
{
    return c->name_n == strlen(name) && memcmp(c->name, name, c->name_n) == 0;
}


static uint8_t
attr_kind(const xsell_context_t *c)
{
    static const char *const  data[] = { "data-", "aria-", NULL };

    if (begins(refused_prefixes, c->name, c->name_n)
        || listed(refused_attrs, c->name, c->name_n))
    {
        return ATTR_REFUSED;
    }

    if (is_tag(c, "script") && is_name(c, "type")
        && c->script == SCRIPT_UNKNOWN)
    {
        return ATTR_TYPE;
    }

    if (listed(refused_tags, c->tag, c->tag_n)
        && !listed(harmless_attrs, c->name, c->name_n)
        && !begins(data, c->name, c->name_n))
    {
        return ATTR_REFUSED;
    }

    if (is_name(c, "style")) {
        return ATTR_STYLE;
    }

    return listed(url_attrs, c->name, c->name_n) ? ATTR_URL : ATTR_PLAIN;
}


static void
value_begins(xsell_context_t *c, uint8_t state)
{
    c->attr = attr_kind(c);
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


/* an attribute without a value */

static void
name_ends(xsell_context_t *c)
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
        name_ends(c);
        tag_ends(c);

    } else if (is_blank(ch) || ch == '/') {
        name_ends(c);
        c->state = IN_TAG;

    } else {
        name_ends(c);
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
        name_ends(c);
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


/* ---- variables ---- */

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
        return is_tag(c, "script")
               ? "a variable can't be made safe in a script: put it into a "
                 "<script type=\"application/json\"> or an attribute such as "
                 "data-title=\"{{...}}\""
               : "a variable can't be made safe inside iframe, noscript, xmp "
                 "and the like: put it into an attribute such as "
                 "data-title=\"{{...}}\"";

    case IS_BROKEN:
        return "the markup before it is ambiguous: a section about "
               "attributes must be followed by a blank or the end of the "
               "tag, a script can't contain <!, and there is no <![CDATA[";

    default:
        return "a variable inside a comment or a declaration is not shown: "
               "remove it, or write {{! ... }} around the comment";
    }
}


static int
raw_variable(xsell_context_t *c, unsigned kind, const char **wrong)
{
    if (c->raw == RAW_CLOSED) {
        *wrong = refusal(c);
        return -1;
    }

    if (c->dirty || c->amp) {
        *wrong = "what stands before it in this element reads as markup in "
                 "some places: write no < and no &...; before a variable "
                 "in a style, JSON, title or textarea";
        return -1;
    }

    switch (c->raw) {

    case RAW_CSS:
        return xsell_css_variable(c, kind, wrong);

    case RAW_JSON:
        return xsell_json_variable(c, kind, wrong);

    default:
        return XSELL_ESCAPE_HTML;
    }
}


int
xsell_context_variable(xsell_context_t *c, unsigned kind, const char **wrong)
{
    if (c->state == IN_TEXT) {
        return XSELL_ESCAPE_HTML;
    }

    if (c->state == IN_RAW) {
        return raw_variable(c, kind, wrong);
    }

    if (c->state != IN_DOUBLE && c->state != IN_SINGLE) {
        *wrong = refusal(c);
        return -1;
    }

    switch (c->attr) {

    case ATTR_URL:
        return xsell_context_in_url(c, kind, wrong);

    case ATTR_STYLE:
        return xsell_css_variable(c, kind, wrong);

    case ATTR_PLAIN:
        return XSELL_ESCAPE_HTML;

    default:
        *wrong = "this attribute can't take a variable safely (event "
                 "handlers, what frameworks run, srcset, target, rel, and "
                 "what script, style, iframe, object, base, meta and SVG's "
                 "animations take): use a class or a data- attribute";
        return -1;
    }
}


/* ---- sections ---- */

static int
is_between_attributes(const xsell_context_t *c)
{
    return c->state == IN_TAG_NAME || c->state == IN_TAG
           || c->state == IN_GAP || c->state == IN_NAME
           || c->state == AFTER_NAME;
}


/* all that counts in CSS and JSON */

static int
inner_same(const xsell_context_t *c, const xsell_context_t *other)
{
    return c->inner == other->inner && c->escape == other->escape
           && c->parens == other->parens && c->braces == other->braces
           && c->flags == other->flags && c->url == other->url
           && c->url != XSELL_URL_UNDECIDED && c->word_n == other->word_n
           && memcmp(c->word, other->word, c->word_n) == 0;
}


static int
value_same(const xsell_context_t *c, const xsell_context_t *other)
{
    if (c->attr != other->attr) {
        return 0;
    }

    switch (c->attr) {

    case ATTR_URL:
        return c->url == other->url && c->url != XSELL_URL_UNDECIDED;

    case ATTR_STYLE:
        return inner_same(c, other);

    case ATTR_TYPE:
        return c->name_n == other->name_n
               && memcmp(c->name, other->name, c->name_n) == 0;

    default:
        return 1;
    }
}


int
xsell_context_join(xsell_context_t *c, const xsell_context_t *other)
{
    if (c->state == IN_TEXT && other->state == IN_TEXT) {
        return 1;
    }

    if (c->tag_n != other->tag_n || memcmp(c->tag, other->tag, c->tag_n) != 0
        || c->script != other->script)
    {
        return 0;
    }

    /* <li{{#first}} class="xs-first"{{/first}}> */

    if (is_between_attributes(c) && is_between_attributes(other)) {
        if (c->state != IN_TAG || other->state != IN_TAG) {

            /* the last name may be that of a type without a value */

            name_ends(c);
            c->state = IN_GAP;
        }

        return c->end_tag == other->end_tag && c->script == other->script;
    }

    if (c->state != other->state) {
        return 0;
    }

    switch (c->state) {

    case IN_DOUBLE:
    case IN_SINGLE:
        return value_same(c, other);

    case IN_RAW:
        c->dirty |= other->dirty;
        c->amp |= other->amp;

        return c->name_n == other->name_n && c->raw == other->raw
               && inner_same(c, other);

    default:
        return 0;
    }
}


int
xsell_context_loop(const xsell_context_t *c)
{
    return c->state == IN_TEXT || c->state == IN_RAW || c->state == IN_DOUBLE
           || c->state == IN_SINGLE;
}


int
xsell_context_is_text(const xsell_context_t *c)
{
    return c->state == IN_TEXT;
}

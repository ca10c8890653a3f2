
/*
 * What may stand in which place of the HTML, and how it is escaped there.
 *
 *   text, <title>, <textarea>      references for & < > " '
 *   a quoted attribute             the same
 *   href, src, action, ...         http, https or relative; else about:invalid
 *   style="", <style>              xsell_context_value.c
 *   <script type=application/json> xsell_context_value.c; also ld+json
 *
 * Places that can't be made safe by escaping are refused: unquoted values,
 * names of tags and attributes, comments, scripts, event handlers, attributes
 * that frameworks run, that load or hold documents, or that say what another
 * attribute means.
 *
 * Other parsers may read the same text otherwise: in SVG no element is raw, in
 * <select> hardly any is.  So where a raw element takes variables, no < and no
 * reference may stand before one; then both readings agree.
 */

#include "xsell_context.h"


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


uint8_t
xsell_context_attribute(const xsell_context_t *c)
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

            xsell_context_name_ends(c);
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


/* its second turn begins where its first ended: not between attributes, nor
   behind a < that its variables must not follow */

int
xsell_context_loop(const xsell_context_t *c, const xsell_context_t *before)
{
    if (c->state == IN_RAW && c->raw != RAW_CLOSED) {
        return c->dirty == before->dirty && c->amp == before->amp;
    }

    return c->state == IN_TEXT || c->state == IN_RAW || c->state == IN_DOUBLE
           || c->state == IN_SINGLE;
}


int
xsell_context_is_text(const xsell_context_t *c)
{
    return c->state == IN_TEXT;
}

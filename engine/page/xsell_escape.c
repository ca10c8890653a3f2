
/*
 * Escaping: the last thing that happens to a value before it enters the
 * page.  Catalogue text is hostile: whatever the template's author forgets,
 * the compiler (xsell_context.c) has chosen one of the ways below by where
 * the variable stands, so no value can leave its place.
 *
 * HTML    text and quoted attributes get the same treatment, & < > " and '
 *         become references; a table of two would be one chance more to pick
 *         the wrong one.  Bytes that are not UTF-8, C0 controls, and U+FFFE
 *         and U+FFFF become U+FFFD, so the fragment is well-formed XML too.
 *         The bidirectional embeddings, overrides and isolates (U+202A to
 *         U+202E, U+2066 to U+2069) are dropped: one of them left open in a
 *         title would turn round the rest of the card.  Wrapping such text in
 *         isolates instead would keep them, but an override inside still
 *         shows a title backwards, and the templates say dir="auto".
 * URL     relative, http and https only; anything else becomes
 *         about:invalid, which neither loads nor navigates.  Bytes that have
 *         no place in a URL are percent-encoded, those above 0x7f included:
 *         then the page's charset does not matter.
 * PART    a value inside a URL: all but unreserved characters encoded.
 * CSS     inside a string all but letters, digits and a few become \HEX; a
 *         whole URL in url("") as above, with what CSS or HTML would read
 *         encoded, too; a bare word is written only if it is made of letters,
 *         digits, blanks and .,%#_-, else nothing is.
 * JSON    \u00XX for what leaves a string and for < > & ', so that neither
 *         the script element nor an attribute can be left; U+2028 and U+2029,
 *         which end a line in JavaScript, too.
 *
 * None of the CSS and JSON forms has a byte that HTML reads as markup or as a
 * reference, so they are safe in an attribute, in a raw element, and in
 * foreign content (SVG), where the same element is not raw.
 */

#include "xsell_page.h"

#include <strings.h>


/* where a byte may stand as it is, a bit per way; no bit from 0x80 on */

#define HTML      1
#define URL       2
#define PART      4             /* unreserved in RFC 3986 */
#define CSS_URL   8
#define CSS_TEXT  16
#define JSON      32

#define WORD      (HTML | URL | PART | CSS_URL | CSS_TEXT | JSON)
#define RESERVED  (HTML | URL | CSS_URL | JSON)

static const uint8_t  keeps[256] = {
    ['\t'] = HTML, ['\n'] = HTML, ['\r'] = HTML,
    [' '] = HTML | CSS_TEXT | JSON,
    ['!'] = RESERVED, ['#'] = RESERVED, ['$'] = RESERVED, ['%'] = RESERVED,
    ['('] = HTML | URL | JSON, [')'] = HTML | URL | JSON,
    ['*'] = RESERVED, ['+'] = RESERVED, [','] = RESERVED | CSS_TEXT,
    ['-'] = WORD, ['.'] = WORD, ['/'] = RESERVED, ['0' ... '9'] = WORD,
    [':'] = RESERVED, [';'] = RESERVED, ['='] = RESERVED, ['?'] = RESERVED,
    ['@'] = RESERVED, ['A' ... 'Z'] = WORD, ['['] = RESERVED,
    ['\\'] = HTML, [']'] = RESERVED, ['^'] = HTML | JSON, ['_'] = WORD,
    ['`'] = HTML | JSON, ['a' ... 'z'] = WORD, ['{' ... '}'] = HTML | JSON,
    ['~'] = RESERVED | PART, [0x7f] = HTML
};


/* writes what may stand as it is, returns where it ends */

static const uint8_t *
put_kept(xsell_out_t *o, const uint8_t *p, const uint8_t *end, uint8_t way)
{
    const uint8_t  *from;

    from = p;

    while (end - p >= 4
           && (keeps[p[0]] & keeps[p[1]] & keeps[p[2]] & keeps[p[3]] & way))
    {
        p += 4;
    }

    while (p < end && (keeps[*p] & way)) {
        p++;
    }

    if (p > from) {
        xsell_out_put(o, (const char *) from, p - from);
    }

    return p;
}


size_t
xsell_utf8_sequence(const uint8_t *p, const uint8_t *end, uint32_t *cp)
{
    size_t    len, i;
    uint32_t  c, least;

    if (p[0] >= 0xc2 && p[0] <= 0xdf) {
        len = 2;
        c = p[0] & 0x1f;
        least = 0x80;

    } else if ((p[0] & 0xf0) == 0xe0) {
        len = 3;
        c = p[0] & 0x0f;
        least = 0x800;

    } else if (p[0] >= 0xf0 && p[0] <= 0xf4) {
        len = 4;
        c = p[0] & 0x07;
        least = 0x10000;

    } else {
        return 0;
    }

    if ((size_t) (end - p) < len) {
        return 0;
    }

    for (i = 1; i < len; i++) {
        if ((p[i] & 0xc0) != 0x80) {
            return 0;
        }

        c = c << 6 | (p[i] & 0x3f);
    }

    if (c < least || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff)) {
        return 0;
    }

    *cp = c;

    return len;
}


size_t
xsell_utf8_valid(xsell_str_t text)
{
    size_t          len;
    uint32_t        cp;
    const uint8_t  *p, *end;

    p = (const uint8_t *) text.p;
    end = p + text.n;

    while (p < end) {
        len = *p < 0x80 ? 1 : xsell_utf8_sequence(p, end, &cp);

        if (len == 0) {
            break;
        }

        p += len;
    }

    return p - (const uint8_t *) text.p;
}


static void
put_reference(xsell_out_t *o, uint8_t c)
{
    switch (c) {

    case '&':
        xsell_out_put(o, "&amp;", 5);
        return;

    case '<':
        xsell_out_put(o, "&lt;", 4);
        return;

    case '>':
        xsell_out_put(o, "&gt;", 4);
        return;

    case '"':
        xsell_out_put(o, "&quot;", 6);
        return;

    default:
        xsell_out_put(o, "&#39;", 5);
    }
}


/* a byte above 0x7f and what belongs to it; returns what was taken */

static size_t
put_sequence(xsell_out_t *o, const uint8_t *p, const uint8_t *end)
{
    size_t    len;
    uint32_t  cp;

    len = xsell_utf8_sequence(p, end, &cp);

    if (len == 0) {
        xsell_out_put(o, "\xef\xbf\xbd", 3);
        return 1;
    }

    if ((cp >= 0x202a && cp <= 0x202e) || (cp >= 0x2066 && cp <= 0x2069)) {
        return len;
    }

    if (cp == 0xfffe || cp == 0xffff) {
        xsell_out_put(o, "\xef\xbf\xbd", 3);
        return len;
    }

    xsell_out_put(o, (const char *) p, len);

    return len;
}


static void
escape_html(xsell_out_t *o, xsell_str_t v)
{
    const uint8_t  *p, *end;

    p = (const uint8_t *) v.p;
    end = p + v.n;

    while ((p = put_kept(o, p, end, HTML)) < end) {

        if (*p >= 0x80) {
            p += put_sequence(o, p, end);

        } else if (*p < ' ') {
            xsell_out_put(o, "\xef\xbf\xbd", 3);
            p++;

        } else {
            put_reference(o, *p++);
        }
    }
}


static const char  digits[] = "0123456789ABCDEF";


static void
escape_percent(xsell_out_t *o, xsell_str_t v, uint8_t way)
{
    char            hex[3];
    uint8_t         c;
    const uint8_t  *p, *end;

    p = (const uint8_t *) v.p;
    end = p + v.n;

    while ((p = put_kept(o, p, end, way)) < end) {
        c = *p++;

        if (way == URL && (c == '&' || c == '\'')) {
            put_reference(o, c);
            continue;
        }

        if (way == CSS_URL && c == '&') {
            xsell_out_put(o, "\\26 ", 4);
            continue;
        }

        hex[0] = '%';
        hex[1] = digits[c >> 4];
        hex[2] = digits[c & 15];
        xsell_out_put(o, hex, 3);
    }
}


xsell_str_t
xsell_url_trim(xsell_str_t url)
{
    while (url.n && (uint8_t) url.p[0] <= ' ') {
        url.p++;
        url.n--;
    }

    while (url.n && (uint8_t) url.p[url.n - 1] <= ' ') {
        url.n--;
    }

    return url;
}


/*
 * A scheme is a letter and then letters, digits, + - or . before a colon.
 * Browsers drop tabs and newlines inside a URL ("java\nscript:"); they are
 * percent-encoded here, which ends the scheme, so that needs no care.
 */

int
xsell_url_safe(xsell_str_t url)
{
    char    c;
    size_t  i;

    url = xsell_url_trim(url);

    for (i = 0; i < url.n; i++) {
        c = url.p[i] | 0x20;

        if (c >= 'a' && c <= 'z') {
            continue;
        }

        c = url.p[i];

        if (i > 0 && ((c >= '0' && c <= '9') || c == '+' || c == '-'
                      || c == '.'))
        {
            continue;
        }

        break;
    }

    if (i == 0 || i == url.n || url.p[i] != ':') {
        return url.n > 0 && url.p[0] != ':';
    }

    return (i == 4 && strncasecmp(url.p, "http", 4) == 0)
           || (i == 5 && strncasecmp(url.p, "https", 5) == 0);
}


/* ---- CSS and JSON ---- */

/* \HEX and a blank, which belongs to it; or \u00HEX */

static void
put_code(xsell_out_t *o, uint8_t c, int css)
{
    char  hex[6];

    if (css && c < ' ' && c != '\t' && c != '\n' && c != '\r') {
        xsell_out_put(o, "\xef\xbf\xbd", 3);
        return;
    }

    if (css) {
        hex[0] = '\\';
        hex[1] = digits[c >> 4];
        hex[2] = digits[c & 15];
        hex[3] = ' ';
        xsell_out_put(o, hex, 4);
        return;
    }

    memcpy(hex, "\\u00", 4);
    hex[4] = digits[c >> 4];
    hex[5] = digits[c & 15];
    xsell_out_put(o, hex, 6);
}


static void
escape_text(xsell_out_t *o, xsell_str_t v, uint8_t way)
{
    const char     *separator;
    const uint8_t  *p, *end;

    p = (const uint8_t *) v.p;
    end = p + v.n;

    while ((p = put_kept(o, p, end, way)) < end) {

        if (*p < 0x80) {
            put_code(o, *p++, way == CSS_TEXT);

        } else if (end - p >= 3 && memcmp(p, "\xe2\x80", 2) == 0
                   && (p[2] == 0xa8 || p[2] == 0xa9))
        {
            separator = p[2] == 0xa8 ? "\\u2028\\2028 " : "\\u2029\\2029 ";
            xsell_out_put(o, separator + (way == CSS_TEXT ? 6 : 0), 6);
            p += 3;

        } else {
            p += put_sequence(o, p, end);
        }
    }
}


static void
escape_word(xsell_out_t *o, xsell_str_t v)
{
    size_t   i;
    uint8_t  c;

    for (i = 0; i < v.n; i++) {
        c = v.p[i];

        if (!(keeps[c] & CSS_TEXT) && c != '%' && c != '#') {
            return;
        }
    }

    xsell_out_put(o, v.p, v.n);
}


void
xsell_escape(xsell_out_t *o, unsigned how, xsell_str_t v)
{
    switch (how) {

    case XSELL_ESCAPE_URL:
    case XSELL_ESCAPE_CSS_URL:

        if (!xsell_url_safe(v)) {
            xsell_out_put(o, "about:invalid", 13);
            return;
        }

        escape_percent(o, xsell_url_trim(v),
                       how == XSELL_ESCAPE_URL ? URL : CSS_URL);
        return;

    case XSELL_ESCAPE_PART:
        escape_percent(o, v, PART);
        return;

    case XSELL_ESCAPE_CSS_TEXT:
        escape_text(o, v, CSS_TEXT);
        return;

    case XSELL_ESCAPE_CSS_WORD:
        escape_word(o, v);
        return;

    case XSELL_ESCAPE_JSON_TEXT:
        escape_text(o, v, JSON);
        return;

    case XSELL_ESCAPE_JSON_VALUE:
        xsell_out_put(o, "\"", 1);
        escape_text(o, v, JSON);
        xsell_out_put(o, "\"", 1);
        return;

    default:
        escape_html(o, v);
    }
}


/*
 * xsell_attribute.c: the values of attributes that somebody wants, as browsers
 * read them: character references decoded, line ends normalized.
 *
 * Of the 2,231 names of characters those are known that stand in the values
 * of class, id, href and the like: the 106 that need no semicolon, and a few
 * more.  Another name stays as it is written, so that a selector which needs
 * it does not match.  Of a value the first XSELL_VALUE_MAX bytes are kept; if
 * a place hangs on the rest of one, it is refused.
 */

#include "xsell_tokenizer.h"


typedef struct {
    const char  *name;
    uint16_t     code;
    uint16_t     bare;                  /* needs no semicolon */
} xsell_entity_t;


static const xsell_entity_t  xsell_entities[] = {
    { "AElig", 198, 1 }, { "AMP", 38, 1 }, { "Aacute", 193, 1 },
    { "Acirc", 194, 1 }, { "Agrave", 192, 1 }, { "Aring", 197, 1 },
    { "Atilde", 195, 1 }, { "Auml", 196, 1 }, { "COPY", 169, 1 },
    { "Ccedil", 199, 1 }, { "ETH", 208, 1 }, { "Eacute", 201, 1 },
    { "Ecirc", 202, 1 }, { "Egrave", 200, 1 }, { "Euml", 203, 1 },
    { "GT", 62, 1 }, { "Iacute", 205, 1 }, { "Icirc", 206, 1 },
    { "Igrave", 204, 1 }, { "Iuml", 207, 1 }, { "LT", 60, 1 },
    { "Ntilde", 209, 1 }, { "Oacute", 211, 1 }, { "Ocirc", 212, 1 },
    { "Ograve", 210, 1 }, { "Oslash", 216, 1 }, { "Otilde", 213, 1 },
    { "Ouml", 214, 1 }, { "QUOT", 34, 1 }, { "REG", 174, 1 },
    { "THORN", 222, 1 }, { "Uacute", 218, 1 }, { "Ucirc", 219, 1 },
    { "Ugrave", 217, 1 }, { "Uuml", 220, 1 }, { "Yacute", 221, 1 },
    { "aacute", 225, 1 }, { "acirc", 226, 1 }, { "acute", 180, 1 },
    { "aelig", 230, 1 }, { "agrave", 224, 1 }, { "amp", 38, 1 },
    { "aring", 229, 1 }, { "atilde", 227, 1 }, { "auml", 228, 1 },
    { "brvbar", 166, 1 }, { "ccedil", 231, 1 }, { "cedil", 184, 1 },
    { "cent", 162, 1 }, { "copy", 169, 1 }, { "curren", 164, 1 },
    { "deg", 176, 1 }, { "divide", 247, 1 }, { "eacute", 233, 1 },
    { "ecirc", 234, 1 }, { "egrave", 232, 1 }, { "eth", 240, 1 },
    { "euml", 235, 1 }, { "frac12", 189, 1 }, { "frac14", 188, 1 },
    { "frac34", 190, 1 }, { "gt", 62, 1 }, { "iacute", 237, 1 },
    { "icirc", 238, 1 }, { "iexcl", 161, 1 }, { "igrave", 236, 1 },
    { "iquest", 191, 1 }, { "iuml", 239, 1 }, { "laquo", 171, 1 },
    { "lt", 60, 1 }, { "macr", 175, 1 }, { "micro", 181, 1 },
    { "middot", 183, 1 }, { "nbsp", 160, 1 }, { "not", 172, 1 },
    { "ntilde", 241, 1 }, { "oacute", 243, 1 }, { "ocirc", 244, 1 },
    { "ograve", 242, 1 }, { "ordf", 170, 1 }, { "ordm", 186, 1 },
    { "oslash", 248, 1 }, { "otilde", 245, 1 }, { "ouml", 246, 1 },
    { "para", 182, 1 }, { "plusmn", 177, 1 }, { "pound", 163, 1 },
    { "quot", 34, 1 }, { "raquo", 187, 1 }, { "reg", 174, 1 },
    { "sect", 167, 1 }, { "shy", 173, 1 }, { "sup1", 185, 1 },
    { "sup2", 178, 1 }, { "sup3", 179, 1 }, { "szlig", 223, 1 },
    { "thorn", 254, 1 }, { "times", 215, 1 }, { "uacute", 250, 1 },
    { "ucirc", 251, 1 }, { "ugrave", 249, 1 }, { "uml", 168, 1 },
    { "uuml", 252, 1 }, { "yacute", 253, 1 }, { "yen", 165, 1 },
    { "yuml", 255, 1 },

    { "Tab", 9, 0 }, { "NewLine", 10, 0 }, { "apos", 39, 0 },
    { "bull", 8226, 0 }, { "colon", 58, 0 }, { "comma", 44, 0 },
    { "equals", 61, 0 }, { "euro", 8364, 0 }, { "excl", 33, 0 },
    { "hellip", 8230, 0 }, { "ldquo", 8220, 0 }, { "lpar", 40, 0 },
    { "lsquo", 8216, 0 }, { "lsqb", 91, 0 }, { "mdash", 8212, 0 },
    { "ndash", 8211, 0 }, { "num", 35, 0 }, { "period", 46, 0 },
    { "percnt", 37, 0 }, { "plus", 43, 0 }, { "quest", 63, 0 },
    { "rdquo", 8221, 0 }, { "rpar", 41, 0 }, { "rsqb", 93, 0 },
    { "rsquo", 8217, 0 }, { "semi", 59, 0 }, { "sol", 47, 0 },
    { "trade", 8482, 0 }
};


/* &#128; to &#159; are what Windows made of them; 0: as they are */

static const uint16_t  xsell_windows[32] = {
    0x20ac, 0, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021,
    0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0, 0x017d, 0,
    0, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014,
    0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0, 0x017e, 0x0178
};


void
xsell_html_collect(xsell_html_t *h, const uint8_t *p, size_t n)
{
    size_t  room;

    room = h->value_n < XSELL_VALUE_MAX ? XSELL_VALUE_MAX - h->value_n : 0;
    room = n < room ? n : room;

    if (room) {
        memcpy(h->value + h->value_n, p, room);
    }

    h->value_n = room < n ? XSELL_VALUE_MAX + 1
                          : h->value_n + (uint32_t) n;
}


static char *
xsell_put_utf8(char *q, uint32_t c)
{
    if (c < 0x80) {
        *q++ = (char) c;

    } else if (c < 0x800) {
        *q++ = (char) (0xc0 | c >> 6);
        *q++ = (char) (0x80 | (c & 0x3f));

    } else if (c < 0x10000) {
        *q++ = (char) (0xe0 | c >> 12);
        *q++ = (char) (0x80 | (c >> 6 & 0x3f));
        *q++ = (char) (0x80 | (c & 0x3f));

    } else {
        *q++ = (char) (0xf0 | c >> 18);
        *q++ = (char) (0x80 | (c >> 12 & 0x3f));
        *q++ = (char) (0x80 | (c >> 6 & 0x3f));
        *q++ = (char) (0x80 | (c & 0x3f));
    }

    return q;
}


static unsigned
xsell_digit(char c)
{
    return c >= '0' && c <= '9' ? (unsigned) (c - '0')
           : c >= 'a' && c <= 'f' ? (unsigned) (c - 'a' + 10)
           : c >= 'A' && c <= 'F' ? (unsigned) (c - 'A' + 10) : 16;
}


/* "#60;" of "&#60;": its length, 0 if it is none.  What it stands for is
   never longer than the reference */

static size_t
xsell_numeric(const char *p, size_t n, uint32_t *code)
{
    size_t    i, first;
    uint32_t  c, base;

    base = n > 1 && (p[1] | 0x20) == 'x' ? 16 : 10;
    first = base == 16 ? 2 : 1;

    for (i = first, c = 0; i < n && xsell_digit(p[i]) < base; i++) {
        c = c < 0x110000 ? c * base + xsell_digit(p[i]) : c;
    }

    if (i == first) {
        return 0;
    }

    if (c == 0 || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff)) {
        c = 0xfffd;

    } else if (c >= 0x80 && c < 0xa0 && xsell_windows[c - 0x80]) {
        c = xsell_windows[c - 0x80];
    }

    *code = c;

    return i < n && p[i] == ';' ? i + 1 : i;
}


/* the longest name counts; without a semicolon it is none before a letter, a
   digit or "=": in URLs &copy=1 is a parameter */

static size_t
xsell_named(const char *p, size_t n, uint32_t *code)
{
    size_t                 i, k, best;
    const xsell_entity_t  *e;

    best = 0;

    for (i = 0; i < sizeof(xsell_entities) / sizeof(xsell_entities[0]); i++) {
        e = &xsell_entities[i];
        k = strlen(e->name);

        if (k > n || k < best || memcmp(e->name, p, k) != 0) {
            continue;
        }

        if (k < n && p[k] == ';') {
            best = k + 1;
            *code = e->code;

        } else if (e->bare && k > best) {
            best = k;
            *code = e->code;
        }
    }

    if (best == 0 || p[best - 1] == ';' || best == n) {
        return best;
    }

    return p[best] == '=' || xsell_c((uint8_t) p[best], XSELL_C_LETTER)
           || xsell_digit(p[best]) < 10 ? 0 : best;
}


void
xsell_html_decode(xsell_html_t *h)
{
    size_t       n;
    uint32_t     code;
    char        *q;
    const char  *p, *end;

    code = 0;
    p = h->value;
    q = h->value;
    end = p + h->value_n;

    while (p < end) {

        if (*p == '&' && end - p > 2) {
            n = p[1] == '#' ? xsell_numeric(p + 1, (size_t) (end - p - 1),
                                            &code)
                            : xsell_named(p + 1, (size_t) (end - p - 1),
                                          &code);

            if (n) {
                q = xsell_put_utf8(q, code);
                p += 1 + n;
                continue;
            }
        }

        if (*p == '\r') {
            p += p + 1 < end && p[1] == '\n';
            *q++ = '\n';
            p++;
            continue;
        }

        *q++ = *p++;
    }

    h->value_n = (uint32_t) (q - h->value);
}


void
xsell_html_collected(xsell_html_t *h, const uint8_t *p)
{
    h->now = xsell_offset(h, p);
    h->collect = 0;

    if (h->value_n <= XSELL_VALUE_MAX
        && (memchr(h->value, '&', h->value_n) != NULL
            || memchr(h->value, '\r', h->value_n) != NULL))
    {
        xsell_html_decode(h);
    }

    xsell_tree_attr(h);
}

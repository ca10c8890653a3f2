
/*
 * xsell_ascii.c: a fragment for a page that is not UTF-8, or not surely
 * (xsell_charset.c): the same HTML in ASCII.
 *
 * A character becomes a reference.  Where a reference is none it becomes an
 * escape: in <script> \uXXXX, which JSON and JavaScript read in strings and
 * names, in <style> \HEX and a blank, which CSS reads anywhere.  Comments and
 * other raw elements show nothing and get references too.  Inside SVG these
 * elements are not raw, and the escapes mean the same there.
 *
 * The fragment comes from our own templates (every value is escaped), so where
 * a tag begins and ends is found without what a tokenizer does for hostile
 * pages: quotes count behind "=" only, a comment ends at "-->".
 *
 * Not taken: doing it while templates are rendered, where the place of each
 * value is known: each template would be compiled twice.
 */

#include "xsell_page.h"

#include <string.h>
#include <strings.h>


/* where in the fragment a character stands decides how ASCII writes it */

enum {
    IN_TEXT = 0,
    IN_TAG,
    IN_QUOTES,
    IN_COMMENT,
    IN_RAW                      /* of <script> or <style> */
};

typedef struct {
    xsell_out_t         *o;
    uint8_t              state;
    uint8_t              quote;
    uint8_t              equals;        /* a quote here opens a value */
    const char          *raw;           /* name of the element of this tag if
                                           it is a raw one, or of IN_RAW */
} xsell_ascii_t;

typedef uint64_t  two_t __attribute__((vector_size(16), aligned(1),
                                       may_alias));

static const char  script[] = "script";
static const char  style[] = "style";


/* whether an element's name stands here, and ends */

static int
is_name(const char *p, const char *end, const char *name)
{
    size_t  n;

    n = strlen(name);

    return (size_t) (end - p) > n && strncasecmp(p, name, n) == 0
           && strchr(" \t\r\n\f/>", p[n]) != NULL && p[n] != '\0';
}


/* a '<' in text */

static void
ascii_open(xsell_ascii_t *a, const char *p, const char *end)
{
    if (end - p >= 4 && memcmp(p, "<!--", 4) == 0) {
        a->state = IN_COMMENT;
        return;
    }

    if (end - p < 2 || !(((p[1] | 0x20) >= 'a' && (p[1] | 0x20) <= 'z')
                         || p[1] == '/'))
    {
        return;
    }

    a->state = IN_TAG;
    a->equals = 0;
    a->raw = is_name(p + 1, end, script) ? script
             : is_name(p + 1, end, style) ? style : NULL;
}


/* an ASCII byte: where does it lead? */

static void
ascii_step(xsell_ascii_t *a, const char *p, const char *end,
    const char *start)
{
    switch (a->state) {

    case IN_TEXT:
        if (*p == '<') {
            ascii_open(a, p, end);
        }
        return;

    case IN_TAG:
        if ((*p == '"' || *p == '\'') && a->equals) {
            a->state = IN_QUOTES;
            a->quote = (uint8_t) *p;

        } else if (*p == '>') {
            a->state = a->raw ? IN_RAW : IN_TEXT;

        } else if (strchr(" \t\r\n\f", *p) == NULL || *p == '\0') {
            a->equals = *p == '=';
        }
        return;

    case IN_QUOTES:
        if ((uint8_t) *p == a->quote) {
            a->state = IN_TAG;
            a->equals = 0;
        }
        return;

    case IN_COMMENT:
        if (*p == '>' && p - start >= 2 && p[-1] == '-' && p[-2] == '-') {
            a->state = IN_TEXT;
        }
        return;

    default:
        if (*p == '<' && end - p > 2 && p[1] == '/'
            && is_name(p + 2, end, a->raw))
        {
            a->state = IN_TAG;
            a->equals = 0;
            a->raw = NULL;
        }
    }
}


static void
put_number(xsell_out_t *o, uint32_t v, unsigned base, unsigned digits)
{
    char    text[10];
    size_t  n;

    n = sizeof(text);

    do {
        text[--n] = "0123456789ABCDEF"[v % base];
        v /= base;
    } while (v || sizeof(text) - n < digits);

    xsell_out_put(o, text + n, sizeof(text) - n);
}


/* a character from U+0080 on */

static void
ascii_put(xsell_ascii_t *a, uint32_t cp)
{
    if (a->state != IN_RAW) {
        /* references to C1 controls mean characters of Windows-1252 */
        xsell_out_put(a->o, "&#", 2);
        put_number(a->o, cp < 0xa0 ? 0xfffd : cp, 10, 1);
        xsell_out_put(a->o, ";", 1);
        return;
    }

    if (a->raw == style) {
        xsell_out_put(a->o, "\\", 1);
        put_number(a->o, cp, 16, 1);
        xsell_out_put(a->o, " ", 1);
        return;
    }

    if (cp > 0xffff) {
        cp -= 0x10000;
        xsell_out_put(a->o, "\\u", 2);
        put_number(a->o, 0xd800 | cp >> 10, 16, 4);
        cp = 0xdc00 | (cp & 0x3ff);
    }

    xsell_out_put(a->o, "\\u", 2);
    put_number(a->o, cp, 16, 4);
}


/* where the first byte from 0x80 on stands, or the end: most of a fragment */

static const char *
ascii_run(const char *p, const char *end)
{
    uint64_t      one;
    two_t         all;
    const two_t  *w;

    for ( /* void */ ; end - p >= 128; p += 128) {
        w = (const two_t *) p;
        all = w[0] | w[1] | w[2] | w[3] | w[4] | w[5] | w[6] | w[7];

        if ((all[0] | all[1]) & 0x8080808080808080u) {
            break;
        }
    }

    for ( /* void */ ; (size_t) (end - p) >= sizeof(one); p += sizeof(one)) {
        memcpy(&one, p, sizeof(one));

        if (one & 0x8080808080808080u) {
            break;
        }
    }

    while (p < end && (uint8_t) *p < 0x80) {
        p++;
    }

    return p;
}


size_t
xsell_ascii_n(xsell_str_t text)
{
    return ascii_run(text.p, text.p + text.n) - text.p;
}


size_t
xsell_ascii_write(char *out, size_t cap, xsell_str_t html, int raw)
{
    size_t          n;
    uint32_t        cp;
    const char     *p, *end, *from, *next;
    xsell_out_t     o;
    xsell_ascii_t   a;

    o.p = out;
    o.n = 0;
    o.cap = cap;

    memset(&a, 0, sizeof(xsell_ascii_t));
    a.o = &o;

    end = html.p + html.n;
    from = html.p;

    for (p = html.p; /* void */ ; p += n) {

        next = ascii_run(p, end);

        /* without scripts and styles nobody needs to know where it stands */

        if (raw) {
            for ( /* void */ ; p < next; p++) {
                ascii_step(&a, p, end, html.p);
            }
        }

        p = next;

        if (p == end) {
            break;
        }

        xsell_out_put(&o, from, p - from);

        n = xsell_utf8_sequence((const uint8_t *) p, (const uint8_t *) end,
                                &cp);

        if (n == 0) {
            n = 1;
            cp = 0xfffd;
        }

        ascii_put(&a, cp);
        from = p + n;
    }

    xsell_out_put(&o, from, end - from);

    return o.n;
}

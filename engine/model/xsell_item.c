
/*
 * xsell_item.c: the text of one field of an item, from as a feed writes it
 * to as the page needs it: links, availability words, category paths.
 *
 * The builder (xsell_build.c) calls it; nothing here knows JSON.  Output goes
 * to the builder's buffer and from there into the catalogue's blocks.
 *
 * Invariants: UTF-8 in, UTF-8 out, no control characters out; output is at
 * most three times as long as input, for which the caller has made room.
 * Escaping for HTML is not done here: the template knows where a value stands.
 *
 * A link is stored as a browser will ask for it, percent-encoded: the MAC of
 * a link token covers the path, so the path in the page and the path in the
 * request must be the same bytes.
 */

#include "xsell_catalog.h"

#include <string.h>


#define XSELL_LINK_MAX  2048


static int link_root(xsell_str_t s, int image, size_t *path,
    const char **why);


xsell_str_t
xsell_trim(xsell_str_t s)
{
    while (s.n && (unsigned char) s.p[0] <= ' ') {
        s.p++;
        s.n--;
    }

    while (s.n && (unsigned char) s.p[s.n - 1] <= ' ') {
        s.n--;
    }

    return s;
}


void
xsell_item_text(xsell_buf_t *b, xsell_str_t s)
{
    size_t         i;
    unsigned char  c;

    for (i = 0; i < s.n; i++) {
        c = (unsigned char) s.p[i];
        b->p[b->n++] = (char) ((c < 0x20 || c == 0x7f) ? ' ' : c);
    }
}


int
xsell_item_link(xsell_buf_t *b, xsell_str_t s, int image, const char **why)
{
    static const char  hex[] = "0123456789ABCDEF";

    size_t         i, start;
    unsigned char  c;

    s = xsell_trim(s);

    if (link_root(s, image, &start, why) != XSELL_OK) {
        return XSELL_EINVAL;
    }

    memcpy(b->p + b->n, s.p, start);
    b->n += start;

    for (i = start; i < s.n; i++) {
        c = (unsigned char) s.p[i];

        if (c < 0x20 || c == 0x7f || c == '\\') {
            *why = "has a control character or a backslash";
            return XSELL_EINVAL;
        }

        if (c > 0x7f || strchr(" \"<>^`{|}", c)) {
            b->p[b->n++] = '%';
            b->p[b->n++] = hex[c >> 4];
            b->p[b->n++] = hex[c & 15];
            continue;
        }

        b->p[b->n++] = (char) c;
    }

    return XSELL_OK;
}


/* "https://host:port" or nothing before the path; its length in *path */

static int
link_root(xsell_str_t s, int image, size_t *path, const char **why)
{
    size_t  i, scheme;

    if (s.n > XSELL_LINK_MAX) {
        *why = "is longer than 2048 bytes";
        return XSELL_EINVAL;
    }

    *path = 0;
    *why = "must start with \"https://\", \"http://\" or \"/\"";

    if (s.n == 0) {
        return XSELL_EINVAL;
    }

    if (s.p[0] == '/') {

        if (s.n < 2 || s.p[1] != '/') {
            return XSELL_OK;
        }

        /* names another host, which on a link is rarely what was meant */

        if (!image) {
            *why = "starts with \"//\": write the scheme too";
            return XSELL_EINVAL;
        }

        scheme = 2;

    } else if (s.n > 8 && strncasecmp(s.p, "https://", 8) == 0) {
        scheme = 8;

    } else if (s.n > 7 && strncasecmp(s.p, "http://", 7) == 0) {
        scheme = 7;

    } else {
        return XSELL_EINVAL;
    }

    for (i = scheme; i < s.n && !strchr("/?#", s.p[i]); i++) {

        if ((s.p[i] >= '0' && s.p[i] <= '9')
            || ((s.p[i] | 0x20) >= 'a' && (s.p[i] | 0x20) <= 'z')
            || (s.p[i] && strchr("-._:[]", s.p[i])))
        {
            continue;
        }

        *why = "has a host with a character that no host has (write an "
               "international name in its xn-- form)";
        return XSELL_EINVAL;
    }

    if (i == scheme) {
        *why = "has no host";
        return XSELL_EINVAL;
    }

    *path = i;

    return XSELL_OK;
}


void
xsell_item_path(xsell_buf_t *b, xsell_str_t s)
{
    size_t       first;
    xsell_str_t  level;
    const char  *gt;

    first = b->n;

    while (s.n) {
        gt = memchr(s.p, '>', s.n);

        level.p = s.p;
        level.n = gt ? (size_t) (gt - s.p) : s.n;

        s.p += level.n + (gt != NULL);
        s.n -= level.n + (gt != NULL);

        level = xsell_trim(level);

        if (level.n == 0) {
            continue;
        }

        if (b->n != first) {
            memcpy(b->p + b->n, " > ", 3);
            b->n += 3;
        }

        xsell_item_text(b, level);
    }
}


int
xsell_item_availability(xsell_str_t s)
{
    static const struct {
        const char  *word;
        int          value;
    } words[] = {
        { "instock",             XSELL_IN_STOCK },
        { "onlineonly",          XSELL_IN_STOCK },
        { "instoreonly",         XSELL_IN_STOCK },
        { "available",           XSELL_IN_STOCK },
        { "availablefororder",   XSELL_IN_STOCK },
        { "preorder",            XSELL_PREORDER },
        { "presale",             XSELL_PREORDER },
        { "backorder",           XSELL_BACKORDER },
        { "madetoorder",         XSELL_BACKORDER },
        { "limitedavailability", XSELL_LIMITED },
        { "limited",             XSELL_LIMITED },
        { "outofstock",          XSELL_OUT_OF_STOCK },
        { "soldout",             XSELL_OUT_OF_STOCK },
        { "reserved",            XSELL_OUT_OF_STOCK },
        { "discontinued",        XSELL_DISCONTINUED }
    };

    char         word[32];
    size_t       i, n;
    const char  *slash;

    s = xsell_trim(s);

    if (s.n == 0) {
        return -1;              /* also a value that is no text: no bytes */
    }

    /* "https://schema.org/InStock", "schema:InStock" */

    for (slash = s.p + s.n; slash > s.p; slash--) {
        if (slash[-1] == '/' || slash[-1] == ':') {
            break;
        }
    }

    s.n -= (size_t) (slash - s.p);
    s.p = slash;

    for (n = 0, i = 0; i < s.n; i++) {

        if (strchr(" _-", s.p[i]) && s.p[i]) {
            continue;
        }

        if (n == sizeof(word) - 1) {
            return -1;
        }

        word[n++] = (char) ((s.p[i] >= 'A' && s.p[i] <= 'Z')
                            ? s.p[i] | 0x20 : s.p[i]);
    }

    word[n] = '\0';

    for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcmp(words[i].word, word) == 0) {
            return words[i].value;
        }
    }

    return -1;
}


const char *
xsell_printable(char *out, size_t cap, xsell_str_t s)
{
    size_t         i;
    unsigned char  c;

    for (i = 0; i < s.n && i < cap - 1; i++) {
        c = (unsigned char) s.p[i];
        out[i] = (char) ((c < 0x20 || c == 0x7f || c == '"') ? '?' : c);
    }

    /* not half a character at the cut */

    if (i < s.n) {
        while (i > 0 && ((unsigned char) s.p[i] & 0xc0) == 0x80) {
            i--;
        }
    }

    out[i] = '\0';

    return out;
}


/*
 * Finding Mustache tags: where the next {{...}} stands, whether it is alone
 * on its line, what its delimiters are.  Knows nothing of what tags mean
 * (xsell_template_compile.c) nor of HTML (xsell_context.c).
 */

#include "xsell_page.h"


static const char *
find(const char *p, const char *end, const char *what, size_t n)
{
    return memmem(p, end - p, what, n);
}


static int
is_blank(char c)
{
    return c == ' ' || c == '\t';
}


static int
is_space(char c)
{
    return is_blank(c) || c == '\n' || c == '\r';
}


static xsell_str_t
trim(const char *p, const char *end)
{
    xsell_str_t  v;

    while (p < end && is_space(*p)) {
        p++;
    }

    while (end > p && is_space(end[-1])) {
        end--;
    }

    v.p = p;
    v.n = end - p;

    return v;
}


void
xsell_scan_init(xsell_scanner_t *s, const char *text, size_t n)
{
    s->start = text;
    s->end = text + n;
    memcpy(s->open, "{{", 2);
    memcpy(s->close, "}}", 2);
    s->open_n = 2;
    s->close_n = 2;
}


void
xsell_scan_place(const xsell_scanner_t *s, const char *at,
    unsigned *line, unsigned *column)
{
    const char  *p;

    *line = 1;
    *column = 1;

    for (p = s->start; p < at; p++) {
        if (*p == '\n') {
            (*line)++;
            *column = 1;

        } else if (((uint8_t) *p & 0xc0) != 0x80) {
            (*column)++;
        }
    }
}


int
xsell_scan_alone(const xsell_scanner_t *s, xsell_mark_t *tag)
{
    const char  *from, *next;

    from = tag->from;
    next = tag->next;

    while (from > s->start && is_blank(from[-1])) {
        from--;
    }

    if (from > s->start && from[-1] != '\n') {
        return 0;
    }

    while (next < s->end && is_blank(*next)) {
        next++;
    }

    if (s->end - next >= 2 && next[0] == '\r' && next[1] == '\n') {
        next += 2;

    } else if (next < s->end && *next == '\n') {
        next++;

    } else if (next < s->end) {
        return 0;
    }

    tag->from = from;
    tag->next = next;

    return 1;
}


int
xsell_scan(const xsell_scanner_t *s, const char *p, xsell_mark_t *tag)
{
    size_t       close_n;
    const char  *name, *stop;
    char         close[XSELL_DELIMITER_MAX + 1];

    tag->from = find(p, s->end, s->open, s->open_n);

    if (tag->from == NULL) {
        return XSELL_NONE;
    }

    name = tag->from + s->open_n;

    while (name < s->end && is_space(*name)) {
        name++;
    }

    tag->sigil = 0;
    close_n = 0;

    if (name < s->end && memchr("#^/!=&{><$*", *name, 11)) {
        tag->sigil = *name++;

        if (tag->sigil == '=' || tag->sigil == '{') {
            close[close_n++] = tag->sigil == '=' ? '=' : '}';
        }
    }

    memcpy(close + close_n, s->close, s->close_n);
    close_n += s->close_n;
    stop = find(name, s->end, close, close_n);

    if (stop == NULL) {
        return XSELL_EINVAL;
    }

    tag->next = stop + close_n;
    tag->name = trim(name, stop);

    return XSELL_OK;
}


int
xsell_scan_delimiters(xsell_scanner_t *s, xsell_str_t name)
{
    size_t       n, m;
    const char  *p, *end;

    p = name.p;
    end = p + name.n;

    for (n = 0; p + n < end && !is_space(p[n]); n++) { /* void */ }

    for (m = 0; m < name.n - n && !is_space(*(end - 1 - m)); m++) {
        /* void */
    }

    if (n == 0 || m == 0 || n > XSELL_DELIMITER_MAX || m > XSELL_DELIMITER_MAX
        || trim(p + n, end - m).n != 0 || n + m == name.n
        || memchr(p, '=', name.n))
    {
        return XSELL_EINVAL;
    }

    memcpy(s->open, p, n);
    memcpy(s->close, end - m, m);
    s->open_n = n;
    s->close_n = m;

    return XSELL_OK;
}


/*
 * Texts of a tokens file that become CSS: each function copies what it knows
 * to be a colour, a length, a time, and refuses everything else.  They are
 * the gate between a file that anybody's tool has written and a stylesheet:
 * nothing passes because it looks harmless, only because it is understood.
 *
 * Invariant: what is appended consists of numbers, units, words and functions
 * from the lists here, and of quoted family names without quotes, backslashes
 * or control characters inside.  So no text ends its declaration, opens a
 * comment, or names an address.
 *
 * Not taken: escaping whatever comes.  A property with a harmless but
 * meaningless value switches a rule off, and nobody is told.
 */

#include "xsell_tokens.h"

#include <math.h>
#include <stdio.h>


#define ARITHMETIC_DEPTH  16


static const char  units[] =
    " px rem em % ch ex lh rlh cap ic vw vh vi vb vmin vmax svw svh lvw lvh"
    " dvw dvh cqw cqh cqi cqb cqmin cqmax cm mm q in pt pc ";

static const char  generics[] =
    " serif sans-serif monospace cursive fantasy system-ui ui-serif"
    " ui-sans-serif ui-monospace ui-rounded math emoji fangsong"
    " -apple-system blinkmacsystemfont ";

static const char  reserved[] =
    " inherit initial unset revert revert-layer default none ";


void
xsell_css_put(xsell_css_t *o, const char *p, size_t n)
{
    if (n >= sizeof(o->p) - o->n) {
        o->over = 1;
        return;
    }

    memcpy(o->p + o->n, p, n);
    o->n += n;
    o->p[o->n] = '\0';
}


void
xsell_css_puts(xsell_css_t *o, const char *s)
{
    xsell_css_put(o, s, strlen(s));
}


/* up to six digits after the point, none for show */

void
xsell_css_number(xsell_css_t *o, double v)
{
    int   n;
    char  buf[48];

    if (!(fabs(v) < 1e9)) {
        o->over = 1;
        return;
    }

    n = snprintf(buf, sizeof(buf), "%.6f", v);

    while (n > 1 && buf[n - 1] == '0') {
        n--;
    }

    if (buf[n - 1] == '.') {
        n--;
    }

    if (n == 2 && buf[0] == '-' && buf[1] == '0') {
        xsell_css_put(o, "0", 1);
        return;
    }

    xsell_css_put(o, buf, (size_t) n);
}


xsell_str_t
xsell_css_trim(xsell_str_t s)
{
    while (s.n && xsell_css_space(s.p[0])) {
        s.p++;
        s.n--;
    }

    while (s.n && xsell_css_space(s.p[s.n - 1])) {
        s.n--;
    }

    return s;
}


int
xsell_css_listed(const char *list, const char *p, size_t n)
{
    size_t  i;
    char    word[32];

    if (n == 0 || n > sizeof(word) - 3) {
        return 0;
    }

    word[0] = ' ';

    for (i = 0; i < n; i++) {
        word[i + 1] = (p[i] >= 'A' && p[i] <= 'Z') ? p[i] | 0x20 : p[i];

        if (p[i] == ' ' || p[i] == '\0') {
            return 0;
        }
    }

    word[n + 1] = ' ';
    word[n + 2] = '\0';

    return strstr(list, word) != NULL;
}


int
xsell_css_scan(const char *p, const char *last, double *v, const char **end)
{
    int          minus;
    double       scale;
    const char  *first;

    minus = p < last && *p == '-';
    p += p < last && (*p == '-' || *p == '+');
    *v = 0;

    for (first = p; p < last && xsell_css_digit(*p); p++) {
        *v = *v * 10 + (*p - '0');
    }

    if (last - p >= 2 && *p == '.' && xsell_css_digit(p[1])) {
        scale = .1;

        for (p++; p < last && xsell_css_digit(*p); p++) {
            *v += (*p - '0') * scale;
            scale /= 10;
        }
    }

    if (p == first || p - first > 18) {
        return 0;
    }

    *v = minus ? -*v : *v;
    *end = p;

    return 1;
}


/* ---- lengths ---- */

/*
 * "4px * (2 + 1)", as Tokens Studio writes it once references are filled in.
 * A value with a unit, or 0 if it can't be reckoned: two units, no end.
 */

typedef struct {
    const char          *p;
    const char          *last;
    unsigned             depth;
} reckon_t;

typedef struct {
    double               v;
    xsell_str_t          unit;
} amount_t;


static int sum(reckon_t *r, amount_t *a);


static void
blank(reckon_t *r)
{
    while (r->p < r->last && xsell_css_space(*r->p)) {
        r->p++;
    }
}


static int
factor(reckon_t *r, amount_t *a)
{
    blank(r);

    if (r->p < r->last && *r->p == '(') {
        if (++r->depth > ARITHMETIC_DEPTH) {
            return 0;
        }

        r->p++;

        if (!sum(r, a) || r->p == r->last || *r->p != ')') {
            return 0;
        }

        r->p++;
        r->depth--;

        return 1;
    }

    if (!xsell_css_scan(r->p, r->last, &a->v, &r->p)) {
        return 0;
    }

    for (a->unit.p = r->p;
         r->p < r->last && (xsell_css_letter(*r->p) || *r->p == '%');
         r->p++)
    {
        /* void */
    }

    a->unit.n = r->p - a->unit.p;

    return a->unit.n == 0 || xsell_css_listed(units, a->unit.p, a->unit.n);
}


static int
same_unit(const amount_t *a, const amount_t *b)
{
    return a->unit.n == b->unit.n
           && memcmp(a->unit.p, b->unit.p, a->unit.n) == 0;
}


static int
product(reckon_t *r, amount_t *a)
{
    char      op;
    amount_t  b;

    if (!factor(r, a)) {
        return 0;
    }

    for ( ;; ) {
        blank(r);

        if (r->p == r->last || (*r->p != '*' && *r->p != '/')) {
            return 1;
        }

        op = *r->p++;

        if (!factor(r, &b) || (b.unit.n && (op == '/' || a->unit.n))
            || (op == '/' && b.v == 0))
        {
            return 0;
        }

        a->v = op == '*' ? a->v * b.v : a->v / b.v;

        if (b.unit.n) {
            a->unit = b.unit;
        }
    }
}


static int
sum(reckon_t *r, amount_t *a)
{
    char      op;
    amount_t  b;

    if (!product(r, a)) {
        return 0;
    }

    for ( ;; ) {
        blank(r);

        if (r->p == r->last || (*r->p != '+' && *r->p != '-')) {
            return 1;
        }

        op = *r->p++;

        if (!product(r, &b)) {
            return 0;
        }

        /* "4 + 2px": a number beside a length is in its unit */

        if (a->unit.n == 0) {
            a->unit = b.unit;

        } else if (b.unit.n && !same_unit(a, &b)) {
            return 0;
        }

        a->v = op == '+' ? a->v + b.v : a->v - b.v;
    }
}


static int
reckon(xsell_str_t s, amount_t *a)
{
    reckon_t  r;

    r.p = s.p;
    r.last = s.p + s.n;
    r.depth = 0;

    return sum(&r, a) && r.p == r.last && fabs(a->v) < 1e9;
}


/* clamp(1rem, 2vw + 4px, 2rem): functions, numbers, units, brackets */

static int
is_math(xsell_str_t s)
{
    double       v;
    unsigned     depth;
    const char  *p, *end, *last;

    depth = 0;
    last = s.p + s.n;

    for (p = s.p; p < last; p = end) {
        end = p + 1;

        if (xsell_css_scan(p, last, &v, &end)) {
            for (p = end; end < last && (xsell_css_letter(*end) || *end == '%');
                 end++) { /* void */ }

            if (end > p && !xsell_css_listed(units, p, end - p)) {
                return 0;
            }

        } else if (xsell_css_letter(*p)) {
            while (end < last && xsell_css_letter(*end)) {
                end++;
            }

            if (end == last || *end != '('
                || !xsell_css_listed(" calc min max clamp ", p, end - p))
            {
                return 0;
            }

        } else if (*p == '(') {
            depth++;

        } else if (*p == ')') {
            if (depth-- == 0) {
                return 0;
            }

        } else if (!xsell_css_space(*p) && !memchr("+-*/,", *p, 5)) {
            return 0;

        } else if (*p == '/' && end < last && (*end == '*' || *end == '/')) {
            return 0;
        }
    }

    return depth == 0 && s.n && xsell_css_letter(s.p[0]) && s.p[s.n - 1] == ')';
}


static int
one_length(xsell_css_t *o, xsell_str_t s)
{
    amount_t  a;

    if (reckon(s, &a)) {
        xsell_css_number(o, a.v);

        if (a.unit.n) {
            xsell_css_put(o, a.unit.p, a.unit.n);

        } else {
            xsell_css_put(o, "px", 2);
        }

        return 1;
    }

    if (is_math(s)) {
        xsell_css_put(o, s.p, s.n);
        return 1;
    }

    return 0;
}


int
xsell_css_length(xsell_css_t *o, xsell_str_t s)
{
    size_t       i, n;
    unsigned     parts;
    xsell_str_t  part;

    s = xsell_css_trim(s);

    if (one_length(o, s)) {
        return 1;
    }

    /* "4px 8px": up to four, as padding takes them */

    for (parts = 0, i = 0; i < s.n; parts++, i += n) {

        while (xsell_css_space(s.p[i])) {
            i++;
        }

        for (n = 0; i + n < s.n && !xsell_css_space(s.p[i + n]); n++) {
            /* void */
        }

        part.p = s.p + i;
        part.n = n;

        if (parts) {
            xsell_css_put(o, " ", 1);
        }

        if (parts == 4 || !one_length(o, part)) {
            return 0;
        }
    }

    return parts > 1;
}


/* ---- numbers, times, curves ---- */

int
xsell_css_plain_number(xsell_css_t *o, xsell_str_t s)
{
    amount_t  a;

    if (!reckon(xsell_css_trim(s), &a) || a.unit.n > 1
        || (a.unit.n && a.unit.p[0] != '%'))
    {
        return 0;
    }

    xsell_css_number(o, a.unit.n ? a.v / 100 : a.v);

    return 1;
}


int
xsell_css_line(xsell_css_t *o, xsell_str_t s)
{
    amount_t  a;

    s = xsell_css_trim(s);

    if (s.n == 4 && strncasecmp(s.p, "auto", 4) == 0) {
        xsell_css_puts(o, "normal");
        return 1;
    }

    if (reckon(s, &a) && a.unit.n == 0 && a.v > 4) {
        return xsell_css_length(o, s);      /* 24 is no factor but pixels */
    }

    return xsell_css_plain_number(o, s) || xsell_css_length(o, s);
}


int
xsell_css_tracking(xsell_css_t *o, xsell_str_t s)
{
    amount_t  a;

    if (reckon(xsell_css_trim(s), &a) && a.unit.n == 1 && a.unit.p[0] == '%') {
        xsell_css_number(o, a.v / 100);
        xsell_css_puts(o, "em");
        return 1;
    }

    return xsell_css_length(o, s);
}


int
xsell_css_time(xsell_css_t *o, xsell_str_t s)
{
    double       v;
    const char  *end, *last;

    s = xsell_css_trim(s);
    last = s.p + s.n;

    if (!xsell_css_scan(s.p, last, &v, &end) || v < 0) {
        return 0;
    }

    if (end != last && !xsell_css_listed(" ms s ", end, last - end)) {
        return 0;
    }

    xsell_css_number(o, v);
    xsell_css_put(o, end == last ? "ms" : end,
                  end == last ? 2 : (size_t) (last - end));

    return 1;
}


int
xsell_css_easing(xsell_css_t *o, xsell_str_t s)
{
    unsigned     n;
    double       v;
    const char  *p, *last;

    s = xsell_css_trim(s);

    if (xsell_css_listed(" linear ease ease-in ease-out ease-in-out ", s.p,
                         s.n))
    {
        xsell_css_put(o, s.p, s.n);
        return 1;
    }

    if (s.n < 14 || memcmp(s.p, "cubic-bezier(", 13) != 0
        || s.p[s.n - 1] != ')')
    {
        return 0;
    }

    p = s.p + 13;
    last = s.p + s.n - 1;

    for (n = 0; n < 4; n++) {

        while (p < last && (xsell_css_space(*p) || (n && *p == ','))) {
            p++;
        }

        if (!xsell_css_scan(p, last, &v, &p)
            || (n % 2 == 0 && (v < 0 || v > 1)))
        {
            return 0;
        }
    }

    while (p < last && xsell_css_space(*p)) {
        p++;
    }

    if (p != last) {
        return 0;
    }

    xsell_css_put(o, s.p, s.n);

    return 1;
}


/* ---- fonts and words ---- */

int
xsell_css_weight(xsell_css_t *o, xsell_str_t s)
{
    double       v;
    char         word[24];
    size_t       i, n;
    const char  *end;

    static const struct {
        const char  *name;
        const char  *weight;
    } names[] = {
        { " thin hairline ", "100" },
        { " extralight ultralight ", "200" },
        { " light ", "300" },
        { " normal regular book roman ", "400" },
        { " medium ", "500" },
        { " semibold demibold ", "600" },
        { " bold ", "700" },
        { " extrabold ultrabold ", "800" },
        { " black heavy ", "900" },
        { " extrablack ultrablack ", "950" }
    };

    s = xsell_css_trim(s);

    if (xsell_css_scan(s.p, s.p + s.n, &v, &end) && end == s.p + s.n) {
        if (v < 1 || v > 1000) {
            return 0;
        }

        xsell_css_number(o, v);
        return 1;
    }

    /* "Semi Bold", "semi-bold", "SemiBold" */

    for (i = 0, n = 0; i < s.n && n < sizeof(word); i++) {
        if (s.p[i] != '-' && s.p[i] != ' ' && s.p[i] != '_') {
            word[n++] = s.p[i];
        }
    }

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (xsell_css_listed(names[i].name, word, n)) {
            xsell_css_puts(o, names[i].weight);
            return 1;
        }
    }

    return 0;
}


static int
one_family(xsell_css_t *o, xsell_str_t s)
{
    int     plain;
    size_t  i;

    s = xsell_css_trim(s);

    if (s.n >= 2 && (s.p[0] == '"' || s.p[0] == '\'')
        && s.p[s.n - 1] == s.p[0])
    {
        s.p++;
        s.n -= 2;
    }

    if (s.n == 0 || s.n > 100) {
        return 0;
    }

    if (xsell_css_listed(generics, s.p, s.n)) {
        xsell_css_put(o, s.p, s.n);
        return 1;
    }

    plain = xsell_css_letter(s.p[0]) && !xsell_css_listed(reserved, s.p, s.n);

    for (i = 0; i < s.n; i++) {
        if ((uint8_t) s.p[i] < 0x20 || s.p[i] == 0x7f
            || memchr("\"'\\;{}<>()@*!", s.p[i], 13))
        {
            return 0;
        }

        plain &= xsell_css_letter(s.p[i]) || xsell_css_digit(s.p[i])
                 || s.p[i] == '-';
    }

    xsell_css_put(o, "'", !plain);
    xsell_css_put(o, s.p, s.n);
    xsell_css_put(o, "'", !plain);

    return 1;
}


int
xsell_css_family(xsell_css_t *o, xsell_str_t s)
{
    size_t       n;
    xsell_str_t  one;
    const char  *comma;

    for ( ;; ) {
        comma = s.n ? memchr(s.p, ',', s.n) : NULL;
        n = comma ? (size_t) (comma - s.p) : s.n;
        one.p = s.p;
        one.n = n;

        if (!one_family(o, one)) {
            return 0;
        }

        if (comma == NULL) {
            return 1;
        }

        xsell_css_put(o, ", ", 2);
        s.p += n + 1;
        s.n -= n + 1;
    }
}


int
xsell_css_stroke(xsell_css_t *o, xsell_str_t s)
{
    s = xsell_css_trim(s);

    if (!xsell_css_listed(" solid dashed dotted double groove ridge outset"
                          " inset none ", s.p, s.n))
    {
        return 0;
    }

    xsell_css_put(o, s.p, s.n);

    return 1;
}


/* letters, digits, hyphens and blanks: no more than a name */

int
xsell_css_word(xsell_css_t *o, xsell_str_t s)
{
    size_t  i;

    s = xsell_css_trim(s);

    if (s.n == 0 || s.n > 64) {
        return 0;
    }

    for (i = 0; i < s.n; i++) {
        if (!xsell_css_letter(s.p[i]) && !xsell_css_digit(s.p[i])
            && !memchr("- _.%", s.p[i], 5))
        {
            return 0;
        }
    }

    xsell_css_put(o, s.p, s.n);

    return 1;
}

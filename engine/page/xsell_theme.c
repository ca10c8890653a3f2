
/*
 * The theme: the names that our rules use, the neutral look as a file of
 * design tokens, and the stylesheet.
 *
 * One list says all names: what they are, of which type, and what the neutral
 * theme sets.  The table for checks, and the neutral theme's tokens file, are
 * made from it, and that file is read by the same code as a shop's.  A name
 * that the neutral theme leaves out is the page's own: text, font, no
 * background.
 *
 * The sheet: properties, neutral ones and a shop's over them; the same for
 * dark pages; the rules; a shop's rules.  Properties stand in :where(), which
 * counts nothing, so that whatever a page says about .xs wins.
 *
 * Dark: where the system is dark, unless the page has turned to light by one
 * of the usual attributes, and where the page has turned to dark by one.  The
 * neutral theme has no colours of its own for it: a page that turns dark
 * takes the fragment along, and a page that has no dark mode stays readable.
 */

#include "xsell_tokens.h"

#include <stdio.h>
#include <stdlib.h>


#define EXTRA_MAX  262144


/* a number with a unit, a plain number, ... as the W3C writes them */

#define PX(n)      "{ \"value\": " #n ", \"unit\": \"px\" }"
#define REM(n)     "{ \"value\": " #n ", \"unit\": \"rem\" }"
#define MS(n)      "{ \"value\": " #n ", \"unit\": \"ms\" }"
#define GREY(a)    "{ \"colorSpace\": \"srgb\", \"components\": "             \
                   "[0.5, 0.5, 0.5], \"alpha\": " #a " }"

/*
 * GROUP(name, what) ... END; OWN(group, name, type, what): the page's own
 * unless it is set; SET(group, name, type, W3C's word, value, what); NUMBER
 * the same with the least and the most that the rules can bear.
 */

#define LOOKS(GROUP, END, OWN, SET, NUMBER)                                   \
                                                                              \
    GROUP("color", "colours; not set: those of the page")                     \
    OWN("color", "text", COLOR, "text")                                       \
    OWN("color", "muted", COLOR, "brand, reason; not set: text, thinned")     \
    OWN("color", "accent", COLOR, "a name under the pointer")                 \
    OWN("color", "surface", COLOR, "background of the whole")                 \
    OWN("color", "card", COLOR, "background of a card")                       \
    OWN("color", "focus", COLOR, "ring around what has the focus")            \
    SET("color", "line", COLOR, "color", GREY(0.3), "hairlines")              \
    SET("color", "blank", COLOR, "color", GREY(0.12), "behind pictures")      \
    END                                                                       \
                                                                              \
    GROUP("font", "type; families that are not set: those of the page")       \
    OWN("font", "family", FAMILY, "text")                                     \
    OWN("font", "heading-family", FAMILY, "headings")                         \
    OWN("font", "heading-weight", WEIGHT, "headings")                         \
    SET("font", "heading-size", LENGTH, "dimension", REM(1.5),                \
        "the heading, at most: smaller where there is little room")           \
    SET("font", "lead-size", LENGTH, "dimension", REM(1.875),                 \
        "the first name of a story, at most")                                 \
    SET("font", "size", LENGTH, "dimension", REM(0.9375), "text")             \
    SET("font", "small-size", LENGTH, "dimension", REM(0.8125),               \
        "brand, reason")                                                      \
    SET("font", "weight", WEIGHT, "fontWeight", "500", "names")               \
    NUMBER("font", "line", "1.45", 1, 3, "height of a line")                  \
    END                                                                       \
                                                                              \
    GROUP("space", "room")                                                    \
    SET("space", "block", LENGTH, "dimension", REM(2.5), "above and below")   \
    SET("space", "inset", LENGTH, "dimension", PX(0), "inside the whole")     \
    SET("space", "gap", LENGTH, "dimension", REM(1.25),                       \
        "between cards, at most")                                             \
    SET("space", "card", LENGTH, "dimension", PX(0), "inside a card")         \
    SET("space", "text", LENGTH, "dimension", REM(0.75),                      \
        "between picture and text")                                           \
    END                                                                       \
                                                                              \
    GROUP("radius", "rounded corners")                                        \
    SET("radius", "panel", LENGTH, "dimension", PX(0), "of the whole")        \
    SET("radius", "card", LENGTH, "dimension", PX(2), "of a card")            \
    SET("radius", "image", LENGTH, "dimension", PX(2), "of a picture")        \
    END                                                                       \
                                                                              \
    GROUP("border", "lines around")                                           \
    OWN("border", "card", BORDER, "a card; not set: none")                    \
    END                                                                       \
                                                                              \
    GROUP("shadow", "shadows")                                                \
    OWN("shadow", "card", SHADOW, "of a card; not set: none")                 \
    END                                                                       \
                                                                              \
    GROUP("image", "pictures")                                                \
    OWN("image", "fit", WORD, "cover or contain; not set: cover")             \
    NUMBER("image", "ratio", "0.8", 0.25, 4, "width by height")               \
    END                                                                       \
                                                                              \
    GROUP("size", "sizes")                                                    \
    SET("size", "card", LENGTH, "dimension", REM(13),                         \
        "a card of the grid, at least")                                       \
    END                                                                       \
                                                                              \
    GROUP("columns", "cards of a carousel beside each other, by its width")   \
    NUMBER("columns", "narrow", "2.2", 1, 12, "below 34rem")                  \
    NUMBER("columns", "medium", "3.3", 1, 12, "from 34rem")                   \
    NUMBER("columns", "wide", "4.4", 1, 12, "from 54rem")                     \
    NUMBER("columns", "full", "5.4", 1, 12, "from 80rem")                     \
    END                                                                       \
                                                                              \
    GROUP("motion", "motion; none where the visitor wants none")              \
    SET("motion", "duration", DURATION, "duration", MS(200), "of a change")   \
    SET("motion", "easing", EASING, "cubicBezier", "[0.2, 0.7, 0.2, 1]",      \
        "of a change")                                                        \
    NUMBER("motion", "zoom", "1.025", 1, 2, "a picture under the pointer")    \
    END


#define NO_GROUP(name, what)
#define NO_END
#define ROW_OWN(group, name, type, what)                                      \
    { group "-" name, XSELL_LOOK_##type, 0, 0, 0, what },
#define ROW_SET(group, name, type, word, value, what)                         \
    { group "-" name, XSELL_LOOK_##type, 1, 0, 0, what },
#define ROW_NUMBER(group, name, value, least, most, what)                     \
    { group "-" name, XSELL_LOOK_NUMBER, 1, least, most, what },

const xsell_look_t  xsell_looks[] = {
    LOOKS(NO_GROUP, NO_END, ROW_OWN, ROW_SET, ROW_NUMBER)
};

const unsigned  xsell_looks_n = sizeof(xsell_looks) / sizeof(xsell_looks[0]);


#define TEXT_GROUP(name, what)                                                \
    ",\n\n  \"" name "\": {\n    \"$description\": \"" what "\""
#define TEXT_END  "\n  }"
#define TEXT_OWN(group, name, type, what)
#define TEXT_SET(group, name, type, word, value, what)                        \
    ",\n    \"" name "\": { \"$type\": \"" word "\", \"$value\": " value      \
    ",\n      \"$description\": \"" what "\" }"
#define TEXT_NUMBER(group, name, value, least, most, what)                    \
    TEXT_SET(group, name, NUMBER, "number", value, what)

static const char  neutral[] =
    "{\n  \"$description\": \"The neutral theme of xsell\""
    LOOKS(TEXT_GROUP, TEXT_END, TEXT_OWN, TEXT_SET, TEXT_NUMBER)
    "\n}\n";


struct xsell_theme_s {
    char                *p;
    size_t               n;
    size_t               room;
};


/* rules that stand only if a token is set: no value of the property would
   leave the page's own rule in force */

static const struct {
    const char          *name;
    const char          *rule;
} optional[] = {
    { "font-heading-family",
      ".xs .xs-heading,.xs .xs-name{"
      "font-family:var(--xs-font-heading-family)}\n" },
    { "font-heading-weight",
      ".xs .xs-heading,.xs .xs-name,.xs .xs-name .xs-title{"
      "font-weight:var(--xs-font-heading-weight)}\n" }
};

static const char  light_begin[] = ":where(.xs){";
static const char  dark_begin[] =
    "@media(prefers-color-scheme:dark){"
    ":where(.xs:not(.light *,[data-theme=light] *,"
    "[data-bs-theme=light] *,[data-color-scheme=light] *)){";
static const char  forced_begin[] =
    ":where(.dark,[data-theme=dark],[data-bs-theme=dark],"
    "[data-color-scheme=dark]) :where(.xs){";


const xsell_look_t *
xsell_look_find(const char *name)
{
    unsigned  i;

    for (i = 0; i < xsell_looks_n; i++) {
        if (strcmp(xsell_looks[i].name, name) == 0) {
            return &xsell_looks[i];
        }
    }

    return NULL;
}


xsell_str_t
xsell_theme_tokens(void)
{
    xsell_str_t  s = { neutral, sizeof(neutral) - 1 };

    return s;
}


/* ---- the sheet ---- */

static int
put(xsell_theme_t *t, const char *p, size_t n)
{
    char    *grown;
    size_t   room;

    if (n >= t->room - t->n) {
        room = t->room + n + 8192;
        grown = realloc(t->p, room);

        if (grown == NULL) {
            return XSELL_ENOMEM;
        }

        t->p = grown;
        t->room = room;
    }

    /* of nothing, p may be NULL */

    if (n) {
        memcpy(t->p + t->n, p, n);
        t->n += n;
    }

    t->p[t->n] = '\0';

    return XSELL_OK;
}


static int
puts_to(xsell_theme_t *t, const char *s)
{
    return put(t, s, strlen(s));
}


static int
declare(xsell_theme_t *t, const xsell_property_t *p)
{
    return puts_to(t, "--xs-") == XSELL_OK && puts_to(t, p->name) == XSELL_OK
           && puts_to(t, ":") == XSELL_OK && puts_to(t, p->value) == XSELL_OK
           && puts_to(t, ";") == XSELL_OK ? XSELL_OK : XSELL_ENOMEM;
}


static int
declare_dark(xsell_theme_t *t, const xsell_properties_t *ps,
    const char *begin, const char *end)
{
    int       rc;
    uint32_t  i;

    rc = puts_to(t, begin);

    for (i = 0; i < ps->n && rc == XSELL_OK; i++) {
        if (ps->p[i].dark) {
            rc = declare(t, &ps->p[i]);
        }
    }

    return rc == XSELL_OK ? puts_to(t, end) : rc;
}


/* both are sorted by name: a shop's goes before the neutral one */

static int
declare_light(xsell_theme_t *t, const xsell_properties_t *base,
    const xsell_properties_t *own)
{
    int       d, rc;
    uint32_t  i, k;

    rc = puts_to(t, light_begin);

    for (i = 0, k = 0; (i < base->n || k < own->n) && rc == XSELL_OK; ) {

        if (k < own->n && own->p[k].dark) {
            k++;
            continue;
        }

        d = i == base->n ? 1 : k == own->n ? -1
            : strcmp(base->p[i].name, own->p[k].name);

        rc = d < 0 ? declare(t, &base->p[i]) : declare(t, &own->p[k]);
        i += d <= 0;
        k += d >= 0;
    }

    return rc == XSELL_OK ? puts_to(t, "}\n") : rc;
}


static int
has(const xsell_properties_t *ps, const char *name)
{
    uint32_t  i;

    for (i = 0; i < ps->n; i++) {
        if (strcmp(ps->p[i].name, name) == 0) {
            return 1;
        }
    }

    return 0;
}


static int
write_sheet(xsell_theme_t *t, const xsell_properties_t *base,
    const xsell_properties_t *own, xsell_str_t extra)
{
    int          rc;
    size_t       i;
    uint32_t     dark;
    xsell_str_t  rules;

    rc = declare_light(t, base, own);

    for (i = 0, dark = 0; i < own->n; i++) {
        dark += own->p[i].dark;
    }

    if (rc == XSELL_OK && dark) {
        rc = declare_dark(t, own, dark_begin, "}}\n");
    }

    if (rc == XSELL_OK && dark) {
        rc = declare_dark(t, own, forced_begin, "}\n");
    }

    rules = xsell_builtin_rules();

    if (rc == XSELL_OK) {
        rc = put(t, rules.p, rules.n);
    }

    for (i = 0; i < sizeof(optional) / sizeof(optional[0]); i++) {
        if (rc == XSELL_OK && has(own, optional[i].name)) {
            rc = puts_to(t, optional[i].rule);
        }
    }

    return rc == XSELL_OK ? put(t, extra.p, extra.n) : rc;
}


static int
create(xsell_theme_t *t, xsell_str_t tokens, xsell_str_t extra,
    xsell_warn_pt warn, void *ctx, xsell_error_t *err)
{
    int                 rc;
    xsell_properties_t  base, own;

    rc = xsell_tokens_read(&base, xsell_theme_tokens(), NULL, NULL, err);

    if (rc != XSELL_OK) {
        return rc;
    }

    memset(&own, 0, sizeof(own));

    if (tokens.n) {
        rc = xsell_tokens_read(&own, tokens, warn, ctx, err);
    }

    if (rc == XSELL_OK) {
        rc = write_sheet(t, &base, &own, extra);

        if (rc != XSELL_OK) {
            xsell_fail(err, rc, 0, 0, "no memory");
        }
    }

    xsell_properties_free(&base);
    xsell_properties_free(&own);

    return rc;
}


int
xsell_theme_create(xsell_theme_t **theme, xsell_str_t tokens,
    xsell_str_t extra, xsell_warn_pt warn, void *ctx, xsell_error_t *err)
{
    int             rc;
    xsell_theme_t  *t;

    *theme = NULL;

    if (extra.n > EXTRA_MAX || (extra.n && memchr(extra.p, '\0', extra.n))) {
        return xsell_fail(err, XSELL_EINVAL, 0, 0, "a stylesheet has at most "
                          "%d bytes, none of them 0", EXTRA_MAX);
    }

    t = calloc(1, sizeof(*t));

    if (t == NULL) {
        return xsell_fail(err, XSELL_ENOMEM, 0, 0, "no memory");
    }

    rc = create(t, tokens, extra, warn, ctx, err);

    if (rc != XSELL_OK) {
        xsell_theme_destroy(t);
        return rc;
    }

    *theme = t;

    return XSELL_OK;
}


void
xsell_theme_destroy(xsell_theme_t *theme)
{
    if (theme) {
        free(theme->p);
        free(theme);
    }
}


xsell_str_t
xsell_theme_sheet(const xsell_theme_t *theme)
{
    xsell_str_t  s = { theme->p, theme->n };

    return s;
}

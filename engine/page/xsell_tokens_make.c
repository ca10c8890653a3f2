
/*
 * Tokens -> properties.  A token `color.text` becomes the property color-text.
 * Two groups say something: what stands in `xs` goes without that word and
 * counts more (a shop's whole file can stay as it is beside a few lines for
 * us), and what stands in `dark` is for dark pages, if there is the same
 * without `dark`.  The dark is made by reading all tokens again with those in
 * front, so that a colour that refers to another follows it into the dark.
 *
 * A name that our rules use is held to its type and range: a word where a
 * length is wanted would switch a rule off, and nobody would be told.
 *
 * Invariant: properties are sorted by name and none stands twice, so the same
 * file gives the same bytes, whatever order its reader walks objects in.
 */

#include "xsell_tokens.h"

#include <stdio.h>
#include <stdlib.h>


/* the path without its first word, if that is `word` */

static const char *
without(const char *path, const char *word, uint8_t *was)
{
    size_t  n;

    n = strlen(word);

    if (strncmp(path, word, n) == 0 && path[n] == '.') {
        *was = 1;
        return path + n + 1;
    }

    return path;
}


/* borderRadius.Card 2 -> border-radius-card-2 */

static void
name_of(const char *path, char *name)
{
    char    c, before;
    size_t  n;

    for (n = 0, before = '-'; *path; path++) {
        c = *path;

        if (strcmp(path, ".$root") == 0) {
            break;
        }

        if (c >= 'A' && c <= 'Z') {
            if (before >= 'a' && before <= 'z') {
                name[n++] = '-';
            }

            before = c;
            name[n++] = c | 0x20;
            continue;
        }

        before = c;

        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) {
            name[n++] = c;

        } else if (n && name[n - 1] != '-') {
            name[n++] = '-';
        }
    }

    while (n && name[n - 1] == '-') {
        n--;
    }

    name[n] = '\0';
}


static int
put(xsell_properties_t *ps, const xsell_property_t *like, const char *name,
    const char *value)
{
    uint32_t           room;
    xsell_property_t  *p;

    if (ps->n == ps->room) {
        room = ps->room ? ps->room * 2 : 64;
        p = realloc(ps->p, room * sizeof(*p));

        if (p == NULL) {
            return XSELL_ENOMEM;
        }

        ps->p = p;
        ps->room = room;
    }

    p = &ps->p[ps->n];
    *p = *like;
    p->name = strdup(name);
    p->value = strdup(value);
    p->order = ps->n++;

    return p->name && p->value ? XSELL_OK : XSELL_ENOMEM;
}


/* a number that would break the rule that uses it */

static int
in_range(xsell_tokens_t *ts, const xsell_look_t *look, const xsell_css_t *css)
{
    double       v;
    const char  *end;

    if (look->type != XSELL_LOOK_NUMBER
        || !xsell_css_scan(css->p, css->p + css->n, &v, &end)
        || (v >= look->least && v <= look->most))
    {
        return 1;
    }

    snprintf(ts->why, sizeof(ts->why), "%g is not from %g to %g", v,
             look->least, look->most);

    return 0;
}


/* whether a token for the dark stands in front of something */

static int
replaces(const xsell_tokens_t *ts, const char *light, int own,
    const char *name)
{
    char  path[XSELL_TOKENS_PATH + 8];

    snprintf(path, sizeof(path), "%s%s", own ? "xs." : "", light);

    return xsell_tokens_find(ts, path) || xsell_look_find(name);
}


/* in the group `xs` a name that our rules do not know is most often misspelt;
   in a file without that group one with a letter more or less is, for others
   are a brand's own ("color.fine").  "" if it is like none of theirs */

static const char *
misspelt(const char *name, int own)
{
    unsigned  i;
    size_t    n, a, b;

    for (i = 0; i < xsell_looks_n; i++) {
        n = strlen(xsell_looks[i].name);

        for (a = 0; name[a] && name[a] == xsell_looks[i].name[a]; a++) {
            /* void */
        }

        for (b = 0; b < n - a && b < strlen(name) - a
             && name[strlen(name) - 1 - b] == xsell_looks[i].name[n - 1 - b];
             b++) { /* void */ }

        /* all but one or two letters in one place agree */

        if (n - a - b <= 2 && strlen(name) - a - b <= 2 && a + b >= 5
            && (own || (a > strcspn(name, "-")
                        && (n == strlen(name) + 1 || n + 1 == strlen(name)))))
        {
            return xsell_looks[i].name;
        }
    }

    return "";
}


static int
make(xsell_tokens_t *ts, const xsell_token_t *t, xsell_properties_t *ps)
{
    int                  rc, other;
    char                 name[XSELL_TOKENS_PATH * 2], text[160], dotted[64];
    uint8_t              was_dark;
    unsigned             want;
    const char          *path;
    xsell_css_t          css;
    const xsell_look_t  *look;
    xsell_property_t     like;

    memset(&like, 0, sizeof(like));
    was_dark = 0;
    path = without(t->path, "xs", &like.own);
    path = without(path, "dark", &was_dark);
    path = without(path, "xs", &like.own);
    name_of(path, name);

    if (was_dark && !replaces(ts, path, like.own, name)) {
        was_dark = 0;
        path = without(t->path, "xs", &like.own);
        name_of(path, name);
    }

    if (was_dark && !ts->dark) {
        return XSELL_OK;                /* its turn comes */
    }

    if (name[0] == '\0') {
        if (!ts->dark) {
            xsell_tokens_complain(ts, t, "the name has no letter or digit of "
                                  "ASCII");
        }

        return XSELL_OK;
    }

    like.dark = ts->dark;
    look = xsell_look_find(name);
    want = look ? look->type : 0;

    ts->why[0] = '\0';
    ts->depth = 0;
    memset(&css, 0, sizeof(css));
    rc = xsell_token_css(ts, t, want, &css);

    if (ts->circle) {
        return rc;
    }

    other = ts->dark && !was_dark;      /* has been complained of already */

    if (rc != XSELL_OK || (look && !in_range(ts, look, &css))) {
        if (!other) {
            xsell_tokens_complain(ts, t, ts->why);
        }

        return XSELL_OK;
    }

    if (look == NULL && (like.own || !ts->owns) && !other
        && misspelt(name, like.own)[0])
    {
        snprintf(dotted, sizeof(dotted), "%s", misspelt(name, like.own));
        *strchr(dotted, '-') = '.';
        snprintf(text, sizeof(text), "no rule uses it; did you mean \"%s\"?",
                 dotted);
        xsell_tokens_complain(ts, t, text);
    }

    like.own = like.own * 2 + was_dark;
    rc = put(ps, &like, name, css.p);

    memset(&css, 0, sizeof(css));

    if (rc == XSELL_OK
        && xsell_token_tracking(ts, t, &css) == XSELL_OK
        && strlen(name) + 16 < sizeof(name))
    {
        strcat(name, "-letter-spacing");
        rc = put(ps, &like, name, css.p);
    }

    return rc;
}


static int
by_name(const void *a, const void *b)
{
    int                      d;
    const xsell_property_t  *x, *y;

    x = a;
    y = b;
    d = strcmp(x->name, y->name);

    if (d == 0) {
        d = (int) x->dark - (int) y->dark;
    }

    if (d == 0) {
        d = (int) x->own - (int) y->own;
    }

    return d ? d : x->order < y->order ? -1 : 1;
}


static void
drop(xsell_property_t *p)
{
    free(p->name);
    free(p->value);
}


/* of the same name the last one counts; the dark only if it differs */

static void
settle(xsell_properties_t *ps)
{
    uint32_t           i, n;
    xsell_property_t  *p;

    if (ps->n == 0) {
        return;
    }

    qsort(ps->p, ps->n, sizeof(*ps->p), by_name);

    for (i = 0, n = 0; i < ps->n; i++) {
        p = &ps->p[i];

        if (i + 1 < ps->n && strcmp(p->name, p[1].name) == 0
            && p->dark == p[1].dark)
        {
            drop(p);
            continue;
        }

        if (p->dark && n && strcmp(p->name, ps->p[n - 1].name) == 0
            && strcmp(p->value, ps->p[n - 1].value) == 0)
        {
            drop(p);
            continue;
        }

        ps->p[n++] = *p;
    }

    ps->n = n;
}


int
xsell_tokens_make(xsell_tokens_t *ts, xsell_properties_t *ps)
{
    int                   rc;
    uint32_t              i;
    unsigned              line, column;
    const xsell_token_t  *t;

    for (ts->owns = 0, i = 0; i < ts->n && !ts->owns; i++) {
        ts->owns = strncmp(ts->token[i].path, "xs.", 3) == 0
                   || strncmp(ts->token[i].path, "dark.xs.", 8) == 0;
    }

    for (ts->dark = 0; ts->dark < 2; ts->dark++) {
        for (i = 0; i < ts->n; i++) {
            t = &ts->token[i];
            rc = make(ts, t, ps);

            if (rc == XSELL_ENOMEM) {
                return xsell_fail(ts->err, rc, 0, 0, "no memory");
            }

            if (rc != XSELL_OK) {
                xsell_tokens_place(ts, t, &line, &column);
                return xsell_fail(ts->err, rc, line, column,
                                  "tokens refer to each other in a circle: "
                                  "%s", ts->why);
            }
        }
    }

    settle(ps);

    return XSELL_OK;
}


void
xsell_properties_free(xsell_properties_t *ps)
{
    uint32_t  i;

    for (i = 0; i < ps->n; i++) {
        drop(&ps->p[i]);
    }

    free(ps->p);
    memset(ps, 0, sizeof(*ps));
}

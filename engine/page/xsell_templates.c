
/*
 * The templates of a shop: texts by name, the built-in ones first, a shop's
 * own in their place; the sentences that they share; and, once compiled, what
 * renders a fragment.  The set is filled when the configuration is read and
 * only read from then on, by any number of workers.
 *
 * Every text is compiled as a template.  One that can't stand alone, such as
 * a card that names an item's title, is fine if another template that
 * compiles names it as a partial; then it is no template that a slot can have
 * (xsell_templates_find).  Marking partials by a name or a folder of their
 * own was not taken: Mustache has no such rule, and people would forget it.
 */

#include "xsell_page.h"

#include <stdio.h>
#include <strings.h>
#include <stdlib.h>


#define TEMPLATES_MAX    256


typedef struct {
    char                *name;
    size_t               name_n;
    char                *text;
    size_t               text_n;
    xsell_program_t      program;
    unsigned             holds;
    uint32_t             named;         /* 1 + the template that named it as
                                           a partial last */
    uint8_t              partial;       /* of one that compiles */
    uint8_t              ready;
    uint8_t              raw;           /* has <script> or <style> */
    uint8_t              cards;         /* they can be remembered, */
    uint8_t              of;            /* and depend on this of a turn */
    uint8_t              bits;          /* the look model's */
} entry_t;

struct xsell_templates_s {
    entry_t             *entry;
    uint32_t             n;
    uint32_t             now;           /* being compiled */
    xsell_strings_t     *strings;
    xsell_cards_t       *cards;         /* a process's own, see xsell_cards.c */
};


/* ---- names ---- */

static int
is_name(xsell_str_t name)
{
    char    c;
    size_t  i;

    for (i = 0; i < name.n; i++) {
        c = name.p[i];

        if ((c < 'a' || c > 'z') && (c < 'A' || c > 'Z')
            && (c < '0' || c > '9') && c != '-' && c != '_')
        {
            return 0;
        }
    }

    return name.n > 0 && name.n <= XSELL_NAME_MAX;
}


xsell_str_t
xsell_templates_name(const xsell_templates_t *ts, uint32_t i)
{
    xsell_str_t  v;

    v.p = i < ts->n ? ts->entry[i].name : "";
    v.n = i < ts->n ? ts->entry[i].name_n : 0;

    return v;
}


static int
find(const xsell_templates_t *ts, xsell_str_t name)
{
    uint32_t  i;

    for (i = 0; i < ts->n; i++) {
        if (ts->entry[i].name_n == name.n
            && memcmp(ts->entry[i].name, name.p, name.n) == 0)
        {
            return (int) i;
        }
    }

    return -1;
}


int
xsell_templates_find(const xsell_templates_t *ts, xsell_str_t name)
{
    int  i;

    i = find(ts, name);

    return i >= 0 && ts->entry[i].ready ? i : -1;
}


uint32_t
xsell_templates_n(const xsell_templates_t *ts)
{
    return ts->n;
}


/* ---- filling the set ---- */

static int
append(xsell_templates_t *ts, xsell_str_t name)
{
    entry_t  *e;

    e = realloc(ts->entry, (ts->n + 1) * sizeof(*e));

    if (e == NULL) {
        return -1;
    }

    ts->entry = e;
    e += ts->n;
    memset(e, 0, sizeof(*e));
    e->name = malloc(name.n);

    if (e->name == NULL) {
        return -1;
    }

    memcpy(e->name, name.p, name.n);
    e->name_n = name.n;

    return (int) ts->n++;
}


static int
check_text(xsell_str_t text, xsell_error_t *err)
{
    size_t           good;
    unsigned         line, column;
    xsell_scanner_t  s;

    if (text.n == 0 || text.n > XSELL_TEMPLATE_MAX) {
        return xsell_fail(err, XSELL_EINVAL, 0, 0, "a template has 1 to %d "
                          "bytes, this one %zu", XSELL_TEMPLATE_MAX,
                          text.n);
    }

    good = xsell_utf8_valid(text);

    if (good < text.n) {
        xsell_scan_init(&s, text.p, text.n);
        xsell_scan_place(&s, text.p + good, &line, &column);

        return xsell_fail(err, XSELL_EINVAL, line, column, "not UTF-8: save "
                          "the file in that encoding");
    }

    return XSELL_OK;
}


int
xsell_templates_add(xsell_templates_t *ts, xsell_str_t name,
    xsell_str_t text, xsell_error_t *err)
{
    int    i, rc;
    char  *copy;

    if (!is_name(name)) {
        return xsell_fail(err, XSELL_EINVAL, 0, 0, "the name of a template "
                          "has 1 to %d letters, digits, - and _",
                          XSELL_NAME_MAX);
    }

    /* what some editors put first would be a character in the page */

    if (text.n >= 3 && memcmp(text.p, "\xef\xbb\xbf", 3) == 0) {
        text.p += 3;
        text.n -= 3;
    }

    rc = check_text(text, err);

    if (rc != XSELL_OK) {
        return rc;
    }

    i = find(ts, name);

    if (i < 0 && ts->n == TEMPLATES_MAX) {
        return xsell_fail(err, XSELL_EINVAL, 0, 0, "more than %d templates",
                          TEMPLATES_MAX);
    }

    copy = malloc(text.n);

    if (copy == NULL || (i < 0 && (i = append(ts, name)) < 0)) {
        free(copy);
        return xsell_fail(err, XSELL_ENOMEM, 0, 0, "no memory");
    }

    memcpy(copy, text.p, text.n);
    free(ts->entry[i].text);
    ts->entry[i].text = copy;
    ts->entry[i].text_n = text.n;

    return XSELL_OK;
}


int
xsell_templates_strings(xsell_templates_t *ts, xsell_str_t lang,
    xsell_str_t json, xsell_warn_pt warn, void *ctx, xsell_error_t *err)
{
    return xsell_strings_add(ts->strings, lang, json, warn, ctx, err);
}


int
xsell_templates_create(xsell_templates_t **out)
{
    int                       rc;
    size_t                    i;
    xsell_str_t               name;
    xsell_templates_t        *ts;
    static const char *const  names[] = { "carousel", "grid", "story" };

    *out = NULL;
    ts = calloc(1, sizeof(*ts));

    if (ts == NULL) {
        return XSELL_ENOMEM;
    }

    rc = xsell_strings_create(&ts->strings);

    for (i = 0; rc == XSELL_OK && i < sizeof(names) / sizeof(names[0]); i++) {
        name.p = names[i];
        name.n = strlen(names[i]);
        rc = xsell_templates_add(ts, name, xsell_templates_builtin(name),
                                 NULL);
    }

    if (rc != XSELL_OK) {
        xsell_templates_destroy(ts);
        return rc;
    }

    *out = ts;

    return XSELL_OK;
}


void
xsell_templates_destroy(xsell_templates_t *ts)
{
    uint32_t  i;

    if (ts == NULL) {
        return;
    }

    for (i = 0; i < ts->n; i++) {
        free(ts->entry[i].name);
        free(ts->entry[i].text);
        xsell_program_destroy(&ts->entry[i].program);
    }

    free(ts->entry);
    xsell_strings_destroy(ts->strings);
    xsell_cards_destroy(ts->cards);
    free(ts);
}


/* ---- what the model of looks knows them by ---- */

static int
look_of(const entry_t *e, xsell_str_t *word, size_t *off)
{
    xsell_str_t  text;

    text.p = e->text;
    text.n = e->text_n;

    return xsell_template_look(text, word, off);
}


/* the format, and in the other bits its number among those of that format: of
   the template, so that slots with differing lists teach each other what they
   mean.  The ninth has those of the first */

static void
number(xsell_templates_t *ts)
{
    size_t       off;
    uint32_t     i, story, n[XSELL_LOOK_FORMATS] = { 0, 0 };
    xsell_str_t  word;

    for (i = 0; i < ts->n; i++) {
        if (ts->entry[i].ready) {
            story = look_of(&ts->entry[i], &word, &off) == 1;
            ts->entry[i].bits = (uint8_t) ((n[story]++
                                            * XSELL_LOOK_FORMATS
                                            % XSELL_ARMS) | story);
        }
    }
}


unsigned
xsell_templates_bits(const xsell_templates_t *ts, uint32_t i)
{
    return i < ts->n ? ts->entry[i].bits : 0;
}


/* ---- compiling ---- */

static int
resolve(void *names, xsell_str_t name, unsigned scopes, xsell_meaning_t *found,
    char wrong[XSELL_WRONG_MAX])
{
    xsell_templates_t  *ts;

    ts = names;

    return xsell_variable_resolve(ts->strings, name, scopes, found, wrong);
}


static int
partial(void *names, xsell_str_t *name, xsell_str_t *text,
    char wrong[XSELL_WRONG_MAX])
{
    int                 i;
    size_t              n;
    uint32_t            k, nearest;
    unsigned            d, least;
    xsell_templates_t  *ts;

    ts = names;
    i = find(ts, *name);

    if (i >= 0) {
        ts->entry[i].named = ts->now + 1;
        *name = xsell_templates_name(ts, i);
        text->p = ts->entry[i].text;
        text->n = ts->entry[i].text_n;

        return XSELL_OK;
    }

    nearest = 0;
    least = ~0u;

    for (k = 0; k < ts->n; k++) {
        d = xsell_name_distance(*name, xsell_templates_name(ts, k));

        if (k != ts->now && d < least) {
            least = d;
            nearest = k;
        }
    }

    snprintf(wrong, XSELL_WRONG_MAX, "is no partial: there is no file of "
             "that name and .mustache");

    if (least <= 1 + name->n / 4) {     /* a guess far off would mislead */
        n = strlen(wrong);
        snprintf(wrong + n, XSELL_WRONG_MAX - n, "; did you mean \"%.*s\"?",
                 (int) ts->entry[nearest].name_n, ts->entry[nearest].name);
    }

    return XSELL_EINVAL;
}


static const xsell_data_t  shop_data = {
    .resolve = resolve,
    .partial = partial,
    .put = xsell_variable_put,
    .is_true = xsell_variable_true,
    .enter = xsell_variable_enter,
    .next = xsell_variable_next,
    .html = 1
};


/* also one that is longer, or in a comment: nobody is hurt */

static int
has_raw(xsell_str_t html)
{
    size_t  i;

    for (i = 0; i + 6 <= html.n; i++) {
        if (html.p[i] == '<'
            && (strncasecmp(html.p + i + 1, "style", 5) == 0
                || (i + 7 <= html.n
                    && strncasecmp(html.p + i + 1, "script", 6) == 0)))
        {
            return 1;
        }
    }

    return 0;
}


static const xsell_data_t  cards_data = {
    .put = xsell_variable_put,
    .is_true = xsell_variable_true,
    .enter = xsell_cards_enter,
    .next = xsell_cards_next,
    .html = 1
};


static int
compile_entry(xsell_templates_t *ts, uint32_t i, xsell_str_t *where,
    xsell_error_t *err)
{
    int          rc;
    uint32_t     k;
    entry_t     *e;
    xsell_str_t  text;

    e = &ts->entry[i];
    ts->now = i;
    text.p = e->text;
    text.n = e->text_n;

    rc = xsell_program_compile(&e->program, &shop_data, ts,
                               xsell_templates_name(ts, i), text, where, err);

    if (rc != XSELL_OK) {
        return rc;
    }

    e->ready = 1;
    e->cards = (uint8_t) xsell_cards_scan(&e->program, &e->of);
    text.p = e->program.text;
    text.n = e->program.text_n;
    e->holds = xsell_html_holds(text);
    e->raw = (uint8_t) has_raw(text);

    for (k = 0; k < ts->n; k++) {
        ts->entry[k].partial |= ts->entry[k].named == i + 1;
    }

    return XSELL_OK;
}


int
xsell_templates_compile(xsell_templates_t *ts, xsell_str_t *name,
    xsell_error_t *err)
{
    int          rc;
    uint32_t     i;
    xsell_str_t  none = { "", 0 };

    *name = none;

    for (i = 0; i < ts->n; i++) {
        rc = compile_entry(ts, i, name, NULL);

        if (rc == XSELL_ENOMEM) {
            return xsell_fail(err, rc, 0, 0, "no memory");
        }
    }

    /* a second time for those that nobody names, to tell their mistake */

    for (i = 0; i < ts->n; i++) {
        if (!ts->entry[i].ready && !ts->entry[i].partial) {
            return compile_entry(ts, i, name, err);
        }
    }

    number(ts);
    rc = xsell_strings_settle(ts->strings);

    if (rc == XSELL_OK) {
        rc = xsell_cards_create(&ts->cards);
    }

    return rc == XSELL_OK ? rc : xsell_fail(err, rc, 0, 0, "no memory");
}


/* a word behind "xsell:" that is none of ours */

static void
check_look(const entry_t *e, xsell_doubt_pt warn, void *ctx)
{
    char           file[XSELL_NAME_MAX + 16];
    size_t         i, off;
    unsigned       line, column;
    xsell_str_t    word;
    xsell_error_t  w;

    if (look_of(e, &word, &off) != -1) {
        return;
    }

    for (line = 1, column = 1, i = 0; i < off; i++) {
        column = e->text[i] == '\n' ? 1 : column + 1;
        line += e->text[i] == '\n';
    }

    snprintf(file, sizeof(file), "%.*s.mustache", (int) e->name_n, e->name);
    xsell_fail(&w, XSELL_OK, line, column, "\"xsell: %.*s\" is not known, and "
               "it is taken for a list; \"xsell: story\" is",
               (int) (word.n < 40 ? word.n : 40), word.p);
    warn(ctx, file, &w);
}


void
xsell_templates_check(const xsell_templates_t *ts, xsell_doubt_pt warn,
    void *ctx)
{
    uint32_t        i;
    const entry_t  *e;

    if (warn == NULL) {
        return;
    }

    xsell_strings_check(ts->strings, warn, ctx);

    /* a part of others may open what the next one closes */

    for (i = 0; i < ts->n; i++) {
        e = &ts->entry[i];

        if (e->ready && !e->partial) {
            check_look(e, warn, ctx);
            xsell_program_balance(&e->program, warn, ctx);
        }
    }
}


unsigned
xsell_templates_holds(const xsell_templates_t *ts, uint32_t i)
{
    return i < ts->n ? ts->entry[i].holds : XSELL_HOLDS_ALL;
}


int
xsell_templates_raw(const xsell_templates_t *ts, uint32_t i)
{
    return i >= ts->n || ts->entry[i].raw;
}


/* ---- rendering ---- */

size_t
xsell_templates_render(const xsell_templates_t *ts, uint32_t i,
    const xsell_fragment_t *f, char *out, size_t cap)
{
    uint32_t        ascii;
    xsell_out_t     o;
    xsell_cards_t  *cards;
    xsell_scene_t   s;
    const entry_t  *e;

    if (i >= ts->n || !ts->entry[i].ready) {
        return 0;
    }

    e = &ts->entry[i];
    o.p = out;
    o.n = 0;
    o.cap = cap;

    /* with scripts or styles ASCII depends on what stands before */
    ascii = f->ascii && !e->raw;
    cards = f->links && e->cards ? ts->cards : NULL;

    if (cards && xsell_frames_put(cards, f, i, e->of, ascii, &o)) {
        f->links->plain = (uint8_t) ascii;

        return o.n <= XSELL_FRAGMENT_MAX ? o.n : 0;
    }

    xsell_scene_init(&s, f, xsell_strings_of(ts->strings, f->lang));

    s.cards = cards;
    s.out = &o;
    s.before = 1;
    s.after = 0;
    s.template = i;
    s.of = e->of;
    s.ascii = (uint8_t) ascii;

    if (cards) {
        s.style = xsell_cards_style(cards, &s);
    }

    xsell_program_run(&e->program, f->links ? &cards_data : &shop_data, &s,
                      &o, XSELL_FRAGMENT_MAX);

    if (cards) {
        xsell_frames_keep(&s);
    }

    if (f->links) {
        f->links->plain = 0;
    }

    return o.n <= XSELL_FRAGMENT_MAX ? o.n : 0;
}

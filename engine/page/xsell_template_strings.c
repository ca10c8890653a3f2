
/*
 * The sentences of a shop by language: strings.LANG.json, an object of
 * texts.  In a template {{strings.KEY}} is the sentence in the page's
 * language; the built-in words (xsell_locale.c) have keys, too, so a shop
 * says "why_bought" in its own way in the file where its other sentences are.
 *
 * A page's language is a tag: "de-AT" reads strings.de-AT.json, then
 * strings.de.json, then what is built in for de; then the same for en, then
 * whatever language has the key.  So a key that a template names always has a
 * text.  All of that is settled once, when the last template is compiled:
 * each language has an array of its sentences by number, and a rendering
 * looks up its language once and no sentence at all.
 */

#include "xsell_page.h"
#include "../model/xsell_json.h"

#include <stdio.h>
#include <stdlib.h>


#define LANGS_MAX        64
#define KEYS_MAX         1000
#define KEY_MAX_BYTES    64
#define STRINGS_BYTES    1048576


typedef struct {
    xsell_str_t          key;           /* malloced */
    uint8_t              used;
} string_key_t;

typedef struct {
    uint32_t             key;
    xsell_str_t          text;          /* malloced */
    unsigned             line;          /* of its text, in its file */
    unsigned             column;
} string_t;

typedef struct {
    xsell_str_t          lang;          /* malloced, or a built-in one's */
    uint8_t              file;          /* a strings.LANG.json */
    string_t            *string;
    uint32_t             n;
    xsell_str_t         *text;          /* settled, by number */
} tongue_t;

struct xsell_strings_s {
    tongue_t             tongue[LANGS_MAX];
    uint32_t             n;
    string_key_t        *key;           /* those of the built-in words first */
    uint32_t             keys;
};


/* ---- texts that last ---- */

static int
copy(xsell_str_t *to, const char *p, size_t n)
{
    char  *q;

    q = malloc(n + 1);

    if (q == NULL) {
        return XSELL_ENOMEM;
    }

    memcpy(q, p, n);
    to->p = q;
    to->n = n;

    return XSELL_OK;
}


static void
drop(xsell_str_t *v)
{
    free((void *) v->p);
}


static int
is_in(xsell_str_t s, const char *also)
{
    char    c;
    size_t  i;

    for (i = 0; i < s.n; i++) {
        c = s.p[i] | 0x20;

        if ((c < 'a' || c > 'z') && (s.p[i] < '0' || s.p[i] > '9')
            && (s.p[i] == '\0' || strchr(also, s.p[i]) == NULL))
        {
            return 0;
        }
    }

    return 1;
}


/* ---- keys ---- */

static int
find_key(const xsell_strings_t *s, xsell_str_t key)
{
    uint32_t  i;

    for (i = 0; i < s->keys; i++) {
        if (s->key[i].key.n == key.n
            && memcmp(s->key[i].key.p, key.p, key.n) == 0)
        {
            return (int) i;
        }
    }

    return -1;
}


static int
add_key(xsell_strings_t *s, xsell_str_t key)
{
    string_key_t  *k;

    k = realloc(s->key, (s->keys + 1) * sizeof(*k));

    if (k == NULL) {
        return -1;
    }

    s->key = k;
    k += s->keys;
    k->used = 0;

    if (copy(&k->key, key.p, key.n) != XSELL_OK) {
        return -1;
    }

    return (int) s->keys++;
}


/* the most similar key */

static xsell_str_t
nearest_key(const xsell_strings_t *s, xsell_str_t key)
{
    uint32_t     i;
    unsigned     d, least;
    xsell_str_t  nearest = { "", 0 };

    least = ~0u;

    for (i = 0; i < s->keys; i++) {
        d = xsell_name_distance(key, s->key[i].key);

        if (d < least) {
            least = d;
            nearest = s->key[i].key;
        }
    }

    return nearest;
}


int
xsell_strings_key(xsell_strings_t *s, xsell_str_t key, xsell_str_t *nearest)
{
    int  i;

    i = find_key(s, key);

    if (i < 0) {
        *nearest = nearest_key(s, key);
        return -1;
    }

    s->key[i].used = 1;

    return i;
}


/* ---- the set ---- */

int
xsell_strings_create(xsell_strings_t **out)
{
    unsigned          i;
    xsell_str_t       v;
    xsell_strings_t  *s;

    *out = NULL;
    s = calloc(1, sizeof(*s));

    if (s == NULL) {
        return XSELL_ENOMEM;
    }

    for (i = 0; i < XSELL_WORDS; i++) {
        v.p = xsell_word_keys[i] ? xsell_word_keys[i] : "";
        v.n = strlen(v.p);

        if (add_key(s, v) < 0) {
            xsell_strings_destroy(s);
            return XSELL_ENOMEM;
        }

        /* {{heading}} and {{why}} say these */

        s->key[i].used = i < XSELL_WORD_OUT_OF_STOCK;
    }

    for (i = 0; (v = xsell_word_lang(i)).n && i < LANGS_MAX; i++) {
        s->tongue[s->n++].lang = v;
    }

    *out = s;

    return XSELL_OK;
}


void
xsell_strings_destroy(xsell_strings_t *s)
{
    uint32_t   i, k;
    tongue_t  *t;

    if (s == NULL) {
        return;
    }

    for (i = 0; i < s->n; i++) {
        t = &s->tongue[i];

        if (t->file) {
            drop(&t->lang);
        }

        for (k = 0; k < t->n; k++) {
            drop(&t->string[k].text);
        }

        free(t->string);
        free(t->text);
    }

    for (i = 0; i < s->keys; i++) {
        drop(&s->key[i].key);
    }

    free(s->key);
    free(s);
}


/* ---- a file ---- */

/* a place for a language: a new one, or that of the built-in words, which
   becomes the file's */

static int
open_tongue(xsell_strings_t *s, xsell_str_t lang, tongue_t **tongue,
    xsell_error_t *err)
{
    uint32_t     i;
    tongue_t    *t;
    xsell_str_t  own;

    for (i = 0; i < s->n; i++) {
        if (xsell_lang_same(s->tongue[i].lang, lang)) {
            break;
        }
    }

    if (i == LANGS_MAX) {
        return xsell_fail(err, XSELL_EINVAL, 0, 0, "too many languages");
    }

    t = &s->tongue[i];

    if (t->file) {
        return xsell_fail(err, XSELL_EINVAL, 0, 0, "there are two files for "
                          "the language \"%.*s\"", (int) lang.n, lang.p);
    }

    if (copy(&own, lang.p, lang.n) != XSELL_OK) {
        return xsell_fail(err, XSELL_ENOMEM, 0, 0, "no memory");
    }

    if (i == s->n) {
        s->n++;
    }

    t->lang = own;
    t->file = 1;
    *tongue = t;

    return XSELL_OK;
}


/* where a key's text stands in its file */

static void
place(xsell_str_t json, const char *key, unsigned *line, unsigned *column)
{
    size_t           off;
    xsell_scanner_t  s;

    off = xsell_json_locate(json.p, json.n, key);
    xsell_scan_init(&s, json.p, json.n);
    xsell_scan_place(&s, json.p + (off < json.n ? off : 0), line, column);
}


static int
add_string(xsell_strings_t *s, tongue_t *t, xsell_str_t key,
    xsell_str_t text, xsell_error_t *err)
{
    int        i;
    string_t  *p;

    i = find_key(s, key);

    if (i < 0 && s->keys == KEYS_MAX) {
        return xsell_fail(err, XSELL_EINVAL, 0, 0, "more than %d keys",
                          KEYS_MAX);
    }

    if (i < 0) {
        i = add_key(s, key);
    }

    p = realloc(t->string, (t->n + 1) * sizeof(*p));

    if (p) {
        t->string = p;
    }

    if (i < 0 || p == NULL
        || copy(&p[t->n].text, text.p, text.n) != XSELL_OK)
    {
        return xsell_fail(err, XSELL_ENOMEM, 0, 0, "no memory");
    }

    p[t->n++].key = i;

    return XSELL_OK;
}


static void
warn_kind(xsell_warn_pt warn, void *ctx, xsell_str_t json, xsell_str_t key,
    unsigned kind)
{
    unsigned       line, column;
    xsell_error_t  warning;

    if (warn) {
        place(json, key.p, &line, &column);
        xsell_fail(&warning, XSELL_OK, line, column, "\"%.*s\" is %s, not a "
                   "text: left out", (int) key.n, key.p,
                   xsell_json_kind(kind));
        warn(ctx, &warning);
    }
}


static int
read_strings(xsell_strings_t *s, tongue_t *t, xsell_str_t json,
    const xsell_json_t *doc, xsell_warn_pt warn, void *ctx,
    xsell_error_t *err)
{
    int             rc;
    unsigned        line, column;
    void           *at;
    const char     *name;
    xsell_str_t     key;
    xsell_value_t   v;

    for (at = xsell_json_each(doc, NULL, &name, &v);
         at;
         at = xsell_json_each(doc, at, &name, &v))
    {
        key.p = name;
        key.n = strlen(name);

        if (key.n == 0 || key.n > KEY_MAX_BYTES || !is_in(key, "_-.")) {
            key.n = key.n < 40 ? key.n : 40;
            place(json, name, &line, &column);
            return xsell_fail(err, XSELL_EINVAL, line, column, "the key "
                              "\"%.*s\": a key has 1 to %d letters, digits, "
                              "_ - and .", (int) key.n, key.p,
                              KEY_MAX_BYTES);
        }

        if (v.kind != XSELL_JSON_TEXT) {
            warn_kind(warn, ctx, json, key, v.kind);
            continue;
        }

        rc = add_string(s, t, key, v.text, err);

        if (rc != XSELL_OK) {
            return rc;
        }

        place(json, name, &t->string[t->n - 1].line,
              &t->string[t->n - 1].column);
    }

    return XSELL_OK;
}


int
xsell_strings_add(xsell_strings_t *s, xsell_str_t lang, xsell_str_t json,
    xsell_warn_pt warn, void *ctx, xsell_error_t *err)
{
    int            rc;
    tongue_t      *t;
    xsell_json_t  *doc;

    if (lang.n < 2 || lang.n > XSELL_LANG_MAX || !is_in(lang, "-_")
        || !is_in((xsell_str_t) { lang.p, 2 }, "") || lang.p[0] <= '9'
        || lang.p[1] <= '9')
    {
        return xsell_fail(err, XSELL_EINVAL, 0, 0, "strings.LANG.json: LANG "
                          "is a language tag, such as de or pt-BR");
    }

    if (json.n > STRINGS_BYTES) {
        return xsell_fail(err, XSELL_EINVAL, 0, 0, "more than %d bytes",
                          STRINGS_BYTES);
    }

    rc = xsell_json_open(&doc, json.p, json.n, err);

    if (rc != XSELL_OK) {
        return rc;
    }

    t = NULL;
    rc = open_tongue(s, lang, &t, err);

    if (rc == XSELL_OK) {
        rc = read_strings(s, t, json, doc, warn, ctx, err);
    }

    xsell_json_close(doc);

    return rc;
}


/* ---- settling ---- */

static const tongue_t *
find_tongue(const xsell_strings_t *s, xsell_str_t lang)
{
    uint32_t  i;

    for (i = 0; i < s->n; i++) {
        if (xsell_lang_same(s->tongue[i].lang, lang)) {
            return &s->tongue[i];
        }
    }

    return NULL;
}


/* what a language itself has for a key: the file's text, the built-in word */

static const char *
own_text(const tongue_t *t, uint32_t key, xsell_str_t *text)
{
    unsigned     i;
    uint32_t     k;
    xsell_str_t  lang;

    for (k = t->n; k > 0; k--) {
        if (t->string[k - 1].key == key) {
            *text = t->string[k - 1].text;
            return text->p;
        }
    }

    if (key >= XSELL_WORDS) {
        return NULL;
    }

    for (i = 0; (lang = xsell_word_lang(i)).n; i++) {
        if (xsell_lang_same(lang, t->lang)) {
            *text = xsell_word(i, key);
            return text->p;
        }
    }

    return NULL;
}


/* the same for the tag, its shorter forms: de-AT, de */

static const char *
family_text(const xsell_strings_t *s, xsell_str_t lang, uint32_t key,
    xsell_str_t *text)
{
    const tongue_t  *t;

    do {
        t = find_tongue(s, lang);

        if (t && own_text(t, key, text)) {
            return text->p;
        }

    } while (xsell_lang_shorten(&lang));

    return NULL;
}


/* 1 if the language itself has the text */

static int
settle_key(const xsell_strings_t *s, const tongue_t *t, uint32_t key,
    xsell_str_t *text)
{
    uint32_t     i;
    xsell_str_t  english = { "en", 2 };

    if (family_text(s, t->lang, key, text)) {
        return 1;
    }

    if (family_text(s, english, key, text)) {
        return 0;
    }

    text->p = "";
    text->n = 0;

    for (i = 0; i < s->n && !own_text(&s->tongue[i], key, text); i++) {
        /* void */
    }

    return 0;
}


int
xsell_strings_settle(xsell_strings_t *s)
{
    uint32_t   i, k;
    tongue_t  *t;

    for (i = 0; i < s->n; i++) {
        t = &s->tongue[i];
        free(t->text);
        t->text = calloc(s->keys, sizeof(*t->text));

        if (t->text == NULL) {
            return XSELL_ENOMEM;
        }

        for (k = 0; k < s->keys; k++) {
            (void) settle_key(s, t, k, &t->text[k]);
        }
    }

    return XSELL_OK;
}


/* ---- doubts ---- */

/* whether a template uses it, or it is built in */

static int
is_known(const xsell_strings_t *s, uint32_t key)
{
    return s->key[key].used || key < XSELL_WORDS;
}


static int
has_own(const tongue_t *t, uint32_t key)
{
    uint32_t  i;

    for (i = 0; i < t->n; i++) {
        if (t->string[i].key == key) {
            return 1;
        }
    }

    return 0;
}


static const char *
file_name(const tongue_t *t, char out[XSELL_LANG_MAX + 16])
{
    snprintf(out, XSELL_LANG_MAX + 16, "strings.%.*s.json", (int) t->lang.n,
             t->lang.p);

    return out;
}


/* a key that a template uses and the language lacks */

static void
check_missing(const xsell_strings_t *s, const tongue_t *t,
    xsell_doubt_pt warn, void *ctx)
{
    char           file[XSELL_LANG_MAX + 16];
    uint32_t       k;
    xsell_str_t    text, key;
    xsell_error_t  warning;

    for (k = 0; k < s->keys; k++) {
        key = s->key[k].key;

        if (!s->key[k].used || settle_key(s, t, k, &text)) {
            continue;
        }

        xsell_fail(&warning, XSELL_OK, 0, 0, "\"%.*s\" is missing: it reads "
                   "\"%.*s\" in this language", (int) key.n, key.p,
                   (int) (text.n < 60 ? text.n : 60), text.p);
        warn(ctx, file_name(t, file), &warning);
    }
}


/* a key that no template uses, and much like one that this file lacks: a
   mistyped one; others are the shop's own business */

static void
check_mistyped(const xsell_strings_t *s, const tongue_t *t,
    xsell_doubt_pt warn, void *ctx)
{
    char           file[XSELL_LANG_MAX + 16];
    uint32_t       i, k;
    xsell_str_t    key, near;
    xsell_error_t  warning;

    for (i = 0; i < t->n; i++) {

        if (is_known(s, t->string[i].key)) {
            continue;
        }

        key = s->key[t->string[i].key].key;

        for (k = 0; k < s->keys; k++) {
            near = s->key[k].key;

            if (!is_known(s, k) || near.n + 2 < key.n || key.n + 2 < near.n
                || xsell_name_distance(key, near) > 2 || has_own(t, k))
            {
                continue;
            }

            xsell_fail(&warning, XSELL_OK, t->string[i].line,
                       t->string[i].column, "no template uses \"%.*s\"; did "
                       "you mean \"%.*s\"?", (int) key.n, key.p,
                       (int) near.n, near.p);
            warn(ctx, file_name(t, file), &warning);
            break;
        }
    }
}


void
xsell_strings_check(const xsell_strings_t *s, xsell_doubt_pt warn, void *ctx)
{
    uint32_t  i;

    for (i = 0; i < s->n; i++) {
        if (s->tongue[i].file) {
            check_missing(s, &s->tongue[i], warn, ctx);
            check_mistyped(s, &s->tongue[i], warn, ctx);
        }
    }
}


const xsell_str_t *
xsell_strings_of(const xsell_strings_t *s, xsell_str_t lang)
{
    const tongue_t  *t;

    lang.n = lang.n > XSELL_LANG_MAX ? 0 : lang.n;

    do {
        t = find_tongue(s, lang);

        if (t) {
            return t->text;
        }

    } while (xsell_lang_shorten(&lang));

    return s->tongue[0].text;           /* English */
}

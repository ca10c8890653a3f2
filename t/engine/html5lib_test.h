
/*
 * html5lib_test.h: the tokenizer alone, what it says written down as a list
 * of tokens, and the comparison with a list that is wanted.  For
 * html5lib_test.c, which has the cases.
 */

#ifndef HTML5LIB_TEST_H
#define HTML5LIB_TEST_H

#include "xsell.h"

#include "../../engine/page/xsell_tokenizer.c"
#include "../../engine/page/xsell_tokenizer_text.c"
#include "../../engine/page/xsell_attribute.c"

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>


#define H5_TOKENS  64
#define H5_ATTRS   16
#define H5_BYTES   2048


enum {
    H5_TEXT = 0,
    H5_START,
    H5_END,
    H5_COMMENT,
    H5_DOCTYPE
};


/* names as the tokenizer has them, one word each */

typedef struct {
    uint64_t         name;
    size_t           n;
    char             value[XSELL_VALUE_MAX];
} h5_attr_t;

typedef struct {
    int              kind;
    int              slash;
    int              eof;               /* the page ended in it */
    uint64_t         name;
    uint64_t         from;              /* offsets */
    uint64_t         to;
    unsigned         attr_n;
    h5_attr_t        attr[H5_ATTRS];
    size_t           n;
    char             text[H5_BYTES];    /* of a comment and a text */
} h5_token_t;

typedef struct {
    unsigned         n;
    h5_token_t       token[H5_TOKENS];
} h5_list_t;


static h5_token_t *
h5_add(h5_list_t *l, int kind, const char *p, size_t n)
{
    h5_token_t  *t;

    if (kind == H5_TEXT && n == 0) {
        return NULL;
    }

    t = l->n ? &l->token[l->n - 1] : NULL;

    if (kind != H5_TEXT || t == NULL || t->kind != H5_TEXT) {
        assert_true(l->n < H5_TOKENS);
        t = &l->token[l->n++];
        t->kind = kind;
        t->slash = 0;
        t->eof = 0;
        t->name = 0;
        t->from = 0;
        t->to = 0;
        t->attr_n = 0;
        t->n = 0;
    }

    assert_true(t->n + n < H5_BYTES);
    memcpy(t->text + t->n, p, n);
    t->n += n;
    t->text[t->n] = '\0';

    return t;
}


static void
h5_add_attr(h5_token_t *t, uint64_t name, const char *p, size_t n)
{
    unsigned    i;
    h5_attr_t  *a;

    for (i = 0; i < t->attr_n; i++) {
        if (t->attr[i].name == name) {
            return;                     /* the first one counts */
        }
    }

    assert_true(t->attr_n < H5_ATTRS && n < sizeof(a->value));
    a = &t->attr[t->attr_n++];
    a->name = name;
    a->n = n;
    memcpy(a->value, p, n);
}


/* ---- the tokenizer's other half: everything is written down ----------- */

static h5_list_t   h5_seen;             /* tags only */
static h5_token_t *h5_tag;
static uint64_t    h5_attr_name;


void
xsell_tree_start(xsell_html_t *h)
{
    h5_tag = h5_add(&h5_seen, H5_START, "", 0);
    h5_tag->name = h->name;
    h5_tag->from = h->tag_at;
    h->attrs = XSELL_ATTRS_ALL;
    h->verdict = XSELL_TAG_OPENS;
}


int
xsell_tree_wants(xsell_html_t *h)
{
    h5_attr_name = h->attr;

    return 1;
}


void
xsell_tree_attr(xsell_html_t *h)
{
    assert_true(h->value_n <= XSELL_VALUE_MAX);
    h5_add_attr(h5_tag, h5_attr_name, h->value, h->value_n);
}


void
xsell_tree_started(xsell_html_t *h, uint64_t off)
{
    h5_tag->slash = h->slash;
    h5_tag->to = off;
}


void
xsell_tree_end(xsell_html_t *h)
{
    h5_tag = h5_add(&h5_seen, H5_END, "", 0);
    h5_tag->name = h->name;
    h5_tag->from = h->tag_at;
    h->attrs = 0;
}


void
xsell_tree_ended(xsell_html_t *h, uint64_t off)
{
    h5_tag->to = off;
}


void
xsell_tree_text(xsell_html_t *h, uint64_t off)
{
}


void
xsell_tree_doctype(xsell_html_t *h)
{
}


int
xsell_tree_marks(const xsell_html_t *h)
{
    return 0;
}


void
xsell_tree_marker(xsell_html_t *h, uint64_t off)
{
}


int
xsell_tree_foreign(const xsell_html_t *h)
{
    return 0;
}


int
xsell_pending(const xsell_html_t *h)
{
    return 0;
}


/* the page cost more than it was worth, or was too deep: none is here */

void
xsell_lost(xsell_html_t *h, unsigned state)
{
    fail_msg("given up: %u", state);
}


/* the short cut for whole tags, which has to do with the tree: cut_test.c
   compares it with the states that are tested here */

const uint8_t *
xsell_quick_run(xsell_html_t *h, const uint8_t *p, const uint8_t *end)
{
    return p;
}


/* ---- running ---------------------------------------------------------- */

enum {
    H5_IN_TEXT = 0,
    H5_IN_TAG,
    H5_IN_COMMENT,
    H5_IN_CDATA
};


static int
h5_in(unsigned state)
{
    switch (state) {

    case XSELL_S_NAME:
    case XSELL_S_ATTR:
    case XSELL_S_ATTR_NAME:
    case XSELL_S_ATTR_AFTER:
    case XSELL_S_VALUE:
    case XSELL_S_VALUE_DOUBLE:
    case XSELL_S_VALUE_SINGLE:
    case XSELL_S_VALUE_BARE:
    case XSELL_S_SLASH:
        return H5_IN_TAG;

    case XSELL_S_MARKUP:
    case XSELL_S_MARKUP_DASH:
    case XSELL_S_BOGUS:
    case XSELL_S_DOCTYPE:
    case XSELL_S_COMMENT_START:
    case XSELL_S_COMMENT_START_DASH:
    case XSELL_S_COMMENT:
    case XSELL_S_COMMENT_DASH:
    case XSELL_S_COMMENT_END:
    case XSELL_S_COMMENT_BANG:
        return H5_IN_COMMENT;

    case XSELL_S_CDATA:
    case XSELL_S_CDATA_BRACKET:
    case XSELL_S_CDATA_END:
        return H5_IN_CDATA;

    default:
        return H5_IN_TEXT;
    }
}


static void
h5_begin(xsell_html_t *h, const char *page, const char *state,
    const char *last)
{
    memset(h, 0, sizeof(*h));
    h->bias = -(uint64_t) (uintptr_t) page;
    h->open = 1;                        /* else nobody reads on */
    h5_seen.n = 0;
    h5_tag = NULL;

    if (strcmp(state, "RCDATA") == 0 || strcmp(state, "RAWTEXT") == 0) {
        h->state = XSELL_S_RAW;
        h->raw = XSELL_RAW_TEXT;

    } else if (strcmp(state, "Script data") == 0) {
        h->state = XSELL_S_RAW;
        h->raw = XSELL_RAW_SCRIPT;

    } else if (strcmp(state, "CDATA section") == 0) {
        h->state = XSELL_S_CDATA;

    } else if (strcmp(state, "PLAINTEXT") == 0) {
        h->state = XSELL_S_PLAIN;

    } else {
        assert_string_equal(state, "");
    }

    /* none: a name that no end tag has */
    h->raw_name = last[0] ? xsell_name(last, strlen(last)) : 1;
}


static void
h5_feed(xsell_html_t *h, const char *p, size_t n)
{
    const uint8_t  *end;

    end = (const uint8_t *) p + n;
    assert_ptr_equal(xsell_html_run(h, (const uint8_t *) p, end), end);
}


/* the text before `to`, and what begins after it */

static void
h5_text(h5_list_t *l, const char *page, size_t *from, size_t to, size_t next)
{
    assert_true(*from <= to && to <= next);
    (void) h5_add(l, H5_TEXT, page + *from, to - *from);
    *from = next;
}


static void
h5_comment(h5_list_t *l, const char *page, size_t *from, size_t at,
    size_t end, int eof)
{
    int  kind;

    kind = end - at >= 9 && strncasecmp(page + at, "<!doctype", 9) == 0
           ? H5_DOCTYPE : H5_COMMENT;

    h5_text(l, page, from, at, end);
    h5_add(l, kind, page + at, end - at)->eof = eof;
}


/* byte by byte: texts and comments are what lies between the tags */

static void
h5_run(const char *page, size_t n, const char *state, const char *last,
    h5_list_t *l)
{
    int           was, is;
    size_t        i, from;
    unsigned      tags;
    xsell_html_t  h;

    h5_begin(&h, page, state, last);
    l->n = 0;
    tags = 0;
    from = 0;
    is = h5_in(h.state);

    for (i = 0; i < n; i++) {
        was = is;
        h5_feed(&h, page + i, 1);
        is = h5_in(h.state);

        if (h5_tag && h5_tag->to == i + 1) {
            assert_int_equal(h5_seen.n, ++tags);
            h5_text(l, page, &from, (size_t) h5_tag->from, i + 1);
            assert_true(l->n < H5_TOKENS);
            l->token[l->n++] = *h5_tag;

        } else if (was == H5_IN_COMMENT && is != H5_IN_COMMENT) {
            h5_comment(l, page, &from, (size_t) h.tag_at, i + 1, 0);

        } else if (was == H5_IN_CDATA && is != H5_IN_CDATA) {
            h5_text(l, page, &from, i - 2, i + 1);

        } else if (page[i] == '>' && i >= 2 && is == H5_IN_TEXT
                   && h.state == XSELL_S_DATA && page[i - 1] == '/'
                   && page[i - 2] == '<' && h.tag_at == i - 2)
        {
            h5_text(l, page, &from, i - 2, i + 1);     /* </> */
        }
    }

    if (is == H5_IN_TAG) {
        h5_text(l, page, &from, (size_t) h.tag_at, n);

    } else if (is == H5_IN_COMMENT) {
        h5_comment(l, page, &from, (size_t) h.tag_at, n, 1);

    } else {
        h5_text(l, page, &from, n, n);
    }
}


/* in two pieces: the same tags */

static int
h5_cut_same(const char *page, size_t n, size_t cut, const char *state,
    const char *last, const h5_list_t *want)
{
    unsigned           i, k;
    xsell_html_t       h;
    const h5_token_t  *a, *b;

    h5_begin(&h, page, state, last);
    h5_feed(&h, page, cut);
    h5_feed(&h, page + cut, n - cut);

    if (h5_seen.n && h5_seen.token[h5_seen.n - 1].to == 0) {
        h5_seen.n--;                    /* the page ended in it */
    }

    for (i = 0, k = 0; i < want->n; i++) {
        a = &want->token[i];
        b = &h5_seen.token[k];

        if (a->kind != H5_START && a->kind != H5_END) {
            continue;
        }

        if (k == h5_seen.n || a->kind != b->kind || a->name != b->name
            || a->from != b->from || a->to != b->to || a->slash != b->slash
            || a->attr_n != b->attr_n)
        {
            return 0;
        }

        k++;
    }

    return k == h5_seen.n;
}


/* ---- comparing -------------------------------------------------------- */

/* as browsers' decoder leaves text: line ends are one character; NUL (which
   some states turn into U+FFFD) is U+FFFD everywhere */

static size_t
h5_normal(char *to, const char *p, size_t n)
{
    size_t  i, k;

    for (i = 0, k = 0; i < n; i++) {
        if (p[i] == '\0') {
            memcpy(to + k, "\xef\xbf\xbd", 3);
            k += 3;

        } else if (p[i] == '\r') {
            to[k++] = '\n';
            i += i + 1 < n && p[i + 1] == '\n';

        } else {
            to[k++] = p[i];
        }
    }

    to[k] = '\0';

    return k;
}


/* a comment's bytes: its data between one of the beginnings and one of the
   ends that such data can have */

static int
h5_comment_same(const char *raw, size_t n, const char *data, size_t k,
    int eof)
{
    size_t       i, begin;
    const char  *rest;

    static const char *const  ends[] = { "-->", "--!>" };
    static const char *const  cuts[] = { "", "-", "--", "--!" };

    begin = (n >= 4 && memcmp(raw, "<!--", 4) == 0) ? 4
            : raw[1] == '?' ? 1 : 2;

    if (n < begin + k || memcmp(raw + begin, data, k) != 0) {
        return 0;
    }

    rest = raw + begin + k;

    if (begin < 4) {
        return strcmp(rest, eof ? "" : ">") == 0;
    }

    for (i = 0; eof && i < 4; i++) {
        if (strcmp(rest, cuts[i]) == 0) {
            return 1;
        }
    }

    for (i = 0; !eof && i < 2; i++) {
        if (strcmp(rest, ends[i]) == 0) {
            return 1;
        }
    }

    return !eof && k == 0
           && (strcmp(rest, ">") == 0 || strcmp(rest, "->") == 0);
}


/* a character by a name that the tokenizer does not know */

static unsigned  h5_unknowns;

static int
h5_unknown(const h5_attr_t *a)
{
    size_t       i, k, n;
    const char  *p, *name;

    p = memchr(a->value, '&', a->n);

    if (p == NULL) {
        return 0;
    }

    for (n = 1; p + n < a->value + a->n && isalnum(p[n]); n++) { /* void */ }

    if (n == 1 || p + n == a->value + a->n || p[n] != ';') {
        return 0;
    }

    for (i = 0; i < sizeof(xsell_entities) / sizeof(xsell_entities[0]); i++) {
        name = xsell_entities[i].name;
        k = strlen(name);

        if (k < n && memcmp(name, p + 1, k) == 0) {
            return 0;
        }
    }

    h5_unknowns++;

    return 1;
}


static int
h5_attrs_same(const h5_token_t *want, const h5_token_t *got)
{
    size_t            n, k;
    unsigned          i, j;
    const h5_attr_t  *a, *b;

    static char  p[3 * H5_BYTES], q[3 * H5_BYTES];

    if (want->attr_n != got->attr_n) {
        return 0;
    }

    for (i = 0; i < want->attr_n; i++) {
        a = &want->attr[i];

        for (j = 0; j < got->attr_n && got->attr[j].name != a->name; j++) {
            /* void */
        }

        if (j == got->attr_n) {
            return 0;
        }

        b = &got->attr[j];
        n = h5_normal(p, a->value, a->n);
        k = h5_normal(q, b->value, b->n);

        if ((n != k || memcmp(p, q, n) != 0) && !h5_unknown(b)) {
            return 0;
        }
    }

    return 1;
}


static int
h5_token_same(const h5_token_t *want, const h5_token_t *got)
{
    size_t  n, k;

    static char  a[3 * H5_BYTES], b[3 * H5_BYTES];

    if (want->kind != got->kind) {
        return 0;
    }

    switch (want->kind) {

    case H5_DOCTYPE:
        return 1;

    case H5_START:
        return want->name == got->name && want->slash == got->slash
               && h5_attrs_same(want, got);

    case H5_END:
        return want->name == got->name;
    }

    n = h5_normal(a, want->text, want->n);
    k = h5_normal(b, got->text, got->n);

    if (want->kind == H5_COMMENT) {
        return h5_comment_same(b, k, a, n, got->eof);
    }

    /* references in text are nobody's business here */

    return memchr(got->text, '&', got->n) != NULL
           || (n == k && memcmp(a, b, n) == 0);
}


static void
h5_print(const char *title, const h5_list_t *l)
{
    unsigned           i, k;
    const h5_token_t  *t;

    static const char *const  kinds[] = {
        "text", "start", "end", "comment", "doctype"
    };

    for (i = 0; i < l->n; i++) {
        t = &l->token[i];
        print_message("#   %s %s %llx \"%.*s\"%s", title, kinds[t->kind],
                      (unsigned long long) t->name, (int) t->n, t->text,
                      t->slash ? " /" : "");

        for (k = 0; k < t->attr_n; k++) {
            print_message(" %llx=\"%.*s\"",
                          (unsigned long long) t->attr[k].name,
                          (int) t->attr[k].n, t->attr[k].value);
        }

        print_message("\n");
    }
}


/* one test: byte by byte against what is wanted, cut anywhere against that */

static int
h5_test(const char *what, const char *input, size_t n, const char *state,
    const char *last, const h5_list_t *want)
{
    int       ok;
    char     *page;
    size_t    cut;
    unsigned  i;

    static h5_list_t  got;

    page = malloc(n + 1);               /* ASan sees a byte too far */
    assert_non_null(page);
    memcpy(page, input, n);
    page[n] = '\0';

    h5_run(page, n, state, last, &got);

    for (i = 0; i < want->n && i < got.n; i++) {
        if (!h5_token_same(&want->token[i], &got.token[i])) {
            break;
        }
    }

    ok = i == want->n && i == got.n;

    if (!ok) {
        print_message("# %s: %s: \"%.*s\" (%zu bytes)\n", what,
                      state[0] ? state : "Data", (int) n, input, n);
        h5_print("want", want);
        h5_print("got ", &got);
    }

    for (cut = 0; ok && cut <= n; cut++) {
        ok = h5_cut_same(page, n, cut, state, last, &got);

        if (!ok) {
            print_message("# %s: %s: \"%.*s\": other tags when cut at %zu\n",
                          what, state[0] ? state : "Data", (int) n, input,
                          cut);
        }
    }

    free(page);

    return ok;
}


#endif /* HTML5LIB_TEST_H */


/*
 * html5lib_test.c: tags, comments and raw text begin and end where the HTML
 * specification says.
 *
 * html5lib's tokenizer tests (../shared/vectors/html5lib, if they are there)
 * and as many of our own.  The tokenizer's sources are compiled into this
 * test, with a tree that opens no element and a matcher that wants all
 * attributes and writes them down.  Where a comment or a text begins and ends
 * is seen from the tokenizer's state after each byte; that fed as a whole the
 * same tags come out at the same offsets, is compared.
 *
 * What the rewriter has no use for is not compared: a doctype's contents,
 * character references in text, parse errors.
 */

#include "html5lib_test.h"
#include "html5lib_cases.h"

#include <dirent.h>

#include <jansson.h>
#include <zlib.h>


/* ---- own cases -------------------------------------------------------- */

/* <b a="1" c="2"/> */

static void
h5_case_start(h5_list_t *l, const char *p, size_t n)
{
    size_t       k, v;
    const char  *end;
    h5_token_t  *t;

    t = h5_add(l, H5_START, "", 0);
    end = p + n - 1;                    /* of what is before the > */
    p++;

    if (end[-1] == '/') {
        t->slash = 1;
        end--;
    }

    k = strcspn(p, " />");
    t->name = xsell_name(p, k);

    for (p += k; p < end && *p == ' '; p += v + 1) {
        p++;
        k = (size_t) (strstr(p, "=\"") - p);
        v = k + 2;

        /* up to the quote before the next attribute or the end */
        while (!(p[v] == '"' && (p + v + 1 == end || p[v + 1] == ' '))) {
            v++;
        }

        h5_add_attr(t, xsell_name(p, k), p + k + 2, v - k - 2);
    }
}


static void
h5_case_token(h5_list_t *l, const char *p, size_t n)
{
    if (p[0] == '\'') {
        (void) h5_add(l, H5_TEXT, p + 1, n - 2);

    } else if (strncmp(p, "<!--", 4) == 0) {
        (void) h5_add(l, H5_COMMENT, p + 4, n - 7);

    } else if (strncmp(p, "<!d", 3) == 0) {
        (void) h5_add(l, H5_DOCTYPE, "", 0);

    } else if (p[1] == '/') {
        h5_add(l, H5_END, "", 0)->name = xsell_name(p + 2, n - 3);

    } else {
        h5_case_start(l, p, n);
    }
}


/* hazard: a border that is off by one byte, and the fragment stands in a
   script or in a comment */

static void
own_cases(void **state)
{
    size_t            i, n;
    unsigned          bad;
    const char       *p, *end;
    const h5_case_t  *c;

    static h5_list_t  want;

    bad = 0;

    for (i = 0; i < sizeof(h5_cases) / sizeof(h5_cases[0]); i++) {
        c = &h5_cases[i];
        want.n = 0;

        for (p = c->output; *p; p = end + (*end != '\0')) {

            /* a line feed in a value does not end the token */
            for (end = p; *end && !(*end == '\n'
                                    && strchr("'>", end[-1]) != NULL); end++)
            {
                /* void */
            }

            n = (size_t) (end - p);
            h5_case_token(&want, p, n);
        }

        bad += !h5_test("own", c->input, strlen(c->input), c->state, c->last,
                        &want);
    }

    print_message("# %zu cases\n", i);
    assert_int_equal(bad, 0);
    assert_int_equal(h5_unknowns, 0);
}


/* ---- html5lib's ------------------------------------------------------- */

/* \uXXXX in a text that was escaped twice; a surrogate alone, which no page
   in UTF-8 can hold, becomes the three bytes that it would have */

static size_t
h5_unescape(const char *p, size_t n, char *to)
{
    size_t    i, k;
    unsigned  c, d;

    for (i = 0, k = 0; i < n; i++) {
        if (i + 6 > n || p[i] != '\\' || p[i + 1] != 'u'
            || sscanf(p + i + 2, "%4x", &c) != 1)
        {
            to[k++] = p[i];
            continue;
        }

        i += 5;

        if (c >= 0xd800 && c < 0xdc00 && i + 6 < n
            && sscanf(p + i + 1, "\\u%4x", &d) == 1 && d >= 0xdc00
            && d < 0xe000)
        {
            c = 0x10000 + ((c - 0xd800) << 10) + (d - 0xdc00);
            i += 6;
        }

        if (c < 0x80) {
            to[k++] = (char) c;

        } else if (c < 0x800) {
            to[k++] = (char) (0xc0 | c >> 6);
            to[k++] = (char) (0x80 | (c & 0x3f));

        } else {
            if (c < 0x10000) {
                to[k++] = (char) (0xe0 | c >> 12);

            } else {
                to[k++] = (char) (0xf0 | c >> 18);
                to[k++] = (char) (0x80 | (c >> 12 & 0x3f));
            }

            to[k++] = (char) (0x80 | (c >> 6 & 0x3f));
            to[k++] = (char) (0x80 | (c & 0x3f));
        }
    }

    return k;
}


static size_t
h5_string(json_t *v, int twice, char to[H5_BYTES])
{
    size_t  n;

    assert_true(json_is_string(v));
    n = json_string_length(v);
    assert_true(n < H5_BYTES);

    if (twice) {
        return h5_unescape(json_string_value(v), n, to);
    }

    memcpy(to, json_string_value(v), n);

    return n;
}


/* U+FFFD in a name stands for a NUL in the page */

static uint64_t
h5_vector_name(char *p, size_t n)
{
    size_t  i, k;

    for (i = 0, k = 0; i < n; k++) {
        if (i + 3 <= n && memcmp(p + i, "\xef\xbf\xbd", 3) == 0) {
            p[k] = '\0';
            i += 3;

        } else {
            p[k] = p[i++];
        }
    }

    return xsell_name(p, k);
}


static void
h5_vector_start(h5_list_t *l, json_t *token, int twice)
{
    size_t       n;
    void        *it;
    char         text[H5_BYTES];
    json_t      *attrs;
    uint64_t     name;
    h5_token_t  *t;

    t = h5_add(l, H5_START, "", 0);
    n = h5_string(json_array_get(token, 1), twice, text);
    t->name = h5_vector_name(text, n);
    t->slash = json_is_true(json_array_get(token, 3));
    attrs = json_array_get(token, 2);

    for (it = json_object_iter(attrs); it;
         it = json_object_iter_next(attrs, it))
    {
        n = strlen(json_object_iter_key(it));
        assert_true(n < sizeof(text));
        memcpy(text, json_object_iter_key(it), n);

        if (twice) {
            n = h5_unescape(json_object_iter_key(it), n, text);
        }

        name = h5_vector_name(text, n);
        n = h5_string(json_object_iter_value(it), twice, text);
        h5_add_attr(t, name, text, n);
    }
}


static void
h5_vector_want(h5_list_t *l, json_t *output, int twice)
{
    size_t       i, n;
    char         text[H5_BYTES];
    json_t      *token;
    const char  *kind;

    l->n = 0;

    json_array_foreach(output, i, token) {
        kind = json_string_value(json_array_get(token, 0));
        assert_non_null(kind);

        if (strcmp(kind, "StartTag") == 0) {
            h5_vector_start(l, token, twice);
            continue;
        }

        if (strcmp(kind, "DOCTYPE") == 0) {
            (void) h5_add(l, H5_DOCTYPE, "", 0);
            continue;
        }

        n = h5_string(json_array_get(token, 1), twice, text);

        if (strcmp(kind, "EndTag") == 0) {
            h5_add(l, H5_END, "", 0)->name = h5_vector_name(text, n);

        } else {
            (void) h5_add(l, strcmp(kind, "Comment") == 0 ? H5_COMMENT
                                                          : H5_TEXT, text, n);
        }
    }
}


/* "RCDATA state" -> "RCDATA" */

static const char *
h5_state(json_t *v)
{
    size_t       n;
    const char  *p;

    static char  name[32];

    p = v ? json_string_value(v) : "Data state";
    assert_non_null(p);
    n = strlen(p) - 6;
    assert_true(n < sizeof(name) && strcmp(p + n, " state") == 0);
    memcpy(name, p, n);
    name[n] = '\0';

    return strcmp(name, "Data") == 0 ? "" : name;
}


static unsigned
h5_vector(const char *file, json_t *test, unsigned *bad)
{
    int          twice;
    char         input[H5_BYTES];
    size_t       n, i;
    json_t      *states;
    const char  *last;

    static h5_list_t  want;

    twice = json_is_true(json_object_get(test, "doubleEscaped"));
    n = h5_string(json_object_get(test, "input"), twice, input);
    h5_vector_want(&want, json_object_get(test, "output"), twice);
    states = json_object_get(test, "initialStates");
    last = json_string_value(json_object_get(test, "lastStartTag"));
    i = 0;

    do {
        *bad += !h5_test(file, input, n, h5_state(json_array_get(states, i)),
                         last ? last : "", &want);
        i++;
    } while (i < json_array_size(states));

    return (unsigned) i;
}


static unsigned
h5_file(const char *path, const char *file, unsigned *bad)
{
    int            n;
    char          *text;
    size_t         i;
    gzFile         f;
    json_t        *all, *test;
    unsigned       done;
    json_error_t   err;

    enum { FILE_MAX = 4 * 1024 * 1024 };

    f = gzopen(path, "rb");             /* reads plain files as they are */
    assert_non_null(f);
    text = malloc(FILE_MAX);
    assert_non_null(text);
    n = gzread(f, text, FILE_MAX);
    assert_true(n > 0 && n < FILE_MAX);
    gzclose(f);

    all = json_loadb(text, (size_t) n, JSON_ALLOW_NUL, &err);
    free(text);

    if (all == NULL) {
        fail_msg("%s:%d: %s", file, err.line, err.text);
    }

    done = 0;

    json_array_foreach(json_object_get(all, "tests"), i, test) {
        done += h5_vector(file, test, bad);
    }

    json_decref(all);

    return done;
}


/* hazard: the specification as we remember it */

static void
vectors(void **state)
{
    DIR            *dir;
    char            path[700];
    unsigned        bad, done;
    const char     *shared;
    struct dirent  *e;

    shared = getenv("XSELL_SHARED");
    shared = shared ? shared : "../shared";
    snprintf(path, sizeof(path), "%.300s/vectors/html5lib", shared);
    dir = opendir(path);

    if (dir == NULL) {
        print_message("# skipped: no vectors\n");
        return;
    }

    bad = 0;
    done = 0;

    while ((e = readdir(dir)) != NULL) {
        if (strstr(e->d_name, ".test") != NULL) {
            snprintf(path, sizeof(path), "%.300s/vectors/html5lib/%.300s",
                     shared, e->d_name);
            done += h5_file(path, e->d_name, &bad);
        }
    }

    closedir(dir);
    print_message("# %u tests, %u with a character whose name is not known\n",
                  done, h5_unknowns);
    assert_int_equal(bad, 0);
    assert_true(h5_unknowns <= 2);
    assert_true(done > 2000);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(own_cases),
        cmocka_unit_test(vectors),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}


/*
 * selector_test.c: selectors of places: which are accepted, where the mistake
 * is in those that are not, and which element of a page they mean.
 *
 * A page marks the element that must match first with {m} before its tag, or
 * has no mark if none may; the place is "before" it.  Pages run whole and byte
 * by byte: the two ways through the rewriter must agree.
 */

#include "xsell.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>


static xsell_str_t
str(const char *p)
{
    xsell_str_t  s;

    s.p = p;
    s.n = strlen(p);

    return s;
}


static int
add(xsell_places_t **ps, const char *position, const char *selector,
    xsell_error_t *err)
{
    assert_int_equal(xsell_places_create(ps), XSELL_OK);

    return xsell_places_add(*ps, str("a"), str(position), str(selector), err);
}


/* hazard: a configuration that is accepted and never matches */

static void
accepted(void **state)
{
    size_t           i;
    xsell_error_t    err;
    xsell_places_t  *ps;

    static const char *const  t[] = {
        "a", "*", "#x", ".x", "[x]", "DIV", "my-element", "h1", "#_x", "#-x",
        "#--x", "a#b.c.d[e]", "a b", "a > b", "a>b", "a + b", "a~b", "a\n>\tb",
        " a ", "a,b", "a , b", "*.x", "*#x", "#\\31 x", "#a\\:b", ".md\\:p-1",
        "\\61", "[x=y]", "[x=\"\"]", "[ x = 'y z' ]", "[x='a\\'b']",
        "[x=y i]", "[x='y'I]", "[x=y s]", "[x~=y]", "[x|=y]", "[x^=y]",
        "[x$=y]", "[x*=y]", "[data-x_y]", "p:first-of-type",
        "p:FIRST-OF-TYPE", ":first-of-type > a", "#\xc3\xa4",
        "ul > li:first-of-type", "[class*=\"breadcrumb\" i]"
    };

    for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
        err.text[0] = '\0';

        if (add(&ps, "after", t[i], &err) != XSELL_OK) {
            fail_msg("%s: %s", t[i], err.text);
        }

        assert_int_equal(xsell_places_n(ps), 1);
        xsell_places_destroy(ps);
    }
}


/* hazard: a mistake that nobody finds, because the message is about
   something else */

static void
refused(void **state)
{
    size_t           i;
    xsell_error_t    err;
    xsell_places_t  *ps;

    static const struct {
        const char  *selector;
        unsigned     column;
    } t[] = {
        { " ", 2 }, { "#", 2 }, { ".", 2 }, { "#1", 2 }, { "#-1", 2 },
        { "#-", 2 }, { "a#", 3 }, { "a..b", 3 }, { "a,", 3 }, { ",a", 1 },
        { "a >", 4 }, { "> a", 1 }, { "a > > b", 5 }, { "a ! b", 3 },
        { "a)", 2 }, { "1", 1 }, { "a[", 3 }, { "a[]", 3 }, { "[x", 3 },
        { "[x=]", 4 }, { "[x=1]", 4 }, { "[x='y]", 4 }, { "[x=y z]", 6 },
        { "[x!=y]", 3 }, { "[x=y", 5 }, { "a:hover", 2 }, { "a::before", 2 },
        { "a:", 3 }, { "a:not(b)", 2 }, { "a:nth-child(1)", 2 }, { "a\\", 2 },
        { "p:first-of-type(1)", 16 }, { "svg|a", 4 }, { "{}", 1 }
    };

    for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
        memset(&err, 0, sizeof(err));

        assert_int_equal(add(&ps, "after", t[i].selector, &err),
                         XSELL_EINVAL);
        assert_int_equal(xsell_places_n(ps), 0);
        assert_true(err.text[0] != '\0');

        if (err.column != t[i].column) {
            fail_msg("%s: column %u, not %u (%s)", t[i].selector, err.column,
                     t[i].column, err.text);
        }

        xsell_places_destroy(ps);
    }
}


/* hazard: names of slots and positions, and what goes with what */

static void
words(void **state)
{
    size_t           i;
    xsell_error_t    err;
    xsell_places_t  *ps;

    static const struct {
        const char  *name, *position, *selector;
        int          rc;
    } t[] = {
        { "related", "", "", XSELL_OK },
        { "Rel_a-9", "before", "#x", XSELL_OK },
        { "related", "replace", "#x", XSELL_OK },
        { "", "", "", XSELL_EINVAL },
        { "a b", "", "", XSELL_EINVAL },
        { "a>", "", "", XSELL_EINVAL },
        { "0123456789012345678901234567890123456789012345678901234", "", "",
          XSELL_OK },
        { "01234567890123456789012345678901234567890123456789012345", "", "",
          XSELL_EINVAL },
        { "related", "Before", "#x", XSELL_EINVAL },
        { "related", "into", "#x", XSELL_EINVAL },
        { "related", "before", "", XSELL_EINVAL },
        { "related", "", "#x", XSELL_EINVAL }
    };

    for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
        err.text[0] = '\0';
        assert_int_equal(xsell_places_create(&ps), XSELL_OK);
        assert_int_equal(xsell_places_add(ps, str(t[i].name),
                                          str(t[i].position),
                                          str(t[i].selector), &err),
                         t[i].rc);
        assert_int_equal(err.text[0] != '\0', t[i].rc != XSELL_OK);
        xsell_places_destroy(ps);
    }
}


/* hazard: one place too many changes those that are there */

static void
limits(void **state)
{
    char             list[2 * 54 + 1];
    unsigned         i;
    xsell_error_t    err;
    xsell_places_t  *ps;

    assert_int_equal(xsell_places_create(&ps), XSELL_OK);

    for (i = 0; i < XSELL_PLACES_MAX; i++) {
        assert_int_equal(xsell_places_add(ps, str("a"), str("after"),
                                          str(".a > .b"), &err), XSELL_OK);
    }

    assert_int_equal(xsell_places_add(ps, str("a"), str("after"), str("b"),
                                      &err), XSELL_EINVAL);
    assert_int_equal(xsell_places_n(ps), XSELL_PLACES_MAX);
    xsell_places_destroy(ps);

    for (i = 0; i < 52; i++) {
        memcpy(list + 2 * i, "a,", 2);
    }

    list[2 * 51 - 1] = '\0';
    assert_int_equal(add(&ps, "after", list, &err), XSELL_OK);
    xsell_places_destroy(ps);

    list[2 * 51 - 1] = ',';
    list[2 * 52 - 1] = '\0';
    assert_int_equal(add(&ps, "after", list, &err), XSELL_EINVAL);
    assert_int_equal(xsell_places_n(ps), 0);

    /* what failed has left nothing behind */

    assert_int_equal(xsell_places_add(ps, str("a"), str("after"), str("b"),
                                      &err), XSELL_OK);
    xsell_places_destroy(ps);
}


/* the offset of the first insertion, or -1 */

static long
found(const xsell_places_t *ps, const char *page, size_t n, size_t chunk)
{
    int                rc;
    long               at;
    size_t             i, len, used;
    unsigned           which;
    xsell_rewriter_t  *rw;

    rw = malloc(sizeof(xsell_rewriter_t));
    assert_non_null(rw);

    xsell_rewriter_init(rw, ps, 0);
    at = -1;

    for (i = 0; i < n && at < 0; i += used) {
        len = n - i < chunk ? n - i : chunk;
        rc = xsell_rewriter_feed(rw, (const uint8_t *) page + i, len, &used,
                                 &which);

        if (rc == XSELL_AGAIN) {
            at = (long) rw->at;
        }
    }

    free(rw);

    return at;
}


/* hazard: a fragment next to another element than the one that is meant */

static void
matches(void **state)
{
    char             page[2048];
    long             want, whole, bytes;
    size_t           i, n;
    const char      *mark;
    xsell_error_t    err;
    xsell_places_t  *ps;

    static const struct {
        const char  *selector, *page;
    } t[] = {
        { "i", "<b><u>{m}<i>" },
        { "I", "<b>{m}<i>" },
        { "i", "<b>{m}<I>" },
        { "my-el", "<my><my-elo>{m}<my-el>" },
        { "i.x", "<b class=x><i>{m}<i class=x>" },
        { ".x.y", "<b class=x><b class='y'>{m}<b class='y z x'>" },
        { ".x", "<b class=X><b class=xx><b class=x-x>{m}<b class='\n\tx '>" },
        { "#x.y", "<b id=x><b class=y>{m}<b class=y id=x>" },
        { ".x", "<b class=y class=x>{m}<b class=x>" },
        { ".a\\:b", "<b class=a>{m}<b class=a:b>" },
        { "#\\31 a", "<b id=a>{m}<b id=1a>" },

        { "[x]", "<b y=x>{m}<b x>" },
        { "[x]", "<b y=x>{m}<b x=>" },
        { "[x='']", "<b x=y>{m}<b x>" },
        { "[X=y]", "<b x=Y>{m}<b x=y>" },
        { "[x=y i]", "<b x=z>{m}<b x=Y>" },
        { "[type=text]", "<b type=x>{m}<b type=TEXT>" },
        { "[type=text s]", "<b type=TEXT>{m}<b type=text>" },
        { "[x~=y]", "<b x=yy><b x=y-z>{m}<b x='a y'>" },
        { "[x|=y]", "<b x=yy><b x='y z'>{m}<b x=y-z>" },
        { "[x|=y]", "<b x=yy>{m}<b x=y>" },
        { "[x^=ab]", "<b x=a><b x=bab>{m}<b x=abc>" },
        { "[x$=ab]", "<b x=b><b x=aba>{m}<b x=cab>" },
        { "[x*=ab]", "<b x=acb><b x=''>{m}<b x=cabc>" },
        { "[x^='']", "<b x=a><b x=''>" },
        { "[x*='']", "<b x=a>" },
        { "[x~='a b']", "<b x='a b'>" },
        { "[x='a&b']", "<b x='a&amp;amp;b'>{m}<b x='a&amp;b'>" },
        { "[x='<\"']", "{m}<b x='&lt;&#34;'>" },
        { "[x='\xc3\xa4']", "<b x='&aumlx'>{m}<b x='&auml;'>" },
        { "[x='a?b=1&c=2']", "{m}<b x='a?b=1&c=2'>" },
        { "[x='?a&copy=1']", "{m}<b x='?a&copy=1'>" },
        { "[x='\xe2\x82\xac']", "{m}<b x='&#128;'>" },

        { "b i", "<i></i><b><u>{m}<i>" },
        { "b > i", "<i></i><b><u><i></i></u>{m}<i>" },
        { "b + i", "<b></b><u></u><i></i><b></b>text{m}<i>" },
        { "b + i", "<b></b><!-- x -->{m}<i>" },
        { "b ~ i", "<u><b></b></u><i></i><b></b><u></u>{m}<i>" },
        { "b ~ i", "<div><b></b></div><div><i></i></div>" },
        { "u > b i", "<b><i></i></b><u><s><b><i></i></b></s><b><s>{m}<i>" },
        { "u b > i", "<u><b><s><i></i></s>{m}<i>" },
        { "i, u", "<b>{m}<u><i>" },
        { "i u, b", "<u></u>{m}<b>" },
        { "html > body > i", "{m}<i>" },
        { "body > p", "<div><p></div>{m}<p>" },
        { "div > p", "<div><span><p></p></span></div><div>{m}<p>" },
        { "ul > li + li", "<ul><li>1{m}<li>2" },
        { "* > * > i", "{m}<i>" },

        { "i:first-of-type", "{m}<i>" },
        { "p + i:first-of-type", "<div><i></i><p></p><i></i></div>"
                                 "<p></p>{m}<i>" },
        { "li:first-of-type ~ li", "<ul><li></li><b></b>{m}<li>" },
        { "div > i:first-of-type", "<div><b></b>{m}<i>" },

        { "i", "<template><i></i></template>{m}<i>" },
        { "i", "<!-- <i> --><script><i></script>{m}<i>" },
        { "b i", "<b></b><i></i><b>{m}<i>" },
    };

    for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
        mark = strstr(t[i].page, "{m}");
        n = (size_t) snprintf(page, sizeof(page), "<!doctype html><body>%.*s",
                              mark ? (int) (mark - t[i].page) : 1000,
                              t[i].page);
        want = -1;

        if (mark) {
            want = (long) n;
            n += (size_t) snprintf(page + n, sizeof(page) - n, "%s", mark + 3);
        }

        n += (size_t) snprintf(page + n, sizeof(page) - n, "%100s", "");

        if (add(&ps, "before", t[i].selector, &err) != XSELL_OK) {
            fail_msg("%s: %s", t[i].selector, err.text);
        }

        whole = found(ps, page, n, n);
        bytes = found(ps, page, n, 1);

        if (whole != want || bytes != want) {
            fail_msg("%s: %s: at %ld, byte by byte %ld, not %ld",
                     t[i].selector, page, whole, bytes, want);
        }

        xsell_places_destroy(ps);
    }
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepted),
        cmocka_unit_test(refused),
        cmocka_unit_test(words),
        cmocka_unit_test(limits),
        cmocka_unit_test(matches),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}


/*
 * repeat_test.c: pages whose markup comes again and again, with small
 * differences: what the rewriter remembers of it (xsell_quick_again.c) may
 * change nothing.  A page that is fed byte by byte never gets there, so it
 * says what is right.
 */

#include "xsell.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>


#define PAGE                 40000
#define FOUND_MAX            32


typedef struct {
    uint64_t  at[FOUND_MAX];
    unsigned  n;
    unsigned  state;
} found_t;


static char      page[PAGE + 4096];
static size_t    page_n;
static uint64_t  seed;


static unsigned
random_of(unsigned n)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;

    return (unsigned) (seed >> 33) % n;
}


static void
put(const char *text)
{
    size_t  n;

    n = strlen(text);

    if (page_n + n < sizeof(page)) {
        memcpy(page + page_n, text, n);
        page_n += n;
    }
}


static void
start(void)
{
    page_n = 0;
    put("<!DOCTYPE html><html><head><title>x</title></head><body>");
}


/* room behind what counts: pieces are not looked for near a buffer's end */

static void
finish(void)
{
    unsigned  i;

    for (i = 0; i < 40; i++) {
        put("          ");
    }
}


static void
found_add(found_t *f, const xsell_rewriter_t *rw, unsigned which)
{
    assert_true(f->n < FOUND_MAX);
    f->at[f->n++] = rw->at * 64 + which;
}


/* in pieces of `step` bytes */

static void
find(const xsell_places_t *ps, size_t step, found_t *f)
{
    size_t                   at, n, used;
    unsigned                 which;
    static xsell_rewriter_t  rw;

    memset(f, 0, sizeof(found_t));
    xsell_rewriter_init(&rw, ps, XSELL_HOLDS_ALL);

    for (at = 0; at < page_n; /* void */ ) {
        n = page_n - at < step ? page_n - at : step;

        if (xsell_rewriter_feed(&rw, (const uint8_t *) page + at, n, &used,
                                &which) == XSELL_AGAIN)
        {
            found_add(f, &rw, which);
        }

        at += used;
    }

    while (xsell_rewriter_finish(&rw, &which) == XSELL_AGAIN) {
        found_add(f, &rw, which);
    }

    f->state = rw.state[0];
}


static void
same(const char *position, const char *selector)
{
    unsigned        i;
    found_t         bytes, whole;
    xsell_str_t     name, pos, sel;
    xsell_error_t   err;
    xsell_places_t  *ps;

    name.p = "a";
    name.n = 1;
    pos.p = position;
    pos.n = strlen(position);
    sel.p = selector;
    sel.n = strlen(selector);

    assert_int_equal(xsell_places_create(&ps), XSELL_OK);
    assert_int_equal(xsell_places_add(ps, name, pos, sel, &err), XSELL_OK);

    find(ps, 1, &bytes);

    /* the second time nearly all of it is known */

    for (i = 0; i < 3; i++) {
        find(ps, i < 2 ? page_n : 1500, &whole);
        assert_memory_equal(&whole, &bytes, sizeof(found_t));
    }

    xsell_places_destroy(ps);
}


static void
same_all(void)
{
    same("append", "body");
    same("before", "#x");
    same("append", "#x");
    same("append", ".seldom");
    same("after", "[data-x=y]");
    same("before", "footer");
    same("append", "li + li.seldom");
    same("replace", "ul .seldom");
}


/* hazard: an attribute that somebody asks for, in a tag that begins as many
   others do; a value or a comment with the page's own letters in it; another
   element where always the same one was */

static void
differences(void **state)
{
    unsigned           i, k;
    static const char  *const last[] = {
        "<li class=\"card\" id=\"x\"><a href=\"/p/1\">t</a></li>",
        "<li class=\"card seldom\"><a href=\"/p/2\">t</a></li>",
        "<li class=\"card\"><a href=\"/p/3\" data-x=\"y\">t</a></li>",
        "<li class=\"card\"><a href=\"/p/3\" data-x=y>t</a></li>",
        "<li class='card' id='x'><a href=\"/p/1\">t</a></li>",
        "<li class=\"card\" id=x><a href=\"/p/1\">t</a></li>",
        "<li class=\"card\"id=\"x\"><a href=\"/p/1\">t</a></li>",
        "<li class=\"card\" ID=\"x\"><a href=\"/p/1\">t</a></li>",
        "<li class=\"card\"><a href=\">\" id=\"x\">t</a></li>",
        "<li class=\"card\"><a href=\"/p/1\"><p>t<li id=x></a></li>",
        "<li class=\"card\"><!-- id=\"x\"> --><footer></footer></li>",
        "<li class=\"card\"><!-- --!><footer></footer> --></li>",
        "<li class=\"card\"><script>\"</script\"</script><footer></footer>",
        "<li class=\"card\"></ul><footer></footer><ul>",
        "<li class=\"card\" =\"><b id=x>\"><a href=\"/p/1\" id=x>t</a></li>",
        "<li class=\"card\"><a href=\"/p/1\"><b><a href=\"/p/1\" id=x></a>"
    };

    (void) state;

    for (k = 0; k < sizeof(last) / sizeof(last[0]); k++) {
        start();
        put("<ul>\n");

        for (i = 0; i < 60; i++) {
            put(i % 2 ? "<li class=\"card wide\">" : "<li class=\"card\">");
            put(i % 7 ? "<a href=\"/p/1\">" : "<a href=\"/p/20\">");
            put("t</a></li>\n");
            put("<li class=\"card\"><!-- c --><script>a<b</script></li>");
            put(i % 3 ? "" : "<li class=\"a\">\n<p>x</p></li>");
            put(i % 4 ? "" : "<li class=\"card\" id=\"q\">t</li>\n");
            put(i % 5 ? "" : "<li class=\"card\" id=\"qq\">t</li>\n");

            if (i > 50) {
                put(last[k]);
            }
        }

        put("</ul></body>");
        finish();
        same_all();
    }
}


/* hazard: what was learned in one place is taken for another */

static void
soups(void **state)
{
    unsigned           i, k, m, n, cards[4][24], len[4];
    static const char  *const bits[] = {
        "<div class=\"a b\">", "</div>", "<span>", "</span>", "<p>", "</p>",
        "<li>", "<ul class=\"u\">", "</ul>", "<b>", "</b>", "<a href=\"/\">",
        "</a>", "<table><tr><td>", "</td></tr></table>", "<td class=\"c\">",
        "<img src=\"a b\" alt=\"\">", "<br>", "<div id=\"x\" class=\"c\">",
        "<div class=\"c\" id=\"q\">", "<i class=\"seldom\">", "</i>",
        "<my-el>", "</my-el>", "<section class=\"s\" data-x=\"z\">",
        "</section>", "<script>a<b</script>", "<!-- c -->", "<select>",
        "<option>", "</select>", "<h2 title='a'>", "</h2>", "\n  ", "text ",
        "<svg><g/></svg>", "<button class=\"a\">", "</button>", "<em a=b>",
        "</em>", "<template>", "</template>", "<dl><dt>", "<dd>", "</dl>",
        "<footer>", "</footer>", "</body>", "<body class=\"y\">"
    };

    (void) state;

    for (i = 0; i < 40; i++) {
        seed = i;
        start();

        for (k = 0; k < 4; k++) {
            len[k] = 2 + random_of(22);

            for (m = 0; m < len[k]; m++) {
                cards[k][m] = random_of(random_of(3) ? 30
                                        : sizeof(bits) / sizeof(bits[0]));
            }
        }

        for (n = 0; n < 60 && page_n < PAGE; n++) {
            k = random_of(random_of(4) ? 1 : 4);

            for (m = 0; m < len[k]; m++) {
                put(bits[cards[k][m]]);

                if (random_of(60) == 0) {
                    put(bits[random_of(sizeof(bits) / sizeof(bits[0]))]);
                }
            }
        }

        finish();
        same_all();
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(differences),
        cmocka_unit_test(soups)
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}

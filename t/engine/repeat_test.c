/*
 * repeat_test.c: markup that was there before is passed in one step, and
 * nothing may depend on that.
 *
 * What stands between two texts of a list is compared with what stood there
 * the time before (xsell_quick_again.c); byte by byte nothing is ever
 * compared.  So lists of repeated markup, with other elements around, in
 * between and left open, are rewritten both ways, and places, verdicts, price
 * and the elements that are open at the end have to agree.
 */

#include "xsell.h"
#include "page/xsell_html.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>


#define REPEAT_PAGE    (48 * 1024)
#define REPEAT_SOUPS   400

typedef struct {
    uint64_t  work;
    uint64_t  at;
    uint64_t  open;                     /* a hash of what is */
    unsigned  told;
    unsigned  state;
} repeat_out_t;


static char      repeat_page[REPEAT_PAGE + 1024];
static size_t    repeat_n;
static uint64_t  repeat_seed;

static const char *const  repeat_names[] = {
    "div", "span", "a", "li", "ul", "p", "section", "td", "tr", "th", "h3",
    "dl", "dt", "dd", "b", "i", "table", "tbody", "header", "em", "label", "q",
    "time", "article", "svg", "form", "template", "select", "h2", "button"
};

static const char *const  repeat_attrs[] = {
    "", " class=\"c\"", " href=\"/p\"", "  class=\"y\"", " data-a=\"q\"", " x",
    " a='b'", "\n"
};

#define REPEAT_NAMES   (sizeof(repeat_names) / sizeof(repeat_names[0]))


static unsigned
repeat_pick(unsigned n)
{
    repeat_seed = repeat_seed * 6364136223846793005ull + 1442695040888963407ull;

    return (unsigned) (repeat_seed >> 33) % n;
}


static void
repeat_put(const char *s)
{
    size_t  n;

    n = strlen(s);

    if (repeat_n + n < REPEAT_PAGE) {
        memcpy(repeat_page + repeat_n, s, n);
        repeat_n += n;
    }
}


static void
repeat_tag(const char *open, unsigned name, const char *attrs)
{
    repeat_put(open);
    repeat_put(repeat_names[name]);
    repeat_put(attrs);
    repeat_put(">");
}


static xsell_places_t *
repeat_places(const char *position, const char *selector)
{
    xsell_str_t      name, pos, sel;
    xsell_error_t    err;
    xsell_places_t  *ps;

    name.p = "a";
    name.n = 1;
    pos.p = position;
    pos.n = strlen(position);
    sel.p = selector;
    sel.n = strlen(selector);

    assert_int_equal(xsell_places_create(&ps), XSELL_OK);
    assert_int_equal(xsell_places_add(ps, name, pos, sel, &err), XSELL_OK);

    return ps;
}


static void
repeat_run(const xsell_places_t *ps, size_t step, int wide, repeat_out_t *out)
{
    int                      rc;
    size_t                   at, used;
    unsigned                 i, which;
    xsell_html_t            *h;
    static xsell_rewriter_t  rw;

    memset(out, 0, sizeof(repeat_out_t));
    xsell_rewriter_init(&rw, ps, XSELL_HOLDS_ALL);
    h = (xsell_html_t *) (void *) rw.priv;
    h->wide = wide ? h->wide : 0;

    for (at = 0; at < repeat_n; ) {
        rc = xsell_rewriter_feed(&rw, (const uint8_t *) repeat_page + at,
                                 step < repeat_n - at ? step : repeat_n - at,
                                 &used, &which);
        at += used;

        if (rc == XSELL_AGAIN) {
            out->at = out->at * 31 + rw.at;
            out->told++;
        }
    }

    for (i = 0; !xsell_html_idle(h) && i < h->depth; i++) {
        out->open = out->open * 31 + h->stack[i].name + h->stack[i].bits;
    }

    out->work = xsell_html_idle(h) ? 0 : h->work;

    while (xsell_rewriter_finish(&rw, &which) == XSELL_AGAIN) {
        out->at = out->at * 31 + rw.at;
        out->told++;
    }

    out->state = rw.state[0];
}


static void
repeat_same(const xsell_places_t *ps, const char *what)
{
    repeat_out_t  whole, bytes, old;

    repeat_run(ps, repeat_n, 1, &whole);
    repeat_run(ps, 1, 1, &bytes);
    repeat_run(ps, repeat_n, 0, &old);

    if (memcmp(&whole, &bytes, sizeof(repeat_out_t)) != 0
        || memcmp(&whole, &old, sizeof(repeat_out_t)) != 0)
    {
        fail_msg("%s: whole, by bytes, on an old processor: work %lu %lu %lu, "
                 "told %u %u %u, open %lx %lx %lx, page %.600s", what,
                 (unsigned long) whole.work, (unsigned long) bytes.work,
                 (unsigned long) old.work, whole.told, bytes.told, old.told,
                 (unsigned long) whole.open, (unsigned long) bytes.open,
                 (unsigned long) old.open, repeat_page);
    }
}


/* rows that repeat: the same bytes, but other elements around them from some
   point on */

static void
repeat_rows(void **unused)
{
    size_t           i, k;
    xsell_places_t  *ps;

    static const char *const  rows[][3] = {
        { "<ul>", "<li><a href=\"/c\">words</a></li>", "</ul><ol>" },
        { "<ul>", "<li><a href=\"/c\">words</a></li>",
          "<div><a href=\"/c\">words</a></li><li><a href=\"/c\">words</a>" },
        { "<ul>", "<li><span>w</span></li>", "<div><span>w</span></li><li>" },
        { "<dl>", "<li><a href=\"/c\">a</a></li><dd><a href=\"/c\">b</a></dd>",
          "" },
        { "<main>", "<ul><li><a href=\"/c\">words</a></li></ul>",
          "<ol><li><a href=\"/c\">words</a></li></ul>" },
        { "<div>", "<h1><span>a</span><h2>b</h2>", "" },
        { "<div>", "<h1><span>a</span><h2 class=\"c\">b</h2>", "</div>" },
        { "<table><tbody>", "<tr><th scope=\"row\">a</th><td>b</td></tr>",
          "</tbody></table><table>" },
        { "<dl>", "<dt>a</dt><dd>b</dd>", "<p>" },
        { "<div>", "<div><span>a</span></div>", "</div><b>" },
        { "<div>", "<section><h2>a</h2><p>b</p></section>", "<h2>" },
        { "<div>", "<q><a href=\"x\">a</a></q>", "<a>" },
        { "<div>", "<li><a>a</a></li>", "<button>" }
    };

    ps = repeat_places("append", "body");

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        repeat_n = 0;
        repeat_put("<!DOCTYPE html><html><body><main>");

        for (k = 0; k < 40; k++) {
            repeat_put(k == 0 ? rows[i][0] : k % 9 == 0 ? rows[i][2] : "");
            repeat_put(rows[i][1]);
        }

        repeat_put("</main><p>words to end with, so that some bytes follow");
        repeat_same(ps, rows[i][1]);
    }

    xsell_places_destroy(ps);
}


static void
repeat_soup(unsigned names)
{
    unsigned  i, n, outer, rep, name[4], attrs[4], gap[4];

    n = 1 + repeat_pick(4);
    outer = repeat_pick(n + 1);

    for (i = 0; i < n; i++) {
        name[i] = repeat_pick(names);
        attrs[i] = repeat_pick(repeat_pick(2) ? 2 : 8);
        gap[i] = repeat_pick(4);
    }

    for (i = 0; i < outer; i++) {
        repeat_tag("<", name[i], repeat_attrs[attrs[i]]);
    }

    for (rep = 1 + repeat_pick(25); rep; rep--) {
        for (i = outer; i < n; i++) {
            repeat_tag("<", name[i], repeat_attrs[attrs[i]]);
            repeat_put(gap[i] == 0 ? "\n " : gap[i] == 1 ? "x" : "");
        }

        repeat_put("text");

        if (repeat_pick(16) == 0) {
            repeat_tag(repeat_pick(2) ? "<" : "</", repeat_pick(REPEAT_NAMES),
                       "");
        }

        while (i-- > outer) {
            if (repeat_pick(40)) {
                repeat_tag("</", name[i], "");
            }

            repeat_put(gap[i] == 2 ? "\n" : "");
        }

        if (repeat_pick(14) == 0) {
            for (i = outer; i--; ) {
                repeat_tag("</", name[i], "");
            }
        }
    }

    for (i = outer; i--; ) {
        repeat_tag("</", name[i], "");
    }
}


/* the same at random, with tags that are odd, stray or left out */

static void
repeat_soups(void **unused)
{
    char             what[32];
    unsigned         i, k;
    xsell_places_t  *ps[2];

    ps[0] = repeat_places("append", "body");
    ps[1] = repeat_places("append", ".absent");

    for (i = 0; i < REPEAT_SOUPS; i++) {
        repeat_seed = i;
        repeat_n = 0;
        repeat_put("<!DOCTYPE html><html><body>");
        repeat_put(i % 3 ? "<div><main>" : i % 2 ? "<p>" : "<b>");

        for (k = 1 + repeat_pick(8); k; k--) {
            repeat_soup(i % 2 ? 12 : REPEAT_NAMES);
        }

        repeat_put("<p>words to end with, so that some bytes follow them, as "
                   "many as are looked ahead at, which are a hundred or more, "
                   "and no tag");
        snprintf(what, sizeof(what), "soup %u", i);
        repeat_same(ps[i % 5 == 0], what);
    }

    xsell_places_destroy(ps[0]);
    xsell_places_destroy(ps[1]);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(repeat_rows),
        cmocka_unit_test(repeat_soups)
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("repeat", tests, NULL, NULL);
}

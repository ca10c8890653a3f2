
/*
 * dear_test.c: what odd tags cost a page, and that nobody asks who has read
 * them.
 *
 * A page that has dearer tags than sane pages is given up (XSELL_WORK_*).
 * Each tag has its price, whether the loop over tags has read it, the reader
 * of odd tags, or the states byte by byte.  So pages of odd tags are rewritten
 * whole and byte by byte, with slots that look at names, classes, ids and
 * attributes, and price, verdict and places have to agree; and the prices are
 * told here, as the tags were measured to cost: a tag that is read for
 * nothing lets somebody make a page as dear as he likes.
 */

#include "xsell.h"
#include "page/xsell_html.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>


#define DEAR_PAGE      (64 * 1024)
#define DEAR_TOLD      64

static const char  dear_head[] =
    "<!DOCTYPE html><html><head><title>x</title></head><body>";

static const char *const  dear_slots[][2] = {
    { "append", "body" }, { "append", ".absent" }, { "before", "[data-sku=q]" },
    { "append", "li + .absent" }, { "after", "#absent" },
    { "append", "main > .a .b" }, { "replace", ".z ~ *" },
    { "before", "p:first-of-type" }, { "after", "[class*=bs]" }
};

#define DEAR_SLOTS     (sizeof(dear_slots) / sizeof(dear_slots[0]))


/* what became of a page */

typedef struct {
    uint64_t  work;
    uint64_t  at[DEAR_TOLD];
    unsigned  which[DEAR_TOLD];
    unsigned  told;
    unsigned  depth;
    unsigned  state;
} dear_out_t;


static char  dear_page[DEAR_PAGE + 1024];


static xsell_places_t *
dear_places(const char *position, const char *selector)
{
    xsell_str_t      name, where, what;
    xsell_error_t    err;
    xsell_places_t  *ps;

    name.p = "x";
    name.n = 1;
    where.p = position;
    where.n = strlen(position);
    what.p = selector;
    what.n = strlen(selector);

    assert_int_equal(xsell_places_create(&ps), XSELL_OK);
    assert_int_equal(xsell_places_add(ps, name, where, what, &err), XSELL_OK);

    return ps;
}


static void
dear_rewrite(const xsell_places_t *ps, const char *page, size_t n, size_t step,
    int old, dear_out_t *o)
{
    int               rc;
    size_t            at, left, used;
    unsigned          which;
    uint8_t          *copy, *p;
    xsell_html_t     *h;
    xsell_rewriter_t  rw;

    memset(o, 0, sizeof(dear_out_t));
    xsell_rewriter_init(&rw, ps, XSELL_HOLDS_ALL);
    h = (xsell_html_t *) (void *) rw.priv;
    h->wide &= !old;

    for (at = 0; at < n; at += step) {
        left = n - at < step ? n - at : step;
        copy = malloc(left);            /* nothing is behind its end */
        assert_non_null(copy);
        memcpy(copy, page + at, left);
        p = copy;

        do {
            rc = xsell_rewriter_feed(&rw, p, left, &used, &which);
            p += used;
            left -= used;

            if (rc == XSELL_AGAIN && o->told < DEAR_TOLD) {
                o->which[o->told] = which;
                o->at[o->told++] = rw.at;
            }
        } while (rc == XSELL_AGAIN);

        free(copy);
    }

    o->state = rw.state[0];

    if (o->state == XSELL_PLACE_ABSENT) {       /* else it reads no further */
        o->work = h->work;
        o->depth = h->depth;
    }
}


/* whole and byte by byte, as a processor of today does it or an old one */

static void
dear_compare(const xsell_places_t *ps, const char *name,
    const char *const *slot, size_t n, int old)
{
    dear_out_t  whole, bytes;

    dear_rewrite(ps, dear_page, n, n, old, &whole);
    dear_rewrite(ps, dear_page, n, 1, old, &bytes);

    if (memcmp(&whole, &bytes, sizeof(dear_out_t)) != 0) {
        fail_msg("%s, %s %s: whole it is %u and costs %llu, of depth %u; byte "
                 "by byte %u, %llu, %u", name, slot[0], slot[1], whole.state,
                 (unsigned long long) whole.work, whole.depth, bytes.state,
                 (unsigned long long) bytes.work, bytes.depth);
    }
}


static void
dear_same(const char *name, const char *const *slot, size_t n)
{
    xsell_places_t  *ps;

    ps = dear_places(slot[0], slot[1]);
    dear_compare(ps, name, slot, n, 0);
    dear_compare(ps, name, slot, n, 1);
    xsell_places_destroy(ps);
}


/* as often as it fits into n bytes, and some white space: the last tags are
   not read in another way */

static size_t
dear_fill(const char *tags, size_t n)
{
    size_t  k, len;

    k = strlen(dear_head);
    len = strlen(tags);
    memcpy(dear_page, dear_head, k);

    while (len && k + len <= n) {
        memcpy(dear_page + k, tags, len);
        k += len;
    }

    memset(dear_page + k, ' ', 300);

    return k + 300;
}


/* hazard: a page is given up if it comes in large pieces, and rewritten if it
   comes in small ones, or the other way round */

static void
contents(void **state)
{
    size_t  i, k, n;

    static const char *const  tags[] = {
        "<my-x></my-x>", "<p>", "<li>a", "<br>", "<font a=b><p>", "<!---->",
        "<a b c d></a>", "<b><p></b>", "<script><!--x--></script>",
        "<svg><g/></svg>", "<table><tr><td>", "<div>", "<<<", "</a>", "<!>",
        "<DIV></DIV>", "<a b=c></a>", "<a b='c'></a>", "<ul><li>",
        "<select><option>a<option></select>", "<template></template>",
        "<input disabled>", "<nobr>", "<form></form>", "<?x>",
        "<dl><dt>a<dd>b", "<textarea></textarea>", "<button></button>",
        "<a b=\"c\" d='e' f=\"g\"></a>", "<a b='c'd='e'f='g'h='i'></a>",
        "<a b=''b=''b=''b=''b=''b=''b=''b=''b=''b=''b=''b=''b=''></a>",
        "<a b=c d=e f=g h=i></a>", "<a\nb=\"c\"></a>",
        "<a b=\"c\"\nd=\"e\"\nf=\"g\"></a>", "<p\n></p>",
        "<a b = \"c\" d = \"e\"></a>", "<a          b=\"c\"       ></a>",
        "<a b b b b b b b b b b b b b b b b b b b b b b b b b b b b b></a>",
        "<a = = = = = = = = = = = = = = = = = = = = = = = = = = = = =></a>",
        "<a===========================================================></a>",
        "<a///////////////////////////////////////////////////////////></a>",
        "<br />", "<img src=a />", "<font color=red></font>", "<a b=\"\"></a>",
        "<a b=\"\"c=\"\"d=\"\"e=\"\"></a>", "<a b=\"\"\"\"c=\"\"\"></a>",
        "<a bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb=\"c\"></a>",
        "<A B=C></A>", "<x-y a=b></x-y>", "<a \"b\" c></a>", "<a 'b></a>",
        "<a b=\">\">x</a>", "<script async></script>",
        "<a b=\"&amp;&#1;\"></a>",
        "<a a=a a=a></a>", "<a \001></a>", "<a \351=\351></a>", "</a b=c>",
        "</a >", "<div></div >", "<a b c=\"d\" e=f g='h' i></a>",
        "<i class=\"\"></i>", "<i class=absenta></i>", "<i class='a b'></i>",
        "<p id=\"absenx\">", "<i class=\"abseny abseny abseny\"></i>",
        "<div data-sku=\"z\"></div>", "<li><i class=\"absent\"></i></li>",
        "<i CLASS=\"Absent\"></i>", "<div id=\"a&amp;b\"></div>",
        "<main><i class=\"b a\"><i class=\"ab\"></i></i>",
        "<a class=\"x\"href='y'id=z></a>", "<pictured></pictured>",
        "<article-card a=b></article-card>", "<div/class/id/x=\"y\"></div>",
        "<div \"class=a class\"></div>", "<div class></div><div id></div>",
        "<i data-reactid=\"7\"></i>", "<div x\n\n\n=\n\n\n\"y\"z></div>"
    };

    (void) state;

    for (i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
        for (k = 0; k < DEAR_SLOTS; k++) {
            n = dear_fill(tags[i], k == 1 ? 24000 : 6000);
            dear_same(tags[i], dear_slots[k], n);
        }
    }
}


/* hazard: tags that take many instructions and cost a page nothing */

static void
prices(void **state)
{
    size_t           i, k, n, times;
    uint64_t         head, price;
    dear_out_t       o;
    xsell_places_t  *ps;

    static const struct {
        const char  *tag;
        unsigned     names;             /* where a slot looks at names, */
        unsigned     attrs;             /* or at attributes of this kind */
    } tags[] = {
        { "<i></i>", 56, 56 },
        { "<i class=\"c\" href=\"b\" title=\"d\"></i>", 161, 161 },
        { "<div a=\"b\"></div>", 24, 24 },
        { "<div a></div>", 24, 128 },
        { "<div a b c></div>", 24, 128 },
        { "<div a=b></div>", 182, 209 },
        { "<div a='b'></div>", 176, 200 },
        { "<div a='b' c='d'></div>", 224, 272 },
        { "<div a= \"b\"></div>", 172, 194 },
        { "<div a =\"b\"></div>", 172, 194 },
        { "<div a = \"b\"></div>", 216, 260 },
        { "<div =></div>", 168, 188 },
        { "<div\na=\"b\"></div>", 188, 188 },
        { "<div a=\"b\"c=\"d\"></div>", 24, 218 },
        { "<div a\"=\"b\"></div>", 128, 128 },
        { "<div class=\"absent-x absent_\"></div>", 24, 24 },
        { "<div class=\"abXent\"></div>", 24, 184 },
        { "<div class=\"x abXent y\"></div>", 24, 184 },
        { "<div class=\"a&amp;b\"></div>", 24, 184 },
        { "<div class='abXent'></div>", 176, 360 },
        { "<div CLASS=\"abXent\"></div>", 24, 184 },
        { "<my-element></my-element>", 316, 316 }
    };

    (void) state;

    for (k = 0; k < 2; k++) {
        ps = dear_places(dear_slots[k][0], dear_slots[k][1]);

        n = dear_fill("", 0);
        dear_rewrite(ps, dear_page, n, n, 0, &o);
        head = o.work;

        for (i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
            n = dear_fill(tags[i].tag, 4096);
            times = (4096 - strlen(dear_head)) / strlen(tags[i].tag);
            price = k == 0 ? tags[i].names : tags[i].attrs;

            dear_rewrite(ps, dear_page, n, n, 0, &o);

            if (o.work != head + times * price) {
                fail_msg("%s costs %.2f, not %llu, where a slot %s %s is open",
                         tags[i].tag, (double) (o.work - head) / (double) times,
                         (unsigned long long) price, dear_slots[k][0],
                         dear_slots[k][1]);
            }
        }

        xsell_places_destroy(ps);
    }
}


/* hazard: attributes that nobody writes: where one ends and which of them is
   asked for is told in four ways */

static uint64_t  dear_seed = 41;

static const char *
dear_one_of(const char *const *of, size_t n)
{
    dear_seed ^= dear_seed << 13;
    dear_seed ^= dear_seed >> 7;
    dear_seed ^= dear_seed << 17;

    return of[(dear_seed >> 11) % n];
}


#define DEAR_ONE(of)   dear_one_of(of, sizeof(of) / sizeof(of[0]))

static size_t
dear_tag(char *p)
{
    char        *q;
    const char  *quote;

    static const char *const  tags[] = {
        "<a", "<div", "<li", "<p", "<b", "<i", "<td", "<x-y", "<h1", "<br",
        "<main", "<font", "<script", "<picture", "<section", "</div", "</b"
    };
    static const char *const  names[] = {
        "a", "b", "class", "id", "data-sku", "x", "data-v-app", "CLASS", "Id",
        "ngh", "=", "\"", "'x", "s-id", "f", "_class",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
    };
    static const char *const  spaces[] = {
        " ", " ", " ", "\n", "/", "", "      ", "\t",
        "\n                                           "
    };
    static const char *const  equals[] = {
        "=", "=", "=", "", " =", "= ", "\n=\n"
    };
    static const char *const  values[] = {
        "", "a", "absent", "z", "a b", "q", "app", "&amp;", "ab\ncd\tz", "77",
        "absenta absent", "a=b", "long words that go on and on in this value"
    };
    static const char *const  quotes[] = { "\"", "\"", "\"", "'", "" };
    static const char *const  more[] = { "", "a", "aa", "aaa", "aaaaaaaa" };
    static const char *const  ends[] = { ">", ">", ">x", "/>", " >", "></i>" };

    const char  *n;

    q = p + sprintf(p, "%s", DEAR_ONE(tags));

    for (n = DEAR_ONE(more); *n; n++) {
        q += sprintf(q, "%s%s%s", DEAR_ONE(spaces), DEAR_ONE(names),
                     DEAR_ONE(equals));
        quote = DEAR_ONE(quotes);
        q += sprintf(q, "%s%s%s", quote, DEAR_ONE(values), quote);
    }

    return (size_t) (q - p) + (size_t) sprintf(q, "%s", DEAR_ONE(ends));
}


static void
attributes(void **state)
{
    char      name[40];
    size_t    k, n;
    unsigned  i;

    (void) state;

    for (i = 0; i < 240; i++) {
        n = strlen(dear_head);
        memcpy(dear_page, dear_head, n);

        while (n < 5000) {
            n += dear_tag(dear_page + n);
        }

        memset(dear_page + n, ' ', 300);
        snprintf(name, sizeof(name), "soup %u", i);

        for (k = i % 2; k < DEAR_SLOTS; k += 2) {
            dear_same(name, dear_slots[k], n + 300);
        }
    }
}


/* hazard: an element that was pushed quickly since it matched nothing, and
   matches where its formatting element's end tag moves it; text behind a long
   <head>, over which the next part of the page begins */

static void
moved(void **state)
{
    size_t  i, k, n;

    static const char *const  slots[][2] = {
        { "replace", ".z ~ *" }, { "after", ".z + section" },
        { "before", "main > section" }, { "prepend", "body" },
        { "append", "b ~ b" }, { "before", ".z ~ p" }
    };
    static const char *const  pages[] = {
        "<!DOCTYPE html><body><a class=\"z w\"><figure></a><p>x</p>",
        "<!DOCTYPE html><body><a class=\"z w\"><figure><i></a><p>x</p><p>y",
        "<!DOCTYPE html><main><b><i class=z><section></b><b>x</b><p>y",
        "<font><b><x\rclass='z'><section></font><p>x</p>",
        "<main><b class=z><p>a</p><section><p>b</p></b><p>c</p></section><p>",
    };

    (void) state;

    for (i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
        n = (size_t) sprintf(dear_page, "%s%300s", pages[i], "");

        for (k = 0; k < sizeof(slots) / sizeof(slots[0]); k++) {
            dear_same(pages[i], slots[k], n);
        }
    }

    n = (size_t) sprintf(dear_page, "<script>%4500s</script a>text<p>%300s",
                         "", "");

    for (k = 0; k < sizeof(slots) / sizeof(slots[0]); k++) {
        dear_same("text behind a script", slots[k], n);
    }
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(contents),
        cmocka_unit_test(prices),
        cmocka_unit_test(attributes),
        cmocka_unit_test(moved),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}

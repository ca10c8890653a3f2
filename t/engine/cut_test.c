
/*
 * cut_test.c: a page is rewritten the same however it arrives.
 *
 * Every fixture of t/page whole, cut in two at every byte, and byte by byte;
 * every real page (of the shared folder, if there is one) in pieces of random
 * sizes and byte by byte.  What comes out and what is said of each place must
 * be what the whole page in one buffer gives; and a place must be where it
 * would be if it were the only one.  The caller here keeps bytes
 * exactly as the contract says: a decision about a byte that is gone, more
 * bytes to keep than promised, an offset that goes backward fail the test.
 * That the places are right is the matter of t/page/dom.t.
 */

#include "xsell.h"
#include "page/xsell_html.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <zlib.h>


#define CUT_PAGE_MAX   (8 * 1024 * 1024)
#define CUT_SPLIT_MAX  2600         /* longer ones are not cut everywhere */


/* sets of places that are looked for together */

static const char *const  cut_sets[][XSELL_PLACES_MAX + 1] = {

    { "before h1", "after h1", "prepend body", "append body",
      "after h1 + *", "append ul li", "replace a[href^=\"/\" i]",
      "after div > p:first-of-type", "before footer", "append td",
      "after img", "replace #t5", "after li + li ~ li", "prepend main",
      "append #t2, .product, [itemprop~=price]", " related" },

    { "before #t1", "after #t1", "prepend #t1", "append #t1",
      "before #t3", "after #t3", "prepend #t3", "append #t3",
      "before #t4", "after #t4", "prepend #t4", "append #t4",
      "replace #t6", "replace #t7", "replace #t8", "after #t8" },

    { "before #t2" }, { "after #t2" }, { "prepend #t2" }, { "append #t2" },
    { "replace #t2" }, { "replace body p" }, { "append p" },
    { "replace ul, ol, table, svg" }, { "replace #t1", "append #t3" }
};

#define CUT_SETS       (sizeof(cut_sets) / sizeof(cut_sets[0]))
#define CUT_SETS_REAL  2


/* what a caller sent, and what was said */

typedef struct {
    char            *p;
    size_t           n;
    size_t           cap;
    uint8_t          state[XSELL_PLACES_MAX];
    uint64_t         at[XSELL_PLACES_MAX];      /* where each one stands */
    unsigned         cut_n;         /* pieces dropped */
} cut_out_t;


/* a caller at work */

typedef struct {
    const char      *name;          /* of the page, for messages */
    xsell_rewriter_t rw;
    unsigned         places_n;
    cut_out_t       *out;
    const char      *page;
    uint64_t         sent;          /* bytes decided */
    int              dropping;
    unsigned         told;
} cut_t;


static unsigned  cut_rounds;


static void
cut_put(cut_out_t *o, const void *p, size_t n)
{
    if (o->n + n > o->cap) {
        o->cap = 2 * (o->n + n) + 4096;
        o->p = realloc(o->p, o->cap);
        assert_non_null(o->p);
    }

    if (n) {
        memcpy(o->p + o->n, p, n);
    }

    o->n += n;
}


/* bytes before `to` go out or are dropped */

static void
cut_upto(cut_t *c, uint64_t to)
{
    if (to < c->sent || to > c->rw.pos) {
        fail_msg("%s: %llu decided, then %llu of %llu", c->name,
                 (unsigned long long) c->sent, (unsigned long long) to,
                 (unsigned long long) c->rw.pos);
    }

    if (!c->dropping) {
        cut_put(c->out, c->page + c->sent, (size_t) (to - c->sent));
    }

    c->sent = to;
}


static void
cut_found(cut_t *c, unsigned which)
{
    char  text[32];

    cut_upto(c, c->rw.at);

    if (which == XSELL_CUT_END) {
        assert_true(c->dropping);
        assert_true(c->out->cut_n < c->places_n);
        c->out->cut_n++;

    } else {
        assert_true(which < c->places_n);
        assert_true(c->rw.found & 1u << which);
        assert_true(xsell_place_served(c->rw.state[which]));
        assert_true(++c->told <= c->places_n);

        if (c->rw.close.n) {
            cut_put(c->out, c->rw.close.p, c->rw.close.n);
        }

        snprintf(text, sizeof(text), "{%u}", which);
        cut_put(c->out, text, strlen(text));
        c->out->at[which] = c->rw.at;
    }

    c->dropping = c->rw.cut;
}


static void
cut_piece(cut_t *c, const uint8_t *p, size_t n)
{
    int       rc;
    size_t    used;
    uint64_t  pos;
    unsigned  which;

    for ( ;; ) {
        pos = c->rw.pos;
        rc = xsell_rewriter_feed(&c->rw, p, n, &used, &which);

        assert_true(used <= n);
        assert_true(c->rw.pos == pos + used);

        if (rc != XSELL_AGAIN) {
            break;
        }

        cut_found(c, which);
        p += used;
        n -= used;
    }

    assert_int_equal(rc, XSELL_OK);
    assert_true(used == n);

    if (c->rw.safe > c->rw.pos
        || c->rw.pos - c->rw.safe > XSELL_HOLD_MAX)
    {
        fail_msg("%s: at %llu all is safe before %llu", c->name,
                 (unsigned long long) c->rw.pos,
                 (unsigned long long) c->rw.safe);
    }

    cut_upto(c, c->rw.safe);
}


static void
cut_begin(cut_t *c, cut_out_t *out, const xsell_places_t *places,
    const char *name, const char *page)
{
    memset(c, 0, sizeof(*c));
    c->name = name;
    c->page = page;
    c->out = out;
    c->places_n = xsell_places_n(places);
    out->n = 0;
    out->cut_n = 0;

    xsell_rewriter_init(&c->rw, places, XSELL_HOLDS_ALL);

    /* every other time as on an old processor */

    if (cut_rounds++ & 1) {
        ((xsell_html_t *) (void *) c->rw.priv)->wide = 0;
    }
}


static void
cut_end(cut_t *c, size_t n)
{
    unsigned  which;

    while (xsell_rewriter_finish(&c->rw, &which) == XSELL_AGAIN) {
        cut_found(c, which);
    }

    assert_true(c->rw.pos == n);
    assert_true(c->rw.safe == n);
    cut_upto(c, n);

    memcpy(c->out->state, c->rw.state, sizeof(c->out->state));
}


/* in a buffer of its own, so that one byte too far is seen */

static void
cut_piece_copy(cut_t *c, const char *p, size_t n)
{
    uint8_t  *copy;

    copy = malloc(n ? n : 1);
    assert_non_null(copy);
    memcpy(copy, p, n);
    cut_piece(c, copy, n);
    free(copy);
}


static void
cut_same(const char *name, unsigned set, const char *how, size_t at,
    const cut_out_t *want, const cut_out_t *got)
{
    size_t  i;

    if (want->n == got->n && memcmp(want->p, got->p, want->n) == 0
        && memcmp(want->state, got->state, sizeof(want->state)) == 0)
    {
        return;
    }

    for (i = 0; i < want->n && i < got->n && want->p[i] == got->p[i]; i++) {
        /* void */
    }

    fail_msg("%s, set %u, %s %zu: from byte %zu of the output on \"%.*s\", "
             "not \"%.*s\"", name, set, how, at, i,
             (int) (got->n - i < 60 ? got->n - i : 60), got->p + i,
             (int) (want->n - i < 60 ? want->n - i : 60), want->p + i);
}


/* ---- ways to cut ------------------------------------------------------ */

static void
cut_whole(const xsell_places_t *places, const char *name, const char *page,
    size_t n, cut_out_t *out)
{
    cut_t  c;

    cut_begin(&c, out, places, name, page);
    cut_piece_copy(&c, page, n);
    cut_end(&c, n);
}


static void
cut_in_two(const xsell_places_t *places, unsigned set, const char *name,
    const char *page, size_t n, const cut_out_t *want, cut_out_t *out)
{
    cut_t   c;
    size_t  i;

    for (i = 1; i < n; i++) {
        cut_begin(&c, out, places, name, page);
        cut_piece_copy(&c, page, i);
        cut_piece_copy(&c, page + i, n - i);
        cut_end(&c, n);
        cut_same(name, set, "cut at", i, want, out);
    }
}


/* step: bytes a piece; empty pieces between them change nothing */

static void
cut_steps(const xsell_places_t *places, unsigned set, const char *name,
    const char *page, size_t n, size_t step, const cut_out_t *want,
    cut_out_t *out)
{
    cut_t   c;
    size_t  i, k;

    cut_begin(&c, out, places, name, page);

    for (i = 0; i < n; i += k) {
        k = n - i < step ? n - i : step;
        cut_piece(&c, (const uint8_t *) page + i, k);

        if (i % 3 == 0) {
            cut_piece(&c, (const uint8_t *) page + i + k, 0);
        }
    }

    cut_end(&c, n);
    cut_same(name, set, "pieces of", step, want, out);
}


/* sizes of all orders of magnitude alike */

static void
cut_random(const xsell_places_t *places, unsigned set, const char *name,
    const char *page, size_t n, uint64_t *seed, const cut_out_t *want,
    cut_out_t *out)
{
    cut_t     c;
    size_t    i, k;
    uint64_t  r;

    cut_begin(&c, out, places, name, page);

    for (i = 0; i < n; i += k) {
        r = xsell_random(seed);
        k = 1 + (size_t) ((r >> 8) & ((1u << (r % 17)) - 1));
        k = n - i < k ? n - i : k;
        cut_piece_copy(&c, page + i, k);
    }

    cut_end(&c, n);
    cut_same(name, set, "random cuts", 0, want, out);
}


/* ---- pages ------------------------------------------------------------ */

static xsell_places_t  *cut_places[CUT_SETS];
static xsell_places_t  *cut_alone[CUT_SETS][XSELL_PLACES_MAX];
static char            *cut_page;
static unsigned         cut_served[6];      /* by position */


static unsigned
cut_position(xsell_str_t s)
{
    unsigned  i;

    static const char *const  names[] = {
        "", "before", "after", "prepend", "append", "replace"
    };

    for (i = 0; i < 6; i++) {
        if (strlen(names[i]) == s.n && memcmp(names[i], s.p, s.n) == 0) {
            return i;
        }
    }

    fail_msg("no such position: %.*s", (int) s.n, s.p);
    return 0;
}


/* "append p": position and selector, " related": a marker's name */

static xsell_str_t
cut_split(const char *text, xsell_str_t *position, xsell_str_t *selector)
{
    char         *rest;
    xsell_str_t   name = { "s", 1 };

    rest = strchr(text, ' ') + 1;
    *position = (xsell_str_t) { text, (size_t) (rest - 1 - text) };
    *selector = (xsell_str_t) { rest, strlen(rest) };

    if (position->n == 0) {
        name = *selector;
        *selector = *position;
    }

    return name;
}


/* a set's places, or one of them; NULL: the text of it on stderr */

static xsell_places_t *
cut_compile(unsigned set, unsigned first, unsigned n)
{
    unsigned         k;
    xsell_str_t      name, position, selector;
    xsell_error_t    err;
    xsell_places_t  *places;

    if (xsell_places_create(&places) != XSELL_OK) {
        return NULL;
    }

    for (k = first; k < first + n && cut_sets[set][k]; k++) {
        name = cut_split(cut_sets[set][k], &position, &selector);

        if (xsell_places_add(places, name, position, selector, &err)
            != XSELL_OK)
        {
            fprintf(stderr, "%s: %s\n", cut_sets[set][k], err.text);
            xsell_places_destroy(places);
            return NULL;
        }
    }

    return places;
}


static int
cut_setup(void **state)
{
    unsigned  i, k;

    for (i = 0; i < CUT_SETS; i++) {
        cut_places[i] = cut_compile(i, 0, XSELL_PLACES_MAX);

        if (cut_places[i] == NULL) {
            return -1;
        }

        for (k = 0; k < xsell_places_n(cut_places[i]); k++) {
            cut_alone[i][k] = cut_compile(i, k, 1);

            if (cut_alone[i][k] == NULL) {
                return -1;
            }
        }
    }

    cut_page = malloc(CUT_PAGE_MAX);

    return cut_page ? 0 : -1;
}


static int
cut_teardown(void **state)
{
    unsigned  i, k;

    for (i = 0; i < CUT_SETS; i++) {
        for (k = 0; k < xsell_places_n(cut_places[i]); k++) {
            xsell_places_destroy(cut_alone[i][k]);
        }

        xsell_places_destroy(cut_places[i]);
    }

    free(cut_page);

    return 0;
}


static void
cut_count(unsigned set, const cut_out_t *out)
{
    unsigned     k;
    xsell_str_t  position, selector;

    for (k = 0; cut_sets[set][k]; k++) {
        if (out->state[k] == XSELL_PLACE_SERVED) {
            (void) cut_split(cut_sets[set][k], &position, &selector);
            cut_served[cut_position(position)]++;
        }
    }
}


/* a place is where it would be without the others, unless what it stands in
   is dropped */

static void
cut_each_alone(unsigned set, const char *name, const char *page, size_t n,
    const cut_out_t *all, cut_out_t *out)
{
    unsigned  k;

    for (k = 0; cut_sets[set][k]; k++) {
        cut_whole(cut_alone[set][k], name, page, n, out);

        if (out->state[0] == all->state[k]
            && (out->state[0] != XSELL_PLACE_SERVED
                || out->at[0] == all->at[k]))
        {
            continue;
        }

        if (all->state[k] != XSELL_PLACE_GONE || all->cut_n == 0) {
            fail_msg("%s, set %u: \"%s\" alone: %s at %llu, with others: %s "
                     "at %llu", name, set, cut_sets[set][k],
                     xsell_place_name(out->state[0]),
                     (unsigned long long) out->at[0],
                     xsell_place_name(all->state[k]),
                     (unsigned long long) all->at[k]);
        }
    }
}


static void
cut_fixture(const char *name, const char *page, size_t n)
{
    unsigned   set;
    cut_out_t  want, out;

    memset(&want, 0, sizeof(want));
    memset(&out, 0, sizeof(out));

    for (set = 0; set < CUT_SETS; set++) {
        cut_whole(cut_places[set], name, page, n, &want);
        cut_count(set, &want);
        cut_each_alone(set, name, page, n, &want, &out);
        cut_steps(cut_places[set], set, name, page, n, 1, &want, &out);
        cut_steps(cut_places[set], set, name, page, n, 7, &want, &out);

        if (n <= CUT_SPLIT_MAX || set < 2) {
            cut_in_two(cut_places[set], set, name, page, n, &want, &out);
        }
    }

    free(want.p);
    free(out.p);
}


static void
cut_real(const char *name, const char *page, size_t n, uint64_t *seed)
{
    unsigned   set, i;
    cut_out_t  want, out;

    memset(&want, 0, sizeof(want));
    memset(&out, 0, sizeof(out));

    for (set = 0; set < CUT_SETS_REAL; set++) {
        cut_whole(cut_places[set], name, page, n, &want);
        cut_count(set, &want);
        cut_each_alone(set, name, page, n, &want, &out);
        cut_steps(cut_places[set], set, name, page, n, 1, &want, &out);

        for (i = 0; i < 3; i++) {
            cut_random(cut_places[set], set, name, page, n, seed, &want,
                       &out);
        }
    }

    free(want.p);
    free(out.p);
}


static size_t
cut_read(const char *dir, const char *file)
{
    int     n;
    char    path[600];
    gzFile  f;

    snprintf(path, sizeof(path), "%.300s/%.250s", dir, file);
    f = gzopen(path, "rb");         /* reads plain files as they are */
    assert_non_null(f);
    n = gzread(f, cut_page, CUT_PAGE_MAX);
    assert_true(n >= 0 && n < CUT_PAGE_MAX);
    gzclose(f);

    return (size_t) n;
}


/* hazard: a decision that depends on where a buffer ended; a byte that was
   sent before it was decided */

static void
fixtures(void **state)
{
    DIR            *dir;
    size_t          n;
    unsigned        pages, i;
    struct dirent  *e;

    static const char  path[] = "t/page/fixtures";

    memset(cut_served, 0, sizeof(cut_served));
    dir = opendir(path);
    assert_non_null(dir);
    pages = 0;

    while ((e = readdir(dir)) != NULL) {
        if (strstr(e->d_name, ".html") != NULL) {
            n = cut_read(path, e->d_name);
            cut_fixture(e->d_name, cut_page, n);
            pages++;
        }
    }

    closedir(dir);

    print_message("# %u fixtures, served: %u markers, %u before, %u after, "
                  "%u prepend, %u append, %u replace\n", pages,
                  cut_served[0], cut_served[1], cut_served[2], cut_served[3],
                  cut_served[4], cut_served[5]);

    assert_true(pages >= 50);
    assert_true(cut_served[0] > 0);

    for (i = 1; i < 6; i++) {
        assert_true(cut_served[i] >= pages / 2);
    }
}


/* hazard: a page that is given up for what it costs, or for its depth, only
   if it comes in large pieces, or only in small ones */

static void
dear_pages(void **state)
{
    char       name[40];
    size_t     i, k, n, m;
    uint64_t   seed;
    unsigned   set;
    cut_out_t  want, out;

    static const char *const  parts[] = {
        "<b><p></b>", "<a><div></a>", "<a href=x><i>", "<p><p>", "<<<", "<b>",
        "</a></p>", "<!><!>", "<table><tr><td>", "<p id=x a=1 b=2 c d e>",
        "<svg><g><p>", "<font a><p></font>", "<select><option>", "<li><ul>",
        "</div><div>", "<table><b>", "<nobr>x", "<div class='a b'><h1>"
    };

    memset(&want, 0, sizeof(want));
    memset(&out, 0, sizeof(out));
    seed = 3;

    for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        k = strlen(parts[i]);
        n = (size_t) snprintf(cut_page, 64, "<!DOCTYPE html><body><div>");

        for (m = 0; m < 120000 / k; m++) {
            memcpy(cut_page + n, parts[i], k);
            n += k;
        }

        n += (size_t) snprintf(cut_page + n, 64, "<p id=t1>x<p id=t3>y");
        snprintf(name, sizeof(name), "many %s", parts[i]);

        for (set = 0; set < 2; set++) {
            cut_whole(cut_places[set], name, cut_page, n, &want);
            cut_steps(cut_places[set], set, name, cut_page, n, 1, &want,
                      &out);
            cut_steps(cut_places[set], set, name, cut_page, n, 100, &want,
                      &out);
            cut_random(cut_places[set], set, name, cut_page, n, &seed, &want,
                       &out);
        }
    }

    free(want.p);
    free(out.p);
}


/* hazard: tags in an order that nobody writes: what the quick way takes for a
   push is another thing there */

static void
soup(void **state)
{
    size_t     n;
    uint64_t   seed, r;
    unsigned   page, set, i, tags;
    cut_out_t  want, out;

    static const char *const  parts[] = {
        "<p>", "</p>", "<li>", "<ul>", "</ul>", "<table>", "<tr>", "<td>",
        "</td>", "<th>", "<tbody>", "<caption>", "</table>", "<b>", "</b>",
        "<i class='a b'>", "</i>", "<a href=\"x\">", "</a>", "<div>",
        "</div>", "text ", "<br>", "<img src=x>", "<select>", "<option>",
        "</select>", "<svg>", "<g/>", "</svg>", "<!-- c -->", "<h1>", "</h1>",
        "<dl>", "<dt>", "<dd>", "<button>", "</button>", "<my-el>",
        "</my-el>", "<section>", "</section>", "<textarea>x</textarea>",
        "<script>a<b</script>", "<script><!-- x --></script>", "<label>",
        "</label>", "<input disabled>", "<DIV>", "<template>", "</template>",
        "<form>", "</form>", "<span\nid=\"t1\">", "</span>", "<fieldset>",
        "</fieldset>", "<a b = \"c\" d>", "<object>", "</object>",
        "<p class=c>", "<noscript>x</noscript>", "<ruby>", "<rt>",
        "<style>x</style>", "<?x>", "<!x>", "<", "<p id=t3>",
        "<a b='c'>", "<a\nb=\"c\">", "<p\n>", "<i ====>", "<u /=/=x>",
        "<span a = \"b\" c= d e =f>", "<b a=\"b\">", "<b a='b'>", "<b\n>",
        "<font color=red>", "</font>", "<font color=\"&amp;red\">",
        "<em \"x\" y>", "</em>", "</div >", "</span\n>", "</b >", "</p >",
        "</section x=y>", "<br/>", "<br />", "<a b=\"c\"=d>",
        "<a b='c'=\"d\"e=f>", "<img src=\"a\"alt=b>", "<my-el a=b>",
        "<div data-a- = \"x\">", "<div a= >", "<div a/b/=c>", "</i x>",
        "<div                                                   =x>",
        "<div x                                                  =y z>",
        "<div aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa='b' c>",
        "<i class=\"x\"></i>", "<i class=x>t</i>", "<div \"=x>"
    };

    memset(&want, 0, sizeof(want));
    memset(&out, 0, sizeof(out));
    seed = 5;

    for (page = 0; page < 300; page++) {
        n = (size_t) snprintf(cut_page, 64, "<!DOCTYPE html><body>");
        tags = 5 + (unsigned) (xsell_random(&seed) % 300);

        for (i = 0; i < tags; i++) {
            r = xsell_random(&seed) >> 8;
            n += (size_t) snprintf(cut_page + n, 64, "%s%s",
                     parts[r % (sizeof(parts) / sizeof(parts[0]))],
                     (r >> 32) % 5 == 0 ? "some words here " : "");
        }

        memset(cut_page + n, ' ', 200);         /* all of it is quick */
        n += 200;

        for (set = 0; set < CUT_SETS; set++) {
            cut_whole(cut_places[set], "soup", cut_page, n, &want);
            cut_steps(cut_places[set], set, "soup", cut_page, n, 1, &want,
                      &out);
        }
    }

    free(want.p);
    free(out.p);
}


/* hazard: what no fixture thought of */

static void
real_pages(void **state)
{
    DIR            *dir;
    char            path[400];
    size_t          n;
    unsigned        pages, i;
    uint64_t        seed;
    const char     *shared;
    struct dirent  *e;

    memset(cut_served, 0, sizeof(cut_served));
    shared = getenv("XSELL_SHARED");
    snprintf(path, sizeof(path), "%.300s/pages",
             shared ? shared : "../shared");
    dir = opendir(path);

    if (dir == NULL) {
        print_message("# skipped: no pages\n");
        return;
    }

    seed = 20;
    pages = 0;

    while ((e = readdir(dir)) != NULL) {
        if (strstr(e->d_name, ".html.gz") != NULL) {
            n = cut_read(path, e->d_name);
            cut_real(e->d_name, cut_page, n, &seed);
            pages++;
        }
    }

    closedir(dir);

    print_message("# %u pages, served: %u before, %u after, %u prepend, "
                  "%u append, %u replace\n", pages, cut_served[1],
                  cut_served[2], cut_served[3], cut_served[4], cut_served[5]);

    for (i = 1; i < 6; i++) {
        assert_true(cut_served[i] >= pages / 2);
    }
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fixtures),
        cmocka_unit_test(dear_pages),
        cmocka_unit_test(soup),
        cmocka_unit_test(real_pages),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, cut_setup, cut_teardown);
}

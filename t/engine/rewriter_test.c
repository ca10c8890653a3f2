
/*
 * rewriter_test.c: where slots go in a page, whatever the page is and however
 * it is cut.
 *
 * A fixture is the page with {a}, {b} ... where the places are expected; the
 * page itself is the same without these.  Every fixture runs whole, cut in two
 * at every byte, and byte by byte, and the harness holds back bytes exactly as
 * a caller must, so an insertion before a byte that is gone is a failure.
 */

#include "xsell.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <zlib.h>


typedef struct {
    const char  *places;                /* "before #x, marker": a, b, ... */
    const char  *page;
} fixture_t;


typedef struct {
    xsell_places_t  *ps;
    unsigned         n;
} places_t;


/* a growing copy of what a caller would send */

typedef struct {
    char    *p;
    size_t   n;
    size_t   cap;
} out_t;


static void
put(out_t *o, const void *p, size_t n)
{
    if (o->n + n > o->cap) {
        o->cap = 2 * (o->n + n) + 64;
        o->p = realloc(o->p, o->cap);
        assert_non_null(o->p);
    }

    if (n) {
        memcpy(o->p + o->n, p, n);
    }

    o->n += n;
}


/* "before #x, marker" */

static void
parse_places(places_t *pl, const char *p)
{
    char           letter;
    size_t         n;
    xsell_str_t    name, position, selector;
    xsell_error_t  err;

    assert_int_equal(xsell_places_create(&pl->ps), XSELL_OK);

    for (pl->n = 0; *p; pl->n++) {
        p += strspn(p, ", ");

        letter = (char) ('a' + pl->n);
        name.p = &letter;
        name.n = 1;

        n = strcspn(p, " ,");
        position.p = p;
        position.n = (n == 6 && memcmp(p, "marker", 6) == 0) ? 0 : n;

        p += n;
        p += strspn(p, " ");
        selector.p = p;
        selector.n = position.n ? strcspn(p, " ,") : 0;
        p += selector.n;

        assert_int_equal(xsell_places_add(pl->ps, name, position, selector,
                                          &err), XSELL_OK);
    }
}


/* the caller's side: sends bytes before safe, keeps the others */

typedef struct {
    xsell_rewriter_t   rw;
    const uint8_t     *page;
    uint64_t           sent;
    int                cut;
    out_t              out;
} caller_t;


static void
caller_send(caller_t *c, uint64_t upto)
{
    assert_true(upto >= c->sent);
    assert_true(upto <= c->rw.pos);

    if (!c->cut) {
        put(&c->out, c->page + c->sent, (size_t) (upto - c->sent));
    }

    c->sent = upto;
}


static void
caller_found(caller_t *c, unsigned which)
{
    char  mark[3];

    caller_send(c, c->rw.at);

    if (which != XSELL_CUT_END) {
        assert_true(which < xsell_places_n(c->rw.places));
        assert_true(c->rw.found & 1u << which);
        assert_true(xsell_place_served(c->rw.state[which]));

        mark[0] = '{';
        mark[1] = (char) ('a' + which);
        mark[2] = '}';

        put(&c->out, c->rw.close.p, c->rw.close.n);
        put(&c->out, mark, 3);
    }

    c->cut = c->rw.cut;
}


static void
caller_feed(caller_t *c, size_t from, size_t n)
{
    int       rc;
    size_t    used;
    unsigned  which;

    do {
        assert_int_equal(c->rw.pos, from);

        rc = xsell_rewriter_feed(&c->rw, c->page + from, n, &used, &which);

        assert_true(used <= n);
        from += used;
        n -= used;
        assert_int_equal(c->rw.pos, from);

        if (rc == XSELL_AGAIN) {
            caller_found(c, which);
        }

    } while (rc == XSELL_AGAIN);

    assert_int_equal(rc, XSELL_OK);
    assert_int_equal(n, 0);

    caller_send(c, c->rw.safe);
    assert_true(c->rw.pos - c->sent <= XSELL_HOLD_MAX);
}


/* the page in pieces that end at cuts[] (and at its end) */

static out_t
rewrite(const places_t *pl, const void *page, size_t n, const size_t *cuts,
    size_t cuts_n)
{
    size_t    i, at, to;
    unsigned  which;
    caller_t  c;

    memset(&c, 0, sizeof(c));
    c.page = page;
    xsell_rewriter_init(&c.rw, pl->ps, 0);

    for (i = 0, at = 0; i <= cuts_n; i++) {
        to = (i < cuts_n) ? cuts[i] : n;
        caller_feed(&c, at, to - at);
        at = to;
    }

    while (xsell_rewriter_finish(&c.rw, &which) == XSELL_AGAIN) {
        caller_found(&c, which);
    }

    assert_int_equal(c.rw.safe, n);
    caller_send(&c, c.rw.safe);

    return c.out;
}


static void
same(const out_t *o, const char *want, size_t n, const char *how, size_t cut)
{
    if (o->n == n && memcmp(o->p, want, n) == 0) {
        return;
    }

    fail_msg("%s %zu\n  want: %.*s\n  have: %.*s", how, cut,
             n < 4000 ? (int) n : 4000, want,
             o->n < 4000 ? (int) o->n : 4000, o->p);
}


static size_t
strip(char *page, const char *want)
{
    size_t  n;

    for (n = 0; *want; want++) {
        if (want[0] == '{' && want[1] >= 'a' && want[1] <= 'p'
            && want[2] == '}')
        {
            want += 2;
            continue;
        }

        page[n++] = *want;
    }

    return n;
}


static void
check(const fixture_t *f)
{
    char      page[4096];
    out_t     o;
    size_t    i, n, len, *all;
    places_t  pl;

    len = strlen(f->page);
    assert_true(len < sizeof(page));

    n = strip(page, f->page);
    parse_places(&pl, f->places);

    o = rewrite(&pl, page, n, NULL, 0);
    same(&o, f->page, len, f->places, n);
    free(o.p);

    for (i = 0; i <= n; i++) {
        o = rewrite(&pl, page, n, &i, 1);
        same(&o, f->page, len, "cut at", i);
        free(o.p);
    }

    all = malloc((n + 1) * sizeof(size_t));
    assert_non_null(all);

    for (i = 0; i <= n; i++) {
        all[i] = i;
    }

    o = rewrite(&pl, page, n, all, n + 1);
    same(&o, f->page, len, "byte by byte", n);

    free(o.p);
    free(all);
    xsell_places_destroy(pl.ps);
}


#define check_all(fixtures)                                                   \
    do {                                                                      \
        size_t  i_;                                                           \
                                                                              \
        for (i_ = 0; i_ < sizeof(fixtures) / sizeof(fixtures[0]); i_++) {     \
            check(&fixtures[i_]);                                             \
        }                                                                     \
    } while (0)


/* hazard: a fragment in a script, a title, an attribute, a comment: a broken
   page, or worse, markup where text was meant */

static void
contexts(void **state)
{
    static const fixture_t  f[] = {
        { "marker", "<p>a<!--xsell a-->{a}b" },
        { "marker", "<p><!--xsell a-->{a}<!--xsell a--></p>" },

        { "marker", "<p><script><!--xsell a--></script>" },
        { "marker", "<p><script>'<!--xsell a-->'</script><!--xsell a-->{a}" },
        { "marker", "<p><style><!--xsell a--></style><!--xsell a-->{a}" },
        { "marker", "<p><textarea><!--xsell a--></textarea>x" },
        { "marker", "<p><title><!--xsell a--></title>x" },
        { "marker", "<p><xmp><!--xsell a--></xmp>x" },
        { "marker", "<p><iframe><!--xsell a--></iframe>x" },
        { "marker", "<p><noembed><!--xsell a--></noembed>x" },
        { "marker", "<p><noframes><!--xsell a--></noframes>x" },
        { "marker", "<p><noscript><!--xsell a--></noscript>x" },
        { "marker", "<p><plaintext><!--xsell a--></plaintext><!--xsell a-->" },
        { "marker", "<p title='<!--xsell a-->'>x" },
        { "marker", "<p title=\"<!--xsell a-->\">x" },
        { "marker", "<p title=<!--xsell a-->x" },
        { "marker", "<p <!--xsell a-->x" },
        { "marker", "<p></p <!--xsell a-->x" },
        { "marker", "<p><!-- <!--xsell a-->x" },
        { "marker", "<p><!doctype <!--xsell a-->x" },
        { "marker", "<p><!doctype '<!--xsell a-->'x" },
        { "marker", "<p><?php <!--xsell a-->x" },
        { "marker", "<p></ <!--xsell a-->x" },
        { "marker", "<p></><!--xsell a-->{a}x" },
        { "marker", "<p><template><!--xsell a--></template>x" },
        { "marker", "<p><template><template></template><!--xsell a-->"
                    "</template><!--xsell a-->{a}x" },
        { "marker", "<p><svg><!--xsell a--><g></g></svg><!--xsell a-->" },
        { "marker", "<p><svg><title><!--xsell a-->{a}</title></svg>" },
        { "marker", "<p><math><mi><!--xsell a-->{a}</mi></math>" },

        { "before #x", "<p><script><i id=x></script>{a}<b id=x>" },
        { "before #x", "<p><SCRIPT><i id=x></SCRIPT\n>{a}<b id=x>" },
        { "before #x", "<p><script>'</scripts><i id=x>'</script>" },
        { "before #x", "<p><script>'</ script><i id=x>'</script>" },
        { "before #x", "<p><script>1<2</script a='>' >{a}<b id=x>" },
        { "before #x", "<p><script/>1<i id=x></script>{a}<b id=x>" },
        { "before #x", "<p><style><i id=x></style/>{a}<b id=x>" },
        { "before #x", "<p><textarea></textare><i id=x></textarea>" },
        { "before #x", "<p><textarea><i id=x></TEXTAREA>{a}<b id=x>" },
        { "before #x", "<p><title></script><i id=x></title>" },
        { "before #x", "<p><xmp><i id=x></xmp>{a}<b id=x>" },
        { "before #x", "<p><iframe><i id=x></iframe>{a}<b id=x>" },
        { "before #x", "<p><noscript><i id=x></noscript>{a}<b id=x>" },
        { "before #x", "<p><noembed><i id=x></noembed>{a}<b id=x>" },
        { "before #x", "<p><noframes><i id=x></noframes>{a}<b id=x>" },
        { "before #x", "<p><plaintext><i id=x></plaintext>" },
        { "before #x", "<p><template><i id=x></i></template>{a}<b id=x>" },
        { "before #x", "<p><!--<i id=x>-->{a}<b id=x>" },
        { "before #x", "<p title='<i id=x>'>{a}<b id=x>" },
        { "before #x", "<p><svg><a id=x></a></svg><b id=x>" },
    };

    check_all(f);
}


/* hazard: the second script of <!--<script>...</script>, which is text */

static void
escaped_scripts(void **state)
{
    static const fixture_t  f[] = {
        { "before #x", "<p><script><!--</script>{a}<b id=x>" },
        { "before #x", "<p><script><!--<script></script><i id=x>--></script>"
                       "{a}<b id=x>" },
        { "before #x", "<p><script><!--<script></script></script>"
                       "{a}<b id=x>" },
        { "before #x", "<p><script><!--<script>--></script>{a}<b id=x>" },
        { "before #x", "<p><script><!--<scripts></script>{a}<b id=x>" },
        { "before #x", "<p><script><!--<SCRIPT/></sCript\t></script\n>"
                       "{a}<b id=x>" },
        { "before #x", "<p><script><!--<script ></scripty></script>"
                       "<i id=x></script>{a}<b id=x>" },
        { "before #x", "<p><script><!-- -- > <script></script><i id=x>"
                       "</script>{a}<b id=x>" },
        { "before #x", "<p><script><!--><script></script>{a}<b id=x>" },
        { "before #x", "<p><script><!---><script></script>{a}<b id=x>" },
        { "before #x", "<p><script><!--a--><script></script>{a}<b id=x>" },
        { "before #x", "<p><script><!--a--!><script></script><i id=x>"
                       "</script>{a}<b id=x>" },
        { "before #x", "<p><script><!-<script></script>{a}<b id=x>" },
        { "before #x", "<p><script><!<script></script>{a}<b id=x>" },
        { "before #x", "<p><script><<!--<script></script><i id=x></script>"
                       "{a}<b id=x>" },
        { "before #x", "<p><script><!--<!--<script></script><i id=x></script>"
                       "{a}<b id=x>" },
        { "before #x", "<p><script><!--<script><script></script>"
                       "</script>{a}<b id=x>" },
        { "before #x", "<p><script><!--<-script></script>{a}<b id=x>" },
        { "before #x", "<p><script><!--</scrip></script>{a}<b id=x>" },
        { "before #x", "<p><script><!--<script></-script></script>"
                       "</script>{a}<b id=x>" },
        { "before #x", "<p><script><!--<scr-->ipt></script>{a}<b id=x>" },
        { "before #x", "<p><style><!--<style></style>{a}<b id=x>" },
    };

    check_all(f);
}


/* hazard: a marker that is nearly one, and the odd ends of comments */

static void
markers(void **state)
{
    static const fixture_t  f[] = {
        { "marker", "<p><!-- xsell a -->{a}b" },
        { "marker", "<p><!--xsell\n\t a\r\n-->{a}b" },
        { "marker", "<p><!--xsell a--!>{a}b" },
        { "marker", "<p><!--xsell a -- >b" },
        { "marker", "<p><!--xsella-->b" },
        { "marker", "<p><!--xsell-->b" },
        { "marker", "<p><!--xsell -->b" },
        { "marker", "<p><!--xsell a b-->b" },
        { "marker", "<p><!--xsell aa-->b" },
        { "marker", "<p><!--xsell A-->b" },
        { "marker", "<p><!--XSELL a-->b" },
        { "marker", "<p><!--xsell a-->{a}" },
        { "marker", "<p><!--xsell b--><!--xsell a-->{a}" },
        { "marker", "<p><!---xsell a-->b" },
        { "marker", "<p><!--xsell a--->b" },
        { "marker", "<p><!--xsell -a-->b" },
        { "marker", "<p><!--xsell a" },
        { "marker", "<p><!--xsell a-" },
        { "marker", "<p><!--xsell a--" },
        { "marker", "<p><!--xsell a--!" },
        { "marker", "<p><!--xsell a>b-->c" },
        { "marker", "<p><!--xsell a->-->c" },
        { "marker", "<p><!--><!--xsell a-->{a}" },
        { "marker", "<p><!---><!--xsell a-->{a}" },
        { "marker", "<p><!----><!--xsell a-->{a}" },
        { "marker", "<p><!-----><!--xsell a-->{a}" },
        { "marker", "<p><!--a--!><!--xsell a-->{a}" },
        { "marker", "<p><!--a--!-><!--xsell a--><!--xsell a-->{a}" },
        { "marker", "<p><!--a--!--><!--xsell a-->{a}" },
        { "marker", "<p><!--a- --><!--xsell a-->{a}" },
        { "marker", "<p><!<!--xsell a-->b" },
        { "marker", "<p><!-<!--xsell a-->b" },
        { "marker", "<p><!><!--xsell a-->{a}b" },
        { "marker", "<p><?><!--xsell a-->{a}b" },
        { "marker", "<p><<!--xsell a-->{a}b" },
        { "marker", "<p></<!--xsell a-->b" },
        { "marker", "<p>&lt;!--xsell a-->b" },
        { "marker, marker", "<p><!--xsell b-->{b}<!--xsell a-->{a}" },
        { "marker, marker, marker",
          "<p><!--xsell b-->{b}x<!--xsell d-->x<!--xsell c-->{c}" },
    };

    check_all(f);
}


/* hazard: an id that isn't one, or is missed for how it is written */

static void
ids(void **state)
{
    static const fixture_t  f[] = {
        { "before #x", "<p>{a}<b id=x>" },
        { "before #x", "<p>{a}<b id=\"x\">" },
        { "before #x", "<p>{a}<b id='x'>" },
        { "before #x", "<p>{a}<b ID=x>" },
        { "before #x", "<p>{a}<b Id = \n x>" },
        { "before #x", "<p>{a}<b\tid\t=\t'x'\t>" },
        { "before #x", "<p>{a}<b class=c id=x>" },
        { "before #x", "<p>{a}<b class=\"a>b\" title='\">' id=x>" },
        { "before #x", "<p>{a}<b hidden id=x>" },
        { "before #x", "<p>{a}<b a='b'id=x>" },
        { "before #x", "<p>{a}<b/id=x>" },
        { "before #x", "<p>{a}<b / id=x / >" },
        { "before #x", "<p>{a}<b id=x class=y id=z>" },
        { "before #x", "<p><b id=z id=x>" },
        { "before #x", "<p><b id id=x>" },
        { "before #x", "<p><b id='' id=x>" },
        { "before #x", "<p><b id=>{a}<i id=x>" },
        { "before #x", "<p><b id = >{a}<i id=x>" },
        { "before #x", "<p><b id=X>" },
        { "before #x", "<p><b id=xx>" },
        { "before #x", "<p><b id=' x'>" },
        { "before #x", "<p><b id='x '>" },
        { "before #x", "<p><b id=x/>" },
        { "before #x", "<p>{a}<b id=x />" },
        { "before #x", "<p><b id='x&amp;'>" },
        { "before #x", "<p><b data-id=x>" },
        { "before #x", "<p><b idx=x>" },
        { "before #x", "<p><b xid=x>" },
        { "before #x", "<p><b i=x d=x>" },
        { "before #x", "<p><b =id=x>" },
        { "before #x", "<p><b ==id=x>" },
        { "before #x", "<p>{a}<b = id=x>" },
        { "before #x", "<p><b a= id=x>" },
        { "before #x", "<p><b a==id=x>" },
        { "before #x", "<p>{a}<b a\"b id=\"x\">" },
        { "before #x", "<p><b a='b\"c' id=\"y\">{a}<i id=\"x\">" },
        { "before #x", "<p></b id=x>{a}<b id=x>" },
        { "before #x", "<p><1 id=x>{a}<b id=x>" },
        { "before #x", "<p>< b id=x>{a}<b id=x>" },
        { "before #x", "<p><{a}<b id=x>" },
        { "before #x", "<p><<{a}<b id=x>" },
        { "before #x", "<p><b id=x" },
        { "before #x", "<p>{a}<b id=x " },
        { "before #x", "<p></p>{a}<DIV id=x>" },
        { "before #x", "<p>{a}<my-element id=x>" },
        { "before #x", "<p>{a}<a-very-long-name-of-an-element-indeed id=x>" },
        { "before #x", "<p>{a}<b id=x><b id=x>" },
        { "before #\xc3\xa4-b_9", "<p>{a}<b id=\xc3\xa4-b_9>" },
        { "before #x-1", "<p><b id=x>{a}<b id=x-1>" },
    };

    check_all(f);
}


/* hazard: each position where a reader of the page expects it */

static void
positions(void **state)
{
    static const fixture_t  f[] = {
        { "before #x, after #x, prepend #x, append #x",
          "<p>1</p>{a}<div id=x class=y>{c}2<div>3</div>4{d}</div>{b}5" },
        { "append #x, prepend #x, after #x, before #x",
          "<p>1</p>{d}<div id=x>{b}{a}</div>{c}5" },
        { "after #x, after #x, before #x, before #x",
          "<p>1</p>{c}{d}<div id=x></div>{a}{b}5" },
        { "prepend #x, prepend #x, append #x, append #x",
          "<p><b id=x>{a}{b}1{c}{d}</b>" },
        { "after #x, append #y",
          "<div id=y><p id=x>1</p>{a}2{b}</div>" },
        { "append #y, after #x", "<div id=y><p id=x>1</p>{b}{a}</div>" },
        { "after #x, before #y", "<p><b id=x></b>{a}{b}<i id=y>" },
        { "after #x, before #y", "<ul><li id=x>1</li>{a}{b}<li id=y>2</ul>" },
        { "after #x", "<p><b id=x></b\n class='>' >{a}" },
        { "after #x", "<p><B id=x></b/>{a}" },
        { "append #x", "<div id=x>1{a}" },
        { "after #x", "<div id=x>1</div>{a}" },
        { "after #x", "<div id=x>1</div>{a}</div" },
        { "append #x", "<div id=x>1{a}</div" },
        { "append #x", "<div id=x>1{a}</div " },
        { "after #x", "<div id=x>1</div " },
        { "after #x, prepend #x, append #x, before #x",
          "<p>{d}<img id=x src=y>{a}<b></b>" },
        { "after #x", "<p><input id=x>{a}" },
        { "after #x", "<p><br id='x'/>{a}" },
        { "after #x", "<p><hr id=x />{a}" },
        { "after #x, prepend #x, append #x, before #x",
          "<p>{d}<textarea id=x>a</textarea>{a}b" },
        { "after #x, prepend #x, append #x, before #x",
          "<p>{d}<script id=x>a</script>{a}b" },
        { "after #x, prepend #x, append #x, before #x",
          "<p>{d}<svg id=x><g/></svg>{a}b" },
        { "after #x", "<p><svg id=x />{a}b" },
        { "after #x, prepend #x, append #x, before #x",
          "<p>{d}<template id=x><b></b></template>{a}b" },
        { "after #x, prepend #x, append #x, before #x",
          "<head></head><body id=x>{b}1{c}</body></html>" },
        { "append #x", "<body id=x>1{a}</html>" },
        { "prepend #x, append #x, before #x, after #x", "<html id=x><body>" },
        { "prepend #x, append #x, before #x, after #x",
          "<head id=x></head><body>" },
        { "after #x", "<p><div/ id=x>1</div>{a}" },
    };

    check_all(f);
}


/* hazard: the fragment among list items, in the next section, or at the end
   of the page, because an end tag is left out, too many or misplaced */

static void
ends(void **state)
{
    static const fixture_t  f[] = {
        { "after #x", "<div id=x><div></div><div><div></div></div></div>{a}" },
        { "after #x", "<DIV id=x><diV></DiV></dIv>{a}" },
        { "after #x", "<div id=x><divs></divs></div>{a}" },
        { "after #x", "<div id=x></span></section></x></p></div>{a}" },
        { "after #x", "<div><div id=x><p></div>{a}</div>" },
        { "after #x", "<div><div id=x><span></div>{a}</div>" },
        { "after #x", "<div><div id=x><!--</div>--></div>{a}</div>" },
        { "after #x", "<div><div id=x><script></div></script></div>{a}" },
        { "after #x", "<div><div id=x><p title='</div>'></div>{a}</div>" },
        { "after #x", "<div><div id=x><br></br><img></img></div>{a}" },

        { "after #x", "<ul><li id=x>1</li>{a}<li>2</ul>" },
        { "append #x", "<ul><li id=x>1{a}<li>2</ul>" },
        { "after #x", "<ul><li id=x>1</li>{a}<li>2</ul>" },
        { "after #x", "<ul><li>0<li id=x>1</li>{a}</ul>2" },
        { "after #x", "<ul><li id=x><ul><li>1<li>2</ul>3</li>{a}<li>4</ul>" },
        { "after #x", "<ul><li id=x><div></div></li>{a}<li>1</div></ul>" },
        { "after #x", "<section><ul><li id=x>1</li>{a}</section>" },
        { "after #x", "<dl><dt id=x>1</dt>{a}<dd>2</dl>" },
        { "after #x", "<dl><dd id=x>1<p>2</p></dd>{a}<dt>3</dl>" },
        { "after #x", "<p id=x>1</p>{a}<p>2" },
        { "after #x", "<p id=x>1</p>{a}<div>2</div>" },
        { "after #x", "<p id=x>1<span>2</span></p>{a}<h2>3" },
        { "after #x", "<p id=x>1<button><p>2</button>3</p>{a}" },
        { "after #x", "<div><p id=x>1</p>{a}</div>2" },
        { "after #x", "<p id=x>1<b>2</b><a>3</a><img>4</p>{a}" },
        { "after #x", "<select><option id=x>1<option>2</select>" },
        { "after #x", "<select><optgroup id=x><option>1<optgroup></select>" },
        { "after #x", "<h1 id=x>1</h2>{a}2" },
        { "after #x", "<table><tr><td id=x>1<td>2</table>" },
        { "after #x", "<table><tr><td id=x>1<tr><td>2</table>" },
        { "after #x", "<table><tr id=x><td>1<tr><td>2</table>" },
        { "after #x", "<table><tr id=x><td>1<tbody><tr></table>" },
        { "after #x", "<table><thead id=x><tr><th>1<tbody></table>" },
        { "after #x",
          "<table><tr><td id=x><table><tr><td>1</table>2</table>" },
        { "after #x", "<table id=x><tr><td><div></table>{a}" },
        { "after #x", "<table id=x><tr><td></div></section></td></table>{a}" },
        { "after #x", "<div><table><tr><td id=x></div>1</table>" },
        { "after #x", "<table><caption id=x>1<tr><td>2</table>" },
        { "after #x", "<table><colgroup id=x><col><tr><td>2</table>" },
        { "before #x", "<div><td id=x>1</td>{a}<i id=x>" },
        { "before #x", "<div><tr id=x>1</tr>{a}<i id=x>" },

        { "after #x", "<a id=x>1</a>{a}<a>2</a>" },
        { "after #x", "<div><a><div id=x><a>1</a></div>{a}</div>" },
        { "after #x", "<div id=x><b><p>1</b>2</p></div>{a}" },
        { "after #x", "<p><b id=x><i>1</b>2</i>" },
        { "after #x", "<b id=x><div>1</b>2</div>" },
        { "after #x", "<b><div id=x>1</b>2</div>{a}" },
        { "after #x", "<form id=x><div></form></div>{a}" },
        { "after #x", "<div id=x><form><form></form></div>{a}</form>" },
        { "after #x", "<form><form id=x></form><b id=x></b>{a}" },
        { "after #x", "<button id=x>1</button>{a}<button>2</button>" },
        { "after #x", "<span><div id=x></span></div>{a}" },
        { "after #x", "<div id=x><template></div></template></div>{a}" },
        { "after #x", "<ruby><rt id=x>1</rt>{a}<rt>2</ruby>" },
        { "after #x", "<div id=x><svg><div></svg></div></div>{a}" },
        { "after #x", "<div id=x><svg><g></div>{a}</svg>" },
        { "after #x", "<div><svg></p><div id=x></div>{a}</div>" },
        { "after #x", "<div><svg></br><div id=x></div>{a}</div>" },
        { "after #x", "<ul><li><b><span id=x><ul>1</b>2</ul></ul>" },
        { "after #x", "<div id=x><svg><foreignObject><div></div>"
                      "</foreignObject></svg></div>{a}" },
        { "after #x", "<div id=x><svg><script><b></script></svg></div>" },
        { "after #x", "<div id=x><svg><![CDATA[</div>]]]></svg></div>{a}" },
        { "after #x", "<div id=x><![CDATA[</div>]]></div>{a}" },
        { "after #x", "<div id=x><my-el><my-el></my-el></my-el></div>{a}" },
        { "after #x", "<div><my-el id=x><my-el></my-el></my-el>{a}</div>" },
        { "after #x", "<div id=x>1</body></html></div>{a}" },
    };

    check_all(f);
}


/* hazard: a fragment in <head>, or before the doctype */

static void
heads(void **state)
{
    static const fixture_t  f[] = {
        { "marker", "<!--xsell a--><!doctype html><p>" },
        { "marker", "<!doctype html><!--xsell a--><p><!--xsell a-->" },
        { "marker", "\xef\xbb\xbf<!--xsell a--><!doctype html><p>" },
        { "marker", "x\xef\xbb\xbf<!--xsell a-->{a}" },
        { "marker", "<html><!--xsell a--><head>" },
        { "marker", "<head><!--xsell a--></head>" },
        { "marker", "<title>t</title><!--xsell a--><meta>" },
        { "marker", "<head></head><!--xsell a--><body>" },
        { "marker",
          "<head>\n <base><link><meta><style></style><script></script>"
          "<noscript>x</noscript><template><p>x</p></template><basefont>"
          "<bgsound><noframes></noframes><!--xsell a--></head>\n<body>"
          "<!--xsell a-->" },
        { "marker", "<head><p><!--xsell a-->{a}" },
        { "marker", "<head>x<!--xsell a-->{a}" },
        { "marker", "<head>&nbsp;<!--xsell a-->{a}" },
        { "marker", "<head><<!--xsell a-->{a}" },
        { "marker", "<body><!--xsell a-->{a}" },
        { "marker", "x<!--xsell a-->{a}" },
        { "marker", "<head></br><!--xsell a-->{a}" },
        { "marker", "<head></p><!--xsell a--></head>" },
        { "marker", "<head></body><!--xsell a-->" },
        { "before #x",
          "<head><meta id=x><title id=x></title><script id=x></script>"
          "</head><p id=x>" },
        { "before #x", "<body>{a}<p id=x>" },
        { "before #x", "<head><body>{a}<div id=x>" },
        { "after #x", "<head></head><script id=x></script><body>" },
        { "prepend #x", "<p><body id=x><body id=x>" },
    };

    check_all(f);
}


/* hazard: NUL and other bytes that are no characters */

static void
odd_bytes(void **state)
{
    out_t     o;
    size_t    cut;
    places_t  pl;

    static const char  page[] =
        "<p>\0<\0b id=x><b\0 id=x><i id='x\0'><u \0id=x><s id=x\0>"
        "<!--xsell a\0--><\xff id=x><!--\0--><em id=x>";
    static const char  want[] =
        "<p>\0<\0b id=x>{a}<b\0 id=x><i id='x\0'><u \0id=x><s id=x\0>"
        "<!--xsell a\0--><\xff id=x><!--\0--><em id=x>";

    parse_places(&pl, "before #x, marker");

    for (cut = 0; cut < sizeof(page); cut++) {
        o = rewrite(&pl, page, sizeof(page) - 1, &cut, 1);
        same(&o, want, sizeof(want) - 1, "cut at", cut);
        free(o.p);
    }

    xsell_places_destroy(pl.ps);
}


static char *
repeat(const char *s, size_t times, const char *before, const char *after,
    size_t *n)
{
    char    *p, *q;
    size_t   len;

    len = strlen(s);
    p = malloc(strlen(before) + len * times + strlen(after) + 1);
    assert_non_null(p);

    q = p + sprintf(p, "%s", before);

    while (times--) {
        memcpy(q, s, len);
        q += len;
    }

    q += sprintf(q, "%s", after);
    *n = (size_t) (q - p);

    return p;
}


/* one page, in buffers of some sizes; what was found, and at which offset */

static uint64_t
found_at(const char *places, const char *page, size_t n)
{
    out_t      o, first;
    size_t     i, k, sizes[] = { 0, 1, 7, 1000, 1024, 1025, 4096 }, *cuts;
    places_t   pl;
    uint64_t   at;

    parse_places(&pl, places);
    cuts = malloc((n + 1) * sizeof(size_t));
    assert_non_null(cuts);

    first = rewrite(&pl, page, n, NULL, 0);

    for (i = 1; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        for (k = 0; (k + 1) * sizes[i] < n; k++) {
            cuts[k] = (k + 1) * sizes[i];
        }

        o = rewrite(&pl, page, n, cuts, k);
        assert_int_equal(o.n, first.n);
        assert_memory_equal(o.p, first.p, o.n);
        free(o.p);
    }

    at = UINT64_MAX;

    for (i = 0; i < n; i++) {
        if (first.p[i] != page[i]) {
            at = i;
            break;
        }
    }

    if (at == UINT64_MAX && first.n > n) {
        at = n;
    }

    free(first.p);
    free(cuts);
    xsell_places_destroy(pl.ps);

    return at;
}


/* hazard: a tag of 100 KB (pictures in attributes) that is held, or decides
   by the size of buffers whether it was held */

static void
long_tags(void **state)
{
    char      page[XSELL_HOLD_MAX + 100];
    char     *p;
    size_t    n, pad;

    p = repeat("x", 100000, "<p><img src='data:", "' id=x>z", &n);
    assert_int_equal(found_at("before #x", p, n), UINT64_MAX);
    assert_int_equal(found_at("after #x", p, n), n - 1);
    free(p);

    p = repeat("x", 100000, "<p><img id=x src='data:", "'>z", &n);
    assert_int_equal(found_at("before #x", p, n), 3);
    assert_int_equal(found_at("after #x", p, n), n - 1);
    free(p);

    p = repeat("x", 100000, "<p><b id=x></b ", ">z", &n);
    assert_int_equal(found_at("append #x", p, n), 11);
    assert_int_equal(found_at("after #x", p, n), n - 1);
    free(p);

    p = repeat("x", 100000, "<p><b", " id=x></b>", &n);
    assert_int_equal(found_at("before #x", p, n), UINT64_MAX);
    assert_int_equal(found_at("prepend #x", p, n), n - 4);
    free(p);

    p = repeat("x", 100000, "<p><b id='", "'><i id=x>", &n);
    assert_int_equal(found_at("before #x", p, n), n - 8);
    free(p);

    /* the end of the id is XSELL_HOLD_MAX after '<', or one byte more */

    for (pad = XSELL_HOLD_MAX - 40; pad < XSELL_HOLD_MAX + 2; pad++) {
        n = (size_t) sprintf(page, "<p><b a='%*s' id='x'>", (int) pad, "");

        assert_int_equal(found_at("before #x", page, n),
                         n - 1 - 1 - 3 <= XSELL_HOLD_MAX ? 3 : UINT64_MAX);
    }

    /* the same for the name of an end tag */

    for (pad = XSELL_HOLD_MAX - 8; pad < XSELL_HOLD_MAX + 2; pad++) {
        p = malloc(2 * pad + 32);
        assert_non_null(p);

        memset(p, 'x', 2 * pad + 32);
        memcpy(p, "<p><", 4);
        memcpy(p + 4 + pad, " id=x></", 8);
        memcpy(p + 12 + 2 * pad, ">", 1);
        n = 13 + 2 * pad;

        assert_int_equal(found_at("append #x", p, n),
                         pad + 2 <= XSELL_HOLD_MAX ? 10 + pad : UINT64_MAX);
        free(p);
    }
}


/* hazard: time that grows with the square of a page, or a stack that is
   overrun by depth */

static void
much_of_it(void **state)
{
    char    *p;
    size_t   n;

    p = repeat("<!--xsell b-->", 100000, "<p>", "<!--xsell a-->", &n);
    assert_int_equal(found_at("marker", p, n), n);
    free(p);

    p = repeat("<", 300000, "<p>", "<b id=x>", &n);
    assert_int_equal(found_at("before #x", p, n), UINT64_MAX);
    free(p);

    p = repeat("<", 300, "<p>", "<b id=x>", &n);
    assert_int_equal(found_at("before #x", p, n), n - 8);
    free(p);

    p = repeat("<div>", 100000, "", "<b id=x></b>", &n);
    assert_int_equal(found_at("before #x", p, n), UINT64_MAX);
    assert_int_equal(found_at("prepend #x", p, n), UINT64_MAX);
    assert_int_equal(found_at("after #x", p, n), UINT64_MAX);
    free(p);

    p = repeat("<div>", 200, "", "<b id=x></b>", &n);
    assert_int_equal(found_at("before #x", p, n), n - 12);
    assert_int_equal(found_at("prepend #x", p, n), n - 4);
    assert_int_equal(found_at("after #x", p, n), n);
    free(p);

    /* hazard: a name taken for that of seven letters which it begins with:
       its end tag is no end tag then, and the page is as deep as it is long */

    p = repeat("<article-card></article-card> and so much text that these are "
               "not too dear for a page: they have a price of their own",
               400, "<div id=x>", "</div>", &n);
    assert_int_equal(found_at("append #x", p, n), n - 6);
    assert_int_equal(found_at("append body", p, n), n);
    free(p);

    p = repeat("<i>", 100000, "<div id=x>", "</div>", &n);
    assert_int_equal(found_at("append #x", p, n), UINT64_MAX);
    assert_int_equal(found_at("after #x", p, n), UINT64_MAX);
    free(p);

    p = repeat("<div>", 150, "<div id=x>", "</div>", &n);
    assert_int_equal(found_at("append #x", p, n), UINT64_MAX);
    free(p);

    p = repeat("<b>7</b> or more<br><div>of it</div>", 20000, "<div id=x>",
               "</div>", &n);
    assert_int_equal(found_at("append #x", p, n), n - 6);
    free(p);

    p = repeat("</x>", 100000, "<b><i><u><div id=x>", "</div>", &n);
    assert_int_equal(found_at("append #x", p, n), UINT64_MAX);
    free(p);

    p = repeat("</x>", 80, "<b><i><u><div id=x>", "</div>", &n);
    assert_int_equal(found_at("append #x", p, n), n - 6);
    free(p);

    p = repeat("<template>", 1000, "<p>", "<b id=x>", &n);
    assert_int_equal(found_at("before #x", p, n), UINT64_MAX);
    free(p);

    p = repeat("<template></template>", 100, "<p>", "<b id=x>", &n);
    assert_int_equal(found_at("before #x", p, n), n - 8);
    free(p);

    p = repeat("-", 300000, "<p><!--", "><b id=x>", &n);
    assert_int_equal(found_at("before #x", p, n), n - 8);
    free(p);
}


/* hazard: bytes held, or work done, when nothing is left to be found */

static void
nothing_left(void **state)
{
    size_t            used;
    unsigned          which;
    places_t          pl;
    xsell_rewriter_t  rw;

    static const uint8_t  page[] = "<p><!--xsell a--><b id=x>";

    parse_places(&pl, "marker");
    xsell_rewriter_init(&rw, pl.ps, 0);

    assert_int_equal(xsell_rewriter_feed(&rw, page, 25, &used, &which),
                     XSELL_AGAIN);
    assert_int_equal(used, 17);
    assert_int_equal(which, 0);
    assert_int_equal(rw.at, 17);

    /* the rest is not even looked at */

    assert_int_equal(xsell_rewriter_feed(&rw, NULL, 1000000, &used, &which),
                     XSELL_OK);
    assert_int_equal(used, 1000000);
    assert_int_equal(rw.safe, rw.pos);

    xsell_rewriter_init(&rw, pl.ps, 0);
    xsell_rewriter_skip(&rw, 0);
    assert_int_equal(xsell_rewriter_feed(&rw, NULL, 1000000, &used, &which),
                     XSELL_OK);
    assert_int_equal(rw.safe, 1000000);

    /* a marker needs nothing held, nor does text */

    xsell_rewriter_init(&rw, pl.ps, 0);
    assert_int_equal(xsell_rewriter_feed(&rw, page, 10, &used, &which),
                     XSELL_OK);
    assert_int_equal(rw.safe, 10);

    xsell_places_destroy(pl.ps);

    parse_places(&pl, "before #x");
    xsell_rewriter_init(&rw, pl.ps, 0);
    assert_int_equal(xsell_rewriter_feed(&rw, page, 20, &used, &which),
                     XSELL_OK);
    assert_int_equal(rw.safe, 17);
    assert_int_equal(xsell_rewriter_finish(&rw, &which), XSELL_OK);
    assert_int_equal(rw.safe, 20);
    xsell_places_destroy(pl.ps);
}


/* ---- real pages, if they are there ------------------------------------ */

/* an id from somewhere in the page, so that there is something to find */

static int
some_id(const char *page, size_t n, uint64_t *seed, char *id, size_t cap)
{
    size_t       len;
    const char  *p, *q;

    p = page + xsell_random(seed) % n;
    p = memmem(p, (size_t) (page + n - p), " id=\"", 5);

    if (p == NULL) {
        return 0;
    }

    p += 5;
    q = memchr(p, '"', (size_t) (page + n - p));

    if (q == NULL) {
        return 0;
    }

    len = (size_t) (q - p);

    if (len == 0 || len + 1 > cap
        || strspn(p, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                     "0123456789_-") < len)
    {
        return 0;
    }

    memcpy(id, p, len);
    id[len] = '\0';

    return 1;
}


static unsigned
real_page(const char *page, size_t n, uint64_t *seed)
{
    char         id[4][64], text[512];
    int          i;
    out_t        whole, cut;
    size_t       k, at, max, *cuts;
    places_t     pl;
    unsigned     found;

    for (i = 0; i < 4; i++) {
        if (!some_id(page, n, seed, id[i], sizeof(id[i]))
            || (id[i][0] >= '0' && id[i][0] <= '9') || id[i][0] == '-')
        {
            strcpy(id[i], "none");
        }
    }

    snprintf(text, sizeof(text), "before #%s, after #%s, prepend #%s, "
             "append #%s", id[0], id[1], id[2], id[3]);
    parse_places(&pl, text);

    whole = rewrite(&pl, page, n, NULL, 0);
    found = (unsigned) (whole.n - n) / 3;

    cuts = malloc(n * sizeof(size_t));
    assert_non_null(cuts);

    for (k = 0, at = 0; /* void */ ; k++) {
        max = (xsell_random(seed) & 1) ? 8 : 3000;
        at += 1 + xsell_random(seed) % max;

        if (at >= n) {
            break;
        }

        cuts[k] = at;
    }

    cut = rewrite(&pl, page, n, cuts, k);
    assert_int_equal(whole.n, cut.n);
    assert_memory_equal(whole.p, cut.p, cut.n);

    free(whole.p);
    free(cut.p);
    free(cuts);
    xsell_places_destroy(pl.ps);

    return found;
}


/* hazard: what no fixture thought of */

static void
real_pages(void **state)
{
    int             n, i;
    char            path[600], *page;
    DIR            *dir;
    gzFile          f;
    unsigned        found, pages;
    uint64_t        seed;
    const char     *shared;
    struct dirent  *e;

    enum { PAGE = 4 * 1024 * 1024 };

    /* byte by byte is slow enough; cut_test has all the cuts */

#ifdef __SANITIZE_ADDRESS__
    enum { ROUNDS = 1 };
#else
    enum { ROUNDS = 2 };
#endif

    shared = getenv("XSELL_SHARED");
    snprintf(path, sizeof(path), "%s/pages", shared ? shared : "../shared");
    dir = opendir(path);

    if (dir == NULL) {
        print_message("# skipped: no pages\n");
        return;
    }

    page = malloc(PAGE);
    assert_non_null(page);
    found = 0;
    pages = 0;

    while ((e = readdir(dir)) != NULL) {
        if (strstr(e->d_name, ".html.gz") == NULL) {
            continue;
        }

        snprintf(path, sizeof(path), "%s/pages/%.200s",
                 shared ? shared : "../shared", e->d_name);
        f = gzopen(path, "rb");
        assert_non_null(f);
        n = gzread(f, page, PAGE);
        gzclose(f);

        if (n <= 0) {
            continue;
        }

        pages++;
        seed = 1;

        for (i = 0; i < ROUNDS; i++) {
            found += real_page(page, (size_t) n, &seed);
        }
    }

    closedir(dir);
    free(page);

    print_message("# %u pages, %u places found\n", pages, found);

    if (pages) {
        assert_true(found * 4 > 3 * pages * ROUNDS);
    }
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(contexts),
        cmocka_unit_test(escaped_scripts),
        cmocka_unit_test(markers),
        cmocka_unit_test(ids),
        cmocka_unit_test(positions),
        cmocka_unit_test(ends),
        cmocka_unit_test(heads),
        cmocka_unit_test(odd_bytes),
        cmocka_unit_test(long_tags),
        cmocka_unit_test(much_of_it),
        cmocka_unit_test(nothing_left),
        cmocka_unit_test(real_pages),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}

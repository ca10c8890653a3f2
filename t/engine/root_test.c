
/*
 * root_test.c: fragments and what scripts take over in the browser; sections
 * that a page has already.
 *
 * A fixture is a page, the page that is wanted, where "{a}" is the fragment
 * of the first slot, and what becomes of each slot.  Every one runs whole, cut
 * in two at every byte, and byte by byte: the quick path, which sees whole
 * tags only, must agree with the states.
 */

#include "xsell.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>


#define PAGE  8192


typedef struct {
    const char  *slots;                 /* "after #x existing=skip|..." */
    const char  *states;                /* "moved absent" */
    const char  *page;
    const char  *want;                  /* NULL: the page as it is */
} fixture_t;


typedef struct {
    xsell_rewriter_t   rw;
    const uint8_t     *page;
    uint64_t           sent;
    int                cut;
    size_t             n;
    char               out[2 * PAGE];
} caller_t;


/* ---- the caller's side ------------------------------------------------ */

static void
put(caller_t *c, const void *p, size_t n)
{
    assert_true(c->n + n < sizeof(c->out));

    memcpy(c->out + c->n, p, n);
    c->n += n;
}


static void
send_to(caller_t *c, uint64_t upto)
{
    assert_true(upto >= c->sent);
    assert_true(upto <= c->rw.pos);

    if (!c->cut) {
        put(c, c->page + c->sent, (size_t) (upto - c->sent));
    }

    c->sent = upto;
}


static void
found(caller_t *c, unsigned which)
{
    char  mark[3];

    send_to(c, c->rw.at);

    if (which != XSELL_CUT_END) {
        mark[0] = '{';
        mark[1] = (char) ('a' + which);
        mark[2] = '}';

        put(c, c->rw.close.p, c->rw.close.n);
        put(c, mark, 3);
    }

    c->cut = c->rw.cut;
}


static void
feed(caller_t *c, size_t from, size_t n)
{
    int       rc;
    size_t    used;
    unsigned  which;

    do {
        rc = xsell_rewriter_feed(&c->rw, c->page + from, n, &used, &which);
        from += used;
        n -= used;

        if (rc == XSELL_AGAIN) {
            found(c, which);
        }

    } while (rc == XSELL_AGAIN);

    send_to(c, c->rw.safe);
    assert_true(c->rw.pos - c->sent <= XSELL_HOLD_MAX);
}


/* ---- a fixture -------------------------------------------------------- */

static xsell_str_t
word(const char **p)
{
    xsell_str_t  s;

    *p += strspn(*p, " ");
    s.p = *p;
    s.n = strcspn(s.p, " |");
    *p += s.n;

    return s;
}


static xsell_places_t *
parse(const char *p)
{
    char             letter;
    unsigned         i;
    xsell_str_t      name, w[2];
    xsell_error_t    err;
    xsell_places_t  *ps;

    assert_int_equal(xsell_places_create(&ps), XSELL_OK);

    for (i = 0; *p; i++, p += *p == '|') {
        letter = (char) ('a' + i);
        name.p = &letter;
        name.n = 1;
        w[0] = word(&p);
        w[1] = word(&p);

        if (w[0].n == 6 && memcmp(w[0].p, "marker", 6) == 0) {
            p = w[0].p + 6;
            w[0].n = 0;
            w[1].n = 0;
        }

        assert_int_equal(xsell_places_add(ps, name, w[0], w[1], &err),
                         XSELL_OK);

        while (*p && *p != '|') {
            name = word(&p);
            assert_int_equal(xsell_places_parameter(ps, i, name, &err),
                             XSELL_OK);
        }
    }

    return ps;
}


static void
states(const caller_t *c, const char *want)
{
    unsigned     i;
    const char  *name;
    xsell_str_t  s;

    for (i = 0; i < xsell_places_n(c->rw.places); i++) {
        name = xsell_place_name(c->rw.state[i]);
        s = word(&want);

        if (strlen(name) != s.n || memcmp(name, s.p, s.n) != 0) {
            fail_msg("slot %u: %s, not %.*s: %.*s", i, name, (int) s.n, s.p,
                     (int) c->n, c->out);
        }
    }
}


/* in pieces of `step` bytes, the first one of `first` */

static void
run(const fixture_t *f, const xsell_places_t *ps, size_t first, size_t step)
{
    size_t      at, n, k;
    unsigned    which;
    caller_t   *c;
    const char *want;

    c = calloc(1, sizeof(caller_t));
    assert_non_null(c);

    n = strlen(f->page);
    c->page = (const uint8_t *) f->page;
    xsell_rewriter_init(&c->rw, ps, XSELL_HOLDS_BLOCK);

    for (at = 0; at < n; at += k) {
        k = at == 0 ? first : step;
        k = k < n - at ? k : n - at;
        feed(c, at, k);
    }

    while (xsell_rewriter_finish(&c->rw, &which) == XSELL_AGAIN) {
        found(c, which);
    }

    send_to(c, c->rw.safe);
    c->out[c->n] = '\0';

    want = f->want ? f->want : f->page;

    if (strcmp(c->out, want) != 0) {
        fail_msg("%s, cut at %zu\n  want: %s\n  have: %s", f->slots, first,
                 want, c->out);
    }

    states(c, f->states);
    free(c);
}


static void
check(const fixture_t *f)
{
    size_t           i, n;
    xsell_places_t  *ps;

    ps = parse(f->slots);
    n = strlen(f->page);

    for (i = 1; i <= n; i++) {
        run(f, ps, i, n);
    }

    run(f, ps, 1, 1);
    xsell_places_destroy(ps);
}


#define check_all(f)                                                          \
    do {                                                                      \
        size_t  i_;                                                           \
                                                                              \
        for (i_ = 0; i_ < sizeof(f) / sizeof(f[0]); i_++) {                   \
            check(&f[i_]);                                                    \
        }                                                                     \
    } while (0)


/* ---- tests ------------------------------------------------------------ */

/* hazard: a framework that isn't known by its marks deletes the fragment */

static void
marks(void **state)
{
    size_t  i;
    char    page[PAGE], want[PAGE];

    static const struct {
        const char  *root;
        const char  *end;
    } f[] = {
        { "<div id=\"__next\">", "</div>" },
        { "<div id=__nuxt class=\"a\">", "</div>" },
        { "<div id=\"__nuxt\" data-server-rendered=\"true\">", "</div>" },
        { "<div id=\"___gatsby\">", "</div>" },
        { "<div id=\"root\">", "</div>" }, { "<div id='app'>", "</div>" },
        { "<DIV ID=\"app\">", "</DIV>" },
        { "<div class=\"x y\" id=\"app\" data-page=\"{}\">", "</div>" },
        { "<div data-reactroot=\"\">", "</div>" },
        { "<div data-reactroot>", "</div>" },
        { "<section class=\"z\" data-reactroot=\"\">", "</section>" },
        { "<div data-reactid=\"1\">", "</div>" },
        { "<div data-react-class=\"App\">", "</div>" },
        { "<div data-server-rendered=\"true\">", "</div>" },
        { "<main data-v-app=\"\">", "</main>" },
        { "<app-root>", "</app-root>" },
        { "<shop-root ng-version=\"17.0.1\">", "</shop-root>" },
        { "<shop-root ng-server-context=\"ssr\">", "</shop-root>" },
        { "<astro-island uid=\"1\" client=\"load\">", "</astro-island>" },
        { "<div q:container=\"paused\">", "</div>" },
        { "<div data-hk=\"0-0-0\">", "</div>" },
        { "<div wire:id=\"a1\">", "</div>" },
        { "<div data-phx-main data-phx-session=\"s\">", "</div>" },
        { "<shop-page s-id=\"1\">", "</shop-page>" },
        { "<div data-marko=\"{}\">", "</div>" },
        { "<react-app>", "</react-app>" },
    };

    for (i = 0; i < sizeof(f) / sizeof(f[0]); i++) {
        fixture_t  g = { "after #x", "moved", page, want };

        snprintf(page, PAGE, "<body><p>1</p>%s<p id=\"x\">2</p>%s<p>3</p>",
                 f[i].root, f[i].end);
        snprintf(want, PAGE, "<body><p>1</p>%s<p id=\"x\">2</p>%s{a}<p>3</p>",
                 f[i].root, f[i].end);
        check(&g);
    }
}


/* hazard: an element that nobody hydrates taken for a root: a fragment far
   away from where it was wanted */

static void
others(void **state)
{
    static const fixture_t  f[] = {
        { "after #x", "served",
          "<body><div class=\"app\" id=\"apple\"><p id=x>1</p></div>",
          "<body><div class=\"app\" id=\"apple\"><p id=x>1</p>{a}</div>" },
        { "after #x", "served",
          "<body><span id=\"root\"><b id=x>1</b></span>",
          "<body><span id=\"root\"><b id=x>1</b>{a}</span>" },
        { "after #x", "served",
          "<body><div id=\"\" data-root=\"app\"><p id=x>1</p></div>",
          "<body><div id=\"\" data-root=\"app\"><p id=x>1</p>{a}</div>" },
        { "after #x", "served",
          "<body><div id=\"app\"></div><p id=x>1</p><div id=root></div>",
          "<body><div id=\"app\"></div><p id=x>1</p>{a}<div id=root></div>" },
        { "after #x", "served",
          "<body><template><div id=app></template><p id=x>1</p>",
          "<body><template><div id=app></template><p id=x>1</p>{a}" },
        { "after #x", "served",
          "<body><!--<div id=app>--><script>'<div id=app>'</script><p id=x>",
          "<body><!--<div id=app>--><script>'<div id=app>'</script><p id=x>"
          "</p>{a}" },
        { "before #x", "served",
          "<body><link href=\"/entry.client.js\"><p></p><i id=x>1</i>",
          "<body><link href=\"/entry.client.js\"><p></p>{a}<i id=x>1</i>" },
        { "before #x", "served",
          "<link rel=preload fetchpriority=low href=\"/x.js\"><body>"
          "<div></div><i id=x>1</i>",
          "<link rel=preload fetchpriority=low href=\"/x.js\"><body>"
          "<div></div>{a}<i id=x>1</i>" },
        { "after #x", "served",
          "<html id=\"root\"><body><p id=x>1</p>2",
          "<html id=\"root\"><body><p id=x>1</p>{a}2" },
        { "after #x root=off", "served",
          "<body><div id=\"app\"><p id=x>1</p></div>",
          "<body><div id=\"app\"><p id=x>1</p>{a}</div>" },
    };

    check_all(f);
}


/* hazard: a position of which the root makes another one than "behind it" */

static void
positions(void **state)
{
    static const fixture_t  f[] = {
        { "before #x|after #x|prepend #x|append #x|replace #x|marker",
          "moved moved moved moved moved moved",
          "<body><div id=\"__next\"><!--xsell f--><p id=x>1</p></div>2",
          "<body><div id=\"__next\"><!--xsell f--><p id=x>1</p></div>"
          "{a}{b}{c}{d}{e}{f}2" },
        { "before #app|after #app|prepend #app|append #app",
          "served served moved moved",
          "<body>1<div id=\"app\">2</div>3",
          "<body>1{a}<div id=\"app\">2</div>{b}{c}{d}3" },
        { "replace #app", "served", "<body>1<div id=\"app\">2</div>3",
          "<body>1{a}3" },
        { "after img|before br", "moved moved",
          "<body><div id=root><img src=\"a\"><br>1</div>2",
          "<body><div id=root><img src=\"a\"><br>1</div>{a}{b}2" },
        { "after #x", "moved",          /* the outermost one */
          "<body><div id=app><astro-island><p id=x>1</p></astro-island>2"
          "</div>3",
          "<body><div id=app><astro-island><p id=x>1</p></astro-island>2"
          "</div>{a}3" },
        { "after #x", "moved",          /* in the next section */
          "<body><main><div data-reactroot=\"\"><p id=x>1</p></div>2</main>",
          "<body><main><div data-reactroot=\"\"><p id=x>1</p></div>{a}2"
          "</main>" },
        { "append main", "served",      /* a root in the place's element */
          "<body><main><div id=app>1</div>2</main>3",
          "<body><main><div id=app>1</div>2{a}</main>3" },
        { "after td", "moved",
          "<body><div id=app><table><tr><td>1</td></tr></table></div>2",
          "<body><div id=app><table><tr><td>1</td></tr></table></div>{a}2" },
        { "after #x|after #y", "moved served",
          "<body><div id=app><p id=x>1</p></div>2<p id=y>3</p>4",
          "<body><div id=app><p id=x>1</p></div>{a}2<p id=y>3</p>{b}4" },
        { "append body|after #x", "served moved",
          "<body><div id=app><p id=x>1</p></div>2</body></html>",
          "<body><div id=app><p id=x>1</p></div>{b}2{a}</body></html>" },
    };

    check_all(f);
}


/* hazard: a root that never ends, or not by its own end tag, takes the
   fragment with it */

static void
ends(void **state)
{
    static const fixture_t  f[] = {
        { "after #x", "moved", "<body><div id=app><p id=x>1",
          "<body><div id=app><p id=x>1</p></div>{a}" },
        { "after #x", "moved", "<body><div id=app><p id=x>1</body></html>\n",
          "<body><div id=app><p id=x>1</body></html>\n</p></div>{a}" },
        { "after #x", "moved",
          "<body><section><div id=app><p id=x>1</p></section>2",
          "<body><section><div id=app><p id=x>1</p></div>{a}</section>2" },
        { "after #x", "moved",
          "<body><section><div id=app><p id=x>1</section>2",
          "<body><section><div id=app><p id=x>1</p></div>{a}</section>2" },
        { "after #x", "moved",
          "<body><div><div id=app><p id=x>1</p></div></div></div>2",
          "<body><div><div id=app><p id=x>1</p></div>{a}</div></div>2" },
        { "after #x", "format", "<body><div id=app><b id=x>1<i>2</div>3",
          NULL },
    };

    check_all(f);
}


/* hazard: a document that is hydrated as a whole: anywhere but at the end of
   its body the fragment is lost */

static void
documents(void **state)
{
    static const fixture_t  f[] = {
        { "after #x|prepend body|append body|before #x",
          "moved moved served moved",
          "<html><head><link rel=\"stylesheet\" href=\"/_next/static/css/a"
          ".css\" data-precedence=\"next\"/></head><body><p id=x>1</p>2"
          "<script></script></body></html>",
          "<html><head><link rel=\"stylesheet\" href=\"/_next/static/css/a"
          ".css\" data-precedence=\"next\"/></head><body><p id=x>1</p>2"
          "<script></script>{a}{b}{c}{d}</body></html>" },
        { "after #x", "moved",
          "<head><link rel=\"preload\" as=\"script\" fetchPriority=\"low\" "
          "href=\"/_next/static/chunks/webpack-1.js\"/><body><p id=x>1</p>2",
          "<head><link rel=\"preload\" as=\"script\" fetchPriority=\"low\" "
          "href=\"/_next/static/chunks/webpack-1.js\"/><body><p id=x>1</p>2"
          "{a}" },
        { "after #x", "moved",          /* the older router has its root */
          "<head><link rel=preload as=script fetchpriority=low "
          "href=\"/_next/static/a.js\"/><body><div id=\"__next\"><p id=x>1"
          "</p></div>2",
          "<head><link rel=preload as=script fetchpriority=low "
          "href=\"/_next/static/a.js\"/><body><div id=\"__next\"><p id=x>1"
          "</p></div>{a}2" },
        { "after #x", "moved",
          "<head><link rel=modulepreload href=/assets/entry.client-1.js>"
          "<body><p id=x>1</p>2</body>",
          "<head><link rel=modulepreload href=/assets/entry.client-1.js>"
          "<body><p id=x>1</p>2{a}</body>" },
        { "after #x", "moved",
          "<head><link href=\"https://cdn/oxygen-v2/1/a.css\" rel="
          "\"stylesheet\"><body><p id=x>1</p>2</body>",
          "<head><link href=\"https://cdn/oxygen-v2/1/a.css\" rel="
          "\"stylesheet\"><body><p id=x>1</p>2{a}</body>" },
        { "after #x", "moved",
          "<html q:container=\"paused\"><body><p id=x>1</p>2</body></html>",
          "<html q:container=\"paused\"><body><p id=x>1</p>2{a}</body>"
          "</html>" },
        { "after #x|prepend body", "moved moved",
          "<body data-sveltekit-preload-data=\"hover\"><div><p id=x>1</p>"
          "</div>2</body>",
          "<body data-sveltekit-preload-data=\"hover\"><div><p id=x>1</p>"
          "</div>2{a}{b}</body>" },
        { "after title|after #x", "in_head moved",
          "<html data-hk=\"0\"><head><title>1</title></head><body>"
          "<p id=x>2</p>3</body>",
          "<html data-hk=\"0\"><head><title>1</title></head><body>"
          "<p id=x>2</p>3{b}</body>" },
    };

    check_all(f);
}


/* hazard: a root that only the site knows */

static void
own(void **state)
{
    static const fixture_t  f[] = {
        { "after #x root=.react-target", "moved",
          "<body><div class=\"a react-target\"><p id=x>1</p></div>2",
          "<body><div class=\"a react-target\"><p id=x>1</p></div>{a}2" },
        { "after #x root=main>.shell", "moved",
          "<body><main><div class=shell><p id=x>1</p></div></main>2",
          "<body><main><div class=shell><p id=x>1</p></div>{a}</main>2" },
        { "after #x root=.shell|after #y", "moved moved",
          "<body><div class=shell><p id=x>1</p><p id=y>1</p></div>2",
          "<body><div class=shell><p id=x>1</p><p id=y>1</p></div>{a}{b}2" },
        { "after #x root=html", "moved",
          "<html><body><p id=x>1</p>2</body>",
          "<html><body><p id=x>1</p>2{a}</body>" },
    };

    check_all(f);
}


/* hazard: the shop's own recommendations and ours, both, or neither */

static void
existing(void **state)
{
    static const fixture_t  f[] = {
        { "append body existing=skip", "existing",
          "<body><section class=\"related products\">1</section>2</body>",
          NULL },
        { "append body existing=keep", "served",
          "<body><section class=\"related products\">1</section>2</body>",
          "<body><section class=\"related products\">1</section>2{a}"
          "</body>" },
        { "append body existing=replace", "served",
          "<body>0<section class=\"related products\">1<p>2</p></section>3"
          "</body>",
          "<body>0{a}3</body>" },
        { "append body existing=replace", "served", "<body>0</body>",
          "<body>0{a}</body>" },
        { "append body existing=replace", "served",
          "<body><div class=\"block upsell\"><div>1</div></div>"
          "<div class=upsell>2</div></body>",
          "<body>{a}<div class=upsell>2</div></body>" },
        { "append body existing=skip|append body", "existing served",
          "<body><product-recommendations data-url=\"/r\">"
          "</product-recommendations></body>",
          "<body><product-recommendations data-url=\"/r\">"
          "</product-recommendations>{b}</body>" },
        { "append body existing=skip", "existing",
          "<body><div id=\"product-recommendations\"></div></body>", NULL },
        { "append body existing=skip", "existing",
          "<body><div data-recommendations></div></body>", NULL },
        { "append body existing=skip", "served",
          "<body class=\"related\"><a class=\"related\" id=\"upsells\">1</a>"
          "<div class=\"unrelated relatedx\"></div></body>",
          "<body class=\"related\"><a class=\"related\" id=\"upsells\">1</a>"
          "<div class=\"unrelated relatedx\"></div>{a}</body>" },

        /* what comes after the place is not known there */
        { "after #x existing=skip", "served",
          "<body><p id=x>1</p><div class=related>2</div>",
          "<body><p id=x>1</p>{a}<div class=related>2</div>" },
        { "after #x existing=skip", "existing",
          "<body><div id=x><div class=related>2</div></div>", NULL },
        { "after #x existing=replace", "served",
          "<body><div id=x>1<div class=related>2</div>3</div>4",
          "<body><div id=x>1{a}3</div>4" },
        { "after .related existing=skip", "existing",
          "<body><div id=x class=related>2</div>", NULL },
        { "after #x existing=skip", "existing",
          "<body><div id=x class=related>2</div>", NULL },
        { "after #x existing=replace", "served",
          "<body><div id=x class=related>2</div>3", "<body>{a}3" },

        /* by a selector */
        { "append body existing=replace:.mine", "served",
          "<body><div class=related>1</div><ul class=\"mine\"><li>2</ul>3"
          "</body>",
          "<body><div class=related>1</div>{a}3</body>" },
        { "append body existing=skip:#a,#b", "existing",
          "<body><b id=b></b></body>", NULL },

        /* what nobody sees before they open it is passed over */
        { "append body existing=replace", "served",
          "<body><div id=\"cart-sidebar\"><div class=\"upsells\">1</div></div>"
          "<section class=related>2</section></body>",
          "<body><div id=\"cart-sidebar\"><div class=\"upsells\">1</div></div>"
          "{a}</body>" },
        { "append body existing=skip", "served",
          "<body><aside class='x CartDrawer y'><p><ul class=upsells></ul>"
          "</aside>2</body>",
          "<body><aside class='x CartDrawer y'><p><ul class=upsells></ul>"
          "</aside>2{a}</body>" },
        { "append body existing=skip", "served",
          "<body><div hidden><div><div class=related>1</div></div></div>2",
          "<body><div hidden><div><div class=related>1</div></div></div>2{a}"
        },
        { "append body existing=skip", "served",
          "<body><nav aria-hidden=true><div class=related>1</div></nav>2",
          "<body><nav aria-hidden=true><div class=related>1</div></nav>2{a}" },
        { "append body existing=skip", "existing",
          "<body><nav aria-hidden=false><div class=related>1</div></nav>2",
          NULL },
        { "append body existing=skip", "served",
          "<body><div class='mini__cart'><p><div class=related>1</div></div>2",
          "<body><div class='mini__cart'><p><div class=related>1</div></div>2"
          "{a}" },
        { "append body existing=skip", "existing",
          "<body class=modal><div class='has-sidebar cart-total drawers'>"
          "<div class=related>1</div></div>2", NULL },
        { "append body existing=skip", "existing",
          "<body><div class=drawer>0</div><div class=related>1</div>2", NULL },
        { "append body existing=skip:.related", "existing",
          "<body><div class=drawer><div class=related>1</div></div>2", NULL },
        { "append body existing=skip", "existing",
          "<body><div class=related hidden>1</div>2", NULL },

        /* two slots: each section once */
        { "append body existing=replace|append body existing=replace",
          "served served",
          "<body><div class=related>1</div>2<div class=upsells>3</div>4"
          "</body>",
          "<body>{a}2{b}4</body>" },
        { "append body existing=replace|append body existing=replace",
          "served served", "<body><div class=related>1</div>2</body>",
          "<body>{a}2{b}</body>" },

        /* in a root: seen, but nothing is taken out of it */
        { "append body existing=replace", "served",
          "<body><div id=app><div class=related>1</div></div>2</body>",
          "<body><div id=app><div class=related>1</div></div>2{a}</body>" },
        { "append body existing=skip", "existing",
          "<body><div id=app><div class=related>1</div></div>2</body>",
          NULL },
        { "after #x existing=replace", "moved",
          "<body><div id=app><p id=x>0</p><div class=related>1</div></div>2",
          "<body><div id=app><p id=x>0</p><div class=related>1</div></div>"
          "{a}2" },
        { "after #x existing=replace", "moved",
          "<body><div id=app><p id=x>0</p></div><div><div class=related>1"
          "</div></div>2",
          "<body><div id=app><p id=x>0</p></div>{a}<div><div class=related>1"
          "</div></div>2" },

        /* where a fragment can't be, the section stays */
        { "append body existing=replace", "served",
          "<body><table><tr><div class=related>1</div></table>2</body>",
          "<body><table><tr><div class=related>1</div></table>2{a}</body>" },
        { "marker existing=replace", "served",
          "<body><div class=related>1</div><!--xsell a-->2",
          "<body>{a}<!--xsell a-->2" },
    };

    check_all(f);
}


/* hazard: "served" said of the wrong place: which framework, where */

typedef struct {
    unsigned  n;
    unsigned  what[8];
    unsigned  which[8];
    uint64_t  at[8];
} saw_t;


static void
saw(void *ctx, unsigned what, unsigned which, uint64_t at)
{
    saw_t  *s = ctx;

    assert_true(s->n < 8);

    s->what[s->n] = what;
    s->which[s->n] = which;
    s->at[s->n++] = at;
}


static void
told(void **state)
{
    size_t             used;
    saw_t              s;
    unsigned           which;
    xsell_error_t      err;
    xsell_places_t    *ps;
    xsell_rewriter_t  *rw;

    static const char  page[] =
        "<body data-sveltekit-hydrate=\"1\"><div id=\"app\"><p id=x></p>"
        "<div class=\"related\"></div></div><div ng-version=\"1\" id=root>"
        "</div>";

    memset(&s, 0, sizeof(s));
    ps = parse("after #x|append #never");
    assert_int_equal(xsell_places_existing(ps, 1, XSELL_EXISTING_TELL,
                                           (xsell_str_t) { "", 0 }, &err),
                     XSELL_OK);

    rw = malloc(sizeof(xsell_rewriter_t));
    assert_non_null(rw);
    xsell_rewriter_init(rw, ps, 0);
    rw->saw = saw;
    rw->ctx = &s;

    assert_int_equal(xsell_rewriter_feed(rw, (const uint8_t *) page,
                                         sizeof(page) - 1, &used, &which),
                     XSELL_OK);
    assert_int_equal(xsell_rewriter_finish(rw, &which), XSELL_AGAIN);
    assert_int_equal(which, 0);
    assert_int_equal(rw->state[0], XSELL_PLACE_MOVED);
    assert_int_equal(rw->root[0], XSELL_ROOT_SVELTE);
    assert_string_equal(xsell_root_name(rw->root[0]), "Svelte");
    assert_null(xsell_root_name(XSELL_ROOT_NONE));
    assert_null(xsell_root_name(XSELL_ROOTS));

    assert_int_equal(s.n, 4);
    assert_int_equal(s.what[0], XSELL_SAW_DOCUMENT);
    assert_int_equal(s.which[0], XSELL_ROOT_SVELTE);
    assert_int_equal(s.at[0], 0);
    assert_int_equal(s.what[1], XSELL_SAW_ROOT);
    assert_int_equal(s.which[1], XSELL_ROOT_APP);
    assert_int_equal(s.what[2], XSELL_SAW_SECTION);
    assert_int_equal(s.which[2], 1);
    assert_int_equal(s.which[3], XSELL_ROOT_ANGULAR);
    assert_memory_equal(page + s.at[3], "<div ng-", 8);

    free(rw);
    xsell_places_destroy(ps);
}


/* hazard: a mistake in nginx.conf that is taken for something else */

static void
parameters(void **state)
{
    size_t           i;
    xsell_str_t      w;
    xsell_error_t    err;
    xsell_places_t  *ps;

    static const struct {
        const char  *word;
        int          rc;
        unsigned     column;
    } f[] = {
        { "existing=keep", XSELL_OK, 0 }, { "existing=skip", XSELL_OK, 0 },
        { "existing=replace", XSELL_OK, 0 },
        { "existing=skip:.a > b:first-of-type", XSELL_OK, 0 },
        { "root=off", XSELL_OK, 0 }, { "root=#a, .b", XSELL_OK, 0 },
        { "items=3", XSELL_NONE, 0 }, { "root=", XSELL_NONE, 0 },
        { "roots=off", XSELL_NONE, 0 }, { "existing", XSELL_NONE, 0 },
        { "existing=", XSELL_EINVAL, 0 },
        { "existing=yes", XSELL_EINVAL, 0 },
        { "existing=keep:.a", XSELL_EINVAL, 0 },
        { "existing=skip:", XSELL_EINVAL, 0 },
        { "existing=skip:.a > > b", XSELL_EINVAL, 20 },
        { "existing=replace:.1", XSELL_EINVAL, 19 },
        { "root=..", XSELL_EINVAL, 7 },
    };

    ps = parse("after #x");

    for (i = 0; i < sizeof(f) / sizeof(f[0]); i++) {
        w.p = f[i].word;
        w.n = strlen(w.p);
        memset(&err, 0, sizeof(err));

        assert_int_equal(xsell_places_parameter(ps, 0, w, &err), f[i].rc);

        if (err.column != f[i].column) {
            fail_msg("%s: column %u: %s", f[i].word, err.column, err.text);
        }
    }

    assert_int_equal(xsell_places_existing(ps, 1, XSELL_EXISTING_SKIP, w,
                                           &err), XSELL_EINVAL);
    assert_int_equal(xsell_places_root(ps, 1, w, &err), XSELL_EINVAL);
    xsell_places_destroy(ps);
}


/* hazard: marks of ours push out selectors of the site, or end a page of many
   names in memory of somebody else */

static void
room(void **state)
{
    char             sel[32];
    int              rc;
    unsigned         i;
    xsell_str_t      s, none;
    xsell_error_t    err;
    xsell_places_t  *ps;

    none.p = "";
    none.n = 0;
    ps = parse("after #x");

    for (i = 0; i < 100; i++) {
        s.p = sel;
        s.n = (size_t) snprintf(sel, sizeof(sel), "[name-%u]", i);
        rc = xsell_places_root(ps, 0, s, &err);

        if (rc != XSELL_OK) {
            break;
        }
    }

    assert_int_equal(rc, XSELL_EINVAL);
    assert_true(i >= 30);
    assert_int_equal(xsell_places_existing(ps, 0, XSELL_EXISTING_SKIP, none,
                                           &err), XSELL_EINVAL);
    xsell_places_destroy(ps);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(marks),
        cmocka_unit_test(others),
        cmocka_unit_test(positions),
        cmocka_unit_test(ends),
        cmocka_unit_test(documents),
        cmocka_unit_test(own),
        cmocka_unit_test(existing),
        cmocka_unit_test(told),
        cmocka_unit_test(parameters),
        cmocka_unit_test(room)
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}

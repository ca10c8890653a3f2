
/*
 * cards_test.c: fragments that are put together from what was rendered
 * before (xsell_cards.c, xsell_frames.c).
 *
 * The hazard: a visitor gets another one's link, another page's heading, or
 * bytes that the page's charset does not have.  So each fragment here is
 * rendered twice and more, and compared with what the interpreter writes of
 * the same cards when nothing is remembered.
 */

#include "xsell.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>


#define ITEMS  6000

static xsell_catalog_t    *catalog;
static xsell_templates_t  *templates;
static char                expected[65536], html[65536];


static xsell_str_t
str(const char *s)
{
    xsell_str_t  v;

    v.p = s;
    v.n = strlen(s);

    return v;
}


/* titles with "&" and with characters beyond ASCII, URLs with and without "?" */

static int
setup(void **state)
{
    int             rc;
    char           *feed, *p;
    unsigned        i;
    xsell_str_t     name;
    xsell_error_t   err;

    feed = malloc(ITEMS * 160);
    assert_non_null(feed);

    p = feed;
    *p++ = '[';

    for (i = 0; i < ITEMS; i++) {
        p += sprintf(p, "%s{\"id\":\"i%u\",\"title\":\"T%u%s\",\"url\":"
                     "\"/p/%u%s\",\"price\":\"%u.50\",\"currency\":\"EUR\"}",
                     i ? "," : "", i, i, i % 3 ? " & co" : " m\xc3\xbcsli",
                     i, i % 2 ? "?a=1&b=2" : "", i % 90 + 1);
    }

    *p++ = ']';

    rc = xsell_catalog_create(&catalog, feed, p - feed, NULL, NULL, &err);
    free(feed);

    if (rc != XSELL_OK || xsell_templates_create(&templates) != XSELL_OK) {
        return -1;
    }

    (void) xsell_templates_add(templates, str("own"), str(
        "<h2 lang=\"{{lang}}\">{{heading}} {{count}}</h2><i>{{slot}}</i>\n"
        "{{#items}}<a href=\"{{url}}\">{{title}} {{price}}</a>"
        "<a href=\"{{url}}\">{{why}}</a>{{^last}},{{/last}}\n{{/items}}"
        "<link href=\"{{stylesheet}}\">\xe2\x80\xa6\n"), &err);
    (void) xsell_templates_add(templates, str("raw"), str(
        "{{#items}}<a href=\"{{url}}\">{{title}}</a>{{/items}}"
        "<style>i{content:\"\xe2\x80\xa6\"}</style>"), &err);
    (void) xsell_templates_strings(templates, str("de"), str(
        "{\"heading\":\"F\xc3\xbcr dich\"}"), NULL, NULL, &err);

    return xsell_templates_compile(templates, &name, &err);
}


static int
teardown(void **state)
{
    xsell_templates_destroy(templates);
    xsell_catalog_destroy(catalog);

    return 0;
}


/* ---- links of a visitor ----------------------------------------------- */

typedef struct {
    const xsell_card_t  *card;
    unsigned             visitor;
    unsigned             made;          /* addresses */
    char                 url[200];
} links_t;


/* a token that says of whom and where it is */

static void
token(unsigned visitor, uint32_t card, const uint64_t path[2],
    char out[XSELL_TOKEN_LEN])
{
    char  text[64];

    snprintf(text, sizeof(text), "tok-%06u-%02u-%016llx-", visitor, card,
             (unsigned long long) (path[0] ^ path[1]));
    memcpy(out, text, XSELL_TOKEN_LEN);
}


static void
put_url(links_t *l, uint32_t card, uint64_t path[2], xsell_str_t *url,
    const char **at)
{
    size_t       n;
    xsell_str_t  own;

    own = xsell_catalog_text(catalog,
                             xsell_catalog_item(catalog, l->card[card].item),
                             XSELL_TEXT_URL);
    path[0] = l->card[card].item;
    path[1] = own.n;

    n = (size_t) snprintf(l->url, sizeof(l->url), "%.*s%cxs=", (int) own.n,
                          own.p, memchr(own.p, '?', own.n) ? '&' : '?');
    token(l->visitor, card, path, l->url + n);

    *at = l->url + n;
    url->p = l->url;
    url->n = n + XSELL_TOKEN_LEN;
}


static void
address(void *ctx, uint32_t card, xsell_address_t *to)
{
    links_t  *l;

    l = ctx;
    l->made++;
    to->keep = 1;

    put_url(l, card, to->path, &to->url, &to->token);
}


static void
tokens(void *ctx, const xsell_blank_t *blank, uint32_t n)
{
    uint32_t  i;
    links_t  *l;

    l = ctx;

    for (i = 0; i < n; i++) {
        token(l->visitor, blank[i].card, blank[i].path, blank[i].to);
    }
}


/* ---- a fragment, with and without memory ------------------------------ */

static size_t
plain(uint32_t t, xsell_fragment_t f, unsigned visitor)
{
    char           text[XSELL_SLATE_MAX][200];
    size_t         n;
    uint64_t       path[2];
    uint32_t       i;
    links_t        l;
    const char    *at;
    xsell_str_t    url, all;
    xsell_card_t   card[XSELL_SLATE_MAX];

    l.card = f.card;
    l.visitor = visitor;

    for (i = 0; i < f.n; i++) {
        card[i] = f.card[i];
        put_url(&l, i, path, &url, &at);
        memcpy(text[i], url.p, url.n);
        card[i].url.p = text[i];
        card[i].url.n = url.n;
    }

    f.card = card;
    f.links = NULL;

    n = xsell_templates_render(templates, t, &f, html, sizeof(html));
    assert_in_range(n, 1, sizeof(html));

    if (!f.ascii) {
        memcpy(expected, html, n);
        return n;
    }

    all.p = html;
    all.n = n;

    return xsell_ascii_write(expected, sizeof(expected), all,
                             xsell_templates_raw(templates, t));
}


/* returns how many addresses were asked for: of cards that were rendered */

static unsigned
check(uint32_t t, xsell_fragment_t *f, unsigned visitor)
{
    char           wide[65536];
    size_t         n, want;
    links_t        l;
    xsell_str_t    all;
    xsell_links_t  links;

    want = plain(t, *f, visitor);

    memset(&l, 0, sizeof(l));
    l.card = f->card;
    l.visitor = visitor;

    memset(&links, 0, sizeof(links));
    links.address = address;
    links.tokens = tokens;
    links.ctx = &l;

    f->links = &links;
    n = xsell_templates_render(templates, t, f, html, sizeof(html));
    f->links = NULL;

    if (f->ascii && !links.plain) {
        all.p = html;
        all.n = n;
        n = xsell_ascii_write(wide, sizeof(wide), all,
                              xsell_templates_raw(templates, t));
        memcpy(html, wide, n);
    }

    assert_int_equal(n, want);
    assert_memory_equal(html, expected, n);
    html[n] = '\0';

    return l.made;
}


static xsell_fragment_t
fragment(xsell_card_t *card, uint32_t n)
{
    xsell_fragment_t  f;

    memset(&f, 0, sizeof(f));
    f.catalog = catalog;
    f.slot = str("related");
    f.css = str("/xsell/s/0.css");
    f.title = str("More & more");
    f.lang = str("en");
    f.card = card;
    f.n = n;

    return f;
}


static uint32_t
named(const char *name)
{
    int  i;

    i = xsell_templates_find(templates, str(name));
    assert_true(i >= 0);

    return (uint32_t) i;
}


/* hazard: what is remembered is of one visitor, page or language, and comes
   up on another's */

static void
nothing_is_mixed(void **state)
{
    uint64_t           random;
    uint32_t           t, i, n;
    unsigned           round, reasons;
    xsell_card_t       card[XSELL_SLATE_MAX];
    xsell_fragment_t   f;
    static const char *const  names[] = { "own", "raw", "grid", "story",
                                          "carousel" };
    static const char *const  slots[] = { "related", "similar" };
    static const char *const  titles[] = { "", "More & more", "Mehr f\xc3\xbcr" };
    static const char *const  langs[] = { "en", "de", "de-AT", "" };

    random = 3;
    memset(card, 0, sizeof(card));

    for (round = 0; round < 20000; round++) {
        n = 1 + xsell_random(&random) % XSELL_SLATE_MAX;
        t = named(names[xsell_random(&random) % 5]);
        reasons = 1 + xsell_random(&random) % 2;

        for (i = 0; i < n; i++) {
            /* the first ones again and again, and some of all */
            card[i].item = xsell_random(&random)
                           % (round % 4 ? 12 : ITEMS);
            card[i].reason = (uint8_t) (1 + xsell_random(&random)
                                             % reasons);
        }

        f = fragment(card, n);
        f.slot = str(slots[xsell_random(&random) % 2]);
        f.title = str(titles[xsell_random(&random) % 3]);
        f.lang = str(langs[xsell_random(&random) % 4]);
        f.ascii = xsell_random(&random) % 2;

        (void) check(t, &f, round);
    }
}


/* hazard: it is never remembered, and everybody pays for it */

static void
the_second_one_is_remembered(void **state)
{
    uint32_t           i, first;
    unsigned           again;
    xsell_card_t       card[XSELL_SLATE_MAX];
    xsell_fragment_t   f;

    memset(card, 0, sizeof(card));
    again = 0;

    for (first = 0; first < 1000; first += 8) {
        for (i = 0; i < 8; i++) {
            card[i].item = first + i;
            card[i].reason = 1;
        }

        f = fragment(card, 8);
        f.title = str("Once");
        f.ascii = 1;

        (void) check(named("own"), &f, 1);
        again += check(named("own"), &f, 2);
    }

    /* three cards that fell on two places are possible, and rare */
    assert_in_range(again, 0, 10);
}


/* hazard: a fragment that needs more room than there is, from memory, and
   bytes behind the room */

static void
room_is_kept_to(void **state)
{
    size_t             n, cap;
    uint32_t           i;
    links_t            l;
    xsell_card_t       card[4];
    xsell_links_t      links;
    xsell_fragment_t   f;

    memset(card, 0, sizeof(card));

    for (i = 0; i < 4; i++) {
        card[i].item = i;
        card[i].reason = 1;
    }

    f = fragment(card, 4);
    (void) check(named("own"), &f, 1);
    (void) check(named("own"), &f, 2);
    n = plain(named("own"), f, 2);

    memset(&l, 0, sizeof(l));
    l.card = card;
    l.visitor = 2;
    memset(&links, 0, sizeof(links));
    links.address = address;
    links.tokens = tokens;
    links.ctx = &l;
    f.links = &links;

    for (cap = 0; cap <= n; cap++) {
        memset(html, '!', n + 1);
        assert_int_equal(xsell_templates_render(templates, named("own"), &f,
                                                html, cap), n);
        assert_int_equal(html[cap], '!');
    }

    assert_memory_equal(html, expected, n);
}


/* hazard: a card whose item is gone is left out, and counted all the same */

static void
cards_without_item(void **state)
{
    uint32_t           i;
    unsigned           round;
    xsell_card_t       card[4];
    xsell_fragment_t   f;
    xsell_links_t      links;
    links_t            l;

    memset(card, 0, sizeof(card));

    for (i = 0; i < 4; i++) {
        card[i].item = i;
        card[i].reason = 1;
    }

    card[1].item = ITEMS + 5;
    f = fragment(card, 4);
    memset(&l, 0, sizeof(l));
    l.card = card;
    memset(&links, 0, sizeof(links));
    links.address = address;
    links.tokens = tokens;
    links.ctx = &l;
    f.links = &links;

    for (round = 0; round < 3; round++) {
        i = (uint32_t) xsell_templates_render(templates, named("own"), &f,
                                              html, sizeof(html));
        html[i] = '\0';
        assert_non_null(strstr(html, "More &amp; more 3</h2>"));
    }
}


static unsigned
times(const char *text)
{
    unsigned     n;
    const char  *p;

    for (n = 0, p = html; (p = strstr(p, text)) != NULL; p += strlen(text)) {
        n++;
    }

    return n;
}


/* hazard: one sentence on every card of a page, or none where it would tell
   one offer from the other; and a card that was remembered with the sentence
   stands where it is said above, or the other way round */

static void
one_reason_is_said_once(void **state)
{
    uint32_t          i;
    unsigned          round;
    xsell_card_t      card[4];
    xsell_fragment_t  f;
    static const char *const  names[] = { "carousel", "grid", "story" };

    memset(card, 0, sizeof(card));

    for (i = 0; i < 4; i++) {
        card[i].item = 100 + i;
    }

    for (round = 0; round < 12; round++) {

        for (i = 0; i < 4; i++) {
            card[i].reason = 1;
        }

        f = fragment(card, 4);
        (void) check(named(names[round % 3]), &f, round);
        assert_int_equal(times("Viewed in the same visits"), 1);
        assert_int_equal(times("<p class=\"xs-why xs-all\">Viewed"), 1);

        card[2].reason = 2;
        (void) check(named(names[round % 3]), &f, round);
        assert_int_equal(times("xs-all"), 0);
        assert_int_equal(times("Viewed in the same visits"), 3);
        assert_int_equal(times("Often bought together"), 1);

        f = fragment(card, 1);          /* one says it itself */
        (void) check(named(names[round % 3]), &f, round);
        assert_int_equal(times("xs-all"), 0);
        assert_int_equal(times("Viewed in the same visits"), 1);
    }
}


/* hazard: a card that a rule brought comes up without its name, or another
   one's, where it was remembered; a name that is markup */

static void
rules_are_told_apart(void **state)
{
    unsigned           round;
    xsell_card_t       card[2];
    xsell_error_t      err;
    xsell_fragment_t   f;
    xsell_business_t  *b;
    static const char  text[] = "{ \"rules\": ["
        "{ \"name\": \"Ours\", \"boost\": { \"category\": \"A\" } },"
        "{ \"name\": \"<b>\\\"&\", \"bury\": { \"category\": \"A\" } } ] }";

    assert_int_equal(xsell_business_create(&b, text, sizeof(text) - 1,
                                           str(""), NULL, NULL, NULL, &err),
                     XSELL_OK);

    memset(card, 0, sizeof(card));
    card[0].item = 200;
    card[1].item = 201;

    for (round = 0; round < 9; round++) {
        f = fragment(card, 2);
        f.business = b;
        card[0].rule = (uint8_t) (round % 3);

        (void) check(named("grid"), &f, round);
        assert_int_equal(times("data-xsell-rule="), card[0].rule != 0);
        assert_int_equal(times(" data-xsell-rule=\"Ours\""),
                         card[0].rule == 1);
        assert_int_equal(times(" data-xsell-rule=\"&lt;b&gt;&quot;&amp;\""),
                         card[0].rule == 2);
    }

    card[0].rule = 3;                   /* there is none of that number */
    f = fragment(card, 2);
    f.business = b;
    (void) check(named("grid"), &f, 1);
    assert_int_equal(times("data-xsell-rule="), 0);

    xsell_business_destroy(b);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(nothing_is_mixed),
        cmocka_unit_test(the_second_one_is_remembered),
        cmocka_unit_test(room_is_kept_to),
        cmocka_unit_test(cards_without_item),
        cmocka_unit_test(one_reason_is_said_once),
        cmocka_unit_test(rules_are_told_apart)
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, setup, teardown);
}

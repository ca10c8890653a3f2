
/*
 * business_test.c.  Hazards: a rule of the marketer's that does nothing, does
 * more than it says, or holds at the wrong hour, place or item; a mistake in
 * his file that is not said, or not where it is; a catalogue of tonight that
 * is refused for a rule of last spring.
 */

#include "model_test.h"


static const char  catalog[] =
    "{\"id\":\"a\",\"title\":\"T\",\"url\":\"/a\",\"category\":\"C > X\","
        "\"brand\":\"Red\",\"price\":\"10 EUR\",\"tags\":[\"sale\"]}\n"
    "{\"id\":\"b\",\"title\":\"T\",\"url\":\"/b\",\"category\":\"C > X\","
        "\"brand\":\"Red\",\"price\":\"20\",\"cost\":4,"
        "\"tags\":[\"new\"],\"style\":\"sale\"}\n"
    "{\"id\":\"c\",\"title\":\"T\",\"url\":\"/c\",\"category\":\"C > X\","
        "\"brand\":\"Blue\",\"price\":\"30\"}\n"
    "{\"id\":\"d\",\"title\":\"T\",\"url\":\"/d\",\"category\":\"C > X\","
        "\"brand\":\"Blue\",\"price\":\"40\",\"tags\":\"new\","
        "\"cost_of_goods_sold\":\"32.00 EUR\"}\n"
    "{\"id\":\"e\",\"title\":\"T\",\"url\":\"/e\",\"category\":\"C > X\"}\n"
    "{\"id\":\"f\",\"title\":\"T\",\"url\":\"/f\",\"category\":\"C > X\","
        "\"brand\":\"Blue\",\"price\":\"60\",\"item_group_id\":\"g\"}\n"
    "{\"id\":\"g\",\"title\":\"T\",\"url\":\"/g\",\"category\":\"C > Y\","
        "\"brand\":\"Red\",\"price\":\"60\",\"item_group_id\":\"g\"}\n"
    "{\"id\":\"o\",\"title\":\"T\",\"url\":\"/o\",\"category\":\"C > X\","
        "\"price\":\"15\",\"availability\":\"out_of_stock\"}\n"
    "{\"id\":\"z\",\"title\":\"T\",\"url\":\"/z\",\"category\":\"C > Y\","
        "\"price\":\"50\",\"brand\":\"Red\"}\n";


/* midnight of 27 November 2026, UTC, and of 2 July in Berlin */
#define FRIDAY  1795737600
#define JULY_2  1782943200


/* a question, and what may be said of it */

typedef struct {
    shop_t               shop;
    xsell_business_t    *business;
    char                 warnings[4096];
    xsell_query_t        q;
    xsell_session_t      s;
    xsell_slate_t        slate;
} case_t;


static void
case_warn(void *ctx, const xsell_error_t *w)
{
    size_t   n;
    case_t  *c;

    c = ctx;
    n = strlen(c->warnings);
    snprintf(c->warnings + n, sizeof(c->warnings) - n, "%u:%u %s\n", w->line,
             w->column, w->text);
}


static void
case_zone(case_t *c, const char *rules, const void *zone, size_t n)
{
    xsell_str_t    z;
    xsell_error_t  err;

    z.p = zone;
    z.n = n;
    c->warnings[0] = '\0';
    xsell_business_destroy(c->business);

    if (xsell_business_create(&c->business, rules, strlen(rules), z,
                              c->shop.cat, case_warn, c, &err)
        != XSELL_OK)
    {
        fail_msg("%u:%u %s", err.line, err.column, err.text);
    }

    c->q.business = c->business;
}


static void
case_rules(case_t *c, const char *rules)
{
    case_zone(c, rules, "", 0);
}


static uint32_t
case_item(case_t *c, const char *id)
{
    return xsell_catalog_find(c->shop.cat, id, strlen(id));
}


static void
case_open(case_t *c)
{
    memset(c, 0, sizeof(*c));
    shop_open_json(&c->shop, 2 * MB, catalog);

    c->s.r.key = 1;
    c->s.idx = XSELL_NO_REF;
    c->q.catalog = c->shop.cat;
    c->q.settings = &c->shop.settings;
    c->q.session = &c->s;
    c->q.anchor = case_item(c, "a");
    c->q.want = XSELL_SLATE_MAX;
    c->q.now_ms = c->shop.now_ms;
    c->q.slot.p = "related";
    c->q.slot.n = 7;
    c->shop.settings.mmr = 0;
}


static void
case_close(case_t *c)
{
    xsell_business_destroy(c->business);
    shop_close(&c->shop);
}


/* ids of the slate, in order */

static const char *
ordered(case_t *c)
{
    size_t        n;
    uint32_t      i;
    xsell_str_t   id;

    static char  text[128];

    (void) xsell_rank(c->shop.ranker, &c->shop.a, &c->q, &c->slate);
    text[0] = '\0';

    for (i = 0, n = 0; i < c->slate.n; i++) {
        id = xsell_catalog_text(c->shop.cat,
                                xsell_catalog_item(c->shop.cat,
                                                   c->slate.pick[i].item),
                                XSELL_TEXT_ID);
        n += (size_t) snprintf(text + n, sizeof(text) - n, "%.*s", (int) id.n,
                               id.p);
    }

    return text;
}


/* the same by the alphabet: how good they are is the model's */

static const char *
offered(case_t *c)
{
    char         letter, *p;
    const char  *ids;

    static char  text[32];

    ids = ordered(c);

    for (p = text, letter = 'a'; letter <= 'z'; letter++) {
        if (strchr(ids, letter)) {
            *p++ = letter;
        }
    }

    *p = '\0';

    return text;
}


static const xsell_pick_t *
pick_of(case_t *c, char id)
{
    uint32_t  i;

    for (i = 0; i < c->slate.n; i++) {
        if (c->slate.pick[i].item
            == xsell_catalog_find(c->shop.cat, &id, 1))
        {
            return &c->slate.pick[i];
        }
    }

    fail_msg("%c is not offered", id);

    return NULL;
}


static const char *
rule_of(case_t *c, char id)
{
    xsell_str_t          name;
    const xsell_pick_t  *pick;

    static char  text[64];

    pick = pick_of(c, id);

    if (pick->rule == 0) {
        return "none";
    }

    name = xsell_business_name(c->business, pick->rule - 1u);
    snprintf(text, sizeof(text), "%.*s", (int) name.n, name.p);

    return text;
}


/* ---- what rules do ---- */

static void
no_rules_no_difference(void **state)
{
    case_t  c;
    char    before[128];

    case_open(&c);
    strcpy(before, offered(&c));
    assert_string_equal(before, "bcdef");

    case_rules(&c, "{\"rules\":[]}");
    assert_string_equal(offered(&c), before);
    assert_int_equal(xsell_business_n(c.business), 0);

    case_close(&c);
}


static void
excluded_is_never_offered(void **state)
{
    case_t  c;

    case_open(&c);

    case_rules(&c, "{\"rules\":[{\"name\":\"n\","
                   "\"exclude\":{\"brand\":\"Blue\"}}]}");
    assert_string_equal(offered(&c), "be");

    case_rules(&c, "{\"rules\":[{\"name\":\"n\","
                   "\"exclude\":{\"tag\":[\"new\",\"sale\"]}}]}");
    assert_string_equal(offered(&c), "cef");

    case_rules(&c, "{\"rules\":[{\"name\":\"n\",\"exclude\":{\"item\":\"b\"}},"
                   "{\"name\":\"m\",\"exclude\":"
                   "{\"price\":{\"min\":40,\"max\":60}}}]}");
    assert_string_equal(offered(&c), "ce");

    /* parts of one rule are all wanted: of Blue only what is new */

    case_rules(&c, "{\"rules\":[{\"name\":\"n\",\"exclude\":"
                   "{\"brand\":\"Blue\",\"tag\":\"new\"}}]}");
    assert_string_equal(offered(&c), "bcef");

    /* a level, and all below it */

    case_rules(&c, "{\"rules\":[{\"name\":\"n\","
                   "\"exclude\":{\"category\":\"C\"}}]}");
    assert_string_equal(offered(&c), "");

    case_close(&c);
}


static void
only_what_compares_with_the_item(void **state)
{
    case_t  c;

    case_open(&c);

    case_rules(&c, "{\"rules\":[{\"name\":\"n\","
                   "\"only\":{\"same\":\"brand\"}}]}");
    assert_string_equal(offered(&c), "b");

    case_rules(&c, "{\"rules\":[{\"name\":\"n\","
                   "\"only\":{\"different\":\"brand\"}}]}");
    assert_string_equal(offered(&c), "cdef");

    case_rules(&c, "{\"rules\":[{\"name\":\"n\",\"only\":"
                   "{\"different\":\"brand\",\"same\":\"category\"}},"
                   "{\"name\":\"m\",\"only\":{\"ratio\":{\"max\":4}}}]}");
    assert_string_equal(offered(&c), "cd");

    case_rules(&c, "{\"rules\":[{\"name\":\"n\",\"only\":"
                   "{\"difference\":{\"min\":5,\"max\":20}}}]}");
    assert_string_equal(offered(&c), "bc");

    case_rules(&c, "{\"rules\":[{\"name\":\"n\",\"only\":{"
                   "\"ratio\":{\"min\":3},\"difference\":{\"max\":40}}}]}");
    assert_string_equal(offered(&c), "cd");

    /* what can't be compared is not bound: e has neither price nor brand */

    c.q.anchor = case_item(&c, "e");
    assert_string_equal(offered(&c), "abcdf");

    case_rules(&c, "{\"rules\":[{\"name\":\"n\","
                   "\"only\":{\"same\":\"brand\"}}]}");
    assert_string_equal(offered(&c), "abcdf");

    case_close(&c);
}


static void
boost_and_bury_move(void **state)
{
    case_t  c;
    float   before, after;

    case_open(&c);
    (void) offered(&c);
    before = pick_of(&c, 'e')->score;

    case_rules(&c, "{\"rules\":[{\"name\":\"up\",\"by\":1000,"
                   "\"boost\":{\"item\":\"e\"}},{\"name\":\"down\","
                   "\"bury\":{\"brand\":\"Red\"},\"by\":1000}]}");
    assert_int_equal(ordered(&c)[0], 'e');
    assert_int_equal(ordered(&c)[4], 'b');
    assert_string_equal(rule_of(&c, 'e'), "up");
    assert_string_equal(rule_of(&c, 'b'), "down");
    assert_string_equal(rule_of(&c, 'c'), "none");

    /* 1000 times the odds */

    after = pick_of(&c, 'e')->score;
    assert_true(fabsf(after - before - logf(1000)) < 1e-3f);

    /* two rules add up; without "by" it is twice */

    case_rules(&c, "{\"rules\":[{\"name\":\"1\","
                   "\"boost\":{\"item\":\"e\"}},"
                   "{\"name\":\"2\",\"boost\":{\"item\":\"e\"}}]}");
    (void) ordered(&c);
    assert_true(fabsf(pick_of(&c, 'e')->score - before - logf(4)) < 1e-3f);

    case_close(&c);
}


/* what stands around a pin is in the order that it has without */

static void
pinned_is(case_t *c, const char *pins, uint32_t at, const char *all)
{
    char         before[128], *p;
    const char  *now;
    size_t       n;
    uint32_t     i;

    n = strlen(pins);
    now = ordered(c);
    assert_int_equal(strlen(now), strlen(all));
    assert_memory_equal(now + at, pins, n);

    for (i = 0; i < n; i++) {
        assert_int_equal(pick_of(c, pins[i])->propensity, 0xffff);
        assert_string_not_equal(rule_of(c, pins[i]), "none");
    }

    memcpy(before, now, at);
    strcpy(before + at, now + at + n);

    c->q.business = NULL;
    now = ordered(c);
    c->q.business = c->business;

    for (p = before; *p; p++) {
        now = strchr(now, *p);
        assert_non_null(now);
    }

    assert_string_equal(offered(c), all);
}


static void
pinned_stands_where_it_is_put(void **state)
{
    case_t  c;

    case_open(&c);

    /* one that no source names: another category */

    case_rules(&c, "{\"rules\":[{\"name\":\"p\",\"pin\":\"z\"}]}");
    pinned_is(&c, "z", 0, "bcdefz");
    assert_string_equal(rule_of(&c, 'z'), "p");
    assert_true(pick_of(&c, 'z')->feature[XSELL_F_BIAS] != 0);

    /* one that stands elsewhere, and two in a row; places are kept */

    case_rules(&c, "{\"rules\":[{\"name\":\"p\",\"pin\":[\"z\",\"d\"],"
                   "\"at\":2}]}");
    pinned_is(&c, "zd", 1, "bcdefz");

    c.q.want = 3;
    assert_int_equal(strlen(ordered(&c)), 3);
    assert_string_equal(ordered(&c) + 1, "zd");

    /* no place is left behind it: the last one that is free */

    c.q.want = 2;
    assert_string_equal(ordered(&c), "dz");

    c.q.want = 1;
    assert_string_equal(ordered(&c), "z");

    /* further than there are items: at the end */

    c.q.want = XSELL_SLATE_MAX;
    case_rules(&c, "{\"rules\":[{\"name\":\"p\",\"pin\":\"z\","
                   "\"at\":12}]}");
    pinned_is(&c, "z", 5, "bcdefz");

    /* further than the slot has places: the last ones, in their order; one
       that would be offered without the rule is not lost by it */

    c.q.want = 4;
    case_rules(&c, "{\"rules\":[{\"name\":\"p\",\"pin\":[\"d\",\"z\"],"
                   "\"at\":9}]}");
    assert_int_equal(strlen(ordered(&c)), 4);
    assert_string_equal(ordered(&c) + 2, "dz");

    case_rules(&c, "{\"rules\":[{\"name\":\"p\",\"pin\":\"d\",\"at\":9},"
                   "{\"name\":\"q\",\"pin\":\"z\",\"at\":4}]}");
    assert_int_equal(strlen(ordered(&c)), 4);
    assert_string_equal(ordered(&c) + 2, "dz");

    c.q.want = XSELL_SLATE_MAX;

    /* two at one place: the second one goes behind */

    case_rules(&c, "{\"rules\":[{\"name\":\"p\",\"pin\":\"z\"},"
                   "{\"name\":\"q\",\"pin\":[\"d\",\"z\"]}]}");
    pinned_is(&c, "zd", 0, "bcdefz");
    assert_string_equal(rule_of(&c, 'd'), "q");

    /* "only" does not bind it, a variant of it is not beside it */

    case_rules(&c, "{\"rules\":[{\"name\":\"p\",\"pin\":[\"z\",\"g\"]},"
                   "{\"name\":\"o\",\"only\":{\"brand\":\"Blue\"}}]}");
    assert_string_equal(offered(&c), "cdgz");
    assert_memory_equal(ordered(&c), "zg", 2);

    case_close(&c);
}


static void
pins_obey_the_hard_rules(void **state)
{
    case_t    c;
    uint32_t  shown[1];

    case_open(&c);

    case_rules(&c, "{\"rules\":[{\"name\":\"p\",\"pin\":[\"a\",\"o\",\"b\","
                   "\"c\",\"d\"]},{\"name\":\"x\",\"exclude\":"
                   "{\"item\":\"d\"}}]}");

    /* the page's own item, one that is sold out, one that is excluded */

    assert_string_equal(offered(&c), "bcef");
    assert_non_null(strstr(c.warnings, "item \"o\" can't be bought now"));
    assert_non_null(strstr(c.warnings, "item \"d\" is pinned by \"p\" and "
                           "excluded by \"x\""));

    /* one in the cart, one that stands on the page */

    c.s.r.n = 1;
    c.s.r.visit_n = 1;
    c.s.r.entry[0] = xsell_ref_slot(
        xsell_catalog_ref(c.shop.cat,
                          xsell_catalog_item(c.shop.cat,
                                             case_item(&c, "b"))))
        | XSELL_ENTRY_CART;
    assert_string_equal(offered(&c), "cef");

    shown[0] = case_item(&c, "c");
    c.q.shown = shown;
    c.q.shown_n = 1;
    assert_string_equal(offered(&c), "ef");

    case_close(&c);
}


/* so many, and of these so many */

static void
offers(case_t *c, size_t n, const char *of, size_t some)
{
    size_t       k;
    const char  *ids;

    ids = offered(c);
    assert_int_equal(strlen(ids), n);

    for (k = 0; *of; of++) {
        k += strchr(ids, *of) != NULL;
    }

    assert_int_equal(k, some);
}


static void
most_of_a_kind(void **state)
{
    case_t  c;

    case_open(&c);

    case_rules(&c, "{\"rules\":[{\"name\":\"m\",\"most\":1,"
                   "\"per\":\"brand\"}]}");
    offers(&c, 3, "cdf", 1);
    offers(&c, 3, "be", 2);

    case_rules(&c, "{\"rules\":[{\"name\":\"m\",\"most\":3,"
                   "\"per\":\"category\"}]}");
    offers(&c, 3, "bcdef", 3);

    case_rules(&c, "{\"rules\":[{\"name\":\"m\",\"most\":1,"
                   "\"of\":{\"tag\":\"new\"}}]}");
    offers(&c, 4, "bd", 1);

    case_rules(&c, "{\"rules\":[{\"name\":\"m\",\"most\":1,"
                   "\"per\":\"brand\","
                   "\"of\":{\"price\":{\"max\":40}}}]}");
    offers(&c, 4, "cd", 1);

    /* what is pinned counts */

    case_rules(&c, "{\"rules\":[{\"name\":\"p\",\"pin\":\"d\"},"
                   "{\"name\":\"m\",\"most\":1,\"per\":\"brand\"}]}");
    assert_int_equal(ordered(&c)[0], 'd');
    offers(&c, 3, "bde", 3);

    case_close(&c);
}


static void
so_often_in_a_visit(void **state)
{
    case_t    c;
    uint32_t  i;

    case_open(&c);

    case_rules(&c, "{\"rules\":["
        "{\"name\":\"p\",\"pin\":\"z\",\"times\":2},"
        "{\"name\":\"c\",\"cap\":{\"tag\":\"new\"},\"times\":3}]}");

    assert_string_equal(offered(&c), "bcdefz");

    for (i = 0; i < 6; i++) {
        assert_int_equal(pick_of(&c, "bcdefz"[i])->caps,
                         i == 5 ? 1 : i == 0 || i == 2 ? 2 : 0);
    }

    c.s.r.cap[0] = 2 << 4 | 1;
    assert_string_equal(offered(&c), "bcdefz");

    c.s.r.cap[0] = 2 << 4 | 2;
    assert_string_equal(offered(&c), "bcdef");

    c.s.r.cap[0] = 3 << 4 | 15;
    assert_string_equal(offered(&c), "cef");

    /* nobody is counted who is not followed */

    c.q.session = NULL;
    assert_string_equal(offered(&c), "bcdefz");

    case_close(&c);
}


static void
what_earns_more_goes_first(void **state)
{
    case_t  c;
    float   b, e, d;

    case_open(&c);
    (void) ordered(&c);
    b = pick_of(&c, 'b')->score;
    d = pick_of(&c, 'd')->score;
    e = pick_of(&c, 'e')->score;

    /* b earns 80 %, d 20 %, on average it is 50; e doesn't say */

    case_rules(&c, "{\"rules\":[{\"name\":\"m\",\"margin\":2}]}");
    (void) ordered(&c);
    assert_true(fabsf(pick_of(&c, 'b')->score - b - 0.6f) < 0.02f);
    assert_true(fabsf(pick_of(&c, 'd')->score - d + 0.6f) < 0.02f);
    assert_true(fabsf(pick_of(&c, 'e')->score - e) < 1e-6f);
    assert_string_equal(rule_of(&c, 'b'), "m");

    case_rules(&c, "{\"rules\":[{\"name\":\"m\",\"margin\":2,"
                   "\"of\":{\"brand\":\"Blue\"}}]}");
    (void) ordered(&c);
    assert_true(fabsf(pick_of(&c, 'b')->score - b) < 1e-6f);

    case_close(&c);
}


/* ---- where and when ---- */

static void
where_a_rule_holds(void **state)
{
    case_t  c;

    static const char  rules[] = "{\"rules\":["
        "{\"name\":\"slot\",\"when\":{\"slot\":[\"x\",\"cart\"]},"
            "\"exclude\":{\"item\":\"b\"}},"
        "{\"name\":\"country\",\"when\":{\"country\":[\"CH\",\"DE\"]},"
            "\"exclude\":{\"item\":\"c\"}},"
        "{\"name\":\"unless\",\"unless\":{\"country\":\"CH\"},"
            "\"exclude\":{\"item\":\"d\"}},"
        "{\"name\":\"item\",\"when\":{\"brand\":\"Red\","
            "\"price\":{\"max\":10}},\"exclude\":{\"item\":\"e\"}},"
        "{\"name\":\"tag\",\"when\":{\"tag\":\"new\"},"
            "\"exclude\":{\"item\":\"f\"}},"
        "{\"name\":\"page\",\"when\":{\"page\":\"other\"},"
            "\"exclude\":{\"item\":\"a\"}}]}";

    case_open(&c);
    case_rules(&c, rules);
    assert_true(xsell_business_homed(c.business));

    assert_string_equal(offered(&c), "bcf");

    c.q.slot.p = "cart";
    c.q.slot.n = 4;
    assert_string_equal(offered(&c), "cf");

    c.q.country[0] = 'C';
    c.q.country[1] = 'H';
    assert_string_equal(offered(&c), "df");

    /* next to c, brand and price are others */

    c.q.slot.n = 0;
    c.q.country[0] = 'A';
    c.q.anchor = case_item(&c, "c");
    assert_string_equal(offered(&c), "abef");

    c.q.anchor = case_item(&c, "d");
    assert_string_equal(offered(&c), "abce");

    /* a page without an item starts from what was viewed last */

    c.q.anchor = XSELL_NO_ITEM;
    c.s.r.n = c.s.r.visit_n = 1;
    c.s.r.entry[0] = xsell_ref_slot(
        xsell_catalog_ref(c.shop.cat,
                          xsell_catalog_item(c.shop.cat,
                                             case_item(&c, "b"))));
    assert_null(strchr(offered(&c), 'a'));
    assert_null(strchr(offered(&c), 'f'));

    case_close(&c);
}


static void
when_a_rule_holds(void **state)
{
    size_t    i;
    case_t    c;

    /* a Friday is 27 November 2026; seconds of UTC */

    static const struct {
        int64_t      at;
        const char  *offered;
    } moments[] = {
        { FRIDAY - 1,          "bcdef" },   /* Thursday 23:59:59 */
        { FRIDAY,              "cdef" },    /* Friday */
        { FRIDAY + 36000,      "cdf" },     /* 10:00 */
        { FRIDAY + 43200,      "cdef" },    /* 12:00 */
        { FRIDAY + 86400 - 1,  "cef" },
        { FRIDAY + 86400,      "bcef" },    /* Saturday 00:00 */
        { FRIDAY + 79200,      "cef" },     /* Friday 22:00 */
        { FRIDAY + 86400 + 21600,  "bcdef" }    /* Saturday 06:00 */
    };

    case_open(&c);
    case_rules(&c, "{\"rules\":["
        "{\"name\":\"b\",\"when\":{\"from\":\"2026-11-27\","
            "\"until\":\"2026-11-27\"},\"exclude\":{\"item\":\"b\"}},"
        "{\"name\":\"e\",\"when\":{\"days\":[\"fri\"],"
            "\"hours\":\"10:00-12:00\"},\"exclude\":{\"item\":\"e\"}},"
        "{\"name\":\"d\",\"when\":{\"days\":\"fri\","
            "\"hours\":\"22:00-06:00\"},\"exclude\":{\"item\":\"d\"}}]}");

    for (i = 0; i < sizeof(moments) / sizeof(moments[0]); i++) {
        c.q.wall_s = moments[i].at;
        assert_string_equal(offered(&c), moments[i].offered);
    }

    case_close(&c);
}


/* version 2, no changes, one type, the line "CET-1CEST,M3.5.0,M10.5.0/3" */

static size_t
berlin(char *out)
{
    char  *p;
    int    v;

    for (p = out, v = 0; v < 2; v++) {
        memcpy(p, "TZif2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
                  "\0\0\0\0\0\0\0\1\0\0\0\4", 44);
        p += 44;
        memcpy(p, "\0\0\x0e\x10\0\0CET", 10);
        p += 10;
    }

    memcpy(p, "\nCET-1CEST,M3.5.0,M10.5.0/3\n", 28);

    return (size_t) (p + 28 - out);
}


static void
dates_are_of_the_shops_clock(void **state)
{
    char    zone[256];
    size_t  n;
    case_t  c;

    case_open(&c);
    n = berlin(zone);

    case_zone(&c, "{\"zone\":\"Europe/Berlin\",\"rules\":["
        "{\"name\":\"w\",\"when\":{\"from\":\"2026-11-27\"},"
            "\"exclude\":{\"item\":\"b\"}},"
        "{\"name\":\"s\",\"when\":{\"until\":\"2026-07-01\"},"
            "\"exclude\":{\"item\":\"c\"}},"
        "{\"name\":\"h\",\"when\":{\"hours\":\"08:00-09:00\"},"
            "\"exclude\":{\"item\":\"d\"}},"
        "{\"name\":\"z\",\"when\":{\"from\":\"2026-11-27 00:00Z\"},"
            "\"exclude\":{\"item\":\"e\"}}]}", zone, n);

    c.q.wall_s = FRIDAY - 3601;
    assert_string_equal(offered(&c), "bcdef");

    c.q.wall_s = FRIDAY - 3600;     /* midnight in winter */
    assert_string_equal(offered(&c), "cdef");

    c.q.wall_s = FRIDAY;            /* a zone of its own */
    assert_string_equal(offered(&c), "cdf");

    c.q.wall_s = JULY_2 - 7201;     /* 1 July, 23:59:59 in summer */
    assert_true(strchr(offered(&c), 'c') == NULL);

    c.q.wall_s = JULY_2;            /* 2 July 00:00 */
    assert_non_null(strchr(offered(&c), 'c'));

    c.q.wall_s = JULY_2 + 8 * 3600;
    assert_null(strchr(offered(&c), 'd'));

    c.q.wall_s = FRIDAY + 7 * 3600;
    assert_null(strchr(offered(&c), 'd'));

    case_close(&c);
}


/* ---- shared parts of decisions ---- */

/* bases know no rules: what they leave is the same as the long way */

static void
the_same_with_memory(void **state)
{
    char      slow[128];
    case_t    c;
    uint32_t  i, k;

    static const char  *const rules[] = {
        "{\"rules\":[{\"name\":\"x\",\"exclude\":{\"brand\":\"Blue\"}}]}",
        "{\"rules\":[{\"name\":\"x\",\"only\":{\"same\":\"brand\"}}]}",
        "{\"rules\":[{\"name\":\"x\",\"pin\":\"z\",\"at\":2},"
            "{\"name\":\"y\",\"boost\":{\"tag\":\"new\"},\"by\":9}]}",
        "{\"rules\":[{\"name\":\"x\",\"bury\":{\"price\":{\"max\":40}}}]}",
        "{\"rules\":[{\"name\":\"x\",\"when\":{\"slot\":\"related\"},"
            "\"most\":1,\"per\":\"brand\"}]}"
    };

    case_open(&c);

    for (i = 0; i < 5; i++) {
        case_rules(&c, rules[i]);
        c.shop.settings.memory_ms = 0;
        strcpy(slow, ordered(&c));
        c.shop.settings.memory_ms = 1000;

        for (k = 0; k < 4; k++) {
            assert_string_equal(ordered(&c), slow);
        }
    }

    /* and what they keep is what nobody's rules say */

    c.q.business = NULL;
    assert_string_equal(offered(&c), "bcdef");

    case_close(&c);
}


/* of another catalogue: a reload is under way, nothing may be indexed */

static void
rules_of_another_catalogue_are_none(void **state)
{
    case_t            c;
    xsell_catalog_t  *other;

    case_open(&c);
    case_rules(&c, "{\"rules\":[{\"name\":\"x\",\"exclude\":"
                   "{\"category\":\"C\"}}]}");
    assert_string_equal(offered(&c), "");

    assert_int_equal(xsell_catalog_create(&other, catalog, strlen(catalog),
                                          NULL, NULL, NULL), XSELL_OK);
    assert_int_equal(xsell_catalog_lookup(other, &c.shop.a), XSELL_OK);

    xsell_catalog_destroy(c.shop.cat);
    c.shop.cat = other;
    c.q.catalog = other;
    assert_string_equal(offered(&c), "bcdef");

    case_close(&c);
}


/* ---- the file ---- */

static void
a_mistake_is_said_where_it_is(void **state)
{
    size_t         i;
    case_t         c;
    xsell_str_t    zone = { "", 0 };
    xsell_error_t  err;

    static const struct {
        const char  *rules;
        unsigned     line;
        unsigned     column;
        const char  *text;
    } bad[] = {
        { "", 1, 1, "an empty file" },
        { "[]", 1, 1, NULL },
        { "{\"rules\": [{\"name\": \"n\" \"pin\": 1}]}", 1, 29, NULL },
        { "{\"rulez\": []}", 1, 11, "did you mean \"rules\"" },
        { "{}", 1, 1, "no \"rules\"" },
        { "{\"rules\": {}}", 1, 11, "a list of rules" },
        { "{\"rules\": [1]}", 1, 12, "a rule, { ... }" },
        { "{\"rules\": [\n  {\"name\": \"n\",\n   \"exlude\": {}}]}", 3, 14,
          "a rule has no \"exlude\"; did you mean \"exclude\"" },
        { "{\"rules\": [{\"name\": \"n\"}]}", 1, 12, "this does none" },
        { "{\"rules\": [{\"name\": \"n\", \"pin\": \"a\", \"most\": 1}]}", 1,
          12, "this does several" },
        { "{\"rules\": [{\"pin\": \"a\"}]}", 1, 12, "without a \"name\"" },
        { "{\"rules\": [{\"name\": \"n\", \"pin\": \"a\"},\n"
          "{\"name\": \"n\", \"pin\": \"a\"}]}", 2, 10, "two rules" },
        { "{\"rules\": [{\"name\": \"n\", \"pin\": [\"a\", 7]}]}", 1, 39,
          "in quotes, \"7\"" },
        { "{\"rules\": [{\"name\": \"n\", \"exclude\": {\"price\": {}}}]}", 1,
          47, "without \"min\" and \"max\"" },
        { "{\"rules\": [{\"name\": \"n\", "
          "\"exclude\": {\"price\": {\"min\": 0}}}]"
          "}", 1, 47, "leaves nothing out" },
        { "[{\"name\": \"n\", \"pin\": \"a\"}]", 1, 1,
          "{ \"rules\": [ ... ] }" },
        { "{\"rules\": [{\"name\": \"n\", \"pin\": []}]}", 1, 33,
          "an empty list" },
        { "{\"rules\": [{\"name\": \"n\", \"pin\": \"a\", \"at\": 13}]}", 1,
          44, "from 1 to 12" },
        { "{\"rules\": [{\"name\": \"n\", \"pin\": \"a\", \"by\": 3}]}", 1,
          44, "belongs to" },
        { "{\"rules\": [{\"name\": \"n\", \"exclude\": {}}]}", 1, 37,
          "names no items" },
        { "{\"rules\": [{\"name\": \"n\", \"exclude\": "
          "{\"colour\": \"red\"}}]}", 1, 48, "has no \"colour\"" },
        { "{\"rules\": [{\"name\": \"n\", \"boost\": {\"tag\": \"new\"}, "
          "\"by\": 0}]}", 1, 57, "not a number from 1" },
        { "{\"rules\": [{\"name\": \"n\", \"only\": {\"ratio\": "
          "{\"min\": 2, \"max\": 1}}}]}", 1, 44, "more than \"max\"" },
        { "{\"rules\": [{\"name\": \"n\", \"only\": {\"same\": \"colour\"}"
          "}]}", 1, 43, "neither \"brand\" nor" },
        { "{\"rules\": [{\"name\": \"n\", \"when\": {\"from\": \"soon\"}, "
          "\"pin\": \"a\"}]}", 1, 43, "no date" },
        { "{\"rules\": [{\"name\": \"n\", \"when\": {\"from\": "
          "\"2026-12-01\", \"until\": \"2026-11-01\"}, \"pin\": \"a\"}]}", 1,
          34, "not after \"from\"" },
        { "{\"rules\": [{\"name\": \"n\", \"when\": {\"country\": [\"DE\", "
          "\"Germany\"]}, \"pin\": \"a\"}]}", 1, 53, "no country" },
        { "{\"rules\": [{\"name\": \"n\", \"when\": {\"page\": \"cart\"}, "
          "\"pin\": \"a\"}]}", 1, 43, "neither \"item\"" },
        { "{\"rules\": [{\"name\": \"n\", \"when\": {\"days\": [\"freitag\"]}"
          ", \"pin\": \"a\"}]}", 1, 44, "no day" },
        { "{\"rules\": [{\"name\": \"n\", \"when\": {\"hours\": \"8-9\"}"
          ", \"pin\": \"a\"}]}", 1, 44, "no hours" },
        { "{\"rules\": [{\"name\": \"n\", \"cap\": {\"tag\": \"new\"}}]}", 1,
          12, "needs \"times\"" },
        { "{\"rules\": [{\"name\": \"n\", \"most\": 2}]}", 1, 12,
          "\"most\" of what" },
        { "{\"zone\": \"../../etc\", \"rules\": []}", 1, 10,
          "no time zone" },
        { "{\"rules\": [], \"rules\": []}", 1, 21, NULL }
    };

    case_open(&c);

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        memset(&err, 0, sizeof(err));

        assert_int_equal(xsell_business_create(&c.business, bad[i].rules,
                                               strlen(bad[i].rules), zone,
                                               c.shop.cat, case_warn, &c,
                                               &err), XSELL_EINVAL);
        assert_null(c.business);

        if (err.line != bad[i].line || err.column != bad[i].column
            || (bad[i].text && strstr(err.text, bad[i].text) == NULL))
        {
            fail_msg("%s\n%u:%u %s", bad[i].rules, err.line, err.column,
                     err.text);
        }
    }

    assert_string_equal(c.warnings, "");
    case_close(&c);
}


/* what only the catalogue lacks is a doubt, with the nearest that it has */

static void
a_doubt_refuses_nothing(void **state)
{
    case_t  c;

    case_open(&c);

    case_rules(&c, "{\"rules\": [\n"
        "{\"name\": \"1\", \"boost\": {\"brand\": [\"Rad\", \"Red\"]}},\n"
        "{\"name\": \"2\", \"exclude\": {\"category\": \"C >X\"}},\n"
        "{\"name\": \"3\", \"when\": {\"tag\": \"sales\"}, \"pin\": \"b\"},\n"
        "{\"name\": \"4\", \"pin\": [\"b\", \"gone-2019\"]}]}");

    assert_non_null(strstr(c.warnings, "2:35 the catalogue has no brand "
                           "\"Rad\"; did you mean \"Red\"?\n"));
    assert_non_null(strstr(c.warnings, "3:39 the catalogue has no category "
                           "\"C >X\"; did you mean \"C > X\"?\n"));
    assert_non_null(strstr(c.warnings, "4:31 the catalogue has no tag "
                           "\"sales\"; did you mean \"sale\"?\n"));
    assert_non_null(strstr(c.warnings, "5:28 the catalogue has no item "
                           "\"gone-2019\"\n"));
    assert_non_null(strstr(c.warnings, "3:1 rule \"2\" is about no item"));
    assert_non_null(strstr(c.warnings, "4:1 rule \"3\" holds next to no"));
    assert_string_equal(offered(&c), "bcdef");

    /* a level by itself, a tag among others */

    case_rules(&c, "{\"rules\":["
        "{\"name\": \"1\", \"bury\": {\"category\": \"y\"}},\n"
        "{\"name\": \"2\", \"bury\": {\"tag\": \"salle\"}}]}");
    assert_non_null(strstr(c.warnings, "\"y\"; did you mean \"C > Y\"?\n"));
    assert_non_null(strstr(c.warnings, "\"salle\"; did you mean \"sale\"?\n"));

    /* rules that never meet do not contradict each other */

    case_rules(&c, "{\"rules\": ["
        "{\"name\": \"1\", \"when\": {\"until\": \"2026-11-01\"}, "
            "\"pin\": \"b\"},"
        "{\"name\": \"2\", \"when\": {\"from\": \"2026-11-02\"}, "
            "\"exclude\": {\"item\": \"b\"}},"
        "{\"name\": \"3\", \"when\": {\"slot\": \"x\"}, \"pin\": \"c\", "
            "\"at\": 2},"
        "{\"name\": \"4\", \"when\": {\"slot\": \"y\"}, "
            "\"exclude\": {\"item\": \"c\"}}]}");
    assert_string_equal(c.warnings, "");

    case_close(&c);
}


/* 64 rules, and one that is too many */

static void
as_many_as_a_word_has_bits(void **state)
{
    char              *json, *p;
    float              after;
    case_t             c;
    uint32_t           i;
    xsell_str_t        zone = { "", 0 };
    xsell_error_t      err;
    xsell_business_t  *none;

    case_open(&c);
    json = malloc(16384);
    assert_non_null(json);

    for (p = json + sprintf(json, "{\"rules\":["), i = 0; i < 64; i++) {
        p += sprintf(p, "%s{\"name\":\"%u\",\"boost\":{\"item\":\"%c\"},"
                     "\"by\":1.1}", i ? "," : "", i, "bcdef"[i % 5]);
    }

    strcpy(p, "]}");
    case_rules(&c, json);
    assert_int_equal(xsell_business_n(c.business), 64);
    (void) ordered(&c);
    after = pick_of(&c, 'f')->score;
    c.q.business = NULL;
    (void) ordered(&c);
    assert_true(fabsf(after - pick_of(&c, 'f')->score - 12 * logf(1.1f))
                < 1e-3f);

    strcpy(p, ",{\"name\":\"n\",\"pin\":\"b\"}]}");
    assert_int_equal(xsell_business_create(&none, json, strlen(json), zone,
                                           c.shop.cat, NULL, NULL, &err),
                     XSELL_EINVAL);
    assert_non_null(strstr(err.text, "more than 64 rules"));

    free(json);
    case_close(&c);
}


static void
the_zone_is_a_name_only(void **state)
{
    char  name[64];

    static const char  good[] = "{\"zone\":\"America/Argentina/Salta\"}";
    static const char  bad[] = "{\"zone\":\"/etc/passwd\"}";
    static const char  worse[] = "{\"zone\":\"..\"}";
    static const char  none[] = "{\"rules\":[]}";

    assert_int_equal(xsell_business_zone(good, strlen(good), name), XSELL_OK);
    assert_string_equal(name, "America/Argentina/Salta");
    assert_int_equal(xsell_business_zone(bad, strlen(bad), name), XSELL_OK);
    assert_string_equal(name, "");
    assert_int_equal(xsell_business_zone(worse, strlen(worse), name),
                     XSELL_OK);
    assert_string_equal(name, "");
    assert_int_equal(xsell_business_zone(none, strlen(none), name),
                     XSELL_NONE);
    assert_int_equal(xsell_business_zone("{", 1, name), XSELL_NONE);
}


static void
site_is(case_t *c, const xsell_business_slot_t *slot, uint32_t n,
    int countries, const char *said)
{
    c->warnings[0] = '\0';
    xsell_business_site(c->business, slot, n, countries, case_warn, c);
    assert_string_equal(c->warnings, said);
}


/* a rule for a slot, a place or a country that the site does not have does
   nothing, and nobody is told but here */

static void
what_the_site_lacks_is_said(void **state)
{
    case_t  c;

    static const xsell_business_slot_t  slot[] = {
        { { "related", 7 }, 4 }, { { "foot", 4 }, 2 }
    };

    case_open(&c);

    case_rules(&c, "{\"rules\": [\n"
        "{\"name\": \"1\", \"when\": {\"slot\": [\"foot\",\n"
            "\"relatd\"]}, \"boost\": {\"brand\": \"Red\"}},\n"
        "{\"name\": \"2\", \"pin\": \"b\", \"at\": 4},\n"
        "{\"name\": \"3\", \"pin\": \"b\", \"at\": 5},\n"
        "{\"name\": \"4\", \"pin\": \"c\", \"when\": {\"slot\": \"foot\"},\n"
            "\"at\": 3},\n"
        "{\"name\": \"5\", \"unless\": {\"country\": [\"DE\", \"AT\"]},\n"
            "\"exclude\": {\"item\": \"e\"}}]}");

    site_is(&c, slot, 2, 1,
        "3:1 no page of the shop has a slot \"relatd\"; did you mean "
            "\"related\"?\n"
        "5:33 \"3\" pins at 5, but no slot has more than 4 items: the last "
            "place is taken\n"
        "7:7 \"4\" pins at 3, but no slot has more than 2 items: the last "
            "place is taken\n");

    /* a part of a configuration: nothing is known of slots */

    site_is(&c, slot, 0, 0,
        "8:38 rules ask for the visitor's country, but the shop has no "
            "\"geoip\": it is never known\n");

    case_close(&c);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(no_rules_no_difference),
        cmocka_unit_test(excluded_is_never_offered),
        cmocka_unit_test(only_what_compares_with_the_item),
        cmocka_unit_test(boost_and_bury_move),
        cmocka_unit_test(pinned_stands_where_it_is_put),
        cmocka_unit_test(pins_obey_the_hard_rules),
        cmocka_unit_test(most_of_a_kind),
        cmocka_unit_test(so_often_in_a_visit),
        cmocka_unit_test(what_earns_more_goes_first),
        cmocka_unit_test(where_a_rule_holds),
        cmocka_unit_test(when_a_rule_holds),
        cmocka_unit_test(dates_are_of_the_shops_clock),
        cmocka_unit_test(the_same_with_memory),
        cmocka_unit_test(rules_of_another_catalogue_are_none),
        cmocka_unit_test(a_mistake_is_said_where_it_is),
        cmocka_unit_test(a_doubt_refuses_nothing),
        cmocka_unit_test(what_the_site_lacks_is_said),
        cmocka_unit_test(as_many_as_a_word_has_bits),
        cmocka_unit_test(the_zone_is_a_name_only)
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("business", tests, NULL, NULL);
}

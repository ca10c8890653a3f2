
/*
 * log_test.c: the event log, written and read back.
 *
 * The hazards: a replay that learns something else than was learned live; a
 * line that breaks the reader of the next one (ids with quotes, line ends,
 * broken UTF-8); a line from outside that leaves the ranges of the arena.
 */

#include "catalog_test.h"


#define BYTES  (2 * 1024 * 1024)

static uint8_t         mem[BYTES] __attribute__((aligned(XSELL_PAGE_BYTES)));
static xsell_arena_t   a;
static xsell_event_t   ev, back;
static uint64_t        wall_ms;
static char            line[XSELL_LOG_LINE];
static size_t          len;

static const xsell_str_t  alias = { "0123456789abcdef", 16 };
static const xsell_str_t  nobody = { "", 0 };


#define WALL  1732300000123ull


/* items: plain, quotes, U+2028 and umlauts, and 16 long ones of quotes */

static int
setup(void **state)
{
    int             i;
    char            text[20000], id[128 * 2 + 1];
    size_t          n;
    static uint8_t  seed[16] = { 9, 8, 7 };

    n = (size_t) sprintf(text, "{\"id\":\"plain\",\"title\":\"t\",\"url\":"
                         "\"/\",\"currency\":\"EUR\"}\n"
                         "{\"id\":\"q\\\"\\\\<\",\"title\":\"t\",\"url\":"
                         "\"/\"}\n"
                         "{\"id\":\"\\u2028\\u2029\\u00e4\\ud83d\\ude00\","
                         "\"title\":\"t\",\"url\":\"/\"}\n");

    for (i = 0; i < 126; i++) {
        memcpy(id + 2 * i, "\\\"", 2);
    }

    id[2 * i] = '\0';

    for (i = 0; i < XSELL_HISTORY; i++) {
        n += (size_t) sprintf(text + n, "{\"id\":\"%s%02d\",\"title\":\"t\","
                              "\"url\":\"/\"}\n", id, i);
    }

    assert_int_equal(xsell_arena_create(&a, mem, BYTES, seed, 0, &err),
                     XSELL_OK);
    assert_int_equal(build(text, n), XSELL_OK);
    assert_int_equal(xsell_catalog_map(cat, &a, 1, 0, NULL), XSELL_OK);
    assert_int_equal(xsell_name_index(&a, "first", 5, 1), 0);
    assert_int_equal(xsell_name_index(&a, "rela\"ted", 8, 1), 1);
    assert_int_equal(xsell_name_index(&a, "bad\xff", 4, 1), 2);
    assert_int_equal(xsell_name_index(&a, "rela\"ted/gr\\id", 14, 1), 3);

    return 0;
}


static xsell_ref_t
ref(uint32_t idx)
{
    return xsell_catalog_ref(cat, xsell_catalog_item(cat, idx));
}


static void
event(unsigned type, uint32_t idx)
{
    unsigned  i;

    memset(&ev, 0, sizeof(ev));

    ev.type = (uint8_t) type;
    ev.session = 0x0123456789abcdefull;
    ev.session_idx = XSELL_NO_REF;
    ev.item = idx == XSELL_NO_ITEM ? XSELL_NO_REF : ref(idx);
    ev.flags = XSELL_EV_COOKIE;

    for (i = 0; i < XSELL_HISTORY; i++) {
        ev.others[i] = XSELL_NO_REF;
    }
}


/* writes ev, checks the line's form, reads it into back */

static int
there_and_back(void)
{
    memset(line, 'x', sizeof(line));
    len = xsell_log_format(&ev, cat, &a, ev.session ? alias : nobody, WALL,
                           line, sizeof(line));

    assert_in_range(len, 1, XSELL_LOG_LINE);
    assert_int_equal(line[len - 1], '\n');
    assert_null(memchr(line, '\n', len - 1));
    assert_null(memmem(line, len, "\xe2\x80\xa8", 3));
    assert_null(memmem(line, len, "\xe2\x80\xa9", 3));

    return xsell_log_parse(line, len - 1, cat, &a, &back, &wall_ms, &err);
}


static void
assert_same(void)
{
    if (there_and_back() != XSELL_OK || wall_ms != WALL
        || memcmp(&ev, &back, sizeof(ev)) != 0)
    {
        fail_msg("%u %s: %.*s", err.column, err.text, (int) len, line);
    }
}


/* ---- written and read back -------------------------------------------- */

static void
each_type_comes_back(void **state)
{
    unsigned  type, i;

    for (type = XSELL_EVENT_VIEW; type < XSELL_EVENT_IMPRESSION; type++) {
        for (i = 0; i < 3; i++) {
            event(type, i);
            ev.value = type == XSELL_EVENT_RATE ? 4 : 0;
            assert_same();
        }
    }
}


static void
each_field_comes_back(void **state)
{
    event(XSELL_EVENT_CART, 1);
    ev.value = 4294967295u;
    ev.quantity = 65535;
    ev.country[0] = 'D';
    ev.country[1] = 'E';
    assert_same();
    assert_non_null(memmem(line, len, "\"42949672.95\"", 13));

    event(XSELL_EVENT_DWELL, 0);
    ev.value = 60000;
    assert_same();

    event(XSELL_EVENT_CLICK, 2);
    ev.impression = 0xffffffffffull;
    ev.slot_name = 1;
    ev.template_idx = 3;
    ev.position = 11;
    ev.flags |= XSELL_EV_FAST | XSELL_EV_HOLDOUT;
    assert_same();
    assert_non_null(memmem(line, len, "\"slot\":\"rela\\\"ted\",\"template\":"
                                      "\"gr\\\\id\",", 39));

    /* the name of a slot is none of a template */

    ev.template_idx = 1;
    assert_int_equal(there_and_back(), XSELL_OK);
    assert_null(memmem(line, len, "template", 8));
    assert_int_equal(back.template_idx, 0);

    event(XSELL_EVENT_VIEW, 0);
    ev.flags = XSELL_EV_VISIT | XSELL_EV_REFRESH;
    assert_same();

    event(XSELL_EVENT_ORDER, XSELL_NO_ITEM);
    ev.order = 0x00000000000000ffull;
    ev.value = 5;
    ev.n = 3;
    ev.others[0] = ref(2);
    ev.others[1] = ref(0);
    ev.others[2] = ref(1);
    assert_same();
    assert_non_null(memmem(line, len, "\"0.05\"", 6));

    event(XSELL_EVENT_VIEW, 0);
    ev.session = 0;
    ev.flags = 0;
    assert_same();
    assert_null(memmem(line, len, "visitor", 7));
}


/* what the session said about the event is not put into its mouth again */

static void
answers_are_not_logged(void **state)
{
    event(XSELL_EVENT_VIEW, 0);
    ev.session_idx = 17;
    ev.flags |= XSELL_EV_PROMOTED | XSELL_EV_SEEN;
    ev.n = 2;
    ev.visit_n = 1;
    ev.others[0] = ref(1);
    ev.others[1] = ref(2);

    assert_int_equal(there_and_back(), XSELL_OK);
    assert_int_equal(back.session_idx, XSELL_NO_REF);
    assert_int_equal(back.flags, XSELL_EV_COOKIE);
    assert_int_equal(back.n, 0);
    assert_int_equal(back.others[0], XSELL_NO_REF);
}


static void
some_events_are_no_lines(void **state)
{
    char  small[64];

    event(XSELL_EVENT_IMPRESSION, 0);
    assert_int_equal(xsell_log_format(&ev, cat, &a, alias, WALL, line,
                                      sizeof(line)), 0);
    event(XSELL_EVENT_NONE, 0);
    assert_int_equal(xsell_log_format(&ev, cat, &a, alias, WALL, line,
                                      sizeof(line)), 0);
    event(XSELL_EVENTS, 0);
    assert_int_equal(xsell_log_format(&ev, cat, &a, alias, WALL, line,
                                      sizeof(line)), 0);

    /* an item of another catalogue */

    event(XSELL_EVENT_VIEW, 0);
    ev.item ^= 0x01000000;
    assert_int_equal(xsell_log_format(&ev, cat, &a, alias, WALL, line,
                                      sizeof(line)), 0);

    /* no room, for any size of none */

    event(XSELL_EVENT_VIEW, 0);
    memset(small, 'x', sizeof(small));

    for (len = 0; len < 50; len++) {
        assert_int_equal(xsell_log_format(&ev, cat, &a, alias, WALL, small,
                                          len), 0);
        assert_int_equal(small[len], 'x');
    }

    /* lines of an order that are gone are left out */

    event(XSELL_EVENT_ORDER, XSELL_NO_ITEM);
    ev.n = 2;
    ev.others[0] = XSELL_NO_REF - 1;
    ev.others[1] = ref(1);
    assert_int_equal(there_and_back(), XSELL_OK);
    assert_int_equal(back.n, 1);
    assert_int_equal(back.others[0], ref(1));
}


/* sixteen ids of 128 bytes, all to be escaped, are more than a line */

static void
a_line_is_bounded(void **state)
{
    unsigned  i;

    event(XSELL_EVENT_ORDER, XSELL_NO_ITEM);
    ev.n = XSELL_HISTORY;
    ev.value = 4294967295u;
    ev.quantity = 65535;
    ev.order = UINT64_MAX;
    ev.impression = INT64_MAX;
    ev.flags = XSELL_EV_VISIT | XSELL_EV_REFRESH | XSELL_EV_HOLDOUT
               | XSELL_EV_FAST;
    memcpy(ev.country, "DE", 2);

    for (i = 0; i < XSELL_HISTORY; i++) {
        ev.others[i] = ref(3 + i);
    }

    assert_int_equal(there_and_back(), XSELL_OK);
    assert_in_range(back.n, XSELL_HISTORY - 2, XSELL_HISTORY);
    assert_memory_equal(back.others, ev.others, back.n * 4u);
    assert_int_equal(back.value, ev.value);
    assert_int_equal(back.flags, ev.flags);
}


/* an arena is no better than what wrote it */

static void
names_can_be_broken(void **state)
{
    event(XSELL_EVENT_CLICK, 0);
    ev.slot_name = 2;
    ev.template_idx = 300;
    assert_int_equal(there_and_back(), XSELL_OK);
    assert_non_null(memmem(line, len, "\"bad\\ufffd\"", 11));
    assert_null(memmem(line, len, "template", 8));

    a.names[2].len = 255;
    assert_int_equal(there_and_back(), XSELL_OK);
    a.names[2].len = 4;
}


/* of the exploration slice: all its keys, read by nobody as an event */

static void
tossed_for(void **state)
{
    xsell_impression_t  imp;

    memset(&imp, 0, sizeof(imp));
    imp.seq = 77 | 1ull << (XSELL_IMP_CLICK_BIT + 1);
    imp.session = 5;
    imp.slot_name = 1;
    imp.n = 2;
    imp.explored = 2;
    imp.flags = XSELL_IMP_SAME;
    imp.state[1] = XSELL_IMP_CLICKED;
    imp.row[0].ref = ref(0);
    imp.row[1].ref = ref(1);
    imp.row[1].propensity = 0x8000;
    imp.term[0] = -16;

    len = xsell_log_tossed(&imp, cat, &a, alias, WALL, line, sizeof(line));
    assert_in_range(len, 1, XSELL_LOG_LINE);
    line[len] = '\0';

    assert_non_null(strstr(line, "{\"type\":\"tossed\",\"time\":1732300000123,"
                           "\"impression\":77,"
                           "\"session\":\"0123456789abcdef\","
                           "\"position\":\"rela\\\"ted 2\","
                           "\"action\":\"q\\\"\\\\<\","
                           "\"propensity\":0.500008,\"reward\":1,"
                           "\"target\":1,\"context\":[-0.5,"));
    assert_int_equal(xsell_log_parse(line, len - 1, cat, &a, &back, &wall_ms,
                                     &err), XSELL_AGAIN);

    imp.state[1] = 0;
    imp.flags = 0;
    imp.session = 0;
    len = xsell_log_tossed(&imp, cat, &a, nobody, WALL, line, sizeof(line));
    line[len] = '\0';
    assert_non_null(strstr(line, "\"reward\":0,\"target\":0"));
    assert_null(strstr(line, "session"));

    /* a place that is not there, an item that is gone, no room */

    imp.explored = 3;
    assert_int_equal(xsell_log_tossed(&imp, cat, &a, nobody, WALL, line,
                                      sizeof(line)), 0);
    imp.explored = 1;
    imp.row[0].ref = XSELL_NO_REF;
    assert_int_equal(xsell_log_tossed(&imp, cat, &a, nobody, WALL, line,
                                      sizeof(line)), 0);
    imp.row[0].ref = ref(0);
    assert_int_equal(xsell_log_tossed(&imp, cat, &a, nobody, WALL, line, 64),
                     0);
}


/* ---- written by hand -------------------------------------------------- */

static int
parse(const char *text)
{
    int     rc;
    char   *p;
    size_t  n;

    n = strlen(text);
    p = malloc(n ? n : 1);
    memcpy(p, text, n);
    memset(&err, 0, sizeof(err));
    rc = xsell_log_parse(p, n, cat, &a, &back, &wall_ms, &err);
    free(p);

    return rc;
}


#define AT  "\"time\":1732300000123,"

static void
times_in_every_spelling(void **state)
{
    unsigned  i;
    char      text[256];

    static const struct {
        const char  *time;
        uint64_t     ms;                /* 0: refused */
    } row[] = {
        { "1732300000123", 1732300000123 },
        { "1732300000123.0", 1732300000123 },
        { "\"2010-12-01 08:26:00\"", 1291191960000 },
        { "\"2010-12-01 8:26\"", 1291191960000 },
        { "\"2010-12-01T08:26:00Z\"", 1291191960000 },
        { "\"2010-12-01T09:26:00+01:00\"", 1291191960000 },
        { "\"2010-12-01T03:26:00-0500\"", 1291191960000 },
        { "\"2010-12-01T08:26:00.1234567Z\"", 1291191960123 },
        { "\"2010-12-01T08:26:00.5\"", 1291191960500 },
        { "\"2010-12-01\"", 1291161600000 },
        { "\"2024-02-29\"", 1709164800000 },
        { "\"2000-02-29\"", 951782400000 },
        { "\"1973-03-04\"", 100051200000 },
        { "100000000000", 100000000000 },
        { "\"2016-12-31T23:59:60Z\"", 1483228800000 },
        { "1732300000", 0 }, { "0", 0 }, { "-1", 0 }, { "1e300", 0 },
        { "99999999999999", 0 }, { "true", 0 }, { "null", 0 },
        { "\"\"", 0 }, { "\"2023-02-29\"", 0 }, { "\"2100-02-29\"", 0 },
        { "\"2010-13-01\"", 0 }, { "\"2010-00-01\"", 0 },
        { "\"2010-1-1\"", 0 }, { "\"01.12.2010\"", 0 },
        { "\"2010-12-01T24:00\"", 0 }, { "\"2010-12-01T08:60\"", 0 },
        { "\"2010-12-01T08\"", 0 }, { "\"2010-12-01x\"", 0 },
        { "\"2010-12-01T08:26+1\"", 0 }, { "\"2010-12-01T08:26:00.\"", 0 },
        { "\"1973-03-03\"", 0 }, { "\"1971-12-01\"", 0 },
        { "\"1969-12-31\"", 0 }, { "\"1970-01-01T00:00+01\"", 0 },
        { "\"9999-12-31\"", 0 }
    };

    for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
        snprintf(text, sizeof(text), "{\"type\":\"view\",\"item\":\"plain\","
                 "\"time\":%s}", row[i].time);

        if (parse(text) != (row[i].ms ? XSELL_OK : XSELL_EINVAL)
            || (row[i].ms && wall_ms != row[i].ms))
        {
            fail_msg("%s: %llu %s", row[i].time, (unsigned long long) wall_ms,
                     err.text);
        }
    }
}


static void
any_name_is_a_visitor(void **state)
{
    uint64_t  key;

    assert_int_equal(parse("{\"type\":\"view\"," AT "\"item\":\"plain\","
                           "\"visitor\":\"anna\"}"), XSELL_OK);
    assert_int_equal(back.flags, XSELL_EV_COOKIE);
    assert_int_not_equal(back.session, 0);
    key = back.session;

    assert_int_equal(parse("{\"type\":\"view\"," AT "\"item\":\"plain\","
                           "\"visitor\":17850}"), XSELL_OK);
    assert_int_not_equal(back.session, 0);
    assert_int_not_equal(back.session, key);
    key = back.session;

    assert_int_equal(parse("{\"type\":\"cart\"," AT "\"item\":\"plain\","
                           "\"visitor\":\"17850\",\"cookie\":false,\"value\":"
                           "1.15,\"new\":{\"key\":[]}}"), XSELL_OK);
    assert_int_equal(back.session, key);
    assert_int_equal(back.flags, 0);
    assert_int_equal(back.value, 115);

    /* sixteen characters, but no number */

    assert_int_equal(parse("{\"type\":\"view\"," AT "\"item\":\"plain\","
                           "\"visitor\":\"0123456789abcdeF\"}"), XSELL_OK);
    assert_int_not_equal(back.session, 0x0123456789abcdefull);
    assert_int_equal(parse("{\"type\":\"view\"," AT "\"item\":\"plain\","
                           "\"visitor\":\"0000000000000000\"}"), XSELL_OK);
    assert_int_not_equal(back.session, 0);
}


static void
unknown_items_are_an_answer(void **state)
{
    assert_int_equal(parse("{\"type\":\"view\"," AT "\"item\":\"gone\"}"),
                     XSELL_NONE);
    assert_int_equal(wall_ms, WALL);
    assert_int_equal(parse("{\"type\":\"order\"," AT "\"items\":[\"gone\"]}"),
                     XSELL_NONE);
    assert_int_equal(parse("{\"type\":\"order\"," AT "\"items\":[\"gone\","
                           "\"plain\"]}"), XSELL_OK);
    assert_int_equal(back.n, 1);

    /* an order without lines means the cart */

    assert_int_equal(parse("{\"type\":\"order\"," AT "\"order\":\"R-1\"}"),
                     XSELL_OK);
    assert_int_equal(back.n, 0);
    assert_int_not_equal(back.order, 0);
}


static void
long_orders_are_cut(void **state)
{
    char    text[1024];
    size_t  n, i;

    n = (size_t) sprintf(text, "{\"type\":\"order\"," AT "\"items\":[");

    for (i = 0; i < 40; i++) {
        n += (size_t) sprintf(text + n, "%s\"plain\"", i ? "," : "");
    }

    strcpy(text + n, "]}");

    assert_int_equal(parse(text), XSELL_OK);
    assert_int_equal(back.n, XSELL_HISTORY);
}


static void
bad_lines_say_where(void **state)
{
    unsigned  i;

    static const struct {
        const char  *text;
        unsigned     column;
        const char  *says;
    } row[] = {
        { "", 1, "empty" },
        { "x", 1, "neither" },
        { "{}", 1, "no \"time\"" },
        { "[{" AT "\"type\":\"erase\"}]", 0, "not one object" },
        { "{" AT "\"type\":\"erase\"} {}", 0, "not one object" },
        { "{" AT "\"type\":\"erase\"", 0, "expected" },
        { "{" AT "\"type\":\"\xff\"}", 0, "0xff" },
        { "{" AT "\"a\":1}", 1, "\"type\" must be" },
        { "{" AT "\"type\":\"impression\"}", 30, "\"type\" must be" },
        { "{" AT "\"type\":\"View\"}", 30, "\"type\" must be" },
        { "{" AT "\"type\":7}", 30, "\"type\" must be" },
        { "{" AT "\"type\":\"view\"}", 30, "needs an \"item\"" },
        { "{" AT "\"item\":5,\"type\":\"view\"}", 30, "must be an id" },
        { "{" AT "\"type\":\"order\",\"items\":\"a\"}", 46, "list of ids" },
        { "{" AT "\"type\":\"order\",\"items\":[5]}", 46, "list of ids" },
        { "{" AT "\"type\":\"order\",\"order\":\"\"}", 46, "not empty" },
        { "{" AT "\"type\":\"order\",\"value\":\"-1\"}", 46, "no amount" },
        { "{" AT "\"type\":\"order\",\"value\":[]}", 46, "no amount" },
        { "{" AT "\"type\":\"rate\",\"item\":\"plain\"}", 1, "from 1 to 5" },
        { "{" AT "\"type\":\"rate\",\"value\":6}", 45, "from 1 to 5" },
        { "{" AT "\"type\":\"dwell\",\"value\":-1}", 46, "whole number" },
        { "{" AT "\"quantity\":65536,\"type\":\"cart\"}", 34, "65535" },
        { "{" AT "\"visitor\":\"\",\"type\":\"view\"}", 33, "not empty" },
        { "{" AT "\"visitor\":{},\"type\":\"view\"}", 33, "not empty" },
        { "{" AT "\"position\":12,\"type\":\"click\"}", 34, "0 to 11" },
        { "{" AT "\"impression\":-1,\"type\":\"click\"}", 36, "whole" },
        { "{" AT "\"country\":\"D1\",\"type\":\"view\"}", 33, "two letters" },
        { "{" AT "\"country\":\"DEU\",\"type\":\"view\"}", 33, "two letters" },
        { "{" AT "\"country\":[],\"type\":\"view\"}", 33, "two letters" },
        { "{" AT "\"cookie\":1,\"type\":\"view\"}", 32, "\"cookie\" must be" }
    };

    for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {

        if (parse(row[i].text) != XSELL_EINVAL || err.line != 1
            || (row[i].column && err.column != row[i].column)
            || strstr(err.text, row[i].says) == NULL)
        {
            fail_msg("%s: %u %s", row[i].text, err.column, err.text);
        }
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(each_type_comes_back),
        cmocka_unit_test(each_field_comes_back),
        cmocka_unit_test(answers_are_not_logged),
        cmocka_unit_test(some_events_are_no_lines),
        cmocka_unit_test(a_line_is_bounded),
        cmocka_unit_test(names_can_be_broken),
        cmocka_unit_test(tossed_for),
        cmocka_unit_test(times_in_every_spelling),
        cmocka_unit_test(any_name_is_a_visitor),
        cmocka_unit_test(unknown_items_are_an_answer),
        cmocka_unit_test(long_orders_are_cut),
        cmocka_unit_test(bad_lines_say_where)
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("log", tests, setup, teardown);
}

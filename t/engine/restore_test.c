
/*
 * restore_test.c: what a snapshot file may do to the process that loads it,
 * which is root: nothing.  And what files of builds to come may look like.
 */

#include "snapshot_test.h"


#define ITEMS     40
#define SESSIONS  80


static xsell_arena_t          to;
static uint8_t               *fresh;        /* the bytes of an unused arena */
static file_t                 file;
static xsell_snapshot_info_t  info;


static int
setup(void **state)
{
    xsell_arena_t  from;

    arena_open(&from, 1 * MB);
    arena_fill(&from, ITEMS, SESSIONS);
    arena_teach(&from);
    file_write(&file, from.base, from.bytes, 4096);
    arena_close(&from);

    arena_open(&to, 1 * MB);
    fresh = malloc(to.bytes);
    assert_non_null(fresh);
    memcpy(fresh, to.base, to.bytes);

    return 0;
}


static int
teardown(void **state)
{
    arena_validate(&to);
    arena_close(&to);
    free(fresh);
    file_free(&file);
    return 0;
}


/* loads p; anything but `want`, or a change in the arena, fails the test */

static void
refused(const uint8_t *p, size_t n, int want)
{
    int            rc;
    uint8_t       *exact;
    uint64_t       left;
    xsell_error_t  err;

    /* a block of its own length, so that a sanitizer sees one byte too far */

    exact = malloc(n + (n == 0));
    assert_non_null(exact);
    memcpy(exact, p, n);

    rc = xsell_snapshot_load(&to, exact, n, MONO_MS, &info, &left, &err);
    free(exact);

    if (want != 0 ? rc != want : rc >= 0) {
        fail_msg("%zu bytes: %d, not %d", n, rc, want);
    }

    assert_true(strlen(err.text) > 10);
    assert_memory_equal(to.base, fresh, to.bytes);
}


/* Guards: a file whose end is missing taken for a small shop. */

static void
test_truncated(void **state)
{
    size_t  n;

    assert_true(file.n > 10000);

    for (n = 0; n < file.n; n += 97) {
        refused(file.p, n, XSELL_ECORRUPT);
    }

    refused(file.p, file.n - 1, XSELL_ECORRUPT);

    file_append(&file, "", 1);
    refused(file.p, file.n, XSELL_ECORRUPT);
}


/* Guards: one bit that fell over and is believed. */

static void
test_flipped(void **state)
{
    size_t  i;

    for (i = 0; i < file.n; i += i < 600 ? 1 : 17) {
        file.p[i] ^= (uint8_t) (1u << i % 8);
        refused(file.p, file.n, 0);
        file.p[i] ^= (uint8_t) (1u << i % 8);
    }
}


/* Guards: two states in one arena. */

static void
test_arena_in_use(void **state)
{
    uint64_t       left;
    xsell_error_t  err;

    file_load(&file, &to, &info);

    assert_int_equal(xsell_snapshot_load(&to, file.p, file.n, MONO_MS, &info,
                                         &left, &err),
                     XSELL_EINVAL);
}


/* ---- files made by hand ------------------------------------------------ */

static file_t  hand;


static void
hand_chunk(unsigned type, unsigned version, uint32_t bytes, uint32_t n,
    const void *records)
{
    xsell_snap_chunk_t  chunk;

    chunk.type = (uint16_t) type;
    chunk.version = (uint16_t) version;
    chunk.record_bytes = bytes;
    chunk.n = n;
    chunk.check = 0;

    file_append(&hand, &chunk, sizeof(chunk));
    file_append(&hand, records, (size_t) bytes * n);
}


static void
hand_end(void)
{
    xsell_snap_end_t  end;

    memset(&end, 0, sizeof(end));
    hand_chunk(XSELL_SNAP_END, 1, sizeof(end), 1, &end);
    snapshot_seal(hand.p, hand.n);
}


/* the records of a good file with one of each; tests spoil them */

static struct {
    xsell_snap_head_t           head;
    xsell_snap_name_t           name[2];
    xsell_snap_item_t           item[3];
    xsell_snap_model_t          model[XSELL_SNAP_PIECES];
    xsell_snap_top_t            top;
    xsell_snap_crowd_t          crowd;
    xsell_snap_pair_t           pair;
    xsell_snap_session_t        session;
    xsell_snap_ledger_t         ledger;
    xsell_snap_order_t          order;
    xsell_snap_counters_t       counters;
    xsell_snap_name_counters_t  name_counters;
} hr;


static void
hand_good(void)
{
    unsigned       i;
    xsell_model_t  model;

    memset(&hr, 0, sizeof(hr));

    memcpy(hr.head.magic, XSELL_SNAP_MAGIC, 8);
    hr.head.order = XSELL_SNAP_ORDER;
    hr.head.format = XSELL_SNAP_FORMAT;
    hr.head.bytes = sizeof(hr.head);
    hr.head.epoch = 7;
    hr.head.time_ms = 900000;
    hr.head.catalog = 3;
    hr.head.generation = 5;

    memcpy(hr.name[0].text, "a", 1);
    hr.name[0].len = 1;
    memcpy(hr.name[1].text, "b", 1);
    hr.name[1].len = 1;

    for (i = 0; i < 3; i++) {
        hr.item[i].hash = 1000 + i;
        hr.item[i].views = 10 + i;
        hr.item[i].resid_mean = -1;
    }

    memset(&model, 0, sizeof(model));
    model.weight[1] = 1;
    model.sum = xsell_weights_sum(&model);
    memcpy(hr.model, &model, sizeof(model));
    hr.top.item = 2;
    hr.top.score = 1;
    hr.crowd.key = 9;
    hr.crowd.decay_s = 800;
    hr.crowd.all = 7;
    hr.crowd.item[0] = 2;
    hr.crowd.pop[0] = 5;

    for (i = 1; i < XSELL_CROWD_ITEMS; i++) {
        hr.crowd.item[i] = XSELL_SNAP_NO_ITEM;
    }

    hr.pair.item = 0;
    hr.pair.partner = 2;
    hr.pair.viewed = 4;
    hr.session.key = 77;
    hr.session.entry[0] = 2 | XSELL_ENTRY_CART;
    hr.session.entry[1] = 1;
    hr.session.n = 2;
    hr.session.visit_n = 1;
    hr.session.last_s = 800;
    hr.session.template_idx = 1;
    hr.ledger.session = 77;
    hr.ledger.item = 1;
    hr.ledger.anchor = XSELL_SNAP_NO_ITEM;
    hr.ledger.clicked_s = 700;
    hr.ledger.slot_name = 1;
    hr.order.hash = 5;
    hr.counters.word[2] = 9;
    hr.name_counters.name = 1;
    hr.name_counters.clicks = 6;
}


static void
hand_begin(void)
{
    hand.n = 0;
    file_append(&hand, &hr.head, sizeof(hr.head));
}


static void
hand_middle(void)
{
    hand_chunk(XSELL_SNAP_NAMES, 1, sizeof(hr.name[0]), 2, hr.name);
    hand_chunk(XSELL_SNAP_ITEMS, 1, sizeof(hr.item[0]), 3, hr.item);
    hand_chunk(XSELL_SNAP_MODEL, 1, sizeof(hr.model[0]), XSELL_SNAP_PIECES,
               hr.model);
    hand_chunk(XSELL_SNAP_TOPS, 1, sizeof(hr.top), 1, &hr.top);
    hand_chunk(XSELL_SNAP_CROWDS, 1, sizeof(hr.crowd), 1, &hr.crowd);
    hand_chunk(XSELL_SNAP_PAIRS, 1, sizeof(hr.pair), 1, &hr.pair);
    hand_chunk(XSELL_SNAP_SESSIONS, 1, sizeof(hr.session), 1, &hr.session);
    hand_chunk(XSELL_SNAP_LEDGER, 1, sizeof(hr.ledger), 1, &hr.ledger);
    hand_chunk(XSELL_SNAP_ORDERS, 1, sizeof(hr.order), 1, &hr.order);
    hand_chunk(XSELL_SNAP_COUNTERS, 1, sizeof(hr.counters), 1, &hr.counters);
    hand_chunk(XSELL_SNAP_NAME_COUNTERS, 1, sizeof(hr.name_counters), 1,
               &hr.name_counters);
}


static void
hand_write(void)
{
    hand_begin();
    hand_middle();
    hand_end();
}


static void
hand_check_loaded(void)
{
    uint32_t         slot;
    xsell_session_t  s;

    assert_int_equal(to.header->epoch, 8);
    assert_int_equal(to.header->catalog, 3);
    slot = xsell_ref_slot(xsell_dictionary_find(&to, 1001));
    assert_int_equal(to.items[slot].views, 11);
    assert_int_equal(xsell_session_read(&to, 77, &s), XSELL_OK);
    assert_int_equal(s.r.n, 2);
    assert_int_equal(s.r.template_idx, 1);
    assert_int_equal(xsell_ref_slot(s.r.entry[1]), slot);
    assert_non_null(xsell_ledger_find(&to, 77,
                                      xsell_dictionary_find(&to, 1001), 900));
    assert_int_equal(to.name_counters[1].clicks, 6);
    assert_int_equal(to.counters->pages[2], 9);
}


static int
hand_teardown(void **state)
{
    file_free(&hand);
    return teardown(state);
}


/* Guards: a record out of range that is stored because its checksum fits. */

static void
test_records(void **state)
{
    unsigned  i;

    for (i = 0; i < 29; i++) {
        hand_good();

        switch (i) {
        case 0: hr.name[1].len = 56; break;
        case 1: hr.item[1].hash = 0; break;
        case 2: hr.item[2].hash = hr.item[0].hash; break;
        case 3: hr.top.item = 3; break;
        case 4: hr.pair.item = 3; break;
        case 5: hr.pair.partner = UINT32_MAX; break;
        case 6: hr.pair.partner = hr.pair.item; break;
        case 7: hr.session.key = 0; break;
        case 8: hr.session.n = 17; break;
        case 9: hr.session.visit_n = 3; break;
        case 10: hr.session.entry[1] = 3; break;
        case 11: hr.session.n = 255; hr.session.visit_n = 255; break;
        case 12: hr.ledger.session = 0; break;
        case 13: hr.ledger.item = 3; break;
        case 14: hr.ledger.anchor = 3; break;
        case 15: hr.ledger.item = UINT32_MAX; break;
        case 16: hr.order.hash = 0; break;
        case 17: hr.name_counters.name = 2; break;
        case 18: hr.name_counters.name = UINT64_MAX; break;
        case 19: hr.head.catalog = UINT32_MAX; break;
        case 20: hr.head.epoch = UINT32_MAX; break;
        case 21: hr.head.time_ms = UINT64_MAX; break;
        case 22: hr.head.magic[0] = 'X'; break;
        case 23: hr.crowd.item[19] = 3; break;
        case 24: hr.crowd.key = 0; break;

        case 25: hr.head.order = 0x04030201; break;
        case 26: hr.head.format++; break;
        case 27: hr.head.bytes++; break;
        case 28: hr.head.format = 0; break;
        }

        hand_write();
        refused(hand.p, hand.n, i < 25 ? XSELL_ECORRUPT : XSELL_EVERSION);
    }

    hand_good();
    hand_write();
    assert_int_equal(file_load(&hand, &to, &info), 0);
    hand_check_loaded();
}


/* puts chunk heads after one another that don't belong there */

static void
hand_frame(unsigned i)
{
    unsigned            k;
    xsell_snap_chunk_t  chunk;

    static const struct {
        uint32_t        type, bytes, n;
    } odd[] = {
        { XSELL_SNAP_SESSIONS, 0, 1 },
        { XSELL_SNAP_SESSIONS, 7, 1 },
        { XSELL_SNAP_SESSIONS, 112, 0 },
        { XSELL_SNAP_SESSIONS, UINT32_MAX, UINT32_MAX },
        { XSELL_SNAP_SESSIONS, 0x80000000u, 0x80000000u },
        { XSELL_SNAP_SESSIONS, 112, 0x24924926u },
        { 0x55, 16, UINT32_MAX },
        { XSELL_SNAP_END, 32, 0 },
        { XSELL_SNAP_END, 16, 1 },
        { XSELL_SNAP_END, 32, 2 }
    };

    hand_begin();

    switch (i) {

    case 10:                        /* a section again, later */
        hand_middle();
        hand_chunk(XSELL_SNAP_ITEMS, 1, sizeof(hr.item[0]), 1, hr.item);
        break;

    case 11:                        /* out of order */
        hand_chunk(XSELL_SNAP_PAIRS, 1, sizeof(hr.pair), 1, &hr.pair);
        hand_chunk(XSELL_SNAP_ITEMS, 1, sizeof(hr.item[0]), 3, hr.item);
        break;

    case 12:                        /* two sizes in one section */
        hand_chunk(XSELL_SNAP_ITEMS, 1, sizeof(hr.item[0]), 1, hr.item);
        hand_chunk(XSELL_SNAP_ITEMS, 1, sizeof(hr.item[0]) - 8, 1,
                   &hr.item[1]);
        break;

    case 13:                        /* two versions in one section */
        hand_chunk(XSELL_SNAP_TOPS, 1, sizeof(hr.top), 1, &hr.top);
        hand_chunk(XSELL_SNAP_TOPS, 2, sizeof(hr.top), 1, &hr.top);
        break;

    case 14:                        /* refers to items that are not there */
        hand_chunk(XSELL_SNAP_SESSIONS, 1, sizeof(hr.session), 1,
                   &hr.session);
        break;

    case 15:                        /* behind its end */
        hand_middle();
        hand_end();
        break;

    default:
        memset(&chunk, 0, sizeof(chunk));
        chunk.type = (uint16_t) odd[i].type;
        chunk.version = 1;
        chunk.record_bytes = odd[i].bytes;
        chunk.n = odd[i].n;
        file_append(&hand, &chunk, sizeof(chunk));

        for (k = 0; k < 8; k++) {
            file_append(&hand, &hr.item[k % 3], sizeof(hr.item[0]));
        }
    }

    hand_end();
}


/* Guards: lengths that overflow, sections that come twice or too late. */

static void
test_frames(void **state)
{
    unsigned  i;

    for (i = 0; i < 16; i++) {
        hand_good();
        hand_frame(i);
        refused(hand.p, hand.n, XSELL_ECORRUPT);
    }
}


/* Guards: chunks taken out, put twice or exchanged by whoever can make their
   own checksums right, but not the end's. */

static void
test_chain(void **state)
{
    size_t              a, b, n;
    uint8_t            *p;
    xsell_snap_chunk_t  chunk;

    /* the first two chunks of the same size in the written file */

    for (a = XSELL_SNAPSHOT_HEAD; /* void */; a = b) {
        memcpy(&chunk, file.p + a, sizeof(chunk));
        n = sizeof(chunk) + (size_t) chunk.n * chunk.record_bytes;
        b = a + n;
        assert_true(b < file.n);

        if (memcmp(file.p + a, file.p + b, 12) == 0) {
            break;
        }
    }

    p = malloc(file.n + n);
    assert_non_null(p);

    memcpy(p, file.p, a);                               /* exchanged */
    memcpy(p + a, file.p + b, n);
    memcpy(p + b, file.p + a, n);
    memcpy(p + b + n, file.p + b + n, file.n - b - n);
    refused(p, file.n, XSELL_ECORRUPT);

    memcpy(p + a, file.p + b, file.n - b);              /* taken out */
    refused(p, file.n - n, XSELL_ECORRUPT);

    memcpy(p + a, file.p + a, n);                       /* twice */
    memcpy(p + b, file.p + a, file.n - a);
    refused(p, file.n + n, XSELL_ECORRUPT);

    free(p);
}


/* Guards: a file of a newer build refused as a whole, or misread. */

static void
test_newer_file(void **state)
{
    uint32_t              x[4];
    xsell_snap_item_t    *item;
    struct {
        xsell_snap_item_t  item;
        uint32_t           more[6];
    }                     longer[3];

    hand_good();
    memset(longer, 0xa5, sizeof(longer));

    for (item = hr.item; item < hr.item + 3; item++) {
        longer[item - hr.item].item = *item;
    }

    memset(x, 0, sizeof(x));

    hand_begin();
    hand_chunk(1, 9, 16, 1, x);
    hand_chunk(XSELL_SNAP_NAMES, 1, sizeof(hr.name[0]), 2, hr.name);
    hand_chunk(XSELL_SNAP_ITEMS, 1, sizeof(longer[0]), 3, longer);
    hand_chunk(0x39, 1, 8, 2, x);
    hand_chunk(XSELL_SNAP_PAIRS, 2, sizeof(x), 1, x);
    hand_chunk(XSELL_SNAP_SESSIONS, 1, sizeof(hr.session), 1, &hr.session);
    hand_chunk(XSELL_SNAP_LEDGER, 1, sizeof(hr.ledger), 1, &hr.ledger);
    hand_chunk(XSELL_SNAP_COUNTERS, 1, sizeof(hr.counters), 1, &hr.counters);
    hand_chunk(XSELL_SNAP_NAME_COUNTERS, 1, sizeof(hr.name_counters), 1,
               &hr.name_counters);
    hand_chunk(0xfffe, 1, 16, 1, x);
    hand_end();

    assert_int_equal(file_load(&hand, &to, &info), 5);
    hand_check_loaded();
}


/* Guards: garbage behind a shorter record of an older build. */

static void
test_older_file(void **state)
{
    uint32_t               i, slot;
    uint8_t                shorter[3][40];

    hand_good();

    for (i = 0; i < 3; i++) {
        memcpy(shorter[i], &hr.item[i], 40);    /* up to views */
    }

    hand_begin();
    hand_chunk(XSELL_SNAP_ITEMS, 1, 40, 3, shorter);
    hand_chunk(XSELL_SNAP_SESSIONS, 1, 8, 1, &hr.session);
    hand_end();

    assert_int_equal(file_load(&hand, &to, &info), 0);

    slot = xsell_ref_slot(xsell_dictionary_find(&to, 1002));
    assert_int_equal(to.items[slot].views, 12);
    assert_int_equal(to.items[slot].clicks, 0);
    assert_true(to.items[slot].resid_mean == 0);
}


/* Guards: items or names of another meaning read as ours. */

static void
test_newer_items(void **state)
{
    hand_good();
    hand_begin();
    hand_chunk(XSELL_SNAP_ITEMS, 2, sizeof(hr.item[0]), 3, hr.item);
    hand_end();
    refused(hand.p, hand.n, XSELL_EVERSION);

    hand_begin();
    hand_chunk(XSELL_SNAP_NAMES, 2, sizeof(hr.name[0]), 2, hr.name);
    hand_end();
    refused(hand.p, hand.n, XSELL_EVERSION);
}


/* Guards: values that no check can refuse but no code should meet. */

static void
test_out_of_range_values(void **state)
{
    uint32_t                 slot;
    xsell_session_t          s;
    xsell_snap_pair_t        pair[40];
    xsell_snap_session_t     session[3];
    unsigned                 i;

    hand_good();

    hr.item[0].pop = __builtin_nanf("");
    hr.item[0].trend = -__builtin_inff();
    hr.item[0].sold = -5;
    hr.item[0].resid_mean = __builtin_inff();
    hr.item[0].resid_prec = -1;
    hr.item[0].decay_s = UINT32_MAX;
    hr.item[0].born_s = UINT32_MAX;
    hr.item[0].age = UINT32_MAX;
    memset(&hr.model[3], 0xff, sizeof(hr.model[3]));
    hr.ledger.slot_name = 200;
    hr.ledger.state = 0xff;
    hr.ledger.clicked_s = UINT32_MAX;
    hr.top.score = __builtin_inff();
    hr.crowd.decay_s = UINT32_MAX;
    hr.crowd.all = __builtin_nanf("");
    hr.crowd.pop[0] = __builtin_inff();
    hr.crowd.item[5] = 0;
    hr.crowd.pop[5] = 3;
    hr.crowd.trend[5] = -1;
    hr.crowd.item[6] = 1;
    hr.crowd.pop[6] = -3;

    for (i = 0; i < 40; i++) {
        pair[i] = hr.pair;
        pair[i].partner = 1 + i % 2;
    }

    for (i = 0; i < 3; i++) {
        session[i] = hr.session;        /* the same visitor three times */
        session[i].visits = (uint16_t) i;
        session[i].last_s = 500 - i;
        session[i].entry[0] = 1;        /* the same item twice */
    }

    session[1].first_s = UINT32_MAX;
    session[1].last_s = UINT32_MAX;
    session[1].template_idx = UINT16_MAX;

    hand_begin();
    hand_chunk(XSELL_SNAP_NAMES, 1, sizeof(hr.name[0]), 2, hr.name);
    hand_chunk(XSELL_SNAP_ITEMS, 1, sizeof(hr.item[0]), 3, hr.item);
    hand_chunk(XSELL_SNAP_MODEL, 1, sizeof(hr.model[0]), XSELL_SNAP_PIECES,
               hr.model);
    hand_chunk(XSELL_SNAP_TOPS, 1, sizeof(hr.top), 1, &hr.top);
    hand_chunk(XSELL_SNAP_CROWDS, 1, sizeof(hr.crowd), 1, &hr.crowd);
    hand_chunk(XSELL_SNAP_PAIRS, 1, sizeof(pair[0]), 40, pair);
    hand_chunk(XSELL_SNAP_SESSIONS, 1, sizeof(session[0]), 3, session);
    hand_chunk(XSELL_SNAP_LEDGER, 1, sizeof(hr.ledger), 1, &hr.ledger);
    hand_end();

    assert_int_equal(file_load(&hand, &to, &info), 1);      /* the model */

    slot = xsell_ref_slot(xsell_dictionary_find(&to, 1000));
    assert_true(to.items[slot].pop == 0);
    assert_true(to.items[slot].sold == 0);
    assert_true(to.items[slot].resid_prec == 0);
    assert_int_equal(to.items[slot].decay_s, 900);
    assert_int_equal(to.dict[slot].born_s, 900);
    assert_int_equal(to.pairs[slot].n, 2);
    assert_int_equal(to.models[0].sum, 0);
    assert_int_equal(to.tops[0].n, 0);

    for (i = 0; to.crowds[i].key != 9; i++) {
        assert_true(i + 1 < to.crowds_n);
    }

    assert_true(to.crowds[i].all == 0);
    assert_int_equal(to.crowds[i].decay_s, 900);
    assert_int_equal(to.crowds[i].ref[0], xsell_dictionary_find(&to, 1000));
    assert_true(to.crowds[i].pop[0] == 3);
    assert_true(to.crowds[i].trend[0] == 0);
    assert_true(to.crowds[i].pop[1] == 0);

    assert_int_equal(xsell_session_read(&to, 77, &s), XSELL_OK);
    assert_int_equal(s.r.visits, 1);
    assert_int_equal(s.r.last_s, 900);
    assert_int_equal(s.r.first_s, 900);
    assert_int_equal(s.r.n, 1);
    assert_int_equal(info.sessions, 1);
    slot = xsell_ref_slot(xsell_dictionary_find(&to, 1001));
    assert_int_equal(to.postings[slot].count, 1);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(test_truncated, setup, teardown),
        cmocka_unit_test_setup_teardown(test_flipped, setup, teardown),
        cmocka_unit_test_setup_teardown(test_arena_in_use, setup, teardown),
        cmocka_unit_test_setup_teardown(test_records, setup, hand_teardown),
        cmocka_unit_test_setup_teardown(test_frames, setup, hand_teardown),
        cmocka_unit_test_setup_teardown(test_chain, setup, hand_teardown),
        cmocka_unit_test_setup_teardown(test_newer_file, setup,
                                        hand_teardown),
        cmocka_unit_test_setup_teardown(test_older_file, setup,
                                        hand_teardown),
        cmocka_unit_test_setup_teardown(test_newer_items, setup,
                                        hand_teardown),
        cmocka_unit_test_setup_teardown(test_out_of_range_values, setup,
                                        hand_teardown)
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("restore", tests, NULL, NULL);
}

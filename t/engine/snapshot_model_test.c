
/*
 * snapshot_model_test.c: the model's sections of a snapshot.  Hazards: what
 * clicks taught is gone after a restart, or stands in other cells; a belief
 * that checksums call whole and that is none (a variance below zero, a weight
 * of a million, pieces that are missing or of another size) decides, or stops
 * the learner; one bad cell costs all others.
 */

#include "snapshot_test.h"
#include "model/xsell_model.h"

#include <math.h>


#define CELLS  1024             /* of the smallest arena */

static xsell_arena_t          from, to;
static file_t                 file;
static xsell_snapshot_info_t  info;


static int
setup(void **state)
{
    arena_open(&from, 4 * MB);
    arena_fill(&from, 40, 100);
    memset(&to, 0, sizeof(to));
    memset(&file, 0, sizeof(file));
    return 0;
}


static int
teardown(void **state)
{
    if (to.base != NULL) {
        arena_validate(&to);
        arena_close(&to);
    }

    arena_close(&from);
    file_free(&file);
    return 0;
}


static void
load(uint64_t bytes, uint64_t left)
{
    if (to.base != NULL) {
        arena_close(&to);
    }

    arena_open(&to, bytes);
    assert_int_equal(file_load(&file, &to, &info), left);
}


/* the n-th record of a section in the file */

static uint8_t *
record(unsigned type, uint32_t n)
{
    uint64_t            off;
    xsell_snap_chunk_t  chunk;

    for (off = XSELL_SNAPSHOT_HEAD; /* void */;
         off += sizeof(chunk) + (uint64_t) chunk.n * chunk.record_bytes)
    {
        assert_true(off + sizeof(chunk) <= file.n);
        memcpy(&chunk, file.p + off, sizeof(chunk));

        if (chunk.type == type) {
            if (n < chunk.n) {
                return file.p + off + sizeof(chunk) + n * chunk.record_bytes;
            }

            n -= chunk.n;
        }
    }
}


/* ---- kinds next to kinds ----------------------------------------------- */

static void
fill_cells(xsell_arena_t *a)
{
    uint32_t  i;

    for (i = 0; i < a->affinity_n; i++) {
        a->affinity[i].mean = i % 5 ? (float) i / 4096 - 2 : 0;
        a->affinity[i].precision = i % 5 ? 3 + (float) (i % 7) : 0;
    }
}


static void
cells_come_back(void **state)
{
    fill_cells(&from);
    file_write(&file, from.base, from.bytes, 65536);
    load(4 * MB, 0);

    assert_int_equal(to.affinity_n, from.affinity_n);
    assert_memory_equal(to.affinity, from.affinity,
                        to.affinity_n * sizeof(xsell_affinity_t));
}


/* another size of the zone: where there are more cells, each that stood for
   several does so now; where there are fewer, the best known stays */

static void
cells_of_another_size(void **state)
{
    uint32_t                 i, k, by;
    const xsell_affinity_t  *cell, *best;

    arena_close(&from);
    arena_open(&from, MB);
    assert_int_equal(from.affinity_n, CELLS);
    fill_cells(&from);
    file_write(&file, from.base, from.bytes, 65536);

    load(8 * MB, 0);
    by = to.affinity_n / CELLS;
    assert_true(by >= 4);

    for (i = 0; i < to.affinity_n; i++) {
        assert_memory_equal(&to.affinity[i], &from.affinity[i / by],
                            sizeof(xsell_affinity_t));
    }

    for (i = 0; i <= UINT16_MAX; i++) {
        assert_memory_equal(xsell_affinity_at(&to, (uint16_t) i),
                            xsell_affinity_at(&from, (uint16_t) i),
                            sizeof(xsell_affinity_t));
    }

    /* and back, the cells of a group now different */

    fill_cells(&to);
    file_free(&file);
    file_write(&file, to.base, to.bytes, 65536);
    arena_close(&from);
    from = to;
    to.base = NULL;
    load(MB, 0);

    for (i = 0; i < CELLS; i++) {
        cell = &to.affinity[i];
        best = &from.affinity[i * by];

        for (k = 1; k < by; k++) {
            if (from.affinity[i * by + k].precision > best->precision) {
                best = &from.affinity[i * by + k];
            }
        }

        assert_memory_equal(cell, best, sizeof(*cell));
    }
}


static void
a_bad_cell_costs_itself(void **state)
{
    uint32_t               i;
    uint8_t               *at;
    xsell_snap_affinity_t  rec;

    static const struct {
        uint32_t  cell, cells;
        float     mean, precision;
    } bad[] = {
        { XSELL_AFFINITY_MAX, CELLS, 1, 5 },
        { UINT32_MAX, CELLS, 1, 5 },
        { 0, 0, 1, 5 },
        { 0, XSELL_AFFINITY_MAX + 1, 1, 5 },
        { 0, UINT32_MAX, 1, 5 },
        { 0, CELLS, NAN, 5 },
        { 0, CELLS, INFINITY, 5 },
        { 0, CELLS, 1, NAN },
        { 0, CELLS, 1, INFINITY },
        { 0, CELLS, 1, 0 },
        { 0, CELLS, 1, -5 },
        { 0, CELLS, 1e6f, 5 }
    };

    memset(from.affinity, 0, from.affinity_n * sizeof(xsell_affinity_t));
    from.affinity[1].mean = 1.5f;
    from.affinity[1].precision = 9;
    from.affinity[7].mean = -.5f;
    from.affinity[7].precision = 4;
    file_write(&file, from.base, from.bytes, 65536);

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        at = record(XSELL_SNAP_AFFINITY, 0);
        memcpy(&rec, at, sizeof(rec));
        rec.cell = bad[i].cell;
        rec.cells = bad[i].cells;
        rec.mean = bad[i].mean;
        rec.precision = bad[i].precision;
        memcpy(at, &rec, sizeof(rec));
        snapshot_seal(file.p, file.n);

        load(4 * MB, 1);
        assert_true(to.affinity[1].precision == 0);
        assert_true(to.affinity[0].precision == 0);
        assert_true(to.affinity[7].mean == -.5f);
        assert_true(to.affinity[7].precision == 4);
    }
}


/* ---- kinds that go together -------------------------------------------- */

static void
fill_kinds(xsell_arena_t *a, uint32_t n)
{
    uint32_t      i, k;
    xsell_goes_t  g;

    for (i = 0; i < n; i++) {
        memset(&g, 0, sizeof(g));
        g.key = 1 + 977 * i;
        g.decay_s = 5;
        g.out = (float) (n - i);
        g.in = 3;

        for (k = 0; k < XSELL_GOES_KINDS; k++) {
            g.kind[k] = 2 * (i + k) + 1;
            g.n[k] = (float) k / 2;
            g.share[k] = (float) k / 9;
        }

        assert_int_equal(xsell_goes_put(a, &g), 1);
    }
}


static const xsell_goes_t *
kind(const xsell_arena_t *a, uint32_t key)
{
    uint32_t  i;

    for (i = 0; i < a->goes_n; i++) {
        if (a->goes[i].key == key) {
            return &a->goes[i];
        }
    }

    return NULL;
}


static void
kinds_come_back(void **state)
{
    uint32_t             i, n;
    const xsell_goes_t  *g;

    fill_kinds(&from, 30);
    file_write(&file, from.base, from.bytes, 65536);
    load(4 * MB, 0);
    assert_memory_equal(to.goes, from.goes, to.goes_n * sizeof(xsell_goes_t));

    /* a larger zone has them elsewhere */

    load(16 * MB, 0);
    assert_true(to.goes_n > from.goes_n);

    for (n = 0, i = 0; i < from.goes_n; i++) {
        g = kind(&to, from.goes[i].key);

        if (from.goes[i].key) {
            assert_memory_equal(g, &from.goes[i], sizeof(xsell_goes_t));
            n++;
        }
    }

    assert_int_equal(n, 30);
}


static void
a_bad_kind_costs_itself(void **state)
{
    uint32_t           i;
    uint8_t           *at;
    xsell_snap_goes_t  rec, good;

    static const float  bad[] = { NAN, INFINITY, -INFINITY, -1, 3e38f };

    fill_kinds(&from, 2);
    file_write(&file, from.base, from.bytes, 65536);
    at = record(XSELL_SNAP_GOES, 0);
    memcpy(&good, at, sizeof(good));

    for (i = 0; i < 4 * sizeof(bad) / sizeof(bad[0]) + 1; i++) {
        rec = good;

        switch (i % 4) {
        case 0: rec.out = bad[i / 4 % 5]; break;
        case 1: rec.in = bad[i / 4]; break;
        case 2: rec.n[8] = bad[i / 4]; break;
        default: rec.share[3] = bad[i / 4]; break;
        }

        if (i == 20) {
            rec = good;
            rec.key = 0;
        }

        memcpy(at, &rec, sizeof(rec));
        snapshot_seal(file.p, file.n);
        load(4 * MB, 1);
        assert_null(kind(&to, good.key));
        assert_non_null(kind(&to, good.key == 1 ? 978 : 1));
    }

    /* from a time that has not come */

    rec = good;
    rec.decay_s = UINT32_MAX;
    memcpy(at, &rec, sizeof(rec));
    snapshot_seal(file.p, file.n);
    load(4 * MB, 0);
    assert_true(kind(&to, good.key)->decay_s < UINT32_MAX / 2);
}


/* ---- beliefs ----------------------------------------------------------- */

/* one that learned: correlated, and not what is built in */

static xsell_model_t *
teach(xsell_arena_t *a)
{
    float             x[XSELL_FEATURES];
    uint32_t          i, k;
    xsell_bandit_t    b;
    xsell_evidence_t  ev;

    static xsell_model_t  m;

    xsell_weights_prior(&m);
    xsell_bandit_weights(&b, &m);

    for (i = 0; i < 200; i++) {
        for (k = 0; k < XSELL_FEATURES; k++) {
            x[k] = (float) ((i * 7 + k * 3) % 11) / 8;
        }

        assert_true(xsell_evidence_logit(&ev, xsell_bandit_mean(&b, x),
                                         xsell_bandit_spread(&b, x),
                                         i % 3 == 0, 1, 2));
        assert_true(xsell_bandit_learn(&b, x, &ev));
        m.updates++;
    }

    m.ahead = .4f;
    m.aged_s = 1990;
    m.place[1][3] = -.7f;
    xsell_weights_put(a, &m);

    return &a->models[a->header->generation & 1];
}


static void
a_belief_comes_back(void **state)
{
    const xsell_model_t  *m;

    m = teach(&from);
    file_write(&file, from.base, from.bytes, 65536);
    load(2 * MB, 0);

    assert_int_equal(to.header->generation, from.header->generation);
    assert_memory_equal(&to.models[0], m, sizeof(*m));
    assert_memory_equal(&to.models[1], m, sizeof(*m));

    /* nobody takes it for a new shop's, and who learns goes on from it */

    assert_int_equal(xsell_lease_try(&to, 1), XSELL_OK);
    assert_int_equal(to.header->generation, from.header->generation);
    xsell_learn_tick(&to, 2000000);
    assert_memory_equal(&to.learner->work, m, offsetof(xsell_model_t, sum));
    assert_true(to.learner->place[1][3].mean == -.7f);
    xsell_lease_release(&to);
}


/* whatever came instead of a belief: the built-in one decides, and learns */

static void
built_in(uint64_t left)
{
    static xsell_model_t  prior;
    const xsell_model_t  *m;

    xsell_weights_prior(&prior);
    load(2 * MB, left);

    assert_int_equal(xsell_lease_try(&to, 1), XSELL_OK);
    xsell_learn_tick(&to, 2000000);

    m = &to.models[to.header->generation & 1];
    assert_true(xsell_weights_good(m));
    assert_memory_equal(m, &prior, offsetof(xsell_model_t, sum));
    assert_memory_equal(&to.learner->work, &prior,
                        offsetof(xsell_model_t, sum));
    xsell_lease_release(&to);
}


static void
a_belief_that_is_none(void **state)
{
    unsigned        i, k, done;
    uint8_t        *at;
    xsell_model_t   good, m;

    teach(&from);
    good = from.models[from.header->generation & 1];

    for (i = 0, done = 0; !done; i++) {
        m = good;

        switch (i) {
        case 0: m.weight[3] = NAN; break;
        case 1: m.weight[27] = -INFINITY; break;
        case 2: m.weight[0] = 1e6f; break;
        case 3: m.factor[5][5] = -1; break;
        case 4: m.factor[5][4] = NAN; break;
        case 5: m.factor[9][2] = 1e6f; break;
        case 6: m.factor[27][27] = 1e9f; break;
        case 7: m.look[XSELL_LOOKS - 1] = NAN; break;
        case 8: m.look[7] = -1000; break;
        case 9: m.look_factor[4][4] = -1e-6f; break;
        case 10: m.leave[0] = 101; break;
        case 11: m.leave_factor[1][1] = INFINITY; break;
        case 12: m.place[1][11] = NAN; break;
        case 13: m.place[0][4] = 1e9f; break;
        case 14: m.ahead = INFINITY; break;
        case 15: m.ahead = -1; break;
        case 16: m.ahead = 1e6f; break;
        default: done = 1; break;
        }

        m.sum = xsell_weights_sum(&m);

        file_free(&file);
        file_write(&file, from.base, from.bytes, 65536);

        for (k = 0; k < XSELL_SNAP_PIECES; k++) {
            at = record(XSELL_SNAP_MODEL, k);
            memcpy(at, (uint8_t *) &m + k * sizeof(xsell_snap_model_t),
                   k + 1 < XSELL_SNAP_PIECES
                   ? sizeof(xsell_snap_model_t)
                   : sizeof(m) - k * sizeof(xsell_snap_model_t));
        }

        snapshot_seal(file.p, file.n);

        if (!done) {
            built_in(1);
        }
    }

    /* the file of the last round had the good one */

    load(2 * MB, 0);
    assert_memory_equal(&to.models[0], &good, sizeof(good));

    /* a wrong sum */

    record(XSELL_SNAP_MODEL, 1)[9] ^= 1;
    snapshot_seal(file.p, file.n);
    built_in(1);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(cells_come_back, setup, teardown),
        cmocka_unit_test_setup_teardown(cells_of_another_size, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_bad_cell_costs_itself, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(kinds_come_back, setup, teardown),
        cmocka_unit_test_setup_teardown(a_bad_kind_costs_itself, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_belief_comes_back, setup, teardown),
        cmocka_unit_test_setup_teardown(a_belief_that_is_none, setup,
                                        teardown)
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("snapshot model", tests, NULL, NULL);
}

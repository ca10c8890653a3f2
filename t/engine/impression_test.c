
/*
 * impression_test.c: shown slates, clicks booked once, the ledger of clicked
 * rows, order ids.
 */

#include "shared_test.h"

#include <sys/wait.h>
#include <unistd.h>


#define MB  (1024 * 1024)


static shared_t            t;
static xsell_impression_t  imp;


static int
setup(void **state)
{
    shared_open(&t, MB);
    return 0;
}


static int
teardown(void **state)
{
    shared_validate(&t);
    shared_close(&t);
    return 0;
}


/* a slate of which every field follows from `number` */

static uint64_t
show(uint64_t number, unsigned n)
{
    unsigned  i;

    memset(&imp, 0, sizeof(imp));

    imp.session = number;
    imp.time_ms = number * 10;
    imp.anchor = t.ref[number % SHARED_ITEMS];
    imp.n = (uint8_t) n;

    for (i = 0; i < n; i++) {
        imp.row[i].ref = t.ref[(number + i) % SHARED_ITEMS];
        imp.row[i].position = (uint8_t) i;
        memset(imp.row[i].feature, (int) (number % 100), XSELL_FEATURES);
    }

    return xsell_impression_open(&t.a, &imp);
}


static void
shown(uint64_t number, unsigned n)
{
    unsigned  i;

    assert_int_equal(imp.session, number);
    assert_int_equal(imp.time_ms, number * 10);
    assert_int_equal(imp.anchor, t.ref[number % SHARED_ITEMS]);
    assert_int_equal(imp.n, n);

    for (i = 0; i < n; i++) {
        assert_int_equal(imp.row[i].ref,
                         t.ref[(number + i) % SHARED_ITEMS]);
        assert_int_equal(imp.row[i].feature[XSELL_FEATURES - 1],
                         number % 100);
    }
}


static int
click(uint64_t id, unsigned position, uint64_t now_ms)
{
    return xsell_impression_click(&t.a, id, position, now_ms, &imp);
}


/* hazard: another slate, or a part of it, comes back */

static void
test_shown_comes_back(void **state)
{
    unsigned  n;
    uint64_t  id;

    for (n = 0; n <= XSELL_SLATE_MAX; n++) {
        id = show(100 + n, n);
        assert_int_equal(id, n + 1);
        assert_int_equal(xsell_impression_read(&t.a, id, &imp), XSELL_OK);
        assert_int_equal(imp.seq, id);
        shown(100 + n, n);
    }

    assert_int_equal(xsell_impression_read(&t.a, 0, &imp), XSELL_ELATE);
    assert_int_equal(xsell_impression_read(&t.a, 999, &imp), XSELL_ELATE);
    assert_int_equal(xsell_impression_read(&t.a, UINT64_MAX, &imp),
                     XSELL_ELATE);

    imp.n = 255;
    id = xsell_impression_open(&t.a, &imp);
    assert_int_equal(xsell_impression_read(&t.a, id, &imp), XSELL_OK);
    assert_int_equal(imp.n, XSELL_SLATE_MAX);
}


/* hazard: one click counted twice, or one that makes another repeat */

static void
test_click_once(void **state)
{
    unsigned  i;
    uint64_t  id;

    id = show(5, XSELL_SLATE_MAX);

    for (i = 0; i < XSELL_SLATE_MAX; i++) {
        assert_int_equal(click(id, i, 60), XSELL_OK);
        assert_int_equal(imp.state[i], XSELL_IMP_CLICKED);
        assert_int_equal(click(id, i, 60), XSELL_EREPEATED);
        shown(5, XSELL_SLATE_MAX);
    }

    assert_int_equal(click(id, XSELL_SLATE_MAX, 60), XSELL_ELATE);
    assert_int_equal(click(id, UINT32_MAX, 60), XSELL_ELATE);

    id = show(6, 3);
    assert_int_equal(click(id, 3, 60), XSELL_ELATE);
    assert_int_equal(click(id, 2, 60), XSELL_OK);
    assert_int_equal(imp.state[0], XSELL_IMP_SHOWN);
    assert_int_equal(imp.state[2], XSELL_IMP_CLICKED);
}


/* hazard: a click after half an hour, or refused by a clock that is behind */

static void
test_click_age(void **state)
{
    uint64_t  id;

    id = show(100, 4);
    assert_int_equal(click(id, 0, 0), XSELL_OK);
    assert_int_equal(click(id, 1, 1000 + XSELL_IMPRESSION_MS), XSELL_OK);
    assert_int_equal(click(id, 2, 1001 + XSELL_IMPRESSION_MS), XSELL_ELATE);
    assert_int_equal(click(id, 2, 1000), XSELL_OK);
}


/* hazard: a click on a place that has a newer slate */

static void
test_overwritten(void **state)
{
    uint32_t  i;
    uint64_t  old, new;

    old = show(1, 2);

    for (i = 1; i < t.a.impressions_n; i++) {
        show(2, 2);
    }

    assert_int_equal(click(old, 0, 10), XSELL_OK);

    new = show(3, 2);
    assert_int_equal(new % t.a.impressions_n, old % t.a.impressions_n);
    assert_int_equal(click(old, 1, 10), XSELL_ELATE);
    assert_int_equal(xsell_impression_read(&t.a, old, &imp), XSELL_ELATE);
    assert_int_equal(click(new, 0, 10), XSELL_OK);
    shown(3, 2);
}


/* hazard: a place lost for ever to a writer that died at it */

static void
test_dead_writer(void **state)
{
    uint64_t  id;

    id = show(1, 2);
    t.a.impressions[id % t.a.impressions_n].seq = id | XSELL_IMP_WRITING;
    assert_int_equal(xsell_impression_read(&t.a, id, &imp), XSELL_ELATE);
    assert_int_equal(click(id, 0, 10), XSELL_ELATE);

    t.a.header->impression = id - 1 + t.a.impressions_n;
    id = show(2, 2);
    assert_int_equal(xsell_impression_read(&t.a, id, &imp), XSELL_OK);
    shown(2, 2);
}


/* hazard: a writer that was stopped for a lap mixes two slates, or takes the
   newer one's click away */

static void
test_stopped_writer(void **state)
{
    uint64_t            id;
    xsell_impression_t  *place;

    id = show(1, 2);
    place = &t.a.impressions[id % t.a.impressions_n];

    /* an older id finds the newer one and gives up */

    t.a.header->impression = id - 1 + t.a.impressions_n;
    id = show(2, 2);
    t.a.header->impression = id - 1 - t.a.impressions_n;
    assert_int_equal(show(1, 2), id - t.a.impressions_n);

    assert_int_equal(xsell_impression_read(&t.a, id, &imp), XSELL_OK);
    shown(2, 2);
    assert_int_equal(click(id, 0, 10), XSELL_OK);

    /* one that stood behind its look stores a word: lost, never mixed */

    place->row[1].ref = t.ref[1];
    assert_int_equal(xsell_impression_read(&t.a, id, &imp), XSELL_ELATE);
    assert_int_equal(click(id, 1, 10), XSELL_ELATE);

    place->row[1].ref = t.ref[3];
    memset(place->state, 0, sizeof(place->state));
    assert_int_equal(click(id, 0, 10), XSELL_EREPEATED);

    place->n = 200;
    assert_int_equal(click(id, 1, 10), XSELL_ELATE);
    place->n = 2;
    assert_int_equal(click(id, 1, 10), XSELL_OK);
}


/* hazard: the number of impressions outgrows the 40 bits of a token */

static void
test_ids_wrap(void **state)
{
    uint64_t  id;

    t.a.header->impression = XSELL_IMP_ID - 1;

    id = show(1, 1);
    assert_int_equal(id, XSELL_IMP_ID);
    assert_int_equal(click(id, 0, 10), XSELL_OK);

    id = show(2, 1);
    assert_int_equal(id, 1);
    assert_int_equal(click(id, 0, 20), XSELL_OK);
    shown(2, 1);
}


#define CLICKS  10000


typedef struct {
    uint32_t  go;
    uint32_t  pad[15];
    uint8_t   booked[3][CLICKS];
} race_t;


/*
 * Both go through the same clicks, and wait a moment for the other before
 * each, so that they meet.  Bounded: on one processor nobody comes.
 */

static void
race_run(race_t *race, unsigned who, uint64_t first)
{
    unsigned  i, spins;

    for (i = 0; i < CLICKS; i++) {
        __atomic_fetch_add(&race->go, 1, __ATOMIC_ACQ_REL);

        for (spins = 0; spins < 20000; spins++) {
            if (__atomic_load_n(&race->go, __ATOMIC_ACQUIRE) >= 2 * (i + 1)) {
                break;
            }
        }

        race->booked[who][i] = click(first + i / XSELL_SLATE_MAX,
                                     i % XSELL_SLATE_MAX, 0)
                               == XSELL_OK;
    }
}


/* hazard: two workers book one click; done with 10,000 of them */

static void
test_two_processes_click_once(void **state)
{
    int       status;
    pid_t     pid;
    race_t   *race;
    unsigned  i, mine, theirs;
    uint64_t  first;

    race = mmap(NULL, sizeof(race_t), PROT_READ | PROT_WRITE,
                MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(race != MAP_FAILED);

    /* a larger zone: all slates must be there at once */

    shared_close(&t);
    shared_open(&t, 8 * MB);
    assert_true(t.a.impressions_n > CLICKS / XSELL_SLATE_MAX);

    first = show(1, XSELL_SLATE_MAX);

    for (i = 1; i <= CLICKS / XSELL_SLATE_MAX; i++) {
        show(1, XSELL_SLATE_MAX);
    }

    pid = fork();
    assert_true(pid >= 0);

    if (pid == 0) {
        race_run(race, 1, first);
        _exit(0);
    }

    race_run(race, 0, first);
    waitpid(pid, &status, 0);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);

    mine = 0;
    theirs = 0;

    for (i = 0; i < CLICKS; i++) {
        assert_int_equal(race->booked[0][i] + race->booked[1][i], 1);
        mine += race->booked[0][i];
        theirs += race->booked[1][i];
    }

    print_message("# clicks booked: %u here, %u there\n", mine, theirs);
    munmap(race, sizeof(race_t));
}


static xsell_ledger_row_t *
add(uint64_t session, int item, uint32_t at_s, int lost)
{
    int                  evicted;
    xsell_ledger_row_t  *row;

    row = xsell_ledger_add(&t.a, session, at_s, &evicted);
    assert_non_null(row);
    assert_int_equal(evicted, lost);
    assert_int_equal(row->item, XSELL_NO_REF);
    assert_int_equal(row->session, session);
    assert_int_equal(row->state, 0);
    assert_int_equal(row->revenue, 0);

    row->item = t.ref[item];
    row->revenue = 99;
    row->state = XSELL_LEDGER_CART;

    return row;
}


/* hazard: a cart credited to another visitor's, item's or month's click */

static void
test_ledger_finds(void **state)
{
    xsell_ledger_row_t  *row;

    row = add(7, 1, 100, 0);
    add(7, 2, 110, 0);

    assert_ptr_equal(xsell_ledger_find(&t.a, 7, t.ref[1], 200), row);
    assert_ptr_equal(xsell_ledger_find(&t.a, 7, t.ref[1], 50), row);
    assert_ptr_equal(xsell_ledger_find(&t.a, 7, t.ref[1],
                                       100 + XSELL_LEDGER_S), row);
    assert_null(xsell_ledger_find(&t.a, 7, t.ref[1], 101 + XSELL_LEDGER_S));
    assert_null(xsell_ledger_find(&t.a, 8, t.ref[1], 200));
    assert_null(xsell_ledger_find(&t.a, 7, t.ref[3], 200));
    assert_null(xsell_ledger_find(&t.a, 7, t.ref[1] ^ 0x01000000u, 200));
    assert_null(xsell_ledger_find(&t.a, 0, XSELL_NO_REF, 200));

    /* clicked again: the newest click has the credit */

    row = add(7, 1, 150, 0);
    assert_ptr_equal(xsell_ledger_find(&t.a, 7, t.ref[1], 200), row);
}


/* hazard: a full bucket that refuses, or evicts the newest */

static void
test_ledger_evicts_the_oldest(void **state)
{
    int       i;
    uint32_t  late;

    for (i = 0; i < XSELL_LEDGER_WAYS; i++) {
        add(7, i, 200 - (uint32_t) i, 0);
    }

    add(7, 20, 300, 1);
    assert_null(xsell_ledger_find(&t.a, 7, t.ref[XSELL_LEDGER_WAYS - 1],
                                  300));
    assert_non_null(xsell_ledger_find(&t.a, 7, t.ref[0], 300));
    assert_non_null(xsell_ledger_find(&t.a, 7, t.ref[20], 300));

    late = 400 + XSELL_LEDGER_S;
    add(7, 21, late, 0);
    assert_non_null(xsell_ledger_find(&t.a, 7, t.ref[21], late));
}


/* hazard: an erased visitor's clicks stay, or take a neighbour's with them;
   two visitors share a bucket in a small arena */

static void
test_ledger_forgets(void **state)
{
    uint64_t             other;
    xsell_ledger_row_t  *row, *first;

    first = add(7, 1, 100, 0);
    add(7, 2, 110, 0);
    row = NULL;

    for (other = 8; other < 100000; other++) {
        row = add(other, 1, 120, 0);

        if ((size_t) ((row > first ? row - first : first - row))
            < XSELL_LEDGER_WAYS)
        {
            break;
        }

        row->session = 0;
    }

    assert_true(other < 100000);

    xsell_ledger_forget(&t.a, 0);
    assert_non_null(xsell_ledger_find(&t.a, 7, t.ref[1], 200));

    xsell_ledger_forget(&t.a, 7);
    assert_null(xsell_ledger_find(&t.a, 7, t.ref[1], 200));
    assert_null(xsell_ledger_find(&t.a, 7, t.ref[2], 200));
    assert_ptr_equal(xsell_ledger_find(&t.a, other, t.ref[1], 200), row);
}


/* hazard: a worker that changes a session for an order that was learned
   already, or refuses a new one */

static void
test_order_known(void **state)
{
    assert_false(xsell_order_known(&t.a, 5));
    assert_int_equal(xsell_order_once(&t.a, 5), XSELL_OK);
    assert_true(xsell_order_known(&t.a, 5));
    assert_false(xsell_order_known(&t.a, 6));

    /* free places are 0, and so is "no id" */
    assert_false(xsell_order_known(&t.a, 0));
}


/* hazard: a thank-you page reloaded is a second order; a busy bucket that
   forgets at once */

static void
test_order_once(void **state)
{
    uint64_t  i;

    for (i = 1; i <= XSELL_ORDER_WAYS; i++) {
        assert_int_equal(xsell_order_once(&t.a, i), XSELL_OK);
    }

    for (i = 1; i <= XSELL_ORDER_WAYS; i++) {
        assert_int_equal(xsell_order_once(&t.a, i), XSELL_EREPEATED);
    }

    assert_int_equal(xsell_order_once(&t.a, 100), XSELL_OK);
    assert_int_equal(xsell_order_once(&t.a, 2), XSELL_EREPEATED);
    assert_int_equal(xsell_order_once(&t.a, 1), XSELL_OK);

    assert_int_equal(xsell_order_once(&t.a, UINT64_MAX), XSELL_OK);
    assert_int_equal(xsell_order_once(&t.a, UINT64_MAX), XSELL_EREPEATED);

    assert_int_equal(xsell_order_once(&t.a, 0), XSELL_OK);
    assert_int_equal(xsell_order_once(&t.a, 0), XSELL_OK);
}


#define test(name)                                                            \
    cmocka_unit_test_setup_teardown(test_##name, setup, teardown)


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        test(shown_comes_back),
        test(click_once),
        test(click_age),
        test(overwritten),
        test(dead_writer),
        test(stopped_writer),
        test(ids_wrap),
        test(two_processes_click_once),
        test(ledger_finds),
        test(ledger_evicts_the_oldest),
        test(ledger_forgets),
        test(order_known),
        test(order_once)
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}


/*
 * step_store_test.c: what a kill leaves, at every instant there is.
 *
 * A child does one operation under ptrace, an instruction at a time.  After
 * each that changed the watched memory, the parent asks on a copy of it: if
 * the child were killed here, what would the next process find?  So every
 * state that a kill can leave is seen, and not only those that random kills
 * hit.  Skipped where a process may not trace its child.
 */

#include "shared_test.h"

#include <linux/futex.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>


#define MB     (1024 * 1024)
#define STEPS  2000000


static shared_t  t;             /* where the child works */
static shared_t  u;             /* the same, as it would be found */
static uint8_t   before[sizeof(xsell_bucket_t)];
static unsigned  states;


static int
setup(void **state)
{
    shared_open(&t, MB);
    shared_open(&u, MB);
    states = 0;

    return 0;
}


static int
teardown(void **state)
{
    shared_close(&t);
    shared_close(&u);

    return 0;
}


/*
 * Runs act in a child and look after every instruction that changed
 * watched[0..n).  The child's first stop is its own; 0 if it can't be traced.
 */

static int
step(void (*act)(void), void (*look)(void), const void *watched, size_t n)
{
    int       status;
    pid_t     pid;
    unsigned  i;

    static uint8_t  last[sizeof(before)];

    assert_true(n <= sizeof(last));

    memcpy(before, watched, n);
    memcpy(last, watched, n);

    pid = fork();
    assert_true(pid >= 0);

    if (pid == 0) {
        if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0) {
            _exit(77);
        }

        raise(SIGSTOP);
        act();
        _exit(0);
    }

    assert_int_equal(waitpid(pid, &status, 0), pid);

    for (i = 0; i < STEPS && WIFSTOPPED(status); i++) {

        if (memcmp(last, watched, n) != 0) {
            memcpy(last, watched, n);
            states++;
            look();
        }

        if (ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL) != 0) {
            break;
        }

        assert_int_equal(waitpid(pid, &status, 0), pid);
    }

    if (WIFEXITED(status) && WEXITSTATUS(status) == 77) {
        return 0;
    }

    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        kill(pid, SIGKILL);
        waitpid(pid, &status, 0);
        fail_msg("the traced child did not come to its end");
    }

    return 1;
}


/* ---- a session's bucket ------------------------------------------------ */

#define KEYS  (XSELL_WAYS + 1)

static uint64_t  keys[KEYS];            /* of one bucket; the last comes in */
static uint64_t  stranger;              /* of that bucket, never in it */
static unsigned  victim;                /* whose way is written */
static unsigned  mended, lost;


static int
view(shared_t *at, uint64_t key, unsigned item, uint32_t at_s, uint32_t *idx)
{
    int            rc;
    xsell_event_t  ev;

    memset(&ev, 0, sizeof(ev));
    ev.type = XSELL_EVENT_VIEW;
    ev.session = key;
    ev.item = at->ref[item];
    ev.time_ms = (uint64_t) at_s * 1000;
    ev.flags = XSELL_EV_COOKIE;

    rc = xsell_session_apply(&at->a, &ev, NULL);

    if (idx) {
        *idx = ev.session_idx;
    }

    return rc;
}


static void
erase(shared_t *at, uint64_t key)
{
    xsell_event_t  ev;

    memset(&ev, 0, sizeof(ev));
    ev.type = XSELL_EVENT_ERASE;
    ev.session = key;
    ev.item = XSELL_NO_REF;

    (void) xsell_session_apply(&at->a, &ev, NULL);
}


/* visitor k has seen items k, k + 9, k + 18, k + 27, and is in the bucket's
   way k; the one of way 3 is the oldest */

static void
fill(void)
{
    unsigned  i, n;
    uint32_t  idx;
    uint64_t  key;

    n = 0;

    for (key = 1; n <= KEYS; key++) {
        assert_int_equal(view(&t, key, 0, 1, &idx), XSELL_OK);
        erase(&t, key);

        if (idx / XSELL_WAYS == 0) {
            stranger = key;

            if (n < KEYS) {
                keys[n] = key;
            }

            n++;
        }
    }

    for (n = 0; n < XSELL_WAYS; n++) {
        for (i = 0; i < 4; i++) {
            assert_int_equal(view(&t, keys[n], n + i * KEYS,
                                  n == 3 ? 100 + 20 * i : 200 + 20 * i, &idx),
                             XSELL_OK);
        }

        assert_int_equal(idx, n);
    }
}


/* u's first bucket as it is when the child dies now */

static void
as_found(void)
{
    int              held;
    xsell_word_t    *word;
    xsell_bucket_t  *b;

    b = &u.a.sessions[0];
    word = (xsell_word_t *) (void *) &b->lock;

    memcpy(b, &t.a.sessions[0], sizeof(*b));
    held = (*word & FUTEX_TID_MASK) != 0;
    assert_int_equal(xsell_lock_init(&b->lock), XSELL_OK);

    if (held) {
        *word = FUTEX_OWNER_DIED;       /* as the kernel leaves it */
    }
}


/* a record holds its visitor's items only, once each */

static void
check_record(unsigned k, const xsell_session_record_t *r)
{
    unsigned  i, m, slot;

    assert_true(r->n >= 1 && r->n <= XSELL_HISTORY);
    assert_true(r->visit_n <= r->n);

    for (i = 0; i < r->n; i++) {
        slot = xsell_ref_slot(r->entry[i]);
        assert_int_equal(slot % KEYS, k);

        for (m = 0; m < i; m++) {
            assert_int_not_equal(slot, xsell_ref_slot(r->entry[m]));
        }
    }
}


/* without a lock: a whole record, or none */

static void
check_readers(void)
{
    int              rc;
    unsigned         k;
    xsell_session_t  s;

    for (k = 0; k < KEYS; k++) {
        rc = xsell_session_read(&u.a, keys[k], &s);

        if (rc == XSELL_OK) {
            check_record(k, &s.r);
            assert_true(s.r.n >= 4 || k == KEYS - 1);
        }
    }
}


static void
look_at_bucket(void)
{
    int                      rc;
    unsigned                 k;
    xsell_session_t          s;
    const xsell_bucket_t    *was;

    as_found();
    check_readers();

    /* the next locker repairs, also for an event that changes nothing */

    erase(&u, stranger);
    assert_int_equal(xsell_lock_try(&u.a.sessions[0].lock), XSELL_OK);
    xsell_lock_release(&u.a.sessions[0].lock);

    was = (const xsell_bucket_t *) (const void *) before;

    for (k = 0; k < KEYS; k++) {
        rc = xsell_session_read(&u.a, keys[k], &s);
        assert_int_not_equal(rc, XSELL_BUSY);

        if (k != victim && k < XSELL_WAYS) {
            assert_int_equal(rc, XSELL_OK);
            assert_memory_equal(&s.r, &was->record[k], sizeof(s.r));
            continue;
        }

        if (rc == XSELL_OK) {
            check_record(k, &s.r);
            mended++;
        }
    }

    lost += xsell_session_read(&u.a, keys[victim], &s) == XSELL_NONE
            && xsell_session_read(&u.a, keys[KEYS - 1], &s) == XSELL_NONE;
}


static void
act_update(void)
{
    /* the oldest of four moves to the front: all entries shift */

    (void) view(&t, keys[5], 5, 300, NULL);
}


static void
act_evict(void)
{
    (void) view(&t, keys[KEYS - 1], KEYS - 1, 400, NULL);
}


static void
act_erase(void)
{
    erase(&t, keys[2]);
}


static void
step_bucket(void (*act)(void), unsigned of)
{
    fill();
    victim = of;
    mended = 0;
    lost = 0;

    if (!step(act, look_at_bucket, &t.a.sessions[0], sizeof(xsell_bucket_t))) {
        print_message("# skipped: can't be stepped here\n");
        return;
    }

    print_message("# %u states, record there in %u, free in %u\n", states,
                  mended, lost);

    assert_true(states > 10);
    shared_validate(&t);
}


/* hazard: an update that is cut short loses the visit, or mixes it up */

static void
test_update(void **state)
{
    xsell_session_t  s;

    step_bucket(act_update, 5);
    assert_int_equal(lost, 0);

    assert_int_equal(xsell_session_read(&t.a, keys[5], &s), XSELL_OK);
    assert_int_equal(xsell_ref_slot(s.r.entry[0]), xsell_ref_slot(t.ref[5]));
    assert_int_equal(s.r.n, 4);
}


/* hazard: the newcomer gets what the evicted visitor did, or the other way */

static void
test_evict(void **state)
{
    xsell_session_t  s;

    step_bucket(act_evict, 3);

    assert_int_equal(xsell_session_read(&t.a, keys[3], &s), XSELL_NONE);
    assert_int_equal(xsell_session_read(&t.a, keys[KEYS - 1], &s), XSELL_OK);
    assert_int_equal(s.r.n, 1);
}


/* hazard: an erasure that is cut short leaves a part of the visit */

static void
test_erase(void **state)
{
    xsell_session_t  s;

    step_bucket(act_erase, 2);
    assert_int_equal(xsell_session_read(&t.a, keys[2], &s), XSELL_NONE);
}


/* ---- an impression ----------------------------------------------------- */

static uint64_t             old_id, new_id;
static xsell_impression_t   old_imp, new_imp;


static void
slate(xsell_impression_t *imp, unsigned number)
{
    unsigned  i;

    memset(imp, 0, sizeof(xsell_impression_t));
    imp->session = number;
    imp->anchor = t.ref[number];
    imp->n = (uint8_t) number;

    for (i = 0; i < number; i++) {
        imp->row[i].ref = t.ref[number + i];
        memset(imp->row[i].feature, (int) number, XSELL_FEATURES);
    }
}


/* the old slate, the new one, or none; and a next one finds the place */

static void
look_at_impression(void)
{
    int                  is_new, is_old;
    xsell_impression_t   imp;
    xsell_impression_t  *place;

    place = &u.a.impressions[new_id % u.a.impressions_n];
    memcpy(place, &t.a.impressions[new_id % u.a.impressions_n],
           sizeof(xsell_impression_t));

    is_old = xsell_impression_read(&u.a, old_id, &imp) == XSELL_OK;

    if (is_old) {
        assert_int_equal(imp.session, 4);
        assert_memory_equal(imp.row, old_imp.row, sizeof(imp.row));
    }

    is_new = xsell_impression_read(&u.a, new_id, &imp) == XSELL_OK;

    if (is_new) {
        assert_int_equal(imp.session, 7);
        assert_memory_equal(imp.row, new_imp.row, sizeof(imp.row));
    }

    assert_false(is_old && is_new);
    assert_int_equal(xsell_impression_click(&u.a, old_id, 0, 0, &imp),
                     is_old ? XSELL_OK : XSELL_ELATE);

    u.a.header->impression = new_id - 1 + u.a.impressions_n;
    slate(&imp, 9);
    assert_int_equal(xsell_impression_open(&u.a, &imp),
                     new_id + u.a.impressions_n);
    assert_int_equal(xsell_impression_read(&u.a, new_id + u.a.impressions_n,
                                           &imp),
                     XSELL_OK);
    assert_int_equal(imp.session, 9);
}


static void
act_open(void)
{
    slate(&new_imp, 7);
    (void) xsell_impression_open(&t.a, &new_imp);
}


/* hazard: a slate of two decisions, or a place that is never used again */

static void
test_impression(void **state)
{
    slate(&old_imp, 4);
    slate(&new_imp, 7);

    old_id = xsell_impression_open(&t.a, &old_imp);
    new_id = old_id + t.a.impressions_n;
    t.a.header->impression = new_id - 1;

    if (!step(act_open, look_at_impression,
              &t.a.impressions[new_id % t.a.impressions_n],
              sizeof(xsell_impression_t)))
    {
        print_message("# skipped: can't be stepped here\n");
        return;
    }

    print_message("# %u states\n", states);
    assert_true(states > 25);
    assert_int_equal(xsell_impression_read(&t.a, new_id, &new_imp), XSELL_OK);
}


/* ---- order ids --------------------------------------------------------- */

/* all but the oldest are known at every instant; the new one, once */

static void
look_at_orders(void)
{
    uint64_t  i;

    for (i = 2; i <= XSELL_ORDER_WAYS; i++) {
        memcpy(&u.a.orders[0], &t.a.orders[0], sizeof(u.a.orders[0]));
        assert_int_equal(xsell_order_once(&u.a, i), XSELL_EREPEATED);
    }

    (void) xsell_order_once(&u.a, 100);
    assert_int_equal(xsell_order_once(&u.a, 100), XSELL_EREPEATED);
}


static void
act_order(void)
{
    (void) xsell_order_once(&t.a, 100);
}


/* hazard: a learner killed in an order makes known orders new again */

static void
test_order(void **state)
{
    uint64_t  i;

    for (i = 1; i <= XSELL_ORDER_WAYS; i++) {
        assert_int_equal(xsell_order_once(&t.a, i), XSELL_OK);
    }

    if (!step(act_order, look_at_orders, &t.a.orders[0],
              sizeof(xsell_order_bucket_t)))
    {
        print_message("# skipped: can't be stepped here\n");
        return;
    }

    assert_int_equal(states, XSELL_ORDER_WAYS);
}


#define test(name)                                                            \
    cmocka_unit_test_setup_teardown(test_##name, setup, teardown)


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        test(update),
        test(evict),
        test(erase),
        test(impression),
        test(order)
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}


/*
 * torture_store_test.c: processes on one arena that are killed and stopped
 * at random instants: session buckets, event rings, impressions.
 *
 * Each test keeps a few children at work, kills one after the other and puts
 * new ones in their place.  Children check all that they read and count what
 * is wrong on a board that survives them.  Random pauses come from a fixed
 * seed; the instants are the machine's.  XSELL_TORTURE=N does N times as
 * much (default 1, about five seconds; at most 40).
 */

#include "shared_test.h"

#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>


#define MB          (1024 * 1024)
#define CHILDREN    4
#define KEYS        24              /* of two buckets: 3 for 2 places */
#define LIVES       4096            /* incarnations of producers */
#define CLICK_BITS  (1u << 26)
#define LIFE_S      120             /* a child's own end, if all else fails */

typedef void (*work_pt)(uint64_t seed, unsigned life);


/* what children leave behind: shared, outside the arena */

typedef struct {
    uint64_t  wrong;                /* must stay 0 */
    char      what[120];            /* the first of them */
    uint64_t  done;                 /* operations */
    uint64_t  busy;
    uint64_t  repeated;             /* events seen twice */
    uint32_t  writer;               /* holder of the lease */
    uint64_t  pushed[LIVES];
    uint64_t  learned[LIVES];
    uint64_t  first;                /* impression of the round */
    uint32_t  clicked[CLICK_BITS / 32];
} board_t;


static shared_t  t;
static board_t   *board;
static uint64_t  keys[KEYS];
static uint64_t  dice;
static pid_t     child[CHILDREN];
static unsigned  kills, lives;


static unsigned
times(void)
{
    const char  *p;

    p = getenv("XSELL_TORTURE");

    return p && atoi(p) > 0 && atoi(p) <= 40 ? (unsigned) atoi(p) : 1;
}


static uint64_t
now_ms(void)
{
    struct timespec  ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);

    return (uint64_t) ts.tv_sec * 1000 + (uint64_t) ts.tv_nsec / 1000000;
}


static void
pause_us(uint64_t us)
{
    struct timespec  ts;

    ts.tv_sec = 0;
    ts.tv_nsec = (long) us * 1000;
    nanosleep(&ts, NULL);
}


static void
wrong(const char *what, uint64_t number)
{
    if (__atomic_fetch_add(&board->wrong, 1, __ATOMIC_ACQ_REL) == 0) {
        snprintf(board->what, sizeof(board->what), "%s (%llu)", what,
                 (unsigned long long) number);
    }
}


static void
nothing_wrong(void)
{
    if (board->wrong) {
        fail_msg("%llu times wrong, first: %s",
                 (unsigned long long) board->wrong, board->what);
    }
}


/* ---- children ---------------------------------------------------------- */

static void
start(unsigned i, work_pt work)
{
    pid_t     pid;
    uint64_t  seed;

    seed = xsell_random(&dice);
    pid = fork();
    assert_true(pid >= 0);

    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        alarm(LIFE_S);
        work(seed, lives);
        _exit(0);
    }

    lives++;
    child[i] = pid;
}


static void
end(unsigned i)
{
    int  status;

    if (child[i] > 0) {
        kill(child[i], SIGKILL);
        waitpid(child[i], &status, 0);
        child[i] = 0;
    }
}


static void
signal_others(unsigned i, int number)
{
    unsigned  k;

    for (k = 0; k < CHILDREN; k++) {
        if (k != i && child[k] > 0) {
            kill(child[k], number);
        }
    }
}


/*
 * Kills n children at random instants; each is replaced at once.  Every
 * second time the others stand still meanwhile, so that `after` sees what
 * was left before one of them has repaired it.
 */

static void
massacre(unsigned n, const work_pt work[CHILDREN], void (*after)(void))
{
    unsigned  i, k;

    for (i = 0; i < CHILDREN; i++) {
        start(i, work[i]);
    }

    pause_us(5000);

    for (k = 0; k < n; k++) {
        pause_us(xsell_random(&dice) % 4000);
        i = (unsigned) (xsell_random(&dice) % CHILDREN);

        if (k % 8 == 0) {

            /* stopped for a while first: the others must go on */

            kill(child[i], SIGSTOP);
            pause_us(10000);
        }

        if (k % 2 && after) {
            signal_others(i, SIGSTOP);
            end(i);
            after();
            signal_others(i, SIGCONT);

        } else {
            end(i);
        }

        kills++;
        start(i, work[i]);
    }

    for (i = 0; i < CHILDREN; i++) {
        end(i);
        kills++;
    }
}


static int
setup(void **state)
{
    shared_open(&t, MB);

    board = mmap(NULL, sizeof(board_t), PROT_READ | PROT_WRITE,
                 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(board != MAP_FAILED);

    dice = 20240229;
    kills = 0;
    lives = 0;

    return 0;
}


static int
teardown(void **state)
{
    unsigned  i;

    for (i = 0; i < CHILDREN; i++) {
        end(i);
    }

    munmap(board, sizeof(board_t));
    shared_close(&t);

    return 0;
}


/* ---- session buckets --------------------------------------------------- */

static int
apply(unsigned type, unsigned k, unsigned item, uint32_t at_s, int cookie)
{
    xsell_event_t  ev;

    memset(&ev, 0, sizeof(ev));

    ev.type = (uint8_t) type;
    ev.session = keys[k];
    ev.time_ms = (uint64_t) at_s * 1000;
    ev.item = t.ref[item];
    ev.flags = cookie ? XSELL_EV_COOKIE : 0;

    return xsell_session_apply(&t.a, &ev, NULL);
}


/* keys that share two buckets of the main table */

static void
choose_keys(void)
{
    unsigned         n;
    uint64_t         key;
    xsell_event_t    ev;

    n = 0;

    for (key = 1; n < KEYS; key++) {
        memset(&ev, 0, sizeof(ev));
        ev.type = XSELL_EVENT_VIEW;
        ev.session = key;
        ev.flags = XSELL_EV_COOKIE;
        ev.item = t.ref[0];

        assert_int_equal(xsell_session_apply(&t.a, &ev, NULL), XSELL_OK);

        if (ev.session_idx / XSELL_WAYS == n % 2) {
            keys[n++] = key;
        }

        ev.type = XSELL_EVENT_ERASE;
        ev.item = XSELL_NO_REF;
        assert_int_equal(xsell_session_apply(&t.a, &ev, NULL), XSELL_OK);
    }
}


/* item i is seen by visitor i % KEYS only: whose a record is shows in it */

static void
check_session(unsigned k)
{
    unsigned         i, m;
    xsell_session_t  s;

    if (xsell_session_read(&t.a, keys[k], &s) != XSELL_OK) {
        return;
    }

    if (s.r.n > XSELL_HISTORY || s.r.visit_n > s.r.n || s.r.visits == 0) {
        wrong("a record of absurd numbers", s.r.n);
        return;
    }

    for (i = 0; i < s.r.n; i++) {

        if (xsell_ref_slot(s.r.entry[i]) % KEYS != k) {
            wrong("another visitor's item", xsell_ref_slot(s.r.entry[i]));
        }

        for (m = 0; m < i; m++) {
            if (xsell_ref_slot(s.r.entry[i]) == xsell_ref_slot(s.r.entry[m])) {
                wrong("an item twice", xsell_ref_slot(s.r.entry[i]));
            }
        }
    }
}


static void
hammer(uint64_t seed, unsigned life)
{
    int       rc;
    unsigned  item, k, type;
    uint64_t  bits;

    for ( ;; ) {
        bits = xsell_random(&seed);

        k = (unsigned) (bits % KEYS);
        item = (unsigned) (bits >> 8) % (SHARED_ITEMS / KEYS) * KEYS + k;
        type = bits >> 24 & 1 ? XSELL_EVENT_VIEW
                              : 1 + (unsigned) (bits >> 25) % 11;

        /* a millisecond is a second here, and clocks are a little apart */

        rc = apply(type, k, item,
                   (uint32_t) (now_ms() - (bits >> 40) % 3),
                   bits >> 48 & 3);

        if (rc == XSELL_BUSY) {
            __atomic_fetch_add(&board->busy, 1, __ATOMIC_RELAXED);

        } else if (rc == XSELL_EINVAL && type != XSELL_EVENT_RATE) {
            wrong("an event refused", type);
        }

        check_session((unsigned) (bits >> 52) % KEYS);
        __atomic_fetch_add(&board->done, 1, __ATOMIC_RELAXED);
    }
}


/* what kills left: buckets without an owner, records half stored */

static unsigned  orphans, torn;

static void
count_orphans_of(const xsell_bucket_t *b, uint32_t n)
{
    uint32_t  word;

    for ( ; n > 0; n--, b++) {
        word = xsell_load((const uint32_t *) (const void *) &b->lock);

        if (word & FUTEX_OWNER_DIED) {
            orphans++;
            torn += xsell_load(&b->seq) & 1;
        }
    }
}


static void
count_orphans(void)
{
    count_orphans_of(t.a.sessions, t.a.buckets_n);
    count_orphans_of(t.a.probation, t.a.probation_n);
}


/* hazard: a worker killed in a record leaves a lock held, a mix of two
   visitors, or a bucket that nobody can use any more */

static void
test_kills_in_buckets(void **state)
{
    unsigned       i;
    const work_pt  work[CHILDREN] = { hammer, hammer, hammer, hammer };

    orphans = 0;
    torn = 0;
    choose_keys();
    massacre(200 * times(), work, count_orphans);

    print_message("# %u kills, %llu events, %llu busy; %u died with a lock, "
                  "%u in a record\n", kills,
                  (unsigned long long) board->done,
                  (unsigned long long) board->busy, orphans, torn);

    nothing_wrong();
    shared_validate(&t);
    assert_true(orphans > 0);

    /* every bucket can be used at once, and all are whole afterwards */

    for (i = 0; i < KEYS; i++) {
        assert_int_equal(apply(XSELL_EVENT_VIEW, i, i, UINT32_MAX, 1),
                         XSELL_OK);
        check_session(i);
    }

    nothing_wrong();
    shared_validate(&t);
    assert_int_equal(t.a.sessions[0].seq & 1, 0);
    assert_int_equal(t.a.sessions[1].seq & 1, 0);
}


static void
hold(uint64_t seed, unsigned life)
{
    xsell_bucket_t  *b;

    b = &t.a.sessions[0];

    if (xsell_lock_try(&b->lock) == XSELL_BUSY) {
        _exit(1);
    }

    raise(SIGSTOP);

    /* continued: as a writer half-way through */

    b->way = 1;
    xsell_seq_open(&b->seq);
    raise(SIGSTOP);
}


static void
wait_stopped(unsigned i)
{
    int  status;

    assert_int_equal(waitpid(child[i], &status, WUNTRACED), child[i]);
    assert_true(WIFSTOPPED(status));
}


/* hazard: a stopped owner of a bucket stops others, or is robbed */

static void
test_stopped_holder(void **state)
{
    unsigned         i;
    uint64_t         since;
    xsell_session_t  s;

    choose_keys();

    assert_int_equal(apply(XSELL_EVENT_VIEW, 0, 0, 100, 1), XSELL_OK);
    assert_int_equal(apply(XSELL_EVENT_VIEW, 1, 1, 100, 1), XSELL_OK);

    start(0, hold);
    wait_stopped(0);
    since = now_ms();

    for (i = 0; i < 1000; i++) {
        assert_int_equal(apply(XSELL_EVENT_VIEW, 0, KEYS, 120 + i, 1),
                         XSELL_BUSY);
        assert_int_equal(apply(XSELL_EVENT_ERASE, 0, 0, 120 + i, 1),
                         XSELL_BUSY);
        assert_int_equal(apply(XSELL_EVENT_VIEW, 1, 1, 120 + i, 1),
                         XSELL_OK);
        assert_int_equal(xsell_session_read(&t.a, keys[0], &s), XSELL_OK);
        assert_int_equal(s.r.last_s, 100);
    }

    kill(child[0], SIGCONT);
    wait_stopped(0);

    for (i = 0; i < 1000; i++) {
        assert_int_equal(apply(XSELL_EVENT_VIEW, 0, KEYS, 120 + i, 1),
                         XSELL_BUSY);
        assert_int_equal(xsell_session_read(&t.a, keys[0], &s), XSELL_BUSY);
    }

    /* 6000 tries beside a stopped owner: not one of them waited */

    assert_true(now_ms() - since < 2000);

    end(0);
    assert_int_equal(apply(XSELL_EVENT_VIEW, 0, KEYS, 3000, 1), XSELL_OK);
    assert_int_equal(xsell_session_read(&t.a, keys[0], &s), XSELL_OK);
    assert_int_equal(s.r.n, 2);
    shared_validate(&t);
}


/* ---- event rings ------------------------------------------------------- */

/* events of a life are numbered from 1; the board knows what was pushed */

static void
produce(uint64_t seed, unsigned life)
{
    uint64_t       number;
    xsell_claim_t  c;
    xsell_event_t  ev;

    memset(&ev, 0, sizeof(ev));
    ev.type = XSELL_EVENT_VIEW;
    ev.session = life + 1;

    if (life >= LIVES || xsell_ring_claim(&t.a, &c, 3) != XSELL_OK) {
        wrong("no ring", life);
        return;
    }

    for (number = 1; /* void */ ; number++) {
        ev.order = number;
        ev.impression = ~number;
        memset(ev.others, (int) (number & 0xff), sizeof(ev.others));

        while (xsell_ring_push(&t.a, &c, &ev) != XSELL_OK) {
            sched_yield();
        }

        xsell_store_release(&board->pushed[life], number);
    }
}


static void
learn(const xsell_event_t *ev)
{
    uint64_t  *last;

    if (ev->session - 1 >= LIVES || ev->impression != ~ev->order
        || ev->others[0] != (ev->order & 0xff) * 0x01010101u
        || ev->others[XSELL_HISTORY - 1] != ev->others[0])
    {
        wrong("a mixed event", ev->order);
        return;
    }

    last = &board->learned[ev->session - 1];

    if (ev->order == *last + 1) {
        xsell_store_release(last, ev->order);

    } else if (ev->order == *last) {
        __atomic_fetch_add(&board->repeated, 1, __ATOMIC_RELAXED);

    } else {
        wrong("events lost or out of order", ev->order);
    }
}


static uint32_t
drain(void)
{
    uint32_t       n, r;
    xsell_event_t  ev;

    n = 0;

    for (r = 0; r < XSELL_RINGS; r++) {
        while (n < 1000 && xsell_ring_peek(&t.a, r, &ev) == XSELL_OK) {
            learn(&ev);
            xsell_ring_pop(&t.a, r);
            n++;
        }
    }

    return n;
}


static void
consume(uint64_t seed, unsigned life)
{
    unsigned  i;

    for ( ;; ) {

        if (xsell_lock_try(&t.a.header->lease) == XSELL_BUSY) {
            sched_yield();
            continue;
        }

        xsell_store_release(&board->writer, life);

        for (i = 0; i < 10; i++) {
            if (drain() == 0) {
                sched_yield();
            }

            if (xsell_load_acquire(&board->writer) != life) {
                wrong("two writers", life);
            }
        }

        xsell_lock_release(&t.a.header->lease);
        __atomic_fetch_add(&board->done, 1, __ATOMIC_RELAXED);
    }
}


/* hazard (trap 78): a killed producer or learner loses events, repeats more
   than the one that it was at, or leaves two learners */

static void
test_kills_at_rings(void **state)
{
    unsigned       i;
    uint64_t       events;
    const work_pt  work[CHILDREN] = { produce, produce, consume, consume };

    massacre(100 * times(), work, NULL);

    while (drain() != 0) {
        /* what the dead left in their rings */
    }

    nothing_wrong();
    events = 0;

    for (i = 0; i < lives; i++) {
        events += board->learned[i];

        /* one more than the board knows: killed between push and board */

        assert_true(board->learned[i] - board->pushed[i] <= 1);
    }

    print_message("# %u kills, %llu events, %llu repeated, 0 lost\n", kills,
                  (unsigned long long) events,
                  (unsigned long long) board->repeated);

    assert_true(events > 0);
    assert_true(board->repeated <= kills);
    shared_validate(&t);
}


/* ---- impressions ------------------------------------------------------- */

/* a slate whose every field follows from its session */

static void
slate(xsell_impression_t *imp, uint64_t number)
{
    unsigned  i;

    memset(imp, 0, sizeof(xsell_impression_t));

    imp->session = number;
    imp->time_ms = ~number;
    imp->anchor = t.ref[number % SHARED_ITEMS];
    imp->n = (uint8_t) (number % (XSELL_SLATE_MAX + 1));

    for (i = 0; i < imp->n; i++) {
        imp->row[i].ref = t.ref[(number + i) % SHARED_ITEMS];
        imp->row[i].position = (uint8_t) i;
        memset(imp->row[i].feature, (int) (number & 0x7f), XSELL_FEATURES);
    }
}


static void
check_slate(const xsell_impression_t *imp)
{
    xsell_impression_t  want;

    slate(&want, imp->session);

    if (imp->time_ms != want.time_ms || imp->anchor != want.anchor
        || imp->n != want.n || memcmp(imp->row, want.row, sizeof(want.row)))
    {
        wrong("a mixed slate", imp->seq);
    }
}


static void
book(uint64_t id, unsigned position)
{
    uint32_t  at, bit;

    at = (uint32_t) (id * 16 + position) % CLICK_BITS;
    bit = 1u << at % 32;

    if (__atomic_fetch_or(&board->clicked[at / 32], bit, __ATOMIC_ACQ_REL)
        & bit)
    {
        wrong("a click booked twice", id);
    }
}


static void
show_and_click(uint64_t seed, unsigned life)
{
    unsigned            i, position;
    uint64_t            bits, id;
    xsell_impression_t  imp;

    for ( ;; ) {
        bits = xsell_random(&seed);

        slate(&imp, bits);
        id = xsell_impression_open(&t.a, &imp);

        if (id - board->first >= CLICK_BITS / 16) {
            pause();
        }

        /* its own and others' newest ones, some of them being overwritten */

        for (i = 0; i < 6; i++) {
            bits = xsell_random(&seed);
            position = bits % XSELL_SLATE_MAX;

            if (xsell_impression_click(&t.a, id - (bits >> 8) % 4
                                       - (i & 1) * (t.a.impressions_n - 2),
                                       position, 0, &imp)
                == XSELL_OK)
            {
                check_slate(&imp);
                book(imp.seq, position);
                __atomic_fetch_add(&board->done, 1, __ATOMIC_RELAXED);
            }
        }
    }
}


/* hazard: a slate of two writers, a click booked twice or on the next slate,
   a place that a dead writer keeps */

static void
test_kills_at_impressions(void **state)
{
    unsigned            i, whole;
    uint64_t            id;
    xsell_impression_t  imp;
    const work_pt       work[CHILDREN] = {
        show_and_click, show_and_click, show_and_click, show_and_click
    };

    for (i = 0; i < times(); i++) {
        massacre(100, work, NULL);
        memset(board->clicked, 0, sizeof(board->clicked));
        board->first = t.a.header->impression;
    }

    nothing_wrong();

    print_message("# %u kills, %llu slates, %llu clicks\n", kills,
                  (unsigned long long) t.a.header->impression,
                  (unsigned long long) board->done);

    assert_true(board->done > 0);
    shared_validate(&t);

    /* after one more lap each place has a slate again */

    whole = 0;

    for (i = 0; i < t.a.impressions_n; i++) {
        slate(&imp, i);
        id = xsell_impression_open(&t.a, &imp);
        whole += xsell_impression_read(&t.a, id, &imp) == XSELL_OK;
    }

    assert_int_equal(whole, t.a.impressions_n);
}


#define test(name)                                                            \
    cmocka_unit_test_setup_teardown(test_##name, setup, teardown)


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        test(kills_in_buckets),
        test(stopped_holder),
        test(kills_at_rings),
        test(kills_at_impressions)
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}

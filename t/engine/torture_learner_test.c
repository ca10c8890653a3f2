
/*
 * torture_learner_test.c.  Hazards: a learner killed at any instant leaves a
 * record that blocks or misleads the others, loses more than the event in
 * its hands, or leaves a lease that nobody gets; readers beside it see wild
 * numbers (trap 79); a learner that is stopped, not dead, gets a second one
 * beside it; a model that was half learned is gone on with, or published.
 *
 * The child takes the lease, feeds itself through a ring and learns, until
 * it is killed.  What a ring has taken is counted by its head, so the truth
 * is known to the event.
 */

#include "model_test.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>


#define KILLS      400
#define ITEMS      60
#define VISITORS   500

static shop_t              shop;
static volatile uint32_t  *stage;       /* shared: 1, the child is at work */


static int
setup(void **state)
{
    shop_open(&shop, 2 * MB, ITEMS);
    stage = mmap(NULL, XSELL_PAGE_BYTES, PROT_READ | PROT_WRITE,
                 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(stage != MAP_FAILED);

    return 0;
}


static int
teardown(void **state)
{
    munmap((void *) stage, XSELL_PAGE_BYTES);
    shop_close(&shop);

    return 0;
}


static void
pause_us(uint32_t us)
{
    struct timespec  t;

    t.tv_sec = 0;
    t.tv_nsec = us * 1000;
    nanosleep(&t, NULL);
}


/* a slate of four was shown to the event's visitor, who clicks one of it */

static void
make_click(xsell_event_t *ev, uint64_t *rng)
{
    uint32_t             k;
    xsell_impression_t   imp;

    memset(&imp, 0, sizeof(imp));
    imp.session = ev->session;
    imp.time_ms = ev->time_ms;
    imp.anchor = shop_ref(&shop, 1);
    imp.n = 4;
    imp.arm = xsell_random(rng) % 16;
    imp.kind = xsell_random(rng) % 4;

    for (k = 0; k < 4; k++) {
        imp.row[k].ref = shop_ref(&shop, (uint32_t)
                                  (xsell_random(rng) % ITEMS));
        imp.row[k].position = (uint8_t) k;
        imp.row[k].pair = (uint16_t) xsell_random(rng);
        imp.row[k].feature[XSELL_F_BIAS] = 32;
        imp.row[k].feature[xsell_random(rng) % XSELL_FEATURES] = 40;
    }

    ev->type = XSELL_EVENT_CLICK;
    ev->impression = xsell_impression_open(&shop.a, &imp);
    ev->position = xsell_random(rng) % 4;
    ev->item = imp.row[ev->position].ref;

    if (xsell_random(rng) % 2) {
        (void) xsell_impression_click(&shop.a, ev->impression, ev->position,
                                      ev->time_ms, &imp);
    }
}


/* what the i-th event is, follows from i, but for the number of its slate */

static void
make_event(xsell_event_t *ev, uint64_t i)
{
    uint32_t  k;
    uint64_t  rng;

    rng = i;
    shop.now_ms = 1000 + i * 3000;
    shop_event(&shop, ev, XSELL_EVENT_VIEW,
               visitor(xsell_random(&rng) % VISITORS),
               (uint32_t) (xsell_random(&rng) % 10
                           * (xsell_random(&rng) % (ITEMS / 10))));

    switch (xsell_random(&rng) % 12) {

    case 0:
        ev->type = XSELL_EVENT_ORDER;
        ev->item = XSELL_NO_REF;
        ev->order = i + 1;
        ev->n = 16;

        for (k = 0; k < 16; k++) {
            ev->others[k] = shop_ref(&shop, (uint32_t)
                                     ((i + k * 3) % ITEMS));
        }

        break;

    case 1:
    case 3:
        make_click(ev, &rng);
        break;

    case 2:
        ev->type = XSELL_EVENT_CART;
        break;
    }
}


static void
work(uint64_t seed)
{
    int             rc;
    uint64_t        i, rng;
    xsell_claim_t   claim;
    xsell_event_t   ev;

    rng = seed;

    if (xsell_ring_claim(&shop.a, &claim, 0) != XSELL_OK) {
        _exit(2);
    }

    if (xsell_lease_try(&shop.a, (uint32_t) getpid()) != XSELL_OK) {
        _exit(3);
    }

    *stage = 1;

    for (i = seed << 20; ; i++) {
        make_event(&ev, i);

        rc = xsell_session_apply(&shop.a, &ev, NULL);

        if (rc != XSELL_OK && rc != XSELL_NONE) {
            continue;
        }

        if (rc == XSELL_NONE) {
            ev.session_idx = XSELL_NO_REF;
        }

        (void) xsell_ring_push(&shop.a, &claim, &ev);

        if (xsell_random(&rng) % 4 == 0) {
            (void) xsell_learn_drain(&shop.a, &shop.settings, shop.cat, 64,
                                     NULL, NULL);
            xsell_learn_tick(&shop.a, shop.now_ms);
        }

        /* slots change hands now and then, and chunks with them */

        if (xsell_random(&rng) % 64 == 0) {
            xsell_item_reset(&shop.a, 50 + (uint32_t)
                             (xsell_random(&rng) % 10));
        }
    }
}


/* a child that ends with the test, also with one that fails half way */

static pid_t
child(void (*run)(uint64_t arg), uint64_t arg)
{
    pid_t  pid;

    pid = fork();
    assert_true(pid >= 0);

    if (pid == 0) {
        (void) prctl(PR_SET_PDEATHSIG, SIGKILL);
        run(arg);
    }

    return pid;
}


static void
reap(pid_t pid)
{
    int  status;

    assert_int_equal(waitpid(pid, &status, 0), pid);

    if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL) {
        fail_msg("a child ended by itself: %x", (unsigned) status);
    }
}


/* reads what visitors would read, all the time */

static void
read_on(uint64_t unused)
{
    uint32_t       i, k;
    xsell_slate_t  slate;

    shop.settings.min_visits = 1;

    for (i = 0; ; i++) {
        (void) shop_ask(&shop, i % 3 ? visitor(i % VISITORS) : 0, i % ITEMS,
                        6, &slate);

        for (k = 0; k < slate.n; k++) {
            if (slate.pick[k].item >= ITEMS
                || slate.pick[k].reason >= XSELL_REASONS
                || !xsell_finite(slate.pick[k].score))
            {
                _exit(4);
            }
        }
    }
}


static uint64_t
pushed(void)
{
    uint32_t  i;
    uint64_t  n;

    for (n = 0, i = 0; i < XSELL_RINGS; i++) {
        n += xsell_ring_at(&shop.a, i)->head;
    }

    return n;
}


/* whoever holds the lease now goes on with a belief that can be one, and
   readers have one */

static void
the_model_is_one(void)
{
    const xsell_model_t    *m;
    const xsell_learner_t  *l;

    m = &shop.a.models[shop.a.header->generation & 1];
    l = shop.a.learner;

    assert_true(xsell_weights_good(m));
    assert_true(xsell_weights_possible(m));
    assert_true(!(l->work.factor[0][0] > 0)
                || xsell_weights_possible(&l->work));
}


static void
killed_anywhere(void **state)
{
    uint32_t  i, tries, repaired, learning;
    uint64_t  n, seed, recovered;
    pid_t     pid, reader;

    seed = 99;
    repaired = 0;
    learning = 0;

    reader = child(read_on, 0);

    for (i = 0; i < KILLS; i++) {
        *stage = 0;
        recovered = shop.a.header->recovered;

        pid = child(work, i + 1);

        for (tries = 0; *stage == 0 && tries < 20000; tries++) {
            pause_us(20);
        }

        assert_int_equal(*stage, 1);
        pause_us((uint32_t) (xsell_random(&seed) % 3000));

        assert_int_equal(kill(pid, SIGKILL), 0);
        reap(pid);

        repaired += shop.a.header->intent.region != XSELL_REGIONS;
        learning += shop.a.header->intent.region == XSELL_REGION_MODEL;

        /* the kernel hands the lease on at once; the record is repaired */

        assert_int_equal(xsell_lease_try(&shop.a, 1), XSELL_OK);
        assert_int_equal(shop.a.header->recovered, recovered + 1);
        assert_int_equal(shop.a.header->intent.region, XSELL_REGIONS);

        /* half of the kills: the successor goes on from what the other left
           in the rings, the others: the next child does */

        if (i % 2) {
            (void) xsell_learn_drain(&shop.a, &shop.settings, shop.cat, 10000,
                                     NULL, NULL);
        }

        the_model_is_one();
        xsell_lease_release(&shop.a);
        shop_validate(&shop);
    }

    assert_int_equal(kill(reader, SIGKILL), 0);
    reap(reader);

    assert_int_equal(xsell_lease_try(&shop.a, 1), XSELL_OK);
    (void) xsell_learn_drain(&shop.a, &shop.settings, shop.cat, 10000, NULL,
                             NULL);
    xsell_lease_release(&shop.a);

    /* one event lost or repeated per kill, at most */

    n = pushed();
    print_message("# %u kills, %u inside a record, %u of these the model's, "
                  "%llu events, %lld off, %llu rows learned\n",
                  KILLS, repaired, learning, (unsigned long long) n,
                  (long long) (shop.a.header->applied - n),
                  (unsigned long long) shop.a.learner->work.updates);

    assert_true(n > KILLS);
    assert_true(shop.a.header->applied + KILLS >= n);
    assert_true(shop.a.header->applied <= n + KILLS);
    assert_true(repaired > 0);
    assert_true(shop.a.learner->work.updates > KILLS);

    shop_validate(&shop);
}


/* a learner that is stopped keeps its lease: nobody learns beside it */

static void
stopped_is_not_dead(void **state)
{
    int       status;
    pid_t     pid;
    uint32_t  tries;
    uint64_t  applied;

    *stage = 0;
    pid = child(work, 1000);

    for (tries = 0; *stage == 0 && tries < 20000; tries++) {
        pause_us(20);
    }

    assert_int_equal(*stage, 1);

    assert_int_equal(kill(pid, SIGSTOP), 0);
    assert_int_equal(waitpid(pid, &status, WUNTRACED), pid);
    assert_true(WIFSTOPPED(status));

    applied = shop.a.header->applied;

    for (tries = 0; tries < 100; tries++) {
        assert_int_equal(xsell_lease_try(&shop.a, 1), XSELL_BUSY);
        pause_us(2000);
    }

    assert_int_equal(shop.a.header->applied, applied);

    assert_int_equal(kill(pid, SIGCONT), 0);

    for (tries = 0; shop.a.header->applied == applied && tries < 20000;
         tries++)
    {
        pause_us(20);
    }

    assert_true(shop.a.header->applied > applied);

    assert_int_equal(kill(pid, SIGKILL), 0);
    reap(pid);

    assert_int_equal(xsell_lease_try(&shop.a, 1), XSELL_OK);
    xsell_lease_release(&shop.a);
    shop_validate(&shop);
}


/* the lease of one process is not another's, nor taken twice */

static void
one_learner_at_a_time(void **state)
{
    int    status;
    pid_t  pid;

    assert_int_equal(xsell_lease_try(&shop.a, 1), XSELL_OK);
    assert_int_equal(shop.a.header->lease_pid, 1);
    assert_int_equal(xsell_lease_try(&shop.a, 2), XSELL_BUSY);
    assert_int_equal(shop.a.header->lease_pid, 1);

    pid = fork();
    assert_true(pid >= 0);

    if (pid == 0) {
        _exit(xsell_lease_try(&shop.a, 3) == XSELL_BUSY ? 0 : 1);
    }

    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);

    xsell_lease_release(&shop.a);
    assert_int_equal(xsell_lease_try(&shop.a, 2), XSELL_OK);
    assert_int_equal(shop.a.header->recovered, 0);
    xsell_lease_release(&shop.a);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(killed_anywhere, setup, teardown),
        cmocka_unit_test_setup_teardown(stopped_is_not_dead, setup, teardown),
        cmocka_unit_test_setup_teardown(one_learner_at_a_time, setup,
                                        teardown)
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("torture learner", tests, NULL, NULL);
}

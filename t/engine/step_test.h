
/*
 * step_test.h: what a killed process leaves, at every instant.
 *
 * A child works on the arena of `shop` under ptrace, an instruction at a time,
 * and after each one that changed what is watched the parent takes a copy,
 * recovers it as the next learner would, validates it and asks the test.
 */

#ifndef STEP_TEST_H
#define STEP_TEST_H

#include "model_test.h"

#include <sched.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>


#define STEPS  3000000

/* of the regions, where a test does not say otherwise: their first records,
   which are those that tests use */
#define WATCH  1024

static shop_t         shop;             /* where the child learns */
static shop_t         copy;             /* as its successor finds it */
static xsell_event_t  event;
static uint64_t       last[XSELL_REGIONS + 1];
static unsigned       states;
static const uint8_t *watched;          /* regions, XSELL_REGIONS ends them */
static unsigned       stride;           /* instructions from look to look */


static inline int
setup(void **state)
{
    shop_open(&shop, XSELL_ARENA_MIN, 60);
    copy = shop;
    shop_arena(&copy.a, XSELL_ARENA_MIN);
    states = 0;
    stride = 1;
    watched = NULL;

    return 0;
}


static inline int
teardown(void **state)
{
    munmap(copy.a.base, copy.a.bytes);
    shop_close(&shop);

    return 0;
}


/* the header, and the learner's regions or those that the test names */

static inline int
changed(void)
{
    size_t                 n;
    uint64_t               sum;
    unsigned               i, any;
    const uint8_t         *r;
    const xsell_region_t  *region;

    static const uint8_t  key[16];
    static const uint8_t  all[] = {
        XSELL_REGION_ITEMS, XSELL_REGION_POSTINGS, XSELL_REGION_CHUNKS,
        XSELL_REGION_PAIRS, XSELL_REGION_TOP, XSELL_REGION_MODEL,
        XSELL_REGION_ORDERS, XSELL_REGION_LEDGER, XSELL_REGION_CROWDS,
        XSELL_REGION_GOES, XSELL_REGIONS
    };

    sum = xsell_siphash(key, shop.a.header, sizeof(xsell_header_t));
    any = sum != last[0];
    last[0] = sum;

    for (r = watched ? watched : all, i = 1; *r != XSELL_REGIONS; r++, i++) {
        region = &shop.a.header->region[*r];
        n = (size_t) (region->count * region->stride);

        if (n > WATCH && *r != XSELL_REGION_LEDGER
            && *r != XSELL_REGION_ORDERS && *r != XSELL_REGION_LEARNER
            && *r != XSELL_REGION_AFFINITY && *r != XSELL_REGION_CROWDS
            && *r != XSELL_REGION_GOES)
        {
            n = WATCH;
        }

        sum = xsell_siphash(key, shop.a.base + region->off, n);
        any |= sum != last[i];
        last[i] = sum;
    }

    return any != 0;
}


static inline void
take_copy(void)
{
    memcpy(copy.a.base, shop.a.base, shop.a.bytes);
    assert_int_equal(xsell_lock_init(&copy.a.header->lease), XSELL_OK);
    xsell_recover(&copy.a);
}


/* parent and child on one processor: waking each other is twice as fast */

static inline void
pin(int on)
{
    int               cpu;
    cpu_set_t         one;

    static cpu_set_t  all;

    if (!on) {
        (void) sched_setaffinity(0, sizeof(all), &all);
        return;
    }

    (void) sched_getaffinity(0, sizeof(all), &all);
    cpu = sched_getcpu();

    if (cpu >= 0) {
        CPU_ZERO(&one);
        CPU_SET(cpu, &one);
        (void) sched_setaffinity(0, sizeof(one), &one);
    }
}


/* steps through act; look is called with each state that it left behind */

static inline int
step(void (*act)(void), void (*look)(void))
{
    int       status;
    pid_t     pid;
    unsigned  i;

    (void) changed();
    pin(1);

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

        if (i % stride == 0 && changed()) {
            states++;
            take_copy();
            shop_validate(&copy);
            look();
        }

        if (ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL) != 0) {
            break;
        }

        assert_int_equal(waitpid(pid, &status, 0), pid);
    }

    pin(0);

    /* not skip(): cmocka's TAP for it, "not ok # SKIP", fails in prove */

    if (WIFEXITED(status) && WEXITSTATUS(status) == 77) {
        print_message("# not tested: this process may not trace its child\n");
        return 0;
    }

    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        kill(pid, SIGKILL);
        waitpid(pid, &status, 0);
        fail_msg("the traced child did not come to its end");
    }

    return 1;
}


#endif /* STEP_TEST_H */

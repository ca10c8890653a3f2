
/*
 * step_dictionary_test.c: the dictionary's protocol, at every instant.
 *
 * A mapping runs while workers look items up, and its master may be killed.
 * What goes wrong there needs two processes to meet within a nanosecond, so
 * chance doesn't find it: here ptrace makes them meet, at each instruction
 * of a look-up and after each store of a mapping.
 */

#include "dictionary_test.h"

#include <sched.h>
#include <signal.h>
#include <unistd.h>

#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>


#define ENDED  0xfffffffdu      /* no reference: the reader was done before */


/*
 * One instruction at a time.  A sanitizer's build has ten times as many, and
 * they are not the ones that run in production: there these are skipped.
 */

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define STEP_NOT  1
#endif
#endif

#if defined(__SANITIZE_ADDRESS__)
#define STEP_NOT  1
#endif

#ifndef STEP_NOT
#define STEP_NOT  0
#endif


/* parent and child on one processor: waking each other is twice as fast */

static void
step_pin(int on)
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


/* not skip(): cmocka's TAP for it, "not ok # SKIP", is a failure to prove */

static void
step_none(void)
{
    print_message("# not stepped: a sanitizer's build, or no ptrace here\n");
}


/* a child that stops at once; -1 if it can't or should not be stepped */

static pid_t
step_fork(void)
{
    int    status;
    pid_t  pid;

    if (STEP_NOT) {
        return -1;
    }

    pid = fork();
    assert_true(pid >= 0);

    if (pid == 0) {
        alarm(120);

        if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0) {
            _exit(99);
        }

        /* not raise(): hundreds of instructions to step out of */

        syscall(SYS_kill, getpid(), SIGSTOP);
        return 0;
    }

    assert_int_equal(waitpid(pid, &status, 0), pid);

    return WIFSTOPPED(status) ? pid : -1;
}


/* one instruction of the child: 0 when it has ended, with *status set */

static int
step(pid_t pid, int *status)
{
    if (ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL) != 0) {
        return 0;
    }

    assert_int_equal(waitpid(pid, status, 0), pid);

    return WIFSTOPPED(*status);
}


/* a full dictionary in which all but the core's slots may be reused; ids and
   references are in d->id and d->out */

static void
dict_fill(dict_t *d, uint32_t core)
{
    dict_choose(d, core, 0, d->cap);
    assert_int_equal(dict_map(d, d->cap), 0);
    d->catalog += 2;
}


/* HASH, DICT and the header at each state that a mapping goes through */

typedef struct {
    uint8_t   *p[2000];
    uint32_t   n;
    size_t     bytes;
} states_t;


static void
states_save(states_t *s, const dict_t *d)
{
    assert_in_range(s->n, 0, 1999);
    s->p[s->n] = malloc(s->bytes);
    assert_non_null(s->p[s->n]);
    memcpy(s->p[s->n++], d->mem, s->bytes);
}


/* maps d->in as a child does that is stepped, saving what it leaves after
   each store; 0 if this system lets nobody step */

static int
states_record(states_t *s, dict_t *d, uint32_t n)
{
    int    status;
    pid_t  pid;

    memset(s, 0, sizeof(*s));

    /* the regions that mapping writes are the first ones */

    s->bytes = (size_t) ((uint8_t *) (d->a.dict + d->cap) - d->mem);
    states_save(s, d);

    pid = step_fork();

    if (pid == -1) {
        free(s->p[0]);
        return 0;
    }

    if (pid == 0) {
        _exit(dict_map(d, n) != 0);
    }

    while (step(pid, &status)) {
        if (memcmp(s->p[s->n - 1], d->mem, s->bytes) != 0) {
            states_save(s, d);
        }
    }

    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);

    return 1;
}


static void
states_free(states_t *s)
{
    uint32_t  i;

    for (i = 0; i < s->n; i++) {
        free(s->p[i]);
    }
}


/* a child's look-up, stopped after k instructions while the dictionary goes
   over to another state; its answer, or ENDED */

static xsell_ref_t
stepped_find(const dict_t *d, uint64_t hash, uint32_t k,
    const states_t *s, uint32_t state, uint32_t *shared)
{
    int    status;
    pid_t  pid;

    memcpy(d->mem, s->p[0], s->bytes);
    shared[0] = 0;
    shared[1] = 0;

    pid = step_fork();
    assert_true(pid >= 0);

    if (pid == 0) {
        __atomic_store_n(&shared[1], 1, __ATOMIC_SEQ_CST);
        shared[0] = xsell_dictionary_find(&d->a, hash);
        __atomic_store_n(&shared[1], 2, __ATOMIC_SEQ_CST);
        _exit(0);
    }

    while (__atomic_load_n(&shared[1], __ATOMIC_SEQ_CST) == 0) {
        assert_true(step(pid, &status));
    }

    while (k-- > 0) {
        assert_true(step(pid, &status));
    }

    k = __atomic_load_n(&shared[1], __ATOMIC_SEQ_CST);
    memcpy(d->mem, s->p[state], s->bytes);

    ptrace(PTRACE_CONT, pid, NULL, NULL);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));

    return k == 2 ? ENDED : shared[0];
}


/* hazard: a reader that is stopped between the entry's hash and its tag, or
   meets a master that is, gets a reference that is neither its item's nor
   none.  Every instruction of the look-up with every state of the mapping
   that gives the slot away */

static void
stepped_reader(void **state)
{
    dict_t       d;
    states_t     s;
    uint32_t     k, j, at, *shared;
    xsell_ref_t  old, ref;

    (void) state;

    shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
                  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(shared != MAP_FAILED);

    step_pin(1);
    dict_open(&d);
    dict_fill(&d, 0);

    /* slot 0 is the first to go */

    for (at = 0; xsell_ref_slot(d.out[at]) != 0; at++) { /* void */ }

    old = d.out[at];
    at = d.id[at];

    dict_choose(&d, 0, 2000, 1);

    if (!states_record(&s, &d, 1)) {
        step_pin(0);
        step_none();
        dict_close(&d);
        return;
    }

    assert_int_equal(xsell_slot_tag(&d.a, xsell_ref_slot(old)), 1);
    assert_in_range(s.n, 7, 40);

    for (ref = old, k = 0; ref != ENDED; k++) {
        for (j = 0; j < s.n && ref != ENDED; j++) {
            ref = stepped_find(&d, d.hash[at], k, &s, j, shared);
            assert_true(ref == XSELL_NO_REF || ref == ENDED || ref == old);
        }
    }

    step_pin(0);
    print_message("# %u instructions, %u states\n", k, s.n);

    assert_in_range(k, 20, 2000);

    states_free(&s);
    munmap(shared, 4096);
    dict_close(&d);
}


/* maps n ids backwards into a copy: items of the core stay, all get slots */

static void
recover_map(dict_t *d, uint32_t n, const xsell_ref_t *core)
{
    uint32_t  i;

    assert_int_equal(dict_map(d, n), 0);

    for (i = 0; i < n; i++) {
        assert_int_equal(xsell_dictionary_find(&d->a, d->in[i]), d->out[i]);

        if (d->id[i] < CORE) {
            assert_int_equal(d->out[i], core[d->id[i]]);
        }
    }

    dict_validate(d);
}


/* hazard: at one instant of a mapping an item that stays can't be found, a
   reference speaks of two items, or a kill just then does lasting harm.
   Each state of a mapping that reuses 30 slots is looked at by a reader, and
   is what two other masters find after a kill: one has the same catalogue,
   the other a small one for a while, then a large one that begins with half
   of it: by then an item whose slot was never finished has another one when
   that slot's turn comes */

static void
stepped_master(void **state)
{
    dict_t       d, was;
    states_t     s;
    uint32_t     i, k;
    xsell_ref_t  core[CORE], old[ITEMS], ref;

    (void) state;

    dict_open(&d);
    dict_fill(&d, 10);

    for (i = 0; i < ITEMS; i++) {
        old[i] = XSELL_NO_REF;
    }

    for (i = 0; i < d.cap; i++) {
        old[d.id[i]] = d.out[i];

        if (d.id[i] < CORE) {
            core[d.id[i]] = d.out[i];
        }
    }

    dict_choose(&d, 10, 2000, 40);
    step_pin(1);

    i = (uint32_t) states_record(&s, &d, 40);
    step_pin(0);

    if (!i) {
        step_none();
        dict_close(&d);
        return;
    }

    /* 30 slots changed hands, each in at least 5 stores */

    assert_in_range(s.n, 150, 1999);
    was = d;

    for (k = 0; k < s.n; k++) {
        d = was;
        memcpy(d.mem, s.p[k], s.bytes);

        for (i = 0; i < ITEMS; i++) {
            ref = xsell_dictionary_find(&d.a, d.hash[i]);

            if (i < 10) {
                assert_int_equal(ref, core[i]);

            } else if (ref != XSELL_NO_REF && old[i] != XSELL_NO_REF) {
                assert_int_equal(ref, old[i]);

            } else if (ref != XSELL_NO_REF) {
                assert_int_equal(xsell_ref_tag(ref), 1);
            }
        }

        dict_validate(&d);
        dict_choose(&d, 10, 2000, 40);
        recover_map(&d, 40, core);

        d = was;
        memcpy(d.mem, s.p[k], s.bytes);
        dict_choose(&d, 10, 0, 10);
        recover_map(&d, 10, core);
        recover_map(&d, 10, core);
        recover_map(&d, 10, core);
        dict_choose(&d, 10, 2015, d.cap);
        dict_front(&d, d.cap, was.id, 40);
        recover_map(&d, d.cap, core);
    }

    states_free(&s);
    dict_close(&d);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(stepped_reader),
        cmocka_unit_test(stepped_master),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}

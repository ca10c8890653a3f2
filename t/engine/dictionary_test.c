
/*
 * dictionary_test.c: slots that stay, and names.
 *
 * Everything learned hangs on slots.  A reload that moves one item's slot
 * silently gives its counters and neighbours to another product, and nobody
 * would notice but the shoppers.
 */

#include "store/xsell_store.h"

#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <cmocka.h>


#define MIB      (1024 * 1024ull)
#define ITEMS    4000           /* ids that the tests know */
#define CORE     200            /* of these, always in the catalogue */
#define ENDED    0xfffffffdu    /* no reference: the reader was done before */

typedef struct {
    xsell_arena_t  a;
    uint8_t       *mem;
    uint32_t       catalog;
    uint32_t       cap;             /* slots */
    uint64_t       rng;
    uint64_t       hash[ITEMS];
    uint64_t       in[ITEMS];       /* hashes of one catalogue */
    uint32_t       id[ITEMS];       /* which ids these are */
    xsell_ref_t    out[ITEMS];
} dict_t;


/* 1 MiB: some 680 slots, so that ITEMS are many times too many */

static void
dict_open(dict_t *d)
{
    int                   n;
    char                  text[16];
    uint32_t              i;
    xsell_error_t         err;

    static const uint8_t  seed[16] = { 3, 1, 4, 1, 5, 9, 2, 6 };

    memset(d, 0, sizeof(*d));

    d->mem = mmap(NULL, MIB, PROT_READ | PROT_WRITE,
                  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(d->mem != MAP_FAILED);
    assert_int_equal(xsell_arena_create(&d->a, d->mem, MIB, seed, 0, &err),
                     XSELL_OK);

    d->cap = d->a.items_n;
    assert_in_range(d->cap, 3 * CORE, ITEMS / 5);

    for (i = 0; i < ITEMS; i++) {
        n = snprintf(text, sizeof(text), "sku-%u", i);
        d->hash[i] = xsell_item_hash(&d->a, text, (size_t) n);
    }
}


static void
dict_close(dict_t *d)
{
    munmap(d->mem, MIB);
}


static void
dict_validate(const dict_t *d)
{
    xsell_error_t  err;

    if (xsell_arena_validate(&d->a, &err) != XSELL_OK) {
        fail_msg("%s", err.text);
    }
}


/* a catalogue of n ids: 0 .. core-1, then from `first` on, shuffled */

static void
dict_choose(dict_t *d, uint32_t core, uint32_t first, uint32_t n)
{
    uint32_t  i, k, t;

    for (i = 0; i < n; i++) {
        d->id[i] = i < core ? i : CORE + (first + i - core) % (ITEMS - CORE);
    }

    for (i = n; i > 1; i--) {
        k = (uint32_t) (xsell_random(&d->rng) % i);
        t = d->id[i - 1];
        d->id[i - 1] = d->id[k];
        d->id[k] = t;
    }

    for (i = 0; i < n; i++) {
        d->in[i] = d->hash[d->id[i]];
    }
}


/* moves those of the catalogue's n ids that are among m others to its
   front */

static void
dict_front(dict_t *d, uint32_t n, const uint32_t *others, uint32_t m)
{
    uint32_t  i, k, t, at;

    at = 0;

    for (i = 0; i < n; i++) {
        for (k = 0; k < m && d->id[i] != others[k]; k++) { /* void */ }

        if (k < m) {
            t = d->id[at];
            d->id[at++] = d->id[i];
            d->id[i] = t;
        }
    }

    for (i = 0; i < n; i++) {
        d->in[i] = d->hash[d->id[i]];
    }
}


static uint32_t
dict_map(dict_t *d, uint32_t n)
{
    d->catalog++;
    return xsell_dictionary_map(&d->a, d->in, n, d->catalog,
                                d->catalog * 1000ull, d->out);
}


/* the longest way of a probe that finds nothing */

static uint32_t
dict_longest(const dict_t *d)
{
    uint32_t  i, way, longest;

    way = 0;
    longest = 0;

    for (i = 0; i <= 2 * d->a.hash_mask; i++) {
        way = d->a.hash[i & d->a.hash_mask] == XSELL_NO_REF ? 0 : way + 1;
        longest = way > longest ? way : longest;
    }

    return longest;
}


/* hazard: a shuffled, grown or shrunk catalogue moves an item to another
   slot, or an item that was away for a while comes back as a stranger */

static void
reloads_move_nothing(void **state)
{
    dict_t       d;
    uint32_t     i, round, n;
    xsell_ref_t  known[ITEMS];

    (void) state;

    dict_open(&d);

    for (i = 0; i < ITEMS; i++) {
        known[i] = XSELL_NO_REF;
    }

    for (round = 0; round < 200; round++) {
        n = 50 + (uint32_t) (xsell_random(&d.rng) % (d.cap - 50));

        /* ids from 0 on only: never more of them than slots */

        dict_choose(&d, n < CORE ? n : CORE, 0, n);
        assert_int_equal(dict_map(&d, n), 0);

        for (i = 0; i < n; i++) {
            if (known[d.id[i]] == XSELL_NO_REF) {
                known[d.id[i]] = d.out[i];
            }

            assert_int_equal(d.out[i], known[d.id[i]]);
            assert_int_equal(xsell_dictionary_find(&d.a, d.in[i]), d.out[i]);
        }

        assert_int_equal(d.a.header->catalog, d.catalog);
    }

    for (i = 0; i < ITEMS; i++) {
        assert_int_equal(xsell_dictionary_find(&d.a, d.hash[i]), known[i]);
    }

    dict_validate(&d);
    dict_close(&d);
}


/* hazard: one id twice in a catalogue gets two slots; 0 gets one at all */

static void
doubles_share_a_slot(void **state)
{
    dict_t    d;
    uint32_t  i;

    (void) state;

    dict_open(&d);

    for (i = 0; i < 100; i++) {
        d.in[i] = d.hash[i % 10];
    }

    d.in[50] = 0;

    assert_int_equal(dict_map(&d, 100), 1);
    assert_int_equal(d.out[50], XSELL_NO_REF);
    assert_int_equal(d.a.header->dict_n, 10);

    for (i = 0; i < 100; i++) {
        if (i != 50) {
            assert_int_equal(d.out[i], d.out[i % 10]);
        }
    }

    assert_int_equal(xsell_dictionary_find(&d.a, 0), XSELL_NO_REF);
    assert_int_equal(dict_map(&d, 0), 0);
    dict_validate(&d);
    dict_close(&d);
}


/* hazard: a full dictionary throws out what is offered right now, by this
   catalogue or by the one that old workers still serve */

static void
full_refuses_then_reuses(void **state)
{
    dict_t    d;
    uint32_t  i, slot;

    (void) state;

    dict_open(&d);

    /* 1: full to the brim, 10 too many */

    dict_choose(&d, 0, 0, d.cap + 10);
    assert_int_equal(dict_map(&d, d.cap + 10), 10);

    /* 2: all new: catalogue 1 is still served, nothing is free */

    dict_choose(&d, 0, 2000, 300);
    assert_int_equal(dict_map(&d, 300), 300);
    dict_validate(&d);

    /* 3: the same again: now catalogue 1's slots may go */

    assert_int_equal(dict_map(&d, 300), 0);

    for (i = 0; i < 300; i++) {
        slot = xsell_ref_slot(d.out[i]);
        assert_true(slot < d.cap);
        assert_int_equal(xsell_ref_tag(d.out[i]), 1);
        assert_int_equal(xsell_slot_tag(&d.a, slot), 1);
        assert_int_equal(d.a.dict[slot].born_s, 3);
    }

    dict_validate(&d);

    /* 4: catalogue 1 is back: 300 of its slots serve catalogue 3 */

    dict_choose(&d, 0, 0, d.cap + 10);
    assert_int_equal(dict_map(&d, d.cap + 10), 310);

    dict_validate(&d);
    dict_close(&d);
}


/* hazard: two items ever get the same reference, so that an old link or
   session speaks of the wrong product.  100 times all items change */

static void
references_are_never_reused(void **state)
{
    dict_t     d;
    uint32_t   round, i, n, key, id;
    uint32_t  *owner;

    (void) state;

    dict_open(&d);

    owner = calloc(256 * 1024, sizeof(*owner));     /* tag, slot -> id + 1 */
    assert_non_null(owner);
    assert_true(d.cap <= 1024);

    n = d.cap / 3;

    for (round = 0; round < 100; round++) {
        dict_choose(&d, 0, round * n, n);
        assert_int_equal(dict_map(&d, n), 0);

        for (i = 0; i < n; i++) {
            key = xsell_ref_tag(d.out[i]) * 1024 + xsell_ref_slot(d.out[i]);
            id = d.id[i] + 1;

            if (owner[key] == 0) {
                owner[key] = id;
            }

            assert_int_equal(owner[key], id);
        }

        dict_validate(&d);
    }

    free(owner);
    dict_close(&d);
}


/* hazard: a tag runs through all its values and gives XSELL_NO_REF */

static void
tags_wrap(void **state)
{
    dict_t    d;
    uint32_t  round, i, seen;

    (void) state;

    dict_open(&d);
    seen = 0;

    /* every slot changes hands every other time */

    for (round = 0; round < 1200; round++) {
        dict_choose(&d, 0, round / 2 * d.cap, d.cap);
        (void) dict_map(&d, d.cap);

        for (i = 0; i < d.cap; i++) {
            assert_true(d.out[i] == XSELL_NO_REF
                        || xsell_ref_tag(d.out[i]) != 0xff);
        }

        seen += d.a.dict[3].tag == 254;
    }

    assert_true(seen != 0);
    dict_validate(&d);
    dict_close(&d);
}


/* hazard: probes grow with every reload until a look-up reads the whole
   table.  A full table, 300 times a third of the items changes */

static void
probes_stay_short(void **state)
{
    dict_t    d;
    uint32_t  round, n, longest;

    (void) state;

    dict_open(&d);

    n = d.cap / 2;
    longest = 0;

    for (round = 0; round < 300; round++) {
        dict_choose(&d, n / 3, round * (n - n / 3), n);
        (void) dict_map(&d, n);

        if (dict_longest(&d) > longest) {
            longest = dict_longest(&d);
        }
    }

    /* 2/3 full: chance alone makes ways of some 50 words in 1,024 */

    assert_int_equal(d.a.header->dict_n, d.cap);
    print_message("# longest way: %u of %u words\n", longest,
                  d.a.hash_mask + 1);
    assert_in_range(longest, 5, (d.a.hash_mask + 1) / 3);

    dict_validate(&d);
    dict_close(&d);
}


/* what the reader of the next test found, in shared memory */

typedef struct {
    uint32_t  stop;
    uint32_t  missed;           /* an item that stays was not found */
    uint32_t  moved;            /* or had another reference */
    uint32_t  mixed;            /* one reference, two items */
    uint64_t  found;
} watch_t;


static void
watch(const dict_t *d, watch_t *w, const xsell_ref_t *core, uint32_t *owner)
{
    uint64_t     rng;
    uint32_t     i, key;
    xsell_ref_t  ref;

    rng = 99;

    while (!__atomic_load_n(&w->stop, __ATOMIC_ACQUIRE)) {
        i = (uint32_t) (xsell_random(&rng) % ITEMS);
        i = i & 1 ? i % CORE : i;
        ref = xsell_dictionary_find(&d->a, d->hash[i]);

        if (i < CORE) {
            w->missed += ref == XSELL_NO_REF;
            w->moved += ref != XSELL_NO_REF && ref != core[i];
        }

        if (ref == XSELL_NO_REF) {
            continue;
        }

        key = xsell_ref_tag(ref) * 1024 + xsell_ref_slot(ref);
        w->mixed += owner[key] != 0 && owner[key] != i + 1;
        owner[key] = i + 1;
        w->found++;
    }
}


/* hazard: while the master maps a catalogue, a worker misses an item that is
   in both, or takes the reference of the slot's next item for an item that
   has lost it */

static void
readers_during_mapping(void **state)
{
    int          status;
    pid_t        pid;
    dict_t       d;
    watch_t     *w;
    uint32_t     round, *owner;
    xsell_ref_t  core[CORE];

    (void) state;

    dict_open(&d);

    w = mmap(NULL, sizeof(*w), PROT_READ | PROT_WRITE,
             MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(w != MAP_FAILED);

    dict_choose(&d, CORE, 0, CORE);
    assert_int_equal(dict_map(&d, CORE), 0);

    for (round = 0; round < CORE; round++) {
        core[d.id[round]] = d.out[round];
    }

    pid = fork();
    assert_true(pid >= 0);

    if (pid == 0) {
        alarm(60);
        owner = calloc(256 * 1024, sizeof(*owner));

        if (owner == NULL) {
            _exit(1);
        }

        watch(&d, w, core, owner);
        _exit(0);
    }

    /* 400 reloads; a slot's tag is far from coming round */

    for (round = 0; round < 400; round++) {
        dict_choose(&d, CORE, round * 150, CORE + 150);
        (void) dict_map(&d, CORE + 150);
    }

    while (__atomic_load_n(&w->found, __ATOMIC_RELAXED) < 100000
           && waitpid(pid, &status, WNOHANG) == 0)
    {
        dict_choose(&d, CORE, round++ % 2 * 150, CORE + 150);
        (void) dict_map(&d, CORE + 150);
    }

    __atomic_store_n(&w->stop, 1, __ATOMIC_RELEASE);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);

    assert_int_equal(w->missed, 0);
    assert_int_equal(w->moved, 0);
    assert_int_equal(w->mixed, 0);
    assert_true(w->found >= 100000);

    dict_validate(&d);
    munmap(w, sizeof(*w));
    dict_close(&d);
}


/* hazard: a master that is killed while it maps leaves a dictionary in which
   items are lost, doubled or mixed up for good */

static void
killed_master(void **state)
{
    int              status;
    pid_t            pid;
    dict_t           d;
    uint32_t         round, i;
    struct timespec  ts;
    xsell_ref_t      core[CORE];

    (void) state;

    dict_open(&d);

    dict_choose(&d, CORE, 0, d.cap);
    assert_int_equal(dict_map(&d, d.cap), 0);

    for (i = 0; i < d.cap; i++) {
        if (d.id[i] < CORE) {
            core[d.id[i]] = d.out[i];
        }
    }

    for (round = 0; round < 100; round++) {
        pid = fork();
        assert_true(pid >= 0);

        if (pid == 0) {
            for (i = 1; i < 100000; i++) {
                dict_choose(&d, CORE, (round + i) * 150, CORE + 150);
                (void) dict_map(&d, CORE + 150);
            }

            _exit(0);
        }

        ts.tv_sec = 0;
        ts.tv_nsec = 200000 + (long) (xsell_random(&d.rng) % 3000000);
        nanosleep(&ts, NULL);

        kill(pid, SIGKILL);
        assert_int_equal(waitpid(pid, &status, 0), pid);

        dict_validate(&d);

        /* the next masters: two catalogues on, there is room again */

        d.catalog = d.a.header->catalog;

        for (i = 0; i < 2; i++) {
            dict_choose(&d, CORE, round * 7, CORE + 100);
            (void) dict_map(&d, CORE + 100);
        }

        for (i = 0; i < CORE + 100; i++) {
            assert_int_not_equal(d.out[i], XSELL_NO_REF);
            assert_int_equal(xsell_dictionary_find(&d.a, d.in[i]), d.out[i]);

            if (d.id[i] < CORE) {
                assert_int_equal(d.out[i], core[d.id[i]]);
            }
        }

        dict_validate(&d);
    }

    dict_close(&d);
}


/* hazard: marks are swept in a table that has no end of probe left, and an
   item whose way runs over the table's end is lost */

static void
sweep_without_an_end(void **state)
{
    dict_t    d;
    uint32_t  round, i, n, ends;

    (void) state;

    dict_open(&d);
    dict_choose(&d, CORE, 0, d.cap);
    assert_int_equal(dict_map(&d, d.cap), 0);
    n = (d.cap - CORE) / 2;

    for (round = 1; round < 60; round++) {
        for (i = 0; i <= d.a.hash_mask; i++) {
            if (d.a.hash[i] == XSELL_NO_REF) {
                d.a.hash[i] = XSELL_HASH_GONE;
            }
        }

        dict_choose(&d, CORE, round * n, CORE + n);
        (void) dict_map(&d, CORE + n);
        dict_validate(&d);

        ends = 0;

        for (i = 0; i <= d.a.hash_mask; i++) {
            ends += d.a.hash[i] == XSELL_NO_REF;
        }

        assert_true(round < 3 || ends != 0);
    }

    dict_close(&d);
}


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


/* hazard: a table that was overwritten (another bug, bad memory) sends a
   reader out of the arena or round in circles */

static void
torn_table(void **state)
{
    dict_t    d;
    uint32_t  round, i;

    (void) state;

    dict_open(&d);
    dict_choose(&d, 0, 0, d.cap);
    assert_int_equal(dict_map(&d, d.cap), 0);

    for (round = 0; round < 8; round++) {
        for (i = 0; i <= d.a.hash_mask; i++) {
            d.a.hash[i] = (uint32_t) (xsell_random(&d.rng)
                                      >> (round & 1 ? 32 : 56));
            if (round & 2) {
                d.a.hash[i] = XSELL_HASH_GONE - round / 4;
            }
        }

        for (i = 0; i < ITEMS; i++) {
            (void) xsell_dictionary_find(&d.a, d.hash[i]);
        }

        dict_choose(&d, 0, round * 500, d.cap);
        (void) dict_map(&d, d.cap);

        for (i = 0; i < d.cap; i++) {
            assert_true(d.out[i] == XSELL_NO_REF
                        || xsell_ref_slot(d.out[i]) < d.cap);
        }
    }

    d.a.header->dict_n = UINT32_MAX;
    d.a.header->names_n = UINT32_MAX;
    dict_choose(&d, 0, 3000, d.cap + 50);

    for (round = 0; round < 3; round++) {
        (void) dict_map(&d, d.cap + 50);

        for (i = 0; i < d.cap + 50; i++) {
            assert_true(d.out[i] == XSELL_NO_REF
                        || xsell_ref_slot(d.out[i]) < d.cap);
        }
    }

    assert_int_equal(xsell_name_index(&d.a, "related", 7, 1), -1);

    dict_close(&d);
}


/* hazard: a slot or template gets the counters of another; the 257th name
   overwrites something */

static void
names(void **state)
{
    int            i, n;
    char           text[80];
    dict_t         d;
    xsell_arena_t  b;

    (void) state;

    dict_open(&d);

    assert_int_equal(xsell_name_index(&d.a, "related", 7, 0), -1);
    assert_int_equal(xsell_name_index(&d.a, "", 0, 1), -1);

    memset(text, 'n', sizeof(text));
    assert_int_equal(xsell_name_index(&d.a, text, 56, 1), -1);
    assert_int_equal(xsell_name_index(&d.a, text, 55, 1), 0);
    assert_int_equal(xsell_name_index(&d.a, text, 54, 1), 1);
    assert_int_equal(xsell_name_index(&d.a, text, 55, 1), 0);

    for (i = 2; i < XSELL_NAMES; i++) {
        n = snprintf(text, sizeof(text), "name %d", i);
        assert_int_equal(xsell_name_index(&d.a, text, (size_t) n, 1), i);
    }

    assert_int_equal(xsell_name_index(&d.a, "one more", 8, 1), -1);

    /* another process finds them, and adds nothing */

    assert_int_equal(xsell_arena_attach(&b, d.mem, MIB, NULL), XSELL_OK);
    assert_int_equal(xsell_name_index(&b, "name 200", 8, 0), 200);
    assert_int_equal(xsell_name_index(&b, "name 20", 7, 0), 20);
    assert_int_equal(xsell_name_index(&b, "name 256", 8, 0), -1);

    dict_validate(&d);
    dict_close(&d);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(reloads_move_nothing),
        cmocka_unit_test(doubles_share_a_slot),
        cmocka_unit_test(full_refuses_then_reuses),
        cmocka_unit_test(references_are_never_reused),
        cmocka_unit_test(tags_wrap),
        cmocka_unit_test(probes_stay_short),
        cmocka_unit_test(readers_during_mapping),
        cmocka_unit_test(killed_master),
        cmocka_unit_test(sweep_without_an_end),
        cmocka_unit_test(stepped_reader),
        cmocka_unit_test(stepped_master),
        cmocka_unit_test(torn_table),
        cmocka_unit_test(names),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}

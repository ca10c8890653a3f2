
/*
 * dictionary_test.c: slots that stay, and names.
 *
 * Everything learned hangs on slots.  A reload that moves one item's slot
 * silently gives its counters and neighbours to another product, and nobody
 * would notice but the shoppers.
 */

#include "dictionary_test.h"

#include <signal.h>
#include <time.h>
#include <unistd.h>

#include <sys/wait.h>


/* the longest way of a probe that finds nothing */

static uint32_t
dict_longest(const dict_t *d)
{
    uint32_t  i, way, longest;

    way = 0;
    longest = 0;

    for (i = 0; i < 2 * d->a.hash_n; i++) {
        way = d->a.hash[i % d->a.hash_n] == XSELL_NO_REF ? 0 : way + 1;
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

    /* the first catalogue's second stays, whatever slot 0 holds now */

    assert_int_equal(d.a.header->first_s, 1);

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
                  d.a.hash_n);
    assert_in_range(longest, 5, d.a.hash_n / 3);

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
        for (i = 0; i < d.a.hash_n; i++) {
            if (d.a.hash[i] == XSELL_NO_REF) {
                d.a.hash[i] = XSELL_HASH_GONE;
            }
        }

        dict_choose(&d, CORE, round * n, CORE + n);
        (void) dict_map(&d, CORE + n);
        dict_validate(&d);

        ends = 0;

        for (i = 0; i < d.a.hash_n; i++) {
            ends += d.a.hash[i] == XSELL_NO_REF;
        }

        assert_true(round < 3 || ends != 0);
    }

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
        for (i = 0; i < d.a.hash_n; i++) {
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


/* hazard: templates take the names that slots need; two slots with long names
   share what their templates' are counted by */

static void
names_of_looks(void **state)
{
    int            i, n;
    char           one[32], two[32], text[16];
    dict_t         d;
    xsell_str_t    slot, look;

    (void) state;

    dict_open(&d);

    memset(one, 's', sizeof(one));
    memset(two, 's', sizeof(two));
    two[31] = 't';

    slot.p = "related";
    slot.n = 7;
    look.p = "grid";
    look.n = 4;

    assert_int_equal(xsell_name_look(&d.a, slot, look, 0), -1);
    assert_int_equal(xsell_name_look(&d.a, slot, look, 1), 0);
    assert_int_equal(xsell_name_index(&d.a, "related/grid", 12, 0), 0);

    slot.p = one;
    slot.n = sizeof(one);
    look.p = two;
    look.n = sizeof(two);
    assert_int_equal(xsell_name_look(&d.a, slot, look, 1), 1);

    slot.p = two;
    assert_int_equal(xsell_name_look(&d.a, slot, look, 1), 2);
    assert_int_equal(xsell_name_look(&d.a, slot, look, 0), 2);
    assert_memory_equal(d.a.names[2].text + d.a.names[2].len - 33, "/", 1);

    look.n = SIZE_MAX;
    assert_int_equal(xsell_name_look(&d.a, slot, look, 1), -1);

    for (i = 3; i < XSELL_NAMES - XSELL_NAMES_SLOTS; i++) {
        n = snprintf(text, sizeof(text), "t%d", i);
        look.p = text;
        look.n = (size_t) n;
        assert_int_equal(xsell_name_look(&d.a, slot, look, 1), i);
    }

    look.n = 1;
    assert_int_equal(xsell_name_look(&d.a, slot, look, 1), -1);
    assert_int_equal(xsell_name_index(&d.a, "slot", 4, 1), i);

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
        cmocka_unit_test(torn_table),
        cmocka_unit_test(names),
        cmocka_unit_test(names_of_looks),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}

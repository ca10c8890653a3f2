
/*
 * validate_test.c: the check that the torture relies on.
 *
 * A validator that passes everything makes every torture pass.  So each
 * invariant is broken once, alone, and must be named; and what a killed
 * process legally leaves behind must not be called broken.
 */

#include "shared_test.h"

#include <math.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>


static shared_t  t;


static int
setup(void **state)
{
    (void) state;
    shared_open(&t, 1024 * 1024);
    return 0;
}


static int
teardown(void **state)
{
    (void) state;
    shared_close(&t);
    return 0;
}


/* the arena is broken, and the error says where */

static void
broken(const char *where)
{
    xsell_error_t  err;

    if (xsell_arena_validate(&t.a, &err) != XSELL_ECORRUPT) {
        fail_msg("passed: %s", where);
    }

    if (strncmp(err.text, where, strlen(where)) != 0) {
        fail_msg("\"%s\" instead of %s", err.text, where);
    }

    assert_int_equal(xsell_arena_validate(&t.a, NULL), XSELL_ECORRUPT);
}


/* sets a field, expects the complaint, sets it back, expects none */

#define breaks(field, value, where)                                           \
    do {                                                                      \
        __typeof__(field)  was_ = (field);                                    \
                                                                              \
        (field) = (value);                                                    \
        broken(where);                                                        \
        (field) = was_;                                                       \
        shared_validate(&t);                                                  \
    } while (0)


/* a child that takes the lock and is killed with it */

static void
leave_to_the_dead(xsell_lock_t *lock)
{
    int    status;
    pid_t  pid;

    pid = fork();
    assert_true(pid >= 0);

    if (pid == 0) {
        _exit(xsell_lock_try(lock) != XSELL_OK);
    }

    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}


/* hazard: look-ups that find nothing, or two items in one slot, pass */

static void
header_and_dictionary(void **state)
{
    uint32_t        pos, slot;
    xsell_arena_t  *a;

    (void) state;

    a = &t.a;
    slot = xsell_ref_slot(t.ref[7]);

    for (pos = 0; a->hash[pos] != slot; pos++) { /* void */ }

    breaks(a->header->dict_n, a->items_n + 1, "header");
    breaks(a->header->dict_n, SHARED_ITEMS - 1, "hash");
    breaks(a->header->names_n, XSELL_NAMES + 1, "header");
    breaks(a->header->intent.region, 99, "header");
    breaks(a->header->intent.region, XSELL_REGION_ITEMS, "header");

    /* also ends the probes that crossed it: whoever is found first */
    breaks(a->hash[pos], XSELL_NO_REF, "");
    breaks(a->hash[pos], XSELL_HASH_GONE, "dictionary");
    breaks(a->hash[pos], a->items_n, "hash");
    breaks(a->hash[pos], SHARED_ITEMS, "hash");
    breaks(a->hash[pos], xsell_ref_slot(t.ref[8]), "hash");

    breaks(a->dict[slot].hash, 0, "hash");
    breaks(a->dict[slot].hash, a->dict[slot].hash ^ 1u << 31, "hash");
    breaks(a->dict[slot].hash, a->dict[slot + 1].hash, "hash");
    breaks(a->dict[slot].tag, 0xff, "dictionary");
    breaks(a->dict[slot].state, 2, "dictionary");
    breaks(a->dict[SHARED_ITEMS].state, XSELL_DICT_USED, "dictionary");
    breaks(a->dict[SHARED_ITEMS].hash, 5, "dictionary");

    assert_int_equal(xsell_name_index(a, "related", 7, 1), 0);
    breaks(a->names[0].len, 0, "name");
    breaks(a->names[0].len, 56, "name");
    breaks(a->names[0].text[3], 'x', "name");
    breaks(a->names[0].hash, 1, "name");
}


/* hazard: a session that would index outside, or a key that is found twice,
   passes */

static void
sessions(void **state)
{
    xsell_arena_t           *a;
    xsell_session_record_t  *r;

    (void) state;

    a = &t.a;
    r = &a->sessions[3].record[2];
    r->key = 77;
    r->n = 16;
    r->visit_n = 16;
    r->entry[15] = xsell_ref_slot(t.ref[5]) | XSELL_ENTRY_CART;
    shared_validate(&t);

    breaks(r->n, 17, "sessions 26");
    breaks(r->n, 15, "sessions 26");
    breaks(r->entry[15], a->items_n, "sessions 26");
    breaks(r->entry[0], XSELL_SLOT_MASK, "sessions 26");
    breaks(a->sessions[3].record[7].key, 77, "sessions 3");
    breaks(a->sessions[3].seq, 1, "sessions 3");
    breaks(a->sessions[3].way, 9, "sessions 3");
    breaks(a->probation[1].seq, 7, "probation 1");
    breaks(a->probation[1].way, 9, "probation 1");

    /* free ways may hold anything */

    r->n = 200;
    r->key = 0;
    shared_validate(&t);

    /* a key in both tables is a move that was cut short */

    r->n = 0;
    r->visit_n = 0;
    r->key = 5;
    a->probation[0].record[0].key = 5;
    shared_validate(&t);
}


/* hazard: what a killed writer leaves to its successor is called broken, or
   its being dead excuses other records too */

static void
the_dead_are_excused(void **state)
{
    xsell_arena_t   *a;
    xsell_bucket_t  *b;

    (void) state;

    a = &t.a;
    b = &a->sessions[3];

    leave_to_the_dead(&b->lock);
    b->seq = 1;
    broken("sessions 3");               /* odd, but which way? */
    b->way = 3;
    b->record[2].key = 9;
    b->record[2].n = 99;
    shared_validate(&t);

    b->record[1].key = 9;               /* the half-done way's double */
    shared_validate(&t);
    b->record[1].n = 99;
    broken("sessions 25");
    b->record[1].n = 0;

    /* asking took nothing: the successor still learns it */

    assert_int_equal(xsell_lock_try(&b->lock), XSELL_AGAIN);
    b->seq = 2;
    b->way = 0;
    b->record[2].key = 0;
    xsell_lock_release(&b->lock);
    shared_validate(&t);

    b->seq = 3;
    b->way = 3;
    broken("sessions 3");               /* the lock is free */
    b->seq = 4;
    shared_validate(&t);                /* killed between seq and way */
}


/* hazard: neighbours, partners and tops that would index outside pass */

static void
learned_records(void **state)
{
    xsell_arena_t  *a;

    (void) state;

    a = &t.a;

    breaks(a->items[9].pop, NAN, "item 9");
    breaks(a->items[9].trend, INFINITY, "item 9");
    breaks(a->items[9].sold, -INFINITY, "item 9");
    breaks(a->items[9].resid_mean, NAN, "item 9");
    breaks(a->items[9].resid_prec, NAN, "item 9");

    breaks(a->postings[9].place[31], a->buckets_n * XSELL_WAYS, "posting 9");
    breaks(a->postings[9].chunk, a->chunks_n, "posting 9");
    breaks(a->postings[9].chunk, 4, "posting 9");
    breaks(a->chunks[4].owner, a->items_n, "chunk 4");
    breaks(a->chunks[4].place[95], a->buckets_n * XSELL_WAYS, "chunk 4");

    a->chunks[4].owner = 9;             /* a chunk that nobody points to */
    shared_validate(&t);
    a->postings[9].chunk = 4;
    shared_validate(&t);
    breaks(a->chunks[4].owner, 8, "posting 9");

    a->pairs[9].n = 16;
    breaks(a->pairs[9].n, 17, "pairs 9");
    breaks(a->pairs[9].partner[15].ref, XSELL_NO_REF, "pairs 9");
    breaks(a->pairs[9].partner[15].ref, a->items_n, "pairs 9");
    breaks(a->pairs[9].seq, 1, "pairs 9");

    a->tops[2].n = 64;
    breaks(a->tops[2].n, 65, "top 2");
    breaks(a->tops[2].ref[63], XSELL_NO_REF, "top 2");
    breaks(a->tops[2].score[63], NAN, "top 2");
    breaks(a->tops[2].seq, 3, "top 2");

    breaks(a->goes[5].in, NAN, "kinds 5");
    breaks(a->goes[5].n[8], -1, "kinds 5");
    breaks(a->goes[5].share[0], 1.5f, "kinds 5");
    breaks(a->goes[5].seq, 1, "kinds 5");

    breaks(a->models[1].weight[23], NAN, "model 1");
    breaks(a->models[0].factor[23][23], INFINITY, "model 0");
    breaks(a->models[0].look[XSELL_LOOKS - 1], NAN, "model 0");
    breaks(a->models[1].ahead, INFINITY, "model 1");

    breaks(a->learner->work.leave[0], NAN, "learner 0");
    breaks(a->learner->place[1][11].mean, NAN, "learner 0");
    breaks(a->affinity[7].mean, INFINITY, "affinity 7");
    breaks(a->affinity[7].precision, -1, "affinity 7");
}


/* hazard: rings, slates and clicked rows out of range pass */

static void
events_and_clicks(void **state)
{
    uint64_t              id, i;
    xsell_arena_t        *a;
    xsell_ledger_row_t   *row;
    xsell_impression_t    imp;

    (void) state;

    a = &t.a;

    xsell_ring_at(a, 63)->head = a->ring_entries + 5;
    xsell_ring_at(a, 63)->tail = 5;
    breaks(xsell_ring_at(a, 63)->tail, 4, "ring 63");
    breaks(xsell_ring_at(a, 63)->tail, UINT64_MAX, "ring 63");

    row = &a->ledger[1].row[3];
    row->session = 7;
    row->item = t.ref[0];
    row->anchor = XSELL_NO_REF;
    breaks(row->item, XSELL_NO_REF, "ledger 11");
    breaks(row->anchor, a->items_n, "ledger 11");
    breaks(row->position, XSELL_SLATE_MAX, "ledger 11");
    breaks(row->state, 16, "ledger 11");

    /* a slate that its sum vouches for, of an item that cannot be */

    memset(&imp, 0, sizeof(imp));
    imp.session = 7;
    imp.anchor = t.ref[0];
    imp.n = 1;
    imp.row[0].ref = t.ref[1];
    id = xsell_impression_open(a, &imp);
    assert_int_not_equal(id, 0);
    shared_validate(&t);

    imp.row[0].ref = a->items_n;
    id = xsell_impression_open(a, &imp);

    if (xsell_impression_read(a, id, &imp) == XSELL_OK) {
        broken("impression");
    }

    /* one that was overwritten half is lost, and no fault */

    for (i = 0; i < a->impressions_n; i++) {
        memset(a->impressions[i].row, 0xff, sizeof(a->impressions[i].row));
    }

    shared_validate(&t);
}


/* hazard: a killed learner's record is called broken, or its death excuses
   records that it was not at */

static void
the_learner_is_excused(void **state)
{
    xsell_arena_t  *a;

    (void) state;

    a = &t.a;

    leave_to_the_dead(&a->header->lease);

    xsell_intent_set(a, XSELL_REGION_PAIRS, 9);
    a->pairs[9].seq = 1;
    a->pairs[9].n = 99;
    shared_validate(&t);
    breaks(a->pairs[8].seq, 1, "pairs 8");
    a->pairs[9].seq = 2;
    a->pairs[9].n = 0;

    xsell_intent_set(a, XSELL_REGION_TOP, 1);
    a->tops[1].seq = 1;
    shared_validate(&t);
    breaks(a->tops[2].seq, 1, "top 2");
    a->tops[1].seq = 2;

    xsell_intent_set(a, XSELL_REGION_CHUNKS, 4);
    a->postings[9].chunk = 4;
    shared_validate(&t);
    breaks(a->postings[10].chunk, 5, "posting 10");
    a->postings[9].chunk = XSELL_NO_REF;

    assert_int_equal(xsell_lock_try(&a->header->lease), XSELL_AGAIN);
    xsell_lock_release(&a->header->lease);
    broken("header");
    xsell_intent_clear(a);
    shared_validate(&t);
}


#define test(f)  cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
    const struct CMUnitTest  tests[] = {
        test(header_and_dictionary),
        test(sessions),
        test(the_dead_are_excused),
        test(learned_records),
        test(events_and_clicks),
        test(the_learner_is_excused),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}


/*
 * xsell_bucket.c: one bucket of the session table: eight records under one
 * robust lock, and what a killed owner leaves.
 *
 * xsell_session.c says which bucket and what to store; here is how, so that
 * a kill between any two stores does no more harm than losing this change.
 *
 * Invariants
 *   - A record is stored under the lock only, between xsell_seq_open and
 *     xsell_seq_close.  Readers take no lock: they copy between two equal
 *     even sequence words.
 *   - A record that gets another owner has no key while its fields are
 *     stored, so a record found under a key never holds another visitor's
 *     items, at whatever instant its writer was killed.
 *   - bucket.way names the record under change; the next locker mends just
 *     that one.  An odd sequence word without a living writer lasts only
 *     until then, and readers skip the bucket meanwhile.
 *
 * t/engine/step_store_test.c looks at every state in between.
 *
 * Not taken: a sequence word per record (64 bytes a bucket for readers that
 * collide once in a thousand), and an undo copy beside the records: it would
 * save the last change of a killed worker, for 128 bytes a bucket.
 */

#include "xsell_session.h"


#define XSELL_LOCK_TRIES   3
#define XSELL_READ_TRIES   2

#define XSELL_RECORD_WORDS  (sizeof(xsell_session_record_t) / 4)
#define XSELL_KEY_WORDS     (sizeof(uint64_t) / 4)


static inline void
xsell_bucket_pause(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile ("yield");
#endif
}


int
xsell_bucket_way(const xsell_bucket_t *b, uint64_t key)
{
    int  way;

    for (way = 0; way < XSELL_WAYS; way++) {
        if (xsell_load(&b->record[way].key) == key) {
            return way;
        }
    }

    return -1;
}


/*
 * Stores a record.  A new owner's fields are stored while the key is 0: the
 * fences keep the compiler from moving a key over them, so that a kill
 * between two stores leaves a record that is free or its owner's own.
 */

void
xsell_bucket_put_locked(xsell_bucket_t *b, unsigned way,
    const xsell_session_record_t *r)
{
    xsell_session_record_t  *to;

    to = &b->record[way];

    xsell_store(&b->way, (uint8_t) (way + 1));
    xsell_seq_open(&b->seq);

    if (to->key != r->key) {
        xsell_store(&to->key, 0);
        __atomic_thread_fence(__ATOMIC_RELEASE);
    }

    xsell_seq_put(&to->entry, &r->entry, XSELL_RECORD_WORDS - XSELL_KEY_WORDS);
    xsell_store_release(&to->key, r->key);

    xsell_seq_close(&b->seq);
    xsell_store_release(&b->way, 0);
}


void
xsell_bucket_free_locked(xsell_bucket_t *b, unsigned way)
{
    xsell_session_record_t  none;

    memset(&none, 0, sizeof(none));
    xsell_bucket_put_locked(b, way, &none);
}


/* a record whose writer died: its owner's, half old and half new; or free */

static void
xsell_bucket_mend_locked(const xsell_arena_t *a, xsell_bucket_t *b,
    unsigned way)
{
    xsell_session_record_t  r;

    r = b->record[way];

    if (r.key == 0) {
        xsell_bucket_free_locked(b, way);
        return;
    }

    xsell_visit_mend(a, &r);
    xsell_bucket_put_locked(b, way, &r);
}


/* after a writer died; being killed here leaves the same work to the next */

static void
xsell_bucket_repair_locked(const xsell_arena_t *a, xsell_bucket_t *b)
{
    unsigned  way;

    way = xsell_load(&b->way);

    if (way >= 1 && way <= XSELL_WAYS) {
        xsell_bucket_mend_locked(a, b, way - 1);
        return;
    }

    if (way != 0 || (xsell_load(&b->seq) & 1)) {
        for (way = 0; way < XSELL_WAYS; way++) {
            xsell_bucket_mend_locked(a, b, way);
        }
    }
}


int
xsell_bucket_lock(const xsell_arena_t *a, xsell_bucket_t *b)
{
    int       rc;
    unsigned  tries;

    for (tries = 0; tries < XSELL_LOCK_TRIES; tries++) {

        rc = xsell_lock_try(&b->lock);

        if (rc == XSELL_AGAIN) {
            xsell_bucket_repair_locked(a, b);
            return XSELL_OK;
        }

        if (rc == XSELL_OK) {
            return XSELL_OK;
        }

        xsell_bucket_pause();
    }

    return XSELL_BUSY;
}


unsigned
xsell_bucket_victim_locked(const xsell_bucket_t *b)
{
    unsigned  way, oldest;

    oldest = 0;

    for (way = 0; way < XSELL_WAYS; way++) {

        if (b->record[way].key == 0) {
            return way;
        }

        if (b->record[way].last_s < b->record[oldest].last_s) {
            oldest = way;
        }
    }

    return oldest;
}


int
xsell_bucket_copy(const xsell_arena_t *a, const xsell_bucket_t *b,
    unsigned way, xsell_session_record_t *r)
{
    unsigned  tries;

    for (tries = 0; tries < XSELL_READ_TRIES; tries++) {

        if (xsell_seq_copy(&b->seq, r, &b->record[way], XSELL_RECORD_WORDS)) {

            if (r->key == 0) {
                return XSELL_NONE;
            }

            xsell_visit_clean(a, r);
            return XSELL_OK;
        }

        xsell_bucket_pause();
    }

    return XSELL_BUSY;
}


/* a way never changes places, so who is not found under its key is gone */

int
xsell_bucket_find(const xsell_arena_t *a, const xsell_bucket_t *b,
    uint64_t key, xsell_session_record_t *r, unsigned *way)
{
    int  at, rc;

    at = xsell_bucket_way(b, key);

    if (at < 0) {
        return XSELL_NONE;
    }

    rc = xsell_bucket_copy(a, b, (unsigned) at, r);
    *way = (unsigned) at;

    return rc == XSELL_OK && r->key != key ? XSELL_NONE : rc;
}

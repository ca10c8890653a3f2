
/*
 * xsell_session.c: the session table, where every visit is remembered.
 *
 * Workers apply each event to its session here, before the event goes into a
 * ring; the read path copies sessions out, the visitor's own and, by index,
 * those of its neighbours.  xsell_visit.c says what an event does to a record,
 * xsell_bucket.c stores it whatever is killed; here are the two tables and the
 * moves between them.
 *
 * Both are set-associative.  A first view without a cookie goes into the
 * small probation part, which evicts only itself; when the cookie comes back
 * the record moves to the main table.  So clients that keep no cookies never
 * push real sessions out.
 *
 * Invariants
 *   - A record is changed in a private copy, under its bucket's lock; who
 *     only reads takes no lock and never waits.
 *   - Nobody holds two buckets: a move stores the record in the main table
 *     first and frees it in probation afterwards.  Killed in between it is
 *     in both, and the main one counts.
 *
 * Not taken: a table with chains or cuckoo moves (a killed mover leaves two
 * buckets to repair), lock-free writers (16-byte history shifts don't fit a
 * CAS), and waiting for a lock: a page without its history is a better
 * answer than a page that is late.
 */

#include "xsell_session.h"

_Static_assert(XSELL_NO_REF == 0xffffffff, "memset");


/* what the caller says; all other flags are ours */
#define XSELL_EV_GIVEN                                                        \
    (XSELL_EV_COOKIE | XSELL_EV_HOLDOUT | XSELL_EV_FAST)


/* ids are random already, but kept keys of imports and tests may not be */

static inline uint32_t
xsell_session_bucket(uint64_t key, uint32_t buckets_n)
{
    key ^= key >> 30;
    key *= 0xbf58476d1ce4e5b9ull;
    key ^= key >> 27;
    key *= 0x94d049bb133111ebull;
    key ^= key >> 31;

    return (uint32_t) (((key >> 32) * buckets_n) >> 32);
}


static xsell_bucket_t *
xsell_session_main(const xsell_arena_t *a, uint64_t key)
{
    return &a->sessions[xsell_session_bucket(key, a->buckets_n)];
}


static xsell_bucket_t *
xsell_session_probation(const xsell_arena_t *a, uint64_t key)
{
    return &a->probation[xsell_session_bucket(key, a->probation_n)];
}


int
xsell_session_read(const xsell_arena_t *a, uint64_t key, xsell_session_t *s)
{
    int             rc;
    unsigned        way;
    xsell_bucket_t  *b;

    if (key == 0) {
        return XSELL_NONE;
    }

    b = xsell_session_main(a, key);
    rc = xsell_bucket_find(a, b, key, &s->r, &way);

    if (rc == XSELL_OK) {
        s->idx = (uint32_t) (b - a->sessions) * XSELL_WAYS + way;
    }

    if (rc != XSELL_NONE) {
        return rc;
    }

    s->idx = XSELL_NO_REF;

    return xsell_bucket_find(a, xsell_session_probation(a, key), key, &s->r,
                             &way);
}


int
xsell_session_at(const xsell_arena_t *a, uint32_t idx,
    xsell_session_record_t *r)
{
    if (idx / XSELL_WAYS >= a->buckets_n) {
        return XSELL_NONE;
    }

    return xsell_bucket_copy(a, &a->sessions[idx / XSELL_WAYS],
                             idx % XSELL_WAYS, r);
}


int
xsell_session_count(const xsell_arena_t *a, uint32_t since_s, uint32_t *at,
    uint32_t buckets, uint64_t *n)
{
    unsigned                       way;
    const xsell_session_record_t  *r;

    for ( /* void */ ; *at < a->buckets_n && buckets; (*at)++, buckets--) {
        for (way = 0; way < XSELL_WAYS; way++) {

            r = &a->sessions[*at].record[way];

            *n += xsell_load(&r->key) != 0
                  && xsell_load(&r->last_s) >= since_s;
        }
    }

    return *at < a->buckets_n ? XSELL_AGAIN : XSELL_OK;
}


/* ---- one event --------------------------------------------------------- */

static void
xsell_session_count_evicted(xsell_arena_t *a, const xsell_bucket_t *b,
    unsigned way, unsigned reason, uint32_t now_s)
{
    const xsell_session_record_t  *r;

    r = &b->record[way];

    if (r->key
        && xsell_visit_elapsed(r->last_s, now_s) <= XSELL_VISIT_GAP_S)
    {
        xsell_add(&a->counters->dropped[reason], 1);
    }
}


/* the event on a record that the bucket has or gets; r: its private copy */

static void
xsell_session_change_locked(xsell_bucket_t *b, unsigned way,
    xsell_session_record_t *r, xsell_event_t *ev)
{
    xsell_visit_apply(r, ev);
    xsell_bucket_put_locked(b, way, r);
}


/*
 * The record as it is, to be changed.  An impression marks entries and looks
 * at nothing else: one that is stale may stay, who reads it drops it.
 */

static void
xsell_session_take_locked(const xsell_arena_t *a, const xsell_bucket_t *b,
    unsigned way, const xsell_event_t *ev, xsell_session_record_t *r)
{
    *r = b->record[way];

    if (ev->type != XSELL_EVENT_IMPRESSION) {
        xsell_visit_clean(a, r);

    } else if (r->n > XSELL_HISTORY) {
        r->n = XSELL_HISTORY;
    }
}


/* frees a key's record; XSELL_OK, XSELL_NONE or XSELL_BUSY */

static int
xsell_session_free(const xsell_arena_t *a, xsell_bucket_t *b, uint64_t key)
{
    int  way;

    if (xsell_bucket_lock(a, b) != XSELL_OK) {
        return XSELL_BUSY;
    }

    way = xsell_bucket_way(b, key);

    if (way >= 0) {
        xsell_bucket_free_locked(b, (unsigned) way);
    }

    xsell_lock_release(&b->lock);

    return way >= 0 ? XSELL_OK : XSELL_NONE;
}


/*
 * Probation first, and each under its lock, whatever a look without it says:
 * a process that is just moving the record holds the main bucket, so it is
 * either done, and the record is freed there, or it finds nothing to move.
 * A BUSY call may have freed one of the two; the next one finishes.
 */

static int
xsell_session_erase(const xsell_arena_t *a, uint64_t key)
{
    int  probation, rc;

    probation = xsell_session_free(a, xsell_session_probation(a, key), key);

    if (probation == XSELL_BUSY) {
        return XSELL_BUSY;
    }

    rc = xsell_session_free(a, xsell_session_main(a, key), key);

    return rc == XSELL_NONE ? probation : rc;
}


/*
 * The record of a key that the main table does not have: what probation has,
 * else a new one if the event may begin one.  Another process may do the
 * same at once: it waits for this bucket's lock and then finds the record.
 */

static int
xsell_session_fetch(const xsell_arena_t *a, const xsell_event_t *ev,
    xsell_session_record_t *r)
{
    unsigned  way;

    if (xsell_bucket_find(a, xsell_session_probation(a, ev->session),
                          ev->session, r, &way)
        == XSELL_OK)
    {
        r->flags |= XSELL_SESSION_MOVED;
        return XSELL_OK;
    }

    if (ev->type == XSELL_EVENT_VIEW) {
        xsell_visit_begin(r, ev->session, xsell_visit_second(ev));
        return XSELL_OK;
    }

    return XSELL_NONE;
}


/*
 * The main table's part.  A visitor who brought the cookie back is put there
 * by whatever the event is; one who did not is only looked for.
 */

static int
xsell_session_apply_main(xsell_arena_t *a, xsell_event_t *ev,
    xsell_session_t *s)
{
    int              at, rc;
    unsigned         way;
    xsell_bucket_t  *b;

    b = xsell_session_main(a, ev->session);

    if (!(ev->flags & XSELL_EV_COOKIE)
        && xsell_bucket_way(b, ev->session) < 0)
    {
        return XSELL_NONE;
    }

    if (xsell_bucket_lock(a, b) != XSELL_OK) {
        return XSELL_BUSY;
    }

    rc = XSELL_OK;
    at = xsell_bucket_way(b, ev->session);

    if (at >= 0) {
        way = (unsigned) at;
        xsell_session_take_locked(a, b, way, ev, &s->r);

    } else {
        way = xsell_bucket_victim_locked(b);
        rc = ev->flags & XSELL_EV_COOKIE ? xsell_session_fetch(a, ev, &s->r)
                                         : XSELL_NONE;

        if (rc == XSELL_OK) {
            xsell_session_count_evicted(a, b, way,
                                        XSELL_DROP_SESSION_EVICTED,
                                        xsell_visit_second(ev));
        }
    }

    if (rc == XSELL_OK) {
        xsell_session_change_locked(b, way, &s->r, ev);
        s->idx = (uint32_t) (b - a->sessions) * XSELL_WAYS + way;
        ev->session_idx = s->idx;
    }

    xsell_lock_release(&b->lock);

    if (rc == XSELL_OK && at < 0) {

        /* busy: it stays, hidden by the main one, until it is the oldest */
        (void) xsell_session_free(a, xsell_session_probation(a, ev->session),
                                  ev->session);
    }

    return rc;
}


static int
xsell_session_apply_probation(xsell_arena_t *a, xsell_event_t *ev,
    xsell_session_t *s)
{
    int              at;
    unsigned         way;
    xsell_bucket_t  *b;

    b = xsell_session_probation(a, ev->session);

    if (ev->type != XSELL_EVENT_VIEW
        && xsell_bucket_way(b, ev->session) < 0)
    {
        return XSELL_NONE;
    }

    if (xsell_bucket_lock(a, b) != XSELL_OK) {
        return XSELL_BUSY;
    }

    at = xsell_bucket_way(b, ev->session);

    if (at < 0 && ev->type != XSELL_EVENT_VIEW) {
        xsell_lock_release(&b->lock);
        return XSELL_NONE;
    }

    if (at >= 0) {
        way = (unsigned) at;
        xsell_session_take_locked(a, b, way, ev, &s->r);

    } else {
        way = xsell_bucket_victim_locked(b);
        xsell_session_count_evicted(a, b, way, XSELL_DROP_PROBATION_EVICTED,
                                    xsell_visit_second(ev));
        xsell_visit_begin(&s->r, ev->session, xsell_visit_second(ev));
    }

    ev->flags |= XSELL_EV_PROBATION;
    xsell_session_change_locked(b, way, &s->r, ev);
    s->idx = XSELL_NO_REF;

    xsell_lock_release(&b->lock);

    return XSELL_OK;
}


/* what the event may say; XSELL_NONE: of an item that is gone */

static int
xsell_session_admit(const xsell_arena_t *a, xsell_event_t *ev)
{
    ev->flags &= XSELL_EV_GIVEN;
    ev->session_idx = XSELL_NO_REF;
    ev->visit_n = 0;

    if (ev->type != XSELL_EVENT_ORDER && ev->type != XSELL_EVENT_IMPRESSION) {
        ev->n = 0;
    }

    if (xsell_event_validate(a, ev) != XSELL_OK) {
        return XSELL_EINVAL;
    }

    if (ev->item != XSELL_NO_REF && !xsell_visit_known(a, ev->item)) {
        return XSELL_NONE;
    }

    ev->n = (uint8_t) xsell_visit_keep(a, ev->others, ev->n);

    return ev->session ? XSELL_OK : XSELL_NONE;
}


int
xsell_session_apply(xsell_arena_t *a, xsell_event_t *ev, xsell_session_t *s)
{
    int              rc;
    xsell_session_t  own;

    rc = xsell_session_admit(a, ev);

    if (rc == XSELL_OK && ev->type == XSELL_EVENT_ERASE) {
        return xsell_session_erase(a, ev->session);
    }

    if (rc == XSELL_OK) {

        if (s == NULL) {
            s = &own;
        }

        rc = xsell_session_apply_main(a, ev, s);

        if (rc == XSELL_NONE && !(ev->flags & XSELL_EV_COOKIE)) {
            rc = xsell_session_apply_probation(a, ev, s);
        }

        if (s != &own && ev->type == XSELL_EVENT_IMPRESSION
            && rc == XSELL_OK)
        {
            xsell_visit_clean(a, &s->r);
        }
    }

    if (rc >= 0 && ev->n < XSELL_HISTORY) {
        memset(&ev->others[ev->n], 0xff,
               (XSELL_HISTORY - ev->n) * sizeof(ev->others[0]));
    }

    return rc;
}


/* ---- snapshot loading -------------------------------------------------- */

uint32_t
xsell_session_put(xsell_arena_t *a, const xsell_session_record_t *from)
{
    int                      at;
    unsigned                 way;
    xsell_bucket_t          *b;
    xsell_session_record_t   r;

    if (from->key == 0) {
        return XSELL_NO_REF;
    }

    r = *from;
    xsell_visit_mend(a, &r);

    b = xsell_session_main(a, r.key);
    at = xsell_bucket_way(b, r.key);
    way = at >= 0 ? (unsigned) at : xsell_bucket_victim_locked(b);

    if (at < 0 && b->record[way].key && b->record[way].last_s >= r.last_s) {
        return XSELL_NO_REF;
    }

    xsell_bucket_put_locked(b, way, &r);

    return (uint32_t) (b - a->sessions) * XSELL_WAYS + way;
}

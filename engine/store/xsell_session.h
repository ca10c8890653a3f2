
/*
 * xsell_session.h: between the three files of the session table; nobody else
 * includes it.  session: tables and moves; bucket: locks, storing, mending;
 * visit: what an event does to a record.
 */

#ifndef XSELL_SESSION_H
#define XSELL_SESSION_H

#include "xsell_store.h"


/* ---- xsell_bucket.c ---------------------------------------------------- */

/* XSELL_OK, or XSELL_BUSY after three tries; what a dead owner left is
   mended before it returns */
int xsell_bucket_lock(const xsell_arena_t *a, xsell_bucket_t *b);

/* the way of a key, or -1; with or without the lock */
int xsell_bucket_way(const xsell_bucket_t *b, uint64_t key);

/* the way for a new record: a free one, else the one silent longest */
unsigned xsell_bucket_victim_locked(const xsell_bucket_t *b);

/* stores a record, whoever had the way; frees it */
void xsell_bucket_put_locked(xsell_bucket_t *b, unsigned way,
    const xsell_session_record_t *r);
void xsell_bucket_free_locked(xsell_bucket_t *b, unsigned way);

/* clean copies without a lock: XSELL_OK, XSELL_NONE, or XSELL_BUSY if a
   writer was at it each time */
int xsell_bucket_copy(const xsell_arena_t *a, const xsell_bucket_t *b,
    unsigned way, xsell_session_record_t *r);
int xsell_bucket_find(const xsell_arena_t *a, const xsell_bucket_t *b,
    uint64_t key, xsell_session_record_t *r, unsigned *way);


/* ---- xsell_visit.c: private copies only -------------------------------- */

/* brings a copy into ranges: n, visit_n, slots that exist, tags that are the
   dictionary's; entries that fail are dropped */
void xsell_visit_clean(const xsell_arena_t *a, xsell_session_record_t *r);

/* the same for a copy that a dead writer left half old, half new: also drops
   the second one of two entries of one item */
void xsell_visit_mend(const xsell_arena_t *a, xsell_session_record_t *r);

/* a new record: one that a first view will fill */
void xsell_visit_begin(xsell_session_record_t *r, uint64_t key,
    uint32_t now_s);

/*
 * What the event does to a clean copy; fills the event's flags, others, n
 * and visit_n.  The only place that knows the rules.
 */
void xsell_visit_apply(xsell_session_record_t *r, xsell_event_t *ev);

/* whether the reference names an item that the dictionary has now */
int xsell_visit_known(const xsell_arena_t *a, xsell_ref_t ref);

/* moves those of n references that do to the front; returns how many */
unsigned xsell_visit_keep(const xsell_arena_t *a, xsell_ref_t *ref,
    unsigned n);

/* the event's engine second */

static inline uint32_t
xsell_visit_second(const xsell_event_t *ev)
{
    uint64_t  s;

    s = ev->time_ms / 1000;

    return s < UINT32_MAX ? (uint32_t) s : UINT32_MAX;
}


/* processes cache their clocks: a little backwards is no time at all */

static inline uint32_t
xsell_visit_elapsed(uint32_t from_s, uint32_t to_s)
{
    return to_s > from_s ? to_s - from_s : 0;
}


#endif /* XSELL_SESSION_H */

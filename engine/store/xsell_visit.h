
/*
 * xsell_visit.h: between the session table (xsell_session.c) and what an
 * event does to one record (xsell_visit.c); nobody else includes it.
 */

#ifndef XSELL_VISIT_H
#define XSELL_VISIT_H

#include "xsell_store.h"


/* brings a private copy into ranges: n, visit_n, slots that exist, tags that
   are the dictionary's; entries that fail are dropped */
void xsell_visit_clean(const xsell_arena_t *a, xsell_session_record_t *r);

/* the same for a copy that a dead writer left half old, half new: also drops
   the second one of two entries of one item */
void xsell_visit_mend(const xsell_arena_t *a, xsell_session_record_t *r);

/* a new record: one that a first view will fill */
void xsell_visit_begin(xsell_session_record_t *r, uint64_t key,
    uint32_t now_s);

/*
 * What the event does to a clean private copy; fills the event's flags,
 * others, n and visit_n.  The only place that knows the rules.
 */
void xsell_visit_apply(xsell_session_record_t *r, xsell_event_t *ev);

/* whether the reference names an item that the dictionary has now */
int xsell_visit_known(const xsell_arena_t *a, xsell_ref_t ref);

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


#endif /* XSELL_VISIT_H */

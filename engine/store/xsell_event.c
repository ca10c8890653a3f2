
/*
 * xsell_event.c: the rings that carry events from the workers to the
 * learner, and the check of what an event may say.
 *
 * Each living worker has claimed one of 64 rings; its robust lock is the
 * claim, so a worker that died gives its ring back without anybody noticing,
 * and old and new workers of a reload coexist.  One producer, the claimant,
 * moves head; one consumer, the holder of the lease, moves tail.
 *
 * Invariants: both count for ever and are masked only to index; head moves
 * (release) when the event is whole, tail when it is learned.  So a killed
 * producer loses at most the event it was storing, and a killed learner
 * repeats at most the one it was learning.  A released ring keeps what was
 * not drained, and its next claimant goes on behind that.
 *
 * Not taken: one ring for all (each worker would contend for head, and a
 * kill between reservation and store would stop it for good), and rings by
 * worker number (two cycles of workers have the same numbers).
 */

#include "xsell_store.h"


#define XSELL_EVENT_WORDS  (sizeof(xsell_event_t) / 4)


int
xsell_ring_claim(xsell_arena_t *a, xsell_claim_t *c, uint32_t pid)
{
    unsigned      i;
    xsell_ring_t  *ring;

    c->ring = NULL;

    for (i = 0; i < XSELL_RINGS; i++) {

        ring = xsell_ring_at(a, (pid + i) % XSELL_RINGS);

        /* AGAIN, the claimant was killed: head counts only whole events */

        if (xsell_lock_try(&ring->claim) != XSELL_BUSY) {
            xsell_store(&ring->pid, pid);
            c->ring = ring;
            return XSELL_OK;
        }
    }

    return XSELL_BUSY;
}


void
xsell_ring_release(xsell_claim_t *c)
{
    if (c->ring == NULL) {
        return;
    }

    xsell_store(&c->ring->pid, 0);
    xsell_lock_release(&c->ring->claim);
    c->ring = NULL;
}


int
xsell_ring_push(xsell_arena_t *a, xsell_claim_t *c, const xsell_event_t *ev)
{
    uint64_t      head;
    xsell_ring_t  *ring;

    ring = c->ring;

    if (ring == NULL) {
        return XSELL_BUSY;
    }

    head = xsell_load(&ring->head);

    if (head - xsell_load_acquire(&ring->tail) >= a->ring_entries) {
        return XSELL_BUSY;
    }

    xsell_seq_put(&xsell_ring_events(ring)[head & a->ring_mask], ev,
                  XSELL_EVENT_WORDS);
    xsell_store_release(&ring->head, head + 1);

    return XSELL_OK;
}


int
xsell_ring_peek(const xsell_arena_t *a, uint32_t r, xsell_event_t *ev)
{
    uint64_t      head, tail;
    xsell_ring_t  *ring;

    if (r >= XSELL_RINGS) {
        return XSELL_NONE;
    }

    ring = xsell_ring_at(a, r);
    head = xsell_load_acquire(&ring->head);
    tail = xsell_load(&ring->tail);

    if (head == tail) {
        return XSELL_NONE;
    }

    if (head - tail > a->ring_entries) {

        /* no order of stores leads here: start over behind whatever it is */

        xsell_store_release(&ring->tail, head);
        return XSELL_NONE;
    }

    /* the producer leaves this event alone until tail has moved */

    memcpy(ev, &xsell_ring_events(ring)[tail & a->ring_mask],
           sizeof(xsell_event_t));

    return XSELL_OK;
}


void
xsell_ring_pop(xsell_arena_t *a, uint32_t r)
{
    uint64_t      tail;
    xsell_ring_t  *ring;

    if (r >= XSELL_RINGS) {
        return;
    }

    ring = xsell_ring_at(a, r);
    tail = xsell_load(&ring->tail);

    if (tail != xsell_load_acquire(&ring->head)) {
        xsell_store_release(&ring->tail, tail + 1);
    }
}


static int
xsell_event_country(const char country[2])
{
    if (country[0] == 0 && country[1] == 0) {
        return 1;
    }

    return country[0] >= 'A' && country[0] <= 'Z'
           && country[1] >= 'A' && country[1] <= 'Z';
}


/* what only some types need */

static int
xsell_event_fields(const xsell_event_t *ev)
{
    switch (ev->type) {

    case XSELL_EVENT_RATE:
        return ev->item != XSELL_NO_REF && ev->value >= 1 && ev->value <= 5;

    case XSELL_EVENT_VIEW:
    case XSELL_EVENT_CART:
    case XSELL_EVENT_CART_REMOVE:
    case XSELL_EVENT_CLICK:
    case XSELL_EVENT_DWELL:
    case XSELL_EVENT_DISMISS:
        return ev->item != XSELL_NO_REF;

    case XSELL_EVENT_NONE:
        return 0;

    default:
        return 1;
    }
}


/*
 * Ranges only: a tag that is not the dictionary's now is no mistake of the
 * event (a reload may have come between), so whoever uses the reference
 * compares it.
 */

int
xsell_event_validate(const xsell_arena_t *a, const xsell_event_t *ev)
{
    unsigned  i;
    uint32_t  items, beyond;

    items = xsell_load(&a->header->dict_n);
    items = items < a->items_n ? items : a->items_n;

    if (ev->type >= XSELL_EVENTS || !xsell_event_fields(ev)
        || ev->n > XSELL_HISTORY || ev->visit_n > ev->n
        || ev->position >= XSELL_SLATE_MAX
        || ev->template_idx >= XSELL_NAMES
        || ev->time_ms / 1000 > UINT32_MAX
        || !xsell_event_country(ev->country))
    {
        return XSELL_EINVAL;
    }

    if (ev->item != XSELL_NO_REF && xsell_ref_slot(ev->item) >= items) {
        return XSELL_EINVAL;
    }

    if (ev->session_idx != XSELL_NO_REF
        && (ev->session == 0 || ev->session_idx / XSELL_WAYS >= a->buckets_n))
    {
        return XSELL_EINVAL;
    }

    /* all of them, without a branch for each, by what processors can do with
       several at once: a slot beyond leaves the top bit */

    beyond = 0;

    for (i = 0; i < ev->n; i++) {
        beyond |= items - 1 - xsell_ref_slot(ev->others[i]);
    }

    return beyond >> 31 ? XSELL_EINVAL : XSELL_OK;
}

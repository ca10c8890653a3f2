
/*
 * xsell_visit.c: what an event does to the record of its session.
 *
 * The session table finds the record, copies it, calls xsell_visit_apply on
 * the copy and writes it back; here are the rules only, on private memory,
 * so that live traffic, replay and tests run the same lines without locks.
 *
 * Invariants: entry[0] is the last viewed item; the first visit_n entries
 * belong to the running visit (or, in silence, to the last one); an item
 * stands once; entries beyond n are zero; counters saturate, times never run
 * backwards, and no rule looks at a wall clock.
 *
 * Not taken: times per entry (4 bytes each make the record 192 bytes, and
 * the order of entries says nearly as much), and a visit that any event may
 * open: only views count visits, so that the learner's denominators agree
 * with them.
 */

#include "xsell_session.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif


#define XSELL_ENTRY_BASKET  (XSELL_ENTRY_CART | XSELL_ENTRY_BOUGHT)


#ifdef __SSE2__

_Static_assert(XSELL_HISTORY == 16, "entries of four registers");


/* all entries at once */

static int
xsell_visit_find(const xsell_session_record_t *r, xsell_ref_t ref)
{
    __m128i   slot, mask;
    unsigned  found;

    slot = _mm_set1_epi32((int) xsell_ref_slot(ref));
    mask = _mm_set1_epi32((int) XSELL_SLOT_MASK);

#define xsell_entries(i)                                                      \
    _mm_cmpeq_epi32(_mm_and_si128(_mm_loadu_si128((const __m128i *)           \
                        (const void *) &r->entry[i]), mask), slot)

    found = (unsigned) _mm_movemask_epi8(_mm_packs_epi16(
        _mm_packs_epi32(xsell_entries(0), xsell_entries(4)),
        _mm_packs_epi32(xsell_entries(8), xsell_entries(12))));

#undef xsell_entries

    found &= (1u << r->n) - 1;

    return found ? __builtin_ctz(found) : -1;
}

#else

static int
xsell_visit_find(const xsell_session_record_t *r, xsell_ref_t ref)
{
    unsigned  i;

    for (i = 0; i < r->n; i++) {
        if (xsell_ref_slot(r->entry[i]) == xsell_ref_slot(ref)) {
            return (int) i;
        }
    }

    return -1;
}

#endif


/* takes entry i out; the others keep their order and their visit */

static void
xsell_visit_remove(xsell_session_record_t *r, unsigned i)
{
    unsigned  after;

    after = r->n - i - 1;

    memmove(&r->entry[i], &r->entry[i + 1], after * sizeof(r->entry[0]));
    memmove(&r->tag[i], &r->tag[i + 1], after * sizeof(r->tag[0]));

    r->n--;
    r->entry[r->n] = 0;
    r->tag[r->n] = 0;

    if (i < r->visit_n) {
        r->visit_n--;
    }
}


/* makes room: the oldest entry that is neither in the cart nor dismissed, else
   the oldest */

static void
xsell_visit_evict(xsell_session_record_t *r)
{
    unsigned  i;

    for (i = r->n; i > 0; i--) {
        if (!(r->entry[i - 1] & (XSELL_ENTRY_CART|XSELL_ENTRY_DISMISSED))) {
            xsell_visit_remove(r, i - 1);
            return;
        }
    }

    xsell_visit_remove(r, r->n - 1);
}


/* puts an item at place `at`, at most the end of the running visit, into it */

static void
xsell_visit_insert(xsell_session_record_t *r, unsigned at, xsell_ref_t ref,
    uint32_t flags)
{
    unsigned  after;

    if (r->n == XSELL_HISTORY) {
        xsell_visit_evict(r);
    }

    after = r->n - at;

    memmove(&r->entry[at + 1], &r->entry[at], after * sizeof(r->entry[0]));
    memmove(&r->tag[at + 1], &r->tag[at], after * sizeof(r->tag[0]));

    r->entry[at] = xsell_ref_slot(ref) | flags;
    r->tag[at] = xsell_ref_tag(ref);
    r->n++;

    if (r->visit_n >= at) {
        r->visit_n++;
    }
}


static void
xsell_visit_mark(xsell_session_record_t *r, xsell_ref_t ref, uint32_t flags)
{
    int  i;

    i = xsell_visit_find(r, ref);

    if (i >= 0) {
        r->entry[i] |= flags;
    }
}


/* others: the entries from `from` on that have all of `flags` */

static void
xsell_visit_list(const xsell_session_record_t *r, xsell_event_t *ev,
    unsigned from, uint32_t flags)
{
    unsigned  i;

    ev->n = 0;

    for (i = from; i < r->n; i++) {
        if ((r->entry[i] & flags) == flags) {
            ev->others[ev->n++] = xsell_ref(xsell_ref_slot(r->entry[i]),
                                            r->tag[i]);
        }
    }
}


/* a visit is opened by its first view; what was before it ends here */

static void
xsell_visit_open(xsell_session_record_t *r, xsell_event_t *ev,
    uint32_t now_s)
{
    r->flags &= (uint8_t) ~XSELL_SESSION_BOUNCED;

    if (r->visits && r->visit_n == 1
        && !(r->entry[0] & XSELL_ENTRY_BASKET))
    {
        r->flags |= XSELL_SESSION_BOUNCED;
    }

    if (r->visits < UINT16_MAX) {
        r->visits++;
    }

    r->visit_s = now_s;
    r->visit_n = 0;
    r->offers = 0;
    r->cap[0] = 0;
    r->cap[1] = 0;
    ev->flags |= XSELL_EV_VISIT;
}


/* the first view sets it, later ones move it: 4 of 10, as far as an average of
   all would move it more */

static void
xsell_visit_style(xsell_session_record_t *r, const xsell_event_t *ev)
{
    int       known, seen, x;
    unsigned  i, share;

    known = 0;
    seen = 0;

    for (i = 0; i < sizeof(r->style); i++) {
        known |= r->style[i];
        seen |= ev->style[i];
    }

    if (seen == 0) {
        return;
    }

    share = known == 0 ? 10 : r->visit_n < 2 ? 5 : 4;

    for (i = 0; i < sizeof(r->style); i++) {
        x = ((10 - (int) share) * r->style[i] + (int) share * ev->style[i]);
        r->style[i] = (int8_t) ((x + (x < 0 ? -5 : 5)) / 10);
    }
}


static uint32_t
xsell_visit_dwell(const xsell_session_record_t *r, uint32_t now_s)
{
    uint32_t  quiet_s;

    quiet_s = xsell_visit_elapsed(r->last_s, now_s);

    if (r->visits == 0 || quiet_s > XSELL_VISIT_GAP_S) {
        return 0;
    }

    return quiet_s ? quiet_s * 1000 : 500;
}


uint32_t
xsell_session_dwell(const xsell_session_t *s, uint64_t now_ms)
{
    return xsell_visit_dwell(&s->r, (uint32_t) (now_ms / 1000));
}


static void
xsell_visit_view(xsell_session_record_t *r, xsell_event_t *ev,
    uint32_t now_s)
{
    int       i;
    uint32_t  flags, quiet_s;

    quiet_s = xsell_visit_elapsed(r->last_s, now_s);
    i = xsell_visit_find(r, ev->item);

    if (i == 0 && quiet_s <= XSELL_REFRESH_S
        && !(r->entry[0] & XSELL_ENTRY_UNSEEN))
    {
        ev->flags |= XSELL_EV_REFRESH;

    } else {
        ev->dwell_ms = xsell_visit_dwell(r, now_s);

        if (ev->dwell_ms == 0) {
            xsell_visit_open(r, ev, now_s);
        }

        xsell_visit_style(r, ev);

        flags = 0;

        if (i >= 0) {
            flags = r->entry[i] & ~XSELL_SLOT_MASK;
            xsell_visit_remove(r, (unsigned) i);

            if (!(flags & XSELL_ENTRY_UNSEEN)) {
                ev->flags |= XSELL_EV_SEEN;
            }
        }

        xsell_visit_insert(r, 0, ev->item, flags & ~XSELL_ENTRY_UNSEEN);

        /* a refresh teaches nothing, so it leaves this debt to the next */

        if (r->flags & XSELL_SESSION_MOVED) {
            r->flags &= (uint8_t) ~XSELL_SESSION_MOVED;
            ev->flags |= XSELL_EV_PROMOTED;
        }
    }

    xsell_visit_list(r, ev, 1, 0);
    ev->visit_n = r->visit_n ? r->visit_n - 1 : 0;
}


/* an item that goes into the cart unseen (from a list, from us), or is clicked
   before its page is viewed, stands behind the page's item: it joins the visit
   without being its newest view, and when it is viewed that is its first */

static void
xsell_visit_unseen(xsell_session_record_t *r, xsell_ref_t ref, uint32_t flags)
{
    if (xsell_visit_find(r, ref) < 0) {
        xsell_visit_insert(r, r->n > 0, ref, flags | XSELL_ENTRY_UNSEEN);
        return;
    }

    xsell_visit_mark(r, ref, flags);
}


static void
xsell_visit_order(xsell_session_record_t *r, xsell_event_t *ev)
{
    int       at;
    unsigned  i;

    if (ev->n == 0) {
        xsell_visit_list(r, ev, 0, XSELL_ENTRY_CART);
    }

    for (i = 0; i < ev->n; i++) {
        at = xsell_visit_find(r, ev->others[i]);

        if (at >= 0) {
            r->entry[at] |= XSELL_ENTRY_BOUGHT;
            r->entry[at] &= ~XSELL_ENTRY_CART;
        }
    }

    if (r->orders < UINT8_MAX) {
        r->orders++;
    }

    r->revenue = ev->value < UINT32_MAX - r->revenue
                 ? r->revenue + ev->value : UINT32_MAX;
}


/* what a visitor does not want was mostly never viewed, only offered: it
   stands behind the visit, for it is none of what this one is about */

static void
xsell_visit_dismiss(xsell_session_record_t *r, xsell_ref_t ref)
{
    if (xsell_visit_find(r, ref) >= 0) {
        xsell_visit_mark(r, ref, XSELL_ENTRY_DISMISSED);
        return;
    }

    if (r->n == XSELL_HISTORY) {
        xsell_visit_evict(r);
    }

    xsell_visit_insert(r, r->visit_n, ref,
                       XSELL_ENTRY_DISMISSED|XSELL_ENTRY_UNSEEN);
    r->visit_n--;
}


/* who gives one star or two does not want it; who thinks better of it may */

static void
xsell_visit_rate(xsell_session_record_t *r, const xsell_event_t *ev)
{
    int  i;

    if (ev->value <= 2) {
        xsell_visit_dismiss(r, ev->item);
        return;
    }

    i = xsell_visit_find(r, ev->item);

    if (i >= 0) {
        r->entry[i] &= ~XSELL_ENTRY_DISMISSED;
    }
}


/* counters of four bits, two a byte: a bit of `which` moves one */

static void
xsell_visit_caps(xsell_session_record_t *r, unsigned which)
{
    unsigned  i, shift;

    for (i = 0; i < 2 * sizeof(r->cap); i++) {
        shift = i % 2 * 4;

        if ((which >> i & 1) && (r->cap[i / 2] >> shift & 15) < 15) {
            r->cap[i / 2] = (uint8_t) (r->cap[i / 2] + (1u << shift));
        }
    }
}


static void
xsell_visit_offer(xsell_session_record_t *r, const xsell_event_t *ev,
    uint32_t now_s)
{
    unsigned  i;
    uint64_t  have;

    /* few of the items shown were viewed before: a bit each tells most apart
       from those that were */

    have = 0;

    for (i = 0; i < r->n; i++) {
        have |= 1ull << xsell_ref_slot(r->entry[i]) % 64;
    }

    for (i = 0; i < ev->n; i++) {
        if (have >> xsell_ref_slot(ev->others[i]) % 64 & 1) {
            xsell_visit_mark(r, ev->others[i], XSELL_ENTRY_SHOWN);
        }
    }

    if (ev->quantity) {
        xsell_visit_caps(r, ev->quantity);
    }

    if (r->offers < UINT8_MAX) {
        r->offers++;
    }

    if (r->ignored < UINT8_MAX) {
        r->ignored++;
    }

    if (now_s > r->offer_s) {
        r->offer_s = now_s;
    }
}


void
xsell_visit_apply(xsell_session_record_t *r, xsell_event_t *ev)
{
    int       item;
    uint32_t  now_s;

    now_s = xsell_visit_second(ev);

    switch (ev->type) {

    case XSELL_EVENT_VIEW:
        xsell_visit_view(r, ev, now_s);
        break;

    case XSELL_EVENT_CART:
        xsell_visit_unseen(r, ev->item, XSELL_ENTRY_CART);
        break;

    case XSELL_EVENT_CART_REMOVE:
        item = xsell_visit_find(r, ev->item);

        if (item >= 0) {
            r->entry[item] &= ~XSELL_ENTRY_CART;
        }

        break;

    case XSELL_EVENT_ORDER:
        xsell_visit_order(r, ev);
        break;

    case XSELL_EVENT_CLICK:
        xsell_visit_unseen(r, ev->item, XSELL_ENTRY_CLICKED);
        r->flags |= XSELL_SESSION_CLICKED;
        r->ignored = 0;
        break;

    case XSELL_EVENT_DISMISS:
        xsell_visit_dismiss(r, ev->item);
        break;

    case XSELL_EVENT_RATE:
        xsell_visit_rate(r, ev);
        break;

    case XSELL_EVENT_IMPRESSION:
        xsell_visit_offer(r, ev, now_s);
        break;
    }

    /*
     * Whatever a visitor does keeps the visit alive, but after a silence only
     * a view opens the next one: a late beacon must not join the two.
     */

    if (now_s > r->last_s
        && (ev->type == XSELL_EVENT_VIEW
            || now_s - r->last_s <= XSELL_VISIT_GAP_S))
    {
        r->last_s = now_s;
    }
}


void
xsell_visit_begin(xsell_session_record_t *r, uint64_t key, uint32_t now_s)
{
    memset(r, 0, sizeof(xsell_session_record_t));

    r->key = key;
    r->first_s = now_s;
    r->last_s = now_s;
    r->visit_s = now_s;
}


/* slots that the dictionary has given out */

static inline uint32_t
xsell_visit_slots(const xsell_arena_t *a)
{
    uint32_t  n;

    n = xsell_load(&a->header->dict_n);

    return n < a->items_n ? n : a->items_n;
}


int
xsell_visit_known(const xsell_arena_t *a, xsell_ref_t ref)
{
    uint32_t  slot;

    slot = xsell_ref_slot(ref);

    return slot < xsell_visit_slots(a)
           && xsell_slot_tag(a, slot) == xsell_ref_tag(ref);
}


unsigned
xsell_visit_keep(const xsell_arena_t *a, xsell_ref_t *ref, unsigned n)
{
    unsigned  i, k;
    uint32_t  slot, slots;

    k = 0;
    slots = xsell_visit_slots(a);

    for (i = 0; i < n; i++) {
        slot = xsell_ref_slot(ref[i]);

        if (slot < slots && xsell_slot_tag(a, slot) == xsell_ref_tag(ref[i])) {
            ref[k++] = ref[i];
        }
    }

    return k;
}


/* whether an entry names an item that the dictionary has now */

static inline int
xsell_visit_good(const xsell_arena_t *a, const xsell_session_record_t *r,
    unsigned i, uint32_t slots)
{
    uint32_t  slot;

    slot = xsell_ref_slot(r->entry[i]);

    return slot < slots && xsell_slot_tag(a, slot) == r->tag[i];
}


/* the ranking reads a hundred records a page, nearly all of them clean:
   nothing is moved before the first bad entry, nor cleared where nothing is */

void
xsell_visit_clean(const xsell_arena_t *a, xsell_session_record_t *r)
{
    unsigned  i, k, n, visit_n;
    uint32_t  slots;

    slots = xsell_visit_slots(a);
    n = r->n < XSELL_HISTORY ? r->n : XSELL_HISTORY;
    visit_n = r->visit_n < n ? r->visit_n : n;
    r->visit_n = (uint8_t) visit_n;

    for (i = 0; i < n && xsell_visit_good(a, r, i, slots); i++) { /* void */ }

    k = i;

    for ( /* void */ ; i < n; i++) {

        if (!xsell_visit_good(a, r, i, slots)) {
            r->visit_n -= i < visit_n;
            continue;
        }

        r->entry[k] = r->entry[i];
        r->tag[k] = r->tag[i];
        k++;
    }

    r->n = (uint8_t) k;

    if (k < XSELL_HISTORY) {
        memset(&r->entry[k], 0, (XSELL_HISTORY - k) * sizeof(r->entry[0]));
        memset(&r->tag[k], 0, (XSELL_HISTORY - k) * sizeof(r->tag[0]));
    }
}


void
xsell_visit_mend(const xsell_arena_t *a, xsell_session_record_t *r)
{
    unsigned  i, k;

    xsell_visit_clean(a, r);

    for (i = 0; i < r->n; i++) {
        for (k = r->n; k > i + 1; k--) {
            if (xsell_ref_slot(r->entry[k - 1])
                == xsell_ref_slot(r->entry[i]))
            {
                xsell_visit_remove(r, k - 1);
            }
        }
    }
}

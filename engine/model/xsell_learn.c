
/*
 * xsell_learn.c: the whole write path, one event at a time, by the one
 * process that holds the lease.
 *
 *   view         sums of the item and of its crowds; with a session:
 *                postings and pairs, of items and of kinds; unless its network
 *                has brought its share of the item (xsell_caps.c)
 *   cart         item's count; the ledger row is credited once
 *   order        once an order id: sums, pairs of its lines, ledger rows
 *   click        item's count; the shown row moves on to the ledger; too fast
 *                for a person: nothing
 *   impression   items' counts
 *   rate         the item's residual, as much as a cart, of known visitors
 *   erase        the visitor's ledger rows go, the worker freed the session
 *
 * Live traffic, the log and a warm-up from history all come through here
 * (ARCHITECTURE D4), so nothing depends on a clock, a process or an address:
 * time is the event's, random bits are the header's, and the same events in
 * the same order leave the same bytes.
 *
 * An event without a session (no consent) moves sums only.  One in probation
 * (no cookie came back yet) does so too: whoever sends a million first views
 * changes what is popular at most, never what goes together; when the cookie
 * does come back, the items before are caught up (PROMOTED).
 *
 * A reference with an old tag is of an item that is gone; it is passed over.
 */

#include "xsell_model.h"


/* older items of the visit that a new one is paired with */
#define XSELL_LEARN_PAIRED   8

/* what carts, orders and ratings count for, in clicks */
#define XSELL_LEARN_CART     0.25f
#define XSELL_LEARN_ORDER    0.5f
#define XSELL_LEARN_RATE     0.25f

/* events taken from one ring before the next one has its turn */
#define XSELL_LEARN_BURST    16


/* the item's record, emptied first if its slot was given to another item;
   NULL for a reference that is out of range or stale */

static xsell_item_record_t *
xsell_learn_item(xsell_arena_t *a, xsell_ref_t ref)
{
    uint32_t              slot;
    xsell_item_record_t  *it;

    slot = xsell_ref_slot(ref);

    if (slot >= a->items_n || xsell_slot_tag(a, slot) != xsell_ref_tag(ref)) {
        return NULL;
    }

    it = &a->items[slot];

    if (xsell_item_tag(it) != xsell_ref_tag(ref)) {
        xsell_item_reset(a, slot);
    }

    return it;
}


/* counts one of the item's events */

static void
xsell_learn_count(xsell_arena_t *a, xsell_ref_t ref, size_t counter)
{
    uint32_t             *n;
    xsell_item_record_t  *it;

    it = xsell_learn_item(a, ref);

    if (it) {
        n = (uint32_t *) (void *) ((uint8_t *) it + counter);
        xsell_store(n, *n + 1);
    }
}


/* ---- views ------------------------------------------------------------ */

/* whether an item of the visit's past is known, and its network may still bring
   it: else pairs would be what views may not */

static int
xsell_learn_open(xsell_arena_t *a, const xsell_event_t *ev, xsell_ref_t ref,
    uint32_t now_s)
{
    xsell_item_record_t  *it;

    it = xsell_learn_item(a, ref);

    return it && xsell_caps_item_open(a, XSELL_CAPS_VIEW, ev->network, ref,
                                      it->trend, now_s);
}


/* indexes an item of a session, and pairs it, and its kind, with the ones
   before it */

static void
xsell_learn_seen(xsell_arena_t *a, const xsell_catalog_t *cat,
    const xsell_event_t *ev, xsell_ref_t ref, uint32_t from, uint32_t now_s)
{
    uint32_t  i;

    xsell_posting_add(a, xsell_ref_slot(ref), ev->session_idx, now_s);

    for (i = from; i < ev->visit_n && i < from + XSELL_LEARN_PAIRED; i++) {
        if (xsell_learn_open(a, ev, ev->others[i], now_s)) {
            xsell_pairs_add(a, ref, ev->others[i], XSELL_PAIR_VIEWED);
        }
    }

    if (from < ev->visit_n) {
        xsell_goes_view(a, cat, ref, &ev->others[from], ev->visit_n - from,
                        now_s);
    }
}


static void
xsell_learn_view(xsell_arena_t *a, const xsell_catalog_t *cat,
    const xsell_event_t *ev)
{
    uint32_t              i, now_s;
    xsell_item_record_t  *it;

    if (ev->flags & XSELL_EV_REFRESH) {
        return;
    }

    it = xsell_learn_item(a, ev->item);

    if (it == NULL) {
        return;
    }

    now_s = (uint32_t) (ev->time_ms / 1000);

    if (!xsell_caps_item(a, XSELL_CAPS_VIEW, ev->network, ev->item, it->trend,
                         now_s))
    {
        return;
    }

    xsell_intent_set(a, XSELL_REGION_ITEMS, xsell_ref_slot(ev->item));

    xsell_item_age(it, now_s);
    xsell_store_float(&it->pop, it->pop + 1);
    xsell_store_float(&it->trend, it->trend + 1);
    xsell_store(&it->views, it->views + 1);

    xsell_intent_clear(a);

    xsell_store(&a->header->views, a->header->views + 1);

    if (ev->flags & XSELL_EV_VISIT) {
        xsell_store(&a->header->visits, a->header->visits + 1);
    }

    xsell_crowd_view(a, cat, ev, it);

    if (ev->session == 0 || ev->session_idx == XSELL_NO_REF
        || (ev->flags & XSELL_EV_PROBATION))
    {
        return;
    }

    if (ev->flags & XSELL_EV_PROMOTED) {

        /* nothing of this session is indexed yet: oldest first */

        for (i = ev->n; i > 0; i--) {
            if (xsell_learn_open(a, ev, ev->others[i - 1], now_s)) {
                xsell_learn_seen(a, cat, ev, ev->others[i - 1], i, now_s);
            }
        }

    } else if (ev->flags & XSELL_EV_SEEN) {
        return;
    }

    xsell_learn_seen(a, cat, ev, ev->item, 0, now_s);
}


/* ---- clicks, carts, orders -------------------------------------------- */

/* what was shown, onto the ledger: of the impression while it lives, else
   what the event itself says */

static void
xsell_learn_row(xsell_arena_t *a, xsell_ledger_row_t *row,
    const xsell_event_t *ev)
{
    xsell_impression_t      imp;
    const xsell_imp_row_t  *shown;

    row->impression = ev->impression;
    row->template_idx = ev->template_idx;
    row->slot_name = ev->slot_name;
    row->position = ev->position;
    row->propensity = 0xffff;

    if (xsell_impression_read(a, ev->impression, &imp) == XSELL_OK
        && ev->position < imp.n && ev->position < XSELL_SLATE_MAX
        && imp.row[ev->position].ref == ev->item)
    {
        shown = &imp.row[ev->position];

        row->anchor = xsell_ref_slot(imp.anchor) < a->items_n
                      ? imp.anchor : XSELL_NO_REF;
        row->generation = imp.generation;
        row->template_idx = imp.template_idx;
        row->slot_name = imp.slot_name;
        row->propensity = shown->propensity;
        row->reason = shown->reason;
        row->pair = shown->pair;
        memcpy(row->feature, shown->feature, sizeof(row->feature));
    }

    row->item = ev->item;
}


static void
xsell_learn_click(xsell_arena_t *a, const xsell_event_t *ev)
{
    int                  evicted, teaches, known, recalled;
    uint32_t             now_s;
    xsell_impression_t   imp;
    xsell_ledger_row_t  *row;

    if ((ev->flags & XSELL_EV_FAST)
        || xsell_learn_item(a, ev->item) == NULL)
    {
        return;
    }

    xsell_learn_count(a, ev->item, offsetof(xsell_item_record_t, clicks));

    if (ev->session == 0 || ev->impression == 0) {
        return;
    }

    now_s = (uint32_t) (ev->time_ms / 1000);
    row = xsell_ledger_find(a, ev->session, ev->item, now_s);

    if (row && row->impression == ev->impression) {
        return;    /* learned again after a kill */
    }

    known = xsell_impression_read(a, ev->impression, &imp) == XSELL_OK;
    recalled = known && (imp.flags & XSELL_IMP_RECALLED);

    teaches = known && !recalled
              && imp.session == ev->session && ev->position < imp.n
              && imp.row[ev->position].ref == ev->item
              && xsell_caps_reward(a, ev->session, ev->network,
                                   ev->item, now_s);

    /* which row is known only when it is taken; until then: any */

    xsell_intent_set(a, XSELL_REGION_LEDGER, XSELL_NO_REF);
    row = xsell_ledger_add(a, ev->session, now_s, &evicted);
    row->state = (teaches ? 0 : XSELL_LEDGER_UNTAUGHT)
                 | (recalled ? XSELL_LEDGER_RECALLED : 0);
    xsell_learn_row(a, row, ev);
    xsell_intent_clear(a);

    if (teaches) {
        xsell_teach_click(a, &imp, ev->position, ev->time_ms);
    }

    if (evicted) {
        xsell_add(&a->counters->dropped[XSELL_DROP_LEDGER_EVICTED], 1);
    }
}


/* adds to a sum of the slot that a clicked row was in, and to that of the
   template it was shown by */

static void
xsell_learn_name(xsell_arena_t *a, uint32_t name, size_t sum, uint64_t n)
{
    uint64_t  *to;

    if (name < XSELL_NAMES) {
        to = (uint64_t *) (void *)
             ((unsigned char *) &a->name_counters[name] + sum);
        xsell_add(to, n);
    }
}


static void
xsell_learn_names(xsell_arena_t *a, const xsell_ledger_row_t *row, size_t sum,
    uint64_t n)
{
    xsell_learn_name(a, row->slot_name, sum, n);

    if (row->template_idx) {
        xsell_learn_name(a, row->template_idx, sum, n);
    }
}


static void
xsell_learn_cart(xsell_arena_t *a, const xsell_event_t *ev)
{
    xsell_ledger_row_t   *row;
    xsell_item_record_t  *it;

    it = xsell_learn_item(a, ev->item);

    if (it && xsell_item_carts(it) < XSELL_CARTS_MAX) {
        xsell_store(&it->carts_tag, it->carts_tag + 1);
    }

    row = xsell_ledger_find(a, ev->session, ev->item,
                            (uint32_t) (ev->time_ms / 1000));

    if (row && (row->state & XSELL_LEDGER_CART) == 0) {
        row->state |= XSELL_LEDGER_CART;
        xsell_learn_names(a, row, offsetof(xsell_name_counters_t, carts), 1);

        if ((row->state & XSELL_LEDGER_RECALLED) == 0
            && xsell_caps_reward(a, ev->session, ev->network, row->item,
                                 (uint32_t) (ev->time_ms / 1000)))
        {
            xsell_teach_reward(a, row, XSELL_LEARN_CART);
        }
    }
}


/* what a visitor's rating of an item is known again by */

static uint64_t
xsell_learn_rated(const xsell_arena_t *a, const xsell_event_t *ev)
{
    uint64_t  key;

    key = ev->session
          ^ a->dict[xsell_ref_slot(ev->item)].hash * 0x9e3779b97f4a7c15ull;

    return xsell_random(&key);
}


/*
 * Of somebody who is known, once for an item: whoever wants to praise his own
 * goods has as many ratings as he has cookies, and caps know the network.  The
 * first one teaches; what is thought of it later is the visit's (an item with
 * one star is not offered to this visitor, with five it is again).  To take an
 * earlier one back would need it and the belief as it was then.
 *
 * Remembered beside the ids of orders, which are there to be known again, too,
 * and over restarts.  As many as caps let pass drive no order out: those that
 * come twice come soon.
 */

static void
xsell_learn_rate(xsell_arena_t *a, const xsell_event_t *ev)
{
    uint64_t  rated;

    if (ev->session == 0 || (ev->flags & (XSELL_EV_HOLDOUT|XSELL_EV_PROBATION))
        || ev->value < 1 || ev->value > 5
        || xsell_learn_item(a, ev->item) == NULL)
    {
        return;
    }

    rated = xsell_learn_rated(a, ev);

    if (xsell_order_known(a, rated)) {
        xsell_add(&a->counters->dropped[XSELL_DROP_RATE_REPEATED], 1);
        return;
    }

    if (!xsell_caps_reward(a, ev->session, ev->network, ev->item,
                           (uint32_t) (ev->time_ms / 1000)))
    {
        return;
    }

    (void) xsell_order_once(a, rated);

    xsell_teach_rating(a, xsell_ref_slot(ev->item),
                       (float) (ev->value - 1) / 4, XSELL_LEARN_RATE);
}


/* an order with two lines of one slot, or of one template, is one order of
   it */

static void
xsell_learn_ordered(xsell_arena_t *a, uint32_t name,
    uint32_t names[XSELL_NAMES / 32])
{
    if (name < XSELL_NAMES && (names[name / 32] & (1u << name % 32)) == 0) {
        names[name / 32] |= 1u << name % 32;
        xsell_learn_name(a, name, offsetof(xsell_name_counters_t, orders), 1);
    }
}


/* an order's line after a click: worth the catalogue's price, once; the
   value that the shop reports is the order's, not the line's */

static uint64_t
xsell_learn_credit(xsell_arena_t *a, const xsell_catalog_t *cat,
    const xsell_event_t *ev, xsell_ref_t ref,
    uint32_t names[XSELL_NAMES / 32])
{
    uint64_t             price;
    const xsell_item_t  *it;
    xsell_ledger_row_t  *row;

    row = xsell_ledger_find(a, ev->session, ref,
                            (uint32_t) (ev->time_ms / 1000));

    if (row == NULL || (row->state & XSELL_LEDGER_ORDER)) {
        return 0;
    }

    it = cat ? xsell_catalog_item(cat, xsell_catalog_of(cat, ref)) : NULL;
    price = it && it->price > 0 ? (uint64_t) it->price : 0;
    price = price < UINT32_MAX ? price : UINT32_MAX;

    row->state |= XSELL_LEDGER_ORDER;
    row->revenue = (uint32_t) price;

    if ((row->state & XSELL_LEDGER_RECALLED) == 0
        && xsell_caps_reward(a, ev->session, ev->network, row->item,
                             (uint32_t) (ev->time_ms / 1000)))
    {
        xsell_teach_reward(a, row, XSELL_LEARN_ORDER);
    }

    xsell_learn_names(a, row, offsetof(xsell_name_counters_t, revenue), price);

    xsell_learn_ordered(a, row->slot_name, names);

    if (row->template_idx) {
        xsell_learn_ordered(a, row->template_idx, names);
    }

    return price;
}


/* 0: its network has brought its share of the item */

static int
xsell_learn_sold(xsell_arena_t *a, const xsell_event_t *ev, xsell_ref_t ref)
{
    uint32_t              now_s;
    xsell_item_record_t  *it;

    it = &a->items[xsell_ref_slot(ref)];
    now_s = (uint32_t) (ev->time_ms / 1000);

    if (!xsell_caps_item(a, XSELL_CAPS_SOLD, ev->network, ref, it->trend,
                         now_s))
    {
        return 0;
    }

    xsell_intent_set(a, XSELL_REGION_ITEMS, xsell_ref_slot(ref));

    xsell_item_age(it, now_s);
    xsell_store_float(&it->sold, it->sold + 1);
    xsell_store(&it->orders, it->orders + 1);

    xsell_intent_clear(a);

    return 1;
}


/* the order's items: known, each once; returns how many */

static uint32_t
xsell_learn_lines(xsell_arena_t *a, const xsell_event_t *ev,
    xsell_ref_t line[XSELL_HISTORY])
{
    uint32_t  i, j, n;

    n = 0;

    for (i = 0; i < ev->n && i < XSELL_HISTORY; i++) {

        if (xsell_learn_item(a, ev->others[i]) == NULL) {
            continue;
        }

        for (j = 0; j < n && line[j] != ev->others[i]; j++) { /* void */ }

        if (j == n) {
            line[n++] = ev->others[i];
        }
    }

    return n;
}


static int
xsell_learn_order(xsell_arena_t *a, const xsell_catalog_t *cat,
    const xsell_event_t *ev)
{
    int          rc;
    uint32_t     i, j, n, sold, names[XSELL_NAMES / 32];
    uint64_t     credited;
    xsell_ref_t  line[XSELL_HISTORY];

    rc = xsell_order_once(a, ev->order);

    if (rc != XSELL_OK) {
        xsell_add(&a->counters->dropped[XSELL_DROP_ORDER_REPEATED], 1);
        return rc;
    }

    n = xsell_learn_lines(a, ev, line);
    credited = 0;
    memset(names, 0, sizeof(names));

    for (i = 0, sold = 0; i < n; i++) {
        credited += xsell_learn_credit(a, cat, ev, line[i], names);

        if (xsell_learn_sold(a, ev, line[i])) {
            line[sold++] = line[i];
        }
    }

    xsell_store(&a->header->orders, a->header->orders + 1);
    xsell_store(&a->header->lines, a->header->lines + sold);
    xsell_add(&a->counters->orders_value, ev->value);
    xsell_add(&a->counters->credited_value, credited);

    if (ev->session == 0) {
        return XSELL_OK;
    }

    for (i = 0; i < sold; i++) {
        for (j = i + 1; j < sold; j++) {
            xsell_pairs_add(a, line[i], line[j], XSELL_PAIR_BOUGHT);
        }
    }

    xsell_goes_order(a, cat, line, n, (uint32_t) (ev->time_ms / 1000));

    return XSELL_OK;
}


/* ---- events ----------------------------------------------------------- */

static int
xsell_learn_valid(xsell_arena_t *a, const xsell_settings_t *s,
    const xsell_catalog_t *cat, const xsell_event_t *ev)
{
    int       rc;
    uint32_t  i;

    rc = XSELL_OK;

    switch (ev->type) {

    case XSELL_EVENT_VIEW:
        xsell_learn_view(a, cat, ev);
        break;

    case XSELL_EVENT_CART:
        xsell_learn_cart(a, ev);
        break;

    case XSELL_EVENT_ORDER:
        rc = xsell_learn_order(a, cat, ev);
        break;

    case XSELL_EVENT_CLICK:
        xsell_learn_click(a, ev);
        break;

    case XSELL_EVENT_RATE:
        xsell_learn_rate(a, ev);
        break;

    case XSELL_EVENT_ERASE:
        xsell_ledger_forget(a, ev->session);
        break;

    case XSELL_EVENT_IMPRESSION:
        for (i = 0; i < ev->n; i++) {
            xsell_learn_count(a, ev->others[i],
                              offsetof(xsell_item_record_t, impressions));
        }
        break;

    default:
        break;    /* the session has it; nothing is taught yet */
    }

    xsell_store(&a->header->applied, a->header->applied + 1);

    return rc;
}


int
xsell_learn(xsell_arena_t *a, const xsell_settings_t *s,
    const xsell_catalog_t *cat, const xsell_event_t *ev)
{
    return xsell_event_validate(a, ev) == XSELL_OK
           ? xsell_learn_valid(a, s, cat, ev) : XSELL_EINVAL;
}


/* up to `max` events of one ring; learned first, taken out after */

static uint32_t
xsell_learn_ring(xsell_arena_t *a, const xsell_settings_t *s,
    const xsell_catalog_t *cat, uint32_t ring, uint32_t max,
    void (*each)(void *ctx, const xsell_event_t *ev), void *ctx)
{
    uint32_t       n;
    xsell_event_t  ev;

    for (n = 0; n < max; n++) {

        if (xsell_ring_peek(a, ring, &ev) != XSELL_OK) {
            break;
        }

        if (xsell_event_validate(a, &ev) != XSELL_OK) {
            xsell_add(&a->counters->dropped[XSELL_DROP_EVENT_INVALID], 1);
            xsell_ring_pop(a, ring);
            continue;
        }

        if (each) {
            each(ctx, &ev);
        }

        (void) xsell_learn_valid(a, s, cat, &ev);

        xsell_ring_pop(a, ring);
    }

    return n;
}


/* not inlined, so that a profile tells events from the rounds that learn them */

__attribute__((noinline)) uint32_t
xsell_learn_drain(xsell_arena_t *a, const xsell_settings_t *s,
    const xsell_catalog_t *cat, uint32_t max,
    void (*each)(void *ctx, const xsell_event_t *ev), void *ctx)
{
    uint32_t  i, n, burst, more, ring, start, took;

    n = 0;

    /* small turns, and not always from the same ring: a busy worker's ring
       doesn't keep the others waiting, events stay nearly in time order */

    start = (uint32_t) (a->header->applied / XSELL_LEARN_BURST);

    do {
        more = 0;

        for (i = 0; i < XSELL_RINGS && n < max; i++) {
            ring = (start + i) % XSELL_RINGS;

            if (!xsell_ring_waits(a, ring)) {
                continue;       /* nearly all of them, nearly always */
            }

            burst = max - n < XSELL_LEARN_BURST ? max - n
                                                : XSELL_LEARN_BURST;
            took = xsell_learn_ring(a, s, cat, ring, burst, each, ctx);
            more |= took == burst;
            n += took;
        }

    } while (more && n < max);

    return n;
}

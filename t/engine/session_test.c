
/*
 * session_test.c: the session table and what events do to a visit.
 *
 * One process; what several do to it at once is torture_store_test.c.
 */

#include "shared_test.h"


#define MB         (1024 * 1024)
#define COOKIE     XSELL_EV_COOKIE


static shared_t         t;
static xsell_event_t    ev;
static xsell_session_t  s;


static int
setup(void **state)
{
    shared_open(&t, 2 * MB);
    return 0;
}


static int
teardown(void **state)
{
    shared_validate(&t);
    shared_close(&t);
    return 0;
}


/* applies one event to ev; item < 0: none */

static int
apply(unsigned type, uint64_t key, int item, uint32_t at_s, unsigned flags)
{
    memset(&ev, 0, sizeof(ev));

    ev.type = (uint8_t) type;
    ev.session = key;
    ev.item = item < 0 ? XSELL_NO_REF : t.ref[item];
    ev.time_ms = (uint64_t) at_s * 1000;
    ev.flags = (uint8_t) flags;

    return xsell_session_apply(&t.a, &ev, &s);
}


static void
view(uint64_t key, int item, uint32_t at_s)
{
    assert_int_equal(apply(XSELL_EVENT_VIEW, key, item, at_s, COOKIE),
                     XSELL_OK);
}


static void
read_back(uint64_t key)
{
    assert_int_equal(xsell_session_read(&t.a, key, &s), XSELL_OK);
}


static int
place_of(int item)
{
    int  i;

    for (i = 0; i < s.r.n; i++) {
        if (xsell_ref_slot(s.r.entry[i]) == xsell_ref_slot(t.ref[item])) {
            return i;
        }
    }

    return -1;
}


static uint64_t
dropped(unsigned reason)
{
    return t.a.counters->dropped[reason];
}


/* hazard: history out of order, or others[] that includes the item itself */

static void
test_history_is_newest_first(void **state)
{
    view(7, 1, 100);
    assert_int_equal(ev.n, 0);
    assert_int_equal(ev.flags, COOKIE | XSELL_EV_VISIT);
    assert_true(ev.session_idx != XSELL_NO_REF);

    view(7, 2, 120);
    view(7, 3, 140);

    assert_int_equal(ev.flags, COOKIE);
    assert_int_equal(ev.n, 2);
    assert_int_equal(ev.visit_n, 2);
    assert_int_equal(ev.others[0], t.ref[2]);
    assert_int_equal(ev.others[1], t.ref[1]);
    assert_int_equal(ev.others[2], XSELL_NO_REF);

    read_back(7);
    assert_int_equal(s.r.n, 3);
    assert_int_equal(s.r.visit_n, 3);
    assert_int_equal(s.r.visits, 1);
    assert_int_equal(s.r.first_s, 100);
    assert_int_equal(s.r.last_s, 140);
    assert_int_equal(s.idx, ev.session_idx);
    assert_int_equal(place_of(3), 0);
    assert_int_equal(place_of(1), 2);
}


/* hazard: a reload counted as a view; or a later view taken for a reload */

static void
test_refresh_within_ten_seconds(void **state)
{
    view(7, 1, 100);
    view(7, 2, 120);
    view(7, 2, 130);
    assert_int_equal(ev.flags, COOKIE | XSELL_EV_REFRESH);
    assert_int_equal(s.r.last_s, 130);
    assert_int_equal(s.r.n, 2);
    assert_int_equal(ev.n, 1);
    assert_int_equal(ev.visit_n, 1);

    view(7, 2, 141);
    assert_int_equal(ev.flags, COOKIE | XSELL_EV_SEEN);

    view(7, 1, 142);
    assert_int_equal(ev.flags, COOKIE | XSELL_EV_SEEN);
    assert_int_equal(place_of(1), 0);
    assert_int_equal(place_of(2), 1);
    assert_int_equal(s.r.n, 2);
}


/* hazard: flags of an item lost when it moves to the front */

static void
test_flags_stay_with_the_item(void **state)
{
    view(7, 1, 100);
    apply(XSELL_EVENT_CART, 7, 1, 101, COOKIE);
    apply(XSELL_EVENT_CLICK, 7, 1, 102, COOKIE);
    view(7, 2, 120);
    view(7, 1, 140);

    assert_int_equal(s.r.entry[0] & ~XSELL_SLOT_MASK,
                     XSELL_ENTRY_CART | XSELL_ENTRY_CLICKED);
}


/* hazard: a click comes before the view of what was clicked, so its mark finds
   no item and is lost; or the view that follows counts as seen before */

static void
test_click_before_view(void **state)
{
    view(7, 1, 100);
    apply(XSELL_EVENT_CLICK, 7, 2, 120, COOKIE);
    assert_int_equal(place_of(1), 0);

    view(7, 2, 120);
    assert_int_equal(ev.flags, COOKIE);
    assert_int_equal(s.r.n, 2);
    assert_int_equal(s.r.entry[0] & ~XSELL_SLOT_MASK, XSELL_ENTRY_CLICKED);
}


/* hazard: a visit that never ends, or one that ends while items move */

static void
test_visit_gap(void **state)
{
    view(7, 1, 100);
    view(7, 2, 200);
    view(7, 3, 200 + XSELL_VISIT_GAP_S);
    assert_int_equal(s.r.visits, 1);

    view(7, 1, 201 + 2 * XSELL_VISIT_GAP_S);
    assert_int_equal(ev.flags, COOKIE | XSELL_EV_VISIT | XSELL_EV_SEEN);
    assert_int_equal(ev.n, 2);
    assert_int_equal(ev.visit_n, 0);
    assert_int_equal(s.r.visits, 2);
    assert_int_equal(s.r.visit_n, 1);
    assert_int_equal(s.r.visit_s, 201 + 2 * XSELL_VISIT_GAP_S);
    assert_false(s.r.flags & XSELL_SESSION_BOUNCED);

    /* an item of the older visit joins the running one */

    view(7, 2, 300 + 2 * XSELL_VISIT_GAP_S);
    assert_int_equal(s.r.visit_n, 2);
    assert_int_equal(ev.visit_n, 1);
    assert_int_equal(ev.others[0], t.ref[1]);
    assert_int_equal(ev.others[1], t.ref[3]);
}


/* hazard: a buyer of one page marked as bounced; a mark that stays */

static void
test_bounced(void **state)
{
    view(7, 1, 100);
    view(7, 2, 10000);
    assert_true(s.r.flags & XSELL_SESSION_BOUNCED);

    apply(XSELL_EVENT_CART, 7, 2, 10001, COOKIE);
    view(7, 3, 20000);
    assert_false(s.r.flags & XSELL_SESSION_BOUNCED);
}


/* hazard: a late beacon that joins two visits */

static void
test_beacon_after_silence_joins_nothing(void **state)
{
    view(7, 1, 100);
    memset(&ev, 0, sizeof(ev));
    apply(XSELL_EVENT_DWELL, 7, 1, 5000, COOKIE);
    assert_int_equal(s.r.last_s, 100);

    view(7, 2, 5010);
    assert_true(ev.flags & XSELL_EV_VISIT);

    apply(XSELL_EVENT_DWELL, 7, 2, 5020, COOKIE);
    assert_int_equal(s.r.last_s, 5020);
}


/* hazard: the cart falls out of a long history */

static void
test_cart_entries_are_evicted_last(void **state)
{
    int  i;

    for (i = 0; i < 40; i++) {
        view(7, i, 100 + 20 * (uint32_t) i);

        if (i == 3 || i == 5) {
            apply(XSELL_EVENT_CART, 7, i, 101 + 20 * (uint32_t) i, COOKIE);
        }
    }

    assert_int_equal(s.r.n, XSELL_HISTORY);
    assert_int_equal(place_of(3), 15);
    assert_int_equal(place_of(5), 14);
    assert_int_equal(place_of(26), 13);
    assert_int_equal(place_of(25), -1);
    assert_int_equal(s.r.visit_n, XSELL_HISTORY);

    /* all in the cart: the oldest goes, the new one comes in */

    for (i = 50; i < 70; i++) {
        apply(XSELL_EVENT_CART, 7, i, 2000, COOKIE);
    }

    assert_int_equal(s.r.n, XSELL_HISTORY);
    assert_int_equal(place_of(3), -1);
    view(7, 80, 2001);
    assert_int_equal(place_of(80), 0);
    assert_int_equal(s.r.n, XSELL_HISTORY);
}


/* hazard: a cart from a list taken for a view of that item */

static void
test_cart_of_an_unseen_item(void **state)
{
    view(7, 1, 100);
    assert_int_equal(apply(XSELL_EVENT_CART, 7, 9, 110, COOKIE), XSELL_OK);
    assert_int_equal(place_of(1), 0);
    assert_int_equal(place_of(9), 1);
    assert_int_equal(s.r.visit_n, 2);
    assert_int_equal(ev.n, 0);
    assert_int_equal(s.r.visits, 1);

    assert_int_equal(apply(XSELL_EVENT_CART_REMOVE, 7, 9, 111, COOKIE),
                     XSELL_OK);
    assert_false(s.r.entry[1] & XSELL_ENTRY_CART);
    assert_int_equal(s.r.n, 2);

    /* its first view is the first: neither a repetition nor a refresh */

    view(7, 9, 112);
    assert_int_equal(ev.flags, COOKIE);
    view(7, 9, 130);
    assert_int_equal(ev.flags, COOKIE | XSELL_EV_SEEN);
}


/* hazard: an order that leaves its lines in the cart, or takes others out */

static void
test_order_takes_the_cart(void **state)
{
    view(7, 1, 100);
    view(7, 2, 120);
    view(7, 3, 140);
    apply(XSELL_EVENT_CART, 7, 1, 150, COOKIE);
    apply(XSELL_EVENT_CART, 7, 3, 150, COOKIE);

    assert_int_equal(apply(XSELL_EVENT_ORDER, 7, -1, 160, COOKIE), XSELL_OK);
    assert_int_equal(ev.n, 2);
    assert_int_equal(ev.others[0], t.ref[3]);
    assert_int_equal(ev.others[1], t.ref[1]);
    assert_int_equal(s.r.entry[0] & ~XSELL_SLOT_MASK, XSELL_ENTRY_BOUGHT);
    assert_int_equal(s.r.entry[1] & ~XSELL_SLOT_MASK, 0);
    assert_int_equal(s.r.orders, 1);

    assert_int_equal(apply(XSELL_EVENT_ORDER, 7, -1, 170, COOKIE), XSELL_OK);
    assert_int_equal(ev.n, 0);
}


/* hazard: lines from the shop overridden by the cart; stale lines kept */

static void
test_order_with_lines(void **state)
{
    view(7, 1, 100);
    apply(XSELL_EVENT_CART, 7, 1, 150, COOKIE);
    view(7, 2, 160);

    memset(&ev, 0, sizeof(ev));
    ev.type = XSELL_EVENT_ORDER;
    ev.session = 7;
    ev.item = XSELL_NO_REF;
    ev.time_ms = 170000;
    ev.value = UINT32_MAX - 5;
    ev.n = 3;
    ev.others[0] = t.ref[2];
    ev.others[1] = t.ref[5] ^ 0x01000000u;
    ev.others[2] = t.ref[6];

    assert_int_equal(xsell_session_apply(&t.a, &ev, &s), XSELL_OK);
    assert_int_equal(ev.n, 2);
    assert_int_equal(ev.others[1], t.ref[6]);
    assert_true(s.r.entry[0] & XSELL_ENTRY_BOUGHT);
    assert_true(s.r.entry[1] & XSELL_ENTRY_CART);
    assert_int_equal(s.r.revenue, UINT32_MAX - 5);

    ev.value = 10;
    assert_int_equal(xsell_session_apply(&t.a, &ev, &s), XSELL_OK);
    assert_int_equal(s.r.revenue, UINT32_MAX);
}


/* hazard: small counters that wrap */

static void
test_counters_saturate(void **state)
{
    int  i;

    view(7, 1, 100);

    for (i = 0; i < 300; i++) {
        apply(XSELL_EVENT_ORDER, 7, -1, 110, COOKIE);
        apply(XSELL_EVENT_IMPRESSION, 7, -1, 110, COOKIE);
    }

    assert_int_equal(s.r.orders, 255);
    assert_int_equal(s.r.offers, 255);
    assert_int_equal(s.r.ignored, 255);
}


/* an item is shown to them; s: the record after it */

static void
show(uint64_t key, int item, uint32_t at_s)
{
    memset(&ev, 0, sizeof(ev));
    ev.type = XSELL_EVENT_IMPRESSION;
    ev.session = key;
    ev.item = XSELL_NO_REF;
    ev.time_ms = (uint64_t) at_s * 1000;
    ev.n = 1;
    ev.others[0] = t.ref[item];

    assert_int_equal(xsell_session_apply(&t.a, &ev, &s), XSELL_OK);
}


/* hazard: a page without an item that does not know of the one before, or
   knows of a visit before */

static void
test_dwell_without_a_view(void **state)
{
    memset(&s, 0, sizeof(s));
    assert_int_equal(xsell_session_dwell(&s, 120000), 0);

    view(7, 1, 100);
    assert_int_equal(xsell_session_dwell(&s, 99000), 500);
    assert_int_equal(xsell_session_dwell(&s, 100999), 500);
    assert_int_equal(xsell_session_dwell(&s, 120000), 20000);
    assert_int_equal(xsell_session_dwell(&s, 1900000), 1800000);
    assert_int_equal(xsell_session_dwell(&s, 1901000), 0);
}


/* hazard: offers and clicks that don't reach the record */

static void
test_offers_clicks_dismissals(void **state)
{
    view(7, 1, 100);
    view(7, 2, 120);

    memset(&ev, 0, sizeof(ev));
    ev.type = XSELL_EVENT_IMPRESSION;
    ev.session = 7;
    ev.item = XSELL_NO_REF;
    ev.time_ms = 121000;
    ev.n = 2;
    ev.others[0] = t.ref[1];
    ev.others[1] = t.ref[30];

    assert_int_equal(xsell_session_apply(&t.a, &ev, &s), XSELL_OK);
    assert_int_equal(ev.n, 2);
    assert_int_equal(s.r.offers, 1);
    assert_int_equal(s.r.ignored, 1);
    assert_int_equal(s.r.offer_s, 121);
    assert_int_equal(s.r.entry[1] & ~XSELL_SLOT_MASK, XSELL_ENTRY_SHOWN);
    assert_int_equal(s.r.n, 2);

    apply(XSELL_EVENT_DISMISS, 7, 1, 122, COOKIE);
    assert_true(s.r.entry[1] & XSELL_ENTRY_DISMISSED);

    apply(XSELL_EVENT_CLICK, 7, 30, 123, COOKIE);
    assert_true(s.r.flags & XSELL_SESSION_CLICKED);
    assert_int_equal(s.r.ignored, 0);
    assert_int_equal(s.r.n, 3);
    assert_int_equal(s.r.offers, 1);

    view(7, 2, 5000);
    assert_int_equal(s.r.offers, 0);
}


/* hazard: what was offered, refused and never viewed counts as viewed, or is
   offered again; a full record is written past its end */

static void
test_dismissed_unseen(void **state)
{
    unsigned  i;

    view(7, 1, 100);
    view(7, 2, 120);
    apply(XSELL_EVENT_DISMISS, 7, 30, 122, COOKIE);

    assert_int_equal(s.r.n, 3);
    assert_int_equal(s.r.visit_n, 2);
    assert_int_equal(xsell_ref_slot(s.r.entry[2]), xsell_ref_slot(t.ref[30]));
    assert_int_equal(s.r.entry[2] & ~XSELL_SLOT_MASK,
                     XSELL_ENTRY_DISMISSED|XSELL_ENTRY_UNSEEN);

    view(7, 3, 140);
    assert_int_equal(ev.visit_n, 2);

    for (i = 4; i < 30; i++) {
        view(7, i, 150 + 20 * i);
    }

    assert_int_equal(s.r.visit_n, XSELL_HISTORY - 1);

    for (i = 31; i < 36; i++) {
        apply(XSELL_EVENT_DISMISS, 7, i, 750, COOKIE);
        assert_int_equal(s.r.n, XSELL_HISTORY);
        assert_true(s.r.entry[s.r.visit_n] & XSELL_ENTRY_DISMISSED);
    }

    /* all six of them are there still, and ten views */

    assert_int_equal(s.r.visit_n, XSELL_HISTORY - 6);
}


/* hazard: cookie-less first views in the main table; a move that forgets */

static void
test_promotion(void **state)
{
    uint32_t  at;
    uint64_t  n;

    assert_int_equal(apply(XSELL_EVENT_VIEW, 7, 1, 100, 0), XSELL_OK);
    assert_int_equal(ev.flags, XSELL_EV_VISIT | XSELL_EV_PROBATION);
    assert_int_equal(ev.session_idx, XSELL_NO_REF);

    read_back(7);
    assert_int_equal(s.idx, XSELL_NO_REF);

    view(7, 2, 120);
    assert_int_equal(ev.flags, COOKIE | XSELL_EV_PROMOTED);
    assert_int_equal(ev.n, 1);
    assert_int_equal(ev.visit_n, 1);
    assert_int_equal(ev.others[0], t.ref[1]);

    read_back(7);
    assert_int_equal(s.idx, ev.session_idx);
    assert_int_equal(s.r.visits, 1);
    assert_int_equal(s.r.n, 2);

    view(7, 3, 140);
    assert_int_equal(ev.flags, COOKIE);

    /* it is gone from probation: nothing is left when main is emptied */

    memset(t.a.sessions[s.idx / XSELL_WAYS].record, 0,
           sizeof(t.a.sessions[0].record));
    assert_int_equal(xsell_session_read(&t.a, 7, &s), XSELL_NONE);

    at = 0;
    n = 0;
    assert_int_equal(xsell_session_count(&t.a, 0, &at, UINT32_MAX, &n),
                     XSELL_OK);
    assert_int_equal(n, 0);
}


/* hazard: the lesson of a move is lost when a cart or a click moves it, or
   when the first page is only reloaded */

static void
test_promotion_by_a_cart(void **state)
{
    assert_int_equal(apply(XSELL_EVENT_VIEW, 7, 1, 100, 0), XSELL_OK);
    assert_int_equal(apply(XSELL_EVENT_CART, 7, 1, 104, COOKIE), XSELL_OK);
    assert_int_equal(ev.flags, COOKIE);
    assert_true(ev.session_idx != XSELL_NO_REF);

    view(7, 1, 106);
    assert_int_equal(ev.flags, COOKIE | XSELL_EV_REFRESH);

    view(7, 2, 120);
    assert_int_equal(ev.flags, COOKIE | XSELL_EV_PROMOTED);
    assert_int_equal(ev.others[0], t.ref[1]);

    view(7, 3, 140);
    assert_int_equal(ev.flags, COOKIE);
    assert_int_equal(place_of(1), 2);
    assert_true(s.r.entry[2] & XSELL_ENTRY_CART);
}


/* hazard: events without a cookie lift a visit out of probation, or make
   records that no view began */

static void
test_probation_keeps(void **state)
{
    assert_int_equal(apply(XSELL_EVENT_CART, 7, 1, 100, 0), XSELL_NONE);
    assert_int_equal(apply(XSELL_EVENT_CART, 7, 1, 100, COOKIE), XSELL_NONE);
    assert_int_equal(apply(XSELL_EVENT_VIEW, 7, 1, 100, 0), XSELL_OK);
    assert_int_equal(apply(XSELL_EVENT_CLICK, 7, 1, 101, 0), XSELL_OK);
    assert_int_equal(ev.flags, XSELL_EV_PROBATION);
    assert_int_equal(apply(XSELL_EVENT_VIEW, 7, 2, 120, 0), XSELL_OK);
    assert_int_equal(ev.flags, XSELL_EV_PROBATION);
    assert_int_equal(s.idx, XSELL_NO_REF);

    /* what is in the main table is found there without the cookie too */

    view(7, 3, 140);
    assert_int_equal(apply(XSELL_EVENT_IMPRESSION, 7, -1, 140, 0), XSELL_OK);
    assert_int_equal(ev.flags, 0);
    assert_true(ev.session_idx != XSELL_NO_REF);
}


/* hazard: 1e6 clients without cookies push out the shop's real visitors */

static void
test_flood_leaves_real_sessions_alone(void **state)
{
    int       i, n;
    uint64_t  flood;

    n = 0;
    flood = 12345;

    for (i = 1; i <= 1000; i++) {
        view((uint64_t) i, i % SHARED_ITEMS, 100);
        view((uint64_t) i, (i + 1) % SHARED_ITEMS, 120);
    }

    assert_int_equal(dropped(XSELL_DROP_SESSION_EVICTED), 0);

    for (i = 0; i < 1000000; i++) {
        n += apply(XSELL_EVENT_VIEW, xsell_random(&flood),
                   i % SHARED_ITEMS, 200 + (uint32_t) i / 10000, 0)
             == XSELL_OK;
    }

    assert_int_equal(n, 1000000);
    assert_true(dropped(XSELL_DROP_PROBATION_EVICTED) > 990000);
    assert_int_equal(dropped(XSELL_DROP_SESSION_EVICTED), 0);

    for (i = 1; i <= 1000; i++) {
        read_back((uint64_t) i);
        assert_int_equal(s.r.n, 2);
        assert_int_equal(place_of((i + 1) % SHARED_ITEMS), 0);
    }
}


/* hazard: a full table that refuses the newest, or evicts who is there */

static void
test_oldest_makes_room(void **state)
{
    uint64_t  key, n, last;
    uint32_t  at;

    last = (uint64_t) t.a.buckets_n * XSELL_WAYS * 4;

    for (key = 1; key <= last; key++) {
        view(key, (int) (key % SHARED_ITEMS), (uint32_t) key);
        view(1, (int) (key % SHARED_ITEMS), (uint32_t) key);
    }

    read_back(1);
    read_back(last);
    assert_int_equal(xsell_session_read(&t.a, 2, &s), XSELL_NONE);

    at = 0;
    n = 0;

    while (xsell_session_count(&t.a, 0, &at, 7, &n) == XSELL_AGAIN) {
        assert_true(at <= t.a.buckets_n);
    }

    assert_int_equal(n, t.a.buckets_n * XSELL_WAYS);

    at = 0;
    n = 0;
    assert_int_equal(xsell_session_count(&t.a, (uint32_t) last, &at,
                                         UINT32_MAX, &n),
                     XSELL_OK);
    assert_int_equal(n, 2);
}


/* hazard: only those who were still there count as lost */

static void
test_evictions_count_the_living(void **state)
{
    uint64_t  key, ways;

    ways = (uint64_t) t.a.buckets_n * XSELL_WAYS;

    for (key = 1; key <= 4 * ways; key++) {
        view(key, 1, 100);
    }

    assert_true(dropped(XSELL_DROP_SESSION_EVICTED) >= 3 * ways);

    t.a.counters->dropped[XSELL_DROP_SESSION_EVICTED] = 0;

    for (key = 10 * ways; key <= 10 * ways + ways / 2; key++) {
        view(key, 1, 10000);
    }

    assert_true(dropped(XSELL_DROP_SESSION_EVICTED) < ways / 8);
}


/* hazard: an old reference read as the item that has the slot now */

static void
test_stale_tags_are_dropped(void **state)
{
    uint32_t  slot;

    view(7, 1, 100);
    view(7, 2, 120);
    view(7, 3, 140);

    slot = xsell_ref_slot(t.ref[2]);
    t.a.dict[slot].tag++;

    read_back(7);
    assert_int_equal(s.r.n, 2);
    assert_int_equal(s.r.visit_n, 2);
    assert_int_equal(place_of(1), 1);
    assert_int_equal(place_of(2), -1);

    assert_int_equal(xsell_session_at(&t.a, s.idx, &s.r), XSELL_OK);
    assert_int_equal(s.r.n, 2);

    /* an event of an older catalogue: nothing to learn, nothing changed */

    assert_int_equal(apply(XSELL_EVENT_VIEW, 7, 2, 160, COOKIE), XSELL_NONE);
    read_back(7);
    assert_int_equal(s.r.last_s, 140);

    /* the slot's new item is shown: the old one's entry is not its */

    t.ref[2] = xsell_ref(slot, t.a.dict[slot].tag);
    show(7, 2, 170);
    assert_int_equal(s.r.n, 2);
    read_back(7);
    assert_int_equal(s.r.n, 2);
    assert_int_equal(s.r.visit_n, 2);
    assert_int_equal(s.r.offers, 1);
    assert_int_equal(place_of(2), -1);

    /* it comes into the history as what it is */

    view(7, 2, 180);
    assert_int_equal(ev.flags, COOKIE);
    assert_int_equal(s.r.n, 3);
    assert_int_equal(ev.others[0], t.ref[3]);
}


/* hazard: erased here, alive there */

static void
test_erase(void **state)
{
    apply(XSELL_EVENT_VIEW, 7, 1, 100, 0);
    assert_int_equal(apply(XSELL_EVENT_ERASE, 7, -1, 101, COOKIE), XSELL_OK);
    assert_int_equal(xsell_session_read(&t.a, 7, &s), XSELL_NONE);

    view(7, 1, 100);
    read_back(7);
    assert_int_equal(apply(XSELL_EVENT_ERASE, 7, -1, 101, COOKIE), XSELL_OK);
    assert_int_equal(xsell_session_read(&t.a, 7, &s), XSELL_NONE);
    assert_int_equal(apply(XSELL_EVENT_ERASE, 7, -1, 102, COOKIE),
                     XSELL_NONE);

    view(7, 2, 103);
    assert_int_equal(s.r.n, 1);
    assert_int_equal(s.r.visits, 1);
}


/* hazard: the bytes of an erased visit stay in the zone */

static void
test_erase_leaves_no_byte(void **state)
{
    unsigned        i;
    uint32_t        idx;
    const uint8_t  *p;

    view(7, 1, 100);
    idx = ev.session_idx;
    apply(XSELL_EVENT_ERASE, 7, -1, 101, COOKIE);

    p = (const uint8_t *) &t.a.sessions[idx / XSELL_WAYS]
                                .record[idx % XSELL_WAYS];

    for (i = 0; i < sizeof(xsell_session_record_t); i++) {
        assert_int_equal(p[i], 0);
    }
}


/* hazard: unsigned times that run backwards make a silence of 136 years */

static void
test_time_backwards(void **state)
{
    view(7, 1, 100);
    view(7, 2, 98);
    assert_int_equal(s.r.visits, 1);
    assert_int_equal(s.r.last_s, 100);
    assert_int_equal(ev.flags, COOKIE);

    view(7, 2, 1);
    assert_true(ev.flags & XSELL_EV_REFRESH);

    assert_int_equal(apply(XSELL_EVENT_IMPRESSION, 7, -1, 0, COOKIE),
                     XSELL_OK);
    assert_int_equal(s.r.last_s, 100);
}


/* hazard: references, lengths and types out of range reach the table */

static void
test_bad_events(void **state)
{
    view(7, 1, 100);

    assert_int_equal(apply(XSELL_EVENT_NONE, 7, 1, 100, COOKIE),
                     XSELL_EINVAL);
    assert_int_equal(apply(XSELL_EVENTS, 7, 1, 100, COOKIE), XSELL_EINVAL);
    assert_int_equal(apply(XSELL_EVENT_VIEW, 7, -1, 100, COOKIE),
                     XSELL_EINVAL);

    memset(&ev, 0, sizeof(ev));
    ev.type = XSELL_EVENT_VIEW;
    ev.session = 7;
    ev.item = SHARED_ITEMS;
    assert_int_equal(xsell_session_apply(&t.a, &ev, NULL), XSELL_EINVAL);

    memset(&ev, 0, sizeof(ev));
    ev.type = XSELL_EVENT_ORDER;
    ev.session = 7;
    ev.item = XSELL_NO_REF;
    ev.n = XSELL_HISTORY + 1;
    assert_int_equal(xsell_session_apply(&t.a, &ev, NULL), XSELL_EINVAL);

    assert_int_equal(apply(XSELL_EVENT_VIEW, 0, 1, 100, COOKIE), XSELL_NONE);
    assert_int_equal(ev.n, 0);
    assert_int_equal(xsell_session_read(&t.a, 0, &s), XSELL_NONE);
    assert_int_equal(xsell_session_at(&t.a, XSELL_NO_REF, &s.r), XSELL_NONE);
    assert_int_equal(xsell_session_at(&t.a, t.a.buckets_n * XSELL_WAYS, &s.r),
                     XSELL_NONE);
}


/* hazard: a record of absurd numbers leads out of the arena */

static void
test_absurd_records(void **state)
{
    unsigned                 i;
    uint32_t                 idx;
    xsell_session_record_t  *r;

    view(7, 1, 100);
    idx = ev.session_idx;
    r = &t.a.sessions[idx / XSELL_WAYS].record[idx % XSELL_WAYS];

    memset(r->entry, 0xff, sizeof(r->entry));
    memset(r->tag, 0xff, sizeof(r->tag));
    r->n = 255;
    r->visit_n = 200;
    r->entry[4] = xsell_ref_slot(t.ref[9]);
    r->tag[4] = xsell_ref_tag(t.ref[9]);

    show(7, 9, 110);
    assert_int_equal(s.r.n, 1);
    assert_int_equal(s.r.entry[0] & ~XSELL_SLOT_MASK, XSELL_ENTRY_SHOWN);

    read_back(7);
    assert_int_equal(s.r.n, 1);
    assert_int_equal(s.r.visit_n, 1);
    assert_int_equal(place_of(9), 0);

    for (i = 1; i < XSELL_HISTORY; i++) {
        assert_int_equal(s.r.entry[i], 0);
    }

    view(7, 2, 120);
    assert_int_equal(s.r.n, 2);
    assert_int_equal(ev.others[0], t.ref[9]);
}


/* hazard: an odd sequence word read as a record; a reader that waits */

static void
test_torn_is_never_read(void **state)
{
    uint32_t  idx;

    view(7, 1, 100);
    idx = ev.session_idx;

    t.a.sessions[idx / XSELL_WAYS].seq |= 1;
    assert_int_equal(xsell_session_read(&t.a, 7, &s), XSELL_BUSY);
    assert_int_equal(xsell_session_at(&t.a, idx, &s.r), XSELL_BUSY);

    /* the next writer makes it even again, also without a dead owner */

    view(7, 2, 120);
    read_back(7);
    assert_int_equal(s.r.n, 2);
}


/* hazard: loading puts the same visitor twice, or the old over the new */

static void
test_put(void **state)
{
    uint32_t                 idx;
    uint64_t                 key;
    xsell_session_record_t   r;

    memset(&r, 0, sizeof(r));
    assert_int_equal(xsell_session_put(&t.a, &r), XSELL_NO_REF);

    r.key = 7;
    r.last_s = 100;
    r.n = 200;
    r.visits = 3;
    r.entry[0] = r.entry[1] = xsell_ref_slot(t.ref[4]) | XSELL_ENTRY_CART;
    r.tag[0] = r.tag[1] = xsell_ref_tag(t.ref[4]);

    idx = xsell_session_put(&t.a, &r);
    assert_int_equal(xsell_session_put(&t.a, &r), idx);

    read_back(7);
    assert_int_equal(s.idx, idx);
    assert_int_equal(s.r.visits, 3);
    assert_int_equal(place_of(4), 0);

    /* slot 0 is in the rest of the 16: once, and not in the cart */

    assert_true(s.r.n <= 2);

    for (key = 100; key < 100 + t.a.buckets_n * XSELL_WAYS * 8; key++) {
        r.key = key;
        r.last_s = 200;
        xsell_session_put(&t.a, &r);
    }

    assert_int_equal(xsell_session_read(&t.a, 7, &s), XSELL_NONE);

    r.key = 8;
    r.last_s = 199;
    assert_int_equal(xsell_session_put(&t.a, &r), XSELL_NO_REF);
}


#define test(name)                                                            \
    cmocka_unit_test_setup_teardown(test_##name, setup, teardown)


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        test(history_is_newest_first),
        test(refresh_within_ten_seconds),
        test(flags_stay_with_the_item),
        test(click_before_view),
        test(visit_gap),
        test(bounced),
        test(beacon_after_silence_joins_nothing),
        test(cart_entries_are_evicted_last),
        test(cart_of_an_unseen_item),
        test(order_takes_the_cart),
        test(order_with_lines),
        test(counters_saturate),
        test(dwell_without_a_view),
        test(offers_clicks_dismissals),
        test(dismissed_unseen),
        test(promotion),
        test(promotion_by_a_cart),
        test(probation_keeps),
        test(flood_leaves_real_sessions_alone),
        test(oldest_makes_room),
        test(evictions_count_the_living),
        test(stale_tags_are_dropped),
        test(erase),
        test(erase_leaves_no_byte),
        test(time_backwards),
        test(bad_events),
        test(absurd_records),
        test(torn_is_never_read),
        test(put)
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}


/*
 * snapshot_test.h: arenas with a past, snapshots of them in memory, and the
 * comparison of two arenas by what ids they speak of, not by bytes.
 */

#ifndef SNAPSHOT_TEST_H
#define SNAPSHOT_TEST_H

#include "snapshot_seal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <sys/mman.h>

#include <cmocka.h>


#define MB          (1024u * 1024)
#define MONO_MS     50000000u       /* CLOCK_MONOTONIC of the writing */


typedef struct {
    uint8_t        *p;
    size_t          n;
    size_t          cap;
} file_t;


/* ---- arenas ------------------------------------------------------------ */

static inline void
arena_open(xsell_arena_t *a, uint64_t bytes)
{
    void           *mem;
    xsell_error_t   err;

    static const uint8_t  seed[16] = { 9, 8, 7, 6, 5, 4, 3, 2, 1 };

    mem = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
               MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(mem != MAP_FAILED);

    if (xsell_arena_create(a, mem, bytes, seed, 1000, &err) != XSELL_OK) {
        fail_msg("%s", err.text);
    }
}


static inline void
arena_close(xsell_arena_t *a)
{
    munmap(a->base, a->bytes);
}


static inline void
arena_validate(const xsell_arena_t *a)
{
    xsell_error_t  err;

    if (xsell_arena_validate(a, &err) != XSELL_OK) {
        fail_msg("%s", err.text);
    }
}


static inline uint64_t
item_hash(const xsell_arena_t *a, unsigned i)
{
    int   n;
    char  id[16];

    n = snprintf(id, sizeof(id), "item-%u", i);

    return xsell_item_hash(a, id, (size_t) n);
}


static inline xsell_ref_t
item_ref(const xsell_arena_t *a, unsigned i)
{
    return xsell_dictionary_find(a, item_hash(a, i));
}


/* catalogue `number` with the items from..to-1 */

static inline uint32_t
items_map(xsell_arena_t *a, unsigned from, unsigned to, uint32_t number,
    uint64_t now_ms)
{
    unsigned      i;
    uint32_t      unmapped;
    uint64_t     *hashes;
    xsell_ref_t  *refs;

    hashes = calloc(to - from, sizeof(uint64_t));
    refs = calloc(to - from, sizeof(xsell_ref_t));
    assert_non_null(hashes);
    assert_non_null(refs);

    for (i = from; i < to; i++) {
        hashes[i - from] = item_hash(a, i);
    }

    unmapped = xsell_dictionary_map(a, hashes, to - from, number, now_ms,
                                    refs);
    free(hashes);
    free(refs);

    return unmapped;
}


/* one event through session and learner, as a worker and the learner do */

static inline void
play(xsell_arena_t *a, xsell_event_t *ev)
{
    int                rc;
    xsell_settings_t   settings;

    xsell_settings_default(&settings);

    rc = xsell_session_apply(a, ev, NULL);

    if (rc != XSELL_OK) {
        return;
    }

    rc = xsell_learn(a, &settings, NULL, ev);

    if (rc != XSELL_OK && rc != XSELL_EREPEATED) {
        fail_msg("event %u: %s", ev->type, xsell_strerror(rc));
    }
}


static inline void
play_simple(xsell_arena_t *a, unsigned type, uint64_t session,
    xsell_ref_t item, uint32_t at_s)
{
    xsell_event_t  ev;

    memset(&ev, 0, sizeof(ev));
    ev.type = (uint8_t) type;
    ev.session = session;
    ev.item = item;
    ev.time_ms = (uint64_t) at_s * 1000;
    ev.flags = XSELL_EV_COOKIE;
    memcpy(ev.country, session % 3 ? "DE" : "FR", 2);

    play(a, &ev);
}


static inline void
play_click(xsell_arena_t *a, uint64_t session, xsell_ref_t item,
    xsell_ref_t anchor, uint32_t at_s)
{
    xsell_event_t       ev;
    xsell_impression_t  imp;

    memset(&imp, 0, sizeof(imp));
    imp.session = session;
    imp.time_ms = (uint64_t) at_s * 1000;
    imp.anchor = anchor;
    imp.slot_name = 1;
    imp.template_idx = 2;
    imp.n = 1;
    imp.row[0].ref = item;
    imp.row[0].propensity = 77;
    imp.row[0].reason = 3;
    imp.row[0].feature[5] = -9;

    memset(&ev, 0, sizeof(ev));
    ev.type = XSELL_EVENT_CLICK;
    ev.session = session;
    ev.item = item;
    ev.impression = xsell_impression_open(a, &imp);
    ev.time_ms = (uint64_t) at_s * 1000;
    ev.flags = XSELL_EV_COOKIE;

    play(a, &ev);
}


static inline void
play_order(xsell_arena_t *a, uint64_t session, uint64_t id, uint32_t at_s)
{
    xsell_event_t  ev;

    memset(&ev, 0, sizeof(ev));
    ev.type = XSELL_EVENT_ORDER;
    ev.session = session;
    ev.order = id;
    ev.item = XSELL_NO_REF;
    ev.value = 1234;
    ev.time_ms = (uint64_t) at_s * 1000;
    ev.flags = XSELL_EV_COOKIE;

    play(a, &ev);
}


static inline uint64_t
visitor(unsigned i)
{
    uint64_t  state;

    state = i;
    return xsell_random(&state) | 1;
}


/* `sessions` visits, one after the other, among the items 0..items-1; three
   views each, some carts, clicks and orders */

static inline void
arena_fill(xsell_arena_t *a, unsigned items, unsigned sessions)
{
    unsigned     i, k, first;
    uint32_t     at_s;
    uint64_t     rng;
    xsell_ref_t  ref[3];

    assert_int_equal(xsell_name_index(a, "related", 7, 1), 0);
    assert_int_equal(xsell_name_index(a, "cart", 4, 1), 1);
    assert_int_equal(xsell_name_index(a, "carousel", 8, 1), 2);
    assert_int_equal(items_map(a, 0, items, 1, 0), 0);

    rng = 1;

    for (i = 0; i < sessions; i++) {
        at_s = 10 + i;
        first = (unsigned) (xsell_random(&rng) % items);

        for (k = 0; k < 3; k++) {
            ref[k] = item_ref(a, (first + k * (1 + i % 3)) % items);
            play_simple(a, XSELL_EVENT_VIEW, visitor(i), ref[k], at_s + k);
        }

        if (i % 4 == 0) {
            play_click(a, visitor(i), ref[1], ref[2], at_s + 3);
        }

        if (i % 5 == 0) {
            play_simple(a, XSELL_EVENT_CART, visitor(i), ref[1], at_s + 4);
            play_simple(a, XSELL_EVENT_CART, visitor(i), ref[2], at_s + 4);
        }

        if (i % 10 == 0) {
            play_order(a, visitor(i), visitor(i) * 3, at_s + 5);
        }
    }

    for (i = 0; i < 8; i++) {
        xsell_learn_tick(a, (uint64_t) (20 + sessions + i * 3) * 1000);
    }

    a->name_counters[1].impressions = 11;
    a->name_counters[1].clicks = 12;
    a->name_counters[2].revenue = 13;
    a->counters->pages[3] = 14;
    a->counters->holdout_visits = 15;
    a->header->log_inode = 16;
    a->header->log_off = 17;
    a->items[5 % items].resid_mean = -0.5f;
    a->items[5 % items].resid_prec = 4;
    a->header->epoch = 41;

    arena_validate(a);
}


/* publishes weights that are not the built-in ones */

static inline void
arena_teach(xsell_arena_t *a)
{
    unsigned        i;
    xsell_model_t  *m;

    m = &a->models[(a->header->generation + 1) & 1];
    memset(m, 0, sizeof(*m));

    for (i = 0; i < XSELL_FEATURES; i++) {
        m->weight[i] = (float) i / 8;
        m->factor[i][i] = 2;
    }

    m->look[XSELL_LOOKS - 1] = -1;
    m->ahead = 0.25f;
    m->updates = 99;
    m->sum = xsell_weights_sum(m);

    a->header->generation++;
}


/* ---- files ------------------------------------------------------------- */

static inline void
file_append(file_t *f, const void *p, size_t n)
{
    if (f->n + n > f->cap) {
        f->cap = (f->n + n) * 2;
        f->p = realloc(f->p, f->cap);
        assert_non_null(f->p);
    }

    memcpy(f->p + f->n, p, n);
    f->n += n;
}


static inline void
file_free(file_t *f)
{
    free(f->p);
    memset(f, 0, sizeof(*f));
}


/* writes a snapshot with a buffer of cap bytes */

static inline void
file_write(file_t *f, const void *mem, uint64_t bytes, size_t cap)
{
    int                rc;
    size_t             n;
    uint8_t           *buf;
    xsell_error_t      err;
    xsell_snapshot_t  *s;

    memset(f, 0, sizeof(*f));

    if (xsell_snapshot_create(&s, mem, bytes, MONO_MS, &err) != XSELL_OK) {
        fail_msg("%s", err.text);
    }

    buf = malloc(cap);
    assert_non_null(buf);

    do {
        rc = xsell_snapshot_next(s, buf, cap, &n);

        if ((rc != XSELL_OK && rc != XSELL_AGAIN) || n > cap) {
            fail_msg("next: %d, %zu bytes", rc, n);
        }

        file_append(f, buf, n);
    } while (rc == XSELL_AGAIN);

    free(buf);
    xsell_snapshot_destroy(s);
}


/* loads into an arena that arena_open made; fails the test if it fails */

static inline uint64_t
file_load(const file_t *f, xsell_arena_t *a, xsell_snapshot_info_t *info)
{
    uint64_t       left;
    xsell_error_t  err;

    if (xsell_snapshot_load(a, f->p, f->n, MONO_MS + 700, info, &left, &err)
        != XSELL_OK)
    {
        fail_msg("%s", err.text);
    }

    arena_validate(a);

    return left;
}


#endif /* SNAPSHOT_TEST_H */

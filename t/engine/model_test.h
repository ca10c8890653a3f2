
/*
 * model_test.h: a small shop for the models' tests: an arena, a catalogue
 * built from JSON, a ranker, and visitors who view, buy and ask.
 *
 * Items are named by number: item 5 has the id "5".  Time stands in
 * shop->now_ms and moves only when a test moves it, or a little per event.
 */

#ifndef MODEL_TEST_H
#define MODEL_TEST_H

#include "model/xsell_model.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <sys/mman.h>

#include <cmocka.h>


#define MB  (1024u * 1024)

typedef struct {
    xsell_arena_t      a;
    xsell_catalog_t   *cat;
    xsell_ranker_t    *ranker;
    xsell_settings_t   settings;
    uint64_t           now_ms;
    uint32_t           items;
} shop_t;


static inline void
shop_arena(xsell_arena_t *a, uint64_t bytes)
{
    void           *mem;
    xsell_error_t   err;

    static const uint8_t  seed[16] = { 5, 4, 3, 2, 1 };

    mem = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
               MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(mem != MAP_FAILED);

    if (xsell_arena_create(a, mem, bytes, seed, 0, &err) != XSELL_OK) {
        fail_msg("%s", err.text);
    }
}


static inline void
shop_catalog(shop_t *shop, const char *json, uint32_t number)
{
    uint32_t       unmapped;
    xsell_error_t  err;

    xsell_catalog_destroy(shop->cat);
    shop->cat = NULL;

    if (xsell_catalog_create(&shop->cat, json, strlen(json), NULL, NULL, &err)
        != XSELL_OK)
    {
        fail_msg("%u:%u %s", err.line, err.column, err.text);
    }

    assert_int_equal(xsell_catalog_map(shop->cat, &shop->a, number,
                                       shop->now_ms, &unmapped),
                     XSELL_OK);
    assert_int_equal(unmapped, 0);

    shop->items = xsell_catalog_n(shop->cat);
}


/* a shop with this catalogue, JSON lines */

static inline void
shop_open_json(shop_t *shop, uint64_t bytes, const char *json)
{
    memset(shop, 0, sizeof(*shop));
    shop->now_ms = 1000;

    shop_arena(&shop->a, bytes);
    shop_catalog(shop, json, 1);
    xsell_settings_default(&shop->settings);
    assert_int_equal(xsell_ranker_create(&shop->ranker), XSELL_OK);
}


/* n items without any kinship: only evidence can bring them together */

static inline void
shop_open(shop_t *shop, uint64_t bytes, uint32_t n)
{
    char      *json, *p;
    uint32_t   i;

    json = malloc(n * 64 + 1);
    assert_non_null(json);

    for (p = json, i = 0; i < n; i++) {
        p += sprintf(p, "{\"id\":\"%u\",\"title\":\"T\",\"url\":\"/%u\"}\n",
                     i, i);
    }

    shop_open_json(shop, bytes, json);
    free(json);
}


static inline void
shop_close(shop_t *shop)
{
    xsell_ranker_destroy(shop->ranker);
    xsell_catalog_destroy(shop->cat);
    munmap(shop->a.base, shop->a.bytes);
}


static inline void
shop_validate(const shop_t *shop)
{
    xsell_error_t  err;

    if (xsell_arena_validate(&shop->a, &err) != XSELL_OK) {
        fail_msg("%s", err.text);
    }
}


static inline uint32_t
shop_item(const shop_t *shop, uint32_t number)
{
    int   n;
    char  id[16];

    n = snprintf(id, sizeof(id), "%u", number);

    return xsell_catalog_find(shop->cat, id, (size_t) n);
}


static inline xsell_ref_t
shop_ref(const shop_t *shop, uint32_t number)
{
    return xsell_catalog_ref(shop->cat,
                             xsell_catalog_item(shop->cat,
                                                shop_item(shop, number)));
}


static inline uint32_t
shop_slot(const shop_t *shop, uint32_t number)
{
    return xsell_ref_slot(shop_ref(shop, number));
}


/* a visitor's key from a small number */

static inline uint64_t
visitor(uint64_t i)
{
    return xsell_random(&i) | 1;
}


static inline void
shop_event(const shop_t *shop, xsell_event_t *ev, unsigned type,
    uint64_t key, uint32_t number)
{
    memset(ev, 0, sizeof(*ev));

    ev->type = (uint8_t) type;
    ev->session = key;
    ev->session_idx = XSELL_NO_REF;
    ev->time_ms = shop->now_ms;
    ev->flags = XSELL_EV_COOKIE;
    ev->item = number == XSELL_NO_ITEM ? XSELL_NO_REF
                                       : shop_ref(shop, number);
}


/* through the session and the learner, as worker and learner do */

static inline int
shop_play(shop_t *shop, xsell_event_t *ev)
{
    int  rc;

    rc = xsell_session_apply(&shop->a, ev, NULL);

    if (rc == XSELL_NONE) {
        ev->session_idx = XSELL_NO_REF;     /* an order of nobody known */

    } else if (rc != XSELL_OK) {
        return rc;
    }

    shop->now_ms += 100;

    return xsell_learn(&shop->a, &shop->settings, shop->cat, ev);
}


static inline void
shop_view(shop_t *shop, uint64_t key, uint32_t number)
{
    xsell_event_t  ev;

    shop_event(shop, &ev, XSELL_EVENT_VIEW, key, number);
    assert_int_equal(shop_play(shop, &ev), XSELL_OK);
}


static inline void
shop_cart(shop_t *shop, uint64_t key, uint32_t number)
{
    xsell_event_t  ev;

    shop_event(shop, &ev, XSELL_EVENT_CART, key, number);
    assert_int_equal(shop_play(shop, &ev), XSELL_OK);
}


/* an order of n items; its id is new each time */

static inline int
shop_order(shop_t *shop, uint64_t key, uint64_t id, const uint32_t *numbers,
    uint32_t n)
{
    uint32_t       i;
    xsell_event_t  ev;

    shop_event(shop, &ev, XSELL_EVENT_ORDER, key, XSELL_NO_ITEM);
    ev.order = id;
    ev.value = 1000;
    ev.n = (uint8_t) n;

    for (i = 0; i < n; i++) {
        ev.others[i] = shop_ref(shop, numbers[i]);
    }

    return shop_play(shop, &ev);
}


/* what a visitor is offered next to an item; key 0: no consent.  A visitor
   without a record is new, which is not the same as anonymous. */

static inline int
shop_ask(shop_t *shop, uint64_t key, uint32_t number, uint32_t want,
    xsell_slate_t *slate)
{
    xsell_query_t    q;
    xsell_session_t  s;

    memset(&q, 0, sizeof(q));
    q.catalog = shop->cat;
    q.settings = &shop->settings;
    q.anchor = number == XSELL_NO_ITEM ? XSELL_NO_ITEM
                                       : shop_item(shop, number);
    q.want = want;
    q.now_ms = shop->now_ms;

    if (key) {
        if (xsell_session_read(&shop->a, key, &s) != XSELL_OK) {
            memset(&s, 0, sizeof(s));
            s.r.key = key;
            s.idx = XSELL_NO_REF;
        }

        q.session = &s;
    }

    return xsell_rank(shop->ranker, &shop->a, &q, slate);
}


/* the pick of an item, NULL if it is not on the slate */

static inline const xsell_pick_t *
slate_find(const shop_t *shop, const xsell_slate_t *slate, uint32_t number)
{
    uint32_t  i;

    for (i = 0; i < slate->n; i++) {
        if (slate->pick[i].item == shop_item(shop, number)) {
            return &slate->pick[i];
        }
    }

    return NULL;
}


/* as many ticks as complete the lists */

static inline void
shop_tick(shop_t *shop)
{
    uint32_t  i;

    shop->now_ms += 5000;

    for (i = 0; i <= shop->a.items_n / 1000; i++) {
        xsell_learn_tick(&shop->a, shop->now_ms);
    }
}


#endif /* MODEL_TEST_H */

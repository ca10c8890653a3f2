
/*
 * threads_test.c.  Hazards: two that write one word, a word that is read as
 * if nobody wrote it, an order that only x86 keeps: nothing that a test by
 * processes can see.  Workers and learner as threads on one arena, each with
 * what a process has for itself; t/tsan.sh builds it with ThreadSanitizer,
 * without that it is a small torture.
 */

#include "model_test.h"

#include <pthread.h>
#include <sched.h>


#define WORKERS   3
#define ROUNDS    1500
#define ITEMS     40


typedef struct {
    shop_t              *shop;
    xsell_ranker_t      *ranker;
    xsell_claim_t        claim;
    uint64_t             seed;
    uint32_t             offers;
    uint32_t             clicks;
    uint32_t             failed;
} worker_t;

static uint32_t  running;


static void
worker_send(worker_t *w, xsell_event_t *ev, xsell_session_t *s)
{
    int       rc;
    uint32_t  tries;

    rc = xsell_session_apply(&w->shop->a, ev, s);

    if (rc == XSELL_OK) {

        /* a worker would drop it; here the learner is waited for */

        for (tries = 0;
             tries < 100000
             && xsell_ring_push(&w->shop->a, &w->claim, ev) != XSELL_OK;
             tries++)
        {
            sched_yield();
        }

    } else if (rc != XSELL_BUSY && rc != XSELL_NONE) {
        w->failed++;
    }
}


static void
worker_event(worker_t *w, xsell_event_t *ev, unsigned type, uint64_t key,
    xsell_ref_t ref, uint64_t now_ms)
{
    memset(ev, 0, sizeof(*ev));
    ev->type = (uint8_t) type;
    ev->session = key;
    ev->session_idx = XSELL_NO_REF;
    ev->time_ms = now_ms;
    ev->flags = XSELL_EV_COOKIE;
    ev->item = ref;
    ev->network = (uint32_t) w->seed;
}


/* a slate: shown, and clicked now and then */

static void
worker_offer(worker_t *w, const xsell_query_t *q, uint64_t bits)
{
    uint32_t            i;
    xsell_event_t       ev;
    xsell_slate_t       slate;
    xsell_impression_t  imp, seen;

    if (xsell_rank(w->ranker, &w->shop->a, q, &slate) != XSELL_OK) {
        return;
    }

    w->offers++;
    memset(&imp, 0, sizeof(imp));
    imp.session = q->session->r.key;
    imp.time_ms = q->now_ms;
    imp.anchor = XSELL_NO_REF;
    xsell_impression_fill(&imp, &slate);

    worker_event(w, &ev, XSELL_EVENT_IMPRESSION, imp.session, XSELL_NO_REF,
                 q->now_ms);
    ev.impression = xsell_impression_open(&w->shop->a, &imp);
    ev.n = imp.n;
    ev.quantity = 5;

    for (i = 0; i < imp.n; i++) {
        ev.others[i] = imp.row[i].ref;
    }

    worker_send(w, &ev, NULL);

    if (imp.n && bits % 3 == 0
        && xsell_impression_click(&w->shop->a, ev.impression, 0, q->now_ms,
                                  &seen)
           == XSELL_OK)
    {
        w->clicks++;
        bits = ev.impression;
        worker_event(w, &ev, XSELL_EVENT_CLICK, imp.session, imp.row[0].ref,
                     q->now_ms);
        ev.impression = bits;
        worker_send(w, &ev, NULL);
    }
}


static void *
worker_run(void *data)
{
    uint32_t          i, item;
    uint64_t          bits, key, now_ms;
    worker_t         *w;
    xsell_event_t     ev;
    xsell_query_t     q;
    xsell_session_t   s;

    w = data;

    for (i = 0; i < ROUNDS; i++) {
        bits = xsell_random(&w->seed);
        key = visitor(bits % 60);
        item = (uint32_t) (bits >> 32) % ITEMS;
        now_ms = 1000 + 40 * (uint64_t) i;

        worker_event(w, &ev, i % 17 == 16 ? XSELL_EVENT_CART
                             : i % 31 == 30 ? XSELL_EVENT_ERASE
                                            : XSELL_EVENT_VIEW,
                     key, shop_ref(w->shop, item), now_ms);
        worker_send(w, &ev, NULL);

        if (xsell_session_read(&w->shop->a, key, &s) != XSELL_OK) {
            continue;
        }

        memset(&q, 0, sizeof(q));
        q.catalog = w->shop->cat;
        q.settings = &w->shop->settings;
        q.session = &s;
        q.anchor = item;
        q.want = 6;
        q.now_ms = now_ms;
        q.seed = bits;
        worker_offer(w, &q, bits >> 8);
    }

    __atomic_fetch_sub(&running, 1, __ATOMIC_RELEASE);

    return NULL;
}


/* one learns; the lease goes round, as it does when workers end */

static void *
learner_run(void *data)
{
    uint32_t  left, n, turn;
    shop_t   *shop;

    shop = data;

    for (turn = 0; ; turn++) {
        left = __atomic_load_n(&running, __ATOMIC_ACQUIRE);

        if (xsell_lease_try(&shop->a, 1) != XSELL_OK) {
            continue;
        }

        n = xsell_learn_drain(&shop->a, &shop->settings, shop->cat, 64, NULL,
                              NULL);
        xsell_learn_tick(&shop->a, 1000 + 40 * (uint64_t) turn);
        xsell_lease_release(&shop->a);

        if (left == 0 && n == 0) {
            return NULL;
        }
    }
}


static void
workers_and_a_learner(void **state)
{
    shop_t     shop;
    uint32_t   i, offers;
    worker_t   w[WORKERS];
    pthread_t  thread[WORKERS + 1];

    shop_open(&shop, 4 * MB, ITEMS);
    memset(w, 0, sizeof(w));
    running = WORKERS;

    for (i = 0; i < WORKERS; i++) {
        w[i].shop = &shop;
        w[i].seed = 100 + i;
        assert_int_equal(xsell_ranker_create(&w[i].ranker), XSELL_OK);
        assert_int_equal(xsell_ring_claim(&shop.a, &w[i].claim, i + 1),
                         XSELL_OK);
    }

    assert_int_equal(pthread_create(&thread[WORKERS], NULL, learner_run,
                                    &shop), 0);

    for (i = 0; i < WORKERS; i++) {
        assert_int_equal(pthread_create(&thread[i], NULL, worker_run, &w[i]),
                         0);
    }

    for (i = 0; i <= WORKERS; i++) {
        assert_int_equal(pthread_join(thread[i], NULL), 0);
    }

    for (i = 0, offers = 0; i < WORKERS; i++) {
        assert_int_equal(w[i].failed, 0);
        offers += w[i].offers;
        xsell_ring_release(&w[i].claim);
        xsell_ranker_destroy(w[i].ranker);
    }

    assert_true(offers > 0);
    assert_true(shop.a.header->applied > WORKERS * ROUNDS / 2);
    shop_validate(&shop);
    shop_close(&shop);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(workers_and_a_learner)
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("threads", tests, NULL, NULL);
}


/*
 * decision_bench.c: what one decision costs in the worker, and what learning
 * costs in the learner.
 *
 *   decision_bench [items [sessions [queries [table|two]]]]
 *                                      (100000 100000 20000, all rows)
 *
 * The visitors of a synthetic shop (decision_shop.h), whose visits went through
 * xsell_session_apply and xsell_learn as in production, open a page each, and
 * xsell_rank is timed alone.
 *
 * Next to it stands a raw pass: only reading, in random order, as many rows
 * as a decision may read (150 sessions, 200 items with their catalogue
 * rows).  Memory sets that floor; the ratio is what thinking costs on top,
 * and it travels between machines better than microseconds do.
 *
 * "whole" is a page view as nginx has it: the session is read, eight offers
 * are chosen of what visitors share (memory_ms as in nginx), the view is put
 * into the ring.  Visitors come as they went: by the items' popularity, one a
 * millisecond.  With `table` only this row is printed, for bench/engine.pl:
 * items, p50, p90, mean, rows scored.  The mean is of all but the slowest 1 %,
 * which are other programs'.  With `two` what two processes do over one.
 */

#include "decision_shop.h"

#include <sys/wait.h>


#define RAW_SESSIONS  150
#define RAW_ITEMS     200
#define PROCESSES     2

static volatile uint64_t  sink;


static int
compare(const void *x, const void *y)
{
    double  a, b;

    a = *(const double *) x;
    b = *(const double *) y;

    return (a > b) - (a < b);
}


static void
report(const char *name, double *us, uint32_t n, double floor)
{
    qsort(us, n, sizeof(double), compare);

    printf("%-10s p50 %6.2f us  p90 %6.2f us  p99 %6.2f us", name,
           us[n / 2], us[n * 9ull / 10], us[n * 99ull / 100]);

    if (floor > 0) {
        printf("  %5.1f x raw", us[n / 2] / floor);
    }

    printf("\n");
}


/* the floor: rows as many as a decision may read, nothing done with them */

static double
bench_raw(shop_t *shop, double *us, uint32_t n)
{
    double               t0;
    uint32_t             q, i, k, index[RAW_SESSIONS + RAW_ITEMS];
    uint64_t             sum;
    const xsell_item_t  *it;
    const xsell_session_record_t  *s;

    sum = 0;

    for (q = 0; q < n; q++) {

        for (i = 0; i < RAW_SESSIONS; i++) {
            index[i] = (uint32_t) (xsell_random(&shop->rng)
                                   % (shop->a.buckets_n * XSELL_WAYS));
        }

        for ( ; i < RAW_SESSIONS + RAW_ITEMS; i++) {
            index[i] = shop_item(shop);
        }

        t0 = seconds();

        for (i = 0; i < RAW_SESSIONS; i++) {
            s = &shop->a.sessions[index[i] / XSELL_WAYS]
                     .record[index[i] % XSELL_WAYS];

            for (k = 0; k < XSELL_HISTORY; k++) {
                sum += s->entry[k];
            }
        }

        for ( ; i < RAW_SESSIONS + RAW_ITEMS; i++) {
            it = xsell_catalog_item(shop->cat, index[i]);
            sum += (uint64_t) it->price + it->availability;
            sum += shop->a.items[xsell_ref_slot(
                            xsell_catalog_ref(shop->cat, it))].views;
        }

        us[q] = (seconds() - t0) * 1e6;
    }

    sink = sum;

    report("raw", us, n, 0);

    return us[n / 2];
}


static void
bench_rank(shop_t *shop, xsell_ranker_t *ranker, double *us, uint32_t n,
    int personal, double floor)
{
    double           t0;
    uint32_t         q;
    uint64_t         offered, candidates, filled;
    xsell_query_t    query;
    xsell_slate_t    slate;
    xsell_session_t  session;

    offered = 0;
    candidates = 0;
    filled = 0;

    memset(&query, 0, sizeof(query));
    query.catalog = shop->cat;
    query.settings = &shop->settings;
    query.want = 4;
    query.now_ms = shop->now_ms;

    for (q = 0; q < n; q++) {

        if (xsell_session_read(&shop->a,
                               shop->key[xsell_random(&shop->rng)
                                         % shop->sessions],
                               &session)
            != XSELL_OK)
        {
            memset(&session, 0, sizeof(session));
            session.idx = XSELL_NO_REF;
        }

        query.session = personal ? &session : NULL;
        query.anchor = session.r.n
                       ? xsell_catalog_of(shop->cat,
                             xsell_ref(xsell_ref_slot(session.r.entry[0]),
                                       session.r.tag[0]))
                       : shop_item(shop);
        query.seed = xsell_random(&shop->rng);

        t0 = seconds();

        offered += xsell_rank(ranker, &shop->a, &query, &slate) == XSELL_OK;

        us[q] = (seconds() - t0) * 1e6;

        candidates += slate.candidates;
        filled += slate.n;
    }

    report(personal ? "decision" : "no consent", us, n, floor);
    printf("           offered %.1f %%, %.0f candidates, %.1f items\n",
           100.0 * (double) offered / n, (double) candidates / n,
           (double) filled / n);
}


/* visits like a visitor's, the dearest source, and nothing else */

static void
bench_knn(shop_t *shop, xsell_ranker_t *ranker, double *us, uint32_t n,
    double floor)
{
    double             t0;
    uint32_t           q, i;
    uint64_t           found;
    xsell_ref_t        ref[XSELL_ANCHORS_MAX];
    xsell_scored_t     out[XSELL_SOURCE_KEEP];
    xsell_session_t    session;
    xsell_knn_query_t  query;

    found = 0;
    memset(&query, 0, sizeof(query));
    query.ref = ref;
    query.now_s = (uint32_t) (shop->now_ms / 1000);

    for (q = 0; q < n; q++) {
        query.n = 0;

        if (xsell_session_read(&shop->a,
                               shop->key[xsell_random(&shop->rng)
                                         % shop->sessions],
                               &session)
            == XSELL_OK)
        {
            query.own = session.r.key;

            for (i = 0; i < session.r.n && i < shop->settings.anchors; i++) {
                ref[query.n++] =
                    xsell_ref(xsell_ref_slot(session.r.entry[i]),
                              session.r.tag[i]);
            }
        }

        t0 = seconds();

        found += xsell_knn(&ranker->knn, &ranker->tally, &shop->a,
                           &shop->settings, &query, out, XSELL_SOURCE_KEEP);

        us[q] = (seconds() - t0) * 1e6;
    }

    report("neighbours", us, n, floor);
    printf("           %.1f items\n", (double) found / n);
}


/* a worker's page views: who looks at what, and all that it asks with */

typedef struct {
    shop_t            *shop;
    xsell_ranker_t    *ranker;
    xsell_claim_t      claim;
    uint32_t           ring;        /* its number */
    xsell_settings_t   settings;
    xsell_query_t      query;
    xsell_event_t      ev;
    xsell_slate_t      slate;
    uint64_t           key;
} worker_t;


static void
worker_begin(worker_t *w, shop_t *shop, xsell_ranker_t *ranker, uint32_t ring)
{
    memset(w, 0, sizeof(*w));

    w->shop = shop;
    w->ranker = ranker;
    w->ring = ring;                 /* all are free: that one is claimed */
    w->settings = shop->settings;
    w->settings.memory_ms = 1000;

    w->query.catalog = shop->cat;
    w->query.settings = &w->settings;
    w->query.want = 8;

    if (xsell_ring_claim(&shop->a, &w->claim, ring) != XSELL_OK) {
        die("ring", "none is free");
    }
}


static void
worker_next(worker_t *w)
{
    shop_t  *shop;

    shop = w->shop;
    shop->now_ms++;

    w->key = shop->key[xsell_random(&shop->rng) % shop->sessions];
    w->query.anchor = shop_item(shop);
    w->query.now_ms = shop->now_ms;
    w->query.seed = xsell_random(&shop->rng);
    shop_event(shop, &w->ev, XSELL_EVENT_VIEW, w->key, w->query.anchor);
}


/* a page view, all of it but HTTP */

static void
worker_page(worker_t *w)
{
    xsell_session_t  session;

    w->query.session = NULL;

    if (xsell_session_read(&w->shop->a, w->key, &session) == XSELL_OK) {
        w->query.session = &session;
    }

    (void) xsell_rank(w->ranker, &w->shop->a, &w->query, &w->slate);

    if (xsell_ring_push(&w->shop->a, &w->claim, &w->ev) != XSELL_OK) {
        die("ring", "is full");
    }
}


/* the learner's part; each worker of these reads its own ring */

static void
worker_drain(const worker_t *w)
{
    xsell_event_t  ev;

    while (xsell_ring_peek(&w->shop->a, w->ring, &ev) == XSELL_OK) {
        xsell_ring_pop(&w->shop->a, w->ring);
    }
}


/* the first half of the page views warms up */

static void
bench_whole(shop_t *shop, xsell_ranker_t *ranker, double *us, uint32_t n)
{
    double    t0, mean;
    uint32_t  q, most;
    uint64_t  rows;
    worker_t  w;

    worker_begin(&w, shop, ranker, 1);
    rows = 0;

    for (q = 0; q < 2 * n; q++) {
        worker_next(&w);

        t0 = seconds();
        worker_page(&w);
        us[q % n] = (seconds() - t0) * 1e6;

        rows += q < n ? 0 : w.slate.candidates;

        worker_drain(&w);
    }

    xsell_ring_release(&w.claim);

    qsort(us, n, sizeof(double), compare);
    most = (uint32_t) (n * 99ull / 100);

    for (mean = 0, q = 0; q < most; q++) {
        mean += us[q] / most;
    }

    if (shop->quiet) {
        printf("%u %.2f %.2f %.2f %.0f\n", shop->items, us[n / 2],
               us[n * 9ull / 10], mean, (double) rows / n);
        return;
    }

    report("whole", us, n, 0);
    printf("           mean %.2f us, %.0f candidates\n", mean,
           (double) rows / n);
}


/* ---- processes side by side -------------------------------------------- */

static void
child_run(shop_t *shop, uint32_t number, uint32_t n, int ready, int go)
{
    char             c;
    uint32_t         q;
    worker_t         w;
    xsell_ranker_t  *ranker;

    shop->rng += number * 1000003ull;
    ranker = NULL;

    if (xsell_ranker_create(&ranker) != XSELL_OK) {
        die("bench", "no memory");
    }

    worker_begin(&w, shop, ranker, 1 + number);

    /* warm, and all of them at once */

    for (q = 0; q < 2 * n; q++) {

        if (q == n && (write(ready, "", 1) != 1 || read(go, &c, 1) != 1)) {
            die("bench", "the parent is gone");
        }

        worker_next(&w);
        worker_page(&w);
        worker_drain(&w);
    }

    if (write(ready, "", 1) != 1) {
        die("bench", "the parent is gone");
    }

    xsell_ring_release(&w.claim);
    xsell_ranker_destroy(ranker);
    _exit(0);
}


static void
children_wait(int fd, uint32_t k)
{
    char  c;

    for ( /* void */ ; k; k--) {
        if (read(fd, &c, 1) != 1) {
            die("bench", "a process failed");
        }
    }
}


/* seconds until each of k processes has seen to n page views */

static double
processes(shop_t *shop, uint32_t k, uint32_t n)
{
    int       ready[2], go[2], status;
    pid_t     pid[PROCESSES];
    double    t0;
    uint32_t  i;

    if (pipe(ready) != 0 || pipe(go) != 0) {
        die("bench", "no pipe");
    }

    for (i = 0; i < k; i++) {
        pid[i] = fork();

        if (pid[i] < 0) {
            die("bench", "no process");
        }

        if (pid[i] == 0) {
            child_run(shop, i, n, ready[1], go[0]);
        }
    }

    close(ready[1]);        /* who dies is seen by its end */
    children_wait(ready[0], k);

    t0 = seconds();

    if (write(go[1], "\0\0", k) != (ssize_t) k) {
        die("bench", "no process");
    }

    children_wait(ready[0], k);
    t0 = seconds() - t0;

    for (i = 0; i < k; i++) {
        (void) waitpid(pid[i], &status, 0);
    }

    close(ready[0]);
    close(go[0]);
    close(go[1]);

    return t0;
}


/* page views of two processes over those of one, in the same time: in turns,
   the best of nine, for whoever else works on the machine only takes away */

static void
bench_two(shop_t *shop, uint32_t n)
{
    double    t, one, two;
    uint32_t  i;

    one = 0;
    two = 0;

    for (i = 0; i < 9; i++) {
        t = processes(shop, 1, n);
        one = i == 0 || t < one ? t : one;

        t = processes(shop, 2, n);
        two = i == 0 || t < two ? t : two;
    }

    printf("%u %.2f\n", shop->items, 2 * one / two);
}


static uint32_t
argument(int argc, char **argv, int i, uint32_t value)
{
    return argc > i && atol(argv[i]) > 0 ? (uint32_t) atol(argv[i]) : value;
}


int
main(int argc, char **argv)
{
    double          *us, floor;
    shop_t           shop;
    uint32_t         n;
    xsell_ranker_t  *ranker;

    memset(&shop, 0, sizeof(shop));
    shop.items = argument(argc, argv, 1, 100000);
    shop.sessions = argument(argc, argv, 2, 100000);
    shop.rng = 42;
    shop.quiet = argc > 4;
    shop.now_ms = 1000;
    snprintf(shop.cache, sizeof(shop.cache), "%.480s-%u.xsc", argv[0],
             shop.items);

    n = argument(argc, argv, 3, 20000);
    us = malloc(n * sizeof(double));
    ranker = NULL;

    if (us == NULL || xsell_ranker_create(&ranker) != XSELL_OK) {
        die("bench", "no memory");
    }

    shop_open(&shop);

    if (shop.quiet) {
        shop_live(&shop);

        if (strcmp(argv[4], "two") == 0) {
            bench_two(&shop, n);

        } else {
            bench_whole(&shop, ranker, us, n);
        }

        goto done;
    }

    printf("shop       %9u items, %u sessions, arena of %u MiB for %u and "
           "%u\n", shop.items, shop.sessions, (unsigned) (shop.bytes >> 20),
           shop.a.items_n, shop.a.buckets_n * XSELL_WAYS);

    shop_live(&shop);

    floor = bench_raw(&shop, us, n);
    bench_knn(&shop, ranker, us, n, floor);
    bench_rank(&shop, ranker, us, n, 1, floor);
    bench_rank(&shop, ranker, us, n, 0, floor);
    bench_whole(&shop, ranker, us, n);

done:

    xsell_ranker_destroy(ranker);
    free(us);

    return 0;
}


/*
 * decision_bench.c: what one decision costs in the worker, and what learning
 * costs in the learner.
 *
 *   decision_bench [items [sessions [queries [table]]]]
 *                                      (100000 100000 20000, all rows)
 *
 * A synthetic shop: items in categories of 50, popular ones by Zipf's law,
 * visits that mostly stay in a category, some carts and orders.  Each visit
 * goes through xsell_session_apply and xsell_learn as in production; then
 * visitors of these open a page each, and xsell_rank is timed alone.
 *
 * Next to it stands a raw pass: only reading, in random order, as many rows
 * as a decision may read (150 sessions, 200 items with their catalogue
 * rows).  Memory sets that floor; the ratio is what thinking costs on top,
 * and it travels between machines better than microseconds do.
 *
 * "whole" is a page view as nginx has it: the session is read, eight offers
 * are chosen of what visitors share (memory_ms as in nginx), the view is put
 * into the ring.  Visitors come as they went: by the items' popularity, one a
 * millisecond.  With `table` only this row is printed, for bench/engine.pl.
 *
 * A catalogue of half a million items or more stays beside the program, as a
 * compiled one, for the next run; who changes shop_catalog_make removes it.
 */

#include "model/xsell_model.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>


#define ARENA_BYTES   (192ull * 1024 * 1024)
#define ITEM_BYTES    512         /* of the arena, beside these, at least */
#define PER_CATEGORY  50
#define RAW_SESSIONS  150
#define RAW_ITEMS     200
#define CACHED_ITEMS  500000      /* making as many takes a minute */

typedef struct {
    xsell_arena_t      a;
    xsell_catalog_t   *cat;
    xsell_settings_t   settings;
    uint32_t           items;
    uint32_t           sessions;
    size_t             bytes;       /* of the arena */
    int                quiet;
    char               cache[512];  /* file of the catalogue */
    uint64_t          *key;
    double            *zipf;        /* cumulative, of a category's place */
    uint64_t           rng;
    uint64_t           now_ms;
} shop_t;

static volatile uint64_t  sink;


static double
seconds(void)
{
    struct timespec  t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double) t.tv_sec + (double) t.tv_nsec * 1e-9;
}


static void
die(const char *what, const char *text)
{
    fprintf(stderr, "decision_bench: %s: %s\n", what, text);
    exit(1);
}


static void
shop_catalog_make(shop_t *shop)
{
    char           *text, *p;
    uint32_t        i;
    xsell_error_t   err;

    text = malloc((size_t) shop->items * 160);

    if (text == NULL) {
        die("catalogue", "no memory");
    }

    for (p = text, i = 0; i < shop->items; i++) {
        p += sprintf(p, "{\"id\":\"sku-%u\","
                     "\"title\":\"Item %u m%u n%u\","
                     "\"url\":\"/p/%u\",\"category\":\"c%u\","
                     "\"brand\":\"b%u\",\"price\":\"%u.50\","
                     "\"currency\":\"EUR\"}\n",
                     i, i, i % 1009, i % 4001, i, i / PER_CATEGORY, i % 97,
                     5 + i * 7 % 90);
    }

    if (xsell_catalog_create(&shop->cat, text, (size_t) (p - text), NULL,
                             NULL, &err)
        != XSELL_OK)
    {
        die("catalogue", err.text);
    }

    free(text);

    if (xsell_content_build(shop->cat) != XSELL_OK) {
        die("catalogue", "no memory");
    }
}


/* a large catalogue as an earlier run left it, mapped; 0: none did */

static int
shop_catalog_open(shop_t *shop)
{
    int             fd;
    void           *mem;
    struct stat     st;
    xsell_error_t   err;

    fd = open(shop->cache, O_RDONLY);

    if (fd < 0) {
        return 0;
    }

    mem = MAP_FAILED;

    if (fstat(fd, &st) == 0 && st.st_size > 0) {
        mem = mmap(NULL, (size_t) st.st_size, PROT_READ,
                   MAP_SHARED | MAP_POPULATE, fd, 0);
    }

    close(fd);

    /* of another version: made again */

    return mem != MAP_FAILED
           && xsell_catalog_open(&shop->cat, mem, (size_t) st.st_size, &err)
              == XSELL_OK
           && xsell_catalog_n(shop->cat) == shop->items;
}


static int
shop_catalog_put(void *file, const void *p, size_t n)
{
    return fwrite(p, 1, n, file) == n ? XSELL_OK : XSELL_EINVAL;
}


static void
shop_catalog_keep(const shop_t *shop)
{
    char   name[sizeof(shop->cache) + 4];
    FILE  *file;

    snprintf(name, sizeof(name), "%s.new", shop->cache);
    file = fopen(name, "wb");

    if (file == NULL) {
        return;
    }

    if (xsell_catalog_write(shop->cat, shop_catalog_put, file) != XSELL_OK
        || fclose(file) != 0 || rename(name, shop->cache) != 0)
    {
        (void) remove(name);
    }
}


static void
shop_catalog(shop_t *shop)
{
    uint32_t  unmapped;

    if (shop->items < CACHED_ITEMS) {
        shop_catalog_make(shop);

    } else if (!shop_catalog_open(shop)) {
        shop_catalog_make(shop);
        shop_catalog_keep(shop);
    }

    if (xsell_catalog_map(shop->cat, &shop->a, 1, 0, &unmapped) != XSELL_OK
        || unmapped != 0)
    {
        die("catalogue", "the items do not fit");
    }
}


static void
shop_open(shop_t *shop)
{
    void           *mem;
    double          sum;
    uint32_t        i;
    xsell_plan_t    plan;
    xsell_error_t   err;

    static const uint8_t  seed[16] = { 1, 2, 3, 4 };

    shop->bytes = ARENA_BYTES + (size_t) shop->items * ITEM_BYTES;

    while (xsell_plan(shop->bytes, &plan, NULL) == XSELL_OK
           && plan.items < shop->items)
    {
        shop->bytes += ARENA_BYTES;
    }

    mem = mmap(NULL, shop->bytes, PROT_READ | PROT_WRITE,
               MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (mem == MAP_FAILED) {
        die("arena", "no memory");
    }

    if (xsell_arena_create(&shop->a, mem, shop->bytes, seed, 0, &err)
        != XSELL_OK)
    {
        die("arena", err.text);
    }

    shop->key = malloc(shop->sessions * sizeof(uint64_t));
    shop->zipf = malloc(shop->items * sizeof(double));

    if (shop->key == NULL || shop->zipf == NULL) {
        die("shop", "no memory");
    }

    for (sum = 0, i = 0; i < shop->items; i++) {
        sum += pow(i + 10, -0.8);
        shop->zipf[i] = sum;
    }

    xsell_settings_default(&shop->settings);
    shop_catalog(shop);
}


/* an item by popularity; number i is item i * 7919 of the catalogue, so that
   what is popular is spread over categories and memory */

static uint32_t
shop_item(shop_t *shop)
{
    double    x;
    uint32_t  low, high, mid;

    x = (double) (xsell_random(&shop->rng) >> 11) * 0x1p-53
        * shop->zipf[shop->items - 1];

    for (low = 0, high = shop->items - 1; low < high; ) {
        mid = (low + high) / 2;

        if (shop->zipf[mid] < x) {
            low = mid + 1;

        } else {
            high = mid;
        }
    }

    return (uint32_t) ((uint64_t) low * 7919 % shop->items);
}


static uint32_t
shop_neighbour(shop_t *shop, uint32_t item)
{
    uint32_t  low;

    if (xsell_random(&shop->rng) % 4 == 0) {
        return shop_item(shop);
    }

    low = item / PER_CATEGORY * PER_CATEGORY;
    item = low + (uint32_t) (xsell_random(&shop->rng) % 8
                             * (xsell_random(&shop->rng) % 7));

    return item < shop->items ? item : low;
}


static void
shop_event(const shop_t *shop, xsell_event_t *ev, unsigned type,
    uint64_t key, uint32_t item)
{
    memset(ev, 0, sizeof(xsell_event_t));

    ev->type = (uint8_t) type;
    ev->session = key;
    ev->time_ms = shop->now_ms;
    ev->session_idx = XSELL_NO_REF;
    ev->flags = XSELL_EV_COOKIE;
    ev->item = XSELL_NO_REF;

    if (type != XSELL_EVENT_ORDER) {
        ev->item = xsell_catalog_ref(shop->cat,
                                     xsell_catalog_item(shop->cat, item));
    }
}


/* one visit after the other; apply is the worker's part, learn the learner's */

static void
shop_live(shop_t *shop)
{
    double         t0, t1, apply, learn;
    uint32_t       i, n, item;
    uint64_t       events, key;
    xsell_event_t  ev;

    events = 0;
    apply = 0;
    learn = 0;

    for (i = 0; i < shop->sessions; i++) {
        key = xsell_random(&shop->rng) | 1;
        shop->key[i] = key;
        item = shop_item(shop);
        n = 2 + (uint32_t) (xsell_random(&shop->rng) % 7);

        for ( ; n > 0; n--) {
            shop->now_ms += 200;
            shop_event(shop, &ev, XSELL_EVENT_VIEW, key, item);

            if (i % 20 == 0) {
                ev.type = n == 1 ? XSELL_EVENT_ORDER
                          : n < 5 ? XSELL_EVENT_CART : XSELL_EVENT_VIEW;
                ev.order = n == 1 ? key : 0;
            }

            t0 = seconds();

            if (xsell_session_apply(&shop->a, &ev, NULL) != XSELL_OK) {
                continue;
            }

            t1 = seconds();

            (void) xsell_learn(&shop->a, &shop->settings, shop->cat, &ev);

            learn += seconds() - t1;
            apply += t1 - t0;
            events++;

            item = shop_neighbour(shop, item);
        }

        if (i % 100 == 0) {
            xsell_learn_tick(&shop->a, shop->now_ms);
        }
    }

    for (i = 0; i <= shop->items / 1000; i++) {
        xsell_learn_tick(&shop->a, shop->now_ms + 10000 * i);
    }

    if (shop->quiet) {
        return;
    }

    printf("events     %9llu\n", (unsigned long long) events);
    printf("apply      %9.0f events/s  %6.2f us\n", (double) events / apply,
           apply / (double) events * 1e6);
    printf("learn      %9.0f events/s  %6.2f us\n", (double) events / learn,
           learn / (double) events * 1e6);
}


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


/* page views, all of it but HTTP.  The first half of them warms up */

static void
bench_whole(shop_t *shop, xsell_ranker_t *ranker, double *us, uint32_t n)
{
    double             t0;
    uint32_t           q, k;
    uint64_t           key, rows;
    xsell_query_t      query;
    xsell_claim_t      claim;
    xsell_event_t      ev, out;
    xsell_slate_t      slate;
    xsell_session_t    session;
    xsell_settings_t   settings;

    settings = shop->settings;
    settings.memory_ms = 1000;
    rows = 0;

    memset(&query, 0, sizeof(query));
    query.catalog = shop->cat;
    query.settings = &settings;
    query.want = 8;

    if (xsell_ring_claim(&shop->a, &claim, 1) != XSELL_OK) {
        die("ring", "none is free");
    }

    for (q = 0; q < 2 * n; q++) {
        shop->now_ms++;
        key = shop->key[xsell_random(&shop->rng) % shop->sessions];
        query.anchor = shop_item(shop);
        query.now_ms = shop->now_ms;
        query.seed = xsell_random(&shop->rng);
        shop_event(shop, &ev, XSELL_EVENT_VIEW, key, query.anchor);

        t0 = seconds();

        query.session = NULL;

        if (xsell_session_read(&shop->a, key, &session) == XSELL_OK) {
            query.session = &session;
        }

        (void) xsell_rank(ranker, &shop->a, &query, &slate);

        if (xsell_ring_push(&shop->a, &claim, &ev) != XSELL_OK) {
            die("ring", "is full");
        }

        us[q % n] = (seconds() - t0) * 1e6;

        rows += q < n ? 0 : slate.candidates;

        for (k = 0; k < XSELL_RINGS; k++) {
            while (xsell_ring_peek(&shop->a, k, &out) == XSELL_OK) {
                xsell_ring_pop(&shop->a, k);
            }
        }
    }

    xsell_ring_release(&claim);

    if (shop->quiet) {
        qsort(us, n, sizeof(double), compare);
        printf("%u %.2f %.2f %.0f\n", shop->items, us[n / 2],
               us[n * 9ull / 10], (double) rows / n);
        return;
    }

    report("whole", us, n, 0);
    printf("           %.0f candidates\n", (double) rows / n);
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
        bench_whole(&shop, ranker, us, n);
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


/*
 * decision_shop.h: the shop of decision_bench.c, in its one program only.
 *
 * Items in categories of 50, popular ones by Zipf's law, visits that mostly
 * stay in a category, some carts and orders.  Each visit goes through
 * xsell_session_apply and xsell_learn as in production.
 *
 * A catalogue of half a million items or more stays beside the program, as a
 * compiled one, for the next run; who changes shop_catalog_make removes it.
 */

#ifndef DECISION_SHOP_H
#define DECISION_SHOP_H

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


#endif

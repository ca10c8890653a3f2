
/*
 * catalog_bench.c: what items and sessions take, and how fast a catalogue is
 * there.
 *
 *   catalog_bench [items [file]]     (100000)
 *
 * Bytes of a session and of an item in a zone (all in: 32 postings, 16 pairs,
 * the dictionary), the catalogue over its JSON text with what is alike, and
 * its times: from JSON, what is alike, compiled, opened, checked.  Times are of
 * the processor: other programs on the machine don't count.  With a file it
 * only writes the JSON text there, for bench/engine.pl.
 */

#include "xsell.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>


#define ITEM_MAX   2048          /* its text */
#define SEED       7
#define OPENS      1000

typedef struct {
    char    *p;
    size_t   n;
    size_t   room;
} file_t;


static double
seconds(void)
{
    struct timespec  t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);

    return (double) t.tv_sec + (double) t.tv_nsec / 1e9;
}


/* a word of two to four syllables, one of 6,000 */

static int
word(char *p, uint64_t *rng)
{
    int       n, k;
    uint64_t  w;

    w = xsell_random(rng) % 6000;
    w = xsell_random(&w);
    n = 2 + (int) (w % 3);

    for (k = 0; k < n; k++) {
        w = w * 6364136223846793005ull + 1442695040888963407ull;
        p[2 * k] = "bcdfglmnprstv"[(w >> 40) % 13];
        p[2 * k + 1] = "aeiou"[(w >> 50) % 5];
    }

    return 2 * n;
}


static size_t
words(char *p, unsigned n, char gap, uint64_t *rng)
{
    size_t    at;
    unsigned  i;

    for (at = 0, i = 0; i < n; i++) {
        if (i) {
            p[at++] = gap;
        }

        at += (size_t) word(p + at, rng);
    }

    return at;
}


/* as a shop's feed has it: about 500 bytes, a third of them description */

static size_t
item(char *p, uint32_t i, uint64_t *rng)
{
    int     title_n, text_n;
    char    title[256], text[512];

    title_n = (int) words(title, 6, ' ', rng);
    text_n = (int) words(text, 18, ' ', rng);

    return (size_t) sprintf(p, "{\"id\":\"SKU-%07u\",\"title\":\"%.*s\","
        "\"url\":\"https://www.shop.example/products/%.*s-%07u\","
        "\"image\":\"https://cdn.shop.example/images/%07u_1.jpg\","
        "\"price\":\"%u.%02u\",\"currency\":\"EUR\","
        "\"availability\":\"in stock\",\"category\":\"Home > Room %u > Kind "
        "%u\",\"brand\":\"Brand %u\",\"description\":\"%.*s\"}\n",
        i, title_n, title, title_n / 2, text, i, i, 5 + i % 190, i % 100,
        i % 40, i % 700, i % 3000, text_n, text);
}


static int
put(void *ctx, const void *p, size_t n)
{
    file_t  *f;

    f = ctx;

    if (f->room - f->n < n) {
        f->room = (f->n + n) * 2;
        f->p = realloc(f->p, f->room);
    }

    if (f->p == NULL) {
        return XSELL_ENOMEM;
    }

    memcpy(f->p + f->n, p, n);
    f->n += n;

    return XSELL_OK;
}


static void
zone(const char *name, uint64_t bytes)
{
    xsell_plan_t  plan;

    if (xsell_plan(bytes, &plan, NULL) == XSELL_OK) {
        printf("zone %-5s %8u items of %u bytes, %9u sessions of %u bytes\n",
               name, plan.items, plan.item_bytes, plan.sessions,
               plan.session_bytes);
    }
}


static int
feed(const char *name, uint32_t n)
{
    int       bad;
    char      text[ITEM_MAX];
    FILE     *out;
    uint32_t  i;
    uint64_t  rng;

    out = fopen(name, "wb");

    if (out == NULL) {
        fprintf(stderr, "catalog_bench: %s can't be written\n", name);
        return 1;
    }

    for (rng = SEED, i = 0; i < n; i++) {
        fwrite(text, 1, item(text, i, &rng), out);
    }

    bad = ferror(out);

    return fclose(out) != 0 || bad;
}


int
main(int argc, char **argv)
{
    char             *text, *p;
    file_t            f;
    double            t[6];
    uint32_t          i, n;
    uint64_t          rng;
    xsell_error_t     err;
    xsell_catalog_t  *cat, *file;

    n = argc > 1 ? (uint32_t) strtoul(argv[1], NULL, 10) : 100000;

    if (argc > 2) {
        return feed(argv[2], n);
    }

    zone("16m", 16ull << 20);
    zone("128m", 128ull << 20);
    zone("1g", 1024ull << 20);

    text = malloc((size_t) n * ITEM_MAX);
    memset(&f, 0, sizeof(f));
    memset(&err, 0, sizeof(err));

    for (rng = SEED, p = text, i = 0; text && i < n; i++) {
        p += item(p, i, &rng);
    }

    file = NULL;
    t[0] = seconds();

    if (text == NULL
        || xsell_catalog_create(&cat, text, (size_t) (p - text), NULL, NULL,
                                &err)
           != XSELL_OK)
    {
        fprintf(stderr, "catalog_bench: %s\n", err.text);
        return 1;
    }

    t[1] = seconds();

    if (xsell_content_build(cat) != XSELL_OK) {
        return 1;
    }

    t[2] = seconds();

    if (xsell_catalog_write(cat, put, &f) != XSELL_OK) {
        return 1;
    }

    t[3] = seconds();

    for (i = 0; i < OPENS; i++) {
        if (xsell_catalog_open(&file, f.p, f.n, &err) != XSELL_OK) {
            return 1;
        }

        if (i + 1 < OPENS) {
            xsell_catalog_destroy(file);
        }
    }

    t[4] = seconds();

    if (xsell_catalog_check(file, &err) != XSELL_OK) {
        return 1;
    }

    t[5] = seconds();

    printf("catalog    %8u items, %.0f bytes of JSON each; in memory %.0f, "
           "compiled %.0f: %.2f of the text\n",
           n, (double) (p - text) / n, (double) xsell_catalog_bytes(cat) / n,
           (double) f.n / n,
           (double) xsell_catalog_bytes(cat) / (double) (p - text));
    printf("from JSON  %8.2f s, %.1f MB/s, %.1f us an item\n", t[1] - t[0],
           (double) (p - text) / (t[1] - t[0]) / 1e6,
           (t[1] - t[0]) / n * 1e6);
    printf("alike      %8.2f s, %.1f us an item\n", t[2] - t[1],
           (t[2] - t[1]) / n * 1e6);
    printf("written    %8.2f s, %.0f MB/s\n", t[3] - t[2],
           (double) f.n / (t[3] - t[2]) / 1e6);
    printf("opened     %8.1f us\n", (t[4] - t[3]) / OPENS * 1e6);
    printf("checked    %8.3f s, %.0f MB/s\n", t[5] - t[4],
           (double) f.n / (t[5] - t[4]) / 1e6);

    xsell_catalog_destroy(file);
    xsell_catalog_destroy(cat);
    free(f.p);
    free(text);

    return 0;
}


/*
 * content_bench.c: how long it takes to find what is alike in a catalogue,
 * and how much memory, in common and in bad cases.
 *
 *   content_bench [items]        (100000)
 *
 * Each case is a process of its own, so that its peak of memory is its own.
 * Next to each stands the time in which the same catalogue was read from
 * JSON: both are paid at each reload, and the ratio travels between machines.
 */

#include "xsell.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>


#define TEXT_MAX  2048          /* of an item */

typedef struct {
    const char  *name;
    size_t     (*write)(char *p, uint32_t i, uint64_t *rng);
} case_t;


/* of the processor: other programs on the machine don't count */

static double
seconds(void)
{
    struct timespec  t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double) t.tv_sec + (double) t.tv_nsec * 1e-9;
}


/* a word of a vocabulary of n, the first ones far more often */

static size_t
word(char *p, uint64_t *rng, uint32_t n)
{
    uint32_t  k, i;

    /* uniform in the logarithm, so that a word's share is as 1 / rank */

    k = n >> xsell_random(rng) % 15;
    k = k ? (uint32_t) (xsell_random(rng) % k) : 0;

    for (i = 0; i < 3 || k; i++) {
        p[i] = (char) ('a' + k % 26);
        k /= 26;
    }

    p[i++] = ' ';

    return i;
}


static size_t
item(char *p, uint32_t i, const char *title, uint32_t category)
{
    return (size_t) sprintf(p, "{\"id\":\"%u\",\"title\":\"%s\","
                            "\"url\":\"/%u\",\"category\":\"c%u\","
                            "\"brand\":\"b%u\"}\n",
                            i, title, i, category, i % 997);
}


static size_t
common(char *p, uint32_t i, uint64_t *rng)
{
    char      title[TEXT_MAX];
    size_t    n;
    uint32_t  k;

    for (n = 0, k = 4 + (uint32_t) (xsell_random(rng) % 6); k; k--) {
        n += word(title + n, rng, 30000);
    }

    title[n] = '\0';

    return item(p, i, title, i / 50);
}


static size_t
equal(char *p, uint32_t i, uint64_t *rng)
{
    return item(p, i, "One and the same", 1);
}


/* nothing but what one in five has */

static size_t
frequent(char *p, uint32_t i, uint64_t *rng)
{
    char      title[TEXT_MAX];
    size_t    n;
    uint32_t  k;

    for (n = 0, k = 0; k < 6; k++) {
        n += (size_t) sprintf(title + n, "w%u ",
                              (unsigned) (xsell_random(rng) % 30));
    }

    title[n] = '\0';

    return item(p, i, title, 1);
}


/* one category for all, each title a number that no other has */

static size_t
category(char *p, uint32_t i, uint64_t *rng)
{
    char  title[TEXT_MAX];

    sprintf(title, "Article %u", i);

    return item(p, i, title, 1);
}


/* as many words as are read, of a vocabulary that makes all of them shared */

static size_t
long_text(char *p, uint32_t i, uint64_t *rng)
{
    char      title[TEXT_MAX];
    size_t    n;
    uint32_t  k;

    for (n = 0, k = 0; k < 150; k++) {
        n += (size_t) sprintf(title + n, "x%u ",
                              (unsigned) (xsell_random(rng) % 100000));
    }

    title[n] = '\0';

    return item(p, i, title, i / 50);
}


static size_t
chinese(char *p, uint32_t i, uint64_t *rng)
{
    char      title[TEXT_MAX];
    size_t    n;
    uint32_t  k, c;

    for (n = 0, k = 0; k < 14; k++) {
        c = 0x4e00 + (uint32_t) (xsell_random(rng) % 40
                                 * (xsell_random(rng) % 40));
        title[n++] = (char) (0xe0 | c >> 12);
        title[n++] = (char) (0x80 | (c >> 6 & 0x3f));
        title[n++] = (char) (0x80 | (c & 0x3f));
    }

    title[n] = '\0';

    return item(p, i, title, i / 50);
}


static void
run(const case_t *one, uint32_t n)
{
    char             *text, *p;
    double            t0, t1, t2, like;
    size_t            before;
    uint32_t          i, k, total;
    uint64_t          rng;
    xsell_error_t     err;
    struct rusage     usage[2];
    xsell_catalog_t  *cat;
    xsell_similar_t   similar[XSELL_SIMILAR_MAX];

    text = malloc((size_t) n * TEXT_MAX);

    if (text == NULL) {
        fprintf(stderr, "content_bench: no memory\n");
        exit(1);
    }

    for (rng = 7, p = text, i = 0; i < n; i++) {
        p += one->write(p, i, &rng);
    }

    t0 = seconds();

    if (xsell_catalog_create(&cat, text, (size_t) (p - text), NULL, NULL,
                             &err)
        != XSELL_OK)
    {
        fprintf(stderr, "content_bench: %s\n", err.text);
        exit(1);
    }

    free(text);
    before = xsell_catalog_bytes(cat);
    getrusage(RUSAGE_SELF, &usage[0]);
    t1 = seconds();

    if (xsell_content_build(cat) != XSELL_OK) {
        fprintf(stderr, "content_bench: no memory\n");
        exit(1);
    }

    t2 = seconds();
    getrusage(RUSAGE_SELF, &usage[1]);

    for (like = 0, total = 0, i = 0; i < n; i++) {
        k = xsell_catalog_similar(cat, i, similar);
        total += k;
        like += k ? similar[k - 1].likeness : 0;
    }

    printf("%-10s %6.2f s  %5.1f x reading  %4.1f neighbours, the last "
           "%.3f alike  %4.0f -> %4.0f bytes an item  peak +%ld MB\n",
           one->name, t2 - t1, (t2 - t1) / (t1 - t0), (double) total / n,
           like / n, (double) before / n, (double) xsell_catalog_bytes(cat) / n,
           (usage[1].ru_maxrss - usage[0].ru_maxrss) / 1024);

    xsell_catalog_destroy(cat);
}


int
main(int argc, char **argv)
{
    int       status;
    pid_t     pid;
    size_t    i;
    uint32_t  n;

    static const case_t  cases[] = {
        { "common", common },
        { "equal", equal },
        { "frequent", frequent },
        { "category", category },
        { "long", long_text },
        { "chinese", chinese }
    };

    n = argc > 1 && atol(argv[1]) > 0 ? (uint32_t) atol(argv[1]) : 100000;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        fflush(stdout);
        pid = fork();

        if (pid == 0) {
            run(&cases[i], n);
            fflush(stdout);
            _exit(0);
        }

        if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0) {
            fprintf(stderr, "content_bench: %s failed\n", cases[i].name);
            return 1;
        }
    }

    return 0;
}


/*
 * rewriter_bench.c: what finding the slots costs per byte of a page.
 *
 * Baselines, on the same page in the same run: memchr from one '<' to the
 * next (nobody who looks at every tag is faster), memmem for one marker (what
 * a substitution of strings does), and copying the page.  The rewriter runs
 * with places that are not found until the end, its worst case: by id, by
 * class, by type, the end of the body, a list with combinators; whole and in
 * buffers of 4 KB; and with a marker that comes early, after which a page
 * should cost nothing.
 *
 * The page is made here: cards with attributes, text, some scripts, a '<'
 * every 21 bytes: several times denser than shops' pages, which have one every
 * 60 to 200.  A file as first argument is measured in its place.
 *
 * Instructions, which do not depend on the machine's mood:
 *   valgrind --tool=callgrind --toggle-collect=run_id
 *     build/lto/bench/rewriter_bench FILE once
 * and "Collected" divided by the bytes of the page; run_body, run_type,
 * run_class and run_list likewise.  On the 64 KiB page of the edge bench, a
 * tag every 21 bytes: body 2.0, type 2.4, id 3.0, class 2.9, list 3.1.
 */

#include "xsell.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>


#define PAGE   65536
#define ROUNDS 400
#define TRIES  7

static uint8_t  page[8 * 1024 * 1024];
static uint8_t  copy[sizeof(page)];
static size_t   page_n;

static volatile size_t  sink;


typedef struct {
    const char  *name;
    void       (*run)(void);
    double       ns;
} bench_t;


static void
make_page(void)
{
    int     n, i;
    char   *p;
    size_t  left;

    p = (char *) page;
    n = snprintf(p, PAGE, "<!doctype html>\n<html lang=\"en\">\n<head>\n"
                 "<title>Blue mug</title>\n"
                 "<link rel=\"stylesheet\" href=\"/assets/shop.4f2a.css\">\n"
                 "<script>window.shop = { cart: 0 < 1 };</script>\n</head>\n"
                 "<body class=\"page\">\n<!-- header -->\n");

    for (i = 0; /* void */ ; i++) {
        p += n;
        left = (size_t) ((char *) page + PAGE - p);

        if (left < 1024) {
            break;
        }

        n = snprintf(p, left,
            "<div class=\"card card--wide\" data-sku=\"mug-%d\">\n"
            "  <a class=\"card__link\" href=\"/p/mug-%d?ref=list\">\n"
            "    <img class=\"card__image\" src=\"/images/mug-%d.webp\""
            " alt=\"Mug\" width=\"320\" height=\"320\" loading=\"lazy\">\n"
            "    <h3 class=\"card__title\">Mug number %d</h3></a>\n"
            "  <p>Stoneware, glazed by hand, holds 330 ml. <b>Dishwasher</b> "
            "safe &amp; microwave safe.</p>\n"
            "  <ul><li>blue</li><li>white</li><li>red</li></ul>\n"
            "  <span class=\"price\">12.50</span>\n</div>\n%s",
            i, i, i, i,
            i % 8 ? "" : "<script>shop.push({ id: 1, w: \"a\" });"
                         "for (var i = 0; i < 9; i++) { shop.go(i); }"
                         "</script>\n");
    }

    page_n = (size_t) (p - (char *) page);
}


static void
run_copy(void)
{
    memcpy(copy, page, page_n);
    sink += copy[page_n / 2];
}


static void
run_memchr(void)
{
    const uint8_t  *p, *end;

    end = page + page_n;

    for (p = page; p < end; p++) {
        p = memchr(p, '<', (size_t) (end - p));

        if (p == NULL) {
            break;
        }

        sink++;
    }
}


static void
run_memmem(void)
{
    sink += memmem(page, page_n, "<!--xsell nowhere-->", 20) != NULL;
}


static void
run_rewriter(const xsell_places_t *places, size_t chunk)
{
    int               rc;
    size_t            at, len, used;
    unsigned          which;
    xsell_rewriter_t  rw;

    xsell_rewriter_init(&rw, places, XSELL_HOLDS_ALL);

    for (at = 0; at < page_n; at += used) {
        len = (page_n - at < chunk) ? page_n - at : chunk;
        rc = xsell_rewriter_feed(&rw, page + at, len, &used, &which);
        sink += (size_t) rc;
    }

    xsell_rewriter_finish(&rw, &which);
    sink += rw.found;
}


static xsell_places_t  *id, *class, *type, *body, *list, *marker, *early;


static xsell_places_t *
make_places(const char *const *text, size_t n)
{
    size_t           i;
    xsell_str_t      s[3];
    xsell_error_t    err;
    xsell_places_t  *ps;

    if (xsell_places_create(&ps) != XSELL_OK) {
        exit(1);
    }

    for (i = 0; i < n; i++) {
        s[i % 3].p = text[i];
        s[i % 3].n = strlen(text[i]);

        if (i % 3 == 2
            && xsell_places_add(ps, s[0], s[1], s[2], &err) != XSELL_OK)
        {
            fprintf(stderr, "%s\n", err.text);
            exit(1);
        }
    }

    return ps;
}


static void
run_id(void)
{
    run_rewriter(id, (size_t) -1);
}


static void
run_buffers(void)
{
    run_rewriter(id, 4096);
}


static void
run_class(void)
{
    run_rewriter(class, (size_t) -1);
}


static void
run_type(void)
{
    run_rewriter(type, (size_t) -1);
}


static void
run_body(void)
{
    run_rewriter(body, (size_t) -1);
}


static void
run_list(void)
{
    run_rewriter(list, (size_t) -1);
}


static void
run_marker(void)
{
    run_rewriter(marker, (size_t) -1);
}


static void
run_early(void)
{
    static int  once;

    if (!once) {
        once = 1;
        memcpy(page, "<i><!--xsell early-->", 21);
    }

    run_rewriter(early, (size_t) -1);
}


static double
now_ns(void)
{
    struct timespec  t;

    clock_gettime(CLOCK_MONOTONIC, &t);

    return (double) t.tv_sec * 1e9 + (double) t.tv_nsec;
}


/* the best of some tries: a busy machine only ever adds */

static double
measure(void (*run)(void), int rounds)
{
    int     i, j;
    double  t, best;

    best = 1e18;

    for (i = 0; i < TRIES; i++) {
        t = now_ns();

        for (j = 0; j < rounds; j++) {
            run();
        }

        t = (now_ns() - t) / rounds;
        best = t < best ? t : best;
    }

    return best;
}


int
main(int argc, char **argv)
{
    int     rounds;
    size_t  i, tags;
    FILE   *f;

    static bench_t  benches[] = {
        { "copy", run_copy, 0 },
        { "memchr '<'", run_memchr, 0 },
        { "memmem marker", run_memmem, 0 },
        { "rewriter, #nowhere", run_id, 0 },
        { "rewriter, the same in 4 KB", run_buffers, 0 },
        { "rewriter, .nowhere", run_class, 0 },
        { "rewriter, nowhere", run_type, 0 },
        { "rewriter, append body", run_body, 0 },
        { "rewriter, list", run_list, 0 },
        { "rewriter, marker nowhere", run_marker, 0 },
        { "rewriter, marker early", run_early, 0 }
    };

    if (argc > 1) {
        f = fopen(argv[1], "rb");

        if (f == NULL) {
            perror(argv[1]);
            return 1;
        }

        page_n = fread(page, 1, sizeof(page), f);
        fclose(f);

    } else {
        make_page();
    }

    if (page_n < 64) {
        fprintf(stderr, "the page is too short\n");
        return 1;
    }

    for (i = 0, tags = 0; i < page_n; i++) {
        tags += page[i] == '<';
    }

    printf("page: %zu bytes, a '<' every %.0f\n", page_n,
           (double) page_n / (double) (tags ? tags : 1));

    id = make_places((const char *const []) { "a", "after", "#nowhere" }, 3);
    class = make_places((const char *const []) { "a", "after", ".nowhere" },
                        3);
    type = make_places((const char *const []) { "a", "after", "nowhere" }, 3);
    body = make_places((const char *const []) { "a", "append", "body" }, 3);
    list = make_places((const char *const []) {
                           "a", "before", ".a, .b > #c, [x=y] + z" }, 3);
    marker = make_places((const char *const []) { "nowhere", "", "" }, 3);
    early = make_places((const char *const []) { "early", "", "" }, 3);

    rounds = (int) ((size_t) ROUNDS * PAGE / page_n) + 1;

    if (argc > 2) {
        for (i = 0; i < sizeof(benches) / sizeof(benches[0]); i++) {
            benches[i].run();
        }

        return 0;
    }

    for (i = 0; i < sizeof(benches) / sizeof(benches[0]); i++) {
        benches[i].ns = measure(benches[i].run, rounds);
    }

    for (i = 0; i < sizeof(benches) / sizeof(benches[0]); i++) {
        printf("%-28s %9.0f ns  %6.3f ns/byte  %8.3f x memchr"
               "  %8.3f x memmem\n", benches[i].name, benches[i].ns,
               benches[i].ns / (double) page_n,
               benches[i].ns / benches[1].ns, benches[i].ns / benches[2].ns);
    }

    xsell_places_destroy(id);
    xsell_places_destroy(class);
    xsell_places_destroy(type);
    xsell_places_destroy(body);
    xsell_places_destroy(list);
    xsell_places_destroy(marker);
    xsell_places_destroy(early);

    return 0;
}

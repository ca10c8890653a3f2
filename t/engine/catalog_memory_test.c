
/*
 * catalog_memory_test.c: memory that runs out while a catalogue is built, or
 * while it is looked for what is alike in it.
 *
 * The hazard: the master reads a catalogue at a reload, with the old one
 * still in use; a failed allocation must refuse the new one, keep the old
 * one, and leave nothing behind.  Each allocation, jansson's too, is made to
 * fail once, until the building succeeds.
 */

#include "catalog_test.h"


#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define __SANITIZE_ADDRESS__  1         /* as gcc says it */
#endif
#endif

#ifdef __SANITIZE_ADDRESS__

static void
content_is_refused_alone(void **state)
{
    printf("# not under a sanitizer\n");
}


/* the sanitizer's allocator can't be taken over; cmocka's skip() would print
   "not ok # SKIP", which prove counts as a failure */

static void
every_allocation_may_fail(void **state)
{
    printf("# not under a sanitizer\n");
}

#else

extern void *__libc_malloc(size_t n);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *p, size_t n);
extern void __libc_free(void *p);

static long  countdown = -1;        /* the allocation that fails; -1: none */
static long  live;


static int
fails(void)
{
    if (countdown < 0) {
        return 0;
    }

    return countdown-- == 0;
}


void *
malloc(size_t n)
{
    void  *p;

    p = fails() ? NULL : __libc_malloc(n);
    live += p != NULL;

    return p;
}


void *
calloc(size_t n, size_t size)
{
    void  *p;

    p = fails() ? NULL : __libc_calloc(n, size);
    live += p != NULL;

    return p;
}


void *
realloc(void *old, size_t n)
{
    void  *p;

    p = fails() ? NULL : __libc_realloc(old, n);
    live += p != NULL && old == NULL;

    return p;
}


void
free(void *p)
{
    live -= p != NULL;
    __libc_free(p);
}


static void
every_allocation_may_fail(void **state)
{
    int                rc;
    long               i, before;
    size_t             n;
    static char        text[200 * 256];
    xsell_catalog_t   *c;

    for (n = 0, i = 0; i < 200; i++) {
        n += (size_t) snprintf(text + n, sizeof(text) - n,
                               "{\"id\":%ld,\"title\":\"T %ld\",\"url\":\"/\","
                               "\"price\":1.5,\"currency\":\"EUR\","
                               "\"category\":[\"A\",\"B %ld\"],"
                               "\"brand\":\"b %ld\",\"tags\":\"x,y %ld\","
                               "\"group\":%ld,\"odd\":[{}]}\n",
                               i, i, i, i, i, i);
    }

    /* what libraries allocate once is not counted */

    assert_int_equal(xsell_catalog_create(&c, text, n, NULL, NULL, NULL),
                     XSELL_OK);
    xsell_catalog_destroy(c);

    before = live;

    for (i = 0; i < 1000000; i++) {
        memset(&err, 0, sizeof(err));
        countdown = i;
        rc = xsell_catalog_create(&c, text, n, NULL, NULL, &err);

        if (rc == XSELL_OK && countdown >= 0) {
            countdown = -1;
            break;
        }

        countdown = -1;

        /* a realloc that only makes smaller may fail unnoticed */

        if (rc == XSELL_OK) {
            xsell_catalog_destroy(c);

        } else {

            /* jansson takes some failures in its lexer for bad tokens */

            assert_true(rc == XSELL_ENOMEM || rc == XSELL_EINVAL);
            assert_true(rc == XSELL_EINVAL || strstr(err.text, "memory"));
            assert_true(err.text[0] != '\0');
            assert_null(c);
        }

        assert_int_equal(live, before);

        /* all of the first, then ever fewer: the items are alike */

        i += i > 500 ? 37 : 0;
    }

    assert_true(i > 500);
    assert_int_equal(xsell_catalog_n(c), 200);
    xsell_catalog_destroy(c);
    assert_int_equal(live, before);
}


/* the catalogue goes on without it, as good as before */

static void
content_is_refused_alone(void **state)
{
    int               rc;
    long              i, before;
    size_t            n;
    xsell_similar_t   near[XSELL_SIMILAR_MAX];
    static char       text[200 * 128];
    xsell_catalog_t  *c, *warm;

    for (n = 0, i = 0; i < 200; i++) {
        n += (size_t) snprintf(text + n, sizeof(text) - n,
                               "{\"id\":%ld,\"url\":\"/\",\"title\":"
                               "\"red %ld lamp %ld %ld %ld %ld\"}\n",
                               i, i, i * 3, i % 50, i * 7 % 90, i + 1000);
    }

    /* the C library keeps its tables */

    assert_int_equal(xsell_catalog_create(&warm, text, n, NULL, NULL, NULL),
                     XSELL_OK);
    assert_int_equal(xsell_content_build(warm), XSELL_OK);

    assert_int_equal(xsell_catalog_create(&c, text, n, NULL, NULL, NULL),
                     XSELL_OK);
    before = live;

    for (i = 0; i < 10000; i++) {
        countdown = i;
        rc = xsell_content_build(c);

        if (rc == XSELL_OK && countdown >= 0) {
            countdown = -1;
            break;
        }

        countdown = -1;

        if (rc != XSELL_OK) {
            assert_int_equal(rc, XSELL_ENOMEM);
            assert_int_equal(live, before);
            assert_int_equal(xsell_catalog_similar(c, 5, near), 0);
            assert_int_equal(xsell_catalog_n(c), 200);
            assert_int_equal(xsell_catalog_find(c, "5", 1), 5);
            continue;
        }

        /* something that it can do without */

        xsell_catalog_destroy(c);
        assert_int_equal(xsell_catalog_create(&c, text, n, NULL, NULL, NULL),
                         XSELL_OK);
        assert_int_equal(live, before);
    }

    assert_in_range(i, 10, 100);
    assert_int_not_equal(xsell_catalog_similar(c, 5, near), 0);
    xsell_catalog_destroy(c);
    xsell_catalog_destroy(warm);
}

#endif


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(every_allocation_may_fail),
        cmocka_unit_test(content_is_refused_alone)
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("catalog memory", tests, NULL,
                                       teardown);
}

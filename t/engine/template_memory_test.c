
/*
 * template_memory_test.c: memory that runs out while a shop's templates are
 * read.
 *
 * The hazard: the master reads them at a reload, with the old set still in
 * use; a failed allocation must refuse the new set and leave nothing behind.
 * Each allocation, jansson's too, is made to fail once, until all succeed.
 * And rendering, which no failure may reach, must allocate nothing at all.
 */

#include "template_test.h"


#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define __SANITIZE_ADDRESS__  1         /* as gcc says it */
#endif
#endif

#ifdef __SANITIZE_ADDRESS__

/* the sanitizer's allocator can't be taken over; cmocka's skip() would print
   "not ok # SKIP", which prove counts as a failure */

static void
every_allocation_may_fail(void **state)
{
    printf("# not under a sanitizer\n");
}


static void
rendering_allocates_nothing(void **state)
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


static int
build(xsell_templates_t **out)
{
    int                 rc;
    xsell_str_t         name;
    xsell_error_t       err;
    xsell_templates_t  *ts;

    *out = NULL;
    rc = xsell_templates_create(&ts);

    if (rc != XSELL_OK) {
        return rc;
    }

    if ((rc = xsell_templates_add(ts, str("t"), str("<style>a{b:{{count}}}"
                 "</style>{{#items}}\n  {{> card }}\n{{/items}}\n"), &err))
        == XSELL_OK
        && (rc = xsell_templates_add(ts, str("card"), str("<p>\n{{title}}\n"
                 "{{#price}}{{price}}{{/price}}{{strings.cta}}</p>\n"), &err))
           == XSELL_OK
        && (rc = xsell_templates_strings(ts, str("en"), str("{\"cta\":\"Buy\","
                 "\"x\":\"y\"}"), NULL, NULL, &err)) == XSELL_OK
        && (rc = xsell_templates_strings(ts, str("xx"), str("{\"cta\":\"X\"}"),
                                         NULL, NULL, &err)) == XSELL_OK)
    {
        rc = xsell_templates_compile(ts, &name, &err);
    }

    if (rc != XSELL_OK) {
        xsell_templates_destroy(ts);
        return rc;
    }

    *out = ts;

    return XSELL_OK;
}


static void
every_allocation_may_fail(void **state)
{
    int                 rc;
    long                i, before;
    xsell_templates_t  *ts;

    /* the first time jansson seeds its hash; that stays */

    assert_int_equal(build(&ts), XSELL_OK);
    xsell_templates_destroy(ts);

    for (i = 0; ; i++) {
        assert_true(i < 10000);
        before = live;
        countdown = i;
        rc = build(&ts);

        if (countdown >= 0) {
            countdown = -1;
            break;
        }

        countdown = -1;

        /* jansson takes some failures in its lexer for bad tokens */

        assert_true(rc == XSELL_ENOMEM || rc == XSELL_EINVAL);
        assert_null(ts);
        assert_int_equal(live, before);
    }

    assert_int_equal(rc, XSELL_OK);
    assert_true(i > 60);
    xsell_templates_destroy(ts);
    assert_int_equal(live, before);
}


static void
rendering_allocates_nothing(void **state)
{
    char                buf[16384];
    uint32_t            i;
    xsell_fragment_t    f;
    xsell_templates_t  *ts;

    assert_int_equal(build(&ts), XSELL_OK);
    f = fragment(3);
    f.lang = str("de-AT");

    for (i = 0; i < 4; i++) {
        countdown = 0;
        assert_true(xsell_templates_render(ts, i, &f, buf, sizeof(buf)) > 0);
        assert_int_equal(countdown, 0);
        countdown = -1;
    }

    xsell_templates_destroy(ts);
}

#endif


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_allocation_may_fail),
        cmocka_unit_test(rendering_allocates_nothing),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, setup, teardown);
}

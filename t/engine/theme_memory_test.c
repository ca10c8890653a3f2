
/*
 * theme_memory_test.c: memory that runs out while a theme is made.
 *
 * The hazard: the master reads a theme at a reload, with the old one in use;
 * a failed allocation must refuse the new one and leave nothing behind.  Each
 * allocation, jansson's too, is made to fail once, until a theme comes out.
 */

#include "tokens_test.h"


#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define __SANITIZE_ADDRESS__  1         /* as gcc says it */
#endif
#endif

#ifdef __SANITIZE_ADDRESS__

/* the sanitizer's allocator can't be taken over */

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
    return countdown >= 0 && countdown-- == 0;
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
    int             rc;
    long            i, before;
    xsell_str_t     tokens, none;
    xsell_error_t   err;
    xsell_theme_t  *theme;

    tokens = str("{\"base\":{\"$type\":\"color\",\"a\":{\"$value\":\"#111\"},"
                 "\"in\":{\"b\":{\"$value\":\"#222\"}}},\"mine\":{"
                 "\"$extends\":\"{base}\",\"c\":{\"$value\":\"{base.a}\"}},"
                 "\"dark\":{\"base\":{\"a\":{\"$value\":\"#eee\"}}},"
                 "\"t\":{\"$type\":\"typography\",\"$value\":{"
                 "\"fontFamily\":\"A\",\"fontSize\":\"1px\","
                 "\"letterSpacing\":\"1px\"}},\"bad\":{\"$value\":\"?\"}}");
    none = str("");

    /* what libraries allocate once is not counted */

    assert_int_equal(xsell_theme_create(&theme, tokens, none, NULL, NULL,
                                        NULL), XSELL_OK);
    xsell_theme_destroy(theme);
    before = live;

    for (i = 0; i < 100000; i++) {
        memset(&err, 0, sizeof(err));
        countdown = i;
        rc = xsell_theme_create(&theme, tokens, none, NULL, NULL, &err);

        if (countdown >= 0) {
            countdown = -1;
            break;                      /* there were not so many */
        }

        countdown = -1;

        if (rc == XSELL_OK) {           /* places of groups can be missed */
            xsell_theme_destroy(theme);

        } else {

            /* jansson takes some failures in its lexer for bad tokens */

            assert_true(rc == XSELL_ENOMEM || rc == XSELL_EINVAL);
            assert_true(err.text[0] != '\0');
            assert_null(theme);
        }

        assert_int_equal(live, before);
    }

    assert_int_equal(rc, XSELL_OK);
    assert_true(i > 300);
    xsell_theme_destroy(theme);
    assert_int_equal(live, before);
}

#endif


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(every_allocation_may_fail)
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("theme memory", tests, NULL, NULL);
}

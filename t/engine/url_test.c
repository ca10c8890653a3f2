
/*
 * url_test.c: what pages said of their item, kept by URL.
 *
 * The hazards: a URL gets another one's item; what nobody asks for pushes out
 * what is asked for all day; an entry that is wrong is never looked at again;
 * workers that write the same place leave half of each.
 */

#include "store/xsell_store.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <sys/mman.h>

#include <cmocka.h>


#define BYTES    (8 * 1024 * 1024ull)
#define MINUTE   60000ull


static xsell_arena_t  a;
static void          *mem;


static uint64_t
key_of(const char *host, const char *url, int plain)
{
    uint64_t         key[2];
    xsell_str_t      h;
    xsell_locator_t  l;

    h.p = host;
    h.n = strlen(host);
    assert_int_equal(xsell_locator(&l, url, strlen(url)), XSELL_OK);

    xsell_url_keys(&a, h, &l, key);

    return key[plain];
}


static void
keys_tell_hosts_and_parameters(void **state)
{
    uint64_t  key;

    key = key_of("h", "/p", 0);

    assert_true(key == key_of("h", "https://x/p/", 0));
    assert_true(key != key_of("i", "/p", 0));
    assert_true(key != key_of("h", "/p", 1));
    assert_true(key != key_of("h", "/p?a=1", 0));
    assert_true(key_of("h", "/p?a=1", 1) == key_of("h", "/p?a=2", 1));

    /* nobody outside can work it out */

    a.header->key[3] ^= 1;
    assert_true(key != key_of("h", "/p", 0));
    a.header->key[3] ^= 1;
    assert_true(key == key_of("h", "/p", 0));
}


static void
what_was_learned_is_found(void **state)
{
    uint64_t     key, now;
    xsell_ref_t  ref;

    key = key_of("h", "/p", 0);
    now = 5 * MINUTE;

    assert_int_equal(xsell_url_find(&a, key, now, &ref), XSELL_NONE);
    assert_int_equal(ref, XSELL_NO_REF);

    xsell_url_learn(&a, key, now, xsell_ref(3, 7));
    assert_int_equal(xsell_url_find(&a, key, now, &ref), XSELL_OK);
    assert_int_equal(ref, xsell_ref(3, 7));
    assert_int_equal(xsell_url_find(&a, key ^ 1ull << 50, now, &ref),
                     XSELL_NONE);

    /* that there is none is known too */

    xsell_url_learn(&a, key, now, XSELL_NO_REF);
    assert_int_equal(xsell_url_find(&a, key, now, &ref), XSELL_OK);
    assert_int_equal(ref, XSELL_NO_REF);
}


static void
an_entry_is_due_after_ten_minutes(void **state)
{
    uint64_t     key, now;
    xsell_ref_t  ref;

    key = key_of("h", "/due", 0);

    for (now = 0; now < 300 * MINUTE; now += 20 * MINUTE) {
        xsell_url_learn(&a, key, now, xsell_ref(1, 0));

        assert_int_equal(xsell_url_find(&a, key, now + 8 * MINUTE, &ref),
                         XSELL_OK);
        assert_int_equal(xsell_url_find(&a, key, now + 12 * MINUTE, &ref),
                         XSELL_AGAIN);

        /* and is the best guess until then */
        assert_int_equal(ref, xsell_ref(1, 0));
    }
}


/* as many URLs as anybody likes, each once; ours are asked for now and then */

static void
junk_pushes_out_junk(void **state)
{
    uint64_t     seed, ours, key, i;
    unsigned     k, kept;
    xsell_ref_t  ref;

    seed = 42;
    ours = xsell_random(&seed);

    for (k = 0; k < 200; k++) {
        xsell_url_learn(&a, ours + k * 0x9e3779b97f4a7c15ull, MINUTE, k);
    }

    for (i = 0; i < 20ull * a.urls_n * XSELL_URL_WAYS; i++) {

        if (i % 4096 == 0) {
            for (k = 0; k < 200; k++) {
                (void) xsell_url_find(&a, ours + k * 0x9e3779b97f4a7c15ull,
                                      MINUTE, &ref);
            }
        }

        key = xsell_random(&seed);
        xsell_url_learn(&a, key, MINUTE, XSELL_NO_REF);
    }

    for (k = 0, kept = 0; k < 200; k++) {
        kept += xsell_url_find(&a, ours + k * 0x9e3779b97f4a7c15ull, MINUTE,
                               &ref)
                == XSELL_OK && ref == k;
    }

    assert_true(kept >= 195);

    /* and what is new gets its place all the same, at the latest the fourth
       time */

    key = xsell_random(&seed);

    for (k = 0; k < 4; k++) {
        xsell_url_learn(&a, key, MINUTE, 9);
    }

    assert_int_equal(xsell_url_find(&a, key, MINUTE, &ref), XSELL_OK);
}


/* what nobody has asked for in a long time does not keep its place because it
   was in demand once */

static void
the_old_make_room(void **state)
{
    uint64_t     key;
    unsigned     i, k;
    xsell_ref_t  ref;

    a.urls_n = 1;

    for (i = 0; i < XSELL_URL_WAYS; i++) {
        key = ((uint64_t) i + 1) << 40;
        xsell_url_learn(&a, key, 0, i);

        for (k = 0; k < 5; k++) {
            (void) xsell_url_find(&a, key, 0, &ref);
        }
    }

    xsell_url_learn(&a, 99ull << 40, 30 * MINUTE, 99);
    assert_int_equal(xsell_url_find(&a, 99ull << 40, 30 * MINUTE, &ref),
                     XSELL_OK);
    assert_int_equal(ref, 99);
}


/* two that write at once: an entry is one's or the other's */

static void *
writer(void *arg)
{
    uint64_t     seed, key;
    unsigned     i;
    xsell_ref_t  ref;

    seed = (uintptr_t) arg;

    for (i = 0; i < 200000; i++) {
        key = ((xsell_random(&seed) & 63) + 1) << 40;
        xsell_url_learn(&a, key, MINUTE, (xsell_ref_t) (key >> 40) % 16);

        if (xsell_url_find(&a, key, MINUTE, &ref) != XSELL_NONE
            && ref != (xsell_ref_t) (key >> 40) % 16)
        {
            return arg;
        }
    }

    return NULL;
}


static void
writers_do_not_mix(void **state)
{
    size_t     i;
    void      *bad;
    pthread_t  thread[4];

    a.header->dict_n = 16;
    a.urls_n = 2;

    for (i = 0; i < 4; i++) {
        assert_int_equal(pthread_create(&thread[i], NULL, writer,
                                        (void *) (i + 1)), 0);
    }

    for (i = 0; i < 4; i++) {
        pthread_join(thread[i], &bad);
        assert_null(bad);
    }
}


static void
a_wild_reference_is_seen(void **state)
{
    xsell_error_t  err;

    assert_int_equal(xsell_arena_validate(&a, &err), XSELL_OK);
    a.urls[0].word[2] = 1ull << 40 | 5;
    assert_int_equal(xsell_arena_validate(&a, &err), XSELL_ECORRUPT);
    assert_non_null(strstr(err.text, "url 2"));
}


static int
setup(void **state)
{
    static const uint8_t  seed[16] = { 1, 2, 3 };

    mem = mmap(NULL, BYTES, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS,
               -1, 0);

    return xsell_arena_create(&a, mem, BYTES, seed, 0, NULL) != XSELL_OK;
}


static int
teardown(void **state)
{
    return munmap(mem, BYTES);
}


int
main(void)
{
#define test(f)  cmocka_unit_test_setup_teardown(f, setup, teardown)

    const struct CMUnitTest  tests[] = {
        test(keys_tell_hosts_and_parameters),
        test(what_was_learned_is_found),
        test(an_entry_is_due_after_ten_minutes),
        test(junk_pushes_out_junk),
        test(the_old_make_room),
        test(writers_do_not_mix),
        test(a_wild_reference_is_seen)
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("url", tests, NULL, NULL);
}

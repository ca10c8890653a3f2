
/*
 * shared_test.h: an arena in memory that children of fork() share, with
 * items named and their references at hand.  For the store's tests.
 */

#ifndef SHARED_TEST_H
#define SHARED_TEST_H

#include "store/xsell_store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <sys/mman.h>

#include <cmocka.h>


#define SHARED_ITEMS  400

typedef struct {
    void          *mem;
    uint64_t       bytes;
    xsell_arena_t  a;
    uint64_t       hash[SHARED_ITEMS];
    xsell_ref_t    ref[SHARED_ITEMS];
} shared_t;


static inline void
shared_open(shared_t *t, uint64_t bytes)
{
    int            i, n;
    char           id[16];
    xsell_error_t  err;

    static const uint8_t  seed[16] = { 1, 2, 3, 4, 5, 6, 7, 8 };

    t->bytes = bytes;
    t->mem = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(t->mem != MAP_FAILED);

    if (xsell_arena_create(&t->a, t->mem, bytes, seed, 0, &err)
        != XSELL_OK)
    {
        fail_msg("%s", err.text);
    }

    for (i = 0; i < SHARED_ITEMS; i++) {
        n = snprintf(id, sizeof(id), "item-%d", i);
        t->hash[i] = xsell_item_hash(&t->a, id, (size_t) n);
    }

    assert_int_equal(xsell_dictionary_map(&t->a, t->hash, SHARED_ITEMS, 1, 0,
                                          t->ref),
                     0);
}


static inline void
shared_close(shared_t *t)
{
    munmap(t->mem, t->bytes);
}


static inline void
shared_validate(const shared_t *t)
{
    xsell_error_t  err;

    if (xsell_arena_validate(&t->a, &err) != XSELL_OK) {
        fail_msg("%s", err.text);
    }
}


#endif /* SHARED_TEST_H */

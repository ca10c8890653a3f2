
/*
 * dictionary_test.h: a small dictionary with many more ids than slots, and
 * catalogues to map into it.  For the tests of the dictionary.
 */

#ifndef DICTIONARY_TEST_H
#define DICTIONARY_TEST_H

#include "store/xsell_store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <sys/mman.h>

#include <cmocka.h>


#define MIB      (1024 * 1024ull)
#define ITEMS    4000           /* ids that the tests know */
#define CORE     200            /* of these, always in the catalogue */

typedef struct {
    xsell_arena_t  a;
    uint8_t       *mem;
    uint32_t       catalog;
    uint32_t       cap;             /* slots */
    uint64_t       rng;
    uint64_t       hash[ITEMS];
    uint64_t       in[ITEMS];       /* hashes of one catalogue */
    uint32_t       id[ITEMS];       /* which ids these are */
    xsell_ref_t    out[ITEMS];
} dict_t;


/* 1 MiB: some 680 slots, so that ITEMS are many times too many */

static inline void
dict_open(dict_t *d)
{
    int                   n;
    char                  text[16];
    uint32_t              i;
    xsell_error_t         err;

    static const uint8_t  seed[16] = { 3, 1, 4, 1, 5, 9, 2, 6 };

    memset(d, 0, sizeof(*d));

    d->mem = mmap(NULL, MIB, PROT_READ | PROT_WRITE,
                  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(d->mem != MAP_FAILED);
    assert_int_equal(xsell_arena_create(&d->a, d->mem, MIB, seed, 0, &err),
                     XSELL_OK);

    d->cap = d->a.items_n;
    assert_in_range(d->cap, 3 * CORE, ITEMS / 5);

    for (i = 0; i < ITEMS; i++) {
        n = snprintf(text, sizeof(text), "sku-%u", i);
        d->hash[i] = xsell_item_hash(&d->a, text, (size_t) n);
    }
}


static inline void
dict_close(dict_t *d)
{
    munmap(d->mem, MIB);
}


static inline void
dict_validate(const dict_t *d)
{
    xsell_error_t  err;

    if (xsell_arena_validate(&d->a, &err) != XSELL_OK) {
        fail_msg("%s", err.text);
    }
}


/* a catalogue of n ids: 0 .. core-1, then from `first` on, shuffled */

static inline void
dict_choose(dict_t *d, uint32_t core, uint32_t first, uint32_t n)
{
    uint32_t  i, k, t;

    for (i = 0; i < n; i++) {
        d->id[i] = i < core ? i : CORE + (first + i - core) % (ITEMS - CORE);
    }

    for (i = n; i > 1; i--) {
        k = (uint32_t) (xsell_random(&d->rng) % i);
        t = d->id[i - 1];
        d->id[i - 1] = d->id[k];
        d->id[k] = t;
    }

    for (i = 0; i < n; i++) {
        d->in[i] = d->hash[d->id[i]];
    }
}


/* moves those of the catalogue's n ids that are among m others to its
   front */

static inline void
dict_front(dict_t *d, uint32_t n, const uint32_t *others, uint32_t m)
{
    uint32_t  i, k, t, at;

    at = 0;

    for (i = 0; i < n; i++) {
        for (k = 0; k < m && d->id[i] != others[k]; k++) { /* void */ }

        if (k < m) {
            t = d->id[at];
            d->id[at++] = d->id[i];
            d->id[i] = t;
        }
    }

    for (i = 0; i < n; i++) {
        d->in[i] = d->hash[d->id[i]];
    }
}


static inline uint32_t
dict_map(dict_t *d, uint32_t n)
{
    d->catalog++;
    return xsell_dictionary_map(&d->a, d->in, n, d->catalog,
                                d->catalog * 1000ull, d->out);
}


#endif /* DICTIONARY_TEST_H */


/*
 * style_test.c: styles that are made of the items' vectors.
 *
 * The hazards: items of one kind are told apart, or all are alike because
 * their vectors have a direction in common; two builds differ, and with them
 * what visitors like; a style of the shop's own is overwritten; one is made of
 * nothing.
 */

#include "catalog_test.h"


#define ITEMS  600
#define HEAPS  6
#define WIDE   26               /* no multiple of four */


static void
items(uint32_t n)
{
    char      *p;
    size_t     at;
    uint32_t   i;

    p = malloc((size_t) n * 64);
    assert_non_null(p);

    for (at = 0, i = 0; i < n; i++) {
        at += (size_t) sprintf(p + at, "{\"id\":\"%u\",\"title\":\"T\","
                               "\"url\":\"/%u\"}\n", i, i);
    }

    xsell_catalog_destroy(cat);
    cat = NULL;
    assert_int_equal(build(p, at), XSELL_OK);
    free(p);
}


static float
some(uint64_t *seed)
{
    return (float) (xsell_random(seed) >> 40) / (1 << 23) - 1;
}


/* in heaps, with a direction that all have in common, as embeddings do, and
   noise; every tenth item has none */

static void
heaps(unsigned plane, uint32_t n, uint32_t wide)
{
    float     heap[HEAPS][WIDE], v[WIDE];
    uint32_t  i, d;
    uint64_t  seed = 5;

    for (i = 0; i < HEAPS; i++) {
        for (d = 0; d < wide; d++) {
            heap[i][d] = some(&seed);
        }
    }

    assert_int_equal(xsell_plane_begin(cat, plane, wide), XSELL_OK);

    for (i = 0; i < n; i++) {
        for (d = 0; d < wide; d++) {
            v[d] = 2 + heap[i % HEAPS][d] + some(&seed) / 4;
        }

        if (i % 10) {
            assert_int_equal(xsell_plane_row(cat, plane, i, v), XSELL_OK);
        }
    }
}


/* eight numbers say which items are of one heap: those are alike, and hardly
   any others */

static void
kinds_are_told_apart(void **state)
{
    float           f;
    uint32_t        i, k, n, pairs, wrong;
    xsell_vector_t  v;

    items(ITEMS);
    heaps(XSELL_PLANE_VISUAL, ITEMS, WIDE);
    assert_int_equal(xsell_plane_style(cat, &n), XSELL_OK);
    assert_int_equal(n, ITEMS * 9 / 10);
    assert_int_equal(xsell_plane_dims(cat, XSELL_PLANE_STYLE), 8);

    pairs = 0;
    wrong = 0;

    for (i = 0; i < ITEMS; i++) {
        assert_int_equal(xsell_plane_vector(cat, XSELL_PLANE_STYLE, i, &v),
                         i % 10 != 0);

        for (k = 0; k < i; k++) {
            if (i % 10 && k % 10) {
                f = xsell_plane_cosine(cat, XSELL_PLANE_STYLE, i, k);
                wrong += (f > .7f) != (i % HEAPS == k % HEAPS);
                pairs++;

                /* which all numbers don't say: nothing but alike */

                assert_true(xsell_plane_cosine(cat, XSELL_PLANE_VISUAL, i, k)
                            > .7f);
            }
        }
    }

    assert_true(wrong < pairs / 50);
}


/* embeddings come before pictures */

static void
builds_are_equal(void **state)
{
    uint32_t        i, n;
    xsell_vector_t  v;
    static int8_t   first[ITEMS][8];

    items(ITEMS);
    heaps(XSELL_PLANE_VISUAL, ITEMS, WIDE);
    assert_int_equal(xsell_plane_style(cat, &n), XSELL_OK);

    for (i = 0; i < ITEMS; i++) {
        if (xsell_plane_vector(cat, XSELL_PLANE_STYLE, i, &v)) {
            memcpy(first[i], v.p, 8);
        }
    }

    items(ITEMS);
    heaps(XSELL_PLANE_VISUAL, ITEMS, 3);
    heaps(XSELL_PLANE_CONTENT, ITEMS, WIDE);
    assert_int_equal(xsell_plane_style(cat, &n), XSELL_OK);

    for (i = 0; i < ITEMS; i++) {
        if (xsell_plane_vector(cat, XSELL_PLANE_STYLE, i, &v)) {
            assert_memory_equal(v.p, first[i], 8);
        }
    }
}


/* more items than are looked at for the axes */

static void
many_items(void **state)
{
    uint32_t  n;

    items(9001);
    heaps(XSELL_PLANE_CONTENT, 9001, WIDE);
    assert_int_equal(xsell_plane_style(cat, &n), XSELL_OK);
    assert_int_equal(n, 8100);
    assert_true(xsell_plane_cosine(cat, XSELL_PLANE_STYLE, 1, 8995) > .8f);
}


static void
not_made(void **state)
{
    float     one[3] = { 3, 4, 0 };
    uint32_t  i, n;

    items(60);
    assert_int_equal(xsell_plane_style(cat, &n), XSELL_NONE);

    heaps(XSELL_PLANE_CONTENT, 60, 3);
    heaps(XSELL_PLANE_STYLE, 60, 5);
    assert_int_equal(xsell_plane_style(cat, &n), XSELL_NONE);
    assert_int_equal(xsell_plane_dims(cat, XSELL_PLANE_STYLE), 5);

    /* nobody has a vector; all have the same */

    items(60);
    assert_int_equal(xsell_plane_begin(cat, XSELL_PLANE_CONTENT, 3),
                     XSELL_OK);
    assert_int_equal(xsell_plane_style(cat, &n), XSELL_NONE);

    for (i = 0; i < 60; i++) {
        assert_int_equal(xsell_plane_row(cat, XSELL_PLANE_CONTENT, i, one),
                         XSELL_OK);
    }

    assert_int_equal(xsell_plane_style(cat, &n), XSELL_NONE);
    assert_int_equal(xsell_plane_dims(cat, XSELL_PLANE_STYLE), 0);

    /* of three numbers no more than three */

    heaps(XSELL_PLANE_CONTENT, 60, 3);
    assert_int_equal(xsell_plane_style(cat, &n), XSELL_OK);
    assert_int_equal(xsell_plane_dims(cat, XSELL_PLANE_STYLE), 3);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_teardown(kinds_are_told_apart, teardown),
        cmocka_unit_test_teardown(builds_are_equal, teardown),
        cmocka_unit_test_teardown(many_items, teardown),
        cmocka_unit_test_teardown(not_made, teardown)
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}

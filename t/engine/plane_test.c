
/*
 * plane_test.c: vectors of the items and who is nearest.
 *
 * The hazards: a cosine that is not one (wrong lanes of a sum, a row that is
 * cut, a width that is no multiple of 16); a vector that is no number ends up
 * in every decision; a neighbour that is the item itself, its variant or sold
 * out; a large plane takes minutes or finds strangers; two builds differ.
 */

#include "catalog_test.h"

#include <math.h>


#define MANY   12000            /* more than are compared each with each */
#define WIDE   24


/* n items without more; every third of `groups` of one product */

static void
plane_items(uint32_t n)
{
    char      *p;
    size_t     at;
    uint32_t   i;

    p = malloc((size_t) n * 64);

    for (at = 0, i = 0; i < n; i++) {
        at += (size_t) sprintf(p + at, "{\"id\":\"%u\",\"title\":\"T\","
                               "\"url\":\"/%u\"}\n", i, i);
    }

    assert_int_equal(build(p, at), XSELL_OK);
    free(p);
}


static float
plane_random(uint64_t *seed)
{
    return (float) (xsell_random(seed) >> 40) / (1 << 23) - 1;
}


/* the sum is the sum, whatever the width and wherever the bytes lie */

static void
plane_dot(void **state)
{
    int       round;
    int8_t    x[XSELL_DIMS_MAX + 3], y[XSELL_DIMS_MAX + 3];
    int32_t   sum;
    uint32_t  i, n, from;
    uint64_t  seed = 7;

    for (round = 0; round < 500; round++) {
        n = (uint32_t) (xsell_random(&seed) % (XSELL_DIMS_MAX + 1));
        from = round % 4;

        for (i = 0; i < sizeof(x); i++) {
            x[i] = (int8_t) ((int) (xsell_random(&seed) % 255) - 127);
            y[i] = (int8_t) ((int) (xsell_random(&seed) % 255) - 127);
        }

        if (round == 0) {
            n = XSELL_DIMS_MAX;
            memset(x, 127, sizeof(x));
            memset(y, -127, sizeof(y));
        }

        for (sum = 0, i = 0; i < n && from + i < sizeof(x); i++) {
            sum += x[from + i] * y[i];
        }

        assert_int_equal(xsell_vector_dot(x + from, y, i), sum);
    }
}


/* what goes in comes out: angles to a percent, lengths too */

static void
plane_rows(void **state)
{
    float           v[40][WIDE], dot, xx, yy;
    uint32_t        i, k, d;
    uint64_t        seed = 1;
    xsell_vector_t  x, y;

    plane_items(40);
    assert_int_equal(xsell_plane_begin(cat, XSELL_PLANE_STYLE, WIDE),
                     XSELL_OK);

    for (i = 0; i < 40; i++) {
        for (d = 0; d < WIDE; d++) {
            v[i][d] = plane_random(&seed) * (float) (1 + i * 100);
        }

        assert_int_equal(xsell_plane_row(cat, XSELL_PLANE_STYLE, i, v[i]),
                         XSELL_OK);
    }

    assert_int_equal(xsell_plane_dims(cat, XSELL_PLANE_STYLE), WIDE);
    assert_int_equal(xsell_plane_dims(cat, XSELL_PLANE_VISUAL), 0);

    for (i = 0; i < 40; i++) {
        for (k = 0; k < 40; k++) {

            for (dot = xx = yy = 0, d = 0; d < WIDE; d++) {
                dot += v[i][d] * v[k][d];
                xx += v[i][d] * v[i][d];
                yy += v[k][d] * v[k][d];
            }

            assert_true(fabsf(xsell_plane_cosine(cat, XSELL_PLANE_STYLE, i, k)
                              - dot / sqrtf(xx * yy)) < .01f);

            assert_int_equal(xsell_plane_vector(cat, XSELL_PLANE_STYLE, i, &x),
                             1);
            assert_int_equal(xsell_plane_vector(cat, XSELL_PLANE_STYLE, k, &y),
                             1);
            assert_true(fabsf((float) xsell_vector_dot(x.p, y.p, WIDE)
                              * x.scale * y.scale - dot)
                        < .01f * sqrtf(xx * yy));
        }
    }
}


/* what is no vector is none, and nobody is near it */

static void
plane_none(void **state)
{
    float            v[3] = { 1, NAN, 2 };
    xsell_vector_t   x;
    xsell_similar_t  near[XSELL_SIMILAR_MAX];

    build_ok(ITEM("a") ITEM("b") ITEM("c"));

    assert_int_equal(xsell_plane_begin(cat, XSELL_PLANES, 3), XSELL_EINVAL);
    assert_int_equal(xsell_plane_begin(cat, 0, 0), XSELL_EINVAL);
    assert_int_equal(xsell_plane_begin(cat, 0, XSELL_DIMS_MAX + 1),
                     XSELL_EINVAL);
    assert_int_equal(xsell_plane_row(cat, 0, 0, v), XSELL_EINVAL);
    assert_int_equal(xsell_plane_finish(cat, 0), XSELL_EINVAL);
    assert_int_equal(xsell_plane_near(cat, 0, 0, near), 0);

    assert_int_equal(xsell_plane_begin(cat, 0, 3), XSELL_OK);
    assert_int_equal(xsell_plane_row(cat, 0, 0, v), XSELL_EINVAL);
    v[1] = INFINITY;
    assert_int_equal(xsell_plane_row(cat, 0, 0, v), XSELL_EINVAL);
    v[0] = v[1] = v[2] = 0;
    assert_int_equal(xsell_plane_row(cat, 0, 0, v), XSELL_NONE);
    v[1] = 1e30f;
    assert_int_equal(xsell_plane_row(cat, 0, 3, v), XSELL_EINVAL);
    assert_int_equal(xsell_plane_row(cat, 0, 1, v), XSELL_OK);

    assert_int_equal(xsell_plane_finish(cat, 0), XSELL_OK);

    assert_int_equal(xsell_plane_vector(cat, 0, 0, &x), 0);
    assert_null(x.p);
    assert_int_equal(xsell_plane_vector(cat, 0, 1, &x), 1);
    assert_int_equal(xsell_plane_vector(cat, 0, 3, &x), 0);
    assert_int_equal(xsell_plane_vector(cat, 9, 1, &x), 0);
    assert_true(xsell_plane_cosine(cat, 0, 0, 1) == 0);
    assert_true(fabsf(xsell_plane_cosine(cat, 0, 1, 1) - 1) < 1e-5f);
    assert_int_equal(xsell_plane_near(cat, 0, 1, near), 0);
    assert_int_equal(xsell_plane_near(cat, 0, 7, near), 0);
}


/* neighbours can be offered: not the item, its variants, or what is sold out;
   of a product's variants the nearest */

static void
plane_offered(void **state)
{
    uint32_t         i, n;
    xsell_similar_t  near[XSELL_SIMILAR_MAX];

    static const float  v[6][2] = {
        { 1, 0 }, { 1, .01f }, { 1, .5f }, { 1, .3f }, { 1, .1f }, { -1, 0 }
    };

    build_ok("[{\"id\":\"0\",\"title\":\"T\",\"url\":\"/0\",\"group\":\"g\"},"
             "{\"id\":\"1\",\"title\":\"T\",\"url\":\"/1\",\"group\":\"g\"},"
             "{\"id\":\"2\",\"title\":\"T\",\"url\":\"/2\",\"group\":\"h\"},"
             "{\"id\":\"3\",\"title\":\"T\",\"url\":\"/3\",\"group\":\"h\"},"
             "{\"id\":\"4\",\"title\":\"T\",\"url\":\"/4\","
             "\"availability\":\"out of stock\"},"
             "{\"id\":\"5\",\"title\":\"T\",\"url\":\"/5\"}]");

    assert_int_equal(xsell_plane_begin(cat, 1, 2), XSELL_OK);

    for (i = 0; i < 6; i++) {
        assert_int_equal(xsell_plane_row(cat, 1, i, v[i]), XSELL_OK);
    }

    assert_int_equal(xsell_plane_finish(cat, 1), XSELL_OK);

    n = xsell_plane_near(cat, 1, 0, near);
    assert_int_equal(n, 1);
    assert_int_equal(near[0].item, 3);
    assert_true(near[0].likeness > .95f && near[0].likeness < .97f);

    n = xsell_plane_near(cat, 1, 4, near);
    assert_int_equal(n, 2);
    assert_int_equal(near[0].item, 1);
    assert_int_equal(near[1].item, 3);

    assert_int_equal(xsell_plane_near(cat, 1, 5, near), 0);
}


/* few: exactly the nearest; many: most of them, the same in every build */

static void
plane_found(uint32_t n, float least)
{
    float            v[WIDE], c;
    uint32_t         i, k, d, m, better, found, sum;
    uint64_t         seed = 3;
    xsell_similar_t  near[XSELL_SIMILAR_MAX], again[XSELL_SIMILAR_MAX];

    plane_items(n);
    assert_int_equal(xsell_plane_begin(cat, 2, WIDE), XSELL_OK);

    for (i = 0; i < n; i++) {
        for (d = 0; d < WIDE; d++) {
            v[d] = plane_random(&seed) + (d == i % 7) * 2
                   + (d == i % 11 + 8) * 2;
        }

        assert_int_equal(xsell_plane_row(cat, 2, i, v), XSELL_OK);
    }

    assert_int_equal(xsell_plane_finish(cat, 2), XSELL_OK);

    for (found = sum = 0, i = 0; i < n; i += n / 50) {
        m = xsell_plane_near(cat, 2, i, near);
        assert_int_equal(m, XSELL_SIMILAR_MAX);

        for (k = 0; k < m; k++) {
            c = xsell_plane_cosine(cat, 2, i, near[k].item);
            assert_int_not_equal(near[k].item, i);
            assert_true(fabsf(c - near[k].likeness) < .003f);
            assert_true(k == 0 || near[k].likeness <= near[k - 1].likeness);
        }

        /* how many of the true ten are in the list */

        for (k = 0; k < n; k++) {
            c = xsell_plane_cosine(cat, 2, i, k);

            if (k == i || c < xsell_plane_cosine(cat, 2, i, near[9].item)) {
                continue;
            }

            for (better = 0, d = 0; d < n && better < 10; d++) {
                better += d != i && xsell_plane_cosine(cat, 2, i, d) > c;
            }

            if (better >= 10) {
                continue;
            }

            for (sum++, d = 0; d < m; d++) {
                found += near[d].item == k;
            }
        }
    }

    print_message("# %u items: %u of %u found\n", n, found, sum);
    assert_true((float) found >= least * (float) sum);

    m = xsell_plane_near(cat, 2, n / 2, near);
    assert_int_equal(xsell_plane_finish(cat, 2), XSELL_OK);
    assert_int_equal(xsell_plane_near(cat, 2, n / 2, again), m);
    assert_memory_equal(near, again, m * sizeof(near[0]));
}


static void
plane_few(void **state)
{
    plane_found(900, 1);
}


static void
plane_many(void **state)
{
    plane_found(MANY, .85f);
}


/* names go both ways */

static void
plane_names(void **state)
{
    int          i;
    const char  *name;

    for (i = 0; i < XSELL_PLANES; i++) {
        name = xsell_plane_name((unsigned) i);
        assert_non_null(name);
        assert_int_equal(xsell_plane_find(name, strlen(name)), i);
        assert_int_equal(xsell_plane_find(name, strlen(name) - 1), -1);
    }

    assert_null(xsell_plane_name(XSELL_PLANES));
    assert_int_equal(xsell_plane_find("", 0), -1);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_teardown(plane_dot, teardown),
        cmocka_unit_test_teardown(plane_rows, teardown),
        cmocka_unit_test_teardown(plane_none, teardown),
        cmocka_unit_test_teardown(plane_offered, teardown),
        cmocka_unit_test_teardown(plane_few, teardown),
        cmocka_unit_test_teardown(plane_many, teardown),
        cmocka_unit_test_teardown(plane_names, teardown)
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}

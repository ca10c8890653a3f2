
/*
 * catalog_map_test.c: how items of a catalogue are found: by id, by slot, by
 * category; and what building one costs.
 *
 * The hazards: a reload with a shuffled catalogue that gives an item another
 * one's counters; a reference of an item that is gone that finds the item
 * which now has its slot; memory that runs out half way.
 */

#include "catalog_test.h"

#include <time.h>


#define BYTES  (2 * 1024 * 1024)

/* under sanitizers an allocation costs twenty times what it costs without */
#ifdef __SANITIZE_ADDRESS__
#define MANY   10000
#else
#define MANY   100000
#endif

static uint8_t  mem[BYTES] __attribute__((aligned(XSELL_PAGE_BYTES)));
static const uint8_t  seed[16] = { 1, 2, 3, 4 };


/* n items from `from` on, stepping; ids "i0", "i1", ... */

static xsell_catalog_t *
items(uint32_t from, uint32_t n, uint32_t step, uint32_t modulo)
{
    char             *text;
    size_t            len;
    uint32_t          i, id;
    xsell_catalog_t  *c;

    text = malloc((size_t) n * 96 + 1);

    for (len = 0, i = 0; i < n; i++) {
        id = from + (uint32_t) ((uint64_t) i * step % modulo);
        len += (size_t) sprintf(text + len, "{\"id\":\"i%u\",\"title\":\"t\","
                                "\"url\":\"/\",\"category\":\"c%u\"}\n", id,
                                id % 10);
    }

    assert_int_equal(xsell_catalog_create(&c, text, len, NULL, NULL, &err),
                     XSELL_OK);
    assert_int_equal(xsell_catalog_n(c), n);
    free(text);

    return c;
}


static const xsell_item_t *
by_id(const xsell_catalog_t *c, uint32_t id)
{
    int   n;
    char  text[16];

    n = snprintf(text, sizeof(text), "i%u", id);

    return xsell_catalog_item(c, xsell_catalog_find(c, text, (size_t) n));
}


static void
ids_are_found(void **state)
{
    uint32_t          i;
    xsell_catalog_t  *c;

    c = items(0, 5000, 1, 5000);

    for (i = 0; i < 5000; i++) {
        assert_ptr_equal(by_id(c, i), xsell_catalog_item(c, i));
    }

    assert_null(by_id(c, 5000));
    assert_int_equal(xsell_catalog_find(c, "", 0), XSELL_NO_ITEM);
    assert_int_equal(xsell_catalog_find(c, "i1 ", 3), XSELL_NO_ITEM);
    assert_int_equal(xsell_catalog_find(c, "i1\0", 3), XSELL_NO_ITEM);
    assert_null(xsell_catalog_item(c, 5000));
    assert_null(xsell_catalog_item(c, XSELL_NO_ITEM));

    xsell_catalog_destroy(c);
}


static void
categories_list_their_items(void **state)
{
    uint32_t         i, k, n, idx, seen;
    const uint32_t  *list;
    xsell_catalog_t *c;

    c = items(0, 1000, 7, 1000);

    for (seen = 0, i = 0; i < 10; i++) {
        idx = by_id(c, i)->category_idx;
        list = xsell_catalog_category(c, idx, &n);

        assert_int_equal(n, 100);

        for (k = 0; k < n; k++, seen++) {
            assert_int_equal(xsell_catalog_item(c, list[k])->category_idx,
                             idx);
            assert_true(k == 0 || list[k] > list[k - 1]);
        }
    }

    assert_int_equal(seen, 1000);
    assert_null(xsell_catalog_category(c, 0, &n));
    assert_int_equal(n, 0);
    assert_null(xsell_catalog_category(c, 11, &n));
    assert_null(xsell_catalog_category(c, UINT32_MAX, &n));

    xsell_catalog_destroy(c);

    /* items without a category are in no list */

    build_ok(ITEM("a") "{\"id\":\"b\",\"title\":\"t\",\"url\":\"/\","
             "\"category\":\"c\"}" ITEM("d"));
    list = xsell_catalog_category(cat, 1, &n);
    assert_int_equal(n, 1);
    assert_int_equal(list[0], 1);
}


static xsell_ref_t
ref_of(const xsell_catalog_t *c, uint32_t i)
{
    return xsell_catalog_ref(c, by_id(c, i));
}


/* every reference of `c` leads back to its item and no other one does */

static void
check_of(const xsell_catalog_t *c, uint32_t slots)
{
    uint32_t             i, idx;
    xsell_ref_t          ref;
    const xsell_item_t  *item;

    for (i = 0; i < xsell_catalog_n(c); i++) {
        item = xsell_catalog_item(c, i);

        if (xsell_catalog_ref(c, item) == XSELL_NO_REF) {
            continue;
        }

        ref = xsell_catalog_ref(c, item);
        assert_int_equal(xsell_catalog_of(c, ref), i);
        assert_int_equal(xsell_catalog_of(c, ref ^ 0x01000000),
                         XSELL_NO_ITEM);
    }

    for (i = 0; i < slots; i++) {
        idx = xsell_catalog_of(c, xsell_ref(i, 0));

        if (idx != XSELL_NO_ITEM) {
            item = xsell_catalog_item(c, idx);
            assert_int_equal(xsell_catalog_ref(c, item), i);
        }
    }

    assert_int_equal(xsell_catalog_of(c, XSELL_NO_REF), XSELL_NO_ITEM);
    assert_int_equal(xsell_catalog_of(c, XSELL_SLOT_MAX), XSELL_NO_ITEM);
}


static void
a_reload_changes_no_reference(void **state)
{
    uint32_t          i, unmapped;
    xsell_arena_t     a;
    xsell_catalog_t  *old, *new;

    assert_int_equal(xsell_arena_create(&a, mem, BYTES, seed, 0, &err),
                     XSELL_OK);

    old = items(0, 500, 1, 500);
    assert_int_equal(xsell_catalog_of(old, 0), XSELL_NO_ITEM);
    assert_int_equal(xsell_catalog_map(old, &a, 1, 0, &unmapped), XSELL_OK);
    assert_int_equal(unmapped, 0);
    check_of(old, 1000);

    /* shuffled, the first 50 gone, 50 added; both are held at once */

    new = items(50, 500, 77, 500);
    assert_int_equal(xsell_catalog_map(new, &a, 2, 1000, &unmapped),
                     XSELL_OK);
    assert_int_equal(unmapped, 0);
    check_of(old, 1000);
    check_of(new, 1000);

    for (i = 0; i < 550; i++) {

        if (i < 50) {
            assert_int_equal(xsell_catalog_of(new, ref_of(old, i)),
                             XSELL_NO_ITEM);

        } else if (i < 500) {
            assert_int_equal(ref_of(old, i), ref_of(new, i));

        } else {
            assert_int_equal(xsell_catalog_of(old, ref_of(new, i)),
                             XSELL_NO_ITEM);
        }
    }

    xsell_catalog_destroy(old);
    xsell_catalog_destroy(new);
}


/* nginx -t looks, and adds nothing */

static void
a_lookup_adds_nothing(void **state)
{
    uint32_t          i, n;
    xsell_arena_t     a;
    xsell_catalog_t  *one, *two;

    assert_int_equal(xsell_arena_create(&a, mem, BYTES, seed, 0, &err),
                     XSELL_OK);

    one = items(0, 100, 1, 100);
    two = items(50, 100, 1, 100);

    assert_int_equal(xsell_catalog_map(one, &a, 1, 0, NULL), XSELL_OK);
    n = a.header->dict_n;

    assert_int_equal(xsell_catalog_lookup(two, &a), XSELL_OK);
    assert_int_equal(a.header->dict_n, n);
    check_of(two, 200);

    for (i = 50; i < 150; i++) {
        assert_int_equal(ref_of(two, i),
                         i < 100 ? ref_of(one, i) : XSELL_NO_REF);
    }

    xsell_catalog_destroy(one);
    xsell_catalog_destroy(two);
}


/* full is a normal state: those with a place work, the rest are counted */

static void
a_zone_may_be_too_small(void **state)
{
    uint32_t          n, unmapped;
    xsell_arena_t     a;
    xsell_catalog_t  *c;

    assert_int_equal(xsell_arena_create(&a, mem, BYTES, seed, 0, &err),
                     XSELL_OK);

    n = a.items_n + 100;
    c = items(0, n, 1, n);

    assert_int_equal(xsell_catalog_map(c, &a, 1, 0, &unmapped), XSELL_OK);
    assert_in_range(unmapped, 100, n - 1);
    check_of(c, n);

    xsell_catalog_destroy(c);
}


/* ---- cost ------------------------------------------------------------- */

static void
a_large_catalogue_is_built_quickly(void **state)
{
    char             *text;
    size_t            n;
    double            sec;
    uint32_t          i;
    struct timespec   t0, t1;

    text = malloc((size_t) MANY * 512);

    for (n = 0, i = 0; i < MANY; i++) {
        n += (size_t) sprintf(text + n, "{\"id\":\"SKU-%u\",\"title\":"
                              "\"Product number %u with a usual title\","
                              "\"url\":\"https://shop.example/p/product-%u\","
                              "\"image\":\"/img/%u.jpg\",\"price\":%u.99,"
                              "\"currency\":\"EUR\",\"availability\":"
                              "\"in_stock\",\"category\":[\"Cat %u\","
                              "\"Sub %u\"],\"brand\":\"Brand %u\","
                              "\"tags\":[\"t%u\",\"u%u\"],\"description\":"
                              "\"As long as descriptions of things are, which"
                              " is longer than anybody reads.\"}\n",
                              i, i, i, i, i % 200, i % 20, i % 200, i % 500,
                              i % 7, i % 11);
    }

    xsell_catalog_destroy(cat);

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t0);
    assert_int_equal(xsell_catalog_create(&cat, text, n, NULL, NULL, &err),
                     XSELL_OK);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t1);

    sec = (double) (t1.tv_sec - t0.tv_sec)
          + (double) (t1.tv_nsec - t0.tv_nsec) / 1e9;

    printf("# %u items: %.1f MB/s, %.1f us an item; %zu bytes an item "
           "from %zu of text\n", MANY, (double) n / 1e6 / sec,
           sec / MANY * 1e6, xsell_catalog_bytes(cat) / MANY, n / MANY);

    free(text);

    assert_int_equal(xsell_catalog_n(cat), MANY);
    assert_true(xsell_catalog_bytes(cat) / MANY < n / MANY + 160);

    /* a tenfold of what it takes here, for slow machines and sanitizers */
    assert_true(sec < 30);
}


/*
 * A catalogue of one line, as a minifier writes it: places must not be
 * counted from the line's start for each item.
 */

static void
one_long_line_is_no_slower(void **state)
{
    char            *text;
    size_t           n;
    uint32_t         i;
    struct timespec  t0, t1;

    text = malloc(MANY / 2 * 64 + 2);
    text[0] = '[';

    for (n = 1, i = 0; i < MANY / 2; i++) {
        n += (size_t) sprintf(text + n, "%s{\"id\":%u,\"title\":\"t\","
                              "\"url\":\"/%u\",\"x\":1}", i ? "," : "", i, i);
    }

    text[n++] = ']';

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t0);
    assert_int_equal(build(text, n), XSELL_OK);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t1);

    free(text);

    assert_int_equal(warnings_n, 1);
    assert_true(t1.tv_sec - t0.tv_sec < 10);      /* of processor time */
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(ids_are_found),
        cmocka_unit_test(categories_list_their_items),
        cmocka_unit_test(a_reload_changes_no_reference),
        cmocka_unit_test(a_lookup_adds_nothing),
        cmocka_unit_test(a_zone_may_be_too_small),
        cmocka_unit_test(a_large_catalogue_is_built_quickly),
        cmocka_unit_test(one_long_line_is_no_slower)
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("catalog map", tests, NULL, teardown);
}


/*
 * catalog_image_test.c: compiled catalogues.
 *
 * The hazards: a file that answers otherwise than the catalogue it was made
 * from; two files of one catalogue that differ; a file that is cut off,
 * damaged, of another version, or made to lead readers out of it.
 */

#include "catalog_test.h"
#include "image_seal.h"

#include <math.h>


typedef struct {
    uint8_t   *p;
    size_t     n;
} image_t;

static image_t  image;


static int
image_put(void *ctx, const void *p, size_t n)
{
    image_t  *to;

    to = ctx;
    to->p = realloc(to->p, to->n + n + 1);
    memcpy(to->p + to->n, p, n);
    to->n += n;

    return XSELL_OK;
}


static int
image_full(void *ctx, const void *p, size_t n)
{
    size_t  *left;

    left = ctx;

    if (n > *left) {
        return XSELL_EINVAL;
    }

    *left -= n;

    return XSELL_OK;
}


/* a catalogue with everything in it, and its file */

static void
image_make(image_t *to)
{
    char      text[64 * 400];
    float     v[3];
    size_t    n;
    uint32_t  i;

    for (n = 0, i = 0; i < 60; i++) {
        n += (size_t) snprintf(text + n, sizeof(text) - n,
                               "{\"id\":\"i%u\",\"title\":\"red %u lamp %u\","
                               "\"url\":\"/p?i=%u\",\"image\":\"/%u.jpg\","
                               "\"brand\":\"b%u\",\"category\":\"c%u > d\","
                               "\"tags\":\"t%u,x\",\"group\":\"g%u\","
                               "\"price\":\"%u.50\",\"currency\":\"EUR\","
                               "\"rating\":%u.5,\"rating_count\":%u,"
                               "\"description\":\"words %u\"}\n",
                               i, i % 5, i % 7, i, i, i % 6, i % 4, i % 3,
                               i / 2, i, i % 5, i, i);
    }

    assert_int_equal(build(text, n), XSELL_OK);
    assert_int_equal(xsell_content_build(cat), XSELL_OK);
    assert_int_equal(xsell_plane_begin(cat, XSELL_PLANE_VISUAL, 3), XSELL_OK);

    for (i = 0; i < 60; i += 2) {
        v[0] = (float) (i % 7) + 1;
        v[1] = (float) (i % 5);
        v[2] = (float) (i % 3);
        assert_int_equal(xsell_plane_row(cat, XSELL_PLANE_VISUAL, i, v),
                         XSELL_OK);
    }

    assert_int_equal(xsell_plane_finish(cat, XSELL_PLANE_VISUAL), XSELL_OK);

    free(to->p);
    memset(to, 0, sizeof(*to));
    assert_int_equal(xsell_catalog_write(cat, image_put, to), XSELL_OK);
}


static void
a_file_answers_as_memory_does(void **state)
{
    uint32_t             i, k, n, m;
    xsell_str_t          a, b;
    const uint32_t      *list, *other;
    xsell_vector_t       x, y;
    xsell_locator_t      l;
    xsell_catalog_t     *file;
    xsell_similar_t      near[XSELL_SIMILAR_MAX], same[XSELL_SIMILAR_MAX];
    const xsell_item_t  *item;

    image_make(&image);
    assert_true(xsell_catalog_compiled(image.p, image.n));
    assert_false(xsell_catalog_compiled("[{\"id\":\"a\"}]", 12));

    if (xsell_catalog_open(&file, image.p, image.n, &err) != XSELL_OK
        || xsell_catalog_check(file, &err) != XSELL_OK)
    {
        fail_msg("%s", err.text);
    }

    assert_int_equal(xsell_catalog_n(file), 60);
    assert_text(xsell_catalog_currency(file), "EUR");
    assert_int_equal(xsell_catalog_exponent(file), 2);

    for (i = 0; i < 60; i++) {
        item = xsell_catalog_item(file, i);
        assert_memory_equal(item, xsell_catalog_item(cat, i), sizeof(*item));

        for (k = 0; k < XSELL_TEXTS; k++) {
            a = xsell_catalog_text(file, item, k);
            b = xsell_catalog_text(cat, xsell_catalog_item(cat, i), k);
            assert_true(a.n && a.n == b.n && memcmp(a.p, b.p, a.n) == 0);
        }

        a = xsell_catalog_text(file, item, XSELL_TEXT_ID);
        assert_int_equal(xsell_catalog_find(file, a.p, a.n), i);
        assert_int_equal(xsell_catalog_find(file, a.p, a.n - 1),
                         xsell_catalog_find(cat, a.p, a.n - 1));

        a = xsell_catalog_text(file, item, XSELL_TEXT_URL);
        assert_int_equal(xsell_locator(&l, a.p, a.n), XSELL_OK);
        assert_int_equal(xsell_catalog_page(file, &l), i);

        n = xsell_catalog_similar(file, i, near);
        assert_int_equal(xsell_catalog_similar(cat, i, same), n);
        assert_memory_equal(near, same, n * sizeof(near[0]));

        n = xsell_plane_near(file, XSELL_PLANE_VISUAL, i, near);
        assert_int_equal(xsell_plane_near(cat, XSELL_PLANE_VISUAL, i, same),
                         n);
        assert_true((n != 0) == (i % 2 == 0));
        assert_memory_equal(near, same, n * sizeof(near[0]));

        n = (uint32_t) xsell_plane_vector(file, XSELL_PLANE_VISUAL, i, &x);
        assert_int_equal(xsell_plane_vector(cat, XSELL_PLANE_VISUAL, i, &y),
                         n);
        assert_true(n == 0 || memcmp(x.p, y.p, 3) == 0);

        list = xsell_catalog_category(file, i, &n);
        other = xsell_catalog_category(cat, i, &m);
        assert_int_equal(n, m);
        assert_true(n == 0 || memcmp(list, other, n * 4) == 0);
    }

    /* nothing changes it, and nothing is found again */

    assert_int_equal(xsell_content_build(file), XSELL_OK);
    assert_int_equal(xsell_plane_begin(file, 0, 3), XSELL_EINVAL);
    assert_int_equal(xsell_plane_finish(file, XSELL_PLANE_VISUAL),
                     XSELL_EINVAL);
    xsell_catalog_prior(file, 0, 1);
    assert_memory_equal(xsell_catalog_item(file, 0),
                        xsell_catalog_item(cat, 0), sizeof(*item));

    xsell_catalog_destroy(file);
}


/* what is written anew from a file, or from JSON again, is the same bytes */

static void
equal_catalogues_are_equal_files(void **state)
{
    size_t            left;
    image_t           again;
    xsell_catalog_t  *file;

    memset(&again, 0, sizeof(again));
    image_make(&image);
    image_make(&again);

    assert_int_equal(image.n, again.n);
    assert_memory_equal(image.p, again.p, image.n);

    again.n = 0;
    assert_int_equal(xsell_catalog_open(&file, image.p, image.n, &err),
                     XSELL_OK);
    assert_int_equal(xsell_catalog_write(file, image_put, &again), XSELL_OK);
    assert_int_equal(image.n, again.n);
    assert_memory_equal(image.p, again.p, image.n);

    /* a disk that is full at any place */

    for (left = 0; left < image.n; left += 61) {
        size_t  room = left;

        assert_int_equal(xsell_catalog_write(file, image_full, &room),
                         XSELL_EINVAL);
    }

    xsell_catalog_destroy(file);
    free(again.p);
}


static int
image_opens(const uint8_t *p, size_t n)
{
    int               rc;
    uint8_t          *copy;
    xsell_catalog_t  *file;

    copy = malloc(n ? n : 1);
    memcpy(copy, p, n);

    err.text[0] = '\0';
    rc = xsell_catalog_open(&file, copy, n, &err);

    if (rc == XSELL_OK) {
        rc = xsell_catalog_check(file, &err);
        xsell_catalog_destroy(file);

    } else {
        assert_null(file);
    }

    assert_true(rc == XSELL_OK || err.text[0] != '\0');
    free(copy);

    return rc;
}


static void
damage_is_noticed(void **state)
{
    size_t               i;
    xsell_image_head_t   head;

    image_make(&image);
    assert_int_equal(image_opens(image.p, image.n), XSELL_OK);

    for (i = 0; i < image.n; i += i < 8 ? 1 : 13) {
        assert_int_not_equal(image_opens(image.p, i), XSELL_OK);
    }

    /* any byte that means something */

    memcpy(&head, image.p, sizeof(head));

    for (i = 0; i < sizeof(head); i++) {
        image.p[i] ^= 0x10;
        assert_int_not_equal(image_opens(image.p, image.n), XSELL_OK);
        image.p[i] ^= 0x10;
    }

    for (i = head.part[XSELL_PART_ITEMS].off;
         i < head.part[XSELL_PART_ITEMS].off + 60 * sizeof(xsell_item_t);
         i += 17)
    {
        image.p[i] ^= 0x10;
        assert_int_equal(image_opens(image.p, image.n), XSELL_ECORRUPT);
        image.p[i] ^= 0x10;
    }

    head.version++;
    memcpy(image.p, &head, sizeof(head));
    (void) image_seal(image.p, image.n);
    assert_int_equal(image_opens(image.p, image.n), XSELL_EVERSION);
}


/* a table of parts that leads out of the file, checksum and all */

static void
parts_lie_within(void **state)
{
    size_t               i, k, at;
    uint8_t             *bent;
    xsell_image_head_t   head;

    static const uint64_t  wrong[] = {
        0, 1, 63, 64, 1 << 20, UINT32_MAX, UINT64_MAX, UINT64_MAX - 63,
        1ull << 63
    };

    image_make(&image);
    bent = malloc(image.n);

    for (i = 0; i < XSELL_PARTS * 3; i++) {
        for (k = 0; k < sizeof(wrong) / sizeof(wrong[0]); k++) {
            memcpy(bent, image.p, image.n);
            memcpy(&head, bent, sizeof(head));

            if (head.part[i / 3].n == 0) {
                continue;
            }

            at = offsetof(xsell_image_head_t, part) + i * 8;
            memcpy(bent + at, &wrong[k], 8);

            /* refused, or a file all the same: the sanitizers watch */

            if (image_seal(bent, image.n) == XSELL_OK) {
                (void) image_opens(bent, image.n);
            }
        }
    }

    free(bent);
}


/* numbers in the items that are out of range, checksum and all */

static void
items_are_checked(void **state)
{
    size_t               i;
    uint8_t             *bent;
    xsell_item_t        *item;
    xsell_image_head_t   head;

    image_make(&image);
    memcpy(&head, image.p, sizeof(head));
    bent = malloc(image.n);

    for (i = 0; i < 9; i++) {
        memcpy(bent, image.p, image.n);
        item = (xsell_item_t *) (void *) (bent
                                          + head.part[XSELL_PART_ITEMS].off);

        switch (i) {
        case 0: item->text_off = UINT64_MAX; break;
        case 1: item->text_off = head.part[XSELL_PART_TEXT].n; break;
        case 2: item->description_n = UINT32_MAX; break;
        case 3: item->price = INT64_MAX; break;
        case 4: item->price = -2; break;
        case 5: item->availability = 6; break;
        case 6: item->category_idx = 5; break;
        case 7: item->brand_idx = UINT32_MAX; break;
        case 8: item->id_n = 0; break;
        }

        assert_int_equal(image_seal(bent, image.n), XSELL_OK);
        assert_int_equal(image_opens(bent, image.n), XSELL_ECORRUPT);
    }

    free(bent);
}


/* ratings: shrunk to what the catalogue has on average */

static void
ratings_become_a_prior(void **state)
{
    build_ok("[{\"id\":\"a\",\"title\":\"T\",\"url\":\"/a\",\"rating\":5,"
             "\"rating_count\":90},"
             "{\"id\":\"b\",\"title\":\"T\",\"url\":\"/b\",\"rating\":5},"
             "{\"id\":\"c\",\"title\":\"T\",\"url\":\"/c\",\"rating\":\"2.00\","
             "\"rating_count\":\"90\"},"
             "{\"id\":\"d\",\"title\":\"T\",\"url\":\"/d\"},"
             "{\"id\":\"e\",\"title\":\"T\",\"url\":\"/e\",\"rating\":0,"
             "\"rating_count\":0}]");

    assert_int_equal(warnings_n, 0);
    assert_int_equal(xsell_catalog_item(cat, 0)->rating, 500);
    assert_int_equal(xsell_catalog_item(cat, 0)->rating_n, 90);
    assert_int_equal(xsell_catalog_item(cat, 0)->prior, 57);
    assert_int_equal(xsell_catalog_item(cat, 1)->prior, 5);
    assert_int_equal(xsell_catalog_item(cat, 2)->prior, -114);
    assert_int_equal(xsell_catalog_item(cat, 3)->prior, 0);
    assert_int_equal(xsell_catalog_item(cat, 4)->prior, 0);
    assert_int_equal(xsell_catalog_item(cat, 4)->rating, 0);

    build_ok("{\"id\":\"a\",\"title\":\"T\",\"url\":\"/a\",\"rating\":6}"
             "{\"id\":\"b\",\"title\":\"T\",\"url\":\"/b\",\"rating\":4,"
             "\"rating_count\":\"many\"}");
    assert_int_equal(warnings_n, 2);
    assert_int_equal(xsell_catalog_item(cat, 0)->rating, 0);
    assert_int_equal(xsell_catalog_item(cat, 1)->rating_n, 1);
}


static int
image_teardown(void **state)
{
    free(image.p);
    memset(&image, 0, sizeof(image));

    return teardown(state);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(a_file_answers_as_memory_does),
        cmocka_unit_test(equal_catalogues_are_equal_files),
        cmocka_unit_test(damage_is_noticed),
        cmocka_unit_test(parts_lie_within),
        cmocka_unit_test(items_are_checked),
        cmocka_unit_test(ratings_become_a_prior)
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, image_teardown);
}


/*
 * caps_test.c.  Hazards: one machine with a thousand cookies that decides what
 * a shop offers; a person who buys a lot and is taken for one; a small shop
 * whose few visitors share an office's address; counts that never come down.
 */

#include "model_test.h"


/* of another item each time */

static uint32_t
given(xsell_arena_t *a, uint64_t session, uint32_t network, uint32_t now_s,
    uint32_t n)
{
    uint32_t         good;
    static uint32_t  item;

    for (good = 0; n > 0; n--) {
        good += (uint32_t) xsell_caps_reward(a, session, network,
                                              ++item & XSELL_SLOT_MASK, now_s);
    }

    return good;
}


static void
a_visitor_teaches_as_much_as_a_person(void **state)
{
    xsell_arena_t  a;

    shop_arena(&a, 4 * MB);

    assert_int_equal(given(&a, visitor(1), 0, 7200, 100), XSELL_CAPS_VISITOR);
    assert_int_equal(given(&a, visitor(2), 0, 7200, 3), 3);
    assert_int_equal(a.counters->dropped[XSELL_DROP_REWARD_CAPPED],
                     100 - XSELL_CAPS_VISITOR);

    munmap(a.base, a.bytes);
}


/* a thousand cookies, each modest */

static void
a_network_teaches_its_share(void **state)
{
    uint32_t       i, good;
    xsell_arena_t  a;

    shop_arena(&a, 4 * MB);

    for (good = 0, i = 0; i < 1000; i++) {
        good += given(&a, visitor(i), 77, 7200, 2);
    }

    assert_int_equal(good, XSELL_CAPS_NETWORK);

    /* nobody else is bound by it */

    for (good = 0, i = 0; i < 1000; i++) {
        good += given(&a, visitor(5000 + i), 1000 + i, 7200, 1);
    }

    assert_int_equal(good, 1000);

    /* where much is bought, a large network has its share, and goes on having
       it however often it was refused */

    good = given(&a, 0, 77, 7200, 100000);

    for (i = 0; i < 1000; i++) {
        good += given(&a, visitor(9000 + i), 5000 + i, 7200, 1);
    }

    good += given(&a, 0, 77, 7200, 100000);
    assert_in_range(good - 1000, 2032 / XSELL_CAPS_SHARE - XSELL_CAPS_NETWORK,
                    2100 / XSELL_CAPS_SHARE - XSELL_CAPS_NETWORK);

    munmap(a.base, a.bytes);
}


/* all it has, for one item */

static void
a_network_gives_an_item_a_few(void **state)
{
    uint32_t       i, good;
    xsell_arena_t  a;

    shop_arena(&a, 4 * MB);

    for (good = 0, i = 0; i < 1000; i++) {
        assert_int_equal(xsell_caps_open(&a, 77, 5, 7200),
                         good < XSELL_CAPS_NETWORK / XSELL_CAPS_ITEM_SHARE);
        good += (uint32_t) xsell_caps_reward(&a, visitor(i), 77, 5, 7200);
    }

    assert_int_equal(good, XSELL_CAPS_NETWORK / XSELL_CAPS_ITEM_SHARE);
    assert_true(xsell_caps_reward(&a, visitor(1), 77, 6, 7200));
    assert_true(xsell_caps_reward(&a, visitor(1), 78, 5, 7200));

    /* views have a count of their own, and more where many look */

    for (good = 0, i = 0; i < 1000; i++) {
        good += (uint32_t) xsell_caps_item(&a, XSELL_CAPS_VIEW, 77, 5, 0, 7200);
    }

    assert_int_equal(good, XSELL_CAPS_ITEM);
    assert_true(xsell_caps_item_open(&a, XSELL_CAPS_VIEW, 77, 5, 0, 7200));
    assert_false(xsell_caps_item_open(&a, XSELL_CAPS_VIEW, 77, 5, 8, 7200));
    assert_true(xsell_caps_item_open(&a, XSELL_CAPS_VIEW, 77, 5, 640, 7200));
    assert_true(xsell_caps_item_open(&a, XSELL_CAPS_SOLD, 77, 5, 0, 7200));

    munmap(a.base, a.bytes);
}


static void
what_was_is_forgotten(void **state)
{
    xsell_arena_t  a;

    shop_arena(&a, 4 * MB);

    assert_int_equal(given(&a, visitor(1), 0, 3600, 100), XSELL_CAPS_VISITOR);
    assert_int_equal(given(&a, visitor(1), 0, 7199, 1), 0);

    /* 12 are 6 an hour later, and what was refused was not counted */

    assert_int_equal(given(&a, visitor(1), 0, 7200, 100),
                     XSELL_CAPS_VISITOR / 2);

    /* after days nothing is left */

    assert_int_equal(given(&a, visitor(1), 0, 3600 * 60, 20),
                     XSELL_CAPS_VISITOR);

    munmap(a.base, a.bytes);
}


/* the smallest zone: crowded, but nobody is taken for a hundred others */

static void
a_crowded_sketch_errs_little(void **state)
{
    uint32_t       i, good;
    xsell_arena_t  a;

    shop_arena(&a, 1 * MB);

    for (good = 0, i = 0; i < 1000; i++) {
        good += given(&a, visitor(i), 0, 7200, 1);
    }

    assert_in_range(good, 990, 1000);
    assert_true(a.caps_n >= 1024);

    /* a hundred times as many views as there are cells: nobody is refused for
       others, rewards are what they were */

    for (good = 0, i = 0; i < 100 * a.caps_n; i++) {
        good += (uint32_t) xsell_caps_item(&a, XSELL_CAPS_VIEW, 1 + i,
                                           i % 1000, 0, 7200);
    }

    assert_in_range(good, 99 * a.caps_n, 100 * a.caps_n);
    assert_in_range(given(&a, 0, 99, 7200, 100), XSELL_CAPS_NETWORK - 8,
                    XSELL_CAPS_NETWORK);

    munmap(a.base, a.bytes);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(a_visitor_teaches_as_much_as_a_person),
        cmocka_unit_test(a_network_teaches_its_share),
        cmocka_unit_test(a_network_gives_an_item_a_few),
        cmocka_unit_test(what_was_is_forgotten),
        cmocka_unit_test(a_crowded_sketch_errs_little)
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("caps", tests, NULL, NULL);
}

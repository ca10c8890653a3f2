
/*
 * error_test.c: texts and names.
 *
 * Dashboards, alerts and log readers are built on these words: a renamed
 * state or a member without a name breaks them silently.
 */

#include "xsell.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>


/* hazard: a word of the metrics changes, is missing, or moves to another
   number */

static void
names_are_the_contract(void **state)
{
    unsigned                  i;

    static const char *const  states[] = {
        "shown", "hidden", "holdout", "no_consent", "bot", "preview",
        "no_item", "no_candidates", "no_place", "encoding", "type", "status",
        "error", "budget", "off"
    };
    static const char *const  events[] = {
        "none", "view", "cart", "cart_remove", "order", "click", "dwell",
        "viewable", "dismiss", "rate", "consent", "erase", "impression"
    };
    static const char *const  drops[] = {
        "ring_full", "no_ring", "session_busy", "session_evicted",
        "probation_evicted", "click_late", "click_replay", "click_foreign",
        "click_forged", "click_anonymous", "order_repeated", "event_invalid",
        "log", "snapshot", "ledger_evicted", "reward_capped", "event_empty",
        "event_unknown", "rate_repeated", "item_capped"
    };
    static const char *const  reasons[] = {
        "none", "viewed", "bought", "category", "popular", "trending", "new",
        "similar", "looks", "goes"
    };

    (void) state;

#define same_names(table, n, name)                                            \
    assert_int_equal(sizeof(table) / sizeof(table[0]), n);                    \
    for (i = 0; i < n; i++) {                                                 \
        assert_string_equal(name(i), table[i]);                               \
    }                                                                         \
    assert_null(name(n));                                                     \
    assert_null(name((unsigned) -1))

    same_names(states, XSELL_STATES, xsell_state_name);
    same_names(events, XSELL_EVENTS, xsell_event_name);
    same_names(drops, XSELL_DROPS, xsell_drop_name);
    same_names(reasons, XSELL_REASONS, xsell_reason_name);
}


/* hazard: outside text is taken for an event that it is not, or read behind
   its end */

static void
events_by_name(void **state)
{
    unsigned     i;
    const char  *name;

    (void) state;

    for (i = XSELL_EVENT_VIEW; i < XSELL_EVENTS; i++) {
        name = xsell_event_name(i);
        assert_int_equal(xsell_event_type(name, strlen(name)), i);
        assert_int_equal(xsell_event_type(name, strlen(name) - 1),
                         XSELL_EVENT_NONE);
        assert_int_equal(xsell_event_type(name, strlen(name) + 1),
                         XSELL_EVENT_NONE);
    }

    assert_int_equal(xsell_event_type("none", 4), XSELL_EVENT_NONE);
    assert_int_equal(xsell_event_type("View", 4), XSELL_EVENT_NONE);
    assert_int_equal(xsell_event_type("", 0), XSELL_EVENT_NONE);
    assert_int_equal(xsell_event_type("cart_removes", 12), XSELL_EVENT_NONE);
}


/* hazard: a code without words ends up as "unknown" in somebody's log */

static void
codes_have_words(void **state)
{
    int  code;

    (void) state;

    for (code = XSELL_EFOREIGN; code <= XSELL_BUSY; code++) {
        assert_string_not_equal(xsell_strerror(code), "unknown code");
    }

    assert_string_equal(xsell_strerror(XSELL_BUSY + 1), "unknown code");
    assert_string_equal(xsell_strerror(XSELL_EFOREIGN - 1), "unknown code");
}


/* hazard: a long outside text overruns the error that quotes it */

static void
fail_fills(void **state)
{
    char           big[1000];
    xsell_error_t  err;

    (void) state;

    memset(big, 'x', sizeof(big) - 1);
    big[sizeof(big) - 1] = '\0';

    assert_int_equal(xsell_fail(NULL, XSELL_EINVAL, 1, 2, "%s", big),
                     XSELL_EINVAL);

    assert_int_equal(xsell_fail(&err, XSELL_ECORRUPT, 3, 4, "a %s", big),
                     XSELL_ECORRUPT);
    assert_int_equal(err.line, 3);
    assert_int_equal(err.column, 4);
    assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
    assert_memory_equal(err.text, "a xxx", 5);
}


/* hazard: a bucket that can hold nothing, or a decision without a bucket */

static void
histogram_bounds(void **state)
{
    unsigned  i;

    (void) state;

    for (i = 1; i < XSELL_HIST_BUCKETS; i++) {
        assert_true(xsell_hist_bounds_us[i] > xsell_hist_bounds_us[i - 1]);
    }

    assert_true(xsell_hist_bounds_us[0] > 0);
    assert_true(xsell_hist_bounds_us[XSELL_HIST_BUCKETS - 1] == UINT32_MAX);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(names_are_the_contract),
        cmocka_unit_test(events_by_name),
        cmocka_unit_test(codes_have_words),
        cmocka_unit_test(fail_fills),
        cmocka_unit_test(histogram_bounds),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}


/*
 * price_test.c: decimal text to minor units.
 *
 * The hazards: a price that is wrong by a cent because a double stood in
 * between, or by a thousand because a comma was guessed; an order value from
 * a response header that overflows.
 */

#include "model/xsell_catalog.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>


#define REFUSED  (-1)


static int64_t
price(const char *text, unsigned exponent)
{
    int64_t  minor;

    minor = -77;

    if (xsell_price_parse(text, strlen(text), exponent, &minor) != XSELL_OK) {
        assert_int_equal(minor, -77);
        return REFUSED;
    }

    return minor;
}


static void
digits_are_exact(void **state)
{
    unsigned  i;
    int64_t   cents;
    char      text[32];

    assert_int_equal(price("12.50", 2), 1250);
    assert_int_equal(price("12.5", 2), 1250);
    assert_int_equal(price("12", 2), 1200);
    assert_int_equal(price("0", 2), 0);
    assert_int_equal(price(".5", 2), 50);
    assert_int_equal(price("5.", 2), 500);
    assert_int_equal(price("  7.25\t", 2), 725);
    assert_int_equal(price("000000000000000000000001", 2), 100);

    /* every cent up to 100: none is rounded away */

    for (i = 0; i < 10000; i++) {
        snprintf(text, sizeof(text), "%u.%02u", i / 100, i % 100);
        cents = price(text, 2);
        assert_int_equal(cents, i);
    }
}


static void
other_currencies_have_other_units(void **state)
{
    assert_int_equal(price("1200", 0), 1200);
    assert_int_equal(price("1200.00", 0), 1200);
    assert_int_equal(price("1.234", 3), 1234);
    assert_int_equal(price("1.2345", 4), 12345);

    assert_int_equal(xsell_currency_exponent("EUR"), 2);
    assert_int_equal(xsell_currency_exponent("JPY"), 0);
    assert_int_equal(xsell_currency_exponent("KWD"), 3);
    assert_int_equal(xsell_currency_exponent("CLF"), 4);
    assert_int_equal(xsell_currency_exponent("XPF"), 0);

    /* a code must not be found across two of the table */
    assert_int_equal(xsell_currency_exponent("IF "), 2);
    assert_int_equal(xsell_currency_exponent("FCL"), 2);
}


static void
more_digits_round_half_up(void **state)
{
    assert_int_equal(price("1.005", 2), 101);
    assert_int_equal(price("1.0049999", 2), 100);
    assert_int_equal(price("1.9999", 2), 200);
    assert_int_equal(price("0.5", 0), 1);
    assert_int_equal(price("0.49", 0), 0);

    assert_int_equal(xsell_price_rescale(1005000, 6, 2), 101);
    assert_int_equal(xsell_price_rescale(1004999, 6, 2), 100);
    assert_int_equal(xsell_price_rescale(7, 2, 2), 7);
}


static void
what_is_no_price_is_refused(void **state)
{
    unsigned  i;

    static const char *const  bad[] = {
        "", " ", ".", "-1", "+1", "1,50", "1,250.00", "1.2.3", "1e3", "0x10",
        "12 50", "EUR", "NaN", "inf", "1.5\n", ("\xc2\xa0" "5"), "1-2"
    };

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        if (price(bad[i], 2) != REFUSED) {
            fail_msg("\"%s\" was taken for a price", bad[i]);
        }
    }
}


static void
nothing_overflows(void **state)
{
    char  long_one[400];

    assert_int_equal(price("10000000000", 2), XSELL_PRICE_MAX);
    assert_int_equal(price("10000000000.01", 2), REFUSED);
    assert_int_equal(price("9999999999.995", 2), XSELL_PRICE_MAX);
    assert_int_equal(price("10000000000.005", 2), REFUSED);
    assert_int_equal(price("9223372036854775808", 0), REFUSED);
    assert_int_equal(price("184467440737095516160000", 0), REFUSED);

    memset(long_one, '9', sizeof(long_one));
    long_one[sizeof(long_one) - 1] = '\0';
    assert_int_equal(price(long_one, 2), REFUSED);

    /* however many digits follow the point, only the next one counts */

    long_one[1] = '.';
    assert_int_equal(price(long_one, 2), 1000);
}


static void
a_currency_may_stand_beside_it(void **state)
{
    unsigned     i;
    xsell_str_t  text, number, code;

    static const struct {
        const char  *text;
        const char  *number;
        const char  *code;
    } row[] = {
        { "12.50 EUR", "12.50 ", "EUR" },
        { "12.50EUR",  "12.50",  "EUR" },
        { " EUR 12.5", " 12.5",  "EUR" },
        { "usd3",      "3",      "usd" },
        { "12.50",     "12.50",  ""    },
        { "EUR",       "EUR",    ""    },
        { "",          "",       ""    },
        { "1 \xe2\x82\xac", "1 \xe2\x82\xac", "" }
    };

    for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
        text.p = row[i].text;
        text.n = strlen(text.p);

        assert_int_equal(xsell_price_split(text, &number, &code),
                         row[i].code[0] != '\0');
        assert_int_equal(number.n, strlen(row[i].number));
        assert_memory_equal(number.p, row[i].number, number.n);
        assert_int_equal(code.n, strlen(row[i].code));

        if (code.n) {
            assert_memory_equal(code.p, row[i].code, code.n);
        }
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(digits_are_exact),
        cmocka_unit_test(other_currencies_have_other_units),
        cmocka_unit_test(more_digits_round_half_up),
        cmocka_unit_test(what_is_no_price_is_refused),
        cmocka_unit_test(nothing_overflows),
        cmocka_unit_test(a_currency_may_stand_beside_it)
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("price", tests, NULL, NULL);
}

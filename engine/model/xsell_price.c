
/*
 * xsell_price.c: decimal text to minor units, and what minor units are.
 *
 * Prices of the catalogue and values of orders come as text written by other
 * programs.  They are converted digit by digit: 1.15 is 115 cents, whatever a
 * double makes of it.  Digits past the currency's are rounded half up.
 *
 * A comma is refused: "1,250" is 1250 in London and 1.25 in Berlin, and a
 * wrong guess is a price wrong by a factor of a thousand.
 */

#include "xsell_catalog.h"

#include <string.h>


int
xsell_price_parse(const char *p, size_t n, unsigned exponent, int64_t *minor)
{
    return xsell_price_scale(p, n, exponent, XSELL_PRICE_MAX, minor);
}


int
xsell_price_scale(const char *p, size_t n, unsigned digits, int64_t max,
    int64_t *value)
{
    int       point, any, up;
    size_t    i;
    int64_t   v;
    unsigned  left;

    while (n && (p[0] == ' ' || p[0] == '\t')) {
        p++;
        n--;
    }

    while (n && (p[n - 1] == ' ' || p[n - 1] == '\t')) {
        n--;
    }

    v = 0;
    up = 0;
    any = 0;
    point = 0;
    left = digits;

    for (i = 0; i < n; i++) {

        if (p[i] == '.' && !point) {
            point = 1;
            continue;
        }

        if (p[i] < '0' || p[i] > '9') {
            return XSELL_EINVAL;
        }

        any = 1;

        if (!point || left) {
            v = v * 10 + (p[i] - '0');
            left -= (point != 0);

        } else if (left == 0 && up == 0) {

            /* only the first digit that is cut off decides */

            up = (p[i] >= '5') ? 1 : -1;
        }

        if (v > max) {
            return XSELL_EINVAL;
        }
    }

    if (!any) {
        return XSELL_EINVAL;
    }

    for ( /* void */ ; left; left--) {
        v *= 10;

        if (v > max) {
            return XSELL_EINVAL;
        }
    }

    v += (up == 1);

    if (v > max) {
        return XSELL_EINVAL;
    }

    *value = v;

    return XSELL_OK;
}


int64_t
xsell_price_rescale(int64_t value, unsigned from, unsigned to)
{
    int64_t  unit;

    for (unit = 1; from > to; from--) {
        unit *= 10;
    }

    return value / unit + (value % unit * 2 >= unit && unit > 1);
}


/* ISO 4217, what is not 2 */

unsigned
xsell_currency_exponent(const char code[3])
{
    static const char  none[] =
        "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF ";
    static const char  three[] = "BHD IQD JOD KWD LYD OMR TND ";
    static const char  four[] = "CLF UYW ";

    size_t  i;

    for (i = 0; i < sizeof(none) - 1; i += 4) {
        if (memcmp(none + i, code, 3) == 0) {
            return 0;
        }
    }

    for (i = 0; i < sizeof(three) - 1; i += 4) {
        if (memcmp(three + i, code, 3) == 0) {
            return 3;
        }
    }

    for (i = 0; i < sizeof(four) - 1; i += 4) {
        if (memcmp(four + i, code, 3) == 0) {
            return 4;
        }
    }

    return 2;
}


/* "12.50 EUR", "EUR12.50": finds the code and leaves the number */

int
xsell_price_split(xsell_str_t text, xsell_str_t *number, xsell_str_t *code)
{
    size_t       n;
    const char  *p;

    p = text.p;
    n = text.n;

    code->p = NULL;
    code->n = 0;

    while (n && p[0] == ' ') {
        p++;
        n--;
    }

    while (n && p[n - 1] == ' ') {
        n--;
    }

    if (n > 3 && xsell_currency_valid(p + n - 3, 3)) {
        code->p = p + n - 3;
        code->n = 3;
        n -= 3;

    } else if (n > 3 && xsell_currency_valid(p, 3)) {
        code->p = p;
        code->n = 3;
        p += 3;
        n -= 3;
    }

    number->p = p;
    number->n = n;

    return code->n != 0;
}


int
xsell_currency_valid(const char *p, size_t n)
{
    size_t  i;

    for (i = 0; i < n; i++) {
        if ((p[i] | 0x20) < 'a' || (p[i] | 0x20) > 'z') {
            return 0;
        }
    }

    return n == 3;
}

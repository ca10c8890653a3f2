
/*
 * escape_test.c: what a hostile catalogue can write into a page: every byte,
 * every code point, every way to spell a scheme; and prices, which are read
 * by people who pay them.
 */

#include "page/xsell_page.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>


static xsell_str_t
str(const char *s)
{
    xsell_str_t  v;

    v.p = s;
    v.n = strlen(s);

    return v;
}


static const char *
escaped(unsigned how, const char *p, size_t n)
{
    static char  buf[4096];
    xsell_str_t  v;
    xsell_out_t  o;

    v.p = p;
    v.n = n;
    o.p = buf;
    o.n = 0;
    o.cap = sizeof(buf) - 1;
    xsell_escape(&o, how, v);
    assert_true(o.n < sizeof(buf));
    buf[o.n] = '\0';

    return buf;
}


#define html(s)  escaped(XSELL_ESCAPE_HTML, s, sizeof(s) - 1)
#define url(s)   escaped(XSELL_ESCAPE_URL, s, sizeof(s) - 1)
#define part(s)  escaped(XSELL_ESCAPE_PART, s, sizeof(s) - 1)


/* the five characters that leave text or a quoted attribute, and what is not
   a character at all */

static void
html_values(void **state)
{
    assert_string_equal(html("plain, (text) = 100%"), "plain, (text) = 100%");
    assert_string_equal(html("<b a=\"1\" c='2'>&amp;"),
                        "&lt;b a=&quot;1&quot; c=&#39;2&#39;&gt;&amp;amp;");
    assert_string_equal(html("a\0b"), "a\xef\xbf\xbd" "b");
    assert_string_equal(html("a\tb\nc\rd"), "a\tb\nc\rd");
    assert_string_equal(html("\x1b[0m"), "\xef\xbf\xbd[0m");
    assert_string_equal(html(""), "");
    assert_string_equal(html("\xc3\xa9\xe2\x82\xac\xf0\x9f\x96\xbc"),
                        "\xc3\xa9\xe2\x82\xac\xf0\x9f\x96\xbc");
}


/* overlong forms hide < from scanners; surrogates and cut sequences break
   XML and swallow the quote that follows */

static void
broken_utf8(void **state)
{
    assert_string_equal(html("\xc0\xbc"), "\xef\xbf\xbd\xef\xbf\xbd");
    assert_string_equal(html("\xe0\x80\xbc"),
                        "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
    assert_string_equal(html("\xed\xa0\x80"),
                        "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
    assert_string_equal(html("\xf4\x90\x80\x80"),
                        "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
    assert_string_equal(html("caf\xe9\""), "caf\xef\xbf\xbd&quot;");
    assert_string_equal(html("x\xe2\x82"), "x\xef\xbf\xbd\xef\xbf\xbd");
    assert_string_equal(html("\xef\xbf\xbe|\xef\xbf\xbf"),
                        "\xef\xbf\xbd|\xef\xbf\xbd");
}


/* an override left open in a title turns the rest of the card round */

static void
bidi_controls(void **state)
{
    assert_string_equal(html("a\xe2\x80\xae" "b\xe2\x81\xa6" "c"), "abc");
    assert_string_equal(html("\xe2\x80\xaa\xe2\x80\xab\xe2\x80\xac"
                             "\xe2\x80\xad\xe2\x81\xa7\xe2\x81\xa8"
                             "\xe2\x81\xa9."), ".");

    /* marks and joiners are part of words */

    assert_string_equal(html("\xe2\x80\x8d\xe2\x80\x8e\xe2\x80\x8f"),
                        "\xe2\x80\x8d\xe2\x80\x8e\xe2\x80\x8f");
}


static size_t
encode(uint32_t c, char *p)
{
    if (c < 0x80) {
        p[0] = c;
        return 1;
    }

    if (c < 0x800) {
        p[0] = 0xc0 | c >> 6;
        p[1] = 0x80 | (c & 0x3f);
        return 2;
    }

    if (c < 0x10000) {
        p[0] = 0xe0 | c >> 12;
        p[1] = 0x80 | (c >> 6 & 0x3f);
        p[2] = 0x80 | (c & 0x3f);
        return 3;
    }

    p[0] = 0xf0 | c >> 18;
    p[1] = 0x80 | (c >> 12 & 0x3f);
    p[2] = 0x80 | (c >> 6 & 0x3f);
    p[3] = 0x80 | (c & 0x3f);

    return 4;
}


/* one wrong bound in the decoder loses a script or lets a forgery through */

static void
every_code_point(void **state)
{
    int          drop, replace;
    char         p[4];
    size_t       n;
    uint32_t     c;
    const char  *out;

    for (c = 0x80; c <= 0x10ffff; c++) {
        n = encode(c, p);
        out = escaped(XSELL_ESCAPE_HTML, p, n);
        drop = (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
        replace = (c >= 0xd800 && c <= 0xdfff) || c == 0xfffe || c == 0xffff;

        if (drop) {
            assert_int_equal(strlen(out), 0);

        } else if (replace) {
            assert_memory_equal(out, "\xef\xbf\xbd", 3);

        } else {
            assert_int_equal(strlen(out), n);
            assert_memory_equal(out, p, n);
        }
    }
}


/* whatever three bytes come: no markup, no open sequence, in any mode */

static void
every_three_bytes(void **state)
{
    char         p[3];
    unsigned     i, j, k, how;
    const char  *out;
    static const uint8_t  some[] = { 0, 9, 10, 13, 32, 0x7f, 0x80, 0xbf, 0xc2,
                                     0xe2, 0xed, 0xf0, 0xf4, 0xff, '<', '>',
                                     '"', '\'', '&', '\\', '%', ':', '/', 'j',
                                     '?', '#', '`', '{' };

    for (i = 0; i < 256; i++) {
        for (j = 0; j < sizeof(some); j++) {
            for (k = 0; k < sizeof(some); k++) {
                p[0] = i;
                p[1] = some[j];
                p[2] = some[k];

                for (how = 0; how <= XSELL_ESCAPE_PART; how++) {
                    out = escaped(how, p, 3);
                    assert_null(strpbrk(out, "<>\"'"));

                    if (how != XSELL_ESCAPE_HTML) {
                        assert_int_equal(strspn(out, "abcdefghijklmnopqrstuvw"
                            "xyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~!#$%("
                            ")*+,/:;=?@[]&"), strlen(out));
                    }
                }
            }
        }
    }
}


/* javascript: in a link is the oldest hole there is */

static void
schemes(void **state)
{
    size_t  i;
    static const char *const  good[] = {
        "/p/1", "p/1", "?a=b", "#x", "//cdn.example.com/a.png",
        "http://a/", "HTTPS://a/", " https://a/ ", "a/b:c", "?javascript:1",
        "1x:y", "."
    };
    static const char *const  bad[] = {
        "", " ", "javascript:alert(1)", "JaVaScRiPt:alert(1)",
        " javascript:alert(1)", "\x01javascript:alert(1)",
        "\njavascript:alert(1)", "data:text/html,x", "vbscript:x", "blob:x",
        "file:///etc/passwd", "about:blank", ":x", "mailto:a@b", "httpx://a",
        "http+x:y", "p:"
    };

    for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_true(xsell_url_safe(str(good[i])));
    }

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_false(xsell_url_safe(str(bad[i])));
        assert_string_equal(escaped(XSELL_ESCAPE_URL, bad[i], strlen(bad[i])),
                            "about:invalid");
    }

    /* browsers drop blanks inside: encoded they end the scheme */

    assert_string_equal(url("java\tscript:alert(1)"),
                        "java%09script:alert(1)");
    assert_string_equal(url("java\nscript:1"), "java%0Ascript:1");
}


static void
url_values(void **state)
{
    assert_string_equal(url("/p/1?a=b&c=d%20e#f"), "/p/1?a=b&amp;c=d%20e#f");
    assert_string_equal(url(" /a b\\c "), "/a%20b%5Cc");
    assert_string_equal(url("/caf\xc3\xa9'"), "/caf%C3%A9&#39;");
    assert_string_equal(url("/\"><script>"), "/%22%3E%3Cscript%3E");
    assert_string_equal(part("a/b?c=d&e'f g\xc3\xa9"),
                        "a%2Fb%3Fc%3Dd%26e%27f%20g%C3%A9");
    assert_string_equal(part("javascript:1"), "javascript%3A1");
}


/* a caller with too little room gets the length and keeps its memory */

static void
room(void **state)
{
    char         buf[16];
    size_t       i;
    xsell_out_t  o;

    for (o.cap = 0; o.cap <= sizeof(buf); o.cap++) {
        memset(buf, '!', sizeof(buf));
        o.p = buf;
        o.n = 0;
        xsell_escape(&o, XSELL_ESCAPE_HTML, str("a<b>c&d"));
        assert_int_equal(o.n, 17);

        for (i = o.cap; i < sizeof(buf); i++) {
            assert_int_equal(buf[i], '!');
        }
    }
}


static const char *
price(const char *lang, const char *currency, unsigned exponent,
    int64_t minor)
{
    size_t       n;
    static char  buf[XSELL_PRICE_MAX + 1];

    n = xsell_price_format(buf, xsell_locale_of(str(lang)), str(currency),
                           exponent, minor);
    assert_true(n <= XSELL_PRICE_MAX);
    buf[n] = '\0';

    return buf;
}


/* a wrong point or sign is a wrong price */

static void
prices(void **state)
{
    assert_string_equal(price("en", "EUR", 2, 4800), "\xe2\x82\xac" "48.00");
    assert_string_equal(price("en-GB", "GBP", 2, 123456789),
                        "\xc2\xa3" "1,234,567.89");
    assert_string_equal(price("", "USD", 2, 5), "$0.05");
    assert_string_equal(price("en", "SEK", 2, 12000), "SEK\xc2\xa0" "120.00");
    assert_string_equal(price("de", "EUR", 2, 126000),
                        "1.260,00\xc2\xa0\xe2\x82\xac");
    assert_string_equal(price("de-AT", "CHF", 2, 99),
                        "CHF\xc2\xa0" "0,99");
    assert_string_equal(price("fr", "EUR", 2, 123456),
                        "1\xe2\x80\xaf" "234,56\xc2\xa0\xe2\x82\xac");
    assert_string_equal(price("es", "EUR", 2, 123456),
                        "1234,56\xc2\xa0\xe2\x82\xac");
    assert_string_equal(price("es", "EUR", 2, 1234567),
                        "12.345,67\xc2\xa0\xe2\x82\xac");
    assert_string_equal(price("nl", "EUR", 2, 1250),
                        "\xe2\x82\xac\xc2\xa0" "12,50");
    assert_string_equal(price("ja", "JPY", 0, 1234), "\xef\xbf\xa5" "1,234");
    assert_string_equal(price("en", "JPY", 0, 0), "\xc2\xa5" "0");
    assert_string_equal(price("en", "KWD", 3, 1234567),
                        "KWD\xc2\xa0" "1,234.567");
    assert_string_equal(price("de-AT", "EUR", 2, 123450),
                        "\xe2\x82\xac\xc2\xa0" "1.234,50");
    assert_string_equal(price("de-CH", "CHF", 2, 123450),
                        "CHF\xc2\xa0" "1'234.50");
    assert_string_equal(price("en-IN", "INR", 2, 123456700),
                        "\xe2\x82\xb9" "12,34,567.00");
    assert_string_equal(price("hi", "INR", 2, 12345600),
                        "\xe2\x82\xb9" "1,23,456.00");
    assert_string_equal(price("pl", "PLN", 2, 123450),
                        "1234,50\xc2\xa0z\xc5\x82");
    assert_string_equal(price("pl-PL", "PLN", 2, 1234550),
                        "12\xc2\xa0" "345,50\xc2\xa0z\xc5\x82");
    assert_string_equal(price("cs", "CZK", 2, 123450),
                        "1\xc2\xa0" "234,50\xc2\xa0K\xc4\x8d");
    assert_string_equal(price("sv", "SEK", 2, 123450),
                        "1\xc2\xa0" "234,50\xc2\xa0kr");
    assert_string_equal(price("da", "DKK", 2, 123450),
                        "1.234,50\xc2\xa0kr.");
    assert_string_equal(price("nb", "NOK", 2, 123450),
                        "1\xc2\xa0" "234,50\xc2\xa0kr");
    assert_string_equal(price("fi", "EUR", 2, 123450),
                        "1\xc2\xa0" "234,50\xc2\xa0\xe2\x82\xac");
    assert_string_equal(price("pt-BR", "BRL", 2, 123450),
                        "R$\xc2\xa0" "1.234,50");
    assert_string_equal(price("pt-PT", "EUR", 2, 123450),
                        "1234,50\xc2\xa0\xe2\x82\xac");
    assert_string_equal(price("ko", "KRW", 0, 123450),
                        "\xe2\x82\xa9" "123,450");
    assert_string_equal(price("zh_CN", "CNY", 2, 123450),
                        "\xc2\xa5" "1,234.50");
    assert_string_equal(price("en", "CNY", 2, 100), "CN\xc2\xa5" "1.00");
    assert_string_equal(price("tr", "TRY", 2, 123450),
                        "\xe2\x82\xba" "1.234,50");
    assert_string_equal(price("ar", "SAR", 2, 123450),
                        "1,234.50\xc2\xa0SAR");
    assert_string_equal(price("he", "ILS", 2, 123450),
                        "1,234.50\xc2\xa0\xe2\x82\xaa");
    assert_string_equal(price("ru", "RUB", 2, 123450),
                        "1\xc2\xa0" "234,50\xc2\xa0\xe2\x82\xbd");
    assert_string_equal(price("uk", "UAH", 2, 123450),
                        "1\xc2\xa0" "234,50\xc2\xa0\xe2\x82\xb4");

    /* a dollar of whom? */

    assert_string_equal(price("en-CA", "CAD", 2, 100), "$1.00");
    assert_string_equal(price("en-CA", "USD", 2, 100), "US$1.00");
    assert_string_equal(price("en-GB", "CAD", 2, 100), "CAD\xc2\xa0" "1.00");
    assert_string_equal(price("pt", "USD", 2, 100), "US$\xc2\xa0" "1,00");
    assert_string_equal(price("de", "SEK", 2, 100), "1,00\xc2\xa0SEK");
    assert_string_equal(price("deu", "EUR", 2, 100), "\xe2\x82\xac" "1.00");
    assert_string_equal(price("en", "EUR", 2, -1), "");
    assert_string_equal(price("en", "", 2, 100), "");
    assert_string_equal(price("en", "EUR", 9, 100), "");
    assert_string_equal(price("fr", "XXX", 0, INT64_MAX),
        "9\xe2\x80\xaf" "223\xe2\x80\xaf" "372\xe2\x80\xaf" "036"
        "\xe2\x80\xaf" "854\xe2\x80\xaf" "775\xe2\x80\xaf" "807\xc2\xa0XXX");
}


/* what programs read must not depend on the language */

static void
amounts(void **state)
{
    size_t  n;
    char    buf[XSELL_PRICE_MAX];

    n = xsell_amount_format(buf, 2, 123456705);
    assert_memory_equal(buf, "1234567.05", n);
    assert_int_equal(n, 10);
    n = xsell_amount_format(buf, 0, 1234567);
    assert_memory_equal(buf, "1234567", n);
    assert_int_equal(n, 7);
    assert_int_equal(xsell_amount_format(buf, 3, INT64_MAX), 20);
    assert_int_equal(xsell_amount_format(buf, 2, -1), 0);
    assert_int_equal(xsell_amount_format(buf, 5, 1), 0);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(html_values),
        cmocka_unit_test(broken_utf8),
        cmocka_unit_test(bidi_controls),
        cmocka_unit_test(every_code_point),
        cmocka_unit_test(every_three_bytes),
        cmocka_unit_test(schemes),
        cmocka_unit_test(url_values),
        cmocka_unit_test(room),
        cmocka_unit_test(prices),
        cmocka_unit_test(amounts),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}

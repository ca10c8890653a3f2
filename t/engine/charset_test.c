
/*
 * charset_test.c: pages whose bytes are not what a rewriter of UTF-8 takes
 * them for: a charset taken for an ASCII-compatible one gets a fragment in
 * the middle of its characters, and a fragment in the wrong charset shows
 * people garbage, or leaves its place (a reference means nothing in a style).
 */

#include "xsell.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>


static void
is_charset(const char *label, unsigned want)
{
    if (xsell_charset((xsell_str_t) { label, strlen(label) }) != want) {
        fail_msg("%s", label);
    }
}


/* a name in any case, in quotes, with what a header has behind it; a charset
   whose bytes are not ASCII taken for one that is */

static void
names(void **state)
{
    size_t  i;

    static const char *const  utf8[] = {
        "utf-8", "UTF-8", "utf8", "\"utf-8\"", "'utf-8'", " utf-8 ",
        "utf-8; level=1", "\"utf-8\";x=y", "unicode-1-1-utf-8"
    };

    static const char *const  ascii[] = {
        "", "\"\"", ";", "us-ascii", "ascii", "iso-8859-1", "ISO-8859-15",
        "latin1", "windows-1252", "cp1252", "cp1250", "x-cp1251", "koi8-r",
        "macintosh", "ibm866", "cp437", "ibm850", "cp819", "shift_jis",
        "sjis", "windows-31j", "euc-jp", "euc-kr", "ks_c_5601-1987",
        "gb2312", "gbk", "gb18030", "big5", "big5-hkscs", "tis-620",
        "windows-874", "viscii", "x-user-defined", "utf-8mb4", "nonsense",
        "a-name-that-is-longer-than-any-charset-was-ever-called-by-anybody"
    };

    static const char *const  foreign[] = {
        "utf-16", "UTF-16LE", "utf-16be", "\"utf-16\"", "utf16", "unicode",
        "ucs-2", "iso-10646-ucs-2", "csunicode", "utf-32", "utf-32be",
        "utf-7", "iso-2022-jp", "ISO-2022-KR", "csiso2022jp", "hz-gb-2312",
        "hz", "ibm037", "IBM-1047", "cp500", "cp037", "x-ibm930", "ccsid1140",
        "csIBM1026", "ebcdic-cp-us", "utf-ebcdic", "johab", "scsu", "bocu-1",
        "replacement"
    };

    for (i = 0; i < sizeof(utf8) / sizeof(utf8[0]); i++) {
        is_charset(utf8[i], XSELL_CHARSET_UTF8);
    }

    for (i = 0; i < sizeof(ascii) / sizeof(ascii[0]); i++) {
        is_charset(ascii[i], XSELL_CHARSET_ASCII);
    }

    for (i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++) {
        is_charset(foreign[i], XSELL_CHARSET_FOREIGN);
    }

    /* bytes of all kinds, none of them terminated */
    for (i = 0; i < 256; i++) {
        char  c = (char) i;

        assert_int_equal(xsell_charset((xsell_str_t) { &c, 1 }),
                         XSELL_CHARSET_ASCII);
    }
}


/* the verdict on a page in pieces of that size */

static int
look(const char *p, size_t n, size_t step, int declared)
{
    int            rc;
    size_t         i;
    xsell_sniff_t  s;

    xsell_sniff_init(&s, declared);
    rc = xsell_sniff_feed(&s, (const uint8_t *) p, 0);
    assert_int_equal(rc, XSELL_AGAIN);

    for (i = 0; i < n && rc == XSELL_AGAIN; i += step) {
        rc = xsell_sniff_feed(&s, (const uint8_t *) p + i,
                              step < n - i ? step : n - i);
    }

    return rc;
}


/* a byte order mark overrides every header, however the page is cut */

static void
marks(void **state)
{
    size_t  i, step;

    static const xsell_str_t  mark[] = {
        { "\xfe\xff\0<\0p", 6 }, { "\xff\xfe<\0p\0", 6 },
        { "\0\0\xfe\xff\0\0\0<", 8 }, { "\xff\xfe\0\0<\0\0\0", 8 },
        { "\0<\0p", 4 }
    };

    for (i = 0; i < sizeof(mark) / sizeof(mark[0]); i++) {
        for (step = 1; step <= 8; step++) {
            assert_int_equal(look(mark[i].p, mark[i].n, step, 0),
                             XSELL_EINVAL);
            assert_int_equal(look(mark[i].p, mark[i].n, step, 1),
                             XSELL_EINVAL);
        }
    }

    assert_int_equal(look("<\0p\0", 4, 4, 1), XSELL_EINVAL);
    assert_int_equal(look("\xef\xbb\xbf<p>", 6, 1, 1), XSELL_OK);
    assert_int_equal(look("\xef\xbb\xbf<p>", 6, 1, 0), XSELL_AGAIN);
}


/* ISO-2022 named by the page alone; cut anywhere; not by its prose, nor by
   what stands behind the first kilobyte */

static void
metas(void **state)
{
    size_t  i, n, at, step;
    char    page[3000];

    static const char *const  says[] = {
        "<meta charset=iso-2022-jp>", "<meta charset=\"ISO-2022-JP\">",
        "<meta charset='csISO2022JP'>",
        "<meta http-equiv=a content=\"text/html; charset=iso-2022-kr\">"
    };

    static const char *const  harmless[] = {
        "<meta charset=utf-8>", "<p>2022-01-02, 20222022 iso-202 2-</p>",
        "<a href=/iso-2022-jp>", "<p>xiso-2022-jp</p>", "22222", "2"
    };

    for (i = 0; i < sizeof(says) / sizeof(says[0]); i++) {
        n = strlen(says[i]);

        for (at = 0; at <= XSELL_SNIFF_MAX - n; at += 97) {
            memset(page, '2', sizeof(page));
            memcpy(page + at, says[i], n);

            for (step = 1; step <= 40; step++) {
                assert_int_equal(look(page, sizeof(page), step, 0),
                                 XSELL_EINVAL);
            }

            assert_int_equal(look(page, sizeof(page), sizeof(page), 0),
                             XSELL_EINVAL);
            assert_int_equal(look(page, sizeof(page), 1, 1), XSELL_OK);
        }

        memset(page, ' ', sizeof(page));
        memcpy(page + XSELL_SNIFF_MAX, says[i], n);
        assert_int_equal(look(page, sizeof(page), 1, 0), XSELL_OK);
        assert_int_equal(look(page, sizeof(page), 3000, 0), XSELL_OK);
    }

    for (i = 0; i < sizeof(harmless) / sizeof(harmless[0]); i++) {
        n = strlen(harmless[i]);

        for (step = 1; step <= n; step++) {
            assert_int_equal(look(harmless[i], n, step, 0), XSELL_AGAIN);
        }
    }
}


static const char *
ascii(const char *p, size_t n)
{
    static char  buf[4096];
    size_t       len, cap;
    char         small[64], runs[4096];
    xsell_str_t  html = { p, n };

    len = xsell_ascii_write(buf, sizeof(buf) - 1, html, 1);
    assert_true(len <= XSELL_ASCII_MAX(n));
    buf[len] = '\0';
    assert_int_equal(xsell_ascii_n((xsell_str_t) { buf, len }), len);

    if (memmem(p, n, "<s", 2) == NULL && memmem(p, n, "<S", 2) == NULL) {
        assert_int_equal(xsell_ascii_write(runs, sizeof(runs), html, 0), len);
        assert_memory_equal(runs, buf, len);
    }

    /* too small a buffer: the same answer, and nothing behind it written */

    for (cap = 0; cap < 40; cap++) {
        memset(small, '#', sizeof(small));
        assert_int_equal(xsell_ascii_write(small, cap, html, 1), len);
        assert_int_equal(small[cap], '#');
    }

    return buf;
}


#define same(in, out)                                                         \
    assert_string_equal(ascii(in, sizeof(in) - 1), out)


/* a character that becomes another one, or none, or markup */

static void
characters(void **state)
{
    same("", "");
    same("<p>plain &amp; simple</p>", "<p>plain &amp; simple</p>");
    same("\xc3\xa4", "&#228;");
    same("<p title=\"\xc3\xa4\">5 \xe2\x82\xac</p>",
         "<p title=\"&#228;\">5 &#8364;</p>");
    same("\xf0\x9f\x98\x80!", "&#128512;!");
    same("\xc2\xa0", "&#160;");

    /* a reference to U+0085 is a character of Windows-1252 */
    same("\xc2\x85", "&#65533;");

    /* what is not UTF-8 */
    same("\xe4", "&#65533;");
    same("\xe4<", "&#65533;<");
    same("\xc3", "&#65533;");
    same("\xed\xa0\x80", "&#65533;&#65533;&#65533;");
    same("\xff\xfe", "&#65533;&#65533;");
}


/* where a reference is not read as one */

static void
raw_elements(void **state)
{
    same("<style>a::before{content:\"\xc3\xa4\x62\"}</style>\xc3\xa4",
         "<style>a::before{content:\"\\E4 b\"}</style>&#228;");
    same("<STYLE media='\xc3\xa4'>.\xc3\xa4{}</Style >\xc3\xa4",
         "<STYLE media='&#228;'>.\\E4 {}</Style >&#228;");
    same("<script type=application/json>{\"a\":\"\xf0\x9f\x98\x80\xe2\x82\xac"
         "</scriptx \"}</script\n>\xc3\xa4",
         "<script type=application/json>{\"a\":\"\\uD83D\\uDE00\\u20AC"
         "</scriptx \"}</script\n>&#228;");
    same("<script>\"\xe4\"", "<script>\"\\uFFFD\"");

    /* what only looks like one */
    same("<scripty>\xc3\xa4", "<scripty>&#228;");
    same("<p title=\"<script>\">\xc3\xa4", "<p title=\"<script>\">&#228;");
    same("<p title = '>'a=\">\"><script>\xc3\xa4",
         "<p title = '>'a=\">\"><script>\\u00E4");
    same("<p it's><style>\xc3\xa4", "<p it's><style>\\E4 ");
    same("<!-- <script> --->\xc3\xa4", "<!-- <script> --->&#228;");
    same("</script>\xc3\xa4", "</script>&#228;");
    same("a < b <script", "a < b <script");
    same("<script>\xc3\xa4<style>\xc3\xa4</style>\xc3\xa4",
         "<script>\\u00E4<style>\\u00E4</style>\\u00E4");
}


/* a byte above 0x7f anywhere in a text of any length is seen */

static void
ascii_bytes(void **state)
{
    char    text[200];
    size_t  i, n;

    memset(text, 0x7f, sizeof(text));

    for (n = 0; n <= 150; n++) {
        text[3 + n] = (char) 0x80;
        assert_int_equal(xsell_ascii_n((xsell_str_t) { text + 3, n }), n);
        text[3 + n] = 0x7f;

        for (i = 0; i < n; i++) {
            text[3 + i] = (char) 0x80;
            assert_int_equal(xsell_ascii_n((xsell_str_t) { text + 3, n }), i);
            text[3 + i] = 0x7f;
        }
    }
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(names),
        cmocka_unit_test(marks),
        cmocka_unit_test(metas),
        cmocka_unit_test(characters),
        cmocka_unit_test(raw_elements),
        cmocka_unit_test(ascii_bytes),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}


/*
 * json_test.c: JSON as a stream of objects with places.
 *
 * The hazards: a message that names the wrong line of a feed with 100,000
 * items; a file that is cut off and taken for whole; a byte read behind the
 * end (each text is given without a terminator, from its own allocation).
 */

#include "model/xsell_json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>


/* the number of objects, or the error */

static int
read_all(const char *text, size_t n, xsell_error_t *err)
{
    int                  rc, seen;
    char                *p;
    xsell_json_t        *doc;
    xsell_json_reader_t  r;

    p = malloc(n ? n : 1);
    memcpy(p, text, n);
    memset(err, 0, sizeof(*err));

    xsell_json_reader_init(&r, p, n);

    for (seen = 0; ; seen++) {
        rc = xsell_json_next(&r, &doc, err);

        if (rc != XSELL_OK) {
            assert_null(doc);
            break;
        }

        xsell_json_close(doc);
    }

    /* the end is an end, however often one asks */

    if (rc == XSELL_NONE) {
        assert_int_equal(xsell_json_next(&r, &doc, err), XSELL_NONE);
    }

    free(p);

    return rc == XSELL_NONE ? seen : rc;
}


static void
arrays_and_lines_are_read(void **state)
{
    unsigned       i;
    xsell_error_t  err;

    static const struct {
        const char  *text;
        int          n;
    } row[] = {
        { "", 0 },
        { " \r\n\t", 0 },
        { "[]", 0 },
        { "[ ]\n", 0 },
        { "[{}]", 1 },
        { "[{},{}\r\n,\r\n{}]\r\n", 3 },
        { "{}", 1 },
        { "{}\n{}\n", 2 },
        { "{}\r\n\r\n{}\r\n{}", 3 },
        { "{\"a\":\n[1,\n{\"b\":2}]}\n{}", 2 },
        { "{}{}", 2 },
        { "\xef\xbb\xbf[{}]", 1 },
        { "\xef\xbb\xbf{}\n{}", 2 }
    };

    for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
        assert_int_equal(read_all(row[i].text, strlen(row[i].text), &err),
                         row[i].n);
    }
}


static void
errors_have_their_place(void **state)
{
    unsigned       i;
    xsell_error_t  err;

    static const struct {
        const char  *text;
        unsigned     line;
        unsigned     column;
        const char  *says;
    } row[] = {
        { "x", 1, 1, "neither" },
        { "\n \"text\"", 2, 2, "neither" },
        { "\xef\xbb\xbf\xef\xbb\xbf[]", 1, 1, "neither" },
        { "[1]", 1, 2, "must be an object" },
        { "[{},\n [{}]]", 2, 2, "must be an object" },
        { "[{},]", 1, 5, "comma before" },
        { "[{}\n\n,\n]", 4, 1, "comma before" },
        { "[,{}]", 1, 2, "must be an object" },
        { "[{}{}]", 1, 4, "comma or" },
        { "[{}", 1, 4, "does not end" },
        { "[", 1, 2, "does not end" },
        { "[{},", 1, 5, "cut off" },
        { "[{}] {}", 1, 6, "follows" },
        { "{}\n,{}", 2, 1, "a comma here" },
        { "{}\n{}\n{\"a\":}", 3, 6, "unexpected" },
        { "[{},\n{\"\xc3\xa4\":1,}]", 2, 8, "(a comma too many?)" },
        { "[{}, {\"a\":1 \"b\"}]", 1, 15, "expected" },
        { "{\"a\":\n{\"b\":\n}}", 3, 1, "unexpected" },
        { "{\"a\":1,\n\"a\":2}", 2, 3, "duplicate" },
        { "{\"a\":\"\xff\"}", 1, 7, "0xff" },
        { "{}\n{\"a\":\"\xc0\x80\"}", 2, 7, "decode" },
        { "{\"a\":\"\xed\xa0\x80\"}", 1, 7, "decode" },
        { "{\"a\":\"\\ud800\"}", 1, 13, "Unicode" },
        { "{\"a\":\"\\u0000\"}", 1, 13, "not allowed" },
        { "{\"a\":\"b\nc\"}", 1, 8, "newline" },
        { "{\"a\":NaN}", 1, 8, "invalid token" },
        { "{\"a\":1e999}", 1, 10, "overflow" },
        { "{\"a\":01}", 1, 6, "invalid token" },
        { "{\"a\":1", 1, 6, "expected" }
    };

    for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {

        if (read_all(row[i].text, strlen(row[i].text), &err) != XSELL_EINVAL
            || err.line != row[i].line || err.column > row[i].column + 1
            || err.column + 1 < row[i].column
            || strstr(err.text, row[i].says) == NULL)
        {
            fail_msg("%s: %u:%u %s, not %u:%u %s", row[i].text, err.line,
                     err.column, err.text, row[i].line, row[i].column,
                     row[i].says);
        }
    }
}


/* a file that is cut off anywhere is never taken for whole */

static void
no_prefix_of_an_array_is_whole(void **state)
{
    size_t         n;
    xsell_error_t  err;

    static const char  text[] =
        "[{\"a\":[1,2,{\"b\":\"c\\\"\"}]},\n{\"d\":null}]";

    assert_int_equal(read_all(text, sizeof(text) - 1, &err), 2);

    for (n = 1; n < sizeof(text) - 1; n++) {
        assert_int_equal(read_all(text, n, &err), XSELL_EINVAL);
    }
}


static void
a_nul_byte_is_no_end(void **state)
{
    xsell_error_t  err;

    assert_int_equal(read_all("{}\0{}", 5, &err), XSELL_EINVAL);
    assert_int_equal(read_all("{\"a\":\"b\0c\"}", 11, &err), XSELL_EINVAL);
}


/* the parser recurses: a feed must not be able to spend nginx's stack */

static void
depth_is_bounded(void **state)
{
    char           *text;
    size_t          n;
    xsell_error_t   err;

    n = 2000000;
    text = malloc(n);
    memset(text, '[', n);
    memcpy(text, "{\"a\":", 5);

    assert_int_equal(read_all(text, n, &err), XSELL_EINVAL);
    assert_non_null(strstr(err.text, "depth"));

    free(text);
}


/* what a message quotes from the file is harmless on a terminal */

static void
messages_are_printable(void **state)
{
    size_t         i;
    xsell_error_t  err;

    static const char  text[] =
        "{\"a\": \xe2\x80\xaegnp.\x1b[31m }";

    assert_int_equal(read_all(text, sizeof(text) - 1, &err), XSELL_EINVAL);

    for (i = 0; err.text[i]; i++) {
        assert_true(err.text[i] >= 0x20 && err.text[i] < 0x7f);
    }
}


static void
keys_are_found_in_the_text(void **state)
{
    unsigned             line, column;
    xsell_json_t        *doc;
    xsell_error_t        err;
    xsell_json_reader_t  r;

    static const char  text[] =
        "[ {\"x\":\"price\"},\n"
        "  {\"a\":\"price\", \"b\":{\"price\":1}, \"c\\\"\":\"{[\",\n"
        "   \"price\" :\n"
        "     \"\xc3\xa4\", \"end\": 3} ]";

    xsell_json_reader_init(&r, text, sizeof(text) - 1);

    assert_int_equal(xsell_json_next(&r, &doc, &err), XSELL_OK);
    xsell_json_where(&r, NULL, &line, &column);
    assert_int_equal(line, 1);
    assert_int_equal(column, 3);
    xsell_json_close(doc);

    assert_int_equal(xsell_json_next(&r, &doc, &err), XSELL_OK);
    xsell_json_where(&r, NULL, &line, &column);
    assert_int_equal(line, 2);
    assert_int_equal(column, 3);
    xsell_json_where(&r, "price", &line, &column);
    assert_int_equal(line, 4);
    assert_int_equal(column, 6);
    xsell_json_where(&r, "end", &line, &column);
    assert_int_equal(line, 4);
    assert_int_equal(column, 18);
    xsell_json_where(&r, "absent", &line, &column);
    assert_int_equal(line, 2);
    assert_int_equal(column, 3);
    xsell_json_close(doc);
}


static void
values_are_views(void **state)
{
    xsell_json_t   *doc;
    xsell_value_t   v, e;
    xsell_error_t   err;

    static const char  text[] =
        "{\"t\":\"\\u00e4\",\"i\":-7,\"r\":1.5,\"y\":true,\"n\":null,"
        "\"l\":[1,\"two\"],\"o\":{}}";

    assert_int_equal(xsell_json_open(&doc, text, sizeof(text) - 1, &err),
                     XSELL_OK);

    xsell_json_get(doc, "t", &v);
    assert_int_equal(v.kind, XSELL_JSON_TEXT);
    assert_int_equal(v.text.n, 2);
    assert_memory_equal(v.text.p, "\xc3\xa4", 2);

    xsell_json_get(doc, "i", &v);
    assert_int_equal(v.kind, XSELL_JSON_INTEGER);
    assert_int_equal(v.integer, -7);

    xsell_json_get(doc, "r", &v);
    assert_int_equal(v.kind, XSELL_JSON_REAL);

    xsell_json_get(doc, "y", &v);
    assert_int_equal(v.kind, XSELL_JSON_BOOL);
    assert_int_equal(v.integer, 1);

    xsell_json_get(doc, "n", &v);
    assert_int_equal(v.kind, XSELL_JSON_NONE);

    xsell_json_get(doc, "absent", &v);
    assert_int_equal(v.kind, XSELL_JSON_NONE);

    xsell_json_get(doc, "o", &v);
    assert_int_equal(v.kind, XSELL_JSON_OBJECT);

    xsell_json_get(doc, "l", &v);
    assert_int_equal(v.kind, XSELL_JSON_LIST);
    assert_int_equal(v.integer, 2);
    xsell_json_element(&v, 1, &e);
    assert_int_equal(e.kind, XSELL_JSON_TEXT);
    xsell_json_element(&v, 2, &e);
    assert_int_equal(e.kind, XSELL_JSON_NONE);

    xsell_json_close(doc);

    assert_int_equal(xsell_json_open(&doc, "{} {}", 5, &err), XSELL_EINVAL);
    assert_int_equal(xsell_json_open(&doc, "[{}]", 4, &err), XSELL_EINVAL);
    assert_int_equal(xsell_json_open(&doc, "", 0, &err), XSELL_EINVAL);
}


/* the body of a cart request: a shop's script writes what it likes */

static int
field(const char *text, const char *key, char *out, size_t cap)
{
    int     rc;
    size_t  len;

    len = 0;
    rc = xsell_json_field(text, strlen(text), key, out, cap, &len);
    out[rc == XSELL_OK ? len : 0] = '\0';

    return rc;
}


static void
a_field_of_a_body_is_text(void **state)
{
    char  out[9];

    assert_int_equal(field("{\"sku\":\"A-1\"}", "sku", out, 8), XSELL_OK);
    assert_string_equal(out, "A-1");
    assert_int_equal(field("{\"sku\":42}", "sku", out, 8), XSELL_OK);
    assert_string_equal(out, "42");
    assert_int_equal(field("{\"sku\":1.5}", "sku", out, 8), XSELL_OK);
    assert_string_equal(out, "1.5");
    assert_int_equal(field("{\"sku\":\"12345678\"}", "sku", out, 8),
                     XSELL_OK);
    assert_int_equal(field("{\"sku\":\"123456789\"}", "sku", out, 8),
                     XSELL_NONE);
    assert_int_equal(field("{\"sku\":[1]}", "sku", out, 8), XSELL_NONE);
    assert_int_equal(field("{\"sku\":true}", "sku", out, 8), XSELL_NONE);
    assert_int_equal(field("{\"a\":{\"sku\":1}}", "sku", out, 8), XSELL_NONE);
    assert_int_equal(field("{\"sku\":1", "sku", out, 8), XSELL_EINVAL);
    assert_int_equal(field("[{\"sku\":1}]", "sku", out, 8), XSELL_EINVAL);
    assert_int_equal(field("sku=1", "sku", out, 8), XSELL_EINVAL);
    assert_int_equal(field("", "sku", out, 8), XSELL_EINVAL);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(arrays_and_lines_are_read),
        cmocka_unit_test(errors_have_their_place),
        cmocka_unit_test(no_prefix_of_an_array_is_whole),
        cmocka_unit_test(a_nul_byte_is_no_end),
        cmocka_unit_test(depth_is_bounded),
        cmocka_unit_test(messages_are_printable),
        cmocka_unit_test(keys_are_found_in_the_text),
        cmocka_unit_test(values_are_views),
        cmocka_unit_test(a_field_of_a_body_is_text)
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}


/*
 * npy_test.c: arrays of numpy.
 *
 * The hazards: numbers read in the wrong order, so that every vector is of
 * another item; a header that lies about lengths; a small .npz that unpacks to
 * more memory than there is; a pickle that is run.
 */

#include "catalog_test.h"

#include "../../cli/npy.c"
#include "../../cli/npz.c"


#define WIDE  16
#define ROWS  50

static npz_t   npz;
static char    why[200];


/* a .npy of version 1 with this header and so many bytes of data */

static int
npy_made(npy_t *a, const char *header, size_t data)
{
    size_t    n;
    uint8_t  *p;

    static uint8_t  *kept;

    n = strlen(header);
    p = calloc(1, 10 + n + data);
    memcpy(p, "\x93NUMPY\1\0", 8);
    p[8] = (uint8_t) n;
    p[9] = (uint8_t) (n >> 8);
    memcpy(p + 10, header, n);

    free(kept);
    kept = p;

    return npy_open(a, p, 10 + n + data, why);
}


static void
headers_are_not_believed(void **state)
{
    size_t  i;
    npy_t   a;

    static const char *const  bad[] = {
        "",
        "{",
        "{}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2)",
        "{'descr': '<f4', 'shape': (2, 2)}",
        "{'descr': '<f4', 'fortran_order': Perhaps, 'shape': (2, 2)}",
        "{'descr': '<f3', 'fortran_order': False, 'shape': (2, 2)}",
        "{'descr': '<f', 'fortran_order': False, 'shape': (2, 2)}",
        "{'descr': '', 'fortran_order': False, 'shape': (2, 2)}",
        "{'descr': '<c8', 'fortran_order': False, 'shape': (2, 2)}",
        "{'descr': '|O', 'fortran_order': False, 'shape': (2, 2)}",
        "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': 4}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (-1, 2)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2, 1)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': "
            "(999999999999999999, 999999999999999999)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': "
            "(4611686018427387905, 1)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), 'x': 1}"
    };

    assert_int_equal(npy_made(&a, "{'descr': '<f4', 'fortran_order': False, "
                                  "'shape': (2, 2), }  \n", 16), 0);
    assert_int_equal(npy_made(&a, "{'shape':(4,),'descr':\"<f4\","
                                  "'fortran_order':True}", 16), 0);
    assert_int_equal(a.rows, 4);
    assert_int_equal(a.columns, 1);

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        why[0] = '\0';

        if (npy_made(&a, bad[i], 16) != -1 || why[0] == '\0') {
            fail_msg("%s", bad[i]);
        }
    }

    assert_int_equal(npy_open(&a, (const uint8_t *) "", 0, why), -1);
    assert_int_equal(npy_open(&a, (const uint8_t *) "\x93NUMPY\1\0\xff\xff{}",
                              12, why), -1);
    assert_int_equal(npy_open(&a, (const uint8_t *) "\x93NUMPY\4\0\0\0{}",
                              12, why), -1);
}


static void
numbers_of_every_kind(void **state)
{
    size_t  i;
    float   v;
    npy_t   a;

    static const struct {
        const char  *descr;
        char         bytes[9];
        float        want;
    } row[] = {
        { "<f4", "\0\0\xc0\x3f", 1.5f },
        { ">f4", "\x3f\xc0\0\0", 1.5f },
        { "<f8", "\0\0\0\0\0\0\xf8\x3f", 1.5f },
        { ">f8", "\xbf\xf8\0\0\0\0\0\0", -1.5f },
        { "<f8", "\x9c\x75\0\x88\x3c\xe4\x37\x7e", INFINITY },
        { "<f2", "\0\x3e", 1.5f },
        { "<f2", "\1\0", 5.9604645e-8f },
        { ">f2", "\xfc\0", -INFINITY },
        { "|i1", "\xff", -1 },
        { "<i2", "\xfe\xff", -2 },
        { ">i4", "\0\0\1\0", 256 },
        { "<i8", "\xfd\xff\xff\xff\xff\xff\xff\xff", -3 },
        { "|u1", "\xff", 255 },
        { "|b1", "\1", 1 }
    };

    for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
        memset(&a, 0, sizeof(a));
        assert_int_equal(npy_descr(&a, row[i].descr, 3, why), 0);
        a.rows = a.columns = 1;
        a.data = (const uint8_t *) row[i].bytes;
        npy_row(&a, 0, &v);

        if (v != row[i].want) {
            fail_msg("%s: %g", row[i].descr, (double) v);
        }
    }
}


static void
ids_of_every_kind(void **state)
{
    char   out[NPY_TEXT_MAX];
    npy_t  a;

    memset(&a, 0, sizeof(a));
    a.rows = 2;
    a.columns = 1;

    a.kind = 'S';
    a.size = 3;
    a.data = (const uint8_t *) "ab\0xyz";
    assert_int_equal(npy_text(&a, 0, out), 2);
    assert_memory_equal(out, "ab", 2);
    assert_int_equal(npy_text(&a, 1, out), 3);
    assert_memory_equal(out, "xyz", 3);

    a.kind = 'U';
    a.size = 8;
    a.data = (const uint8_t *) "\xe9\0\0\0\0\xf6\1\0" "a\0\0\0\0\0\0\0";
    assert_int_equal(npy_text(&a, 0, out), 6);
    assert_memory_equal(out, "\xc3\xa9\xf0\x9f\x98\x80", 6);
    assert_int_equal(npy_text(&a, 1, out), 1);
    a.data = (const uint8_t *) "\0\xd8\0\0\0\0\0\0" "\0\0\x11\0\0\0\0\0";
    assert_int_equal(npy_text(&a, 0, out), -1);
    assert_int_equal(npy_text(&a, 1, out), -1);

    a.kind = 'i';
    a.size = 2;
    a.data = (const uint8_t *) "\xff\xff\x39\x30";
    assert_int_equal(npy_text(&a, 0, out), 2);
    assert_memory_equal(out, "-1", 2);
    assert_int_equal(npy_text(&a, 1, out), 5);
    assert_memory_equal(out, "12345", 5);

    a.kind = 'f';
    assert_int_equal(npy_text(&a, 0, out), -1);
}


/* ---- .npz -------------------------------------------------------------- */

static size_t
put(uint8_t *p, uint64_t v, unsigned n)
{
    unsigned  i;

    for (i = 0; i < n; i++) {
        p[i] = (uint8_t) (v >> 8 * i);
    }

    return n;
}


/* one member, "a.npy", of these bytes, said to be `size` */

static size_t
zip(uint8_t *out, const uint8_t *data, size_t n, unsigned method,
    uint64_t size, uint32_t crc)
{
    size_t  at, dir;

    memset(out, 0, NPZ_LOCAL);
    memcpy(out, "PK\3\4", 4);
    put(out + 26, 5, 2);
    memcpy(out + NPZ_LOCAL, "a.npy", 5);
    at = NPZ_LOCAL + 5;
    memcpy(out + at, data, n);
    at += n;

    dir = at;
    memset(out + at, 0, NPZ_ENTRY);
    memcpy(out + at, "PK\1\2", 4);
    put(out + at + 10, method, 2);
    put(out + at + 16, crc, 4);
    put(out + at + 20, n, 4);
    put(out + at + 24, size, 4);
    put(out + at + 28, 5, 2);
    memcpy(out + at + NPZ_ENTRY, "a.npy", 5);
    at += NPZ_ENTRY + 5;

    memset(out + at, 0, NPZ_END);
    memcpy(out + at, "PK\5\6", 4);
    put(out + at + 10, 1, 2);
    put(out + at + 12, at - dir, 4);
    put(out + at + 16, dir, 4);

    return at + NPZ_END;
}


static void
zips_are_not_believed(void **state)
{
    size_t    n, i;
    uLong     crc;
    uint8_t   out[4096], bent[4096];

    static const char  text[] = "\x93NUMPY\1\0\x39\0{'descr': '|u1', "
        "'fortran_order': False, 'shape': (2, 1)}xx";

    crc = crc32(0, (const Bytef *) text, sizeof(text) - 1);

    n = zip(out, (const uint8_t *) text, sizeof(text) - 1, 0, sizeof(text) - 1,
            (uint32_t) crc);
    assert_int_equal(npz_open(&npz, out, n, why), 0);
    assert_int_equal(npz.n, 1);
    assert_string_equal(npz.member[0].name, "a");
    assert_int_equal(npz.member[0].array.rows, 2);
    npz_close(&npz);

    /* cut off anywhere; any byte another one */

    for (i = 0; i < n; i++) {
        memcpy(bent, out, i);
        (void) npz_open(&npz, bent, i, why);
        npz_close(&npz);
    }

    for (i = 0; i < n; i++) {
        memcpy(bent, out, n);
        bent[i] ^= 0x81;
        (void) npz_open(&npz, bent, n, why);
        npz_close(&npz);
    }

    /* a method nobody knows; a checksum; sizes that can't be */

    n = zip(out, (const uint8_t *) text, sizeof(text) - 1, 12,
            sizeof(text) - 1, (uint32_t) crc);
    assert_int_equal(npz_open(&npz, out, n, why), -1);
    npz_close(&npz);

    n = zip(out, (const uint8_t *) text, sizeof(text) - 1, 0, sizeof(text) - 1,
            1);
    assert_int_equal(npz_open(&npz, out, n, why), -1);
    assert_non_null(strstr(why, "damaged"));
    npz_close(&npz);

    n = zip(out, (const uint8_t *) text, sizeof(text) - 1, 8, 0xfffffff0, 1);
    assert_int_equal(npz_open(&npz, out, n, why), -1);
    assert_non_null(strstr(why, "unpack to more"));
    npz_close(&npz);

    n = zip(out, (const uint8_t *) text, sizeof(text) - 1, 8, 5000, 1);
    assert_int_equal(npz_open(&npz, out, n, why), -1);
    assert_non_null(strstr(why, "damaged"));
    npz_close(&npz);
}


/* ---- as numpy writes them ---------------------------------------------- */

/* a file beside the project, if it is there; terminated */

static char *
shared_read(const char *name, size_t *n)
{
    char        *p, path[1024];
    FILE        *f;
    const char  *folder;

    folder = getenv("XSELL_SHARED");
    snprintf(path, sizeof(path), "%s/%s", folder ? folder : "../shared", name);
    f = fopen(path, "rb");

    if (f == NULL) {
        return NULL;
    }

    p = calloc(1, 1 << 20);
    *n = fread(p, 1, (1 << 20) - 1, f);
    fclose(f);

    return p;
}


/* the best of the file's rows for a question, as the catalogue keeps them */

static void
ask(const npy_t *a, const float *q, uint32_t top[10])
{
    float           score[ROWS], v[WIDE], own;
    uint32_t        i, k, d;
    char            text[ROWS * 64];
    size_t          n;
    xsell_vector_t  x;

    for (n = 0, i = 0; i < ROWS; i++) {
        n += (size_t) sprintf(text + n, "{\"id\":\"%u\",\"title\":\"T\","
                              "\"url\":\"/\"}\n", i);
    }

    build_ok(text);
    assert_int_equal(a->rows, ROWS);
    assert_int_equal(a->columns, WIDE);
    assert_int_equal(xsell_plane_begin(cat, 0, WIDE), XSELL_OK);

    for (i = 0; i < ROWS; i++) {
        npy_row(a, i, v);
        assert_int_equal(xsell_plane_row(cat, 0, i, v), XSELL_OK);
        assert_int_equal(xsell_plane_vector(cat, 0, i, &x), 1);

        for (own = 0, d = 0; d < WIDE; d++) {
            own += q[d] * x.p[d];
        }

        score[i] = own * x.scale;
    }

    for (k = 0; k < 10; k++) {
        for (top[k] = 0, i = 1; i < ROWS; i++) {
            top[k] = score[i] > score[top[k]] ? i : top[k];
        }

        score[top[k]] = -1e9f;
    }
}


static void
as_numpy_writes_them(void **state)
{
    char      *want, *text, *p, *at, name[64];
    float      q[WIDE];
    size_t     i, n, want_n;
    uint32_t   k, top[10];

    static const char *const  file[] = {
        "f4_c.npy", "f4_be.npy", "f4_fortran.npy", "f4_v2.npy", "f4_v3.npy",
        "f2_c.npy", "f8_c.npy", "bundle.npz", "bundle_c.npz"
    };

    want = shared_read("vectors/npy/expected_top10.json", &want_n);

    if (want == NULL) {
        print_message("# no shared vectors\n");
        return;
    }

    p = strchr(want, '[') + 1;

    for (k = 0; k < WIDE; k++) {
        q[k] = strtof(p, &p);
        p += strspn(p, ", ");
    }

    p = strchr(p, '[') + 1;

    for (i = 0; i < sizeof(file) / sizeof(file[0]); i++) {
        n = 0;
        snprintf(name, sizeof(name), "vectors/npy/%s", file[i]);
        text = shared_read(name, &n);
        assert_non_null(text);

        if (npz_open(&npz, (const uint8_t *) text, n, why) != 0) {
            fail_msg("%s: %s", file[i], why);
        }

        ask(&npz.member[0].array, q, top);

        for (at = p, k = 0; k < 10; k++) {
            if (top[k] != strtoul(at, &at, 10)) {
                fail_msg("%s: place %u is %u", file[i], k, top[k]);
            }

            at += strspn(at, ", ");
        }

        npz_close(&npz);
        free(text);
    }

    text = shared_read("vectors/npy/obj.npy", &n);
    assert_int_equal(npz_open(&npz, (const uint8_t *) text, n, why), -1);
    assert_non_null(strstr(why, "pickle"));
    npz_close(&npz);
    free(text);
    free(want);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(headers_are_not_believed),
        cmocka_unit_test(numbers_of_every_kind),
        cmocka_unit_test(ids_of_every_kind),
        cmocka_unit_test(zips_are_not_believed),
        cmocka_unit_test_teardown(as_numpy_writes_them, teardown)
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}

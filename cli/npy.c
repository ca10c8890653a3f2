
/*
 * npy.c: reads an array as numpy saves it: .npy of versions 1 to 3.  Vectors
 * that TensorFlow, PyTorch or a sentence model made, and the ids that they
 * belong to, come in here, alone or as members of an .npz (npz.c).
 *
 * A file is bytes from outside.  Every length is checked against what is
 * there; an array's size is computed without overflow.
 *
 * Arrays of Python objects are pickles, programs that run when they are read:
 * they are refused, as numpy does by default.
 *
 * Source: numpy.lib.format.  Not taken: a parser of Python's literals for the
 * header: three keys are known there, in any order, any other is an error.
 */

#include "npy.h"

#include <math.h>
#include <stdio.h>
#include <string.h>


#define NPY_HEADER_MAX  (64 * 1024)


typedef struct {
    const char  *p;
    const char  *end;
} npy_text_t;


static int npy_header(npy_t *a, npy_text_t t, char why[200]);
static int npy_descr(npy_t *a, const char *p, size_t n, char why[200]);


int
npy_open(npy_t *a, const uint8_t *p, size_t n, char why[200])
{
    size_t      head, len;
    uint64_t    bytes;
    npy_text_t  t;

    memset(a, 0, sizeof(*a));

    if (n < 12 || memcmp(p, "\x93NUMPY", 6) != 0) {
        return npy_fail(why, "this is no .npy of numpy");
    }

    if (p[6] < 1 || p[6] > 3) {
        return npy_fail(why, "a version of .npy that is not known (1, 2 and 3 "
                        "are)");
    }

    head = p[6] == 1 ? 10 : 12;
    len = p[6] == 1 ? npy_le(p + 8, 2) : npy_le(p + 8, 4);

    if (len > NPY_HEADER_MAX || len > n - head) {
        return npy_fail(why, "the .npy's header is cut off or too long");
    }

    t.p = (const char *) p + head;
    t.end = t.p + len;

    if (npy_header(a, t, why) != 0) {
        return -1;
    }

    a->data = p + head + len;

    if (__builtin_mul_overflow(a->rows, a->columns, &bytes)
        || __builtin_mul_overflow(bytes, (uint64_t) a->size, &bytes)
        || bytes > n - head - len)
    {
        return npy_fail(why, "the array is cut off: there are fewer bytes than "
                        "its shape needs");
    }

    return 0;
}


static void
npy_space(npy_text_t *t)
{
    while (t->p < t->end && strchr(" \t\r\n", *t->p) && *t->p) {
        t->p++;
    }
}


static int
npy_sign(npy_text_t *t, char c)
{
    npy_space(t);

    if (t->p == t->end || *t->p != c) {
        return 0;
    }

    t->p++;

    return 1;
}


/* a text in quotes, without escapes, as these are written */

static int
npy_quoted(npy_text_t *t, const char **p, size_t *n)
{
    char         quote;
    const char  *end;

    npy_space(t);

    if (t->p == t->end || (*t->p != '\'' && *t->p != '"')) {
        return 0;
    }

    quote = *t->p++;
    end = memchr(t->p, quote, (size_t) (t->end - t->p));

    if (end == NULL) {
        return 0;
    }

    *p = t->p;
    *n = (size_t) (end - t->p);
    t->p = end + 1;

    return 1;
}


static int
npy_word(npy_text_t *t, const char *word)
{
    size_t  n;

    npy_space(t);
    n = strlen(word);

    if ((size_t) (t->end - t->p) < n || memcmp(t->p, word, n) != 0) {
        return 0;
    }

    t->p += n;

    return 1;
}


/* (), (5,), (5, 3): 1 if it is one of these */

static int
npy_shape(npy_t *a, npy_text_t *t)
{
    int       digits;
    uint64_t  v, *to;

    a->dims = 0;
    a->rows = 1;
    a->columns = 1;

    if (!npy_sign(t, '(')) {
        return 0;
    }

    while (!npy_sign(t, ')')) {

        npy_space(t);

        for (v = 0, digits = 0;
             t->p < t->end && *t->p >= '0' && *t->p <= '9' && digits < 18;
             digits++)
        {
            v = v * 10 + (uint64_t) (*t->p++ - '0');
        }

        if (digits == 0) {
            return 0;
        }

        to = a->dims == 0 ? &a->rows : &a->columns;

        /* a third one: the array is refused, but has to be read */

        if (__builtin_mul_overflow(a->dims < 2 ? 1 : *to, v, to)) {
            return 0;
        }

        a->dims++;

        if (!npy_sign(t, ',')) {
            return npy_sign(t, ')');
        }
    }

    return 1;
}


/* {'descr': '<f4', 'fortran_order': False, 'shape': (50, 16), } */

static int
npy_header(npy_t *a, npy_text_t t, char why[200])
{
    size_t        n, key_n;
    unsigned      seen;
    const char   *key, *p;

    seen = 0;

    if (!npy_sign(&t, '{')) {
        return npy_fail(why, "the .npy's header is no dictionary");
    }

    while (!npy_sign(&t, '}')) {

        if (!npy_quoted(&t, &key, &key_n) || !npy_sign(&t, ':')) {
            return npy_fail(why, "the .npy's header is broken");
        }

        if (key_n == 5 && memcmp(key, "descr", 5) == 0) {

            npy_space(&t);

            if (t.p < t.end && *t.p == '[') {
                return npy_fail(why, "an array of records: save the vectors "
                                "alone");
            }

            if (!npy_quoted(&t, &p, &n)) {
                return npy_fail(why, "the .npy's header is broken");
            }

            if (npy_descr(a, p, n, why) != 0) {
                return -1;
            }

            seen |= 1;

        } else if (key_n == 13 && memcmp(key, "fortran_order", 13) == 0) {
            a->fortran = npy_word(&t, "True");

            if (!a->fortran && !npy_word(&t, "False")) {
                return npy_fail(why, "the .npy's header is broken");
            }

            seen |= 2;

        } else if (key_n == 5 && memcmp(key, "shape", 5) == 0) {

            if (!npy_shape(a, &t)) {
                return npy_fail(why, "the .npy's shape is broken");
            }

            seen |= 4;

        } else {
            return npy_fail(why, "the .npy's header has a key that is not "
                            "known");
        }

        if (!npy_sign(&t, ',')) {

            if (!npy_sign(&t, '}')) {
                return npy_fail(why, "the .npy's header is broken");
            }

            break;
        }
    }

    if (seen != 7) {
        return npy_fail(why, "the .npy's header lacks a key");
    }

    if (a->dims > 2) {
        return npy_fail(why, "the array has more than two dimensions");
    }

    return 0;
}


static int
npy_descr(npy_t *a, const char *p, size_t n, char why[200])
{
    size_t    i;
    uint32_t  size;

    if (n && memchr("<>|=", p[0], 4)) {
        a->big = p[0] == '>';
        p++;
        n--;
    }

    if (n && p[0] == 'O') {
        return npy_fail(why, "an array of Python objects (a pickle), which is "
                        "a program: refused; save it with "
                        ".astype(\"float32\"), ids with .astype(str)");
    }

    for (size = 0, i = 1; i < n && i < 8 && p[i] >= '0' && p[i] <= '9'; i++) {
        size = size * 10 + (uint32_t) (p[i] - '0');
    }

    if (n < 2 || i != n) {
        return npy_fail(why, "a type of numbers that is not known");
    }

    a->kind = p[0];
    a->size = size;

    switch (p[0]) {

    case 'f':
        if (size == 2 || size == 4 || size == 8) {
            return 0;
        }

        break;

    case 'i':
    case 'u':
        if (size == 1 || size == 2 || size == 4 || size == 8) {
            return 0;
        }

        break;

    case 'b':
        if (size == 1) {
            return 0;
        }

        break;

    case 'S':
    case 'a':
        a->kind = 'S';

        if (size) {
            return 0;
        }

        break;

    case 'U':
        a->size = size * 4;

        if (size) {
            return 0;
        }

        break;
    }

    return npy_fail(why, "a type of numbers that is not read: save it with "
                    ".astype(\"float32\")");
}


/* ---- elements ---------------------------------------------------------- */

static uint64_t
npy_bits(const npy_t *a, const uint8_t *p, uint32_t size)
{
    uint32_t  i;
    uint64_t  v;

    for (v = 0, i = 0; i < size; i++) {
        v = v << 8 | p[a->big ? i : size - 1 - i];
    }

    return v;
}


static float
npy_half(uint32_t bits)
{
    float     v;
    uint32_t  exponent, fraction;

    exponent = bits >> 10 & 31;
    fraction = bits & 1023;

    if (exponent == 0) {
        v = ldexpf((float) fraction, -24);

    } else if (exponent == 31) {
        v = fraction ? NAN : INFINITY;

    } else {
        v = ldexpf((float) (fraction | 1024), (int) exponent - 25);
    }

    return bits & 0x8000 ? -v : v;
}


static float
npy_number(const npy_t *a, const uint8_t *p)
{
    float     f;
    double    d;
    uint32_t  word;
    uint64_t  bits;

    bits = npy_bits(a, p, a->size);

    if (a->kind == 'u' || a->kind == 'b') {
        return (float) bits;
    }

    if (a->kind == 'i') {

        /* the sign to the top and down again */

        bits <<= 64 - 8 * a->size;
        return (float) ((int64_t) bits >> (64 - 8 * a->size));
    }

    switch (a->size) {

    case 2:
        return npy_half((uint32_t) bits);

    case 4:
        word = (uint32_t) bits;
        memcpy(&f, &word, sizeof(f));
        return f;

    default:
        memcpy(&d, &bits, sizeof(d));

        /* too large for a float is infinite here: it is refused later */
        return d > 3.4e38 ? INFINITY : d < -3.4e38 ? -INFINITY : (float) d;
    }
}


static const uint8_t *
npy_at(const npy_t *a, uint64_t row, uint64_t column)
{
    return a->data + (a->fortran ? column * a->rows + row
                                 : row * a->columns + column) * a->size;
}


void
npy_row(const npy_t *a, uint64_t row, float *out)
{
    uint64_t  i;

    for (i = 0; i < a->columns; i++) {
        out[i] = npy_number(a, npy_at(a, row, i));
    }
}


/* UTF-32, zeros at the end, to UTF-8 */

static int
npy_unicode(const npy_t *a, const uint8_t *p, char out[NPY_TEXT_MAX])
{
    int       n;
    uint32_t  i, c;

    for (n = 0, i = 0; i < a->size; i += 4) {
        c = (uint32_t) npy_bits(a, p + i, 4);

        if (c == 0) {
            break;
        }

        if (c > 0x10ffff || (c >= 0xd800 && c < 0xe000)
            || n > NPY_TEXT_MAX - 4)
        {
            return -1;
        }

        if (c < 0x80) {
            out[n++] = (char) c;

        } else if (c < 0x800) {
            out[n++] = (char) (0xc0 | c >> 6);
            out[n++] = (char) (0x80 | (c & 63));

        } else if (c < 0x10000) {
            out[n++] = (char) (0xe0 | c >> 12);
            out[n++] = (char) (0x80 | (c >> 6 & 63));
            out[n++] = (char) (0x80 | (c & 63));

        } else {
            out[n++] = (char) (0xf0 | c >> 18);
            out[n++] = (char) (0x80 | (c >> 12 & 63));
            out[n++] = (char) (0x80 | (c >> 6 & 63));
            out[n++] = (char) (0x80 | (c & 63));
        }
    }

    return n;
}


int
npy_text(const npy_t *a, uint64_t row, char out[NPY_TEXT_MAX])
{
    size_t          n;
    uint64_t        bits;
    const uint8_t  *p;

    if (a->columns == 0) {
        return -1;
    }

    p = npy_at(a, row, 0);

    switch (a->kind) {

    case 'U':
        return npy_unicode(a, p, out);

    case 'S':
        for (n = 0; n < a->size && p[n]; n++) { /* void */ }

        if (n > NPY_TEXT_MAX) {
            return -1;
        }

        memcpy(out, p, n);
        return (int) n;

    case 'u':
        return snprintf(out, NPY_TEXT_MAX, "%llu",
                        (unsigned long long) npy_bits(a, p, a->size));

    case 'i':
        bits = npy_bits(a, p, a->size) << (64 - 8 * a->size);
        return snprintf(out, NPY_TEXT_MAX, "%lld",
                        (long long) ((int64_t) bits >> (64 - 8 * a->size)));
    }

    return -1;
}

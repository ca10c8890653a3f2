
/*
 * npz.c: arrays of numpy in one file: an .npz is a zip of .npy, its members
 * stored or deflated.  Each is unpacked and given to npy_open (npy.c).
 *
 * Bytes from outside: every length is checked against what is there; a member
 * is unpacked into as much as its directory says, which has to be what deflate
 * can make of its bytes (1,032 times) and, with the others, at most
 * NPY_UNPACK_MAX.
 *
 * Source: PKWARE's APPNOTE (zip, zip64).  Not taken: the local headers as a
 * directory: what a reader that starts at the end sees is what counts.
 */

#include "npy.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>


#define NPZ_END         22              /* of the directory's end record */
#define NPZ_ENTRY       46
#define NPZ_LOCAL       30
#define NPZ_DEFLATE     1032            /* at most so many bytes of one */


typedef struct {
    unsigned             method;
    uint32_t             crc;
    uint64_t             packed;
    uint64_t             size;
    uint64_t             off;           /* of the local header */
} npz_entry_t;


/* zip64: what does not fit into 32 bits stands in an extra field, in order */

static int
npz_large(npz_entry_t *e, const uint8_t *p, size_t n)
{
    size_t     len, at;
    unsigned   i;
    uint64_t  *field[3];

    field[0] = &e->size;
    field[1] = &e->packed;
    field[2] = &e->off;

    while (n >= 4) {
        len = npy_le(p + 2, 2);

        if (len > n - 4) {
            return -1;
        }

        if (npy_le(p, 2) == 1) {

            for (at = 4, i = 0; i < 3; i++) {

                if (*field[i] != 0xffffffffu) {
                    continue;
                }

                if (at + 8 > 4 + len) {
                    return -1;
                }

                *field[i] = npy_le64(p + at);
                at += 8;
            }

            return 0;
        }

        p += 4 + len;
        n -= 4 + len;
    }

    return 0;
}


static int
npz_unpack(npz_member_t *m, const npz_entry_t *e, const uint8_t *p,
    char why[200])
{
    int       rc;
    z_stream  z;
    uint64_t  in, out, step;

    m->unpacked = malloc(e->size ? e->size : 1);

    if (m->unpacked == NULL) {
        return npy_fail(why, "not enough memory");
    }

    memset(&z, 0, sizeof(z));

    if (inflateInit2(&z, -MAX_WBITS) != Z_OK) {
        return npy_fail(why, "not enough memory");
    }

    rc = Z_OK;

    for (in = out = 0; rc == Z_OK; ) {
        step = e->packed - in < 1u << 30 ? e->packed - in : 1u << 30;
        z.next_in = (Bytef *) (uintptr_t) (p + in);
        z.avail_in = (uInt) step;
        in += step;

        step = e->size - out < 1u << 30 ? e->size - out : 1u << 30;
        z.next_out = m->unpacked + out;
        z.avail_out = (uInt) step;

        rc = inflate(&z, Z_NO_FLUSH);

        in -= z.avail_in;
        out += step - z.avail_out;

        /* no room or no bytes left, and no end: Z_BUF_ERROR */
    }

    (void) inflateEnd(&z);

    if (rc != Z_STREAM_END || out != e->size) {
        return npy_fail(why, "a member of the .npz is damaged");
    }

    return 0;
}


static uint32_t
npz_crc(const uint8_t *p, uint64_t n)
{
    uLong     crc;
    uint64_t  step;

    for (crc = crc32(0, NULL, 0); n; n -= step, p += step) {
        step = n < 1u << 30 ? n : 1u << 30;
        crc = crc32(crc, p, (uInt) step);
    }

    return (uint32_t) crc;
}


static int
npz_member(npz_t *z, const npz_entry_t *e, const uint8_t *p, size_t n,
    const uint8_t *name, size_t name_n, char why[200])
{
    size_t          skip;
    npz_member_t   *m;
    const uint8_t  *data;

    if (z->n == NPY_MEMBERS) {
        return npy_fail(why, "more arrays in the .npz than 16");
    }

    if (name_n < 4 || memcmp(name + name_n - 4, ".npy", 4) != 0
        || name_n - 4 >= NPY_NAME_MAX)
    {
        return npy_fail(why, "something in the .npz is no .npy");
    }

    if (e->off > n || n - e->off < NPZ_LOCAL
        || memcmp(p + e->off, "PK\3\4", 4) != 0)
    {
        return npy_fail(why, "the .npz's directory is wrong");
    }

    skip = NPZ_LOCAL + npy_le(p + e->off + 26, 2) + npy_le(p + e->off + 28, 2);

    if (skip > n - e->off || e->packed > n - e->off - skip) {
        return npy_fail(why, "the .npz is cut off");
    }

    m = &z->member[z->n++];
    memset(m, 0, sizeof(*m));
    memcpy(m->name, name, name_n - 4);
    data = p + e->off + skip;

    if (e->method == 8) {

        if (npz_unpack(m, e, data, why) != 0) {
            return -1;
        }

        data = m->unpacked;

    } else if (e->method != 0 || e->packed != e->size) {
        return npy_fail(why, "a member of the .npz is packed in a way that is "
                        "not known");
    }

    if (npz_crc(data, e->size) != e->crc) {
        return npy_fail(why, "a member of the .npz is damaged");
    }

    return npy_open(&m->array, data, e->size, why);
}


/* where the directory is: its end record is last but for a comment */

static int
npz_directory(const uint8_t *p, size_t n, uint64_t *at, uint64_t *entries)
{
    size_t          back;
    uint64_t        end;
    const uint8_t  *e;

    for (back = NPZ_END; back <= n && back <= NPZ_END + 65535; back++) {
        e = p + n - back;

        if (memcmp(e, "PK\5\6", 4) != 0) {
            continue;
        }

        *entries = npy_le(e + 10, 2);
        *at = npy_le(e + 16, 4);

        /* zip64: a locator is before it, and says where another one is */

        if ((*entries == 0xffff || *at == 0xffffffffu) && n - back >= 20
            && memcmp(e - 20, "PK\6\7", 4) == 0)
        {
            end = npy_le64(e - 20 + 8);

            if (end > n || n - end < 56
                || memcmp(p + end, "PK\6\6", 4) != 0)
            {
                return -1;
            }

            *entries = npy_le64(p + end + 32);
            *at = npy_le64(p + end + 48);
        }

        return *at <= n ? 0 : -1;
    }

    return -1;
}


int
npz_open(npz_t *z, const uint8_t *p, size_t n, char why[200])
{
    size_t          name_n, extra_n, len;
    uint64_t        at, entries, total;
    npz_entry_t     e;
    const uint8_t  *d;

    memset(z, 0, sizeof(*z));

    if (n < 4 || memcmp(p, "PK", 2) != 0) {
        z->n = 1;
        return npy_open(&z->member[0].array, p, n, why);
    }

    if (npz_directory(p, n, &at, &entries) != 0) {
        return npy_fail(why, "the .npz is cut off: it has no directory");
    }

    for (total = 0; entries; entries--, at += len) {
        d = p + at;

        if (n - at < NPZ_ENTRY || memcmp(d, "PK\1\2", 4) != 0) {
            return npy_fail(why, "the .npz's directory is wrong");
        }

        name_n = npy_le(d + 28, 2);
        extra_n = npy_le(d + 30, 2);
        len = NPZ_ENTRY + name_n + extra_n + npy_le(d + 32, 2);

        if (len > n - at) {
            return npy_fail(why, "the .npz's directory is wrong");
        }

        e.method = npy_le(d + 10, 2);
        e.crc = npy_le(d + 16, 4);
        e.packed = npy_le(d + 20, 4);
        e.size = npy_le(d + 24, 4);
        e.off = npy_le(d + 42, 4);

        if (npz_large(&e, d + NPZ_ENTRY + name_n, extra_n) != 0) {
            return npy_fail(why, "the .npz's directory is wrong");
        }

        if (e.packed > n || e.size / NPZ_DEFLATE > e.packed
            || e.size > NPY_UNPACK_MAX - total)
        {
            return npy_fail(why, "the .npz would unpack to more than can be: "
                            "refused");
        }

        total += e.size;

        if (npz_member(z, &e, p, n, d + NPZ_ENTRY, name_n, why) != 0) {
            return -1;
        }
    }

    return z->n ? 0 : npy_fail(why, "the .npz is empty");
}


void
npz_close(npz_t *z)
{
    unsigned  i;

    for (i = 0; i < z->n; i++) {
        free(z->member[i].unpacked);
    }

    memset(z, 0, sizeof(*z));
}

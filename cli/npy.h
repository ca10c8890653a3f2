
/*
 * npy.h: arrays as numpy saves them (cli/npy.c, cli/npz.c).
 */

#ifndef NPY_H
#define NPY_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>


#define NPY_MEMBERS    16               /* arrays of an .npz that are kept */
#define NPY_NAME_MAX   64
#define NPY_TEXT_MAX   512              /* bytes of an id */

/* what an .npz may unpack to, all of it */
#define NPY_UNPACK_MAX  (4096ull * 1024 * 1024)


typedef struct {
    char                 kind;          /* f, i, u, b, S, U */
    uint32_t             size;          /* bytes of an element */
    int                  big;           /* the machine's opposite: big-endian */
    int                  fortran;       /* columns lie together, not rows */
    unsigned             dims;          /* 0, 1, 2 */
    uint64_t             rows;
    uint64_t             columns;       /* 1 unless dims is 2 */
    const uint8_t       *data;          /* rows x columns x size bytes */
} npy_t;


typedef struct {
    char                 name[NPY_NAME_MAX];    /* without ".npy" */
    npy_t                array;
    uint8_t             *unpacked;      /* or NULL: a view */
} npz_member_t;


typedef struct {
    npz_member_t         member[NPY_MEMBERS];
    unsigned             n;
} npz_t;


/* 0, or -1 with a sentence in why[200] */
int npy_open(npy_t *a, const uint8_t *p, size_t n, char why[200]);

/* all arrays of a zip file of them, or of one .npy (named ""); members that
   are no arrays are an error.  p is kept.  close also after -1. */
int npz_open(npz_t *z, const uint8_t *p, size_t n, char why[200]);
void npz_close(npz_t *z);

/* a row of numbers; of kinds f, i, u, b */
void npy_row(const npy_t *a, uint64_t row, float *out);

/* element of a single column as text (not terminated), or -1: it is longer
   than NPY_TEXT_MAX, not UTF-8, or of a kind that is no id */
int npy_text(const npy_t *a, uint64_t row, char out[NPY_TEXT_MAX]);


/* ---- of both files ---------------------------------------------------- */

static inline int
npy_fail(char why[200], const char *text)
{
    snprintf(why, 200, "%s", text);

    return -1;
}


static inline uint32_t
npy_le(const uint8_t *p, unsigned n)
{
    uint32_t  v;

    for (v = 0; n; n--) {
        v = v << 8 | p[n - 1];
    }

    return v;
}


static inline uint64_t
npy_le64(const uint8_t *p)
{
    return npy_le(p, 4) | (uint64_t) npy_le(p + 4, 4) << 32;
}


#endif

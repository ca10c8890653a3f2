
/*
 * fuzz_npy.c: arrays of numpy from outside.
 *
 * Properties: a file is refused with a sentence, or gives arrays all of whose
 * elements can be read as numbers or ids without reading outside of it.
 */

#include "../../cli/npy.c"
#include "../../cli/npz.c"

#include <stdlib.h>


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);


static void
fuzz_array(const npy_t *a)
{
    int       len;
    char      id[NPY_TEXT_MAX];
    float    *v;
    uint64_t  i, k;

    if (a->columns > 4096) {
        return;
    }

    v = malloc((a->columns + 1) * sizeof(float));

    for (i = 0; i < a->rows && i < 4096; i++) {

        /* from both ends */

        k = i % 2 ? a->rows - 1 - i / 2 : i / 2;
        len = npy_text(a, k, id);

        if (len > NPY_TEXT_MAX) {
            abort();
        }

        if (a->kind != 'S' && a->kind != 'U') {
            npy_row(a, k, v);
        }
    }

    free(v);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    char      why[200];
    unsigned  i;

    static npz_t  z;

    why[0] = '\0';

    if (npz_open(&z, data, n, why) != 0) {

        if (why[0] == '\0') {
            abort();
        }

    } else {
        for (i = 0; i < z.n; i++) {
            fuzz_array(&z.member[i].array);
        }
    }

    npz_close(&z);

    return 0;
}

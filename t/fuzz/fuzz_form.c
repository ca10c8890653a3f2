
/*
 * fuzz_form.c: what a form of an event says: a body of JSON in which fields
 * are looked up, and a value as an amount of money.
 *
 * The input is a field's name up to a line feed, and then the body.
 * Properties: nothing is read past the end (the body is memory of its own); a
 * value lies within its room, and is the same in a room that just fits it.
 */

#include "xsell.h"

#include <stdlib.h>
#include <string.h>


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);


static void
want(int ok)
{
    if (!ok) {
        abort();
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    char     key[64], out[512], *body, *tight;
    size_t   key_n, len, again;
    int64_t  price;

    for (key_n = 0; key_n < n && data[key_n] != '\n'; key_n++) { /* void */ }

    if (key_n == n || key_n >= sizeof(key)) {
        return 0;
    }

    memcpy(key, data, key_n);
    key[key_n] = '\0';

    n -= key_n + 1;
    body = malloc(n ? n : 1);
    want(body != NULL);
    memcpy(body, &data[key_n + 1], n);

    if (xsell_json_field(body, n, key, out, sizeof(out), &len) == XSELL_OK) {
        want(len <= sizeof(out));

        tight = malloc(len ? len : 1);
        want(tight != NULL);

        want(xsell_json_field(body, n, key, tight, len, &again) == XSELL_OK
             && again == len && memcmp(tight, out, len) == 0);

        free(tight);
        (void) xsell_price_parse(out, len, 2, &price);
    }

    (void) xsell_price_parse(body, n, key_n % 4, &price);
    free(body);

    return 0;
}

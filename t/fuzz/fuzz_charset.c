
/*
 * fuzz_charset.c: any bytes as the name of a charset, as the beginning of a
 * page in pieces (the first byte seeds their sizes), and as a fragment.
 *
 * Properties: nothing is read or written past the end; a page is judged the
 * same however it is cut; a fragment becomes ASCII, within its bound, in any
 * room the same, and what is ASCII already stays as it is.
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


static int
look(const uint8_t *p, size_t n, unsigned seed, int declared)
{
    int            rc;
    size_t         i, k;
    uint8_t       *piece;
    xsell_sniff_t  s;

    xsell_sniff_init(&s, declared);
    rc = XSELL_AGAIN;

    for (i = 0; i < n && rc == XSELL_AGAIN; i += k) {
        k = n - i;

        if (seed) {
            seed = seed * 1103515245 + 12345;
            k = 1 + (seed >> 16) % 40;
            k = k < n - i ? k : n - i;
        }

        /* memory of its own, so that its ends are seen */
        piece = malloc(k);
        want(piece != NULL);
        memcpy(piece, p + i, k);
        rc = xsell_sniff_feed(&s, piece, k);
        free(piece);
    }

    return rc;
}


static void
write_ascii(xsell_str_t html, int raw)
{
    char        *out, *again;
    size_t       len, k;
    xsell_str_t  text;

    out = malloc(XSELL_ASCII_MAX(html.n) + 1);
    again = malloc(XSELL_ASCII_MAX(html.n) + 1);
    want(out != NULL && again != NULL);

    len = xsell_ascii_write(out, XSELL_ASCII_MAX(html.n), html, raw);
    want(len <= XSELL_ASCII_MAX(html.n));

    text.p = out;
    text.n = len;
    want(xsell_ascii_n(text) == len);

    if (xsell_ascii_n(html) == html.n) {
        want(len == html.n && memcmp(out, html.p, len) == 0);
    }

    want(xsell_ascii_write(again, len, text, raw) == len);
    want(memcmp(out, again, len) == 0);

    for (k = 0; k < len; k += 1 + len / 3) {
        again[k] = 0x7e;
        want(xsell_ascii_write(again, k, html, raw) == len);
        want(again[k] == 0x7e);
    }

    free(out);
    free(again);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    int          declared;
    unsigned     seed;
    xsell_str_t  text;

    if (n == 0 || n > 8192) {
        return 0;
    }

    seed = data[0];
    declared = seed & 1;
    data++;
    n--;

    text.p = (const char *) data;
    text.n = n;

    want(xsell_charset(text) <= XSELL_CHARSET_FOREIGN);

    /* UTF-16 without a mark is seen only if its first two bytes come as one */

    if (n < 2 || data[1] != 0) {
        want(look(data, n, seed, declared) == look(data, n, 0, declared));
    }

    write_ascii(text, 1);
    write_ascii(text, 0);

    return 0;
}

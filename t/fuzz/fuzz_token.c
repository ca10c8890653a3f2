
/*
 * fuzz_token.c: a cookie, a link token and a secret file from outside.
 *
 * Properties: nothing is read past its length; what is accepted is spelled
 * exactly as it would have been written; a value made from the input reads
 * back, and not after one of its bits was turned.
 */

#include "xsell.h"

#include <stdlib.h>
#include <string.h>


#define WALL  1700000000u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);


static void
want(int ok)
{
    if (!ok) {
        abort();
    }
}


static void
fuzz_read(const xsell_keys_t *keys, const char *p, size_t n)
{
    char             out[64];
    xsell_str_t      path;
    xsell_link_t     link;
    xsell_visitor_t  v;

    if (xsell_cookie_read(keys, p, n, WALL, &v) == XSELL_OK) {
        xsell_cookie_write(keys, &v, out);
        want(n == XSELL_COOKIE_LEN && memcmp(out, p, n) == 0);
    }

    path.p = p;
    path.n = n;

    if (xsell_token_read(keys, p, n, &v, path, &link) == XSELL_OK) {
        xsell_token_write(keys, &link, &v, path, out);
        want(n == XSELL_TOKEN_LEN && memcmp(out, p, n) == 0);
    }
}


static void
fuzz_turn(const xsell_keys_t *keys, const uint8_t *data, size_t n)
{
    char             cookie[XSELL_COOKIE_LEN], token[XSELL_TOKEN_LEN];
    xsell_str_t      path;
    xsell_link_t     link, l;
    xsell_visitor_t  v, w;

    if (n < 40) {
        return;
    }

    memcpy(v.id, data, 16);
    memcpy(&v.issued, data + 16, 4);
    memcpy(&link.impression, data + 20, 8);
    memcpy(&link.epoch, data + 28, 4);
    memcpy(&link.item, data + 32, 4);
    link.impression &= 0xffffffffffull;
    link.position = data[36];

    path.p = (const char *) data + 40;
    path.n = n - 40;

    xsell_cookie_write(keys, &v, cookie);
    xsell_token_write(keys, &link, &v, path, token);

    want(xsell_cookie_read(keys, cookie, sizeof(cookie), v.issued, &w)
         == XSELL_OK && memcmp(w.id, v.id, 16) == 0);
    want(xsell_token_read(keys, token, sizeof(token), &v, path, &l)
         == XSELL_OK && l.impression == link.impression
         && l.epoch == link.epoch && l.item == link.item
         && l.position == link.position);

    cookie[data[37] % sizeof(cookie)] ^= (char) (1 << (data[38] & 7));
    token[data[37] % sizeof(token)] ^= (char) (1 << (data[38] & 7));

    want(xsell_cookie_read(keys, cookie, sizeof(cookie), v.issued, &w) < 0);
    want(xsell_token_read(keys, token, sizeof(token), &v, path, &l) < 0);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    xsell_str_t           shop;
    xsell_keys_t         *k;
    xsell_error_t         err;
    static xsell_keys_t  *keys;

    shop.p = "prints";
    shop.n = 6;

    if (keys == NULL) {
        want(xsell_keys_create(&keys, NULL, 0,
                               (const uint8_t *)
                               "a fuzzer's secret of 32 bytes...", shop, &err)
             == XSELL_OK);
    }

    fuzz_read(keys, (const char *) data, n);
    fuzz_turn(keys, data, n);

    err.text[0] = '\0';

    if (xsell_keys_create(&k, (const char *) data, n, NULL, shop, &err)
        == XSELL_OK)
    {
        xsell_keys_destroy(k);

    } else {
        want(k == NULL && err.line >= 1 && err.line <= 3 && err.text[0]);
    }

    return 0;
}

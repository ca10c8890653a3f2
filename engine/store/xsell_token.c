
/*
 * xsell_token.c: what leaves the edge and must come back unchanged: the
 * visitor's cookie and the token in a fragment's links; and the keyed hashes
 * that need no way back: the alias in the event log and the holdout.
 *
 * The session stage reads and writes the cookie, render writes link tokens,
 * the POST_READ phase reads them.  A secret never signs anything itself: HKDF
 * (RFC 5869) makes a key per secret, shop and purpose, so a link token can't
 * be passed off as a cookie, nor one shop's cookie as another's.
 *
 * Cookies carry HMAC-SHA256 cut to 15 bytes.  One-shot HMAC costs 1,271 ns,
 * nearly all of it fetching and keying; a context that is kept keyed and
 * started again takes 240, which a processor without instructions for SHA
 * makes 2,000.  Most pages of a visit bring the cookie of the page before, so
 * cookies that were good are remembered, each process for itself.  Links carry SipHash-2-4: a page has dozens of
 * them, they are short-lived, and 64 bits that can be tried only on-line are
 * enough.  The path is hashed by a key of its own and its hash is part of the
 * MAC's input, so that no length of path needs a buffer.  The tokens of a
 * fragment are made together (xsell_token_wide.c has the lanes for it).
 *
 * Invariants: one spelling per value (length, alphabet and unused bits are
 * checked); compares are constant-time; the keys are read-only after create
 * but for the MAC contexts, which hold no state between two calls, and the
 * memory of cookies, so a worker may go on with those that its master made,
 * one thread a process.
 *
 * Not taken: encrypting the cookie (its id is random and says nothing), and
 * a key number that counts lines of the file: with a new secret put in front
 * all tokens of the old one would name the wrong line.  Four bits derived
 * from the secret say which of the two to try first.
 */

#include "../xsell.h"
#include "xsell_sip.h"
#include "xsell_token_wide.h"

#include <endian.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>


#define XSELL_SECRETS          2
#define XSELL_TOKEN_VERSION    1

#define XSELL_SHOP_MAX         255      /* libcrypto takes 1024 of info */
#define XSELL_INFO_MAX         (XSELL_SHOP_MAX + 32)

#define XSELL_COOKIE_SIGNED    21       /* head, id, issued */
#define XSELL_COOKIE_MAC       15
#define XSELL_COOKIE_BYTES     (XSELL_COOKIE_SIGNED + XSELL_COOKIE_MAC)
#define XSELL_LINK_SIGNED      15       /* head, epoch, impression, position,
                                           item */
#define XSELL_LINK_MAC         8
#define XSELL_LINK_BYTES       (XSELL_LINK_SIGNED + XSELL_LINK_MAC)

#define XSELL_COOKIE_AHEAD_S   (24 * 3600)
#define XSELL_COOKIE_MEMO      1024     /* cookies; power of two */

_Static_assert(XSELL_COOKIE_LEN == (XSELL_COOKIE_BYTES * 8 + 5) / 6, "cookie");
_Static_assert(XSELL_TOKEN_LEN == (XSELL_LINK_BYTES * 8 + 5) / 6, "token");


/* the subkeys of one secret; those of later purposes are part of the frame:
   a purpose once used never changes its meaning */

typedef struct {
    EVP_MAC_CTX         *cookie_mac;    /* keyed with cookie */
    uint8_t              cookie[32];
    uint8_t              link[16];
    uint8_t              path[16];
    uint8_t              alias[16];
    uint8_t              holdout[16];
    uint8_t              rating[32];
    uint8_t              preview[32];
    uint8_t              server[32];
    uint8_t              head[1];       /* low 4 bits go into tokens */
} xsell_subkeys_t;


/* a cookie that was good, as it was sent: whole, for the MAC is the proof */

typedef struct {
    uint64_t             text[XSELL_COOKIE_LEN / 8];
    xsell_visitor_t      visitor;
} xsell_cookie_memo_t;

_Static_assert(XSELL_COOKIE_LEN % 8 == 0, "words of a cookie");


struct xsell_keys_s {
    xsell_cookie_memo_t *memo;          /* or NULL */
    unsigned             n;             /* secrets, 1 or 2; [0] signs */
    xsell_subkeys_t      sub[XSELL_SECRETS];
};


static const struct {
    const char          *purpose;
    size_t               off;
    size_t               bytes;
} xsell_purposes[] = {
#define xsell_purpose(name, field)                                            \
    { name, offsetof(xsell_subkeys_t, field),                                 \
      sizeof(((xsell_subkeys_t *) 0)->field) }

    xsell_purpose("cookie", cookie),
    xsell_purpose("link", link),
    xsell_purpose("path", path),
    xsell_purpose("alias", alias),
    xsell_purpose("holdout", holdout),
    xsell_purpose("rating", rating),
    xsell_purpose("preview", preview),
    xsell_purpose("server", server),
    xsell_purpose("fingerprint", head)

#undef xsell_purpose
};


/* ---- base64url, fixed lengths, no padding (RFC 4648, section 5) ------- */

static const char  xsell_b64[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* value + 1, so that what is not named is 0: not of the alphabet */

static const uint8_t  xsell_unb64[256] = {
    ['A'] = 1,   ['B'] = 2,   ['C'] = 3,   ['D'] = 4,   ['E'] = 5,
    ['F'] = 6,   ['G'] = 7,   ['H'] = 8,   ['I'] = 9,   ['J'] = 10,
    ['K'] = 11,  ['L'] = 12,  ['M'] = 13,  ['N'] = 14,  ['O'] = 15,
    ['P'] = 16,  ['Q'] = 17,  ['R'] = 18,  ['S'] = 19,  ['T'] = 20,
    ['U'] = 21,  ['V'] = 22,  ['W'] = 23,  ['X'] = 24,  ['Y'] = 25,
    ['Z'] = 26,  ['a'] = 27,  ['b'] = 28,  ['c'] = 29,  ['d'] = 30,
    ['e'] = 31,  ['f'] = 32,  ['g'] = 33,  ['h'] = 34,  ['i'] = 35,
    ['j'] = 36,  ['k'] = 37,  ['l'] = 38,  ['m'] = 39,  ['n'] = 40,
    ['o'] = 41,  ['p'] = 42,  ['q'] = 43,  ['r'] = 44,  ['s'] = 45,
    ['t'] = 46,  ['u'] = 47,  ['v'] = 48,  ['w'] = 49,  ['x'] = 50,
    ['y'] = 51,  ['z'] = 52,  ['0'] = 53,  ['1'] = 54,  ['2'] = 55,
    ['3'] = 56,  ['4'] = 57,  ['5'] = 58,  ['6'] = 59,  ['7'] = 60,
    ['8'] = 61,  ['9'] = 62,  ['-'] = 63,  ['_'] = 64
};


static void
xsell_b64_encode(char *out, const uint8_t *p, size_t n)
{
    uint32_t  v;

    for ( /* void */ ; n >= 3; n -= 3, p += 3, out += 4) {
        v = (uint32_t) p[0] << 16 | (uint32_t) p[1] << 8 | p[2];

        out[0] = xsell_b64[v >> 18];
        out[1] = xsell_b64[(v >> 12) & 63];
        out[2] = xsell_b64[(v >> 6) & 63];
        out[3] = xsell_b64[v & 63];
    }

    if (n == 0) {
        return;
    }

    v = (uint32_t) p[0] << 16 | (n == 2 ? (uint32_t) p[1] << 8 : 0);

    out[0] = xsell_b64[v >> 18];
    out[1] = xsell_b64[(v >> 12) & 63];

    if (n == 2) {
        out[2] = xsell_b64[(v >> 6) & 63];
    }
}


/* `chars` characters; bits that are left over must be zero: a second
   spelling of a value would get past whatever remembers the first */

static int
xsell_b64_decode(uint8_t *out, const char *p, size_t chars)
{
    size_t    i;
    uint32_t  acc, bits, v;

    acc = 0;
    bits = 0;

    for (i = 0; i < chars; i++) {
        v = xsell_unb64[(uint8_t) p[i]];

        if (v == 0) {
            return XSELL_EINVAL;
        }

        acc = (acc << 6) | (v - 1);
        bits += 6;

        if (bits >= 8) {
            bits -= 8;
            *out++ = (uint8_t) (acc >> bits);
        }
    }

    return (acc & ((1u << bits) - 1)) ? XSELL_EINVAL : XSELL_OK;
}


static inline uint8_t *
xsell_put(uint8_t *p, uint64_t v, unsigned bytes)
{
    v = htole64(v);
    memcpy(p, &v, bytes);

    return p + bytes;
}


static uint64_t
xsell_get(const uint8_t *p, unsigned bytes)
{
    uint64_t  v;

    v = 0;

    while (bytes--) {
        v = (v << 8) | p[bytes];
    }

    return v;
}


/* ---- secrets and subkeys ---------------------------------------------- */

static int
xsell_hex(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }

    c |= 0x20;

    return (c >= 'a' && c <= 'f') ? c - 'a' + 10 : -1;
}


/* one line of the secret file; says where it is wrong, never what is there */

static int
xsell_secret_line(uint8_t secret[XSELL_SECRET_BYTES], const char *p, size_t n,
    unsigned line, xsell_error_t *err)
{
    int     v;
    size_t  i, same;

    for (i = 0; i < n && i < 2 * XSELL_SECRET_BYTES; i++) {
        v = xsell_hex(p[i]);

        if (v < 0) {
            return xsell_fail(err, XSELL_EINVAL, line, (unsigned) i + 1,
                              "not a hex digit in a secret; a line is 64 hex "
                              "digits, as \"openssl rand -hex 32\" writes it");
        }

        secret[i / 2] = (uint8_t) ((i & 1) ? secret[i / 2] | v : v << 4);
    }

    if (n != 2 * XSELL_SECRET_BYTES) {
        return xsell_fail(err, XSELL_EINVAL, line, 0,
                          "a secret is 64 hex digits, this line has %zu "
                          "characters; \"openssl rand -hex 32\" writes one",
                          n);
    }

    same = 0;

    for (i = 0; i < XSELL_SECRET_BYTES; i++) {
        same += secret[i] == (secret[0] & 15) * 0x11;
    }

    if (same == XSELL_SECRET_BYTES) {
        return xsell_fail(err, XSELL_EINVAL, line, 0,
                          "a secret of one repeated digit protects nothing; "
                          "\"openssl rand -hex 32\" writes a good one");
    }

    return XSELL_OK;
}


/* one or two lines, LF or CRLF, the last end optional */

static int
xsell_secret_parse(uint8_t secret[XSELL_SECRETS][XSELL_SECRET_BYTES],
    unsigned *secrets, const char *p, size_t n, xsell_error_t *err)
{
    int          rc;
    size_t       len;
    unsigned     line;
    const char  *lf;

    line = 0;

    do {
        if (line == XSELL_SECRETS) {
            return xsell_fail(err, XSELL_EINVAL, line + 1, 0,
                              "more than two secrets: keep the new one and, "
                              "below it, the one before");
        }

        lf = n ? memchr(p, '\n', n) : NULL;
        len = lf ? (size_t) (lf - p) : n;

        rc = xsell_secret_line(secret[line], p,
                               len - (lf && len && p[len - 1] == '\r'),
                               line + 1, err);
        if (rc != XSELL_OK) {
            return rc;
        }

        line++;
        n -= len + (lf != NULL);
        p += len + (lf != NULL);

    } while (n);

    if (line == 2 && memcmp(secret[0], secret[1], XSELL_SECRET_BYTES) == 0) {
        return xsell_fail(err, XSELL_EINVAL, 2, 0,
                          "the second secret repeats the first; remove it");
    }

    *secrets = line;

    return XSELL_OK;
}


/* key = HKDF-SHA256(secret), info "xsell PURPOSE\0SHOP", no salt */

static int
xsell_subkey(EVP_KDF_CTX *kdf, uint8_t secret[XSELL_SECRET_BYTES],
    const char *purpose, xsell_str_t shop, uint8_t *out, size_t bytes)
{
    size_t      n;
    char        info[XSELL_INFO_MAX], digest[] = "SHA256";
    OSSL_PARAM  params[4];

    n = strlen(purpose) + 1;

    memcpy(info, "xsell ", 6);
    memcpy(info + 6, purpose, n);
    n += 6;

    if (shop.n) {
        memcpy(info + n, shop.p, shop.n);
    }

    params[0] = OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST,
                                                 digest, 0);
    params[1] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, secret,
                                                  XSELL_SECRET_BYTES);
    params[2] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info,
                                                  n + shop.n);
    params[3] = OSSL_PARAM_construct_end();

    EVP_KDF_CTX_reset(kdf);

    return EVP_KDF_derive(kdf, out, bytes, params) == 1;
}


/* HMAC-SHA256 with the context as it was keyed; 0 if libcrypto fails */

static int
xsell_hmac(EVP_MAC_CTX *ctx, const uint8_t *p, size_t n, uint8_t mac[32])
{
    size_t  len;

    return EVP_MAC_init(ctx, NULL, 0, NULL) == 1
           && EVP_MAC_update(ctx, p, n) == 1
           && EVP_MAC_final(ctx, mac, &len, 32) == 1
           && len == 32;
}


/* libcrypto before 3.0.3 did not start a keyed context again, silently: the
   first MAC would have been right and no other */

static int
xsell_hmac_repeats(EVP_MAC_CTX *ctx)
{
    uint8_t  a[32], b[32];

    return xsell_hmac(ctx, (const uint8_t *) "xsell", 5, a)
           && xsell_hmac(ctx, (const uint8_t *) "xsell", 5, b)
           && memcmp(a, b, sizeof(a)) == 0;
}


static int
xsell_subkeys_init(xsell_subkeys_t *sub, EVP_KDF_CTX *kdf, EVP_MAC *hmac,
    uint8_t secret[XSELL_SECRET_BYTES], xsell_str_t shop)
{
    char        digest[] = "SHA256";
    size_t      i;
    OSSL_PARAM  params[2];

    for (i = 0; i < sizeof(xsell_purposes) / sizeof(xsell_purposes[0]); i++) {
        if (!xsell_subkey(kdf, secret, xsell_purposes[i].purpose, shop,
                          (uint8_t *) sub + xsell_purposes[i].off,
                          xsell_purposes[i].bytes))
        {
            return 0;
        }
    }

    sub->cookie_mac = EVP_MAC_CTX_new(hmac);

    params[0] = OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST,
                                                 digest, 0);
    params[1] = OSSL_PARAM_construct_end();

    return sub->cookie_mac != NULL
           && EVP_MAC_init(sub->cookie_mac, sub->cookie, sizeof(sub->cookie),
                           params) == 1
           && xsell_hmac_repeats(sub->cookie_mac);
}


static int
xsell_keys_derive(xsell_keys_t *keys,
    uint8_t secret[XSELL_SECRETS][XSELL_SECRET_BYTES], xsell_str_t shop)
{
    int           ok;
    unsigned      i;
    EVP_KDF      *hkdf;
    EVP_MAC      *hmac;
    EVP_KDF_CTX  *kdf;

    hkdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
    hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    kdf = hkdf ? EVP_KDF_CTX_new(hkdf) : NULL;

    ok = kdf != NULL && hmac != NULL;

    for (i = 0; ok && i < keys->n; i++) {
        ok = xsell_subkeys_init(&keys->sub[i], kdf, hmac, secret[i], shop);
    }

    EVP_KDF_CTX_free(kdf);
    EVP_KDF_free(hkdf);
    EVP_MAC_free(hmac);

    return ok;
}


int
xsell_keys_create(xsell_keys_t **keys, const char *text, size_t n,
    const uint8_t random[32], xsell_str_t shop, xsell_error_t *err)
{
    int            rc;
    uint8_t        secret[XSELL_SECRETS][XSELL_SECRET_BYTES];
    xsell_keys_t  *k;

    *keys = NULL;

    if ((text == NULL && random == NULL) || shop.n > XSELL_SHOP_MAX) {
        return xsell_fail(err, XSELL_EINVAL, 0, 0,
                          text || random ? "shop name is too long"
                                         : "no secret is given");
    }

    k = OPENSSL_zalloc(sizeof(xsell_keys_t));
    if (k == NULL) {
        return xsell_fail(err, XSELL_ENOMEM, 0, 0, "no memory for keys");
    }

    rc = XSELL_OK;

    if (text) {
        rc = xsell_secret_parse(secret, &k->n, text, n, err);

    } else {
        memcpy(secret[0], random, XSELL_SECRET_BYTES);
        k->n = 1;
    }

    k->memo = OPENSSL_zalloc(XSELL_COOKIE_MEMO * sizeof(xsell_cookie_memo_t));

    if (rc == XSELL_OK && !xsell_keys_derive(k, secret, shop)) {
        rc = xsell_fail(err, XSELL_ENOMEM, 0, 0,
                        "libcrypto gives no HKDF or HMAC with SHA-256 "
                        "(OpenSSL 3.0.3 or later is needed)");
    }

    OPENSSL_cleanse(secret, sizeof(secret));

    if (rc != XSELL_OK) {
        xsell_keys_destroy(k);
        return rc;
    }

    *keys = k;

    return XSELL_OK;
}


void
xsell_keys_destroy(xsell_keys_t *keys)
{
    unsigned  i;

    if (keys == NULL) {
        return;
    }

    for (i = 0; i < XSELL_SECRETS; i++) {
        EVP_MAC_CTX_free(keys->sub[i].cookie_mac);   /* wipes, NULL is fine */
    }

    OPENSSL_clear_free(keys->memo,
                       XSELL_COOKIE_MEMO * sizeof(xsell_cookie_memo_t));
    OPENSSL_clear_free(keys, sizeof(xsell_keys_t));
}


/* ---- heads: version in the high 4 bits, fingerprint in the low -------- */

static uint8_t
xsell_head(const xsell_subkeys_t *sub)
{
    return (uint8_t) (XSELL_TOKEN_VERSION << 4 | (sub->head[0] & 15));
}


/* the i-th secret to try for a head: first the one whose fingerprint it has,
   then the other: fingerprints of two secrets may agree */

static const xsell_subkeys_t *
xsell_candidate(const xsell_keys_t *keys, uint8_t head, unsigned i)
{
    unsigned  swap;

    if (i >= keys->n) {
        return NULL;
    }

    swap = keys->n == 2 && xsell_head(&keys->sub[0]) != head
           && xsell_head(&keys->sub[1]) == head;

    return &keys->sub[i ^ swap];
}


/* ---- cookies ---------------------------------------------------------- */

uint64_t
xsell_visitor_key(const xsell_visitor_t *v)
{
    uint64_t  key;

    key = xsell_sip_word(v->id);

    return key ? key : 1;
}


void
xsell_cookie_write(const xsell_keys_t *keys, const xsell_visitor_t *v,
    char out[XSELL_COOKIE_LEN])
{
    uint8_t  b[XSELL_COOKIE_BYTES], mac[32];

    b[0] = xsell_head(&keys->sub[0]);
    memcpy(b + 1, v->id, 16);
    (void) xsell_put(b + 17, v->issued, 4);

    /* should libcrypto fail: a cookie that no one will accept */

    if (!xsell_hmac(keys->sub[0].cookie_mac, b, XSELL_COOKIE_SIGNED, mac)) {
        memset(mac, 0, sizeof(mac));
    }

    memcpy(b + XSELL_COOKIE_SIGNED, mac, XSELL_COOKIE_MAC);
    xsell_b64_encode(out, b, sizeof(b));
}


/* where a cookie of that text would be remembered; words of the id choose */

static xsell_cookie_memo_t *
xsell_cookie_place(const xsell_keys_t *keys,
    const uint64_t text[XSELL_COOKIE_LEN / 8])
{
    uint64_t  hash;

    if (keys->memo == NULL) {
        return NULL;
    }

    hash = (text[0] ^ text[1] ^ text[2]) * 0x9e3779b97f4a7c15ull;

    return &keys->memo[hash >> 32 & (XSELL_COOKIE_MEMO - 1)];
}


/* as long for a wrong MAC as for the right one */

static int
xsell_cookie_known(const xsell_cookie_memo_t *memo,
    const uint64_t text[XSELL_COOKIE_LEN / 8])
{
    unsigned  i;
    uint64_t  diff;

    diff = 0;

    for (i = 0; i < XSELL_COOKIE_LEN / 8; i++) {
        diff |= memo->text[i] ^ text[i];
    }

    return diff == 0;
}


static int
xsell_cookie_verify(const xsell_keys_t *keys, const char *p, size_t n,
    xsell_visitor_t *v)
{
    uint8_t                 b[XSELL_COOKIE_BYTES], mac[32];
    unsigned                i;
    const xsell_subkeys_t  *sub;

    if (xsell_b64_decode(b, p, n) != XSELL_OK
        || b[0] >> 4 != XSELL_TOKEN_VERSION)
    {
        return XSELL_EINVAL;
    }

    for (i = 0; (sub = xsell_candidate(keys, b[0], i)) != NULL; i++) {
        if (xsell_hmac(sub->cookie_mac, b, XSELL_COOKIE_SIGNED, mac)
            && CRYPTO_memcmp(mac, b + XSELL_COOKIE_SIGNED, XSELL_COOKIE_MAC)
               == 0)
        {
            break;
        }
    }

    if (sub == NULL) {
        return XSELL_EFORGED;
    }

    memcpy(v->id, b + 1, 16);
    v->issued = (uint32_t) xsell_get(b + 17, 4);

    return XSELL_OK;
}


int
xsell_cookie_read(const xsell_keys_t *keys, const char *p, size_t n,
    uint32_t wall_s, xsell_visitor_t *v)
{
    int                   rc;
    int64_t               age;
    uint64_t              text[XSELL_COOKIE_LEN / 8];
    xsell_cookie_memo_t  *memo;

    memset(v, 0, sizeof(xsell_visitor_t));

    if (n != XSELL_COOKIE_LEN) {
        return XSELL_EINVAL;
    }

    memcpy(text, p, sizeof(text));
    memo = xsell_cookie_place(keys, text);

    if (memo && xsell_cookie_known(memo, text)) {
        *v = memo->visitor;

    } else {
        rc = xsell_cookie_verify(keys, p, n, v);

        if (rc != XSELL_OK) {
            return rc;
        }

        if (memo) {
            memcpy(memo->text, text, sizeof(text));
            memo->visitor = *v;
        }
    }

    age = (int64_t) wall_s - v->issued;

    if (age > XSELL_COOKIE_S || age < -XSELL_COOKIE_AHEAD_S) {
        return XSELL_ELATE;
    }

    return XSELL_OK;
}


/* ---- link tokens ------------------------------------------------------ */

/*
 * What the tokens of a fragment share is hashed and spelled once: the MAC's
 * input is
 *
 *     visitor's id (16)  head (1) epoch (4) 0 (3)  impression (5) 0 (3)
 *     item (4) position (1) length of the path (3)  path's keyed hash (8)
 *
 * and the token's first 10 bytes are head, epoch and impression.
 */

static void
xsell_link_begin(const xsell_subkeys_t *sub, uint8_t head, uint32_t epoch,
    uint64_t impression, const xsell_visitor_t *v, xsell_signer_t *s)
{
    xsell_sip_t  sip;

    impression &= 0xffffffffffull;

    xsell_sip_init(&sip, sub->link);
    xsell_sip_absorb(&sip, xsell_sip_word(v->id));
    xsell_sip_absorb(&sip, xsell_sip_word(v->id + 8));
    xsell_sip_absorb(&sip, (uint64_t) epoch << 8 | head);
    xsell_sip_absorb(&sip, impression);

    s->state[0] = sip.v0;
    s->state[1] = sip.v1;
    s->state[2] = sip.v2;
    s->state[3] = sip.v3;

    s->head[0] = head;
    (void) xsell_put(xsell_put(s->head + 1, epoch, 4), impression, 5);
}


static uint64_t
xsell_link_mac(const xsell_signer_t *s, uint32_t item, uint8_t position,
    const uint64_t path[2])
{
    xsell_sip_t  sip;

    sip.v0 = s->state[0];
    sip.v1 = s->state[1];
    sip.v2 = s->state[2];
    sip.v3 = s->state[3];

    xsell_sip_absorb(&sip, (uint64_t) item | (uint64_t) position << 32
                           | path[0] << 40);
    xsell_sip_absorb(&sip, path[1]);

    return xsell_sip_end(&sip, 48ull << 56);
}


static void
xsell_link_path(const xsell_subkeys_t *sub, xsell_str_t path, uint64_t out[2])
{
    out[0] = path.n;
    out[1] = xsell_siphash(sub->path, path.p, path.n);
}


void
xsell_token_path(const xsell_keys_t *keys, xsell_str_t path, uint64_t out[2])
{
    xsell_link_path(&keys->sub[0], path, out);
}


void
xsell_token_begin(const xsell_keys_t *keys, uint32_t epoch,
    uint64_t impression, const xsell_visitor_t *v, xsell_signer_t *s)
{
    xsell_link_begin(&keys->sub[0], xsell_head(&keys->sub[0]), epoch,
                     impression, v, s);
}


/* one after the other: where a processor has no lanes, and for one alone */

static void
xsell_token_sign_each(const xsell_signer_t *s, const xsell_sign_t *what,
    unsigned n)
{
    uint8_t   b[XSELL_LINK_BYTES], *p;
    unsigned  i;

    memcpy(b, s->head, sizeof(s->head));

    for (i = 0; i < n; i++) {
        b[sizeof(s->head)] = what[i].position;
        p = xsell_put(b + sizeof(s->head) + 1, what[i].item, 4);
        (void) xsell_put(p, xsell_link_mac(s, what[i].item,
                                           what[i].position, what[i].path),
                         XSELL_LINK_MAC);
        xsell_b64_encode(what[i].to, b, sizeof(b));
    }
}


void
xsell_token_sign(const xsell_signer_t *s, const xsell_sign_t *what,
    unsigned n)
{
    if (n == 1 || !xsell_token_sign_wide(s, what, n)) {
        xsell_token_sign_each(s, what, n);
    }
}


void
xsell_token_write(const xsell_keys_t *keys, const xsell_link_t *link,
    const xsell_visitor_t *v, xsell_str_t path, char out[XSELL_TOKEN_LEN])
{
    uint64_t        hash[2];
    xsell_sign_t    what;
    xsell_signer_t  s;

    xsell_token_path(keys, path, hash);
    xsell_token_begin(keys, link->epoch, link->impression, v, &s);

    what.item = link->item;
    what.position = link->position;
    what.path = hash;
    what.to = out;

    xsell_token_sign(&s, &what, 1);
}


static void
xsell_link_get(const uint8_t *b, xsell_link_t *link)
{
    link->epoch = (uint32_t) xsell_get(b + 1, 4);
    link->impression = xsell_get(b + 5, 5);
    link->position = b[10];
    link->item = (uint32_t) xsell_get(b + 11, 4);
}


int
xsell_token_read(const xsell_keys_t *keys, const char *p, size_t n,
    const xsell_visitor_t *v, xsell_str_t path, xsell_link_t *link)
{
    uint8_t                 b[XSELL_LINK_BYTES], mac[XSELL_LINK_MAC];
    uint64_t                hash[2];
    unsigned                i;
    xsell_signer_t          s;
    const xsell_subkeys_t  *sub;

    memset(link, 0, sizeof(xsell_link_t));

    if (n != XSELL_TOKEN_LEN || xsell_b64_decode(b, p, n) != XSELL_OK
        || b[0] >> 4 != XSELL_TOKEN_VERSION)
    {
        return XSELL_EINVAL;
    }

    if (v == NULL) {
        xsell_link_get(b, link);
        return XSELL_EFOREIGN;
    }

    for (i = 0; (sub = xsell_candidate(keys, b[0], i)) != NULL; i++) {
        xsell_link_path(sub, path, hash);
        xsell_link_get(b, link);
        xsell_link_begin(sub, b[0], link->epoch, link->impression, v, &s);
        (void) xsell_put(mac, xsell_link_mac(&s, link->item, link->position,
                                             hash),
                         XSELL_LINK_MAC);

        if (CRYPTO_memcmp(mac, b + XSELL_LINK_SIGNED, XSELL_LINK_MAC) == 0) {
            break;
        }
    }

    if (sub == NULL) {
        memset(link, 0, sizeof(xsell_link_t));
        return XSELL_EFORGED;
    }

    return XSELL_OK;
}


/* ---- alias and holdout ------------------------------------------------ */

/* months since 1970 by the Gregorian calendar, UTC (Hinnant's days to civil;
   gmtime_r takes a lock and may read a file) */

static uint32_t
xsell_month(uint32_t wall_s)
{
    uint32_t  days, era, doe, yoe, doy, m;

    days = wall_s / 86400 + 719468;             /* since 0000-03-01 */
    era = days / 146097;
    doe = days - era * 146097;
    yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    m = (5 * doy + 2) / 153;                    /* 0: March */

    return (era * 400 + yoe) * 12 + m + 2 - 1970 * 12;
}


void
xsell_visitor_alias(const xsell_keys_t *keys, uint64_t session,
    uint32_t wall_s, char out[16])
{
    uint8_t   b[12];
    uint64_t  hash;
    unsigned  i;

    (void) xsell_put(xsell_put(b, session, 8), xsell_month(wall_s), 4);

    hash = xsell_siphash(keys->sub[0].alias, b, sizeof(b));

    for (i = 0; i < 16; i++) {
        out[i] = "0123456789abcdef"[(hash >> (60 - 4 * i)) & 15];
    }
}


int
xsell_holdout(const xsell_keys_t *keys, const xsell_visitor_t *v,
    unsigned permyriad)
{
    return permyriad
           && xsell_siphash(keys->sub[0].holdout, v->id, sizeof(v->id)) % 10000
              < permyriad;
}


/*
 * xsell_token_wide.c: the link tokens of a fragment, four at once.
 *
 * Eight tokens one after the other took 2,800 instructions, a third of what a
 * fragment takes that is put together from remembered cards; here it is 700.
 * SipHash-2-4 runs in four lanes of 64 bits, one token in each, from the state
 * that they share; base64url of a token (23 bytes, 31 characters) is one
 * shuffle, two multiplications and a table of 16 (Mula, Lemire: Faster Base64
 * Encoding and Decoding Using AVX2 Instructions, 2018).
 *
 * What comes out is what xsell_token_sign_each (xsell_token.c) makes, byte for
 * byte; t/engine/token_test.c compares them.
 *
 * Not taken: two lanes of SSE2 (without rotation and shuffle they win
 * nothing), and a MAC over all links of a fragment in place of one a link: a
 * link is checked alone.
 */

#include "xsell_token_wide.h"

#include <string.h>

#ifdef __SSE2__
#include <immintrin.h>
#endif


#ifdef __SSE2__

#define XSELL_LANES  4

#define xsell_lanes_rotl(x, b)                                                \
    _mm256_or_si256(_mm256_slli_epi64(x, b), _mm256_srli_epi64(x, 64 - (b)))

/* by 32 and by 16: whole bytes move */

#define xsell_lanes_rotl32(x)                                                 \
    _mm256_shuffle_epi32(x, 0xb1)
#define xsell_lanes_rotl16(x)                                                 \
    _mm256_shuffle_epi8(x, _mm256_setr_epi8(                                  \
        6, 7, 0, 1, 2, 3, 4, 5, 14, 15, 8, 9, 10, 11, 12, 13,                 \
        6, 7, 0, 1, 2, 3, 4, 5, 14, 15, 8, 9, 10, 11, 12, 13))

/* xsell_sip_round */

#define xsell_lanes_round()                                                   \
    do {                                                                      \
        v0 = _mm256_add_epi64(v0, v1);                                        \
        v1 = _mm256_xor_si256(xsell_lanes_rotl(v1, 13), v0);                  \
        v0 = xsell_lanes_rotl32(v0);                                          \
        v2 = _mm256_add_epi64(v2, v3);                                        \
        v3 = _mm256_xor_si256(xsell_lanes_rotl16(v3), v2);                    \
        v0 = _mm256_add_epi64(v0, v3);                                        \
        v3 = _mm256_xor_si256(xsell_lanes_rotl(v3, 21), v0);                  \
        v2 = _mm256_add_epi64(v2, v1);                                        \
        v1 = _mm256_xor_si256(xsell_lanes_rotl(v1, 17), v2);                  \
        v2 = xsell_lanes_rotl32(v2);                                          \
    } while (0)

#define xsell_lanes_absorb(w)                                                 \
    do {                                                                      \
        v3 = _mm256_xor_si256(v3, w);                                         \
        xsell_lanes_round();                                                  \
        xsell_lanes_round();                                                  \
        v0 = _mm256_xor_si256(v0, w);                                         \
    } while (0)


/* xsell_link_mac of four links */

__attribute__((target("avx2")))
static void
xsell_lanes_mac(const xsell_signer_t *s, const uint64_t word[XSELL_LANES],
    const uint64_t path[XSELL_LANES], uint64_t mac[XSELL_LANES])
{
    __m256i  v0, v1, v2, v3, w;

    v0 = _mm256_set1_epi64x((long long) s->state[0]);
    v1 = _mm256_set1_epi64x((long long) s->state[1]);
    v2 = _mm256_set1_epi64x((long long) s->state[2]);
    v3 = _mm256_set1_epi64x((long long) s->state[3]);

    w = _mm256_loadu_si256((const __m256i *) (const void *) word);
    xsell_lanes_absorb(w);

    w = _mm256_loadu_si256((const __m256i *) (const void *) path);
    xsell_lanes_absorb(w);

    w = _mm256_set1_epi64x(48ll << 56);
    xsell_lanes_absorb(w);

    v2 = _mm256_xor_si256(v2, _mm256_set1_epi64x(0xff));
    xsell_lanes_round();
    xsell_lanes_round();
    xsell_lanes_round();
    xsell_lanes_round();

    w = _mm256_xor_si256(_mm256_xor_si256(v0, v1), _mm256_xor_si256(v2, v3));
    _mm256_storeu_si256((__m256i *) (void *) mac, w);
}


/* 23 bytes of b, of which 28 are read; the last character is of a zero */

__attribute__((target("avx2")))
static void
xsell_lanes_base64(const uint8_t b[28], char to[XSELL_TOKEN_LEN])
{
    char     text[32];
    __m256i  v, high, low, at;

    const __m256i  spread = _mm256_broadcastsi128_si256(_mm_setr_epi8(
        1, 0, 2, 1, 4, 3, 5, 4, 7, 6, 8, 7, 10, 9, 11, 10));
    const __m256i  shift = _mm256_broadcastsi128_si256(_mm_setr_epi8(
        'a' - 26, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52,
        '0' - 52, '0' - 52, '0' - 52, '0' - 52, '-' - 62, '_' - 63, 'A', 0,
        0));

    v = _mm256_inserti128_si256(
            _mm256_castsi128_si256(
                _mm_loadu_si128((const __m128i *) (const void *) b)),
            _mm_loadu_si128((const __m128i *) (const void *) (b + 12)), 1);

    v = _mm256_shuffle_epi8(v, spread);

    high = _mm256_mulhi_epu16(
               _mm256_and_si256(v, _mm256_set1_epi32(0x0fc0fc00)),
               _mm256_set1_epi32(0x04000040));
    low = _mm256_mullo_epi16(
              _mm256_and_si256(v, _mm256_set1_epi32(0x003f03f0)),
              _mm256_set1_epi32(0x01000010));

    v = _mm256_or_si256(high, low);         /* 32 values of 6 bits */

    /* 26 to 51: 0; digits: 1 to 10; -: 11; _: 12; 0 to 25: 13 */

    at = _mm256_or_si256(
             _mm256_subs_epu8(v, _mm256_set1_epi8(51)),
             _mm256_and_si256(_mm256_cmpgt_epi8(_mm256_set1_epi8(26), v),
                              _mm256_set1_epi8(13)));

    v = _mm256_add_epi8(v, _mm256_shuffle_epi8(shift, at));

    _mm256_storeu_si256((__m256i *) (void *) text, v);
    memcpy(to, text, XSELL_TOKEN_LEN);
}


__attribute__((target("avx2")))
static void
xsell_lanes_sign(const xsell_signer_t *s, const xsell_sign_t *what,
    unsigned n)
{
    uint8_t              b[28];
    uint64_t             word[XSELL_LANES], path[XSELL_LANES];
    uint64_t             mac[XSELL_LANES];
    unsigned             i, k, m;
    const xsell_sign_t  *w;

    memset(b, 0, sizeof(b));
    memcpy(b, s->head, sizeof(s->head));

    for (i = 0; i < n; i += m) {
        m = n - i < XSELL_LANES ? n - i : XSELL_LANES;

        for (k = 0; k < XSELL_LANES; k++) {
            w = &what[k < m ? i + k : i];
            word[k] = (uint64_t) w->item | (uint64_t) w->position << 32
                      | w->path[0] << 40;
            path[k] = w->path[1];
        }

        xsell_lanes_mac(s, word, path, mac);

        for (k = 0; k < m; k++) {
            w = &what[i + k];

            b[10] = w->position;
            memcpy(b + 11, &w->item, 4);
            memcpy(b + 15, &mac[k], 8);

            xsell_lanes_base64(b, w->to);
        }
    }
}


int
xsell_token_sign_wide(const xsell_signer_t *s, const xsell_sign_t *what,
    unsigned n)
{
    if (!__builtin_cpu_supports("avx2")) {
        return 0;
    }

    xsell_lanes_sign(s, what, n);

    return 1;
}

#else

int
xsell_token_sign_wide(const xsell_signer_t *s, const xsell_sign_t *what,
    unsigned n)
{
    return 0;
}

#endif

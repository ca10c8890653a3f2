
/*
 * xsell_hash.c: the two mixing functions of the engine.
 *
 * SipHash-2-4 wherever outside bytes (item ids, order ids, paths) choose a
 * place in a table: keyed, so nobody can choose ids that collide.  splitmix64
 * wherever only spread is wanted; its whole state is one word, which fits the
 * shared header.  Dropped: xxhash and murmur (faster, but collisions can be
 * made), libcrypto's SipHash (an allocation per use).
 */

#include "xsell_store.h"


#define xsell_rotl(x, b)  (((x) << (b)) | ((x) >> (64 - (b))))


typedef struct {
    uint64_t  v0;
    uint64_t  v1;
    uint64_t  v2;
    uint64_t  v3;
} xsell_sip_t;


/* little endian whatever the machine: compilers make one load of it */

static uint64_t
xsell_sip_word(const uint8_t *p)
{
    return (uint64_t) p[0] | (uint64_t) p[1] << 8 | (uint64_t) p[2] << 16
           | (uint64_t) p[3] << 24 | (uint64_t) p[4] << 32
           | (uint64_t) p[5] << 40 | (uint64_t) p[6] << 48
           | (uint64_t) p[7] << 56;
}


static inline void
xsell_sip_round(xsell_sip_t *s)
{
    s->v0 += s->v1;
    s->v1 = xsell_rotl(s->v1, 13) ^ s->v0;
    s->v0 = xsell_rotl(s->v0, 32);

    s->v2 += s->v3;
    s->v3 = xsell_rotl(s->v3, 16) ^ s->v2;

    s->v0 += s->v3;
    s->v3 = xsell_rotl(s->v3, 21) ^ s->v0;

    s->v2 += s->v1;
    s->v1 = xsell_rotl(s->v1, 17) ^ s->v2;
    s->v2 = xsell_rotl(s->v2, 32);
}


static inline void
xsell_sip_absorb(xsell_sip_t *s, uint64_t w)
{
    s->v3 ^= w;
    xsell_sip_round(s);
    xsell_sip_round(s);
    s->v0 ^= w;
}


uint64_t
xsell_siphash(const uint8_t key[16], const void *p, size_t n)
{
    size_t          left;
    uint64_t        k0, k1, w;
    xsell_sip_t     s;
    const uint8_t  *u;

    k0 = xsell_sip_word(key);
    k1 = xsell_sip_word(key + 8);

    s.v0 = k0 ^ 0x736f6d6570736575ull;
    s.v1 = k1 ^ 0x646f72616e646f6dull;
    s.v2 = k0 ^ 0x6c7967656e657261ull;
    s.v3 = k1 ^ 0x7465646279746573ull;

    u = p;

    for (left = n; left >= 8; left -= 8) {
        xsell_sip_absorb(&s, xsell_sip_word(u));
        u += 8;
    }

    w = (uint64_t) n << 56;

    if (left && n >= 8) {
        /* the rest, at the end of the last eight */
        w |= xsell_sip_word(u + left - 8) >> (8 * (8 - left));

    } else {
        while (left-- > 0) {
            w |= (uint64_t) u[left] << (8 * left);
        }
    }

    xsell_sip_absorb(&s, w);

    s.v2 ^= 0xff;
    xsell_sip_round(&s);
    xsell_sip_round(&s);
    xsell_sip_round(&s);
    xsell_sip_round(&s);

    return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}


uint64_t
xsell_random(uint64_t *state)
{
    uint64_t  z;

    *state += 0x9e3779b97f4a7c15ull;

    z = *state;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;

    return z ^ (z >> 31);
}

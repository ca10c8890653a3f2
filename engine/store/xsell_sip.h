
/*
 * xsell_sip.h: SipHash-2-4 in steps, for who hashes many inputs that begin
 * alike: the state behind what they share is copied, and goes on from there.
 * Whole words only; the length is told at the end, as the last word's top
 * byte.  xsell_siphash (xsell_hash.c) is made of the same steps.
 */

#ifndef XSELL_SIP_H
#define XSELL_SIP_H

#include <stddef.h>
#include <stdint.h>


#define xsell_rotl(x, b)  (((x) << (b)) | ((x) >> (64 - (b))))


typedef struct {
    uint64_t  v0;
    uint64_t  v1;
    uint64_t  v2;
    uint64_t  v3;
} xsell_sip_t;


/* little endian whatever the machine: compilers make one load of it */

static inline uint64_t
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


static inline void
xsell_sip_init(xsell_sip_t *s, const uint8_t key[16])
{
    uint64_t  k0, k1;

    k0 = xsell_sip_word(key);
    k1 = xsell_sip_word(key + 8);

    s->v0 = k0 ^ 0x736f6d6570736575ull;
    s->v1 = k1 ^ 0x646f72616e646f6dull;
    s->v2 = k0 ^ 0x6c7967656e657261ull;
    s->v3 = k1 ^ 0x7465646279746573ull;
}


/* last: what is left of n bytes, and n itself in the top byte */

static inline uint64_t
xsell_sip_end(xsell_sip_t *s, uint64_t last)
{
    xsell_sip_absorb(s, last);

    s->v2 ^= 0xff;
    xsell_sip_round(s);
    xsell_sip_round(s);
    xsell_sip_round(s);
    xsell_sip_round(s);

    return s->v0 ^ s->v1 ^ s->v2 ^ s->v3;
}


#endif


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
#include "xsell_sip.h"


uint64_t
xsell_siphash(const uint8_t key[16], const void *p, size_t n)
{
    size_t          left;
    uint64_t        w;
    xsell_sip_t     s;
    const uint8_t  *u;

    xsell_sip_init(&s, key);

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

    return xsell_sip_end(&s, w);
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

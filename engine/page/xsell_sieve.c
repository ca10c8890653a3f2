
/*
 * xsell_sieve.c: class names that are nowhere in a piece of the page.
 *
 * Every second element has a class, and a selector asks for one class: most
 * pieces of a page don't hold its letters at all.  Where they don't, nobody
 * need look at classes.  What is sought for are bytes, in any letter case,
 * wherever they stand; a reference ("&#99;") could stand for some of them, so
 * pieces with numeric ones hold everything.
 *
 * Not taken: the same for ids and other attributes, which few elements have.
 */

#include "xsell_quick.h"


#define XSELL_SIEVE_MAX      24         /* bytes */


/* of a condition's value: letters, digits and '-' that no named reference
   stands for; 0: too few */

static unsigned
xsell_sieve_run(const char *p, unsigned n, unsigned *from)
{
    unsigned  i, len, best;

    for (i = 0, len = 0, best = 0; i < n; i++) {

        if ((unsigned) ((p[i] | 0x20) - 'a') < 26
            || (unsigned) (p[i] - '0') < 10 || p[i] == '-')
        {
            len++;

        } else {
            len = 0;
        }

        if (p[i] == 'j' && len > 1 && p[i - 1] == 'f') {
            len = 1;                    /* &fjlig; */
        }

        if (len > best) {
            best = len;
            *from = i + 1 - len;
        }
    }

    return best < 3 ? 0 : best > XSELL_SIEVE_MAX ? XSELL_SIEVE_MAX : best;
}


static int
xsell_sieve_add(xsell_places_t *ps, const xsell_cond_t *c)
{
    unsigned  from;

    if (c->op == XSELL_OP_NONE) {
        return 1;
    }

    from = 0;

    if (c->op == XSELL_OP_ANY || c->op == XSELL_OP_LIST
        || ps->sieve_n == XSELL_SIEVES)
    {
        return 0;
    }

    ps->sieve[ps->sieve_n].n = xsell_sieve_run(ps->text + c->off, c->n, &from);
    ps->sieve[ps->sieve_n].off = c->off + from;

    return ps->sieve[ps->sieve_n++].n != 0;
}


void
xsell_sieve_compile(xsell_places_t *ps)
{
    uint32_t  i;
    uint64_t  bits, word;

    word = xsell_name("class", 5);
    bits = 0;
    ps->sieve_n = 0;

    for (i = 0; i < ps->attrs_n; i++) {
        bits |= ps->attr[i].name == word ? ps->attr[i].conds : 0;
    }

    for ( /* void */ ; bits; bits &= bits - 1) {
        if (!xsell_sieve_add(ps, &ps->cond[__builtin_ctzll(bits)])) {
            ps->sieve_n = 0;
            return;
        }
    }
}


void
xsell_sieve_attr(xsell_places_t *ps, const char *name, size_t n)
{
    uint64_t  bit;

    bit = xsell_bloom(name[0], n);

    ps->bloom |= bit;
    ps->bloom_rest |= n == 5 && memcmp(name, "class", 5) == 0 ? 0 : bit;
}


int
xsell_sieve_same(const xsell_places_t *ps, const xsell_sieve_t *s,
    const uint8_t *p)
{
    uint32_t  i;

    for (i = 0; i < s->n; i++) {
        if ((p[i] | 0x20) != ((uint8_t) ps->text[s->off + i] | 0x20)) {
            return 0;
        }
    }

    return 1;
}


/*
 * xsell_asked.c: attributes that somebody asks for, and which of their values
 * are worth a look.
 *
 * Every second element has a class, and a selector asks for one: nearly all
 * values are told apart by a bit for their first letter and length, or those
 * of each of their words, without being read.  The loop over tags does that
 * (xsell_quick_attrs.h); here is what it compares with, and the same for who
 * has no vectors.  A value that is worth a look costs the page
 * XSELL_WORK_LOOK, whoever looks at it.
 *
 * Not taken: to search pieces of the page for the letters of a class, and to
 * skip classes where these are nowhere: that costs more than the bits do.
 */

#include "xsell_tokenizer.h"


void
xsell_ask_attr(xsell_places_t *ps, const char *name, size_t n)
{
    size_t        i;
    uint64_t      word;
    xsell_ask_t  *a;

    word = xsell_name(name, n);

    for (i = 0; i < ps->asks_n; i++) {
        if (ps->ask[i].name == word) {
            return;
        }
    }

    if (i == XSELL_COMPOUNDS) {
        return;                         /* nor is there room for it in attr */
    }

    a = &ps->ask[ps->asks_n++];
    memset(a, 0, sizeof(xsell_ask_t));

    a->name = word;
    a->n = (uint32_t) n;

    for (i = 0; i < n && i < 8; i++) {
        a->head |= (uint64_t) ((uint8_t) name[i] | 0x20) << (8 * i);
    }

    i = xsell_bloom(name[0], n);
    a->next = ps->ask_of[i];
    ps->ask_of[i] = (uint8_t) ps->asks_n;
    ps->bloom |= (uint64_t) 1 << i;
    ps->ask_n |= (uint64_t) 1 << (n & 63);
}


/* the bits of this value, for who compares it as a whole or by words */

static uint64_t
xsell_ask_bits(const xsell_cond_t *c, const char *p)
{
    uint64_t  bits;

    bits = xsell_mark_bit((uint8_t) *p, c->n);

    if (c->fold && xsell_c((uint8_t) *p, XSELL_C_LETTER)) {
        bits |= xsell_mark_bit((uint8_t) *p ^ 0x20, c->n);
    }

    return bits;
}


static void
xsell_ask_cond(const xsell_places_t *ps, xsell_ask_t *a,
    const xsell_cond_t *c)
{
    uint32_t     i;
    const char  *p;

    /* without a word in any selector there is no text */

    p = c->n ? ps->text + c->off : "";

    switch (c->op) {

    case XSELL_OP_NONE:
        return;

    case XSELL_OP_LIST:
        xsell_root_bits(c, a);
        return;

    case XSELL_OP_EQUAL:
    case XSELL_OP_WORD:

        for (i = 0; i < c->n && !xsell_c((uint8_t) p[i], XSELL_C_WHITE); i++) {
            /* void */
        }

        if (i == c->n && c->n) {
            *(c->op == XSELL_OP_WORD ? &a->words : &a->whole)
                |= xsell_ask_bits(c, p);
            return;
        }

        if (c->op == XSELL_OP_EQUAL && c->n && memchr(p, '\n', c->n) == NULL) {
            a->whole |= xsell_ask_bits(c, p);
            return;
        }
    }

    a->any |= XSELL_ASK_ANY;
}


void
xsell_ask_compile(xsell_places_t *ps)
{
    uint32_t      i, k;
    uint64_t      bits;
    xsell_ask_t  *a;

    for (i = 0; i < ps->asks_n; i++) {
        a = &ps->ask[i];
        a->any = 0;
        a->whole = 0;
        a->words = 0;
        a->need = 0;

        for (k = 0; k < ps->attrs_n; k++) {
            if (ps->attr[k].name != a->name) {
                continue;
            }

            a->need = ps->attr[k].need;

            for (bits = ps->attr[k].conds; bits; bits &= bits - 1) {
                xsell_ask_cond(ps, a, &ps->cond[__builtin_ctzll(bits)]);
            }
        }
    }
}


const xsell_ask_t *
xsell_ask_find(const xsell_places_t *ps, uint64_t name, uint8_t first,
    size_t n)
{
    unsigned  i;

    for (i = ps->ask_of[xsell_bloom(first, n)]; i; i = ps->ask[i - 1].next) {
        if (ps->ask[i - 1].name == name && ps->ask[i - 1].n == n) {
            return &ps->ask[i - 1];
        }
    }

    return NULL;
}


/* a value, in pieces: what is seen of it */

void
xsell_asked(const xsell_ask_t *a, xsell_asked_t *s, const uint8_t *p, size_t n)
{
    size_t  i;

    if (n && s->n == 0) {
        s->first = *p;
    }

    s->n += (uint32_t) (n > XSELL_VALUE_MAX ? XSELL_VALUE_MAX + 1 : n);
    s->n = s->n > XSELL_VALUE_MAX ? XSELL_VALUE_MAX + 1 : s->n;

    for (i = 0; i < n && !s->hit; i++) {

        if (p[i] == '&') {
            s->hit = 1;

        } else if (!xsell_c(p[i], XSELL_C_WHITE)) {
            s->letter = s->word_n ? s->letter : p[i];
            s->word_n += s->word_n <= XSELL_VALUE_MAX;

        } else if (s->word_n) {
            s->hit = (a->words & xsell_mark_bit(s->letter, s->word_n)) != 0;
            s->word_n = 0;
        }
    }
}


/* its end: is it worth a look? */

int
xsell_asked_for(const xsell_ask_t *a, const xsell_asked_t *s)
{
    return s->hit || a->any == XSELL_ASK_ANY || s->n > XSELL_VALUE_MAX
           || (s->n && a->whole & xsell_mark_bit(s->first, s->n))
           || (s->word_n && a->words & xsell_mark_bit(s->letter, s->word_n));
}


/*
 * xsell_match.c: which compound selectors an element matches.
 *
 * All selectors of a page are matched at once: a compound (`a.b[c]`) is a bit,
 * and a word of 64 holds what is true of an element.  With the words of its
 * parent and of its siblings so far,
 *
 *   possible = live & (first | self of parent << 1 & child
 *                      | self of all ancestors << 1 & descendant
 *                      | self of the last sibling << 1 & next
 *                      | self of all siblings << 1 & later)
 *
 * are those whose combinators hold; of these, those of another type are out,
 * and the others ask for attributes.  self = possible & own, and an element
 * matches a place if one of its subjects is in it.
 *
 * Nothing here depends on the size of the page: a tag costs a few dozen
 * instructions, and its attributes are read only if they could make a
 * difference.
 *
 * Not taken: an automaton of the selectors (states by ancestors): words do the
 * same for 64 compounds and need no memory that grows.
 */

#include "xsell_html.h"

#include <string.h>


void
xsell_match_open(xsell_html_t *h)
{
    unsigned              i;
    const xsell_place_t  *place;

    h->live = 0;
    h->subjects = 0;
    h->early = 0;

    for (i = 0; h->open >> i; i++) {
        if (!(h->open >> i & 1) || h->markers >> i & 1) {
            continue;
        }

        place = &h->ps->place[i];
        h->live |= place->bits;
        h->subjects |= place->subject;

        if (h->befores >> i & 1) {
            h->early |= place->subject;
        }
    }
}


/* ---- types of the children so far, for :first-of-type ----------------- */

static int
xsell_type_seen(const xsell_html_t *h, uint32_t type)
{
    unsigned                i;
    const xsell_element_t  *e;

    if (h->parent == 0 || h->parent > h->depth) {
        return 0;
    }

    e = &h->stack[h->parent - 1];

    for (i = 0; i < e->types_n; i++) {
        if (h->types[e->types + i] == type) {
            return 1;
        }
    }

    return 0;
}


static void
xsell_type_add(xsell_html_t *h, uint32_t type)
{
    unsigned          i;
    xsell_element_t  *e;

    if (h->parent == 0 || h->parent > h->depth || xsell_type_seen(h, type)) {
        return;
    }

    e = &h->stack[h->parent - 1];

    if (e->types_n == 0 && h->parent == h->depth) {
        e->types = h->types_n;
    }

    /* it only grows at its end: siblings that went before a table, or more
       of them than fit, can't be told apart any more */

    if (h->parent != h->depth || h->types_n == XSELL_TYPES
        || e->types + e->types_n != h->types_n)
    {
        for (i = 0; h->open >> i; i++) {
            if (h->open >> i & 1 && h->ps->place[i].bits & h->ps->only) {
                xsell_place_drop(h, i, XSELL_PLACE_DEEP);
            }
        }

        return;
    }

    h->types[h->types_n++] = type;
    e->types_n++;
}


/* ---- an element ------------------------------------------------------- */

static uint64_t
xsell_match_type(const xsell_places_t *ps, uint64_t name, unsigned kind)
{
    uint32_t  i;

    if (kind || ps->types_n == 0) {
        return ps->kind[kind];
    }

    for (i = 0; i < ps->types_n; i++) {
        if (ps->type[i].name == name) {
            return ps->type[i].bits | ps->any;
        }
    }

    return ps->any;
}


static uint64_t
xsell_match_poss(const xsell_html_t *h, const xsell_level_t *l, int moved)
{
    uint64_t               bits;
    const xsell_places_t  *ps;

    ps = h->ps;
    bits = ps->first | (l->self << 1 & ps->child) | (l->up << 1 & ps->desc);

    if (xsell_siblings(ps)) {
        bits |= moved ? (l->last_but << 1 & ps->next)
                        | (l->all_but << 1 & ps->later)
                      : (l->last << 1 & ps->next)
                        | (l->all << 1 & ps->later);
    }

    return bits & h->live;
}


/* compounds all of whose conditions are met */

static void
xsell_match_met(xsell_html_t *h, uint64_t among)
{
    unsigned  i;
    uint64_t  bits;

    for (bits = among; bits; bits &= bits - 1) {
        i = (unsigned) __builtin_ctzll(bits);

        if ((h->met & h->ps->need[i]) == h->ps->need[i]) {
            h->own |= (uint64_t) 1 << i;
        }
    }
}


void
xsell_match_start(xsell_html_t *h, uint64_t name, unsigned kind)
{
    uint64_t               type, more, bits;
    const xsell_places_t  *ps;

    ps = h->ps;
    h->want = 0;

    if (h->count[XSELL_COUNT_TEMPLATE] || h->live == 0) {
        h->poss = 0;
        h->own = 0;
        return;
    }

    type = xsell_match_type(ps, name, kind);

    h->poss = h->live;

    if (xsell_relations(ps)) {
        h->poss = xsell_match_poss(h, &h->level[h->parent],
                                   (h->bits & XSELL_E_MOVED) != 0);
    }

    if (ps->only) {
        h->type_hash = (name * XSELL_TAG_MIX) >> 32 ^ (h->bits >> 8 & 3);

        if (xsell_type_seen(h, (uint32_t) h->type_hash)) {
            h->poss &= ~ps->only;
        }
    }

    h->own = type & ps->free;

    /* what may be opened again may be so elsewhere */

    bits = xsell_flags(kind) & XSELL_TAG_FORMAT && xsell_relations(ps)
           ? h->live : h->poss;
    more = bits & type & ~ps->free;

    h->poss &= type;

    /* the loop over tags leaves these to the states */

    if (h->poss & ps->free) {
        h->work += XSELL_WORK_TYPE;
    }

    if (more) {
        h->attrs |= XSELL_ATTRS_MATCH;

        if (h->met) {
            xsell_match_met(h, more);
        }

        for (bits = more; bits; bits &= bits - 1) {
            h->want |= ps->need[__builtin_ctzll(bits)];
        }
    }
}


void
xsell_match_add(xsell_html_t *h)
{
    uint64_t        self;
    xsell_level_t  *l;

    if (h->count[XSELL_COUNT_TEMPLATE]) {
        return;
    }

    if (xsell_siblings(h->ps)) {
        self = xsell_match_self(h);
        l = &h->level[h->parent];

        if (h->bits & XSELL_E_MOVED && h->parent <= h->depth) {
            xsell_place_fostered(h, h->parent);
            l->last_but = self;
            l->all_but |= self;
            l->all |= self;

        } else {
            l->last_but = l->last;
            l->all_but = l->all;
            l->last = self;
            l->all |= self;
        }
    }

    if (h->ps->only) {
        xsell_type_add(h, (uint32_t) h->type_hash);
    }
}


void
xsell_match_push(xsell_html_t *h)
{
    xsell_level_t  *l;

    if (!xsell_relations(h->ps)) {
        return;
    }

    l = &h->level[h->depth];
    memset(l, 0, sizeof(xsell_level_t));

    if (h->count[XSELL_COUNT_TEMPLATE] == 0) {
        l->self = xsell_match_self(h);
        l->own = h->own;
        l->up = l->self | h->level[h->parent].up;
    }
}


/* self and up again, from idx to the top; what matches now did not when its
   tag was here */

void
xsell_match_moved(xsell_html_t *h, unsigned idx)
{
    uint64_t        self;
    xsell_level_t  *l;

    if (!xsell_relations(h->ps) || h->count[XSELL_COUNT_TEMPLATE]) {
        return;
    }

    for ( /* void */ ; idx < h->depth; idx++) {
        l = &h->level[idx + 1];

        self = l->own & xsell_match_poss(h, &h->level[idx], 0);

        if (self & ~l->self & h->subjects) {
            xsell_place_moved(h, self);
        }

        l->self = self;
        l->up = self | h->level[idx].up;
    }
}


void
xsell_match_children(xsell_html_t *h, unsigned idx, unsigned from)
{
    xsell_level_t  *l, *of;

    l = &h->level[idx + 1];
    of = &h->level[from + 1];

    l->last = from ? of->last : 0;
    l->all = from ? of->all : 0;
    l->last_but = from ? of->last_but : 0;
    l->all_but = from ? of->all_but : 0;

    if (from) {
        xsell_match_children(h, from, 0);
    }
}


void
xsell_match_child(xsell_html_t *h, unsigned idx)
{
    xsell_level_t  *l;

    l = &h->level[idx];
    l->last_but = l->last;
    l->all_but = l->all;
    l->last = h->level[idx + 1].self;
    l->all |= l->last;
}


/* ---- attributes ------------------------------------------------------- */

/* the number of the attribute under way among those in selectors */

static int
xsell_match_name(const xsell_html_t *h)
{
    uint32_t  i;

    for (i = 0; i < h->ps->attrs_n; i++) {
        if (h->ps->attr[i].name == h->attr) {
            return (int) i;
        }
    }

    return -1;
}


int
xsell_match_wants(xsell_html_t *h)
{
    int       i;
    uint64_t  bit;

    h->compare = 0;
    i = xsell_match_name(h);

    if (i < 0) {
        return 0;
    }

    bit = (uint64_t) 1 << i;

    if (h->seen & bit) {
        return 0;                       /* the first one counts */
    }

    h->seen |= bit;

    h->compare = (h->ps->attr[i].conds & h->want) != 0;

    return h->compare;
}


static int
xsell_same(const char *p, const char *q, size_t n, int fold)
{
    size_t   i;
    uint8_t  a, b;

    if (!fold) {
        return memcmp(p, q, n) == 0;
    }

    for (i = 0; i < n; i++) {
        a = (uint8_t) p[i];
        b = (uint8_t) q[i];
        a += (uint8_t) ((unsigned) (a - 'A') < 26) << 5;
        b += (uint8_t) ((unsigned) (b - 'A') < 26) << 5;

        if (a != b) {
            return 0;
        }
    }

    return 1;
}


#define xsell_white(c)                                                        \
    ((c) == ' ' || (c) == '\t' || (c) == '\n' || (c) == '\f' || (c) == '\r')

static int
xsell_has_word(const char *p, size_t n, const char *word, size_t word_n,
    int fold)
{
    size_t  i;

    for (i = 0; i + word_n <= n; i++) {
        if ((i == 0 || xsell_white(p[i - 1]))
            && xsell_same(p + i, word, 1, fold)
            && (i + word_n == n || xsell_white(p[i + word_n]))
            && xsell_same(p + i, word, word_n, fold))
        {
            return 1;
        }
    }

    return 0;
}


static int
xsell_has_part(const char *p, size_t n, const char *s, size_t s_n, int fold)
{
    size_t  i;

    for (i = 0; i + s_n <= n; i++) {
        if (xsell_same(p + i, s, s_n, fold)) {
            return 1;
        }
    }

    return 0;
}


/* a value that is longer than what is kept of it; -1: who knows */

static int
xsell_cond_long(const xsell_html_t *h, const xsell_cond_t *c)
{
    int          has;
    size_t       n;
    const char  *p, *s;

    p = h->value;
    n = XSELL_VALUE_MAX;
    s = h->ps->text + c->off;

    switch (c->op) {
    case XSELL_OP_ANY:
        return 1;

    case XSELL_OP_BEGIN:
        return c->n <= n && xsell_same(p, s, c->n, c->fold);

    case XSELL_OP_DASH:
        return c->n < n && xsell_same(p, s, c->n, c->fold) && p[c->n] == '-';

    case XSELL_OP_WORD:
        while (n && !xsell_white(p[n - 1])) {
            n--;
        }

        has = xsell_has_word(p, n, s, c->n, c->fold);
        return has ? 1 : -1;

    case XSELL_OP_PART:
        has = xsell_has_part(p, n, s, c->n, c->fold);
        return has ? 1 : -1;

    case XSELL_OP_END:
        return -1;
    }

    return 0;
}


static int
xsell_cond_holds(const xsell_places_t *ps, const xsell_cond_t *c,
    const char *p, size_t n)
{
    const char  *s;

    s = ps->text + c->off;

    if (c->op == XSELL_OP_ANY) {
        return 1;
    }

    switch (c->op) {
    case XSELL_OP_EQUAL:
        return n == c->n && xsell_same(p, s, n, c->fold);

    case XSELL_OP_WORD:
        return xsell_has_word(p, n, s, c->n, c->fold);

    case XSELL_OP_DASH:
        return n >= c->n && xsell_same(p, s, c->n, c->fold)
               && (n == c->n || p[c->n] == '-');

    case XSELL_OP_BEGIN:
        return n >= c->n && xsell_same(p, s, c->n, c->fold);

    case XSELL_OP_END:
        return n >= c->n && xsell_same(p + n - c->n, s, c->n, c->fold);

    case XSELL_OP_PART:
        return xsell_has_part(p, n, s, c->n, c->fold);

    case XSELL_OP_LIST:
        return xsell_root_holds(c, p, n);
    }

    return 0;
}


void
xsell_match_attr(xsell_html_t *h)
{
    int                  i, holds;
    uint64_t             bits, bit;
    const xsell_cond_t  *c;

    i = xsell_match_name(h);

    if (i < 0 || !h->compare) {
        return;
    }

    for (bits = h->ps->attr[i].conds & h->want; bits; bits &= bits - 1) {
        c = &h->ps->cond[__builtin_ctzll(bits)];
        bit = bits & -bits;

        holds = h->value_n > XSELL_VALUE_MAX
                ? xsell_cond_long(h, c)
                : xsell_cond_holds(h->ps, c, h->value, h->value_n);

        if (holds > 0) {
            h->met |= bit;
            xsell_match_met(h, (uint64_t) 1 << c->compound);

        } else if (holds < 0) {
            xsell_place_doubt(h, (uint64_t) 1 << c->compound);
        }
    }
}


int
xsell_match_quick(const xsell_html_t *h, uint64_t among, uint64_t name,
    const char *p, size_t n)
{
    uint32_t               i;
    uint64_t               bits;
    const xsell_cond_t    *c;
    const xsell_places_t  *ps;

    ps = h->ps;

    for (i = 0; i < ps->attrs_n && ps->attr[i].name != name; i++) {
        /* void */
    }

    if (i == ps->attrs_n || !(ps->attr[i].need & among)) {
        return 0;
    }

    if (n > XSELL_VALUE_MAX || memchr(p, '&', n) != NULL
        || memchr(p, '\r', n) != NULL)
    {
        return 1;
    }

    for (bits = ps->attr[i].conds; bits; bits &= bits - 1) {
        c = &ps->cond[__builtin_ctzll(bits)];

        if (among >> c->compound & 1 && xsell_cond_holds(ps, c, p, n)) {
            return 1;
        }
    }

    return 0;
}


/*
 * xsell_quick_loop.h: the loop over tags, where a page's time goes.  Included
 * by xsell_quick.c with XSELL_LOOP(name) and the vectors of a processor:
 *
 *   XSELL_TARGET      the attribute of functions for it
 *   xsell_vec_t       a vector; XSELL_VEC bytes
 *   XSELL_VLOAD       one from memory
 *   XSELL_VALL(c)     one of that byte only
 *   XSELL_VMASK(v)    a bit per byte of v, which is all ones or none
 *   XSELL_VAT(v, c)   a bit per byte of v that is that of c
 *   XSELL_VSPECIAL(v, s)  a bit per byte of v that is '=', '>' or '"';
 *   XSELL_SPECIALS    s
 *   XSELL_VNAME(v, s, l)  a bit per byte of v that ends a name: one of these,
 *                     '/', or below l
 *   XSELL_NAME_ENDS   s
 *   XSELL_VBARE(v)    a bit per byte of v that is white space or '>'
 *   XSELL_VWORD(v)    white space or '&'
 *   XSELL_VBETWEEN(v)  white space or '/'
 *   XSELL_VSAME(p, a)  the bytes at p are those of a piece of markup
 *   XSELL_FIRST(m)    of such bits the lowest, or behind the last
 *   XSELL_NONE(m, n)  is there none?  Else n is the lowest
 *   XSELL_PLACE(w)    of the name that begins w
 *
 * Nothing is called from it, so that what it knows stays in registers: what is
 * seldom goes back to xsell_quick.c, which does it and comes again.
 */


/* the next '<' from p on; `none` if it is not there */

#undef XSELL_FIND
#define XSELL_FIND(p, none)                                                   \
    if (*(p) != '<') {                                                        \
        while (xsell_unlikely(XSELL_NONE(XSELL_VAT(XSELL_VLOAD(p), open),     \
                                         &n)))                                \
        {                                                                     \
            (p) += XSELL_VEC;                                                 \
                                                                              \
            if ((p) > end) {                                                  \
                goto none;                                                    \
            }                                                                 \
        }                                                                     \
                                                                              \
        (p) += n;                                                             \
    }


#include "xsell_quick_attrs.h"
#include "xsell_quick_open.h"


XSELL_TARGET
xsell_inline void
XSELL_LOOP(walk)(xsell_html_t *h, xsell_walk_t *walk, const unsigned among)
{
    int                     over;
    uint16_t                needs;
    size_t                  n;
    unsigned                m, push;
    uint64_t                w, x, bits;
    const uint8_t          *p, *q, *end, *stop;
    xsell_vec_t             open, quote, special, low;
    xsell_level_t          *level;
    xsell_format_t         *f;
    xsell_element_t        *top;
    xsell_again_t          *again;
    const xsell_quick_t    *k;
    const xsell_quicks_t   *base;

    open = XSELL_VALL('<');
    quote = XSELL_VALL('"');
    special = XSELL_SPECIALS;
    low = XSELL_VALL('-');
    xsell_keep(open);
    xsell_keep(quote);
    xsell_keep(special);

    if (among >= XSELL_AMONG_ALONE) {
        xsell_keep(low);
    }

    stop = walk->places->stop;
    base = &xsell_quicks;
    bits = XSELL_QUICK_BITS;
    xsell_keep_reg(base);

    if (among < XSELL_AMONG_ALONE) {
        xsell_keep_reg(bits);
    }

    p = walk->p;
    end = walk->end;
    top = walk->top;
    level = walk->level;
    k = walk->k;
    walk->k = NULL;
    w = 0;

    walk->plain = XSELL_LOOP(plain)(h);
    walk->high = h->stack + XSELL_DEPTH;

    walk->tags = 0;
    walk->cares = 0;
    walk->insteads = 0;
    walk->comments = 0;
    walk->odds = 0;
    walk->odd = 0;
    walk->odd_at = NULL;

    if (k) {
        walk->tags = 1;
        p = walk->q;

        if (among == XSELL_AMONG_NONE && walk->again) {
            walk->again = NULL;
            walk->cares = (k->needs & XSELL_NEEDS_CARE) != 0;
            goto text;
        }

        goto known;
    }

find:

    XSELL_FIND(p, out);

    if (xsell_unlikely(p > end)) {
        goto out;
    }

    /* the end tag of the innermost element */

    w = xsell_bytes(p + 1);

    if (((w ^ top->end) & top->mask) == 0) {

        if (xsell_unlikely(top->pop != XSELL_POP)) {
            goto pop;
        }

    popped:

        p += top->skip;
        top--;

        if (among == XSELL_AMONG_ALL) {
            level--;
        }

        goto find;
    }

start:

    walk->p = p;                        /* back to it, if that must be */
    xsell_count_up(walk->tags);

    k = XSELL_AT(base, base->place[XSELL_PLACE(w, bits)]);
    x = (w ^ k->name) & k->mask;
    p += k->skip;

    if (x) {
        if (xsell_unlikely(x != k->space)) {
            goto other;
        }

    attrs:

        p = among < XSELL_AMONG_ALONE
            || !(stop[k->kind] & XSELL_STOP_ATTRS)
            ? XSELL_LOOP(skip)(p, walk, special, quote)
            : XSELL_LOOP(names)(p, walk, XSELL_NAME_ENDS, quote, low);

        if (xsell_unlikely(p == NULL)) {
            goto odd;
        }
    }

taken:

    if (among != XSELL_AMONG_NONE
        && xsell_unlikely(stop[k->kind] & XSELL_STOP_NAME))
    {
        goto done;
    }

known:

    needs = k->needs & top->lacks;

    if (xsell_unlikely(needs)) {
        goto special;
    }

text:

    if (*p != '<') {
        while (xsell_unlikely(XSELL_NONE(XSELL_VAT(XSELL_VLOAD(p), open),
                                         &n)))
        {
            p += XSELL_VEC;

            if (p > end) {
                goto push;
            }
        }

        p += n;

        /* what follows was there before, and does what it did */

        if (among == XSELL_AMONG_NONE) {
            again = (xsell_again_t *) (void *) ((char *) h + k->again);

            if (XSELL_VSAME(p, again)) {
                goto again;
            }

            if (__builtin_sub_overflow(again->wait, XSELL_AGAIN_MISS,
                                       &again->wait))
            {
                goto learn;
            }
        }
    }

fused:

    /* most elements have nothing but text in them: what the next tag would
       pop is not pushed */

    w = xsell_bytes(p + 1);

    if (((w ^ k->element.end) & k->element.mask) == 0) {
        p += k->element.skip;

        if (among == XSELL_AMONG_ALL) {
            xsell_quick_child(level);
        }

        goto find;
    }

push:

    if (k->push > walk->plain) {
        goto format;
    }

pushed:

    top++;
    xsell_keep_reg(top);

    if (xsell_unlikely(top >= walk->high)) {
        top--;
        goto back;
    }

    *top = k->element;

    if (among == XSELL_AMONG_NONE) {
        top->around = top[-1].id;
    }

    if (among == XSELL_AMONG_ALL) {
        xsell_quick_level(level++);
    }

    if (xsell_unlikely(p > end)) {
        goto out;
    }

    goto start;

again:

    q = p + again->n;

    if (again->ids != XSELL_LOOP(ids)(top) || q > end) {
        goto fused;
    }

    k = again->k;
    xsell_set(again->wait, XSELL_AGAIN_WAIT);
    p += again->last;
    walk->p = p;
    walk->counts += again->counts;
    top = XSELL_ABOVE(top, again->shift);
    p = q;

    if (!again->value) {
        goto text;
    }

    while (xsell_unlikely(XSELL_NONE(XSELL_VAT(XSELL_VLOAD(p), quote), &n))) {
        p += XSELL_VEC;

        if (p > walk->far) {
            walk->odd_q = NULL;
            goto odd;
        }
    }

    p += n + 2;

    if (xsell_likely(p[-1] == '>')) {
        goto known;
    }

    if (xsell_unlikely(p > walk->far)) {
        walk->odd_q = NULL;
        goto odd;
    }

    goto attrs;

learn: XSELL_COLD

    if (again == h->again || walk->odd_at == walk->p) {
        goto fused;
    }

    walk->again = again;
    walk->k = k;
    walk->q = p;
    walk->tags--;
    walk->cares -= (k->needs & XSELL_NEEDS_CARE) != 0;
    goto end;

pop: XSELL_COLD

    xsell_keep_reg(top);

    switch (top->pop) {

    case XSELL_POP_P:
        h->count[XSELL_COUNT_P]--;
        break;

    case XSELL_POP_FORMAT:
        m = h->formats;

        if (top->formats != m
            || (m > 1 && h->format[m - 2].name
                && h->format[m - 2].idx == XSELL_NOT_OPEN))
        {
            goto out;                   /* text would open that one again */
        }

        h->formats--;
        break;

    case XSELL_POP_LONG:
        if (p[9] != '>') {
            goto out;
        }

        goto popped;

    default:
        goto out;
    }

    walk->plain = XSELL_LOOP(plain)(h);
    goto popped;

implied: XSELL_COLD

    /* a start tag that ends <p> or <li>, and nothing else.  Who waits for that
       end has to know */

    if (top - h->stack < (ptrdiff_t) walk->floor + 1
        || k->push == XSELL_PUSH_TABLE
        || k->needs & top[-1].lacks & ~XSELL_NEEDS_MILD)
    {
        goto back;
    }

    /* the same again: the stack stays as it is */

    if (k->element.bits == top->bits && among != XSELL_AMONG_ALL
        && (k->push == XSELL_PUSH_P || k->kind == XSELL_KIND_LI))
    {
        xsell_count_up(walk->insteads);
        goto find;
    }

    if (top->pop == XSELL_POP_P && k->needs & XSELL_NEEDS_NO_P) {
        h->count[XSELL_COUNT_P]--;
        walk->plain = XSELL_LOOP(plain)(h);

    } else if (h->count[XSELL_COUNT_P]
               || !((k->kind == XSELL_KIND_LI && top->bits == XSELL_KIND_LI)
                    || ((k->kind == XSELL_KIND_DD
                         || k->kind == XSELL_KIND_DT)
                        && (top->bits == XSELL_KIND_DD
                            || top->bits == XSELL_KIND_DT))))
    {
        goto back;
    }

    xsell_count_up(walk->insteads);
    top--;

    if (among == XSELL_AMONG_ALL) {
        level--;
    }

    if (k->needs & XSELL_NEEDS_CARE) {
        xsell_count_down(walk->cares);  /* it will come again */
    }

    goto known;

other: XSELL_COLD

    /* a name, and something else than a space or '>' behind it */

    p = walk->p;
    m = p[1];

    if (m - 'a' < 26) {
        q = p + 2;

        while (!xsell_c(*q, XSELL_C_NAME_END) && q < p + 9) {
            q++;
        }

        m = (unsigned) (q - p) - 1;
        w = (w & xsell_low[m]) | (uint64_t) '>' << (8 * m & 63);
        k = XSELL_AT(base, base->place[XSELL_PLACE(w, bits)]);

        if (m > 7 || ((w ^ k->name) & k->mask) != 0 || *q == '>') {
            goto done;
        }

        XSELL_LOOP(price)(walk, XSELL_WORK_SPACE);
        p += k->skip;
        goto attrs;
    }

    if (m != '!' && m != '/' && m != '?' && (m | 0x20) - 'a' > 25
        && p < walk->far)
    {
        p++;                            /* "1 < 2": text */
        goto find;
    }

    if (p[1] != '!' || p[2] != '-' || p[3] != '-' || h->open & h->markers) {
        goto done;
    }

    for (q = p + 4; /* void */ ; q++) {

        while ((m = XSELL_VAT(XSELL_VLOAD(q), XSELL_VALL('>'))) == 0) {
            q += XSELL_VEC;

            if (q > walk->far) {
                goto done;
            }
        }

        q += (unsigned) __builtin_ctz(m);

        if (q[-1] == '-' && q[-2] == '-') {
            break;
        }

        if (q > walk->far || q[-1] == '!') {
            goto done;
        }
    }

    xsell_count_up(walk->comments);     /* and a tag */
    p = q + 1;
    goto find;

odd: XSELL_COLD

    if (among == XSELL_AMONG_NONE) {
        xsell_keep_reg(walk);           /* else GCC takes its registers */
    }

    p = walk->odd_q;

    if (p == NULL) {
        goto done;
    }

    if (among >= XSELL_AMONG_ALONE) {
        p = !(stop[k->kind] & XSELL_STOP_ATTRS) ? p
            : walk->bloom ? NULL : XSELL_LOOP(behind)(p);
        p = p ? XSELL_LOOP(step)(walk, p, &walk->over)
              : XSELL_LOOP(row)(walk);

        if (p == NULL || p > walk->far) {
            goto done;
        }

        if (walk->over) {
            goto taken;
        }

        goto attrs;
    }

    do {
        p = XSELL_LOOP(step)(walk, p, &over);

        if (p == NULL || p > walk->far) {
            goto done;
        }

        if (over) {
            goto taken;
        }

    } while (*p == ' ');

    goto attrs;

special:

    push = k->push;

    if (needs == XSELL_NEEDS_CARE) {
        xsell_count_up(walk->cares);

        /* most are these */

        if (push == XSELL_PUSH_P) {
            goto text;
        }

        if (push == XSELL_PUSH_FORMAT && p == walk->p + k->skip
            && h->formats <= XSELL_FORMATS_FREE)
        {
            walk->hash = 0;
            XSELL_FIND(p, push);
            goto fused;
        }

    } else {
        if (needs & XSELL_NEEDS_CARE) {
            xsell_count_up(walk->cares);
        }

        if (needs & ~XSELL_NEEDS_MILD) {
            goto implied;
        }

        if (push == XSELL_PUSH_P) {
            goto text;
        }
    }

    if (push == XSELL_PUSH_VOID) {
        goto empty;
    }

    switch (push) {

    case XSELL_PUSH_CELL:
        if (h->formats == XSELL_FORMATS) {
            goto back;
        }

        goto text;

    case XSELL_PUSH_FORMAT:
        if (p == walk->p + k->skip) {
            walk->hash = 0;

        } else if (p != walk->q) {
            XSELL_LOOP(price)(walk, XSELL_WORK_ATTRS);
            q = p;                      /* its attributes count, if it is */
            XSELL_FIND(q, back);        /* not over at once */
            w = xsell_bytes(q + 1);

            if (((w ^ k->element.end) & k->element.mask) != 0) {
                goto back;
            }
        }

        /* fall through */

    case XSELL_PUSH_A:
        if (!XSELL_LOOP(room)(h, push)) {
            goto back;
        }

        XSELL_FIND(p, push);
        goto fused;

    case XSELL_PUSH_TABLE:
        if ((h->strayed || h->count[XSELL_COUNT_TEMPLATE])
            && XSELL_LOOP(moved)(h, top))
        {
            goto back;
        }

        /* fall through */

    case XSELL_PUSH_LONG:
        XSELL_FIND(p, whole);

    whole:

        w = xsell_bytes(p + 1);

        if (walk->plain < 0) {
            goto format;
        }

        goto pushed;

    case XSELL_PUSH_RAW:
        for ( ;; ) {
            while (XSELL_VMASK((XSELL_VLOAD(p) == open)
                               | (XSELL_VLOAD(p + XSELL_VEC) == open)) == 0)
            {
                p += 2 * XSELL_VEC;

                if (p > walk->far) {
                    goto back;
                }
            }

            m = XSELL_VAT(XSELL_VLOAD(p), open);
            p += XSELL_FIRST(m);

            if (m == 0) {
                p += XSELL_FIRST(XSELL_VAT(XSELL_VLOAD(p), open));
            }

            if (p > walk->far
                || (p[1] == '!' && k->kind == XSELL_KIND_SCRIPT))
            {
                goto back;
            }

            /* in capitals, or with more than the name: perhaps */

            if (p[1] == '/') {
                w = xsell_bytes(p + 2) ^ k->element.name;
                x = k->element.skip - 3u;

                if ((w & ~XSELL_BYTES(0x20) & xsell_low[x]) == 0) {
                    if ((w & xsell_low[x]) != 0 || p[2 + x] != '>') {
                        goto back;
                    }

                    p += k->element.skip;
                    break;
                }
            }

            p++;
        }

        break;

    default:
        goto back;
    }

empty:

    /* it has no end, or is over */

    if (among == XSELL_AMONG_ALL) {
        xsell_quick_child(level);
    }

    goto find;

format: XSELL_COLD

    /* a format, a cell, or an element in <p> */

    if (xsell_unlikely(top >= h->stack + XSELL_DEPTH - 1)) {
        goto back;
    }

    top[1] = k->element;
    top[1].lacks |= top->lacks & XSELL_NEEDS_DEEP;
    top[1].id = 0;
    top[1].around = 0;
    top++;
    push = k->push;

    switch (push) {

    case XSELL_PUSH_P:
        h->count[XSELL_COUNT_P]++;
        walk->plain = XSELL_LOOP(plain)(h);
        break;

    case XSELL_PUSH_CELL:
    case XSELL_PUSH_A:
    case XSELL_PUSH_FORMAT:
        f = &h->format[h->formats++];
        f->name = push == XSELL_PUSH_CELL ? 0 : k->element.name;
        f->attrs = push == XSELL_PUSH_FORMAT ? walk->hash : 0;
        f->own = among == XSELL_AMONG_ALL && push != XSELL_PUSH_CELL
                 ? XSELL_LOOP(own)(walk->places, k) : 0;
        f->idx = (uint16_t) (top - h->stack);
        f->kind = k->kind;
        top->formats = h->formats;
        top->lacks |= XSELL_NEEDS_FORMATS;
        walk->plain = XSELL_LOOP(plain)(h);
        break;
    }

    if (among == XSELL_AMONG_ALL) {
        xsell_quick_level(level++);
        level->own = XSELL_LOOP(own)(walk->places, k);  /* if it is moved */
    }

    if (p <= end) {
        goto start;
    }

out:

    walk->p = p;
    goto end;

back:

    if (k->needs & XSELL_NEEDS_CARE) {
        xsell_count_down(walk->cares);
    }

done:

    /* the tag at walk->p was not taken */

    walk->tags--;

    if (walk->odd_at == walk->p) {
        walk->odd = 0;
    }

end:

    h->work += walk->tags * XSELL_WORK_QUICK + walk->cares * XSELL_WORK_CARE
               + walk->odds + walk->odd + walk->insteads * XSELL_WORK_INSTEAD
               + walk->comments * (XSELL_WORK_COMMENT - XSELL_WORK_QUICK);
    walk->top = top;
    walk->level = level;
}

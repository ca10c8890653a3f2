
/*
 * xsell_quick_again.h: markup that was there before, byte for byte.  Included
 * by xsell_quick_loop.h for each processor, with that one's macros and
 *
 *   XSELL_VSAME(p, r)  the bytes at p are those of the piece r
 *
 * See xsell_quick_again.c.  An end or a start tag is 40 instructions in the
 * loop over tags; a piece, of two tags on average, is 20 here, with what
 * stands between it and the next one.
 */


/* from p on, in what follows t->at, for as long as pieces are known: up to a
   '<' (or what t->at ends with) that none begins at, or behind `end` */

XSELL_TARGET
static const uint8_t *
XSELL_LOOP(again)(xsell_again_t *t, const uint8_t *p, const uint8_t *end)
{
    unsigned               m, work;
    const uint8_t         *from;
    xsell_vec_t            open, quote, stop, low;
    xsell_piece_t         *r;
    const xsell_piece_t   *next;

    open = XSELL_VALL('<');
    quote = XSELL_VALL('"');
    xsell_keep(open);
    xsell_keep(quote);

    r = t->at;
    from = t->from;
    work = 0;

    if (r->kind == XSELL_PIECE_TEXT) {
        goto text;
    }

    if (r->kind == XSELL_PIECE_VALUE) {
        goto value;
    }

    goto on;

same:

    next = r->next;

    if (xsell_unlikely(!XSELL_VSAME(p, next))) {
        goto other;
    }

taken:

    r = (xsell_piece_t *) next;
    work += r->work;
    p += r->n;

    if (r->kind != XSELL_PIECE_TEXT) {
        goto inside;
    }

text:

    while ((m = XSELL_VAT(XSELL_VLOAD(p), open)) == 0) {
        p += XSELL_VEC;

        if (p > end) {
            goto out;
        }
    }

    p += __builtin_ctz(m);

    if (xsell_likely(p <= end)) {
        goto same;
    }

    goto out;

inside:

    /* of a tag that is not over: most often a value */

    if (xsell_unlikely(r->kind != XSELL_PIECE_VALUE)) {
        goto rest;
    }

    from = p - r->back;

value:

    while ((m = XSELL_VAT(XSELL_VLOAD(p), quote)) == 0) {
        p += XSELL_VEC;

        if (p > end) {
            goto out;
        }
    }

    p += __builtin_ctz(m);

    if (xsell_likely(p <= end)) {
        goto same;
    }

    goto out;

rest: XSELL_COLD

    /* another value, what is in a script, a comment */

    if (r->back) {
        from = p - r->back;
    }

on:

    if (r->kind == XSELL_PIECE_RAW) {

        /* "</" or "<!", and seldom another */

        low = XSELL_VALL(0x0e);
        stop = XSELL_VALL('/');

        while ((m = XSELL_VMASK((XSELL_VLOAD(p) == open)
                                & ((XSELL_VLOAD(p + 1) | low) == stop))) == 0)
        {
            p += XSELL_VEC;

            if (p > end) {
                goto out;
            }
        }

    } else {
        stop = XSELL_VALL((char) r->stop);

        while ((m = XSELL_VAT(XSELL_VLOAD(p), stop)) == 0) {
            p += XSELL_VEC;

            if (p > end) {
                goto out;
            }
        }
    }

    p += __builtin_ctz(m);

    if (xsell_unlikely(p > end)) {
        goto out;
    }

    p -= r->kind == XSELL_PIECE_COMMENT ? 2 : 0;
    goto same;

other: XSELL_COLD

    for (next = *r->all; next; next = next->more) {
        if (XSELL_VSAME(p, next)) {
            r->next = next->forks ? r->next : next;
            goto taken;
        }
    }

    /* not the end that is waited for */

    if (r->kind == XSELL_PIECE_RAW && p[1] != '!'
        && (p[1] != '/' || ((xsell_bytes(p + 2) ^ r->raw)
                            & xsell_low[r->raw_n] & ~XSELL_BYTES(0x20)) != 0))
    {
        p++;
        goto on;
    }

    if (r->kind == XSELL_PIECE_COMMENT && p[1] != '!'
        && (p[0] != '-' || p[1] != '-'))
    {
        p += 3;
        goto on;
    }

out:

    t->at = r;
    t->from = from;
    t->work += work;

    return p;
}


/*
 * xsell_quick_attrs.h: the rest of a start tag, behind its name.  Included by
 * xsell_quick_loop.h for each processor, with that one's macros.
 *
 *   skip   most tags: NAME="VALUE" up to the '>', nobody asks for them
 *   names  the same where some names are asked for
 *   step   what stands there instead: '...', a bare value, spaces around '=',
 *          a '"' in a name; one at a time, then skip goes on
 *
 * What is odd has a price (XSELL_WORK_*), since it takes that many
 * instructions; xsell_tokenizer.c and xsell_quick_tag.c name the same.
 */


/* the tag at w->p has something odd about it: what that costs counts if the
   tag is taken */

xsell_inline void
XSELL_LOOP(price)(xsell_walk_t *w, unsigned work)
{
    if (w->odd_at != w->p) {
        w->odd_at = w->p;
        w->odds += w->odd;
        w->odd = XSELL_WORK_ODD;
    }

    w->odd += work;
}


/*
 * A '=' at e, and perhaps a value in single quotes, without quotes, or with
 * spaces around the '=': the byte behind it.  If there is no name before it,
 * from q on, it begins one: then e.  NULL: as for skip.
 */

XSELL_TARGET
xsell_inline const uint8_t *
XSELL_LOOP(value)(xsell_walk_t *w, const uint8_t *q, const uint8_t *e)
{
    uint8_t         c;
    unsigned        m;
    const uint8_t  *r;
    xsell_vec_t     quotes;

    r = e - 1;

    if (xsell_c(*r, XSELL_C_WHITE)) {
        while (r >= q && xsell_c(*r, XSELL_C_WHITE)) {
            r--;
        }

        if (r < q) {
            XSELL_LOOP(price)(w, XSELL_WORK_EQUALS);
            return e;
        }
    }

    if (*r == '/') {
        XSELL_LOOP(price)(w, XSELL_WORK_EQUALS);
        return e;
    }

    if (r != e - 1) {
        XSELL_LOOP(price)(w, XSELL_WORK_WHITE);
    }

    q = e + 1;

    if (xsell_c(*q, XSELL_C_WHITE)) {
        XSELL_LOOP(price)(w, XSELL_WORK_WHITE);

        do {
            q++;

            if (q > w->far) {
                return NULL;
            }
        } while (xsell_c(*q, XSELL_C_WHITE));
    }

    c = *q;

    if (c == '"' || c == '\'') {

        if (c == '\'') {
            XSELL_LOOP(price)(w, XSELL_WORK_SINGLE);
        }

        quotes = XSELL_VALL((char) c);

        for (q++; (m = XSELL_VAT(XSELL_VLOAD(q), quotes)) == 0; /* void */ ) {
            q += XSELL_VEC;

            if (q > w->far) {
                return NULL;
            }
        }

        return q + XSELL_FIRST(m) + 1;
    }

    if (c == '>') {
        return q;
    }

    XSELL_LOOP(price)(w, XSELL_WORK_BARE);

    while ((m = XSELL_VBARE(XSELL_VLOAD(q))) == 0) {
        q += XSELL_VEC;

        if (q > w->far) {
            return NULL;
        }
    }

    return q + XSELL_FIRST(m);
}


/* v, at q, has no '=' and no '>': where to go on, behind a letter, so that
   whether there is a name before a '=' is seen from there; or behind nothing
   but spaces.  NULL: these are behind a name */

XSELL_TARGET
xsell_inline const uint8_t *
XSELL_LOOP(names_on)(const uint8_t *q, xsell_vec_t v)
{
    const uint8_t  *p;

    if (XSELL_FIRST(~XSELL_VBARE(v)) >= XSELL_VEC) {
        return xsell_c(q[-1], XSELL_C_WHITE) ? q + XSELL_VEC : NULL;
    }

    for (p = q + XSELL_VEC; xsell_c(p[-1], XSELL_C_WHITE); p--) { /* void */ }

    return p;
}


/* one step over attributes that are not of the usual form, from q on: where
   the next may begin, or behind the '>' if *end.  NULL: as for skip */

XSELL_TARGET
xsell_inline const uint8_t *
XSELL_LOOP(step)(xsell_walk_t *w, const uint8_t *q, int *end)
{
    unsigned        m;
    const uint8_t  *e;
    xsell_vec_t     v;

    *end = 0;

    v = XSELL_VLOAD(q);
    m = XSELL_VAT(v, XSELL_VALL('=')) | XSELL_VAT(v, XSELL_VALL('>'));
    e = q + XSELL_FIRST(m);

    if (XSELL_FIRST(XSELL_VAT(v, XSELL_VALL('"'))) < (size_t) (e - q)) {
        XSELL_LOOP(price)(w, 0);        /* part of a name */
    }

    if (m == 0) {
        return XSELL_LOOP(names_on)(q, v);
    }

    if (*e == '=') {
        e = XSELL_LOOP(value)(w, q - 1, e);

        if (e == NULL) {
            return NULL;
        }
    }

    *end = *e == '>';

    return e + 1;
}


/*
 * Attributes whose names and values nobody wants: up to the '>' that is in no
 * value.  A value begins by '="' where there is a name before it, in most
 * tags.  q: behind what ends the tag's name.  NULL: the tag does not end soon,
 * or w->odd_q is where something begins that is not usual.
 */

XSELL_TARGET
xsell_inline const uint8_t *
XSELL_LOOP(skip)(const uint8_t *q, xsell_walk_t *w, xsell_vec_t special,
    xsell_vec_t quote)
{
    size_t       n;
    unsigned     m;
    xsell_vec_t  v;

    for ( ;; ) {
        v = XSELL_VLOAD(q);
        n = XSELL_FIRST(XSELL_VSPECIAL(v, special));

        if (xsell_unlikely(xsell_two(q + n) != ('=' | '"' << 8)
                           || *(q + n - 1) <= '/'))
        {
            if (q[n] == '>') {
                return q + n + 1;
            }

            w->odd_q = q;
            return NULL;
        }

        m = XSELL_VAT(v, quote);
        m &= m - 1;

        if (xsell_unlikely(m == 0)) {
            for (q += n + 2; /* void */ ; q += XSELL_VEC) {
                if (q > w->far) {
                    w->odd_q = NULL;
                    return NULL;
                }

                m = XSELL_VAT(XSELL_VLOAD(q), quote);

                if (m) {
                    break;
                }
            }
        }

        q += XSELL_FIRST(m) + 2;

        if (xsell_likely(q[-1] == '>')) {
            return q;
        }

        if (xsell_unlikely(q > w->far)) {
            w->odd_q = NULL;
            return NULL;
        }
    }
}


/*
 * The same where some names may be asked for: those of `bloom`.  So names are
 * told from what is between them here, and what has no value is another's.
 */

XSELL_TARGET
xsell_inline const uint8_t *
XSELL_LOOP(names)(const uint8_t *q, xsell_walk_t *w,
    xsell_vec_t special, xsell_vec_t quote, xsell_vec_t low)
{
    size_t       n;
    unsigned     m;
    xsell_vec_t  v;

    for ( ;; ) {
        v = XSELL_VLOAD(q);
        n = XSELL_FIRST(XSELL_VNAME(v, special, low));

        if (xsell_unlikely(xsell_two(q + n) != ('=' | '"' << 8) || n == 0)) {
            w->odd_q = w->bloom ? NULL : q;
            return NULL;
        }

        if (xsell_unlikely(w->bloom & xsell_bloom(*q, n))) {
            w->odd_q = NULL;
            return NULL;
        }

        m = XSELL_VAT(v, quote);
        m &= m - 1;

        if (xsell_unlikely(m == 0)) {
            for (q += n + 2; /* void */ ; q += XSELL_VEC) {
                if (q > w->far) {
                    w->odd_q = NULL;
                    return NULL;
                }

                m = XSELL_VAT(XSELL_VLOAD(q), quote);

                if (m) {
                    break;
                }
            }
        }

        q += XSELL_FIRST(m) + 2;

        if (xsell_likely(q[-1] == '>')) {
            return q;
        }

        if (xsell_unlikely(q > w->far || q[-1] != ' ')) {
            w->odd_q = w->bloom || q > w->far ? NULL : q;
            return NULL;
        }
    }
}

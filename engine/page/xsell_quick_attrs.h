
/*
 * xsell_quick_attrs.h: the rest of a start tag, behind its name.  Included by
 * xsell_quick_loop.h for each processor, with that one's macros.
 *
 *   skip   most tags: NAME="VALUE" up to the '>', nobody asks for them
 *   step   what stands there instead: '...', a bare value, spaces around '=',
 *          a '"' in a name; one at a time, then skip goes on
 *   names  skip where some names are asked for; of these values are looked at
 *          by a bit for each word (xsell_asked.c)
 *   row    what stands there instead: name, for names without values, several
 *          at once; ask_step for the rest
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


/* ... about an attribute; asks: where some are asked for */

xsell_inline void
XSELL_LOOP(odd)(xsell_walk_t *w, unsigned work, int asks)
{
    XSELL_LOOP(price)(w, asks ? XSELL_WORK_ASKED(work) : work);
}


/*
 * A '=' at e, and perhaps a value in single quotes, without quotes, or with
 * spaces around the '=': the byte behind it.  If there is no name before it,
 * from q on, it begins one: then e.  NULL: as for skip.
 */

XSELL_TARGET
xsell_inline const uint8_t *
XSELL_LOOP(value)(xsell_walk_t *w, const uint8_t *q, const uint8_t *e,
    int asks)
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
            XSELL_LOOP(odd)(w, XSELL_WORK_EQUALS, asks);
            return e;
        }
    }

    if (*r == '/') {
        XSELL_LOOP(odd)(w, XSELL_WORK_EQUALS, asks);
        return e;
    }

    if (r != e - 1) {
        XSELL_LOOP(odd)(w, XSELL_WORK_WHITE, asks);
    }

    q = e + 1;

    if (xsell_c(*q, XSELL_C_WHITE)) {
        XSELL_LOOP(odd)(w, XSELL_WORK_WHITE, asks);

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
            XSELL_LOOP(odd)(w, XSELL_WORK_SINGLE, asks);
        }

        quotes = XSELL_VALL((char) c);
        w->value = ++q;

        while ((m = XSELL_VAT(XSELL_VLOAD(q), quotes)) == 0) {
            q += XSELL_VEC;

            if (q > w->far) {
                return NULL;
            }
        }

        w->value_end = q + XSELL_FIRST(m);

        return w->value_end + 1;
    }

    w->value = q;
    w->value_end = q;

    if (c == '>') {
        return q;
    }

    XSELL_LOOP(odd)(w, XSELL_WORK_BARE, asks);

    while ((m = XSELL_VBARE(XSELL_VLOAD(q))) == 0) {
        q += XSELL_VEC;

        if (q > w->far) {
            return NULL;
        }
    }

    w->value_end = q + XSELL_FIRST(m);

    return w->value_end;
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
        e = XSELL_LOOP(value)(w, q - 1, e, 0);

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


/* the attribute of n bytes at q, if somebody asks for it */

xsell_inline const xsell_ask_t *
XSELL_LOOP(ask)(const xsell_walk_t *w, const uint8_t *q, size_t n)
{
    unsigned            i;
    const xsell_ask_t  *a;

    for (i = w->places->ask_of[xsell_bloom(*q, n)]; i; i = a->next) {
        a = &w->places->ask[i - 1];

        if (a->n == n && a->need & w->live
            && ((xsell_bytes(q) | XSELL_BYTES(0x20))
                & xsell_low[n < 8 ? n : 8]) == a->head)
        {
            return a;
        }
    }

    return NULL;
}


/* is the value p..end, or up to the next '"', worth a look? */

XSELL_TARGET
xsell_inline int
XSELL_LOOP(look)(const xsell_walk_t *w, const xsell_ask_t *a,
    const uint8_t *p, const uint8_t *end)
{
    unsigned        m;
    const uint8_t  *q;

    if (a->any) {
        return 1;
    }

    for (q = p; end == NULL; q += XSELL_VEC) {
        if (q > w->far) {
            return 1;
        }

        m = XSELL_VAT(XSELL_VLOAD(q), XSELL_VALL('"'));
        end = m ? q + __builtin_ctz(m) : NULL;
    }

    if (end - p > XSELL_VALUE_MAX
        || (end > p && a->whole & xsell_mark_bit(*p, (size_t) (end - p))))
    {
        return 1;
    }

    for ( /* void */ ; p < end; p = q + 1) {

        for (q = p; (m = XSELL_VWORD(XSELL_VLOAD(q))) == 0 && q < end; /**/) {
            q += XSELL_VEC;
        }

        q += XSELL_FIRST(m);
        q = q < end ? q : end;

        if ((*q == '&' && q < end)
            || (q > p && a->words & xsell_mark_bit(*p, (size_t) (q - p))))
        {
            return 1;
        }
    }

    return 0;
}


/* somebody may ask for the attribute of n bytes at q with the value p..end,
   or up to the next '"': is it so, and is it worth a look? */

XSELL_TARGET
xsell_inline int
XSELL_LOOP(asked)(const xsell_walk_t *w, const uint8_t *q, size_t n,
    const uint8_t *p, const uint8_t *end)
{
    const xsell_ask_t  *a;

    if (!(w->places->ask_n >> (n & 63) & 1)) {
        return 0;
    }

    a = XSELL_LOOP(ask)(w, q, n);

    return a && XSELL_LOOP(look)(w, a, p, end)
           && xsell_name((const char *) q, n) == a->name;
}


/* is one of these names without values asked for, and worth a look?  A bit for
   each byte of them.  Where names are asked for they are odd */

XSELL_TARGET
xsell_inline int
XSELL_LOOP(lone)(xsell_walk_t *w, const uint8_t *p, uint64_t names)
{
    size_t    n, from;
    uint64_t  lengths;

    lengths = w->places->ask_n;

    if (names) {
        XSELL_LOOP(price)(w, 0);
    }

    if (!(lengths & 2)) {
        names &= names << 1 | names >> 1;       /* none of one letter */
    }

    while (names) {
        from = (size_t) __builtin_ctzll(names);
        names += names & -names;        /* a bit behind it */
        n = (size_t) __builtin_ctzll(names) - from;
        names &= names - 1;

        if (lengths >> n & 1 && w->bloom >> xsell_bloom(p[from], n) & 1
            && XSELL_LOOP(asked)(w, p + from, n, p, p))
        {
            return 1;
        }
    }

    return 0;
}


/* at q is no NAME="VALUE": names without values, white space, a '/', or the
   '>'.  Where to go on; NULL: as for skip */

XSELL_TARGET
xsell_inline const uint8_t *
XSELL_LOOP(name)(const uint8_t *q, xsell_walk_t *w, int *over)
{
    size_t       n, last;
    uint64_t     m, names;
    xsell_vec_t  v;

    v = XSELL_VLOAD(q);
    names = ~(uint64_t) XSELL_VBETWEEN(v);

    /* a row of white space before a name */

    n = (size_t) __builtin_ctzll(names);

    if (n && n < XSELL_VEC && xsell_c(q[n], XSELL_C_LETTER)) {
        return q + n;
    }

    m = XSELL_VSPECIAL(v, XSELL_SPECIALS);
    n = XSELL_FIRST(m);
    names &= ((uint64_t) 1 << n) - 1;

    if (m == 0) {
        if (names == 0) {
            return q + n;
        }

    } else if (q[n] == '>') {
        if (XSELL_LOOP(lone)(w, q, names)) {
            return NULL;
        }

        *over = 1;
        return q + n + 1;
    }

    if (names == 0 || (m && q[n] == '"')) {
        return NULL;
    }

    /* the last one may have a value */

    last = 63 - (size_t) __builtin_clzll(names & ~(names << 1));

    if (last && (m == 0 || names >> (n - 1))
        && !XSELL_LOOP(lone)(w, q, names & (((uint64_t) 1 << last) - 1)))
    {
        return q + last;
    }

    return NULL;
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
            w->odd_q = q;
            return NULL;
        }

        if (xsell_unlikely(w->bloom >> xsell_bloom(*q, n) & 1)
            && XSELL_LOOP(asked)(w, q, n, q + n + 2, NULL))
        {
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
            if (q > w->far || !xsell_c(q[-1], XSELL_C_WHITE)) {
                w->odd_q = q > w->far ? NULL : q - 1;
                return NULL;
            }
        }
    }
}


/* a name at p that fills a vector, or white space behind one does: its end,
   or the '=' behind it if there is one.  NULL: as for skip */

XSELL_TARGET
xsell_inline const uint8_t *
XSELL_LOOP(long_name)(xsell_walk_t *w, const uint8_t *p, size_t *n)
{
    uint64_t        m, quotes;
    xsell_vec_t     v;
    const uint8_t  *q, *r;

    q = p + 1;                          /* that one may be '=' or '"' */

    do {
        if (q > w->far) {
            return NULL;
        }

        v = XSELL_VLOAD(q);
        quotes = XSELL_VAT(v, XSELL_VALL('"'));
        m = XSELL_VBARE(v) | XSELL_VAT(v, XSELL_VALL('/'))
            | XSELL_VAT(v, XSELL_VALL('='));
        q += m ? (unsigned) __builtin_ctzll(m) : XSELL_VEC;

        if (quotes & ((m & -m) - 1)) {
            XSELL_LOOP(price)(w, 0);
        }
    } while (m == 0);

    *n = (size_t) (q - p);

    for (r = q; xsell_c(*r, XSELL_C_WHITE); r++) {
        if (r > w->far) {
            return NULL;
        }
    }

    return *r == '=' ? r : q;
}


/* names leaves w->odd_q where an attribute may begin; others leave it one byte
   behind that, whatever it is */

xsell_inline const uint8_t *
XSELL_LOOP(behind)(const uint8_t *p)
{
    return p + !xsell_c(p[-1], XSELL_C_NAME_END);
}


/*
 * One step from p on, which is behind a value, behind a name, or a white space
 * or '/' between: where the next may begin, or behind the '>' if *over.
 * NULL: as for skip; or one of them is asked for, and worth a look.
 */

XSELL_TARGET
xsell_inline const uint8_t *
XSELL_LOOP(ask_step)(xsell_walk_t *w, const uint8_t *p, int *over)
{
    size_t          n, from;
    uint64_t        m, names, last;
    const uint8_t  *e, *name;
    xsell_vec_t     v;

    *over = 0;

    if (XSELL_LOOP(behind)(p) != p && !xsell_c(*p, XSELL_C_NAME_END)) {
        XSELL_LOOP(odd)(w, XSELL_WORK_SPACE, 1);
    }

    v = XSELL_VLOAD(p);
    m = XSELL_VAT(v, XSELL_VALL('=')) & ~1u;    /* else it begins a name */
    m |= XSELL_VAT(v, XSELL_VALL('>'));
    n = m ? (size_t) __builtin_ctzll(m) : XSELL_VEC;
    names = ((uint64_t) 1 << n) - 1;

    /* part of a name, but behind a value: there it is forgiven */

    if (XSELL_VAT(v, XSELL_VALL('"')) & names & ~1u) {
        XSELL_LOOP(price)(w, 0);
    }

    names &= ~(uint64_t) XSELL_VBETWEEN(v);
    e = p + n;

    if (names == 0 && m == 0) {
        return e - 1;                   /* what follows is behind a space */
    }

    name = p;
    n = 0;

    if (names) {
        last = names & ~(names << 1);
        from = 63 - (size_t) __builtin_clzll(last);
        n = (size_t) __builtin_ctzll(~(names >> from));
        name = p + from;

        if (XSELL_LOOP(lone)(w, p, names & (((uint64_t) 1 << from) - 1))) {
            return NULL;
        }
    }

    if (m == 0) {
        if (name != p) {
            return name;                /* with what belongs to it */
        }

        e = XSELL_LOOP(long_name)(w, p, &n);

        if (e == NULL) {
            return NULL;
        }
    }

    w->value = e;
    w->value_end = e;

    if (*e == '=') {
        e = XSELL_LOOP(value)(w, p, e, 1);

        if (e == NULL) {
            return NULL;
        }

    } else if (n) {
        XSELL_LOOP(price)(w, 0);
    }

    if (n && w->bloom >> xsell_bloom(*name, n) & 1
        && XSELL_LOOP(asked)(w, name, n, w->value, w->value_end))
    {
        return NULL;
    }

    *over = *e == '>';

    return e + *over;
}


/* what names leaves at w->odd_q: where it goes on, or behind the '>' if
   w->over.  NULL: another's */

XSELL_TARGET
xsell_inline const uint8_t *
XSELL_LOOP(row)(xsell_walk_t *w)
{
    const uint8_t  *p;

    w->over = 0;
    p = w->odd_q;

    if (XSELL_LOOP(behind)(p) == p) {
        p = XSELL_LOOP(name)(p, w, &w->over);

        if (p) {
            return p;
        }

        p = w->odd_q - 1;
    }

    do {
        p = XSELL_LOOP(ask_step)(w, p, &w->over);

        if (p == NULL || p > w->far || w->over) {
            return p;
        }

    } while (*p != ' ' || !xsell_c(p[1], XSELL_C_LETTER));

    return p + 1;
}

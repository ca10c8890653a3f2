
/*
 * xsell_quick_syntax.c: tags that are written in the usual way, for markup that
 * is learned (xsell_quick_again.c): what stands in quotes behind a '=' is a
 * value, and nothing else is.  Where that is not plain the tag is refused.
 */

#include "xsell_quick_piece.h"

#ifdef __SSE2__

/*
 * The bytes of the tag at p, if it is written as most are: what stands in
 * quotes is a value, and nothing else is.  0: it isn't, or is too long.
 * *odd: it has a price of its own.
 */

static unsigned
xsell_again_tag(const uint8_t *p, const uint8_t *far, int *odd)
{
    char            quote;
    unsigned        m;
    const uint8_t  *q, *end;

    end = p + (far - p < XSELL_AGAIN_TAG ? far - p : XSELL_AGAIN_TAG);
    q = p + (p[1] == '/' ? 2 : 1);

    if ((unsigned) (*q - 'a') > 25) {
        return 0;
    }

    for ( ;; ) {
        while ((m = xsell_again_mask(q, '>') | xsell_again_mask(q, '=')
                    | xsell_again_mask(q, '"')) == 0)
        {
            q += 32;

            if (q > end) {
                return 0;
            }
        }

        q += __builtin_ctz(m);

        if (*q == '>') {
            return q > end ? 0 : (unsigned) (q - p) + 1;
        }

        if (q[0] != '=' || (q[1] != '"' && q[1] != '\'') || q[-1] <= '/'
            || p[1] == '/')
        {
            return 0;
        }

        *odd |= q[1] == '\'';
        quote = (char) q[1];
        q += 2;

        while ((m = xsell_again_mask(q, quote)) == 0) {
            q += 32;

            if (q > end) {
                return 0;
            }
        }

        q += __builtin_ctz(m) + 1;

        if (q > end) {
            return 0;
        }
    }
}


/*
 * The same for what follows the end of a value at q, in a tag that is known up
 * to there: it may have other attributes than the one that it is known from.
 * None that somebody asks for, and none with a price.
 */

int
xsell_again_tail(const uint8_t *q, const uint8_t *far, uint64_t bloom)
{
    size_t          n;
    const uint8_t  *end;

    end = q + (far - q < XSELL_AGAIN_TAG ? far - q : XSELL_AGAIN_TAG);

    while (q < end && *q != '>') {

        if (bloom && *q++ != ' ') {
            return 0;
        }

        for (n = 0; q + n < end && q[n] != '=' && q[n] != '>' && q[n] != '"';
             n++)
        {
            if (bloom && (q[n] < '-' || q[n] == '/')) {
                return 0;
            }
        }

        if (q[n] == '>' && !bloom) {
            return 1;
        }

        if (n == 0 || q[n] != '=' || q[n + 1] != '"' || q[n - 1] <= '/'
            || bloom & xsell_bloom(*q, n))
        {
            return 0;
        }

        for (q += n + 2; q < end && *q != '"'; q++) { /* void */ }

        q++;
    }

    return q < end;
}


/* ... and for what follows the value at q */

int
xsell_again_after(const uint8_t *q, char quote, const uint8_t *far,
    uint64_t bloom)
{
    const uint8_t  *p;

    p = q < far ? memchr(q, quote, (size_t) (far - q)) : NULL;

    return p && xsell_again_tail(p + 1, far, bloom);
}


/* the same for the tag at byte i of a piece: most have no attributes there */

unsigned
xsell_again_tag_at(const uint8_t *p, unsigned i, const uint8_t *far,
    const xsell_again_window_t *a, int *odd)
{
    uint64_t  end;

    end = a->ends >> i;
    end ^= end - 1;                     /* up to the first one */

    if (a->ends >> i == 0 || (a->quotes | a->equals) >> i & end) {
        return xsell_again_tag(p + i, far, odd);
    }

    return (unsigned) (p[i + 1 + (p[i + 1] == '/')] - 'a') > 25
           ? 0 : (unsigned) __builtin_ctzll(a->ends >> i) + 1;
}

#endif

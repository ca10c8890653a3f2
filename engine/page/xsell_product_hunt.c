
/*
 * xsell_product_hunt.c: where in a page to look for what it says of its item.
 *
 * Nearly all of a page is passed over here: of its tags only those are looked
 * at whose name begins as script, style, meta or link do, comments, and
 * attributes "itemscope", which may be on any tag and are found by two of their
 * letters.  Half an instruction a byte where tags are few, one on dense pages.
 *
 * Not taken: the rewriter's tokenizer: it knows for each byte where it stands,
 * and costs several times as much.  What is given up is known: a value of an
 * attribute that has '<' in it is read as if it were text.
 */

#include "xsell_product.h"

#ifdef __SSE2__
#include <immintrin.h>
#endif


#define HUNT_MARGIN  40         /* bytes that may be looked at ahead */


/* four bytes of a name as a word, lower case */
#define HUNT_WORD(a, b, c, d)                                                 \
    ((uint32_t) (a) | (uint32_t) (b) << 8 | (uint32_t) (c) << 16              \
     | (uint32_t) (d) << 24)


/* a tag that may be of interest: the rest of its name is not looked at here */

static inline int
hunt_tag(const uint8_t *p, const uint8_t *end)
{
    size_t    n;
    uint32_t  w;

    if (end - p < 4) {
        n = (size_t) (end - p - 1);

        return xsell_product_is(p + 1, n, "scr")
               || xsell_product_is(p + 1, n, "sty")
               || xsell_product_is(p + 1, n, "met")
               || xsell_product_is(p + 1, n, "lin")
               || xsell_product_is(p + 1, n, "!--");
    }

    w = HUNT_WORD(p[0], p[1] | 0x20, p[2] | 0x20, p[3] | 0x20);

    return w == HUNT_WORD('<', 's', 'c', 'r')
           || w == HUNT_WORD('<', 's', 't', 'y')
           || w == HUNT_WORD('<', 'm', 'e', 't')
           || w == HUNT_WORD('<', 'l', 'i', 'n')
           || w == HUNT_WORD('<', '!', '-', '-');
}


/* at '<', or at the 'm' of what may be "itemscope" */

static inline int
hunt_here(const uint8_t *begin, const uint8_t *p, const uint8_t *end)
{
    return *p == '<' ? hunt_tag(p, end)
                     : p - begin >= 3 && end - p >= 6
                       && xsell_product_is(p - 3, 9, "itemscope");
}


static const uint8_t *
hunt_slow(const uint8_t *begin, const uint8_t *p, const uint8_t *end)
{
    for ( /* void */ ; p < end; p++) {
        if ((*p == '<' || (*p == 'm' && end - p > 2 && p[2] == 'c'))
            && hunt_here(begin, p, end))
        {
            return p;
        }
    }

    return end;
}


/* "itemprop", "itemscope": of others that begin so nobody asks; the capitals
   of "itemProp" are behind */

static int
hunt_item(const uint8_t *p, const uint8_t *next)
{
    return next - p > 4 && memcmp(p, "item", 4) == 0
           && ((p[4] | 0x20) == 'p' || (p[4] | 0x20) == 's');
}


static int
hunt_item_slow(const uint8_t *p, const uint8_t *next)
{
    for ( /* void */ ; p < next; p++) {
        if (*p == 'i' && hunt_item(p, next)) {
            return 1;
        }
    }

    return 0;
}


#ifdef __SSE2__

/*
 * 32 bytes at once: '<', or 'm' and 'c' of "itemscope" (also "itemScope", but
 * not in capitals, as in hunt_slow).  If there are any, the second and the
 * fourth byte of a tag are compared with what its low four bits want there:
 * of the names on a page hardly any other ones pass.
 */

__attribute__((target("avx2,bmi,bmi2")))
static const uint8_t *
hunt_wide(const uint8_t *begin, const uint8_t *p, const uint8_t *end)
{
    __m256i         a, b, lt, tag, scope;
    uint32_t        found;
    const uint8_t  *last;

    const __m256i  second = _mm256_broadcastsi128_si256(_mm_setr_epi8(
        -1, '!', -1, 's', -1, -1, -1, -1, -1, -1, -1, -1, 'l', 'm', -1, -1));
    const __m256i  fourth = _mm256_broadcastsi128_si256(_mm_setr_epi8(
        -1, -1, 'r', -1, 't', -1, -1, -1, -1, 'y', -1, -1, -1, '-', 'n', -1));
    const __m256i  lower = _mm256_set1_epi8(0x20);

#define hunt_at(n)                                                            \
    _mm256_loadu_si256((const __m256i *) (const void *) (p + (n)))

    last = end - p > HUNT_MARGIN ? end - HUNT_MARGIN : p;

    for ( /* void */ ; p < last; p += 32) {

        a = hunt_at(0);
        lt = _mm256_cmpeq_epi8(a, _mm256_set1_epi8('<'));
        scope = _mm256_and_si256(
                    _mm256_cmpeq_epi8(a, _mm256_set1_epi8('m')),
                    _mm256_cmpeq_epi8(hunt_at(2), _mm256_set1_epi8('c')));

        tag = _mm256_or_si256(lt, scope);

        if (_mm256_testz_si256(tag, tag)) {
            continue;
        }

        a = hunt_at(1);
        b = hunt_at(3);

        tag = _mm256_and_si256(lt, _mm256_and_si256(
                  _mm256_cmpeq_epi8(_mm256_shuffle_epi8(second, a),
                                    _mm256_or_si256(a, lower)),
                  _mm256_cmpeq_epi8(_mm256_shuffle_epi8(fourth, b),
                                    _mm256_or_si256(b, lower))));

        found = (uint32_t) _mm256_movemask_epi8(_mm256_or_si256(tag, scope));

        for ( /* void */ ; found; found &= found - 1) {
            if (hunt_here(begin, p + __builtin_ctz(found), end)) {
                return p + __builtin_ctz(found);
            }
        }
    }

    return hunt_slow(begin, p, end);
}


/* of any processor of 64 bits: no table of 16 bytes, so each '<' is tried */

static const uint8_t *
hunt_plain(const uint8_t *begin, const uint8_t *p, const uint8_t *end)
{
    __m128i   a;
    unsigned  found;

    for ( /* void */ ; end - p > HUNT_MARGIN; p += 16) {

        a = _mm_loadu_si128((const __m128i *) (const void *) p);

        found = (unsigned) _mm_movemask_epi8(
            _mm_or_si128(_mm_cmpeq_epi8(a, _mm_set1_epi8('<')),
                _mm_and_si128(_mm_cmpeq_epi8(a, _mm_set1_epi8('m')),
                    _mm_cmpeq_epi8(_mm_loadu_si128(
                        (const __m128i *) (const void *) (p + 2)),
                        _mm_set1_epi8('c')))));

        for ( /* void */ ; found; found &= found - 1) {
            if (hunt_here(begin, p + __builtin_ctz(found), end)) {
                return p + __builtin_ctz(found);
            }
        }
    }

    return hunt_slow(begin, p, end);
}


const uint8_t *
xsell_product_hunt(const xsell_page_t *page, const uint8_t *p,
    const uint8_t *end)
{
    return page->wide ? hunt_wide(p, p, end) : hunt_plain(p, p, end);
}


/* 16 places at once are tried for 'i' and 'm' */

int
xsell_product_itemized(const uint8_t *p, const uint8_t *next,
    const uint8_t *end)
{
    unsigned  found;

    for ( /* void */ ; p < next && end - p >= 19; p += 16) {

        found = (unsigned) _mm_movemask_epi8(_mm_and_si128(
            _mm_cmpeq_epi8(_mm_loadu_si128((const __m128i *)
                               (const void *) p), _mm_set1_epi8('i')),
            _mm_cmpeq_epi8(_mm_loadu_si128((const __m128i *)
                               (const void *) (p + 3)), _mm_set1_epi8('m'))));

        for ( /* void */ ; found; found &= found - 1) {
            if (hunt_item(p + __builtin_ctz(found), next)) {
                return 1;
            }
        }
    }

    return hunt_item_slow(p, next);
}


uint8_t
xsell_product_wide(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2");
}

#else

int
xsell_product_itemized(const uint8_t *p, const uint8_t *next,
    const uint8_t *end)
{
    return hunt_item_slow(p, next);
}


const uint8_t *
xsell_product_hunt(const xsell_page_t *page, const uint8_t *p,
    const uint8_t *end)
{
    return hunt_slow(p, p, end);
}


uint8_t
xsell_product_wide(void)
{
    return 0;
}

#endif

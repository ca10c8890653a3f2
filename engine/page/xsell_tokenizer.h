
/*
 * xsell_tokenizer.h: states, byte classes and the hop, shared by the parts of
 * the tokenizer: xsell_tokenizer.c has text and tags, xsell_tokenizer_text.c
 * comments and raw text, xsell_attribute.c values.
 */

#ifndef XSELL_TOKENIZER_H
#define XSELL_TOKENIZER_H

#include "xsell_html.h"
#include "xsell_tags.h"

#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif


enum {
    XSELL_S_DATA = 0,
    XSELL_S_TAG_OPEN,           /* after < */
    XSELL_S_END_OPEN,           /* after </ */
    XSELL_S_NAME,
    XSELL_S_ATTR,               /* before an attribute */
    XSELL_S_ATTR_NAME,
    XSELL_S_ATTR_AFTER,         /* after its name */
    XSELL_S_VALUE,              /* after = */
    XSELL_S_VALUE_WHITE,        /* ... and white space */
    XSELL_S_VALUE_DOUBLE,
    XSELL_S_VALUE_SINGLE,
    XSELL_S_VALUE_BARE,
    XSELL_S_SLASH,              /* after / in a tag */
    XSELL_S_MARKUP,             /* after <! */
    XSELL_S_MARKUP_DASH,        /* after <!- */
    XSELL_S_BOGUS,              /* up to > */
    XSELL_S_DOCTYPE,            /* the same, and what is in it is kept */
    XSELL_S_COMMENT_START,      /* after <!-- */
    XSELL_S_COMMENT_START_DASH,
    XSELL_S_COMMENT,
    XSELL_S_COMMENT_DASH,       /* after - */
    XSELL_S_COMMENT_END,        /* after -- */
    XSELL_S_COMMENT_BANG,       /* after --! */
    XSELL_S_CDATA_OPEN,         /* in <![CDATA[ */
    XSELL_S_CDATA,
    XSELL_S_CDATA_BRACKET,      /* after ] */
    XSELL_S_CDATA_END,          /* after ]] */
    XSELL_S_RAW,
    XSELL_S_RAW_LT,
    XSELL_S_RAW_END,            /* in </name */
    XSELL_S_SCRIPT_BANG,        /* after <! */
    XSELL_S_SCRIPT_BANG_DASH,
    XSELL_S_ESCAPED,            /* after <!-- in a script */
    XSELL_S_ESCAPED_LT,
    XSELL_S_ESCAPED_WORD,       /* in <script or </script of the above */
    XSELL_S_PLAIN,              /* text up to the end of the page */
    XSELL_S_STOP
};


/* h->raw */

enum {
    XSELL_RAW_TEXT = 0,
    XSELL_RAW_SCRIPT,
    XSELL_RAW_ESCAPED,
    XSELL_RAW_ESCAPED_TWICE
};


/* h->marker: white space, "xsell", white space, the name, white space */

#define XSELL_MARKER_WORD    5          /* all of "xsell" was seen */
#define XSELL_MARKER_GAP     6
#define XSELL_MARKER_NAME    7
#define XSELL_MARKER_REST    8
#define XSELL_MARKER_NOT     0xff

#define XSELL_WORD_NOT       0xff


/* classes of bytes */

#define XSELL_C_WHITE        0x01
#define XSELL_C_NAME_END     0x02       /* of a tag: white space / > */
#define XSELL_C_ATTR_END     0x04       /* of an attribute: the same and = */
#define XSELL_C_BARE_END     0x08       /* of a bare value: white space > */
#define XSELL_C_LETTER       0x10

#pragma GCC visibility push(hidden)

extern const uint8_t  xsell_class[256];

#define xsell_c(byte, classes)  (xsell_class[byte] & (classes))

#define xsell_offset(h, p)   ((uint64_t) (uintptr_t) (p) + (h)->bias)


/*
 * Eight bytes at a time, the first in the lowest 8 bits.  A mask has the high
 * bit of each byte set that is asked for; above the first such byte there may
 * be others by mistake (Warren, Hacker's Delight, 6-1).
 */

#define XSELL_BYTES(c)       ((uint64_t) (c) * 0x0101010101010101ull)

static inline uint64_t
xsell_bytes(const uint8_t *p)
{
    uint64_t  w;

    memcpy(&w, p, 8);

#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    w = __builtin_bswap64(w);
#endif

    return w;
}

/* bytes below n (n <= 128) */
#define xsell_bytes_below(w, n)                                               \
    (((w) - XSELL_BYTES(n)) & ~(w) & XSELL_BYTES(0x80))

#define xsell_bytes_equal(w, c)  xsell_bytes_below((w) ^ XSELL_BYTES(c), 1)

#define xsell_bytes_first(mask)  ((unsigned) __builtin_ctzll(mask) >> 3)


/*
 * The next byte c, or end.  Most hops are short (an attribute, a word between
 * two tags), where a call of memchr costs more than the search.
 */

#ifdef __SSE2__

#define XSELL_HOP            16

static inline unsigned
xsell_hop_mask(const uint8_t *p, uint8_t c)
{
    return (unsigned) _mm_movemask_epi8(
                          _mm_cmpeq_epi8(_mm_loadu_si128((const __m128i *) p),
                                         _mm_set1_epi8((char) c)));
}

#define xsell_hop_first(mask)  ((unsigned) __builtin_ctz(mask))

#else

#define XSELL_HOP            8
#define xsell_hop_mask(p, c)   xsell_bytes_equal(xsell_bytes(p), c)
#define xsell_hop_first(mask)  xsell_bytes_first(mask)

#endif


static inline const uint8_t *
xsell_hop(const uint8_t *p, const uint8_t *end, uint8_t c)
{
    unsigned        i;
    uint64_t        mask;
    const uint8_t  *q;

    for (i = 0; i < 4 && end - p >= XSELL_HOP; i++, p += XSELL_HOP) {
        mask = xsell_hop_mask(p, c);

        if (mask) {
            return p + xsell_hop_first(mask);
        }
    }

    q = p < end ? memchr(p, c, (size_t) (end - p)) : NULL;

    return q ? q : end;
}


/* a step in a state of the second half */
const uint8_t *xsell_html_step_text(xsell_html_t *h, const uint8_t *p,
    const uint8_t *end);

/* a piece of a value that is wanted; its end, before p */
void xsell_html_collect(xsell_html_t *h, const uint8_t *p, size_t n);
void xsell_html_collected(xsell_html_t *h, const uint8_t *p);

#pragma GCC visibility pop


#endif /* XSELL_TOKENIZER_H */


/*
 * xsell_html.h: what the rewriter's files share.  Bytes go one way:
 *
 *   xsell_rewriter.c     the public end: places, matches, insertions
 *     xsell_tokenizer.c  bytes -> tags, ids; _text.c: comments, raw text
 *       xsell_tree.c     tags -> which element is open, which has ended
 *         xsell_tags.c   names that have rules
 *
 * and what they find comes back through the xsell_place_* calls below.  All
 * state is in one xsell_html_t, in the caller's memory, good across buffers:
 * it holds numbers and offsets, no pointer into a page.
 */

#ifndef XSELL_HTML_H
#define XSELL_HTML_H

#include "../xsell.h"


/* nobody else calls these: no symbol to look up, no table to go through */
#pragma GCC visibility push(hidden)


#define XSELL_DEPTH          208        /* open elements; browsers give up at
                                           512, pages seldom pass 40 */
#define XSELL_PLACE_ID_MAX   128
#define XSELL_PLACE_NAME_MAX 55         /* of xsell_name_t */


/* a place as configured; the strings are the places' own */

typedef struct {
    uint8_t              position;      /* XSELL_AT_* */
    xsell_str_t          name;          /* marker: the name */
    xsell_str_t          id;            /* else: of "#id" */
} xsell_place_t;


struct xsell_places_s {
    uint32_t             n;
    xsell_place_t        place[XSELL_PLACES_MAX];
};


/* where the page is, as far as an insertion is concerned */

enum {
    XSELL_IN_HEAD = 0,                  /* anywhere before the body */
    XSELL_AFTER_HEAD,
    XSELL_IN_BODY
};


/* what becomes of a start tag */

enum {
    XSELL_TAG_OPENS = 0,                /* an element that will end */
    XSELL_TAG_TEXT,                     /* the same with raw text in it */
    XSELL_TAG_FOREIGN,                  /* the same of <svg> or <math> */
    XSELL_TAG_EMPTY,                    /* a void element */
    XSELL_TAG_IGNORED                   /* browsers drop it: no element */
};


/* elements that are counted: most pages have none of them open, and need not
   be searched for one */

enum {
    XSELL_COUNT_NONE = 0,
    XSELL_COUNT_P,
    XSELL_COUNT_ANCHOR,
    XSELL_COUNT_TEMPLATE,
    XSELL_COUNTS
};


/* an open element: kind, XSELL_FOREIGN_BIT, and for kinds without a rule 23
   bits of a hash of the name: the same number, the same name */

#define XSELL_FOREIGN_BIT    0x100u
#define xsell_element_kind(e)  ((e) & 0xff)


typedef struct {
    const xsell_place_t *place;

    uint64_t             bias;          /* address + bias = stream offset */
    uint64_t             now;           /* offset of the deciding byte */
    uint64_t             tag_at;        /* of the '<' of the tag under way */
    uint64_t             name;          /* of the tag under way */
    uint32_t             name_n;
    uint32_t             self;          /* its element, as on the stack */

    /* tokenizer */
    uint8_t              state;
    uint8_t              hold;          /* keep bytes from tag_at on */
    uint8_t              is_end;        /* the tag under way is an end tag */
    uint8_t              slash;         /* ... is self-closing */
    uint8_t              attr_n;        /* letters of "id" seen; 3: another */
    uint8_t              id_seen;       /* the first id attribute counts */
    uint8_t              raw;           /* text mode to return to */
    uint8_t              raw_n;         /* characters of its end tag seen */
    uint64_t             raw_name;
    uint8_t              dashes;        /* in an escaped script, up to 2 */
    uint8_t              word;          /* letters of "script" seen */
    uint8_t              marker;        /* of a marker comment seen */
    uint8_t              text_n;        /* XSELL_TEXT_BAD: no match possible */
    char                 text[XSELL_PLACE_ID_MAX];

    /* tree */
    uint8_t              phase;
    uint8_t              verdict;       /* on the start tag under way */
    uint8_t              inside;        /* an insertion before it is allowed */
    uint8_t              form;          /* a form is open, others are not */
    uint8_t              lost;          /* was deeper than the stack */
    uint16_t             depth;
    uint32_t             over;          /* elements that found no place */
    uint32_t             templates;     /* open, of those without a place */
    uint8_t              count[XSELL_COUNTS];    /* on the stack, by class */

    /* places, a bit each */
    uint16_t             markers;       /* constant: by position */
    uint16_t             befores;
    uint16_t             open;          /* not matched yet */
    uint16_t             hit;           /* by the tag under way */
    uint16_t             captured;      /* wait for an element's end */
    uint16_t             closing;       /* wait for the end tag's '>' */

    /* insertions found, not told yet */
    uint8_t              due_n;
    uint8_t              due_i;
    uint8_t              due[XSELL_PLACES_MAX];
    uint64_t             due_at;

    uint8_t              element[XSELL_PLACES_MAX];  /* captured: which */
    uint32_t             stack[XSELL_DEPTH];
} xsell_html_t;

#define XSELL_TEXT_BAD       0xff

_Static_assert(sizeof(xsell_html_t)
               <= sizeof(((xsell_rewriter_t *) 0)->priv), "priv is too small");
_Static_assert(XSELL_DEPTH < 256, "element[] holds bytes");


/* ---- tokenizer -------------------------------------------------------- */

/* reads up to `end`, or up to where an insertion is due; returns how far.
   h->bias is set. */
const uint8_t *xsell_html_run(xsell_html_t *h, const uint8_t *p,
    const uint8_t *end);

/* nothing more is wanted of the page */
void xsell_html_stop(xsell_html_t *h);
int xsell_html_stopped(const xsell_html_t *h);


/* ---- tree: on the name of a tag, and on the end of a start tag --------- */

void xsell_tree_start(xsell_html_t *h);
void xsell_tree_end(xsell_html_t *h);
void xsell_tree_push(xsell_html_t *h);

/* text other than white space, outside of raw text elements */
void xsell_tree_text(xsell_html_t *h);

/* the current node is not HTML: CDATA sections are */
int xsell_tree_foreign(const xsell_html_t *h);

/* HTML may be put at this point */
int xsell_tree_inside(const xsell_html_t *h);


/* ---- places (xsell_rewriter.c) ---------------------------------------- */

/* the element at depth idx ends, by its own end tag or implied by the tag
   under way */
void xsell_place_closed(xsell_html_t *h, unsigned idx, int by_end_tag);

/* the element at depth idx leaves the middle of the stack: those above it
   move down */
void xsell_place_moved(xsell_html_t *h, unsigned idx);

/* the stack is full: ends can't be told any more */
void xsell_place_lost(xsell_html_t *h);

/* text[] is the id of the start tag under way */
void xsell_place_id(xsell_html_t *h);

/* the tag ended; off: after its '>' */
void xsell_place_started(xsell_html_t *h, uint64_t off);
void xsell_place_ended(xsell_html_t *h, uint64_t off);

/* a marker comment with the name text[]; off: after it */
void xsell_place_marker(xsell_html_t *h, uint64_t off);


#pragma GCC visibility pop

#endif /* XSELL_HTML_H */

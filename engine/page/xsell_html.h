
/*
 * xsell_html.h: what the rewriter's files share.  Bytes go one way:
 *
 *   xsell_rewriter.c        the public end
 *     xsell_tokenizer.c     bytes -> tags; _text.c: comments, raw text;
 *                           xsell_attribute.c: values that somebody wants;
 *                           xsell_quick.c: tags without consequences
 *       xsell_tree.c        tags -> which element begins, which ends: stack,
 *                           modes, <head>; xsell_body.c, xsell_table.c,
 *                           xsell_foreign.c: the modes; xsell_format.c: <b>
 *         xsell_match.c     elements -> which compound selectors match
 *           xsell_place.c   matches, ends -> insertions, or why none
 *
 * xsell_places.c and xsell_selector.c compile the places of a page,
 * xsell_root.c knows what else is matched: elements that somebody hydrates,
 * sections that exist already.  xsell_tags.c has the names with rules,
 * xsell_places.h what places are compiled to, xsell_work.h the prices.  All
 * state is in one xsell_html_t, in the caller's memory, good across buffers:
 * it holds numbers and offsets, no pointer into a page.
 */

#ifndef XSELL_HTML_H
#define XSELL_HTML_H

#include "../xsell.h"
#include "xsell_places.h"
#include "xsell_tags.h"
#include "xsell_work.h"

#include <string.h>


/* nobody else calls these: no symbol to look up, no table to go through */
#pragma GCC visibility push(hidden)


#define XSELL_DEPTH          240        /* open elements; browsers give up at
                                           512, pages seldom pass 40 */
#define XSELL_FORMATS_FREE   2          /* a fourth of a kind is dropped */
#define XSELL_FORMATS        32         /* <b> and the like; pages: 3 */
#define XSELL_TYPES          448        /* names of children, :first-of-type */
#define XSELL_VALUE_MAX      8192       /* of an attribute, to be compared */
#define XSELL_CLOSE_MAX      160        /* end tags before a fragment */


/* ---- elements --------------------------------------------------------- */

/* an open element: its name, and in bits its kind and the following */

#define XSELL_E_SVG          0x0100u
#define XSELL_E_MATH         0x0200u
#define XSELL_E_FOREIGN      (XSELL_E_SVG | XSELL_E_MATH)
#define XSELL_E_POINT        0x0400u    /* foreign, with HTML in it */
#define XSELL_E_MOVED        0x0800u    /* its parent isn't below it */
#define XSELL_E_FORM         0x1000u    /* the form pointer's */
#define XSELL_E_ROOT         0x2000u    /* somebody hydrates it */
#define XSELL_E_CLOSED       0x4000u    /* hidden, a drawer, a dialog */
#define xsell_e_kind(bits)   ((bits) & 0xff)
#define xsell_e_mode(bits)   ((bits) >> 24)          /* of a template */
#define xsell_e_root(bits)   ((bits) >> 24)          /* of a root */

typedef struct {
    uint64_t             end;           /* "/name>", or its first 8 bytes */
    uint64_t             mask;          /* of those of the 8 that count */
    uint64_t             name;
    uint32_t             bits;
    uint8_t              skip;          /* bytes of "</name>" */
    uint8_t              pop;           /* XSELL_POP_*: the quick way */
    uint16_t             lacks;         /* XSELL_NEEDS_*: of what begins in
                                           it */
    uint16_t             types;         /* names of its children: where, */
    uint16_t             types_n;       /* and how many */
    uint16_t             formats;       /* in the list, with its own entry */
    uint16_t             id;            /* of xsell_quicks, if it is as there,
                                           or 0; */
    uint16_t             around;        /* that of its parent */
    uint16_t             unused[3];
} xsell_element_t;

/* somebody has changed it: nothing is known of its like */

#define xsell_unlike(h, idx)                                                  \
    ((h)->stack[idx].id = 0,                                                  \
     (idx) + 1u < XSELL_DEPTH ? (h)->stack[(idx) + 1].around = 0 : 0)


/* compounds: that an element matches, and its children so far; level[0] is
   the document's, level[i + 1] that of stack[i] */

typedef struct {
    uint64_t             self;
    uint64_t             up;            /* self and all around it */
    uint64_t             own;           /* that hold without combinators */
    uint64_t             last;          /* self of its last child */
    uint64_t             all;           /* of all its children */
    uint64_t             last_but;      /* the same without the last child */
    uint64_t             all_but;
} xsell_level_t;

/* an active formatting element */

typedef struct {
    uint64_t             name;          /* 0: a marker */
    uint64_t             attrs;         /* a hash of its attributes */
    uint64_t             own;
    uint16_t             idx;           /* on the stack, or XSELL_NOT_OPEN */
    uint8_t              kind;
} xsell_format_t;

#define XSELL_NOT_OPEN       0xffffu


/* what most tags do, by kind (xsell_quick.c) */

enum {
    XSELL_POP = 0,
    XSELL_POP_P,
    XSELL_POP_FORMAT,                   /* a format, or a cell: a marker */
    XSELL_POP_LONG,                     /* "/name>" has 9 bytes */
    XSELL_POP_LONGER,
    XSELL_POP_SLOW
};

enum {
    XSELL_PUSH = 0,
    XSELL_PUSH_P,
    XSELL_PUSH_CELL,
    XSELL_PUSH_A,
    XSELL_PUSH_FORMAT,
    XSELL_PUSH_LONG,
    XSELL_PUSH_TABLE,
    XSELL_PUSH_VOID,
    XSELL_PUSH_RAW,
    XSELL_PUSH_SLOW
};

/* what a start tag wants of the innermost element, which lacks it or not */

#define XSELL_NEEDS_CONTENT  0x01       /* more than the parts of a table */
#define XSELL_NEEDS_NO_P     0x02       /* no <p> is open: of no element */
#define XSELL_NEEDS_LIST     0x04       /* <li> ends nothing in it */
#define XSELL_NEEDS_NO_H     0x08       /* it is no heading */
#define XSELL_NEEDS_TABLE    0x10
#define XSELL_NEEDS_ROWS     0x20
#define XSELL_NEEDS_ROW      0x40
#define XSELL_NEEDS_FORMATS  0x80       /* no format is open: of no element */
#define XSELL_NEEDS_CARE     0x0100     /* lacked by all: more than a push */
#define XSELL_NEEDS_DEEP     (XSELL_NEEDS_NO_P | XSELL_NEEDS_FORMATS)
#define XSELL_NEEDS_MILD     (XSELL_NEEDS_CARE | XSELL_NEEDS_FORMATS)
#define XSELL_LACKS          0x0174     /* an element without rules */

typedef struct {
    uint64_t             name;          /* with '>' */
    uint64_t             mask;          /* of its bytes */
    uint64_t             space;         /* '>' and ' ' differ by it */
    xsell_element_t      element;
    uint16_t             needs;         /* XSELL_NEEDS_* */
    uint8_t              skip;          /* bytes of "<name>" */
    uint8_t              push;          /* XSELL_PUSH_* */
    uint8_t              kind;
    uint16_t             again;         /* its place in again[], from the
                                           beginning of xsell_html_t */
} xsell_quick_t;

/* by kind, and then names without rules that pages have many of */

#define XSELL_QUICKS         (XSELL_KINDS + 20)

extern const xsell_quick_t  xsell_quick[XSELL_QUICKS];

/*
 * Markup that followed a text, from the end of its element on, up to the next
 * text or value: "</a></li><li><a href=\"" (xsell_quick_again.c).  What it did
 * it does again where the same elements are open.
 */

#define XSELL_AGAIN_BYTES    32
#define XSELL_AGAIN_MISS     0x100
#define XSELL_AGAIN_WAIT     (2 * XSELL_AGAIN_MISS)
#define XSELL_AGAINS         16       /* the first is nobody's */

typedef struct {
    uint8_t              bytes[XSELL_AGAIN_BYTES];
    uint8_t              mask[XSELL_AGAIN_BYTES];    /* 0xff: it counts */
    const xsell_quick_t *k;             /* the last element that begins */
    int64_t              shift;         /* of the innermost element, bytes */
    uint64_t             n;             /* bytes of it */
    uint64_t             last;          /* ... up to its last '<' */
    uint64_t             counts;        /* start tags, and those with care */
    uint32_t             ids;           /* of the innermost element */
    uint32_t             value;         /* a value follows, no text */
    uint32_t             wait;          /* misses until it is learned anew,
                                           times XSELL_AGAIN_MISS; how often
                                           it was, in vain */
} xsell_again_t;


/* of a start tag that is not odd, attributes apart */
unsigned xsell_quick_price(unsigned kind, uint64_t name, size_t n);


/* insertion modes; up to XSELL_M_AFTER_HEAD there is no body */

enum {
    XSELL_M_INITIAL = 0,
    XSELL_M_BEFORE_HTML,
    XSELL_M_BEFORE_HEAD,
    XSELL_M_IN_HEAD,
    XSELL_M_AFTER_HEAD,
    XSELL_M_BODY,
    XSELL_M_CAPTION,
    XSELL_M_CELL,
    XSELL_M_TEMPLATE,
    XSELL_M_TABLE,
    XSELL_M_TABLE_BODY,
    XSELL_M_ROW,
    XSELL_M_COLGROUP,
    XSELL_M_SELECT,
    XSELL_M_SELECT_IN_TABLE,
    XSELL_M_AFTER_BODY,
    XSELL_M_AFTER_AFTER_BODY,
    XSELL_M_FRAMESET,
    XSELL_M_AFTER_FRAMESET
};


/* what becomes of a start tag */

enum {
    XSELL_TAG_IGNORED = 0,              /* browsers drop it: no element */
    XSELL_TAG_OPENS,                    /* an element that will end */
    XSELL_TAG_TEXT,                     /* the same with raw text in it */
    XSELL_TAG_EMPTY                     /* one that ends at once */
};

/* what else, once it is there */

#define XSELL_THEN_FORMAT    0x01       /* is an active formatting element */
#define XSELL_THEN_MARKER    0x02       /* ... those outside stay outside */
#define XSELL_THEN_MERGE     0x04       /* gives its attributes to another */


/* attributes that somebody wants */

#define XSELL_ATTRS_MATCH    0x01       /* those in selectors */
#define XSELL_ATTRS_HASH     0x02       /* all, for Noah's Ark */
#define XSELL_ATTRS_WATCH    0x04       /* those that the tree asks about */
#define XSELL_ATTRS_ALL      0x08       /* all, for a test's recorder */
#define XSELL_ATTRS_ASK      0x10       /* those that cost (asks) */

/* text that somebody wants */

#define XSELL_LOOK_ANY       1
#define XSELL_LOOK_BLACK     2          /* other than white space */


/* elements that are counted: most pages have none of them open */

enum {
    XSELL_COUNT_P = 0,
    XSELL_COUNT_TEMPLATE,
    XSELL_COUNTS
};


/* an insertion that was found and not told yet */

typedef struct {
    uint64_t             at;
    uint8_t              which;         /* a place, or XSELL_CUT_END */
    uint8_t              cut;           /* bytes are dropped from here on */
    uint8_t              close;         /* tags to write: where, */
    uint8_t              close_n;       /* and how many bytes */
} xsell_due_t;

#define XSELL_DUES           (XSELL_PLACES_MAX + 2)


/* what was seen of an attribute's value that somebody asks for */

typedef struct {
    uint32_t             n;             /* bytes, up to XSELL_VALUE_MAX + 1 */
    uint32_t             word_n;        /* ... of the word under way */
    uint8_t              first;
    uint8_t              letter;        /* first of the word under way */
    uint8_t              hit;           /* it is worth a look already */
} xsell_asked_t;


typedef struct {
    const xsell_places_t *ps;

    uint64_t             bias;          /* address + bias = stream offset */
    uint64_t             now;           /* offset of the deciding byte */
    uint64_t             tag_at;        /* of the '<' of the tag under way */
    uint64_t             name;          /* of the tag under way */
    uint32_t             name_n;

    /* tokenizer */
    uint8_t              state;
    uint8_t              hold;          /* keep bytes from tag_at on */
    uint8_t              is_end;        /* the tag under way is an end tag */
    uint8_t              slash;         /* ... is self-closing */
    uint8_t              attrs;         /* XSELL_ATTRS_*: of this tag */
    uint8_t              collect;       /* the value under way is wanted */
    uint8_t              compare;       /* ... by selectors */
    uint8_t              look;          /* XSELL_LOOK_*: at text */
    uint8_t              wide;          /* a processor of 2013 or later */
    uint8_t              raw;           /* text mode to return to */
    uint8_t              raw_n;         /* characters of its end tag seen */
    uint8_t              dashes;        /* in an escaped script, up to 2 */
    uint8_t              word;          /* letters of "script" seen */
    uint8_t              marker;        /* of a marker comment seen */
    uint8_t              attr_c;        /* first letter of attr */
    uint8_t              ask;           /* it is ask[ask - 1] */
    uint64_t             raw_name;
    uint64_t             attr;          /* name of the attribute under way */
    uint64_t             attr_at;       /* its offset */
    uint32_t             attr_n;        /* its bytes, 65535 or more */
    uint32_t             value_n;       /* of value[]; more: too long */
    uint64_t             type_hash;     /* of the element, :first-of-type */

    /* tree */
    uint8_t              mode;          /* XSELL_M_* */
    uint8_t              kind;          /* of the tag under way */
    uint8_t              verdict;       /* XSELL_TAG_*: on it */
    uint8_t              then;          /* XSELL_THEN_* */
    uint8_t              odd;           /* written in an unusual way */
    uint8_t              strange;       /* ... as to its attributes */
    uint8_t              quoted;        /* the last byte ended a value */
    uint8_t              late;          /* its attributes decide */
    uint8_t              watch;         /* ... and this was seen */
    uint8_t              foster;        /* as browsers do it in tables */
    uint8_t              form;          /* a form is open, others are not */
    uint8_t              quirks;
    uint8_t              adopting;      /* by a start tag of the same name */
    uint16_t             depth;
    uint16_t             formats;
    uint16_t             types_n;
    uint8_t              strayed;       /* an element is or was MOVED, or a
                                           <template> of <svg> open */
    uint16_t             parent;        /* level of the tag under way */
    uint32_t             bits;          /* of the element under way */
    uint32_t             count[XSELL_COUNTS];        /* on the stack */
    uint64_t             work;          /* what odd tags have cost so far */
    uint64_t             owed;          /* the name of a format with
                                           attributes: the next tag says what
                                           it costs */
    uint64_t             audit;         /* from there on it is looked at */
    uint64_t             asks;          /* compounds whose attributes cost */
    xsell_asked_t        asked;         /* the value under way, of ask[] */

    /* compounds */
    uint64_t             live;          /* of places that are open */
    uint64_t             subjects;      /* of those */
    uint64_t             early;         /* of those that go before it */
    uint64_t             poss;          /* whose combinators hold here */
    uint64_t             own;           /* that hold but for these */
    uint64_t             want;          /* conditions that are asked for */
    uint64_t             met;           /* conditions that hold */
    uint64_t             seen;          /* attributes that were there */
    uint64_t             hash;          /* of all attributes */
    uint64_t             head_self;     /* of <head>, once it has ended */
    uint64_t             head_up;

    /* places, a bit each */
    uint16_t             markers;       /* by position: constant */
    uint16_t             befores;       /* before, replace */
    uint16_t             open;          /* not matched yet */
    uint16_t             hit;           /* by the tag under way */
    uint16_t             captured;      /* wait for an element's end */
    uint16_t             closing;       /* wait for the end tag's '>' */
    uint16_t             moved;         /* go elsewhere: out of a root */
    uint16_t             cut_idx;       /* element + 1 that is dropped */
    uint8_t              cut_now;       /* bytes are being dropped */
    uint8_t              cut_new;       /* ... from this tag on */
    uint8_t              cut_closing;   /* ... up to this tag's '>' */
    uint8_t              holds;         /* XSELL_HOLDS_* */
    uint8_t              before_state;  /* of a place before this tag */
    uint8_t              document;      /* XSELL_ROOT_*: all is hydrated */
    uint8_t              at[XSELL_PLACES_MAX];       /* XSELL_AT_*, now */
    uint16_t             element[XSELL_PLACES_MAX];  /* captured: which */

    /* end tags that this tag stands for */
    uint8_t              close_n;
    uint8_t              close_told;
    uint8_t              close_bad;     /* XSELL_PLACE_*: can't be written */

    uint8_t              due_n;
    uint8_t              due_i;
    xsell_due_t          due[XSELL_DUES];

    /* from here on nothing is cleared at the start */
    xsell_again_t        again[XSELL_AGAINS];        /* but xsell_quick_forget */
    char                 close[XSELL_CLOSE_MAX];
    xsell_format_t       format[XSELL_FORMATS];
    xsell_element_t      stack[XSELL_DEPTH];
    xsell_level_t        level[XSELL_DEPTH + 2];     /* the last: of <head> */
    uint32_t             types[XSELL_TYPES];
    char                 value[XSELL_VALUE_MAX];
} xsell_html_t;

_Static_assert(sizeof(xsell_html_t)
               <= sizeof(((xsell_rewriter_t *) 0)->priv), "priv is too small");
_Static_assert(XSELL_CLOSE_MAX < 256, "close_n is a byte");


/* ---- tokenizer -------------------------------------------------------- */

/* reads up to `end`, or up to where an insertion is due; returns how far.
   h->bias is set. */
const uint8_t *xsell_html_run(xsell_html_t *h, const uint8_t *p,
    const uint8_t *end);

void xsell_quick_init(xsell_html_t *h);

/* whole tags that need no more than a push or a pop; returns where it met
   another */
const uint8_t *xsell_quick_run(xsell_html_t *h, const uint8_t *p,
    const uint8_t *end);

/* nothing is left to be found */
#define xsell_html_idle(h)                                                    \
    (((h)->open | (h)->hit | (h)->captured | (h)->closing) == 0               \
     && !(h)->cut_now)

/* nothing more is wanted of the page */
void xsell_html_stop(xsell_html_t *h);
int xsell_html_stopped(const xsell_html_t *h);

/* where something can be put at the end of the page; XSELL_PLACE_SERVED, or
   why it can't */
unsigned xsell_html_last(xsell_html_t *h, uint64_t pos, uint64_t *at);

/* in value[]: character references, line ends */
void xsell_html_decode(xsell_html_t *h);


/* ---- tree: what the tokenizer calls ----------------------------------- */

/* the name of a start tag was read: name, tag_at, now.  Sets attrs */
void xsell_tree_start(xsell_html_t *h);

/* an attribute's name was read: attr.  Is its value wanted? */
int xsell_tree_wants(xsell_html_t *h);

/* and that value: value[value_n], or value_n > XSELL_VALUE_MAX */
void xsell_tree_attr(xsell_html_t *h);

/* its '>', before off.  verdict XSELL_TAG_TEXT: raw text follows */
void xsell_tree_started(xsell_html_t *h, uint64_t off);

/* the same for an end tag: its name, its '>' */
void xsell_tree_end(xsell_html_t *h);
void xsell_tree_ended(xsell_html_t *h, uint64_t off);

/* text that look asks for begins at off */
void xsell_tree_text(xsell_html_t *h, uint64_t off);

/* value[value_n] is what a doctype says after "<!" */
void xsell_tree_doctype(xsell_html_t *h);

/* are names of markers wanted?  One was read, value[value_n]; off: after the
   comment */
int xsell_tree_marks(const xsell_html_t *h);
void xsell_tree_marker(xsell_html_t *h, uint64_t off);

/* the current node is not HTML: CDATA sections are */
int xsell_tree_foreign(const xsell_html_t *h);


/* ---- tree: its own parts ---------------------------------------------- */

void xsell_tree_eof(xsell_html_t *h);

/* a token is looked at by the rules of a mode; what is left of it for another
   mode comes back as XSELL_AGAIN, with that mode set */
int xsell_start_body(xsell_html_t *h);
int xsell_start_head(xsell_html_t *h);
int xsell_start_table(xsell_html_t *h, unsigned mode);
int xsell_start_select(xsell_html_t *h);
void xsell_start_foreign(xsell_html_t *h);
int xsell_end_body(xsell_html_t *h);
void xsell_end_template(xsell_html_t *h);
int xsell_end_table(xsell_html_t *h, unsigned mode);
int xsell_end_select(xsell_html_t *h);
int xsell_end_foreign(xsell_html_t *h);

/* the tag under way makes an element here */
void xsell_insert(xsell_html_t *h, unsigned verdict);
void xsell_insert_foreign(xsell_html_t *h, uint32_t ns);

/* a second <html> or <body> gives its attributes to the first */
void xsell_merge(xsell_html_t *h);

/* an element that no tag stands for begins; one that is formatted again */
void xsell_imply(xsell_html_t *h, unsigned kind);
void xsell_imply_format(xsell_html_t *h, const xsell_format_t *f);

/* the innermost element ends; by its own end tag? */
void xsell_pop(xsell_html_t *h, int own);
/* all elements from idx on, that one perhaps by its own end tag */
void xsell_close(xsell_html_t *h, unsigned idx, int own);
/* takes an element out of the middle; puts one in */
void xsell_take_out(xsell_html_t *h, unsigned idx);
void xsell_take_form(xsell_html_t *h, unsigned idx);
void xsell_put_in(xsell_html_t *h, unsigned idx, const xsell_element_t *e);

enum {
    XSELL_SCOPE = 0,
    XSELL_SCOPE_BUTTON,
    XSELL_SCOPE_LIST,
    XSELL_SCOPE_TABLE
};

/* an index, or -1 */
int xsell_find(xsell_html_t *h, unsigned kind, unsigned scope);
void xsell_close_kind(xsell_html_t *h, unsigned kind, int own);
void xsell_close_p(xsell_html_t *h);
void xsell_end_other(xsell_html_t *h, uint64_t name, int own);
void xsell_imply_ends(xsell_html_t *h, unsigned but);
void xsell_reset_mode(xsell_html_t *h);
void xsell_look(xsell_html_t *h);

int xsell_pending(const xsell_html_t *h);
void xsell_reconstruct(xsell_html_t *h);
void xsell_format_push(xsell_html_t *h);
void xsell_format_mark(xsell_html_t *h, unsigned idx);
void xsell_format_clear(xsell_html_t *h);
void xsell_format_closed(xsell_html_t *h, unsigned idx);
void xsell_format_drop(xsell_html_t *h, unsigned idx);
/* idx of elements above `from` moves by one */
void xsell_format_moved(xsell_html_t *h, unsigned from, int by);
int xsell_format_find(const xsell_html_t *h, uint64_t name);
void xsell_format_remove(xsell_html_t *h, unsigned i);
void xsell_adopt(xsell_html_t *h, uint64_t name, int own);

#define xsell_top(h)         (&(h)->stack[(h)->depth - 1])
#define xsell_top_kind(h)                                                     \
    ((h)->depth && !(xsell_top(h)->bits & XSELL_E_FOREIGN)                    \
     ? xsell_e_kind(xsell_top(h)->bits) : 0)
#define xsell_flags(kind)    (xsell_tags[kind].flags)

/* the kind of an element that is HTML, else 0 */
#define xsell_html_kind(bits)                                                 \
    ((bits) & XSELL_E_FOREIGN ? 0 : xsell_e_kind(bits))

/* no more can be kept of the page */
void xsell_lost(xsell_html_t *h, unsigned state);


/* what it may have cost up to an offset */
#define xsell_work_limit(off)                                                 \
    (XSELL_WORK_FREE + XSELL_WORK_BYTE * (off))

/* the token under way is odd and costs so much; a page that has cost too much
   is given up at the next '<', where nothing of a tag is decided */

static inline void
xsell_work(xsell_html_t *h, unsigned work)
{
    h->work += work;

    if (h->work > xsell_work_limit(h->tag_at)) {
        h->audit = 0;
    }
}

/* of an attribute, for those of an element, in any order */

static inline uint64_t
xsell_attr_hash(uint64_t name, const char *value, size_t n)
{
    size_t    i;
    uint64_t  hash, w;

    hash = name;

    for (i = 0; i + 8 <= n; i += 8) {
        memcpy(&w, value + i, 8);
        hash = (hash ^ w) * 0x9fb21c651e98df25ull;
        hash ^= hash >> 32;
    }

    for ( /* void */ ; i < n; i++) {
        hash = (hash ^ (uint8_t) value[i]) * 0x100000001b3ull;
    }

    return (hash ^ n) * XSELL_NAME_MIX | 1;
}

/* at a '<', in a part of the page in which none was seen before: was it too
   much? */

static inline int
xsell_audit(xsell_html_t *h, uint64_t at)
{
    at -= at % XSELL_WORK_PART;
    h->audit = at + XSELL_WORK_PART;

    return h->work > xsell_work_limit(at);
}


/* ---- matches (xsell_match.c) ------------------------------------------ */

/* which places are open has changed */
void xsell_match_open(xsell_html_t *h);

/* an element begins below level h->parent; what it asks of attributes */
void xsell_match_start(xsell_html_t *h, uint64_t name, unsigned kind);

/* an attribute of it; returns the compounds that it completes */
int xsell_match_wants(xsell_html_t *h);

/* may this attribute complete one of these compounds? */
int xsell_match_quick(const xsell_html_t *h, uint64_t among, uint64_t name,
    const char *p, size_t n);

void xsell_match_attr(xsell_html_t *h);

/* it is there: its parent knows of it */
void xsell_match_add(xsell_html_t *h);
/* it is open: a level of its own, at the top */
void xsell_match_push(xsell_html_t *h);

/* levels from idx on have other parents now */
void xsell_match_moved(xsell_html_t *h, unsigned idx);
/* the children of stack[from] are those of stack[idx]; from 0: none are */
void xsell_match_children(xsell_html_t *h, unsigned idx, unsigned from);
/* stack[idx] has become the last child of what is below it */
void xsell_match_child(xsell_html_t *h, unsigned idx);

/* the number of a bit for the name of an attribute: by its first letter and
   length; so that class, href, src, alt have other ones than id and the marks
   of roots.  A capital has the bit of its letter */
#define xsell_bloom(c, n)                                                     \
    ((2 * (uint64_t) (uint8_t) (c) + 8 * (uint64_t) (n) - (uint64_t) (n)) & 63)

#define xsell_relations(ps)                                                   \
    ((ps)->child | (ps)->desc | (ps)->next | (ps)->later)

#define xsell_siblings(ps)   ((ps)->next | (ps)->later)

/* of the element under way */
#define xsell_match_self(h)  ((h)->poss & (h)->own)


/* ---- places (xsell_place.c) ------------------------------------------- */

void xsell_place_init(xsell_html_t *h);
void xsell_place_drop(xsell_html_t *h, unsigned i, unsigned state);

/* why nothing can be put at this point, XSELL_PLACE_SERVED if it can */
unsigned xsell_place_here(xsell_html_t *h);

/* those that matched can't be served any more */
void xsell_place_unserved(xsell_html_t *h, unsigned state);
/* bytes are no longer dropped, wherever the element ends */
void xsell_place_cut_lost(xsell_html_t *h);

/* a tag begins: nothing of another's is left */
void xsell_place_tag(xsell_html_t *h);

/* the element of the tag under way is about to begin at this point */
void xsell_place_before(xsell_html_t *h);

/* it matches places that are open */
void xsell_place_match(xsell_html_t *h);
/* its '>'; it was pushed, or not */
void xsell_place_started(xsell_html_t *h, uint64_t off);
/* an element without a tag matches */
void xsell_place_implied(xsell_html_t *h);
/* nobody can tell whether these do */
void xsell_place_doubt(xsell_html_t *h, uint64_t compounds);
/* one that was moved does */
void xsell_place_moved(xsell_html_t *h, uint64_t self);

/* the innermost element is about to end; has ended */
void xsell_place_ending(xsell_html_t *h, int own);
void xsell_place_closed(xsell_html_t *h, const xsell_element_t *e, int own);
/* it left the stack in another way */
void xsell_place_torn(xsell_html_t *h, unsigned idx);
void xsell_place_crossed(xsell_html_t *h, unsigned idx);
/* something goes before the table at idx */
void xsell_place_fostered(xsell_html_t *h, unsigned idx);
void xsell_place_shift(xsell_html_t *h, unsigned from, int by);
/* an end tag's '>' */
void xsell_place_ended(xsell_html_t *h, uint64_t off);
void xsell_place_marker(xsell_html_t *h, uint64_t off);

/* nothing was left for the body to be implied by: it is written */
void xsell_place_body(xsell_html_t *h);

/* tells who wants to know what the tag under way is (XSELL_SAW_*) */
void xsell_place_saw(xsell_html_t *h, unsigned what, unsigned which);


/* ---- attributes that are asked for (xsell_asked.c) -------------------- */

/* somebody asks for one of that name */
void xsell_ask_attr(xsell_places_t *ps, const char *name, size_t n);

/* after all selectors are compiled */
void xsell_ask_compile(xsell_places_t *ps);

/* the one of that name, of n letters with this first one; or NULL */
const xsell_ask_t *xsell_ask_find(const xsell_places_t *ps, uint64_t name,
    uint8_t first, size_t n);

/* n more bytes of its value as it is written; s: 0 before the first */
void xsell_asked(const xsell_ask_t *a, xsell_asked_t *s, const uint8_t *p,
    size_t n);

/* all of it was seen: is it worth a look? */
int xsell_asked_for(const xsell_ask_t *a, const xsell_asked_t *s);

/* of compounds that are live, those whose attributes are looked at in tags of
   a kind */
#define xsell_asks(h, kind)                                                   \
    ((h)->count[XSELL_COUNT_TEMPLATE] == 0 && (h)->live & ~(h)->ps->free      \
     && (h)->ps->stop[kind] & XSELL_STOP_ATTRS ? (h)->live : 0)


/* ---- roots, sections (xsell_root.c, _marks.c, xsell_selector.c) ------- */

/* the built-in marks; those of sections are made when first asked for, 0: no
   room */
void xsell_root_compile(xsell_places_t *ps);
uint64_t xsell_root_sections(xsell_places_t *ps);

/* XSELL_OP_LIST: the values in it */
void xsell_root_bits(const xsell_cond_t *c, xsell_ask_t *a);
int xsell_root_holds(const xsell_cond_t *c, const char *p, size_t n);

/* XSELL_ROOT_*: whose mark the tag under way has; it completed one just now */
unsigned xsell_root_whose(const xsell_html_t *h, uint64_t self);

/* after xsell_match_open(): what else is live */
void xsell_root_open(xsell_html_t *h);

/* the tag under way is a root's */
void xsell_root_seen(xsell_html_t *h, uint64_t self);
unsigned xsell_root_around(const xsell_html_t *h, unsigned n, unsigned *idx,
    int *append);

/* 1: the path has an element that nobody sees before they open it */
int xsell_root_closed(const xsell_html_t *h);

/* a list of selectors: its compounds, and those that stand for the element */
int xsell_selector_list(xsell_places_t *ps, xsell_str_t selector,
    uint64_t *bits, uint64_t *subject, xsell_error_t *err);

/* compounds in `bit` are of elements of that name; a condition of them is on
   attributes of that name */
void xsell_selector_type(xsell_places_t *ps, uint64_t name, uint64_t bit);
int xsell_selector_attr(xsell_places_t *ps, uint64_t name, uint64_t cond,
    uint64_t bit);

#pragma GCC visibility pop

#endif /* XSELL_HTML_H */

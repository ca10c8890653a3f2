
/*
 * xsell_tags.h: what the tokenizer and the tree ask about an element's name.
 *
 * A name is one 64-bit word: up to 8 characters packed as they are, lower
 * case, first character lowest; further ones are mixed in.  It is made byte
 * by byte, across buffers if need be, and compares in one instruction.
 */

#ifndef XSELL_TAGS_H
#define XSELL_TAGS_H

#include "xsell_html.h"


#define XSELL_NAME_MIX       0x9e3779b97f4a7c15ull

/* found by trial for the names of xsell_tags.c: no two meet in one place */
#define XSELL_TAG_MIX        0x8fcaad0a8c34564full
#define XSELL_TAG_PLACES     512
#define xsell_tag_place(name)  (((name) * XSELL_TAG_MIX) >> 55)


/* ---- flags ------------------------------------------------------------ */

#define XSELL_TAG_VOID       0x0001     /* has no end tag */
#define XSELL_TAG_SPECIAL    0x0002     /* stops the search of other ends */
#define XSELL_TAG_END        0x0004     /* its end tag searches the scope */
#define XSELL_TAG_PCLOSE     0x0008     /* its start tag ends a <p> */
#define XSELL_TAG_SCOPE      0x0010     /* a wall for searches in scope */
#define XSELL_TAG_TABLED     0x0020     /* ... only up to the table */
#define XSELL_TAG_FORMAT     0x0040     /* <b> and the like */
#define XSELL_TAG_BREAK      0x0080     /* can't be in <svg> or <math> */
#define XSELL_TAG_HEADOK     0x0100     /* does not begin the body */
#define XSELL_TAG_RAW        0x0200     /* text up to its end tag */
#define XSELL_TAG_SCRIPT     0x0400     /* the same, with escapes */
#define XSELL_TAG_PLAIN      0x0800     /* text up to the end of the page */
#define XSELL_TAG_POINT      0x1000     /* in <svg>, <math>: HTML inside */


/* ---- groups: elements that need a rule of their own ------------------- */

enum {
    XSELL_G_NONE = 0,
    XSELL_G_P,
    XSELL_G_DIV,
    XSELL_G_LIST,
    XSELL_G_BR,
    XSELL_G_TEMPLATE,
    XSELL_G_SVG,

    XSELL_G_RULES,                      /* of start tags; from here on */

    XSELL_G_BODY,
    XSELL_G_LI,
    XSELL_G_DD,
    XSELL_G_OPTION,
    XSELL_G_OPTGROUP,
    XSELL_G_RUBY,
    XSELL_G_HEADING,
    XSELL_G_BUTTON,
    XSELL_G_ANCHOR,
    XSELL_G_FORM,
    XSELL_G_TABLE,
    XSELL_G_ROWS,
    XSELL_G_ROW,
    XSELL_G_CELL,
    XSELL_G_CAPTION,
    XSELL_G_COLGROUP,
    XSELL_G_COL,
    XSELL_G_HTML,
    XSELL_G_HEAD,
    XSELL_G_FRAME
};


typedef struct {
    uint64_t             name;
    uint16_t             flags;         /* XSELL_TAG_* */
    uint8_t              group;         /* XSELL_G_* */
    uint8_t              verdict;       /* XSELL_TAG_OPENS ..., in general */
    uint8_t              count;         /* XSELL_COUNT_* */
    uint8_t              letters;       /* of a name whose end tag has no rule
                                           but its own; 0: others, long ones */
} xsell_tag_t;


#pragma GCC visibility push(hidden)

/* [0] stands for all names without a rule */

extern const xsell_tag_t  xsell_tags[];
extern const uint8_t      xsell_tag_kinds[XSELL_TAG_PLACES];

#pragma GCC visibility pop


/* index in xsell_tags, 0 for a name that is not there */

static inline unsigned
xsell_tag_kind(uint64_t name)
{
    unsigned  kind;

    kind = xsell_tag_kinds[xsell_tag_place(name)];

    return xsell_tags[kind].name == name ? kind : 0;
}


#define xsell_tag_of(e)      (&xsell_tags[xsell_element_kind(e)])


static inline unsigned
xsell_count_of(uint32_t element)
{
    return (element & XSELL_FOREIGN_BIT) ? XSELL_COUNT_NONE
                                         : xsell_tag_of(element)->count;
}


/* takes the innermost element off the stack */

static inline void
xsell_tree_pop(xsell_html_t *h)
{
    h->depth--;
    h->count[xsell_count_of(h->stack[h->depth])]--;
}


#endif /* XSELL_TAGS_H */

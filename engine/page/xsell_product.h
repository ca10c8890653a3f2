
/*
 * xsell_product.h: what a page says of its item, from inside.  Private to
 *
 *   xsell_product.c            the page as a stream: which bytes are looked at
 *   xsell_product_hunt.c       the search for them, many bytes at a time
 *   xsell_product_tag.c        one tag: its attributes, <meta>, <link>
 *   xsell_product_microdata.c  items in elements
 *   xsell_product_json.c       JSON-LD
 *   xsell_product_choose.c     which product it is
 */

#ifndef XSELL_PRODUCT_H
#define XSELL_PRODUCT_H

#include "../xsell.h"

#include <string.h>


/* a longer tag, an id or URL that is longer, is not looked at */
#define XSELL_PRODUCT_TAG      2048
#define XSELL_PRODUCT_VALUE    512

#define XSELL_PRODUCT_DEPTH    32       /* of JSON; deeper ones are skipped */
#define XSELL_PRODUCT_SCOPES   8        /* of microdata in one another */
#define XSELL_PRODUCT_MAINS    8        /* products told apart */

#define xsell_product_lower(c)                                                \
    ((uint8_t) ((c) >= 'A' && (c) <= 'Z' ? (c) | 0x20 : (c)))
#define xsell_product_space(c)                                                \
    ((c) == ' ' || (c) == '\n' || (c) == '\t' || (c) == '\r' || (c) == '\f')


/* the first n bytes are those of the word, in any case of letters */

static inline int
xsell_product_is(const uint8_t *p, size_t n, const char *word)
{
    size_t  i;

    for (i = 0; i < n; i++) {
        if (xsell_product_lower(p[i])
            != xsell_product_lower((uint8_t) word[i]))
        {
            return 0;
        }
    }

    return 1;
}


/* ---- identities ------------------------------------------------------- */

/* how much an identity is worth, the best first; what an offer or a variant
   says of its product comes behind */

enum {
    XSELL_RANK_SKU = 1,
    XSELL_RANK_PRODUCT_ID,
    XSELL_RANK_IDENTIFIER,
    XSELL_RANK_GTIN,
    XSELL_RANK_MPN,
    XSELL_RANK_GROUP,
    XSELL_RANK_URL,
    XSELL_RANK_AT_ID,
    XSELL_RANK_NONE = 0xff
};

#define XSELL_RANK_OFFER       0x10
#define XSELL_RANK_VARIANT     0x20

/* of one object */

typedef struct {
    uint32_t             id;            /* item by an id */
    uint32_t             url;           /* item by a URL */
    uint8_t              id_rank;
    uint8_t              url_rank;
} xsell_identity_t;

/* a product that may be what the page is about */

typedef struct {
    uint32_t             item;          /* NO_ITEM: not in the catalogue */
    uint32_t             name;          /* hash; 0: none */
    uint8_t              entity;        /* the page names it its mainEntity */
} xsell_main_t;

typedef struct {
    xsell_main_t         main[XSELL_PRODUCT_MAINS];
    unsigned             n;             /* may be more than there is room */
} xsell_mains_t;


/* ---- JSON-LD ---------------------------------------------------------- */

typedef struct {
    xsell_identity_t     identity;
    uint32_t             name;
    uint8_t              key;           /* by which it hangs on its parent */
    uint8_t              array;
    uint8_t              type;          /* XSELL_TYPE_* */
} xsell_json_frame_t;

typedef struct {
    xsell_json_frame_t   frame[XSELL_PRODUCT_DEPTH];
    unsigned             depth;
    unsigned             skipped;       /* brackets opened beyond that */
    uint8_t              state;
    uint8_t              key;           /* of the value that comes */
    uint8_t              hex;           /* digits of \u that are wanted */
    uint8_t              keeps;         /* the text is wanted */
    uint8_t              is_key;        /* the text is a key */
    uint32_t             code;          /* of \u */
    uint32_t             high;          /* first half of a pair of \u */
    unsigned             n;             /* of text; over its size: too long */
    uint8_t              text[XSELL_PRODUCT_VALUE];
} xsell_product_json_t;


/* ---- microdata -------------------------------------------------------- */

typedef struct {
    xsell_identity_t     identity;
    uint8_t              type;          /* XSELL_TYPE_* */
    uint8_t              prop;          /* by which it hangs on the outer one */
    uint8_t              name_n;        /* of its element */
    uint8_t              name[13];
    unsigned             open;          /* elements of this name */
} xsell_scope_t;


/* ---- the page --------------------------------------------------------- */

#define XSELL_TYPE_PRODUCT     1u
#define XSELL_TYPE_LISTING     2u       /* a page of many products */
#define XSELL_TYPE_HOLDER      4u       /* an offer with a product in it */

/* words that schema.org gives to properties (xsell_product_word) */

enum {
    XSELL_WORD_NONE = 0,
    XSELL_WORD_AT_TYPE,
    XSELL_WORD_AT_ID,
    XSELL_WORD_SKU,
    XSELL_WORD_PRODUCT_ID,
    XSELL_WORD_IDENTIFIER,
    XSELL_WORD_VALUE,
    XSELL_WORD_GTIN,
    XSELL_WORD_MPN,
    XSELL_WORD_GROUP,
    XSELL_WORD_URL,
    XSELL_WORD_NAME,
    XSELL_WORD_OFFER,           /* offers, itemOffered */
    XSELL_WORD_VARIANT,         /* hasVariant, isVariantOf, model */
    XSELL_WORD_ENTITY,          /* mainEntity */
    XSELL_WORD_NEUTRAL,         /* @graph, item, about, ... */
    XSELL_WORD_LISTED           /* itemListElement, isRelatedTo, ... */
};

enum {
    XSELL_ATTR_TYPE = 0,
    XSELL_ATTR_REL,
    XSELL_ATTR_HREF,
    XSELL_ATTR_NAME,
    XSELL_ATTR_VALUE,
    XSELL_ATTR_CONTENT,
    XSELL_ATTR_PROPERTY,
    XSELL_ATTR_ITEMID,
    XSELL_ATTR_ITEMPROP,
    XSELL_ATTR_ITEMTYPE,
    XSELL_ATTR_ITEMSCOPE,
    XSELL_ATTRS
};

typedef struct {
    const uint8_t       *name;
    size_t               name_n;
    xsell_str_t          attr[XSELL_ATTRS];     /* p NULL: not there */
} xsell_tag_t;


typedef struct {
    const xsell_catalog_t  *catalog;
    xsell_locator_t      self;          /* of the request */

    uint8_t              state;
    uint8_t              waits;         /* for more bytes */
    uint8_t              wide;          /* the processor has AVX2 */
    uint8_t              last[3];       /* bytes, in a comment */

    uint8_t              og_product;
    uint8_t              listing;
    uint8_t              has_canonical;
    uint8_t              has_og_url;
    xsell_locator_t      canonical;
    xsell_locator_t      og_url;
    uint32_t             og_item;

    xsell_mains_t        json_mains;
    xsell_mains_t        scope_mains;

    unsigned             scopes;
    uint8_t              scopes_off;    /* too deep: no microdata any more */

    /* text of an element with an itemprop, up to the next tag */
    uint8_t              text_word;
    unsigned             text_n;

    unsigned             kept_n;

    /* from here on not cleared */

    uint8_t              text[XSELL_PRODUCT_VALUE];
    xsell_scope_t        scope[XSELL_PRODUCT_SCOPES];
    xsell_product_json_t json;

    /* a tag that goes on in the next buffer, and room to join them */
    uint8_t              kept[2 * XSELL_PRODUCT_TAG];
} xsell_page_t;


/* where to look: '<' before a letter, '!' or the end that may be of interest,
   or "itemscope"; end if there is none */
const uint8_t *xsell_product_hunt(const xsell_page_t *page, const uint8_t *p,
    const uint8_t *end);
/* whether an attribute of microdata may be there before `next`; up to `end`
   bytes may be read */
int xsell_product_itemized(const uint8_t *p, const uint8_t *next,
    const uint8_t *end);
uint8_t xsell_product_wide(void);

/* reads a start tag at '<', NULL: it does not end before `end` */
const uint8_t *xsell_product_tag(xsell_tag_t *tag, const uint8_t *p,
    const uint8_t *end);
void xsell_product_meta(xsell_page_t *page, const xsell_tag_t *tag);
void xsell_product_link(xsell_page_t *page, const xsell_tag_t *tag);

/* a value of HTML with its character references; *out has room for
   XSELL_PRODUCT_VALUE bytes.  Its length, 0 if it is too long. */
size_t xsell_product_text(uint8_t *out, const uint8_t *p, size_t n);

void xsell_product_start(xsell_page_t *page, const xsell_tag_t *tag);
void xsell_product_within(xsell_page_t *page, const uint8_t *name, size_t n);
void xsell_product_end(xsell_page_t *page, const uint8_t *name, size_t n);
void xsell_product_said(xsell_page_t *page, unsigned word, const uint8_t *p,
    size_t n);
void xsell_product_close(xsell_page_t *page, unsigned scopes);

void xsell_product_json_begin(xsell_product_json_t *j);
void xsell_product_json(xsell_page_t *page, const uint8_t *p, size_t n);

/* the word of a property, and what a type is; whole URLs are fine */
unsigned xsell_product_word(const uint8_t *p, size_t n);
unsigned xsell_product_type(const uint8_t *p, size_t n);

/* what an object says of its item */
void xsell_identity_init(xsell_identity_t *d);
void xsell_identity_add(xsell_identity_t *d, const xsell_catalog_t *cat,
    unsigned word, const uint8_t *p, size_t n);
void xsell_identity_join(xsell_identity_t *d, const xsell_identity_t *from,
    unsigned behind);
uint32_t xsell_identity_item(const xsell_identity_t *d,
    const xsell_catalog_t *cat);

void xsell_mains_add(xsell_mains_t *mains, const xsell_catalog_t *cat,
    uint32_t item, uint32_t name, unsigned entity);

/* which of the products of one kind of data the page is about; NO_ITEM if
   that can't be told, or if the catalogue lacks it */
uint32_t xsell_product_choose(const xsell_page_t *page,
    const xsell_mains_t *mains);


#endif /* XSELL_PRODUCT_H */

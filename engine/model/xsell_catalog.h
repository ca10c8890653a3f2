
/*
 * xsell_catalog.h: the catalogue from inside.  Private to engine/model.
 *
 *   xsell_catalog.c   the structure: storage, lookup, mapping to slots
 *   xsell_build.c     JSON to catalogue: the file, its keys, warnings
 *   xsell_field.c     the fields of one item and their checks
 *   xsell_item.c      the text of one field: links, words, lists
 *   xsell_locator.c   items by the URLs of their pages
 *   xsell_price.c     decimal text to minor units, currencies
 *   xsell_date.c      ISO dates of event logs
 *   xsell_content.c   what the items are like, by their words
 *   xsell_similar.c   which of them are alike
 *   xsell_words.c     the words of a text
 *   xsell_plane.c     vectors of the items
 *   xsell_near.c      whose vectors are nearest
 */

#ifndef XSELL_CATALOG_H
#define XSELL_CATALOG_H

#include "../xsell.h"


/* ---- storage ---------------------------------------------------------- */

/* blocks that only grow: strings stay where they are until the end */

typedef struct xsell_block_s  xsell_block_t;

typedef struct {
    xsell_block_t       *head;
    size_t               left;
    char                *next;
    size_t               bytes;         /* allocated */
} xsell_pool_t;


/* equal text, equal number: 1, 2, ... in order of appearance */

typedef struct {
    uint32_t            *slot;          /* number or 0; power of two */
    uint32_t             mask;
    xsell_str_t         *text;          /* text[number - 1] */
    uint32_t             n;
    uint32_t             room;
} xsell_intern_t;


/* a plane of vectors (xsell_plane.c); rows NULL: there is none */

typedef struct {
    float                scale;         /* times a row: what came in */
    float                inverse;       /* 1 / length of the row; 0: no row */
} xsell_plane_size_t;

typedef struct {
    uint32_t             dims;
    uint32_t             stride;        /* bytes of a row: a multiple of 16 */
    int8_t              *rows;
    xsell_plane_size_t  *size;
    uint32_t            *near;          /* XSELL_SIMILAR_MAX an item: index |
                                           likeness * 255 << SLOT_BITS, best
                                           first; XSELL_NO_REF: no more */
} xsell_plane_t;

void xsell_plane_deinit(xsell_plane_t *pl);


struct xsell_catalog_s {
    xsell_item_t        *items;
    uint32_t             n;
    uint32_t             room;

    uint8_t              key[16];       /* of the tables of this catalogue */
    uint32_t            *ids;           /* id -> index + 1; power of two */
    uint32_t             ids_mask;

    /* URL -> index, with bits of the hash (xsell_locator.c); power of two */
    uint64_t            *pages;
    uint32_t             pages_mask;

    /* slot -> index | tag, as references are packed; XSELL_NO_REF */
    uint32_t            *slots;
    uint32_t             slots_n;

    /* items by category: list[start[c - 1] .. start[c]) */
    uint32_t            *category_list;
    uint32_t            *category_start;
    uint32_t             categories;

    /* neighbours of i: similar[similar_start[i] .. similar_start[i + 1]);
       NULL while not built */
    xsell_similar_t     *similar;
    uint32_t            *similar_start;

    xsell_plane_t        plane[XSELL_PLANES];

    xsell_pool_t         pool;
    char                 currency[4];
    unsigned             exponent;
};


/* the empty catalogue; seed: what the tables' key is made from */
xsell_catalog_t *xsell_catalog_new(uint64_t seed);

/* copies an item (its strings included, brand and category excepted: these
   are the builder's, already in the pool); ENOMEM, or ENOSPC after
   XSELL_SLOT_MAX items */
int xsell_catalog_append(xsell_catalog_t *cat, const xsell_item_t *item);

/* trims the tables and lists the items by category */
int xsell_catalog_finish(xsell_catalog_t *cat, uint32_t categories);

/* indexes the items by their URLs, once; shared (may be NULL) hears of every
   item that has another product's URL; other: NO_ITEM if of several */
int xsell_catalog_pages(xsell_catalog_t *cat,
    void (*shared)(void *ctx, uint32_t item, uint32_t other), void *ctx);

void xsell_pool_deinit(xsell_pool_t *pool);
int xsell_pool_copy(xsell_pool_t *pool, xsell_str_t *s);

/* number of the text, copied into the pool if new; 0: no memory */
uint32_t xsell_intern(xsell_intern_t *t, xsell_pool_t *pool,
    const uint8_t key[16], xsell_str_t s);
void xsell_intern_deinit(xsell_intern_t *t);


/* ---- the text of a field (xsell_item.c) ------------------------------- */

/* a buffer in which the texts of one item are made, one after another.  It
   has room for three times the item's JSON from the start, so that what was
   made stays where it is */

typedef struct {
    char                *p;
    size_t               n;
    size_t               room;
} xsell_buf_t;

/* without white space around it */
xsell_str_t xsell_trim(xsell_str_t s);

/* appends s, control characters as spaces */
void xsell_item_text(xsell_buf_t *b, xsell_str_t s);

/*
 * Appends a link in the form in which a browser asks for it: what may not
 * stand in a URL is percent-encoded.  XSELL_OK, or EINVAL and *why says what
 * is wrong.  image: "//host/..." is fine too.
 */
int xsell_item_link(xsell_buf_t *b, xsell_str_t s, int image,
    const char **why);

/* appends "A>B >C" as "A > B > C"; nothing if there is no level */
void xsell_item_path(xsell_buf_t *b, xsell_str_t s);

/* schema.org's and Merchant's words; -1 if it is none */
int xsell_item_availability(xsell_str_t s);

/* for a message: at most cap - 1 bytes, nothing that a terminal obeys */
const char *xsell_printable(char *out, size_t cap, xsell_str_t s);


/* ---- prices (xsell_price.c) ------------------------------------------- */

#define XSELL_PRICE_MAX        1000000000000    /* minor units */

/* decimal text times 10^digits, 0..max, rounded half up */
int xsell_price_scale(const char *p, size_t n, unsigned digits, int64_t max,
    int64_t *value);

/* from 10^from to 10^to, to <= from, rounded half up */
int64_t xsell_price_rescale(int64_t value, unsigned from, unsigned to);

/* "12.50 EUR": 1 if there is a code */
int xsell_price_split(xsell_str_t text, xsell_str_t *number,
    xsell_str_t *code);

int xsell_currency_valid(const char *p, size_t n);
unsigned xsell_currency_exponent(const char code[3]);


/* ---- dates (xsell_date.c) --------------------------------------------- */

/* "2010-12-01 08:26:00+01:00" and shorter; milliseconds since 1970 */
int xsell_date_parse(xsell_str_t s, int64_t *ms);


#endif /* XSELL_CATALOG_H */

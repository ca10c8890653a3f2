
/*
 * xsell_catalog.h: the catalogue from inside.  Private to engine/model.
 *
 *   xsell_catalog.c   reading: items, texts, lookup, mapping to slots
 *   xsell_fill.c      storage while it is built
 *   xsell_image.c     the same as a compiled file
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

#include <string.h>


/* ---- storage ---------------------------------------------------------- */

/*
 * A catalogue is parts: arrays that refer to one another by number and
 * offset, never by pointer.  A built one has them in memory of its own, an
 * opened one where its file is mapped; who reads can't tell.  Numbers found in
 * a part are checked before they are used as one: the file may lie.
 */

enum {
    XSELL_PART_ITEMS = 0,       /* xsell_item_t */
    XSELL_PART_TEXT,            /* bytes */
    XSELL_PART_BRANDS,          /* u64: where the text is | how long it is */
    XSELL_PART_CATEGORIES,
    XSELL_PART_TAGS,
    XSELL_PART_IDS,             /* u32: id -> item + 1 | 8 bits of its hash */
    XSELL_PART_PAGES,           /* u64: URL -> item | 40 bits of its hash */
    XSELL_PART_CATEGORY_LIST,   /* u32: items, category by category */
    XSELL_PART_CATEGORY_START,  /* u32: [c - 1] .. [c] is c's; [0] is 0's end */
    XSELL_PART_SIMILAR,         /* u32: item | likeness * 255 << SLOT_BITS */
    XSELL_PART_SIMILAR_START,   /* u32: [i] .. [i + 1] is item i's */
    XSELL_PART_PLANES,          /* from here on 3 a plane */
    XSELL_PARTS = XSELL_PART_PLANES + 3 * XSELL_PLANES
};

/* of plane k: PART_PLANES + 3 k and so on */

enum {
    XSELL_PLANE_ROWS = 0,       /* int8, stride bytes an item */
    XSELL_PLANE_SIZES,          /* xsell_plane_size_t an item */
    XSELL_PLANE_NEAR            /* as SIMILAR, XSELL_SIMILAR_MAX an item;
                                   XSELL_NO_REF: no more */
};

#define xsell_plane_part(plane, what)  (XSELL_PART_PLANES + 3 * (plane) + (what))

typedef struct {
    float                scale;         /* times a row: what came in */
    float                inverse;       /* 1 / length of the row; 0: no row */
} xsell_plane_size_t;

/* bytes of a row: a multiple of 16 */
#define xsell_plane_stride(dims)  (((dims) + 15u) & ~15u)

typedef struct {
    void                *p;             /* NULL: there is none */
    uint64_t             n;             /* units in use */
    uint64_t             room;          /* built: units allocated */
} xsell_part_t;


struct xsell_catalog_s {
    xsell_part_t         part[XSELL_PARTS];
    uint32_t             n;             /* items */
    uint32_t             dims[XSELL_PLANES];
    uint8_t              key[16];       /* of the tables of this catalogue */
    char                 currency[4];
    unsigned             exponent;

    const void          *image;         /* opened: the file; NULL: built */

    /* of this process: what the arena calls the items, and the way back,
       slot -> index | tag, as references are packed; XSELL_NO_REF */

    xsell_ref_t         *refs;
    uint32_t            *slots;
    uint32_t             slots_n;

    /* its categories by their hash: that | number, 0: free; a power of two of
       them */

    uint64_t            *kinds;
    uint32_t             kinds_n;
};


static inline xsell_item_t *
xsell_items(const xsell_catalog_t *cat)
{
    return cat->part[XSELL_PART_ITEMS].p;
}


/* makes kinds[] (xsell_kind.c); ENOMEM */
int xsell_kinds_make(xsell_catalog_t *cat);

/* bytes of a part's unit; ROWS: of a plane's row */
size_t xsell_part_unit(const xsell_catalog_t *cat, unsigned part);

/* room for n more units; ENOMEM */
int xsell_part_grow(xsell_catalog_t *cat, unsigned part, uint64_t n);

/* gives back what is not in use */
void xsell_part_trim(xsell_catalog_t *cat, unsigned part);

/* n units of zeros in place of what is there; ENOMEM, and nothing is there */
int xsell_part_make(xsell_catalog_t *cat, unsigned part, uint64_t n);
void xsell_part_free(xsell_catalog_t *cat, unsigned part);


/* where a text is: names of brands, categories, tags */

#define XSELL_NAME_BITS        24
#define XSELL_NAME_MAX         ((1u << XSELL_NAME_BITS) - 1)

#define xsell_name_off(name)   ((name) >> XSELL_NAME_BITS)
#define xsell_name_n(name)     ((size_t) ((name) & XSELL_NAME_MAX))

/* bytes of TEXT; "" if they are not in it */
xsell_str_t xsell_catalog_view(const xsell_catalog_t *cat, uint64_t off,
    uint64_t n);


/*
 * Tables are open, three quarters full, of any size: a hash's low half times
 * the size, halved, is where it begins.  Chains are short, the key being of
 * the catalogue; who reads a file that lies stops after PROBES.
 */

#define XSELL_PROBES           4096

static inline uint64_t
xsell_table_room(uint64_t n)
{
    return n + n / 3 + 8;
}


static inline uint64_t
xsell_table_at(uint64_t hash, uint64_t room)
{
    return ((hash & 0xffffffffu) * room) >> 32;
}


/* equal text, equal number: 1, 2, ... in order of appearance */

typedef struct {
    xsell_catalog_t     *cat;           /* whose TEXT the texts go to */
    unsigned             part;          /* of the names */
    uint32_t            *slot;          /* number or 0; power of two */
    uint32_t             mask;
} xsell_intern_t;


/* the texts that each item has for itself are the first of XSELL_TEXT_* */
#define XSELL_TEXT_OWN         XSELL_TEXT_BRAND

typedef struct {
    xsell_item_t         item;
    xsell_str_t          text[XSELL_TEXT_OWN];  /* borrowed */
} xsell_draft_t;


/* the empty catalogue; seed: what the tables' key is made from */
xsell_catalog_t *xsell_catalog_new(uint64_t seed);

/* copies an item with its own texts; ENOMEM, ENOSPC after XSELL_SLOT_MAX
   items, EINVAL for a text that is too long */
int xsell_catalog_append(xsell_catalog_t *cat, const xsell_draft_t *draft);

/* trims the parts and lists the items by category */
int xsell_catalog_finish(xsell_catalog_t *cat);

/* indexes the items by their URLs, once; shared (may be NULL) hears of every
   item that has another product's URL; other: NO_ITEM if of several */
int xsell_catalog_pages(xsell_catalog_t *cat,
    void (*shared)(void *ctx, uint32_t item, uint32_t other), void *ctx);

/* number of the text, copied if new; 0: no memory, or longer than NAME_MAX */
uint32_t xsell_intern(xsell_intern_t *t, xsell_str_t s);
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


/* ---- likes (xsell_similar.c) ------------------------------------------ */

/* an item's likes as they stand, most alike first; NULL: it has none */
const uint32_t *xsell_similar_words(const xsell_catalog_t *cat, uint32_t idx,
    uint32_t *n);

/* may be none of the catalogue's */
#define xsell_similar_item(word)      ((word) & XSELL_SLOT_MASK)
#define xsell_similar_likeness(word)                                          \
    ((float) ((word) >> XSELL_SLOT_BITS) / 255)


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

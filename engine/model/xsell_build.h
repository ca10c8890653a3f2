
/*
 * xsell_build.h: what xsell_build.c (the file, messages) and xsell_field.c
 * (the fields of one item) share.  Private to these two.
 */

#ifndef XSELL_BUILD_H
#define XSELL_BUILD_H

#include "xsell_catalog.h"
#include "xsell_json.h"


/* different unknown keys that are told apart */
#define XSELL_UNKNOWN_KEYS  64

/* prices while building: 10^-6, up to 10^10 of the currency */
#define XSELL_BUILD_DIGITS  6
#define XSELL_BUILD_MAX     (XSELL_PRICE_MAX * 10000)

/* the fields of an item */

enum {
    XSELL_FIELD_ID = 0,
    XSELL_FIELD_TITLE,
    XSELL_FIELD_URL,
    XSELL_FIELD_IMAGE,
    XSELL_FIELD_PRICE,
    XSELL_FIELD_CURRENCY,
    XSELL_FIELD_AVAILABILITY,
    XSELL_FIELD_CATEGORY,
    XSELL_FIELD_BRAND,
    XSELL_FIELD_TAGS,
    XSELL_FIELD_ARTIST,         /* these up to style are tags, too */
    XSELL_FIELD_AUTHOR,
    XSELL_FIELD_MATERIAL,
    XSELL_FIELD_MEDIUM,
    XSELL_FIELD_STYLE,
    XSELL_FIELD_DESCRIPTION,
    XSELL_FIELD_GROUP,
    XSELL_FIELD_RATING,
    XSELL_FIELD_RATING_N,
    XSELL_FIELD_REVIEWS,        /* xsell_opinion.c reads them, if anybody */
    XSELL_FIELD_COST,
    XSELL_FIELDS
};


typedef struct {
    const char          *key;           /* as the file spells it */
    unsigned             rank;
    xsell_value_t        value;
} xsell_build_field_t;


/* a word for availability that nobody knows: told once, at the end */

#define XSELL_ODD_WORDS  8

typedef struct {
    char                 word[48];
    char                 name[64];      /* of the first item */
    uint64_t             item;          /* its number */
    uint64_t             n;
    unsigned             line;
    unsigned             column;
} xsell_odd_t;


typedef struct {
    xsell_catalog_t     *cat;
    xsell_json_reader_t  reader;
    xsell_warn_pt        warn;
    void               (*done)(void *ctx, size_t off);
    size_t               done_off;
    void                *ctx;
    xsell_error_t       *err;

    xsell_build_field_t  field[XSELL_FIELDS];
    char                 name[64];      /* of the item, for messages */
    xsell_buf_t          buf;
    unsigned             currency_line;

    uint32_t            *lines;         /* of the accepted items */
    uint32_t             lines_room;
    uint64_t             stars;         /* of all ratings, hundredths */
    uint64_t             ratings;

    xsell_intern_t       brands;
    xsell_intern_t       categories;
    xsell_intern_t       tags;
    xsell_intern_t       groups;
    xsell_catalog_t     *scratch;       /* what the catalogue doesn't keep */

    uint64_t             unknown[XSELL_UNKNOWN_KEYS];
    uint32_t             unknown_n;
    uint32_t             key_warnings;
    uint32_t             item_warnings;
    xsell_odd_t          odd[XSELL_ODD_WORDS];
    uint32_t             odd_n;
    uint64_t             more;          /* not delivered */
} xsell_build_t;


/*
 * Reads the row of fields into draft; texts are views of the buffer, or "".
 * XSELL_NONE: an item to leave out, warned about.
 */
int xsell_build_fields(xsell_build_t *b, xsell_draft_t *draft);

/* item 3 "sku": what is wrong; at the field's place in the file */
int xsell_build_fail(xsell_build_t *b, unsigned field, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void xsell_build_warn(xsell_build_t *b, unsigned field, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
int xsell_build_nomem(xsell_build_t *b);

/* a word for availability */
void xsell_build_odd(xsell_build_t *b, xsell_str_t word);


#endif /* XSELL_BUILD_H */

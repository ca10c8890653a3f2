
/*
 * xsell_business.h: business rules from inside.  Private to engine/model.
 *
 *   xsell_business_read.c    the file: JSON to drafts
 *   xsell_business_what.c    a rule's items
 *   xsell_business_when.c    where and when it holds
 *   xsell_business_value.c   values, each mistake with its place
 *   xsell_business_build.c   drafts to masks: which items each rule means
 *   xsell_business_doubt.c   what of it looks like a mistake
 *   xsell_business.c         a decision: which rules hold, what they do
 *   xsell_timezone.c         local time of schedules
 *
 * A rule is a bit.  What can be known of an item without a visitor is worked
 * out when the file is read: each item has a class, each class three words
 * with a bit per rule (the rule holds next to this item; it does not; it is
 * about this item).  So a decision ANDs a few words to know which rules hold,
 * and a candidate costs a load and a mask, however long the lists in the
 * file are.
 */

#ifndef XSELL_BUSINESS_H
#define XSELL_BUSINESS_H

#include "xsell_catalog.h"
#include "xsell_json.h"
#include "xsell_model.h"
#include "xsell_timezone.h"


#define XSELL_BUSINESS_SLOTS      16    /* named by rules */
#define XSELL_BUSINESS_COUNTRIES  64
#define XSELL_BUSINESS_CLASSES    65536 /* different words of items */
#define XSELL_BUSINESS_TIMES      15    /* a counter has four bits */


enum {
    XSELL_DO_PIN = 0,
    XSELL_DO_BOOST,
    XSELL_DO_BURY,
    XSELL_DO_EXCLUDE,
    XSELL_DO_ONLY,
    XSELL_DO_MARGIN,
    XSELL_DO_MOST,
    XSELL_DO_CAP,
    XSELL_DOS
};

enum {
    XSELL_PER_SLATE = 0,
    XSELL_PER_BRAND,
    XSELL_PER_CATEGORY
};

enum {
    XSELL_PAGE_ITEM = 0,
    XSELL_PAGE_OTHER,
    XSELL_PAGES
};


/* where something stands in the file; line 0: nowhere */

typedef struct {
    unsigned             line;
    unsigned             column;
} xsell_spot_t;


/* seconds since 1970; hours and days in local time */

typedef struct {
    int64_t              from_s;
    int64_t              until_s;       /* not any more */
    uint16_t             begin_min;     /* of the day; begin == end: all */
    uint16_t             end_min;
    uint8_t              days;          /* bit 0: Monday */
} xsell_schedule_t;


/* "when" or "unless": bit per rule */

typedef struct {
    uint64_t             has;           /* rules with such a part */
    uint64_t             plain;         /* that say nothing of an item */
    uint64_t             page[XSELL_PAGES];
    uint64_t             placed;        /* that name slots */
    uint64_t             slot[XSELL_BUSINESS_SLOTS];
    uint64_t             homed;         /* that name countries */
    uint64_t             country[XSELL_BUSINESS_COUNTRIES];
    uint64_t             timed;
    xsell_schedule_t     schedule[XSELL_BUSINESS_MAX];
} xsell_side_t;


typedef struct {
    uint64_t             when;
    uint64_t             unless;
    uint64_t             what;
} xsell_class_t;


typedef struct {
    xsell_str_t          name;          /* own memory */
    float                ratio[2];      /* of the price to the lead's */
    int64_t              difference[2];
    uint32_t             pins;          /* first of business->pin */
    uint8_t              pins_n;
    uint8_t              at;            /* from 0 */
    uint8_t              action;
    uint8_t              per;
    uint8_t              most;
    uint8_t              times;
    uint8_t              counter;       /* of the session */
    xsell_spot_t         at_spot;
} xsell_business_rule_t;


struct xsell_business_s {
    const xsell_catalog_t   *catalog;   /* NULL: never asked */
    uint32_t                 items;
    double                   unit;      /* of the currency, in minor ones */
    uint32_t                 n;
    uint16_t                *class_of;
    xsell_class_t           *class;
    uint64_t                *what;      /* of each class, side by side */
    uint32_t                 class_n;
    int8_t                  *margin;    /* of an item, above the average, in
                                           1/127; NULL if nobody asks */
    uint32_t                *pin;
    char                    *names;

    /* rules by what they do */
    uint64_t                 pins;
    uint64_t                 shifts;    /* boost, bury, margin */
    uint64_t                 margins;
    uint64_t                 excludes;
    uint64_t                 onlys;
    uint64_t                 mosts;
    uint64_t                 caps;
    uint64_t                 counted;   /* that have a counter */

    /* by what they compare with the lead */
    uint64_t                 relative;
    uint64_t                 brand[2];      /* different, same */
    uint64_t                 category[2];
    uint64_t                 priced;
    uint64_t                 windows;   /* "only" with nothing but that */

    xsell_side_t             when;
    xsell_side_t             unless;
    xsell_str_t              slot[XSELL_BUSINESS_SLOTS];    /* own memory */
    xsell_spot_t             slot_spot[XSELL_BUSINESS_SLOTS];
    uint32_t                 slot_n;
    xsell_spot_t             country_spot;  /* of the first */
    char                     country[XSELL_BUSINESS_COUNTRIES][2];
    uint32_t                 country_n;
    uint64_t                 local;     /* rules with hours or days */
    xsell_timezone_t         zone;
    uint32_t                 counters;

    float                    weight[XSELL_BUSINESS_MAX];    /* logits;
                                           margin: of all of it */
    xsell_business_rule_t    rule[XSELL_BUSINESS_MAX];
};


/* ---- between reading and building ------------------------------------- */

/* what a list can name */

enum {
    XSELL_TERM_ITEM = 0,
    XSELL_TERM_CATEGORY,
    XSELL_TERM_BRAND,
    XSELL_TERM_TAG,
    XSELL_TERM_KINDS
};

/* the three parts of a rule that choose items */

enum {
    XSELL_RULE_WHEN = 0,
    XSELL_RULE_UNLESS,
    XSELL_RULE_WHAT,
    XSELL_RULE_PARTS
};


/* a word of such a list */

typedef struct {
    xsell_str_t          text;          /* of the document */
    size_t               off;           /* of the list in the file */
    uint32_t             nth;           /* in it */
    uint32_t             item;          /* XSELL_TERM_ITEM */
    uint8_t              rule;
    uint8_t              part;
    uint8_t              term;
    uint8_t              hit;           /* the catalogue has it */
} xsell_term_t;


typedef struct {
    xsell_term_t        *term;
    uint32_t             n;
    uint32_t             room;
    uint32_t             doubts;
    uint8_t              nomem;
    uint8_t              no_zone;       /* its file is none */

    /* bit per rule: parts that have a list of this kind; a price */
    uint64_t             listed[XSELL_RULE_PARTS][XSELL_TERM_KINDS];
    uint64_t             priced[XSELL_RULE_PARTS];
    int64_t              price[XSELL_RULE_PARTS][XSELL_BUSINESS_MAX][2];
    size_t               off[XSELL_BUSINESS_MAX];   /* of each rule */

    const char          *text;          /* the file, terminated */
    size_t               text_n;
    const char          *key;           /* that is being read */
    xsell_warn_pt        warn;
    void                *ctx;
    xsell_error_t       *err;
    xsell_business_t    *b;
} xsell_drafts_t;


/* ---- reading ---------------------------------------------------------- */

/* an object in the file */

typedef struct {
    const xsell_json_t  *doc;
    size_t               off;
} xsell_draft_at_t;

/* what takes the value of a key of rule i; part: XSELL_RULE_*, of a rule's own
   keys the number of the key.  All of these: 1, or 0 and d->err says why. */

typedef int (*xsell_draft_key_pt)(xsell_drafts_t *d, uint32_t i,
    unsigned part, size_t off, const xsell_value_t *v);

typedef struct {
    const char          *key;           /* NULL: the last one */
    xsell_draft_key_pt   take;
} xsell_draft_key_t;

static inline xsell_str_t
xsell_draft_str(const char *s)
{
    xsell_str_t  v;

    v.p = s;
    v.n = strlen(s);

    return v;
}

/* 0, always */
int xsell_draft_fail(xsell_drafts_t *d, size_t off, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
int xsell_draft_kind(xsell_drafts_t *d, size_t off, const xsell_value_t *v,
    const char *wanted);

int xsell_draft_number(const xsell_value_t *v, double *number);

/* a whole number from 1 to max */
int xsell_draft_whole(xsell_drafts_t *d, size_t off, const xsell_value_t *v,
    int64_t max, uint8_t *out);

/* element i of a list, or the one value in its stead; 0: there is none */
int xsell_draft_element(const xsell_value_t *v, size_t i, xsell_value_t *e);

/* {"min": .5, "max": 2}: one of them at least */
int xsell_draft_range(xsell_drafts_t *d, size_t off, const xsell_value_t *v,
    double least, double most, double out[2]);

/* the keys of an object; part: as above, XSELL_RULE_PARTS of a rule's own;
   what: "a rule", for messages */
int xsell_draft_walk(xsell_drafts_t *d, uint32_t i, unsigned part,
    const xsell_draft_key_t *keys, const xsell_draft_at_t *at,
    const char *what);

/* which items: one list, a price, all of it, the items of a pin */
int xsell_draft_list(xsell_drafts_t *d, uint32_t i, unsigned part, size_t off,
    const xsell_value_t *v);
int xsell_draft_price(xsell_drafts_t *d, uint32_t i, unsigned part,
    size_t off, const xsell_value_t *v);
int xsell_draft_what(xsell_drafts_t *d, uint32_t i, unsigned part, size_t off,
    const xsell_value_t *v);
int xsell_draft_pin(xsell_drafts_t *d, uint32_t i, unsigned part, size_t off,
    const xsell_value_t *v);

/* where and when: "when" and "unless" */
int xsell_draft_side(xsell_drafts_t *d, uint32_t i, unsigned part, size_t off,
    const xsell_value_t *v);


/* ---- building --------------------------------------------------------- */

/* the masks */
int xsell_business_build(xsell_drafts_t *d);

/* warns of what the catalogue lacks and of what contradicts; named: per part,
   the rules that mean an item of the catalogue */
void xsell_business_doubts(xsell_drafts_t *d,
    const uint64_t named[XSELL_RULE_PARTS]);

/* the place of element i of a list, or of the one value in its stead */
size_t xsell_business_place(const xsell_drafts_t *d, size_t off, size_t i);

xsell_spot_t xsell_business_spot(const xsell_drafts_t *d, size_t off);

/* a warning about a place in the file */
void xsell_business_doubt(xsell_drafts_t *d, size_t off, const char *fmt,
    ...) __attribute__((format(printf, 3, 4)));

/* ", did you mean \"...\"?" into out, or "": the nearest of the names */

typedef struct {
    xsell_str_t          wanted;
    xsell_str_t          best;
    unsigned             distance;
} xsell_hint_t;

void xsell_hint_begin(xsell_hint_t *h, xsell_str_t wanted);
void xsell_hint_look(xsell_hint_t *h, xsell_str_t name);
const char *xsell_hint_text(const xsell_hint_t *h, char out[128]);


#endif /* XSELL_BUSINESS_H */

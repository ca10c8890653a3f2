
/*
 * xsell_places.h: the places of a page as xsell_places.c and xsell_selector.c
 * compile them, and as the tree, the matches and the quick way read them.
 */

#ifndef XSELL_PLACES_H
#define XSELL_PLACES_H

#include "../xsell.h"


#define XSELL_COMPOUNDS      64         /* over all places of a page */
#define XSELL_COMPOUNDS_ROOT 6          /* the first ones: of roots */
#define XSELL_COMPOUNDS_OURS 13         /* not for places: these, and what
                                           sections take if asked for */
#define XSELL_PLACE_NAME_MAX 55         /* of xsell_name_t */


enum {
    XSELL_OP_ANY = 0,                   /* [a] */
    XSELL_OP_EQUAL,
    XSELL_OP_WORD,                      /* ~=, and classes */
    XSELL_OP_DASH,                      /* |= */
    XSELL_OP_BEGIN,                     /* ^= */
    XSELL_OP_END,                       /* $= */
    XSELL_OP_PART,                      /* *= */
    XSELL_OP_NONE,                      /* never: [a^=""] */
    XSELL_OP_LIST                       /* one of many (xsell_root.c) */
};

typedef struct {
    uint8_t              op;            /* XSELL_OP_* */
    uint8_t              fold;          /* letter case makes no difference */
    uint8_t              compound;      /* number of the compound it is of */
    uint32_t             off;           /* of its value in the text; a list */
    uint32_t             n;
    uint64_t             mask;          /* of a list: what may be in it */
} xsell_cond_t;

typedef struct {
    uint64_t             name;
    uint64_t             conds;         /* bit per condition on it */
    uint64_t             need;          /* compounds with such a condition */
} xsell_attr_name_t;

typedef struct {
    uint64_t             name;
    uint64_t             bits;          /* compounds */
} xsell_type_t;

/* an attribute without which a compound isn't complete (xsell_asked.c) */

typedef struct {
    uint64_t             name;
    uint64_t             head;          /* its first 8 bytes, | 0x20 each */
    uint64_t             need;          /* compounds with a condition on it */
    uint64_t             whole;         /* values worth a look, and words of */
    uint64_t             words;         /* such: bits, xsell_mark_bit() */
    uint32_t             n;
    uint8_t              any;           /* XSELL_ASK_*: each value is */
    uint8_t              next;          /* number + 1: of the same bloom bit */
} xsell_ask_t;

#define XSELL_ASK_ANY        1          /* worth a look */
#define XSELL_ASK_FREE       2          /* looked at, and costs nothing */

/* of its value, or of a word of it: by its first letter and length */
#define xsell_mark_bit(c, n)                                                  \
    ((uint64_t) 1 << (((uint8_t) (c) + 11 * (n)) & 63))

typedef struct {
    uint8_t              position;      /* XSELL_AT_* */
    uint8_t              existing;      /* XSELL_EXISTING_* */
    uint8_t              roots;         /* 1: it may be in one, and leaves
                                           it; 2: so may a section */
    uint8_t              name_n;
    char                 name[XSELL_PLACE_NAME_MAX];
    uint64_t             bits;          /* its compounds */
    uint64_t             subject;       /* those that stand for the element */
    uint64_t             section_bits;  /* the same of sections that exist */
    uint64_t             section;
} xsell_place_t;


/*
 * A compound (`a.b[c]`) is a bit.  Those of a complex selector follow one
 * another, so that what hangs on bit i by a combinator is bit i + 1.
 */

/* what a name of a kind means to the quick way */

#define XSELL_STOP_NAME      0x01       /* may be all that is asked for */
#define XSELL_STOP_ATTRS     0x02       /* may be, with attributes */

struct xsell_places_s {
    uint32_t             n;
    uint32_t             compounds_n;
    uint32_t             conds_n;
    uint32_t             attrs_n;
    uint32_t             types_n;
    uint32_t             text_n;
    char                *text;
    uint64_t             first;         /* hang on nothing */
    uint64_t             child;         /* > */
    uint64_t             desc;          /* white space */
    uint64_t             next;          /* + */
    uint64_t             later;         /* ~ */
    uint64_t             only;          /* :first-of-type */
    uint64_t             free;          /* without conditions */
    uint64_t             any;           /* without a type */
    uint64_t             bloom;         /* names of attributes that they ask
                                           for, by xsell_bloom() */
    uint32_t             asks_n;
    uint64_t             ask_n;         /* a bit for each length of these */
    uint8_t              ask_of[64];    /* number + 1 in ask[], by that bit */
    xsell_ask_t          ask[XSELL_COMPOUNDS];
    uint8_t              stop[256];     /* XSELL_STOP_*: of a kind */
    uint64_t             roots;         /* subjects: hydrated elements */
    uint64_t             root_bits;     /* all of their compounds */
    uint64_t             root_types;    /* those told by their names */
    uint64_t             sections;      /* built in, if somebody asked */
    uint64_t             closed;        /* what such a section is hidden in */
    uint64_t             need[XSELL_COMPOUNDS];      /* conditions of it */
    uint64_t             kind[256];     /* compounds of that type, or of any */
    xsell_type_t         type[XSELL_COMPOUNDS];      /* of names without kind */
    xsell_attr_name_t    attr[XSELL_COMPOUNDS];
    xsell_cond_t         cond[XSELL_COMPOUNDS];
    xsell_place_t        place[XSELL_PLACES_MAX];
};


#endif /* XSELL_PLACES_H */


/*
 * xsell_page.h: what the files of the template language share, and nobody
 * else.  compile (Mustache text -> operations) uses context (where in the
 * HTML does a variable stand?) and variable (which names exist?); template
 * runs the operations through variable (what is the value?), locale (prices
 * and sentences) and escape (the value as it may stand there).
 */

#ifndef XSELL_PAGE_H
#define XSELL_PAGE_H

#include "../xsell.h"

#include <string.h>


#define XSELL_TEMPLATE_MAX     65536    /* bytes of one template's text */
#define XSELL_NESTING_MAX      16       /* sections in sections */


/*
 * Where rendered bytes go.  n counts on after cap, so that one pass tells
 * how much room the whole takes.
 */

typedef struct {
    char                *p;
    size_t               n;
    size_t               cap;
} xsell_out_t;


static inline void
xsell_out_put(xsell_out_t *o, const char *p, size_t n)
{
    if (o->n <= o->cap && n <= o->cap - o->n) {
        memcpy(o->p + o->n, p, n);
    }

    o->n += n;
}


/* ---- escaping (xsell_escape.c) ---------------------------------------- */

enum {
    XSELL_ESCAPE_HTML = 0,      /* text and quoted attributes */
    XSELL_ESCAPE_URL,           /* a whole URL that opens an attribute */
    XSELL_ESCAPE_PART           /* a part of a URL after literal text */
};

void xsell_escape(xsell_out_t *o, unsigned how, xsell_str_t v);

/* whether a URL is relative or http(s): what may be fetched or followed */
int xsell_url_safe(xsell_str_t url);

/* without the blanks around it, as browsers read a URL attribute */
xsell_str_t xsell_url_trim(xsell_str_t url);


/* ---- languages (xsell_locale.c) --------------------------------------- */

/* formats a price; "" if unknown (negative).  Returns the length. */
#define XSELL_PRICE_MAX        64
size_t xsell_price_format(char out[XSELL_PRICE_MAX], xsell_str_t lang,
    xsell_str_t currency, unsigned exponent, int64_t minor);

/* the sentence for XSELL_REASON_*; "" for none */
xsell_str_t xsell_reason_sentence(xsell_str_t lang, unsigned reason);

/* the heading of a slot that was given none */
xsell_str_t xsell_default_heading(xsell_str_t lang);


/* ---- variables (xsell_variable.c) ------------------------------------- */

enum {
    XSELL_VAR_HEADING = 0,
    XSELL_VAR_SLOT,
    XSELL_VAR_STYLESHEET,
    XSELL_VAR_LANG,
    XSELL_VAR_COUNT,
    XSELL_VAR_ITEMS,
    XSELL_VAR_ID,
    XSELL_VAR_TITLE,
    XSELL_VAR_URL,
    XSELL_VAR_IMAGE,
    XSELL_VAR_PRICE,
    XSELL_VAR_BRAND,
    XSELL_VAR_CATEGORY,
    XSELL_VAR_DESCRIPTION,
    XSELL_VAR_REASON,
    XSELL_VAR_WHY,
    XSELL_VAR_POSITION,
    XSELL_VAR_FIRST,
    XSELL_VAR_LAST,
    XSELL_VAR_AVAILABLE,
    XSELL_VARS
};

enum {
    XSELL_KIND_TEXT = 0,
    XSELL_KIND_URL,
    XSELL_KIND_CONDITION,       /* for sections only */
    XSELL_KIND_LIST             /* a section that repeats */
};

typedef struct {
    const char          *name;
    uint8_t              kind;
    uint8_t              of_item;       /* only inside {{#items}} */
    const char          *what;          /* one line for a person */
} xsell_variable_t;

/* indexed by XSELL_VAR_* */
extern const xsell_variable_t  xsell_variables[XSELL_VARS];

/* XSELL_VAR_*, or -1 and the variable with the most similar name */
int xsell_variable_find(xsell_str_t name, unsigned *nearest);

/* where a rendering stands */

typedef struct {
    const xsell_fragment_t  *f;
    const xsell_item_t      *item;      /* NULL outside {{#items}} */
    uint32_t                 card;      /* index of item's card */
    uint32_t                 position;  /* from 1 */
    uint32_t                 count;     /* cards that have an item */
    char                     scratch[XSELL_PRICE_MAX];
} xsell_scene_t;

/* the value as text; a view, good until the next call */
xsell_str_t xsell_variable_value(xsell_scene_t *s, unsigned var);

/* whether a section of it is entered */
int xsell_variable_true(xsell_scene_t *s, unsigned var);


/* ---- HTML context (xsell_context.c) ----------------------------------- */

typedef struct {
    uint8_t              state;
    uint8_t              attr;          /* kind of attribute, in a value */
    uint8_t              url;           /* progress of a URL's beginning */
    uint8_t              tag_n;
    uint8_t              name_n;        /* also: progress of an end tag */
    uint8_t              end_tag;
    char                 tag[16];       /* lower case, cut */
    char                 name[16];      /* of the attribute, also scheme */
} xsell_context_t;

void xsell_context_init(xsell_context_t *c);
void xsell_context_feed(xsell_context_t *c, const char *p, size_t n);

/*
 * A variable of `kind` here: returns how to escape it and moves on, or -1
 * with what is wrong and what to do instead.
 */
int xsell_context_variable(xsell_context_t *c, unsigned kind,
    const char **wrong);

/*
 * Two ways that meet (a section that was entered or left out): c becomes
 * what holds for both; 0 if they can't meet.
 */
int xsell_context_join(xsell_context_t *c, const xsell_context_t *other);

/* whether plain text is next: where a template may begin and end */
int xsell_context_is_text(const xsell_context_t *c);


/* ---- finding tags (xsell_template_scan.c) ----------------------------- */

#define XSELL_DELIMITER_MAX  8

typedef struct {
    const char          *start;         /* the source */
    const char          *end;
    char                 open[XSELL_DELIMITER_MAX];
    char                 close[XSELL_DELIMITER_MAX];
    uint8_t              open_n;
    uint8_t              close_n;
} xsell_scanner_t;

typedef struct {
    const char          *from;          /* first byte of the tag */
    const char          *next;          /* first byte after it */
    char                 sigil;         /* # ^ / ! = & { > < $ * or 0 */
    xsell_str_t          name;          /* trimmed */
} xsell_tag_t;

void xsell_scan_init(xsell_scanner_t *s, const char *text, size_t n);

/* the next tag from p on; XSELL_NONE: there is none; XSELL_EINVAL: the one
   at tag->from is not closed */
int xsell_scan(const xsell_scanner_t *s, const char *p, xsell_tag_t *tag);

/* a tag that is alone on its line takes the line with it: from becomes the
   line's first byte, next the one after its end */
void xsell_scan_alone(const xsell_scanner_t *s, xsell_tag_t *tag);

/* "<% %>" become the delimiters; XSELL_EINVAL if they can't */
int xsell_scan_delimiters(xsell_scanner_t *s, xsell_str_t name);

/* line and column from 1; a column is a character, not a byte */
void xsell_scan_place(const xsell_scanner_t *s, const char *at,
    unsigned *line, unsigned *column);


/* ---- the compiled form (xsell_template_compile.c, xsell_template.c) --- */

enum {
    XSELL_OP_LITERAL = 0,       /* text[a], b bytes */
    XSELL_OP_VALUE,             /* of var, escaped as `escape` says */
    XSELL_OP_IF,                /* goes to a unless var is true */
    XSELL_OP_UNLESS,            /* goes to a if var is true */
    XSELL_OP_EACH,              /* first card, or goes to a if there is none */
    XSELL_OP_NEXT               /* next card and goes to a, or falls through */
};

typedef struct {
    uint8_t              code;
    uint8_t              var;
    uint8_t              escape;
    uint32_t             a;
    uint32_t             b;
} xsell_op_t;

struct xsell_template_s {
    xsell_op_t          *op;
    uint32_t             n;
    uint32_t             room;
    char                *text;          /* private copy of the source */
};


#endif /* XSELL_PAGE_H */


/*
 * xsell_tokens.h: what the files of the theme share, and nobody else.
 *
 *   xsell_tokens.c         a file of design tokens -> tokens by their paths
 *   xsell_tokens_tree.c    its groups, or its sets
 *   xsell_tokens_figma.c   the same from Figma's export of variables
 *   xsell_tokens_make.c    tokens -> custom properties
 *   xsell_tokens_value.c   a value -> its text in CSS
 *   xsell_tokens_refer.c   what it refers to
 *   xsell_tokens_text.c    is a text from outside a length, a font, ...?
 *   xsell_tokens_color.c   is it a colour?
 *   xsell_theme.c          the names that our rules use; the stylesheet
 *   xsell_builtin.c        the rules and the templates
 */

#ifndef XSELL_TOKENS_H
#define XSELL_TOKENS_H

#include "../xsell.h"
#include "../model/xsell_json.h"

#include <string.h>


#define XSELL_TOKENS_BYTES     4194304  /* of a file */
#define XSELL_TOKENS_MAX       8192     /* in a file */
#define XSELL_TOKENS_DEPTH     24       /* groups in groups, and references */
#define XSELL_TOKENS_PATH      240      /* bytes of "color.text" */
#define XSELL_TOKENS_VALUE     1024     /* bytes of a value as CSS */
#define XSELL_TOKENS_WARNINGS  20       /* that are told one by one */
#define XSELL_TOKENS_WORK      400000   /* steps: files that explode end here */


enum {
    XSELL_LOOK_NONE = 0,        /* not said */
    XSELL_LOOK_COLOR,
    XSELL_LOOK_LENGTH,
    XSELL_LOOK_FAMILY,
    XSELL_LOOK_WEIGHT,
    XSELL_LOOK_DURATION,
    XSELL_LOOK_EASING,
    XSELL_LOOK_NUMBER,
    XSELL_LOOK_STROKE,
    XSELL_LOOK_BORDER,
    XSELL_LOOK_TRANSITION,
    XSELL_LOOK_SHADOW,
    XSELL_LOOK_GRADIENT,
    XSELL_LOOK_TYPOGRAPHY,
    XSELL_LOOK_WORD,            /* not of the W3C: cover, uppercase, ... */
    XSELL_LOOK_LINE,            /* Tokens Studio: 1.2, 120 %, 24px */
    XSELL_LOOK_TRACKING,        /* Tokens Studio: letters, % of the size */
    XSELL_LOOK_OPACITY,         /* Tokens Studio: .5, 50 % */
    XSELL_LOOK_FLOAT            /* Figma: a number of unsaid meaning */
};


/* ---- leaves (xsell_tokens_text.c, xsell_tokens_color.c) ---------------- */

/*
 * A value while it is written, terminated; over: it did not fit.  All
 * functions below append and return whether `s` is what their name says;
 * what they append never holds a quote that is open, ; { } \ < > @ or a
 * comment, so it can't leave its declaration.
 */

typedef struct {
    char                 p[XSELL_TOKENS_VALUE];
    size_t               n;
    uint8_t              over;
} xsell_css_t;

static inline int
xsell_css_digit(char c)
{
    return c >= '0' && c <= '9';
}


static inline int
xsell_css_letter(char c)
{
    c |= 0x20;

    return c >= 'a' && c <= 'z';
}


static inline int
xsell_css_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}


xsell_str_t xsell_css_trim(xsell_str_t s);

/* whether a word, in any case, is in a list with a blank around each */
int xsell_css_listed(const char *list, const char *p, size_t n);

void xsell_css_put(xsell_css_t *o, const char *p, size_t n);
void xsell_css_puts(xsell_css_t *o, const char *s);
void xsell_css_number(xsell_css_t *o, double v);

int xsell_css_color(xsell_css_t *o, xsell_str_t s);
int xsell_css_named_space(const char *space);
int xsell_css_length(xsell_css_t *o, xsell_str_t s);
int xsell_css_time(xsell_css_t *o, xsell_str_t s);
int xsell_css_easing(xsell_css_t *o, xsell_str_t s);
int xsell_css_plain_number(xsell_css_t *o, xsell_str_t s);
int xsell_css_line(xsell_css_t *o, xsell_str_t s);
int xsell_css_tracking(xsell_css_t *o, xsell_str_t s);
int xsell_css_weight(xsell_css_t *o, xsell_str_t s);
int xsell_css_family(xsell_css_t *o, xsell_str_t s);
int xsell_css_stroke(xsell_css_t *o, xsell_str_t s);
int xsell_css_word(xsell_css_t *o, xsell_str_t s);

/* rgb in 0..1, alpha; clamped */
void xsell_css_rgb(xsell_css_t *o, const double rgb[3], double alpha);

/* a number at p, *end after it; 0 if there is none */
int xsell_css_scan(const char *p, const char *last, double *v,
    const char **end);


/* ---- tokens (xsell_tokens.c) ------------------------------------------- */

typedef struct {
    const char          *key;           /* of the document, or "" */
    uint32_t             parent;        /* index; the root is its own */
} xsell_token_group_t;

typedef struct {
    char                *path;          /* "color.text", own memory */
    const char          *key;
    uint32_t             group;
    uint8_t              type;          /* said by it or its groups */
    uint8_t              said;          /* by itself */
    xsell_value_t        value;
} xsell_token_t;

/* a custom property */

typedef struct {
    char                *name;          /* "color-text" */
    char                *value;
    uint8_t              dark;
    uint8_t              own;           /* of the group "xs": counts more */
    uint32_t             order;
} xsell_property_t;

typedef struct {
    xsell_property_t    *p;
    uint32_t             n;
    uint32_t             room;
} xsell_properties_t;

typedef struct {
    const char          *text;          /* the file, for places */
    size_t               text_n;
    xsell_json_t        *doc;
    const xsell_json_t  *variables;     /* Figma */
    xsell_token_group_t *group;
    uint32_t             group_n;
    uint32_t             group_room;
    xsell_token_t       *token;
    uint32_t             n;
    uint32_t             room;
    uint32_t            *hash;          /* path -> index + 1 */
    uint32_t             work;
    uint32_t             warnings;
    xsell_warn_pt        warn;
    void                *ctx;
    xsell_error_t       *err;

    /* while a value is made */
    uint8_t              owns;          /* there is a group "xs" */
    uint8_t              dark;
    uint8_t              circle;
    uint8_t              full;
    uint32_t             depth;
    const void          *active[XSELL_TOKENS_DEPTH];
    const char          *name[XSELL_TOKENS_DEPTH];
    char                 why[160];
} xsell_tokens_t;

/*
 * The properties of a file, sorted by name, none twice; those for the dark
 * after those for the light that they replace.  What can't be used is warned
 * of and left out.  EINVAL: no JSON, or tokens that refer to each other in a
 * circle; ENOMEM.
 */
int xsell_tokens_read(xsell_properties_t *ps, xsell_str_t json,
    xsell_warn_pt warn, void *ctx, xsell_error_t *err);

/* a warning about a token (NULL: about the file) */
void xsell_tokens_complain(xsell_tokens_t *ts, const xsell_token_t *t,
    const char *why);

/* where a token stands; line and column from 1 */
void xsell_tokens_place(const xsell_tokens_t *ts, const xsell_token_t *t,
    unsigned *line, unsigned *column);

/* outside text for a message: cut, no control characters; returns out */
const char *xsell_tokens_printable(char out[64], const char *s);

unsigned xsell_tokens_type(const char *name);

/* for the dialects: adds or replaces; OK or ENOMEM; warns of one too many */
int xsell_tokens_add(xsell_tokens_t *ts, const char *path,
    const xsell_token_t *token);

/* a group, for places; its index, or 0 (the root) if there is no memory */
uint32_t xsell_tokens_group(xsell_tokens_t *ts, uint32_t parent,
    const char *key);


const xsell_token_t *xsell_tokens_find(const xsell_tokens_t *ts,
    const char *path);

/* as find, but prefers the one for the dark while ts->dark */
const xsell_token_t *xsell_tokens_seek(const xsell_tokens_t *ts,
    const char *path);


/* the dialects (xsell_tokens_tree.c, xsell_tokens_figma.c); OK, ENOMEM, or
   EINVAL: groups that extend each other in a circle */
int xsell_tokens_tree(xsell_tokens_t *ts);
int xsell_tokens_sets(xsell_tokens_t *ts);
int xsell_tokens_figma(xsell_tokens_t *ts, const xsell_value_t *meta);

/* (xsell_tokens_make.c) */
int xsell_tokens_make(xsell_tokens_t *ts, xsell_properties_t *ps);
void xsell_properties_free(xsell_properties_t *ps);


/* ---- values (xsell_tokens_value.c, xsell_tokens_refer.c) --------------- */

/*
 * All append to o and return OK, or EINVAL with the reason in ts->why; the
 * first reason stays.  ts->circle: why names a circle.
 */

int xsell_token_format(xsell_tokens_t *ts, unsigned type,
    const xsell_value_t *v, xsell_css_t *o);
int xsell_token_css(xsell_tokens_t *ts, const xsell_token_t *t, unsigned want,
    xsell_css_t *o);

/* the letterSpacing of a typography, which `font` has no place for; NONE */
int xsell_token_tracking(xsell_tokens_t *ts, const xsell_token_t *t,
    xsell_css_t *o);

/* "{a.b}"; {"$ref": ref}; Figma's id; references inside of a text */
int xsell_token_reference(xsell_tokens_t *ts, unsigned type, xsell_str_t s,
    xsell_css_t *o);
int xsell_token_pointer(xsell_tokens_t *ts, unsigned type,
    const xsell_value_t *object, xsell_str_t ref, xsell_css_t *o);
int xsell_token_alias(xsell_tokens_t *ts, unsigned type, xsell_str_t id,
    xsell_css_t *o);
int xsell_token_fill(xsell_tokens_t *ts, xsell_str_t s, xsell_css_t *o);

/* EINVAL */
int xsell_token_refuse(xsell_tokens_t *ts, const char *what);
int xsell_token_refuse_text(xsell_tokens_t *ts, const char *what,
    xsell_str_t s);
int xsell_token_work(xsell_tokens_t *ts);


/* ---- the vocabulary (xsell_theme.c) ------------------------------------ */

typedef struct {
    const char          *name;          /* of the property, "color-text" */
    uint8_t              type;          /* XSELL_LOOK_* */
    uint8_t              set;           /* by the neutral theme */
    double               least;         /* of a number */
    double               most;
    const char          *what;
} xsell_look_t;

extern const xsell_look_t  xsell_looks[];
extern const unsigned      xsell_looks_n;

const xsell_look_t *xsell_look_find(const char *name);

/* the rules of the built-in templates */
xsell_str_t xsell_builtin_rules(void);


#endif /* XSELL_TOKENS_H */


/*
 * xsell_page.h: what the files of the template language share, and nobody
 * else.
 *
 *   xsell_templates         the set: texts by name, built-in and a shop's own
 *   xsell_template_compile  Mustache text -> operations, partials inline
 *   xsell_template_scan     where the next tag stands
 *   xsell_template_balance  does a template close what it opens?
 *   xsell_context           where in the HTML does a variable stand?
 *   xsell_context_place     may it, and how is it escaped there?
 *   xsell_context_value     the same inside addresses, styles and JSON
 *   xsell_variable          which names are there, and what are their values?
 *   xsell_template_strings  the sentences of strings.*.json by language
 *   xsell_locale            prices, built-in words
 *   xsell_template          runs the operations
 *   xsell_cards             cards that were rendered before
 *   xsell_frames            and what stands around them
 *   xsell_escape            the value as it may stand there
 *
 * Compiler and interpreter know Mustache and no shop: what names mean comes
 * through xsell_data_t.  The shop's is in xsell_variable.c; a test has one
 * over JSON with the semantics of the specification.
 */

#ifndef XSELL_PAGE_H
#define XSELL_PAGE_H

#include "../xsell.h"

#include <string.h>


#define XSELL_TEMPLATE_MAX     65536    /* bytes of one template's text */
#define XSELL_PROGRAM_MAX      1048576  /* the same with all partials */
#define XSELL_NESTING_MAX      32       /* sections in sections */
#define XSELL_PARTIALS_DEEP    16       /* partials in partials */
#define XSELL_PARTIALS_MAX     1024     /* partials of one template */
#define XSELL_NAME_MAX         64       /* bytes of a template's name */


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
    XSELL_ESCAPE_PART,          /* a part of a URL after literal text */
    XSELL_ESCAPE_CSS_TEXT,      /* inside a CSS string */
    XSELL_ESCAPE_CSS_URL,       /* a whole URL inside url("") */
    XSELL_ESCAPE_CSS_WORD,      /* numbers and words between CSS tokens */
    XSELL_ESCAPE_JSON_TEXT,     /* inside a JSON string */
    XSELL_ESCAPE_JSON_VALUE     /* a JSON string with its quotes */
};

void xsell_escape(xsell_out_t *o, unsigned how, xsell_str_t v);

/*
 * Length of the UTF-8 sequence (of two bytes or more) at p < end, 0 if it is
 * broken: overlong forms, surrogates and code points above U+10FFFF are
 * (RFC 3629).
 */
size_t xsell_utf8_sequence(const uint8_t *p, const uint8_t *end,
    uint32_t *cp);

/* how many bytes at the beginning are UTF-8 */
size_t xsell_utf8_valid(xsell_str_t text);

/* whether a URL is relative or http(s): what may be fetched or followed */
int xsell_url_safe(xsell_str_t url);

/* without the blanks around it, as browsers read a URL attribute */
xsell_str_t xsell_url_trim(xsell_str_t url);


/* ---- languages (xsell_locale.c) --------------------------------------- */

typedef struct xsell_locale_s  xsell_locale_t;

#define XSELL_LANG_MAX         35       /* bytes of a tag: RFC 5646, 4.4.1 */

/* how a language writes prices: "de-CH", else "de", else English */
const xsell_locale_t *xsell_locale_of(xsell_str_t lang);

/* formats a price; "" if unknown (negative).  Returns the length. */
#define XSELL_PRICE_MAX        64
size_t xsell_price_format(char out[XSELL_PRICE_MAX],
    const xsell_locale_t *locale, xsell_str_t currency, unsigned exponent,
    int64_t minor);

/* the same for programs: "12.50" */
size_t xsell_amount_format(char out[XSELL_PRICE_MAX], unsigned exponent,
    int64_t minor);

/* the words of the built-in templates, each with its key */

enum {
    XSELL_WORD_HEADING = 0,
    XSELL_WORD_WHY,             /* of reason 1; the others follow */
    XSELL_WORD_OUT_OF_STOCK = XSELL_WORD_WHY + XSELL_REASONS - 1,
    XSELL_WORD_PREVIOUS,
    XSELL_WORD_NEXT,
    XSELL_WORDS
};

extern const char *const  xsell_word_keys[XSELL_WORDS];

/* built-in languages, English first; "" and "" past the last one */
xsell_str_t xsell_word_lang(unsigned i);
xsell_str_t xsell_word(unsigned lang, unsigned word);

/* whether two language tags are the same: case aside, _ is - */
int xsell_lang_same(xsell_str_t a, xsell_str_t b);

/* drops the last subtag: "zh-Hant-TW" -> "zh-Hant"; 0 if there is one only */
int xsell_lang_shorten(xsell_str_t *lang);


/* ---- sentences by language (xsell_template_strings.c) ----------------- */

typedef struct xsell_strings_s  xsell_strings_t;

int xsell_strings_create(xsell_strings_t **s);
void xsell_strings_destroy(xsell_strings_t *s);

int xsell_strings_add(xsell_strings_t *s, xsell_str_t lang,
    xsell_str_t json, xsell_warn_pt warn, void *ctx, xsell_error_t *err);

/* the number of a key, which counts as used; -1 and the most similar one */
int xsell_strings_key(xsell_strings_t *s, xsell_str_t key,
    xsell_str_t *nearest);

/* all templates have been compiled: builds the tables */
int xsell_strings_settle(xsell_strings_t *s);

/* warns of keys that a file lacks, or that are mistyped */
void xsell_strings_check(const xsell_strings_t *s, xsell_doubt_pt warn,
    void *ctx);

/* the sentences of a language by number */
const xsell_str_t *xsell_strings_of(const xsell_strings_t *s,
    xsell_str_t lang);


/* ---- data: what names mean -------------------------------------------- */

enum {
    XSELL_KIND_TEXT = 0,
    XSELL_KIND_URL,
    XSELL_KIND_NUMBER,          /* digits only */
    XSELL_KIND_CONDITION,       /* for sections only */
    XSELL_KIND_LIST             /* a section that repeats */
};

/* a name in a template, resolved */

typedef struct {
    uint32_t             var;
    uint8_t              kind;
    uint8_t              scope;         /* its section changes what names
                                           mean, or repeats */
} xsell_meaning_t;

/*
 * names and scene are the owner's.  resolve and partial work while
 * compiling, and say what is wrong with a name if they fail; partial puts a
 * lasting view in place of *name, and may answer XSELL_NONE: an empty text.
 * The others work while rendering: put writes a value as `escape` says;
 * is_true opens sections; enter begins the first turn of a section with
 * scope, or returns 0; next begins another one, or leaves the section and
 * returns 0.
 */

#define XSELL_WRONG_MAX        200

typedef struct {
    int        (*resolve)(void *names, xsell_str_t name, unsigned scopes,
                          xsell_meaning_t *found, char wrong[XSELL_WRONG_MAX]);
    int        (*partial)(void *names, xsell_str_t *name, xsell_str_t *text,
                          char wrong[XSELL_WRONG_MAX]);

    void       (*put)(void *scene, uint32_t var, unsigned escape,
                      xsell_out_t *out);
    int        (*is_true)(void *scene, uint32_t var);
    int        (*enter)(void *scene, uint32_t var);
    int        (*next)(void *scene, uint32_t var);

    /* the text is HTML and values are escaped for where they stand, partials
       can't recurse; without, escape is 1 for {{{x}}} and {{&x}} */
    uint8_t      html;
} xsell_data_t;


/* ---- variables of the shop (xsell_variable.c) ------------------------- */

enum {
    XSELL_VAR_HEADING = 0,
    XSELL_VAR_SLOT,
    XSELL_VAR_STYLESHEET,
    XSELL_VAR_LANG,
    XSELL_VAR_CURRENCY,
    XSELL_VAR_COUNT,
    XSELL_VAR_WHY_ALL,
    XSELL_VAR_ITEMS,
    XSELL_VAR_ID,
    XSELL_VAR_TITLE,
    XSELL_VAR_URL,
    XSELL_VAR_IMAGE,
    XSELL_VAR_PRICE,
    XSELL_VAR_AMOUNT,
    XSELL_VAR_BRAND,
    XSELL_VAR_CATEGORY,
    XSELL_VAR_DESCRIPTION,
    XSELL_VAR_REASON,
    XSELL_VAR_WHY,
    XSELL_VAR_RULE,
    XSELL_VAR_POSITION,
    XSELL_VAR_FIRST,
    XSELL_VAR_LAST,
    XSELL_VAR_AVAILABLE,
    XSELL_VARS                  /* and the number of strings.KEY on top */
};

typedef struct {
    const char          *name;
    uint8_t              kind;
    uint8_t              of_item;       /* only inside {{#items}} */
    const char          *what;          /* one line for a person */
} xsell_variable_t;

/* indexed by XSELL_VAR_* */
extern const xsell_variable_t  xsell_variables[XSELL_VARS];

/* put, is_true, enter, next; resolve takes the xsell_strings_t of a set */
int xsell_variable_resolve(xsell_strings_t *strings, xsell_str_t name,
    unsigned scopes, xsell_meaning_t *found, char wrong[XSELL_WRONG_MAX]);
void xsell_variable_put(void *scene, uint32_t var, unsigned escape,
    xsell_out_t *out);
int xsell_variable_true(void *scene, uint32_t var);
int xsell_variable_enter(void *scene, uint32_t var);
int xsell_variable_next(void *scene, uint32_t var);

/* where a rendering stands */

typedef struct xsell_cards_s  xsell_cards_t;

typedef struct {
    const xsell_fragment_t  *f;
    const xsell_item_t      *item;      /* NULL outside {{#items}} */
    const xsell_locale_t    *locale;
    const xsell_str_t       *strings;   /* of the language, by number */
    uint32_t                 card;      /* index of item's card */
    uint32_t                 position;  /* from 1 */
    uint32_t                 count;     /* cards that have an item */
    unsigned                 why;       /* xsell_scene_why */
    char                     scratch[XSELL_PRICE_MAX];

    /* with f->links only (xsell_cards.c) */
    xsell_cards_t           *cards;     /* NULL: none are remembered */
    xsell_out_t             *out;
    size_t                   from;      /* of the card being written */
    size_t                   before;    /* where the list begins, */
    size_t                   after;     /* and ends */
    uint32_t                 style;     /* xsell_cards_style */
    xsell_address_t          link;      /* its link */
    uint32_t                 template;
    uint8_t                  of;        /* what of a turn cards depend on */
    uint8_t                  ascii;     /* cards are remembered in ASCII */
} xsell_scene_t;

void xsell_scene_init(xsell_scene_t *s, const xsell_fragment_t *f,
    const xsell_str_t *strings);

/* the reason that all cards have, 0: they have several, or there is one card
   only */
unsigned xsell_scene_why(const xsell_fragment_t *f);


/* ---- cards rendered before (xsell_cards.c) ---------------------------- */

#define XSELL_CARD_MAX         976      /* bytes; longer ones are not kept */
#define XSELL_CARD_TOKENS      4

typedef struct {
    uint64_t             key;           /* 0: free */
    uint64_t             turn;          /* what it depends on of its place */
    uint64_t             path[2];       /* what the token is made for */
    uint16_t             n;             /* bytes of text */
    uint16_t             tokens;
    uint16_t             token[XSELL_CARD_TOKENS];      /* where they stand */
    char                 text[XSELL_CARD_MAX];
} xsell_kept_t;

int xsell_cards_create(xsell_cards_t **cards);
void xsell_cards_destroy(xsell_cards_t *cards);

/* enter and next of a scene with links, in place of xsell_variable_* */
int xsell_cards_enter(void *scene, uint32_t var);
int xsell_cards_next(void *scene, uint32_t var);

/* a number for what all cards of the scene share */
uint32_t xsell_cards_style(xsell_cards_t *cards, const xsell_scene_t *s);

/* of: xsell_cards_scan's; why: xsell_scene_why's */
uint64_t xsell_cards_turn(unsigned of, uint32_t position, uint32_t count,
    unsigned why);

/* good until the next card is remembered; NULL: not remembered */
const xsell_kept_t *xsell_cards_find(xsell_cards_t *cards, uint32_t style,
    const xsell_card_t *card, uint64_t turn);


/* ---- what stands around them (xsell_frames.c) ------------------------- */

typedef struct xsell_frames_s  xsell_frames_t;

int xsell_frames_create(xsell_frames_t **frames);
void xsell_frames_destroy(xsell_frames_t *frames);
void xsell_frames_forget(xsell_frames_t *frames);
xsell_frames_t *xsell_cards_frames(const xsell_cards_t *cards);

/* writes a fragment of which everything is remembered, in ASCII if so asked;
   0: nothing was written */
int xsell_frames_put(xsell_cards_t *cards, const xsell_fragment_t *f,
    uint32_t template, unsigned of, uint32_t ascii, xsell_out_t *o);

/* the interpreter has written it */
void xsell_frames_keep(const xsell_scene_t *s);


/* ---- HTML context (xsell_context*.c) ---------------------------------- */

#define XSELL_CONTEXT_NAME     20

typedef struct {
    uint8_t              state;
    uint8_t              attr;          /* kind of attribute, in a value */
    uint8_t              raw;           /* what a raw element may hold */
    uint8_t              script;        /* a script's type */
    uint8_t              end_tag;
    uint8_t              dirty;         /* raw: what other parsers read
                                           otherwise stands before */
    uint8_t              amp;           /* raw: the last byte was & */
    uint8_t              inner;         /* state in CSS or JSON */
    uint8_t              escape;        /* characters to come of a \ there */
    uint8_t              parens;        /* CSS: open ( */
    uint8_t              braces;        /* CSS: open { */
    uint8_t              flags;         /* CSS */
    uint8_t              url;           /* progress of a URL's beginning */
    uint8_t              tag_n;
    uint8_t              name_n;        /* also: progress of an end tag */
    uint8_t              word_n;
    char                 tag[XSELL_CONTEXT_NAME];   /* lower case, cut */
    char                 name[XSELL_CONTEXT_NAME];  /* of the attribute; the
                                                       value of type= */
    char                 word[XSELL_CONTEXT_NAME];  /* scheme, CSS word */
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

/* whether a section that ends here, and can be left, may go round */
int xsell_context_loop(const xsell_context_t *c,
    const xsell_context_t *before);

/* whether plain text is next: where a template may begin and end */
int xsell_context_is_text(const xsell_context_t *c);

/* URLs: a literal byte, and whether a variable may stand here */

enum {
    XSELL_URL_START = 0,        /* nothing yet */
    XSELL_URL_UNDECIDED,        /* a relative path or a scheme */
    XSELL_URL_SAFE,             /* relative, http or https */
    XSELL_URL_OTHER             /* another scheme */
};

void xsell_context_url(xsell_context_t *c, char ch);
int xsell_context_in_url(xsell_context_t *c, unsigned kind,
    const char **wrong);

/* styles and JSON: the beginning, a literal byte, a variable */
void xsell_css_begin(xsell_context_t *c, int attribute);
void xsell_css_byte(xsell_context_t *c, char ch);
int xsell_css_variable(xsell_context_t *c, unsigned kind,
    const char **wrong);
void xsell_json_begin(xsell_context_t *c);
void xsell_json_byte(xsell_context_t *c, char ch);
int xsell_json_variable(xsell_context_t *c, unsigned kind,
    const char **wrong);


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
} xsell_mark_t;

void xsell_scan_init(xsell_scanner_t *s, const char *text, size_t n);

/* the next tag from p on; XSELL_NONE: there is none; XSELL_EINVAL: the one
   at tag->from is not closed */
int xsell_scan(const xsell_scanner_t *s, const char *p, xsell_mark_t *tag);

/* a tag that is alone on its line takes the line with it: from becomes the
   line's first byte, next the one after its end; 0 if it is not alone */
int xsell_scan_alone(const xsell_scanner_t *s, xsell_mark_t *tag);

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
    XSELL_OP_ENTER,             /* first turn, or goes to a */
    XSELL_OP_NEXT               /* another turn and goes to a, or leaves */
};

typedef struct {
    uint8_t              code;
    uint8_t              escape;
    uint32_t             var;
    uint32_t             a;
    uint32_t             b;
} xsell_op_t;

/* where literal text came from: the place of its first byte */

typedef struct {
    uint32_t             off;           /* in the program's text */
    unsigned             line;
    unsigned             column;
    unsigned             indent;        /* columns that the file lacks */
    xsell_str_t          name;          /* of the template, a view */
} xsell_origin_t;

typedef struct {
    xsell_op_t          *op;
    uint32_t             n;
    uint32_t             room;
    char                *text;          /* all literals, in their order */
    size_t               text_n;
    size_t               text_room;
    xsell_origin_t      *origin;        /* html only; by `off` */
    uint32_t             origin_n;
    uint32_t             origin_room;
} xsell_program_t;

/*
 * Compiles a template and, in place, its partials.  EINVAL: *where is the
 * name of the text with the mistake (name, or what partial was asked for).
 * A program that failed needs no destroy.
 */
int xsell_program_compile(xsell_program_t *t, const xsell_data_t *data,
    void *names, xsell_str_t name, xsell_str_t text, xsell_str_t *where,
    xsell_error_t *err);
void xsell_program_destroy(xsell_program_t *t);

/* runs it; stops when more than `limit` bytes were written or counted */
void xsell_program_run(const xsell_program_t *t, const xsell_data_t *data,
    void *scene, xsell_out_t *o, size_t limit);

/* whether a program's cards can be remembered, and what of a turn they depend
   on (xsell_cards.c) */
int xsell_cards_scan(const xsell_program_t *t, uint8_t *of);

/* which template, line and column a byte of the program's text is of */
void xsell_program_place(const xsell_program_t *t, size_t off,
    xsell_str_t *name, unsigned *line, unsigned *column);

/* what a template's first comment, {{! xsell: WORD }}, says of its look: 1 a
   story, 0 nothing, -1 a word that is not known, at off (xsell_template_look.c) */
int xsell_template_look(xsell_str_t text, xsell_str_t *word, size_t *off);

/* tells tags that are not closed, or close nothing
   (xsell_template_balance.c) */
void xsell_program_balance(const xsell_program_t *t, xsell_doubt_pt warn,
    void *ctx);


#endif /* XSELL_PAGE_H */

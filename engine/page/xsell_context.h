
/*
 * xsell_context.h: what the tokenizer of templates (xsell_context.c) and what
 * it answers about a variable (xsell_context_place.c) share, and nobody else.
 */

#ifndef XSELL_CONTEXT_H
#define XSELL_CONTEXT_H

#include "xsell_page.h"


enum {
    IN_TEXT = 0,
    AFTER_LT,               /* < */
    IN_TAG_NAME,
    IN_TAG,                 /* before an attribute's name */
    IN_GAP,                 /* a section about attributes ended here: only a
                               blank, / or > can follow */
    IN_NAME,                /* of an attribute */
    AFTER_NAME,
    BEFORE_VALUE,           /* = */
    IN_DOUBLE,
    IN_SINGLE,
    IN_BARE,                /* unquoted value */
    IN_BANG,                /* <! */
    IN_DECLARATION,         /* <!doctype, <?xml */
    IN_COMMENT,
    IN_RAW,                 /* script, style, ... up to its end tag */
    IS_BROKEN
};

enum {
    ATTR_PLAIN = 0,
    ATTR_URL,
    ATTR_STYLE,
    ATTR_TYPE,              /* the first type= of a script */
    ATTR_REFUSED
};

enum {
    RAW_CLOSED = 0,         /* no variable */
    RAW_TEXT,               /* <title>, <textarea> */
    RAW_CSS,
    RAW_JSON
};

enum {
    SCRIPT_UNKNOWN = 0,     /* no type seen */
    SCRIPT_RUNS,
    SCRIPT_JSON
};

/* in IN_COMMENT, name_n: how much of its end has been seen */

enum {
    COMMENT_MIDDLE = 0,
    COMMENT_DASH,
    COMMENT_DASHES,         /* -- */
    COMMENT_BANG,           /* --! */
    COMMENT_START,          /* <!-- */
    COMMENT_START_DASH      /* <!--- */
};


static inline int
listed(const char *const *list, const char *p, size_t n)
{
    for ( ; *list; list++) {
        if (strlen(*list) == n && memcmp(*list, p, n) == 0) {
            return 1;
        }
    }

    return 0;
}


static inline int
is_tag(const xsell_context_t *c, const char *name)
{
    return c->tag_n == strlen(name) && memcmp(c->tag, name, c->tag_n) == 0;
}


static inline int
is_name(const xsell_context_t *c, const char *name)
{
    return c->name_n == strlen(name) && memcmp(c->name, name, c->name_n) == 0;
}


/* the kind of the attribute whose name was read */
uint8_t xsell_context_attribute(const xsell_context_t *c);

/* an attribute ended without a value */
void xsell_context_name_ends(xsell_context_t *c);


#endif /* XSELL_CONTEXT_H */

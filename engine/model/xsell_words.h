
/*
 * xsell_words.h: the words of a text, in any script.  Private to
 * engine/model.
 */

#ifndef XSELL_WORDS_H
#define XSELL_WORDS_H

#include "../xsell.h"

#include <wctype.h>


#define XSELL_WORD_MAX  48             /* bytes; what is longer is cut */


/* which characters are letters, and their small form */

typedef struct {
    locale_t             locale;        /* 0: none to be had */
    wctype_t             mark;
} xsell_alphabet_t;

void xsell_alphabet_init(xsell_alphabet_t *a);
void xsell_alphabet_deinit(xsell_alphabet_t *a);


/* the code point at *p, which is moved behind it, or BROKEN for a byte that
   begins none */
#define XSELL_UTF8_BROKEN  0xffffffffu

uint32_t xsell_utf8_next(const uint8_t **p, const uint8_t *end);


typedef struct {
    const xsell_alphabet_t  *alphabet;
    const uint8_t           *p;
    const uint8_t           *end;
    int                      covered;   /* the sign at p stood in a pair */
    size_t                   n;
    char                     word[XSELL_WORD_MAX];
} xsell_words_t;

/* the text is borrowed; broken UTF-8 in it counts as a space */
void xsell_words_init(xsell_words_t *w, const xsell_alphabet_t *a,
    xsell_str_t text);

/* the next word, folded, good until the next call; 0 at the end.  Each call
   moves on by at least a byte or ends. */
int xsell_words_next(xsell_words_t *w, xsell_str_t *word);


#endif /* XSELL_WORDS_H */

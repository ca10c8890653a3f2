
/*
 * xsell_sentiment.h: what xsell_lexicon.c (the words and what each means to
 * the rules) and xsell_sentiment.c (the rules) share.  Private to these two.
 */

#ifndef XSELL_SENTIMENT_H
#define XSELL_SENTIMENT_H

#include "xsell_words.h"


#define XSELL_LEXEME_MAX    64          /* bytes of a word */
#define XSELL_SAID_MAX      4096        /* words of a text */


/* words that a rule asks for by name */

enum {
    XSELL_SAY_OTHER = 0,
    XSELL_SAY_NO, XSELL_SAY_OR, XSELL_SAY_NOR, XSELL_SAY_BUT,
    XSELL_SAY_LEAST, XSELL_SAY_AT, XSELL_SAY_VERY, XSELL_SAY_NEVER,
    XSELL_SAY_SO, XSELL_SAY_THIS, XSELL_SAY_WITHOUT, XSELL_SAY_DOUBT,
    XSELL_SAY_KIND, XSELL_SAY_OF, XSELL_SAY_SORT, XSELL_SAY_JUST,
    XSELL_SAY_ENOUGH, XSELL_SAY_THE, XSELL_SAY_SHIT, XSELL_SAY_BOMB,
    XSELL_SAY_BAD, XSELL_SAY_ASS, XSELL_SAY_BUS, XSELL_SAY_STOP,
    XSELL_SAY_YEAH, XSELL_SAY_RIGHT, XSELL_SAY_KISS, XSELL_SAY_DEATH,
    XSELL_SAY_TO, XSELL_SAY_DIE, XSELL_SAY_FOR, XSELL_SAY_BEATING,
    XSELL_SAY_HEART
};


typedef struct {
    const char          *p;             /* NULL: a free cell */
    uint32_t             n;
    uint8_t              felt;          /* valence is the lexicon's */
    uint8_t              negates;
    int8_t               boosts;        /* 1 more, -1 less */
    uint8_t              say;           /* XSELL_SAY_* */
    double               valence;       /* about -4..4 */
    xsell_str_t          reads;         /* of a sign: the words for it */
} xsell_lexeme_t;


/* a word of the text */

typedef struct {
    const xsell_lexeme_t *lexeme;       /* never NULL */
    uint8_t              upper;
    uint8_t              negates;       /* "...n't" too */
} xsell_said_t;


struct xsell_sentiment_s {
    xsell_alphabet_t     alphabet;
    char               **file;          /* copies that lexemes point into */
    size_t               files;
    xsell_lexeme_t      *cell;          /* power of two, half empty */
    uint32_t             mask;
    uint32_t             used;
    uint32_t             words;
    uint32_t             signs;
    uint8_t              foreign;       /* a file has rule words of its own */

    /* of the text at hand */

    char                 text[XSELL_SENTIMENT_TEXT];
    size_t               text_n;
    xsell_said_t         said[XSELL_SAID_MAX];
    double               value[XSELL_SAID_MAX];
    uint32_t             n;
};


/* the lexeme of exactly these bytes, NULL if there is none */
const xsell_lexeme_t *xsell_lexicon_find(const xsell_sentiment_t *s,
    const char *p, size_t n);


#endif /* XSELL_SENTIMENT_H */

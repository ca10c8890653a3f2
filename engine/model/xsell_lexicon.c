
/*
 * xsell_lexicon.c: the words that feel like something, and those that change
 * how others feel.  xsell_sentiment.c asks it for each word of a review.
 *
 * A lexicon is a text file as VADER's (Hutto, Gilbert 2014) has it:
 *
 *   great TAB 3.1 [TAB ...]      a word and its valence, -4 to 4
 *   (a sign) TAB grinning face   an emoji and the words to read it as
 *   nicht TAB @not               words of the rules in other languages:
 *   sehr TAB @more                  @not @more @less @but
 *
 * None is built in: the words belong to their authors, a shop's language is
 * its own, and a package ships them.  What is built in are the rule words of
 * English, which are part of the published method; a file that brings its
 * own (an @ word) does without them, idioms included.
 *
 * Invariants: all words are in one table, at most half full; of a word that
 * stands twice the last line counts, as in the reference.  Bytes of a file
 * are outside bytes: bounded, and a line that is neither is refused with its
 * number.
 */

#include "xsell_sentiment.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>


#define LEXICON_FILES    16
#define LEXICON_BYTES    (16u * 1024 * 1024)
#define LEXICON_WORDS    500000u
#define LEXICON_CELLS    1024u          /* to begin with; a power of two */
#define LEXICON_VALENCE  10.0


/* the rule words of the published method, version 3.3.2 of the reference */

static const char *const  lexicon_not[] = {
    "aint", "arent", "cannot", "cant", "couldnt", "darent", "didnt",
    "doesnt", "ain't", "aren't", "can't", "couldn't", "daren't", "didn't",
    "doesn't", "dont", "hadnt", "hasnt", "havent", "isnt", "mightnt",
    "mustnt", "neither", "don't", "hadn't", "hasn't", "haven't", "isn't",
    "mightn't", "mustn't", "neednt", "needn't", "never", "none", "nope",
    "nor", "not", "nothing", "nowhere", "oughtnt", "shant", "shouldnt",
    "uhuh", "wasnt", "werent", "oughtn't", "shan't", "shouldn't", "uh-uh",
    "wasn't", "weren't", "without", "wont", "wouldnt", "won't", "wouldn't",
    "rarely", "seldom", "despite", NULL
};

static const char *const  lexicon_more[] = {
    "absolutely", "amazingly", "awfully", "completely", "considerable",
    "considerably", "decidedly", "deeply", "effing", "enormous",
    "enormously", "entirely", "especially", "exceptional", "exceptionally",
    "extreme", "extremely", "fabulously", "flipping", "flippin", "frackin",
    "fracking", "fricking", "frickin", "frigging", "friggin", "fully",
    "fuckin", "fucking", "fuggin", "fugging", "greatly", "hella", "highly",
    "hugely", "incredible", "incredibly", "intensely", "major", "majorly",
    "more", "most", "particularly", "purely", "quite", "really",
    "remarkably", "so", "substantially", "thoroughly", "total", "totally",
    "tremendous", "tremendously", "uber", "unbelievably", "unusually",
    "utter", "utterly", "very", NULL
};

static const char *const  lexicon_less[] = {
    "almost", "barely", "hardly", "kinda", "kindof", "kind-of", "less",
    "little", "marginal", "marginally", "occasional", "occasionally",
    "partly", "scarce", "scarcely", "slight", "slightly", "somewhat",
    "sorta", "sortof", "sort-of", NULL
};

static const struct {
    const char  *word;
    uint8_t      say;
} lexicon_say[] = {
    { "no", XSELL_SAY_NO }, { "or", XSELL_SAY_OR },
    { "nor", XSELL_SAY_NOR }, { "but", XSELL_SAY_BUT },
    { "least", XSELL_SAY_LEAST }, { "at", XSELL_SAY_AT },
    { "very", XSELL_SAY_VERY }, { "never", XSELL_SAY_NEVER },
    { "so", XSELL_SAY_SO }, { "this", XSELL_SAY_THIS },
    { "without", XSELL_SAY_WITHOUT }, { "doubt", XSELL_SAY_DOUBT },
    { "kind", XSELL_SAY_KIND }, { "of", XSELL_SAY_OF },
    { "sort", XSELL_SAY_SORT }, { "just", XSELL_SAY_JUST },
    { "enough", XSELL_SAY_ENOUGH }, { "the", XSELL_SAY_THE },
    { "shit", XSELL_SAY_SHIT }, { "bomb", XSELL_SAY_BOMB },
    { "bad", XSELL_SAY_BAD }, { "ass", XSELL_SAY_ASS },
    { "bus", XSELL_SAY_BUS }, { "stop", XSELL_SAY_STOP },
    { "yeah", XSELL_SAY_YEAH }, { "right", XSELL_SAY_RIGHT },
    { "kiss", XSELL_SAY_KISS }, { "death", XSELL_SAY_DEATH },
    { "to", XSELL_SAY_TO }, { "die", XSELL_SAY_DIE },
    { "for", XSELL_SAY_FOR }, { "beating", XSELL_SAY_BEATING },
    { "heart", XSELL_SAY_HEART }
};


static uint32_t
lexicon_hash(const char *p, size_t n)
{
    static const uint8_t  key[16] = "xsell lexicon";

    return (uint32_t) xsell_siphash(key, p, n);
}


/* the cell of a word, or the free one where it would stand */

static xsell_lexeme_t *
lexicon_cell(xsell_lexeme_t *cell, uint32_t mask, const char *p, size_t n)
{
    uint32_t  i;

    for (i = lexicon_hash(p, n) & mask;
         cell[i].p
             && (cell[i].n != n || memcmp(cell[i].p, p, n) != 0);
         i = (i + 1) & mask)
    { /* void */ }

    return &cell[i];
}


const xsell_lexeme_t *
xsell_lexicon_find(const xsell_sentiment_t *s, const char *p, size_t n)
{
    xsell_lexeme_t  *l;

    if (n > XSELL_LEXEME_MAX) {
        return NULL;
    }

    l = lexicon_cell(s->cell, s->mask, p, n);

    return l->p ? l : NULL;
}


static int
lexicon_grow(xsell_sentiment_t *s)
{
    uint32_t         i, cells;
    xsell_lexeme_t  *cell;

    cells = s->cell ? (s->mask + 1) * 2 : LEXICON_CELLS;
    cell = calloc(cells, sizeof(*cell));

    if (cell == NULL) {
        return XSELL_ENOMEM;
    }

    for (i = 0; s->cell && i <= s->mask; i++) {
        if (s->cell[i].p) {
            *lexicon_cell(cell, cells - 1, s->cell[i].p, s->cell[i].n) =
                s->cell[i];
        }
    }

    free(s->cell);
    s->cell = cell;
    s->mask = cells - 1;

    return XSELL_OK;
}


/* the lexeme of a word, new or not; NULL: no memory.  Borrows the bytes. */

static xsell_lexeme_t *
lexicon_put(xsell_sentiment_t *s, const char *p, size_t n)
{
    xsell_lexeme_t  *l;

    if ((s->cell == NULL || s->used > s->mask / 2)
        && lexicon_grow(s) != XSELL_OK)
    {
        return NULL;
    }

    l = lexicon_cell(s->cell, s->mask, p, n);

    if (l->p == NULL) {
        l->p = p;
        l->n = (uint32_t) n;
        s->used++;
    }

    return l;
}


/* ---- files ------------------------------------------------------------ */

/* one character, past ASCII */

static int
lexicon_is_sign(const char *p, size_t n)
{
    const uint8_t  *s, *end;

    s = (const uint8_t *) p;
    end = s + n;

    return n > 1 && xsell_utf8_next(&s, end) != XSELL_UTF8_BROKEN && s == end;
}


static int
lexicon_rule(xsell_lexeme_t *l, xsell_str_t name)
{
    static const struct {
        const char  *name;
        int8_t       boosts;
        uint8_t      negates;
        uint8_t      say;
    } rules[] = {
        { "@not",  0,  1, XSELL_SAY_OTHER },
        { "@more", 1,  0, XSELL_SAY_OTHER },
        { "@less", -1, 0, XSELL_SAY_OTHER },
        { "@but",  0,  0, XSELL_SAY_BUT }
    };

    size_t  i;

    for (i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {

        if (name.n == strlen(rules[i].name)
            && memcmp(name.p, rules[i].name, name.n) == 0)
        {
            l->boosts = rules[i].boosts;
            l->negates = rules[i].negates;
            l->say = rules[i].say;

            return XSELL_OK;
        }
    }

    return XSELL_EINVAL;
}


/* a number that fills the text: XSELL_OK; none at all: XSELL_NONE */

static int
lexicon_number(xsell_str_t s, double *value)
{
    char    text[32], *end;

    if (s.n == 0 || (!strchr("+-.", s.p[0])
                     && (s.p[0] < '0' || s.p[0] > '9')))
    {
        return XSELL_NONE;
    }

    if (s.n >= sizeof(text)) {
        return XSELL_EINVAL;
    }

    memcpy(text, s.p, s.n);
    text[s.n] = '\0';
    *value = strtod(text, &end);

    return end == text + s.n && fabs(*value) <= LEXICON_VALENCE
           ? XSELL_OK : XSELL_EINVAL;
}


/* the first rule word of a file puts English ones out of force */

static void
lexicon_foreign(xsell_sentiment_t *s)
{
    uint32_t  i;

    if (s->foreign) {
        return;
    }

    s->foreign = 1;

    for (i = 0; i <= s->mask; i++) {
        s->cell[i].boosts = 0;
        s->cell[i].negates = 0;
        s->cell[i].say = XSELL_SAY_OTHER;
    }
}


static int
lexicon_line(xsell_sentiment_t *s, xsell_str_t word, xsell_str_t what,
    unsigned line, xsell_error_t *err)
{
    int              rc, sign;
    double           value;
    xsell_lexeme_t  *l;

    sign = lexicon_is_sign(word.p, word.n);
    rc = lexicon_number(what, &value);

    if (rc == XSELL_EINVAL && !sign) {
        return xsell_fail(err, XSELL_EINVAL, line, (unsigned) word.n + 2,
                          "a valence is a number from -10 to 10");
    }

    if (word.n == 0 || what.n == 0) {
        return xsell_fail(err, XSELL_EINVAL, line, 1, "a line of a lexicon is "
                          "a word, a tab and its valence");
    }

    /* a phrase is never one word of a text; nor is a sign of two parts */

    if (word.n > XSELL_LEXEME_MAX
        || (rc != XSELL_OK && what.p[0] != '@' && !sign))
    {
        return XSELL_OK;
    }

    if (s->used >= LEXICON_WORDS) {
        return xsell_fail(err, XSELL_EINVAL, line, 0,
                          "more than %u words", LEXICON_WORDS);
    }

    l = lexicon_put(s, word.p, word.n);

    if (l == NULL) {
        return xsell_fail(err, XSELL_ENOMEM, line, 0, "not enough memory");
    }

    if (rc == XSELL_OK) {
        s->words += !l->felt;
        l->felt = 1;
        l->valence = value;

        return XSELL_OK;
    }

    if (what.p[0] == '@') {
        lexicon_foreign(s);

        if (lexicon_rule(l, what) != XSELL_OK) {
            return xsell_fail(err, XSELL_EINVAL, line, (unsigned) word.n + 2,
                              "a rule is @not, @more, @less or @but");
        }

        return XSELL_OK;
    }

    s->signs += l->reads.n == 0;
    l->reads = what;

    return XSELL_OK;
}


/* without white space around it; a tab ends a column */

static xsell_str_t
lexicon_trim(const char *p, const char *end)
{
    xsell_str_t  s;

    while (p < end && strchr(" \t\r\v\f", *p) && *p) {
        p++;
    }

    while (end > p && strchr(" \t\r\v\f", end[-1]) && end[-1]) {
        end--;
    }

    s.p = p;
    s.n = (size_t) (end - p);

    return s;
}


static int
lexicon_read(xsell_sentiment_t *s, const char *p, const char *end,
    xsell_error_t *err)
{
    int          rc;
    unsigned     line;
    const char  *eol, *tab;
    xsell_str_t  row, what;

    for (line = 1; p < end; p = eol + 1, line++) {
        eol = memchr(p, '\n', (size_t) (end - p));

        if (eol == NULL) {
            eol = end;
        }

        row = lexicon_trim(p, eol);

        if (row.n == 0) {
            continue;
        }

        tab = memchr(row.p, '\t', row.n);
        what.p = row.p + row.n;
        what.n = 0;

        if (tab) {
            what.p = tab + 1;
            what.n = (size_t) (row.p + row.n - what.p);
            tab = memchr(what.p, '\t', what.n);
            what.n = tab ? (size_t) (tab - what.p) : what.n;
            row.n = (size_t) (what.p - 1 - row.p);
        }

        rc = lexicon_line(s, row, what, line, err);

        if (rc != XSELL_OK) {
            return rc;
        }
    }

    return XSELL_OK;
}


/* ---- English ---------------------------------------------------------- */

static int
lexicon_list(xsell_sentiment_t *s, const char *const *word, int boosts,
    int negates)
{
    xsell_lexeme_t  *l;

    for ( /* void */ ; *word; word++) {
        l = lexicon_put(s, *word, strlen(*word));

        if (l == NULL) {
            return XSELL_ENOMEM;
        }

        l->boosts = (int8_t) boosts;
        l->negates = (uint8_t) negates;
    }

    return XSELL_OK;
}


static int
lexicon_english(xsell_sentiment_t *s)
{
    size_t           i;
    xsell_lexeme_t  *l;

    if (lexicon_list(s, lexicon_not, 0, 1) != XSELL_OK
        || lexicon_list(s, lexicon_more, 1, 0) != XSELL_OK
        || lexicon_list(s, lexicon_less, -1, 0) != XSELL_OK)
    {
        return XSELL_ENOMEM;
    }

    for (i = 0; i < sizeof(lexicon_say) / sizeof(lexicon_say[0]); i++) {
        l = lexicon_put(s, lexicon_say[i].word, strlen(lexicon_say[i].word));

        if (l == NULL) {
            return XSELL_ENOMEM;
        }

        l->say = lexicon_say[i].say;
    }

    return XSELL_OK;
}


/* ---- life ------------------------------------------------------------- */

int
xsell_sentiment_create(xsell_sentiment_t **s, xsell_error_t *err)
{
    *s = calloc(1, sizeof(**s));

    if (*s == NULL || lexicon_english(*s) != XSELL_OK) {
        xsell_sentiment_destroy(*s);
        *s = NULL;

        return xsell_fail(err, XSELL_ENOMEM, 0, 0, "not enough memory");
    }

    xsell_alphabet_init(&(*s)->alphabet);

    return XSELL_OK;
}


int
xsell_sentiment_add(xsell_sentiment_t *s, xsell_str_t lexicon,
    xsell_error_t *err)
{
    char    *copy, **file;
    size_t   n;

    if (lexicon.n > LEXICON_BYTES || s->files == LEXICON_FILES) {
        return xsell_fail(err, XSELL_EINVAL, 0, 0, "a lexicon is at most "
                          "16 MiB, in at most %d files", LEXICON_FILES);
    }

    file = realloc(s->file, (s->files + 1) * sizeof(*file));
    copy = malloc(lexicon.n + 1);

    if (file) {
        s->file = file;
    }

    if (file == NULL || copy == NULL) {
        free(copy);
        return xsell_fail(err, XSELL_ENOMEM, 0, 0, "not enough memory");
    }

    memcpy(copy, lexicon.p, lexicon.n);
    s->file[s->files++] = copy;

    n = lexicon.n > 3 && memcmp(copy, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;

    return lexicon_read(s, copy + n, copy + lexicon.n, err);
}


void
xsell_sentiment_destroy(xsell_sentiment_t *s)
{
    size_t  i;

    if (s == NULL) {
        return;
    }

    for (i = 0; i < s->files; i++) {
        free(s->file[i]);
    }

    xsell_alphabet_deinit(&s->alphabet);
    free(s->file);
    free(s->cell);
    free(s);
}


uint32_t
xsell_sentiment_words(const xsell_sentiment_t *s)
{
    return s->words;
}

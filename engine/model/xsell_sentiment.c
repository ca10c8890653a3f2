
/*
 * xsell_sentiment.c: whether a review is pleased or not, by VADER's rules:
 * C. J. Hutto, E. Gilbert: VADER: A Parsimonious Rule-based Model for
 * Sentiment Analysis of Social Media Text, ICWSM 2014.
 *
 *   text --> words --> valence of each --> 'but' --> sum, -1..1
 *
 * The catalogue's build asks it for each review (xsell_opinion.c makes one
 * number of an item's reviews); nothing of it runs in a worker.
 *
 * The rules are those of the authors' own implementation, 3.3.2, what it does
 * by accident included, so that its scores can be checked: a sentiment is
 * looked up by its value when 'but' changes it, so the first of equal ones
 * is changed twice.  Beyond the bounds (XSELL_SENTIMENT_TEXT bytes,
 * XSELL_SAID_MAX words) a text is cut.  Not taken: a trained classifier,
 * which would be better in one language and shop and silent about why.
 *
 * Invariants: a score is finite; work is bounded by the square of the words
 * that feel like something.
 */

#include "xsell_sentiment.h"

#include <math.h>
#include <string.h>


/* measured by the authors */

#define SENTIMENT_MORE       0.293
#define SENTIMENT_CAPITALS   0.733
#define SENTIMENT_NOT        (-0.74)
#define SENTIMENT_NEVER_SO   1.25
#define SENTIMENT_EXCLAIM    0.292
#define SENTIMENT_ASK        0.18
#define SENTIMENT_ASK_MOST   0.96
#define SENTIMENT_ALPHA      15.0


/* phrases that mean something else than their words */

typedef struct {
    uint8_t  say[3];                    /* the third may be OTHER: two words */
    double   value;
} sentiment_phrase_t;

static const sentiment_phrase_t  sentiment_idioms[] = {
    { { XSELL_SAY_THE, XSELL_SAY_SHIT, 0 }, 3 },
    { { XSELL_SAY_THE, XSELL_SAY_BOMB, 0 }, 3 },
    { { XSELL_SAY_BAD, XSELL_SAY_ASS, 0 }, 1.5 },
    { { XSELL_SAY_BUS, XSELL_SAY_STOP, 0 }, 0 },
    { { XSELL_SAY_YEAH, XSELL_SAY_RIGHT, 0 }, -2 },
    { { XSELL_SAY_KISS, XSELL_SAY_OF, XSELL_SAY_DEATH }, -1.5 },
    { { XSELL_SAY_TO, XSELL_SAY_DIE, XSELL_SAY_FOR }, 3 },
    { { XSELL_SAY_BEATING, XSELL_SAY_HEART, 0 }, 3.5 },
    { { 0, 0, 0 }, 0 }
};

static const sentiment_phrase_t  sentiment_dampers[] = {
    { { XSELL_SAY_KIND, XSELL_SAY_OF, 0 }, -SENTIMENT_MORE },
    { { XSELL_SAY_SORT, XSELL_SAY_OF, 0 }, -SENTIMENT_MORE },
    { { XSELL_SAY_JUST, XSELL_SAY_ENOUGH, 0 }, -SENTIMENT_MORE },
    { { 0, 0, 0 }, 0 }
};

static const xsell_lexeme_t  sentiment_unknown;


/* ---- the text --------------------------------------------------------- */

/* appends as long as there is room */

static void
sentiment_put(xsell_sentiment_t *s, const char *p, size_t n)
{
    if (n <= sizeof(s->text) - s->text_n) {
        memcpy(s->text + s->text_n, p, n);
        s->text_n += n;
    }
}


/* copies the text, signs as the words that they are read as */

static void
sentiment_copy(xsell_sentiment_t *s, xsell_str_t text)
{
    int                    space;
    size_t                 n;
    const uint8_t         *p, *at, *end;
    const xsell_lexeme_t  *l;

    s->text_n = 0;
    space = 1;
    p = (const uint8_t *) text.p;
    end = p + text.n;

    while (p < end && s->text_n < sizeof(s->text)) {
        at = p;
        (void) xsell_utf8_next(&p, end);
        n = (size_t) (p - at);

        l = n > 1 && s->signs
            ? xsell_lexicon_find(s, (const char *) at, n) : NULL;

        if (l == NULL || l->reads.n == 0) {
            sentiment_put(s, (const char *) at, n);
            space = n == 1 && *at == ' ';
            continue;
        }

        if (!space) {
            sentiment_put(s, " ", 1);
        }

        sentiment_put(s, l->reads.p, l->reads.n);
        space = 0;
    }
}


static int
sentiment_space(uint32_t c)
{
    if (c < 0x80) {
        return (c >= 9 && c <= 13) || (c >= 0x1c && c <= 0x20);
    }

    return c == 0x85 || c == 0xa0 || c == 0x1680
           || (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029
           || c == 0x202f || c == 0x205f || c == 0x3000;
}


static int
sentiment_punctuation(char c)
{
    return (c >= '!' && c <= '/') || (c >= ':' && c <= '@')
           || (c >= '[' && c <= '`') || (c >= '{' && c <= '~');
}


/* without punctuation around it, unless no word is left: an emoticon then */

static xsell_str_t
sentiment_strip(xsell_str_t token)
{
    size_t       i, chars;
    xsell_str_t  s;

    for (s = token; s.n && sentiment_punctuation(s.p[0]); s.p++) {
        s.n--;
    }

    while (s.n && sentiment_punctuation(s.p[s.n - 1])) {
        s.n--;
    }

    for (i = 0, chars = 0; i < s.n && chars < 3; i++) {
        chars += ((uint8_t) s.p[i] & 0xc0) != 0x80;
    }

    return chars <= 2 ? token : s;
}


/* appends a code point; 0: no room */

static size_t
sentiment_encode(char *out, size_t cap, uint32_t c)
{
    size_t  i, n;

    n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

    if (n > cap) {
        return 0;
    }

    if (n == 1) {
        out[0] = (char) c;
        return 1;
    }

    for (i = n - 1; i; i--, c >>= 6) {
        out[i] = (char) (0x80 | (c & 0x3f));
    }

    out[0] = (char) ((0xf00u >> n & 0xf0) | c);

    return n;
}


/* finds the word in small letters, notes whether it is all in capitals */

static void
sentiment_word(xsell_sentiment_t *s, xsell_str_t token, xsell_said_t *w)
{
    int             lower, nt;
    char            small[XSELL_LEXEME_MAX + 4];
    size_t          n, add;
    uint32_t        c, d, before[2];
    const uint8_t  *p, *at, *end;

    p = (const uint8_t *) token.p;
    end = p + token.n;
    n = 0;
    nt = 0;
    lower = 0;
    w->upper = 0;
    before[0] = before[1] = 0;

    while (p < end) {
        at = p;
        c = xsell_utf8_next(&p, end);
        d = c;

        if (c < 0x80) {
            d = c >= 'A' && c <= 'Z' ? c | 0x20 : c;
            w->upper |= d != c;
            lower |= c >= 'a' && c <= 'z';

        } else if (c != XSELL_UTF8_BROKEN && s->alphabet.locale) {
            d = (uint32_t) towlower_l((wint_t) c, s->alphabet.locale);
            w->upper |= d != c;
            lower |= d == c
                     && iswlower_l((wint_t) c, s->alphabet.locale) != 0;
        }

        nt |= before[0] == 'n' && before[1] == '\'' && d == 't';
        before[0] = before[1];
        before[1] = d;

        if (n > XSELL_LEXEME_MAX) {
            continue;                   /* in no list */
        }

        add = 1;

        if (c == XSELL_UTF8_BROKEN) {
            small[n] = (char) *at;

        } else {
            add = sentiment_encode(small + n, sizeof(small) - n, d);
        }

        n += add;
    }

    w->upper &= !lower;
    w->lexeme = xsell_lexicon_find(s, small, n);

    if (w->lexeme == NULL) {
        w->lexeme = &sentiment_unknown;
    }

    w->negates = w->lexeme->negates || (nt && !s->foreign);
}


static void
sentiment_split(xsell_sentiment_t *s)
{
    xsell_str_t     token;
    const uint8_t  *p, *at, *end;

    s->n = 0;
    p = (const uint8_t *) s->text;
    end = p + s->text_n;
    token.p = s->text;

    while (s->n < XSELL_SAID_MAX) {
        at = p;

        if (p < end && !sentiment_space(xsell_utf8_next(&p, end))) {
            continue;
        }

        token.n = (size_t) ((const char *) at - token.p);

        if (token.n) {
            sentiment_word(s, sentiment_strip(token), &s->said[s->n++]);
        }

        if (at == end) {
            return;
        }

        token.p = (const char *) p;
    }
}


/* some words in capitals, and some not */

static int
sentiment_shouts(const xsell_sentiment_t *s)
{
    uint32_t  i, upper;

    for (i = 0, upper = 0; i < s->n; i++) {
        upper += s->said[i].upper;
    }

    return upper > 0 && upper < s->n;
}


/* ---- one word --------------------------------------------------------- */

static unsigned
sentiment_say(const xsell_sentiment_t *s, uint32_t i)
{
    return s->said[i].lexeme->say;
}


/* what the word at i adds to the valence of one behind it */

static double
sentiment_boost(const xsell_sentiment_t *s, uint32_t i, double valence,
    int shouts)
{
    double               boost;
    const xsell_said_t  *w;

    w = &s->said[i];

    if (w->lexeme->boosts == 0) {
        return 0;
    }

    boost = w->lexeme->boosts * SENTIMENT_MORE;

    if (valence < 0) {
        boost = -boost;
    }

    if (w->upper && shouts) {
        boost += valence > 0 ? SENTIMENT_CAPITALS : -SENTIMENT_CAPITALS;
    }

    return boost;
}


/* "so" or "this" */

static int
sentiment_so(const xsell_sentiment_t *s, uint32_t i)
{
    return sentiment_say(s, i) == XSELL_SAY_SO
           || sentiment_say(s, i) == XSELL_SAY_THIS;
}


/* what a negation `away` words before i makes of its valence */

static double
sentiment_negate(const xsell_sentiment_t *s, uint32_t i, uint32_t away,
    double valence)
{
    unsigned  say;

    say = sentiment_say(s, i - away);

    if (away == 2) {

        if (say == XSELL_SAY_NEVER && sentiment_so(s, i - 1)) {
            return valence * SENTIMENT_NEVER_SO;
        }

        if (say == XSELL_SAY_WITHOUT
            && sentiment_say(s, i - 1) == XSELL_SAY_DOUBT)
        {
            return valence;
        }
    }

    if (away == 3) {

        /* as the reference groups it: "so" right before i is enough */

        if ((say == XSELL_SAY_NEVER && sentiment_so(s, i - 2))
            || sentiment_so(s, i - 1))
        {
            return valence * SENTIMENT_NEVER_SO;
        }

        if (say == XSELL_SAY_WITHOUT
            && (sentiment_say(s, i - 2) == XSELL_SAY_DOUBT
                || sentiment_say(s, i - 1) == XSELL_SAY_DOUBT))
        {
            return valence;
        }
    }

    return s->said[i - away].negates ? valence * SENTIMENT_NOT : valence;
}


/* the phrase of n words that begins at i, NULL if it is none of these */

static const sentiment_phrase_t *
sentiment_phrase(const xsell_sentiment_t *s, const sentiment_phrase_t *list,
    uint32_t i, uint32_t n)
{
    if (i + n > s->n) {
        return NULL;
    }

    for ( /* void */ ; list->say[0]; list++) {

        if ((list->say[2] ? 3u : 2u) == n
            && sentiment_say(s, i) == list->say[0]
            && sentiment_say(s, i + 1) == list->say[1]
            && (n == 2 || sentiment_say(s, i + 2) == list->say[2]))
        {
            return list;
        }
    }

    return NULL;
}


/* phrases around the word at i, which has three before it */

static double
sentiment_idiom(const xsell_sentiment_t *s, uint32_t i, double valence)
{
    size_t                     k;
    const sentiment_phrase_t  *phrase;

    static const struct {
        uint8_t  back;
        uint8_t  n;
    } before[] = { { 1, 2 }, { 2, 3 }, { 2, 2 }, { 3, 3 }, { 3, 2 } },
      damped[] = { { 3, 3 }, { 3, 2 }, { 2, 2 } };

    for (k = 0; k < sizeof(before) / sizeof(before[0]); k++) {
        phrase = sentiment_phrase(s, sentiment_idioms, i - before[k].back,
                                  before[k].n);

        if (phrase) {
            valence = phrase->value;
            break;
        }
    }

    for (k = 2; k <= 3; k++) {
        phrase = sentiment_phrase(s, sentiment_idioms, i, (uint32_t) k);

        if (phrase) {
            valence = phrase->value;
        }
    }

    for (k = 0; k < sizeof(damped) / sizeof(damped[0]); k++) {
        phrase = sentiment_phrase(s, sentiment_dampers, i - damped[k].back,
                                  damped[k].n);

        if (phrase) {
            valence += phrase->value;
        }
    }

    return valence;
}


/* "the least useful", but not "at least" */

static double
sentiment_least(const xsell_sentiment_t *s, uint32_t i, double valence)
{
    unsigned  say;

    if (i == 0 || sentiment_say(s, i - 1) != XSELL_SAY_LEAST
        || s->said[i - 1].lexeme->felt)
    {
        return valence;
    }

    say = i > 1 ? sentiment_say(s, i - 2) : XSELL_SAY_OTHER;

    return say == XSELL_SAY_AT || say == XSELL_SAY_VERY
           ? valence : valence * SENTIMENT_NOT;
}


/* "no" close before i negates it, whatever else it means there */

static int
sentiment_no(const xsell_sentiment_t *s, uint32_t i)
{
    unsigned  say;

    if ((i > 0 && sentiment_say(s, i - 1) == XSELL_SAY_NO)
        || (i > 1 && sentiment_say(s, i - 2) == XSELL_SAY_NO))
    {
        return 1;
    }

    if (i < 3 || sentiment_say(s, i - 3) != XSELL_SAY_NO) {
        return 0;
    }

    say = sentiment_say(s, i - 1);

    return say == XSELL_SAY_OR || say == XSELL_SAY_NOR;
}


static double
sentiment_valence(const xsell_sentiment_t *s, uint32_t i, int shouts)
{
    double               boost, valence;
    uint32_t             away;
    const xsell_said_t  *w;

    static const double  fade[] = { 0, 1, 0.95, 0.9 };

    w = &s->said[i];

    if (!w->lexeme->felt || w->lexeme->boosts
        || (w->lexeme->say == XSELL_SAY_KIND && i + 1 < s->n
            && sentiment_say(s, i + 1) == XSELL_SAY_OF))
    {
        return 0;
    }

    valence = w->lexeme->valence;

    if (w->lexeme->say == XSELL_SAY_NO && i + 1 < s->n
        && s->said[i + 1].lexeme->felt)
    {
        valence = 0;
    }

    if (sentiment_no(s, i)) {
        valence = w->lexeme->valence * SENTIMENT_NOT;
    }

    if (w->upper && shouts) {
        valence += valence > 0 ? SENTIMENT_CAPITALS : -SENTIMENT_CAPITALS;
    }

    for (away = 1; away <= 3 && away <= i; away++) {

        if (s->said[i - away].lexeme->felt) {
            continue;
        }

        boost = sentiment_boost(s, i - away, valence, shouts);
        valence += boost * fade[away];
        valence = sentiment_negate(s, i, away, valence);

        if (away == 3) {
            valence = sentiment_idiom(s, i, valence);
        }
    }

    return sentiment_least(s, i, valence);
}


/* ---- the whole -------------------------------------------------------- */

/* what stands before the first 'but' counts half, what follows more */

static void
sentiment_but(xsell_sentiment_t *s)
{
    double    v;
    uint32_t  i, k, but, first;

    for (but = 0; but < s->n; but++) {
        if (sentiment_say(s, but) == XSELL_SAY_BUT) {
            break;
        }
    }

    if (but == s->n) {
        return;
    }

    for (first = 0; first < s->n && s->value[first] == 0; first++) {
        /* the first that can be found again */
    }

    for (i = first; i < s->n; i++) {
        v = s->value[i];

        if (v == 0) {
            continue;
        }

        for (k = first; s->value[k] != v; k++) { /* ends at i */ }

        if (k != but) {
            s->value[k] = v * (k < but ? 0.5 : 1.5);
        }
    }
}


static double
sentiment_emphasis(const xsell_sentiment_t *s)
{
    size_t    i;
    uint32_t  exclaims, asks;

    for (i = 0, exclaims = 0, asks = 0; i < s->text_n; i++) {
        exclaims += s->text[i] == '!';
        asks += s->text[i] == '?';
    }

    return (exclaims < 4 ? exclaims : 4) * SENTIMENT_EXCLAIM
           + (asks < 2 ? 0 : asks <= 3 ? asks * SENTIMENT_ASK
                                       : SENTIMENT_ASK_MOST);
}


static void
sentiment_sum(const xsell_sentiment_t *s, xsell_mood_t *mood)
{
    double    sum, pos, neg, all, emphasis;
    uint32_t  i, neutral;

    sum = 0;
    pos = 0;
    neg = 0;
    neutral = 0;

    for (i = 0; i < s->n; i++) {
        sum += s->value[i];

        /* a neutral word counts one: so much more counts one that is not */

        if (s->value[i] > 0) {
            pos += s->value[i] + 1;

        } else if (s->value[i] < 0) {
            neg += 1 - s->value[i];

        } else {
            neutral++;
        }
    }

    emphasis = sentiment_emphasis(s);

    if (sum != 0) {
        sum += sum > 0 ? emphasis : -emphasis;
    }

    if (pos > neg) {
        pos += emphasis;

    } else if (neg > pos) {
        neg += emphasis;
    }

    all = pos + neg + neutral;

    mood->compound = sum / sqrt(sum * sum + SENTIMENT_ALPHA);
    mood->positive = pos / all;
    mood->negative = neg / all;
    mood->neutral = neutral / all;
}


void
xsell_sentiment(xsell_sentiment_t *s, xsell_str_t text, xsell_mood_t *mood)
{
    int       shouts;
    uint32_t  i;

    memset(mood, 0, sizeof(*mood));

    sentiment_copy(s, text);
    sentiment_split(s);

    if (s->n == 0) {
        return;
    }

    shouts = sentiment_shouts(s);

    for (i = 0; i < s->n; i++) {
        s->value[i] = sentiment_valence(s, i, shouts);
    }

    sentiment_but(s);
    sentiment_sum(s, mood);
}


/*
 * xsell_words.c: a text cut into words that can be compared, whatever its
 * language.  Content similarity (xsell_content.c) counts them.
 *
 *   "Über-Größe, 50 cm"   uber  grosse  50  cm
 *   "iPhone手机壳"          iphone  手机  机壳
 *
 * A word is a run of letters, marks and digits.  Scripts that put no spaces
 * between words give pairs of signs instead, overlapping: two signs are
 * nearly as good as a dictionary for finding kin (Lucene's CJK analyser does
 * the same).  There a sign is a letter with the marks that it carries, so
 * Thai vowels don't count alone.
 *
 * Folded are: case; full width; what stands above or below a Latin, Greek or
 * Cyrillic letter, composed or not; Hebrew and Arabic points.  Marks of other
 * scripts are part of the spelling and stay.  Words are not stemmed: that
 * needs a language.
 *
 * What a letter is, and its small form, says the C library's C.UTF-8, asked
 * by handle: the process's own locale is neither read nor set.  Debian always
 * has it.  A machine without it gets the plain rule that everything past
 * ASCII except punctuation is a letter.  Not taken: tables of our own, which
 * nobody would bring up to date; ICU, a library of 30 MB for two questions.
 * Accents are the exception: the C library can't take a letter apart.
 */

#include "xsell_words.h"

#include <locale.h>
#include <string.h>


enum {
    WORDS_GAP = 0,
    WORDS_LETTER,
    WORDS_SIGN,                         /* of a script without spaces */
    WORDS_MARK,
    WORDS_NOTHING                       /* neither ends a word nor counts */
};


typedef struct {
    uint32_t  from;
    uint32_t  to;
} words_range_t;


/* the letter under the accent, '.' where there is none */

static const char  words_latin[] =             /* U+00C0 .. U+017F */
    "aaaaaa.ceeeeiiiidnooooo.ouuuuy..aaaaaa.ceeeeiiiidnooooo.ouuuuy.y"
    "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiii..jjkkklllllll"
    "lllnnnnnnn..oooooo..rrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs";

static const char  words_latin_more[] =        /* U+1E00 .. U+1EFF */
    "aabbbbbbccddddddddddeeeeeeeeeeffgghhhhhhhhhhiiiikkkkkkllllllllmm"
    "mmmmnnnnnnnnoooooooopppprrrrrrrrssssssssssttttttttuuuuuuuuuuvvvv"
    "wwwwwwwwwwxxxxyyzzzzzzhtwyasss..aaaaaaaaaaaaaaaaaaaaaaaaeeeeeeee"
    "eeeeeeeeiiiioooooooooooooooooooooooouuuuuuuuuuuuuuyyyyyyyy......";

static const struct {
    uint16_t  from;
    uint16_t  to;
} words_others[] = {
    { 0x1a1, 'o' }, { 0x1b0, 'u' }, { 0x1ce, 'a' }, { 0x1d0, 'i' },
    { 0x1d2, 'o' }, { 0x1d4, 'u' }, { 0x219, 's' }, { 0x21b, 't' },
    { 0x390, 0x3b9 }, { 0x3ac, 0x3b1 }, { 0x3ad, 0x3b5 },
    { 0x3ae, 0x3b7 }, { 0x3af, 0x3b9 }, { 0x3b0, 0x3c5 },
    { 0x3c2, 0x3c3 }, { 0x3ca, 0x3b9 }, { 0x3cb, 0x3c5 },
    { 0x3cc, 0x3bf }, { 0x3cd, 0x3c5 }, { 0x3ce, 0x3c9 },
    { 0x439, 0x438 }, { 0x450, 0x435 }, { 0x451, 0x435 },
    { 0x453, 0x433 }, { 0x457, 0x456 }, { 0x45c, 0x43a },
    { 0x45d, 0x438 }, { 0x45e, 0x443 }
};


/* scripts without spaces; Korean has some, but writes what belongs to a word
   next to it */

static const words_range_t  words_signs[] = {
    { 0x0e00, 0x0eff },         /* Thai, Lao */
    { 0x1000, 0x109f },         /* Myanmar */
    { 0x1100, 0x11ff },         /* Hangul */
    { 0x1780, 0x17ff },         /* Khmer */
    { 0x2e80, 0x2fdf },         /* Han radicals */
    { 0x3005, 0x3007 },
    { 0x3040, 0x31ff },         /* kana, bopomofo */
    { 0x3400, 0x4dbf },         /* Han */
    { 0x4e00, 0x9fff },
    { 0xac00, 0xd7ff },         /* Hangul */
    { 0xf900, 0xfaff },
    { 0xff66, 0xffdc },         /* half width kana and Hangul */
    { 0x20000, 0x3ffff }        /* Han */
};

static const words_range_t  words_nothing[] = {
    { 0x00ad, 0x00ad },         /* soft hyphen */
    { 0x0300, 0x036f },         /* accents that are written apart */
    { 0x0591, 0x05bd },         /* Hebrew points */
    { 0x05bf, 0x05c7 },
    { 0x0640, 0x0640 },         /* Arabic tatweel, points */
    { 0x064b, 0x065f },
    { 0x0670, 0x0670 },
    { 0x200c, 0x200d },         /* joiners */
    { 0xfe00, 0xfe0f }          /* variation selectors */
};

/* without a locale: what is no letter past ASCII */

static const words_range_t  words_gaps[] = {
    { 0x0080, 0x00bf },
    { 0x00d7, 0x00d7 },
    { 0x00f7, 0x00f7 },
    { 0x02b9, 0x02ff },
    { 0x0600, 0x061f },
    { 0x066a, 0x066d },
    { 0x06d4, 0x06d4 },
    { 0x0964, 0x0965 },
    { 0x2000, 0x2bff },         /* punctuation, symbols */
    { 0x3000, 0x3004 },
    { 0x3008, 0x3030 },
    { 0xd800, 0xf8ff },         /* private */
    { 0xfe10, 0xfe6f },
    { 0xff00, 0xff0f },
    { 0xff1a, 0xff20 },
    { 0x1f000, 0x1ffff },       /* pictures */
    { 0xe0000, 0x10ffff }
};


static unsigned words_class(const xsell_alphabet_t *a, uint32_t c);
static int words_within(const words_range_t *r, size_t n, uint32_t c);
static uint32_t words_fold(const xsell_alphabet_t *a, uint32_t c);
static void words_put(xsell_words_t *w, uint32_t c);
static void words_letters(xsell_words_t *w);
static int words_sign(xsell_words_t *w);


#define words_in(table, c)                                                    \
    words_within(table, sizeof(table) / sizeof(table[0]), c)


void
xsell_alphabet_init(xsell_alphabet_t *a)
{
    memset(a, 0, sizeof(*a));

    a->locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t) 0);

    if (a->locale) {
        a->mark = wctype_l("combining", a->locale);
    }
}


void
xsell_alphabet_deinit(xsell_alphabet_t *a)
{
    if (a->locale) {
        freelocale(a->locale);
        a->locale = (locale_t) 0;
    }
}


void
xsell_words_init(xsell_words_t *w, const xsell_alphabet_t *a,
    xsell_str_t text)
{
    w->alphabet = a;
    w->p = (const uint8_t *) text.p;
    w->end = w->p + text.n;
    w->covered = 0;
    w->n = 0;
}


int
xsell_words_next(xsell_words_t *w, xsell_str_t *word)
{
    uint32_t        c;
    unsigned        class;
    const uint8_t  *p;

    w->n = 0;

    while (w->p < w->end && w->n == 0) {
        p = w->p;
        c = xsell_utf8_next(&p, w->end);
        class = words_class(w->alphabet, c);

        if (class == WORDS_LETTER) {
            w->covered = 0;
            words_letters(w);

        } else if (class == WORDS_SIGN) {
            words_sign(w);

        } else {

            /* a mark here has no letter */

            w->covered = 0;
            w->p = p;
        }
    }

    word->p = w->word;
    word->n = w->n;

    return w->n != 0;
}


/* a run of letters, moved past though only its beginning is kept */

static void
words_letters(xsell_words_t *w)
{
    uint32_t        c;
    unsigned        class;
    const uint8_t  *p;

    for (p = w->p; p < w->end; w->p = p) {
        c = xsell_utf8_next(&p, w->end);
        class = words_class(w->alphabet, c);

        if (class == WORDS_GAP || class == WORDS_SIGN) {
            return;
        }

        if (class != WORDS_NOTHING) {
            words_put(w, words_fold(w->alphabet, c));
        }
    }
}


/* appends the sign at p with its marks, moves behind it; 0 if there is none */

static int
words_one(xsell_words_t *w)
{
    uint32_t        c;
    unsigned        class;
    const uint8_t  *p;

    if (w->p == w->end) {
        return 0;
    }

    p = w->p;
    c = xsell_utf8_next(&p, w->end);

    if (words_class(w->alphabet, c) != WORDS_SIGN) {
        return 0;
    }

    words_put(w, words_fold(w->alphabet, c));

    for (w->p = p; p < w->end; w->p = p) {
        c = xsell_utf8_next(&p, w->end);
        class = words_class(w->alphabet, c);

        if (class == WORDS_MARK) {
            words_put(w, c);

        } else if (class != WORDS_NOTHING) {
            break;
        }
    }

    return 1;
}


/* the sign at p and the next one: the word; alone if it has no other */

static int
words_sign(xsell_words_t *w)
{
    int             paired;
    const uint8_t  *next;

    (void) words_one(w);
    next = w->p;
    paired = words_one(w);
    w->p = next;

    if (!paired && w->covered) {
        w->n = 0;
    }

    w->covered = paired;

    return w->n != 0;
}


uint32_t
xsell_utf8_next(const uint8_t **p, const uint8_t *end)
{
    uint32_t        c, least;
    unsigned        more;
    const uint8_t  *s;

    s = *p;
    c = *s++;
    *p = s;

    if (c < 0x80) {
        return c;
    }

    if (c < 0xc2 || c > 0xf4) {
        return XSELL_UTF8_BROKEN;
    }

    more = c < 0xe0 ? 1 : c < 0xf0 ? 2 : 3;
    least = c < 0xe0 ? 0x80 : c < 0xf0 ? 0x800 : 0x10000;
    c &= 0x3fu >> more;

    for ( /* void */ ; more; more--) {

        if (s == end || (*s & 0xc0) != 0x80) {
            return XSELL_UTF8_BROKEN;
        }

        c = c << 6 | (*s++ & 0x3f);
    }

    if (c < least || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff)) {
        return XSELL_UTF8_BROKEN;
    }

    *p = s;

    return c;
}


static unsigned
words_class(const xsell_alphabet_t *a, uint32_t c)
{
    if (c >= 0xff01 && c <= 0xff5e) {
        c -= 0xff01 - '!';              /* full width: what it folds to */
    }

    if (c < 0x80) {
        return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a'
                                          && (c | 0x20) <= 'z')
               ? WORDS_LETTER : WORDS_GAP;
    }

    if (c == XSELL_UTF8_BROKEN) {
        return WORDS_GAP;
    }

    if (words_in(words_nothing, c)) {
        return WORDS_NOTHING;
    }

    if (a->locale == (locale_t) 0) {
        if (words_in(words_gaps, c)) {
            return WORDS_GAP;
        }

    } else if (iswctype_l((wint_t) c, a->mark, a->locale)) {
        return WORDS_MARK;

    } else if (!iswalnum_l((wint_t) c, a->locale)) {
        return WORDS_GAP;
    }

    return words_in(words_signs, c) ? WORDS_SIGN : WORDS_LETTER;
}


static int
words_within(const words_range_t *r, size_t n, uint32_t c)
{
    size_t  low, high, mid;

    for (low = 0, high = n; low < high; ) {
        mid = (low + high) / 2;

        if (c > r[mid].to) {
            low = mid + 1;

        } else {
            high = mid;
        }
    }

    return low < n && c >= r[low].from;
}


static uint32_t
words_fold(const xsell_alphabet_t *a, uint32_t c)
{
    size_t  i;

    if (c >= 0xff01 && c <= 0xff5e) {
        c -= 0xff01 - '!';              /* full width */
    }

    if (c < 0x80) {
        return c >= 'A' && c <= 'Z' ? c | 0x20 : c;
    }

    if (a->locale) {
        c = (uint32_t) towlower_l((wint_t) c, a->locale);
    }

    if (c >= 0xc0 && c < 0x180) {
        return words_latin[c - 0xc0] == '.'
               ? c : (uint32_t) words_latin[c - 0xc0];
    }

    if (c >= 0x1e00 && c < 0x1f00) {
        return words_latin_more[c - 0x1e00] == '.'
               ? c : (uint32_t) words_latin_more[c - 0x1e00];
    }

    for (i = 0; i < sizeof(words_others) / sizeof(words_others[0]); i++) {
        if (words_others[i].from == c) {
            return words_others[i].to;
        }
    }

    return c;
}


/* appends a character, as two where that is how it is spelt without it */

static void
words_put(xsell_words_t *w, uint32_t c)
{
    size_t   n;
    uint8_t  s[4];

    switch (c) {

    case 0xdf:                          /* sharp s */
        words_put(w, 's');
        c = 's';
        break;

    case 0xe6:                          /* ae */
        words_put(w, 'a');
        c = 'e';
        break;

    case 0x153:                         /* oe */
        words_put(w, 'o');
        c = 'e';
        break;

    default:
        break;
    }

    if (c < 0x80) {
        s[0] = (uint8_t) c;
        n = 1;

    } else if (c < 0x800) {
        s[0] = (uint8_t) (0xc0 | c >> 6);
        s[1] = (uint8_t) (0x80 | (c & 0x3f));
        n = 2;

    } else if (c < 0x10000) {
        s[0] = (uint8_t) (0xe0 | c >> 12);
        s[1] = (uint8_t) (0x80 | (c >> 6 & 0x3f));
        s[2] = (uint8_t) (0x80 | (c & 0x3f));
        n = 3;

    } else {
        s[0] = (uint8_t) (0xf0 | c >> 18);
        s[1] = (uint8_t) (0x80 | (c >> 12 & 0x3f));
        s[2] = (uint8_t) (0x80 | (c >> 6 & 0x3f));
        s[3] = (uint8_t) (0x80 | (c & 0x3f));
        n = 4;
    }

    if (n <= sizeof(w->word) - w->n) {
        memcpy(w->word + w->n, s, n);
        w->n += n;
    }
}

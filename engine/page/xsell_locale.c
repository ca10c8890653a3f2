
/*
 * What depends on the language: how a price is written and the sentence that
 * says why an item is offered.  A language is a tag such as "de" or "de-AT";
 * its first part counts, an unknown one reads as English.
 *
 * The rules are CLDR's for the languages below.  The C library's locales
 * were not taken: they are process-wide, need packages on the machine, and
 * strfmon knows one currency a locale.  A currency that has no unmistakable
 * sign is written by its ISO code ("SEK 120.00"), which everybody can read.
 */

#include "xsell_page.h"


#define NBSP    "\xc2\xa0"
#define NNBSP   "\xe2\x80\xaf"      /* narrow: French groups */


typedef struct {
    char         lang[3];
    const char  *group;
    const char  *point;
    uint8_t      before;            /* sign stands before the number */
    const char  *gap;               /* between sign and number */
    uint8_t      group_from;        /* digits from which groups are made */
} money_t;

static const money_t  money[] = {
    { "en", ",",   ".", 1, "",   4 },
    { "de", ".",   ",", 0, NBSP, 4 },
    { "fr", NNBSP, ",", 0, NBSP, 4 },
    { "es", ".",   ",", 0, NBSP, 5 },
    { "it", ".",   ",", 0, NBSP, 4 },
    { "nl", ".",   ",", 1, NBSP, 4 },
    { "ja", ",",   ".", 1, "",   4 }
};


typedef struct {
    char         code[4];
    const char  *sign;
} sign_t;

static const sign_t  signs[] = {
    { "EUR", "\xe2\x82\xac" },
    { "USD", "$" },
    { "GBP", "\xc2\xa3" },
    { "JPY", "\xc2\xa5" },
    { "INR", "\xe2\x82\xb9" },
    { "KRW", "\xe2\x82\xa9" },
    { "ILS", "\xe2\x82\xaa" },
    { "UAH", "\xe2\x82\xb4" },
    { "TRY", "\xe2\x82\xba" }
};


/* by reason; a language without a row of its own reads the first */

typedef struct {
    char         lang[3];
    const char  *heading;
    const char  *reason[XSELL_REASONS];
} words_t;

static const words_t  words[] = {
    { "en", "You may also like",
      {       "", "Viewed in the same visits", "Often bought together",
              "From the same category", "Much loved", "Popular now",
              "New" } },
    { "de", "Das k\xc3\xb6nnte Ihnen gefallen",
      {       "", "Im selben Besuch angesehen", "Oft zusammen gekauft",
              "Aus derselben Kategorie", "Sehr beliebt",
              "Gerade gefragt", "Neu" } }
};


static int
lang_is(xsell_str_t lang, const char *two)
{
    return lang.n >= 2 && (lang.n == 2 || lang.p[2] == '-' || lang.p[2] == '_')
           && (lang.p[0] | 0x20) == two[0] && (lang.p[1] | 0x20) == two[1];
}


static const money_t *
money_of(xsell_str_t lang)
{
    size_t  i;

    for (i = 1; i < sizeof(money) / sizeof(money[0]); i++) {
        if (lang_is(lang, money[i].lang)) {
            return &money[i];
        }
    }

    return &money[0];
}


/* appends a terminated string while there is room */

static size_t
put(char *out, size_t n, const char *s)
{
    size_t  len;

    len = strlen(s);

    if (len > XSELL_PRICE_MAX - n) {
        return n;
    }

    memcpy(out + n, s, len);

    return n + len;
}


/* from the last digit to the first, then copied: no printf on this path */

static size_t
put_number(char *out, size_t n, const money_t *m, unsigned exponent,
    int64_t minor)
{
    int   len, i;
    char  digits[24];

    len = 0;

    do {
        digits[len++] = '0' + minor % 10;
        minor /= 10;
    } while (minor || len <= (int) exponent);

    for (i = len - 1; i >= 0; i--) {

        if (n < XSELL_PRICE_MAX) {
            out[n++] = digits[i];
        }

        if (i == 0) {
            break;
        }

        if (i == (int) exponent) {
            n = put(out, n, m->point);

        } else if (i > (int) exponent && (i - (int) exponent) % 3 == 0
                   && len - (int) exponent >= m->group_from)
        {
            n = put(out, n, m->group);
        }
    }

    return n;
}


size_t
xsell_price_format(char out[XSELL_PRICE_MAX], xsell_str_t lang,
    xsell_str_t currency, unsigned exponent, int64_t minor)
{
    char            code[4];
    size_t          n, i;
    const char     *sign, *gap;
    const money_t  *m;

    if (minor < 0 || exponent > 4 || currency.n != 3) {
        return 0;
    }

    m = money_of(lang);
    memcpy(code, currency.p, 3);
    code[3] = '\0';
    sign = code;
    gap = NBSP;

    for (i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
        if (memcmp(signs[i].code, code, 3) == 0) {
            sign = signs[i].sign;
            gap = m->gap;
            break;
        }
    }

    if (lang_is(lang, "ja") && memcmp(code, "JPY", 3) == 0) {
        sign = "\xef\xbf\xa5";          /* full width, as Japanese writes it */
    }

    if (m->before) {
        n = put(out, 0, sign);
        n = put(out, n, gap);
        return put_number(out, n, m, exponent, minor);
    }

    n = put_number(out, 0, m, exponent, minor);
    n = put(out, n, gap);

    return put(out, n, sign);
}


static const words_t *
words_of(xsell_str_t lang)
{
    size_t  i;

    for (i = 1; i < sizeof(words) / sizeof(words[0]); i++) {
        if (lang_is(lang, words[i].lang)) {
            return &words[i];
        }
    }

    return &words[0];
}


xsell_str_t
xsell_reason_sentence(xsell_str_t lang, unsigned reason)
{
    xsell_str_t  v;

    v.p = reason < XSELL_REASONS ? words_of(lang)->reason[reason] : "";
    v.n = strlen(v.p);

    return v;
}


xsell_str_t
xsell_default_heading(xsell_str_t lang)
{
    xsell_str_t  v;

    v.p = words_of(lang)->heading;
    v.n = strlen(v.p);

    return v;
}

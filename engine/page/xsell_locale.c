
/*
 * What depends on the language: how a price is written, and the words of the
 * templates that are built in.  A language is a tag such as "de" or "de-AT";
 * the longest form of it that a table has counts (de-AT, de), an unknown one
 * reads as English.
 *
 * The rules are CLDR's for the languages below, digits are always Latin.  The
 * C library's locales were not taken: they are process-wide, need packages on
 * the machine, and strfmon knows one currency a locale.  A currency that has
 * no unmistakable sign for the reader is written by its ISO code
 * ("SEK 120.00"), which everybody can read.
 */

#include "xsell_page.h"


#define NBSP    "\xc2\xa0"
#define NNBSP   "\xe2\x80\xaf"      /* narrow: French groups */
#define APOS    "'"                 /* Swiss groups */


struct xsell_locale_s {
    char         lang[6];
    const char  *group;
    const char  *point;
    uint8_t      before;            /* sign stands before the number */
    const char  *gap;               /* between sign and number */
    uint8_t      group_from;        /* digits from which groups are made */
    uint8_t      lakhs;             /* 12,34,567: groups of two but the last */
};

static const xsell_locale_t  locales[] = {
    { "en",    ",",   ".", 1, "",   4, 0 },
    { "en-AU", ",",   ".", 1, "",   4, 0 },
    { "en-CA", ",",   ".", 1, "",   4, 0 },
    { "en-IN", ",",   ".", 1, "",   4, 1 },
    { "en-NZ", ",",   ".", 1, "",   4, 0 },
    { "en-ZA", NBSP,  ",", 1, "",   4, 0 },
    { "ar",    ",",   ".", 0, NBSP, 4, 0 },
    { "bg",    NBSP,  ",", 0, NBSP, 5, 0 },
    { "ca",    ".",   ",", 0, NBSP, 4, 0 },
    { "cs",    NBSP,  ",", 0, NBSP, 4, 0 },
    { "da",    ".",   ",", 0, NBSP, 4, 0 },
    { "de",    ".",   ",", 0, NBSP, 4, 0 },
    { "de-AT", ".",   ",", 1, NBSP, 4, 0 },
    { "de-CH", APOS,  ".", 1, NBSP, 4, 0 },
    { "de-LI", APOS,  ".", 1, NBSP, 4, 0 },
    { "el",    ".",   ",", 0, NBSP, 4, 0 },
    { "es",    ".",   ",", 0, NBSP, 5, 0 },
    { "es-MX", ",",   ".", 1, "",   4, 0 },
    { "et",    NBSP,  ",", 0, NBSP, 5, 0 },
    { "fi",    NBSP,  ",", 0, NBSP, 4, 0 },
    { "fr",    NNBSP, ",", 0, NBSP, 4, 0 },
    { "fr-CA", NBSP,  ",", 0, NBSP, 4, 0 },
    { "fr-CH", NNBSP, ".", 0, NBSP, 4, 0 },
    { "fr-LU", ".",   ",", 0, NBSP, 4, 0 },
    { "he",    ",",   ".", 0, NBSP, 4, 0 },
    { "hi",    ",",   ".", 1, "",   4, 1 },
    { "hr",    ".",   ",", 0, NBSP, 4, 0 },
    { "hu",    NBSP,  ",", 0, NBSP, 5, 0 },
    { "id",    ".",   ",", 1, "",   4, 0 },
    { "it",    ".",   ",", 0, NBSP, 5, 0 },
    { "it-CH", APOS,  ".", 1, NBSP, 5, 0 },
    { "ja",    ",",   ".", 1, "",   4, 0 },
    { "ko",    ",",   ".", 1, "",   4, 0 },
    { "lt",    NBSP,  ",", 0, NBSP, 4, 0 },
    { "lv",    NBSP,  ",", 0, NBSP, 5, 0 },
    { "nb",    NBSP,  ",", 0, NBSP, 4, 0 },
    { "nl",    ".",   ",", 1, NBSP, 4, 0 },
    { "nn",    NBSP,  ",", 0, NBSP, 4, 0 },
    { "no",    NBSP,  ",", 0, NBSP, 4, 0 },
    { "pl",    NBSP,  ",", 0, NBSP, 5, 0 },
    { "pt",    ".",   ",", 1, NBSP, 4, 0 },
    { "pt-PT", NBSP,  ",", 0, NBSP, 5, 0 },
    { "ro",    ".",   ",", 0, NBSP, 4, 0 },
    { "ru",    NBSP,  ",", 0, NBSP, 4, 0 },
    { "sk",    NBSP,  ",", 0, NBSP, 4, 0 },
    { "sl",    ".",   ",", 0, NBSP, 5, 0 },
    { "sr",    ".",   ",", 0, NBSP, 4, 0 },
    { "sv",    NBSP,  ",", 0, NBSP, 4, 0 },
    { "th",    ",",   ".", 1, "",   4, 0 },
    { "tr",    ".",   ",", 1, "",   4, 0 },
    { "uk",    NBSP,  ",", 0, NBSP, 4, 0 },
    { "vi",    ".",   ",", 0, NBSP, 4, 0 },
    { "zh",    ",",   ".", 1, "",   4, 0 },
    { "zh-TW", ",",   ".", 1, "",   4, 0 }
};


/* the first row of a currency whose language is the reader's, or "" */

typedef struct {
    char         code[4];
    char         lang[6];
    const char  *sign;
} sign_t;

static const sign_t  signs[] = {
    { "EUR", "",      "\xe2\x82\xac" },
    { "USD", "cs",    "US$" },
    { "USD", "da",    "US$" },
    { "USD", "en-AU", "US$" },
    { "USD", "en-CA", "US$" },
    { "USD", "en-NZ", "US$" },
    { "USD", "es",    "US$" },
    { "USD", "fr-CA", "US$" },
    { "USD", "ko",    "US$" },
    { "USD", "nl",    "US$" },
    { "USD", "pt",    "US$" },
    { "USD", "sv",    "US$" },
    { "USD", "zh",    "US$" },
    { "USD", "",      "$" },
    { "GBP", "",      "\xc2\xa3" },
    { "JPY", "ja",    "\xef\xbf\xa5" },         /* full width */
    { "JPY", "zh",    "JP\xc2\xa5" },
    { "JPY", "",      "\xc2\xa5" },
    { "CNY", "zh",    "\xc2\xa5" },
    { "CNY", "",      "CN\xc2\xa5" },
    { "AUD", "en-AU", "$" },
    { "BRL", "",      "R$" },
    { "CAD", "en-CA", "$" },
    { "CAD", "fr-CA", "$" },
    { "CZK", "cs",    "K\xc4\x8d" },
    { "DKK", "da",    "kr." },
    { "HUF", "hu",    "Ft" },
    { "IDR", "id",    "Rp" },
    { "ILS", "",      "\xe2\x82\xaa" },
    { "INR", "",      "\xe2\x82\xb9" },
    { "KRW", "",      "\xe2\x82\xa9" },
    { "MXN", "es-MX", "$" },
    { "NOK", "nb",    "kr" },
    { "NOK", "nn",    "kr" },
    { "NOK", "no",    "kr" },
    { "NZD", "en-NZ", "$" },
    { "PLN", "pl",    "z\xc5\x82" },
    { "RUB", "ru",    "\xe2\x82\xbd" },
    { "SEK", "sv",    "kr" },
    { "THB", "th",    "\xe0\xb8\xbf" },
    { "TRY", "",      "\xe2\x82\xba" },
    { "TWD", "zh-TW", "$" },
    { "UAH", "",      "\xe2\x82\xb4" },
    { "VND", "",      "\xe2\x82\xab" }
};


/* ---- tags ---- */

static char
tag_char(char c)
{
    return c == '_' ? '-' : (c >= 'A' && c <= 'Z' ? c | 0x20 : c);
}


int
xsell_lang_same(xsell_str_t a, xsell_str_t b)
{
    size_t  i;

    if (a.n != b.n) {
        return 0;
    }

    for (i = 0; i < a.n; i++) {
        if (tag_char(a.p[i]) != tag_char(b.p[i])) {
            return 0;
        }
    }

    return 1;
}


int
xsell_lang_shorten(xsell_str_t *lang)
{
    size_t  n;

    for (n = lang->n; n > 0; n--) {
        if (lang->p[n - 1] == '-' || lang->p[n - 1] == '_') {
            lang->n = n - 1;
            return 1;
        }
    }

    return 0;
}


static xsell_str_t
view(const char *p)
{
    xsell_str_t  v;

    v.p = p ? p : "";
    v.n = strlen(v.p);

    return v;
}


/* ---- prices ---- */

const xsell_locale_t *
xsell_locale_of(xsell_str_t lang)
{
    size_t  i;

    lang.n = lang.n > XSELL_LANG_MAX ? 0 : lang.n;

    if (lang.n == 0) {
        return &locales[0];
    }

    do {
        for (i = 0; i < sizeof(locales) / sizeof(locales[0]); i++) {
            if ((lang.p[0] | 0x20) == locales[i].lang[0]
                && xsell_lang_same(lang, view(locales[i].lang))) {
                return &locales[i];
            }
        }

    } while (xsell_lang_shorten(&lang));

    return &locales[0];
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


/* whether a group ends behind the digit that has `left` more before the
   point: three, then three or two */

static int
group_ends(const xsell_locale_t *l, int left)
{
    return l->lakhs ? left >= 3 && left % 2 == 1 : left % 3 == 0;
}


/* from the last digit to the first, then copied: no printf on this path */

static size_t
put_number(char *out, size_t n, const xsell_locale_t *l, unsigned exponent,
    int64_t minor)
{
    int   len, whole, i;
    char  digits[24];

    len = 0;

    do {
        digits[len++] = '0' + minor % 10;
        minor /= 10;
    } while (minor || len <= (int) exponent);

    whole = len - (int) exponent;

    for (i = len - 1; i >= 0; i--) {

        if (n < XSELL_PRICE_MAX) {
            out[n++] = digits[i];
        }

        if (i == 0) {
            break;
        }

        if (i == (int) exponent) {
            n = put(out, n, l->point);

        } else if (i > (int) exponent && whole >= l->group_from
                   && group_ends(l, i - (int) exponent))
        {
            n = put(out, n, l->group);
        }
    }

    return n;
}


/* the sign of a currency; NULL: its code */

static const char *
sign_of(const xsell_locale_t *l, const char *code)
{
    size_t        i, n;
    const sign_t *s;

    for (i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
        s = &signs[i];

        if (memcmp(s->code, code, 3) != 0) {
            continue;
        }

        n = strlen(s->lang);

        if (n == 0 || (strncmp(l->lang, s->lang, n) == 0
                       && (l->lang[n] == '\0' || l->lang[n] == '-')))
        {
            return s->sign;
        }
    }

    return NULL;
}


static int
is_letter(char c)
{
    c |= 0x20;

    return c >= 'a' && c <= 'z';
}


size_t
xsell_price_format(char out[XSELL_PRICE_MAX], const xsell_locale_t *l,
    xsell_str_t currency, unsigned exponent, int64_t minor)
{
    char         code[4];
    size_t       n;
    const char  *sign;

    if (minor < 0 || exponent > 4 || currency.n != 3) {
        return 0;
    }

    memcpy(code, currency.p, 3);
    code[3] = '\0';
    sign = sign_of(l, code);

    if (sign == NULL) {
        sign = code;
    }

    if (l->before) {
        n = put(out, 0, sign);

        /* letters don't touch digits */

        n = put(out, n, is_letter(sign[strlen(sign) - 1]) ? NBSP : l->gap);

        return put_number(out, n, l, exponent, minor);
    }

    n = put_number(out, 0, l, exponent, minor);
    n = put(out, n, l->gap);

    return put(out, n, sign);
}


size_t
xsell_amount_format(char out[XSELL_PRICE_MAX], unsigned exponent,
    int64_t minor)
{
    static const xsell_locale_t  plain = { "", "", ".", 0, "", 255, 0 };

    if (minor < 0 || exponent > 4) {
        return 0;
    }

    return put_number(out, 0, &plain, exponent, minor);
}


/* ---- words ---- */

#define WHY(reason)  [XSELL_WORD_WHY + XSELL_REASON_##reason - 1]

const char *const  xsell_word_keys[XSELL_WORDS] = {
    [XSELL_WORD_HEADING] = "heading",
    WHY(VIEWED) = "why_viewed",
    WHY(BOUGHT) = "why_bought",
    WHY(CATEGORY) = "why_category",
    WHY(SIMILAR) = "why_similar",
    WHY(LOOKS) = "why_looks",
    WHY(GOES) = "why_goes",
    WHY(POPULAR) = "why_popular",
    WHY(TRENDING) = "why_trending",
    WHY(NEW) = "why_new",
    [XSELL_WORD_OUT_OF_STOCK] = "out_of_stock",
    [XSELL_WORD_PREVIOUS] = "previous",
    [XSELL_WORD_NEXT] = "next"
};


/* in UTF-8 as it is, so that who speaks the language can read it here */

typedef struct {
    char         lang[4];
    const char  *word[XSELL_WORDS];
} words_t;

#define WORDS(lang, heading, viewed, bought, category, similar, looks, goes,  \
              popular, trending, fresh, out, previous, next)                  \
    { lang, {                                                                 \
        [XSELL_WORD_HEADING] = heading, WHY(VIEWED) = viewed,                 \
        WHY(BOUGHT) = bought, WHY(CATEGORY) = category,                       \
        WHY(SIMILAR) = similar, WHY(LOOKS) = looks, WHY(GOES) = goes,         \
        WHY(POPULAR) = popular,                                               \
        WHY(TRENDING) = trending, WHY(NEW) = fresh,                           \
        [XSELL_WORD_OUT_OF_STOCK] = out,                                      \
        [XSELL_WORD_PREVIOUS] = previous, [XSELL_WORD_NEXT] = next } }

static const words_t  words[] = {
    WORDS("en", "You may also like", "Viewed in the same visits",
          "Often bought together", "From the same category", "Similar",
          "Looks alike", "Goes well with it", "Much loved", "Popular now",
          "New", "Out of stock", "Previous", "Next"),
    WORDS("de", "Das könnte Ihnen gefallen", "Im selben Besuch angesehen",
          "Oft zusammen gekauft", "Aus derselben Kategorie", "Ähnlich",
          "Sieht ähnlich aus", "Passt gut dazu", "Sehr beliebt",
          "Gerade gefragt", "Neu", "Nicht vorrätig", "Zurück", "Weiter"),
    WORDS("fr", "Vous aimerez aussi", "Vu lors des mêmes visites",
          "Souvent achetés ensemble", "Dans la même catégorie", "Similaire",
          "Aspect similaire", "S’accorde bien", "Très apprécié", "Tendance",
          "Nouveau", "Épuisé", "Précédent", "Suivant"),
    WORDS("es", "También te puede gustar", "Visto en las mismas visitas",
          "Comprados juntos a menudo", "De la misma categoría", "Similar",
          "De aspecto similar", "Combina bien", "Muy apreciado",
          "Popular ahora", "Nuevo", "Agotado", "Anterior", "Siguiente"),
    WORDS("it", "Potrebbe piacerti anche", "Visto nelle stesse visite",
          "Spesso acquistati insieme", "Della stessa categoria", "Simile",
          "Aspetto simile", "Si abbina bene", "Molto amato", "Di tendenza",
          "Novità", "Esaurito", "Precedente", "Successivo"),
    WORDS("nl", "Misschien ook iets voor u",
          "Bekeken tijdens hetzelfde bezoek", "Vaak samen gekocht",
          "Uit dezelfde categorie", "Vergelijkbaar", "Ziet er net zo uit",
          "Past er goed bij", "Zeer geliefd", "Nu populair", "Nieuw",
          "Niet op voorraad", "Vorige", "Volgende"),
    WORDS("pt", "Talvez também goste", "Visto nas mesmas visitas",
          "Muitas vezes comprados juntos", "Da mesma categoria", "Semelhante",
          "Aspeto semelhante", "Combina bem", "Muito apreciado", "Em alta",
          "Novidade", "Esgotado", "Anterior", "Seguinte"),
    WORDS("pl", "Może Ci się też spodobać",
          "Oglądane podczas tych samych wizyt", "Często kupowane razem",
          "Z tej samej kategorii", "Podobne", "Podobnie wygląda",
          "Dobrze pasuje", "Bardzo lubiane", "Teraz popularne", "Nowość",
          "Brak w magazynie", "Poprzednie", "Następne"),
    WORDS("sv", "Du kanske också gillar", "Har setts vid samma besök",
          "Köps ofta tillsammans", "Från samma kategori", "Liknande",
          "Liknande utseende", "Passar bra till", "Mycket omtyckt",
          "Populärt just nu", "Nyhet", "Slut i lager", "Föregående", "Nästa"),
    WORDS("da", "Du vil måske også kunne lide", "Set under samme besøg",
          "Købes ofte sammen", "Fra samme kategori", "Lignende",
          "Ligner i udseende", "Passer godt til", "Meget populært",
          "Populært lige nu", "Nyhed", "Ikke på lager", "Forrige", "Næste"),
    WORDS("nb", "Du liker kanskje også", "Sett under samme besøk",
          "Kjøpes ofte sammen", "Fra samme kategori", "Lignende",
          "Lignende utseende", "Passer godt til", "Svært populært",
          "Populært akkurat nå", "Nyhet", "Ikke på lager", "Forrige", "Neste"),
    WORDS("no", "Du liker kanskje også", "Sett under samme besøk",
          "Kjøpes ofte sammen", "Fra samme kategori", "Lignende",
          "Lignende utseende", "Passer godt til", "Svært populært",
          "Populært akkurat nå", "Nyhet", "Ikke på lager", "Forrige", "Neste"),
    WORDS("fi", "Saatat pitää myös näistä", "Katsottu samoilla käynneillä",
          "Ostetaan usein yhdessä", "Samasta kategoriasta", "Samankaltainen",
          "Samannäköinen", "Sopii hyvin yhteen", "Erittäin pidetty",
          "Nyt suosittu", "Uutuus", "Loppu varastosta", "Edellinen",
          "Seuraava"),
    WORDS("cs", "Mohlo by se vám také líbit",
          "Prohlíženo při stejných návštěvách", "Často kupováno společně",
          "Ze stejné kategorie", "Podobné", "Vypadá podobně", "Hodí se k tomu",
          "Velmi oblíbené", "Právě populární", "Novinka", "Není skladem",
          "Předchozí", "Další"),
    WORDS("ja", "こちらもおすすめ", "同じ訪問で閲覧された商品",
          "よく一緒に購入されています", "同じカテゴリーの商品", "似ている商品",
          "見た目が似ている商品", "相性の良い商品", "人気の商品",
          "いま話題の商品", "新着", "在庫切れ", "前へ", "次へ")
};


xsell_str_t
xsell_word_lang(unsigned i)
{
    return view(i < sizeof(words) / sizeof(words[0]) ? words[i].lang : "");
}


xsell_str_t
xsell_word(unsigned lang, unsigned word)
{
    return view(words[lang].word[word]);
}

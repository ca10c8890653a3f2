
/*
 * xsell_product_tag.c: a tag's attributes, the words that schema.org has for
 * properties and types, and what <meta> and <link> say of a page's item.
 *
 * Values are views of the page as it is written; xsell_product_text() makes
 * them readable.  Of attributes of one name the first counts, as in browsers.
 */

#include "xsell_product.h"


/* first the length and the first letter: most attributes are of no interest */

static void
tag_attr(xsell_tag_t *tag, const uint8_t *name, size_t n, xsell_str_t value)
{
    size_t                    i;
    const char               *text;

    static const struct {
        const char  *name;
        uint8_t      n;
        uint8_t      first;
    } attr[XSELL_ATTRS] = {
        [XSELL_ATTR_TYPE] = { "type", 4, 't' },
        [XSELL_ATTR_REL] = { "rel", 3, 'r' },
        [XSELL_ATTR_HREF] = { "href", 4, 'h' },
        [XSELL_ATTR_NAME] = { "name", 4, 'n' },
        [XSELL_ATTR_VALUE] = { "value", 5, 'v' },
        [XSELL_ATTR_CONTENT] = { "content", 7, 'c' },
        [XSELL_ATTR_PROPERTY] = { "property", 8, 'p' },
        [XSELL_ATTR_ITEMID] = { "itemid", 6, 'i' },
        [XSELL_ATTR_ITEMPROP] = { "itemprop", 8, 'i' },
        [XSELL_ATTR_ITEMTYPE] = { "itemtype", 8, 'i' },
        [XSELL_ATTR_ITEMSCOPE] = { "itemscope", 9, 'i' }
    };

    static const uint32_t  starts =
        1u << ('t' & 31) | 1u << ('r' & 31) | 1u << ('h' & 31)
        | 1u << ('n' & 31) | 1u << ('v' & 31) | 1u << ('c' & 31)
        | 1u << ('p' & 31) | 1u << ('i' & 31);

    if (n < 3 || n > 9 || !(starts >> (*name & 31) & 1)) {
        return;
    }

    for (i = 0; i < XSELL_ATTRS; i++) {
        text = attr[i].name;

        if (attr[i].n == n && attr[i].first == (*name | 0x20)
            && tag->attr[i].p == NULL && xsell_product_is(name, n, text))
        {
            tag->attr[i] = value;
            return;
        }
    }
}


const uint8_t *
xsell_product_tag(xsell_tag_t *tag, const uint8_t *p, const uint8_t *end)
{
    size_t          n;
    xsell_str_t     value;
    const uint8_t  *name;

    memset(tag, 0, sizeof(*tag));

    tag->name = ++p;

    while (p < end && !xsell_product_space(*p) && *p != '>' && *p != '/') {
        p++;
    }

    tag->name_n = (size_t) (p - tag->name);

    for ( ;; ) {

        while (p < end && (xsell_product_space(*p) || *p == '/')) {
            p++;
        }

        if (p == end) {
            return NULL;
        }

        if (*p == '>') {
            return p + 1;
        }

        name = p++;

        while (p < end && !xsell_product_space(*p) && *p != '>' && *p != '/'
               && *p != '=')
        {
            p++;
        }

        n = (size_t) (p - name);

        while (p < end && xsell_product_space(*p)) {
            p++;
        }

        value.p = "";
        value.n = 0;

        if (p < end && *p == '=') {

            do {
                p++;
            } while (p < end && xsell_product_space(*p));

            if (p == end) {
                return NULL;
            }

            value.p = (const char *) p;

            if (*p == '"' || *p == '\'') {
                value.p++;
                p = memchr(value.p, *p, (size_t) (end - p - 1));

                if (p == NULL) {
                    return NULL;
                }

                value.n = (size_t) ((const char *) p++ - value.p);

            } else {

                while (p < end && !xsell_product_space(*p) && *p != '>') {
                    p++;
                }

                value.n = (size_t) ((const char *) p - value.p);
            }
        }

        if (p == end) {
            return NULL;
        }

        tag_attr(tag, name, n, value);
    }
}


/* ---- values ----------------------------------------------------------- */

static size_t
tag_utf8(uint8_t *out, uint32_t c)
{
    if (c < 0x80) {
        out[0] = (uint8_t) c;
        return 1;
    }

    if (c < 0x800) {
        out[0] = (uint8_t) (0xc0 | c >> 6);
        out[1] = (uint8_t) (0x80 | (c & 0x3f));
        return 2;
    }

    if (c < 0x10000) {
        out[0] = (uint8_t) (0xe0 | c >> 12);
        out[1] = (uint8_t) (0x80 | (c >> 6 & 0x3f));
        out[2] = (uint8_t) (0x80 | (c & 0x3f));
        return 3;
    }

    out[0] = (uint8_t) (0xf0 | (c >> 18 & 7));
    out[1] = (uint8_t) (0x80 | (c >> 12 & 0x3f));
    out[2] = (uint8_t) (0x80 | (c >> 6 & 0x3f));
    out[3] = (uint8_t) (0x80 | (c & 0x3f));

    return 4;
}


/* the reference at '&'; its length in the page, 0 if it is none.  Of the
   names those that ids and URLs are written with */

static size_t
tag_reference(const uint8_t *p, size_t n, uint32_t *c)
{
    int        hex, digit;
    size_t     i, k;

    static const struct {
        const char  *name;
        size_t       n;
        uint32_t     c;
    } names[] = {
        { "&amp;", 5, '&' }, { "&quot;", 6, '"' }, { "&apos;", 6, '\'' },
        { "&lt;", 4, '<' }, { "&gt;", 4, '>' }, { "&sol;", 5, '/' },
        { "&colon;", 7, ':' }, { "&num;", 5, '#' }, { "&quest;", 7, '?' },
        { "&equals;", 8, '=' }, { "&lowbar;", 8, '_' }, { "&nbsp;", 6, ' ' }
    };

    if (n < 4) {
        return 0;
    }

    if (p[1] != '#') {

        for (k = 0; k < sizeof(names) / sizeof(names[0]); k++) {
            if (n >= names[k].n && memcmp(p, names[k].name, names[k].n) == 0)
            {
                *c = names[k].c;
                return names[k].n;
            }
        }

        return 0;
    }

    hex = (p[2] | 0x20) == 'x';
    *c = 0;

    for (i = hex ? 3 : 2; i < n && i < 10; i++) {
        digit = p[i] >= '0' && p[i] <= '9' ? p[i] - '0'
                : hex && (p[i] | 0x20) >= 'a' && (p[i] | 0x20) <= 'f'
                  ? (p[i] | 0x20) - 'a' + 10 : -1;

        if (digit < 0) {
            break;
        }

        *c = *c * (hex ? 16 : 10) + (uint32_t) digit;
    }

    return i < n && p[i] == ';' && *c > 0 && *c < 0x110000 ? i + 1 : 0;
}


size_t
xsell_product_text(uint8_t *out, const uint8_t *p, size_t n)
{
    size_t    i, at, used;
    uint32_t  c;

    while (n && xsell_product_space(*p)) {
        p++;
        n--;
    }

    while (n && xsell_product_space(p[n - 1])) {
        n--;
    }

    c = 0;

    for (i = 0, at = 0; i < n; i += used) {

        if (at + 4 > XSELL_PRODUCT_VALUE) {
            return 0;
        }

        used = p[i] == '&' ? tag_reference(p + i, n - i, &c) : 0;

        if (used) {
            at += tag_utf8(out + at, c);
            continue;
        }

        out[at++] = p[i];
        used = 1;
    }

    return at;
}


/* ---- words ------------------------------------------------------------ */

/* what is behind the last '/', '#' or ':' of "https://schema.org/sku" */

static const uint8_t *
tag_short(const uint8_t *p, size_t *n)
{
    size_t  i;

    for (i = *n; i > 0; i--) {
        if (p[i - 1] == '/' || p[i - 1] == '#' || p[i - 1] == ':') {
            break;
        }
    }

    *n -= i;

    return p + i;
}


unsigned
xsell_product_word(const uint8_t *p, size_t n)
{
    size_t               i;

    static const struct {
        const char      *word;
        uint8_t          n;
        uint8_t          is;
    } words[] = {
#define WORD(text, is)  { text, sizeof(text) - 1, XSELL_WORD_##is }
        WORD("@type", AT_TYPE), WORD("@id", AT_ID), WORD("@graph", NEUTRAL),
        WORD("sku", SKU), WORD("productID", PRODUCT_ID),
        WORD("identifier", IDENTIFIER), WORD("value", VALUE),
        WORD("gtin", GTIN), WORD("gtin8", GTIN), WORD("gtin12", GTIN),
        WORD("gtin13", GTIN), WORD("gtin14", GTIN), WORD("isbn", GTIN),
        WORD("mpn", MPN), WORD("productGroupID", GROUP),
        WORD("url", URL), WORD("name", NAME),
        WORD("offers", OFFER), WORD("itemOffered", OFFER),
        WORD("hasVariant", VARIANT), WORD("isVariantOf", VARIANT),
        WORD("model", VARIANT), WORD("mainEntity", ENTITY),
        WORD("item", NEUTRAL), WORD("about", NEUTRAL),
        WORD("itemListElement", LISTED), WORD("isRelatedTo", LISTED),
        WORD("isSimilarTo", LISTED), WORD("isConsumableFor", LISTED),
        WORD("isAccessoryOrSparePartFor", LISTED), WORD("hasPart", LISTED),
        WORD("isPartOf", LISTED), WORD("itemReviewed", LISTED),
        WORD("review", LISTED), WORD("reviews", LISTED),
        WORD("mentions", LISTED), WORD("makesOffer", LISTED),
        WORD("hasOfferCatalog", LISTED), WORD("containsPlace", LISTED),
        WORD("significantLink", LISTED), WORD("owns", LISTED)
#undef WORD
    };

    p = tag_short(p, &n);

    for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (words[i].n == n && xsell_product_is(p, n, words[i].word)) {
            return words[i].is;
        }
    }

    return XSELL_WORD_NONE;
}


unsigned
xsell_product_type(const uint8_t *p, size_t n)
{
    size_t               i;

    static const struct {
        const char      *word;
        uint8_t          n;
        uint8_t          is;
    } types[] = {
#define TYPE(text, is)  { text, sizeof(text) - 1, XSELL_TYPE_##is }
        TYPE("Product", PRODUCT), TYPE("ProductGroup", PRODUCT),
        TYPE("ProductModel", PRODUCT), TYPE("IndividualProduct", PRODUCT),
        TYPE("SomeProducts", PRODUCT), TYPE("Vehicle", PRODUCT),
        TYPE("Car", PRODUCT), TYPE("Motorcycle", PRODUCT),
        TYPE("Book", PRODUCT), TYPE("VideoGame", PRODUCT),
        TYPE("CollectionPage", LISTING), TYPE("SearchResultsPage", LISTING)
#undef TYPE
    };

    p = tag_short(p, &n);

    for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (types[i].n == n && xsell_product_is(p, n, types[i].word)) {
            return types[i].is;
        }
    }

    return 0;
}


/* ---- <meta>, <link> --------------------------------------------------- */

static int
tag_says(xsell_str_t s, const char *word)
{
    return s.n == strlen(word)
           && xsell_product_is((const uint8_t *) s.p, s.n, word);
}


void
xsell_product_meta(xsell_page_t *page, const xsell_tag_t *tag)
{
    size_t                    i, n;
    xsell_str_t               property;
    uint8_t                   value[XSELL_PRODUCT_VALUE];

    static const char *const  id[] = {
        "product:retailer_item_id", "product:retailer_part_no",
        "product:product_id", "product:sku", "product:item_group_id",
        "product:ean", "product:upc", "product:isbn", "og:upc", "og:ean",
        "og:isbn", "product:mfr_part_no"
    };

    property = tag->attr[XSELL_ATTR_PROPERTY].p
               ? tag->attr[XSELL_ATTR_PROPERTY] : tag->attr[XSELL_ATTR_NAME];

    if (property.n < 6 || tag->attr[XSELL_ATTR_CONTENT].p == NULL) {
        return;
    }

    n = xsell_product_text(value,
                           (const uint8_t *) tag->attr[XSELL_ATTR_CONTENT].p,
                           tag->attr[XSELL_ATTR_CONTENT].n);

    if (n == 0) {
        return;
    }

    if (tag_says(property, "og:type")) {
        page->og_product |= (n == 7 && xsell_product_is(value, 7, "product"))
                            || (n == 10
                                && xsell_product_is(value, 10, "og:product"))
                            || (n == 12
                                && xsell_product_is(value, 12,
                                                    "product.item"));
        page->listing |= n == 13
                         && xsell_product_is(value, 13, "product.group");
        return;
    }

    if (tag_says(property, "og:url")) {

        if (!page->has_og_url) {
            page->has_og_url = xsell_locator(&page->og_url,
                                             (const char *) value, n)
                               == XSELL_OK;
        }

        return;
    }

    for (i = 0; i < sizeof(id) / sizeof(id[0]); i++) {
        if (page->og_item == XSELL_NO_ITEM && tag_says(property, id[i])) {
            page->og_item = xsell_catalog_identify(page->catalog,
                                                   XSELL_IDENTITY_ID,
                                                   (const char *) value, n);
        }
    }
}


/* a rel is a list of words */

static int
tag_canonical(xsell_str_t rel)
{
    size_t  i, k;

    for (i = 0; i < rel.n; i = k + 1) {

        for (k = i; k < rel.n && !xsell_product_space(rel.p[k]); k++) {
            /* void */
        }

        if (k - i == 9 && xsell_product_is((const uint8_t *) rel.p + i, 9,
                                           "canonical"))
        {
            return 1;
        }
    }

    return 0;
}


void
xsell_product_link(xsell_page_t *page, const xsell_tag_t *tag)
{
    size_t       n;
    xsell_str_t  href;
    uint8_t      value[XSELL_PRODUCT_VALUE];

    href = tag->attr[XSELL_ATTR_HREF];

    if (page->has_canonical || href.p == NULL
        || !tag_canonical(tag->attr[XSELL_ATTR_REL]))
    {
        return;
    }

    n = xsell_product_text(value, (const uint8_t *) href.p, href.n);

    page->has_canonical = n && xsell_locator(&page->canonical,
                                             (const char *) value, n)
                               == XSELL_OK;
}


/*
 * xsell_product_microdata.c: products in attributes of elements (itemscope,
 * itemtype, itemprop; HTML, "Microdata").
 *
 * Outside of an item nothing is looked at but the tag that begins one, and only
 * if it is a product.  Inside, each tag is; an item ends where its element
 * does, which is found by counting the elements of that name: no tree is
 * built, since within an element its own name is nearly always balanced.
 *
 * An item inside another one belongs to it by its itemprop: an offer says what
 * is offered, a variant is of the same product, and a product with another
 * itemprop, or none, is another product, of which the outer one speaks.
 */

#include "xsell_product.h"


/* elements without an end tag */

static int
scope_void(const uint8_t *name, size_t n)
{
    size_t                    i;

    static const xsell_str_t  names[] = {
        { "meta", 4 }, { "link", 4 }, { "img", 3 }, { "br", 2 },
        { "input", 5 }, { "hr", 2 }, { "source", 6 }, { "area", 4 },
        { "base", 4 }, { "col", 3 }, { "embed", 5 }, { "track", 5 },
        { "wbr", 3 }
    };

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (n == names[i].n && xsell_product_is(name, n, names[i].p)) {
            return 1;
        }
    }

    return 0;
}


/* the type of an item, of the first of several that is known */

static unsigned
scope_type(xsell_str_t s)
{
    size_t    i, k;
    unsigned  type;

    for (i = 0; i < s.n; i = k + 1) {

        for (k = i; k < s.n && !xsell_product_space(s.p[k]); k++) {
            /* void */
        }

        type = xsell_product_type((const uint8_t *) s.p + i, k - i);

        if (type) {
            return type;
        }
    }

    return 0;
}


/* the property of interest among the words of an itemprop */

static unsigned
scope_word(xsell_str_t s)
{
    size_t    i, k;
    unsigned  word;

    for (i = 0; i < s.n; i = k + 1) {

        for (k = i; k < s.n && !xsell_product_space(s.p[k]); k++) {
            /* void */
        }

        word = xsell_product_word((const uint8_t *) s.p + i, k - i);

        if (word != XSELL_WORD_NONE && word != XSELL_WORD_NAME) {
            return word;
        }
    }

    return XSELL_WORD_NONE;
}


/* an item inside another, or the outermost one: a product */

static void
scope_push(xsell_page_t *page, const xsell_tag_t *tag, unsigned word)
{
    size_t          n;
    unsigned        type;
    xsell_str_t     id;
    xsell_scope_t  *scope;
    uint8_t         value[XSELL_PRODUCT_VALUE];

    type = scope_type(tag->attr[XSELL_ATTR_ITEMTYPE]);

    if (page->scopes == 0
        && (type != XSELL_TYPE_PRODUCT || word == XSELL_WORD_LISTED))
    {
        return;
    }

    if (page->scopes == XSELL_PRODUCT_SCOPES
        || tag->name_n > sizeof(scope->name))
    {
        /* whose its properties are can't be told any more */
        page->scopes_off = 1;
        page->scopes = 0;
        return;
    }

    scope = &page->scope[page->scopes++];
    memset(scope, 0, sizeof(*scope));
    xsell_identity_init(&scope->identity);

    scope->type = (uint8_t) type;
    scope->prop = (uint8_t) word;
    scope->open = 1;
    scope->name_n = (uint8_t) tag->name_n;
    memcpy(scope->name, tag->name, tag->name_n);

    id = tag->attr[XSELL_ATTR_ITEMID];
    n = id.n ? xsell_product_text(value, (const uint8_t *) id.p, id.n) : 0;

    if (n) {
        xsell_identity_add(&scope->identity, page->catalog, XSELL_WORD_AT_ID,
                           value, n);
    }
}


static int
scope_named(const xsell_scope_t *scope, const uint8_t *name, size_t n)
{
    return scope->name_n == n
           && xsell_product_is(name, n, (const char *) scope->name);
}


/* an element begins: the items that it may be taken for the end of count it;
   an item is no void element, so these names never match */

void
xsell_product_within(xsell_page_t *page, const uint8_t *name, size_t n)
{
    unsigned  i;

    for (i = 0; i < page->scopes; i++) {
        page->scope[i].open += (unsigned) scope_named(&page->scope[i], name,
                                                      n);
    }
}


void
xsell_product_start(xsell_page_t *page, const xsell_tag_t *tag)
{
    unsigned     word;
    xsell_str_t  value;

    if (page->scopes_off
        || (page->scopes == 0 && tag->attr[XSELL_ATTR_ITEMSCOPE].p == NULL))
    {
        return;
    }

    xsell_product_within(page, tag->name, tag->name_n);

    word = tag->attr[XSELL_ATTR_ITEMPROP].n
           ? scope_word(tag->attr[XSELL_ATTR_ITEMPROP]) : XSELL_WORD_NONE;

    if (tag->attr[XSELL_ATTR_ITEMSCOPE].p) {

        if (!scope_void(tag->name, tag->name_n)) {
            scope_push(page, tag, word);
        }

        return;
    }

    if (word == XSELL_WORD_NONE || page->scopes == 0) {
        return;
    }

    value = tag->attr[XSELL_ATTR_CONTENT].p ? tag->attr[XSELL_ATTR_CONTENT]
            : tag->attr[XSELL_ATTR_HREF].p ? tag->attr[XSELL_ATTR_HREF]
            : tag->attr[XSELL_ATTR_VALUE];

    if (value.p) {
        xsell_product_said(page, word, (const uint8_t *) value.p, value.n);

    } else if (!scope_void(tag->name, tag->name_n)) {
        page->text_word = (uint8_t) word;
        page->text_n = 0;
    }
}


/* a property of the innermost item, as the page writes it */

void
xsell_product_said(xsell_page_t *page, unsigned word, const uint8_t *p,
    size_t n)
{
    uint8_t  value[XSELL_PRODUCT_VALUE];

    if (page->scopes == 0) {
        return;
    }

    n = xsell_product_text(value, p, n);

    if (n) {
        xsell_identity_add(&page->scope[page->scopes - 1].identity,
                           page->catalog, word, value, n);
    }
}


void
xsell_product_end(xsell_page_t *page, const uint8_t *name, size_t n)
{
    unsigned  i;

    for (i = 0; i < page->scopes; i++) {

        if (scope_named(&page->scope[i], name, n)
            && --page->scope[i].open == 0)
        {
            xsell_product_close(page, i);
            return;
        }
    }
}


/* the innermost items end until so many are left */

void
xsell_product_close(xsell_page_t *page, unsigned scopes)
{
    unsigned        behind;
    uint32_t        item;
    xsell_scope_t  *scope;

    while (page->scopes > scopes) {
        scope = &page->scope[--page->scopes];

        if (page->scopes) {
            behind = scope->prop == XSELL_WORD_OFFER ? XSELL_RANK_OFFER
                     : scope->prop == XSELL_WORD_VARIANT ? XSELL_RANK_VARIANT
                     : scope->prop == XSELL_WORD_IDENTIFIER ? XSELL_RANK_OFFER
                     : 0;

            if (behind) {
                xsell_identity_join(&scope[-1].identity, &scope->identity,
                                    behind);
            }

            continue;
        }

        item = xsell_identity_item(&scope->identity, page->catalog);

        xsell_mains_add(&page->scope_mains, page->catalog, item, 0,
                        scope->prop == XSELL_WORD_ENTITY);
    }

    page->text_word = XSELL_WORD_NONE;
}


/*
 * xsell_business_what.c: which items a rule is about: lists, prices, and what
 * is compared with the item that the decision starts from.
 *
 * A list is kept as it is written; which items it means is worked out when
 * all rules are read (xsell_business_build.c).
 */

#include "xsell_business.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>


#define BUSINESS_LIST_MAX  200          /* categories, brands, tags */
#define BUSINESS_RATIO_MAX 1000.0
#define BUSINESS_PRICE_MAX 1e10         /* in whole units of the currency */


static int business_kin(xsell_drafts_t *d, uint32_t i, unsigned part,
    size_t off, const xsell_value_t *v);
static int business_ratio(xsell_drafts_t *d, uint32_t i, unsigned part,
    size_t off, const xsell_value_t *v);
static int business_difference(xsell_drafts_t *d, uint32_t i, unsigned part,
    size_t off, const xsell_value_t *v);


/* in the order of XSELL_TERM_* */

static const char  *const  business_term_keys[XSELL_TERM_KINDS] = {
    "item", "category", "brand", "tag"
};

static const xsell_draft_key_t  business_what_keys[] = {
    { "item", xsell_draft_list },
    { "category", xsell_draft_list },
    { "brand", xsell_draft_list },
    { "tag", xsell_draft_list },
    { "price", xsell_draft_price },
    { "same", business_kin },
    { "different", business_kin },
    { "ratio", business_ratio },
    { "difference", business_difference },
    { NULL, NULL }
};


/* ---- lists of items ---- */

static int
business_term(xsell_drafts_t *d, uint32_t i, unsigned part, unsigned term,
    size_t off, size_t nth, xsell_str_t text)
{
    xsell_term_t  *t;

    if (d->n == d->room) {
        d->room = d->room ? 2 * d->room : 64;
        t = realloc(d->term, d->room * sizeof(xsell_term_t));

        if (t == NULL) {
            d->nomem = 1;
            return 0;
        }

        d->term = t;
    }

    t = &d->term[d->n++];
    memset(t, 0, sizeof(*t));

    t->text = xsell_trim(text);
    t->off = off;
    t->nth = (uint32_t) nth;
    t->item = XSELL_NO_ITEM;
    t->rule = (uint8_t) i;
    t->part = (uint8_t) part;
    t->term = (uint8_t) term;

    d->listed[part][term] |= 1ull << i;

    return 1;
}


static int
business_terms(xsell_drafts_t *d, uint32_t i, unsigned part, unsigned term,
    size_t off, const xsell_value_t *v)
{
    size_t         k;
    char           number[32];
    xsell_value_t  e;

    for (k = 0; xsell_draft_element(v, k, &e); k++) {

        /* ids of items are often written as numbers */

        if (e.kind == XSELL_JSON_INTEGER && term == XSELL_TERM_ITEM) {
            (void) snprintf(number, sizeof(number), "%lld",
                            (long long) e.integer);
            return xsell_draft_fail(d, xsell_business_place(d, off, k), "a "
                                    "number: write the id in quotes, \"%s\"",
                                    number);
        }

        if (e.kind != XSELL_JSON_TEXT) {
            return xsell_draft_kind(d, xsell_business_place(d, off, k), &e,
                                    "a text, or a list of texts");
        }

        if (xsell_trim(e.text).n == 0) {
            return xsell_draft_fail(d, xsell_business_place(d, off, k), "an "
                                    "empty text");
        }

        if (term != XSELL_TERM_ITEM && k == BUSINESS_LIST_MAX) {
            return xsell_draft_fail(d, off, "more than %d texts",
                                    BUSINESS_LIST_MAX);
        }

        if (!business_term(d, i, part, term, off, k, e.text)) {
            return 0;
        }
    }

    return k ? 1 : xsell_draft_fail(d, off, "an empty list");
}


int
xsell_draft_list(xsell_drafts_t *d, uint32_t i, unsigned part, size_t off,
    const xsell_value_t *v)
{
    unsigned  term;

    /* one of them it is: the others have another function */

    for (term = 0; strcmp(d->key, business_term_keys[term]); term++) {
        /* void */
    }

    return business_terms(d, i, part, term, off, v);
}


int
xsell_draft_price(xsell_drafts_t *d, uint32_t i, unsigned part, size_t off,
    const xsell_value_t *v)
{
    double    range[2];
    unsigned  k;

    if (!xsell_draft_range(d, off, v, 0, BUSINESS_PRICE_MAX, range)) {
        return 0;
    }

    for (k = 0; k < 2; k++) {
        d->price[part][i][k] = llround(range[k] * d->b->unit);
    }

    d->priced[part] |= 1ull << i;

    return 1;
}


/* ---- what a rule is about ---- */

static int
business_kin(xsell_drafts_t *d, uint32_t i, unsigned part, size_t off,
    const xsell_value_t *v)
{
    int            same;
    size_t         k;
    uint64_t       bit;
    xsell_value_t  e;

    same = strcmp(d->key, "same") == 0;
    bit = 1ull << i;

    for (k = 0; xsell_draft_element(v, k, &e); k++) {

        if (e.kind == XSELL_JSON_TEXT && e.text.n == 5
            && memcmp(e.text.p, "brand", 5) == 0)
        {
            d->b->brand[same] |= bit;

        } else if (e.kind == XSELL_JSON_TEXT && e.text.n == 8
                   && memcmp(e.text.p, "category", 8) == 0)
        {
            d->b->category[same] |= bit;

        } else {
            return xsell_draft_fail(d, xsell_business_place(d, off, k),
                                    "neither \"brand\" nor \"category\"");
        }
    }

    d->b->relative |= bit;

    return k ? 1 : xsell_draft_fail(d, off, "an empty list");
}


static int
business_ratio(xsell_drafts_t *d, uint32_t i, unsigned part, size_t off,
    const xsell_value_t *v)
{
    double  range[2];

    if (!xsell_draft_range(d, off, v, 0, BUSINESS_RATIO_MAX, range)) {
        return 0;
    }

    d->b->rule[i].ratio[0] = (float) range[0];
    d->b->rule[i].ratio[1] = (float) range[1];
    d->b->priced |= 1ull << i;
    d->b->relative |= 1ull << i;

    return 1;
}


static int
business_difference(xsell_drafts_t *d, uint32_t i, unsigned part, size_t off,
    const xsell_value_t *v)
{
    double  range[2];

    if (!xsell_draft_range(d, off, v, -BUSINESS_PRICE_MAX, BUSINESS_PRICE_MAX,
                        range))
    {
        return 0;
    }

    d->b->rule[i].difference[0] = llround(range[0] * d->b->unit);
    d->b->rule[i].difference[1] = llround(range[1] * d->b->unit);
    d->b->priced |= 1ull << i;
    d->b->relative |= 1ull << i;

    return 1;
}


/* part: the key's number among those of a rule */

int
xsell_draft_what(xsell_drafts_t *d, uint32_t i, unsigned part, size_t off,
    const xsell_value_t *v)
{
    unsigned       k;
    uint64_t       any;
    xsell_draft_at_t  at;

    if (v->kind != XSELL_JSON_OBJECT) {
        return xsell_draft_kind(d, off, v, "which items, such as { \"tag\": "
                                "\"sale\" }");
    }

    at.doc = v->node;
    at.off = off;

    if (!xsell_draft_walk(d, i, XSELL_RULE_WHAT, business_what_keys, &at,
                       "what a rule is about"))
    {
        return 0;
    }

    any = d->priced[XSELL_RULE_WHAT] | d->b->relative;

    for (k = 0; k < XSELL_TERM_KINDS; k++) {
        any |= d->listed[XSELL_RULE_WHAT][k];
    }

    if ((any & 1ull << i) == 0) {
        return xsell_draft_fail(d, off, "it names no items: write item, "
                                "category, brand, tag, price, same, "
                                "different, ratio or difference");
    }

    if (part < XSELL_DOS) {
        d->b->rule[i].action = (uint8_t) part;
    }

    return 1;
}


int
xsell_draft_pin(xsell_drafts_t *d, uint32_t i, unsigned part, size_t off,
    const xsell_value_t *v)
{
    uint32_t  before;

    before = d->n;
    d->b->rule[i].action = XSELL_DO_PIN;

    if (!business_terms(d, i, XSELL_RULE_WHAT, XSELL_TERM_ITEM, off, v)) {
        return 0;
    }

    return d->n - before <= XSELL_SLATE_MAX
           ? 1 : xsell_draft_fail(d, off, "more than %d items",
                                  XSELL_SLATE_MAX);
}

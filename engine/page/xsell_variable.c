
/*
 * The variables that a template may name: one table, from which the compiler
 * checks names, the errors suggest them, and the README lists them.  A name
 * that is not in it fails when the configuration is tested, not as a hole in
 * a page a week later; that is why an unknown name is an error here although
 * Mustache would render nothing.
 */

#include "xsell_page.h"

#include <stdio.h>


const xsell_variable_t  xsell_variables[XSELL_VARS] = {
    [XSELL_VAR_HEADING] = { "heading", XSELL_KIND_TEXT, 0,
        "the heading of the slot" },
    [XSELL_VAR_SLOT] = { "slot", XSELL_KIND_TEXT, 0,
        "the name of the slot" },
    [XSELL_VAR_STYLESHEET] = { "stylesheet", XSELL_KIND_URL, 0,
        "the address of the stylesheet" },
    [XSELL_VAR_LANG] = { "lang", XSELL_KIND_TEXT, 0,
        "the language tag, such as en" },
    [XSELL_VAR_COUNT] = { "count", XSELL_KIND_TEXT, 0,
        "how many items are shown" },
    [XSELL_VAR_ITEMS] = { "items", XSELL_KIND_LIST, 0,
        "the section that repeats for each item" },
    [XSELL_VAR_ID] = { "id", XSELL_KIND_TEXT, 1,
        "the item's id in the catalogue" },
    [XSELL_VAR_TITLE] = { "title", XSELL_KIND_TEXT, 1,
        "the item's name" },
    [XSELL_VAR_URL] = { "url", XSELL_KIND_URL, 1,
        "the link to the item's page" },
    [XSELL_VAR_IMAGE] = { "image", XSELL_KIND_URL, 1,
        "the address of the item's picture" },
    [XSELL_VAR_PRICE] = { "price", XSELL_KIND_TEXT, 1,
        "the price as the language writes it" },
    [XSELL_VAR_BRAND] = { "brand", XSELL_KIND_TEXT, 1,
        "the item's brand or maker" },
    [XSELL_VAR_CATEGORY] = { "category", XSELL_KIND_TEXT, 1,
        "the last level of the item's category" },
    [XSELL_VAR_DESCRIPTION] = { "description", XSELL_KIND_TEXT, 1,
        "the item's description" },
    [XSELL_VAR_REASON] = { "reason", XSELL_KIND_TEXT, 1,
        "why it is offered, one word for class names" },
    [XSELL_VAR_WHY] = { "why", XSELL_KIND_TEXT, 1,
        "why it is offered, a sentence for people" },
    [XSELL_VAR_POSITION] = { "position", XSELL_KIND_TEXT, 1,
        "the item's place, from 1" },
    [XSELL_VAR_FIRST] = { "first", XSELL_KIND_CONDITION, 1,
        "true for the first item" },
    [XSELL_VAR_LAST] = { "last", XSELL_KIND_CONDITION, 1,
        "true for the last item" },
    [XSELL_VAR_AVAILABLE] = { "available", XSELL_KIND_CONDITION, 1,
        "true if the item can be ordered" }
};


/* Levenshtein distance of a name to one of ours, both short */

#define NAME_MAX_COMPARED  24

static unsigned
distance(xsell_str_t a, const char *b)
{
    size_t    i, j, n;
    unsigned  row[NAME_MAX_COMPARED + 1], diagonal, above, cost;

    n = strlen(b);

    if (a.n > NAME_MAX_COMPARED || n > NAME_MAX_COMPARED) {
        return NAME_MAX_COMPARED;
    }

    for (j = 0; j <= n; j++) {
        row[j] = j;
    }

    for (i = 1; i <= a.n; i++) {
        diagonal = row[0];
        row[0] = i;

        for (j = 1; j <= n; j++) {
            above = row[j];
            cost = diagonal + ((a.p[i - 1] | 0x20) != b[j - 1]);

            if (above + 1 < cost) {
                cost = above + 1;
            }

            if (row[j - 1] + 1 < cost) {
                cost = row[j - 1] + 1;
            }

            row[j] = cost;
            diagonal = above;
        }
    }

    return row[n];
}


int
xsell_variable_find(xsell_str_t name, unsigned *nearest)
{
    unsigned  i, d, least;

    least = ~0u;

    for (i = 0; i < XSELL_VARS; i++) {
        if (strlen(xsell_variables[i].name) == name.n
            && memcmp(xsell_variables[i].name, name.p, name.n) == 0)
        {
            return (int) i;
        }

        d = distance(name, xsell_variables[i].name);

        if (d < least) {
            least = d;
            *nearest = i;
        }
    }

    return -1;
}


static xsell_str_t
number(xsell_scene_t *s, uint32_t n)
{
    xsell_str_t  v;

    v.p = s->scratch;
    v.n = snprintf(s->scratch, sizeof(s->scratch), "%u", (unsigned) n);

    return v;
}


static xsell_str_t
last_level(xsell_str_t path)
{
    size_t  i;

    for (i = path.n; i >= 3; i--) {
        if (memcmp(path.p + i - 3, " > ", 3) == 0) {
            path.p += i;
            path.n -= i;
            break;
        }
    }

    return path;
}


static xsell_str_t
reason_word(unsigned reason)
{
    xsell_str_t  v;

    v.p = xsell_reason_name(reason);
    v.n = v.p ? strlen(v.p) : 0;

    return v;
}


static xsell_str_t
price(xsell_scene_t *s)
{
    xsell_str_t  v;

    v.p = s->scratch;
    v.n = xsell_price_format(s->scratch, s->f->lang,
                             xsell_catalog_currency(s->f->catalog),
                             xsell_catalog_exponent(s->f->catalog),
                             s->item->price);
    return v;
}


/* the compiler has seen to it that s->item is there when it is asked */

static xsell_str_t
item_value(xsell_scene_t *s, unsigned var)
{
    xsell_str_t          none = { "", 0 };
    const xsell_card_t  *card;

    card = &s->f->card[s->card];

    switch (var) {

    case XSELL_VAR_ID:
        return s->item->id;

    case XSELL_VAR_TITLE:
        return s->item->title;

    case XSELL_VAR_URL:
        return card->url;

    case XSELL_VAR_IMAGE:
        return s->item->image;

    case XSELL_VAR_PRICE:
        return price(s);

    case XSELL_VAR_BRAND:
        return s->item->brand;

    case XSELL_VAR_CATEGORY:
        return last_level(s->item->category);

    case XSELL_VAR_DESCRIPTION:
        return s->item->description;

    case XSELL_VAR_REASON:
        return reason_word(card->reason);

    case XSELL_VAR_WHY:
        return xsell_reason_sentence(s->f->lang, card->reason);

    case XSELL_VAR_POSITION:
        return number(s, s->position);

    default:
        return none;
    }
}


xsell_str_t
xsell_variable_value(xsell_scene_t *s, unsigned var)
{
    switch (var) {

    case XSELL_VAR_HEADING:
        return s->f->title.n ? s->f->title
                             : xsell_default_heading(s->f->lang);

    case XSELL_VAR_SLOT:
        return s->f->slot;

    case XSELL_VAR_STYLESHEET:
        return s->f->css;

    case XSELL_VAR_LANG:
        return s->f->lang;

    case XSELL_VAR_COUNT:
        return number(s, s->count);

    default:
        return item_value(s, var);
    }
}


int
xsell_variable_true(xsell_scene_t *s, unsigned var)
{
    xsell_str_t  v;

    switch (var) {

    case XSELL_VAR_ITEMS:
    case XSELL_VAR_COUNT:
        return s->count > 0;

    case XSELL_VAR_PRICE:
        return s->item->price >= 0;         /* and don't write it twice */

    case XSELL_VAR_FIRST:
        return s->position == 1;

    case XSELL_VAR_LAST:
        return s->position == s->count;

    case XSELL_VAR_AVAILABLE:
        return s->item->availability != XSELL_OUT_OF_STOCK
               && s->item->availability != XSELL_DISCONTINUED;
    }

    v = xsell_variable_value(s, var);

    /* a picture that must not be loaded is no picture: the placeholder */

    if (xsell_variables[var].kind == XSELL_KIND_URL) {
        return xsell_url_safe(v);
    }

    return v.n > 0;
}


/*
 * The variables that a template may name: one table, from which the compiler
 * checks names, the errors suggest them, and the README lists them; and what
 * they mean for a fragment, for the interpreter.  Names become numbers when
 * the template is compiled, so a rendering looks up nothing.
 *
 * A name that is not in the table fails when the configuration is tested, not
 * as a hole in a page a week later; that is why an unknown name is an error
 * here although Mustache would render nothing.  Beside the table there is
 * strings.KEY, a sentence of the shop in the page's language; its number is
 * XSELL_VARS and more.
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
    [XSELL_VAR_CURRENCY] = { "currency", XSELL_KIND_TEXT, 0,
        "the catalogue's currency, such as EUR" },
    [XSELL_VAR_COUNT] = { "count", XSELL_KIND_NUMBER, 0,
        "how many items are shown" },
    [XSELL_VAR_WHY_ALL] = { "why_all", XSELL_KIND_TEXT, 0,
        "why all items are offered, if they have one reason" },
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
    [XSELL_VAR_AMOUNT] = { "amount", XSELL_KIND_TEXT, 1,
        "the price for programs, such as 12.50" },
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
    [XSELL_VAR_RULE] = { "rule", XSELL_KIND_TEXT, 1,
        "the name of the shop's rule that brought or moved it, if one did" },
    [XSELL_VAR_POSITION] = { "position", XSELL_KIND_NUMBER, 1,
        "the item's place, from 1" },
    [XSELL_VAR_FIRST] = { "first", XSELL_KIND_CONDITION, 1,
        "true for the first item" },
    [XSELL_VAR_LAST] = { "last", XSELL_KIND_CONDITION, 1,
        "true for the last item" },
    [XSELL_VAR_AVAILABLE] = { "available", XSELL_KIND_CONDITION, 1,
        "true if the item can be ordered" }
};


/* ---- names ---- */

#define NAME_MAX_COMPARED  24

unsigned
xsell_name_distance(xsell_str_t a, xsell_str_t b)
{
    size_t    i, j;
    unsigned  row[NAME_MAX_COMPARED + 1], diagonal, above, cost;

    if (a.n > NAME_MAX_COMPARED || b.n > NAME_MAX_COMPARED) {
        return NAME_MAX_COMPARED;
    }

    for (j = 0; j <= b.n; j++) {
        row[j] = j;
    }

    for (i = 1; i <= a.n; i++) {
        diagonal = row[0];
        row[0] = i;

        for (j = 1; j <= b.n; j++) {
            above = row[j];
            cost = diagonal + ((a.p[i - 1] | 0x20) != (b.p[j - 1] | 0x20));

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

    return row[b.n];
}


static int
find(xsell_str_t name)
{
    int  i;

    for (i = 0; i < XSELL_VARS; i++) {
        if (strlen(xsell_variables[i].name) == name.n
            && memcmp(xsell_variables[i].name, name.p, name.n) == 0)
        {
            return i;
        }
    }

    return -1;
}


/* what other engines and feeds call them, too far from ours to be told by the
   letters */

static const struct {
    const char  *name;
    int          var;
} strangers[] = {
    { "name", XSELL_VAR_TITLE },
    { "label", XSELL_VAR_TITLE },
    { "link", XSELL_VAR_URL },
    { "href", XSELL_VAR_URL },
    { "img", XSELL_VAR_IMAGE },
    { "picture", XSELL_VAR_IMAGE },
    { "photo", XSELL_VAR_IMAGE },
    { "thumbnail", XSELL_VAR_IMAGE },
    { "sku", XSELL_VAR_ID },
    { "product_id", XSELL_VAR_ID },
    { "products", XSELL_VAR_ITEMS },
    { "recommendations", XSELL_VAR_ITEMS },
    { "index", XSELL_VAR_POSITION },
    { "language", XSELL_VAR_LANG },
    { "vendor", XSELL_VAR_BRAND },
    { "manufacturer", XSELL_VAR_BRAND }
};


static const xsell_variable_t *
stranger(xsell_str_t name)
{
    size_t  i;

    for (i = 0; i < sizeof(strangers) / sizeof(strangers[0]); i++) {
        if (strlen(strangers[i].name) == name.n
            && memcmp(strangers[i].name, name.p, name.n) == 0)
        {
            return &xsell_variables[strangers[i].var];
        }
    }

    return NULL;
}


/* also by what follows the last dot: other engines write item.title */

static void
suggest(xsell_str_t name, char wrong[XSELL_WRONG_MAX])
{
    size_t                   i;
    unsigned                 d, least;
    xsell_str_t              known, last;
    const xsell_variable_t  *v, *nearest;

    last = name;

    for (i = 0; i < name.n; i++) {
        if (name.p[i] == '.') {
            last.p = name.p + i + 1;
            last.n = name.n - i - 1;
        }
    }

    nearest = xsell_variables;
    least = ~0u;

    v = stranger(last);

    if (v) {
        nearest = v;
        least = 0;
    }

    for (i = 0; i < XSELL_VARS; i++) {
        v = &xsell_variables[i];
        known.p = v->name;
        known.n = strlen(v->name);
        d = xsell_name_distance(name, known);

        if (d > xsell_name_distance(last, known)) {
            d = xsell_name_distance(last, known);
        }

        if (d < least) {
            least = d;
            nearest = v;
        }
    }

    snprintf(wrong, XSELL_WRONG_MAX, "is no variable; did you mean \"%s\" "
             "(%s)?", nearest->name, nearest->what);
}


static int
resolve_string(xsell_strings_t *strings, xsell_str_t key,
    xsell_meaning_t *found, char wrong[XSELL_WRONG_MAX])
{
    int          i;
    xsell_str_t  nearest;

    i = xsell_strings_key(strings, key, &nearest);

    if (i < 0) {
        snprintf(wrong, XSELL_WRONG_MAX, "is in no strings.*.json, nor built "
                 "in; did you mean \"strings.%.*s\"?", (int) nearest.n,
                 nearest.p);
        return XSELL_EINVAL;
    }

    found->var = XSELL_VARS + i;
    found->kind = XSELL_KIND_TEXT;
    found->scope = 0;

    return XSELL_OK;
}


int
xsell_variable_resolve(xsell_strings_t *strings, xsell_str_t name,
    unsigned scopes, xsell_meaning_t *found, char wrong[XSELL_WRONG_MAX])
{
    int  i;

    if (name.n > 8 && memcmp(name.p, "strings.", 8) == 0) {
        name.p += 8;
        name.n -= 8;

        return resolve_string(strings, name, found, wrong);
    }

    i = find(name);

    if (i < 0 && name.n == 1 && name.p[0] == '.') {
        snprintf(wrong, XSELL_WRONG_MAX, "has no text: an item is more than "
                 "one; name what to show of it, as in {{title}}");
        return XSELL_EINVAL;
    }

    if (i < 0) {
        suggest(name, wrong);
        return XSELL_EINVAL;
    }

    if (xsell_variables[i].of_item && scopes == 0) {
        snprintf(wrong, XSELL_WRONG_MAX, "belongs to an item: it is known "
                 "only between {{#items}} and {{/items}}");
        return XSELL_EINVAL;
    }

    if (i == XSELL_VAR_ITEMS && scopes) {
        snprintf(wrong, XSELL_WRONG_MAX, "can't stand in itself");
        return XSELL_EINVAL;
    }

    found->var = i;
    found->kind = xsell_variables[i].kind;
    found->scope = i == XSELL_VAR_ITEMS;

    return XSELL_OK;
}


/* ---- values ---- */

static xsell_str_t
number(xsell_scene_t *s, uint32_t n)
{
    char         *p;
    xsell_str_t   v;

    p = s->scratch + sizeof(s->scratch);

    do {
        *--p = '0' + n % 10;
        n /= 10;
    } while (n);

    v.p = p;
    v.n = s->scratch + sizeof(s->scratch) - p;

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
reason_sentence(const xsell_scene_t *s, unsigned reason)
{
    xsell_str_t  none = { "", 0 };

    return reason > 0 && reason < XSELL_REASONS
           ? s->strings[XSELL_WORD_WHY + reason - 1] : none;
}


static xsell_str_t
price(xsell_scene_t *s, unsigned var)
{
    unsigned                exponent;
    xsell_str_t             v;
    const xsell_catalog_t  *cat;

    cat = s->f->catalog;
    exponent = xsell_catalog_exponent(cat);
    v.p = s->scratch;
    v.n = var == XSELL_VAR_AMOUNT
          ? xsell_amount_format(s->scratch, exponent, s->item->price)
          : xsell_price_format(s->scratch, s->locale,
                               xsell_catalog_currency(cat), exponent,
                               s->item->price);
    return v;
}


static xsell_str_t
item_text(const xsell_scene_t *s, unsigned text)
{
    return xsell_catalog_text(s->f->catalog, s->item, text);
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
        return item_text(s, XSELL_TEXT_ID);

    case XSELL_VAR_TITLE:
        return item_text(s, XSELL_TEXT_TITLE);

    case XSELL_VAR_URL:
        return s->f->links ? s->link.url : card->url;

    case XSELL_VAR_IMAGE:
        return item_text(s, XSELL_TEXT_IMAGE);

    case XSELL_VAR_PRICE:
    case XSELL_VAR_AMOUNT:
        return price(s, var);

    case XSELL_VAR_BRAND:
        return item_text(s, XSELL_TEXT_BRAND);

    case XSELL_VAR_CATEGORY:
        return last_level(item_text(s, XSELL_TEXT_CATEGORY));

    case XSELL_VAR_DESCRIPTION:
        return item_text(s, XSELL_TEXT_DESCRIPTION);

    case XSELL_VAR_REASON:
        return reason_word(card->reason);

    case XSELL_VAR_WHY:
        return reason_sentence(s, card->reason);

    case XSELL_VAR_RULE:
        return xsell_business_name(s->f->business, card->rule - 1u);

    case XSELL_VAR_POSITION:
        return number(s, s->position);

    default:
        return none;
    }
}


/* a view, good until the next call */

static xsell_str_t
value(xsell_scene_t *s, uint32_t var)
{
    if (var >= XSELL_VARS) {
        return s->strings[var - XSELL_VARS];
    }

    switch (var) {

    case XSELL_VAR_HEADING:
        return s->f->title.n ? s->f->title : s->strings[XSELL_WORD_HEADING];

    case XSELL_VAR_SLOT:
        return s->f->slot;

    case XSELL_VAR_STYLESHEET:
        return s->f->css;

    case XSELL_VAR_LANG:
        return s->f->lang;

    case XSELL_VAR_CURRENCY:
        return xsell_catalog_currency(s->f->catalog);

    case XSELL_VAR_COUNT:
        return number(s, s->count);

    case XSELL_VAR_WHY_ALL:
        return reason_sentence(s, s->why);

    default:
        return item_value(s, var);
    }
}


void
xsell_variable_put(void *scene, uint32_t var, unsigned escape,
    xsell_out_t *out)
{
    xsell_escape(out, escape, value(scene, var));
}


int
xsell_variable_true(void *scene, uint32_t var)
{
    xsell_str_t     v;
    xsell_scene_t  *s;

    s = scene;

    switch (var) {

    case XSELL_VAR_ITEMS:
    case XSELL_VAR_COUNT:
        return s->count > 0;

    case XSELL_VAR_PRICE:                   /* without writing it twice */
        return s->item->price >= 0
               && xsell_catalog_currency(s->f->catalog).n > 0;

    case XSELL_VAR_AMOUNT:
        return s->item->price >= 0;

    case XSELL_VAR_FIRST:
        return s->position == 1;

    case XSELL_VAR_LAST:
        return s->position == s->count;

    case XSELL_VAR_AVAILABLE:
        return s->item->availability != XSELL_OUT_OF_STOCK
               && s->item->availability != XSELL_DISCONTINUED;
    }

    v = value(s, var);

    /* a picture that must not be loaded is no picture: the placeholder */

    if (var < XSELL_VARS && xsell_variables[var].kind == XSELL_KIND_URL) {
        return xsell_url_safe(v);
    }

    return v.n > 0;
}


/* ---- the list of items ---- */

/* the first card from `i` on that has an item; 0 if there is none.  A card
   whose item the catalogue does not have is left out as if it were not
   there. */

static int
seek_card(xsell_scene_t *s, uint32_t i)
{
    for ( ; i < s->f->n; i++) {
        s->item = xsell_catalog_item(s->f->catalog, s->f->card[i].item);

        if (s->item) {
            s->card = i;
            return 1;
        }
    }

    return 0;
}


int
xsell_variable_enter(void *scene, uint32_t var)
{
    xsell_scene_t  *s;

    s = scene;
    s->position = 1;

    return seek_card(s, 0);
}


int
xsell_variable_next(void *scene, uint32_t var)
{
    xsell_scene_t  *s;

    s = scene;
    s->position++;

    return seek_card(s, s->card + 1);
}


/* said once for all of them it is no less true, and a page is not full of one
   sentence */

unsigned
xsell_scene_why(const xsell_fragment_t *f)
{
    uint32_t  i;

    for (i = 1; i < f->n; i++) {
        if (f->card[i].reason != f->card[0].reason) {
            return 0;
        }
    }

    return f->n > 1 ? f->card[0].reason : 0;
}


void
xsell_scene_init(xsell_scene_t *s, const xsell_fragment_t *f,
    const xsell_str_t *strings)
{
    uint32_t  i;

    s->f = f;
    s->item = NULL;
    s->locale = xsell_locale_of(f->lang);
    s->strings = strings;
    s->card = 0;
    s->position = 0;
    s->count = 0;
    s->why = xsell_scene_why(f);

    for (i = 0; i < f->n; i++) {
        s->count += xsell_catalog_item(f->catalog, f->card[i].item) != NULL;
    }
}

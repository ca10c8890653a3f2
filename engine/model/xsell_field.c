
/*
 * xsell_field.c: the fields of one item, from the values of its JSON object
 * to what the catalogue keeps; everything that can be wrong with an item.
 *
 * xsell_build.c calls it once an item.  An item without id, title or link is
 * refused, one with an id that was seen before is left out, any other bad
 * value is warned about and counts as absent.
 *
 * Invariants: texts are trimmed, without control characters, valid UTF-8 (by
 * the JSON reader); brand, category and tags are in the catalogue already, the
 * rest is in the build's buffer until the item is appended.
 */

#include "xsell_build.h"

#include <stdio.h>
#include <string.h>


static int field_required(xsell_build_t *b, unsigned field, const char *name,
    xsell_str_t *out);
static int field_id(xsell_build_t *b, xsell_draft_t *draft);
static int field_title(xsell_build_t *b, xsell_draft_t *draft);
static int field_url(xsell_build_t *b, xsell_draft_t *draft);
static void field_image(xsell_build_t *b, xsell_draft_t *draft);
static int field_money(xsell_build_t *b, xsell_draft_t *draft);
static int field_currency(xsell_build_t *b, unsigned field, xsell_str_t code);
static void field_availability(xsell_build_t *b, xsell_draft_t *draft);
static void field_cost(xsell_build_t *b, xsell_draft_t *draft);
static void field_rating(xsell_build_t *b, xsell_draft_t *draft);
static void field_no_value(xsell_build_t *b, unsigned field);
static int field_named(xsell_build_t *b, unsigned field,
    xsell_intern_t *names, uint32_t *idx);
static int field_category(xsell_build_t *b, xsell_str_t *out);
static void field_tags(xsell_build_t *b, xsell_str_t *out);
static int field_words(xsell_build_t *b, unsigned field, const char *first);
static void field_tag(xsell_build_t *b, const char *first, xsell_str_t s);
static int field_plain(xsell_build_t *b, unsigned field, xsell_str_t *out);
static xsell_str_t field_value(const xsell_value_t *v, char number[64]);
static xsell_str_t field_number(const xsell_value_t *v, char number[64]);


int
xsell_build_fields(xsell_build_t *b, xsell_draft_t *draft)
{
    int  i, rc;

    memset(draft, 0, sizeof(*draft));

    for (i = 0; i < XSELL_TEXT_OWN; i++) {
        draft->text[i].p = "";
    }

    draft->item.price = -1;

    if ((rc = field_id(b, draft)) != XSELL_OK
        || (rc = field_title(b, draft)) != XSELL_OK
        || (rc = field_url(b, draft)) != XSELL_OK
        || (rc = field_money(b, draft)) != XSELL_OK
        || (rc = field_named(b, XSELL_FIELD_BRAND, &b->brands,
                             &draft->item.brand_idx)) != XSELL_OK
        || (rc = field_named(b, XSELL_FIELD_CATEGORY, &b->categories,
                             &draft->item.category_idx)) != XSELL_OK
        || (rc = field_named(b, XSELL_FIELD_TAGS, &b->tags,
                             &draft->item.tags_idx)) != XSELL_OK
        || (rc = field_named(b, XSELL_FIELD_GROUP, &b->groups,
                             &draft->item.group_idx)) != XSELL_OK)
    {
        return rc;
    }

    field_image(b, draft);
    field_availability(b, draft);
    field_rating(b, draft);
    field_cost(b, draft);

    if (b->field[XSELL_FIELD_DESCRIPTION].key != NULL
        && !field_plain(b, XSELL_FIELD_DESCRIPTION,
                        &draft->text[XSELL_TEXT_DESCRIPTION]))
    {
        xsell_build_warn(b, XSELL_FIELD_DESCRIPTION, "\"description\" is %s: "
                         "left out", xsell_json_kind(
                             b->field[XSELL_FIELD_DESCRIPTION].value.kind));
    }

    return XSELL_OK;
}


/* a text that no item can do without */

static int
field_required(xsell_build_t *b, unsigned field, const char *name,
    xsell_str_t *out)
{
    const xsell_build_field_t  *f;

    f = &b->field[field];

    if (f->key == NULL) {
        return xsell_build_fail(b, field, "no \"%s\": every item needs one",
                                name);
    }

    if (!field_plain(b, field, out)) {
        return xsell_build_fail(b, field, "\"%s\" is %s: write it as text",
                                f->key, xsell_json_kind(f->value.kind));
    }

    if (out->n == 0) {
        return xsell_build_fail(b, field, "\"%s\" is empty", f->key);
    }

    return XSELL_OK;
}


static int
field_id(xsell_build_t *b, xsell_draft_t *draft)
{
    int          rc;
    uint32_t     first;
    xsell_str_t  id, raw;

    rc = field_required(b, XSELL_FIELD_ID, "id", &id);

    if (rc != XSELL_OK) {
        return rc;
    }

    if (id.n > XSELL_ID_MAX) {
        return xsell_build_fail(b, XSELL_FIELD_ID, "\"id\" has %zu bytes, at "
                                "most %d are possible", id.n, XSELL_ID_MAX);
    }

    /* field_plain makes spaces of controls; two ids must not become one */

    raw = xsell_trim(b->field[XSELL_FIELD_ID].value.text);

    if (raw.n && memcmp(raw.p, id.p, id.n) != 0) {
        return xsell_build_fail(b, XSELL_FIELD_ID,
                                "\"id\" has a control character");
    }

    draft->text[XSELL_TEXT_ID] = id;
    xsell_printable(b->name, sizeof(b->name), id);

    first = xsell_catalog_find(b->cat, id.p, id.n);

    if (first != XSELL_NO_ITEM) {
        xsell_build_warn(b, XSELL_FIELD_ID,
                         "the id was used before, in line %u: this item is "
                         "left out", b->lines[first]);
        return XSELL_NONE;
    }

    return XSELL_OK;
}


static int
field_title(xsell_build_t *b, xsell_draft_t *draft)
{
    return field_required(b, XSELL_FIELD_TITLE, "title",
                          &draft->text[XSELL_TEXT_TITLE]);
}


static int
field_url(xsell_build_t *b, xsell_draft_t *draft)
{
    const char                 *why;
    xsell_str_t                *url;
    const xsell_build_field_t  *f;

    f = &b->field[XSELL_FIELD_URL];
    url = &draft->text[XSELL_TEXT_URL];

    if (f->key == NULL) {
        return xsell_build_fail(b, XSELL_FIELD_URL,
                                "no \"url\": give every item the link of its "
                                "page");
    }

    url->p = b->buf.p + b->buf.n;

    if (f->value.kind != XSELL_JSON_TEXT) {
        return xsell_build_fail(b, XSELL_FIELD_URL,
                                "\"%s\" is %s: write it as text", f->key,
                                xsell_json_kind(f->value.kind));
    }

    if (xsell_item_link(&b->buf, f->value.text, 0, &why) != XSELL_OK) {
        return xsell_build_fail(b, XSELL_FIELD_URL, "\"%s\" %s", f->key, why);
    }

    url->n = (size_t) (b->buf.p + b->buf.n - url->p);

    return XSELL_OK;
}


static void
field_image(xsell_build_t *b, xsell_draft_t *draft)
{
    char           *start;
    const char     *why;
    xsell_value_t   v;

    v = b->field[XSELL_FIELD_IMAGE].value;

    /* schema.org allows several: the first one is the main one */

    if (v.kind == XSELL_JSON_LIST) {
        xsell_json_element(&v, 0, &v);
    }

    if (v.kind == XSELL_JSON_NONE) {
        return;
    }

    start = b->buf.p + b->buf.n;
    why = "is no text";

    if (v.kind != XSELL_JSON_TEXT
        || xsell_item_link(&b->buf, v.text, 1, &why) != XSELL_OK)
    {
        xsell_build_warn(b, XSELL_FIELD_IMAGE,
                         "\"%s\" %s: shown without a picture",
                         b->field[XSELL_FIELD_IMAGE].key, why);
        b->buf.n = (size_t) (start - b->buf.p);
        return;
    }

    draft->text[XSELL_TEXT_IMAGE].p = start;
    draft->text[XSELL_TEXT_IMAGE].n = (size_t) (b->buf.p + b->buf.n - start);
}


/* price and currency, which may stand together: "12.50 EUR" */

static int
field_money(xsell_build_t *b, xsell_draft_t *draft)
{
    int              rc;
    char             number[64], text[32];
    xsell_str_t      s, digits, code;
    xsell_value_t   *v;

    v = &b->field[XSELL_FIELD_CURRENCY].value;

    if (v->kind != XSELL_JSON_NONE) {
        s = xsell_trim(field_value(v, number));

        if (xsell_currency_valid(s.p, s.n)) {
            rc = field_currency(b, XSELL_FIELD_CURRENCY, s);

            if (rc != XSELL_OK) {
                return rc;
            }

        } else {
            xsell_build_warn(b, XSELL_FIELD_CURRENCY,
                             "\"currency\" is no ISO 4217 code such as EUR: "
                             "left out");
        }
    }

    v = &b->field[XSELL_FIELD_PRICE].value;

    if (v->kind == XSELL_JSON_NONE) {
        return XSELL_OK;
    }

    s = field_number(v, number);
    (void) xsell_price_split(s, &digits, &code);

    if (xsell_price_scale(digits.p, digits.n, XSELL_BUILD_DIGITS,
                          XSELL_BUILD_MAX, &draft->item.price)
        != XSELL_OK)
    {
        xsell_build_warn(b, XSELL_FIELD_PRICE,
                         "\"price\" \"%s\" is no price: write it like 12.50; "
                         "left out", xsell_printable(text, sizeof(text), s));
        return XSELL_OK;
    }

    /* only now: the end of "free" is no currency */

    return code.n ? field_currency(b, XSELL_FIELD_PRICE, code) : XSELL_OK;
}


static int
field_currency(xsell_build_t *b, unsigned field, xsell_str_t code)
{
    int       i;
    char      upper[4];
    unsigned  column;

    for (i = 0; i < 3; i++) {
        upper[i] = (char) (code.p[i] & ~0x20);
    }

    upper[3] = '\0';

    if (b->cat->currency[0] == '\0') {
        memcpy(b->cat->currency, upper, 4);
        b->cat->exponent = xsell_currency_exponent(upper);
        xsell_json_where(&b->reader, b->field[field].key, &b->currency_line,
                         &column);
        return XSELL_OK;
    }

    if (memcmp(b->cat->currency, upper, 3) == 0) {
        return XSELL_OK;
    }

    return xsell_build_fail(b, field,
                            "currency %s, but line %u has %s: a shop has one "
                            "currency, make a catalogue for each", upper,
                            b->currency_line, b->cat->currency);
}


/* what the shop pays for it: of that only the share is kept */

static void
field_cost(xsell_build_t *b, xsell_draft_t *draft)
{
    char            number[64], text[32];
    int64_t         cost, price;
    xsell_str_t     s, digits, code;
    xsell_value_t  *v;

    v = &b->field[XSELL_FIELD_COST].value;
    price = draft->item.price;

    if (v->kind == XSELL_JSON_NONE || price <= 0) {
        return;
    }

    s = field_number(v, number);
    (void) xsell_price_split(s, &digits, &code);

    if (xsell_price_scale(digits.p, digits.n, XSELL_BUILD_DIGITS,
                          XSELL_BUILD_MAX, &cost)
        != XSELL_OK)
    {
        xsell_build_warn(b, XSELL_FIELD_COST,
                         "\"cost\" \"%s\" is no price: write it like 12.50; "
                         "left out", xsell_printable(text, sizeof(text), s));
        return;
    }

    /* sold below it: nothing is earned */

    cost = cost < price ? cost : price;
    draft->item.margin = (uint8_t) (1 + (int) (100 * (double) (price - cost)
                                               / (double) price));
}


static void
field_availability(xsell_build_t *b, xsell_draft_t *draft)
{
    int                   value;
    char                  number[64];
    xsell_str_t           s;
    const xsell_value_t  *v;

    v = &b->field[XSELL_FIELD_AVAILABILITY].value;

    if (v->kind == XSELL_JSON_NONE) {
        return;
    }

    s = field_value(v, number);
    value = xsell_item_availability(s);

    if (value < 0) {
        xsell_build_odd(b, s);
        return;
    }

    draft->item.availability = (uint8_t) value;
}


/* stars, which nobody has to have, of how many people (1 if it doesn't say) */

static void
field_rating(xsell_build_t *b, xsell_draft_t *draft)
{
    char            number[64];
    int64_t         stars, n;
    xsell_str_t     s;
    xsell_value_t  *v;

    v = &b->field[XSELL_FIELD_RATING].value;

    if (v->kind == XSELL_JSON_NONE) {
        return;
    }

    s = field_number(v, number);

    if (xsell_price_scale(s.p, s.n, 2, 500, &stars) != XSELL_OK) {
        xsell_build_warn(b, XSELL_FIELD_RATING,
                         "\"rating\" is no number from 0 to 5: left out");
        return;
    }

    v = &b->field[XSELL_FIELD_RATING_N].value;
    n = 1;

    if (v->kind != XSELL_JSON_NONE) {
        s = field_number(v, number);

        if (xsell_price_scale(s.p, s.n, 0, UINT32_MAX, &n) != XSELL_OK) {
            xsell_build_warn(b, XSELL_FIELD_RATING_N,
                             "\"rating_count\" is no number: 1 is taken");
        }
    }

    /* no star from nobody: how feeds write that there is no rating */

    if (n == 0 || stars == 0) {
        return;
    }

    draft->item.rating = (uint16_t) stars;
    draft->item.rating_n = (uint32_t) n;

    b->stars += (uint64_t) stars;
    b->ratings++;
}


static void
field_no_value(xsell_build_t *b, unsigned field)
{
    xsell_build_warn(b, field,
                     "\"%s\" is %s, which is no value for it: left out",
                     b->field[field].key,
                     xsell_json_kind(b->field[field].value.kind));
}


/* brand, category, tags, group: many items, few texts */

static int
field_named(xsell_build_t *b, unsigned field, xsell_intern_t *names,
    uint32_t *idx)
{
    int          ok;
    xsell_str_t  s;

    if (b->field[field].key == NULL && field != XSELL_FIELD_TAGS) {
        return XSELL_OK;
    }

    switch (field) {

    case XSELL_FIELD_CATEGORY:
        ok = field_category(b, &s);
        break;

    case XSELL_FIELD_TAGS:
        field_tags(b, &s);
        ok = 1;
        break;

    default:
        ok = field_plain(b, field, &s);
        break;
    }

    if (!ok) {
        field_no_value(b, field);
        return XSELL_OK;
    }

    if (s.n == 0) {
        return XSELL_OK;
    }

    if (s.n > XSELL_NAME_MAX) {
        xsell_build_warn(b, field, "\"%s\" is longer than 16 MiB: left out",
                         field == XSELL_FIELD_TAGS ? "tags"
                         : b->field[field].key);
        return XSELL_OK;
    }

    *idx = xsell_intern(names, s);

    if (*idx == 0) {
        return xsell_build_nomem(b);
    }

    return XSELL_OK;
}


/* "A > B"; ["A", "B"]; Merchant's list of whole paths, the first counts */

static int
field_category(xsell_build_t *b, xsell_str_t *out)
{
    char                  number[64];
    size_t                i, level;
    xsell_str_t           s;
    xsell_value_t         e;
    const xsell_value_t  *v;

    v = &b->field[XSELL_FIELD_CATEGORY].value;
    out->p = b->buf.p + b->buf.n;

    if (v->kind != XSELL_JSON_LIST) {
        s = field_value(v, number);

        if (s.p == NULL) {
            return 0;
        }

        xsell_item_path(&b->buf, s);

    } else {

        for (i = 0; i < (size_t) v->integer; i++) {
            xsell_json_element(v, i, &e);
            s = xsell_trim(field_value(&e, number));

            if (s.p == NULL) {
                return 0;
            }

            if (s.n == 0) {
                continue;
            }

            if (i > 0 && memchr(s.p, '>', s.n)) {
                break;
            }

            level = b->buf.n;

            if (b->buf.p + level != out->p) {
                memcpy(b->buf.p + level, " > ", 3);
                b->buf.n += 3;
            }

            xsell_item_path(&b->buf, s);

            if (memchr(s.p, '>', s.n)) {
                break;
            }
        }
    }

    out->n = (size_t) (b->buf.p + b->buf.n - out->p);

    return 1;
}


/* what an item is like in the shop's own words: its tags, and what galleries
   and bookshops have fields for.  One a line. */

static void
field_tags(xsell_build_t *b, xsell_str_t *out)
{
    size_t    n;
    unsigned  field;

    out->p = b->buf.p + b->buf.n;

    for (field = XSELL_FIELD_TAGS; field <= XSELL_FIELD_STYLE; field++) {
        n = b->buf.n;

        if (b->field[field].key && !field_words(b, field, out->p)) {
            b->buf.n = n;
            field_no_value(b, field);
        }
    }

    out->n = (size_t) (b->buf.p + b->buf.n - out->p);
}


/* ["a", "b"] or "a, b"; 0: neither */

static int
field_words(xsell_build_t *b, unsigned field, const char *first)
{
    char                  number[64];
    size_t                i, n;
    xsell_str_t           s;
    const char           *comma;
    xsell_value_t         e;
    const xsell_value_t  *v;

    v = &b->field[field].value;
    n = v->kind == XSELL_JSON_LIST ? (size_t) v->integer : 0;

    for (i = 0; i < n; i++) {
        xsell_json_element(v, i, &e);
        s = field_value(&e, number);

        if (s.p == NULL) {
            return 0;
        }

        field_tag(b, first, s);
    }

    if (v->kind != XSELL_JSON_LIST) {
        s = field_value(v, number);

        if (s.p == NULL) {
            return 0;
        }

        while ((comma = memchr(s.p, ',', s.n)) != NULL) {
            e.text.p = s.p;
            e.text.n = (size_t) (comma - s.p);
            field_tag(b, first, e.text);
            s.n -= e.text.n + 1;
            s.p = comma + 1;
        }

        field_tag(b, first, s);
    }

    return 1;
}


static void
field_tag(xsell_build_t *b, const char *first, xsell_str_t s)
{
    s = xsell_trim(s);

    if (s.n == 0) {
        return;
    }

    if (b->buf.p + b->buf.n != first) {
        b->buf.p[b->buf.n++] = '\n';
    }

    xsell_item_text(&b->buf, s);
}


/* text as it is, an integer as its digits; 0 for anything else */

static int
field_plain(xsell_build_t *b, unsigned field, xsell_str_t *out)
{
    char         number[64];
    xsell_str_t  s;

    if (b->field[field].key == NULL) {
        return 0;
    }

    s = field_value(&b->field[field].value, number);

    if (s.p == NULL) {
        return 0;
    }

    out->p = b->buf.p + b->buf.n;
    xsell_item_text(&b->buf, xsell_trim(s));
    out->n = (size_t) (b->buf.p + b->buf.n - out->p);

    return 1;
}


static xsell_str_t
field_value(const xsell_value_t *v, char number[64])
{
    xsell_str_t  s;

    s.p = NULL;
    s.n = 0;

    if (v->kind == XSELL_JSON_TEXT) {
        return v->text;
    }

    if (v->kind == XSELL_JSON_INTEGER) {
        s.p = number;
        s.n = (size_t) snprintf(number, 64, "%lld", (long long) v->integer);
    }

    return s;
}


static xsell_str_t
field_number(const xsell_value_t *v, char number[64])
{
    xsell_str_t  s;

    if (v->kind != XSELL_JSON_REAL) {
        return field_value(v, number);
    }

    /* six places give back what the feed wrote: 1.15, not 1.1499... */

    s.p = number;
    s.n = (size_t) snprintf(number, 64, "%.*f", XSELL_BUILD_DIGITS, v->real);

    if (s.n >= 64) {
        s.n = 0;
    }

    return s;
}

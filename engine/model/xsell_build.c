
/*
 * xsell_build.c: JSON to catalogue, the way in for everything that a shop
 * says about its items.
 *
 * Each object is read into a row of fields (a key, or an alias that Google
 * Merchant uses for it), checked, and appended.  What can't be shown or
 * linked (no id, no title, a link that is none) refuses the whole file, so
 * that `nginx -t` finds it; what is only wrong in part (a price, a word for
 * availability) is warned about and left out.
 *
 * Invariants: a message says which item, which line, what to do; warnings
 * are bounded, whatever the file; on failure nothing is left behind.
 *
 * Prices wait in millionths until the end, because the currency, and with it
 * the size of a minor unit, may stand in a later item.  Not taken: skipping
 * bad items and going on: a feed that lost its links would silently become a
 * shop without offers.
 */

#include "xsell_catalog.h"
#include "xsell_json.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>


#define XSELL_TEXT_MAX       (2048ull * 1024 * 1024)
#define XSELL_KEY_WARNINGS   10
#define XSELL_ITEM_WARNINGS  20
#define XSELL_UNKNOWN_KEYS   64

/* prices while building: 10^-6, up to 10^10 of the currency */
#define XSELL_BUILD_DIGITS   6
#define XSELL_BUILD_MAX      (XSELL_PRICE_MAX * 10000)

enum {
    FIELD_ID = 0,
    FIELD_TITLE,
    FIELD_URL,
    FIELD_IMAGE,
    FIELD_PRICE,
    FIELD_CURRENCY,
    FIELD_AVAILABILITY,
    FIELD_CATEGORY,
    FIELD_BRAND,
    FIELD_TAGS,
    FIELD_DESCRIPTION,
    FIELD_GROUP,
    FIELDS
};


/* sorted by name; of several keys for one field the lowest rank counts */

static const struct {
    const char  *name;
    uint8_t      field;
    uint8_t      rank;
} build_keys[] = {
    { "availability",            FIELD_AVAILABILITY, 0 },
    { "brand",                   FIELD_BRAND,        0 },
    { "category",                FIELD_CATEGORY,     0 },
    { "currency",                FIELD_CURRENCY,     0 },
    { "description",             FIELD_DESCRIPTION,  0 },
    { "google_product_category", FIELD_CATEGORY,     2 },
    { "group",                   FIELD_GROUP,        0 },
    { "id",                      FIELD_ID,           0 },
    { "image",                   FIELD_IMAGE,        0 },
    { "image_link",              FIELD_IMAGE,        1 },
    { "item_group_id",           FIELD_GROUP,        1 },
    { "link",                    FIELD_URL,          1 },
    { "price",                   FIELD_PRICE,        0 },
    { "product_type",            FIELD_CATEGORY,     1 },
    { "tags",                    FIELD_TAGS,         0 },
    { "title",                   FIELD_TITLE,        0 },
    { "url",                     FIELD_URL,          0 }
};


typedef struct {
    const char          *key;           /* as the file spells it */
    unsigned             rank;
    xsell_value_t        value;
} build_field_t;


typedef struct {
    xsell_catalog_t     *cat;
    xsell_json_reader_t  reader;
    xsell_warn_pt        warn;
    void                *ctx;
    xsell_error_t       *err;

    build_field_t        field[FIELDS];
    char                 name[64];      /* of the item, for messages */
    xsell_buf_t          buf;
    unsigned             currency_line;

    uint32_t            *lines;         /* of the accepted items */
    uint32_t             lines_room;

    xsell_intern_t       brands;
    xsell_intern_t       categories;
    xsell_intern_t       tags;
    xsell_intern_t       groups;
    xsell_pool_t         scratch;       /* what the catalogue doesn't keep */

    uint64_t             unknown[XSELL_UNKNOWN_KEYS];
    uint32_t             unknown_n;
    uint32_t             key_warnings;
    uint32_t             item_warnings;
    uint64_t             more;          /* not delivered */
} build_t;


static int build_all(build_t *b);
static void build_fields(build_t *b, const xsell_json_t *doc);
static void build_unknown(build_t *b, const char *key);
static int build_item(build_t *b);
static int build_room(build_t *b);
static int build_id(build_t *b, xsell_item_t *item);
static int build_title(build_t *b, xsell_item_t *item);
static int build_url(build_t *b, xsell_item_t *item);
static void build_image(build_t *b, xsell_item_t *item);
static int build_money(build_t *b, xsell_item_t *item);
static int build_currency(build_t *b, unsigned field, xsell_str_t code);
static void build_availability(build_t *b, xsell_item_t *item);
static int build_named(build_t *b, unsigned field, xsell_intern_t *names,
    xsell_pool_t *pool, uint32_t *idx, xsell_str_t *text);
static int build_category(build_t *b, xsell_str_t *out);
static int build_tags(build_t *b, xsell_str_t *out);
static void build_tag(build_t *b, const char *first, xsell_str_t s);
static int build_plain(build_t *b, unsigned field, xsell_str_t *out);
static int build_add(build_t *b, const xsell_item_t *item);
static int build_finish(build_t *b);
static xsell_str_t build_value(const xsell_value_t *v, char number[64]);
static int build_fail(build_t *b, unsigned field, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
static void build_warn(build_t *b, unsigned field, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
static int build_nomem(build_t *b);


int
xsell_catalog_create(xsell_catalog_t **cat, const char *text, size_t n,
    xsell_warn_pt warn, void *ctx, xsell_error_t *err)
{
    int                   rc;
    build_t               b;
    xsell_error_t         e;
    static const uint8_t  key[16] = "xsell catalogue";

    *cat = NULL;

    if (n > XSELL_TEXT_MAX) {
        return xsell_fail(err, XSELL_EINVAL, 0, 0, "the catalogue is larger "
                          "than 2 GiB: split the shop");
    }

    memset(&b, 0, sizeof(b));

    b.warn = warn;
    b.ctx = ctx;
    b.err = err;
    b.cat = xsell_catalog_new(xsell_siphash(key, text, n));

    if (b.cat == NULL) {
        return build_nomem(&b);
    }

    xsell_json_reader_init(&b.reader, text, n);

    rc = build_all(&b);

    if (b.more && warn) {
        memset(&e, 0, sizeof(e));
        xsell_fail(&e, XSELL_OK, 0, 0, "and %llu more warnings",
                   (unsigned long long) b.more);
        warn(ctx, &e);
    }

    free(b.buf.p);
    free(b.lines);
    xsell_intern_deinit(&b.brands);
    xsell_intern_deinit(&b.categories);
    xsell_intern_deinit(&b.tags);
    xsell_intern_deinit(&b.groups);
    xsell_pool_deinit(&b.scratch);

    if (rc != XSELL_OK) {
        xsell_catalog_destroy(b.cat);
        return rc;
    }

    *cat = b.cat;

    return XSELL_OK;
}


static int
build_all(build_t *b)
{
    int            rc;
    xsell_json_t  *doc;

    for ( ;; ) {
        rc = xsell_json_next(&b->reader, &doc, b->err);

        if (rc == XSELL_NONE) {
            return build_finish(b);
        }

        if (rc != XSELL_OK) {
            return rc;
        }

        build_fields(b, doc);
        rc = build_item(b);
        xsell_json_close(doc);

        if (rc != XSELL_OK) {
            return rc;
        }
    }
}


/* sorts an object's values into the row of fields */

static void
build_fields(build_t *b, const xsell_json_t *doc)
{
    int             c;
    void           *iter;
    unsigned        rank, lo, hi, mid;
    const char     *key, *name;
    xsell_value_t   v;
    build_field_t  *f;

    memset(b->field, 0, sizeof(b->field));
    b->name[0] = '\0';

    for (iter = xsell_json_each(doc, NULL, &key, &v);
         iter;
         iter = xsell_json_each(doc, iter, &key, &v))
    {
        name = strncmp(key, "g:", 2) == 0 ? key + 2 : key;

        lo = 0;
        hi = sizeof(build_keys) / sizeof(build_keys[0]);
        c = 1;
        mid = 0;

        while (lo < hi) {
            mid = (lo + hi) / 2;
            c = strcmp(name, build_keys[mid].name);

            if (c == 0) {
                break;
            }

            if (c < 0) {
                hi = mid;

            } else {
                lo = mid + 1;
            }
        }

        if (c != 0) {
            build_unknown(b, key);
            continue;
        }

        if (v.kind == XSELL_JSON_NONE) {
            continue;
        }

        f = &b->field[build_keys[mid].field];
        rank = build_keys[mid].rank * 2u + (name != key);

        if (f->key == NULL || rank < f->rank) {
            f->key = key;
            f->rank = rank;
            f->value = v;
        }
    }
}


/* once for the whole file: most feeds have keys that are nobody's mistake */

static void
build_unknown(build_t *b, const char *key)
{
    char           text[64];
    uint32_t       i;
    uint64_t       hash;
    xsell_str_t    s;
    xsell_error_t  e;

    s.p = key;
    s.n = strlen(key);
    hash = xsell_siphash(b->cat->key, s.p, s.n);

    for (i = 0; i < b->unknown_n; i++) {
        if (b->unknown[i] == hash) {
            return;
        }
    }

    if (b->unknown_n == XSELL_UNKNOWN_KEYS) {
        return;
    }

    b->unknown[b->unknown_n++] = hash;

    if (b->warn == NULL) {
        return;
    }

    if (b->key_warnings == XSELL_KEY_WARNINGS) {
        b->more++;
        return;
    }

    b->key_warnings++;

    memset(&e, 0, sizeof(e));
    xsell_json_where(&b->reader, key, &e.line, &e.column);
    xsell_fail(&e, XSELL_OK, e.line, e.column,
               "key \"%s\" is not known and is not used",
               xsell_printable(text, sizeof(text), s));
    b->warn(b->ctx, &e);
}


/* one item: everything that can be wrong with it */

static int
build_item(build_t *b)
{
    int           rc;
    xsell_item_t  item;

    memset(&item, 0, sizeof(item));

    item.brand.p = "";
    item.category.p = "";
    item.tags.p = "";
    item.price = -1;
    item.ref = XSELL_NO_REF;

    rc = build_room(b);

    if (rc == XSELL_OK) {
        rc = build_id(b, &item);
    }

    if (rc == XSELL_NONE) {
        return XSELL_OK;
    }

    if (rc != XSELL_OK
        || (rc = build_title(b, &item)) != XSELL_OK
        || (rc = build_url(b, &item)) != XSELL_OK
        || (rc = build_money(b, &item)) != XSELL_OK
        || (rc = build_named(b, FIELD_BRAND, &b->brands, &b->cat->pool,
                             &item.brand_idx, &item.brand)) != XSELL_OK
        || (rc = build_named(b, FIELD_CATEGORY, &b->categories,
                             &b->cat->pool, &item.category_idx,
                             &item.category)) != XSELL_OK
        || (rc = build_named(b, FIELD_TAGS, &b->tags, &b->cat->pool,
                             NULL, &item.tags)) != XSELL_OK
        || (rc = build_named(b, FIELD_GROUP, &b->groups, &b->scratch,
                             &item.group_idx, NULL)) != XSELL_OK)
    {
        return rc;
    }

    build_image(b, &item);
    build_availability(b, &item);
    build_plain(b, FIELD_DESCRIPTION, &item.description);

    return build_add(b, &item);
}


/* for all texts of the item, so that none moves while others are made */

static int
build_room(build_t *b)
{
    char    *p;
    size_t   room;

    b->buf.n = 0;
    room = b->reader.len * 3 + 64;

    if (room <= b->buf.room) {
        return XSELL_OK;
    }

    p = realloc(b->buf.p, room);

    if (p == NULL) {
        return build_nomem(b);
    }

    b->buf.p = p;
    b->buf.room = room;

    return XSELL_OK;
}


static int
build_id(build_t *b, xsell_item_t *item)
{
    size_t       i;
    uint32_t     first;
    xsell_str_t  id;

    if (b->field[FIELD_ID].key == NULL) {
        return build_fail(b, FIELD_ID, "no \"id\": give every item its own");
    }

    if (!build_plain(b, FIELD_ID, &id)) {
        return build_fail(b, FIELD_ID, "\"id\" is %s: write it as text",
                          xsell_json_kind(b->field[FIELD_ID].value.kind));
    }

    if (id.n == 0) {
        return build_fail(b, FIELD_ID, "\"id\" is empty");
    }

    if (id.n > XSELL_ID_MAX) {
        return build_fail(b, FIELD_ID, "\"id\" has %zu bytes, at most %d are "
                          "possible", id.n, XSELL_ID_MAX);
    }

    /* build_plain has made spaces of them: compare with what was there */

    if (b->field[FIELD_ID].value.kind == XSELL_JSON_TEXT) {
        for (i = 0; i < b->field[FIELD_ID].value.text.n; i++) {
            if ((unsigned char) b->field[FIELD_ID].value.text.p[i] < 0x20
                || b->field[FIELD_ID].value.text.p[i] == 0x7f)
            {
                return build_fail(b, FIELD_ID, "\"id\" has a control "
                                  "character");
            }
        }
    }

    item->id = id;
    xsell_printable(b->name, sizeof(b->name), id);

    first = xsell_catalog_find(b->cat, id.p, id.n);

    if (first != XSELL_NO_ITEM) {
        build_warn(b, FIELD_ID, "the id was used before, in line %u: this "
                   "item is left out", b->lines[first]);
        return XSELL_NONE;
    }

    return XSELL_OK;
}


static int
build_title(build_t *b, xsell_item_t *item)
{
    if (b->field[FIELD_TITLE].key == NULL) {
        return build_fail(b, FIELD_TITLE, "no \"title\": give every item "
                          "one");
    }

    if (!build_plain(b, FIELD_TITLE, &item->title)) {
        return build_fail(b, FIELD_TITLE, "\"title\" is %s: write it as text",
                          xsell_json_kind(b->field[FIELD_TITLE].value.kind));
    }

    if (item->title.n == 0) {
        return build_fail(b, FIELD_TITLE, "\"title\" is empty");
    }

    return XSELL_OK;
}


static int
build_url(build_t *b, xsell_item_t *item)
{
    const char           *why;
    const build_field_t  *f;

    f = &b->field[FIELD_URL];

    if (f->key == NULL) {
        return build_fail(b, FIELD_URL, "no \"url\": give every item the link "
                          "of its page");
    }

    item->url.p = b->buf.p + b->buf.n;

    if (f->value.kind != XSELL_JSON_TEXT) {
        return build_fail(b, FIELD_URL, "\"%s\" is %s: write it as text",
                          f->key, xsell_json_kind(f->value.kind));
    }

    if (xsell_item_link(&b->buf, f->value.text, 0, &why) != XSELL_OK) {
        return build_fail(b, FIELD_URL, "\"%s\" %s", f->key, why);
    }

    item->url.n = (size_t) (b->buf.p + b->buf.n - item->url.p);

    return XSELL_OK;
}


static void
build_image(build_t *b, xsell_item_t *item)
{
    char           *start;
    const char     *why;
    xsell_value_t   v;

    v = b->field[FIELD_IMAGE].value;

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
        build_warn(b, FIELD_IMAGE, "\"%s\" %s: shown without a picture",
                   b->field[FIELD_IMAGE].key, why);
        b->buf.n = (size_t) (start - b->buf.p);
        return;
    }

    item->image.p = start;
    item->image.n = (size_t) (b->buf.p + b->buf.n - start);
}


/* price and currency, which may stand together: "12.50 EUR" */

static int
build_money(build_t *b, xsell_item_t *item)
{
    int              rc;
    char             number[64], text[32];
    xsell_str_t      s, code;
    xsell_value_t   *v;

    v = &b->field[FIELD_CURRENCY].value;

    if (v->kind != XSELL_JSON_NONE) {
        s = xsell_trim(build_value(v, number));

        if (xsell_currency_valid(s.p, s.n)) {
            rc = build_currency(b, FIELD_CURRENCY, s);

            if (rc != XSELL_OK) {
                return rc;
            }

        } else {
            build_warn(b, FIELD_CURRENCY, "\"currency\" is no ISO 4217 code "
                       "such as EUR: left out");
        }
    }

    v = &b->field[FIELD_PRICE].value;

    if (v->kind == XSELL_JSON_NONE) {
        return XSELL_OK;
    }

    if (v->kind == XSELL_JSON_REAL) {

        /* six places give back what the feed wrote: 1.15, not 1.1499... */

        s.p = number;
        s.n = (size_t) snprintf(number, sizeof(number), "%.*f",
                                XSELL_BUILD_DIGITS, v->real);

        if (s.n >= sizeof(number)) {
            s.n = 0;
        }

    } else {
        s = build_value(v, number);
    }

    if (xsell_price_split(s, &s, &code)) {
        rc = build_currency(b, FIELD_PRICE, code);

        if (rc != XSELL_OK) {
            return rc;
        }
    }

    if (xsell_price_scale(s.p, s.n, XSELL_BUILD_DIGITS, XSELL_BUILD_MAX,
                          &item->price)
        != XSELL_OK)
    {
        build_warn(b, FIELD_PRICE, "\"price\" \"%s\" is no price: write it "
                   "like 12.50; left out",
                   xsell_printable(text, sizeof(text), s));
    }

    return XSELL_OK;
}


static int
build_currency(build_t *b, unsigned field, xsell_str_t code)
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

    return build_fail(b, field, "currency %s, but line %u has %s: a shop has "
                      "one currency, make a catalogue for each", upper,
                      b->currency_line, b->cat->currency);
}


static void
build_availability(build_t *b, xsell_item_t *item)
{
    int                   value;
    char                  text[48], number[64];
    xsell_str_t           s;
    const xsell_value_t  *v;

    v = &b->field[FIELD_AVAILABILITY].value;

    if (v->kind == XSELL_JSON_NONE) {
        return;
    }

    s = build_value(v, number);
    value = xsell_item_availability(s);

    if (value < 0) {
        build_warn(b, FIELD_AVAILABILITY, "\"availability\" \"%s\" is no word "
                   "of schema.org or Merchant: taken as in stock",
                   xsell_printable(text, sizeof(text), s));
        return;
    }

    item->availability = (uint8_t) value;
}


/* brand, category, tags, group: many items, few texts */

static int
build_named(build_t *b, unsigned field, xsell_intern_t *names,
    xsell_pool_t *pool, uint32_t *idx, xsell_str_t *text)
{
    int          ok;
    uint32_t     n;
    xsell_str_t  s;

    if (b->field[field].key == NULL) {
        return XSELL_OK;
    }

    switch (field) {

    case FIELD_CATEGORY:
        ok = build_category(b, &s);
        break;

    case FIELD_TAGS:
        ok = build_tags(b, &s);
        break;

    default:
        ok = build_plain(b, field, &s);
        break;
    }

    if (!ok) {
        build_warn(b, field, "\"%s\" is %s, which is no value for it: left "
                   "out", b->field[field].key,
                   xsell_json_kind(b->field[field].value.kind));
        return XSELL_OK;
    }

    if (s.n == 0) {
        return XSELL_OK;
    }

    n = xsell_intern(names, pool, b->cat->key, s);

    if (n == 0) {
        return build_nomem(b);
    }

    if (idx) {
        *idx = n;
    }

    if (text) {
        *text = names->text[n - 1];
    }

    return XSELL_OK;
}


/* "A > B"; ["A", "B"]; Merchant's list of whole paths, the first counts */

static int
build_category(build_t *b, xsell_str_t *out)
{
    char                  number[64];
    size_t                i, level;
    xsell_str_t           s;
    xsell_value_t         e;
    const xsell_value_t  *v;

    v = &b->field[FIELD_CATEGORY].value;
    out->p = b->buf.p + b->buf.n;

    if (v->kind != XSELL_JSON_LIST) {
        s = build_value(v, number);

        if (s.p == NULL) {
            return 0;
        }

        xsell_item_path(&b->buf, s);

    } else {

        for (i = 0; i < (size_t) v->integer; i++) {
            xsell_json_element(v, i, &e);
            s = xsell_trim(build_value(&e, number));

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


/* ["a", "b"] or "a, b": one a line */

static int
build_tags(build_t *b, xsell_str_t *out)
{
    char                  number[64];
    size_t                i, n;
    xsell_str_t           s;
    const char           *comma;
    xsell_value_t         e;
    const xsell_value_t  *v;

    v = &b->field[FIELD_TAGS].value;
    n = v->kind == XSELL_JSON_LIST ? (size_t) v->integer : 0;
    out->p = b->buf.p + b->buf.n;

    for (i = 0; i < n; i++) {
        xsell_json_element(v, i, &e);
        s = build_value(&e, number);

        if (s.p == NULL) {
            return 0;
        }

        build_tag(b, out->p, s);
    }

    if (v->kind != XSELL_JSON_LIST) {
        s = build_value(v, number);

        if (s.p == NULL) {
            return 0;
        }

        while ((comma = memchr(s.p, ',', s.n)) != NULL) {
            e.text.p = s.p;
            e.text.n = (size_t) (comma - s.p);
            build_tag(b, out->p, e.text);
            s.n -= e.text.n + 1;
            s.p = comma + 1;
        }

        build_tag(b, out->p, s);
    }

    out->n = (size_t) (b->buf.p + b->buf.n - out->p);

    return 1;
}


static void
build_tag(build_t *b, const char *first, xsell_str_t s)
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
build_plain(build_t *b, unsigned field, xsell_str_t *out)
{
    char         number[64];
    xsell_str_t  s;

    if (b->field[field].key == NULL) {
        return 0;
    }

    s = build_value(&b->field[field].value, number);

    if (s.p == NULL) {
        return 0;
    }

    out->p = b->buf.p + b->buf.n;
    xsell_item_text(&b->buf, xsell_trim(s));
    out->n = (size_t) (b->buf.p + b->buf.n - out->p);

    return 1;
}


static xsell_str_t
build_value(const xsell_value_t *v, char number[64])
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


static int
build_add(build_t *b, const xsell_item_t *item)
{
    int        rc;
    uint32_t   n, room, *lines;

    n = b->cat->n;

    if (n == b->lines_room) {
        room = n ? n * 2 : 64;
        lines = realloc(b->lines, room * sizeof(uint32_t));

        if (lines == NULL) {
            return build_nomem(b);
        }

        b->lines = lines;
        b->lines_room = room;
    }

    b->lines[n] = b->reader.at_line;

    rc = xsell_catalog_append(b->cat, item);

    if (rc == XSELL_ENOSPC) {
        return build_fail(b, FIELD_ID, "a catalogue has at most %u items",
                          (unsigned) XSELL_SLOT_MAX);
    }

    return rc == XSELL_OK ? XSELL_OK : build_nomem(b);
}


static int
build_finish(build_t *b)
{
    uint32_t       i;
    xsell_item_t  *item;

    if (b->cat->n == 0) {
        return xsell_fail(b->err, XSELL_EINVAL, b->reader.line, 1,
                          "the catalogue has no items");
    }

    for (i = 0; i < b->cat->n; i++) {
        item = &b->cat->items[i];

        if (item->price < 0) {
            continue;
        }

        item->price = xsell_price_rescale(item->price, XSELL_BUILD_DIGITS,
                                          b->cat->exponent);

        if (item->price > XSELL_PRICE_MAX) {
            item->price = -1;
        }
    }

    if (xsell_catalog_finish(b->cat, b->categories.n) != XSELL_OK) {
        return build_nomem(b);
    }

    return XSELL_OK;
}


/* item 3 "sku": what is wrong; at the field's place in the file */

static int
build_fail(build_t *b, unsigned field, const char *fmt, ...)
{
    char      text[200];
    va_list   args;
    unsigned  line, column;

    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);

    xsell_json_where(&b->reader, b->field[field].key, &line, &column);

    return xsell_fail(b->err, XSELL_EINVAL, line, column,
                      "item %llu%s%s%s: %s",
                      (unsigned long long) b->reader.seen,
                      b->name[0] ? " \"" : "", b->name, b->name[0] ? "\"" : "",
                      text);
}


static void
build_warn(build_t *b, unsigned field, const char *fmt, ...)
{
    char            text[200];
    va_list         args;
    xsell_error_t   e;

    if (b->warn == NULL) {
        return;
    }

    if (b->item_warnings == XSELL_ITEM_WARNINGS) {
        b->more++;
        return;
    }

    b->item_warnings++;

    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);

    memset(&e, 0, sizeof(e));
    xsell_json_where(&b->reader, b->field[field].key, &e.line, &e.column);
    xsell_fail(&e, XSELL_OK, e.line, e.column, "item %llu \"%s\": %s",
               (unsigned long long) b->reader.seen, b->name, text);

    b->warn(b->ctx, &e);
}


static int
build_nomem(build_t *b)
{
    return xsell_fail(b->err, XSELL_ENOMEM, b->reader.line, 0,
                      "not enough memory for the catalogue");
}

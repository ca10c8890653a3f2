
/*
 * xsell_build.c: JSON to catalogue, the way in for everything that a shop
 * says about its items.
 *
 * Each object is sorted into a row of fields (a key, or an alias that Google
 * Merchant uses for it), read by xsell_field.c, and appended.  What can't be
 * shown or linked (no id, no title, a link that is none) refuses the whole
 * file, so that `nginx -t` finds it; what is only wrong in part (a price, a
 * word for availability) is warned about and left out.
 *
 * Invariants: a message says which item, which line, what to do; warnings
 * are bounded, whatever the file; on failure nothing is left behind.
 *
 * Prices wait in millionths until the end, because the currency, and with it
 * the size of a minor unit, may stand in a later item.  Not taken: skipping
 * bad items and going on: a feed that lost its links would silently become a
 * shop without offers.
 */

#include "xsell_build.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>


#define XSELL_TEXT_MAX       (2048ull * 1024 * 1024)
#define XSELL_KEY_WARNINGS   10
#define XSELL_ITEM_WARNINGS  20
#define BUILD_DONE           (8 * 1024 * 1024)
#define BUILD_RATINGS        10         /* what an average weighs */

/* sorted by name; of several keys for one field the lowest rank counts */

static const struct {
    const char  *name;
    uint8_t      field;
    uint8_t      rank;
} build_keys[] = {
    { "artist",                  XSELL_FIELD_ARTIST,       0 },
    { "author",                  XSELL_FIELD_AUTHOR,       0 },
    { "availability",            XSELL_FIELD_AVAILABILITY, 0 },
    { "brand",                   XSELL_FIELD_BRAND,        0 },
    { "category",                XSELL_FIELD_CATEGORY,     0 },
    { "cost",                    XSELL_FIELD_COST,         0 },
    { "cost_of_goods_sold",      XSELL_FIELD_COST,         1 },
    { "currency",                XSELL_FIELD_CURRENCY,     0 },
    { "description",             XSELL_FIELD_DESCRIPTION,  0 },
    { "google_product_category", XSELL_FIELD_CATEGORY,     2 },
    { "group",                   XSELL_FIELD_GROUP,        0 },
    { "id",                      XSELL_FIELD_ID,           0 },
    { "image",                   XSELL_FIELD_IMAGE,        0 },
    { "image_link",              XSELL_FIELD_IMAGE,        1 },
    { "item_group_id",           XSELL_FIELD_GROUP,        1 },
    { "link",                    XSELL_FIELD_URL,          1 },
    { "material",                XSELL_FIELD_MATERIAL,     0 },
    { "medium",                  XSELL_FIELD_MEDIUM,       0 },
    { "price",                   XSELL_FIELD_PRICE,        0 },
    { "product_type",            XSELL_FIELD_CATEGORY,     1 },
    { "rating",                  XSELL_FIELD_RATING,       0 },
    { "rating_count",            XSELL_FIELD_RATING_N,     0 },
    { "reviews",                 XSELL_FIELD_REVIEWS,      0 },
    { "style",                   XSELL_FIELD_STYLE,        0 },
    { "tags",                    XSELL_FIELD_TAGS,         0 },
    { "title",                   XSELL_FIELD_TITLE,        0 },
    { "url",                     XSELL_FIELD_URL,          0 }
};


static uint64_t build_seed(xsell_build_t *b, const char *text, size_t n);
static void build_intern(xsell_intern_t *t, xsell_catalog_t *cat,
    unsigned part);
static int build_all(xsell_build_t *b);
static int build_row(xsell_build_t *b, const xsell_json_t *doc);
static int build_wrapped(xsell_build_t *b, const char *key);
static int build_is_list(const xsell_value_t *v);
static void build_odds(xsell_build_t *b);
static void build_unknown(xsell_build_t *b, const xsell_json_t *doc,
    const char *key);
static const char *build_meant(const xsell_json_t *doc, xsell_str_t key);
static int build_item(xsell_build_t *b);
static int build_room(xsell_build_t *b);
static int build_add(xsell_build_t *b, const xsell_draft_t *draft);
static int build_finish(xsell_build_t *b);
static void build_item_finish(const xsell_build_t *b, xsell_item_t *item);
static void build_currency(xsell_build_t *b);
static void build_shared(void *ctx, uint32_t item, uint32_t other);


int
xsell_catalog_create(xsell_catalog_t **cat, const char *text, size_t n,
    xsell_warn_pt warn, void *ctx, xsell_error_t *err)
{
    return xsell_catalog_stream(cat, text, n, warn, NULL, ctx, err);
}


int
xsell_catalog_stream(xsell_catalog_t **cat, const char *text, size_t n,
    xsell_warn_pt warn, void (*done)(void *ctx, size_t off), void *ctx,
    xsell_error_t *err)
{
    int                   rc;
    xsell_build_t         b;
    xsell_error_t         e;

    *cat = NULL;

    if (n > XSELL_TEXT_MAX && done == NULL) {
        return xsell_fail(err, XSELL_EINVAL, 0, 0, "the catalogue is larger "
                          "than 2 GiB: compile it by \"xsell catalog "
                          "--compile\"");
    }

    memset(&b, 0, sizeof(b));

    b.warn = warn;
    b.done = done;
    b.ctx = ctx;
    b.err = err;
    b.cat = xsell_catalog_new(build_seed(&b, text, n));
    b.scratch = xsell_catalog_new(n);

    if (b.cat && b.scratch) {
        build_intern(&b.brands, b.cat, XSELL_PART_BRANDS);
        build_intern(&b.categories, b.cat, XSELL_PART_CATEGORIES);
        build_intern(&b.tags, b.cat, XSELL_PART_TAGS);
        build_intern(&b.groups, b.scratch, XSELL_PART_TAGS);

        xsell_json_reader_init(&b.reader, text, n);
        rc = build_all(&b);

    } else {
        rc = xsell_build_nomem(&b);
    }

    build_odds(&b);

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
    xsell_catalog_destroy(b.scratch);

    if (rc != XSELL_OK) {
        xsell_catalog_destroy(b.cat);
        return rc;
    }

    *cat = b.cat;

    return XSELL_OK;
}


/* of the whole text: who may write some items can't choose it */

static uint64_t
build_seed(xsell_build_t *b, const char *text, size_t n)
{
    size_t                at, step;
    uint64_t              sum[2];
    static const uint8_t  key[16] = "xsell catalogue";

    for (sum[0] = 0, at = 0; at < n; at += step) {
        step = n - at < BUILD_DONE ? n - at : BUILD_DONE;
        sum[1] = xsell_siphash(key, text + at, step);
        sum[0] = xsell_siphash(key, sum, sizeof(sum));

        if (b->done) {
            b->done(b->ctx, at + step);
        }
    }

    return sum[0];
}


static void
build_intern(xsell_intern_t *t, xsell_catalog_t *cat, unsigned part)
{
    t->cat = cat;
    t->part = part;
}


static int
build_all(xsell_build_t *b)
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

        rc = build_row(b, doc);

        if (rc == XSELL_OK) {
            rc = build_item(b);
        }

        xsell_json_close(doc);

        if (b->done && b->reader.off - b->done_off >= BUILD_DONE) {
            b->done_off = b->reader.off;
            b->done(b->ctx, b->done_off);
        }

        if (rc != XSELL_OK) {
            return rc;
        }
    }
}


/* a list of objects: of items, if an object without an id has one */

static int
build_is_list(const xsell_value_t *v)
{
    xsell_value_t  e;

    if (v->kind != XSELL_JSON_LIST || v->integer == 0) {
        return 0;
    }

    xsell_json_element(v, 0, &e);

    return e.kind == XSELL_JSON_OBJECT;
}


/* sorts an object's values into the row of fields */

static int
build_row(xsell_build_t *b, const xsell_json_t *doc)
{
    int             c;
    void           *iter;
    unsigned        rank, lo, hi, mid;
    const char     *key, *name, *list;
    xsell_value_t   v;
    xsell_build_field_t  *f;

    memset(b->field, 0, sizeof(b->field));
    b->name[0] = '\0';
    list = NULL;

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

        if (c != 0 && list == NULL && build_is_list(&v)) {
            list = key;
            continue;
        }

        if (c != 0) {
            build_unknown(b, doc, key);
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

    if (list && b->field[XSELL_FIELD_ID].key == NULL) {
        return build_wrapped(b, list);
    }

    if (list) {
        build_unknown(b, doc, list);
    }

    return XSELL_OK;
}


/* { "items": [ ... ] }: the list alone is the catalogue */

static int
build_wrapped(xsell_build_t *b, const char *key)
{
    char         text[64];
    unsigned     line, column;
    xsell_str_t  s;

    s.p = key;
    s.n = strlen(key);
    xsell_json_where(&b->reader, key, &line, &column);

    return xsell_fail(b->err, XSELL_EINVAL, line, column,
                      "an array of items or an item a line is wanted, here is "
                      "an object with a list \"%s\": write the list alone",
                      xsell_printable(text, sizeof(text), s));
}


/* once for the whole file: most feeds have keys that are nobody's mistake */

static void
build_unknown(xsell_build_t *b, const xsell_json_t *doc, const char *key)
{
    char           text[64];
    uint32_t       i;
    uint64_t       hash;
    const char    *meant;
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
    meant = build_meant(doc, s);

    memset(&e, 0, sizeof(e));
    xsell_json_where(&b->reader, key, &e.line, &e.column);
    xsell_fail(&e, XSELL_OK, e.line, e.column,
               "key \"%s\" is not known and is not used%s%s%s",
               xsell_printable(text, sizeof(text), s),
               meant ? "; did you mean \"" : "", meant ? meant : "",
               meant ? "\"?" : "");
    b->warn(b->ctx, &e);
}


/* the key that may have been meant: by its letters, or what other shops call
   it; none that the item has as well */

static const char *
build_meant(const xsell_json_t *doc, xsell_str_t key)
{
    unsigned       i, far, best;
    const char    *meant;
    xsell_str_t    known;
    xsell_value_t  v;

    static const struct {
        const char  *key;
        const char  *ours;
    } others[] = {
        { "name",         "title" },
        { "sku",          "id" },
        { "product_id",   "id" },
        { "item_id",      "id" },
        { "href",         "url" },
        { "permalink",    "url" },
        { "img",          "image" },
        { "picture",      "image" },
        { "photo",        "image" },
        { "thumbnail",    "image" },
        { "stock",        "availability" },
        { "in_stock",     "availability" },
        { "categories",   "category" },
        { "keywords",     "tags" },
        { "vendor",       "brand" },
        { "manufacturer", "brand" },
        { "stars",        "rating" },
        { "review_count", "rating_count" }
    };

    meant = NULL;

    for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        known.p = others[i].key;
        known.n = strlen(others[i].key);

        if (xsell_name_distance(key, known) == 0) {
            meant = others[i].ours;
        }
    }

    best = meant ? 0 : key.n > 4 ? 3 : key.n > 2 ? 2 : 0;

    for (i = 0; i < sizeof(build_keys) / sizeof(build_keys[0]); i++) {
        known.p = build_keys[i].name;
        known.n = strlen(build_keys[i].name);
        far = xsell_name_distance(key, known);

        if (far < best) {
            best = far;
            meant = build_keys[i].name;
        }
    }

    if (meant) {
        xsell_json_get(doc, meant, &v);

        if (v.kind != XSELL_JSON_NONE) {
            return NULL;
        }
    }

    return meant;
}


static int
build_item(xsell_build_t *b)
{
    int            rc;
    xsell_draft_t  draft;

    rc = build_room(b);

    if (rc == XSELL_OK) {
        rc = xsell_build_fields(b, &draft);
    }

    if (rc == XSELL_OK) {
        rc = build_add(b, &draft);
    }

    return rc == XSELL_NONE ? XSELL_OK : rc;
}


/* for all texts of the item, so that none moves while others are made */

static int
build_room(xsell_build_t *b)
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
        return xsell_build_nomem(b);
    }

    b->buf.p = p;
    b->buf.room = room;

    return XSELL_OK;
}


static int
build_add(xsell_build_t *b, const xsell_draft_t *draft)
{
    int        rc;
    uint32_t   n, room, *lines;

    n = b->cat->n;

    if (n == b->lines_room) {
        room = n ? n * 2 : 64;
        lines = realloc(b->lines, room * sizeof(uint32_t));

        if (lines == NULL) {
            return xsell_build_nomem(b);
        }

        b->lines = lines;
        b->lines_room = room;
    }

    b->lines[n] = b->reader.at_line;

    rc = xsell_catalog_append(b->cat, draft);

    if (rc == XSELL_ENOSPC) {
        return xsell_build_fail(b, XSELL_FIELD_ID,
                                "a catalogue has at most %u items",
                                (unsigned) XSELL_SLOT_MAX);
    }

    return rc == XSELL_OK ? XSELL_OK : xsell_build_nomem(b);
}


static int
build_finish(xsell_build_t *b)
{
    uint32_t  i;

    if (b->cat->n == 0) {
        return xsell_fail(b->err, XSELL_EINVAL, b->reader.line, 1,
                          "the catalogue has no items");
    }

    build_currency(b);

    for (i = 0; i < b->cat->n; i++) {
        build_item_finish(b, &xsell_items(b->cat)[i]);
    }

    if (xsell_catalog_finish(b->cat) != XSELL_OK
        || xsell_catalog_pages(b->cat, build_shared, b) != XSELL_OK)
    {
        return xsell_build_nomem(b);
    }

    return XSELL_OK;
}


/* what waited for the currency, and for what all items are rated on average */

static void
build_item_finish(const xsell_build_t *b, xsell_item_t *item)
{
    float  mean, own;

    if (item->price >= 0) {
        item->price = xsell_price_rescale(item->price, XSELL_BUILD_DIGITS,
                                          b->cat->exponent);

        if (item->price > XSELL_PRICE_MAX) {
            item->price = -1;
        }
    }

    if (item->rating_n == 0) {
        return;
    }

    /* as if BUILD_RATINGS more people had found it average; 2 stars are 1 */

    mean = (float) b->stars / (float) b->ratings;
    own = (float) item->rating_n / (float) (item->rating_n + BUILD_RATINGS);
    xsell_catalog_prior(b->cat, (uint32_t) (item - xsell_items(b->cat)),
                        ((float) item->rating - mean) * own / 200);
}


/* an amount of nobody knows what is not shown */

static void
build_currency(xsell_build_t *b)
{
    uint32_t       i;
    xsell_error_t  e;

    for (i = 0; i < b->cat->n && xsell_items(b->cat)[i].price < 0; i++) {
        /* void */
    }

    if (b->warn == NULL || b->cat->currency[0] || i == b->cat->n) {
        return;
    }

    memset(&e, 0, sizeof(e));
    xsell_fail(&e, XSELL_OK, b->lines[i], 0, "no item says what currency its "
               "price is in: prices are not shown; add \"currency\": \"EUR\"");
    b->warn(b->ctx, &e);
}


static xsell_str_t
build_id(const xsell_build_t *b, uint32_t item)
{
    return xsell_catalog_text(b->cat, xsell_catalog_item(b->cat, item),
                              XSELL_TEXT_ID);
}


/* of two products at one URL neither can be told from a request */

static void
build_shared(void *ctx, uint32_t item, uint32_t other)
{
    char            id[2][64];
    xsell_error_t   e;
    xsell_build_t  *b = ctx;

    if (b->warn == NULL) {
        return;
    }

    if (b->item_warnings == XSELL_ITEM_WARNINGS) {
        b->more++;
        return;
    }

    b->item_warnings++;
    (void) xsell_printable(id[0], sizeof(id[0]), build_id(b, item));
    id[1][0] = '\0';

    if (other != XSELL_NO_ITEM) {
        (void) xsell_printable(id[1], sizeof(id[1]), build_id(b, other));
    }

    memset(&e, 0, sizeof(e));
    xsell_fail(&e, XSELL_OK, b->lines[item], 0,
               "item \"%s\": has the URL of %s%s%s: its page can't be known "
               "by it; variants of one product need the same \"group\"",
               id[0], id[1][0] ? "item \"" : "other items", id[1],
               id[1][0] ? "\"" : "");
    b->warn(b->ctx, &e);
}


int
xsell_build_fail(xsell_build_t *b, unsigned field, const char *fmt, ...)
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


void
xsell_build_warn(xsell_build_t *b, unsigned field, const char *fmt, ...)
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


/* feeds write one such word on every item: it is told once, with a count */

void
xsell_build_odd(xsell_build_t *b, xsell_str_t word)
{
    char          text[sizeof(b->odd[0].word)];
    uint32_t      i;
    xsell_odd_t  *odd;

    (void) xsell_printable(text, sizeof(text), word);

    for (i = 0; i < b->odd_n && strcmp(b->odd[i].word, text); i++) {
        /* void */
    }

    if (i == XSELL_ODD_WORDS) {
        b->more++;
        return;
    }

    odd = &b->odd[i];

    if (i == b->odd_n) {
        b->odd_n++;
        odd->item = b->reader.seen;
        memcpy(odd->word, text, sizeof(text));
        memcpy(odd->name, b->name, sizeof(odd->name));
        xsell_json_where(&b->reader, b->field[XSELL_FIELD_AVAILABILITY].key,
                         &odd->line, &odd->column);
    }

    odd->n++;
}


static void
build_odds(xsell_build_t *b)
{
    char                more[48];
    uint32_t            i;
    xsell_error_t       e;
    const xsell_odd_t  *odd;

    for (i = 0; i < b->odd_n && b->warn; i++) {
        odd = &b->odd[i];
        more[0] = '\0';

        if (odd->n > 1) {
            snprintf(more, sizeof(more), "; so are %llu items more",
                     (unsigned long long) odd->n - 1);
        }

        memset(&e, 0, sizeof(e));
        xsell_fail(&e, XSELL_OK, odd->line, odd->column, "item %llu \"%s\": "
                   "\"availability\" \"%s\" is no word of schema.org or "
                   "Merchant: taken as in stock%s",
                   (unsigned long long) odd->item, odd->name, odd->word,
                   more);
        b->warn(b->ctx, &e);
    }
}


int
xsell_build_nomem(xsell_build_t *b)
{
    return xsell_fail(b->err, XSELL_ENOMEM, b->reader.line, 0,
                      "not enough memory for the catalogue");
}

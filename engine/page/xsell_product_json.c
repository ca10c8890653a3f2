
/*
 * xsell_product_json.c: JSON-LD as it passes, read for one thing: which
 * objects are products, what identifies them, and on which property of which
 * object they hang.
 *
 * A reader of brackets, keys and texts, byte by byte, without memory of what
 * it has read but for the objects that are open.  Looking a value up in the
 * catalogue needs no @type, so each object's identity is made as its values
 * come, and what it is worth is decided when it ends: a product by itself, a
 * part of the product around it (an offer, a variant), or one that is only
 * mentioned there.
 *
 * It does not judge JSON: a comma too many, a line break in a text, comments
 * around the whole, as shops have them, change nothing; what brackets do not
 * close is never decided.  Below XSELL_PRODUCT_DEPTH brackets are counted only.
 *
 * Not taken: jansson (xsell_json.h): it wants the whole text, in memory of its
 * own, of a page that anybody may have written.
 */

#include "xsell_product.h"


enum {
    JSON_PLAIN = 0,             /* between values */
    JSON_WORD,                  /* a number, true, ... */
    JSON_TEXT,
    JSON_ESCAPE,                /* behind a backslash */
    JSON_HEX
};

/* of a text, behind its end: it is too long */
#define JSON_LONG  (XSELL_PRODUCT_VALUE + 1)


void
xsell_product_json_begin(xsell_product_json_t *j)
{
    memset(j, 0, offsetof(xsell_product_json_t, text));
}


static xsell_json_frame_t *
json_top(xsell_product_json_t *j)
{
    return j->depth && j->skipped == 0 ? &j->frame[j->depth - 1] : NULL;
}


static void
json_put(xsell_product_json_t *j, uint8_t c)
{
    if (!j->keeps) {
        return;
    }

    if (j->n < XSELL_PRODUCT_VALUE) {
        j->text[j->n++] = c;

    } else {
        j->n = JSON_LONG;
    }
}


static void
json_put_code(xsell_product_json_t *j, uint32_t c)
{
    if (c < 0x80) {
        json_put(j, (uint8_t) c);
        return;
    }

    if (c < 0x800) {
        json_put(j, (uint8_t) (0xc0 | c >> 6));

    } else {

        if (c < 0x10000) {
            json_put(j, (uint8_t) (0xe0 | c >> 12));

        } else {
            json_put(j, (uint8_t) (0xf0 | c >> 18));
            json_put(j, (uint8_t) (0x80 | (c >> 12 & 0x3f)));
        }

        json_put(j, (uint8_t) (0x80 | (c >> 6 & 0x3f)));
    }

    json_put(j, (uint8_t) (0x80 | (c & 0x3f)));
}


/* one of four digits; a pair of them is one character */

static void
json_hex(xsell_product_json_t *j, uint8_t c)
{
    uint8_t  low;

    low = c | 0x20;
    c = c >= '0' && c <= '9' ? c - '0'
        : low >= 'a' && low <= 'f' ? low - 'a' + 10 : 0;

    j->code = j->code << 4 | c;

    if (--j->hex) {
        return;
    }

    j->state = JSON_TEXT;

    if (j->code >= 0xd800 && j->code < 0xdc00) {
        j->high = j->code;
        return;
    }

    if (j->high && j->code >= 0xdc00 && j->code < 0xe000) {
        j->code = 0x10000 + ((j->high - 0xd800) << 10) + (j->code - 0xdc00);
    }

    j->high = 0;
    json_put_code(j, j->code);
}


/* the same name in two spellings is one: letters and digits only */

static uint32_t
json_name(const uint8_t *p, size_t n)
{
    size_t    i;
    uint8_t   c;
    uint32_t  h;

    for (i = 0, h = 2166136261u; i < n; i++) {
        c = xsell_product_lower(p[i]);

        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c > 0x7f) {
            h = (h ^ c) * 16777619u;
        }
    }

    return h ? h : 1;
}


/* a text or number that is a value */

static void
json_value(xsell_page_t *page, xsell_json_frame_t *top)
{
    unsigned               key;
    xsell_product_json_t  *j;

    j = &page->json;
    key = top->array ? top->key : j->key;

    /* "sku": ["a", "b"]: of the object around the array */

    if (top->array) {

        if (j->depth < 2 || j->frame[j->depth - 2].array) {
            return;
        }

        top--;
    }

    if (j->n == 0 || j->n == JSON_LONG) {
        return;
    }

    switch (key) {

    case XSELL_WORD_AT_TYPE:
        top->type |= (uint8_t) xsell_product_type(j->text, j->n);
        return;

    case XSELL_WORD_NAME:

        if (top->name == 0) {
            top->name = json_name(j->text, j->n);
        }

        return;

    case XSELL_WORD_VALUE:
        key = top->key == XSELL_WORD_IDENTIFIER ? XSELL_WORD_IDENTIFIER
                                                : XSELL_WORD_NONE;
        break;
    }

    xsell_identity_add(&top->identity, page->catalog, key, j->text, j->n);
}


/* a text has ended; or a word, which is never a key */

static void
json_said(xsell_page_t *page)
{
    xsell_product_json_t  *j;
    xsell_json_frame_t    *top;

    j = &page->json;
    top = json_top(j);

    if (top == NULL) {
        return;
    }

    if (j->is_key) {
        j->key = (uint8_t) (j->n == JSON_LONG ? XSELL_WORD_NONE
                            : xsell_product_word(j->text, j->n));
        j->is_key = 0;
        return;
    }

    if (j->keeps) {
        json_value(page, top);
    }
}


static void
json_open(xsell_product_json_t *j, uint8_t array)
{
    uint8_t              key;
    xsell_json_frame_t  *top;

    if (j->depth == XSELL_PRODUCT_DEPTH) {
        j->skipped++;
        return;
    }

    top = json_top(j);
    key = top == NULL ? XSELL_WORD_NEUTRAL : top->array ? top->key : j->key;

    top = &j->frame[j->depth++];
    memset(top, 0, sizeof(*top));
    xsell_identity_init(&top->identity);

    top->array = array;
    top->key = key;

    j->is_key = !array;
}


/*
 * A product that stands by itself has ended, unless on the way to the
 * outermost object there is something that only mentions it.
 */

static void
json_product(xsell_page_t *page, const xsell_json_frame_t *frame)
{
    unsigned                   entity;
    const xsell_json_frame_t  *at;

    entity = 0;

    for (at = frame; /* void */ ; at--) {

        if (at->key == XSELL_WORD_LISTED
            || (at != frame && (at->type & XSELL_TYPE_PRODUCT)))
        {
            return;
        }

        entity |= at->key == XSELL_WORD_ENTITY;

        if (at == page->json.frame) {
            break;
        }
    }

    xsell_mains_add(&page->json_mains, page->catalog,
                    xsell_identity_item(&frame->identity, page->catalog),
                    frame->name, entity);
}


/* what an offer or a variant says is said of the object around it; @type may
   come last, so whatever that is */

static int
json_part(xsell_product_json_t *j, const xsell_json_frame_t *frame)
{
    unsigned             behind;
    xsell_json_frame_t  *outer;

    behind = frame->key == XSELL_WORD_OFFER ? XSELL_RANK_OFFER
             : frame->key == XSELL_WORD_VARIANT ? XSELL_RANK_VARIANT
             : frame->key == XSELL_WORD_IDENTIFIER ? XSELL_RANK_OFFER : 0;

    if (behind == 0 || j->depth == 0) {
        return 0;
    }

    outer = &j->frame[j->depth - 1];

    if (outer->array) {

        if (j->depth == 1 || outer[-1].array) {
            return 0;
        }

        outer--;
    }

    xsell_identity_join(&outer->identity, &frame->identity, behind);

    if (frame->type & (XSELL_TYPE_PRODUCT|XSELL_TYPE_HOLDER)) {
        outer->type |= XSELL_TYPE_HOLDER;
        outer->name = outer->name ? outer->name : frame->name;
    }

    return 1;
}


static void
json_close(xsell_page_t *page)
{
    xsell_json_frame_t    *frame;
    xsell_product_json_t  *j;

    j = &page->json;

    if (j->skipped) {
        j->skipped--;
        return;
    }

    if (j->depth == 0) {
        return;
    }

    frame = &j->frame[--j->depth];

    if (frame->array) {
        return;
    }

    if (frame->type & XSELL_TYPE_LISTING) {
        page->listing = 1;
    }

    if (!json_part(j, frame)
        && (frame->type & (XSELL_TYPE_PRODUCT|XSELL_TYPE_HOLDER)))
    {
        json_product(page, frame);
    }
}


/* the first byte of something */

static void
json_plain(xsell_page_t *page, uint8_t c)
{
    xsell_product_json_t  *j;
    xsell_json_frame_t    *top;

    j = &page->json;
    top = json_top(j);

    switch (c) {

    case '{':
    case '[':
        json_open(j, c == '[');
        return;

    case '}':
    case ']':
        json_close(page);
        j->is_key = 0;
        return;

    case ',':
        j->is_key = top && !top->array;
        j->key = XSELL_WORD_NONE;
        return;

    case ':':
    case ' ':
    case '\n':
    case '\r':
    case '\t':
        return;
    }

    /* values are kept if their key is of interest */

    j->n = 0;
    j->keeps = top && (j->is_key || j->key != XSELL_WORD_NONE
                       || (top->array && top->key != XSELL_WORD_NONE));

    if (c == '"') {

        if (top) {
            j->state = JSON_TEXT;
            j->high = 0;
        }

        return;
    }

    if (top && !j->is_key) {
        j->state = JSON_WORD;
        json_put(j, c);
    }
}


/* of a text nothing but its end and escapes is of interest */

static const uint8_t *
json_text(xsell_product_json_t *j, const uint8_t *p, const uint8_t *end)
{
    const uint8_t  *at;

    for (at = p; at < end && *at != '"' && *at != '\\'; at++) { /* void */ }

    if (j->keeps && at > p) {

        if ((size_t) (at - p) > XSELL_PRODUCT_VALUE - (size_t)
            (j->n < XSELL_PRODUCT_VALUE ? j->n : XSELL_PRODUCT_VALUE))
        {
            j->n = JSON_LONG;

        } else {
            memcpy(j->text + j->n, p, (size_t) (at - p));
            j->n += (unsigned) (at - p);
        }
    }

    return at;
}


static void
json_escape(xsell_product_json_t *j, uint8_t c)
{
    j->state = JSON_TEXT;

    switch (c) {

    case 'u':
        j->state = JSON_HEX;
        j->hex = 4;
        j->code = 0;
        return;

    case 'b':
    case 'f':
    case 'n':
    case 'r':
    case 't':
        c = ' ';
        break;
    }

    json_put(j, c);
}


void
xsell_product_json(xsell_page_t *page, const uint8_t *p, size_t n)
{
    const uint8_t         *end;
    xsell_product_json_t  *j;

    j = &page->json;

    for (end = p + n; p < end; p++) {

        switch (j->state) {

        case JSON_PLAIN:
            json_plain(page, *p);
            break;

        case JSON_WORD:

            if (memchr(",:]}{[\" \n\r\t", *p, 12) == NULL) {
                json_put(j, *p);
                break;
            }

            j->state = JSON_PLAIN;
            json_said(page);
            json_plain(page, *p);
            break;

        case JSON_TEXT:
            p = json_text(j, p, end);

            if (p == end) {
                return;
            }

            if (*p == '\\') {
                j->state = JSON_ESCAPE;

            } else {
                j->state = JSON_PLAIN;
                json_said(page);
            }

            break;

        case JSON_ESCAPE:
            json_escape(j, *p);
            break;

        default:
            json_hex(j, *p);
            break;
        }
    }
}

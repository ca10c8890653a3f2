
/*
 * xsell_product.c: which item of the catalogue a page is about, by what the
 * page says of itself while it passes: JSON-LD, microdata, Open Graph, and its
 * canonical URL, in this order of trust.
 *
 * It stands beside the rewriter and is fed the same bytes; it changes none.
 * What it finds at the end of the page is this view's item, and is kept for
 * the next one (store/xsell_url.c), which then knows it in time.
 *
 * Invariants: memory is bounded, nothing is allocated; the answer does not
 * depend on how the page is cut into buffers; work is linear in the bytes,
 * whatever they are.  A tag that a buffer cuts in two is kept until it is
 * whole; one of more than XSELL_PRODUCT_TAG bytes is passed over.
 *
 * Not taken: the rewriter's tokenizer and tree.  They would cost four times as
 * much to answer what a few tags say.  So comments and the text of script
 * and style are told apart here once more, and nothing else.
 */

#include "xsell_product.h"


enum {
    PAGE_TEXT = 0,
    PAGE_COMMENT,
    PAGE_SCRIPT,                /* up to its end tag */
    PAGE_STYLE,
    PAGE_JSON                   /* a script of JSON-LD */
};


static size_t page_scan(xsell_page_t *page, const uint8_t *p, size_t n);
static const uint8_t *page_text(xsell_page_t *page, const uint8_t *p,
    const uint8_t *end);
static const uint8_t *page_look(xsell_page_t *page, const uint8_t *p,
    const uint8_t *end);
static const uint8_t *page_last(const uint8_t *p, const uint8_t *end);
static const uint8_t *page_words(xsell_page_t *page, const uint8_t *p,
    const uint8_t *end);
static const uint8_t *page_open(xsell_page_t *page, const uint8_t *p,
    const uint8_t *end);
static const uint8_t *page_inner(xsell_page_t *page, const uint8_t *p,
    const uint8_t *end);
static const uint8_t *page_tag(xsell_page_t *page, const uint8_t *p,
    const uint8_t *end);
static int page_interest(const uint8_t *p, const uint8_t *end);
static void page_take(xsell_page_t *page, const xsell_tag_t *tag);
static const uint8_t *page_comment(xsell_page_t *page, const uint8_t *p,
    const uint8_t *end);
static const uint8_t *page_raw(xsell_page_t *page, const uint8_t *p,
    const uint8_t *end);


_Static_assert(sizeof(xsell_page_t) <= sizeof(((xsell_product_t *) 0)->priv),
               "room for a page");


static xsell_page_t *
page_of(xsell_product_t *product)
{
    return (xsell_page_t *) (void *) product->priv;
}


void
xsell_product_init(xsell_product_t *product, const xsell_catalog_t *cat,
    const xsell_locator_t *self)
{
    xsell_page_t  *page;

    page = page_of(product);
    memset(page, 0, offsetof(xsell_page_t, text));

    page->catalog = cat;
    page->self = *self;
    page->og_item = XSELL_NO_ITEM;
    page->wide = xsell_product_wide();
}


/*
 * What is kept of earlier buffers is joined with the first bytes of this one;
 * when nothing of it is left, the buffer is read in its own place.
 */

void
xsell_product_feed(xsell_product_t *product, const uint8_t *p, size_t n)
{
    size_t         take, used, kept;
    xsell_page_t  *page;

    page = page_of(product);

    while (page->kept_n && n) {
        kept = page->kept_n;
        take = sizeof(page->kept) - kept;
        take = take < n ? take : n;

        memcpy(page->kept + kept, p, take);

        /* nothing ends without '>': a tag that comes byte by byte is not
           begun with again for each */

        if (kept + take < XSELL_PRODUCT_TAG
            && memchr(p, '>', take) == NULL)
        {
            page->kept_n = (unsigned) (kept + take);
            return;
        }

        used = page_scan(page, page->kept, kept + take);

        if (used >= kept) {
            page->kept_n = 0;
            p += used - kept;
            n -= used - kept;
            break;
        }

        page->kept_n = (unsigned) (kept + take - used);
        memmove(page->kept, page->kept + used, page->kept_n);
        p += take;
        n -= take;
    }

    if (n == 0) {
        return;
    }

    used = page_scan(page, p, n);
    page->kept_n = (unsigned) (n - used);
    memcpy(page->kept, p + used, page->kept_n);
}


/* returns how many bytes are done with; fewer than XSELL_PRODUCT_TAG are
   not: they are the beginning of something */

static size_t
page_scan(xsell_page_t *page, const uint8_t *p, size_t n)
{
    const uint8_t  *at, *end;

    at = p;
    end = p + n;
    page->waits = 0;

    while (at < end && !page->waits) {

        switch (page->state) {

        case PAGE_TEXT:
            at = page_text(page, at, end);
            break;

        case PAGE_COMMENT:
            at = page_comment(page, at, end);
            break;

        default:
            at = page_raw(page, at, end);
            break;
        }
    }

    return (size_t) (at - p);
}


/* the states return where they are done; with page->waits set, more bytes are
   needed there */

static const uint8_t *
page_text(xsell_page_t *page, const uint8_t *p, const uint8_t *end)
{
    while (p < end && page->state == PAGE_TEXT && !page->waits) {

        if (page->text_word) {
            p = page_words(page, p, end);
            continue;
        }

        if (page->scopes == 0) {
            p = page_look(page, p, end);
            continue;
        }

        p = memchr(p, '<', (size_t) (end - p));
        p = p ? page_open(page, p, end) : end;
    }

    return p;
}


/* the same outside of microdata, where few tags are of interest */

static const uint8_t *
page_look(xsell_page_t *page, const uint8_t *p, const uint8_t *end)
{
    xsell_tag_t     tag;
    const uint8_t  *at, *lt;

    at = xsell_product_hunt(page, p, end);

    if (at < end && *at == '<') {
        return page_open(page, at, end);
    }

    lt = page_last(p, at);

    if (at < end) {

        /* "itemscope", of the tag that began last if it has not ended */

        return lt ? page_tag(page, lt, end) : at + 1;
    }

    /* it may stand in what is to come of the tag that has not ended */

    if (lt && xsell_product_tag(&tag, lt, end) == NULL) {
        page->waits = 1;
        return lt;
    }

    return end;
}


/* where the last tag before `end` begins, if that is near */

static const uint8_t *
page_last(const uint8_t *p, const uint8_t *end)
{
    const uint8_t  *lt;

    if (end - p >= XSELL_PRODUCT_TAG) {
        p = end - (XSELL_PRODUCT_TAG - 1);
    }

    lt = memrchr(p, '<', (size_t) (end - p));

    return lt && end - lt > 1 && xsell_product_lower(lt[1]) >= 'a'
           && xsell_product_lower(lt[1]) <= 'z' ? lt : NULL;
}


/* the text that is the value of an itemprop, up to the next tag */

static const uint8_t *
page_words(xsell_page_t *page, const uint8_t *p, const uint8_t *end)
{
    size_t          n;
    const uint8_t  *lt;

    lt = memchr(p, '<', (size_t) (end - p));
    n = (size_t) ((lt ? lt : end) - p);

    if (n > sizeof(page->text) - page->text_n) {
        page->text_word = XSELL_WORD_NONE;
        return p;
    }

    memcpy(page->text + page->text_n, p, n);
    page->text_n += (unsigned) n;

    if (lt == NULL) {
        return end;
    }

    xsell_product_said(page, page->text_word, page->text, page->text_n);
    page->text_word = XSELL_WORD_NONE;

    return lt;
}


/* what begins with the '<' at p */

static const uint8_t *
page_open(xsell_page_t *page, const uint8_t *p, const uint8_t *end)
{
    size_t          n;
    const uint8_t  *name;

    n = (size_t) (end - p);

    if (n < 2 || (p[1] == '!' && n < 4 && memcmp(p, "<!--", n) == 0)) {
        page->waits = 1;
        return p;
    }

    if (p[1] == '!') {

        if (n < 4 || memcmp(p, "<!--", 4) != 0) {
            return p + 2;
        }

        page->state = PAGE_COMMENT;
        memcpy(page->last, " --", 3);
        return p + 4;
    }

    if (p[1] == '/') {

        name = p + 2;
        p = name;

        while (p < end && p - name < 16 && !xsell_product_space(*p)
               && *p != '>' && *p != '/' && *p != '<')
        {
            p++;
        }

        if (p == end && p - name < 16) {
            page->waits = 1;
            return name - 2;
        }

        xsell_product_end(page, name, (size_t) (p - name));
        return p;
    }

    if (xsell_product_lower(p[1]) < 'a' || xsell_product_lower(p[1]) > 'z') {
        return p + 1;
    }

    /* scripts without attributes are many */

    if (n >= 8 && memcmp(p, "<script>", 8) == 0) {
        page->state = PAGE_SCRIPT;
        return p + 8;
    }

    switch (page_interest(p + 1, end)) {

    case XSELL_NONE:
        return page->scopes ? page_inner(page, p, end) : p + 2;

    case XSELL_AGAIN:
        page->waits = 1;
        return p;
    }

    return page_tag(page, p, end);
}


/*
 * Any start tag, inside of microdata.  With no attribute of microdata up to the
 * next tag only its name is of interest.
 */

static const uint8_t *
page_inner(xsell_page_t *page, const uint8_t *p, const uint8_t *end)
{
    size_t          n;
    const uint8_t  *next;

    n = (size_t) (end - p);
    n = n < XSELL_PRODUCT_TAG ? n : XSELL_PRODUCT_TAG;
    next = memchr(p + 1, '<', n - 1);

    if (next == NULL && n < XSELL_PRODUCT_TAG) {
        page->waits = 1;
        return p;
    }

    next = next ? next : p + n;

    if (xsell_product_itemized(p, next, end)) {
        return page_tag(page, p, end);
    }

    end = next;
    next = ++p;

    while (next < end && !xsell_product_space(*next) && *next != '>'
           && *next != '/')
    {
        next++;
    }

    xsell_product_within(page, p, (size_t) (next - p));

    return next;
}


static const uint8_t *
page_tag(xsell_page_t *page, const uint8_t *p, const uint8_t *end)
{
    xsell_tag_t     tag;
    const uint8_t  *next, *most;

    most = end - p < XSELL_PRODUCT_TAG ? end : p + XSELL_PRODUCT_TAG;
    next = xsell_product_tag(&tag, p, most);

    if (next) {
        page_take(page, &tag);
        return next;
    }

    if (end - p < XSELL_PRODUCT_TAG) {
        page->waits = 1;
        return p;
    }

    return most;
}


/* whether it is the name of a tag that is looked at; AGAIN: can't be told */

static int
page_interest(const uint8_t *p, const uint8_t *end)
{
    size_t       n, name_n;
    const char  *name;

    switch (*p | 0x20) {

    case 's':
        name = end - p > 1 && (p[1] | 0x20) == 't' ? "style" : "script";
        break;

    case 'm':
        name = "meta";
        break;

    case 'l':
        name = "link";
        break;

    default:
        return XSELL_NONE;
    }

    n = (size_t) (end - p);
    name_n = strlen(name);

    if (n <= name_n) {
        return xsell_product_is(p, n, name) ? XSELL_AGAIN : XSELL_NONE;
    }

    return xsell_product_is(p, name_n, name)
           && (xsell_product_space(p[name_n]) || p[name_n] == '>'
               || p[name_n] == '/')
           ? XSELL_OK : XSELL_NONE;
}


static int
page_is_json(const xsell_tag_t *tag)
{
    const uint8_t  *type;

    type = (const uint8_t *) tag->attr[XSELL_ATTR_TYPE].p;

    return type && tag->attr[XSELL_ATTR_TYPE].n >= 19
           && xsell_product_is(type, 19, "application/ld+json");
}


static void
page_take(xsell_page_t *page, const xsell_tag_t *tag)
{
    if (tag->name_n == 6 && xsell_product_is(tag->name, 6, "script")) {

        page->state = PAGE_SCRIPT;

        if (page_is_json(tag)) {
            page->state = PAGE_JSON;
            xsell_product_json_begin(&page->json);
        }

        return;
    }

    if (tag->name_n == 5 && xsell_product_is(tag->name, 5, "style")) {
        page->state = PAGE_STYLE;
        return;
    }

    if (tag->name_n == 4 && xsell_product_is(tag->name, 4, "meta")) {
        xsell_product_meta(page, tag);
    }

    if (tag->name_n == 4 && xsell_product_is(tag->name, 4, "link")) {
        xsell_product_link(page, tag);
    }

    xsell_product_start(page, tag);
}


/* the byte k before gt, of this buffer or the one before */

static uint8_t
page_before(const xsell_page_t *page, const uint8_t *p, const uint8_t *gt,
    int k)
{
    return gt - p >= k ? gt[-k] : page->last[3 - (k - (gt - p))];
}


static const uint8_t *
page_comment(xsell_page_t *page, const uint8_t *p, const uint8_t *end)
{
    int             k;
    uint8_t         last[3];
    const uint8_t  *at, *gt;

    for (at = p; at < end; at = gt + 1) {

        gt = memchr(at, '>', (size_t) (end - at));

        if (gt == NULL) {
            break;
        }

        k = page_before(page, p, gt, 1) == '!' ? 2 : 1;

        if (page_before(page, p, gt, k) == '-'
            && page_before(page, p, gt, k + 1) == '-')
        {
            page->state = PAGE_TEXT;
            return gt + 1;
        }
    }

    for (k = 1; k <= 3; k++) {
        last[3 - k] = page_before(page, p, end, k);
    }

    memcpy(page->last, last, sizeof(last));

    return end;
}


/* whether an end tag of that name is here; AGAIN: can't be told */

static int
page_ends(const uint8_t *p, const uint8_t *end, const char *name,
    size_t name_n)
{
    size_t  n;

    n = (size_t) (end - p);

    if (n > 1 && p[1] != '/') {
        return XSELL_NONE;
    }

    if (n > 8 && memcmp(p, "</script>", 9) == 0) {
        return name_n == 8 ? XSELL_OK : XSELL_NONE;
    }

    if (n <= name_n) {
        return xsell_product_is(p, n, name) ? XSELL_AGAIN : XSELL_NONE;
    }

    return xsell_product_is(p, name_n, name)
           && (xsell_product_space(p[name_n]) || p[name_n] == '>'
               || p[name_n] == '/')
           ? XSELL_OK : XSELL_NONE;
}


/* the text of a script or style, and its end tag */

static const uint8_t *
page_raw(xsell_page_t *page, const uint8_t *p, const uint8_t *end)
{
    int             json, style;
    const uint8_t  *lt;

    json = page->state == PAGE_JSON;
    style = page->state == PAGE_STYLE;

    for ( ;; ) {
        lt = memchr(p, '<', (size_t) (end - p));

        if (json) {
            xsell_product_json(page, p, (size_t) ((lt ? lt : end) - p));
        }

        if (lt == NULL) {
            return end;
        }

        switch (style ? page_ends(lt, end, "</style", 7)
                      : page_ends(lt, end, "</script", 8))
        {
        case XSELL_OK:
            page->state = PAGE_TEXT;
            return lt + (style ? 7 : 8);

        case XSELL_AGAIN:
            page->waits = 1;
            return lt;
        }

        if (json) {
            xsell_product_json(page, lt, 1);
        }

        p = lt + 1;
    }
}


/* ---- the answer ------------------------------------------------------- */

int
xsell_product_finish(xsell_product_t *product, xsell_found_t *found)
{
    xsell_page_t  *page;

    page = page_of(product);

    /* it may have been kept without being looked at */
    (void) page_scan(page, page->kept, page->kept_n);
    page->kept_n = 0;
    xsell_product_close(page, 0);

    memset(found, 0, sizeof(*found));

    found->plain = page->has_canonical && !page->canonical.queried
                   && page->canonical.path == page->self.path;

    found->from = XSELL_FROM_JSONLD;
    found->item = xsell_product_choose(page, &page->json_mains);

    if (found->item == XSELL_NO_ITEM) {
        found->from = XSELL_FROM_MICRODATA;
        found->item = xsell_product_choose(page, &page->scope_mains);
    }

    if (found->item == XSELL_NO_ITEM) {
        found->from = XSELL_FROM_OPENGRAPH;
        found->item = page->og_item;
    }

    if (found->item == XSELL_NO_ITEM && page->has_canonical) {
        found->from = XSELL_FROM_CANONICAL;
        found->item = xsell_catalog_page(page->catalog, &page->canonical);
    }

    if (found->item == XSELL_NO_ITEM && page->has_og_url) {
        found->from = XSELL_FROM_CANONICAL;
        found->item = xsell_catalog_page(page->catalog, &page->og_url);
    }

    /* the home page has its favourites; that the catalogue calls it the page
       of an item would have been known before */

    if (found->item == XSELL_NO_ITEM
        || (page->self.root && !page->self.queried))
    {
        found->item = XSELL_NO_ITEM;
        found->from = XSELL_FROM_NONE;
        return XSELL_NONE;
    }

    return XSELL_OK;
}

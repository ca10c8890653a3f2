
/*
 * xsell_locator.c: URLs as far as they say which page is meant, and the
 * catalogue's items by theirs.
 *
 * Before a page is looked at, its URL is asked: where the catalogue says that
 * an item is at this URL, nothing else has to be found.  Links in a page
 * (canonical, og:url, a product's own url) are asked in the same way, and the
 * hashes made here are what URLs are remembered by (store/xsell_url.c).
 *
 * Two URLs are the same page if they are after this: scheme, host and
 * fragment are left out, what needn't be percent-encoded is decoded, a slash
 * at the end goes, and so do parameters that say where a visitor came from.
 * Hosts are left out because the catalogue names the public one, and a copy
 * of the shop for trying out, or in another language, has another.
 *
 * An item whose URL has no other parameters is found whatever parameters a
 * request has.  One that has some is found by exactly these, or, if all items
 * of the path are variants of one product, by the path alone.  Two products at
 * one URL: neither is found, and the builder warns.
 *
 * An entry of the index is a word, 40 bits of hash and the item: with the
 * place in the table that is 50 to 60 bits, and URLs themselves need not be
 * compared.
 */

#include "xsell_catalog.h"



#define LOCATOR_MAX     2048

/* as item of an entry: two products are there */
#define LOCATOR_SHARED  XSELL_SLOT_MASK

/* of the path alone, where items need parameters */
#define LOCATOR_PATH    0x9e3779b97f4a7c15ull


typedef struct {
    uint8_t              buf[LOCATOR_MAX];
    size_t               n;
} locator_text_t;


static int locator_root(xsell_str_t *s);
static int locator_decode(locator_text_t *t, xsell_str_t s, int query);
static void locator_query(locator_text_t *t, xsell_str_t s);
static int locator_is_source(xsell_str_t param);


int
xsell_locator(xsell_locator_t *a, const char *p, size_t n)
{
    size_t                k, path;
    const char           *end;
    xsell_str_t           s, part;
    locator_text_t        t;

    /* fixed: an address is the same for every catalogue and process */
    static const uint8_t  key[16] = "xsell locators";

    s.p = p;
    s.n = n;
    s = xsell_trim(s);

    if (locator_root(&s) != XSELL_OK) {
        return XSELL_EINVAL;
    }

    end = memchr(s.p, '#', s.n);
    s.n = end ? (size_t) (end - s.p) : s.n;

    end = memchr(s.p, '?', s.n);
    k = end ? (size_t) (end - s.p) : s.n;

    part.p = s.p;
    part.n = k;
    t.n = 0;

    if (locator_decode(&t, part, 0) != XSELL_OK) {
        return XSELL_EINVAL;
    }

    while (t.n && t.buf[t.n - 1] == '/') {
        t.n--;
    }

    path = t.n;

    if (k < s.n) {
        part.p = s.p + k + 1;
        part.n = s.n - k - 1;
        locator_query(&t, part);
    }

    a->path = xsell_siphash(key, t.buf, path);
    a->full = t.n > path ? xsell_siphash(key, t.buf, t.n) : a->path;
    a->queried = t.n > path;
    a->root = path == 0;

    return XSELL_OK;
}


/* leaves scheme and host out; what is no absolute path then is nothing */

static int
locator_root(xsell_str_t *s)
{
    size_t  i;

    for (i = 0; i < s->n && i < 8 && s->p[i] != ':' && s->p[i] != '/'; i++) {
        /* void */
    }

    if (i + 2 < s->n && s->p[i] == ':') {

        if ((i != 4 && i != 5) || strncasecmp(s->p, "https", i) != 0) {
            return XSELL_EINVAL;
        }

        s->p += i + 1;
        s->n -= i + 1;
    }

    if (s->n >= 2 && s->p[0] == '/' && s->p[1] == '/') {

        for (i = 2; i < s->n && !strchr("/?#", s->p[i]); i++) { /* void */ }

        if (i == 2) {
            return XSELL_EINVAL;
        }

        s->p += i;
        s->n -= i;

        return s->n <= LOCATOR_MAX ? XSELL_OK : XSELL_EINVAL;
    }

    return s->n && s->n <= LOCATOR_MAX && s->p[0] == '/' ? XSELL_OK
                                                         : XSELL_EINVAL;
}


static int
locator_hex(uint8_t c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }

    c |= 0x20;

    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}


/* of bytes that are not simply kept: 1 controls, 2 '%', 3 '+' */

static const uint8_t  locator_kind[256] = {
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
    ['%'] = 2, ['+'] = 3, [0x7f] = 1
};


/* never longer than it was; what has a meaning of its own stays encoded */

static int
locator_decode(locator_text_t *t, xsell_str_t s, int query)
{
    int             hi, lo;
    uint8_t         c, *out;
    const uint8_t  *p, *end;

    p = (const uint8_t *) s.p;
    end = p + s.n;
    out = t->buf + t->n;

    while (p < end) {
        c = *p++;

        if (locator_kind[c] == 0) {
            *out++ = c;
            continue;
        }

        switch (locator_kind[c]) {

        case 1:
            return XSELL_EINVAL;

        case 2:

            if (end - p < 2 || (hi = locator_hex(p[0])) < 0
                || (lo = locator_hex(p[1])) < 0)
            {
                break;
            }

            p += 2;
            c = (uint8_t) (hi << 4 | lo);

            if (locator_kind[c] || strchr("/?#&=", c)) {
                *out++ = '%';
                *out++ = (uint8_t) "0123456789ABCDEF"[hi];
                c = (uint8_t) "0123456789ABCDEF"[lo];
            }

            break;

        case 3:
            c = query ? ' ' : '+';
            break;
        }

        *out++ = c;
    }

    t->n = (size_t) (out - t->buf);

    return XSELL_OK;
}


/* "?a=b&c" with the parameters that matter; nothing if there is none */

static void
locator_query(locator_text_t *t, xsell_str_t s)
{
    size_t       at;
    const char  *amp;
    xsell_str_t  param;

    while (s.n) {
        amp = memchr(s.p, '&', s.n);

        param.p = s.p;
        param.n = amp ? (size_t) (amp - s.p) : s.n;

        s.p += param.n + (amp != NULL);
        s.n -= param.n + (amp != NULL);

        if (param.n == 0 || locator_is_source(param)) {
            continue;
        }

        at = t->n;

        /* what was dropped before it left room for this one */
        t->buf[t->n++] = at && memchr(t->buf, '?', at) ? '&' : '?';

        if (locator_decode(t, param, 1) != XSELL_OK) {
            t->n = at;
        }
    }
}


/* parameters of advertisements, mailings and analysis */

static int
locator_is_source(xsell_str_t param)
{
    size_t                    i, n;

    static const xsell_str_t  name[] = {
#define NAME(text)  { text, sizeof(text) - 1 }
        NAME("gclid"), NAME("gclsrc"), NAME("gbraid"), NAME("wbraid"),
        NAME("gad_source"), NAME("gad_campaignid"), NAME("srsltid"),
        NAME("dclid"), NAME("fbclid"), NAME("msclkid"), NAME("yclid"),
        NAME("ttclid"), NAME("twclid"), NAME("igshid"), NAME("li_fat_id"),
        NAME("epik"), NAME("mc_cid"), NAME("mc_eid"), NAME("_ga"),
        NAME("_gl"), NAME("_ke"), NAME("_kx"), NAME("irclickid"),
        NAME("cjevent"), NAME("awc"), NAME("s_kwcid"), NAME("ref_src")
#undef NAME
    };

    if ((param.n >= 4 && memcmp(param.p, "utm_", 4) == 0)
        || (param.n >= 4 && memcmp(param.p, "mtm_", 4) == 0)
        || (param.n >= 3 && memcmp(param.p, "pk_", 3) == 0)
        || (param.n >= 4 && memcmp(param.p, "hsa_", 4) == 0))
    {
        return 1;
    }

    for (n = 0; n < param.n && param.p[n] != '='; n++) { /* void */ }

    for (i = 0; i < sizeof(name) / sizeof(name[0]); i++) {
        if (n == name[i].n && memcmp(param.p, name[i].p, n) == 0) {
            return 1;
        }
    }

    return 0;
}


/* ---- the catalogue's index -------------------------------------------- */

/* the place of a hash, or the free one where it belongs; NULL: a file lies */

static uint64_t *
locator_probe(const xsell_catalog_t *cat, uint64_t hash)
{
    uint32_t             k;
    uint64_t             at, *page;
    const xsell_part_t  *pages;

    pages = &cat->part[XSELL_PART_PAGES];

    if (pages->n == 0) {
        return NULL;
    }

    at = xsell_table_at(hash, pages->n);

    for (k = 0; k < XSELL_PROBES; k++) {
        page = (uint64_t *) pages->p + at;

        if (*page == 0 || (*page ^ hash) >> XSELL_SLOT_BITS == 0) {
            return page;
        }

        at = at + 1 == pages->n ? 0 : at + 1;
    }

    return NULL;
}


static int
locator_same(const xsell_catalog_t *cat, uint32_t a, uint32_t b)
{
    const xsell_item_t  *items;

    items = xsell_items(cat);

    return a == b
           || (items[a].group_idx != 0
               && items[a].group_idx == items[b].group_idx);
}


/* returns the item that has this address already, if it is another product */

static uint32_t
locator_insert(xsell_catalog_t *cat, uint64_t hash, uint32_t item)
{
    uint32_t   other;
    uint64_t  *place;

    place = locator_probe(cat, hash);

    if (place == NULL) {
        return XSELL_NO_ITEM;
    }

    /* the tag of a used place is never 0 */

    if (*place == 0) {
        *place = (hash & ~(uint64_t) XSELL_SLOT_MASK) | item;
        return XSELL_NO_ITEM;
    }

    other = (uint32_t) *place & XSELL_SLOT_MASK;

    if (other != LOCATOR_SHARED) {

        if (locator_same(cat, other, item)) {
            return XSELL_NO_ITEM;
        }

        *place |= LOCATOR_SHARED;
    }

    return other;
}


/* a word with an item is never 0, also if the hash begins so */

static uint64_t
locator_hash(uint64_t hash)
{
    return hash | 1ull << 63;
}


static int
locator_item(const xsell_catalog_t *cat, uint32_t item, xsell_locator_t *a)
{
    xsell_str_t  url;

    url = xsell_catalog_text(cat, &xsell_items(cat)[item], XSELL_TEXT_URL);

    return xsell_locator(a, url.p, url.n);
}


int
xsell_catalog_pages(xsell_catalog_t *cat,
    void (*shared)(void *ctx, uint32_t item, uint32_t other), void *ctx)
{
    uint32_t         i, n, other;
    xsell_locator_t  a;

    /* one entry an item, a second one for those with parameters */

    for (n = 0, i = 0; i < cat->n; i++) {
        n += locator_item(cat, i, &a) == XSELL_OK ? 1 + a.queried : 0;
    }

    if (xsell_part_make(cat, XSELL_PART_PAGES, xsell_table_room(n))
        != XSELL_OK)
    {
        return XSELL_ENOMEM;
    }

    for (i = 0; i < cat->n; i++) {

        if (locator_item(cat, i, &a) != XSELL_OK) {
            continue;
        }

        other = locator_insert(cat, locator_hash(a.full), i);

        if (other != XSELL_NO_ITEM && shared) {
            shared(ctx, i, other == LOCATOR_SHARED ? XSELL_NO_ITEM : other);
        }

        if (a.queried) {
            (void) locator_insert(cat, locator_hash(a.path ^ LOCATOR_PATH),
                                  i);
        }
    }

    return XSELL_OK;
}


static uint32_t
locator_find(const xsell_catalog_t *cat, uint64_t hash)
{
    uint32_t         item;
    const uint64_t  *page;

    page = locator_probe(cat, locator_hash(hash));

    if (page == NULL || *page == 0) {
        return XSELL_NO_ITEM;
    }

    /* LOCATOR_SHARED is no item either */

    item = (uint32_t) *page & XSELL_SLOT_MASK;

    return item < cat->n ? item : XSELL_NO_ITEM;
}


uint32_t
xsell_catalog_page(const xsell_catalog_t *cat, const xsell_locator_t *a)
{
    uint32_t  item;

    item = locator_find(cat, a->full);

    if (item == XSELL_NO_ITEM && a->queried) {
        item = locator_find(cat, a->path);
    }

    return item == XSELL_NO_ITEM ? locator_find(cat, a->path ^ LOCATOR_PATH)
                                 : item;
}


/* ---- what pages say of their item ------------------------------------- */

/* "sku:925872": the scheme that schema.org puts before a productID */

static uint32_t
locator_by_scheme(const xsell_catalog_t *cat, xsell_str_t s)
{
    size_t  i;

    for (i = 0; i < s.n && i < 8; i++) {

        if (s.p[i] == ':') {
            s.p += i + 1;
            s.n -= i + 1;
            s = xsell_trim(s);

            return i && s.n ? xsell_catalog_find(cat, s.p, s.n)
                            : XSELL_NO_ITEM;
        }

        if ((s.p[i] | 0x20) < 'a' || (s.p[i] | 0x20) > 'z') {
            if (s.p[i] < '0' || s.p[i] > '9') {
                break;
            }
        }
    }

    return XSELL_NO_ITEM;
}


uint32_t
xsell_catalog_identify(const xsell_catalog_t *cat, unsigned what,
    const char *p, size_t n)
{
    uint32_t         item;
    xsell_str_t      s;
    xsell_locator_t  a;

    s.p = p;
    s.n = n;
    s = xsell_trim(s);

    if (s.n == 0) {
        return XSELL_NO_ITEM;
    }

    if (what == XSELL_IDENTITY_URL) {
        return xsell_locator(&a, s.p, s.n) == XSELL_OK
               ? xsell_catalog_page(cat, &a) : XSELL_NO_ITEM;
    }

    if (s.n > XSELL_ID_MAX) {
        return XSELL_NO_ITEM;
    }

    item = xsell_catalog_find(cat, s.p, s.n);

    return item == XSELL_NO_ITEM ? locator_by_scheme(cat, s) : item;
}


int
xsell_catalog_same(const xsell_catalog_t *cat, uint32_t a, uint32_t b)
{
    return a < cat->n && b < cat->n && locator_same(cat, a, b);
}


/*
 * Render: a slate becomes HTML in r->pool.
 *
 * Links of a personal fragment carry a token (ARCHITECTURE D7); those of
 * bots, of visitors without consent and to other hosts don't.  The token is
 * bound to the decoded path, which is what the request will have, however
 * the browser writes it on the way.
 *
 * The engine asks for a link when it needs one: of a card that it remembers
 * only the token is new.
 */

#include "ngx_http_xsell_module.h"


#define NGX_HTTP_XSELL_TAG_MAX  35      /* RFC 5646, 4.4.1 */


/* where in a URL its path begins, if the URL is of this host; NULL if not */

static u_char *
ngx_http_xsell_local_path(ngx_http_request_t *r, const xsell_str_t *url)
{
    u_char  *p, *last;
    size_t   n;

    p = (u_char *) url->p;
    last = p + url->n;

    if (url->n && p[0] == '/' && (url->n == 1 || p[1] != '/')) {
        return p;
    }

    if (url->n > 8 && ngx_strncasecmp(p, (u_char *) "https://", 8) == 0) {
        p += 8;

    } else if (url->n > 7 && ngx_strncasecmp(p, (u_char *) "http://", 7)
                             == 0)
    {
        p += 7;

    } else {
        return NULL;
    }

    n = r->headers_in.server.len;

    if (n == 0 || (size_t) (last - p) <= n
        || ngx_strncasecmp(p, r->headers_in.server.data, n) != 0)
    {
        return NULL;
    }

    p += n;

    if (*p == ':') {
        for (p++; p < last && *p >= '0' && *p <= '9'; p++) { /* void */ }
    }

    if (p < last && *p != '/') {
        return NULL;
    }

    return p < last ? p : NULL;
}


/*
 * The path of a link as the request's r->uri will have it: by nginx's own
 * parser, which decodes, merges slashes and resolves dots.  It works on a
 * request, so it gets one with nothing but this line in it; it reads one
 * byte past the end.  NGX_DECLINED: a path that nginx refuses.
 */

static ngx_int_t
ngx_http_xsell_decode(ngx_http_request_t *r, u_char *p, u_char *end,
    xsell_str_t *path)
{
    u_char                    *line;
    ngx_http_request_t         fake;
    ngx_http_core_srv_conf_t  *cscf;

    line = ngx_pnalloc(r->pool, 2 * (end - p + 1));
    if (line == NULL) {
        return NGX_ERROR;
    }

    *ngx_cpymem(line, p, end - p) = ' ';

    ngx_memzero(&fake, sizeof(ngx_http_request_t));
    fake.connection = r->connection;
    fake.uri_start = line;
    fake.uri_end = line + (end - p);
    fake.uri.data = fake.uri_end + 1;

    cscf = ngx_http_get_module_srv_conf(r, ngx_http_core_module);

    if (ngx_http_parse_complex_uri(&fake, cscf->merge_slashes) != NGX_OK) {
        return NGX_DECLINED;
    }

    path->p = (char *) fake.uri.data;
    path->n = fake.uri.len;

    return NGX_OK;
}


/* the links of a fragment that is being rendered */

typedef struct {
    ngx_http_request_t          *request;
    ngx_http_xsell_visitor_t    *visitor;
    xsell_slate_t               *slate;
    uint64_t                     impression;    /* 0: links have no token */
    xsell_signer_t               signer;
    ngx_uint_t                   failed;
} ngx_http_xsell_links_t;


/* an xsell_links_t's tokens */

static void
ngx_http_xsell_tokens(void *ctx, const xsell_blank_t *blank, uint32_t n)
{
    uint32_t                 i;
    xsell_sign_t             what[XSELL_SLATE_MAX];
    ngx_http_xsell_links_t  *links;

    links = ctx;

    for (i = 0; i < n; i++) {
        what[i].path = blank[i].path;
        what[i].to = blank[i].to;
        what[i].item = links->slate->pick[blank[i].card].ref;
        what[i].position = blank[i].card;
    }

    xsell_token_sign(&links->signer, what, n);
}


/* the item's URL, room for a token in it, and where that is; NULL: none */

static u_char *
ngx_http_xsell_link(ngx_http_request_t *r, const xsell_str_t *url,
    u_char *end, xsell_str_t *out)
{
    u_char      *last, *cut, *buf, *token;
    ngx_uint_t   query;

    last = (u_char *) url->p + url->n;

    for (cut = end; cut < last && *cut != '#'; cut++) { /* void */ }

    query = (end < last && *end == '?');

    buf = ngx_pnalloc(r->pool, url->n + sizeof("?xs=") - 1
                               + XSELL_TOKEN_LEN);
    if (buf == NULL) {
        return NULL;
    }

    out->p = (char *) buf;

    buf = ngx_cpymem(buf, url->p, cut - (u_char *) url->p);
    *buf++ = query ? '&' : '?';
    buf = ngx_cpymem(buf, "xs=", 3);
    token = buf;
    buf += XSELL_TOKEN_LEN;
    buf = ngx_cpymem(buf, cut, last - cut);

    out->n = (char *) buf - out->p;

    return token;
}


/* an xsell_links_t's address: the item's URL with its token */

static void
ngx_http_xsell_address(void *ctx, uint32_t card, xsell_address_t *to)
{
    u_char                  *p, *end, *last, *token;
    xsell_str_t              url, path;
    xsell_blank_t            blank;
    ngx_http_request_t      *r;
    ngx_http_xsell_shop_t   *shop;
    ngx_http_xsell_links_t  *links;

    links = ctx;
    r = links->request;
    shop = links->visitor->shop;
    url = xsell_catalog_text(shop->catalog,
                             xsell_catalog_item(shop->catalog,
                                         links->slate->pick[card].item),
                             XSELL_TEXT_URL);
    to->url = url;
    p = ngx_http_xsell_local_path(r, &url);

    /* of an absolute URL the Host header says whether it is ours */

    to->keep = (url.n && url.p[0] == '/');

    if (links->impression == 0 || p == NULL) {
        return;
    }

    last = (u_char *) url.p + url.n;

    for (end = p; end < last && *end != '?' && *end != '#'; end++) {
        /* void */
    }

    switch (ngx_http_xsell_decode(r, p, end, &path)) {

    case NGX_OK:
        token = ngx_http_xsell_link(r, &url, end, &to->url);

        if (token == NULL) {
            links->failed = 1;
            return;
        }

        xsell_token_path(shop->keys, path, to->path);

        blank.path = to->path;
        blank.to = (char *) token;
        blank.card = card;
        ngx_http_xsell_tokens(links, &blank, 1);

        to->token = (char *) token;
        return;

    case NGX_DECLINED:
        return;

    default:
        links->failed = 1;
    }
}


/* addresses of one kind are made alike: with a token or without, paths
   decoded as the server does */

static uint32_t
ngx_http_xsell_kind(ngx_http_request_t *r, uint64_t impression)
{
    ngx_http_core_srv_conf_t  *cscf;

    cscf = ngx_http_get_module_srv_conf(r, ngx_http_core_module);

    return impression ? 1 + (cscf->merge_slashes != 0) : 0;
}


/* notes the slate as an impression that clicks will be looked up in */

void
ngx_http_xsell_open(ngx_http_xsell_loc_conf_t *xlcf,
    ngx_http_xsell_state_t *st, ngx_uint_t i, const xsell_slate_t *slate,
    ngx_http_xsell_fragment_t *fragment)
{
    ngx_uint_t              k;
    const xsell_item_t     *anchor;
    xsell_impression_t      imp;
    ngx_http_xsell_face_t  *face;
    ngx_http_xsell_shop_t  *shop;

    shop = xlcf->shop;
    face = xlcf->looks[i].face[ngx_min(slate->arm, XSELL_ARMS)];
    anchor = xsell_catalog_item(shop->catalog, st->item);

    ngx_memzero(&imp, offsetof(xsell_impression_t, row));

    imp.session = st->visitor.key;
    imp.network = st->visitor.network;
    imp.time_ms = ngx_http_xsell_now(shop);
    imp.anchor = xsell_catalog_ref(shop->catalog, anchor);
    imp.slot_name = xlcf->names[i]->index;
    imp.template_idx = face->index;

    xsell_impression_fill(&imp, slate);

    fragment->face = face;
    fragment->slot_name = imp.slot_name;
    fragment->hidden = (imp.flags & XSELL_IMP_HIDDEN) != 0;
    fragment->n = imp.n;

    for (k = 0; k < imp.n; k++) {
        fragment->shown[k] = imp.row[k].ref;
    }

    if (st->visitor.key) {
        fragment->impression = xsell_impression_open(&shop->arena, &imp);
    }
}


/* of a location it is always the same: made when it is wanted first, for as
   long as the cycle lives */

static ngx_int_t
ngx_http_xsell_css_url(ngx_http_xsell_loc_conf_t *xlcf, xsell_str_t *url)
{
    u_char      *p;
    ngx_pool_t  *pool;

    if (xlcf->css.len == 0) {
        pool = ngx_cycle->pool;

        p = ngx_pnalloc(pool, xlcf->prefix.len + xlcf->shop->css_hash.len
                              + sizeof("s/.css"));
        if (p == NULL) {
            return NGX_ERROR;
        }

        xlcf->css.data = p;
        xlcf->css.len = ngx_sprintf(p, "%Vs/%V.css", &xlcf->prefix,
                                    &xlcf->shop->css_hash)
                        - p;
    }

    *url = ngx_http_xsell_view(&xlcf->css);

    return NGX_OK;
}


/* the first language tag of a list such as "de-AT, de;q=0.9": begins with a
   letter, ends before what is neither letter nor digit nor "-" */

static xsell_str_t
ngx_http_xsell_tag(ngx_str_t *list)
{
    u_char       *p, *last, c;
    xsell_str_t   tag;

    p = list->data;
    last = p + list->len;

    while (p < last && (*p == ' ' || *p == '\t')) {
        p++;
    }

    tag.p = (char *) p;

    for ( /* void */ ; p < last; p++) {
        c = *p | 0x20;

        if (!((c >= 'a' && c <= 'z') || (*p >= '0' && *p <= '9')
              || *p == '-'))
        {
            break;
        }
    }

    tag.n = (char *) p - tag.p;

    if (tag.n > NGX_HTTP_XSELL_TAG_MAX
        || (tag.n && (u_char) tag.p[0] <= '9'))
    {
        tag.n = 0;
    }

    return tag;
}


/* the page's language: as configured, else as its own header says, else "",
   which templates take for English */

static ngx_int_t
ngx_http_xsell_lang(ngx_http_request_t *r, ngx_http_xsell_loc_conf_t *xlcf,
    xsell_str_t *tag)
{
    ngx_str_t         value;
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    ngx_str_null(&value);

    if (xlcf->language
        && ngx_http_complex_value(r, xlcf->language, &value) != NGX_OK)
    {
        return NGX_ERROR;
    }

    *tag = ngx_http_xsell_tag(&value);

    part = &r->headers_out.headers.part;

    while (tag->n == 0 && part) {
        h = part->elts;

        for (i = 0; tag->n == 0 && i < part->nelts; i++) {
            if (h[i].hash
                && h[i].key.len == sizeof("Content-Language") - 1
                && ngx_strncasecmp(h[i].key.data,
                                   (u_char *) "Content-Language",
                                   sizeof("Content-Language") - 1)
                   == 0)
            {
                *tag = ngx_http_xsell_tag(&h[i].value);
            }
        }

        part = part->next;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_xsell_heading(ngx_http_request_t *r, ngx_http_xsell_slot_t *slot,
    xsell_str_t *heading)
{
    ngx_str_t  value;

    ngx_str_null(&value);

    if (slot->title
        && ngx_http_complex_value(r, slot->title, &value) != NGX_OK)
    {
        return NGX_ERROR;
    }

    *heading = ngx_http_xsell_view(&value);

    return NGX_OK;
}


/* a slot that never shows anything and says nothing is looked for in the
   selector first */

static void
ngx_http_xsell_too_large(ngx_http_request_t *r, ngx_http_xsell_slot_t *slot)
{
    uint32_t  bit;

    bit = 1u << XSELL_PLACE_STATES;     /* behind those of the places */

    if (slot->told & bit) {
        return;
    }

    slot->told |= bit;

    ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                  "xsell: slot \"%V\" of %s:%ui not served: its fragment has "
                  "more than %d bytes (said once per worker)", &slot->name,
                  slot->file, slot->line, XSELL_FRAGMENT_MAX);
}


/*
 * Room for a fragment: a worker keeps what its last requests have given back.
 * The pool would take it from malloc() each time, it is larger than a page.
 */

#define NGX_HTTP_XSELL_ROOM     (2048 + 1024 * XSELL_SLATE_MAX)
#define NGX_HTTP_XSELL_ROOMS    64

static u_char      *ngx_http_xsell_rooms[NGX_HTTP_XSELL_ROOMS];
static ngx_uint_t   ngx_http_xsell_rooms_n;


/* the request is done, and all of it sent */

static void
ngx_http_xsell_room_back(void *data)
{
    if (ngx_http_xsell_rooms_n < NGX_HTTP_XSELL_ROOMS) {
        ngx_http_xsell_rooms[ngx_http_xsell_rooms_n++] = data;
        return;
    }

    ngx_free(data);
}


static u_char *
ngx_http_xsell_room(ngx_http_request_t *r)
{
    u_char              *p;
    ngx_pool_cleanup_t  *cln;

    cln = ngx_pool_cleanup_add(r->pool, 0);
    if (cln == NULL) {
        return NULL;
    }

    if (ngx_http_xsell_rooms_n) {
        p = ngx_http_xsell_rooms[--ngx_http_xsell_rooms_n];

    } else {
        p = ngx_alloc(NGX_HTTP_XSELL_ROOM, r->connection->log);
        if (p == NULL) {
            return NULL;
        }
    }

    cln->handler = ngx_http_xsell_room_back;
    cln->data = p;

    return p;
}


ngx_int_t
ngx_http_xsell_render_page(ngx_http_request_t *r,
    ngx_http_xsell_loc_conf_t *xlcf, xsell_fragment_t *page)
{
    ngx_memzero(page, sizeof(xsell_fragment_t));

    page->catalog = xlcf->shop->catalog;
    page->business = xlcf->shop->business;
    page->ascii = ngx_http_xsell_charset(r) != XSELL_CHARSET_UTF8;

    return ngx_http_xsell_css_url(xlcf, &page->css) == NGX_OK
           ? ngx_http_xsell_lang(r, xlcf, &page->lang) : NGX_ERROR;
}


ngx_int_t
ngx_http_xsell_render(ngx_http_request_t *r, ngx_http_xsell_loc_conf_t *xlcf,
    ngx_http_xsell_state_t *st, ngx_uint_t i, xsell_slate_t *slate,
    const xsell_fragment_t *page, ngx_http_xsell_fragment_t *fragment)
{
    size_t                    n, cap;
    uint32_t                  look;
    ngx_uint_t                k;
    xsell_card_t              card[XSELL_SLATE_MAX];
    xsell_links_t             links;
    xsell_fragment_t          f;
    ngx_http_xsell_shop_t    *shop;
    ngx_http_xsell_slot_t    *slot;
    ngx_http_xsell_links_t    ctx;

    shop = xlcf->shop;
    slot = xlcf->slots->elts;
    slot += i;

    ngx_http_xsell_open(xlcf, st, i, slate, fragment);

    look = xlcf->looks[i].look[slate->arm]->index;
    fragment->raw = xsell_templates_raw(shop->look, look);

    ctx.request = r;
    ctx.visitor = &st->visitor;
    ctx.slate = slate;
    ctx.impression = fragment->impression;
    ctx.failed = 0;

    if (ctx.impression) {
        xsell_token_begin(shop->keys, shop->arena.header->epoch,
                          ctx.impression, &st->visitor.visitor, &ctx.signer);
    }

    links.address = ngx_http_xsell_address;
    links.tokens = ngx_http_xsell_tokens;
    links.ctx = &ctx;
    links.kind = ngx_http_xsell_kind(r, fragment->impression);

    for (k = 0; k < slate->n; k++) {
        card[k].item = slate->pick[k].item;
        card[k].reason = slate->pick[k].reason;
        card[k].rule = slate->pick[k].rule;
    }

    f = *page;
    f.slot = ngx_http_xsell_view(&slot->name);
    f.card = card;
    f.n = slate->n;
    f.links = &links;

    if (ngx_http_xsell_heading(r, slot, &f.title) != NGX_OK) {
        return NGX_ERROR;
    }

    fragment->html.data = ngx_http_xsell_room(r);

    for (cap = NGX_HTTP_XSELL_ROOM; /* void */ ; cap = n) {

        if (fragment->html.data == NULL) {
            return NGX_ERROR;
        }

        n = xsell_templates_render(shop->look, look, &f,
                                   (char *) fragment->html.data, cap);

        if (ctx.failed) {
            return NGX_ERROR;
        }

        if (n == 0 || (n > cap && cap > NGX_HTTP_XSELL_ROOM)) {
            ngx_http_xsell_too_large(r, slot);
            return NGX_ERROR;
        }

        if (n <= cap) {
            fragment->html.len = n;
            fragment->plain = links.plain;
            return NGX_OK;
        }

        fragment->html.data = ngx_pnalloc(r->pool, n);
    }
}


/*
 * The endpoint: what the module answers itself below one prefix of a server.
 *
 *     GET  s/HASH.css   the stylesheet; any hash gets the current one, the
 *                       right one may be kept for ever
 *     GET  me           what is stored about the visitor who asks
 *     POST me/erase     forget it: record and cookie
 *     POST me/off       forget it and make no offers from now on
 *     POST me/on        make offers again
 *
 * GET never changes state.  A POST acts on its own visitor only, and only
 * when the browser says that the page that sent it is of the same origin.
 */

#include "ngx_http_xsell_module.h"


static ngx_int_t ngx_http_xsell_css(ngx_http_request_t *r,
    ngx_http_xsell_shop_t *shop, ngx_str_t *rest);
static ngx_int_t ngx_http_xsell_me(ngx_http_request_t *r,
    ngx_http_xsell_shop_t *shop);
static ngx_int_t ngx_http_xsell_forget(ngx_http_request_t *r,
    ngx_http_xsell_shop_t *shop, ngx_uint_t what);


enum {
    NGX_HTTP_XSELL_ERASE = 0,
    NGX_HTTP_XSELL_OFF,
    NGX_HTTP_XSELL_ON
};


static ngx_str_t  ngx_http_xsell_type_json = ngx_string("application/json");
static ngx_str_t  ngx_http_xsell_type_text =
    ngx_string("text/plain; charset=utf-8");
static ngx_str_t  ngx_http_xsell_type_css =
    ngx_string("text/css; charset=utf-8");


ngx_int_t
ngx_http_xsell_answer(ngx_http_request_t *r, ngx_uint_t status,
    ngx_str_t *type, ngx_str_t *body, const char *cache)
{
    u_char       *p;
    ngx_int_t     rc;
    ngx_buf_t    *b;
    ngx_chain_t   out;

    r->headers_out.status = status;
    r->headers_out.content_length_n = body->len;
    r->headers_out.content_type = *type;
    r->headers_out.content_type_lowcase = NULL;

    /* the length is that of the bare type: gzip_types compares it */

    p = ngx_strlchr(type->data, type->data + type->len, ';');
    r->headers_out.content_type_len = p ? (size_t) (p - type->data)
                                        : type->len;

    if (ngx_http_xsell_header_out(r, "Cache-Control", (u_char *) cache,
                                  ngx_strlen(cache))
        != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    b = ngx_calloc_buf(r->pool);
    if (b == NULL) {
        return NGX_ERROR;
    }

    b->pos = b->start = body->data;
    b->last = b->end = body->data + body->len;
    b->memory = body->len ? 1 : 0;
    b->last_buf = (r == r->main) ? 1 : 0;
    b->last_in_chain = 1;
    b->sync = body->len ? 0 : 1;

    out.buf = b;
    out.next = NULL;

    return ngx_http_output_filter(r, &out);
}


static ngx_int_t
ngx_http_xsell_not_allowed(ngx_http_request_t *r, const char *allow)
{
    (void) ngx_http_xsell_header_out(r, "Allow", (u_char *) allow,
                                     ngx_strlen(allow));

    return NGX_HTTP_NOT_ALLOWED;
}


ngx_int_t
ngx_http_xsell_endpoint_handler(ngx_http_request_t *r)
{
    ngx_int_t                   rc;
    ngx_str_t                   rest;
    ngx_uint_t                  i;
    ngx_http_xsell_shop_t      *shop;
    ngx_http_core_loc_conf_t   *clcf;
    ngx_http_xsell_loc_conf_t  *xlcf;

    static ngx_str_t  post[] = {
        ngx_string("me/erase"), ngx_string("me/off"), ngx_string("me/on")
    };

    xlcf = ngx_http_get_module_loc_conf(r, ngx_http_xsell_module);
    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);
    shop = xlcf->endpoint;

    rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK) {
        return rc;
    }

    if (r->uri.len < clcf->name.len) {
        return NGX_HTTP_NOT_FOUND;
    }

    rest.data = r->uri.data + clcf->name.len;
    rest.len = r->uri.len - clcf->name.len;

    for (i = 0; i < sizeof(post) / sizeof(post[0]); i++) {

        if (rest.len == post[i].len
            && ngx_strncmp(rest.data, post[i].data, rest.len) == 0)
        {
            return (r->method & NGX_HTTP_POST)
                   ? ngx_http_xsell_forget(r, shop, i)
                   : ngx_http_xsell_not_allowed(r, "POST");
        }
    }

    if (rest.len == 2 && ngx_strncmp(rest.data, "me", 2) == 0) {
        return (r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))
               ? ngx_http_xsell_me(r, shop)
               : ngx_http_xsell_not_allowed(r, "GET, HEAD");
    }

    if (rest.len > 6 && ngx_strncmp(rest.data, "s/", 2) == 0
        && ngx_strncmp(rest.data + rest.len - 4, ".css", 4) == 0)
    {
        return (r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))
               ? ngx_http_xsell_css(r, shop, &rest)
               : ngx_http_xsell_not_allowed(r, "GET, HEAD");
    }

    return NGX_HTTP_NOT_FOUND;
}


static ngx_int_t
ngx_http_xsell_css(ngx_http_request_t *r, ngx_http_xsell_shop_t *shop,
    ngx_str_t *rest)
{
    ngx_uint_t  current;

    current = rest->len == 2 + shop->css_hash.len + 4
              && ngx_strncmp(rest->data + 2, shop->css_hash.data,
                             shop->css_hash.len)
                 == 0;

    return ngx_http_xsell_answer(r, NGX_HTTP_OK, &ngx_http_xsell_type_css,
                                 &shop->css,
                                 current ? "public, max-age=31536000, "
                                           "immutable"
                                         : "public, max-age=60");
}


/* [{"id": ..., "cart": ...}, ...] of a session */

static u_char *
ngx_http_xsell_me_items(ngx_http_xsell_shop_t *shop, xsell_session_t *s,
    u_char *p, u_char *last)
{
    uint32_t             idx, slot;
    ngx_uint_t           i, n;
    xsell_str_t          id;
    const xsell_item_t  *item;

    n = 0;

    for (i = 0; i < s->r.n && i < XSELL_HISTORY; i++) {
        slot = s->r.entry[i] & XSELL_SLOT_MASK;
        idx = xsell_catalog_of(shop->catalog,
                               xsell_ref(slot, s->r.tag[i]));
        item = xsell_catalog_item(shop->catalog, idx);

        if (item == NULL) {
            continue;
        }

        p = ngx_slprintf(p, last, "%s\n    { \"id\": \"", n++ ? "," : "");

        id = xsell_catalog_text(shop->catalog, item, XSELL_TEXT_ID);

        if ((size_t) (last - p) < 6 * id.n + 128) {
            break;
        }

        p = (u_char *) ngx_escape_json(p, (u_char *) id.p, id.n);
        p = ngx_slprintf(p, last, "\", \"in_cart\": %s, \"bought\": %s, "
                         "\"clicked\": %s, \"dismissed\": %s }",
                         s->r.entry[i] & XSELL_ENTRY_CART ? "true" : "false",
                         s->r.entry[i] & XSELL_ENTRY_BOUGHT ? "true"
                                                            : "false",
                         s->r.entry[i] & XSELL_ENTRY_CLICKED ? "true"
                                                             : "false",
                         s->r.entry[i] & XSELL_ENTRY_DISMISSED ? "true"
                                                               : "false");
    }

    return p;
}


static ngx_int_t
ngx_http_xsell_me(ngx_http_request_t *r, ngx_http_xsell_shop_t *shop)
{
    size_t                     size;
    u_char                    *p, *last;
    uint64_t                   now_s;
    ngx_str_t                  body;
    xsell_session_t            s;
    ngx_http_xsell_visitor_t  *v;

    v = ngx_http_xsell_visitor(r, shop, -1);
    size = 1024 + XSELL_HISTORY * (6 * XSELL_ID_MAX + 256);
    body.data = ngx_pnalloc(r->pool, size);

    if (v == NULL || body.data == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    p = body.data;
    last = p + size;

    p = ngx_slprintf(p, last, "{\n  \"shop\": \"%V\",\n  \"offers\": %s,\n",
                     &shop->name, v->refused ? "false" : "true");

    if (v->known == 0
        || xsell_session_read(&shop->arena, v->known, &s) != XSELL_OK)
    {
        p = ngx_slprintf(p, last, "  \"known\": false\n}\n");

    } else {
        now_s = ngx_http_xsell_now(shop) / 1000;

        p = ngx_slprintf(p, last, "  \"known\": true,\n"
                         "  \"seconds_since_first_visit\": %uL,\n"
                         "  \"seconds_since_last_page\": %uL,\n"
                         "  \"visits\": %ud,\n  \"orders\": %ud,\n"
                         "  \"ordered_minor\": %uD,\n"
                         "  \"offers_this_visit\": %ud,\n"
                         "  \"held_out\": %s,\n"
                         "  \"items\": [",
                         now_s > s.r.first_s ? now_s - s.r.first_s : 0,
                         now_s > s.r.last_s ? now_s - s.r.last_s : 0,
                         (unsigned) s.r.visits, (unsigned) s.r.orders,
                         s.r.revenue, (unsigned) s.r.offers,
                         v->holdout ? "true" : "false");

        p = ngx_http_xsell_me_items(shop, &s, p, last);
        p = ngx_slprintf(p, last, "\n  ]\n}\n");
    }

    body.len = p - body.data;

    return ngx_http_xsell_answer(r, NGX_HTTP_OK, &ngx_http_xsell_type_json,
                                 &body, "no-store");
}


/*
 * Whether the page that sent this is of our own origin: browsers say so in
 * Sec-Fetch-Site; older ones send an Origin with every POST.  A request with
 * neither is no browser's.
 */

static ngx_uint_t
ngx_http_xsell_same_origin(ngx_http_request_t *r)
{
    u_char     *p, *last;
    ngx_str_t  *value, *host;

    value = ngx_http_xsell_header_in(r, "sec-fetch-site", 14);

    if (value) {
        return value->len == 11
               && ngx_strncmp(value->data, "same-origin", 11) == 0;
    }

    value = ngx_http_xsell_header_in(r, "origin", 6);

    if (value == NULL || r->headers_in.host == NULL) {
        return 0;
    }

    host = &r->headers_in.host->value;
    last = value->data + value->len;
    p = ngx_strlchr(value->data, last, '/');

    return p && last - p > 2 && p[1] == '/'
           && (size_t) (last - p - 2) == host->len
           && ngx_strncasecmp(p + 2, host->data, host->len) == 0;
}


static ngx_int_t
ngx_http_xsell_forget(ngx_http_request_t *r, ngx_http_xsell_shop_t *shop,
    ngx_uint_t what)
{
    ngx_int_t                  rc;
    ngx_str_t                 *accept;
    ngx_http_xsell_visitor_t  *v;

    static ngx_str_t  json[] = {
        ngx_string("{\"erased\": true}\n"),
        ngx_string("{\"erased\": true, \"offers\": false}\n"),
        ngx_string("{\"offers\": true}\n")
    };

    static ngx_str_t  text[] = {
        ngx_string("What this shop's recommendations knew of your visits is "
                   "erased.\n"),
        ngx_string("What this shop's recommendations knew of your visits is "
                   "erased, and you will not be shown any from now on.\n"),
        ngx_string("You will be shown recommendations again.\n")
    };

    if (!ngx_http_xsell_same_origin(r)) {
        return NGX_HTTP_FORBIDDEN;
    }

    v = ngx_http_xsell_visitor(r, shop, -1);
    if (v == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (v->known && what != NGX_HTTP_XSELL_ON
        && ngx_http_xsell_event_erase(shop, v->known) != NGX_OK)
    {
        return NGX_HTTP_SERVICE_UNAVAILABLE;
    }

    rc = (what == NGX_HTTP_XSELL_OFF) ? ngx_http_xsell_cookie_refuse(r, shop)
                                      : ngx_http_xsell_cookie_expire(r, shop);
    if (rc != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    accept = ngx_http_xsell_header_in(r, "accept", 6);

    if (accept && ngx_strlcasestrn(accept->data, accept->data + accept->len,
                                   (u_char *) "text/html", 9 - 1))
    {
        return ngx_http_xsell_answer(r, NGX_HTTP_OK,
                                     &ngx_http_xsell_type_text, &text[what],
                                     "no-store");
    }

    return ngx_http_xsell_answer(r, NGX_HTTP_OK, &ngx_http_xsell_type_json,
                                 &json[what], "no-store");
}

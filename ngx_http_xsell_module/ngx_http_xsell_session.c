
/*
 * Who is this?  The cookie, consent, Global Privacy Control, and what goes
 * back to the browser (ARCHITECTURE D6).
 *
 * The id is random and signed; nothing in a cookie is believed before its MAC
 * is.  Anything else in it is a new visit, never an error.  A visitor without
 * consent has no key: no session, no arm, no token, only sums.
 *
 * A visitor who switched offers off (endpoint me/off) carries the word "off"
 * in place of an id, so that the wish is kept and nobody is followed to keep
 * it.
 */

#include "ngx_http_xsell_module.h"

#include <openssl/rand.h>


#define NGX_HTTP_XSELL_COOKIE_MAX  64       /* "__Host-xs_" and the shop */

static ngx_str_t  ngx_http_xsell_off = ngx_string("off");


static ngx_uint_t
ngx_http_xsell_secure(ngx_http_request_t *r)
{
#if (NGX_HTTP_SSL)
    return r->connection->ssl != NULL;
#else
    return 0;
#endif
}


/* __Host- keeps other hosts of the domain and plain http from setting it */

static void
ngx_http_xsell_cookie_name(ngx_http_request_t *r, ngx_http_xsell_shop_t *shop,
    u_char *buf, ngx_str_t *name)
{
    u_char  *p;

    p = buf;

    if (ngx_http_xsell_secure(r)) {
        p = ngx_cpymem(p, "__Host-", 7);
    }

    p = ngx_cpymem(p, "xs_", 3);
    p = ngx_cpymem(p, shop->name.data, shop->name.len);

    name->data = buf;
    name->len = p - buf;
}


/* the value of the cookie `name` in one header line.  nginx's own search
   looks at each byte of the others, this one at their ends only. */

static ngx_uint_t
ngx_http_xsell_cookie_in(ngx_table_elt_t *h, ngx_str_t *name,
    ngx_str_t *value)
{
    u_char  *p, *end, *last;

    last = h->value.data + h->value.len;

    for (p = h->value.data; p < last; p = end + 1) {

        while (p < last && *p == ' ') {
            p++;
        }

        end = memchr(p, ';', last - p);

        if (end == NULL) {
            end = last;
        }

        if ((size_t) (end - p) > name->len && p[name->len] == '='
            && ngx_memcmp(p, name->data, name->len) == 0)
        {
            value->data = p + name->len + 1;
            value->len = end - value->data;
            return 1;
        }
    }

    return 0;
}


static ngx_uint_t
ngx_http_xsell_cookie_find(ngx_http_request_t *r, ngx_http_xsell_shop_t *shop,
    ngx_str_t *value)
{
    u_char             buf[NGX_HTTP_XSELL_COOKIE_MAX];
    ngx_str_t          name;
    ngx_table_elt_t   *h;

#if (nginx_version >= 1023000)

    if (r->headers_in.cookie == NULL) {
        return 0;
    }

    ngx_http_xsell_cookie_name(r, shop, buf, &name);

    for (h = r->headers_in.cookie; h; h = h->next) {
        if (ngx_http_xsell_cookie_in(h, &name, value)) {
            return 1;
        }
    }

#else

    ngx_uint_t         i;
    ngx_table_elt_t  **line;

    if (r->headers_in.cookies.nelts == 0) {
        return 0;
    }

    ngx_http_xsell_cookie_name(r, shop, buf, &name);
    line = r->headers_in.cookies.elts;

    for (i = 0; i < r->headers_in.cookies.nelts; i++) {
        h = line[i];

        if (ngx_http_xsell_cookie_in(h, &name, value)) {
            return 1;
        }
    }

#endif

    return 0;
}


ngx_uint_t
ngx_http_xsell_gpc(ngx_http_request_t *r, ngx_http_xsell_state_t *st)
{
    ngx_str_t  *value;

    value = ngx_http_xsell_said(r, st)->gpc;

    return value && value->len == 1 && value->data[0] == '1';
}


/* what xsell_consent says here: 1 or 0.  Absent means assumed. */

ngx_int_t
ngx_http_xsell_consented(ngx_http_request_t *r,
    ngx_http_xsell_loc_conf_t *xlcf)
{
    ngx_str_t   value;
    ngx_uint_t  i;

    static ngx_str_t  no[] = {
        ngx_string("0"), ngx_string("no"), ngx_string("false")
    };

    if (xlcf->consent != NGX_HTTP_XSELL_CONSENT_REQUIRED) {
        return 1;
    }

    if (ngx_http_complex_value(r, xlcf->consent_value, &value) != NGX_OK
        || value.len == 0)
    {
        return 0;
    }

    for (i = 0; i < sizeof(no) / sizeof(no[0]); i++) {
        if (value.len == no[i].len
            && ngx_strncasecmp(value.data, no[i].data, no[i].len) == 0)
        {
            return 0;
        }
    }

    return 1;
}


/*
 * The visitor's network (/24, of IPv6 /48), as a number under the arena's key:
 * what one network teaches is bounded (engine: xsell_caps.c).  0: none,
 * or a private one.
 */

static uint32_t
ngx_http_xsell_network(ngx_http_request_t *r,
    ngx_http_xsell_shop_t *shop)
{
    size_t                n;
    u_char               *p;
    uint64_t              hash;
    struct sockaddr_in   *sin;

#if (NGX_HAVE_INET6)
    struct sockaddr_in6  *sin6;
#endif

    switch (r->connection->sockaddr->sa_family) {

    case AF_INET:
        sin = (struct sockaddr_in *) r->connection->sockaddr;
        p = (u_char *) &sin->sin_addr.s_addr;
        n = 3;
        break;

#if (NGX_HAVE_INET6)

    case AF_INET6:
        sin6 = (struct sockaddr_in6 *) r->connection->sockaddr;
        p = sin6->sin6_addr.s6_addr;
        n = 6;

        if (IN6_IS_ADDR_V4MAPPED(&sin6->sin6_addr)) {
            p += 12;
            n = 3;
        }

        break;

#endif

    default:
        return 0;
    }

    /* nobody attacks from there, but all visitors come from there through a
       proxy whose word is not taken (set_real_ip_from) */

    if (n == 3 ? p[0] == 10 || p[0] == 127 || (p[0] == 192 && p[1] == 168)
                 || (p[0] == 172 && (p[1] & 0xf0) == 16)
               : (p[0] & 0xfe) == 0xfc || p[0] == 0)
    {
        return 0;
    }

    hash = xsell_siphash(shop->arena.header->key, p, n);

    return (uint32_t) (hash >> 32) | 1;
}


ngx_http_xsell_visitor_t *
ngx_http_xsell_visitor(ngx_http_request_t *r, ngx_http_xsell_shop_t *shop,
    ngx_int_t consent)
{
    int                        rc;
    ngx_str_t                  value;
    ngx_http_xsell_state_t    *st;
    ngx_http_xsell_visitor_t  *v;

    st = ngx_http_xsell_state(r, 1);
    if (st == NULL) {
        return NULL;
    }

    v = &st->visitor;

    if (v->done && v->shop == shop) {

        if (consent == 0 && v->consent) {
            v->consent = 0;
            v->key = 0;
            v->holdout = 0;
        }

        return v;
    }

    ngx_memzero(v, sizeof(ngx_http_xsell_visitor_t));
    v->shop = shop;
    v->done = 1;
    v->bot = ngx_http_xsell_is_bot(r, st);
    v->network = ngx_http_xsell_network(r, shop);

    if (ngx_http_xsell_cookie_find(r, shop, &value)) {
        v->sent = 1;

        if (value.len == ngx_http_xsell_off.len
            && ngx_strncmp(value.data, ngx_http_xsell_off.data, value.len)
               == 0)
        {
            v->refused = 1;

        } else {
            rc = xsell_cookie_read(shop->keys, (char *) value.data,
                                   value.len, (uint32_t) ngx_time(),
                                   &v->visitor);
            v->cookie = (rc == XSELL_OK);
        }
    }

    v->consent = consent != 0 && !v->refused && !ngx_http_xsell_gpc(r, st);

    if (v->cookie) {
        v->known = xsell_visitor_key(&v->visitor);
        v->key = v->known;
        v->stale = (uint32_t) ngx_time() - v->visitor.issued
                   > XSELL_COOKIE_RENEW_S;
        v->holdout = xsell_holdout(shop->keys, &v->visitor, shop->holdout);
    }

    if (!v->consent || v->bot) {
        v->key = 0;
        v->holdout = 0;
    }

    return v;
}


/* gives a visitor without a valid cookie an id; key stays 0 without random
   bytes: an unpersonal page */

void
ngx_http_xsell_visitor_new(ngx_http_xsell_visitor_t *v)
{
    if (RAND_bytes(v->visitor.id, sizeof(v->visitor.id)) != 1) {
        return;
    }

    v->visitor.issued = (uint32_t) ngx_time();
    v->key = xsell_visitor_key(&v->visitor);
    v->holdout = xsell_holdout(v->shop->keys, &v->visitor, v->shop->holdout);
}


static ngx_int_t
ngx_http_xsell_cookie_set(ngx_http_request_t *r, ngx_http_xsell_shop_t *shop,
    ngx_str_t *text, ngx_uint_t age)
{
    u_char     buf[NGX_HTTP_XSELL_COOKIE_MAX], *p;
    size_t     n;
    ngx_str_t  name;

    ngx_http_xsell_cookie_name(r, shop, buf, &name);

    p = ngx_pnalloc(r->pool, name.len + text->len
                    + sizeof("=; Path=/; Max-Age=; HttpOnly; SameSite=Lax"
                             "; Secure")
                    + NGX_INT_T_LEN);

    if (p == NULL) {
        return NGX_ERROR;
    }

    n = ngx_sprintf(p, "%V=%V; Path=/; Max-Age=%ui; HttpOnly; SameSite=Lax%s",
                    &name, text, age,
                    ngx_http_xsell_secure(r) ? "; Secure" : "")
        - p;

    return ngx_http_xsell_header_out(r, "Set-Cookie", p, n);
}


ngx_int_t
ngx_http_xsell_cookie_send(ngx_http_request_t *r,
    ngx_http_xsell_visitor_t *v)
{
    char       text[XSELL_COOKIE_LEN];
    ngx_str_t  value;

    v->visitor.issued = (uint32_t) ngx_time();
    xsell_cookie_write(v->shop->keys, &v->visitor, text);

    value.data = (u_char *) text;
    value.len = XSELL_COOKIE_LEN;

    return ngx_http_xsell_cookie_set(r, v->shop, &value, XSELL_COOKIE_S);
}


ngx_int_t
ngx_http_xsell_cookie_expire(ngx_http_request_t *r,
    ngx_http_xsell_shop_t *shop)
{
    ngx_str_t  none;

    ngx_str_set(&none, "");

    return ngx_http_xsell_cookie_set(r, shop, &none, 0);
}


ngx_int_t
ngx_http_xsell_cookie_refuse(ngx_http_request_t *r,
    ngx_http_xsell_shop_t *shop)
{
    return ngx_http_xsell_cookie_set(r, shop, &ngx_http_xsell_off,
                                     365 * 24 * 3600);
}

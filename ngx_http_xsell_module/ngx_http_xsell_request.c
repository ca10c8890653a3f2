
/*
 * The first stage: what a request says, and the three phases in which it is
 * handled before and after the page.
 *
 *     POST_READ   the link parameter is taken out of the URL, valid or not,
 *                 before anything (rewrite, cache key, upstream) sees it
 *     PREACCESS   conditional headers and ranges go, where a location's pages
 *                 are personal and one may be wanted: a 304 would be decided,
 *                 before our filter, on a validator that knows nothing of the
 *                 fragment
 *     LOG         what became of the page is counted, events are read
 */

#include "ngx_http_xsell_module.h"


static void ngx_http_xsell_state_cleanup(void *data);
static ngx_int_t ngx_http_xsell_strip(ngx_http_request_t *r, ngx_str_t *args,
    ngx_str_t *token);


/*
 * Module contexts are wiped by internal redirects, so the state hangs on the
 * main request's pool as a cleanup (as realip has it) and the context is only
 * a short cut to it.
 */

ngx_http_xsell_state_t *
ngx_http_xsell_state(ngx_http_request_t *r, ngx_uint_t create)
{
    ngx_http_request_t      *main;
    ngx_pool_cleanup_t      *cln;
    ngx_http_xsell_state_t  *st;

    main = r->main;

    st = ngx_http_get_module_ctx(main, ngx_http_xsell_module);
    if (st) {
        return st;
    }

    if (main->internal || main->filter_finalize) {

        for (cln = main->pool->cleanup; cln; cln = cln->next) {
            if (cln->handler == ngx_http_xsell_state_cleanup) {
                st = cln->data;
                ngx_http_set_ctx(main, st, ngx_http_xsell_module);
                return st;
            }
        }
    }

    if (!create) {
        return NULL;
    }

    cln = ngx_pool_cleanup_add(main->pool, sizeof(ngx_http_xsell_state_t));
    if (cln == NULL) {
        return NULL;
    }

    st = cln->data;
    ngx_memzero(st, sizeof(ngx_http_xsell_state_t));
    cln->handler = ngx_http_xsell_state_cleanup;

    st->state = XSELL_STATE_OFF;
    st->item = XSELL_NO_ITEM;

    ngx_http_set_ctx(main, st, ngx_http_xsell_module);

    return st;
}


/* the pool frees the memory; the handler is how the state is recognised */

static void
ngx_http_xsell_state_cleanup(void *data)
{
}


ngx_int_t
ngx_http_xsell_post_read_handler(ngx_http_request_t *r)
{
    u_char                     *p, *q, *last;
    ngx_str_t                   args, uri, token;
    ngx_http_xsell_state_t     *st;
    ngx_http_xsell_srv_conf_t  *xscf;

    xscf = ngx_http_get_module_srv_conf(r, ngx_http_xsell_module);

    if (xscf->shops.nelts == 0 || r->args.len < 2 || r != r->main) {
        return NGX_DECLINED;
    }

    args = r->args;

    switch (ngx_http_xsell_strip(r, &args, &token)) {

    case NGX_OK:
        break;

    case NGX_DECLINED:
        return NGX_DECLINED;

    default:
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    /* $request_uri, the default cache key and proxy_pass without a URI part
       use the line as it came: the path up to '?', and what follows '#' */

    p = r->unparsed_uri.data;
    last = p + r->unparsed_uri.len;
    q = ngx_strlchr(p, last, '?');

    if (q) {
        uri.data = ngx_pnalloc(r->pool, r->unparsed_uri.len + 1);
        if (uri.data == NULL) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        p = ngx_cpymem(uri.data, p, q - p);

        if (args.len) {
            *p++ = '?';
            p = ngx_cpymem(p, args.data, args.len);
        }

        q = ngx_strlchr(q, last, '#');

        if (q) {
            p = ngx_cpymem(p, q, last - q);
        }

        uri.len = p - uri.data;
        r->unparsed_uri = uri;
    }

    r->args = args;

    st = ngx_http_xsell_state(r, 1);
    if (st == NULL) {
        return NGX_DECLINED;
    }

    st->token = token;

    ngx_http_xsell_event_click(r, xscf, st);

    return NGX_DECLINED;
}


/* takes every "xs" and "xs=..." out of args; the first value goes to token.
   NGX_DECLINED: there is none, nothing was changed */

static ngx_int_t
ngx_http_xsell_strip(ngx_http_request_t *r, ngx_str_t *args,
    ngx_str_t *token)
{
    u_char      *p, *next, *last, *out;
    ngx_str_t    kept;
    ngx_uint_t   found;

    ngx_str_null(token);
    kept.data = NULL;
    out = NULL;
    found = 0;

    last = args->data + args->len;

    for (p = args->data; p < last; p = next) {

        next = ngx_strlchr(p, last, '&');
        next = next ? next + 1 : last;

        if (last - p >= 2 && p[0] == 'x' && p[1] == 's'
            && (p + 2 == last || p[2] == '=' || p[2] == '&'))
        {
            if (!found) {
                found = 1;

                /* from here on the rest is copied */

                kept.data = ngx_pnalloc(r->pool, args->len);
                if (kept.data == NULL) {
                    return NGX_ERROR;
                }

                out = ngx_cpymem(kept.data, args->data, p - args->data);

                if (p + 2 < last && p[2] == '=') {
                    token->data = p + 3;
                    token->len = next - p - 3
                                 - (next > p && next[-1] == '&');
                }
            }

            continue;
        }

        if (found) {
            out = ngx_cpymem(out, p, next - p);
        }
    }

    if (!found) {
        return NGX_DECLINED;
    }

    if (out > kept.data && out[-1] == '&' && last[-1] != '&') {
        out--;
    }

    kept.len = out - kept.data;
    *args = kept;

    return NGX_OK;
}


/* whether pages of this location may carry a fragment */

static ngx_uint_t
ngx_http_xsell_is_personal(ngx_http_request_t *r,
    ngx_http_xsell_loc_conf_t *xlcf)
{
    return xlcf->shop != NULL && xlcf->slots != NULL && r == r->main
           && (r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD));
}


static ngx_uint_t
ngx_http_xsell_is_conditional(ngx_table_elt_t *h)
{
    static const ngx_str_t  name[] = {
        ngx_string("if-none-match"),
        ngx_string("if-modified-since"),
        ngx_string("if-match"),
        ngx_string("if-unmodified-since"),
        ngx_string("if-range"),
        ngx_string("range")
    };

    ngx_uint_t  i;

    for (i = 0; i < sizeof(name) / sizeof(name[0]); i++) {
        if (h->key.len == name[i].len
            && ngx_strncmp(h->lowcase_key, name[i].data, name[i].len) == 0)
        {
            return 1;
        }
    }

    return 0;
}


/*
 * The headers leave headers_in, which nginx's own filters read, and the list,
 * which the proxy sends on.  The list is built anew: elements that stay are
 * copied, so pointers to the old ones remain valid.
 */

ngx_int_t
ngx_http_xsell_preaccess_handler(ngx_http_request_t *r)
{
    ngx_uint_t                  i;
    ngx_list_t                  list;
    ngx_list_part_t            *part;
    ngx_table_elt_t            *h, *copy;
    ngx_http_xsell_state_t     *st;
    ngx_http_xsell_loc_conf_t  *xlcf;

    xlcf = ngx_http_get_module_loc_conf(r, ngx_http_xsell_module);

    if (!ngx_http_xsell_is_personal(r, xlcf)) {

        /* a redirect from a location where it is may have led here */

        st = (r == r->main) ? ngx_http_xsell_state(r, 0) : NULL;

        if (st) {
            ngx_http_xsell_accept_back(r, st);
        }

        return NGX_DECLINED;
    }

    if (ngx_http_xsell_accept(r) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (r->headers_in.if_none_match == NULL
        && r->headers_in.if_modified_since == NULL
        && r->headers_in.if_match == NULL
        && r->headers_in.if_unmodified_since == NULL
        && r->headers_in.if_range == NULL
        && r->headers_in.range == NULL)
    {
        return NGX_DECLINED;
    }

    /*
     * Pictures, videos and scripts of the location keep their 304 and their
     * parts.  Should one be a page after all: nobody was ever given a
     * validator of it, and the header filter allows no parts.
     */

    st = ngx_http_xsell_state(r, 1);

    if (st == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (!ngx_http_xsell_page_wanted(r, st)) {
        return NGX_DECLINED;
    }

    if (ngx_list_init(&list, r->pool, 20, sizeof(ngx_table_elt_t))
        != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    part = &r->headers_in.headers.part;
    h = part->elts;

    for (i = 0; /* void */ ; i++) {

        if (i >= part->nelts) {
            if (part->next == NULL) {
                break;
            }

            part = part->next;
            h = part->elts;
            i = 0;
        }

        if (ngx_http_xsell_is_conditional(&h[i])) {
            continue;
        }

        copy = ngx_list_push(&list);
        if (copy == NULL) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        *copy = h[i];
    }

    r->headers_in.headers = list;

    /* an empty last part must point to the list that is in use */

    if (list.last == &list.part) {
        r->headers_in.headers.last = &r->headers_in.headers.part;
    }

    r->headers_in.if_none_match = NULL;
    r->headers_in.if_modified_since = NULL;
    r->headers_in.if_match = NULL;
    r->headers_in.if_unmodified_since = NULL;
    r->headers_in.if_range = NULL;
    r->headers_in.range = NULL;

    return NGX_DECLINED;
}


ngx_int_t
ngx_http_xsell_log_handler(ngx_http_request_t *r)
{
    ngx_http_xsell_state_t     *st;
    ngx_http_xsell_loc_conf_t  *xlcf;

    xlcf = ngx_http_get_module_loc_conf(r, ngx_http_xsell_module);

    if (xlcf->shop == NULL || r != r->main) {
        return NGX_OK;
    }

    st = ngx_http_xsell_state(r, xlcf->events != NULL);
    if (st == NULL) {
        return NGX_OK;
    }

    if (st->counted && st->state < XSELL_STATES) {
        ngx_http_xsell_count(xlcf->shop, pages[st->state]);
    }

    (void) ngx_http_xsell_inject_place(r, st, 1);
    ngx_http_xsell_inject_unseen(st);
    ngx_http_xsell_accept_report(r, xlcf, st);

    if (xlcf->events && r->headers_out.status >= 200
        && r->headers_out.status < 400)
    {
        ngx_http_xsell_event_log(r, xlcf, st);
    }

    return NGX_OK;
}


ngx_str_t *
ngx_http_xsell_header_in(ngx_http_request_t *r, const char *name, size_t n)
{
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    part = &r->headers_in.headers.part;
    h = part->elts;

    for (i = 0; /* void */ ; i++) {

        if (i >= part->nelts) {
            if (part->next == NULL) {
                return NULL;
            }

            part = part->next;
            h = part->elts;
            i = 0;
        }

        if (h[i].key.len == n
            && ngx_memcmp(h[i].lowcase_key, name, n) == 0)
        {
            return &h[i].value;
        }
    }
}


ngx_int_t
ngx_http_xsell_header_out(ngx_http_request_t *r, const char *key,
    u_char *value, size_t n)
{
    ngx_table_elt_t  *h;

    h = ngx_list_push(&r->headers_out.headers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    h->hash = 1;
#if (nginx_version >= 1023000)
    h->next = NULL;
#endif
    h->key.data = (u_char *) key;
    h->key.len = ngx_strlen(key);
    h->value.data = value;
    h->value.len = n;

    return NGX_OK;
}


void
ngx_http_xsell_locate(ngx_http_request_t *r, ngx_http_xsell_shop_t *shop,
    ngx_http_xsell_state_t *st)
{
    if (st->located || shop->mmdb == NULL) {
        return;
    }

    st->located = 1;

    ngx_http_xsell_geo_look_up(shop->mmdb, r->connection->sockaddr, st);
}


/*
 * Decide: the header filter.  Before the first byte of a response goes out,
 * and with everything that is known by then: can it carry a fragment, whose
 * page is it, what was viewed, what is offered.  Nothing waits for the body.
 *
 * What is done to the headers depends on location and response, never on the
 * visitor (ARCHITECTURE D8): a cache in front must not find a page that it
 * may keep just because this visitor was held out.
 */

#include "ngx_http_xsell_module.h"


static ngx_http_output_header_filter_pt  ngx_http_next_header_filter;


/* "text/html" with or without parameters; nginx cuts off only a charset */

static ngx_uint_t
ngx_http_xsell_is_html(ngx_http_request_t *r)
{
    u_char  *p;
    size_t   n;

    n = sizeof("text/html") - 1;
    p = r->headers_out.content_type.data;

    return r->headers_out.content_type_len >= n
           && (p[5] | 0x20) == 'h' && (p[0] | 0x20) == 't'
           && (ngx_memcmp(p, "text/html", n) == 0
               || ngx_strncasecmp(p, (u_char *) "text/html", n) == 0)
           && (r->headers_out.content_type_len == n || p[n] == ';'
               || p[n] == ' ' || p[n] == '\t');
}


/* a file to be saved, not a page */

static ngx_uint_t
ngx_http_xsell_is_download(ngx_http_request_t *r)
{
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    part = &r->headers_out.headers.part;
    h = part->elts;

    for (i = 0; /* void */ ; i++) {

        if (i >= part->nelts) {
            if (part->next == NULL) {
                return 0;
            }

            part = part->next;
            h = part->elts;
            i = 0;
        }

        if (h[i].hash && h[i].key.len == sizeof("Content-Disposition") - 1
            && ngx_strncasecmp(h[i].key.data,
                               (u_char *) "Content-Disposition",
                               sizeof("Content-Disposition") - 1)
               == 0
            && h[i].value.len >= sizeof("attachment") - 1
            && ngx_strncasecmp(h[i].value.data, (u_char *) "attachment",
                               sizeof("attachment") - 1)
               == 0)
        {
            return 1;
        }
    }
}


/* XSELL_STATE_SHOWN: this response is a page */

static ngx_uint_t
ngx_http_xsell_judge(ngx_http_request_t *r)
{
    if (r->headers_out.status != NGX_HTTP_OK) {
        return XSELL_STATE_STATUS;
    }

    /* a 200 made of 206s: the slice filter has the parts after the first one
       sent by subrequests, and their bytes pass us by */

    if (r->upstream
        && r->upstream->headers_in.status_n == NGX_HTTP_PARTIAL_CONTENT)
    {
        return XSELL_STATE_STATUS;
    }

    if (!(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))) {
        return XSELL_STATE_OFF;
    }

    if (!ngx_http_xsell_is_html(r) || ngx_http_xsell_is_download(r)) {
        return XSELL_STATE_TYPE;
    }

    return XSELL_STATE_SHOWN;
}


/*
 * XSELL_STATE_SHOWN: its bytes are such that a fragment can go in, or have
 * been made so.  If not it passes as it is, headers too, and is still a view.
 */

static ngx_int_t
ngx_http_xsell_unpack(ngx_http_request_t *r, ngx_http_xsell_loc_conf_t *xlcf,
    ngx_http_xsell_state_t *st)
{
    ngx_uint_t  told;

    told = (ngx_http_xsell_charset(r) == XSELL_CHARSET_FOREIGN)
           ? NGX_HTTP_XSELL_TOLD_CHARSET : 0;

    if (told == 0) {

        switch (ngx_http_xsell_inflate(r, st)) {

        case NGX_OK:
            return NGX_OK;

        case NGX_DECLINED:
            told = NGX_HTTP_XSELL_TOLD_CODING;
            break;

        default:
            return NGX_ERROR;
        }
    }

    st->state = XSELL_STATE_ENCODING;
    ngx_http_xsell_encoding_report(r, xlcf, told);

    return NGX_DECLINED;
}


/* also what upstreams sent twice (nginx knows the last one only), and digests
   of bytes that are no longer these */

static ngx_uint_t
ngx_http_xsell_is_cache_header(ngx_table_elt_t *h)
{
    u_char  *p, *last;

    static const ngx_str_t  name[] = {
        ngx_string("cache-control"),        /* also CDN-Cache-Control and */
        ngx_string("surrogate-control"),    /* its vendors' variants */
        ngx_string("edge-control"),
        ngx_string("expires"),
        ngx_string("age"),
        ngx_string("etag"),
        ngx_string("last-modified"),
        ngx_string("accept-ranges"),
        ngx_string("content-md5"),
        ngx_string("content-digest"),
        ngx_string("repr-digest"),
        ngx_string("digest")
    };

    ngx_uint_t  i;

    last = h->key.data + h->key.len;

    for (i = 0; i < sizeof(name) / sizeof(name[0]); i++) {

        /* the last letter tells most of them apart */

        if (h->key.len < name[i].len
            || ((last[-1] ^ name[i].data[name[i].len - 1]) & ~0x20))
        {
            continue;
        }

        p = last - name[i].len;

        if (ngx_strncasecmp(p, name[i].data, name[i].len) == 0
            && (p == h->key.data || (i < 2 && p[-1] == '-')))
        {
            return 1;
        }
    }

    return 0;
}


/*
 * Nobody may keep the page, nobody may ask for a part of it or whether it has
 * changed.  "no-store" would say more, but it switches off the browser's
 * back/forward cache.
 */

static ngx_int_t
ngx_http_xsell_private(ngx_http_request_t *r)
{
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    ngx_http_clear_content_length(r);
    ngx_http_clear_accept_ranges(r);
    ngx_http_clear_last_modified(r);
    ngx_http_clear_etag(r);

    part = &r->headers_out.headers.part;
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

        if (h[i].hash && ngx_http_xsell_is_cache_header(&h[i])) {
            h[i].hash = 0;
        }
    }

    r->headers_out.expires = NULL;

    if (ngx_http_xsell_header_out(r, "Cache-Control",
                                  (u_char *) "private, no-cache",
                                  sizeof("private, no-cache") - 1)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    /* by this one "gzip_proxied private" goes */

    part = r->headers_out.headers.last;
    h = part->elts;
    h += part->nelts - 1;

#if (nginx_version >= 1023000)

    r->headers_out.cache_control = h;

#else

    if (ngx_array_init(&r->headers_out.cache_control, r->pool, 1,
                       sizeof(ngx_table_elt_t *))
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    *(ngx_table_elt_t **) ngx_array_push(&r->headers_out.cache_control) = h;

#endif

    return NGX_OK;
}


/*
 * The cookie of a personal page: a new id, a renewed one, or the end of one
 * whose owner has withdrawn consent.
 */

static void
ngx_http_xsell_identify(ngx_http_request_t *r, ngx_http_xsell_visitor_t *v)
{
    if (v->bot) {
        return;
    }

    if (!v->consent) {

        /* a record that can't be freed now keeps its cookie, so that the
           next page tries again */

        if (v->known
            && ngx_http_xsell_event_erase(v->shop, v->known) != NGX_OK)
        {
            return;
        }

        if (v->sent && !v->refused) {
            (void) ngx_http_xsell_cookie_expire(r, v->shop);
        }

        return;
    }

    if (!v->cookie) {
        ngx_http_xsell_visitor_new(v);
    }

    if (v->key && (!v->cookie || v->stale)) {
        (void) ngx_http_xsell_cookie_send(r, v);
    }
}


/*
 * Whether a page on which nothing was viewed and nothing fits is anything to
 * its visitor: who withdraws consent is forgotten there too.  All others are
 * not asked for; a cookie is set or renewed by the next page that has a use
 * for it, and who wants to know ($xsell_session) finds out.
 */

static ngx_uint_t
ngx_http_xsell_concerns(ngx_http_request_t *r, ngx_http_xsell_state_t *st,
    ngx_int_t consent)
{
    return !consent || st->visitor.done || ngx_http_xsell_gpc(r, st);
}


/* who, what, and which fragments: NULL if there is nothing to insert */

static ngx_http_xsell_fragment_t *
ngx_http_xsell_decide(ngx_http_request_t *r, ngx_http_xsell_loc_conf_t *xlcf,
    ngx_http_xsell_state_t *st)
{
    ngx_int_t                  consent;
    ngx_uint_t                 none;
    xsell_session_t            session;
    ngx_http_xsell_visitor_t  *v;

    consent = ngx_http_xsell_consented(r, xlcf);

    ngx_http_xsell_find_item(r, xlcf, st);
    none = ngx_http_xsell_known_none(r, st);

    if (none && st->item == XSELL_NO_ITEM && st->product == NULL
        && !ngx_http_xsell_concerns(r, st, consent))
    {
        st->state = XSELL_STATE_NO_PLACE;
        return NULL;
    }

    v = ngx_http_xsell_visitor(r, xlcf->shop, consent);
    if (v == NULL) {
        st->state = XSELL_STATE_ERROR;
        return NULL;
    }

    if (st->personal) {
        ngx_http_xsell_identify(r, v);
    }

    /* no record yet, or none to be had in time: a visitor all the same */
    ngx_memzero(&session, sizeof(xsell_session_t));
    session.idx = XSELL_NO_REF;

    /* where nothing was viewed and nothing fits, nobody's history is asked */

    if (st->item != XSELL_NO_ITEM || !none) {
        ngx_http_xsell_event_view(r, st, &session);
        session.r.key = v->key;
    }

    if (xlcf->slots == NULL) {
        st->state = XSELL_STATE_OFF;
        return NULL;
    }

    if (st->state == XSELL_STATE_ENCODING) {
        return NULL;
    }

    if (v->refused) {
        st->state = XSELL_STATE_OFF;
        return NULL;
    }

    if (v->holdout) {
        st->state = XSELL_STATE_HOLDOUT;
        return NULL;
    }

    if (none) {
        st->state = XSELL_STATE_NO_PLACE;
        return NULL;
    }

    return ngx_http_xsell_recommend(r, xlcf, st, v->key ? &session : NULL);
}


static ngx_int_t
ngx_http_xsell_header_filter(ngx_http_request_t *r)
{
    ngx_http_xsell_state_t     *st;
    ngx_http_xsell_fragment_t  *fragment;
    ngx_http_xsell_loc_conf_t  *xlcf;

    if (r != r->main) {
        return ngx_http_next_header_filter(r);
    }

    xlcf = ngx_http_get_module_loc_conf(r, ngx_http_xsell_module);

    st = ngx_http_xsell_state(r, xlcf->shop != NULL);

    if (st) {
        /* not of the response before this one (error_page) */
        st->page = NULL;
        st->inject = NULL;
        st->product = NULL;
        st->inflate = NULL;
        st->sniffs = 0;

        ngx_http_xsell_accept_back(r, st);
    }

    if (st == NULL || st->decided || xlcf->shop == NULL || xlcf->endpoint
        || xlcf->status)
    {
        return ngx_http_next_header_filter(r);
    }

    st->decided = 1;
    st->state = ngx_http_xsell_judge(r);
    st->counted = (xlcf->slots != NULL);

    if (st->state != XSELL_STATE_SHOWN) {
        return ngx_http_next_header_filter(r);
    }

    if (xlcf->slots) {

        switch (ngx_http_xsell_unpack(r, xlcf, st)) {

        case NGX_OK:
            st->personal = 1;
            st->page = ngx_http_xsell_page(r, xlcf);

            if (ngx_http_xsell_private(r) != NGX_OK) {
                return NGX_ERROR;
            }

            break;

        case NGX_DECLINED:
            break;

        default:
            return NGX_ERROR;
        }
    }

    if ((r->method & NGX_HTTP_HEAD) || ngx_http_xsell_page_unwanted(r, st)) {
        st->counted = 0;
        st->state = XSELL_STATE_OFF;
        return ngx_http_next_header_filter(r);
    }

    fragment = ngx_http_xsell_decide(r, xlcf, st);

    if (fragment) {

        if (ngx_http_xsell_charset_write(r, fragment, xlcf->slots->nelts)
            != NGX_OK)
        {
            return NGX_ERROR;
        }

        ngx_http_xsell_inject(r, xlcf, st, fragment);
        ngx_http_xsell_sniff(r, st);

    } else if (st->page) {
        ngx_http_xsell_page_untouched(r, st->page);
    }

    return ngx_http_next_header_filter(r);
}


void
ngx_http_xsell_decide_init(void)
{
    ngx_http_next_header_filter = ngx_http_top_header_filter;
    ngx_http_top_header_filter = ngx_http_xsell_header_filter;
}

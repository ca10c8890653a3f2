
/*
 * Charset: fragments are UTF-8, pages are what they are.  Which charsets can
 * carry a fragment, and how, the engine says (page/xsell_charset.c).  Here is
 * what nginx knows of a page's charset, and when:
 *
 *     header filter   what the page's own header says.  The directives
 *                     `charset` and `source_charset` come after us: the page
 *                     is not yet what they will call it, so they count for
 *                     nothing, and ASCII survives what they do
 *     body filter     the first bytes, before inject gets them: a byte order
 *                     mark is stronger than a header, and a meta of ISO-2022
 *                     counts where no header names a charset
 *
 * Bytes of UTF-8 go only into pages whose header says UTF-8; into all others
 * go references, which are right in any of them.
 *
 * The length of a page that is known was promised with its fragment
 * (ngx_http_xsell_known.c), and its bytes were looked at when they were
 * scanned, so they are not again.
 */

#include "ngx_http_xsell_module.h"


ngx_uint_t
ngx_http_xsell_charset(ngx_http_request_t *r)
{
    return xsell_charset(ngx_http_xsell_view(&r->headers_out.charset));
}


/*
 * A page that nothing can be put into because of how its bytes are written:
 * all of the location's will be so.  Once per worker and reason, as of a slot.
 */

void
ngx_http_xsell_encoding_report(ngx_http_request_t *r,
    ngx_http_xsell_loc_conf_t *xlcf, ngx_uint_t told)
{
    const char  *why;

    if (xlcf->told & told) {
        return;
    }

    xlcf->told |= told;

    why = told == NGX_HTTP_XSELL_TOLD_CODING
          ? "is compressed otherwise than by gzip: empty the cache if it was "
            "filled before, else let the upstream send gzip or plain pages"
          : "is in a charset that has other bytes for ASCII";

    ngx_log_error(NGX_LOG_WARN, r->connection->log, 0, "xsell: a page of "
                  "\"%V\" gets no fragment: its body %s (\"xsell\" of %s:%ui; "
                  "said once per worker)", &xlcf->shop->name, why,
                  xlcf->file ? xlcf->file : (u_char *) "-", xlcf->line);
}


/* a fragment as the page's charset can have it */

static ngx_int_t
ngx_http_xsell_ascii(ngx_http_request_t *r, ngx_str_t *html, ngx_uint_t raw)
{
    size_t   n, cap;
    u_char  *p;

    for (cap = html->len + html->len / 2; /* void */ ; cap = n) {

        p = ngx_pnalloc(r->pool, cap);
        if (p == NULL) {
            return NGX_ERROR;
        }

        n = xsell_ascii_write((char *) p, cap, ngx_http_xsell_view(html),
                              raw);

        if (n <= cap) {
            html->data = p;
            html->len = n;
            return NGX_OK;
        }
    }
}


ngx_int_t
ngx_http_xsell_charset_write(ngx_http_request_t *r,
    ngx_http_xsell_fragment_t *fragment, ngx_uint_t n)
{
    ngx_uint_t  i;

    if (ngx_http_xsell_charset(r) == XSELL_CHARSET_UTF8) {
        return NGX_OK;
    }

    for (i = 0; i < n; i++) {
        if (!fragment[i].plain
            && xsell_ascii_n(ngx_http_xsell_view(&fragment[i].html))
               < fragment[i].html.len
            && ngx_http_xsell_ascii(r, &fragment[i].html, fragment[i].raw)
               != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/* from the header filter, when the body is to get fragments */

void
ngx_http_xsell_sniff(ngx_http_request_t *r, ngx_http_xsell_state_t *st)
{
    if (r->headers_out.content_length_n == -1) {
        st->sniffs = 1;
        xsell_sniff_init(&st->sniff, r->headers_out.charset.len != 0);
    }
}


void
ngx_http_xsell_body_sniff(ngx_http_request_t *r, ngx_http_xsell_state_t *st,
    ngx_chain_t *in)
{
    int                         rc;
    ngx_buf_t                  *b;
    ngx_chain_t                *cl;
    ngx_http_xsell_loc_conf_t  *xlcf;

    rc = XSELL_AGAIN;

    for (cl = in; cl && rc == XSELL_AGAIN; cl = cl->next) {
        b = cl->buf;

        if (ngx_buf_in_memory(b)) {
            rc = xsell_sniff_feed(&st->sniff, b->pos, b->last - b->pos);
        }
    }

    if (rc == XSELL_AGAIN) {
        return;
    }

    st->sniffs = 0;

    if (rc != XSELL_OK && st->inject) {
        xlcf = ngx_http_get_module_loc_conf(r, ngx_http_xsell_module);

        ngx_http_xsell_encoding_report(r, xlcf, NGX_HTTP_XSELL_TOLD_CHARSET);
        ngx_http_xsell_inject_stop(st);
        st->state = XSELL_STATE_ENCODING;
    }
}

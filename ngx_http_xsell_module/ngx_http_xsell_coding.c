
/*
 * Coding: how a page comes packed, as its headers say, and whether it goes on
 * plain (ngx_http_xsell_inflate.c), from the header filter.  That depends on
 * the location and the response alone, never on the visitor: headers would
 * tell.
 */

#include "ngx_http_xsell_module.h"


#define NGX_HTTP_XSELL_PLAIN          0
#define NGX_HTTP_XSELL_GZIP           1
#define NGX_HTTP_XSELL_DEFLATE        2
#define NGX_HTTP_XSELL_PACKED         3     /* another way, or twice */


/* one name; "identity" and nothing at all say that the body is plain */

static ngx_uint_t
ngx_http_xsell_coding_name(u_char *p, u_char *last)
{
    size_t      n;
    ngx_uint_t  i;

    static const struct {
        ngx_str_t   name;
        ngx_uint_t  coding;
    } known[] = {
        { ngx_string(""), NGX_HTTP_XSELL_PLAIN },
        { ngx_string("identity"), NGX_HTTP_XSELL_PLAIN },
        { ngx_string("gzip"), NGX_HTTP_XSELL_GZIP },
        { ngx_string("x-gzip"), NGX_HTTP_XSELL_GZIP },
        { ngx_string("deflate"), NGX_HTTP_XSELL_DEFLATE }
    };

    while (p < last && (*p == ' ' || *p == '\t')) {
        p++;
    }

    while (p < last && (last[-1] == ' ' || last[-1] == '\t')) {
        last--;
    }

    n = last - p;

    for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (n == known[i].name.len
            && ngx_strncasecmp(p, known[i].name.data, n) == 0)
        {
            return known[i].coding;
        }
    }

    return NGX_HTTP_XSELL_PACKED;
}


/* a header's list; two codings are more than is undone here */

static ngx_uint_t
ngx_http_xsell_coding_list(ngx_str_t *value)
{
    u_char      *p, *last, *end;
    ngx_uint_t   coding, one;

    coding = NGX_HTTP_XSELL_PLAIN;
    last = value->data + value->len;

    for (p = value->data; p < last; p = end + 1) {

        end = ngx_strlchr(p, last, ',');
        end = end ? end : last;

        one = ngx_http_xsell_coding_name(p, end);

        if (one != NGX_HTTP_XSELL_PLAIN) {
            coding = (coding == NGX_HTTP_XSELL_PLAIN) ? one
                                                 : NGX_HTTP_XSELL_PACKED;
        }
    }

    return coding;
}


/*
 * How the body is packed.  All headers of that name count, also one that
 * add_header made, of which headers_out.content_encoding knows nothing.
 */

static ngx_uint_t
ngx_http_xsell_coding(ngx_http_request_t *r, ngx_table_elt_t **header)
{
    ngx_uint_t        i, coding, one;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    coding = NGX_HTTP_XSELL_PLAIN;

    for (part = &r->headers_out.headers.part; part; part = part->next) {
        h = part->elts;

        for (i = 0; i < part->nelts; i++) {

            if (h[i].key.len != sizeof("Content-Encoding") - 1
                || h[i].hash == 0
                || ngx_strncasecmp(h[i].key.data,
                                   (u_char *) "Content-Encoding",
                                   sizeof("Content-Encoding") - 1)
                   != 0)
            {
                continue;
            }

            one = ngx_http_xsell_coding_list(&h[i].value);

            if (one == NGX_HTTP_XSELL_PLAIN) {
                continue;
            }

            if (coding != NGX_HTTP_XSELL_PLAIN) {
                return NGX_HTTP_XSELL_PACKED;
            }

            coding = one;
            *header = &h[i];
        }
    }

    return coding;
}


ngx_uint_t
ngx_http_xsell_coded(ngx_table_elt_t *h)
{
    return h != NULL
           && ngx_http_xsell_coding_list(&h->value) != NGX_HTTP_XSELL_PLAIN;
}


ngx_uint_t
ngx_http_xsell_packed(ngx_http_request_t *r)
{
    ngx_table_elt_t  *header;

    return ngx_http_xsell_coding(r, &header) != NGX_HTTP_XSELL_PLAIN;
}


/* from the header filter: the body goes on plain; NGX_DECLINED: not to be
   done, nothing was changed */

ngx_int_t
ngx_http_xsell_inflate(ngx_http_request_t *r, ngx_http_xsell_state_t *st)
{
    ngx_uint_t        coding;
    ngx_table_elt_t  *header;

    header = NULL;
    coding = ngx_http_xsell_coding(r, &header);

    if (coding == NGX_HTTP_XSELL_PLAIN) {
        return NGX_OK;
    }

    if (coding == NGX_HTTP_XSELL_PACKED) {
        return NGX_DECLINED;
    }

    header->hash = 0;
    r->headers_out.content_encoding = NULL;
    ngx_http_clear_content_length(r);

    if (r->method & NGX_HTTP_HEAD) {
        return NGX_OK;
    }

    return ngx_http_xsell_inflate_create(r, st, coding == NGX_HTTP_XSELL_GZIP);
}

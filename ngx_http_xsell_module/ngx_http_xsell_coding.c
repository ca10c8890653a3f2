
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


/*
 * How the body is packed.  All headers of that name count, also one that
 * add_header made, of which headers_out.content_encoding knows nothing; two
 * of them, or two names in one, are more than is undone here.
 */

static ngx_uint_t
ngx_http_xsell_coding(ngx_http_request_t *r, ngx_table_elt_t **header)
{
    ngx_str_t         v;
    ngx_uint_t        i, coding;
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

            v = h[i].value;

            while (v.len && (v.data[0] == ' ' || v.data[0] == '\t')) {
                v.data++;
                v.len--;
            }

            while (v.len && (v.data[v.len - 1] == ' '
                             || v.data[v.len - 1] == '\t'))
            {
                v.len--;
            }

            if (v.len == 0
                || (v.len == 8
                    && ngx_strncasecmp(v.data, (u_char *) "identity", 8)
                       == 0))
            {
                continue;
            }

            *header = &h[i];

            if (coding != NGX_HTTP_XSELL_PLAIN) {
                return NGX_HTTP_XSELL_PACKED;
            }

            if ((v.len == 4
                 && ngx_strncasecmp(v.data, (u_char *) "gzip", 4) == 0)
                || (v.len == 6
                    && ngx_strncasecmp(v.data, (u_char *) "x-gzip", 6) == 0))
            {
                coding = NGX_HTTP_XSELL_GZIP;

            } else if (v.len == 7
                       && ngx_strncasecmp(v.data, (u_char *) "deflate", 7)
                          == 0)
            {
                coding = NGX_HTTP_XSELL_DEFLATE;

            } else {
                coding = NGX_HTTP_XSELL_PACKED;
            }
        }
    }

    return coding;
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

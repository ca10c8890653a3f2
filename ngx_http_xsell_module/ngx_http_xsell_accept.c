
/*
 * Accept: what a location with slots asks its upstream for.
 *
 * Nothing can be put into a page that comes as br or zstd, so neither is
 * asked for: what goes on of Accept-Encoding, in the PREACCESS phase, is
 *
 *     ""      where a page is wanted (as Sec-Fetch-Dest and Accept say).
 *             nginx compresses for the client after us, so gzip from the
 *             upstream would be packed there, unpacked and packed again here;
 *             and a cache of plain pages can be served without reading them
 *     gzip    for all else, from clients that take it: scripts, styles and
 *             answers of an API pass as the upstream packs them, also where
 *             nginx's gzip is not set up for their type.  Should it be a page
 *             after all, it is unpacked (ngx_http_xsell_inflate.c)
 *
 * So a cache holds at most two variants.  The value is emptied instead of
 * removed: without the header a server may choose any coding, with an empty
 * one none (RFC 9110, 12.5.3), and for nginx's cache both are the same.
 *
 * The element in headers_in, by which nginx's own gzip decides, must still be
 * the client's: it is a copy.  Where a page is wanted it is out of the way
 * until the header filter, so that gzip_static and brotli_static take the
 * plain file and gunzip unpacks what a cache was filled with; gzip, which is
 * after us, asks again.
 *
 * Not taken: putting the values in the list back once the upstream has its
 * request.  A cache entry that is refreshed in the background asks later, so
 * $http_accept_encoding says what was asked for, not what the client sent.
 */

#include "ngx_http_xsell_module.h"


/* gzip, x-gzip or "*", with a quality that is not 0 */

static ngx_uint_t
ngx_http_xsell_takes_gzip(ngx_str_t *value)
{
    u_char      *p, *last, *end, *q;
    size_t       n;
    ngx_uint_t   any;

    any = 0;
    last = value->data + value->len;

    for (p = value->data; p < last; p = end + 1) {

        while (p < last && (*p == ' ' || *p == '\t')) {
            p++;
        }

        end = ngx_strlchr(p, last, ',');
        end = end ? end : last;

        if (p < end && *p != '*' && (*p | 0x20) != 'g'
            && (*p | 0x20) != 'x')
        {
            continue;
        }

        for (n = 0; p + n < end && !ngx_strchr(" \t;", p[n]); n++) {
            /* void */
        }

        if (!(n == 4 && ngx_strncasecmp(p, (u_char *) "gzip", 4) == 0)
            && !(n == 6 && ngx_strncasecmp(p, (u_char *) "x-gzip", 6) == 0)
            && !(n == 1 && *p == '*'))
        {
            continue;
        }

        /* ";q=0", "; q = 0.000": a quality without another digit */

        for (q = p + n; q < end && *q != '='; q++) { /* void */ }

        any = (q == end);

        for ( /* void */ ; q < end; q++) {
            any |= (*q >= '1' && *q <= '9');
        }

        if (n > 1) {
            break;
        }
    }

    return any;
}


ngx_http_xsell_said_t *
ngx_http_xsell_said(ngx_http_request_t *r, ngx_http_xsell_state_t *st)
{
    ngx_uint_t              i;
    ngx_list_part_t        *part;
    ngx_table_elt_t        *h;
    ngx_http_xsell_said_t  *said;

    said = &st->said;

    if (said->done) {
        return said;
    }

    said->done = 1;

    for (part = &r->headers_in.headers.part; part; part = part->next) {
        h = part->elts;

        for (i = 0; i < part->nelts; i++) {

            switch (h[i].key.len) {

            case sizeof("Accept") - 1:
                if (ngx_memcmp(h[i].lowcase_key, "accept", 6) == 0) {
                    said->accept = &h[i].value;
                }
                break;

            case sizeof("Sec-GPC") - 1:
                if (said->gpc == NULL
                    && ngx_memcmp(h[i].lowcase_key, "sec-gpc", 7) == 0)
                {
                    said->gpc = &h[i].value;
                    break;
                }

                said->ahead |= ngx_http_xsell_is_ahead(&h[i]);
                break;

            case sizeof("Sec-Purpose") - 1:
                if (ngx_memcmp(h[i].lowcase_key, "sec-purpose", 11) == 0) {
                    said->purpose = &h[i].value;
                }

                said->ahead |= ngx_http_xsell_is_ahead(&h[i]);
                break;

            case sizeof("X-Moz") - 1:
            case sizeof("X-Purpose") - 1:
                said->ahead |= ngx_http_xsell_is_ahead(&h[i]);
                break;

            case sizeof("Sec-Fetch-Dest") - 1:
                if (ngx_memcmp(h[i].lowcase_key, "sec-fetch-dest", 14) == 0) {
                    said->dest = &h[i].value;
                }
                break;

            case sizeof("Accept-Encoding") - 1:
                if (ngx_memcmp(h[i].lowcase_key, "accept-encoding", 15) == 0) {
                    said->coding = &h[i];
                    said->codings++;
                }
                break;
            }
        }
    }

    return said;
}


/* what goes on of Accept-Encoding, in each of its lines */

static void
ngx_http_xsell_accept_set(ngx_http_request_t *r, ngx_http_xsell_said_t *said,
    ngx_str_t *value)
{
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    if (said->codings == 1) {
        said->coding->value = *value;
        return;
    }

    for (part = &r->headers_in.headers.part; part; part = part->next) {
        h = part->elts;

        for (i = 0; i < part->nelts; i++) {
            if (h[i].key.len == sizeof("Accept-Encoding") - 1
                && ngx_memcmp(h[i].lowcase_key, "accept-encoding", 15) == 0)
            {
                h[i].value = *value;
            }
        }
    }
}


static ngx_uint_t
ngx_http_xsell_is_one_of(ngx_str_t *text, const ngx_str_t *name, ngx_uint_t n)
{
    ngx_uint_t  i;

    for (i = 0; i < n; i++) {
        if (text->len == name[i].len
            && ngx_strncasecmp(text->data, name[i].data, text->len) == 0)
        {
            return 1;
        }
    }

    return 0;
}


/* what browsers show as a page */

static const ngx_str_t  ngx_http_xsell_dest[] = {
    ngx_string("document"), ngx_string("iframe"), ngx_string("frame"),
    ngx_string("embed"), ngx_string("object"), ngx_string("fencedframe")
};

#define NGX_HTTP_XSELL_DESTS                                                  \
    (sizeof(ngx_http_xsell_dest) / sizeof(ngx_http_xsell_dest[0]))


/*
 * Whether what is asked for may be a page.  Browsers say what they want it
 * for; who takes anything and says nothing (programs, old browsers) is told
 * by what the URL ends with: their pages must not fill a cache with gzip.
 */

ngx_uint_t
ngx_http_xsell_page_wanted(ngx_http_request_t *r, ngx_http_xsell_state_t *st)
{
    u_char                 *p, *last;
    ngx_http_xsell_said_t  *wish;

    static const ngx_str_t  empty[] = { ngx_string("empty") };
    static const ngx_str_t  any[] = { ngx_string("*/*") };

    /* what no page ends with, and what servers compress */

    static const ngx_str_t  exten[] = {
        ngx_string("css"), ngx_string("js"), ngx_string("mjs"),
        ngx_string("json"), ngx_string("map"), ngx_string("svg"),
        ngx_string("xml"), ngx_string("txt"), ngx_string("csv"),
        ngx_string("wasm"), ngx_string("ico"), ngx_string("ttf"),
        ngx_string("otf"), ngx_string("eot"), ngx_string("webmanifest")
    };

    wish = ngx_http_xsell_said(r, st);

    if (wish->dest && !ngx_http_xsell_is_one_of(wish->dest, empty, 1)) {
        return ngx_http_xsell_is_one_of(wish->dest, ngx_http_xsell_dest,
                                        NGX_HTTP_XSELL_DESTS);
    }

    if (wish->accept == NULL || wish->purpose) {
        return 1;
    }

    p = wish->accept->data;
    last = p + wish->accept->len;

    /* browsers say it first */

    if ((last - p >= 9 && ngx_memcmp(p, "text/html", 9) == 0)
        || ngx_strlcasestrn(p, last, (u_char *) "text/html",
                            sizeof("text/html") - 2))
    {
        return 1;
    }

    return wish->dest == NULL
           && ngx_http_xsell_is_one_of(wish->accept, any, 1)
           && !ngx_http_xsell_is_one_of(&r->exten, exten,
                                        sizeof(exten) / sizeof(exten[0]));
}


/*
 * A page that is fetched as a picture, a script or a font (by a broken link,
 * or to find out something) is looked at by nobody.
 */

ngx_uint_t
ngx_http_xsell_page_unwanted(ngx_http_request_t *r,
    ngx_http_xsell_state_t *st)
{
    ngx_http_xsell_said_t  *said;

    static const ngx_str_t  empty[] = { ngx_string("empty") };

    said = ngx_http_xsell_said(r, st);

    if (said->dest) {
        return !ngx_http_xsell_is_one_of(said->dest, empty, 1)
               && !ngx_http_xsell_is_one_of(said->dest, ngx_http_xsell_dest,
                                            NGX_HTTP_XSELL_DESTS);
    }

    return said->accept && said->accept->len >= 6
           && ngx_strncasecmp(said->accept->data, (u_char *) "image/", 6)
              == 0;
}


ngx_int_t
ngx_http_xsell_accept(ngx_http_request_t *r)
{
    ngx_str_t                value;
    ngx_uint_t               page;
    ngx_table_elt_t         *h;
    ngx_http_xsell_said_t   *said;
    ngx_http_xsell_state_t  *st;

    if (r->headers_in.accept_encoding == NULL) {
        return NGX_OK;
    }

    st = ngx_http_xsell_state(r, 1);
    if (st == NULL) {
        return NGX_ERROR;
    }

    said = ngx_http_xsell_said(r, st);
    page = ngx_http_xsell_page_wanted(r, st);

    /* again after a redirect: the copy of the first time is there */

    if (st->accept == NULL) {

        h = ngx_palloc(r->pool, sizeof(ngx_table_elt_t));
        if (h == NULL) {
            return NGX_ERROR;
        }

        *h = *r->headers_in.accept_encoding;
#if (nginx_version >= 1023000)
        h->next = NULL;
#endif

        st->accept = h;

        if (page || !ngx_http_xsell_takes_gzip(&h->value)) {
            ngx_str_set(&value, "");

        } else {
            ngx_str_set(&value, "gzip");
        }

        ngx_http_xsell_accept_set(r, said, &value);
    }

    r->headers_in.accept_encoding = page ? NULL : st->accept;

    return NGX_OK;
}


void
ngx_http_xsell_accept_back(ngx_http_request_t *r, ngx_http_xsell_state_t *st)
{
    if (st->accept && r->headers_in.accept_encoding == NULL) {
        r->headers_in.accept_encoding = st->accept;

        /* whoever asked before got the wrong answer */
        r->gzip_tested = 0;
        r->gzip_ok = 0;
    }
}


/*
 * A page that we asked to come plain, or unpacked, and that nothing after us
 * has packed again: it may be five times what it was before the site had us.
 */

#define NGX_HTTP_XSELL_WORTH_GZIP  4096

void
ngx_http_xsell_accept_report(ngx_http_request_t *r,
    ngx_http_xsell_loc_conf_t *xlcf, ngx_http_xsell_state_t *st)
{
    if (!st->personal || st->accept == NULL
        || ngx_http_xsell_coded(r->headers_out.content_encoding)
        || r->connection->sent < NGX_HTTP_XSELL_WORTH_GZIP
        || (xlcf->told & NGX_HTTP_XSELL_TOLD_PLAIN)
        || !ngx_http_xsell_takes_gzip(&st->accept->value))
    {
        return;
    }

    xlcf->told |= NGX_HTTP_XSELL_TOLD_PLAIN;

    ngx_log_error(NGX_LOG_NOTICE, r->connection->log, 0, "xsell: a page of "
                  "\"%V\" left uncompressed, though the client takes gzip: "
                  "write \"gzip on;\", and \"gzip_proxied any;\" behind "
                  "another proxy (\"xsell\" of %s:%ui; said once per worker)",
                  &xlcf->shop->name, xlcf->file ? xlcf->file
                  : (u_char *) "-", xlcf->line);
}

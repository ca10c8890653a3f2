
/*
 * Body: the one body filter that nginx knows of ours, and the order in which
 * the stages see a page's bytes.
 *
 *     inflate -> sniff -> product -> inject -> nginx's next filter
 *
 * inflate comes first, for the others read plain bytes; sniff and product only
 * look; inject sends.  A response that none of them wants, which are most,
 * passes after one look.
 *
 * Not taken: a filter of nginx for each stage, as modules have it.  Four calls
 * that say "not mine" cost a page on which we do nothing a tenth of what we
 * cost it.
 */

#include "ngx_http_xsell_module.h"


static ngx_http_output_body_filter_pt    ngx_http_next_body_filter;


ngx_int_t
ngx_http_xsell_body_send(ngx_http_request_t *r, ngx_chain_t *out)
{
    return ngx_http_next_body_filter(r, out);
}


ngx_int_t
ngx_http_xsell_body_plain(ngx_http_request_t *r, ngx_http_xsell_state_t *st,
    ngx_chain_t *in)
{
    if (st->sniffs) {
        ngx_http_xsell_body_sniff(r, st, in);
    }

    if (ngx_http_xsell_product_wanted(st)) {
        ngx_http_xsell_body_product(r, st, in);
    }

    return st->inject ? ngx_http_xsell_body_inject(r, st, in)
                      : ngx_http_next_body_filter(r, in);
}


static ngx_int_t
ngx_http_xsell_body_filter(ngx_http_request_t *r, ngx_chain_t *in)
{
    ngx_http_xsell_state_t  *st;

    st = (r == r->main) ? ngx_http_get_module_ctx(r, ngx_http_xsell_module)
                        : NULL;

    if (st == NULL) {
        return ngx_http_next_body_filter(r, in);
    }

    return st->inflate ? ngx_http_xsell_body_inflate(r, st, in)
                       : ngx_http_xsell_body_plain(r, st, in);
}


void
ngx_http_xsell_body_init(void)
{
    ngx_http_next_body_filter = ngx_http_top_body_filter;
    ngx_http_top_body_filter = ngx_http_xsell_body_filter;
}

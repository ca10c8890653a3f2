
/*
 * Parts: a handler for t/nginx/parts.t, an nginx module of its own.  It sends
 * a page as modules do that go on with subrequests: what the main request
 * has of it in a buffer that ends the chain and not the response, then the
 * rest by a subrequest, then the end.
 *
 *     parts TEXT;       the page; ?at=N of it are sent here, the rest comes
 *                       from /rest/N; &alone=1: the flag is in a buffer
 *                       without bytes
 */

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>


static char *ngx_http_parts(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);


static ngx_command_t  ngx_http_parts_commands[] = {

    { ngx_string("parts"),
      NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_parts,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

      ngx_null_command
};


static void *
ngx_http_parts_create_conf(ngx_conf_t *cf)
{
    return ngx_pcalloc(cf->pool, sizeof(ngx_str_t));
}


static ngx_http_module_t  ngx_http_parts_module_ctx = {
    NULL, NULL, NULL, NULL, NULL, NULL,
    ngx_http_parts_create_conf,
    NULL
};


ngx_module_t  ngx_http_parts_module = {
    NGX_MODULE_V1,
    &ngx_http_parts_module_ctx,
    ngx_http_parts_commands,
    NGX_HTTP_MODULE,
    NULL, NULL, NULL, NULL, NULL, NULL, NULL,
    NGX_MODULE_V1_PADDING
};


/* what nginx's auto/module writes */

ngx_module_t  *ngx_modules[] = { &ngx_http_parts_module, NULL };
char          *ngx_module_names[] = { "ngx_http_parts_module", NULL };
char          *ngx_module_order[] = { NULL };


static ngx_int_t
ngx_http_parts_send(ngx_http_request_t *r, u_char *p, size_t n, ngx_uint_t last)
{
    ngx_buf_t    *b;
    ngx_chain_t   out;

    b = ngx_calloc_buf(r->pool);
    if (b == NULL) {
        return NGX_ERROR;
    }

    b->pos = p;
    b->last = p + n;
    b->memory = (n != 0);
    b->last_in_chain = last;
    b->sync = last;

    out.buf = b;
    out.next = NULL;

    return ngx_http_output_filter(r, &out);
}


static ngx_int_t
ngx_http_parts_handler(ngx_http_request_t *r)
{
    size_t               at;
    ngx_str_t           *text, value, uri;
    ngx_uint_t           alone;
    ngx_http_request_t  *sr;

    text = ngx_http_get_module_loc_conf(r, ngx_http_parts_module);

    if (ngx_http_arg(r, (u_char *) "at", 2, &value) != NGX_OK) {
        return NGX_HTTP_BAD_REQUEST;
    }

    at = ngx_min((size_t) ngx_atoi(value.data, value.len), text->len);
    alone = (ngx_http_arg(r, (u_char *) "alone", 5, &value) == NGX_OK);

    r->headers_out.status = NGX_HTTP_OK;
    r->headers_out.content_length_n = text->len;
    ngx_str_set(&r->headers_out.content_type, "text/html");
    r->headers_out.content_type_len = sizeof("text/html") - 1;

    if (ngx_http_send_header(r) == NGX_ERROR
        || (at && ngx_http_parts_send(r, text->data, at, !alone) == NGX_ERROR)
        || ((alone || !at) && ngx_http_parts_send(r, NULL, 0, 1) == NGX_ERROR))
    {
        return NGX_ERROR;
    }

    uri.data = ngx_pnalloc(r->pool, sizeof("/rest/") + NGX_SIZE_T_LEN);
    if (uri.data == NULL) {
        return NGX_ERROR;
    }

    uri.len = ngx_sprintf(uri.data, "/rest/%uz", at) - uri.data;

    if (ngx_http_subrequest(r, &uri, NULL, &sr, NULL, 0) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_http_send_special(r, NGX_HTTP_LAST);
}


static char *
ngx_http_parts(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_str_t                 *value;
    ngx_http_core_loc_conf_t  *clcf;

    value = cf->args->elts;
    *(ngx_str_t *) conf = value[1];

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
    clcf->handler = ngx_http_parts_handler;

    return NGX_CONF_OK;
}

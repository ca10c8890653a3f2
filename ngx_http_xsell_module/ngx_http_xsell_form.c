
/*
 * $xsell_form_NAME: a field of the request's body, urlencoded, multipart or a
 * flat JSON object, as far as nginx has the body in memory (the proxy reads
 * it there before it asks the upstream; client_body_buffer_size bounds it).
 *
 * The body is looked at when the variable is, at the end of the request at
 * the latest; it is never read because of us.  A body in a file, a chunked
 * stream (proxy_request_buffering off) or one over 64 KiB has no fields.
 */

#include "ngx_http_xsell_module.h"


#define NGX_HTTP_XSELL_FORM_MAX  65536


/* the body as one piece; NGX_DECLINED if it is not in memory */

static ngx_int_t
ngx_http_xsell_form_body(ngx_http_request_t *r, ngx_str_t *body)
{
    u_char       *p;
    size_t        n;
    ngx_chain_t  *cl;

    if (r->request_body == NULL || r->request_body->bufs == NULL
        || r->request_body->temp_file || r->request_body_no_buffering)
    {
        return NGX_DECLINED;
    }

    /* what was sent on has been consumed: the bytes are from start on */

    n = 0;

    for (cl = r->request_body->bufs; cl; cl = cl->next) {

        if (!ngx_buf_in_memory(cl->buf) && !ngx_buf_special(cl->buf)) {
            return NGX_DECLINED;
        }

        n += cl->buf->last - cl->buf->start;

        if (n > NGX_HTTP_XSELL_FORM_MAX) {
            return NGX_DECLINED;
        }
    }

    p = ngx_pnalloc(r->pool, n + 1);
    if (p == NULL) {
        return NGX_ERROR;
    }

    body->data = p;

    for (cl = r->request_body->bufs; cl; cl = cl->next) {
        n = cl->buf->last - cl->buf->start;

        if (n) {
            p = ngx_cpymem(p, cl->buf->start, n);
        }
    }

    body->len = p - body->data;

    return body->len ? NGX_OK : NGX_DECLINED;
}


static ngx_int_t
ngx_http_xsell_form_add(ngx_http_request_t *r, ngx_array_t *form,
    u_char *name, size_t name_n, u_char *value, size_t value_n)
{
    ngx_keyval_t  *kv;

    if (form->nelts == 256) {
        return NGX_DECLINED;
    }

    kv = ngx_array_push(form);
    if (kv == NULL) {
        return NGX_ERROR;
    }

    kv->key.data = name;
    kv->key.len = name_n;
    kv->value.data = value;
    kv->value.len = value_n;

    return NGX_OK;
}


/* '+' and %XX, in place */

static size_t
ngx_http_xsell_form_decode(u_char *p, size_t n)
{
    size_t   i;
    u_char  *dst, *src;

    for (i = 0; i < n; i++) {
        if (p[i] == '+') {
            p[i] = ' ';
        }
    }

    dst = src = p;
    ngx_unescape_uri(&dst, &src, n, 0);

    return dst - p;
}


static void
ngx_http_xsell_form_urlencoded(ngx_http_request_t *r, ngx_array_t *form,
    ngx_str_t *body)
{
    u_char  *p, *next, *end, *eq, *last;

    last = body->data + body->len;

    for (p = body->data; p < last; p = next) {

        end = ngx_strlchr(p, last, '&');
        end = end ? end : last;
        next = (end < last) ? end + 1 : last;

        eq = ngx_strlchr(p, end, '=');

        if (eq == NULL
            || ngx_http_xsell_form_add(r, form, p,
                   ngx_http_xsell_form_decode(p, eq - p), eq + 1,
                   ngx_http_xsell_form_decode(eq + 1, end - eq - 1))
               != NGX_OK)
        {
            continue;
        }
    }
}


static u_char *
ngx_http_xsell_form_find(u_char *p, u_char *last, u_char *what, size_t n)
{
    for ( /* void */ ; last - p >= (ssize_t) n; p++) {

        p = ngx_strlchr(p, last - n + 1, what[0]);

        if (p == NULL) {
            return NULL;
        }

        if (ngx_memcmp(p, what, n) == 0) {
            return p;
        }
    }

    return NULL;
}


/* name="..." of a part's Content-Disposition; parts with a filename are
   files, not fields */

static ngx_int_t
ngx_http_xsell_form_name(u_char *p, u_char *last, ngx_str_t *name)
{
    u_char  *q;

    if (ngx_strlcasestrn(p, last, (u_char *) "filename", 8 - 1)) {
        return NGX_DECLINED;
    }

    q = ngx_strlcasestrn(p, last, (u_char *) "name=\"", 6 - 1);
    if (q == NULL) {
        return NGX_DECLINED;
    }

    name->data = q + 6;
    q = ngx_strlchr(name->data, last, '"');

    if (q == NULL) {
        return NGX_DECLINED;
    }

    name->len = q - name->data;

    return NGX_OK;
}


/* RFC 7578 */

static void
ngx_http_xsell_form_multipart(ngx_http_request_t *r, ngx_array_t *form,
    ngx_str_t *body)
{
    u_char      *p, *q, *head, *last, *type_last;
    u_char       mark[74];
    size_t       n;
    ngx_str_t   *type, name;

    type = &r->headers_in.content_type->value;
    type_last = type->data + type->len;

    p = ngx_strlcasestrn(type->data, type_last, (u_char *) "boundary=",
                         9 - 1);
    if (p == NULL) {
        return;
    }

    p += 9;

    if (p < type_last && *p == '"') {
        p++;
    }

    for (q = p; q < type_last && *q != '"' && *q != ';'; q++) { /* void */ }

    if (q == p || q - p > 70) {
        return;
    }

    n = ngx_cpymem(ngx_cpymem(mark, "--", 2), p, q - p) - mark;

    last = body->data + body->len;
    p = ngx_http_xsell_form_find(body->data, last, mark, n);

    while (p) {
        head = p + n;
        p = ngx_http_xsell_form_find(head, last, mark, n);

        if (p == NULL) {
            return;
        }

        q = ngx_http_xsell_form_find(head, p, (u_char *) "\r\n\r\n", 4);

        if (q && q + 4 <= p - 2
            && ngx_http_xsell_form_name(head, q, &name) == NGX_OK)
        {
            (void) ngx_http_xsell_form_add(r, form, name.data, name.len,
                                           q + 4, p - 2 - (q + 4));
        }
    }
}


static ngx_uint_t
ngx_http_xsell_form_is(ngx_http_request_t *r, const char *type)
{
    size_t      n;
    ngx_str_t  *s;

    if (r->headers_in.content_type == NULL) {
        return 0;
    }

    n = ngx_strlen(type);
    s = &r->headers_in.content_type->value;

    return s->len >= n && ngx_strncasecmp(s->data, (u_char *) type, n) == 0;
}


/* JSON fields are looked up one by one, in the engine's only parser */

static ngx_str_t *
ngx_http_xsell_form_json(ngx_http_request_t *r, ngx_str_t *body,
    u_char *name, size_t n)
{
    char         key[64], out[512];
    size_t       len;
    ngx_str_t   *value;

    if (n >= sizeof(key)) {
        return NULL;
    }

    *ngx_cpymem(key, name, n) = '\0';

    if (xsell_json_field((char *) body->data, body->len, key, out,
                         sizeof(out), &len)
        != XSELL_OK)
    {
        return NULL;
    }

    value = ngx_palloc(r->pool, sizeof(ngx_str_t));
    if (value == NULL) {
        return NULL;
    }

    value->len = len;
    value->data = ngx_pnalloc(r->pool, len + 1);

    if (value->data == NULL) {
        return NULL;
    }

    ngx_memcpy(value->data, out, len);

    return value;
}


ngx_str_t *
ngx_http_xsell_form(ngx_http_request_t *r, ngx_http_xsell_state_t *st,
    u_char *name, size_t n)
{
    ngx_str_t      body;
    ngx_uint_t     i;
    ngx_keyval_t  *kv;

    if (r->request_body == NULL) {
        /* not read yet: ask again */
        return NULL;
    }

    if (ngx_http_xsell_form_is(r, "application/json")) {

        return ngx_http_xsell_form_body(r, &body) == NGX_OK
               ? ngx_http_xsell_form_json(r, &body, name, n) : NULL;
    }

    if (!st->form_done) {
        st->form_done = 1;

        if (ngx_http_xsell_form_body(r, &body) != NGX_OK) {
            return NULL;
        }

        st->form = ngx_array_create(r->pool, 8, sizeof(ngx_keyval_t));
        if (st->form == NULL) {
            return NULL;
        }

        if (ngx_http_xsell_form_is(r, "multipart/form-data")) {
            ngx_http_xsell_form_multipart(r, st->form, &body);

        } else {
            ngx_http_xsell_form_urlencoded(r, st->form, &body);
        }
    }

    if (st->form == NULL) {
        return NULL;
    }

    kv = st->form->elts;

    for (i = 0; i < st->form->nelts; i++) {
        if (kv[i].key.len == n && ngx_memcmp(kv[i].key.data, name, n) == 0) {
            return &kv[i].value;
        }
    }

    return NULL;
}

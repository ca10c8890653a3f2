
/*
 * $xsell_*: what became of a request, for log formats and maps.  Safe in
 * every phase: before the page is decided they say what is known so far, and
 * without a shop they are empty.
 *
 *     $xsell_state    shown, holdout, no_consent, ... (README)
 *     $xsell_item     id of the page's item, if the catalogue has it
 *     $xsell_item_from  what named that item: set, url, learned, jsonld, ...
 *     $xsell_items    how many items were shown
 *     $xsell_rules    names of the shop's rules that brought one of them
 *     $xsell_template which template each slot has
 *     $xsell_place    served, or why the first slot that is missing is
 *     $xsell_session  the visitor's alias of this month, as in the event log
 *     $xsell_moment   what the view was like, as the model knows it
 *     $xsell_time_us  decision and rendering, microseconds
 *     $xsell_country  of the visitor's address, by the shop's geoip
 *     $xsell_region   the same
 *     $xsell_form_X   field X of the request's body
 */

#include "ngx_http_xsell_module.h"


enum {
    NGX_HTTP_XSELL_VAR_STATE = 0,
    NGX_HTTP_XSELL_VAR_ITEM,
    NGX_HTTP_XSELL_VAR_FROM,
    NGX_HTTP_XSELL_VAR_ITEMS,
    NGX_HTTP_XSELL_VAR_RULES,
    NGX_HTTP_XSELL_VAR_TEMPLATE,
    NGX_HTTP_XSELL_VAR_PLACE,
    NGX_HTTP_XSELL_VAR_SESSION,
    NGX_HTTP_XSELL_VAR_MOMENT,
    NGX_HTTP_XSELL_VAR_TIME,
    NGX_HTTP_XSELL_VAR_COUNTRY,
    NGX_HTTP_XSELL_VAR_REGION
};


static ngx_int_t ngx_http_xsell_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_xsell_where_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_xsell_form_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);


static ngx_http_variable_t  ngx_http_xsell_vars[] = {

    { ngx_string("xsell_state"), NULL, ngx_http_xsell_variable,
      NGX_HTTP_XSELL_VAR_STATE, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("xsell_item"), NULL, ngx_http_xsell_variable,
      NGX_HTTP_XSELL_VAR_ITEM, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("xsell_item_from"), NULL, ngx_http_xsell_variable,
      NGX_HTTP_XSELL_VAR_FROM, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("xsell_items"), NULL, ngx_http_xsell_variable,
      NGX_HTTP_XSELL_VAR_ITEMS, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("xsell_rules"), NULL, ngx_http_xsell_variable,
      NGX_HTTP_XSELL_VAR_RULES, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("xsell_template"), NULL, ngx_http_xsell_variable,
      NGX_HTTP_XSELL_VAR_TEMPLATE, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("xsell_place"), NULL, ngx_http_xsell_variable,
      NGX_HTTP_XSELL_VAR_PLACE, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("xsell_session"), NULL, ngx_http_xsell_variable,
      NGX_HTTP_XSELL_VAR_SESSION, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("xsell_moment"), NULL, ngx_http_xsell_variable,
      NGX_HTTP_XSELL_VAR_MOMENT, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("xsell_time_us"), NULL, ngx_http_xsell_variable,
      NGX_HTTP_XSELL_VAR_TIME, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("xsell_country"), NULL, ngx_http_xsell_where_variable,
      NGX_HTTP_XSELL_VAR_COUNTRY, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("xsell_region"), NULL, ngx_http_xsell_where_variable,
      NGX_HTTP_XSELL_VAR_REGION, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("xsell_form_"), NULL, ngx_http_xsell_form_variable,
      0, NGX_HTTP_VAR_PREFIX|NGX_HTTP_VAR_NOCACHEABLE, 0 },

      ngx_http_null_variable
};


ngx_int_t
ngx_http_xsell_add_variables(ngx_conf_t *cf)
{
    ngx_http_variable_t  *var, *v;

    for (v = ngx_http_xsell_vars; v->name.len; v++) {

        var = ngx_http_add_variable(cf, &v->name, v->flags);
        if (var == NULL) {
            return NGX_ERROR;
        }

        var->get_handler = v->get_handler;
        var->data = v->data;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_xsell_number(ngx_http_request_t *r, ngx_http_variable_value_t *v,
    ngx_uint_t n)
{
    v->data = ngx_pnalloc(r->pool, NGX_INT_T_LEN);
    if (v->data == NULL) {
        return NGX_ERROR;
    }

    v->len = ngx_sprintf(v->data, "%ui", n) - v->data;

    return NGX_OK;
}


/* 0: no profile, or not yet known.  Nobody has asked who looks at a page that
   nothing fits in; that page's shop and consent count, also where a part of it
   (SSI) asks from a location of its own */

static uint64_t
ngx_http_xsell_key(ngx_http_request_t *r, ngx_http_xsell_state_t *st)
{
    ngx_http_xsell_loc_conf_t  *xlcf;

    r = r->main;
    xlcf = ngx_http_get_module_loc_conf(r, ngx_http_xsell_module);

    if (!st->visitor.done && st->state == XSELL_STATE_NO_PLACE && xlcf->shop) {
        (void) ngx_http_xsell_visitor(r, xlcf->shop,
                                      ngx_http_xsell_consented(r, xlcf));
    }

    return st->visitor.key;
}


static ngx_int_t
ngx_http_xsell_variable(ngx_http_request_t *r, ngx_http_variable_value_t *v,
    uintptr_t data)
{
    const char              *s;
    ngx_str_t                names;
    xsell_str_t              id;
    const xsell_item_t      *item;
    ngx_http_xsell_state_t  *st;

    v->valid = 1;
    v->no_cacheable = 0;
    v->not_found = 0;
    v->len = 0;
    v->data = (u_char *) "";

    st = ngx_http_xsell_state(r, 0);

    if (st == NULL) {
        v->not_found = 1;
        return NGX_OK;
    }

    switch (data) {

    case NGX_HTTP_XSELL_VAR_STATE:
        s = xsell_state_name(st->state);
        v->data = (u_char *) s;
        v->len = ngx_strlen(s);
        return NGX_OK;

    case NGX_HTTP_XSELL_VAR_ITEM:
        item = st->visitor.shop
               ? xsell_catalog_item(st->visitor.shop->catalog, st->item)
               : NULL;

        if (item) {
            id = xsell_catalog_text(st->visitor.shop->catalog, item,
                                    XSELL_TEXT_ID);
            v->data = (u_char *) id.p;
            v->len = id.n;
        }

        return NGX_OK;

    case NGX_HTTP_XSELL_VAR_FROM:

        if (st->from != XSELL_FROM_NONE) {
            s = xsell_from_name(st->from);
            v->data = (u_char *) s;
            v->len = ngx_strlen(s);
        }

        return NGX_OK;

    case NGX_HTTP_XSELL_VAR_SESSION:

        if (ngx_http_xsell_key(r, st) == 0) {
            return NGX_OK;
        }

        v->data = ngx_pnalloc(r->pool, 16);
        if (v->data == NULL) {
            return NGX_ERROR;
        }

        v->len = 16;
        xsell_visitor_alias(st->visitor.shop->keys, st->visitor.key,
                            (uint32_t) ngx_time(), (char *) v->data);
        return NGX_OK;

    case NGX_HTTP_XSELL_VAR_MOMENT:

        if (ngx_http_xsell_key(r, st) == 0) {
            return NGX_OK;
        }

        v->data = ngx_pnalloc(r->pool, NGX_HTTP_XSELL_MOMENT_LEN);
        if (v->data == NULL) {
            return NGX_ERROR;
        }

        ngx_http_xsell_moment(r, st);
        v->len = ngx_http_xsell_moment_text(st, v->data);
        return NGX_OK;

    case NGX_HTTP_XSELL_VAR_PLACE:
        s = ngx_http_xsell_inject_place(r, st, 0);

        if (s) {
            v->data = (u_char *) s;
            v->len = ngx_strlen(s);
        }

        return NGX_OK;

    case NGX_HTTP_XSELL_VAR_TEMPLATE:

        if (ngx_http_xsell_inject_looks(r, st, &names) != NGX_OK) {
            return NGX_ERROR;
        }

        v->data = names.data;
        v->len = names.len;
        return NGX_OK;

    case NGX_HTTP_XSELL_VAR_RULES:

        if (st->rules == 0) {
            return NGX_OK;
        }

        if (ngx_http_xsell_business_names(r, st->visitor.shop, st->rules,
                                          &names)
            != NGX_OK)
        {
            return NGX_ERROR;
        }

        v->data = names.data;
        v->len = names.len;
        return NGX_OK;

    case NGX_HTTP_XSELL_VAR_ITEMS:
        return ngx_http_xsell_number(r, v, st->items);

    default: /* NGX_HTTP_XSELL_VAR_TIME */
        return ngx_http_xsell_number(r, v, st->time_us);
    }
}


/* looked up when asked for: in every phase of a location with a shop */

static ngx_int_t
ngx_http_xsell_where_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_http_xsell_state_t     *st;
    ngx_http_xsell_loc_conf_t  *xlcf;

    v->not_found = 1;
    xlcf = ngx_http_get_module_loc_conf(r, ngx_http_xsell_module);

    if (xlcf->shop == NULL || xlcf->shop->mmdb == NULL) {
        return NGX_OK;
    }

    st = ngx_http_xsell_state(r, 1);
    if (st == NULL) {
        return NGX_ERROR;
    }

    ngx_http_xsell_locate(r, xlcf->shop, st);

    v->valid = 1;
    v->no_cacheable = 0;
    v->not_found = 0;

    if (data == NGX_HTTP_XSELL_VAR_COUNTRY) {
        v->data = (u_char *) st->country;
        v->len = st->country[0] ? 2 : 0;

    } else {
        v->data = (u_char *) st->region;
        v->len = st->region_n;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_xsell_form_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_str_t               *name, *value;
    ngx_http_xsell_state_t  *st;

    name = (ngx_str_t *) data;
    st = ngx_http_xsell_state(r, 1);

    if (st == NULL) {
        return NGX_ERROR;
    }

    value = ngx_http_xsell_form(r, st,
                                name->data + sizeof("xsell_form_") - 1,
                                name->len - (sizeof("xsell_form_") - 1));

    if (value == NULL) {
        v->not_found = 1;
        return NGX_OK;
    }

    v->valid = 1;
    v->no_cacheable = 0;
    v->not_found = 0;
    v->len = value->len;
    v->data = value->data;

    return NGX_OK;
}

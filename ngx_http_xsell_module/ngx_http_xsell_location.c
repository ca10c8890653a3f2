
/*
 * The directives of http, server and location: which shop, whose consent,
 * which answers are events, and the two locations that we answer ourselves.
 * Where fragments go is in ngx_http_xsell_slot.c.
 */

#include "ngx_http_xsell_module.h"


char *
ngx_http_xsell_on(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_xsell_loc_conf_t *xlcf = conf;

    ngx_str_t  *value;

    if (xlcf->shop != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    value = cf->args->elts;

    xlcf->file = cf->conf_file->file.name.data;
    xlcf->line = cf->conf_file->line;

    if (ngx_strcmp(value[1].data, "off") == 0) {
        xlcf->shop = NULL;
        xlcf->off = 1;
        return NGX_CONF_OK;
    }

    xlcf->shop = ngx_http_xsell_shop(cf, &value[1]);

    return xlcf->shop ? NGX_CONF_OK : NGX_CONF_ERROR;
}


char *
ngx_http_xsell_complex(ngx_conf_t *cf, ngx_str_t *text,
    ngx_http_complex_value_t **cv)
{
    ngx_http_compile_complex_value_t  ccv;

    *cv = ngx_palloc(cf->pool, sizeof(ngx_http_complex_value_t));
    if (*cv == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_memzero(&ccv, sizeof(ngx_http_compile_complex_value_t));

    ccv.cf = cf;
    ccv.value = text;
    ccv.complex_value = *cv;

    return ngx_http_compile_complex_value(&ccv) == NGX_OK
           ? NGX_CONF_OK : NGX_CONF_ERROR;
}


/* a value that can't be a language tag is read as none, silently */

char *
ngx_http_xsell_language(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    char       *rv;
    size_t      n;
    u_char      c;
    ngx_str_t  *value;

    rv = ngx_http_set_complex_value_slot(cf, cmd, conf);
    value = cf->args->elts;

    if (rv != NGX_CONF_OK || value[1].len == 0
        || ngx_http_script_variables_count(&value[1]))
    {
        return rv;
    }

    for (n = 0; n < value[1].len; n++) {
        c = value[1].data[n] | 0x20;

        if (c < 'a' || c > 'z') {
            break;
        }
    }

    if (n < 2 || n > 3 || (n < value[1].len && value[1].data[n] != '-'
                           && value[1].data[n] != '_'))
    {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0, "\"%V\" is no language tag "
                           "such as \"de\" or \"pt-BR\"", &value[1]);
    }

    return NGX_CONF_OK;
}


char *
ngx_http_xsell_consent(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_xsell_loc_conf_t *xlcf = conf;

    ngx_str_t  *value;

    if (xlcf->consent != NGX_CONF_UNSET_UINT) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (ngx_strcmp(value[1].data, "assumed") == 0 && cf->args->nelts == 2) {
        xlcf->consent = NGX_HTTP_XSELL_CONSENT_ASSUMED;
        return NGX_CONF_OK;
    }

    if (ngx_strcmp(value[1].data, "required") == 0 && cf->args->nelts == 3) {
        xlcf->consent = NGX_HTTP_XSELL_CONSENT_REQUIRED;
        return ngx_http_xsell_complex(cf, &value[2], &xlcf->consent_value);
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "\"xsell_consent\" is "
                       "\"assumed\" or \"required VALUE\", for example "
                       "\"required $cookie_consent\"");
    return NGX_CONF_ERROR;
}


/* whether a value hangs on nothing but what the browser says */

static ngx_uint_t
ngx_http_xsell_forgeable(ngx_str_t *text)
{
    u_char  *p, *last;

    if (text->len == 0) {
        return 1;
    }

    last = text->data + text->len;

    for (p = text->data; p < last; p++) {
        if (*p != '$') {
            continue;
        }

        p++;

        if (p < last && *p == '{') {
            p++;
        }

        if (last - p >= 4 && ngx_strncmp(p, "arg_", 4) == 0) {
            continue;
        }

        if (last - p >= 5 && ngx_strncmp(p, "http_", 5) == 0) {
            continue;
        }

        if (last - p >= 7 && ngx_strncmp(p, "cookie_", 7) == 0) {
            continue;
        }

        if (last - p >= 11 && ngx_strncmp(p, "xsell_form_", 11) == 0) {
            continue;
        }

        return 0;
    }

    return 1;
}


/* xsell_event TYPE name=value ... */

char *
ngx_http_xsell_event(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_xsell_loc_conf_t *xlcf = conf;

    ngx_str_t                    *value, s, id, sum;
    ngx_uint_t                    i, k;
    ngx_http_complex_value_t    **cv;
    ngx_http_xsell_event_conf_t  *ev;

    /* what is taken out or dismissed has no quantity */
    static const char *const  cart[] = { "quantity=", "item=", NULL };
    static const char *const  order[] = { "id=", "value=", "items=", NULL };
    static const char *const  rate[] = { "item=", "value=", NULL };

    static const struct {
        ngx_str_t   name;
        ngx_uint_t  types;      /* bit per type that takes it */
    } param[] = {
        [NGX_HTTP_XSELL_PARAM_ITEM] = { ngx_string("item="),
          1 << XSELL_EVENT_CART | 1 << XSELL_EVENT_CART_REMOVE
          | 1 << XSELL_EVENT_RATE | 1 << XSELL_EVENT_DISMISS },
        [NGX_HTTP_XSELL_PARAM_ITEMS] = { ngx_string("items="),
          1 << XSELL_EVENT_ORDER },
        [NGX_HTTP_XSELL_PARAM_ID] = { ngx_string("id="),
          1 << XSELL_EVENT_ORDER },
        [NGX_HTTP_XSELL_PARAM_VALUE] = { ngx_string("value="),
          1 << XSELL_EVENT_ORDER | 1 << XSELL_EVENT_RATE },
        [NGX_HTTP_XSELL_PARAM_QUANTITY] = { ngx_string("quantity="),
          1 << XSELL_EVENT_CART }
    };

    value = cf->args->elts;

    if (xlcf->events == NGX_CONF_UNSET_PTR) {
        xlcf->events = ngx_array_create(cf->pool, 2,
                                        sizeof(ngx_http_xsell_event_conf_t));
        if (xlcf->events == NULL) {
            return NGX_CONF_ERROR;
        }

        if (xlcf->shop == NGX_CONF_UNSET_PTR) {
            xlcf->file = cf->conf_file->file.name.data;
            xlcf->line = cf->conf_file->line;
        }
    }

    ev = ngx_array_push(xlcf->events);
    if (ev == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_memzero(ev, sizeof(ngx_http_xsell_event_conf_t));
    ev->file = cf->conf_file->file.name.data;
    ev->line = cf->conf_file->line;
    ngx_str_null(&id);
    ngx_str_null(&sum);

    ev->type = xsell_event_type((char *) value[1].data, value[1].len);

    if (ev->type != XSELL_EVENT_CART && ev->type != XSELL_EVENT_CART_REMOVE
        && ev->type != XSELL_EVENT_ORDER && ev->type != XSELL_EVENT_RATE
        && ev->type != XSELL_EVENT_DISMISS)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "unknown event \"%V\": "
                           "\"cart\", \"cart_remove\", \"order\", "
                           "\"rate\" or \"dismiss\"", &value[1]);
        return NGX_CONF_ERROR;
    }

    for (i = 2; i < cf->args->nelts; i++) {

        for (k = 0; k < sizeof(param) / sizeof(param[0]); k++) {
            if (ngx_strncmp(value[i].data, param[k].name.data,
                            param[k].name.len)
                == 0
                && (param[k].types & (1 << ev->type)))
            {
                break;
            }
        }

        if (k == sizeof(param) / sizeof(param[0])) {
            if (ngx_http_xsell_no_parameter(cf, &value[i],
                                            ev->type == XSELL_EVENT_ORDER
                                            ? order
                                            : ev->type == XSELL_EVENT_RATE
                                              ? rate
                                            : ev->type == XSELL_EVENT_CART
                                              ? cart : cart + 1)
                == NGX_ERROR)
            {
                return NGX_CONF_ERROR;
            }

            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "event \"%V\" has no "
                               "parameter \"%V\": carts take \"item=\" and "
                               "\"quantity=\", orders \"id=\", \"value=\" "
                               "and \"items=\", ratings \"item=\" and "
                               "\"value=\", what is dismissed \"item=\"",
                               &value[1], &value[i]);
            return NGX_CONF_ERROR;
        }

        cv = &ev->param[k];

        if (*cv) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "duplicate parameter \"%V\"", &value[i]);
            return NGX_CONF_ERROR;
        }

        s.data = value[i].data + param[k].name.len;
        s.len = value[i].len - param[k].name.len;

        if (ngx_http_xsell_complex(cf, &s, cv) != NGX_CONF_OK) {
            return NGX_CONF_ERROR;
        }

        if (k == NGX_HTTP_XSELL_PARAM_ID) {
            id = s;

        } else if (k == NGX_HTTP_XSELL_PARAM_VALUE) {
            sum = s;
        }
    }

    if (ev->type != XSELL_EVENT_ORDER
        && ev->param[NGX_HTTP_XSELL_PARAM_ITEM] == NULL)
    {
        return "needs \"item=\", for example \"item=$xsell_form_sku\"";
    }

    if (ev->type == XSELL_EVENT_RATE
        && ev->param[NGX_HTTP_XSELL_PARAM_VALUE] == NULL)
    {
        return "needs \"value=\", for example \"value=$xsell_form_stars\"";
    }

    if (ev->type == XSELL_EVENT_ORDER
        && ev->param[NGX_HTTP_XSELL_PARAM_ID] == NULL)
    {
        return "needs \"id=\", for example \"id=$upstream_http_x_order_id\"";
    }

    if (ev->type == XSELL_EVENT_ORDER && ngx_http_xsell_forgeable(&id)
        && ngx_http_xsell_forgeable(&sum))
    {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0, "order id and value come "
                           "from the browser alone, anybody can forge them: "
                           "take one from the shop, for example "
                           "\"id=$upstream_http_x_order_id\"");
    }

    return NGX_CONF_OK;
}


char *
ngx_http_xsell_endpoint(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_xsell_loc_conf_t *xlcf = conf;

    ngx_str_t                     *value;
    ngx_http_core_loc_conf_t      *clcf;
    ngx_http_xsell_srv_conf_t     *xscf;
    ngx_http_xsell_server_shop_t  *ss;

    value = cf->args->elts;
    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
    xscf = ngx_http_conf_get_module_srv_conf(cf, ngx_http_xsell_module);

    if (xlcf->endpoint) {
        return "is duplicate";
    }

    if (clcf->exact_match || clcf->named || clcf->noname
#if (NGX_PCRE)
        || clcf->regex
#endif
        || clcf->name.len < 2 || clcf->name.data[clcf->name.len - 1] != '/')
    {
        return "belongs into a prefix location that ends with \"/\", for "
               "example \"location /xsell/\"";
    }

    xlcf->endpoint = ngx_http_xsell_shop(cf, &value[1]);
    if (xlcf->endpoint == NULL) {
        return NGX_CONF_ERROR;
    }

    ss = ngx_http_xsell_server_shop(cf, xscf, xlcf->endpoint);
    if (ss == NULL) {
        return NGX_CONF_ERROR;
    }

    if (ss->prefix.len) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "this server has an endpoint "
                           "of shop \"%V\" already, \"%V\"", &value[1],
                           &ss->prefix);
        return NGX_CONF_ERROR;
    }

    ss->prefix = clcf->name;
    clcf->handler = ngx_http_xsell_endpoint_handler;

    return NGX_CONF_OK;
}


char *
ngx_http_xsell_status(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_xsell_loc_conf_t *xlcf = conf;

    ngx_str_t                 *value;
    ngx_http_core_loc_conf_t  *clcf;

    if (xlcf->status) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (cf->args->nelts == 3) {
        if (ngx_strcmp(value[2].data, "prometheus") == 0) {
            xlcf->prometheus = 1;

        } else if (ngx_strcmp(value[2].data, "json") != 0) {
            return "has an unknown format: \"json\" or \"prometheus\"";
        }
    }

    xlcf->status = ngx_http_xsell_shop(cf, &value[1]);
    if (xlcf->status == NULL) {
        return NGX_CONF_ERROR;
    }

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
    clcf->handler = ngx_http_xsell_status_handler;

    return NGX_CONF_OK;
}

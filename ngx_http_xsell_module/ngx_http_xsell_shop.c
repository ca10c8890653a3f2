
/*
 * The directives of an xsell_shop block.  Each says at once what is wrong
 * with its words; files are opened in ngx_http_xsell_check.c, when the whole
 * block is known.
 *
 * The block is parsed with the shop as "location configuration" and with a
 * context bit of our own, so that nginx itself counts arguments and reports
 * what does not belong.  A cf->handler of our own (as map and geo have it)
 * would have to repeat all that.
 */

#include "ngx_http_xsell_module.h"


char *
ngx_http_xsell_shop_block(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    char                   *rv;
    ngx_str_t              *value;
    ngx_conf_t              save;
    ngx_http_conf_ctx_t    *ctx;
    ngx_http_xsell_shop_t  *shop;

    value = cf->args->elts;

    if (ngx_strcmp(value[1].data, "off") == 0) {
        return "cannot be named \"off\"";
    }

    if (ngx_http_xsell_check_name(cf, &value[1], "shop") != NGX_CONF_OK) {
        return NGX_CONF_ERROR;
    }

    shop = ngx_http_xsell_shop(cf, &value[1]);
    if (shop == NULL) {
        return NGX_CONF_ERROR;
    }

    if (shop->defined) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "duplicate shop \"%V\", "
                           "first defined in %s:%ui", &shop->name,
                           shop->file, shop->line);
        return NGX_CONF_ERROR;
    }

    shop->defined = 1;
    shop->file = cf->conf_file->file.name.data;
    shop->line = cf->conf_file->line;

    /* the shop is the "location configuration" of the commands inside */

    ctx = ngx_pcalloc(cf->pool, sizeof(ngx_http_conf_ctx_t));
    if (ctx == NULL) {
        return NGX_CONF_ERROR;
    }

    *ctx = *(ngx_http_conf_ctx_t *) cf->ctx;

    ctx->loc_conf = ngx_pcalloc(cf->pool, sizeof(void *) * ngx_http_max_module);
    if (ctx->loc_conf == NULL) {
        return NGX_CONF_ERROR;
    }

    ctx->loc_conf[ngx_http_xsell_module.ctx_index] = shop;

    /* NGX_MAIN_CONF lets `include` in; other modules' main directives are of
       another module type and stay out */

    save = *cf;
    cf->ctx = ctx;
    cf->cmd_type = NGX_HTTP_XSELL_SHOP_CONF|NGX_MAIN_CONF;
    rv = ngx_conf_parse(cf, NULL);
    *cf = save;

    return rv;
}


char *
ngx_http_xsell_shop_zone(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_xsell_shop_t *shop = conf;

    off_t          size;
    u_char         last;
    ngx_str_t     *value;
    xsell_error_t  err;

    if (shop->size) {
        return "is duplicate";
    }

    value = cf->args->elts;
    size = ngx_parse_offset(&value[1]);

    if (size == NGX_ERROR || size <= 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "invalid size of a zone "
                           "\"%V\": write it as \"128m\" or \"2g\"",
                           &value[1]);
        return NGX_CONF_ERROR;
    }

    shop->size = ngx_align((size_t) size, ngx_pagesize);

    if (xsell_plan(shop->size, &shop->plan, &err) != XSELL_OK) {
        last = value[1].data[value[1].len - 1];

        /* a number alone is one of bytes, but seldom meant so */

        if (last >= '0' && last <= '9' && value[1].len <= 4) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "zone \"%V\": %s; did "
                               "you mean \"%Vm\"?", &value[1], err.text,
                               &value[1]);
        } else {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "zone \"%V\": %s",
                               &value[1], err.text);
        }

        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


char *
ngx_http_xsell_shop_file(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_str_t  *field, *value;

    field = (ngx_str_t *) ((char *) conf + cmd->offset);

    if (field->data) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (value[1].len == 0) {
        return "has an empty path";
    }

    *field = value[1];

    return ngx_conf_full_name(cf->cycle, field, 1) == NGX_OK
           ? NGX_CONF_OK : NGX_CONF_ERROR;
}


char *
ngx_http_xsell_shop_state(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_xsell_shop_t *shop = conf;

    char       *rv;
    ngx_str_t  *value, s;

    static const char *const  known[] = { "interval=", NULL };

    rv = ngx_http_xsell_shop_file(cf, cmd, conf);

    if (rv != NGX_CONF_OK || cf->args->nelts == 2) {
        return rv;
    }

    value = cf->args->elts;

    if (ngx_strncmp(value[2].data, "interval=", 9) != 0) {

        if (ngx_http_xsell_no_parameter(cf, &value[2], known) == NGX_ERROR) {
            return NGX_CONF_ERROR;
        }

        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "invalid parameter \"%V\": "
                           "\"state\" knows \"interval=TIME\"", &value[2]);
        return NGX_CONF_ERROR;
    }

    s.data = value[2].data + 9;
    s.len = value[2].len - 9;
    shop->interval = ngx_parse_time(&s, 0);

    if (shop->interval == (ngx_msec_t) NGX_ERROR || shop->interval < 1000) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "invalid interval \"%V\": "
                           "at least 1s", &s);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


char *
ngx_http_xsell_shop_log(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_xsell_shop_t *shop = conf;

    ngx_str_t  *value;

    if (shop->log) {
        return "is duplicate";
    }

    value = cf->args->elts;

    /* nginx opens it when the configuration is accepted, and reopens it */
    shop->log = ngx_conf_open_file(cf->cycle, &value[1]);

    return shop->log ? NGX_CONF_OK : NGX_CONF_ERROR;
}


char *
ngx_http_xsell_shop_holdout(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_xsell_shop_t *shop = conf;

    ngx_int_t   n;
    ngx_str_t  *value;

    if (shop->holdout != NGX_CONF_UNSET_UINT) {
        return "is duplicate";
    }

    value = cf->args->elts;

    n = NGX_ERROR;

    if (ngx_strcmp(value[1].data, "off") == 0) {
        n = 0;

    } else if (value[1].len > 1 && value[1].data[value[1].len - 1] == '%') {
        n = ngx_atofp(value[1].data, value[1].len - 1, 2);
    }

    if (n == NGX_ERROR || n > 5000) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "invalid holdout \"%V\": "
                           "\"off\" or a share of visitors from \"0%%\" to "
                           "\"50%%\"", &value[1]);
        return NGX_CONF_ERROR;
    }

    shop->holdout = n;

    return NGX_CONF_OK;
}


char *
ngx_http_xsell_shop_min_visits(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_xsell_shop_t *shop = conf;

    ngx_int_t   n;
    ngx_str_t  *value;

    if (shop->min_visits != NGX_CONF_UNSET_UINT) {
        return "is duplicate";
    }

    value = cf->args->elts;
    n = ngx_atoi(value[1].data, value[1].len);

    if (n == NGX_ERROR || n < 1 || n > 1000) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "invalid min_visits "
                           "\"%V\": a number from 1 to 1000", &value[1]);
        return NGX_CONF_ERROR;
    }

    shop->min_visits = n;

    return NGX_CONF_OK;
}


char *
ngx_http_xsell_shop_diversity(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_xsell_shop_t *shop = conf;

    ngx_int_t   n;
    ngx_str_t  *value;

    if (shop->diversity != NGX_CONF_UNSET_UINT) {
        return "is duplicate";
    }

    value = cf->args->elts;
    n = ngx_atofp(value[1].data, value[1].len, 2);

    if (n == NGX_ERROR || n > 100) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "invalid diversity "
                           "\"%V\": a number from 0 to 1, of two "
                           "decimals at most", &value[1]);
        return NGX_CONF_ERROR;
    }

    shop->diversity = n;

    return NGX_CONF_OK;
}

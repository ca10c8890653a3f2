
/*
 * The one list of directives.  The README's reference is checked against
 * these rows (t/nginx/readme.t): name, contexts, arguments.
 *
 * Directives of an xsell_shop block carry a context bit of our own, so nginx
 * itself reports them anywhere else, and anything foreign inside the block.
 */

#include "ngx_http_xsell_module.h"


#define NGX_HTTP_XSELL_ANY                                                    \
    (NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF)

#define ngx_http_xsell_shop_row(name, args, set, field)                       \
    { ngx_string(name), NGX_HTTP_XSELL_SHOP_CONF|args, set,                   \
      NGX_HTTP_LOC_CONF_OFFSET, offsetof(ngx_http_xsell_shop_t, field), NULL }

#define ngx_http_xsell_row(name, where, args, set)                            \
    { ngx_string(name), (where)|args, set, NGX_HTTP_LOC_CONF_OFFSET, 0, NULL }


ngx_command_t  ngx_http_xsell_commands[] = {

    { ngx_string("xsell_shop"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_BLOCK|NGX_CONF_TAKE1,
      ngx_http_xsell_shop_block,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("xsell_page_cache"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_size_slot,
      NGX_HTTP_MAIN_CONF_OFFSET,
      offsetof(ngx_http_xsell_main_conf_t, page_cache),
      NULL },

    /* inside xsell_shop */

    ngx_http_xsell_shop_row("zone", NGX_CONF_TAKE1,
                            ngx_http_xsell_shop_zone, size),
    ngx_http_xsell_shop_row("catalog", NGX_CONF_TAKE1,
                            ngx_http_xsell_shop_file, catalog_file),
    ngx_http_xsell_shop_row("templates", NGX_CONF_TAKE1,
                            ngx_http_xsell_shop_file, templates),
    ngx_http_xsell_shop_row("theme", NGX_CONF_TAKE1,
                            ngx_http_xsell_shop_file, theme),
    ngx_http_xsell_shop_row("geoip", NGX_CONF_TAKE1,
                            ngx_http_xsell_shop_file, geoip),
    ngx_http_xsell_shop_row("state", NGX_CONF_TAKE12,
                            ngx_http_xsell_shop_state, state),
    ngx_http_xsell_shop_row("log", NGX_CONF_TAKE1,
                            ngx_http_xsell_shop_log, log),
    ngx_http_xsell_shop_row("secret", NGX_CONF_TAKE1,
                            ngx_http_xsell_shop_file, secret),
    ngx_http_xsell_shop_row("holdout", NGX_CONF_TAKE1,
                            ngx_http_xsell_shop_holdout, holdout),
    ngx_http_xsell_shop_row("min_visits", NGX_CONF_TAKE1,
                            ngx_http_xsell_shop_min_visits, min_visits),
    ngx_http_xsell_shop_row("diversity", NGX_CONF_TAKE1,
                            ngx_http_xsell_shop_diversity, diversity),

    /* where pages pass */

    ngx_http_xsell_row("xsell", NGX_HTTP_XSELL_ANY, NGX_CONF_TAKE1,
                       ngx_http_xsell_on),

    ngx_http_xsell_row("xsell_item", NGX_HTTP_XSELL_ANY, NGX_CONF_TAKE1,
                       ngx_http_xsell_item),

    { ngx_string("xsell_language"),
      NGX_HTTP_XSELL_ANY|NGX_CONF_TAKE1,
      ngx_http_xsell_language,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_xsell_loc_conf_t, language),
      NULL },

    ngx_http_xsell_row("xsell_consent", NGX_HTTP_XSELL_ANY, NGX_CONF_TAKE12,
                       ngx_http_xsell_consent),
    ngx_http_xsell_row("xsell_slot", NGX_HTTP_XSELL_ANY, NGX_CONF_1MORE,
                       ngx_http_xsell_slot),
    ngx_http_xsell_row("xsell_event",
                       NGX_HTTP_LOC_CONF, NGX_CONF_1MORE,
                       ngx_http_xsell_event),

    /* what we answer ourselves */

    ngx_http_xsell_row("xsell_endpoint", NGX_HTTP_LOC_CONF, NGX_CONF_TAKE1,
                       ngx_http_xsell_endpoint),
    ngx_http_xsell_row("xsell_status", NGX_HTTP_LOC_CONF, NGX_CONF_TAKE12,
                       ngx_http_xsell_status),

    ngx_null_command
};


/*
 * ngx_http_xsell_module: wiring only.  What nginx calls at start, in
 * workers and at the end, and which stage answers.
 *
 * Nothing is done where nothing is configured: without a shop there is no
 * phase handler, no filter work, no zone and no timer.
 */

#include "ngx_http_xsell_module.h"


static ngx_int_t ngx_http_xsell_init_module(ngx_cycle_t *cycle);
static ngx_int_t ngx_http_xsell_init_process(ngx_cycle_t *cycle);
static void ngx_http_xsell_exit_process(ngx_cycle_t *cycle);
static void ngx_http_xsell_exit_master(ngx_cycle_t *cycle);


static ngx_http_module_t  ngx_http_xsell_module_ctx = {
    ngx_http_xsell_preconfiguration,       /* preconfiguration */
    ngx_http_xsell_postconfiguration,      /* postconfiguration */

    ngx_http_xsell_create_main_conf,       /* create main configuration */
    NULL,                                  /* init main configuration */

    ngx_http_xsell_create_srv_conf,        /* create server configuration */
    NULL,                                  /* merge server configuration */

    ngx_http_xsell_create_loc_conf,        /* create location configuration */
    ngx_http_xsell_merge_loc_conf          /* merge location configuration */
};


ngx_module_t  ngx_http_xsell_module = {
    NGX_MODULE_V1,
    &ngx_http_xsell_module_ctx,            /* module context */
    ngx_http_xsell_commands,               /* module directives */
    NGX_HTTP_MODULE,                       /* module type */
    NULL,                                  /* init master */
    ngx_http_xsell_init_module,            /* init module */
    ngx_http_xsell_init_process,           /* init process */
    NULL,                                  /* init thread */
    NULL,                                  /* exit thread */
    ngx_http_xsell_exit_process,           /* exit process */
    ngx_http_xsell_exit_master,            /* exit master */
    NGX_MODULE_V1_PADDING
};


/* NULL without an http block, or without a shop in it, or if the cycle is of
   another build of this module, loaded from another path */

static ngx_http_xsell_main_conf_t *
ngx_http_xsell_cycle_conf(ngx_cycle_t *cycle)
{
    ngx_uint_t                   i;
    ngx_http_xsell_main_conf_t  *xmcf;

    for (i = 0; cycle->modules[i] != &ngx_http_xsell_module; i++) {
        if (cycle->modules[i] == NULL) {
            return NULL;
        }
    }

    xmcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_http_xsell_module);

    return (xmcf != NULL && xmcf->shops.nelts) ? xmcf : NULL;
}


/*
 * Runs in the single master after the configuration is accepted, and under
 * nginx -t, where nothing may change.  An error here ends nginx (also at a
 * reload), so only a first start may return one.
 */

static ngx_int_t
ngx_http_xsell_init_module(ngx_cycle_t *cycle)
{
    ngx_uint_t                    i;
    ngx_http_xsell_shop_t       **shop;
    ngx_http_xsell_main_conf_t   *xmcf;

    xmcf = ngx_http_xsell_cycle_conf(cycle);

    if (ngx_test_config) {
        return NGX_OK;
    }

    if (ngx_process == NGX_PROCESS_SINGLE && !ngx_is_init_cycle(ngx_cycle)) {
        ngx_http_xsell_exit_process((ngx_cycle_t *) ngx_cycle);
    }

    if (xmcf == NULL) {
        return NGX_OK;
    }

    shop = xmcf->shops.elts;

    for (i = 0; i < xmcf->shops.nelts; i++) {
        if (ngx_http_xsell_zone_start(cycle, shop[i]) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    /* a reload without master process calls no init_process */

    if (ngx_process == NGX_PROCESS_SINGLE && !ngx_is_init_cycle(ngx_cycle)) {
        return ngx_http_xsell_learn_start(cycle, xmcf);
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_xsell_init_process(ngx_cycle_t *cycle)
{
    ngx_http_xsell_main_conf_t  *xmcf;

    if (ngx_process != NGX_PROCESS_WORKER
        && ngx_process != NGX_PROCESS_SINGLE)
    {
        /* cache manager and loader */
        return NGX_OK;
    }

    xmcf = ngx_http_xsell_cycle_conf(cycle);

    return xmcf ? ngx_http_xsell_learn_start(cycle, xmcf) : NGX_OK;
}


static void
ngx_http_xsell_exit_process(ngx_cycle_t *cycle)
{
    ngx_http_xsell_main_conf_t  *xmcf;

    if (ngx_process != NGX_PROCESS_WORKER
        && ngx_process != NGX_PROCESS_SINGLE)
    {
        return;
    }

    xmcf = ngx_http_xsell_cycle_conf(cycle);

    if (xmcf) {
        ngx_http_xsell_learn_stop(xmcf);
    }
}


/* once, after the last worker, with the zones still mapped */

static void
ngx_http_xsell_exit_master(ngx_cycle_t *cycle)
{
    ngx_uint_t                    i;
    ngx_http_xsell_shop_t       **shop;
    ngx_http_xsell_main_conf_t   *xmcf;

    xmcf = ngx_http_xsell_cycle_conf(cycle);

    if (xmcf == NULL) {
        return;
    }

    shop = xmcf->shops.elts;

    for (i = 0; i < xmcf->shops.nelts; i++) {
        ngx_http_xsell_zone_save(cycle, shop[i]);
    }
}

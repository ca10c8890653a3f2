
/*
 * Postconfiguration: what needs the whole configuration.  Everything that can
 * be wrong is found here and in what is called from here, that is in
 * `nginx -t`, with file and line.
 */

#include "ngx_http_xsell_module.h"


static ngx_int_t ngx_http_xsell_check(ngx_conf_t *cf,
    ngx_http_xsell_main_conf_t *xmcf);
static ngx_int_t ngx_http_xsell_refuse(ngx_conf_t *cf);
static ngx_int_t ngx_http_xsell_hook(ngx_conf_t *cf);
static void ngx_http_xsell_check_slots(ngx_conf_t *cf,
    ngx_http_xsell_main_conf_t *xmcf);
static ngx_int_t ngx_http_xsell_check_servers(ngx_conf_t *cf);


ngx_int_t
ngx_http_xsell_preconfiguration(ngx_conf_t *cf)
{
    return ngx_http_xsell_add_variables(cf);
}


ngx_int_t
ngx_http_xsell_postconfiguration(ngx_conf_t *cf)
{
    ngx_http_xsell_main_conf_t  *xmcf;

    xmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_xsell_module);

    ngx_http_xsell_check_slots(cf, xmcf);

    if (xmcf->shops.nelts == 0) {
        return NGX_OK;
    }

    if (ngx_http_xsell_hook(cf) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_http_xsell_check(cf, xmcf) == NGX_OK
           ? NGX_OK : ngx_http_xsell_refuse(cf);
}


static ngx_int_t
ngx_http_xsell_check(ngx_conf_t *cf, ngx_http_xsell_main_conf_t *xmcf)
{
    ngx_uint_t               i;
    ngx_http_xsell_shop_t  **shop;

    shop = xmcf->shops.elts;

    for (i = 0; i < xmcf->shops.nelts; i++) {

        if (!shop[i]->defined) {
            ngx_http_xsell_conf_error(NGX_LOG_EMERG, cf, shop[i]->file,
                shop[i]->line, "there is no shop \"%V\": define it by an "
                "\"xsell_shop %V { ... }\" block in http {}",
                &shop[i]->name, &shop[i]->name);
            return NGX_ERROR;
        }

        if (ngx_http_xsell_shop_load(cf, shop[i]) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    if (ngx_http_xsell_check_servers(cf) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_http_xsell_known_init(cf, xmcf);
}


static ngx_int_t
ngx_http_xsell_refuse_zone(ngx_shm_zone_t *zone, void *data)
{
    return NGX_ERROR;
}


/*
 * What was found wrong was logged; the configuration is refused a moment
 * later, by a zone that can't be set up.  An error from here would leave the
 * filters half linked, from ours on (headers, the copy filter, ranges): they
 * are linked anew in the master by each configuration that is read, and a
 * worker that is started after a reload was refused, because another one
 * died, has what the master has.
 */

static ngx_int_t
ngx_http_xsell_refuse(ngx_conf_t *cf)
{
    ngx_shm_zone_t  *zone;

    static ngx_str_t  name = ngx_string("xsell: refused");

    zone = ngx_shared_memory_add(cf, &name, 8 * ngx_pagesize,
                                 &ngx_http_xsell_module);
    if (zone == NULL) {
        return NGX_ERROR;
    }

    zone->init = ngx_http_xsell_refuse_zone;

    return NGX_OK;
}


static ngx_int_t
ngx_http_xsell_hook(ngx_conf_t *cf)
{
    ngx_uint_t                  i;
    ngx_http_handler_pt        *h;
    ngx_http_core_main_conf_t  *cmcf;

    static const struct {
        ngx_uint_t           phase;
        ngx_http_handler_pt  handler;
    } hook[] = {
        { NGX_HTTP_POST_READ_PHASE, ngx_http_xsell_post_read_handler },
        { NGX_HTTP_PREACCESS_PHASE, ngx_http_xsell_preaccess_handler },
        { NGX_HTTP_LOG_PHASE, ngx_http_xsell_log_handler }
    };

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    for (i = 0; i < sizeof(hook) / sizeof(hook[0]); i++) {

        h = ngx_array_push(&cmcf->phases[hook[i].phase].handlers);
        if (h == NULL) {
            return NGX_ERROR;
        }

        /*
         * nginx runs the last of a phase first.  Ours run last: clicks need
         * the visitor's address from realip, not a proxy's
         */

        h = cmcf->phases[hook[i].phase].handlers.elts;

        ngx_memmove(h + 1, h, (cmcf->phases[hook[i].phase].handlers.nelts - 1)
                              * sizeof(ngx_http_handler_pt));

        h[0] = hook[i].handler;
    }

    ngx_http_xsell_decide_init();
    ngx_http_xsell_body_init();

    return NGX_OK;
}


/* slots of which no location has a shop: nothing will ever be there */

static void
ngx_http_xsell_check_slots(ngx_conf_t *cf, ngx_http_xsell_main_conf_t *xmcf)
{
    ngx_uint_t               i, k;
    ngx_array_t            **all;
    ngx_http_xsell_slot_t   *slot;

    all = xmcf->slots.elts;

    for (i = 0; i < xmcf->slots.nelts; i++) {
        slot = all[i]->elts;

        for (k = 0; k < all[i]->nelts; k++) {
            if (!slot[k].used) {
                ngx_http_xsell_conf_error(NGX_LOG_WARN, cf, slot[k].file,
                    slot[k].line, "slot \"%V\" of no shop stays empty: "
                    "write \"xsell SHOP;\" beside it", &slot[k].name);
            }
        }
    }
}


/* a server whose pages get fragments needs the endpoint that serves their
   stylesheet */

static ngx_int_t
ngx_http_xsell_check_servers(ngx_conf_t *cf)
{
    ngx_uint_t                      s, i;
    ngx_http_core_srv_conf_t      **cscfp;
    ngx_http_core_main_conf_t      *cmcf;
    ngx_http_xsell_srv_conf_t      *xscf;
    ngx_http_xsell_server_shop_t   *ss;

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);
    cscfp = cmcf->servers.elts;

    for (s = 0; s < cmcf->servers.nelts; s++) {
        xscf = cscfp[s]->ctx->srv_conf[ngx_http_xsell_module.ctx_index];
        ss = xscf->shops.elts;

        for (i = 0; i < xscf->shops.nelts; i++) {

            if (ss[i].slots && ss[i].prefix.len == 0) {
                ngx_http_xsell_conf_error(NGX_LOG_EMERG, cf, ss[i].file,
                    ss[i].line, "pages of shop \"%V\" have slots, but their "
                    "server has no endpoint: add \"location /xsell/ "
                    "{ xsell_endpoint %V; }\" to the server that uses it",
                    &ss[i].shop->name, &ss[i].shop->name);
                return NGX_ERROR;
            }
        }
    }

    return NGX_OK;
}

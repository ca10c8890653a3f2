
/*
 * Postconfiguration: what needs the whole configuration or the files behind
 * it.  Everything that can be wrong is found here, that is in `nginx -t`,
 * with file and line, and nothing is changed: files are only read.
 *
 * What is loaded (catalogue, keys, template, country table) lives as long as
 * the cycle: workers of an old cycle go on with theirs.
 */

#include "ngx_http_xsell_module.h"


static ngx_int_t ngx_http_xsell_hook(ngx_conf_t *cf);
static ngx_int_t ngx_http_xsell_check_servers(ngx_conf_t *cf);
static ngx_int_t ngx_http_xsell_load_catalog(ngx_conf_t *cf,
    ngx_http_xsell_shop_t *shop);
static ngx_int_t ngx_http_xsell_load_secret(ngx_conf_t *cf,
    ngx_http_xsell_shop_t *shop);
static ngx_int_t ngx_http_xsell_load_template(ngx_conf_t *cf,
    ngx_http_xsell_shop_t *shop);

static ngx_str_t  ngx_http_xsell_template_name =
    ngx_string("carousel.mustache");


ngx_int_t
ngx_http_xsell_preconfiguration(ngx_conf_t *cf)
{
    return ngx_http_xsell_add_variables(cf);
}


ngx_int_t
ngx_http_xsell_postconfiguration(ngx_conf_t *cf)
{
    ngx_uint_t                    i;
    ngx_http_xsell_shop_t       **shop;
    ngx_http_xsell_main_conf_t   *xmcf;

    xmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_xsell_module);

    if (xmcf->shops.nelts == 0) {
        return NGX_OK;
    }

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

    return ngx_http_xsell_hook(cf);
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
    ngx_http_xsell_inject_init();

    return NGX_OK;
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


/*
 * The whole file in cf->temp_pool-independent memory: freed by the caller.
 * A limit keeps a mistaken path (a device, a disk image) from being read.
 */

static ngx_int_t
ngx_http_xsell_read(ngx_conf_t *cf, ngx_http_xsell_shop_t *shop,
    const char *what, ngx_str_t *path, off_t max, ngx_str_t *text,
    ngx_file_info_t *fi)
{
    ssize_t  n;
    size_t   got;
    ngx_fd_t fd;

    text->data = NULL;

    fd = ngx_open_file(path->data, NGX_FILE_RDONLY, NGX_FILE_OPEN, 0);

    if (fd == NGX_INVALID_FILE) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, ngx_errno,
                      "xsell: %s of shop \"%V\": cannot open \"%V\" in %s:%ui",
                      what, &shop->name, path, shop->file, shop->line);
        return NGX_ERROR;
    }

    if (ngx_fd_info(fd, fi) == NGX_FILE_ERROR || !ngx_is_file(fi)
        || ngx_file_size(fi) > max)
    {
        ngx_http_xsell_conf_error(NGX_LOG_EMERG, cf, shop->file, shop->line,
            "%s of shop \"%V\": \"%V\" is not a file of at most %O bytes",
            what, &shop->name, path, max);
        goto failed;
    }

    text->data = ngx_alloc(ngx_file_size(fi) + 1, cf->log);
    if (text->data == NULL) {
        goto failed;
    }

    for (got = 0; got < (size_t) ngx_file_size(fi); got += n) {
        n = ngx_read_fd(fd, text->data + got, ngx_file_size(fi) - got);

        if (n <= 0) {
            break;
        }
    }

    text->len = got;
    text->data[got] = '\0';
    ngx_close_file(fd);

    return NGX_OK;

failed:

    ngx_close_file(fd);
    return NGX_ERROR;
}


ngx_int_t
ngx_http_xsell_shop_load(ngx_conf_t *cf, ngx_http_xsell_shop_t *shop)
{
    const char  *why;

    if (shop->size == 0 || shop->catalog_file.len == 0
        || shop->secret.len == 0)
    {
        ngx_http_xsell_conf_error(NGX_LOG_EMERG, cf, shop->file, shop->line,
            "shop \"%V\" has no \"%s\"", &shop->name,
            shop->size == 0 ? "zone\": write \"zone 128m;"
            : shop->catalog_file.len == 0
              ? "catalog\": write \"catalog /path/catalog.json;"
              : "secret\": make one by \"openssl rand -hex 32 > FILE\" and "
                "write \"secret FILE;");
        return NGX_ERROR;
    }

    xsell_settings_default(&shop->settings);

    if (shop->min_visits != NGX_CONF_UNSET_UINT) {
        shop->settings.min_visits = shop->min_visits;
    }

    ngx_conf_init_uint_value(shop->holdout, 500);
    ngx_conf_init_msec_value(shop->interval, 60000);

    if (ngx_http_xsell_load_catalog(cf, shop) != NGX_OK
        || ngx_http_xsell_load_secret(cf, shop) != NGX_OK
        || ngx_http_xsell_load_template(cf, shop) != NGX_OK
        || ngx_http_xsell_state_check(cf, shop) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (shop->geoip.len) {
        shop->mmdb = ngx_http_xsell_geo_open(cf->pool, &shop->geoip, &why);

        if (shop->mmdb == NULL) {
            ngx_http_xsell_conf_error(NGX_LOG_EMERG, cf, shop->file,
                shop->line, "geoip of shop \"%V\": \"%V\": %s", &shop->name,
                &shop->geoip, why);
            return NGX_ERROR;
        }
    }

    return ngx_http_xsell_zone_add(cf, shop);
}


static void
ngx_http_xsell_catalog_warn(void *ctx, const xsell_error_t *w)
{
    ngx_conf_t  *cf = ctx;

    ngx_log_error(NGX_LOG_WARN, cf->log, 0, "xsell: catalog, line %ud, "
                  "column %ud: %s", w->line, w->column, w->text);
}


static void
ngx_http_xsell_catalog_cleanup(void *data)
{
    xsell_catalog_destroy(data);
}


/* the smallest power of two of MiB whose zone holds so many items */

static size_t
ngx_http_xsell_zone_for(uint32_t items)
{
    size_t        m;
    xsell_plan_t  plan;

    for (m = 1; m < 65536; m *= 2) {
        if (xsell_plan((uint64_t) m << 20, &plan, NULL) == XSELL_OK
            && plan.items >= items)
        {
            break;
        }
    }

    return m;
}


static ngx_int_t
ngx_http_xsell_load_catalog(ngx_conf_t *cf, ngx_http_xsell_shop_t *shop)
{
    int                  rc;
    ngx_str_t            text;
    xsell_error_t        err;
    ngx_file_info_t      fi;
    ngx_pool_cleanup_t  *cln;

    if (ngx_http_xsell_read(cf, shop, "catalog", &shop->catalog_file,
                            (off_t) 1 << 31, &text, &fi)
        != NGX_OK)
    {
        if (text.data) {
            ngx_free(text.data);
        }

        return NGX_ERROR;
    }

    rc = xsell_catalog_create(&shop->catalog, (char *) text.data, text.len,
                              ngx_http_xsell_catalog_warn, cf, &err);
    ngx_free(text.data);

    if (rc != XSELL_OK) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0, "xsell: catalog of shop "
                      "\"%V\": %s in %V:%ud:%ud", &shop->name, err.text,
                      &shop->catalog_file, err.line, err.column);
        return NGX_ERROR;
    }

    cln = ngx_pool_cleanup_add(cf->pool, 0);
    if (cln == NULL) {
        xsell_catalog_destroy(shop->catalog);
        return NGX_ERROR;
    }

    cln->handler = ngx_http_xsell_catalog_cleanup;
    cln->data = shop->catalog;

    if (xsell_catalog_n(shop->catalog) > shop->plan.items) {
        ngx_http_xsell_conf_error(NGX_LOG_EMERG, cf, shop->file, shop->line,
            "shop \"%V\": the catalog has %ud items, a zone of %uzM holds "
            "%ud: write \"zone %uzm;\" or more", &shop->name,
            xsell_catalog_n(shop->catalog), shop->size >> 20,
            shop->plan.items,
            ngx_http_xsell_zone_for(xsell_catalog_n(shop->catalog)));
        return NGX_ERROR;
    }

    if (ngx_test_config && !ngx_quiet_mode) {
        ngx_log_stderr(0, "xsell: shop \"%V\": %ud items in the catalog; "
                       "the zone of %uzM holds %ud items (%ud bytes each), "
                       "%ud sessions (%ud bytes each) and %ud impressions "
                       "(%ud a second for 30 minutes)",
                       &shop->name, xsell_catalog_n(shop->catalog),
                       shop->size >> 20, shop->plan.items,
                       shop->plan.item_bytes, shop->plan.sessions,
                       shop->plan.session_bytes, shop->plan.impressions,
                       shop->plan.impressions / 1800);
    }

    return NGX_OK;
}


static void
ngx_http_xsell_keys_cleanup(void *data)
{
    xsell_keys_destroy(data);
}


static ngx_int_t
ngx_http_xsell_load_secret(ngx_conf_t *cf, ngx_http_xsell_shop_t *shop)
{
    int                  rc;
    ngx_str_t            text;
    xsell_error_t        err;
    ngx_file_info_t      fi;
    ngx_pool_cleanup_t  *cln;

    if (ngx_http_xsell_read(cf, shop, "secret", &shop->secret, 4096, &text,
                            &fi)
        != NGX_OK)
    {
        if (text.data) {
            ngx_free(text.data);
        }

        return NGX_ERROR;
    }

    rc = xsell_keys_create(&shop->keys, (char *) text.data, text.len, NULL,
                           ngx_http_xsell_view(&shop->name), &err);

    ngx_explicit_memzero(text.data, text.len);
    ngx_free(text.data);

    if (rc != XSELL_OK) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0, "xsell: secret of shop "
                      "\"%V\": %s in %V:%ud", &shop->name, err.text,
                      &shop->secret, err.line);
        return NGX_ERROR;
    }

    cln = ngx_pool_cleanup_add(cf->pool, 0);
    if (cln == NULL) {
        xsell_keys_destroy(shop->keys);
        return NGX_ERROR;
    }

    cln->handler = ngx_http_xsell_keys_cleanup;
    cln->data = shop->keys;

    if (ngx_file_access(&fi) & 0007) {
        ngx_http_xsell_conf_error(NGX_LOG_WARN, cf, shop->file, shop->line,
            "secret of shop \"%V\": everybody may read \"%V\": \"chmod 600\" "
            "it", &shop->name, &shop->secret);
    }

    return NGX_OK;
}


static void
ngx_http_xsell_template_cleanup(void *data)
{
    xsell_template_destroy(data);
}


static ngx_int_t
ngx_http_xsell_load_template(ngx_conf_t *cf, ngx_http_xsell_shop_t *shop)
{
    int                  rc;
    u_char              *p;
    ngx_str_t            path, text;
    xsell_str_t          source;
    xsell_error_t        err;
    ngx_file_info_t      fi;
    ngx_pool_cleanup_t  *cln;

    ngx_str_set(&path, "built-in");
    source = xsell_template_builtin();
    text.data = NULL;

    if (shop->templates.len) {

        path.len = shop->templates.len + 1 + ngx_http_xsell_template_name.len;
        path.data = ngx_pnalloc(cf->pool, path.len + 1);
        if (path.data == NULL) {
            return NGX_ERROR;
        }

        p = ngx_cpymem(path.data, shop->templates.data, shop->templates.len);
        *p++ = '/';
        p = ngx_cpymem(p, ngx_http_xsell_template_name.data,
                       ngx_http_xsell_template_name.len);
        *p = '\0';

        if (ngx_http_xsell_read(cf, shop, "template", &path, 1 << 20, &text,
                                &fi)
            != NGX_OK)
        {
            if (text.data) {
                ngx_free(text.data);
            }

            return NGX_ERROR;
        }

        source = ngx_http_xsell_view(&text);
    }

    rc = xsell_template_create(&shop->template, source, &err);

    if (text.data) {
        ngx_free(text.data);
    }

    if (rc != XSELL_OK) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0, "xsell: template of shop "
                      "\"%V\": %s in %V:%ud:%ud", &shop->name, err.text,
                      &path, err.line, err.column);
        return NGX_ERROR;
    }

    cln = ngx_pool_cleanup_add(cf->pool, 0);
    if (cln == NULL) {
        xsell_template_destroy(shop->template);
        return NGX_ERROR;
    }

    cln->handler = ngx_http_xsell_template_cleanup;
    cln->data = shop->template;

    return ngx_http_xsell_css_hash(cf->pool, &shop->css_hash);
}

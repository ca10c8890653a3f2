
/*
 * Load: the files behind a shop's block, read by nginx -t, at start and at a
 * reload; the catalogue is in ngx_http_xsell_catalog.c, templates and theme in
 * ngx_http_xsell_look.c.  Nothing is changed: files are only read.
 *
 * What is loaded (catalogue, keys, country table) lives as long as the cycle:
 * workers of an old cycle go on with theirs.
 */

#include "ngx_http_xsell_module.h"


static ngx_int_t ngx_http_xsell_load_secret(ngx_conf_t *cf,
    ngx_http_xsell_shop_t *shop);


/* the limit keeps a mistaken path (a device, a disk image) from being read */

ngx_int_t
ngx_http_xsell_read_file(ngx_conf_t *cf, ngx_http_xsell_shop_t *shop,
    const char *what, ngx_str_t *path, off_t max, ngx_str_t *text,
    ngx_file_info_t *fi)
{
    size_t    got;
    ssize_t   n;
    ngx_fd_t  fd;

    ngx_str_null(text);

    /* not blocking: a pipe of this name may have no writer */
    fd = ngx_open_file(path->data, NGX_FILE_RDONLY|NGX_FILE_NONBLOCK,
                       NGX_FILE_OPEN, 0);

    if (fd == NGX_INVALID_FILE) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, ngx_errno,
                      "xsell: %s of shop \"%V\": cannot open \"%V\"%s in "
                      "%s:%ui", what, &shop->name, path,
                      path == &shop->secret
                      ? ": make it by \"openssl rand -hex 32 > FILE; chmod 600 "
                        "FILE\"" : "", shop->file, shop->line);
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

        if (n < 0) {
            ngx_log_error(NGX_LOG_EMERG, cf->log, ngx_errno,
                          "xsell: %s of shop \"%V\": cannot read \"%V\" in "
                          "%s:%ui", what, &shop->name, path, shop->file,
                          shop->line);
            ngx_free(text->data);
            goto failed;
        }

        if (n == 0) {
            break;
        }
    }

    text->len = got;
    text->data[got] = '\0';
    ngx_close_file(fd);

    return NGX_OK;

failed:

    ngx_str_null(text);
    ngx_close_file(fd);

    return NGX_ERROR;
}


void
ngx_http_xsell_file_error(ngx_http_xsell_from_t *from, ngx_uint_t level,
    const xsell_error_t *err)
{
    if (err->line == 0) {
        ngx_http_xsell_conf_error(level, from->cf, from->shop->file,
            from->shop->line, "%s of shop \"%V\": %s%s%V%s", from->what,
            &from->shop->name, err->text, from->path->len ? " (" : "",
            from->path, from->path->len ? ")" : "");
        return;
    }

    ngx_log_error(level, from->cf->log, 0, "xsell: %s of shop \"%V\": %s in "
                  "%V:%ud:%ud", from->what, &from->shop->name, err->text,
                  from->path, err->line, err->column);
}


void
ngx_http_xsell_file_warn(void *from, const xsell_error_t *warning)
{
    ngx_http_xsell_file_error(from, NGX_LOG_WARN, warning);
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
    shop->settings.memory_ms = 1000;

    if (shop->min_visits != NGX_CONF_UNSET_UINT) {
        shop->settings.min_visits = shop->min_visits;
    }

    if (shop->diversity != NGX_CONF_UNSET_UINT) {
        shop->settings.mmr = (float) shop->diversity / 100;
    }

    ngx_conf_init_uint_value(shop->holdout, 500);
    ngx_conf_init_msec_value(shop->interval, 60000);

    if (ngx_http_xsell_catalog_load(cf, shop) != NGX_OK
        || ngx_http_xsell_load_secret(cf, shop) != NGX_OK
        || ngx_http_xsell_look_load(cf, shop) != NGX_OK
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

    if (ngx_http_xsell_read_file(cf, shop, "secret", &shop->secret, 4096,
                                 &text, &fi)
        != NGX_OK)
    {
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


/*
 * Catalog: the items of a shop, from JSON, which the master builds, or from a
 * file that `xsell catalog --compile` made, which it maps.
 *
 * A compiled catalogue is mapped read-only and shared: workers inherit the
 * mapping, cycles that name the same file share its pages.  The master (and
 * nginx -t) reads all of it once, for its checksum and for what its items say,
 * before it is accepted; one that is broken refuses the configuration, so that
 * the old one goes on with the file that it has mapped.  That one stays whole
 * as long as files are replaced by others of their name: what --compile does.
 *
 * Not taken: a copy of the file in memory of our own, which would survive that
 * somebody truncates it: a catalogue of gigabytes twice in each reload.
 */

#include "ngx_http_xsell_module.h"

#include <sys/mman.h>


typedef struct {
    xsell_catalog_t             *catalog;
    void                        *map;           /* NULL: built */
    size_t                       size;
} ngx_http_xsell_catalog_t;


static ngx_int_t ngx_http_xsell_catalog_map(ngx_http_xsell_from_t *from,
    ngx_http_xsell_catalog_t *c);
static ngx_int_t ngx_http_xsell_catalog_build(ngx_http_xsell_from_t *from,
    ngx_http_xsell_catalog_t *c);


static void
ngx_http_xsell_catalog_cleanup(void *data)
{
    ngx_http_xsell_catalog_t  *c = data;

    xsell_catalog_destroy(c->catalog);

    if (c->map) {
        (void) munmap(c->map, c->size);
    }
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


ngx_int_t
ngx_http_xsell_catalog_load(ngx_conf_t *cf, ngx_http_xsell_shop_t *shop)
{
    ngx_int_t                  rc;
    ngx_pool_cleanup_t        *cln;
    ngx_http_xsell_from_t      from;
    ngx_http_xsell_catalog_t  *c;

    cln = ngx_pool_cleanup_add(cf->pool, sizeof(ngx_http_xsell_catalog_t));
    if (cln == NULL) {
        return NGX_ERROR;
    }

    c = cln->data;
    ngx_memzero(c, sizeof(ngx_http_xsell_catalog_t));
    cln->handler = ngx_http_xsell_catalog_cleanup;

    from.cf = cf;
    from.shop = shop;
    from.what = "catalog";
    from.path = &shop->catalog_file;

    rc = ngx_http_xsell_catalog_map(&from, c);

    if (rc == NGX_DECLINED) {
        rc = ngx_http_xsell_catalog_build(&from, c);
    }

    if (rc != NGX_OK) {
        return NGX_ERROR;
    }

    shop->catalog = c->catalog;

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


/* NGX_DECLINED: no compiled one, or none that can be opened, which is said
   when it is read */

static ngx_int_t
ngx_http_xsell_catalog_map(ngx_http_xsell_from_t *from,
    ngx_http_xsell_catalog_t *c)
{
    void             *p;
    u_char            begin[8];
    ssize_t           n;
    ngx_fd_t          fd;
    xsell_error_t     err;
    ngx_file_info_t   fi;

    fd = ngx_open_file(from->path->data, NGX_FILE_RDONLY|NGX_FILE_NONBLOCK,
                       NGX_FILE_OPEN, 0);

    if (fd == NGX_INVALID_FILE) {
        return NGX_DECLINED;
    }

    p = MAP_FAILED;
    n = 0;

    if (ngx_fd_info(fd, &fi) != NGX_FILE_ERROR && ngx_is_file(&fi)) {
        n = pread(fd, begin, sizeof(begin), 0);
    }

    if (n <= 0 || !xsell_catalog_compiled(begin, n)) {
        ngx_close_file(fd);
        return NGX_DECLINED;
    }

    p = mmap(NULL, ngx_file_size(&fi), PROT_READ, MAP_SHARED, fd, 0);
    ngx_close_file(fd);

    if (p == MAP_FAILED) {
        ngx_log_error(NGX_LOG_EMERG, from->cf->log, ngx_errno,
                      "xsell: catalog of shop \"%V\": cannot map \"%V\"",
                      &from->shop->name, from->path);
        return NGX_ERROR;
    }

    c->map = p;
    c->size = ngx_file_size(&fi);

    ngx_memzero(&err, sizeof(xsell_error_t));

    if (xsell_catalog_open(&c->catalog, p, c->size, &err) != XSELL_OK
        || xsell_catalog_check(c->catalog, &err) != XSELL_OK)
    {
        ngx_http_xsell_file_error(from, NGX_LOG_EMERG, &err);
        return NGX_ERROR;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_xsell_catalog_build(ngx_http_xsell_from_t *from,
    ngx_http_xsell_catalog_t *c)
{
    int               rc;
    ngx_str_t         text;
    xsell_error_t     err;
    ngx_file_info_t   fi;

    if (ngx_http_xsell_read_file(from->cf, from->shop, "catalog", from->path,
                                 (off_t) 1 << 31, &text, &fi)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_memzero(&err, sizeof(xsell_error_t));

    rc = xsell_catalog_create(&c->catalog, (char *) text.data, text.len,
                              ngx_http_xsell_file_warn, from, &err);
    ngx_free(text.data);

    if (rc != XSELL_OK) {
        ngx_http_xsell_file_error(from, NGX_LOG_EMERG, &err);
        return NGX_ERROR;
    }

    /*
     * seconds for a large catalogue, and nothing in it can be wrong: nginx -t
     * does without.  Offers without it are poorer, but there are offers
     */

    if (ngx_test_config) {
        return NGX_OK;
    }

    rc = xsell_content_build(c->catalog);

    if (rc != XSELL_OK) {
        ngx_http_xsell_conf_error(NGX_LOG_WARN, from->cf, from->shop->file,
            from->shop->line, "shop \"%V\": what is alike in the catalog "
            "could not be found: %s", &from->shop->name, xsell_strerror(rc));
    }

    return NGX_OK;
}


/*
 * Business: a shop's own rules, rules.json in its folder of templates.  It is
 * read with the templates (ngx_http_xsell_look.c), by nginx -t, at start and
 * at a reload, against the catalogue of the same configuration; a mistake
 * refuses that configuration, the old one goes on with the old rules.
 *
 * What rules mean and do, the engine knows; here they get the page: slot,
 * country, wall clock.
 */

#include "ngx_http_xsell_module.h"


#define NGX_HTTP_XSELL_ZONE_BYTES  (256 * 1024)
#define NGX_HTTP_XSELL_ZONES       "/usr/share/zoneinfo/"
#define NGX_HTTP_XSELL_LOCALTIME   "/etc/localtime"


static void
ngx_http_xsell_business_cleanup(void *data)
{
    xsell_business_destroy(data);
}


/* the time zone's file: the one that is named, else the server's own, else
   none, which is UTC */

static ngx_int_t
ngx_http_xsell_business_zone(ngx_conf_t *cf, ngx_http_xsell_shop_t *shop,
    ngx_str_t *text, ngx_str_t *zone)
{
    int               rc;
    char              name[64];
    u_char            buf[sizeof(NGX_HTTP_XSELL_ZONES) + sizeof(name)];
    ngx_str_t         path;
    ngx_file_info_t   fi;

    ngx_str_null(zone);

    rc = xsell_business_zone((char *) text->data, text->len, name);

    if (rc == XSELL_OK && name[0] == '\0') {
        return NGX_OK;          /* no name: said with its place */
    }

    path.data = buf;
    path.len = ngx_sprintf(buf, "%s%s%Z", rc == XSELL_OK
                           ? NGX_HTTP_XSELL_ZONES : NGX_HTTP_XSELL_LOCALTIME,
                           name)
               - buf - 1;

    if (ngx_file_info(buf, &fi) == NGX_FILE_ERROR) {

        if (rc == XSELL_OK) {
            zone->data = ngx_alloc(1, cf->log);
            if (zone->data == NULL) {
                return NGX_ERROR;
            }

            zone->data[0] = '-';    /* there is none: said with its place */
            zone->len = 1;
        }

        return NGX_OK;
    }

    return ngx_http_xsell_read_file(cf, shop, "time zone", &path,
                                    NGX_HTTP_XSELL_ZONE_BYTES, zone, &fi);
}


/* what of the rules can't work on this site; all locations are merged */

static ngx_int_t
ngx_http_xsell_business_site(ngx_http_xsell_from_t *from)
{
    ngx_uint_t               i;
    ngx_http_xsell_shop_t   *shop;
    ngx_http_xsell_name_t  **name;
    xsell_business_slot_t   *slot;

    shop = from->shop;
    name = shop->names.elts;

    slot = ngx_palloc(from->cf->temp_pool, (shop->names.nelts + 1)
                                           * sizeof(xsell_business_slot_t));
    if (slot == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < shop->names.nelts; i++) {
        slot[i].name = ngx_http_xsell_view(&name[i]->text);
        slot[i].items = (uint32_t) name[i]->items;
    }

    xsell_business_site(shop->business, slot, (uint32_t) shop->names.nelts,
                        shop->geoip.len != 0, ngx_http_xsell_file_warn, from);

    return NGX_OK;
}


ngx_int_t
ngx_http_xsell_business_load(ngx_conf_t *cf, ngx_http_xsell_shop_t *shop,
    ngx_str_t *path, ngx_str_t *text)
{
    int                     rc;
    ngx_str_t               zone;
    xsell_error_t           err;
    ngx_pool_cleanup_t     *cln;
    ngx_http_xsell_from_t   from;

    cln = ngx_pool_cleanup_add(cf->pool, 0);

    if (cln == NULL
        || ngx_http_xsell_business_zone(cf, shop, text, &zone) != NGX_OK)
    {
        return NGX_ERROR;
    }

    from.cf = cf;
    from.shop = shop;
    from.what = "rules";
    from.path = path;

    rc = xsell_business_create(&shop->business, (char *) text->data,
                               text->len, ngx_http_xsell_view(&zone),
                               shop->catalog, ngx_http_xsell_file_warn, &from,
                               &err);

    if (zone.data) {
        ngx_free(zone.data);
    }

    if (rc != XSELL_OK) {
        ngx_http_xsell_file_error(&from, NGX_LOG_EMERG, &err);
        return NGX_ERROR;
    }

    cln->handler = ngx_http_xsell_business_cleanup;
    cln->data = shop->business;

    return ngx_http_xsell_business_site(&from);
}


void
ngx_http_xsell_business_ask(ngx_http_request_t *r, ngx_http_xsell_state_t *st,
    ngx_http_xsell_shop_t *shop, xsell_query_t *q)
{
    if (shop->business == NULL) {
        return;
    }

    if (xsell_business_homed(shop->business)) {
        ngx_http_xsell_locate(r, shop, st);
        q->country[0] = st->country[0];
        q->country[1] = st->country[1];
    }

    q->business = shop->business;
    q->wall_s = ngx_time();
}


void
ngx_http_xsell_business_note(const xsell_slate_t *slate,
    ngx_http_xsell_fragment_t *fragment)
{
    ngx_uint_t  i;

    for (i = 0; i < slate->n; i++) {
        fragment->caps |= slate->pick[i].caps;

        if (slate->pick[i].rule) {
            fragment->rules |= (uint64_t) 1 << (slate->pick[i].rule - 1);
        }
    }
}


/* $xsell_rules */

ngx_int_t
ngx_http_xsell_business_names(ngx_http_request_t *r,
    ngx_http_xsell_shop_t *shop, uint64_t rules, ngx_str_t *names)
{
    size_t        n;
    u_char       *p;
    uint32_t      i;
    xsell_str_t   name;

    for (n = 0, i = 0; i < xsell_business_n(shop->business); i++) {
        if (rules >> i & 1) {
            n += xsell_business_name(shop->business, i).n + 2;
        }
    }

    ngx_str_null(names);

    if (n == 0) {
        return NGX_OK;
    }

    p = ngx_pnalloc(r->pool, n);
    if (p == NULL) {
        return NGX_ERROR;
    }

    names->data = p;

    for (i = 0; i < xsell_business_n(shop->business); i++) {

        if ((rules >> i & 1) == 0) {
            continue;
        }

        name = xsell_business_name(shop->business, i);

        if (p > names->data) {
            *p++ = ',';
            *p++ = ' ';
        }

        p = ngx_cpymem(p, name.p, name.n);
    }

    names->len = p - names->data;

    return NGX_OK;
}

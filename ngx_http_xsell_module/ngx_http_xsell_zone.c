
/*
 * The shared zone of a shop: how its arena comes to be, survives a reload and
 * is left behind.
 *
 *     postconfiguration   zone_add: name and size; nothing is touched
 *     zone init callback  inherit (same name and size: the LIVE memory of
 *                         running workers, read only) or format fresh memory;
 *                         runs before the configuration is accepted
 *     init_module         zone_start, accepted: import of an old zone or
 *                         loading of the snapshot into a fresh one, then the
 *                         dictionary gets the catalogue's items
 *     exit_master         zone_save: drain, last snapshot
 *
 * The layout signature is part of the zone's name, so code never meets a
 * layout that it was not compiled for; a zone of another size or layout is
 * new memory, and the old one, still mapped in init_module, is imported
 * record by record.  The alternative, growing in place, would change memory
 * under running workers.
 */

#include "ngx_http_xsell_module.h"

#include <openssl/rand.h>


static ngx_int_t ngx_http_xsell_zone_init(ngx_shm_zone_t *zone, void *data);
static void ngx_http_xsell_zone_import(ngx_cycle_t *cycle,
    ngx_http_xsell_shop_t *shop, ngx_shm_zone_t *old);


ngx_int_t
ngx_http_xsell_zone_add(ngx_conf_t *cf, ngx_http_xsell_shop_t *shop)
{
    size_t     pages, size;
    ngx_str_t  name;

    name.len = sizeof("xsell::") - 1 + shop->name.len + 16;
    name.data = ngx_pnalloc(cf->pool, name.len);
    if (name.data == NULL) {
        return NGX_ERROR;
    }

    name.len = ngx_sprintf(name.data, "xsell:%V:%016xL", &shop->name,
                           xsell_layout_signature())
               - name.data;

    /* the slab allocator keeps a descriptor a page in front of the pages */

    pages = shop->size / ngx_pagesize;
    size = shop->size + ngx_align(pages * sizeof(ngx_slab_page_t),
                                  ngx_pagesize)
           + 8 * ngx_pagesize;

    shop->zone = ngx_shared_memory_add(cf, &name, size,
                                       &ngx_http_xsell_module);
    if (shop->zone == NULL) {
        return NGX_ERROR;
    }

    shop->zone->init = ngx_http_xsell_zone_init;
    shop->zone->data = shop;

    return NGX_OK;
}


static ngx_int_t
ngx_http_xsell_zone_init(ngx_shm_zone_t *zone, void *data)
{
    int                     rc;
    void                   *block;
    uint8_t                 seed[16];
    xsell_error_t           err;
    ngx_slab_pool_t        *shpool;
    ngx_http_xsell_shop_t  *shop;

    shop = zone->data;

    if (ngx_test_config) {
        return NGX_OK;
    }

    shpool = (ngx_slab_pool_t *) zone->shm.addr;

    if (data || zone->shm.exists) {
        rc = xsell_arena_attach(&shop->arena, shpool->data, shop->size, &err);
        goto done;
    }

    shpool->log_nomem = 0;

    block = ngx_slab_alloc(shpool, shop->size);

    if (block == NULL) {
        ngx_log_error(NGX_LOG_EMERG, zone->shm.log, 0, "xsell: zone of shop "
                      "\"%V\": no block of %uz bytes in it", &shop->name,
                      shop->size);
        return NGX_ERROR;
    }

    if (RAND_bytes(seed, sizeof(seed)) != 1) {
        ngx_log_error(NGX_LOG_EMERG, zone->shm.log, 0,
                      "xsell: no random bytes for shop \"%V\"", &shop->name);
        return NGX_ERROR;
    }

    shop->fresh = 1;
    shpool->data = block;

    rc = xsell_arena_create(&shop->arena, block, shop->size, seed,
                            ngx_http_xsell_mono_ms(), &err);

done:

    if (rc != XSELL_OK) {
        ngx_log_error(NGX_LOG_EMERG, zone->shm.log, 0,
                      "xsell: zone of shop \"%V\": %s", &shop->name, err.text);
        return NGX_ERROR;
    }

    return NGX_OK;
}


/*
 * The zone of that shop in the cycle that this one replaces, or NULL.  By its
 * name in nginx's own list: the old cycle may be of another build of this
 * module, loaded from another path, whose structures and index are not ours.
 */

static ngx_shm_zone_t *
ngx_http_xsell_zone_old(ngx_cycle_t *cycle, ngx_str_t *name)
{
    size_t            n;
    u_char            prefix[64];
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_shm_zone_t   *zone;

    if (ngx_cycle == cycle || ngx_cycle == NULL
        || ngx_is_init_cycle(ngx_cycle))
    {
        return NULL;
    }

    n = ngx_snprintf(prefix, sizeof(prefix), "xsell:%V:", name) - prefix;

    for (part = (ngx_list_part_t *) &ngx_cycle->shared_memory.part;
         part != NULL;
         part = part->next)
    {
        zone = part->elts;

        for (i = 0; i < part->nelts; i++) {
            if (zone[i].shm.addr != NULL && zone[i].shm.name.len > n
                && ngx_memcmp(zone[i].shm.name.data, prefix, n) == 0)
            {
                return &zone[i];
            }
        }
    }

    return NULL;
}


/*
 * After the configuration is accepted, before the new workers are born, old
 * workers may be running.  Only a first start may fail: nginx ends otherwise.
 */

ngx_int_t
ngx_http_xsell_zone_start(ngx_cycle_t *cycle, ngx_http_xsell_shop_t *shop)
{
    uint32_t                 unmapped;
    ngx_uint_t               i, reload;
    ngx_shm_zone_t          *old;
    ngx_http_xsell_name_t  **name;
    ngx_http_xsell_face_t  **face;

    old = ngx_http_xsell_zone_old(cycle, &shop->name);
    reload = (ngx_cycle != NULL && ngx_cycle != cycle
              && !ngx_is_init_cycle(ngx_cycle));

    if (ngx_http_xsell_state_lock(cycle, shop, reload) != NGX_OK
               && !reload)
    {
        return NGX_ERROR;
    }

    if (shop->fresh) {

        /* impression ids begin anew: no link of an earlier life may fit one;
           a snapshot, loaded below, has a later epoch of its own */
        shop->arena.header->epoch = (uint32_t) ngx_time();

        if (old) {
            ngx_http_xsell_zone_import(cycle, shop, old);

        } else if (!shop->stateless) {
            (void) ngx_http_xsell_state_load(cycle, shop);
        }
    }

    name = shop->names.elts;

    for (i = 0; i < shop->names.nelts; i++) {
        name[i]->index = xsell_name_index(&shop->arena,
                                          (char *) name[i]->text.data,
                                          name[i]->text.len, 1);
    }

    /* behind the slots: number 0 is one of these, and here stands for none */

    face = shop->faces.elts;

    for (i = 0; i < shop->faces.nelts; i++) {
        face[i]->index = ngx_max(0, xsell_name_look(&shop->arena,
                                ngx_http_xsell_view(&face[i]->slot->text),
                                ngx_http_xsell_view(&face[i]->look), 1));
    }

    shop->number = shop->arena.header->catalog + 1;

    (void) xsell_catalog_map(shop->catalog, &shop->arena, shop->number,
                             ngx_http_xsell_now(shop), &unmapped);

    if (unmapped) {
        ngx_log_error(NGX_LOG_ERR, cycle->log, 0, "xsell: shop \"%V\": the "
                      "zone remembers the items of this and the last catalog "
                      "and has no room for %uD new ones, they are not "
                      "offered: make \"zone\" larger, or reload once more "
                      "to let go of the items of the last one",
                      &shop->name, unmapped);
    }

    return NGX_OK;
}


/* a zone of another size or layout: read while old workers still write it;
   what they learn from now on is lost (README, "Reload") */

static void
ngx_http_xsell_zone_import(ngx_cycle_t *cycle, ngx_http_xsell_shop_t *shop,
    ngx_shm_zone_t *old)
{
    int                     rc;
    u_char                 *buf, *p, *block, *last;
    size_t                  size, used, n, from;
    uint64_t                left_out;
    xsell_error_t           err;
    xsell_snapshot_t       *snapshot;
    xsell_snapshot_info_t   info;

    err.text[0] = '\0';
    buf = NULL;
    left_out = 0;

    block = ((ngx_slab_pool_t *) old->shm.addr)->data;
    last = old->shm.addr + old->shm.size;
    from = (block > old->shm.addr && block < last) ? last - block : 0;

    rc = xsell_snapshot_create(&snapshot, block, from,
                               ngx_http_xsell_mono_ms(), &err);
    if (rc != XSELL_OK) {
        goto failed;
    }

    /* regions whose meaning differs: it works, and something is missing */

    if (err.text[0] != '\0') {
        ngx_log_error(NGX_LOG_WARN, cycle->log, 0, "xsell: shop \"%V\": "
                      "moving the old zone: %s", &shop->name, err.text);
    }

    size = 1 << 20;
    used = 0;
    rc = XSELL_AGAIN;

    while (rc == XSELL_AGAIN) {

        if (buf == NULL || size - used < 65536) {
            size *= 2;
            p = realloc(buf, size);

            if (p == NULL) {
                rc = XSELL_ENOMEM;
                break;
            }

            buf = p;
        }

        rc = xsell_snapshot_next(snapshot, buf + used, 65536, &n);
        used += n;
    }

    xsell_snapshot_destroy(snapshot);

    if (rc == XSELL_OK) {
        rc = xsell_snapshot_load(&shop->arena, buf, used,
                                 ngx_http_xsell_mono_ms(), &info, &left_out,
                                 &err);
    }

    free(buf);

    if (rc == XSELL_OK) {
        ngx_log_error(NGX_LOG_NOTICE, cycle->log, 0, "xsell: shop \"%V\": "
                      "moved %uL items and %uL sessions from the zone of "
                      "%uz bytes into one of %uz, %uL records left out",
                      &shop->name, info.items, info.sessions, from,
                      shop->size, left_out);
        return;
    }

failed:

    ngx_log_error(NGX_LOG_ERR, cycle->log, 0, "xsell: shop \"%V\": the old "
                  "zone could not be moved into the new one (%s: %s), "
                  "learning starts anew", &shop->name, xsell_strerror(rc),
                  err.text);
}


void
ngx_http_xsell_zone_save(ngx_cycle_t *cycle, ngx_http_xsell_shop_t *shop)
{
    int                rc;
    u_char            *buf;
    size_t             n;
    ngx_fd_t           fd;
    const char        *why;
    xsell_error_t      err;
    ngx_core_conf_t   *ccf;
    xsell_snapshot_t  *snapshot;

    if (shop->arena.base == NULL || shop->state.len == 0 || shop->stateless) {
        return;
    }

    /* what the last worker queued and nobody learned */

    if (xsell_lease_try(&shop->arena, ngx_pid) == XSELL_OK) {
        (void) xsell_learn_drain(&shop->arena, &shop->settings,
                                 shop->catalog,
                                 XSELL_RINGS * shop->arena.ring_entries,
                                 NULL, NULL);
        xsell_lease_release(&shop->arena);
    }

    ngx_http_xsell_state_rollback(shop, cycle->log);

    if (xsell_snapshot_create(&snapshot, shop->arena.base, shop->arena.bytes,
                              ngx_http_xsell_mono_ms(), &err)
        != XSELL_OK)
    {
        ngx_log_error(NGX_LOG_ERR, cycle->log, 0, "xsell: shop \"%V\": no "
                      "last snapshot: %s", &shop->name, err.text);
        return;
    }

    fd = ngx_http_xsell_state_open(shop, &why);
    buf = ngx_alloc(65536, cycle->log);

    if (fd == NGX_INVALID_FILE || buf == NULL) {
        goto done;
    }

    why = NULL;

    do {
        rc = xsell_snapshot_next(snapshot, buf, 65536, &n);

        if (n && ngx_write_fd(fd, buf, n) != (ssize_t) n) {
            why = strerror(ngx_errno);
            break;
        }

    } while (rc == XSELL_AGAIN);

    if (why) {
        ngx_http_xsell_state_discard(shop, fd);

    } else {
        ccf = (ngx_core_conf_t *) ngx_get_conf(cycle->conf_ctx,
                                               ngx_core_module);
        why = ngx_http_xsell_state_commit(shop, fd, shop->arena.header->epoch,
                                          ccf->user);
    }

done:

    xsell_snapshot_destroy(snapshot);

    if (buf) {
        ngx_free(buf);
    }

    if (why) {
        ngx_log_error(NGX_LOG_ERR, cycle->log, 0, "xsell: shop \"%V\": last "
                      "snapshot not written to \"%V\": %s", &shop->name,
                      &shop->state, why);
    }
}


/*
 * Country and region of an address: the only file that knows libmaxminddb.
 *
 * The database is mapped when the configuration is read, and unmapped with
 * its cycle; a lookup is a few dependent loads (0.1 to 0.3 us) and done only
 * when an event or a decision wants the country.
 */

#include "ngx_http_xsell_module.h"

#include <maxminddb.h>


static void
ngx_http_xsell_geo_close(void *data)
{
    MMDB_close(data);
}


ngx_http_xsell_mmdb_t *
ngx_http_xsell_geo_open(ngx_pool_t *pool, ngx_str_t *file, const char **why)
{
    int                  rc;
    MMDB_s              *mmdb;
    ngx_pool_cleanup_t  *cln;

    *why = "out of memory";

    mmdb = ngx_palloc(pool, sizeof(MMDB_s));
    if (mmdb == NULL) {
        return NULL;
    }

    rc = MMDB_open((char *) file->data, MMDB_MODE_MMAP, mmdb);

    if (rc != MMDB_SUCCESS) {
        *why = (rc == MMDB_IO_ERROR) ? strerror(ngx_errno)
                                     : MMDB_strerror(rc);
        return NULL;
    }

    cln = ngx_pool_cleanup_add(pool, 0);

    if (cln == NULL) {
        MMDB_close(mmdb);
        return NULL;
    }

    cln->handler = ngx_http_xsell_geo_close;
    cln->data = mmdb;

    return mmdb;
}


static size_t
ngx_http_xsell_geo_text(MMDB_entry_s *entry, const char *const *path,
    char *out, size_t size)
{
    MMDB_entry_data_s  data;

    if (MMDB_aget_value(entry, &data, path) != MMDB_SUCCESS
        || !data.has_data || data.type != MMDB_DATA_TYPE_UTF8_STRING
        || data.data_size == 0 || data.data_size > size)
    {
        return 0;
    }

    ngx_memcpy(out, data.utf8_string, data.data_size);

    return data.data_size;
}


void
ngx_http_xsell_geo_look_up(ngx_http_xsell_mmdb_t *mmdb, struct sockaddr *sa,
    ngx_http_xsell_state_t *st)
{
    int                   err;
    MMDB_lookup_result_s  found;

    /* GeoLite2 and compatible files; flat files of country codes */

    static const char *const  country[] = { "country", "iso_code", NULL };
    static const char *const  flat[] = { "country_code", NULL };
    static const char *const  region[] = { "subdivisions", "0", "iso_code",
                                           NULL };

    if (sa->sa_family != AF_INET && sa->sa_family != AF_INET6) {
        return;
    }

    found = MMDB_lookup_sockaddr(mmdb, sa, &err);

    if (err != MMDB_SUCCESS || !found.found_entry) {
        return;
    }

    if (ngx_http_xsell_geo_text(&found.entry, country, st->country, 2) != 2
        && ngx_http_xsell_geo_text(&found.entry, flat, st->country, 2) != 2)
    {
        ngx_memzero(st->country, 2);
    }

    /* events take capital letters only */

    st->country[0] = ngx_toupper(st->country[0]);
    st->country[1] = ngx_toupper(st->country[1]);

    if (st->country[0] < 'A' || st->country[0] > 'Z'
        || st->country[1] < 'A' || st->country[1] > 'Z')
    {
        ngx_memzero(st->country, 2);
    }

    st->region_n = ngx_http_xsell_geo_text(&found.entry, region, st->region,
                                           sizeof(st->region));
}

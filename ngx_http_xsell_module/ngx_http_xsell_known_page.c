
/*
 * Known page: which page a response is, and of which version, so that what
 * was found out about it once holds for the next response of the same bytes.
 *
 * An entry of nginx's cache: by its key (which has the variant in it), and of
 * the file that this very request has opened the inode, the length, and the
 * date, Last-Modified and ETag in its header.  Only on a hit: of a miss
 * neither inode nor date are final.  All of it is there in the header filter
 * and costs nothing.
 *
 * What this leaves out is a page that replaced one of the same length, in the
 * same second, and got its inode.  While an entry is young, the nanoseconds of
 * its file belong to its name too (one system call).  Later they need not:
 * whoever was given the inode after that has another date.  (But for a page
 * whose header came seconds before its first byte, while two others of this
 * key and length came and went.)
 *
 * A file that no cache holds: its name is worth little (95 of 100 wrong cuts,
 * with a file replaced 20 times a second), and its inode is seen in the body
 * filter only, with the descriptor that its bytes come from.  So its length is
 * never promised, and it is not remembered before it is two seconds old.
 *
 * Not taken: hashing the page (it costs what a scan costs); asking the cache's
 * shared memory (its node knows no more than the file).
 */

#include "ngx_http_xsell_inject.h"


#define NGX_HTTP_XSELL_YOUNG_SEC  2
#define NGX_HTTP_XSELL_TICK_MS    20


static uint64_t
ngx_http_xsell_ns(struct timespec *t)
{
    return (uint64_t) t->tv_sec * 1000000000 + t->tv_nsec;
}


#if (NGX_HTTP_CACHE)

/* a file that was written this instant may be written again in the same tick
   of the clock that its times are read from */

static ngx_int_t
ngx_http_xsell_page_young(ngx_http_xsell_page_t *page)
{
    ngx_time_t       *tp;
    ngx_file_info_t   fi;

    if (ngx_fd_info(page->fd, &fi) == NGX_FILE_ERROR) {
        return NGX_DECLINED;
    }

    page->id.mtime_ns = ngx_http_xsell_ns(&fi.st_mtim);
    page->id.ctime_ns = ngx_http_xsell_ns(&fi.st_ctim);

    tp = ngx_timeofday();

    return (int64_t) tp->sec * 1000 + (int64_t) tp->msec
           - (int64_t) (page->id.mtime_ns / 1000000) >= NGX_HTTP_XSELL_TICK_MS
           ? NGX_OK : NGX_DECLINED;
}


static ngx_int_t
ngx_http_xsell_page_cached(ngx_http_request_t *r,
    ngx_http_xsell_page_t *page)
{
    ngx_http_cache_t             *c;
    ngx_http_upstream_t          *u;
    ngx_http_xsell_main_conf_t   *xmcf;

    c = r->cache;
    u = r->upstream;

    /* the answer may be another's than the cache's (a redirect, an error
       page), or packed: gunzip, which ran before us, hides that */

    if (u == NULL
        || u->headers_in.status_n != NGX_HTTP_OK
        || u->headers_in.x_accel_redirect
        || ngx_http_xsell_coded(u->headers_in.content_encoding)
        || c->file.fd == NGX_INVALID_FILE
        || c->length <= (off_t) c->body_start)
    {
        return NGX_DECLINED;
    }

    page->start = c->body_start;
    page->fd = c->file.fd;

    page->id.length = c->length - c->body_start;
    page->id.cache = c->file_cache;
    page->id.modified = c->last_modified;
    page->id.date = c->date;
    page->id.uniq = c->uniq;
    page->id.etag = c->etag.len
                    ? ngx_murmur_hash2(c->etag.data, c->etag.len)
                    : 0;

    ngx_memcpy(page->id.key, c->key, sizeof(page->id.key));

    if (r->headers_out.content_length_n == (off_t) page->id.length) {
        page->exact = 1;

    } else if (r->headers_out.content_length_n != -1) {
        return NGX_DECLINED;

    } else {

        /* a page that came without a length has one in the cache, if no
           filter of somebody else may add to it before us */

        xmcf = ngx_http_get_module_main_conf(r, ngx_http_xsell_module);
        page->exact = (u->headers_in.content_length_n == -1 && xmcf->alone);
    }

    return ngx_time() - c->date < NGX_HTTP_XSELL_YOUNG_SEC
           ? ngx_http_xsell_page_young(page) : NGX_OK;
}

#endif


static ngx_int_t
ngx_http_xsell_page_file(ngx_http_request_t *r, ngx_http_xsell_page_t *page)
{
    if ((r->upstream && r->upstream->headers_in.x_accel_redirect == NULL)
        || r->headers_out.content_length_n <= 0
        || r->headers_out.last_modified_time == -1)
    {
        return NGX_DECLINED;
    }

    page->file = 1;

    page->id.length = r->headers_out.content_length_n;
    page->id.modified = r->headers_out.last_modified_time;
    page->id.key[0] = ngx_murmur_hash2(r->uri.data, r->uri.len);
    page->id.key[1] = ngx_murmur_hash2(r->headers_in.server.data,
                                       r->headers_in.server.len);

    return NGX_OK;
}


/* NULL: not one that can be remembered */

ngx_http_xsell_page_t *
ngx_http_xsell_page(ngx_http_request_t *r, ngx_http_xsell_loc_conf_t *xlcf)
{
    ngx_int_t                    rc;
    ngx_http_xsell_page_t       *page;
    ngx_http_xsell_main_conf_t  *xmcf;

    xmcf = ngx_http_get_module_main_conf(r, ngx_http_xsell_module);

    /* a filter before us that wants the bytes may change them */

    if (xmcf->page_cache == 0 || r->filter_need_in_memory) {
        return NULL;
    }

    page = ngx_pcalloc(r->pool, sizeof(ngx_http_xsell_page_t));
    if (page == NULL) {
        return NULL;
    }

    page->id.xlcf = xlcf;

#if (NGX_HTTP_CACHE)

    rc = (r->cached && r->cache) ? ngx_http_xsell_page_cached(r, page)
                                 : ngx_http_xsell_page_file(r, page);
#else

    rc = ngx_http_xsell_page_file(r, page);

#endif

    return rc == NGX_OK ? page : NULL;
}


/* nothing goes into it: a length that is sure can be told; that of a file
   never is, whoever asks */

void
ngx_http_xsell_page_untouched(ngx_http_request_t *r,
    ngx_http_xsell_page_t *page)
{
    if (page->exact) {
        r->headers_out.content_length_n = page->id.length;
    }
}


ngx_uint_t
ngx_http_xsell_page_begins(ngx_http_xsell_page_t *page, ngx_buf_t *b)
{
    return b->in_file && b->file && b->file_pos == page->start
           && (page->file || b->file->fd == page->fd);
}


ngx_int_t
ngx_http_xsell_page_stat(ngx_http_xsell_page_t *page, ngx_buf_t *b)
{
    time_t           old;
    ngx_file_info_t  fi;

    if (!ngx_http_xsell_page_begins(page, b)
        || ngx_fd_info(b->file->fd, &fi) == NGX_FILE_ERROR
        || (uint64_t) ngx_file_size(&fi) != page->id.length)
    {
        return NGX_DECLINED;
    }

    page->id.uniq = fi.st_ino;
    page->id.device = fi.st_dev;
    page->id.mtime_ns = ngx_http_xsell_ns(&fi.st_mtim);
    page->id.ctime_ns = ngx_http_xsell_ns(&fi.st_ctim);

    old = ngx_time() - NGX_HTTP_XSELL_YOUNG_SEC;

    return fi.st_mtim.tv_sec < old && fi.st_ctim.tv_sec < old
           ? NGX_OK : NGX_DECLINED;
}


/*
 * Whether all filters between the one that reads files and ours are nginx's
 * own, which change no page that is not packed.
 */

ngx_uint_t
ngx_http_xsell_page_alone(ngx_cycle_t *cycle)
{
    ngx_uint_t    i, k;
    const char   *name;

    static const char  *harmless[] = {
        "ngx_http_gunzip_filter_module", "ngx_http_userid_filter_module",
        "ngx_http_headers_filter_module"
    };

    for (i = 0; cycle->modules[i]; i++) {
        if (cycle->modules[i] == &ngx_http_xsell_module) {
            break;
        }
    }

    for (i++; cycle->modules[i - 1] && cycle->modules[i]; i++) {
        name = cycle->modules[i]->name;

        if (ngx_strcmp(name, "ngx_http_copy_filter_module") == 0) {
            return 1;
        }

        for (k = 0; k < sizeof(harmless) / sizeof(harmless[0]); k++) {
            if (ngx_strcmp(name, harmless[k]) == 0) {
                break;
            }
        }

        if (k == sizeof(harmless) / sizeof(harmless[0])) {
            return 0;
        }
    }

    return 0;
}

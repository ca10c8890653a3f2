
/*
 * Known: the pages that this worker has scanned, so that it need not do it
 * again: a table from a page's name (known_page.c) to the plan that the
 * rewriter made of it, bounded by `xsell_page_cache`, the longest unused go.
 *
 *     bucket[hash of page, location, mask] -> entry -> entry
 *     lru                                   -> newest .. oldest
 *
 * The mask (places that have a fragment) is part of the name: what is not
 * looked for can change what is found (inside an element that is replaced,
 * for one), and a location has few masks.  A plan under no mask at all says
 * that there is no place whatever is looked for: then nothing need be decided
 * for the page either.
 *
 * Of pages that are not large and asked for often the bytes are kept too: they
 * go out without being read (a system call, and 500 instructions with nginx's
 * buffer for it) or being sent in parts.  They may take half of the table: the
 * plans of many pages are as much worth.  Up to there the oldest plans make
 * room, or a shop whose plans fill it would have no page's bytes.
 *
 * Invariants: one version of a page is kept, the last one seen; a plan that is
 * found is copied, and bytes stay while a request sends them, so an entry may
 * go at any time; a table belongs to one cycle of the configuration, as the
 * location in the name does.
 *
 * Not taken: shared memory (a lock or a sequence in the way of every request,
 * to save each worker one scan of a page), and one plan for all masks, made of
 * a scan for all places.
 */

#include "ngx_http_xsell_inject.h"


/* what malloc() adds, about */
#define NGX_HTTP_XSELL_KNOWN_EXTRA  16

/* of an entry, for the number of buckets */
#define NGX_HTTP_XSELL_KNOWN_USUAL  512

/* requests of a page, after which its bytes are kept, and after twice as many
   each time that they had to go: where more pages are asked for than there is
   room, few of them are copied in vain */
#define NGX_HTTP_XSELL_KNOWN_OFTEN  4


typedef struct ngx_http_xsell_entry_s  ngx_http_xsell_entry_t;

typedef struct {
    ngx_queue_t                  queue;
    ngx_http_xsell_entry_t      *entry;         /* NULL: of none any more */
    ngx_uint_t                   used;          /* by requests */
    size_t                       size;
    u_char                       bytes[];
} ngx_http_xsell_kept_t;

struct ngx_http_xsell_entry_s {
    ngx_queue_t                  queue;
    ngx_http_xsell_entry_t      *next;          /* in its bucket */
    size_t                       size;
    ngx_uint_t                   doubt;         /* sticks to the page */
    ngx_uint_t                   found;         /* without its bytes */
    ngx_http_xsell_kept_t       *kept;          /* its bytes, or NULL */
    ngx_http_xsell_page_id_t     id;
    ngx_http_xsell_plan_t        plan;
};

struct ngx_http_xsell_known_s {
    ngx_http_xsell_entry_t     **bucket;
    ngx_uint_t                   bits;
    size_t                       used;          /* bytes of pages, too */
    size_t                       max;
    ngx_queue_t                  lru;
    size_t                       kept;          /* bytes of pages */
    ngx_queue_t                  kept_lru;
};


/* ---- bytes ------------------------------------------------------------- */

/* the entry has them no more; they go when no request sends them */

static void
ngx_http_xsell_kept_drop(ngx_http_xsell_known_t *known,
    ngx_http_xsell_kept_t *kept)
{
    known->used -= kept->size;
    known->kept -= kept->size;
    ngx_queue_remove(&kept->queue);

    kept->entry->kept = NULL;
    kept->entry = NULL;

    if (kept->used == 0) {
        ngx_free(kept);
    }
}


/* a request has sent them, or ended */

static void
ngx_http_xsell_kept_sent(void *data)
{
    ngx_http_xsell_kept_t *kept = data;

    if (--kept->used == 0 && kept->entry == NULL) {
        ngx_free(kept);
    }
}


/* for this request; NULL without memory */

static u_char *
ngx_http_xsell_kept_use(ngx_http_request_t *r, ngx_http_xsell_known_t *known,
    ngx_http_xsell_kept_t *kept)
{
    ngx_pool_cleanup_t  *cln;

    cln = ngx_pool_cleanup_add(r->pool, 0);
    if (cln == NULL) {
        return NULL;
    }

    cln->handler = ngx_http_xsell_kept_sent;
    cln->data = kept;
    kept->used++;

    ngx_queue_remove(&kept->queue);
    ngx_queue_insert_head(&known->kept_lru, &kept->queue);

    return kept->bytes;
}


/* ---- the table --------------------------------------------------------- */

static void
ngx_http_xsell_known_cleanup(void *data)
{
    ngx_http_xsell_main_conf_t *xmcf = data;

    ngx_queue_t              *q;
    ngx_http_xsell_known_t   *known;
    ngx_http_xsell_entry_t   *e;

    known = xmcf->known;

    if (known == NULL) {
        return;
    }

    while (!ngx_queue_empty(&known->lru)) {
        q = ngx_queue_head(&known->lru);
        ngx_queue_remove(q);
        e = ngx_queue_data(q, ngx_http_xsell_entry_t, queue);

        if (e->kept) {
            ngx_http_xsell_kept_drop(known, e->kept);
        }

        ngx_free(e);
    }

    ngx_free(known->bucket);
    ngx_free(known);
    xmcf->known = NULL;
}


ngx_int_t
ngx_http_xsell_known_init(ngx_conf_t *cf, ngx_http_xsell_main_conf_t *xmcf)
{
    ngx_pool_cleanup_t  *cln;

    cln = ngx_pool_cleanup_add(cf->pool, 0);
    if (cln == NULL) {
        return NGX_ERROR;
    }

    cln->handler = ngx_http_xsell_known_cleanup;
    cln->data = xmcf;

    ngx_conf_init_size_value(xmcf->page_cache, 32 * 1024 * 1024);
    xmcf->alone = ngx_http_xsell_page_alone(cf->cycle);

    return NGX_OK;
}


/* the worker's table, made when it has something to keep */

static ngx_http_xsell_known_t *
ngx_http_xsell_known_create(ngx_http_xsell_main_conf_t *xmcf, ngx_log_t *log)
{
    size_t                   n;
    ngx_http_xsell_known_t  *known;

    known = ngx_alloc(sizeof(ngx_http_xsell_known_t), log);
    if (known == NULL) {
        return NULL;
    }

    n = xmcf->page_cache / NGX_HTTP_XSELL_KNOWN_USUAL;

    for (known->bits = 4; known->bits < 24; known->bits++) {
        if (((size_t) 2 << known->bits) > n) {
            break;
        }
    }

    known->max = xmcf->page_cache;
    known->used = sizeof(ngx_http_xsell_entry_t *) << known->bits;
    known->bucket = ngx_calloc(known->used, log);

    if (known->bucket == NULL) {
        ngx_free(known);
        return NULL;
    }

    known->kept = 0;
    ngx_queue_init(&known->lru);
    ngx_queue_init(&known->kept_lru);
    xmcf->known = known;

    return known;
}


static ngx_http_xsell_entry_t **
ngx_http_xsell_known_bucket(ngx_http_xsell_known_t *known,
    const ngx_http_xsell_page_id_t *id)
{
    uint64_t  h;

    h = (id->key[0] + id->key[1]) ^ (uintptr_t) id->xlcf ^ id->mask << 48;
    h *= UINT64_C(0x9e3779b97f4a7c15);

    return &known->bucket[h >> (64 - known->bits)];
}


/* where the entry of that page is, of whatever version; points at NULL if it
   has none */

static ngx_http_xsell_entry_t **
ngx_http_xsell_known_seek(ngx_http_xsell_known_t *known,
    const ngx_http_xsell_page_id_t *id)
{
    ngx_http_xsell_entry_t  **e;

    for (e = ngx_http_xsell_known_bucket(known, id); *e; e = &(*e)->next) {
        if (ngx_memcmp(&(*e)->id, id,
                       offsetof(ngx_http_xsell_page_id_t, length))
            == 0)
        {
            break;
        }
    }

    return e;
}


static void
ngx_http_xsell_known_remove(ngx_http_xsell_known_t *known,
    ngx_http_xsell_entry_t **e)
{
    ngx_http_xsell_entry_t  *old;

    old = *e;
    *e = old->next;

    if (old->kept) {
        ngx_http_xsell_kept_drop(known, old->kept);
    }

    known->used -= old->size;
    ngx_queue_remove(&old->queue);
    ngx_free(old);
}


#define ngx_http_xsell_known_all                                              \
    (sizeof(ngx_http_xsell_page_id_t)                                         \
     - offsetof(ngx_http_xsell_page_id_t, length))


/* the entry for these places, which is the newest then; `same`: how many
   bytes of the version must be */

static ngx_http_xsell_entry_t *
ngx_http_xsell_known_get(ngx_http_request_t *r, ngx_http_xsell_page_t *page,
    uint64_t mask, size_t same)
{
    ngx_http_xsell_known_t      *known;
    ngx_http_xsell_entry_t      *e;
    ngx_http_xsell_main_conf_t  *xmcf;

    xmcf = ngx_http_get_module_main_conf(r, ngx_http_xsell_module);
    known = xmcf->known;

    if (known == NULL) {
        return NULL;
    }

    page->id.mask = mask;
    e = *ngx_http_xsell_known_seek(known, &page->id);

    if (e == NULL
        || ngx_memcmp(&e->id.length, &page->id.length, same) != 0)
    {
        return NULL;
    }

    ngx_queue_remove(&e->queue);
    ngx_queue_insert_head(&known->lru, &e->queue);

    return e;
}


ngx_http_xsell_plan_t *
ngx_http_xsell_known_find(ngx_http_request_t *r, ngx_http_xsell_page_t *page,
    uint64_t mask)
{
    size_t                       size;
    ngx_http_xsell_plan_t       *plan;
    ngx_http_xsell_entry_t      *e;
    ngx_http_xsell_main_conf_t  *xmcf;

    e = ngx_http_xsell_known_get(r, page, mask, ngx_http_xsell_known_all);
    if (e == NULL) {
        return NULL;
    }

    if (e->kept) {
        xmcf = ngx_http_get_module_main_conf(r, ngx_http_xsell_module);
        page->bytes = ngx_http_xsell_kept_use(r, xmcf->known, e->kept);

    } else {
        e->found++;
        page->wanted = (page->exact && e->plan.n
                        && page->id.length <= NGX_HTTP_XSELL_KEPT_MAX
                        && e->found >= NGX_HTTP_XSELL_KNOWN_OFTEN
                        && (e->found & (e->found - 1)) == 0);
    }

    size = ngx_http_xsell_plan_size(&e->plan);

    plan = ngx_palloc(r->pool, size);
    if (plan == NULL) {
        return NULL;
    }

    ngx_memcpy(plan, &e->plan, size);

    return plan;
}


ngx_uint_t
ngx_http_xsell_known_hint(ngx_http_request_t *r, ngx_http_xsell_page_t *page,
    uint64_t mask)
{
    ngx_http_xsell_entry_t  *e;

    e = ngx_http_xsell_known_get(r, page, mask,
                                 offsetof(ngx_http_xsell_page_id_t, etag)
                                 - offsetof(ngx_http_xsell_page_id_t, length));

    return e && !e->doubt;
}


void
ngx_http_xsell_known_doubt(ngx_http_request_t *r, ngx_http_xsell_page_t *page,
    uint64_t mask)
{
    ngx_http_xsell_entry_t  *e;

    e = ngx_http_xsell_known_get(r, page, mask, 0);

    if (e) {
        e->doubt = 1;
    }
}


/* whether nothing can be put into this page (kept under no mask) */

ngx_uint_t
ngx_http_xsell_known_none(ngx_http_request_t *r,
    ngx_http_xsell_state_t *st)
{
    if (st->page == NULL || st->page->file
        || ngx_http_xsell_known_get(r, st->page, 0, ngx_http_xsell_known_all)
           == NULL)
    {
        return 0;
    }

    st->page->none = 1;

    return 1;
}


void
ngx_http_xsell_known_keep(ngx_http_request_t *r, ngx_http_xsell_page_t *page,
    uint64_t mask, ngx_http_xsell_plan_t *plan)
{
    size_t                        size;
    ngx_uint_t                    doubt;
    ngx_queue_t                  *q;
    ngx_http_xsell_known_t       *known;
    ngx_http_xsell_entry_t       *e, **old;
    ngx_http_xsell_main_conf_t   *xmcf;

    xmcf = ngx_http_get_module_main_conf(r, ngx_http_xsell_module);
    known = xmcf->known;

    if (known == NULL) {
        known = ngx_http_xsell_known_create(xmcf, r->connection->log);
        if (known == NULL) {
            return;
        }
    }

    page->id.mask = mask;
    doubt = 0;
    old = ngx_http_xsell_known_seek(known, &page->id);

    if (*old) {
        doubt = (*old)->doubt;
        ngx_http_xsell_known_remove(known, old);
    }

    size = offsetof(ngx_http_xsell_entry_t, plan)
           + ngx_http_xsell_plan_size(plan) + NGX_HTTP_XSELL_KNOWN_EXTRA;

    while (known->used + size > known->max) {

        if (ngx_queue_empty(&known->lru)) {
            return;
        }

        q = ngx_queue_last(&known->lru);
        e = ngx_queue_data(q, ngx_http_xsell_entry_t, queue);

        ngx_http_xsell_known_remove(known,
                                    ngx_http_xsell_known_seek(known, &e->id));
    }

    e = ngx_alloc(size, r->connection->log);
    if (e == NULL) {
        return;
    }

    e->size = size;
    e->doubt = doubt;
    e->found = 0;
    e->kept = NULL;
    e->id = page->id;
    ngx_memcpy(&e->plan, plan, ngx_http_xsell_plan_size(plan));

    old = ngx_http_xsell_known_bucket(known, &e->id);
    e->next = *old;
    *old = e;

    ngx_queue_insert_head(&known->lru, &e->queue);
    known->used += size;

    ngx_log_debug4(NGX_LOG_DEBUG_HTTP, r->connection->log, 0,
                   "xsell: page kept, %ui cuts, mask %uxL, %uz of %uz bytes "
                   "used", (ngx_uint_t) plan->n, mask, known->used,
                   known->max);
}


/* what n bytes take of the table */

static size_t
ngx_http_xsell_kept_size(size_t n)
{
    return offsetof(ngx_http_xsell_kept_t, bytes) + n
           + NGX_HTTP_XSELL_KNOWN_EXTRA;
}


/* a page larger than what is read into memory anyway is read here, by this
   process at once, as nginx reads without aio: only where the site asks for no
   better way */

static ngx_http_xsell_kept_t *
ngx_http_xsell_kept_create(ngx_http_request_t *r, ngx_buf_t *b, size_t n)
{
    ngx_http_xsell_kept_t     *kept;
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    if (!ngx_buf_in_memory(b)
        && (b->file->directio || clcf->aio != NGX_HTTP_AIO_OFF))
    {
        return NULL;
    }

    kept = ngx_alloc(offsetof(ngx_http_xsell_kept_t, bytes) + n,
                     r->connection->log);
    if (kept == NULL) {
        return NULL;
    }

    if (ngx_buf_in_memory(b)) {
        ngx_memcpy(kept->bytes, b->pos, n);

    } else if (pread(b->file->fd, kept->bytes, n, b->file_pos)
               != (ssize_t) n)
    {
        ngx_free(kept);
        return NULL;
    }

    kept->size = ngx_http_xsell_kept_size(n);

    return kept;
}


void
ngx_http_xsell_known_bytes(ngx_http_request_t *r, ngx_http_xsell_page_t *page,
    uint64_t mask, ngx_buf_t *b)
{
    ngx_http_xsell_kept_t       *kept, *old;
    ngx_http_xsell_known_t      *known;
    ngx_http_xsell_entry_t      *e, *oldest;
    ngx_http_xsell_main_conf_t  *xmcf;

    e = ngx_http_xsell_known_get(r, page, mask, ngx_http_xsell_known_all);

    if (e == NULL || e->kept) {
        return;
    }

    xmcf = ngx_http_get_module_main_conf(r, ngx_http_xsell_module);
    known = xmcf->known;

    if (ngx_http_xsell_kept_size(page->id.length) > known->max / 2) {
        return;
    }

    kept = ngx_http_xsell_kept_create(r, b, page->id.length);
    if (kept == NULL) {
        return;
    }

    while (known->kept + kept->size > known->max / 2) {
        old = ngx_queue_data(ngx_queue_last(&known->kept_lru),
                             ngx_http_xsell_kept_t, queue);
        ngx_http_xsell_kept_drop(known, old);
    }

    /* e is the newest: of a table of its plan alone nothing is kept */

    while (known->used + kept->size > known->max) {
        oldest = ngx_queue_data(ngx_queue_last(&known->lru),
                                ngx_http_xsell_entry_t, queue);

        if (oldest == e) {
            ngx_free(kept);
            return;
        }

        ngx_http_xsell_known_remove(known,
                                    ngx_http_xsell_known_seek(known,
                                                              &oldest->id));
    }

    kept->entry = e;
    kept->used = 0;

    e->kept = kept;
    ngx_queue_insert_head(&known->kept_lru, &kept->queue);
    known->kept += kept->size;
    known->used += kept->size;

    ngx_log_debug3(NGX_LOG_DEBUG_HTTP, r->connection->log, 0,
                   "xsell: bytes kept, %uz of %uz bytes used, %uz by pages",
                   known->used, known->max, known->kept);
}

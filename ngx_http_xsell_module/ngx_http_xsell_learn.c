
/*
 * Learn: the worker that holds a shop's lease drains all event rings into the
 * engine's write path, writes the event log, and takes snapshots.
 *
 *     every worker      claims an event ring, tries for the lease now and then,
 *                       and soon where its own events lie there unlearned
 *     the lease holder  drains in ticks of at most 1 ms: after 5 ms while
 *                       there is work, up to 60 ms apart when there is none
 *
 * The lease is a robust lock held for as long as the worker lives: when it
 * dies, the kernel hands the lock on and the engine repairs the one record
 * that was being changed.  It is given back on exit, and by workers of an
 * older catalogue, which would not know new items.
 *
 * A snapshot is serialised in slices of at most 2 ms between events; fsync
 * and rename, which block for as long as the disk likes, run in a thread of
 * their own that touches nothing but the finished file.
 */

#include "ngx_http_xsell_module.h"

#include <pthread.h>


#define NGX_HTTP_XSELL_BUSY_MS    5
#define NGX_HTTP_XSELL_IDLE_MS    60
#define NGX_HTTP_XSELL_TRY_MS     2000
#define NGX_HTTP_XSELL_SOON_MS    10
#define NGX_HTTP_XSELL_AGAIN_MS   50
#define NGX_HTTP_XSELL_TICK_US    1000
#define NGX_HTTP_XSELL_SLICE_US   2000
#define NGX_HTTP_XSELL_LOG_BYTES  65536
#define NGX_HTTP_XSELL_COUNT_N    64


/* a snapshot on its way to the disk; allocated by malloc, with its own copy of
   name and folder behind it, because the thread may outlive the cycle */

typedef struct {
    ngx_http_xsell_shop_t    shop;          /* name and state only */
    ngx_fd_t                 fd;
    uint32_t                 epoch;
    uint64_t                 time_ms;
    uint32_t                 finished;      /* stored last, release */
    const char              *why;           /* NULL: well */
} ngx_http_xsell_sync_t;


static void ngx_http_xsell_tick(ngx_event_t *ev);

/* ngx_event_add_timer() logs the descriptor of ev->data */
static ngx_connection_t             ngx_http_xsell_dummy;
static ngx_event_t                  ngx_http_xsell_timer;
static ngx_http_xsell_main_conf_t  *ngx_http_xsell_learning;


static uint64_t
ngx_http_xsell_us(void)
{
    struct timespec  ts;

    (void) clock_gettime(CLOCK_MONOTONIC, &ts);

    return (uint64_t) ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}


/*
 * With the cycle: without a master process, a reload onto a build from
 * another path unloads this one while its timer may still be set.
 */

static void
ngx_http_xsell_learn_cleanup(void *data)
{
    if (ngx_http_xsell_learning == data && ngx_http_xsell_timer.timer_set) {
        ngx_del_timer(&ngx_http_xsell_timer);
    }
}


ngx_int_t
ngx_http_xsell_learn_start(ngx_cycle_t *cycle,
    ngx_http_xsell_main_conf_t *xmcf)
{
    ngx_uint_t               i;
    ngx_pool_cleanup_t      *cln;
    ngx_http_xsell_shop_t  **shop;

    cln = ngx_pool_cleanup_add(cycle->pool, 0);
    if (cln == NULL) {
        return NGX_ERROR;
    }

    cln->handler = ngx_http_xsell_learn_cleanup;
    cln->data = xmcf;

    shop = xmcf->shops.elts;

    for (i = 0; i < xmcf->shops.nelts; i++) {

        if (xsell_ranker_create(&shop[i]->ranker) != XSELL_OK) {
            /* pages pass without fragments, and say "error" */
            ngx_log_error(NGX_LOG_ERR, cycle->log, 0, "xsell: shop \"%V\": "
                          "no memory for a worker's scratch space",
                          &shop[i]->name);
        }

        shop[i]->learner.fd = NGX_INVALID_FILE;
        shop[i]->learner.saved = ngx_current_msec;
        shop[i]->learner.tried = ngx_current_msec - NGX_HTTP_XSELL_TRY_MS;

        (void) xsell_ring_claim(&shop[i]->arena, &shop[i]->claim, ngx_pid);
    }

    ngx_memzero(&ngx_http_xsell_timer, sizeof(ngx_event_t));
    ngx_http_xsell_dummy.fd = (ngx_socket_t) -1;

    ngx_http_xsell_timer.handler = ngx_http_xsell_tick;
    ngx_http_xsell_timer.log = cycle->log;
    ngx_http_xsell_timer.data = &ngx_http_xsell_dummy;
    ngx_http_xsell_timer.cancelable = 1;
    ngx_http_xsell_learning = xmcf;

    ngx_add_timer(&ngx_http_xsell_timer, NGX_HTTP_XSELL_BUSY_MS);

    return NGX_OK;
}


static void
ngx_http_xsell_yield(ngx_http_xsell_shop_t *shop)
{
    ngx_http_xsell_learner_t  *l;

    l = &shop->learner;

    if (l->snapshot) {
        xsell_snapshot_destroy(l->snapshot);
        l->snapshot = NULL;
        ngx_http_xsell_state_discard(shop, l->fd);
        l->fd = NGX_INVALID_FILE;
    }

    if (l->holds) {
        l->holds = 0;
        xsell_lease_release(&shop->arena);
    }
}


void
ngx_http_xsell_learn_stop(ngx_http_xsell_main_conf_t *xmcf)
{
    ngx_uint_t               i;
    ngx_http_xsell_shop_t  **shop;

    if (ngx_http_xsell_timer.timer_set) {
        ngx_del_timer(&ngx_http_xsell_timer);
    }

    shop = xmcf->shops.elts;

    for (i = 0; i < xmcf->shops.nelts; i++) {
        ngx_http_xsell_yield(shop[i]);
        xsell_ring_release(&shop[i]->claim);
        xsell_ranker_destroy(shop[i]->ranker);
        shop[i]->ranker = NULL;
    }
}


/* ---- the event log ---------------------------------------------------- */


static void
ngx_http_xsell_log_flush(ngx_http_xsell_shop_t *shop, ngx_log_t *log)
{
    ssize_t                    n;
    ngx_err_t                  err;
    ngx_file_info_t            fi;
    ngx_http_xsell_learner_t  *l;

    l = &shop->learner;

    if (l->log_n == 0) {
        return;
    }

    n = ngx_write_fd(shop->log->fd, l->log, l->log_n);
    err = ngx_errno;

    if (n != (ssize_t) l->log_n) {
        ngx_http_xsell_count(shop, dropped[XSELL_DROP_LOG]);

        if (!l->log_failed) {
            l->log_failed = 1;
            ngx_log_error(NGX_LOG_ERR, log, n == -1 ? err : 0, "xsell: shop "
                          "\"%V\": event log \"%V\" cannot be written, lines "
                          "are lost until it can", &shop->name,
                          &shop->log->name);
        }

    } else {
        l->log_failed = 0;

        if (ngx_fd_info(shop->log->fd, &fi) != NGX_FILE_ERROR) {
            shop->arena.header->log_inode = ngx_file_uniq(&fi);
            shop->arena.header->log_off = ngx_file_size(&fi);
        }
    }

    l->log_n = 0;
}


/* of what happened then: room for a line, the wall's time, whose it was */

static uint64_t
ngx_http_xsell_log_begin(ngx_http_xsell_shop_t *shop, uint64_t time_ms,
    uint64_t session, xsell_str_t *who, char *alias)
{
    uint64_t  age, now, wall;

    if (NGX_HTTP_XSELL_LOG_BYTES - shop->learner.log_n < XSELL_LOG_LINE) {
        ngx_http_xsell_log_flush(shop, ngx_cycle->log);
    }

    now = ngx_http_xsell_now(shop);
    age = now > time_ms ? now - time_ms : 0;
    wall = (uint64_t) ngx_time() * 1000 + ngx_cached_time->msec - age;

    who->p = alias;
    who->n = 0;

    if (session) {
        xsell_visitor_alias(shop->keys, session, wall / 1000, alias);
        who->n = 16;
    }

    return wall;
}


static void
ngx_http_xsell_log_event(void *ctx, const xsell_event_t *ev)
{
    ngx_http_xsell_shop_t *shop = ctx;

    char                       alias[16];
    uint64_t                   wall;
    xsell_str_t                who;
    ngx_http_xsell_learner_t  *l;

    l = &shop->learner;
    wall = ngx_http_xsell_log_begin(shop, ev->time_ms, ev->session, &who,
                                    alias);

    l->log_n += xsell_log_format(ev, shop->catalog, &shop->arena, who, wall,
                                 (char *) l->log + l->log_n,
                                 NGX_HTTP_XSELL_LOG_BYTES - l->log_n);
}


static void
ngx_http_xsell_log_tossed(void *ctx, const xsell_impression_t *imp)
{
    ngx_http_xsell_shop_t *shop = ctx;

    char                       alias[16];
    uint64_t                   wall;
    xsell_str_t                who;
    ngx_http_xsell_learner_t  *l;

    l = &shop->learner;
    wall = ngx_http_xsell_log_begin(shop, imp->time_ms, imp->session, &who,
                                    alias);

    l->log_n += xsell_log_tossed(imp, shop->catalog, &shop->arena, who, wall,
                                 (char *) l->log + l->log_n,
                                 NGX_HTTP_XSELL_LOG_BYTES - l->log_n);
}


/* ---- snapshots -------------------------------------------------------- */


static void *
ngx_http_xsell_sync_thread(void *data)
{
    ngx_http_xsell_sync_t  *sync = data;

    sync->why = ngx_http_xsell_state_commit(&sync->shop, sync->fd, sync->epoch,
                                            (ngx_uid_t) NGX_CONF_UNSET_UINT);

    __atomic_store_n(&sync->finished, 1, __ATOMIC_RELEASE);

    return NULL;
}


/* starts the thread with all signals blocked: they are the worker's */

static ngx_int_t
ngx_http_xsell_sync_start(ngx_http_xsell_shop_t *shop)
{
    int                     err;
    u_char                 *p;
    sigset_t                all, old;
    pthread_t               tid;
    pthread_attr_t          attr;
    ngx_http_xsell_sync_t  *sync;

    sync = calloc(1, sizeof(ngx_http_xsell_sync_t) + shop->name.len
                     + shop->state.len + 1);
    if (sync == NULL) {
        return NGX_ERROR;
    }

    p = (u_char *) (sync + 1);

    sync->shop.name.len = shop->name.len;
    sync->shop.name.data = p;
    p = ngx_cpymem(p, shop->name.data, shop->name.len);

    sync->shop.state.len = shop->state.len;
    sync->shop.state.data = p;
    ngx_memcpy(p, shop->state.data, shop->state.len);

    sync->fd = shop->learner.fd;
    sync->epoch = shop->arena.header->epoch;
    sync->time_ms = ngx_http_xsell_now(shop);

    if (pthread_attr_init(&attr) != 0) {
        free(sync);
        return NGX_ERROR;
    }

    (void) pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);

    (void) sigfillset(&all);
    (void) pthread_sigmask(SIG_SETMASK, &all, &old);
    err = pthread_create(&tid, &attr, ngx_http_xsell_sync_thread, sync);
    (void) pthread_sigmask(SIG_SETMASK, &old, NULL);
    (void) pthread_attr_destroy(&attr);

    if (err) {
        free(sync);
        return NGX_ERROR;
    }

    shop->learner.sync = sync;
    shop->learner.fd = NGX_INVALID_FILE;

    return NGX_OK;
}


static void
ngx_http_xsell_save_failed(ngx_http_xsell_shop_t *shop, ngx_log_t *log,
    const char *why)
{
    ngx_http_xsell_count(shop, dropped[XSELL_DROP_SNAPSHOT]);

    if (shop->learner.save_failed) {
        return;
    }

    shop->learner.save_failed = 1;

    ngx_log_error(NGX_LOG_ERR, log, 0, "xsell: shop \"%V\": snapshot not "
                  "written to \"%V\": %s; it is tried again every %M ms",
                  &shop->name, &shop->state, why, shop->interval);
}


/* whether a thread was under way, and what became of it */

static ngx_uint_t
ngx_http_xsell_sync_poll(ngx_http_xsell_shop_t *shop, ngx_log_t *log)
{
    ngx_http_xsell_sync_t  *sync;

    sync = shop->learner.sync;

    if (sync == NULL) {
        return 0;
    }

    if (!__atomic_load_n(&sync->finished, __ATOMIC_ACQUIRE)) {
        return 1;
    }

    if (sync->why) {
        ngx_http_xsell_save_failed(shop, log, sync->why);

    } else {
        shop->learner.save_failed = 0;
        shop->arena.header->snapshot_ms = sync->time_ms;
    }

    shop->learner.sync = NULL;
    free(sync);

    return 1;
}


static void
ngx_http_xsell_save_begin(ngx_http_xsell_shop_t *shop, ngx_log_t *log)
{
    const char                *why;
    xsell_error_t              err;
    ngx_http_xsell_learner_t  *l;

    l = &shop->learner;
    l->saved = ngx_current_msec;

    ngx_http_xsell_state_rollback(shop, log);

    if (xsell_snapshot_create(&l->snapshot, shop->arena.base,
                              shop->arena.bytes, ngx_http_xsell_mono_ms(),
                              &err)
        != XSELL_OK)
    {
        l->snapshot = NULL;
        ngx_http_xsell_save_failed(shop, log, err.text);
        return;
    }

    l->fd = ngx_http_xsell_state_open(shop, &why);

    if (l->fd == NGX_INVALID_FILE) {
        xsell_snapshot_destroy(l->snapshot);
        l->snapshot = NULL;
        ngx_http_xsell_save_failed(shop, log, why);
    }
}


/* the next slice; returns 1 while there is more to do */

static ngx_uint_t
ngx_http_xsell_save(ngx_http_xsell_shop_t *shop, ngx_log_t *log)
{
    int                        rc;
    size_t                     n;
    uint64_t                   start;
    const char                *why;
    ngx_http_xsell_learner_t  *l;

    static u_char  buf[65536];

    l = &shop->learner;

    if (ngx_http_xsell_sync_poll(shop, log)) {
        return 0;
    }

    if (l->snapshot == NULL) {

        if (shop->state.len == 0 || shop->stateless
            || ngx_current_msec - l->saved < shop->interval)
        {
            return 0;
        }

        ngx_http_xsell_save_begin(shop, log);
        return l->snapshot != NULL;
    }

    start = ngx_http_xsell_us();
    why = NULL;

    do {
        rc = xsell_snapshot_next(l->snapshot, buf, sizeof(buf), &n);

        if (rc < 0) {
            why = xsell_strerror(rc);
            break;
        }

        if (n && ngx_write_fd(l->fd, buf, n) != (ssize_t) n) {
            why = strerror(ngx_errno);
            break;
        }

        if (rc == XSELL_OK) {
            break;
        }

    } while (ngx_http_xsell_us() - start < NGX_HTTP_XSELL_SLICE_US / 2);

    if (rc == XSELL_AGAIN && why == NULL) {
        return 1;
    }

    xsell_snapshot_destroy(l->snapshot);
    l->snapshot = NULL;

    if (why == NULL && ngx_http_xsell_sync_start(shop) != NGX_OK) {
        why = "no thread to write it through";
    }

    if (why) {
        ngx_http_xsell_state_discard(shop, l->fd);
        l->fd = NGX_INVALID_FILE;
        ngx_http_xsell_save_failed(shop, log, why);
    }

    return 0;
}


/* ---- the tick --------------------------------------------------------- */


/* whether events of this worker lie there unlearned: then perhaps nobody
   holds the lease, because its holder was killed or left */

static ngx_uint_t
ngx_http_xsell_waiting(ngx_http_xsell_shop_t *shop)
{
    xsell_ring_t  *ring;

    ring = shop->claim.ring;

    return ring != NULL
           && __atomic_load_n(&ring->head, __ATOMIC_RELAXED)
              != __atomic_load_n(&ring->tail, __ATOMIC_RELAXED);
}


/* an event was queued: a worker that does not learn itself looks soon whether
   somebody does, or a ring overflows between two learners */

void
ngx_http_xsell_learn_soon(ngx_http_xsell_shop_t *shop)
{
    ngx_event_t  *ev;

    ev = &ngx_http_xsell_timer;

    if (shop->learner.holds || !ev->timer_set
        || (ngx_msec_int_t) (ev->timer.key - ngx_current_msec)
           <= NGX_HTTP_XSELL_AGAIN_MS)
    {
        return;
    }

    ngx_del_timer(ev);
    ngx_add_timer(ev, NGX_HTTP_XSELL_SOON_MS);
}


/* how many sessions were seen lately: a slice of the table a tick */

static void
ngx_http_xsell_count_sessions(ngx_http_xsell_shop_t *shop)
{
    uint64_t                   now_s;
    ngx_http_xsell_learner_t  *l;

    l = &shop->learner;
    now_s = ngx_http_xsell_now(shop) / 1000;

    if (xsell_session_count(&shop->arena,
                            now_s > XSELL_VISIT_GAP_S
                            ? now_s - XSELL_VISIT_GAP_S : 0,
                            &l->count_at, NGX_HTTP_XSELL_COUNT_N,
                            &l->count_n)
        == XSELL_AGAIN)
    {
        return;
    }

    __atomic_store_n(&shop->arena.counters->sessions, l->count_n,
                     __ATOMIC_RELAXED);
    l->count_at = 0;
    l->count_n = 0;
}


static ngx_uint_t
ngx_http_xsell_lease(ngx_http_xsell_shop_t *shop, ngx_log_t *log)
{
    ngx_http_xsell_learner_t  *l;

    l = &shop->learner;

    if (__atomic_load_n(&shop->arena.header->catalog, __ATOMIC_ACQUIRE)
        != shop->number)
    {
        /* newer workers know newer items */
        ngx_http_xsell_yield(shop);
        return 0;
    }

    if (l->holds) {
        return 1;
    }

    if (ngx_current_msec - l->tried < NGX_HTTP_XSELL_TRY_MS
        && !ngx_http_xsell_waiting(shop))
    {
        return 0;
    }

    l->tried = ngx_current_msec;

    if (shop->claim.ring == NULL) {
        (void) xsell_ring_claim(&shop->arena, &shop->claim, ngx_pid);
    }

    if (xsell_lease_try(&shop->arena, ngx_pid) != XSELL_OK) {
        return 0;
    }

    if (shop->log && l->log == NULL) {
        l->log = ngx_alloc(NGX_HTTP_XSELL_LOG_BYTES, log);
    }

    l->holds = 1;
    l->saved = ngx_current_msec;

    return 1;
}


/* returns the milliseconds until this shop wants the next tick */

static ngx_msec_t
ngx_http_xsell_tick_shop(ngx_http_xsell_shop_t *shop, ngx_log_t *log)
{
    uint32_t                   n, all;
    uint64_t                   start;
    ngx_http_xsell_learner_t  *l;

    if (!ngx_http_xsell_lease(shop, log)) {
        return ngx_http_xsell_waiting(shop) ? NGX_HTTP_XSELL_AGAIN_MS
                                            : NGX_HTTP_XSELL_TRY_MS;
    }

    l = &shop->learner;
    start = ngx_http_xsell_us();
    all = 0;

    do {
        n = xsell_learn_drain(&shop->arena, &shop->settings, shop->catalog,
                              16, l->log ? ngx_http_xsell_log_event : NULL,
                              shop);
        all += n;

    } while (n == 16 && ngx_http_xsell_us() - start < NGX_HTTP_XSELL_TICK_US);

    xsell_learn_tick(&shop->arena, ngx_http_xsell_now(shop));

    if (l->log) {
        xsell_learn_tossed(&shop->arena, ngx_http_xsell_now(shop),
                           ngx_http_xsell_log_tossed, shop);
        ngx_http_xsell_log_flush(shop, log);
    }

    ngx_http_xsell_count_sessions(shop);

    if (ngx_http_xsell_save(shop, log) || all) {
        l->pause = NGX_HTTP_XSELL_BUSY_MS;

    } else {
        /* never 0: a timer that expires at once never lets go of the loop */
        l->pause = ngx_max(l->pause, NGX_HTTP_XSELL_BUSY_MS);
        l->pause = ngx_min(l->pause * 2, NGX_HTTP_XSELL_IDLE_MS);
    }

    return l->pause;
}


static void
ngx_http_xsell_tick(ngx_event_t *ev)
{
    ngx_uint_t               i;
    ngx_msec_t               pause, next;
    ngx_http_xsell_shop_t  **shop;

    shop = ngx_http_xsell_learning->shops.elts;

    if (ngx_exiting || ngx_terminate || ngx_quit) {

        /* others take over now, not when the last slow client has left */

        for (i = 0; i < ngx_http_xsell_learning->shops.nelts; i++) {
            ngx_http_xsell_yield(shop[i]);
        }

        return;
    }

    next = NGX_HTTP_XSELL_TRY_MS;

    for (i = 0; i < ngx_http_xsell_learning->shops.nelts; i++) {
        pause = ngx_http_xsell_tick_shop(shop[i], ev->log);
        next = ngx_min(next, pause);
    }

    ngx_add_timer(ev, next);
}

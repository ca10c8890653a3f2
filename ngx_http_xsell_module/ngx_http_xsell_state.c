
/*
 * The state folder: what of a shop survives nginx.
 *
 *     SHOP.snapshot           the last good snapshot, 0600
 *     SHOP.snapshot.PID.tmp   one being written
 *     SHOP.snapshot.rejected  one that could not be loaded, kept for a look
 *     SHOP.lock               held (flock) by the nginx that owns the folder
 *     SHOP.upgrade            held by the newer one during a binary upgrade
 *
 * The folder belongs to the worker's user: the learner writes there.  The
 * master reads it as root, so every open refuses links, devices and pipes,
 * and every byte is checked before it is used.
 *
 * A snapshot replaces one of the same or an older boot epoch only: during a
 * binary upgrade two masters live side by side, and the older must not undo
 * what the newer wrote.  Look and rename are one step under a record lock.
 * When the newer has left again (the upgrade was taken back), the older takes
 * an epoch after its and goes on saving.
 */

#include "ngx_http_xsell_module.h"

#include <sys/file.h>


#define NGX_HTTP_XSELL_PATH  (NGX_MAX_PATH + 64)


static const char *
ngx_http_xsell_state_path(ngx_http_xsell_shop_t *shop, const char *suffix,
    u_char *path)
{
    u_char  *last;

    last = ngx_snprintf(path, NGX_HTTP_XSELL_PATH - 1, "%V/%V%s",
                        &shop->state, &shop->name, suffix);
    *last = '\0';

    return (char *) path;
}


static const char *
ngx_http_xsell_state_temp(ngx_http_xsell_shop_t *shop, u_char *path)
{
    u_char  suffix[64];

    *ngx_snprintf(suffix, 63, ".snapshot.%P.tmp", ngx_getpid()) = '\0';

    return ngx_http_xsell_state_path(shop, (char *) suffix, path);
}


/* nginx -t: the folder is there and the worker may write to it */

ngx_int_t
ngx_http_xsell_state_check(ngx_conf_t *cf, ngx_http_xsell_shop_t *shop)
{
    uid_t             uid;
    gid_t             gid;
    ngx_uint_t        ok;
    struct stat       st;
    struct passwd    *pwd;
    ngx_core_conf_t  *ccf;
    const char       *user;

    if (shop->state.len == 0) {
        return NGX_OK;
    }

    ccf = (ngx_core_conf_t *) ngx_get_conf(cf->cycle->conf_ctx,
                                           ngx_core_module);
    uid = geteuid();
    gid = getegid();
    user = NULL;

    if (uid == 0) {
        user = ccf->username ? ccf->username : NGX_USER;
        pwd = getpwnam(user);

        if (pwd) {
            uid = pwd->pw_uid;
            gid = ccf->username ? ccf->group : pwd->pw_gid;
        }
    }

    if (stat((char *) shop->state.data, &st) == -1 || !S_ISDIR(st.st_mode)) {
        ngx_http_xsell_conf_error(NGX_LOG_EMERG, cf, shop->file, shop->line,
            "state of shop \"%V\": there is no folder \"%V\": make it by "
            "\"install -d -m 750%s%s %V\"", &shop->name, &shop->state,
            user ? " -o " : "", user ? user : "", &shop->state);
        return NGX_ERROR;
    }

    ok = uid == 0
         || (st.st_uid == uid ? (st.st_mode & 0300) == 0300
             : st.st_gid == gid ? (st.st_mode & 0030) == 0030
             : (st.st_mode & 0003) == 0003);

    if (!ok) {
        ngx_http_xsell_conf_error(NGX_LOG_EMERG, cf, shop->file, shop->line,
            "state of shop \"%V\": workers%s%s may not write to \"%V\": "
            "\"install -d -m 750%s%s %V\" mends that", &shop->name,
            user ? " run as " : "", user ? user : "", &shop->state,
            user ? " -o " : "", user ? user : "", &shop->state);
        return NGX_ERROR;
    }

    return NGX_OK;
}


static void
ngx_http_xsell_state_unlock(void *data)
{
    ngx_http_xsell_shop_t  *shop = data;

    if (shop->lock_fd != NGX_INVALID_FILE) {
        ngx_close_file(shop->lock_fd);
        shop->lock_fd = NGX_INVALID_FILE;
    }
}


/*
 * The descriptor by which this process holds that lock already: of the cycle
 * that is being replaced, perhaps of another build of this module, so that
 * only the kernel can tell.  Another descriptor of the same open file keeps
 * the lock when the old cycle closes its own.
 */

static ngx_fd_t
ngx_http_xsell_state_held(ngx_fd_t lock)
{
    DIR            *dir;
    ngx_fd_t        fd, held;
    struct stat     st, want;
    struct dirent  *de;

    held = NGX_INVALID_FILE;

    if (fstat(lock, &want) == -1) {
        return held;
    }

    dir = opendir("/proc/self/fd");
    if (dir == NULL) {
        return held;
    }

    while (held == NGX_INVALID_FILE && (de = readdir(dir)) != NULL) {
        fd = ngx_atoi((u_char *) de->d_name, ngx_strlen(de->d_name));

        if (fd != NGX_ERROR && fd != lock && fstat(fd, &st) == 0
            && st.st_dev == want.st_dev && st.st_ino == want.st_ino)
        {
            held = fcntl(fd, F_DUPFD_CLOEXEC, 0);
        }
    }

    closedir(dir);

    return held;
}


/*
 * Takes the folder.  The lock belongs to the open file: master and workers
 * share it, it ends with the last of them.  During a binary upgrade (nginx
 * tells the new binary by its environment) the old nginx rightly holds it.
 */

ngx_int_t
ngx_http_xsell_state_lock(ngx_cycle_t *cycle, ngx_http_xsell_shop_t *shop,
    ngx_uint_t reload)
{
    ngx_fd_t             fd, held;
    ngx_err_t            err;
    ngx_uint_t           upgrade;
    ngx_core_conf_t     *ccf;
    ngx_pool_cleanup_t  *cln;
    u_char               path[NGX_HTTP_XSELL_PATH];

    if (shop->state.len == 0) {
        return NGX_OK;
    }

    ccf = (ngx_core_conf_t *) ngx_get_conf(cycle->conf_ctx, ngx_core_module);

    upgrade = 0;

again:

    fd = open(ngx_http_xsell_state_path(shop, upgrade ? ".upgrade" : ".lock",
                                        path),
              O_RDWR|O_CREAT|O_CLOEXEC|O_NOFOLLOW|O_NONBLOCK, 0600);

    if (fd == NGX_INVALID_FILE) {
        ngx_log_error(NGX_LOG_ERR, cycle->log, ngx_errno, "xsell: shop "
                      "\"%V\": cannot open \"%s\", state is neither loaded "
                      "nor saved", &shop->name, path);
        shop->stateless = 1;
        return NGX_OK;
    }

    /* the learner takes a record lock in it */

    if (geteuid() == 0
        && fchown(fd, ccf->user, ccf->group) == -1)
    {
        ngx_log_error(NGX_LOG_WARN, cycle->log, ngx_errno,
                      "xsell: fchown(\"%s\") failed", path);
    }

    held = reload ? ngx_http_xsell_state_held(fd) : NGX_INVALID_FILE;

    if (held != NGX_INVALID_FILE) {
        ngx_close_file(fd);
        fd = held;

    } else if (flock(fd, LOCK_EX|LOCK_NB) == -1) {
        err = ngx_errno;
        ngx_close_file(fd);

        if (getenv(NGINX_VAR) && upgrade) {
            return NGX_OK;
        }

        if (getenv(NGINX_VAR)) {
            ngx_log_error(NGX_LOG_NOTICE, cycle->log, 0, "xsell: shop "
                          "\"%V\": binary upgrade, state is shared with the "
                          "old nginx until it ends", &shop->name);
            upgrade = 1;
            goto again;
        }

        shop->stateless = 1;

        ngx_log_error(NGX_LOG_EMERG, cycle->log, err,
                      "xsell: shop \"%V\": another nginx uses the state "
                      "folder \"%V\": end it, or give this one a folder "
                      "of its own%s", &shop->name, &shop->state,
                      reload ? "; until then nothing is loaded or saved" : "");
        return NGX_ERROR;
    }

    shop->lock_fd = fd;

    cln = ngx_pool_cleanup_add(cycle->pool, 0);
    if (cln == NULL) {
        return NGX_ERROR;
    }

    cln->handler = ngx_http_xsell_state_unlock;
    cln->data = shop;

    return NGX_OK;
}


/* temporary files of writers that were killed */

static void
ngx_http_xsell_state_sweep(ngx_http_xsell_shop_t *shop)
{
    DIR            *dir;
    size_t          n;
    u_char          path[NGX_HTTP_XSELL_PATH], prefix[64], *last;
    struct dirent  *de;

    dir = opendir((char *) shop->state.data);
    if (dir == NULL) {
        return;
    }

    last = ngx_snprintf(prefix, sizeof(prefix) - 1, "%V.snapshot.",
                        &shop->name);
    *last = '\0';
    n = last - prefix;

    while ((de = readdir(dir)) != NULL) {

        if (ngx_strncmp(de->d_name, prefix, n) != 0
            || ngx_strlen(de->d_name) < n + 4
            || ngx_strcmp(de->d_name + ngx_strlen(de->d_name) - 4, ".tmp")
               != 0)
        {
            continue;
        }

        *ngx_snprintf(path, sizeof(path) - 1, "%V/%s", &shop->state,
                      de->d_name) = '\0';
        (void) unlink((char *) path);
    }

    closedir(dir);
}


/* reads the snapshot as a whole; NULL and *why (NULL: there is none).  *age:
   seconds since it was written */

static u_char *
ngx_http_xsell_state_read(ngx_http_xsell_shop_t *shop, size_t *size,
    uint32_t *age, const char **why)
{
    u_char       *buf, path[NGX_HTTP_XSELL_PATH];
    size_t        got;
    ssize_t       n;
    ngx_fd_t      fd;
    struct stat   st;

    *why = NULL;

    fd = open(ngx_http_xsell_state_path(shop, ".snapshot", path),
              O_RDONLY|O_CLOEXEC|O_NOFOLLOW|O_NONBLOCK);

    if (fd == NGX_INVALID_FILE) {
        *why = (ngx_errno == NGX_ENOENT) ? NULL : strerror(ngx_errno);
        return NULL;
    }

    buf = NULL;

    if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode)) {
        *why = "not a regular file";
        goto done;
    }

    /* a snapshot is never larger than a few times what it is taken from */

    if (st.st_size > ((off_t) 64 << 30)) {
        *why = "absurdly large";
        goto done;
    }

    *age = st.st_mtime < ngx_time()
           ? (uint32_t) ngx_min(ngx_time() - st.st_mtime, INT32_MAX) : 0;

    buf = malloc(st.st_size + 1);
    if (buf == NULL) {
        *why = "no memory to read it";
        goto done;
    }

    for (got = 0; got < (size_t) st.st_size; got += n) {
        n = read(fd, buf + got, st.st_size - got);

        if (n <= 0) {
            break;
        }
    }

    *size = got;

done:

    ngx_close_file(fd);

    return buf;
}


/* fills a fresh arena; NGX_DECLINED: there was nothing, or nothing good */

ngx_int_t
ngx_http_xsell_state_load(ngx_cycle_t *cycle, ngx_http_xsell_shop_t *shop)
{
    int                     rc;
    u_char                 *buf;
    size_t                  size;
    uint32_t                age;
    uint64_t                left_out;
    const char             *why;
    u_char                  from[NGX_HTTP_XSELL_PATH], to[NGX_HTTP_XSELL_PATH];
    xsell_error_t           err;
    xsell_snapshot_info_t   info;

    if (shop->state.len == 0) {
        return NGX_DECLINED;
    }

    ngx_http_xsell_state_sweep(shop);

    buf = ngx_http_xsell_state_read(shop, &size, &age, &why);

    if (buf == NULL && why == NULL) {
        ngx_log_error(NGX_LOG_NOTICE, cycle->log, 0, "xsell: shop \"%V\": no "
                      "snapshot in \"%V\", learning starts anew",
                      &shop->name, &shop->state);
        return NGX_DECLINED;
    }

    if (buf) {
        rc = xsell_snapshot_load(&shop->arena, buf, size,
                                 ngx_http_xsell_mono_ms(), &info, &left_out,
                                 &err);
        free(buf);

        if (rc == XSELL_OK) {
            xsell_model_older(&shop->arena, ngx_http_xsell_now(shop), age);

            ngx_log_error(NGX_LOG_NOTICE, cycle->log, 0, "xsell: shop "
                          "\"%V\": snapshot of boot %uD loaded: %uL items, "
                          "%uL sessions, %uL records left out", &shop->name,
                          info.epoch, info.items, info.sessions, left_out);
            return NGX_OK;
        }

        why = err.text;
    }

    ngx_http_xsell_state_path(shop, ".snapshot", from);
    ngx_http_xsell_state_path(shop, ".snapshot.rejected", to);
    (void) rename((char *) from, (char *) to);

    ngx_log_error(NGX_LOG_ERR, cycle->log, 0, "xsell: shop \"%V\": snapshot "
                  "refused: %s; learning starts anew, the file is kept as "
                  "\"%s\"", &shop->name, why, to);

    return NGX_DECLINED;
}


ngx_fd_t
ngx_http_xsell_state_open(ngx_http_xsell_shop_t *shop, const char **why)
{
    u_char    path[NGX_HTTP_XSELL_PATH];
    ngx_fd_t  fd;

    *why = NULL;

    ngx_http_xsell_state_temp(shop, path);
    (void) unlink((char *) path);

    fd = open((char *) path, O_WRONLY|O_CREAT|O_EXCL|O_CLOEXEC|O_NOFOLLOW,
              0600);

    if (fd == NGX_INVALID_FILE) {
        *why = strerror(ngx_errno);
    }

    return fd;
}


void
ngx_http_xsell_state_discard(ngx_http_xsell_shop_t *shop, ngx_fd_t fd)
{
    u_char  path[NGX_HTTP_XSELL_PATH];

    ngx_close_file(fd);
    (void) unlink(ngx_http_xsell_state_temp(shop, path));
}


/* the epoch of the file that is there now, 0 if there is none */

static uint32_t
ngx_http_xsell_state_epoch(const char *path)
{
    ssize_t                n;
    uint8_t                head[XSELL_SNAPSHOT_HEAD];
    ngx_fd_t               fd;
    xsell_snapshot_info_t  info;

    fd = open(path, O_RDONLY|O_CLOEXEC|O_NOFOLLOW|O_NONBLOCK);

    if (fd == NGX_INVALID_FILE) {
        return 0;
    }

    n = read(fd, head, sizeof(head));
    ngx_close_file(fd);

    return (n == (ssize_t) sizeof(head)
            && xsell_snapshot_peek(head, n, &info, NULL) == XSELL_OK)
           ? info.epoch : 0;
}


/*
 * Before a snapshot: the file of a newer epoch is in the way.  If the nginx
 * that wrote it took part in an upgrade that was taken back, it is gone for
 * good, and an epoch after its own makes this one the newest again; links
 * from before are late then.
 */

void
ngx_http_xsell_state_rollback(ngx_http_xsell_shop_t *shop, ngx_log_t *log)
{
    u_char     path[NGX_HTTP_XSELL_PATH];
    uint32_t   epoch;
    ngx_fd_t   fd;
    ngx_int_t  gone;

    epoch = ngx_http_xsell_state_epoch(
                          ngx_http_xsell_state_path(shop, ".snapshot", path));

    if (epoch <= shop->arena.header->epoch) {
        return;
    }

    fd = open(ngx_http_xsell_state_path(shop, ".upgrade", path),
              O_RDWR|O_CLOEXEC|O_NOFOLLOW|O_NONBLOCK);

    if (fd == NGX_INVALID_FILE) {
        return;
    }

    gone = flock(fd, LOCK_EX|LOCK_NB) == 0;
    ngx_close_file(fd);

    if (gone) {
        ngx_log_error(NGX_LOG_NOTICE, log, 0, "xsell: shop \"%V\": the newer "
                      "nginx has gone, this one saves again", &shop->name);

        __atomic_store_n(&shop->arena.header->epoch, epoch + 1,
                         __ATOMIC_RELAXED);
    }
}


const char *
ngx_http_xsell_state_commit(ngx_http_xsell_shop_t *shop, ngx_fd_t fd,
    uint32_t epoch, ngx_uid_t owner)
{
    u_char        temp[NGX_HTTP_XSELL_PATH], path[NGX_HTTP_XSELL_PATH];
    u_char        lock[NGX_HTTP_XSELL_PATH];
    ngx_fd_t      lock_fd, dir_fd;
    const char   *why;
    struct flock  fl;

    ngx_http_xsell_state_temp(shop, temp);
    ngx_http_xsell_state_path(shop, ".snapshot", path);

    if (geteuid() == 0 && owner != (ngx_uid_t) NGX_CONF_UNSET_UINT
        && fchown(fd, owner, (gid_t) -1) == -1)
    {
        why = strerror(ngx_errno);
        ngx_http_xsell_state_discard(shop, fd);
        return why;
    }

    if (fsync(fd) == -1) {
        why = strerror(ngx_errno);
        ngx_http_xsell_state_discard(shop, fd);
        return why;
    }

    /* against another master's commit between our look and our rename */

    lock_fd = open(ngx_http_xsell_state_path(shop, ".lock", lock),
                   O_RDWR|O_CLOEXEC|O_NOFOLLOW|O_NONBLOCK);

    if (lock_fd != NGX_INVALID_FILE) {
        ngx_memzero(&fl, sizeof(fl));
        fl.l_type = F_WRLCK;
        fl.l_whence = SEEK_SET;
        (void) fcntl(lock_fd, F_SETLKW, &fl);
    }

    why = NULL;

    if (ngx_http_xsell_state_epoch((char *) path) > epoch) {
        why = "a newer nginx has written its own";
        (void) unlink((char *) temp);

    } else if (rename((char *) temp, (char *) path) == -1) {
        why = strerror(ngx_errno);
        (void) unlink((char *) temp);
    }

    if (lock_fd != NGX_INVALID_FILE) {
        ngx_close_file(lock_fd);
    }

    ngx_close_file(fd);

    dir_fd = open((char *) shop->state.data, O_RDONLY|O_DIRECTORY|O_CLOEXEC);

    if (dir_fd != NGX_INVALID_FILE) {
        (void) fsync(dir_fd);
        ngx_close_file(dir_fd);
    }

    return why;
}

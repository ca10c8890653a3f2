
/*
 * engine.c: catalogues, arenas and snapshots for the subcommands: what the
 * nginx module does with files and shared memory, on files and ordinary
 * memory.
 */

#include "cli.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <unistd.h>


#define CLI_ZONE_DEFAULT  (64ull * 1024 * 1024)
#define CLI_WRITE_BYTES   (256 * 1024)


void
cli_warning(void *ctx, const xsell_error_t *warning)
{
    cli_warned_t  *w;

    w = ctx;
    w->n++;

    if (!w->quiet) {
        cli_report(w->file, "warning", warning);
    }
}


int
cli_arena_create(cli_arena_t *arena, uint64_t bytes, const uint8_t *given)
{
    uint8_t        seed[16];
    xsell_error_t  err;

    memset(arena, 0, sizeof(*arena));
    memset(&err, 0, sizeof(err));

    bytes &= ~(uint64_t) (XSELL_PAGE_BYTES - 1);

    if (bytes < XSELL_ARENA_MIN) {
        return cli_fail("a zone of 1m is the smallest");
    }

    if (given) {
        memcpy(seed, given, sizeof(seed));

    } else if (getrandom(seed, sizeof(seed), 0) != sizeof(seed)) {
        return cli_fail("no random numbers: %s", strerror(errno));
    }

    arena->mem = mmap(NULL, bytes, PROT_READ|PROT_WRITE,
                      MAP_PRIVATE|MAP_ANONYMOUS, -1, 0);

    if (arena->mem == MAP_FAILED) {
        arena->mem = NULL;
        return cli_fail("no memory for the zone: %s", strerror(errno));
    }

    arena->bytes = bytes;

    if (xsell_arena_create(&arena->a, arena->mem, bytes, seed, 0, &err)
        != XSELL_OK)
    {
        cli_arena_destroy(arena);
        return cli_fail("%s", err.text);
    }

    /* the same log shall give the same offers; the key, which nginx takes
       over with the snapshot, stays random */

    arena->a.header->rng = 1;

    return CLI_OK;
}


void
cli_arena_destroy(cli_arena_t *arena)
{
    if (arena->mem) {
        (void) munmap(arena->mem, arena->bytes);
        arena->mem = NULL;
    }
}


int
cli_arena_load(cli_arena_t *arena, const char *file, uint64_t bytes,
    xsell_snapshot_info_t *info)
{
    int            rc;
    char          *text, count[32];
    size_t         n;
    uint64_t       left_out;
    xsell_error_t  err;

    if (cli_read(file, &text, &n) != 0) {
        return CLI_FAILED;
    }

    if (bytes == 0) {
        bytes = n * 4 > CLI_ZONE_DEFAULT ? n * 4 : CLI_ZONE_DEFAULT;
    }

    rc = cli_arena_create(arena, bytes, NULL);

    if (rc != CLI_OK) {
        free(text);
        return rc;
    }

    left_out = 0;
    memset(&err, 0, sizeof(err));

    cli_wait_begin(cli_input_name(file));
    rc = xsell_snapshot_load(&arena->a, (uint8_t *) text, n, 0, info,
                             &left_out, &err);
    cli_wait_end();
    free(text);

    if (rc != XSELL_OK) {
        cli_report(file, "error", &err);
        cli_arena_destroy(arena);
        return CLI_FAILED;
    }

    if (left_out) {
        (void) cli_fail("%s: warning: %s records did not fit into the zone: "
                        "give it a larger --zone", file,
                        cli_count(count, left_out));
    }

    return CLI_OK;
}


static int
cli_save_failed(const char *temp, int fd, uint8_t *buf, const char *what)
{
    int  saved;

    saved = errno;
    free(buf);

    if (fd >= 0) {
        (void) close(fd);
        (void) unlink(temp);
    }

    return cli_fail("%s: %s: %s", temp, what, strerror(saved));
}


int
cli_write(int fd, const uint8_t *p, size_t n)
{
    ssize_t  put;

    while (n) {
        put = write(fd, p, n);

        if (put < 0 && errno == EINTR) {
            continue;
        }

        if (put <= 0) {
            return -1;
        }

        p += put;
        n -= (size_t) put;
    }

    return 0;
}


int
cli_arena_save(cli_arena_t *arena, const char *file, uint64_t now_ms,
    uint64_t *written)
{
    int                fd, rc;
    char               temp[4096];
    size_t             n;
    uint8_t           *buf;
    xsell_error_t      err;
    xsell_snapshot_t  *snapshot;

    if ((size_t) snprintf(temp, sizeof(temp), "%s.%ld.tmp", file,
                          (long) getpid())
        >= sizeof(temp))
    {
        return cli_fail("%s: the name is too long", file);
    }

    buf = malloc(CLI_WRITE_BYTES);
    fd = open(temp, O_WRONLY|O_CREAT|O_EXCL|O_CLOEXEC, 0600);

    if (buf == NULL || fd < 0) {
        return cli_save_failed(temp, fd, buf, "could not be made");
    }

    memset(&err, 0, sizeof(err));

    if (xsell_snapshot_create(&snapshot, arena->mem, arena->bytes, now_ms,
                              &err)
        != XSELL_OK)
    {
        errno = ENOMEM;
        return cli_save_failed(temp, fd, buf, err.text);
    }

    *written = 0;

    do {
        rc = xsell_snapshot_next(snapshot, buf, CLI_WRITE_BYTES, &n);

        if (rc < 0) {
            errno = EIO;
            break;
        }

        if (cli_write(fd, buf, n) != 0) {
            rc = XSELL_EINVAL;
            break;
        }

        *written += n;

    } while (rc == XSELL_AGAIN);

    xsell_snapshot_destroy(snapshot);

    if (rc != XSELL_OK || fsync(fd) != 0 || rename(temp, file) != 0) {
        return cli_save_failed(temp, fd, buf, "could not be written");
    }

    free(buf);
    (void) close(fd);

    return CLI_OK;
}


/*
 * catalog_file.c: catalogues as files: JSON is built, a compiled one is mapped;
 * the other way, a catalogue is compiled.
 *
 * JSON in an ordinary file is mapped too and let go behind the reader, so that
 * compiling needs memory for what comes out, not for what goes in; from a pipe
 * or a packed file it is read whole.
 *
 * A compiled file stays mapped until the process ends: commands are short.  It
 * is written beside its place and renamed into it: who has the old one mapped
 * keeps that.
 */

#include "cli.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>


typedef struct {
    cli_warned_t         warned;        /* first: cli_warning() is given it */
    char                *text;
    size_t               n;
    size_t               gone;          /* bytes let go */
    int                  mapped;
} catalog_file_t;


/* 1 if it is mapped now, 0 if it has to be read */

static int
catalog_map(catalog_file_t *f, const char *file)
{
    int           fd;
    void         *p;
    struct stat   st;

    if (strcmp(file, "-") == 0) {
        return 0;
    }

    fd = open(file, O_RDONLY|O_NONBLOCK|O_CLOEXEC);

    if (fd < 0) {
        return 0;               /* who reads it says why not */
    }

    p = MAP_FAILED;

    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 2) {
        p = mmap(NULL, (size_t) st.st_size, PROT_READ, MAP_SHARED, fd, 0);
    }

    (void) close(fd);

    if (p == MAP_FAILED) {
        return 0;
    }

    if (memcmp(p, "\x1f\x8b", 2) == 0) {
        (void) munmap(p, (size_t) st.st_size);
        return 0;
    }

    f->text = p;
    f->n = (size_t) st.st_size;
    f->mapped = 1;

    return 1;
}


static void
catalog_done(void *ctx, size_t off)
{
    size_t           page;
    catalog_file_t  *f;

    f = ctx;
    page = (size_t) sysconf(_SC_PAGESIZE);
    off &= ~(page - 1);

    /* the text is gone through twice */

    if (off < f->gone) {
        f->gone = 0;
    }

    if (off > f->gone) {
        (void) madvise(f->text + f->gone, off - f->gone, MADV_DONTNEED);
        f->gone = off;
    }
}


static void
catalog_silent(void *ctx, const xsell_error_t *warning)
{
}


static xsell_catalog_t *
catalog_open(const char *file, catalog_file_t *f)
{
    xsell_error_t     err;
    xsell_catalog_t  *cat;

    memset(&err, 0, sizeof(err));

    if (xsell_catalog_open(&cat, f->text, f->n, &err) != XSELL_OK
        || xsell_catalog_check(cat, &err) != XSELL_OK)
    {
        cli_report(file, "error", &err);
        xsell_catalog_destroy(cat);
        (void) munmap(f->text, f->n);
        return NULL;
    }

    return cat;
}


static xsell_catalog_t *
catalog_load(const char *file, catalog_file_t *f)
{
    int               rc;
    xsell_error_t     err;
    xsell_catalog_t  *cat;

    f->warned.file = file;

    if (!catalog_map(f, file) && cli_read(file, &f->text, &f->n) != 0) {
        return NULL;
    }

    if (f->mapped && xsell_catalog_compiled(f->text, f->n)) {
        return catalog_open(file, f);
    }

    memset(&err, 0, sizeof(err));

    cli_wait_begin(cli_input_name(file));
    rc = xsell_catalog_stream(&cat, f->text, f->n,
                              f->warned.quiet ? catalog_silent : cli_warning,
                              f->mapped ? catalog_done : NULL, f, &err);
    cli_wait_end();

    if (rc != XSELL_OK) {
        cli_report(file, "error", &err);
        cat = NULL;
    }

    if (f->mapped) {
        (void) munmap(f->text, f->n);

    } else {
        free(f->text);
    }

    return cat;
}


xsell_catalog_t *
cli_catalog(const char *file, unsigned *warnings)
{
    catalog_file_t    f;
    xsell_catalog_t  *cat;

    memset(&f, 0, sizeof(f));
    cat = catalog_load(file, &f);

    if (warnings) {
        *warnings = f.warned.n;
    }

    return cat;
}


xsell_catalog_t *
cli_catalog_quiet(const char *file)
{
    catalog_file_t  f;

    memset(&f, 0, sizeof(f));
    f.warned.quiet = 1;

    return catalog_load(file, &f);
}


xsell_catalog_t *
cli_catalog_similar(const char *file)
{
    int               rc;
    xsell_catalog_t  *cat;

    cat = cli_catalog(file, NULL);

    if (cat == NULL) {
        return NULL;
    }

    cli_wait_begin("which items are alike");
    rc = xsell_content_build(cat);
    cli_wait_end();

    if (rc != XSELL_OK) {
        (void) cli_fail("not enough memory");
        xsell_catalog_destroy(cat);
        return NULL;
    }

    return cat;
}


/* ---- compile ----------------------------------------------------------- */

typedef struct {
    int                  fd;
    uint64_t             bytes;
} catalog_out_t;


static int
catalog_put(void *ctx, const void *p, size_t n)
{
    catalog_out_t  *out;

    out = ctx;
    out->bytes += n;

    return cli_write(out->fd, p, n) == 0 ? XSELL_OK : XSELL_EINVAL;
}


int
cli_catalog_save(const xsell_catalog_t *cat, const char *file,
    uint64_t *bytes)
{
    int            saved;
    char           temp[4096];
    catalog_out_t  out;

    if ((size_t) snprintf(temp, sizeof(temp), "%s.%ld.tmp", file,
                          (long) getpid())
        >= sizeof(temp))
    {
        return cli_fail("%s: the name is too long", file);
    }

    out.bytes = 0;
    out.fd = open(temp, O_WRONLY|O_CREAT|O_EXCL|O_CLOEXEC, 0644);

    if (out.fd < 0) {
        return cli_fail("%s: could not be made: %s", temp, strerror(errno));
    }

    if (xsell_catalog_write(cat, catalog_put, &out) != XSELL_OK
        || fsync(out.fd) != 0 || rename(temp, file) != 0)
    {
        saved = errno;
        (void) close(out.fd);
        (void) unlink(temp);
        return cli_fail("%s: could not be written: %s", temp,
                        strerror(saved));
    }

    (void) close(out.fd);
    *bytes = out.bytes;

    return CLI_OK;
}

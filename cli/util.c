
/*
 * util.c: messages, files and numbers of the subcommands.
 */

#include "cli.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>


#define CLI_READ_MAX  (2048ull * 1024 * 1024)


int
cli_fail(const char *fmt, ...)
{
    va_list  args;

    fprintf(stderr, "xsell: ");

    va_start(args, fmt);
    vfprintf(stderr, fmt, args);
    va_end(args);

    fprintf(stderr, "\n");

    return CLI_FAILED;
}


int
cli_usage(const char *command, const char *fmt, ...)
{
    va_list  args;

    fprintf(stderr, "xsell %s: ", command);

    va_start(args, fmt);
    vfprintf(stderr, fmt, args);
    va_end(args);

    fprintf(stderr, "; `xsell %s --help` says how it is used\n", command);

    return CLI_USAGE;
}


void
cli_report(const char *file, const char *what, const xsell_error_t *err)
{
    fflush(stdout);
    fprintf(stderr, "xsell: %s:", strcmp(file, "-") == 0 ? "(input)" : file);

    if (err->line) {
        fprintf(stderr, "%u:", err->line);
    }

    if (err->column) {
        fprintf(stderr, "%u:", err->column);
    }

    fprintf(stderr, " %s: %s\n", what, err->text);
}


static int
cli_read_error(const char *file, int fd, char *text, const char *what)
{
    free(text);

    if (fd > 0) {
        (void) close(fd);
    }

    (void) cli_fail("%s: %s", file, what);

    return -1;
}


int
cli_read(const char *file, char **text, size_t *n)
{
    int      fd;
    char    *p, *more;
    size_t   len, room;
    ssize_t  got;

    fd = strcmp(file, "-") == 0 ? 0 : open(file, O_RDONLY|O_CLOEXEC);

    if (fd < 0) {
        return cli_read_error(file, fd, NULL, strerror(errno));
    }

    p = NULL;
    len = 0;
    room = 0;

    for ( ;; ) {

        if (len == room) {

            if (room > CLI_READ_MAX) {
                return cli_read_error(file, fd, p, "larger than 2 GiB");
            }

            room = room ? room * 2 : 64 * 1024;
            more = realloc(p, room);

            if (more == NULL) {
                return cli_read_error(file, fd, p, "not enough memory");
            }

            p = more;
        }

        got = read(fd, p + len, room - len);

        if (got < 0 && errno == EINTR) {
            continue;
        }

        if (got < 0) {
            return cli_read_error(file, fd, p, strerror(errno));
        }

        if (got == 0) {
            break;
        }

        len += (size_t) got;
    }

    if (fd > 0) {
        (void) close(fd);
    }

    *text = p;
    *n = len;

    return 0;
}


uint64_t
cli_size(const char *text)
{
    char      *end;
    unsigned   shift;
    uint64_t   value;

    if (text[0] < '0' || text[0] > '9') {
        return 0;
    }

    errno = 0;
    value = strtoull(text, &end, 10);
    shift = 0;

    switch (*end | 0x20) {

    case 'k':
        shift = 10;
        break;

    case 'm':
        shift = 20;
        break;

    case 'g':
        shift = 30;
        break;
    }

    end += shift != 0;

    if (errno || *end || value > (UINT64_MAX >> shift) / 2) {
        return 0;
    }

    return value << shift;
}


long
cli_number(const char *text, long min, long max)
{
    char  *end;
    long   value;

    errno = 0;
    value = strtol(text, &end, 10);

    if (errno || end == text || *end || value < min || value > max) {
        return -1;
    }

    return value;
}


const char *
cli_bytes(char out[32], uint64_t bytes)
{
    unsigned  i;
    double    value;

    static const char *const  unit[] = { "bytes", "KiB", "MiB", "GiB", "TiB" };

    value = (double) bytes;

    for (i = 0; value >= 1024 && i < 4; i++) {
        value /= 1024;
    }

    snprintf(out, 32, i && value < 10 ? "%.1f %s" : "%.0f %s", value, unit[i]);

    return out;
}


const char *
cli_count(char out[32], uint64_t n)
{
    char      digits[24];
    size_t    len, i, at;

    len = (size_t) snprintf(digits, sizeof(digits), "%llu",
                            (unsigned long long) n);

    for (i = 0, at = 0; i < len; i++) {

        if (i && (len - i) % 3 == 0) {
            out[at++] = ',';
        }

        out[at++] = digits[i];
    }

    out[at] = '\0';

    return out;
}


uint64_t
cli_now_ms(void)
{
    struct timespec  ts;

    (void) clock_gettime(CLOCK_MONOTONIC, &ts);

    return (uint64_t) ts.tv_sec * 1000 + (uint64_t) ts.tv_nsec / 1000000;
}

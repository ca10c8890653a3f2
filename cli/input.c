
/*
 * input.c: files as the subcommands read them: whole, or line by line, plain
 * or gzip (told by its magic, whatever the name), "-" for standard input.
 *
 * A line is kept up to CLI_LINE_MAX bytes; what is longer is read past and
 * said to be cut, so memory stays flat whatever the file is.  A gzip file
 * that ends too early is an error, not a short file: half a history would
 * look like a whole one.
 *
 * zlib reads both kinds through one interface, so nothing here asks which of
 * the two it is.
 */

#include "cli.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>


#define CLI_READ_MAX     (2048ull * 1024 * 1024)
#define CLI_INPUT_BYTES  (256 * 1024)
#define CLI_PACKED_BYTES (32 * 1024)    /* a step of progress */


const char *
cli_input_name(const char *file)
{
    return strcmp(file, "-") == 0 ? "(input)" : file;
}


static int
cli_input_failed(cli_input_t *in, const char *what)
{
    (void) cli_fail("%s: %s", cli_input_name(in->file), what);
    cli_input_close(in);

    return -1;
}


int
cli_input_open(cli_input_t *in, const char *file)
{
    int          fd;
    struct stat  st;

    memset(in, 0, sizeof(*in));
    in->file = file;

    fd = strcmp(file, "-") == 0 ? dup(STDIN_FILENO)
                                : open(file, O_RDONLY|O_CLOEXEC);

    if (fd < 0) {
        return cli_input_failed(in, strerror(errno));
    }

    if (fstat(fd, &st) == 0) {

        if (S_ISDIR(st.st_mode)) {
            (void) close(fd);
            return cli_input_failed(in, "is a folder");
        }

        if (S_ISREG(st.st_mode)) {
            in->bytes = (uint64_t) st.st_size;
        }
    }

    in->buf = malloc(CLI_INPUT_BYTES);
    in->gz = gzdopen(fd, "rb");

    if (in->buf == NULL || in->gz == NULL) {

        if (in->gz == NULL) {
            (void) close(fd);
        }

        return cli_input_failed(in, "not enough memory");
    }

    (void) gzbuffer(in->gz, CLI_PACKED_BYTES);

    return 0;
}


void
cli_input_close(cli_input_t *in)
{
    if (in->gz) {
        (void) gzclose_r(in->gz);
    }

    free(in->buf);
    free(in->line);

    in->gz = NULL;
    in->buf = NULL;
    in->line = NULL;
}


uint64_t
cli_input_done(const cli_input_t *in)
{
    z_off_t  off;

    off = in->gz ? gzoffset(in->gz) : 0;

    return off > 0 ? (uint64_t) off : 0;
}


/* bytes read, 0 at the end, -1: the message is out */

static int
cli_input_fill(cli_input_t *in, uint8_t *p, unsigned n)
{
    int          got, code;
    const char  *text;

    got = gzread(in->gz, p, n);

    if (got > 0) {
        return got;
    }

    /* the end: of the file, or of what is there of it */

    text = gzerror(in->gz, &code);

    switch (code) {

    case Z_OK:
    case Z_STREAM_END:
        return 0;

    case Z_ERRNO:
        return cli_input_failed(in, strerror(errno));

    case Z_BUF_ERROR:
        return cli_input_failed(in, "the gzip data is cut off");

    default:
        return cli_input_failed(in, text && *text ? text : "broken gzip data");
    }
}


/* adds to the line; what is over the limit is dropped */

static int
cli_input_add(cli_input_t *in, const uint8_t *p, size_t n)
{
    char    *more;
    size_t   room;

    if (n > CLI_LINE_MAX - in->line_n) {
        n = CLI_LINE_MAX - in->line_n;
        in->cut = 1;
    }

    room = in->line_room ? in->line_room : 4096;

    while (room < in->line_n + n + 1) {
        room *= 2;
    }

    if (room != in->line_room) {
        more = realloc(in->line, room);

        if (more == NULL) {
            return cli_input_failed(in, "not enough memory");
        }

        in->line = more;
        in->line_room = room;
    }

    memcpy(in->line + in->line_n, p, n);
    in->line_n += n;
    in->line[in->line_n] = '\0';

    return 0;
}


int
cli_input_line(cli_input_t *in)
{
    int       got, any;
    size_t    n;
    uint8_t  *p, *end;

    in->line_n = 0;
    in->cut = 0;
    any = 0;

    for ( ;; ) {

        if (in->at == in->end) {
            got = cli_input_fill(in, in->buf, CLI_INPUT_BYTES);

            if (got < 0) {
                return -1;
            }

            if (got == 0) {
                in->lines += (uint64_t) any;
                return any;
            }

            in->at = 0;
            in->end = (size_t) got;
        }

        p = in->buf + in->at;
        n = in->end - in->at;
        end = memchr(p, '\n', n);
        any = 1;

        if (end) {
            n = (size_t) (end - p);
        }

        if (cli_input_add(in, p, n) != 0) {
            return -1;
        }

        in->at += n + (end != NULL);

        if (end == NULL) {
            continue;
        }

        if (in->line_n && in->line[in->line_n - 1] == '\r') {
            in->line[--in->line_n] = '\0';
        }

        in->lines++;
        return 1;
    }
}


int
cli_read(const char *file, char **text, size_t *n)
{
    int           got;
    char         *p, *more;
    size_t        len, room;
    cli_input_t   in;

    if (cli_input_open(&in, file) != 0) {
        return -1;
    }

    p = NULL;
    len = 0;
    room = 0;

    do {
        if (len == room) {
            room = room ? room * 2 : 64 * 1024;
            more = room > CLI_READ_MAX ? NULL : realloc(p, room);

            if (more == NULL) {
                free(p);
                return cli_input_failed(&in, room > CLI_READ_MAX
                                             ? "larger than 2 GiB"
                                             : "not enough memory");
            }

            p = more;
        }

        got = cli_input_fill(&in, (uint8_t *) p + len,
                             room - len < CLI_INPUT_BYTES
                             ? (unsigned) (room - len) : CLI_INPUT_BYTES);

        if (got < 0) {
            free(p);
            return -1;
        }

        len += (size_t) got;

    } while (got);

    cli_input_close(&in);

    *text = p;
    *n = len;

    return 0;
}


size_t
cli_peek(const char *file, char *out, size_t cap)
{
    int          got;
    gzFile       gz;
    struct stat  st;

    /* what is read from a pipe to look at it is gone for who opens it next */

    if (stat(file, &st) != 0 || !S_ISREG(st.st_mode)) {
        return 0;
    }

    gz = gzopen(file, "rb");

    if (gz == NULL) {
        return 0;
    }

    got = gzread(gz, out, (unsigned) cap);
    (void) gzclose_r(gz);

    return got > 0 ? (size_t) got : 0;
}

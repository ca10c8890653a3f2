
/*
 * util.c: messages, progress and numbers of the subcommands.
 */

#include "cli.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>


int
cli_fail(const char *fmt, ...)
{
    va_list  args;

    cli_progress_end();
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
    cli_progress_end();
    fprintf(stderr, "xsell: %s:", cli_input_name(file));

    if (err->line) {
        fprintf(stderr, "%u:", err->line);
    }

    if (err->column) {
        fprintf(stderr, "%u:", err->column);
    }

    fprintf(stderr, " %s: %s\n", what, err->text);
}


/* ---- progress --------------------------------------------------------- */

#define CLI_QUIET_MS  2000
#define CLI_STEP_MS   200

/* of the line that stands on the terminal; 0: none does */
static volatile uint64_t  cli_shown_ms;


void
cli_progress_begin(cli_progress_t *p, const char *what)
{
    p->what = what;
    p->began_ms = cli_now_ms();
}


void
cli_progress(const cli_progress_t *p, uint64_t done, uint64_t all)
{
    char      count[32];
    uint64_t  now;

    now = cli_now_ms();

    if (now - p->began_ms < CLI_QUIET_MS || now - cli_shown_ms < CLI_STEP_MS
        || !isatty(STDERR_FILENO))
    {
        return;
    }

    cli_shown_ms = now;

    if (all) {
        done = done < all ? done : all;

        fprintf(stderr, "\r\033[K%s: %llu %%, %llu s", p->what,
                (unsigned long long) (done * 100 / all),
                (unsigned long long) ((now - p->began_ms) / 1000));

    } else {
        fprintf(stderr, "\r\033[K%s: %s, %llu s", p->what,
                cli_count(count, done),
                (unsigned long long) ((now - p->began_ms) / 1000));
    }

    fflush(stderr);
}


void
cli_progress_end(void)
{
    if (cli_shown_ms) {
        cli_shown_ms = 0;
        fprintf(stderr, "\r\033[K");
    }
}


/*
 * Work of one piece has nobody who could say how far it is: a timer says how
 * long it takes.  The handler only writes; nothing is shared but a text that
 * is set before the timer and a word.
 */

static char                   cli_wait_what[128];
static size_t                 cli_wait_n;
static volatile sig_atomic_t  cli_wait_s;


static void
cli_wait_tick(int sig)
{
    int      i, saved;
    char     line[192], digits[12];
    size_t   n;
    unsigned s;

    saved = errno;
    s = (unsigned) ++cli_wait_s;

    for (i = 0; i < 11 && (s || i == 0); i++, s /= 10) {
        digits[i] = (char) ('0' + s % 10);
    }

    memcpy(line, "\r\033[K", 4);
    memcpy(line + 4, cli_wait_what, cli_wait_n);
    n = 4 + cli_wait_n;

    while (i) {
        line[n++] = digits[--i];
    }

    memcpy(line + n, " s", 2);

    if (write(STDERR_FILENO, line, n + 2) > 0) {
        cli_shown_ms = 1;
    }

    errno = saved;
}


void
cli_wait_begin(const char *what)
{
    struct sigaction  sa;
    struct itimerval  timer;

    if (!isatty(STDERR_FILENO)) {
        return;
    }

    cli_wait_n = (size_t) snprintf(cli_wait_what, sizeof(cli_wait_what),
                                   "%.100s: ", what);
    cli_wait_s = CLI_QUIET_MS / 1000 - 1;

    memset(&sa, 0, sizeof(sa));
    sa.sa_handler = cli_wait_tick;
    sa.sa_flags = SA_RESTART;

    memset(&timer, 0, sizeof(timer));
    timer.it_value.tv_sec = CLI_QUIET_MS / 1000;
    timer.it_interval.tv_sec = 1;

    if (sigaction(SIGALRM, &sa, NULL) == 0) {
        (void) setitimer(ITIMER_REAL, &timer, NULL);
    }
}


void
cli_wait_end(void)
{
    struct itimerval  timer;

    memset(&timer, 0, sizeof(timer));
    (void) setitimer(ITIMER_REAL, &timer, NULL);

    cli_progress_end();
}


/* ---- numbers ---------------------------------------------------------- */

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


/* how many letters must change, at most 64 of each */

static unsigned
cli_distance(const char *a, const char *b)
{
    unsigned  i, j, left, above, row[65];
    size_t    n;

    n = strlen(b) < 64 ? strlen(b) : 64;

    for (j = 0; j <= n; j++) {
        row[j] = j;
    }

    for (i = 0; a[i] && i < 64; i++) {
        above = row[0]++;

        for (j = 0; j < n; j++) {
            left = above + (a[i] != b[j]);
            above = row[j + 1];

            left = row[j] + 1 < left ? row[j] + 1 : left;
            row[j + 1] = above + 1 < left ? above + 1 : left;
        }
    }

    return row[n];
}


const char *
cli_nearest(const char *name, const char *const *names, size_t n)
{
    size_t       i, len;
    unsigned     d, best;
    const char  *near;

    near = NULL;
    best = 3;
    len = strlen(name);

    for (i = 0; i < n; i++) {

        if (names[i] == NULL) {
            continue;
        }

        d = cli_distance(name, names[i]);

        /* the beginning of a name counts as near */

        if (d >= best && len > 2 && strncmp(name, names[i], len) == 0) {
            d = 2;
        }

        if (d < best) {
            best = d;
            near = names[i];
        }
    }

    return near;
}


xsell_str_t
cli_str(const char *text)
{
    xsell_str_t  s;

    s.p = text;
    s.n = strlen(text);

    return s;
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


void
cli_json_text(FILE *out, xsell_str_t s)
{
    size_t  i;

    fputc('"', out);

    for (i = 0; i < s.n; i++) {

        if ((uint8_t) s.p[i] < 0x20 || s.p[i] == 0x7f) {
            fprintf(out, "\\u%04x", (unsigned) s.p[i]);
            continue;
        }

        if (s.p[i] == '"' || s.p[i] == '\\') {
            fputc('\\', out);
        }

        fputc(s.p[i], out);
    }

    fputc('"', out);
}


uint64_t
cli_now_ms(void)
{
    struct timespec  ts;

    (void) clock_gettime(CLOCK_MONOTONIC, &ts);

    return (uint64_t) ts.tv_sec * 1000 + (uint64_t) ts.tv_nsec / 1000000;
}

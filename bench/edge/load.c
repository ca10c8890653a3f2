
/*
 * load.c: the client of the edge benchmark's timed rows.
 *
 *   load COOKIES CONNECTIONS MS REST_MS ROUNDS TARGET...
 *
 * TARGET is PORT,PATH,PID,MIN,MAX: a front on 127.0.0.1, the page that is
 * asked for, the worker whose CPU is counted, the least and most bytes of a
 * right body.  A round is a slice of MS milliseconds of each target, every
 * other round backwards (A B, B A, ...), so that what the machine does to one
 * it does to its neighbour, and a drift cancels.  A line for each slice:
 *
 *   round target requests wall_ns cpu_ns wait_ns p50_ns p99_ns idle_ns errors
 *
 * cpu_ns and wait_ns are of the worker: on its core, and waiting for it; in
 * idle_ns the client had nothing to do.
 *
 * The requests are those of the harness's wrk.lua, with a line of COOKIES
 * each.  A slice begins with WARM requests a connection that are not counted.
 * Between slices nothing is on the way: the worker sleeps, and only of one
 * that sleeps does the kernel know the CPU to the nanosecond.  REST_MS more is
 * left to others.
 *
 * A client that copies what it gets, as wrk does, costs as much a page of
 * 512 KiB as nginx with sendfile and becomes what is measured.  Here the head
 * is read and the body discarded where it lies (TCP's MSG_TRUNC).  splice(2)
 * to /dev/null moves no bytes either, but needs a pipe and two calls.
 *
 * Nor does it ever sleep: on one machine it is the worker who would wake it, at
 * its own cost (an interrupt to another core, in a virtual machine an exit),
 * which no client in a network costs, and the oftener the slower the worker is:
 * a page without a slot was 1.17 times a cache hit so, and is 1.10.
 */

#define _GNU_SOURCE

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>


#define TARGETS_MAX   4
#define CONNS_MAX     256
#define COOKIES       64
#define REQUEST_BYTES 1024
#define READ_BYTES    2048        /* a head, or the line of a chunk */
#define DISCARD_BYTES (1 << 20)
#define WARM          2           /* requests a connection, not counted */
#define TIMEOUT_NS    10000000000 /* without any response */
#define SETTLE_NS     500000      /* for a worker to fall asleep */

typedef enum {
    CONN_HEAD = 0,
    CONN_BODY,                    /* left: of a body of known length */
    CONN_SIZE,                    /* the line of a chunk */
    CONN_CHUNK,                   /* left: of a chunk and its line's end */
    CONN_END                      /* behind the last chunk */
} conn_state_t;

typedef struct {
    int            fd;
    conn_state_t   state;
    int            bad;           /* the status, or no length */
    size_t         have;          /* bytes of buf */
    size_t         left;
    size_t         body;
    uint64_t       sent_ns;
    char           buf[READ_BYTES + 1];
} conn_t;

typedef struct {
    int            port;
    char           path[128];
    int            pid;
    size_t         min;
    size_t         max;
    int            ep;
    unsigned       next;          /* request */
    size_t         length[COOKIES];
    char           request[COOKIES][REQUEST_BYTES];
    conn_t         conns[CONNS_MAX];
} target_t;

typedef struct {
    size_t         n;
    size_t         size;
    uint64_t      *ns;            /* latencies */
    uint64_t       idle_ns;
    size_t         errors;
} sample_t;

static target_t  targets[TARGETS_MAX];
static char      discarded[DISCARD_BYTES];


_Noreturn static void
die(const char *format, ...)
{
    va_list  args;

    va_start(args, format);
    fputs("load: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    exit(1);
}


static uint64_t
now(void)
{
    struct timespec  t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t) t.tv_sec * 1000000000u + (uint64_t) t.tv_nsec;
}


static void
nap(uint64_t ns)
{
    struct timespec  t;

    t.tv_sec = (time_t) (ns / 1000000000u);
    t.tv_nsec = (long) (ns % 1000000000u);
    nanosleep(&t, NULL);
}


/* as the harness's wrk.lua sends them */

static void
requests_make(target_t *t, const char *cookies)
{
    int    i, n;
    char   line[512];
    FILE  *f;

    f = fopen(cookies, "r");

    if (f == NULL) {
        die("%s: %s", cookies, strerror(errno));
    }

    for (i = 0; i < COOKIES; i++) {
        if (fgets(line, sizeof(line), f) == NULL) {
            die("%s: less than %d cookies", cookies, COOKIES);
        }

        line[strcspn(line, "\n")] = '\0';
        n = snprintf(t->request[i], REQUEST_BYTES,
            "GET %s HTTP/1.1\r\n"
            "Host: 127.0.0.1:%d\r\n"
            "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36"
            " (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36\r\n"
            "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,"
            "image/avif,image/webp,*/*;q=0.8\r\n"
            "Accept-Language: en-GB,en;q=0.9,de;q=0.8\r\n"
            "Cookie: theme=dark; sid=s%d; _ga=GA1.2.1234567890.1700000000;"
            " xs_bench=%s\r\n"
            "\r\n", t->path, t->port, 1000 + i, line);

        if (n >= REQUEST_BYTES) {
            die("%s: a cookie is too long", cookies);
        }

        t->length[i] = (size_t) n;
    }

    fclose(f);
}


static void
target_open(target_t *t, int conns)
{
    int                 i, on;
    conn_t             *c;
    struct sockaddr_in  to;
    struct epoll_event  e;

    on = 1;
    memset(&to, 0, sizeof(to));
    to.sin_family = AF_INET;
    to.sin_port = htons((uint16_t) t->port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    t->ep = epoll_create1(0);

    for (i = 0; i < conns; i++) {
        c = &t->conns[i];
        c->fd = socket(AF_INET, SOCK_STREAM, 0);

        if (c->fd < 0
            || connect(c->fd, (struct sockaddr *) &to, sizeof(to)) != 0)
        {
            die("port %d: %s", t->port, strerror(errno));
        }

        setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
        e.events = EPOLLIN;
        e.data.ptr = c;

        if (epoll_ctl(t->ep, EPOLL_CTL_ADD, c->fd, &e) != 0) {
            die("epoll: %s", strerror(errno));
        }
    }
}


static void
conn_ask(target_t *t, conn_t *c)
{
    unsigned  i;

    i = t->next++ % COOKIES;
    c->state = CONN_HEAD;
    c->have = 0;
    c->body = 0;
    c->bad = 0;
    c->sent_ns = now();

    if (send(c->fd, t->request[i], t->length[i], MSG_NOSIGNAL)
        != (ssize_t) t->length[i])
    {
        die("port %d: not sent: %s", t->port, strerror(errno));
    }
}


/* n bytes of buf are done with */

static void
conn_eat(conn_t *c, size_t n)
{
    c->have -= n;
    memmove(c->buf, c->buf + n, c->have);
}


/* the head is whole in buf: which body comes? */

static void
conn_head(conn_t *c, size_t head)
{
    char  *length;

    c->buf[head - 2] = '\0';
    c->bad = strncmp(c->buf, "HTTP/1.1 200 ", 13) != 0;
    length = strcasestr(c->buf, "\r\nContent-Length:");

    if (length != NULL) {
        c->left = strtoul(length + sizeof("\r\nContent-Length:") - 1, NULL,
                          10);
        c->body = c->left;
        c->state = CONN_BODY;

    } else if (strcasestr(c->buf, "\r\nTransfer-Encoding: chunked") != NULL) {
        c->state = CONN_SIZE;

    } else {
        c->bad = 1;
        c->left = 0;
        c->state = CONN_BODY;
    }

    conn_eat(c, head);
}


/* goes through what is in buf; 1: the response is whole */

static int
conn_parse(target_t *t, conn_t *c)
{
    char    *end;
    size_t   n;

    for ( ;; ) {
        c->buf[c->have] = '\0';

        switch (c->state) {

        case CONN_HEAD:
            end = strstr(c->buf, "\r\n\r\n");

            if (end == NULL) {
                if (c->have == READ_BYTES) {
                    die("port %d: a head of more than %d bytes", t->port,
                        READ_BYTES);
                }

                return 0;
            }

            conn_head(c, (size_t) (end - c->buf) + 4);
            break;

        case CONN_SIZE:
        case CONN_END:
            end = strstr(c->buf, "\r\n");

            if (end == NULL) {
                return 0;
            }

            n = (size_t) (end - c->buf) + 2;

            if (c->state == CONN_END) {
                if (n != 2) {
                    die("port %d: a trailer", t->port);
                }

                return 1;
            }

            c->left = strtoul(c->buf, NULL, 16);
            c->body += c->left;
            c->state = c->left != 0 ? CONN_CHUNK : CONN_END;
            c->left += 2;
            conn_eat(c, n);
            break;

        default:
            n = c->left < c->have ? c->left : c->have;
            conn_eat(c, n);
            c->left -= n;

            if (c->left != 0) {
                return 0;
            }

            if (c->state == CONN_BODY) {
                return 1;
            }

            c->state = CONN_SIZE;
        }
    }
}


/* reads what there is; 1: the response is whole */

static int
conn_read(target_t *t, conn_t *c)
{
    ssize_t  n;

    for ( ;; ) {
        if (c->state == CONN_BODY || c->state == CONN_CHUNK) {
            n = recv(c->fd, discarded,
                     c->left < DISCARD_BYTES ? c->left : DISCARD_BYTES,
                     MSG_TRUNC | MSG_DONTWAIT);

            if (n > 0) {
                c->left -= (size_t) n;
            }

        } else {
            n = recv(c->fd, c->buf + c->have, READ_BYTES - c->have,
                     MSG_DONTWAIT);

            if (n > 0) {
                c->have += (size_t) n;
            }
        }

        if (n < 0 && errno == EAGAIN) {
            return 0;
        }

        if (n <= 0) {
            die("port %d: closed", t->port);
        }

        if (conn_parse(t, c)) {
            return 1;
        }
    }
}


static void
sample_add(sample_t *s, target_t *t, conn_t *c)
{
    if (s->n == s->size) {
        s->size = s->size ? 2 * s->size : 65536;
        s->ns = realloc(s->ns, s->size * sizeof(uint64_t));

        if (s->ns == NULL) {
            die("no memory");
        }
    }

    s->ns[s->n++] = now() - c->sent_ns;

    if (c->bad || c->body < t->min || c->body > t->max) {
        s->errors++;
    }
}


/*
 * Each of the connections asks again and again, until `end` or, if that is 0,
 * WARM times; then what is on the way is read.
 */

static void
ask(target_t *t, int conns, uint64_t end, sample_t *s)
{
    int                  i, n, busy, more;
    conn_t              *c;
    uint64_t             last, heard;
    struct epoll_event   events[CONNS_MAX];

    s->n = 0;
    s->idle_ns = 0;
    more = (WARM - 1) * conns;

    for (i = 0; i < conns; i++) {
        conn_ask(t, &t->conns[i]);
    }

    heard = last = now();

    for (busy = conns; busy > 0; last = now()) {
        n = epoll_wait(t->ep, events, CONNS_MAX, 0);

        if (n <= 0) {
            s->idle_ns += now() - last;

            if (last - heard > TIMEOUT_NS) {
                die("port %d: no answer", t->port);
            }

            continue;
        }

        heard = last;

        for (i = 0; i < n; i++) {
            c = events[i].data.ptr;

            if (!conn_read(t, c)) {
                continue;
            }

            sample_add(s, t, c);

            if (end != 0 ? now() < end : more-- > 0) {
                conn_ask(t, c);

            } else {
                busy--;
            }
        }
    }
}


/* of a worker that sleeps */

static void
worker_time(target_t *t, uint64_t *cpu, uint64_t *wait)
{
    char                name[64];
    FILE               *f;
    unsigned long long  a, b;

    nap(SETTLE_NS);
    snprintf(name, sizeof(name), "/proc/%d/schedstat", t->pid);
    f = fopen(name, "r");

    if (f == NULL || fscanf(f, "%llu %llu", &a, &b) != 2) {
        die("%s: not readable", name);
    }

    fclose(f);
    *cpu = a;
    *wait = b;
}


static int
by_size(const void *one, const void *two)
{
    uint64_t  a, b;

    a = *(const uint64_t *) one;
    b = *(const uint64_t *) two;

    return a < b ? -1 : a > b;
}


static void
slice(int round, int i, int conns, uint64_t ns, sample_t *s)
{
    size_t     warm;
    uint64_t   start, end, cpu[2], wait[2];
    target_t  *t;

    t = &targets[i];
    s->errors = 0;
    ask(t, conns, 0, s);
    warm = s->errors;
    worker_time(t, &cpu[0], &wait[0]);

    start = now();
    ask(t, conns, start + ns, s);
    end = now();
    worker_time(t, &cpu[1], &wait[1]);

    qsort(s->ns, s->n, sizeof(uint64_t), by_size);
    printf("%d\t%d\t%zu\t%llu\t%llu\t%llu\t%llu\t%llu\t%llu\t%zu\n", round, i,
           s->n, (unsigned long long) (end - start),
           (unsigned long long) (cpu[1] - cpu[0]),
           (unsigned long long) (wait[1] - wait[0]),
           (unsigned long long) s->ns[s->n / 2],
           (unsigned long long) s->ns[s->n * 99 / 100],
           (unsigned long long) s->idle_ns, s->errors);

    if (warm + s->errors != 0) {
        fprintf(stderr, "load: port %d%s: %zu wrong responses\n", t->port,
                t->path, warm + s->errors);
    }
}


int
main(int argc, char **argv)
{
    int        i, round, n, conns, rounds;
    uint64_t   ns, rest;
    target_t  *t;
    sample_t   s = { 0 };

    n = argc - 6;

    if (n < 1 || n > TARGETS_MAX) {
        die("COOKIES CONNECTIONS MS REST_MS ROUNDS PORT,PATH,PID,MIN,MAX...");
    }

    conns = atoi(argv[2]);
    ns = (uint64_t) atoi(argv[3]) * 1000000;
    rest = (uint64_t) atoi(argv[4]) * 1000000;
    rounds = atoi(argv[5]);

    if (conns < 1 || conns > CONNS_MAX) {
        die("%s connections: 1 to %d", argv[2], CONNS_MAX);
    }

    for (i = 0; i < n; i++) {
        t = &targets[i];

        if (sscanf(argv[6 + i], "%d,%127[^,],%d,%zu,%zu", &t->port, t->path,
                   &t->pid, &t->min, &t->max) != 5)
        {
            die("%s: PORT,PATH,PID,MIN,MAX", argv[6 + i]);
        }

        requests_make(t, argv[1]);
        target_open(t, conns);
    }

    for (round = 0; round < rounds; round++) {
        for (i = 0; i < n; i++) {
            slice(round, round % 2 ? n - 1 - i : i, conns, ns, &s);
            nap(rest);
        }
    }

    return 0;
}

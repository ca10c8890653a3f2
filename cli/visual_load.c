
/*
 * visual_load.c: pictures from files, read by processes that may die.
 *
 *   xsell --- socket ---> xsell-pictures     as many as processors
 *         <-- pixels ---
 *
 * A reader gets one name at a time.  One that ends, or takes longer than
 * PICTURES_MS, is killed; its picture is named, and the next picture gets a
 * new reader.  Answers are handed on in the order of the list, whoever was
 * first, so that the same folder makes the same catalogue.
 *
 * Invariants: at most LOAD_WINDOW pictures are in memory; every reader that
 * was started is waited for.  The sockets' ends are non-blocking and a dead
 * reader raises no signal.
 */

#include "visual.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>


#define LOAD_READERS  16
#define LOAD_WINDOW   64
#define LOAD_WORTH    16                /* pictures: a reader takes as long to
                                           start as to read some of them */
#define LOAD_CRASHES  8                 /* one after the other: give up */

extern char  **environ;


typedef struct {
    pid_t                pid;           /* 0: not running */
    int                  fd;
    int                  busy;
    uint32_t             task;
    uint64_t             began_ms;
    size_t               got;           /* bytes of the answer */
    pictures_reply_t     reply;
    uint8_t              rgb[PICTURES_SIDE * PICTURES_SIDE * 3];
} load_reader_t;


typedef struct {
    uint32_t             status;        /* PICTURES_STATES: not yet */
    visual_t             v;
} load_answer_t;


typedef struct {
    const char *const   *file;
    uint32_t             n;
    visual_each_pt       each;
    void                *ctx;

    char                 program[4096];
    load_reader_t       *reader;
    uint32_t             readers;
    load_answer_t       *answer;        /* of picture i at i % LOAD_WINDOW */
    uint32_t             next;          /* to be read */
    uint32_t             told;          /* handed on */
    uint32_t             crashes;
} load_t;


static const char *const  load_why[PICTURES_STATES] = {
    [PICTURES_OK] = "",
    [PICTURES_ABSENT] = "can't be opened",
    [PICTURES_NO_FILE] = "is no regular file",
    [PICTURES_LARGE] = "is larger than 32 MiB",
    [PICTURES_WIDE] = "has more than 64 million pixels",
    [PICTURES_FORMAT] = "is neither JPEG, PNG, WebP nor GIF",
    [PICTURES_BROKEN] = "is broken or cut off",
    [PICTURES_CRASHED] = "made its reader end: broken, or too much memory",
    [PICTURES_SLOW] = "takes longer than 10 s to read"
};


int
visual_is_picture(const char *name)
{
    size_t       i;
    const char  *dot;

    static const char *const  types[] = {
        ".jpg", ".jpeg", ".png", ".webp", ".gif"
    };

    dot = strrchr(name, '.');

    for (i = 0; dot && i < sizeof(types) / sizeof(types[0]); i++) {
        if (strcasecmp(dot, types[i]) == 0) {
            return 1;
        }
    }

    return 0;
}


/* ---- readers ---------------------------------------------------------- */

/* beside this program, as it is built, or where it is installed */

static int
load_program(load_t *l)
{
    size_t    i;
    char      self[2048], *slash;
    ssize_t   n;

    static const char *const  places[] = {
        "", "../libexec/xsell/"
    };

    n = readlink("/proc/self/exe", self, sizeof(self) - 1);
    self[n > 0 ? n : 0] = '\0';
    slash = strrchr(self, '/');

    if (slash) {
        slash[1] = '\0';
    }

    for (i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        snprintf(l->program, sizeof(l->program), "%s%s" PICTURES_PROGRAM,
                 self, places[i]);

        if (access(l->program, X_OK) == 0) {
            return CLI_OK;
        }
    }

    return cli_fail("pictures can't be read: this xsell was built without "
                    "libvips; install libvips-dev and build it again");
}


static int
load_start(load_t *l, load_reader_t *r)
{
    int                          rc, fd[2];
    char                        *argv[2];
    posix_spawn_file_actions_t   actions;

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd) != 0) {
        return cli_fail("socketpair: %s", strerror(errno));
    }

    argv[0] = l->program;
    argv[1] = NULL;

    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, fd[1], STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, fd[1], STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null",
                                     2, 0);

    rc = posix_spawn(&r->pid, l->program, &actions, NULL, argv, environ);

    posix_spawn_file_actions_destroy(&actions);
    close(fd[1]);

    if (rc != 0) {
        close(fd[0]);
        r->pid = 0;
        return cli_fail("%s: %s", l->program, strerror(rc));
    }

    r->fd = fd[0];
    r->busy = 0;

    return CLI_OK;
}


static void
load_stop(load_reader_t *r)
{
    if (r->pid == 0) {
        return;
    }

    (void) kill(r->pid, SIGKILL);
    close(r->fd);

    while (waitpid(r->pid, NULL, 0) < 0 && errno == EINTR) { /* void */ }

    r->pid = 0;
    r->busy = 0;
}


static void
load_answer(load_t *l, load_reader_t *r, uint32_t status)
{
    load_answer_t  *a;

    a = &l->answer[r->task % LOAD_WINDOW];
    a->status = status;
    r->busy = 0;

    if (status == PICTURES_CRASHED || status == PICTURES_SLOW) {
        l->crashes++;
        load_stop(r);

    } else {
        l->crashes = 0;
    }
}


/* the next name to a reader that has none */

static int
load_give(load_t *l, load_reader_t *r)
{
    size_t       n;
    const char  *name;

    if (r->pid == 0 && load_start(l, r) != CLI_OK) {
        return CLI_FAILED;
    }

    r->task = l->next++;
    r->busy = 1;
    r->got = 0;
    r->began_ms = cli_now_ms();

    l->answer[r->task % LOAD_WINDOW].status = PICTURES_STATES;

    name = l->file[r->task];
    n = strlen(name) + 1;

    /* a name fits into a socket's buffer, which is empty */

    if (send(r->fd, name, n, MSG_NOSIGNAL | MSG_DONTWAIT) != (ssize_t) n) {
        load_answer(l, r, PICTURES_CRASHED);
    }

    return CLI_OK;
}


/* takes what has come from a reader */

static int
load_take(load_t *l, load_reader_t *r)
{
    size_t    want;
    ssize_t   got;
    uint8_t  *to;

    for ( ;; ) {
        want = sizeof(r->reply);
        to = (uint8_t *) &r->reply + r->got;

        if (r->got >= want) {

            if (r->reply.status != PICTURES_OK) {
                load_answer(l, r, r->reply.status < PICTURES_STATES
                                  ? r->reply.status : PICTURES_CRASHED);
                return CLI_OK;
            }

            if (r->reply.w - 1 >= PICTURES_SIDE
                || r->reply.h - 1 >= PICTURES_SIDE)
            {
                load_answer(l, r, PICTURES_CRASHED);
                return CLI_OK;
            }

            to = r->rgb + (r->got - want);
            want += (size_t) r->reply.w * r->reply.h * 3;
        }

        if (r->got == want) {
            if (visual_measure(&r->reply, r->rgb,
                               &l->answer[r->task % LOAD_WINDOW].v)
                != CLI_OK)
            {
                return CLI_FAILED;
            }

            load_answer(l, r, PICTURES_OK);

            return CLI_OK;
        }

        got = recv(r->fd, to, want - r->got, MSG_DONTWAIT);

        if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
            return CLI_OK;
        }

        if (got <= 0) {
            load_answer(l, r, PICTURES_CRASHED);
            return CLI_OK;
        }

        r->got += (size_t) got;
    }
}


/* ---- the list --------------------------------------------------------- */

/* hands on what is there, in order */

static int
load_tell(load_t *l)
{
    int             rc;
    load_answer_t  *a;

    while (l->told < l->next) {
        a = &l->answer[l->told % LOAD_WINDOW];

        if (a->status == PICTURES_STATES) {
            break;
        }

        rc = l->each(l->ctx, l->told, l->file[l->told],
                     a->status == PICTURES_OK ? &a->v : NULL,
                     load_why[a->status]);

        if (rc != 0) {
            return rc;
        }

        l->told++;
    }

    return 0;
}


static int
load_wait(load_t *l)
{
    int             rc;
    uint32_t        i, n;
    uint64_t        now;
    struct pollfd   p[LOAD_READERS];
    load_reader_t  *r, *of[LOAD_READERS];

    for (i = 0, n = 0; i < l->readers; i++) {
        if (l->reader[i].busy) {
            of[n] = &l->reader[i];
            p[n].fd = l->reader[i].fd;
            p[n].revents = 0;
            p[n++].events = POLLIN;
        }
    }

    if (n == 0) {
        return CLI_OK;
    }

    (void) poll(p, n, PICTURES_MS / 10);
    now = cli_now_ms();

    for (i = 0; i < n; i++) {
        r = of[i];

        if (p[i].revents) {
            rc = load_take(l, r);

            if (rc != CLI_OK) {
                return rc;
            }
        }

        if (r->busy && now - r->began_ms > PICTURES_MS) {
            load_answer(l, r, PICTURES_SLOW);
        }
    }

    return CLI_OK;
}


static int
load_all(load_t *l)
{
    int       rc;
    uint32_t  i;

    while (l->told < l->n) {

        for (i = 0; i < l->readers; i++) {

            if (l->reader[i].busy || l->next == l->n
                || l->next - l->told >= LOAD_WINDOW)
            {
                continue;
            }

            if (load_give(l, &l->reader[i]) != CLI_OK) {
                return CLI_FAILED;
            }
        }

        rc = load_wait(l);

        if (rc == CLI_OK) {
            rc = load_tell(l);
        }

        if (rc != CLI_OK) {
            return rc;
        }

        if (l->crashes >= LOAD_CRASHES) {
            return cli_fail("%s ends at every picture: is libvips whole?",
                            l->program);
        }
    }

    return CLI_OK;
}


int
visual_read(const char *const *file, uint32_t n, visual_each_pt each,
    void *ctx)
{
    int       rc;
    long      processors;
    load_t    l;
    uint32_t  i;

    memset(&l, 0, sizeof(l));

    l.file = file;
    l.n = n;
    l.each = each;
    l.ctx = ctx;

    if (load_program(&l) != CLI_OK) {
        return CLI_FAILED;
    }

    processors = sysconf(_SC_NPROCESSORS_ONLN);
    l.readers = processors < 1 ? 1 : processors > LOAD_READERS
                ? LOAD_READERS : (uint32_t) processors;
    l.readers = n / LOAD_WORTH < l.readers ? n / LOAD_WORTH + 1 : l.readers;

    l.reader = calloc(l.readers + 1, sizeof(*l.reader));
    l.answer = calloc(LOAD_WINDOW, sizeof(*l.answer));

    rc = l.reader && l.answer
         ? load_all(&l) : cli_fail("not enough memory");

    for (i = 0; l.reader && i < l.readers; i++) {
        load_stop(&l.reader[i]);
    }

    free(l.reader);
    free(l.answer);

    return rc;
}

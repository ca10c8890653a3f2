
/*
 * fetch.c: a page by its URL, for `xsell explain`.
 *
 * curl(1) does it: proxies, certificates, redirects and compressed bodies are
 * its business, and a shop's machine has it.  It is started without a shell,
 * with limits, for http and https only, and without the user's .curlrc.  The
 * page comes by a pipe, the headers by a file without a name.
 *
 * Not taken: libcurl, which the command would need on every machine for the
 * sake of one subcommand; sockets of our own, which know no https.
 */

#include "cli.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/wait.h>
#include <unistd.h>


#define FETCH_MAX     (64 * 1024 * 1024)
#define FETCH_HEAD    65536
#define FETCH_AGENT   "Mozilla/5.0 (compatible; xsell explain)"


int
cli_is_url(const char *s)
{
    return strncasecmp(s, "http://", 7) == 0
           || strncasecmp(s, "https://", 8) == 0;
}


static void
fetch_child(const char *url, int out, int head)
{
    char  path[32];

    snprintf(path, sizeof(path), "/dev/fd/%d", head);

    if (dup2(out, STDOUT_FILENO) == -1) {
        _exit(126);
    }

    execlp("curl", "curl", "-q", "--silent", "--show-error", "--globoff",
           "--location", "--max-redirs", "5", "--proto", "=http,https",
           "--proto-redir", "=http,https", "--max-time", "30",
           "--max-filesize", "67108864", "--compressed",
           "--header", "Accept-Encoding: gzip", "--user-agent", FETCH_AGENT,
           "--dump-header", path, "--url", url, (char *) NULL);

    _exit(errno == ENOENT ? 127 : 126);
}


/* all of a descriptor; NULL: out of memory, or too much */

static char *
fetch_read(int fd, size_t max, size_t *n)
{
    char     *text, *more;
    size_t    cap;
    ssize_t   got;

    cap = 65536;
    text = malloc(cap + 1);
    *n = 0;

    while (text) {
        got = read(fd, text + *n, cap - *n);

        if (got == -1 && errno == EINTR) {
            continue;
        }

        if (got <= 0) {
            text[*n] = '\0';
            return text;
        }

        *n += (size_t) got;

        if (*n > max) {
            break;
        }

        if (*n == cap) {
            cap *= 2;
            more = realloc(text, cap + 1);

            if (more == NULL) {
                break;
            }

            text = more;
        }
    }

    free(text);
    return NULL;
}


/* of the answer to the last request: curl follows redirects */

static const char *
fetch_last(const char *head)
{
    const char  *p, *last;

    for (last = head, p = head; p; p = strstr(p, "\nHTTP/")) {
        p += p > head || strncmp(p, "HTTP/", 5) != 0;
        last = p;
        p++;
    }

    return last;
}


static void
fetch_header(const char *head, const char *name, char *value, size_t cap)
{
    size_t       n;
    const char  *p;

    n = strlen(name);
    value[0] = '\0';

    for (p = strchr(head, '\n'); p; p = strchr(p, '\n')) {
        p++;

        if (strncasecmp(p, name, n) == 0 && p[n] == ':') {
            p += n + 1;
            p += strspn(p, " \t");
            snprintf(value, cap, "%.*s", (int) strcspn(p, "\r\n"), p);
        }
    }
}


static int
fetch_answer(cli_page_t *page, FILE *head)
{
    char        *text;
    size_t       n;
    const char  *last;

    rewind(head);
    text = fetch_read(fileno(head), FETCH_HEAD, &n);

    if (text == NULL) {
        return cli_fail("the headers of the answer are too large");
    }

    last = fetch_last(text);
    last += strcspn(last, " \n");
    page->status = (unsigned) strtoul(last, NULL, 10);

    fetch_header(last, "Content-Type", page->type, sizeof(page->type));
    fetch_header(last, "Content-Encoding", page->encoding,
                 sizeof(page->encoding));
    free(text);

    return CLI_OK;
}


static int
fetch_ended(pid_t pid)
{
    int  status;

    while (waitpid(pid, &status, 0) == -1) {
        if (errno != EINTR) {
            return cli_fail("curl: %s", strerror(errno));
        }
    }

    if (WIFEXITED(status) && WEXITSTATUS(status) == 127) {
        return cli_fail("curl(1) is needed to get a page; or save the page "
                        "and name the file");
    }

    /* what went wrong, curl has said */

    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? CLI_OK
                                                         : CLI_FAILED;
}


int
cli_fetch(const char *url, cli_page_t *page)
{
    int     fd[2], rc;
    pid_t   pid;
    FILE   *head;

    head = tmpfile();

    if (head == NULL || pipe(fd) == -1) {
        return cli_fail("cannot get the page: %s", strerror(errno));
    }

    pid = fork();

    if (pid == 0) {
        (void) close(fd[0]);
        fetch_child(url, fd[1], fileno(head));
    }

    (void) close(fd[1]);

    if (pid == -1) {
        (void) close(fd[0]);
        return cli_fail("cannot get the page: %s", strerror(errno));
    }

    page->text = fetch_read(fd[0], FETCH_MAX, &page->n);
    (void) close(fd[0]);

    rc = fetch_ended(pid);

    if (rc == CLI_OK && page->text == NULL) {
        rc = cli_fail("the page is larger than %d MiB", FETCH_MAX >> 20);
    }

    if (rc == CLI_OK) {
        rc = fetch_answer(page, head);
    }

    fclose(head);

    return rc;
}

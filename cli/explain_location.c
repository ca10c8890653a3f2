
/*
 * explain_location.c: which location of a configuration a URL falls into, for
 * `xsell explain`: nginx's own order, an exact one, else the longest prefix,
 * unless a regular expression (the first in the file) comes between; the same
 * once more inside of it.  Slots that it does not have are those of the block
 * around it.
 *
 * Regular expressions are POSIX's here, nginx's are Perl's: what people write
 * in locations is rewritten ("(?<id>", "\\d", "+?"), and where that can't be
 * done nothing is claimed, and all locations are answered.
 */

#include "explain.h"

#include <regex.h>
#include <stdlib.h>
#include <string.h>


#define LOCATION_DEPTH  8
#define LOCATION_BYTES  1024


/* ---- blocks ----------------------------------------------------------- */

int
explain_block_open(explain_t *e, const cli_directive_t *d)
{
    char             *path;
    unsigned          kind;
    explain_block_t  *b;

    if (e->all == NULL) {
        e->all = calloc(EXPLAIN_ALL, sizeof(explain_block_t));
    }

    if (e->all == NULL) {
        return cli_fail("out of memory");
    }

    if (e->blocks > EXPLAIN_ALL) {
        return cli_fail("more than %d blocks", EXPLAIN_ALL);
    }

    path = d->n > 1 ? d->word[d->n - 1].text : (char *) "";
    kind = EXPLAIN_OTHER;

    if (strcmp(d->word[0].text, "server") == 0 && d->n == 1) {
        kind = EXPLAIN_SERVER;

    } else if (strcmp(d->word[0].text, "location") == 0 && d->n == 2
               && path[0] != '@')
    {
        kind = EXPLAIN_PREFIX;

    } else if (strcmp(d->word[0].text, "location") == 0 && d->n == 3) {
        kind = strcmp(d->word[1].text, "=") == 0 ? EXPLAIN_EXACT
               : strcmp(d->word[1].text, "^~") == 0 ? EXPLAIN_STOP
               : strcmp(d->word[1].text, "~") == 0 ? EXPLAIN_REGEX
               : strcmp(d->word[1].text, "~*") == 0 ? EXPLAIN_REGEX_FOLD
               : EXPLAIN_OTHER;
    }

    b = &e->all[e->blocks - 1];
    b->kind = kind;
    b->line = d->word[0].line;
    b->parent = e->depth ? e->number[e->depth - 1] : 0;
    b->text = strdup(e->block[e->depth]);
    b->value = strdup(kind == EXPLAIN_SERVER ? "" : path);

    return b->text && b->value ? CLI_OK : cli_fail("out of memory");
}


void
explain_block_names(explain_t *e, const cli_directive_t *d)
{
    char             *names;
    unsigned          i;
    explain_block_t  *b;

    b = e->depth ? &e->all[e->number[e->depth - 1] - 1] : NULL;

    for (i = 1; b && b->kind == EXPLAIN_SERVER && i < d->n; i++) {

        if (asprintf(&names, "%s %s", b->value, d->word[i].text) != -1) {
            free(b->value);
            b->value = names;
        }
    }
}


void
explain_blocks_free(explain_t *e)
{
    unsigned  i;

    for (i = 0; e->all && i < e->blocks && i < EXPLAIN_ALL; i++) {
        free(e->all[i].text);
        free(e->all[i].value);
    }

    free(e->all);
}


/* ---- regular expressions ---------------------------------------------- */

/* a class of Perl's after a backslash, between brackets or not; NULL: none */

static const char *
location_class(char c, int inside)
{
    switch (c) {
    case 'd':
        return inside ? "0-9" : "[0-9]";
    case 'w':
        return inside ? "[:alnum:]_" : "[[:alnum:]_]";
    case 's':
        return inside ? "[:space:]" : "[[:space:]]";
    case 'D':
        return inside ? NULL : "[^0-9]";
    case 'W':
        return inside ? NULL : "[^[:alnum:]_]";
    case 'S':
        return inside ? NULL : "[^[:space:]]";
    }

    return NULL;
}


/* Perl's as POSIX's; 0, or -1 if it can't be said so */

static int
location_rewrite(const char *p, char out[LOCATION_BYTES])
{
    int          inside;
    size_t       n;
    const char  *class;

    inside = 0;

    for (n = 0; *p; p++) {

        if (n + 32 > LOCATION_BYTES) {
            return -1;
        }

        if (*p == '\\' && p[1]) {
            p++;
            class = location_class(*p, inside);

            if (class) {
                n += (size_t) sprintf(out + n, "%s", class);

            } else if ((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z')
                       || (*p >= '0' && *p <= '9')
                       || (inside && strchr("-]^\\", *p)))
            {
                return -1;

            } else {
                if (!inside && strchr(".[]()*+?{}|^$\\", *p)) {
                    out[n++] = '\\';
                }

                out[n++] = *p;
            }

            continue;
        }

        if (inside) {
            inside = *p != ']';

        } else if (*p == '[') {
            out[n++] = *p;
            inside = 1;

            if (p[1] == '^') {
                out[n++] = *++p;
            }

            continue;

        } else if (*p == '(' && p[1] == '?') {
            p += p[2] == 'P' ? 2 : 1;

            if (p[1] == ':') {
                p++;

            } else if (p[1] == '<' && p[2] != '=' && p[2] != '!'
                       && strchr(p, '>'))
            {
                p = strchr(p, '>');

            } else {
                return -1;
            }

            out[n++] = '(';
            continue;

        } else if (*p == '?' && n && strchr("*+?}", p[-1])) {
            continue;                   /* as little as possible: all the same */
        }

        out[n++] = *p;
    }

    out[n] = '\0';

    return inside ? -1 : 0;
}


/* the letters that an expression begins with are not the path's */

static int
location_differs(const char *regex, const char *path)
{
    size_t  n;

    if (*regex != '^' || strchr(regex, '|')) {
        return 0;
    }

    n = strspn(++regex, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                        "0123456789/_-");
    n -= n && regex[n] && strchr("*?{", regex[n]);

    return strncasecmp(regex, path, n) != 0;
}


/* 1, 0, or -1: who knows */

static int
location_regex(const explain_block_t *b, const char *path)
{
    int      rc;
    char     text[LOCATION_BYTES];
    regex_t  re;

    if (location_differs(b->value, path)) {
        return 0;
    }

    if (location_rewrite(b->value, text) != 0
        || regcomp(&re, text, REG_EXTENDED | REG_NOSUB
                              | (b->kind == EXPLAIN_REGEX_FOLD ? REG_ICASE
                                                               : 0))
           != 0)
    {
        return -1;
    }

    rc = regexec(&re, path, 0, NULL, 0) == 0;
    regfree(&re);

    return rc;
}


/* ---- locations -------------------------------------------------------- */

/*
 * Of the locations in block `parent` the one for the path, as
 * ngx_http_core_find_location has it; 0: none, -1: who knows.  final: no
 * regular expression around it is asked any more.
 */

static int
location_find(const explain_t *e, unsigned parent, const char *path,
    unsigned depth, int *final)
{
    int                     rc, in;
    size_t                  n, most;
    unsigned                i, best;
    const explain_block_t  *b;

    best = 0;
    most = 0;
    *final = 0;

    for (i = 1; depth < LOCATION_DEPTH && i <= e->blocks; i++) {
        b = &e->all[i - 1];
        n = strlen(b->value);

        if (b->parent != parent) {
            continue;
        }

        if (b->kind == EXPLAIN_EXACT && strcmp(b->value, path) == 0) {
            *final = 1;
            return (int) i;
        }

        if ((b->kind == EXPLAIN_PREFIX || b->kind == EXPLAIN_STOP)
            && strncmp(b->value, path, n) == 0 && (best == 0 || n > most))
        {
            best = i;
            most = n;
        }
    }

    in = best ? location_find(e, best, path, depth + 1, final) : 0;

    if (in < 0 || *final) {
        return in;
    }

    for (i = 1; i <= e->blocks; i++) {
        b = &e->all[i - 1];

        if (b->parent != parent
            || (b->kind != EXPLAIN_REGEX && b->kind != EXPLAIN_REGEX_FOLD)
            || (best && e->all[best - 1].kind == EXPLAIN_STOP))
        {
            continue;
        }

        rc = location_regex(b, path);

        if (rc == 0) {
            continue;
        }

        if (rc < 0) {
            return -1;
        }

        rc = location_find(e, i, path, depth + 1, final);
        *final = 1;

        return rc ? rc : (int) i;
    }

    return in ? in : (int) best;
}


/* "*.shop.example" and ".shop.example" count, as names do */

static int
location_named(const explain_block_t *b, const char *host, size_t n)
{
    size_t       k;
    const char  *p;

    for (p = b->value; *p; p += k) {
        p += strspn(p, " ");
        k = strcspn(p, " ");

        if (k == n && strncasecmp(p, host, n) == 0) {
            return 1;
        }

        if (k > 2 && p[0] == '*' && n > k - 1
            && strncasecmp(p + 1, host + n - (k - 1), k - 1) == 0)
        {
            return 1;
        }

        if (k > 1 && p[0] == '.'
            && ((n == k - 1 && strncasecmp(p + 1, host, n) == 0)
                || (n > k && strncasecmp(p, host + n - k, k) == 0)))
        {
            return 1;
        }
    }

    return 0;
}


/* the block whose slots a location has: its own, else those around it */

static unsigned
location_slots(const explain_t *e, unsigned number)
{
    unsigned  i;

    for ( /* void */ ; number; number = e->all[number - 1].parent) {
        for (i = 0; i < e->slot_n; i++) {
            if (e->slot[i].number == number) {
                return number;
            }
        }
    }

    return 0;
}


static int
location_hex(char c)
{
    return c >= '0' && c <= '9' ? c - '0'
           : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10
           : -1;
}


/* the URL's path, without its parameters, "%20" as what it stands for */

static void
location_path(const char *url, char out[LOCATION_BYTES])
{
    size_t  n;

    out[0] = '/';
    url += *url == '/';

    for (n = 1; *url && !strchr("?#", *url) && n < LOCATION_BYTES - 1; url++) {

        if (*url == '%' && location_hex(url[1]) > 0
            && location_hex(url[2]) >= 0)
        {
            out[n++] = (char) (location_hex(url[1]) * 16
                               + location_hex(url[2]));
            url += 2;

        } else {
            out[n++] = *url;
        }
    }

    out[n] = '\0';
}


/* the slots that are not of these blocks go */

static void
location_keep(explain_t *e, const uint8_t *keep)
{
    unsigned        i, n;
    explain_slot_t  s;

    for (i = 0, n = 0; i < e->slot_n; i++) {

        if (e->slot[i].number == 0 || keep[e->slot[i].number - 1]) {
            s = e->slot[n];
            e->slot[n++] = e->slot[i];
            e->slot[i] = s;
        }
    }

    while (e->slot_n > n) {
        explain_slot_free(&e->slot[--e->slot_n]);
    }
}


/* one server's answer, said if it has slots or all are to be said: the block
   whose slots they are, 0 none, -1 it can't be told */

static int
location_say(explain_t *e, unsigned server, const char *path, int all)
{
    int                     at, final;
    unsigned                slots;
    const explain_block_t  *b;

    at = location_find(e, server, path, 0, &final);

    if (at < 0) {
        return -1;
    }

    b = at ? &e->all[at - 1] : &e->all[server - 1];
    slots = location_slots(e, at ? (unsigned) at : server);

    if (slots || all) {
        printf("location  %s, line %u%s\n", at ? b->text : "none of its own",
               b->line, slots ? "" : ": has no slots");
    }

    return (int) slots;
}


void
explain_location(explain_t *e, const char *url)
{
    int          slots;
    char         path[LOCATION_BYTES];
    size_t       n;
    uint8_t      keep[EXPLAIN_ALL];
    unsigned     i, named, said, all;
    const char  *host;

    host = strstr(url, "//");
    host = host ? host + 2 : url;
    n = strcspn(host, ":/?#");
    location_path(host + strcspn(host, "/?#"), path);

    memset(keep, 0, sizeof(keep));

    for (i = 0, named = 0; i < e->blocks; i++) {
        named |= e->all[i].kind == EXPLAIN_SERVER
                 && location_named(&e->all[i], host, n);
    }

    /* of servers without a name those with slots are meant: the shop itself
       may stand in the same file */

    for (said = 0, all = named; !said; all = 1) {

        for (i = 0; i < e->blocks; i++) {

            if (e->all[i].kind != EXPLAIN_SERVER
                || (named && !location_named(&e->all[i], host, n)))
            {
                continue;
            }

            slots = location_say(e, i + 1, path, all);

            if (slots < 0) {
                printf("location  can't be told, for a regular expression: "
                       "all are answered\n");
                return;
            }

            if (slots) {
                keep[slots - 1] = 1;
                said = 1;
            }
        }

        if (all) {
            break;
        }
    }

    location_keep(e, keep);
}

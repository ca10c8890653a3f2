
/*
 * xsell rewrite: puts fragments into a page, standard input to standard
 * output, as the nginx module does on the wire.
 *
 * The page is never in memory as a whole: it is read in pieces of 64 KiB,
 * and what the rewriter can't decide yet (XSELL_HOLD_MAX bytes at most) is
 * copied aside.  So a page of any size takes the memory of a small one, and
 * a page that arrives slowly leaves at the same speed.
 *
 * A slot that can't be served leaves no trace in the output; that is known
 * at the end of the page only, hence an exit code and not a refusal.
 */

#include "cli.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>


#define REWRITE_PIECE  65536


static const char  rewrite_help[] =
    "usage: xsell rewrite --slot SLOT --with FILE [--existing MODE]\n"
    "                     [--root SELECTOR] [--slot SLOT ...]... [--chunk N]\n"
    "                     <PAGE >OUTPUT\n"
    "\n"
    "Puts the contents of FILE into an HTML page.  SLOT is a position (before,\n"
    "after, prepend, append, replace) and a CSS selector, or the NAME of a\n"
    "comment <!--xsell NAME--> in the page.  The first match counts.\n"
    "\n"
    "  -s, --slot SLOT   where, for example 'after \"main > .product\"' or\n"
    "                    'append #related'\n"
    "  -w, --with FILE   what, for the slot before it\n"
    "  -e, --existing MODE[:SELECTOR]\n"
    "                    keep, replace or skip: for the slot before it, if the\n"
    "                    page has recommendations before that place already\n"
    "  -r, --root SELECTOR | off\n"
    "                    what scripts take over in the browser: a slot in it\n"
    "                    goes behind it; off: stays where it is\n"
    "  -c, --chunk N     feed the page in pieces of N bytes, to see that the\n"
    "                    output is the same (1 to 65536; default 65536)\n"
    "  -h, --help        this text\n"
    "\n"
    "Exit codes: 0 all slots are in the output, 3 at least one is not (the\n"
    "reason is on standard error; the page is there without it), 1 it failed,\n"
    "2 wrong usage.\n";


typedef struct {
    const char          *slot;          /* as given */
    const char          *file;
    const char          *existing;
    const char          *root;
    char                *text;
    size_t               n;
} rewrite_slot_t;


typedef struct {
    rewrite_slot_t       slot[XSELL_PLACES_MAX];
    unsigned             n;
    size_t               chunk;

    xsell_places_t      *places;
    xsell_rewriter_t     rw;

    uint64_t             base;          /* offset of the piece's first byte */
    const uint8_t       *piece;
    uint64_t             sent;
    int                  cut;

    size_t               hold_n;
    uint8_t              hold[XSELL_HOLD_MAX];

    uint8_t              buf[REWRITE_PIECE];
} rewrite_t;


/* ---- the command line ------------------------------------------------- */

static xsell_str_t
rewrite_word(const char **p)
{
    xsell_str_t  s;

    *p += strspn(*p, " \t\n");
    s.p = *p;
    s.n = strcspn(s.p, " \t\n");
    *p += s.n;

    return s;
}


/* as the module's parameter of that name */

static int
rewrite_more(rewrite_t *r, unsigned i, const char *name, const char *value)
{
    int            rc;
    char          *word;
    xsell_error_t  err;

    if (value == NULL) {
        return 0;
    }

    if (asprintf(&word, "%s%s", name, value) == -1) {
        return cli_fail("out of memory");
    }

    rc = xsell_places_parameter(r->places, i, cli_str(word), &err);
    free(word);

    if (rc == XSELL_NONE) {
        cli_usage("rewrite", "slot %u (%s): %s wants a value", i + 1,
                  r->slot[i].slot, name);

    } else if (rc != XSELL_OK) {
        cli_usage("rewrite", "slot %u (%s): %s: %s", i + 1, r->slot[i].slot,
                  value, err.text);
    }

    return rc;
}


/* 'after "main p"': quotes around the selector are a habit from nginx.conf */

static int
rewrite_add(rewrite_t *r, unsigned i)
{
    char           name[16];
    const char    *p;
    xsell_str_t    s[3];
    xsell_error_t  err;

    p = r->slot[i].slot;
    s[0] = rewrite_word(&p);
    s[1].p = NULL;
    s[1].n = 0;

    p += strspn(p, " \t\n");
    s[2].p = p;
    s[2].n = strlen(p);

    if (s[2].n) {
        s[1] = s[0];
        s[0].p = name;
        s[0].n = (size_t) snprintf(name, sizeof(name), "%u", i + 1);

        if (s[2].n > 1 && (p[0] == '"' || p[0] == '\'')
            && p[s[2].n - 1] == p[0])
        {
            s[2].p++;
            s[2].n -= 2;
        }
    }

    if (xsell_places_add(r->places, s[0], s[1], s[2], &err) == XSELL_OK) {
        return rewrite_more(r, i, "existing=", r->slot[i].existing) == 0
               && rewrite_more(r, i, "root=", r->slot[i].root) == 0 ? 0 : -1;
    }

    if (err.column) {
        cli_usage("rewrite", "slot %u (%s): at character %u of the selector: "
                  "%s", i + 1, r->slot[i].slot, err.column, err.text);
    } else {
        cli_usage("rewrite", "slot %u (%s): %s", i + 1, r->slot[i].slot,
                  err.text);
    }

    return -1;
}


static int
rewrite_options(rewrite_t *r, int argc, char **argv)
{
    int              c;
    long             n;
    rewrite_slot_t  *last;

    static const struct option  options[] = {
        { "slot", required_argument, NULL, 's' },
        { "with", required_argument, NULL, 'w' },
        { "existing", required_argument, NULL, 'e' },
        { "root", required_argument, NULL, 'r' },
        { "chunk", required_argument, NULL, 'c' },
        { "help", no_argument, NULL, 'h' },
        { NULL, 0, NULL, 0 }
    };

    while ((c = getopt_long(argc, argv, "s:w:e:r:c:h", options, NULL)) != -1) {
        last = r->n ? &r->slot[r->n - 1] : NULL;

        switch (c) {

        case 's':
            if (last && last->file == NULL) {
                return cli_usage("rewrite", "slot %u has no --with", r->n);
            }

            if (r->n == XSELL_PLACES_MAX) {
                return cli_usage("rewrite", "%d slots fit on a page",
                                 XSELL_PLACES_MAX);
            }

            r->slot[r->n++].slot = optarg;
            break;

        case 'w':
            if (last == NULL || last->file) {
                return cli_usage("rewrite", "--with %s has no --slot before "
                                 "it", optarg);
            }

            last->file = optarg;
            break;

        case 'e':
        case 'r':
            if (last == NULL) {
                return cli_usage("rewrite", "--%s %s has no --slot before it",
                                 c == 'e' ? "existing" : "root", optarg);
            }

            *(c == 'e' ? &last->existing : &last->root) = optarg;
            break;

        case 'c':
            n = cli_number(optarg, 1, REWRITE_PIECE);

            if (n == -1) {
                return cli_usage("rewrite", "--chunk is a number from 1 to "
                                 "%d, not \"%s\"", REWRITE_PIECE, optarg);
            }

            r->chunk = (size_t) n;
            break;

        case 'h':
            fputs(rewrite_help, stdout);
            return -1;

        default:
            return CLI_USAGE;
        }
    }

    if (optind < argc) {
        return cli_usage("rewrite", "\"%s\" is one argument too many: the "
                         "page is standard input", argv[optind]);
    }

    if (r->n == 0) {
        return cli_usage("rewrite", "there is no --slot");
    }

    if (r->slot[r->n - 1].file == NULL) {
        return cli_usage("rewrite", "slot %u has no --with", r->n);
    }

    return CLI_OK;
}


/* ---- the page --------------------------------------------------------- */

static void
rewrite_put(const rewrite_t *r, const void *p, size_t n)
{
    if (n && !r->cut) {
        fwrite(p, 1, n, stdout);
    }
}


/* sends, or drops, what is before offset `to` */

static void
rewrite_upto(rewrite_t *r, uint64_t to)
{
    size_t  n;

    if (r->hold_n && to > r->sent) {
        n = (to - r->sent < r->hold_n) ? (size_t) (to - r->sent) : r->hold_n;

        rewrite_put(r, r->hold, n);
        r->hold_n -= n;
        memmove(r->hold, r->hold + n, r->hold_n);
        r->sent += n;
    }

    if (to > r->sent) {
        rewrite_put(r, r->piece + (r->sent - r->base),
                    (size_t) (to - r->sent));
        r->sent = to;
    }
}


static void
rewrite_found(rewrite_t *r, unsigned which)
{
    rewrite_upto(r, r->rw.at);

    if (which != XSELL_CUT_END) {
        r->cut = 0;
        rewrite_put(r, r->rw.close.p, r->rw.close.n);
        rewrite_put(r, r->slot[which].text, r->slot[which].n);
    }

    r->cut = r->rw.cut;
}


static void
rewrite_piece(rewrite_t *r, const uint8_t *p, size_t n)
{
    int       rc;
    size_t    used;
    unsigned  which;

    r->base = r->rw.pos;
    r->piece = p;

    do {
        rc = xsell_rewriter_feed(&r->rw, p, n, &used, &which);
        p += used;
        n -= used;

        if (rc == XSELL_AGAIN) {
            rewrite_found(r, which);
        }

    } while (rc == XSELL_AGAIN);

    rewrite_upto(r, r->rw.safe);

    n = (size_t) (r->rw.pos - (r->sent + r->hold_n));
    memcpy(r->hold + r->hold_n, p - n, n);
    r->hold_n += n;
}


static int
rewrite_page(rewrite_t *r)
{
    size_t    i, k;
    ssize_t   n;
    unsigned  which;

    for ( ;; ) {
        n = read(STDIN_FILENO, r->buf, sizeof(r->buf));

        if (n == -1 && errno == EINTR) {
            continue;
        }

        if (n == -1) {
            return cli_fail("cannot read the page: %s", strerror(errno));
        }

        if (n == 0) {
            break;
        }

        for (i = 0; i < (size_t) n; i += k) {
            k = ((size_t) n - i < r->chunk) ? (size_t) n - i : r->chunk;
            rewrite_piece(r, r->buf + i, k);
        }

        if (fflush(stdout) != 0) {
            return cli_fail("cannot write the page: %s", strerror(errno));
        }
    }

    r->base = r->rw.pos;

    while (xsell_rewriter_finish(&r->rw, &which) == XSELL_AGAIN) {
        rewrite_found(r, which);
    }

    rewrite_upto(r, r->rw.safe);

    return CLI_OK;
}


static int
rewrite_report(const rewrite_t *r)
{
    int       rc;
    unsigned  i, state;

    rc = CLI_OK;

    for (i = 0; i < r->n; i++) {
        state = r->rw.state[i];

        if (state == XSELL_PLACE_MOVED) {
            fprintf(stderr, "xsell: slot %u (%s): %s (%s)\n", i + 1,
                    r->slot[i].slot, xsell_place_why(state),
                    xsell_root_name(r->rw.root[i]));

        } else if (state != XSELL_PLACE_SERVED) {
            cli_fail("slot %u (%s): not served: %s", i + 1, r->slot[i].slot,
                     xsell_place_why(state));
            rc = CLI_UNSERVED;
        }
    }

    return rc;
}


static int
rewrite_run(rewrite_t *r)
{
    int       rc;
    unsigned  i, holds;

    for (i = 0, holds = 0; i < r->n; i++) {

        if (rewrite_add(r, i) != 0) {
            return CLI_USAGE;
        }

        if (strcmp(r->slot[i].file, "-") == 0) {
            return cli_usage("rewrite", "standard input is the page: --with "
                             "wants a file");
        }

        if (cli_read(r->slot[i].file, &r->slot[i].text, &r->slot[i].n) != 0) {
            return CLI_FAILED;
        }

        holds |= xsell_html_holds((xsell_str_t) { r->slot[i].text,
                                                  r->slot[i].n });
    }

    xsell_rewriter_init(&r->rw, r->places, holds);

    rc = rewrite_page(r);

    return rc == CLI_OK ? rewrite_report(r) : rc;
}


int
cli_rewrite(int argc, char **argv)
{
    int         rc;
    unsigned    i;
    rewrite_t  *r;

    r = calloc(1, sizeof(rewrite_t));

    if (r == NULL || xsell_places_create(&r->places) != XSELL_OK) {
        free(r);
        return cli_fail("out of memory");
    }

    r->chunk = REWRITE_PIECE;

    rc = rewrite_options(r, argc, argv);

    if (rc == CLI_OK) {
        rc = rewrite_run(r);

    } else if (rc == -1) {
        rc = CLI_OK;            /* help was asked for */
    }

    for (i = 0; i < r->n; i++) {
        free(r->slot[i].text);
    }

    xsell_places_destroy(r->places);
    free(r);

    return rc;
}


/*
 * xsell replay: an event log to a snapshot, through the functions that learn
 * from live traffic: warm-up from a shop's history, or a lost state again.
 *
 * Engine time follows the log's wall times, so what decays with time decays
 * as it would have.  A time before its predecessor's counts as the same
 * instant: engine time never goes back.
 */

#include "cli.h"

#include <getopt.h>
#include <string.h>
#include <unistd.h>


#define REPLAY_REJECTED   10            /* that are named */
#define REPLAY_SLICE      1000          /* a tick scans more items */


static const char  replay_help[] =
    "usage: xsell replay LOG --catalog FILE --state SNAPSHOT [OPTION]...\n"
    "\n"
    "Learns from an event log (one JSON object a line, oldest first; plain\n"
    "or gzip) and writes a snapshot that nginx loads at its start.\n"
    "\n"
    "  --catalog FILE    the shop's catalogue; events of other items are\n"
    "                    left out\n"
    "  --state SNAPSHOT  the file to write\n"
    "  --zone SIZE       room to learn in, best as in the shop's `zone`\n"
    "                    (default 64m)\n"
    "  --min-visits N    as the shop's setting (default 3)\n"
    "  --force           replace an existing SNAPSHOT\n"
    "  --strict          fail if a line was rejected\n"
    "  --seed N          the same log and catalogue give the same bytes; for\n"
    "                    comparing: the keys of such a zone are known\n"
    "\n"
    "A line: {\"type\":\"view\",\"time\":\"2024-11-02T10:00:00Z\",\n"
    "         \"visitor\":\"anna\",\"item\":\"SKU-1\"}\n"
    "Types: view, cart, cart_remove, order (with \"order\":\"id\",\n"
    "\"items\":[...], \"value\":\"12.50\"), rate (with \"value\", 1 to 5 "
    "stars),\nclick, dwell, viewable, dismiss, erase.\n"
    "A time may also be a number: milliseconds since 1970.\n";


typedef struct {
    const char          *log;
    const char          *catalog;
    const char          *state;
    uint64_t             zone;
    long                 min_visits;
    int                  force;
    int                  strict;
    int                  seeded;
    uint8_t              seed[16];
} replay_options_t;


typedef struct {
    xsell_catalog_t     *cat;
    xsell_settings_t     settings;
    cli_arena_t          arena;

    cli_input_t          in;
    cli_progress_t       progress;

    uint64_t             first_wall_ms;
    uint64_t             now_ms;        /* engine time */
    uint64_t             learned;
    uint64_t             type[XSELL_EVENTS];
    uint64_t             unknown;       /* items that are not in cat */
    uint64_t             unknown_line;  /* the first of these */
    uint64_t             idle;          /* nothing to learn from */
    uint64_t             repeated;
    uint64_t             rejected;
} replay_t;


static int replay_options(int argc, char **argv, replay_options_t *o);
static int replay_open(replay_t *r, const replay_options_t *o);
static int replay_run(replay_t *r, const replay_options_t *o);
static void replay_line(replay_t *r, const replay_options_t *o,
    const char *line, size_t n);
static int replay_apply(replay_t *r, xsell_event_t *ev);
static void replay_reject(replay_t *r, const replay_options_t *o,
    xsell_error_t *err);
static void replay_settle(replay_t *r);
static int replay_report(replay_t *r, const replay_options_t *o,
    uint64_t written);


int
cli_replay(int argc, char **argv)
{
    int               rc;
    uint64_t          written;
    replay_t          r;
    replay_options_t  o;

    rc = replay_options(argc, argv, &o);

    if (rc != CLI_OK || o.log == NULL) {
        return rc;
    }

    memset(&r, 0, sizeof(r));
    written = 0;

    rc = replay_open(&r, &o);

    if (rc == CLI_OK) {
        rc = replay_run(&r, &o);
    }

    if (rc == CLI_OK) {
        replay_settle(&r);
        rc = cli_arena_save(&r.arena, o.state, r.now_ms, &written);
    }

    if (rc == CLI_OK) {
        rc = replay_report(&r, &o, written);
    }

    cli_input_close(&r.in);
    cli_arena_destroy(&r.arena);
    xsell_catalog_destroy(r.cat);

    return rc;
}


static int
replay_options(int argc, char **argv, replay_options_t *o)
{
    int   c;
    long  seed;

    static const struct option  options[] = {
        { "catalog",    required_argument, NULL, 'c' },
        { "state",      required_argument, NULL, 's' },
        { "zone",       required_argument, NULL, 'z' },
        { "min-visits", required_argument, NULL, 'm' },
        { "force",      no_argument,       NULL, 'f' },
        { "strict",     no_argument,       NULL, 't' },
        { "seed",       required_argument, NULL, 'd' },
        { "help",       no_argument,       NULL, 'h' },
        { NULL, 0, NULL, 0 }
    };

    memset(o, 0, sizeof(*o));
    o->zone = 64 * 1024 * 1024;

    while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {

        switch (c) {

        case 'c':
            o->catalog = optarg;
            break;

        case 's':
            o->state = optarg;
            break;

        case 'z':
            o->zone = cli_size(optarg);

            if (o->zone == 0) {
                return cli_usage("replay", "\"%s\" is no size such as 128m",
                                 optarg);
            }

            break;

        case 'm':
            o->min_visits = cli_number(optarg, 1, 1000);

            if (o->min_visits < 0) {
                return cli_usage("replay", "\"%s\" is no number of visits",
                                 optarg);
            }

            break;

        case 'f':
            o->force = 1;
            break;

        case 't':
            o->strict = 1;
            break;

        case 'd':
            seed = cli_number(optarg, 0, INT32_MAX);

            if (seed < 0) {
                return cli_usage("replay", "\"%s\" is no seed", optarg);
            }

            o->seeded = 1;
            memcpy(o->seed, &seed, sizeof(seed));
            break;

        case 'h':
            fputs(replay_help, stdout);
            return CLI_OK;

        default:
            return CLI_USAGE;
        }
    }

    if (o->catalog == NULL || o->state == NULL || optind + 1 != argc) {
        return cli_usage("replay", "one LOG, --catalog and --state are "
                         "needed");
    }

    o->log = argv[optind];

    return CLI_OK;
}


static int
replay_open(replay_t *r, const replay_options_t *o)
{
    int       rc;
    char      count[32];
    uint32_t  unmapped;

    if (!o->force && access(o->state, F_OK) == 0) {
        return cli_fail("%s is there already: --force replaces it (stop nginx "
                        "first, or it will write its own state over it)",
                        o->state);
    }

    r->cat = cli_catalog(o->catalog, NULL);

    if (r->cat == NULL) {
        return CLI_FAILED;
    }

    if (cli_input_open(&r->in, o->log) != 0) {
        return CLI_FAILED;
    }

    rc = cli_arena_create(&r->arena, o->zone, o->seeded ? o->seed : NULL);

    if (rc != CLI_OK) {
        return rc;
    }

    xsell_settings_default(&r->settings);

    if (o->min_visits) {
        r->settings.min_visits = (uint32_t) o->min_visits;
    }

    if (xsell_catalog_map(r->cat, &r->arena.a, 1, 0, &unmapped) != XSELL_OK) {
        return cli_fail("not enough memory");
    }

    if (unmapped) {
        return cli_fail("the zone is too small for the catalogue: %s items "
                        "have no place, give it a larger --zone",
                        cli_count(count, unmapped));
    }

    if (xsell_lease_try(&r->arena.a, (uint32_t) getpid()) != XSELL_OK) {
        return cli_fail("the new zone can't be learned in");
    }

    return CLI_OK;
}


static int
replay_run(replay_t *r, const replay_options_t *o)
{
    int  more;

    cli_progress_begin(&r->progress, "learning");

    while ((more = cli_input_line(&r->in)) == 1) {
        replay_line(r, o, r->in.line, r->in.line_n);

        if (r->in.lines % 1024 == 0) {
            cli_progress(&r->progress, cli_input_done(&r->in), r->in.bytes);
        }
    }

    cli_progress_end();

    return more < 0 ? CLI_FAILED : CLI_OK;
}


static void
replay_line(replay_t *r, const replay_options_t *o, const char *line,
    size_t n)
{
    int            rc;
    uint64_t       wall_ms;
    xsell_event_t  ev;
    xsell_error_t  err;

    while (n && strchr(" \t\r\n", line[n - 1]) && line[n - 1]) {
        n--;
    }

    if (n == 0) {
        return;
    }

    memset(&err, 0, sizeof(err));

    if (r->in.cut) {
        (void) xsell_fail(&err, XSELL_EINVAL, 0, 0,
                          "the line is longer than a mebibyte");
        replay_reject(r, o, &err);
        return;
    }

    rc = xsell_log_parse(line, n, r->cat, &r->arena.a, &ev, &wall_ms, &err);

    if (rc == XSELL_AGAIN) {
        return;
    }

    if (rc == XSELL_NONE) {
        r->unknown_line = r->unknown++ ? r->unknown_line : r->in.lines;
        return;
    }

    if (rc != XSELL_OK) {
        replay_reject(r, o, &err);
        return;
    }

    if (r->first_wall_ms == 0) {
        r->first_wall_ms = wall_ms;
    }

    if (wall_ms > r->first_wall_ms
        && wall_ms - r->first_wall_ms > r->now_ms)
    {
        r->now_ms = wall_ms - r->first_wall_ms;
    }

    ev.time_ms = r->now_ms;
    rc = replay_apply(r, &ev);

    if (rc == XSELL_EINVAL) {
        (void) xsell_fail(&err, rc, 0, 0, "the event is out of range");
        replay_reject(r, o, &err);
        return;
    }

    r->repeated += rc == XSELL_EREPEATED;
    r->idle += rc == XSELL_NONE;

    if (rc == XSELL_OK) {
        r->learned++;
        r->type[ev.type]++;
    }
}


/* as a worker and the learner do it together */

static int
replay_apply(replay_t *r, xsell_event_t *ev)
{
    int  rc;

    rc = xsell_session_apply(&r->arena.a, ev, NULL);

    if (rc < 0) {
        return XSELL_EINVAL;
    }

    if (ev->type == XSELL_EVENT_ERASE) {
        return rc == XSELL_NONE ? XSELL_NONE : XSELL_OK;
    }

    /* without a record: an order still tells what goes together, and an
       event without a visitor still counts */

    if (rc != XSELL_OK && ev->session
        && (ev->type != XSELL_EVENT_ORDER || ev->n == 0))
    {
        return XSELL_NONE;
    }

    return xsell_learn(&r->arena.a, &r->settings, r->cat, ev);
}


static void
replay_reject(replay_t *r, const replay_options_t *o, xsell_error_t *err)
{
    r->rejected++;

    if (r->rejected > REPLAY_REJECTED) {
        return;
    }

    err->line = (unsigned) r->in.lines;
    cli_report(o->log, "rejected", err);
}


/* the lists of popular and new items follow from the items' sums alone: once
   at the end, slice by slice, instead of at each second of a history */

static void
replay_settle(replay_t *r)
{
    uint32_t  i;

    for (i = 0; i <= r->arena.a.items_n / REPLAY_SLICE; i++) {
        xsell_learn_tick(&r->arena.a, r->now_ms);
    }

    xsell_lease_release(&r->arena.a);
}


static int
replay_report(replay_t *r, const replay_options_t *o, uint64_t written)
{
    char         a[32], b[32];
    uint32_t     at;
    uint64_t     ms, sessions;
    unsigned     i;
    const char  *sep;

    ms = cli_now_ms() - r->progress.began_ms;

    printf("%s: %s lines in %.1f s, %s events learned",
           cli_input_name(o->log),
           cli_count(a, r->in.lines), (double) ms / 1000,
           cli_count(b, r->learned));

    sep = ":";

    for (i = 0; i < XSELL_EVENTS; i++) {
        if (r->type[i]) {
            printf("%s %s %s", sep, cli_count(a, r->type[i]),
                   xsell_event_name(i));
            sep = ",";
        }
    }

    printf("\n  %s of unknown items", cli_count(a, r->unknown));

    if (r->unknown) {
        printf(" (from line %s on: ids are the catalogue's)",
               cli_count(a, r->unknown_line));
    }

    printf(", %s with nothing to learn", cli_count(b, r->idle));
    printf(", %s orders seen before, %s lines rejected\n",
           cli_count(a, r->repeated), cli_count(b, r->rejected));

    at = 0;
    sessions = 0;

    (void) xsell_session_count(&r->arena.a, 0, &at, UINT32_MAX, &sessions);

    printf("%s: %s, %s sessions, %.1f days\n", o->state,
           cli_bytes(a, written), cli_count(b, sessions),
           (double) r->now_ms / 86400000);

    if (r->rejected > REPLAY_REJECTED) {
        (void) cli_fail("%s: and %s more lines were rejected", o->log,
                        cli_count(a, r->rejected - REPLAY_REJECTED));
    }

    if (r->learned == 0) {
        return cli_fail("nothing was learned from %s", o->log);
    }

    return r->rejected && o->strict ? CLI_FAILED : CLI_OK;
}

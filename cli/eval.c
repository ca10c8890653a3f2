
/*
 * xsell eval: how good the engine's offers are, by published protocols on
 * public data, measured on the code that serves.
 *
 *   files --> items, rows        eval_data.c, eval_sessions.c, eval_baskets.c
 *   train --> a new arena        xsell_session_apply, xsell_learn
 *   test  --> lists of 20        xsell_rank_list, each call timed
 *
 * Two settings are not a shop's: diversity is off (a list that is spread on
 * purpose is not sorted by what is most likely), and one visit is evidence
 * enough, as in the papers.  Both are options.  All else is as in nginx, with
 * its bounds: a visit of 16 items, 16 partners an item, 128 sessions an item.
 * The data say nothing of what the items are; with --catalog their words do,
 * and likeness counts as in a shop.
 *
 * The same files give the same figures but for the times: the arena's key and
 * the visitors' are made from --seed.
 */

#include "eval.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>


#define EVAL_ZONE_STEP  (8ull * 1024 * 1024)
#define EVAL_ZONE_LEAST (128ull * 1024 * 1024)  /* what a shop begins with */
#define EVAL_ZONE_MAX   (64ull * 1024 * 1024 * 1024)
#define EVAL_SLICE      1000            /* items that a tick scans, at least */


static const char  eval_help[] =
    "usage: xsell eval sessions --train FILE --test FILE [OPTION]...\n"
    "       xsell eval baskets --train FILE [--test FILE] [OPTION]...\n"
    "       xsell eval bandit --data FILE [OPTION]...\n"
    "       xsell eval offpolicy --log FILE [OPTION]...\n"
    "       xsell eval sentiment --lexicon FILE --data FILE\n"
    "       xsell eval visual --images DIR\n"
    "\n"
    "Teaches a new zone and counts how often what came next stands among the\n"
    "first 20 offers (HR@20), and how far up (MRR@20: the mean of 1/rank).\n"
    "Files may be gzip.\n"
    "\n"
    "sessions: what is viewed next.  Training: a session a line, item ids\n"
    "with spaces between, oldest session first.  Test: the item that came\n"
    "next, a tab, the items before it, oldest first.\n"
    "\n"
    "baskets: which item was left out of a basket.  A basket a line, items\n"
    "with commas between; or invoices as CSV with a header that has\n"
    "InvoiceNo, StockCode, Quantity and InvoiceDate (UCI's Online Retail).\n"
    "Without --test the last tenth of the training file's baskets is it.\n"
    "Returns and codes that don't begin with five digits are left out; test\n"
    "baskets are those with 2 to 40 known items, the one at SHA-1(number of\n"
    "the invoice or line) mod n is to be found.\n"
    "\n"
    "  --novel           only queries whose answer is new to the visitor;\n"
    "                    only what is new to him is offered (baskets: always)\n"
    "  --catalog FILE    words of the items, so that likeness counts too\n"
    "                    (without: behaviour alone, as in the papers)\n"
    "  --split DATE      baskets: the first day of the test, YYYY-MM-DD\n"
    "  --one             baskets: from one other item instead of all\n"
    "  --days N          sessions: what the training spans (default: one every\n"
    "                    3 seconds); older visits count for less\n"
    "  --limit N         the first N queries only\n"
    "  --mode vsknn|ar   sessions: a published method against its authors' lists;\n"
    "                    --mode vsknn --help\n"
    "  --zone SIZE       room to learn in (default: enough for the data)\n"
    "  --min-visits N    as the shop's setting (default 1; a shop's is 3)\n"
    "  --mmr X           diversity, 0 to 1 (default 0; a shop's is 0.3)\n"
    "  --seed N          of keys and random bits (default 1)\n"
    "  --verbose         what was read, and popularity as a baseline\n"
    "\n"
    "The last line is for scripts: HR@20=.. MRR@20=.. queries=.. p50_us=..\n"
    "p90_us=.. p99_us=.. zone_mb=..; times are those of one decision.\n";


static int eval_options(int argc, char **argv, eval_options_t *o);
static int eval_arguments(int n, char **word, eval_options_t *o);
static int eval_report(eval_t *e);


int
cli_eval(int argc, char **argv)
{
    int              rc;
    size_t           i;
    eval_t           e;
    eval_options_t   o;

    static const struct {
        const char  *name;
        int        (*run)(int argc, char **argv);
    } others[] = {
        { "bandit", eval_bandit },
        { "offpolicy", eval_offpolicy },
        { "sentiment", eval_sentiment },
        { "visual", eval_visual }
    };

    for (i = 0; argc > 1 && i < sizeof(others) / sizeof(others[0]); i++) {
        if (strcmp(argv[1], others[i].name) == 0) {
            return others[i].run(argc - 1, argv + 1);
        }
    }

    for (i = 1; i < (size_t) argc; i++) {
        if (strncmp(argv[i], "--mode", 6) == 0) {
            return eval_golden(argc, argv);
        }
    }

    rc = eval_options(argc, argv, &o);

    if (rc != CLI_OK || o.train == NULL) {
        return rc;
    }

    memset(&e, 0, sizeof(e));
    e.o = &o;

    rc = o.baskets ? eval_baskets(&e) : eval_sessions(&e);

    if (rc == CLI_OK) {
        rc = eval_report(&e);
    }

    xsell_ranker_destroy(e.ranker);
    xsell_catalog_destroy(e.cat);
    cli_arena_destroy(&e.arena);
    eval_ids_free(&e.ids);
    free(e.count);
    free(e.ns);

    return rc;
}


static int
eval_options(int argc, char **argv, eval_options_t *o)
{
    int    c;
    char  *end;

    static const struct option  options[] = {
        { "train",      required_argument, NULL, 'r' },
        { "test",       required_argument, NULL, 't' },
        { "catalog",    required_argument, NULL, 'c' },
        { "split",      required_argument, NULL, 'p' },
        { "zone",       required_argument, NULL, 'z' },
        { "min-visits", required_argument, NULL, 'm' },
        { "mmr",        required_argument, NULL, 'd' },
        { "days",       required_argument, NULL, 'y' },
        { "limit",      required_argument, NULL, 'l' },
        { "seed",       required_argument, NULL, 's' },
        { "novel",      no_argument,       NULL, 'n' },
        { "one",        no_argument,       NULL, 'o' },
        { "verbose",    no_argument,       NULL, 'v' },
        { "help",       no_argument,       NULL, 'h' },
        { NULL, 0, NULL, 0 }
    };

    memset(o, 0, sizeof(*o));
    o->min_visits = 1;
    o->seed = 1;

    while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {

        switch (c) {

        case 'r':
            o->train = optarg;
            break;

        case 't':
            o->test = optarg;
            break;

        case 'c':
            o->catalog = optarg;
            break;

        case 'p':
            o->split = optarg;
            break;

        case 'z':
            o->zone = cli_size(optarg);

            if (o->zone == 0) {
                return cli_usage("eval", "\"%s\" is no size such as 128m",
                                 optarg);
            }

            break;

        case 'm':
            o->min_visits = cli_number(optarg, 1, 1000);

            if (o->min_visits < 0) {
                return cli_usage("eval", "\"%s\" is no number of visits",
                                 optarg);
            }

            break;

        case 'd':
            o->mmr = strtod(optarg, &end);

            if (end == optarg || *end || !(o->mmr >= 0 && o->mmr <= 1)) {
                return cli_usage("eval", "--mmr is 0 to 1");
            }

            break;

        case 'y':
            o->days = cli_number(optarg, 1, 10000);

            if (o->days < 0) {
                return cli_usage("eval", "\"%s\" is no number of days",
                                 optarg);
            }

            break;

        case 'l':
            o->limit = cli_number(optarg, 1, 1000000000);

            if (o->limit < 0) {
                return cli_usage("eval", "\"%s\" is no number of queries",
                                 optarg);
            }

            break;

        case 's':
            o->seed = cli_number(optarg, 0, 1000000000);

            if (o->seed < 0) {
                return cli_usage("eval", "\"%s\" is no seed", optarg);
            }

            break;

        case 'n':
            o->novel = 1;
            break;

        case 'o':
            o->one = 1;
            break;

        case 'v':
            o->verbose = 1;
            break;

        case 'h':
            o->train = NULL;
            fputs(eval_help, stdout);
            return CLI_OK;

        default:
            return CLI_USAGE;
        }
    }

    return eval_arguments(argc - optind, argv + optind, o);
}


static int
eval_arguments(int n, char **word, eval_options_t *o)
{
    if (n != 1) {
        return cli_usage("eval", "\"sessions\" or \"baskets\" is needed");
    }

    o->baskets = strcmp(word[0], "baskets") == 0;

    if (!o->baskets && strcmp(word[0], "sessions") != 0) {
        return cli_usage("eval", "\"%s\" is neither \"sessions\" nor "
                         "\"baskets\"", word[0]);
    }

    if (o->train == NULL) {
        return cli_usage("eval", "--train is needed");
    }

    if (!o->baskets && o->test == NULL) {
        return cli_usage("eval", "--test is needed");
    }

    if (!o->baskets && (o->split || o->one)) {
        return cli_usage("eval", "--split and --one are for baskets");
    }

    if (o->baskets && o->days) {
        return cli_usage("eval", "--days is for sessions");
    }

    if (o->split && o->test) {
        return cli_usage("eval", "--split parts one file: not with --test");
    }

    return CLI_OK;
}


/* ---- the shop under test ---------------------------------------------- */

/* the smallest zone, in steps, that holds the data; none is smaller than
   that of the examples */

static uint64_t
eval_zone(const eval_t *e, uint32_t sessions)
{
    uint64_t      bytes;
    xsell_plan_t  plan;

    if (e->o->zone) {
        return e->o->zone;
    }

    /* buckets of 8 overflow before the table is full: a quarter more */

    for (bytes = EVAL_ZONE_LEAST; bytes < EVAL_ZONE_MAX;
         bytes += EVAL_ZONE_STEP)
    {
        if (xsell_plan(bytes, &plan, NULL) == XSELL_OK
            && plan.items >= e->ids.n
            && plan.sessions / 5 >= sessions / 4)
        {
            break;
        }
    }

    return bytes;
}


/* an item of the data; words: what the shop's catalogue says of it, or NULL */

static void
eval_item(FILE *out, xsell_str_t id, const xsell_catalog_t *cat,
    const xsell_item_t *words)
{
    fputs("{\"id\":", out);
    cli_json_text(out, id);
    fputs(",\"url\":\"/\",\"title\":", out);
    cli_json_text(out, words ? xsell_catalog_text(cat, words, XSELL_TEXT_TITLE)
                             : id);

    if (words) {
        fputs(",\"brand\":", out);
        cli_json_text(out, xsell_catalog_text(cat, words, XSELL_TEXT_BRAND));
        fputs(",\"category\":", out);
        cli_json_text(out, xsell_catalog_text(cat, words,
                                              XSELL_TEXT_CATEGORY));
        fputs(",\"tags\":", out);
        cli_json_text(out, xsell_catalog_text(cat, words, XSELL_TEXT_TAGS));
    }

    fputs("}\n", out);
}


static int
eval_catalog(eval_t *e)
{
    int               rc;
    char             *text;
    FILE             *out;
    size_t            n;
    uint32_t          i;
    xsell_str_t       id;
    xsell_error_t     err;
    xsell_catalog_t  *words;

    words = e->o->catalog ? cli_catalog(e->o->catalog, NULL) : NULL;

    if (e->o->catalog && words == NULL) {
        return CLI_FAILED;
    }

    out = open_memstream(&text, &n);

    if (out == NULL) {
        xsell_catalog_destroy(words);
        return cli_fail("not enough memory");
    }

    for (i = 0; i < e->ids.n; i++) {
        id = cli_str(eval_id_text(&e->ids, i));
        eval_item(out, id, words,
                  words ? xsell_catalog_item(words, xsell_catalog_find(
                                             words, id.p, id.n))
                        : NULL);
    }

    xsell_catalog_destroy(words);

    if (fclose(out) != 0) {
        return cli_fail("not enough memory");
    }

    memset(&err, 0, sizeof(err));

    rc = xsell_catalog_create(&e->cat, text, n, NULL, NULL, &err);
    free(text);

    if (rc != XSELL_OK) {
        return cli_fail("the items make no catalogue: %s", err.text);
    }

    if (e->o->catalog && xsell_content_build(e->cat) != XSELL_OK) {
        return cli_fail("not enough memory");
    }

    return CLI_OK;
}


int
eval_open(eval_t *e, uint32_t sessions)
{
    int       rc;
    char      count[32];
    uint8_t   seed[16];
    uint32_t  unmapped;
    uint64_t  bits;

    rc = eval_catalog(e);

    if (rc != CLI_OK) {
        return rc;
    }

    bits = (uint64_t) e->o->seed;
    e->keys = xsell_random(&bits);

    memset(seed, 0, sizeof(seed));
    memcpy(seed, &e->keys, sizeof(e->keys));

    rc = cli_arena_create(&e->arena, eval_zone(e, sessions), seed);

    if (rc != CLI_OK) {
        return rc;
    }

    e->arena.a.header->rng = bits;

    xsell_settings_default(&e->settings);
    e->settings.min_visits = (uint32_t) e->o->min_visits;
    e->settings.mmr = (float) e->o->mmr;

    if (xsell_ranker_create(&e->ranker) != XSELL_OK
        || xsell_catalog_map(e->cat, &e->arena.a, 1, 0, &unmapped)
           != XSELL_OK
        || xsell_lease_try(&e->arena.a, 1) != XSELL_OK)
    {
        return cli_fail("not enough memory");
    }

    if (unmapped) {
        return cli_fail("the zone is too small: %s items have no place, give "
                        "it a larger --zone", cli_count(count, unmapped));
    }

    e->count = calloc(e->ids.n, sizeof(*e->count));

    if (e->count == NULL) {
        return cli_fail("not enough memory");
    }

    return CLI_OK;
}


uint64_t
eval_visitor(eval_t *e)
{
    return xsell_random(&e->keys) | 1;
}


void
eval_event(const eval_t *e, xsell_event_t *ev, unsigned type,
    uint64_t visitor, uint32_t item)
{
    unsigned             i;
    const xsell_item_t  *it;

    memset(ev, 0, sizeof(*ev));

    it = xsell_catalog_item(e->cat, item);

    ev->type = (uint8_t) type;
    ev->session = visitor;
    ev->session_idx = XSELL_NO_REF;
    ev->time_ms = e->now_ms;
    ev->item = xsell_catalog_ref(e->cat, it);

    for (i = 0; i < XSELL_HISTORY; i++) {
        ev->others[i] = XSELL_NO_REF;
    }
}


void
eval_learn(eval_t *e, xsell_event_t *ev)
{
    int  rc;

    rc = xsell_session_apply(&e->arena.a, ev, NULL);

    /* an order tells what goes together though nobody knows the visitor */

    if (rc == XSELL_OK
        || (rc == XSELL_NONE && ev->type == XSELL_EVENT_ORDER))
    {
        (void) xsell_learn(&e->arena.a, &e->settings, e->cat, ev);
    }
}


static void
eval_settle_popular(eval_t *e)
{
    uint32_t  i, at;

    for (i = 0; i < e->ids.n; i++) {

        if (e->count[i] == 0
            || (e->popular_n == EVAL_POPULAR
                && e->count[i] <= e->count[e->popular[EVAL_POPULAR - 1]]))
        {
            continue;
        }

        e->popular_n += e->popular_n < EVAL_POPULAR;

        for (at = e->popular_n - 1;
             at && e->count[e->popular[at - 1]] < e->count[i];
             at--)
        {
            e->popular[at] = e->popular[at - 1];
        }

        e->popular[at] = i;
    }
}


void
eval_settle(eval_t *e)
{
    uint32_t  i;

    /* once at the end, as `xsell replay` does */

    for (i = 0; i <= e->arena.a.items_n / EVAL_SLICE; i++) {
        xsell_learn_tick(&e->arena.a, e->now_ms);
    }

    eval_settle_popular(e);
}


/* ---- queries ---------------------------------------------------------- */

static void
eval_count(eval_score_t *score, uint32_t rank)
{
    score->queries++;

    if (rank) {
        score->hits++;
        score->ranks += 1.0 / rank;
    }
}


static int
eval_known(const eval_query_t *query, uint32_t item)
{
    uint32_t  i;

    for (i = 0; i < query->known_n; i++) {
        if (query->known[i] == item) {
            return 1;
        }
    }

    return 0;
}


/* the items that sold or were viewed most, for everybody the same */

static uint32_t
eval_popular(const eval_t *e, const eval_query_t *query)
{
    uint32_t  i, n;

    for (i = 0, n = 0; i < e->popular_n && n < EVAL_TOP; i++) {

        if (query->novel && eval_known(query, e->popular[i])) {
            continue;
        }

        n++;

        if (e->popular[i] == query->target) {
            return n;
        }
    }

    return 0;
}


int
eval_ask(eval_t *e, const eval_query_t *query)
{
    uint32_t         i, n, rank;
    xsell_pick_t     pick[XSELL_LIST_MAX];
    xsell_query_t    q;
    struct timespec  from, to;

    if (eval_grow(&e->ns, e->score.queries + 1, &e->ns_room,
                  sizeof(*e->ns)))
    {
        return CLI_FAILED;
    }

    memset(&q, 0, sizeof(q));

    q.catalog = e->cat;
    q.settings = &e->settings;
    q.session = query->session;
    q.anchor = query->anchor;
    q.want = EVAL_TOP;
    q.now_ms = e->now_ms;
    q.seed = xsell_random(&e->keys);

    if (query->novel) {
        q.shown = query->known;
        q.shown_n = query->known_n;

    } else {
        q.repeats = 1;
    }

    (void) clock_gettime(CLOCK_MONOTONIC, &from);
    (void) xsell_rank_list(e->ranker, &e->arena.a, &q, pick, &n);
    (void) clock_gettime(CLOCK_MONOTONIC, &to);

    e->ns[e->score.queries] =
        (uint32_t) ((to.tv_sec - from.tv_sec) * 1000000000
                    + to.tv_nsec - from.tv_nsec);

    rank = 0;

    for (i = 0; i < n && i < EVAL_TOP; i++) {
        if (pick[i].item == query->target) {
            rank = i + 1;
            break;
        }
    }

    eval_count(&e->score, rank);
    eval_count(&e->popular_score, eval_popular(e, query));

    return CLI_OK;
}


int
eval_enough(const eval_t *e)
{
    return e->o->limit && e->score.queries >= (uint64_t) e->o->limit;
}


/* ---- the figures ------------------------------------------------------ */

static int
eval_order(const void *x, const void *y)
{
    uint32_t  a, b;

    a = *(const uint32_t *) x;
    b = *(const uint32_t *) y;

    return (a > b) - (a < b);
}


/* the smallest that `percent` of all are not above, in microseconds */

static double
eval_percentile(const eval_t *e, unsigned percent)
{
    uint64_t  at;

    at = (e->score.queries * percent + 99) / 100;

    return e->ns[at ? at - 1 : 0] / 1000.0;
}


static int
eval_report(eval_t *e)
{
    double  n;

    cli_progress_end();

    if (e->score.queries == 0) {
        return cli_fail("%s: no query that can be asked",
                        cli_input_name(e->o->test ? e->o->test
                                                  : e->o->train));
    }

    qsort(e->ns, e->score.queries, sizeof(*e->ns), eval_order);

    if (e->o->verbose) {
        n = (double) e->popular_score.queries;

        printf("popularity: HR@%d=%.4f MRR@%d=%.4f\n", EVAL_TOP,
               (double) e->popular_score.hits / n, EVAL_TOP,
               e->popular_score.ranks / n);
    }

    n = (double) e->score.queries;

    printf("HR@%d=%.4f MRR@%d=%.4f queries=%llu p50_us=%.1f p90_us=%.1f "
           "p99_us=%.1f zone_mb=%.0f\n",
           EVAL_TOP, (double) e->score.hits / n, EVAL_TOP,
           e->score.ranks / n, (unsigned long long) e->score.queries,
           eval_percentile(e, 50), eval_percentile(e, 90),
           eval_percentile(e, 99),
           (double) e->arena.bytes / (1024 * 1024));

    return CLI_OK;
}

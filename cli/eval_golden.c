
/*
 * eval_golden.c: `xsell eval sessions --mode vsknn|ar`: two published methods
 * as session-rec has them (Ludewig, Jannach 2018; Ludewig et al. 2020), held
 * against the lists that it wrote itself.
 *
 * This is the yardstick, not the engine: exact, over all of the data, without
 * the bounds of a zone.  What `eval sessions` measures of the engine is only
 * worth something if the protocol and the methods next to it are understood
 * as others understand them; so the methods are written once more, from their
 * definition, and must give the same items with the same scores.
 *
 *   ar      pairs of a session, each click with each one before it; 20 rules
 *           an item are kept, of equal ones the first
 *   vsknn   k 500 of the m 5000 newest sessions that share an item; quadratic
 *           weights of positions, 1/step of the newest shared item, idf 5
 *
 * Of equally similar sessions session-rec takes whichever its sets name first,
 * here the newest; so lists differ a little where more than k are alike.
 * Equal scores have no order: lists are compared by what an item scores.
 */

#include "eval.h"

#include <getopt.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>


#define GOLDEN_K       500
#define GOLDEN_M       5000
#define GOLDEN_IDF     5.0
#define GOLDEN_RULES   20
#define GOLDEN_ROW     64               /* items of a list that are read */
#define GOLDEN_SAME    1e-9


static const char  golden_help[] =
    "usage: xsell eval sessions --mode vsknn|ar --train FILE --test FILE\n"
    "       --golden FILE\n"
    "\n"
    "Recommends by a published method, as session-rec does, and compares with\n"
    "lists that session-rec wrote.  Files are its own: clicks as SessionId,\n"
    "ItemId, Time with tabs between and a header; lists as SessionId;Position;\n"
    "Recommendations;Scores.  They may be gzip.\n"
    "\n"
    "The last line is for scripts: rows=.. equal=.. (all scores) top1=..\n"
    "overlap@20=..\n";


/* clicks of a file, session by session */

typedef struct {
    eval_ids_t           ids;           /* of sessions */
    eval_rows_t          all;           /* items as they were clicked */
    eval_rows_t          set;           /* each once */
    double              *time;          /* of a session's last click */
    size_t               time_room;
} golden_clicks_t;


typedef struct {
    uint32_t             item;
    uint32_t             n;
} golden_rule_t;


typedef struct {
    golden_rule_t       *rule;
    size_t               n;
    size_t               room;
} golden_rules_t;


typedef struct {
    uint32_t             session;
    double               time;
    double               similarity;
} golden_near_t;


typedef struct {
    int                  ar;
    const char          *train;
    const char          *test;
    const char          *golden;

    eval_ids_t           items;
    golden_clicks_t      history;
    golden_clicks_t      asked;
    eval_rows_t          sessions;      /* of an item */
    uint32_t            *clicks;        /* of an item */
    golden_rules_t      *rules;         /* of an item */
    golden_near_t       *near;
    double              *similarity;    /* of a session */
    double              *score;         /* of an item */

    uint64_t             rows;
    uint64_t             equal;
    uint64_t             top;
    double               overlap;
} golden_t;


/* ---- files ------------------------------------------------------------ */

static int
golden_end_session(golden_clicks_t *c, uint32_t from)
{
    size_t           i, k, first;
    uint32_t         n;
    const uint32_t  *item;

    if (eval_rows_end(&c->all) != 0) {
        return CLI_FAILED;
    }

    item = eval_rows_at(&c->all, from, &n);
    first = c->set.item_n;

    for (i = 0; i < n; i++) {

        for (k = first; k < c->set.item_n && c->set.item[k] != item[i]; k++) {
            /* void */
        }

        if (k == c->set.item_n && eval_rows_add(&c->set, item[i]) != 0) {
            return CLI_FAILED;
        }
    }

    return eval_rows_end(&c->set);
}


/* one line: a click of the running session or the first of the next one */

static int
golden_click(golden_t *g, golden_clicks_t *c, char *line)
{
    char      *word[3];
    size_t     n[3];
    int64_t    item, session;
    unsigned   i;

    for (i = 0; i < 3; i++) {
        line += strspn(line, " \t");
        word[i] = line;
        n[i] = strcspn(line, " \t");
        line += n[i];

        if (n[i] == 0 || n[i] > XSELL_ID_MAX) {
            return CLI_USAGE;
        }
    }

    item = eval_id(&g->items, word[1], n[1], 1);
    session = eval_id(&c->ids, word[0], n[0], 1);

    if (item < 0 || session < 0) {
        return CLI_FAILED;
    }

    if ((uint32_t) session > c->all.n
        && golden_end_session(c, c->all.n) != 0)
    {
        return CLI_FAILED;
    }

    if ((uint32_t) session != c->all.n) {
        return CLI_USAGE;               /* comes back after another one */
    }

    if (eval_grow(&c->time, c->ids.n, &c->time_room, sizeof(*c->time)) != 0
        || eval_rows_add(&c->all, (uint32_t) item) != 0)
    {
        return CLI_FAILED;
    }

    c->time[session] = strtod(word[2], NULL);

    return CLI_OK;
}


static int
golden_read(golden_t *g, golden_clicks_t *c, const char *file)
{
    int          more, rc;
    cli_input_t  in;

    if (cli_input_open(&in, file) != 0) {
        return CLI_FAILED;
    }

    rc = CLI_OK;

    while (rc == CLI_OK && (more = cli_input_line(&in)) != 0) {

        if (more < 0) {
            return CLI_FAILED;
        }

        if (in.lines > 1) {
            rc = golden_click(g, c, in.line);
        }

        if (rc == CLI_USAGE) {
            rc = cli_fail("%s:%llu: no click: session, item, time, a session "
                          "in one piece", cli_input_name(file),
                          (unsigned long long) in.lines);
        }
    }

    cli_input_close(&in);

    if (rc == CLI_OK && c->ids.n == 0) {
        return cli_fail("%s: no clicks", cli_input_name(file));
    }

    return rc == CLI_OK ? golden_end_session(c, c->all.n) : rc;
}


/* ---- association rules ------------------------------------------------ */

static int
golden_rule(golden_t *g, uint32_t of, uint32_t item)
{
    size_t           i;
    golden_rules_t  *r;

    r = &g->rules[of];

    for (i = 0; i < r->n; i++) {
        if (r->rule[i].item == item) {
            r->rule[i].n++;
            return CLI_OK;
        }
    }

    if (eval_grow(&r->rule, r->n + 1, &r->room, sizeof(*r->rule)) != 0) {
        return CLI_FAILED;
    }

    r->rule[r->n].item = item;
    r->rule[r->n++].n = 1;

    return CLI_OK;
}


static int
golden_learn_rules(golden_t *g)
{
    uint32_t         s, i, k, n;
    const uint32_t  *item;

    for (s = 0; s < g->history.all.n; s++) {
        item = eval_rows_at(&g->history.all, s, &n);

        for (i = 1; i < n; i++) {
            for (k = 0; k < i; k++) {
                if (golden_rule(g, item[k], item[i]) != CLI_OK
                    || golden_rule(g, item[i], item[k]) != CLI_OK)
                {
                    return CLI_FAILED;
                }
            }
        }
    }

    return CLI_OK;
}


/* the best rules of the last item, of equal ones those that came first */

static void
golden_ask_rules(golden_t *g, const uint32_t *item, uint32_t n)
{
    size_t           i, best;
    uint32_t         kept;
    golden_rules_t  *r;

    r = &g->rules[item[n - 1]];

    for (kept = 0; kept < GOLDEN_RULES; kept++) {
        best = r->n;

        for (i = 0; i < r->n; i++) {
            if (g->score[r->rule[i].item] == 0
                && (best == r->n || r->rule[i].n > r->rule[best].n))
            {
                best = i;
            }
        }

        if (best == r->n) {
            break;
        }

        g->score[r->rule[best].item] = r->rule[best].n;
    }
}


/* ---- V-SKNN ----------------------------------------------------------- */

static int
golden_index(golden_t *g)
{
    uint32_t         s, i, k, n;
    size_t          *end;
    const uint32_t  *item;

    /* a counting sort of (item, session) by item */

    end = calloc(g->items.n + 1u, sizeof(*end));
    g->sessions.item = malloc((g->history.set.item_n + 1)
                              * sizeof(uint32_t));

    if (end == NULL || g->sessions.item == NULL) {
        free(end);
        return cli_fail("not enough memory");
    }

    for (i = 0; i < g->history.set.item_n; i++) {
        end[g->history.set.item[i] + 1]++;
    }

    for (i = 0; i < g->items.n; i++) {
        end[i + 1] += end[i];
    }

    for (s = 0; s < g->history.set.n; s++) {
        item = eval_rows_at(&g->history.set, s, &n);

        for (k = 0; k < n; k++) {
            g->sessions.item[end[item[k]]++] = s;
        }
    }

    g->sessions.end = end;
    g->sessions.n = g->items.n;
    g->sessions.item_n = g->history.set.item_n;

    return CLI_OK;
}


static int
golden_newer(const void *x, const void *y)
{
    const golden_near_t  *a, *b;

    a = x;
    b = y;

    if (a->time != b->time) {
        return a->time < b->time ? 1 : -1;
    }

    return (a->session < b->session) - (a->session > b->session);
}


static int
golden_nearer(const void *x, const void *y)
{
    const golden_near_t  *a, *b;

    a = x;
    b = y;

    if (a->similarity != b->similarity) {
        return a->similarity < b->similarity ? 1 : -1;
    }

    return golden_newer(x, y);
}


/* the sessions that share an item, with what the shared ones weigh */

static uint32_t
golden_neighbours(golden_t *g, const uint32_t *item, uint32_t n)
{
    double           w;
    uint32_t         i, k, s, m, found, distinct;
    const uint32_t  *list;

    found = 0;
    distinct = 0;

    for (i = n; i > 0; i--) {

        for (k = i; k < n && item[k] != item[i - 1]; k++) { /* void */ }

        if (k < n) {
            continue;                   /* counts where it stands last */
        }

        distinct++;
        w = (double) i / n * i / n;
        list = eval_rows_at(&g->sessions, item[i - 1], &m);

        for (k = 0; k < m; k++) {
            s = list[k];

            if (g->similarity[s] == 0) {
                g->near[found].session = s;
                g->near[found++].time = g->history.time[s];
            }

            g->similarity[s] += w;
        }
    }

    for (i = 0; i < found; i++) {
        s = g->near[i].session;
        g->near[i].similarity = g->similarity[s] / distinct;
        g->similarity[s] = 0;
    }

    qsort(g->near, found, sizeof(*g->near), golden_newer);
    found = found < GOLDEN_M ? found : GOLDEN_M;

    qsort(g->near, found, sizeof(*g->near), golden_nearer);

    return found < GOLDEN_K ? found : GOLDEN_K;
}


static void
golden_ask_knn(golden_t *g, const uint32_t *item, uint32_t n)
{
    double           idf;
    uint32_t         i, k, m, near, step;
    const uint32_t  *list;

    near = golden_neighbours(g, item, n);

    for (i = 0; i < near; i++) {
        list = eval_rows_at(&g->history.set, g->near[i].session, &m);

        for (step = 1, k = m; step <= n; step++) {

            for (k = 0; k < m && list[k] != item[n - step]; k++) { /* void */ }

            if (k < m) {
                break;
            }
        }

        for (k = 0; k < m; k++) {
            idf = log((double) g->history.all.n / g->clicks[list[k]]);
            g->score[list[k]] += g->near[i].similarity
                                 * (1 + GOLDEN_IDF * idf) / step;
        }
    }
}


/* ---- against the lists ------------------------------------------------ */

static int
golden_order(const void *x, const void *y)
{
    double  a, b;

    a = *(const double *) x;
    b = *(const double *) y;

    return (a < b) - (a > b);
}


/* the best score and the 20th, 0 if there are fewer */

static int
golden_marks(const golden_t *g, double *best, double *last)
{
    double    *sorted;
    uint32_t   i;

    sorted = malloc((g->items.n + EVAL_TOP) * sizeof(*sorted));

    if (sorted == NULL) {
        return cli_fail("not enough memory");
    }

    memcpy(sorted, g->score, g->items.n * sizeof(*sorted));

    for (i = 0; i < EVAL_TOP; i++) {
        sorted[g->items.n + i] = 0;
    }

    qsort(sorted, g->items.n + EVAL_TOP, sizeof(*sorted), golden_order);
    *best = sorted[0];
    *last = sorted[EVAL_TOP - 1];
    free(sorted);

    return CLI_OK;
}


static int
golden_compare(golden_t *g, char *items, char *scores)
{
    int       equal, hits;
    char     *end;
    size_t    n;
    double    best, last, own, score;
    int64_t   item;
    unsigned  i;

    best = last = 0;

    if (golden_marks(g, &best, &last) != CLI_OK) {
        return CLI_FAILED;
    }

    best = best > 0 ? best : 1;
    equal = 1;
    hits = 0;

    for (i = 0; i < GOLDEN_ROW && *items && *scores; i++) {
        n = strcspn(items, ",");
        item = eval_id(&g->items, items, n, 0);
        own = item < 0 ? 0 : g->score[item];
        items += n + (items[n] == ',');

        score = strtod(scores, &end);
        scores = end + (*end == ',');

        equal &= fabs(own / best - score) < GOLDEN_SAME;
        hits += i < EVAL_TOP && own >= last * (1 - GOLDEN_SAME);
        g->top += i == 0 && own >= best * (1 - GOLDEN_SAME);
    }

    g->rows++;
    g->equal += (uint64_t) equal;
    g->overlap += i ? (double) hits / (i < EVAL_TOP ? i : EVAL_TOP) : 1;

    return CLI_OK;
}


static int
golden_line(golden_t *g, char *line)
{
    char            *field[4];
    int64_t          session;
    uint32_t         n, at;
    unsigned         i;
    const uint32_t  *item;

    for (i = 0; i < 4; i++) {
        field[i] = line;
        line += strcspn(line, ";");

        if (*line == ';') {
            *line++ = '\0';
        }
    }

    session = eval_id(&g->asked.ids, field[0], strlen(field[0]), 0);
    at = (uint32_t) strtoul(field[1], NULL, 10);

    if (session < 0) {
        return CLI_USAGE;
    }

    item = eval_rows_at(&g->asked.all, (uint32_t) session, &n);

    if (at >= n) {
        return CLI_USAGE;
    }

    memset(g->score, 0, g->items.n * sizeof(*g->score));

    if (g->ar) {
        golden_ask_rules(g, item, at + 1);

    } else {
        golden_ask_knn(g, item, at + 1);
    }

    return golden_compare(g, field[2], field[3]);
}


static int
golden_lists(golden_t *g)
{
    int          more, rc;
    cli_input_t  in;

    if (cli_input_open(&in, g->golden) != 0) {
        return CLI_FAILED;
    }

    rc = CLI_OK;

    while (rc == CLI_OK && (more = cli_input_line(&in)) != 0) {

        if (more < 0) {
            return CLI_FAILED;
        }

        rc = in.lines > 1 ? golden_line(g, in.line) : CLI_OK;

        if (rc == CLI_USAGE) {
            rc = cli_fail("%s:%llu: no list of a click of the test",
                          cli_input_name(g->golden),
                          (unsigned long long) in.lines);
        }
    }

    cli_input_close(&in);

    if (rc == CLI_OK && g->rows == 0) {
        return cli_fail("%s: no lists", cli_input_name(g->golden));
    }

    return rc;
}


static int
golden_run(golden_t *g)
{
    size_t  i;

    if (golden_read(g, &g->history, g->train) != CLI_OK
        || golden_read(g, &g->asked, g->test) != CLI_OK)
    {
        return CLI_FAILED;
    }

    g->clicks = calloc(g->items.n, sizeof(*g->clicks));
    g->rules = calloc(g->items.n, sizeof(*g->rules));
    g->score = calloc(g->items.n, sizeof(*g->score));
    g->similarity = calloc(g->history.all.n, sizeof(*g->similarity));
    g->near = calloc(g->history.all.n, sizeof(*g->near));

    if (g->clicks == NULL || g->rules == NULL || g->score == NULL
        || g->similarity == NULL || g->near == NULL)
    {
        return cli_fail("not enough memory");
    }

    for (i = 0; i < g->history.all.item_n; i++) {
        g->clicks[g->history.all.item[i]]++;
    }

    if ((g->ar ? golden_learn_rules(g) : golden_index(g)) != CLI_OK
        || golden_lists(g) != CLI_OK)
    {
        return CLI_FAILED;
    }

    printf("rows=%llu equal=%llu top1=%llu overlap@%d=%.4f\n",
           (unsigned long long) g->rows, (unsigned long long) g->equal,
           (unsigned long long) g->top, EVAL_TOP,
           g->overlap / (double) g->rows);

    return CLI_OK;
}


static void
golden_close(golden_t *g)
{
    uint32_t  i;

    for (i = 0; g->rules && i < g->items.n; i++) {
        free(g->rules[i].rule);
    }

    eval_rows_free(&g->history.all);
    eval_rows_free(&g->history.set);
    eval_rows_free(&g->asked.all);
    eval_rows_free(&g->asked.set);
    eval_rows_free(&g->sessions);
    eval_ids_free(&g->history.ids);
    eval_ids_free(&g->asked.ids);
    eval_ids_free(&g->items);
    free(g->history.time);
    free(g->asked.time);
    free(g->clicks);
    free(g->rules);
    free(g->score);
    free(g->similarity);
    free(g->near);
}


int
eval_golden(int argc, char **argv)
{
    int          c, rc;
    golden_t     g;
    const char  *mode;

    static const struct option  options[] = {
        { "mode",   required_argument, NULL, 'm' },
        { "train",  required_argument, NULL, 'r' },
        { "test",   required_argument, NULL, 't' },
        { "golden", required_argument, NULL, 'g' },
        { "help",   no_argument,       NULL, 'h' },
        { NULL, 0, NULL, 0 }
    };

    memset(&g, 0, sizeof(g));
    mode = NULL;

    while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {

        switch (c) {

        case 'm':
            mode = optarg;
            break;

        case 'r':
            g.train = optarg;
            break;

        case 't':
            g.test = optarg;
            break;

        case 'g':
            g.golden = optarg;
            break;

        case 'h':
            fputs(golden_help, stdout);
            return CLI_OK;

        default:
            return CLI_USAGE;
        }
    }

    if (argc - optind != 1 || mode == NULL || g.train == NULL
        || g.test == NULL || g.golden == NULL)
    {
        return cli_usage("eval", "\"sessions\", --mode, --train, --test and "
                         "--golden are needed");
    }

    g.ar = strcmp(mode, "ar") == 0;

    if (!g.ar && strcmp(mode, "vsknn") != 0) {
        return cli_usage("eval", "--mode \"%s\" is neither \"vsknn\" nor "
                         "\"ar\"", mode);
    }

    rc = golden_run(&g);
    golden_close(&g);

    return rc;
}


/*
 * eval_sessions.c: what is viewed next (SR-GNN's protocol, as session-rec and
 * most papers measure it): every prefix of a test session is a query.
 *
 * A training session is a visitor who brings a cookie and views one item
 * after the other.  A query's visitor views the items before in the same way,
 * but stands in the probation part of the session table and teaches nobody;
 * he is erased after the answer.  So history, refreshes and the bounds of a
 * record are the ones of live traffic.
 */

#include "eval.h"

#include <stdlib.h>
#include <string.h>


/* between two views, and between two sessions: more than a refresh, and long
   enough that nothing looks like a burst */
#define EVAL_VIEW_MS     30000
#define EVAL_SESSION_MS  3000
#define EVAL_DAY_MS      (24ull * 3600 * 1000)

#define EVAL_CONTEXT     512            /* items of a query */


/* the next word of a line; NULL: none */

static char *
eval_word(char **at, size_t *n)
{
    char  *p;

    p = *at + strspn(*at, " \t,");
    *n = strcspn(p, " \t,");
    *at = p + *n;

    return *n ? p : NULL;
}


static int
eval_sessions_read(eval_t *e, eval_rows_t *rows)
{
    int           more;
    char         *at, *word;
    size_t        n;
    int64_t       id;
    cli_input_t   in;

    if (cli_input_open(&in, e->o->train) != 0) {
        return CLI_FAILED;
    }

    cli_progress_begin(&e->progress, "reading");

    while ((more = cli_input_line(&in)) == 1) {

        if (in.cut) {
            more = -1;
            (void) cli_fail("%s:%llu: the line is longer than a mebibyte",
                            cli_input_name(in.file),
                            (unsigned long long) in.lines);
            break;
        }

        at = in.line;

        while ((word = eval_word(&at, &n)) != NULL) {

            if (n > XSELL_ID_MAX) {
                cli_input_close(&in);
                return cli_fail("%s:%llu: an item id is longer than %d bytes",
                                cli_input_name(e->o->train),
                                (unsigned long long) in.lines, XSELL_ID_MAX);
            }

            id = eval_id(&e->ids, word, n, 1);

            if (id < 0 || eval_rows_add(rows, (uint32_t) id) != 0) {
                cli_input_close(&in);
                return CLI_FAILED;
            }
        }

        if (eval_rows_end(rows) != 0) {
            more = -1;
            break;
        }

        cli_progress(&e->progress, cli_input_done(&in), in.bytes);
    }

    cli_input_close(&in);

    if (more < 0) {
        return CLI_FAILED;
    }

    if (rows->item_n == 0) {
        return cli_fail("%s: no sessions", cli_input_name(e->o->train));
    }

    return CLI_OK;
}


static void
eval_sessions_train(eval_t *e, const eval_rows_t *rows)
{
    uint32_t         i, j, n;
    uint64_t         visitor, step_ms;
    xsell_event_t    ev;
    const uint32_t  *item;

    cli_progress_begin(&e->progress, "training");

    step_ms = e->o->days ? (uint64_t) e->o->days * EVAL_DAY_MS / rows->n
                         : EVAL_SESSION_MS;

    for (i = 0; i < rows->n; i++) {
        item = eval_rows_at(rows, i, &n);
        visitor = eval_visitor(e);

        for (j = 0; j < n; j++) {
            e->count[item[j]]++;

            eval_event(e, &ev, XSELL_EVENT_VIEW, visitor, item[j]);
            ev.flags = XSELL_EV_COOKIE;
            ev.time_ms += (uint64_t) j * EVAL_VIEW_MS;
            eval_learn(e, &ev);
        }

        e->now_ms += step_ms;

        if (i % 64 == 0) {
            cli_progress(&e->progress, i, rows->n);
        }
    }
}


/* the views before; the visitor's record then */

static int
eval_sessions_view(eval_t *e, uint64_t visitor, const uint32_t *item,
    uint32_t n, xsell_session_t *s)
{
    int            rc;
    uint32_t       i;
    xsell_event_t  ev;

    rc = XSELL_NONE;

    for (i = 0; i < n; i++) {
        eval_event(e, &ev, XSELL_EVENT_VIEW, visitor, item[i]);
        ev.time_ms += (uint64_t) i * EVAL_VIEW_MS;
        rc = xsell_session_apply(&e->arena.a, &ev, s);
    }

    return rc;
}


static int
eval_sessions_query(eval_t *e, char *line)
{
    int              rc;
    char            *at, *word;
    size_t           n;
    int64_t          id, target;
    uint32_t         item[EVAL_CONTEXT];
    uint64_t         visitor;
    eval_query_t     query;
    xsell_event_t    ev;
    xsell_session_t  s;

    memset(&query, 0, sizeof(query));
    at = line;
    word = eval_word(&at, &n);

    if (word == NULL) {
        return CLI_OK;
    }

    target = eval_id(&e->ids, word, n, 0);

    while ((word = eval_word(&at, &n)) != NULL) {
        id = eval_id(&e->ids, word, n, 0);

        if (id < 0) {
            continue;
        }

        /* the last ones count */

        if (query.known_n == EVAL_CONTEXT) {
            query.known_n--;
            memmove(item, item + 1, query.known_n * sizeof(*item));
        }

        item[query.known_n++] = (uint32_t) id;

        if (e->o->novel && id == target) {
            return CLI_OK;
        }
    }

    visitor = eval_visitor(e);
    rc = eval_sessions_view(e, visitor, item, query.known_n, &s);

    query.session = rc == XSELL_OK ? &s : NULL;
    query.known = item;
    query.anchor = query.known_n ? item[query.known_n - 1] : XSELL_NO_ITEM;
    query.target = target < 0 ? XSELL_NO_ITEM : (uint32_t) target;
    query.novel = e->o->novel;

    rc = eval_ask(e, &query);

    eval_event(e, &ev, XSELL_EVENT_ERASE, visitor, XSELL_NO_ITEM);
    (void) xsell_session_apply(&e->arena.a, &ev, NULL);

    return rc;
}


static int
eval_sessions_test(eval_t *e)
{
    int          more, rc;
    cli_input_t  in;

    if (cli_input_open(&in, e->o->test) != 0) {
        return CLI_FAILED;
    }

    cli_progress_begin(&e->progress, "asking");
    rc = CLI_OK;

    while (rc == CLI_OK && !eval_enough(e)
           && (more = cli_input_line(&in)) != 0)
    {
        if (more < 0) {
            return CLI_FAILED;
        }

        if (strchr(in.line, '\t') == NULL && in.line_n) {
            rc = cli_fail("%s:%llu: not a query: an item, a tab, the items "
                          "before", cli_input_name(in.file),
                          (unsigned long long) in.lines);
            break;
        }

        rc = eval_sessions_query(e, in.line);
        cli_progress(&e->progress, cli_input_done(&in), in.bytes);
    }

    cli_input_close(&in);

    return rc;
}


int
eval_sessions(eval_t *e)
{
    int          rc;
    eval_rows_t  rows;

    memset(&rows, 0, sizeof(rows));

    rc = eval_sessions_read(e, &rows);

    if (rc == CLI_OK) {
        rc = eval_open(e, rows.n);
    }

    if (rc == CLI_OK) {
        eval_sessions_train(e, &rows);
        eval_settle(e);
        rc = eval_sessions_test(e);
    }

    eval_rows_free(&rows);

    return rc;
}


/*
 * eval_offpolicy_log.c: logs of decisions into numbers, and the policies that
 * are to be valued on them.
 *
 * Two forms: CSV with the columns of the Open Bandit Dataset (Saito et al.
 * 2021: item_id, position, click, propensity_score, user_feature_*), and a
 * JSON object a line, as `xsell simulate --log` writes it and as a shop's event
 * log has it among its events.  A row without an
 * exact propensity is refused, not guessed: every estimate divides by it.
 */

#include "eval_offpolicy.h"

#include "../engine/model/xsell_json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>


#define OFFPOLICY_COLUMNS    1024
#define OFFPOLICY_POSITIONS  256

enum {
    COLUMN_NONE = 0,
    COLUMN_ACTION,
    COLUMN_POSITION,
    COLUMN_REWARD,
    COLUMN_PROPENSITY,
    COLUMN_VALUE
};


typedef struct {
    offpolicy_log_t     *log;
    cli_input_t          in;
    unsigned             columns;       /* of CSV, 0: JSON */
    uint8_t              kind[OFFPOLICY_COLUMNS];
} offpolicy_reader_t;


static int
offpolicy_wrong(const offpolicy_reader_t *r, const char *what)
{
    return cli_fail("%s:%llu: %s", cli_input_name(r->in.file),
                    (unsigned long long) r->in.lines, what);
}


/* ---- rows ------------------------------------------------------------- */

static int
offpolicy_id(eval_ids_t *ids, xsell_str_t text, uint32_t *id)
{
    int64_t  n;

    n = eval_id(ids, text.p, text.n, 1);

    if (n < 0) {
        return CLI_FAILED;
    }

    *id = (uint32_t) n;

    return CLI_OK;
}


static int
offpolicy_cell(offpolicy_log_t *log, uint32_t position, uint32_t action,
    uint32_t *cell)
{
    char         text[32];
    xsell_str_t  s;

    s.p = text;
    s.n = (size_t) sprintf(text, "%u,%u", position, action);

    return offpolicy_id(&log->cells, s, cell);
}


/* the next row, its context 0 */

static offpolicy_row_t *
offpolicy_row(offpolicy_log_t *log, float **context)
{
    size_t           n;
    offpolicy_row_t *row;

    n = log->rows + 1u;

    if (eval_grow(&log->row, n, &log->row_room, sizeof(*log->row))
        || eval_grow(&log->context, n * OFFPOLICY_CONTEXT,
                     &log->context_room, sizeof(*log->context))
        || eval_grow(&log->end, n, &log->end_room, sizeof(*log->end)))
    {
        return NULL;
    }

    row = &log->row[log->rows];
    memset(row, 0, sizeof(*row));
    row->target = OFFPOLICY_UNKNOWN;

    *context = &log->context[(n - 1) * OFFPOLICY_CONTEXT];
    memset(*context, 0, OFFPOLICY_CONTEXT * sizeof(**context));

    return row;
}


/* all that every form must say */

static int
offpolicy_row_end(offpolicy_reader_t *r, offpolicy_row_t *row)
{
    offpolicy_log_t  *log;

    log = r->log;

    if (log->positions.n == 0
        && offpolicy_id(&log->positions, cli_str(""), &row->position))
    {
        return CLI_FAILED;
    }

    if (log->positions.n > OFFPOLICY_POSITIONS) {
        return offpolicy_wrong(r, "too many different positions");
    }

    if (!(row->propensity > 0 && row->propensity <= 1)) {
        return offpolicy_wrong(r, "the propensity is no number above 0, up "
                               "to 1");
    }

    if (!(row->reward >= 0 && row->reward <= 1e12)) {
        return offpolicy_wrong(r, "the reward is no number from 0");
    }

    if (offpolicy_cell(log, row->position, row->action, &row->cell)) {
        return CLI_FAILED;
    }

    log->end[log->rows] = log->choices;
    log->rows++;

    return CLI_OK;
}


/* ---- CSV -------------------------------------------------------------- */

static xsell_str_t
offpolicy_field(const char **at)
{
    const char   *p;
    xsell_str_t   s;

    p = *at;

    s.p = p;
    s.n = strcspn(p, ",\r");
    *at = p[s.n] == ',' ? &p[s.n + 1] : &p[s.n];

    return s;
}


static int
offpolicy_is(xsell_str_t s, const char *text)
{
    return s.n == strlen(text) && memcmp(s.p, text, s.n) == 0;
}


static int
offpolicy_header(offpolicy_reader_t *r)
{
    unsigned      n, found;
    const char   *p;
    xsell_str_t   s;

    static const char  value[] = "user_feature_";

    found = 0;

    for (n = 0, p = r->in.line; n < OFFPOLICY_COLUMNS; n++) {
        s = offpolicy_field(&p);

        r->kind[n] = offpolicy_is(s, "item_id") ? COLUMN_ACTION
                     : offpolicy_is(s, "position") ? COLUMN_POSITION
                     : offpolicy_is(s, "click") ? COLUMN_REWARD
                     : offpolicy_is(s, "propensity_score") ? COLUMN_PROPENSITY
                     : s.n >= sizeof(value) - 1
                       && memcmp(s.p, value, sizeof(value) - 1) == 0
                       ? COLUMN_VALUE : COLUMN_NONE;

        found |= 1u << r->kind[n];

        if (*p == '\0' || *p == '\r') {
            break;
        }
    }

    r->columns = n + 1;

    if (n == OFFPOLICY_COLUMNS || r->in.cut
        || (~found & (1u << COLUMN_ACTION | 1u << COLUMN_REWARD
                      | 1u << COLUMN_PROPENSITY)))
    {
        return offpolicy_wrong(r, "neither JSON nor a header with item_id, "
                               "click and propensity_score");
    }

    return CLI_OK;
}


static double
offpolicy_number(xsell_str_t s)
{
    char   *end;
    double  v;

    v = strtod(s.p, &end);

    return s.n && end == s.p + s.n ? v : NAN;
}


static int
offpolicy_csv(offpolicy_reader_t *r)
{
    float            *context;
    unsigned          i;
    uint32_t          id;
    const char       *p;
    xsell_str_t       s;
    offpolicy_row_t  *row;
    char              text[160];

    row = offpolicy_row(r->log, &context);

    if (row == NULL) {
        return CLI_FAILED;
    }

    row->propensity = NAN;
    row->reward = NAN;
    row->unit = r->log->rows;

    for (i = 0, p = r->in.line; i < r->columns; i++) {
        s = offpolicy_field(&p);

        switch (r->kind[i]) {

        case COLUMN_ACTION:
            if (offpolicy_id(&r->log->actions, s, &row->action)) {
                return CLI_FAILED;
            }

            break;

        case COLUMN_POSITION:
            if (offpolicy_id(&r->log->positions, s, &row->position)) {
                return CLI_FAILED;
            }

            break;

        case COLUMN_REWARD:
            row->reward = offpolicy_number(s);
            break;

        case COLUMN_PROPENSITY:
            row->propensity = (float) offpolicy_number(s);
            break;

        case COLUMN_VALUE:
            s.n = (size_t) snprintf(text, sizeof(text), "%u=%.*s", i,
                                    s.n < 128 ? (int) s.n : 128, s.p);
            s.p = text;

            if (offpolicy_id(&r->log->values, s, &id)) {
                return CLI_FAILED;
            }

            context[id % OFFPOLICY_CONTEXT] += 1;
            r->log->context_n = 1;
            break;

        default:
            break;
        }
    }

    return offpolicy_row_end(r, row);
}


/* ---- JSON ------------------------------------------------------------- */

static double
offpolicy_real(const xsell_value_t *v)
{
    return v->kind == XSELL_JSON_INTEGER ? (double) v->integer
           : v->kind == XSELL_JSON_REAL ? v->real : NAN;
}


/* a name may be a number; absent: "" */

static int
offpolicy_name(eval_ids_t *ids, const xsell_value_t *v, uint32_t *id)
{
    char         text[32];
    xsell_str_t  s;

    s = v->text;

    if (v->kind == XSELL_JSON_INTEGER) {
        s.p = text;
        s.n = (size_t) sprintf(text, "%lld", (long long) v->integer);

    } else if (v->kind != XSELL_JSON_TEXT) {
        s = cli_str("");
    }

    return offpolicy_id(ids, s, id);
}


static int
offpolicy_target(offpolicy_reader_t *r, const xsell_value_t *v,
    offpolicy_row_t *row)
{
    void                *iter;
    double               p, sum;
    const char          *key;
    xsell_value_t        one;
    offpolicy_log_t     *log;
    offpolicy_choice_t  *choice;

    log = r->log;

    if (v->kind != XSELL_JSON_OBJECT) {
        log->whole = 0;
        p = offpolicy_real(v);

        if (v->kind != XSELL_JSON_NONE && !(p >= 0 && p <= 1)) {
            return offpolicy_wrong(r, "\"target\" is no probability");
        }

        row->target = v->kind == XSELL_JSON_NONE ? OFFPOLICY_UNKNOWN
                                                 : (float) p;
        return CLI_OK;
    }

    row->target = 0;
    sum = 0;
    iter = NULL;

    while ((iter = xsell_json_each(v->node, iter, &key, &one)) != NULL) {
        p = offpolicy_real(&one);
        sum += p;

        if (!(p >= 0 && sum <= 1.0001)) {
            return offpolicy_wrong(r, "the probabilities of \"target\" are "
                                   "not numbers that make 1 at most");
        }

        if (eval_grow(&log->choice, log->choices + 1, &log->choice_room,
                      sizeof(*log->choice)))
        {
            return CLI_FAILED;
        }

        choice = &log->choice[log->choices++];
        choice->p = (float) p;

        if (offpolicy_id(&log->actions, cli_str(key), &choice->action)
            || offpolicy_cell(log, row->position, choice->action,
                              &choice->cell))
        {
            return CLI_FAILED;
        }

        if (choice->action == row->action) {
            row->target = (float) p;
        }
    }

    return CLI_OK;
}


static int
offpolicy_context(offpolicy_reader_t *r, const xsell_value_t *list,
    float *context)
{
    double         x;
    size_t         i, n;
    xsell_value_t  v;

    n = list->kind == XSELL_JSON_LIST ? (size_t) list->integer : 0;

    if (r->log->rows && n != r->log->context_n) {
        return offpolicy_wrong(r, "\"context\" has not as many numbers as "
                               "before");
    }

    r->log->context_n = (uint32_t) n;

    for (i = 0; i < n; i++) {
        xsell_json_element(list, i, &v);
        x = offpolicy_real(&v);

        if (!(fabs(x) <= 1e9)) {
            return offpolicy_wrong(r, "\"context\" has what is no number");
        }

        context[i % OFFPOLICY_CONTEXT] += (float) x;
    }

    return CLI_OK;
}


static int
offpolicy_fields(offpolicy_reader_t *r, const xsell_json_t *doc)
{
    char              alone[32];
    float            *context;
    xsell_value_t     v;
    offpolicy_log_t  *log;
    offpolicy_row_t  *row;

    log = r->log;
    row = offpolicy_row(log, &context);

    if (row == NULL) {
        return CLI_FAILED;
    }

    xsell_json_get(doc, "action", &v);

    if (v.kind != XSELL_JSON_TEXT && v.kind != XSELL_JSON_INTEGER) {
        return offpolicy_wrong(r, "\"action\" is missing");
    }

    if (offpolicy_name(&log->actions, &v, &row->action)) {
        return CLI_FAILED;
    }

    xsell_json_get(doc, "position", &v);

    if (offpolicy_name(&log->positions, &v, &row->position)) {
        return CLI_FAILED;
    }

    /* rows of one visit are no independent evidence; without a visit each
       stands for itself */

    xsell_json_get(doc, "session", &v);

    if (v.kind == XSELL_JSON_NONE) {
        v.kind = XSELL_JSON_TEXT;
        v.text.p = alone;
        v.text.n = (size_t) sprintf(alone, "\n%u", log->rows);
    }

    if (offpolicy_name(&log->units, &v, &row->unit)) {
        return CLI_FAILED;
    }

    xsell_json_get(doc, "propensity", &v);
    row->propensity = (float) offpolicy_real(&v);

    xsell_json_get(doc, "reward", &v);
    row->reward = offpolicy_real(&v);

    xsell_json_get(doc, "truth", &v);

    if (fabs(offpolicy_real(&v)) <= 1e12) {
        log->truth += offpolicy_real(&v);
        log->truths++;
    }

    xsell_json_get(doc, "context", &v);

    if (offpolicy_context(r, &v, context)) {
        return CLI_FAILED;
    }

    xsell_json_get(doc, "target", &v);

    if (offpolicy_target(r, &v, row)) {
        return CLI_FAILED;
    }

    return offpolicy_row_end(r, row);
}


static int
offpolicy_json(offpolicy_reader_t *r)
{
    int            rc;
    xsell_json_t  *doc;
    xsell_error_t  err;
    xsell_value_t  v;

    memset(&err, 0, sizeof(err));

    if (xsell_json_open(&doc, r->in.line, r->in.line_n, &err) != XSELL_OK) {
        return offpolicy_wrong(r, err.text);
    }

    /* an event log has other lines too: a key "type" says what each is */

    xsell_json_get(doc, "type", &v);

    rc = v.kind == XSELL_JSON_TEXT && !offpolicy_is(v.text, "tossed")
         ? CLI_OK : offpolicy_fields(r, doc);

    xsell_json_close(doc);

    return rc;
}


/* ---- the file --------------------------------------------------------- */

int
offpolicy_read(offpolicy_log_t *log, const char *file)
{
    int                 rc, json;
    offpolicy_reader_t  r;

    memset(log, 0, sizeof(*log));
    memset(&r, 0, sizeof(r));

    log->whole = 1;
    r.log = log;
    json = -1;

    if (cli_input_open(&r.in, file)) {
        return CLI_FAILED;
    }

    for ( ;; ) {
        rc = cli_input_line(&r.in);

        if (rc <= 0) {
            break;
        }

        if (r.in.line_n == 0) {
            continue;
        }

        if (json == -1) {
            json = r.in.line[0] == '{';
            rc = json ? offpolicy_json(&r) : offpolicy_header(&r);

        } else {
            rc = json ? offpolicy_json(&r) : offpolicy_csv(&r);
        }

        if (rc != CLI_OK) {
            cli_input_close(&r.in);
            return CLI_FAILED;
        }
    }

    if (rc < 0) {
        return CLI_FAILED;
    }

    cli_input_close(&r.in);

    log->whole = log->whole && json == 1;

    return log->rows ? CLI_OK : cli_fail("%s: no decisions",
                                         cli_input_name(file));
}


void
offpolicy_free(offpolicy_log_t *log)
{
    eval_ids_free(&log->actions);
    eval_ids_free(&log->positions);
    eval_ids_free(&log->cells);
    eval_ids_free(&log->units);
    eval_ids_free(&log->values);
    free(log->row);
    free(log->context);
    free(log->choice);
    free(log->end);
}


/* ---- policies --------------------------------------------------------- */

const offpolicy_choice_t *
offpolicy_choices(const offpolicy_log_t *log, uint32_t i, size_t *n)
{
    size_t  from;

    if (log->by_position) {
        i = log->row[i].position;
    }

    from = i ? log->end[i - 1] : 0;
    *n = log->end[i] - from;

    return *n ? &log->choice[from] : NULL;      /* CSV has none */
}


/*
 * A policy that looks at the position only: `of` tells how often it has each
 * action there; uniform: once each.  Actions that this log never had count
 * too: their probability is simply never met.
 */

static int
offpolicy_policy(offpolicy_log_t *log, offpolicy_log_t *of, int uniform)
{
    float            *p;
    size_t            n, all;
    int64_t           position;
    uint32_t          i, k, action, cell, *count;
    offpolicy_row_t  *row;

    log->choices = 0;
    log->by_position = 1;
    log->whole = 1;

    if (eval_grow(&log->end, log->positions.n, &log->end_room,
                  sizeof(*log->end)))
    {
        return CLI_FAILED;
    }

    for (i = 0; i < log->positions.n; i++) {
        const char  *name;

        name = eval_id_text(&log->positions, i);
        position = eval_id(&of->positions, name, strlen(name), 0);

        count = calloc(of->actions.n, sizeof(*count));

        if (count == NULL) {
            return cli_fail("not enough memory");
        }

        for (k = 0, n = all = 0; k < of->rows; k++) {
            if (of->row[k].position == position) {
                n += count[of->row[k].action]++ == 0;
                all++;
            }
        }

        if (all == 0) {
            free(count);
            return cli_fail("the policy's log has nothing at position "
                            "\"%s\"", name);
        }

        /* uniform: of is log, and no action is new to it */

        for (k = 0; k < of->actions.n; k++) {

            if (count[k] == 0) {
                continue;
            }

            name = eval_id_text(&of->actions, k);

            if (offpolicy_id(&log->actions, cli_str(name), &action)
                || offpolicy_cell(log, i, action, &cell)
                || eval_grow(&log->choice, log->choices + 1,
                             &log->choice_room, sizeof(*log->choice)))
            {
                free(count);
                return CLI_FAILED;
            }

            log->choice[log->choices].action = action;
            log->choice[log->choices].cell = cell;
            log->choice[log->choices].p = uniform ? 1 / (float) n
                                          : (float) count[k] / (float) all;
            log->choices++;
        }

        free(count);
        log->end[i] = log->choices;
    }

    /* what it says of the actions that were logged */

    p = calloc(log->cells.n, sizeof(*p));

    if (p == NULL) {
        return cli_fail("not enough memory");
    }

    for (n = 0; n < log->choices; n++) {
        p[log->choice[n].cell] = log->choice[n].p;
    }

    for (i = 0; i < log->rows; i++) {
        row = &log->row[i];
        row->target = p[row->cell];
    }

    free(p);

    return CLI_OK;
}


int
offpolicy_policy_uniform(offpolicy_log_t *log)
{
    return offpolicy_policy(log, log, 1);
}


int
offpolicy_policy_log(offpolicy_log_t *log, offpolicy_log_t *other)
{
    return offpolicy_policy(log, other, 0);
}


/*
 * eval_baskets.c: which item was left out of a basket (the protocol is in the
 * help text of eval.c).
 *
 *   lines, or invoices (CSV) --> baskets by time --> training, test
 *
 * A training basket is an order of an unknown visitor, as a shop's history is
 * replayed.  An order event has 16 lines at most; a longer basket is dealt
 * out to several, in an order drawn from its id, so that items which stand
 * side by side on the invoice are not the only pairs.
 *
 * A query's visitor views the known items and puts each into the cart; asked
 * is what the cart page offers.  With --one he is on the page of one of them
 * and has nothing in the cart.
 */

#include "eval.h"

#include <ctype.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>


#define EVAL_KNOWN_MAX   40             /* items of a test basket */
#define EVAL_FIELDS      64             /* of a CSV line */
#define EVAL_STEP_MS     1000           /* between baskets without a time */
#define EVAL_CART_MS     30000          /* between a visitor's items */


enum {
    EVAL_INVOICE = 0,
    EVAL_CODE,
    EVAL_QUANTITY,
    EVAL_DATE,
    EVAL_COLUMNS
};


typedef struct {
    uint64_t             time_ms;       /* since 1970, or by its place */
    uint32_t             row;           /* of eval_baskets_t.rows */
    int                  test;
    uint8_t              sha[SHA_DIGEST_LENGTH];  /* of its id */
} eval_basket_t;


typedef struct {
    eval_t              *e;
    eval_rows_t          rows;          /* distinct items of each */

    eval_basket_t       *basket;
    size_t               n;
    size_t               room;

    int                  csv;
    int                  column[EVAL_COLUMNS];
    char                *field[EVAL_FIELDS];
    char                 invoice[XSELL_ID_MAX + 1];  /* of the open row */
    uint64_t             time_ms;
} eval_baskets_t;


static int eval_baskets_read(eval_baskets_t *b, const char *file, int test);
static int eval_baskets_csv(eval_baskets_t *b, cli_input_t *in, int test);
static int eval_baskets_line(eval_baskets_t *b, cli_input_t *in, int test);
static int eval_baskets_header(eval_baskets_t *b, cli_input_t *in);
static int eval_baskets_end(eval_baskets_t *b, const char *id, int test);
static int eval_baskets_split(eval_baskets_t *b);
static void eval_baskets_train(eval_baskets_t *b);
static void eval_baskets_order(eval_baskets_t *b,
    const eval_basket_t *basket);
static int eval_baskets_test(eval_baskets_t *b);
static int eval_baskets_query(eval_baskets_t *b,
    const eval_basket_t *basket);


int
eval_baskets(eval_t *e)
{
    int             rc;
    eval_baskets_t  b;

    memset(&b, 0, sizeof(b));
    b.e = e;

    rc = eval_baskets_read(&b, e->o->train, 0);

    if (rc == CLI_OK) {
        rc = e->o->test ? eval_baskets_read(&b, e->o->test, 1)
                        : eval_baskets_split(&b);
    }

    if (rc == CLI_OK) {
        rc = eval_open(e, 0);
    }

    if (rc == CLI_OK) {
        eval_baskets_train(&b);
        eval_settle(e);
        rc = eval_baskets_test(&b);
    }

    eval_rows_free(&b.rows);
    free(b.basket);

    return rc;
}


/* ---- files ------------------------------------------------------------ */

static int
eval_baskets_read(eval_baskets_t *b, const char *file, int test)
{
    int          more, rc;
    cli_input_t  in;

    if (cli_input_open(&in, file) != 0) {
        return CLI_FAILED;
    }

    cli_progress_begin(&b->e->progress, "reading");

    b->csv = 0;
    b->invoice[0] = '\0';
    rc = CLI_OK;

    while (rc == CLI_OK && (more = cli_input_line(&in)) != 0) {

        if (more < 0) {
            return CLI_FAILED;
        }

        if (in.cut) {
            rc = cli_fail("%s:%llu: the line is longer than a mebibyte",
                          cli_input_name(file),
                          (unsigned long long) in.lines);

        } else if (in.lines == 1 && strstr(in.line, "InvoiceNo")) {
            rc = eval_baskets_header(b, &in);

        } else {
            rc = b->csv ? eval_baskets_csv(b, &in, test)
                        : eval_baskets_line(b, &in, test);
        }

        cli_progress(&b->e->progress, cli_input_done(&in), in.bytes);
    }

    if (rc == CLI_OK && b->invoice[0]) {
        rc = eval_baskets_end(b, b->invoice, test);
    }

    cli_input_close(&in);

    if (rc == CLI_OK && b->n == 0) {
        return cli_fail("%s: no baskets", cli_input_name(file));
    }

    return rc;
}


/* an item of the open basket, once */

static int
eval_baskets_item(eval_baskets_t *b, const char *p, size_t n)
{
    size_t   i, from;
    int64_t  id;

    id = eval_id(&b->e->ids, p, n, 1);

    if (id < 0) {
        return CLI_FAILED;
    }

    from = b->rows.n ? b->rows.end[b->rows.n - 1] : 0;

    for (i = from; i < b->rows.item_n; i++) {
        if (b->rows.item[i] == (uint32_t) id) {
            return CLI_OK;
        }
    }

    return eval_rows_add(&b->rows, (uint32_t) id) == 0 ? CLI_OK : CLI_FAILED;
}


static int
eval_baskets_end(eval_baskets_t *b, const char *id, int test)
{
    eval_basket_t  *basket;

    if (eval_grow(&b->basket, b->n + 1, &b->room, sizeof(*b->basket)) != 0
        || eval_rows_end(&b->rows) != 0)
    {
        return CLI_FAILED;
    }

    basket = &b->basket[b->n++];

    basket->row = b->rows.n - 1;
    basket->time_ms = b->csv ? b->time_ms : b->n * EVAL_STEP_MS;
    basket->test = test;

    (void) SHA1((const unsigned char *) id, strlen(id), basket->sha);

    return CLI_OK;
}


static int
eval_baskets_line(eval_baskets_t *b, cli_input_t *in, int test)
{
    char   *p, *end, id[32];
    size_t  n;

    for (p = in->line; *p; p = end + (*end == ',')) {
        end = p + strcspn(p, ",");

        while (p < end && isspace((unsigned char) *p)) {
            p++;
        }

        for (n = (size_t) (end - p); n && isspace((unsigned char) p[n - 1]);
             n--)
        { /* trim */ }

        if (n > XSELL_ID_MAX) {
            return cli_fail("%s:%llu: an item is longer than %d bytes",
                            cli_input_name(in->file),
                            (unsigned long long) in->lines, XSELL_ID_MAX);
        }

        if (n && eval_baskets_item(b, p, n) != CLI_OK) {
            return CLI_FAILED;
        }
    }

    snprintf(id, sizeof(id), "%llu", (unsigned long long) in->lines);

    return eval_baskets_end(b, id, test);
}


/* ---- invoices --------------------------------------------------------- */

/* takes a CSV line apart, in place; fields of quotes too, "" is one quote */

static int
eval_baskets_fields(eval_baskets_t *b, char *p)
{
    int    n, quoted;
    char  *to;

    for (n = 0; n < EVAL_FIELDS; n++) {
        quoted = *p == '"';
        p += quoted;
        b->field[n] = to = p;

        while (*p && (quoted || *p != ',')) {

            if (quoted && *p == '"') {
                p++;

                if (*p != '"') {
                    quoted = 0;
                    continue;
                }
            }

            *to++ = *p++;
        }

        if (*p == '\0') {
            *to = '\0';
            return n + 1;
        }

        p++;
        *to = '\0';
    }

    return n;
}


static int
eval_baskets_header(eval_baskets_t *b, cli_input_t *in)
{
    int  i, j, n;

    static const char *const  name[EVAL_COLUMNS] = {
        [EVAL_INVOICE] = "InvoiceNo",
        [EVAL_CODE] = "StockCode",
        [EVAL_QUANTITY] = "Quantity",
        [EVAL_DATE] = "InvoiceDate"
    };

    b->csv = 1;

    /* a byte order mark is what spreadsheets begin with */

    n = eval_baskets_fields(b, strncmp(in->line, "\xef\xbb\xbf", 3) == 0
                               ? in->line + 3 : in->line);

    for (i = 0; i < EVAL_COLUMNS; i++) {

        for (j = 0; j < n && strcmp(b->field[j], name[i]); j++) { /* on */ }

        if (j == n) {
            return cli_fail("%s:1: no column %s", cli_input_name(in->file),
                            name[i]);
        }

        b->column[i] = j;
    }

    return CLI_OK;
}


/* "2010-12-01 08:26:00", or "12/1/2010 8:26" as UCI writes it; 0: neither */

static uint64_t
eval_baskets_time(const char *p)
{
    time_t     t;
    struct tm  tm;

    memset(&tm, 0, sizeof(tm));

    if (sscanf(p, "%d-%d-%d%*[ T]%d:%d:%d", &tm.tm_year, &tm.tm_mon,
               &tm.tm_mday, &tm.tm_hour, &tm.tm_min, &tm.tm_sec) < 3
        && sscanf(p, "%d/%d/%d %d:%d", &tm.tm_mon, &tm.tm_mday, &tm.tm_year,
                  &tm.tm_hour, &tm.tm_min) < 3)
    {
        return 0;
    }

    tm.tm_year -= 1900;
    tm.tm_mon -= 1;
    t = timegm(&tm);

    return t > 0 ? (uint64_t) t * 1000 : 0;
}


static int
eval_baskets_code(const char *p)
{
    unsigned  i;

    for (i = 0; i < 5; i++) {
        if (!isdigit((unsigned char) p[i])) {
            return 0;
        }
    }

    return strlen(p) <= XSELL_ID_MAX;
}


static int
eval_baskets_csv(eval_baskets_t *b, cli_input_t *in, int test)
{
    int          i, n;
    uint64_t     time_ms;
    const char  *invoice, *code;

    n = eval_baskets_fields(b, in->line);

    for (i = 0; i < EVAL_COLUMNS; i++) {
        if (b->column[i] >= n) {
            return CLI_OK;
        }
    }

    invoice = b->field[b->column[EVAL_INVOICE]];
    code = b->field[b->column[EVAL_CODE]];

    if (*invoice == 'C' || *invoice == '\0' || !eval_baskets_code(code)
        || strlen(invoice) > XSELL_ID_MAX
        || atol(b->field[b->column[EVAL_QUANTITY]]) <= 0)
    {
        return CLI_OK;
    }

    time_ms = eval_baskets_time(b->field[b->column[EVAL_DATE]]);

    if (time_ms == 0) {
        return cli_fail("%s:%llu: \"%s\" is no date", cli_input_name(in->file),
                        (unsigned long long) in->lines,
                        b->field[b->column[EVAL_DATE]]);
    }

    if (strcmp(invoice, b->invoice) != 0) {

        if (b->invoice[0] && eval_baskets_end(b, b->invoice, test) != CLI_OK) {
            return CLI_FAILED;
        }

        strcpy(b->invoice, invoice);
        b->time_ms = time_ms;
    }

    return eval_baskets_item(b, code, strlen(code));
}


/* ---- training --------------------------------------------------------- */

static int
eval_baskets_before(const void *x, const void *y)
{
    const eval_basket_t  *a, *b;

    a = x;
    b = y;

    if (a->time_ms != b->time_ms) {
        return a->time_ms < b->time_ms ? -1 : 1;
    }

    return (a->row > b->row) - (a->row < b->row);
}


/* one file: what was later is the test */

static int
eval_baskets_split(eval_baskets_t *b)
{
    size_t       i;
    uint64_t     from_ms;
    const char  *split;

    qsort(b->basket, b->n, sizeof(*b->basket), eval_baskets_before);

    split = b->e->o->split;
    from_ms = split ? eval_baskets_time(split)
                    : b->basket[b->n - 1 - (b->n - 1) / 10].time_ms;

    if (split && (from_ms == 0 || !b->csv)) {
        return cli_usage("eval", b->csv ? "--split \"%s\" is no date"
                                        : "--split %s: the baskets have no "
                                          "dates", split);
    }

    for (i = 0; i < b->n; i++) {
        b->basket[i].test = b->basket[i].time_ms >= from_ms;
    }

    return CLI_OK;
}


static void
eval_baskets_train(eval_baskets_t *b)
{
    size_t          i;
    uint32_t        j, n;
    uint64_t        first_ms;
    const uint32_t *item;

    qsort(b->basket, b->n, sizeof(*b->basket), eval_baskets_before);
    cli_progress_begin(&b->e->progress, "training");

    first_ms = b->n ? b->basket[0].time_ms : 0;

    for (i = 0; i < b->n; i++) {

        if (b->basket[i].test) {
            continue;
        }

        item = eval_rows_at(&b->rows, b->basket[i].row, &n);

        for (j = 0; j < n; j++) {
            b->e->count[item[j]]++;
        }

        b->e->now_ms = b->basket[i].time_ms - first_ms;

        eval_baskets_order(b, &b->basket[i]);
        cli_progress(&b->e->progress, i, b->n);
    }
}


/* the first bytes of a digest as a number */

static uint64_t
eval_baskets_number(const uint8_t *sha)
{
    uint64_t  n;

    memcpy(&n, sha, sizeof(n));

    return n;
}


static void
eval_baskets_order(eval_baskets_t *b, const eval_basket_t *basket)
{
    uint32_t             i, j, n, part, parts, swap, *line;
    uint64_t             bits;
    xsell_event_t        ev;
    const uint32_t      *item;
    const xsell_item_t  *it;

    item = eval_rows_at(&b->rows, basket->row, &n);
    line = malloc((n + 1u) * sizeof(*line));

    if (line == NULL) {
        return;
    }

    memcpy(line, item, n * sizeof(*line));
    bits = eval_baskets_number(basket->sha);

    for (i = n; i > 1; i--) {
        j = (uint32_t) (xsell_random(&bits) % i);
        swap = line[i - 1];
        line[i - 1] = line[j];
        line[j] = swap;
    }

    parts = (n + XSELL_HISTORY - 1) / XSELL_HISTORY;

    for (part = 0; part < parts; part++) {
        eval_event(b->e, &ev, XSELL_EVENT_ORDER, eval_visitor(b->e),
                   XSELL_NO_ITEM);
        ev.order = xsell_random(&bits) | 1;

        for (i = part; i < n; i += parts) {
            it = xsell_catalog_item(b->e->cat, line[i]);
            ev.others[ev.n++] = xsell_catalog_ref(b->e->cat, it);
        }

        eval_learn(b->e, &ev);
    }

    free(line);
}


/* ---- test ------------------------------------------------------------- */

static int
eval_baskets_test(eval_baskets_t *b)
{
    int     rc;
    size_t  i;

    cli_progress_begin(&b->e->progress, "asking");

    for (i = 0, rc = CLI_OK; i < b->n && rc == CLI_OK; i++) {

        if (b->basket[i].test && !eval_enough(b->e)) {
            rc = eval_baskets_query(b, &b->basket[i]);
            cli_progress(&b->e->progress, i, b->n);
        }
    }

    return rc;
}


static int
eval_baskets_cart(eval_baskets_t *b, uint64_t visitor, const uint32_t *known,
    uint32_t n, xsell_session_t *s)
{
    int            rc;
    uint32_t       i;
    xsell_event_t  ev;

    rc = XSELL_NONE;

    for (i = 0; i < n; i++) {
        eval_event(b->e, &ev, XSELL_EVENT_VIEW, visitor, known[i]);
        ev.time_ms += i * EVAL_CART_MS;
        rc = xsell_session_apply(&b->e->arena.a, &ev, s);

        if (b->e->o->one) {
            continue;
        }

        eval_event(b->e, &ev, XSELL_EVENT_CART, visitor, known[i]);
        ev.time_ms += i * EVAL_CART_MS;
        rc = xsell_session_apply(&b->e->arena.a, &ev, s);
    }

    return rc;
}


static int
eval_baskets_query(eval_baskets_t *b, const eval_basket_t *basket)
{
    int              rc;
    uint32_t         i, n, at, known[EVAL_KNOWN_MAX];
    uint64_t         visitor;
    eval_query_t     query;
    xsell_event_t    ev;
    const uint32_t  *item;
    xsell_session_t  s;

    item = eval_rows_at(&b->rows, basket->row, &n);
    memset(&query, 0, sizeof(query));

    for (i = 0, at = 0; i < n; i++) {

        if (b->e->count[item[i]] == 0) {
            continue;
        }

        if (at == EVAL_KNOWN_MAX) {
            return CLI_OK;
        }

        known[at++] = item[i];
    }

    n = at;

    if (n < 2) {
        return CLI_OK;
    }

    /* the whole digest as one number, mod n */

    for (i = 0, at = 0; i < sizeof(basket->sha); i++) {
        at = (at * 256 + basket->sha[i]) % n;
    }

    query.target = known[at];

    if (b->e->o->one) {
        known[0] = known[(at + 1) % n];
        n = 1;

    } else {
        n--;
        memmove(known + at, known + at + 1, (n - at) * sizeof(*known));
    }

    visitor = eval_visitor(b->e);
    rc = eval_baskets_cart(b, visitor, known, n, &s);

    query.session = rc == XSELL_OK ? &s : NULL;
    query.anchor = b->e->o->one ? known[0] : XSELL_NO_ITEM;
    query.known = known;
    query.known_n = n;
    query.novel = 1;

    rc = eval_ask(b->e, &query);

    eval_event(b->e, &ev, XSELL_EVENT_ERASE, visitor, XSELL_NO_ITEM);
    (void) xsell_session_apply(&b->e->arena.a, &ev, NULL);

    return rc;
}

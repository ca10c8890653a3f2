
/*
 * eval_table.c: tables of examples as the collections of machine learning
 * have them: a line an example, fields with commas between, one is the label.
 *
 * Every field is held as the number of its text until the end of the file:
 * only then it is known whether a column is one of numbers, or of names.
 */

#include "eval_table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>


#define EVAL_COLUMNS  1024
#define EVAL_VALUES   4096              /* of names, in all columns */


/* a field without the blanks around it */

static xsell_str_t
eval_table_field(const char **at)
{
    const char   *p, *end;
    xsell_str_t   s;

    p = *at;
    end = p + strcspn(p, ",");
    *at = *end ? end + 1 : NULL;

    while (p < end && (*p == ' ' || *p == '\t')) {
        p++;
    }

    while (end > p && (end[-1] == ' ' || end[-1] == '\t'
                       || end[-1] == '\r'))
    {
        end--;
    }

    s.p = p;
    s.n = (size_t) (end - p);

    return s;
}


static int
eval_table_row(eval_table_t *t, const cli_input_t *in, int last)
{
    char         *text;
    size_t        at;
    int64_t       id;
    uint32_t      i, n, column;
    const char   *p;
    xsell_str_t   field;

    for (n = 1, p = in->line; *p; p++) {
        n += *p == ',';
    }

    if (t->columns == 0) {
        t->columns = n;
    }

    if (n != t->columns || n < 2 || n > EVAL_COLUMNS || in->cut) {
        return cli_fail("%s:%llu: %u fields instead of %u",
                        cli_input_name(in->file),
                        (unsigned long long) in->lines, n,
                        t->columns < 2 || n > EVAL_COLUMNS ? 2 : t->columns);
    }

    at = (size_t) t->rows * n;

    if (eval_grow(&t->cell, at + n, &t->cell_room, sizeof(*t->cell))) {
        return CLI_FAILED;
    }

    text = malloc(in->line_n + 16);

    if (text == NULL) {
        return cli_fail("not enough memory");
    }

    for (i = 0, p = in->line; i < n; i++) {
        field = eval_table_field(&p);
        column = last ? (i + 1) % n : i;

        id = eval_id(&t->ids, text,
                     (size_t) sprintf(text, "%u=%.*s", column, (int) field.n,
                                      field.p), 1);

        if (id < 0) {
            free(text);
            return CLI_FAILED;
        }

        t->cell[at + column] = (uint32_t) id;
    }

    free(text);
    t->rows++;

    return CLI_OK;
}


static int
eval_table_file(eval_table_t *t, const char *file, int last, int header)
{
    int          rc;
    cli_input_t  in;

    if (cli_input_open(&in, file)) {
        return CLI_FAILED;
    }

    for ( ;; ) {
        rc = cli_input_line(&in);

        if (rc <= 0) {
            break;
        }

        if (in.line_n == 0 || in.line[0] == '#') {
            continue;
        }

        if (header) {
            header = 0;
            continue;
        }

        if (eval_table_row(t, &in, last) != CLI_OK) {
            rc = -1;
            cli_input_close(&in);
            break;
        }
    }

    if (rc == 0) {
        cli_input_close(&in);
    }

    return rc == 0 ? CLI_OK : CLI_FAILED;
}


/* ---- from text to numbers --------------------------------------------- */

static int
eval_table_number(const char *text, float *value)
{
    char   *end;
    double  v;

    v = strtod(text, &end);

    if (end == text || *end || !(fabs(v) <= 1e30)) {
        return 0;
    }

    *value = (float) v;

    return 1;
}


/* the column of an id, and its value */

static uint32_t
eval_table_id(const eval_table_t *t, uint32_t id, const char **value)
{
    char           *end;
    unsigned long   column;

    column = strtoul(eval_id_text(&t->ids, id), &end, 10);
    *value = end + 1;

    return (uint32_t) column;
}


/* where each column's numbers begin; names: of each id, its place in there */

static int
eval_table_plan(eval_table_t *t, uint32_t *begin, int *numeric,
    uint32_t *place)
{
    float        unused;
    uint32_t     i, column, count[EVAL_COLUMNS];
    uint64_t     n;
    const char  *value;

    for (i = 0; i < t->columns; i++) {
        numeric[i] = i > 0;
        count[i] = 0;
    }

    for (i = 0; i < t->ids.n; i++) {
        column = eval_table_id(t, i, &value);
        place[i] = count[column]++;

        if (numeric[column] && !eval_table_number(value, &unused)) {
            numeric[column] = 0;
        }
    }

    for (i = 1, n = 0; i < t->columns; i++) {
        begin[i] = (uint32_t) n;
        n += numeric[i] ? 1 : count[i];
    }

    if (n > EVAL_VALUES) {
        return cli_fail("the columns that are no numbers have too many "
                        "values");
    }

    t->n = (uint32_t) n;
    t->labels = count[0];

    return CLI_OK;
}


static int
eval_table_settle(eval_table_t *t)
{
    int          rc, numeric[EVAL_COLUMNS];
    float       *x;
    uint32_t     i, j, id, begin[EVAL_COLUMNS], *place;
    const char  *value;

    place = calloc(t->ids.n, sizeof(*place));

    if (place == NULL) {
        return cli_fail("not enough memory");
    }

    rc = eval_table_plan(t, begin, numeric, place);

    if (rc == CLI_OK) {
        t->x = calloc((size_t) t->rows * t->n, sizeof(*t->x));
        t->label = calloc(t->rows, sizeof(*t->label));

        if (t->x == NULL || t->label == NULL) {
            rc = cli_fail("not enough memory");
        }
    }

    for (i = 0; rc == CLI_OK && i < t->rows; i++) {
        x = &t->x[(size_t) i * t->n];
        t->label[i] = place[t->cell[(size_t) i * t->columns]];

        for (j = 1; j < t->columns; j++) {
            id = t->cell[(size_t) i * t->columns + j];

            if (numeric[j]) {
                (void) eval_table_id(t, id, &value);
                (void) eval_table_number(value, &x[begin[j]]);

            } else {
                x[begin[j] + place[id]] = 1;
            }
        }
    }

    free(place);

    return rc;
}


int
eval_table_read(eval_table_t *t, const char *const *files, unsigned n,
    int last, int header)
{
    unsigned  i;

    memset(t, 0, sizeof(*t));

    for (i = 0; i < n; i++) {
        if (eval_table_file(t, files[i], last, header) != CLI_OK) {
            return CLI_FAILED;
        }
    }

    if (t->rows == 0) {
        return cli_fail("%s: no examples", cli_input_name(files[0]));
    }

    return eval_table_settle(t);
}


void
eval_table_free(eval_table_t *t)
{
    eval_ids_free(&t->ids);
    free(t->cell);
    free(t->x);
    free(t->label);
}


/*
 * eval_table.h: tables of examples, for `xsell eval bandit`.
 */

#ifndef XSELL_EVAL_TABLE_H
#define XSELL_EVAL_TABLE_H

#include "eval.h"


typedef struct {
    uint32_t            *cell;          /* rows x columns, numbers of ids */
    size_t               cell_room;
    eval_ids_t           ids;           /* "column=value"; column 0: label */
    uint32_t             columns;       /* with the label */

    /* what is made of it */

    float               *x;             /* rows x n */
    uint32_t            *label;         /* of each row, from 0 */
    uint32_t             rows;
    uint32_t             n;             /* numbers a row */
    uint32_t             labels;
} eval_table_t;


/*
 * Reads CSV files of one form, one after the other: lines that begin with '#'
 * or are empty are left out, header: the first other line of each too.  last:
 * the label is the last field, else the first.  A column of numbers is one
 * number, any other as many as it has values, 0 or 1 each.  CLI_OK, or
 * CLI_FAILED and the message is out.  To be freed in any case.
 */
int eval_table_read(eval_table_t *t, const char *const *files, unsigned n,
    int last, int header);
void eval_table_free(eval_table_t *t);


#endif /* XSELL_EVAL_TABLE_H */

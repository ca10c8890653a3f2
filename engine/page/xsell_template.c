
/*
 * Rendering: runs the operations of a compiled template.  It can't fail and
 * allocates nothing; a page waits for it, so everything that can go wrong has
 * gone wrong in xsell_template_compile.c.
 *
 * Invariants: the operations came from the compiler (jumps in range, each
 * ENTER has its NEXT); sections that repeat are bounded by their data; output
 * past the caller's room is counted, not written.
 *
 * The data is asked through pointers to functions, so that the same loop runs
 * over a slate and, in a test, over the JSON of the Mustache specification.
 * A call costs a nanosecond; a second interpreter would have cost its bugs.
 */

#include "xsell_page.h"

#include <stdlib.h>


void
xsell_program_destroy(xsell_program_t *t)
{
    free(t->op);
    free(t->text);
    free(t->origin);
    memset(t, 0, sizeof(*t));
}


void
xsell_program_run(const xsell_program_t *t, const xsell_data_t *data,
    void *scene, xsell_out_t *o, size_t limit)
{
    uint32_t           pc;
    const xsell_op_t  *op;

    for (pc = 0; pc < t->n && o->n <= limit; ) {
        op = &t->op[pc++];

        switch (op->code) {

        case XSELL_OP_LITERAL:
            xsell_out_put(o, t->text + op->a, op->b);
            break;

        case XSELL_OP_VALUE:
            data->put(scene, op->var, op->escape, o);
            break;

        case XSELL_OP_IF:
            if (!data->is_true(scene, op->var)) {
                pc = op->a;
            }
            break;

        case XSELL_OP_UNLESS:
            if (data->is_true(scene, op->var)) {
                pc = op->a;
            }
            break;

        case XSELL_OP_ENTER:
            if (!data->enter(scene, op->var)) {
                pc = op->a;
            }
            break;

        case XSELL_OP_NEXT:
            if (data->next(scene, op->var)) {
                pc = op->a;
            }
            break;
        }
    }
}

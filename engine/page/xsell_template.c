
/*
 * Rendering: runs the operations of a compiled template over a slate.  It
 * can't fail and allocates nothing; a page waits for it, so everything that
 * can go wrong has gone wrong in xsell_template_compile.c.
 *
 * Invariants: the operations came from the compiler (jumps in range, item
 * variables only between EACH and NEXT); a card whose item the catalogue
 * does not have is left out as if it were not in the slate; output past the
 * caller's room is counted, not written.
 */

#include "xsell_page.h"

#include <stdlib.h>


void
xsell_template_destroy(xsell_template_t *t)
{
    if (t == NULL) {
        return;
    }

    free(t->op);
    free(t->text);
    free(t);
}


/* the first card from `i` on that has an item; 0 if there is none */

static int
seek_card(xsell_scene_t *s, uint32_t i)
{
    for ( ; i < s->f->n; i++) {
        s->item = xsell_catalog_item(s->f->catalog, s->f->card[i].item);

        if (s->item) {
            s->card = i;
            return 1;
        }
    }

    return 0;
}


static void
set_scene(xsell_scene_t *s, const xsell_fragment_t *f)
{
    uint32_t  i;

    memset(s, 0, sizeof(*s));
    s->f = f;

    for (i = 0; i < f->n; i++) {
        s->count += xsell_catalog_item(f->catalog, f->card[i].item) != NULL;
    }
}


size_t
xsell_template_render(const xsell_template_t *t, const xsell_fragment_t *f,
    char *out, size_t cap)
{
    uint32_t           pc;
    xsell_out_t        o;
    xsell_scene_t      s;
    const xsell_op_t  *op;

    o.p = out;
    o.n = 0;
    o.cap = cap;
    set_scene(&s, f);

    for (pc = 0; pc < t->n && o.n <= XSELL_FRAGMENT_MAX; ) {
        op = &t->op[pc++];

        switch (op->code) {

        case XSELL_OP_LITERAL:
            xsell_out_put(&o, t->text + op->a, op->b);
            break;

        case XSELL_OP_VALUE:
            xsell_escape(&o, op->escape, xsell_variable_value(&s, op->var));
            break;

        case XSELL_OP_IF:
            if (!xsell_variable_true(&s, op->var)) {
                pc = op->a;
            }
            break;

        case XSELL_OP_UNLESS:
            if (xsell_variable_true(&s, op->var)) {
                pc = op->a;
            }
            break;

        case XSELL_OP_EACH:
            s.position = 1;

            if (!seek_card(&s, 0)) {
                pc = op->a;
            }
            break;

        case XSELL_OP_NEXT:
            s.position++;

            if (seek_card(&s, s.card + 1)) {
                pc = op->a;
            }
            break;
        }
    }

    return o.n <= XSELL_FRAGMENT_MAX ? o.n : 0;
}

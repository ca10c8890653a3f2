
/*
 * xsell_tally.c: sums per item while one source is asked, and the best of
 * them.
 *
 * Open addressing with linear probing over a table that is never cleared: a
 * cell counts only when it carries the stamp of the running question, so
 * beginning one costs nothing.  The list of used cells makes reading out
 * proportional to what was put in.  A sorted array or a tree per question
 * was three times slower at 500 items.
 */

#include "xsell_model.h"


void
xsell_tally_begin(xsell_tally_t *t)
{
    t->n = 0;

    if (++t->stamp == 0) {
        /* once in 4e9 questions: old stamps would look new again */
        memset(t->cell, 0, sizeof(t->cell));
        t->stamp = 1;
    }
}


xsell_scored_t *
xsell_tally_at(xsell_tally_t *t, xsell_ref_t ref)
{
    uint32_t             i;
    xsell_tally_cell_t  *c;

    i = xsell_spread(ref) & (XSELL_TALLY_CELLS - 1);

    /* ends: at most XSELL_TALLY_MAX cells are ever in use */

    for ( ;; ) {
        c = &t->cell[i];

        if (c->stamp != t->stamp) {
            break;
        }

        if (c->sum.ref == ref) {
            return &c->sum;
        }

        i = (i + 1) & (XSELL_TALLY_CELLS - 1);
    }

    if (t->n == XSELL_TALLY_MAX) {
        return NULL;
    }

    t->used[t->n++] = (uint16_t) i;

    c->stamp = t->stamp;
    c->sum.ref = ref;
    c->sum.support = 0;
    c->sum.score = 0;
    c->sum.extra = 0;

    return &c->sum;
}


static inline int
xsell_scored_better(const xsell_scored_t *x, const xsell_scored_t *y)
{
    if (x->score != y->score) {
        return x->score > y->score;
    }

    return xsell_ref_slot(x->ref) < xsell_ref_slot(y->ref);
}


/* a heap whose root is the worst: one comparison refuses most rows */

static void
xsell_scored_sink(xsell_scored_t *heap, uint32_t n, uint32_t i)
{
    uint32_t        child;
    xsell_scored_t  row;

    row = heap[i];

    for ( ;; ) {
        child = 2 * i + 1;

        if (child >= n) {
            break;
        }

        if (child + 1 < n
            && xsell_scored_better(&heap[child], &heap[child + 1]))
        {
            child++;
        }

        if (!xsell_scored_better(&row, &heap[child])) {
            break;
        }

        heap[i] = heap[child];
        i = child;
    }

    heap[i] = row;
}


static void
xsell_scored_rise(xsell_scored_t *heap, uint32_t i)
{
    uint32_t        parent;
    xsell_scored_t  row;

    row = heap[i];

    while (i > 0) {
        parent = (i - 1) / 2;

        if (!xsell_scored_better(&heap[parent], &row)) {
            break;
        }

        heap[i] = heap[parent];
        i = parent;
    }

    heap[i] = row;
}


uint32_t
xsell_scored_keep(xsell_scored_t *out, uint32_t n, uint32_t max,
    const xsell_scored_t *row)
{
    if (n < max) {
        out[n] = *row;
        xsell_scored_rise(out, n);
        return n + 1;
    }

    if (max && xsell_scored_better(row, &out[0])) {
        out[0] = *row;
        xsell_scored_sink(out, n, 0);
    }

    return n;
}


void
xsell_scored_sort(xsell_scored_t *out, uint32_t n)
{
    xsell_scored_t  row;

    while (n > 1) {
        n--;
        row = out[0];
        out[0] = out[n];
        out[n] = row;
        xsell_scored_sink(out, n, 0);
    }
}

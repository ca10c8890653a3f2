
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
xsell_scored_put(xsell_scored_t *out, uint32_t n, uint32_t max,
    const xsell_scored_t *row)
{
    if (n < max) {
        out[n] = *row;
        xsell_scored_rise(out, n);
        return n + 1;
    }

    out[0] = *row;
    xsell_scored_sink(out, n, 0);

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

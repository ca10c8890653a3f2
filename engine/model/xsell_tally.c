
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


void
xsell_scored_heap(xsell_scored_t *out, uint32_t n)
{
    uint32_t  i;

    for (i = n / 2; i > 0; i--) {
        xsell_scored_sink(out, n, i - 1);
    }
}


void
xsell_scored_replace(xsell_scored_t *out, uint32_t n,
    const xsell_scored_t *row)
{
    out[0] = *row;
    xsell_scored_sink(out, n, 0);
}


void
xsell_scored_sort(xsell_scored_t *out, uint32_t n)
{
    xsell_scored_t  row;

    xsell_scored_heap(out, n);

    while (n > 1) {
        n--;
        row = out[0];
        out[0] = out[n];
        out[n] = row;
        xsell_scored_sink(out, n, 0);
    }
}

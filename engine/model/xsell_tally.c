
/*
 * xsell_tally.c: sums per item while one source is asked, and the best of
 * them.
 *
 * Open addressing with linear probing over a table that is never cleared: a
 * cell counts only when it carries the stamp of the running question, so
 * beginning one costs nothing.  A cell only says which row; the rows lie side
 * by side in the order in which they came, so reading out is proportional to
 * what was put in, and what a question touches fits in the nearest cache.  A
 * sorted array or a tree per question was three times slower at 500 items.
 *
 * The best rows are found by the score that as many reach, and that by halving:
 * a dozen passes over numbers that are compared four at a time, without a
 * branch that depends on them.  A heap, which stays for rows that come one by
 * one, takes as many steps, and each is a coin's toss for the processor.
 */

#include "xsell_model.h"


/* rows that are sorted without a heap */
#define XSELL_SORTED_MAX  64


void
xsell_tally_begin(xsell_tally_t *t)
{
    t->n = 0;

    t->stamp += XSELL_CELL_STAMP;

    if (t->stamp == 0) {
        /* once in 65,535 questions: old stamps would look new again */
        memset(t->cell, 0, sizeof(t->cell));
        t->stamp = XSELL_CELL_STAMP;
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


/* a score as a whole number that sorts alike */

static inline int32_t
xsell_scored_key(float score)
{
    int32_t  w;

    memcpy(&w, &score, sizeof(w));

    return w ^ (w >> 31 & INT32_MAX);
}


/* many of them, which is seldom asked for */

static void
xsell_scored_sort_heap(xsell_scored_t *out, uint32_t n)
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


/*
 * A row's place is the number of those that are better: n^2 / 4 steps, without
 * a branch that depends on them.  Of rows with the same score and slot the
 * first is the better one.
 */

void
xsell_scored_sort(xsell_scored_t *out, uint32_t n)
{
    int32_t         key[XSELL_SORTED_MAX], tie[XSELL_SORTED_MAX];
    uint32_t        i, k, all;
    xsell_int4_t    better, keys, ties, own, slot;
    xsell_scored_t  row[XSELL_SORTED_MAX];

    static const xsell_int4_t  zero = { 0, 0, 0, 0 };

    _Static_assert(XSELL_SORTED_MAX == 1 << (30 - XSELL_SLOT_BITS),
                   "a slot and a place in one number");

    if (n > XSELL_SORTED_MAX) {
        xsell_scored_sort_heap(out, n);
        return;
    }

    all = (n + 3) & ~3u;

    for (i = 0; i < n; i++) {
        key[i] = xsell_scored_key(out[i].score);
        tie[i] = (int32_t) (xsell_ref_slot(out[i].ref) * XSELL_SORTED_MAX
                            + i);
    }

    for ( /* void */ ; i < all; i++) {
        key[i] = INT32_MIN;
        tie[i] = INT32_MAX;
    }

    for (i = 0; i < n; i++) {
        own = zero + key[i];
        slot = zero + tie[i];
        better = zero;

        for (k = 0; k < all; k += 4) {
            memcpy(&keys, &key[k], sizeof(keys));
            memcpy(&ties, &tie[k], sizeof(ties));
            better -= (keys > own) | ((keys == own) & (slot > ties));
        }

        row[better[0] + better[1] + better[2] + better[3]] = out[i];
    }

    memcpy(out, row, n * sizeof(*out));
}


/* how many of n, a multiple of 8, are above `below` */

static inline uint32_t
xsell_keys_above(const int32_t *key, uint32_t n, int32_t below)
{
    uint32_t      i;
    xsell_int4_t  x, y, sum, bound;

    sum = (xsell_int4_t) { 0, 0, 0, 0 };
    bound = sum + below;

    for (i = 0; i < n; i += 8) {
        memcpy(&x, &key[i], sizeof(x));
        memcpy(&y, &key[i + 4], sizeof(y));
        sum -= (x > bound) + (y > bound);
    }

    return (uint32_t) (sum[0] + sum[1] + sum[2] + sum[3]);
}


/*
 * The lowest number that at most `want` of n keys are above: if as many are, 1
 * is returned, else some are equal to it.  Between the least and the greatest
 * it is looked for where it would be if they lay evenly, and every other time
 * in the middle.  Behind the keys is room for seven.
 */

static int
xsell_keys_bound(int32_t *key, uint32_t n, uint32_t want, int32_t *bound)
{
    int64_t       low, high, mid;
    uint32_t      i, count, below, above, even;
    xsell_int4_t  x, least, most, m;

    /* the last ones are the first one, until all were seen */

    for (i = n; i % 8; i++) {
        key[i] = key[0];
    }

    memcpy(&least, key, sizeof(least));
    most = least;

    for (i = 4; i < n; i += 4) {
        memcpy(&x, &key[i], sizeof(x));
        m = x < least;
        least = (x & m) | (least & ~m);
        m = x > most;
        most = (x & m) | (most & ~m);
    }

    low = least[0];
    high = most[0];

    for (i = 1; i < 4; i++) {
        low = least[i] < low ? least[i] : low;
        high = most[i] > high ? most[i] : high;
    }

    for (i = n; i % 8; i++) {
        key[i] = INT32_MIN;
    }

    /* above low - 1 are more than enough, above high there is none */

    low--;
    below = n;
    above = 0;
    n = i;

    for (even = 1; high - low > 1; even ^= 1) {
        mid = even ? low + (high - low) * (below - want) / (below - above)
                   : low + (high - low) / 2;
        mid = mid <= low ? low + 1 : mid >= high ? high - 1 : mid;

        count = xsell_keys_above(key, n, (int32_t) mid);

        if (count == want) {
            *bound = (int32_t) mid;
            return 1;
        }

        if (count > want) {
            low = mid;
            below = count;

        } else {
            high = mid;
            above = count;
        }
    }

    *bound = (int32_t) high;

    return 0;
}


uint32_t
xsell_scores_select(const float *score, uint32_t n, uint32_t max,
    uint16_t *place)
{
    int32_t   bound, key[XSELL_TALLY_MAX + 7];
    uint32_t  i, kept, equal, same;

    bound = INT32_MIN;
    equal = 0;

    for (i = 0; i < n; i++) {
        key[i] = xsell_scored_key(score[i]);
    }

    if (n <= max) {
        max = n;
        bound = INT32_MIN;
        equal = n;

    } else if (!xsell_keys_bound(key, n, max, &bound)) {
        equal = max;

        for (i = 0; i < n; i++) {
            equal -= key[i] > bound;
        }
    }

    /* of those that are equal to the bound the first */

    for (kept = 0, i = 0; i < n && kept < max; i++) {
        place[kept] = (uint16_t) i;
        same = (key[i] == bound) & (equal != 0);
        equal -= same;
        kept += same | (key[i] > bound);
    }

    return kept;
}


uint32_t
xsell_scored_select(xsell_scored_t *row, uint32_t n, uint32_t max)
{
    int32_t   bound, key[XSELL_TALLY_MAX + 7];
    uint32_t  i, kept;

    if (n <= max) {
        return n;
    }

    for (i = 0; i < n; i++) {
        key[i] = xsell_scored_key(row[i].score);
    }

    if (!xsell_keys_bound(key, n, max, &bound)) {

        /* of those with this score the lower slots */

        for (i = 0; i < n; i++) {
            key[i] = key[i] > bound ? INT32_MAX
                     : key[i] == bound
                       ? -(int32_t) xsell_ref_slot(row[i].ref) : INT32_MIN;
        }

        (void) xsell_keys_bound(key, n, max, &bound);
    }

    for (kept = 0, i = 0; i < n && kept < max; i++) {
        row[kept] = row[i];
        kept += key[i] > bound;
    }

    return kept;
}

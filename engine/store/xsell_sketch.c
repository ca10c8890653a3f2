
/*
 * xsell_sketch.c: about how often two items came together lately, for any two
 * items, in a few bytes an item: who guards the door to an item's 16 partners
 * (xsell_pairs.c) asks here whether a newcomer is more than an accident.
 *
 * A count-min sketch with conservative update (Cormode, Muthukrishnan 2005;
 * Estan, Varghese 2002): a pair has two cells of 8 bits, the smaller one is
 * its estimate, and only cells that are not above it grow.  Both lie in one
 * line of 64 cells, so that a question is one cache miss.  Estimates are never
 * too small until cells age, and are never shown: what is promised of a pair
 * ("3 visits saw both") is counted in its record.
 *
 * It would fill up.  With every 256th addition one line, drawn, has its cells
 * halved, so that at most a few additions a cell are remembered, the newest
 * best (TinyLFU's reset, Einziger, Friedman, Manes 2017, a line at a time).
 *
 * Only the learner reads and writes.  A kill between two stores makes an
 * estimate too large by one, which ages away, so there is nothing to repair.
 * It is in no snapshot: who loads one raises it to what its pairs are worth.
 *
 * Not taken: pairs with counts of their own in a table beside the records.  A
 * shop of 4,000 items has a million pairs that met once or twice; a cell costs
 * an eighth of such an entry.
 */

#include "xsell_store.h"


#define XSELL_SKETCH_AGE   256      /* additions that age a line */


/* the pair's line and, in it, its two cells */

static uint8_t *
xsell_sketch_line(const xsell_arena_t *a, xsell_ref_t x, xsell_ref_t y,
    unsigned at[2])
{
    uint64_t  state;

    state = x < y ? (uint64_t) x << 32 | y : (uint64_t) y << 32 | x;
    state = xsell_random(&state);

    at[0] = state % XSELL_LINE_BYTES;
    at[1] = state / XSELL_LINE_BYTES % XSELL_LINE_BYTES;

    return a->sketch[(state >> 32) * a->sketch_n >> 32].cell;
}


uint32_t
xsell_sketch_count(const xsell_arena_t *a, xsell_ref_t x, xsell_ref_t y)
{
    unsigned        at[2];
    const uint8_t  *cell;

    cell = xsell_sketch_line(a, x, y, at);

    return cell[at[0]] < cell[at[1]] ? cell[at[0]] : cell[at[1]];
}


void
xsell_sketch_raise(xsell_arena_t *a, xsell_ref_t x, xsell_ref_t y,
    uint32_t least)
{
    uint8_t   *cell;
    unsigned   i, at[2];

    cell = xsell_sketch_line(a, x, y, at);
    least = least < UINT8_MAX ? least : UINT8_MAX;

    for (i = 0; i < 2; i++) {
        if (cell[at[i]] < least) {
            cell[at[i]] = (uint8_t) least;
        }
    }
}


void
xsell_sketch_age(xsell_arena_t *a, uint64_t draw)
{
    uint8_t   *cell;
    unsigned   i;

    if (draw % XSELL_SKETCH_AGE) {
        return;
    }

    cell = a->sketch[(draw >> 32) * a->sketch_n >> 32].cell;

    for (i = 0; i < XSELL_LINE_BYTES; i++) {
        cell[i] >>= 1;
    }
}

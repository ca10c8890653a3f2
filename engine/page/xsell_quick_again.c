
/*
 * xsell_quick_again.c: pages repeat themselves: cards, rows, list items are
 * the same markup again and again, with other texts and addresses in it.
 *
 * A piece is up to 32 bytes of markup as they stood in a page: an end tag, the
 * start tags behind it, the beginning of one up to a value.  It ends where
 * something begins that differs from one time to the next: text, up to the
 * next '<', or a value, up to its '"'.  What a piece does is known from the
 * first time: it leads from one path of open elements to another, and its
 * tags have their prices.  So one comparison of 32 bytes replaces all that
 * xsell_quick_loop.h does for these tags, and what follows most often is the
 * piece that followed last time.  (The method is that of automata that are
 * built while they run, and of trace caches: Rotenberg et al. 1996.)
 *
 * What a tag does is not decided here, but for the plainest ones.  It is put
 * before the loop over tags, alone, with the elements open that it is to be
 * learned for, and the stack is looked at afterwards: a path stands for all
 * that the loop may ask for (names, rules, formats, compounds), and a memory
 * is of one set of places that are looked for.  Attributes that somebody asks
 * for are never learned, nor are prices that have to be looked at at once.
 *
 * The stack is as it was while pieces are gone over; at the end it becomes
 * that of the path.
 *
 * Learning costs some 900 instructions a piece, so it is bounded: a set of
 * places has some to begin with, one more for each page and for each so many
 * bytes that were known.  Where nothing is known it is tried again after ever
 * longer stretches.  The memory is the process's, from page to page, and of
 * one thread.  Pages of one template are read at 0.8 instructions a byte where
 * the loop takes 2.0; of those that don't repeat themselves the tries cost 2
 * to 4 in a hundred, of the first one a quarter.
 *
 * Not taken: whole tags with a key each (a page's values are other ones each
 * time: nothing is found), and longer pieces (rare, and dearer to compare).
 */

#include "xsell_quick_piece.h"

#ifdef __SSE2__

#define XSELL_AGAIN_ROOM     96         /* behind the last piece's first byte */
#define XSELL_AGAIN_WORK     4096       /* more than tags in it can cost */
#define XSELL_AGAIN_CREDIT   48         /* pieces that may be learned */
#define XSELL_AGAIN_DRIP     1          /* ... more on each page */
#define XSELL_AGAIN_EARN     4096       /* known bytes for one more */
#define XSELL_AGAIN_SAVE     256        /* no more at once */
#define XSELL_AGAINS         4          /* sets of places, a memory each */
#define XSELL_AGAIN_WELL     2048       /* known bytes that are worth it */
#define XSELL_AGAIN_FAIR     512        /* ... or as good as nothing */
#define XSELL_AGAIN_FIRST    64         /* bytes that are left out, */
#define XSELL_AGAIN_LAST     32768      /* twice as many each time */


static xsell_again_t  xsell_again_memory[XSELL_AGAINS];


/* the memory of what is looked for now */

static xsell_again_t *
xsell_again_of(const xsell_html_t *h, const xsell_walk_t *w, unsigned among)
{
    unsigned         i;
    xsell_again_t   *t;
    static unsigned  turn;
    static uint64_t  granted;

    t = xsell_again_memory;

    for (i = 0; i < XSELL_AGAINS; i++, t++) {

        if (t->serial == h->ps->serial && t->live == h->live
            && t->open == h->open && t->among == among
            && t->bloom == w->bloom)
        {
            break;
        }
    }

    if (i == XSELL_AGAINS) {
        t = &xsell_again_memory[turn];
        turn = (turn + 1) % XSELL_AGAINS;

        if (granted < h->ps->serial) {
            granted = h->ps->serial;
            t->credit = XSELL_AGAIN_CREDIT;
            t->not_n = 0;
        }

        xsell_again_forget(t);

        t->serial = h->ps->serial;
        t->live = h->live;
        t->open = h->open;
        t->among = among;
        t->bloom = w->bloom;

    } else if ((t->pieces_n == XSELL_PIECES || t->paths_n == XSELL_PATHS
                || t->points_n == XSELL_POINTS)
               && t->not_n >= XSELL_AGAIN_LAST / 2)
    {
        xsell_again_forget(t);
    }

    if (h->again == 0) {
        t->credit += XSELL_AGAIN_DRIP;
    }

    return t;
}


/*
 * At the end of a part of the page it is looked at what it has cost.  Far from
 * being too much it need not be known exactly; else it is left to others, who
 * do.
 */

static int
xsell_again_part(xsell_html_t *h, const xsell_again_t *t)
{
    if (h->work + t->work + XSELL_AGAIN_WORK > xsell_work_limit(h->audit)) {
        return 0;
    }

    h->audit += XSELL_WORK_PART;

    return 1;
}


/* from p on, where whole tags follow; how many bytes were known */

static size_t
xsell_again_run(xsell_html_t *h, xsell_walk_t *w, xsell_again_t *t,
    const uint8_t *p, const uint8_t *end, xsell_again_pt again)
{
    size_t          known, n;
    const uint8_t  *from, *stop;

    known = 0;
    n = 0;
    stop = end;

    for ( ;; ) {
        from = p + n;
        p = again(t, p, stop);

        if (p > from) {
            known += (size_t) (p - from);
        }

        n = 0;

        if (p > stop) {
            if (w->far - stop <= XSELL_AGAIN_ROOM
                || !xsell_again_part(h, t))
            {
                break;
            }

            stop = w->far - stop < XSELL_WORK_PART + XSELL_AGAIN_ROOM
                   ? w->far - XSELL_AGAIN_ROOM : stop + XSELL_WORK_PART;

            if (p <= stop) {
                continue;
            }

            break;
        }

        if (t->credit == 0 || !xsell_again_add(h, w, t, p)) {
            break;
        }

        n = 2 * XSELL_PIECE;
        t->credit--;
    }

    w->p = t->at->kind == XSELL_PIECE_TEXT ? p : t->from;

    return known;
}


const uint8_t *
xsell_quick_again(xsell_html_t *h, xsell_walk_t *w, const uint8_t *end,
    unsigned among, xsell_again_pt again)
{
    int             levels;
    size_t          known;
    unsigned        path;
    uint64_t        off;
    xsell_again_t  *t;

    if (end - w->p < 4 * XSELL_AGAIN_ROOM) {
        return end;
    }

    t = xsell_again_of(h, w, among);
    levels = among == XSELL_AMONG_ALL;
    known = 0;
    path = xsell_again_enter(h, t, (unsigned) (w->top - h->stack) + 1,
                             levels);

    if (path) {
        t->start.kind = XSELL_PIECE_TEXT;
        t->start.path = (uint16_t) path;
        t->start.all = &t->path[path].first;
        t->start.next = *t->start.all ? *t->start.all : &xsell_again_none;
        t->at = &t->start;
        t->work = 0;

        known = xsell_again_run(h, w, t, w->p, end - XSELL_AGAIN_ROOM, again);

        h->work += t->work;
        xsell_again_leave(h, w, t, t->at->path, levels);
    }

    t->known += (unsigned) known;
    t->credit += t->known / XSELL_AGAIN_EARN;
    t->credit = t->credit < XSELL_AGAIN_SAVE ? t->credit : XSELL_AGAIN_SAVE;
    t->known %= XSELL_AGAIN_EARN;

    t->not_n = known >= XSELL_AGAIN_WELL ? t->not_n / 4
               : known >= XSELL_AGAIN_FAIR ? t->not_n / 2
               : t->not_n >= XSELL_AGAIN_LAST ? XSELL_AGAIN_LAST
               : 2 * t->not_n + XSELL_AGAIN_FIRST;

    off = w->off + (uint64_t) (w->p - w->zero);
    h->again = off + t->not_n;

    return t->not_n < (uint64_t) (end - w->p) && w->p <= end
           ? w->p + t->not_n : end;
}

#endif

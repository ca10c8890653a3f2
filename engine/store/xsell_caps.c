
/*
 * xsell_caps.c: how many rewards one visitor or one network has given lately.
 *
 * Whoever wants an item on every page clicks it, with many cookies if need be.
 * Cookies are free, addresses of other networks are not: a network (/24 of
 * IPv4, /48 of IPv6) may teach the model no more than a share of what all
 * teach, a visitor no more than a person clicks.  What is above that counts as
 * it happened (clicks, orders, revenue) and moves no belief.
 *
 * A count-min sketch (Cormode, Muthukrishnan 2005) with conservative update
 * (Estan, Varghese 2002): four rows of cells, a key counts in one cell of each
 * and is worth the least of the four; only cells that are not above that grow.
 * It never says too little, and too much only where cells are crowded.  Cells
 * halve with every hour that began since they were written, when they are
 * looked at: nothing walks over the table.
 *
 * Keys are hashed with the arena's key before they come here, and an address
 * can't be read from a sum.  The sketch is no part of snapshots: it forgets in
 * hours what a restart forgets at once.
 *
 * Invariant: one writer, the learner; relaxed words.
 *
 * Not taken: a table of networks.  It has to evict, and whoever fills it
 * chooses who is forgotten.
 */

#include "xsell_store.h"


#define CAPS_ROWS      4
#define CAPS_HOUR_S    3600
#define CAPS_FULL      0xffffu

/* what is counted; mixed into the key */
#define CAPS_VISITOR   0x9e3779b97f4a7c15ull
#define CAPS_NETWORK   0xc2b2ae3d27d4eb4full


/* a cell: the hour it was written in, and its count in sixteenths */

static uint32_t
caps_count(uint32_t cell, uint32_t hour)
{
    uint32_t  age;

    age = (hour - (cell >> 16)) & 0xffff;

    return age < 16 ? (cell & 0xffff) >> age : 0;
}


/* what a key has given before this time, which is counted, in sixteenths */

static uint32_t
caps_add(xsell_arena_t *a, uint64_t key, uint32_t hour)
{
    uint32_t   i, n, least, width, at[CAPS_ROWS], had[CAPS_ROWS];
    uint64_t   h;

    width = a->caps_n / CAPS_ROWS;
    least = CAPS_FULL;

    for (i = 0; i < CAPS_ROWS; i++) {
        h = xsell_random(&key);
        at[i] = i * width + ((uint32_t) h & (width - 1));
        had[i] = caps_count(xsell_load(&a->caps[at[i]]), hour);
        least = had[i] < least ? had[i] : least;
    }

    n = least + 16 < CAPS_FULL ? least + 16 : CAPS_FULL;

    for (i = 0; i < CAPS_ROWS; i++) {
        if (had[i] < n) {
            xsell_store(&a->caps[at[i]], (hour & 0xffff) << 16 | n);
        }
    }

    return least;
}


/* the same of all rewards; they need more than sixteen bits */

static uint32_t
caps_total(xsell_arena_t *a, uint32_t hour)
{
    uint32_t         age, n;
    xsell_header_t  *h;

    h = a->header;
    age = hour - h->caps_hour;
    n = age < 32 ? h->caps_total >> age : 0;

    xsell_store(&h->caps_hour, hour);
    xsell_store(&h->caps_total, n < UINT32_MAX - 16 ? n + 16 : n);

    return n;
}


int
xsell_caps_reward(xsell_arena_t *a, uint64_t session, uint32_t network,
    uint32_t now_s)
{
    int       good;
    uint32_t  hour, total, share;

    hour = now_s / CAPS_HOUR_S;
    total = caps_total(a, hour);
    good = 1;

    if (session) {
        good = caps_add(a, session ^ CAPS_VISITOR, hour)
               < 16 * XSELL_CAPS_VISITOR;
    }

    /* both are counted, whichever refuses */

    if (network) {
        share = total / XSELL_CAPS_SHARE;
        share = share > 16 * XSELL_CAPS_NETWORK ? share
                                                : 16 * XSELL_CAPS_NETWORK;
        good &= caps_add(a, network ^ CAPS_NETWORK, hour) < share;
    }

    if (!good) {
        xsell_add(&a->counters->dropped[XSELL_DROP_REWARD_CAPPED], 1);
    }

    return good;
}

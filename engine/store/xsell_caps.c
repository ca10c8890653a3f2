
/*
 * xsell_caps.c: how much one visitor, and one network, has taught lately.
 *
 * Whoever wants an item on every page clicks it, with many cookies if need be.
 * Cookies are free, addresses of other networks are not: a network (/24 of
 * IPv4, /48 of IPv6) may teach the model no more than a share of what all
 * teach, a visitor no more than a person clicks, and of one item a network
 * brings a few an hour of rewards, of views and of order lines, or an eighth of
 * an hour's views where many look at it.  So a few networks give no item more
 * than that, whatever they do, and what many networks like rises unhindered.
 * What is above that counts as it happened (clicks, orders, revenue) and moves
 * no belief, no sum and no pair.
 *
 * Only what teaches is counted: a large network teaches its share, not nothing,
 * and what is refused raises nobody's share.
 *
 * A count-min sketch (Cormode, Muthukrishnan 2005) with conservative update
 * (Estan, Varghese 2002): four rows of cells, a key counts in one cell of each
 * and is worth the least of the four; only cells that are not above that grow.
 * It never says too little, and too much only where cells are crowded.  Cells
 * halve with every hour that began since they were written, when they are
 * looked at: nothing walks over the table.  Rewards have one half of each row,
 * what is counted by item the other: there are a hundred times as many.  What a
 * crowded cell has of others is not held against anybody: limits by item rise
 * by the mean of all cells.
 *
 * Keys are hashed with the arena's key before they come here, and an address
 * can't be read from a sum.  The sketch is no part of snapshots: it forgets in
 * hours what a restart forgets at once.
 *
 * Invariant: one writer, the learner; relaxed words.
 *
 * Not taken: a table of networks.  It has to evict, and whoever fills it
 * chooses who is forgotten.  A bound on what an item gains of all networks: it
 * would hold back the hit, too.
 */

#include "xsell_store.h"


#define CAPS_ROWS      4
#define CAPS_HOUR_S    3600
#define CAPS_ONE       16           /* counts are sixteenths: they halve */
#define CAPS_FULL      0xffffu

/* what is counted; mixed into the key */
#define CAPS_VISITOR   0x9e3779b97f4a7c15ull
#define CAPS_NETWORK   0xc2b2ae3d27d4eb4full

_Static_assert(CAPS_ROWS * 16 == 64
               && XSELL_CAPS_MAX / CAPS_ROWS / 2 <= 1 << 16,
               "one hash says where in all rows");

/* halves of a row */
enum {
    CAPS_REWARDS = 0,
    CAPS_ITEMS
};


/* a key's cells, and the least of them */

typedef struct {
    uint32_t             at[CAPS_ROWS];
    uint32_t             had[CAPS_ROWS];
    uint32_t             n;
} caps_key_t;


/* a cell: the hour it was written in, and its count in sixteenths */

static uint32_t
caps_count(uint32_t cell, uint32_t hour)
{
    uint32_t  age;

    age = (hour - (cell >> 16)) & 0xffff;

    return age < 16 ? (cell & 0xffff) >> age : 0;
}


static uint32_t
caps_width(const xsell_arena_t *a)
{
    return a->caps_n / CAPS_ROWS / 2;
}


static void
caps_find(const xsell_arena_t *a, uint32_t half, uint64_t key, uint32_t hour,
    caps_key_t *k)
{
    uint32_t  i, width;
    uint64_t  h;

    width = caps_width(a);
    h = xsell_random(&key);
    k->n = CAPS_FULL;

    for (i = 0; i < CAPS_ROWS; i++, h >>= 16) {
        k->at[i] = (2 * i + half) * width + ((uint32_t) h & (width - 1));
        k->had[i] = caps_count(xsell_load(&a->caps[k->at[i]]), hour);
        k->n = k->had[i] < k->n ? k->had[i] : k->n;
    }
}


static void
caps_add(xsell_arena_t *a, const caps_key_t *k, uint32_t hour)
{
    uint32_t  i, n;

    n = k->n + CAPS_ONE < CAPS_FULL ? k->n + CAPS_ONE : CAPS_FULL;

    for (i = 0; i < CAPS_ROWS; i++) {
        if (k->had[i] < n) {
            xsell_store(&a->caps[k->at[i]], (hour & 0xffff) << 16 | n);
        }
    }
}


/* sums of a half; they need more than sixteen bits */

static uint32_t
caps_total(const xsell_arena_t *a, uint32_t half, uint32_t hour)
{
    uint32_t               age;
    const xsell_header_t  *h;

    h = a->header;
    age = hour - h->caps_hour;

    return age < 32 ? h->caps_total[half] >> age : 0;
}


static void
caps_total_add(xsell_arena_t *a, uint32_t half, uint32_t hour)
{
    uint32_t         i, n;
    xsell_header_t  *h;

    h = a->header;

    for (i = 0; i < 2; i++) {
        n = caps_total(a, i, hour);
        n += i == half && n < UINT32_MAX - CAPS_ONE ? CAPS_ONE : 0;
        xsell_store(&h->caps_total[i], n);
    }

    xsell_store(&h->caps_hour, hour);
}


/* ---- rewards ----------------------------------------------------------- */

/* what a network may teach, in sixteenths */

static uint32_t
caps_share(const xsell_arena_t *a, uint32_t hour)
{
    uint32_t  share;

    share = caps_total(a, CAPS_REWARDS, hour) / XSELL_CAPS_SHARE;

    return share > CAPS_ONE * XSELL_CAPS_NETWORK
           ? share : CAPS_ONE * XSELL_CAPS_NETWORK;
}


/* of one item, of one kind of thing, by a network */

static uint64_t
caps_item(uint32_t network, xsell_ref_t item, uint32_t what)
{
    uint64_t  key;

    key = (uint64_t) network << 32 | item;

    return xsell_random(&key) ^ what * CAPS_NETWORK;
}


/* the network's cells; whether it may give one more, of this item */

static int
caps_network(const xsell_arena_t *a, uint32_t network, xsell_ref_t item,
    uint32_t hour, caps_key_t *all, caps_key_t *one)
{
    uint32_t  share;

    share = caps_share(a, hour);

    caps_find(a, CAPS_REWARDS, network ^ CAPS_NETWORK, hour, all);
    caps_find(a, CAPS_REWARDS, caps_item(network, item, XSELL_CAPS_REWARD),
              hour, one);

    return all->n < share && one->n < share / XSELL_CAPS_ITEM_SHARE;
}


int
xsell_caps_reward(xsell_arena_t *a, uint64_t session, uint32_t network,
    xsell_ref_t item, uint32_t now_s)
{
    uint32_t    hour;
    caps_key_t  visitor, all, one;

    hour = now_s / CAPS_HOUR_S;
    caps_find(a, CAPS_REWARDS, session ^ CAPS_VISITOR, hour, &visitor);

    if ((session && visitor.n >= CAPS_ONE * XSELL_CAPS_VISITOR)
        || (network && !caps_network(a, network, item, hour, &all, &one)))
    {
        xsell_add(&a->counters->dropped[XSELL_DROP_REWARD_CAPPED], 1);
        return 0;
    }

    if (session) {
        caps_add(a, &visitor, hour);
    }

    if (network) {      /* then caps_network() has found them */
        caps_add(a, &all, hour);
        caps_add(a, &one, hour);
    }

    caps_total_add(a, CAPS_REWARDS, hour);

    return 1;
}


int
xsell_caps_open(const xsell_arena_t *a, uint32_t network, xsell_ref_t item,
    uint32_t now_s)
{
    caps_key_t  all, one;

    return network == 0
           || caps_network(a, network, item, now_s / CAPS_HOUR_S, &all, &one);
}


/* ---- views and order lines --------------------------------------------- */

/* how many of them a network may bring of an item with so many views lately; in
   sixteenths */

static uint32_t
caps_most(const xsell_arena_t *a, float trend, uint32_t hour)
{
    float  most;

    most = trend / XSELL_CAPS_TREND;
    most = most > XSELL_CAPS_ITEM ? most : XSELL_CAPS_ITEM;
    most = most < CAPS_FULL / CAPS_ONE ? most : CAPS_FULL / CAPS_ONE;

    return (uint32_t) (most * CAPS_ONE)
           + caps_total(a, CAPS_ITEMS, hour) / caps_width(a);
}


int
xsell_caps_item(xsell_arena_t *a, uint32_t what, uint32_t network,
    xsell_ref_t item, float trend, uint32_t now_s)
{
    uint32_t    hour;
    caps_key_t  key;

    if (network == 0) {
        return 1;
    }

    hour = now_s / CAPS_HOUR_S;
    caps_find(a, CAPS_ITEMS, caps_item(network, item, what), hour, &key);

    if (key.n + CAPS_ONE > caps_most(a, trend, hour)) {
        xsell_add(&a->counters->dropped[XSELL_DROP_ITEM_CAPPED], 1);
        return 0;
    }

    caps_add(a, &key, hour);
    caps_total_add(a, CAPS_ITEMS, hour);

    return 1;
}


int
xsell_caps_item_open(const xsell_arena_t *a, uint32_t what, uint32_t network,
    xsell_ref_t item, float trend, uint32_t now_s)
{
    uint32_t    hour;
    caps_key_t  key;

    /* of fewer views than one network may bring none has brought too many */

    if (network == 0
        || (what == XSELL_CAPS_VIEW && trend < XSELL_CAPS_ITEM))
    {
        return 1;
    }

    hour = now_s / CAPS_HOUR_S;
    caps_find(a, CAPS_ITEMS, caps_item(network, item, what), hour, &key);

    return key.n + CAPS_ONE <= caps_most(a, trend, hour);
}

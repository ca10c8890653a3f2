
/*
 * xsell_pairs.c: which items go together, as counts: visits that saw both,
 * orders that had both.  Unordered baskets need this; the session index
 * (xsell_knn.c) is for the order of views.
 *
 * Each item keeps 16 partners.  When they are full, a newcomer takes the place
 * of a weak one if the two came together more often lately than that one and
 * the item did, by the sketch that counts all pairs (xsell_sketch.c).
 *
 * A count is a promise, "at least 3 different visits saw both", so a newcomer
 * starts at what is certain of it, 1: counts are lower bounds, and the sketch's
 * estimate only opens the door.
 *
 * Who may have to go is the weakest of some that are drawn, by these counts.
 * The weakest of all would be the newcomer that came last, again and again,
 * and whoever met twice by accident early on would stay for ever.
 *
 * Online Retail (xsell eval baskets, HR@20 and MRR@20; full basket, one item):
 * admission at random (Ben Basat, Einziger, Friedman, Kassner, "Randomized
 * admission policy for efficient top-k", 2017), which stood here before, .335
 * .134, .227 .125; by the sketch .380 .143, .291 .146; exact counts of all
 * pairs, cut to the best 16, .384 .140, .317 .156.  Space-saving (inherited
 * counts) is useless at 16 of 300: .046 .006.
 *
 * Partners of several items (a basket): the root of the sum of squares.  The
 * plain sum, which is usual, lets many faint ties outweigh a strong one: .387
 * .145 against .400 .152 for the full basket, exact counts.
 *
 * Random bits come from header.rng, so equal events give equal bytes.
 */

#include "xsell_model.h"

#include <math.h>


/* an order says more than a visit, when the weakest is looked for */
#define XSELL_PAIR_BOUGHT_WEIGHT  8

/* partners that are drawn, the weakest of which may have to go; with
   repetition, so about 8 of the 16.  8 to 12 are as good as each other */
#define XSELL_PAIR_DRAWN  10

/* pseudo-count that small evidence is shrunk by: n / (n + s) */
#define XSELL_PAIR_SHRINK         3.0f

/* of an item's visits or orders; 0.5 would be the cosine: above it what goes
   with everything says less.  Equal to the cosine at 100 of them. */
#define XSELL_PAIR_ANCHOR         0.7f
#define XSELL_PAIR_ANCHOR_EQUAL   100.0f


static uint32_t
xsell_partner_weight(const xsell_partner_t *p)
{
    return p->viewed + XSELL_PAIR_BOUGHT_WEIGHT * (uint32_t) p->bought;
}


/* the weakest of a few that are drawn, 4 bits of `draw` each */

static uint32_t
xsell_pairs_weakest(const xsell_pair_record_t *r, uint64_t draw)
{
    uint32_t  i, j, w, best, at;

    _Static_assert(XSELL_PARTNERS == 16, "4 bits name a partner");

    at = 0;
    best = UINT32_MAX;

    for (i = 0; i < XSELL_PAIR_DRAWN; i++, draw >>= 4) {
        j = (uint32_t) (draw & 15);
        w = xsell_partner_weight(&r->partner[j]);

        if (w < best) {
            best = w;
            at = j;
        }
    }

    return at;
}


/* where the partner stands or shall stand; XSELL_PARTNERS: not admitted */

static uint32_t
xsell_pairs_place(xsell_arena_t *a, const xsell_pair_record_t *r,
    uint32_t n, xsell_ref_t item, xsell_ref_t ref)
{
    uint32_t  i;

    for (i = 0; i < n; i++) {
        if (xsell_ref_slot(r->partner[i].ref) == xsell_ref_slot(ref)) {
            return i;
        }
    }

    if (n < XSELL_PARTNERS) {
        return n;
    }

    i = xsell_pairs_weakest(r, xsell_random(&a->header->rng));

    return xsell_sketch_count(a, item, ref)
           > xsell_sketch_count(a, item, r->partner[i].ref)
           ? i : XSELL_PARTNERS;
}


static void
xsell_pairs_count(xsell_arena_t *a, xsell_ref_t item, xsell_ref_t ref,
    unsigned kind)
{
    uint32_t              i, n, slot;
    xsell_partner_t       p;
    xsell_pair_record_t  *r;

    slot = xsell_ref_slot(item);
    r = &a->pairs[slot];
    n = r->n < XSELL_PARTNERS ? r->n : XSELL_PARTNERS;

    i = xsell_pairs_place(a, r, n, item, ref);

    if (i == XSELL_PARTNERS) {
        return;
    }

    p = r->partner[i];

    if (i == n || p.ref != ref) {
        p.ref = ref;
        p.viewed = 0;
        p.bought = 0;
    }

    if (kind == XSELL_PAIR_BOUGHT) {
        p.bought += p.bought < UINT16_MAX;

    } else {
        p.viewed += p.viewed < UINT16_MAX;
    }

    xsell_intent_set(a, XSELL_REGION_PAIRS, slot);
    xsell_seq_open(&r->seq);

    xsell_seq_put(&r->partner[i], &p, sizeof(p) / 4);

    if (i == n) {
        xsell_store(&r->n, n + 1);
    }

    xsell_seq_close(&r->seq);
    xsell_intent_clear(a);
}


void
xsell_pairs_add(xsell_arena_t *a, xsell_ref_t x, xsell_ref_t y,
    unsigned kind)
{
    uint32_t  i, j, worth;

    i = xsell_ref_slot(x);
    j = xsell_ref_slot(y);

    if (i == j || i >= a->items_n || j >= a->items_n) {
        return;
    }

    worth = kind == XSELL_PAIR_BOUGHT ? xsell_sketch_worth(0, 1)
                                      : xsell_sketch_worth(1, 0);

    xsell_sketch_raise(a, x, y, xsell_sketch_count(a, x, y) + worth);
    xsell_sketch_age(a, xsell_random(&a->header->rng));

    xsell_pairs_count(a, x, y, kind);
    xsell_pairs_count(a, y, x, kind);
}


void
xsell_pairs_repair(xsell_arena_t *a, uint32_t slot)
{
    uint32_t              i, j, n, kept;
    xsell_pair_record_t  *r;

    /* partners are stored before n, each as two words: whatever the kill
       left is in range, but may name one item twice or none */

    r = &a->pairs[slot];
    xsell_seq_open(&r->seq);

    n = r->n < XSELL_PARTNERS ? r->n : XSELL_PARTNERS;
    kept = 0;

    for (i = 0; i < n; i++) {

        if (xsell_ref_slot(r->partner[i].ref) >= a->items_n) {
            continue;
        }

        for (j = 0; j < kept; j++) {
            if (xsell_ref_slot(r->partner[j].ref)
                == xsell_ref_slot(r->partner[i].ref))
            {
                break;
            }
        }

        if (j == kept) {
            xsell_seq_put(&r->partner[kept++], &r->partner[i],
                          sizeof(xsell_partner_t) / 4);
        }
    }

    xsell_store(&r->n, kept);
    xsell_seq_close(&r->seq);
}


/* counts of an item by kind: the denominators */

static float
xsell_pairs_seen(const xsell_arena_t *a, uint32_t slot, unsigned kind)
{
    uint32_t  n;

    n = kind == XSELL_PAIR_BOUGHT ? xsell_load(&a->items[slot].orders)
                                  : xsell_load(&a->items[slot].views);

    return n ? (float) n : 1.0f;
}


/* what an item's visits or orders divide by */

static float
xsell_pairs_divisor(float seen)
{
    return powf(seen, XSELL_PAIR_ANCHOR)
           * powf(XSELL_PAIR_ANCHOR_EQUAL, 0.5f - XSELL_PAIR_ANCHOR);
}


/* share of the orders or visits with one that have the other, nearly the
   cosine, shrunk towards 0; squared into the sum */

static void
xsell_pairs_score(xsell_tally_t *t, const xsell_arena_t *a,
    const xsell_partner_t *p, float seen, float divisor, float all,
    float weight, unsigned kind)
{
    float            n, f, other, lift;
    xsell_scored_t  *sum;

    n = kind == XSELL_PAIR_BOUGHT ? p->bought : p->viewed;
    other = xsell_pairs_seen(a, xsell_ref_slot(p->ref), kind);

    sum = xsell_tally_at(t, p->ref);

    if (sum == NULL) {
        return;
    }

    f = weight * n / (divisor * sqrtf(other)) * n / (n + XSELL_PAIR_SHRINK);
    sum->score += f * f;

    lift = xsell_log2(n * all / (seen * other)) * n / (n + XSELL_PAIR_SHRINK);

    if (lift > sum->extra) {
        sum->extra = lift;
    }

    if ((uint32_t) n > sum->support) {
        sum->support = (uint32_t) n;
    }
}


static uint32_t
xsell_pairs_support(const xsell_settings_t *s, unsigned kind)
{
    uint32_t  n;

    n = s->min_visits ? s->min_visits : 1;

    if (kind == XSELL_PAIR_VIEWED) {
        return n;
    }

    /* two orders are more than an accident, three are enough */

    return n < 2 ? 2 : n > 3 ? 3 : n;
}


uint32_t
xsell_pairs_ask(xsell_tally_t *t, const xsell_arena_t *a,
    const xsell_settings_t *s, const xsell_ref_t *query, uint32_t n,
    float rest, unsigned kind, xsell_scored_t *out, uint32_t max)
{
    float                 all, seen, divisor;
    uint32_t              i, j, slot, kept, support;
    xsell_partner_t      *p;
    xsell_pair_record_t   r;

    support = xsell_pairs_support(s, kind);

    all = (float) (kind == XSELL_PAIR_BOUGHT
                   ? xsell_load(&a->header->orders)
                   : xsell_load(&a->header->visits)) + 1;

    xsell_tally_begin(t);

    for (i = 0; i < n; i++) {
        slot = xsell_ref_slot(query[i]);

        if (slot >= a->items_n
            || !xsell_seq_copy(&a->pairs[slot].seq, &r, &a->pairs[slot],
                               sizeof(r) / 4))
        {
            continue;
        }

        seen = xsell_pairs_seen(a, slot, kind);
        divisor = xsell_pairs_divisor(seen);

        for (j = 0; j < r.n && j < XSELL_PARTNERS; j++) {
            p = &r.partner[j];

            if (xsell_ref_slot(p->ref) >= a->items_n
                || (kind == XSELL_PAIR_BOUGHT ? p->bought : p->viewed)
                   < support)
            {
                continue;
            }

            xsell_pairs_score(t, a, p, seen, divisor, all, i ? rest : 1.0f,
                              kind);
        }
    }

    kept = 0;

    for (i = 0; i < t->n; i++) {
        kept = xsell_scored_keep(out, kept, max, &t->row[i]);
    }

    for (i = 0; i < kept; i++) {
        out[i].score = sqrtf(out[i].score);
    }

    return kept;
}


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
 * starts at what is certain of it: 1, or what the partner's record knows of the
 * pair, where it may have stayed.  Counts are lower bounds, and the sketch's
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
 * A cart asks both records of a pair, its own item's and the partner's, and
 * takes the larger count.  On three tenths of the training period, one after
 * the other (HR@20, MRR@20): .389 .159 with one record, .396 .160 with both,
 * .395 .162 with XSELL_PAIR_PARTNER .4.  Not taken, for these were no better:
 * more shrinkage, other powers, another weight of lift or of what sells; and
 * to prefer what sold lately was worse (.388 .152).
 *
 * On the tenth of the baskets that follows the first 54, 63, 72 and 81 of 100
 * (mean of four; full basket, one item): one meeting instead of two is enough
 * if the shop says so, .3927 .1592, .309 .149 to .3958 .1604, .318 .151; what
 * one record knows the other one takes over, .4013 .1605, .321 .153; then
 * XSELL_PAIR_PARTNER .3 instead of .4, .4016 .1622.  On the file's own tenth,
 * the last one: .3936 .1490, .3976 .1500, .3976 .1507, .3944 .1519.  Exact
 * counts of all pairs would add .010 .004 to the first of these, .006 .0035
 * to the other.  Not taken: powers of 1.5 for the sum of squares, which are
 * .001 better on the four and .003 worse on the last.
 *
 * Not taken, for min_visits of 3: an item of 5 orders or visits at least, and a
 * lift above 1.  The first is equal, .3895 .1509, .2994 .1548 (Diginetica .4865
 * .1829), and after the first week of a shop .145 .062, .0995 .0503 become .144
 * .062, .0985 .0493; and what three visitors did would not be offered to the
 * fourth.  The second: .3895 .1510, .2970 .1548; with the test from June,
 * August and October on, one item, HR@20 .2954, .2950, .2968 to .2935, .2953,
 * .2953.
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

/*
 * Powers of an item's visits or orders that a count is divided by; two times
 * 0.5 would be the cosine.  Of the query's items what goes with everything says
 * less; of the offered one's orders less is taken, for what sells much is
 * rather the next line.  Equal to the cosine at 100 of them.
 */
#define XSELL_PAIR_ANCHOR         0.7f
#define XSELL_PAIR_PARTNER        0.3f      /* orders; of visits 0.5 */
#define XSELL_PAIR_EQUAL          100.0f


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


/* what the item's record knows of the partner, into p where it is more */

static void
xsell_pairs_know(const xsell_arena_t *a, xsell_ref_t item, xsell_ref_t ref,
    xsell_partner_t *p)
{
    uint32_t                    i;
    const xsell_partner_t      *known;
    const xsell_pair_record_t  *r;

    r = &a->pairs[xsell_ref_slot(item)];

    for (i = 0; i < r->n && i < XSELL_PARTNERS; i++) {
        known = &r->partner[i];

        if (known->ref == ref) {
            p->viewed = known->viewed > p->viewed ? known->viewed : p->viewed;
            p->bought = known->bought > p->bought ? known->bought : p->bought;
            return;
        }
    }
}


/* p: the partner with its counts */

static void
xsell_pairs_put(xsell_arena_t *a, xsell_ref_t item, const xsell_partner_t *p)
{
    uint32_t              i, n, slot;
    xsell_pair_record_t  *r;

    slot = xsell_ref_slot(item);
    r = &a->pairs[slot];
    n = r->n < XSELL_PARTNERS ? r->n : XSELL_PARTNERS;

    i = xsell_pairs_place(a, r, n, item, p->ref);

    if (i == XSELL_PARTNERS) {
        return;
    }

    xsell_intent_set(a, XSELL_REGION_PAIRS, slot);
    xsell_seq_open(&r->seq);

    xsell_seq_put(&r->partner[i], p, sizeof(*p) / 4);

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
    uint32_t         i, j, worth;
    xsell_partner_t  p;

    i = xsell_ref_slot(x);
    j = xsell_ref_slot(y);

    if (i == j || i >= a->items_n || j >= a->items_n) {
        return;
    }

    worth = kind == XSELL_PAIR_BOUGHT ? xsell_sketch_worth(0, 1)
                                      : xsell_sketch_worth(1, 0);

    xsell_sketch_raise(a, x, y, xsell_sketch_count(a, x, y) + worth);
    xsell_sketch_age(a, xsell_random(&a->header->rng));

    memset(&p, 0, sizeof(p));
    xsell_pairs_know(a, x, y, &p);
    xsell_pairs_know(a, y, x, &p);

    if (kind == XSELL_PAIR_BOUGHT) {
        p.bought += p.bought < UINT16_MAX;

    } else {
        p.viewed += p.viewed < UINT16_MAX;
    }

    p.ref = y;
    xsell_pairs_put(a, x, &p);

    p.ref = x;
    xsell_pairs_put(a, y, &p);
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


static uint32_t
xsell_pairs_support(const xsell_settings_t *s, unsigned kind)
{
    uint32_t  n;

    n = s->min_visits ? s->min_visits : 1;

    /* orders say more: three are enough */

    return kind == XSELL_PAIR_BOUGHT && n > 3 ? 3 : n;
}


/* a query item: its visits or orders, and what they divide by */

typedef struct {
    float                    seen;
    float                    divisor;
    float                    weight;
} xsell_pairs_anchor_t;


#define XSELL_PAIRS_ROWS  ((XSELL_HISTORY + 1) * XSELL_PARTNERS)


/* a partner: its visits or orders, and what they divide by */

typedef struct {
    float                    seen[XSELL_PAIRS_ROWS];
    float                    divisor[XSELL_PAIRS_ROWS];
} xsell_pairs_others_t;


/* that it came together with one of the query's items */

typedef struct {
    uint16_t                 row;       /* of the tally */
    uint16_t                 query;
    uint32_t                 n;         /* how often */
} xsell_pairs_tie_t;


/* ... with each of them */

typedef struct {
    uint16_t                 n[XSELL_HISTORY + 1];
} xsell_pairs_counts_t;


static int
xsell_pairs_copy(const xsell_arena_t *a, uint32_t slot,
    xsell_pair_record_t *r)
{
    if (slot >= a->items_n
        || !xsell_seq_copy(&a->pairs[slot].seq, r, &a->pairs[slot],
                           sizeof(*r) / 4))
    {
        return 0;
    }

    r->n = r->n < XSELL_PARTNERS ? r->n : XSELL_PARTNERS;

    return 1;
}


static inline uint32_t
xsell_pairs_kind(const xsell_partner_t *p, unsigned kind)
{
    return kind == XSELL_PAIR_BOUGHT ? p->bought : p->viewed;
}


/* the partners of the query's items that came together with one of them
   `least` times, a row each; and how often that was, query by query.  Returns
   how many ties there are. */

static uint32_t
xsell_pairs_partners(xsell_tally_t *t, const xsell_arena_t *a,
    const xsell_ref_t *query, uint32_t n, unsigned kind, uint32_t least,
    xsell_pairs_tie_t *tie)
{
    uint32_t              i, j, m, ties;
    uint8_t               at[XSELL_PARTNERS];
    xsell_ref_t           ref;
    xsell_pair_record_t   r;

    ties = 0;
    xsell_tally_begin(t);

    for (i = 0; i < n; i++) {

        if (!xsell_pairs_copy(a, xsell_ref_slot(query[i]), &r)) {
            continue;
        }

        /* mostly few of them: which is nobody's guess, so without a branch */

        for (m = 0, j = 0; j < r.n; j++) {
            at[m] = (uint8_t) j;
            m += (xsell_ref_slot(r.partner[j].ref) < a->items_n)
                 & (xsell_pairs_kind(&r.partner[j], kind) >= least);
        }

        for (j = 0; j < m; j++) {
            ref = r.partner[at[j]].ref;
            __builtin_prefetch(&a->items[xsell_ref_slot(ref)]);

            tie[ties].row = (uint16_t) (xsell_tally_at(t, ref) - t->row);
            tie[ties].query = (uint16_t) i;
            tie[ties++].n = xsell_pairs_kind(&r.partner[at[j]], kind);
        }
    }

    return ties;
}


/* a filter before the query's items are gone through: nearly all say no */

#define XSELL_PAIRS_ASKED  512

static inline int
xsell_pairs_bit(uint64_t *asked, xsell_ref_t ref, int set)
{
    uint32_t  i;

    i = xsell_ref_slot(ref) % XSELL_PAIRS_ASKED;
    asked[i / 64] |= (uint64_t) set << i % 64;

    return asked[i / 64] >> i % 64 & 1;
}


/*
 * A pair stands in two records, and may have been driven out of one of them: of
 * what everybody buys the rarer item knows more.  Both counts are lower bounds,
 * so the larger one is nearer to the truth.
 */

static void
xsell_pairs_reverse(const xsell_tally_t *t, const xsell_arena_t *a,
    const xsell_ref_t *query, uint32_t n, unsigned kind,
    const xsell_pairs_tie_t *tie, uint32_t ties, xsell_pairs_counts_t *counts)
{
    uint32_t              i, j, row, slot, count;
    uint64_t              asked[XSELL_PAIRS_ASKED / 64];
    xsell_ref_t           ref;
    xsell_pair_record_t   r;

    memset(asked, 0, sizeof(asked));
    memset(counts, 0, t->n * sizeof(*counts));

    for (i = 0; i < ties; i++) {
        counts[tie[i].row].n[tie[i].query] = (uint16_t) tie[i].n;
    }

    for (i = 0; i < n; i++) {
        xsell_pairs_bit(asked, query[i], 1);
    }

    for (row = 0; row < t->n; row++) {
        slot = xsell_ref_slot(t->row[row].ref);

        for (i = 0; i < sizeof(r); i += XSELL_LINE_BYTES) {
            __builtin_prefetch((const uint8_t *) &a->pairs[slot] + i);
        }
    }

    for (row = 0; row < t->n; row++) {

        if (!xsell_pairs_copy(a, xsell_ref_slot(t->row[row].ref), &r)) {
            continue;
        }

        for (j = 0; j < r.n; j++) {
            ref = r.partner[j].ref;

            if (!xsell_pairs_bit(asked, ref, 0)) {
                continue;
            }

            count = xsell_pairs_kind(&r.partner[j], kind);

            for (i = 0; i < n && query[i] != ref; i++) { /* void */ }

            if (i < n && count > counts[row].n[i]) {
                counts[row].n[i] = (uint16_t) count;
            }
        }
    }
}


static void
xsell_pairs_anchors(const xsell_arena_t *a, const xsell_ref_t *query,
    uint32_t n, float rest, unsigned kind, xsell_pairs_anchor_t *anchor)
{
    uint32_t  i, slot;

    for (i = 0; i < n; i++) {
        slot = xsell_ref_slot(query[i]);

        anchor[i].seen = slot < a->items_n ? xsell_pairs_seen(a, slot, kind)
                                           : 1.0f;
        anchor[i].divisor = powf(anchor[i].seen, XSELL_PAIR_ANCHOR)
                            * powf(XSELL_PAIR_EQUAL,
                                   0.5f - XSELL_PAIR_ANCHOR);
        anchor[i].weight = i ? rest : 1.0f;
    }
}


static void
xsell_pairs_others(const xsell_tally_t *t, const xsell_arena_t *a,
    unsigned kind, xsell_pairs_others_t *other)
{
    float     seen;
    uint32_t  i;

    for (i = 0; i < t->n; i++) {
        seen = xsell_pairs_seen(a, xsell_ref_slot(t->row[i].ref), kind);

        other->seen[i] = seen;
        other->divisor[i] = kind == XSELL_PAIR_VIEWED
                            ? sqrtf(seen)
                            : powf(seen, XSELL_PAIR_PARTNER)
                              * powf(XSELL_PAIR_EQUAL,
                                     0.5f - XSELL_PAIR_PARTNER);
    }
}


/* share of the orders or visits with one that have the other, nearly the
   cosine, shrunk towards 0; squared into the sum.  Returned before the weight
   of the query's item */

static inline float
xsell_pairs_score(xsell_scored_t *sum, const xsell_pairs_anchor_t *anchor,
    float divisor, uint32_t count)
{
    float  f, n, share;

    n = (float) count;

    share = n / (anchor->divisor * divisor) * n / (n + XSELL_PAIR_SHRINK);
    f = anchor->weight * share;
    sum->score += f * f;
    sum->support = count > sum->support ? count : sum->support;

    return share;
}


/* ... and how much more often than by chance.  all: orders */

static inline void
xsell_pairs_lift(xsell_scored_t *sum, const xsell_pairs_anchor_t *anchor,
    float other, uint32_t count, float all)
{
    float  n, lift;

    n = (float) count;

    lift = xsell_log2(n * all / (anchor->seen * other))
           * n / (n + XSELL_PAIR_SHRINK);

    sum->extra = lift > sum->extra ? lift : sum->extra;
}


/* all ties into their rows: they have the support.  Of views what the second
   of the query's items says alone is kept instead of the lift */

static void
xsell_pairs_each(xsell_tally_t *t, const xsell_pairs_anchor_t *anchor,
    const xsell_pairs_others_t *other, const xsell_pairs_tie_t *tie,
    uint32_t ties, unsigned kind, float all)
{
    float                        share;
    uint32_t                     i, k;
    xsell_scored_t              *row;
    const xsell_pairs_anchor_t  *of;

    for (i = 0; i < ties; i++) {
        k = tie[i].row;
        row = &t->row[k];
        of = &anchor[tie[i].query];
        share = xsell_pairs_score(row, of, other->divisor[k], tie[i].n);

        if (kind == XSELL_PAIR_BOUGHT) {
            xsell_pairs_lift(row, of, other->seen[k], tie[i].n, all);

        } else if (tie[i].query == 1) {
            row->extra = share;
        }
    }
}


/* rows that have the support with one of the query's n items, to the tally's
   front */

static uint32_t
xsell_pairs_both(xsell_tally_t *t, const xsell_pairs_anchor_t *anchor,
    const xsell_pairs_others_t *other, const xsell_pairs_counts_t *counts,
    uint32_t n, uint32_t support, float all)
{
    uint32_t        i, j, kept;
    xsell_scored_t  row;

    for (kept = 0, i = 0; i < t->n; i++) {
        row = t->row[i];

        for (j = 0; j < n; j++) {
            if (counts[i].n[j] >= support) {
                (void) xsell_pairs_score(&row, &anchor[j],
                                         other->divisor[i], counts[i].n[j]);
                xsell_pairs_lift(&row, &anchor[j], other->seen[i],
                                 counts[i].n[j], all);
            }
        }

        t->row[kept] = row;
        kept += row.support != 0;
    }

    return kept;
}


uint32_t
xsell_pairs_ask(xsell_tally_t *t, const xsell_arena_t *a,
    const xsell_settings_t *s, const xsell_ref_t *query, uint32_t n,
    float rest, unsigned kind, xsell_scored_t *out, uint32_t max)
{
    int                   both;
    float                 all;
    uint32_t              i, ties, kept, support;
    xsell_pairs_tie_t     tie[XSELL_PAIRS_ROWS];
    xsell_pairs_anchor_t  anchor[XSELL_HISTORY + 1];
    xsell_pairs_others_t  other;
    xsell_pairs_counts_t  counts[XSELL_PAIRS_ROWS];

    n = n < XSELL_HISTORY + 1 ? n : XSELL_HISTORY + 1;
    support = xsell_pairs_support(s, kind);

    /* a cart is worth it */

    both = kind == XSELL_PAIR_BOUGHT && n > 1;

    ties = xsell_pairs_partners(t, a, query, n, kind, both ? 1 : support,
                                tie);
    if (ties == 0) {
        return 0;
    }

    all = (float) xsell_load(&a->header->orders) + 1;

    xsell_pairs_anchors(a, query, n, rest, kind, anchor);
    xsell_pairs_others(t, a, kind, &other);

    if (both) {
        xsell_pairs_reverse(t, a, query, n, kind, tie, ties, counts);
        kept = xsell_pairs_both(t, anchor, &other, counts, n, support, all);

    } else {
        xsell_pairs_each(t, anchor, &other, tie, ties, kind, all);
        kept = t->n;
    }

    kept = xsell_scored_select(t->row, kept, max);

    for (i = 0; i < kept; i++) {
        out[i] = t->row[i];
        out[i].score = sqrtf(out[i].score);
    }

    return kept;
}

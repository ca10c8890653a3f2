
/*
 * xsell_pairs.c: which items go together, as counts: visits that saw both,
 * orders that had both.  Unordered baskets need this; the session index
 * (xsell_knn.c) is for the order of views.
 *
 * Each item keeps 16 partners.  When they are full, a newcomer is admitted
 * at random in place of a weak one, with probability new / (old + new),
 * weights in views: randomised admission (Ben Basat, Einziger, Friedman,
 * Kassner, "Randomized admission policy for efficient top-k", 2017).  A
 * frequent pair gets in after a few tries, the tail of accidents moves little.
 *
 * The estimator: that paper lets the newcomer inherit the count it displaced
 * plus one, which is right on average.  Here a count is also a promise, "at
 * least 3 different visits saw both", so a newcomer starts at what is known
 * of it, 1: counts are lower bounds.
 *
 * Which one goes: the paper's weakest of all is right for counts that are
 * inherited.  With lower bounds newcomers then only displace each other: 15
 * stay that met twice early on, by accident, and nobody new can meet twice
 * before he is displaced.  So it is the weakest of some that are drawn.
 * Online Retail (xsell eval baskets), HR@20 and MRR@20, mean of three seeds:
 * the weakest of all .327/.130, from one item .202/.121; of 12 drawn .338/.135
 * and .224/.124.  Exact counts cut to the best 16 would give .379/.138.
 *
 * Random bits come from header.rng, so equal events give equal bytes.
 */

#include "xsell_model.h"

#include <math.h>


/* an order says more than a visit, when the weakest is looked for */
#define XSELL_PAIR_BOUGHT_WEIGHT  8

/* partners that are drawn, the weakest of which may have to go; with
   repetition, so about 9 of the 16.  8 to 12 are as good as each other */
#define XSELL_PAIR_DRAWN  12

/* pseudo-count that small evidence is shrunk by: n / (n + s) */
#define XSELL_PAIR_SHRINK         1.0f


static uint32_t
xsell_partner_weight(const xsell_partner_t *p)
{
    return p->viewed + XSELL_PAIR_BOUGHT_WEIGHT * (uint32_t) p->bought;
}


/*
 * The weakest of a few that are drawn, 4 bits of `draw` each.  Of all it would
 * be the newcomer that came last, again and again, and whoever had two
 * orders by accident would stay for ever: drawing lets these go, now and then.
 */

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
    uint32_t n, xsell_ref_t ref, unsigned kind)
{
    uint32_t  i, old, new;

    for (i = 0; i < n; i++) {
        if (xsell_ref_slot(r->partner[i].ref) == xsell_ref_slot(ref)) {
            return i;
        }
    }

    if (n < XSELL_PARTNERS) {
        return n;
    }

    i = xsell_pairs_weakest(r, xsell_random(&a->header->rng));

    old = xsell_partner_weight(&r->partner[i]);
    new = kind == XSELL_PAIR_BOUGHT ? XSELL_PAIR_BOUGHT_WEIGHT : 1;

    return xsell_random(&a->header->rng) % (old + new) < new
           ? i : XSELL_PARTNERS;
}


static void
xsell_pairs_count(xsell_arena_t *a, uint32_t slot, xsell_ref_t ref,
    unsigned kind)
{
    uint32_t              i, n;
    xsell_partner_t       p;
    xsell_pair_record_t  *r;

    r = &a->pairs[slot];
    n = r->n < XSELL_PARTNERS ? r->n : XSELL_PARTNERS;

    i = xsell_pairs_place(a, r, n, ref, kind);

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
    uint32_t  i, j;

    i = xsell_ref_slot(x);
    j = xsell_ref_slot(y);

    if (i == j || i >= a->items_n || j >= a->items_n) {
        return;
    }

    xsell_pairs_count(a, i, y, kind);
    xsell_pairs_count(a, j, x, kind);
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


/* cosine of two items' visits or orders, shrunk towards 0 */

static void
xsell_pairs_score(xsell_tally_t *t, const xsell_arena_t *a,
    const xsell_partner_t *p, float seen, float all, float weight,
    unsigned kind)
{
    float            n, other, lift;
    xsell_scored_t  *sum;

    n = kind == XSELL_PAIR_BOUGHT ? p->bought : p->viewed;
    other = xsell_pairs_seen(a, xsell_ref_slot(p->ref), kind);

    sum = xsell_tally_at(t, p->ref);

    if (sum == NULL) {
        return;
    }

    sum->score += weight * n / sqrtf(seen * other)
                  * n / (n + XSELL_PAIR_SHRINK);

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
    float                 all, seen;
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

        for (j = 0; j < r.n && j < XSELL_PARTNERS; j++) {
            p = &r.partner[j];

            if (xsell_ref_slot(p->ref) >= a->items_n
                || (kind == XSELL_PAIR_BOUGHT ? p->bought : p->viewed)
                   < support)
            {
                continue;
            }

            xsell_pairs_score(t, a, p, seen, all, i ? rest : 1.0f, kind);
        }
    }

    kept = 0;

    for (i = 0; i < t->n; i++) {
        kept = xsell_scored_keep(out, kept, max, &t->cell[t->used[i]].sum);
    }

    return kept;
}


/*
 * xsell_goes.c: which kinds of items go together, as counts that are learned
 * live: lamps with bulbs, whichever lamp and whichever bulb.
 *
 * Pairs of items (xsell_pairs.c) know more, of items that many have seen.  A
 * kind is a category, so what a shop's visitors did says something of an item
 * that is new, or of two that never met.
 *
 *   view    a visit that comes to a kind for the first time went on to it from
 *           the kind of the page before: one way
 *   order   each two kinds in it, both ways, as much as four visits
 *
 * How often A and B come together is held against how often B comes anywhere:
 * lift = (n + 4) / (out(A) * share(B) + 4), which is near 1 as long as little
 * is known.  Its log2 is the row's lift where no pair of items says more, and
 * the most viewed of the best kinds are candidates (xsell_shelf.c).  A kind
 * with itself is likeness, which has its own sources, and is not counted.
 *
 * A kind's record has nine partners.  A newcomer takes the place of the weakest
 * with a chance of 1 in its sum plus one, and counts from what it brings, as in
 * xsell_crowd.c: a count is a promise.  Records lie in one table by the kind's
 * hash.  With two places for each, as crowds have, three kinds of a shop of
 * eight had to share two: there are four.  The partner's share of all is noted
 * beside its count, so that who asks reads one record and not ten.
 *
 * Poisoning: only who teaches pairs teaches this; a visit counts a kind once,
 * so who looks at all of a category says no more than who looks at one item;
 * and nothing is said of less than four times the visits that a pair of items
 * needs, or three orders.
 *
 * Invariants: one record at a time, under the intent (GOES, index) and its
 * sequence word; who finds it half done empties it.
 *
 * Not taken: a feature of its own, which would make rows, and each update of
 * the weights, larger, for what LIFT means anyway.
 */

#include "xsell_model.h"


#define XSELL_GOES_WAYS       4
#define XSELL_GOES_LEAST      0.05f     /* less is nobody */
#define XSELL_GOES_STEP_S     60        /* sums are aged in steps */
#define XSELL_GOES_ORDER      4.0f      /* visits that an order is worth */
#define XSELL_GOES_SHRINK     4.0f
#define XSELL_GOES_VISITS     4         /* for each that items would need */
#define XSELL_GOES_HUGE       1e30f

/* the record whose `in` is that of all kinds; those of kinds are odd */
#define XSELL_GOES_ALL        2u


static xsell_goes_t *
xsell_goes_at(const xsell_arena_t *a, uint32_t key, uint32_t way)
{
    return &a->goes[(xsell_spread(key) ^ way) & (a->goes_n - 1)];
}


/* ---- the learner's end ------------------------------------------------- */

static void
xsell_goes_clear(xsell_goes_t *g, uint32_t i)
{
    xsell_store(&g->kind[i], 0);
    xsell_store_float(&g->n[i], 0);
    xsell_store_float(&g->share[i], 0);
}


static void
xsell_goes_begin(xsell_goes_t *g, uint32_t key, uint32_t now_s)
{
    uint32_t  i;

    for (i = 0; i < XSELL_GOES_KINDS; i++) {
        xsell_goes_clear(g, i);
    }

    xsell_store(&g->key, key);
    xsell_store(&g->decay_s, now_s);
    xsell_store_float(&g->out, 0);
    xsell_store_float(&g->in, 0);
}


/* sums as of now; who is gone makes room */

static void
xsell_goes_age(xsell_goes_t *g, uint32_t now_s)
{
    float     keep;
    uint32_t  i, dt;

    dt = now_s > g->decay_s ? now_s - g->decay_s : 0;

    if (dt < XSELL_GOES_STEP_S) {
        return;
    }

    keep = xsell_decay(1, dt, XSELL_SOLD_HALF_S);

    xsell_store(&g->decay_s, now_s);
    xsell_store_float(&g->out, g->out * keep);
    xsell_store_float(&g->in, g->in * keep);

    for (i = 0; i < XSELL_GOES_KINDS; i++) {
        xsell_store_float(&g->n[i], g->n[i] * keep);

        if (!(g->n[i] > XSELL_GOES_LEAST)) {
            xsell_goes_clear(g, i);
        }
    }
}


/* the kind's record, else a free one that it may have, else the weakest */

static xsell_goes_t *
xsell_goes_weakest(const xsell_arena_t *a, uint32_t key)
{
    uint32_t       way;
    xsell_goes_t  *g, *least;

    least = NULL;

    for (way = 0; way < XSELL_GOES_WAYS; way++) {
        g = xsell_goes_at(a, key, way);

        if (g->key == key) {
            return g;
        }

        if (least == NULL || g->key == 0
            || (least->key && g->out + g->in < least->out + least->in))
        {
            least = g;
        }
    }

    return least;
}


/* the kind's record, or the one that it gets, open and as of now; NULL: there
   is none for it */

static xsell_goes_t *
xsell_goes_open(xsell_arena_t *a, uint32_t key, uint32_t now_s)
{
    float          all;
    xsell_goes_t  *least;

    least = xsell_goes_weakest(a, key);
    all = xsell_clip(least->out + least->in, 0, 1e9f);

    if (least->key && least->key != key
        && xsell_random(&a->header->rng) % (1 + (uint64_t) all) != 0)
    {
        return NULL;
    }

    xsell_intent_set(a, XSELL_REGION_GOES, (uint32_t) (least - a->goes));
    xsell_seq_open(&least->seq);

    if (least->key != key) {
        xsell_goes_begin(least, key, now_s);
    }

    xsell_goes_age(least, now_s);

    return least;
}


static void
xsell_goes_close(xsell_arena_t *a, xsell_goes_t *g)
{
    xsell_seq_close(&g->seq);
    xsell_intent_clear(a);
}


static int
xsell_goes_sum(float x)
{
    return x >= 0 && x < XSELL_GOES_HUGE;
}


int
xsell_goes_put(xsell_arena_t *a, const xsell_goes_t *g)
{
    uint32_t       i;
    xsell_goes_t  *to;

    if (g->key == 0 || !xsell_goes_sum(g->out) || !xsell_goes_sum(g->in)) {
        return 0;
    }

    for (i = 0; i < XSELL_GOES_KINDS; i++) {
        if (!xsell_goes_sum(g->n[i]) || !(g->share[i] >= 0 && g->share[i] <= 1))
        {
            return 0;
        }
    }

    to = xsell_goes_weakest(a, g->key);

    if (to->key && g->out + g->in <= to->out + to->in) {
        return 0;
    }

    *to = *g;

    return 1;
}


/* what comes to a kind; returns how much that is by now */

static float
xsell_goes_came(xsell_arena_t *a, uint32_t key, float worth, uint32_t now_s)
{
    float          in;
    xsell_goes_t  *g;

    g = xsell_goes_open(a, key, now_s);

    if (g == NULL) {
        return 0;
    }

    in = g->in + worth;
    xsell_store_float(&g->in, in);
    xsell_goes_close(a, g);

    return in;
}


/* the partner's place, or the one that it may have, emptied; KINDS: none */

static uint32_t
xsell_goes_place(xsell_arena_t *a, xsell_goes_t *g, uint32_t kind)
{
    uint32_t  i, least;

    for (i = 0; i < XSELL_GOES_KINDS; i++) {
        if (g->kind[i] == kind && g->n[i] > 0) {
            return i;
        }
    }

    for (least = 0, i = 1; i < XSELL_GOES_KINDS; i++) {
        least = g->n[i] < g->n[least] ? i : least;
    }

    if (g->n[least] > 0
        && xsell_random(&a->header->rng)
           % (1 + (uint64_t) xsell_clip(g->n[least], 0, 1e9f)) != 0)
    {
        return XSELL_GOES_KINDS;
    }

    xsell_goes_clear(g, least);
    xsell_store(&g->kind[least], kind);

    return least;
}


static void
xsell_goes_add(xsell_arena_t *a, uint32_t from, uint32_t to, float worth,
    uint32_t now_s)
{
    float          in, all;
    uint32_t       i;
    xsell_goes_t  *g;

    all = xsell_goes_came(a, XSELL_GOES_ALL, worth, now_s);
    in = xsell_goes_came(a, to, worth, now_s);

    /* no room for one of them: nothing is known to hold the pair against */

    if (!(in > 0 && all > 0)) {
        return;
    }

    g = xsell_goes_open(a, from, now_s);

    if (g == NULL) {
        return;
    }

    xsell_store_float(&g->out, g->out + worth);
    i = xsell_goes_place(a, g, to);

    if (i < XSELL_GOES_KINDS) {
        xsell_store_float(&g->share[i], xsell_clip(in / all, 0, 1));
        xsell_store_float(&g->n[i], g->n[i] + worth);
    }

    xsell_goes_close(a, g);
}


static const xsell_item_t *
xsell_goes_item(const xsell_catalog_t *cat, xsell_ref_t ref)
{
    const xsell_item_t  *it;

    it = xsell_catalog_item(cat, xsell_catalog_of(cat, ref));

    return it && it->category_idx ? it : NULL;
}


static uint32_t
xsell_goes_kind(const xsell_catalog_t *cat, const xsell_item_t *it)
{
    return xsell_kind_of(xsell_catalog_text(cat, it, XSELL_TEXT_CATEGORY));
}


void
xsell_goes_view(xsell_arena_t *a, const xsell_catalog_t *cat,
    xsell_ref_t item, const xsell_ref_t *before, uint32_t n, uint32_t now_s)
{
    uint32_t             i;
    const xsell_item_t  *to, *from, *it;

    if (cat == NULL || n == 0) {
        return;
    }

    to = xsell_goes_item(cat, item);
    from = xsell_goes_item(cat, before[0]);

    if (to == NULL || from == NULL) {
        return;
    }

    for (i = 0; i < n; i++) {
        it = xsell_goes_item(cat, before[i]);

        if (it && it->category_idx == to->category_idx) {
            return;
        }
    }

    xsell_goes_add(a, xsell_goes_kind(cat, from), xsell_goes_kind(cat, to), 1,
                   now_s);
}


void
xsell_goes_order(xsell_arena_t *a, const xsell_catalog_t *cat,
    const xsell_ref_t *line, uint32_t n, uint32_t now_s)
{
    uint32_t             i, k, kinds, kind[XSELL_HISTORY];
    const xsell_item_t  *it;

    for (kinds = 0, i = 0; cat && i < n && i < XSELL_HISTORY; i++) {
        it = xsell_goes_item(cat, line[i]);

        if (it == NULL) {
            continue;
        }

        kind[kinds] = xsell_goes_kind(cat, it);

        for (k = 0; kind[k] != kind[kinds]; k++) { /* void */ }

        kinds += k == kinds;
    }

    for (i = 0; i < kinds; i++) {
        for (k = 0; k < kinds; k++) {
            if (k != i) {
                xsell_goes_add(a, kind[i], kind[k], XSELL_GOES_ORDER, now_s);
            }
        }
    }
}


/* the sum of all is made anew of the kinds': with a small one every kind would
   be as common as can be, for months */

void
xsell_goes_repair(xsell_arena_t *a, uint32_t index)
{
    float          in;
    uint32_t       i, now_s;
    xsell_goes_t  *g;

    g = &a->goes[index];
    now_s = g->decay_s;
    in = 0;

    for (i = 0; i < a->goes_n && g->key == XSELL_GOES_ALL; i++) {
        in += i == index ? 0 : xsell_clip(a->goes[i].in, 0, 1e9f);
    }

    xsell_seq_open(&g->seq);

    if (g->key == XSELL_GOES_ALL) {
        xsell_goes_begin(g, XSELL_GOES_ALL, now_s);
        xsell_store_float(&g->in, in);

    } else {
        xsell_goes_begin(g, 0, 0);
    }

    xsell_seq_close(&g->seq);
}


/* ---- the reader's end -------------------------------------------------- */

static int
xsell_goes_read(const xsell_arena_t *a, uint32_t key, xsell_goes_t *to)
{
    uint32_t             way;
    const xsell_goes_t  *g;

    for (way = 0; way < XSELL_GOES_WAYS; way++) {
        g = xsell_goes_at(a, key, way);

        if (xsell_load(&g->key) == key
            && xsell_seq_copy(&g->seq, to, g, sizeof(*to) / 4))
        {
            return to->key == key;
        }
    }

    return 0;
}


/* log2 of the lift of partner i; 0 if too few have come, or it is no number */

static float
xsell_goes_lift(const xsell_goes_t *g, uint32_t i, float keep, float least)
{
    float  n, expected;

    n = g->n[i] * keep;
    expected = g->out * g->share[i] * keep;

    if (!(n >= least && n < XSELL_GOES_HUGE)
        || !(expected > 0 && expected < XSELL_GOES_HUGE))
    {
        return 0;
    }

    return xsell_log2((n + XSELL_GOES_SHRINK)
                      / (expected + XSELL_GOES_SHRINK));
}


uint32_t
xsell_goes_list(const xsell_arena_t *a, const xsell_query_t *q,
    uint32_t kind, xsell_goes_with_t *out)
{
    float              keep, lift, least;
    uint32_t           i, k, n, now_s;
    xsell_goes_t       g;
    xsell_goes_with_t  with;

    if (kind == 0 || !xsell_goes_read(a, kind, &g)) {
        return 0;
    }

    now_s = (uint32_t) (q->now_ms / 1000);
    keep = now_s > g.decay_s
           ? xsell_decay(1, now_s - g.decay_s, XSELL_SOLD_HALF_S) : 1;

    /* half a visit less: sums have faded a little since they came to it */

    least = XSELL_GOES_VISITS * (float) q->settings->min_visits - 0.5f;

    for (n = 0, i = 0; i < XSELL_GOES_KINDS; i++) {
        lift = xsell_goes_lift(&g, i, keep, least);

        if (!(lift > 0) || (n == XSELL_GOES_WITH && lift <= out[n - 1].lift)) {
            continue;
        }

        with.kind = g.kind[i];
        with.lift = lift;
        with.category = xsell_kind_category(q->catalog, with.kind);

        if (with.category == 0) {
            continue;
        }

        n += n < XSELL_GOES_WITH;

        for (k = n - 1; k > 0 && out[k - 1].lift < lift; k--) {
            out[k] = out[k - 1];
        }

        out[k] = with;
    }

    return n;
}

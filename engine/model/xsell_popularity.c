
/*
 * xsell_popularity.c: sums that fade, and the lists of the best items.
 *
 * pop, trend and sold are sums of 1 per view or order line that halve every
 * 7 days, 6 hours and 30 days.  They are aged when they are touched, not by
 * a sweep: an item nobody looks at costs nothing.
 *
 * The lists (popular, trending, sold, new) are kept by a scan in slices: each
 * slice is merged with the list as it is published, the best 64 are
 * published again.  So a list is complete after one pass over the items,
 * stays so, and no slice needs memory of its own between two ticks; only the
 * place of the next one is kept, in the header.
 *
 * Not taken: updating the lists on each view (a view would touch four
 * contended lines), a heap over all items (needs deletes on decay).
 */

#include "xsell_model.h"


#define XSELL_TOP_SLICE      2000    /* items a call: about 20 us */
#define XSELL_TOP_EVERY_S    2       /* between two passes */

/* sums are aged in steps: finer ones lose more to rounding than they gain */
#define XSELL_DECAY_STEP_S   60

#define XSELL_POP_LEAST      0.05f   /* less is nobody */
#define XSELL_TREND_LEAST    1.0f    /* of one view nobody makes a trend */

#define XSELL_NEW_S          (30 * 24 * 3600)
#define XSELL_NEW_VIEWS      100


/*
 * 2^-x, x >= 0, by the series of e^y on |y| <= ln 2 / 2: error below 1e-8,
 * and the same bits on every machine, which libm does not promise.
 */

static double
xsell_exp2_minus(double x)
{
    double    y, sum, term;
    uint64_t  w;
    int       i, whole;

    if (!(x < 120)) {
        return 0;
    }

    whole = (int) (x + 0.5);
    y = ((double) whole - x) * 0.6931471805599453;
    sum = 1;
    term = 1;

    for (i = 1; i < 8; i++) {
        term *= y / i;
        sum += term;
    }

    w = (uint64_t) (1023 - whole) << 52;
    memcpy(&y, &w, sizeof(y));

    return sum * y;
}


float
xsell_decay(float value, uint32_t seconds, uint32_t half_s)
{
    if (!(value > 0) || !xsell_finite(value)) {
        return 0;
    }

    if (seconds < XSELL_DECAY_STEP_S) {
        return value;
    }

    value = (float) (value * xsell_exp2_minus((double) seconds / half_s));

    /* subnormal numbers are slow and mean nobody */

    return value > 1e-20f ? value : 0;
}


void
xsell_item_age(xsell_item_record_t *it, uint32_t now_s)
{
    uint32_t  dt;

    dt = now_s > it->decay_s ? now_s - it->decay_s : 0;

    if (dt < XSELL_DECAY_STEP_S) {
        return;
    }

    xsell_store_float(&it->pop, xsell_decay(it->pop, dt, XSELL_POP_HALF_S));
    xsell_store_float(&it->trend,
                      xsell_decay(it->trend, dt, XSELL_TREND_HALF_S));
    xsell_store_float(&it->sold,
                      xsell_decay(it->sold, dt, XSELL_SOLD_HALF_S));
    xsell_store(&it->decay_s, now_s);
}


static void
xsell_float_repair(float *p, float least)
{
    float  f;

    f = xsell_load_float(p);

    if (!xsell_finite(f) || f < least) {
        xsell_store_float(p, 0);
    }
}


void
xsell_item_repair(xsell_arena_t *a, uint32_t slot)
{
    xsell_item_record_t  *it;

    it = &a->items[slot];

    xsell_float_repair(&it->pop, 0);
    xsell_float_repair(&it->trend, 0);
    xsell_float_repair(&it->sold, 0);
    xsell_float_repair(&it->resid_mean, -1e9f);
    xsell_float_repair(&it->resid_prec, 0);
}


void
xsell_top_repair(xsell_arena_t *a, uint32_t list)
{
    xsell_top_t  *top;

    /* emptied, and the scan that fills it again begins at once */

    top = &a->tops[list];

    xsell_seq_open(&top->seq);
    xsell_store(&top->n, 0);
    xsell_seq_close(&top->seq);

    xsell_store(&a->header->top_slot, 0);
    xsell_store(&a->header->top_at_s, 0);
}


/* the place of an item in a list: 0 keeps it out */

static float
xsell_top_score(const xsell_arena_t *a, uint32_t list, uint32_t slot,
    uint32_t now_s, uint32_t first_s)
{
    float                      f, pop;
    uint32_t                   dt, born;
    const xsell_item_record_t  *it;

    it = &a->items[slot];
    dt = xsell_load(&it->decay_s);
    dt = now_s > dt ? now_s - dt : 0;

    switch (list) {

    case XSELL_TOP_POPULAR:
        f = xsell_decay(xsell_load_float(&it->pop), dt, XSELL_POP_HALF_S);
        return f > XSELL_POP_LEAST ? f : 0;

    case XSELL_TOP_TRENDING:

        /* views above what the week lets expect of six hours */

        f = xsell_decay(xsell_load_float(&it->trend), dt,
                        XSELL_TREND_HALF_S);
        pop = xsell_decay(xsell_load_float(&it->pop), dt, XSELL_POP_HALF_S)
              * XSELL_TREND_HALF_S / XSELL_POP_HALF_S;
        return f > XSELL_TREND_LEAST && f > 2 * pop ? f - pop : 0;

    case XSELL_TOP_SOLD:
        f = xsell_decay(xsell_load_float(&it->sold), dt, XSELL_SOLD_HALF_S);
        return f > XSELL_POP_LEAST ? f : 0;

    default:
        born = xsell_load(&a->dict[slot].born_s);

        if (born <= first_s || born > now_s || now_s - born > XSELL_NEW_S
            || xsell_load(&it->views) > XSELL_NEW_VIEWS)
        {
            return 0;
        }

        return (float) (XSELL_NEW_S - (now_s - born)) + 1;
    }
}


/* a sum that the item's place in a list can't be above, without the cost of
   ageing it: most items have none, or too little for a full list */

static float
xsell_top_bound(const xsell_arena_t *a, uint32_t list, uint32_t slot)
{
    const xsell_item_record_t  *it;

    it = &a->items[slot];

    switch (list) {

    case XSELL_TOP_POPULAR:
        return xsell_load_float(&it->pop);

    case XSELL_TOP_TRENDING:
        return xsell_load_float(&it->trend);

    case XSELL_TOP_SOLD:
        return xsell_load_float(&it->sold);

    default:
        return XSELL_NEW_S + 1;
    }
}


/* one list: what is published, aged, and a slice of the items */

static void
xsell_top_merge(xsell_arena_t *a, uint32_t list, uint32_t from, uint32_t to,
    uint32_t now_s)
{
    uint32_t         i, n, slot, first_s;
    xsell_top_t     *top, next;
    xsell_scored_t   best[XSELL_TOP], row;

    top = &a->tops[list];
    first_s = xsell_load(&a->header->first_s);
    memset(&row, 0, sizeof(row));
    n = 0;

    for (i = 0; i < top->n && i < XSELL_TOP; i++) {
        row.ref = top->ref[i];
        slot = xsell_ref_slot(row.ref);

        if (slot >= a->items_n || (slot >= from && slot < to)
            || xsell_ref_tag(row.ref) != xsell_slot_tag(a, slot))
        {
            continue;
        }

        row.score = xsell_top_score(a, list, slot, now_s, first_s);

        if (row.score > 0) {
            n = xsell_scored_keep(best, n, XSELL_TOP, &row);
        }
    }

    for (slot = from; slot < to; slot++) {
        row.score = xsell_top_bound(a, list, slot);

        if (!(row.score > 0)
            || (n == XSELL_TOP && row.score < best[0].score))
        {
            continue;
        }

        row.score = xsell_top_score(a, list, slot, now_s, first_s);

        if (row.score > 0) {
            row.ref = xsell_ref(slot, xsell_slot_tag(a, slot));

            /* sums of the slot's former item count for nobody */

            if (list == XSELL_TOP_NEW
                || xsell_item_tag(&a->items[slot]) == xsell_ref_tag(row.ref))
            {
                n = xsell_scored_keep(best, n, XSELL_TOP, &row);
            }
        }
    }

    xsell_scored_sort(best, n);

    memset(&next, 0, sizeof(next));
    next.n = n;

    for (i = 0; i < n; i++) {
        next.ref[i] = best[i].ref;
        next.score[i] = best[i].score;
    }

    if (n == 0 && top->n == 0) {
        return;
    }

    xsell_intent_set(a, XSELL_REGION_TOP, list);
    xsell_seq_open(&top->seq);
    xsell_seq_put(&top->n, &next.n, sizeof(next) / 4 - 1);
    xsell_seq_close(&top->seq);
    xsell_intent_clear(a);
}


void
xsell_learn_tick(xsell_arena_t *a, uint64_t now_ms)
{
    uint32_t  n, to, from, list, now_s;

    xsell_teach_tick(a, now_ms);

    now_s = (uint32_t) (now_ms / 1000);
    from = xsell_load(&a->header->top_slot);

    n = xsell_load_acquire(&a->header->dict_n);
    n = n < a->items_n ? n : a->items_n;

    if (from == 0 && a->header->top_at_s != 0
        && now_s - a->header->top_at_s < XSELL_TOP_EVERY_S)
    {
        return;
    }

    if (from >= n) {
        from = 0;
    }

    to = n - from > XSELL_TOP_SLICE ? from + XSELL_TOP_SLICE : n;

    for (list = 0; list < XSELL_TOPS; list++) {
        xsell_top_merge(a, list, from, to, now_s);
    }

    if (to < n) {
        xsell_store(&a->header->top_slot, to);
        return;
    }

    xsell_store(&a->header->top_slot, 0);
    xsell_store(&a->header->top_at_s, now_s ? now_s : 1);
}


uint32_t
xsell_top_copy(const xsell_arena_t *a, uint32_t list, xsell_ref_t *refs,
    uint32_t max, float *best)
{
    uint32_t            n;
    struct {
        uint32_t        n;
        xsell_ref_t     ref[XSELL_TOP];
    }                   copy;
    const xsell_top_t  *top;

    top = &a->tops[list];
    *best = xsell_load_float(&top->score[0]);

    if (max > XSELL_TOP) {
        max = XSELL_TOP;
    }

    if (!xsell_finite(*best) || *best < 0) {
        *best = 0;
    }

    if (!xsell_seq_copy(&top->seq, &copy, &top->n, 1 + max)) {
        return 0;
    }

    n = copy.n < max ? copy.n : max;
    memcpy(refs, copy.ref, n * sizeof(refs[0]));

    return n;
}

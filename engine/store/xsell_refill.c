
/*
 * xsell_refill.c: puts a checked snapshot (xsell_restore.c) into a freshly
 * created arena, which nobody else sees yet.
 *
 * Order matters: header and names first, then the dictionary, which turns
 * the file's item numbers into references, then all that refers.  Sessions
 * and ledger rows go in oldest first, so where there is less room than
 * before the newest stay; the postings follow from the sessions that did.
 *
 * Invariants: nothing here fails or allocates; what finds no place is
 * counted; every value that is stored is in the range that
 * xsell_arena_validate wants, whatever the file says: times not after now,
 * floats finite, indices below their counts.
 *
 * When items don't fit, those that a recent catalogue named come first, and
 * each keeps the age of its last naming: so the catalogue that is mapped
 * next can take the slots of items that are long gone (D13).  Dropped: all
 * items as if the last catalogue had named them; a small zone would then be
 * full of the dead.
 */

#include "xsell_restore.h"


/* what a residual may add to a score: more has never been learned */
#define REFILL_LOGIT  20.0f


static void refill_header(xsell_restore_t *r, uint64_t mono_ms);
static void refill_dictionary(xsell_restore_t *r);
static void refill_sessions(xsell_restore_t *r);
static void refill_session(xsell_restore_t *r, xsell_seat_t *seat);
static void refill_postings(xsell_restore_t *r, const xsell_seat_t *seat);
static void refill_ledger(xsell_restore_t *r);
static uint32_t refill_time(const xsell_restore_t *r, uint32_t time_s);
static int refill_name(xsell_restore_t *r, const xsell_snap_record_t *rec,
    const uint8_t *at, uint64_t i);
static int refill_item(xsell_restore_t *r, const xsell_snap_record_t *rec,
    const uint8_t *at, uint64_t i);
static int refill_model(xsell_restore_t *r, const xsell_snap_record_t *rec,
    const uint8_t *at, uint64_t i);
static void refill_model_judge(xsell_restore_t *r);
static int refill_affinity(xsell_restore_t *r,
    const xsell_snap_record_t *rec, const uint8_t *at, uint64_t i);
static int refill_goes(xsell_restore_t *r, const xsell_snap_record_t *rec,
    const uint8_t *at, uint64_t i);
static int refill_top(xsell_restore_t *r, const xsell_snap_record_t *rec,
    const uint8_t *at, uint64_t i);
static int refill_crowd(xsell_restore_t *r, const xsell_snap_record_t *rec,
    const uint8_t *at, uint64_t i);
static int refill_pair(xsell_restore_t *r, const xsell_snap_record_t *rec,
    const uint8_t *at, uint64_t i);
static int refill_order(xsell_restore_t *r, const xsell_snap_record_t *rec,
    const uint8_t *at, uint64_t i);
static int refill_counters(xsell_restore_t *r, const xsell_snap_record_t *rec,
    const uint8_t *at, uint64_t i);
static int refill_name_counters(xsell_restore_t *r,
    const xsell_snap_record_t *rec, const uint8_t *at, uint64_t i);


void
xsell_refill(xsell_restore_t *r, uint64_t mono_ms)
{
    refill_header(r, mono_ms);

    (void) xsell_restore_each(r, XSELL_RUN_NAMES, refill_name);

    refill_dictionary(r);

    (void) xsell_restore_each(r, XSELL_RUN_ITEMS, refill_item);
    (void) xsell_restore_each(r, XSELL_RUN_MODEL, refill_model);
    refill_model_judge(r);
    (void) xsell_restore_each(r, XSELL_RUN_AFFINITY, refill_affinity);
    (void) xsell_restore_each(r, XSELL_RUN_GOES, refill_goes);
    (void) xsell_restore_each(r, XSELL_RUN_TOPS, refill_top);
    (void) xsell_restore_each(r, XSELL_RUN_CROWDS, refill_crowd);
    (void) xsell_restore_each(r, XSELL_RUN_PAIRS, refill_pair);

    refill_sessions(r);
    refill_ledger(r);

    (void) xsell_restore_each(r, XSELL_RUN_ORDERS, refill_order);
    (void) xsell_restore_each(r, XSELL_RUN_COUNTERS, refill_counters);
    (void) xsell_restore_each(r, XSELL_RUN_NAME_COUNTERS,
                              refill_name_counters);
}


static void
refill_header(xsell_restore_t *r, uint64_t mono_ms)
{
    xsell_header_t           *h;
    const xsell_snap_head_t  *head;

    h = r->a->header;
    head = &r->head;

    r->now_s = (uint32_t) (head->time_ms / 1000);

    h->mono_base_ms = (int64_t) (mono_ms - head->time_ms);
    h->epoch = head->epoch + 1;
    h->generation = head->generation;
    memcpy(h->key, head->key, sizeof(h->key));
    h->applied = head->applied;
    h->rng = head->rng;
    h->visits = head->visits;
    h->views = head->views;
    h->orders = head->orders;
    h->lines = head->lines;
    h->log_inode = head->log_inode;
    h->log_off = head->log_off;
    h->impression = head->impression & XSELL_IMP_ID;
    h->snapshot_ms = head->time_ms;
}


static int
refill_name(xsell_restore_t *r, const xsell_snap_record_t *rec,
    const uint8_t *at, uint64_t i)
{
    int  idx;

    if (i >= XSELL_NAMES) {
        r->left++;
        return XSELL_OK;
    }

    idx = xsell_name_index(r->a, rec->name.text, rec->name.len, 1);

    /* an empty one: a name that the writer could not read */

    r->names[i] = idx >= 0 ? (uint16_t) idx : XSELL_NAMES;

    return XSELL_OK;
}


static uint16_t
refill_name_idx(const xsell_restore_t *r, uint64_t i)
{
    if (i < r->run[XSELL_RUN_NAMES].n && i < XSELL_NAMES
        && r->names[i] < XSELL_NAMES)
    {
        return r->names[i];
    }

    return 0;
}


static uint32_t
refill_time(const xsell_restore_t *r, uint32_t time_s)
{
    return time_s < r->now_s ? time_s : r->now_s;
}


/* a decayed sum: neither infinite nor negative */

static float
refill_sum(float f)
{
    return xsell_restore_finite(f) && f > 0 ? f : 0;
}


static void
refill_dictionary(xsell_restore_t *r)
{
    uint32_t      i, k, n, fit, recent, old, catalog;
    uint64_t     *hashes;
    xsell_ref_t  *refs;

    n = (uint32_t) r->run[XSELL_RUN_ITEMS].n;
    fit = n < r->a->items_n ? n : r->a->items_n;
    hashes = r->hashes + n;
    refs = r->work + n;

    recent = 0;

    for (i = 0; i < n; i++) {
        recent += r->ages[i] <= 1;
    }

    /* the last two catalogues' items, others if they fit; in their order */

    old = recent < fit ? fit - recent : 0;
    k = 0;

    for (i = 0; i < n; i++) {
        r->refs[i] = XSELL_NO_REF;

        if (k == fit || (r->ages[i] > 1 && old == 0)) {
            continue;
        }

        old -= r->ages[i] > 1;
        hashes[k] = r->hashes[i];
        r->work[k++] = i;
    }

    catalog = r->head.catalog > 0 ? r->head.catalog : 1;

    r->left += n - fit;
    r->left += xsell_dictionary_map(r->a, hashes, fit, catalog,
                                    r->head.time_ms, refs);
    r->a->header->first_s = refill_time(r, r->head.first_s);

    for (i = 0; i < fit; i++) {
        k = r->work[i];
        r->refs[k] = refs[i];

        if (refs[i] != XSELL_NO_REF) {
            r->a->dict[xsell_ref_slot(refs[i])].named =
                  (uint16_t) (catalog - (r->ages[k] < INT16_MAX ? r->ages[k]
                                                                : INT16_MAX));
        }
    }
}


static int
refill_item(xsell_restore_t *r, const xsell_snap_record_t *rec,
    const uint8_t *at, uint64_t i)
{
    uint32_t                  slot;
    xsell_item_record_t      *to;
    const xsell_snap_item_t  *item;

    if (r->refs[i] == XSELL_NO_REF) {
        return XSELL_OK;
    }

    item = &rec->item;
    slot = xsell_ref_slot(r->refs[i]);
    to = &r->a->items[slot];

    r->a->dict[slot].born_s = refill_time(r, item->born_s);

    to->pop = refill_sum(item->pop);
    to->trend = refill_sum(item->trend);
    to->sold = refill_sum(item->sold);
    to->decay_s = refill_time(r, item->decay_s);
    to->views = item->views;
    to->impressions = item->impressions;
    to->clicks = item->clicks;
    to->orders = item->orders;
    to->resid_mean = item->resid_mean >= -REFILL_LOGIT
                     && item->resid_mean <= REFILL_LOGIT
                     ? item->resid_mean : 0;
    to->resid_prec = refill_sum(item->resid_prec);
    to->carts_tag = xsell_ref(item->carts < XSELL_CARTS_MAX ? item->carts
                                                            : XSELL_CARTS_MAX,
                              xsell_ref_tag(r->refs[i]));

    return XSELL_OK;
}


/* both buffers: whichever the learner goes on from.  One bad number, and the
   built-in weights are better than the rest. */

static int
refill_model(xsell_restore_t *r, const xsell_snap_record_t *rec,
    const uint8_t *at, uint64_t i)
{
    size_t  off, n;

    off = i * sizeof(rec->model);

    if (off >= sizeof(xsell_model_t)) {
        return XSELL_OK;
    }

    n = sizeof(xsell_model_t) - off;
    n = n < sizeof(rec->model) ? n : sizeof(rec->model);

    memcpy((uint8_t *) &r->a->models[0] + off, &rec->model, n);

    return XSELL_OK;
}


/* nobody has seen the arena yet, so it is judged where it stands; what the
   learner would not go on from is not left there as if it were something */

static void
refill_model_judge(xsell_restore_t *r)
{
    xsell_model_t  *m;

    m = r->a->models;

    if (r->run[XSELL_RUN_MODEL].n && !xsell_weights_usable(&m[0])) {
        r->left++;
        memset(&m[0], 0, sizeof(xsell_model_t));
    }

    memcpy(&m[1], &m[0], sizeof(xsell_model_t));
}


/* into the cells that it stood for; where there are fewer now, the one that
   is known best stays */

static int
refill_affinity(xsell_restore_t *r, const xsell_snap_record_t *rec,
    const uint8_t *at, uint64_t i)
{
    uint32_t                      k, first, last;
    xsell_affinity_t             *cell;
    const xsell_snap_affinity_t  *from;

    from = &rec->affinity;

    if (from->cell >= XSELL_AFFINITY_MAX || from->cells == 0
        || from->cells > XSELL_AFFINITY_MAX
        || !xsell_restore_finite(from->precision)
        || !(from->precision > 0)
        || !(from->mean >= -REFILL_LOGIT && from->mean <= REFILL_LOGIT))
    {
        r->left++;
        return XSELL_OK;
    }

    first = (uint32_t) ((uint64_t) from->cell * r->a->affinity_n
                        / XSELL_AFFINITY_MAX);
    last = (uint32_t) (((uint64_t) from->cell
                        + XSELL_AFFINITY_MAX / from->cells)
                       * r->a->affinity_n / XSELL_AFFINITY_MAX);
    last = last > first ? last : first + 1;

    for (k = first; k < last && k < r->a->affinity_n; k++) {
        cell = &r->a->affinity[k];

        if (from->precision > cell->precision) {
            cell->mean = from->mean;
            cell->precision = from->precision;
        }
    }

    return XSELL_OK;
}


static int
refill_goes(xsell_restore_t *r, const xsell_snap_record_t *rec,
    const uint8_t *at, uint64_t i)
{
    xsell_goes_t  g;

    g.seq = 0;
    memcpy(&g.key, &rec->goes, sizeof(rec->goes));
    g.decay_s = refill_time(r, g.decay_s);

    if (!xsell_goes_put(r->a, &g)) {
        r->left++;
    }

    return XSELL_OK;
}


static int
refill_top(xsell_restore_t *r, const xsell_snap_record_t *rec,
    const uint8_t *at, uint64_t i)
{
    xsell_top_t             *top;
    const xsell_snap_top_t  *row;

    row = &rec->top;

    if (row->list >= XSELL_TOPS || r->refs[row->item] == XSELL_NO_REF
        || !xsell_restore_finite(row->score))
    {
        return XSELL_OK;
    }

    top = &r->a->tops[row->list];

    if (top->n < XSELL_TOP) {
        top->ref[top->n] = r->refs[row->item];
        top->score[top->n] = row->score;
        top->n++;
    }

    return XSELL_OK;
}


static int
refill_crowd(xsell_restore_t *r, const xsell_snap_record_t *rec,
    const uint8_t *at, uint64_t i)
{
    uint32_t                   k, n;
    xsell_ref_t                ref;
    xsell_crowd_t              crowd;
    const xsell_snap_crowd_t  *from;

    from = &rec->crowd;
    memset(&crowd, 0, sizeof(crowd));

    crowd.key = from->key;
    crowd.decay_s = refill_time(r, from->decay_s);
    crowd.all = refill_sum(from->all);

    for (n = 0, k = 0; k < XSELL_CROWD_ITEMS; k++) {

        if (from->item[k] == XSELL_SNAP_NO_ITEM) {
            continue;
        }

        ref = r->refs[from->item[k]];

        if (ref == XSELL_NO_REF || !(refill_sum(from->pop[k]) > 0)) {
            continue;
        }

        crowd.ref[n] = ref;
        crowd.pop[n] = from->pop[k];
        crowd.trend[n] = refill_sum(from->trend[k]);
        n++;
    }

    r->left += (uint64_t) xsell_crowd_put(r->a, &crowd);

    return XSELL_OK;
}


static int
refill_pair(xsell_restore_t *r, const xsell_snap_record_t *rec,
    const uint8_t *at, uint64_t i)
{
    uint32_t                  k;
    xsell_ref_t               item, partner;
    xsell_pair_record_t      *to;
    const xsell_snap_pair_t  *pair;

    pair = &rec->pair;
    item = r->refs[pair->item];
    partner = r->refs[pair->partner];

    if (item == XSELL_NO_REF || partner == XSELL_NO_REF) {
        return XSELL_OK;
    }

    to = &r->a->pairs[xsell_ref_slot(item)];

    for (k = 0; k < to->n; k++) {
        if (to->partner[k].ref == partner) {
            return XSELL_OK;
        }
    }

    if (to->n < XSELL_PARTNERS) {
        to->partner[to->n].ref = partner;
        to->partner[to->n].viewed = pair->viewed;
        to->partner[to->n].bought = pair->bought;
        to->n++;

        xsell_sketch_raise(r->a, item, partner,
                           xsell_sketch_worth(pair->viewed, pair->bought));
    }

    return XSELL_OK;
}


/* ---- sessions ---------------------------------------------------------- */

static void
refill_sessions(xsell_restore_t *r)
{
    size_t  i;

    for (i = 0; i < r->sessions_n; i++) {
        refill_session(r, &r->sessions[i]);
    }

    for (i = 0; i < r->sessions_n; i++) {
        refill_postings(r, &r->sessions[i]);
    }
}


static void
refill_session(xsell_restore_t *r, xsell_seat_t *seat)
{
    unsigned                     i, n;
    xsell_ref_t                  ref;
    xsell_snap_record_t          rec;
    xsell_session_record_t       to;
    const xsell_snap_session_t  *s;

    xsell_restore_record(r, XSELL_RUN_SESSIONS, seat->at, &rec);

    s = &rec.session;
    memset(&to, 0, sizeof(to));
    n = 0;

    for (i = 0; i < s->n; i++) {
        ref = r->refs[xsell_ref_slot(s->entry[i])];

        if (ref != XSELL_NO_REF) {
            to.entry[n] = xsell_ref_slot(ref)
                          | (s->entry[i] & ~XSELL_SLOT_MASK);
            to.tag[n] = xsell_ref_tag(ref);
            to.visit_n += i < s->visit_n;
            n++;
        }
    }

    to.key = s->key;
    memcpy(to.style, s->style, sizeof(to.style));
    to.last_s = refill_time(r, s->last_s);
    to.first_s = s->first_s < to.last_s ? s->first_s : to.last_s;
    to.visit_s = s->visit_s < to.last_s ? s->visit_s : to.last_s;
    to.offer_s = refill_time(r, s->offer_s);
    to.revenue = s->revenue;
    to.visits = s->visits;
    to.orders = s->orders;
    to.flags = s->flags;
    to.template_idx = refill_name_idx(r, s->template_idx);
    memcpy(to.cap, s->cap, sizeof(to.cap));
    to.n = (uint8_t) n;
    to.offers = s->offers;
    to.ignored = s->ignored;

    seat->idx = xsell_session_put(r->a, &to);
}


/* what the table has, which is without a repeated item */

static void
refill_postings(xsell_restore_t *r, const xsell_seat_t *seat)
{
    unsigned                       i;
    const xsell_session_record_t  *s;

    if (seat->idx >= r->a->buckets_n * XSELL_WAYS) {
        r->left++;
        return;
    }

    s = &r->a->sessions[seat->idx / XSELL_WAYS]
         .record[seat->idx % XSELL_WAYS];

    if (s->key != seat->key) {
        r->left++;
        return;
    }

    for (i = s->n; i-- != 0; ) {
        xsell_posting_add(r->a, xsell_ref_slot(s->entry[i]), seat->idx,
                          s->last_s);
    }
}


/* ---- clicks and orders ------------------------------------------------- */

static void
refill_ledger(xsell_restore_t *r)
{
    int                         evicted;
    uint64_t                    i;
    uint32_t                    clicked_s;
    xsell_snap_record_t         rec;
    xsell_ledger_row_t         *to;
    const xsell_snap_ledger_t  *row;

    row = &rec.ledger;

    for (i = 0; i < r->run[XSELL_RUN_LEDGER].n; i++) {
        xsell_restore_record(r, XSELL_RUN_LEDGER, r->ledger[i].at, &rec);

        clicked_s = refill_time(r, row->clicked_s);

        if (r->refs[row->item] == XSELL_NO_REF
            || row->position >= XSELL_SLATE_MAX
            || r->now_s - clicked_s > XSELL_LEDGER_S)
        {
            continue;
        }

        to = xsell_ledger_add(r->a, row->session, clicked_s, &evicted);
        r->left += evicted != 0;

        to->impression = row->impression;
        to->item = r->refs[row->item];
        to->anchor = row->anchor != XSELL_SNAP_NO_ITEM
                     ? r->refs[row->anchor] : XSELL_NO_REF;
        to->generation = row->generation;
        to->revenue = row->revenue;
        to->template_idx = refill_name_idx(r, row->template_idx);
        to->propensity = row->propensity;
        to->slot_name = (uint8_t) refill_name_idx(r, row->slot_name);
        to->position = row->position;
        to->reason = row->reason;
        to->state = row->state & XSELL_LEDGER_STATES;
        memcpy(to->feature, row->feature, sizeof(to->feature));
        to->pair = row->pair;
    }
}


static int
refill_order(xsell_restore_t *r, const xsell_snap_record_t *rec,
    const uint8_t *at, uint64_t i)
{
    (void) xsell_order_once(r->a, rec->order.hash);

    return XSELL_OK;
}


/* ---- counters ---------------------------------------------------------- */

static int
refill_counters(xsell_restore_t *r, const xsell_snap_record_t *rec,
    const uint8_t *at, uint64_t i)
{
    memcpy(r->a->counters, &rec->counters, sizeof(rec->counters));

    return XSELL_OK;
}


static int
refill_name_counters(xsell_restore_t *r, const xsell_snap_record_t *rec,
    const uint8_t *at, uint64_t i)
{
    uint64_t                           name;
    xsell_name_counters_t             *to;
    const xsell_snap_name_counters_t  *c;

    c = &rec->name_counters;
    name = c->name;

    if (name >= XSELL_NAMES || r->names[name] >= XSELL_NAMES) {
        return XSELL_OK;
    }

    to = &r->a->name_counters[r->names[name]];

    to->impressions = c->impressions;
    to->clicks = c->clicks;
    to->carts = c->carts;
    to->orders = c->orders;
    to->revenue = c->revenue;

    return XSELL_OK;
}

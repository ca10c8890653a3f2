
/*
 * xsell_extract.c: what a snapshot takes from each place of an arena.
 *
 * The walk (xsell_snapshot.c) calls one of these per unit; each copies the
 * unit's record out by its protection and appends what the file keeps of it,
 * or nothing: free, torn twice, of another item than the slot has now.
 *
 * Invariants: reads only; a record is judged in the private copy, never in
 * place; every item that is written has a place in the ITEMS section.
 */

#include "xsell_extract.h"


#define NO_ITEM  XSELL_SNAP_NO_ITEM


static void extract_name(xsell_snapshot_t *s);
static void extract_item(xsell_snapshot_t *s);
static void extract_model(xsell_snapshot_t *s);
static void extract_affinity(xsell_snapshot_t *s);
static void extract_goes(xsell_snapshot_t *s);
static void extract_top(xsell_snapshot_t *s);
static void extract_crowd(xsell_snapshot_t *s);
static void extract_pair(xsell_snapshot_t *s);
static void extract_session(xsell_snapshot_t *s);
static void extract_ledger(xsell_snapshot_t *s);
static void extract_order(xsell_snapshot_t *s);
static void extract_counters(xsell_snapshot_t *s);
static void extract_name_counters(xsell_snapshot_t *s);


const xsell_section_t  xsell_sections[XSELL_SECTIONS] = {

    { XSELL_SNAP_NAMES, 1, sizeof(xsell_snap_name_t),
      XSELL_REGION_NAMES, 1, extract_name },

    { XSELL_SNAP_ITEMS, 1, sizeof(xsell_snap_item_t),
      XSELL_REGION_DICT, 1, extract_item },

    { XSELL_SNAP_MODEL, 1, sizeof(xsell_snap_model_t),
      XSELL_REGION_MODEL, 1, extract_model },

    { XSELL_SNAP_AFFINITY, 1, sizeof(xsell_snap_affinity_t),
      XSELL_REGION_AFFINITY, 1, extract_affinity },

    { XSELL_SNAP_GOES, 1, sizeof(xsell_snap_goes_t),
      XSELL_REGION_GOES, 1, extract_goes },

    { XSELL_SNAP_TOPS, XSELL_TOP, sizeof(xsell_snap_top_t),
      XSELL_REGION_TOP, 1, extract_top },

    { XSELL_SNAP_CROWDS, 1, sizeof(xsell_snap_crowd_t),
      XSELL_REGION_CROWDS, 1, extract_crowd },

    { XSELL_SNAP_PAIRS, XSELL_PARTNERS, sizeof(xsell_snap_pair_t),
      XSELL_REGION_PAIRS, 1, extract_pair },

    { XSELL_SNAP_SESSIONS, 1, sizeof(xsell_snap_session_t),
      XSELL_REGION_SESSIONS, XSELL_WAYS, extract_session },

    { XSELL_SNAP_LEDGER, 1, sizeof(xsell_snap_ledger_t),
      XSELL_REGION_LEDGER, XSELL_LEDGER_WAYS, extract_ledger },

    { XSELL_SNAP_ORDERS, XSELL_ORDER_WAYS, sizeof(xsell_snap_order_t),
      XSELL_REGION_ORDERS, 1, extract_order },

    { XSELL_SNAP_COUNTERS, 1, sizeof(xsell_snap_counters_t),
      XSELL_REGION_COUNTERS, 1, extract_counters },

    { XSELL_SNAP_NAME_COUNTERS, 1, sizeof(xsell_snap_name_counters_t),
      XSELL_REGION_NAME_COUNTERS, 1, extract_name_counters }
};


/* ---- reading a record -------------------------------------------------- */

static const uint8_t *
extract_at(const xsell_snapshot_t *s, unsigned region, uint64_t i)
{
    const xsell_source_t  *src;

    src = &s->source[region];

    return i < src->count && src->p != NULL ? src->p + i * src->stride : NULL;
}


/* a record of which each word is true by itself; what the arena's layout
   does not have is zero; zero altogether if there is no such record */

static void
extract_copy(const xsell_snapshot_t *s, unsigned region, uint64_t i, void *dst,
    size_t bytes)
{
    size_t           n, k;
    uint32_t         w;
    uint64_t         wide;
    const uint8_t   *p;

    memset(dst, 0, bytes);

    p = extract_at(s, region, i);

    if (p == NULL) {
        return;
    }

    n = s->source[region].take < bytes ? s->source[region].take : bytes;

    k = 0;

    if ((uintptr_t) p % sizeof(wide) == 0) {
        for ( /* void */ ; k + sizeof(wide) <= n; k += sizeof(wide)) {
            wide = xsell_load((const xsell_wide_t *) (const void *) (p + k));
            memcpy((uint8_t *) dst + k, &wide, sizeof(wide));
        }
    }

    /* items' records: of 32-bit words, and an odd number of these */

    for ( /* void */ ; k + sizeof(w) <= n; k += sizeof(w)) {
        w = xsell_load((const xsell_word_t *) (const void *) (p + k));
        memcpy((uint8_t *) dst + k, &w, sizeof(w));
    }
}


/* a record with a sequence word at seq_off; two tries */

static int
extract_copy_seq(const xsell_snapshot_t *s, unsigned region, uint64_t i,
    size_t seq_off, void *dst, size_t bytes)
{
    size_t           n;
    unsigned         tries;
    const uint8_t   *p;

    memset(dst, 0, bytes);

    p = extract_at(s, region, i);
    n = s->source[region].take < bytes ? s->source[region].take : bytes;

    for (tries = 0; p != NULL && tries < 2; tries++) {

        if (xsell_seq_copy((const uint32_t *) (const void *) (p + seq_off),
                           dst, p, n / sizeof(uint32_t)))
        {
            return 1;
        }
    }

    return 0;
}


/* an item's sums, of either version */

static void
extract_sums(const xsell_snapshot_t *s, uint64_t i, xsell_item_record_t *r)
{
    uint32_t  w[XSELL_ITEM_BYTES_1 / sizeof(uint32_t)];

    if (s->source[XSELL_REGION_ITEMS].version != 1) {
        extract_copy(s, XSELL_REGION_ITEMS, i, r, sizeof(*r));
        return;
    }

    extract_copy(s, XSELL_REGION_ITEMS, i, w, sizeof(w));
    memset(r, 0, sizeof(*r));
    memcpy(r, w, offsetof(xsell_item_record_t, resid_prec)
                 + sizeof(r->resid_prec));

    r->carts_tag = xsell_ref(r->carts_tag < XSELL_CARTS_MAX ? r->carts_tag
                                                           : XSELL_CARTS_MAX,
                             *((const uint8_t *) w + sizeof(w) - 4));
}


static void
extract_put(xsell_snapshot_t *s, const void *record)
{
    size_t  bytes;

    bytes = xsell_sections[s->stage].bytes;

    memcpy(s->chunk + s->fill, record, bytes);
    s->fill += bytes;
}


/* place of a referenced item in the file */

static uint32_t
extract_place(const xsell_snapshot_t *s, uint32_t slot, uint8_t tag)
{
    xsell_ref_t  place;

    if (slot >= s->slots) {
        return NO_ITEM;
    }

    place = s->map[slot];

    return place != XSELL_NO_REF && xsell_ref_tag(place) == tag
           ? xsell_ref_slot(place) : NO_ITEM;
}


/* ---- the sections ------------------------------------------------------ */

static void
extract_name(xsell_snapshot_t *s)
{
    xsell_name_t       name;
    xsell_snap_name_t  rec;

    extract_copy(s, XSELL_REGION_NAMES, s->at, &name, sizeof(name));

    /* written even if it is broken: the others' indices count on it */

    memset(&rec, 0, sizeof(rec));
    rec.len = name.len <= sizeof(rec.text) ? name.len : 0;
    memcpy(rec.text, name.text, rec.len);

    extract_put(s, &rec);
}


/*
 * The master may give a slot to another item meanwhile.  Tag and state are
 * one word, so equal words around the hash mean that all three belong
 * together.
 */

static void
extract_item(xsell_snapshot_t *s)
{
    xsell_snap_item_t    rec;
    xsell_dict_entry_t   e, again;
    xsell_item_record_t  r;

    s->map[s->at] = XSELL_NO_REF;

    extract_copy(s, XSELL_REGION_DICT, s->at, &e, sizeof(e));
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    extract_copy(s, XSELL_REGION_DICT, s->at, &again, sizeof(again));

    if (e.state != XSELL_DICT_USED || e.hash == 0
        || memcmp(&e, &again, sizeof(e)) != 0)
    {
        return;
    }

    s->map[s->at] = xsell_ref(s->items, e.tag);
    s->items++;

    memset(&rec, 0, sizeof(rec));
    rec.hash = e.hash;
    rec.born_s = e.born_s;
    rec.age = (uint16_t) (s->head.catalog - e.named);

    extract_sums(s, s->at, &r);

    if (xsell_item_tag(&r) == e.tag) {
        rec.pop = r.pop;
        rec.trend = r.trend;
        rec.sold = r.sold;
        rec.decay_s = r.decay_s;
        rec.views = r.views;
        rec.impressions = r.impressions;
        rec.clicks = r.clicks;
        rec.carts = xsell_item_carts(&r);
        rec.orders = r.orders;
        rec.resid_mean = r.resid_mean;
        rec.resid_prec = r.resid_prec;
    }

    extract_put(s, &rec);
}


/* the published buffer is not written until the other one was published */

static int
extract_published(xsell_snapshot_t *s)
{
    unsigned  tries;
    uint32_t  generation;

    for (tries = 0; tries < 2; tries++) {
        generation = xsell_load_acquire(&s->header->generation);

        extract_copy(s, XSELL_REGION_MODEL, generation & 1, &s->model,
                     sizeof(s->model));
        __atomic_thread_fence(__ATOMIC_ACQUIRE);

        if (xsell_load(&s->header->generation) == generation
            && s->model.sum == xsell_weights_sum(&s->model))
        {
            return 1;
        }
    }

    return 0;
}


static void
extract_model(xsell_snapshot_t *s)
{
    size_t              off, n;
    xsell_snap_model_t  rec;

    if (s->at == 0) {
        s->whole = extract_published(s);
    }

    if (!s->whole) {
        return;
    }

    off = s->at * sizeof(rec);
    n = sizeof(s->model) - off;
    n = n < sizeof(rec) ? n : sizeof(rec);

    memset(&rec, 0, sizeof(rec));
    memcpy(&rec, (const uint8_t *) &s->model + off, n);
    extract_put(s, &rec);
}


static void
extract_affinity(xsell_snapshot_t *s)
{
    uint64_t               cells;
    xsell_affinity_t       cell;
    xsell_snap_affinity_t  rec;

    extract_copy(s, XSELL_REGION_AFFINITY, s->at, &cell, sizeof(cell));

    if (!(cell.precision > 0)) {
        return;
    }

    cells = s->source[XSELL_REGION_AFFINITY].count;

    rec.cell = (uint32_t) (s->at * XSELL_AFFINITY_MAX / cells);
    rec.cells = (uint32_t) cells;
    rec.mean = cell.mean;
    rec.precision = cell.precision;
    extract_put(s, &rec);
}


static void
extract_goes(xsell_snapshot_t *s)
{
    xsell_goes_t       g;
    xsell_snap_goes_t  rec;

    if (!extract_copy_seq(s, XSELL_REGION_GOES, s->at,
                         offsetof(xsell_goes_t, seq), &g, sizeof(g))
        || g.key == 0)
    {
        return;
    }

    memcpy(&rec, &g.key, sizeof(rec));
    extract_put(s, &rec);
}


static void
extract_top(xsell_snapshot_t *s)
{
    uint32_t          i;
    xsell_top_t       top;
    xsell_snap_top_t  rec;

    if (!extract_copy_seq(s, XSELL_REGION_TOP, s->at,
                         offsetof(xsell_top_t, seq), &top, sizeof(top)))
    {
        return;
    }

    for (i = 0; i < top.n && i < XSELL_TOP; i++) {
        rec.list = (uint32_t) s->at;
        rec.item = extract_place(s, xsell_ref_slot(top.ref[i]),
                                  xsell_ref_tag(top.ref[i]));
        rec.score = top.score[i];

        if (rec.item != NO_ITEM) {
            extract_put(s, &rec);
        }
    }
}


static void
extract_crowd(xsell_snapshot_t *s)
{
    uint32_t            i;
    xsell_crowd_t       crowd;
    xsell_snap_crowd_t  rec;

    if (!extract_copy_seq(s, XSELL_REGION_CROWDS, s->at,
                          offsetof(xsell_crowd_t, seq), &crowd,
                          sizeof(crowd))
        || crowd.key == 0)
    {
        return;
    }

    memset(&rec, 0, sizeof(rec));

    rec.key = crowd.key;
    rec.decay_s = crowd.decay_s;
    rec.all = crowd.all;

    for (i = 0; i < XSELL_CROWD_ITEMS; i++) {
        rec.item[i] = crowd.pop[i] > 0
                      ? extract_place(s, xsell_ref_slot(crowd.ref[i]),
                                      xsell_ref_tag(crowd.ref[i]))
                      : NO_ITEM;
        rec.pop[i] = crowd.pop[i];
        rec.trend[i] = crowd.trend[i];
    }

    extract_put(s, &rec);
}


/* the pairs of a slot are its item's if the item's record is (tag) */

static void
extract_pair(xsell_snapshot_t *s)
{
    uint32_t             i;
    xsell_snap_pair_t    rec;
    xsell_item_record_t  item;
    xsell_pair_record_t  r;

    extract_sums(s, s->at, &item);
    rec.item = extract_place(s, (uint32_t) s->at,
                             xsell_item_tag(&item));

    if (rec.item == NO_ITEM
        || !extract_copy_seq(s, XSELL_REGION_PAIRS, s->at,
                            offsetof(xsell_pair_record_t, seq), &r,
                            sizeof(r)))
    {
        return;
    }

    for (i = 0; i < r.n && i < XSELL_PARTNERS; i++) {
        rec.partner = extract_place(s, xsell_ref_slot(r.partner[i].ref),
                                     xsell_ref_tag(r.partner[i].ref));
        rec.viewed = r.partner[i].viewed;
        rec.bought = r.partner[i].bought;

        if (rec.partner != NO_ITEM && rec.partner != rec.item) {
            extract_put(s, &rec);
        }
    }
}


/*
 * Copies a way.  A bucket whose sequence word stays odd was left by a dead
 * owner in the middle of one way: the other seven are good, and so is their
 * copy if the word is still the same behind it.
 */

static int
extract_way(const xsell_bucket_t *b, unsigned way, xsell_session_record_t *r)
{
    size_t               i;
    uint32_t             seq, busy;
    unsigned             tries;
    xsell_word_t        *to;
    const xsell_word_t  *from;

    for (tries = 0; tries < 2; tries++) {

        if (xsell_seq_copy(&b->seq, r, &b->record[way],
                           sizeof(*r) / sizeof(uint32_t)))
        {
            return 1;
        }
    }

    seq = xsell_load_acquire(&b->seq);
    busy = xsell_load(&b->way);

    if (!(seq & 1) || busy == 0 || busy == way + 1) {
        return 0;
    }

    to = (xsell_word_t *) (void *) r;
    from = (const xsell_word_t *) (const void *) &b->record[way];

    for (i = 0; i < sizeof(*r) / sizeof(uint32_t); i++) {
        to[i] = xsell_load(&from[i]);
    }

    __atomic_thread_fence(__ATOMIC_ACQUIRE);

    return xsell_load(&b->seq) == seq && xsell_load(&b->way) == busy;
}


static void
extract_session(xsell_snapshot_t *s)
{
    unsigned                 i, way;
    uint32_t                 place;
    const xsell_bucket_t    *b;
    xsell_snap_session_t     rec;
    xsell_session_record_t   r;

    way = s->at % XSELL_WAYS;
    b = (const void *) extract_at(s, XSELL_REGION_SESSIONS,
                                 s->at / XSELL_WAYS);

    if (xsell_load(&b->record[way].key) == 0
        || !extract_way(b, way, &r) || r.key == 0
        || r.n > XSELL_HISTORY || r.visit_n > r.n)
    {
        return;
    }

    memset(&rec, 0, sizeof(rec));

    for (i = 0; i < r.n; i++) {
        place = extract_place(s, xsell_ref_slot(r.entry[i]), r.tag[i]);

        if (place != NO_ITEM) {
            rec.entry[rec.n++] = place | (r.entry[i] & ~XSELL_SLOT_MASK);
            rec.visit_n += i < r.visit_n;
        }
    }

    rec.key = r.key;
    memcpy(rec.style, r.style, sizeof(rec.style));
    rec.first_s = r.first_s;
    rec.last_s = r.last_s;
    rec.visit_s = r.visit_s;
    rec.offer_s = r.offer_s;
    rec.revenue = r.revenue;
    rec.visits = r.visits;
    rec.orders = r.orders;
    rec.flags = r.flags;
    rec.template_idx = r.template_idx;
    memcpy(rec.cap, r.cap, sizeof(rec.cap));
    rec.offers = r.offers;
    rec.ignored = r.ignored;

    extract_put(s, &rec);
}


static void
extract_ledger(xsell_snapshot_t *s)
{
    xsell_ledger_row_t     row;
    xsell_snap_ledger_t    rec;
    xsell_ledger_bucket_t  b;

    extract_copy(s, XSELL_REGION_LEDGER, s->at / XSELL_LEDGER_WAYS, &b,
                sizeof(b));
    row = b.row[s->at % XSELL_LEDGER_WAYS];

    memset(&rec, 0, sizeof(rec));
    rec.item = extract_place(s, xsell_ref_slot(row.item),
                              xsell_ref_tag(row.item));

    if (row.session == 0 || rec.item == NO_ITEM) {
        return;
    }

    rec.session = row.session;
    rec.impression = row.impression;
    rec.anchor = extract_place(s, xsell_ref_slot(row.anchor),
                                xsell_ref_tag(row.anchor));
    rec.clicked_s = row.clicked_s;
    rec.generation = row.generation;
    rec.revenue = row.revenue;
    rec.template_idx = row.template_idx;
    rec.propensity = row.propensity;
    rec.slot_name = row.slot_name;
    rec.position = row.position;
    rec.reason = row.reason;
    rec.state = row.state;
    memcpy(rec.feature, row.feature, sizeof(rec.feature));
    rec.pair = row.pair;

    extract_put(s, &rec);
}


static void
extract_order(xsell_snapshot_t *s)
{
    unsigned              i;
    xsell_snap_order_t    rec;
    xsell_order_bucket_t  b;

    extract_copy(s, XSELL_REGION_ORDERS, s->at, &b, sizeof(b));

    for (i = XSELL_ORDER_WAYS; i-- != 0; ) {
        rec.hash = b.hash[i];

        if (rec.hash != 0) {
            extract_put(s, &rec);
        }
    }
}


static void
extract_counters(xsell_snapshot_t *s)
{
    xsell_snap_counters_t  rec;

    extract_copy(s, XSELL_REGION_COUNTERS, 0, &rec, sizeof(rec));

    extract_put(s, &rec);
}


static void
extract_name_counters(xsell_snapshot_t *s)
{
    xsell_name_counters_t       c;
    xsell_snap_name_counters_t  rec;

    extract_copy(s, XSELL_REGION_NAME_COUNTERS, s->at, &c, sizeof(c));

    rec.name = s->at;
    rec.impressions = c.impressions;
    rec.clicks = c.clicks;
    rec.carts = c.carts;
    rec.orders = c.orders;
    rec.revenue = c.revenue;

    extract_put(s, &rec);
}

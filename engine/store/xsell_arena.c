
/*
 * xsell_arena.c: one caller-supplied block, cut into regions.
 *
 *   plan    how a number of bytes is cut: arithmetic only, so `nginx -t` can
 *           say what a zone will hold without having it
 *   create  formats a block as planned
 *   attach  derives a process's pointers from the directory that is in it
 *
 * Invariants: regions lie in the order of their numbers behind the header,
 * none overlaps, each starts on a line, the big ones on a page; magic is
 * stored last, so a half-formatted block is no arena.  attach believes the
 * directory only after it has checked it, and does not compute the plan
 * again: a build that cuts differently, with the same records, goes on with
 * the zone that it finds.
 *
 * Shares were chosen so that a shop runs out of nothing first: 1 session
 * costs 136 bytes, 1 item about 345, an impression 448 for half an hour.
 * A directive per region was dropped: nobody can know these numbers before
 * the first month is over.
 */

#include "xsell_store.h"


/* more than anybody has sessions; keeps all counts below 2^32 */
#define XSELL_ARENA_MAX       (64ull << 30)

/* regions from this size on start on a page */
#define XSELL_BIG_BYTES       (16 * XSELL_PAGE_BYTES)

/* shares of what the fixed regions leave, in 1/1000; sessions and probation
   get the rest, about 480 */
#define XSELL_SHARE_ITEMS     270
#define XSELL_SHARE_IMPS      140
#define XSELL_SHARE_CHUNKS    50
#define XSELL_SHARE_LEDGER    50
#define XSELL_SHARE_ORDERS    10

#define XSELL_RING_MIN        16
#define XSELL_RING_MAX        1024
#define XSELL_HASH_MIN        16

#define xsell_round_up(n, to)  (((n) + (to) - 1) / (to) * (to))


/* bytes a record; RINGS' entries come on top */

static const uint32_t  xsell_strides[XSELL_REGIONS] = {
    [XSELL_REGION_HASH] = sizeof(uint32_t),
    [XSELL_REGION_DICT] = sizeof(xsell_dict_entry_t),
    [XSELL_REGION_NAMES] = sizeof(xsell_name_t),
    [XSELL_REGION_SESSIONS] = sizeof(xsell_bucket_t),
    [XSELL_REGION_PROBATION] = sizeof(xsell_bucket_t),
    [XSELL_REGION_ITEMS] = sizeof(xsell_item_record_t),
    [XSELL_REGION_POSTINGS] = sizeof(xsell_posting_t),
    [XSELL_REGION_CHUNKS] = sizeof(xsell_chunk_t),
    [XSELL_REGION_PAIRS] = sizeof(xsell_pair_record_t),
    [XSELL_REGION_TOP] = sizeof(xsell_top_t),
    [XSELL_REGION_MODEL] = sizeof(xsell_model_t),
    [XSELL_REGION_RINGS] = sizeof(xsell_ring_t),
    [XSELL_REGION_IMPRESSIONS] = sizeof(xsell_impression_t),
    [XSELL_REGION_LEDGER] = sizeof(xsell_ledger_bucket_t),
    [XSELL_REGION_ORDERS] = sizeof(xsell_order_bucket_t),
    [XSELL_REGION_COUNTERS] = sizeof(xsell_counters_t),
    [XSELL_REGION_NAME_COUNTERS] = sizeof(xsell_name_counters_t)
};


/* meaning of the fields; raised when it changes while the size does not */

static const uint32_t  xsell_versions[XSELL_REGIONS] = {
    [XSELL_REGION_HASH] = 1,
    [XSELL_REGION_DICT] = 1,
    [XSELL_REGION_NAMES] = 1,
    [XSELL_REGION_SESSIONS] = 1,
    [XSELL_REGION_PROBATION] = 1,
    [XSELL_REGION_ITEMS] = 1,
    [XSELL_REGION_POSTINGS] = 1,
    [XSELL_REGION_CHUNKS] = 1,
    [XSELL_REGION_PAIRS] = 1,
    [XSELL_REGION_TOP] = 1,
    [XSELL_REGION_MODEL] = 1,
    [XSELL_REGION_RINGS] = 1,
    [XSELL_REGION_IMPRESSIONS] = 1,
    [XSELL_REGION_LEDGER] = 1,
    [XSELL_REGION_ORDERS] = 1,
    [XSELL_REGION_COUNTERS] = 1,
    [XSELL_REGION_NAME_COUNTERS] = 1
};


/* what makes two builds' memory the same; strides and versions come on top */

static const uint32_t  xsell_shape[] = {
    XSELL_REGIONS, XSELL_SLOT_BITS, XSELL_WAYS, XSELL_HISTORY, XSELL_PLACES,
    XSELL_CHUNK_PLACES, XSELL_PARTNERS, XSELL_SLATE_MAX, XSELL_FEATURES,
    XSELL_RINGS, XSELL_NAMES, XSELL_TOP, XSELL_TOPS, XSELL_LEDGER_WAYS,
    XSELL_ORDER_WAYS, XSELL_STATES, XSELL_EVENTS, XSELL_DROPS,
    XSELL_HIST_BUCKETS, XSELL_LAYOUT_SALT,

    sizeof(xsell_lock_t), sizeof(xsell_event_t), sizeof(xsell_header_t),
    sizeof(xsell_session_record_t), sizeof(xsell_imp_row_t),
    sizeof(xsell_ledger_row_t), sizeof(xsell_partner_t),

    offsetof(xsell_header_t, mono_base_ms),
    offsetof(xsell_header_t, generation), offsetof(xsell_header_t, key),
    offsetof(xsell_header_t, region), offsetof(xsell_header_t, impression),
    offsetof(xsell_header_t, lease), offsetof(xsell_header_t, intent),
    offsetof(xsell_header_t, recovered),

    offsetof(xsell_dict_entry_t, named), offsetof(xsell_dict_entry_t, tag),
    offsetof(xsell_name_t, len),

    offsetof(xsell_bucket_t, seq), offsetof(xsell_bucket_t, way),
    offsetof(xsell_bucket_t, record),
    offsetof(xsell_session_record_t, tag),
    offsetof(xsell_session_record_t, style),
    offsetof(xsell_session_record_t, first_s),
    offsetof(xsell_session_record_t, visits),
    offsetof(xsell_session_record_t, n),

    offsetof(xsell_item_record_t, decay_s),
    offsetof(xsell_item_record_t, resid_mean),
    offsetof(xsell_item_record_t, tag),
    offsetof(xsell_posting_t, place), offsetof(xsell_chunk_t, place),
    offsetof(xsell_pair_record_t, partner), offsetof(xsell_top_t, score),
    offsetof(xsell_model_t, factor), offsetof(xsell_model_t, sum),

    offsetof(xsell_event_t, item), offsetof(xsell_event_t, type),
    offsetof(xsell_event_t, others), offsetof(xsell_ring_t, head),
    offsetof(xsell_ring_t, tail),
    offsetof(xsell_impression_t, state), offsetof(xsell_impression_t, row),
    offsetof(xsell_imp_row_t, feature),
    offsetof(xsell_ledger_row_t, feature),
    offsetof(xsell_counters_t, decision),
    offsetof(xsell_counters_t, holdout_visits),
    offsetof(xsell_name_counters_t, revenue)
};


uint64_t
xsell_layout_signature(void)
{
    uint64_t              parts[3];

    static const uint8_t  key[] = "xsell layout key";

    parts[0] = xsell_siphash(key, xsell_strides, sizeof(xsell_strides));
    parts[1] = xsell_siphash(key, xsell_versions, sizeof(xsell_versions));
    parts[2] = xsell_siphash(key, xsell_shape, sizeof(xsell_shape));

    return xsell_siphash(key, parts, sizeof(parts));
}


static void
xsell_plan_region(xsell_plan_t *plan, unsigned r, uint64_t count)
{
    plan->region[r].count = count;
    plan->region[r].stride = xsell_strides[r];
    plan->region[r].version = xsell_versions[r];
}


/* records of region r that a share of `bytes` holds, at least one */

static uint64_t
xsell_plan_share(unsigned r, uint64_t bytes, unsigned share)
{
    uint64_t  n;

    n = bytes / 1000 * share / xsell_strides[r];

    return n ? n : 1;
}


/* largest power of two within 1/16 of the zone, all rings together */

static uint32_t
xsell_plan_ring_entries(uint64_t bytes)
{
    uint32_t  n;

    n = XSELL_RING_MAX;

    while (n > XSELL_RING_MIN
           && XSELL_RINGS * (uint64_t) n * sizeof(xsell_event_t) > bytes / 16)
    {
        n /= 2;
    }

    return n;
}


/*
 * The hash table is a power of two of at least 1.5 words an item: of all such
 * tables the one that leaves room for most items is taken.
 */

static void
xsell_plan_items(xsell_plan_t *plan, uint64_t bytes)
{
    uint64_t  words, n, best, best_words, each;

    each = xsell_strides[XSELL_REGION_DICT]
           + xsell_strides[XSELL_REGION_ITEMS]
           + xsell_strides[XSELL_REGION_POSTINGS]
           + xsell_strides[XSELL_REGION_PAIRS];

    best = 1;
    best_words = XSELL_HASH_MIN;

    for (words = XSELL_HASH_MIN;
         words <= 2ull << XSELL_SLOT_BITS && words * 4 < bytes;
         words *= 2)
    {
        n = (bytes - words * 4) / each;

        if (n > words * 2 / 3) {
            n = words * 2 / 3;
        }

        if (n > XSELL_SLOT_MAX) {
            n = XSELL_SLOT_MAX;
        }

        if (n > best) {
            best = n;
            best_words = words;
        }
    }

    xsell_plan_region(plan, XSELL_REGION_HASH, best_words);
    xsell_plan_region(plan, XSELL_REGION_DICT, best);
    xsell_plan_region(plan, XSELL_REGION_ITEMS, best);
    xsell_plan_region(plan, XSELL_REGION_POSTINGS, best);
    xsell_plan_region(plan, XSELL_REGION_PAIRS, best);

    plan->items = (uint32_t) best;
    plan->item_bytes = (uint32_t) (each + (best_words * 4 + best - 1) / best);
}


/* gives every region its place; returns where the last one ends */

static uint64_t
xsell_plan_place(xsell_plan_t *plan)
{
    unsigned         r;
    uint64_t         off, bytes;
    xsell_region_t  *region;

    off = XSELL_PAGE_BYTES;

    for (r = 0; r < XSELL_REGIONS; r++) {
        region = &plan->region[r];
        bytes = region->count * region->stride;

        if (bytes >= XSELL_BIG_BYTES || r == XSELL_REGION_SESSIONS
            || r == XSELL_REGION_PROBATION)
        {
            off = xsell_round_up(off, XSELL_PAGE_BYTES);

        } else {
            off = xsell_round_up(off, XSELL_LINE_BYTES);
        }

        region->off = off;
        off += bytes;
    }

    return off;
}


static void
xsell_plan_fixed(xsell_plan_t *plan)
{
    uint32_t  n;

    n = xsell_plan_ring_entries(plan->bytes);

    xsell_plan_region(plan, XSELL_REGION_NAMES, XSELL_NAMES);
    xsell_plan_region(plan, XSELL_REGION_TOP, XSELL_TOPS);
    xsell_plan_region(plan, XSELL_REGION_MODEL, 2);
    xsell_plan_region(plan, XSELL_REGION_COUNTERS, 1);
    xsell_plan_region(plan, XSELL_REGION_NAME_COUNTERS, XSELL_NAMES);
    xsell_plan_region(plan, XSELL_REGION_RINGS, XSELL_RINGS);

    plan->region[XSELL_REGION_RINGS].stride += n * sizeof(xsell_event_t);
    plan->ring_entries = n;
}


static void
xsell_plan_shares(xsell_plan_t *plan, uint64_t rest)
{
    uint64_t  sessions;

    xsell_plan_items(plan, rest / 1000 * XSELL_SHARE_ITEMS);

    xsell_plan_region(plan, XSELL_REGION_IMPRESSIONS,
                      xsell_plan_share(XSELL_REGION_IMPRESSIONS, rest,
                                       XSELL_SHARE_IMPS));
    xsell_plan_region(plan, XSELL_REGION_CHUNKS,
                      xsell_plan_share(XSELL_REGION_CHUNKS, rest,
                                       XSELL_SHARE_CHUNKS));
    xsell_plan_region(plan, XSELL_REGION_LEDGER,
                      xsell_plan_share(XSELL_REGION_LEDGER, rest,
                                       XSELL_SHARE_LEDGER));
    xsell_plan_region(plan, XSELL_REGION_ORDERS,
                      xsell_plan_share(XSELL_REGION_ORDERS, rest,
                                       XSELL_SHARE_ORDERS));

    /*
     * The rest is sessions': 1/16 of it probation.  Both start on a page
     * whatever their size, so putting N pages of sessions in between moves
     * all that follows by N pages, and nothing has to be tried.
     */

    sessions = (plan->bytes - xsell_plan_place(plan)) / XSELL_PAGE_BYTES
               * XSELL_PAGE_BYTES;

    xsell_plan_region(plan, XSELL_REGION_PROBATION,
                      xsell_plan_share(XSELL_REGION_PROBATION, sessions, 62));

    sessions = (plan->bytes - xsell_plan_place(plan)) / XSELL_PAGE_BYTES
               * XSELL_PAGE_BYTES;

    xsell_plan_region(plan, XSELL_REGION_SESSIONS,
                      sessions / xsell_strides[XSELL_REGION_SESSIONS]);

    xsell_plan_place(plan);
}


int
xsell_plan(uint64_t bytes, xsell_plan_t *plan, xsell_error_t *err)
{
    uint64_t  fixed;

    memset(plan, 0, sizeof(*plan));

    if (bytes < XSELL_ARENA_MIN) {
        return xsell_fail(err, XSELL_ENOSPC, 0, 0,
                          "the zone has %llu bytes for the shop, it needs at "
                          "least %u", (unsigned long long) bytes,
                          (unsigned) XSELL_ARENA_MIN);
    }

    plan->bytes = bytes < XSELL_ARENA_MAX ? bytes : XSELL_ARENA_MAX;

    /* regions without a count take no room yet */

    xsell_plan_fixed(plan);

    fixed = xsell_plan_place(plan);
    xsell_plan_shares(plan, plan->bytes - fixed);

    plan->sessions = (uint32_t) plan->region[XSELL_REGION_SESSIONS].count
                     * XSELL_WAYS;
    plan->probation = (uint32_t) plan->region[XSELL_REGION_PROBATION].count
                      * XSELL_WAYS;
    plan->chunks = (uint32_t) plan->region[XSELL_REGION_CHUNKS].count;
    plan->impressions =
                     (uint32_t) plan->region[XSELL_REGION_IMPRESSIONS].count;
    plan->ledger = (uint32_t) plan->region[XSELL_REGION_LEDGER].count
                   * XSELL_LEDGER_WAYS;
    plan->orders = (uint32_t) plan->region[XSELL_REGION_ORDERS].count
                   * XSELL_ORDER_WAYS;
    plan->session_bytes = sizeof(xsell_bucket_t) / XSELL_WAYS;

    return XSELL_OK;
}


static int
xsell_format_buckets(xsell_bucket_t *b, uint64_t n)
{
    for ( ; n > 0; n--, b++) {
        memset(b, 0, sizeof(*b));

        if (xsell_lock_init(&b->lock) != XSELL_OK) {
            return XSELL_EINVAL;
        }
    }

    return XSELL_OK;
}


static int
xsell_format_rings(uint8_t *p, const xsell_region_t *region)
{
    uint64_t  n;

    for (n = region->count; n > 0; n--, p += region->stride) {
        memset(p, 0, region->stride);

        if (xsell_lock_init(&((xsell_ring_t *) (void *) p)->claim)
            != XSELL_OK)
        {
            return XSELL_EINVAL;
        }
    }

    return XSELL_OK;
}


static void
xsell_format_postings(xsell_posting_t *p, uint64_t n)
{
    for ( ; n > 0; n--, p++) {
        memset(p, 0, sizeof(*p));
        p->chunk = XSELL_NO_REF;
    }
}


static void
xsell_format_chunks(xsell_chunk_t *c, uint64_t n)
{
    for ( ; n > 0; n--, c++) {
        memset(c, 0, sizeof(*c));
        c->owner = XSELL_NO_REF;
    }
}


/*
 * Every page once: a fresh zone's pages come into being here.  The model is
 * left zero: its zero weights and wrong sum say that nothing was learned, and
 * who reads it starts from the prior (xsell_rank.c).
 */

static int
xsell_format_region(uint8_t *base, unsigned r, const xsell_region_t *region)
{
    void  *p;

    p = base + region->off;

    switch (r) {

    case XSELL_REGION_HASH:
        memset(p, 0xff, region->count * region->stride);
        return XSELL_OK;

    case XSELL_REGION_SESSIONS:
    case XSELL_REGION_PROBATION:
        return xsell_format_buckets(p, region->count);

    case XSELL_REGION_POSTINGS:
        xsell_format_postings(p, region->count);
        return XSELL_OK;

    case XSELL_REGION_CHUNKS:
        xsell_format_chunks(p, region->count);
        return XSELL_OK;

    case XSELL_REGION_RINGS:
        return xsell_format_rings(p, region);

    default:
        memset(p, 0, region->count * region->stride);
        return XSELL_OK;
    }
}


int
xsell_arena_create(xsell_arena_t *a, void *mem, uint64_t bytes,
    const uint8_t seed[16], uint64_t mono_ms, xsell_error_t *err)
{
    int              rc;
    unsigned         r;
    xsell_plan_t     plan;
    xsell_header_t  *h;

    if (mem == NULL || (uintptr_t) mem % XSELL_PAGE_BYTES != 0) {
        return xsell_fail(err, XSELL_EINVAL, 0, 0,
                          "the zone's memory is not page-aligned");
    }

    rc = xsell_plan(bytes, &plan, err);

    if (rc != XSELL_OK) {
        return rc;
    }

    h = mem;
    xsell_store_release(&h->magic, 0);
    memset(h, 0, XSELL_PAGE_BYTES);

    h->signature = xsell_layout_signature();
    h->bytes = plan.bytes;
    h->mono_base_ms = (int64_t) mono_ms;
    h->epoch = 1;
    h->rng = xsell_siphash(seed, "learner", 7);
    h->intent.region = XSELL_REGIONS;
    memcpy(h->key, seed, sizeof(h->key));
    memcpy(h->region, plan.region, sizeof(h->region));

    rc = xsell_lock_init(&h->lease);

    for (r = 0; r < XSELL_REGIONS && rc == XSELL_OK; r++) {
        rc = xsell_format_region(mem, r, &plan.region[r]);
    }

    if (rc != XSELL_OK) {
        return xsell_fail(err, rc, 0, 0, "this system has no robust "
                          "process-shared mutexes");
    }

    xsell_store_release(&h->magic, XSELL_MAGIC);

    return xsell_arena_attach(a, mem, bytes, err);
}


/* how many records region r must have, 0: any number but none */

static uint64_t
xsell_attach_count(const xsell_header_t *h, unsigned r)
{
    switch (r) {

    case XSELL_REGION_ITEMS:
    case XSELL_REGION_POSTINGS:
    case XSELL_REGION_PAIRS:
        return h->region[XSELL_REGION_DICT].count;

    case XSELL_REGION_NAMES:
    case XSELL_REGION_NAME_COUNTERS:
        return XSELL_NAMES;

    case XSELL_REGION_TOP:
        return XSELL_TOPS;

    case XSELL_REGION_MODEL:
        return 2;

    case XSELL_REGION_RINGS:
        return XSELL_RINGS;

    case XSELL_REGION_COUNTERS:
        return 1;

    default:
        return 0;
    }
}


/* one line of the directory: behind `end`, in the arena, of this layout */

static int
xsell_attach_region(const xsell_header_t *h, unsigned r, uint64_t end)
{
    uint64_t               want;
    const xsell_region_t  *region;

    region = &h->region[r];

    if (region->off < end || region->off > h->bytes
        || region->off % XSELL_LINE_BYTES != 0
        || region->version != xsell_versions[r]
        || region->stride < xsell_strides[r]
        || (r != XSELL_REGION_RINGS && region->stride != xsell_strides[r]))
    {
        return XSELL_ECORRUPT;
    }

    want = xsell_attach_count(h, r);

    if (region->count == 0 || (want != 0 && region->count != want)
        || region->count > (h->bytes - region->off) / region->stride)
    {
        return XSELL_ECORRUPT;
    }

    return XSELL_OK;
}


static int
xsell_power_of_two(uint64_t n)
{
    return n != 0 && (n & (n - 1)) == 0;
}


/* what the regions must be to each other and to 32-bit indices */

static int
xsell_attach_counts(const xsell_header_t *h)
{
    uint64_t               entries;
    const xsell_region_t  *region;

    region = h->region;
    entries = region[XSELL_REGION_RINGS].stride - sizeof(xsell_ring_t);

    if (entries % sizeof(xsell_event_t) != 0
        || !xsell_power_of_two(entries / sizeof(xsell_event_t)))
    {
        return XSELL_ECORRUPT;
    }

    /* a word to spare, or a probe would have no end */

    if (region[XSELL_REGION_DICT].count > XSELL_SLOT_MAX
        || region[XSELL_REGION_HASH].count > 2ull << XSELL_SLOT_BITS
        || !xsell_power_of_two(region[XSELL_REGION_HASH].count)
        || region[XSELL_REGION_HASH].count <= region[XSELL_REGION_DICT].count
        || h->dict_n > region[XSELL_REGION_DICT].count
        || h->names_n > XSELL_NAMES)
    {
        return XSELL_ECORRUPT;
    }

    return XSELL_OK;
}


static void
xsell_attach_pointers(xsell_arena_t *a)
{
    const xsell_region_t  *r;

    r = a->header->region;

#define xsell_at(field, name)                                                 \
    a->field = (void *) (a->base + r[XSELL_REGION_##name].off)
#define xsell_count(field, name)                                              \
    a->field = (uint32_t) r[XSELL_REGION_##name].count

    xsell_at(hash, HASH);
    xsell_at(dict, DICT);
    xsell_at(names, NAMES);
    xsell_at(sessions, SESSIONS);
    xsell_at(probation, PROBATION);
    xsell_at(items, ITEMS);
    xsell_at(postings, POSTINGS);
    xsell_at(chunks, CHUNKS);
    xsell_at(pairs, PAIRS);
    xsell_at(tops, TOP);
    xsell_at(models, MODEL);
    xsell_at(rings, RINGS);
    xsell_at(impressions, IMPRESSIONS);
    xsell_at(ledger, LEDGER);
    xsell_at(orders, ORDERS);
    xsell_at(counters, COUNTERS);
    xsell_at(name_counters, NAME_COUNTERS);

    xsell_count(items_n, DICT);
    xsell_count(buckets_n, SESSIONS);
    xsell_count(probation_n, PROBATION);
    xsell_count(chunks_n, CHUNKS);
    xsell_count(impressions_n, IMPRESSIONS);
    xsell_count(ledger_n, LEDGER);
    xsell_count(orders_n, ORDERS);
    xsell_count(hash_mask, HASH);
    a->hash_mask--;

#undef xsell_at
#undef xsell_count

    a->ring_stride = r[XSELL_REGION_RINGS].stride;
    a->ring_entries = (uint32_t) ((a->ring_stride - sizeof(xsell_ring_t))
                                  / sizeof(xsell_event_t));
    a->ring_mask = a->ring_entries - 1;
}


int
xsell_arena_attach(xsell_arena_t *a, void *mem, uint64_t bytes,
    xsell_error_t *err)
{
    unsigned         r;
    uint64_t         end;
    xsell_header_t  *h;

    memset(a, 0, sizeof(*a));

    if (mem == NULL || (uintptr_t) mem % XSELL_PAGE_BYTES != 0
        || bytes < XSELL_ARENA_MIN)
    {
        return xsell_fail(err, XSELL_EINVAL, 0, 0, "no memory of an arena");
    }

    h = mem;

    if (xsell_load_acquire(&h->magic) != XSELL_MAGIC) {
        return xsell_fail(err, XSELL_ECORRUPT, 0, 0,
                          "the memory holds no arena");
    }

    if (h->signature != xsell_layout_signature()) {
        return xsell_fail(err, XSELL_EVERSION, 0, 0,
                          "the arena has another layout");
    }

    if (h->bytes != (bytes < XSELL_ARENA_MAX ? bytes : XSELL_ARENA_MAX)) {
        return xsell_fail(err, XSELL_ECORRUPT, 0, 0,
                          "the arena says that it has %llu bytes, it has %llu",
                          (unsigned long long) h->bytes,
                          (unsigned long long) bytes);
    }

    end = XSELL_PAGE_BYTES;

    for (r = 0; r < XSELL_REGIONS; r++) {
        if (xsell_attach_region(h, r, end) != XSELL_OK) {
            return xsell_fail(err, XSELL_ECORRUPT, 0, 0,
                              "the arena's region %u is out of place", r);
        }

        end = h->region[r].off
              + h->region[r].count * h->region[r].stride;
    }

    if (xsell_attach_counts(h) != XSELL_OK) {
        return xsell_fail(err, XSELL_ECORRUPT, 0, 0,
                          "the arena's counts contradict each other");
    }

    a->base = mem;
    a->bytes = h->bytes;
    a->header = h;
    xsell_attach_pointers(a);

    return XSELL_OK;
}


uint64_t
xsell_now_ms(const xsell_arena_t *a, uint64_t mono_ms)
{
    uint64_t  now;

    /* unsigned: a wild base gives a wrong time, never undefined behaviour */

    now = mono_ms - (uint64_t) a->header->mono_base_ms;

    return now <= INT64_MAX ? now : 0;
}

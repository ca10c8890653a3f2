
/*
 * xsell_arena.c: one caller-supplied block: formatting it as planned
 * (xsell_plan.c), and deriving a process's pointers from the directory that
 * is in it.
 *
 * Invariants: magic is stored last, so a half-formatted block is no arena;
 * attach believes the directory only after it has checked that the regions
 * lie one behind the other inside the block, with this build's records.  It
 * does not compute the plan again and compare: a build that cuts otherwise,
 * with the same records, goes on with the zone that it finds.
 */

#include "xsell_store.h"


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
    memcpy(h->region, plan.region, sizeof(plan.region));

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
    case XSELL_REGION_LEARNER:
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
        || region->version != xsell_region_version[r]
        || region->stride < xsell_region_stride[r]
        || (region->stride > xsell_region_stride[r]
            && r != XSELL_REGION_RINGS))
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
        || region[XSELL_REGION_HASH].count <= region[XSELL_REGION_DICT].count
        || !xsell_power_of_two(region[XSELL_REGION_AFFINITY].count)
        || region[XSELL_REGION_AFFINITY].count > XSELL_AFFINITY_MAX
        || !xsell_power_of_two(region[XSELL_REGION_CAPS].count)
        || region[XSELL_REGION_CAPS].count < XSELL_CAPS_MIN
        || region[XSELL_REGION_CAPS].count > XSELL_CAPS_MAX
        || !xsell_power_of_two(region[XSELL_REGION_CROWDS].count)
        || region[XSELL_REGION_CROWDS].count < XSELL_CROWDS_MIN
        || region[XSELL_REGION_CROWDS].count > XSELL_CROWDS_MAX
        || !xsell_power_of_two(region[XSELL_REGION_GOES].count)
        || region[XSELL_REGION_GOES].count < XSELL_GOES_MIN
        || region[XSELL_REGION_GOES].count > XSELL_GOES_MAX
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
    xsell_at(sketch, SKETCH);
    xsell_at(tops, TOP);
    xsell_at(models, MODEL);
    xsell_at(learner, LEARNER);
    xsell_at(affinity, AFFINITY);
    xsell_at(caps, CAPS);
    xsell_at(crowds, CROWDS);
    xsell_at(goes, GOES);
    xsell_at(rings, RINGS);
    xsell_at(impressions, IMPRESSIONS);
    xsell_at(ledger, LEDGER);
    xsell_at(orders, ORDERS);
    xsell_at(counters, COUNTERS);
    xsell_at(name_counters, NAME_COUNTERS);
    xsell_at(urls, URLS);

    xsell_count(items_n, DICT);
    xsell_count(buckets_n, SESSIONS);
    xsell_count(probation_n, PROBATION);
    xsell_count(chunks_n, CHUNKS);
    xsell_count(impressions_n, IMPRESSIONS);
    xsell_count(ledger_n, LEDGER);
    xsell_count(orders_n, ORDERS);
    xsell_count(urls_n, URLS);
    xsell_count(affinity_n, AFFINITY);
    xsell_count(caps_n, CAPS);
    xsell_count(crowds_n, CROWDS);
    xsell_count(goes_n, GOES);
    xsell_count(sketch_n, SKETCH);
    xsell_count(hash_n, HASH);

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

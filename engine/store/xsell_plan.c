
/*
 * xsell_plan.c: how a number of bytes is cut into regions, and what makes
 * two builds' memory the same.  Arithmetic only, so that `nginx -t` can say
 * what a zone will hold without having it.
 *
 * Everything follows from the zone's size.  Regions lie in the order of
 * their numbers behind the header, each on a line, the big ones on a page;
 * sessions take what the others leave.
 *
 * Shares were chosen so that a shop runs out of nothing first: 1 session
 * costs 136 bytes, 1 item 338, an impression 552 for half an hour.
 * A directive per region was dropped: nobody can know these numbers before
 * the first month is over.
 */

#include "xsell_store.h"


/* regions from this size on start on a page */
#define XSELL_BIG_BYTES       (16 * XSELL_PAGE_BYTES)

/* shares of what the fixed regions leave, in 1/1000; sessions and probation
   get the rest, about 425, of which probation 1/16 */
#define XSELL_SHARE_ITEMS     270
#define XSELL_SHARE_IMPS      160
#define XSELL_SHARE_CHUNKS    50
#define XSELL_SHARE_LEDGER    50
#define XSELL_SHARE_ORDERS    10
#define XSELL_SHARE_URLS      10
#define XSELL_SHARE_SKETCH    25
#define XSELL_SHARE_PROBATION 62

/* events of a ring */
#define XSELL_RING_MIN        16
#define XSELL_RING_MAX        1024

#define XSELL_HASH_MIN        16

#define xsell_round_up(n, to)  (((n) + (to) - 1) / (to) * (to))


/* bytes a record; RINGS' entries come on top */

const uint32_t  xsell_region_stride[XSELL_REGIONS] = {
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
    [XSELL_REGION_NAME_COUNTERS] = sizeof(xsell_name_counters_t),
    [XSELL_REGION_URLS] = sizeof(xsell_url_bucket_t),
    [XSELL_REGION_LEARNER] = sizeof(xsell_learner_t),
    [XSELL_REGION_AFFINITY] = sizeof(xsell_affinity_t),
    [XSELL_REGION_CAPS] = sizeof(uint32_t),
    [XSELL_REGION_SKETCH] = sizeof(xsell_sketch_t),
    [XSELL_REGION_CROWDS] = sizeof(xsell_crowd_t),
    [XSELL_REGION_GOES] = sizeof(xsell_goes_t)
};


/* meaning of the fields; raised when it changes while the size does not */

const uint32_t  xsell_region_version[XSELL_REGIONS] = {
    [XSELL_REGION_HASH] = 2,
    [XSELL_REGION_DICT] = 1,
    [XSELL_REGION_NAMES] = 1,
    [XSELL_REGION_SESSIONS] = 1,
    [XSELL_REGION_PROBATION] = 1,
    [XSELL_REGION_ITEMS] = 2,
    [XSELL_REGION_POSTINGS] = 1,
    [XSELL_REGION_CHUNKS] = 1,
    [XSELL_REGION_PAIRS] = 1,
    [XSELL_REGION_TOP] = 1,
    [XSELL_REGION_MODEL] = 2,
    [XSELL_REGION_RINGS] = 1,
    [XSELL_REGION_IMPRESSIONS] = 4,
    [XSELL_REGION_LEDGER] = 2,
    [XSELL_REGION_ORDERS] = 1,
    [XSELL_REGION_COUNTERS] = 1,
    [XSELL_REGION_NAME_COUNTERS] = 1,
    [XSELL_REGION_URLS] = 1,
    [XSELL_REGION_LEARNER] = 1,
    [XSELL_REGION_AFFINITY] = 1,
    [XSELL_REGION_CAPS] = 2,
    [XSELL_REGION_SKETCH] = 1,
    [XSELL_REGION_CROWDS] = 1,
    [XSELL_REGION_GOES] = 1
};


/* what makes two builds' memory the same; strides and versions come on top */

static const uint32_t  xsell_shape[] = {
    XSELL_REGIONS, XSELL_DIRECTORY, XSELL_SLOT_BITS, XSELL_WAYS,
    XSELL_HISTORY, XSELL_PLACES, XSELL_CHUNK_PLACES, XSELL_PARTNERS,
    XSELL_SLATE_MAX, XSELL_FEATURES, XSELL_TERMS, XSELL_LOOKS, XSELL_LEAVES,
    XSELL_LOOK_FORMATS, XSELL_DRIFTS, XSELL_RINGS, XSELL_NAMES, XSELL_TOP,
    XSELL_TOPS, XSELL_LEDGER_WAYS, XSELL_ORDER_WAYS, XSELL_URL_WAYS,
    XSELL_HIST_BUCKETS, XSELL_LAYOUT_SALT,

    sizeof(xsell_lock_t), sizeof(xsell_event_t), sizeof(xsell_header_t),
    sizeof(xsell_session_record_t), sizeof(xsell_imp_row_t),
    sizeof(xsell_ledger_row_t), sizeof(xsell_partner_t),

    offsetof(xsell_header_t, mono_base_ms),
    offsetof(xsell_header_t, generation), offsetof(xsell_header_t, key),
    offsetof(xsell_header_t, region), offsetof(xsell_header_t, impression),
    offsetof(xsell_header_t, lease), offsetof(xsell_header_t, intent),
    offsetof(xsell_header_t, recovered), offsetof(xsell_header_t, first_s),

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
    offsetof(xsell_item_record_t, carts_tag),
    offsetof(xsell_item_record_t, resid_mean),
    offsetof(xsell_posting_t, place), offsetof(xsell_chunk_t, place),
    offsetof(xsell_pair_record_t, partner), offsetof(xsell_top_t, score),
    offsetof(xsell_model_t, factor), offsetof(xsell_model_t, look),
    offsetof(xsell_model_t, place), offsetof(xsell_model_t, sum),
    offsetof(xsell_learner_t, place), offsetof(xsell_learner_t, clicks_at),

    offsetof(xsell_event_t, item), offsetof(xsell_event_t, type),
    offsetof(xsell_event_t, others), offsetof(xsell_ring_t, head),
    offsetof(xsell_ring_t, tail),
    offsetof(xsell_impression_t, state), offsetof(xsell_impression_t, row),
    offsetof(xsell_imp_row_t, feature),
    offsetof(xsell_ledger_row_t, feature),
    offsetof(xsell_counters_t, decision),
    offsetof(xsell_counters_t, holdout_visits),
    offsetof(xsell_counters_t, found),
    offsetof(xsell_name_counters_t, revenue)
};


uint64_t
xsell_layout_signature(void)
{
    uint64_t              parts[3];

    static const uint8_t  key[] = "xsell layout key";

    parts[0] = xsell_siphash(key, xsell_region_stride,
                             sizeof(xsell_region_stride));
    parts[1] = xsell_siphash(key, xsell_region_version,
                             sizeof(xsell_region_version));
    parts[2] = xsell_siphash(key, xsell_shape, sizeof(xsell_shape));

    return xsell_siphash(key, parts, sizeof(parts));
}


static void
xsell_plan_region(xsell_plan_t *plan, unsigned r, uint64_t count)
{
    plan->region[r].count = count;
    plan->region[r].stride = xsell_region_stride[r];
    plan->region[r].version = xsell_region_version[r];
}


/* records of region r that a share of `bytes` holds, at least one */

static uint64_t
xsell_plan_share(unsigned r, uint64_t bytes, unsigned share)
{
    uint64_t  n;

    n = bytes / 1000 * share / xsell_region_stride[r];

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
 * Three words of the hash table for two items: a probe that finds nothing
 * reads 5 words then (Knuth, The Art of Computer Programming, 6.4).  Four for
 * three were dropped (8.5 words, and marks come on top), and a table of a
 * power of two: it took up to twice as much, as the zone's size fell.
 */

static uint64_t
xsell_plan_words(uint64_t items)
{
    uint64_t  words;

    words = items * 3 / 2;

    return words > XSELL_HASH_MIN ? words : XSELL_HASH_MIN;
}


static void
xsell_plan_items(xsell_plan_t *plan, uint64_t bytes)
{
    uint64_t  n, each, words;

    each = xsell_region_stride[XSELL_REGION_DICT]
           + xsell_region_stride[XSELL_REGION_ITEMS]
           + xsell_region_stride[XSELL_REGION_POSTINGS]
           + xsell_region_stride[XSELL_REGION_PAIRS];

    n = bytes * 2 / (each * 2 + 3 * sizeof(uint32_t));

    if (n > XSELL_SLOT_MAX) {
        n = XSELL_SLOT_MAX;
    }

    n += n == 0;
    words = xsell_plan_words(n);

    xsell_plan_region(plan, XSELL_REGION_HASH, words);
    xsell_plan_region(plan, XSELL_REGION_DICT, n);
    xsell_plan_region(plan, XSELL_REGION_ITEMS, n);
    xsell_plan_region(plan, XSELL_REGION_POSTINGS, n);
    xsell_plan_region(plan, XSELL_REGION_PAIRS, n);

    plan->items = (uint32_t) n;
    plan->item_bytes = (uint32_t) (each + (words * sizeof(uint32_t) + n - 1)
                                          / n);
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


/* a power of two, records of the region in so many bytes */

static uint32_t
xsell_plan_power(unsigned r, uint64_t bytes, uint32_t least, uint32_t most)
{
    uint32_t  n;

    n = most;

    while (n > least && (uint64_t) n * xsell_region_stride[r] > bytes) {
        n /= 2;
    }

    return n;
}


static void
xsell_plan_fixed(xsell_plan_t *plan)
{
    uint32_t  n;

    n = xsell_plan_ring_entries(plan->bytes);

    xsell_plan_region(plan, XSELL_REGION_NAMES, XSELL_NAMES);
    xsell_plan_region(plan, XSELL_REGION_TOP, XSELL_TOPS);
    xsell_plan_region(plan, XSELL_REGION_MODEL, 2);
    xsell_plan_region(plan, XSELL_REGION_LEARNER, 1);
    xsell_plan_region(plan, XSELL_REGION_AFFINITY,
                      xsell_plan_power(XSELL_REGION_AFFINITY,
                                       plan->bytes / 128,
                                       XSELL_AFFINITY_MIN,
                                       XSELL_AFFINITY_MAX));
    xsell_plan_region(plan, XSELL_REGION_CAPS,
                      xsell_plan_power(XSELL_REGION_CAPS, plan->bytes / 256,
                                       XSELL_CAPS_MIN, XSELL_CAPS_MAX));
    xsell_plan_region(plan, XSELL_REGION_CROWDS,
                      xsell_plan_power(XSELL_REGION_CROWDS, plan->bytes / 64,
                                       XSELL_CROWDS_MIN, XSELL_CROWDS_MAX));
    xsell_plan_region(plan, XSELL_REGION_GOES,
                      xsell_plan_power(XSELL_REGION_GOES, plan->bytes / 256,
                                       XSELL_GOES_MIN, XSELL_GOES_MAX));
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
    xsell_plan_region(plan, XSELL_REGION_SKETCH,
                      xsell_plan_share(XSELL_REGION_SKETCH, rest,
                                       XSELL_SHARE_SKETCH));
    xsell_plan_region(plan, XSELL_REGION_LEDGER,
                      xsell_plan_share(XSELL_REGION_LEDGER, rest,
                                       XSELL_SHARE_LEDGER));
    xsell_plan_region(plan, XSELL_REGION_ORDERS,
                      xsell_plan_share(XSELL_REGION_ORDERS, rest,
                                       XSELL_SHARE_ORDERS));
    xsell_plan_region(plan, XSELL_REGION_URLS,
                      xsell_plan_share(XSELL_REGION_URLS, rest,
                                       XSELL_SHARE_URLS));

    /*
     * The rest is sessions': 1/16 of it probation.  Both start on a page
     * whatever their size, so putting N pages of sessions in between moves
     * all that follows by N pages, and nothing has to be tried.
     */

    sessions = (plan->bytes - xsell_plan_place(plan)) / XSELL_PAGE_BYTES
               * XSELL_PAGE_BYTES;

    xsell_plan_region(plan, XSELL_REGION_PROBATION,
                      xsell_plan_share(XSELL_REGION_PROBATION, sessions,
                                       XSELL_SHARE_PROBATION));

    sessions = (plan->bytes - xsell_plan_place(plan)) / XSELL_PAGE_BYTES
               * XSELL_PAGE_BYTES;

    xsell_plan_region(plan, XSELL_REGION_SESSIONS,
                      sessions / xsell_region_stride[XSELL_REGION_SESSIONS]);

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
    plan->urls = (uint32_t) plan->region[XSELL_REGION_URLS].count
                 * XSELL_URL_WAYS;
    plan->session_bytes = sizeof(xsell_bucket_t) / XSELL_WAYS;

    return XSELL_OK;
}


/*
 * xsell_restore.c: checks a snapshot and has it put into an arena.
 *
 * Called by the master (as root) on a file that a worker could write, and on
 * the import of an old zone; also by the command line on any file.  So the
 * bytes are hostile whatever their checksums say.
 *
 *   frame     head, chunks, checksums, order of sections, end
 *   contents  every record of every known section: ranges, references
 *   refill    xsell_refill.c
 *
 * Invariants: the arena is not touched before both passes are through and
 * all memory is at hand, so a load succeeds or changes nothing; memory is at
 * most a small multiple of the file's length, because a record of the file
 * has at least 8 bytes; no loop runs longer than the file is.
 *
 * A value that can only be damage (a reference to no item, a count over its
 * array) refuses the file: the checksums were right, so the writer was not
 * ours.  A value that time or another build explains (a second after the
 * head's time, a float that is not finite) is brought into range when it is
 * used.  Dropped: repairing what is broken; the state behind it is not to be
 * trusted, and without it the shop learns anew.
 */

#include "xsell_restore.h"

#include <stdlib.h>


typedef struct {
    uint16_t             type;
    uint32_t             bytes;
    xsell_record_pt      check;
} restore_section_t;


static int restore_frame(xsell_restore_t *r, xsell_error_t *err);
static int restore_chunk(xsell_restore_t *r, uint64_t off,
    xsell_snap_chunk_t *chunk, xsell_error_t *err);
static int restore_end(const xsell_restore_t *r, const xsell_snap_end_t *sum,
    uint64_t off, const xsell_snap_chunk_t *chunk, xsell_error_t *err);
static int restore_run(uint16_t type);
static int restore_alloc(xsell_restore_t *r);
static void restore_free(xsell_restore_t *r);
static int restore_contents(xsell_restore_t *r, xsell_error_t *err);
static int restore_hashes_differ(xsell_restore_t *r);
static int restore_compare_hashes(const void *one, const void *two);
static int restore_compare_keys(const void *one, const void *two);
static int restore_compare_times(const void *one, const void *two);
static void restore_sort(xsell_restore_t *r);
static int restore_check_name(xsell_restore_t *r,
    const xsell_snap_record_t *rec, const uint8_t *at, uint64_t i);
static int restore_check_item(xsell_restore_t *r,
    const xsell_snap_record_t *rec, const uint8_t *at, uint64_t i);
static int restore_check_top(xsell_restore_t *r,
    const xsell_snap_record_t *rec, const uint8_t *at, uint64_t i);
static int restore_check_crowd(xsell_restore_t *r,
    const xsell_snap_record_t *rec, const uint8_t *at, uint64_t i);
static int restore_check_pair(xsell_restore_t *r,
    const xsell_snap_record_t *rec, const uint8_t *at, uint64_t i);
static int restore_check_session(xsell_restore_t *r,
    const xsell_snap_record_t *rec, const uint8_t *at, uint64_t i);
static int restore_check_ledger(xsell_restore_t *r,
    const xsell_snap_record_t *rec, const uint8_t *at, uint64_t i);
static int restore_check_order(xsell_restore_t *r,
    const xsell_snap_record_t *rec, const uint8_t *at, uint64_t i);
static int restore_check_name_counters(xsell_restore_t *r,
    const xsell_snap_record_t *rec, const uint8_t *at, uint64_t i);


static const restore_section_t  restore_sections[XSELL_RUNS] = {

    [XSELL_RUN_NAMES] = {
        XSELL_SNAP_NAMES, sizeof(xsell_snap_name_t), restore_check_name },

    [XSELL_RUN_ITEMS] = {
        XSELL_SNAP_ITEMS, sizeof(xsell_snap_item_t), restore_check_item },

    [XSELL_RUN_MODEL] = {
        XSELL_SNAP_MODEL, sizeof(xsell_snap_model_t), NULL },

    [XSELL_RUN_AFFINITY] = {
        XSELL_SNAP_AFFINITY, sizeof(xsell_snap_affinity_t), NULL },

    [XSELL_RUN_GOES] = {
        XSELL_SNAP_GOES, sizeof(xsell_snap_goes_t), NULL },

    [XSELL_RUN_TOPS] = {
        XSELL_SNAP_TOPS, sizeof(xsell_snap_top_t), restore_check_top },

    [XSELL_RUN_CROWDS] = {
        XSELL_SNAP_CROWDS, sizeof(xsell_snap_crowd_t), restore_check_crowd },

    [XSELL_RUN_PAIRS] = {
        XSELL_SNAP_PAIRS, sizeof(xsell_snap_pair_t), restore_check_pair },

    [XSELL_RUN_SESSIONS] = {
        XSELL_SNAP_SESSIONS, sizeof(xsell_snap_session_t),
        restore_check_session },

    [XSELL_RUN_LEDGER] = {
        XSELL_SNAP_LEDGER, sizeof(xsell_snap_ledger_t),
        restore_check_ledger },

    [XSELL_RUN_ORDERS] = {
        XSELL_SNAP_ORDERS, sizeof(xsell_snap_order_t), restore_check_order },

    [XSELL_RUN_COUNTERS] = {
        XSELL_SNAP_COUNTERS, sizeof(xsell_snap_counters_t), NULL },

    [XSELL_RUN_NAME_COUNTERS] = {
        XSELL_SNAP_NAME_COUNTERS, sizeof(xsell_snap_name_counters_t),
        restore_check_name_counters }
};


int
xsell_snapshot_load(xsell_arena_t *a, const uint8_t *p, size_t n,
    uint64_t mono_ms, xsell_snapshot_info_t *info, uint64_t *left_out,
    xsell_error_t *err)
{
    int               rc;
    xsell_restore_t  *r;

    *left_out = 0;

    rc = xsell_snapshot_peek(p, n, info, err);

    if (rc != XSELL_OK) {
        return rc;
    }

    if (a->header->dict_n != 0 || a->header->names_n != 0
        || a->header->applied != 0)
    {
        return xsell_fail(err, XSELL_EINVAL, 0, 0,
                          "snapshot: the arena is in use already");
    }

    r = calloc(1, sizeof(xsell_restore_t));
    if (r == NULL) {
        return xsell_fail(err, XSELL_ENOMEM, 0, 0, "snapshot: no memory");
    }

    r->p = p;
    r->n = n;
    r->a = a;
    memcpy(&r->head, p, sizeof(r->head));

    rc = restore_frame(r, err);

    if (rc == XSELL_OK && restore_alloc(r) != XSELL_OK) {
        rc = xsell_fail(err, XSELL_ENOMEM, 0, 0,
                        "snapshot: no memory for %zu bytes of state", n);
    }

    if (rc == XSELL_OK) {
        rc = restore_contents(r, err);
    }

    if (rc == XSELL_OK) {
        xsell_refill(r, mono_ms);

        info->items = r->run[XSELL_RUN_ITEMS].n;
        info->sessions = r->sessions_n;
        info->bytes = n;
        *left_out = r->left + r->unknown;
    }

    restore_free(r);

    return rc;
}


int
xsell_restore_each(xsell_restore_t *r, unsigned run, xsell_record_pt fn)
{
    int                    rc;
    uint32_t               k;
    uint64_t               i;
    const uint8_t         *at;
    xsell_snap_chunk_t     chunk;
    xsell_snap_record_t    rec;

    at = r->p + r->run[run].off;

    for (i = 0; i < r->run[run].n; /* void */) {

        memcpy(&chunk, at, sizeof(chunk));
        at += sizeof(chunk);

        for (k = 0; k < chunk.n; k++, i++) {
            xsell_restore_record(r, run, at, &rec);

            rc = fn(r, &rec, at, i);

            if (rc != XSELL_OK) {
                return rc;
            }

            at += chunk.record_bytes;
        }
    }

    return XSELL_OK;
}


void
xsell_restore_record(const xsell_restore_t *r, unsigned run,
    const uint8_t *at, xsell_snap_record_t *rec)
{
    uint32_t  own, bytes;

    own = restore_sections[run].bytes;
    bytes = r->run[run].bytes;

    if (bytes >= own) {
        memcpy(rec, at, own);
        return;
    }

    memcpy(rec, at, bytes);
    memset((uint8_t *) rec + bytes, 0, own - bytes);
}


/* ---- the frame --------------------------------------------------------- */

static int
restore_frame(xsell_restore_t *r, xsell_error_t *err)
{
    int                 rc, run;
    uint16_t            last, version;
    uint32_t            bytes;
    uint64_t            off;
    xsell_snap_end_t    sum;
    xsell_snap_chunk_t  chunk;

    memset(&sum, 0, sizeof(sum));
    sum.chain = (uint32_t) crc32(0, r->p, sizeof(r->head));

    off = sizeof(r->head);
    last = 0;
    version = 0;
    bytes = 0;

    for ( ;; ) {
        rc = restore_chunk(r, off, &chunk, err);

        if (rc != XSELL_OK) {
            return rc;
        }

        if (chunk.type == XSELL_SNAP_END) {
            return restore_end(r, &sum, off, &chunk, err);
        }

        if (chunk.type < last
            || (chunk.type == last && (chunk.version != version
                                       || chunk.record_bytes != bytes)))
        {
            return xsell_fail(err, XSELL_ECORRUPT, 0, 0,
                              "snapshot: section %#x at byte %llu is out of "
                              "order", chunk.type, (unsigned long long) off);
        }

        run = restore_run(chunk.type);

        if (run < 0 || chunk.version != XSELL_SNAP_VERSION) {

            /* the others speak of items and names */

            if (run == XSELL_RUN_ITEMS || run == XSELL_RUN_NAMES) {
                return xsell_fail(err, XSELL_EVERSION, 0, 0,
                                  "snapshot: items or names of version %u",
                                  chunk.version);
            }

            r->unknown += chunk.n;

        } else {
            if (r->run[run].n == 0) {
                r->run[run].off = off;
                r->run[run].bytes = chunk.record_bytes;
            }

            r->run[run].n += chunk.n;
        }

        last = chunk.type;
        version = chunk.version;
        bytes = chunk.record_bytes;

        sum.chunks++;
        sum.records += chunk.n;
        sum.chain = (uint32_t) crc32(sum.chain, r->p + off, sizeof(chunk));
        off += sizeof(chunk) + (uint64_t) chunk.n * bytes;
    }
}


static int
restore_chunk(xsell_restore_t *r, uint64_t off, xsell_snap_chunk_t *chunk,
    xsell_error_t *err)
{
    uint64_t  left;

    left = r->n - off;

    if (left < sizeof(*chunk)) {
        return xsell_fail(err, XSELL_ECORRUPT, 0, 0,
                          "snapshot: the file ends at byte %zu without an "
                          "end", r->n);
    }

    memcpy(chunk, r->p + off, sizeof(*chunk));
    left -= sizeof(*chunk);

    if (chunk->n == 0 || chunk->record_bytes < XSELL_SNAP_RECORD_MIN
        || chunk->n > left / chunk->record_bytes)
    {
        return xsell_fail(err, XSELL_ECORRUPT, 0, 0,
                          "snapshot: the chunk at byte %llu does not fit",
                          (unsigned long long) off);
    }

    if (chunk->check != xsell_snap_chunk_check(r->p + off, sizeof(*chunk)
                                   + (size_t) chunk->n * chunk->record_bytes))
    {
        return xsell_fail(err, XSELL_ECORRUPT, 0, 0,
                          "snapshot: the checksum at byte %llu is wrong",
                          (unsigned long long) off);
    }

    return XSELL_OK;
}


static int
restore_end(const xsell_restore_t *r, const xsell_snap_end_t *sum,
    uint64_t off, const xsell_snap_chunk_t *chunk, xsell_error_t *err)
{
    xsell_snap_end_t  end;

    if (chunk->n != 1 || chunk->record_bytes != sizeof(end)
        || r->n - off != sizeof(*chunk) + sizeof(end))
    {
        return xsell_fail(err, XSELL_ECORRUPT, 0, 0,
                          "snapshot: something stands behind its end");
    }

    memcpy(&end, r->p + off + sizeof(*chunk), sizeof(end));

    if (end.chunks != sum->chunks || end.records != sum->records
        || end.bytes != off || end.chain != sum->chain)
    {
        return xsell_fail(err, XSELL_ECORRUPT, 0, 0,
                          "snapshot: chunks are missing or moved");
    }

    return XSELL_OK;
}


static int
restore_run(uint16_t type)
{
    int  i;

    for (i = 0; i < XSELL_RUNS; i++) {
        if (restore_sections[i].type == type) {
            return i;
        }
    }

    return -1;
}


/* ---- the contents ------------------------------------------------------ */

static int
restore_alloc(xsell_restore_t *r)
{
    size_t  items, sessions, ledger;

    /* + 1: a malloc of nothing may be NULL */

    items = (size_t) r->run[XSELL_RUN_ITEMS].n + 1;
    sessions = (size_t) r->run[XSELL_RUN_SESSIONS].n + 1;
    ledger = (size_t) r->run[XSELL_RUN_LEDGER].n + 1;

    r->hashes = calloc(items, 2 * sizeof(uint64_t));
    r->ages = calloc(items, sizeof(uint32_t));
    r->refs = calloc(items, sizeof(xsell_ref_t));
    r->work = calloc(items, 2 * sizeof(uint32_t));
    r->sessions = calloc(sessions, sizeof(xsell_seat_t));
    r->ledger = calloc(ledger, sizeof(xsell_seat_t));

    return r->hashes && r->ages && r->refs && r->work && r->sessions
           && r->ledger ? XSELL_OK : XSELL_ENOMEM;
}


static void
restore_free(xsell_restore_t *r)
{
    free(r->hashes);
    free(r->ages);
    free(r->refs);
    free(r->work);
    free(r->sessions);
    free(r->ledger);
    free(r);
}


static int
restore_contents(xsell_restore_t *r, xsell_error_t *err)
{
    unsigned  run;

    if (r->run[XSELL_RUN_ITEMS].n > XSELL_SLOT_MAX
        || r->head.catalog > INT32_MAX)
    {
        return xsell_fail(err, XSELL_ECORRUPT, 0, 0,
                          "snapshot: more items or catalogues than can be");
    }

    for (run = 0; run < XSELL_RUNS; run++) {

        if (restore_sections[run].check != NULL
            && xsell_restore_each(r, run, restore_sections[run].check)
               != XSELL_OK)
        {
            return xsell_fail(err, XSELL_ECORRUPT, 0, 0,
                              "snapshot: a record of section %#x is out of "
                              "range", restore_sections[run].type);
        }
    }

    if (!restore_hashes_differ(r)) {
        return xsell_fail(err, XSELL_ECORRUPT, 0, 0,
                          "snapshot: an item stands there twice");
    }

    restore_sort(r);

    return XSELL_OK;
}


static int
restore_hashes_differ(xsell_restore_t *r)
{
    size_t     i, n;
    uint64_t  *sorted;

    /* room for this is behind the hashes themselves */

    n = (size_t) r->run[XSELL_RUN_ITEMS].n;
    sorted = r->hashes + n;

    memcpy(sorted, r->hashes, n * sizeof(uint64_t));
    qsort(sorted, n, sizeof(uint64_t), restore_compare_hashes);

    for (i = 1; i < n; i++) {
        if (sorted[i] == sorted[i - 1]) {
            return 0;
        }
    }

    return 1;
}


static int
restore_compare_hashes(const void *one, const void *two)
{
    uint64_t  a, b;

    memcpy(&a, one, sizeof(a));
    memcpy(&b, two, sizeof(b));

    return (a > b) - (a < b);
}


/* ties by place in the file: the same file gives the same arena */

static int
restore_compare_times(const void *one, const void *two)
{
    const xsell_seat_t  *a, *b;

    a = one;
    b = two;

    if (a->time_s != b->time_s) {
        return a->time_s < b->time_s ? -1 : 1;
    }

    return (a->at > b->at) - (a->at < b->at);
}


static int
restore_compare_keys(const void *one, const void *two)
{
    const xsell_seat_t  *a, *b;

    a = one;
    b = two;

    if (a->key != b->key) {
        return a->key < b->key ? -1 : 1;
    }

    return restore_compare_times(one, two);
}


/*
 * Oldest first: what comes later evicts it, so the newest stay.  A visitor
 * who moved between two buckets' ways under the writer's eyes is in the file
 * twice; the newer record is the one.
 */

static void
restore_sort(xsell_restore_t *r)
{
    size_t         i, k, n;
    xsell_seat_t  *seat;

    seat = r->sessions;
    n = (size_t) r->run[XSELL_RUN_SESSIONS].n;

    qsort(seat, n, sizeof(xsell_seat_t), restore_compare_keys);

    k = 0;

    for (i = 0; i < n; i++) {
        if (i + 1 == n || seat[i + 1].key != seat[i].key) {
            seat[k++] = seat[i];
        }
    }

    r->sessions_n = k;

    qsort(seat, k, sizeof(xsell_seat_t), restore_compare_times);
    qsort(r->ledger, (size_t) r->run[XSELL_RUN_LEDGER].n,
          sizeof(xsell_seat_t), restore_compare_times);
}


/* ---- records ----------------------------------------------------------- */

static int
restore_check_name(xsell_restore_t *r, const xsell_snap_record_t *rec,
    const uint8_t *at, uint64_t i)
{
    return rec->name.len <= sizeof(rec->name.text) ? XSELL_OK
                                                   : XSELL_ECORRUPT;
}


static int
restore_check_item(xsell_restore_t *r, const xsell_snap_record_t *rec,
    const uint8_t *at, uint64_t i)
{
    r->hashes[i] = rec->item.hash;
    r->ages[i] = rec->item.age;

    return rec->item.hash != 0 ? XSELL_OK : XSELL_ECORRUPT;
}


static int
restore_check_top(xsell_restore_t *r, const xsell_snap_record_t *rec,
    const uint8_t *at, uint64_t i)
{
    return rec->top.item < r->run[XSELL_RUN_ITEMS].n ? XSELL_OK
                                                     : XSELL_ECORRUPT;
}


static int
restore_check_crowd(xsell_restore_t *r, const xsell_snap_record_t *rec,
    const uint8_t *at, uint64_t i)
{
    uint32_t  k;

    for (k = 0; k < XSELL_CROWD_ITEMS; k++) {
        if (rec->crowd.item[k] != XSELL_SNAP_NO_ITEM
            && rec->crowd.item[k] >= r->run[XSELL_RUN_ITEMS].n)
        {
            return XSELL_ECORRUPT;
        }
    }

    return rec->crowd.key != 0 ? XSELL_OK : XSELL_ECORRUPT;
}


static int
restore_check_pair(xsell_restore_t *r, const xsell_snap_record_t *rec,
    const uint8_t *at, uint64_t i)
{
    uint64_t  items;

    items = r->run[XSELL_RUN_ITEMS].n;

    return rec->pair.item < items && rec->pair.partner < items
           && rec->pair.item != rec->pair.partner ? XSELL_OK
                                                  : XSELL_ECORRUPT;
}


static int
restore_check_session(xsell_restore_t *r, const xsell_snap_record_t *rec,
    const uint8_t *at, uint64_t i)
{
    unsigned                     k;
    xsell_seat_t                *seat;
    const xsell_snap_session_t  *s;

    s = &rec->session;

    if (s->key == 0 || s->n > XSELL_HISTORY || s->visit_n > s->n) {
        return XSELL_ECORRUPT;
    }

    for (k = 0; k < s->n; k++) {
        if (xsell_ref_slot(s->entry[k]) >= r->run[XSELL_RUN_ITEMS].n) {
            return XSELL_ECORRUPT;
        }
    }

    seat = &r->sessions[i];
    seat->key = s->key;
    seat->at = at;
    seat->time_s = s->last_s;

    return XSELL_OK;
}


static int
restore_check_ledger(xsell_restore_t *r, const xsell_snap_record_t *rec,
    const uint8_t *at, uint64_t i)
{
    uint64_t                    items;
    const xsell_snap_ledger_t  *row;

    row = &rec->ledger;
    items = r->run[XSELL_RUN_ITEMS].n;

    if (row->session == 0 || row->item >= items
        || (row->anchor >= items && row->anchor != XSELL_SNAP_NO_ITEM))
    {
        return XSELL_ECORRUPT;
    }

    r->ledger[i].at = at;
    r->ledger[i].time_s = row->clicked_s;

    return XSELL_OK;
}


static int
restore_check_order(xsell_restore_t *r, const xsell_snap_record_t *rec,
    const uint8_t *at, uint64_t i)
{
    return rec->order.hash != 0 ? XSELL_OK : XSELL_ECORRUPT;
}


static int
restore_check_name_counters(xsell_restore_t *r,
    const xsell_snap_record_t *rec, const uint8_t *at, uint64_t i)
{
    return rec->name_counters.name < r->run[XSELL_RUN_NAMES].n
           ? XSELL_OK : XSELL_ECORRUPT;
}

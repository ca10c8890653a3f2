
/*
 * xsell_snapshot.c: writes an arena's state as a stream of chunks, and reads
 * the head of such a file.  xsell_restore.c is the way back.
 *
 * Called by the learner in slices while everybody goes on, by the last
 * process of a shutdown, and by the master that replaces a zone of another
 * size or layout: then the arena's records are not quite ours.  So nothing
 * here uses xsell_arena_t: a region is found through the arena's own
 * directory and each record is copied by the part that both layouts know.
 *
 * Invariants: never writes to the arena, never waits; what a slice does is
 * bounded by the caller's buffer; the bytes depend on the arena alone, not
 * on how they were fetched (chunks have a size of their own).  Records are
 * copied whole by their protection of xsell_layout.h and one that is torn
 * twice is left out; between records time passes, so the file is no instant
 * but each record in it was true.
 *
 * An item is named by its place in the ITEMS section, which is written
 * first: `map` remembers place and tag per slot, so a reference that meets
 * another tag later is stale and dropped.
 *
 * Dropped: fork and write the child's copy (a worker of nginx must not), and
 * an image of the region's bytes (then every layout would live for ever).
 */

#include "xsell_extract.h"

#include <stdio.h>
#include <stdlib.h>


/* a call visits one unit per so many bytes of the caller's buffer */
#define XSELL_UNIT_BYTES  16


static int snapshot_sources(xsell_snapshot_t *s, const void *mem,
    uint64_t bytes, xsell_error_t *err);
static int snapshot_source(xsell_snapshot_t *s, unsigned i);
static void snapshot_head(xsell_snapshot_t *s, uint64_t mono_ms);
static int snapshot_left(const xsell_snapshot_t *s, xsell_error_t *err);
static uint64_t snapshot_units(const xsell_snapshot_t *s,
    const xsell_section_t *sec);
static size_t snapshot_step(xsell_snapshot_t *s, uint8_t *out);
static size_t snapshot_flush(xsell_snapshot_t *s, const xsell_section_t *sec,
    uint8_t *out);
static size_t snapshot_end(xsell_snapshot_t *s, uint8_t *out);


int
xsell_snapshot_create(xsell_snapshot_t **out, const void *mem, uint64_t bytes,
    uint64_t mono_ms, xsell_error_t *err)
{
    int                rc;
    xsell_snapshot_t  *s;

    *out = NULL;

    s = calloc(1, sizeof(xsell_snapshot_t));
    if (s == NULL) {
        return xsell_fail(err, XSELL_ENOMEM, 0, 0, "snapshot: no memory");
    }

    rc = snapshot_sources(s, mem, bytes, err);

    if (rc != XSELL_OK) {
        free(s);
        return rc;
    }

    s->map = malloc(((size_t) s->slots + 1) * sizeof(xsell_ref_t));

    if (s->map == NULL) {
        free(s);
        return xsell_fail(err, XSELL_ENOMEM, 0, 0, "snapshot: no memory");
    }

    snapshot_head(s, mono_ms);

    *out = s;

    return snapshot_left(s, err);
}


void
xsell_snapshot_destroy(xsell_snapshot_t *s)
{
    if (s != NULL) {
        free(s->map);
        free(s);
    }
}


int
xsell_snapshot_next(xsell_snapshot_t *s, uint8_t *out, size_t cap, size_t *n)
{
    size_t  units;

    *n = 0;

    if (cap < XSELL_SNAP_CHUNK) {
        return XSELL_EINVAL;
    }

    for (units = cap / XSELL_UNIT_BYTES; units != 0; units--) {

        if (cap - *n < XSELL_SNAP_CHUNK) {
            break;
        }

        *n += snapshot_step(s, out + *n);

        if (s->stage > XSELL_SECTIONS) {
            return XSELL_OK;
        }
    }

    return XSELL_AGAIN;
}


int
xsell_snapshot_peek(const uint8_t *p, size_t n, xsell_snapshot_info_t *info,
    xsell_error_t *err)
{
    xsell_snap_head_t  head;

    if (n < sizeof(head)) {
        return xsell_fail(err, XSELL_ECORRUPT, 0, 0,
                          "snapshot: %zu bytes are no head", n);
    }

    memcpy(&head, p, sizeof(head));

    if (memcmp(head.magic, XSELL_SNAP_MAGIC, sizeof(head.magic)) != 0) {
        return xsell_fail(err, XSELL_ECORRUPT, 0, 0,
                          "snapshot: this file is something else");
    }

    if (head.order != XSELL_SNAP_ORDER || head.format != XSELL_SNAP_FORMAT
        || head.bytes != sizeof(head))
    {
        return xsell_fail(err, XSELL_EVERSION, 0, 0,
                          "snapshot: format %u of another version or machine",
                          head.format);
    }

    if (head.check != xsell_snap_head_check(&head)) {
        return xsell_fail(err, XSELL_ECORRUPT, 0, 0,
                          "snapshot: the head's checksum is wrong");
    }

    if (head.time_ms > XSELL_SNAP_TIME_MAX || head.epoch == UINT32_MAX) {
        return xsell_fail(err, XSELL_ECORRUPT, 0, 0,
                          "snapshot: time or epoch out of range");
    }

    memset(info, 0, sizeof(*info));

    info->epoch = head.epoch;
    info->time_ms = head.time_ms;
    info->items = head.items;
    info->log_inode = head.log_inode;
    info->log_off = head.log_off;

    return XSELL_OK;
}


/* ---- finding the regions ----------------------------------------------- */

static int
snapshot_sources(xsell_snapshot_t *s, const void *mem, uint64_t bytes,
    xsell_error_t *err)
{
    int                    rc;
    unsigned               i;
    const xsell_header_t  *h;

    h = mem;

    if (bytes < sizeof(*h) || (uintptr_t) mem % sizeof(uint64_t) != 0
        || xsell_load_acquire(&h->magic) != XSELL_MAGIC
        || h->bytes < sizeof(*h) || h->bytes > bytes)
    {
        return xsell_fail(err, XSELL_ECORRUPT, 0, 0,
                          "snapshot: this memory is no arena");
    }

    s->header = h;
    rc = snapshot_source(s, XSELL_REGION_ITEMS);

    for (i = 0; i < XSELL_SECTIONS && rc == XSELL_OK; i++) {
        rc = snapshot_source(s, xsell_sections[i].region);
    }

    if (rc != XSELL_OK) {
        return xsell_fail(err, rc, 0, 0,
                          "snapshot: a region lies outside the arena");
    }

    if (s->source[XSELL_REGION_DICT].p == NULL) {
        return xsell_fail(err, XSELL_EVERSION, 0, 0,
                          "snapshot: the dictionary is of another version");
    }

    s->slots = xsell_load_acquire(&h->dict_n);
    s->names = xsell_load_acquire(&h->names_n);

    if (s->source[XSELL_REGION_NAMES].p == NULL
        || s->names > s->source[XSELL_REGION_NAMES].count)
    {
        s->names = 0;
    }

    if (s->slots > s->source[XSELL_REGION_DICT].count
        || s->slots > XSELL_SLOT_MAX)
    {
        return xsell_fail(err, XSELL_ECORRUPT, 0, 0,
                          "snapshot: %u slots are in use, more than exist",
                          s->slots);
    }

    return XSELL_OK;
}


/* another version means something else: left out, but for the items' first
   one, which xsell_extract.c knows.  Less than a bucket's
   eight ways can't be taken by a prefix, so that is left out as well. */

static int
snapshot_source(xsell_snapshot_t *s, unsigned i)
{
    uint32_t         own, word;
    uint64_t         bytes;
    xsell_region_t   r;
    xsell_source_t  *src;

    bytes = s->header->bytes;
    r = s->header->region[i];
    src = &s->source[i];
    own = xsell_region_stride[i];

    /* a spare entry: the layout that wrote it did not have this region yet */

    if (r.off == 0 && r.count == 0 && r.stride == 0) {
        s->head.left |= (uint32_t) 1 << i;
        return XSELL_OK;
    }

    word = i == XSELL_REGION_ITEMS ? sizeof(uint32_t) : sizeof(uint64_t);

    if (r.stride == 0 || r.off < sizeof(xsell_header_t) || r.off > bytes
        || r.off % sizeof(uint64_t) != 0 || r.stride % word != 0
        || r.count > (bytes - r.off) / r.stride)
    {
        return XSELL_ECORRUPT;
    }

    if (i == XSELL_REGION_ITEMS && r.version == 1
        && r.stride >= XSELL_ITEM_BYTES_1)
    {
        own = XSELL_ITEM_BYTES_1;

    } else if (r.version != xsell_region_version[i]
               || (i == XSELL_REGION_SESSIONS
                   && r.stride < sizeof(xsell_bucket_t)))
    {
        s->head.left |= (uint32_t) 1 << i;
        return XSELL_OK;
    }

    src->p = (const uint8_t *) s->header + r.off;
    src->count = r.count;
    src->stride = r.stride;
    src->take = r.stride < own ? r.stride : own;
    src->version = r.version;

    return XSELL_OK;
}


static void
snapshot_head(xsell_snapshot_t *s, uint64_t mono_ms)
{
    int64_t                now;
    xsell_snap_head_t     *head;
    const xsell_header_t  *h;

    h = s->header;
    head = &s->head;

    now = (int64_t) (mono_ms - (uint64_t) h->mono_base_ms);

    memcpy(head->magic, XSELL_SNAP_MAGIC, sizeof(head->magic));
    head->order = XSELL_SNAP_ORDER;
    head->format = XSELL_SNAP_FORMAT;
    head->bytes = sizeof(*head);
    head->epoch = h->epoch;
    head->time_ms = now < 0 ? 0 : (uint64_t) now;
    head->items = s->slots;
    head->catalog = xsell_load(&h->catalog);
    head->generation = xsell_load_acquire(&h->generation);
    memcpy(head->key, h->key, sizeof(head->key));

    /* the log's position first: a line after it may be in the state already,
       none before it can be missing */

    head->log_inode = xsell_load(&h->log_inode);
    head->log_off = xsell_load_acquire(&h->log_off);
    head->applied = xsell_load(&h->applied);
    head->rng = xsell_load(&h->rng);
    head->visits = xsell_load(&h->visits);
    head->views = xsell_load(&h->views);
    head->orders = xsell_load(&h->orders);
    head->lines = xsell_load(&h->lines);
    head->impression = xsell_load(&h->impression);
    head->first_s = xsell_load(&h->first_s);

    head->check = xsell_snap_head_check(head);
}


static int
snapshot_left(const xsell_snapshot_t *s, xsell_error_t *err)
{
    int       n;
    char      list[80];
    unsigned  i;

    n = 0;
    list[0] = '\0';

    for (i = 0; i < XSELL_REGIONS; i++) {
        if (s->head.left & (uint32_t) 1 << i) {
            n += snprintf(list + n, sizeof(list) - (size_t) n, " %u", i);
        }
    }

    if (n == 0) {
        if (err != NULL) {
            err->line = 0;
            err->column = 0;
            err->text[0] = '\0';
        }

        return XSELL_OK;
    }

    return xsell_fail(err, XSELL_OK, 0, 0,
                      "snapshot: left out, of another version: region%s",
                      list);
}


/* ---- walking ----------------------------------------------------------- */

static uint64_t
snapshot_units(const xsell_snapshot_t *s, const xsell_section_t *sec)
{
    uint64_t               n, most;
    const xsell_source_t  *src;

    src = &s->source[sec->region];
    most = UINT64_MAX;

    if (src->p == NULL) {
        return 0;
    }

    switch (sec->type) {

    case XSELL_SNAP_NAMES:
    case XSELL_SNAP_NAME_COUNTERS:
        most = s->names;
        break;

    case XSELL_SNAP_ITEMS:
    case XSELL_SNAP_PAIRS:
        most = s->slots;
        break;

    case XSELL_SNAP_MODEL:
        return src->count ? XSELL_SNAP_PIECES : 0;

    case XSELL_SNAP_COUNTERS:
        most = 1;
        break;

    case XSELL_SNAP_TOPS:
        most = XSELL_TOPS;
        break;
    }

    n = src->count < most ? src->count : most;

    return n * sec->per;
}


/* visits one unit; returns how many bytes of a finished chunk are in out */

static size_t
snapshot_step(xsell_snapshot_t *s, uint8_t *out)
{
    size_t                  n;
    const xsell_section_t  *sec;

    if (!s->begun) {
        s->begun = 1;
        s->fill = sizeof(xsell_snap_chunk_t);
        s->end.chain = (uint32_t) crc32(0, (const Bytef *) &s->head,
                                        sizeof(s->head));
        memcpy(out, &s->head, sizeof(s->head));
        s->end.bytes = sizeof(s->head);
        return sizeof(s->head);
    }

    if (s->stage >= XSELL_SECTIONS) {
        s->stage = XSELL_SECTIONS + 1;
        return snapshot_end(s, out);
    }

    sec = &xsell_sections[s->stage];

    if (s->at >= snapshot_units(s, sec)) {
        n = snapshot_flush(s, sec, out);
        s->stage++;
        s->at = 0;
        return n;
    }

    n = 0;

    if (s->fill + (size_t) sec->most * sec->bytes > XSELL_SNAP_CHUNK) {
        n = snapshot_flush(s, sec, out);
    }

    sec->step(s);
    s->at++;

    return n;
}


static size_t
snapshot_flush(xsell_snapshot_t *s, const xsell_section_t *sec, uint8_t *out)
{
    size_t              n;
    xsell_snap_chunk_t  head;

    n = s->fill;

    if (n == sizeof(head)) {
        return 0;
    }

    head.type = sec->type;
    head.version = XSELL_SNAP_VERSION;
    head.record_bytes = sec->bytes;
    head.n = (uint32_t) ((n - sizeof(head)) / sec->bytes);

    memcpy(s->chunk, &head, sizeof(head));
    head.check = xsell_snap_chunk_check(s->chunk, n);
    memcpy(s->chunk, &head, sizeof(head));
    memcpy(out, s->chunk, n);

    s->end.chunks++;
    s->end.records += head.n;
    s->end.bytes += n;
    s->end.chain = (uint32_t) crc32(s->end.chain, s->chunk, sizeof(head));
    s->fill = sizeof(head);

    return n;
}


static size_t
snapshot_end(xsell_snapshot_t *s, uint8_t *out)
{
    size_t              n;
    xsell_snap_chunk_t  head;

    n = sizeof(head) + sizeof(s->end);

    head.type = XSELL_SNAP_END;
    head.version = XSELL_SNAP_VERSION;
    head.record_bytes = sizeof(s->end);
    head.n = 1;

    memcpy(out, &head, sizeof(head));
    memcpy(out + sizeof(head), &s->end, sizeof(s->end));
    head.check = xsell_snap_chunk_check(out, n);
    memcpy(out, &head, sizeof(head));

    return n;
}




/*
 * xsell_posting.c: item -> the newest sessions that viewed it, the inverted
 * half of the live session index (the other half are the sessions).
 *
 * An item has a ring of 32 places of its own.  What that pushes out goes on
 * to a chunk of 96 more while the item holds one: hot items get 128 places,
 * the long tail pays for 32.  Addition number i (from 0) stands in place
 * i % 32, later in chunk place i % 96.
 *
 * Only the learner writes.  The count is stored last, so a half-made
 * addition is invisible; a repeated one (the learner was killed) writes the
 * same words again.  A chunk is taken away from an item that has been quiet:
 * its owner word is cleared first and set last, and a reader that still
 * walks it finds sessions without its item, which kNN checks anyhow.
 *
 * Not taken: linked blocks from a free list (a kill between two links loses
 * them), and time-ordered arrays (moving 4 KiB on each view).
 */

#include "xsell_model.h"


/* places of the hand's walk; longer finds older victims, costs more */
#define XSELL_CHUNK_PROBES   8

/* a chunk with an addition younger than this is not taken away */
#define XSELL_CHUNK_QUIET_S  3600


static uint32_t
xsell_chunk_pick(const xsell_arena_t *a, uint32_t now_s)
{
    uint32_t              i, n, at, age, best, best_age;
    const xsell_chunk_t  *c;

    best = XSELL_NO_REF;
    best_age = XSELL_CHUNK_QUIET_S;

    if (a->chunks_n == 0) {
        return best;
    }

    at = a->header->chunk_hand % a->chunks_n;
    n = a->chunks_n < XSELL_CHUNK_PROBES ? a->chunks_n : XSELL_CHUNK_PROBES;

    for (i = 0; i < n; i++) {
        c = &a->chunks[at];

        if (xsell_load(&c->owner) == XSELL_NO_REF) {
            best = at;
            at = at + 1 < a->chunks_n ? at + 1 : 0;
            break;
        }

        age = now_s > c->added_s ? now_s - c->added_s : 0;

        if (age > best_age) {
            best_age = age;
            best = at;
        }

        at = at + 1 < a->chunks_n ? at + 1 : 0;
    }

    xsell_store(&a->header->chunk_hand, at);

    return best;
}


/* gives a chunk to the slot; the intent is the chunk's */

static uint32_t
xsell_chunk_take(xsell_arena_t *a, uint32_t slot, uint32_t count,
    uint32_t now_s)
{
    uint32_t        i, owner;
    xsell_chunk_t  *c;

    i = xsell_chunk_pick(a, now_s);

    if (i == XSELL_NO_REF) {
        return i;
    }

    xsell_intent_set(a, XSELL_REGION_CHUNKS, i);

    c = &a->chunks[i];
    owner = xsell_load(&c->owner);

    /* who loses it is told first: a kill then leaves an owner that does not
       know of its chunk, which can be told from the chunk alone */

    if (owner < a->items_n && xsell_load(&a->postings[owner].chunk) == i) {
        xsell_store(&a->postings[owner].chunk, XSELL_NO_REF);
    }

    xsell_store_release(&c->owner, XSELL_NO_REF);

    xsell_store(&c->since, count);
    xsell_store(&c->added_s, now_s);
    xsell_store_release(&c->owner, slot);
    xsell_store_release(&a->postings[slot].chunk, i);

    xsell_intent_clear(a);

    return i;
}


static int
xsell_chunk_owned(const xsell_arena_t *a, uint32_t slot, uint32_t chunk)
{
    return chunk < a->chunks_n
           && xsell_load_acquire(&a->chunks[chunk].owner) == slot;
}


/* moves the addition that leaves the ring on to the item's chunk */

static void
xsell_posting_spill(xsell_arena_t *a, uint32_t slot, uint32_t count,
    uint32_t now_s)
{
    uint32_t        i, out;
    xsell_chunk_t  *c;

    i = xsell_load(&a->postings[slot].chunk);

    if (!xsell_chunk_owned(a, slot, i)) {
        i = xsell_chunk_take(a, slot, count, now_s);

        if (i == XSELL_NO_REF) {
            return;
        }
    }

    c = &a->chunks[i];
    out = count - XSELL_PLACES;

    xsell_store(&c->place[out % XSELL_CHUNK_PLACES],
                xsell_load(&a->postings[slot].place[out % XSELL_PLACES]));
    xsell_store(&c->added_s, now_s);
}


void
xsell_posting_add(xsell_arena_t *a, uint32_t slot, uint32_t session_idx,
    uint32_t now_s)
{
    uint32_t          count;
    xsell_posting_t  *p;

    if (slot >= a->items_n || session_idx >= a->buckets_n * XSELL_WAYS) {
        return;
    }

    p = &a->postings[slot];
    count = xsell_load(&p->count);

    if (count >= XSELL_PLACES) {
        xsell_posting_spill(a, slot, count, now_s);
    }

    xsell_intent_set(a, XSELL_REGION_POSTINGS, slot);

    xsell_store(&p->place[count % XSELL_PLACES], session_idx);
    xsell_store_release(&p->count, count + 1);

    xsell_intent_clear(a);
}


uint32_t
xsell_posting_copy(const xsell_arena_t *a, uint32_t slot, uint32_t max,
    uint32_t *out)
{
    uint32_t                i, n, low, last, since, count, chunk;
    const xsell_chunk_t    *c;
    const xsell_posting_t  *p;

    p = &a->postings[slot];
    count = xsell_load_acquire(&p->count);
    low = count > XSELL_PLACES ? count - XSELL_PLACES : 0;
    last = count - low > max ? count - max : low;
    n = 0;

    for (i = count; i > last; i--) {
        out[n++] = xsell_load(&p->place[(i - 1) % XSELL_PLACES]);
    }

    if (low == 0 || n == max) {
        return n;
    }

    chunk = xsell_load_acquire(&p->chunk);

    if (!xsell_chunk_owned(a, slot, chunk)) {
        return n;
    }

    /* low is the first addition of the ring: those before it stand here,
       from the one that was pushed out when the chunk was taken */

    c = &a->chunks[chunk];
    since = xsell_load(&c->since);
    since = since > XSELL_PLACES ? since - XSELL_PLACES : 0;

    if (low > XSELL_CHUNK_PLACES && since < low - XSELL_CHUNK_PLACES) {
        since = low - XSELL_CHUNK_PLACES;
    }

    for (i = low; i > since && n < max; i--) {
        out[n++] = xsell_load(&c->place[(i - 1) % XSELL_CHUNK_PLACES]);
    }

    return n;
}


/* empties a posting; its chunk becomes free */

static void
xsell_posting_reset(xsell_arena_t *a, uint32_t slot)
{
    uint32_t  i;

    i = xsell_load(&a->postings[slot].chunk);

    /* in this order: a kill between two of these leaks no chunk */

    if (xsell_chunk_owned(a, slot, i)) {
        xsell_store_release(&a->chunks[i].owner, XSELL_NO_REF);
    }

    xsell_store_release(&a->postings[slot].chunk, XSELL_NO_REF);
    xsell_store_release(&a->postings[slot].count, 0);
}


void
xsell_item_reset(xsell_arena_t *a, uint32_t slot)
{
    xsell_item_record_t   empty;
    xsell_pair_record_t  *pair;

    /* the tag goes last: a kill before it has the reset repeated */

    xsell_intent_set(a, XSELL_REGION_POSTINGS, slot);
    xsell_posting_reset(a, slot);

    xsell_intent_set(a, XSELL_REGION_PAIRS, slot);
    pair = &a->pairs[slot];
    xsell_seq_open(&pair->seq);
    xsell_store(&pair->n, 0);
    xsell_seq_close(&pair->seq);

    xsell_intent_set(a, XSELL_REGION_ITEMS, slot);
    memset(&empty, 0, sizeof(empty));
    empty.carts_tag = xsell_ref(0, xsell_item_tag(&a->items[slot]));
    xsell_seq_put(&a->items[slot], &empty, sizeof(empty) / 4);
    xsell_store_release(&a->items[slot].carts_tag,
                        xsell_ref(0, xsell_slot_tag(a, slot)));

    xsell_intent_clear(a);
}


void
xsell_posting_repair(xsell_arena_t *a, uint32_t slot)
{
    uint32_t          i;
    xsell_posting_t  *p;

    p = &a->postings[slot];
    i = xsell_load(&p->chunk);

    if (i != XSELL_NO_REF && !xsell_chunk_owned(a, slot, i)) {
        xsell_store(&p->chunk, XSELL_NO_REF);
    }
}


void
xsell_chunk_repair(xsell_arena_t *a, uint32_t chunk)
{
    uint32_t  owner;

    owner = xsell_load(&a->chunks[chunk].owner);

    if (owner == XSELL_NO_REF) {
        return;
    }

    /* its posting was not yet told that it has it, or was told that it lost
       it: either way nobody finds it */

    if (owner >= a->items_n || xsell_load(&a->postings[owner].chunk) != chunk)
    {
        xsell_store_release(&a->chunks[chunk].owner, XSELL_NO_REF);
    }
}

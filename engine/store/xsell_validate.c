
/*
 * xsell_validate.c: the whole arena's invariants, each written down once
 * more, independently of the code that keeps them.  For tests, the torture
 * and the command line; never on a request's way.
 *
 * What a killed process left to its successor is no fault: a record under
 * change is excused while the lock that guards it belongs to a dead owner
 * (or a living one), and for the learner's records only at the intent that
 * it wrote.  The same under a free lock is a fault: somebody forgot.
 *
 * Whether a lock is free is asked of a private copy of its bytes, so that
 * validating takes nothing from the successor.  A bitmap of visited slots
 * was dropped: that each word is the first to lead to its item, and each
 * item has a word, says the same without memory.
 */

#include "xsell_store.h"

#include <math.h>


typedef struct {
    const xsell_arena_t  *a;
    xsell_error_t        *err;
    int                   learning;     /* lease held, or its owner died */
} xsell_check_t;

typedef int (*xsell_check_pt)(const xsell_check_t *c);


/* "region index: what", and the code */

static int
xsell_broken(const xsell_check_t *c, const char *region, uint64_t index,
    const char *what)
{
    return xsell_fail(c->err, XSELL_ECORRUPT, 0, 0, "%s %llu: %s", region,
                      (unsigned long long) index, what);
}


static int
xsell_lock_is_free(const xsell_lock_t *lock)
{
    int           rc;
    xsell_lock_t  copy;

    copy = *lock;
    rc = xsell_lock_try(&copy);

    if (rc != XSELL_BUSY) {
        xsell_lock_release(&copy);
    }

    return rc == XSELL_OK;
}


/* whether a learner's record may be half done */

static int
xsell_check_excused(const xsell_check_t *c, uint32_t region, uint64_t index)
{
    return c->learning && c->a->header->intent.region == region
           && c->a->header->intent.index == index;
}


/* the position of the first word that leads to a hash, or hash_n */

static uint32_t
xsell_check_probe(const xsell_arena_t *a, uint64_t hash)
{
    uint32_t  i, pos, word;

    pos = (uint32_t) ((hash & 0xffffffffu) * a->hash_n >> 32);

    for (i = 0; i < a->hash_n; i++, pos = (pos + 1) % a->hash_n) {
        word = a->hash[pos];

        if (word == XSELL_NO_REF) {
            break;
        }

        if (word < a->items_n && a->dict[word].hash == hash) {
            return pos;
        }
    }

    return a->hash_n;
}


static int
xsell_check_hash(const xsell_check_t *c)
{
    uint32_t              pos, word;
    const xsell_arena_t  *a;

    a = c->a;

    for (pos = 0; pos < a->hash_n; pos++) {
        word = a->hash[pos];

        if (word == XSELL_NO_REF || word == XSELL_HASH_GONE) {
            continue;
        }

        if (word >= a->header->dict_n) {
            return xsell_broken(c, "hash", pos, "leads to no slot");
        }

        if (a->dict[word].hash == 0
            || xsell_check_probe(a, a->dict[word].hash) != pos)
        {
            return xsell_broken(c, "hash", pos, "is not found by its item");
        }
    }

    return XSELL_OK;
}


static int
xsell_check_dict(const xsell_check_t *c)
{
    uint32_t                   slot, pos;
    const xsell_arena_t       *a;
    const xsell_dict_entry_t  *e;

    a = c->a;

    for (slot = 0; slot < a->items_n; slot++) {
        e = &a->dict[slot];

        if (slot >= a->header->dict_n) {
            if (e->state != XSELL_DICT_FREE || e->hash != 0) {
                return xsell_broken(c, "dictionary", slot, "used too early");
            }

            continue;
        }

        if (e->tag == 0xff) {
            return xsell_broken(c, "dictionary", slot, "reserved tag");
        }

        /* a slot whose master was killed is free, with or without a word */

        if (e->state == XSELL_DICT_FREE) {
            continue;
        }

        pos = e->state == XSELL_DICT_USED && e->hash != 0
              ? xsell_check_probe(a, e->hash) : a->hash_n;

        if (pos == a->hash_n || a->hash[pos] != slot) {
            return xsell_broken(c, "dictionary", slot,
                                "its hash does not lead to it");
        }
    }

    return XSELL_OK;
}


static int
xsell_check_names(const xsell_check_t *c)
{
    uint32_t             i;
    const xsell_name_t  *name;

    for (i = 0; i < c->a->header->names_n; i++) {
        name = &c->a->names[i];

        if (name->len == 0 || name->len > sizeof(name->text)) {
            return xsell_broken(c, "name", i, "length");
        }

        if (xsell_siphash(c->a->header->key, name->text, name->len)
            != name->hash)
        {
            return xsell_broken(c, "name", i, "hash");
        }
    }

    return XSELL_OK;
}


static const char *
xsell_check_session(const xsell_arena_t *a, const xsell_session_record_t *r)
{
    unsigned  i;

    if (r->n > XSELL_HISTORY) {
        return "too many entries";
    }

    if (r->visit_n > r->n) {
        return "a visit longer than the history";
    }

    for (i = 0; i < r->n; i++) {
        if ((r->entry[i] & XSELL_SLOT_MASK) >= a->items_n) {
            return "an entry of no slot";
        }
    }

    return NULL;
}


static int
xsell_check_buckets(const xsell_check_t *c, const char *region,
    const xsell_bucket_t *b, uint64_t buckets_n)
{
    int          excused;
    uint64_t     n;
    unsigned     way, other;
    const char  *what;

    for (n = 0; n < buckets_n; n++, b++) {

        if (b->way > XSELL_WAYS) {
            return xsell_broken(c, region, n, "way");
        }

        excused = b->way && !xsell_lock_is_free(&b->lock);

        if ((b->seq & 1) && !excused) {
            return xsell_broken(c, region, n, "odd under a free lock");
        }

        for (way = 0; way < XSELL_WAYS; way++) {
            if (b->record[way].key == 0 || (excused && b->way == way + 1)) {
                continue;
            }

            what = xsell_check_session(c->a, &b->record[way]);

            if (what != NULL) {
                return xsell_broken(c, region, n * XSELL_WAYS + way, what);
            }

            for (other = 0; other < way; other++) {
                if (b->record[other].key == b->record[way].key
                    && !(excused && b->way == other + 1))
                {
                    return xsell_broken(c, region, n, "a key twice");
                }
            }
        }
    }

    return XSELL_OK;
}


static int
xsell_check_sessions(const xsell_check_t *c)
{
    return xsell_check_buckets(c, "sessions", c->a->sessions,
                               c->a->buckets_n);
}


static int
xsell_check_probation(const xsell_check_t *c)
{
    return xsell_check_buckets(c, "probation", c->a->probation,
                               c->a->probation_n);
}


/* every float of p's n is a number */

static int
xsell_check_floats(const float *p, size_t n)
{
    for ( ; n > 0; n--, p++) {
        if (!isfinite(*p)) {
            return 0;
        }
    }

    return 1;
}


static int
xsell_check_items(const xsell_check_t *c)
{
    uint32_t                    slot;
    const xsell_item_record_t  *item;

    for (slot = 0; slot < c->a->items_n; slot++) {
        item = &c->a->items[slot];

        if (!xsell_check_floats(&item->pop, 1)
            || !xsell_check_floats(&item->trend, 1)
            || !xsell_check_floats(&item->sold, 1)
            || !xsell_check_floats(&item->resid_mean, 1)
            || !xsell_check_floats(&item->resid_prec, 1))
        {
            return xsell_broken(c, "item", slot, "not a number");
        }
    }

    return XSELL_OK;
}


static int
xsell_check_places(const xsell_check_t *c, const uint32_t *place, unsigned n)
{
    unsigned  i;

    for (i = 0; i < n; i++) {
        if (place[i] / XSELL_WAYS >= c->a->buckets_n) {
            return 0;
        }
    }

    return 1;
}


static int
xsell_check_postings(const xsell_check_t *c)
{
    uint32_t                slot;
    const xsell_arena_t    *a;
    const xsell_posting_t  *p;

    a = c->a;

    for (slot = 0; slot < a->items_n; slot++) {
        p = &a->postings[slot];

        if (!xsell_check_places(c, p->place, XSELL_PLACES)) {
            return xsell_broken(c, "posting", slot, "a place of no session");
        }

        if (p->chunk == XSELL_NO_REF) {
            continue;
        }

        if (p->chunk >= a->chunks_n) {
            return xsell_broken(c, "posting", slot, "no such chunk");
        }

        /* a chunk changes hands under its own intent, a slot under the
           posting's */

        if (a->chunks[p->chunk].owner != slot
            && !xsell_check_excused(c, XSELL_REGION_POSTINGS, slot)
            && !xsell_check_excused(c, XSELL_REGION_CHUNKS, p->chunk))
        {
            return xsell_broken(c, "posting", slot, "another item's chunk");
        }
    }

    return XSELL_OK;
}


static int
xsell_check_chunks(const xsell_check_t *c)
{
    uint32_t              i;
    const xsell_chunk_t  *chunk;

    for (i = 0; i < c->a->chunks_n; i++) {
        chunk = &c->a->chunks[i];

        if (chunk->owner != XSELL_NO_REF && chunk->owner >= c->a->items_n) {
            return xsell_broken(c, "chunk", i, "an owner of no slot");
        }

        if (!xsell_check_places(c, chunk->place, XSELL_CHUNK_PLACES)) {
            return xsell_broken(c, "chunk", i, "a place of no session");
        }
    }

    return XSELL_OK;
}


static int
xsell_check_pairs(const xsell_check_t *c)
{
    uint32_t                    slot, i;
    const xsell_pair_record_t  *pair;

    for (slot = 0; slot < c->a->items_n; slot++) {
        pair = &c->a->pairs[slot];

        if (xsell_check_excused(c, XSELL_REGION_PAIRS, slot)) {
            continue;
        }

        if (pair->seq & 1) {
            return xsell_broken(c, "pairs", slot, "odd without a learner");
        }

        if (pair->n > XSELL_PARTNERS) {
            return xsell_broken(c, "pairs", slot, "too many partners");
        }

        for (i = 0; i < pair->n; i++) {
            if (xsell_ref_slot(pair->partner[i].ref) >= c->a->items_n) {
                return xsell_broken(c, "pairs", slot, "a partner of no slot");
            }
        }
    }

    return XSELL_OK;
}


static int
xsell_check_tops(const xsell_check_t *c)
{
    uint32_t            i, k;
    const xsell_top_t  *top;

    for (i = 0; i < XSELL_TOPS; i++) {
        top = &c->a->tops[i];

        if (xsell_check_excused(c, XSELL_REGION_TOP, i)) {
            continue;
        }

        if (top->seq & 1) {
            return xsell_broken(c, "top", i, "odd without a learner");
        }

        if (top->n > XSELL_TOP) {
            return xsell_broken(c, "top", i, "too many items");
        }

        for (k = 0; k < top->n; k++) {
            if (xsell_ref_slot(top->ref[k]) >= c->a->items_n
                || !isfinite(top->score[k]))
            {
                return xsell_broken(c, "top", i, "an item of no slot");
            }
        }
    }

    return XSELL_OK;
}


static int
xsell_check_crowds(const xsell_check_t *c)
{
    uint32_t              i, k;
    const xsell_crowd_t  *crowd;

    for (i = 0; i < c->a->crowds_n; i++) {
        crowd = &c->a->crowds[i];

        if (xsell_check_excused(c, XSELL_REGION_CROWDS, i)) {
            continue;
        }

        if (crowd->seq & 1) {
            return xsell_broken(c, "crowd", i, "odd without a learner");
        }

        if (!xsell_check_floats(&crowd->all, 1)
            || !xsell_check_floats(crowd->pop, 2 * XSELL_CROWD_ITEMS))
        {
            return xsell_broken(c, "crowd", i, "not a number");
        }

        for (k = 0; k < XSELL_CROWD_ITEMS; k++) {
            if (xsell_ref_slot(crowd->ref[k]) >= c->a->items_n) {
                return xsell_broken(c, "crowd", i, "an item of no slot");
            }
        }
    }

    return XSELL_OK;
}


static int
xsell_check_goes(const xsell_check_t *c)
{
    uint32_t             i, k;
    const xsell_goes_t  *g;

    for (i = 0; i < c->a->goes_n; i++) {
        g = &c->a->goes[i];

        if (xsell_check_excused(c, XSELL_REGION_GOES, i)) {
            continue;
        }

        if (g->seq & 1) {
            return xsell_broken(c, "kinds", i, "odd without a learner");
        }

        if (!xsell_check_floats(&g->out, 2)
            || !xsell_check_floats(g->n, 2 * XSELL_GOES_KINDS))
        {
            return xsell_broken(c, "kinds", i, "not a number");
        }

        for (k = 0; k < XSELL_GOES_KINDS; k++) {
            if (g->n[k] < 0 || g->share[k] < 0 || g->share[k] > 1) {
                return xsell_broken(c, "kinds", i, "no count, or no share");
            }
        }
    }

    return XSELL_OK;
}


static int
xsell_check_models(const xsell_check_t *c)
{
    unsigned              i;
    const xsell_model_t  *m;

    for (i = 0; i < 2; i++) {
        m = &c->a->models[i];

        if (!xsell_check_floats(m->weight,
                                offsetof(xsell_model_t, updates)
                                / sizeof(float)))
        {
            return xsell_broken(c, "model", i, "not a number");
        }
    }

    return XSELL_OK;
}


/* what the learner works on, unless it (or what is left of it) is at it */

static int
xsell_check_learner(const xsell_check_t *c)
{
    uint32_t                i;
    const xsell_learner_t  *l;

    l = c->a->learner;

    if (!xsell_check_excused(c, XSELL_REGION_MODEL, 2)
        && (!xsell_check_floats(l->work.weight,
                                offsetof(xsell_model_t, updates)
                                / sizeof(float))
            || !xsell_check_floats(&l->place[0][0].mean,
                                   sizeof(l->place) / sizeof(float))
            || !isfinite(l->rewards) || !isfinite(l->ends)))
    {
        return xsell_broken(c, "learner", 0, "not a number");
    }

    for (i = 0; i < c->a->affinity_n; i++) {
        if (!xsell_check_floats(&c->a->affinity[i].mean, 2)
            || c->a->affinity[i].precision < 0)
        {
            return xsell_broken(c, "affinity", i, "not a number");
        }
    }

    return XSELL_OK;
}


static int
xsell_check_rings(const xsell_check_t *c)
{
    unsigned             i;
    const xsell_ring_t  *ring;

    for (i = 0; i < XSELL_RINGS; i++) {
        ring = xsell_ring_at(c->a, i);

        if (ring->head - ring->tail > c->a->ring_entries) {
            return xsell_broken(c, "ring", i, "more events than places");
        }
    }

    return XSELL_OK;
}


/* slates are read as a click reads them: a half-written or mixed one is
   lost, which is no fault; what can be read must be sane */

static int
xsell_check_impressions(const xsell_check_t *c)
{
    uint32_t             i, k;
    uint64_t             id;
    xsell_impression_t   imp;

    for (i = 0; i < c->a->impressions_n; i++) {
        id = c->a->impressions[i].seq;

        if (id == 0 || (id & XSELL_IMP_WRITING)
            || xsell_impression_read(c->a, id & XSELL_IMP_ID, &imp)
               != XSELL_OK)
        {
            continue;
        }

        if (imp.n > XSELL_SLATE_MAX) {
            return xsell_broken(c, "impression", i, "too many rows");
        }

        for (k = 0; k < imp.n; k++) {
            if (xsell_ref_slot(imp.row[k].ref) >= c->a->items_n
                || imp.row[k].position >= XSELL_SLATE_MAX)
            {
                return xsell_broken(c, "impression", i, "a row of no slot");
            }
        }
    }

    return XSELL_OK;
}


static int
xsell_check_ledger(const xsell_check_t *c)
{
    uint64_t                   i;
    const xsell_ledger_row_t  *row;

    row = c->a->ledger[0].row;

    for (i = 0; i < (uint64_t) c->a->ledger_n * XSELL_LEDGER_WAYS; i++, row++)
    {
        if (row->session == 0
            || xsell_check_excused(c, XSELL_REGION_LEDGER,
                                   i / XSELL_LEDGER_WAYS))
        {
            continue;
        }

        if (xsell_ref_slot(row->item) >= c->a->items_n
            || (row->anchor != XSELL_NO_REF
                && xsell_ref_slot(row->anchor) >= c->a->items_n))
        {
            return xsell_broken(c, "ledger", i, "an item of no slot");
        }

        if (row->position >= XSELL_SLATE_MAX
            || (row->state & ~XSELL_LEDGER_STATES))
        {
            return xsell_broken(c, "ledger", i, "position or state");
        }
    }

    return XSELL_OK;
}


static int
xsell_check_urls(const xsell_check_t *c)
{
    uint64_t         i, word;
    xsell_ref_t      ref;
    const uint64_t  *w;

    w = c->a->urls[0].word;

    for (i = 0; i < (uint64_t) c->a->urls_n * XSELL_URL_WAYS; i++) {
        word = xsell_load(&w[i]);
        ref = (xsell_ref_t) word;

        if (word != 0 && ref != XSELL_NO_REF
            && xsell_ref_slot(ref) >= c->a->header->dict_n)
        {
            return xsell_broken(c, "url", i, "item");
        }
    }

    return XSELL_OK;
}


static int
xsell_check_header(const xsell_check_t *c)
{
    const xsell_header_t  *h;

    h = c->a->header;

    if (h->dict_n > c->a->items_n || h->names_n > XSELL_NAMES) {
        return xsell_broken(c, "header", 0, "counts");
    }

    if (h->intent.region > XSELL_REGIONS
        || (h->intent.region != XSELL_REGIONS && !c->learning))
    {
        return xsell_broken(c, "header", 0, "an intent without a learner");
    }

    return XSELL_OK;
}


int
xsell_arena_validate(const xsell_arena_t *a, xsell_error_t *err)
{
    int                          rc;
    size_t                       i;
    xsell_check_t                c;

    static const xsell_check_pt  checks[] = {
        xsell_check_header,
        xsell_check_hash,
        xsell_check_dict,
        xsell_check_names,
        xsell_check_sessions,
        xsell_check_probation,
        xsell_check_items,
        xsell_check_postings,
        xsell_check_chunks,
        xsell_check_pairs,
        xsell_check_tops,
        xsell_check_crowds,
        xsell_check_goes,
        xsell_check_models,
        xsell_check_learner,
        xsell_check_rings,
        xsell_check_impressions,
        xsell_check_ledger,
        xsell_check_urls
    };

    c.a = a;
    c.err = err;
    c.learning = !xsell_lock_is_free(&a->header->lease);

    for (i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
        rc = checks[i](&c);

        if (rc != XSELL_OK) {
            return rc;
        }
    }

    return XSELL_OK;
}

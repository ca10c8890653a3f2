
/*
 * snapshot_test.c: the writer, and the way there and back.  What a hostile
 * file can do is restore_test.c.
 */

#include "snapshot_test.h"

#include <signal.h>
#include <unistd.h>

#include <sys/wait.h>


#define ITEMS     300
#define SESSIONS  600


/* ---- comparing by id --------------------------------------------------- */

static uint64_t
ref_hash(const xsell_arena_t *a, xsell_ref_t ref)
{
    uint32_t  slot;

    slot = xsell_ref_slot(ref);

    return slot < a->items_n && a->dict[slot].tag == xsell_ref_tag(ref)
           ? a->dict[slot].hash : 0;
}


static void
same_items(const xsell_arena_t *a, const xsell_arena_t *b, unsigned items)
{
    unsigned                    i, k;
    xsell_ref_t                 ra, rb;
    xsell_item_record_t         x, y;
    const xsell_pair_record_t  *p, *q;

    for (i = 0; i < items; i++) {
        ra = item_ref(a, i);
        rb = item_ref(b, i);
        assert_int_not_equal(ra, XSELL_NO_REF);
        assert_int_not_equal(rb, XSELL_NO_REF);

        x = a->items[xsell_ref_slot(ra)];
        y = b->items[xsell_ref_slot(rb)];

        /* an item that nothing happened to may not be reset yet */

        if (xsell_item_tag(&x) == xsell_ref_tag(ra)) {
            x.carts_tag = xsell_ref(xsell_item_carts(&x), xsell_item_tag(&y));
            assert_memory_equal(&x, &y, 44);
        }

        assert_int_equal(xsell_item_tag(&y), xsell_ref_tag(rb));
        assert_int_equal(a->dict[xsell_ref_slot(ra)].born_s,
                         b->dict[xsell_ref_slot(rb)].born_s);

        p = &a->pairs[xsell_ref_slot(ra)];
        q = &b->pairs[xsell_ref_slot(rb)];
        assert_int_equal(p->n, q->n);

        for (k = 0; k < p->n; k++) {
            assert_int_equal(ref_hash(a, p->partner[k].ref),
                             ref_hash(b, q->partner[k].ref));
            assert_int_equal(p->partner[k].viewed, q->partner[k].viewed);
            assert_int_equal(p->partner[k].bought, q->partner[k].bought);
        }
    }
}


static void
same_session(const xsell_arena_t *a, const xsell_session_record_t *x,
    const xsell_arena_t *b, const xsell_session_record_t *y)
{
    unsigned  i;

    assert_int_equal(x->n, y->n);
    assert_int_equal(x->visit_n, y->visit_n);

    for (i = 0; i < x->n; i++) {
        assert_int_equal(ref_hash(a, xsell_ref(xsell_ref_slot(x->entry[i]),
                                               x->tag[i])),
                         ref_hash(b, xsell_ref(xsell_ref_slot(y->entry[i]),
                                               y->tag[i])));
        assert_int_equal(x->entry[i] >> 24, y->entry[i] >> 24);
    }

    assert_memory_equal(x->style, y->style,
                        offsetof(xsell_session_record_t, n)
                        - offsetof(xsell_session_record_t, style));
    assert_int_equal(x->offers, y->offers);
    assert_int_equal(x->ignored, y->ignored);
}


/* whether the item's posting names the session, and where; -1: not */

static int
posting_at(const xsell_arena_t *a, uint32_t slot, uint32_t idx)
{
    uint32_t                i, n;
    const xsell_posting_t  *p;

    p = &a->postings[slot];
    n = p->count < XSELL_PLACES ? p->count : XSELL_PLACES;

    for (i = 0; i < n; i++) {
        if (p->place[(p->count - 1 - i) % XSELL_PLACES] == idx) {
            return (int) i;
        }
    }

    return -1;
}


/* every place of every posting leads to a session with the item */

static void
true_postings(const xsell_arena_t *a)
{
    uint32_t                 slot, i, k, n;
    xsell_session_record_t   s;

    for (slot = 0; slot < a->items_n; slot++) {
        n = a->postings[slot].count;
        n = n < XSELL_PLACES ? n : XSELL_PLACES;

        for (i = 0; i < n; i++) {
            assert_int_equal(xsell_session_at(a, a->postings[slot].place[i],
                                              &s),
                             XSELL_OK);

            for (k = 0; k < s.n; k++) {
                if (xsell_ref_slot(s.entry[k]) == slot) {
                    break;
                }
            }

            assert_true(k < s.n);
        }
    }
}


/* every session of a that b has; how many */

static unsigned
same_sessions(const xsell_arena_t *a, const xsell_arena_t *b)
{
    unsigned                i, k, found;
    uint32_t                slot;
    xsell_session_t         y;
    xsell_session_record_t  x;

    found = 0;

    for (i = 0; i < a->buckets_n * XSELL_WAYS; i++) {

        if (xsell_session_at(a, i, &x) != XSELL_OK
            || xsell_session_read(b, x.key, &y) != XSELL_OK)
        {
            continue;
        }

        found++;
        same_session(a, &x, b, &y.r);

        for (k = 0; k < y.r.n; k++) {
            slot = xsell_ref_slot(y.r.entry[k]);

            assert_true(b->postings[slot].count > XSELL_PLACES
                        || posting_at(b, slot, y.idx) >= 0);
        }
    }

    return found;
}


static unsigned
count_sessions(const xsell_arena_t *a)
{
    uint32_t  at;
    uint64_t  n;

    at = 0;
    n = 0;
    assert_int_equal(xsell_session_count(a, 0, &at, UINT32_MAX, &n), XSELL_OK);

    return (unsigned) n;
}


static void
same_ledger(const xsell_arena_t *a, const xsell_arena_t *b, uint32_t now_s)
{
    unsigned                   i, rows;
    xsell_ref_t                item;
    xsell_ledger_row_t         y;
    const xsell_ledger_row_t  *x, *found;

    rows = 0;
    x = a->ledger[0].row;

    for (i = 0; i < a->ledger_n * XSELL_LEDGER_WAYS; i++, x++) {
        if (x->session == 0) {
            continue;
        }

        rows++;
        item = xsell_dictionary_find(b, ref_hash(a, x->item));
        found = xsell_ledger_find(b, x->session, item, now_s);
        assert_non_null(found);

        y = *found;
        assert_int_equal(ref_hash(a, x->anchor), ref_hash(b, y.anchor));
        y.item = x->item;
        y.anchor = x->anchor;
        assert_memory_equal(x, &y, sizeof(y));
    }

    assert_true(rows > 100);
}


static void
same_orders(const xsell_arena_t *a, const xsell_arena_t *b)
{
    unsigned  i, k;

    assert_int_equal(a->orders_n, b->orders_n);

    for (i = 0; i < a->orders_n; i++) {
        for (k = 0; k < XSELL_ORDER_WAYS; k++) {
            assert_int_equal(a->orders[i].hash[k], b->orders[i].hash[k]);
        }
    }
}


/* what two countries view most, and everybody (without a catalogue there are no
   categories) */

static void
same_crowds(const xsell_arena_t *a, const xsell_arena_t *b)
{
    unsigned              i, k, crowds;
    const xsell_crowd_t  *c, *d;

    for (crowds = 0, i = 0; i < a->crowds_n; i++) {
        c = &a->crowds[i];

        if (c->key == 0) {
            continue;
        }

        /* either of its places is its own */

        for (d = b->crowds; d < b->crowds + b->crowds_n && d->key != c->key;
             d++)
        {
            /* void */
        }

        assert_true(d < b->crowds + b->crowds_n);
        assert_int_equal(c->decay_s, d->decay_s);
        assert_true(c->all == d->all);
        crowds++;

        for (k = 0; k < XSELL_CROWD_ITEMS && c->pop[k] > 0; k++) {
            assert_int_equal(ref_hash(a, c->ref[k]), ref_hash(b, d->ref[k]));
            assert_true(c->pop[k] == d->pop[k]);
            assert_true(c->trend[k] == d->trend[k]);
        }
    }

    assert_int_equal(crowds, 3);
}


static void
same_tops(const xsell_arena_t *a, const xsell_arena_t *b)
{
    unsigned  i, k;

    assert_true(a->tops[XSELL_TOP_POPULAR].n == XSELL_TOP);

    for (i = 0; i < XSELL_TOPS; i++) {
        assert_int_equal(a->tops[i].n, b->tops[i].n);

        for (k = 0; k < a->tops[i].n; k++) {
            assert_int_equal(ref_hash(a, a->tops[i].ref[k]),
                             ref_hash(b, b->tops[i].ref[k]));
        }

        assert_memory_equal(a->tops[i].score, b->tops[i].score,
                            a->tops[i].n * sizeof(float));
    }
}


/* ---- fixture ----------------------------------------------------------- */

static xsell_arena_t          from, to;
static file_t                 file;
static xsell_snapshot_info_t  info;


static int
setup(void **state)
{
    arena_open(&from, 4 * MB);
    arena_fill(&from, ITEMS, SESSIONS);
    arena_teach(&from);
    memset(&to, 0, sizeof(to));
    memset(&file, 0, sizeof(file));
    return 0;
}


static int
teardown(void **state)
{
    if (to.base != NULL) {
        arena_validate(&to);
        arena_close(&to);
    }

    arena_close(&from);
    file_free(&file);
    return 0;
}


/* ---- tests ------------------------------------------------------------- */

/* Guards: something that was learned is not there after a restart. */

static void
test_round_trip(void **state)
{
    uint64_t      left;

    file_write(&file, from.base, from.bytes, 65536);

    arena_open(&to, 4 * MB);
    left = file_load(&file, &to, &info);

    assert_int_equal(left, 0);
    assert_int_equal(info.items, ITEMS);
    assert_int_equal(info.sessions, SESSIONS);
    assert_int_equal(info.bytes, file.n);
    assert_int_equal(info.epoch, 41);
    assert_int_equal(info.time_ms, MONO_MS - 1000);
    assert_int_equal(info.log_inode, 16);
    assert_int_equal(info.log_off, 17);

    assert_int_equal(to.header->epoch, 42);
    assert_int_equal(xsell_now_ms(&to, MONO_MS + 700), info.time_ms);
    assert_int_equal(xsell_now_ms(&to, MONO_MS + 2700), info.time_ms + 2000);
    assert_memory_equal(from.header->key, to.header->key, 16);
    assert_memory_equal(&from.header->applied, &to.header->applied,
                        offsetof(xsell_header_t, snapshot_ms)
                        - offsetof(xsell_header_t, applied));
    assert_int_equal(from.header->impression, to.header->impression);

    same_items(&from, &to, ITEMS);
    assert_int_equal(same_sessions(&from, &to), SESSIONS);
    same_ledger(&from, &to, (uint32_t) (info.time_ms / 1000));
    same_orders(&from, &to);
    same_tops(&from, &to);
    same_crowds(&from, &to);

    assert_memory_equal(from.counters, to.counters,
                        sizeof(xsell_counters_t));
    assert_memory_equal(from.name_counters, to.name_counters,
                        XSELL_NAMES * sizeof(xsell_name_counters_t));
    assert_int_equal(xsell_name_index(&to, "carousel", 8, 0), 2);

}


/* Guards: the weights are lost, or published with a sum nobody believes. */

static void
test_model(void **state)
{
    unsigned        i;
    xsell_model_t  *m;

    file_write(&file, from.base, from.bytes, 4096);
    arena_open(&to, 2 * MB);
    file_load(&file, &to, &info);

    assert_int_equal(to.header->generation, from.header->generation);

    for (i = 0; i < 2; i++) {
        m = &to.models[i];
        assert_int_equal(m->sum, xsell_weights_sum(m));
        assert_memory_equal(m, &from.models[from.header->generation & 1],
                            sizeof(*m));
    }

    /* a buffer that is not believed is no part of the file */

    from.models[from.header->generation & 1].sum++;
    file_free(&file);
    file_write(&file, from.base, from.bytes, 4096);
    arena_close(&to);
    arena_open(&to, 2 * MB);
    file_load(&file, &to, &info);
    assert_int_equal(to.models[0].sum, 0);
}


/*
 * Guards: counters that move to other items when the catalogue that comes
 * after the restart is shuffled, grown and shrunk.
 */

static void
test_shuffled_catalogue(void **state)
{
    unsigned      i;
    uint64_t      hashes[ITEMS];
    xsell_ref_t   refs[ITEMS], before[ITEMS];

    file_write(&file, from.base, from.bytes, 65536);
    arena_open(&to, 4 * MB);
    file_load(&file, &to, &info);

    for (i = 0; i < ITEMS; i++) {
        before[i] = item_ref(&to, i);
        hashes[i] = item_hash(&to, (i * 7) % ITEMS + ITEMS / 10);
    }

    assert_int_equal(xsell_dictionary_map(&to, hashes, ITEMS,
                                          to.header->catalog + 1, 0, refs),
                     0);

    for (i = 0; i < ITEMS; i++) {
        assert_int_equal(item_ref(&to, i), before[i]);
    }

    same_items(&from, &to, ITEMS);
    same_sessions(&from, &to);
}


/*
 * Guards: a smaller zone that keeps the oldest visits, forgets to say what
 * it left out, or has postings that lead to evicted sessions; a larger one
 * that loses anything.
 */

static void
test_other_sizes(void **state)
{
    unsigned         i, kept, newest;
    uint64_t         left;
    xsell_session_t  s;

    arena_close(&from);
    arena_open(&from, 8 * MB);
    arena_fill(&from, ITEMS, 9000);
    file_write(&file, from.base, from.bytes, 65536);

    arena_open(&to, 1 * MB);
    assert_true(to.buckets_n * XSELL_WAYS < 9000);
    left = file_load(&file, &to, &info);

    kept = count_sessions(&to);
    assert_int_equal(same_sessions(&from, &to), kept);
    assert_true(left >= info.sessions - kept);
    assert_true(kept > to.buckets_n * XSELL_WAYS * 9 / 10);

    true_postings(&to);

    /* hashing is not even: of the newest half that fits, all; of the oldest
       that can't, hardly any */

    newest = 0;

    for (i = 9000 - kept / 2; i < 9000; i++) {
        newest += xsell_session_read(&to, visitor(i), &s) == XSELL_OK;
    }

    assert_true(newest > kept / 2 * 95 / 100);

    arena_close(&to);
    arena_open(&to, 16 * MB);
    left = file_load(&file, &to, &info);
    assert_int_equal(left, 0);
    assert_int_equal(same_sessions(&from, &to), info.sessions);
    same_items(&from, &to, ITEMS);
}


/*
 * Guards: a zone too small for all items that is full of those that left the
 * catalogue long ago, so that the next catalogue finds no place.
 */

static void
test_items_by_age(void **state)
{
    unsigned  i, n;
    uint64_t  left;

    arena_open(&to, 1 * MB);
    n = to.items_n;
    arena_close(&to);
    arena_close(&from);

    /* n + 400 items that only catalogue 1 has, then n - 100 of 3 and 4 */

    arena_open(&from, 4 * MB);
    assert_true(from.items_n > 2 * n + 300);
    assert_int_equal(items_map(&from, 0, n + 400, 1, 0), 0);
    assert_int_equal(items_map(&from, 5000, 5000 + n - 100, 3, 9000), 0);
    assert_int_equal(items_map(&from, 5000, 5000 + n - 100, 4, 9000), 0);

    for (i = 0; i < n - 100; i++) {
        play_simple(&from, XSELL_EVENT_VIEW, visitor(i),
                    item_ref(&from, 5000 + i), 20);
    }

    file_write(&file, from.base, from.bytes, 65536);
    arena_open(&to, 1 * MB);
    left = file_load(&file, &to, &info);

    assert_int_equal(left, n + 400 - 100);
    assert_int_equal(to.header->dict_n, n);

    for (i = 0; i < n - 100; i++) {
        assert_int_not_equal(item_ref(&to, 5000 + i), XSELL_NO_REF);
        assert_int_equal(to.items[xsell_ref_slot(item_ref(&to, 5000 + i))]
                         .views, 1);
    }

    /* 100 old ones are there still, and give way to new ones at once */

    assert_int_equal(items_map(&to, 5050, 5050 + n, to.header->catalog + 1,
                               0),
                     50);
    assert_int_not_equal(item_ref(&to, 5000), XSELL_NO_REF);
}


/* Guards: a writer that writes: into a zone that others use, or as root into
   one that it only imports. */

static void
test_reads_only(void **state)
{
    assert_int_equal(mprotect(from.base, from.bytes, PROT_READ), 0);
    file_write(&file, from.base, from.bytes, 65536);
    assert_true(file.n > 1000);
}


/* Guards: bytes that depend on how they were fetched; a call that gives more
   than it was asked for; a peek that does not see what load sees. */

static void
test_pieces(void **state)
{
    size_t             n;
    uint8_t            buf[8192];
    file_t             other;
    xsell_error_t      err;
    xsell_snapshot_t  *s;

    file_write(&file, from.base, from.bytes, 65536);

    file_write(&other, from.base, from.bytes, 4096);
    assert_int_equal(file.n, other.n);
    assert_memory_equal(file.p, other.p, file.n);
    file_free(&other);

    file_write(&other, from.base, from.bytes, 5001);
    assert_int_equal(file.n, other.n);
    assert_memory_equal(file.p, other.p, file.n);
    file_free(&other);

    assert_int_equal(xsell_snapshot_create(&s, from.base, from.bytes, 0,
                                           &err),
                     XSELL_OK);
    assert_string_equal(err.text, "");
    assert_int_equal(xsell_snapshot_next(s, buf, 4095, &n), XSELL_EINVAL);
    assert_int_equal(n, 0);
    xsell_snapshot_destroy(s);
    xsell_snapshot_destroy(NULL);

    assert_int_equal(xsell_snapshot_peek(file.p, XSELL_SNAPSHOT_HEAD, &info,
                                         &err),
                     XSELL_OK);
    assert_int_equal(info.epoch, 41);
    assert_int_equal(info.time_ms, MONO_MS - 1000);
    assert_int_equal(info.log_off, 17);
}


/* Guards: an old reference that the file takes for the slot's new item. */

static void
test_stale_references(void **state)
{
    unsigned                i;
    uint32_t                slot;
    xsell_session_t         s;
    xsell_session_record_t  before;

    slot = xsell_ref_slot(item_ref(&from, 7));
    assert_true(from.items[slot].views > 0);
    assert_true(from.pairs[slot].n > 0);

    memset(&before, 0, sizeof(before));

    for (i = 0; i < from.buckets_n * XSELL_WAYS; i++) {
        before = from.sessions[i / XSELL_WAYS].record[i % XSELL_WAYS];

        if (before.n > 1 && xsell_ref_slot(before.entry[1]) == slot) {
            break;
        }
    }

    assert_true(i < from.buckets_n * XSELL_WAYS);

    from.dict[slot].tag++;      /* as if the slot had a new item */

    file_write(&file, from.base, from.bytes, 65536);
    arena_open(&to, 4 * MB);
    file_load(&file, &to, &info);

    slot = xsell_ref_slot(item_ref(&to, 7));
    assert_int_equal(to.items[slot].views, 0);
    assert_int_equal(to.pairs[slot].n, 0);
    assert_int_equal(to.postings[slot].count, 0);

    assert_int_equal(xsell_session_read(&to, before.key, &s), XSELL_OK);
    assert_int_equal(s.r.n, before.n - 1);
    assert_int_equal(s.r.visit_n, before.visit_n - 1);
    assert_int_equal(s.r.visits, before.visits);
}


/* Guards: eight visits lost for one whose writer was killed. */

static void
test_dead_writer(void **state)
{
    unsigned         i, way;
    xsell_bucket_t  *b;
    xsell_session_t  s;

    for (b = from.sessions; b->record[0].key == 0 || b->record[1].key == 0;
         b++)
    {
        assert_true(b < from.sessions + from.buckets_n);
    }

    b->way = 1;
    b->seq |= 1;

    file_write(&file, from.base, from.bytes, 65536);
    arena_open(&to, 4 * MB);
    file_load(&file, &to, &info);

    for (i = 0; i < XSELL_WAYS; i++) {
        way = i;

        if (b->record[way].key != 0) {
            assert_int_equal(xsell_session_read(&to, b->record[way].key, &s),
                             way == 0 ? XSELL_NONE : XSELL_OK);
        }
    }

    assert_int_equal(info.sessions, SESSIONS - 1);
}


/* Guards: the newest visitor stands behind older ones in the index, so that
   kNN forgets the present first. */

static void
test_postings_in_order(void **state)
{
    unsigned         i;
    uint32_t         slot;
    xsell_session_t  s;

    arena_close(&from);
    arena_open(&from, 4 * MB);
    assert_int_equal(items_map(&from, 0, 3, 1, 0), 0);

    for (i = 0; i < 200; i++) {
        play_simple(&from, XSELL_EVENT_VIEW, visitor(i), item_ref(&from, 1),
                    10 + i);
    }

    file_write(&file, from.base, from.bytes, 65536);
    arena_open(&to, 4 * MB);
    file_load(&file, &to, &info);

    slot = xsell_ref_slot(item_ref(&to, 1));
    assert_int_equal(to.postings[slot].count, 200);
    assert_int_not_equal(to.postings[slot].chunk, XSELL_NO_REF);

    for (i = 0; i < XSELL_PLACES; i++) {
        assert_int_equal(xsell_session_read(&to, visitor(199 - i), &s),
                         XSELL_OK);
        assert_int_equal(posting_at(&to, slot, s.idx), i);
    }
}


/*
 * Copies `from` into another block as a build with longer records would have
 * it: every region moves, a stride grows by `more` and count by one.
 */

static uint8_t *
foreign(uint64_t *bytes, unsigned more)
{
    unsigned         r;
    uint64_t         i, off;
    uint8_t         *mem;
    xsell_header_t  *h;
    xsell_region_t  *to_r;

    *bytes = 2 * from.bytes;
    mem = calloc(1, *bytes);
    assert_non_null(mem);
    memset(mem, 0xee, *bytes);

    memcpy(mem, from.header, sizeof(xsell_header_t));
    h = (xsell_header_t *) (void *) mem;
    h->bytes = *bytes;
    h->signature++;
    off = 2 * XSELL_PAGE_BYTES;

    for (r = 0; r < XSELL_REGIONS; r++) {
        to_r = &h->region[r];
        to_r->off = off;

        if (to_r->stride > sizeof(uint32_t)) {
            to_r->stride += more;
        }

        for (i = 0; i < to_r->count; i++) {
            memcpy(mem + off + i * to_r->stride,
                   from.base + from.header->region[r].off
                   + i * from.header->region[r].stride,
                   from.header->region[r].stride);
        }

        off += (to_r->count * to_r->stride + 63) / 64 * 64;
    }

    assert_true(off <= *bytes);

    return mem;
}


/* Guards: a zone of a layout to come, or of one that is gone, read as if it
   were ours. */

static void
test_foreign_layout(void **state)
{
    uint8_t        *mem;
    uint64_t        bytes;
    xsell_arena_t   attached;
    xsell_error_t   err;

    mem = foreign(&bytes, 24);
    file_write(&file, mem, bytes, 65536);

    assert_int_not_equal(xsell_arena_attach(&attached, mem, bytes, &err),
                         XSELL_OK);

    arena_open(&to, 4 * MB);
    assert_int_equal(file_load(&file, &to, &info), 0);

    same_items(&from, &to, ITEMS);
    assert_int_equal(same_sessions(&from, &to), SESSIONS);
    same_ledger(&from, &to, (uint32_t) (info.time_ms / 1000));
    same_orders(&from, &to);
    same_tops(&from, &to);
    same_crowds(&from, &to);
    assert_memory_equal(from.counters, to.counters,
                        sizeof(xsell_counters_t));
    assert_int_equal(to.header->first_s, from.header->first_s);

    free(mem);
}


/* Guards: the zone of a build from before a region was thought of, whose
   directory entry is one of the spare ones, all zero. */

static void
test_region_of_later(void **state)
{
    uint8_t   *mem;
    uint64_t   bytes;

    mem = foreign(&bytes, 0);
    memset(&((xsell_header_t *) (void *) mem)->region[XSELL_REGION_ORDERS],
           0, sizeof(xsell_region_t));
    file_write(&file, mem, bytes, 65536);

    arena_open(&to, 4 * MB);
    assert_int_equal(file_load(&file, &to, &info), 0);

    same_items(&from, &to, ITEMS);
    assert_int_equal(same_sessions(&from, &to), SESSIONS);

    free(mem);
}


/* Guards: the zone of a build from before the tag lay above the carts: items'
   sums lost, or one taken for the other. */

static void
test_items_of_before(void **state)
{
    uint8_t               *mem;
    uint32_t               w[12], many;
    uint64_t               i, bytes;
    xsell_region_t        *r;
    xsell_item_record_t   *it;

    many = 1u << 31;
    mem = foreign(&bytes, 24);
    r = &((xsell_header_t *) (void *) mem)->region[XSELL_REGION_ITEMS];
    r->version = 1;

    for (i = 0; i < r->count; i++) {
        it = &from.items[i];
        memcpy(w, it, 44);
        w[7] = xsell_item_carts(it);
        w[11] = 0;
        *((uint8_t *) &w[11]) = xsell_item_tag(it);
        memcpy(mem + r->off + i * r->stride, w, sizeof(w));
    }

    file_write(&file, mem, bytes, 65536);
    arena_open(&to, 4 * MB);
    assert_int_equal(file_load(&file, &to, &info), 0);
    same_items(&from, &to, ITEMS);
    arena_close(&to);
    file_free(&file);

    /* more carts than the word has room for by now */

    i = xsell_ref_slot(item_ref(&from, 7));
    memcpy(mem + r->off + i * r->stride + 28, &many, sizeof(many));

    file_write(&file, mem, bytes, 65536);
    arena_open(&to, 4 * MB);
    assert_int_equal(file_load(&file, &to, &info), 0);
    i = xsell_ref_slot(item_ref(&to, 7));
    assert_int_equal(xsell_item_carts(&to.items[i]), XSELL_CARTS_MAX);
    assert_int_equal(xsell_item_tag(&to.items[i]),
                     xsell_ref_tag(item_ref(&to, 7)));

    free(mem);
}


/* Guards: fields of another meaning taken over; a region of another version
   that is dropped without a word. */

static void
test_foreign_version(void **state)
{
    uint8_t           *mem;
    uint64_t           bytes;
    xsell_error_t      err;
    xsell_header_t    *h;
    xsell_snapshot_t  *s;

    mem = foreign(&bytes, 8);
    h = (xsell_header_t *) (void *) mem;
    h->region[XSELL_REGION_PAIRS].version++;

    assert_int_equal(xsell_snapshot_create(&s, mem, bytes, 0, &err),
                     XSELL_OK);
    assert_non_null(strstr(err.text, "region 8"));
    xsell_snapshot_destroy(s);

    file_write(&file, mem, bytes, 65536);
    arena_open(&to, 4 * MB);
    file_load(&file, &to, &info);
    assert_int_equal(to.pairs[xsell_ref_slot(item_ref(&to, 7))].n, 0);
    assert_int_equal(same_sessions(&from, &to), SESSIONS);

    h->region[XSELL_REGION_DICT].version++;
    assert_int_equal(xsell_snapshot_create(&s, mem, bytes, 0, &err),
                     XSELL_EVERSION);
    assert_null(s);

    free(mem);
}


/* Guards: a directory that leads out of the memory. */

static void
test_foreign_directory(void **state)
{
    unsigned           i;
    uint8_t           *mem;
    uint64_t           bytes;
    xsell_error_t      err;
    xsell_header_t    *h, good;
    xsell_snapshot_t  *s;

    mem = foreign(&bytes, 8);
    h = (xsell_header_t *) (void *) mem;
    good = *h;

    for (i = 0; i < 10; i++) {
        *h = good;

        switch (i) {
        case 0: h->magic++; break;
        case 1: h->bytes = bytes + 1; break;
        case 2: h->bytes = 64; break;
        case 3: h->region[XSELL_REGION_ITEMS].off = bytes + 8; break;
        case 4: h->region[XSELL_REGION_ITEMS].off = 8; break;
        case 5: h->region[XSELL_REGION_SESSIONS].count = UINT64_MAX / 8; break;
        case 6: h->region[XSELL_REGION_PAIRS].stride = 0; break;
        case 7: h->region[XSELL_REGION_PAIRS].stride = 4; break;
        case 8: h->region[XSELL_REGION_LEDGER].off += 4; break;
        case 9: h->dict_n = UINT32_MAX; break;
        }

        assert_int_equal(xsell_snapshot_create(&s, mem, bytes, 0, &err),
                         XSELL_ECORRUPT);
        assert_null(s);
    }

    *h = good;
    assert_int_equal(xsell_snapshot_create(&s, mem, 100, 0, &err),
                     XSELL_ECORRUPT);
    free(mem);
}


/* changes `from` until it is killed: sessions, learning, catalogues */

static void
disturb(void)
{
    unsigned  i;
    uint32_t  number;

    number = from.header->catalog;

    for (i = 0; /* void */; i++) {
        play_simple(&from, XSELL_EVENT_VIEW, visitor(i % 5000),
                    item_ref(&from, i % ITEMS), 10000 + i / 50);

        if (i % 7 == 0) {
            play_click(&from, visitor(i % 5000), item_ref(&from, i % ITEMS),
                       item_ref(&from, 1), 10000 + i / 50);
            play_order(&from, visitor(i % 5000), i + 1, 10000 + i / 50);
        }

        if (i % 1000 == 0) {
            (void) items_map(&from, i % 40000, i % 40000 + ITEMS, ++number,
                             10000000 + i);
        }

        if (i % 100 == 0) {
            xsell_learn_tick(&from, (uint64_t) (10000 + i / 50) * 1000);
        }
    }
}


/* Guards: a snapshot of a busy zone that can't be loaded. */

static void
test_living_arena(void **state)
{
    int        status;
    pid_t      pid;
    unsigned   i;

    pid = fork();
    assert_true(pid >= 0);

    if (pid == 0) {
        disturb();
    }

    for (i = 0; i < 40; i++) {
        file_write(&file, from.base, from.bytes, i % 2 ? 4096 : 65536);
        arena_open(&to, 4 * MB);
        file_load(&file, &to, &info);
        assert_true(info.items >= ITEMS);
        arena_close(&to);
        file_free(&file);
    }

    memset(&to, 0, sizeof(to));
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status));
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(test_round_trip, setup, teardown),
        cmocka_unit_test_setup_teardown(test_model, setup, teardown),
        cmocka_unit_test_setup_teardown(test_shuffled_catalogue, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_other_sizes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_items_by_age, setup, teardown),
        cmocka_unit_test_setup_teardown(test_reads_only, setup, teardown),
        cmocka_unit_test_setup_teardown(test_pieces, setup, teardown),
        cmocka_unit_test_setup_teardown(test_stale_references, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_dead_writer, setup, teardown),
        cmocka_unit_test_setup_teardown(test_postings_in_order, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_foreign_layout, setup, teardown),
        cmocka_unit_test_setup_teardown(test_region_of_later, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_items_of_before, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_foreign_version, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_foreign_directory, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_living_arena, setup, teardown)
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("snapshot", tests, NULL, NULL);
}

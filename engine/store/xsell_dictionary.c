
/*
 * xsell_dictionary.c: item id -> slot, the same slot for as long as the item
 * is in the shop's catalogues (D13), and the names of slots, templates and
 * arms.  Counters, postings and sessions speak of slots, so a reload with a
 * shuffled, grown or shrunk catalogue moves nothing.
 *
 * One writer, the master in init_module; readers probe at the same time and
 * never wait.  What they rely on:
 *
 *   - an entry is complete before a word of HASH leads to it (release);
 *   - no word ever moves to another place, so no probe can miss an item that
 *     stays.  A slot that goes to another item leaves XSELL_HASH_GONE, which
 *     is turned into "end of probe" only where no item's way crosses it;
 *   - an entry that changes hands shows the hash 0 in between, so whoever
 *     reads hash, tag, hash and finds one hash has the tag of that item.
 *
 * A master killed at any point leaves at most a FREE entry below dict_n, with
 * or without its word; the next mapping uses it up.
 *
 * Dropped: backward-shift deletion and rebuilding in place (readers on their
 * way miss what moves), a second table to switch to (1.5 words an item more,
 * and a generation to check on every look-up).
 */

#include "xsell_store.h"

#include <stdio.h>


/* the tag 0xff is never given: no reference equals XSELL_NO_REF */
#define XSELL_TAGS  255

typedef struct {
    uint32_t  catalog;
    uint32_t  now_s;
    uint32_t  hand;             /* slots below were tried for reuse */
    uint32_t  gone;             /* marks more than after the last sweep */
    uint32_t  taken;            /* slots that went to another item */
} xsell_mapping_t;


uint64_t
xsell_item_hash(const xsell_arena_t *a, const char *id, size_t n)
{
    uint64_t  hash;

    hash = xsell_siphash(a->header->key, id, n);

    return hash ? hash : 1;
}


/*
 * Looks for an item's word in HASH.  Found: 1, its place and its slot, whose
 * entry had this hash.  Not found: 0, and the first place on the way that a
 * new word may take (hash_n if the table has none).
 */

static int
xsell_dictionary_probe(const xsell_arena_t *a, uint64_t hash, uint32_t *pos,
    uint32_t *slot)
{
    uint32_t  i, at, word;

    *pos = a->hash_n;
    *slot = XSELL_NO_REF;

    at = xsell_hash_home(a, hash);

    for (i = 0; i < a->hash_n; i++, at = at + 1 < a->hash_n ? at + 1 : 0) {
        word = xsell_load_acquire(&a->hash[at]);

        if (word < a->items_n) {
            if (xsell_load_acquire(&a->dict[word].hash) == hash) {
                *pos = at;
                *slot = word;
                return 1;
            }

            continue;
        }

        if (*pos == a->hash_n) {
            *pos = at;
        }

        if (word == XSELL_NO_REF) {
            break;
        }
    }

    return 0;
}


xsell_ref_t
xsell_dictionary_find(const xsell_arena_t *a, uint64_t hash)
{
    uint8_t   tag;
    uint32_t  pos, slot;

    if (hash == 0 || !xsell_dictionary_probe(a, hash, &pos, &slot)) {
        return XSELL_NO_REF;
    }

    /* hash, tag, hash: the tag is this item's, not the next one's */

    tag = xsell_load(&a->dict[slot].tag);
    __atomic_thread_fence(__ATOMIC_ACQUIRE);

    if (xsell_load(&a->dict[slot].hash) != hash || tag >= XSELL_TAGS) {
        return XSELL_NO_REF;
    }

    return xsell_ref(slot, tag);
}


/*
 * Turns marks that no item's way crosses into ends of probes, going backwards
 * through the table: `cover` is how many places from here down are crossed by
 * the items above.  Without it probes would grow with every reload of a full
 * dictionary.  It starts behind an end of probe, which nothing crosses; in a
 * table without any, one round is walked to learn the cover first.
 */

static void
xsell_dictionary_sweep(xsell_arena_t *a)
{
    uint32_t  i, n, pos, start, word, cover, way;

    n = a->hash_n;

    for (start = 0; start < n; start++) {
        if (xsell_load(&a->hash[start]) == XSELL_NO_REF) {
            break;
        }
    }

    cover = 0;

    for (i = start < n ? n : 0; i < 2 * n; i++) {
        pos = (start + 2 * n - 1 - i) % n;
        word = xsell_load(&a->hash[pos]);

        if (word < a->items_n) {
            way = pos + n - xsell_hash_home(a,
                                            xsell_load(&a->dict[word].hash));
            way -= way < n ? 0 : n;

            if (cover < way + 1) {
                cover = way + 1;
            }

        } else if (word == XSELL_HASH_GONE && cover == 0 && i >= n) {
            xsell_store_release(&a->hash[pos], XSELL_NO_REF);
        }

        cover -= cover != 0;
    }
}


/* gives the slot an item: a new one, or one that xsell_dictionary_take has
   emptied.  Word before state: see "a master killed". */

static int
xsell_dictionary_put(xsell_arena_t *a, xsell_mapping_t *m, uint32_t slot,
    uint64_t hash)
{
    uint32_t             pos, other;
    xsell_dict_entry_t  *e;

    e = &a->dict[slot];

    if (xsell_dictionary_probe(a, hash, &pos, &other) || pos == a->hash_n) {
        return XSELL_ENOSPC;
    }

    if (xsell_load(&a->hash[pos]) == XSELL_HASH_GONE) {
        m->gone -= m->gone != 0;
    }

    xsell_store(&e->born_s, m->now_s);
    xsell_store(&e->named, (uint16_t) m->catalog);
    xsell_store_release(&e->hash, hash);

    xsell_store_release(&a->hash[pos], slot);
    xsell_store_release(&e->state, XSELL_DICT_USED);

    return XSELL_OK;
}


/* takes a slot from its item: references to it become unknown */

static void
xsell_dictionary_take(xsell_arena_t *a, xsell_mapping_t *m, uint32_t slot)
{
    uint32_t             pos, other;
    xsell_dict_entry_t  *e;

    e = &a->dict[slot];

    xsell_store_release(&e->state, XSELL_DICT_FREE);

    /* a slot that a killed master left has no word, but perhaps an item that
       has another slot by now */

    if (e->hash != 0 && xsell_dictionary_probe(a, e->hash, &pos, &other)
        && other == slot)
    {
        xsell_store_release(&a->hash[pos], XSELL_HASH_GONE);
        m->gone++;
    }

    xsell_store_release(&e->hash, 0);
    __atomic_thread_fence(__ATOMIC_RELEASE);
    xsell_store(&e->tag, (uint8_t) ((e->tag + 1) % XSELL_TAGS));
    m->taken++;

    /* by then a sixteenth of the table is marks: 11 sweeps at most replace
       every item of a full dictionary */

    if (m->gone > a->hash_n / 16) {
        xsell_dictionary_sweep(a);
        m->gone = 0;
    }
}


/* whether a slot's item is in neither of the last two catalogues */

static int
xsell_dictionary_idle(const xsell_dict_entry_t *e, uint32_t catalog)
{
    return e->state == XSELL_DICT_FREE
           || (e->named != (uint16_t) catalog
               && e->named != (uint16_t) (catalog - 1));
}


/* a slot for one more item, or XSELL_NO_REF */

static uint32_t
xsell_dictionary_slot(xsell_arena_t *a, xsell_mapping_t *m)
{
    uint32_t  n;

    n = a->header->dict_n;

    if (n < a->items_n) {
        xsell_store_release(&a->header->dict_n, n + 1);
        return n;
    }

    while (m->hand < a->items_n) {
        if (xsell_dictionary_idle(&a->dict[m->hand], m->catalog)) {
            xsell_dictionary_take(a, m, m->hand);
            return m->hand++;
        }

        m->hand++;
    }

    return XSELL_NO_REF;
}


/* names an item that the dictionary has already */

static xsell_ref_t
xsell_dictionary_name(xsell_arena_t *a, uint64_t hash, uint32_t catalog)
{
    xsell_ref_t          ref;
    xsell_dict_entry_t  *e;

    ref = xsell_dictionary_find(a, hash);

    if (ref != XSELL_NO_REF) {
        e = &a->dict[xsell_ref_slot(ref)];
        xsell_store(&e->named, (uint16_t) catalog);
        xsell_store_release(&e->state, XSELL_DICT_USED);
    }

    return ref;
}


uint32_t
xsell_dictionary_map(xsell_arena_t *a, const uint64_t *hashes, uint32_t n,
    uint32_t catalog, uint64_t now_ms, xsell_ref_t *refs)
{
    uint32_t         i, slot, unmapped;
    xsell_mapping_t  m;

    memset(&m, 0, sizeof(m));
    m.catalog = catalog;
    m.now_s = (uint32_t) (now_ms / 1000);

    if (a->header->dict_n == 0) {
        xsell_store(&a->header->first_s, m.now_s);
    }

    /* all known items first: none of them may lose its slot to a new one */

    for (i = 0; i < n; i++) {
        refs[i] = xsell_dictionary_name(a, hashes[i], catalog);
    }

    unmapped = 0;

    for (i = 0; i < n; i++) {
        if (refs[i] != XSELL_NO_REF) {
            continue;
        }

        /* again: it may stand in this catalogue twice */

        refs[i] = xsell_dictionary_name(a, hashes[i], catalog);

        if (refs[i] != XSELL_NO_REF) {
            continue;
        }

        slot = hashes[i] ? xsell_dictionary_slot(a, &m) : XSELL_NO_REF;

        if (slot == XSELL_NO_REF
            || xsell_dictionary_put(a, &m, slot, hashes[i]) != XSELL_OK)
        {
            unmapped++;
            continue;
        }

        refs[i] = xsell_ref(slot, a->dict[slot].tag);
    }

    if (m.taken != 0) {
        xsell_dictionary_sweep(a);
    }

    xsell_store_release(&a->header->catalog, catalog);

    return unmapped;
}


int
xsell_name_index(xsell_arena_t *a, const char *p, size_t n, int add)
{
    uint32_t       i, names_n;
    uint64_t       hash;
    xsell_name_t  *name;

    if (n == 0 || n > sizeof(name->text)) {
        return -1;
    }

    hash = xsell_siphash(a->header->key, p, n);
    names_n = xsell_load_acquire(&a->header->names_n);

    if (names_n > XSELL_NAMES) {
        return -1;
    }

    for (i = 0; i < names_n; i++) {
        name = &a->names[i];

        if (name->hash == hash && name->len == n
            && memcmp(name->text, p, n) == 0)
        {
            return (int) i;
        }
    }

    if (!add || names_n == XSELL_NAMES) {
        return -1;
    }

    name = &a->names[names_n];
    name->hash = hash;
    name->len = (uint8_t) n;
    memcpy(name->text, p, n);

    xsell_store_release(&a->header->names_n, names_n + 1);

    return (int) names_n;
}


/*
 * What a slot looks like is counted under a name of its own.  Of names that
 * are too long together the slot's stands as its hash: the template's is what
 * the event log says.
 */

int
xsell_name_look(xsell_arena_t *a, xsell_str_t slot, xsell_str_t look, int add)
{
    char  text[sizeof(a->names->text)], hash[24];

    static const uint8_t  key[16];      /* a name, not a secret */

    if (slot.n + 1 + look.n > sizeof(text)) {
        slot.n = (size_t) snprintf(hash, sizeof(hash), "#%016llx",
                                   (unsigned long long)
                                   xsell_siphash(key, slot.p, slot.n));
        slot.p = hash;
    }

    if (look.n >= sizeof(text) - slot.n) {
        return -1;
    }

    memcpy(text, slot.p, slot.n);
    text[slot.n] = '/';
    memcpy(text + slot.n + 1, look.p, look.n);

    return xsell_name_index(a, text, slot.n + 1 + look.n,
                            add && xsell_load_acquire(&a->header->names_n)
                                   < XSELL_NAMES - XSELL_NAMES_SLOTS);
}

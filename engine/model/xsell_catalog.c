
/*
 * xsell_catalog.c: the catalogue as the read path uses it: items by index,
 * by id, by dictionary slot, by category; by URL in xsell_locator.c.
 *
 * It stands before recommend and render: the master builds it from JSON
 * (xsell_build.c) when the configuration is read, workers inherit it by fork
 * and only read.  Counters and sessions don't live here but in the arena,
 * under references; xsell_catalog_map() joins the two, so that a reload with
 * another catalogue changes nobody's counters (D13).
 *
 * Invariants: an item's index is its place among the accepted items; ids are
 * unique; nothing changes after map; two catalogues of one process share
 * nothing (a reload holds both).
 *
 * Strings lie in blocks that only grow, each once: brand, category and tags
 * are shared between items.  The ids' table is keyed by a hash of the file,
 * so a feed can't choose ids that collide.  slots[] holds index and tag in
 * one word: xsell_catalog_of() is one load.  Not taken: a table that the
 * linker or gperf could make perfect: 40 ns a lookup is not what a request
 * spends its time on.
 */

#include "xsell_catalog.h"

#include <stdlib.h>
#include <string.h>


#define XSELL_BLOCK_MIN    (8 * 1024)
#define XSELL_BLOCK_MAX    (256 * 1024)
#define XSELL_TABLE_MIN    64


struct xsell_block_s {
    xsell_block_t       *next;
    char                 bytes[];
};


static int catalog_grow(xsell_catalog_t *cat);
static int ids_grow(xsell_catalog_t *cat);
static uint32_t *ids_probe(const xsell_catalog_t *cat, const char *id,
    size_t n);
static int catalog_slots(xsell_catalog_t *cat);
static int intern_grow(xsell_intern_t *t, const uint8_t key[16]);


xsell_catalog_t *
xsell_catalog_new(uint64_t seed)
{
    uint64_t          half[2];
    xsell_catalog_t  *cat;

    cat = calloc(1, sizeof(*cat));

    if (cat == NULL) {
        return NULL;
    }

    half[0] = xsell_random(&seed);
    half[1] = xsell_random(&seed);
    memcpy(cat->key, half, sizeof(cat->key));

    cat->exponent = 2;

    return cat;
}


void
xsell_catalog_destroy(xsell_catalog_t *cat)
{
    unsigned  i;

    if (cat == NULL) {
        return;
    }

    for (i = 0; i < XSELL_PLANES; i++) {
        xsell_plane_deinit(&cat->plane[i]);
    }

    xsell_pool_deinit(&cat->pool);

    free(cat->items);
    free(cat->ids);
    free(cat->pages);
    free(cat->slots);
    free(cat->category_list);
    free(cat->category_start);
    free(cat->similar);
    free(cat->similar_start);
    free(cat);
}


int
xsell_catalog_append(xsell_catalog_t *cat, const xsell_item_t *item)
{
    uint32_t      *place;
    xsell_item_t  *to;

    if (cat->n == XSELL_SLOT_MAX) {
        return XSELL_ENOSPC;
    }

    if (catalog_grow(cat) != XSELL_OK) {
        return XSELL_ENOMEM;
    }

    to = &cat->items[cat->n];
    *to = *item;

    if (xsell_pool_copy(&cat->pool, &to->id) != XSELL_OK
        || xsell_pool_copy(&cat->pool, &to->title) != XSELL_OK
        || xsell_pool_copy(&cat->pool, &to->url) != XSELL_OK
        || xsell_pool_copy(&cat->pool, &to->image) != XSELL_OK
        || xsell_pool_copy(&cat->pool, &to->description) != XSELL_OK)
    {
        return XSELL_ENOMEM;
    }

    place = ids_probe(cat, to->id.p, to->id.n);
    *place = ++cat->n;

    return XSELL_OK;
}


static int
catalog_grow(xsell_catalog_t *cat)
{
    uint32_t       room;
    xsell_item_t  *items;

    if (cat->n == cat->room) {
        room = cat->room ? cat->room + cat->room / 2 : XSELL_TABLE_MIN;
        items = realloc(cat->items, room * sizeof(*items));

        if (items == NULL) {
            return XSELL_ENOMEM;
        }

        cat->items = items;
        cat->room = room;
    }

    if (cat->ids == NULL || cat->n >= cat->ids_mask / 2) {
        return ids_grow(cat);
    }

    return XSELL_OK;
}


/* doubles the table of ids: at most half full, so probes stay short */

static int
ids_grow(xsell_catalog_t *cat)
{
    uint32_t      i, room, *old;
    xsell_item_t  *item;

    old = cat->ids;
    room = old ? (cat->ids_mask + 1) * 2 : XSELL_TABLE_MIN;

    cat->ids = calloc(room, sizeof(uint32_t));

    if (cat->ids == NULL) {
        cat->ids = old;
        return XSELL_ENOMEM;
    }

    cat->ids_mask = room - 1;

    for (i = 0; i < cat->n; i++) {
        item = &cat->items[i];
        *ids_probe(cat, item->id.p, item->id.n) = i + 1;
    }

    free(old);

    return XSELL_OK;
}


/* the id's place in the table, or the free one where it belongs */

static uint32_t *
ids_probe(const xsell_catalog_t *cat, const char *id, size_t n)
{
    uint32_t             i;
    const xsell_item_t  *item;

    i = (uint32_t) xsell_siphash(cat->key, id, n) & cat->ids_mask;

    for ( ;; ) {

        if (cat->ids[i] == 0) {
            return &cat->ids[i];
        }

        item = &cat->items[cat->ids[i] - 1];

        if (item->id.n == n && memcmp(item->id.p, id, n) == 0) {
            return &cat->ids[i];
        }

        i = (i + 1) & cat->ids_mask;
    }
}


int
xsell_catalog_finish(xsell_catalog_t *cat, uint32_t categories)
{
    uint32_t       i, c, *start;
    xsell_item_t  *items;

    items = realloc(cat->items, (cat->n ? cat->n : 1) * sizeof(*items));

    if (items) {
        cat->items = items;
        cat->room = cat->n;
    }

    cat->categories = categories;
    cat->category_start = calloc((size_t) categories + 2, sizeof(uint32_t));
    cat->category_list = calloc((size_t) cat->n + 1, sizeof(uint32_t));

    if (cat->category_start == NULL || cat->category_list == NULL) {
        return XSELL_ENOMEM;
    }

    /* counting sort; category 0, which is none, sorts before the list's use
       and costs its entries only */

    start = cat->category_start;

    for (i = 0; i < cat->n; i++) {
        start[cat->items[i].category_idx + 1]++;
    }

    for (c = 0; c <= categories; c++) {
        start[c + 1] += start[c];
    }

    for (i = 0; i < cat->n; i++) {
        cat->category_list[start[cat->items[i].category_idx]++] = i;
    }

    /* now start[c] is the end of c, which is the start of c + 1 */

    return XSELL_OK;
}


uint32_t
xsell_catalog_n(const xsell_catalog_t *cat)
{
    return cat->n;
}


const xsell_item_t *
xsell_catalog_item(const xsell_catalog_t *cat, uint32_t idx)
{
    return idx < cat->n ? &cat->items[idx] : NULL;
}


xsell_str_t
xsell_catalog_currency(const xsell_catalog_t *cat)
{
    xsell_str_t  s;

    s.p = cat->currency;
    s.n = strlen(cat->currency);

    return s;
}


unsigned
xsell_catalog_exponent(const xsell_catalog_t *cat)
{
    return cat->exponent;
}


xsell_str_t
xsell_catalog_text(const xsell_catalog_t *cat, const xsell_item_t *item,
    unsigned text)
{
    static const xsell_str_t  none = { "", 0 };

    if (item == NULL) {
        return none;
    }

    switch (text) {

    case XSELL_TEXT_ID:
        return item->id;

    case XSELL_TEXT_TITLE:
        return item->title;

    case XSELL_TEXT_URL:
        return item->url;

    case XSELL_TEXT_IMAGE:
        return item->image;

    case XSELL_TEXT_DESCRIPTION:
        return item->description;

    case XSELL_TEXT_BRAND:
        return item->brand;

    case XSELL_TEXT_CATEGORY:
        return item->category;

    case XSELL_TEXT_TAGS:
        return item->tags;
    }

    return none;
}


xsell_ref_t
xsell_catalog_ref(const xsell_catalog_t *cat, const xsell_item_t *item)
{
    return item ? item->ref : XSELL_NO_REF;
}


void
xsell_catalog_prior(xsell_catalog_t *cat, uint32_t idx, float prior)
{
    /* a NaN becomes -1: compares as less */

    if (idx < cat->n) {
        cat->items[idx].prior = (int8_t) (prior > -1
                                          ? (prior < 1 ? prior : 1) * 127
                                          : -127);
    }
}


size_t
xsell_catalog_bytes(const xsell_catalog_t *cat)
{
    size_t                n;
    unsigned              i;
    const xsell_plane_t  *pl;

    for (n = 0, i = 0; i < XSELL_PLANES; i++) {
        pl = &cat->plane[i];
        n += (pl->rows ? pl->stride + sizeof(*pl->size) : 0)
             + (pl->near ? XSELL_SIMILAR_MAX * sizeof(uint32_t) : 0);
    }

    return sizeof(*cat) + cat->pool.bytes + n * cat->n
           + cat->room * sizeof(xsell_item_t)
           + (cat->ids ? cat->ids_mask + 1 : 0) * sizeof(uint32_t)
           + (cat->pages ? cat->pages_mask + 1 : 0) * sizeof(uint64_t)
           + cat->slots_n * sizeof(uint32_t)
           + ((size_t) cat->n + cat->categories + 3) * sizeof(uint32_t)
           + (cat->similar_start
              ? ((size_t) cat->n + 1) * sizeof(uint32_t)
                + cat->similar_start[cat->n] * sizeof(xsell_similar_t) : 0);
}


uint32_t
xsell_catalog_find(const xsell_catalog_t *cat, const char *id, size_t n)
{
    /* 0 - 1 is XSELL_NO_ITEM */

    return cat->ids ? *ids_probe(cat, id, n) - 1 : XSELL_NO_ITEM;
}


uint32_t
xsell_catalog_of(const xsell_catalog_t *cat, xsell_ref_t ref)
{
    uint32_t  slot, word;

    slot = xsell_ref_slot(ref);

    if (slot >= cat->slots_n) {
        return XSELL_NO_ITEM;
    }

    word = cat->slots[slot];

    if (word == XSELL_NO_REF || xsell_ref_tag(word) != xsell_ref_tag(ref)) {
        return XSELL_NO_ITEM;
    }

    return xsell_ref_slot(word);
}


const uint32_t *
xsell_catalog_category(const xsell_catalog_t *cat, uint32_t category_idx,
    uint32_t *n)
{
    const uint32_t  *start;

    *n = 0;

    if (category_idx == 0 || category_idx > cat->categories) {
        return NULL;
    }

    start = &cat->category_start[category_idx];
    *n = start[0] - start[-1];

    return *n ? &cat->category_list[start[-1]] : NULL;
}


int
xsell_catalog_map(xsell_catalog_t *cat, xsell_arena_t *a, uint32_t number,
    uint64_t now_ms, uint32_t *unmapped)
{
    uint32_t      i, left;
    uint64_t     *hashes;
    xsell_ref_t  *refs;

    hashes = malloc((cat->n ? cat->n : 1) * sizeof(uint64_t));
    refs = malloc((cat->n ? cat->n : 1) * sizeof(xsell_ref_t));

    if (hashes == NULL || refs == NULL) {
        free(hashes);
        free(refs);
        return XSELL_ENOMEM;
    }

    for (i = 0; i < cat->n; i++) {
        hashes[i] = xsell_item_hash(a, cat->items[i].id.p,
                                    cat->items[i].id.n);
        refs[i] = XSELL_NO_REF;
    }

    left = xsell_dictionary_map(a, hashes, cat->n, number, now_ms, refs);

    for (i = 0; i < cat->n; i++) {
        cat->items[i].ref = refs[i];
    }

    free(hashes);
    free(refs);

    if (unmapped) {
        *unmapped = left;
    }

    return catalog_slots(cat);
}


int
xsell_catalog_lookup(xsell_catalog_t *cat, const xsell_arena_t *a)
{
    uint32_t       i;
    uint64_t       hash;
    xsell_item_t  *item;

    for (i = 0; i < cat->n; i++) {
        item = &cat->items[i];
        hash = xsell_item_hash(a, item->id.p, item->id.n);
        item->ref = xsell_dictionary_find(a, hash);
    }

    return catalog_slots(cat);
}


/* the way back: as long as the highest slot that this catalogue has */

static int
catalog_slots(xsell_catalog_t *cat)
{
    uint32_t     i, n, slot, *slots;
    xsell_ref_t  ref;

    for (n = 0, i = 0; i < cat->n; i++) {
        ref = cat->items[i].ref;

        if (ref != XSELL_NO_REF && xsell_ref_slot(ref) >= n) {
            n = xsell_ref_slot(ref) + 1;
        }
    }

    slots = malloc((n ? n : 1) * sizeof(uint32_t));

    if (slots == NULL) {
        return XSELL_ENOMEM;
    }

    memset(slots, 0xff, n * sizeof(uint32_t));

    for (i = 0; i < cat->n; i++) {
        ref = cat->items[i].ref;
        slot = xsell_ref_slot(ref);

        if (ref != XSELL_NO_REF && slots[slot] == XSELL_NO_REF) {
            slots[slot] = xsell_ref(i, xsell_ref_tag(ref));
        }
    }

    free(cat->slots);
    cat->slots = slots;
    cat->slots_n = n;

    return XSELL_OK;
}


void
xsell_pool_deinit(xsell_pool_t *pool)
{
    xsell_block_t  *block, *next;

    for (block = pool->head; block; block = next) {
        next = block->next;
        free(block);
    }

    memset(pool, 0, sizeof(*pool));
}


/* moves the string into the pool; an empty one stays nobody's */

int
xsell_pool_copy(xsell_pool_t *pool, xsell_str_t *s)
{
    size_t          size, room;
    xsell_block_t  *block;

    if (s->n == 0) {
        s->p = "";
        return XSELL_OK;
    }

    if (s->n > pool->left) {

        /* as much again as there is, so a small catalogue stays small */

        room = pool->bytes < XSELL_BLOCK_MIN ? XSELL_BLOCK_MIN : pool->bytes;
        room = room > XSELL_BLOCK_MAX ? XSELL_BLOCK_MAX : room;

        size = s->n > room / 8 ? s->n : room;
        block = malloc(sizeof(*block) + size);

        if (block == NULL) {
            return XSELL_ENOMEM;
        }

        block->next = pool->head;
        pool->head = block;
        pool->bytes += sizeof(*block) + size;

        if (size == s->n) {

            /* a long one has a block alone; the current one goes on */

            memcpy(block->bytes, s->p, s->n);
            s->p = block->bytes;
            return XSELL_OK;
        }

        pool->next = block->bytes;
        pool->left = size;
    }

    memcpy(pool->next, s->p, s->n);
    s->p = pool->next;
    pool->next += s->n;
    pool->left -= s->n;

    return XSELL_OK;
}


uint32_t
xsell_intern(xsell_intern_t *t, xsell_pool_t *pool, const uint8_t key[16],
    xsell_str_t s)
{
    uint32_t      i;
    xsell_str_t  *text;

    if (t->slot == NULL || t->n >= t->mask / 2) {
        if (intern_grow(t, key) != XSELL_OK) {
            return 0;
        }
    }

    i = (uint32_t) xsell_siphash(key, s.p, s.n) & t->mask;

    for ( /* void */ ; t->slot[i]; i = (i + 1) & t->mask) {
        text = &t->text[t->slot[i] - 1];

        if (text->n == s.n && memcmp(text->p, s.p, s.n) == 0) {
            return t->slot[i];
        }
    }

    if (xsell_pool_copy(pool, &s) != XSELL_OK) {
        return 0;
    }

    t->text[t->n] = s;
    t->slot[i] = ++t->n;

    return t->n;
}


static int
intern_grow(xsell_intern_t *t, const uint8_t key[16])
{
    uint32_t      i, k, room, *slot;
    xsell_str_t  *text;

    room = t->slot ? (t->mask + 1) * 2 : XSELL_TABLE_MIN;

    slot = calloc(room, sizeof(uint32_t));
    text = realloc(t->text, room * sizeof(xsell_str_t));

    if (text) {
        t->text = text;
    }

    if (slot == NULL || text == NULL) {
        free(slot);
        return XSELL_ENOMEM;
    }

    free(t->slot);
    t->slot = slot;
    t->mask = room - 1;

    for (k = 0; k < t->n; k++) {
        i = (uint32_t) xsell_siphash(key, text[k].p, text[k].n) & t->mask;

        while (slot[i]) {
            i = (i + 1) & t->mask;
        }

        slot[i] = k + 1;
    }

    return XSELL_OK;
}


void
xsell_intern_deinit(xsell_intern_t *t)
{
    free(t->slot);
    free(t->text);
    memset(t, 0, sizeof(*t));
}

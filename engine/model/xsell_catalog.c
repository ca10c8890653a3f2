
/*
 * xsell_catalog.c: the catalogue as the read path uses it: items by index,
 * by id, by dictionary slot, by category; by URL in xsell_locator.c.
 *
 * It stands before recommend and render.  The master builds it from JSON
 * (xsell_build.c, xsell_fill.c) or opens a compiled one (xsell_image.c) when
 * the configuration is read, workers inherit it by fork and only read.
 * Counters and sessions don't live here but in the arena, under references;
 * xsell_catalog_map() joins the two, so that a reload with another catalogue
 * changes nobody's counters (D13).
 *
 * Invariants: an item's index is its place among the accepted items; ids are
 * unique; nothing changes after map; two catalogues of one process share
 * nothing but a mapped file (a reload holds both).
 *
 * All of it but references is parts without pointers, so that memory and file
 * are the same bytes: a compiled catalogue needs no loading, and processes and
 * cycles share its pages.  The price is that offsets and numbers are checked
 * at each use.  The ids' table is keyed by a hash of the file, so a feed can't
 * choose ids that collide.  slots[] holds index and tag in one word:
 * xsell_catalog_of() is one load.  Not taken: pointers that are moved when the
 * file is opened, which would touch, and copy, every page of it.
 */

#include "xsell_catalog.h"

#include <stdlib.h>


static int catalog_slots(xsell_catalog_t *cat);


void
xsell_catalog_destroy(xsell_catalog_t *cat)
{
    unsigned  part;

    if (cat == NULL) {
        return;
    }

    for (part = 0; part < XSELL_PARTS; part++) {
        xsell_part_free(cat, part);
    }

    free(cat->refs);
    free(cat->slots);
    free(cat->kinds);
    free(cat);
}


uint32_t
xsell_catalog_n(const xsell_catalog_t *cat)
{
    return cat->n;
}


const xsell_item_t *
xsell_catalog_item(const xsell_catalog_t *cat, uint32_t idx)
{
    return idx < cat->n ? &xsell_items(cat)[idx] : NULL;
}


xsell_str_t
xsell_catalog_currency(const xsell_catalog_t *cat)
{
    xsell_str_t  s;

    s.p = cat->currency;
    s.n = strnlen(cat->currency, sizeof(cat->currency) - 1);

    return s;
}


unsigned
xsell_catalog_exponent(const xsell_catalog_t *cat)
{
    return cat->exponent;
}


size_t
xsell_catalog_bytes(const xsell_catalog_t *cat)
{
    size_t    n;
    unsigned  part;

    n = sizeof(*cat) + cat->slots_n * sizeof(uint32_t)
        + (cat->refs ? cat->n * sizeof(xsell_ref_t) : 0)
        + cat->kinds_n * sizeof(uint64_t);

    for (part = 0; part < XSELL_PARTS; part++) {
        n += (cat->image ? cat->part[part].n : cat->part[part].room)
             * xsell_part_unit(cat, part);
    }

    return n;
}


/* ---- texts ------------------------------------------------------------- */

xsell_str_t
xsell_catalog_view(const xsell_catalog_t *cat, uint64_t off, uint64_t n)
{
    xsell_str_t          s;
    const xsell_part_t  *text;

    text = &cat->part[XSELL_PART_TEXT];

    if (n == 0 || off > text->n || n > text->n - off) {
        s.p = "";
        s.n = 0;
        return s;
    }

    s.p = (const char *) text->p + off;
    s.n = n;

    return s;
}


static xsell_str_t
catalog_name(const xsell_catalog_t *cat, unsigned part, uint32_t idx)
{
    uint64_t             name;
    const xsell_part_t  *names;

    names = &cat->part[part];

    /* 0 is none */
    name = idx && idx <= names->n ? ((const uint64_t *) names->p)[idx - 1] : 0;

    return xsell_catalog_view(cat, xsell_name_off(name), xsell_name_n(name));
}


xsell_str_t
xsell_catalog_text(const xsell_catalog_t *cat, const xsell_item_t *item,
    unsigned text)
{
    uint64_t  off;

    if (item == NULL) {
        return xsell_catalog_view(cat, 0, 0);
    }

    off = item->text_off;

    switch (text) {

    case XSELL_TEXT_ID:
        return xsell_catalog_view(cat, off, item->id_n);

    case XSELL_TEXT_TITLE:
        off += item->id_n;
        return xsell_catalog_view(cat, off, item->title_n);

    case XSELL_TEXT_URL:
        off += item->id_n + (uint64_t) item->title_n;
        return xsell_catalog_view(cat, off, item->url_n);

    case XSELL_TEXT_IMAGE:
        off += item->id_n + (uint64_t) item->title_n + item->url_n;
        return xsell_catalog_view(cat, off, item->image_n);

    case XSELL_TEXT_DESCRIPTION:
        off += item->id_n + (uint64_t) item->title_n + item->url_n
               + item->image_n;
        return xsell_catalog_view(cat, off, item->description_n);

    case XSELL_TEXT_BRAND:
        return catalog_name(cat, XSELL_PART_BRANDS, item->brand_idx);

    case XSELL_TEXT_CATEGORY:
        return catalog_name(cat, XSELL_PART_CATEGORIES, item->category_idx);

    case XSELL_TEXT_TAGS:
        return catalog_name(cat, XSELL_PART_TAGS, item->tags_idx);
    }

    return xsell_catalog_view(cat, 0, 0);
}


void
xsell_catalog_prior(xsell_catalog_t *cat, uint32_t idx, float prior)
{
    /* a NaN becomes -1: it compares as less */

    if (idx < cat->n && cat->image == NULL) {
        xsell_items(cat)[idx].prior = (int8_t) (prior > -1
                                                ? (prior < 1 ? prior : 1) * 127
                                                : -127);
    }
}


/* ---- lookup ------------------------------------------------------------ */

uint32_t
xsell_catalog_find(const xsell_catalog_t *cat, const char *id, size_t n)
{
    uint32_t         k, word, item;
    uint64_t         hash, at, room;
    xsell_str_t      s;
    const uint32_t  *slot;

    room = cat->part[XSELL_PART_IDS].n;

    if (room == 0 || n == 0) {
        return XSELL_NO_ITEM;
    }

    slot = cat->part[XSELL_PART_IDS].p;
    hash = xsell_siphash(cat->key, id, n);
    at = xsell_table_at(hash, room);

    for (k = 0; k < XSELL_PROBES; k++) {
        word = slot[at];

        if (word == 0) {
            break;
        }

        item = (word & XSELL_SLOT_MASK) - 1;

        if (word >> XSELL_SLOT_BITS == hash >> 56 && item < cat->n) {
            s = xsell_catalog_text(cat, &xsell_items(cat)[item],
                                   XSELL_TEXT_ID);

            if (s.n == n && memcmp(s.p, id, n) == 0) {
                return item;
            }
        }

        at = at + 1 == room ? 0 : at + 1;
    }

    return XSELL_NO_ITEM;
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


xsell_ref_t
xsell_catalog_ref(const xsell_catalog_t *cat, const xsell_item_t *item)
{
    return item && cat->refs ? cat->refs[item - xsell_items(cat)]
                             : XSELL_NO_REF;
}


const uint32_t *
xsell_catalog_category(const xsell_catalog_t *cat, uint32_t category_idx,
    uint32_t *n)
{
    const uint32_t      *start;
    const xsell_part_t  *starts, *list;

    *n = 0;

    starts = &cat->part[XSELL_PART_CATEGORY_START];
    list = &cat->part[XSELL_PART_CATEGORY_LIST];

    if (category_idx == 0
        || category_idx > cat->part[XSELL_PART_CATEGORIES].n
        || category_idx >= starts->n)
    {
        return NULL;
    }

    start = (const uint32_t *) starts->p + category_idx;

    if (start[-1] >= start[0] || start[0] > list->n) {
        return NULL;
    }

    *n = start[0] - start[-1];

    return (const uint32_t *) list->p + start[-1];
}


/* ---- references -------------------------------------------------------- */

static int
catalog_refs(xsell_catalog_t *cat)
{
    if (cat->refs == NULL) {
        cat->refs = malloc((cat->n ? cat->n : 1) * sizeof(xsell_ref_t));
    }

    return cat->refs ? XSELL_OK : XSELL_ENOMEM;
}


static uint64_t
catalog_hash(const xsell_catalog_t *cat, const xsell_arena_t *a, uint32_t idx)
{
    xsell_str_t  id;

    id = xsell_catalog_text(cat, &xsell_items(cat)[idx], XSELL_TEXT_ID);

    return xsell_item_hash(a, id.p, id.n);
}


int
xsell_catalog_map(xsell_catalog_t *cat, xsell_arena_t *a, uint32_t number,
    uint64_t now_ms, uint32_t *unmapped)
{
    uint32_t   i, left;
    uint64_t  *hashes;

    hashes = malloc((cat->n ? cat->n : 1) * sizeof(uint64_t));

    if (hashes == NULL || catalog_refs(cat) != XSELL_OK) {
        free(hashes);
        return XSELL_ENOMEM;
    }

    for (i = 0; i < cat->n; i++) {
        hashes[i] = catalog_hash(cat, a, i);
        cat->refs[i] = XSELL_NO_REF;
    }

    left = xsell_dictionary_map(a, hashes, cat->n, number, now_ms, cat->refs);

    free(hashes);

    if (unmapped) {
        *unmapped = left;
    }

    return catalog_slots(cat);
}


int
xsell_catalog_lookup(xsell_catalog_t *cat, const xsell_arena_t *a)
{
    uint32_t  i;

    if (catalog_refs(cat) != XSELL_OK) {
        return XSELL_ENOMEM;
    }

    for (i = 0; i < cat->n; i++) {
        cat->refs[i] = xsell_dictionary_find(a, catalog_hash(cat, a, i));
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
        ref = cat->refs[i];

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
        ref = cat->refs[i];
        slot = xsell_ref_slot(ref);

        if (ref != XSELL_NO_REF && slots[slot] == XSELL_NO_REF) {
            slots[slot] = xsell_ref(i, xsell_ref_tag(ref));
        }
    }

    free(cat->slots);
    cat->slots = slots;
    cat->slots_n = n;

    return xsell_kinds_make(cat);
}

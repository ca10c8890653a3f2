
/*
 * xsell_fill.c: a catalogue's parts while it is built: arrays that grow, the
 * table of ids, texts that many items share.
 *
 * xsell_build.c fills it item by item, then calls finish; xsell_content.c and
 * xsell_plane.c add their parts.  A catalogue that was opened from a file is
 * never changed: growing one fails.
 *
 * Invariants: ids are unique; parts are never larger than half as much again
 * as what is in them, so a catalogue is built in less than twice its size; a
 * text, once appended, stays at its offset.
 */

#include "xsell_catalog.h"

#include <stdlib.h>


#define XSELL_FILL_MIN    64            /* units */
#define XSELL_TEXT_END    (1ull << (64 - XSELL_NAME_BITS))


static int fill_text(xsell_catalog_t *cat, xsell_str_t s, uint64_t *off);
static int fill_ids(xsell_catalog_t *cat, uint64_t room);
static int fill_id(xsell_catalog_t *cat, uint32_t item);
static int intern_grow(xsell_intern_t *t);


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


size_t
xsell_part_unit(const xsell_catalog_t *cat, unsigned part)
{
    switch (part) {

    case XSELL_PART_ITEMS:
        return sizeof(xsell_item_t);

    case XSELL_PART_TEXT:
        return 1;

    case XSELL_PART_BRANDS:
    case XSELL_PART_CATEGORIES:
    case XSELL_PART_TAGS:
    case XSELL_PART_PAGES:
        return sizeof(uint64_t);
    }

    if (part < XSELL_PART_PLANES) {
        return sizeof(uint32_t);
    }

    part -= XSELL_PART_PLANES;

    switch (part % 3) {

    case XSELL_PLANE_ROWS:
        return xsell_plane_stride(cat->dims[part / 3]);

    case XSELL_PLANE_SIZES:
        return sizeof(xsell_plane_size_t);

    default:
        return sizeof(uint32_t);
    }
}


int
xsell_part_grow(xsell_catalog_t *cat, unsigned part, uint64_t n)
{
    void          *p;
    uint64_t       room;
    xsell_part_t  *to;

    to = &cat->part[part];

    if (to->room - to->n >= n && to->room) {
        return XSELL_OK;
    }

    if (cat->image) {
        return XSELL_ENOMEM;
    }

    room = to->n + to->n / 2;
    room = room > to->n + n ? room : to->n + n;
    room = room > XSELL_FILL_MIN ? room : XSELL_FILL_MIN;

    p = realloc(to->p, room * xsell_part_unit(cat, part));

    if (p == NULL) {
        return XSELL_ENOMEM;
    }

    to->p = p;
    to->room = room;

    return XSELL_OK;
}


void
xsell_part_trim(xsell_catalog_t *cat, unsigned part)
{
    void          *p;
    xsell_part_t  *to;

    to = &cat->part[part];

    if (to->p == NULL || to->room == to->n) {
        return;
    }

    if (to->n == 0) {
        xsell_part_free(cat, part);
        return;
    }

    p = realloc(to->p, to->n * xsell_part_unit(cat, part));

    if (p) {
        to->p = p;
        to->room = to->n;
    }
}


int
xsell_part_make(xsell_catalog_t *cat, unsigned part, uint64_t n)
{
    xsell_part_t  *to;

    if (cat->image) {
        return XSELL_ENOMEM;
    }

    xsell_part_free(cat, part);

    to = &cat->part[part];
    to->p = calloc(n ? n : 1, xsell_part_unit(cat, part));

    if (to->p == NULL) {
        return XSELL_ENOMEM;
    }

    to->n = n;
    to->room = n;

    return XSELL_OK;
}


void
xsell_part_free(xsell_catalog_t *cat, unsigned part)
{
    if (cat->image == NULL) {
        free(cat->part[part].p);
    }

    memset(&cat->part[part], 0, sizeof(xsell_part_t));
}


/* ---- items ------------------------------------------------------------- */

int
xsell_catalog_append(xsell_catalog_t *cat, const xsell_draft_t *draft)
{
    int                 i;
    uint64_t            off;
    xsell_item_t       *to;
    const xsell_str_t  *text;

    text = draft->text;

    if (cat->n == XSELL_SLOT_MAX) {
        return XSELL_ENOSPC;
    }

    if (text[XSELL_TEXT_ID].n > XSELL_ID_MAX
        || text[XSELL_TEXT_TITLE].n > UINT32_MAX
        || text[XSELL_TEXT_URL].n > UINT16_MAX
        || text[XSELL_TEXT_IMAGE].n > UINT16_MAX
        || text[XSELL_TEXT_DESCRIPTION].n > UINT32_MAX)
    {
        return XSELL_EINVAL;
    }

    if (xsell_part_grow(cat, XSELL_PART_ITEMS, 1) != XSELL_OK) {
        return XSELL_ENOMEM;
    }

    to = &xsell_items(cat)[cat->n];
    *to = draft->item;
    to->text_off = cat->part[XSELL_PART_TEXT].n;

    for (i = 0; i < XSELL_TEXT_OWN; i++) {
        if (fill_text(cat, text[i], &off) != XSELL_OK) {
            return XSELL_ENOMEM;
        }
    }

    to->id_n = (uint8_t) text[XSELL_TEXT_ID].n;
    to->title_n = (uint32_t) text[XSELL_TEXT_TITLE].n;
    to->url_n = (uint16_t) text[XSELL_TEXT_URL].n;
    to->image_n = (uint16_t) text[XSELL_TEXT_IMAGE].n;
    to->description_n = (uint32_t) text[XSELL_TEXT_DESCRIPTION].n;

    cat->part[XSELL_PART_ITEMS].n = ++cat->n;

    if (xsell_table_room(cat->n) > cat->part[XSELL_PART_IDS].n) {
        return fill_ids(cat, xsell_table_room(cat->n) * 2);
    }

    return fill_id(cat, cat->n - 1);
}


static int
fill_text(xsell_catalog_t *cat, xsell_str_t s, uint64_t *off)
{
    xsell_part_t  *to;

    to = &cat->part[XSELL_PART_TEXT];
    *off = to->n;

    if (s.n == 0) {
        return XSELL_OK;
    }

    if (s.n >= XSELL_TEXT_END - to->n
        || xsell_part_grow(cat, XSELL_PART_TEXT, s.n) != XSELL_OK)
    {
        return XSELL_ENOMEM;
    }

    memcpy((char *) to->p + to->n, s.p, s.n);
    to->n += s.n;

    return XSELL_OK;
}


/* the table anew: larger, or at the end of just the size */

static int
fill_ids(xsell_catalog_t *cat, uint64_t room)
{
    uint32_t  i;

    if (xsell_part_make(cat, XSELL_PART_IDS, room) != XSELL_OK) {
        return XSELL_ENOMEM;
    }

    for (i = 0; i < cat->n; i++) {
        if (fill_id(cat, i) != XSELL_OK) {
            return XSELL_ENOMEM;
        }
    }

    return XSELL_OK;
}


static int
fill_id(xsell_catalog_t *cat, uint32_t item)
{
    uint32_t       k, *slot;
    uint64_t       hash, at, room;
    xsell_str_t    id;

    slot = cat->part[XSELL_PART_IDS].p;
    room = cat->part[XSELL_PART_IDS].n;

    id = xsell_catalog_text(cat, &xsell_items(cat)[item], XSELL_TEXT_ID);
    hash = xsell_siphash(cat->key, id.p, id.n);
    at = xsell_table_at(hash, room);

    for (k = 0; k < XSELL_PROBES; k++) {

        if (slot[at] == 0) {
            slot[at] = (item + 1) | (uint32_t) (hash >> 56) << XSELL_SLOT_BITS;
            return XSELL_OK;
        }

        at = at + 1 == room ? 0 : at + 1;
    }

    return XSELL_ENOMEM;        /* not in this universe */
}


int
xsell_catalog_finish(xsell_catalog_t *cat)
{
    unsigned       part;
    uint32_t       i, c, categories, *start, *list;
    xsell_item_t  *items;

    if (fill_ids(cat, xsell_table_room(cat->n)) != XSELL_OK) {
        return XSELL_ENOMEM;
    }

    for (part = 0; part < XSELL_PARTS; part++) {
        xsell_part_trim(cat, part);
    }

    categories = (uint32_t) cat->part[XSELL_PART_CATEGORIES].n;

    if (xsell_part_make(cat, XSELL_PART_CATEGORY_START, categories + 2ull)
        != XSELL_OK
        || xsell_part_make(cat, XSELL_PART_CATEGORY_LIST, cat->n) != XSELL_OK)
    {
        return XSELL_ENOMEM;
    }

    /* counting sort; category 0, which is none, sorts before the list's use
       and costs its entries only */

    items = xsell_items(cat);
    start = cat->part[XSELL_PART_CATEGORY_START].p;
    list = cat->part[XSELL_PART_CATEGORY_LIST].p;

    for (i = 0; i < cat->n; i++) {
        start[items[i].category_idx + 1]++;
    }

    for (c = 0; c <= categories; c++) {
        start[c + 1] += start[c];
    }

    for (i = 0; i < cat->n; i++) {
        list[start[items[i].category_idx]++] = i;
    }

    /* now start[c] is the end of c, which is the start of c + 1 */

    return XSELL_OK;
}


/* ---- texts that many items share --------------------------------------- */

uint32_t
xsell_intern(xsell_intern_t *t, xsell_str_t s)
{
    uint32_t       i;
    uint64_t       off, *name;
    xsell_str_t    text;
    xsell_part_t  *names;

    names = &t->cat->part[t->part];

    if (s.n > XSELL_NAME_MAX || names->n >= UINT32_MAX / 4) {
        return 0;
    }

    if (t->slot == NULL || names->n >= t->mask / 2) {
        if (intern_grow(t) != XSELL_OK) {
            return 0;
        }
    }

    i = (uint32_t) xsell_siphash(t->cat->key, s.p, s.n) & t->mask;
    name = names->p;

    for ( /* void */ ; t->slot[i]; i = (i + 1) & t->mask) {
        text = xsell_catalog_view(t->cat, xsell_name_off(name[t->slot[i] - 1]),
                                  xsell_name_n(name[t->slot[i] - 1]));

        if (text.n == s.n && memcmp(text.p, s.p, s.n) == 0) {
            return t->slot[i];
        }
    }

    if (xsell_part_grow(t->cat, t->part, 1) != XSELL_OK
        || fill_text(t->cat, s, &off) != XSELL_OK)
    {
        return 0;
    }

    name = names->p;
    name[names->n] = off << XSELL_NAME_BITS | s.n;
    t->slot[i] = (uint32_t) ++names->n;

    return t->slot[i];
}


static int
intern_grow(xsell_intern_t *t)
{
    uint32_t             i, k, n, room, *slot;
    xsell_str_t          text;
    const uint64_t      *name;
    const xsell_part_t  *names;

    room = t->slot ? (t->mask + 1) * 2 : XSELL_FILL_MIN;
    slot = calloc(room, sizeof(uint32_t));

    if (slot == NULL) {
        return XSELL_ENOMEM;
    }

    free(t->slot);
    t->slot = slot;
    t->mask = room - 1;

    names = &t->cat->part[t->part];
    name = names->p;
    n = (uint32_t) names->n;

    for (k = 0; k < n; k++) {
        text = xsell_catalog_view(t->cat, xsell_name_off(name[k]),
                                  xsell_name_n(name[k]));
        i = (uint32_t) xsell_siphash(t->cat->key, text.p, text.n) & t->mask;

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
    t->slot = NULL;
}


/*
 * xsell_crowd.c: what those view most who look at one category, and those who
 * are of one country.
 *
 * A crowd has twenty items with sums of views that fade as an item's do (7
 * days, 6 hours), and the views of all its items.  Categories and countries
 * lie in one table by the hash of their name; one that has no place takes that
 * of a smaller one with a chance of 1 in its views, so who comes by once
 * drives no busy one out.
 *
 *   category   an item's sums are known (its record), all of its views are of
 *              the category, and all sums fade alike: so it gets in when a view
 *              lifts it above the last of the list, and the list is exact
 *   country    views of an item by country are counted here alone: a newcomer
 *              takes the place of the last with a chance of 1 in its sum plus
 *              one (Ben Basat, Einziger, Friedman, Kassner, "Randomized
 *              admission policy", 2017), and counts from 1: a promise
 *
 * Of a country each visit counts an item once, and only visits whose cookie
 * came back: what is popular in a small country is cheap to move otherwise.
 *
 * Where an item is liked more than elsewhere is the feature `geo`: log2 of its
 * share of the country's views over its share of all views, by as many views
 * shrunk towards 0.
 *
 * Invariants: one record at a time, under the intent (CROWDS, index) and its
 * sequence word; who finds it half done empties it, and views fill it again.
 *
 * Not taken: lists made by the scan that makes the lists of all
 * (xsell_popularity.c), which sees no catalogue and would need a sum per item
 * and country.
 */

#include "xsell_model.h"


#define XSELL_CROWD_WAYS      2        /* places that a crowd may have */
#define XSELL_CROWD_LEAST     0.05f    /* less is nobody */
#define XSELL_CROWD_STEP_S    60       /* sums are aged in steps */

/* views that a share is shrunk by */
#define XSELL_CROWD_SHRINK    4.0f

/* keys: of categories odd, of countries even and above this */
#define XSELL_CROWD_EVERYBODY 2u


uint32_t
xsell_crowd_country(const char *country)
{
    if (country[0] < 'A' || country[0] > 'Z' || country[1] < 'A'
        || country[1] > 'Z')
    {
        return 0;
    }

    return ((uint32_t) country[0] << 8 | (uint32_t) country[1]) << 1;
}


static xsell_crowd_t *
xsell_crowd_at(const xsell_arena_t *a, uint32_t key, uint32_t way)
{
    return &a->crowds[(xsell_spread(key) ^ way) & (a->crowds_n - 1)];
}


/* ---- the learner's end ------------------------------------------------- */

static void
xsell_crowd_clear(xsell_crowd_t *c, uint32_t i)
{
    xsell_store(&c->ref[i], 0);
    xsell_store_float(&c->pop[i], 0);
    xsell_store_float(&c->trend[i], 0);
}


/* sums as of now; what is gone, or lost its slot, makes room */

static void
xsell_crowd_age(const xsell_arena_t *a, xsell_crowd_t *c, uint32_t now_s)
{
    float     pop, trend;
    uint32_t  i, dt, slot;

    dt = now_s > c->decay_s ? now_s - c->decay_s : 0;

    if (dt < XSELL_CROWD_STEP_S) {
        return;
    }

    pop = xsell_decay(1, dt, XSELL_POP_HALF_S);
    trend = xsell_decay(1, dt, XSELL_TREND_HALF_S);

    xsell_store(&c->decay_s, now_s);
    xsell_store_float(&c->all, c->all * pop);

    for (i = 0; i < XSELL_CROWD_ITEMS; i++) {
        xsell_store_float(&c->pop[i], c->pop[i] * pop);
        xsell_store_float(&c->trend[i], c->trend[i] * trend);
        slot = xsell_ref_slot(c->ref[i]);

        if (!(c->pop[i] > XSELL_CROWD_LEAST)
            || slot >= a->items_n
            || xsell_slot_tag(a, slot) != xsell_ref_tag(c->ref[i]))
        {
            xsell_crowd_clear(c, i);
        }
    }
}


/* the record that is the crowd's, or may be; NULL: there is none for it */

static xsell_crowd_t *
xsell_crowd_place(xsell_arena_t *a, uint32_t key)
{
    uint32_t        way;
    xsell_crowd_t  *c, *least;

    least = NULL;

    for (way = 0; way < XSELL_CROWD_WAYS; way++) {
        c = xsell_crowd_at(a, key, way);

        if (c->key == key) {
            return c;
        }

        if (least == NULL || c->key == 0
            || (least->key && c->all < least->all))
        {
            least = c;
        }
    }

    return least->key == 0
           || xsell_random(&a->header->rng) % (1 + (uint64_t) least->all) == 0
           ? least : NULL;
}


/* the item's row in the list, else the one that it may have, emptied; counted:
   the list counts by itself.  ITEMS: none */

static uint32_t
xsell_crowd_row(xsell_arena_t *a, xsell_crowd_t *c, xsell_ref_t ref,
    int counted, float pop)
{
    uint32_t  i, least;

    for (i = 0; i < XSELL_CROWD_ITEMS; i++) {
        if (c->ref[i] == ref && c->pop[i] > 0) {
            return i;
        }
    }

    for (least = 0, i = 1; i < XSELL_CROWD_ITEMS; i++) {
        least = c->pop[i] < c->pop[least] ? i : least;
    }

    if (c->pop[least] > 0
        && (counted ? xsell_random(&a->header->rng)
                      % (1 + (uint64_t) c->pop[least]) != 0
                    : pop <= c->pop[least]))
    {
        return XSELL_CROWD_ITEMS;
    }

    xsell_crowd_clear(c, least);
    xsell_store(&c->ref[least], ref);

    return least;
}


static void
xsell_crowd_begin(xsell_crowd_t *c, uint32_t key, uint32_t now_s)
{
    uint32_t  i;

    for (i = 0; i < XSELL_CROWD_ITEMS; i++) {
        xsell_crowd_clear(c, i);
    }

    xsell_store(&c->key, key);
    xsell_store(&c->decay_s, now_s);
    xsell_store_float(&c->all, 0);
}


/* a view of an item, NO_REF: of any; it: with its own sums, NULL: they are
   counted here */

static void
xsell_crowd_add(xsell_arena_t *a, uint32_t key, xsell_ref_t ref,
    const xsell_item_record_t *it, uint32_t now_s)
{
    uint32_t        i;
    xsell_crowd_t  *c;

    c = xsell_crowd_place(a, key);

    if (c == NULL) {
        return;
    }

    xsell_intent_set(a, XSELL_REGION_CROWDS, (uint32_t) (c - a->crowds));
    xsell_seq_open(&c->seq);

    if (c->key != key) {
        xsell_crowd_begin(c, key, now_s);
    }

    xsell_crowd_age(a, c, now_s);
    xsell_store_float(&c->all, c->all + 1);

    i = ref == XSELL_NO_REF ? XSELL_CROWD_ITEMS
                            : xsell_crowd_row(a, c, ref, it == NULL,
                                              it ? it->pop : 1);

    if (i < XSELL_CROWD_ITEMS) {
        xsell_store_float(&c->pop[i], it ? it->pop : c->pop[i] + 1);
        xsell_store_float(&c->trend[i], it ? it->trend : c->trend[i] + 1);
    }

    xsell_seq_close(&c->seq);
    xsell_intent_clear(a);
}


static int
xsell_crowd_known(const xsell_arena_t *a, uint32_t key)
{
    return xsell_crowd_at(a, key, 0)->key == key
           || xsell_crowd_at(a, key, 1)->key == key;
}


void
xsell_crowd_view(xsell_arena_t *a, const xsell_catalog_t *cat,
    const xsell_event_t *ev, const xsell_item_record_t *it)
{
    uint32_t             key, now_s;
    const xsell_item_t  *item;

    now_s = (uint32_t) (ev->time_ms / 1000);
    item = cat ? xsell_catalog_item(cat, xsell_catalog_of(cat, ev->item))
               : NULL;

    if (item && item->category_idx) {
        key = xsell_kind_of(xsell_catalog_text(cat, item,
                                               XSELL_TEXT_CATEGORY));
        xsell_crowd_add(a, key, ev->item, it, now_s);
    }

    /* views of unknown countries count for items, so for everybody, too */

    key = xsell_crowd_country(ev->country);

    if (key || xsell_crowd_known(a, XSELL_CROWD_EVERYBODY)) {
        xsell_crowd_add(a, XSELL_CROWD_EVERYBODY, XSELL_NO_REF, NULL, now_s);
    }

    if (key && ev->session && ev->session_idx != XSELL_NO_REF
        && (ev->flags & (XSELL_EV_PROBATION|XSELL_EV_SEEN)) == 0)
    {
        xsell_crowd_add(a, key, ev->item, NULL, now_s);
    }
}


void
xsell_crowd_repair(xsell_arena_t *a, uint32_t index)
{
    xsell_crowd_t  *c;

    c = &a->crowds[index];

    xsell_seq_open(&c->seq);
    xsell_crowd_begin(c, 0, 0);
    xsell_seq_close(&c->seq);
}


int
xsell_crowd_put(xsell_arena_t *a, const xsell_crowd_t *from)
{
    int             lost;
    uint32_t        way;
    xsell_crowd_t  *c, *least;

    for (least = NULL, way = 0; way < XSELL_CROWD_WAYS; way++) {
        c = xsell_crowd_at(a, from->key, way);

        if (c->key == 0 || c->key == from->key) {
            least = c;
            break;
        }

        least = least == NULL || c->all < least->all ? c : least;
    }

    lost = least->key && least->key != from->key;

    if (!lost || least->all < from->all) {
        memcpy(least, from, sizeof(*least));
        least->seq = 0;
    }

    return lost;
}


/* ---- the reader's end -------------------------------------------------- */

static int
xsell_crowd_read(const xsell_arena_t *a, uint32_t key, xsell_crowd_t *to)
{
    uint32_t              way;
    const xsell_crowd_t  *c;

    for (way = 0; way < XSELL_CROWD_WAYS; way++) {
        c = xsell_crowd_at(a, key, way);

        if (xsell_load(&c->key) == key
            && xsell_seq_copy(&c->seq, to, c, sizeof(*to) / 4))
        {
            return to->key == key;
        }
    }

    return 0;
}


/* what may be said of an item: as of the lists of all */

static uint32_t
xsell_crowd_said(const xsell_crowd_t *c, uint32_t i, uint32_t at)
{
    float     usual;
    uint32_t  sources;

    sources = 0;
    usual = c->pop[i] * XSELL_TREND_HALF_S / XSELL_POP_HALF_S;

    if (c->trend[i] > 2 * usual && c->trend[i] - usual >= XSELL_VIEWS_LEAST) {
        sources |= 1u << XSELL_REASON_TRENDING;
    }

    if (c->pop[i] >= XSELL_VIEWS_LEAST && at < XSELL_CROWD_ITEMS / 2) {
        sources |= 1u << XSELL_REASON_POPULAR;
    }

    return sources;
}


uint32_t
xsell_crowd_list(const xsell_arena_t *a, uint32_t key, xsell_crowd_t *c,
    xsell_scored_t *out, uint32_t max)
{
    uint32_t         i, n;
    xsell_scored_t  *row;

    if (key == 0 || !xsell_crowd_read(a, key, c)) {
        return 0;
    }

    for (n = 0, i = 0; i < XSELL_CROWD_ITEMS; i++) {

        /* a NaN is none */

        if (!(c->pop[i] > 0 && c->pop[i] < 1e30f)) {
            continue;
        }

        row = &out[n++];
        row->ref = c->ref[i];
        row->score = c->pop[i];
        row->support = i;
        row->extra = 0;
    }

    /* of a few, the others are not put in order */

    n = xsell_scored_select(out, n, max);
    xsell_scored_sort(out, n);

    for (i = 0; i < n; i++) {
        out[i].support = xsell_crowd_said(c, out[i].support, i);
    }

    return n;
}


/* log2 of the item's share of a country over that of all */

static float
xsell_crowd_geo(const xsell_arena_t *a, const xsell_scored_t *row, float part,
    uint32_t now_s)
{
    float                       expected;
    uint32_t                    slot, dt;
    const xsell_item_record_t  *it;

    slot = xsell_ref_slot(row->ref);

    if (slot >= a->items_n
        || xsell_item_tag(&a->items[slot]) != xsell_ref_tag(row->ref))
    {
        return 0;
    }

    it = &a->items[slot];
    dt = xsell_load(&it->decay_s);
    dt = now_s > dt ? now_s - dt : 0;

    expected = part * xsell_decay(xsell_load_float(&it->pop), dt,
                                  XSELL_POP_HALF_S);

    return xsell_clip(xsell_log2((row->score + XSELL_CROWD_SHRINK)
                                 / (xsell_clip(expected, 0, 1e30f)
                                    + XSELL_CROWD_SHRINK)), -2, 2);
}


const xsell_land_t *
xsell_crowd_land(xsell_ranker_t *r, const xsell_arena_t *a,
    const xsell_query_t *q)
{
    float           part;
    uint32_t        i, key, now_s;
    xsell_land_t   *land;
    xsell_crowd_t   here, all;

    key = q->session ? xsell_crowd_country(q->country) : 0;

    if (key == 0) {
        return NULL;
    }

    land = &r->land[xsell_spread(key) & (XSELL_LANDS - 1)];

    if (land->key == key && land->arena == a->base
        && q->now_ms - land->made_ms < q->settings->memory_ms)
    {
        return land;
    }

    now_s = (uint32_t) (q->now_ms / 1000);

    land->key = key;
    land->arena = a->base;
    land->made_ms = q->now_ms;
    land->n = xsell_crowd_list(a, key, &here, land->row, XSELL_CROWD_ITEMS);

    part = 0;

    if (land->n && xsell_crowd_read(a, XSELL_CROWD_EVERYBODY, &all)
        && all.all > 0 && here.all > 0)
    {
        xsell_crowd_age(a, &all, here.decay_s);
        part = here.all / all.all;
    }

    for (i = 0; i < land->n; i++) {
        land->row[i].extra = part > 0
                             ? xsell_crowd_geo(a, &land->row[i], part, now_s)
                             : 0;
    }

    return land;
}

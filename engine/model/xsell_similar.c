
/*
 * xsell_similar.c: which items of a catalogue are alike: what can be offered
 * next to an item that nobody has viewed yet.
 *
 *   content   items -> vectors of words (xsell_content.c)
 *   invert    word -> items that have it
 *   meet      an item's words -> items, with how alike they are
 *   keep      the most similar, one a product
 *
 * It runs once, after the catalogue was built and before anybody reads it; the
 * read path finds a finished list (xsell_catalog_similar).
 *
 * Invariants: equal catalogues have equal lists.  Neighbours are others than
 * the item and not variants of it, one a product, and can be had.  Ties go to
 * the item that follows next in the catalogue, so that those which are all
 * alike don't all name the same few.
 *
 * A word that half of the items have would make this quadratic.  So an item
 * goes through the lists of its words from the rarest on and stops after
 * XSELL_SIMILAR_LOOK entries; of a list that is too long it takes those behind
 * itself.  The best of what it met are then compared word by word, up to the
 * same limit.  Rare words decide a cosine: who shares nothing but frequent
 * ones is hardly alike.  All items together have a limit too.
 *
 * Not taken: MinHash or random projections, made for items by the million,
 * which find fewer; several threads: nginx -t runs beside the living server.
 */

#include "xsell_content.h"
#include "xsell_model.h"

#include <stdlib.h>


#define XSELL_SIMILAR_LOOK    1024         /* entries of lists, an item */
#define XSELL_SIMILAR_LEAST   64           /* the same in a huge catalogue */
#define XSELL_SIMILAR_ALL     300000000u   /* entries of lists, all items */
#define XSELL_SIMILAR_EXACT   48           /* compared word by word */

/* less likeness than this is an accident */
#define XSELL_SIMILAR_FLOOR   0.05f


typedef struct {
    const xsell_catalog_t   *cat;
    xsell_content_t          content;

    xsell_content_cell_t    *list;          /* term after term */
    uint32_t                *start;         /* of a term; terms + 1 */

    uint32_t                 look;
    float                   *sum;           /* of an item, else 0 */
    uint32_t                *met;           /* items whose sum is not 0 */
    uint32_t                 met_n;
    int                      all_met;       /* the sums are the likeness */
    float                   *own;           /* the item's weight of a term */

    xsell_catalog_t         *out;           /* cat, whose lists are made */
} similar_t;


static int similar_invert(similar_t *s);
static int similar_all(similar_t *s);
static void similar_meet(similar_t *s, uint32_t item);
static void similar_add(similar_t *s, const xsell_content_cell_t *list,
    uint32_t n, float weight);
static uint32_t similar_behind(const xsell_content_cell_t *list, uint32_t n,
    uint32_t item);
static uint32_t similar_best(similar_t *s, uint32_t item,
    xsell_scored_t *row);
static void similar_compare(similar_t *s, uint32_t item, xsell_scored_t *row,
    uint32_t n);
static void similar_keep(const similar_t *s, const xsell_scored_t *row,
    uint32_t n);


int
xsell_content_build(xsell_catalog_t *cat)
{
    int        rc;
    similar_t  s;

    if (cat->part[XSELL_PART_SIMILAR_START].p || cat->image || cat->n == 0) {
        return XSELL_OK;
    }

    memset(&s, 0, sizeof(s));
    s.cat = cat;
    s.out = cat;

    rc = xsell_content_init(&s.content, cat);

    if (rc == XSELL_OK) {
        rc = similar_invert(&s);
    }

    if (rc == XSELL_OK) {
        rc = similar_all(&s);
    }

    xsell_content_deinit(&s.content);
    free(s.list);
    free(s.start);
    free(s.sum);
    free(s.met);
    free(s.own);

    if (rc != XSELL_OK) {
        xsell_part_free(cat, XSELL_PART_SIMILAR);
        xsell_part_free(cat, XSELL_PART_SIMILAR_START);
    }

    return rc;
}


const uint32_t *
xsell_similar_words(const xsell_catalog_t *cat, uint32_t idx, uint32_t *n)
{
    const uint32_t      *start;
    const xsell_part_t  *rows, *starts;

    *n = 0;
    rows = &cat->part[XSELL_PART_SIMILAR];
    starts = &cat->part[XSELL_PART_SIMILAR_START];

    if (idx >= cat->n || idx + 1 >= starts->n) {
        return NULL;
    }

    start = (const uint32_t *) starts->p + idx;

    if (start[0] > start[1] || start[1] > rows->n
        || start[1] - start[0] > XSELL_SIMILAR_MAX)
    {
        return NULL;
    }

    *n = start[1] - start[0];

    return (const uint32_t *) rows->p + start[0];
}


uint32_t
xsell_catalog_similar(const xsell_catalog_t *cat, uint32_t idx,
    xsell_similar_t out[XSELL_SIMILAR_MAX])
{
    uint32_t         i, n, words;
    const uint32_t  *word;

    word = xsell_similar_words(cat, idx, &words);

    for (n = 0, i = 0; i < words; i++) {
        out[n].item = xsell_similar_item(word[i]);
        out[n].likeness = xsell_similar_likeness(word[i]);
        n += out[n].item < cat->n;
    }

    return n;
}


/* whether it can be offered at all while this catalogue is in use */

static int
similar_offered(const xsell_item_t *it)
{
    return it->availability < XSELL_OUT_OF_STOCK;
}


static int
similar_invert(similar_t *s)
{
    uint32_t                     i, k, t, n, *start;
    const uint32_t              *first;
    const xsell_content_cell_t  *cell;

    n = s->cat->n;
    first = s->content.first;
    cell = s->content.cell;

    start = calloc((size_t) s->content.terms + 2, sizeof(uint32_t));
    s->start = start;
    s->list = malloc(((size_t) first[n] + 1) * sizeof(*cell));

    if (start == NULL || s->list == NULL) {
        return XSELL_ENOMEM;
    }

    /* counted two further on and summed up, so that filling the lists moves
       each start to where it belongs */

    for (i = 0; i < n; i++) {
        for (k = first[i]; k < first[i + 1]; k++) {
            start[cell[k].id + 2] += similar_offered(&xsell_items(s->cat)[i]);
        }
    }

    for (t = 2; t <= s->content.terms; t++) {
        start[t] += start[t - 1];
    }

    for (i = 0; i < n; i++) {

        if (!similar_offered(&xsell_items(s->cat)[i])) {
            continue;
        }

        for (k = first[i]; k < first[i + 1]; k++) {
            t = start[cell[k].id + 1]++;
            s->list[t].id = i;
            s->list[t].weight = cell[k].weight;
        }
    }

    return XSELL_OK;
}


static int
similar_all(similar_t *s)
{
    uint32_t         i, n, kept, *start;
    xsell_part_t    *rows;
    xsell_scored_t   row[XSELL_SIMILAR_EXACT];

    n = s->cat->n;
    rows = &s->out->part[XSELL_PART_SIMILAR];

    s->look = XSELL_SIMILAR_ALL / n;
    s->look = s->look < XSELL_SIMILAR_LOOK ? s->look : XSELL_SIMILAR_LOOK;
    s->look = s->look > XSELL_SIMILAR_LEAST ? s->look : XSELL_SIMILAR_LEAST;

    s->sum = calloc(n, sizeof(float));
    s->own = calloc((size_t) s->content.terms + 1, sizeof(float));
    s->met = malloc(s->look * sizeof(uint32_t));

    if (s->sum == NULL || s->own == NULL || s->met == NULL
        || xsell_part_make(s->out, XSELL_PART_SIMILAR_START, n + 1ull)
           != XSELL_OK)
    {
        return XSELL_ENOMEM;
    }

    start = s->out->part[XSELL_PART_SIMILAR_START].p;

    for (i = 0; i < n; i++) {

        if (xsell_part_grow(s->out, XSELL_PART_SIMILAR, XSELL_SIMILAR_MAX)
            != XSELL_OK)
        {
            return XSELL_ENOMEM;
        }

        similar_meet(s, i);
        kept = similar_best(s, i, row);
        similar_compare(s, i, row, kept);
        similar_keep(s, row, kept);

        start[i + 1] = (uint32_t) rows->n;
    }

    xsell_part_trim(s->out, XSELL_PART_SIMILAR);

    return XSELL_OK;
}


/* sums up the products of weights of all words, or of the rarer ones */

static void
similar_meet(similar_t *s, uint32_t item)
{
    uint32_t               k, t, n, end, from, left;
    xsell_content_cell_t  *cell, *list;

    cell = s->content.cell;
    end = s->content.first[item + 1];
    left = s->look;
    s->met_n = 0;

    for (k = s->content.first[item]; k < end; k++) {
        t = cell[k].id;
        list = &s->list[s->start[t]];
        n = s->start[t + 1] - s->start[t];

        if (n <= left) {
            similar_add(s, list, n, cell[k].weight);
            left -= n;
            continue;
        }

        /* those behind the item, then from the beginning */

        from = similar_behind(list, n, item);
        n = n - from < left ? n - from : left;

        similar_add(s, list + from, n, cell[k].weight);
        similar_add(s, list, left - n, cell[k].weight);
        break;
    }

    s->all_met = k == end;
}


static void
similar_add(similar_t *s, const xsell_content_cell_t *list, uint32_t n,
    float weight)
{
    float     *sum;
    uint32_t   i;

    for (i = 0; i < n; i++) {
        sum = &s->sum[list[i].id];

        if (*sum == 0) {
            s->met[s->met_n++] = list[i].id;
        }

        *sum += weight * list[i].weight;
    }
}


/* where in a list, which ascends, the items behind this one begin */

static uint32_t
similar_behind(const xsell_content_cell_t *list, uint32_t n, uint32_t item)
{
    uint32_t  low, high, mid;

    for (low = 0, high = n; low < high; ) {
        mid = low + (high - low) / 2;

        if (list[mid].id <= item) {
            low = mid + 1;

        } else {
            high = mid;
        }
    }

    return low;
}


/* variants of one product: said so by the feed, or told apart by no word */

static int
similar_variant(const similar_t *s, uint32_t x, uint32_t y)
{
    const xsell_item_t  *items;

    items = xsell_items(s->cat);

    return s->content.same[x] == s->content.same[y]
           || (items[x].group_idx
               && items[x].group_idx == items[y].group_idx);
}


/* the best of those met, by the sums; clears these */

static uint32_t
similar_best(similar_t *s, uint32_t item, xsell_scored_t *row)
{
    uint32_t        i, n, other, kept;
    xsell_scored_t  one;

    n = s->cat->n;
    kept = 0;
    memset(&one, 0, sizeof(one));

    for (i = 0; i < s->met_n; i++) {
        other = s->met[i];
        one.score = s->sum[other];
        s->sum[other] = 0;

        if ((kept == XSELL_SIMILAR_EXACT && one.score < row[0].score)
            || similar_variant(s, item, other))
        {
            continue;
        }

        /* support: which; ref: how far behind the item, for ties */

        one.support = other;
        one.ref = other > item ? other - item : n - item + other;
        kept = xsell_scored_keep(row, kept, XSELL_SIMILAR_EXACT, &one);
    }

    xsell_scored_sort(row, kept);

    return kept;
}


/* the whole likeness, of as many as the limit allows; best first */

static void
similar_compare(similar_t *s, uint32_t item, xsell_scored_t *row, uint32_t n)
{
    float                        f;
    uint32_t                     i, k, left;
    const uint32_t              *first, *other;
    const xsell_content_cell_t  *cell;

    if (s->all_met) {
        return;
    }

    first = s->content.first;
    cell = s->content.cell;

    for (k = first[item]; k < first[item + 1]; k++) {
        s->own[cell[k].id] = cell[k].weight;
    }

    /* they lie anywhere: a third of the time was waiting for them */

    for (i = 0; i < n; i++) {
        __builtin_prefetch(&first[row[i].support]);
    }

    for (i = 0; i < n; i++) {
        __builtin_prefetch(&cell[first[row[i].support]]);
    }

    left = s->look;

    for (i = 0; i < n; i++) {
        other = &first[row[i].support];

        if (other[1] - other[0] > left) {
            break;
        }

        left -= other[1] - other[0];

        for (f = 0, k = other[0]; k < other[1]; k++) {
            f += s->own[cell[k].id] * cell[k].weight;
        }

        row[i].score = f;
    }

    for (k = first[item]; k < first[item + 1]; k++) {
        s->own[cell[k].id] = 0;
    }

    xsell_scored_sort(row, n);
}


/* to the end of the lists, where there is room for it */

static void
similar_keep(const similar_t *s, const xsell_scored_t *row, uint32_t n)
{
    uint32_t       i, k, kept, *out;
    xsell_part_t  *rows;

    rows = &s->out->part[XSELL_PART_SIMILAR];
    out = (uint32_t *) rows->p + rows->n;

    for (kept = 0, i = 0; i < n && kept < XSELL_SIMILAR_MAX; i++) {

        if (row[i].score < XSELL_SIMILAR_FLOOR) {
            break;
        }

        for (k = 0; k < kept; k++) {
            if (similar_variant(s, out[k] & XSELL_SLOT_MASK, row[i].support)) {
                break;
            }
        }

        if (k == kept) {
            out[kept++] = row[i].support
                          | (uint32_t) (xsell_clip(row[i].score, 0, 1) * 255
                                        + .5f) << XSELL_SLOT_BITS;
        }
    }

    rows->n += kept;
}

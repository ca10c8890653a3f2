
/*
 * xsell_near.c: for each item of a plane the ones whose vectors point most
 * nearly the same way: candidates for a page that nobody has visited yet.
 *
 *   trees   halve the items again and again by a random direction
 *   leaf    compare all that ended up together, keep each one's best
 *   meet    compare an item with its neighbours' neighbours
 *   pack    what is kept: 64 bytes an item
 *
 * It runs once, when a plane is finished; the read path finds a list.
 *
 * Up to XSELL_NEAR_ALL products of rows there is one leaf with everything in
 * it, so the lists are exact.  Beyond, XSELL_NEAR_TREES trees with leaves of
 * XSELL_NEAR_LEAF items: at each node the items are ordered by how much nearer
 * they are to one random item of the node than to another and cut in the
 * middle, so a tree costs 2 log2(n / leaf) + leaf / 2 products of rows an item,
 * whatever the data.  Then XSELL_NEAR_MEET times, at 256 products an item,
 * neighbours of neighbours are looked at.  That finds most of the true
 * neighbours, not all: of points with little order in 24 dimensions 93 %.
 *
 * Invariants: equal planes give equal lists (the random numbers have a fixed
 * seed).  A neighbour is another item, no variant of this one, one a product,
 * and can be had; its likeness is above 0.
 *
 * Sources: random projection trees (Dasgupta, Freund, STOC 2008) in the form of
 * Spotify's Annoy, cut at the median; NN-descent (Dong and others, WWW 2011).
 * Not taken: HNSW, whose graph is larger than these lists and is made for
 * questions that are not known beforehand.
 */

#include "xsell_catalog.h"
#include "xsell_model.h"

#include <stdlib.h>
#include <string.h>


#define XSELL_NEAR_ALL     16000000u    /* pairs: exact below 5,600 items */
#define XSELL_NEAR_LEAF    256
#define XSELL_NEAR_TREES   3
#define XSELL_NEAR_MEET    2
#define XSELL_NEAR_SEED    0x6e656172u


typedef struct {
    uint32_t                 item;
    float                    side;
} near_key_t;


typedef struct {
    uint32_t                 item;          /* XSELL_NO_ITEM: free */
    float                    cosine;
} near_row_t;


typedef struct {
    const xsell_catalog_t   *cat;
    const int8_t            *rows;
    const xsell_plane_size_t
                            *size;
    uint32_t                 stride;
    near_key_t              *key;           /* items with a vector */
    near_row_t              *row;           /* MAX an item, best first */
    uint64_t                 random;
} near_t;


static void near_split(near_t *t, near_key_t *key, uint32_t n);
static void near_leaf(near_t *t, const near_key_t *key, uint32_t n);
static void near_meet(near_t *t);
static void near_pair(near_t *t, uint32_t x, uint32_t y);
static void near_put(near_t *t, uint32_t item, uint32_t other, float cosine);
static void near_pack(const near_t *t, uint32_t *out);


int
xsell_plane_finish(xsell_catalog_t *cat, unsigned plane)
{
    near_t          t;
    uint32_t        i, n, trees;

    if (plane >= XSELL_PLANES || cat->image
        || cat->part[xsell_plane_part(plane, XSELL_PLANE_ROWS)].p == NULL)
    {
        return XSELL_EINVAL;
    }

    memset(&t, 0, sizeof(t));
    t.cat = cat;
    t.rows = cat->part[xsell_plane_part(plane, XSELL_PLANE_ROWS)].p;
    t.size = cat->part[xsell_plane_part(plane, XSELL_PLANE_SIZES)].p;
    t.stride = xsell_plane_stride(cat->dims[plane]);
    t.random = XSELL_NEAR_SEED;

    t.key = malloc(((size_t) cat->n + 1) * sizeof(near_key_t));
    t.row = malloc(((size_t) cat->n + 1) * XSELL_SIMILAR_MAX
                   * sizeof(near_row_t));

    if (t.key == NULL || t.row == NULL
        || xsell_part_make(cat, xsell_plane_part(plane, XSELL_PLANE_NEAR),
                           (uint64_t) cat->n * XSELL_SIMILAR_MAX)
           != XSELL_OK)
    {
        free(t.key);
        free(t.row);
        return XSELL_ENOMEM;
    }

    for (i = 0; i < cat->n * XSELL_SIMILAR_MAX; i++) {
        t.row[i].item = XSELL_NO_ITEM;
        t.row[i].cosine = 0;
    }

    for (n = 0, i = 0; i < cat->n; i++) {
        if (t.size[i].inverse > 0) {
            t.key[n++].item = i;
        }
    }

    if ((uint64_t) n * n / 2 <= XSELL_NEAR_ALL) {
        near_leaf(&t, t.key, n);

    } else {
        for (trees = 0; trees < XSELL_NEAR_TREES; trees++) {
            near_split(&t, t.key, n);
        }

        for (i = 0; i < XSELL_NEAR_MEET; i++) {
            near_meet(&t);
        }
    }

    near_pack(&t, cat->part[xsell_plane_part(plane, XSELL_PLANE_NEAR)].p);

    free(t.key);
    free(t.row);

    return XSELL_OK;
}


uint32_t
xsell_plane_near(const xsell_catalog_t *cat, unsigned plane, uint32_t idx,
    xsell_similar_t out[XSELL_SIMILAR_MAX])
{
    uint32_t         i, n;
    const uint32_t  *near;

    if (plane >= XSELL_PLANES || idx >= cat->n) {
        return 0;
    }

    /* all or nothing: as many as the items have */
    near = cat->part[xsell_plane_part(plane, XSELL_PLANE_NEAR)].p;

    if (near == NULL) {
        return 0;
    }

    near += (size_t) idx * XSELL_SIMILAR_MAX;

    for (n = 0, i = 0; i < XSELL_SIMILAR_MAX && near[i] != XSELL_NO_REF; i++) {
        out[n].item = near[i] & XSELL_SLOT_MASK;
        out[n].likeness = (float) (near[i] >> XSELL_SLOT_BITS) / 255;
        n += out[n].item < cat->n;
    }

    return n;
}


/* a total order, so that no two machines cut differently */

static int
near_before(const near_key_t *x, const near_key_t *y)
{
    return x->side != y->side ? x->side < y->side : x->item < y->item;
}


/* what belongs before place `at` goes there (Hoare's selection) */

static void
near_cut(near_t *t, near_key_t *key, uint32_t n, int32_t at)
{
    int32_t     low, high, i, j;
    near_key_t  pivot, x;

    low = 0;
    high = (int32_t) n - 1;

    while (low < high) {
        pivot = key[low + (int32_t) (xsell_random(&t->random)
                                     % (uint32_t) (high - low + 1))];
        i = low;
        j = high;

        do {
            while (near_before(&key[i], &pivot)) {
                i++;
            }

            while (near_before(&pivot, &key[j])) {
                j--;
            }

            if (i <= j) {
                x = key[i];
                key[i++] = key[j];
                key[j--] = x;
            }

        } while (i <= j);

        if (j < at) {
            low = i;
        }

        if (at < i) {
            high = j;
        }
    }
}


static void
near_split(near_t *t, near_key_t *key, uint32_t n)
{
    float          wa, wb;
    uint32_t       i, half, dims;
    const int8_t  *a, *b, *v;

    dims = t->stride;

    while (n > XSELL_NEAR_LEAF) {
        i = key[xsell_random(&t->random) % n].item;
        a = t->rows + (size_t) i * dims;
        wa = t->size[i].inverse;

        i = key[xsell_random(&t->random) % n].item;
        b = t->rows + (size_t) i * dims;
        wb = t->size[i].inverse;

        for (i = 0; i < n; i++) {
            v = t->rows + (size_t) key[i].item * dims;
            key[i].side = ((float) xsell_vector_dot(v, a, dims) * wa
                           - (float) xsell_vector_dot(v, b, dims) * wb)
                          * t->size[key[i].item].inverse;
        }

        half = n / 2;
        near_cut(t, key, n, (int32_t) half);

        near_split(t, key, half);
        key += half;
        n -= half;
    }

    near_leaf(t, key, n);
}


static void
near_leaf(near_t *t, const near_key_t *key, uint32_t n)
{
    uint32_t  i, k;

    for (i = 0; i < n; i++) {
        for (k = i + 1; k < n; k++) {
            near_pair(t, key[i].item, key[k].item);
        }
    }
}


static void
near_meet(near_t *t)
{
    uint32_t           i, k, m, x, y;
    const near_row_t  *row, *next;

    for (i = 0; i < t->cat->n; i++) {
        row = &t->row[(size_t) i * XSELL_SIMILAR_MAX];

        for (k = 0; k < XSELL_SIMILAR_MAX; k++) {
            x = row[k].item;

            if (x == XSELL_NO_ITEM) {
                break;
            }

            next = &t->row[(size_t) x * XSELL_SIMILAR_MAX];

            for (m = 0; m < XSELL_SIMILAR_MAX; m++) {
                y = next[m].item;

                if (y == XSELL_NO_ITEM) {
                    break;
                }

                if (y != i) {
                    near_pair(t, i, y);
                }
            }
        }
    }
}


static void
near_pair(near_t *t, uint32_t x, uint32_t y)
{
    float                cosine;
    const xsell_item_t  *a, *b;

    a = &xsell_items(t->cat)[x];
    b = &xsell_items(t->cat)[y];

    cosine = (float) xsell_vector_dot(t->rows + (size_t) x * t->stride,
                                      t->rows + (size_t) y * t->stride,
                                      t->stride)
             * (t->size[x].inverse * t->size[y].inverse);

    if (!(cosine > 0) || (a->group_idx && a->group_idx == b->group_idx)) {
        return;
    }

    if (b->availability < XSELL_OUT_OF_STOCK) {
        near_put(t, x, y, cosine);
    }

    if (a->availability < XSELL_OUT_OF_STOCK) {
        near_put(t, y, x, cosine);
    }
}


/* whether the row at i is a better neighbour of the item; ties go to who
   follows next in the catalogue, so that not all name the same few */

static int
near_better(const near_t *t, uint32_t item, const near_row_t *row,
    uint32_t other, float cosine)
{
    if (row->item == XSELL_NO_ITEM || row->cosine != cosine) {
        return row->item != XSELL_NO_ITEM && row->cosine > cosine;
    }

    return (row->item > item ? row->item : row->item + t->cat->n)
           < (other > item ? other : other + t->cat->n);
}


static void
near_put(near_t *t, uint32_t item, uint32_t other, float cosine)
{
    uint32_t             i, k, group;
    near_row_t          *row;
    const xsell_item_t  *items;

    row = &t->row[(size_t) item * XSELL_SIMILAR_MAX];

    if (near_better(t, item, &row[XSELL_SIMILAR_MAX - 1], other, cosine)) {
        return;
    }

    items = xsell_items(t->cat);
    group = items[other].group_idx;

    for (i = 0; i < XSELL_SIMILAR_MAX && row[i].item != XSELL_NO_ITEM; i++) {

        if (row[i].item == other) {
            return;             /* another tree put them together too */
        }

        if (group && items[row[i].item].group_idx == group) {

            if (near_better(t, item, &row[i], other, cosine)) {
                return;
            }

            break;              /* this one leaves for it */
        }
    }

    k = i < XSELL_SIMILAR_MAX ? i : XSELL_SIMILAR_MAX - 1;

    for ( /* void */ ;
         k > 0 && !near_better(t, item, &row[k - 1], other, cosine);
         k--)
    {
        row[k] = row[k - 1];
    }

    row[k].item = other;
    row[k].cosine = cosine;
}


static void
near_pack(const near_t *t, uint32_t *out)
{
    size_t             i, n;
    const near_row_t  *row;

    n = (size_t) t->cat->n * XSELL_SIMILAR_MAX;

    for (i = 0; i < n; i++) {
        row = &t->row[i];
        out[i] = row->item == XSELL_NO_ITEM ? XSELL_NO_REF
                 : row->item | (uint32_t) (xsell_clip(row->cosine, 0, 1)
                                           * 255 + .5f) << XSELL_SLOT_BITS;
    }
}

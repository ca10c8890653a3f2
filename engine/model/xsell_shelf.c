
/*
 * xsell_shelf.c: the sources of candidates that need nobody's visits: what the
 * catalogue says of the lead item (words, pictures, category), and what is
 * viewed most, of all items, in the category, in those that go with it, in the
 * visitor's country.
 *
 * They come behind the evidence (xsell_candidates.c).  Where that brought
 * plenty, each of them gives half.
 */

#include "xsell_catalog.h"
#include "xsell_model.h"


#define XSELL_CATEGORY_KEEP   16
#define XSELL_CATEGORY_FRESH  4    /* ... beside those that are viewed most */
#define XSELL_PARTNER_KINDS   2    /* that go with the lead's, of so many ... */
#define XSELL_PARTNER_KEEP    4    /* ... so many items each */
#define XSELL_PARTNER_LEAST   0.6f /* log2: half as often again as by chance */

/* a lift of kinds says more than one of two items: all that does not fit thins
   it */
#define XSELL_PARTNER_LIFT    3.0f

#define XSELL_LIST_KEEP       16
#define XSELL_NEW_KEEP        8

/* what may be said of a row of a list: see xsell_shelf_said */
#define XSELL_SOLD_LEAST      6.0f
#define XSELL_SHARE_LEAST     10

#define XSELL_SIMILAR_REST    XSELL_VIEWED_REST

_Static_assert(2 * XSELL_CATEGORY_LOOK <= XSELL_SOURCE_KEEP, "two windows");


/* what the slots of the first `max` of an item's likes are called */

static void
xsell_shelf_names(const xsell_query_t *q, uint32_t item, uint32_t max)
{
    uint32_t         i, n, like;
    const uint32_t  *word;

    word = xsell_similar_words(q->catalog, item, &n);

    for (i = 0; i < n && i < max && q->catalog->refs; i++) {
        like = xsell_similar_item(word[i]);

        if (like < q->catalog->n) {
            __builtin_prefetch(&q->catalog->refs[like]);
        }
    }
}


static void
xsell_shelf_like(xsell_ranker_t *r, const xsell_arena_t *a,
    const xsell_query_t *q, uint32_t item, float weight, uint32_t max)
{
    uint32_t             i, n, like;
    const uint32_t      *word;
    xsell_candidate_t   *row;
    const xsell_item_t  *it;

    word = xsell_similar_words(q->catalog, item, &n);

    for (i = 0; i < n && max; i++) {
        like = xsell_similar_item(word[i]);
        it = xsell_catalog_item(q->catalog, like);

        if (it == NULL) {
            continue;
        }

        max--;
        row = xsell_candidates_put(&r->candidates, a, q->catalog, like,
                                   xsell_catalog_ref(q->catalog, it),
                                   XSELL_REASON_SIMILAR);
        if (row) {
            row->similar += weight * xsell_similar_likeness(word[i]);
        }
    }
}


/*
 * What is like the lead, and like what was viewed before it.  The cart's
 * other items are not asked: who has one of a kind wants another kind.
 */

static void
xsell_shelf_similar(xsell_ranker_t *r, const xsell_arena_t *a,
    const xsell_query_t *q, int plenty)
{
    uint32_t  i, item;

    xsell_shelf_names(q, r->basis.lead, XSELL_SIMILAR_MAX);

    for (i = 0; i < r->basis.visit_n && !plenty; i++) {
        xsell_shelf_names(q, xsell_catalog_of(q->catalog,
                                              r->basis.visit[i]),
                          XSELL_SIMILAR_MAX / 4);
    }

    xsell_shelf_like(r, a, q, r->basis.lead, 1,
                     plenty ? XSELL_SIMILAR_MAX / 2 : XSELL_SIMILAR_MAX);

    for (i = 0; i < r->basis.visit_n && !plenty; i++) {
        item = xsell_catalog_of(q->catalog, r->basis.visit[i]);

        if (item != r->basis.lead) {
            xsell_shelf_like(r, a, q, item, XSELL_SIMILAR_REST,
                             XSELL_SIMILAR_MAX / 4);
        }
    }
}


/*
 * What looks like the lead, and what goes with its colours.  Of a kind with
 * the lead it is looks that count, of another kind harmony: nobody wants a
 * second sofa because its colour matches.
 */

static void
xsell_shelf_pictures(xsell_ranker_t *r, const xsell_arena_t *a,
    const xsell_query_t *q, unsigned plane, unsigned reason)
{
    float                visual;
    uint32_t             i, n;
    xsell_similar_t      near[XSELL_SIMILAR_MAX];
    xsell_candidate_t   *row;
    const xsell_item_t  *it, *lead;

    lead = xsell_catalog_item(q->catalog, r->basis.lead);

    if (lead == NULL) {
        return;
    }

    n = xsell_plane_near(q->catalog, plane, r->basis.lead, near);

    for (i = 0; i < n; i++) {
        it = xsell_catalog_item(q->catalog, near[i].item);

        if (it == NULL
            || (reason == XSELL_REASON_GOES && lead->category_idx
                && it->category_idx == lead->category_idx))
        {
            continue;
        }

        row = xsell_candidates_put(&r->candidates, a, q->catalog,
                                   near[i].item,
                                   xsell_catalog_ref(q->catalog, it), reason);
        if (row == NULL) {
            continue;
        }

        /* pictures of any two products look half alike; of two palettes a
           third is much */

        visual = reason == XSELL_REASON_LOOKS
                 ? 4 * near[i].likeness - 2 : 2 * near[i].likeness;
        visual = xsell_clip(visual, 0, 2);

        row->visual = visual > row->visual ? visual : row->visual;
    }
}


/*
 * A window of a category: its most viewed items, else those that follow in
 * the catalogue, so that products of a new shop don't all show the same four.
 * before: items looked at already, which go first where nobody viewed any.
 */

static uint32_t
xsell_shelf_window(xsell_ranker_t *r, const xsell_arena_t *a,
    const xsell_query_t *q, const uint32_t *list, uint32_t n, uint32_t from,
    uint32_t look, uint32_t before, uint32_t kept)
{
    uint32_t             i, k, slot;
    xsell_ref_t          ref[XSELL_CATEGORY_LOOK];
    xsell_scored_t       row;
    const xsell_item_t  *it;

    memset(&row, 0, sizeof(row));

    for (k = from, i = 0; i < look; i++) {
        it = xsell_catalog_item(q->catalog, list[k]);
        ref[i] = xsell_catalog_ref(q->catalog, it);
        slot = xsell_ref_slot(ref[i]);
        k = k + 1 < n ? k + 1 : 0;

        if (slot < a->items_n) {
            __builtin_prefetch(&a->items[slot].pop);
        }
    }

    for (k = from, i = 0; i < look; i++) {
        row.ref = ref[i];
        row.support = list[k];
        slot = xsell_ref_slot(row.ref);
        k = k + 1 < n ? k + 1 : 0;

        if (slot >= a->items_n) {
            continue;
        }

        row.score = xsell_clip(xsell_load_float(&a->items[slot].pop), 0, 1e9f)
                    - 1e-4f * (float) (before + i);

        r->scored[kept++] = row;
    }

    return kept;
}


/* the place of the first item of a category behind the lead; the list
   ascends */

static uint32_t
xsell_shelf_behind(const uint32_t *list, uint32_t n, uint32_t lead)
{
    uint32_t  low, high, mid;

    low = 0;
    high = n;

    while (low < high) {
        mid = low + (high - low) / 2;

        if (list[mid] <= lead) {
            low = mid + 1;

        } else {
            high = mid;
        }
    }

    return low % n;
}


/* windows of a category, where too little is known of what is viewed most in
   it */

static void
xsell_shelf_windows(xsell_ranker_t *r, const xsell_arena_t *a,
    const xsell_query_t *q, const uint32_t *list, uint32_t n, uint32_t low,
    uint32_t keep, int plenty)
{
    uint32_t  look, kept, i;

    look = plenty ? XSELL_CATEGORY_LOOK / 2 : XSELL_CATEGORY_LOOK;
    look = n < look ? n : look;
    kept = xsell_shelf_window(r, a, q, list, n, low, look, 0, 0);

    /* a large category: also somewhere else each time, for its best ones */

    if (n > look && !plenty) {
        low = (low + look + (uint32_t) (q->seed % (n - look))) % n;
        kept = xsell_shelf_window(r, a, q, list, n, low,
                                  n - look < look ? n - look : look,
                                  look, kept);
    }

    /* of a few, those that stay are not looked for: all are sorted */

    if (kept > 2 * keep) {
        kept = xsell_scored_select(r->scored, kept, keep);
    }

    xsell_scored_sort(r->scored, kept);
    kept = kept < keep ? kept : keep;

    for (i = 0; i < kept; i++) {
        xsell_candidates_put(&r->candidates, a, q->catalog,
                             r->scored[i].support, r->scored[i].ref,
                             XSELL_REASON_CATEGORY);
    }
}


/* rows of a crowd: what may be said of each, and what each is anyway */

static void
xsell_shelf_crowd(xsell_ranker_t *r, const xsell_arena_t *a,
    const xsell_query_t *q, const xsell_scored_t *row, uint32_t n,
    unsigned source)
{
    uint32_t            i;
    xsell_candidate_t  *c;

    xsell_candidates_ahead(q->catalog, row, n);

    for (i = 0; i < n; i++) {
        c = xsell_candidates_ref(r, a, q, row[i].ref, source);

        if (c) {
            c->sources |= row[i].support;
        }
    }
}


/*
 * The most viewed of the category, and some that follow the lead in the
 * catalogue or stand anywhere in it: what nobody looked at yet is on no list.
 */

static void
xsell_shelf_category(xsell_ranker_t *r, const xsell_arena_t *a,
    const xsell_query_t *q, int plenty)
{
    uint32_t             n, low, keep, known, i, at;
    const uint32_t      *list;
    xsell_crowd_t        crowd;
    const xsell_item_t  *lead;

    lead = xsell_catalog_item(q->catalog, r->basis.lead);

    if (lead == NULL || lead->category_idx == 0) {
        return;
    }

    list = xsell_catalog_category(q->catalog, lead->category_idx, &n);

    if (list == NULL || n == 0) {
        return;
    }

    low = xsell_shelf_behind(list, n, r->basis.lead);
    keep = plenty ? XSELL_CATEGORY_KEEP / 2 : XSELL_CATEGORY_KEEP;
    known = xsell_crowd_list(a, xsell_kind(r, q->catalog, lead)->path, &crowd,
                             r->scored, keep);

    known = known < keep ? known : keep - XSELL_CATEGORY_FRESH;

    xsell_shelf_crowd(r, a, q, r->scored, known, XSELL_REASON_CATEGORY);

    /* a long list takes what there is */

    if (known < keep - XSELL_CATEGORY_FRESH || q->want > XSELL_SLATE_MAX) {
        xsell_shelf_windows(r, a, q, list, n, low,
                            q->want > XSELL_SLATE_MAX ? keep
                                                      : keep - known,
                            plenty);
        return;
    }

    for (i = 0; i < XSELL_CATEGORY_FRESH; i++) {
        at = (i % 2 ? low + i / 2 : (uint32_t) ((q->seed >> 16 * i) % n)) % n;

        xsell_candidates_put(&r->candidates, a, q->catalog, list[at],
                             xsell_catalog_ref(q->catalog,
                                 xsell_catalog_item(q->catalog, list[at])),
                             XSELL_REASON_CATEGORY);
    }
}


/* ---- kinds that go with the lead's ------------------------------------- */

void
xsell_shelf_with(xsell_ranker_t *r, const xsell_arena_t *a,
    const xsell_query_t *q)
{
    const xsell_item_t  *lead;

    lead = xsell_catalog_item(q->catalog, r->basis.lead);

    r->with_n = xsell_goes_list(a, q, xsell_kind(r, q->catalog, lead)->path,
                                r->with);
}


/* the most viewed of them.  That they are viewed much is what their own shelf
   says; what brought them is the kind. */

static void
xsell_shelf_partners(xsell_ranker_t *r, const xsell_arena_t *a,
    const xsell_query_t *q, int plenty)
{
    uint32_t       i, k, n, keep;
    xsell_crowd_t  crowd;

    keep = plenty ? XSELL_PARTNER_KEEP / 2 : XSELL_PARTNER_KEEP;

    for (i = 0; i < r->with_n && i < XSELL_PARTNER_KINDS; i++) {

        if (r->with[i].lift < XSELL_PARTNER_LEAST) {
            break;
        }

        n = xsell_crowd_list(a, r->with[i].kind, &crowd, r->scored, keep);

        xsell_candidates_ahead(q->catalog, r->scored, n);

        for (k = 0; k < n; k++) {
            xsell_candidates_ref(r, a, q, r->scored[k].ref,
                                 XSELL_REASON_GOES);
        }
    }
}


/* a pair of kinds speaks for a row of which no pair of items says more */

void
xsell_shelf_lift(xsell_ranker_t *r)
{
    float               lift;
    uint32_t            i, k;
    uint64_t            some;
    xsell_candidate_t  *c;

    /* nearly all are of other kinds */

    for (some = 0, k = 0; k < r->with_n; k++) {
        some |= 1ull << r->with[k].category % 64;
    }

    for (i = 0; some && i < r->candidates.n; i++) {
        c = &r->candidates.row[i];

        if ((some >> c->info->category_idx % 64 & 1) == 0) {
            continue;
        }

        for (k = 0; k < r->with_n; k++) {

            if (c->info->category_idx != r->with[k].category) {
                continue;
            }

            lift = XSELL_PARTNER_LIFT * r->with[k].lift;
            c->lift = c->lift > lift ? c->lift : lift;
        }
    }
}


/* what is viewed most in the visitor's country; and of all rows so far, how
   much more it is than elsewhere */

static void
xsell_shelf_country(xsell_ranker_t *r, const xsell_arena_t *a,
    const xsell_query_t *q, int plenty)
{
    uint32_t             i, n;
    const xsell_land_t  *land;
    xsell_candidate_t   *c;

    land = xsell_crowd_land(r, a, q);

    if (land == NULL) {
        return;
    }

    n = plenty ? XSELL_LIST_KEEP / 2 : XSELL_LIST_KEEP;

    xsell_shelf_crowd(r, a, q, land->row, land->n < n ? land->n : n,
                      XSELL_REASON_NONE);

    for (i = 0; i < land->n; i++) {
        c = xsell_candidates_find(&r->candidates,
                                  xsell_catalog_of(q->catalog,
                                                   land->row[i].ref));
        if (c) {
            c->geo = land->row[i].extra;
        }
    }
}


/*
 * Of a list's first n rows those that may be called what the list is called.
 * "Very popular" is a statement to customers, so it is made of a tenth of the
 * catalogue at most, with as many views (or orders) as chance does not bring:
 * of 12 views a week, or 6 orders a month, the mean is above 6.2, above 2.2, in
 * 39 of 40 cases (Poisson).  The others are candidates as before, and what
 * else speaks for them is the reason.
 */

static uint32_t
xsell_shelf_said(const xsell_arena_t *a, const xsell_query_t *q,
    uint32_t list, uint32_t n)
{
    float     least;
    uint32_t  said, most;

    least = list == XSELL_TOP_SOLD ? XSELL_SOLD_LEAST
            : list == XSELL_TOP_NEW ? 0 : XSELL_VIEWS_LEAST;
    most = n;

    if (list == XSELL_TOP_POPULAR || list == XSELL_TOP_SOLD) {
        most = (xsell_catalog_n(q->catalog) + XSELL_SHARE_LEAST - 1)
               / XSELL_SHARE_LEAST;
        most = n < most ? n : most;
    }

    for (said = 0;
         said < most && xsell_load_float(&a->tops[list].score[said]) >= least;
         said++)
    {
        /* void */
    }

    return said;
}


static void
xsell_shelf_list(xsell_ranker_t *r, const xsell_arena_t *a,
    const xsell_query_t *q, uint32_t list, uint32_t max, unsigned source)
{
    float        best;
    uint32_t     i, n, said;
    xsell_ref_t  refs[XSELL_TOP];

    n = xsell_top_copy(a, list, refs, max, &best);
    said = xsell_shelf_said(a, q, list, n);

    for (i = 0; i < n; i++) {
        xsell_candidates_ref(r, a, q, refs[i], i < said ? source
                                                        : XSELL_REASON_NONE);
    }
}


/* with plenty of better rows, two a place, the rest wins few places: look at
   half of it */

static int
xsell_shelf_plenty(const xsell_candidates_t *c, const xsell_query_t *q)
{
    return c->n >= 2 * (q->want < XSELL_SLATE_MAX ? q->want
                                                  : XSELL_SLATE_MAX);
}


void
xsell_shelf_gather(xsell_ranker_t *r, const xsell_arena_t *a,
    const xsell_query_t *q)
{
    uint32_t             keep;
    xsell_candidates_t  *c;

    c = &r->candidates;

    xsell_shelf_similar(r, a, q, xsell_shelf_plenty(c, q));
    xsell_shelf_pictures(r, a, q, XSELL_PLANE_VISUAL, XSELL_REASON_LOOKS);
    xsell_shelf_pictures(r, a, q, XSELL_PLANE_HARMONY, XSELL_REASON_GOES);
    xsell_shelf_category(r, a, q, xsell_shelf_plenty(c, q));
    xsell_shelf_with(r, a, q);
    xsell_shelf_partners(r, a, q, xsell_shelf_plenty(c, q));

    keep = xsell_shelf_plenty(c, q) ? XSELL_LIST_KEEP / 2 : XSELL_LIST_KEEP;

    xsell_shelf_list(r, a, q, XSELL_TOP_POPULAR, keep, XSELL_REASON_POPULAR);
    xsell_shelf_list(r, a, q, XSELL_TOP_SOLD, keep, XSELL_REASON_POPULAR);
    xsell_shelf_list(r, a, q, XSELL_TOP_TRENDING, keep, XSELL_REASON_TRENDING);
    xsell_shelf_list(r, a, q, XSELL_TOP_NEW, XSELL_NEW_KEEP, XSELL_REASON_NEW);
    xsell_shelf_country(r, a, q, xsell_shelf_plenty(c, q));
    xsell_shelf_lift(r);
}

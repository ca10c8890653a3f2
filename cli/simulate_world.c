
/*
 * simulate_world.c: the shop of a simulation: its items, what goes with what,
 * what its sources know of that.
 *
 * All of it follows from a seed.  What a source says about a pair of items is
 * the truth and noise that never changes (a hash), so no policy can average
 * it away by asking again, and ten thousand squared numbers need no table.
 *
 * At half time the rows of every second category in "what goes with what" are
 * drawn anew, and so is what devices and categories make of a template.  The
 * also-bought source goes on to say what it said: it was logged before.
 *
 * Worlds: `null` has items that are all the same to everybody, and templates
 * too, so whatever a policy shows is as good as anything else; in `intrusive`
 * nobody ever wants to be offered anything; in `no-drift` nothing changes
 * with time.
 */

#include "simulate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>


enum {
    SIM_TAG_BOUGHT = 1,
    SIM_TAG_VIEWED,
    SIM_TAG_CONTENT,
    SIM_TAG_LOOKS,
    SIM_TAG_GEO,
    SIM_TAG_GEO_NOISE,
    SIM_TAG_BIT,
    SIM_TAG_DEVICE,
    SIM_TAG_INTENT,
    SIM_TAG_GROUP,
    SIM_TAG_PAIR
};


typedef float  sim_four_t __attribute__((vector_size(16)));


static const char *const  sim_worlds[SIM_WORLDS] = {
    "plain", "null", "intrusive", "no-drift"
};


const char *
sim_world_name(unsigned kind)
{
    return kind < SIM_WORLDS ? sim_worlds[kind] : NULL;
}


float
sim_dot(const float *x, const float *y)
{
    float     sum[2];
    unsigned  k;

    sum[0] = 0;
    sum[1] = 0;

    for (k = 0; k < SIM_STYLE; k += 2) {
        sum[0] += x[k] * y[k];
        sum[1] += x[k + 1] * y[k + 1];
    }

    return sum[0] + sum[1];
}


/* centre + noise, of length 1; centre NULL: any direction */

void
sim_style(float *style, const float *centre, double noise, uint64_t *rng)
{
    double    sum;
    unsigned  k;

    sum = 0;

    for (k = 0; k < SIM_STYLE; k++) {
        style[k] = (float) ((centre ? centre[k] : 0)
                            + noise * sim_normal(rng));
        sum += (double) style[k] * style[k];
    }

    sum = sqrt(sum > 1e-12 ? sum : 1e-12);

    for (k = 0; k < SIM_STYLE; k++) {
        style[k] = (float) (style[k] / sum);
    }
}


/* ---- items ------------------------------------------------------------ */

static void
sim_item(sim_world_t *w, sim_item_t *it, uint64_t *rng)
{
    it->category = (uint8_t) sim_below(rng, SIM_CATEGORIES);
    sim_style(it->style, w->centre[it->category], .45, rng);

    it->quality = (float) sim_normal(rng);
    it->rating = (float) (it->quality + .5 * sim_normal(rng));
    it->log_price = (float) (log(40) + .25 * ((7 * it->category % 5) - 2)
                             + .4 * sim_normal(rng));
    it->delta = (float) (.6 * sim_normal(rng));
    it->popularity = (float) (.35 * it->quality + sim_normal(rng));
    it->late = sim_uniform(rng) < .05;
}


static const sim_item_t  *sim_ranked;   /* of qsort */

static int
sim_rank_order(const void *x, const void *y)
{
    uint16_t  a, b;

    a = *(const uint16_t *) x;
    b = *(const uint16_t *) y;

    if (sim_ranked[a].popularity != sim_ranked[b].popularity) {
        return sim_ranked[a].popularity < sim_ranked[b].popularity ? 1 : -1;
    }

    return a - b;
}


static void
sim_rank(sim_world_t *w)
{
    double    sum;
    uint32_t  i;

    for (i = 0; i < SIM_ITEMS; i++) {
        w->rank[i] = (uint16_t) i;
    }

    sim_ranked = w->item;
    qsort(w->rank, SIM_ITEMS, sizeof(w->rank[0]), sim_rank_order);

    sum = 0;

    for (i = 0; i < SIM_ITEMS; i++) {
        sum += pow(i + 10, -.8);
        w->views[i] = sum;
    }
}


/* ---- what goes with what, trends, templates --------------------------- */

static void
sim_goes_row(float *row, unsigned self, uint64_t *rng)
{
    unsigned  i, other;

    memset(row, 0, SIM_CATEGORIES * sizeof(row[0]));
    row[self] = .2f;

    for (i = 0; i < 4; /* void */) {
        other = sim_below(rng, SIM_CATEGORIES);

        if (row[other] == 0) {
            row[other] = (float) (.5 + .5 * sim_uniform(rng));
            i++;
        }
    }
}


static void
sim_goes(sim_world_t *w, uint64_t *rng)
{
    unsigned  c;

    for (c = 0; c < SIM_CATEGORIES; c++) {
        sim_goes_row(w->goes[0][c], c, rng);
    }

    memcpy(w->goes[1], w->goes[0], sizeof(w->goes[0]));

    for (c = 0; c < SIM_CATEGORIES; c += 2) {
        sim_goes_row(w->goes[1][c], c, rng);
    }
}


static void
sim_trends(sim_world_t *w, uint64_t *rng)
{
    uint32_t  e, i, item;

    for (e = 0; e < SIM_EIGHTHS; e++) {
        for (i = 0; i < SIM_TRENDING; /* void */) {
            item = sim_below(rng, SIM_ITEMS);

            if (!w->trending[e][item]) {
                w->trending[e][item] = 1;
                w->trend[e][i++] = (uint16_t) item;
            }
        }
    }
}


static double
sim_look_of(const sim_world_t *w, unsigned regime, unsigned template,
    unsigned device, unsigned intent, unsigned group)
{
    double    sum;
    unsigned  b, c;

    sum = 0;

    for (b = 0; b < 4; b++) {

        if ((template & (1u << b)) == 0) {
            continue;
        }

        sum += .18 * sim_hash_normal(w->seed, b, 0, SIM_TAG_BIT)
               + .30 * sim_hash_normal(w->seed, b, 2 * device + regime,
                                       SIM_TAG_DEVICE)
               + .16 * sim_hash_normal(w->seed, b, intent, SIM_TAG_INTENT)
               + .20 * sim_hash_normal(w->seed, b, 2 * group + regime,
                                       SIM_TAG_GROUP);

        for (c = b + 1; c < 4; c++) {
            if (template & (1u << c)) {
                sum += .12 * sim_hash_normal(w->seed, b, c, SIM_TAG_PAIR);
            }
        }
    }

    return .4 * sum;
}


static void
sim_looks(sim_world_t *w)
{
    unsigned  r, t, d, z, g;

    for (r = 0; r < 2; r++) {
        for (t = 0; t < SIM_TEMPLATES; t++) {
            for (d = 0; d < 2; d++) {
                for (z = 0; z < SIM_INTENTS; z++) {
                    for (g = 0; g < SIM_GROUPS; g++) {
                        w->look[r][t][d][z][g] =
                            (float) sim_look_of(w, r, t, d, z, g);
                    }
                }
            }
        }
    }
}


/* ---- the whole -------------------------------------------------------- */

static int
sim_world_room(sim_world_t *w)
{
    unsigned  e, k;

    for (k = 0; k < SIM_STYLE; k++) {
        w->style[k] = calloc(SIM_ITEMS, sizeof(float));

        if (w->style[k] == NULL) {
            return CLI_FAILED;
        }
    }

    w->item = calloc(SIM_ITEMS, sizeof(*w->item));
    w->lists = calloc(SIM_ITEMS, sizeof(*w->lists));
    w->rank = calloc(SIM_ITEMS, sizeof(*w->rank));
    w->views = calloc(SIM_ITEMS, sizeof(*w->views));

    if (w->item == NULL || w->lists == NULL || w->rank == NULL
        || w->views == NULL)
    {
        return CLI_FAILED;
    }

    for (e = 0; e < SIM_EIGHTHS; e++) {
        w->trending[e] = calloc(SIM_ITEMS, 1);

        if (w->trending[e] == NULL) {
            return CLI_FAILED;
        }
    }

    return CLI_OK;
}


int
sim_world_create(sim_world_t *w, unsigned kind, uint64_t seed)
{
    uint32_t  i, c, k;
    uint64_t  rng;

    memset(w, 0, sizeof(*w));
    w->kind = kind;

    if (sim_world_room(w) != CLI_OK) {
        sim_world_destroy(w);
        return cli_fail("not enough memory");
    }

    rng = seed;
    w->seed = xsell_random(&rng);

    for (c = 0; c < SIM_CATEGORIES; c++) {
        sim_style(w->centre[c], NULL, 1, &rng);
    }

    for (i = 0; i < SIM_ITEMS; i++) {
        sim_item(w, &w->item[i], &rng);

        for (k = 0; k < SIM_STYLE; k++) {
            w->style[k][i] = w->item[i].style[k];
        }
    }

    for (c = 0; c < SIM_COUNTRIES; c++) {
        for (i = 0; i < SIM_CATEGORIES; i++) {
            w->geo[c][i] = (float) sim_hash_normal(w->seed, c, i,
                                                   SIM_TAG_GEO);
        }
    }

    sim_rank(w);
    sim_goes(w, &rng);
    sim_trends(w, &rng);
    sim_looks(w);

    return CLI_OK;
}


void
sim_world_destroy(sim_world_t *w)
{
    unsigned  e, k;

    for (k = 0; k < SIM_STYLE; k++) {
        free(w->style[k]);
    }

    free(w->item);
    free(w->lists);
    free(w->rank);
    free(w->views);

    for (e = 0; e < SIM_EIGHTHS; e++) {
        free(w->trending[e]);
    }

    memset(w, 0, sizeof(*w));
}


/* ---- time ------------------------------------------------------------- */

void
sim_world_at(sim_world_t *w, double t)
{
    double  eighth;

    eighth = t / w->end_s * SIM_EIGHTHS;

    w->eighth = eighth < SIM_EIGHTHS - 1 ? (unsigned) eighth
                                         : SIM_EIGHTHS - 1;

    if (w->kind == SIM_STILL) {
        w->grown = 1;
        return;
    }

    w->season = .4 * sin(2 * M_PI * t / w->end_s);
    w->trend_of = w->eighth;
    w->changed = t >= w->end_s / 2;
    w->grown = t >= .4 * w->end_s;
}


uint32_t
sim_popular(const sim_world_t *w, uint64_t *rng)
{
    double    x;
    uint32_t  low, high, mid;

    for ( ;; ) {
        x = sim_uniform(rng) * w->views[SIM_ITEMS - 1];
        low = 0;
        high = SIM_ITEMS - 1;

        while (low < high) {
            mid = (low + high) / 2;

            if (w->views[mid] > x) {
                high = mid;

            } else {
                low = mid + 1;
            }
        }

        /* ends: 19 of 20 items are always there */

        if (sim_born(w, w->rank[low])) {
            return w->rank[low];
        }
    }
}


/* ---- sources ---------------------------------------------------------- */

void
sim_source(const sim_world_t *w, uint32_t anchor, uint32_t item,
    sim_source_t *to)
{
    double             d;
    const sim_item_t  *a, *i;

    a = &w->item[anchor];
    i = &w->item[item];
    d = sim_dot(a->style, i->style);

    to->bought = (float) (w->goes[0][a->category][i->category]
                          + .12 * i->popularity
                          + .25 * sim_hash_normal(w->seed, anchor, item,
                                                  SIM_TAG_BOUGHT));
    to->viewed = (float) (.7 * d + .25 * (a->category == i->category)
                          + .25 * sim_hash_normal(w->seed, anchor, item,
                                                  SIM_TAG_VIEWED));
    to->content = (float) (d + .25 * sim_hash_normal(w->seed, anchor, item,
                                                     SIM_TAG_CONTENT));
    to->looks = (float) (d + .35 * sim_hash_normal(w->seed, anchor, item,
                                                   SIM_TAG_LOOKS));
}


double
sim_geo(const sim_world_t *w, unsigned country, uint32_t item)
{
    return w->geo[country][w->item[item].category]
           + .5 * sim_hash_normal(w->seed, country, item, SIM_TAG_GEO_NOISE);
}


/* a list of n places, best first, that an item gets into if it is good */

typedef struct {
    uint16_t            *item;
    unsigned             n;
    float                score[SIM_BOUGHT + SIM_SPARE];
} sim_best_t;


static void
sim_best_init(sim_best_t *best, uint16_t *item, unsigned n)
{
    unsigned  i;

    best->item = item;
    best->n = n;

    for (i = 0; i < n; i++) {
        best->score[i] = -100;
    }
}


static void
sim_best_put(sim_best_t *best, uint32_t item, float x)
{
    unsigned  at;

    if (x <= best->score[best->n - 1]) {
        return;
    }

    for (at = best->n - 1; at && best->score[at - 1] < x; at--) {
        best->score[at] = best->score[at - 1];
        best->item[at] = best->item[at - 1];
    }

    best->score[at] = x;
    best->item[at] = (uint16_t) item;
}


/* products with all items, four at a time */

static void
sim_dots(const sim_world_t *w, const float *style, float *dot)
{
    unsigned    k;
    uint32_t    i;
    sim_four_t  sum, x;

    for (i = 0; i < SIM_ITEMS; i += 4) {
        sum = (sim_four_t) { 0, 0, 0, 0 };

        for (k = 0; k < SIM_STYLE; k++) {
            memcpy(&x, &w->style[k][i], sizeof(x));
            sum += x * style[k];
        }

        memcpy(&dot[i], &sum, sizeof(sum));
    }
}


/* 40 us: most items have no chance whatever their noise, which is then not
   asked for */

static void
sim_lists_make(const sim_world_t *w, uint32_t anchor, sim_lists_t *l)
{
    float              x, dot[SIM_ITEMS];
    uint32_t           i;
    sim_best_t         bought, viewed, looks;
    const float       *goes;
    const sim_item_t  *a, *it;

    a = &w->item[anchor];
    goes = w->goes[0][a->category];

    sim_best_init(&bought, l->bought, SIM_BOUGHT + SIM_SPARE);
    sim_best_init(&viewed, l->viewed, SIM_VIEWED + SIM_SPARE);
    sim_best_init(&looks, l->looks, SIM_LOOKS + SIM_SPARE);

    sim_dots(w, a->style, dot);

    dot[anchor] = -100;

    for (i = 0; i < SIM_ITEMS; i++) {
        it = &w->item[i];

        x = goes[it->category] + .12f * it->popularity;

        if (x + .25f * SIM_QUANTILE_MAX > bought.score[bought.n - 1]
            && i != anchor)
        {
            sim_best_put(&bought, i,
                         x + .25f * (float) sim_hash_normal(w->seed, anchor, i,
                                                        SIM_TAG_BOUGHT));
        }

        x = .7f * dot[i] + .25f * (a->category == it->category);

        if (x + .25f * SIM_QUANTILE_MAX > viewed.score[viewed.n - 1]) {
            sim_best_put(&viewed, i,
                         x + .25f * (float) sim_hash_normal(w->seed, anchor, i,
                                                        SIM_TAG_VIEWED));
        }

        if (dot[i] + .35f * SIM_QUANTILE_MAX > looks.score[looks.n - 1]) {
            sim_best_put(&looks, i,
                         dot[i] + .35f * (float) sim_hash_normal(w->seed,
                                                 anchor, i, SIM_TAG_LOOKS));
        }
    }

    l->known = 1;
}


const sim_lists_t *
sim_lists(sim_world_t *w, uint32_t anchor)
{
    if (!w->lists[anchor].known) {
        sim_lists_make(w, anchor, &w->lists[anchor]);
    }

    return &w->lists[anchor];
}

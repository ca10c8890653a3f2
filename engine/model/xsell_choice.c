
/*
 * xsell_choice.c: from rows with scores to the picks of a slate.
 *
 * The end of the read path, after the scores of xsell_rank.c or of
 * xsell_base_mix.c:
 *
 *   choice     the rows as columns: score, category, brand, price
 *   diversify  one by one the best that is left, held against those before it
 *   toss       in one of 40 decisions, one place for any row
 *
 * Diversity is MMR (Carbonell, Goldstein 1998): a greedy pick costs a few
 * comparisons a row.  A determinantal process needs item vectors, which this
 * model does not have.
 *
 * Rows are looked at four at a time and all of them at each pick.  A sorted
 * shortlist that is looked at from its top as far as needed does less, but one
 * row after the other and with a branch for each: sort and picks were a third
 * of a decision's instructions.
 */

#include "xsell_model.h"


/* one decision of so many has a place that is tossed for */
#define XSELL_CHOICE_SLICE  40

#define XSELL_CHOICE_NONE   UINT32_MAX


void
xsell_choice_close(xsell_choice_t *c, uint32_t n)
{
    c->n = n;

    while (n % 4) {
        xsell_choice_put(c, n++, XSELL_CHOICE_OUT, 0, 0, NAN);
    }
}


/* row i of r->candidates as row n of the choice */

void
xsell_choice_row(xsell_ranker_t *r, uint32_t n, uint32_t i)
{
    const xsell_candidate_t  *c;

    c = &r->candidates.row[i];
    r->choice.row[n] = (uint16_t) i;

    xsell_choice_put(&r->choice, n, c->score, c->info->category_idx,
                     c->info->brand_idx, xsell_octave(c->info->price));
}


/* ---- diversity -------------------------------------------------------- */

/* log2(4 / 3): the cheaper one costs three quarters at least */
#define XSELL_CHOICE_NEAR  0.415f

/* what the rows are held against, four times each: the row that was picked
   last, of which nothing is like what it has not; and what likeness takes */

typedef struct {
    xsell_int4_t             category;
    xsell_int4_t             brand;
    xsell_four_t             octave;
    xsell_four_t             half;
    xsell_four_t             quarter;
} xsell_choice_against_t;


static void
xsell_choice_against(xsell_choice_against_t *against,
    const xsell_choice_t *c, uint32_t at)
{
    against->category = xsell_int4_all(c->category[at] ? c->category[at]
                                                       : UINT32_MAX);
    against->brand = xsell_int4_all(c->brand[at] ? c->brand[at]
                                                 : UINT32_MAX);
    against->octave = xsell_four_all(c->octave[at]);
}


/* a score is as good as what it is beside the pick that it is most like: half
   for the category, a quarter each for the brand and for a price that is within
   a quarter of the dearer one */

static void
xsell_choice_hold(xsell_choice_t *c, const xsell_choice_against_t *against)
{
    size_t        i, n;
    xsell_four_t  like, octave, left;
    xsell_int4_t  category, brand;

    n = c->n;

    for (i = 0; i < n; i += 4) {
        memcpy(&category, &c->category[i], sizeof(category));
        memcpy(&brand, &c->brand[i], sizeof(brand));
        octave = xsell_four_abs(xsell_four(&c->octave[i]) - against->octave);

        like = xsell_four_where(category == against->category,
                                against->half)
               + xsell_four_where(brand == against->brand,
                                  against->quarter)
               + xsell_four_where(octave <= XSELL_CHOICE_NEAR,
                                  against->quarter);

        left = xsell_four_min(xsell_four(&c->score[i]) - like,
                              xsell_four(&c->left[i]));
        memcpy(&c->left[i], &left, sizeof(left));
    }
}


/* the row of which most is left, of equals the first; NONE: all are out */

static uint32_t
xsell_choice_best(const xsell_choice_t *c)
{
    float         best;
    size_t        i, n;
    uint32_t      at;
    xsell_four_t  f, top;
    xsell_int4_t  is, row, m;

    top = xsell_four_all(XSELL_CHOICE_OUT / 2);
    is = xsell_int4_all(XSELL_CHOICE_NONE);
    row = (xsell_int4_t) { 0, 1, 2, 3 };
    n = c->n;

    for (i = 0; i < n; i += 4) {
        f = xsell_four(&c->left[i]);
        m = f > top;
        top = xsell_four_max(f, top);
        is = (m & row) | (~m & is);
        row += 4;
    }

    at = XSELL_CHOICE_NONE;
    best = XSELL_CHOICE_OUT;

    for (i = 0; i < 4; i++) {
        if (top[i] > best || (top[i] == best && (uint32_t) is[i] < at)) {
            best = top[i];
            at = (uint32_t) is[i];
        }
    }

    return at;
}


/*
 * A score that `want` rows reach (at most 12), or less: of each fourth row the
 * best one, two or three.  A row that is worse by all that likeness can take is
 * not picked, unless those before it are refused.
 */

static float
xsell_choice_least(const xsell_choice_t *c, uint32_t want, float mmr)
{
    uint32_t      i;
    xsell_four_t  f, first, second, third;

    if (want > XSELL_SLATE_MAX) {
        return XSELL_CHOICE_OUT / 2;
    }

    first = xsell_four_all(XSELL_CHOICE_OUT);
    second = first;
    third = first;

    for (i = 0; i < c->n; i += 4) {
        f = xsell_four(&c->score[i]);
        third = xsell_four_max(third,
                               xsell_four_min(second,
                                              xsell_four_min(first, f)));
        second = xsell_four_max(second, xsell_four_min(first, f));
        first = xsell_four_max(first, f);
    }

    f = want > 8 ? third : want > 4 ? second : first;
    f[0] = f[1] < f[0] ? f[1] : f[0];
    f[2] = f[3] < f[2] ? f[3] : f[2];
    f[0] = (f[2] < f[0] ? f[2] : f[0]) - mmr;

    return f[0] > XSELL_CHOICE_OUT / 2 ? f[0] : XSELL_CHOICE_OUT / 2;
}


static void
xsell_choice_few(xsell_choice_t *few, const xsell_choice_t *c, float least)
{
    uint32_t  i, n;

    for (n = 0, i = 0; i < c->n; i++) {
        if (c->score[i] >= least) {
            xsell_choice_put(few, n, c->score[i], c->category[i],
                             c->brand[i], c->octave[i]);
            few->left[n] = c->score[i];
            few->row[n++] = (uint16_t) i;
        }
    }

    xsell_choice_close(few, n);

    for (i = n; i % 4; i++) {
        few->left[i] = XSELL_CHOICE_OUT;
    }
}


/* ---- picks ------------------------------------------------------------ */

void
xsell_choice_pick(const xsell_ranker_t *r, xsell_candidate_t *c,
    xsell_pick_t *pick)
{
    xsell_features_cross(&r->scale, c->feature);

    pick->item = c->item;
    pick->ref = c->ref;
    pick->score = c->score;
    pick->propensity = r->draws ? 0 : 0xffff;
    pick->pair = c->pair;
    pick->reason = (uint8_t) xsell_features_reason(c, r->weight);
    pick->rule = 0;
    pick->caps = 0;

    xsell_four_pack(c->feature, 16, pick->feature);
    xsell_four_pack(c->feature + 16, XSELL_FEATURES - 16, pick->feature + 16);
}


/* of the few, up to `want` picks, `picked` of them made before */

static uint32_t
xsell_choice_picks(xsell_ranker_t *r, xsell_rules_t *rules, int shared,
    xsell_pick_t *pick, uint32_t picked, uint32_t want, uint16_t *picks,
    xsell_choice_against_t *against)
{
    uint32_t            i, at;
    xsell_candidate_t  *c;

    while (picked < want) {
        i = xsell_choice_best(&r->few);

        if (i == XSELL_CHOICE_NONE) {
            break;
        }

        at = r->few.row[i];
        c = shared ? xsell_bases_row(r, at)
                   : &r->candidates.row[r->choice.row[at]];

        r->few.left[i] = XSELL_CHOICE_OUT;
        r->few.score[i] = XSELL_CHOICE_OUT;
        r->choice.score[at] = XSELL_CHOICE_OUT;

        /* a variant of one that was taken */

        if (!xsell_rules_take(rules, c)) {
            continue;
        }

        if (shared) {
            xsell_bases_complete(r, at, c);
        }

        picks[picked] = (uint16_t) at;
        xsell_choice_pick(r, c, &pick[picked++]);

        if (picked < want && against->half[0] > 0) {
            xsell_choice_against(against, &r->few, i);
            xsell_choice_hold(&r->few, against);
        }
    }

    return picked;
}


uint32_t
xsell_diversify(xsell_ranker_t *r, const xsell_query_t *q,
    xsell_rules_t *rules, int shared, xsell_pick_t *pick, uint32_t want,
    uint16_t *picks)
{
    float                    least;
    uint32_t                 i, picked;
    xsell_choice_against_t   against;

    against.half = xsell_four_all(0.5f * q->settings->mmr);
    against.quarter = xsell_four_all(0.25f * q->settings->mmr);
    least = xsell_choice_least(&r->choice, want, q->settings->mmr);
    picked = 0;

    for ( ;; ) {
        xsell_choice_few(&r->few, &r->choice, least);

        for (i = 0; i < picked && against.half[0] > 0; i++) {
            xsell_choice_against(&against, &r->choice, picks[i]);
            xsell_choice_hold(&r->few, &against);
        }

        picked = xsell_choice_picks(r, rules, shared, pick, picked, want,
                                    picks, &against);

        /* those that were refused leave places to rows below `least` */

        if (picked == want || least <= XSELL_CHOICE_OUT / 2) {
            return picked;
        }

        least = XSELL_CHOICE_OUT / 2;
    }
}


/* 1 if the row could stand at a place of the slate instead of the pick there */

static int
xsell_toss_fits(const xsell_query_t *q, const xsell_rules_t *rules,
    const xsell_candidate_t *c, const xsell_pick_t *pick, uint32_t picked,
    uint32_t at)
{
    uint32_t  k;

    for (k = 0; k < picked; k++) {
        if (k != at && (pick[k].item == c->item
                        || xsell_catalog_same(q->catalog, pick[k].item,
                                              c->item)))
        {
            return 0;
        }
    }

    return xsell_rules_fits(rules, c);
}


/*
 * The exploration slice: in one of 40 decisions one place gets any of the rows
 * that could stand there, each as likely as the others.  What was drawn has no
 * propensity in closed form; this has, and it costs one click in some
 * thousands.
 */

uint8_t
xsell_toss(xsell_ranker_t *r, const xsell_query_t *q,
    const xsell_rules_t *rules, int shared, xsell_pick_t *pick,
    uint32_t picked, const uint16_t *picks)
{
    uint32_t            i, m, at;
    uint16_t            rows[XSELL_CHOICES];
    xsell_candidate_t  *c;

    if (!r->draws || picked == 0
        || xsell_random(&r->random) % XSELL_CHOICE_SLICE != 0)
    {
        return 0;
    }

    at = (uint32_t) (xsell_random(&r->random) % picked);
    r->choice.score[picks[at]] = pick[at].score;
    m = 0;

    for (i = 0; i < r->choice.n; i++) {

        if (r->choice.score[i] <= XSELL_CHOICE_OUT / 2) {
            continue;
        }

        c = shared ? xsell_bases_row(r, i)
                   : &r->candidates.row[r->choice.row[i]];

        if (xsell_toss_fits(q, rules, c, pick, picked, at)) {
            rows[m++] = (uint16_t) i;
        }
    }

    /* what stands there was taken, so its group is no longer allowed */

    if (m == 0) {
        return 0;
    }

    i = rows[xsell_random(&r->random) % m];
    c = &r->candidates.row[shared ? i : r->choice.row[i]];

    if (shared) {
        xsell_bases_complete(r, i, c);
    }

    xsell_choice_pick(r, c, &pick[at]);
    pick[at].propensity = (uint16_t) (0xffff / m);

    return (uint8_t) (at + 1);
}

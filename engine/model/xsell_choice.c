
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
 * Rows are looked at four at a time and all of them at each pick: one pass
 * holds them against the last pick and finds what is left of the best.  A
 * sorted shortlist that is looked at from its top as far as needed does less,
 * but one row after the other and with a branch for each: sort and picks were a
 * third of a decision's instructions.  Copying those that can still become
 * picks pays only where these are less than half.
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


/* what is left of each score before anything is picked; returns the greatest,
   of each fourth row */

static xsell_four_t
xsell_choice_begin(xsell_choice_t *c)
{
    size_t        i, n;
    xsell_four_t  f, top;

    top = xsell_four_all(XSELL_CHOICE_OUT);
    n = c->n;

    for (i = 0; i < n; i += 4) {
        f = xsell_four(&c->score[i]);
        memcpy(&c->left[i], &f, sizeof(f));
        top = xsell_four_max(f, top);
    }

    return top;
}


/* the same without those that were refused */

static xsell_four_t
xsell_choice_again(const xsell_choice_t *c)
{
    size_t        i, n;
    xsell_four_t  top;

    top = xsell_four_all(XSELL_CHOICE_OUT);
    n = c->n;

    for (i = 0; i < n; i += 4) {
        top = xsell_four_max(xsell_four(&c->left[i]), top);
    }

    return top;
}


/* a score is as good as what it is beside the pick that it is most like: half
   for the category, a quarter each for the brand and for a price that is within
   a quarter of the dearer one; nothing is like what the pick, row `at`, has
   not */

static xsell_four_t
xsell_choice_hold(xsell_choice_t *c, uint32_t at, float mmr)
{
    size_t        i, n;
    xsell_four_t  like, half, quarter, octave, left, top;
    xsell_int4_t  is, category, brand;

    half = xsell_four_all(0.5f * mmr);
    quarter = xsell_four_all(0.25f * mmr);
    category = xsell_int4_all(c->category[at] ? c->category[at]
                                              : UINT32_MAX);
    brand = xsell_int4_all(c->brand[at] ? c->brand[at] : UINT32_MAX);
    octave = xsell_four_all(c->octave[at]);
    top = xsell_four_all(XSELL_CHOICE_OUT);
    n = c->n;

    for (i = 0; i < n; i += 4) {
        memcpy(&is, &c->category[i], sizeof(is));
        like = xsell_four_where(is == category, half);

        memcpy(&is, &c->brand[i], sizeof(is));
        like += xsell_four_where(is == brand, quarter);

        left = xsell_four_abs(xsell_four(&c->octave[i]) - octave);
        like += xsell_four_where(left <= XSELL_CHOICE_NEAR, quarter);

        left = xsell_four_min(xsell_four(&c->score[i]) - like,
                              xsell_four(&c->left[i]));
        memcpy(&c->left[i], &left, sizeof(left));
        top = xsell_four_max(left, top);
    }

    return top;
}


/* the row of which most is left, of equals the first; NONE: all are out */

static uint32_t
xsell_choice_best(const xsell_choice_t *c, xsell_four_t top)
{
    float         best;
    uint32_t      i, n, lane;
    xsell_four_t  all;

    best = top[0] > top[1] ? top[0] : top[1];
    best = top[2] > best ? top[2] : best;
    best = top[3] > best ? top[3] : best;

    if (!(best > XSELL_CHOICE_OUT / 2)) {
        return XSELL_CHOICE_NONE;
    }

    all = xsell_four_all(best);
    n = c->n;

    for (i = 0; i < n; i += 4) {
        lane = xsell_four_first(xsell_four(&c->left[i]) == all);

        if (lane < 4) {
            return i + lane;
        }
    }

    return XSELL_CHOICE_NONE;
}


/* ---- picks ------------------------------------------------------------ */

void
xsell_choice_pick(const xsell_ranker_t *r, xsell_candidate_t *c,
    xsell_pick_t *pick)
{
    xsell_features_cross(&r->scale, c->feature);
    xsell_features_pack(c->feature, pick->feature);

    pick->item = c->item;
    pick->ref = c->ref;
    pick->score = c->score;
    pick->propensity = r->draws ? 0 : 0xffff;
    pick->pair = c->pair;
    pick->reason = (uint8_t) xsell_features_reason(c->sources, pick->feature,
                                                   r->weight);
    pick->rule = 0;
    pick->caps = 0;
}


uint32_t
xsell_diversify(xsell_ranker_t *r, const xsell_query_t *q,
    xsell_rules_t *rules, int shared, xsell_pick_t *pick, uint32_t want,
    uint16_t *picks)
{
    float               score;
    uint32_t            i, picked;
    xsell_four_t        top;
    xsell_choice_t     *choice;
    xsell_candidate_t  *c;

    choice = &r->choice;
    top = xsell_choice_begin(choice);
    picked = 0;

    while (picked < want) {
        i = xsell_choice_best(choice, top);

        if (i == XSELL_CHOICE_NONE) {
            break;
        }

        c = shared ? xsell_bases_name(r, i)
                   : &r->candidates.row[choice->row[i]];

        score = choice->score[i];
        choice->left[i] = XSELL_CHOICE_OUT;
        choice->score[i] = XSELL_CHOICE_OUT;

        /* a variant of one that was taken */

        if (!xsell_rules_take(rules, c)) {
            top = xsell_choice_again(choice);
            continue;
        }

        picks[picked] = (uint16_t) i;

        if (shared) {
            xsell_bases_pick(r, i, score, &pick[picked++]);

        } else {
            xsell_choice_pick(r, c, &pick[picked++]);
        }

        if (picked < want) {
            top = q->settings->mmr > 0
                  ? xsell_choice_hold(choice, i, q->settings->mmr)
                  : xsell_choice_again(choice);
        }
    }

    return picked;
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

        c = shared ? xsell_bases_name(r, i)
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

    if (shared) {
        xsell_bases_pick(r, i, r->choice.score[i], &pick[at]);

    } else {
        xsell_choice_pick(r, &r->candidates.row[r->choice.row[i]], &pick[at]);
    }

    pick[at].propensity = (uint16_t) (0xffff / m);

    return (uint8_t) (at + 1);
}

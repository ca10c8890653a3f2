
/*
 * xsell_choice.c: from rows with scores to the picks of a slate.
 *
 * The end of the read path, after the scores of xsell_score.c or of
 * xsell_base_mix.c:
 *
 *   choice     the rows as columns: score, category, brand, price
 *   diversify  one by one the best that is left, held against those before it
 *   toss       in one of 40 decisions, one place for any row, in half of them
 *              for one that was shown little
 *
 * Diversity is MMR (Carbonell, Goldstein 1998): a greedy pick costs a few
 * comparisons a row.
 *
 * Not taken: a determinantal point process (greedy MAP of Chen, Zhang, Zhou
 * 2018; likeness: .3 for the category, .6 x cosine of styles).  In the
 * simulated shop, 10 seeds, the gap's share moves by -.4 +- .6 with a fifth of
 * the log determinant, by -4.0 +- .8 (6 seeds) with all of it, as MMR's by -1.7
 * +- .9 at .3: visitors there look at each offer for itself.
 *
 * Rows are looked at four at a time and all of them at each pick: one pass
 * holds them against the last pick and finds what is left of the best.  A
 * sorted shortlist that is looked at from its top as far as needed does less,
 * but one row after the other and with a branch for each: sort and picks were a
 * third of a decision's instructions.  Copying those that can still become
 * picks pays only where these are less than half.
 */

#include "xsell_rows.h"


/* one decision of so many has a place that is tossed for */
#define XSELL_CHOICE_SLICE  40

/* in half of these the place is for items that were shown less often: at a few
   clicks of a hundred, that is what the first clicks take */
#define XSELL_CHOICE_SHOWN  50


void
xsell_choice_close(xsell_choice_t *c, uint32_t n)
{
    c->n = n;

    while (n % XSELL_ROWS_AT_ONCE) {
        xsell_choice_put(c, n++, XSELL_CHOICE_OUT, 0, 0, NAN);
    }
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
    float                score, left;
    uint32_t             i, picked;
    xsell_choice_t      *choice;
    xsell_candidate_t   *c;
    const xsell_rows_t  *rows;

    rows = r->rows;
    choice = &r->choice;
    left = rows->begin(choice);
    picked = 0;

    while (picked < want && left > XSELL_CHOICE_OUT / 2) {
        i = rows->find(choice, left);
        c = shared ? xsell_bases_name(r, i)
                   : &r->candidates.row[choice->row[i]];

        score = choice->score[i];
        choice->left[i] = XSELL_CHOICE_OUT;
        choice->score[i] = XSELL_CHOICE_OUT;

        /* a variant of one that was taken */

        if (!xsell_rules_take(rules, c)) {
            left = rows->again(choice);
            continue;
        }

        picks[picked] = (uint16_t) i;
        pick[picked].score = score;

        if (!shared) {
            xsell_score_pick(r, c, score, &pick[picked]);
        }

        if (++picked < want) {
            left = q->settings->mmr > 0
                   ? rows->hold(choice, i, q->settings->mmr)
                   : rows->again(choice);
        }
    }

    if (shared) {
        xsell_bases_picks(r, picks, picked, pick);
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


/* how often the item was shown.  A record of another tag is of what was in the
   slot before, and reset before use: this item was never shown. */

static uint32_t
xsell_toss_shown(const xsell_arena_t *a, xsell_ref_t ref)
{
    const xsell_item_record_t  *it;

    if (xsell_ref_slot(ref) >= a->items_n) {
        return 0;
    }

    it = &a->items[xsell_ref_slot(ref)];

    return xsell_item_tag(it) == xsell_ref_tag(ref)
           ? xsell_load(&it->impressions) : 0;
}


/* rows that could stand at a place: those that were shown little first */

typedef struct {
    uint16_t            row[XSELL_CHOICES];
    uint32_t            few;
    uint32_t            n;
} xsell_toss_t;


static void
xsell_toss_rows(xsell_toss_t *t, xsell_ranker_t *r, const xsell_arena_t *a,
    const xsell_query_t *q, const xsell_rules_t *rules, int shared,
    const xsell_pick_t *pick, uint32_t picked, uint32_t at)
{
    uint32_t            i;
    xsell_candidate_t  *c;

    t->few = 0;
    t->n = 0;

    for (i = 0; i < r->choice.n; i++) {

        if (r->choice.score[i] <= XSELL_CHOICE_OUT / 2) {
            continue;
        }

        c = shared ? xsell_bases_name(r, i)
                   : &r->candidates.row[r->choice.row[i]];

        if (!xsell_toss_fits(q, rules, c, pick, picked, at)) {
            continue;
        }

        t->row[t->n] = (uint16_t) i;

        if (xsell_toss_shown(a, c->ref) < XSELL_CHOICE_SHOWN) {
            t->row[t->n] = t->row[t->few];
            t->row[t->few++] = (uint16_t) i;
        }

        t->n++;
    }
}


/* one of the rows, and how likely it was */

static uint16_t
xsell_toss_draw(const xsell_toss_t *t, uint64_t *random, uint16_t *propensity)
{
    uint32_t  i, among;

    among = t->few && (xsell_random(random) >> 32 & 1) ? t->few : t->n;
    i = (uint32_t) (xsell_random(random) % among);

    /* a row that was shown little can come either way */

    *propensity = (uint16_t) (t->few == 0 ? 0xffff / t->n
                              : 0xffff / (2.0 * t->n)
                                + (i < t->few ? 0xffff / (2.0 * t->few) : 0));

    return t->row[i];
}


/*
 * The exploration slice: in one of 40 decisions one place gets any of the rows
 * that could stand there, each as likely as the others; but in half of these,
 * if some were hardly ever shown, any of those.  So what is new gets its
 * chance although many rows are known, and what looked bad once is still
 * asked.  What was drawn by weights has no propensity in closed form; this has,
 * and it costs one click in some thousands.  The places for what was shown
 * little bring some (xsell simulate, 16 seeds, clicks on 18.03 to 18.22 % of
 * visits, +.18 +- .08; the gap's 52.3 to 53.3, +1.0 +- .5).
 *
 * Not before something was learned: the first clicks on slates by hand come
 * within minutes, and until then a shop's owner sees what the README says.
 */

uint8_t
xsell_toss(xsell_ranker_t *r, const xsell_arena_t *a, const xsell_query_t *q,
    const xsell_rules_t *rules, int shared, xsell_pick_t *pick,
    uint32_t picked, const uint16_t *picks)
{
    uint16_t      i, propensity;
    uint32_t      at, item;
    xsell_toss_t  t;

    if (!r->draws || picked == 0
        || xsell_random(&r->random) % XSELL_CHOICE_SLICE != 0)
    {
        return 0;
    }

    at = (uint32_t) (xsell_random(&r->random) % picked);
    r->choice.score[picks[at]] = pick[at].score;

    xsell_toss_rows(&t, r, a, q, rules, shared, pick, picked, at);

    /* what stands there was taken, so its group is no longer allowed */

    if (t.n == 0) {
        return 0;
    }

    item = pick[at].item;
    i = xsell_toss_draw(&t, &r->random, &propensity);

    if (shared) {
        pick[at].score = r->choice.score[i];
        xsell_bases_picks(r, &i, 1, &pick[at]);

    } else {
        xsell_score_pick(r, &r->candidates.row[r->choice.row[i]],
                         r->choice.score[i], &pick[at]);
    }

    pick[at].propensity = propensity;
    pick[at].same = pick[at].item == item;

    return (uint8_t) (at + 1);
}


/*
 * xsell_lesson.c: what one row of a slate teaches.  Learner only.
 *
 * An observation is a row: its score is the sum of weights x features, the
 * item's residual, the residual of its kind next to the page's, its place and
 * its look; each takes its share of the surprise by what it does not know
 * (xsell_bandit.c).  A slate says one thing about its look, not one a row: the
 * rows share it.
 *
 * Change: what goes with what is not for ever.  A sum a group of kinds
 * (CUSUM, Page 1954) watches whether clicks come less often than the model
 * says; when it alarms, the residuals of that group's pairs become uncertain
 * again, so that the next weeks count more than the last ones; and so, a
 * little, do the weights and what is known of looks, which all groups share:
 * the more groups alarm, the more.
 *
 * Invariants: a residual is two words that each mean something, finite and
 * possible.  Callers hold the intent (MODEL, 2).
 */

#include "xsell_lesson.h"

#include <math.h>


/* what is known of an item alone moves its score by so many logits at most:
   twenty times the odds, or a twentieth */
#define XSELL_LESSON_ITEM_CLIP  3.0f

/* a residual is never surer than this: it follows what changes */
#define XSELL_LESSON_ITEM_MOST  60.0f
#define XSELL_LESSON_PAIR_MOST  40.0f
#define XSELL_LESSON_PLACE_MOST 1e4f

/* change: clicks are this much rarer than expected, by so much evidence */
#define XSELL_LESSON_RARER      0.6f
#define XSELL_LESSON_ALARM      7.0f
#define XSELL_LESSON_OPEN       3000    /* rows of a group that open again */
#define XSELL_LESSON_REOPEN     0.9f


/* ---- residuals --------------------------------------------------------- */

xsell_residual_t
xsell_lesson_residual(float mean, float precision, float prior)
{
    xsell_residual_t  r;

    r.mean = mean;
    r.precision = precision;

    if (!(precision >= prior) || !xsell_residual_good(&r)) {
        r.mean = 0;
        r.precision = prior;
    }

    return r;
}


/* the mean stays, so does the room for the next one */

static void
xsell_lesson_most(xsell_residual_t *r, float most)
{
    if (r->precision > most) {
        r->precision = most;
    }
}


/* of an item: one that has won all the clicks there are is no reason to show
   it on every page */

void
xsell_lesson_item(xsell_residual_t *r)
{
    xsell_lesson_most(r, XSELL_LESSON_ITEM_MOST);
    r->mean = xsell_clip(r->mean, -XSELL_LESSON_ITEM_CLIP,
                         XSELL_LESSON_ITEM_CLIP);
}


/* ---- rows -------------------------------------------------------------- */

void
xsell_lesson_look(xsell_lesson_t *lesson, xsell_arena_t *a,
    const xsell_impression_t *imp)
{
    xsell_bandit_t  b;

    lesson->a = a;
    lesson->imp = imp;

    xsell_bandit_looks(&b, &a->learner->work);
    xsell_look_features(imp->term, imp->arm, lesson->look);

    lesson->look_mean = xsell_bandit_mean(&b, lesson->look);
    lesson->look_spread = xsell_bandit_spread(&b, lesson->look);
}


void
xsell_lesson_row(const xsell_lesson_t *lesson, unsigned k, xsell_row_t *row)
{
    uint32_t                i, slot;
    xsell_arena_t          *a;
    xsell_bandit_t          b;
    xsell_learner_t        *l;
    const xsell_imp_row_t  *shown;

    a = lesson->a;
    l = a->learner;
    shown = &lesson->imp->row[k];

    for (i = 0; i < XSELL_FEATURES; i++) {
        row->x[i] = (float) shown->feature[i] / 32;
    }

    slot = xsell_ref_slot(shown->ref);
    row->it = slot < a->items_n
              && xsell_item_tag(&a->items[slot]) == xsell_ref_tag(shown->ref)
              ? &a->items[slot] : NULL;

    row->item = xsell_lesson_residual(row->it ? row->it->resid_mean : 0,
                                     row->it ? row->it->resid_prec : 0,
                                     XSELL_ITEM_PRECISION);

    row->cell = xsell_affinity_at(a, shown->pair);
    row->pair = xsell_lesson_residual(row->cell->mean, row->cell->precision,
                                     XSELL_PAIR_PRECISION);

    row->at = &l->place[lesson->imp->arm & XSELL_LOOK_STORY][k];
    row->place.mean = row->at->mean;
    row->place.precision = row->at->precision;

    xsell_bandit_weights(&b, &l->work);

    row->score = xsell_bandit_mean(&b, row->x) + row->item.mean
                 + row->pair.mean + row->place.mean + lesson->look_mean;

    row->spread = xsell_bandit_spread(&b, row->x) + 1 / row->item.precision
                  + 1 / row->pair.precision + lesson->look_spread
                  + (k ? 1 / row->place.precision : 0);
}


void
xsell_lesson_store(float *mean, float *precision, const xsell_residual_t *r)
{
    if (xsell_residual_good(r)) {
        xsell_store_float(mean, r->mean);
        xsell_store_float(precision, r->precision);
    }
}


/* what evidence of the row says, to all that make its score but its look,
   which the slate as a whole tells */

static void
xsell_lesson_share(const xsell_lesson_t *lesson, unsigned k, xsell_row_t *row,
    const xsell_evidence_t *ev)
{
    xsell_bandit_t    b;
    xsell_learner_t  *l;

    l = lesson->a->learner;
    xsell_bandit_weights(&b, &l->work);

    if (!xsell_bandit_learn(&b, row->x, ev)) {
        return;
    }

    (void) xsell_residual_learn(&row->item, ev);
    (void) xsell_residual_learn(&row->pair, ev);

    if (k) {
        (void) xsell_residual_learn(&row->place, ev);
        xsell_lesson_most(&row->place, XSELL_LESSON_PLACE_MOST);
        xsell_lesson_store(&row->at->mean, &row->at->precision, &row->place);
    }

    if (row->it) {
        xsell_lesson_item(&row->item);
        xsell_lesson_store(&row->it->resid_mean, &row->it->resid_prec,
                          &row->item);
    }

    xsell_lesson_most(&row->pair, XSELL_LESSON_PAIR_MOST);
    xsell_lesson_store(&row->cell->mean, &row->cell->precision, &row->pair);

    l->work.updates++;
    l->fresh++;
}


void
xsell_lesson_observe(const xsell_lesson_t *lesson, unsigned k,
    xsell_row_t *row, float reward, float weight)
{
    xsell_evidence_t  ev;

    if (xsell_evidence_logit(&ev, row->score, row->spread, reward, weight,
                             XSELL_LESSON_CLIP))
    {
        xsell_lesson_share(lesson, k, row, &ev);
    }
}


/* the row was learned as not liked, and was not seen, or (push 1) clicked */

void
xsell_lesson_back(const xsell_lesson_t *lesson, unsigned k, xsell_row_t *row,
    float push)
{
    xsell_evidence_t  ev;

    if (xsell_evidence_back(&ev, push, row->spread, XSELL_LESSON_CLIP)) {
        xsell_lesson_share(lesson, k, row, &ev);
    }
}


/* ---- change ------------------------------------------------------------ */

/* what all groups share becomes less sure */

void
xsell_lesson_shake(xsell_learner_t *l, float keep)
{
    float           mean[XSELL_LOOKS], variance[XSELL_LOOKS];
    xsell_bandit_t  b;

    xsell_bandit_weights(&b, &l->work);
    xsell_bandit_forget(&b, xsell_weights_default, xsell_weights_variance,
                        keep);

    xsell_looks_prior(mean, variance);
    xsell_bandit_looks(&b, &l->work);
    xsell_bandit_forget(&b, mean, variance, keep);
}


/* expected: clicks by the model's word; 1: an alarm, the group's pairs are open
   now */

int
xsell_lesson_drift(xsell_learner_t *l, unsigned group, float expected,
    float clicks)
{
    xsell_drift_t  *d;

    d = &l->drift[group % XSELL_DRIFTS];

    d->sum += expected * (1 - XSELL_LESSON_RARER)
               + clicks * logf(XSELL_LESSON_RARER);
    d->sum = d->sum > 0 && d->sum < 1e6f ? d->sum : 0;

    if (!(d->sum > XSELL_LESSON_ALARM)) {
        return 0;
    }

    d->sum = 0;
    d->open = XSELL_LESSON_OPEN;

    return 1;
}


void
xsell_lesson_reopen(const xsell_lesson_t *lesson, xsell_row_t *row)
{
    xsell_drift_t  *d;

    d = &lesson->a->learner->drift[lesson->imp->kind % XSELL_DRIFTS];

    if (d->open == 0) {
        return;
    }

    d->open--;
    row->pair.precision *= XSELL_LESSON_REOPEN;

    if (row->pair.precision < XSELL_PAIR_PRECISION) {
        row->pair.precision = XSELL_PAIR_PRECISION;
    }
}

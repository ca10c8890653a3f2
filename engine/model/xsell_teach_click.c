
/*
 * xsell_teach_click.c: what a click teaches, and what follows one.  Learner
 * only.
 *
 *   click       at once: its row was liked
 *   30 minutes  a click on a settled slate: its row was learned as not liked,
 *               and is taken back, with its look and the rows below, so that
 *               each is learned once, as if the click had come in time
 *   a week      carts and orders of clicked rows, each counted once
 *               (the ledger says so)
 *   rating      of an item, wherever it is met
 *
 * Log p and log (1 - p) differ by the score itself: taking a 0 back for a 1 is
 * a push of 1 wherever the score is by now.
 */

#include "xsell_lesson.h"


/* the clicked row that was learned, but this one; n if none was clicked, above
   n if what was clicked may not teach */

unsigned
xsell_teach_clicked(const xsell_arena_t *a, const xsell_impression_t *imp,
    unsigned but)
{
    unsigned                   k;
    const xsell_ledger_row_t  *row;

    for (k = 0; k < imp->n; k++) {

        if (k == but || imp->state[k] != XSELL_IMP_CLICKED) {
            continue;
        }

        row = xsell_ledger_find(a, imp->session, imp->row[k].ref,
                                (uint32_t) (imp->time_ms / 1000));

        return row && row->impression == imp->seq
               && (row->state & XSELL_LEDGER_UNTAUGHT) == 0 ? k : imp->n + 1u;
    }

    return imp->n;
}


/* whether a click at this time came when its slate was settled */

static int
xsell_teach_late(const xsell_learner_t *l, const xsell_impression_t *imp,
    uint64_t time_ms)
{
    return time_ms >= imp->time_ms + XSELL_TEACH_CLICK_MS
           && ((l->clicks_at - imp->seq - 1) & XSELL_IMP_ID)
              < XSELL_IMP_ID / 2;
}


/* the slate, which nobody seemed to have clicked, was: its look was liked, and
   rows below were not seen */

static void
xsell_teach_resettle(const xsell_lesson_t *lesson, unsigned position)
{
    unsigned                   k;
    xsell_row_t                row;
    xsell_bandit_t             b;
    xsell_learner_t           *l;
    xsell_evidence_t           ev;
    const xsell_impression_t  *imp;

    l = lesson->a->learner;
    imp = lesson->imp;

    (void) xsell_lesson_drift(l, imp->kind, 0, 1);
    xsell_bandit_looks(&b, &l->work);

    if (xsell_evidence_back(&ev, 1, lesson->look_spread, XSELL_LESSON_CLIP)) {
        (void) xsell_bandit_learn(&b, lesson->look, &ev);
    }

    for (k = position + 1; k < imp->n; k++) {
        xsell_lesson_row(lesson, k, &row);
        xsell_lesson_back(lesson, k, &row, xsell_sigmoid(row.score));
    }

    l->rewards++;
}


void
xsell_teach_click(xsell_arena_t *a, const xsell_impression_t *imp,
    unsigned position, uint64_t time_ms)
{
    unsigned        clicked;
    xsell_row_t     row;
    xsell_lesson_t  lesson;

    if (position >= imp->n || position >= XSELL_SLATE_MAX) {
        return;
    }

    xsell_teach_ready(a);
    xsell_intent_set(a, XSELL_REGION_MODEL, XSELL_TEACH_WORK);

    xsell_lesson_look(&lesson, a, imp);
    xsell_lesson_row(&lesson, position, &row);

    clicked = xsell_teach_clicked(a, imp, position);

    /* rows above what was clicked were learned as not liked */

    if (clicked > imp->n || position > clicked
        || !xsell_teach_late(a->learner, imp, time_ms))
    {
        xsell_lesson_observe(&lesson, position, &row, 1, 1);

    } else {
        xsell_lesson_back(&lesson, position, &row, 1);

        if (clicked == imp->n) {
            xsell_teach_resettle(&lesson, position);
        }
    }

    xsell_intent_clear(a);
}


void
xsell_teach_reward(xsell_arena_t *a, const xsell_ledger_row_t *row,
    float weight)
{
    xsell_row_t          r;
    xsell_lesson_t       lesson;
    xsell_impression_t   imp;

    memset(&imp, 0, sizeof(imp));
    imp.n = XSELL_SLATE_MAX;
    imp.row[0].ref = row->item;
    imp.row[0].pair = row->pair;
    memcpy(imp.row[0].feature, row->feature, sizeof(row->feature));

    xsell_teach_ready(a);
    xsell_intent_set(a, XSELL_REGION_MODEL, XSELL_TEACH_WORK);

    /* the look that it had is not known any more: as if it was any */

    memset(&lesson, 0, sizeof(lesson));
    lesson.a = a;
    lesson.imp = &imp;

    xsell_lesson_row(&lesson, 0, &r);
    xsell_lesson_observe(&lesson, 0, &r, 1, weight);

    xsell_intent_clear(a);
}


/* nothing was shown, so nothing is known of what it stood beside: it says how
   much the item is liked by itself, and three stars are neither */

void
xsell_teach_rating(xsell_arena_t *a, uint32_t slot, float rating,
    float weight)
{
    xsell_residual_t      r;
    xsell_evidence_t      ev;
    xsell_item_record_t  *it;

    it = &a->items[slot];
    r = xsell_lesson_residual(it->resid_mean, it->resid_prec,
                             XSELL_ITEM_PRECISION);

    if (!xsell_evidence_logit(&ev, r.mean, 1 / r.precision, rating, weight,
                              XSELL_LESSON_CLIP)
        || !xsell_residual_learn(&r, &ev))
    {
        return;
    }

    xsell_lesson_item(&r);

    xsell_intent_set(a, XSELL_REGION_ITEMS, slot);
    xsell_lesson_store(&it->resid_mean, &it->resid_prec, &r);
    xsell_intent_clear(a);
}

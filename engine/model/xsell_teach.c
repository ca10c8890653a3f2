
/*
 * xsell_teach.c: what the model learns, and when.  Learner only.
 *
 *   click       at once: its row was liked
 *   a minute    the slate is settled: rows above the click, or all of them,
 *               were seen and not liked; its look was clicked or was not
 *   30 minutes  a click on a settled slate: its row was learned as not liked,
 *               and is taken back, with its look and the rows below, so that
 *               each is learned once, as if the click had come in time
 *   5 minutes   the page is settled: who did not click went on, or left
 *   a week      carts and orders of clicked rows, each counted once
 *               (the ledger says so)
 *
 * Two cursors walk the ring of impressions; they are numbers in the arena, so
 * a successor goes on where the last learner stopped.  What the ring lost
 * meanwhile is passed over.
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
 * the more groups alarm, the more.  Beliefs are also forgotten slowly, with
 * horizons of a million rows, and by time where nothing is learned
 * (xsell_age.c).
 *
 * Invariants: work in a.learner changes under the intent (MODEL, 2); a
 * residual is two words that each mean something; what is published is finite
 * and possible, else the last good one stays.
 *
 * Not taken: negatives at once and taken back by a click.  Clicks come within
 * seconds: it would teach everything twice, and what is taken back is taken at
 * another belief than it was learned at.
 */

#include "xsell_model.h"

#include <math.h>


#define XSELL_TEACH_CLICK_MS    60000
#define XSELL_TEACH_LEAVE_MS    300000
#define XSELL_TEACH_SLATES      128     /* settled a tick, of each kind */
#define XSELL_TEACH_FRONT       64      /* newest ones, perhaps being written */
#define XSELL_TEACH_CLIP        2.0f    /* logits that one row moves a score */

/* forgetting: of beliefs every so many rows, so much is kept */
#define XSELL_TEACH_EVERY       2048
#define XSELL_TEACH_KEEP        0.998f  /* 1M rows */

/* what is known of an item alone moves its score by so many logits at most:
   twenty times the odds, or a twentieth */
#define XSELL_TEACH_ITEM_CLIP   3.0f

/* a residual is never surer than this: it follows what changes */
#define XSELL_TEACH_ITEM_MOST   60.0f
#define XSELL_TEACH_PAIR_MOST   40.0f
#define XSELL_TEACH_PLACE_MOST  1e4f

/* change: clicks are this much rarer than expected, by so much evidence */
#define XSELL_TEACH_RARER       0.6f
#define XSELL_TEACH_ALARM       7.0f
#define XSELL_TEACH_OPEN        3000    /* rows of a group that open again */
#define XSELL_TEACH_REOPEN      0.9f
#define XSELL_TEACH_SHAKEN      0.7f    /* of shared beliefs that is kept */

/* ahead: fades with half-lives of some ten thousand visits */
#define XSELL_TEACH_FADE        0.99998
#define XSELL_TEACH_AHEAD_N     50

#define XSELL_TEACH_WORK        2       /* index of the intent */


/* of a slate that is being learned */

typedef struct {
    xsell_arena_t               *a;
    const xsell_impression_t    *imp;
    float                        look[XSELL_LOOKS];
    float                        look_mean;
    float                        look_spread;
} xsell_lesson_t;


/* of one row: what its score is made of */

typedef struct {
    float                        x[XSELL_FEATURES];
    float                        score;
    float                        spread;
    xsell_residual_t             item;
    xsell_residual_t             pair;
    xsell_residual_t             place;
    xsell_item_record_t         *it;    /* NULL: another item has its slot */
    xsell_affinity_t            *cell;
    xsell_affinity_t            *at;    /* NULL: the first place */
} xsell_row_t;


/* ---- beliefs ----------------------------------------------------------- */

static void
xsell_teach_places(xsell_learner_t *l)
{
    uint32_t  f, k;

    for (f = 0; f < XSELL_LOOK_FORMATS; f++) {
        for (k = 0; k < XSELL_SLATE_MAX; k++) {
            l->place[f][k].mean = l->work.place[f][k];
            l->place[f][k].precision = XSELL_PLACE_PRECISION;
        }
    }
}


void
xsell_teach_begin(xsell_arena_t *a)
{
    uint64_t          next;
    xsell_learner_t  *l;

    l = a->learner;

    xsell_intent_set(a, XSELL_REGION_MODEL, XSELL_TEACH_WORK);

    memcpy(&l->work, &a->models[xsell_load(&a->header->generation) & 1],
           sizeof(l->work));

    if (!xsell_weights_good(&l->work) || !xsell_weights_possible(&l->work)) {
        xsell_weights_prior(&l->work);
    }

    xsell_teach_places(l);

    if (l->clicks_at == 0 || l->leaves_at == 0) {
        next = (xsell_load(&a->header->impression) & XSELL_IMP_ID) + 1;

        l->clicks_at = next;
        l->leaves_at = next;
        l->tossed_at = next;
    }

    if (!(l->ends > 0) || !isfinite(l->ends) || !isfinite(l->rewards)) {
        l->ends = XSELL_TEACH_AHEAD_N;
        l->rewards = XSELL_TEACH_AHEAD_N * l->work.ahead;
    }

    xsell_intent_clear(a);
}


static void
xsell_teach_ready(xsell_arena_t *a)
{
    if (!(a->learner->work.factor[0][0] > 0)) {
        xsell_teach_begin(a);
    }
}


static xsell_residual_t
xsell_teach_residual(float mean, float precision, float prior)
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
xsell_teach_most(xsell_residual_t *r, float most)
{
    if (r->precision > most) {
        r->precision = most;
    }
}


/* of an item: one that has won all the clicks there are is no reason to show
   it on every page */

static void
xsell_teach_item(xsell_residual_t *r)
{
    xsell_teach_most(r, XSELL_TEACH_ITEM_MOST);
    r->mean = xsell_clip(r->mean, -XSELL_TEACH_ITEM_CLIP,
                         XSELL_TEACH_ITEM_CLIP);
}


/* ---- rows -------------------------------------------------------------- */

static void
xsell_teach_look(xsell_lesson_t *lesson, xsell_arena_t *a,
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


static void
xsell_teach_row(const xsell_lesson_t *lesson, unsigned k, xsell_row_t *row)
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

    row->item = xsell_teach_residual(row->it ? row->it->resid_mean : 0,
                                     row->it ? row->it->resid_prec : 0,
                                     XSELL_ITEM_PRECISION);

    row->cell = xsell_affinity_at(a, shown->pair);
    row->pair = xsell_teach_residual(row->cell->mean, row->cell->precision,
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


static void
xsell_teach_store(float *mean, float *precision, const xsell_residual_t *r)
{
    if (xsell_residual_good(r)) {
        xsell_store_float(mean, r->mean);
        xsell_store_float(precision, r->precision);
    }
}


/* what evidence of the row says, to all that make its score but its look,
   which the slate as a whole tells */

static void
xsell_teach_share(const xsell_lesson_t *lesson, unsigned k, xsell_row_t *row,
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
        xsell_teach_most(&row->place, XSELL_TEACH_PLACE_MOST);
        xsell_teach_store(&row->at->mean, &row->at->precision, &row->place);
    }

    if (row->it) {
        xsell_teach_item(&row->item);
        xsell_teach_store(&row->it->resid_mean, &row->it->resid_prec,
                          &row->item);
    }

    xsell_teach_most(&row->pair, XSELL_TEACH_PAIR_MOST);
    xsell_teach_store(&row->cell->mean, &row->cell->precision, &row->pair);

    l->work.updates++;
    l->fresh++;
}


static void
xsell_teach_observe(const xsell_lesson_t *lesson, unsigned k,
    xsell_row_t *row, float reward, float weight)
{
    xsell_evidence_t  ev;

    if (xsell_evidence_logit(&ev, row->score, row->spread, reward, weight,
                             XSELL_TEACH_CLIP))
    {
        xsell_teach_share(lesson, k, row, &ev);
    }
}


/* the row was learned as not liked, and was not seen, or (push 1) clicked */

static void
xsell_teach_back(const xsell_lesson_t *lesson, unsigned k, xsell_row_t *row,
    float push)
{
    xsell_evidence_t  ev;

    if (xsell_evidence_back(&ev, push, row->spread, XSELL_TEACH_CLIP)) {
        xsell_teach_share(lesson, k, row, &ev);
    }
}


/* ---- change ------------------------------------------------------------ */

/* what all groups share becomes less sure */

static void
xsell_teach_shake(xsell_learner_t *l, float keep)
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

static int
xsell_teach_drift(xsell_learner_t *l, unsigned group, float expected,
    float clicks)
{
    xsell_drift_t  *d;

    d = &l->drift[group % XSELL_DRIFTS];

    d->sum += expected * (1 - XSELL_TEACH_RARER)
               + clicks * logf(XSELL_TEACH_RARER);
    d->sum = d->sum > 0 && d->sum < 1e6f ? d->sum : 0;

    if (!(d->sum > XSELL_TEACH_ALARM)) {
        return 0;
    }

    d->sum = 0;
    d->open = XSELL_TEACH_OPEN;

    return 1;
}


static void
xsell_teach_reopen(const xsell_lesson_t *lesson, xsell_row_t *row)
{
    xsell_drift_t  *d;

    d = &lesson->a->learner->drift[lesson->imp->kind % XSELL_DRIFTS];

    if (d->open == 0) {
        return;
    }

    d->open--;
    row->pair.precision *= XSELL_TEACH_REOPEN;

    if (row->pair.precision < XSELL_PAIR_PRECISION) {
        row->pair.precision = XSELL_PAIR_PRECISION;
    }
}


/* ---- clicks ------------------------------------------------------------ */

/* the clicked row that was learned, but this one; n if none was clicked, above
   n if what was clicked may not teach */

static unsigned
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

    (void) xsell_teach_drift(l, imp->kind, 0, 1);
    xsell_bandit_looks(&b, &l->work);

    if (xsell_evidence_back(&ev, 1, lesson->look_spread, XSELL_TEACH_CLIP)) {
        (void) xsell_bandit_learn(&b, lesson->look, &ev);
    }

    for (k = position + 1; k < imp->n; k++) {
        xsell_teach_row(lesson, k, &row);
        xsell_teach_back(lesson, k, &row, xsell_sigmoid(row.score));
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

    xsell_teach_look(&lesson, a, imp);
    xsell_teach_row(&lesson, position, &row);

    clicked = xsell_teach_clicked(a, imp, position);

    /* rows above what was clicked were learned as not liked */

    if (clicked > imp->n || position > clicked
        || !xsell_teach_late(a->learner, imp, time_ms))
    {
        xsell_teach_observe(&lesson, position, &row, 1, 1);

    } else {
        xsell_teach_back(&lesson, position, &row, 1);

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

    xsell_teach_row(&lesson, 0, &r);
    xsell_teach_observe(&lesson, 0, &r, 1, weight);

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
    r = xsell_teach_residual(it->resid_mean, it->resid_prec,
                             XSELL_ITEM_PRECISION);

    if (!xsell_evidence_logit(&ev, r.mean, 1 / r.precision, rating, weight,
                              XSELL_TEACH_CLIP)
        || !xsell_residual_learn(&r, &ev))
    {
        return;
    }

    xsell_teach_item(&r);

    xsell_intent_set(a, XSELL_REGION_ITEMS, slot);
    xsell_teach_store(&it->resid_mean, &it->resid_prec, &r);
    xsell_intent_clear(a);
}


/* whether clicks on all its rows might have taught: where a network has given
   its share of clicks, what it does not click says nothing either, or what is
   liked there would seem disliked */

static int
xsell_teach_open(const xsell_arena_t *a, const xsell_impression_t *imp)
{
    unsigned  k;

    for (k = 0; k < imp->n; k++) {
        if (!xsell_caps_open(a, imp->network, imp->row[k].ref,
                             (uint32_t) (imp->time_ms / 1000)))
        {
            return 0;
        }
    }

    return 1;
}


/* the slate's chance of a click as a logit, and the rows' mean chance */

static float
xsell_teach_slate(const xsell_row_t *row, unsigned n, float *mean)
{
    float     p, none;
    unsigned  k;

    none = 1;
    *mean = 0;

    for (k = 0; k < n; k++) {
        p = xsell_sigmoid(row[k].score);
        none *= 1 - p;
        *mean += p / (float) n;
    }

    p = xsell_clip(1 - none, 1e-6f, 1 - 1e-6f);

    return logf(p / (1 - p));
}


static void
xsell_teach_settle(xsell_arena_t *a, const xsell_impression_t *imp)
{
    float             mean, logit;
    unsigned          k, clicked, seen;
    xsell_row_t       row[XSELL_SLATE_MAX];
    xsell_bandit_t    b;
    xsell_lesson_t    lesson;
    xsell_learner_t  *l;
    xsell_evidence_t  ev;

    if (imp->n == 0) {
        return;
    }

    clicked = xsell_teach_clicked(a, imp, XSELL_SLATE_MAX);

    if (clicked > imp->n
        || (clicked == imp->n && !xsell_teach_open(a, imp)))
    {
        return;
    }

    l = a->learner;
    seen = clicked;

    xsell_teach_look(&lesson, a, imp);

    for (k = 0; k < imp->n; k++) {
        xsell_teach_row(&lesson, k, &row[k]);
    }

    logit = xsell_teach_slate(row, imp->n, &mean);

    if (xsell_teach_drift(l, imp->kind, xsell_sigmoid(logit),
                          clicked < imp->n ? 1 : 0))
    {
        xsell_teach_shake(l, XSELL_TEACH_SHAKEN);
        xsell_teach_look(&lesson, a, imp);
    }

    xsell_bandit_looks(&b, &l->work);

    if (xsell_evidence_logit(&ev, logit, lesson.look_spread,
                             clicked < imp->n ? 1 : 0, 1, XSELL_TEACH_CLIP))
    {
        (void) xsell_bandit_learn(&b, lesson.look, &ev);
    }

    for (k = 0; k < seen; k++) {
        xsell_teach_row(&lesson, k, &row[k]);
        xsell_teach_reopen(&lesson, &row[k]);
        xsell_teach_observe(&lesson, k, &row[k], 0, 1);
    }

    l->rewards += clicked < imp->n;
}


/* ---- leaving ----------------------------------------------------------- */

/* 1: no page of the visit came after this one; 0: one did; -1: unknown */

static int
xsell_teach_left(const xsell_arena_t *a, const xsell_impression_t *imp)
{
    xsell_session_t  s;

    if (imp->session == 0) {
        return -1;
    }

    switch (xsell_session_read(a, imp->session, &s)) {

    case XSELL_OK:
        break;

    case XSELL_NONE:
        /* pushed out of probation, where only first pages are: leaving those
           out would make every first page look safe */
        return 1;

    default:
        return -1;
    }

    return s.r.last_s <= (uint32_t) (imp->time_ms / 1000);
}


static void
xsell_teach_leave(xsell_arena_t *a, const xsell_impression_t *imp)
{
    int               left;
    float             x[XSELL_LEAVES], score, mean;
    unsigned          k;
    xsell_row_t       row[XSELL_SLATE_MAX];
    xsell_bandit_t    b;
    xsell_lesson_t    lesson;
    xsell_learner_t  *l;
    xsell_evidence_t  ev;

    l = a->learner;

    for (k = 0; k < imp->n; k++) {
        if (imp->state[k] == XSELL_IMP_CLICKED) {
            return;
        }
    }

    left = xsell_teach_left(a, imp);

    if (left < 0) {
        return;
    }

    l->rewards *= XSELL_TEACH_FADE;
    l->ends = l->ends * XSELL_TEACH_FADE + left;
    l->work.ahead = xsell_clip((float) (l->rewards / l->ends), 0,
                               XSELL_AHEAD_MAX);

    mean = 0;

    if (imp->n) {
        xsell_teach_look(&lesson, a, imp);

        for (k = 0; k < imp->n; k++) {
            xsell_teach_row(&lesson, k, &row[k]);
        }

        (void) xsell_teach_slate(row, imp->n, &mean);
    }

    xsell_leave_features(imp->term, imp->n != 0, imp->arm, 10 * mean, x);
    xsell_bandit_leaves(&b, &l->work);

    score = xsell_bandit_mean(&b, x);

    if (xsell_evidence_logit(&ev, score, xsell_bandit_spread(&b, x),
                             left ? 1 : 0, 1, XSELL_TEACH_CLIP))
    {
        (void) xsell_bandit_learn(&b, x, &ev);
        l->fresh++;
    }
}


/* ---- the cursors ------------------------------------------------------- */

int
xsell_teach_next(const xsell_arena_t *a, uint64_t *at, uint64_t now_ms,
    uint64_t wait_ms, xsell_impression_t *imp)
{
    uint64_t  last;

    last = xsell_load(&a->header->impression) & XSELL_IMP_ID;

    /* a lap behind, or numbers began anew: with what there is */

    if (((last - *at) & XSELL_IMP_ID) > XSELL_IMP_ID / 2) {
        if (((*at - last) & XSELL_IMP_ID) > 1) {
            *at = (last + 1) & XSELL_IMP_ID;
        }

        return XSELL_NONE;
    }

    if (((last - *at) & XSELL_IMP_ID) >= a->impressions_n) {
        *at = (last - a->impressions_n + 1) & XSELL_IMP_ID;
    }

    if (xsell_impression_read(a, *at, imp) != XSELL_OK) {

        if (((last - *at) & XSELL_IMP_ID) < XSELL_TEACH_FRONT) {
            return XSELL_NONE;
        }

        *at = (*at + 1) & XSELL_IMP_ID;
        return XSELL_AGAIN;
    }

    if (imp->time_ms + wait_ms > now_ms) {
        return XSELL_NONE;
    }

    *at = (*at + 1) & XSELL_IMP_ID;

    return XSELL_OK;
}


static void
xsell_teach_walk(xsell_arena_t *a, uint64_t now_ms, uint64_t *at,
    uint64_t wait_ms, void (*fn)(xsell_arena_t *a,
    const xsell_impression_t *imp))
{
    int                 rc;
    uint32_t            n;
    xsell_impression_t  imp;

    for (n = 0; n < XSELL_TEACH_SLATES; n++) {
        rc = xsell_teach_next(a, at, now_ms, wait_ms, &imp);

        if (rc == XSELL_NONE) {
            return;
        }

        if (rc == XSELL_OK
            && (imp.flags & (XSELL_IMP_UNSEEN|XSELL_IMP_RECALLED)) == 0)
        {
            fn(a, &imp);
        }
    }
}


static void
xsell_teach_forget(xsell_learner_t *l)
{
    float           mean[XSELL_LOOKS], variance[XSELL_LOOKS];
    xsell_bandit_t  b;

    xsell_teach_shake(l, XSELL_TEACH_KEEP);

    xsell_leaves_prior(mean, variance);
    xsell_bandit_leaves(&b, &l->work);
    xsell_bandit_forget(&b, mean, variance, XSELL_TEACH_KEEP);
}


static void
xsell_teach_publish(xsell_arena_t *a, uint32_t now_s)
{
    uint32_t          f, k;
    xsell_learner_t  *l;

    l = a->learner;

    for (f = 0; f < XSELL_LOOK_FORMATS; f++) {
        for (k = 0; k < XSELL_SLATE_MAX; k++) {
            l->work.place[f][k] = l->place[f][k].mean;
        }
    }

    l->work.aged_s = (float) now_s;
    l->work.sum = xsell_weights_sum(&l->work);

    if (!xsell_weights_good(&l->work) || !xsell_weights_possible(&l->work)) {
        xsell_teach_begin(a);
        return;
    }

    xsell_weights_put(a, &l->work);
}


void
xsell_teach_tick(xsell_arena_t *a, uint64_t now_ms)
{
    uint32_t          now_s;
    uint64_t          before;
    xsell_learner_t  *l;

    xsell_teach_ready(a);
    l = a->learner;
    before = l->work.updates;
    now_s = (uint32_t) (now_ms / 1000);

    xsell_intent_set(a, XSELL_REGION_MODEL, XSELL_TEACH_WORK);

    if (xsell_age(a, now_s)) {
        l->fresh++;

        if (l->work.updates == 0) {     /* anew; places don't age otherwise */
            xsell_teach_places(l);
        }
    }

    xsell_teach_walk(a, now_ms, &l->clicks_at, XSELL_TEACH_CLICK_MS,
                     xsell_teach_settle);
    xsell_teach_walk(a, now_ms, &l->leaves_at, XSELL_TEACH_LEAVE_MS,
                     xsell_teach_leave);

    if (before / XSELL_TEACH_EVERY != l->work.updates / XSELL_TEACH_EVERY) {
        xsell_teach_forget(l);
    }

    xsell_intent_clear(a);

    if (l->fresh && l->published_s != now_s) {
        l->fresh = 0;
        l->published_s = now_s;
        xsell_teach_publish(a, now_s);
    }
}

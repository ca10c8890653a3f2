
/*
 * xsell_teach.c: what the model learns, and when.  Learner only.
 *
 *   click       at once, and what follows it: xsell_teach_click.c
 *   a minute    the slate is settled: rows above the click, or all of them,
 *               were seen and not liked; its look was clicked or was not
 *   5 minutes   the page is settled: who did not click went on, or left
 *
 * Two cursors walk the ring of impressions; they are numbers in the arena, so
 * a successor goes on where the last learner stopped.  What the ring lost
 * meanwhile is passed over.
 *
 * What an observation moves is xsell_lesson.c.  Beliefs are forgotten slowly,
 * with horizons of a million rows, where clicks come less often than the model
 * says, and by time where nothing is learned (xsell_age.c).
 *
 * Invariants: work in a.learner changes under the intent (MODEL, 2); what is
 * published is finite and possible, else the last good one stays.
 *
 * Not taken: negatives at once and taken back by a click.  Clicks come within
 * seconds: it would teach everything twice, and what is taken back is taken at
 * another belief than it was learned at.
 */

#include "xsell_lesson.h"

#include <math.h>


#define XSELL_TEACH_LEAVE_MS    300000
#define XSELL_TEACH_SLATES      128     /* settled a tick, of each kind */
#define XSELL_TEACH_FRONT       64      /* newest ones, perhaps being written */

/* forgetting: of beliefs every so many rows, so much is kept */
#define XSELL_TEACH_EVERY       2048
#define XSELL_TEACH_KEEP        0.998f  /* 1M rows */
#define XSELL_TEACH_SHAKEN      0.7f    /* ... of shared ones, at an alarm */

/* ahead: fades with half-lives of some ten thousand visits */
#define XSELL_TEACH_FADE        0.99998
#define XSELL_TEACH_AHEAD_N     50


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


void
xsell_teach_ready(xsell_arena_t *a)
{
    if (!(a->learner->work.factor[0][0] > 0)) {
        xsell_teach_begin(a);
    }
}


/* ---- a slate is settled ------------------------------------------------ */

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

    xsell_lesson_look(&lesson, a, imp);

    for (k = 0; k < imp->n; k++) {
        xsell_lesson_row(&lesson, k, &row[k]);
    }

    logit = xsell_teach_slate(row, imp->n, &mean);

    if (xsell_lesson_drift(l, imp->kind, xsell_sigmoid(logit),
                          clicked < imp->n ? 1 : 0))
    {
        xsell_lesson_shake(l, XSELL_TEACH_SHAKEN);
        xsell_lesson_look(&lesson, a, imp);
    }

    xsell_bandit_looks(&b, &l->work);

    if (xsell_evidence_logit(&ev, logit, lesson.look_spread,
                             clicked < imp->n ? 1 : 0, 1, XSELL_LESSON_CLIP))
    {
        (void) xsell_bandit_learn(&b, lesson.look, &ev);
    }

    for (k = 0; k < seen; k++) {
        xsell_lesson_row(&lesson, k, &row[k]);
        xsell_lesson_reopen(&lesson, &row[k]);
        xsell_lesson_observe(&lesson, k, &row[k], 0, 1);
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
        xsell_lesson_look(&lesson, a, imp);

        for (k = 0; k < imp->n; k++) {
            xsell_lesson_row(&lesson, k, &row[k]);
        }

        (void) xsell_teach_slate(row, imp->n, &mean);
    }

    xsell_leave_features(imp->term, imp->n != 0, imp->arm, 10 * mean, x);
    xsell_bandit_leaves(&b, &l->work);

    score = xsell_bandit_mean(&b, x);

    if (xsell_evidence_logit(&ev, score, xsell_bandit_spread(&b, x),
                             left ? 1 : 0, 1, XSELL_LESSON_CLIP))
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

    xsell_lesson_shake(l, XSELL_TEACH_KEEP);

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

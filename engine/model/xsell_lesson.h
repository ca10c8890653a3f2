
/*
 * xsell_lesson.h: a slate that is being learned, and its rows: what each is
 * made of, and how an observation moves it (xsell_lesson.c).  For those who say
 * when (xsell_teach.c) and what of a click (xsell_teach_click.c).
 *
 * Learner only, under the intent (MODEL, XSELL_TEACH_WORK), but for
 * xsell_teach_ready() and xsell_teach_clicked().
 */

#ifndef XSELL_LESSON_H
#define XSELL_LESSON_H

#include "xsell_model.h"


#define XSELL_TEACH_WORK        2       /* index of the intent */
#define XSELL_TEACH_CLICK_MS    60000   /* then a slate is settled */
#define XSELL_LESSON_CLIP       2.0f    /* logits that one row moves a score */


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


/* what is stored of a residual; the prior where that is none */
xsell_residual_t xsell_lesson_residual(float mean, float precision,
    float prior);

/* bounds an item's */
void xsell_lesson_item(xsell_residual_t *r);

/* stores a residual, if it is finite and possible */
void xsell_lesson_store(float *mean, float *precision,
    const xsell_residual_t *r);

/* begins with a slate: what its look is worth */
void xsell_lesson_look(xsell_lesson_t *lesson, xsell_arena_t *a,
    const xsell_impression_t *imp);

/* what row k is made of, by what is known now */
void xsell_lesson_row(const xsell_lesson_t *lesson, unsigned k,
    xsell_row_t *row);

/* learns the row: reward 0 to 1, weight of the observation */
void xsell_lesson_observe(const xsell_lesson_t *lesson, unsigned k,
    xsell_row_t *row, float reward, float weight);

/* the row was learned as not liked, and was not seen, or (push 1) clicked */
void xsell_lesson_back(const xsell_lesson_t *lesson, unsigned k,
    xsell_row_t *row, float push);

/* watches a group for change.  expected: clicks by the model's word; 1: an
   alarm, the group's pairs are open now */
int xsell_lesson_drift(xsell_learner_t *l, unsigned group, float expected,
    float clicks);

/* the row's pair is less sure, if its group is open */
void xsell_lesson_reopen(const xsell_lesson_t *lesson, xsell_row_t *row);

/* what all groups share becomes less sure: so much of it is kept */
void xsell_lesson_shake(xsell_learner_t *l, float keep);

/* there is a model to work on */
void xsell_teach_ready(xsell_arena_t *a);

/* the clicked row that was learned, but this one; n if none was clicked, above
   n if what was clicked may not teach */
unsigned xsell_teach_clicked(const xsell_arena_t *a,
    const xsell_impression_t *imp, unsigned but);


#endif

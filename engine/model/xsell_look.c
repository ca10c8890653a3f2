
/*
 * xsell_look.c: how a slate is presented, or whether it is.
 *
 * The last step of a decision: the rows are chosen, a slot may have several
 * templates, and nothing may be shown.  Two logistic models answer for all of
 * them at once:
 *
 *   click   the rows' own logits, what their places take away, and what the
 *           template's factor bits add in this context
 *   leave   whether a visitor who does not click goes, given what was shown
 *
 * and the arm is taken that is worth most in clicks, of this page and of those
 * that the visit has ahead if it goes on:
 *
 *   P(click) (1 + ahead) + (1 - P(click)) ((1 - P(leave)) ahead
 *                                          - P(leave) leaving)
 *
 * Both models are drawn from their beliefs once a decision (Thompson), so
 * looks that are not known well are tried out, and those that are known to
 * drive visitors away are not.
 *
 * One factorised model, not an arm a template: independent arms per cell of
 * context lose to any fixed template, because a cell is seen too seldom.
 * Clicks alone are not enough either: what is clicked most may drive away
 * those who don't click.
 */

#include "xsell_model.h"


/* draws are this much of what is not known */
#define XSELL_LOOK_ALPHA       0.3f

#define XSELL_LOOK_DRAW_MS     1000

/* one decision of so many is tossed for: half of these show nothing, if that
   may be; what never happens can't be learned, and it is one thing against
   many looks */
#define XSELL_LOOK_TOSSED      32

#define XSELL_LOOK_BITS        4

/* of the terms: those that a template's effect may depend on, and of these the
   ones that say how much the visitor wants to be shown anything */
#define XSELL_LOOK_TERMS       XSELL_TERM_STREAK
#define XSELL_LOOK_WANTS       7            /* from STREAK on */

/* of the leaving model */
#define XSELL_LEAVE_FIRST      4
#define XSELL_LEAVE_BITS       7
#define XSELL_LEAVE_TIMES      12           /* shown, and each of the context */
#define XSELL_LEAVE_KIND       17
#define XSELL_LEAVE_WANTS      (XSELL_LEAVE_STATE + XSELL_TERMS               \
                                - XSELL_LOOK_TERMS)     /* shown, and each */

_Static_assert(XSELL_TERM_END == XSELL_TERMS, "terms");
_Static_assert(XSELL_LEAVE_KIND + 4 == XSELL_LEAVE_STATE
               && XSELL_LEAVE_WANTS + XSELL_LOOK_WANTS <= XSELL_LEAVES
               && 1 + XSELL_LOOK_TERMS * (1 + XSELL_LOOK_BITS)
                  + XSELL_LOOK_BITS * (XSELL_LOOK_BITS - 1) / 2
                  == XSELL_LOOK_STATE
               && XSELL_LOOK_STATE + XSELL_LOOK_WANTS <= XSELL_LOOKS,
               "places of features");


/* 1, terms; for each bit: 1, terms without clicked; bits two by two; wants */

void
xsell_look_features(const int8_t term[XSELL_TERMS], unsigned bits,
    float x[XSELL_LOOKS])
{
    float     t[XSELL_LOOK_TERMS + 1], b[XSELL_LOOK_BITS];
    uint32_t  i, k, n;

    t[0] = 1;

    for (i = 0; i < XSELL_LOOK_TERMS; i++) {
        t[i + 1] = (float) term[i] / 32;
    }

    memset(x, 0, XSELL_LOOKS * sizeof(float));
    memcpy(x, t, sizeof(t));
    n = XSELL_LOOK_TERMS + 1;

    for (k = 0; k < XSELL_LOOK_BITS; k++) {
        b[k] = bits >> k & 1 ? 1 : -1;

        for (i = 0; i <= XSELL_LOOK_TERMS; i++) {
            if (i != XSELL_TERM_CLICKED + 1) {
                x[n++] = b[k] * t[i];
            }
        }
    }

    for (k = 0; k < XSELL_LOOK_BITS; k++) {
        for (i = k + 1; i < XSELL_LOOK_BITS; i++) {
            x[n++] = b[k] * b[i];
        }
    }

    for (i = 0; i < XSELL_LOOK_WANTS; i++) {
        x[n++] = (float) term[XSELL_TERM_STREAK + i] / 32;
    }
}


/* worth: what the rows' chances of a click come to */

void
xsell_leave_features(const int8_t term[XSELL_TERMS], int shown,
    unsigned bits, float worth, float x[XSELL_LEAVES])
{
    uint32_t  i;

    memset(x, 0, XSELL_LEAVES * sizeof(float));

    x[0] = 1;

    for (i = 0; i < XSELL_TERM_KIND; i++) {
        x[i + 1] = (float) term[i] / 32;
        x[XSELL_LEAVE_KIND + i] = (float) term[XSELL_TERM_KIND + i] / 32;
    }

    /* the order of the first five: 1, mobile, dwell, depth, then first */

    x[XSELL_LEAVE_FIRST + 1] = x[XSELL_TERM_CLICKED + 1];
    x[XSELL_LEAVE_FIRST] = term[XSELL_TERM_DEPTH] <= -32;

    for (i = 0; i < XSELL_TERMS - XSELL_LOOK_TERMS; i++) {
        x[XSELL_LEAVE_STATE + i] = (float) term[XSELL_LOOK_TERMS + i] / 32;
    }

    if (!shown) {
        return;
    }

    x[XSELL_LEAVE_SHOWN] = 1;

    for (i = 0; i < XSELL_LOOK_BITS; i++) {
        x[XSELL_LEAVE_BITS + i] = bits >> i & 1 ? 1 : -1;
    }

    x[XSELL_LEAVE_WORTH] = xsell_clip(worth, 0, 2);

    for (i = 0; i < 5; i++) {
        x[XSELL_LEAVE_TIMES + i] = x[i + 1];
    }

    for (i = 0; i < XSELL_LOOK_WANTS; i++) {
        x[XSELL_LEAVE_WANTS + i] = x[XSELL_LEAVE_STATE + i];
    }
}


/* P(at least one click) of rows with these odds, all of them times `by`;
   *worth: their mean chance, x 10 */

static float
xsell_look_click(const float *odds, uint32_t n, float by, float *worth)
{
    float     none, sum, one;
    uint32_t  k;

    none = 1;
    sum = 0;

    for (k = 0; k < n; k++) {
        one = 1 / (1 + odds[k] * by);
        none *= one;
        sum += 1 - one;
    }

    *worth = n ? 10 * sum / (float) n : 0;

    return 1 - none;
}


static float
xsell_look_odds(float logit)
{
    float  p;

    p = xsell_sigmoid(xsell_clip(logit, -20, 8));

    return p / (1 - p);
}


/* one arm: what is expected of it, and its worth */

typedef struct {
    const float             *look;
    const float             *leave;
    float                    odds[XSELL_LOOK_FORMATS][XSELL_SLATE_MAX];
    uint32_t                 n;
    float                    ahead;
    float                    leaving;
} xsell_looks_t;


static float
xsell_look_worth(const xsell_looks_t *l, const int8_t term[XSELL_TERMS],
    unsigned bits, int shown, float *click, float *leave)
{
    float     worth, x[XSELL_LOOKS];
    uint32_t  i;

    *click = 0;
    worth = 0;

    if (shown) {
        xsell_look_features(term, bits, x);
        *click = xsell_look_click(l->odds[bits & XSELL_LOOK_STORY], l->n,
                                  xsell_look_odds(xsell_dot(l->look, x,
                                                            XSELL_LOOKS)),
                                  &worth);
    }

    for (i = 0; i < XSELL_LEAVES; i++) {
        x[i] = 0;
    }

    xsell_leave_features(term, shown, bits, worth, x);
    *leave = xsell_sigmoid(xsell_dot(l->leave, x, XSELL_LEAVES));

    return *click * (1 + l->ahead)
           + (1 - *click) * ((1 - *leave) * l->ahead - *leave * l->leaving);
}


/* means or a draw of both models.  Where decisions share what they may
   (memory_ms), they share a draw for a second, or until another model is
   published: it is most of what choosing costs, and what it brought is known a
   minute later. */

static void
xsell_look_draw(xsell_ranker_t *r, const xsell_query_t *q)
{
    xsell_bandit_t  b;

    if (!r->draws) {
        memcpy(r->look, r->copy.look, sizeof(r->look));
        memcpy(r->leave, r->copy.leave, sizeof(r->leave));
        r->looked_ms = 0;
        return;
    }

    if (q->settings->memory_ms && r->looked_ms
        && r->looked == r->generation
        && q->now_ms - r->looked_ms < XSELL_LOOK_DRAW_MS)
    {
        return;
    }

    xsell_bandit_looks(&b, &r->copy);
    xsell_bandit_draw(&b, XSELL_LOOK_ALPHA, &r->random, r->look);

    xsell_bandit_leaves(&b, &r->copy);
    xsell_bandit_draw(&b, XSELL_LOOK_ALPHA, &r->random, r->leave);

    r->looked_ms = q->now_ms;
    r->looked = r->generation;
}


/* both models' numbers, and the rows' odds in their places */

static void
xsell_looks_begin(xsell_looks_t *l, xsell_ranker_t *r,
    const xsell_query_t *q, const float *logit, uint32_t n)
{
    uint32_t  f, k;

    xsell_look_draw(r, q);
    l->look = r->look;
    l->leave = r->leave;

    for (f = 0; f < XSELL_LOOK_FORMATS; f++) {
        for (k = 0; k < n; k++) {
            l->odds[f][k] = xsell_look_odds(logit[k] + r->copy.place[f][k]);
        }
    }

    l->n = n;
    l->ahead = xsell_clip(r->copy.ahead, 0, XSELL_AHEAD_MAX);
    l->leaving = q->settings->leaving;
}


/*
 * Chooses for a slate whose rows have these logits; slate->n is theirs.
 */

void
xsell_look_choose(xsell_ranker_t *r, const xsell_query_t *q,
    const float *logit, xsell_slate_t *slate)
{
    int            hide;
    float          f, best, click, leave;
    uint32_t       i, n;
    xsell_looks_t  looks;

    n = q->arms_n < XSELL_ARMS ? q->arms_n : XSELL_ARMS;

    slate->arm = 0;
    slate->look = n ? q->arms[0] : 0;
    slate->arm_propensity = 0xffff;

    hide = q->may_hide && (q->policy & (XSELL_RANK_SHOW|XSELL_RANK_ARM_0
                                        |XSELL_RANK_ARM_ANY
                                        |XSELL_RANK_HAND)) == 0;

    if (slate->n == 0 || n + (hide != 0) < 2) {
        return;
    }

    slate->flags |= XSELL_IMP_CHOSEN;

    if (q->policy & XSELL_RANK_ARM_ANY
        || (r->draws && xsell_random(&r->random) % XSELL_LOOK_TOSSED == 0))
    {
        i = (uint32_t) (xsell_random(&r->random) % n);

        if (hide && xsell_random(&r->random) % 2) {
            i = n;
        }

        slate->flags |= XSELL_IMP_TOSSED;
        slate->arm_propensity = (uint16_t) (0xffff / (i == n ? 2
                                                      : hide ? 2 * n : n));
        slate->arm = i < n ? (uint8_t) i : XSELL_ARM_NONE;
        slate->look = i < n ? q->arms[i] : 0;

    } else if ((q->policy & (XSELL_RANK_ARM_0|XSELL_RANK_HAND)) == 0) {

        xsell_looks_begin(&looks, r, q, logit, slate->n);

        best = 0;

        for (i = 0; i < n + (hide != 0); i++) {
            f = xsell_look_worth(&looks, slate->term, i < n ? q->arms[i] : 0,
                                 i < n, &click, &leave);

            if (i == 0 || f > best) {
                best = f;
                slate->arm = i < n ? (uint8_t) i : XSELL_ARM_NONE;
                slate->look = i < n ? q->arms[i] : 0;
                slate->click = click;
                slate->leave = leave;
            }
        }

        slate->arm_propensity = r->draws ? 0 : 0xffff;
    }

    if (slate->arm == XSELL_ARM_NONE) {
        slate->flags |= XSELL_IMP_HIDDEN;
    }
}

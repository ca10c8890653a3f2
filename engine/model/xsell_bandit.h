
/*
 * xsell_bandit.h: the mathematics of learning from clicks and of trying out
 * (ARCHITECTURE D10).  No arena, no memory of its own, no clock: numbers in,
 * numbers out.  Used by the model that serves and by `xsell eval bandit`.
 *
 * A belief about the weights of a logistic model is a Gaussian N(mean, C),
 * C = F' D F.  F is unit lower triangular, row j at factor[j * stride]; D
 * stands on its diagonal.  What is above the diagonal is neither read nor
 * written, so mean and factor are all the state: flat floats that may lie in
 * shared memory and be copied word by word.
 *
 * An observation is learned in two steps, because the score that was clicked
 * is a sum of several beliefs (weights, the item's residual, the pair's):
 *
 *   score  = sum of means, spread = sum of spreads    xsell_*_spread
 *   what the click says about that sum                xsell_evidence_logit
 *   each belief takes its share                       xsell_*_learn
 *
 * Shares go by uncertainty, and what the others don't know is noise to each:
 * no evidence counts twice.
 */

#ifndef XSELL_BANDIT_H
#define XSELL_BANDIT_H

#include <stdint.h>


#define XSELL_BANDIT_MAX       128      /* dimensions */
#define XSELL_BANDIT_MEAN      100.0f   /* a weight beyond is absurd */
#define XSELL_BANDIT_VARIANCE  1e4f


typedef struct {
    float               *mean;          /* d */
    float               *factor;        /* d rows, `stride` apart */
    uint32_t             d;             /* 1 to XSELL_BANDIT_MAX */
    uint32_t             stride;        /* >= d */
} xsell_bandit_t;


/* one number added to the score, the same way: N(mean, 1 / precision) */

typedef struct {
    float                mean;
    float                precision;
} xsell_residual_t;


/* what an observation says about a score of variance `spread` */

typedef struct {
    float                push;          /* x spread: how far the score moves */
    float                curve;         /* precision that it adds */
    float                spread;
} xsell_evidence_t;


/* 1 / (1 + e^-x), relative error below 1e-6, the same bits everywhere */
float xsell_sigmoid(float x);

/* n standard normal numbers, within 5.2; moves *random by n words */
void xsell_normals(uint64_t *random, float *z, uint32_t n);


/* independent weights; mean NULL: 0; variance within 0 (excluded) and
   XSELL_BANDIT_VARIANCE */
void xsell_bandit_prior(const xsell_bandit_t *b, const float *mean,
    const float *variance);

/* mean and variance of the score of x */
float xsell_bandit_mean(const xsell_bandit_t *b, const float *x);
float xsell_bandit_spread(const xsell_bandit_t *b, const float *x);

/*
 * The evidence of one observation: reward 0 to 1, score and spread as above
 * (an offset counts as score), weight > 0, how many observations it is worth.
 * clip > 0: the score may move by so many logits at most; the observation
 * weighs less instead.  1, or 0 when a number is none that can be learned
 * from.
 */
int xsell_evidence_logit(xsell_evidence_t *ev, float score, float spread,
    float reward, float weight, float clip);

/*
 * What takes an observation back that was learned: push is how much less it
 * should have pushed.  Its curve stays: two observations of one score differ in
 * that by nothing.  0 learned where it was 1: the logarithms of p and 1 - p
 * differ by the score, so push is 1, wherever the score is now.
 */
int xsell_evidence_back(xsell_evidence_t *ev, float push, float spread,
    float clip);

/* takes this belief's share; 0: refused, nothing changed */
int xsell_bandit_learn(const xsell_bandit_t *b, const float *x,
    const xsell_evidence_t *ev);

/*
 * Forgets towards the prior: of all that was learned `keep` is left, 0 to 1,
 * and the prior fills the rest, in mean and precision.  Costs d observations:
 * for every few hundred events, not for each.
 */
void xsell_bandit_forget(const xsell_bandit_t *b, const float *mean,
    const float *variance, float keep);

/* theta[d]: a draw from N(mean, alpha^2 C); one for all candidates */
void xsell_bandit_draw(const xsell_bandit_t *b, float alpha,
    uint64_t *random, float *theta);

/* 1: finite, mean and variances possible.  For what was copied or loaded */
int xsell_bandit_good(const xsell_bandit_t *b);


float xsell_residual_spread(const xsell_residual_t *r);
int xsell_residual_learn(xsell_residual_t *r, const xsell_evidence_t *ev);

/* as above; the prior is N(0, 1 / precision) */
void xsell_residual_forget(xsell_residual_t *r, float precision, float keep);

int xsell_residual_good(const xsell_residual_t *r);


#endif /* XSELL_BANDIT_H */

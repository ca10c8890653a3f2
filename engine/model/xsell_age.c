
/*
 * xsell_age.c: beliefs of which nothing was heard for a while.
 *
 * While a shop learns, beliefs are forgotten by rows (xsell_teach.c).  While it
 * does not (nginx was off, a snapshot is restored that is weeks old, the
 * learner stood still, nobody came) tastes go on changing.  A model says up to
 * when it is fresh (aged_s); the learner, when it finds that to be a day ago or
 * more, halves for every month what is known: the weights', looks' and leaving
 * precision, that of items and of pairs of kinds.  Means are near what they
 * were where much was known, and are open again to what is seen now.  No cliff:
 * a shop that was off for a week offers what it offered.
 *
 * A model that is older than three months is used by nobody: workers decide by
 * the hybrid, as if nothing was learned, whether there is a learner or not, and
 * the learner begins anew.
 *
 * Engine time stands still while nginx is off, and no wall clock moves it: who
 * loads a snapshot says how old it is (xsell_model_older).
 *
 * Invariants: learner only, but for xsell_model_older(); `work` changes under
 * the intent (MODEL, 2); of a residual each word means something.  A kill in
 * between fades some residuals twice.
 *
 * Not taken: fading by the clock always.  A busy shop forgets faster than that
 * by rows; and the sums that sums of views are have half-lives of their own.
 */

#include "xsell_model.h"


#define XSELL_AGE_STEP_S   (24 * 3600)
#define XSELL_AGE_HALF_S   (30 * 24 * 3600)
#define XSELL_AGE_MOST_S   (90 * 24 * 3600)


/* seconds since the model was fresh; 0: fresh, or it does not say */

static uint32_t
xsell_age_of(const xsell_model_t *m, uint32_t now_s)
{
    float  age;

    age = (float) now_s - m->aged_s;

    return m->aged_s != 0 && age > 0 && age < (float) UINT32_MAX / 2
           ? (uint32_t) age : 0;
}


int
xsell_model_stale(const xsell_model_t *m, uint32_t now_s)
{
    return xsell_age_of(m, now_s) > XSELL_AGE_MOST_S;
}


void
xsell_model_older(xsell_arena_t *a, uint64_t now_ms, uint32_t seconds)
{
    uint32_t        i;
    xsell_model_t  *m;

    for (i = 0; i < 2; i++) {
        m = &a->models[i];

        if (m->updates == 0 || !xsell_weights_good(m)) {
            continue;
        }

        m->aged_s = (m->aged_s != 0 ? m->aged_s : (float) (now_ms / 1000))
                    - (float) seconds;
        m->sum = xsell_weights_sum(m);
    }
}


static void
xsell_age_residual(float *mean, float *precision, float prior, float keep)
{
    xsell_residual_t  r;

    if (!(*precision > prior)) {
        return;                 /* nothing is known */
    }

    r.mean = *mean;
    r.precision = *precision;
    xsell_residual_forget(&r, prior, keep);

    if (xsell_residual_good(&r)) {
        xsell_store_float(mean, r.mean);
        xsell_store_float(precision, r.precision);
    }
}


static void
xsell_age_residuals(xsell_arena_t *a, float keep)
{
    uint32_t              i;
    xsell_affinity_t     *cell;
    xsell_item_record_t  *it;

    for (i = 0; i < a->items_n; i++) {
        it = &a->items[i];
        xsell_age_residual(&it->resid_mean, &it->resid_prec,
                           XSELL_ITEM_PRECISION, keep);
    }

    for (i = 0; i < a->affinity_n; i++) {
        cell = &a->affinity[i];
        xsell_age_residual(&cell->mean, &cell->precision,
                           XSELL_PAIR_PRECISION, keep);
    }
}


static void
xsell_age_work(xsell_model_t *m, float keep)
{
    float           mean[XSELL_LOOKS], variance[XSELL_LOOKS];
    xsell_bandit_t  b;

    if (!(keep > 0)) {
        xsell_weights_prior(m);
        return;
    }

    xsell_bandit_weights(&b, m);
    xsell_bandit_forget(&b, xsell_weights_default, xsell_weights_variance,
                        keep);

    xsell_looks_prior(mean, variance);
    xsell_bandit_looks(&b, m);
    xsell_bandit_forget(&b, mean, variance, keep);

    xsell_leaves_prior(mean, variance);
    xsell_bandit_leaves(&b, m);
    xsell_bandit_forget(&b, mean, variance, keep);
}


int
xsell_age(xsell_arena_t *a, uint32_t now_s)
{
    float           keep;
    uint32_t        age;
    xsell_model_t  *m;

    m = &a->learner->work;
    age = xsell_age_of(m, now_s);

    if (m->updates == 0 || (m->aged_s != 0 && age < XSELL_AGE_STEP_S)) {
        return 0;
    }

    if (age) {
        keep = age > XSELL_AGE_MOST_S ? 0 : xsell_decay(1, age,
                                                        XSELL_AGE_HALF_S);
        xsell_age_work(m, keep);
        xsell_age_residuals(a, keep);
    }

    m->aged_s = (float) now_s;

    return 1;
}

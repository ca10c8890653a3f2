
/*
 * eval_offpolicy_model.c: expected rewards, for the direct and the doubly
 * robust estimate.
 *
 * The engine's own model: a belief about the context's weights, and residuals
 * of the position, the action, and the action at that position, all learned
 * by xsell_bandit.c; what was rarely shown stays near what its neighbours
 * earned.  A row is predicted by a model that has seen no row of its fold
 * (cross-fitting: Chernozhukov et al. 2018, as zr-obp does it), else the
 * noise that it has learned would count as effect.
 */

#include "eval_offpolicy.h"

#include "../engine/model/xsell_bandit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>


#define MODEL_FOLDS  5
#define MODEL_D      (1 + OFFPOLICY_CONTEXT)
#define MODEL_FAR    5.0f               /* deviations of a context's number */

#define MODEL_SPREAD_BIAS     4.0f      /* variances of the priors */
#define MODEL_SPREAD_CONTEXT  0.25f
#define MODEL_SPREAD_REST     0.25f


typedef struct {
    const offpolicy_log_t *log;
    double               unit;          /* the largest reward */
    float                scale[OFFPOLICY_CONTEXT];
    float                centre[OFFPOLICY_CONTEXT];
    float                mean[MODEL_D];
    float                factor[MODEL_D * MODEL_D];
    xsell_bandit_t       b;
    xsell_residual_t    *position;
    xsell_residual_t    *action;
    xsell_residual_t    *cell;
} model_t;


static void
model_scale(model_t *m)
{
    double        sum, squares, n, x;
    uint32_t      i, j;

    n = m->log->rows;

    for (j = 0; j < OFFPOLICY_CONTEXT; j++) {
        sum = squares = 0;

        for (i = 0; i < m->log->rows; i++) {
            x = m->log->context[(size_t) i * OFFPOLICY_CONTEXT + j];
            sum += x;
            squares += x * x;
        }

        sum /= n;
        squares = squares / n - sum * sum;

        m->centre[j] = (float) sum;
        m->scale[j] = squares > 1e-9 * (1 + sum * sum)
                      ? (float) (1 / sqrt(squares)) : 0;
    }
}


static void
model_context(const model_t *m, uint32_t row, float x[MODEL_D])
{
    float         z;
    uint32_t      j;
    const float  *raw;

    raw = &m->log->context[(size_t) row * OFFPOLICY_CONTEXT];
    x[0] = 1;

    for (j = 0; j + 1 < m->b.d; j++) {
        z = (raw[j] - m->centre[j]) * m->scale[j];
        x[j + 1] = z > MODEL_FAR ? MODEL_FAR : z < -MODEL_FAR ? -MODEL_FAR
                                                              : z;
    }
}


static void
model_begin(model_t *m, uint32_t fold)
{
    float     variance[MODEL_D], prior[MODEL_D];
    double    sum, n;
    uint32_t  i;

    for (i = 0, sum = 0.5, n = 1; i < m->log->rows; i++) {
        if (m->log->row[i].unit % MODEL_FOLDS != fold) {
            sum += m->log->row[i].reward / m->unit;
            n++;
        }
    }

    memset(prior, 0, sizeof(prior));
    prior[0] = (float) log(sum / (n - sum));

    variance[0] = MODEL_SPREAD_BIAS;

    for (i = 1; i < MODEL_D; i++) {
        variance[i] = MODEL_SPREAD_CONTEXT;
    }

    xsell_bandit_prior(&m->b, prior, variance);

    for (i = 0; i < m->log->positions.n; i++) {
        m->position[i].mean = 0;
        m->position[i].precision = 1 / MODEL_SPREAD_REST;
    }

    for (i = 0; i < m->log->actions.n; i++) {
        m->action[i].mean = 0;
        m->action[i].precision = 1 / MODEL_SPREAD_REST;
    }

    for (i = 0; i < m->log->cells.n; i++) {
        m->cell[i].mean = 0;
        m->cell[i].precision = 1 / MODEL_SPREAD_REST;
    }
}


static void
model_learn(model_t *m, uint32_t i)
{
    float                   x[MODEL_D], score, spread;
    xsell_evidence_t        ev;
    xsell_residual_t       *part[3];
    const offpolicy_row_t  *row;

    row = &m->log->row[i];
    part[0] = &m->position[row->position];
    part[1] = &m->action[row->action];
    part[2] = &m->cell[row->cell];

    model_context(m, i, x);

    score = xsell_bandit_mean(&m->b, x) + part[0]->mean + part[1]->mean
            + part[2]->mean;
    spread = xsell_bandit_spread(&m->b, x) + xsell_residual_spread(part[0])
             + xsell_residual_spread(part[1])
             + xsell_residual_spread(part[2]);

    if (xsell_evidence_logit(&ev, score, spread,
                             (float) (row->reward / m->unit), 1, 0)
        && xsell_bandit_learn(&m->b, x, &ev))
    {
        (void) xsell_residual_learn(part[0], &ev);
        (void) xsell_residual_learn(part[1], &ev);
        (void) xsell_residual_learn(part[2], &ev);
    }
}


/* at the mean of the belief.  Over all of it rare clicks come out twice too
   often: the belief about an action that was rarely shown is wide, and the
   logistic curve there is an exponential */

static double
model_reward(const model_t *m, double score)
{
    return m->unit * xsell_sigmoid((float) score);
}


static void
model_predict(const model_t *m, uint32_t i, double *of_action,
    double *of_policy)
{
    float                      x[MODEL_D];
    double                     score;
    size_t                     k, n;
    const offpolicy_row_t     *row;
    const offpolicy_choice_t  *choice;

    row = &m->log->row[i];

    model_context(m, i, x);

    score = xsell_bandit_mean(&m->b, x) + m->position[row->position].mean;
    choice = offpolicy_choices(m->log, i, &n);

    for (k = 0, *of_policy = 0; k < n; k++) {
        *of_policy += choice[k].p
                      * model_reward(m, score
                                        + m->action[choice[k].action].mean
                                        + m->cell[choice[k].cell].mean);
    }

    *of_action = model_reward(m, score + m->action[row->action].mean
                                 + m->cell[row->cell].mean);
}


static int
model_open(model_t *m, const offpolicy_log_t *log)
{
    uint32_t  i;

    memset(m, 0, sizeof(*m));

    m->log = log;
    m->b.mean = m->mean;
    m->b.factor = m->factor;
    m->b.d = log->context_n ? MODEL_D : 1;
    m->b.stride = MODEL_D;

    m->position = calloc(log->positions.n, sizeof(*m->position));
    m->action = calloc(log->actions.n, sizeof(*m->action));
    m->cell = calloc(log->cells.n, sizeof(*m->cell));

    if (m->position == NULL || m->action == NULL || m->cell == NULL) {
        return cli_fail("not enough memory");
    }

    for (i = 0; i < log->rows; i++) {
        m->unit = fmax(m->unit, log->row[i].reward);
    }

    m->unit = m->unit > 0 ? m->unit : 1;

    model_scale(m);

    return CLI_OK;
}


int
offpolicy_model(const offpolicy_log_t *log, double *of_action,
    double *of_policy)
{
    int       rc;
    model_t   m;
    uint32_t  i, fold;

    rc = model_open(&m, log);

    for (fold = 0; rc == CLI_OK && fold < MODEL_FOLDS; fold++) {
        model_begin(&m, fold);

        for (i = 0; i < log->rows; i++) {
            if (log->row[i].unit % MODEL_FOLDS != fold) {
                model_learn(&m, i);
            }
        }

        for (i = 0; i < log->rows; i++) {
            if (log->row[i].unit % MODEL_FOLDS == fold) {
                model_predict(&m, i, &of_action[i], &of_policy[i]);
            }
        }
    }

    free(m.position);
    free(m.action);
    free(m.cell);

    return rc;
}

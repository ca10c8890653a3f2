
/*
 * eval_offpolicy.c: what another policy would have earned, told from a log of
 * decisions that were partly random.
 *
 *   IPS    mean of w r, w = target / propensity (Horvitz, Thompson 1952):
 *          right on average, wide
 *   SNIPS  sum of w r / sum of w (Swaminathan, Joachims 2015): a little
 *          biased, mostly narrower
 *   DM     what a model of rewards expects of the policy: narrow, as wrong as
 *          the model
 *   DR     DM and the weighted error of the model (Dudik, Langford, Li 2011):
 *          right on average if either is
 *
 * Each is a ratio of two sums over units; a unit is a visit, because the rows
 * of one visitor are no independent evidence.  So one formula gives all
 * intervals: the normal one from the ratio's influence per unit, and the
 * bootstrap, corrected for bias and skewness (BCa: Efron 1987), which a few
 * clicks of large weight need: percentiles alone stop short on the upper side.
 *
 * Not taken: clipped weights (a bias that no interval tells of), intervals
 * from inequalities of Bernstein's kind (true, and ten times too wide to
 * decide anything).
 */

#include "eval_offpolicy.h"

#include <getopt.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>


#define OFFPOLICY_UNITS      20000      /* more are put together */
#define OFFPOLICY_RESAMPLES  2000


static const char  offpolicy_help[] =
    "usage: xsell eval offpolicy --log FILE [--policy uniform|FILE]\n"
    "           [OPTION]...\n"
    "\n"
    "Estimates what another policy would have earned per shown place, from a\n"
    "log of decisions whose probabilities are known.  Estimators are IPS,\n"
    "SNIPS, DM and DR, each with 95 % intervals (normal; bootstrap, BCa).\n"
    "\n"
    "FILE, may be gzip, is a JSON object a line, one per shown place:\n"
    "  action      what was shown, a name or number\n"
    "  propensity  the probability with which it was shown there\n"
    "  reward      what it earned: 0 or 1, or money\n"
    "  position    the place, if there are several\n"
    "  session     rows of one visit have the same\n"
    "  context     numbers that the model of rewards may look at\n"
    "  target      what the policy to be valued does there: probabilities by\n"
    "              action; or only the probability of the logged action,\n"
    "              then there is no DM and DR\n"
    "  truth       the policy's reward there, if a simulator knows it\n"
    "Of an event log (xsell_shop's `log`) the lines of type \"tossed\" count.\n"
    "Or CSV as the Open Bandit Dataset has it: item_id, position, click,\n"
    "propensity_score, user_feature_*.\n"
    "\n"
    "  --policy uniform  value the policy that shows all actions alike\n"
    "  --policy FILE     value the policy of that log, by how often it shows\n"
    "                    what at which position; its own mean is printed too\n"
    "  --resamples N     of the bootstrap (default 2000)\n"
    "  --seed N          of the bootstrap (default 1)\n"
    "\n"
    "The last line is for scripts: logged=.. ips=.. snips=.. dm=.. dr=..,\n"
    "NAME_low=.. NAME_high=.. (bootstrap), ess=.. (rows that the weights are\n"
    "worth), weight=.. (their mean: far from 1 means that the propensities or\n"
    "the policy are not what they seem), rows=.. units=.. actions=.. truth=..\n"
    "(the mean of --policy FILE, or of the rows' truth).  DM's interval knows\n"
    "nothing of its model's error.\n";


enum {
    OFFPOLICY_IPS = 0,
    OFFPOLICY_SNIPS,
    OFFPOLICY_DM,
    OFFPOLICY_DR,
    OFFPOLICY_ESTIMATORS
};

static const char *const  offpolicy_name[] = { "ips", "snips", "dm", "dr" };


typedef struct {
    const char          *log;
    const char          *policy;
    long                 resamples;
    long                 seed;
} offpolicy_options_t;


/* sums over the rows of a unit: estimator k is of[k] over per[k] */

typedef struct {
    double               of[OFFPOLICY_ESTIMATORS];
    double               per[OFFPOLICY_ESTIMATORS];
} offpolicy_unit_t;


typedef struct {
    offpolicy_log_t      log;
    offpolicy_log_t      other;
    unsigned             estimators;
    offpolicy_unit_t    *unit;
    uint32_t             units;

    double               logged;
    double               weight;
    double               ess;
    double               value[OFFPOLICY_ESTIMATORS];
    double               low[OFFPOLICY_ESTIMATORS];
    double               high[OFFPOLICY_ESTIMATORS];
    double               deviation[OFFPOLICY_ESTIMATORS];
} offpolicy_t;


static int offpolicy_options(int argc, char **argv, offpolicy_options_t *o);
static int offpolicy_target(offpolicy_t *e, const offpolicy_options_t *o);
static int offpolicy_estimate(offpolicy_t *e);
static int offpolicy_bootstrap(offpolicy_t *e, const offpolicy_options_t *o);
static void offpolicy_report(const offpolicy_t *e);


int
eval_offpolicy(int argc, char **argv)
{
    int                  rc;
    offpolicy_t          e;
    offpolicy_options_t  o;

    rc = offpolicy_options(argc, argv, &o);

    if (rc != CLI_OK || o.log == NULL) {
        return rc;
    }

    memset(&e, 0, sizeof(e));

    rc = offpolicy_read(&e.log, o.log);

    if (rc == CLI_OK) {
        rc = offpolicy_target(&e, &o);
    }

    if (rc == CLI_OK) {
        rc = offpolicy_estimate(&e);
    }

    if (rc == CLI_OK) {
        rc = offpolicy_bootstrap(&e, &o);
    }

    if (rc == CLI_OK) {
        offpolicy_report(&e);
    }

    free(e.unit);
    offpolicy_free(&e.log);
    offpolicy_free(&e.other);

    return rc;
}


static int
offpolicy_options(int argc, char **argv, offpolicy_options_t *o)
{
    int  c;

    static const struct option  options[] = {
        { "log",       required_argument, NULL, 'l' },
        { "policy",    required_argument, NULL, 'p' },
        { "resamples", required_argument, NULL, 'r' },
        { "seed",      required_argument, NULL, 's' },
        { "help",      no_argument,       NULL, 'h' },
        { NULL, 0, NULL, 0 }
    };

    memset(o, 0, sizeof(*o));
    o->resamples = OFFPOLICY_RESAMPLES;
    o->seed = 1;

    while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {

        switch (c) {

        case 'l':
            o->log = optarg;
            break;

        case 'p':
            o->policy = optarg;
            break;

        case 'r':
            o->resamples = cli_number(optarg, 100, 100000);

            if (o->resamples < 0) {
                return cli_usage("eval", "--resamples is 100 to 100000");
            }

            break;

        case 's':
            o->seed = cli_number(optarg, 0, 1000000000);

            if (o->seed < 0) {
                return cli_usage("eval", "\"%s\" is no seed", optarg);
            }

            break;

        case 'h':
            o->log = NULL;
            fputs(offpolicy_help, stdout);
            return CLI_OK;

        default:
            return CLI_USAGE;
        }
    }

    if (optind != argc) {
        return cli_usage("eval", "\"%s\" is too much", argv[optind]);
    }

    if (o->log == NULL) {
        return cli_usage("eval", "--log is needed");
    }

    return CLI_OK;
}


/* the policy to be valued */

static int
offpolicy_target(offpolicy_t *e, const offpolicy_options_t *o)
{
    uint32_t  i;

    if (o->policy && strcmp(o->policy, "uniform") == 0) {
        return offpolicy_policy_uniform(&e->log);
    }

    if (o->policy) {
        return offpolicy_read(&e->other, o->policy) == CLI_OK
               ? offpolicy_policy_log(&e->log, &e->other) : CLI_FAILED;
    }

    for (i = 0; i < e->log.rows; i++) {
        if (e->log.row[i].target < 0) {
            return cli_fail("%s: decision %u has no \"target\", and there is "
                            "no --policy", cli_input_name(o->log), i + 1);
        }
    }

    return CLI_OK;
}


/* ---- estimates -------------------------------------------------------- */

static void
offpolicy_add(offpolicy_t *e, uint32_t i, double of_action, double of_policy)
{
    double                  w, wr;
    offpolicy_unit_t       *u;
    const offpolicy_row_t  *row;

    row = &e->log.row[i];
    u = &e->unit[row->unit % e->units];

    w = (double) row->target / row->propensity;
    wr = w * row->reward;

    e->logged += row->reward / e->log.rows;
    e->weight += w;
    e->ess += w * w;

    u->of[OFFPOLICY_IPS] += wr;
    u->of[OFFPOLICY_SNIPS] += wr;
    u->of[OFFPOLICY_DM] += of_policy;
    u->of[OFFPOLICY_DR] += of_policy + w * (row->reward - of_action);

    u->per[OFFPOLICY_IPS] += 1;
    u->per[OFFPOLICY_SNIPS] += w;
    u->per[OFFPOLICY_DM] += 1;
    u->per[OFFPOLICY_DR] += 1;
}


/* the values, and their deviations by what each unit adds; sessions are
   numbered without gaps, so that no unit is empty */

static void
offpolicy_values(offpolicy_t *e)
{
    double    of, per, one;
    unsigned  k;
    uint32_t  i;

    for (k = 0; k < e->estimators; k++) {
        of = per = 0;

        for (i = 0; i < e->units; i++) {
            of += e->unit[i].of[k];
            per += e->unit[i].per[k];
        }

        e->value[k] = per > 0 ? of / per : 0;
        e->deviation[k] = 0;

        for (i = 0; per > 0 && i < e->units; i++) {
            one = (e->unit[i].of[k] - e->value[k] * e->unit[i].per[k]) / per;
            e->deviation[k] += one * one;
        }

        e->deviation[k] = sqrt(e->deviation[k] * e->units
                               / (e->units > 1 ? e->units - 1 : 1));
    }
}


static int
offpolicy_estimate(offpolicy_t *e)
{
    int        rc;
    double    *of_action, *of_policy;
    uint32_t   i, most;

    for (i = 0, most = 0; i < e->log.rows; i++) {
        most = e->log.row[i].unit > most ? e->log.row[i].unit : most;
    }

    e->units = most < OFFPOLICY_UNITS ? most + 1 : OFFPOLICY_UNITS;
    e->estimators = e->log.whole ? OFFPOLICY_ESTIMATORS : OFFPOLICY_DM;

    e->unit = calloc(e->units, sizeof(*e->unit));
    of_action = calloc(e->log.rows, sizeof(*of_action));
    of_policy = calloc(e->log.rows, sizeof(*of_policy));

    rc = e->unit == NULL || of_action == NULL || of_policy == NULL
         ? cli_fail("not enough memory") : CLI_OK;

    if (rc == CLI_OK && e->log.whole) {
        rc = offpolicy_model(&e->log, of_action, of_policy);
    }

    if (rc == CLI_OK) {
        for (i = 0; i < e->log.rows; i++) {
            offpolicy_add(e, i, of_action[i], of_policy[i]);
        }

        e->ess = e->ess > 0 ? e->weight * e->weight / e->ess : 0;
        e->weight /= e->log.rows;

        offpolicy_values(e);
    }

    free(of_action);
    free(of_policy);

    return rc;
}


/* ---- the bootstrap ---------------------------------------------------- */

static double
offpolicy_normal(double z)
{
    return 0.5 * erfc(-z / sqrt(2));
}


static double
offpolicy_quantile(double p)
{
    double    low, high, z;
    unsigned  i;

    low = -8;
    high = 8;

    for (i = 0; i < 60; i++) {
        z = (low + high) / 2;

        if (offpolicy_normal(z) < p) {
            low = z;

        } else {
            high = z;
        }
    }

    return low;
}


static int
offpolicy_ascending(const void *one, const void *other)
{
    double  x, y;

    x = *(const double *) one;
    y = *(const double *) other;

    return x < y ? -1 : x > y;
}


/* sorts the n resampled values of an estimator, and takes the two that BCa
   says */

static void
offpolicy_interval(offpolicy_t *e, unsigned k, double *value, size_t n)
{
    double    below, shift, skew, cubes, squares, one, z, p, at;
    size_t    i;
    unsigned  side;

    below = cubes = squares = 0;

    for (i = 0; i < n; i++) {
        below += value[i] < e->value[k] ? 1
                 : value[i] > e->value[k] ? 0 : 0.5;
    }

    for (i = 0; i < e->units; i++) {
        one = e->unit[i].of[k] - e->value[k] * e->unit[i].per[k];
        squares += one * one;
        cubes += one * one * one;
    }

    /* all on one side: half a resample is as far as can be told */

    below = fmin(fmax(below, 0.5), (double) n - 0.5);

    shift = offpolicy_quantile(below / (double) n);
    skew = squares > 0 ? cubes / (6 * pow(squares, 1.5)) : 0;

    qsort(value, n, sizeof(*value), offpolicy_ascending);

    for (side = 0; side < 2; side++) {
        z = shift + (side ? 1.959964 : -1.959964);
        p = offpolicy_normal(shift + z / fmax(1 - skew * z, 0.1));
        at = fmin(fmax(p * (double) n - 0.5, 0), (double) n - 1);

        *(side ? &e->high[k] : &e->low[k]) = value[(size_t) (at + 0.5)];
    }
}


static int
offpolicy_bootstrap(offpolicy_t *e, const offpolicy_options_t *o)
{
    double            *value, of[OFFPOLICY_ESTIMATORS];
    double             per[OFFPOLICY_ESTIMATORS];
    size_t             n, round;
    uint32_t           i, at;
    uint64_t           random;
    unsigned           k;
    cli_progress_t     progress;
    offpolicy_unit_t  *u;

    n = (size_t) o->resamples;
    value = calloc(n * OFFPOLICY_ESTIMATORS, sizeof(*value));

    if (value == NULL) {
        return cli_fail("not enough memory");
    }

    random = (uint64_t) o->seed;
    cli_progress_begin(&progress, "resampling");

    for (round = 0; round < n; round++) {
        memset(of, 0, sizeof(of));
        memset(per, 0, sizeof(per));

        for (i = 0; i < e->units; i++) {
            at = (uint32_t) (((xsell_random(&random) >> 32) * e->units)
                             >> 32);
            u = &e->unit[at];

            for (k = 0; k < OFFPOLICY_ESTIMATORS; k++) {
                of[k] += u->of[k];
                per[k] += u->per[k];
            }
        }

        for (k = 0; k < OFFPOLICY_ESTIMATORS; k++) {
            value[k * n + round] = per[k] > 0 ? of[k] / per[k] : 0;
        }

        cli_progress(&progress, round, n);
    }

    cli_progress_end();

    for (k = 0; k < e->estimators; k++) {
        offpolicy_interval(e, k, &value[k * n], n);
    }

    free(value);

    return CLI_OK;
}


/* ---- the report ------------------------------------------------------- */

/* mean reward of a log of its own, and its deviation */

static double
offpolicy_mean(const offpolicy_log_t *log, double *deviation)
{
    double    sum, squares, n;
    uint32_t  i;

    n = log->rows;

    for (i = 0, sum = squares = 0; i < log->rows; i++) {
        sum += log->row[i].reward;
        squares += log->row[i].reward * log->row[i].reward;
    }

    sum /= n;
    *deviation = sqrt(fmax(squares / n - sum * sum, 0) / n);

    return sum;
}


static void
offpolicy_report(const offpolicy_t *e)
{
    double    truth, deviation;
    unsigned  k;

    truth = 0;

    printf("%-10s %9s   %-21s   %-21s\n", "estimator", "value", "95 % normal",
           "95 % bootstrap");

    for (k = 0; k < e->estimators; k++) {
        printf("%-10s %9.6f   %9.6f - %9.6f   %9.6f - %9.6f\n",
               offpolicy_name[k], e->value[k],
               e->value[k] - 1.959964 * e->deviation[k],
               e->value[k] + 1.959964 * e->deviation[k], e->low[k],
               e->high[k]);
    }

    if (e->other.rows) {
        truth = offpolicy_mean(&e->other, &deviation);
        printf("%-10s %9.6f   %9.6f - %9.6f\n", "its log", truth,
               truth - 1.959964 * deviation, truth + 1.959964 * deviation);
    }

    if (e->other.rows == 0 && e->log.truths == e->log.rows) {
        truth = e->log.truth / e->log.rows;
        printf("%-10s %9.6f\n", "truth", truth);
    }

    printf("logged=%.6f", e->logged);

    for (k = 0; k < e->estimators; k++) {
        printf(" %s=%.6f %s_low=%.6f %s_high=%.6f", offpolicy_name[k],
               e->value[k], offpolicy_name[k], e->low[k], offpolicy_name[k],
               e->high[k]);
    }

    printf(" ess=%.1f weight=%.4f rows=%u units=%u actions=%u", e->ess,
           e->weight, e->log.rows, e->units, e->log.actions.n);

    if (e->other.rows || e->log.truths == e->log.rows) {
        printf(" truth=%.6f", truth);
    }

    putchar('\n');
}

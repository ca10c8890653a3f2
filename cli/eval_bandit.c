
/*
 * eval_bandit.c: how well the engine's mathematics learns from clicks alone,
 * on data sets of classification that others have measured too.
 *
 * An example is a visit: its numbers are the context, its classes the arms.
 * One arm is shown; reward 1 if it is the example's class, else 0, and which
 * one it was stays unknown (supervised to bandit: Dudik, Langford, Li 2011;
 * Bietti, Agarwal, Langford 2018).  The error is progressive: each example is
 * decided before it is learned from, every mistake of the beginning counts.
 *
 * The policy is the shop's (xsell_bandit.c): logistic, whole covariance, one
 * Thompson draw a decision.  An arm has a belief of its own, so a draw of its
 * weights is, for the one context at hand, a draw of its score, and that is
 * what is drawn.  One setting for all data:
 *
 *   - numbers are scaled by the mean and deviation of what was seen so far;
 *   - 128 dimensions.  What the context leaves of them is filled with random
 *     Fourier features (Rahimi, Recht 2007), so that few numbers may bend
 *     their borders; what is too much is folded (Weinberger 2009, without
 *     signs: a belief that shares is better than one that cancels);
 *   - weights begin as N(0, 1), a constant among them; alpha is .1.
 *
 * Tried and left: AdaGrad or a diagonal above 64 dimensions (mushroom .0034
 * to .006 instead of .003); learning from a hit that the other arms would
 * have missed, which no shop knows.
 */

#include "eval_table.h"

#include "../engine/model/xsell_bandit.h"

#include <getopt.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>


#define BANDIT_DIMS   128
#define BANDIT_ALPHA  0.1f
#define BANDIT_FAR    10.0f             /* deviations */
#define BANDIT_ARMS   1024
#define BANDIT_FILES  16
#define BANDIT_SEEDS  5


static const char  bandit_help[] =
    "usage: xsell eval bandit --data FILE [--data FILE]... [OPTION]...\n"
    "\n"
    "Turns examples of classes into visits: each class is an offer, the\n"
    "visitor takes the one that is the example's class, and only whether the\n"
    "shown one was taken is learned.  Counts how often it was not, from the\n"
    "first example on.\n"
    "\n"
    "FILE is CSV, may be gzip; lines that begin with # are left out.  Columns\n"
    "that are not all numbers become a 0 or 1 per value.\n"
    "\n"
    "  --label first|last  which field is the class (default first)\n"
    "  --skip-header       the first line of each file is none\n"
    "  --seeds N           orders of the examples: seeds 1 to N (default 5)\n"
    "  --limit N           the first N examples of each order only\n"
    "  --verbose           each seed, and the error of always the same class\n"
    "\n"
    "The last line is for scripts: error=.. se=.. rounds=.. arms=.. dims=..\n"
    "seeds=..; error is the mean over the seeds, se its standard error.\n";


typedef struct {
    const char          *file[BANDIT_FILES];
    unsigned             files;
    int                  last;
    int                  header;
    int                  verbose;
    long                 seeds;
    long                 limit;
} bandit_options_t;


typedef struct {
    const eval_table_t  *table;
    uint32_t             rounds;
    uint32_t             fourier;       /* of BANDIT_DIMS */
    uint64_t             random;
    uint32_t            *order;
    double              *mean;          /* of each number so far */
    double              *square;        /* sum of squares about it */
    float               *z;             /* the numbers of this round, scaled */
    float               *wave;          /* fourier x (n + 1): phase last */
    float               *memory;        /* of all beliefs */
    xsell_bandit_t      *arm;
    float                x[BANDIT_DIMS];
} bandit_t;


static int bandit_options(int argc, char **argv, bandit_options_t *o);
static int bandit_measure(const eval_table_t *t, const bandit_options_t *o);


int
eval_bandit(int argc, char **argv)
{
    int               rc;
    eval_table_t      table;
    bandit_options_t  o;

    rc = bandit_options(argc, argv, &o);

    if (rc != CLI_OK || o.files == 0) {
        return rc;
    }

    rc = eval_table_read(&table, o.file, o.files, o.last, o.header);

    if (rc == CLI_OK && (table.labels < 2 || table.labels > BANDIT_ARMS)) {
        rc = cli_fail("%s: %u classes, from 2 to %u can be told apart",
                      cli_input_name(o.file[0]), table.labels, BANDIT_ARMS);
    }

    if (rc == CLI_OK) {
        rc = bandit_measure(&table, &o);
    }

    eval_table_free(&table);

    return rc;
}


static int
bandit_options(int argc, char **argv, bandit_options_t *o)
{
    int  c;

    static const struct option  options[] = {
        { "data",        required_argument, NULL, 'd' },
        { "label",       required_argument, NULL, 'a' },
        { "skip-header", no_argument,       NULL, 'k' },
        { "seeds",       required_argument, NULL, 's' },
        { "limit",       required_argument, NULL, 'l' },
        { "verbose",     no_argument,       NULL, 'v' },
        { "help",        no_argument,       NULL, 'h' },
        { NULL, 0, NULL, 0 }
    };

    memset(o, 0, sizeof(*o));
    o->seeds = BANDIT_SEEDS;

    while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {

        switch (c) {

        case 'd':
            if (o->files == BANDIT_FILES) {
                return cli_usage("eval", "%u files at most", BANDIT_FILES);
            }

            o->file[o->files++] = optarg;
            break;

        case 'a':
            o->last = strcmp(optarg, "last") == 0;

            if (!o->last && strcmp(optarg, "first") != 0) {
                return cli_usage("eval", "--label is \"first\" or \"last\"");
            }

            break;

        case 'k':
            o->header = 1;
            break;

        case 's':
            o->seeds = cli_number(optarg, 1, 1000);

            if (o->seeds < 0) {
                return cli_usage("eval", "\"%s\" is no number of seeds",
                                 optarg);
            }

            break;

        case 'l':
            o->limit = cli_number(optarg, 1, 1000000000);

            if (o->limit < 0) {
                return cli_usage("eval", "\"%s\" is no number of examples",
                                 optarg);
            }

            break;

        case 'v':
            o->verbose = 1;
            break;

        case 'h':
            o->files = 0;
            fputs(bandit_help, stdout);
            return CLI_OK;

        default:
            return CLI_USAGE;
        }
    }

    if (optind != argc) {
        return cli_usage("eval", "\"%s\" is too much", argv[optind]);
    }

    if (o->files == 0) {
        return cli_usage("eval", "--data is needed");
    }

    return CLI_OK;
}


/* ---- one run ---------------------------------------------------------- */

static float
bandit_uniform(bandit_t *b)
{
    return (float) (xsell_random(&b->random) >> 40) * (1.0f / 16777216);
}


static int
bandit_create(bandit_t *b, const eval_table_t *t)
{
    uint32_t  i;

    memset(b, 0, sizeof(*b));

    b->table = t;
    b->fourier = t->n + 1 < BANDIT_DIMS ? BANDIT_DIMS - t->n - 1 : 0;

    b->order = calloc(t->rows, sizeof(*b->order));
    b->mean = calloc(t->n, sizeof(*b->mean));
    b->square = calloc(t->n, sizeof(*b->square));
    b->z = calloc(t->n, sizeof(*b->z));
    b->wave = calloc((size_t) b->fourier * (t->n + 1) + 1, sizeof(*b->wave));
    b->arm = calloc(t->labels, sizeof(*b->arm));
    b->memory = calloc((size_t) t->labels * BANDIT_DIMS * (BANDIT_DIMS + 1),
                       sizeof(*b->memory));

    if (b->order == NULL || b->mean == NULL || b->square == NULL
        || b->z == NULL || b->wave == NULL || b->arm == NULL
        || b->memory == NULL)
    {
        return cli_fail("not enough memory");
    }

    for (i = 0; i < t->labels; i++) {
        b->arm[i].mean = &b->memory[(size_t) i * BANDIT_DIMS
                                    * (BANDIT_DIMS + 1)];
        b->arm[i].factor = b->arm[i].mean + BANDIT_DIMS;
        b->arm[i].d = BANDIT_DIMS;
        b->arm[i].stride = BANDIT_DIMS;
    }

    return CLI_OK;
}


static void
bandit_destroy(bandit_t *b)
{
    free(b->order);
    free(b->mean);
    free(b->square);
    free(b->z);
    free(b->wave);
    free(b->arm);
    free(b->memory);
}


/* nothing is known, the examples in the order of this seed */

static void
bandit_begin(bandit_t *b, uint64_t seed)
{
    float     variance[BANDIT_DIMS];
    uint32_t  i, at, kept, n;

    n = b->table->n;
    b->random = seed;

    for (i = 0; i < b->table->rows; i++) {
        at = (uint32_t) (((xsell_random(&b->random) >> 32) * (i + 1u)) >> 32);

        kept = b->order[at];
        b->order[at] = i;

        if (at != i) {
            b->order[i] = kept;
        }
    }

    for (i = 0; i < b->fourier; i++) {
        xsell_normals(&b->random, &b->wave[(size_t) i * (n + 1)], n);
        b->wave[(size_t) i * (n + 1) + n] = bandit_uniform(b) * 6.2831853f;
    }

    memset(b->mean, 0, n * sizeof(*b->mean));
    memset(b->square, 0, n * sizeof(*b->square));

    for (i = 0; i < BANDIT_DIMS; i++) {
        variance[i] = 1;
    }

    for (i = 0; i < b->table->labels; i++) {
        xsell_bandit_prior(&b->arm[i], NULL, variance);
    }
}


/* the context of round `round`, the examples before it known */

static void
bandit_context(bandit_t *b, uint32_t round)
{
    float         angle, width;
    double        off, deviation;
    uint32_t      i, j, n;
    const float  *raw, *wave;

    n = b->table->n;
    raw = &b->table->x[(size_t) b->order[round] * n];

    memset(b->x, 0, sizeof(b->x));
    b->x[0] = 1;

    for (i = 0; i < n; i++) {
        off = raw[i] - b->mean[i];
        b->mean[i] += off / (round + 1);
        b->square[i] += off * (raw[i] - b->mean[i]);

        off = raw[i] - b->mean[i];
        deviation = sqrt(b->square[i] / (round + 1));

        b->z[i] = deviation > 1e-9 * (1 + fabs(b->mean[i]))
                  ? (float) (off / deviation) : 0;

        b->z[i] = b->z[i] > BANDIT_FAR ? BANDIT_FAR
                  : b->z[i] < -BANDIT_FAR ? -BANDIT_FAR : b->z[i];

        b->x[1 + i % (BANDIT_DIMS - 1)] += b->z[i];
    }

    width = 1 / sqrtf((float) n);

    for (i = 0; i < b->fourier; i++) {
        wave = &b->wave[(size_t) i * (n + 1)];

        for (angle = 0, j = 0; j < n; j++) {
            angle += wave[j] * b->z[j];
        }

        b->x[1 + n + i] = 1.41421356f * cosf(angle * width + wave[n]);
    }
}


/* shows an arm and learns; 1 if it was the wrong one */

static int
bandit_round(bandit_t *b, uint32_t round)
{
    int               wrong;
    float             z, score, spread, drawn, best, best_score, best_spread;
    uint32_t          i, chosen;
    xsell_evidence_t  ev;

    bandit_context(b, round);

    chosen = 0;
    best = best_score = best_spread = 0;

    for (i = 0; i < b->table->labels; i++) {
        score = xsell_bandit_mean(&b->arm[i], b->x);
        spread = xsell_bandit_spread(&b->arm[i], b->x);

        xsell_normals(&b->random, &z, 1);
        drawn = score + BANDIT_ALPHA * z * sqrtf(spread);

        if (i == 0 || drawn > best) {
            chosen = i;
            best = drawn;
            best_score = score;
            best_spread = spread;
        }
    }

    wrong = chosen != b->table->label[b->order[round]];

    if (xsell_evidence_logit(&ev, best_score, best_spread, !wrong, 1, 0)) {
        (void) xsell_bandit_learn(&b->arm[chosen], b->x, &ev);
    }

    return wrong;
}


/* ---- all runs --------------------------------------------------------- */

/* the error of the class that is most frequent */

static double
bandit_constant(const eval_table_t *t)
{
    uint32_t  i, most, count[BANDIT_ARMS];

    memset(count, 0, sizeof(count));

    for (i = 0, most = 0; i < t->rows; i++) {
        if (++count[t->label[i]] > most) {
            most = count[t->label[i]];
        }
    }

    return 1 - (double) most / t->rows;
}


static int
bandit_measure(const eval_table_t *t, const bandit_options_t *o)
{
    double          error, sum, squares, n;
    uint32_t        i, rounds, wrong;
    uint64_t        seed;
    bandit_t        b;
    cli_progress_t  progress;

    if (bandit_create(&b, t) != CLI_OK) {
        bandit_destroy(&b);
        return CLI_FAILED;
    }

    rounds = o->limit && o->limit < (long) t->rows ? (uint32_t) o->limit
                                                   : t->rows;
    n = (double) o->seeds;
    sum = squares = 0;

    if (o->verbose) {
        printf("always the same: error=%.4f\n", bandit_constant(t));
    }

    cli_progress_begin(&progress, "learning");

    for (seed = 1; seed <= (uint64_t) o->seeds; seed++) {
        bandit_begin(&b, seed);

        for (i = 0, wrong = 0; i < rounds; i++) {
            wrong += (uint32_t) bandit_round(&b, i);

            if (i % 1024 == 0) {
                cli_progress(&progress, (seed - 1) * rounds + i,
                             (uint64_t) o->seeds * rounds);
            }
        }

        error = (double) wrong / rounds;
        sum += error;
        squares += error * error;

        if (o->verbose) {
            printf("seed %llu: error=%.4f\n", (unsigned long long) seed,
                   error);
        }
    }

    cli_progress_end();

    error = sum / n;
    squares = n > 1 ? (squares - n * error * error) / (n - 1) / n : 0;

    printf("error=%.4f se=%.4f rounds=%u arms=%u dims=%u seeds=%ld\n", error,
           sqrt(squares > 0 ? squares : 0), rounds, t->labels, BANDIT_DIMS,
           o->seeds);

    bandit_destroy(&b);

    return CLI_OK;
}

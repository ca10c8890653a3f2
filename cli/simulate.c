
/*
 * xsell simulate: what the engine makes of a shop in which the truth is known.
 *
 *   a seed --> a world, calibrated     simulate_world.c, simulate_run.c
 *   each policy --> a run in it        the same visitors at the same times
 *   sums --> figures, curves           simulate_report.c
 *
 * The size of the effects is a parameter of the world, chosen so that the shop
 * before (static also-bought) has usual figures: 8 % of the sessions click,
 * 43.75 % of these buy, an order is worth 85, 25 % leave after a page.  So the
 * figures say which share of what was to be gained is gained (gap), and how
 * fast, not what a shop will gain.  Only that policy was calibrated; the world
 * must never be tuned on what the learner makes of it.
 *
 * A seed is a process, so that --jobs of them run side by side; what comes back
 * is a block of figures through a pipe.
 */

#include "simulate.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>


#define SIM_SEEDS_MAX  100
#define SIM_JOBS_MAX   64


static const char  simulate_help[] =
    "usage: xsell simulate [OPTION]...\n"
    "\n"
    "Runs policies in a simulated shop: 10,000 items, visitors with intents\n"
    "and tastes, offers that please or drive away, a change of fashion at half\n"
    "time.  Prints a line a policy, the learning period included.\n"
    "\n"
    "  --sessions N   visits (default 60000: about 380,000 page views)\n"
    "  --policy P,..  random popularity alsobought hybrid learner\n"
    "                 learner-fixed full oracle (default: these), and nothing\n"
    "                 oracle-fixed\n"
    "  --world W      plain; null: all items and templates are the same to\n"
    "                 everybody; intrusive: nobody wants offers; no-drift\n"
    "  --seed S       of world and visitors (default 1)\n"
    "  --seeds K      the seeds S .. S+K-1: means and standard errors\n"
    "  --jobs J       seeds side by side (default 1)\n"
    "  --holdout P    percent of the visitors are shown nothing: the lift\n"
    "                 as the shop measures it, and the true one\n"
    "  --curve        also page-view CTR in eighths of the run\n"
    "  --svg FILE     these as a picture\n"
    "  --log FILE     decisions of the policy mixed, for eval offpolicy\n"
    "  --verbose      also what calibration found\n"
    "\n"
    "ctr, conv, bounce: percent of sessions; aov: of all orders; gap: percent\n"
    "of the way from alsobought to oracle in ctr; page_ctr, page_gap: the same\n"
    "of page views; drift: page_ctr in the two eighths of the run after the\n"
    "change over the one before it; kept: that over the oracle's; later_..: in\n"
    "the eighth that begins two eighths after the change.  The oracle knows\n"
    "tastes and intents, but not who is in the mood for an offer.\n";


typedef struct {
    long                 sessions;
    long                 seed;
    long                 seeds;
    long                 jobs;
    long                 held;
    unsigned             world;
    uint32_t             policies;      /* bit each */
    const char          *svg;
    const char          *log;
    int                  curve;
    int                  verbose;
    int                  help;
} simulate_options_t;


typedef struct {
    pid_t                pid;
    int                  fd;
    uint32_t             seed;          /* from 0 */
} simulate_job_t;


/* ---- options ---------------------------------------------------------- */

static int
simulate_policies(char *text, uint32_t *policies)
{
    char        *name, *rest;
    unsigned     i;
    const char  *near, *names[SIM_POLICIES];

    for (i = 0; i < SIM_POLICIES; i++) {
        names[i] = sim_policy_name(i);
    }

    *policies = 0;

    for (name = strtok_r(text, ",", &rest); name;
         name = strtok_r(NULL, ",", &rest))
    {
        for (i = 0; i < SIM_POLICIES && strcmp(name, names[i]) != 0; i++) {
            /* void */
        }

        if (i == SIM_POLICIES) {
            near = cli_nearest(name, names, SIM_POLICIES);

            return cli_usage("simulate", "no policy \"%s\"%s%s%s", name,
                             near ? "; did you mean \"" : "",
                             near ? near : "", near ? "\"?" : "");
        }

        *policies |= 1u << i;
    }

    return *policies ? CLI_OK : cli_usage("simulate", "no policy is named");
}


static int
simulate_world(const char *name, unsigned *kind)
{
    unsigned  i;

    for (i = 0; i < SIM_WORLDS; i++) {
        if (strcmp(name, sim_world_name(i)) == 0) {
            *kind = i;
            return CLI_OK;
        }
    }

    return cli_usage("simulate", "no world \"%s\": plain, null, intrusive or "
                     "no-drift", name);
}


static int
simulate_count(const char *text, long min, long max, long *value)
{
    *value = cli_number(text, min, max);

    return *value < 0 ? cli_usage("simulate", "\"%s\" is no number from %ld "
                                  "to %ld", text, min, max)
                      : CLI_OK;
}


static int
simulate_options(int argc, char **argv, simulate_options_t *o)
{
    int  c, rc;

    static const struct option  options[] = {
        { "sessions", required_argument, NULL, 'n' },
        { "policy",   required_argument, NULL, 'p' },
        { "world",    required_argument, NULL, 'w' },
        { "seed",     required_argument, NULL, 's' },
        { "seeds",    required_argument, NULL, 'k' },
        { "jobs",     required_argument, NULL, 'j' },
        { "holdout",  required_argument, NULL, 'o' },
        { "svg",      required_argument, NULL, 'g' },
        { "log",      required_argument, NULL, 'l' },
        { "curve",    no_argument,       NULL, 'c' },
        { "verbose",  no_argument,       NULL, 'v' },
        { "help",     no_argument,       NULL, 'h' },
        { NULL, 0, NULL, 0 }
    };

    memset(o, 0, sizeof(*o));

    o->sessions = 60000;
    o->seed = 1;
    o->seeds = 1;
    o->jobs = 1;
    o->policies = 1u << SIM_RANDOM | 1u << SIM_POPULARITY
                  | 1u << SIM_ALSOBOUGHT | 1u << SIM_HYBRID
                  | 1u << SIM_LEARNER | 1u << SIM_LEARNER_FIXED
                  | 1u << SIM_FULL | 1u << SIM_ORACLE;

    rc = CLI_OK;

    while (rc == CLI_OK
           && (c = getopt_long(argc, argv, "h", options, NULL)) != -1)
    {
        switch (c) {

        case 'n':
            rc = simulate_count(optarg, 100, 100000000, &o->sessions);
            break;

        case 'p':
            rc = simulate_policies(optarg, &o->policies);
            break;

        case 'w':
            rc = simulate_world(optarg, &o->world);
            break;

        case 's':
            rc = simulate_count(optarg, 0, 1000000000, &o->seed);
            break;

        case 'k':
            rc = simulate_count(optarg, 1, SIM_SEEDS_MAX, &o->seeds);
            break;

        case 'j':
            rc = simulate_count(optarg, 1, SIM_JOBS_MAX, &o->jobs);
            break;

        case 'o':
            rc = simulate_count(optarg, 1, 50, &o->held);
            break;

        case 'g':
            o->svg = optarg;
            break;

        case 'l':
            o->log = optarg;
            break;

        case 'c':
            o->curve = 1;
            break;

        case 'v':
            o->verbose = 1;
            break;

        case 'h':
            o->help = 1;
            fputs(simulate_help, stdout);
            return CLI_OK;

        default:
            return CLI_USAGE;
        }
    }

    if (rc == CLI_OK && o->log) {
        o->policies |= 1u << SIM_MIXED;

        if (o->seeds > 1) {
            return cli_usage("simulate", "--log is of one seed");
        }
    }

    if (rc == CLI_OK && optind < argc) {
        return cli_usage("simulate", "\"%s\" is not wanted", argv[optind]);
    }

    return rc;
}


/* ---- a seed ----------------------------------------------------------- */

/* all policies in the world of one seed */

static int
simulate_seed(const simulate_options_t *o, uint32_t seed, int quiet,
    sim_figures_t *figures)
{
    int           rc;
    unsigned      i;
    uint32_t      run;
    sim_plan_t    plan;
    sim_sums_t    sums[SIM_POLICIES][SIM_ARMS];
    sim_world_t   w;

    rc = sim_world_create(&w, o->world, (uint64_t) o->seed + seed);

    if (rc != CLI_OK) {
        return rc;
    }

    rc = sim_calibrate(&w, quiet);

    if (rc == CLI_OK && o->verbose) {
        printf("seed=%ld click=%.3f buy=%.3f price=%.3f exit=%.3f\n",
               o->seed + (long) seed, w.level.click, w.level.buy,
               w.level.price, w.level.exit);
        fflush(stdout);
    }

    plan.sessions = (uint32_t) o->sessions;
    plan.held_percent = (unsigned) o->held;
    plan.quiet = quiet;
    plan.log = NULL;

    if (rc == CLI_OK && o->log) {
        plan.log = fopen(o->log, "w");

        if (plan.log == NULL) {
            rc = cli_fail("%s: %s", o->log, strerror(errno));
        }
    }

    /* what the others are held against */

    run = o->policies | 1u << SIM_ALSOBOUGHT | 1u << SIM_ORACLE;

    if (o->held) {
        run |= 1u << SIM_NOTHING;
    }

    memset(sums, 0, sizeof(sums));

    for (i = 0; i < SIM_POLICIES && rc == CLI_OK; i++) {
        if (run & (1u << i)) {
            rc = sim_run(&w, i, &plan, sums[i]);
        }
    }

    for (i = 0; i < SIM_POLICIES && rc == CLI_OK; i++) {
        sim_figures(sums, i, &figures[i]);
    }

    if (plan.log && (ferror(plan.log) | (fclose(plan.log) != 0))) {
        rc = cli_fail("%s: could not be written", o->log);
    }

    sim_world_destroy(&w);

    return rc;
}


/* ---- one process a seed ----------------------------------------------- */

static void
simulate_child(const simulate_options_t *o, uint32_t seed, int fd)
{
    int            rc;
    char          *p;
    size_t         n;
    ssize_t        done;
    sim_figures_t  figures[SIM_POLICIES];

    memset(figures, 0, sizeof(figures));
    rc = simulate_seed(o, seed, 1, figures);

    p = (char *) figures;
    n = rc == CLI_OK ? sizeof(figures) : 0;

    while (n) {
        done = write(fd, p, n);

        if (done <= 0) {
            rc = CLI_FAILED;
            break;
        }

        p += done;
        n -= (size_t) done;
    }

    fflush(stdout);
    _exit(rc);
}


static int
simulate_start(const simulate_options_t *o, uint32_t seed,
    simulate_job_t *job)
{
    int  fd[2];

    if (pipe(fd) != 0) {
        return cli_fail("no pipe: %s", strerror(errno));
    }

    job->seed = seed;
    job->fd = fd[0];
    job->pid = fork();

    if (job->pid == 0) {
        close(fd[0]);
        simulate_child(o, seed, fd[1]);
    }

    close(fd[1]);

    if (job->pid < 0) {
        close(fd[0]);
        return cli_fail("no process: %s", strerror(errno));
    }

    return CLI_OK;
}


/* the child's figures; the message is out if it failed */

static int
simulate_collect(simulate_job_t *job, sim_figures_t *figures)
{
    int      status;
    char    *p;
    size_t   n;
    ssize_t  done;

    p = (char *) figures;
    n = SIM_POLICIES * sizeof(*figures);

    while (n) {
        done = read(job->fd, p, n);

        if (done < 0 && errno == EINTR) {
            continue;
        }

        if (done <= 0) {
            break;
        }

        p += done;
        n -= (size_t) done;
    }

    close(job->fd);

    while (waitpid(job->pid, &status, 0) < 0 && errno == EINTR) {
        /* void */
    }

    return n ? CLI_FAILED : CLI_OK;
}


static int
simulate_jobs(const simulate_options_t *o, sim_figures_t *figures)
{
    int             rc;
    long            begun, done;
    simulate_job_t  job[SIM_JOBS_MAX];
    cli_progress_t  progress;

    rc = CLI_OK;
    begun = 0;
    cli_progress_begin(&progress, "simulating seeds");

    for (done = 0; done < o->seeds; done++) {

        while (rc == CLI_OK && begun < o->seeds && begun - done < o->jobs) {
            rc = simulate_start(o, (uint32_t) begun,
                                &job[begun % o->jobs]);
            begun += rc == CLI_OK;
        }

        if (done == begun) {
            break;
        }

        cli_progress(&progress, (uint64_t) done, (uint64_t) o->seeds);

        if (simulate_collect(&job[done % o->jobs],
                             figures + done * SIM_POLICIES)
            != CLI_OK)
        {
            rc = CLI_FAILED;
        }
    }

    return rc;
}


static int
simulate_svg(const simulate_options_t *o, FILE *out,
    const sim_figures_t *figures)
{
    int  failed;

    sim_report_svg(out, figures, (uint32_t) o->seeds, o->policies);

    failed = ferror(out);
    failed |= fclose(out);

    return failed ? cli_fail("%s: could not be written", o->svg) : CLI_OK;
}


int
cli_simulate(int argc, char **argv)
{
    int                 rc;
    FILE               *svg;
    uint32_t            i;
    sim_figures_t      *figures;
    simulate_options_t  o;

    rc = simulate_options(argc, argv, &o);

    if (rc != CLI_OK || o.help) {
        return rc;
    }

    figures = calloc((size_t) o.seeds * SIM_POLICIES, sizeof(*figures));

    if (figures == NULL) {
        return cli_fail("not enough memory");
    }

    /* before minutes of work, not after them */

    svg = o.svg ? fopen(o.svg, "w") : NULL;

    if (o.svg && svg == NULL) {
        free(figures);
        return cli_fail("%s: %s", o.svg, strerror(errno));
    }

    sim_noise_init();

    if (o.jobs > 1 && o.seeds > 1) {
        rc = simulate_jobs(&o, figures);

    } else {
        for (i = 0; i < (uint32_t) o.seeds && rc == CLI_OK; i++) {
            rc = simulate_seed(&o, i, 0, figures + i * SIM_POLICIES);
        }
    }

    cli_progress_end();

    if (rc == CLI_OK && svg) {
        rc = simulate_svg(&o, svg, figures);
    }

    if (rc == CLI_OK) {
        sim_report(stdout, figures, (uint32_t) o.seeds, o.policies, o.curve,
                   o.held != 0);
    }

    free(figures);

    return rc;
}

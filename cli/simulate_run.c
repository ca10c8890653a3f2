
/*
 * simulate_run.c: one policy in one world: sessions that overlap in time.
 *
 * Sessions arrive as a Poisson process, five a second; each has one event
 * ahead of it, its next page, and perhaps an order long after it left.  A heap
 * has them in order of time, so what a policy learns from somebody's click is
 * known to whoever asks a moment later, and not before: delays are real.
 *
 * The run ends when everybody has left; the last eighth takes those pages.
 */

#include "simulate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>


#define SIM_CALIBRATE_STEPS  6


enum {
    SIM_AT_PAGE = 0,
    SIM_AT_ORDER
};


typedef struct {
    double               t;
    uint64_t             number;        /* equal times go by it */
    uint64_t             key;           /* order: whose */
    uint32_t             visit;         /* page: of which */
    uint32_t             item;          /* order */
    unsigned             what;
} sim_event_t;


typedef struct {
    sim_shopper_t        s;
    sim_click_t          click;         /* what was shown, or what brought him
                                           here */
    uint8_t              came;
    uint32_t             next_free;
} sim_visit_t;


typedef struct {
    sim_world_t         *w;
    unsigned             policy;
    const sim_plan_t    *plan;
    sim_sums_t          *sums;
    sim_serve_t         *serve;
    uint64_t             rng;           /* of arrivals */
    uint64_t             policy_rng;
    uint64_t             numbers;

    sim_event_t         *heap;
    size_t               heap_n;
    size_t               heap_room;
    sim_visit_t         *visit;
    uint32_t             visit_n;
    uint32_t             visit_room;
    uint32_t             visit_free;    /* + 1, 0: none */
} sim_run_t;


/* ---- what is ahead ---------------------------------------------------- */

static int
sim_sooner(const sim_event_t *x, const sim_event_t *y)
{
    return x->t < y->t || (x->t == y->t && x->number < y->number);
}


static int
sim_push(sim_run_t *r, double t, unsigned what, uint32_t visit, uint64_t key,
    uint32_t item)
{
    size_t       at, up;
    sim_event_t  ev, *heap;

    if (r->heap_n == r->heap_room) {
        r->heap_room = r->heap_room ? 2 * r->heap_room : 1024;
        heap = realloc(r->heap, r->heap_room * sizeof(*heap));

        if (heap == NULL) {
            return cli_fail("not enough memory");
        }

        r->heap = heap;
    }

    ev.t = t;
    ev.number = r->numbers++;
    ev.key = key;
    ev.visit = visit;
    ev.item = item;
    ev.what = what;

    for (at = r->heap_n++; at; at = up) {
        up = (at - 1) / 2;

        if (!sim_sooner(&ev, &r->heap[up])) {
            break;
        }

        r->heap[at] = r->heap[up];
    }

    r->heap[at] = ev;

    return CLI_OK;
}


static void
sim_pop(sim_run_t *r, sim_event_t *ev)
{
    size_t       at, down;
    sim_event_t  last;

    *ev = r->heap[0];
    last = r->heap[--r->heap_n];

    for (at = 0; (down = 2 * at + 1) < r->heap_n; at = down) {

        if (down + 1 < r->heap_n
            && sim_sooner(&r->heap[down + 1], &r->heap[down]))
        {
            down++;
        }

        if (!sim_sooner(&r->heap[down], &last)) {
            break;
        }

        r->heap[at] = r->heap[down];
    }

    r->heap[at] = last;
}


/* ---- sessions --------------------------------------------------------- */

static int
sim_arrive(sim_run_t *r, uint64_t number, double t)
{
    uint32_t      i;
    sim_visit_t  *visit;

    if (r->visit_free) {
        i = r->visit_free - 1;
        r->visit_free = r->visit[i].next_free;

    } else {

        if (r->visit_n == r->visit_room) {
            r->visit_room = r->visit_room ? 2 * r->visit_room : 256;
            visit = realloc(r->visit, r->visit_room * sizeof(*visit));

            if (visit == NULL) {
                return cli_fail("not enough memory");
            }

            r->visit = visit;
        }

        i = r->visit_n++;
    }

    visit = &r->visit[i];
    memset(visit, 0, sizeof(*visit));
    sim_world_at(r->w, t);
    sim_shopper_init(&visit->s, r->w, number);

    visit->s.held = (visit->s.key >> 8) % 100 < r->plan->held_percent;

    return sim_push(r, t, SIM_AT_PAGE, i, 0, 0);
}


static void
sim_leave(sim_run_t *r, uint32_t i)
{
    double        value;
    sim_sums_t   *sums;
    sim_visit_t  *visit;

    visit = &r->visit[i];
    sums = &r->sums[visit->s.held ? SIM_HELD : SIM_TREATED];

    value = sim_shopper_spends(&visit->s, r->w);

    sums->sessions++;
    sums->clickers += visit->s.clicked;
    sums->buyers += visit->s.bought;
    sums->bounces += visit->s.depth == 1;
    sums->orders += value > 0;
    sums->value += value;
    sums->value_2 += value * value;

    visit->next_free = r->visit_free;
    r->visit_free = i + 1;
}


static void
sim_offer(sim_run_t *r, sim_visit_t *visit, double t, sim_offer_t *offer)
{
    sim_page_t  page;

    if (r->serve) {
        sim_candidates(r->w, &visit->s, &r->policy_rng, &page);
        sim_serve_page(r->serve, &visit->s, visit->came ? &visit->click : NULL,
                       &page, t, offer, &visit->click.impression);
        return;
    }

    sim_choose(visit->s.held ? SIM_NOTHING : r->policy, r->w, &visit->s,
               &r->policy_rng, offer);
}


static int
sim_page(sim_run_t *r, const sim_event_t *ev)
{
    int             rc;
    sim_deed_t      deed;
    sim_sums_t     *sums;
    sim_offer_t     offer;
    sim_visit_t    *visit;
    sim_decision_t  decision;

    visit = &r->visit[ev->visit];
    sums = &r->sums[visit->s.held ? SIM_HELD : SIM_TREATED];

    sim_world_at(r->w, ev->t);

    if (r->plan->log && r->policy == SIM_MIXED) {
        sim_choose_mixed(r->w, &visit->s, &r->policy_rng, &offer, &decision);
        sim_shopper_acts(&visit->s, r->w, &offer, &deed);
        sim_log(r->plan->log, &decision, deed.what == SIM_CLICKED);

    } else {
        sim_offer(r, visit, ev->t, &offer);
        sim_shopper_acts(&visit->s, r->w, &offer, &deed);
    }

    sums->pages++;
    sums->shown += offer.n > 0;
    sums->eighth_pages[r->w->eighth]++;

    visit->came = deed.what == SIM_CLICKED;

    if (visit->came) {
        visit->click.position = (uint8_t) deed.position;
        sums->clicks++;
        sums->eighth_clicks[r->w->eighth]++;
    }

    if (deed.order_s >= 0) {
        rc = sim_push(r, ev->t + deed.order_s, SIM_AT_ORDER, 0, visit->s.key,
                      visit->s.bought_item);

        if (rc != CLI_OK) {
            return rc;
        }
    }

    if (deed.what == SIM_LEFT) {
        sim_leave(r, ev->visit);
        return CLI_OK;
    }

    return sim_push(r, ev->t + deed.after_s, SIM_AT_PAGE, ev->visit, 0, 0);
}


/* ---- the clock -------------------------------------------------------- */

static int
sim_events(sim_run_t *r)
{
    int             rc;
    char            what[64];
    double          next;
    uint64_t        number;
    sim_event_t     ev;
    cli_progress_t  progress;

    snprintf(what, sizeof(what), "simulating %s", sim_policy_name(r->policy));
    cli_progress_begin(&progress, what);

    number = 0;
    next = 0;

    while (r->heap_n || number < r->plan->sessions) {

        if (number < r->plan->sessions
            && (r->heap_n == 0 || next <= r->heap[0].t))
        {
            rc = sim_arrive(r, number++, next);

            if (rc != CLI_OK) {
                return rc;
            }

            next += sim_exponential(&r->rng) / SIM_RATE;

            if (!r->plan->quiet && number % 64 == 0) {
                cli_progress(&progress, number, r->plan->sessions);
            }

            continue;
        }

        sim_pop(r, &ev);

        if (ev.what == SIM_AT_PAGE) {
            rc = sim_page(r, &ev);

            if (rc != CLI_OK) {
                return rc;
            }

        } else if (r->serve) {
            sim_serve_order(r->serve, ev.key, ev.item, ev.t);
        }
    }

    return CLI_OK;
}


int
sim_run(sim_world_t *w, unsigned policy, const sim_plan_t *plan,
    sim_sums_t sums[SIM_ARMS])
{
    int        rc;
    sim_run_t  r;

    memset(&r, 0, sizeof(r));
    memset(sums, 0, SIM_ARMS * sizeof(*sums));

    w->end_s = plan->sessions / SIM_RATE;

    r.w = w;
    r.policy = policy;
    r.plan = plan;
    r.sums = sums;
    r.rng = w->seed ^ 0x61727269766573;
    r.policy_rng = w->seed ^ 0x706f6c696379;

    rc = CLI_OK;

    if (sim_serves(policy)) {
        rc = sim_serve_create(&r.serve, w, policy, plan->sessions);
    }

    if (rc == CLI_OK) {
        rc = sim_events(&r);
    }

    sim_serve_destroy(r.serve);
    free(r.heap);
    free(r.visit);

    return rc;
}


/* ---- calibration ------------------------------------------------------ */

static double
sim_logit(double p)
{
    p = p < 1e-4 ? 1e-4 : p > 1 - 1e-4 ? 1 - 1e-4 : p;

    return log(p / (1 - p));
}


int
sim_calibrate(sim_world_t *w, int quiet)
{
    int         rc;
    unsigned    i, kind;
    sim_plan_t  plan;
    sim_sums_t  sums[SIM_ARMS];

    /* the last step makes good for the noise of those before */

    static const uint32_t  sessions[SIM_CALIBRATE_STEPS] = {
        5000, 5000, 5000, 5000, 10000, 40000
    };

    plan.held_percent = 0;
    plan.quiet = quiet;
    plan.log = NULL;

    w->level.click = -6;
    w->level.buy = -1;
    w->level.price = 1;
    w->level.exit = -1.8;

    /* an intrusive shop is a plain one whose visitors want no offers */

    rc = CLI_OK;
    kind = w->kind;
    w->kind = kind == SIM_INTRUSIVE ? SIM_PLAIN : kind;

    for (i = 0; i < SIM_CALIBRATE_STEPS; i++) {
        plan.sessions = sessions[i];

        rc = sim_run(w, SIM_ALSOBOUGHT, &plan, sums);

        if (rc != CLI_OK) {
            break;
        }

        w->level.click += sim_logit(.08)
            - sim_logit((double) sums->clickers / (double) sums->sessions);
        w->level.buy += sim_logit(.4375)
            - sim_logit((double) sums->buyers / (double) sums->clickers);
        w->level.price *= 85 / (sums->value / (double) sums->orders);
        w->level.exit += sim_logit(.25)
            - sim_logit((double) sums->bounces / (double) sums->sessions);
    }

    w->kind = kind;

    return rc;
}

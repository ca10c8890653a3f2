
/*
 * simulate.h: what the files of `xsell simulate` share.
 *
 *   simulate.c          options, seeds, one process a seed
 *   simulate_noise.c    random numbers, and noise that is a hash
 *   simulate_world.c    the shop: items, what goes with what, calibration
 *   simulate_shopper.c  a visitor: what he wants, does, buys
 *   simulate_run.c      one policy in one world: the clock, the sums
 *   simulate_choose.c   policies of the world's own, and the candidates
 *   simulate_log.c      a policy that tosses, and its log
 *   simulate_serve.c    policies that are the serving code
 *   simulate_report.c   lines, drift curve, SVG
 *
 * Two sides that must not know each other: the world (sim_world_t,
 * sim_shopper_t) has utilities and intents; a policy sees sim_page_t, which is
 * what a shop would see.  Only the oracle is handed the world.
 */

#ifndef XSELL_SIMULATE_H
#define XSELL_SIMULATE_H

#include "cli.h"


#define SIM_ITEMS       10000
#define SIM_CATEGORIES  20
#define SIM_STYLE       8
#define SIM_SLOTS       4
#define SIM_TEMPLATES   16              /* 4 bits */
#define SIM_COUNTRIES   5
#define SIM_INTENTS     3
#define SIM_GROUPS      4               /* of categories, for templates */
#define SIM_TRENDING    60              /* items an eighth of the run */
#define SIM_EIGHTHS     8
#define SIM_TOP         50
#define SIM_CANDIDATES  40
#define SIM_PAGES       20              /* of a session, at most */
#define SIM_RATE        5.0             /* sessions a second */

/* of a source's best items; some more, for those that are not yet born */
#define SIM_BOUGHT      12
#define SIM_VIEWED      10
#define SIM_LOOKS       6
#define SIM_SPARE       6

#define SIM_BIT_STORY      1            /* else a carousel */
#define SIM_BIT_PLACEMENT  2
#define SIM_BIT_SIZE       4
#define SIM_BIT_ANIMATION  8


enum {
    SIM_BROWSE = 0,
    SIM_COMPARE,
    SIM_BUY
};

enum {
    SIM_PLAIN = 0,
    SIM_NULL,           /* items and templates exchangeable */
    SIM_INTRUSIVE,      /* showing always hurts */
    SIM_STILL,          /* no drift */
    SIM_WORLDS
};

enum {
    SIM_NOTHING = 0,    /* never shows anything: what a holdout sees */
    SIM_RANDOM,
    SIM_MIXED,          /* one offer, tossed for: of a log */
    SIM_POPULARITY,
    SIM_ALSOBOUGHT,     /* the shop before */
    SIM_HYBRID,
    SIM_LEARNER,
    SIM_LEARNER_FIXED,
    SIM_FULL,
    SIM_ORACLE_FIXED,   /* template 0 always shown */
    SIM_ORACLE,
    SIM_POLICIES
};

const char *sim_policy_name(unsigned policy);
const char *sim_world_name(unsigned kind);


/* ---- random numbers (simulate_noise.c) -------------------------------- */

void sim_noise_init(void);

/* 0 <= x < 1, 0..n-1, normal, exponential of mean 1 */
double sim_uniform(uint64_t *rng);
uint32_t sim_below(uint64_t *rng, uint32_t n);
double sim_normal(uint64_t *rng);
double sim_exponential(uint64_t *rng);

#define SIM_QUANTILES      65536
#define SIM_QUANTILE_MAX   4.4f         /* above all of them */

extern float  sim_quantile[SIM_QUANTILES];

/* a normal number that is always the same for x, y and tag in a world */

static inline double
sim_hash_normal(uint64_t seed, uint32_t x, uint32_t y, uint32_t tag)
{
    uint64_t  state;

    state = seed ^ ((uint64_t) x << 40) ^ ((uint64_t) y << 16) ^ tag;

    return sim_quantile[xsell_random(&state) >> 48];
}


double sim_sigmoid(double x);


/* ---- the world (simulate_world.c) ------------------------------------- */

typedef struct {
    float                style[SIM_STYLE];      /* unit */
    float                quality;
    float                rating;                /* quality, as stars tell */
    float                log_price;
    float                delta;                 /* nobody sees why */
    float                popularity;
    uint8_t              category;
    uint8_t              late;                  /* born at .4 of the run */
} sim_item_t;


/* what the sources say about an item next to an anchor */

typedef struct {
    float                bought;                /* also-bought, of before */
    float                viewed;
    float                content;
    float                looks;
} sim_source_t;


typedef struct {
    uint16_t             bought[SIM_BOUGHT + SIM_SPARE];
    uint16_t             viewed[SIM_VIEWED + SIM_SPARE];
    uint16_t             looks[SIM_LOOKS + SIM_SPARE];
    uint8_t              known;
} sim_lists_t;


/* moved by calibration */

typedef struct {
    double               click;                 /* beta 0 */
    double               buy;                   /* gamma 0 */
    double               price;                 /* scale of order values */
    double               exit;                  /* e 0 */
} sim_level_t;


typedef struct {
    unsigned             kind;
    uint64_t             seed;
    double               end_s;                 /* of arrivals: T */
    sim_level_t          level;

    /* as of sim_world_at() */
    double               season;
    unsigned             eighth;                /* 0..7 */
    unsigned             trend_of;              /* the eighth of trends */
    unsigned             changed;               /* after the change-point */
    unsigned             grown;                 /* late items are born */

    sim_item_t          *item;
    float               *style[SIM_STYLE];      /* of all items: columns */
    sim_lists_t         *lists;
    uint16_t            *rank;                  /* items, most viewed first */
    double              *views;                 /* sums of their shares */
    float                goes[2][SIM_CATEGORIES][SIM_CATEGORIES];
    float                geo[SIM_COUNTRIES][SIM_CATEGORIES];
    uint8_t             *trending[SIM_EIGHTHS]; /* per item */
    uint16_t             trend[SIM_EIGHTHS][SIM_TRENDING];
    float                centre[SIM_CATEGORIES][SIM_STYLE];

    /* what a template adds: before and after the change, device, intent,
       group of categories */
    float                look[2][SIM_TEMPLATES][2][SIM_INTENTS][SIM_GROUPS];
} sim_world_t;


int sim_world_create(sim_world_t *w, unsigned kind, uint64_t seed);
void sim_world_destroy(sim_world_t *w);

float sim_dot(const float *x, const float *y);
void sim_style(float *style, const float *centre, double noise,
    uint64_t *rng);
void sim_source(const sim_world_t *w, uint32_t anchor, uint32_t item,
    sim_source_t *to);
const sim_lists_t *sim_lists(sim_world_t *w, uint32_t anchor);

/* what is known of how a country likes an item */
double sim_geo(const sim_world_t *w, unsigned country, uint32_t item);

/* it is t seconds after the first arrival: all else is as of then */
void sim_world_at(sim_world_t *w, double t);

static inline int
sim_born(const sim_world_t *w, uint32_t item)
{
    return w->grown || !w->item[item].late;
}

/* an item as visitors come upon it */
uint32_t sim_popular(const sim_world_t *w, uint64_t *rng);


/* ---- a visitor (simulate_shopper.c) ----------------------------------- */

typedef struct {
    uint64_t             rng;
    uint64_t             key;                   /* as his cookie has it */
    float                style[SIM_STYLE];
    float                log_price;
    uint8_t              mobile;
    uint8_t              country;
    uint8_t              intent;
    uint8_t              held;                  /* of the holdout */
    uint8_t              clicked;
    uint8_t              bought;                /* by a click of ours */
    uint8_t              back;                  /* he went back to this page */
    uint16_t             depth;
    uint16_t             page[SIM_PAGES];       /* items, as he saw them */
    uint32_t             bought_item;
    float                dwell_s;               /* on the page before */
} sim_shopper_t;


/* what is shown: a policy's answer */

typedef struct {
    uint8_t              n;                     /* 0: nothing */
    uint8_t              template;
    uint16_t             item[SIM_SLOTS];
} sim_offer_t;


enum {
    SIM_LEFT = 0,
    SIM_WENT_ON,
    SIM_CLICKED
};

/* what a visitor does on a page */

typedef struct {
    unsigned             what;
    unsigned             position;
    uint32_t             next;                  /* item of the next page */
    double               after_s;               /* until then */
    double               order_s;               /* until he buys; < 0: no */
} sim_deed_t;


void sim_shopper_init(sim_shopper_t *s, const sim_world_t *w,
    uint64_t number);

/* logit of a click but for the template and for being receptive */
double sim_utility(const sim_world_t *w, const sim_shopper_t *s,
    uint32_t anchor, uint32_t item);
double sim_look(const sim_world_t *w, const sim_shopper_t *s, uint32_t anchor,
    unsigned template);
double sim_exam(unsigned template, unsigned position);

/* how likely he is to be receptive on this page, and to leave it */
double sim_receptive(const sim_world_t *w, const sim_shopper_t *s);
double sim_leaves(const sim_world_t *w, const sim_shopper_t *s,
    const sim_offer_t *offer, int receptive, double mean);

void sim_shopper_acts(sim_shopper_t *s, sim_world_t *w,
    const sim_offer_t *offer, sim_deed_t *deed);

/* what he spends in all, 0: nothing */
double sim_shopper_spends(sim_shopper_t *s, const sim_world_t *w);


/* ---- what a policy sees (simulate_choose.c) --------------------------- */

typedef struct {
    uint32_t             anchor;
    uint32_t             n;
    uint16_t             item[SIM_CANDIDATES];
} sim_page_t;

/* the union of the sources for the page that s is on */
void sim_candidates(sim_world_t *w, const sim_shopper_t *s, uint64_t *rng,
    sim_page_t *page);

/* policies of the world's own */
void sim_choose(unsigned policy, sim_world_t *w, const sim_shopper_t *s,
    uint64_t *rng, sim_offer_t *offer);


/* ---- a log of decisions (simulate_log.c) ------------------------------ */

typedef struct {
    uint64_t             session;
    double               propensity;            /* of what was shown */
    double               truth;                 /* chance of a click of ... */
    uint32_t             target;                /* what is to be valued */
    uint32_t             shown;
    unsigned             depth;
    unsigned             mobile;
    unsigned             back;
} sim_decision_t;

void sim_choose_mixed(sim_world_t *w, const sim_shopper_t *s, uint64_t *rng,
    sim_offer_t *offer, sim_decision_t *d);
void sim_log(FILE *out, const sim_decision_t *d, int clicked);


/* ---- a run (simulate_run.c) ------------------------------------------- */

typedef struct {
    uint64_t             sessions;
    uint64_t             clickers;
    uint64_t             buyers;                /* of what was offered */
    uint64_t             bounces;
    uint64_t             orders;                /* all of them */
    uint64_t             pages;
    uint64_t             shown;
    uint64_t             clicks;
    double               value;                 /* of the orders */
    double               value_2;               /* of its squares */
    uint64_t             eighth_pages[SIM_EIGHTHS];
    uint64_t             eighth_clicks[SIM_EIGHTHS];
} sim_sums_t;


enum {
    SIM_TREATED = 0,
    SIM_HELD,
    SIM_ARMS
};


typedef struct {
    uint32_t             sessions;
    unsigned             held_percent;
    int                  quiet;
    FILE                *log;                   /* of SIM_MIXED, or NULL */
} sim_plan_t;

int sim_run(sim_world_t *w, unsigned policy, const sim_plan_t *plan,
    sim_sums_t sums[SIM_ARMS]);

/* sets the levels so that the shop before has its known figures */
int sim_calibrate(sim_world_t *w, int quiet);


/* ---- the serving code as a policy (simulate_serve.c) ------------------ */

typedef struct sim_serve_s  sim_serve_t;

int sim_serves(unsigned policy);
int sim_serve_create(sim_serve_t **serve, const sim_world_t *w,
    unsigned policy, uint32_t sessions);
void sim_serve_destroy(sim_serve_t *serve);

/* a page view; came: by a click on this row of that impression, else NULL */

typedef struct {
    uint64_t             impression;
    uint8_t              position;
} sim_click_t;

void sim_serve_page(sim_serve_t *serve, const sim_shopper_t *s,
    const sim_click_t *came, const sim_page_t *page, double t,
    sim_offer_t *offer, uint64_t *impression);
void sim_serve_order(sim_serve_t *serve, uint64_t key, uint32_t item,
    double t);


/* ---- the figures (simulate_report.c) ---------------------------------- */

enum {
    SIM_CTR = 0,        /* sessions with a click, percent */
    SIM_CONV,           /* sessions that bought what was offered, percent */
    SIM_AOV,            /* mean value of an order */
    SIM_BOUNCE,         /* sessions of one page, percent */
    SIM_GAP,            /* of the way from alsobought to oracle, percent */
    SIM_PAGE_CTR,       /* pages with a click, percent */
    SIM_PAGE_GAP,
    SIM_PAGES_EACH,     /* of a session */
    SIM_SHOWN,          /* pages with an offer, percent */
    SIM_DRIFT,          /* page CTR after the change-point over before it */
    SIM_KEPT,           /* the same over the oracle's */
    SIM_LATER_DRIFT,    /* page CTR from two eighths after it on, an eighth */
    SIM_LATER_KEPT,
    SIM_LIFT,           /* orders of a session against the holdout, percent */
    SIM_LIFT_SE,
    SIM_LIFT_TRUE,
    SIM_FIGURES
};

typedef struct {
    double               figure[SIM_FIGURES];
    double               eighth[SIM_EIGHTHS];   /* page CTR */
} sim_figures_t;

/* sums of one seed, of all policies that ran, into figures */
void sim_figures(const sim_sums_t sums[SIM_POLICIES][SIM_ARMS],
    unsigned policy, sim_figures_t *to);

/* of all seeds, in the order of the policies' numbers; wanted: bit each */
void sim_report(FILE *out, const sim_figures_t *figures, uint32_t seeds,
    uint32_t wanted, int curve, int held);
void sim_report_svg(FILE *out, const sim_figures_t *figures, uint32_t seeds,
    uint32_t wanted);


#endif /* XSELL_SIMULATE_H */

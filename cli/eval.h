
/*
 * eval.h: what the two protocols of `xsell eval` share.
 *
 * A protocol (eval_sessions.c, eval_baskets.c) reads its files, teaches a new
 * arena through xsell_session_apply and xsell_learn, and asks through
 * eval_ask, which measures xsell_rank_list: the code that serves, never a
 * copy of it.  eval.c has the options, the sums and what is printed.
 */

#ifndef XSELL_EVAL_H
#define XSELL_EVAL_H

#include "cli.h"


#define EVAL_TOP      20                /* HR@20, MRR@20 */
#define EVAL_POPULAR  64                /* 20, and those that are known */


typedef struct {
    const char          *train;
    const char          *test;
    const char          *catalog;       /* words of the items, or NULL */
    const char          *split;         /* baskets: first day of the test */
    uint64_t             zone;          /* 0: enough for the data */
    long                 min_visits;
    long                 limit;         /* queries, 0: all */
    long                 days;          /* of the training, 0: not told */
    long                 seed;
    double               mmr;
    int                  baskets;
    int                  novel;
    int                  one;           /* baskets: one known item */
    int                  verbose;
} eval_options_t;


/* ids of items to small numbers, in order of appearance */

typedef struct {
    char                *text;          /* ids one behind the other, each
                                           terminated */
    size_t               text_n;
    size_t               text_room;
    uint32_t            *at;            /* of an id in text */
    uint32_t             n;
    size_t               room;
    uint32_t            *cell;          /* number + 1, 0: free */
    uint32_t             mask;
} eval_ids_t;


/* rows of item numbers: sessions or baskets */

typedef struct {
    uint32_t            *item;
    size_t               item_n;
    size_t               item_room;
    size_t              *end;           /* of row i in item */
    uint32_t             n;
    size_t               room;
} eval_rows_t;


typedef struct {
    uint64_t             queries;
    uint64_t             hits;
    double               ranks;         /* sum of 1 / rank */
} eval_score_t;


typedef struct {
    const eval_options_t *o;
    eval_ids_t           ids;           /* the catalogue has their order */
    xsell_catalog_t     *cat;
    xsell_ranker_t      *ranker;
    xsell_settings_t     settings;
    cli_arena_t          arena;
    uint64_t             now_ms;        /* engine time */
    uint64_t             keys;          /* state of the visitors' keys */
    cli_progress_t       progress;

    eval_score_t         score;
    uint32_t            *ns;            /* of each decision */
    size_t               ns_room;

    uint32_t            *count;         /* of each item in the training */
    uint32_t             popular[EVAL_POPULAR];
    uint32_t             popular_n;
    eval_score_t         popular_score;
} eval_t;


/* commands of their own: no shop is needed */
int eval_bandit(int argc, char **argv);
int eval_offpolicy(int argc, char **argv);

int eval_sessions(eval_t *e);
int eval_baskets(eval_t *e);

/* published methods against the lists of their authors (eval_golden.c) */
int eval_golden(int argc, char **argv);

/* protocols that are asked in another way: argv[0] is their name */
int eval_sentiment(int argc, char **argv);
int eval_visual(int argc, char **argv);


/* ---- what both read (eval_data.c) ------------------------------------- */

/* the number of an id, given if it is new and `add`; -1: not known, or the
   message is out when adding */
int64_t eval_id(eval_ids_t *ids, const char *p, size_t n, int add);
const char *eval_id_text(const eval_ids_t *ids, uint32_t i);
void eval_ids_free(eval_ids_t *ids);

int eval_rows_add(eval_rows_t *rows, uint32_t item);
int eval_rows_end(eval_rows_t *rows);
const uint32_t *eval_rows_at(const eval_rows_t *rows, uint32_t i,
    uint32_t *n);
void eval_rows_free(eval_rows_t *rows);


int eval_grow(void *list, size_t n, size_t *room, size_t bytes);


/* ---- the shop under test (eval.c) ------------------------------------- */

/* a zone and a catalogue of all ids, in their order; sessions: how many will
   be remembered */
int eval_open(eval_t *e, uint32_t sessions);

/* the random key of one more visitor */
uint64_t eval_visitor(eval_t *e);

/* an event of today's e->now_ms about an item (XSELL_NO_ITEM: none) */
void eval_event(const eval_t *e, xsell_event_t *ev, unsigned type,
    uint64_t visitor, uint32_t item);

/* through session table and learner, as in nginx */
void eval_learn(eval_t *e, xsell_event_t *ev);

/* when all is learned: the lists of popular items, the baseline */
void eval_settle(eval_t *e);

/*
 * One query: a visitor whose record is s (may be NULL) on the page of an item
 * (or XSELL_NO_ITEM), who knows `known`, and what he took next.
 */

typedef struct {
    const xsell_session_t *session;
    uint32_t             anchor;
    uint32_t             target;
    const uint32_t      *known;
    uint32_t             known_n;
    int                  novel;         /* offer nothing that is known */
} eval_query_t;

int eval_ask(eval_t *e, const eval_query_t *query);

/* whether --limit is reached */
int eval_enough(const eval_t *e);


#endif /* XSELL_EVAL_H */


/*
 * eval_offpolicy.h: a log of decisions, and what the two halves of
 * `xsell eval offpolicy` share.
 */

#ifndef XSELL_EVAL_OFFPOLICY_H
#define XSELL_EVAL_OFFPOLICY_H

#include "eval.h"


#define OFFPOLICY_CONTEXT   48          /* numbers of a row, folded */
#define OFFPOLICY_UNKNOWN   -1.0f       /* of a probability */


typedef struct {
    uint32_t             action;
    uint32_t             position;
    uint32_t             cell;          /* action at that position */
    uint32_t             unit;          /* rows of one visit have the same */
    float                propensity;    /* of the action, in the log */
    float                target;        /* in the policy to be valued */
    double               reward;
} offpolicy_row_t;


/* what a policy would do: an entry an action */

typedef struct {
    uint32_t             action;
    uint32_t             cell;
    float                p;
} offpolicy_choice_t;


typedef struct {
    offpolicy_row_t     *row;
    size_t               row_room;
    float               *context;       /* rows x OFFPOLICY_CONTEXT */
    size_t               context_room;
    uint32_t             rows;

    offpolicy_choice_t  *choice;        /* of all rows or positions */
    size_t               choice_room;
    size_t               choices;
    size_t              *end;           /* of row i in choice; by_position:
                                           of position i */
    size_t               end_room;
    int                  by_position;
    int                  whole;         /* all choices of all rows known */

    eval_ids_t           actions;
    eval_ids_t           positions;
    eval_ids_t           cells;
    eval_ids_t           units;
    eval_ids_t           values;        /* of columns that are no numbers */
    uint32_t             context_n;     /* numbers in the log's rows */
    double               truth;         /* sum of what a simulator knows of
                                           the policy's rewards */
    uint32_t             truths;        /* rows that have it */
} offpolicy_log_t;


/* CSV as the Open Bandit Dataset has it, or a JSON object a line; gzip or
   not.  CLI_OK, or CLI_FAILED and the message is out.  To be freed in any
   case */
int offpolicy_read(offpolicy_log_t *log, const char *file);
void offpolicy_free(offpolicy_log_t *log);

/* the choices of row i */
const offpolicy_choice_t *offpolicy_choices(const offpolicy_log_t *log,
    uint32_t i, size_t *n);

/* the policy to be valued instead of the rows' own targets: uniform over the
   actions that the log has at a position, or as often as `other` has them */
int offpolicy_policy_uniform(offpolicy_log_t *log);
int offpolicy_policy_log(offpolicy_log_t *log, offpolicy_log_t *other);


/*
 * The model of rewards (eval_offpolicy_model.c): expected reward of each
 * row's action and of the policy to be valued, by models that have not seen
 * the row's visit.  CLI_OK, or the message is out.
 */
int offpolicy_model(const offpolicy_log_t *log, double *of_action,
    double *of_policy);


#endif /* XSELL_EVAL_OFFPOLICY_H */

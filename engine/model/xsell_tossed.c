
/*
 * xsell_tossed.c: the exploration slice on its way into the event log.
 *
 * In one decision of 40 a place of the slate was tossed for (xsell_choice.c),
 * with a probability that is known exactly.  What came of it is what another
 * policy, or this one, can be valued by: `xsell eval offpolicy` reads these
 * lines as they are.  "target" is 1 where the toss brought what the model
 * would have shown there anyway: the estimate is then the worth of the model's
 * own picks, next to "logged", the mean of what chance brings.
 *
 * A third cursor beside the two of xsell_teach.c, kept in the arena too: a
 * successor goes on where the last learner stopped, so a slate is not in the
 * log twice.  Without a log it stands still, and begins with what the ring
 * still has.
 *
 * Not taken: a line for each slate.  Those without a propensity say nothing
 * about other policies, and a shop's log would be mostly of them.
 */

#include "xsell_model.h"

#define XSELL_TOSSED_MS      300000
#define XSELL_TOSSED_SLATES  256        /* looked at in a call */


void
xsell_learn_tossed(xsell_arena_t *a, uint64_t now_ms,
    void (*each)(void *ctx, const xsell_impression_t *imp), void *ctx)
{
    int                 rc;
    uint32_t            n;
    xsell_impression_t  imp;

    for (n = 0; n < XSELL_TOSSED_SLATES; n++) {
        rc = xsell_teach_next(a, &a->learner->tossed_at, now_ms,
                              XSELL_TOSSED_MS, &imp);

        if (rc == XSELL_NONE) {
            return;
        }

        if (rc != XSELL_OK || imp.explored == 0 || imp.explored > imp.n
            || imp.row[imp.explored - 1].propensity == 0
            || imp.flags & (XSELL_IMP_UNSEEN|XSELL_IMP_RECALLED))
        {
            continue;
        }

        each(ctx, &imp);
    }
}

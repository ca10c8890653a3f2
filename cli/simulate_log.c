
/*
 * simulate_log.c: a log of decisions whose truth is known, so that the
 * estimates of `xsell eval offpolicy` can be held against it.
 *
 * The policy to be valued shows the candidate that is bought and viewed most
 * with the page's item.  The policy `mixed` shows one offer a page: half of
 * the time the first of also-bought, a quarter that candidate, a quarter any.
 * So every decision has an exact propensity.  What the other would have earned
 * on the very same pages the world knows: it stands in each row as "truth".
 *
 * Pages, not sessions, are valued: a click changes which pages follow, and a
 * log of one policy can't tell that of another.
 */

#include "simulate.h"

#include <string.h>


void
sim_choose_mixed(sim_world_t *w, const sim_shopper_t *s, uint64_t *rng,
    sim_offer_t *offer, sim_decision_t *d)
{
    double        x, best;
    uint32_t      i, at, target;
    sim_page_t    page;
    sim_source_t  source;

    sim_candidates(w, s, rng, &page);

    best = 0;
    target = 0;

    for (i = 0; i < page.n; i++) {
        sim_source(w, page.anchor, page.item[i], &source);
        x = source.bought + source.viewed;

        if (i == 0 || x > best) {
            best = x;
            target = i;
        }
    }

    x = sim_uniform(rng);
    at = x < .5 ? 0 : x < .75 ? target : sim_below(rng, page.n);

    offer->n = 1;
    offer->template = 0;
    offer->item[0] = page.item[at];

    d->propensity = .25 / page.n + (at == 0 ? .5 : 0)
                    + (at == target ? .25 : 0);
    d->target = page.item[target];

    x = sim_utility(w, s, page.anchor, d->target)
        + sim_look(w, s, page.anchor, 0);

    d->truth = sim_exam(0, 0)
               * (sim_receptive(w, s) * sim_sigmoid(x)
                  + (1 - sim_receptive(w, s)) * sim_sigmoid(x - 1));

    d->shown = offer->item[0];
    d->session = s->key;
    d->depth = s->depth;
    d->mobile = s->mobile;
    d->back = s->back;
}


void
sim_log(FILE *out, const sim_decision_t *d, int clicked)
{
    fprintf(out, "{\"session\":\"%016llx\",\"action\":%u,"
            "\"propensity\":%.8f,\"reward\":%d,\"context\":[%u,%u,%u],"
            "\"target\":{\"%u\":1},\"truth\":%.8f}\n",
            (unsigned long long) d->session, d->shown, d->propensity,
            clicked, d->depth, d->mobile, d->back, d->target, d->truth);
}

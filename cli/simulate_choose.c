
/*
 * simulate_choose.c: the candidates of a page, and the policies that are the
 * world's own.
 *
 * Every policy but `popularity` chooses among the same candidates, so that
 * what is measured is the choice: 12 of also-bought, 10 viewed together, 6
 * that look alike, 6 trending or most popular, 6 of all, each once.
 *
 * `alsobought` is the shop before: the four best of its source, template 0,
 * on every page.  `oracle` knows utilities and intent, and what follows from
 * them: it weighs the click against the page views that are lost when
 * somebody leaves, with the mood for offers as a probability.
 */

#include "simulate.h"

#include <string.h>


static const char *const  sim_policies[SIM_POLICIES] = {
    "nothing", "random", "mixed", "popularity", "alsobought", "hybrid",
    "learner", "learner-fixed", "full", "oracle-fixed", "oracle"
};


const char *
sim_policy_name(unsigned policy)
{
    return policy < SIM_POLICIES ? sim_policies[policy] : NULL;
}


/* clicks that somebody who stays has before him: six pages of .055 */
#define SIM_LATER  .33


/* ---- candidates ------------------------------------------------------- */

static void
sim_candidate(const sim_world_t *w, sim_page_t *page, uint32_t item)
{
    uint32_t  i;

    if (item == page->anchor || !sim_born(w, item)) {
        return;
    }

    for (i = 0; i < page->n; i++) {
        if (page->item[i] == item) {
            return;
        }
    }

    page->item[page->n++] = (uint16_t) item;
}


static void
sim_candidate_list(const sim_world_t *w, sim_page_t *page,
    const uint16_t *list, uint32_t n, uint32_t want)
{
    uint32_t  i, taken;

    for (i = 0, taken = 0; i < n && taken < want; i++) {
        if (sim_born(w, list[i])) {
            sim_candidate(w, page, list[i]);
            taken++;
        }
    }
}


void
sim_candidates(sim_world_t *w, const sim_shopper_t *s, uint64_t *rng,
    sim_page_t *page)
{
    uint32_t            i, k;
    const sim_lists_t  *l;

    page->anchor = s->page[s->depth - 1];
    page->n = 0;

    l = sim_lists(w, page->anchor);

    sim_candidate_list(w, page, l->bought, SIM_BOUGHT + SIM_SPARE,
                       SIM_BOUGHT);
    sim_candidate_list(w, page, l->viewed, SIM_VIEWED + SIM_SPARE,
                       SIM_VIEWED);
    sim_candidate_list(w, page, l->looks, SIM_LOOKS + SIM_SPARE, SIM_LOOKS);

    for (i = 0; i < 6; i++) {
        k = sim_below(rng, SIM_TRENDING + SIM_TOP);
        sim_candidate(w, page, k < SIM_TRENDING
                               ? w->trend[w->trend_of][k]
                               : w->rank[k - SIM_TRENDING]);
    }

    for (i = 0; i < 6; i++) {
        sim_candidate(w, page, sim_below(rng, SIM_ITEMS));
    }
}


/* ---- choices ---------------------------------------------------------- */

/* a row into the best four */

static void
sim_offer_put(sim_offer_t *offer, double score[SIM_SLOTS], uint32_t item,
    double x)
{
    unsigned  at;

    if (offer->n == SIM_SLOTS && x <= score[SIM_SLOTS - 1]) {
        return;
    }

    offer->n += offer->n < SIM_SLOTS;

    for (at = offer->n - 1u; at && score[at - 1] < x; at--) {
        score[at] = score[at - 1];
        offer->item[at] = offer->item[at - 1];
    }

    score[at] = x;
    offer->item[at] = (uint16_t) item;
}


static void
sim_choose_first(const sim_world_t *w, const sim_page_t *page,
    const uint16_t *list, sim_offer_t *offer)
{
    uint32_t  i;

    for (i = 0; offer->n < SIM_SLOTS; i++) {
        if (list[i] != page->anchor && sim_born(w, list[i])) {
            offer->item[offer->n++] = list[i];
        }
    }
}


/* what a template is worth: clicks on this page and, by who stays, later */

static double
sim_worth(const sim_world_t *w, const sim_shopper_t *s,
    const sim_page_t *page, const sim_offer_t *offer, const double *utility,
    double later)
{
    int       receptive;
    double    x, p, look, click, miss, mean, sum, chance;
    unsigned  i;

    look = offer->n ? sim_look(w, s, page->anchor, offer->template)
                    : 0;
    sum = 0;

    for (receptive = 0; receptive < 2; receptive++) {
        mean = 0;
        miss = 1;

        for (i = 0; i < offer->n; i++) {
            x = utility[i] + look - !receptive;
            p = sim_sigmoid(x);
            mean += p / offer->n;
            miss *= 1 - p * sim_exam(w->kind == SIM_NULL ? 0
                                                         : offer->template, i);
        }

        click = 1 - miss;
        p = click * (1 + later)
            + miss * (1 - sim_leaves(w, s, offer, receptive, mean)) * later;

        chance = sim_receptive(w, s);
        sum += (receptive ? chance : 1 - chance) * p;
    }

    return sum;
}


static void
sim_choose_oracle(unsigned policy, const sim_world_t *w,
    const sim_shopper_t *s, const sim_page_t *page, sim_offer_t *offer)
{
    double       x, best, utility[SIM_SLOTS];
    uint32_t     i, item;
    sim_offer_t  nothing, with;

    for (i = 0; i < page->n; i++) {
        item = page->item[i];
        sim_offer_put(offer, utility, item,
                      sim_utility(w, s, page->anchor, item));
    }

    if (policy == SIM_ORACLE_FIXED) {
        return;
    }

    with = *offer;
    memset(&nothing, 0, sizeof(nothing));
    best = sim_worth(w, s, page, &nothing, utility, SIM_LATER);
    *offer = nothing;

    for (i = 0; i < SIM_TEMPLATES; i++) {
        with.template = (uint8_t) i;
        x = sim_worth(w, s, page, &with, utility, SIM_LATER);

        if (x > best) {
            best = x;
            *offer = with;
        }
    }
}


static void
sim_choose_any(const sim_world_t *w, const sim_page_t *page, uint64_t *rng,
    sim_offer_t *offer)
{
    uint32_t  item;

    while (offer->n < SIM_SLOTS) {
        item = sim_below(rng, SIM_ITEMS);

        if (item != page->anchor && sim_born(w, item)) {
            offer->item[offer->n++] = (uint16_t) item;
        }
    }
}


void
sim_choose(unsigned policy, sim_world_t *w, const sim_shopper_t *s,
    uint64_t *rng, sim_offer_t *offer)
{
    sim_page_t      page;
    sim_decision_t  unused;

    memset(offer, 0, sizeof(*offer));

    page.anchor = s->page[s->depth - 1];
    page.n = 0;

    switch (policy) {

    case SIM_POPULARITY:
        sim_choose_first(w, &page, w->rank, offer);
        break;

    case SIM_ALSOBOUGHT:
        sim_choose_first(w, &page, sim_lists(w, page.anchor)->bought, offer);
        break;

    case SIM_RANDOM:
        sim_choose_any(w, &page, rng, offer);
        break;

    case SIM_MIXED:
        sim_choose_mixed(w, s, rng, offer, &unused);
        break;

    case SIM_ORACLE:
    case SIM_ORACLE_FIXED:
        sim_candidates(w, s, rng, &page);
        sim_choose_oracle(policy, w, s, &page, offer);
        break;

    default:
        break;
    }
}


/*
 * simulate_shopper.c: a visitor of the simulated shop: who he is, what he
 * makes of an offer, where he goes next, what he buys.
 *
 * His random numbers are his own, from the world's seed and his number: with
 * another policy the same people come at the same time and want the same.
 * That halves the error of a difference between two policies.
 *
 * On each page he is in the mood for offers or not (a coin that nobody sees,
 * the oracle neither).  An offer at the wrong moment is what makes him leave.
 *
 * Nobody stays longer than SIM_PAGES: without an end a visit has 7.1 pages,
 * with 20 it has the 6.3 that this shop is to have.
 */

#include "simulate.h"

#include <math.h>
#include <string.h>


void
sim_shopper_init(sim_shopper_t *s, const sim_world_t *w, uint64_t number)
{
    double    x;
    unsigned  k;

    static const double  country[SIM_COUNTRIES] = {
        .4, .65, .8, .92, 1
    };

    memset(s, 0, sizeof(*s));

    s->rng = w->seed ^ (number * 0xd6e8feb86659fd93ull);
    s->rng = xsell_random(&s->rng);
    s->key = xsell_random(&s->rng) | 1;

    sim_style(s->style, w->centre[sim_below(&s->rng, SIM_CATEGORIES)], .6,
              &s->rng);

    s->mobile = sim_uniform(&s->rng) < .6;

    x = sim_uniform(&s->rng);

    for (k = 0; x >= country[k]; k++) { /* void */ }

    s->country = (uint8_t) k;

    x = sim_uniform(&s->rng);
    s->intent = x < .55 ? SIM_BROWSE : x < .85 ? SIM_COMPARE : SIM_BUY;

    s->log_price = (float) (log(40) + .35 * sim_normal(&s->rng));
    s->page[0] = (uint16_t) sim_popular(w, &s->rng);
    s->depth = 1;
}


/* ---- what he makes of an offer ---------------------------------------- */

static int
sim_shopper_saw(const sim_shopper_t *s, uint32_t item)
{
    unsigned  i;

    for (i = 0; i < s->depth; i++) {
        if (s->page[i] == item) {
            return 1;
        }
    }

    return 0;
}


double
sim_utility(const sim_world_t *w, const sim_shopper_t *s, uint32_t anchor,
    uint32_t item)
{
    double             x;
    const sim_item_t  *a, *i;

    if (w->kind == SIM_NULL) {
        return w->level.click;
    }

    a = &w->item[anchor];
    i = &w->item[item];

    x = w->level.click
        + 1.5 * w->goes[w->changed][a->category][i->category]
        + .5 * sim_dot(a->style, i->style)
        + 1.1 * (1 + w->season) * sim_dot(s->style, i->style)
        + .35 * i->quality
        + .8 * w->trending[w->trend_of][item]
        - .45 * fabs(i->log_price - s->log_price)
        + .25 * w->geo[s->country][i->category]
        + i->delta;

    if (w->kind == SIM_INTRUSIVE) {
        x -= 2;
    }

    return sim_shopper_saw(s, item) ? x - 2 : x;
}


double
sim_look(const sim_world_t *w, const sim_shopper_t *s, uint32_t anchor,
    unsigned template)
{
    if (w->kind == SIM_NULL) {
        return 0;
    }

    return w->look[w->changed][template][s->mobile][s->intent]
                  [w->item[anchor].category % SIM_GROUPS];
}


double
sim_exam(unsigned template, unsigned position)
{
    static const double  exam[2][SIM_SLOTS] = {
        { 1, .68, .46, .31 },
        { .95, .85, .72, .60 }
    };

    return exam[template & SIM_BIT_STORY][position];
}


double
sim_receptive(const sim_world_t *w, const sim_shopper_t *s)
{
    static const double  p[SIM_INTENTS] = { .40, .62, .80 };

    if (w->kind == SIM_INTRUSIVE) {
        return 0;
    }

    return p[s->intent] - (s->depth == 1 ? .18 : 0);
}


/* mean: of the click probabilities of what is shown */

double
sim_leaves(const sim_world_t *w, const sim_shopper_t *s,
    const sim_offer_t *offer, int receptive, double mean)
{
    double    x;
    unsigned  t;

    static const double  intent[SIM_INTENTS] = { .35, 0, -.35 };

    x = w->level.exit + intent[s->intent]
        - .12 * (s->depth < 6 ? s->depth - 1 : 5);

    if (offer->n == 0 || w->kind == SIM_NULL) {
        return sim_sigmoid(x);
    }

    if (!receptive) {
        t = offer->template;
        x += .85 + .25 * !!(t & SIM_BIT_SIZE) + .25 * !!(t & SIM_BIT_ANIMATION)
             + .15 * !!(t & SIM_BIT_PLACEMENT);
    }

    return sim_sigmoid(x - fmin(1.4, 12 * mean));
}


/* ---- what he does ----------------------------------------------------- */

static void
sim_shopper_wants(sim_shopper_t *s)
{
    double  x;

    x = sim_uniform(&s->rng);

    switch (s->intent) {

    case SIM_BROWSE:
        s->intent = x < .12 ? SIM_COMPARE : SIM_BROWSE;
        break;

    case SIM_COMPARE:
        s->intent = x < .12 ? SIM_BUY : x < .18 ? SIM_BROWSE : SIM_COMPARE;
        break;

    default:
        s->intent = x < .08 ? SIM_COMPARE : SIM_BUY;
        break;
    }
}


static uint32_t
sim_shopper_next(sim_shopper_t *s, sim_world_t *w, int *back)
{
    double              x, best;
    uint32_t            i, item, next, anchor;
    const sim_lists_t  *l;

    anchor = s->page[s->depth - 1];
    *back = sim_uniform(&s->rng) < .18 && s->depth > 1;

    if (*back) {
        return s->page[s->depth - 2];
    }

    l = sim_lists(w, anchor);
    next = anchor;
    best = -1e9;

    for (i = 0; i < 6; i++) {
        item = i < 3 ? sim_popular(w, &s->rng)
                     : l->viewed[sim_below(&s->rng, SIM_VIEWED)];

        x = sim_dot(s->style, w->item[item].style)
            + .5 * sim_normal(&s->rng);

        if (item != anchor && x > best && sim_born(w, item)) {
            best = x;
            next = item;
        }
    }

    return next;
}


/* whether a click becomes an order, and when */

static void
sim_shopper_buys(sim_shopper_t *s, const sim_world_t *w, uint32_t item,
    sim_deed_t *deed)
{
    double             x, delay_s;
    const sim_item_t  *it;

    static const double  intent[SIM_INTENTS] = { -.3, .1, .6 };

    it = &w->item[item];
    x = w->level.buy + intent[s->intent];

    if (w->kind != SIM_NULL) {
        x += .35 * it->quality - .5 * (it->log_price - s->log_price);
    }

    delay_s = exp(6.4 + sim_normal(&s->rng));

    if (sim_uniform(&s->rng) < sim_sigmoid(x) && !s->bought) {
        s->bought = 1;
        s->bought_item = item;
        deed->order_s = deed->after_s + delay_s;
    }
}


/* the page that he goes to */

static void
sim_shopper_goes(sim_shopper_t *s, const sim_deed_t *deed, int back)
{
    s->page[s->depth++] = (uint16_t) deed->next;
    s->dwell_s = (float) deed->after_s;
    s->back = (uint8_t) back;

    sim_shopper_wants(s);
}


void
sim_shopper_acts(sim_shopper_t *s, sim_world_t *w, const sim_offer_t *offer,
    sim_deed_t *deed)
{
    int       receptive, back;
    double    x, p, mean;
    uint32_t  i, anchor;

    static const double  dwell[SIM_INTENTS] = { 2.3, 3.2, 2.9 };

    memset(deed, 0, sizeof(*deed));
    deed->order_s = -1;

    anchor = s->page[s->depth - 1];
    receptive = sim_uniform(&s->rng) < sim_receptive(w, s);
    mean = 0;

    for (i = 0; i < offer->n; i++) {
        x = sim_utility(w, s, anchor, offer->item[i])
            + sim_look(w, s, anchor, offer->template) - !receptive;
        p = sim_sigmoid(x);
        mean += p / offer->n;

        if (deed->what != SIM_CLICKED
            && sim_uniform(&s->rng)
               < p * sim_exam(w->kind == SIM_NULL ? 0 : offer->template, i))
        {
            deed->what = SIM_CLICKED;
            deed->position = i;
        }
    }

    if (deed->what == SIM_CLICKED) {
        deed->next = offer->item[deed->position];
        deed->after_s = 6 * sim_exponential(&s->rng);
        s->clicked = 1;

        sim_shopper_buys(s, w, deed->next, deed);

    } else if (sim_uniform(&s->rng)
               < sim_leaves(w, s, offer, receptive, mean))
    {
        deed->what = SIM_LEFT;

    } else {
        deed->what = SIM_WENT_ON;
        deed->after_s = exp(dwell[s->intent] + .6 * sim_normal(&s->rng));
    }

    if (s->depth == SIM_PAGES) {
        deed->what = SIM_LEFT;
    }

    if (deed->what == SIM_LEFT) {
        return;
    }

    back = 0;

    if (deed->what == SIM_WENT_ON) {
        deed->next = sim_shopper_next(s, w, &back);
    }

    sim_shopper_goes(s, deed, back);
}


double
sim_shopper_spends(sim_shopper_t *s, const sim_world_t *w)
{
    int     organic;
    double  base, value;

    static const double  buys[SIM_INTENTS] = { .008, .03, .11 };

    organic = sim_uniform(&s->rng) < buys[s->intent];

    base = .75 * exp(w->kind == SIM_NULL
                     ? log(40) : w->item[s->page[s->depth - 1]].log_price);

    if (sim_uniform(&s->rng) < .25) {
        base *= 1.6;
    }

    if (s->bought) {
        value = 1.35 * exp(w->kind == SIM_NULL
                           ? log(40) : w->item[s->bought_item].log_price);

        if (sim_uniform(&s->rng) < .9) {
            value += base;
        }

    } else {
        value = organic ? base : 0;
    }

    return w->level.price * value;
}

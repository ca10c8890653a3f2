
/*
 * simulate_serve.c: the serving code as a policy: what a worker of nginx does
 * on a page view, with the engine's own functions on an arena of its own.
 *
 *   a click that brought him here   xsell_impression_click, session, learn
 *   the view                        xsell_session_apply, xsell_learn
 *   the decision                    xsell_rank on the world's candidates
 *   what was shown                  xsell_impression_open, learn
 *   an order                        xsell_session_apply, xsell_learn
 *
 * The candidates and what their sources say are given (xsell_given_t): the
 * simulated shop has no titles and no history of orders.  All else the engine
 * finds out itself: what is viewed, what each visitor looks at, who clicked.
 * A tick of the learner comes each second of the shop's time.
 *
 * Policies are the same code with parts switched off: `hybrid` ranks by hand,
 * in template 0; so does `learner-fixed`, with what it learned; `learner` takes
 * the template that it believes in, but always shows; `full` decides that too.
 */

#include "simulate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>


/* offers of more than 10 minutes: who left is known after 5 */
#define SIM_ZONE_OFFERS 30000

#define SIM_ZONE_STEP   (8ull * 1024 * 1024)
#define SIM_ZONE_MAX    (16ull * 1024 * 1024 * 1024)
#define SIM_ZONE_KEEP   100000          /* sessions: more are forgotten */

/* engine time of the first arrival: sums of a shop don't begin at 0 */
#define SIM_START_MS    1000000


struct sim_serve_s {
    const sim_world_t   *w;
    unsigned             policy;
    xsell_catalog_t     *cat;
    xsell_settings_t     settings;
    xsell_ranker_t      *ranker;
    cli_arena_t          arena;
    uint64_t             rng;
    uint64_t             ticked_ms;
    int                  leased;
};


int
sim_serves(unsigned policy)
{
    return policy >= SIM_HYBRID && policy <= SIM_FULL;
}


/* ---- the shop --------------------------------------------------------- */

static int
sim_serve_catalog(sim_serve_t *serve)
{
    int                rc;
    char              *text;
    FILE              *out;
    size_t             n;
    uint32_t           i;
    xsell_error_t      err;
    const sim_item_t  *it;

    out = open_memstream(&text, &n);

    if (out == NULL) {
        return CLI_FAILED;
    }

    for (i = 0; i < SIM_ITEMS; i++) {
        it = &serve->w->item[i];

        fprintf(out, "{\"id\":\"%u\",\"title\":\"%u\",\"url\":\"/%u\","
                "\"category\":\"G%u > C%u\",\"price\":\"%.2f EUR\"}\n",
                i, i, i, it->category % SIM_GROUPS, it->category,
                exp(it->log_price));
    }

    if (fclose(out) != 0) {
        return CLI_FAILED;
    }

    memset(&err, 0, sizeof(err));
    rc = xsell_catalog_create(&serve->cat, text, n, NULL, NULL, &err);
    free(text);

    if (rc != XSELL_OK
        || xsell_plane_begin(serve->cat, XSELL_PLANE_STYLE, SIM_STYLE)
           != XSELL_OK)
    {
        return CLI_FAILED;
    }

    for (i = 0; i < SIM_ITEMS; i++) {
        it = &serve->w->item[i];

        if (xsell_plane_row(serve->cat, XSELL_PLANE_STYLE, i, it->style)
            != XSELL_OK)
        {
            return CLI_FAILED;
        }

        xsell_catalog_prior(serve->cat, i, it->rating / 2);
    }

    return CLI_OK;
}


static uint64_t
sim_serve_zone(uint32_t sessions)
{
    uint64_t      bytes;
    xsell_plan_t  plan;

    sessions = sessions < SIM_ZONE_KEEP ? sessions : SIM_ZONE_KEEP;

    for (bytes = SIM_ZONE_STEP; bytes < SIM_ZONE_MAX; bytes += SIM_ZONE_STEP) {
        if (xsell_plan(bytes, &plan, NULL) == XSELL_OK
            && plan.items >= SIM_ITEMS && plan.sessions / 5 >= sessions / 4
            && plan.impressions >= SIM_ZONE_OFFERS)
        {
            break;
        }
    }

    return bytes;
}


int
sim_serve_create(sim_serve_t **to, const sim_world_t *w, unsigned policy,
    uint32_t sessions)
{
    uint8_t       seed[16];
    uint32_t      unmapped;
    sim_serve_t  *serve;

    serve = calloc(1, sizeof(*serve));
    *to = serve;

    if (serve == NULL) {
        return cli_fail("not enough memory");
    }

    serve->w = w;
    serve->policy = policy;
    serve->rng = w->seed ^ 0x7365727665;
    serve->ticked_ms = SIM_START_MS;
    xsell_settings_default(&serve->settings);

    /* these visitors look at each offer for itself: variety is nothing to
       them */
    serve->settings.mmr = 0;

    memset(seed, 0, sizeof(seed));
    memcpy(seed, &w->seed, sizeof(w->seed));

    if (sim_serve_catalog(serve) != CLI_OK
        || xsell_ranker_create(&serve->ranker) != XSELL_OK
        || cli_arena_create(&serve->arena, sim_serve_zone(sessions), seed)
           != CLI_OK
        || xsell_catalog_map(serve->cat, &serve->arena.a, 1, 0, &unmapped)
           != XSELL_OK
        || unmapped
        || xsell_lease_try(&serve->arena.a, 1) != XSELL_OK)
    {
        return cli_fail("not enough memory for the shop");
    }

    serve->leased = 1;
    serve->arena.a.header->rng = w->seed;

    return CLI_OK;
}


void
sim_serve_destroy(sim_serve_t *serve)
{
    if (serve) {

        /* a robust lock that is held must not go away */

        if (serve->leased) {
            xsell_lease_release(&serve->arena.a);
        }

        xsell_ranker_destroy(serve->ranker);
        xsell_catalog_destroy(serve->cat);
        cli_arena_destroy(&serve->arena);
        free(serve);
    }
}


/* ---- events ----------------------------------------------------------- */

static xsell_ref_t
sim_serve_ref(const sim_serve_t *serve, uint32_t item)
{
    return xsell_catalog_ref(serve->cat,
                             xsell_catalog_item(serve->cat, item));
}


static void
sim_serve_event(const sim_serve_t *serve, xsell_event_t *ev, unsigned type,
    uint64_t key, uint32_t item, uint64_t now_ms)
{
    unsigned  i;

    memset(ev, 0, sizeof(*ev));

    ev->type = (uint8_t) type;
    ev->session = key;
    ev->session_idx = XSELL_NO_REF;
    ev->time_ms = now_ms;
    ev->item = sim_serve_ref(serve, item);

    for (i = 0; i < XSELL_HISTORY; i++) {
        ev->others[i] = XSELL_NO_REF;
    }
}


static int
sim_serve_learn(sim_serve_t *serve, xsell_event_t *ev, xsell_session_t *s)
{
    int  rc;

    rc = xsell_session_apply(&serve->arena.a, ev, s);

    if (rc == XSELL_OK
        || (rc == XSELL_NONE && ev->type == XSELL_EVENT_ORDER))
    {
        (void) xsell_learn(&serve->arena.a, &serve->settings, serve->cat, ev);
    }

    return rc;
}


/* the learner's housekeeping, second by second up to now */

static uint64_t
sim_serve_now(sim_serve_t *serve, double t)
{
    uint64_t  now_ms;

    now_ms = SIM_START_MS + (uint64_t) (t * 1000);

    while (serve->ticked_ms + 1000 <= now_ms) {
        serve->ticked_ms += 1000;
        xsell_learn_tick(&serve->arena.a, serve->ticked_ms);
    }

    return now_ms;
}


static void
sim_serve_click(sim_serve_t *serve, const sim_shopper_t *s,
    const sim_click_t *came, uint32_t item, uint64_t now_ms)
{
    xsell_event_t       ev;
    xsell_impression_t  imp;

    if (xsell_impression_click(&serve->arena.a, came->impression,
                               came->position, now_ms, &imp)
        != XSELL_OK)
    {
        return;
    }

    sim_serve_event(serve, &ev, XSELL_EVENT_CLICK, s->key, item, now_ms);

    ev.impression = came->impression;
    ev.position = came->position;
    ev.flags = XSELL_EV_COOKIE | (s->dwell_s < .3 ? XSELL_EV_FAST : 0);

    (void) sim_serve_learn(serve, &ev, NULL);
}


/* an event of a view has the item's style: that is how a visit gets one */

static void
sim_serve_style(const sim_serve_t *serve, xsell_event_t *ev, uint32_t item)
{
    xsell_vector_t  v;

    if (xsell_plane_vector(serve->cat, XSELL_PLANE_STYLE, item, &v)) {
        memcpy(ev->style, v.p, sizeof(ev->style));
    }
}


static int
sim_serve_view(sim_serve_t *serve, const sim_shopper_t *s, uint32_t item,
    uint64_t now_ms, xsell_session_t *session)
{
    xsell_event_t  ev;

    sim_serve_event(serve, &ev, XSELL_EVENT_VIEW, s->key, item, now_ms);

    /* the first page gives him his cookie */

    ev.flags = (s->depth > 1 ? XSELL_EV_COOKIE : 0)
               | (s->held ? XSELL_EV_HOLDOUT : 0);

    sim_serve_style(serve, &ev, item);

    return sim_serve_learn(serve, &ev, session);
}


void
sim_serve_order(sim_serve_t *serve, uint64_t key, uint32_t item, double t)
{
    xsell_event_t  ev;

    sim_serve_event(serve, &ev, XSELL_EVENT_ORDER, key, XSELL_NO_ITEM,
                    sim_serve_now(serve, t));

    ev.flags = XSELL_EV_COOKIE;
    ev.order = xsell_random(&serve->rng);
    ev.n = 1;
    ev.others[0] = sim_serve_ref(serve, item);

    (void) sim_serve_learn(serve, &ev, NULL);
}


/* ---- a page ----------------------------------------------------------- */

/*
 * In the engine's units 1 is what many visits say.  Here an item is "viewed
 * with" all of its category, and alike to all of its style: of that unit a
 * fraction.  With .4 the weights set by hand come to a CTR of 11 % (the
 * prototype's to 11.8), with 1 to 8; what is learned comes out the same.
 */
#define SIM_LIKENESS  .4


static float
sim_serve_clip(double x)
{
    return (float) (x < -2 ? -2 : x > 2 ? 2 : x);
}


static uint32_t
sim_serve_given(const sim_serve_t *serve, const sim_shopper_t *s,
    const sim_page_t *page, xsell_given_t given[SIM_CANDIDATES])
{
    uint32_t            i, item, before;
    sim_source_t        here, there;
    const sim_world_t  *w;

    w = serve->w;
    before = s->depth > 1 ? s->page[s->depth - 2] : page->anchor;

    for (i = 0; i < page->n; i++) {
        item = page->item[i];

        sim_source(w, page->anchor, item, &here);
        sim_source(w, before, item, &there);

        memset(&given[i], 0, sizeof(given[i]));

        given[i].ref = sim_serve_ref(serve, item);
        given[i].knn = sim_serve_clip(SIM_LIKENESS * here.viewed);
        given[i].before = s->depth > 1
                          ? sim_serve_clip(SIM_LIKENESS * there.viewed) : 0;
        given[i].bought = sim_serve_clip(here.bought);
        given[i].similar = sim_serve_clip(SIM_LIKENESS * here.content);
        given[i].visual = sim_serve_clip(here.looks);
        given[i].geo = sim_serve_clip(sim_geo(w, s->country, item));
        given[i].trend = w->trending[w->trend_of][item];
        given[i].fresh = w->item[item].late;
    }

    return page->n;
}


static void
sim_serve_query(sim_serve_t *serve, const sim_shopper_t *s,
    const sim_page_t *page, uint64_t now_ms, xsell_query_t *q)
{
    static const uint8_t  arms[SIM_TEMPLATES] = {
        0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
    };

    memset(q, 0, sizeof(*q));

    q->catalog = serve->cat;
    q->settings = &serve->settings;
    q->anchor = page->anchor;
    q->want = SIM_SLOTS;
    q->now_ms = now_ms;
    q->seed = xsell_random(&serve->rng);
    q->arms = arms;
    q->arms_n = SIM_TEMPLATES;
    q->may_hide = 1;

    q->moment.dwell_ms = (uint32_t) (s->dwell_s * 1000);
    q->moment.depth = s->depth;
    q->moment.mobile = s->mobile;
    q->moment.back = s->back;

    switch (serve->policy) {

    case SIM_HYBRID:
        q->policy = XSELL_RANK_HAND | XSELL_RANK_ARM_0;
        break;

    case SIM_LEARNER:
        q->policy = XSELL_RANK_SHOW;
        break;

    case SIM_LEARNER_FIXED:
        q->policy = XSELL_RANK_ARM_0;
        break;

    default:
        break;
    }
}


/* notes what was shown, or that nothing was */

static uint64_t
sim_serve_open(sim_serve_t *serve, const sim_shopper_t *s,
    const sim_page_t *page, const xsell_slate_t *slate, uint64_t now_ms)
{
    uint32_t            i;
    uint64_t            id;
    xsell_event_t       ev;
    xsell_impression_t  imp;

    memset(&imp, 0, sizeof(imp));

    imp.session = s->key;
    imp.time_ms = now_ms;
    imp.anchor = sim_serve_ref(serve, page->anchor);

    xsell_impression_fill(&imp, slate);

    id = xsell_impression_open(&serve->arena.a, &imp);

    if (imp.n == 0) {
        return id;
    }

    sim_serve_event(serve, &ev, XSELL_EVENT_IMPRESSION, s->key, XSELL_NO_ITEM,
                    now_ms);
    ev.impression = id;
    ev.n = imp.n;

    for (i = 0; i < imp.n; i++) {
        ev.others[i] = imp.row[i].ref;
    }

    (void) sim_serve_learn(serve, &ev, NULL);

    return id;
}


void
sim_serve_page(sim_serve_t *serve, const sim_shopper_t *s,
    const sim_click_t *came, const sim_page_t *page, double t,
    sim_offer_t *offer, uint64_t *impression)
{
    int              rc;
    uint32_t         i;
    uint64_t         now_ms;
    xsell_given_t    given[SIM_CANDIDATES];
    xsell_query_t    q;
    xsell_slate_t    slate;
    xsell_session_t  session;

    memset(offer, 0, sizeof(*offer));
    now_ms = sim_serve_now(serve, t);

    if (came) {
        sim_serve_click(serve, s, came, page->anchor, now_ms);
    }

    rc = sim_serve_view(serve, s, page->anchor, now_ms, &session);

    if (s->held) {
        return;
    }

    sim_serve_query(serve, s, page, now_ms, &q);

    q.session = rc == XSELL_OK ? &session : NULL;
    q.given = given;
    q.given_n = sim_serve_given(serve, s, page, given);

    rc = xsell_rank(serve->ranker, &serve->arena.a, &q, &slate);

    *impression = sim_serve_open(serve, s, page, &slate, now_ms);

    if (rc != XSELL_OK) {
        return;
    }

    offer->n = (uint8_t) slate.n;
    offer->template = slate.look;

    for (i = 0; i < slate.n; i++) {
        offer->item[i] = (uint16_t) slate.pick[i].item;
    }
}

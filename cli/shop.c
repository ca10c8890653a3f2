
/*
 * shop.c: a shop to ask: catalogue, state, ranking.  What a worker of nginx
 * has, for the commands that show offers.
 */

#include "cli.h"

#include <string.h>


#define SHOP_ZONE_STEP  (8ull * 1024 * 1024)
#define SHOP_ZONE_MAX   (64ull * 1024 * 1024 * 1024)


/* for a state that is not there: the smallest zone that has the items */

static uint64_t
shop_zone(const xsell_catalog_t *cat)
{
    uint64_t      bytes;
    xsell_plan_t  plan;

    for (bytes = SHOP_ZONE_STEP; bytes < SHOP_ZONE_MAX; bytes *= 2) {
        if (xsell_plan(bytes, &plan, NULL) == XSELL_OK
            && plan.items >= xsell_catalog_n(cat))
        {
            break;
        }
    }

    return bytes;
}


int
cli_shop_open(cli_shop_t *shop, xsell_catalog_t *cat, const char *state,
    uint64_t zone)
{
    int                    rc;
    uint32_t               unmapped;
    xsell_snapshot_info_t  info;

    memset(shop, 0, sizeof(*shop));
    memset(&info, 0, sizeof(info));

    shop->cat = cat;
    xsell_settings_default(&shop->settings);

    rc = state ? cli_arena_load(&shop->arena, state, zone, &info)
               : cli_arena_create(&shop->arena, zone ? zone : shop_zone(cat),
                                  NULL);

    if (rc != CLI_OK) {
        return rc;
    }

    shop->now_ms = info.time_ms;

    rc = state ? xsell_catalog_lookup(cat, &shop->arena.a)
               : xsell_catalog_map(cat, &shop->arena.a, 1, 0, &unmapped);

    if (rc != XSELL_OK || xsell_ranker_create(&shop->ranker) != XSELL_OK) {
        cli_shop_close(shop);
        return cli_fail("not enough memory");
    }

    return CLI_OK;
}


void
cli_shop_close(cli_shop_t *shop)
{
    xsell_ranker_destroy(shop->ranker);
    cli_arena_destroy(&shop->arena);
    shop->ranker = NULL;
}


void
cli_shop_ask(cli_shop_t *shop, uint32_t anchor, uint32_t want,
    xsell_slate_t *slate)
{
    xsell_query_t    q;
    xsell_session_t  session;

    /* a record that nothing is in: who has none is anonymous, and for such a
       one the neighbours are not asked */

    memset(&session, 0, sizeof(session));
    session.r.key = 1;
    session.idx = XSELL_NO_REF;

    memset(&q, 0, sizeof(q));

    q.catalog = shop->cat;
    q.settings = &shop->settings;
    q.session = &session;
    q.anchor = anchor;
    q.want = want;
    q.now_ms = shop->now_ms;
    q.seed = 1;
    q.business = shop->business;
    q.slot = cli_str(shop->slot ? shop->slot : "");
    q.wall_s = shop->wall_s;
    q.country[0] = shop->country[0];
    q.country[1] = shop->country[1];

    if (xsell_rank(shop->ranker, &shop->arena.a, &q, slate) != XSELL_OK) {
        slate->n = 0;
    }
}

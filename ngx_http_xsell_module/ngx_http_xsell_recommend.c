
/*
 * Recommend: asks the engine's read path for every slot of the page, in the
 * order in which they are configured; no item stands twice on a page.
 *
 * All of it happens in the header filter: it takes microseconds, and the
 * first byte never waits for it later.
 */

#include "ngx_http_xsell_module.h"

#include <openssl/rand.h>


/* random bits of this worker: seeded once, then stretched; they break ties
   and choose arms, they protect nothing */

static uint64_t
ngx_http_xsell_bits(void)
{
    static uint64_t   state;
    static ngx_pid_t  pid;

    if (pid != ngx_pid) {
        pid = ngx_pid;

        if (RAND_bytes((u_char *) &state, sizeof(state)) != 1) {
            state = ((uint64_t) ngx_pid << 32) ^ ngx_current_msec;
        }
    }

    return xsell_random(&state);
}


static void
ngx_http_xsell_time(ngx_http_xsell_shop_t *shop, uint64_t us)
{
    ngx_uint_t         i;
    xsell_counters_t  *c;

    for (i = 0; i < XSELL_HIST_BUCKETS - 1; i++) {
        if (us <= xsell_hist_bounds_us[i]) {
            break;
        }
    }

    c = shop->arena.counters;

    (void) __atomic_fetch_add(&c->decision[i], 1, __ATOMIC_RELAXED);
    (void) __atomic_fetch_add(&c->decision_sum_us, us, __ATOMIC_RELAXED);
    (void) __atomic_fetch_add(&c->decision_n, 1, __ATOMIC_RELAXED);
}


static uint64_t
ngx_http_xsell_clock_ns(void)
{
    struct timespec  ts;

    (void) clock_gettime(CLOCK_MONOTONIC, &ts);

    return (uint64_t) ts.tv_sec * 1000000000 + ts.tv_nsec;
}


/* what is on the page is what the next slot may not show */

static void
ngx_http_xsell_remember(xsell_query_t *q, uint32_t *shown,
    xsell_slate_t *slate)
{
    ngx_uint_t  i;

    for (i = 0; i < slate->n; i++) {
        shown[q->shown_n++] = slate->pick[i].item;
    }
}


ngx_http_xsell_fragment_t *
ngx_http_xsell_recommend(ngx_http_request_t *r,
    ngx_http_xsell_loc_conf_t *xlcf, ngx_http_xsell_state_t *st,
    xsell_session_t *session)
{
    int                         rc;
    uint32_t                    shown[XSELL_PLACES_MAX * XSELL_SLATE_MAX];
    uint64_t                    start;
    uint8_t                     arms[XSELL_ARMS];
    ngx_uint_t                  i, k, any, hidden;
    xsell_query_t               q;
    xsell_slate_t               slate;
    xsell_fragment_t            page;
    ngx_http_xsell_shop_t      *shop;
    ngx_http_xsell_slot_t      *slot;
    ngx_http_xsell_fragment_t  *fragment;

    shop = xlcf->shop;
    slot = xlcf->slots->elts;
    start = ngx_http_xsell_clock_ns();

    fragment = ngx_pcalloc(r->pool, xlcf->slots->nelts
                                    * sizeof(ngx_http_xsell_fragment_t));

    if (fragment == NULL || shop->ranker == NULL
        || ngx_http_xsell_render_page(r, xlcf, &page) != NGX_OK)
    {
        st->state = XSELL_STATE_ERROR;
        return NULL;
    }

    ngx_memzero(&q, sizeof(xsell_query_t));

    q.catalog = shop->catalog;
    q.settings = &shop->settings;
    q.session = session;
    q.anchor = st->item;
    q.shown = shown;
    q.now_ms = ngx_http_xsell_now(shop);
    q.seed = ngx_http_xsell_bits();
    ngx_http_xsell_business_ask(r, st, shop, &q);

    ngx_http_xsell_moment(r, st);
    q.moment = st->moment;
    ngx_memcpy(q.country, st->country, 2);
    q.arms = arms;

    any = 0;
    hidden = 0;

    for (i = 0; i < xlcf->slots->nelts; i++) {
        q.want = slot[i].items;
        q.recall = slot[i].recall;
        q.slot = ngx_http_xsell_view(&slot[i].name);
        q.arms_n = xlcf->looks[i].n;

        for (k = 0; k < q.arms_n; k++) {
            arms[k] = xsell_templates_bits(shop->look,
                                           xlcf->looks[i].look[k]->index);
        }

        q.may_hide = xlcf->looks[i].hide;

        rc = xsell_rank(shop->ranker, &shop->arena, &q, &slate);

        if (!q.recall && q.session && !st->is_told) {
            xsell_look_tell(slate.term, &st->told);
            st->is_told = 1;
        }

        if (rc != XSELL_OK) {

            /* that nothing was shown is something to learn from, too */

            if (slate.arm == XSELL_ARM_NONE) {
                ngx_http_xsell_open(xlcf, st, i, &slate, &fragment[i]);
                ngx_http_xsell_event_hidden(st, &fragment[i]);
                hidden = 1;
            }

            continue;
        }

        if (ngx_http_xsell_render(r, xlcf, st, i, &slate, &page,
                                  &fragment[i])
            != NGX_OK)
        {
            st->state = XSELL_STATE_ERROR;
            continue;
        }

        if (q.business) {
            ngx_http_xsell_business_note(&slate, &fragment[i]);
        }

        ngx_http_xsell_remember(&q, shown, &slate);
        any = 1;
    }

    st->time_us = (ngx_http_xsell_clock_ns() - start) / 1000;
    ngx_http_xsell_time(shop, st->time_us);

    if (any) {
        return fragment;
    }

    if (hidden) {
        st->hidden = fragment;
        st->hidden_in = xlcf;
    }

    if (st->state == XSELL_STATE_SHOWN) {
        st->state = hidden ? XSELL_STATE_HIDDEN
                    : (st->item == XSELL_NO_ITEM) ? XSELL_STATE_NO_ITEM
                                               : XSELL_STATE_NO_CANDIDATES;
    }

    return NULL;
}

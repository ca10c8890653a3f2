
/*
 * Event: what happened becomes a record, changes the session at once and is
 * queued for the learner (ARCHITECTURE D4, D16).
 *
 * A visitor without a profile (no consent, GPC) has session 0: such an event
 * changes no session and teaches sums only.  Bots make no events.
 */

#include "ngx_http_xsell_module.h"


#define NGX_HTTP_XSELL_ERASE_TRIES  64


static void
ngx_http_xsell_event_init(ngx_http_xsell_shop_t *shop, xsell_event_t *ev,
    ngx_uint_t type)
{
    ngx_memzero(ev, sizeof(xsell_event_t));

    ev->type = type;
    ev->time_ms = ngx_http_xsell_now(shop);
    ev->item = XSELL_NO_REF;
    ev->session_idx = XSELL_NO_REF;
}


static void
ngx_http_xsell_event_visitor(xsell_event_t *ev, ngx_http_xsell_visitor_t *v,
    ngx_http_xsell_state_t *st)
{
    ev->session = v->key;
    ev->network = v->network;
    ev->country[0] = st->country[0];
    ev->country[1] = st->country[1];

    if (v->cookie) {
        ev->flags |= XSELL_EV_COOKIE;
    }

    if (v->holdout) {
        ev->flags |= XSELL_EV_HOLDOUT;
    }
}


/* counts an event that has happened, and hands it to the learner */

static ngx_int_t
ngx_http_xsell_event_queue(ngx_http_xsell_shop_t *shop, xsell_event_t *ev)
{
    if (!(ev->flags & XSELL_EV_REFRESH)) {
        ngx_http_xsell_count(shop, events[ev->type]);
    }

    if (xsell_ring_push(&shop->arena, &shop->claim, ev) != XSELL_OK) {
        ngx_http_xsell_count(shop, dropped[shop->claim.ring
                                           ? XSELL_DROP_RING_FULL
                                           : XSELL_DROP_NO_RING]);
        ngx_http_xsell_learn_soon(shop);
        return NGX_BUSY;
    }

    ngx_http_xsell_learn_soon(shop);

    return NGX_OK;
}


ngx_int_t
ngx_http_xsell_event_send(ngx_http_xsell_shop_t *shop, xsell_event_t *ev,
    xsell_session_t *s)
{
    if (ev->session) {

        switch (xsell_session_apply(&shop->arena, ev, s)) {

        case XSELL_OK:
            break;

        case XSELL_NONE:
            /* no record: nothing is known of this visitor, and an order or
               an erasure is an event all the same */
            ev->session_idx = XSELL_NO_REF;
            break;

        case XSELL_BUSY:
            ngx_http_xsell_count(shop, dropped[XSELL_DROP_SESSION_BUSY]);
            return NGX_BUSY;

        default:
            ngx_http_xsell_count(shop, dropped[XSELL_DROP_EVENT_INVALID]);
            return NGX_DECLINED;
        }
    }

    return ngx_http_xsell_event_queue(shop, ev);
}


/* the reference of a catalogue item; XSELL_NO_REF if none */

static xsell_ref_t
ngx_http_xsell_event_ref(ngx_http_xsell_shop_t *shop, uint32_t item)
{
    return xsell_catalog_ref(shop->catalog,
                             xsell_catalog_item(shop->catalog, item));
}


/* a page view of an item; without an item the session is only looked up */

void
ngx_http_xsell_event_view(ngx_http_request_t *r, ngx_http_xsell_state_t *st,
    xsell_session_t *s)
{
    ngx_int_t                  rc;
    xsell_event_t              ev;
    xsell_vector_t             style;
    ngx_http_xsell_shop_t     *shop;
    ngx_http_xsell_visitor_t  *v;

    v = &st->visitor;
    shop = v->shop;

    ngx_http_xsell_event_init(shop, &ev, XSELL_EVENT_VIEW);
    ev.item = ngx_http_xsell_event_ref(shop, st->item);

    if (ev.item == XSELL_NO_REF || v->bot) {

        if (v->key == 0) {
            return;
        }

        if (xsell_session_read(&shop->arena, v->key, s) == XSELL_OK) {
            st->moment.dwell_ms = xsell_session_dwell(s, ev.time_ms);

        } else {
            ngx_memzero(s, sizeof(xsell_session_t));
            s->idx = XSELL_NO_REF;
        }

        return;
    }

    ngx_http_xsell_locate(r, shop, st);
    ngx_http_xsell_event_visitor(&ev, v, st);

    if (xsell_plane_vector(shop->catalog, XSELL_PLANE_STYLE, st->item,
                           &style))
    {
        ngx_memcpy(ev.style, style.p, sizeof(ev.style));
    }

    rc = ngx_http_xsell_event_send(shop, &ev, s);

    if (rc == NGX_OK && v->holdout && (ev.flags & XSELL_EV_VISIT)) {
        ngx_http_xsell_count(shop, holdout_visits);
    }

    if (rc == NGX_OK) {
        st->moment.dwell_ms = ev.dwell_ms;
        st->moment.back = (ev.flags & XSELL_EV_SEEN) != 0;
    }
}


/* what became of a slot's template; the engine's XSELL_NAMES are those that it
   counts by, and 0 is none of a template */

#define ngx_http_xsell_count_look(shop, idx, field)                           \
    if ((idx) != 0 && (idx) < XSELL_NAMES) {                                  \
        (void) __atomic_fetch_add(&(shop)->arena.name_counters[idx].field, 1, \
                                  __ATOMIC_RELAXED);                          \
    }


void
ngx_http_xsell_event_hidden(ngx_http_xsell_state_t *st,
    ngx_http_xsell_fragment_t *f)
{
    if (!st->visitor.bot) {
        ngx_http_xsell_count_look(st->visitor.shop, f->face->index,
                                  impressions);
    }
}


/* the fragment's last byte has entered the output: an impression */

void
ngx_http_xsell_event_shown(ngx_http_request_t *r, ngx_http_xsell_state_t *st,
    ngx_http_xsell_fragment_t *f)
{
    xsell_event_t              ev;
    ngx_http_xsell_shop_t     *shop;
    ngx_http_xsell_visitor_t  *v;

    v = &st->visitor;
    shop = v->shop;

    st->items += f->n;
    st->rules |= f->rules;
    st->state = v->bot ? XSELL_STATE_BOT
                : v->consent ? XSELL_STATE_SHOWN : XSELL_STATE_NO_CONSENT;

    if (v->bot) {
        return;
    }

    (void) __atomic_fetch_add(
               &shop->arena.name_counters[f->slot_name].impressions,
               1, __ATOMIC_RELAXED);

    ngx_http_xsell_count_look(shop, f->face->index, impressions);

    ngx_http_xsell_event_init(shop, &ev, XSELL_EVENT_IMPRESSION);
    ngx_http_xsell_event_visitor(&ev, v, st);

    ev.impression = f->impression;
    ev.slot_name = f->slot_name;
    ev.n = f->n;
    ev.quantity = f->caps;

    ngx_memcpy(ev.others, f->shown, f->n * sizeof(xsell_ref_t));

    (void) ngx_http_xsell_event_send(shop, &ev, NULL);
}


/* the slate that a link is from, if it is still there, was shown to this
   visitor (or, with `mine` 0, to another one) and has the link's row */

static int
ngx_http_xsell_event_slate(ngx_http_xsell_shop_t *shop, xsell_link_t *link,
    uint64_t key, ngx_uint_t mine)
{
    xsell_impression_t  imp;

    return link->epoch == shop->arena.header->epoch
           && xsell_impression_read(&shop->arena, link->impression, &imp)
              == XSELL_OK
           && link->position < imp.n
           && imp.row[link->position].ref == link->item
           && (imp.session == key) == mine;
}


/* which shop of the server a token is of, and whether it is good.  One that
   says the truth about a slate of somebody else is a link that was passed on
   (foreign), not a forged one; nothing but the name of a sum hangs on that */

static int
ngx_http_xsell_event_verify(ngx_http_request_t *r,
    ngx_http_xsell_srv_conf_t *xscf, ngx_http_xsell_state_t *st,
    xsell_link_t *link, ngx_http_xsell_visitor_t **visitor)
{
    int                            rc, best;
    ngx_uint_t                     i;
    ngx_http_xsell_visitor_t      *v;
    ngx_http_xsell_server_shop_t  *ss;

    best = XSELL_EINVAL;
    ss = xscf->shops.elts;

    for (i = 0; i < xscf->shops.nelts; i++) {

        v = ngx_http_xsell_visitor(r, ss[i].shop, -1);
        if (v == NULL) {
            return XSELL_ENOMEM;
        }

        *visitor = v;

        rc = xsell_token_read(ss[i].shop->keys, (char *) st->token.data,
                              st->token.len, v->key ? &v->visitor : NULL,
                              ngx_http_xsell_view(&r->uri), link);

        if (rc == XSELL_EFORGED
            && xsell_token_read(ss[i].shop->keys, (char *) st->token.data,
                                st->token.len, NULL,
                                ngx_http_xsell_view(&r->uri), link)
               == XSELL_EFOREIGN
            && ngx_http_xsell_event_slate(ss[i].shop, link, v->key, 0))
        {
            rc = XSELL_EFOREIGN;
        }

        /* what nobody followed is the matter of the shop that has such a
           slate */

        if (rc == XSELL_OK
            || (rc == XSELL_EFOREIGN
                && (v->key || ngx_http_xsell_event_slate(ss[i].shop, link,
                                                         v->key, 0))))
        {
            return rc;
        }

        if (best == XSELL_EINVAL) {
            best = rc;
        }
    }

    return best;
}


/*
 * A link of ours was followed.  The location is not known yet, so neither is
 * its consent rule; a valid cookie says that there was consent, and GPC and
 * "off" count everywhere.
 */

void
ngx_http_xsell_event_click(ngx_http_request_t *r,
    ngx_http_xsell_srv_conf_t *xscf, ngx_http_xsell_state_t *st)
{
    int                        rc;
    uint64_t                   now;
    ngx_uint_t                 drop;
    xsell_link_t               link;
    xsell_event_t              ev;
    xsell_impression_t         imp;
    ngx_http_xsell_shop_t     *shop;
    ngx_http_xsell_visitor_t  *v;

    v = NULL;
    rc = ngx_http_xsell_event_verify(r, xscf, st, &link, &v);

    if (v == NULL || v->bot) {
        return;
    }

    shop = v->shop;
    now = ngx_http_xsell_now(shop);

    /* of a slate that is gone; its number may be another visitor's by now,
       whose click must not be used up */

    if (rc == XSELL_OK
        && !ngx_http_xsell_event_slate(shop, &link, v->key, 1))
    {
        rc = XSELL_ELATE;
    }

    if (rc == XSELL_OK) {
        rc = xsell_impression_click(&shop->arena, link.impression,
                                    link.position, now, &imp);
    }

    if (rc != XSELL_OK) {
        drop = (rc == XSELL_ELATE) ? XSELL_DROP_CLICK_LATE
               : (rc == XSELL_EREPEATED) ? XSELL_DROP_CLICK_REPLAY
               : (v->key == 0) ? XSELL_DROP_CLICK_ANONYMOUS
               : (rc == XSELL_EFOREIGN) ? XSELL_DROP_CLICK_FOREIGN
               : XSELL_DROP_CLICK_FORGED;

        ngx_http_xsell_count(shop, dropped[drop]);
        return;
    }

    st->clicked = 1;

    (void) __atomic_fetch_add(
               &shop->arena.name_counters[imp.slot_name].clicks, 1,
               __ATOMIC_RELAXED);

    ngx_http_xsell_count_look(shop, imp.template_idx, clicks);

    ngx_http_xsell_locate(r, shop, st);
    ngx_http_xsell_event_init(shop, &ev, XSELL_EVENT_CLICK);
    ngx_http_xsell_event_visitor(&ev, v, st);

    ev.item = link.item;
    ev.impression = link.impression;
    ev.position = link.position;
    ev.slot_name = imp.slot_name;
    ev.template_idx = imp.template_idx;

    if (now < imp.time_ms + 300) {
        ev.flags |= XSELL_EV_FAST;
    }

    (void) ngx_http_xsell_event_send(shop, &ev, NULL);
}


/* ids separated by commas or spaces; what the catalogue lacks is left out, and
   the first of that told */

static ngx_uint_t
ngx_http_xsell_event_items(ngx_http_xsell_shop_t *shop, ngx_str_t *list,
    xsell_ref_t *ref, ngx_str_t *unknown)
{
    u_char       *p, *last, *start;
    ngx_uint_t    n;
    xsell_ref_t   one;

    n = 0;
    ngx_str_null(unknown);
    last = list->data + list->len;

    for (p = list->data; p < last && n < XSELL_HISTORY; /* void */ ) {

        while (p < last && (*p == ',' || *p == ' ' || *p == ';')) {
            p++;
        }

        start = p;

        while (p < last && *p != ',' && *p != ' ' && *p != ';') {
            p++;
        }

        one = ngx_http_xsell_event_ref(shop,
                  xsell_catalog_find(shop->catalog, (char *) start,
                                     p - start));
        if (one != XSELL_NO_REF) {
            ref[n++] = one;

        } else if (p > start && unknown->len == 0) {
            unknown->data = start;
            unknown->len = p - start;
        }
    }

    return n;
}


/*
 * NGX_DECLINED: there is none.  An empty one (a field that the form lacks) is a
 * mistake in the configuration, or in the request that it is not meant for; a
 * cart's quantity, and an order's items (the cart's), may be left out.
 */

static ngx_int_t
ngx_http_xsell_event_value(ngx_http_request_t *r,
    ngx_http_xsell_shop_t *shop, ngx_http_xsell_event_conf_t *conf,
    ngx_uint_t param, ngx_str_t *value)
{
    ngx_str_null(value);

    if (conf->param[param] == NULL
        || ngx_http_complex_value(r, conf->param[param], value) != NGX_OK)
    {
        return NGX_DECLINED;
    }

    if (value->len) {
        return NGX_OK;
    }

    if (param != NGX_HTTP_XSELL_PARAM_QUANTITY
        && param != NGX_HTTP_XSELL_PARAM_ITEMS)
    {
        ngx_http_xsell_event_mistake(r, shop, conf, param,
                                     NGX_HTTP_XSELL_WRONG_EMPTY, value);
    }

    return NGX_DECLINED;
}


/* NGX_DECLINED: it is no event */

static ngx_int_t
ngx_http_xsell_event_order(ngx_http_request_t *r,
    ngx_http_xsell_shop_t *shop, ngx_http_xsell_event_conf_t *conf,
    xsell_event_t *ev)
{
    int64_t    minor;
    ngx_str_t  value, unknown;

    if (ngx_http_xsell_event_value(r, shop, conf, NGX_HTTP_XSELL_PARAM_ID,
                                   &value)
        != NGX_OK)
    {
        return NGX_DECLINED;
    }

    ev->order = xsell_siphash(shop->arena.header->key, value.data, value.len);
    ev->order += (ev->order == 0);

    /* a thank-you page that is loaded again must not buy the next cart */

    if (xsell_order_known(&shop->arena, ev->order)) {
        ngx_http_xsell_count(shop, dropped[XSELL_DROP_ORDER_REPEATED]);
        return NGX_DECLINED;
    }

    if (ngx_http_xsell_event_value(r, shop, conf, NGX_HTTP_XSELL_PARAM_VALUE,
                                   &value)
        == NGX_OK)
    {
        if (xsell_price_parse((char *) value.data, value.len,
                              xsell_catalog_exponent(shop->catalog), &minor)
            != XSELL_OK)
        {
            ngx_http_xsell_event_mistake(r, shop, conf,
                                         NGX_HTTP_XSELL_PARAM_VALUE,
                                         NGX_HTTP_XSELL_WRONG_FORM, &value);
            return NGX_DECLINED;
        }

        ev->value = (uint32_t) ngx_min(minor, (int64_t) UINT32_MAX);
    }

    if (ngx_http_xsell_event_value(r, shop, conf, NGX_HTTP_XSELL_PARAM_ITEMS,
                                   &value)
        == NGX_OK)
    {
        ev->n = ngx_http_xsell_event_items(shop, &value, ev->others,
                                           &unknown);
        if (unknown.len) {
            ngx_http_xsell_event_mistake(r, shop, conf,
                                         NGX_HTTP_XSELL_PARAM_ITEMS,
                                         NGX_HTTP_XSELL_WRONG_UNKNOWN,
                                         &unknown);
        }
    }

    return NGX_OK;
}


/* the item that a cart or a rating is of, or that is dismissed */

static ngx_int_t
ngx_http_xsell_event_item(ngx_http_request_t *r, ngx_http_xsell_shop_t *shop,
    ngx_http_xsell_event_conf_t *conf, xsell_event_t *ev,
    const xsell_item_t **item)
{
    ngx_str_t  value;

    if (ngx_http_xsell_event_value(r, shop, conf, NGX_HTTP_XSELL_PARAM_ITEM,
                                   &value)
        != NGX_OK)
    {
        return NGX_DECLINED;
    }

    *item = xsell_catalog_item(shop->catalog,
                               xsell_catalog_find(shop->catalog,
                                                  (char *) value.data,
                                                  value.len));
    ev->item = xsell_catalog_ref(shop->catalog, *item);

    if (ev->item == XSELL_NO_REF) {
        ngx_http_xsell_event_mistake(r, shop, conf, NGX_HTTP_XSELL_PARAM_ITEM,
                                     NGX_HTTP_XSELL_WRONG_UNKNOWN, &value);
        return NGX_DECLINED;
    }

    return NGX_OK;
}


/* stars, whole ones */

static ngx_int_t
ngx_http_xsell_event_rate(ngx_http_request_t *r, ngx_http_xsell_shop_t *shop,
    ngx_http_xsell_event_conf_t *conf, xsell_event_t *ev)
{
    ngx_str_t            value;
    const xsell_item_t  *item;

    if (ngx_http_xsell_event_item(r, shop, conf, ev, &item) != NGX_OK
        || ngx_http_xsell_event_value(r, shop, conf,
                                      NGX_HTTP_XSELL_PARAM_VALUE, &value)
           != NGX_OK)
    {
        return NGX_DECLINED;
    }

    if (value.len != 1 || value.data[0] < '1' || value.data[0] > '5') {
        ngx_http_xsell_event_mistake(r, shop, conf,
                                     NGX_HTTP_XSELL_PARAM_VALUE,
                                     NGX_HTTP_XSELL_WRONG_FORM, &value);
        return NGX_DECLINED;
    }

    ev->value = value.data[0] - '0';

    return NGX_OK;
}


static ngx_int_t
ngx_http_xsell_event_cart(ngx_http_request_t *r, ngx_http_xsell_shop_t *shop,
    ngx_http_xsell_event_conf_t *conf, xsell_event_t *ev)
{
    ngx_int_t            rc, n;
    ngx_str_t            value;
    const xsell_item_t  *item;

    rc = ngx_http_xsell_event_item(r, shop, conf, ev, &item);

    if (rc != NGX_OK) {
        return rc;
    }

    ev->quantity = 1;

    if (ngx_http_xsell_event_value(r, shop, conf,
                                   NGX_HTTP_XSELL_PARAM_QUANTITY, &value)
        == NGX_OK)
    {
        n = ngx_atoi(value.data, value.len);

        if (n == NGX_ERROR || n > 65535) {
            ngx_http_xsell_event_mistake(r, shop, conf,
                                         NGX_HTTP_XSELL_PARAM_QUANTITY,
                                         NGX_HTTP_XSELL_WRONG_FORM, &value);
            return NGX_DECLINED;
        }

        ev->quantity = n;
    }

    if (item->price > 0) {
        ev->value = (uint32_t) ngx_min(ngx_min(item->price,
                                               (int64_t) UINT32_MAX)
                                       * ev->quantity,
                                       (int64_t) UINT32_MAX);
    }

    return NGX_OK;
}


/* the location's xsell_event directives, after an answer of 200 to 399 */

void
ngx_http_xsell_event_log(ngx_http_request_t *r,
    ngx_http_xsell_loc_conf_t *xlcf, ngx_http_xsell_state_t *st)
{
    ngx_int_t                     rc;
    ngx_uint_t                    i;
    xsell_event_t                 ev;
    const xsell_item_t           *item;
    ngx_http_xsell_visitor_t     *v;
    ngx_http_xsell_event_conf_t  *conf;

    v = ngx_http_xsell_visitor(r, xlcf->shop,
                               ngx_http_xsell_consented(r, xlcf));

    if (v == NULL || v->bot) {
        return;
    }

    ngx_http_xsell_locate(r, xlcf->shop, st);
    conf = xlcf->events->elts;

    for (i = 0; i < xlcf->events->nelts; i++) {

        ngx_http_xsell_event_init(xlcf->shop, &ev, conf[i].type);
        ngx_http_xsell_event_visitor(&ev, v, st);

        rc = (ev.type == XSELL_EVENT_ORDER)
             ? ngx_http_xsell_event_order(r, xlcf->shop, &conf[i], &ev)
             : (ev.type == XSELL_EVENT_RATE)
             ? ngx_http_xsell_event_rate(r, xlcf->shop, &conf[i], &ev)
             : (ev.type == XSELL_EVENT_DISMISS)
             ? ngx_http_xsell_event_item(r, xlcf->shop, &conf[i], &ev, &item)
             : ngx_http_xsell_event_cart(r, xlcf->shop, &conf[i], &ev);

        if (rc == NGX_OK) {
            (void) ngx_http_xsell_event_send(xlcf->shop, &ev, NULL);
        }
    }
}


/*
 * Frees the visitor's record.  The lock of its bucket is held for less than
 * a microsecond, unless by a process that was stopped: a few tries with a
 * place in the run queue for others between them, then NGX_BUSY, and the
 * visitor is not told that it is done.  The learner frees the rest; should
 * its ring be full, that goes by age.
 */

ngx_int_t
ngx_http_xsell_event_erase(ngx_http_xsell_shop_t *shop, uint64_t key)
{
    int            rc;
    ngx_uint_t     i;
    xsell_event_t  ev;

    ngx_http_xsell_event_init(shop, &ev, XSELL_EVENT_ERASE);
    ev.session = key;

    rc = XSELL_BUSY;

    for (i = 0; i < NGX_HTTP_XSELL_ERASE_TRIES; i++) {
        rc = xsell_session_apply(&shop->arena, &ev, NULL);

        if (rc != XSELL_BUSY) {
            break;
        }

        ngx_sched_yield();
    }

    if (rc == XSELL_BUSY) {
        ngx_http_xsell_count(shop, dropped[XSELL_DROP_SESSION_BUSY]);
        return NGX_BUSY;
    }

    ngx_http_xsell_event_queue(shop, &ev);
    ngx_http_xsell_count(shop, consent_erased);

    return NGX_OK;
}

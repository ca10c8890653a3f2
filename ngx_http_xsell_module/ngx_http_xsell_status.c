
/*
 * Status: what the counters say, as JSON for people and scripts, or in
 * Prometheus' text format.  Reads words from shared memory and nothing else:
 * no scan, no lock, whatever the size of the zone.
 */

#include "ngx_http_xsell_module.h"


typedef struct {
    u_char                  *p;
    u_char                  *last;
    ngx_http_xsell_shop_t   *shop;
} ngx_http_xsell_out_t;


#define ngx_http_xsell_put(out, ...)                                          \
    (out)->p = ngx_slprintf((out)->p, (out)->last, __VA_ARGS__)

#define ngx_http_xsell_word(p)  __atomic_load_n(p, __ATOMIC_RELAXED)


static void
ngx_http_xsell_head(ngx_http_xsell_out_t *out, const char *name,
    const char *type, const char *help)
{
    ngx_http_xsell_put(out, "# HELP xsell_%s %s\n# TYPE xsell_%s %s\n",
                       name, help, name, type);
}


/* one row per value of an enumeration */

static void
ngx_http_xsell_rows(ngx_http_xsell_out_t *out, const char *name,
    const char *label, const uint64_t *value, ngx_uint_t first, ngx_uint_t n,
    const char *(*text)(unsigned))
{
    ngx_uint_t  i;

    for (i = first; i < n; i++) {
        ngx_http_xsell_put(out, "xsell_%s{shop=\"%V\",%s=\"%s\"} %uL\n", name,
                           &out->shop->name, label, text(i),
                           ngx_http_xsell_word(&value[i]));
    }
}


/* one row per slot; offset of the sum in xsell_name_counters_t */

static void
ngx_http_xsell_slot_rows(ngx_http_xsell_out_t *out, const char *name,
    size_t offset, const char *help)
{
    ngx_uint_t               i;
    const uint64_t          *value;
    ngx_http_xsell_name_t  **slot;

    ngx_http_xsell_head(out, name, "counter", help);
    slot = out->shop->names.elts;

    for (i = 0; i < out->shop->names.nelts; i++) {

        if (slot[i]->index < 0) {
            continue;
        }

        value = (uint64_t *) (void *)
                ((u_char *) &out->shop->arena.name_counters[slot[i]->index]
                 + offset);

        ngx_http_xsell_put(out, "xsell_%s{shop=\"%V\",slot=\"%V\"} %uL\n",
                           name, &out->shop->name, &slot[i]->text,
                           ngx_http_xsell_word(value));
    }
}


/* one row per template of each slot */

static void
ngx_http_xsell_face_rows(ngx_http_xsell_out_t *out, const char *name,
    size_t offset, const char *help)
{
    ngx_uint_t               i;
    const uint64_t          *value;
    ngx_http_xsell_face_t  **face;

    ngx_http_xsell_head(out, name, "counter", help);
    face = out->shop->faces.elts;

    for (i = 0; i < out->shop->faces.nelts; i++) {

        if (face[i]->index == 0) {
            continue;
        }

        value = (uint64_t *) (void *)
                ((u_char *) &out->shop->arena.name_counters[face[i]->index]
                 + offset);

        ngx_http_xsell_put(out, "xsell_%s{shop=\"%V\",slot=\"%V\","
                           "template=\"%V\"} %uL\n", name,
                           &out->shop->name, &face[i]->slot->text,
                           &face[i]->look, ngx_http_xsell_word(value));
    }
}


static void
ngx_http_xsell_number_row(ngx_http_xsell_out_t *out, const char *name,
    const char *type, const char *help, uint64_t value)
{
    ngx_http_xsell_head(out, name, type, help);
    ngx_http_xsell_put(out, "xsell_%s{shop=\"%V\"} %uL\n", name,
                       &out->shop->name, value);
}


static void
ngx_http_xsell_histogram(ngx_http_xsell_out_t *out, xsell_counters_t *c)
{
    uint64_t    sum, n;
    ngx_uint_t  i;

    ngx_http_xsell_head(out, "decision_seconds", "histogram",
                        "Time of a decision with its rendering.");

    n = 0;

    for (i = 0; i < XSELL_HIST_BUCKETS; i++) {
        n += ngx_http_xsell_word(&c->decision[i]);

        if (i == XSELL_HIST_BUCKETS - 1) {
            ngx_http_xsell_put(out, "xsell_decision_seconds_bucket{shop="
                               "\"%V\",le=\"+Inf\"} %uL\n", &out->shop->name,
                               n);
            break;
        }

        ngx_http_xsell_put(out, "xsell_decision_seconds_bucket{shop=\"%V\","
                           "le=\"%uD.%06uD\"} %uL\n", &out->shop->name,
                           xsell_hist_bounds_us[i] / 1000000,
                           xsell_hist_bounds_us[i] % 1000000, n);
    }

    sum = ngx_http_xsell_word(&c->decision_sum_us);

    ngx_http_xsell_put(out, "xsell_decision_seconds_sum{shop=\"%V\"} "
                       "%uL.%06uL\nxsell_decision_seconds_count{shop=\"%V\"} "
                       "%uL\n", &out->shop->name, sum / 1000000,
                       sum % 1000000, &out->shop->name, n);
}


static void
ngx_http_xsell_prometheus(ngx_http_xsell_out_t *out)
{
    uint64_t           now;
    xsell_header_t    *h;
    xsell_counters_t  *c;

    h = out->shop->arena.header;
    c = out->shop->arena.counters;
    now = ngx_http_xsell_now(out->shop);

    ngx_http_xsell_head(out, "pages_total", "counter",
                        "Pages of locations with slots, by what became of "
                        "them.");
    ngx_http_xsell_rows(out, "pages_total", "state", c->pages, 0,
                        XSELL_STATES, xsell_state_name);

    ngx_http_xsell_slot_rows(out, "impressions_total",
                             offsetof(xsell_name_counters_t, impressions),
                             "Fragments that entered a page.");
    ngx_http_xsell_slot_rows(out, "clicks_total",
                             offsetof(xsell_name_counters_t, clicks),
                             "Clicks on their links, each once.");
    ngx_http_xsell_slot_rows(out, "carts_total",
                             offsetof(xsell_name_counters_t, carts),
                             "Clicked items that went into a cart.");
    ngx_http_xsell_slot_rows(out, "orders_total",
                             offsetof(xsell_name_counters_t, orders),
                             "Clicked items that were ordered.");
    ngx_http_xsell_slot_rows(out, "revenue_minor_total",
                             offsetof(xsell_name_counters_t, revenue),
                             "Catalogue prices of these, minor units.");
    ngx_http_xsell_face_rows(out, "template_impressions_total",
                             offsetof(xsell_name_counters_t, impressions),
                             "Fragments by template; none: chosen to show "
                             "nothing.");
    ngx_http_xsell_face_rows(out, "template_clicks_total",
                             offsetof(xsell_name_counters_t, clicks),
                             "Clicks on their links, by template.");
    ngx_http_xsell_face_rows(out, "template_carts_total",
                             offsetof(xsell_name_counters_t, carts),
                             "Clicked items that went into a cart, by "
                             "template.");
    ngx_http_xsell_face_rows(out, "template_orders_total",
                             offsetof(xsell_name_counters_t, orders),
                             "Clicked items that were ordered, by template.");
    ngx_http_xsell_face_rows(out, "template_revenue_minor_total",
                             offsetof(xsell_name_counters_t, revenue),
                             "Catalogue prices of these, minor units, by "
                             "template.");

    ngx_http_xsell_head(out, "page_items_total", "counter",
                        "Pages whose item is known, by what named it.");
    ngx_http_xsell_rows(out, "page_items_total", "from", c->found,
                        XSELL_FROM_SET, XSELL_FROMS, xsell_from_name);

    ngx_http_xsell_head(out, "events_total", "counter", "Events by type.");
    ngx_http_xsell_rows(out, "events_total", "type", c->events, 1,
                        XSELL_EVENTS, xsell_event_name);

    ngx_http_xsell_head(out, "dropped_total", "counter",
                        "What was not counted or remembered, by reason.");
    ngx_http_xsell_rows(out, "dropped_total", "reason", c->dropped, 0,
                        XSELL_DROPS, xsell_drop_name);

    ngx_http_xsell_number_row(out, "sessions", "gauge",
                              "Visitors seen in the last 30 minutes.",
                              ngx_http_xsell_word(&c->sessions));
    ngx_http_xsell_number_row(out, "sessions_capacity", "gauge",
                              "Visitors that the zone can remember.",
                              (uint64_t) out->shop->arena.buckets_n
                              * XSELL_WAYS);
    ngx_http_xsell_number_row(out, "items", "gauge",
                              "Items of the catalogue.",
                              xsell_catalog_n(out->shop->catalog));
    ngx_http_xsell_number_row(out, "items_capacity", "gauge",
                              "Items that the zone can remember.",
                              out->shop->arena.items_n);
    ngx_http_xsell_number_row(out, "learned_events_total", "counter",
                              "Events that were learned.",
                              ngx_http_xsell_word(&h->applied));
    ngx_http_xsell_number_row(out, "learner_recoveries_total", "counter",
                              "Leases taken over from a dead learner.",
                              ngx_http_xsell_word(&h->recovered));
    ngx_http_xsell_number_row(out, "snapshot_age_seconds", "gauge",
                              "Since the last snapshot, or since the start.",
                              now > h->snapshot_ms
                              ? (now - h->snapshot_ms) / 1000 : 0);
    ngx_http_xsell_number_row(out, "holdout_visits_total", "counter",
                              "Visits of visitors who see no fragment.",
                              ngx_http_xsell_word(&c->holdout_visits));
    ngx_http_xsell_number_row(out, "order_value_minor_total", "counter",
                              "Value of all orders, minor units.",
                              ngx_http_xsell_word(&c->orders_value));

    ngx_http_xsell_histogram(out, c);
}


/* "name": { "a": 1, ... }, */

static void
ngx_http_xsell_json_rows(ngx_http_xsell_out_t *out, const char *name,
    const uint64_t *value, ngx_uint_t first, ngx_uint_t n,
    const char *(*text)(unsigned))
{
    ngx_uint_t  i;

    ngx_http_xsell_put(out, "  \"%s\": {", name);

    for (i = first; i < n; i++) {
        ngx_http_xsell_put(out, "%s\"%s\": %uL", i > first ? ", " : " ",
                           text(i), ngx_http_xsell_word(&value[i]));
    }

    ngx_http_xsell_put(out, " },\n");
}


static void
ngx_http_xsell_json_faces(ngx_http_xsell_out_t *out,
    ngx_http_xsell_name_t *slot)
{
    ngx_uint_t                i, n;
    xsell_name_counters_t    *c;
    ngx_http_xsell_face_t   **face;

    face = out->shop->faces.elts;
    ngx_http_xsell_put(out, ", \"templates\": {");
    n = 0;

    for (i = 0; i < out->shop->faces.nelts; i++) {

        if (face[i]->slot != slot || face[i]->index == 0) {
            continue;
        }

        c = &out->shop->arena.name_counters[face[i]->index];

        ngx_http_xsell_put(out, "%s\"%V\": { \"impressions\": %uL, "
                           "\"clicks\": %uL, \"carts\": %uL, "
                           "\"orders\": %uL, \"revenue_minor\": %uL }",
                           n++ ? ", " : " ", &face[i]->look,
                           ngx_http_xsell_word(&c->impressions),
                           ngx_http_xsell_word(&c->clicks),
                           ngx_http_xsell_word(&c->carts),
                           ngx_http_xsell_word(&c->orders),
                           ngx_http_xsell_word(&c->revenue));
    }

    ngx_http_xsell_put(out, " } }");
}


static void
ngx_http_xsell_json_slots(ngx_http_xsell_out_t *out)
{
    ngx_uint_t                i, n;
    ngx_http_xsell_name_t   **slot;
    xsell_name_counters_t    *c;

    slot = out->shop->names.elts;
    ngx_http_xsell_put(out, "  \"slots\": {");
    n = 0;

    for (i = 0; i < out->shop->names.nelts; i++) {

        if (slot[i]->index < 0) {
            continue;
        }

        c = &out->shop->arena.name_counters[slot[i]->index];

        ngx_http_xsell_put(out, "%s\n    \"%V\": { \"impressions\": %uL, "
                           "\"clicks\": %uL, \"carts\": %uL, "
                           "\"orders\": %uL, \"revenue_minor\": %uL",
                           n++ ? "," : "", &slot[i]->text,
                           ngx_http_xsell_word(&c->impressions),
                           ngx_http_xsell_word(&c->clicks),
                           ngx_http_xsell_word(&c->carts),
                           ngx_http_xsell_word(&c->orders),
                           ngx_http_xsell_word(&c->revenue));

        ngx_http_xsell_json_faces(out, slot[i]);
    }

    ngx_http_xsell_put(out, "\n  },\n");
}


static void
ngx_http_xsell_json(ngx_http_xsell_out_t *out)
{
    uint64_t           now;
    xsell_str_t        currency;
    xsell_header_t    *h;
    xsell_counters_t  *c;

    h = out->shop->arena.header;
    c = out->shop->arena.counters;
    now = ngx_http_xsell_now(out->shop);
    currency = xsell_catalog_currency(out->shop->catalog);

    ngx_http_xsell_put(out, "{\n  \"shop\": \"%V\",\n", &out->shop->name);

    ngx_http_xsell_json_rows(out, "pages", c->pages, 0, XSELL_STATES,
                             xsell_state_name);
    ngx_http_xsell_json_slots(out);
    ngx_http_xsell_json_rows(out, "page_items", c->found, XSELL_FROM_SET,
                             XSELL_FROMS, xsell_from_name);
    ngx_http_xsell_json_rows(out, "events", c->events, 1, XSELL_EVENTS,
                             xsell_event_name);
    ngx_http_xsell_json_rows(out, "dropped", c->dropped, 0, XSELL_DROPS,
                             xsell_drop_name);

    ngx_http_xsell_put(out, "  \"sessions\": %uL,\n"
                       "  \"sessions_capacity\": %uL,\n"
                       "  \"items\": %uD,\n  \"items_capacity\": %uD,\n"
                       "  \"catalog\": %uD,\n  \"currency\": \"%*s\",\n",
                       ngx_http_xsell_word(&c->sessions),
                       (uint64_t) out->shop->arena.buckets_n * XSELL_WAYS,
                       xsell_catalog_n(out->shop->catalog),
                       out->shop->arena.items_n, out->shop->number,
                       currency.n, currency.p ? currency.p : "");

    ngx_http_xsell_put(out, "  \"holdout_visits\": %uL,\n"
                       "  \"order_value_minor\": %uL,\n"
                       "  \"learned\": %uL,\n  \"recovered\": %uL,\n"
                       "  \"learner_pid\": %uD,\n"
                       "  \"epoch\": %uD,\n  \"uptime_ms\": %uL,\n"
                       "  \"snapshot_age_ms\": %uL,\n"
                       "  \"decisions\": %uL,\n  \"decision_us\": %uL\n}\n",
                       ngx_http_xsell_word(&c->holdout_visits),
                       ngx_http_xsell_word(&c->orders_value),
                       ngx_http_xsell_word(&h->applied),
                       ngx_http_xsell_word(&h->recovered),
                       ngx_http_xsell_word(&h->lease_pid), h->epoch, now,
                       now > h->snapshot_ms ? now - h->snapshot_ms : 0,
                       ngx_http_xsell_word(&c->decision_n),
                       ngx_http_xsell_word(&c->decision_sum_us));
}


ngx_int_t
ngx_http_xsell_status_handler(ngx_http_request_t *r)
{
    size_t                      n;
    ngx_int_t                   rc;
    ngx_str_t                   type, body;
    ngx_http_xsell_out_t        out;
    ngx_http_xsell_loc_conf_t  *xlcf;

    if (!(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))) {
        (void) ngx_http_xsell_header_out(r, "Allow", (u_char *) "GET, HEAD",
                                         sizeof("GET, HEAD") - 1);
        return NGX_HTTP_NOT_ALLOWED;
    }

    rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK) {
        return rc;
    }

    xlcf = ngx_http_get_module_loc_conf(r, ngx_http_xsell_module);

    n = 24576 + 1024 * xlcf->status->names.nelts
        + 1536 * xlcf->status->faces.nelts;

    out.shop = xlcf->status;
    out.p = ngx_pnalloc(r->pool, n);
    if (out.p == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    body.data = out.p;
    out.last = out.p + n;

    if (xlcf->prometheus) {
        ngx_http_xsell_prometheus(&out);
        ngx_str_set(&type, "text/plain; version=0.0.4; charset=utf-8");

    } else {
        ngx_http_xsell_json(&out);
        ngx_str_set(&type, "application/json");
    }

    body.len = out.p - body.data;

    return ngx_http_xsell_answer(r, NGX_HTTP_OK, &type, &body, "no-store");
}

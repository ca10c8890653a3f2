
/*
 * xsell_log_parse.c: a line of the event log to an event that is ready to be
 * applied: replay, and the warm-up from a history that a shop wrote by hand.
 *
 * It undoes xsell_log.c and is more generous: any text names a visitor or an
 * order, time may be an ISO date, amounts may be numbers.  Keys that it does
 * not know are skipped, so that a later version's log can be replayed as far
 * as it is understood.
 *
 * Invariants: what comes back is within xsell_event_validate()'s ranges and
 * names only items of this catalogue; an error says the column.  An order is
 * known by its first XSELL_HISTORY lines, as in live traffic.
 */

#include "xsell_catalog.h"
#include "xsell_json.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>


/* numbers: 1973, less was meant as seconds; 2286 */
#define XSELL_TIME_MIN  100000000000ll
#define XSELL_TIME_MAX  10000000000000ll


typedef struct {
    const char              *p;
    size_t                   n;
    const xsell_catalog_t   *cat;
    const xsell_arena_t     *a;
    const xsell_json_t      *doc;
    xsell_event_t           *ev;
    xsell_error_t           *err;
} log_in_t;


static int log_parse_tossed(const log_in_t *in);
static int log_parse_time(log_in_t *in, uint64_t *wall_ms);
static int log_parse_who(log_in_t *in);
static int log_parse_what(log_in_t *in);
static int log_parse_items(log_in_t *in);
static int log_parse_amount(log_in_t *in);
static int log_parse_money(log_in_t *in, const xsell_value_t *v);
static int log_parse_offer(log_in_t *in);
static int log_parse_country(log_in_t *in);
static int log_parse_flags(log_in_t *in);
static int log_parse_number(log_in_t *in, const char *key, int64_t max,
    int64_t *value);
static uint64_t log_parse_hash(const log_in_t *in, const xsell_value_t *v);
static void log_parse_names(log_in_t *in);
static int log_fail(log_in_t *in, const char *key, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));


int
xsell_log_parse(const char *p, size_t n, const xsell_catalog_t *cat,
    const xsell_arena_t *a, xsell_event_t *ev, uint64_t *wall_ms,
    xsell_error_t *err)
{
    int            rc;
    unsigned       i;
    log_in_t       in;
    xsell_json_t  *doc;

    memset(ev, 0, sizeof(*ev));

    ev->session_idx = XSELL_NO_REF;
    ev->item = XSELL_NO_REF;
    *wall_ms = 0;

    for (i = 0; i < XSELL_HISTORY; i++) {
        ev->others[i] = XSELL_NO_REF;
    }

    rc = xsell_json_open(&doc, p, n, err);

    if (rc != XSELL_OK) {
        return rc;
    }

    in.p = p;
    in.n = n;
    in.cat = cat;
    in.a = a;
    in.doc = doc;
    in.ev = ev;
    in.err = err;

    /* the item last: that it is unknown is an answer about a good line */

    if (log_parse_tossed(&in)) {
        rc = XSELL_AGAIN;

    } else if ((rc = log_parse_time(&in, wall_ms)) == XSELL_OK
               && (rc = log_parse_who(&in)) == XSELL_OK
               && (rc = log_parse_flags(&in)) == XSELL_OK
               && (rc = log_parse_offer(&in)) == XSELL_OK
               && (rc = log_parse_country(&in)) == XSELL_OK)
    {
        rc = log_parse_what(&in);
    }

    xsell_json_close(doc);

    return rc;
}


/* a line of the exploration slice: what was decided, not what happened */

static int
log_parse_tossed(const log_in_t *in)
{
    xsell_value_t  v;

    xsell_json_get(in->doc, "type", &v);

    return v.kind == XSELL_JSON_TEXT && v.text.n == 6
           && memcmp(v.text.p, "tossed", 6) == 0;
}


static int
log_parse_time(log_in_t *in, uint64_t *wall_ms)
{
    int64_t        ms;
    xsell_value_t  v;

    xsell_json_get(in->doc, "time", &v);

    switch (v.kind) {

    case XSELL_JSON_NONE:
        return log_fail(in, NULL, "no \"time\": wall milliseconds or an ISO "
                        "date");

    case XSELL_JSON_INTEGER:
        ms = v.integer;
        break;

    case XSELL_JSON_REAL:
        ms = v.real > 0 && v.real < (double) XSELL_TIME_MAX
             ? (int64_t) v.real : 0;
        break;

    case XSELL_JSON_TEXT:
        if (xsell_date_parse(v.text, &ms) != XSELL_OK) {
            return log_fail(in, "time", "\"time\" is no ISO date such as "
                            "\"2010-12-01T08:26:00Z\"");
        }

        break;

    default:
        return log_fail(in, "time", "\"time\" must be wall milliseconds or "
                        "an ISO date");
    }

    if (v.kind != XSELL_JSON_TEXT && ms < XSELL_TIME_MIN) {
        return log_fail(in, "time", "\"time\" is too small: milliseconds "
                        "since 1970 are wanted");
    }

    /* a date too: what is read must be what format() can write again */

    if (ms < XSELL_TIME_MIN || ms > XSELL_TIME_MAX) {
        return log_fail(in, "time", "\"time\" is out of range (1973 to 2286)");
    }

    *wall_ms = (uint64_t) ms;

    return XSELL_OK;
}


static int
log_parse_who(log_in_t *in)
{
    xsell_value_t  v;

    xsell_json_get(in->doc, "visitor", &v);

    if (v.kind == XSELL_JSON_NONE) {
        return XSELL_OK;
    }

    in->ev->session = log_parse_hash(in, &v);

    if (in->ev->session == 0) {
        return log_fail(in, "visitor", "\"visitor\" must be text that is not "
                        "empty");
    }

    return XSELL_OK;
}


/* type, item, items, order, amounts; XSELL_NONE for unknown items */

static int
log_parse_what(log_in_t *in)
{
    int             rc;
    xsell_value_t   v;
    xsell_event_t  *ev;

    ev = in->ev;

    xsell_json_get(in->doc, "type", &v);

    if (v.kind == XSELL_JSON_TEXT) {
        ev->type = (uint8_t) xsell_event_type(v.text.p, v.text.n);
    }

    if (ev->type == XSELL_EVENT_NONE || ev->type == XSELL_EVENT_IMPRESSION) {
        return log_fail(in, v.kind == XSELL_JSON_NONE ? NULL : "type",
                        "\"type\" must be view, cart, cart_remove, order, "
                        "click, dwell, viewable, dismiss, rate, consent or "
                        "erase");
    }

    rc = log_parse_amount(in);

    if (rc != XSELL_OK) {
        return rc;
    }

    if (ev->type == XSELL_EVENT_ORDER) {
        xsell_json_get(in->doc, "order", &v);

        if (v.kind != XSELL_JSON_NONE) {
            ev->order = log_parse_hash(in, &v);

            if (ev->order == 0) {
                return log_fail(in, "order", "\"order\" must be text that is "
                                "not empty");
            }
        }
    }

    rc = log_parse_items(in);

    if (rc == XSELL_OK && xsell_event_validate(in->a, ev) != XSELL_OK) {
        return log_fail(in, "type", "this type of event needs an \"item\"");
    }

    return rc;
}


static xsell_ref_t
log_ref(const log_in_t *in, xsell_str_t id)
{
    uint32_t  idx;

    idx = xsell_catalog_find(in->cat, id.p, id.n);

    return xsell_catalog_ref(in->cat, xsell_catalog_item(in->cat, idx));
}


static int
log_parse_items(log_in_t *in)
{
    size_t                i;
    xsell_ref_t           ref;
    xsell_value_t         v, list;
    xsell_event_t        *ev;

    ev = in->ev;

    xsell_json_get(in->doc, "item", &v);

    if (v.kind == XSELL_JSON_TEXT) {
        ev->item = log_ref(in, v.text);

        if (ev->item == XSELL_NO_REF) {
            return XSELL_NONE;
        }

    } else if (v.kind != XSELL_JSON_NONE) {
        return log_fail(in, "item", "\"item\" must be an id, as text");
    }

    xsell_json_get(in->doc, "items", &list);

    if (ev->type != XSELL_EVENT_ORDER || list.kind == XSELL_JSON_NONE) {
        return XSELL_OK;
    }

    if (list.kind != XSELL_JSON_LIST) {
        return log_fail(in, "items", "\"items\" must be a list of ids");
    }

    /* an order is remembered by its first lines */

    for (i = 0; i < (size_t) list.integer && ev->n < XSELL_HISTORY; i++) {
        xsell_json_element(&list, i, &v);

        if (v.kind != XSELL_JSON_TEXT) {
            return log_fail(in, "items", "\"items\" must be a list of ids, "
                            "as text");
        }

        ref = log_ref(in, v.text);

        if (ref != XSELL_NO_REF) {
            ev->others[ev->n++] = ref;
        }
    }

    return ev->n == 0 && list.integer > 0 ? XSELL_NONE : XSELL_OK;
}


static int
log_parse_amount(log_in_t *in)
{
    int             rc;
    int64_t         value;
    xsell_value_t   v;

    rc = log_parse_number(in, "quantity", UINT16_MAX, &value);

    if (rc != XSELL_OK) {
        return rc;
    }

    in->ev->quantity = (uint16_t) value;

    xsell_json_get(in->doc, "value", &v);

    switch (in->ev->type) {

    case XSELL_EVENT_ORDER:
    case XSELL_EVENT_CART:
    case XSELL_EVENT_CART_REMOVE:
        return log_parse_money(in, &v);

    case XSELL_EVENT_RATE:
        if (v.kind != XSELL_JSON_INTEGER || v.integer < 1 || v.integer > 5) {
            return log_fail(in, v.kind == XSELL_JSON_NONE ? NULL : "value",
                            "a rate needs a \"value\" from 1 to 5");
        }
    }

    rc = log_parse_number(in, "value", UINT32_MAX, &value);
    in->ev->value = rc == XSELL_OK ? (uint32_t) value : 0;

    return rc;
}


static int
log_parse_money(log_in_t *in, const xsell_value_t *v)
{
    char         number[64];
    int64_t      minor;
    unsigned     exponent;
    xsell_str_t  s;

    if (v->kind == XSELL_JSON_NONE) {
        return XSELL_OK;
    }

    s = v->text;
    exponent = xsell_catalog_exponent(in->cat);

    if (v->kind == XSELL_JSON_INTEGER) {
        s.p = number;
        s.n = (size_t) snprintf(number, sizeof(number), "%lld",
                                (long long) v->integer);

    } else if (v->kind == XSELL_JSON_REAL) {
        s.p = number;
        s.n = (size_t) snprintf(number, sizeof(number), "%.6f", v->real);
        s.n = s.n < sizeof(number) ? s.n : 0;
    }

    if (xsell_price_parse(s.p, s.n, exponent, &minor) != XSELL_OK) {
        return log_fail(in, "value", "\"value\" is no amount such as "
                        "\"12.50\"");
    }

    in->ev->value = minor < UINT32_MAX ? (uint32_t) minor : UINT32_MAX;

    return XSELL_OK;
}


static int
log_parse_offer(log_in_t *in)
{
    int      rc;
    int64_t  impression, position;

    position = 0;
    rc = log_parse_number(in, "impression", INT64_MAX, &impression);

    if (rc == XSELL_OK) {
        rc = log_parse_number(in, "position", XSELL_SLATE_MAX - 1, &position);
    }

    if (rc != XSELL_OK) {
        return rc;
    }

    in->ev->impression = (uint64_t) impression;
    in->ev->position = (uint8_t) position;
    log_parse_names(in);

    return XSELL_OK;
}


static int
log_parse_country(log_in_t *in)
{
    char           c;
    unsigned       i;
    xsell_value_t  v;

    xsell_json_get(in->doc, "country", &v);

    if (v.kind == XSELL_JSON_NONE) {
        return XSELL_OK;
    }

    for (i = 0; i < 2 && v.text.n == 2; i++) {
        c = (char) (v.text.p[i] & ~0x20);

        if (c < 'A' || c > 'Z') {
            break;
        }

        in->ev->country[i] = c;
    }

    if (i != 2) {
        return log_fail(in, "country", "\"country\" must be two letters");
    }

    return XSELL_OK;
}


static int
log_parse_flags(log_in_t *in)
{
    static const struct {
        const char  *key;
        uint8_t      flag;
    } flags[] = {
        { "cookie",    XSELL_EV_COOKIE },
        { "new_visit", XSELL_EV_VISIT },
        { "refresh",   XSELL_EV_REFRESH },
        { "holdout",   XSELL_EV_HOLDOUT },
        { "fast",      XSELL_EV_FAST }
    };

    unsigned       i;
    xsell_value_t  v;

    if (in->ev->session) {
        in->ev->flags = XSELL_EV_COOKIE;
    }

    for (i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
        xsell_json_get(in->doc, flags[i].key, &v);

        if (v.kind == XSELL_JSON_NONE) {
            continue;
        }

        if (v.kind != XSELL_JSON_BOOL) {
            return log_fail(in, flags[i].key, "\"%s\" must be true or "
                            "false", flags[i].key);
        }

        if (v.integer) {
            in->ev->flags |= flags[i].flag;

        } else {
            in->ev->flags &= (uint8_t) ~flags[i].flag;
        }
    }

    return XSELL_OK;
}


/* 0 if absent */

static int
log_parse_number(log_in_t *in, const char *key, int64_t max, int64_t *value)
{
    xsell_value_t  v;

    xsell_json_get(in->doc, key, &v);
    *value = 0;

    if (v.kind == XSELL_JSON_NONE) {
        return XSELL_OK;
    }

    if (v.kind != XSELL_JSON_INTEGER || v.integer < 0 || v.integer > max) {
        return log_fail(in, key, "\"%s\" must be a whole number, 0 to %lld",
                        key, (long long) max);
    }

    *value = v.integer;

    return XSELL_OK;
}


/* 16 hex digits are the number itself, any other text is hashed; 0: none */

static uint64_t
log_parse_hash(const log_in_t *in, const xsell_value_t *v)
{
    char         number[32];
    size_t       i;
    uint64_t     hash;
    xsell_str_t  s;
    const char  *at;

    static const char  digits[] = "0123456789abcdef";

    s = v->text;

    if (v->kind == XSELL_JSON_INTEGER) {
        s.p = number;
        s.n = (size_t) snprintf(number, sizeof(number), "%lld",
                                (long long) v->integer);
    }

    if (s.n == 0) {
        return 0;
    }

    for (hash = 0, i = 0; i < s.n && s.n == 16; i++) {
        at = memchr(digits, s.p[i], 16);

        if (at == NULL) {
            break;
        }

        hash = hash << 4 | (uint64_t) (at - digits);
    }

    if (i != 16 || hash == 0) {
        hash = xsell_siphash(in->a->header->key, s.p, s.n);
    }

    return hash ? hash : 1;
}


/* names that the arena lacks are 0 */

static void
log_parse_names(log_in_t *in)
{
    int            slot, look;
    xsell_arena_t  a;
    xsell_value_t  v, t;

    xsell_json_get(in->doc, "slot", &v);
    xsell_json_get(in->doc, "template", &t);

    if (v.kind != XSELL_JSON_TEXT) {
        return;
    }

    /* it could add names, but is not asked to */

    a = *in->a;

    slot = xsell_name_index(&a, v.text.p, v.text.n, 0);
    look = t.kind == XSELL_JSON_TEXT
           ? xsell_name_look(&a, v.text, t.text, 0) : 0;

    in->ev->slot_name = (uint8_t) (slot > 0 ? slot : 0);
    in->ev->template_idx = (uint16_t) (look > 0 ? look : 0);
}


static int
log_fail(log_in_t *in, const char *key, const char *fmt, ...)
{
    char                 text[160];
    va_list              args;
    unsigned             line, column;
    xsell_json_reader_t  r;

    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);

    memset(&r, 0, sizeof(r));

    r.p = in->p;
    r.n = in->n;
    r.len = in->n;
    r.at_line = 1;

    xsell_json_where(&r, key, &line, &column);

    return xsell_fail(in->err, XSELL_EINVAL, line, column, "%s", text);
}

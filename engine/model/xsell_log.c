
/*
 * xsell_log.c: the event log, one JSON object a line: what happened, in the
 * form in which it can be replayed (D4).
 *
 * The learner writes a line for each event that it learns; the command line
 * replays such files, its own or a shop's history written by hand, through
 * the same functions as live traffic.  format() is what a session has made
 * of an event, parse() gives what the session is to be asked again: what
 * follows from the session's record (its items, whether it was promoted) is
 * not in the line, or a replay would believe the log more than the table.
 *
 * A slate of the exploration slice is a line of another kind, for who values
 * policies (xsell_tossed.c); a replay passes it over.
 *
 * Keys: type, time, visitor, cookie, new_visit, refresh, holdout, fast, item,
 * value, quantity, order, items, impression, slot, template, position,
 * country.  A reader skips keys that it does not know, so a later version's
 * log can be replayed as far as it is understood.
 *
 * Invariants: a line is valid JSON and valid UTF-8 whatever stands in an id
 * or a name, also for readers that take U+2028 for a line's end; ids, never
 * slots or keys of the arena; the visitor only under its alias.
 *
 * Not taken: a binary log (half the bytes, but nobody can grep it, and gzip
 * gives more).
 */

#include "xsell_catalog.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>


/* what may follow the list of an order's lines */
#define XSELL_LOG_TAIL  200


typedef struct {
    char                *p;
    size_t               n;
    size_t               cap;
    int                  full;
} log_out_t;


static void log_id(log_out_t *o, const xsell_catalog_t *cat,
    const xsell_item_t *item);
static int log_items(log_out_t *o, const xsell_event_t *ev,
    const xsell_catalog_t *cat);
static void log_value(log_out_t *o, const xsell_event_t *ev,
    const xsell_catalog_t *cat);
static void log_offer(log_out_t *o, const xsell_event_t *ev,
    const xsell_arena_t *a);
static void log_name(log_out_t *o, const char *key, const xsell_arena_t *a,
    unsigned idx, int look);
static void log_place(log_out_t *o, const xsell_impression_t *imp,
    const xsell_arena_t *a);
static void log_flags(log_out_t *o, const xsell_event_t *ev);
static void log_printf(log_out_t *o, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
static void log_put(log_out_t *o, const char *p, size_t n);
static void log_text(log_out_t *o, const char *p, size_t n);
static int log_is_line_end(const char *p, size_t len);
static size_t log_character(const char *p, size_t n);


size_t
xsell_log_format(const xsell_event_t *ev, const xsell_catalog_t *cat,
    const xsell_arena_t *a, xsell_str_t alias, uint64_t wall_ms, char *out,
    size_t cap)
{
    log_out_t    o;
    const char  *type;

    type = xsell_event_name(ev->type);

    if (type == NULL || ev->type == XSELL_EVENT_NONE
        || ev->type == XSELL_EVENT_IMPRESSION)
    {
        return 0;
    }

    o.p = out;
    o.n = 0;
    o.cap = cap < XSELL_LOG_LINE ? cap : XSELL_LOG_LINE;
    o.full = 0;

    log_printf(&o, "{\"type\":\"%s\",\"time\":%llu", type,
               (unsigned long long) wall_ms);

    if (alias.n && ev->session) {
        log_printf(&o, ",\"visitor\":");
        log_text(&o, alias.p, alias.n);
    }

    if (!log_items(&o, ev, cat)) {
        return 0;
    }

    log_value(&o, ev, cat);
    log_offer(&o, ev, a);
    log_flags(&o, ev);
    log_printf(&o, "}\n");

    return o.full ? 0 : o.n;
}


size_t
xsell_log_tossed(const xsell_impression_t *imp, const xsell_catalog_t *cat,
    const xsell_arena_t *a, xsell_str_t alias, uint64_t wall_ms, char *out,
    size_t cap)
{
    unsigned                i, at;
    log_out_t               o;
    const xsell_item_t     *item;
    const xsell_imp_row_t  *row;

    at = imp->explored - 1u;

    if (at >= imp->n || imp->n > XSELL_SLATE_MAX) {
        return 0;
    }

    row = &imp->row[at];
    item = xsell_catalog_item(cat, xsell_catalog_of(cat, row->ref));

    if (item == NULL) {
        return 0;
    }

    o.p = out;
    o.n = 0;
    o.cap = cap < XSELL_LOG_LINE ? cap : XSELL_LOG_LINE;
    o.full = 0;

    log_printf(&o, "{\"type\":\"tossed\",\"time\":%llu,\"impression\":%llu",
               (unsigned long long) wall_ms,
               (unsigned long long) (imp->seq & XSELL_IMP_ID));

    if (alias.n && imp->session) {
        log_printf(&o, ",\"session\":");
        log_text(&o, alias.p, alias.n);
    }

    log_place(&o, imp, a);
    log_printf(&o, ",\"action\":");
    log_id(&o, cat, item);

    log_printf(&o, ",\"propensity\":%.6f,\"reward\":%d,\"target\":%d,"
               "\"context\":[", row->propensity / 65535.0,
               imp->state[at] == XSELL_IMP_CLICKED,
               (imp->flags & XSELL_IMP_SAME) != 0);

    for (i = 0; i < XSELL_TERMS; i++) {
        log_printf(&o, "%s%.5g", i ? "," : "", imp->term[i] / 32.0);
    }

    log_printf(&o, "]}\n");

    return o.full ? 0 : o.n;
}


/* 0: the event is about an item that the catalogue does not have */

static void
log_id(log_out_t *o, const xsell_catalog_t *cat, const xsell_item_t *item)
{
    xsell_str_t  id;

    id = xsell_catalog_text(cat, item, XSELL_TEXT_ID);
    log_text(o, id.p, id.n);
}


static int
log_items(log_out_t *o, const xsell_event_t *ev, const xsell_catalog_t *cat)
{
    size_t               start;
    unsigned             i, written;
    const xsell_item_t  *item;

    if (ev->item != XSELL_NO_REF) {
        item = xsell_catalog_item(cat, xsell_catalog_of(cat, ev->item));

        if (item == NULL) {
            return 0;
        }

        log_printf(o, ",\"item\":");
        log_id(o, cat, item);
    }

    if (ev->type != XSELL_EVENT_ORDER) {
        return 1;
    }

    if (ev->order) {
        log_printf(o, ",\"order\":\"%016llx\"", (unsigned long long) ev->order);
    }

    log_printf(o, ",\"items\":[");

    for (written = 0, i = 0; i < ev->n && i < XSELL_HISTORY; i++) {
        item = xsell_catalog_item(cat, xsell_catalog_of(cat, ev->others[i]));

        if (item == NULL) {
            continue;
        }

        start = o->n;
        log_printf(o, "%s", written ? "," : "");
        log_id(o, cat, item);

        /* sixteen of the longest ids, all of quotes, would not fit */

        if (o->full || o->cap - o->n < XSELL_LOG_TAIL) {
            o->n = start;
            o->full = 0;
            break;
        }

        written++;
    }

    log_printf(o, "]");

    return 1;
}


static void
log_value(log_out_t *o, const xsell_event_t *ev, const xsell_catalog_t *cat)
{
    unsigned  i, unit, digits;

    if (ev->quantity) {
        log_printf(o, ",\"quantity\":%u", ev->quantity);
    }

    if (ev->value == 0) {
        return;
    }

    if (ev->type != XSELL_EVENT_ORDER && ev->type != XSELL_EVENT_CART
        && ev->type != XSELL_EVENT_CART_REMOVE)
    {
        log_printf(o, ",\"value\":%u", ev->value);
        return;
    }

    digits = xsell_catalog_exponent(cat);

    for (unit = 1, i = 0; i < digits; i++) {
        unit *= 10;
    }

    if (digits == 0) {
        log_printf(o, ",\"value\":\"%u\"", ev->value);
        return;
    }

    log_printf(o, ",\"value\":\"%u.%0*u\"", ev->value / unit, (int) digits,
               ev->value % unit);
}


/* where in the offer it happened */

static void
log_offer(log_out_t *o, const xsell_event_t *ev, const xsell_arena_t *a)
{
    if (ev->impression) {
        log_printf(o, ",\"impression\":%llu",
                   (unsigned long long) (ev->impression & INT64_MAX));
    }

    if (ev->type == XSELL_EVENT_CLICK || ev->type == XSELL_EVENT_VIEWABLE
        || ev->type == XSELL_EVENT_DISMISS)
    {
        log_name(o, "slot", a, ev->slot_name, 0);
        log_name(o, "template", a, ev->template_idx, 1);
        log_printf(o, ",\"position\":%u", ev->position);
    }

    if (ev->country[0] >= 'A' && ev->country[0] <= 'Z'
        && ev->country[1] >= 'A' && ev->country[1] <= 'Z')
    {
        log_printf(o, ",\"country\":\"%c%c\"", ev->country[0],
                   ev->country[1]);
    }
}


/* `look`: of a slot's template, "SLOT/TEMPLATE", what follows the slash; a
   name without one is of a slot */

static void
log_name(log_out_t *o, const char *key, const xsell_arena_t *a, unsigned idx,
    int look)
{
    size_t               n;
    const char          *p;
    const xsell_name_t  *name;

    if (idx >= a->header->names_n || idx >= XSELL_NAMES) {
        return;
    }

    name = &a->names[idx];
    p = name->text;
    n = name->len;

    if (n > sizeof(name->text)) {
        return;
    }

    if (look) {
        p = memchr(p, '/', n);

        if (p == NULL) {
            return;
        }

        p++;
        n -= (size_t) (p - name->text);
    }

    log_printf(o, ",\"%s\":", key);
    log_text(o, p, n);
}


/* the slot by its name, and the place in it: "related 2" */

static void
log_place(log_out_t *o, const xsell_impression_t *imp, const xsell_arena_t *a)
{
    char                 text[sizeof(a->names[0].text) + 8];
    size_t               n;
    const xsell_name_t  *name;

    n = 0;

    if (imp->slot_name < a->header->names_n) {
        name = &a->names[imp->slot_name];
        n = name->len <= sizeof(name->text) ? name->len : 0;
        memcpy(text, name->text, n);
    }

    n += (size_t) sprintf(text + n, " %u", imp->explored);

    log_printf(o, ",\"position\":");
    log_text(o, text, n);
}


static void
log_flags(log_out_t *o, const xsell_event_t *ev)
{
    /* whoever writes a log by hand means visitors who came back, so this is
       the exception that is said */

    if (ev->session && !(ev->flags & XSELL_EV_COOKIE)) {
        log_printf(o, ",\"cookie\":false");
    }

    if (ev->flags & XSELL_EV_VISIT) {
        log_printf(o, ",\"new_visit\":true");
    }

    if (ev->flags & XSELL_EV_REFRESH) {
        log_printf(o, ",\"refresh\":true");
    }

    if (ev->flags & XSELL_EV_HOLDOUT) {
        log_printf(o, ",\"holdout\":true");
    }

    if (ev->flags & XSELL_EV_FAST) {
        log_printf(o, ",\"fast\":true");
    }
}


static void
log_printf(log_out_t *o, const char *fmt, ...)
{
    int      n;
    va_list  args;

    va_start(args, fmt);
    n = vsnprintf(o->p + o->n, o->cap - o->n, fmt, args);
    va_end(args);

    if (n < 0 || (size_t) n >= o->cap - o->n) {
        o->full = 1;
        return;
    }

    o->n += (size_t) n;
}


static void
log_put(log_out_t *o, const char *p, size_t n)
{
    if (n >= o->cap - o->n) {
        o->full = 1;
        return;
    }

    memcpy(o->p + o->n, p, n);
    o->n += n;
}


/* a JSON string; what is no UTF-8 becomes U+FFFD */

static void
log_text(log_out_t *o, const char *p, size_t n)
{
    size_t         i, len, run;
    unsigned char  c;

    log_put(o, "\"", 1);

    for (run = 0, i = 0; i < n; i += len) {
        c = (unsigned char) p[i];
        len = log_character(p + i, n - i);

        if (len && c >= 0x20 && c != 0x7f && c != '"' && c != '\\'
            && !log_is_line_end(p + i, len))
        {
            continue;
        }

        log_put(o, p + run, i - run);

        if (len == 0) {
            log_put(o, "\\ufffd", 6);
            len = 1;

        } else if (len == 3) {
            log_printf(o, "\\u%04x", 0x2028 + (p[i + 2] & 1));

        } else if (c == '"' || c == '\\') {
            log_printf(o, "\\%c", c);

        } else {
            log_printf(o, "\\u%04x", c);
        }

        run = i + len;
    }

    log_put(o, p + run, n - run);
    log_put(o, "\"", 1);
}


/* U+2028 and U+2029 end a line for JavaScript and some log shippers */

static int
log_is_line_end(const char *p, size_t len)
{
    return len == 3 && memcmp(p, "\xe2\x80", 2) == 0
           && ((unsigned char) p[2] & 0xfe) == 0xa8;
}


/* bytes of the character at p, 0 if they are none (Unicode, table 3-7) */

static size_t
log_character(const char *p, size_t n)
{
    size_t                i, len;
    const unsigned char  *u;

    u = (const unsigned char *) p;

    if (u[0] < 0x80) {
        return 1;
    }

    len = u[0] >= 0xc2 && u[0] <= 0xdf ? 2
          : (u[0] & 0xf0) == 0xe0 ? 3
          : u[0] >= 0xf0 && u[0] <= 0xf4 ? 4 : 0;

    if (len == 0 || len > n) {
        return 0;
    }

    for (i = 1; i < len; i++) {
        if ((u[i] & 0xc0) != 0x80) {
            return 0;
        }
    }

    if ((u[0] == 0xe0 && u[1] < 0xa0) || (u[0] == 0xed && u[1] > 0x9f)
        || (u[0] == 0xf0 && u[1] < 0x90) || (u[0] == 0xf4 && u[1] > 0x8f))
    {
        return 0;
    }

    return len;
}

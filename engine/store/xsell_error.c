
/*
 * xsell_error.c: what the engine says in words: texts of the codes, the one
 * way to fill an xsell_error_t, and the names of the enumerations that
 * people and dashboards read.
 *
 * The names are a contract with metrics, logs and $xsell_state: a name is
 * never changed, an enumeration only grows at its end.  Each table is indexed
 * by its enumeration and sized by it, so a new member without a name is NULL
 * here and found by the test.  Generating both from one X-macro list was
 * dropped: the layout header reads better as plain enumerations.
 */

#include "xsell_store.h"

#include <stdarg.h>
#include <stdio.h>


static const char *const  xsell_states[XSELL_STATES] = {
    [XSELL_STATE_SHOWN] = "shown",
    [XSELL_STATE_HIDDEN] = "hidden",
    [XSELL_STATE_HOLDOUT] = "holdout",
    [XSELL_STATE_NO_CONSENT] = "no_consent",
    [XSELL_STATE_BOT] = "bot",
    [XSELL_STATE_PREVIEW] = "preview",
    [XSELL_STATE_NO_ITEM] = "no_item",
    [XSELL_STATE_NO_CANDIDATES] = "no_candidates",
    [XSELL_STATE_NO_PLACE] = "no_place",
    [XSELL_STATE_ENCODING] = "encoding",
    [XSELL_STATE_TYPE] = "type",
    [XSELL_STATE_STATUS] = "status",
    [XSELL_STATE_ERROR] = "error",
    [XSELL_STATE_BUDGET] = "budget",
    [XSELL_STATE_OFF] = "off"
};


static const char *const  xsell_events[XSELL_EVENTS] = {
    [XSELL_EVENT_NONE] = "none",
    [XSELL_EVENT_VIEW] = "view",
    [XSELL_EVENT_CART] = "cart",
    [XSELL_EVENT_CART_REMOVE] = "cart_remove",
    [XSELL_EVENT_ORDER] = "order",
    [XSELL_EVENT_CLICK] = "click",
    [XSELL_EVENT_DWELL] = "dwell",
    [XSELL_EVENT_VIEWABLE] = "viewable",
    [XSELL_EVENT_DISMISS] = "dismiss",
    [XSELL_EVENT_RATE] = "rate",
    [XSELL_EVENT_CONSENT] = "consent",
    [XSELL_EVENT_ERASE] = "erase",
    [XSELL_EVENT_IMPRESSION] = "impression"
};


static const char *const  xsell_drops[XSELL_DROPS] = {
    [XSELL_DROP_RING_FULL] = "ring_full",
    [XSELL_DROP_NO_RING] = "no_ring",
    [XSELL_DROP_SESSION_BUSY] = "session_busy",
    [XSELL_DROP_SESSION_EVICTED] = "session_evicted",
    [XSELL_DROP_PROBATION_EVICTED] = "probation_evicted",
    [XSELL_DROP_CLICK_LATE] = "click_late",
    [XSELL_DROP_CLICK_REPLAY] = "click_replay",
    [XSELL_DROP_CLICK_FOREIGN] = "click_foreign",
    [XSELL_DROP_CLICK_FORGED] = "click_forged",
    [XSELL_DROP_CLICK_ANONYMOUS] = "click_anonymous",
    [XSELL_DROP_ORDER_REPEATED] = "order_repeated",
    [XSELL_DROP_EVENT_INVALID] = "event_invalid",
    [XSELL_DROP_LOG] = "log",
    [XSELL_DROP_SNAPSHOT] = "snapshot",
    [XSELL_DROP_LEDGER_EVICTED] = "ledger_evicted",
    [XSELL_DROP_REWARD_CAPPED] = "reward_capped",
    [XSELL_DROP_EVENT_EMPTY] = "event_empty",
    [XSELL_DROP_EVENT_UNKNOWN] = "event_unknown",
    [XSELL_DROP_RATE_REPEATED] = "rate_repeated",
    [XSELL_DROP_ITEM_CAPPED] = "item_capped"
};


static const char *const  xsell_froms[XSELL_FROMS] = {
    [XSELL_FROM_NONE] = "none",
    [XSELL_FROM_SET] = "set",
    [XSELL_FROM_URL] = "url",
    [XSELL_FROM_LEARNED] = "learned",
    [XSELL_FROM_JSONLD] = "jsonld",
    [XSELL_FROM_MICRODATA] = "microdata",
    [XSELL_FROM_OPENGRAPH] = "opengraph",
    [XSELL_FROM_CANONICAL] = "canonical"
};


static const char *const  xsell_reasons[XSELL_REASONS] = {
    [XSELL_REASON_NONE] = "none",
    [XSELL_REASON_VIEWED] = "viewed",
    [XSELL_REASON_BOUGHT] = "bought",
    [XSELL_REASON_CATEGORY] = "category",
    [XSELL_REASON_POPULAR] = "popular",
    [XSELL_REASON_TRENDING] = "trending",
    [XSELL_REASON_NEW] = "new",
    [XSELL_REASON_SIMILAR] = "similar",
    [XSELL_REASON_LOOKS] = "looks",
    [XSELL_REASON_GOES] = "goes"
};


/* a decision takes tens of microseconds, a budget is milliseconds: dense
   below 100, then decades */

const uint32_t  xsell_hist_bounds_us[XSELL_HIST_BUCKETS] = {
    1, 2, 5, 10, 20, 30, 50, 75, 100, 200, 500, 1000, 2000, 5000, 10000,
    UINT32_MAX
};


const char *
xsell_strerror(int code)
{
    switch (code) {

    case XSELL_OK:
        return "ok";

    case XSELL_AGAIN:
        return "more to do";

    case XSELL_NONE:
        return "nothing there";

    case XSELL_BUSY:
        return "busy";

    case XSELL_EINVAL:
        return "invalid argument";

    case XSELL_ENOMEM:
        return "out of memory";

    case XSELL_ENOSPC:
        return "the zone is too small";

    case XSELL_ECORRUPT:
        return "data is corrupt";

    case XSELL_EVERSION:
        return "data is of another version";

    case XSELL_EFORGED:
        return "signature does not verify";

    case XSELL_ELATE:
        return "too late to count";

    case XSELL_EREPEATED:
        return "counted before";

    case XSELL_EFOREIGN:
        return "of another visitor, shop or path";

    default:
        return "unknown code";
    }
}


int
xsell_fail(xsell_error_t *err, int code, unsigned line, unsigned column,
    const char *fmt, ...)
{
    va_list  args;

    if (err == NULL) {
        return code;
    }

    err->line = line;
    err->column = column;

    va_start(args, fmt);

    /* a text that cannot be formatted still gets the code's own words */

    if (vsnprintf(err->text, sizeof(err->text), fmt, args) < 0) {
        snprintf(err->text, sizeof(err->text), "%s", xsell_strerror(code));
    }

    va_end(args);

    return code;
}


const char *
xsell_state_name(unsigned state)
{
    return state < XSELL_STATES ? xsell_states[state] : NULL;
}


const char *
xsell_event_name(unsigned type)
{
    return type < XSELL_EVENTS ? xsell_events[type] : NULL;
}


const char *
xsell_drop_name(unsigned reason)
{
    return reason < XSELL_DROPS ? xsell_drops[reason] : NULL;
}


const char *
xsell_reason_name(unsigned reason)
{
    return reason < XSELL_REASONS ? xsell_reasons[reason] : NULL;
}


const char *
xsell_from_name(unsigned from)
{
    return from < XSELL_FROMS ? xsell_froms[from] : NULL;
}


unsigned
xsell_event_type(const char *p, size_t n)
{
    unsigned     i;
    const char  *name;

    for (i = XSELL_EVENT_VIEW; i < XSELL_EVENTS; i++) {
        name = xsell_events[i];

        if (strlen(name) == n && memcmp(name, p, n) == 0) {
            return i;
        }
    }

    return XSELL_EVENT_NONE;
}


/*
 * fuzz_log.c: a line of an event log from outside, and an event from a ring
 * that something has overwritten.
 *
 * Properties: a line is refused with a text and a column, is no event (a
 * decision, or one of an item that is unknown), or gives an event in range;
 * that event written, read and written again gives the same line; whatever
 * stands in an event, or in a slate, its line is one line in ASCII.
 */

#include "xsell.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

#define BYTES  XSELL_ARENA_MIN

static const char  feed[] =
    "{\"id\":\"a\",\"title\":\"t\",\"url\":\"/\",\"currency\":\"EUR\"}"
    "{\"id\":\"b\\\"\\\\\\u2028\",\"title\":\"t\",\"url\":\"/\"}"
    "{\"id\":\"c\",\"title\":\"t\",\"url\":\"/\"}";

static xsell_arena_t     a;
static xsell_catalog_t  *cat;


static void
want(int ok)
{
    if (!ok) {
        abort();
    }
}


static void
fuzz_open(void)
{
    void           *mem;
    xsell_error_t   err;

    static const uint8_t  seed[16] = { 1 };

    mem = aligned_alloc(XSELL_PAGE_BYTES, BYTES);

    want(mem != NULL
         && xsell_arena_create(&a, mem, BYTES, seed, 0, &err) == XSELL_OK
         && xsell_catalog_create(&cat, feed, sizeof(feed) - 1, NULL, NULL,
                                 &err) == XSELL_OK
         && xsell_catalog_map(cat, &a, 1, 0, NULL) == XSELL_OK
         && xsell_name_index(&a, "related", 7, 1) == 0
         && xsell_name_index(&a, "cart", 4, 1) == 1);
}


static void
fuzz_one_line(const char *out, size_t len)
{
    size_t  i;

    for (i = 0; i < len; i++) {
        want((out[i] >= 0x20 && out[i] < 0x7f) || (i == len - 1
                                                   && out[i] == '\n'));
    }
}


static size_t
fuzz_write(const xsell_event_t *ev, uint64_t wall_ms, char *out)
{
    char         hex[17];
    size_t       len;
    xsell_str_t  alias;

    snprintf(hex, sizeof(hex), "%016llx", (unsigned long long) ev->session);
    alias.p = hex;
    alias.n = 16;

    len = xsell_log_format(ev, cat, &a, alias, wall_ms, out, XSELL_LOG_LINE);
    want(len <= XSELL_LOG_LINE);

    fuzz_one_line(out, len);

    return len;
}


/* a slate whose rows, and only they, are as many as a slate may have */

static void
fuzz_tossed(const uint8_t *data, size_t n)
{
    char                out[XSELL_LOG_LINE];
    size_t              len;
    xsell_str_t         alias;
    xsell_impression_t  imp;

    memset(&imp, 0, sizeof(imp));
    memcpy(&imp, data, n < sizeof(imp) ? n : sizeof(imp));
    imp.n %= XSELL_SLATE_MAX + 1;

    alias.p = "0123456789abcdef";
    alias.n = 16;

    len = xsell_log_tossed(&imp, cat, &a, alias, imp.time_ms, out,
                           sizeof(out));
    want(len <= sizeof(out));
    fuzz_one_line(out, len);
}


static void
fuzz_line(const char *p, size_t n)
{
    int            rc;
    char           one[XSELL_LOG_LINE], two[XSELL_LOG_LINE];
    size_t         len;
    uint64_t       wall_ms, again_ms;
    xsell_event_t  ev;
    xsell_error_t  err;

    memset(&err, 0, sizeof(err));
    rc = xsell_log_parse(p, n, cat, &a, &ev, &wall_ms, &err);

    if (rc == XSELL_NONE || rc == XSELL_AGAIN) {
        return;         /* of an unknown item; a decision, not an event */
    }

    if (rc != XSELL_OK) {
        want(rc == XSELL_EINVAL && err.text[0] && err.column >= 1);
        return;
    }

    want(xsell_event_validate(&a, &ev) == XSELL_OK);

    len = fuzz_write(&ev, wall_ms, one);

    want(len > 0);
    want(xsell_log_parse(one, len - 1, cat, &a, &ev, &again_ms, &err)
         == XSELL_OK);
    want(again_ms == wall_ms);
    want(fuzz_write(&ev, wall_ms, two) == len);
    want(memcmp(one, two, len) == 0);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    char           line[XSELL_LOG_LINE];
    uint64_t       wall_ms;
    xsell_event_t  ev;

    if (cat == NULL) {
        fuzz_open();
    }

    fuzz_line((const char *) data, n);

    memset(&ev, 0, sizeof(ev));
    memcpy(&ev, data, n < sizeof(ev) ? n : sizeof(ev));
    memcpy(&wall_ms, &ev, sizeof(wall_ms));

    (void) fuzz_write(&ev, wall_ms, line);
    fuzz_tossed(data, n);

    return 0;
}


/*
 * fuzz_rules.c: a shop's own rules, and the file of a time zone, from outside.
 * The first byte says which.
 *
 * Properties of rules: reading ends with a code and, when it fails, a text and
 * a place inside the file; warnings are few, have a text without control
 * characters, and a place; what was read decides without harm, and what it
 * excludes is not offered.  Of a zone: offsets are less than two days, and a
 * local time comes back within a day.
 */

#include "model/xsell_business.h"

#include <stdlib.h>
#include <string.h>


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);


static const char  catalog[] =
    "{\"id\":\"a\",\"title\":\"T\",\"url\":\"/a\",\"category\":\"C > X\","
        "\"brand\":\"Red\",\"price\":\"10 EUR\",\"tags\":\"sale\"}\n"
    "{\"id\":\"b\",\"title\":\"T\",\"url\":\"/b\",\"category\":\"C > X\","
        "\"brand\":\"Red\",\"price\":\"20\",\"tags\":\"new,sale\"}\n"
    "{\"id\":\"c\",\"title\":\"T\",\"url\":\"/c\",\"category\":\"C > Y\","
        "\"brand\":\"Blue\",\"price\":\"30\",\"item_group_id\":\"g\"}\n"
    "{\"id\":\"d\",\"title\":\"T\",\"url\":\"/d\",\"category\":\"C > X\"}\n";

static xsell_catalog_t   *cat;
static xsell_settings_t   settings;
static size_t             lines;
static size_t             warnings;


static void
want(int ok)
{
    if (!ok) {
        abort();
    }
}


static void
note(void *ctx, const xsell_error_t *w)
{
    warnings++;
    want(w->text[0] && strlen(w->text) < sizeof(w->text));
    want(w->line >= 1 && w->line <= lines && w->column >= 1);
    want(strpbrk(w->text, "\r\n\033") == NULL);
}


static void
fuzz_zone(const uint8_t *data, size_t n)
{
    int64_t           t, back;
    int32_t           offset;
    xsell_timezone_t  z;

    if (xsell_timezone_parse(&z, data, n) != XSELL_OK) {
        return;
    }

    for (t = -4000000000; t < 8000000000; t += 100000007) {
        offset = xsell_timezone_offset(&z, t);
        want(offset > -4 * 86400 * 7 && offset < 4 * 86400 * 7);

        back = xsell_timezone_utc(&z, t + offset) - t;
        want(back > -2 * 4 * 86400 * 7 && back < 2 * 4 * 86400 * 7);
    }
}


/* a decision next to each item, and on a page without one */

static void
fuzz_decide(const xsell_business_t *b)
{
    float                offset;
    uint32_t             lead, i;
    xsell_query_t        q;
    xsell_ruling_t       r;
    xsell_pinned_t       pin[XSELL_SLATE_MAX];
    xsell_session_t      s;
    const xsell_item_t  *it;

    memset(&q, 0, sizeof(q));
    memset(&s, 0, sizeof(s));
    memset(s.r.cap, 0x33, sizeof(s.r.cap));

    q.catalog = cat;
    q.settings = &settings;
    q.session = &s;
    q.business = b;
    q.slot.p = "related";
    q.slot.n = 7;
    q.country[0] = 'D';
    q.country[1] = 'E';
    q.wall_s = 1795737600;

    for (lead = 0; lead <= xsell_catalog_n(cat); lead++) {
        q.anchor = lead < xsell_catalog_n(cat) ? lead : XSELL_NO_ITEM;
        xsell_ruling_begin(&r, &q, q.anchor);

        if (r.business == NULL) {
            continue;
        }

        for (i = 0; i < xsell_catalog_n(cat); i++) {
            it = xsell_catalog_item(cat, i);

            offset = 0;
            want(!xsell_ruling_allow(&r, i, it, &offset)
                 || !xsell_ruling_refuse(&r, i, it));
            want(xsell_finite(offset));
            want(xsell_ruling_name(&r, i, it) <= xsell_business_n(b));
            want(xsell_ruling_counters(&r, i, it) < 16);
            (void) xsell_ruling_take(&r, i, it);
        }

        want(xsell_ruling_pins(&r, pin) <= XSELL_SLATE_MAX);
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    int                rc;
    char               name[64];
    size_t             i;
    xsell_str_t        zone;
    const char        *text;
    xsell_error_t      err;
    xsell_business_t  *b;

    if (cat == NULL) {
        xsell_settings_default(&settings);
        want(xsell_catalog_create(&cat, catalog, strlen(catalog), NULL, NULL,
                                  &err)
             == XSELL_OK);
    }

    if (n && data[0] == 'T') {
        fuzz_zone(data, n);
        return 0;
    }

    text = (const char *) data;
    zone.p = "";
    zone.n = 0;
    warnings = 0;

    for (i = 0, lines = 1; i < n; i++) {
        lines += data[i] == '\n';
    }

    rc = xsell_business_zone(text, n, name);
    want(rc == XSELL_OK || rc == XSELL_NONE);
    want(strlen(name) < sizeof(name) && name[0] != '/'
         && strchr(name, '.') == NULL);

    memset(&err, 0, sizeof(err));
    rc = xsell_business_create(&b, text, n, zone, cat, note, NULL, &err);
    want(warnings <= 21);

    if (rc != XSELL_OK) {
        want(rc == XSELL_EINVAL && b == NULL && err.text[0]);
        want(err.line >= 1 && err.line <= lines && err.column >= 1);
        return 0;
    }

    fuzz_decide(b);
    xsell_business_destroy(b);

    return 0;
}

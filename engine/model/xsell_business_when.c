
/*
 * xsell_business_when.c: where and when a rule holds: "when" and "unless".
 *
 * Dates without a zone are local time in the shop's zone, and become instants
 * here; hours and days stay local, for they come again.  A date alone means
 * all of that day, also as the last one.
 */

#include "xsell_business.h"


static int business_slot(xsell_drafts_t *d, uint32_t i, unsigned part,
    size_t off, const xsell_value_t *v);
static int business_page(xsell_drafts_t *d, uint32_t i, unsigned part,
    size_t off, const xsell_value_t *v);
static int business_country(xsell_drafts_t *d, uint32_t i, unsigned part,
    size_t off, const xsell_value_t *v);
static int business_from(xsell_drafts_t *d, uint32_t i, unsigned part,
    size_t off, const xsell_value_t *v);
static int business_until(xsell_drafts_t *d, uint32_t i, unsigned part,
    size_t off, const xsell_value_t *v);
static int business_days(xsell_drafts_t *d, uint32_t i, unsigned part,
    size_t off, const xsell_value_t *v);
static int business_hours(xsell_drafts_t *d, uint32_t i, unsigned part,
    size_t off, const xsell_value_t *v);


static const xsell_draft_key_t  business_side_keys[] = {
    { "item", xsell_draft_list },
    { "category", xsell_draft_list },
    { "brand", xsell_draft_list },
    { "tag", xsell_draft_list },
    { "price", xsell_draft_price },
    { "slot", business_slot },
    { "page", business_page },
    { "country", business_country },
    { "from", business_from },
    { "until", business_until },
    { "days", business_days },
    { "hours", business_hours },
    { NULL, NULL }
};


/* ---- where and when ---- */

static xsell_side_t *
business_of(xsell_drafts_t *d, unsigned part)
{
    return part == XSELL_RULE_WHEN ? &d->b->when : &d->b->unless;
}


int
xsell_draft_side(xsell_drafts_t *d, uint32_t i, unsigned part, size_t off,
    const xsell_value_t *v)
{
    xsell_side_t      *side;
    xsell_draft_at_t      at;
    xsell_schedule_t  *s;

    if (v->kind != XSELL_JSON_OBJECT) {
        return xsell_draft_kind(d, off, v, "where and when, such as { "
                                "\"slot\": \"related\" }");
    }

    part = strcmp(d->key, "when") == 0 ? XSELL_RULE_WHEN
                                       : XSELL_RULE_UNLESS;
    at.doc = v->node;
    at.off = off;
    side = business_of(d, part);
    side->has |= 1ull << i;
    s = &side->schedule[i];

    if (!xsell_draft_walk(d, i, part, business_side_keys, &at,
                       part == XSELL_RULE_WHEN ? "\"when\"" : "\"unless\""))
    {
        return 0;
    }

    if (s->from_s >= s->until_s) {
        return xsell_draft_fail(d, off, "\"until\" is not after \"from\"");
    }

    return 1;
}


static int
business_slot(xsell_drafts_t *d, uint32_t i, unsigned part, size_t off,
    const xsell_value_t *v)
{
    size_t             k;
    uint32_t           s;
    xsell_side_t      *side;
    xsell_value_t      e;
    xsell_business_t  *b;

    b = d->b;
    side = business_of(d, part);
    side->placed |= 1ull << i;

    for (k = 0; xsell_draft_element(v, k, &e); k++) {

        if (e.kind != XSELL_JSON_TEXT || e.text.n == 0) {
            return xsell_draft_kind(d, xsell_business_place(d, off, k), &e,
                                    "the name of a slot");
        }

        for (s = 0;
             s < b->slot_n && (b->slot[s].n != e.text.n
                               || memcmp(b->slot[s].p, e.text.p, e.text.n));
             s++)
        {
            /* void */
        }

        if (s == XSELL_BUSINESS_SLOTS) {
            return xsell_draft_fail(d, off, "rules name more than %d slots",
                                    XSELL_BUSINESS_SLOTS);
        }

        if (s == b->slot_n) {
            b->slot_spot[s] =
                xsell_business_spot(d, xsell_business_place(d, off, k));
            b->slot[b->slot_n++] = e.text;
        }

        side->slot[s] |= 1ull << i;
    }

    return k ? 1 : xsell_draft_fail(d, off, "an empty list");
}


static int
business_page(xsell_drafts_t *d, uint32_t i, unsigned part, size_t off,
    const xsell_value_t *v)
{
    unsigned  page;

    static const char  *const name[XSELL_PAGES] = { "item", "other" };

    for (page = 0; page < XSELL_PAGES; page++) {

        if (v->kind == XSELL_JSON_TEXT && v->text.n == strlen(name[page])
            && memcmp(v->text.p, name[page], v->text.n) == 0)
        {
            business_of(d, part)->page[!page] &= ~(1ull << i);
            return 1;
        }
    }

    return xsell_draft_fail(d, off, "neither \"item\" (the page of a product) "
                            "nor \"other\"");
}


static int
business_country(xsell_drafts_t *d, uint32_t i, unsigned part, size_t off,
    const xsell_value_t *v)
{
    size_t             k;
    uint32_t           c;
    xsell_side_t      *side;
    xsell_value_t      e;
    xsell_business_t  *b;

    b = d->b;
    side = business_of(d, part);
    side->homed |= 1ull << i;

    for (k = 0; xsell_draft_element(v, k, &e); k++) {

        if (e.kind != XSELL_JSON_TEXT || e.text.n != 2
            || e.text.p[0] < 'A' || e.text.p[0] > 'Z'
            || e.text.p[1] < 'A' || e.text.p[1] > 'Z')
        {
            return xsell_draft_fail(d, xsell_business_place(d, off, k), "no "
                                    "country: write its code of two capital "
                                    "letters, such as \"DE\"");
        }

        for (c = 0;
             c < b->country_n && memcmp(b->country[c], e.text.p, 2) != 0;
             c++)
        {
            /* void */
        }

        if (c == XSELL_BUSINESS_COUNTRIES) {
            return xsell_draft_fail(d, off, "rules name more than %d "
                                    "countries", XSELL_BUSINESS_COUNTRIES);
        }

        if (b->country_n == 0) {
            b->country_spot =
                xsell_business_spot(d, xsell_business_place(d, off, k));
        }

        if (c == b->country_n) {
            memcpy(b->country[b->country_n++], e.text.p, 2);
        }

        side->country[c] |= 1ull << i;
    }

    return k ? 1 : xsell_draft_fail(d, off, "an empty list");
}


int
xsell_business_date(const xsell_business_t *b, const char *p, size_t n,
    int64_t *wall_s)
{
    size_t       i;
    int64_t      ms;
    xsell_str_t  t;

    t.p = p;
    t.n = n;

    if (xsell_date_parse(t, &ms) != XSELL_OK) {
        return XSELL_EINVAL;
    }

    *wall_s = ms / 1000;

    /* after the day such a sign is of a zone */

    for (i = 10; i < n; i++) {
        if (p[i] == 'Z' || p[i] == '+' || p[i] == '-') {
            return XSELL_OK;
        }
    }

    *wall_s = xsell_timezone_utc(&b->zone, *wall_s);

    return XSELL_OK;
}


/* a date alone begins at midnight, or (last) ends at the next one, which may
   be 23 hours later */

static int
business_date(xsell_drafts_t *d, size_t off, const xsell_value_t *v,
    int last, int64_t *s)
{
    xsell_str_t  t;

    t = xsell_trim(v->text);

    if (v->kind != XSELL_JSON_TEXT
        || xsell_business_date(d->b, t.p, t.n, s) != XSELL_OK)
    {
        return xsell_draft_fail(d, off, "no date: write it like "
                                "\"2026-11-27\" or \"2026-11-27 18:00\"");
    }

    if (last && t.n == 10) {
        *s += xsell_timezone_offset(&d->b->zone, *s);
        *s = xsell_timezone_utc(&d->b->zone, *s + 86400);
    }

    return 1;
}


static int
business_from(xsell_drafts_t *d, uint32_t i, unsigned part, size_t off,
    const xsell_value_t *v)
{
    business_of(d, part)->timed |= 1ull << i;

    return business_date(d, off, v, 0,
                         &business_of(d, part)->schedule[i].from_s);
}


static int
business_until(xsell_drafts_t *d, uint32_t i, unsigned part, size_t off,
    const xsell_value_t *v)
{
    business_of(d, part)->timed |= 1ull << i;

    return business_date(d, off, v, 1,
                         &business_of(d, part)->schedule[i].until_s);
}


static int
business_days(xsell_drafts_t *d, uint32_t i, unsigned part, size_t off,
    const xsell_value_t *v)
{
    size_t             k;
    unsigned           day;
    xsell_value_t      e;
    xsell_schedule_t  *s;

    static const char  name[] = "montuewedthufrisatsun";

    s = &business_of(d, part)->schedule[i];
    business_of(d, part)->timed |= 1ull << i;
    d->b->local |= 1ull << i;
    s->days = 0;

    for (k = 0; xsell_draft_element(v, k, &e); k++) {

        for (day = 0; day < 7; day++) {
            if (e.kind == XSELL_JSON_TEXT && e.text.n == 3
                && memcmp(e.text.p, name + 3 * day, 3) == 0)
            {
                break;
            }
        }

        if (day == 7) {
            return xsell_draft_fail(d, xsell_business_place(d, off, k), "no "
                                    "day: mon, tue, wed, thu, fri, sat or "
                                    "sun");
        }

        s->days |= (uint8_t) (1u << day);
    }

    return k ? 1 : xsell_draft_fail(d, off, "an empty list");
}


/* "hh:mm" at p; -1 if it is none */

static int
business_minute(const char *p)
{
    int  i, h, m;

    for (i = 0; i < 5; i++) {
        if (i == 2 ? p[i] != ':' : (p[i] < '0' || p[i] > '9')) {
            return -1;
        }
    }

    h = (p[0] - '0') * 10 + (p[1] - '0');
    m = (p[3] - '0') * 10 + (p[4] - '0');

    return h < 24 && m < 60 ? h * 60 + m : h == 24 && m == 0 ? 0 : -1;
}


static int
business_hours(xsell_drafts_t *d, uint32_t i, unsigned part, size_t off,
    const xsell_value_t *v)
{
    int                begin, end;
    xsell_schedule_t  *s;

    begin = end = -1;

    if (v->kind == XSELL_JSON_TEXT && v->text.n == 11
        && v->text.p[5] == '-')
    {
        begin = business_minute(v->text.p);
        end = business_minute(v->text.p + 6);
    }

    if (begin < 0 || end < 0 || begin == end) {
        return xsell_draft_fail(d, off, "no hours: write them like "
                                "\"18:00-23:30\", or over midnight "
                                "\"22:00-06:00\"");
    }

    s = &business_of(d, part)->schedule[i];
    s->begin_min = (uint16_t) begin;
    s->end_min = (uint16_t) end;
    business_of(d, part)->timed |= 1ull << i;
    d->b->local |= 1ull << i;

    return 1;
}


/*
 * xsell_business_doubt.c: what of a rules file looks like a mistake, although
 * it can be read: names that the catalogue does not have, with the nearest
 * that it has; rules that mean nothing; what one rule wants and another
 * forbids.
 *
 * Doubts, not errors: a catalogue changes every night, and the rules of the
 * day before must not keep it out.
 */

#include "xsell_business.h"

#include <stdarg.h>
#include <stdio.h>


#define BUSINESS_DOUBTS     20          /* said of one file */
#define BUSINESS_HINT_NAMES 200000      /* looked at for "did you mean" */


/* ---- hints ---- */

void
xsell_hint_begin(xsell_hint_t *h, xsell_str_t wanted)
{
    h->wanted = wanted;
    h->best.p = NULL;
    h->best.n = 0;
    h->distance = wanted.n < 6 ? 2 : 3;     /* less than that */
}


static char
hint_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char) (c | 0x20) : c;
}


/* Levenshtein's distance, case aside */

void
xsell_hint_look(xsell_hint_t *h, xsell_str_t name)
{
    size_t    i, j;
    uint8_t   row[65], left, above, next;

    if (name.n > 64 || h->wanted.n > 64
        || name.n + h->distance <= h->wanted.n
        || h->wanted.n + h->distance <= name.n)
    {
        return;
    }

    for (j = 0; j <= name.n; j++) {
        row[j] = (uint8_t) j;
    }

    for (i = 0; i < h->wanted.n; i++) {
        above = row[0];
        left = row[0] = (uint8_t) (i + 1);

        for (j = 0; j < name.n; j++) {
            next = above + (hint_lower(h->wanted.p[i])
                            != hint_lower(name.p[j]));
            above = row[j + 1];
            next = left + 1 < next ? left + 1 : next;
            next = above + 1 < next ? above + 1 : next;
            row[j + 1] = left = next;
        }
    }

    if (row[name.n] < h->distance) {
        h->distance = row[name.n];
        h->best = name;
    }
}


const char *
xsell_hint_text(const xsell_hint_t *h, char out[128])
{
    char  name[72];

    out[0] = '\0';

    if (h->best.p) {
        (void) snprintf(out, 128, "; did you mean \"%s\"?",
                        xsell_printable(name, sizeof(name), h->best));
    }

    return out;
}


/* ---- doubts ---- */

static int
business_doubtful(xsell_drafts_t *d)
{
    return d->doubts++ < BUSINESS_DOUBTS;
}


/* the levels that a category is below, and what each is called by itself: of
   "Lamps" is said "Home > Lamps" */

static void
business_hint_levels(xsell_hint_t *h, xsell_str_t text)
{
    size_t       i, from;
    unsigned     before;
    xsell_str_t  path, level;

    path.p = text.p;

    for (i = 0, from = 0; i <= text.n; i++) {

        if (i < text.n && (text.p[i] != '>' || i == 0)) {
            continue;
        }

        path.n = i < text.n ? i - 1 : i;

        if (path.n > from) {
            xsell_hint_look(h, path);

            before = h->distance;
            level.p = text.p + from;
            level.n = path.n - from;
            xsell_hint_look(h, level);

            if (h->distance < before) {
                h->best = path;
            }
        }

        from = i + 2;
    }
}


static void
business_hint_tags(xsell_hint_t *h, xsell_str_t text)
{
    size_t       i, from;
    xsell_str_t  s;

    for (i = 0, from = 0; i <= text.n; i++) {

        if (i == text.n || text.p[i] == '\n') {
            s.p = text.p + from;
            s.n = i - from;
            xsell_hint_look(h, s);
            from = i + 1;
        }
    }
}


/* a text that the catalogue does not have, with the nearest that it has */

static void
business_unknown(xsell_drafts_t *d, const xsell_term_t *t)
{
    char                 hint[128], name[80];
    uint32_t             i;
    xsell_str_t          s;
    xsell_hint_t         h;
    const xsell_item_t  *it;

    static const char  *const word[XSELL_TERM_KINDS] = {
        "item", "category", "brand", "tag"
    };

    static const unsigned  text[XSELL_TERM_KINDS] = {
        XSELL_TEXT_ID, XSELL_TEXT_CATEGORY, XSELL_TEXT_BRAND, XSELL_TEXT_TAGS
    };

    xsell_hint_begin(&h, t->text);

    for (i = 0; i < d->b->items && i < BUSINESS_HINT_NAMES; i++) {
        it = xsell_catalog_item(d->b->catalog, i);
        s = xsell_catalog_text(d->b->catalog, it, text[t->term]);

        switch (t->term) {

        case XSELL_TERM_CATEGORY:
            business_hint_levels(&h, s);
            break;

        case XSELL_TERM_TAG:
            business_hint_tags(&h, s);
            break;

        default:
            xsell_hint_look(&h, s);
        }
    }

    xsell_business_doubt(d, xsell_business_place(d, t->off, t->nth),
                         "the catalogue has no %s \"%s\"%s", word[t->term],
                         xsell_printable(name, sizeof(name), t->text),
                         xsell_hint_text(&h, hint));
}


static const char *
business_called(const xsell_business_t *b, unsigned rule, char out[72])
{
    return xsell_printable(out, 72, b->rule[rule].name);
}


/* whether two rules can hold at the same moment and place */

static int
business_meet(const xsell_business_t *b, unsigned x, unsigned y)
{
    unsigned                 i;
    uint64_t                 both;
    const xsell_side_t      *s;
    const xsell_schedule_t  *p, *q;

    s = &b->when;
    both = 1ull << x | 1ull << y;
    p = &s->schedule[x];
    q = &s->schedule[y];

    if (p->from_s >= q->until_s || q->from_s >= p->until_s
        || (p->days & q->days) == 0)
    {
        return 0;
    }

    for (i = 0; i < XSELL_PAGES && (s->page[i] & both) != both; i++) {
        /* void */
    }

    if (i == XSELL_PAGES) {
        return 0;
    }

    if ((s->placed & both) == both) {
        for (i = 0; i < b->slot_n && (s->slot[i] & both) != both; i++) {
            /* void */
        }

        if (i == b->slot_n) {
            return 0;
        }
    }

    if ((s->homed & both) == both) {
        for (i = 0; i < b->country_n && (s->country[i] & both) != both; i++) {
            /* void */
        }

        if (i == b->country_n) {
            return 0;
        }
    }

    /* next to some item, or on a page without */

    for (i = 0; i < b->class_n && (b->class[i].when & both) != both; i++) {
        /* void */
    }

    return i < b->class_n;
}


/* of a pinned item: can it be had, is it excluded, is its place another's */

static void
business_pinned(xsell_drafts_t *d, const xsell_term_t *t)
{
    char                      one[72], two[72], id[72];
    size_t                    off;
    unsigned                  i;
    uint64_t                  m;
    const xsell_item_t       *it;
    const xsell_business_t   *b;

    b = d->b;
    it = xsell_catalog_item(b->catalog, t->item);
    off = xsell_business_place(d, t->off, t->nth);
    (void) xsell_printable(id, sizeof(id), t->text);

    if (!xsell_rules_available(it) && business_doubtful(d)) {
        xsell_business_doubt(d, off, "item \"%s\" can't be bought now: it "
                             "is not offered, pinned or not", id);
    }

    m = b->class[b->class_of[t->item]].what & b->excludes & ~b->relative;

    for ( /* void */ ; m; m &= m - 1) {
        i = (unsigned) __builtin_ctzll(m);

        if (business_meet(b, t->rule, i) && business_doubtful(d)) {
            xsell_business_doubt(d, off, "item \"%s\" is pinned by \"%s\" "
                                 "and excluded by \"%s\": it is not offered",
                                 id, business_called(b, t->rule, one),
                                 business_called(b, i, two));
        }
    }

    for (m = b->pins & ((1ull << t->rule) - 1); m && t->nth == 0; m &= m - 1)
    {
        i = (unsigned) __builtin_ctzll(m);

        if (b->rule[i].at == b->rule[t->rule].at
            && business_meet(b, t->rule, i) && business_doubtful(d))
        {
            xsell_business_doubt(d, off, "\"%s\" and \"%s\" pin at the "
                                 "same place: \"%s\" goes behind",
                                 business_called(b, i, one),
                                 business_called(b, t->rule, two), two);
        }
    }
}


void
xsell_business_doubts(xsell_drafts_t *d, const uint64_t named[XSELL_RULE_PARTS])
{
    char               name[72];
    uint32_t           i;
    uint64_t           bit;
    xsell_term_t      *t;
    xsell_business_t  *b;

    b = d->b;

    for (i = 0; i < d->n; i++) {
        t = &d->term[i];

        if (!t->hit && business_doubtful(d)) {
            business_unknown(d, t);
        }

        if (t->hit && t->part == XSELL_RULE_WHAT
            && b->rule[t->rule].action == XSELL_DO_PIN)
        {
            business_pinned(d, t);
        }
    }

    for (i = 0; i < b->n; i++) {
        bit = 1ull << i;

        if ((named[XSELL_RULE_WHAT] & bit) == 0 && business_doubtful(d)) {
            xsell_business_doubt(d, d->off[i], "rule \"%s\" is about no "
                                 "item of the catalogue",
                                 business_called(b, i, name));

        } else if ((named[XSELL_RULE_WHEN] & bit) == 0
                   && business_doubtful(d))
        {
            xsell_business_doubt(d, d->off[i], "rule \"%s\" holds next "
                                 "to no item of the catalogue",
                                 business_called(b, i, name));
        }
    }

    if (d->doubts > BUSINESS_DOUBTS) {
        xsell_business_doubt(d, 0, "%u more like these",
                             (unsigned) (d->doubts - BUSINESS_DOUBTS));
    }
}


/* ---- what the shop's pages have ---- */

typedef struct {
    const xsell_business_t       *b;
    const xsell_business_slot_t  *slot;
    uint32_t                      n;
    xsell_warn_pt                 warn;
    void                         *ctx;
} business_site_t;


static void __attribute__((format(printf, 3, 4)))
business_site_doubt(const business_site_t *site, xsell_spot_t spot,
    const char *fmt, ...)
{
    va_list        args;
    xsell_error_t  w;

    memset(&w, 0, sizeof(w));

    va_start(args, fmt);
    (void) vsnprintf(w.text, sizeof(w.text), fmt, args);
    va_end(args);

    w.line = spot.line;
    w.column = spot.column;
    site->warn(site->ctx, &w);
}


static int
business_site_is(const business_site_t *site, uint32_t named, uint32_t slot)
{
    const xsell_str_t  *name;

    name = &site->b->slot[named];

    return name->n == site->slot[slot].name.n
           && memcmp(name->p, site->slot[slot].name.p, name->n) == 0;
}


/* a slot that rules name and no page has */

static void
business_site_slot(const business_site_t *site, uint32_t named)
{
    char          name[72], hint[128];
    uint32_t      i;
    xsell_hint_t  h;

    xsell_hint_begin(&h, site->b->slot[named]);

    for (i = 0; i < site->n; i++) {

        if (business_site_is(site, named, i)) {
            return;
        }

        xsell_hint_look(&h, site->slot[i].name);
    }

    business_site_doubt(site, site->b->slot_spot[named], "no page of the shop "
                        "has a slot \"%s\"%s",
                        xsell_printable(name, sizeof(name),
                                        site->b->slot[named]),
                        xsell_hint_text(&h, hint));
}


/* the most places of a slot that the rule holds for; 0: of none */

static uint32_t
business_site_places(const business_site_t *site, unsigned rule)
{
    uint32_t             i, k, most;
    uint64_t             bit;
    const xsell_side_t  *when;

    bit = 1ull << rule;
    when = &site->b->when;

    for (i = 0, most = 0; i < site->n; i++) {

        for (k = 0;
             k < site->b->slot_n && (when->placed & bit)
             && !((when->slot[k] & bit) && business_site_is(site, k, i));
             k++)
        {
            /* void */
        }

        if (((when->placed & bit) == 0 || k < site->b->slot_n)
            && site->slot[i].items > most)
        {
            most = site->slot[i].items;
        }
    }

    return most;
}


void
xsell_business_site(const xsell_business_t *b,
    const xsell_business_slot_t *slot, uint32_t n, int countries,
    xsell_warn_pt warn, void *ctx)
{
    char             name[72];
    uint32_t         i, places;
    business_site_t  site;

    site.b = b;
    site.slot = slot;
    site.n = n;
    site.warn = warn;
    site.ctx = ctx;

    if (b->country_n && !countries) {
        business_site_doubt(&site, b->country_spot, "rules ask for the "
                            "visitor's country, but the shop has no "
                            "\"geoip\": it is never known");
    }

    for (i = 0; n && i < b->slot_n; i++) {
        business_site_slot(&site, i);
    }

    for (i = 0; i < b->n; i++) {
        places = business_site_places(&site, i);

        if (places && b->rule[i].at >= places) {
            business_site_doubt(&site, b->rule[i].at_spot, "\"%s\" pins at "
                                "%u, but no slot has more than %u item%s: "
                                "the last place is taken",
                                business_called(b, i, name),
                                b->rule[i].at + 1u, places,
                                places == 1 ? "" : "s");
        }
    }
}

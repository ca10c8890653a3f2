
/*
 * xsell_business.c: business rules in a decision.
 *
 *   begin    which rules hold: page, slot, country, time, the item; what is
 *            compared with that item is worked out once
 *   allow    exclude, only, cap, and what is pinned (it has its place)
 *   offset   boost, bury, margin: logits on top of the model's score
 *   take     most: while the slate is built
 *   pins     the places of pinned items
 *
 * Everything is bits: a rule holds or not, an item is meant or not
 * (xsell_business.h).  Of a candidate one call says whether it may be offered
 * and what is added to its score: its word is put together once.  Whatever
 * else there is to know (names, counters, "most") is asked of picks only.
 * Without rules nothing of this is called.
 *
 * Boosts are added to the score and are no feature: the model goes on
 * learning what visitors like, not what the shop likes, and a rule that ends
 * leaves nothing behind.
 *
 * A pin goes past the model but not past the hard rules: what is sold out, in
 * the cart or excluded is not offered, whoever wants it.  "only" does not bind
 * it: who names an item means it.
 *
 * Invariant: no allocation, bounded by constants; an item index is checked
 * against the catalogue that the rules were made for.
 */

#include "xsell_business.h"

#include <limits.h>


/* more than any price; as a float and as a whole number the same */
#define BUSINESS_PRICES  0x1p62f


/* ---- which rules hold ---- */

/* a day has 1440 minutes; begin > end: over midnight */

static int
business_hour(const xsell_schedule_t *s, int64_t local_s)
{
    unsigned  minute, day, today;

    minute = (unsigned) (local_s / 60 % 1440);
    day = (unsigned) ((local_s / 86400 + 3) % 7);       /* 0: Monday */
    today = s->days >> day & 1;

    if (s->begin_min < s->end_min) {
        return today && minute >= s->begin_min && minute < s->end_min;
    }

    if (s->begin_min == s->end_min) {
        return (int) today;
    }

    /* what goes on after midnight belongs to the day before */

    return (today && minute >= s->begin_min)
           || ((s->days >> (day + 6) % 7 & 1) && minute < s->end_min);
}


static uint64_t
business_time(const xsell_business_t *b, const xsell_side_t *side,
    uint64_t rules, int64_t now_s)
{
    int64_t                  local_s;
    uint64_t                 m;
    const xsell_schedule_t  *s;

    local_s = now_s;

    if (rules & side->timed & b->local) {
        local_s += xsell_timezone_offset(&b->zone, now_s);
        local_s = local_s > 0 ? local_s : 0;
    }

    for (m = rules & side->timed; m; m &= m - 1) {
        s = &side->schedule[__builtin_ctzll(m)];

        if (now_s < s->from_s || now_s >= s->until_s
            || !business_hour(s, local_s))
        {
            rules &= ~(m & -m);
        }
    }

    return rules;
}


/* the rules of which this part holds; items: as far as the lead goes */

static uint64_t
business_side(const xsell_business_t *b, const xsell_side_t *side,
    const xsell_query_t *q, uint64_t items)
{
    uint32_t  i;
    uint64_t  m;

    m = side->has & items;
    m &= side->page[q->anchor < b->items ? XSELL_PAGE_ITEM
                                         : XSELL_PAGE_OTHER];

    if (m & side->placed) {
        for (i = 0;
             i < b->slot_n && (b->slot[i].n != q->slot.n
                               || memcmp(b->slot[i].p, q->slot.p, q->slot.n));
             i++)
        {
            /* void */
        }

        m &= ~side->placed | (i < b->slot_n ? side->slot[i] : 0);
    }

    if (m & side->homed) {
        for (i = 0;
             i < b->country_n && (b->country[i][0] != q->country[0]
                                  || b->country[i][1] != q->country[1]);
             i++)
        {
            /* void */
        }

        m &= ~side->homed | (i < b->country_n ? side->country[i] : 0);
    }

    return m & side->timed ? business_time(b, side, m, q->wall_s) : m;
}


/* those whose items were shown as often in this visit as they may be */

static uint64_t
business_spent(const xsell_business_t *b, const xsell_query_t *q,
    uint64_t rules)
{
    unsigned                      i, n;
    uint64_t                      m, spent;
    const xsell_business_rule_t  *rule;

    spent = 0;

    for (m = rules & b->counted; m && q->session; m &= m - 1) {
        i = (unsigned) __builtin_ctzll(m);
        rule = &b->rule[i];

        n = q->session->r.cap[rule->counter / 2] >> rule->counter % 2 * 4 & 15;
        spent |= (uint64_t) (n >= rule->times) << i;
    }

    return spent;
}


/* the whole prices from low to high, none of them below 0 */

static void
business_band(xsell_price_band_t *band, float low, float high)
{
    low = xsell_clip(low, 0, BUSINESS_PRICES);
    high = xsell_clip(high, -1, BUSINESS_PRICES);

    band->low = (int64_t) low;
    band->low += (float) band->low < low;
    band->width = (uint64_t) ((int64_t) high - band->low);

    if ((int64_t) high < band->low) {
        band->low = INT64_MAX;
        band->width = 0;
    }
}


/* what all windows have in common */

static void
business_narrow(xsell_ruling_t *r, const xsell_price_band_t *band)
{
    int64_t   low;
    uint64_t  high, end;

    if (r->width == UINT64_MAX) {
        r->low = band->low;
        r->width = band->width;
        return;
    }

    /* none of these is below 0 */

    low = r->low > band->low ? r->low : band->low;
    high = (uint64_t) r->low + r->width;
    end = (uint64_t) band->low + band->width;
    end = end < high ? end : high;

    if (end < (uint64_t) low) {
        low = INT64_MAX;
        end = (uint64_t) low;
    }

    r->low = low;
    r->width = end - (uint64_t) low;
}


/* what is compared with the lead; rules that can't be do not hold */

static void
business_relate(xsell_ruling_t *r, const xsell_business_t *b,
    const xsell_item_t *lead)
{
    float                         low, high;
    unsigned                      i;
    uint64_t                      m;
    xsell_price_band_t           *band;
    const xsell_business_rule_t  *rule;

    r->bands = 0;
    r->low = INT64_MIN;
    r->width = UINT64_MAX;
    r->lead_brand = lead ? lead->brand_idx : 0;
    r->lead_category = lead ? lead->category_idx : 0;

    if (r->lead_brand == 0) {
        r->active &= ~(b->brand[0] | b->brand[1]);
    }

    if (r->lead_category == 0) {
        r->active &= ~(b->category[0] | b->category[1]);
    }

    if (lead == NULL || lead->price <= 0) {
        r->active &= ~b->priced;
    }

    /* a bit that is clear on one side has no say there */

    for (i = 0; i < 2; i++) {
        r->brand[i] = ~b->brand[!i];
        r->category[i] = ~b->category[!i];
    }

    for (m = r->active & b->priced; m; m &= m - 1) {
        i = (unsigned) __builtin_ctzll(m);
        rule = &b->rule[i];
        band = &r->band[r->bands];

        band->rule = m & -m;
        low = (float) lead->price * rule->ratio[0];
        high = (float) lead->price * rule->ratio[1];

        if (rule->difference[0] != INT64_MIN) {
            low = xsell_clip((float) (lead->price + rule->difference[0]),
                             low, high);
            high = xsell_clip((float) (lead->price + rule->difference[1]),
                              low, high);
        }

        business_band(band, low, high);

        if (band->rule & b->windows) {
            business_narrow(r, band);

        } else {
            r->bands++;
        }
    }

    r->relative = r->active & b->relative & ~b->windows;
    r->kin = r->active & (b->brand[0] | b->brand[1]
                          | b->category[0] | b->category[1]);
}


void
xsell_ruling_begin(xsell_ruling_t *r, const xsell_query_t *q, uint32_t lead)
{
    uint64_t                 when, unless, spent;
    const xsell_class_t     *c;
    const xsell_business_t  *b;

    b = q->business;
    r->business = NULL;

    if (b->catalog != q->catalog || b->n == 0) {
        return;
    }

    r->business = b;
    c = lead < b->items ? &b->class[b->class_of[lead]] : NULL;

    when = business_side(b, &b->when, q, c ? c->when : b->when.plain);
    unless = b->unless.has
             ? business_side(b, &b->unless, q, c ? c->unless
                                                 : b->unless.plain)
             : 0;

    r->active = when & ~unless;
    business_relate(r, b, lead < b->items ? xsell_catalog_item(b->catalog,
                                                               lead)
                                          : NULL);

    spent = business_spent(b, q, r->active);

    /* a cap begins when it is spent, all others end then */

    r->counted = r->active & b->counted;
    r->active &= ~(spent ^ b->caps);

    r->only = r->active & b->onlys & ~b->windows;
    r->refuse = r->active & (b->excludes | b->caps);
    r->hard = r->only | r->refuse | (r->active & b->pins);
    r->shift = r->active & b->shifts;
    r->row = r->hard | r->shift;
    r->most = r->active & b->mosts;
    r->taken = 0;
}


/* ---- a candidate ---- */

/* of `rules` those that leave the item beside the lead */

static inline uint64_t
business_beside(const xsell_ruling_t *r, uint64_t rules,
    const xsell_item_t *it)
{
    uint32_t                   i;
    const xsell_price_band_t  *band;

    if (rules & r->kin) {
        rules &= r->brand[it->brand_idx == r->lead_brand];
        rules &= r->category[it->category_idx == r->lead_category];
    }

    for (i = 0; i < r->bands; i++) {
        band = &r->band[i];

        /* below the lowest is, without a sign, far above the highest */

        rules &= (uint64_t) it->price - (uint64_t) band->low > band->width
                 ? ~band->rule : ~0ull;
    }

    return rules;
}


/* rules that are about the item, of those in `rules` */

static inline uint64_t
business_about(const xsell_ruling_t *r, uint32_t item,
    const xsell_item_t *it, uint64_t rules)
{
    const xsell_business_t  *b;

    b = r->business;
    rules &= b->what[b->class_of[item]];

    return rules & r->relative ? business_beside(r, rules, it) : rules;
}


/* what a rule with a margin adds: by what the item earns */

static inline float
business_earned(const xsell_business_t *b, unsigned rule, uint32_t item)
{
    return b->weight[rule] * ((float) b->margin[item] / 127);
}


int
xsell_ruling_allow(const xsell_ruling_t *r, uint32_t item,
    const xsell_item_t *it, float *offset)
{
    float                    sum;
    uint64_t                 m, earned;
    const xsell_business_t  *b;

    if ((uint64_t) it->price - (uint64_t) r->low > r->width) {
        return 0;
    }

    m = business_about(r, item, it, r->row);

    if ((m & r->hard) != r->only) {
        return 0;
    }

    sum = 0;

    b = r->business;
    m &= r->shift;

    for (earned = m & b->margins, m ^= earned; m; m &= m - 1) {
        sum += b->weight[__builtin_ctzll(m)];
    }

    for ( /* void */ ; earned; earned &= earned - 1) {
        sum += business_earned(b, (unsigned) __builtin_ctzll(earned), item);
    }

    *offset = sum;

    return 1;
}


int
xsell_ruling_refuse(const xsell_ruling_t *r, uint32_t item,
    const xsell_item_t *it)
{
    return business_about(r, item, it, r->refuse) != 0;
}


/* ---- the slate ---- */

/* whether the slate's place i is of the item's kind */

static inline int
business_kin(const xsell_taken_t *t, unsigned per, const xsell_item_t *it)
{
    switch (per) {

    case XSELL_PER_BRAND:
        return it->brand_idx && t->brand == it->brand_idx;

    case XSELL_PER_CATEGORY:
        return it->category_idx && t->category == it->category_idx;

    default:
        return 1;
    }
}


/* how many of the slate are of the item's kind, and of them those that one of
   these rules is about */

static inline uint32_t
business_like(const xsell_ruling_t *r, unsigned per, const xsell_item_t *it,
    uint64_t rules)
{
    uint32_t  i, n;

    for (i = 0, n = 0; i < r->taken; i++) {
        n += business_kin(&r->take[i], per, it)
             && (r->take[i].rules & rules);
    }

    return n;
}


/* rules: those of "most" that are about the item */

static inline int
business_room(const xsell_ruling_t *r, const xsell_item_t *it, uint64_t rules)
{
    unsigned                      per;
    uint32_t                      like;
    uint64_t                      all;
    const xsell_business_rule_t  *rule;

    per = UINT_MAX;
    like = 0;

    for (all = rules; rules; rules &= rules - 1) {
        rule = &r->business->rule[__builtin_ctzll(rules)];

        /* all of a short slate are no more than this, nor most often are
           those of one kind, whatever rule is about them */

        if (r->taken < rule->most) {
            continue;
        }

        if (rule->per != per) {
            per = rule->per;
            like = business_like(r, per, it, all);
        }

        if (like >= rule->most
            && business_like(r, per, it, rules & -rules) >= rule->most)
        {
            return 0;
        }
    }

    return 1;
}


int
xsell_ruling_fits(const xsell_ruling_t *r, uint32_t item,
    const xsell_item_t *it)
{
    return business_room(r, it, business_about(r, item, it, r->most));
}


int
xsell_ruling_take(xsell_ruling_t *r, uint32_t item, const xsell_item_t *it)
{
    uint64_t  rules;

    rules = business_about(r, item, it, r->most);

    if (!business_room(r, it, rules)) {
        return 0;
    }

    if (r->taken < XSELL_LIST_MAX) {
        r->take[r->taken].rules = rules;
        r->take[r->taken].brand = it->brand_idx;
        r->take[r->taken].category = it->category_idx;
        r->taken++;
    }

    return 1;
}


uint32_t
xsell_ruling_pins(const xsell_ruling_t *r, xsell_pinned_t *pin)
{
    uint32_t                      i, k, n;
    uint64_t                      m;
    const xsell_business_rule_t  *rule;

    n = 0;

    for (m = r->active & r->business->pins; m; m &= m - 1) {
        i = (uint32_t) __builtin_ctzll(m);
        rule = &r->business->rule[i];

        for (k = 0; k < rule->pins_n && n < XSELL_SLATE_MAX; k++) {
            pin[n].item = r->business->pin[rule->pins + k];
            pin[n].at = (uint8_t) (rule->at + k);
            pin[n].rule = (uint8_t) (i + 1);
            n++;
        }
    }

    return n;
}


unsigned
xsell_ruling_name(const xsell_ruling_t *r, uint32_t item,
    const xsell_item_t *it)
{
    float     f, best;
    unsigned  i, rule;
    uint64_t  m;

    rule = 0;
    best = 0;

    for (m = business_about(r, item, it, r->shift); m; m &= m - 1) {
        i = (unsigned) __builtin_ctzll(m);
        f = r->business->margins >> i & 1
            ? business_earned(r->business, i, item) : r->business->weight[i];
        f = f < 0 ? -f : f;

        if (f > best) {
            best = f;
            rule = i + 1;
        }
    }

    return rule;
}


unsigned
xsell_ruling_counters(const xsell_ruling_t *r, uint32_t item,
    const xsell_item_t *it)
{
    uint64_t  m;
    unsigned  counters;

    counters = 0;

    for (m = business_about(r, item, it, r->counted); m; m &= m - 1) {
        counters |= 1u << r->business->rule[__builtin_ctzll(m)].counter;
    }

    return counters;
}


/* ---- for people ---- */

uint32_t
xsell_business_n(const xsell_business_t *b)
{
    return b ? b->n : 0;
}


xsell_str_t
xsell_business_name(const xsell_business_t *b, uint32_t i)
{
    xsell_str_t  none;

    none.p = "";
    none.n = 0;

    return b && i < b->n ? b->rule[i].name : none;
}


int
xsell_business_homed(const xsell_business_t *b)
{
    return b && (b->when.homed | b->unless.homed) != 0;
}

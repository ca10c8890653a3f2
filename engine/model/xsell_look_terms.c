
/*
 * xsell_look_terms.c: the moment of a decision, as 21 numbers of about
 * -2..2 that the models of looks and of leaving know (xsell_look.c).
 *
 *   device, dwell, depth, whether an offer was ever clicked, kind of the item
 *   streak     pages of the same category before this one in the visit
 *   cart       items in it
 *   since      how lately something was offered: 2 just now, 0 after 4 minutes
 *   ignored    offers since the last click
 *   search     came here from a search engine; led: from a network, a mail,
 *              another site
 *   back       the page was seen before
 *   hour       a point of a circle: 23 h is next to 0 h
 *   country    four signs, as of the kind: countries need no list, and those
 *              that a shop sells most to differ in one of them, mostly
 *
 * They are stored with the impression as bytes, because they are learned from
 * what was stored; all of them 0 is a moment of which nothing is known, and
 * what nobody has learned of them counts for nothing.
 *
 * Who has not consented has no session, so no cart, no hour, no country.
 *
 * Not taken: products of these with a template's bits.  Five times as many
 * numbers for what they say of all templates alike: whether to be shown one.
 */

#include "xsell_model.h"

#include <math.h>


#define XSELL_STREAK_MAX       4
#define XSELL_CART_MAX         4
#define XSELL_IGNORED_MAX      8
#define XSELL_SINCE_S          15.0f

/* 32 times the sine of so many hours of 24; the cosine is six hours on */

static const int8_t  xsell_look_sine[24 + 6] = {
    0, 8, 16, 23, 28, 31, 32, 31, 28, 23, 16, 8,
    0, -8, -16, -23, -28, -31, -32, -31, -28, -23, -16, -8,
    0, 8, 16, 23, 28, 31
};


static int8_t
xsell_look_q5(float x)
{
    return (int8_t) (32 * xsell_clip(x, -2, 2) + (x < 0 ? -0.5f : 0.5f));
}


/* signs of a hash tell kinds apart without a list of them; 0, of none, leaves
   zeros */

static void
xsell_look_code(uint32_t hash, int8_t code[4])
{
    if (hash) {
        code[0] = hash & 0x100 ? 24 : -24;
        code[1] = hash & 0x200 ? 24 : -24;
        code[2] = hash & 0x400 ? 24 : -24;
        code[3] = hash & 0x800 ? 24 : -24;
    }
}


/* the visit's newest pages but this one, as far as they are of its category */

static uint32_t
xsell_look_streak(const xsell_scale_t *scale, const xsell_session_record_t *s)
{
    uint32_t                i;
    const xsell_item_t     *it;
    const xsell_catalog_t  *cat;

    if (scale->lead == NULL || scale->lead->category_idx == 0) {
        return 0;
    }

    cat = scale->query->catalog;

    for (i = 1; i < s->visit_n && i < XSELL_HISTORY; i++) {
        it = xsell_catalog_item(cat,
                 xsell_catalog_of(cat, xsell_ref(xsell_ref_slot(s->entry[i]),
                                                 s->tag[i])));

        if (it == NULL || it->category_idx != scale->lead->category_idx
            || i > XSELL_STREAK_MAX)
        {
            break;
        }
    }

    return i - 1;
}


static uint32_t
xsell_look_cart(const xsell_session_record_t *s)
{
    uint32_t  i, n;

    n = 0;

    for (i = 0; i < s->n && i < XSELL_HISTORY; i++) {
        n += s->entry[i] / XSELL_ENTRY_CART & 1;
    }

    return n < XSELL_CART_MAX ? n : XSELL_CART_MAX;
}


/* a visitor's state, which a visitor without a record has not yet */

static void
xsell_look_visitor(const xsell_scale_t *scale,
    const xsell_session_record_t *s, int8_t *term)
{
    float     ago;
    uint32_t  now_s, hash;

    now_s = (uint32_t) (scale->query->now_ms / 1000);

    term[XSELL_TERM_CLICKED] = s->flags & XSELL_SESSION_CLICKED ? 32 : 0;
    term[XSELL_TERM_STREAK] = (int8_t) (16 * xsell_look_streak(scale, s));
    term[XSELL_TERM_CART] = (int8_t) (16 * xsell_look_cart(s));
    term[XSELL_TERM_IGNORED] = s->ignored < XSELL_IGNORED_MAX
                               ? (int8_t) (8 * s->ignored) : 64;

    if (s->offer_s) {
        ago = now_s > s->offer_s ? (float) (now_s - s->offer_s) : 0;
        ago = 2 - xsell_log2(1 + ago / XSELL_SINCE_S) / 2;
        term[XSELL_TERM_SINCE] = (int8_t) (32 * xsell_clip(ago, 0, 2));
    }

    switch (scale->query->moment.referrer) {

    case XSELL_REFERRER_SEARCH:
        term[XSELL_TERM_SEARCH] = 32;
        break;

    case XSELL_REFERRER_SOCIAL:
    case XSELL_REFERRER_MAIL:
    case XSELL_REFERRER_OTHER:
        term[XSELL_TERM_LED] = 32;
        break;

    default:
        break;
    }

    term[XSELL_TERM_BACK] = scale->back > 0 ? 32 : 0;
    term[XSELL_TERM_HOUR] = xsell_look_sine[scale->query->moment.hour % 24];
    term[XSELL_TERM_HOUR + 1] =
        xsell_look_sine[scale->query->moment.hour % 24 + 6];

    hash = (uint32_t) (uint8_t) scale->query->country[0] << 8
           | (uint8_t) scale->query->country[1];

    xsell_look_code(hash * 0x9e3779b1u, &term[XSELL_TERM_COUNTRY]);
}


void
xsell_look_terms(const xsell_scale_t *scale, int8_t term[XSELL_TERMS])
{
    memset(term, 0, XSELL_TERMS);

    term[XSELL_TERM_MOBILE] = scale->mobile > 0 ? 32 : -32;
    term[XSELL_TERM_DWELL] = xsell_look_q5(scale->dwell);
    term[XSELL_TERM_DEPTH] = xsell_look_q5(2 * scale->depth - 1);

    xsell_look_code(scale->group, &term[XSELL_TERM_KIND]);

    if (scale->query->session) {
        xsell_look_visitor(scale, &scale->query->session->r, term);
    }
}


/* as far as a byte keeps them: what the decision knew, not what is known */

void
xsell_look_tell(const int8_t term[XSELL_TERMS], xsell_told_t *told)
{
    float  since;

    since = (float) term[XSELL_TERM_SINCE] / 32;
    since = XSELL_SINCE_S * (exp2f(4 - 2 * since) - 1);

    told->mobile = term[XSELL_TERM_MOBILE] > 0;
    told->back = term[XSELL_TERM_BACK] > 0;
    told->depth = (uint8_t) (1 + (5 * (term[XSELL_TERM_DEPTH] + 32) + 32) / 64);
    told->streak = (uint8_t) (term[XSELL_TERM_STREAK] / 16);
    told->cart = (uint8_t) (term[XSELL_TERM_CART] / 16);
    told->ignored = (uint8_t) (term[XSELL_TERM_IGNORED] / 8);
    told->since_s = term[XSELL_TERM_SINCE] > 0 ? (uint8_t) (since + 1) : 0;
    told->country = term[XSELL_TERM_COUNTRY] != 0;
}

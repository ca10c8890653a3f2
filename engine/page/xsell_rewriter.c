
/*
 * xsell_rewriter.c: where a page gets its slots.
 *
 * The inject stage feeds the page as it passes and is told the stream offsets
 * at which to insert.  Here are the public end of it and what is known about
 * places: which are open, which were matched by the tag under way, which wait
 * for the end of their element, which insertions are found and not told yet.
 *
 * Invariants: a place is matched by the first element or comment in document
 * order that can serve it, and told once; insertions are told in the order of
 * their offsets, those of one offset the inner element's first and of one
 * element in the order of the places; no byte is held unless an insertion
 * before it may still be found, and never more than XSELL_HOLD_MAX: what
 * would need more is not found, whatever the buffers' sizes were.
 *
 * Not taken: copying the page into one buffer and searching it (the first
 * byte would wait for the last), and a rewriter that writes the output
 * itself: buffers of the page go on as they are.
 */

#include "xsell_html.h"
#include "xsell_tags.h"

#include <stdlib.h>
#include <string.h>


static xsell_html_t *
xsell_html_of(xsell_rewriter_t *rw)
{
    return (xsell_html_t *) (void *) rw->priv;
}


/* ---- places ----------------------------------------------------------- */

static int
xsell_name_ok(xsell_str_t s)
{
    char    c;
    size_t  i;

    for (i = 0; i < s.n; i++) {
        c = s.p[i];

        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z')
              || (c >= 'A' && c <= 'Z') || c == '-' || c == '_'))
        {
            return 0;
        }
    }

    return s.n >= 1 && s.n <= XSELL_PLACE_NAME_MAX;
}


/* "#id": the id as CSS spells it, without escapes */

static int
xsell_selector_ok(xsell_str_t s)
{
    size_t       i;
    uint8_t      c;
    const char  *p;

    if (s.n < 2 || s.n > XSELL_PLACE_ID_MAX + 1 || s.p[0] != '#') {
        return 0;
    }

    for (i = 1; i < s.n; i++) {
        c = (uint8_t) s.p[i];

        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z')
              || (c >= 'A' && c <= 'Z') || c == '-' || c == '_' || c >= 0x80))
        {
            return 0;
        }
    }

    /* nor a digit first, nor a dash alone or before a digit */

    p = s.p + 1;
    i = s.n - 1;

    if (*p == '-') {
        p++;
        i--;
    }

    return i > 0 && !(*p >= '0' && *p <= '9');
}


static int
xsell_place_parse(xsell_place_t *place, xsell_str_t name,
    xsell_str_t position, xsell_str_t selector, xsell_error_t *err)
{
    unsigned  i;

    static const char *const  positions[] = {
        [XSELL_AT_MARKER] = "",
        [XSELL_AT_BEFORE] = "before",
        [XSELL_AT_AFTER] = "after",
        [XSELL_AT_PREPEND] = "prepend",
        [XSELL_AT_APPEND] = "append"
    };

    memset(place, 0, sizeof(xsell_place_t));

    if (!xsell_name_ok(name)) {
        return xsell_fail(err, XSELL_EINVAL, 0, 0,
                          "the name of a slot is 1 to %d letters, digits, "
                          "\"-\" or \"_\"", XSELL_PLACE_NAME_MAX);
    }

    for (i = 0; i <= XSELL_AT_APPEND; i++) {
        if (position.n == strlen(positions[i])
            && (position.n == 0
                || memcmp(position.p, positions[i], position.n) == 0))
        {
            break;
        }
    }

    if (i > XSELL_AT_APPEND) {
        return xsell_fail(err, XSELL_EINVAL, 0, 0,
                          "unknown position \"%.*s\"; known are before, "
                          "after, prepend, append, or none for a marker "
                          "<!--xsell %.*s--> in the page",
                          position.n < 40 ? (int) position.n : 40, position.p,
                          (int) name.n, name.p);
    }

    if (i != XSELL_AT_MARKER && !xsell_selector_ok(selector)) {
        return xsell_fail(err, XSELL_EINVAL, 0, 0,
                          "unsupported selector \"%.*s\"; an element is "
                          "named by its id, \"#id\" (letters, digits, \"-\", "
                          "\"_\", no digit first, up to %d bytes)",
                          selector.n < 40 ? (int) selector.n : 40,
                          selector.n ? selector.p : "", XSELL_PLACE_ID_MAX);
    }

    if (i == XSELL_AT_MARKER && selector.n) {
        return xsell_fail(err, XSELL_EINVAL, 0, 0,
                          "a selector wants a position before it");
    }

    place->position = (uint8_t) i;
    place->name = name;

    if (i != XSELL_AT_MARKER) {
        place->id.p = selector.p + 1;
        place->id.n = selector.n - 1;
    }

    return XSELL_OK;
}


int
xsell_places_create(xsell_places_t **ps)
{
    *ps = calloc(1, sizeof(xsell_places_t));

    return *ps ? XSELL_OK : XSELL_ENOMEM;
}


void
xsell_places_destroy(xsell_places_t *ps)
{
    uint32_t  i;

    if (ps == NULL) {
        return;
    }

    for (i = 0; i < ps->n; i++) {
        free((char *) ps->place[i].name.p);
    }

    free(ps);
}


int
xsell_places_add(xsell_places_t *ps, xsell_str_t name, xsell_str_t position,
    xsell_str_t selector, xsell_error_t *err)
{
    int            rc;
    char          *text;
    xsell_place_t  place;

    if (ps->n == XSELL_PLACES_MAX) {
        return xsell_fail(err, XSELL_EINVAL, 0, 0,
                          "too many slots: %d fit on a page",
                          XSELL_PLACES_MAX);
    }

    rc = xsell_place_parse(&place, name, position, selector, err);

    if (rc != XSELL_OK) {
        return rc;
    }

    text = malloc(place.name.n + place.id.n);

    if (text == NULL) {
        return xsell_fail(err, XSELL_ENOMEM, 0, 0, "out of memory");
    }

    memcpy(text, place.name.p, place.name.n);
    place.name.p = text;

    if (place.id.n) {
        memcpy(text + place.name.n, place.id.p, place.id.n);
        place.id.p = text + place.name.n;
    }

    ps->place[ps->n++] = place;

    return XSELL_OK;
}


uint32_t
xsell_places_n(const xsell_places_t *ps)
{
    return ps->n;
}


static const struct {
    const char  *name;
    const char  *why;
} xsell_place_states[XSELL_PLACE_STATES] = {
    [XSELL_PLACE_ABSENT] = { "absent", "no element of the page matches" },
    [XSELL_PLACE_SERVED] = { "served", "the fragment is there" },
    [XSELL_PLACE_IN_HEAD] = { "in_head", "inside <head>, or before the body, "
                              "where browsers show nothing" },
    [XSELL_PLACE_VOID] = { "void", "the element can't have contents" },
    [XSELL_PLACE_FOREIGN] = { "foreign", "inside <svg> or <math>" },
    [XSELL_PLACE_TABLE] = { "table", "between the parts of a table: browsers "
                            "would move it out" },
    [XSELL_PLACE_SELECT] = { "select", "inside <select>: browsers would drop "
                             "it" },
    [XSELL_PLACE_TEXT] = { "text", "inside an element that holds text only" },
    [XSELL_PLACE_PARAGRAPH] = { "paragraph", "inside an open <p>, which the "
                                "fragment would end" },
    [XSELL_PLACE_LINK] = { "link", "inside an open <a>, which a link would "
                           "end" },
    [XSELL_PLACE_FORMAT] = { "format", "elements like <b> or <a> are open "
                             "across it: browsers would wrap it" },
    [XSELL_PLACE_DEEP] = { "deep", "the page has too many elements in one "
                           "another" },
    [XSELL_PLACE_LONG] = { "long", "the tag there is too long" },
    [XSELL_PLACE_BODY] = { "body", "before or after <body> or <html>" },
    [XSELL_PLACE_WORK] = { "work", "the page costs more than it is worth" }
};


const char *
xsell_place_name(unsigned state)
{
    return state < XSELL_PLACE_STATES ? xsell_place_states[state].name : NULL;
}


const char *
xsell_place_why(unsigned state)
{
    return state < XSELL_PLACE_STATES ? xsell_place_states[state].why : NULL;
}


unsigned
xsell_html_holds(xsell_str_t html)
{
    return XSELL_HOLDS_ALL;
}


static int
xsell_place_is(const xsell_html_t *h, xsell_str_t s)
{
    return s.n == h->text_n && memcmp(s.p, h->text, s.n) == 0;
}


/* ---- what the tokenizer and the tree find ----------------------------- */

static void
xsell_place_due(xsell_html_t *h, unsigned i, uint64_t off)
{
    h->due[h->due_n++] = (uint8_t) i;
    h->due_at = off;
}


/* bytes from tag_at on are still held, however they were cut */

static int
xsell_place_held(const xsell_html_t *h)
{
    return h->now - h->tag_at <= XSELL_HOLD_MAX;
}


/* whether the start tag under way can serve a position at all */

static int
xsell_place_serves(const xsell_html_t *h, unsigned position)
{
    const xsell_tag_t  *tag;

    tag = &xsell_tags[xsell_element_kind(h->self)];

    switch (position) {

    case XSELL_AT_BEFORE:
        return tag->group != XSELL_G_BODY && xsell_place_held(h);

    case XSELL_AT_AFTER:
        return tag->group != XSELL_G_BODY
               && (h->verdict == XSELL_TAG_EMPTY || !h->lost);

    default:
        return h->verdict == XSELL_TAG_OPENS
               && tag->group != XSELL_G_TEMPLATE
               && (position == XSELL_AT_PREPEND || !h->lost);
    }
}


void
xsell_place_id(xsell_html_t *h)
{
    unsigned  i, position, bits;

    bits = h->open & ~h->markers;

    for (i = 0; bits >> i; i++) {

        if (!(bits >> i & 1) || !xsell_place_is(h, h->place[i].id)) {
            continue;
        }

        position = h->place[i].position;

        if (!xsell_place_serves(h, position)) {
            continue;
        }

        h->open &= (uint16_t) ~(1u << i);

        if (position == XSELL_AT_BEFORE) {
            xsell_place_due(h, i, h->tag_at);

        } else {
            h->hit |= (uint16_t) (1u << i);
        }
    }
}


void
xsell_place_started(xsell_html_t *h, uint64_t off)
{
    unsigned  i, bits, position;

    bits = h->hit;
    h->hit = 0;

    for (i = 0; bits >> i; i++) {

        if (!(bits >> i & 1)) {
            continue;
        }

        position = h->place[i].position;

        if (position == XSELL_AT_PREPEND || h->verdict == XSELL_TAG_EMPTY) {
            xsell_place_due(h, i, off);

        } else if (!h->lost) {
            h->captured |= (uint16_t) (1u << i);
            h->element[i] = (uint8_t) (h->depth - 1);
        }
    }
}


/*
 * append: before the tag that ends the element.  after: after its own end
 * tag, but before a tag that ends it by implication.
 */

void
xsell_place_closed(xsell_html_t *h, unsigned idx, int by_end_tag)
{
    unsigned  i, bits, bit;

    bits = h->captured;

    for (i = 0; bits >> i; i++) {
        bit = 1u << i;

        if (!(bits & bit) || h->element[i] != idx) {
            continue;
        }

        h->captured &= (uint16_t) ~bit;

        if (by_end_tag && h->place[i].position == XSELL_AT_AFTER) {
            h->closing |= (uint16_t) bit;

        } else if (xsell_place_held(h)) {
            xsell_place_due(h, i, h->tag_at);
        }
    }
}


void
xsell_place_moved(xsell_html_t *h, unsigned idx)
{
    unsigned  i;

    for (i = 0; h->captured >> i; i++) {
        if (h->captured >> i & 1 && h->element[i] > idx) {
            h->element[i]--;
        }
    }
}


void
xsell_place_lost(xsell_html_t *h)
{
    h->captured = 0;
}


void
xsell_place_ended(xsell_html_t *h, uint64_t off)
{
    unsigned  i, bits;

    bits = h->closing;
    h->closing = 0;

    for (i = 0; bits >> i; i++) {
        if (bits >> i & 1) {
            xsell_place_due(h, i, off);
        }
    }
}


void
xsell_place_marker(xsell_html_t *h, uint64_t off)
{
    unsigned  i, bits;

    bits = h->open & h->markers;

    for (i = 0; bits >> i; i++) {
        if (bits >> i & 1 && xsell_place_is(h, h->place[i].name)) {
            h->open &= (uint16_t) ~(1u << i);
            xsell_place_due(h, i, off);
        }
    }
}


/* ---- the public end --------------------------------------------------- */

void
xsell_rewriter_init(xsell_rewriter_t *rw, const xsell_places_t *places,
    unsigned holds)
{
    uint32_t              i;
    uint16_t              bit;
    xsell_html_t         *h;
    const xsell_place_t  *place;

    memset(rw, 0, sizeof(xsell_rewriter_t));

    rw->places = places;

    place = places->place;
    h = xsell_html_of(rw);
    h->place = place;

    for (i = 0; i < places->n; i++) {
        bit = (uint16_t) (1u << i);
        h->open |= bit;

        if (place[i].position == XSELL_AT_MARKER) {
            h->markers |= bit;

        } else if (place[i].position == XSELL_AT_BEFORE) {
            h->befores |= bit;
        }
    }

    if (h->open == 0) {
        xsell_html_stop(h);
    }
}


void
xsell_rewriter_skip(xsell_rewriter_t *rw, unsigned place)
{
    xsell_html_t  *h;

    h = xsell_html_of(rw);
    h->open &= (uint16_t) ~(1u << place);

    if (h->open == 0) {
        xsell_html_stop(h);
    }
}


/* once every place is served the rest of the page costs nothing */

static void
xsell_rewriter_settle(xsell_html_t *h)
{
    if ((h->open | h->hit | h->captured | h->closing) == 0) {
        xsell_html_stop(h);
    }
}


/* one of the insertions that are due */

static int
xsell_rewriter_tell(xsell_rewriter_t *rw, xsell_html_t *h, unsigned *which)
{
    *which = h->due[h->due_i++];

    if (h->due_i == h->due_n) {
        h->due_i = 0;
        h->due_n = 0;
        xsell_rewriter_settle(h);
    }

    rw->found |= 1u << *which;
    rw->state[*which] = XSELL_PLACE_SERVED;
    rw->at = h->due_at;
    rw->safe = h->due_at;

    return XSELL_AGAIN;
}


int
xsell_rewriter_feed(xsell_rewriter_t *rw, const uint8_t *p, size_t n,
    size_t *used, unsigned *which)
{
    const uint8_t  *q;
    xsell_html_t   *h;

    h = xsell_html_of(rw);
    *used = 0;

    if (h->due_n == 0) {

        if (xsell_html_stopped(h)) {
            *used = n;
            rw->pos += n;
            rw->safe = rw->pos;
            return XSELL_OK;
        }

        h->bias = rw->pos - (uint64_t) (uintptr_t) p;
        q = xsell_html_run(h, p, p + n);

        *used = (size_t) (q - p);
        rw->pos += *used;
    }

    if (h->due_n) {
        return xsell_rewriter_tell(rw, h, which);
    }

    xsell_rewriter_settle(h);

    rw->safe = (h->hold && rw->pos - h->tag_at <= XSELL_HOLD_MAX)
               ? h->tag_at : rw->pos;

    return XSELL_OK;
}


int
xsell_rewriter_finish(xsell_rewriter_t *rw, unsigned *which)
{
    xsell_html_stop(xsell_html_of(rw));
    rw->safe = rw->pos;

    return XSELL_OK;
}


/*
 * xsell_rewriter.c: where a page gets its slots: the public end.
 *
 * The inject stage feeds the page as it passes and is told the stream offsets
 * at which to insert, and which bytes a replacement drops.
 *
 * Invariants: a place is told once; offsets never go back; no byte is held
 * unless an insertion before it may still be found (xsell_place.c).
 *
 * Not taken: copying the page into one buffer and searching it (the first
 * byte would wait for the last), and a rewriter that writes the output
 * itself: buffers of the page go on as they are.
 */

#include "xsell_html.h"

#include <string.h>


static xsell_html_t *
xsell_html_of(xsell_rewriter_t *rw)
{
    return (xsell_html_t *) (void *) rw->priv;
}


/* ---- for people ------------------------------------------------------- */

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
    [XSELL_PLACE_WORK] = { "work", "the page costs more than it is worth" },
    [XSELL_PLACE_GONE] = { "gone", "inside an element that another slot "
                           "replaces" },
    [XSELL_PLACE_MOVED] = { "moved", "the fragment is behind an element that "
                            "a framework hydrates, and would lose it in" },
    [XSELL_PLACE_EXISTING] = { "existing", "the page has recommendations "
                               "already" }
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


/* ---- fragments -------------------------------------------------------- */

/* start tags wherever they seem to be: one in a comment too many makes a
   place that could be served refused, not a broken page */

unsigned
xsell_html_holds(xsell_str_t html)
{
    size_t    i, n;
    unsigned  holds, kind;

    holds = 0;

    for (i = 0; i < html.n; i += n + 1) {
        n = 0;

        if (html.p[i] != '<') {
            continue;
        }

        while (i + 1 + n < html.n && html.p[i + 1 + n] != '>'
               && html.p[i + 1 + n] != '/' && html.p[i + 1 + n] > ' ')
        {
            n++;
        }

        kind = xsell_tag_kind(xsell_name(html.p + i + 1, n));

        holds |= xsell_flags(kind) & XSELL_TAG_PCLOSE ? XSELL_HOLDS_BLOCK : 0;
        holds |= kind == XSELL_KIND_A ? XSELL_HOLDS_LINK : 0;

        n = 0;
    }

    return holds;
}


/* ---- the page --------------------------------------------------------- */

/* once nothing is left to be found the rest of the page costs nothing */

static void
xsell_rewriter_settle(xsell_html_t *h)
{
    if (xsell_html_idle(h)) {
        xsell_html_stop(h);
    }
}


void
xsell_rewriter_init(xsell_rewriter_t *rw, const xsell_places_t *places,
    unsigned holds)
{
    xsell_html_t  *h;

    memset(rw, 0, offsetof(xsell_rewriter_t, priv));
    rw->places = places;

    h = xsell_html_of(rw);
    memset(h, 0, offsetof(xsell_html_t, again));
    memset(&h->level[0], 0, sizeof(h->level[0]));

    h->ps = places;
    h->holds = (uint8_t) holds;
    h->look = XSELL_LOOK_BLACK;

    xsell_quick_init(h);
    xsell_place_init(h);
    xsell_rewriter_settle(h);
}


void
xsell_rewriter_skip(xsell_rewriter_t *rw, unsigned place)
{
    xsell_html_t  *h;

    h = xsell_html_of(rw);

    xsell_place_drop(h, place, XSELL_PLACE_ABSENT);
    xsell_rewriter_settle(h);
}


/* one of the insertions that are due */

static int
xsell_rewriter_tell(xsell_rewriter_t *rw, xsell_html_t *h, unsigned *which)
{
    const xsell_due_t  *d;

    d = &h->due[h->due_i++];

    if (h->due_i == h->due_n) {
        h->due_i = 0;
        h->due_n = 0;
        xsell_rewriter_settle(h);
    }

    *which = d->which;
    rw->at = d->at;
    rw->safe = d->at;
    rw->cut = d->cut;
    rw->close.p = h->close + d->close;
    rw->close.n = d->close_n;

    if (d->which < XSELL_PLACES_MAX) {
        rw->found |= 1u << d->which;
        rw->state[d->which] = h->moved >> d->which & 1 ? XSELL_PLACE_MOVED
                                                       : XSELL_PLACE_SERVED;
    }

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
    uint64_t       at;
    unsigned       state;
    xsell_html_t  *h;

    h = xsell_html_of(rw);

    if (h->due_n == 0 && !xsell_html_stopped(h)) {
        state = xsell_html_last(h, rw->pos, &at);

        h->tag_at = at;
        h->now = at;
        h->hit = 0;                     /* half a tag is no element */

        if (state == XSELL_PLACE_SERVED) {
            xsell_tree_eof(h);

        } else {
            xsell_place_unserved(h, state);
        }

        xsell_html_stop(h);
    }

    if (h->due_n) {
        return xsell_rewriter_tell(rw, h, which);
    }

    rw->safe = rw->pos;
    rw->cut = 0;

    return XSELL_OK;
}

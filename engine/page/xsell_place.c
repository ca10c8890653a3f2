
/*
 * xsell_place.c: what becomes of the places of a page: which are open, which
 * were matched by the tag under way, which wait for the end of their element,
 * which insertions are found and not told yet.
 *
 * A place is matched once, by the first element or comment in document order.
 * Whether something can be put there is asked at the point itself
 * (xsell_place_here): browsers must leave it where it is put, and parse the
 * rest of the page as without it.
 *
 * Where a tag ends elements by implication (</ul> the last <li>), what goes
 * before that tag must be outside of them: their end tags are written first.
 * They are logged as they are popped, for tags that are known to end nothing
 * but their own element and to leave nothing behind.
 *
 * Invariants: insertions are told in the order of their offsets, those of one
 * offset the inner element's first; no byte is held unless an insertion before
 * it may still be found, and never more than XSELL_HOLD_MAX: what would need
 * more is refused, whatever the buffers' sizes were.
 */

#include "xsell_html.h"

#include <string.h>


static xsell_rewriter_t *
xsell_rewriter_of(xsell_html_t *h)
{
    return (xsell_rewriter_t *) (void *)
               ((char *) h - offsetof(xsell_rewriter_t, priv));
}


/* which places are open has changed: what is watched for does too */

static void
xsell_place_open(xsell_html_t *h)
{
    xsell_match_open(h);
    xsell_root_open(h);
}


void
xsell_place_init(xsell_html_t *h)
{
    unsigned  i;
    uint16_t  bit;

    for (i = 0; i < h->ps->n; i++) {
        bit = (uint16_t) (1u << i);
        h->open |= bit;
        h->at[i] = h->ps->place[i].position;

        if (h->ps->place[i].existing == XSELL_EXISTING_REPLACE) {
            h->befores |= bit;
        }

        switch (h->at[i]) {

        case XSELL_AT_MARKER:
            h->markers |= bit;
            break;

        case XSELL_AT_BEFORE:
        case XSELL_AT_REPLACE:
            h->befores |= bit;
        }
    }

    xsell_place_open(h);
}


static void
xsell_place_done(xsell_html_t *h, unsigned i)
{
    uint16_t  keep;

    keep = (uint16_t) ~(1u << i);

    h->hit &= keep;
    h->captured &= keep;
    h->closing &= keep;

    if (h->open & ~keep) {
        h->open &= keep;
        xsell_place_open(h);
    }
}


void
xsell_place_drop(xsell_html_t *h, unsigned i, unsigned state)
{
    xsell_place_done(h, i);
    xsell_rewriter_of(h)->state[i] = (uint8_t) state;
}


/* bytes from tag_at on are still held, however they were cut */

static int
xsell_place_held(const xsell_html_t *h)
{
    return h->now - h->tag_at <= XSELL_HOLD_MAX;
}


/* place i waits for the end of an element; if it takes the stead of a section
   that exists already, it is open for that one until then */

static void
xsell_place_wait(xsell_html_t *h, unsigned i, unsigned idx)
{
    uint16_t  bit;

    bit = (uint16_t) (1u << i);

    xsell_place_done(h, i);

    h->captured |= bit;
    h->element[i] = (uint16_t) idx;

    if (h->ps->place[i].existing == XSELL_EXISTING_REPLACE) {
        h->open |= bit;
    }

    xsell_place_open(h);
}


/* ---- insertions that are found ---------------------------------------- */

static void
xsell_place_due(xsell_html_t *h, unsigned which, uint64_t at)
{
    xsell_due_t  *d;

    d = &h->due[h->due_n++];
    d->which = (uint8_t) which;
    d->at = at;
    d->cut = h->cut_now;
    d->close = h->close_told;
    d->close_n = 0;

    /* end tags belong before the tag that stands for them */

    if (at == h->tag_at && which != XSELL_CUT_END) {
        d->close_n = h->close_n - h->close_told;
        h->close_told = h->close_n;
    }
}


static void
xsell_place_serve(xsell_html_t *h, unsigned i, uint64_t at, unsigned state)
{
    if (state != XSELL_PLACE_SERVED) {
        xsell_place_drop(h, i, state);
        return;
    }

    xsell_place_done(h, i);
    xsell_place_due(h, i, at);
}


static void
xsell_place_cut_end(xsell_html_t *h, uint64_t at)
{
    h->cut_idx = 0;
    h->cut_new = 0;
    h->cut_closing = 0;
    h->cut_now = 0;
    xsell_place_due(h, XSELL_CUT_END, at);
}


void
xsell_place_unserved(xsell_html_t *h, unsigned state)
{
    unsigned  i, bits;

    bits = h->hit | h->captured | h->closing;

    for (i = 0; bits >> i; i++) {
        if (bits >> i & 1) {
            xsell_place_drop(h, i, state);
        }
    }
}


void
xsell_place_cut_lost(xsell_html_t *h)
{
    if (h->cut_now && h->due_n < XSELL_DUES) {
        xsell_place_cut_end(h, xsell_place_held(h) ? h->tag_at : h->now);
    }
}


unsigned
xsell_place_here(xsell_html_t *h)
{
    unsigned         kind;
    xsell_element_t  *top;

    if (h->mode <= XSELL_M_AFTER_HEAD || h->depth == 0) {
        return XSELL_PLACE_IN_HEAD;
    }

    if (h->mode == XSELL_M_FRAMESET || h->mode == XSELL_M_AFTER_FRAMESET) {
        return XSELL_PLACE_BODY;
    }

    top = xsell_top(h);
    kind = xsell_e_kind(top->bits);

    if (top->bits & XSELL_E_FOREIGN) {
        if (!(top->bits & XSELL_E_POINT)) {
            return XSELL_PLACE_FOREIGN;
        }

        kind = 0;
    }

    if (h->mode == XSELL_M_SELECT || h->mode == XSELL_M_SELECT_IN_TABLE) {
        return XSELL_PLACE_SELECT;
    }

    if (xsell_flags(kind) & XSELL_TAG_TABLISH
        || kind == XSELL_KIND_COLGROUP)
    {
        return XSELL_PLACE_TABLE;
    }

    if (kind == XSELL_KIND_HTML || kind == XSELL_KIND_HEAD) {
        return XSELL_PLACE_BODY;
    }

    if (xsell_pending(h)) {
        return XSELL_PLACE_FORMAT;
    }

    if (h->holds & XSELL_HOLDS_BLOCK && h->count[XSELL_COUNT_P]
        && xsell_find(h, XSELL_KIND_P, XSELL_SCOPE_BUTTON) >= 0)
    {
        return XSELL_PLACE_PARAGRAPH;
    }

    if (h->holds & XSELL_HOLDS_LINK
        && xsell_format_find(h, xsell_tags[XSELL_KIND_A].name) >= 0)
    {
        return XSELL_PLACE_LINK;
    }

    return XSELL_PLACE_SERVED;
}


/* the same for a point before the tag under way */

static unsigned
xsell_place_before_tag(xsell_html_t *h)
{
    return !xsell_place_held(h) ? XSELL_PLACE_LONG
           : h->close_bad ? h->close_bad : xsell_place_here(h);
}


/* ---- roots, sections -------------------------------------------------- */

void
xsell_place_saw(xsell_html_t *h, unsigned what, unsigned which)
{
    xsell_rewriter_t  *rw;

    rw = xsell_rewriter_of(h);

    if (rw->saw) {
        rw->saw(rw->ctx, what, which, h->tag_at);
    }
}


/* the first n elements of the path are around a point where place i was
   found: if one of them is a root, the place waits for its end */

static int
xsell_place_moves(xsell_html_t *h, unsigned i, unsigned n)
{
    int       append;
    unsigned  root, idx;

    if (!(h->ps->place[i].roots & 1) || h->cut_idx) {
        return 0;
    }

    root = xsell_root_around(h, n, &idx, &append);

    if (root == XSELL_ROOT_NONE) {
        return 0;
    }

    xsell_place_wait(h, i, idx);

    h->at[i] = append ? XSELL_AT_APPEND : XSELL_AT_AFTER;
    h->moved |= (uint16_t) (1u << i);
    xsell_rewriter_of(h)->root[i] = (uint8_t) root;

    return 1;
}


/* ---- end tags that are implied ---------------------------------------- */

void
xsell_place_tag(xsell_html_t *h)
{
    h->close_n = 0;
    h->close_told = 0;
    h->close_bad = 0;
    h->before_state = 0;
}


static void
xsell_place_write(xsell_html_t *h, const char *open, const char *name,
    size_t n)
{
    size_t  open_n;

    open_n = strlen(open);

    if (open_n + n + 1 > (size_t) XSELL_CLOSE_MAX - h->close_n) {
        h->close_bad = XSELL_PLACE_DEEP;
        return;
    }

    memcpy(h->close + h->close_n, open, open_n);
    memcpy(h->close + h->close_n + open_n, name, n);
    h->close[h->close_n + open_n + n] = '>';
    h->close_n += (uint8_t) (open_n + n + 1);
}


void
xsell_place_body(xsell_html_t *h)
{
    xsell_place_write(h, "<", "body", 4);
}


/* an element has ended by implication */

static void
xsell_place_log(xsell_html_t *h, const xsell_element_t *e)
{
    unsigned            kind;
    const xsell_tag_t  *tag;

    if (h->close_bad || (h->cut_idx && h->depth + 1u >= h->cut_idx)) {
        return;
    }

    kind = xsell_e_kind(e->bits);
    tag = &xsell_tags[kind];

    if (e->bits & XSELL_E_FOREIGN) {

        /* </svg> ends all that is open in it */

        if (kind == XSELL_KIND_SVG || kind == XSELL_KIND_MATH) {
            xsell_place_write(h, "</", tag->text, tag->n);
        }

        return;
    }

    switch (kind) {

    case XSELL_KIND_HEAD:
    case XSELL_KIND_BODY:
    case XSELL_KIND_HTML:
        return;

    case XSELL_KIND_OTHER:
    case XSELL_KIND_TEMPLATE:
        h->close_bad = XSELL_PLACE_FORMAT;
        return;
    }

    /* whose end tags do more than to end them; a second <a> is the first
       one's */

    if ((tag->flags & XSELL_TAG_FORMAT
         && !(h->adopting && e->name == h->name && !h->is_end))
        || tag->group == XSELL_G_OBJECT
        || e->bits & XSELL_E_FORM)
    {
        h->close_bad = XSELL_PLACE_FORMAT;
        return;
    }

    xsell_place_write(h, "</", tag->text, tag->n);
}


/* ---- matches ---------------------------------------------------------- */

void
xsell_place_before(xsell_html_t *h)
{
    switch (h->kind) {

    case XSELL_KIND_HTML:
    case XSELL_KIND_BODY:
    case XSELL_KIND_FRAMESET:
        h->before_state = XSELL_PLACE_BODY;
        break;

    case XSELL_KIND_HEAD:
        h->before_state = XSELL_PLACE_IN_HEAD;
        break;

    default:
        h->before_state = h->bits & XSELL_E_MOVED ? XSELL_PLACE_TABLE
                          : h->close_bad ? h->close_bad
                          : (uint8_t) xsell_place_here(h);
    }
}


static void
xsell_place_match_before(xsell_html_t *h, unsigned i)
{
    if (xsell_place_moves(h, i, h->depth)) {
        return;
    }

    if (h->before_state == XSELL_PLACE_SERVED
        && h->at[i] == XSELL_AT_REPLACE)
    {
        h->cut_now = xsell_place_held(h);
        h->cut_new = h->cut_now;
    }

    xsell_place_serve(h, i, h->tag_at,
                      h->before_state != XSELL_PLACE_SERVED ? h->before_state
                      : xsell_place_held(h) ? XSELL_PLACE_SERVED
                      : XSELL_PLACE_LONG);
}


/*
 * The tag under way begins a section that exists already.  Of a root's nothing
 * is taken away, and where nothing can be put, nothing is replaced: the place
 * is looked for as if the section were not there.
 */

static void
xsell_place_section(xsell_html_t *h, unsigned i)
{
    int       append;
    unsigned  idx;

    xsell_place_saw(h, XSELL_SAW_SECTION, i);

    switch (h->ps->place[i].existing) {

    case XSELL_EXISTING_SKIP:
        xsell_place_drop(h, i, XSELL_PLACE_EXISTING);
        return;

    case XSELL_EXISTING_REPLACE:
        xsell_place_before(h);

        if (h->cut_idx || h->cut_now || !xsell_place_held(h)
            || h->before_state != XSELL_PLACE_SERVED
            || xsell_root_around(h, h->depth, &idx, &append)
               != XSELL_ROOT_NONE)
        {
            return;
        }

        h->at[i] = XSELL_AT_REPLACE;
        h->moved &= (uint16_t) ~(1u << i);
        xsell_place_match_before(h, i);
    }
}


static void
xsell_place_sections(xsell_html_t *h, uint64_t self)
{
    unsigned  i, bits;

    bits = h->open | h->hit | h->captured;

    for (i = 0; bits >> i; i++) {
        if (!(bits >> i & 1) || !(h->ps->place[i].section & self)) {
            continue;
        }

        /* who names a section means it, hidden or not */

        if (h->ps->place[i].section == h->ps->sections
            && xsell_root_closed(h))
        {
            xsell_place_saw(h, XSELL_SAW_CLOSED, i);

        } else {
            xsell_place_section(h, i);
        }
    }
}


void
xsell_place_match(xsell_html_t *h)
{
    unsigned  i, bits;
    uint64_t  self;

    self = xsell_match_self(h);

    if (self & h->ps->roots) {
        xsell_root_seen(h, self);
    }

    if (self & h->ps->closed) {
        h->bits |= XSELL_E_CLOSED;
    }

    xsell_place_sections(h, self);

    bits = h->open & ~h->captured & ~h->markers;

    for (i = 0; bits >> i; i++) {

        if (!(bits >> i & 1) || !(h->ps->place[i].subject & self)) {
            continue;
        }

        if (h->cut_idx) {
            xsell_place_drop(h, i, XSELL_PLACE_GONE);

        } else if (h->at[i] == XSELL_AT_BEFORE
                   || h->at[i] == XSELL_AT_REPLACE)
        {
            xsell_place_match_before(h, i);

        } else {
            h->open &= (uint16_t) ~(1u << i);
            h->hit |= (uint16_t) (1u << i);
        }
    }

    xsell_place_open(h);
}


/* why an element of this kind can't serve a position at all */

static unsigned
xsell_place_never(const xsell_html_t *h, unsigned kind, unsigned position)
{
    switch (kind) {

    case XSELL_KIND_HEAD:
        return XSELL_PLACE_IN_HEAD;

    case XSELL_KIND_HTML:
    case XSELL_KIND_FRAMESET:
        return XSELL_PLACE_BODY;

    case XSELL_KIND_BODY:
        return position == XSELL_AT_AFTER ? XSELL_PLACE_BODY
                                          : XSELL_PLACE_SERVED;
    }

    return h->mode <= XSELL_M_AFTER_HEAD ? XSELL_PLACE_IN_HEAD
                                         : XSELL_PLACE_SERVED;
}


static unsigned
xsell_place_into(xsell_html_t *h, unsigned kind, unsigned position)
{
    if (h->cut_new) {
        return XSELL_PLACE_GONE;
    }

    if (h->verdict == XSELL_TAG_EMPTY) {
        return XSELL_PLACE_VOID;
    }

    /* a line feed at the start of these is not part of them */

    if (h->verdict == XSELL_TAG_TEXT || kind == XSELL_KIND_TEMPLATE
        || (position == XSELL_AT_PREPEND
            && (kind == XSELL_KIND_PRE || kind == XSELL_KIND_LISTING)))
    {
        return XSELL_PLACE_TEXT;
    }

    return XSELL_PLACE_SERVED;
}


static void
xsell_place_hit(xsell_html_t *h, unsigned i, uint64_t off)
{
    unsigned  state, kind, position;

    position = h->at[i];
    kind = xsell_html_kind(h->bits);
    state = xsell_place_never(h, kind, position);

    if (state == XSELL_PLACE_SERVED && position != XSELL_AT_AFTER) {
        state = xsell_place_into(h, kind, position);
    }

    if (state != XSELL_PLACE_SERVED) {
        xsell_place_drop(h, i, state);
        return;
    }

    /* an element that ends at once is not on the path, others are: the place
       is in it, or behind it */

    if (xsell_place_moves(h, i, h->depth - (h->verdict != XSELL_TAG_EMPTY
                                            && position == XSELL_AT_AFTER)))
    {
        return;
    }

    if (position == XSELL_AT_PREPEND) {
        xsell_place_serve(h, i, off, xsell_place_here(h));

    } else if (h->verdict == XSELL_TAG_EMPTY) {
        xsell_place_serve(h, i, off, h->bits & XSELL_E_MOVED
                                     ? XSELL_PLACE_TABLE
                                     : xsell_place_here(h));

    } else {
        xsell_place_wait(h, i, h->depth - 1u);
    }
}


void
xsell_place_started(xsell_html_t *h, uint64_t off)
{
    unsigned  i, bits;

    if (h->cut_closing
        || (h->cut_new && h->verdict == XSELL_TAG_EMPTY))
    {
        xsell_place_cut_end(h, off);

    } else if (h->cut_new) {
        h->cut_idx = h->depth;
    }

    bits = h->hit;
    h->hit = 0;

    for (i = 0; bits >> i; i++) {
        if (bits >> i & 1) {
            xsell_place_hit(h, i, off);
        }
    }

    h->cut_new = 0;
}


/* </p> where no <p> is open makes one, </br> a <br> */

static int
xsell_place_of_end(xsell_html_t *h, unsigned i)
{
    unsigned  kind, position;

    kind = xsell_html_kind(h->bits);
    position = h->at[i];

    if (!h->is_end || h->kind != kind || h->cut_idx
        || (kind != XSELL_KIND_P && kind != XSELL_KIND_BR)
        || position == XSELL_AT_PREPEND || position == XSELL_AT_APPEND)
    {
        return 0;
    }

    if (position == XSELL_AT_BEFORE || position == XSELL_AT_REPLACE) {
        xsell_place_match_before(h, i);

        if (h->cut_new) {
            h->cut_new = 0;
            h->cut_idx = h->depth;
        }

    } else {
        xsell_place_wait(h, i, h->depth - 1u);
    }

    return 1;
}


/* all but the body is no place that bytes have */

void
xsell_place_implied(xsell_html_t *h)
{
    unsigned  i, bits, kind, position, state;
    uint64_t  self;

    self = xsell_match_self(h);
    bits = h->open & ~h->captured & ~h->markers;
    kind = xsell_html_kind(h->bits);

    for (i = 0; bits >> i; i++) {

        if (!(bits >> i & 1) || !(h->ps->place[i].subject & self)) {
            continue;
        }

        position = h->at[i];

        if (xsell_place_of_end(h, i)) {
            continue;
        }

        if (kind == XSELL_KIND_BODY && position == XSELL_AT_APPEND) {
            xsell_place_wait(h, i, h->depth - 1u);
            continue;
        }

        if (kind == XSELL_KIND_BODY && position == XSELL_AT_PREPEND
            && xsell_place_moves(h, i, h->depth))
        {
            continue;
        }

        state = h->cut_idx ? XSELL_PLACE_GONE
                : kind == XSELL_KIND_HEAD ? XSELL_PLACE_IN_HEAD
                : kind == XSELL_KIND_HTML ? XSELL_PLACE_BODY
                : kind != XSELL_KIND_BODY
                  ? (xsell_flags(kind) & XSELL_TAG_THOROUGH
                     ? XSELL_PLACE_TABLE : XSELL_PLACE_FORMAT)
                : position != XSELL_AT_PREPEND ? XSELL_PLACE_BODY
                : xsell_place_held(h) ? XSELL_PLACE_SERVED
                : XSELL_PLACE_LONG;

        xsell_place_serve(h, i, h->tag_at, state);
    }

    xsell_place_open(h);
}


/* whether these compounds match can't be told: the tag is too long */

void
xsell_place_doubt(xsell_html_t *h, uint64_t compounds)
{
    unsigned  i, bits;

    bits = h->open & ~h->captured & ~h->markers;

    for (i = 0; bits >> i; i++) {
        if (bits >> i & 1 && h->ps->place[i].bits & compounds) {
            xsell_place_drop(h, i, XSELL_PLACE_LONG);
        }
    }
}


void
xsell_place_moved(xsell_html_t *h, uint64_t self)
{
    unsigned  i, bits;

    bits = h->open & ~h->captured & ~h->markers;

    for (i = 0; bits >> i; i++) {
        if (bits >> i & 1 && h->ps->place[i].subject & self) {
            xsell_place_drop(h, i, XSELL_PLACE_FORMAT);
        }
    }
}


/* ---- ends ------------------------------------------------------------- */

/* append: before the tag that ends the element */

void
xsell_place_ending(xsell_html_t *h, int own)
{
    unsigned  i, bits;

    (void) own;
    bits = h->captured;

    for (i = 0; bits >> i; i++) {
        if (bits >> i & 1 && h->element[i] == h->depth - 1
            && h->at[i] == XSELL_AT_APPEND)
        {
            xsell_place_serve(h, i, h->tag_at, xsell_place_before_tag(h));
        }
    }
}


/* after: after its own end tag, or before a tag that ends it by
   implication */

void
xsell_place_closed(xsell_html_t *h, const xsell_element_t *e, int own)
{
    unsigned  i, bits;

    if (!own) {
        xsell_place_log(h, e);
    }

    if (h->cut_idx == h->depth + 1) {

        if (own || !xsell_place_held(h)) {
            h->cut_closing = 1;
            h->cut_idx = 0;

        } else {
            xsell_place_cut_end(h, h->tag_at);
        }
    }

    bits = h->captured;

    for (i = 0; bits >> i; i++) {

        if (!(bits >> i & 1) || h->element[i] != h->depth) {
            continue;
        }

        if (e->bits & XSELL_E_MOVED) {
            xsell_place_drop(h, i, XSELL_PLACE_TABLE);

        } else if (own) {
            h->captured &= (uint16_t) ~(1u << i);
            h->closing |= (uint16_t) (1u << i);

        } else {
            xsell_place_serve(h, i, h->tag_at, xsell_place_before_tag(h));
        }
    }
}


void
xsell_place_ended(xsell_html_t *h, uint64_t off)
{
    unsigned  i, bits;

    if (h->cut_closing) {
        xsell_place_cut_end(h, off);
    }

    bits = h->closing;

    for (i = 0; bits >> i; i++) {
        if (bits >> i & 1) {
            xsell_place_serve(h, i, off, xsell_place_here(h));
        }
    }
}


/* an element that leaves the stack while others in it stay */

void
xsell_place_torn(xsell_html_t *h, unsigned idx)
{
    unsigned  i, bits;

    bits = h->captured;

    for (i = 0; bits >> i; i++) {
        if (bits >> i & 1 && h->element[i] == idx) {
            xsell_place_drop(h, i, XSELL_PLACE_FORMAT);
        }
    }

    if (h->cut_idx == idx + 1) {

        if (h->is_end || !xsell_place_held(h)) {
            h->cut_idx = 0;
            h->cut_closing = 1;

        } else {
            xsell_place_cut_end(h, h->tag_at);
        }
    }

    if (h->open & h->befores) {
        h->close_bad = XSELL_PLACE_FORMAT;
    }
}


/* the same of a form: it ends where the next one in it does, but nothing can
   be put at its end, nor after that one */

void
xsell_place_crossed(xsell_html_t *h, unsigned idx)
{
    unsigned  i, bits;

    bits = h->captured;

    for (i = 0; bits >> i; i++) {
        if (bits >> i & 1
            && h->element[i] == idx
                                + (h->at[i]
                                   == XSELL_AT_AFTER))
        {
            xsell_place_drop(h, i, XSELL_PLACE_FORMAT);
        }
    }
}


void
xsell_place_fostered(xsell_html_t *h, unsigned idx)
{
    unsigned  i, bits;

    bits = h->captured;

    for (i = 0; bits >> i; i++) {
        if (bits >> i & 1 && h->element[i] == idx) {
            xsell_place_drop(h, i, XSELL_PLACE_TABLE);
        }
    }
}


void
xsell_place_shift(xsell_html_t *h, unsigned from, int by)
{
    unsigned  i;

    for (i = 0; h->captured >> i; i++) {
        if (h->captured >> i & 1 && h->element[i] > from) {
            h->element[i] = (uint16_t) (h->element[i] + by);
        }
    }

    if (h->cut_idx > from + 1) {
        h->cut_idx = (uint16_t) (h->cut_idx + by);
    }
}


/* ---- markers ---------------------------------------------------------- */

void
xsell_place_marker(xsell_html_t *h, uint64_t off)
{
    unsigned              i, bits;
    const xsell_place_t  *place;

    bits = h->open & ~h->captured & h->markers;

    for (i = 0; bits >> i; i++) {
        place = &h->ps->place[i];

        if (!(bits >> i & 1) || place->name_n != h->value_n
            || memcmp(place->name, h->value, place->name_n) != 0
            || xsell_place_moves(h, i, h->depth))
        {
            continue;
        }

        xsell_place_serve(h, i, off,
                          h->cut_idx ? XSELL_PLACE_GONE
                          : h->mode == XSELL_M_AFTER_BODY
                            || h->mode == XSELL_M_AFTER_AFTER_BODY
                            ? XSELL_PLACE_BODY : xsell_place_here(h));
    }
}

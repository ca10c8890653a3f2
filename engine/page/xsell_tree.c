
/*
 * xsell_tree.c: which elements are open.
 *
 * Browsers build a tree of a page; what is kept here is the path from its
 * root to where the page is, as the HTML specification's "tree construction"
 * keeps it: the stack of open elements, with those that no tag stands for
 * (<tbody>), the insertion mode, and the active formatting elements.  Which
 * element a tag makes, and which ones it ends, follows from these as it does
 * in browsers, with scripting on.
 *
 * This file has the stack, searches in it, and the modes before the body.
 *
 * Left out: frames (a <frameset> that takes the place of a body with nothing
 * in it), and what character references mean for white space.
 *
 * Invariants: depth <= XSELL_DEPTH; count[] counts what is on the stack; a
 * tag is looked at by a bounded number of modes; a search is bounded by the
 * depth.  A page that goes deeper is given up: its places are refused.
 *
 * Not taken: counting start and end tags of the target's own name.  One
 * </ul> too many or an omitted </li>, both common, and the fragment stands
 * somewhere else.
 */

#include "xsell_html.h"

#include <string.h>


#define XSELL_HEAD_LEVEL     (XSELL_DEPTH + 1)

/* modes that a tag is handed through, at most */
#define XSELL_HANDS          16


/* ---- the stack -------------------------------------------------------- */

void
xsell_lost(xsell_html_t *h, unsigned state)
{
    h->hit |= h->open;
    xsell_place_unserved(h, state);
    xsell_place_cut_lost(h);
}


/* what the innermost element lacks of what a start tag needs */

static unsigned
xsell_odd_needs(const xsell_html_t *h)
{
    unsigned  kind, needs;

    kind = xsell_top_kind(h);
    needs = xsell_quick[h->kind].needs & ~XSELL_NEEDS_MILD;

    return (needs & xsell_quick[kind].element.lacks)
           | (h->count[XSELL_COUNT_P] ? needs & XSELL_NEEDS_NO_P : 0);
}


/* it ends more than a <p>, <li>, <dt> or <dd> that is the innermost element,
   or is dropped */

static int
xsell_odd_place(const xsell_html_t *h)
{
    unsigned               kind, needs, below;
    const xsell_format_t  *f;

    /* the fourth of a kind, perhaps */

    f = &h->format[h->formats];

    if (xsell_quick[h->kind].push == XSELL_PUSH_FORMAT && h->formats > 2
        && f[-1].name && f[-2].name && f[-3].name)
    {
        return 1;
    }

    needs = xsell_odd_needs(h);

    if (needs == 0) {
        return 0;
    }

    kind = xsell_top_kind(h);

    if (needs & XSELL_NEEDS_NO_P && kind == XSELL_KIND_P
        && h->count[XSELL_COUNT_P] == 1 && h->depth > 1)
    {
        below = xsell_html_kind(h->stack[h->depth - 2].bits);

        return (xsell_quick[h->kind].needs & ~XSELL_NEEDS_MILD
                & xsell_quick[below].element.lacks) != 0;
    }

    return needs != XSELL_NEEDS_LIST
           || xsell_tags[kind].group != xsell_tags[h->kind].group;
}


/* an element stands where its parent isn't, by a table, or a template has a
   mode of its own: another table may mean another thing */

static int
xsell_odd_moved(const xsell_html_t *h)
{
    unsigned  i;

    for (i = 0; i < h->depth; i++) {
        if (h->stack[i].bits & XSELL_E_MOVED
            || xsell_e_kind(h->stack[i].bits) == XSELL_KIND_TEMPLATE)
        {
            return 1;
        }
    }

    return 0;
}


/* a start tag that is no quick one, whatever the buffers are */

static int
xsell_odd_start(const xsell_html_t *h)
{
    if (h->mode == XSELL_M_IN_HEAD && !h->odd) {
        return xsell_tags[h->kind].group != XSELL_G_HEADISH;
    }

    if (h->odd || h->mode < XSELL_M_BODY || h->mode > XSELL_M_ROW
        || h->mode == XSELL_M_TEMPLATE || xsell_tree_foreign(h))
    {
        return 1;
    }

    if (h->kind == XSELL_KIND_OTHER) {
        return 0;
    }

    return xsell_quick[h->kind].push == XSELL_PUSH_SLOW
           || (h->kind == XSELL_KIND_TABLE && xsell_odd_moved(h))
           || xsell_odd_place(h);
}


static void
xsell_count(xsell_html_t *h, uint32_t bits, int by)
{
    switch (xsell_html_kind(bits)) {
    case XSELL_KIND_P:
        h->count[XSELL_COUNT_P] += (uint32_t) by;
        break;

    case XSELL_KIND_TEMPLATE:
        h->count[XSELL_COUNT_TEMPLATE] += (uint32_t) by;
        break;
    }
}


static int
xsell_push(xsell_html_t *h, uint64_t name, uint32_t bits)
{
    xsell_element_t  *e;

    if (h->depth == XSELL_DEPTH) {
        xsell_lost(h, XSELL_PLACE_DEEP);
        return -1;
    }

    e = &h->stack[h->depth++];
    *e = xsell_quick[xsell_html_kind(bits)].element;
    e->name = name;
    e->bits = bits;
    e->types = h->types_n;
    xsell_unlike(h, h->depth - 1u);

    if (bits & XSELL_E_FOREIGN) {
        e->lacks = 0xffff;              /* nothing begins in it quickly */
        h->strayed |= xsell_e_kind(bits) == XSELL_KIND_TEMPLATE;
    }

    h->strayed |= (bits & XSELL_E_MOVED) != 0;

    xsell_count(h, bits, 1);
    xsell_match_push(h);

    return 0;
}


/* somebody waits for ends, or may want to know which there were */

static int
xsell_watched(const xsell_html_t *h)
{
    return h->captured || h->cut_idx || h->open & h->befores;
}


void
xsell_pop(xsell_html_t *h, int own)
{
    xsell_element_t  *e;

    if (h->depth == 0) {
        return;
    }

    if (xsell_watched(h)) {
        xsell_place_ending(h, own);
    }

    e = &h->stack[--h->depth];
    h->types_n = e->types;

    if (!(e->bits & XSELL_E_FOREIGN)) {
        xsell_count(h, e->bits, -1);

        if (xsell_flags(xsell_e_kind(e->bits)) & XSELL_TAG_FORMAT) {
            if (h->adopting) {
                xsell_format_drop(h, h->depth);

            } else {
                xsell_format_closed(h, h->depth);
            }
        }

        if (xsell_e_kind(e->bits) == XSELL_KIND_SELECT) {
            xsell_reset_mode(h);
        }

        if (xsell_e_kind(e->bits) == XSELL_KIND_HEAD) {
            h->head_self = h->level[h->depth + 1].self;
            h->head_up = h->level[h->depth + 1].up;
        }
    }

    if (xsell_watched(h)) {
        xsell_place_closed(h, e, own);
    }
}


void
xsell_close(xsell_html_t *h, unsigned idx, int own)
{
    while (h->depth > idx) {
        xsell_pop(h, own && h->depth == idx + 1);
    }
}


/* all that is above it moves down; what was in it is in another now */

static void
xsell_remove(xsell_html_t *h, unsigned idx)
{
    xsell_place_shift(h, idx, -1);

    xsell_count(h, h->stack[idx].bits, -1);
    xsell_format_closed(h, idx);
    xsell_format_moved(h, idx, -1);

    h->depth--;

    memmove(&h->stack[idx], &h->stack[idx + 1],
            (h->depth - idx) * sizeof(h->stack[0]));
    memmove(&h->level[idx + 1], &h->level[idx + 2],
            (h->depth - idx) * sizeof(h->level[0]));

    xsell_unlike(h, idx);
}


void
xsell_take_out(xsell_html_t *h, unsigned idx)
{
    xsell_place_torn(h, idx);
    xsell_remove(h, idx);
}


/* what is open in a form stays in it, and the form's end comes after that */

void
xsell_take_form(xsell_html_t *h, unsigned idx)
{
    xsell_place_crossed(h, idx);
    xsell_remove(h, idx);
}


/* and up, to make room; there is: one was taken out before */

void
xsell_put_in(xsell_html_t *h, unsigned idx, const xsell_element_t *e)
{
    if (h->depth == XSELL_DEPTH) {
        return;
    }

    xsell_place_shift(h, idx - 1, 1);
    xsell_format_moved(h, idx - 1, 1);

    memmove(&h->stack[idx + 1], &h->stack[idx],
            (h->depth - idx) * sizeof(h->stack[0]));
    memmove(&h->level[idx + 2], &h->level[idx + 1],
            (h->depth - idx) * sizeof(h->level[0]));

    h->depth++;
    h->stack[idx] = *e;
    h->stack[idx].types = h->types_n;
    h->stack[idx].types_n = 0;
    xsell_unlike(h, idx);
    h->stack[idx + 1 < XSELL_DEPTH ? idx + 1 : idx].id = 0;
    memset(&h->level[idx + 1], 0, sizeof(h->level[0]));

    xsell_count(h, e->bits, 1);
}


/* ---- searches --------------------------------------------------------- */

static int
xsell_wall(uint32_t bits, unsigned scope)
{
    unsigned  kind, flags;

    kind = xsell_e_kind(bits);
    flags = xsell_flags(kind);

    if (bits & XSELL_E_FOREIGN) {
        return scope != XSELL_SCOPE_TABLE
               && flags & (bits & XSELL_E_SVG ? XSELL_TAG_SPOINT
                                              : XSELL_TAG_MPOINT);
    }

    if (scope == XSELL_SCOPE_TABLE) {
        return kind == XSELL_KIND_TABLE || kind == XSELL_KIND_TEMPLATE
               || kind == XSELL_KIND_HTML;
    }

    return flags & XSELL_TAG_SCOPE
           || (scope == XSELL_SCOPE_BUTTON && kind == XSELL_KIND_BUTTON)
           || (scope == XSELL_SCOPE_LIST && flags & XSELL_TAG_LISTWALL);
}


int
xsell_find(xsell_html_t *h, unsigned kind, unsigned scope)
{
    unsigned  i;

    for (i = h->depth; i--; ) {
        if (xsell_html_kind(h->stack[i].bits) == kind) {
            return (int) i;
        }

        if (xsell_wall(h->stack[i].bits, scope)) {
            break;
        }
    }

    return -1;
}


/* up to the innermost one, walls or not */

void
xsell_close_kind(xsell_html_t *h, unsigned kind, int own)
{
    unsigned  i;

    for (i = h->depth; i--; ) {
        if (xsell_html_kind(h->stack[i].bits) == kind) {
            xsell_close(h, i, own);
            return;
        }
    }
}


void
xsell_imply_ends(xsell_html_t *h, unsigned but)
{
    unsigned  kind;

    for ( ;; ) {
        kind = xsell_top_kind(h);

        if (kind == but || !(xsell_flags(kind) & XSELL_TAG_IMPLIED)) {
            return;
        }

        xsell_pop(h, 0);
    }
}


void
xsell_close_p(xsell_html_t *h)
{
    int  idx;

    if (h->count[XSELL_COUNT_P] == 0) {
        return;
    }

    idx = xsell_find(h, XSELL_KIND_P, XSELL_SCOPE_BUTTON);

    if (idx >= 0) {
        xsell_close(h, (unsigned) idx, 0);
    }
}


/* ---- where are we ----------------------------------------------------- */

static unsigned
xsell_mode_of(const xsell_html_t *h, unsigned idx)
{
    unsigned  i;

    switch (xsell_html_kind(h->stack[idx].bits)) {
    case XSELL_KIND_SELECT:
        for (i = idx; i--; ) {
            if (xsell_html_kind(h->stack[i].bits) == XSELL_KIND_TEMPLATE) {
                break;
            }

            if (xsell_html_kind(h->stack[i].bits) == XSELL_KIND_TABLE) {
                return XSELL_M_SELECT_IN_TABLE;
            }
        }

        return XSELL_M_SELECT;

    case XSELL_KIND_TD:
    case XSELL_KIND_TH:
        return XSELL_M_CELL;

    case XSELL_KIND_TR:
        return XSELL_M_ROW;

    case XSELL_KIND_TBODY:
    case XSELL_KIND_THEAD:
    case XSELL_KIND_TFOOT:
        return XSELL_M_TABLE_BODY;

    case XSELL_KIND_CAPTION:
        return XSELL_M_CAPTION;

    case XSELL_KIND_COLGROUP:
        return XSELL_M_COLGROUP;

    case XSELL_KIND_TABLE:
        return XSELL_M_TABLE;

    case XSELL_KIND_TEMPLATE:
        return xsell_e_mode(h->stack[idx].bits);

    case XSELL_KIND_HEAD:
        return XSELL_M_IN_HEAD;

    case XSELL_KIND_BODY:
        return XSELL_M_BODY;

    case XSELL_KIND_FRAMESET:
        return XSELL_M_FRAMESET;

    case XSELL_KIND_HTML:
        /* a <template> after <head> has ended */
        return XSELL_M_AFTER_HEAD;
    }

    return XSELL_M_INITIAL;
}


void
xsell_reset_mode(xsell_html_t *h)
{
    unsigned  i, mode;

    for (i = h->depth; i--; ) {
        mode = xsell_mode_of(h, i);

        if (mode != XSELL_M_INITIAL) {
            h->mode = (uint8_t) mode;
            return;
        }
    }

    h->mode = XSELL_M_BODY;
}


int
xsell_tree_foreign(const xsell_html_t *h)
{
    return h->depth && xsell_top(h)->bits & XSELL_E_FOREIGN;
}


/* the current node is of <svg> or <math>, and so is a start tag here */

static int
xsell_foreign_start(const xsell_html_t *h)
{
    uint32_t  bits;

    bits = xsell_top(h)->bits;

    if (bits & XSELL_E_POINT) {
        return bits & XSELL_E_MATH
               && xsell_e_kind(bits) != XSELL_KIND_ANNOTATION_XML
               && (h->kind == XSELL_KIND_MGLYPH
                   || h->kind == XSELL_KIND_MALIGNMARK);
    }

    return !(bits & XSELL_E_MATH
             && xsell_e_kind(bits) == XSELL_KIND_ANNOTATION_XML
             && h->kind == XSELL_KIND_SVG);
}


void
xsell_look(xsell_html_t *h)
{
    switch (h->mode) {
    case XSELL_M_SELECT:
    case XSELL_M_SELECT_IN_TABLE:
    case XSELL_M_FRAMESET:
    case XSELL_M_AFTER_FRAMESET:
        h->look = 0;
        return;

    case XSELL_M_BODY:
    case XSELL_M_CELL:
    case XSELL_M_CAPTION:
    case XSELL_M_TEMPLATE:
        h->look = xsell_pending(h) ? XSELL_LOOK_ANY : 0;
        break;

    case XSELL_M_TABLE:
    case XSELL_M_TABLE_BODY:
    case XSELL_M_ROW:
        h->look = !xsell_pending(h) ? 0
                  : xsell_flags(xsell_top_kind(h)) & XSELL_TAG_TABLISH
                    ? XSELL_LOOK_BLACK : XSELL_LOOK_ANY;
        break;

    case XSELL_M_AFTER_BODY:
    case XSELL_M_AFTER_AFTER_BODY:
        h->look = xsell_pending(h) ? XSELL_LOOK_ANY : XSELL_LOOK_BLACK;
        break;

    default:
        h->look = XSELL_LOOK_BLACK;
    }

    if (h->look && xsell_tree_foreign(h)
        && !(xsell_top(h)->bits & XSELL_E_POINT))
    {
        h->look = 0;
    }
}


/* ---- elements begin --------------------------------------------------- */

/* below which level: in a table what is none of its parts goes before it */

static void
xsell_find_parent(xsell_html_t *h)
{
    unsigned  i, kind;

    h->parent = h->depth;

    if (!h->foster
        || !(xsell_flags(xsell_top_kind(h)) & XSELL_TAG_TABLISH))
    {
        return;
    }

    for (i = h->depth; i--; ) {
        kind = xsell_html_kind(h->stack[i].bits);

        if (kind == XSELL_KIND_TEMPLATE) {
            h->parent = (uint16_t) (i + 1);
            return;
        }

        if (kind == XSELL_KIND_TABLE) {
            h->parent = (uint16_t) i;
            h->bits |= XSELL_E_MOVED;
            return;
        }
    }
}


static void
xsell_insert_here(xsell_html_t *h)
{
    if (h->open & h->befores) {
        xsell_place_before(h);
    }

    xsell_match_start(h, h->name, h->kind);

    if (xsell_match_self(h) & h->subjects) {
        xsell_place_match(h);
    }
}


void
xsell_insert(xsell_html_t *h, unsigned verdict)
{
    h->verdict = (uint8_t) verdict;
    h->bits = h->kind;

    xsell_find_parent(h);
    xsell_insert_here(h);
}


void
xsell_insert_foreign(xsell_html_t *h, uint32_t ns)
{
    unsigned  flags;

    flags = xsell_flags(h->kind);

    h->verdict = XSELL_TAG_OPENS;
    h->bits = h->kind | ns;

    if (flags & (ns == XSELL_E_SVG ? XSELL_TAG_SPOINT : XSELL_TAG_MPOINT)) {
        if (h->kind == XSELL_KIND_ANNOTATION_XML) {
            h->attrs |= XSELL_ATTRS_WATCH;      /* its encoding says */

        } else {
            h->bits |= XSELL_E_POINT;
        }
    }

    xsell_find_parent(h);
    xsell_insert_here(h);
}


/* own: compounds that an earlier element of the same attributes met */

static void
xsell_imply_own(xsell_html_t *h, uint64_t name, unsigned kind, uint64_t own)
{
    uint64_t  met, want;

    met = h->met;
    want = h->want;

    h->bits = kind;
    h->met = 0;

    xsell_find_parent(h);

    if (h->open & h->befores) {
        xsell_place_before(h);
    }

    xsell_match_start(h, name, kind);
    h->own |= own;
    xsell_match_add(h);

    if (xsell_push(h, name, h->bits) == 0
        && xsell_match_self(h) & h->subjects)
    {
        xsell_place_implied(h);
    }

    h->bits = 0;
    h->met = met;
    h->want = want;
    h->own = 0;
    h->poss = 0;
}


void
xsell_imply(xsell_html_t *h, unsigned kind)
{
    if (kind == XSELL_KIND_BODY) {
        xsell_place_body(h);
    }

    xsell_imply_own(h, xsell_tags[kind].name, kind, 0);
}


void
xsell_imply_format(xsell_html_t *h, const xsell_format_t *f)
{
    xsell_imply_own(h, f->name, f->kind, f->own);
}


/* ---- before the body -------------------------------------------------- */

void
xsell_merge(xsell_html_t *h)
{
    if (h->count[XSELL_COUNT_TEMPLATE] == 0) {
        h->then |= XSELL_THEN_MERGE;
        h->attrs |= XSELL_ATTRS_MATCH;
        h->want = ~(uint64_t) 0;
    }
}


/* the attributes of a second <html> or <body> are the first one's too */

static void
xsell_merged(xsell_html_t *h)
{
    unsigned  idx;

    idx = (h->kind == XSELL_KIND_BODY);

    if (h->depth <= idx || xsell_html_kind(h->stack[idx].bits) != h->kind) {
        return;
    }

    h->parent = (uint16_t) idx;
    xsell_match_start(h, h->name, h->kind);

    h->level[idx + 1].own |= h->own;
    xsell_match_moved(h, idx);
}


/* what is the same in the head and in the body */

int
xsell_start_head(xsell_html_t *h)
{
    unsigned  flags;

    flags = xsell_flags(h->kind);

    if (h->kind == XSELL_KIND_TEMPLATE) {
        xsell_insert(h, XSELL_TAG_OPENS);
        h->bits |= (uint32_t) XSELL_M_TEMPLATE << 24;
        h->then |= XSELL_THEN_MARKER;
        h->mode = XSELL_M_TEMPLATE;
        return XSELL_OK;
    }

    if (xsell_tags[h->kind].group == XSELL_G_HEADISH
        || h->kind == XSELL_KIND_NOFRAMES)
    {
        xsell_insert(h, flags & XSELL_TAG_VOID ? XSELL_TAG_EMPTY
                                               : XSELL_TAG_TEXT);
        return XSELL_OK;
    }

    return XSELL_AGAIN;
}


static int
xsell_start_in_head(xsell_html_t *h)
{
    if (h->kind == XSELL_KIND_HEAD) {
        return XSELL_OK;
    }

    if (h->kind == XSELL_KIND_NOSCRIPT) {
        xsell_insert(h, XSELL_TAG_TEXT);
        return XSELL_OK;
    }

    if (xsell_start_head(h) == XSELL_OK) {
        return XSELL_OK;
    }

    xsell_pop(h, 0);
    h->mode = XSELL_M_AFTER_HEAD;

    return XSELL_AGAIN;
}


/* it goes into the head all the same; the head is not on the stack */

static void
xsell_start_late_head(xsell_html_t *h)
{
    unsigned        depth;
    xsell_level_t  *level, save;

    depth = h->depth;
    level = &h->level[depth];
    save = *level;

    memset(level, 0, sizeof(xsell_level_t));
    level->self = h->head_self;
    level->up = h->head_up;

    (void) xsell_start_head(h);

    *level = save;
    h->level[XSELL_HEAD_LEVEL].self = h->head_self;
    h->level[XSELL_HEAD_LEVEL].up = h->head_up;
    h->parent = XSELL_HEAD_LEVEL;
    h->bits |= XSELL_E_MOVED;
}


static int
xsell_start_after_head(xsell_html_t *h)
{
    switch (h->kind) {
    case XSELL_KIND_HEAD:
        return XSELL_OK;

    case XSELL_KIND_BODY:
        xsell_insert(h, XSELL_TAG_OPENS);
        h->mode = XSELL_M_BODY;
        return XSELL_OK;

    case XSELL_KIND_FRAMESET:
        xsell_insert(h, XSELL_TAG_OPENS);
        h->mode = XSELL_M_FRAMESET;
        return XSELL_OK;
    }

    if (xsell_tags[h->kind].group == XSELL_G_HEADISH
        || h->kind == XSELL_KIND_NOFRAMES)
    {
        xsell_start_late_head(h);
        return XSELL_OK;
    }

    xsell_imply(h, XSELL_KIND_BODY);
    h->mode = XSELL_M_BODY;

    return XSELL_AGAIN;
}


static int
xsell_start_early(xsell_html_t *h)
{
    if (h->kind == XSELL_KIND_HTML && h->mode > XSELL_M_BEFORE_HTML) {
        xsell_merge(h);
        return XSELL_OK;
    }

    switch (h->mode) {
    case XSELL_M_INITIAL:
        h->quirks = 1;
        h->mode = XSELL_M_BEFORE_HTML;
        return XSELL_AGAIN;

    case XSELL_M_BEFORE_HTML:
        h->mode = XSELL_M_BEFORE_HEAD;

        if (h->kind == XSELL_KIND_HTML) {
            xsell_insert(h, XSELL_TAG_OPENS);
            return XSELL_OK;
        }

        xsell_imply(h, XSELL_KIND_HTML);
        return XSELL_AGAIN;

    case XSELL_M_BEFORE_HEAD:
        h->mode = XSELL_M_IN_HEAD;

        if (h->kind == XSELL_KIND_HEAD) {
            xsell_insert(h, XSELL_TAG_OPENS);
            return XSELL_OK;
        }

        xsell_imply(h, XSELL_KIND_HEAD);
        return XSELL_AGAIN;

    case XSELL_M_IN_HEAD:
        return xsell_start_in_head(h);

    default:
        return xsell_start_after_head(h);
    }
}


/* all that is implied up to the body */

static void
xsell_imply_body(xsell_html_t *h)
{
    if (h->mode == XSELL_M_INITIAL) {
        h->quirks = 1;
    }

    if (h->mode <= XSELL_M_BEFORE_HTML) {
        xsell_imply(h, XSELL_KIND_HTML);
    }

    if (h->mode <= XSELL_M_BEFORE_HEAD) {
        xsell_imply(h, XSELL_KIND_HEAD);
    }

    if (h->mode <= XSELL_M_IN_HEAD) {
        xsell_pop(h, 0);
    }

    if (h->mode <= XSELL_M_AFTER_HEAD) {
        xsell_imply(h, XSELL_KIND_BODY);
        h->mode = XSELL_M_BODY;
    }
}


static int
xsell_end_early(xsell_html_t *h)
{
    switch (h->kind) {
    case XSELL_KIND_HEAD:
        if (h->mode == XSELL_M_AFTER_HEAD) {
            return XSELL_OK;
        }

        if (h->mode <= XSELL_M_BEFORE_HTML) {
            h->quirks |= h->mode == XSELL_M_INITIAL;
            xsell_imply(h, XSELL_KIND_HTML);
        }

        if (h->mode <= XSELL_M_BEFORE_HEAD) {
            xsell_imply(h, XSELL_KIND_HEAD);
        }

        xsell_pop(h, 1);
        h->mode = XSELL_M_AFTER_HEAD;
        return XSELL_OK;

    case XSELL_KIND_HTML:
    case XSELL_KIND_BODY:
    case XSELL_KIND_BR:
        xsell_imply_body(h);
        return XSELL_AGAIN;

    case XSELL_KIND_TEMPLATE:
        xsell_end_template(h);
        return XSELL_OK;
    }

    /* <title>, <style>, <script>: only text has been in them */

    if (xsell_flags(h->kind) & XSELL_TAG_RAW
        && xsell_top_kind(h) == h->kind)
    {
        xsell_pop(h, 1);
    }

    return XSELL_OK;
}


/* ---- start tags ------------------------------------------------------- */

static int
xsell_start_mode(xsell_html_t *h)
{
    switch (h->mode) {
    case XSELL_M_BODY:
        return xsell_start_body(h);

    case XSELL_M_SELECT:
    case XSELL_M_SELECT_IN_TABLE:
        return xsell_start_select(h);

    case XSELL_M_AFTER_BODY:
    case XSELL_M_AFTER_AFTER_BODY:
        if (h->kind == XSELL_KIND_HTML) {
            return xsell_start_body(h);
        }

        h->mode = XSELL_M_BODY;
        return XSELL_AGAIN;

    case XSELL_M_FRAMESET:
    case XSELL_M_AFTER_FRAMESET:
        if (h->kind == XSELL_KIND_NOFRAMES) {
            return xsell_start_head(h);
        }

        if (h->mode == XSELL_M_FRAMESET && h->kind == XSELL_KIND_FRAMESET) {
            xsell_insert(h, XSELL_TAG_OPENS);

        } else if (h->mode == XSELL_M_FRAMESET
                   && h->kind == XSELL_KIND_FRAME)
        {
            xsell_insert(h, XSELL_TAG_EMPTY);
        }

        return XSELL_OK;
    }

    return h->mode <= XSELL_M_AFTER_HEAD ? xsell_start_early(h)
                                         : xsell_start_table(h, h->mode);
}


static void
xsell_start(xsell_html_t *h)
{
    unsigned  i;

    if (xsell_tree_foreign(h) && xsell_foreign_start(h)) {
        xsell_start_foreign(h);

        if (h->verdict != XSELL_TAG_IGNORED) {
            return;
        }
    }

    for (i = 0; i < XSELL_HANDS; i++) {
        if (xsell_start_mode(h) != XSELL_AGAIN) {
            return;
        }
    }
}


/* <font> in <svg> and a hidden <input> in a table are what their attributes
   say */

static int
xsell_start_late(const xsell_html_t *h)
{
    return (h->kind == XSELL_KIND_FONT && xsell_tree_foreign(h))
           || (h->kind == XSELL_KIND_INPUT
               && (h->mode == XSELL_M_TABLE || h->mode == XSELL_M_TABLE_BODY
                   || h->mode == XSELL_M_ROW));
}


void
xsell_tree_start(xsell_html_t *h)
{
    unsigned  work;

    h->kind = (uint8_t) xsell_tag_kind(h->name);
    h->verdict = XSELL_TAG_IGNORED;
    h->then = 0;
    h->watch = 0;
    h->met = 0;
    h->seen = 0;
    h->want = 0;
    h->own = 0;
    h->poss = 0;
    h->hash = 0;
    h->late = (uint8_t) xsell_start_late(h);
    h->asks = xsell_asks(h, h->kind);
    h->attrs = h->asks ? XSELL_ATTRS_ASK : 0;

    xsell_place_tag(h);

    if (xsell_odd_start(h)) {
        xsell_work(h, XSELL_WORK_TAG + 4 * h->depth);

    } else {
        work = xsell_quick_price(h->kind, h->name, h->name_n);

        if (work >= XSELL_WORK_NAME) {
            xsell_work(h, work);
            work = 0;
        }

        h->work += work + (xsell_odd_needs(h) && h->mode != XSELL_M_IN_HEAD
                           ? XSELL_WORK_INSTEAD : 0);
    }

    if (h->late) {
        h->attrs |= XSELL_ATTRS_WATCH | XSELL_ATTRS_MATCH;
        h->want = ~(uint64_t) 0;
        h->hold = (h->open & h->befores) != 0 || h->captured || h->cut_idx;
        return;
    }

    xsell_start(h);

    h->hold = h->poss & h->early || h->captured;
}


/* whether a value is "hidden" and the like: lower case is what we have */

static int
xsell_value_is(const xsell_html_t *h, const char *s)
{
    uint8_t   c;
    uint32_t  i;

    for (i = 0; i < h->value_n && i < XSELL_VALUE_MAX && s[i]; i++) {
        c = (uint8_t) h->value[i];
        c += (uint8_t) ((unsigned) (c - 'A') < 26) << 5;

        if (c != (uint8_t) s[i]) {
            return 0;
        }
    }

    return i == h->value_n && s[i] == '\0';
}


static uint64_t
xsell_watch_name(unsigned kind, unsigned i)
{
    static const uint64_t  names[] = {
        0x65707974,                             /* type */
        0x676e69646f636e65,                     /* encoding */
        0x726f6c6f63,                           /* color */
        0x65636166,                             /* face */
        0x657a6973                              /* size */
    };

    return kind == XSELL_KIND_INPUT ? names[0]
           : kind == XSELL_KIND_ANNOTATION_XML ? names[1] : names[2 + i];
}


static int
xsell_watches(const xsell_html_t *h)
{
    return h->attr == xsell_watch_name(h->kind, 0)
           || h->attr == xsell_watch_name(h->kind, 1)
           || h->attr == xsell_watch_name(h->kind, 2);
}


int
xsell_tree_wants(xsell_html_t *h)
{
    int  wanted;

    wanted = h->attrs & XSELL_ATTRS_HASH
             || (h->attrs & XSELL_ATTRS_WATCH && xsell_watches(h));

    if (h->attrs & XSELL_ATTRS_MATCH) {
        wanted |= xsell_match_wants(h);
    }

    return wanted;
}


void
xsell_tree_attr(xsell_html_t *h)
{
    if (h->attrs & XSELL_ATTRS_HASH) {
        h->hash += xsell_attr_hash(h->attr, h->value,
                                   h->value_n < XSELL_VALUE_MAX
                                   ? h->value_n : XSELL_VALUE_MAX);
    }

    if (h->attrs & XSELL_ATTRS_WATCH && xsell_watches(h)) {
        h->watch |= h->kind == XSELL_KIND_INPUT
                    ? xsell_value_is(h, "hidden")
                    : h->kind == XSELL_KIND_ANNOTATION_XML
                      ? xsell_value_is(h, "text/html")
                        || xsell_value_is(h, "application/xhtml+xml")
                      : 1;
    }

    if (h->attrs & XSELL_ATTRS_MATCH) {
        xsell_match_attr(h);

        if (!h->late && h->verdict != XSELL_TAG_IGNORED) {
            if (xsell_match_self(h) & h->subjects) {
                xsell_place_match(h);
            }

            h->hold = h->poss & h->early & ~h->own || h->captured;
        }
    }
}


void
xsell_tree_started(xsell_html_t *h, uint64_t off)
{
    if (h->late) {
        h->late = 0;
        xsell_start(h);
    }

    if (h->verdict == XSELL_TAG_IGNORED) {
        if (h->then & XSELL_THEN_MERGE) {
            xsell_merged(h);
        }

        xsell_look(h);
        return;
    }

    if (h->bits & XSELL_E_FOREIGN) {
        if (h->slash) {
            h->verdict = XSELL_TAG_EMPTY;
        }

        if (h->watch && h->kind == XSELL_KIND_ANNOTATION_XML) {
            h->bits |= XSELL_E_POINT;
        }
    }

    xsell_match_add(h);

    if (h->verdict == XSELL_TAG_EMPTY
        || xsell_push(h, h->name, h->bits) == 0)
    {
        if (h->then & XSELL_THEN_FORMAT) {
            xsell_format_push(h);

        } else if (h->then & XSELL_THEN_MARKER) {
            xsell_format_mark(h, h->depth - 1);
        }
    }

    if (h->hit || h->cut_new || h->cut_closing) {
        xsell_place_started(h, off);
    }

    xsell_look(h);
}


/* ---- end tags --------------------------------------------------------- */

void
xsell_end_template(xsell_html_t *h)
{
    unsigned  kind;

    if (h->count[XSELL_COUNT_TEMPLATE] == 0) {
        return;
    }

    for ( ;; ) {
        kind = xsell_top_kind(h);

        if (!(xsell_flags(kind) & (XSELL_TAG_IMPLIED | XSELL_TAG_THOROUGH))) {
            break;
        }

        xsell_pop(h, 0);
    }

    xsell_close_kind(h, XSELL_KIND_TEMPLATE, 1);
    xsell_format_clear(h);
    xsell_reset_mode(h);
}


static int
xsell_end_mode(xsell_html_t *h)
{
    switch (h->mode) {
    case XSELL_M_BODY:
        return xsell_end_body(h);

    case XSELL_M_SELECT:
    case XSELL_M_SELECT_IN_TABLE:
        return xsell_end_select(h);

    case XSELL_M_AFTER_BODY:
    case XSELL_M_AFTER_AFTER_BODY:
        if (h->kind == XSELL_KIND_HTML && h->mode == XSELL_M_AFTER_BODY) {
            h->mode = XSELL_M_AFTER_AFTER_BODY;
            return XSELL_OK;
        }

        h->mode = XSELL_M_BODY;
        return XSELL_AGAIN;

    case XSELL_M_FRAMESET:
        if (h->kind == XSELL_KIND_FRAMESET && h->depth > 1) {
            xsell_pop(h, 1);

            if (xsell_top_kind(h) != XSELL_KIND_FRAMESET) {
                h->mode = XSELL_M_AFTER_FRAMESET;
            }
        }

        /* fall through */

    case XSELL_M_AFTER_FRAMESET:
        return XSELL_OK;
    }

    return h->mode <= XSELL_M_AFTER_HEAD ? xsell_end_early(h)
                                         : xsell_end_table(h, h->mode);
}


void
xsell_tree_end(xsell_html_t *h)
{
    unsigned  i;

    h->kind = (uint8_t) xsell_tag_kind(h->name);
    h->attrs = 0;

    xsell_place_tag(h);

    if (h->odd || h->depth == 0 || h->name != xsell_top(h)->name) {
        xsell_work(h, XSELL_WORK_TAG + 4 * h->depth);
    }

    if (!xsell_tree_foreign(h) || xsell_end_foreign(h) == XSELL_AGAIN) {
        for (i = 0; i < XSELL_HANDS; i++) {
            if (xsell_end_mode(h) != XSELL_AGAIN) {
                break;
            }
        }
    }

    xsell_look(h);
}


void
xsell_tree_ended(xsell_html_t *h, uint64_t off)
{
    if (h->closing || h->cut_closing) {
        xsell_place_ended(h, off);
    }
}


/* ---- text, and the end of it ------------------------------------------ */

void
xsell_tree_text(xsell_html_t *h, uint64_t off)
{
    h->tag_at = off;
    h->now = off;

    xsell_place_tag(h);

    switch (h->mode) {
    case XSELL_M_AFTER_BODY:
    case XSELL_M_AFTER_AFTER_BODY:
        h->mode = XSELL_M_BODY;
        break;

    case XSELL_M_COLGROUP:
        if (xsell_top_kind(h) == XSELL_KIND_COLGROUP) {
            xsell_pop(h, 0);
            h->mode = XSELL_M_TABLE;
        }

        break;

    default:
        if (h->mode <= XSELL_M_AFTER_HEAD) {
            xsell_imply_body(h);
        }
    }

    h->foster = h->mode == XSELL_M_TABLE || h->mode == XSELL_M_TABLE_BODY
                || h->mode == XSELL_M_ROW;
    xsell_reconstruct(h);
    h->foster = 0;

    xsell_look(h);
}


void
xsell_tree_eof(xsell_html_t *h)
{
    xsell_place_tag(h);

    if (h->mode <= XSELL_M_AFTER_HEAD
        && h->count[XSELL_COUNT_TEMPLATE] == 0)
    {
        xsell_imply_body(h);
    }

    xsell_close(h, 0, 0);
}


/* ---- doctypes --------------------------------------------------------- */

/* whether a page is laid out as in the last century, as far as it makes a
   difference: a <table> does not end a <p> then */

static int
xsell_quirks(const char *p, size_t n)
{
    size_t       i;
    const char  *id;

    static const char *const  old[] = {
        "-//w3c//dtd html 4.0 frameset//", "-//w3c//dtd html 4.0 transitional",
        "-//w3c//dtd html 3", "-//w3c//dtd html experimental",
        "-//w3c//dtd w3 html 3", "-//w3o//dtd w3 html", "-//ietf//dtd html",
        "-//netscape comm. corp.//dtd", "-//microsoft//dtd internet explorer",
        "-//softquad", "-//sun microsystems corp.//dtd hotjava",
        "-//webtechs//dtd mozilla html", "-//metrius//dtd", "-//o'reilly",
        "-//advasoft ltd//dtd html", "-//as//dtd html", "-//spyglass//dtd",
        "-//sq//dtd html", "+//silmaril//dtd html", "-/w3c/dtd html 4.0 tra",
        "html\"", "html'", "-//w3c//dtd html 4.01 frameset//",
        "-//w3c//dtd html 4.01 transitional//"
    };

    /* "doctype html", then perhaps a public id, then perhaps a system id */

    for (i = 7; i < n && (p[i] == ' ' || p[i] == '\t' || p[i] == '\n'
                          || p[i] == '\f' || p[i] == '\r'); i++) { /* void */ }

    if (n - i < 4 || memcmp(p + i, "html", 4) != 0
        || (n - i > 4 && p[i + 4] > ' '))
    {
        return 1;
    }

    id = memmem(p, n, "public", 6);

    if (id == NULL) {
        return memmem(p, n, "http://www.ibm.com/data/dtd/v11/ibmxhtml1-", 42)
               != NULL;
    }

    for (id += 6; id < p + n && *id != '"' && *id != '\''; id++) { /* void */ }

    if (id == p + n) {
        return 1;
    }

    id++;
    n -= (size_t) (id - p);

    for (i = 0; i < sizeof(old) / sizeof(old[0]); i++) {
        if (n < strlen(old[i]) || memcmp(id, old[i], strlen(old[i])) != 0) {
            continue;
        }

        /* the last two only if no system id follows */

        return i + 2 < sizeof(old) / sizeof(old[0])
               || memmem(id, n, "http", 4) == NULL;
    }

    return 0;
}


void
xsell_tree_doctype(xsell_html_t *h)
{
    size_t  i, n;

    if (h->mode != XSELL_M_INITIAL) {
        return;
    }

    n = h->value_n < XSELL_VALUE_MAX ? h->value_n : XSELL_VALUE_MAX;

    for (i = 0; i < n; i++) {
        if (h->value[i] >= 'A' && h->value[i] <= 'Z') {
            h->value[i] += 'a' - 'A';
        }
    }

    if (n < 7 || memcmp(h->value, "doctype", 7) != 0) {
        return;
    }

    h->quirks = (uint8_t) xsell_quirks(h->value, n);
    h->mode = XSELL_M_BEFORE_HTML;
}


/* ---- markers ---------------------------------------------------------- */

int
xsell_tree_marks(const xsell_html_t *h)
{
    return (h->open & h->markers) != 0
           && h->count[XSELL_COUNT_TEMPLATE] == 0;
}


void
xsell_tree_marker(xsell_html_t *h, uint64_t off)
{
    xsell_place_tag(h);
    xsell_place_marker(h, off);
}

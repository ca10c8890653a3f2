
/*
 * xsell_tree.c: which elements are open.
 *
 * The tokenizer asks at the name of every tag; what is kept is a stack of
 * names, as browsers keep one of elements.  It answers three questions: is
 * this point inside <head>, <template> or <svg>, where nothing is put; does
 * browsers' parsing drop this start tag; and which elements does this tag
 * end, by name or by implication (an <li> ends the one before, a </ul> the
 * last).
 *
 * It follows "tree construction" of the HTML specification as far as the
 * answers need: scopes, special and formatting elements, implied ends, table
 * contexts, foreign content.  Left out are elements that browsers insert by
 * themselves (<tbody>), active formatting elements that are opened again,
 * quirks mode, and the rules within <select>: they move where an element
 * hangs, hardly ever where its text ends.
 *
 * Invariants: depth <= XSELL_DEPTH; count[] counts what is on the stack, over
 * and templates what found no place there.  A search is bounded
 * by the depth, so time stays linear in the page.  When the stack is full,
 * elements are only counted, and no end is looked for any more.
 *
 * Not taken: counting start and end tags of the target's own name.  One
 * </ul> too many or an omitted </li>, both common, and the fragment stands
 * somewhere else.
 */

#include "xsell_html.h"
#include "xsell_tags.h"

#include <string.h>


/* searches: what may not be passed on the way down */

enum {
    XSELL_SCOPE = 0,
    XSELL_SCOPE_BUTTON,
    XSELL_SCOPE_LIST,
    XSELL_SCOPE_TABLE
};


static uint32_t
xsell_element(unsigned kind, uint64_t name)
{
    if (kind) {
        return kind;
    }

    return (uint32_t) ((name * XSELL_TAG_MIX) >> 41) << 9;
}


static int
xsell_is(uint32_t element, unsigned group)
{
    return !(element & XSELL_FOREIGN_BIT)
           && xsell_tag_of(element)->group == group;
}


static int
xsell_top_is(const xsell_html_t *h, unsigned group)
{
    return h->depth && xsell_is(h->stack[h->depth - 1], group);
}


/* ---- the stack -------------------------------------------------------- */

/* ends the element at idx and all in it, the innermost first */

static void
xsell_close(xsell_html_t *h, unsigned idx, int by_end_tag)
{
    while (h->depth > idx) {
        xsell_tree_pop(h);

        if (h->captured) {
            xsell_place_closed(h, h->depth, by_end_tag && h->depth == idx);
        }
    }
}


/* takes an element out, those in it stay open (<b><div></b></div>) */

static void
xsell_remove(xsell_html_t *h, unsigned idx, int by_end_tag)
{
    if (h->captured) {
        xsell_place_closed(h, idx, by_end_tag);
        xsell_place_moved(h, idx);
    }

    h->count[xsell_count_of(h->stack[idx])]--;
    h->depth--;
    memmove(&h->stack[idx], &h->stack[idx + 1],
            (h->depth - idx) * sizeof(h->stack[0]));
}


static void
xsell_push_over(xsell_html_t *h)
{
    h->over++;
    h->templates += xsell_count_of(h->self) == XSELL_COUNT_TEMPLATE;

    if (!h->lost) {
        h->lost = 1;
        xsell_place_lost(h);
    }
}


void
xsell_tree_push(xsell_html_t *h)
{
    if (h->depth == XSELL_DEPTH) {
        xsell_push_over(h);
        return;
    }

    h->stack[h->depth++] = h->self;
    h->count[xsell_count_of(h->self)]++;
}


/* ---- searches: an index, or -1 ---------------------------------------- */

static int
xsell_wall(uint32_t element, int scope)
{
    const xsell_tag_t  *tag;

    tag = xsell_tag_of(element);

    if (element & XSELL_FOREIGN_BIT) {
        return scope != XSELL_SCOPE_TABLE && tag->flags & XSELL_TAG_POINT;
    }

    if (scope == XSELL_SCOPE_TABLE) {
        return tag->group == XSELL_G_TABLE || tag->group == XSELL_G_TEMPLATE;
    }

    return tag->flags & XSELL_TAG_SCOPE
           || (scope == XSELL_SCOPE_BUTTON && tag->group == XSELL_G_BUTTON)
           || (scope == XSELL_SCOPE_LIST && tag->group == XSELL_G_LIST);
}


static int
xsell_find(const xsell_html_t *h, uint32_t element, int scope)
{
    unsigned  i;

    for (i = h->depth; i--; ) {
        if (h->stack[i] == element) {
            return (int) i;
        }

        if (xsell_wall(h->stack[i], scope)) {
            break;
        }
    }

    return -1;
}


static int
xsell_find_group(const xsell_html_t *h, unsigned group, int scope)
{
    unsigned  i;

    for (i = h->depth; i--; ) {
        if (xsell_is(h->stack[i], group)) {
            return (int) i;
        }

        if (xsell_wall(h->stack[i], scope)) {
            break;
        }
    }

    return -1;
}


static int
xsell_special(uint32_t element)
{
    unsigned  flag;

    flag = (element & XSELL_FOREIGN_BIT) ? XSELL_TAG_POINT
                                         : XSELL_TAG_SPECIAL;

    return (xsell_tag_of(element)->flags & flag) != 0;
}


/*
 * </b> and the like end what is in them, but not a block: that one stays, and
 * with it what is formatted (the "adoption agency" as it leaves the stack).  A
 * second <a> ends the first in the same way.
 */

static void
xsell_end_format(xsell_html_t *h, uint32_t element, int by_end_tag)
{
    int       idx;
    unsigned  i, blocks;
    uint32_t  e;

    idx = xsell_find(h, element, XSELL_SCOPE);

    if (idx < 0) {
        return;
    }

    blocks = 0;

    for (i = (unsigned) idx + 1; i < h->depth; i++) {
        blocks += xsell_special(h->stack[i]);
    }

    if (blocks == 0) {
        xsell_close(h, (unsigned) idx, by_end_tag);
        return;
    }

    for (i = h->depth; --i > (unsigned) idx; ) {
        e = h->stack[i];

        if (!xsell_special(e)
            && !(xsell_tag_of(e)->flags & XSELL_TAG_FORMAT))
        {
            xsell_remove(h, i, 0);
        }
    }

    xsell_remove(h, (unsigned) idx, by_end_tag);
}


/* ---- where are we ----------------------------------------------------- */

int
xsell_tree_foreign(const xsell_html_t *h)
{
    return h->depth && h->stack[h->depth - 1] & XSELL_FOREIGN_BIT;
}


/* start tags here belong to <svg> or <math>; which of the two is not kept:
   that <title> in <math> is no title costs no one a slot */

static int
xsell_foreign_content(const xsell_html_t *h)
{
    return xsell_tree_foreign(h)
           && !(xsell_tag_of(h->stack[h->depth - 1])->flags
                & XSELL_TAG_POINT);
}


static int
xsell_in_template(const xsell_html_t *h)
{
    return h->count[XSELL_COUNT_TEMPLATE] || h->templates;
}


/* what can't be there ends all of <svg> or <math> that is open */

static void
xsell_leave_foreign(xsell_html_t *h)
{
    while (xsell_foreign_content(h)) {
        xsell_close(h, h->depth - 1, 0);
    }
}


int
xsell_tree_inside(const xsell_html_t *h)
{
    return h->phase != XSELL_IN_HEAD && !xsell_in_template(h)
           && !xsell_tree_foreign(h);
}


void
xsell_tree_text(xsell_html_t *h)
{
    if (!xsell_in_template(h)) {
        h->phase = XSELL_IN_BODY;
    }
}


/* ---- start tags ------------------------------------------------------- */

static void
xsell_close_found(xsell_html_t *h, int idx)
{
    if (idx >= 0) {
        xsell_close(h, (unsigned) idx, 0);
    }
}


static void
xsell_close_top(xsell_html_t *h, unsigned group)
{
    if (xsell_top_is(h, group)) {
        xsell_close(h, h->depth - 1, 0);
    }
}


/* <li>, <dt>, <dd>: end the one before, unless something special is open
   that may not be left */

static void
xsell_start_item(xsell_html_t *h, unsigned group)
{
    unsigned  i;
    uint32_t  e;

    for (i = h->depth; i--; ) {
        e = h->stack[i];

        if (xsell_is(e, group)) {
            xsell_close(h, i, 0);
            return;
        }

        if (xsell_special(e) && !xsell_is(e, XSELL_G_DIV)
            && !xsell_is(e, XSELL_G_P))
        {
            return;
        }
    }
}


/* parts of a table: outside of one they are dropped, inside they end all up
   to the part that they belong to */

static void
xsell_start_part(xsell_html_t *h, unsigned group)
{
    unsigned  i;
    uint32_t  stop;

    static const uint32_t  stops[] = {
        [XSELL_G_ROWS]     = 1u << XSELL_G_TABLE,
        [XSELL_G_CAPTION]  = 1u << XSELL_G_TABLE,
        [XSELL_G_COLGROUP] = 1u << XSELL_G_TABLE,
        [XSELL_G_COL]      = 1u << XSELL_G_TABLE | 1u << XSELL_G_COLGROUP,
        [XSELL_G_ROW]      = 1u << XSELL_G_TABLE | 1u << XSELL_G_ROWS,
        [XSELL_G_CELL]     = 1u << XSELL_G_TABLE | 1u << XSELL_G_ROWS
                             | 1u << XSELL_G_ROW
    };

    if (xsell_find_group(h, XSELL_G_TABLE, XSELL_SCOPE_TABLE) < 0) {
        h->verdict = XSELL_TAG_IGNORED;
        return;
    }

    stop = stops[group];

    for (i = h->depth; i--; ) {
        if (!(h->stack[i] & XSELL_FOREIGN_BIT)
            && stop & 1u << xsell_tag_of(h->stack[i])->group)
        {
            break;
        }
    }

    xsell_close(h, i + 1, 0);
}


static void
xsell_start_group(xsell_html_t *h, unsigned group)
{
    switch (group) {

    case XSELL_G_LI:
    case XSELL_G_DD:
        xsell_start_item(h, group);
        break;

    case XSELL_G_OPTGROUP:
        xsell_close_top(h, XSELL_G_OPTION);
        xsell_close_top(h, group);
        break;

    case XSELL_G_OPTION:
    case XSELL_G_RUBY:
    case XSELL_G_HEADING:
        xsell_close_top(h, group);
        break;

    case XSELL_G_BUTTON:
        xsell_close_found(h, xsell_find(h, h->self, XSELL_SCOPE));
        break;

    case XSELL_G_ANCHOR:
        if (h->count[XSELL_COUNT_ANCHOR]) {
            xsell_end_format(h, h->self, 0);
        }

        break;

    case XSELL_G_FORM:
        if (!xsell_in_template(h)) {
            h->verdict = h->form ? XSELL_TAG_IGNORED : XSELL_TAG_OPENS;
            h->form = 1;
        }

        break;

    case XSELL_G_TABLE:
        if (xsell_top_is(h, XSELL_G_TABLE) || xsell_top_is(h, XSELL_G_ROWS)
            || xsell_top_is(h, XSELL_G_ROW))
        {
            xsell_close_found(h, xsell_find_group(h, XSELL_G_TABLE,
                                                  XSELL_SCOPE_TABLE));
        }

        break;

    case XSELL_G_ROWS:
    case XSELL_G_ROW:
    case XSELL_G_CELL:
    case XSELL_G_CAPTION:
    case XSELL_G_COLGROUP:
    case XSELL_G_COL:
        xsell_start_part(h, group);
        break;
    }
}


/* in <svg> and <math> all start tags are of theirs, but for those that can't
   be and end them */

static int
xsell_start_foreign(xsell_html_t *h, const xsell_tag_t *tag)
{
    if (!(tag->flags & XSELL_TAG_BREAK)) {
        h->self |= XSELL_FOREIGN_BIT;
        h->verdict = XSELL_TAG_FOREIGN;
        h->inside = 0;
        return 1;
    }

    xsell_leave_foreign(h);

    return 0;
}


/* before the body: does this tag begin it? */

static void
xsell_start_early(xsell_html_t *h, const xsell_tag_t *tag)
{
    if (xsell_in_template(h)) {
        return;
    }

    if (!(tag->flags & XSELL_TAG_HEADOK)) {
        h->phase = XSELL_IN_BODY;

    } else if (tag->group == XSELL_G_BODY) {
        h->phase = XSELL_IN_BODY;
        h->verdict = XSELL_TAG_OPENS;
    }
}


void
xsell_tree_start(xsell_html_t *h)
{
    unsigned            kind;
    const xsell_tag_t  *tag;

    kind = xsell_tag_kind(h->name);
    tag = &xsell_tags[kind];

    h->self = xsell_element(kind, h->name);
    h->verdict = tag->verdict;

    if (xsell_foreign_content(h) && xsell_start_foreign(h, tag)) {
        return;
    }

    if (h->phase != XSELL_IN_BODY) {
        xsell_start_early(h, tag);
    }

    if (h->over == 0) {

        if (h->count[XSELL_COUNT_P] && tag->flags & XSELL_TAG_PCLOSE) {
            xsell_close_found(h, xsell_find_group(h, XSELL_G_P,
                                                  XSELL_SCOPE_BUTTON));
        }

        if (tag->group > XSELL_G_RULES) {
            xsell_start_group(h, tag->group);
        }
    }

    h->inside = xsell_tree_inside(h) && h->verdict != XSELL_TAG_IGNORED;

    if (tag->group == XSELL_G_SVG) {
        h->self |= XSELL_FOREIGN_BIT;
    }
}


/* ---- end tags --------------------------------------------------------- */

static void
xsell_end_other(xsell_html_t *h, uint32_t element)
{
    unsigned  i;

    for (i = h->depth; i--; ) {
        if (h->stack[i] == element) {
            xsell_close(h, i, 1);
            return;
        }

        if (xsell_special(h->stack[i])) {
            return;
        }
    }
}


static void
xsell_end_scoped(xsell_html_t *h, uint32_t element, const xsell_tag_t *tag)
{
    int  idx, scope;

    scope = (tag->flags & XSELL_TAG_TABLED) ? XSELL_SCOPE_TABLE
            : tag->group == XSELL_G_P ? XSELL_SCOPE_BUTTON
            : tag->group == XSELL_G_LI ? XSELL_SCOPE_LIST
            : XSELL_SCOPE;

    idx = (tag->group == XSELL_G_HEADING)          /* </h2> ends an <h1> */
          ? xsell_find_group(h, XSELL_G_HEADING, scope)
          : xsell_find(h, element, scope);

    if (idx >= 0) {
        xsell_close(h, (unsigned) idx, 1);
    }
}


/* </form> takes its form out, whatever is still open in it */

static void
xsell_end_form(xsell_html_t *h, uint32_t element)
{
    int  idx;

    idx = xsell_find(h, element, XSELL_SCOPE);

    if (!xsell_in_template(h)) {
        h->form = 0;

        if (idx >= 0 && (unsigned) idx + 1 < h->depth) {
            xsell_remove(h, (unsigned) idx, 1);
            return;
        }
    }

    if (idx >= 0) {
        xsell_close(h, (unsigned) idx, 1);
    }
}


static void
xsell_end_template(xsell_html_t *h, uint32_t element)
{
    unsigned  i;

    if (h->templates) {
        h->templates--;
        h->over -= h->over != 0;
        return;
    }

    h->over = 0;

    for (i = h->depth; i--; ) {
        if (h->stack[i] == element) {
            xsell_close(h, i, 1);
            return;
        }
    }
}


static void
xsell_end_html(xsell_html_t *h, uint32_t element, const xsell_tag_t *tag)
{
    switch (tag->group) {

    case XSELL_G_HTML:
    case XSELL_G_BODY:
        if (!xsell_in_template(h)) {
            h->phase = XSELL_IN_BODY;
            xsell_close(h, 0, h->depth && h->stack[0] == element);
        }

        return;

    case XSELL_G_HEAD:
        if (!xsell_in_template(h) && h->phase == XSELL_IN_HEAD) {
            h->phase = XSELL_AFTER_HEAD;
        }

        return;

    case XSELL_G_BR:
        xsell_tree_text(h);     /* browsers make a <br> of it */
        return;

    case XSELL_G_FORM:
        xsell_end_form(h, element);
        return;
    }

    if (tag->flags & XSELL_TAG_FORMAT) {
        xsell_end_format(h, element, 1);

    } else if (tag->flags & (XSELL_TAG_END | XSELL_TAG_TABLED)) {
        xsell_end_scoped(h, element, tag);

    } else {
        xsell_end_other(h, element);
    }
}


void
xsell_tree_end(xsell_html_t *h)
{
    unsigned            kind, i;
    uint32_t            e;
    const xsell_tag_t  *tag;

    kind = xsell_tag_kind(h->name);
    tag = &xsell_tags[kind];
    e = xsell_element(kind, h->name);

    if (h->over == 0) {
        for (i = h->depth; i-- && h->stack[i] & XSELL_FOREIGN_BIT; ) {
            if (h->stack[i] == (e | XSELL_FOREIGN_BIT)) {
                xsell_close(h, i, 1);
                return;
            }
        }

        if (tag->group == XSELL_G_P || tag->group == XSELL_G_BR) {
            xsell_leave_foreign(h);
        }
    }

    if (tag->group == XSELL_G_TEMPLATE) {
        if (xsell_in_template(h)) {
            xsell_end_template(h, e);
        }

        return;
    }

    if (h->over) {
        h->over--;
        return;
    }

    if (h->depth && h->stack[h->depth - 1] == e
        && tag->group != XSELL_G_FORM)
    {
        xsell_close(h, h->depth - 1, 1);
        return;
    }

    xsell_end_html(h, e, tag);
}

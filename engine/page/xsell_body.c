
/*
 * xsell_body.c: tags in the body: the mode "in body" of the specification,
 * which most others fall back to.
 *
 * A start tag first ends what may not contain it (a <p>, the <li> before),
 * then opens again what is formatted (<b>), then makes its element.  An end
 * tag ends the nearest element of its name unless something in between
 * forbids it.
 */

#include "xsell_html.h"


/* ---- start tags ------------------------------------------------------- */

/* <li>, <dt>, <dd>: end the one before, unless something special is open
   that may not be left */

static void
xsell_start_item(xsell_html_t *h)
{
    unsigned  i, kind;

    for (i = h->depth; i--; ) {
        kind = xsell_html_kind(h->stack[i].bits);

        if (xsell_tags[kind].group == xsell_tags[h->kind].group && kind) {
            xsell_imply_ends(h, kind);
            xsell_close(h, i, 0);
            break;
        }

        if (h->stack[i].bits & XSELL_E_FOREIGN
            ? h->stack[i].bits & XSELL_E_POINT
            : xsell_flags(kind) & XSELL_TAG_SPECIAL
              && kind != XSELL_KIND_ADDRESS && kind != XSELL_KIND_DIV
              && kind != XSELL_KIND_P)
        {
            break;
        }
    }

    xsell_close_p(h);
    xsell_insert(h, XSELL_TAG_OPENS);
}


static void
xsell_start_format(xsell_html_t *h)
{
    int  i;

    if (h->kind == XSELL_KIND_A) {
        i = xsell_format_find(h, h->name);

        if (i >= 0) {
            xsell_work(h, XSELL_WORK_TAG);
            xsell_adopt(h, h->name, 0);
            i = xsell_format_find(h, h->name);

            if (i >= 0) {
                if (h->format[i].idx != XSELL_NOT_OPEN) {
                    xsell_take_out(h, h->format[i].idx);
                }

                xsell_format_remove(h, (unsigned) i);
            }
        }

    } else {
        h->attrs |= XSELL_ATTRS_HASH;
    }

    xsell_reconstruct(h);

    if (h->kind == XSELL_KIND_NOBR
        && xsell_find(h, XSELL_KIND_NOBR, XSELL_SCOPE) >= 0)
    {
        xsell_adopt(h, h->name, 0);
        xsell_reconstruct(h);
    }

    xsell_insert(h, XSELL_TAG_OPENS);
    h->then |= XSELL_THEN_FORMAT;
}


static void
xsell_start_form(xsell_html_t *h)
{
    if (h->form && h->count[XSELL_COUNT_TEMPLATE] == 0) {
        return;
    }

    xsell_close_p(h);
    xsell_insert(h, XSELL_TAG_OPENS);

    if (h->count[XSELL_COUNT_TEMPLATE] == 0) {
        h->form = 1;
        h->bits |= XSELL_E_FORM;
    }
}


static void
xsell_start_ruby(xsell_html_t *h)
{
    if (xsell_find(h, XSELL_KIND_RUBY, XSELL_SCOPE) >= 0) {
        xsell_imply_ends(h, h->kind == XSELL_KIND_RP
                            || h->kind == XSELL_KIND_RT
                            ? XSELL_KIND_RTC : XSELL_KIND_OTHER);
    }

    xsell_insert(h, XSELL_TAG_OPENS);
}


static void
xsell_start_select_tag(xsell_html_t *h)
{
    xsell_reconstruct(h);
    xsell_insert(h, XSELL_TAG_OPENS);

    h->mode = h->mode == XSELL_M_TABLE || h->mode == XSELL_M_TABLE_BODY
              || h->mode == XSELL_M_ROW || h->mode == XSELL_M_CELL
              || h->mode == XSELL_M_CAPTION
              ? XSELL_M_SELECT_IN_TABLE : XSELL_M_SELECT;
}


static void
xsell_start_raw(xsell_html_t *h)
{
    if (h->kind == XSELL_KIND_XMP) {
        xsell_close_p(h);
        xsell_reconstruct(h);
    }

    xsell_insert(h, XSELL_TAG_TEXT);
}


/* the rest: one at a time */

static int
xsell_start_other(xsell_html_t *h, unsigned group)
{
    switch (group) {
    case XSELL_G_BUTTON:
        if (xsell_find(h, XSELL_KIND_BUTTON, XSELL_SCOPE) >= 0) {
            xsell_imply_ends(h, 0);
            xsell_close_kind(h, XSELL_KIND_BUTTON, 0);
        }

        xsell_reconstruct(h);
        xsell_insert(h, XSELL_TAG_OPENS);
        break;

    case XSELL_G_FORM:
        xsell_start_form(h);
        break;

    case XSELL_G_TABLE:
        if (!h->quirks) {
            xsell_close_p(h);
        }

        xsell_insert(h, XSELL_TAG_OPENS);
        h->mode = XSELL_M_TABLE;
        break;

    case XSELL_G_SELECT:
        xsell_start_select_tag(h);
        break;

    case XSELL_G_OPTION:
        if (xsell_top_kind(h) == XSELL_KIND_OPTION) {
            xsell_pop(h, 0);
        }

        xsell_reconstruct(h);
        xsell_insert(h, XSELL_TAG_OPENS);
        break;

    case XSELL_G_RUBY:
        xsell_start_ruby(h);
        break;

    case XSELL_G_OBJECT:
        xsell_reconstruct(h);
        xsell_insert(h, XSELL_TAG_OPENS);
        h->then |= XSELL_THEN_MARKER;
        break;

    case XSELL_G_RULE:
        xsell_close_p(h);

        /* fall through */

    case XSELL_G_PARAM:
        xsell_insert(h, XSELL_TAG_EMPTY);
        break;

    case XSELL_G_IMAGE:
        h->kind = XSELL_KIND_IMG;
        h->name = xsell_tags[XSELL_KIND_IMG].name;
        xsell_reconstruct(h);
        xsell_insert(h, XSELL_TAG_EMPTY);
        break;

    case XSELL_G_PLAIN:
        xsell_close_p(h);

        /* fall through */

    case XSELL_G_RAW:
        xsell_start_raw(h);
        break;

    case XSELL_G_FOREIGN:
        xsell_reconstruct(h);
        xsell_insert_foreign(h, h->kind == XSELL_KIND_SVG ? XSELL_E_SVG
                                                          : XSELL_E_MATH);
        break;

    case XSELL_G_HEADISH:
        return xsell_start_head(h);

    case XSELL_G_HTML:
    case XSELL_G_BODY:
        xsell_merge(h);
        break;
    }

    return XSELL_OK;
}


int
xsell_start_body(xsell_html_t *h)
{
    unsigned  group;

    group = xsell_tags[h->kind].group;

    switch (group) {
    case XSELL_G_OTHER:
        xsell_reconstruct(h);
        xsell_insert(h, XSELL_TAG_OPENS);
        break;

    case XSELL_G_BLOCK:
        xsell_close_p(h);
        xsell_insert(h, XSELL_TAG_OPENS);
        break;

    case XSELL_G_VOID:
        xsell_reconstruct(h);
        xsell_insert(h, XSELL_TAG_EMPTY);
        break;

    case XSELL_G_FORMAT:
    case XSELL_G_ANCHOR:
    case XSELL_G_NOBR:
        xsell_start_format(h);
        break;

    case XSELL_G_HEADING:
        xsell_close_p(h);

        if (xsell_tags[xsell_top_kind(h)].group == XSELL_G_HEADING) {
            xsell_pop(h, 0);
        }

        xsell_insert(h, XSELL_TAG_OPENS);
        break;

    case XSELL_G_LI:
    case XSELL_G_DD:
        xsell_start_item(h);
        break;

    default:
        return xsell_start_other(h, group);
    }

    return XSELL_OK;
}


/* ---- end tags --------------------------------------------------------- */

/* an element without a rule: the nearest of its name, up to something
   special */

void
xsell_end_other(xsell_html_t *h, uint64_t name, int own)
{
    unsigned                i, kind;
    const xsell_element_t  *e;

    kind = xsell_tag_kind(name);

    for (i = h->depth; i--; ) {
        e = &h->stack[i];

        if (e->name == name && !(e->bits & XSELL_E_FOREIGN)) {
            xsell_imply_ends(h, kind ? kind : XSELL_KINDS);
            xsell_close(h, i, own);
            return;
        }

        if (e->bits & XSELL_E_FOREIGN
            ? xsell_flags(xsell_e_kind(e->bits))
              & (e->bits & XSELL_E_SVG ? XSELL_TAG_SPOINT
                                       : XSELL_TAG_MPOINT)
            : xsell_flags(xsell_e_kind(e->bits)) & XSELL_TAG_SPECIAL)
        {
            return;
        }
    }
}


static void
xsell_end_scoped(xsell_html_t *h, unsigned scope, unsigned but)
{
    if (xsell_find(h, h->kind, scope) >= 0) {
        xsell_imply_ends(h, but);
        xsell_close_kind(h, h->kind, 1);
    }
}


/* </h2> ends an <h1> */

static void
xsell_end_heading(xsell_html_t *h)
{
    unsigned  i, kind;
    int       idx;

    for (kind = XSELL_KIND_H1, idx = -1; kind <= XSELL_KIND_H6; kind++) {
        idx = xsell_find(h, kind, XSELL_SCOPE);

        if (idx >= 0) {
            break;
        }
    }

    if (idx < 0) {
        return;
    }

    xsell_imply_ends(h, 0);

    for (i = h->depth; i--; ) {
        kind = xsell_html_kind(h->stack[i].bits);

        if (xsell_tags[kind].group == XSELL_G_HEADING) {
            xsell_close(h, i, 1);
            return;
        }
    }
}


/* </form> takes its form out, whatever is still open in it */

static void
xsell_end_form(xsell_html_t *h)
{
    unsigned  i, form;

    if (h->count[XSELL_COUNT_TEMPLATE]) {
        xsell_end_scoped(h, XSELL_SCOPE, 0);
        return;
    }

    form = h->form;
    h->form = 0;

    if (!form || xsell_find(h, XSELL_KIND_FORM, XSELL_SCOPE) < 0) {
        return;
    }

    xsell_imply_ends(h, 0);

    for (i = h->depth; i--; ) {
        if (h->stack[i].bits & XSELL_E_FORM) {
            if (i + 1 == h->depth) {
                xsell_pop(h, 1);

            } else {
                xsell_take_form(h, i);
            }

            return;
        }
    }
}


static void
xsell_end_p(xsell_html_t *h)
{
    if (xsell_find(h, XSELL_KIND_P, XSELL_SCOPE_BUTTON) < 0) {
        xsell_imply(h, XSELL_KIND_P);
    }

    xsell_imply_ends(h, XSELL_KIND_P);
    xsell_close_kind(h, XSELL_KIND_P, 1);
}


/* what is appended to the body goes here, if the body is what is open; it
   stays open, and more may follow */

static void
xsell_end_page(xsell_html_t *h)
{
    if (xsell_find(h, XSELL_KIND_BODY, XSELL_SCOPE) < 0) {
        return;
    }

    if (h->captured && xsell_top_kind(h) == XSELL_KIND_BODY) {
        xsell_place_ending(h, 1);
    }

    h->mode = h->kind == XSELL_KIND_BODY ? XSELL_M_AFTER_BODY
                                         : XSELL_M_AFTER_AFTER_BODY;
}


int
xsell_end_body(xsell_html_t *h)
{
    switch (xsell_tags[h->kind].group) {
    case XSELL_G_BLOCK:
    case XSELL_G_BUTTON:
        if (h->kind == XSELL_KIND_P) {
            xsell_end_p(h);

        } else {
            xsell_end_scoped(h, XSELL_SCOPE, 0);
        }

        break;

    case XSELL_G_FORMAT:
    case XSELL_G_ANCHOR:
    case XSELL_G_NOBR:
        xsell_adopt(h, h->name, 1);
        break;

    case XSELL_G_LI:
        xsell_end_scoped(h, XSELL_SCOPE_LIST, h->kind);
        break;

    case XSELL_G_DD:
        xsell_end_scoped(h, XSELL_SCOPE, h->kind);
        break;

    case XSELL_G_HEADING:
        xsell_end_heading(h);
        break;

    case XSELL_G_FORM:
        xsell_end_form(h);
        break;

    case XSELL_G_OBJECT:
        if (xsell_find(h, h->kind, XSELL_SCOPE) >= 0) {
            xsell_imply_ends(h, 0);
            xsell_close_kind(h, h->kind, 1);
            xsell_format_clear(h);
        }

        break;

    case XSELL_G_HTML:
    case XSELL_G_BODY:
        xsell_end_page(h);
        break;

    default:
        if (h->kind == XSELL_KIND_BR) {
            xsell_reconstruct(h);           /* browsers make a <br> of it */
            xsell_imply(h, XSELL_KIND_BR);
            xsell_pop(h, 1);

        } else if (h->kind == XSELL_KIND_TEMPLATE) {
            xsell_end_template(h);

        } else {
            xsell_end_other(h, h->name, 1);
        }
    }

    return XSELL_OK;
}

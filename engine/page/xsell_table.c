
/*
 * xsell_table.c: tags in tables, in <select>, and directly in <template>.
 *
 * The parts of a table end and imply one another; what is none of its parts
 * goes before the table ("foster parenting"), where no bytes can be put.  A
 * function here is a mode of the specification or a few of a kind.
 */

#include "xsell_html.h"


/* parts of a table as bits, 0 for all other kinds */

enum {
    XSELL_IS_CAPTION = 1,
    XSELL_IS_COL = 2,
    XSELL_IS_COLGROUP = 4,
    XSELL_IS_ROWS = 8,                      /* tbody, thead, tfoot */
    XSELL_IS_CELL = 16,
    XSELL_IS_TR = 32,
    XSELL_IS_TABLE = 64,
    XSELL_IS_PAGE = 128                     /* html, body */
};

#define XSELL_IS_PART                                                         \
    (XSELL_IS_CAPTION | XSELL_IS_COL | XSELL_IS_COLGROUP | XSELL_IS_ROWS      \
     | XSELL_IS_CELL | XSELL_IS_TR)


static unsigned
xsell_part(unsigned kind)
{
    switch (kind) {
    case XSELL_KIND_CAPTION:
        return XSELL_IS_CAPTION;

    case XSELL_KIND_COL:
        return XSELL_IS_COL;

    case XSELL_KIND_COLGROUP:
        return XSELL_IS_COLGROUP;

    case XSELL_KIND_TBODY:
    case XSELL_KIND_THEAD:
    case XSELL_KIND_TFOOT:
        return XSELL_IS_ROWS;

    case XSELL_KIND_TD:
    case XSELL_KIND_TH:
        return XSELL_IS_CELL;

    case XSELL_KIND_TR:
        return XSELL_IS_TR;

    case XSELL_KIND_TABLE:
        return XSELL_IS_TABLE;

    case XSELL_KIND_HTML:
    case XSELL_KIND_BODY:
        return XSELL_IS_PAGE;
    }

    return 0;
}


/* ends all up to an element that such parts may be in */

static void
xsell_clear_to(xsell_html_t *h, unsigned parts)
{
    unsigned  kind;

    while (h->depth) {
        kind = xsell_top_kind(h);

        if (xsell_part(kind) & parts || kind == XSELL_KIND_TEMPLATE
            || kind == XSELL_KIND_HTML)
        {
            return;
        }

        xsell_pop(h, 0);
    }
}


static int
xsell_find_part(xsell_html_t *h, unsigned part)
{
    unsigned  i, kind;

    for (i = h->depth; i--; ) {
        kind = xsell_html_kind(h->stack[i].bits);

        if (xsell_part(kind) & part) {
            return (int) i;
        }

        if (kind == XSELL_KIND_TABLE || kind == XSELL_KIND_TEMPLATE
            || kind == XSELL_KIND_HTML)
        {
            break;
        }
    }

    return -1;
}


static void
xsell_part_opens(xsell_html_t *h, unsigned parts, unsigned mode)
{
    xsell_clear_to(h, parts);
    xsell_insert(h, XSELL_TAG_OPENS);
    h->mode = (uint8_t) mode;
}


static int
xsell_part_implied(xsell_html_t *h, unsigned parts, unsigned kind,
    unsigned mode)
{
    xsell_clear_to(h, parts);
    xsell_imply(h, kind);
    h->mode = (uint8_t) mode;

    return XSELL_AGAIN;
}


/* ---- start tags ------------------------------------------------------- */

/* what is no part of the table */

static int
xsell_start_foster(xsell_html_t *h)
{
    int  rc;

    h->foster = 1;
    rc = xsell_start_body(h);
    h->foster = 0;

    return rc;
}


static int
xsell_start_in_table(xsell_html_t *h)
{
    switch (xsell_part(h->kind)) {
    case XSELL_IS_CAPTION:
        xsell_clear_to(h, XSELL_IS_TABLE);
        xsell_format_mark(h, XSELL_NOT_OPEN);
        xsell_insert(h, XSELL_TAG_OPENS);
        h->mode = XSELL_M_CAPTION;
        return XSELL_OK;

    case XSELL_IS_COLGROUP:
        xsell_part_opens(h, XSELL_IS_TABLE, XSELL_M_COLGROUP);
        return XSELL_OK;

    case XSELL_IS_COL:
        return xsell_part_implied(h, XSELL_IS_TABLE, XSELL_KIND_COLGROUP,
                                  XSELL_M_COLGROUP);

    case XSELL_IS_ROWS:
        xsell_part_opens(h, XSELL_IS_TABLE, XSELL_M_TABLE_BODY);
        return XSELL_OK;

    case XSELL_IS_TR:
    case XSELL_IS_CELL:
        return xsell_part_implied(h, XSELL_IS_TABLE, XSELL_KIND_TBODY,
                                  XSELL_M_TABLE_BODY);

    case XSELL_IS_TABLE:
        if (xsell_find(h, XSELL_KIND_TABLE, XSELL_SCOPE_TABLE) < 0) {
            return XSELL_OK;
        }

        xsell_close_kind(h, XSELL_KIND_TABLE, 0);
        xsell_reset_mode(h);
        return XSELL_AGAIN;
    }

    switch (h->kind) {
    case XSELL_KIND_STYLE:
    case XSELL_KIND_SCRIPT:
    case XSELL_KIND_TEMPLATE:
        return xsell_start_head(h);

    case XSELL_KIND_INPUT:
        if (h->watch) {
            xsell_insert(h, XSELL_TAG_EMPTY);
            return XSELL_OK;
        }

        break;

    case XSELL_KIND_FORM:
        if (!h->form && h->count[XSELL_COUNT_TEMPLATE] == 0) {
            xsell_insert(h, XSELL_TAG_EMPTY);
            h->form = 1;
        }

        return XSELL_OK;
    }

    return xsell_start_foster(h);
}


static int
xsell_start_table_body(xsell_html_t *h)
{
    unsigned  part;

    part = xsell_part(h->kind);

    if (part == XSELL_IS_TR) {
        xsell_part_opens(h, XSELL_IS_ROWS, XSELL_M_ROW);
        return XSELL_OK;
    }

    if (part == XSELL_IS_CELL) {
        return xsell_part_implied(h, XSELL_IS_ROWS, XSELL_KIND_TR,
                                  XSELL_M_ROW);
    }

    if (part & XSELL_IS_PART) {
        if (xsell_find_part(h, XSELL_IS_ROWS) < 0) {
            return XSELL_OK;
        }

        xsell_clear_to(h, XSELL_IS_ROWS);
        xsell_pop(h, 0);
        h->mode = XSELL_M_TABLE;
        return XSELL_AGAIN;
    }

    return xsell_start_in_table(h);
}


static int
xsell_end_row(xsell_html_t *h, int own)
{
    if (xsell_find_part(h, XSELL_IS_TR) < 0) {
        return XSELL_OK;
    }

    xsell_clear_to(h, XSELL_IS_TR);
    xsell_pop(h, own);
    h->mode = XSELL_M_TABLE_BODY;

    return XSELL_AGAIN;
}


static int
xsell_start_row(xsell_html_t *h)
{
    unsigned  part;

    part = xsell_part(h->kind);

    if (part == XSELL_IS_CELL) {
        xsell_part_opens(h, XSELL_IS_TR, XSELL_M_CELL);
        h->then |= XSELL_THEN_MARKER;
        return XSELL_OK;
    }

    return part & XSELL_IS_PART ? xsell_end_row(h, 0)
                                : xsell_start_in_table(h);
}


static int
xsell_end_caption(xsell_html_t *h, int own)
{
    if (xsell_find_part(h, XSELL_IS_CAPTION) < 0) {
        return XSELL_OK;
    }

    xsell_imply_ends(h, 0);
    xsell_close_kind(h, XSELL_KIND_CAPTION, own);
    xsell_format_clear(h);
    h->mode = XSELL_M_TABLE;

    return XSELL_AGAIN;
}


static int
xsell_end_cell(xsell_html_t *h, int own)
{
    int  idx;

    idx = xsell_find_part(h, XSELL_IS_CELL);

    if (idx < 0) {
        return XSELL_OK;
    }

    xsell_imply_ends(h, 0);
    xsell_close(h, (unsigned) idx, own);
    xsell_format_clear(h);
    h->mode = XSELL_M_ROW;

    return XSELL_AGAIN;
}


static int
xsell_leave_colgroup(xsell_html_t *h, int own)
{
    if (xsell_top_kind(h) != XSELL_KIND_COLGROUP) {
        return XSELL_OK;
    }

    xsell_pop(h, own);
    h->mode = XSELL_M_TABLE;

    return XSELL_AGAIN;
}


static int
xsell_start_colgroup(xsell_html_t *h)
{
    switch (h->kind) {
    case XSELL_KIND_HTML:
        return xsell_start_body(h);

    case XSELL_KIND_COL:
        xsell_insert(h, XSELL_TAG_EMPTY);
        return XSELL_OK;

    case XSELL_KIND_TEMPLATE:
        return xsell_start_head(h);
    }

    return xsell_leave_colgroup(h, 0);
}


static void
xsell_set_template(xsell_html_t *h, unsigned mode)
{
    unsigned  i;

    for (i = h->depth; i--; ) {
        if (xsell_html_kind(h->stack[i].bits) == XSELL_KIND_TEMPLATE) {
            h->stack[i].bits = (h->stack[i].bits & 0xffffff) | mode << 24;
            break;
        }
    }

    h->mode = (uint8_t) mode;
}


static int
xsell_start_template(xsell_html_t *h)
{
    unsigned  part;

    if (xsell_start_head(h) == XSELL_OK) {
        return XSELL_OK;
    }

    part = xsell_part(h->kind);

    xsell_set_template(h, part == XSELL_IS_TR ? XSELL_M_TABLE_BODY
                          : part == XSELL_IS_CELL ? XSELL_M_ROW
                          : part == XSELL_IS_COL ? XSELL_M_COLGROUP
                          : part & XSELL_IS_PART ? XSELL_M_TABLE
                          : XSELL_M_BODY);
    return XSELL_AGAIN;
}


int
xsell_start_table(xsell_html_t *h, unsigned mode)
{
    unsigned  part;

    part = xsell_part(h->kind) & XSELL_IS_PART;

    switch (mode) {
    case XSELL_M_TABLE:
        return xsell_start_in_table(h);

    case XSELL_M_TABLE_BODY:
        return xsell_start_table_body(h);

    case XSELL_M_ROW:
        return xsell_start_row(h);

    case XSELL_M_CAPTION:
        return part ? xsell_end_caption(h, 0) : xsell_start_body(h);

    case XSELL_M_CELL:
        return part ? xsell_end_cell(h, 0) : xsell_start_body(h);

    case XSELL_M_COLGROUP:
        return xsell_start_colgroup(h);
    }

    return xsell_start_template(h);
}


/* ---- end tags --------------------------------------------------------- */

static int
xsell_end_in_table(xsell_html_t *h)
{
    int  rc;

    if (h->kind == XSELL_KIND_TABLE) {
        if (xsell_find(h, XSELL_KIND_TABLE, XSELL_SCOPE_TABLE) >= 0) {
            xsell_close_kind(h, XSELL_KIND_TABLE, 1);
            xsell_reset_mode(h);
        }

        return XSELL_OK;
    }

    if (xsell_part(h->kind)) {
        return XSELL_OK;
    }

    h->foster = 1;
    rc = xsell_end_body(h);
    h->foster = 0;

    return rc;
}


static int
xsell_end_table_body(xsell_html_t *h)
{
    int       idx;
    unsigned  part;

    part = xsell_part(h->kind);

    if (part == XSELL_IS_ROWS || part == XSELL_IS_TABLE) {
        idx = part == XSELL_IS_ROWS
              ? xsell_find(h, h->kind, XSELL_SCOPE_TABLE)
              : xsell_find_part(h, XSELL_IS_ROWS);

        if (idx < 0) {
            return XSELL_OK;
        }

        xsell_clear_to(h, XSELL_IS_ROWS);
        xsell_pop(h, part == XSELL_IS_ROWS);
        h->mode = XSELL_M_TABLE;

        return part == XSELL_IS_ROWS ? XSELL_OK : XSELL_AGAIN;
    }

    return part ? XSELL_OK : xsell_end_in_table(h);
}


static int
xsell_end_in_row(xsell_html_t *h)
{
    switch (xsell_part(h->kind)) {
    case XSELL_IS_TR:
        xsell_end_row(h, 1);
        return XSELL_OK;

    case XSELL_IS_TABLE:
        return xsell_end_row(h, 0);

    case XSELL_IS_ROWS:
        return xsell_find(h, h->kind, XSELL_SCOPE_TABLE) >= 0
               ? xsell_end_row(h, 0) : XSELL_OK;

    case 0:
        return xsell_end_in_table(h);
    }

    return XSELL_OK;
}


static int
xsell_end_in_cell(xsell_html_t *h)
{
    switch (xsell_part(h->kind)) {
    case XSELL_IS_CELL:
        if (xsell_find(h, h->kind, XSELL_SCOPE_TABLE) >= 0) {
            xsell_imply_ends(h, 0);
            xsell_close_kind(h, h->kind, 1);
            xsell_format_clear(h);
            h->mode = XSELL_M_ROW;
        }

        return XSELL_OK;

    case XSELL_IS_TABLE:
    case XSELL_IS_ROWS:
    case XSELL_IS_TR:
        return xsell_find(h, h->kind, XSELL_SCOPE_TABLE) >= 0
               ? xsell_end_cell(h, 0) : XSELL_OK;

    case 0:
        return xsell_end_body(h);
    }

    return XSELL_OK;
}


static int
xsell_end_in_caption(xsell_html_t *h)
{
    switch (xsell_part(h->kind)) {
    case XSELL_IS_CAPTION:
        xsell_end_caption(h, 1);
        return XSELL_OK;

    case XSELL_IS_TABLE:
        return xsell_end_caption(h, 0);

    case 0:
        return xsell_end_body(h);
    }

    return XSELL_OK;
}


int
xsell_end_table(xsell_html_t *h, unsigned mode)
{
    if (h->kind == XSELL_KIND_TEMPLATE) {
        xsell_end_template(h);
        return XSELL_OK;
    }

    switch (mode) {
    case XSELL_M_TABLE:
        return xsell_end_in_table(h);

    case XSELL_M_TABLE_BODY:
        return xsell_end_table_body(h);

    case XSELL_M_ROW:
        return xsell_end_in_row(h);

    case XSELL_M_CAPTION:
        return xsell_end_in_caption(h);

    case XSELL_M_CELL:
        return xsell_end_in_cell(h);

    case XSELL_M_COLGROUP:
        if (h->kind == XSELL_KIND_COLGROUP) {
            xsell_leave_colgroup(h, 1);
            return XSELL_OK;
        }

        return h->kind == XSELL_KIND_COL ? XSELL_OK
                                         : xsell_leave_colgroup(h, 0);
    }

    return XSELL_OK;                        /* in a template: dropped */
}


/* ---- <select> --------------------------------------------------------- */

static int
xsell_leave_select(xsell_html_t *h, int own)
{
    xsell_close_kind(h, XSELL_KIND_SELECT, own);
    xsell_reset_mode(h);

    return XSELL_AGAIN;
}


/* only options may be between */

static int
xsell_find_select(const xsell_html_t *h)
{
    unsigned  i, kind;

    for (i = h->depth; i--; ) {
        kind = xsell_html_kind(h->stack[i].bits);

        if (kind == XSELL_KIND_SELECT) {
            return 1;
        }

        if (kind != XSELL_KIND_OPTION && kind != XSELL_KIND_OPTGROUP) {
            break;
        }
    }

    return 0;
}


static void
xsell_end_options(xsell_html_t *h, int groups)
{
    if (xsell_top_kind(h) == XSELL_KIND_OPTION) {
        xsell_pop(h, 0);
    }

    if (groups && xsell_top_kind(h) == XSELL_KIND_OPTGROUP) {
        xsell_pop(h, 0);
    }
}


#define xsell_leaves_select(part)                                             \
    ((part) & (XSELL_IS_CAPTION | XSELL_IS_TABLE | XSELL_IS_ROWS              \
               | XSELL_IS_TR | XSELL_IS_CELL))

int
xsell_start_select(xsell_html_t *h)
{
    if (h->mode == XSELL_M_SELECT_IN_TABLE
        && xsell_leaves_select(xsell_part(h->kind)))
    {
        return xsell_leave_select(h, 0);
    }

    switch (h->kind) {
    case XSELL_KIND_HTML:
        return xsell_start_body(h);

    case XSELL_KIND_OPTION:
    case XSELL_KIND_OPTGROUP:
        xsell_end_options(h, h->kind == XSELL_KIND_OPTGROUP);
        xsell_insert(h, XSELL_TAG_OPENS);
        break;

    case XSELL_KIND_HR:
        xsell_end_options(h, 1);
        xsell_insert(h, XSELL_TAG_EMPTY);
        break;

    case XSELL_KIND_SELECT:
        if (xsell_find_select(h)) {
            xsell_leave_select(h, 0);
        }

        break;

    case XSELL_KIND_INPUT:
    case XSELL_KIND_KEYGEN:
    case XSELL_KIND_TEXTAREA:
        return xsell_find_select(h) ? xsell_leave_select(h, 0) : XSELL_OK;

    case XSELL_KIND_SCRIPT:
    case XSELL_KIND_TEMPLATE:
        return xsell_start_head(h);
    }

    return XSELL_OK;
}


int
xsell_end_select(xsell_html_t *h)
{
    unsigned  part;

    part = xsell_part(h->kind);

    if (h->mode == XSELL_M_SELECT_IN_TABLE && xsell_leaves_select(part)) {
        return xsell_find(h, h->kind, XSELL_SCOPE_TABLE) >= 0
               ? xsell_leave_select(h, 0) : XSELL_OK;
    }

    switch (h->kind) {
    case XSELL_KIND_OPTGROUP:
        if (xsell_top_kind(h) == XSELL_KIND_OPTION && h->depth > 1
            && xsell_html_kind(h->stack[h->depth - 2].bits)
               == XSELL_KIND_OPTGROUP)
        {
            xsell_pop(h, 0);
        }

        /* fall through */

    case XSELL_KIND_OPTION:
        if (xsell_top_kind(h) == h->kind) {
            xsell_pop(h, 1);
        }

        break;

    case XSELL_KIND_SELECT:
        if (xsell_find_select(h)) {
            xsell_leave_select(h, 1);
        }

        break;

    case XSELL_KIND_TEMPLATE:
        xsell_end_template(h);
        break;
    }

    return XSELL_OK;
}


/*
 * xsell_tokenizer_text.c: the tokenizer's states for what has no tags in it:
 * comments, CDATA sections, raw text, and scripts with their escapes.
 *
 * An escaped script is the specification's tribute to 1995: after <!-- in a
 * script, <script ... </script> is a pair that does not end it.  Whoever
 * takes the first </script> for the end reads program text as HTML.
 */

#include "xsell_tokenizer.h"


/* ---- comments and their like ------------------------------------------ */

static void
xsell_html_put(xsell_html_t *h, uint8_t c)
{
    int  white;

    white = xsell_c(c, XSELL_C_WHITE);

    if (h->marker < XSELL_MARKER_WORD) {

        if (h->marker || !white) {
            h->marker = (c == (uint8_t) "xsell"[h->marker])
                        ? h->marker + 1 : XSELL_MARKER_NOT;
        }

        return;
    }

    if (white) {
        h->marker = (h->marker < XSELL_MARKER_NAME) ? XSELL_MARKER_GAP
                                                    : XSELL_MARKER_REST;
        return;
    }

    if (h->marker == XSELL_MARKER_WORD || h->marker == XSELL_MARKER_REST
        || h->value_n == XSELL_PLACE_NAME_MAX)
    {
        h->marker = XSELL_MARKER_NOT;
        return;
    }

    h->marker = XSELL_MARKER_NAME;
    h->value[h->value_n++] = (char) c;
}


static void
xsell_html_puts(xsell_html_t *h, const char *s)
{
    while (*s && h->marker != XSELL_MARKER_NOT) {
        xsell_html_put(h, (uint8_t) *s++);
    }
}


static const uint8_t *
xsell_html_comment(xsell_html_t *h, const uint8_t *p, const uint8_t *end)
{
    while (h->marker != XSELL_MARKER_NOT && p < end && *p != '-') {
        xsell_html_put(h, *p++);
    }

    p = xsell_hop(p, end, '-');

    if (p == end) {
        return end;
    }

    h->state = XSELL_S_COMMENT_DASH;

    return p + 1;
}


/* its '>' was taken */

static const uint8_t *
xsell_html_comment_done(xsell_html_t *h, const uint8_t *p)
{
    h->state = XSELL_S_DATA;

    if (h->marker == XSELL_MARKER_NAME || h->marker == XSELL_MARKER_REST) {
        xsell_tree_marker(h, xsell_offset(h, p));
    }

    return p;
}


/* one byte at one of a comment's ends; what turns out not to be the end is
   part of the text */

static const uint8_t *
xsell_html_comment_end(xsell_html_t *h, const uint8_t *p)
{
    unsigned  state;

    state = h->state;

    if (*p == '>' && state != XSELL_S_COMMENT_DASH) {
        return xsell_html_comment_done(h, p + 1);
    }

    if (*p == '-') {
        switch (state) {

        case XSELL_S_COMMENT_START:
            h->state = XSELL_S_COMMENT_START_DASH;
            break;

        case XSELL_S_COMMENT_END:
            xsell_html_puts(h, "-");
            break;

        case XSELL_S_COMMENT_BANG:
            xsell_html_puts(h, "--!");
            h->state = XSELL_S_COMMENT_DASH;
            break;

        default:
            h->state = XSELL_S_COMMENT_END;
        }

        return p + 1;
    }

    if (*p == '!' && state == XSELL_S_COMMENT_END) {
        h->state = XSELL_S_COMMENT_BANG;
        return p + 1;
    }

    xsell_html_puts(h, state == XSELL_S_COMMENT_START ? ""
                       : state == XSELL_S_COMMENT_END ? "--"
                       : state == XSELL_S_COMMENT_BANG ? "--!" : "-");

    h->state = XSELL_S_COMMENT;

    return p;
}


static const uint8_t *
xsell_html_markup(xsell_html_t *h, const uint8_t *p)
{
    if (*p == '-') {
        h->state = XSELL_S_MARKUP_DASH;
        return p + 1;
    }

    if (*p == '[' && xsell_tree_foreign(h)) {
        h->word = 0;
        h->state = XSELL_S_CDATA_OPEN;
        return p + 1;
    }

    xsell_work(h, 2 * XSELL_WORK_STEP);
    h->value_n = 0;
    h->state = (*p | 0x20) == 'd' ? XSELL_S_DOCTYPE : XSELL_S_BOGUS;

    return p;
}


static const uint8_t *
xsell_html_markup_dash(xsell_html_t *h, const uint8_t *p)
{
    if (*p != '-') {
        h->state = XSELL_S_BOGUS;
        return p;
    }

    h->work += XSELL_WORK_COMMENT;
    h->state = XSELL_S_COMMENT_START;
    h->value_n = 0;
    h->marker = xsell_tree_marks(h) ? 0 : XSELL_MARKER_NOT;

    return p + 1;
}


static const uint8_t *
xsell_html_bogus(xsell_html_t *h, const uint8_t *p, const uint8_t *end)
{
    p = xsell_hop(p, end, '>');

    if (p == end) {
        return end;
    }

    h->state = XSELL_S_DATA;

    return p + 1;
}


static const uint8_t *
xsell_html_doctype(xsell_html_t *h, const uint8_t *p, const uint8_t *end)
{
    const uint8_t  *q;

    q = xsell_hop(p, end, '>');
    xsell_html_collect(h, p, (size_t) (q - p));

    if (q == end) {
        return end;
    }

    h->state = XSELL_S_DATA;
    xsell_tree_doctype(h);

    return q + 1;
}


static const uint8_t *
xsell_html_cdata(xsell_html_t *h, const uint8_t *p, const uint8_t *end)
{
    switch (h->state) {

    case XSELL_S_CDATA_OPEN:
        if (*p != (uint8_t) "CDATA["[h->word]) {
            h->state = XSELL_S_BOGUS;
            return p;
        }

        if (++h->word == 6) {
            h->state = XSELL_S_CDATA;
        }

        return p + 1;

    case XSELL_S_CDATA:
        p = xsell_hop(p, end, ']');

        if (p == end) {
            return end;
        }

        h->state = XSELL_S_CDATA_BRACKET;
        return p + 1;

    case XSELL_S_CDATA_BRACKET:
        h->state = (*p == ']') ? XSELL_S_CDATA_END : XSELL_S_CDATA;
        return p + 1;

    default: /* XSELL_S_CDATA_END */
        if (*p != ']') {
            h->state = (*p == '>') ? XSELL_S_DATA : XSELL_S_CDATA;
        }

        return p + 1;
    }
}


/* ---- raw text: scripts, styles, titles -------------------------------- */

static inline const uint8_t *
xsell_html_raw(xsell_html_t *h, const uint8_t *p, const uint8_t *end)
{
    p = xsell_hop(p, end, '<');

    if (p == end) {
        return end;
    }

    h->tag_at = xsell_offset(h, p);
    h->state = XSELL_S_RAW_LT;

    /* a text of many "<!--" may not end before the page does */

    if (h->audit == 0 && xsell_audit(h, h->tag_at)) {
        h->now = h->tag_at;
        xsell_lost(h, XSELL_PLACE_WORK);
    }

    return p + 1;
}


static inline const uint8_t *
xsell_html_raw_lt(xsell_html_t *h, const uint8_t *p)
{
    if (*p == '/') {
        h->raw_n = 0;
        h->state = XSELL_S_RAW_END;
        return p + 1;
    }

    if (*p == '!' && h->raw == XSELL_RAW_SCRIPT) {
        h->state = XSELL_S_SCRIPT_BANG;
        return p + 1;
    }

    h->state = XSELL_S_RAW;

    return p;
}


/* in what may be the end tag of the raw text */

static const uint8_t *
xsell_html_raw_end(xsell_html_t *h, const uint8_t *p)
{
    uint8_t  want;

    want = (h->raw_n < 8) ? (uint8_t) (h->raw_name >> (8 * h->raw_n)) : 0;

    if (want) {
        if ((*p | 0x20) == want) {
            h->raw_n++;
            return p + 1;
        }

    } else if (xsell_c(*p, XSELL_C_NAME_END)) {
        h->now = xsell_offset(h, p);
        h->name = h->raw_name;
        h->is_end = 1;
        h->odd = 0;
        h->slash = 0;
        h->state = XSELL_S_ATTR;

        xsell_tree_end(h);

        return p;
    }

    h->dashes = 0;
    h->state = (h->raw <= XSELL_RAW_SCRIPT) ? XSELL_S_RAW : XSELL_S_ESCAPED;

    return p;
}


static const uint8_t *
xsell_html_script_bang(xsell_html_t *h, const uint8_t *p)
{
    if (*p != '-') {
        h->state = XSELL_S_RAW;
        return p;
    }

    if (h->state == XSELL_S_SCRIPT_BANG) {
        h->state = XSELL_S_SCRIPT_BANG_DASH;

    } else {
        xsell_work(h, 4 * XSELL_WORK_STEP);
        h->raw = XSELL_RAW_ESCAPED;
        h->dashes = 2;
        h->state = XSELL_S_ESCAPED;
    }

    return p + 1;
}


static const uint8_t *
xsell_html_escaped(xsell_html_t *h, const uint8_t *p, const uint8_t *end)
{
    for ( /* void */ ; p < end; p++) {

        if (*p == '-') {
            h->dashes += h->dashes < 2;

        } else if (*p == '>' && h->dashes == 2) {
            h->raw = XSELL_RAW_SCRIPT;
            h->state = XSELL_S_RAW;
            return p + 1;

        } else if (*p == '<') {
            h->tag_at = xsell_offset(h, p);
            h->state = XSELL_S_ESCAPED_LT;
            return p + 1;

        } else {
            h->dashes = 0;
        }
    }

    return p;
}


/* <script begins the second escape, </script ends it; after <!-- alone,
   </script ends the script */

static const uint8_t *
xsell_html_escaped_lt(xsell_html_t *h, const uint8_t *p)
{
    h->dashes = 0;
    h->word = 0;
    h->raw_n = 0;

    if (*p == '/') {
        h->state = (h->raw == XSELL_RAW_ESCAPED) ? XSELL_S_RAW_END
                                                 : XSELL_S_ESCAPED_WORD;
        return p + 1;
    }

    h->state = (h->raw == XSELL_RAW_ESCAPED && xsell_c(*p, XSELL_C_LETTER))
               ? XSELL_S_ESCAPED_WORD : XSELL_S_ESCAPED;

    return p;
}


static const uint8_t *
xsell_html_escaped_word(xsell_html_t *h, const uint8_t *p)
{
    if (xsell_c(*p, XSELL_C_LETTER)) {
        h->word = (h->word < 6 && (*p | 0x20) == (uint8_t) "script"[h->word])
                  ? h->word + 1 : XSELL_WORD_NOT;
        return p + 1;
    }

    h->state = XSELL_S_ESCAPED;

    if (!xsell_c(*p, XSELL_C_NAME_END)) {
        return p;
    }

    if (h->word == 6) {
        h->raw = (h->raw == XSELL_RAW_ESCAPED) ? XSELL_RAW_ESCAPED_TWICE
                                               : XSELL_RAW_ESCAPED;
    }

    return p + 1;
}


/* ---- one step: a byte, or a run of them ------------------------------- */

const uint8_t *
xsell_html_step_text(xsell_html_t *h, const uint8_t *p, const uint8_t *end)
{
    switch (h->state) {

    case XSELL_S_MARKUP:
        return xsell_html_markup(h, p);

    case XSELL_S_MARKUP_DASH:
        return xsell_html_markup_dash(h, p);

    case XSELL_S_BOGUS:
        return xsell_html_bogus(h, p, end);

    case XSELL_S_DOCTYPE:
        return xsell_html_doctype(h, p, end);

    case XSELL_S_COMMENT:
        return xsell_html_comment(h, p, end);

    case XSELL_S_COMMENT_START:
    case XSELL_S_COMMENT_START_DASH:
    case XSELL_S_COMMENT_DASH:
    case XSELL_S_COMMENT_END:
    case XSELL_S_COMMENT_BANG:
        return xsell_html_comment_end(h, p);

    case XSELL_S_CDATA_OPEN:
    case XSELL_S_CDATA:
    case XSELL_S_CDATA_BRACKET:
    case XSELL_S_CDATA_END:
        return xsell_html_cdata(h, p, end);

    case XSELL_S_RAW:
        return xsell_html_raw(h, p, end);

    case XSELL_S_RAW_LT:
        return xsell_html_raw_lt(h, p);

    case XSELL_S_RAW_END:
        return xsell_html_raw_end(h, p);

    case XSELL_S_SCRIPT_BANG:
    case XSELL_S_SCRIPT_BANG_DASH:
        return xsell_html_script_bang(h, p);

    case XSELL_S_ESCAPED:
        return xsell_html_escaped(h, p, end);

    case XSELL_S_ESCAPED_LT:
        return xsell_html_escaped_lt(h, p);

    case XSELL_S_ESCAPED_WORD:
        return xsell_html_escaped_word(h, p);

    default: /* XSELL_S_PLAIN, XSELL_S_STOP */
        return end;
    }
}


/* ---- the end of the page ---------------------------------------------- */

unsigned
xsell_html_last(xsell_html_t *h, uint64_t pos, uint64_t *at)
{
    *at = pos;

    switch (h->state) {

    case XSELL_S_DATA:
    case XSELL_S_TAG_OPEN:
        return XSELL_PLACE_SERVED;

    case XSELL_S_NAME:
    case XSELL_S_ATTR:
    case XSELL_S_ATTR_NAME:
    case XSELL_S_ATTR_AFTER:
    case XSELL_S_VALUE:
    case XSELL_S_VALUE_WHITE:
    case XSELL_S_VALUE_DOUBLE:
    case XSELL_S_VALUE_SINGLE:
    case XSELL_S_VALUE_BARE:
    case XSELL_S_SLASH:
        /* half a tag is no tag: in front of it, if that is still here */

        if (h->hold && pos - h->tag_at <= XSELL_HOLD_MAX) {
            *at = h->tag_at;
            return XSELL_PLACE_SERVED;
        }
    }

    return XSELL_PLACE_TEXT;
}

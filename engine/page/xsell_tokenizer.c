
/*
 * xsell_tokenizer.c: where tags, comments and raw text begin and end.
 *
 * The states are those of the HTML specification's tokenizer that move one of
 * these borders; states that only tell errors apart are merged (a doctype
 * ends at the first '>' like any bogus comment, whatever is quoted in it).
 * Each function below is a state or a few of a kind: it reads from p on,
 * leaves the next state in h->state and returns where it stopped.
 *
 * Invariants: what is decided depends on the bytes before, never on where a
 * buffer ended; a byte is looked at a bounded number of times (a state that
 * hands a byte on to another without taking it changes the state); a return
 * with an insertion due comes before anything else is read.
 *
 * Not taken: a table of states by character classes, the usual generator's
 * output.  Bytes of text, values and scripts, most of a page, would cost as
 * much as those of tags; here they are hopped over.
 */

#include "xsell_tokenizer.h"


const uint8_t  xsell_class[256] = {
    ['\t'] = 0x0f, ['\n'] = 0x0f, ['\f'] = 0x0f, ['\r'] = 0x0f, [' '] = 0x0f,
    ['/'] = 0x06, ['='] = 0x04, ['>'] = 0x0e,

    ['A'] = 0x10, ['B'] = 0x10, ['C'] = 0x10, ['D'] = 0x10, ['E'] = 0x10,
    ['F'] = 0x10, ['G'] = 0x10, ['H'] = 0x10, ['I'] = 0x10, ['J'] = 0x10,
    ['K'] = 0x10, ['L'] = 0x10, ['M'] = 0x10, ['N'] = 0x10, ['O'] = 0x10,
    ['P'] = 0x10, ['Q'] = 0x10, ['R'] = 0x10, ['S'] = 0x10, ['T'] = 0x10,
    ['U'] = 0x10, ['V'] = 0x10, ['W'] = 0x10, ['X'] = 0x10, ['Y'] = 0x10,
    ['Z'] = 0x10, ['a'] = 0x10, ['b'] = 0x10, ['c'] = 0x10, ['d'] = 0x10,
    ['e'] = 0x10, ['f'] = 0x10, ['g'] = 0x10, ['h'] = 0x10, ['i'] = 0x10,
    ['j'] = 0x10, ['k'] = 0x10, ['l'] = 0x10, ['m'] = 0x10, ['n'] = 0x10,
    ['o'] = 0x10, ['p'] = 0x10, ['q'] = 0x10, ['r'] = 0x10, ['s'] = 0x10,
    ['t'] = 0x10, ['u'] = 0x10, ['v'] = 0x10, ['w'] = 0x10, ['x'] = 0x10,
    ['y'] = 0x10, ['z'] = 0x10
};


void
xsell_html_stop(xsell_html_t *h)
{
    h->state = XSELL_S_STOP;
    h->hold = 0;
}


int
xsell_html_stopped(const xsell_html_t *h)
{
    return h->state == XSELL_S_STOP;
}


/* ---- text between tags ------------------------------------------------ */

/* text that the tree asks for: all of it, or only if it is not white space; a
   byte order mark is no text */

static const uint8_t *
xsell_html_look(xsell_html_t *h, const uint8_t *p, const uint8_t *end)
{
    unsigned  i;
    uint64_t  off;

    for (i = 0; i < 2 && h->look && h->due_n == 0; i++) {

        if (h->look == XSELL_LOOK_BLACK) {
            for ( /* void */ ; p < end; p++) {
                off = xsell_offset(h, p);

                if (!xsell_c(*p, XSELL_C_WHITE)
                    && (off > 2 || *p != (uint8_t) "\xef\xbb\xbf"[off]))
                {
                    break;
                }
            }
        }

        if (p == end || *p == '<') {
            break;
        }

        xsell_tree_text(h, xsell_offset(h, p));
    }

    return p;
}


static inline const uint8_t *
xsell_html_data(xsell_html_t *h, const uint8_t *p, const uint8_t *end)
{
    if (h->look) {
        p = xsell_html_look(h, p, end);

        if (h->due_n) {
            return p;
        }
    }

    p = xsell_hop(p, end, '<');

    if (p == end) {
        return end;
    }

    h->tag_at = xsell_offset(h, p);

    if (h->tag_at >= h->audit && xsell_audit(h, h->tag_at)) {
        h->now = h->tag_at;
        xsell_lost(h, XSELL_PLACE_WORK);
    }

    h->hold = h->early || h->captured || h->cut_idx
              || (h->mode <= XSELL_M_AFTER_HEAD && h->open);
    h->state = XSELL_S_TAG_OPEN;

    return p + 1;
}


/* what follows a format with attributes is there: its own end tag or not */

static inline void
xsell_html_pay(xsell_html_t *h, uint64_t name)
{
    if (h->owed) {
        if (h->owed != name) {
            xsell_work(h, XSELL_WORK_FORMAT);
        }

        h->owed = 0;
    }
}


static inline const uint8_t *
xsell_html_open(xsell_html_t *h, const uint8_t *p)
{
    if (*p != '/') {
        xsell_html_pay(h, 0);
    }

    if (xsell_c(*p, XSELL_C_LETTER)) {
        h->is_end = 0;
        h->odd = 0;
        h->strange = 0;
        h->quoted = 0;
        h->name = 0;
        h->name_n = 0;
        h->state = XSELL_S_NAME;
        return p;
    }

    if (*p == '/') {
        h->state = XSELL_S_END_OPEN;
        return p + 1;
    }

    if (*p == '!') {
        h->hold = 0;
        h->state = XSELL_S_MARKUP;
        return p + 1;
    }

    if (*p == '?') {
        xsell_work(h, 2 * XSELL_WORK_STEP);
        h->hold = 0;
        h->state = XSELL_S_BOGUS;
        return p + 1;
    }

    h->state = XSELL_S_DATA;
    h->work += XSELL_WORK_QUICK;

    if (h->look) {
        xsell_tree_text(h, h->tag_at);      /* the '<' itself */
    }

    h->hold = 0;

    return p;
}


static inline const uint8_t *
xsell_html_end_open(xsell_html_t *h, const uint8_t *p)
{
    if (xsell_c(*p, XSELL_C_LETTER)) {
        h->is_end = 1;
        h->odd = 0;
        h->strange = 0;
        h->quoted = 0;
        h->name = 0;
        h->name_n = 0;
        h->state = XSELL_S_NAME;
        return p;
    }

    xsell_html_pay(h, 0);
    h->hold = 0;
    h->state = (*p == '>') ? XSELL_S_DATA : XSELL_S_BOGUS;

    return p + 1;
}


/* ---- tags ------------------------------------------------------------- */

/* the tag is odd in one more way */

static inline void
xsell_html_odd(xsell_html_t *h, unsigned work)
{
    h->work += work + (h->strange ? 0 : XSELL_WORK_ODD);
    h->strange = 1;
}


/* ... as to an attribute */

static inline void
xsell_html_strange(xsell_html_t *h, unsigned work)
{
    xsell_html_odd(h, h->asks ? XSELL_WORK_ASKED(work) : work);
}


/* a name of up to 7 characters at once: its length, 0 for another */

static inline unsigned
xsell_html_short_name(const uint8_t *p, uint64_t *name, uint8_t *odd)
{
    unsigned  n;
    uint64_t  w, mask, low;

    w = xsell_bytes(p);
    mask = xsell_bytes_below(w, '0') | xsell_bytes_equal(w, '>');

    if (mask == 0) {
        return 0;
    }

    n = xsell_bytes_first(mask);
    w &= ~(~(uint64_t) 0 << (8 * n));

    /* A to Z: the high bit of w + 0x3f is set from A on, that of w + 0x25
       after Z */

    low = w & XSELL_BYTES(0x7f);
    mask = ((low + XSELL_BYTES(0x3f)) ^ (low + XSELL_BYTES(0x25))) & ~w
           & XSELL_BYTES(0x80);
    *name = w | mask >> 2;
    *odd = mask != 0;

    return n;
}


/* the end tag of the innermost element with more than a name: where it only
   pops, it is read quickly */

static unsigned
xsell_end_price(const xsell_html_t *h)
{
    unsigned  kind, pop;

    if (h->depth == 0 || h->name != xsell_top(h)->name) {
        return 0;
    }

    kind = xsell_top_kind(h);
    pop = xsell_quick[kind].element.pop;

    return kind == 0 || pop == XSELL_POP || pop == XSELL_POP_LONG
           || pop == XSELL_POP_LONGER ? XSELL_WORK_END : XSELL_WORK_TAG;
}


static inline const uint8_t *
xsell_html_name(xsell_html_t *h, const uint8_t *p, const uint8_t *end)
{
    uint32_t  n;
    uint64_t  name;

    n = h->name_n;
    name = h->name;

    if (n == 0 && end - p > 8) {
        n = xsell_html_short_name(p, &name, &h->odd);
        p += n;
    }

    for ( /* void */ ; p < end && !xsell_c(*p, XSELL_C_NAME_END); p++) {
        name = xsell_name_add(name, n, *p);
        n += n < 8;
        h->odd |= (unsigned) (*p - 'A') < 26;
    }

    h->name_n = n;
    h->name = name;

    if (p == end) {
        return p;
    }

    h->now = xsell_offset(h, p);
    h->slash = 0;
    h->state = XSELL_S_ATTR;

    if (h->is_end) {
        xsell_html_pay(h, *p == '>' && !h->odd ? name : 0);

        if (*p != '>') {
            xsell_work(h, xsell_end_price(h));
        }

        h->asks = 0;
        xsell_tree_end(h);
        h->hold = h->captured != 0;
        return p;
    }

    if (*p != '>' && *p != ' ') {
        xsell_html_odd(h, XSELL_WORK_SPACE);
    }

    xsell_tree_start(h);

    if (*p != '>' && xsell_quick[h->kind].push == XSELL_PUSH_FORMAT) {
        xsell_html_odd(h, XSELL_WORK_ATTRS);
        h->owed = name;
    }

    return p;
}


/* what follows is text up to the element's end tag */

static void
xsell_html_text(xsell_html_t *h)
{
    if (h->name == xsell_tags[XSELL_KIND_PLAINTEXT].name) {
        h->state = XSELL_S_PLAIN;
        return;
    }

    h->raw = (h->name == xsell_tags[XSELL_KIND_SCRIPT].name)
             ? XSELL_RAW_SCRIPT : XSELL_RAW_TEXT;
    h->raw_name = h->name;
    h->state = XSELL_S_RAW;
}


/* the tag's '>' was taken */

static inline const uint8_t *
xsell_html_emit(xsell_html_t *h, const uint8_t *p)
{
    h->now = xsell_offset(h, p);
    h->state = XSELL_S_DATA;

    if (h->is_end) {
        h->hold = 0;
        xsell_tree_ended(h, h->now);
        return p;
    }

    xsell_tree_started(h, h->now);
    h->hold = 0;

    if (h->verdict == XSELL_TAG_TEXT) {
        xsell_html_text(h);
    }

    return p;
}


/* the name of an attribute is there: does somebody ask for it? */

static void
xsell_html_ask(xsell_html_t *h)
{
    const xsell_ask_t  *a;

    a = xsell_ask_find(h->ps, h->attr, h->attr_c, h->attr_n);

    if (a && a->need & h->asks) {
        memset(&h->asked, 0, sizeof(xsell_asked_t));
        h->ask = (uint8_t) (a - h->ps->ask + 1);
    }
}


/* its value, from p to q; that was all of it */

static inline void
xsell_html_piece(xsell_html_t *h, const uint8_t *p, const uint8_t *q)
{
    if (h->ask) {
        xsell_asked(&h->ps->ask[h->ask - 1], &h->asked, p, (size_t) (q - p));
    }

    if (h->collect) {
        xsell_html_collect(h, p, (size_t) (q - p));
    }
}


static inline void
xsell_html_whole(xsell_html_t *h, const uint8_t *p)
{
    if (h->ask) {
        h->work += xsell_asked_for(&h->ps->ask[h->ask - 1], &h->asked)
                   ? XSELL_WORK_LOOK : 0;
        h->ask = 0;
    }

    if (h->collect) {
        xsell_html_collected(h, p);
    }
}


static inline const uint8_t *
xsell_html_attr(xsell_html_t *h, const uint8_t *p, const uint8_t *end)
{
    while (p < end && xsell_c(*p, XSELL_C_WHITE)) {
        h->quoted = 0;
        p++;
    }

    if (p == end) {
        return p;
    }

    if (*p == '>') {
        return xsell_html_emit(h, p + 1);
    }

    if (*p == '/') {
        h->quoted = 0;
        h->state = XSELL_S_SLASH;
        return p + 1;
    }

    /* a '=' here is the first letter of a name */

    if (*p == '=' && !h->quoted) {
        xsell_html_strange(h, XSELL_WORK_EQUALS);

    } else if (*p == '"' && !h->quoted) {
        xsell_html_odd(h, 0);
    }

    if (h->quoted && h->asks) {
        xsell_html_strange(h, XSELL_WORK_SPACE);
    }

    h->quoted = 0;

    if (h->attrs) {
        h->attr_at = xsell_offset(h, p);
        h->attr = xsell_name_add(0, 0, *p);
        h->attr_c = *p;
        h->attr_n = 1;
    }

    h->state = XSELL_S_ATTR_NAME;

    return p + 1;
}


static inline const uint8_t *
xsell_html_attr_name(xsell_html_t *h, const uint8_t *p, const uint8_t *end)
{
    for ( /* void */ ; p < end && !xsell_c(*p, XSELL_C_ATTR_END); p++) {

        if (*p == '"') {
            xsell_html_odd(h, 0);
        }

        if (h->attrs) {
            h->attr = xsell_name_add(h->attr, h->attr_n, *p);
            h->attr_n += h->attr_n < 65535;
        }
    }

    if (p == end) {
        return p;
    }

    h->value_n = 0;
    h->collect = h->attrs ? (uint8_t) xsell_tree_wants(h) : 0;

    if (h->attrs & XSELL_ATTRS_ASK) {
        xsell_html_ask(h);
    }

    if (*p == '=') {
        h->state = XSELL_S_VALUE;
        return p + 1;
    }

    h->state = XSELL_S_ATTR_AFTER;

    return p;
}


static const uint8_t *
xsell_html_attr_after(xsell_html_t *h, const uint8_t *p, const uint8_t *end)
{
    /* white space: else '=' would have been taken with the name */

    while (p < end && xsell_c(*p, XSELL_C_WHITE)) {
        p++;
    }

    if (p == end) {
        return p;
    }

    if (*p == '=') {
        xsell_html_strange(h, XSELL_WORK_WHITE);
        h->state = XSELL_S_VALUE;
        return p + 1;
    }

    if (h->asks) {
        xsell_html_odd(h, 0);           /* no value */
    }

    h->state = XSELL_S_ATTR;

    xsell_html_whole(h, p);

    return p;
}


static inline const uint8_t *
xsell_html_value(xsell_html_t *h, const uint8_t *p, const uint8_t *end)
{
    if (h->state == XSELL_S_VALUE && xsell_c(*p, XSELL_C_WHITE)) {
        xsell_html_strange(h, XSELL_WORK_WHITE);
        h->state = XSELL_S_VALUE_WHITE;
    }

    while (p < end && xsell_c(*p, XSELL_C_WHITE)) {
        p++;
    }

    if (p == end) {
        return p;
    }

    switch (*p) {

    case '"':
        h->state = XSELL_S_VALUE_DOUBLE;
        return p + 1;

    case '\'':
        xsell_html_strange(h, XSELL_WORK_SINGLE);
        h->state = XSELL_S_VALUE_SINGLE;
        return p + 1;

    case '>':
        h->state = XSELL_S_ATTR;

        xsell_html_whole(h, p);

        return p;
    }

    xsell_html_strange(h, XSELL_WORK_BARE);
    h->state = XSELL_S_VALUE_BARE;

    return p;
}


static inline const uint8_t *
xsell_html_quoted(xsell_html_t *h, const uint8_t *p, const uint8_t *end,
    uint8_t quote)
{
    const uint8_t  *q;

    q = xsell_hop(p, end, quote);

    xsell_html_piece(h, p, q);

    if (q == end) {
        return end;
    }

    h->quoted = 1;
    h->state = XSELL_S_ATTR;    /* a missing space is forgiven */

    xsell_html_whole(h, q);

    return q + 1;
}


static const uint8_t *
xsell_html_bare(xsell_html_t *h, const uint8_t *p, const uint8_t *end)
{
    const uint8_t  *q;

    for (q = p; q < end && !xsell_c(*q, XSELL_C_BARE_END); q++) { /* void */ }

    xsell_html_piece(h, p, q);

    if (q == end) {
        return end;
    }

    h->state = XSELL_S_ATTR;

    xsell_html_whole(h, q);

    return q;
}


static inline const uint8_t *
xsell_html_slash(xsell_html_t *h, const uint8_t *p)
{
    if (*p == '>') {
        h->slash = 1;
        return xsell_html_emit(h, p + 1);
    }

    h->state = XSELL_S_ATTR;

    return p;
}


/* attributes of the usual form, NAME="VALUE", straight on; what is another
   or ends with the buffer goes by the state */

static inline const uint8_t *
xsell_html_attrs(xsell_html_t *h, const uint8_t *p, const uint8_t *end)
{
    do {
        p = xsell_html_attr(h, p, end);

        if (h->state != XSELL_S_ATTR_NAME || p == end) {
            break;
        }

        p = xsell_html_attr_name(h, p, end);

        if (h->state != XSELL_S_VALUE || p == end) {
            break;
        }

        p = xsell_html_value(h, p, end);

        if (h->state != XSELL_S_VALUE_DOUBLE || p == end) {
            break;
        }

        p = xsell_html_quoted(h, p, end, '"');

    } while (p < end && h->due_n == 0);

    return p;
}


const uint8_t *
xsell_html_run(xsell_html_t *h, const uint8_t *p, const uint8_t *end)
{
    while (p < end && h->due_n == 0) {

        if (xsell_html_idle(h)) {
            xsell_html_stop(h);
            return end;
        }

        switch (h->state) {

        case XSELL_S_DATA:
            p = xsell_quick_run(h, p, end);
            p = xsell_html_data(h, p, end);

            if (h->state != XSELL_S_TAG_OPEN || p == end) {
                break;
            }

            /* fall through */

        case XSELL_S_TAG_OPEN:
            p = xsell_html_open(h, p);

            if (h->state == XSELL_S_END_OPEN && p < end) {
                p = xsell_html_end_open(h, p);
            }

            if (h->state != XSELL_S_NAME || p == end) {
                break;
            }

            /* fall through */

        case XSELL_S_NAME:
            p = xsell_html_name(h, p, end);

            if (h->state != XSELL_S_ATTR || h->due_n) {
                break;
            }

            /* fall through */

        case XSELL_S_ATTR:
            p = xsell_html_attrs(h, p, end);
            break;

        case XSELL_S_END_OPEN:
            p = xsell_html_end_open(h, p);
            break;

        case XSELL_S_ATTR_NAME:
            p = xsell_html_attr_name(h, p, end);
            break;

        case XSELL_S_ATTR_AFTER:
            p = xsell_html_attr_after(h, p, end);
            break;

        case XSELL_S_VALUE:
        case XSELL_S_VALUE_WHITE:
            p = xsell_html_value(h, p, end);
            break;

        case XSELL_S_VALUE_DOUBLE:
            p = xsell_html_quoted(h, p, end, '"');
            break;

        case XSELL_S_VALUE_SINGLE:
            p = xsell_html_quoted(h, p, end, '\'');
            break;

        case XSELL_S_VALUE_BARE:
            p = xsell_html_bare(h, p, end);
            break;

        case XSELL_S_SLASH:
            p = xsell_html_slash(h, p);
            break;

        default:
            p = xsell_html_step_text(h, p, end);
        }
    }

    return p;
}

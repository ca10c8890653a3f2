
/*
 * xsell_quick_tag.c: what the loop over tags leaves and is still no more than
 * a push or a pop: names without rules, attributes in single quotes, without
 * quotes or values, comments in scripts.  Some hundred instructions each, a
 * fifth of what the states take.
 *
 * What such a tag adds to the page's work is what xsell_tokenizer.c would add:
 * whether a page is given up does not depend on who has read it.
 */

#include "xsell_quick.h"
#include "xsell_tag_list.h"


/* more is not added here: half of it by a tag, half by its text */
#define XSELL_QUICK_WORK     (XSELL_WORK_STEP * 64)


/* near to giving up, that has to be told exactly */

static int
xsell_quick_near(const xsell_html_t *h, const xsell_walk_t *w)
{
    return h->work + XSELL_QUICK_WORK
           > xsell_work_limit(w->off + (uint64_t) (w->p - w->zero));
}


/* ---- names ------------------------------------------------------------ */

/* one in lower case, from q on; its end, or NULL */

static const uint8_t *
xsell_quick_name(const uint8_t *q, const uint8_t *end, uint64_t *name)
{
    unsigned  n;

    *name = 0;

    for (n = 0; !xsell_c(*q, XSELL_C_NAME_END); q++, n += n < 8) {
        if (q > end || *q == 0 || (unsigned) (*q - 'A') < 26) {
            return NULL;
        }

        *name = xsell_name_add(*name, n, *q);
    }

    return q;
}


/* an element without rules */

static int
xsell_quick_other(xsell_quick_t *k, uint64_t name, size_t n)
{
    if (n > 250) {
        return 0;
    }

    memset(k, 0, sizeof(xsell_quick_t));

    k->needs = XSELL_NEEDS_CONTENT | XSELL_NEEDS_CARE;
    k->push = XSELL_PUSH_LONG;
    k->again = offsetof(xsell_html_t, again);
    k->skip = (uint8_t) (n + 2);
    k->element.name = name;
    k->element.skip = (uint8_t) (n + 3);
    k->element.lacks = XSELL_LACKS;

    if (n > 7) {
        k->element.end = ~(uint64_t) 0;
        k->element.mask = ~(uint64_t) 0;
        k->element.pop = XSELL_POP_LONGER;
        return 1;
    }

    k->element.end = '/' | name << 8;
    k->element.mask = xsell_low[n + 2];
    k->element.pop = XSELL_POP_LONG;

    if (n < 7) {
        k->element.end |= (uint64_t) '>' << (8 * n + 8);
        k->element.pop = XSELL_POP;
        k->needs = XSELL_NEEDS_CONTENT;
        k->push = XSELL_PUSH;
    }

    return 1;
}


/* ---- selectors -------------------------------------------------------- */

uint64_t
xsell_quick_cand(const xsell_html_t *h, const xsell_walk_t *w,
    const xsell_quick_t *k, unsigned among)
{
    uint32_t               i;
    uint64_t               type;
    const xsell_level_t   *l;
    const xsell_places_t  *ps;

    if (among == XSELL_AMONG_NONE) {
        return 0;
    }

    ps = h->ps;
    type = ps->kind[k->kind];

    if (k->kind == 0) {
        for (i = 0; i < ps->types_n; i++) {
            type |= ps->type[i].name == k->element.name ? ps->type[i].bits
                                                        : 0;
        }
    }

    type &= w->live;

    /* it may end the element that is its parent now; <b> may be opened
       elsewhere too */

    if (among != XSELL_AMONG_ALL
        || k->needs & w->top->lacks & ~XSELL_NEEDS_MILD
        || xsell_flags(k->kind) & XSELL_TAG_FORMAT)
    {
        return type;
    }

    l = w->level;

    return type & (ps->first | (l->self << 1 & ps->child)
                   | (l->up << 1 & ps->desc) | (l->last << 1 & ps->next)
                   | (l->all << 1 & ps->later));
}


/* ---- attributes ------------------------------------------------------- */

static const uint8_t *
xsell_quick_white(const uint8_t *q, const uint8_t *end)
{
    while (q <= end && xsell_c(*q, XSELL_C_WHITE)) {
        q++;
    }

    return q;
}


/* the value at q, without its quotes; what follows it */

static const uint8_t *
xsell_quick_value(const uint8_t *q, const uint8_t *end, unsigned *work,
    xsell_str_t *value)
{
    const uint8_t  *p;

    if (*q == '"' || *q == '\'') {
        *work += *q == '"' ? 0 : XSELL_WORK_SINGLE;

        p = q < end ? memchr(q + 1, *q, (size_t) (end - q)) : NULL;

        value->p = (const char *) q + 1;
        value->n = p ? (size_t) (p - q) - 1 : 0;

        return p ? p + 1 : NULL;
    }

    value->p = (const char *) q;
    *work += *q == '>' ? 0 : XSELL_WORK_BARE;

    while (q <= end && !xsell_c(*q, XSELL_C_BARE_END)) {
        q++;
    }

    value->n = (size_t) ((const char *) q - value->p);

    return q;
}


/* that value, as it is, for the hash of its tag; 0: it has to be decoded */

static int
xsell_quick_hash(uint64_t *hash, const uint8_t *name, size_t n,
    const xsell_str_t *value)
{
    if (value->n > XSELL_VALUE_MAX || memchr(value->p, '&', value->n)
        || memchr(value->p, '\r', value->n))
    {
        return 0;
    }

    *hash += xsell_attr_hash(xsell_name((const char *) name, n), value->p,
                             value->n);

    return 1;
}


/* may an attribute complete one of the compounds in cand?  asks: if it is of
   one of these and worth a look, it costs that */

static int
xsell_quick_look(const xsell_html_t *h, const uint8_t *name, size_t n,
    const xsell_str_t *value, uint64_t asks, uint64_t cand, unsigned *work)
{
    uint64_t            word;
    xsell_asked_t       seen;
    const xsell_ask_t  *a;

    if (h->ps->ask_of[xsell_bloom(*name, n)] == 0) {
        return 0;
    }

    word = xsell_name((const char *) name, n);
    a = xsell_ask_find(h->ps, word, *name, n);

    if (a == NULL || !(a->need & asks)) {
        return 0;
    }

    memset(&seen, 0, sizeof(xsell_asked_t));
    xsell_asked(a, &seen, (const uint8_t *) value->p, value->n);

    if (xsell_asked_for(a, &seen)) {
        *work += XSELL_WORK_LOOK;

    } else if (a->any == 0) {
        return 0;
    }

    return xsell_match_quick(h, cand, word, value->p, value->n);
}


/* from what follows the name of a tag up to its '>': what follows that.
   odd: what is odd about its name costs; hash: of the attributes, if that is
   wanted */

static const uint8_t *
xsell_quick_attrs(const xsell_html_t *h, const uint8_t *q,
    const uint8_t *end, uint64_t asks, uint64_t cand, unsigned odd,
    unsigned *work, uint64_t *hash)
{
    int             quoted, strange;
    size_t          n;
    unsigned        more;
    xsell_str_t     value;
    const uint8_t  *name;

    more = 0;
    quoted = 0;
    strange = 0;

    for ( ;; ) {
        quoted = quoted && !xsell_c(*q, XSELL_C_WHITE);
        q = xsell_quick_white(q, end);

        if (q > end) {
            return NULL;
        }

        if (*q == '>') {
            odd += asks ? XSELL_WORK_ASKED(more) : more;
            *work += odd + (odd || strange ? XSELL_WORK_ODD : 0);
            return q + 1;
        }

        if (*q == '/') {
            quoted = 0;
            q++;
            continue;
        }

        name = q;
        more += *q == '=' && !quoted ? XSELL_WORK_EQUALS : 0;
        more += quoted && asks ? XSELL_WORK_SPACE : 0;
        strange |= *q == '"' && !quoted;
        quoted = 0;

        for (q++; q <= end && !xsell_c(*q, XSELL_C_ATTR_END); q++) {
            strange |= *q == '"';
        }

        n = (size_t) (q - name);
        q = xsell_quick_white(q, end);

        value.p = "";
        value.n = 0;

        if (q <= end && *q == '=') {
            more += q == name + n ? 0 : XSELL_WORK_WHITE;
            more += xsell_c(q[1], XSELL_C_WHITE) ? XSELL_WORK_WHITE : 0;
            q = xsell_quick_white(q + 1, end);
            quoted = *q == '"' || *q == '\'';
            q = xsell_quick_value(q, end, &more, &value);

        } else {
            strange |= asks != 0;
        }

        if (q == NULL || q > end
            || (hash && !xsell_quick_hash(hash, name, n, &value)))
        {
            return NULL;
        }

        if (asks && xsell_quick_look(h, name, n, &value, asks, cand, work)) {
            return NULL;
        }
    }
}


/* the next tag is the end of that at w->k: 1, or 0; -1: it is not here yet */

static int
xsell_quick_over(const xsell_walk_t *w)
{
    const uint8_t  *q;

    q = w->q > w->end ? NULL
        : memchr(w->q, '<', (size_t) (w->end - w->q) + 1);

    return q == NULL || q + w->k->element.skip > w->far + 1 ? -1
           : ((xsell_bytes(q + 1) ^ w->k->element.end)
              & w->k->element.mask) == 0;
}


const uint8_t *
xsell_quick_end(const xsell_html_t *h, xsell_walk_t *w)
{
    unsigned        pop;
    uint64_t        name;
    const uint8_t  *q;

    pop = w->top->pop;

    if (pop != XSELL_POP && pop != XSELL_POP_LONG && pop != XSELL_POP_LONGER) {
        return NULL;
    }

    q = xsell_quick_name(w->p + 2, w->far, &name);

    if (q == NULL || name != w->top->name) {
        return NULL;
    }

    if (*q == '>') {
        return pop == XSELL_POP_LONGER ? q + 1 : NULL;
    }

    if (xsell_quick_near(h, w)) {
        return NULL;
    }

    q = xsell_quick_attrs(h, q, w->far, 0, 0, 0, &w->work, NULL);
    w->work += XSELL_WORK_END;

    return w->work < XSELL_QUICK_WORK / 2 ? q : NULL;
}


/* ---- comments --------------------------------------------------------- */

/* from p on, behind "<!--"; what follows its end */

static const uint8_t *
xsell_quick_dashes(const uint8_t *q, const uint8_t *end)
{
    for ( /* void */ ; q <= end; q++) {
        q = memchr(q, '>', (size_t) (end - q) + 1);

        if (q == NULL || q[-1] == '!') {
            return NULL;
        }

        if (q[-1] == '-' && q[-2] == '-') {
            return q + 1;
        }
    }

    return NULL;
}


/* ---- scripts ---------------------------------------------------------- */

/* "</script>" at q: its length; "</script" in another way: -1 */

static int
xsell_quick_script_end(const uint8_t *q)
{
    uint64_t  w;

    w = (xsell_bytes(q + 2) ^ N6('s', 'c', 'r', 'i', 'p', 't'))
        & xsell_low[6];

    if (w & ~XSELL_BYTES(0x20)) {
        return 0;
    }

    return w == 0 && q[8] == '>' ? 9 : -1;
}


/*
 * From behind the start tag to behind the end tag.  "<!--" makes a script of
 * its own kind up to "-->", in which another "<script" changes the rules:
 * that is not for here.
 */

static const uint8_t *
xsell_quick_script(const uint8_t *q, const uint8_t *end, unsigned *work)
{
    int       n, escaped;
    unsigned  most;

    most = *work + XSELL_QUICK_WORK / 2;

    for (escaped = 0; q <= end; q++) {

        if (!escaped) {
            q = memchr(q, '<', (size_t) (end - q) + 1);

            if (q == NULL) {
                return NULL;
            }
        }

        if (*q == '>') {
            escaped = !(q[-1] == '-' && q[-2] == '-');
            continue;
        }

        if (*q != '<') {
            continue;
        }

        if (q[1] == '!' && q[2] == '-' && q[3] == '-') {
            *work += escaped ? 0 : 4 * XSELL_WORK_STEP;
            escaped = 1;
            q += 3;

            if (*work > most) {
                return NULL;
            }

        } else if (q[1] == '/') {
            n = xsell_quick_script_end(q);

            if (n) {
                return n > 0 ? q + n : NULL;
            }

        } else if (escaped && xsell_quick_script_end(q - 1)) {
            return NULL;
        }
    }

    return NULL;
}


/* a script is there as a whole */

static int
xsell_quick_code(xsell_walk_t *w, unsigned among)
{
    const uint8_t  *q;

    if (w->k->needs & w->top->lacks & ~XSELL_NEEDS_CARE) {
        return 0;
    }

    q = xsell_quick_script(w->q, w->far, &w->work);

    if (q == NULL) {
        return 0;
    }

    w->work += XSELL_WORK_QUICK + XSELL_WORK_CARE;

    if (among == XSELL_AMONG_ALL) {
        xsell_quick_child(w->level);
    }

    w->p = q;

    return 1;
}


/* ---- tags ------------------------------------------------------------- */

/* what the start tag at w->p is: w->k, w->q; 0: another's */

static int
xsell_quick_read(const xsell_html_t *h, xsell_walk_t *w, unsigned among)
{
    int             over;
    unsigned        kind;
    uint64_t        name, cand;
    const uint8_t  *q;

    /* who is near to giving up has it done exactly */

    if (xsell_quick_near(h, w)
        || (unsigned) (w->p[1] - 'a') > 25)
    {
        return 0;
    }

    q = xsell_quick_name(w->p + 1, w->far, &name);

    if (q == NULL) {
        return 0;
    }

    kind = xsell_tag_kind(name);
    w->k = &xsell_quicks.quick[kind];

    if (kind == 0) {
        if (!xsell_quick_other(&w->other, name, (size_t) (q - w->p) - 1)) {
            return 0;
        }

        w->k = &w->other;
    }

    w->work = xsell_quick_price(kind, name, (size_t) (q - w->p) - 1)
              - XSELL_WORK_QUICK
              - (w->k->needs & XSELL_NEEDS_CARE ? XSELL_WORK_CARE : 0);

    cand = xsell_quick_cand(h, w, w->k, among);

    if (cand & h->ps->free || w->k->push == XSELL_PUSH_SLOW) {
        return 0;
    }

    if (*q == '>') {
        w->q = q + 1;
        return 1;
    }

    /* a second <a> ends the first */

    if (w->k->push == XSELL_PUSH_A && xsell_format_find(h, name) >= 0) {
        return 0;
    }

    w->q = xsell_quick_attrs(h, q, w->far, xsell_asks(h, w->k->kind), cand,
                             (*q == ' ' ? 0 : XSELL_WORK_SPACE)
                             + (w->k->push == XSELL_PUSH_FORMAT
                                ? XSELL_WORK_ATTRS : 0), &w->work,
                             w->k->push == XSELL_PUSH_FORMAT ? &w->hash
                                                             : NULL);

    if (w->q == NULL || w->work >= XSELL_QUICK_WORK / 2) {
        return 0;
    }

    if (w->k->push == XSELL_PUSH_FORMAT) {
        over = xsell_quick_over(w);
        w->work += over == 0 ? XSELL_WORK_FORMAT : 0;
        return over >= 0;
    }

    return 1;
}


int
xsell_quick_tag(const xsell_html_t *h, xsell_walk_t *w, unsigned among)
{
    if (xsell_quick_read(h, w, among)) {

        if (w->k->kind != XSELL_KIND_SCRIPT) {
            return 1;
        }

        if (xsell_quick_code(w, among)) {
            w->k = NULL;
            return 1;
        }
    }

    w->k = NULL;

    return 0;
}


/* ---- <head> ----------------------------------------------------------- */

/* raw text without rules of its own, from q on, up to behind its end tag */

static const uint8_t *
xsell_quick_text(const uint8_t *q, const uint8_t *end, const xsell_quick_t *k)
{
    unsigned  n;
    uint64_t  w;

    n = k->element.skip - 3u;

    for ( /* void */ ; q <= end; q++) {
        q = memchr(q, '<', (size_t) (end - q) + 1);

        if (q == NULL) {
            return NULL;
        }

        w = (xsell_bytes(q + 2) ^ k->element.name) & xsell_low[n];

        if (q[1] == '/' && (w & ~XSELL_BYTES(0x20)) == 0) {
            return w == 0 && q[2 + n] == '>' ? q + n + 3 : NULL;
        }
    }

    return NULL;
}


/* one tag or comment that leaves <head> as it was; what follows it */

static const uint8_t *
xsell_quick_one(const xsell_html_t *h, xsell_walk_t *w, unsigned among)
{
    const uint8_t  *q;

    if (w->p[1] == '!') {
        w->work = XSELL_WORK_COMMENT;

        return w->p[2] != '-' || w->p[3] != '-' || h->open & h->markers
               ? NULL : xsell_quick_dashes(w->p + 4, w->far);
    }

    if (!xsell_quick_read(h, w, among)) {
        return NULL;
    }

    switch (w->k->kind) {

    case XSELL_KIND_META:
    case XSELL_KIND_LINK:
    case XSELL_KIND_BASE:
        q = w->q;
        break;

    case XSELL_KIND_SCRIPT:
        q = xsell_quick_script(w->q, w->far, &w->work);
        break;

    case XSELL_KIND_STYLE:
    case XSELL_KIND_TITLE:
        q = xsell_quick_text(w->q, w->far, w->k);
        break;

    default:
        return NULL;
    }

    w->work += XSELL_WORK_QUICK + XSELL_WORK_CARE;

    if (q && among == XSELL_AMONG_ALL) {
        xsell_quick_child(w->level);
    }

    return q;
}


void
xsell_quick_head(xsell_html_t *h, xsell_walk_t *w, unsigned among)
{
    const uint8_t  *q;

    for ( ;; ) {
        w->p = xsell_quick_white(w->p, w->far);

        if (w->p > w->end || *w->p != '<') {
            return;
        }

        q = xsell_quick_one(h, w, among);

        if (q == NULL) {
            return;
        }

        w->p = q;
        h->work += w->work;
    }
}


/*
 * xsell_quick.c: tags that need no more than a push or a pop, which on sane
 * pages are nearly all.
 *
 * The tokenizer hands the text between tags to xsell_quick_run(), which goes
 * from '<' to '<' for as long as each tag is whole in this buffer, written in
 * lower case, of a name with simple rules, in a place where these rules hold,
 * and of no interest to any selector or captured element.  At the first other
 * one it returns, and the states of xsell_tokenizer.c take over for that tag.
 * So there is nothing here that is not there as well: what is decided must be
 * the same, and tests that feed a page byte by byte, where nothing is ever
 * whole, compare.
 *
 * About 70 instructions a tag, 3.5 a byte of a dense page; the states cost
 * some 500.
 *
 * Not taken: masks of all quotes and brackets of 64 bytes at once: they cost
 * as much as all of this does, where no attribute is wanted.
 */

#include "xsell_tokenizer.h"
#include "xsell_tag_list.h"


#define XSELL_MARGIN         64         /* bytes that may be looked at */


#define POP_OF(kind, group, flags)                                            \
    ((kind) == XSELL_KIND_P ? XSELL_POP_P                                     \
     : (group) == XSELL_G_BLOCK || (group) == XSELL_G_OTHER                   \
       || (group) == XSELL_G_HEADING || (group) == XSELL_G_LI                 \
       || (group) == XSELL_G_DD || (group) == XSELL_G_BUTTON                  \
       || (group) == XSELL_G_RUBY || (group) == XSELL_G_OPTION ? XSELL_POP    \
     : (flags) & FORMAT ? XSELL_POP_FORMAT                                    \
     : (kind) == XSELL_KIND_TD || (kind) == XSELL_KIND_TH ? XSELL_POP_CELL    \
     : (flags) & TABLISH ? XSELL_POP_PART : XSELL_POP_SLOW)

#define PUSH_OF(kind, group, flags)                                           \
    ((kind) == XSELL_KIND_MGLYPH || (kind) == XSELL_KIND_MALIGNMARK           \
     ? XSELL_PUSH_SLOW                                                        \
     : (kind) == XSELL_KIND_P ? XSELL_PUSH_P                                  \
     : (group) == XSELL_G_BLOCK || (group) == XSELL_G_OTHER                   \
       || (group) == XSELL_G_HEADING || (group) == XSELL_G_LI                 \
       || (group) == XSELL_G_DD ? XSELL_PUSH                                  \
     : (group) == XSELL_G_ANCHOR ? XSELL_PUSH_A                               \
     : (group) == XSELL_G_FORMAT ? XSELL_PUSH_FORMAT                          \
     : (group) == XSELL_G_VOID || (group) == XSELL_G_PARAM                    \
       || ((group) == XSELL_G_HEADISH && (flags) & VOID) ? XSELL_PUSH_VOID    \
     : (flags) & RAW && !((flags) & PCLOSE) ? XSELL_PUSH_RAW                  \
     : (kind) == XSELL_KIND_TD || (kind) == XSELL_KIND_TH ? XSELL_PUSH_CELL   \
     : (kind) == XSELL_KIND_TABLE ? XSELL_PUSH_TABLE                          \
     : (flags) & TABLISH ? XSELL_PUSH_PART : XSELL_PUSH_SLOW)

#define NEEDS_OF(kind, group, flags)                                          \
    ((kind) == XSELL_KIND_TD || (kind) == XSELL_KIND_TH ? XSELL_NEEDS_ROW     \
     : (kind) == XSELL_KIND_TR ? XSELL_NEEDS_ROWS                             \
     : (flags) & THOROUGH ? XSELL_NEEDS_TABLE                                 \
     : XSELL_NEEDS_CONTENT | ((flags) & PCLOSE ? XSELL_NEEDS_NO_P : 0)        \
       | ((group) == XSELL_G_HEADING ? XSELL_NEEDS_NO_H : 0)                  \
       | ((group) == XSELL_G_LI || (group) == XSELL_G_DD                      \
          ? XSELL_NEEDS_LIST : 0))

/* between the parts of a table, in <select> and in <template> other rules
   hold */

#define LACKS_OF(kind, group, flags)                                          \
    (((flags) & TABLISH || (kind) == XSELL_KIND_COLGROUP                      \
      || (kind) == XSELL_KIND_TEMPLATE || (kind) == XSELL_KIND_SELECT         \
      || (kind) == XSELL_KIND_HTML || (kind) == XSELL_KIND_HEAD               \
      ? XSELL_NEEDS_CONTENT : 0)                                              \
     | (!((flags) & SPECIAL) || (kind) == XSELL_KIND_DIV                      \
        || (kind) == XSELL_KIND_P || (kind) == XSELL_KIND_ADDRESS             \
        || (group) == XSELL_G_LI || (group) == XSELL_G_DD                     \
        ? XSELL_NEEDS_LIST : 0)                                               \
     | ((group) == XSELL_G_HEADING ? XSELL_NEEDS_NO_H : 0)                    \
     | ((kind) == XSELL_KIND_TABLE ? 0 : XSELL_NEEDS_TABLE)                   \
     | ((flags) & TABLISH && (flags) & THOROUGH && (kind) != XSELL_KIND_TR    \
        ? 0 : XSELL_NEEDS_ROWS)                                               \
     | ((kind) == XSELL_KIND_TR ? 0 : XSELL_NEEDS_ROW))

/* quick ones have up to 7 characters; "</name>" of up to 5 is a word */

#define LENGTH(text)         (sizeof(text) - 1)
#define SHORT(text)          (LENGTH(text) <= 7)
#define BITS(text)           (8 * LENGTH(text) & 63)
#define END_OF(text, name)                                                    \
    ('<' | '/' << 8 | (name) << 16                                            \
     | (LENGTH(text) <= 5 ? (uint64_t) '>' << ((BITS(text) + 16) & 63) : 0))


const xsell_quick_t  xsell_quick[256] = {
#define X(kind, text, name, group, flags)                                     \
    [XSELL_KIND_##kind] = {                                                   \
        { name, SHORT(text) ? END_OF(text, name) : 0, XSELL_KIND_##kind,      \
          LENGTH(text) <= 5 ? (uint8_t) (40 - BITS(text)) : 0,                \
          LENGTH(text) + 3,                                                   \
          !SHORT(text) ? 0                                                    \
          : POP_OF(XSELL_KIND_##kind, XSELL_##group, flags)                   \
            | (LENGTH(text) > 5 ? XSELL_POP_LONG : 0),                        \
          LACKS_OF(XSELL_KIND_##kind, XSELL_##group, flags), 0, 0, 0, 0 },    \
        SHORT(text) ? PUSH_OF(XSELL_KIND_##kind, XSELL_##group, flags) : 0,   \
        NEEDS_OF(XSELL_KIND_##kind, XSELL_##group, flags), LENGTH(text),      \
        { 0 } },
    XSELL_TAG_LIST(X)
#undef X

    /* the name of no tag */
    [0] = { { ~(uint64_t) 0, 0, 0, 0, 0, 0, XSELL_LACKS, 0, 0, 0, 0 },
            0, 0, 0, { 0 } }
};


#ifdef __SSE2__

#define xsell_load(p)                                                         \
    _mm_loadu_si128((const __m128i *) (const void *) (p))
#define xsell_all(c)         _mm_set1_epi8((char) (c))
#define xsell_mask(v)        ((unsigned) _mm_movemask_epi8(v))
#define xsell_at(p, bytes)                                                    \
    xsell_mask(_mm_cmpeq_epi8(xsell_load(p), bytes))

#define xsell_likely(x)      __builtin_expect(!!(x), 1)
#define xsell_unlikely(x)    __builtin_expect(!!(x), 0)


/* keeps a constant where it is, in a register if there is one: compilers make
   it anew for each use, of three instructions */

#define xsell_keep(x)        __asm__ ("" : "+x" (x))
#define xsell_keep_reg(x)    __asm__ ("" : "+r" (x))

typedef struct {
    __m128i  open;                      /* '<' */
    __m128i  close;                     /* '>' */
    __m128i  zero;                      /* '0' */
    __m128i  four;                      /* all but the last two bits */
    __m128i  quote;
} xsell_bytes_t;

#define xsell_inline         static inline __attribute__((always_inline))

/* what is seldom called leaves the loop its registers */

#define xsell_aside          __attribute__((cold, noinline))


/* the first n bytes of a word */

static const uint64_t  xsell_low[17] = {
    0, 0xff, 0xffff, 0xffffff, 0xffffffff, 0xffffffffff, 0xffffffffffff,
    0xffffffffffffff, ~(uint64_t) 0, ~(uint64_t) 0, ~(uint64_t) 0,
    ~(uint64_t) 0, ~(uint64_t) 0, ~(uint64_t) 0, ~(uint64_t) 0,
    ~(uint64_t) 0, ~(uint64_t) 0
};


/* ---- attributes ------------------------------------------------------- */

/* white space and names without values: where the next one with a value
   begins, or the '>', NULL if it is another's work */

xsell_aside
static const uint8_t *
xsell_quick_bare(const xsell_html_t *h, const uint8_t *q, const uint8_t *end,
    uint64_t cand)
{
    unsigned        n;
    const uint8_t  *name;

    for (name = q; q <= end; /* void */) {

        if (*q == ' ' || *q == '\n') {
            q++;
            continue;
        }

        if (*q == '>') {
            return q;
        }

        if (*q == '/') {
            return q[1] == '>' ? q + 1 : NULL;
        }

        for (name = q; xsell_c(*q, XSELL_C_LETTER) || *q == '-'; q++) {
            if (q > end) {
                return NULL;
            }
        }

        n = (unsigned) (q - name);

        if (n && *q == '=') {
            return name;
        }

        if (n == 0 || (*q != ' ' && *q != '\n' && *q != '>' && *q != '/')
            || (cand && h->ps->bloom & xsell_bloom(*name, n)))
        {
            return NULL;
        }
    }

    return NULL;
}


/* from what follows the name of a tag up to its '>': what follows that, NULL
   if the tag is another's work.  cand: compounds that attributes of it may
   complete */

xsell_inline const uint8_t *
xsell_quick_attrs(const xsell_html_t *h, const uint8_t *q,
    const uint8_t *end, uint64_t cand, const xsell_bytes_t *b)
{
    unsigned        n, m;
    __m128i         v;
    const uint8_t  *name, *value;

    for ( ;; ) {

        if (*q == '>') {
            return q + 1;
        }

        if (xsell_unlikely(q > end)) {
            return NULL;
        }

        /* a name: letters, digits and the like, up to '=' */

        q += *q == ' ';
        v = xsell_load(q);
        m = xsell_mask(_mm_or_si128(
                           _mm_cmpgt_epi8(b->zero, v),
                           _mm_cmpeq_epi8(_mm_and_si128(v, b->four),
                                          b->open)));
        n = (unsigned) __builtin_ctz(m | 0x10000);

        if (xsell_unlikely(q[n] != '=' || n == 0)) {

            while (n < 16 && q[n] == '-') {         /* data-x="" */
                m &= m - 1;
                n = (unsigned) __builtin_ctz(m | 0x10000);
            }

            if (q[n] != '=' || n == 0) {
                q = xsell_quick_bare(h, q, end, cand);

                if (q == NULL) {
                    return NULL;
                }

                if (*q == '>') {
                    continue;
                }

                for (n = 1; q[n] != '='; n++) { /* void */ }
            }
        }

        name = q;
        value = q + n + 2;

        if (xsell_unlikely(value[-1] != '"')) {
            return NULL;
        }

        q = value;

        while (xsell_unlikely((m = xsell_at(q, b->quote)) == 0)) {
            q += 16;

            if (q > end) {
                return NULL;
            }
        }

        q += (unsigned) __builtin_ctz(m) + 1;

        if (cand && h->ps->bloom & xsell_bloom(*name, n)
            && xsell_match_quick(h, cand, (const char *) name, n,
                                 (const char *) value,
                                 (size_t) (q - value) - 1))
        {
            return NULL;
        }
    }
}


/* ---- text that has no tags in it -------------------------------------- */

/* up to an end tag; NULL if that is not here, or it has its own rules */

static const uint8_t *
xsell_quick_raw(const uint8_t *q, const uint8_t *end, const xsell_quick_t *k)
{
    unsigned  m;
    uint64_t  w;

    while (q <= end) {
        m = xsell_at(q, xsell_all('<'));

        if (m == 0) {
            q += 16;
            continue;
        }

        q += __builtin_ctz(m);

        if (q[1] == '!') {
            return NULL;
        }

        if (q[1] == '/') {
            w = xsell_bytes(q + 2);

            /* in capitals, or with more than the name: perhaps */

            if ((((w | XSELL_BYTES(0x20)) ^ k->element.name)
                 & xsell_low[k->n]) == 0)
            {
                return ((w ^ k->element.name) & xsell_low[k->n]) == 0
                       && q[2 + k->n] == '>' ? q + k->element.skip : NULL;
            }
        }

        q++;
    }

    return NULL;
}


/* "<!--" to "-->" */

xsell_aside
static const uint8_t *
xsell_quick_comment(const xsell_html_t *h, const uint8_t *p,
    const uint8_t *end)
{
    unsigned        m;
    const uint8_t  *q;

    if (p[2] != '-' || p[3] != '-' || h->open & h->markers) {
        return NULL;
    }

    for (q = p + 4; q <= end; q++) {
        m = xsell_at(q, xsell_all('>'));

        if (m == 0) {
            q += 15;
            continue;
        }

        q += __builtin_ctz(m);

        if (q[-1] == '-' && q[-2] == '-') {
            return q + 1;
        }

        if (q[-1] == '!') {
            return NULL;
        }
    }

    return NULL;
}


/* ---- selectors -------------------------------------------------------- */

/* compounds that the element might match; level: of its parent */

static uint64_t
xsell_quick_cand(const xsell_html_t *h, const xsell_level_t *l, unsigned kind,
    uint64_t name)
{
    uint32_t               i;
    uint64_t               type;
    const xsell_places_t  *ps;

    ps = h->ps;
    type = ps->kind[kind];

    if (kind == 0) {
        for (i = 0; i < ps->types_n; i++) {
            type |= ps->type[i].name == name ? ps->type[i].bits : 0;
        }
    }

    type &= h->live;

    if (l == NULL || type == 0 || xsell_flags(kind) & XSELL_TAG_FORMAT) {
        return type;                    /* <b> may be opened elsewhere too */
    }

    return type & (ps->first | (l->self << 1 & ps->child)
                   | (l->up << 1 & ps->desc) | (l->last << 1 & ps->next)
                   | (l->all << 1 & ps->later));
}


/* an element that matches nothing is there */

static inline void
xsell_quick_child(xsell_level_t *l)
{
    l->last_but = l->last;
    l->all_but = l->all;
    l->last = 0;
}


static inline void
xsell_quick_level(xsell_level_t *l)
{
    xsell_quick_child(l);

    l[1].self = 0;
    l[1].up = l->up;
    l[1].own = 0;
    l[1].last = 0;
    l[1].all = 0;
    l[1].last_but = 0;
    l[1].all_but = 0;
}


/* ---- conditions of one kind or another -------------------------------- */

/* room for one more, and not the fourth of a kind; a second <a> ends the
   first */

static inline int
xsell_quick_room(const xsell_html_t *h, unsigned formats, unsigned push)
{
    unsigned  i;

    i = formats;

    if (i == 0) {
        return 1;
    }

    if (push == XSELL_PUSH_FORMAT) {
        return i < XSELL_FORMATS
               && (i < 3 || h->format[i - 1].name == 0
                   || h->format[i - 2].name == 0
                   || h->format[i - 3].name == 0);
    }

    if (push == XSELL_PUSH_A) {
        while (i-- && h->format[i].name) {
            if (h->format[i].kind == XSELL_KIND_A) {
                return 0;
            }
        }
    }

    return formats < XSELL_FORMATS;
}


/* an element without rules */

xsell_aside
static int
xsell_quick_other(xsell_quick_t *k, uint64_t name, unsigned n)
{
    uint64_t  lower;

    lower = XSELL_BYTES(0x20) & xsell_low[n];

    if ((name & lower) != lower || (unsigned) ((name & 0xff) - 'a') > 25) {
        return 0;
    }

    k->element.name = name;
    k->element.end = '<' | '/' << 8 | name << 16;
    k->element.shift = 0;
    k->element.skip = (uint8_t) (n + 3);
    k->element.pop = XSELL_POP | XSELL_POP_LONG;

    if (n <= 5) {
        k->element.end |= (uint64_t) '>' << (8 * n + 16);
        k->element.shift = (uint8_t) (40 - 8 * n);
        k->element.pop = XSELL_POP;
    }

    return 1;
}


/* ---- the page --------------------------------------------------------- */

static int
xsell_quick_here(const xsell_html_t *h)
{
    return h->look == 0 && h->depth && h->mode >= XSELL_M_BODY
           && h->mode <= XSELL_M_ROW && h->mode != XSELL_M_TEMPLATE
           && !(h->live & h->ps->only)
           && !(xsell_top(h)->bits & XSELL_E_FOREIGN);
}


/* below which index no element ends quickly: somebody waits for its end */

static unsigned
xsell_quick_floor(const xsell_html_t *h)
{
    unsigned  i, floor;

    for (i = 0, floor = h->cut_idx; h->captured >> i; i++) {
        if (h->captured >> i & 1 && h->element[i] + 1u > floor) {
            floor = h->element[i] + 1u;
        }
    }

    return floor;
}


/* does it end the innermost element and nothing else?  Who waits for a place
   before it has to know, and so does who waits for that end */

static int
xsell_quick_implied(const xsell_html_t *h, const xsell_quick_t *k,
    const xsell_element_t *top, unsigned kind)
{
    if (top->end == 0 || h->open & h->befores
        || k->needs & top[-1].lacks
        || (kind == XSELL_KIND_TABLE && h->quirks))
    {
        return 0;
    }

    if (top->pop == XSELL_POP_P) {
        return k->needs & XSELL_NEEDS_NO_P && h->count[XSELL_COUNT_P] == 1;
    }

    return kind == XSELL_KIND_LI && h->count[XSELL_COUNT_P] == 0
           && xsell_e_kind(top->bits) == XSELL_KIND_LI
           && !(top->bits & XSELL_E_FOREIGN);
}


/* the rest of an end tag's name */

xsell_inline int
xsell_quick_tail(const uint8_t *p, const xsell_element_t *top)
{
    unsigned  n;

    n = top->skip - 3u;

    return n <= 7 && ((xsell_bytes(p + 2) ^ top->name) & xsell_low[n]) == 0
           && p[2 + n] == '>';
}


/*
 * Whole tags from p on.  among: 0, nobody looks for elements; 1, for some by
 * themselves; 2, by what is around them.  A constant: there is a loop of its
 * own for each.
 */

xsell_inline const uint8_t *
xsell_quick_loop(xsell_html_t *h, const uint8_t *p, const uint8_t *end,
    const int among)
{
    int                     parts;
    __m128i                 v;
    unsigned                n, m, formats, kind, needs, pop, floor;
    uint64_t                w, x, cand, live, floor_end;
    const uint8_t          *q;
    xsell_bytes_t           b;
    xsell_quick_t           other;
    xsell_level_t          *level;
    xsell_format_t         *f;
    xsell_element_t        *top, *limit;
    const xsell_quick_t    *k;

    b.open = xsell_all('<');
    b.close = xsell_all('>');
    b.zero = xsell_all('0');
    b.four = xsell_all(0xfc);
    b.quote = xsell_all('"');
    xsell_keep(b.open);
    xsell_keep(b.close);
    xsell_keep(b.zero);
    xsell_keep(b.four);
    xsell_keep(b.quote);

    top = xsell_top(h);
    limit = h->stack + XSELL_DEPTH - 1;
    formats = h->formats;
    level = &h->level[h->depth];
    needs = h->count[XSELL_COUNT_P] ? XSELL_NEEDS_NO_P : 0;
    live = h->live;
    parts = 0;

    /* an element that somebody waits for has no quick end, for now */

    floor = xsell_quick_floor(h);
    floor = floor ? floor - 1 : 0;
    floor_end = h->stack[floor].end;
    h->stack[floor].end = 0;

    memset(&other, 0, sizeof(other));
    other.push = XSELL_PUSH;
    other.needs = XSELL_NEEDS_CONTENT;
    other.element.lacks = XSELL_LACKS;

    for ( ;; ) {

        if (*p != '<') {
            while ((m = xsell_at(p, b.open)) == 0) {
                p += 16;

                if (p > end) {
                    goto done;
                }
            }

            p += __builtin_ctz(m);
        }

        if (xsell_unlikely(p > end)) {
            break;
        }

        x = (xsell_bytes(p) ^ top->end) << top->shift;

        if (x == 0) {

            /* the end tag of the innermost element */

            pop = top->pop;

            if (pop != XSELL_POP) {

                if (pop & XSELL_POP_LONG) {
                    if (!xsell_quick_tail(p, top)) {
                        break;
                    }

                    pop &= XSELL_POP_LONG - 1;
                }

                if (pop >= XSELL_POP_CELL) {
                    if (pop == XSELL_POP_P) {
                        needs = --h->count[XSELL_COUNT_P]
                                ? XSELL_NEEDS_NO_P : 0;
                    } else {
                        parts = 1;
                    }
                }

                if (pop <= XSELL_POP_CELL && pop != XSELL_POP) {
                    if (top->formats != formats || pop == XSELL_POP_SLOW) {
                        break;
                    }

                    formats--;
                }
            }

            p += top->skip;
            top--;

            if (among == 2) {
                level--;
            }

            continue;
        }

        /* a start tag: its name */

        v = xsell_load(p + 1);
        m = xsell_mask(_mm_or_si128(_mm_cmpgt_epi8(b.zero, v),
                                    _mm_cmpeq_epi8(v, b.close)));
        n = (unsigned) __builtin_ctz(m | 0x10000);
        w = xsell_bytes(p + 1) & xsell_low[n];
        kind = xsell_tag_kinds[xsell_tag_place(w)];
        k = &xsell_quick[kind];

        if (xsell_unlikely(k->element.name != w)) {

            if (n - 1 > 6) {
                q = p[1] == '!' ? xsell_quick_comment(h, p, end) : NULL;

                if (q == NULL) {
                    break;
                }

                p = q;
                continue;
            }

            if (!xsell_quick_other(&other, w, n)) {
                break;
            }

            kind = 0;
            k = &other;
        }

        if (xsell_unlikely(k->needs & (needs | top->lacks))) {

            if (!xsell_quick_implied(h, k, top, kind)) {
                break;
            }

            /* it ends the <p> or <li> before */

            h->count[XSELL_COUNT_P] -= top->pop == XSELL_POP_P;
            needs = 0;
            top--;

            if (among == 2) {
                level--;
            }
        }

        /* who might match it */

        cand = 0;

        if (among) {
            cand = live & h->ps->kind[kind];

            if (cand || kind == 0) {
                cand = xsell_quick_cand(h, among == 2 ? level : NULL, kind,
                                        w);
            }

            if (cand & h->ps->free) {
                break;
            }
        }

        q = p + 1 + n;

        if (*q == '>') {
            q++;

        } else {
            if (*q > ' ' && *q != '/') {
                break;
            }

            q = xsell_quick_attrs(h, q, end, cand, &b);

            if (q == NULL || k->push == XSELL_PUSH_FORMAT) {
                break;
            }
        }

        /* what has no end */

        if (k->push >= XSELL_PUSH_VOID) {

            if (k->push == XSELL_PUSH_RAW) {
                q = xsell_quick_raw(q, end, k);

                if (q == NULL) {
                    break;
                }
            }

            if (among == 2) {
                xsell_quick_child(level);
            }

            p = q;
            continue;
        }

        if (k->push >= XSELL_PUSH_A
            && !xsell_quick_room(h, formats, k->push))
        {
            break;
        }

        while (*q != '<') {
            m = xsell_at(q, b.open);

            if (m) {
                q += __builtin_ctz(m);
                break;
            }

            q += 16;

            if (q > end) {
                break;
            }
        }

        /* most elements have nothing but text in them: what the next tag
           would pop is not pushed */

        x = (xsell_bytes(q) ^ k->element.end) << k->element.shift;

        if (x == 0 && q <= end && k->push >= XSELL_PUSH
            && (!(k->element.pop & XSELL_POP_LONG)
                || xsell_quick_tail(q, &k->element)))
        {
            if (among == 2) {
                xsell_quick_child(level);
            }

            p = q + k->element.skip;
            continue;
        }

        if (xsell_unlikely(top >= limit)) {
            break;
        }

        switch (k->push) {

        case XSELL_PUSH:
            break;

        case XSELL_PUSH_PART:
            parts = 1;
            break;

        case XSELL_PUSH_P:
            needs = XSELL_NEEDS_NO_P;
            h->count[XSELL_COUNT_P]++;
            break;

        case XSELL_PUSH_A:
        case XSELL_PUSH_FORMAT:
            f = &h->format[formats++];
            f->name = w;
            f->attrs = 0;
            f->own = 0;
            f->idx = (uint16_t) (top - h->stack + 1);
            f->kind = (uint8_t) kind;
            break;

        case XSELL_PUSH_CELL:
            f = &h->format[formats++];
            f->name = 0;
            f->idx = (uint16_t) (top - h->stack + 1);
            parts = 1;
            break;

        case XSELL_PUSH_TABLE:
            h->depth = (uint16_t) (top - h->stack + 1);
            xsell_reset_mode(h);

            if (h->mode > XSELL_M_CELL) {
                goto done;
            }

            parts = 1;
            break;

        default:
            goto done;
        }

        *++top = k->element;
        top->formats = (uint16_t) formats;

        if (among == 2) {
            xsell_quick_level(level++);
        }

        p = q;
    }

done:

    h->stack[floor].end = floor_end;
    h->depth = (uint16_t) (top - h->stack + 1);
    h->formats = (uint16_t) formats;

    if (parts) {
        xsell_reset_mode(h);
    }

    return p;
}


xsell_inline const uint8_t *
xsell_quick_choose(xsell_html_t *h, const uint8_t *p, const uint8_t *end)
{
    if (h->live == 0 || h->count[XSELL_COUNT_TEMPLATE]) {
        return xsell_quick_loop(h, p, end, 0);
    }

    return xsell_relations(h->ps) ? xsell_quick_loop(h, p, end, 2)
                                  : xsell_quick_loop(h, p, end, 1);
}


/* the same with instructions of three operands: a tenth fewer */

__attribute__((target("avx2,bmi,bmi2")))
static const uint8_t *
xsell_quick_wide(xsell_html_t *h, const uint8_t *p, const uint8_t *end)
{
    return xsell_quick_choose(h, p, end);
}


const uint8_t *
xsell_quick_run(xsell_html_t *h, const uint8_t *p, const uint8_t *end)
{
    if (end - p < XSELL_MARGIN || !xsell_quick_here(h)
        || (*p == '<' && p[1] != '/' && p[1] != '!'
            && !xsell_c(p[1], XSELL_C_LETTER)))
    {
        return p;
    }

    return h->wide ? xsell_quick_wide(h, p, end - XSELL_MARGIN)
                   : xsell_quick_choose(h, p, end - XSELL_MARGIN);
}


void
xsell_quick_init(xsell_html_t *h)
{
    h->wide = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2");
}

#else

const uint8_t *
xsell_quick_run(xsell_html_t *h, const uint8_t *p, const uint8_t *end)
{
    return p;
}


void
xsell_quick_init(xsell_html_t *h)
{
}

#endif

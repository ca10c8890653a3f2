
/*
 * xsell_quick.c: tags that need no more than a push or a pop, which on sane
 * pages are nearly all.
 *
 * The tokenizer hands the text between tags to xsell_quick_run(), which goes
 * from '<' to '<' for as long as each tag is whole in this buffer, of a name
 * in lower case with simple rules, in a place where these rules hold, and of
 * no interest to any selector or captured element.  At the first other one it
 * returns, and the states of xsell_tokenizer.c take over for that tag.  So
 * there is nothing here that is not there as well: what is decided must be
 * the same, and tests that feed a page byte by byte, where nothing is ever
 * whole, compare.
 *
 * About 27 instructions a tag with its attributes and text, 1.35 a byte of a
 * dense page; the states cost some 500.  Where nothing is asked of names, what
 * stands between the texts of a list is compared with what stood there before
 * (xsell_quick_again.c).  The loop calls nothing; what it leaves (a name of its
 * own, a script with comments, markup to be learned) is done between two runs
 * of it.
 *
 * Not taken: masks of all quotes and brackets of 64 bytes at once: they cost
 * as much as all of this does, where no attribute is wanted.
 */

/* the loop is one web of labels: what compilers carry from label to label, to
   spare a load, costs more in moves (a tenth of all instructions) */

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize ("no-gcse", "no-tree-pre", "ira-region=one")
#endif

#include "xsell_quick.h"

#ifdef __SSE2__

#include <immintrin.h>


/* and has a level of its own */

xsell_inline void
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


/* fewer bytes than that are not worth it */
#define XSELL_TAIL           16


/* keeps a constant where it is, in a register if there is one: compilers make
   it anew for each use, of three instructions */

#define xsell_keep(x)        __asm__ ("" : "+x" (x))
#define xsell_keep_reg(x)    __asm__ ("" : "+r" (x))

/* in memory: it is worth no register */

#define xsell_count_up(x)    __asm__ ("incl %0" : "+m" (x) : : "cc")
#define xsell_set(x, n)      __asm__ ("movl %1, %0" : "=m" (x) : "i" (n))
#define xsell_count_down(x)  __asm__ ("decl %0" : "+m" (x) : : "cc")

xsell_inline unsigned
xsell_two(const uint8_t *p)
{
    uint16_t  w;

    memcpy(&w, p, 2);

    return w;
}


/* 32 for none; compilers would clear the upper half once more */

xsell_inline size_t
xsell_quick_first(unsigned m)
{
    size_t  n;

    __asm__ ("tzcntl %1, %k0" : "=r" (n) : "r" (m) : "cc");

    return n;
}


/* where the lowest bit is: is there none? */

xsell_inline int
xsell_quick_bit(unsigned m, size_t *n)
{
    int  none;

    __asm__ ("tzcntl %2, %k1" : "=@ccc" (none), "=r" (*n) : "r" (m));

    return none;
}


/* ---- the loop, for any processor -------------------------------------- */

/* an element above that one by so many bytes, or below */

#define XSELL_ABOVE(e, bytes)                                                 \
    ((xsell_element_t *) (void *) ((char *) (e) + (bytes)))

/* vectors of bytes from the first: those of nothing are copied before use */

typedef char  xsell_vec16_t __attribute__((vector_size(16)));
typedef char  xsell_raw16_t __attribute__((vector_size(16), aligned(1),
                                           may_alias));

#define XSELL_LOOP(name)     xsell_narrow_##name
#define XSELL_TARGET
#define XSELL_VEC            16
#define XSELL_VALL(c)        ((xsell_vec_t) _mm_set1_epi8(c))
#define XSELL_VLOAD(p)                                                        \
    ((xsell_vec_t) *(const xsell_raw16_t *) (const void *) (p))
#define XSELL_VMASK(v)       ((unsigned) _mm_movemask_epi8((__m128i) (v)))
#define XSELL_VAT(v, c)      XSELL_VMASK((v) == (c))
#define XSELL_VSAME(p, a)                                                     \
    ((XSELL_VMASK((XSELL_VLOAD(p) == XSELL_VLOAD((a)->bytes))                 \
                  | ~XSELL_VLOAD((a)->mask))                                  \
      & XSELL_VMASK((XSELL_VLOAD((p) + 16) == XSELL_VLOAD((a)->bytes + 16))   \
                    | ~XSELL_VLOAD((a)->mask + 16))) == 0xffff)
#define XSELL_SPECIALS       XSELL_VALL('=')
#define XSELL_VSPECIAL(v, s)                                                  \
    (XSELL_VAT(v, s) | XSELL_VAT(v, XSELL_VALL('>'))                          \
     | XSELL_VAT(v, XSELL_VALL('"')))
#define XSELL_NAME_ENDS      XSELL_VALL('/')
#define XSELL_VNAME(v, s, l)                                                  \
    (XSELL_VSPECIAL(v, s)                                                     \
     | (XSELL_VAT((xsell_vec_t) _mm_max_epu8((__m128i) (v), (__m128i) (l)),   \
                  v)                                                          \
        ^ 0xffff)                                                             \
     | XSELL_VAT(v, XSELL_VALL('=')))
#define XSELL_VWHITE(v)                                                       \
    (XSELL_VAT(v, XSELL_VALL(' ')) | XSELL_VAT(v, XSELL_VALL('\t'))           \
     | XSELL_VAT(v, XSELL_VALL('\n')) | XSELL_VAT(v, XSELL_VALL('\f'))        \
     | XSELL_VAT(v, XSELL_VALL('\r')))
#define XSELL_VBARE(v)       (XSELL_VWHITE(v) | XSELL_VAT(v, XSELL_VALL('>')))
#define XSELL_VWORD(v)       (XSELL_VWHITE(v) | XSELL_VAT(v, XSELL_VALL('&')))
#define XSELL_VBETWEEN(v)    (XSELL_VWHITE(v) | XSELL_VAT(v, XSELL_VALL('/')))
#define XSELL_FIRST(m)       ((size_t) __builtin_ctz((m) | 0x10000))
#define XSELL_NONE(m, n)                                                      \
    (*(n) = (size_t) __builtin_ctz((m) | 0x10000), (m) == 0)
#define XSELL_PLACE(w, bits)                                                  \
    (((w) & 0x1f) | ((w) >> 3 & 0x3e0) | ((w) >> 4 & 0x400)                   \
     | ((w) >> 5 & 0x3800))
#define xsell_vec_t          xsell_vec16_t

#include "xsell_quick_loop.h"

#undef XSELL_LOOP
#undef XSELL_TARGET
#undef XSELL_VEC
#undef XSELL_VALL
#undef XSELL_VLOAD
#undef XSELL_VMASK
#undef XSELL_VAT
#undef XSELL_VSAME
#undef XSELL_SPECIALS
#undef XSELL_VSPECIAL
#undef XSELL_NAME_ENDS
#undef XSELL_VNAME
#undef XSELL_VWHITE
#undef XSELL_VBARE
#undef XSELL_VWORD
#undef XSELL_VBETWEEN
#undef XSELL_FIRST
#undef XSELL_NONE
#undef XSELL_PLACE
#undef xsell_vec_t


/* ---- for one of 2013 or later: a third fewer instructions ------------- */

typedef char  xsell_vec32_t __attribute__((vector_size(32)));
typedef char  xsell_raw32_t __attribute__((vector_size(32), aligned(1),
                                           may_alias));

#define XSELL_LOOP(name)     xsell_wide_##name
#define XSELL_TARGET         __attribute__((target("avx2,bmi,bmi2")))
#define XSELL_VEC            32
#define XSELL_VALL(c)        ((xsell_vec_t) _mm256_set1_epi8(c))
#define XSELL_VLOAD(p)                                                        \
    ((xsell_vec_t) *(const xsell_raw32_t *) (const void *) (p))
#define XSELL_VMASK(v)       ((unsigned) _mm256_movemask_epi8((__m256i) (v)))
#define XSELL_VAT(v, c)      XSELL_VMASK((v) == (c))
#define XSELL_VSAME(p, a)                                                     \
    _mm256_testz_si256((__m256i) (XSELL_VLOAD(p) ^ XSELL_VLOAD((a)->bytes)),  \
                       (__m256i) XSELL_VLOAD((a)->mask))

/* '=', '>' and '"' differ in their lower halves */

#define XSELL_SPECIALS                                                        \
    ((xsell_vec_t) { 1, 0, '"', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, '=', '>', 0,    \
                     1, 0, '"', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, '=', '>', 0 })
#define XSELL_VSPECIAL(v, s)                                                  \
    XSELL_VAT(v, (xsell_vec_t) _mm256_shuffle_epi8((__m256i) (s),             \
                                                   (__m256i) (v)))
#define XSELL_NAME_ENDS                                                       \
    ((xsell_vec_t) { 1, 0, '"', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, '=', '>', '/',  \
                     1, 0, '"', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, '=', '>', '/' })
#define XSELL_VNAME(v, s, l)                                                  \
    (~(unsigned) _mm256_movemask_epi8(_mm256_andnot_si256(                    \
         (__m256i) ((v) == (xsell_vec_t) _mm256_shuffle_epi8((__m256i) (s),   \
                                                            (__m256i) (v))),  \
         (__m256i) ((v) == (xsell_vec_t) _mm256_max_epu8((__m256i) (v),       \
                                                         (__m256i) (l))))))
#define XSELL_BARE_ENDS                                                       \
    ((xsell_vec_t) { ' ', 0, 0, 0, 0, 0, 0, 0, 0, '\t', '\n', 0, '\f', '\r',  \
                     '>', 0, ' ', 0, 0, 0, 0, 0, 0, 0, 0, '\t', '\n', 0,      \
                     '\f', '\r', '>', 0 })
#define XSELL_VBARE(v)       XSELL_VSPECIAL(v, XSELL_BARE_ENDS)
#define XSELL_WORD_ENDS                                                       \
    ((xsell_vec_t) { ' ', 0, 0, 0, 0, 0, '&', 0, 0, '\t', '\n', 0, '\f',      \
                     '\r', 0, 0, ' ', 0, 0, 0, 0, 0, '&', 0, 0, '\t', '\n',   \
                     0, '\f', '\r', 0, 0 })
#define XSELL_VWORD(v)       XSELL_VSPECIAL(v, XSELL_WORD_ENDS)
#define XSELL_NO_NAMES                                                        \
    ((xsell_vec_t) { ' ', 0, 0, 0, 0, 0, 0, 0, 0, '\t', '\n', 0, '\f', '\r',  \
                     0, '/', ' ', 0, 0, 0, 0, 0, 0, 0, 0, '\t', '\n', 0,      \
                     '\f', '\r', 0, '/' })
#define XSELL_VBETWEEN(v)    XSELL_VSPECIAL(v, XSELL_NO_NAMES)
#define XSELL_FIRST(m)       xsell_quick_first(m)
#define XSELL_NONE(m, n)     xsell_quick_bit(m, n)
#define XSELL_PLACE(w, bits)  _pext_u64(w, bits)
#define xsell_vec_t          xsell_vec32_t

#include "xsell_quick_loop.h"


/* ---- loops of their own: `among` is a constant ------------------------ */

#define XSELL_WALK(among, what)                                               \
                                                                              \
    static void                                                               \
    xsell_narrow_walk_##among(xsell_html_t *h, xsell_walk_t *w)               \
    {                                                                         \
        xsell_narrow_walk(h, w, what);                                        \
    }                                                                         \
                                                                              \
    __attribute__((target("avx2,bmi,bmi2")))                                  \
    static void                                                               \
    xsell_wide_walk_##among(xsell_html_t *h, xsell_walk_t *w)                 \
    {                                                                         \
        xsell_wide_walk(h, w, what);                                          \
    }

XSELL_WALK(none, XSELL_AMONG_NONE)
XSELL_WALK(types, XSELL_AMONG_TYPES)
XSELL_WALK(alone, XSELL_AMONG_ALONE)
XSELL_WALK(all, XSELL_AMONG_ALL)

typedef void (*xsell_walk_pt)(xsell_html_t *h, xsell_walk_t *w);

static const xsell_walk_pt  xsell_walks[2][4] = {
    { xsell_narrow_walk_none, xsell_narrow_walk_types,
      xsell_narrow_walk_alone, xsell_narrow_walk_all },
    { xsell_wide_walk_none, xsell_wide_walk_types, xsell_wide_walk_alone,
      xsell_wide_walk_all }
};


/* ---- the page --------------------------------------------------------- */

static int
xsell_quick_here(const xsell_html_t *h)
{
    if (h->mode == XSELL_M_IN_HEAD) {
        return xsell_top_kind(h) == XSELL_KIND_HEAD && h->captured == 0
               && h->cut_idx == 0 && !(h->live & h->ps->only);
    }

    return h->look == 0 && h->depth && h->mode >= XSELL_M_BODY
           && h->mode <= XSELL_M_ROW && h->mode != XSELL_M_TEMPLATE
           && !(h->live & h->ps->only)
           && !(xsell_top(h)->bits & XSELL_E_FOREIGN);
}


/* up to which index no element ends quickly: somebody waits for its end */

static unsigned
xsell_quick_floor(const xsell_html_t *h)
{
    unsigned  i, floor;

    for (i = 0, floor = h->cut_idx; h->captured >> i; i++) {
        if (h->captured >> i & 1 && h->element[i] + 1u > floor) {
            floor = h->element[i] + 1u;
        }
    }

    return floor ? floor - 1 : 0;
}


/* elements know of what is open around them, see XSELL_NEEDS_DEEP */

static void
xsell_quick_deep(xsell_html_t *h)
{
    unsigned  i, lacks, format;

    lacks = 0;
    format = h->formats ? h->format[0].idx : XSELL_NOT_OPEN;

    if (h->formats && format == XSELL_NOT_OPEN) {
        format = 0;
    }

    for (i = 0; i < h->depth; i++) {
        lacks |= h->stack[i].pop == XSELL_POP_P ? XSELL_NEEDS_NO_P : 0;
        lacks |= i == format ? XSELL_NEEDS_FORMATS : 0;
        h->stack[i].lacks |= (uint16_t) lacks;

        if (lacks) {
            xsell_unlike(h, i);
        }
    }
}


/* what the loop has left; 0: that is another's work */

static int
xsell_quick_odd(const xsell_html_t *h, xsell_walk_t *w, unsigned among)
{
    const uint8_t  *q;

    w->work = 0;
    w->hash = 0;

    if (w->p > w->end || *w->p != '<') {
        return 0;
    }

    if (w->p[1] != '/') {
        return xsell_quick_tag(h, w, among);
    }

    q = xsell_quick_end(h, w);

    if (q == NULL) {
        return 0;
    }

    w->p = q;
    w->top--;
    w->level--;

    return 1;
}


static unsigned
xsell_quick_among(const xsell_html_t *h)
{
    if (h->live == 0 || h->count[XSELL_COUNT_TEMPLATE]) {
        return XSELL_AMONG_NONE;
    }

    if (xsell_relations(h->ps)) {
        return XSELL_AMONG_ALL;
    }

    return h->live & ~h->ps->free ? XSELL_AMONG_ALONE : XSELL_AMONG_TYPES;
}


/* a part of the page begins with the '<' at or behind p: a page that has cost
   too much is given up there, by the states.  NULL: so it is, or nothing
   begins */

static const uint8_t *
xsell_quick_part(xsell_html_t *h, const uint8_t *p, const uint8_t *end)
{
    uint64_t        audit;
    const uint8_t  *text;

    if (xsell_offset(h, p) < h->audit) {
        return p;
    }

    text = p;
    p = p <= end && *p == '<' ? p : p <= end ? memchr(p, '<', (size_t) (end - p) + 1) : NULL;

    if (p == NULL) {
        return NULL;
    }

    /* text ends <head> */

    while (h->mode == XSELL_M_IN_HEAD && text < p) {
        if (!xsell_c(*text++, XSELL_C_WHITE)) {
            return NULL;
        }
    }

    audit = h->audit;

    if (xsell_offset(h, p) >= audit && xsell_audit(h, xsell_offset(h, p))) {
        h->audit = audit;
        return NULL;
    }

    return p;
}


/* where the last tag of the part at p may begin */

static const uint8_t *
xsell_quick_last(const xsell_html_t *h, const uint8_t *p, const uint8_t *end)
{
    uint64_t  left;

    left = h->audit - xsell_offset(h, p) - 1;

    return left < (uint64_t) (end - p) ? p + left : end;
}


/* the loop has come to the end of a part: 1, and there is another */

static int
xsell_quick_next(xsell_html_t *h, xsell_walk_t *w)
{
    const uint8_t  *p;

    p = w->p > w->end && w->p <= w->far ? xsell_quick_part(h, w->p, w->far)
                                        : NULL;

    if (p == NULL) {
        return 0;
    }

    w->p = p;
    w->end = xsell_quick_last(h, p, w->far);

    return 1;
}


static const uint8_t *
xsell_quick_walk(xsell_html_t *h, const uint8_t *p, const uint8_t *end,
    const uint8_t *far, unsigned among, uint64_t off)
{
    int              given;
    uint8_t          pop;
    const uint8_t   *from;
    xsell_walk_t     w;
    xsell_walk_pt    walk;

    walk = xsell_walks[h->wide][among];

    w.p = p;
    w.zero = p;
    w.off = off;
    w.end = end;
    w.far = far;
    w.k = NULL;
    w.q = NULL;
    w.hash = 0;
    w.top = xsell_top(h);
    w.level = &h->level[h->depth];
    w.live = h->live;
    w.places = h->ps;
    w.again = NULL;
    w.bloom = h->live & ~h->ps->free ? h->ps->bloom : 0;
    w.work = 0;

    if (h->count[XSELL_COUNT_P] || h->formats) {
        xsell_quick_deep(h);
    }

    w.floor = xsell_quick_floor(h);
    pop = h->stack[w.floor].pop;
    h->stack[w.floor].pop = XSELL_POP_SLOW;
    xsell_unlike(h, w.floor);

    do {
        given = w.k != NULL;
        from = w.p;

        if (!given) {
            h->work += w.work;
        }

        walk(h, &w);

        if (given) {
            if (w.p == from) {
                break;
            }

            h->work += w.work;
        }

        while (w.again) {
            xsell_quick_learn(&w);
            walk(h, &w);
        }

    } while (xsell_quick_odd(h, &w, among) || xsell_quick_next(h, &w));

    h->stack[w.floor].pop = pop;
    h->depth = (uint16_t) (w.top - h->stack + 1);
    xsell_reset_mode(h);

    return w.p;
}


/*
 * The loop looks some bytes ahead.  The last of a buffer are copied to where
 * that does no harm: an end tag or a page's end is among them.
 */

static const uint8_t *
xsell_quick_tail(xsell_html_t *h, const uint8_t *p, size_t n, unsigned among)
{
    size_t          used;
    uint8_t         tail[2 * XSELL_MARGIN + 32];

    memcpy(tail, p, n);
    memset(tail + n, 0, sizeof(tail) - n);

    used = (size_t) (xsell_quick_walk(h, tail, tail + n - 1, tail + n - 1,
                                      among, xsell_offset(h, p))
                     - tail);

    return p + (used < n ? used : n);
}


static const uint8_t *
xsell_quick_meta(xsell_html_t *h, const uint8_t *p, const uint8_t *end,
    const uint8_t *far, unsigned among)
{
    xsell_walk_t  w;

    w.p = p;
    w.zero = p;
    w.off = xsell_offset(h, p);
    w.end = end;
    w.far = far;
    w.hash = 0;
    w.top = xsell_top(h);
    w.level = &h->level[h->depth];
    w.live = h->live;

    xsell_quick_head(h, &w, among);

    return w.p;
}


/* from part to part; end: where the last tag may begin */

static const uint8_t *
xsell_quick_parts(xsell_html_t *h, const uint8_t *p, const uint8_t *end,
    unsigned among)
{
    const uint8_t  *next, *last;

    for ( ;; ) {
        next = xsell_quick_part(h, p, end);

        if (next == NULL) {
            return p;
        }

        p = next;
        last = xsell_quick_last(h, p, end);

        if (h->mode != XSELL_M_IN_HEAD) {
            return xsell_quick_walk(h, p, last, end, among,
                                    xsell_offset(h, p));
        }

        p = xsell_quick_meta(h, p, last, end, among);

        if (p <= last || p > end || !xsell_quick_here(h)) {
            return p;
        }
    }
}


const uint8_t *
xsell_quick_run(xsell_html_t *h, const uint8_t *p, const uint8_t *end)
{
    unsigned  among;

    if (end - p < XSELL_TAIL || h->owed || !xsell_quick_here(h)) {
        return p;
    }

    among = xsell_quick_among(h);

    if (end - p > XSELL_MARGIN) {
        p = xsell_quick_parts(h, p, end - XSELL_MARGIN, among);

        if (end - p > XSELL_MARGIN) {
            return p;
        }
    }

    return h->mode != XSELL_M_IN_HEAD && xsell_quick_here(h)
           && xsell_offset(h, end) <= h->audit
           ? xsell_quick_tail(h, p, (size_t) (end - p), among) : p;
}


void
xsell_quick_init(xsell_html_t *h)
{
    xsell_quick_fill();
    xsell_quick_forget(h);

    h->wide = __builtin_cpu_supports("avx2")
              && __builtin_cpu_supports("bmi")
              && __builtin_cpu_supports("bmi2");
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
    xsell_quick_fill();
}

#endif

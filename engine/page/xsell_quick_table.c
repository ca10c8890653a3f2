
/*
 * xsell_quick_table.c: what each tag does on sane pages: pushes an element or
 * not, onto which others, and what its end tag looks like.  Made of the list
 * of tags.
 */

#include "xsell_quick.h"
#include "xsell_tag_list.h"


#define LENGTH(text)         (sizeof(text) - 1)

#define POP_OF(text, kind, group, flags)                                      \
    ((kind) == XSELL_KIND_P ? XSELL_POP_P                                   \
     : (flags) & FORMAT || (kind) == XSELL_KIND_TD                            \
       || (kind) == XSELL_KIND_TH ? XSELL_POP_FORMAT                          \
     : (group) == XSELL_G_BLOCK || (group) == XSELL_G_OTHER                   \
       || (group) == XSELL_G_HEADING || (group) == XSELL_G_LI                 \
       || (group) == XSELL_G_DD || (group) == XSELL_G_BUTTON                  \
       || (group) == XSELL_G_RUBY || (group) == XSELL_G_OPTION                \
       || (flags) & TABLISH                                                   \
       ? LENGTH(text) > 7 ? XSELL_POP_LONGER                                  \
         : LENGTH(text) == 7 ? XSELL_POP_LONG : XSELL_POP                     \
     : XSELL_POP_SLOW)

#define PUSH_OF(text, kind, group, flags)                                     \
    ((kind) == XSELL_KIND_MGLYPH || (kind) == XSELL_KIND_MALIGNMARK           \
     ? XSELL_PUSH_SLOW                                                        \
     : (kind) == XSELL_KIND_P ? XSELL_PUSH_P                                  \
     : (group) == XSELL_G_ANCHOR ? XSELL_PUSH_A                               \
     : (group) == XSELL_G_FORMAT ? XSELL_PUSH_FORMAT                          \
     : (group) == XSELL_G_VOID || (group) == XSELL_G_PARAM                    \
       || ((group) == XSELL_G_HEADISH && (flags) & VOID) ? XSELL_PUSH_VOID    \
     : (flags) & RAW && !((flags) & PCLOSE) ? XSELL_PUSH_RAW                  \
     : (kind) == XSELL_KIND_TD || (kind) == XSELL_KIND_TH ? XSELL_PUSH_CELL   \
     : (kind) == XSELL_KIND_TABLE ? XSELL_PUSH_TABLE                          \
     : (group) == XSELL_G_BLOCK || (group) == XSELL_G_OTHER                   \
       || (group) == XSELL_G_HEADING || (group) == XSELL_G_LI                 \
       || (group) == XSELL_G_DD || (flags) & TABLISH                          \
       ? LENGTH(text) > 6 ? XSELL_PUSH_LONG : XSELL_PUSH                      \
     : XSELL_PUSH_SLOW)

#define CARE_OF(push)                                                         \
    ((push) > XSELL_PUSH_A || (push) == XSELL_PUSH_P ? XSELL_NEEDS_CARE       \
     : (push) == XSELL_PUSH_A || (push) == XSELL_PUSH_CELL                    \
     ? XSELL_NEEDS_FORMATS : 0)

#define NEEDS_OF(kind, group, flags)                                          \
    ((kind) == XSELL_KIND_TD || (kind) == XSELL_KIND_TH ? XSELL_NEEDS_ROW     \
     : (kind) == XSELL_KIND_TR ? XSELL_NEEDS_ROWS                             \
     : (flags) & THOROUGH ? XSELL_NEEDS_TABLE                                 \
     : XSELL_NEEDS_CONTENT | ((flags) & PCLOSE ? XSELL_NEEDS_NO_P : 0)        \
       | ((group) == XSELL_G_HEADING ? XSELL_NEEDS_NO_H : 0)                  \
       | ((group) == XSELL_G_LI || (group) == XSELL_G_DD                      \
          ? XSELL_NEEDS_LIST : 0))

/* between the parts of a table, in <select> and in <template> other rules
   hold; nothing is in <p> that ends it */

#define LACKS_OF(kind, group, flags)                                          \
    (XSELL_NEEDS_CARE                                                         \
     | ((flags) & TABLISH || (kind) == XSELL_KIND_COLGROUP                    \
      || (kind) == XSELL_KIND_TEMPLATE || (kind) == XSELL_KIND_SELECT         \
      || (kind) == XSELL_KIND_HTML || (kind) == XSELL_KIND_HEAD               \
      ? XSELL_NEEDS_CONTENT : 0)                                              \
     | (!((flags) & SPECIAL) || (kind) == XSELL_KIND_DIV                      \
        || (kind) == XSELL_KIND_P || (kind) == XSELL_KIND_ADDRESS             \
        || (group) == XSELL_G_LI || (group) == XSELL_G_DD                     \
        ? XSELL_NEEDS_LIST : 0)                                               \
     | ((kind) == XSELL_KIND_P ? XSELL_NEEDS_NO_P : 0)                        \
     | ((group) == XSELL_G_HEADING ? XSELL_NEEDS_NO_H : 0)                    \
     | ((kind) == XSELL_KIND_TABLE ? 0 : XSELL_NEEDS_TABLE)                   \
     | ((flags) & TABLISH && (flags) & THOROUGH && (kind) != XSELL_KIND_TR    \
        ? 0 : XSELL_NEEDS_ROWS)                                               \
     | ((kind) == XSELL_KIND_TR ? 0 : XSELL_NEEDS_ROW))

/* names of up to 7 characters are one word with what ends them; "/name>" of
   up to 6, without the '>' of 7 */

#define BYTES(n)             ((n) > 7 ? ~(uint64_t) 0                         \
                              : ((uint64_t) 1 << (8 * (n) & 63)) - 1)
#define AFTER(text, c)       (LENGTH(text) > 7 ? 0                            \
                              : (uint64_t) (c) << (8 * LENGTH(text) & 63))
#define END_OF(text, name)                                                    \
    (LENGTH(text) > 7 ? ~(uint64_t) 0                                         \
     : ('/' | (name) << 8                                                     \
        | (LENGTH(text) > 6 ? 0                                               \
           : (uint64_t) '>' << ((8 * LENGTH(text) + 8) & 63))))


const xsell_quick_t  xsell_quick[XSELL_QUICKS] = {
#define X(kind, text, name, group, flags)                                     \
    [XSELL_KIND_##kind] = {                                                   \
        LENGTH(text) > 7 ? 0 : (name) | AFTER(text, '>'),                     \
        BYTES(LENGTH(text) + 1), AFTER(text, '>' ^ ' '),                      \
        { END_OF(text, name), BYTES(LENGTH(text) + 2), name,                  \
          XSELL_KIND_##kind, LENGTH(text) + 3,                                \
          POP_OF(text, XSELL_KIND_##kind, XSELL_##group, flags),              \
          LACKS_OF(XSELL_KIND_##kind, XSELL_##group, flags), 0, 0, 0,         \
          XSELL_KIND_##kind, 0, { 0 } },                                      \
        NEEDS_OF(XSELL_KIND_##kind, XSELL_##group, flags)                     \
        | CARE_OF(PUSH_OF(text, XSELL_KIND_##kind, XSELL_##group, flags)),    \
        LENGTH(text) + 2,                                                     \
        PUSH_OF(text, XSELL_KIND_##kind, XSELL_##group, flags),               \
        XSELL_KIND_##kind, 0 },
    XSELL_TAG_LIST(X)
#undef X

    /* no name of one word */
    [0] = { 0, ~(uint64_t) 0, 0,
            { ~(uint64_t) 0, ~(uint64_t) 0, 0, 0, 0, XSELL_POP_SLOW,
              XSELL_LACKS, 0, 0, 0, 0, 0, { 0 } },
            XSELL_NEEDS_CARE, 0, XSELL_PUSH_SLOW, 0, 0 },

    /* names without rules that pages have many of */

#define X(at, text, name)                                                     \
    [XSELL_KINDS + (at)] = {                                                  \
        (name) | AFTER(text, '>'), BYTES(LENGTH(text) + 1),                   \
        AFTER(text, '>' ^ ' '),                                               \
        { END_OF(text, name), BYTES(LENGTH(text) + 2), name, 0,               \
          LENGTH(text) + 3,                                                   \
          LENGTH(text) > 6 ? XSELL_POP_LONG : XSELL_POP, XSELL_LACKS,         \
          0, 0, 0, XSELL_KINDS + (at), 0, { 0 } },                            \
        XSELL_NEEDS_CONTENT | (LENGTH(text) > 6 ? XSELL_NEEDS_CARE : 0),      \
        LENGTH(text) + 2,                                                     \
        LENGTH(text) > 6 ? XSELL_PUSH_LONG : XSELL_PUSH, 0, 0 },

    X(0, "abbr", N4('a','b','b','r'))
    X(1, "audio", N5('a','u','d','i','o'))
    X(2, "bdi", N3('b','d','i'))
    X(3, "canvas", N6('c','a','n','v','a','s'))
    X(4, "cite", N4('c','i','t','e'))
    X(5, "data", N4('d','a','t','a'))
    X(6, "del", N3('d','e','l'))
    X(7, "dfn", N3('d','f','n'))
    X(8, "ins", N3('i','n','s'))
    X(9, "kbd", N3('k','b','d'))
    X(10, "label", N5('l','a','b','e','l'))
    X(11, "legend", N6('l','e','g','e','n','d'))
    X(12, "map", N3('m','a','p'))
    X(13, "mark", N4('m','a','r','k'))
    X(14, "output", N6('o','u','t','p','u','t'))
    X(15, "picture", N7('p','i','c','t','u','r','e'))
    X(16, "q", N1('q'))
    X(17, "slot", N4('s','l','o','t'))
    X(18, "time", N4('t','i','m','e'))
    X(19, "video", N5('v','i','d','e','o'))
#undef X
};

const uint64_t  xsell_low[17] = {
    0, 0xff, 0xffff, 0xffffff, 0xffffffff, 0xffffffffff, 0xffffffffffff,
    0xffffffffffffff, ~(uint64_t) 0, ~(uint64_t) 0, ~(uint64_t) 0,
    ~(uint64_t) 0, ~(uint64_t) 0, ~(uint64_t) 0, ~(uint64_t) 0,
    ~(uint64_t) 0, ~(uint64_t) 0
};

xsell_quicks_t  xsell_quicks;


static unsigned
xsell_quick_place(uint64_t w)
{
    return (unsigned) ((w & 0x1f) | (w >> 3 & 0x3e0) | (w >> 4 & 0x400)
                       | (w >> 5 & 0x3800));
}


/* the element whose name may begin w */

const xsell_quick_t *
xsell_quick_guess(uint64_t w)
{
    return XSELL_AT(&xsell_quicks, xsell_quicks.place[xsell_quick_place(w)]);
}


static void
xsell_quick_put(uint64_t w, unsigned kind)
{
    uint16_t  *place;

    place = &xsell_quicks.place[xsell_quick_place(w)];

    /* <li> before <link> */

    if (XSELL_AT(&xsell_quicks, *place)->skip == 0
        || XSELL_AT(&xsell_quicks, *place)->skip > xsell_quick[kind].skip)
    {
        *place = (uint16_t) (offsetof(xsell_quicks_t, quick)
                             + kind * sizeof(xsell_quick_t));
    }
}


/* elements that often have nothing but text in them: with a place in again[]
   of their own */

static const uint8_t  again[XSELL_AGAINS - 1] = {
    XSELL_KIND_A, XSELL_KIND_TD, XSELL_KIND_TH, XSELL_KIND_SPAN,
    XSELL_KIND_LI, XSELL_KIND_DIV, XSELL_KIND_P, XSELL_KIND_B,
    XSELL_KIND_STRONG, XSELL_KIND_H2, XSELL_KIND_H3, XSELL_KIND_DT,
    XSELL_KIND_DD, XSELL_KIND_EM, XSELL_KIND_I
};


/* once a process, from the same table always */

void
xsell_quick_fill(void)
{
    unsigned             kind, n, more;
    uint64_t             w;
    const xsell_quick_t  *k;

    if (xsell_quicks.quick[0].mask) {
        return;
    }

    memcpy(xsell_quicks.quick, xsell_quick, sizeof(xsell_quick));

    for (n = 0; n < XSELL_QUICKS; n++) {
        xsell_quicks.quick[n].again = offsetof(xsell_html_t, again);
    }

    for (n = 0; n < sizeof(again); n++) {
        xsell_quicks.quick[again[n]].again
            = (uint16_t) (offsetof(xsell_html_t, again)
                          + (n + 1) * sizeof(xsell_again_t));
    }

    for (n = 0; n < XSELL_QUICK_PLACES; n++) {
        xsell_quicks.place[n] = offsetof(xsell_quicks_t, quick);
    }

    for (kind = 1; kind < XSELL_QUICKS; kind++) {
        k = &xsell_quick[kind];
        n = k->skip - 2u;

        if (k->push == XSELL_PUSH_SLOW || n > 7 || n == 0) {
            continue;
        }

        w = k->element.name;

        if (n > 2) {
            xsell_quick_put(w, kind);
            continue;
        }

        /* what follows <p> counts for three bits */

        for (more = 0; more < (n == 1 ? 8 : 1); more++) {
            xsell_quick_put(w | (uint64_t) '>' << 8 * n | (uint64_t) more << 16,
                            kind);
            xsell_quick_put(w | (uint64_t) ' ' << 8 * n | (uint64_t) more << 16,
                            kind);
        }
    }
}


/* names that the loop does not know are read apart */

unsigned
xsell_quick_price(unsigned kind, uint64_t name, size_t n)
{
    uint64_t              w;
    const xsell_quick_t  *k;

    if (kind == 0 && n < 8) {
        w = name | (uint64_t) '>' << 8 * n;
        k = XSELL_AT(&xsell_quicks, xsell_quicks.place[xsell_quick_place(w)]);

        if (k->element.name == name) {
            return XSELL_WORK_QUICK
                   + (k->needs & XSELL_NEEDS_CARE ? XSELL_WORK_CARE : 0);
        }
    }

    return XSELL_WORK_QUICK
           + (n > 7 && xsell_flags(kind) & XSELL_TAG_RAW ? XSELL_WORK_TAG
              : kind == 0 || n > 7 ? XSELL_WORK_NAME : 0)
           + ((kind ? xsell_quick[kind].needs & XSELL_NEEDS_CARE : n > 6)
              ? XSELL_WORK_CARE : 0);
}

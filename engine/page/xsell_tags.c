
/*
 * xsell_tags.c: the elements that the HTML specification treats by name, in
 * one list: kind, name, flags, group.
 *
 * The table of kinds is a perfect hash, a multiplication and a shift, and the
 * compiler proves it: two names in one place would be an initializer that
 * overrides another, which -Wextra and -Werror refuse.  A new name that meets
 * an old one wants another XSELL_TAG_MIX; random odd numbers do.
 *
 * Not taken: a sorted table and binary search, 7 steps a tag.
 */

#include "xsell_tags.h"


#define N1(a)                ((uint64_t) (a))
#define N2(a,b)              (N1(a) | N1(b) << 8)
#define N3(a,b,c)            (N2(a,b) | N1(c) << 16)
#define N4(a,b,c,d)          (N3(a,b,c) | N1(d) << 24)
#define N5(a,b,c,d,e)        (N4(a,b,c,d) | N1(e) << 32)
#define N6(a,b,c,d,e,f)      (N5(a,b,c,d,e) | N1(f) << 40)
#define N7(a,b,c,d,e,f,g)    (N6(a,b,c,d,e,f) | N1(g) << 48)
#define N8(a,b,c,d,e,f,g,h)  (N7(a,b,c,d,e,f,g) | N1(h) << 56)
#define MORE(name,c)         (((name) * XSELL_NAME_MIX) ^ N1(c))

#define VOID                 XSELL_TAG_VOID
#define SPECIAL              XSELL_TAG_SPECIAL
#define END                  XSELL_TAG_END
#define PCLOSE               XSELL_TAG_PCLOSE
#define SCOPE                XSELL_TAG_SCOPE
#define TABLED               XSELL_TAG_TABLED
#define FORMAT               XSELL_TAG_FORMAT
#define BREAK                XSELL_TAG_BREAK
#define HEADOK               XSELL_TAG_HEADOK
#define RAW                  XSELL_TAG_RAW
#define SCRIPT               XSELL_TAG_SCRIPT
#define PLAIN                XSELL_TAG_PLAIN
#define POINT                XSELL_TAG_POINT
#define BLOCK                (SPECIAL|END|PCLOSE)


#define XSELL_TAG_LIST(X)                                                     \
    X(A, N1('a'), FORMAT, G_ANCHOR)                                           \
    X(ADDRESS, N7('a','d','d','r','e','s','s'), BLOCK, G_DIV)                 \
    X(APPLET, N6('a','p','p','l','e','t'), SPECIAL|END|SCOPE, G_NONE)         \
    X(AREA, N4('a','r','e','a'), SPECIAL|VOID, G_NONE)                        \
    X(ARTICLE, N7('a','r','t','i','c','l','e'), BLOCK, G_NONE)                \
    X(ASIDE, N5('a','s','i','d','e'), BLOCK, G_NONE)                          \
    X(B, N1('b'), FORMAT|BREAK, G_NONE)                                       \
    X(BASE, N4('b','a','s','e'), SPECIAL|VOID|HEADOK, G_NONE)                 \
    X(BASEFONT, N8('b','a','s','e','f','o','n','t'),                          \
        SPECIAL|VOID|HEADOK, G_NONE)                                          \
    X(BGSOUND, N7('b','g','s','o','u','n','d'), SPECIAL|VOID|HEADOK, G_NONE)  \
    X(BIG, N3('b','i','g'), FORMAT|BREAK, G_NONE)                             \
    X(BLOCKQUOTE, MORE(MORE(N8('b','l','o','c','k','q','u','o'),'t'),'e'),    \
        BLOCK|BREAK, G_NONE)                                                  \
    X(BODY, N4('b','o','d','y'), SPECIAL|BREAK|HEADOK, G_BODY)                \
    X(BR, N2('b','r'), SPECIAL|VOID|BREAK, G_BR)                              \
    X(BUTTON, N6('b','u','t','t','o','n'), SPECIAL|END, G_BUTTON)             \
    X(CAPTION, N7('c','a','p','t','i','o','n'),                               \
        SPECIAL|SCOPE|TABLED, G_CAPTION)                                      \
    X(CENTER, N6('c','e','n','t','e','r'), BLOCK|BREAK, G_NONE)               \
    X(CODE, N4('c','o','d','e'), FORMAT|BREAK, G_NONE)                        \
    X(COL, N3('c','o','l'), SPECIAL|VOID, G_COL)                              \
    X(COLGROUP, N8('c','o','l','g','r','o','u','p'), SPECIAL, G_COLGROUP)     \
    X(DD, N2('d','d'), BLOCK|BREAK, G_DD)                                     \
    X(DESC, N4('d','e','s','c'), POINT, G_NONE)                               \
    X(DETAILS, N7('d','e','t','a','i','l','s'), BLOCK, G_NONE)                \
    X(DIALOG, N6('d','i','a','l','o','g'), END|PCLOSE, G_NONE)                \
    X(DIR, N3('d','i','r'), BLOCK, G_NONE)                                    \
    X(DIV, N3('d','i','v'), BLOCK|BREAK, G_DIV)                               \
    X(DL, N2('d','l'), BLOCK|BREAK, G_NONE)                                   \
    X(DT, N2('d','t'), BLOCK|BREAK, G_DD)                                     \
    X(EM, N2('e','m'), FORMAT|BREAK, G_NONE)                                  \
    X(EMBED, N5('e','m','b','e','d'), SPECIAL|VOID|BREAK, G_NONE)             \
    X(FIELDSET, N8('f','i','e','l','d','s','e','t'), BLOCK, G_NONE)           \
    X(FIGCAPTION, MORE(MORE(N8('f','i','g','c','a','p','t','i'),'o'),'n'),    \
        BLOCK, G_NONE)                                                        \
    X(FIGURE, N6('f','i','g','u','r','e'), BLOCK, G_NONE)                     \
    X(FONT, N4('f','o','n','t'), FORMAT, G_NONE)                              \
    X(FOOTER, N6('f','o','o','t','e','r'), BLOCK, G_NONE)                     \
    X(FOREIGNOBJECT, MORE(MORE(MORE(MORE(MORE(                                \
        N8('f','o','r','e','i','g','n','o'),                                  \
        'b'),'j'),'e'),'c'),'t'),                                             \
        POINT, G_NONE)                                                        \
    X(FORM, N4('f','o','r','m'), BLOCK, G_FORM)                               \
    X(FRAME, N5('f','r','a','m','e'), SPECIAL|VOID, G_FRAME)                  \
    X(FRAMESET, N8('f','r','a','m','e','s','e','t'), SPECIAL, G_FRAME)        \
    X(H1, N2('h','1'), BLOCK|BREAK, G_HEADING)                                \
    X(H2, N2('h','2'), BLOCK|BREAK, G_HEADING)                                \
    X(H3, N2('h','3'), BLOCK|BREAK, G_HEADING)                                \
    X(H4, N2('h','4'), BLOCK|BREAK, G_HEADING)                                \
    X(H5, N2('h','5'), BLOCK|BREAK, G_HEADING)                                \
    X(H6, N2('h','6'), BLOCK|BREAK, G_HEADING)                                \
    X(HEAD, N4('h','e','a','d'), SPECIAL|BREAK|HEADOK, G_HEAD)                \
    X(HEADER, N6('h','e','a','d','e','r'), BLOCK, G_NONE)                     \
    X(HGROUP, N6('h','g','r','o','u','p'), BLOCK, G_NONE)                     \
    X(HR, N2('h','r'), SPECIAL|PCLOSE|VOID|BREAK, G_NONE)                     \
    X(HTML, N4('h','t','m','l'), SPECIAL|HEADOK, G_HTML)                      \
    X(I, N1('i'), FORMAT|BREAK, G_NONE)                                       \
    X(IFRAME, N6('i','f','r','a','m','e'), SPECIAL|RAW, G_NONE)               \
    X(IMAGE, N5('i','m','a','g','e'), VOID, G_NONE)                           \
    X(IMG, N3('i','m','g'), SPECIAL|VOID|BREAK, G_NONE)                       \
    X(INPUT, N5('i','n','p','u','t'), SPECIAL|VOID, G_NONE)                   \
    X(KEYGEN, N6('k','e','y','g','e','n'), SPECIAL|VOID, G_NONE)              \
    X(LI, N2('l','i'), BLOCK|BREAK, G_LI)                                     \
    X(LINK, N4('l','i','n','k'), SPECIAL|VOID|HEADOK, G_NONE)                 \
    X(LISTING, N7('l','i','s','t','i','n','g'), BLOCK|BREAK, G_NONE)          \
    X(MAIN, N4('m','a','i','n'), BLOCK, G_NONE)                               \
    X(MARQUEE, N7('m','a','r','q','u','e','e'), SPECIAL|END|SCOPE, G_NONE)    \
    X(MATH, N4('m','a','t','h'), 0, G_SVG)                                    \
    X(MENU, N4('m','e','n','u'), BLOCK|BREAK, G_NONE)                         \
    X(META, N4('m','e','t','a'), SPECIAL|VOID|BREAK|HEADOK, G_NONE)           \
    X(MI, N2('m','i'), POINT, G_NONE)                                         \
    X(MN, N2('m','n'), POINT, G_NONE)                                         \
    X(MO, N2('m','o'), POINT, G_NONE)                                         \
    X(MS, N2('m','s'), POINT, G_NONE)                                         \
    X(MTEXT, N5('m','t','e','x','t'), POINT, G_NONE)                          \
    X(NAV, N3('n','a','v'), BLOCK, G_NONE)                                    \
    X(NOBR, N4('n','o','b','r'), FORMAT|BREAK, G_ANCHOR)                      \
    X(NOEMBED, N7('n','o','e','m','b','e','d'), SPECIAL|RAW, G_NONE)          \
    X(NOFRAMES, N8('n','o','f','r','a','m','e','s'),                          \
        SPECIAL|HEADOK|RAW, G_NONE)                                           \
    X(NOSCRIPT, N8('n','o','s','c','r','i','p','t'),                          \
        SPECIAL|HEADOK|RAW, G_NONE)                                           \
    X(OBJECT, N6('o','b','j','e','c','t'), SPECIAL|END|SCOPE, G_NONE)         \
    X(OL, N2('o','l'), BLOCK|BREAK, G_LIST)                                   \
    X(OPTGROUP, N8('o','p','t','g','r','o','u','p'), 0, G_OPTGROUP)           \
    X(OPTION, N6('o','p','t','i','o','n'), 0, G_OPTION)                       \
    X(P, N1('p'), BLOCK|BREAK, G_P)                                   \
    X(PARAM, N5('p','a','r','a','m'), SPECIAL|VOID, G_NONE)                   \
    X(PLAINTEXT, MORE(N8('p','l','a','i','n','t','e','x'),'t'),               \
        SPECIAL|PCLOSE|PLAIN, G_NONE)                                         \
    X(PRE, N3('p','r','e'), BLOCK|BREAK, G_NONE)                              \
    X(RB, N2('r','b'), 0, G_RUBY)                                             \
    X(RP, N2('r','p'), 0, G_RUBY)                                             \
    X(RT, N2('r','t'), 0, G_RUBY)                                             \
    X(RTC, N3('r','t','c'), 0, G_RUBY)                                        \
    X(RUBY, N4('r','u','b','y'), BREAK, G_NONE)                               \
    X(S, N1('s'), FORMAT|BREAK, G_NONE)                                       \
    X(SCRIPT, N6('s','c','r','i','p','t'), SPECIAL|HEADOK|SCRIPT, G_NONE)     \
    X(SEARCH, N6('s','e','a','r','c','h'), BLOCK, G_NONE)                     \
    X(SECTION, N7('s','e','c','t','i','o','n'), BLOCK, G_NONE)                \
    X(SELECT, N6('s','e','l','e','c','t'), SPECIAL|END, G_NONE)               \
    X(SMALL, N5('s','m','a','l','l'), FORMAT|BREAK, G_NONE)                   \
    X(SOURCE, N6('s','o','u','r','c','e'), SPECIAL|VOID, G_NONE)              \
    X(SPAN, N4('s','p','a','n'), BREAK, G_NONE)                               \
    X(STRIKE, N6('s','t','r','i','k','e'), FORMAT|BREAK, G_NONE)              \
    X(STRONG, N6('s','t','r','o','n','g'), FORMAT|BREAK, G_NONE)              \
    X(STYLE, N5('s','t','y','l','e'), SPECIAL|HEADOK|RAW, G_NONE)             \
    X(SUB, N3('s','u','b'), BREAK, G_NONE)                                    \
    X(SUMMARY, N7('s','u','m','m','a','r','y'), BLOCK, G_NONE)                \
    X(SUP, N3('s','u','p'), BREAK, G_NONE)                                    \
    X(SVG, N3('s','v','g'), 0, G_SVG)                                         \
    X(TABLE, N5('t','a','b','l','e'),                                         \
        SPECIAL|PCLOSE|SCOPE|TABLED|BREAK, G_TABLE)                           \
    X(TBODY, N5('t','b','o','d','y'), SPECIAL|TABLED, G_ROWS)                 \
    X(TD, N2('t','d'), SPECIAL|SCOPE|TABLED, G_CELL)                          \
    X(TEMPLATE, N8('t','e','m','p','l','a','t','e'),                          \
        SPECIAL|SCOPE|HEADOK, G_TEMPLATE)                             \
    X(TEXTAREA, N8('t','e','x','t','a','r','e','a'), SPECIAL|RAW, G_NONE)     \
    X(TFOOT, N5('t','f','o','o','t'), SPECIAL|TABLED, G_ROWS)                 \
    X(TH, N2('t','h'), SPECIAL|SCOPE|TABLED, G_CELL)                          \
    X(THEAD, N5('t','h','e','a','d'), SPECIAL|TABLED, G_ROWS)                 \
    X(TITLE, N5('t','i','t','l','e'), SPECIAL|HEADOK|RAW|POINT, G_NONE)       \
    X(TR, N2('t','r'), SPECIAL|TABLED, G_ROW)                                 \
    X(TRACK, N5('t','r','a','c','k'), SPECIAL|VOID, G_NONE)                   \
    X(TT, N2('t','t'), FORMAT|BREAK, G_NONE)                                  \
    X(U, N1('u'), FORMAT|BREAK, G_NONE)                                       \
    X(UL, N2('u','l'), BLOCK|BREAK, G_LIST)                                   \
    X(VAR, N3('v','a','r'), BREAK, G_NONE)                                    \
    X(WBR, N3('w','b','r'), SPECIAL|VOID, G_NONE)                             \
    X(XMP, N3('x','m','p'), SPECIAL|PCLOSE|RAW, G_NONE)


enum {
    XSELL_KIND_OTHER = 0,

#define X(kind, name, flags, group)  XSELL_KIND_##kind,
    XSELL_TAG_LIST(X)
#undef X

    XSELL_KINDS
};

_Static_assert(XSELL_KINDS <= 256, "a kind is a byte");


/* <body> is ignored unless it begins the body */

#define xsell_verdict(flags, group)                                           \
    ((flags) & XSELL_TAG_VOID ? XSELL_TAG_EMPTY                               \
     : (flags) & (XSELL_TAG_RAW | XSELL_TAG_SCRIPT | XSELL_TAG_PLAIN)         \
       ? XSELL_TAG_TEXT                                                       \
     : (group) == XSELL_G_SVG ? XSELL_TAG_FOREIGN                             \
     : (group) == XSELL_G_HTML || (group) == XSELL_G_HEAD                     \
       || (group) == XSELL_G_BODY || (group) == XSELL_G_FRAME                 \
       ? XSELL_TAG_IGNORED : XSELL_TAG_OPENS)


#define xsell_count(group)                                                    \
    ((group) == XSELL_G_P ? XSELL_COUNT_P                                     \
     : (group) == XSELL_G_ANCHOR ? XSELL_COUNT_ANCHOR                         \
     : (group) == XSELL_G_TEMPLATE ? XSELL_COUNT_TEMPLATE : XSELL_COUNT_NONE)

#define xsell_letters(name, group)                                            \
    ((group) == XSELL_G_BODY || (group) == XSELL_G_FORM || (name) >> 56 ? 0   \
     : (name) >> 48 ? 7 : (name) >> 40 ? 6 : (name) >> 32 ? 5                 \
     : (name) >> 24 ? 4 : (name) >> 16 ? 3 : (name) >> 8 ? 2 : 1)


const xsell_tag_t  xsell_tags[XSELL_KINDS] = {
#define X(kind, name, flags, group)                                           \
    [XSELL_KIND_##kind] = { name, flags, XSELL_##group,                       \
                            xsell_verdict(flags, XSELL_##group),              \
                            xsell_count(XSELL_##group),                       \
                            xsell_letters(name, XSELL_##group) },
    XSELL_TAG_LIST(X)
#undef X
};


const uint8_t  xsell_tag_kinds[XSELL_TAG_PLACES] = {
#define X(kind, name, flags, group)                                           \
    [xsell_tag_place(name)] = XSELL_KIND_##kind,
    XSELL_TAG_LIST(X)
#undef X
};

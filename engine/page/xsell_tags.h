
/*
 * xsell_tags.h: the elements that the HTML specification treats by name.
 *
 * A name is one 64-bit word: up to 8 characters packed as they are, lower
 * case, first character lowest; further ones are mixed in.  It is made byte
 * by byte, across buffers if need be, and compares in one instruction.  Names
 * that have rules also have a kind, their place in the list below.
 */

#ifndef XSELL_TAGS_H
#define XSELL_TAGS_H

#include <stddef.h>
#include <stdint.h>


#define XSELL_NAME_MIX       0x9e3779b97f4a7c15ull

/* found by trial for the names below: no two meet in one place */
#define XSELL_TAG_MIX        0x4ceb9d7301269b7bull
#define XSELL_TAG_PLACES     1024
#define xsell_tag_place(name)  (((name) * XSELL_TAG_MIX) >> 54)


/* one more character of a name of which n are there; NUL is a character that
   no other name has */

static inline uint64_t
xsell_name_add(uint64_t name, unsigned n, uint8_t c)
{
    c += (uint8_t) ((unsigned) (c - 'A') < 26) << 5;
    c |= (uint8_t) -(c == 0);

    return n < 8 ? name | (uint64_t) c << (8 * n)
                 : (name * XSELL_NAME_MIX) ^ c;
}


static inline uint64_t
xsell_name(const char *p, size_t n)
{
    size_t    i;
    uint64_t  name;

    for (i = 0, name = 0; i < n; i++) {
        name = xsell_name_add(name, i < 8 ? (unsigned) i : 8, (uint8_t) p[i]);
    }

    return name;
}


/* ---- flags ------------------------------------------------------------ */

#define XSELL_TAG_VOID       0x0001     /* has no end tag */
#define XSELL_TAG_SPECIAL    0x0002     /* stops the search of other ends */
#define XSELL_TAG_PCLOSE     0x0004     /* its start tag ends a <p> */
#define XSELL_TAG_SCOPE      0x0008     /* a wall for searches in scope */
#define XSELL_TAG_LISTWALL   0x0010     /* ... of <li> */
#define XSELL_TAG_TABLISH    0x0020     /* text in it goes before the table */
#define XSELL_TAG_FORMAT     0x0040     /* <b> and the like */
#define XSELL_TAG_BREAK      0x0080     /* can't be in <svg> or <math> */
#define XSELL_TAG_IMPLIED    0x0100     /* its end tag may be left out */
#define XSELL_TAG_THOROUGH   0x0200     /* ... of the parts of a table */
#define XSELL_TAG_RAW        0x0400     /* text up to its end tag */
#define XSELL_TAG_SPOINT     0x0800     /* in <svg>: HTML inside */
#define XSELL_TAG_MPOINT     0x1000     /* in <math>: HTML inside */


/* ---- groups: what a start tag does in the body ------------------------ */

enum {
    XSELL_G_OTHER = 0,
    XSELL_G_BLOCK,
    XSELL_G_VOID,
    XSELL_G_FORMAT,
    XSELL_G_ANCHOR,
    XSELL_G_NOBR,
    XSELL_G_HEADING,
    XSELL_G_LI,
    XSELL_G_DD,
    XSELL_G_BUTTON,
    XSELL_G_FORM,
    XSELL_G_TABLE,
    XSELL_G_SELECT,
    XSELL_G_OPTION,
    XSELL_G_RUBY,
    XSELL_G_OBJECT,
    XSELL_G_PARAM,                      /* void, among text or not */
    XSELL_G_RULE,
    XSELL_G_IMAGE,
    XSELL_G_RAW,
    XSELL_G_PLAIN,
    XSELL_G_FOREIGN,
    XSELL_G_HEADISH,                    /* as in <head> */
    XSELL_G_HTML,
    XSELL_G_BODY,
    XSELL_G_FRAMESET,
    XSELL_G_PART                        /* of a table, stray: dropped */
};


/* kind, name, the same packed, group, flags */

#define XSELL_TAG_LIST(X)                                                     \
    X(A, "a", N1('a'), G_ANCHOR, FORMAT)                                      \
    X(ADDRESS, "address", N7('a','d','d','r','e','s','s'),                    \
        G_BLOCK, SPECIAL|PCLOSE)                                              \
    X(ANNOTATION_XML, "annotation-xml",                                       \
        MORE(MORE(MORE(MORE(MORE(MORE(                                        \
            N8('a','n','n','o','t','a','t','i')                               \
            ,'o'),'n'),'-'),'x'),'m'),'l'),                                   \
        G_OTHER, MPOINT)                                                      \
    X(APPLET, "applet", N6('a','p','p','l','e','t'), G_OBJECT, SPECIAL|SCOPE) \
    X(AREA, "area", N4('a','r','e','a'), G_VOID, SPECIAL|VOID)                \
    X(ARTICLE, "article", N7('a','r','t','i','c','l','e'),                    \
        G_BLOCK, SPECIAL|PCLOSE)                                              \
    X(ASIDE, "aside", N5('a','s','i','d','e'),                                \
        G_BLOCK, SPECIAL|PCLOSE)                                              \
    X(B, "b", N1('b'), G_FORMAT, FORMAT|BREAK)                                \
    X(BASE, "base", N4('b','a','s','e'), G_HEADISH, SPECIAL|VOID)             \
    X(BASEFONT, "basefont", N8('b','a','s','e','f','o','n','t'),              \
        G_HEADISH, SPECIAL|VOID)                                              \
    X(BGSOUND, "bgsound", N7('b','g','s','o','u','n','d'),                    \
        G_HEADISH, SPECIAL|VOID)                                              \
    X(BIG, "big", N3('b','i','g'), G_FORMAT, FORMAT|BREAK)                    \
    X(BLOCKQUOTE, "blockquote",                                               \
        MORE(MORE(N8('b','l','o','c','k','q','u','o'),'t'),'e'),              \
        G_BLOCK, SPECIAL|PCLOSE|BREAK)                                        \
    X(BODY, "body", N4('b','o','d','y'), G_BODY, SPECIAL|BREAK)               \
    X(BR, "br", N2('b','r'), G_VOID, SPECIAL|VOID|BREAK)                      \
    X(BUTTON, "button", N6('b','u','t','t','o','n'),                          \
        G_BUTTON, SPECIAL)                                                    \
    X(CAPTION, "caption", N7('c','a','p','t','i','o','n'),                    \
        G_PART, SPECIAL|SCOPE|THOROUGH)                                       \
    X(CENTER, "center", N6('c','e','n','t','e','r'),                          \
        G_BLOCK, SPECIAL|PCLOSE|BREAK)                                        \
    X(CODE, "code", N4('c','o','d','e'), G_FORMAT, FORMAT|BREAK)              \
    X(COL, "col", N3('c','o','l'), G_PART, SPECIAL|VOID)                      \
    X(COLGROUP, "colgroup", N8('c','o','l','g','r','o','u','p'),              \
        G_PART, SPECIAL|THOROUGH)                                             \
    X(DD, "dd", N2('d','d'), G_DD, SPECIAL|PCLOSE|BREAK|IMPLIED)              \
    X(DESC, "desc", N4('d','e','s','c'), G_OTHER, SPOINT)                     \
    X(DETAILS, "details", N7('d','e','t','a','i','l','s'),                    \
        G_BLOCK, SPECIAL|PCLOSE)                                              \
    X(DIALOG, "dialog", N6('d','i','a','l','o','g'), G_BLOCK, PCLOSE)         \
    X(DIR, "dir", N3('d','i','r'), G_BLOCK, SPECIAL|PCLOSE)                   \
    X(DIV, "div", N3('d','i','v'), G_BLOCK, SPECIAL|PCLOSE|BREAK)             \
    X(DL, "dl", N2('d','l'), G_BLOCK, SPECIAL|PCLOSE|BREAK)                   \
    X(DT, "dt", N2('d','t'), G_DD, SPECIAL|PCLOSE|BREAK|IMPLIED)              \
    X(EM, "em", N2('e','m'), G_FORMAT, FORMAT|BREAK)                          \
    X(EMBED, "embed", N5('e','m','b','e','d'), G_VOID, SPECIAL|VOID|BREAK)    \
    X(FIELDSET, "fieldset", N8('f','i','e','l','d','s','e','t'),              \
        G_BLOCK, SPECIAL|PCLOSE)                                              \
    X(FIGCAPTION, "figcaption",                                               \
        MORE(MORE(N8('f','i','g','c','a','p','t','i'),'o'),'n'),              \
        G_BLOCK, SPECIAL|PCLOSE)                                              \
    X(FIGURE, "figure", N6('f','i','g','u','r','e'),                          \
        G_BLOCK, SPECIAL|PCLOSE)                                              \
    X(FONT, "font", N4('f','o','n','t'), G_FORMAT, FORMAT)                    \
    X(FOOTER, "footer", N6('f','o','o','t','e','r'),                          \
        G_BLOCK, SPECIAL|PCLOSE)                                              \
    X(FOREIGNOBJECT, "foreignobject",                                         \
        MORE(MORE(MORE(MORE(MORE(                                             \
            N8('f','o','r','e','i','g','n','o')                               \
            ,'b'),'j'),'e'),'c'),'t'),                                        \
        G_OTHER, SPOINT)                                                      \
    X(FORM, "form", N4('f','o','r','m'), G_FORM, SPECIAL|PCLOSE)              \
    X(FRAME, "frame", N5('f','r','a','m','e'), G_PART, SPECIAL|VOID)          \
    X(FRAMESET, "frameset", N8('f','r','a','m','e','s','e','t'),              \
        G_FRAMESET, SPECIAL)                                                  \
    X(H1, "h1", N2('h','1'), G_HEADING, SPECIAL|PCLOSE|BREAK)                 \
    X(H2, "h2", N2('h','2'), G_HEADING, SPECIAL|PCLOSE|BREAK)                 \
    X(H3, "h3", N2('h','3'), G_HEADING, SPECIAL|PCLOSE|BREAK)                 \
    X(H4, "h4", N2('h','4'), G_HEADING, SPECIAL|PCLOSE|BREAK)                 \
    X(H5, "h5", N2('h','5'), G_HEADING, SPECIAL|PCLOSE|BREAK)                 \
    X(H6, "h6", N2('h','6'), G_HEADING, SPECIAL|PCLOSE|BREAK)                 \
    X(HEAD, "head", N4('h','e','a','d'), G_PART, SPECIAL|BREAK)               \
    X(HEADER, "header", N6('h','e','a','d','e','r'),                          \
        G_BLOCK, SPECIAL|PCLOSE)                                              \
    X(HGROUP, "hgroup", N6('h','g','r','o','u','p'),                          \
        G_BLOCK, SPECIAL|PCLOSE)                                              \
    X(HR, "hr", N2('h','r'), G_RULE, SPECIAL|PCLOSE|VOID|BREAK)               \
    X(HTML, "html", N4('h','t','m','l'), G_HTML, SPECIAL|SCOPE)               \
    X(I, "i", N1('i'), G_FORMAT, FORMAT|BREAK)                                \
    X(IFRAME, "iframe", N6('i','f','r','a','m','e'), G_RAW, SPECIAL|RAW)      \
    X(IMAGE, "image", N5('i','m','a','g','e'), G_IMAGE, 0)                    \
    X(IMG, "img", N3('i','m','g'), G_VOID, SPECIAL|VOID|BREAK)                \
    X(INPUT, "input", N5('i','n','p','u','t'), G_VOID, SPECIAL|VOID)          \
    X(KEYGEN, "keygen", N6('k','e','y','g','e','n'), G_VOID, SPECIAL|VOID)    \
    X(LI, "li", N2('l','i'), G_LI, SPECIAL|PCLOSE|BREAK|IMPLIED)              \
    X(LINK, "link", N4('l','i','n','k'), G_HEADISH, SPECIAL|VOID)             \
    X(LISTING, "listing", N7('l','i','s','t','i','n','g'),                    \
        G_BLOCK, SPECIAL|PCLOSE|BREAK)                                        \
    X(MAIN, "main", N4('m','a','i','n'), G_BLOCK, SPECIAL|PCLOSE)             \
    X(MALIGNMARK, "malignmark",                                               \
        MORE(MORE(N8('m','a','l','i','g','n','m','a'),'r'),'k'),              \
        G_OTHER, 0)                                                           \
    X(MARQUEE, "marquee", N7('m','a','r','q','u','e','e'),                    \
        G_OBJECT, SPECIAL|SCOPE)                                              \
    X(MATH, "math", N4('m','a','t','h'), G_FOREIGN, 0)                        \
    X(MENU, "menu", N4('m','e','n','u'),                                      \
        G_BLOCK, SPECIAL|PCLOSE|BREAK)                                        \
    X(META, "meta", N4('m','e','t','a'), G_HEADISH, SPECIAL|VOID|BREAK)       \
    X(MGLYPH, "mglyph", N6('m','g','l','y','p','h'), G_OTHER, 0)              \
    X(MI, "mi", N2('m','i'), G_OTHER, MPOINT)                                 \
    X(MN, "mn", N2('m','n'), G_OTHER, MPOINT)                                 \
    X(MO, "mo", N2('m','o'), G_OTHER, MPOINT)                                 \
    X(MS, "ms", N2('m','s'), G_OTHER, MPOINT)                                 \
    X(MTEXT, "mtext", N5('m','t','e','x','t'), G_OTHER, MPOINT)               \
    X(NAV, "nav", N3('n','a','v'), G_BLOCK, SPECIAL|PCLOSE)                   \
    X(NOBR, "nobr", N4('n','o','b','r'), G_NOBR, FORMAT|BREAK)                \
    X(NOEMBED, "noembed", N7('n','o','e','m','b','e','d'),                    \
        G_RAW, SPECIAL|RAW)                                                   \
    X(NOFRAMES, "noframes", N8('n','o','f','r','a','m','e','s'),              \
        G_RAW, SPECIAL|RAW)                                                   \
    X(NOSCRIPT, "noscript", N8('n','o','s','c','r','i','p','t'),              \
        G_RAW, SPECIAL|RAW)                                                   \
    X(OBJECT, "object", N6('o','b','j','e','c','t'), G_OBJECT, SPECIAL|SCOPE) \
    X(OL, "ol", N2('o','l'), G_BLOCK, SPECIAL|PCLOSE|BREAK|LISTWALL)          \
    X(OPTGROUP, "optgroup", N8('o','p','t','g','r','o','u','p'),              \
        G_OPTION, IMPLIED)                                                    \
    X(OPTION, "option", N6('o','p','t','i','o','n'),                          \
        G_OPTION, IMPLIED)                                                    \
    X(P, "p", N1('p'), G_BLOCK, SPECIAL|PCLOSE|BREAK|IMPLIED)                 \
    X(PARAM, "param", N5('p','a','r','a','m'), G_PARAM, SPECIAL|VOID)         \
    X(PLAINTEXT, "plaintext", MORE(N8('p','l','a','i','n','t','e','x'),'t'),  \
        G_PLAIN, SPECIAL|PCLOSE)                                              \
    X(PRE, "pre", N3('p','r','e'), G_BLOCK, SPECIAL|PCLOSE|BREAK)             \
    X(RB, "rb", N2('r','b'), G_RUBY, IMPLIED)                                 \
    X(RP, "rp", N2('r','p'), G_RUBY, IMPLIED)                                 \
    X(RT, "rt", N2('r','t'), G_RUBY, IMPLIED)                                 \
    X(RTC, "rtc", N3('r','t','c'), G_RUBY, IMPLIED)                           \
    X(RUBY, "ruby", N4('r','u','b','y'), G_OTHER, BREAK)                      \
    X(S, "s", N1('s'), G_FORMAT, FORMAT|BREAK)                                \
    X(SCRIPT, "script", N6('s','c','r','i','p','t'), G_HEADISH, SPECIAL|RAW)  \
    X(SEARCH, "search", N6('s','e','a','r','c','h'),                          \
        G_BLOCK, SPECIAL|PCLOSE)                                              \
    X(SECTION, "section", N7('s','e','c','t','i','o','n'),                    \
        G_BLOCK, SPECIAL|PCLOSE)                                              \
    X(SELECT, "select", N6('s','e','l','e','c','t'), G_SELECT, SPECIAL)       \
    X(SMALL, "small", N5('s','m','a','l','l'), G_FORMAT, FORMAT|BREAK)        \
    X(SOURCE, "source", N6('s','o','u','r','c','e'), G_PARAM, SPECIAL|VOID)   \
    X(SPAN, "span", N4('s','p','a','n'), G_OTHER, BREAK)                      \
    X(STRIKE, "strike", N6('s','t','r','i','k','e'), G_FORMAT, FORMAT|BREAK)  \
    X(STRONG, "strong", N6('s','t','r','o','n','g'), G_FORMAT, FORMAT|BREAK)  \
    X(STYLE, "style", N5('s','t','y','l','e'), G_HEADISH, SPECIAL|RAW)        \
    X(SUB, "sub", N3('s','u','b'), G_OTHER, BREAK)                            \
    X(SUMMARY, "summary", N7('s','u','m','m','a','r','y'),                    \
        G_BLOCK, SPECIAL|PCLOSE)                                              \
    X(SUP, "sup", N3('s','u','p'), G_OTHER, BREAK)                            \
    X(SVG, "svg", N3('s','v','g'), G_FOREIGN, 0)                              \
    X(TABLE, "table", N5('t','a','b','l','e'),                                \
        G_TABLE, SPECIAL|PCLOSE|SCOPE|BREAK|TABLISH)                          \
    X(TBODY, "tbody", N5('t','b','o','d','y'),                                \
        G_PART, SPECIAL|THOROUGH|TABLISH)                                     \
    X(TD, "td", N2('t','d'), G_PART, SPECIAL|SCOPE|THOROUGH)                  \
    X(TEMPLATE, "template", N8('t','e','m','p','l','a','t','e'),              \
        G_HEADISH, SPECIAL|SCOPE)                                             \
    X(TEXTAREA, "textarea", N8('t','e','x','t','a','r','e','a'),              \
        G_RAW, SPECIAL|RAW)                                                   \
    X(TFOOT, "tfoot", N5('t','f','o','o','t'),                                \
        G_PART, SPECIAL|THOROUGH|TABLISH)                                     \
    X(TH, "th", N2('t','h'), G_PART, SPECIAL|SCOPE|THOROUGH)                  \
    X(THEAD, "thead", N5('t','h','e','a','d'),                                \
        G_PART, SPECIAL|THOROUGH|TABLISH)                                     \
    X(TITLE, "title", N5('t','i','t','l','e'), G_HEADISH, SPECIAL|RAW|SPOINT) \
    X(TR, "tr", N2('t','r'), G_PART, SPECIAL|THOROUGH|TABLISH)                \
    X(TRACK, "track", N5('t','r','a','c','k'), G_PARAM, SPECIAL|VOID)         \
    X(TT, "tt", N2('t','t'), G_FORMAT, FORMAT|BREAK)                          \
    X(U, "u", N1('u'), G_FORMAT, FORMAT|BREAK)                                \
    X(UL, "ul", N2('u','l'), G_BLOCK, SPECIAL|PCLOSE|BREAK|LISTWALL)          \
    X(VAR, "var", N3('v','a','r'), G_OTHER, BREAK)                            \
    X(WBR, "wbr", N3('w','b','r'), G_VOID, SPECIAL|VOID)                      \
    X(XMP, "xmp", N3('x','m','p'), G_RAW, SPECIAL|PCLOSE|RAW)


enum {
    XSELL_KIND_OTHER = 0,

#define X(kind, text, name, group, flags)  XSELL_KIND_##kind,
    XSELL_TAG_LIST(X)
#undef X

    XSELL_KINDS
};

_Static_assert(XSELL_KINDS <= 256, "a kind is a byte");


typedef struct {
    uint64_t             name;
    uint16_t             flags;         /* XSELL_TAG_* */
    uint8_t              group;         /* XSELL_G_* */
    uint8_t              n;             /* of the name */
    char                 text[15];
} xsell_tag_t;


#pragma GCC visibility push(hidden)

/* [0] stands for all names without a rule */

extern const xsell_tag_t  xsell_tags[];
extern const uint8_t      xsell_tag_kinds[XSELL_TAG_PLACES];

#pragma GCC visibility pop


/* index in xsell_tags, 0 for a name that is not there */

static inline unsigned
xsell_tag_kind(uint64_t name)
{
    unsigned  kind;

    kind = xsell_tag_kinds[xsell_tag_place(name)];

    return xsell_tags[kind].name == name ? kind : 0;
}


#endif /* XSELL_TAGS_H */

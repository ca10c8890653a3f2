
/*
 * xsell_tag_list.h: the elements that the HTML specification treats by name,
 * for the tables that are made of them (xsell_tags.c, xsell_quick.c).  Only
 * they include it: its macros are short.
 */

#ifndef XSELL_TAG_LIST_H
#define XSELL_TAG_LIST_H

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
#define PCLOSE               XSELL_TAG_PCLOSE
#define SCOPE                XSELL_TAG_SCOPE
#define LISTWALL             XSELL_TAG_LISTWALL
#define TABLISH              XSELL_TAG_TABLISH
#define FORMAT               XSELL_TAG_FORMAT
#define BREAK                XSELL_TAG_BREAK
#define IMPLIED              XSELL_TAG_IMPLIED
#define THOROUGH             XSELL_TAG_THOROUGH
#define RAW                  XSELL_TAG_RAW
#define SPOINT               XSELL_TAG_SPOINT
#define MPOINT               XSELL_TAG_MPOINT


#endif /* XSELL_TAG_LIST_H */


/*
 * xsell_work.h: what a page may cost, in about instructions: a page that has
 * dearer tags than sane pages is given up.  Each tag has its price, whoever
 * reads it; the account is looked at where a tag is odd, and at the first '<'
 * of each part of a page.  So it depends on the page alone, not on how it
 * arrives.
 */

#ifndef XSELL_WORK_H
#define XSELL_WORK_H


#define XSELL_WORK_FREE      58000
#define XSELL_WORK_BYTE      5          /* for each byte of the page */
#define XSELL_WORK_PART      4096       /* bytes */
#define XSELL_WORK_QUICK     24         /* a start tag, and its end tag */
#define XSELL_WORK_CARE      32         /* ... with more than a push */
#define XSELL_WORK_COMMENT   56
#define XSELL_WORK_INSTEAD   (2 * XSELL_WORK_CARE)       /* it ends another */
#define XSELL_WORK_NAME      260        /* ... with a name of its own */
#define XSELL_WORK_TAG       600        /* an odd one */
#define XSELL_WORK_STEP      120        /* something odd about it */
#define XSELL_WORK_END       360        /* an end tag with more than a name */
#define XSELL_WORK_ODD       104        /* a tag with one or more of these: */
#define XSELL_WORK_SPACE     60         /* no ' ' or '>' ends its name, or
                                           a value */
#define XSELL_WORK_SINGLE    48         /* a value in single quotes */
#define XSELL_WORK_BARE      54         /* ... without */
#define XSELL_WORK_WHITE     44         /* white space before or after '=' */
#define XSELL_WORK_EQUALS    40         /* a name that begins with '=' */
#define XSELL_WORK_ASKED(n)  ((n) + (n) / 2)    /* ... where names are asked
                                                   for */
#define XSELL_WORK_LOOK      160        /* a value that somebody may want */
#define XSELL_WORK_TYPE      32         /* a name that a selector goes on from */
#define XSELL_WORK_ATTRS     1          /* attributes of a format */
#define XSELL_WORK_FORMAT    320        /* ... and it is not over at the next
                                           tag */


#endif /* XSELL_WORK_H */


/*
 * pictures.h: what `xsell` and its reader of pictures say to each other,
 * over the reader's standard input and output.
 *
 *   request   the name of a file, and a zero byte
 *   reply     pictures_reply_t, and w * h * 3 bytes of sRGB if status is OK
 */

#ifndef XSELL_PICTURES_H
#define XSELL_PICTURES_H

#include <stdint.h>


#define PICTURES_PROGRAM  "xsell-pictures"

#define PICTURES_SIDE     128           /* of the longer side that comes back */
#define PICTURES_BYTES    (32u * 1024 * 1024)       /* of a file */
#define PICTURES_PIXELS   (64u * 1024 * 1024)       /* in a file */
#define PICTURES_MS       10000         /* to read one */
#define PICTURES_MEMORY   (1024ull * 1024 * 1024)   /* of a reader */

enum {
    PICTURES_OK = 0,
    PICTURES_ABSENT,
    PICTURES_NO_FILE,                   /* a folder, a pipe */
    PICTURES_LARGE,                     /* bytes */
    PICTURES_WIDE,                      /* pixels */
    PICTURES_FORMAT,                    /* none of the four */
    PICTURES_BROKEN,
    PICTURES_CRASHED,                   /* the reader did not answer */
    PICTURES_SLOW,
    PICTURES_STATES
};


typedef struct {
    uint32_t             status;
    uint32_t             w;             /* 1..PICTURES_SIDE */
    uint32_t             h;
} pictures_reply_t;


#endif /* XSELL_PICTURES_H */

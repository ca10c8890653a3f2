
/*
 * xsell_timezone.h: local time at an instant, from a file of the tz database.
 */

#ifndef XSELL_TIMEZONE_H
#define XSELL_TIMEZONE_H

#include "../xsell.h"


#define XSELL_TIMEZONE_KEEP  96         /* changes kept: the last ones */


/* the day of a change in a year: "M3.5.0/2" */

typedef struct {
    uint8_t              month;
    uint8_t              week;          /* 5: the last one */
    uint8_t              day;           /* 0: Sunday */
    int32_t              at_s;          /* of that day, local */
} xsell_timezone_day_t;


typedef struct {
    uint32_t             n;
    int32_t              first;         /* offset before at_s[0] */
    int64_t              at_s[XSELL_TIMEZONE_KEEP];
    int32_t              offset[XSELL_TIMEZONE_KEEP];

    /* after the last change */
    uint8_t              footed;        /* the file says how it goes on */
    uint8_t              summer;        /* with summer time */
    int32_t              standard;
    int32_t              daylight;
    xsell_timezone_day_t begin;
    xsell_timezone_day_t end;
} xsell_timezone_t;


/* TZif (RFC 8536), any version; p of n bytes, 0 bytes: UTC.  EINVAL. */
int xsell_timezone_parse(xsell_timezone_t *z, const void *p, size_t n);

/* seconds east of UTC at an instant */
int32_t xsell_timezone_offset(const xsell_timezone_t *z, int64_t utc_s);

/* the instant of a local time; of one that comes twice the first, of one
   that is skipped the moment of the change or near it */
int64_t xsell_timezone_utc(const xsell_timezone_t *z, int64_t local_s);


#endif /* XSELL_TIMEZONE_H */

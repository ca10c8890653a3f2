
/*
 * xsell_timezone.c: the tz database's files, for schedules that a marketer
 * writes in the time of his shop, whatever the server's own is.
 *
 * A file (TZif, RFC 8536) is a list of changes, and from version 2 on a line
 * that says how it goes on after them ("CET-1CEST,M3.5.0,M10.5.0/3", as the
 * environment variable TZ has it).  Some systems ship files with changes up to
 * 2037, others with hardly any after the last change of law: both are read.
 * The last changes are kept, no schedule is about the years before.
 *
 * Not taken: localtime_r() with another TZ.  That variable is the whole
 * process's, and nginx writes its own log by it.
 */

#include "xsell_timezone.h"

#include <string.h>


#define TIMEZONE_HEAD    44


typedef struct {
    const uint8_t       *p;
    size_t               n;
    uint32_t             isut;
    uint32_t             isstd;
    uint32_t             leap;
    uint32_t             time;
    uint32_t             type;
    uint32_t             chars;
} timezone_block_t;


static uint32_t
timezone_u32(const uint8_t *p)
{
    return (uint32_t) p[0] << 24 | (uint32_t) p[1] << 16
           | (uint32_t) p[2] << 8 | p[3];
}


static int64_t
timezone_time(const uint8_t *p, unsigned bytes)
{
    if (bytes == 4) {
        return (int32_t) timezone_u32(p);
    }

    return (int64_t) ((uint64_t) timezone_u32(p) << 32
                      | timezone_u32(p + 4));
}


/* a header with its data of times of so many bytes; 0: cut off, or absurd */

static int
timezone_block(timezone_block_t *b, const uint8_t *p, size_t n,
    unsigned bytes, size_t *data)
{
    if (n < TIMEZONE_HEAD || memcmp(p, "TZif", 4) != 0) {
        return 0;
    }

    b->isut = timezone_u32(p + 20);
    b->isstd = timezone_u32(p + 24);
    b->leap = timezone_u32(p + 28);
    b->time = timezone_u32(p + 32);
    b->type = timezone_u32(p + 36);
    b->chars = timezone_u32(p + 40);
    b->p = p + TIMEZONE_HEAD;
    b->n = n - TIMEZONE_HEAD;

    if (b->type == 0 || b->type > 256 || b->time > 65536 || b->leap > 65536
        || b->isut > 256 || b->isstd > 256 || b->chars > 65536)
    {
        return 0;
    }

    *data = (size_t) b->time * (bytes + 1) + (size_t) b->type * 6 + b->chars
            + (size_t) b->leap * (bytes + 4) + b->isstd + b->isut;

    return *data <= b->n;
}


/* ---- the line after the changes ---- */

static int
timezone_number(const char **p, const char *end, int max)
{
    int          v;
    const char  *start;

    start = *p;

    for (v = 0; *p < end && **p >= '0' && **p <= '9'; (*p)++) {
        v = v * 10 + (**p - '0');

        if (v > max) {
            return -1;
        }
    }

    return *p > start ? v : -1;
}


/* "[+-]hh[:mm[:ss]]" */

static int
timezone_span(const char **p, const char *end, int32_t *seconds)
{
    int  sign, v, unit;

    sign = 1;

    if (*p < end && (**p == '-' || **p == '+')) {
        sign = **p == '-' ? -1 : 1;
        (*p)++;
    }

    *seconds = 0;

    for (unit = 3600; /* void */ ; unit /= 60) {
        v = timezone_number(p, end, unit == 3600 ? 167 : 59);

        if (v < 0) {
            return 0;
        }

        *seconds += sign * v * unit;

        if (unit == 1 || *p == end || **p != ':') {
            return 1;
        }

        (*p)++;
    }
}


/* "CET", "<+03>" */

static int
timezone_letters(const char **p, const char *end)
{
    const char  *start;

    if (*p < end && **p == '<') {
        *p = memchr(*p, '>', (size_t) (end - *p));

        if (*p == NULL) {
            *p = end;
            return 0;
        }

        (*p)++;
        return 1;
    }

    start = *p;

    while (*p < end && (((**p | 0x20) >= 'a') && ((**p | 0x20) <= 'z'))) {
        (*p)++;
    }

    return *p - start >= 3;
}


/* ",M3.5.0/2"; days counted by number of the year are of no zone of now */

static int
timezone_day(const char **p, const char *end, xsell_timezone_day_t *d)
{
    int  month, week, day;

    if (end - *p < 2 || (*p)[0] != ',' || (*p)[1] != 'M') {
        return 0;
    }

    *p += 2;
    month = timezone_number(p, end, 12);
    week = *p < end && *(*p)++ == '.' ? timezone_number(p, end, 5) : -1;
    day = *p < end && *(*p)++ == '.' ? timezone_number(p, end, 6) : -1;

    if (month < 1 || week < 1 || day < 0) {
        return 0;
    }

    d->month = (uint8_t) month;
    d->week = (uint8_t) week;
    d->day = (uint8_t) day;
    d->at_s = 2 * 3600;

    if (*p < end && **p == '/') {
        (*p)++;
        return timezone_span(p, end, &d->at_s);
    }

    return 1;
}


static void
timezone_foot(xsell_timezone_t *z, const char *p, const char *end)
{
    int32_t  west;

    if (!timezone_letters(&p, end) || !timezone_span(&p, end, &west)) {
        return;
    }

    z->standard = -west;
    z->footed = 1;

    if (p == end || !timezone_letters(&p, end)) {
        return;
    }

    z->daylight = z->standard + 3600;

    if (p < end && *p != ',') {

        if (!timezone_span(&p, end, &west)) {
            return;
        }

        z->daylight = -west;
    }

    z->summer = timezone_day(&p, end, &z->begin)
                && timezone_day(&p, end, &z->end);
}


/* ---- the file ---- */

static int
timezone_changes(xsell_timezone_t *z, const timezone_block_t *b,
    unsigned bytes)
{
    int32_t         offset;
    uint32_t        i, from;
    const uint8_t  *times, *index, *types;

    times = b->p;
    index = times + (size_t) b->time * bytes;
    types = index + b->time;

    from = b->time > XSELL_TIMEZONE_KEEP ? b->time - XSELL_TIMEZONE_KEEP : 0;
    z->first = (int32_t) timezone_u32(types);

    for (i = 0; i < b->time; i++) {

        if (index[i] >= b->type) {
            return XSELL_EINVAL;
        }

        offset = (int32_t) timezone_u32(types + 6 * (size_t) index[i]);

        /* RFC 8536: about a day at most */

        if (offset < -93600 || offset > 93600) {
            return XSELL_EINVAL;
        }

        if (i < from) {
            z->first = offset;
            continue;
        }

        z->at_s[z->n] = timezone_time(times + (size_t) i * bytes, bytes);
        z->offset[z->n] = offset;

        if (z->n && z->at_s[z->n] <= z->at_s[z->n - 1]) {
            return XSELL_EINVAL;
        }

        z->n++;
    }

    return z->first >= -93600 && z->first <= 93600 ? XSELL_OK : XSELL_EINVAL;
}


int
xsell_timezone_parse(xsell_timezone_t *z, const void *text, size_t n)
{
    size_t             data;
    const char        *foot, *end;
    const uint8_t     *p;
    timezone_block_t   b;

    memset(z, 0, sizeof(*z));

    if (n == 0) {
        return XSELL_OK;
    }

    p = text;

    if (!timezone_block(&b, p, n, 4, &data)) {
        return XSELL_EINVAL;
    }

    if (p[4] == 0) {
        return timezone_changes(z, &b, 4);
    }

    /* the same again, with times of 64 bits */

    p = b.p + data;
    n = b.n - data;

    if (!timezone_block(&b, p, n, 8, &data)) {
        return XSELL_EINVAL;
    }

    foot = (const char *) b.p + data;
    end = (const char *) b.p + b.n;

    if (foot < end && *foot == '\n') {
        foot++;
        end = memchr(foot, '\n', (size_t) (end - foot));

        if (end) {
            timezone_foot(z, foot, end);
        }
    }

    return timezone_changes(z, &b, 8);
}


/* ---- instants ---- */

/* days since 1970 of a month's first day (Hinnant) */

static int64_t
timezone_days(int64_t y, int64_t m)
{
    int64_t  era, doe, yoe, doy;

    y -= m <= 2;
    era = (y >= 0 ? y : y - 399) / 400;
    yoe = y - era * 400;
    doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5;
    doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;

    return era * 146097 + doe - 719468;
}


/* local seconds since 1970 of a change in a year */

static int64_t
timezone_change(const xsell_timezone_day_t *d, int64_t year)
{
    int64_t  day, next;

    day = timezone_days(year, d->month);
    next = d->month == 12 ? timezone_days(year + 1, 1)
                          : timezone_days(year, d->month + 1);

    /* 1 January 1970 was a Thursday */

    day += (d->day + 7 - (day + 4) % 7) % 7 + 7 * (d->week - 1);

    while (day >= next) {
        day -= 7;
    }

    return day * 86400 + d->at_s;
}


static int32_t
timezone_rule(const xsell_timezone_t *z, int64_t utc_s)
{
    int64_t  year, begin, end;

    if (!z->summer) {
        return z->standard;
    }

    /* of the day; at the turn of a year nobody changes his clock */

    year = 1970 + (int64_t) ((double) (utc_s + z->standard) / 31556952.0);
    begin = timezone_change(&z->begin, year) - z->standard;
    end = timezone_change(&z->end, year) - z->daylight;

    if (begin < end) {
        return utc_s >= begin && utc_s < end ? z->daylight : z->standard;
    }

    return utc_s >= end && utc_s < begin ? z->standard : z->daylight;
}


int32_t
xsell_timezone_offset(const xsell_timezone_t *z, int64_t utc_s)
{
    uint32_t  low, high, mid;

    if (z->n == 0 || utc_s < z->at_s[0]) {
        return z->footed && z->n == 0 ? timezone_rule(z, utc_s) : z->first;
    }

    if (utc_s >= z->at_s[z->n - 1] && z->footed) {
        return timezone_rule(z, utc_s);
    }

    low = 0;
    high = z->n;

    while (high - low > 1) {
        mid = low + (high - low) / 2;

        if (z->at_s[mid] <= utc_s) {
            low = mid;

        } else {
            high = mid;
        }
    }

    return z->offset[low];
}


int64_t
xsell_timezone_utc(const xsell_timezone_t *z, int64_t local_s)
{
    int64_t  early, late;

    /* by the offsets of a day before and a day after: if they differ, the
       one that gives back this local time */

    early = local_s - xsell_timezone_offset(z, local_s - 86400);
    late = local_s - xsell_timezone_offset(z, local_s + 86400);

    if (early + xsell_timezone_offset(z, early) == local_s) {
        return early;
    }

    return late;
}

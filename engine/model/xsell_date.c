
/*
 * xsell_date.c: ISO 8601 dates of event logs that were written by hand, as
 * spreadsheets and databases export them: "2010-12-01 8:26", with or without
 * seconds, fraction and zone; no zone is UTC.
 *
 * strptime() and timegm() were not taken: they read the locale and, with a
 * zone, need as much code around them.
 */

#include "xsell_catalog.h"


static int64_t date_days(int64_t y, int64_t m, int64_t d);


/* up to `max` digits, at least `min`; -1 if there are fewer */

static int
date_digits(xsell_str_t *s, unsigned min, unsigned max)
{
    int       value;
    unsigned  n;

    for (n = 0, value = 0;
         n < max && s->n && s->p[0] >= '0' && s->p[0] <= '9';
         n++)
    {
        value = value * 10 + (s->p[0] - '0');
        s->p++;
        s->n--;
    }

    return n >= min ? value : -1;
}


static int
date_skip(xsell_str_t *s, char c)
{
    if (s->n == 0 || s->p[0] != c) {
        return 0;
    }

    s->p++;
    s->n--;

    return 1;
}


/* "Z", "+01:00", "+0100", "+01" or nothing: UTC; minutes east in *zone */

static int
date_zone(xsell_str_t *s, int *zone)
{
    int  sign, h, m;

    *zone = 0;

    if (s->n == 0 || date_skip(s, 'Z')) {
        return s->n == 0;
    }

    sign = date_skip(s, '-') ? -1 : 1;

    if (sign == 1 && !date_skip(s, '+')) {
        return 0;
    }

    h = date_digits(s, 2, 2);
    (void) date_skip(s, ':');
    m = s->n ? date_digits(s, 2, 2) : 0;

    *zone = sign * (h * 60 + m);

    return s->n == 0 && h >= 0 && h < 24 && m >= 0 && m < 60;
}


/* the date alone; days since 1970 */

static int
date_day(xsell_str_t *s, int64_t *days)
{
    int  y, m, d;

    static const uint8_t  month[12] = {
        31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31
    };

    y = date_digits(s, 4, 4);
    m = date_skip(s, '-') ? date_digits(s, 2, 2) : -1;
    d = date_skip(s, '-') ? date_digits(s, 2, 2) : -1;

    if (y < 1970 || m < 1 || m > 12 || d < 1 || d > month[m - 1]
        || (m == 2 && d == 29
            && (y % 4 != 0 || (y % 100 == 0 && y % 400 != 0))))
    {
        return XSELL_EINVAL;
    }

    *days = date_days(y, m, d);

    return XSELL_OK;
}


/* "08:26", "8:26:00.123"; milliseconds of the day, -1 if it is none */

static int64_t
date_time(xsell_str_t *s)
{
    int       h, m, sec, milli;
    unsigned  digits;

    sec = 0;
    milli = 0;

    h = date_digits(s, 1, 2);
    m = date_skip(s, ':') ? date_digits(s, 2, 2) : -1;

    if (date_skip(s, ':')) {
        sec = date_digits(s, 2, 2);

        if (date_skip(s, '.')) {
            digits = (unsigned) s->n;
            milli = date_digits(s, 1, 3);

            for (digits -= (unsigned) s->n; digits < 3; digits++) {
                milli *= 10;
            }

            while (s->n && s->p[0] >= '0' && s->p[0] <= '9') {
                (void) date_skip(s, s->p[0]);
            }
        }
    }

    if (h < 0 || h > 23 || m < 0 || m > 59 || sec < 0 || sec > 60
        || milli < 0)
    {
        return -1;
    }

    return ((h * 60 + m) * 60 + sec) * 1000ll + milli;
}


int
xsell_date_parse(xsell_str_t s, int64_t *ms)
{
    int      zone;
    int64_t  days, time;

    time = 0;
    zone = 0;

    if (date_day(&s, &days) != XSELL_OK) {
        return XSELL_EINVAL;
    }

    if (s.n) {

        if (!date_skip(&s, 'T') && !date_skip(&s, ' ')) {
            return XSELL_EINVAL;
        }

        time = date_time(&s);

        if (time < 0 || !date_zone(&s, &zone)) {
            return XSELL_EINVAL;
        }
    }

    *ms = days * 86400000 + time - zone * 60000ll;

    return XSELL_OK;
}


/* days since 1970 of a civil date (Hinnant's days_from_civil) */

static int64_t
date_days(int64_t y, int64_t m, int64_t d)
{
    int64_t  era, doe, yoe, doy;

    y -= m <= 2;
    era = y / 400;
    yoe = y - era * 400;
    doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
    doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;

    return era * 146097 + doe - 719468;
}


/*
 * Moment: what this page view is like, beside the item: on what device, from
 * where, how long after the page before, whether he came back to it.  The
 * engine's models take it for when to show what, and whether.
 *
 * It is read from the request and from what the view has just changed in the
 * session (st->moment); what the session keeps anyway (cart, offers that were
 * ignored, when the last one was) the engine reads there.  The country is
 * looked up here as well: pages of no item have no view that would.
 *
 * Nothing of it is kept or told to anybody.  Header fields are what a client
 * likes to say: they choose between a few numbers, and no more of them is
 * looked at than NGX_HTTP_XSELL_LOOK bytes.  Who has not consented has no
 * moment: his fragment is everybody's.
 */

#include "ngx_http_xsell_module.h"


#define NGX_HTTP_XSELL_LOOK  512        /* bytes of a header field */


/* labels of a host that tell its kind */

static const struct {
    ngx_str_t   label;
    u_char      kind;
} ngx_http_xsell_referrers[] = {
    { ngx_string("google"),     XSELL_REFERRER_SEARCH },
    { ngx_string("bing"),       XSELL_REFERRER_SEARCH },
    { ngx_string("duckduckgo"), XSELL_REFERRER_SEARCH },
    { ngx_string("yahoo"),      XSELL_REFERRER_SEARCH },
    { ngx_string("yandex"),     XSELL_REFERRER_SEARCH },
    { ngx_string("baidu"),      XSELL_REFERRER_SEARCH },
    { ngx_string("ecosia"),     XSELL_REFERRER_SEARCH },
    { ngx_string("qwant"),      XSELL_REFERRER_SEARCH },
    { ngx_string("naver"),      XSELL_REFERRER_SEARCH },
    { ngx_string("facebook"),   XSELL_REFERRER_SOCIAL },
    { ngx_string("instagram"),  XSELL_REFERRER_SOCIAL },
    { ngx_string("twitter"),    XSELL_REFERRER_SOCIAL },
    { ngx_string("t"),          XSELL_REFERRER_SOCIAL },
    { ngx_string("x"),          XSELL_REFERRER_SOCIAL },
    { ngx_string("pinterest"),  XSELL_REFERRER_SOCIAL },
    { ngx_string("reddit"),     XSELL_REFERRER_SOCIAL },
    { ngx_string("tiktok"),     XSELL_REFERRER_SOCIAL },
    { ngx_string("youtube"),    XSELL_REFERRER_SOCIAL },
    { ngx_string("linkedin"),   XSELL_REFERRER_SOCIAL },
    { ngx_string("vk"),         XSELL_REFERRER_SOCIAL },
    { ngx_string("mail"),       XSELL_REFERRER_MAIL },
    { ngx_string("webmail"),    XSELL_REFERRER_MAIL },
    { ngx_string("outlook"),    XSELL_REFERRER_MAIL },
    { ngx_string("gmx"),        XSELL_REFERRER_MAIL }
};


/* all browsers on phones say "Mobi" (MDN: "Browser detection using the user
   agent"), tablets do not */

static ngx_uint_t
ngx_http_xsell_mobile(ngx_http_request_t *r)
{
    u_char      *p, *last;
    ngx_str_t   *agent;

    if (r->headers_in.user_agent == NULL) {
        return 0;
    }

    agent = &r->headers_in.user_agent->value;
    p = agent->data;
    last = p + ngx_min(agent->len, NGX_HTTP_XSELL_LOOK);

    for ( ;; ) {
        p = memchr(p, 'M', last - p);

        if (p == NULL || last - p < 4) {
            return 0;
        }

        if (ngx_memcmp(p, "Mobi", 4) == 0) {
            return 1;
        }

        p++;
    }
}


/* the kind of one label of a host; the whole of it counts */

static u_char
ngx_http_xsell_label(u_char *p, size_t n)
{
    ngx_uint_t  i;

    for (i = 0; i < sizeof(ngx_http_xsell_referrers)
                    / sizeof(ngx_http_xsell_referrers[0]); i++)
    {
        if (n == ngx_http_xsell_referrers[i].label.len
            && ngx_strncasecmp(p, ngx_http_xsell_referrers[i].label.data, n)
               == 0)
        {
            return ngx_http_xsell_referrers[i].kind;
        }
    }

    return XSELL_REFERRER_OTHER;
}


/* "https://host:port/..." without all but the host; 0 if it is no URL */

static ngx_uint_t
ngx_http_xsell_host(ngx_str_t *url, ngx_str_t *host)
{
    u_char  *p, *last;

    last = url->data + ngx_min(url->len, NGX_HTTP_XSELL_LOOK);
    p = ngx_strlchr(url->data, last, ':');

    if (p == NULL || last - p < 4 || p[1] != '/' || p[2] != '/') {
        return 0;
    }

    p += 3;
    host->data = p;

    while (p < last && *p != '/' && *p != ':' && *p != '?' && *p != '#') {
        p++;
    }

    host->len = p - host->data;

    return host->len != 0;
}


static u_char
ngx_http_xsell_referrer(ngx_http_request_t *r)
{
    u_char     *p, *last, *dot, kind;
    ngx_str_t   host;

    if (r->headers_in.referer == NULL
        || !ngx_http_xsell_host(&r->headers_in.referer->value, &host))
    {
        return XSELL_REFERRER_NONE;
    }

    if (host.len == r->headers_in.server.len
        && ngx_strncasecmp(host.data, r->headers_in.server.data, host.len)
           == 0)
    {
        return XSELL_REFERRER_OWN;
    }

    /* from the left, so that mail.google.com is mail; the last label is a
       top-level domain */

    last = host.data + host.len;

    for (p = host.data; p < last; p = dot + 1) {
        dot = ngx_strlchr(p, last, '.');

        if (dot == NULL) {
            break;
        }

        kind = ngx_http_xsell_label(p, dot - p);

        if (kind != XSELL_REFERRER_OTHER) {
            return kind;
        }
    }

    return XSELL_REFERRER_OTHER;
}


void
ngx_http_xsell_moment(ngx_http_request_t *r, ngx_http_xsell_state_t *st)
{
    time_t           local;
    xsell_moment_t  *m;

    m = &st->moment;

    if (st->visitor.key == 0) {
        ngx_memzero(m, sizeof(xsell_moment_t));
        return;
    }

    m->mobile = ngx_http_xsell_mobile(r);
    m->referrer = ngx_http_xsell_referrer(r);

    local = ngx_time() + ngx_cached_time->gmtoff * 60;
    m->hour = local / 3600 % 24;

    ngx_http_xsell_locate(r, st->visitor.shop, st);
}


size_t
ngx_http_xsell_moment_text(const ngx_http_xsell_state_t *st, u_char *out)
{
    static const char *const  referrers[] = {
        [XSELL_REFERRER_NONE] = "none",
        [XSELL_REFERRER_OWN] = "own",
        [XSELL_REFERRER_SEARCH] = "search",
        [XSELL_REFERRER_SOCIAL] = "social",
        [XSELL_REFERRER_MAIL] = "mail",
        [XSELL_REFERRER_OTHER] = "other"
    };

    u_char                *p;
    const xsell_told_t    *t;
    const xsell_moment_t  *m;

    m = &st->moment;
    t = &st->told;

    p = ngx_sprintf(out, "mobile=%ui dwell=%ui back=%ui ",
                    (ngx_uint_t) (st->is_told ? t->mobile : m->mobile),
                    (ngx_uint_t) (m->dwell_ms + 500) / 1000,
                    (ngx_uint_t) (st->is_told ? t->back : m->back));

    if (st->is_told) {
        p = ngx_sprintf(p, "depth=%ui streak=%ui cart=%ui ignored=%ui "
                        "since=%ui ", (ngx_uint_t) t->depth,
                        (ngx_uint_t) t->streak, (ngx_uint_t) t->cart,
                        (ngx_uint_t) t->ignored, (ngx_uint_t) t->since_s);
    }

    p = ngx_sprintf(p, "hour=%ui referrer=%s", (ngx_uint_t) m->hour,
                    referrers[m->referrer]);

    if (st->country[0] && (!st->is_told || t->country)) {
        p = ngx_sprintf(p, " country=%*s", (size_t) 2, st->country);
    }

    return p - out;
}

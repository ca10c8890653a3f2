
/*
 * Known record: what inject hears from the rewriter while a page passes for
 * the first time, until it makes a plan.
 *
 * The last bytes of the page are noted too, whatever is found later: where the
 * last cut is near the end, what follows it is part of the plan.
 *
 * Invariant: a plan holds all cuts or is not made: one cut too many, a page
 * that breaks off or has not the length that its version has, and the page
 * stays unknown.
 */

#include "ngx_http_xsell_inject.h"


struct ngx_http_xsell_record_s {
    ngx_http_xsell_page_t       *page;
    uint64_t                     seen;          /* bytes of it */
    uint64_t                     tail_at;       /* offset of tail[0] */
    ngx_uint_t                   n;
    size_t                       text_n;

    /* from here on not cleared */

    ngx_http_xsell_cut_t         cut[NGX_HTTP_XSELL_CUTS_MAX];
    u_char                       text[NGX_HTTP_XSELL_TEXT_MAX];
    u_char                       tail[NGX_HTTP_XSELL_TAIL_MAX];
};


ngx_http_xsell_record_t *
ngx_http_xsell_record(ngx_http_request_t *r, ngx_http_xsell_page_t *page)
{
    ngx_http_xsell_record_t  *rec;

    rec = ngx_palloc(r->pool, sizeof(ngx_http_xsell_record_t));
    if (rec == NULL) {
        return NULL;
    }

    ngx_memzero(rec, offsetof(ngx_http_xsell_record_t, cut));

    rec->page = page;
    rec->tail_at = page->id.length > NGX_HTTP_XSELL_TAIL_MAX
                   ? page->id.length - NGX_HTTP_XSELL_TAIL_MAX : 0;

    return rec;
}


ngx_int_t
ngx_http_xsell_record_cut(ngx_http_xsell_record_t *rec,
    const ngx_http_xsell_cut_t *c, const void *close)
{
    if (rec->n == NGX_HTTP_XSELL_CUTS_MAX
        || c->close_n > NGX_HTTP_XSELL_TEXT_MAX - rec->text_n)
    {
        return NGX_DECLINED;
    }

    rec->cut[rec->n++] = *c;

    ngx_memcpy(rec->text + rec->text_n, close, c->close_n);
    rec->text_n += c->close_n;

    return NGX_OK;
}


void
ngx_http_xsell_record_see(ngx_http_xsell_record_t *rec, ngx_chain_t *in)
{
    off_t       n;
    uint64_t    skip;
    ngx_buf_t  *b;

    if (rec == NULL) {
        return;
    }

    for ( /* void */ ; in; in = in->next) {
        b = in->buf;
        n = ngx_buf_size(b);
        skip = rec->tail_at > rec->seen ? rec->tail_at - rec->seen : 0;

        if (ngx_buf_in_memory(b) && (uint64_t) n > skip
            && rec->seen + n <= rec->page->id.length)
        {
            ngx_memcpy(rec->tail + (rec->seen + skip - rec->tail_at),
                       b->pos + skip, n - skip);
        }

        rec->seen += n;
    }
}


/* room for any plan: it is small, and its parts are not long ones */

static ngx_http_xsell_plan_t *
ngx_http_xsell_record_plan(ngx_http_request_t *r,
    ngx_http_xsell_record_t *rec, const uint8_t *state, uint64_t tail)
{
    u_char                 *p;
    ngx_http_xsell_plan_t  *plan;

    plan = ngx_palloc(r->pool, offsetof(ngx_http_xsell_plan_t, cut)
                               + rec->n * sizeof(ngx_http_xsell_cut_t)
                               + rec->text_n + tail);
    if (plan == NULL) {
        return NULL;
    }

    plan->n = rec->n;
    plan->text_n = rec->text_n;
    plan->tail_n = tail;

    ngx_memcpy(plan->state, state, XSELL_PLACES_MAX);
    ngx_memcpy(plan->cut, rec->cut, rec->n * sizeof(ngx_http_xsell_cut_t));

    p = ngx_cpymem(ngx_http_xsell_plan_text(plan), rec->text, rec->text_n);
    ngx_memcpy(p, rec->tail + NGX_HTTP_XSELL_TAIL_MAX - tail, tail);

    return plan;
}


/* NGX_AGAIN: not all of the tail has been seen.  `whole`: each of the
   location's places was looked for up to the end of the page */

ngx_int_t
ngx_http_xsell_record_keep(ngx_http_request_t *r,
    ngx_http_xsell_record_t *rec, const uint8_t *state, uint64_t mask,
    ngx_uint_t whole)
{
    uint64_t                     last, length, tail;
    ngx_uint_t                   i;
    ngx_http_xsell_page_t       *page;
    ngx_http_xsell_plan_t       *plan;

    page = rec->page;
    length = page->id.length;
    tail = 0;

    if (rec->n && length > NGX_HTTP_XSELL_READ_MAX) {
        last = rec->cut[rec->n - 1].at;

        if (last < length && last >= rec->tail_at
            && !rec->cut[rec->n - 1].cut)
        {
            tail = length - last;
        }
    }

    if (rec->seen > length) {
        return NGX_DECLINED;
    }

    if (rec->seen < length && (tail || whole)) {
        return NGX_AGAIN;
    }

    plan = ngx_http_xsell_record_plan(r, rec, state, tail);
    if (plan == NULL) {
        return NGX_ERROR;
    }

    if (whole && rec->n == 0 && !page->file) {

        for (i = 0; i < XSELL_PLACES_MAX; i++) {
            if (state[i] != XSELL_PLACE_ABSENT) {
                break;
            }
        }

        if (i == XSELL_PLACES_MAX) {
            mask = 0;
        }
    }

    ngx_http_xsell_known_keep(r, page, mask, plan);

    return NGX_OK;
}


/*
 * Inject: the page passes, the fragment goes in.
 *
 * The last of our stages that see the body feeds the rewriter, which says at
 * which offset of the stream a fragment goes and which bytes a replacement
 * drops, and cuts the buffers there (ngx_http_xsell_emit.c).  A page that is known
 * (ngx_http_xsell_known.c) has a plan that says it at once: nothing is scanned,
 * and the parts of a file stay in it.
 *
 * A slot without a fragment (nothing to offer, held out) is not known to the
 * rewriter: an element is never dropped for nothing.
 *
 * Any failure ends injection, never the page: what is held is passed, and
 * from there on buffers go through untouched.
 */

#include "ngx_http_xsell_inject.h"


/* the page's length with the fragments that its plan says */

static off_t
ngx_http_xsell_total(ngx_http_xsell_inject_t *inj)
{
    off_t                   n;
    uint64_t                end;
    ngx_uint_t              i;
    ngx_http_xsell_cut_t   *c;
    ngx_http_xsell_plan_t  *plan;

    plan = inj->plan;
    n = inj->page->id.length + plan->text_n;

    for (i = 0; i < plan->n; i++) {
        c = &plan->cut[i];

        if (c->which != XSELL_CUT_END) {
            n += inj->fragment[c->which].html.len;
        }

        if (c->cut) {
            end = i + 1 < (ngx_uint_t) plan->n ? plan->cut[i + 1].at
                                               : inj->page->id.length;
            n -= end - c->at;
        }
    }

    return n;
}


/*
 * What is known of the page before its first byte: with a plan its length can
 * be told.  Whether it must be read into memory: to be scanned, because file
 * buffers would come without their bytes, and where that is cheaper.
 */

static ngx_uint_t
ngx_http_xsell_plan(ngx_http_request_t *r, ngx_http_xsell_inject_t *inj)
{
    ngx_http_xsell_page_t  *page;

    page = inj->page;

    if (page == NULL) {
        return 1;
    }

    if (page->file) {
        return page->id.length <= NGX_HTTP_XSELL_READ_MAX
               || !ngx_http_xsell_known_hint(r, page, inj->all);
    }

    inj->plan = ngx_http_xsell_known_find(r, page, inj->all);

    if (inj->plan == NULL || !page->exact) {
        return 1;
    }

    r->headers_out.content_length_n = ngx_http_xsell_total(inj);

    return inj->plan->n && page->bytes == NULL
           && page->id.length <= NGX_HTTP_XSELL_READ_MAX;
}


/* from the header filter: this body gets these fragments */

void
ngx_http_xsell_inject(ngx_http_request_t *r, ngx_http_xsell_loc_conf_t *xlcf,
    ngx_http_xsell_state_t *st, ngx_http_xsell_fragment_t *fragment)
{
    ngx_uint_t                i;
    ngx_http_xsell_inject_t  *inj;

    inj = ngx_pcalloc(r->pool, sizeof(ngx_http_xsell_inject_t));
    if (inj == NULL) {
        st->state = XSELL_STATE_ERROR;
        return;
    }

    inj->fragment = fragment;
    inj->xlcf = xlcf;
    inj->page = st->page;
    st->inject = inj;

    for (i = 0; i < NGX_HTTP_XSELL_LINKS; i++) {
        inj->link[i].buf = &inj->buf[i];
        inj->link[i].next = inj->free;
        inj->free = &inj->link[i];
    }

    for (i = 0; i < xlcf->slots->nelts; i++) {
        if (fragment[i].html.len) {
            inj->all |= 1u << i;
        }
    }

    /* until a fragment is placed (ngx_http_xsell_event_shown) */
    st->state = XSELL_STATE_NO_PLACE;

    /* somebody else may want it too */

    if (ngx_http_xsell_plan(r, inj)) {
        r->filter_need_in_memory = 1;
    }
}


void
ngx_http_xsell_inject_stop(ngx_http_xsell_state_t *st)
{
    st->inject->stop = 1;
}


static ngx_int_t
ngx_http_xsell_scan(ngx_http_request_t *r, ngx_http_xsell_inject_t *inj)
{
    unsigned                    holds;
    ngx_uint_t                  i, k;
    ngx_http_xsell_loc_conf_t  *xlcf;

    inj->scan = ngx_palloc(r->pool, sizeof(ngx_http_xsell_scan_t));
    if (inj->scan == NULL) {
        return NGX_ERROR;
    }

    xlcf = inj->xlcf;
    holds = 0;

    for (i = 0; i < xlcf->slots->nelts; i++) {
        for (k = 0; k < xlcf->looks[i].n && inj->all & (1u << i); k++) {
            holds |= xsell_templates_holds(xlcf->shop->look,
                                           xlcf->looks[i].look[k]->index);
        }
    }

    xsell_rewriter_init(&inj->scan->rewriter, xlcf->places, holds);

    /* where there is nothing to put, nothing is replaced either */

    for (i = 0; i < xlcf->slots->nelts; i++) {
        if (!(inj->all & (1u << i))) {
            xsell_rewriter_skip(&inj->scan->rewriter, i);
        }
    }

    inj->state = inj->scan->rewriter.state;

    if (inj->page) {
        inj->record = ngx_http_xsell_record(r, inj->page);
    }

    return NGX_OK;
}


/* a known page comes as one buffer: its kept bytes go for those of its file, or
   those that it has are kept */

static void
ngx_http_xsell_bytes(ngx_http_request_t *r, ngx_http_xsell_inject_t *inj,
    ngx_buf_t *b)
{
    ngx_http_xsell_page_t  *page;

    page = inj->page;

    if (!(page->bytes || page->wanted)
        || !ngx_http_xsell_page_begins(page, b)
        || (uint64_t) ngx_buf_size(b) != page->id.length)
    {
        return;
    }

    if (page->wanted) {
        ngx_http_xsell_known_bytes(r, page, inj->all, b);

    } else if (!ngx_buf_in_memory(b)) {
        inj->bytes = page->bytes;
    }
}


/*
 * The first bytes came: now it is seen whether they are those of the page that
 * the header filter took them for, and which version of a file it is.  If the
 * page must be scanned and its bytes can't be seen, it passes as it is.
 */

static void
ngx_http_xsell_begin(ngx_http_request_t *r, ngx_http_xsell_inject_t *inj,
    ngx_chain_t *in)
{
    ngx_buf_t              *b;
    ngx_http_xsell_page_t  *page;

    while (in && ngx_buf_size(in->buf) == 0) {
        in = in->next;
    }

    if (in == NULL) {
        return;
    }

    b = in->buf;
    page = inj->page;
    inj->begun = 1;

    if (page && page->file) {

        if (ngx_http_xsell_page_stat(page, b) == NGX_OK) {
            inj->plan = ngx_http_xsell_known_find(r, page, inj->all);

        } else {
            inj->page = NULL;
        }

    } else if (page && !page->exact
               && !ngx_http_xsell_page_begins(page, b))
    {
        inj->page = NULL;
        inj->plan = NULL;
    }

    if (inj->plan) {
        inj->state = inj->plan->state;
        inj->text = ngx_http_xsell_plan_text(inj->plan);
        inj->ended = 1;
        inj->done = (inj->plan->n == 0);
        ngx_http_xsell_bytes(r, inj, b);

        ngx_log_debug2(NGX_LOG_DEBUG_HTTP, r->connection->log, 0,
                       "xsell: page known, %ui cuts, %s",
                       (ngx_uint_t) inj->plan->n,
                       ngx_buf_in_memory(b) ? "read"
                       : inj->bytes ? "kept" : "as a file");
        return;
    }

    if (!ngx_buf_in_memory(b)) {

        if (page) {
            ngx_http_xsell_known_doubt(r, page, inj->all);
        }

        inj->done = 1;
        return;
    }

    if (ngx_http_xsell_scan(r, inj) != NGX_OK) {
        inj->done = 1;
    }
}


static ngx_int_t
ngx_http_xsell_told(ngx_http_request_t *r, ngx_http_xsell_inject_t *inj,
    unsigned which, ngx_buf_t *b, uint64_t base, ngx_buf_t **made)
{
    xsell_rewriter_t      *rw;
    ngx_http_xsell_cut_t   c;

    rw = &inj->scan->rewriter;

    c.at = rw->at;
    c.close_n = rw->close.n;
    c.which = which;
    c.cut = rw->cut;

    if (inj->record
        && ngx_http_xsell_record_cut(inj->record, &c, rw->close.p) != NGX_OK)
    {
        inj->record = NULL;
    }

    return ngx_http_xsell_emit_found(r, inj, &c, rw->close.p, b, base, made);
}


/* the page ends with b */

static ngx_int_t
ngx_http_xsell_finish(ngx_http_request_t *r, ngx_http_xsell_inject_t *inj,
    ngx_buf_t *b, uint64_t base, ngx_buf_t **made)
{
    unsigned  which;

    inj->ended = 1;

    while (xsell_rewriter_finish(&inj->scan->rewriter, &which)
           == XSELL_AGAIN)
    {
        if (ngx_http_xsell_told(r, inj, which, b, base, made) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/* the bytes of b that may not go yet are copied to the held ones */

static ngx_int_t
ngx_http_xsell_hold(ngx_http_xsell_inject_t *inj, ngx_buf_t *b,
    uint64_t base)
{
    u_char  *p;
    size_t   n;

    p = b->pos + (inj->sent > base ? inj->sent - base : 0);
    n = b->last - p;

    if (n > XSELL_HOLD_MAX - inj->hold_n) {
        return NGX_ERROR;
    }

    ngx_memcpy(inj->scan->hold + inj->hold_n, p, n);
    inj->hold_n += n;

    return NGX_OK;
}


/* one buffer with bytes in memory through the rewriter */

static ngx_int_t
ngx_http_xsell_cut(ngx_http_request_t *r, ngx_http_xsell_inject_t *inj,
    ngx_buf_t *b, ngx_buf_t **made)
{
    int        rc;
    u_char    *p;
    size_t     used;
    uint64_t   base;
    unsigned   which;

    base = inj->sent + inj->hold_n;
    p = b->pos;

    do {
        rc = xsell_rewriter_feed(&inj->scan->rewriter, p, b->last - p, &used,
                                 &which);
        p += used;

        if (rc == XSELL_AGAIN
            && ngx_http_xsell_told(r, inj, which, b, base, made) != NGX_OK)
        {
            return NGX_ERROR;
        }

    } while (rc == XSELL_AGAIN);

    if (b->last_buf
        && ngx_http_xsell_finish(r, inj, b, base, made) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (ngx_http_xsell_emit_to(r, inj, b, base, inj->scan->rewriter.safe,
                               made)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (ngx_http_xsell_hold(inj, b, base) == NGX_OK) {
        return NGX_OK;
    }

    /* more than the rewriter may ask for: the page goes first */
    inj->done = 1;
    inj->record = NULL;

    return ngx_http_xsell_emit_to(r, inj, b, base,
                                  base + (b->last - b->pos), made);
}


/*
 * One buffer, bytes or a part of a file, by the plan.  What follows the last
 * cut of a file is taken from memory if it is short: it goes with the fragment
 * in one write.
 */

static ngx_int_t
ngx_http_xsell_replay(ngx_http_request_t *r, ngx_http_xsell_inject_t *inj,
    ngx_buf_t *b, ngx_buf_t **made)
{
    uint64_t                base, end;
    ngx_http_xsell_cut_t   *c;
    ngx_http_xsell_plan_t  *plan;

    plan = inj->plan;
    base = inj->sent;
    end = base + ngx_buf_size(b);

    while (inj->next < plan->n && plan->cut[inj->next].at <= end) {
        c = &plan->cut[inj->next++];

        if (ngx_http_xsell_emit_found(r, inj, c, inj->text, b, base, made)
            != NGX_OK)
        {
            return NGX_ERROR;
        }

        inj->text += c->close_n;
    }

    if (inj->next == plan->n && plan->tail_n && !ngx_buf_in_memory(b)
        && end == inj->page->id.length && end - inj->sent == plan->tail_n)
    {
        inj->sent = end;
        *made = ngx_http_xsell_emit_bytes(r, inj, inj->text, plan->tail_n);

        return *made ? NGX_OK : NGX_ERROR;
    }

    return ngx_http_xsell_emit_to(r, inj, b, base, end, made);
}


/*
 * One incoming buffer.  Its flags go on with the last of its parts; without
 * parts (nothing to pass yet, or no bytes) a buffer of no bytes carries them.
 */

static ngx_int_t
ngx_http_xsell_take(ngx_http_request_t *r, ngx_http_xsell_inject_t *inj,
    ngx_buf_t *b)
{
    uint64_t    base;
    ngx_buf_t  *made;

    made = NULL;

    if (inj->plan) {

        if (ngx_http_xsell_replay(r, inj, b, &made) != NGX_OK) {
            return NGX_ERROR;
        }

    } else if (ngx_buf_in_memory(b) && b->last > b->pos) {

        if (ngx_http_xsell_cut(r, inj, b, &made) != NGX_OK) {
            return NGX_ERROR;
        }

    } else if (b->last_buf && inj->scan == NULL) {
        inj->ended = 1;

    } else if (b->last_buf) {
        base = inj->sent + inj->hold_n;

        if (ngx_http_xsell_finish(r, inj, b, base, &made) != NGX_OK
            || ngx_http_xsell_emit_to(r, inj, b, base, base, &made) != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    if (b->last_in_chain && !b->last_buf && inj->plan == NULL) {

        /*
         * a module goes on with subrequests, which pass us by: what is held
         * must be in front of theirs, and nobody sees what comes
         */

        inj->done = 1;
        inj->record = NULL;

        if (ngx_http_xsell_emit_held(r, inj, inj->hold_n, &made) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    if (made == NULL) {
        /* all of it is held, in a copy, or dropped */
        ngx_http_xsell_emit_done(b);

        if (!b->last_buf && !b->last_in_chain && !b->flush && !b->sync) {
            return NGX_OK;
        }

        return ngx_http_xsell_emit_flags(r, inj, b);
    }

    made->shadow = b;
    made->recycled = b->recycled;
    made->last_buf = b->last_buf;
    made->last_in_chain = b->last_in_chain;
    made->flush = b->flush;

    return NGX_OK;
}


/* slates for places that the page lacked, or of which it did not come so far:
   nobody has seen them, and that nobody clicked says nothing */

void
ngx_http_xsell_inject_unseen(ngx_http_xsell_state_t *st)
{
    ngx_uint_t                  i;
    ngx_http_xsell_inject_t    *inj;
    ngx_http_xsell_fragment_t  *f;

    inj = st->inject;

    for (i = 0; inj && i < inj->xlcf->slots->nelts; i++) {
        f = &inj->fragment[i];

        if (f->impression && f->n && !f->placed) {
            xsell_impression_unseen(&inj->xlcf->shop->arena, f->impression);
        }
    }
}


/* names of a slot and of a template, and what is between them */
#define NGX_HTTP_XSELL_LOOK_LEN  (32 + 32 + sizeof(",=") - 1)


/*
 * What became of the page's places, for $xsell_place: why the first slot that
 * had a fragment has no place, else "moved" if one is behind a root that
 * hydrates, else why the first one without a fragment has none, "hidden" or
 * "empty", else "served"; NULL if there was nothing to place.  `report`: at
 * the end, the log gets each.
 */

const char *
ngx_http_xsell_inject_place(ngx_http_request_t *r,
    ngx_http_xsell_state_t *st, ngx_uint_t report)
{
    const char               *without;
    ngx_uint_t                i, state, first;
    ngx_http_xsell_slot_t    *slot;
    ngx_http_xsell_inject_t  *inj;

    inj = st->inject;

    if (inj == NULL) {
        return st->page && st->page->none
               ? xsell_place_name(XSELL_PLACE_ABSENT)
               : st->hidden ? "hidden" : NULL;
    }

    slot = inj->xlcf->slots->elts;
    first = XSELL_PLACE_SERVED;
    without = NULL;

    for (i = 0; i < inj->xlcf->slots->nelts; i++) {

        state = inj->state ? inj->state[i] : XSELL_PLACE_ABSENT;

        if (!(inj->all & (1u << i))) {

            if (without == NULL) {
                without = inj->fragment[i].hidden
                          ? "hidden" : "empty";
            }

            continue;
        }

        if (state == XSELL_PLACE_SERVED) {
            continue;
        }

        if (first == XSELL_PLACE_SERVED
            || (first == XSELL_PLACE_MOVED && state != XSELL_PLACE_MOVED))
        {
            first = state;
        }

        /* of a page that broke off nobody knows what would have come */

        if (report && (inj->ended || state != XSELL_PLACE_ABSENT)) {
            ngx_http_xsell_slot_report(r, &slot[i], state);
        }
    }

    return first == XSELL_PLACE_SERVED && without ? without
                                                  : xsell_place_name(first);
}


ngx_int_t
ngx_http_xsell_inject_looks(ngx_http_request_t *r, ngx_http_xsell_state_t *st,
    ngx_str_t *looks)
{
    size_t                       n;
    u_char                      *p;
    ngx_uint_t                   i;
    ngx_http_xsell_fragment_t   *f;
    ngx_http_xsell_loc_conf_t   *xlcf;

    ngx_str_null(looks);

    f = st->inject ? st->inject->fragment : st->hidden;
    xlcf = st->inject ? st->inject->xlcf : st->hidden_in;

    if (f == NULL) {
        return NGX_OK;
    }

    n = xlcf->slots->nelts;

    looks->data = ngx_pnalloc(r->pool, n * NGX_HTTP_XSELL_LOOK_LEN);
    if (looks->data == NULL) {
        return NGX_ERROR;
    }

    p = looks->data;

    for (i = 0; i < n; i++) {

        if (!f[i].placed && !f[i].hidden) {
            continue;
        }

        p = ngx_slprintf(p, looks->data + n * NGX_HTTP_XSELL_LOOK_LEN,
                         "%s%V=%V", p == looks->data ? "" : ",",
                         &f[i].face->slot->text, &f[i].face->look);
    }

    looks->len = p - looks->data;

    return NGX_OK;
}


/* whether each place is behind us, or will never come */

static ngx_uint_t
ngx_http_xsell_settled(ngx_http_xsell_inject_t *inj)
{
    uint32_t    open;
    ngx_uint_t  i, state;

    if (inj->plan) {
        return inj->next == inj->plan->n && !inj->cut;
    }

    if (inj->scan == NULL) {
        return 0;
    }

    open = inj->all & ~inj->scan->rewriter.found;

    for (i = 0; open >> i; i++) {
        state = inj->state[i];

        if ((open >> i & 1)
            && (state == XSELL_PLACE_ABSENT || state == XSELL_PLACE_SERVED))
        {
            return 0;
        }
    }

    return !inj->cut && inj->hold_n == 0;
}


/* the page is kept as soon as all of its cuts, and its tail, are known */

static void
ngx_http_xsell_learned(ngx_http_request_t *r, ngx_http_xsell_inject_t *inj)
{
    ngx_uint_t  all;

    if (inj->record == NULL || !(inj->done || inj->ended)) {
        return;
    }

    all = (1u << inj->xlcf->slots->nelts) - 1;

    if (ngx_http_xsell_record_keep(r, inj->record, inj->state,
                                   inj->all, inj->ended && inj->all == all)
        != NGX_AGAIN)
    {
        inj->record = NULL;
    }
}


ngx_int_t
ngx_http_xsell_body_inject(ngx_http_request_t *r, ngx_http_xsell_state_t *st,
    ngx_chain_t *in)
{
    ngx_int_t                 rc;
    ngx_buf_t                *b, *made;
    ngx_chain_t              *out;
    ngx_http_xsell_inject_t  *inj;

    inj = st->inject;

    if (inj->done && inj->busy == NULL && inj->record == NULL) {
        return ngx_http_xsell_body_send(r, in);
    }

    if (!inj->begun) {
        ngx_http_xsell_begin(r, inj, in);
    }

    ngx_http_xsell_record_see(inj->record, in);

    inj->out = NULL;
    inj->last_out = &inj->out;

    for ( /* void */ ; in; in = in->next) {
        b = in->buf;

        if (inj->stop
            || (inj->plan == NULL && b->in_file && !ngx_buf_in_memory(b)))
        {
            /* bytes that we can't see, or can't read */
            inj->done = 1;
            inj->record = NULL;

            if (ngx_http_xsell_emit_held(r, inj, inj->hold_n, &made)
                != NGX_OK)
            {
                return NGX_ERROR;
            }
        }

        if (inj->done) {
            if (ngx_http_xsell_emit_pass(r, inj, in) != NGX_OK) {
                return NGX_ERROR;
            }

            break;
        }

        if (ngx_http_xsell_take(r, inj, b) != NGX_OK) {
            return NGX_ERROR;
        }

        if (ngx_http_xsell_settled(inj)) {
            inj->done = 1;
        }
    }

    ngx_http_xsell_learned(r, inj);

    /* the filter of additions ends the page from within: through us */

    out = inj->out;
    inj->out = NULL;
    inj->last_out = &inj->out;

    rc = ngx_http_xsell_body_send(r, out);

    ngx_http_xsell_emit_sent(r, inj, out);

    return rc;
}

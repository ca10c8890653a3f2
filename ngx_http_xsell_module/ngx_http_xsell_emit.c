
/*
 * Emit: the buffer chain that goes out, made of parts of the page and of
 * fragments.  Inject says what; only here buffers are made, referred to, and
 * taken back.
 *
 *     in:   [....buffer....][....buffer....]
 *     out:  [.head.][fragment][.tail.]        references, no copies, but for
 *                                             a tag that is cut in two: its
 *                                             start is held (<= 1 KiB) until
 *                                             the rest says what it is
 *
 * Our buffers point into the incoming ones, be it bytes or a part of a file;
 * the last of them carries the incoming one as shadow and consumes it when it
 * is sent.  Memory is reused (free list), so a stream of any length runs in
 * the memory of a few buffers.
 *
 * Not taken: moving the start of the incoming buffer and sending that as the
 * tail.  It is cheaper by some instructions, but what belongs to another
 * filter, or to the cache, is then changed while it still may look at it.
 */

#include "ngx_http_xsell_inject.h"


/* a buffer of ours that refers to bytes of another */

static ngx_buf_t *
ngx_http_xsell_emit(ngx_http_request_t *r, ngx_http_xsell_inject_t *inj)
{
    ngx_chain_t  *cl;

    cl = ngx_chain_get_free_buf(r->pool, &inj->free);
    if (cl == NULL) {
        return NULL;
    }

    ngx_memzero(cl->buf, sizeof(ngx_buf_t));
    cl->buf->tag = (ngx_buf_tag_t) &ngx_http_xsell_module;

    *inj->last_out = cl;
    inj->last_out = &cl->next;

    return cl->buf;
}


static void
ngx_http_xsell_drop_held(ngx_http_xsell_inject_t *inj, size_t n)
{
    inj->hold_n -= n;
    inj->sent += n;

    if (inj->hold_n) {
        ngx_memmove(inj->scan->hold, inj->scan->hold + n, inj->hold_n);
    }
}


/* passes the first n held bytes on, from memory that is ours until sent;
   *made is their buffer */

ngx_int_t
ngx_http_xsell_emit_held(ngx_http_request_t *r, ngx_http_xsell_inject_t *inj,
    size_t n, ngx_buf_t **made)
{
    ngx_buf_t    *b;
    ngx_chain_t  *cl;

    if (n == 0) {
        return NGX_OK;
    }

    cl = inj->free_hold;

    if (cl) {
        inj->free_hold = cl->next;
        b = cl->buf;
        b->flush = 0;
        b->recycled = 0;
        b->last_in_chain = 0;

    } else {
        cl = ngx_alloc_chain_link(r->pool);
        if (cl == NULL) {
            return NGX_ERROR;
        }

        b = ngx_create_temp_buf(r->pool, XSELL_HOLD_MAX);
        if (b == NULL) {
            return NGX_ERROR;
        }

        b->tag = (ngx_buf_tag_t) &ngx_http_xsell_module;
        cl->buf = b;
    }

    b->pos = b->start;
    b->last = ngx_cpymem(b->pos, inj->scan->hold, n);

    cl->next = NULL;
    *inj->last_out = cl;
    inj->last_out = &cl->next;

    ngx_http_xsell_drop_held(inj, n);
    *made = b;

    return NGX_OK;
}


/*
 * Passes the stream on up to offset `to`, or drops it: what is held of
 * earlier buffers, then of b, whose first byte is at offset `base`.  *made is
 * the last buffer that was made: it takes over the flags of b, and b is
 * consumed when it is sent.
 */

ngx_int_t
ngx_http_xsell_emit_to(ngx_http_request_t *r, ngx_http_xsell_inject_t *inj,
    ngx_buf_t *b, uint64_t base, uint64_t to, ngx_buf_t **made)
{
    ngx_buf_t  *nb;

    to = ngx_min(to, base + ngx_buf_size(b));

    if (to <= inj->sent) {
        return NGX_OK;
    }

    if (inj->cut) {
        ngx_http_xsell_drop_held(inj, ngx_min(to - inj->sent, inj->hold_n));
        inj->sent = to;
        return NGX_OK;
    }

    if (inj->sent < base
        && ngx_http_xsell_emit_held(r, inj, ngx_min(to, base) - inj->sent,
                                    made)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (to <= inj->sent) {
        return NGX_OK;
    }

    nb = ngx_http_xsell_emit(r, inj);
    if (nb == NULL) {
        return NGX_ERROR;
    }

    /*
     * not in_file too, if bytes in memory came from a file: the copy filter
     * leaves the flag on what it has read, and the writer would send the file
     * again
     */

    if (ngx_buf_in_memory(b)) {
        nb->pos = b->pos + (inj->sent - base);
        nb->last = b->pos + (to - base);
        nb->start = nb->pos;
        nb->end = nb->last;
        nb->memory = 1;

    } else if (inj->bytes) {
        nb->pos = inj->bytes + inj->sent;
        nb->last = inj->bytes + to;
        nb->start = nb->pos;
        nb->end = nb->last;
        nb->memory = 1;

    } else {
        nb->file = b->file;
        nb->file_pos = b->file_pos + (inj->sent - base);
        nb->file_last = b->file_pos + (to - base);
        nb->in_file = 1;
    }

    inj->sent = to;
    *made = nb;

    return NGX_OK;
}


/* a buffer of bytes that live as long as the request */

ngx_buf_t *
ngx_http_xsell_emit_bytes(ngx_http_request_t *r, ngx_http_xsell_inject_t *inj,
    u_char *p, size_t n)
{
    ngx_buf_t  *b;

    b = ngx_http_xsell_emit(r, inj);
    if (b == NULL) {
        return NULL;
    }

    b->memory = 1;
    b->start = b->pos = p;
    b->end = b->last = p + n;

    return b;
}


/* *made is its buffer: sent after all of the page before it, it consumes the
   incoming one as well as a part of that would.  close: tags to write before
   it, good only now */

static ngx_int_t
ngx_http_xsell_emit_fragment(ngx_http_request_t *r,
    ngx_http_xsell_inject_t *inj, ngx_uint_t i, const void *close, size_t n,
    ngx_buf_t **made)
{
    u_char                     *p;
    ngx_http_xsell_state_t     *st;
    ngx_http_xsell_fragment_t  *f;

    f = &inj->fragment[i];

    if (n) {
        p = ngx_pnalloc(r->pool, n);
        if (p == NULL) {
            return NGX_ERROR;
        }

        ngx_memcpy(p, close, n);

        if (ngx_http_xsell_emit_bytes(r, inj, p, n) == NULL) {
            return NGX_ERROR;
        }
    }

    *made = ngx_http_xsell_emit_bytes(r, inj, f->html.data, f->html.len);
    if (*made == NULL) {
        return NGX_ERROR;
    }

    f->placed = 1;

    st = ngx_http_xsell_state(r, 0);
    if (st) {
        ngx_http_xsell_event_shown(r, st, f);
    }

    return NGX_OK;
}


/* what the rewriter found, or had found when the page was scanned */

ngx_int_t
ngx_http_xsell_emit_found(ngx_http_request_t *r, ngx_http_xsell_inject_t *inj,
    const ngx_http_xsell_cut_t *c, const void *close, ngx_buf_t *b,
    uint64_t base, ngx_buf_t **made)
{
    if (ngx_http_xsell_emit_to(r, inj, b, base, c->at, made) != NGX_OK) {
        return NGX_ERROR;
    }

    inj->cut = c->cut;

    return c->which == XSELL_CUT_END
           ? NGX_OK
           : ngx_http_xsell_emit_fragment(r, inj, c->which, close,
                                          c->close_n, made);
}


/*
 * The flags of b alone.  Without bytes a buffer looks sent at once, also while
 * a filter or a limited rate still keeps it: it must never be used again.  A
 * flush may come any number of times and always is the same one.
 */

ngx_int_t
ngx_http_xsell_emit_flags(ngx_http_request_t *r, ngx_http_xsell_inject_t *inj,
    ngx_buf_t *b)
{
    ngx_buf_t    *nb;
    ngx_chain_t  *cl;

    nb = &inj->flush;

    if (b->last_buf || b->last_in_chain || b->sync) {
        nb = ngx_calloc_buf(r->pool);
        if (nb == NULL) {
            return NGX_ERROR;
        }

        nb->last_buf = b->last_buf;
        nb->last_in_chain = b->last_in_chain;
        nb->sync = b->sync;
    }

    nb->flush = b->flush;

    cl = ngx_alloc_chain_link(r->pool);
    if (cl == NULL) {
        return NGX_ERROR;
    }

    cl->buf = nb;
    cl->next = NULL;
    *inj->last_out = cl;
    inj->last_out = &cl->next;

    return NGX_OK;
}


/* from here on the page passes as it comes */

ngx_int_t
ngx_http_xsell_emit_pass(ngx_http_request_t *r, ngx_http_xsell_inject_t *inj,
    ngx_chain_t *in)
{
    ngx_chain_t  *cl;

    for ( /* void */ ; in; in = in->next) {

        cl = ngx_alloc_chain_link(r->pool);
        if (cl == NULL) {
            return NGX_ERROR;
        }

        cl->buf = in->buf;
        cl->next = NULL;
        *inj->last_out = cl;
        inj->last_out = &cl->next;
    }

    return NGX_OK;
}


void
ngx_http_xsell_emit_done(ngx_buf_t *b)
{
    b->pos = b->last;

    if (b->in_file) {
        b->file_pos = b->file_last;
    }
}


void
ngx_http_xsell_emit_sent(ngx_http_request_t *r, ngx_http_xsell_inject_t *inj,
    ngx_chain_t *out)
{
    ngx_buf_t    *b;
    ngx_chain_t  *cl;

    if (inj->busy == NULL) {
        inj->busy = out;

    } else {
        for (cl = inj->busy; cl->next; cl = cl->next) { /* void */ }
        cl->next = out;
    }

    while (inj->busy) {
        cl = inj->busy;
        b = cl->buf;

        if (ngx_buf_size(b) != 0) {
            break;
        }

        inj->busy = cl->next;

        if (b->tag != (ngx_buf_tag_t) &ngx_http_xsell_module) {
            /* one that went through as it was, or flags alone */
            ngx_free_chain(r->pool, cl);
            continue;
        }

        if (b->shadow) {
            ngx_http_xsell_emit_done(b->shadow);
            b->shadow = NULL;
        }

        if (b->temporary) {
            cl->next = inj->free_hold;
            inj->free_hold = cl;

        } else {
            cl->next = inj->free;
            inj->free = cl;
        }
    }
}

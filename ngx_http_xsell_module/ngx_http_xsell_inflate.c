
/*
 * Inflate: a page that comes as gzip (or deflate) goes on as it was written,
 * so that something can be put into it; nginx's gzip, after us, packs it
 * again for the client.  ngx_http_xsell_coding.c says of which pages.
 *
 * Flow, the first of our stages that see the body:
 *
 *     in      buffers of the upstream, taken as far as there is room: the
 *             rest waits, and so does the upstream
 *     page    what comes out of zlib, in at most 8 buffers of 16 KiB: they
 *             are used again once sent, so a page of any size, and one that
 *             was made to be huge, passes in the same memory
 *
 * All that one call brings goes on with that call: nothing waits for a buffer
 * to be full.
 *
 * A body may be several gzip members; what follows the last one and is none
 * is dropped, as browsers do.  "deflate" is zlib's format by the standard and
 * bare deflate by some servers: its first two bytes tell.
 *
 * A body that is broken or ends early: what was read of it goes on, then the
 * connection ends without the end of the page, as nginx does if an upstream
 * dies.  NGX_ERROR would drop what is on its way, and is only for memory.
 *
 * Not taken: nginx's gunzip (it steps aside for clients that take gzip, needs
 * a directive, and calls it an error if bytes follow the last member).
 */

#include "ngx_http_xsell_module.h"

#include <zlib.h>


#define NGX_HTTP_XSELL_INFLATE_BUFS   8
#define NGX_HTTP_XSELL_INFLATE_SIZE   16384


typedef enum {
    ngx_http_xsell_inflate_start = 0,       /* nothing came yet */
    ngx_http_xsell_inflate_body,
    ngx_http_xsell_inflate_next,            /* behind a gzip member */
    ngx_http_xsell_inflate_rest,            /* behind the last one */
    ngx_http_xsell_inflate_broken
} ngx_http_xsell_inflate_state_e;


typedef struct ngx_http_xsell_inflate_s {
    z_stream                         z;
    ngx_chain_t                     *in;
    ngx_chain_t                     *out;
    ngx_chain_t                    **last_out;
    ngx_chain_t                     *busy;
    ngx_chain_t                     *free;
    ngx_chain_t                     *page;      /* being filled */
    ngx_uint_t                       bufs;
    ngx_buf_t                        flush;     /* without bytes */

    ngx_http_xsell_inflate_state_e   state;
    u_char                           head[2];
    ngx_uint_t                       head_n;
    unsigned                         gzip:1;
    unsigned                         open:1;    /* zlib has memory */
    unsigned                         more:1;    /* zlib has bytes for us */
    unsigned                         full:1;    /* no room is left */
} ngx_http_xsell_inflate_t;


/* inject knows its own buffers by the module's tag: these are others */
static u_char  ngx_http_xsell_inflate_tag;


ngx_int_t
ngx_http_xsell_inflate_create(ngx_http_request_t *r,
    ngx_http_xsell_state_t *st, ngx_uint_t gzip)
{
    ngx_http_xsell_inflate_t  *inf;

    inf = ngx_pcalloc(r->pool, sizeof(ngx_http_xsell_inflate_t));
    if (inf == NULL) {
        return NGX_ERROR;
    }

    inf->gzip = gzip;
    inf->last_out = &inf->out;
    st->inflate = inf;

    r->filter_need_in_memory = 1;

    return NGX_OK;
}


/* ---- zlib ------------------------------------------------------------- */

static void *
ngx_http_xsell_inflate_alloc(void *opaque, u_int items, u_int size)
{
    ngx_http_request_t *r = opaque;

    return ngx_palloc(r->pool, items * size);
}


static void
ngx_http_xsell_inflate_free(void *opaque, void *address)
{
    ngx_http_request_t *r = opaque;

    (void) ngx_pfree(r->pool, address);
}


static ngx_int_t
ngx_http_xsell_inflate_open(ngx_http_request_t *r,
    ngx_http_xsell_inflate_t *inf)
{
    int  bits;

    /* RFC 1950: 8 is deflate, and both bytes are a multiple of 31 */

    if (inf->gzip) {
        bits = MAX_WBITS + 16;

    } else if ((inf->head[0] & 0x0f) == 8
               && ((inf->head[0] << 8) + inf->head[1]) % 31 == 0)
    {
        bits = MAX_WBITS;

    } else {
        bits = -MAX_WBITS;
    }

    inf->z.zalloc = ngx_http_xsell_inflate_alloc;
    inf->z.zfree = ngx_http_xsell_inflate_free;
    inf->z.opaque = r;

    if (inflateInit2(&inf->z, bits) != Z_OK) {
        return NGX_ERROR;
    }

    inf->open = 1;

    return NGX_OK;
}


static void
ngx_http_xsell_inflate_close(ngx_http_xsell_inflate_t *inf,
    ngx_http_xsell_inflate_state_e state)
{
    inf->state = state;
    inf->more = 0;

    if (inf->open) {
        inf->open = 0;
        inflateEnd(&inf->z);
    }
}


static void
ngx_http_xsell_inflate_break(ngx_http_request_t *r,
    ngx_http_xsell_inflate_t *inf, const char *why)
{
    ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                  "xsell: the %s body of \"%V\" %s: the page is cut there",
                  inf->gzip ? "gzip" : "deflate", &r->uri, why);

    ngx_http_xsell_inflate_close(inf, ngx_http_xsell_inflate_broken);

    /* the end of the page is never sent, so the connection must end */
    r->keepalive = 0;
}


/* ---- buffers ---------------------------------------------------------- */

static ngx_int_t
ngx_http_xsell_inflate_room(ngx_http_request_t *r,
    ngx_http_xsell_inflate_t *inf)
{
    ngx_buf_t    *b;
    ngx_chain_t  *cl;

    if (inf->page) {
        return NGX_OK;
    }

    cl = inf->free;

    if (cl) {
        inf->free = cl->next;
        b = cl->buf;

    } else if (inf->bufs < NGX_HTTP_XSELL_INFLATE_BUFS) {

        cl = ngx_alloc_chain_link(r->pool);
        if (cl == NULL) {
            return NGX_ERROR;
        }

        b = ngx_create_temp_buf(r->pool, NGX_HTTP_XSELL_INFLATE_SIZE);
        if (b == NULL) {
            return NGX_ERROR;
        }

        b->tag = (ngx_buf_tag_t) &ngx_http_xsell_inflate_tag;
        cl->buf = b;
        inf->bufs++;

    } else {
        return NGX_AGAIN;
    }

    b->flush = 0;
    b->last_buf = 0;
    b->last_in_chain = 0;

    /* sent at once, since the memory is needed again */
    b->recycled = 1;

    cl->next = NULL;
    inf->page = cl;

    return NGX_OK;
}


/* what was filled goes out; NULL if there is nothing */

static ngx_buf_t *
ngx_http_xsell_inflate_emit(ngx_http_xsell_inflate_t *inf)
{
    ngx_chain_t  *cl;

    cl = inf->page;

    if (cl == NULL || cl->buf->last == cl->buf->pos) {
        return NULL;
    }

    *inf->last_out = cl;
    inf->last_out = &cl->next;
    inf->page = NULL;

    return cl->buf;
}


/* a buffer of no bytes; a flush may come any number of times and always is
   the same one */

static ngx_int_t
ngx_http_xsell_inflate_flags(ngx_http_request_t *r,
    ngx_http_xsell_inflate_t *inf, ngx_buf_t *b)
{
    ngx_buf_t    *nb;
    ngx_chain_t  *cl;

    nb = &inf->flush;
    nb->flush = 1;

    if (b && (b->last_buf || b->last_in_chain || b->sync)) {

        nb = ngx_calloc_buf(r->pool);
        if (nb == NULL) {
            return NGX_ERROR;
        }

        nb->last_buf = b->last_buf;
        nb->last_in_chain = b->last_in_chain;
        nb->sync = b->sync;
        nb->flush = b->flush;
    }

    cl = ngx_alloc_chain_link(r->pool);
    if (cl == NULL) {
        return NGX_ERROR;
    }

    cl->buf = nb;
    cl->next = NULL;
    *inf->last_out = cl;
    inf->last_out = &cl->next;

    return NGX_OK;
}


/* ---- the body --------------------------------------------------------- */

/* n bytes at p to zlib; NGX_AGAIN: no room for what they make */

static ngx_int_t
ngx_http_xsell_inflate_feed(ngx_http_request_t *r,
    ngx_http_xsell_inflate_t *inf, u_char **p, u_char *last)
{
    int         rc;
    ngx_int_t   room;
    ngx_buf_t  *b;

    while (inf->state == ngx_http_xsell_inflate_body
           && (*p < last || inf->more))
    {
        room = ngx_http_xsell_inflate_room(r, inf);

        if (room != NGX_OK) {
            return room;
        }

        b = inf->page->buf;

        inf->z.next_in = *p;
        inf->z.avail_in = last - *p;
        inf->z.next_out = b->last;
        inf->z.avail_out = b->end - b->last;

        rc = inflate(&inf->z, Z_SYNC_FLUSH);

        *p = inf->z.next_in;
        b->last = inf->z.next_out;
        inf->more = (inf->z.avail_out == 0);

        if (inf->more) {
            (void) ngx_http_xsell_inflate_emit(inf);
        }

        switch (rc) {

        case Z_OK:
        case Z_BUF_ERROR:
            break;

        case Z_STREAM_END:
            inf->more = 0;
            inf->head_n = 0;

            if (inf->gzip) {
                inf->state = ngx_http_xsell_inflate_next;

            } else {
                ngx_http_xsell_inflate_close(inf, ngx_http_xsell_inflate_rest);
            }

            break;

        case Z_MEM_ERROR:
            return NGX_ERROR;

        default:
            ngx_http_xsell_inflate_break(r, inf, "is broken");
        }
    }

    return NGX_OK;
}


/* the two bytes that a member begins with, one after the other; NGX_DECLINED:
   they are not there yet */

static ngx_int_t
ngx_http_xsell_inflate_head(ngx_http_request_t *r,
    ngx_http_xsell_inflate_t *inf, ngx_buf_t *b)
{
    while (inf->head_n < 2) {

        if (b->pos == b->last) {
            return NGX_DECLINED;
        }

        inf->head[inf->head_n++] = *b->pos++;
    }

    if (inf->state == ngx_http_xsell_inflate_next) {

        if (inf->head[0] != 0x1f || inf->head[1] != 0x8b) {
            ngx_http_xsell_inflate_close(inf, ngx_http_xsell_inflate_rest);
            return NGX_OK;
        }

        if (inflateReset(&inf->z) != Z_OK) {
            return NGX_ERROR;
        }

    } else if (ngx_http_xsell_inflate_open(r, inf) != NGX_OK) {
        return NGX_ERROR;
    }

    inf->state = ngx_http_xsell_inflate_body;

    return NGX_OK;
}


/* one buffer's bytes; NGX_AGAIN: some are left */

static ngx_int_t
ngx_http_xsell_inflate_take(ngx_http_request_t *r,
    ngx_http_xsell_inflate_t *inf, ngx_buf_t *b)
{
    u_char     *p;
    ngx_int_t   rc;

    if (!ngx_buf_in_memory(b)) {

        if (b->in_file) {
            ngx_http_xsell_inflate_break(r, inf, "is not in memory");
            b->file_pos = b->file_last;
        }

        return NGX_OK;
    }

    for ( ;; ) {

        switch (inf->state) {

        case ngx_http_xsell_inflate_start:
        case ngx_http_xsell_inflate_next:

            rc = ngx_http_xsell_inflate_head(r, inf, b);

            if (rc != NGX_OK) {
                return rc == NGX_DECLINED ? NGX_OK : rc;
            }

            break;

        case ngx_http_xsell_inflate_body:

            /* the head was taken from its buffer before: it takes no room */

            if (inf->head_n == 2) {
                p = inf->head;
                rc = ngx_http_xsell_inflate_feed(r, inf, &p, inf->head + 2);

                if (rc != NGX_OK) {
                    return rc;
                }

                inf->head_n = 0;
                break;
            }

            if (b->pos == b->last && !inf->more) {
                return NGX_OK;
            }

            rc = ngx_http_xsell_inflate_feed(r, inf, &b->pos, b->last);

            if (rc != NGX_OK) {
                return rc;
            }

            break;

        default:
            b->pos = b->last;
            return NGX_OK;
        }
    }
}


/* the flags of a buffer whose bytes were taken */

static ngx_int_t
ngx_http_xsell_inflate_end(ngx_http_request_t *r,
    ngx_http_xsell_inflate_t *inf, ngx_buf_t *b)
{
    ngx_buf_t  *made;

    if (b->last_buf) {

        if (inf->state == ngx_http_xsell_inflate_body
            || (inf->state == ngx_http_xsell_inflate_start && inf->head_n))
        {
            ngx_http_xsell_inflate_break(r, inf, "ends early");

        } else if (inf->state != ngx_http_xsell_inflate_broken) {
            ngx_http_xsell_inflate_close(inf, ngx_http_xsell_inflate_rest);
        }
    }

    if (!b->last_buf && !b->last_in_chain && !b->flush && !b->sync) {
        return NGX_OK;
    }

    made = ngx_http_xsell_inflate_emit(inf);

    if (inf->state == ngx_http_xsell_inflate_broken) {

        if (made) {
            made->flush = 1;
            return NGX_OK;
        }

        return ngx_http_xsell_inflate_flags(r, inf, NULL);
    }

    if (made == NULL || b->sync) {
        return ngx_http_xsell_inflate_flags(r, inf, b);
    }

    made->flush = b->flush;
    made->last_buf = b->last_buf;
    made->last_in_chain = b->last_in_chain;

    return NGX_OK;
}


/* all that came; NGX_AGAIN: no room for the rest */

static ngx_int_t
ngx_http_xsell_inflate_all(ngx_http_request_t *r,
    ngx_http_xsell_inflate_t *inf)
{
    ngx_int_t     rc;
    ngx_chain_t  *cl;

    while (inf->in) {
        cl = inf->in;

        rc = ngx_http_xsell_inflate_take(r, inf, cl->buf);

        if (rc == NGX_OK) {
            rc = ngx_http_xsell_inflate_end(r, inf, cl->buf);
        }

        if (rc != NGX_OK) {
            return rc;
        }

        inf->in = cl->next;
        ngx_free_chain(r->pool, cl);
    }

    (void) ngx_http_xsell_inflate_emit(inf);

    return NGX_OK;
}


/* passes what is ready, then takes back what was sent */

static ngx_int_t
ngx_http_xsell_inflate_output(ngx_http_request_t *r,
    ngx_http_xsell_state_t *st, ngx_http_xsell_inflate_t *inf)
{
    ngx_int_t     rc;
    ngx_chain_t  *out;

    /* the filter of additions ends the page from within: through us */

    out = inf->out;
    inf->out = NULL;
    inf->last_out = &inf->out;

    rc = ngx_http_xsell_body_plain(r, st, out);

    ngx_chain_update_chains(r->pool, &inf->free, &inf->busy, &out,
                            (ngx_buf_tag_t) &ngx_http_xsell_inflate_tag);

    return rc;
}


ngx_int_t
ngx_http_xsell_body_inflate(ngx_http_request_t *r,
    ngx_http_xsell_state_t *st, ngx_chain_t *in)
{
    ngx_int_t                  rc, sent;
    ngx_http_xsell_inflate_t  *inf;

    inf = st->inflate;

    if (in && ngx_chain_add_copy(r->pool, &inf->in, in) != NGX_OK) {
        return NGX_ERROR;
    }

    if (inf->full) {

        /* has some of our memory been sent since? */

        sent = ngx_http_xsell_inflate_output(r, st, inf);

        if (inf->free == NULL) {
            return sent;
        }
    }

    do {
        rc = ngx_http_xsell_inflate_all(r, inf);

        if (rc == NGX_ERROR) {
            return NGX_ERROR;
        }

        inf->full = (rc == NGX_AGAIN);

        sent = ngx_http_xsell_inflate_output(r, st, inf);

        if (sent != NGX_ERROR && inf->full && inf->free == NULL) {

            /* all of it is on its way, and must not wait for more there */

            if (ngx_http_xsell_inflate_flags(r, inf, NULL) != NGX_OK) {
                return NGX_ERROR;
            }

            sent = ngx_http_xsell_inflate_output(r, st, inf);
        }

        if (sent == NGX_ERROR) {
            return NGX_ERROR;
        }

    } while (inf->full && inf->free);

    return sent;
}

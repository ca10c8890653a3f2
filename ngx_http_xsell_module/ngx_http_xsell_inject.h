
/*
 * ngx_http_xsell_inject.h: what inject and the memory of known pages share:
 * where on a page bytes go in or out, and which page it is.
 *
 *     known_page.c     response -> which page, of which version
 *     known.c          page -> its plan: the table
 *     inject.c         page + plan, or page + rewriter -> what goes where
 *     emit.c           what goes where -> buffers
 *     known_record.c   what the rewriter told -> a plan
 */

#ifndef NGX_HTTP_XSELL_INJECT_H
#define NGX_HTTP_XSELL_INJECT_H

#include "ngx_http_xsell_module.h"


typedef struct ngx_http_xsell_record_s  ngx_http_xsell_record_t;


/* up to here a page is read into memory, or kept there, and written in one go,
   above it the kernel sends the parts of the file: measured to be where costs
   cross, and where nginx's own output_buffers end */

#define NGX_HTTP_XSELL_READ_MAX   32768

/* and up to here, of a page whose bytes are kept: they need not be read, and one
   write of them costs less than three calls with parts of a file.  It did up to
   256 KiB, but so large ones push each other out */

#define NGX_HTTP_XSELL_KEPT_MAX   131072

#define NGX_HTTP_XSELL_CUTS_MAX   (2 * XSELL_PLACES_MAX)
#define NGX_HTTP_XSELL_TEXT_MAX   512
#define NGX_HTTP_XSELL_TAIL_MAX   1024
#define NGX_HTTP_XSELL_LINKS      3             /* head, fragment, tail */


/* what the rewriter told once (xsell_rewriter_feed) */

typedef struct {
    uint64_t                     at;            /* offset in the page */
    uint16_t                     close_n;       /* bytes of tags before the
                                                   fragment, in the text */
    uint8_t                      which;         /* place or XSELL_CUT_END */
    uint8_t                      cut;           /* bytes are dropped */
} ngx_http_xsell_cut_t;


/*
 * All that it told of a page; the text (tags to write, in the order of the
 * cuts) and the tail (what follows the last cut, if that is short) come after
 * the last cut, in the same block: it is copied as a whole.
 */

typedef struct {
    uint16_t                     n;
    uint16_t                     text_n;
    uint16_t                     tail_n;
    uint8_t                      state[XSELL_PLACES_MAX];
    ngx_http_xsell_cut_t         cut[];
} ngx_http_xsell_plan_t;

#define ngx_http_xsell_plan_text(plan)  ((u_char *) &(plan)->cut[(plan)->n])
#define ngx_http_xsell_plan_size(plan)                                        \
    (offsetof(ngx_http_xsell_plan_t, cut)                                     \
     + (plan)->n * sizeof(ngx_http_xsell_cut_t)                               \
     + (plan)->text_n + (plan)->tail_n)


/* the name of a plan; no padding: it is compared as bytes */

typedef struct {

    /* which page, with fragments at which places: only one version is kept */
    uint64_t                     key[2];        /* of the cache; of a file, a
                                                   hash of its URI and host */
    void                        *cache;         /* NULL: a file */
    void                        *xlcf;
    uint64_t                     mask;          /* bit per place with one */

    /* which version */
    uint64_t                     length;        /* of the body */
    uint64_t                     modified;
    uint64_t                     etag;          /* a hash */
    uint64_t                     date;
    uint64_t                     uniq;
    uint64_t                     device;
    uint64_t                     mtime_ns;      /* 0: of an old cache entry */
    uint64_t                     ctime_ns;
} ngx_http_xsell_page_id_t;


struct ngx_http_xsell_page_s {
    ngx_http_xsell_page_id_t     id;
    off_t                        start;         /* of the body in the file */
    ngx_fd_t                     fd;            /* of the cache's file */
    u_char                      *bytes;         /* all of it, if they are kept,
                                                   until the request ends */
    unsigned                     file:1;        /* of no cache: its version is
                                                   known when it comes */
    unsigned                     exact:1;       /* its length is sure */
    unsigned                     none:1;        /* it has no place for us */
    unsigned                     wanted:1;      /* its bytes shall be kept */
};


/* of a page that is not known; tens of KiB, most of them never touched */

typedef struct {
    u_char                       hold[XSELL_HOLD_MAX];
    xsell_rewriter_t             rewriter;
} ngx_http_xsell_scan_t;


typedef struct ngx_http_xsell_inject_s {
    ngx_http_xsell_fragment_t   *fragment;      /* of slot i */
    ngx_http_xsell_loc_conf_t   *xlcf;
    uint32_t                     all;           /* bit per place with one */

    ngx_http_xsell_page_t       *page;          /* NULL: can't be remembered */
    ngx_http_xsell_plan_t       *plan;          /* NULL: it is scanned */
    ngx_uint_t                   next;          /* cut of the plan */
    u_char                      *text;          /* of that cut */
    ngx_http_xsell_scan_t       *scan;
    ngx_http_xsell_record_t     *record;
    uint8_t                     *state;         /* XSELL_PLACE_* of each */
    u_char                      *bytes;         /* of the page, to be sent for
                                                   its file */

    uint64_t                     sent;          /* stream offset passed on */

    ngx_chain_t                 *out;
    ngx_chain_t                **last_out;
    ngx_chain_t                 *busy;
    ngx_chain_t                 *free;          /* references */
    ngx_chain_t                 *free_hold;     /* with memory of their own */

    ngx_buf_t                    flush;         /* without bytes */

    /* what a page with one fragment needs is there at once */
    ngx_chain_t                  link[NGX_HTTP_XSELL_LINKS];
    ngx_buf_t                    buf[NGX_HTTP_XSELL_LINKS];

    unsigned                     begun:1;       /* the first byte came */
    unsigned                     done:1;        /* nothing more to insert */
    unsigned                     ended:1;       /* the page was seen whole */
    unsigned                     cut:1;         /* bytes are dropped */
    unsigned                     stop:1;        /* nothing may go in */

    size_t                       hold_n;
} ngx_http_xsell_inject_t;


/* the buffer chain (emit.c).  `base` is the offset of b's first byte; *made is
   the last buffer that was made: it takes over the flags of b, and b is done
   when it is sent */

/* passes the stream on up to offset `to`, or drops it: what is held of earlier
   buffers, then of b */
ngx_int_t ngx_http_xsell_emit_to(ngx_http_request_t *r,
    ngx_http_xsell_inject_t *inj, ngx_buf_t *b, uint64_t base, uint64_t to,
    ngx_buf_t **made);

/* the same up to a cut, and what goes in there; close: the tags before it */
ngx_int_t ngx_http_xsell_emit_found(ngx_http_request_t *r,
    ngx_http_xsell_inject_t *inj, const ngx_http_xsell_cut_t *c,
    const void *close, ngx_buf_t *b, uint64_t base, ngx_buf_t **made);

/* the first n held bytes */
ngx_int_t ngx_http_xsell_emit_held(ngx_http_request_t *r,
    ngx_http_xsell_inject_t *inj, size_t n, ngx_buf_t **made);

/* bytes that live as long as the request */
ngx_buf_t *ngx_http_xsell_emit_bytes(ngx_http_request_t *r,
    ngx_http_xsell_inject_t *inj, u_char *p, size_t n);

/* the flags of b alone */
ngx_int_t ngx_http_xsell_emit_flags(ngx_http_request_t *r,
    ngx_http_xsell_inject_t *inj, ngx_buf_t *b);

/* buffers as they came */
ngx_int_t ngx_http_xsell_emit_pass(ngx_http_request_t *r,
    ngx_http_xsell_inject_t *inj, ngx_chain_t *in);

/* nothing of b is left to be sent */
void ngx_http_xsell_emit_done(ngx_buf_t *b);

/* after the next filter was called: takes back what was sent */
void ngx_http_xsell_emit_sent(ngx_http_request_t *r,
    ngx_http_xsell_inject_t *inj, ngx_chain_t *out);


/* the table (known.c) */

/* a copy in the request's pool, and the page's bytes if they are kept; NULL: not
   known, which it is from then on if another version was */
ngx_http_xsell_plan_t *ngx_http_xsell_known_find(ngx_http_request_t *r,
    ngx_http_xsell_page_t *page, uint64_t mask);

/* whether a plan of this file, by what its headers tell, was kept */
ngx_uint_t ngx_http_xsell_known_hint(ngx_http_request_t *r,
    ngx_http_xsell_page_t *page, uint64_t mask);

/* the hint was wrong: none is given again */
void ngx_http_xsell_known_doubt(ngx_http_request_t *r,
    ngx_http_xsell_page_t *page, uint64_t mask);

void ngx_http_xsell_known_keep(ngx_http_request_t *r,
    ngx_http_xsell_page_t *page, uint64_t mask, ngx_http_xsell_plan_t *plan);


/* b is all of a page whose plan says that its bytes are wanted */
void ngx_http_xsell_known_bytes(ngx_http_request_t *r,
    ngx_http_xsell_page_t *page, uint64_t mask, ngx_buf_t *b);


/* what is being found out (known_record.c) */

ngx_http_xsell_record_t *ngx_http_xsell_record(ngx_http_request_t *r,
    ngx_http_xsell_page_t *page);
ngx_int_t ngx_http_xsell_record_cut(ngx_http_xsell_record_t *rec,
    const ngx_http_xsell_cut_t *c, const void *close);
void ngx_http_xsell_record_see(ngx_http_xsell_record_t *rec,
    ngx_chain_t *in);
ngx_int_t ngx_http_xsell_record_keep(ngx_http_request_t *r,
    ngx_http_xsell_record_t *rec, const uint8_t *state, uint64_t mask,
    ngx_uint_t whole);


/* which page (known_page.c) */

/* whether b begins the page */
ngx_uint_t ngx_http_xsell_page_begins(ngx_http_xsell_page_t *page,
    ngx_buf_t *b);

/* finds out the version of a file; NGX_DECLINED: not to be told, or younger
   than the clocks of files can tell */
ngx_int_t ngx_http_xsell_page_stat(ngx_http_xsell_page_t *page,
    ngx_buf_t *b);


#endif /* NGX_HTTP_XSELL_INJECT_H */

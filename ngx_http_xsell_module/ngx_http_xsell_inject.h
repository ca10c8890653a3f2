
/*
 * ngx_http_xsell_inject.h: what inject and the memory of known pages share:
 * where on a page bytes go in or out, and which page it is.
 *
 *     known_page.c     response -> which page, of which version
 *     known.c          page -> its plan: the table
 *     inject.c         page + plan, or page + rewriter -> page with fragments
 *     known_record.c   what the rewriter told -> a plan
 */

#ifndef NGX_HTTP_XSELL_INJECT_H
#define NGX_HTTP_XSELL_INJECT_H

#include "ngx_http_xsell_module.h"


/* up to here a page is read into memory and written in one go, above it the
   kernel sends the parts of the file: measured to be where costs cross, and
   where nginx's own output_buffers end */

#define NGX_HTTP_XSELL_READ_MAX   32768

#define NGX_HTTP_XSELL_CUTS_MAX   (2 * XSELL_PLACES_MAX)
#define NGX_HTTP_XSELL_TEXT_MAX   512
#define NGX_HTTP_XSELL_TAIL_MAX   1024


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
    unsigned                     file:1;        /* of no cache: its version is
                                                   known when it comes */
    unsigned                     exact:1;       /* its length is sure */
    unsigned                     none:1;        /* it has no place for us */
};


/* the table (known.c) */

/* a copy in the request's pool; NULL: not known, which it is from then on if
   another version was */
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


/* what is being found out (known_record.c) */

typedef struct ngx_http_xsell_record_s  ngx_http_xsell_record_t;

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

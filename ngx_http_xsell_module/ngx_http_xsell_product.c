
/*
 * Product: which item a page is about, where it stands between request and
 * recommend.
 *
 *     xsell_item          what the site says
 *     the request's URL   if the catalogue has an item of this URL
 *     the zone            if the page said so when it passed before
 *     the page            as it passes now: too late for this decision, in
 *                         time for the view to be counted, and for the next
 *
 * Of the body this stage only reads, before inject does: of a page of whose URL
 * nothing is known, and every ten minutes again, of full pages of status 200
 * only.  Of a part, or of a page that broke off, nothing is learned.
 *
 * Not taken: asking the page each time: whoever knows it already (known pages,
 * sendfile) could not leave its bytes alone.
 */

#include "ngx_http_xsell_module.h"


#define NGX_HTTP_XSELL_LATELY  1024     /* items; power of two */


/* the request's URL, and what the zone says of it */

typedef struct {
    xsell_locator_t              url;
    uint64_t                     key[2];        /* XSELL_URL_* */
    xsell_ref_t                  plain;         /* what the zone has of it */
    unsigned                     knows:1;       /* the exact one is there */
    unsigned                     knows_plain:1;
} ngx_http_xsell_url_t;


typedef struct ngx_http_xsell_product_s {
    ngx_http_xsell_shop_t       *shop;
    ngx_http_xsell_url_t         url;
    uint64_t                     seen;          /* bytes */
    unsigned                     done:1;
    xsell_product_t              page;
} ngx_http_xsell_product_t;


static ngx_uint_t ngx_http_xsell_product_learned(ngx_http_request_t *r,
    ngx_http_xsell_shop_t *shop, ngx_http_xsell_state_t *st,
    ngx_http_xsell_url_t *url);
static void ngx_http_xsell_product_end(ngx_http_request_t *r,
    ngx_http_xsell_state_t *st, ngx_http_xsell_product_t *product);


/* `xsell_item off` */
ngx_http_complex_value_t  ngx_http_xsell_item_off;


/* "$sku", as most sites have it: its value need not be copied.  Captures are
   no variables of this kind (they have no index) */

static ngx_int_t
ngx_http_xsell_item_variable(ngx_http_complex_value_t *cv)
{
    u_char      c;
    ngx_uint_t  i;

    if (cv->flushes == NULL || cv->flushes[1] != (ngx_uint_t) -1
        || cv->value.len < 2 || cv->value.data[0] != '$')
    {
        return -1;
    }

    for (i = 1; i < cv->value.len; i++) {
        c = cv->value.data[i];

        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
              || (c >= '0' && c <= '9') || c == '_'))
        {
            return -1;
        }
    }

    return (ngx_int_t) cv->flushes[0];
}


/* the value of xsell_item */

static ngx_int_t
ngx_http_xsell_item_value(ngx_http_request_t *r,
    ngx_http_xsell_loc_conf_t *xlcf, ngx_str_t *id)
{
    ngx_http_variable_value_t  *v;

    if (xlcf->item_index < 0) {
        return ngx_http_complex_value(r, xlcf->item, id);
    }

    v = ngx_http_get_flushed_variable(r, xlcf->item_index);

    if (v == NULL || v->not_found) {
        ngx_str_null(id);

    } else {
        id->data = v->data;
        id->len = v->len;
    }

    return NGX_OK;
}


char *
ngx_http_xsell_item(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_xsell_loc_conf_t *xlcf = conf;

    ngx_str_t  *value;

    if (xlcf->item) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (ngx_strcmp(value[1].data, "off") == 0) {
        xlcf->item = &ngx_http_xsell_item_off;
        return NGX_CONF_OK;
    }

    if (ngx_http_xsell_complex(cf, &value[1], &xlcf->item) != NGX_CONF_OK) {
        return NGX_CONF_ERROR;
    }

    xlcf->item_index = ngx_http_xsell_item_variable(xlcf->item);

    return NGX_CONF_OK;
}


/*
 * The catalogue's item of an id.  Its table wants a keyed hash of the id, for
 * ids come from the site's visitors; most views are of few items, so those
 * asked for lately are remembered, each worker for itself.  What is remembered
 * is a guess: the id decides, in whichever catalogue it is looked up.
 */

static uint32_t
ngx_http_xsell_item_of(const xsell_catalog_t *catalog, ngx_str_t *id)
{
    size_t               n;
    uint32_t             item, *guess;
    uint64_t             head, tail;
    xsell_str_t          text;
    const xsell_item_t  *one;

    static uint32_t      lately[NGX_HTTP_XSELL_LATELY];

    head = 0;
    tail = 0;
    n = ngx_min(id->len, sizeof(head));

    if (n == sizeof(head)) {
        ngx_memcpy(&head, id->data, sizeof(head));
        ngx_memcpy(&tail, id->data + id->len - n, sizeof(tail));

    } else {
        while (n) {
            head = head << 8 | id->data[--n];
        }
    }

    head = (head * 0x9e3779b97f4a7c15ull ^ tail) * 0x9e3779b97f4a7c15ull;
    guess = &lately[head >> 32 & (NGX_HTTP_XSELL_LATELY - 1)];

    one = xsell_catalog_item(catalog, *guess);

    if (one) {
        text = xsell_catalog_text(catalog, one, XSELL_TEXT_ID);

        if (text.n == id->len && ngx_memcmp(text.p, id->data, text.n) == 0) {
            return *guess;
        }
    }

    item = xsell_catalog_find(catalog, (char *) id->data, id->len);

    if (item != XSELL_NO_ITEM) {
        *guess = item;
    }

    return item;
}


static void
ngx_http_xsell_item_found(ngx_http_xsell_state_t *st,
    ngx_http_xsell_shop_t *shop, uint32_t item, ngx_uint_t from)
{
    if (item == XSELL_NO_ITEM) {
        return;
    }

    st->item = item;
    st->from = from;
    ngx_http_xsell_count(shop, found[from]);
}


void
ngx_http_xsell_find_item(ngx_http_request_t *r,
    ngx_http_xsell_loc_conf_t *xlcf, ngx_http_xsell_state_t *st)
{
    uint32_t                   item;
    ngx_http_xsell_url_t       url;
    ngx_http_xsell_shop_t     *shop;
    ngx_http_xsell_product_t  *product;

    shop = xlcf->shop;
    st->product = NULL;

    if (xlcf->item == &ngx_http_xsell_item_off) {
        return;
    }

    if (xlcf->item) {

        if (ngx_http_xsell_item_value(r, xlcf, &st->item_id) != NGX_OK) {
            return;
        }

        if (st->item_id.len) {
            item = ngx_http_xsell_item_of(shop->catalog, &st->item_id);

            if (item == XSELL_NO_ITEM && !ngx_http_xsell_is_bot(r, st)) {
                ngx_http_xsell_item_mistake(r, xlcf, &st->item_id);
            }

            ngx_http_xsell_item_found(st, shop, item, XSELL_FROM_SET);
            return;
        }
    }

    /* the URL that was asked for, not what it was rewritten to: that is what
       the catalogue and the page's links have */

    if (xsell_locator(&url.url, (char *) r->unparsed_uri.data,
                      r->unparsed_uri.len)
        != XSELL_OK)
    {
        return;
    }

    item = xsell_catalog_page(shop->catalog, &url.url);

    if (item != XSELL_NO_ITEM) {
        ngx_http_xsell_item_found(st, shop, item, XSELL_FROM_URL);
        return;
    }

    if (ngx_http_xsell_product_learned(r, shop, st, &url)) {
        return;
    }

    /* of bytes that can't be read nothing must be learned */

    if (ngx_http_xsell_packed(r)
        || ngx_http_xsell_charset(r) == XSELL_CHARSET_FOREIGN)
    {
        return;
    }

    product = ngx_palloc(r->pool, sizeof(ngx_http_xsell_product_t));
    if (product == NULL) {
        return;
    }

    product->shop = shop;
    product->url = url;
    product->done = 0;
    product->seen = 0;

    xsell_product_init(&product->page, shop->catalog, &url.url);

    st->product = product;

    /* file buffers would come without their bytes */
    r->filter_need_in_memory = 1;
}


/* what the zone says of the URL; 1: the page need not be looked at */

static ngx_uint_t
ngx_http_xsell_product_learned(ngx_http_request_t *r,
    ngx_http_xsell_shop_t *shop, ngx_http_xsell_state_t *st,
    ngx_http_xsell_url_t *url)
{
    int             rc;
    uint32_t        item;
    uint64_t        now;
    xsell_ref_t     ref;
    xsell_str_t     host;
    xsell_arena_t  *a;

    a = &shop->arena;
    now = ngx_http_xsell_now(shop);
    host = ngx_http_xsell_view(&r->headers_in.server);

    url->plain = XSELL_NO_REF;
    xsell_url_keys(a, host, &url->url, url->key);

    rc = xsell_url_find(a, url->key[XSELL_URL_EXACT], now, &ref);
    url->knows = (rc != XSELL_NONE);
    url->knows_plain = 0;

    if (rc == XSELL_NONE) {
        rc = xsell_url_find(a, url->key[XSELL_URL_PLAIN], now, &ref);
        url->knows_plain = (rc != XSELL_NONE);
        url->plain = ref;
    }

    if (rc == XSELL_NONE) {
        return 0;
    }

    if (ref == XSELL_NO_REF) {
        return rc == XSELL_OK;
    }

    item = xsell_catalog_of(shop->catalog, ref);

    if (item == XSELL_NO_ITEM) {
        /* another catalogue: the page may mean another item by now */
        return 0;
    }

    ngx_http_xsell_item_found(st, shop, item, XSELL_FROM_LEARNED);

    return rc == XSELL_OK;
}


ngx_uint_t
ngx_http_xsell_product_wanted(ngx_http_xsell_state_t *st)
{
    return st->product != NULL && !st->product->done;
}


void
ngx_http_xsell_body_product(ngx_http_request_t *r,
    ngx_http_xsell_state_t *st, ngx_chain_t *in)
{
    ngx_buf_t                 *b;
    ngx_chain_t               *cl;
    ngx_http_xsell_product_t  *product;

    product = st->product;

    for (cl = in; cl && !product->done; cl = cl->next) {
        b = cl->buf;

        if (ngx_buf_in_memory(b)) {
            xsell_product_feed(&product->page, b->pos, b->last - b->pos);
            product->seen += b->last - b->pos;

        } else if (b->in_file) {
            /* bytes that we can't see */
            product->done = 1;
            break;
        }

        if (b->last_buf) {
            ngx_http_xsell_product_end(r, st, product);
        }
    }
}


static void
ngx_http_xsell_product_keep(ngx_http_xsell_product_t *product,
    xsell_found_t *found, xsell_ref_t ref)
{
    uint64_t               now;
    ngx_uint_t             plain;
    xsell_arena_t         *a;
    ngx_http_xsell_url_t  *url;

    url = &product->url;
    a = &product->shop->arena;
    now = ngx_http_xsell_now(product->shop);

    /*
     * the page calls itself the same without parameters: one entry for all of
     * them, so that nobody can fill the zone with parameters.  Unless they
     * lead to another variant than the page without them
     */

    plain = found->plain
            && !(url->url.queried && url->knows_plain
                 && url->plain != ref);

    if (plain) {
        xsell_url_learn(a, url->key[XSELL_URL_PLAIN], now, ref);
    }

    if (!plain || url->knows) {
        xsell_url_learn(a, url->key[XSELL_URL_EXACT], now, ref);
    }
}


/* the page is whole: what it says is kept, and counts as the view that nobody
   knew of when it began */

static void
ngx_http_xsell_product_end(ngx_http_request_t *r, ngx_http_xsell_state_t *st,
    ngx_http_xsell_product_t *product)
{
    xsell_found_t           found;
    xsell_session_t         session;
    const xsell_item_t     *item;
    ngx_http_xsell_shop_t  *shop;

    product->done = 1;
    shop = product->shop;

    /* a range, a 304: no page; both are decided behind our header filter */

    if (r->headers_out.status != NGX_HTTP_OK || r->header_only
        || product->seen == 0)
    {
        return;
    }

    (void) xsell_product_finish(&product->page, &found);

    item = xsell_catalog_item(shop->catalog, found.item);

    ngx_http_xsell_product_keep(product, &found,
                                xsell_catalog_ref(shop->catalog, item));

    if (item == NULL || st->item != XSELL_NO_ITEM) {
        return;
    }

    ngx_http_xsell_item_found(st, shop, found.item, found.from);

    ngx_memzero(&session, sizeof(xsell_session_t));
    session.idx = XSELL_NO_REF;

    ngx_http_xsell_event_view(r, st, &session);
}


/*
 * Mistake: an xsell_event whose values say nothing that can be counted, an
 * xsell_item that names what the catalogue lacks.  What is wrong is known when
 * a visitor's request is there, nginx -t can't see it: the field of a form is
 * named otherwise, the shop's ids are not those of the catalogue.  So each
 * event is a counter, and the first one a line in the error log that says
 * where, which parameter, and what to look at; of pages the line is all, that
 * they have no item is $xsell_item's to say.
 *
 * Once per worker, directive, parameter and kind of mistake: whoever sends
 * nonsense a thousand times a second fills no log.  Of a value the line has
 * NGX_HTTP_XSELL_MISTAKE_MAX bytes at most, in printable ASCII: it is what a
 * visitor has sent.  A line for each would name all the unknown items; these
 * are the catalogue's to compare with.
 */

#include "ngx_http_xsell_module.h"


#define NGX_HTTP_XSELL_MISTAKE_MAX  64


static const char *const  ngx_http_xsell_param[] = {
    [NGX_HTTP_XSELL_PARAM_ITEM] = "item",
    [NGX_HTTP_XSELL_PARAM_ITEMS] = "items",
    [NGX_HTTP_XSELL_PARAM_ID] = "id",
    [NGX_HTTP_XSELL_PARAM_VALUE] = "value",
    [NGX_HTTP_XSELL_PARAM_QUANTITY] = "quantity"
};


/* where the value should have come from: the first variable says it */

static const char *
ngx_http_xsell_mistake_source(ngx_str_t *text)
{
    u_char      *p, *last;
    ngx_uint_t   i;

    static const struct {
        ngx_str_t    name;
        const char  *hint;
    } source[] = {
        { ngx_string("xsell_form_"), "the request's body has no such field, "
          "or is larger than client_body_buffer_size" },
        { ngx_string("upstream_http_"), "the answer has no such header" },
        { ngx_string("sent_http_"), "the answer has no such header" },
        { ngx_string("http_"), "the request has no such header" },
        { ngx_string("arg_"), "the URL has no such parameter" },
        { ngx_string("cookie_"), "the request has no such cookie" }
    };

    last = text->data + text->len;
    p = ngx_strlchr(text->data, last, '$');

    if (p) {
        p += (p + 1 < last && p[1] == '{') ? 2 : 1;

        for (i = 0; i < sizeof(source) / sizeof(source[0]); i++) {
            if ((size_t) (last - p) > source[i].name.len
                && ngx_memcmp(p, source[i].name.data, source[i].name.len)
                   == 0)
            {
                return source[i].hint;
            }
        }
    }

    return "nothing has set it";
}


/* printable ASCII without quotes, all else as \xHH; cut at the maximum */

static ngx_str_t
ngx_http_xsell_mistake_text(ngx_str_t *value, u_char *buf)
{
    u_char      *p, c;
    size_t       i;
    ngx_str_t    text;

    p = buf;

    for (i = 0; i < value->len && i < NGX_HTTP_XSELL_MISTAKE_MAX; i++) {
        c = value->data[i];

        if (c >= 0x20 && c < 0x7f && c != '"' && c != '\\') {
            *p++ = c;

        } else {
            p = ngx_sprintf(p, "\\x%02Xd", (ngx_uint_t) c);
        }
    }

    if (i < value->len) {
        p = ngx_cpymem(p, "...", 3);
    }

    text.data = buf;
    text.len = p - buf;

    return text;
}


/* pages go on, with offers that go by no item: nobody would notice */

void
ngx_http_xsell_item_mistake(ngx_http_request_t *r,
    ngx_http_xsell_loc_conf_t *xlcf, ngx_str_t *value)
{
    u_char     buf[4 * NGX_HTTP_XSELL_MISTAKE_MAX + 3];
    ngx_str_t  text;

    if (xlcf->told & NGX_HTTP_XSELL_TOLD_ITEM) {
        return;
    }

    xlcf->told |= NGX_HTTP_XSELL_TOLD_ITEM;
    text = ngx_http_xsell_mistake_text(value, buf);

    ngx_log_error(NGX_LOG_WARN, r->connection->log, 0, "xsell: a page without "
                  "item: the catalog has no item \"%V\", from \"xsell_item "
                  "%V\"; ids must be those of the catalog, letter by letter "
                  "(said once per worker and location)", &text,
                  &xlcf->item->value);
}


void
ngx_http_xsell_event_mistake(ngx_http_request_t *r,
    ngx_http_xsell_shop_t *shop, ngx_http_xsell_event_conf_t *conf,
    ngx_uint_t param, ngx_uint_t wrong, ngx_str_t *value)
{
    u_char       buf[4 * NGX_HTTP_XSELL_MISTAKE_MAX + 3];
    uint32_t     bit;
    ngx_str_t    text, *source;
    const char  *name, *event, *becomes;

    static const ngx_uint_t  drop[] = {
        [NGX_HTTP_XSELL_WRONG_EMPTY] = XSELL_DROP_EVENT_EMPTY,
        [NGX_HTTP_XSELL_WRONG_UNKNOWN] = XSELL_DROP_EVENT_UNKNOWN,
        [NGX_HTTP_XSELL_WRONG_FORM] = XSELL_DROP_EVENT_INVALID
    };

    ngx_http_xsell_count(shop, dropped[drop[wrong]]);

    bit = 1u << (param * NGX_HTTP_XSELL_WRONGS + wrong);

    if (conf->told & bit) {
        return;
    }

    conf->told |= bit;

    name = ngx_http_xsell_param[param];
    event = xsell_event_name(conf->type);
    source = &conf->param[param]->value;
    text = ngx_http_xsell_mistake_text(value, buf);

    /* an order is one without its value, and without some of its items */

    becomes = conf->type != XSELL_EVENT_ORDER
              || param == NGX_HTTP_XSELL_PARAM_ID
              || wrong == NGX_HTTP_XSELL_WRONG_FORM ? "not counted"
              : param == NGX_HTTP_XSELL_PARAM_VALUE
                ? "counted without its value"
                : "counted without what is unknown";

    switch (wrong) {

    case NGX_HTTP_XSELL_WRONG_EMPTY:
        ngx_log_error(NGX_LOG_WARN, r->connection->log, 0, "xsell: event "
                      "\"%s\" of %s:%ui %s: \"%s=%V\" is empty, %s; that is "
                      "as it should be if this location has other requests "
                      "too (said once per worker)", event, conf->file,
                      conf->line, becomes, name, source,
                      ngx_http_xsell_mistake_source(source));
        return;

    case NGX_HTTP_XSELL_WRONG_UNKNOWN:
        ngx_log_error(NGX_LOG_WARN, r->connection->log, 0, "xsell: event "
                      "\"%s\" of %s:%ui %s: the catalog has no item \"%V\", "
                      "from \"%s=%V\"; ids must be those of the catalog, "
                      "letter by letter (said once per worker)", event,
                      conf->file, conf->line, becomes, &text, name, source);
        return;

    default: /* NGX_HTTP_XSELL_WRONG_FORM */
        ngx_log_error(NGX_LOG_WARN, r->connection->log, 0, "xsell: event "
                      "\"%s\" of %s:%ui %s: \"%V\", from "
                      "\"%s=%V\", is %s (said once per worker)", event,
                      conf->file, conf->line, becomes, &text, name, source,
                      param == NGX_HTTP_XSELL_PARAM_QUANTITY
                      ? "no whole number up to 65535"
                      : conf->type == XSELL_EVENT_RATE
                        ? "no number of stars from 1 to 5"
                        : "no decimal number such as 12.50");
    }
}

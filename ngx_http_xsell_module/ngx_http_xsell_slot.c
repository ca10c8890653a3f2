
/*
 * Slot: the directive that says where on a page a fragment goes, what it looks
 * like and how many items it holds, and the reason for the operator when a
 * page has no such place.
 *
 *     xsell_slot NAME [POSITION SELECTOR] [items=N]
 *                [template=NAME[,NAME...][,none]]
 *                [title=TEXT] [offers=KIND] [existing=MODE] [root=SELECTOR]
 *
 * The selector is compiled here, so a mistake in it is told with its column.
 * The template is looked up when the shop is loaded, which may be of another
 * file, read later (ngx_http_xsell_look.c).
 */

#include "ngx_http_xsell_module.h"


static ngx_int_t ngx_http_xsell_slot_parameter(ngx_conf_t *cf,
    ngx_str_t *value, ngx_http_xsell_slot_t *slot);
static ngx_uint_t ngx_http_xsell_is_parameter(ngx_str_t *s);
static char *ngx_http_xsell_slot_place(ngx_conf_t *cf,
    ngx_http_xsell_loc_conf_t *xlcf, ngx_uint_t last);
static char *ngx_http_xsell_slot_more(ngx_conf_t *cf,
    ngx_http_xsell_loc_conf_t *xlcf, ngx_http_xsell_slot_t *slot);


static const char *const  ngx_http_xsell_slot_takes[] = {
    "items=", "template=", "title=", "offers=", "existing=", "root=", NULL
};


static void
ngx_http_xsell_slot_cleanup(void *data)
{
    xsell_places_destroy(data);
}


static char *
ngx_http_xsell_slot_init(ngx_conf_t *cf, ngx_http_xsell_loc_conf_t *xlcf)
{
    ngx_array_t                 **all;
    ngx_pool_cleanup_t           *cln;
    ngx_http_xsell_main_conf_t   *xmcf;

    xlcf->slots = ngx_array_create(cf->pool, 2,
                                   sizeof(ngx_http_xsell_slot_t));
    cln = ngx_pool_cleanup_add(cf->pool, 0);

    if (xlcf->slots == NULL || cln == NULL
        || xsell_places_create(&xlcf->places) != XSELL_OK)
    {
        return NGX_CONF_ERROR;
    }

    cln->handler = ngx_http_xsell_slot_cleanup;
    cln->data = xlcf->places;

    xmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_xsell_module);

    all = ngx_array_push(&xmcf->slots);
    if (all == NULL) {
        return NGX_CONF_ERROR;
    }

    *all = xlcf->slots;

    return NGX_CONF_OK;
}


char *
ngx_http_xsell_slot(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_xsell_loc_conf_t *xlcf = conf;

    ngx_int_t               rc;
    ngx_str_t              *value;
    ngx_uint_t              i, last;
    ngx_http_xsell_slot_t  *slot;

    value = cf->args->elts;

    if (ngx_http_xsell_check_name(cf, &value[1], "slot") != NGX_CONF_OK) {
        return NGX_CONF_ERROR;
    }

    if (xlcf->slots == NGX_CONF_UNSET_PTR
        && ngx_http_xsell_slot_init(cf, xlcf) != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    slot = xlcf->slots->elts;

    for (i = 0; i < xlcf->slots->nelts; i++) {
        if (slot[i].name.len == value[1].len
            && ngx_memcmp(slot[i].name.data, value[1].data, value[1].len)
               == 0)
        {
            return "has a name that another slot here has";
        }
    }

    if (xlcf->slots->nelts == XSELL_PLACES_MAX) {
        return "is one slot too many: 16 fit on a page";
    }

    slot = ngx_array_push(xlcf->slots);
    if (slot == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_memzero(slot, sizeof(ngx_http_xsell_slot_t));
    slot->name = value[1];
    slot->file = cf->conf_file->file.name.data;
    slot->line = cf->conf_file->line;

    /* name=value parameters come last */

    for (last = cf->args->nelts; last > 2; last--) {

        rc = ngx_http_xsell_slot_parameter(cf, &value[last - 1], slot);

        if (rc == NGX_ERROR) {
            return NGX_CONF_ERROR;
        }

        if (rc == NGX_DECLINED) {
            break;
        }
    }

    for (i = 2; i < last; i++) {
        if (!ngx_http_xsell_is_parameter(&value[i])
            && ngx_http_xsell_no_parameter(cf, &value[i],
                                           ngx_http_xsell_slot_takes)
               == NGX_ERROR)
        {
            return NGX_CONF_ERROR;
        }
    }

    if (slot->items == 0) {
        slot->items = 6;
    }

    if (slot->template.len == 0) {
        ngx_str_set(&slot->template, "carousel");
    }

    /* the words of the templates' own heading are of offers */

    if (slot->recall && slot->title == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "slot \"%V\": "
                           "\"offers=viewed\" needs a heading, such as "
                           "\"title=Recently viewed\"", &slot->name);
        return NGX_CONF_ERROR;
    }

    if (ngx_http_xsell_slot_place(cf, xlcf, last) != NGX_CONF_OK) {
        return NGX_CONF_ERROR;
    }

    return ngx_http_xsell_slot_more(cf, xlcf, slot);
}


/* names separated by commas; "none" may be one of them, not the only one */

static ngx_int_t
ngx_http_xsell_slot_looks(ngx_conf_t *cf, ngx_http_xsell_slot_t *slot,
    ngx_str_t list)
{
    u_char      *last;
    ngx_str_t    name;
    ngx_uint_t   n;

    last = list.data + list.len;
    n = 0;

    do {
        name.data = list.data;
        list.data = ngx_strlchr(list.data, last, ',');
        name.len = (list.data ? list.data : last) - name.data;

        if (name.len == 4 && ngx_memcmp(name.data, "none", 4) == 0) {
            continue;
        }

        if (ngx_http_xsell_check_name(cf, &name, "template") != NGX_CONF_OK) {
            return NGX_ERROR;
        }

        n++;

    } while (list.data++ != NULL);

    if (n >= 1 && n <= XSELL_ARMS) {
        return NGX_OK;
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "slot \"%V\": 1 to %d templates "
                       "beside \"none\"", &slot->name, XSELL_ARMS);
    return NGX_ERROR;
}


/* NGX_DECLINED: not a parameter; NGX_ERROR has been told */

static ngx_int_t
ngx_http_xsell_slot_parameter(ngx_conf_t *cf, ngx_str_t *value,
    ngx_http_xsell_slot_t *slot)
{
    ngx_int_t   n;
    ngx_str_t   s;
    ngx_uint_t  seen;

    s.data = ngx_strlchr(value->data, value->data + value->len, '=');
    if (s.data == NULL) {
        return NGX_DECLINED;
    }

    s.data++;
    s.len = value->data + value->len - s.data;

    if (ngx_strncmp(value->data, "items=", 6) == 0) {
        seen = slot->items;
        n = ngx_atoi(s.data, s.len);

        if (n == NGX_ERROR || n < 1 || n > XSELL_SLATE_MAX) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "slot \"%V\": invalid "
                               "\"%V\": a number from 1 to %d", &slot->name,
                               value, XSELL_SLATE_MAX);
            return NGX_ERROR;
        }

        slot->items = n;

    } else if (ngx_strncmp(value->data, "template=", 9) == 0) {
        seen = slot->template.len;

        if (ngx_http_xsell_slot_looks(cf, slot, s) != NGX_OK) {
            return NGX_ERROR;
        }

        slot->template = s;

    } else if (ngx_strncmp(value->data, "title=", 6) == 0) {
        seen = (slot->title != NULL);

        if (ngx_http_xsell_complex(cf, &s, &slot->title) != NGX_CONF_OK) {
            return NGX_ERROR;
        }

    } else if (ngx_strncmp(value->data, "offers=", 7) == 0) {
        seen = slot->offers.len;

        if (ngx_strcmp(s.data, "viewed") != 0
            && ngx_strcmp(s.data, "related") != 0)
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "slot \"%V\": invalid "
                               "\"%V\": \"offers\" is related or viewed",
                               &slot->name, value);
            return NGX_ERROR;
        }

        slot->offers = s;
        slot->recall = (s.data[0] == 'v');

    } else if (ngx_strncmp(value->data, "existing=", 9) == 0) {
        seen = slot->existing.len;
        slot->existing = *value;

    } else if (ngx_strncmp(value->data, "root=", 5) == 0) {
        seen = slot->root.len;
        slot->root = *value;

    } else {
        return NGX_DECLINED;
    }

    if (seen) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "slot \"%V\": duplicate "
                           "parameter \"%V\"", &slot->name, value);
        return NGX_ERROR;
    }

    return NGX_OK;
}


static ngx_uint_t
ngx_http_xsell_is_position(ngx_str_t *s)
{
    return xsell_places_position(ngx_http_xsell_view(s));
}


static ngx_uint_t
ngx_http_xsell_is_parameter(ngx_str_t *s)
{
    const char *const  *takes;

    for (takes = ngx_http_xsell_slot_takes; *takes; takes++) {
        if (ngx_strncmp(s->data, *takes, ngx_strlen(*takes)) == 0) {
            return 1;
        }
    }

    return 0;
}


/* a parameter whose "=" is left out, or stands for itself: "items 8" */

static const char *
ngx_http_xsell_bare_parameter(ngx_str_t *s)
{
    const char *const  *takes;

    for (takes = ngx_http_xsell_slot_takes; *takes; takes++) {
        if (s->len == ngx_strlen(*takes) - 1
            && ngx_strncmp(s->data, *takes, s->len) == 0)
        {
            return *takes;
        }
    }

    return NULL;
}


/* the words from number 2 on, before number `last`, are no place */

static char *
ngx_http_xsell_slot_words(ngx_conf_t *cf, ngx_uint_t last)
{
    ngx_str_t   *value;
    ngx_uint_t   i;
    const char  *bare;

    value = cf->args->elts;
    bare = last > 4 ? ngx_http_xsell_bare_parameter(&value[4]) : NULL;

    for (i = 2; i < last && !ngx_http_xsell_is_parameter(&value[i]); i++) {
        /* void */
    }

    if (i + 1 < last && (ngx_strncmp(value[i].data, "title=", 6) != 0
                         || ngx_http_xsell_is_position(&value[i + 1])))
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "slot \"%V\": position and "
                           "selector come before \"%V\"", &value[1],
                           &value[i]);

    } else if (i + 1 < last) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "slot \"%V\": a title with "
                           "spaces needs quotes, \"title=Two words\", "
                           "unexpected \"%V\"", &value[1], &value[i + 1]);

    } else if (i == last && last == 3
               && ngx_http_xsell_is_position(&value[2]))
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "slot \"%V\": a selector is "
                           "missing after \"%V\"", &value[1], &value[2]);

    } else if (last == 3 && ngx_http_xsell_is_position(&value[1])) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "the slot's name is missing "
                           "before \"%V\"", &value[1]);

    } else if (bare) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "slot \"%V\": \"%V\" and "
                           "its value are one word, \"%s...\"", &value[1],
                           &value[4], bare);

    } else if (i == last && last > 4
               && ngx_http_xsell_is_position(&value[2]))
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "slot \"%V\": a selector "
                           "with spaces needs quotes, unexpected \"%V\" (and "
                           "so does one with a \"#\", which begins a comment)",
                           &value[1], &value[4]);

    } else {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "\"xsell_slot\" is "
                           "NAME [POSITION SELECTOR] [items=N] "
                           "[template=NAME[,NAME...][,none]] "
                           "[\"title=TWO WORDS\"] "
                           "[offers=related|viewed] "
                           "[existing=keep|replace|skip] [root=SELECTOR], "
                           "unexpected \"%V\"",
                           &value[last == 3 ? 2 : last - 1]);
    }

    return NGX_CONF_ERROR;
}


/* POSITION SELECTOR: the words between the name and word number `last` */

static char *
ngx_http_xsell_slot_place(ngx_conf_t *cf, ngx_http_xsell_loc_conf_t *xlcf,
    ngx_uint_t last)
{
    ngx_str_t              *value, none;
    xsell_error_t           err;
    ngx_http_xsell_slot_t  *slot;

    value = cf->args->elts;
    ngx_str_null(&none);

    if (last == 3 || last > 4
        || (last == 4 && ngx_http_xsell_is_parameter(&value[2])))
    {
        return ngx_http_xsell_slot_words(cf, last);
    }

    if (last == 4) {
        slot = xlcf->slots->elts;
        slot[xlcf->slots->nelts - 1].selector = value[3];
    }

    if (xsell_places_add(xlcf->places, ngx_http_xsell_view(&value[1]),
                         ngx_http_xsell_view(last == 4 ? &value[2] : &none),
                         ngx_http_xsell_view(last == 4 ? &value[3] : &none),
                         &err)
        == XSELL_OK)
    {
        return NGX_CONF_OK;
    }

    if (err.column && last == 4) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "slot \"%V\": %s, at column "
                           "%ud of \"%V\"", &value[1], err.text, err.column,
                           &value[3]);

    } else {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "slot \"%V\": %s",
                           &value[1], err.text);
    }

    return NGX_CONF_ERROR;
}


/* sections that exist, roots: of the place that was added last */

static char *
ngx_http_xsell_slot_more(ngx_conf_t *cf, ngx_http_xsell_loc_conf_t *xlcf,
    ngx_http_xsell_slot_t *slot)
{
    ngx_str_t      *word[2];
    ngx_uint_t      i;
    xsell_error_t   err;

    word[0] = &slot->existing;
    word[1] = &slot->root;

    for (i = 0; i < 2; i++) {

        if (word[i]->len == 0) {
            continue;
        }

        ngx_memzero(&err, sizeof(xsell_error_t));

        switch (xsell_places_parameter(xlcf->places, xlcf->slots->nelts - 1,
                                       ngx_http_xsell_view(word[i]), &err))
        {
        case XSELL_OK:
            break;

        case XSELL_NONE:
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "slot \"%V\": invalid "
                               "\"%V\": off or a selector", &slot->name,
                               word[i]);
            return NGX_CONF_ERROR;

        default:
            if (err.column) {
                ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "slot \"%V\": %s, "
                                   "at column %ud of \"%V\"", &slot->name,
                                   err.text, err.column, word[i]);
            } else {
                ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "slot \"%V\": "
                                   "invalid \"%V\": %s", &slot->name,
                                   word[i], err.text);
            }

            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}


/*
 * Why a slot was not served, for the operator: once per worker, slot and
 * reason, so that a page that is asked for a thousand times a second fills no
 * log.  That a page lacks the place may be meant (a location of many kinds of
 * pages): a notice.  A place that can't be used is a mistake in the
 * configuration, and "error" the level that a log has if nobody chose one.
 */

void
ngx_http_xsell_slot_report(ngx_http_request_t *r, ngx_http_xsell_slot_t *slot,
    ngx_uint_t why)
{
    const char  *hint;
    ngx_uint_t   level;

    if (why == XSELL_PLACE_SERVED || why >= XSELL_PLACE_STATES
        || (slot->told & (1u << why)))
    {
        return;
    }

    slot->told |= 1u << why;

    if (why == XSELL_PLACE_ABSENT && slot->selector.len == 0) {
        ngx_log_error(NGX_LOG_NOTICE, r->connection->log, 0,
                      "xsell: slot \"%V\" of %s:%ui not served: no comment "
                      "<!--xsell %V--> in the page (said once per worker)",
                      &slot->name, slot->file, slot->line, &slot->name);
        return;
    }

    if (why == XSELL_PLACE_MOVED) {
        ngx_log_error(NGX_LOG_NOTICE, r->connection->log, 0,
                      "xsell: slot \"%V\" of %s:%ui is inside an element "
                      "that a framework hydrates and was put behind it: "
                      "\"xsell explain\" says which (said once per worker)",
                      &slot->name, slot->file, slot->line);
        return;
    }

    level = NGX_LOG_ERR;
    hint = "";

    if (why == XSELL_PLACE_ABSENT || why == XSELL_PLACE_EXISTING) {
        level = NGX_LOG_NOTICE;

    } else if (why == XSELL_PLACE_TABLE) {
        hint = ": prepend or append to the cell instead, or put it before or "
               "after the whole table";
    }

    ngx_log_error(level, r->connection->log, 0, "xsell: slot \"%V\" of %s:%ui "
                  "not served: %s%s, \"%V\" (said once per worker)",
                  &slot->name, slot->file, slot->line, xsell_place_why(why),
                  hint, slot->selector.len ? &slot->selector : &slot->name);
}


/*
 * Configuration: create, set, inherit.  What can be said of a directive from
 * its own words is said here, while its line is being read; what needs the
 * whole configuration or a file is checked in ngx_http_xsell_check.c.
 *
 * A shop may be mentioned before its block: the first mention makes it, the
 * block fills it, and a shop without a block is an error at the mention.
 */

#include "ngx_http_xsell_module.h"


static ngx_http_xsell_name_t *ngx_http_xsell_use(ngx_conf_t *cf,
    ngx_array_t *names, ngx_str_t *text, ngx_http_xsell_slot_t *slot);
static ngx_http_xsell_face_t *ngx_http_xsell_face(ngx_conf_t *cf,
    ngx_http_xsell_shop_t *shop, ngx_http_xsell_name_t *slot,
    ngx_str_t *look);
static char *ngx_http_xsell_merge_slots(ngx_conf_t *cf,
    ngx_http_xsell_loc_conf_t *conf);


void *
ngx_http_xsell_create_main_conf(ngx_conf_t *cf)
{
    ngx_http_xsell_main_conf_t  *conf;

    conf = ngx_pcalloc(cf->pool, sizeof(ngx_http_xsell_main_conf_t));

    if (conf == NULL
        || ngx_array_init(&conf->shops, cf->pool, 2,
                          sizeof(ngx_http_xsell_shop_t *))
           != NGX_OK
        || ngx_array_init(&conf->slots, cf->pool, 2, sizeof(ngx_array_t *))
           != NGX_OK)
    {
        return NULL;
    }

    conf->page_cache = NGX_CONF_UNSET_SIZE;

    return conf;
}


void *
ngx_http_xsell_create_srv_conf(ngx_conf_t *cf)
{
    ngx_http_xsell_srv_conf_t  *conf;

    conf = ngx_pcalloc(cf->pool, sizeof(ngx_http_xsell_srv_conf_t));

    if (conf == NULL
        || ngx_array_init(&conf->shops, cf->pool, 1,
                          sizeof(ngx_http_xsell_server_shop_t))
           != NGX_OK)
    {
        return NULL;
    }

    return conf;
}


void *
ngx_http_xsell_create_loc_conf(ngx_conf_t *cf)
{
    ngx_http_xsell_loc_conf_t  *conf;

    conf = ngx_pcalloc(cf->pool, sizeof(ngx_http_xsell_loc_conf_t));
    if (conf == NULL) {
        return NULL;
    }

    /*
     * set by ngx_pcalloc():
     *
     *     conf->item = NULL;
     *     conf->language = NULL;
     *     conf->consent_value = NULL;
     *     conf->names = NULL;
     *     conf->looks = NULL;
     *     conf->endpoint = NULL;
     *     conf->status = NULL;
     */

    conf->shop = NGX_CONF_UNSET_PTR;
    conf->consent = NGX_CONF_UNSET_UINT;
    conf->slots = NGX_CONF_UNSET_PTR;
    conf->places = NGX_CONF_UNSET_PTR;
    conf->events = NGX_CONF_UNSET_PTR;

    return conf;
}


char *
ngx_http_xsell_merge_loc_conf(ngx_conf_t *cf, void *parent, void *child)
{
    ngx_http_xsell_loc_conf_t *prev = parent;
    ngx_http_xsell_loc_conf_t *conf = child;

    ngx_uint_t                  i;
    ngx_http_xsell_slot_t      *slot;
    ngx_http_xsell_srv_conf_t  *xscf;

    if (conf->shop == NGX_CONF_UNSET_PTR) {

        if (conf->events != NGX_CONF_UNSET_PTR && prev->shop == NULL) {
            ngx_http_xsell_conf_error(NGX_LOG_WARN, cf, conf->file,
                conf->line, "\"xsell_event\" of no shop is not counted: "
                "write \"xsell SHOP;\" beside it");
        }

        conf->file = prev->file;
        conf->line = prev->line;
        conf->off = prev->off;
    }

    ngx_conf_merge_ptr_value(conf->shop, prev->shop, NULL);
    ngx_conf_merge_ptr_value(conf->slots, prev->slots, NULL);
    ngx_conf_merge_ptr_value(conf->places, prev->places, NULL);
    ngx_conf_merge_ptr_value(conf->events, prev->events, NULL);

    if (conf->item == NULL) {
        conf->item = prev->item;
        conf->item_index = prev->item_index;
    }

    if (conf->language == NULL) {
        conf->language = prev->language;
    }

    if (conf->consent == NGX_CONF_UNSET_UINT) {
        conf->consent = prev->consent;
        conf->consent_value = prev->consent_value;
    }

    if (conf->slots && (conf->shop || conf->off)) {
        slot = conf->slots->elts;

        for (i = 0; i < conf->slots->nelts; i++) {
            slot[i].used = 1;
        }
    }

    /* the http level's own configuration passes here too, unmerged */

    if (conf->shop == NULL) {
        return NGX_CONF_OK;
    }

    xscf = ngx_http_conf_get_module_srv_conf(cf, ngx_http_xsell_module);

    if (ngx_http_xsell_server_shop(cf, xscf, conf->shop) == NULL) {
        return NGX_CONF_ERROR;
    }

    if (conf->slots == NULL) {
        return NGX_CONF_OK;
    }

    return ngx_http_xsell_merge_slots(cf, conf);
}


/* template=NAME,NAME...: those of a slot; "none": it may stay empty */

static ngx_int_t
ngx_http_xsell_merge_looks(ngx_conf_t *cf, ngx_http_xsell_loc_conf_t *conf,
    ngx_http_xsell_slot_t *slot, ngx_http_xsell_name_t *of,
    ngx_http_xsell_choice_t *choice)
{
    u_char                 *p, *last;
    ngx_str_t               name;
    ngx_http_xsell_face_t  *face;

    last = slot->template.data + slot->template.len;

    for (p = slot->template.data; p < last; p++) {

        name.data = p;
        p = ngx_strlchr(p, last, ',');
        p = p ? p : last;
        name.len = p - name.data;

        face = ngx_http_xsell_face(cf, conf->shop, of, &name);
        if (face == NULL) {
            return NGX_ERROR;
        }

        if (name.len == 4 && ngx_memcmp(name.data, "none", 4) == 0) {
            choice->hide = 1;
            choice->face[XSELL_ARMS] = face;
            continue;
        }

        /* no more than fit (slot.c) */

        choice->face[choice->n] = face;
        choice->look[choice->n] = ngx_http_xsell_use(cf, &conf->shop->looks,
                                                     &name, slot);

        if (choice->look[choice->n++] == NULL) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/* slots of a location with its shop: names for the counters, templates, the
   server's endpoint to be checked for */

static char *
ngx_http_xsell_merge_slots(ngx_conf_t *cf, ngx_http_xsell_loc_conf_t *conf)
{
    ngx_uint_t                     i, n;
    ngx_http_xsell_slot_t         *slot;
    ngx_http_xsell_srv_conf_t     *xscf;
    ngx_http_xsell_server_shop_t  *ss;

    slot = conf->slots->elts;
    n = conf->slots->nelts;

    conf->names = ngx_palloc(cf->pool, n * sizeof(ngx_http_xsell_name_t *));
    conf->looks = ngx_pcalloc(cf->pool, n * sizeof(ngx_http_xsell_choice_t));

    if (conf->names == NULL || conf->looks == NULL) {
        return NGX_CONF_ERROR;
    }

    for (i = 0; i < n; i++) {
        conf->names[i] = ngx_http_xsell_use(cf, &conf->shop->names,
                                            &slot[i].name, &slot[i]);

        if (conf->names[i] == NULL
            || ngx_http_xsell_merge_looks(cf, conf, &slot[i],
                                          conf->names[i], &conf->looks[i])
               != NGX_OK)
        {
            return NGX_CONF_ERROR;
        }

        conf->names[i]->items = ngx_max(conf->names[i]->items, slot[i].items);
    }

    xscf = ngx_http_conf_get_module_srv_conf(cf, ngx_http_xsell_module);
    ss = ngx_http_xsell_server_shop(cf, xscf, conf->shop);

    conf->prefix = ss->prefix;

    if (ss->slots++ == 0) {
        ss->file = conf->file;
        ss->line = conf->line;

        if (conf->consent == NGX_CONF_UNSET_UINT) {
            ngx_http_xsell_conf_error(NGX_LOG_WARN, cf, conf->file,
                conf->line, "shop \"%V\": no \"xsell_consent\": consent is "
                "assumed, but many countries want it given: write "
                "\"xsell_consent required $cookie_NAME;\" (or \"assumed\", "
                "to say that it is not needed)", &conf->shop->name);
        }
    }

    return NGX_CONF_OK;
}


/* the entry of a name, made on first mention, which is this slot's */

static ngx_http_xsell_name_t *
ngx_http_xsell_use(ngx_conf_t *cf, ngx_array_t *names, ngx_str_t *text,
    ngx_http_xsell_slot_t *slot)
{
    ngx_uint_t               i;
    ngx_http_xsell_name_t  **name, *n;

    name = names->elts;

    for (i = 0; i < names->nelts; i++) {
        if (name[i]->text.len == text->len
            && ngx_memcmp(name[i]->text.data, text->data, text->len) == 0)
        {
            return name[i];
        }
    }

    name = ngx_array_push(names);
    n = ngx_palloc(cf->pool, sizeof(ngx_http_xsell_name_t));

    if (name == NULL || n == NULL) {
        return NULL;
    }

    n->text = *text;
    n->index = -1;
    n->items = 0;
    n->file = slot->file;
    n->line = slot->line;
    *name = n;

    return n;
}


/* the entry of a slot's template, made on first mention: what is counted of
   it is the sum over the locations */

static ngx_http_xsell_face_t *
ngx_http_xsell_face(ngx_conf_t *cf, ngx_http_xsell_shop_t *shop,
    ngx_http_xsell_name_t *slot, ngx_str_t *look)
{
    ngx_uint_t               i;
    ngx_http_xsell_face_t  **face, *f;

    face = shop->faces.elts;

    for (i = 0; i < shop->faces.nelts; i++) {
        if (face[i]->slot == slot && face[i]->look.len == look->len
            && ngx_memcmp(face[i]->look.data, look->data, look->len) == 0)
        {
            return face[i];
        }
    }

    face = ngx_array_push(&shop->faces);
    f = ngx_palloc(cf->pool, sizeof(ngx_http_xsell_face_t));

    if (face == NULL || f == NULL) {
        return NULL;
    }

    f->slot = slot;
    f->look = *look;
    f->index = 0;
    *face = f;

    return f;
}


ngx_http_xsell_shop_t *
ngx_http_xsell_shop(ngx_conf_t *cf, ngx_str_t *name)
{
    ngx_uint_t                    i;
    ngx_http_xsell_shop_t       **shop, *s;
    ngx_http_xsell_main_conf_t   *xmcf;

    xmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_xsell_module);
    shop = xmcf->shops.elts;

    for (i = 0; i < xmcf->shops.nelts; i++) {
        if (shop[i]->name.len == name->len
            && ngx_memcmp(shop[i]->name.data, name->data, name->len) == 0)
        {
            return shop[i];
        }
    }

    shop = ngx_array_push(&xmcf->shops);
    s = ngx_pcalloc(cf->pool, sizeof(ngx_http_xsell_shop_t));

    if (shop == NULL || s == NULL
        || ngx_array_init(&s->names, cf->pool, 2,
                          sizeof(ngx_http_xsell_name_t *))
           != NGX_OK
        || ngx_array_init(&s->faces, cf->pool, 2,
                          sizeof(ngx_http_xsell_face_t *))
           != NGX_OK
        || ngx_array_init(&s->looks, cf->pool, 2,
                          sizeof(ngx_http_xsell_name_t *))
           != NGX_OK)
    {
        return NULL;
    }

    s->name = *name;
    s->file = cf->conf_file->file.name.data;
    s->line = cf->conf_file->line;
    s->holdout = NGX_CONF_UNSET_UINT;
    s->min_visits = NGX_CONF_UNSET_UINT;
    s->diversity = NGX_CONF_UNSET_UINT;
    s->interval = NGX_CONF_UNSET_MSEC;
    s->lock_fd = NGX_INVALID_FILE;
    s->learner.fd = NGX_INVALID_FILE;
    *shop = s;

    return s;
}


ngx_http_xsell_server_shop_t *
ngx_http_xsell_server_shop(ngx_conf_t *cf, ngx_http_xsell_srv_conf_t *xscf,
    ngx_http_xsell_shop_t *shop)
{
    ngx_uint_t                     i;
    ngx_http_xsell_server_shop_t  *ss;

    ss = xscf->shops.elts;

    for (i = 0; i < xscf->shops.nelts; i++) {
        if (ss[i].shop == shop) {
            return &ss[i];
        }
    }

    ss = ngx_array_push(&xscf->shops);
    if (ss == NULL) {
        return NULL;
    }

    ngx_memzero(ss, sizeof(ngx_http_xsell_server_shop_t));
    ss->shop = shop;

    return ss;
}


void
ngx_http_xsell_conf_error(ngx_uint_t level, ngx_conf_t *cf, u_char *file,
    ngx_uint_t line, const char *fmt, ...)
{
    u_char   text[NGX_MAX_CONF_ERRSTR], *last;
    va_list  args;

    va_start(args, fmt);
    last = ngx_vslprintf(text, text + NGX_MAX_CONF_ERRSTR, fmt, args);
    va_end(args);

    ngx_log_error(level, cf->log, 0, "xsell: %*s in %s:%ui",
                  last - text, text, file ? file : (u_char *) "-", line);
}


/* letters, digits, '-' and '_': part of cookie, zone and file names */

char *
ngx_http_xsell_check_name(ngx_conf_t *cf, ngx_str_t *name, const char *what)
{
    size_t  i;
    u_char  c;

    for (i = 0; i < name->len; i++) {
        c = name->data[i];

        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
              || (c >= '0' && c <= '9') || c == '-' || c == '_'))
        {
            break;
        }
    }

    if (name->len == 0 || name->len > 32 || i < name->len) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "invalid name of a %s "
                           "\"%V\": 1 to 32 letters, digits, \"-\" or \"_\"",
                           what, name);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


ngx_int_t
ngx_http_xsell_no_parameter(ngx_conf_t *cf, ngx_str_t *word,
    const char *const *known)
{
    u_char        list[256], *p;
    size_t        n;
    unsigned      far, best;
    ngx_str_t     name;
    ngx_uint_t    i, near;
    xsell_str_t   one;

    for (n = 0; n < word->len && (word->data[n] == '_' || word->data[n] == '-'
                                  || isalpha(word->data[n])); n++)
    {
        /* void */
    }

    if (n == 0 || n == word->len || word->data[n] != '=') {
        return NGX_DECLINED;
    }

    name.data = word->data;
    name.len = n + 1;
    best = 3;
    near = 0;
    p = list;

    for (i = 0; known[i]; i++) {
        one.p = known[i];
        one.n = ngx_strlen(known[i]);
        far = xsell_name_distance(ngx_http_xsell_view(&name), one);

        if (far < best) {
            best = far;
            near = i;
        }

        p = ngx_slprintf(p, list + sizeof(list), "%s\"%s\"",
                         i == 0 ? "" : known[i + 1] ? ", " : " and ",
                         known[i]);
    }

    if (best < 3) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "\"%V\" has no parameter "
                           "\"%V\", did you mean \"%s\"?", cf->args->elts,
                           &name, known[near]);
    } else {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "\"%V\" has no parameter "
                           "\"%V\": it takes %*s", cf->args->elts, &name,
                           p - list, list);
    }

    return NGX_ERROR;
}

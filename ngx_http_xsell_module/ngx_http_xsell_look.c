
/*
 * What the fragments of a shop look like: the folder of `templates` and the
 * tokens of `theme`, read by nginx -t, at start and at a reload.
 *
 *     NAME.mustache        a template, or a part that others include
 *     strings.LANG.json    texts of a language
 *     style.css            rules after ours in the stylesheet
 *     rules.json           the shop's own rules (ngx_http_xsell_business.c)
 *
 * Other files of the folder are nobody's business (editors leave theirs
 * there).  What is built in stays beside the shop's own, and gives way to a
 * file of the same name.
 *
 * A mistake anywhere refuses the whole configuration: after a reload nginx
 * goes on with the old one.  Templates that are looked up when they are needed
 * would let a marketer save without a reload, and show the mistake to
 * visitors.
 */

#include "ngx_http_xsell_module.h"


#define NGX_HTTP_XSELL_LOOK_FILES  256              /* of a folder */
#define NGX_HTTP_XSELL_LOOK_BYTES  (1 << 20)        /* of a file of it */
#define NGX_HTTP_XSELL_TOKEN_BYTES (4 << 20)


enum {
    NGX_HTTP_XSELL_LOOK_NONE = 0,
    NGX_HTTP_XSELL_LOOK_TEMPLATE,
    NGX_HTTP_XSELL_LOOK_STRINGS,
    NGX_HTTP_XSELL_LOOK_STYLE,
    NGX_HTTP_XSELL_LOOK_RULES
};


/* a file of the folder; key: name of the template, or the language */

typedef struct {
    ngx_str_t                    path;
    ngx_str_t                    key;
    ngx_uint_t                   kind;
} ngx_http_xsell_look_t;


/* what a file's name says it is, and its key */

static ngx_uint_t
ngx_http_xsell_look_kind(u_char *name, size_t n, ngx_str_t *key)
{
    static const u_char  ext[] = ".mustache", head[] = "strings.",
                         tail[] = ".json", style[] = "style.css", rules[] = "rules.json";

    ngx_str_null(key);

    if (name[0] == '.') {
        /* hidden: also the locks that editors leave */
        return NGX_HTTP_XSELL_LOOK_NONE;
    }

    if (n >= sizeof(ext)
        && ngx_memcmp(name + n - (sizeof(ext) - 1), ext, sizeof(ext) - 1)
           == 0)
    {
        key->data = name;
        key->len = n - (sizeof(ext) - 1);
        return NGX_HTTP_XSELL_LOOK_TEMPLATE;
    }

    if (n >= sizeof(head) + sizeof(tail) - 1
        && ngx_memcmp(name, head, sizeof(head) - 1) == 0
        && ngx_memcmp(name + n - (sizeof(tail) - 1), tail, sizeof(tail) - 1)
           == 0)
    {
        key->data = name + sizeof(head) - 1;
        key->len = n - (sizeof(head) - 1) - (sizeof(tail) - 1);
        return NGX_HTTP_XSELL_LOOK_STRINGS;
    }

    if (n == sizeof(style) - 1 && ngx_memcmp(name, style, n) == 0) {
        return NGX_HTTP_XSELL_LOOK_STYLE;
    }

    if (n == sizeof(rules) - 1 && ngx_memcmp(name, rules, n) == 0) {
        return NGX_HTTP_XSELL_LOOK_RULES;
    }

    return NGX_HTTP_XSELL_LOOK_NONE;
}


/* whether somebody may have meant texts: strings_de.json, Strings.de.json */

static ngx_uint_t
ngx_http_xsell_look_near(u_char *name, size_t n)
{
    static const u_char  head[] = "strings", tail[] = ".json";

    return n >= sizeof(head) - 1 + sizeof(tail) - 1
           && ngx_strncasecmp(name, (u_char *) head, sizeof(head) - 1) == 0
           && ngx_strncasecmp(name + n - (sizeof(tail) - 1), (u_char *) tail,
                              sizeof(tail) - 1) == 0;
}


static int ngx_libc_cdecl
ngx_http_xsell_look_order(const void *one, const void *two)
{
    const ngx_http_xsell_look_t  *a = one, *b = two;

    return ngx_strcmp(a->path.data, b->path.data);
}


static ngx_int_t
ngx_http_xsell_look_push(ngx_conf_t *cf, ngx_http_xsell_shop_t *shop,
    ngx_array_t *looks, u_char *name, size_t n)
{
    u_char                 *p;
    ngx_str_t               key;
    ngx_uint_t              kind;
    ngx_http_xsell_look_t  *look;

    kind = ngx_http_xsell_look_kind(name, n, &key);

    if (kind == NGX_HTTP_XSELL_LOOK_NONE) {

        if (ngx_http_xsell_look_near(name, n)) {
            ngx_http_xsell_conf_error(NGX_LOG_WARN, cf, shop->file,
                shop->line, "templates of shop \"%V\": \"%V/%*s\" is not "
                "read: texts are in files named strings.LANG.json, such as "
                "strings.de.json", &shop->name, &shop->templates, n, name);
        }

        return NGX_OK;
    }

    if (looks->nelts == NGX_HTTP_XSELL_LOOK_FILES) {
        ngx_http_xsell_conf_error(NGX_LOG_EMERG, cf, shop->file, shop->line,
            "templates of shop \"%V\": more than %d files in \"%V\"",
            &shop->name, NGX_HTTP_XSELL_LOOK_FILES, &shop->templates);
        return NGX_ERROR;
    }

    look = ngx_array_push(looks);
    p = ngx_pnalloc(cf->pool, shop->templates.len + n + 2);

    if (look == NULL || p == NULL) {
        return NGX_ERROR;
    }

    look->kind = kind;
    look->path.data = p;

    p = ngx_cpymem(p, shop->templates.data, shop->templates.len);
    *p++ = '/';

    look->key.data = p + (key.data - name);
    look->key.len = key.len;

    p = ngx_cpymem(p, name, n);
    *p = '\0';
    look->path.len = p - look->path.data;

    return NGX_OK;
}


/* the files of the folder, by name: so that of two mistakes the same one is
   always reported */

static ngx_int_t
ngx_http_xsell_look_scan(ngx_conf_t *cf, ngx_http_xsell_shop_t *shop,
    ngx_array_t *looks)
{
    ngx_dir_t  dir;
    ngx_err_t  err;
    ngx_int_t  rc;

    if (ngx_open_dir(&shop->templates, &dir) == NGX_ERROR) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, ngx_errno, "xsell: templates of "
                      "shop \"%V\": cannot open the folder \"%V\" in %s:%ui",
                      &shop->name, &shop->templates, shop->file, shop->line);
        return NGX_ERROR;
    }

    do {
        ngx_set_errno(0);
        err = 0;
        rc = ngx_read_dir(&dir);

        if (rc == NGX_OK) {
            rc = ngx_http_xsell_look_push(cf, shop, looks, ngx_de_name(&dir),
                                          ngx_de_namelen(&dir));

        } else {
            err = ngx_errno;
            rc = NGX_DONE;
        }

    } while (rc == NGX_OK);

    (void) ngx_close_dir(&dir);

    if (rc == NGX_ERROR) {
        return NGX_ERROR;
    }

    if (err != NGX_ENOMOREFILES) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, err, "xsell: templates of "
                      "shop \"%V\": cannot read the folder \"%V\" in %s:%ui",
                      &shop->name, &shop->templates, shop->file, shop->line);
        return NGX_ERROR;
    }

    ngx_qsort(looks->elts, looks->nelts, sizeof(ngx_http_xsell_look_t),
              ngx_http_xsell_look_order);

    return NGX_OK;
}


/* the text of style.css stays in `extra` for the stylesheet, freed by the
   caller; the others are copied by the engine */

static ngx_int_t
ngx_http_xsell_look_take(ngx_conf_t *cf, ngx_http_xsell_shop_t *shop,
    ngx_http_xsell_look_t *look, ngx_str_t *extra)
{
    int                    rc;
    ngx_int_t              done;
    ngx_str_t              text;
    xsell_error_t          err;
    ngx_file_info_t        fi;
    ngx_http_xsell_from_t  from;

    if (ngx_http_xsell_read_file(cf, shop, "templates", &look->path,
                                 NGX_HTTP_XSELL_LOOK_BYTES, &text, &fi)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    from.cf = cf;
    from.shop = shop;
    from.path = &look->path;

    switch (look->kind) {

    case NGX_HTTP_XSELL_LOOK_STYLE:
        *extra = text;
        return NGX_OK;

    case NGX_HTTP_XSELL_LOOK_RULES:
        done = ngx_http_xsell_business_load(cf, shop, &look->path, &text);
        ngx_free(text.data);
        return done;

    case NGX_HTTP_XSELL_LOOK_STRINGS:
        from.what = "strings";
        rc = xsell_templates_strings(shop->look,
                                     ngx_http_xsell_view(&look->key),
                                     ngx_http_xsell_view(&text),
                                     ngx_http_xsell_file_warn, &from, &err);
        break;

    default:
        from.what = "template";
        rc = xsell_templates_add(shop->look, ngx_http_xsell_view(&look->key),
                                 ngx_http_xsell_view(&text), &err);
    }

    ngx_free(text.data);

    if (rc != XSELL_OK) {
        ngx_http_xsell_file_error(&from, NGX_LOG_EMERG, &err);
        return NGX_ERROR;
    }

    return NGX_OK;
}


/* the file that a template came from: what is not of the folder is built in */

static ngx_str_t *
ngx_http_xsell_look_path(ngx_array_t *looks, xsell_str_t name)
{
    ngx_uint_t              i;
    ngx_http_xsell_look_t  *look;

    static ngx_str_t  builtin = ngx_string("built-in");

    look = looks->elts;

    for (i = 0; i < looks->nelts; i++) {
        if (look[i].kind == NGX_HTTP_XSELL_LOOK_TEMPLATE
            && look[i].key.len == name.n
            && ngx_memcmp(look[i].key.data, name.p, name.n) == 0)
        {
            return &look[i].path;
        }
    }

    return &builtin;
}


/* slots name templates before the shop's are read; a part of others that
   can't stand alone is none */

static ngx_int_t
ngx_http_xsell_look_resolve(ngx_conf_t *cf, ngx_http_xsell_shop_t *shop)
{
    u_char                  list[512], *p, *last;
    uint32_t                k, n;
    ngx_uint_t              i;
    xsell_str_t             name;
    ngx_http_xsell_name_t **slot;

    slot = shop->looks.elts;

    for (i = 0; i < shop->looks.nelts; i++) {

        slot[i]->index = xsell_templates_find(shop->look,
                                        ngx_http_xsell_view(&slot[i]->text));
        if (slot[i]->index >= 0) {
            continue;
        }

        p = list;
        last = list + sizeof(list);
        n = xsell_templates_n(shop->look);

        for (k = 0; k < n; k++) {
            name = xsell_templates_name(shop->look, k);

            if (xsell_templates_find(shop->look, name) >= 0) {
                p = ngx_slprintf(p, last, "%s\"%*s\"",
                                 p == list ? "" : ", ", name.n, name.p);
            }
        }

        ngx_http_xsell_conf_error(NGX_LOG_EMERG, cf, slot[i]->file,
            slot[i]->line, "shop \"%V\" has no template \"%V\", it has %*s",
            &shop->name, &slot[i]->text, p - list, list);

        return NGX_ERROR;
    }

    return NGX_OK;
}


static void
ngx_http_xsell_look_cleanup(void *data)
{
    xsell_templates_destroy(data);
}


static void
ngx_http_xsell_look_theme_cleanup(void *data)
{
    xsell_theme_destroy(data);
}


/* names the stylesheet by its contents: 16 hex digits */

static ngx_int_t
ngx_http_xsell_look_hash(ngx_conf_t *cf, ngx_http_xsell_shop_t *shop)
{
    static const uint8_t  key[16];      /* a name, not a secret */

    shop->css_hash.data = ngx_pnalloc(cf->pool, 16);
    if (shop->css_hash.data == NULL) {
        return NGX_ERROR;
    }

    shop->css_hash.len = ngx_sprintf(shop->css_hash.data, "%016xL",
                                     xsell_siphash(key, shop->css.data,
                                                   shop->css.len))
                         - shop->css_hash.data;

    return NGX_OK;
}


/* the stylesheet lives as long as the cycle: workers of an old one go on with
   theirs */

static ngx_int_t
ngx_http_xsell_look_theme(ngx_conf_t *cf, ngx_http_xsell_shop_t *shop,
    ngx_str_t *extra)
{
    int                     rc;
    ngx_str_t               text;
    xsell_str_t             sheet;
    xsell_error_t           err;
    xsell_theme_t          *theme;
    ngx_file_info_t         fi;
    ngx_pool_cleanup_t     *cln;
    ngx_http_xsell_from_t   from;

    ngx_str_null(&text);

    if (shop->theme.len
        && ngx_http_xsell_read_file(cf, shop, "theme", &shop->theme,
                                    NGX_HTTP_XSELL_TOKEN_BYTES, &text, &fi)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    from.cf = cf;
    from.shop = shop;
    from.what = "theme";
    from.path = &shop->theme;

    rc = xsell_theme_create(&theme, ngx_http_xsell_view(&text),
                            ngx_http_xsell_view(extra),
                            ngx_http_xsell_file_warn, &from, &err);

    if (text.data) {
        ngx_free(text.data);
    }

    if (rc != XSELL_OK) {
        ngx_http_xsell_file_error(&from, NGX_LOG_EMERG, &err);
        return NGX_ERROR;
    }

    cln = ngx_pool_cleanup_add(cf->pool, 0);
    if (cln == NULL) {
        xsell_theme_destroy(theme);
        return NGX_ERROR;
    }

    cln->handler = ngx_http_xsell_look_theme_cleanup;
    cln->data = theme;

    sheet = xsell_theme_sheet(theme);
    shop->css.data = (u_char *) sheet.p;
    shop->css.len = sheet.n;

    return ngx_http_xsell_look_hash(cf, shop);
}


static ngx_int_t
ngx_http_xsell_look_folder(ngx_conf_t *cf, ngx_http_xsell_shop_t *shop,
    ngx_array_t *looks, ngx_str_t *extra)
{
    ngx_uint_t              i;
    ngx_http_xsell_look_t  *look;

    if (shop->templates.len == 0) {
        return NGX_OK;
    }

    if (ngx_http_xsell_look_scan(cf, shop, looks) != NGX_OK) {
        return NGX_ERROR;
    }

    if (looks->nelts == 0) {
        ngx_http_xsell_conf_error(NGX_LOG_WARN, cf, shop->file, shop->line,
            "templates of shop \"%V\": nothing in \"%V\" is named "
            "NAME.mustache, strings.LANG.json, style.css or rules.json",
            &shop->name, &shop->templates);
    }

    look = looks->elts;

    for (i = 0; i < looks->nelts; i++) {
        if (ngx_http_xsell_look_take(cf, shop, &look[i], extra) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/* a doubt is about a file of the folder */

static void
ngx_http_xsell_look_doubt(void *ctx, const char *file,
    const xsell_error_t *warning)
{
    u_char                 *p;
    ngx_str_t               path, *folder;
    ngx_http_xsell_from_t   from;

    from = *(ngx_http_xsell_from_t *) ctx;
    folder = &from.shop->templates;
    p = ngx_pnalloc(from.cf->pool, folder->len + 1 + ngx_strlen(file));

    if (p) {
        path.data = p;
        path.len = ngx_sprintf(p, "%V/%s", folder, file) - p;
        from.path = &path;
    }

    ngx_http_xsell_file_warn(&from, warning);
}


static ngx_int_t
ngx_http_xsell_look_compile(ngx_conf_t *cf, ngx_http_xsell_shop_t *shop,
    ngx_array_t *looks)
{
    xsell_str_t            name;
    xsell_error_t          err;
    ngx_http_xsell_from_t  from;

    name.p = "";
    name.n = 0;

    from.cf = cf;
    from.shop = shop;

    if (xsell_templates_compile(shop->look, &name, &err) != XSELL_OK) {
        from.what = "template";
        from.path = ngx_http_xsell_look_path(looks, name);

        ngx_http_xsell_file_error(&from, NGX_LOG_EMERG, &err);
        return NGX_ERROR;
    }

    from.what = "templates";
    from.path = &shop->templates;
    xsell_templates_check(shop->look, ngx_http_xsell_look_doubt, &from);

    return ngx_http_xsell_look_resolve(cf, shop);
}


ngx_int_t
ngx_http_xsell_look_load(ngx_conf_t *cf, ngx_http_xsell_shop_t *shop)
{
    ngx_int_t            rc;
    ngx_str_t            extra;
    ngx_array_t          looks;
    ngx_pool_cleanup_t  *cln;

    ngx_str_null(&extra);

    cln = ngx_pool_cleanup_add(cf->pool, 0);

    if (cln == NULL
        || ngx_array_init(&looks, cf->pool, 8, sizeof(ngx_http_xsell_look_t))
           != NGX_OK
        || xsell_templates_create(&shop->look) != XSELL_OK)
    {
        return NGX_ERROR;
    }

    cln->handler = ngx_http_xsell_look_cleanup;
    cln->data = shop->look;

    rc = NGX_ERROR;

    if (ngx_http_xsell_look_folder(cf, shop, &looks, &extra) == NGX_OK
        && ngx_http_xsell_look_compile(cf, shop, &looks) == NGX_OK)
    {
        rc = ngx_http_xsell_look_theme(cf, shop, &extra);
    }

    if (extra.data) {
        ngx_free(extra.data);
    }

    return rc;
}

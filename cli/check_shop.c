
/*
 * check_shop.c: what a configuration names, for `xsell check`: the files of
 * its shops, each checked as itself, and whether slots and endpoints mean a
 * shop and a template that are there.
 */

#include "check.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>


#define CONF_SECRET_BYTES  4096


void
conf_finding(conf_check_t *c, const char *what, const char *file,
    unsigned line, unsigned column, const char *fmt, ...)
{
    va_list        args;
    xsell_error_t  err;

    memset(&err, 0, sizeof(err));
    err.line = line;
    err.column = column;

    va_start(args, fmt);
    vsnprintf(err.text, sizeof(err.text), fmt, args);
    va_end(args);

    cli_report(file, what, &err);

    if (strcmp(what, "error") == 0) {
        c->check->errors++;

    } else {
        c->check->warnings++;
    }
}

static void
conf_shop_secret(conf_check_t *c, const conf_shop_t *shop)
{
    char           *text;
    size_t          n;
    const char     *path;
    xsell_keys_t   *keys;
    xsell_error_t   err;

    path = shop->path[CONF_SECRET];

    /* who checks templates need not be who may read keys */

    if (access(path, R_OK) != 0) {
        conf_finding(c, "warning", shop->at.file, shop->at.line,
                     shop->at.column, "you may not read the secret \"%s\": it "
                     "is not checked", path);
        return;
    }

    if (cli_read(path, &text, &n) != 0) {
        c->check->errors++;
        return;
    }

    memset(&err, 0, sizeof(err));

    if (n > CONF_SECRET_BYTES) {
        c->check->errors++;
        (void) cli_fail("%s: larger than a secret can be", path);

    } else if (xsell_keys_create(&keys, text, n, NULL, cli_str(shop->name),
                                 &err)
               != XSELL_OK)
    {
        c->check->errors++;
        cli_report(path, "error", &err);

    } else {
        xsell_keys_destroy(keys);
    }

    explicit_bzero(text, n);
    free(text);
}


static void
conf_shop_needs(conf_check_t *c, const conf_shop_t *shop, unsigned i,
    const char *what)
{
    if ((shop->named & (1u << i)) == 0) {
        conf_finding(c, "error", shop->at.file, shop->at.line,
                     shop->at.column, "shop \"%s\" has no \"%s\": write \"%s\"",
                     shop->name, what, i == CONF_ZONE ? "zone 128m;"
                     : i == CONF_CATALOG ? "catalog catalog.json;"
                     : "secret FILE;\", the file made by \"openssl rand "
                       "-hex 32 > FILE");
    }
}


static const char *
conf_block_shop(const conf_check_t *c, unsigned block)
{
    for ( ;; ) {

        if (c->block[block].uses) {
            return c->block[block].uses;
        }

        if (block == 0) {
            return NULL;
        }

        block = c->block[block].parent;
    }
}


/* the shop's templates and rules; these in the light of its slots */

static void
conf_shop_look(conf_check_t *c, conf_shop_t *shop)
{
    unsigned                i;
    uint32_t                n;
    const char             *name;
    xsell_business_slot_t  *slot;

    slot = calloc(c->note_n + 1u, sizeof(*slot));

    for (i = 0, n = 0; slot && i < c->note_n; i++) {
        name = c->note[i].slot ? conf_block_shop(c, c->note[i].block) : NULL;

        if (name && strcmp(name, shop->name) == 0) {
            slot[n].name = cli_str(c->note[i].name);
            slot[n++].items = c->note[i].items;
        }
    }

    c->check->catalog = shop->path[CONF_CATALOG];
    c->check->slot = slot;
    c->check->slot_n = n;
    c->check->geoip = (shop->named & (1u << CONF_GEOIP)) != 0;

    shop->look = check_templates(c->check, shop->path[CONF_TEMPLATES]);

    c->check->catalog = NULL;
    c->check->slot = NULL;
    free(slot);
}


void
conf_shop_files(conf_check_t *c, conf_shop_t *shop)
{
    uint32_t      items;
    xsell_plan_t  plan;

    conf_shop_needs(c, shop, CONF_ZONE, "zone");
    conf_shop_needs(c, shop, CONF_CATALOG, "catalog");
    conf_shop_needs(c, shop, CONF_SECRET, "secret");

    items = shop->path[CONF_CATALOG]
            ? check_catalog(c->check, shop->path[CONF_CATALOG]) : 0;

    if (shop->zone && xsell_plan(shop->zone, &plan, NULL) == XSELL_OK
        && plan.items < items)
    {
        conf_finding(c, "error", shop->at.file, shop->at.line,
                     shop->at.column, "shop \"%s\": the catalogue has %u "
                     "items, its zone holds %u", shop->name, items,
                     plan.items);
    }

    if (shop->path[CONF_SECRET]) {
        conf_shop_secret(c, shop);
    }

    /* without a folder: what is built in; a wrong name was told already */

    if (shop->path[CONF_TEMPLATES]
        || (shop->named & (1u << CONF_TEMPLATES)) == 0)
    {
        conf_shop_look(c, shop);
    }

    if (shop->path[CONF_THEME]) {
        check_theme(c->check, shop->path[CONF_THEME],
                    shop->path[CONF_TEMPLATES]);
    }
}


static unsigned
conf_block_server(const conf_check_t *c, unsigned block)
{
    while (block && !c->block[block].server) {
        block = c->block[block].parent;
    }

    return block;
}


void
conf_server_check(conf_check_t *c, const conf_note_t *note)
{
    unsigned     i, server;
    const char  *name;

    server = conf_block_server(c, note->block);
    name = conf_block_shop(c, note->block);

    /* a part of a configuration may be of any server */

    if (!note->slot || server == 0 || c->shop_n == 0 || name == NULL
        || strcmp(name, "off") == 0
        || (c->block[server].told
            && strcmp(c->block[server].told, name) == 0))
    {
        return;
    }

    free(c->block[server].told);
    c->block[server].told = strdup(name);

    for (i = 0; i < c->note_n; i++) {
        if (c->note[i].endpoint && strcmp(c->note[i].shop, name) == 0
            && conf_block_server(c, c->note[i].block) == server)
        {
            break;
        }
    }

    if (i == c->note_n) {
        conf_finding(c, "error", note->at.file, note->at.line,
                     note->at.column, "pages of shop \"%s\" have slots, but "
                     "their server has no endpoint: add \"location /xsell/ "
                     "{ xsell_endpoint %s; }\"", name, name);
    }

    for (i = note->block; i && !c->block[i].consent; i = c->block[i].parent) {
        /* void */
    }

    if (!c->block[i].consent) {
        conf_finding(c, "warning", note->at.file, note->at.line,
                     note->at.column, "shop \"%s\": no \"xsell_consent\": "
                     "consent is assumed, but many countries want it given: "
                     "write \"xsell_consent required $cookie_NAME;\" (or "
                     "\"assumed\", to say that it is not needed)", name);
    }
}


void
conf_note_check(conf_check_t *c, const conf_note_t *note)
{
    char          names[1024];
    unsigned      i;
    const char   *name, *word;
    conf_shop_t  *shop;
    xsell_str_t   one;

    name = note->slot ? conf_block_shop(c, note->block) : note->shop;

    /* a part of a configuration: the shop is defined elsewhere */

    if (c->shop_n == 0) {
        return;
    }

    if (name == NULL) {
        conf_finding(c, "warning", note->at.file, note->at.line,
                     note->at.column, "no \"xsell SHOP;\" here or around: the "
                     "slot stays empty");
        return;
    }

    for (i = 0; i < c->shop_n && strcmp(c->shop[i].name, name); i++) { /**/ }

    shop = i < c->shop_n ? &c->shop[i] : NULL;

    if (shop == NULL) {

        if (!note->slot) {
            conf_finding(c, "error", note->at.file, note->at.line,
                         note->at.column, "there is no xsell_shop \"%s\"%s%s%s",
                         name, c->shop_n ? ": the first one is \"" : "",
                         c->shop_n ? c->shop[0].name : "",
                         c->shop_n ? "\"" : "");
        }

        return;
    }

    if (!note->slot || shop->look == NULL) {
        return;
    }

    /* names separated by commas, "none" among them */

    for (word = note->template; *word; word += one.n + (word[one.n] == ',')) {

        one.p = word;
        one.n = strcspn(word, ",");

        if ((one.n == 4 && memcmp(word, "none", 4) == 0)
            || xsell_templates_find(shop->look, one) >= 0)
        {
            continue;
        }

        cli_look_names(shop->look, names, sizeof(names));
        conf_finding(c, "error", note->at.file, note->at.line,
                     note->at.column, "shop \"%s\" has no template "
                     "\"%.*s\", it has %s", shop->name, (int) one.n, one.p,
                     names);
    }
}

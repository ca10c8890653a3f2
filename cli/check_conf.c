
/*
 * check_conf.c: what `xsell check` says about an nginx configuration: our
 * directives (names, places, values, selectors), and every file that a shop
 * names, checked as itself.
 *
 *   reading (here)           blocks, shops, slots, uses of shops: noted with
 *   pages (check_page)       their places
 *   files, uses (check_shop) what shops name is loaded, what slots name looked
 *                            up
 *
 * All mistakes are told, where nginx stops at the first one.  It knows our
 * directives only, so `nginx -t` has the last word.  That the list of names is
 * the module's is a test's business (t/engine/cli_check.t): the command line
 * has no nginx in it.
 */

#include "check.h"

#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>


#define CONF_BLOCKS  65536              /* of one configuration */


/* where a directive may stand, and how many arguments it takes; in: which
   blocks, as nginx has it (CONF_HTTP, ...) */

enum {
    CONF_OUTSIDE = 0,                   /* of an xsell_shop block */
    CONF_INSIDE
};

#define CONF_ANY   (CONF_HTTP|CONF_SERVER|CONF_IN_LOCATION)
#define CONF_MANY  64

static const struct {
    const char          *name;
    unsigned             where;
    unsigned             min;
    unsigned             max;
    unsigned             in;
} conf_directives[] = {
    { "xsell_shop",     CONF_OUTSIDE, 1, 1, CONF_HTTP },
    { "xsell",          CONF_OUTSIDE, 1, 1, CONF_ANY },
    { "xsell_item",     CONF_OUTSIDE, 1, 1, CONF_ANY },
    { "xsell_language", CONF_OUTSIDE, 1, 1, CONF_ANY },
    { "xsell_consent",  CONF_OUTSIDE, 1, 2, CONF_ANY },
    { "xsell_slot",     CONF_OUTSIDE, 1, CONF_MANY, CONF_ANY },
    { "xsell_event",    CONF_OUTSIDE, 1, CONF_MANY, CONF_IN_LOCATION },
    { "xsell_endpoint", CONF_OUTSIDE, 1, 1, CONF_IN_LOCATION },
    { "xsell_status",   CONF_OUTSIDE, 1, 2, CONF_IN_LOCATION },
    { "xsell_page_cache", CONF_OUTSIDE, 1, 1, CONF_HTTP },
    { "zone",           CONF_INSIDE,  1, 1, 0 },
    { "catalog",        CONF_INSIDE,  1, 1, 0 },
    { "templates",      CONF_INSIDE,  1, 1, 0 },
    { "theme",          CONF_INSIDE,  1, 1, 0 },
    { "geoip",          CONF_INSIDE,  1, 1, 0 },
    { "state",          CONF_INSIDE,  1, 2, 0 },
    { "log",            CONF_INSIDE,  1, 1, 0 },
    { "secret",         CONF_INSIDE,  1, 1, 0 },
    { "holdout",        CONF_INSIDE,  1, 1, 0 },
    { "min_visits",     CONF_INSIDE,  1, 1, 0 },
    { "diversity",      CONF_INSIDE,  1, 1, 0 }
};

#define CONF_DIRECTIVES  (sizeof(conf_directives) / sizeof(conf_directives[0]))


static const char *const  conf_named[CONF_NAMED] = {
    [CONF_CATALOG] = "catalog",
    [CONF_TEMPLATES] = "templates",
    [CONF_THEME] = "theme",
    [CONF_SECRET] = "secret",
    [CONF_STATE] = "state",
    [CONF_GEOIP] = "geoip"
};


/* ---- directives of a shop's block ------------------------------------- */

static char *
conf_path(const conf_check_t *c, const char *name)
{
    size_t   n;
    char    *path;

    if (name[0] == '/') {
        return strdup(name);
    }

    n = strlen(c->folder) + strlen(name) + 2;
    path = malloc(n);

    if (path) {
        snprintf(path, n, "%s/%s", c->folder, name);
    }

    return path;
}


static void
conf_shop_zone(conf_check_t *c, const cli_directive_t *d)
{
    int            bare;
    size_t         n;
    xsell_plan_t   plan;
    xsell_error_t  err;

    c->open->named |= 1u << CONF_ZONE;
    c->open->zone = cli_size(d->word[1].text);

    if (c->open->zone == 0) {
        conf_wrong(c, d, 1, "\"%s\" is no size such as 128m",
                   d->word[1].text);

    } else if (xsell_plan(c->open->zone, &plan, &err) != XSELL_OK) {
        n = strlen(d->word[1].text);
        bare = n <= 4 && strspn(d->word[1].text, "0123456789") == n;

        conf_wrong(c, d, 1, "%s%s%s%s", err.text,
                   bare ? "; did you mean \"" : "",
                   bare ? d->word[1].text : "", bare ? "m\"?" : "");
    }
}


static void
conf_shop_share(conf_check_t *c, const cli_directive_t *d)
{
    char    *end;
    double   share;

    share = strtod(d->word[1].text, &end);

    if (strcmp(d->word[1].text, "off") != 0
        && (end == d->word[1].text || strcmp(end, "%") != 0
            || !(share >= 0 && share <= 50)))
    {
        conf_wrong(c, d, 1, "\"%s\" is neither \"off\" nor a share from 0%% to "
                   "50%%", d->word[1].text);
    }
}


/* as nginx reads it: a point, two decimals at most, no exponent */

static void
conf_shop_diversity(conf_check_t *c, const cli_directive_t *d)
{
    size_t       n;
    const char  *text, *point;

    text = d->word[1].text;
    n = strlen(text);
    point = strchr(text, '.');

    if (strspn(text, "0123456789.") != n || (point && strchr(point + 1, '.'))
        || (point && (text + n - point > 3 || n == 1)) || atof(text) > 1)
    {
        conf_wrong(c, d, 1, "\"%s\" is no number from 0 to 1, of two decimals "
                   "at most", text);
    }
}


/* a file or folder: its name is kept if it is there */

static void
conf_shop_path(conf_check_t *c, const cli_directive_t *d, unsigned i)
{
    int           folder;
    char         *path;
    struct stat   st;

    if (c->open->named & (1u << i)) {
        conf_wrong(c, d, 0, "\"%s\" stands twice in this shop",
                   conf_named[i]);
        return;
    }

    c->open->named |= 1u << i;

    folder = i == CONF_TEMPLATES || i == CONF_STATE;
    path = conf_path(c, d->word[1].text);

    if (path == NULL) {
        return;
    }

    if (stat(path, &st) == 0 && (S_ISDIR(st.st_mode) != 0) == folder) {
        c->open->path[i] = path;
        return;
    }

    if (i == CONF_STATE) {
        conf_doubt(c, d, 1, "there is no folder \"%s\": make one that nginx's "
                   "workers may write to, \"install -d -m 750 -o www-data "
                   "%s\"", path, path);
    } else {
        conf_wrong(c, d, 1, "there is no %s \"%s\"%s",
                   folder ? "folder" : "file", path, i == CONF_SECRET
                   ? ": \"openssl rand -hex 32\" makes one" : "");
    }

    free(path);
}


/* nginx makes the file, but no folder for it.  A name without "/" in front is
   of nginx's prefix, not of the configuration's folder: where, it alone knows */

static void
conf_shop_log(conf_check_t *c, const cli_directive_t *d)
{
    char         *path, *slash;
    struct stat   st;

    path = d->word[1].text[0] == '/' ? strdup(d->word[1].text) : NULL;

    if (path == NULL) {
        return;
    }

    if (stat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
        conf_wrong(c, d, 1, "\"%s\" is a folder, not the log's file", path);
    }

    slash = strrchr(path, '/');

    if (slash > path) {
        *slash = '\0';

        if (stat(path, &st) != 0 || !S_ISDIR(st.st_mode)) {
            conf_wrong(c, d, 1, "there is no folder \"%s\" for the log",
                       path);
        }
    }

    free(path);
}


/* what stands behind the folder */

static void
conf_shop_interval(conf_check_t *c, const cli_directive_t *d)
{
    size_t       n;
    const char  *word;

    static const char *const  takes[] = { "interval=", NULL };

    word = d->word[2].text;

    if (strncmp(word, "interval=", 9) == 0) {

        n = strspn(word + 9, "0123456789");

        if (n == 0 || strchr("smhdwMy", word[9 + n]) == NULL) {
            conf_wrong(c, d, 2, "\"%s\": a time such as 1m or 30s", word);
        }

    } else if (!conf_no_parameter(c, d, 2, takes)) {
        conf_wrong(c, d, 2, "\"state\" is FOLDER [interval=TIME], unexpected "
                   "\"%s\"", word);
    }
}


static void
conf_shop_directive(conf_check_t *c, const cli_directive_t *d,
    const char *name)
{
    unsigned  i;

    for (i = 0; i < CONF_NAMED; i++) {
        if (strcmp(name, conf_named[i]) == 0) {
            conf_shop_path(c, d, i);

            if (d->n == 3) {
                conf_shop_interval(c, d);
            }

            return;
        }
    }

    if (strcmp(name, "zone") == 0) {
        conf_shop_zone(c, d);

    } else if (strcmp(name, "log") == 0) {
        conf_shop_log(c, d);

    } else if (strcmp(name, "holdout") == 0) {
        conf_shop_share(c, d);

    } else if (strcmp(name, "diversity") == 0) {
        conf_shop_diversity(c, d);

    } else if (strcmp(name, "min_visits") == 0
               && cli_number(d->word[1].text, 1, 1000) < 0)
    {
        conf_wrong(c, d, 1, "\"%s\" is no number of visits, from 1 to 1000",
                   d->word[1].text);
    }
}


/* ---- reading ---------------------------------------------------------- */

/* as the module takes it: it becomes part of a cookie's name */

static int
conf_shop_name(const char *name)
{
    size_t  n;

    n = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                     "0123456789_-");

    return n >= 1 && n <= 32 && name[n] == '\0';
}


static void
conf_shop_open(conf_check_t *c, const cli_directive_t *d)
{
    unsigned      i;
    conf_shop_t  *shop;

    if (!conf_shop_name(d->word[1].text)) {
        conf_wrong(c, d, 1, "invalid name of a shop \"%s\": 1 to 32 letters, "
                   "digits, \"-\" or \"_\"", d->word[1].text);
    }

    for (i = 0; i < c->shop_n; i++) {
        if (strcmp(c->shop[i].name, d->word[1].text) == 0) {
            conf_wrong(c, d, 1, "there is a shop \"%s\" already",
                       d->word[1].text);
        }
    }

    if (c->shop_n == CONF_SHOPS) {
        conf_wrong(c, d, 1, "more than %d shops", CONF_SHOPS);
        return;
    }

    shop = &c->shop[c->shop_n++];
    shop->name = strdup(d->word[1].text);
    shop->at.file = strdup(d->file);
    shop->at.line = d->word[0].line;
    shop->at.column = d->word[0].column;

    c->open = shop;
}


/* whether a block is a location, and a prefix that ends with "/" */

static unsigned
conf_location(const cli_directive_t *d)
{
    size_t       n;
    const char  *path;

    if (strcmp(d->word[0].text, "location") != 0 || d->n < 2 || d->n > 3) {
        return CONF_NO_LOCATION;
    }

    path = d->word[d->n - 1].text;

    if (d->n == 3 && strcmp(d->word[1].text, "^~") != 0) {
        return CONF_LOCATION;
    }

    n = strlen(path);

    return n > 1 && path[n - 1] == '/' && strchr("=~@", path[0]) == NULL
           ? CONF_PREFIX : CONF_LOCATION;
}


static int
conf_block_open(conf_check_t *c, const cli_directive_t *d)
{
    conf_block_t  *block;

    if (c->block_n == CONF_BLOCKS) {
        return cli_fail("the configuration has too many blocks");
    }

    if ((c->block_n & (c->block_n - 1)) == 0) {
        block = realloc(c->block, c->block_n * 2 * sizeof(*block));

        if (block == NULL) {
            return cli_fail("not enough memory");
        }

        c->block = block;
    }

    block = &c->block[c->block_n];
    memset(block, 0, sizeof(*block));

    block->parent = c->now;
    block->server = strcmp(d->word[0].text, "server") == 0;
    block->kind = block->server ? CONF_SERVER
                  : strcmp(d->word[0].text, "http") == 0 ? CONF_HTTP
                  : strcmp(d->word[0].text, "location") == 0
                    ? CONF_IN_LOCATION : CONF_ELSE;
    snprintf(block->name, sizeof(block->name), "%s", d->word[0].text);
    block->place = conf_location(d) & 3;
    block->exact = block->place == CONF_LOCATION && d->word[1].text[0] == '=';
    c->now = c->block_n++;

    return CLI_OK;
}


/* a name that is not in the table, or stands where it does not belong; the one
   that may have been meant */

static void
conf_unknown(conf_check_t *c, const cli_directive_t *d, unsigned where)
{
    unsigned     i;
    const char  *names[CONF_DIRECTIVES], *near;

    for (i = 0; i < CONF_DIRECTIVES; i++) {

        if (strcmp(conf_directives[i].name, d->word[0].text) == 0) {
            conf_wrong(c, d, 0, "\"%s\" stands in http, server or location, "
                       "not in xsell_shop", d->word[0].text);
            return;
        }

        names[i] = conf_directives[i].where == where
                   ? conf_directives[i].name : NULL;
    }

    near = cli_nearest(d->word[0].text, names, CONF_DIRECTIVES);

    conf_wrong(c, d, 0, "no directive \"%s\"%s%s%s%s", d->word[0].text,
               where == CONF_INSIDE ? " in xsell_shop" : "",
               near ? "; did you mean \"" : "", near ? near : "",
               near ? "\"?" : "");
}


/* a wrong number of arguments: the next line's, if a ";" is missing */

static void
conf_count(conf_check_t *c, const cli_directive_t *d, unsigned max)
{
    char      hint[64];
    unsigned  line;

    snprintf(hint, sizeof(hint), ", it takes %s", max == 1 ? "one"
             : max == 2 ? "one or two" : "at least one");
    line = d->word[0].line;

    if (d->word[d->n - 1].line != line) {
        snprintf(hint, sizeof(hint), ": is a \";\" missing at the end of line "
                 "%u?", line);
    }

    conf_wrong(c, d, 0, "\"%s\" has %u argument%s%s", d->word[0].text,
               d->n - 1, d->n == 2 ? "" : "s", hint);
}


/* whether a directive may stand in the block that is being read */

static int
conf_stands(conf_check_t *c, const cli_directive_t *d, unsigned in)
{
    const conf_block_t  *block;

    block = &c->block[c->now];

    if (block->kind == 0 || (block->kind & in)) {
        return 1;
    }

    conf_wrong(c, d, 0, "\"%s\" can't stand in \"%s\": it belongs into %s",
               d->word[0].text, block->name, in == CONF_HTTP ? "http"
               : in == CONF_IN_LOCATION ? "a location"
               : "http, a server or a location");

    return 0;
}


/* checks name, place and number of arguments; the name, or NULL */

static const char *
conf_known(conf_check_t *c, const cli_directive_t *d)
{
    unsigned     i, where;
    const char  *name;

    name = d->word[0].text;
    where = c->open ? CONF_INSIDE : CONF_OUTSIDE;

    if (where == CONF_OUTSIDE && strncmp(name, "xsell", 5) != 0) {
        return NULL;
    }

    c->directives++;

    for (i = 0; i < CONF_DIRECTIVES; i++) {
        if (conf_directives[i].where == where
            && strcmp(conf_directives[i].name, name) == 0)
        {
            break;
        }
    }

    if (i == CONF_DIRECTIVES) {
        conf_unknown(c, d, where);
        return NULL;
    }

    if (d->n - 1 < conf_directives[i].min || d->n - 1 > conf_directives[i].max)
    {
        conf_count(c, d, conf_directives[i].max);
        return NULL;
    }

    if (where == CONF_OUTSIDE && !conf_stands(c, d, conf_directives[i].in)) {
        return NULL;
    }

    if ((d->end == '{') != (strcmp(name, "xsell_shop") == 0)) {
        conf_wrong(c, d, 0, d->end == '{' ? "\"%s\" has no block"
                                          : "\"%s\" needs a block", name);
        return NULL;
    }

    return name;
}


static int
conf_take(void *ctx, const cli_directive_t *d)
{
    int            shop;
    const char    *name;
    conf_check_t  *c;

    c = ctx;

    if (d->end == '}') {
        c->open = NULL;         /* a shop's block has no others in it */
        c->now = c->block[c->now].parent;
        return CLI_OK;
    }

    name = conf_known(c, d);
    shop = name && strcmp(name, "xsell_shop") == 0;

    if (name && c->open) {
        conf_shop_directive(c, d, name);

    } else if (name && !shop) {
        conf_page_directive(c, d, name);
    }

    if (d->end != '{') {
        return CLI_OK;
    }

    if (shop) {
        conf_shop_open(c, d);
    }

    return conf_block_open(c, d);
}


static void
conf_free(conf_check_t *c)
{
    unsigned  i, k;

    for (i = 0; i < c->shop_n; i++) {
        free(c->shop[i].name);
        free(c->shop[i].at.file);

        for (k = 0; k < CONF_NAMED; k++) {
            free(c->shop[i].path[k]);
        }

        xsell_templates_destroy(c->shop[i].look);
    }

    for (i = 0; i < c->note_n; i++) {
        free(c->note[i].at.file);
        free(c->note[i].shop);
        free(c->note[i].name);
        free(c->note[i].template);
    }

    for (i = 0; i < c->block_n; i++) {
        free(c->block[i].uses);
        free(c->block[i].told);
    }

    free(c->note);
    free(c->block);
    free(c);
}


void
check_conf(check_t *check, const char *file)
{
    char          *path;
    unsigned       i, errors;
    conf_check_t  *c;

    c = calloc(1, sizeof(*c));
    path = strdup(file);

    if (c == NULL || path == NULL || (c->block = calloc(1, sizeof(*c->block)))
        == NULL)
    {
        check->errors++;
        (void) cli_fail("not enough memory");
        free(path);
        free(c);
        return;
    }

    c->check = check;
    c->folder = dirname(path);
    c->block_n = 1;
    check->files++;
    errors = check->errors;

    if (cli_conf_read(file, c->folder, conf_take, c) != CLI_OK) {
        check->errors++;
    }

    for (i = 0; i < c->shop_n; i++) {
        conf_shop_files(c, &c->shop[i]);
    }

    for (i = 0; i < c->note_n; i++) {
        conf_note_check(c, &c->note[i]);
        conf_server_check(c, &c->note[i]);
    }

    printf("%s: configuration, %u shop%s, %u slot%s%s\n", file, c->shop_n,
           c->shop_n == 1 ? "" : "s", c->slots, c->slots == 1 ? "" : "s",
           c->directives == 0 ? ": no directive of xsell in it"
           : check->errors == errors ? "; `nginx -t` has the last word" : "");

    conf_free(c);
    free(path);
}

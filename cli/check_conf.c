
/*
 * check_conf.c: what `xsell check` says about an nginx configuration: our
 * directives (names, places, values, selectors), and every file that a shop
 * names, checked as itself.
 *
 *   reading (here)           blocks, shops, slots, uses of shops: noted with
 *                            their places
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


#define CONF_BARE    ": a \"#\" without quotes begins a comment"
#define CONF_ITEMS   6                  /* of a slot that does not say */
#define CONF_BACK    256                /* notes, for a slot's name */
#define CONF_BLOCKS  65536              /* of one configuration */
#define CONF_NOTES   65536


/* where a directive may stand, and how many arguments it takes */

enum {
    CONF_OUTSIDE = 0,                   /* of an xsell_shop block */
    CONF_INSIDE
};

static const struct {
    const char          *name;
    unsigned             where;
    unsigned             min;
    unsigned             max;
} conf_directives[] = {
    { "xsell_shop",     CONF_OUTSIDE, 1, 1 },
    { "xsell",          CONF_OUTSIDE, 1, 1 },
    { "xsell_item",     CONF_OUTSIDE, 1, 1 },
    { "xsell_language", CONF_OUTSIDE, 1, 1 },
    { "xsell_consent",  CONF_OUTSIDE, 1, 2 },
    { "xsell_slot",     CONF_OUTSIDE, 1, 8 },
    { "xsell_event",    CONF_OUTSIDE, 1, 8 },
    { "xsell_endpoint", CONF_OUTSIDE, 1, 1 },
    { "xsell_status",   CONF_OUTSIDE, 1, 2 },
    { "xsell_page_cache", CONF_OUTSIDE, 1, 1 },
    { "zone",           CONF_INSIDE,  1, 1 },
    { "catalog",        CONF_INSIDE,  1, 1 },
    { "templates",      CONF_INSIDE,  1, 1 },
    { "theme",          CONF_INSIDE,  1, 1 },
    { "geoip",          CONF_INSIDE,  1, 1 },
    { "state",          CONF_INSIDE,  1, 2 },
    { "log",            CONF_INSIDE,  1, 1 },
    { "secret",         CONF_INSIDE,  1, 1 },
    { "holdout",        CONF_INSIDE,  1, 1 },
    { "min_visits",     CONF_INSIDE,  1, 1 }
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


#define conf_wrong(c, d, i, ...)                                              \
    conf_finding(c, "error", (d)->file, (d)->word[i].line,                    \
                 (d)->word[i].column, __VA_ARGS__)

#define conf_doubt(c, d, i, ...)                                              \
    conf_finding(c, "warning", (d)->file, (d)->word[i].line,                  \
                 (d)->word[i].column, __VA_ARGS__)


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
        conf_doubt(c, d, 1, "there is no folder \"%s\"; nginx's workers must "
                   "be able to write there", path);
    } else {
        conf_wrong(c, d, 1, "there is no %s \"%s\"%s",
                   folder ? "folder" : "file", path, i == CONF_SECRET
                   ? ": \"openssl rand -hex 32\" makes one" : "");
    }

    free(path);
}


static void
conf_shop_directive(conf_check_t *c, const cli_directive_t *d,
    const char *name)
{
    unsigned  i;

    for (i = 0; i < CONF_NAMED; i++) {
        if (strcmp(name, conf_named[i]) == 0) {
            conf_shop_path(c, d, i);
            return;
        }
    }

    if (strcmp(name, "zone") == 0) {
        conf_shop_zone(c, d);

    } else if (strcmp(name, "holdout") == 0) {
        conf_shop_share(c, d);

    } else if (strcmp(name, "min_visits") == 0
               && cli_number(d->word[1].text, 1, 1000) < 0)
    {
        conf_wrong(c, d, 1, "\"%s\" is no number of visits",
                   d->word[1].text);
    }
}


/* ---- directives of pages ---------------------------------------------- */

static conf_note_t *
conf_note(conf_check_t *c, const cli_directive_t *d, unsigned i,
    const char *shop)
{
    conf_note_t  *note;

    if (c->note_n == CONF_NOTES) {
        return NULL;
    }

    if ((c->note_n & (c->note_n - 1)) == 0) {
        note = realloc(c->note, (c->note_n ? c->note_n * 2 : 1)
                                * sizeof(*note));
        if (note == NULL) {
            return NULL;
        }

        c->note = note;
    }

    note = &c->note[c->note_n++];
    memset(note, 0, sizeof(*note));

    note->at.file = strdup(d->file);
    note->at.line = d->word[i].line;
    note->at.column = d->word[i].column;
    note->block = c->now;
    note->shop = shop ? strdup(shop) : NULL;

    return note;
}


static int
conf_is_position(const char *word)
{
    return strcmp(word, "before") == 0 || strcmp(word, "after") == 0
           || strcmp(word, "prepend") == 0 || strcmp(word, "append") == 0
           || strcmp(word, "replace") == 0;
}


static int
conf_is_parameter(const char *word)
{
    return strncmp(word, "items=", 6) == 0
           || strncmp(word, "template=", 9) == 0
           || strncmp(word, "title=", 6) == 0
           || strncmp(word, "existing=", 9) == 0
           || strncmp(word, "root=", 5) == 0;
}


/* the words from number 2 on, before number `last`, are no place: as the
   module says it (ngx_http_xsell_slot_words) */

static void
conf_slot_words(conf_check_t *c, const cli_directive_t *d, unsigned last)
{
    unsigned  i;

    for (i = 2; i < last && !conf_is_parameter(d->word[i].text); i++) {
        /* void */
    }

    if (i + 1 < last && (strncmp(d->word[i].text, "title=", 6) != 0
                         || conf_is_position(d->word[i + 1].text)))
    {
        conf_wrong(c, d, i, "position and selector come before \"%s\"",
                   d->word[i].text);

    } else if (i == last && last == 3 && conf_is_position(d->word[2].text)) {
        conf_wrong(c, d, 2, "a selector is missing after \"%s\"%s",
                   d->word[2].text, d->comment ? CONF_BARE : "");

    } else if (i == last && last > 4 && conf_is_position(d->word[2].text)) {
        conf_wrong(c, d, 4, "a selector with spaces needs quotes, unexpected "
                   "\"%s\"%s", d->word[4].text, d->comment ? CONF_BARE : "");

    } else {
        i = last == 3 ? 2 : last - 1;
        conf_wrong(c, d, i, "\"xsell_slot\" is NAME [POSITION SELECTOR] "
                   "[items=N] [template=NAME[,NAME...][,none]] "
                   "[\"title=TWO WORDS\"] "
                   "[existing=keep|replace|skip] [root=SELECTOR], "
                   "unexpected \"%s\"%s", d->word[i].text,
                   d->comment ? CONF_BARE : "");
    }
}


/* sections that exist, roots */

static void
conf_slot_more(conf_check_t *c, const cli_directive_t *d, unsigned last,
    xsell_places_t *places)
{
    unsigned       i;
    xsell_error_t  err;

    for (i = last; i < d->n; i++) {
        memset(&err, 0, sizeof(err));

        if (xsell_places_parameter(places, 0, cli_str(d->word[i].text), &err)
            < 0)
        {
            conf_finding(c, "error", d->file, d->word[i].line,
                         err.column ? d->word[i].column + d->word[i].quoted
                                      + err.column - 1 : d->word[i].column,
                         "slot \"%s\": %s", d->word[1].text, err.text);
        }
    }
}


/* one selector, with the place of a mistake in the configuration */

static void
conf_slot_place(conf_check_t *c, const cli_directive_t *d, unsigned last)
{
    unsigned         column;
    xsell_str_t      none;
    xsell_error_t    err;
    xsell_places_t  *places;

    none.p = "";
    none.n = 0;

    if (last == 3 || last > 4
        || (last == 4 && conf_is_parameter(d->word[2].text)))
    {
        conf_slot_words(c, d, last);
        return;
    }

    if (xsell_places_create(&places) != XSELL_OK) {
        return;
    }

    memset(&err, 0, sizeof(err));

    if (xsell_places_add(places, cli_str(d->word[1].text),
                         last == 4 ? cli_str(d->word[2].text) : none,
                         last == 4 ? cli_str(d->word[3].text) : none, &err)
        != XSELL_OK)
    {
        column = err.column && last == 4
                 ? d->word[3].column + d->word[3].quoted + err.column - 1 : 0;

        conf_finding(c, "error", d->file, d->word[column ? 3 : 1].line,
                     column ? column : d->word[1].column, "slot \"%s\": %s",
                     d->word[1].text, err.text);

    } else {
        conf_slot_more(c, d, last, places);
    }

    xsell_places_destroy(places);
}


static void
conf_slot(conf_check_t *c, const cli_directive_t *d)
{
    long          items;
    unsigned      last, i;
    const char   *word, *template;
    conf_note_t  *note;

    c->slots++;
    template = "carousel";
    items = CONF_ITEMS;

    for (i = c->note_n; i && i + CONF_BACK > c->note_n; i--) {
        note = &c->note[i - 1];

        if (note->slot && note->block == c->now && note->name
            && strcmp(note->name, d->word[1].text) == 0)
        {
            conf_wrong(c, d, 1, "another slot here, of line %u, has the name "
                       "\"%s\"", note->at.line, note->name);
            break;
        }
    }

    for (last = d->n; last > 2; last--) {
        word = d->word[last - 1].text;

        if (strncmp(word, "items=", 6) == 0) {

            items = cli_number(word + 6, 1, XSELL_SLATE_MAX);

            if (items < 0) {
                conf_wrong(c, d, last - 1, "\"%s\": a number from 1 to %d",
                           word, XSELL_SLATE_MAX);
            }

        } else if (strncmp(word, "template=", 9) == 0) {
            template = word + 9;

        } else if (!conf_is_parameter(word)) {
            break;
        }
    }

    conf_slot_place(c, d, last);

    note = conf_note(c, d, 1, NULL);

    if (note) {
        note->slot = 1;
        note->name = strdup(d->word[1].text);
        note->template = strdup(template);
        note->items = items < 0 ? 0 : (uint32_t) items;
    }
}


static void
conf_consent(conf_check_t *c, const cli_directive_t *d)
{
    const char  *word;

    word = d->word[1].text;
    c->block[c->now].consent = 1;

    if (strcmp(word, "assumed") != 0 && strcmp(word, "required") != 0) {
        conf_wrong(c, d, 1, "\"%s\" is neither \"assumed\" nor \"required\"",
                   word);

    } else if ((strcmp(word, "required") == 0) != (d->n == 3)) {
        conf_wrong(c, d, 1, "\"required\" needs a value, \"assumed\" takes "
                   "none");
    }
}


static void
conf_endpoint(conf_check_t *c, const cli_directive_t *d)
{
    conf_note_t  *note;

    /* block 0: a part of a configuration, its location is elsewhere */

    if (c->now && c->block[c->now].place != CONF_PREFIX) {
        conf_wrong(c, d, 0, "\"xsell_endpoint\" belongs into a prefix location "
                   "that ends with \"/\", for example \"location /xsell/\"");
    }

    note = conf_note(c, d, 1, d->word[1].text);

    if (note) {
        note->endpoint = note->shop != NULL;
    }
}


static void
conf_language(conf_check_t *c, const cli_directive_t *d)
{
    size_t       n;
    const char  *word;

    word = d->word[1].text;
    n = strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");

    if (*word && strchr(word, '$') == NULL
        && (n < 2 || n > 3 || (word[n] && word[n] != '-' && word[n] != '_')))
    {
        conf_doubt(c, d, 1, "\"%s\" is no language tag such as \"de\" or "
                   "\"pt-BR\"", word);
    }
}


static void
conf_event(conf_check_t *c, const cli_directive_t *d)
{
    const char  *word;

    word = d->word[1].text;

    if (strcmp(word, "cart") != 0 && strcmp(word, "cart_remove") != 0
        && strcmp(word, "order") != 0 && strcmp(word, "rate") != 0)
    {
        conf_wrong(c, d, 1, "\"%s\" is none of \"cart\", \"cart_remove\", "
                   "\"order\", \"rate\"", word);
    }
}


static void
conf_page_directive(conf_check_t *c, const cli_directive_t *d,
    const char *name)
{
    if (strcmp(name, "xsell") == 0) {
        free(c->block[c->now].uses);
        c->block[c->now].uses = strdup(d->word[1].text);

        if (strcmp(d->word[1].text, "off") != 0) {
            (void) conf_note(c, d, 1, d->word[1].text);
        }

    } else if (strcmp(name, "xsell_endpoint") == 0) {
        conf_endpoint(c, d);

    } else if (strcmp(name, "xsell_status") == 0) {
        (void) conf_note(c, d, 1, d->word[1].text);

    } else if (strcmp(name, "xsell_language") == 0) {
        conf_language(c, d);

    } else if (strcmp(name, "xsell_slot") == 0) {
        conf_slot(c, d);

    } else if (strcmp(name, "xsell_consent") == 0) {
        conf_consent(c, d);

    } else if (strcmp(name, "xsell_event") == 0) {
        conf_event(c, d);
    }
}


/* ---- reading ---------------------------------------------------------- */

static void
conf_shop_open(conf_check_t *c, const cli_directive_t *d)
{
    unsigned      i;
    conf_shop_t  *shop;

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
    block->place = conf_location(d) & 3;
    c->now = c->block_n++;

    return CLI_OK;
}


/* the name in the table that a wrong one may have meant */

static void
conf_unknown(conf_check_t *c, const cli_directive_t *d, unsigned where)
{
    unsigned     i;
    const char  *names[CONF_DIRECTIVES], *near;

    for (i = 0; i < CONF_DIRECTIVES; i++) {
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
conf_count(conf_check_t *c, const cli_directive_t *d)
{
    char      hint[64];
    unsigned  line;

    hint[0] = '\0';
    line = d->word[0].line;

    if (d->word[d->n - 1].line != line) {
        snprintf(hint, sizeof(hint), ": is a \";\" missing at the end of line "
                 "%u?", line);
    }

    conf_wrong(c, d, 0, "\"%s\" has %u argument%s%s", d->word[0].text,
               d->n - 1, d->n == 2 ? "" : "s", hint);
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
        conf_count(c, d);
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

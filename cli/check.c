
/*
 * xsell check: a shop's files as nginx will see them: what is wrong, with file,
 * line and column, and what is in them.  `nginx -t` says the same of what its
 * configuration names, but stops at the first mistake, and wants a server.
 *
 * What a file is follows from its name, else from its first bytes.  A folder
 * is checked with all below it: configurations first, for what they name is
 * checked in their light and not once more by itself.  Templates are checked
 * as the folder they stand in, which is how they are loaded.
 */

#include "check.h"

#include <dirent.h>
#include <errno.h>
#include <getopt.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>


#define CHECK_DEPTH  8                  /* folders in one another */
#define CHECK_FILES  100000
#define CHECK_PEEK   8192


static const char  check_help[] =
    "usage: xsell check [--strict] FILE-OR-FOLDER...\n"
    "\n"
    "Says what is wrong with a shop's files, with line and column, and what\n"
    "is in them:\n"
    "\n"
    "  catalogues      JSON, an array of objects or one object a line\n"
    "  templates       *.mustache, strings.LANG.json, style.css: all of the\n"
    "                  folder that they stand in\n"
    "  rules           rules.json in that folder; with the configuration that\n"
    "                  names both, also against the catalogue\n"
    "  themes          *.tokens.json, or JSON that looks like design tokens\n"
    "  configurations  *.conf: our directives, and every file that a shop\n"
    "                  names; `nginx -t` has the last word\n"
    "\n"
    "A folder is checked with all that is below it.\n"
    "\n"
    "  --strict   a warning counts as a mistake\n";


enum {
    CHECK_UNKNOWN = 0,
    CHECK_CONF,                         /* in the order of their turn */
    CHECK_LOOK,
    CHECK_THEME,
    CHECK_CATALOG,
    CHECK_KINDS
};


/* files below a folder */

typedef struct {
    char               **file;
    unsigned             n;
    unsigned             room;
    int                  failed;
} check_list_t;


/* ---- kinds ------------------------------------------------------------ */

static int
check_ends(const char *name, const char *tail)
{
    size_t  n, m;

    n = strlen(name);
    m = strlen(tail);

    return n > m && strcmp(name + n - m, tail) == 0;
}


static int
check_has(const char *text, size_t n, const char *word)
{
    return memmem(text, n, word, strlen(word)) != NULL;
}


static unsigned
check_kind(const char *file)
{
    char         text[CHECK_PEEK];
    size_t       n;
    const char  *name;
    xsell_str_t  key;

    if (strcmp(file, "-") == 0) {
        return CHECK_CATALOG;
    }

    name = strrchr(file, '/');
    name = name ? name + 1 : file;

    if (cli_look_kind(name, &key) != CLI_LOOK_NONE) {
        return CHECK_LOOK;
    }

    if (check_ends(name, ".conf")) {
        return CHECK_CONF;
    }

    if (check_ends(name, ".tokens.json") || check_ends(name, ".tokens")
        || strcmp(name, "tokens.json") == 0)
    {
        return CHECK_THEME;
    }

    n = cli_peek(file, text, sizeof(text));

    if (check_has(text, n, "\"$value\"") || check_has(text, n, "\"$type\"")) {
        return CHECK_THEME;
    }

    if ((check_has(text, n, "\"id\"") || check_has(text, n, "\"g:id\""))
        && (check_has(text, n, "\"title\"")
            || check_has(text, n, "\"g:title\"")))
    {
        return CHECK_CATALOG;
    }

    return CHECK_UNKNOWN;
}


check_done_t *
check_done(check_t *c, const char *file)
{
    char          *real;
    unsigned       i;
    check_done_t  *more;

    real = realpath(file, NULL);

    for (i = 0; real && i < c->done_n; i++) {
        if (strcmp(c->done[i].real, real) == 0) {
            free(real);
            return &c->done[i];
        }
    }

    more = real ? realloc(c->done, (c->done_n + 1) * sizeof(*more)) : NULL;

    if (more == NULL) {
        free(real);             /* whoever opens it says why */
        memset(&c->none, 0, sizeof(c->none));
        return &c->none;
    }

    c->done = more;
    more += c->done_n++;

    memset(more, 0, sizeof(*more));
    more->real = real;

    return more;
}


/* 1 the first time that a file has its turn */

static int
check_turn(check_t *c, const char *file)
{
    int            first;
    check_done_t  *done;

    done = check_done(c, file);
    first = !done->checked;
    done->checked = 1;

    return first;
}


/* ---- one file --------------------------------------------------------- */

typedef struct {
    uint32_t             categories;
    uint32_t             brands;
    uint32_t             groups;
    uint32_t             away;          /* can't be bought */
    uint32_t             no_price;
    uint32_t             no_image;
} check_sums_t;


static int
check_can_be_bought(unsigned availability)
{
    return availability != XSELL_OUT_OF_STOCK
           && availability != XSELL_DISCONTINUED;
}


static void
check_sum(const xsell_catalog_t *cat, check_sums_t *sums)
{
    uint32_t             i;
    const xsell_item_t  *item;

    memset(sums, 0, sizeof(*sums));

    for (i = 0; i < xsell_catalog_n(cat); i++) {
        item = xsell_catalog_item(cat, i);

        /* numbers are given in order of appearance: the highest counts */

        sums->categories = item->category_idx > sums->categories
                           ? item->category_idx : sums->categories;
        sums->brands = item->brand_idx > sums->brands
                       ? item->brand_idx : sums->brands;
        sums->groups = item->group_idx > sums->groups
                       ? item->group_idx : sums->groups;

        sums->away += !check_can_be_bought(item->availability);
        sums->no_price += item->price < 0;
        sums->no_image += item->image_n == 0;
    }
}


static void
check_print(const char *file, const xsell_catalog_t *cat, unsigned warnings)
{
    char          a[32], b[32];
    uint32_t      n;
    xsell_str_t   currency;
    check_sums_t  sums;

    n = xsell_catalog_n(cat);
    currency = xsell_catalog_currency(cat);
    check_sum(cat, &sums);

    printf("%s: %s items, currency %.*s, %u warning%s\n",
           cli_input_name(file), cli_count(a, n),
           currency.n ? (int) currency.n : 4,
           currency.n ? currency.p : "none", warnings,
           warnings == 1 ? "" : "s");

    printf("  %u categories, %u brands, %u groups of variants\n",
           sums.categories, sums.brands, sums.groups);

    printf("  %u not to be bought now, %u without a price, %u without a "
           "picture\n", sums.away, sums.no_price, sums.no_image);

    printf("  %s of memory, %s bytes an item\n",
           cli_bytes(a, xsell_catalog_bytes(cat)),
           cli_count(b, xsell_catalog_bytes(cat) / (n ? n : 1)));
}


uint32_t
check_catalog(check_t *c, const char *file)
{
    unsigned          warnings;
    xsell_catalog_t  *cat;

    if (!check_turn(c, file)) {
        return check_done(c, file)->items;
    }

    c->files++;
    warnings = 0;
    cat = cli_catalog(file, &warnings);
    c->warnings += warnings;

    if (cat == NULL) {
        c->errors++;
        return 0;
    }

    check_print(file, cat, warnings);
    check_done(c, file)->items = xsell_catalog_n(cat);
    xsell_catalog_destroy(cat);

    return check_done(c, file)->items;
}


/* against the shop's catalogue, where a configuration names it */

static void
check_rules(check_t *c, const char *file)
{
    unsigned           warnings;
    xsell_catalog_t   *cat;
    xsell_business_t  *b;

    warnings = 0;
    cat = c->catalog ? cli_catalog_quiet(c->catalog) : NULL;
    b = cli_business(file, cat, &warnings);

    if (b && c->slot) {
        warnings += cli_business_site(file, b, c->slot, c->slot_n, c->geoip);
    }

    c->warnings += warnings;

    if (b) {
        printf("%s: %u rule%s%s, %u warning%s\n", file, xsell_business_n(b),
               xsell_business_n(b) == 1 ? "" : "s",
               cat ? "" : ", the names in them not looked up (no catalogue)",
               warnings, warnings == 1 ? "" : "s");

    } else {
        c->errors++;
    }

    xsell_business_destroy(b);
    xsell_catalog_destroy(cat);
}


xsell_templates_t *
check_templates(check_t *c, const char *folder)
{
    int                 rc;
    char                names[1024];
    unsigned            i, languages;
    cli_look_t          look;
    xsell_templates_t  *ts;

    rc = cli_look_open(&look, folder);

    c->errors += look.errors;
    c->warnings += look.warnings;
    languages = 0;

    for (i = 0; i < look.file_n; i++) {
        c->files++;
        languages += look.file[i].kind == CLI_LOOK_STRINGS;
        check_done(c, look.file[i].path)->checked = 1;

        if (look.file[i].kind == CLI_LOOK_RULES) {
            check_rules(c, look.file[i].path);
        }
    }

    if (folder && rc == CLI_OK) {
        cli_look_names(look.templates, names, sizeof(names));
        printf("%s: templates %s; %u file%s of strings, %u warning%s\n",
               folder, names, languages, languages == 1 ? "" : "s",
               look.warnings, look.warnings == 1 ? "" : "s");
    }

    ts = look.templates;
    look.templates = NULL;
    cli_look_close(&look);

    return ts;
}


void
check_theme(check_t *c, const char *file, const char *folder)
{
    char            a[32], *text, path[4096];
    unsigned        warnings;
    xsell_str_t     style;
    xsell_theme_t  *theme;
    struct stat     st;

    if (!check_turn(c, file)) {
        return;
    }

    c->files++;
    text = NULL;
    style.p = "";
    style.n = 0;

    if (folder
        && (size_t) snprintf(path, sizeof(path), "%s/style.css", folder)
           < sizeof(path)
        && stat(path, &st) == 0 && S_ISREG(st.st_mode)
        && cli_read(path, &text, &style.n) == 0)
    {
        style.p = text;
    }

    warnings = 0;
    theme = cli_theme_open(file, style, &warnings);
    c->warnings += warnings;

    if (theme) {
        printf("%s: theme, a stylesheet of %s, %u warning%s\n", file,
               cli_bytes(a, xsell_theme_sheet(theme).n), warnings,
               warnings == 1 ? "" : "s");

    } else {
        c->errors++;
    }

    xsell_theme_destroy(theme);
    free(text);
}


static void
check_look(check_t *c, const char *file)
{
    char  *path;

    path = check_turn(c, file) ? strdup(file) : NULL;

    if (path) {
        xsell_templates_destroy(check_templates(c, dirname(path)));
        free(path);
    }
}


static void
check_file(check_t *c, const char *file, unsigned kind)
{
    switch (kind) {

    case CHECK_CONF:
        if (check_turn(c, file)) {
            check_conf(c, file);
        }

        break;

    case CHECK_LOOK:
        check_look(c, file);
        break;

    case CHECK_THEME:
        check_theme(c, file, NULL);
        break;

    default:
        (void) check_catalog(c, file);
    }
}


/* ---- folders ---------------------------------------------------------- */

static int
check_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}


static int
check_before(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}


static int
check_list_add(check_list_t *list, char *path)
{
    char  **more;

    if (list->n == CHECK_FILES) {
        (void) cli_fail("more than %d files: left out from %s on",
                        CHECK_FILES, path);
        return -1;
    }

    if (list->n == list->room) {
        list->room = list->room ? list->room * 2 : 64;
        more = realloc(list->file, list->room * sizeof(*more));

        if (more == NULL) {
            (void) cli_fail("not enough memory");
            return -1;
        }

        list->file = more;
    }

    list->file[list->n++] = path;

    return 0;
}


static void
check_list_folder(check_list_t *list, const char *folder, unsigned depth)
{
    int              i, n;
    char            *path;
    size_t           len;
    struct stat      st;
    struct dirent  **entry;

    entry = NULL;
    n = depth < CHECK_DEPTH
        ? scandir(folder, &entry, check_visible, check_before) : -1;

    if (n < 0) {
        list->failed = 1;
        (void) cli_fail("%s: %s", folder, depth < CHECK_DEPTH
                        ? strerror(errno) : "folders are nested too deeply");
        return;
    }

    len = strlen(folder);

    while (len > 1 && folder[len - 1] == '/') {
        len--;
    }

    for (i = 0; i < n; i++) {
        path = NULL;

        if (!list->failed
            && asprintf(&path, "%.*s/%s", (int) len, folder,
                        entry[i]->d_name) < 0)
        {
            path = NULL;
            list->failed = 1;
        }

        if (path && stat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
            check_list_folder(list, path, depth + 1);

        } else if (path && stat(path, &st) == 0 && S_ISREG(st.st_mode)) {

            if (check_list_add(list, path) == 0) {
                path = NULL;

            } else {
                list->failed = 1;
            }
        }

        free(path);
        free(entry[i]);
    }

    free(entry);
}


static void
check_folder(check_t *c, const char *folder)
{
    unsigned       i, kind, before;
    uint8_t       *kinds;
    check_list_t   list;

    memset(&list, 0, sizeof(list));
    check_list_folder(&list, folder, 0);

    c->errors += list.failed != 0;
    before = c->files;
    kinds = calloc(list.n + 1u, 1);

    for (i = 0; kinds && i < list.n; i++) {
        kinds[i] = (uint8_t) check_kind(list.file[i]);
        c->left += kinds[i] == CHECK_UNKNOWN;
    }

    for (kind = CHECK_CONF; kinds && kind < CHECK_KINDS; kind++) {
        for (i = 0; i < list.n; i++) {
            if (kinds[i] == kind) {
                check_file(c, list.file[i], kind);
            }
        }
    }

    if (c->files == before && !list.failed) {
        (void) cli_fail("%s: nothing in it that could be checked", folder);
        c->errors++;
    }

    for (i = 0; i < list.n; i++) {
        free(list.file[i]);
    }

    free(list.file);
    free(kinds);
}


/* ---- the command ------------------------------------------------------ */

static int
check_run(char **name, unsigned n, int strict)
{
    unsigned     i, left;
    check_t      c;
    struct stat  st;

    memset(&c, 0, sizeof(c));

    for (i = 0; i < n; i++) {

        if (strcmp(name[i], "-") != 0 && stat(name[i], &st) == 0
            && S_ISDIR(st.st_mode))
        {
            check_folder(&c, name[i]);

        } else {
            check_file(&c, name[i], check_kind(name[i]));
        }
    }

    left = c.left;

    if (c.files > 1 || left) {
        printf("%u file%s: %u error%s, %u warning%s", c.files,
               c.files == 1 ? "" : "s", c.errors, c.errors == 1 ? "" : "s",
               c.warnings, c.warnings == 1 ? "" : "s");

        if (left) {
            printf("; %u other%s left out", left, left == 1 ? "" : "s");
        }

        printf("\n");
    }

    for (i = 0; i < c.done_n; i++) {
        free(c.done[i].real);
    }

    free(c.done);

    return c.errors || (strict && c.warnings) ? CLI_FAILED : CLI_OK;
}


int
cli_check(int argc, char **argv)
{
    int  c, strict;

    static const struct option  options[] = {
        { "strict", no_argument, NULL, 's' },
        { "help",   no_argument, NULL, 'h' },
        { NULL, 0, NULL, 0 }
    };

    strict = 0;

    while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {

        switch (c) {

        case 's':
            strict = 1;
            break;

        case 'h':
            fputs(check_help, stdout);
            return CLI_OK;

        default:
            return CLI_USAGE;
        }
    }

    if (optind == argc) {
        return cli_usage("check", "no file");
    }

    return check_run(argv + optind, (unsigned) (argc - optind), strict);
}

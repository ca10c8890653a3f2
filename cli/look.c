
/*
 * look.c: what fragments look like, from the files of a shop: the folder of
 * `templates` and the file of `theme`, read as the nginx module reads them:
 *
 *     NAME.mustache        a template, or a part that others include
 *     strings.LANG.json    texts of a language
 *     style.css            rules after ours in the stylesheet
 *     rules.json           the shop's own rules: read against a catalogue, by
 *                          those who have one (rules.c)
 *
 * nginx stops at the first mistake.  Somebody at a shell wants all of them:
 * a template that does not compile is said, emptied, and the others are
 * compiled again, until nothing is left to say.
 */

#include "cli.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>


#define LOOK_FILES_MAX  256             /* as nginx: of a folder */
#define LOOK_BYTES_MAX  (1 << 20)       /* as nginx: of a file */


static int
look_ends(const char *name, const char *tail)
{
    size_t  n, m;

    n = strlen(name);
    m = strlen(tail);

    return n > m && strcmp(name + n - m, tail) == 0;
}


unsigned
cli_look_kind(const char *name, xsell_str_t *key)
{
    key->p = name;
    key->n = 0;

    if (name[0] == '.') {
        return CLI_LOOK_NONE;
    }

    if (look_ends(name, ".mustache")) {
        key->n = strlen(name) - strlen(".mustache");
        return CLI_LOOK_TEMPLATE;
    }

    if (strncmp(name, "strings.", 8) == 0 && look_ends(name + 8, ".json")) {
        key->p = name + 8;
        key->n = strlen(name) - 8 - strlen(".json");
        return CLI_LOOK_STRINGS;
    }

    if (strcmp(name, "rules.json") == 0) {
        return CLI_LOOK_RULES;
    }

    return strcmp(name, "style.css") == 0 ? CLI_LOOK_STYLE : CLI_LOOK_NONE;
}


/* ---- the folder ------------------------------------------------------- */

/* what somebody may have meant by a file that is not read, or NULL */

static const char *
look_near(const char *name)
{
    size_t    i, n;

    static const struct {
        const char  *head;
        const char  *tail;
        const char  *meant;
    } near[] = {
        { "string", ".json", "texts are in files named strings.LANG.json, "
          "such as strings.de.json" },
        { "rule", ".json", "the shop's rules are in a file named rules.json" },
        { "style", ".css", "the shop's own style is in a file named "
          "style.css" },
        { "", ".hbs", "templates are files named NAME.mustache" },
        { "", ".handlebars", "templates are files named NAME.mustache" },
        { "", ".mst", "templates are files named NAME.mustache" }
    };

    n = strlen(name);

    for (i = 0; i < sizeof(near) / sizeof(near[0]); i++) {
        if (strncasecmp(name, near[i].head, strlen(near[i].head)) == 0
            && n > strlen(near[i].tail)
            && strcasecmp(name + n - strlen(near[i].tail), near[i].tail) == 0)
        {
            return near[i].meant;
        }
    }

    return NULL;
}


/* a warning of a file of the folder */

static void
look_warn(cli_look_t *look, const char *folder, const char *name,
    const char *text)
{
    size_t         n;
    char           path[4096];
    xsell_error_t  warning;

    n = strlen(folder);
    snprintf(path, sizeof(path), "%s%s%s", folder,
             n && folder[n - 1] == '/' ? "" : "/", name);

    xsell_fail(&warning, XSELL_OK, 0, 0, "%s", text);
    cli_report(path, "warning", &warning);
    look->warnings++;
}


/* strings.german.json: no page says that it is in "german" */

static void
look_language(cli_look_t *look, const char *folder, const char *name,
    xsell_str_t lang)
{
    size_t  n;

    n = strspn(lang.p, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");

    if (n < 2 || n > 3) {
        look_warn(look, folder, name, "the name has no language tag, such as "
                  "strings.de.json or strings.pt-BR.json: no page has it");
    }
}


static int
look_wanted(const struct dirent *entry)
{
    xsell_str_t  key;

    return cli_look_kind(entry->d_name, &key) != CLI_LOOK_NONE
           || look_near(entry->d_name) != NULL;
}


/* not alphasort: that is the language's order, and differs by machine */

static int
look_before(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}


static int
look_add(cli_look_t *look, const char *folder, const char *name)
{
    size_t            n;
    struct stat       st;
    cli_look_file_t  *file;

    file = &look->file[look->file_n];
    memset(file, 0, sizeof(*file));

    n = strlen(folder);
    file->path = malloc(n + strlen(name) + 2);

    if (file->path == NULL) {
        return cli_fail("not enough memory");
    }

    sprintf(file->path, "%s%s%s", folder,
            n && folder[n - 1] == '/' ? "" : "/", name);

    file->kind = cli_look_kind(file->path + strlen(file->path)
                               - strlen(name), &file->key);
    look->file_n++;

    /* asked first: a pipe would be waited for, a disk image read */

    if (stat(file->path, &st) == 0
        && (!S_ISREG(st.st_mode) || st.st_size > LOOK_BYTES_MAX))
    {
        return cli_fail("%s: is not a file of at most %d bytes", file->path,
                        LOOK_BYTES_MAX);
    }

    if (cli_read(file->path, &file->text, &file->n) != 0) {
        return CLI_FAILED;
    }

    if (file->n > LOOK_BYTES_MAX) {
        return cli_fail("%s: is more than %d bytes", file->path,
                        LOOK_BYTES_MAX);
    }

    return CLI_OK;
}


static int
look_scan(cli_look_t *look, const char *folder)
{
    int              i, n, rc;
    char             text[128];
    unsigned         kind;
    xsell_str_t      key;
    struct dirent  **entry;

    n = scandir(folder, &entry, look_wanted, look_before);

    if (n < 0) {
        return cli_fail("%s: %s", folder, strerror(errno));
    }

    look->file = calloc((size_t) n + 1, sizeof(*look->file));
    rc = CLI_OK;

    if (look->file == NULL) {
        rc = cli_fail("not enough memory");

    } else if (n > LOOK_FILES_MAX) {
        rc = cli_fail("%s: more than %d templates, strings and styles",
                      folder, LOOK_FILES_MAX);
    }

    for (i = 0; i < n; i++) {

        kind = cli_look_kind(entry[i]->d_name, &key);

        if (kind == CLI_LOOK_STRINGS) {
            look_language(look, folder, entry[i]->d_name, key);
        }

        if (kind == CLI_LOOK_NONE) {
            snprintf(text, sizeof(text), "is not read: %s",
                     look_near(entry[i]->d_name));
            look_warn(look, folder, entry[i]->d_name, text);

        } else if (rc == CLI_OK
                 && look_add(look, folder, entry[i]->d_name) != CLI_OK)
        {
            look->errors++;
            look->file[look->file_n - 1].bad = 1;
        }

        free(entry[i]);
    }

    free(entry);

    return rc;
}


/* ---- the templates ---------------------------------------------------- */

/* gives one file to the set; a mistake is said once */

static int
look_give(cli_look_t *look, xsell_templates_t *ts, cli_look_file_t *file,
    int again)
{
    int            rc;
    xsell_str_t    text;
    cli_warned_t   warned;
    xsell_error_t  err;

    memset(&err, 0, sizeof(err));
    memset(&warned, 0, sizeof(warned));

    warned.file = file->path;
    warned.quiet = again;

    /* a blank in its place: others may have it as their part */

    text.p = file->bad ? " " : file->text;
    text.n = file->bad ? 1 : file->n;

    rc = XSELL_OK;

    if (file->kind == CLI_LOOK_TEMPLATE) {
        rc = xsell_templates_add(ts, file->key, text, &err);

    } else if (file->kind == CLI_LOOK_STRINGS && !file->bad) {
        rc = xsell_templates_strings(ts, file->key, text, cli_warning,
                                     &warned, &err);
    }

    if (!again) {
        look->warnings += warned.n;
    }

    if (rc == XSELL_OK) {
        return 0;
    }

    if (!again) {
        look->errors++;
        file->bad = 1;
        cli_report(file->path, "error", &err);
    }

    return rc == XSELL_ENOMEM ? -1 : 0;
}


/* compiles all once; the file that has a mistake is marked.  XSELL_OK, or
   XSELL_AGAIN: try without that one, else there is no way on */

static int
look_compile(cli_look_t *look, int again)
{
    int            rc;
    unsigned       i;
    xsell_str_t    name;
    xsell_error_t  err;

    memset(&err, 0, sizeof(err));

    if (xsell_templates_create(&look->templates) != XSELL_OK) {
        (void) cli_fail("not enough memory");
        return XSELL_ENOMEM;
    }

    for (i = 0; i < look->file_n; i++) {
        if (look_give(look, look->templates, &look->file[i], again) != 0) {
            return XSELL_ENOMEM;
        }
    }

    name.p = NULL;
    name.n = 0;
    rc = xsell_templates_compile(look->templates, &name, &err);

    if (rc == XSELL_OK) {
        return XSELL_OK;
    }

    look->errors++;

    for (i = 0; i < look->file_n; i++) {

        if (look->file[i].kind == CLI_LOOK_TEMPLATE && !look->file[i].bad
            && look->file[i].key.n == name.n
            && memcmp(look->file[i].key.p, name.p, name.n) == 0)
        {
            look->file[i].bad = 1;
            cli_report(look->file[i].path, "error", &err);

            return XSELL_AGAIN;
        }
    }

    cli_report("built-in template", "error", &err);

    return rc;
}


/* a doubt is about a file of the folder */

static void
look_doubt(void *ctx, const char *file, const xsell_error_t *warning)
{
    char           path[4096];
    size_t         n;
    cli_warned_t  *warned, one;

    warned = ctx;
    n = strlen(warned->file);
    snprintf(path, sizeof(path), "%s%s%s", warned->file,
             n && warned->file[n - 1] == '/' ? "" : "/", file);

    one = *warned;
    one.file = path;
    cli_warning(&one, warning);
    warned->n = one.n;
}


int
cli_look_open(cli_look_t *look, const char *folder)
{
    int           rc, again;
    unsigned      i;
    cli_warned_t  warned;

    memset(look, 0, sizeof(*look));

    if (folder && look_scan(look, folder) != CLI_OK) {
        look->errors++;
        cli_look_close(look);

        return CLI_FAILED;
    }

    /* each turn but the last marks one more file */

    for (again = 0; ; again = 1) {
        rc = look_compile(look, again);

        if (rc == XSELL_OK && look->errors == 0) {
            break;
        }

        xsell_templates_destroy(look->templates);
        look->templates = NULL;

        if (rc != XSELL_AGAIN) {
            look->errors += look->errors == 0;
            return CLI_FAILED;
        }
    }

    for (i = 0; i < look->file_n; i++) {
        if (look->file[i].kind == CLI_LOOK_STYLE) {
            look->style.p = look->file[i].text;
            look->style.n = look->file[i].n;
        }
    }

    if (folder) {
        memset(&warned, 0, sizeof(warned));
        warned.file = folder;
        xsell_templates_check(look->templates, look_doubt, &warned);
        look->warnings += warned.n;
    }

    return CLI_OK;
}


void
cli_look_close(cli_look_t *look)
{
    unsigned  i;

    for (i = 0; i < look->file_n; i++) {
        free(look->file[i].path);
        free(look->file[i].text);
    }

    free(look->file);
    xsell_templates_destroy(look->templates);

    look->file = NULL;
    look->file_n = 0;
    look->templates = NULL;
}


void
cli_look_names(const xsell_templates_t *ts, char *out, size_t cap)
{
    size_t       n;
    uint32_t     i;
    xsell_str_t  name;

    out[0] = '\0';

    for (i = 0, n = 0; i < xsell_templates_n(ts) && n < cap; i++) {
        name = xsell_templates_name(ts, i);

        /* a part of others that can't stand alone is not found */

        if (xsell_templates_find(ts, name) >= 0) {
            n += (size_t) snprintf(out + n, cap - n, "%s%.*s", n ? ", " : "",
                                   (int) name.n, name.p);
        }
    }
}


/* ---- the theme -------------------------------------------------------- */

xsell_theme_t *
cli_theme_open(const char *tokens, xsell_str_t style, unsigned *warnings)
{
    int             rc;
    char           *text;
    size_t          n;
    xsell_str_t     json;
    cli_warned_t    warned;
    xsell_error_t   err;
    xsell_theme_t  *theme;

    text = NULL;
    n = 0;

    if (tokens && cli_read(tokens, &text, &n) != 0) {
        return NULL;
    }

    memset(&err, 0, sizeof(err));
    memset(&warned, 0, sizeof(warned));

    warned.file = tokens ? tokens : "neutral theme";
    json.p = text ? text : "";
    json.n = n;

    rc = xsell_theme_create(&theme, json, style, cli_warning, &warned, &err);
    free(text);

    if (warnings) {
        *warnings = warned.n;
    }

    if (rc != XSELL_OK) {
        cli_report(warned.file, "error", &err);
        return NULL;
    }

    return theme;
}


/*
 * conf.c: nginx's configuration as words, for `xsell check`: what nginx calls
 * a token, with quotes, escapes, comments, variables, includes and the blocks
 * of Lua that follow no such rules.
 *
 * It knows no directive but include.  What it accepts and nginx does not is
 * nginx's to say: `nginx -t` has the last word.  Asking that was the
 * alternative; but it needs the modules, the right to read keys, and a
 * configuration that is complete, and a marketer's machine has none of them.
 */

#include "cli.h"

#include <errno.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>


#define CONF_DEPTH     8                /* includes in one another */
#define CONF_WORD_MAX  4096
#define CONF_FILES     1000             /* that one include may name */


typedef struct {
    const char          *file;
    const char          *folder;
    cli_directive_pt     each;
    void                *ctx;
    unsigned             depth;

    const char          *p;
    const char          *end;
    unsigned             line;
    unsigned             column;

    cli_directive_t      d;
} conf_t;


static int conf_file(const char *file, const char *folder,
    cli_directive_pt each, void *ctx, unsigned depth);


static int
conf_error(const conf_t *c, const char *text)
{
    xsell_error_t  err;

    (void) xsell_fail(&err, XSELL_EINVAL, c->line, c->column, "%s", text);
    cli_report(c->file, "error", &err);

    return CLI_FAILED;
}


/* what ends a directive that has no ";": most likely it was forgotten */

static int
conf_open_end(const conf_t *c, const char *what)
{
    char  text[160];

    snprintf(text, sizeof(text), "%s: is a \";\" missing at the end of line "
             "%u%s?", what, c->d.word[c->d.n - 1].line, c->d.comment
             ? ", or is there a \"#\" without quotes, which begins a comment"
             : "");

    return conf_error(c, text);
}


/* the next character, -1 at the end */

static int
conf_peek(const conf_t *c)
{
    return c->p < c->end ? (uint8_t) *c->p : -1;
}


static int
conf_next(conf_t *c)
{
    int  ch;

    ch = conf_peek(c);

    if (ch < 0) {
        return ch;
    }

    c->p++;
    c->column++;

    if (ch == '\n') {
        c->line++;
        c->column = 1;
    }

    return ch;
}


/* past white space and comments */

static void
conf_space(conf_t *c)
{
    int  ch;

    for ( ;; ) {
        ch = conf_peek(c);

        if (ch == '#') {
            c->d.comment = c->d.n != 0;

            while (ch >= 0 && ch != '\n') {
                ch = conf_next(c);
            }

        } else if (ch == ' ' || ch == '\t' || ch == '\r' || ch == '\n') {
            (void) conf_next(c);

        } else {
            return;
        }
    }
}


/* an escaped character: nginx drops the backslash before these only */

static size_t
conf_escape(conf_t *c, char *out)
{
    int  ch;

    ch = conf_next(c);

    switch (ch) {

    case '"':
    case '\'':
    case '\\':
        *out = (char) ch;
        return 1;

    case 't':
        *out = '\t';
        return 1;

    case 'r':
        *out = '\r';
        return 1;

    case 'n':
        *out = '\n';
        return 1;
    }

    out[0] = '\\';
    out[1] = (char) ch;

    return ch < 0 ? 1 : 2;
}


/* one word into d */

static int
conf_word(conf_t *c)
{
    int          ch, quote, var;
    char         text[CONF_WORD_MAX + 4];
    size_t       n;
    cli_word_t  *word;

    if (c->d.n == CLI_WORDS_MAX) {
        return conf_error(c, "too many words in one directive");
    }

    word = &c->d.word[c->d.n];
    word->line = c->line;
    word->column = c->column;

    quote = conf_peek(c);
    quote = quote == '"' || quote == '\'' ? conf_next(c) : 0;
    word->quoted = quote != 0;

    for (n = 0, var = 0; n < CONF_WORD_MAX; ) {
        ch = conf_peek(c);

        if (ch < 0 && quote) {
            return conf_error(c, "the file ends inside quotes");
        }

        if (ch < 0 || (quote && ch == quote)) {
            break;
        }

        if (!quote && (ch == ' ' || ch == '\t' || ch == '\r' || ch == '\n'
                       || ch == ';' || (ch == '{' && !var)))
        {
            break;
        }

        (void) conf_next(c);
        var = ch == '$';

        if (ch == '\\') {
            n += conf_escape(c, text + n);

        } else {
            text[n++] = (char) ch;
        }
    }

    if (n >= CONF_WORD_MAX) {
        return conf_error(c, "a word is longer than 4096 bytes: is a quote "
                          "missing?");
    }

    if (quote) {
        (void) conf_next(c);
    }

    text[n] = '\0';
    word->text = strdup(text);

    if (word->text == NULL) {
        return cli_fail("not enough memory");
    }

    c->d.n++;

    return CLI_OK;
}


static void
conf_words_free(conf_t *c)
{
    while (c->d.n) {
        free(c->d.word[--c->d.n].text);
    }

    c->d.comment = 0;
}


/* past a block of Lua: braces count, but not in its strings and comments */

static int
conf_lua(conf_t *c)
{
    int       ch, quote;
    unsigned  depth;

    for (depth = 1; depth; ) {
        ch = conf_next(c);

        if (ch < 0) {
            return conf_error(c, "the file ends inside a block of Lua");
        }

        if (ch == '{') {
            depth++;

        } else if (ch == '}') {
            depth--;

        } else if (ch == '-' && conf_peek(c) == '-') {
            while (ch >= 0 && ch != '\n') {
                ch = conf_next(c);
            }

        } else if (ch == '"' || ch == '\'') {
            for (quote = ch, ch = conf_next(c); ch >= 0 && ch != quote
                 && ch != '\n'; ch = conf_next(c))
            {
                if (ch == '\\') {
                    (void) conf_next(c);
                }
            }
        }
    }

    return CLI_OK;
}


static int
conf_include(conf_t *c)
{
    int      rc;
    char     name[CONF_WORD_MAX * 2];
    glob_t   found;
    size_t   i, folder;

    folder = c->d.word[1].text[0] == '/' ? 0 : strlen(c->folder);

    rc = snprintf(name, sizeof(name), "%.*s%s%s", (int) folder, c->folder,
                  folder ? "/" : "", c->d.word[1].text);

    if (rc < 0 || (size_t) rc >= sizeof(name)) {
        return conf_error(c, "the name is too long");
    }

    rc = glob(name, 0, NULL, &found);

    if (rc == GLOB_NOMATCH) {
        c->line = c->d.word[1].line;
        c->column = c->d.word[1].column;

        /* as nginx: a pattern may match nothing */

        return strpbrk(name, "*?[") ? CLI_OK
                                    : conf_error(c, "no such file to include");
    }

    if (rc != 0) {
        return conf_error(c, "what is included can't be read");
    }

    for (i = 0, rc = CLI_OK; i < found.gl_pathc && rc == CLI_OK; i++) {
        rc = i < CONF_FILES ? conf_file(found.gl_pathv[i], c->folder, c->each,
                                        c->ctx, c->depth + 1)
                            : conf_error(c, "too many files to include");
    }

    globfree(&found);

    return rc;
}


static int
conf_directive(conf_t *c)
{
    int          rc;
    size_t       n;
    const char  *name;

    static const char  lua[] = "_by_lua_block";

    name = c->d.word[0].text;
    n = strlen(name);

    if (c->d.end == ';' && c->d.n == 2 && strcmp(name, "include") == 0) {
        return conf_include(c);
    }

    if (c->d.end == '{' && n > sizeof(lua)
        && strcmp(name + n - (sizeof(lua) - 1), lua) == 0)
    {
        return conf_lua(c);
    }

    rc = c->each(c->ctx, &c->d);

    return rc;
}


static int
conf_text(conf_t *c)
{
    int       rc, ch;
    unsigned  depth;

    for (depth = 0, rc = CLI_OK; rc == CLI_OK; ) {
        conf_space(c);
        ch = conf_peek(c);

        switch (ch) {

        case -1:
            if (c->d.n) {
                return conf_open_end(c, "the file ends inside a directive");
            }

            return depth ? conf_error(c, "the file ends inside a block: is a "
                                      "\"}\" missing?") : CLI_OK;

        case ';':
        case '{':
            if (c->d.n == 0) {
                return conf_error(c, ch == ';' ? "unexpected \";\""
                                               : "unexpected \"{\"");
            }

            (void) conf_next(c);
            depth += ch == '{'
                     && strstr(c->d.word[0].text, "_by_lua_block") == NULL;
            c->d.end = (char) ch;
            rc = conf_directive(c);
            conf_words_free(c);
            break;

        case '}':
            if (c->d.n) {
                return conf_open_end(c, "unexpected \"}\"");
            }

            if (depth == 0) {
                return conf_error(c, "unexpected \"}\"");
            }

            (void) conf_next(c);
            depth--;
            c->d.end = '}';
            rc = c->each(c->ctx, &c->d);
            break;

        default:
            rc = conf_word(c);
        }
    }

    return rc;
}


static int
conf_file(const char *file, const char *folder, cli_directive_pt each,
    void *ctx, unsigned depth)
{
    int      rc;
    char    *text;
    size_t   n;
    conf_t  *c;

    if (depth > CONF_DEPTH) {
        return cli_fail("%s: files include each other too deeply", file);
    }

    if (cli_read(file, &text, &n) != 0) {
        return CLI_FAILED;
    }

    c = calloc(1, sizeof(*c));

    if (c == NULL) {
        free(text);
        return cli_fail("not enough memory");
    }

    c->file = file;
    c->folder = folder;
    c->each = each;
    c->ctx = ctx;
    c->depth = depth;
    c->p = text;
    c->end = text + n;
    c->line = 1;
    c->column = 1;
    c->d.file = file;

    rc = conf_text(c);

    conf_words_free(c);
    free(c);
    free(text);

    return rc;
}


int
cli_conf_read(const char *file, const char *folder, cli_directive_pt each,
    void *ctx)
{
    return conf_file(file, folder, each, ctx, 0);
}

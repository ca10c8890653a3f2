
/*
 * explain_slots.c: the slots that `xsell explain` looks for: of its command
 * line, or of a configuration, each with the location in which it is written.
 *
 * Of a page that is a file all locations are answered; of a URL the one that
 * nginx would take (explain_location.c).
 */

#include "explain.h"

#include <libgen.h>
#include <stdlib.h>
#include <string.h>


/* ---- of the command line ---------------------------------------------- */

static explain_slot_t *
explain_add(explain_t *e, const char *name, const char *position,
    const char *selector)
{
    explain_slot_t  *s;

    if (e->slot_n == EXPLAIN_SLOTS) {
        return NULL;
    }

    s = &e->slot[e->slot_n++];
    s->name = strdup(name);
    s->position = strdup(position);
    s->selector = strdup(selector);

    return s;
}


/* 'after "main p"', or the name of a marker */

int
explain_option(explain_t *e, const char *text)
{
    char             name[16], position[16];
    size_t           n;
    const char      *p;
    explain_slot_t  *s;

    text += strspn(text, " \t");
    n = strcspn(text, " \t");
    p = text + n + strspn(text + n, " \t");

    if (*p == '\0') {
        s = explain_add(e, text, "", "");

        if (s) {
            s->name[n] = '\0';
        }

    } else {
        snprintf(name, sizeof(name), "%u", e->slot_n + 1);
        snprintf(position, sizeof(position), "%.*s",
                 n < sizeof(position) ? (int) n : 15, text);
        s = explain_add(e, name, position, p);

        n = strlen(p);

        if (s && n > 1 && (*p == '"' || *p == '\'') && p[n - 1] == *p) {
            memmove(s->selector, p + 1, n - 2);
            s->selector[n - 2] = '\0';
        }
    }

    return s ? CLI_OK : cli_usage("explain", "too many slots");
}


int
explain_more(explain_t *e, unsigned i, const char *name, const char *value)
{
    if (e->slot_n == 0) {
        return cli_usage("explain", "--%s %s has no --slot before it", name,
                         value);
    }

    if (asprintf(&e->slot[e->slot_n - 1].more[i], "%s=%s", name, value)
        == -1)
    {
        return cli_fail("out of memory");
    }

    return CLI_OK;
}


/* ---- a configuration -------------------------------------------------- */

static int
explain_slot(explain_t *e, const cli_directive_t *d)
{
    int              placed;
    unsigned         i;
    const char      *word;
    explain_slot_t  *s;

    placed = d->n > 3 && xsell_places_position(cli_str(d->word[2].text));
    s = explain_add(e, d->word[1].text, placed ? d->word[2].text : "",
                    placed ? d->word[3].text : "");

    if (s == NULL) {
        return cli_fail("more than %d slots", EXPLAIN_SLOTS);
    }

    for (i = placed ? 4 : 2; i < d->n; i++) {
        word = d->word[i].text;

        if (strncmp(word, "existing=", 9) == 0 && s->more[0] == NULL) {
            s->more[0] = strdup(word);

        } else if (strncmp(word, "root=", 5) == 0 && s->more[1] == NULL) {
            s->more[1] = strdup(word);
        }
    }

    s->block = strdup(e->depth ? e->block[e->depth - 1] : "");
    s->number = e->depth ? e->number[e->depth - 1] : 0;

    return asprintf(&s->at, "%s:%u", d->file, d->word[0].line) == -1
           ? cli_fail("out of memory") : CLI_OK;
}


static int
explain_open(explain_t *e, const cli_directive_t *d)
{
    size_t    n;
    char     *text;
    unsigned  i;

    if (e->depth == EXPLAIN_BLOCKS) {
        return cli_fail("%s:%u: too many blocks in one another", d->file,
                        d->word[0].line);
    }

    for (i = 0, n = 1; i < d->n; i++) {
        n += strlen(d->word[i].text) + 1;
    }

    text = calloc(1, n);

    if (text == NULL) {
        return cli_fail("out of memory");
    }

    for (i = 0; i < d->n; i++) {
        strcat(text, i ? " " : "");
        strcat(text, d->word[i].text);
    }

    e->block[e->depth] = text;
    e->number[e->depth] = ++e->blocks;

    if (explain_block_open(e, d) != CLI_OK) {
        return CLI_FAILED;
    }

    e->depth++;

    return CLI_OK;
}


static int
explain_take(void *ctx, const cli_directive_t *d)
{
    explain_t  *e = ctx;

    if (d->end == '}') {
        if (e->depth) {
            free(e->block[--e->depth]);
        }

        return CLI_OK;
    }

    if (d->end == '{') {
        return explain_open(e, d);
    }

    if (d->n > 1 && strcmp(d->word[0].text, "server_name") == 0) {
        explain_block_names(e, d);
    }

    return d->n > 1 && strcmp(d->word[0].text, "xsell_slot") == 0
           ? explain_slot(e, d) : CLI_OK;
}


int
explain_config(explain_t *e, const char *file)
{
    int    rc;
    char  *path;

    path = strdup(file);

    if (path == NULL) {
        return cli_fail("out of memory");
    }

    rc = cli_conf_read(file, dirname(path), explain_take, e);
    free(path);

    return rc;
}


void
explain_slot_free(explain_slot_t *s)
{
    free(s->name);
    free(s->position);
    free(s->selector);
    free(s->more[0]);
    free(s->more[1]);
    free(s->block);
    free(s->at);
}


void
explain_slots_free(explain_t *e)
{
    unsigned  i;

    for (i = 0; i < e->slot_n; i++) {
        explain_slot_free(&e->slot[i]);
    }

    while (e->depth) {
        free(e->block[--e->depth]);
    }

    explain_blocks_free(e);
}

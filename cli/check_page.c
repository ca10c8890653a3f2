
/*
 * check_page.c: what `xsell check` says of a directive of pages: a slot, an
 * event, consent, an endpoint.  After the names and places of directives
 * (check_conf.c), before what they name is looked up (check_shop.c).
 *
 * The words of a mistake are the module's (ngx_http_xsell_slot.c,
 * ngx_http_xsell_location.c), with the column that nginx does not know.  One
 * function for both was not made: the module has nginx's strings and stops at
 * the first mistake, here the next ones are wanted too.
 */

#include "check.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>


#define CONF_BARE    ": a \"#\" without quotes begins a comment"
#define CONF_ITEMS   6                  /* of a slot that does not say */
#define CONF_BACK    256                /* notes, for a slot's name */
#define CONF_NOTES   65536


static const char *const  conf_slot_takes[] = {
    "items=", "template=", "title=", "offers=", "existing=", "root=", NULL
};


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
    return xsell_places_position(cli_str(word));
}


/* whether a word is one of these parameters */

static int
conf_is_parameter(const char *word, const char *const *takes)
{
    for ( /* void */ ; *takes; takes++) {
        if (strncmp(word, *takes, strlen(*takes)) == 0) {
            return 1;
        }
    }

    return 0;
}


int
conf_no_parameter(conf_check_t *c, const cli_directive_t *d, unsigned i,
    const char *const *takes)
{
    char         name[32], list[128];
    size_t       n, k, len;
    const char  *word, *near;

    word = d->word[i].text;

    for (n = 0; isalnum((unsigned char) word[n]) || word[n] == '_'
                || word[n] == '-'; n++)
    {
        if (n < sizeof(name) - 2) {
            name[n] = (char) tolower((unsigned char) word[n]);
        }
    }

    if (n == 0 || n >= sizeof(name) - 2 || word[n] != '=') {
        return 0;
    }

    name[n] = '=';
    name[n + 1] = '\0';
    len = 0;

    for (k = 0; takes[k]; k++) {
        len += (size_t) snprintf(list + len, sizeof(list) - len, "%s\"%s\"",
                                 k == 0 ? "" : takes[k + 1] ? ", " : " and ",
                                 takes[k]);
    }

    near = cli_nearest(name, takes, k);

    if (near) {
        conf_wrong(c, d, i, "\"%s\" has no parameter \"%.*s=\", did you mean "
                   "\"%s\"?", d->word[0].text, (int) n, word, near);
    } else {
        conf_wrong(c, d, i, "\"%s\" has no parameter \"%.*s=\": it takes %s",
                   d->word[0].text, (int) n, word, list);
    }

    return 1;
}


/* a parameter that a word before it gave, from word i on */

static void
conf_twice(conf_check_t *c, const cli_directive_t *d, unsigned i,
    const char *const *takes)
{
    unsigned  k, seen;

    for (seen = 0; i < d->n; i++) {
        for (k = 0; takes[k]; k++) {

            if (strncmp(d->word[i].text, takes[k], strlen(takes[k])) != 0) {
                continue;
            }

            if (seen & (1u << k)) {
                conf_wrong(c, d, i, "duplicate parameter \"%s\"",
                           d->word[i].text);
            }

            seen |= 1u << k;
        }
    }
}


/* a parameter whose "=" is left out, or stands for itself: "items 8" */

static const char *
conf_bare_parameter(const cli_directive_t *d, unsigned i)
{
    unsigned  k;

    for (k = 0; conf_slot_takes[k]; k++) {
        if (strncmp(d->word[i].text, conf_slot_takes[k],
                    strlen(conf_slot_takes[k]) - 1) == 0
            && strlen(d->word[i].text) == strlen(conf_slot_takes[k]) - 1)
        {
            return conf_slot_takes[k];
        }
    }

    return NULL;
}


/* the words from number 2 on, before number `last`, are no place: as the
   module says it (ngx_http_xsell_slot_words) */

static void
conf_slot_words(conf_check_t *c, const cli_directive_t *d, unsigned last)
{
    unsigned     i;
    const char  *bare;

    for (i = 2; i < last; i++) {
        if (!conf_is_parameter(d->word[i].text, conf_slot_takes)
            && conf_no_parameter(c, d, i, conf_slot_takes))
        {
            return;
        }
    }

    for (i = 2; i < last && !conf_is_parameter(d->word[i].text,
                                               conf_slot_takes); i++)
    {
        /* void */
    }

    bare = last > 4 ? conf_bare_parameter(d, 4) : NULL;

    if (i + 1 < last && (strncmp(d->word[i].text, "title=", 6) != 0
                         || conf_is_position(d->word[i + 1].text)))
    {
        conf_wrong(c, d, i, "position and selector come before \"%s\"",
                   d->word[i].text);

    } else if (i + 1 < last) {
        conf_wrong(c, d, i + 1, "a title with spaces needs quotes, \"title=Two "
                   "words\", unexpected \"%s\"", d->word[i + 1].text);

    } else if (i == last && last == 3 && conf_is_position(d->word[2].text)) {
        conf_wrong(c, d, 2, "a selector is missing after \"%s\"%s",
                   d->word[2].text, d->comment ? CONF_BARE : "");

    } else if (last == 3 && conf_is_position(d->word[1].text)) {
        conf_wrong(c, d, 1, "the slot's name is missing before \"%s\"",
                   d->word[1].text);

    } else if (bare) {
        conf_wrong(c, d, 4, "\"%s\" and its value are one word, \"%s...\"",
                   d->word[4].text, bare);

    } else if (i == last && last > 4 && conf_is_position(d->word[2].text)) {
        conf_wrong(c, d, 4, "a selector with spaces needs quotes, unexpected "
                   "\"%s\"%s", d->word[4].text, d->comment ? CONF_BARE : "");

    } else {
        i = last == 3 ? 2 : last - 1;
        conf_wrong(c, d, i, "\"xsell_slot\" is NAME [POSITION SELECTOR] "
                   "[items=N] [template=NAME[,NAME...][,none]] "
                   "[\"title=TWO WORDS\"] [offers=related|viewed] "
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
        || (last == 4 && conf_is_parameter(d->word[2].text, conf_slot_takes)))
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
    int           titled;
    long          items;
    unsigned      last, i, viewed;
    const char   *word, *template;
    conf_note_t  *note;

    titled = 0;
    viewed = 0;
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

        } else if (strncmp(word, "title=", 6) == 0) {
            titled = 1;

        } else if (strncmp(word, "offers=", 7) == 0) {
            viewed = strcmp(word + 7, "viewed") == 0 ? last - 1 : 0;

            if (viewed == 0 && strcmp(word + 7, "related") != 0) {
                conf_wrong(c, d, last - 1, "\"%s\": \"offers\" is related or "
                           "viewed", word);
            }

        } else if (!conf_is_parameter(word, conf_slot_takes)) {
            break;
        }
    }

    if (viewed && !titled) {
        conf_wrong(c, d, viewed, "\"%s\" needs a heading, such as "
                   "\"title=Recently viewed\"", d->word[viewed].text);
    }

    conf_twice(c, d, last, conf_slot_takes);
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


/* the first parameter is the one that an event of this kind can't do without,
   a rating needs both */

static void
conf_event(conf_check_t *c, const cli_directive_t *d)
{
    unsigned                  i, k;
    const char               *word;
    const char *const        *takes;

    static const char *const  cart[] = { "item=", "quantity=", NULL };
    static const char *const  item[] = { "item=", NULL };
    static const char *const  order[] = { "id=", "value=", "items=", NULL };
    static const char *const  rate[] = { "item=", "value=", NULL };

    word = d->word[1].text;

    takes = strcmp(word, "cart") == 0 ? cart
            : strcmp(word, "cart_remove") == 0 ? item
            : strcmp(word, "dismiss") == 0 ? item
            : strcmp(word, "order") == 0 ? order
            : strcmp(word, "rate") == 0 ? rate : NULL;

    if (takes == NULL) {
        conf_wrong(c, d, 1, "\"%s\" is none of \"cart\", \"cart_remove\", "
                   "\"order\", \"rate\", \"dismiss\"", word);
        return;
    }

    for (i = 2; i < d->n; i++) {
        if (conf_is_parameter(d->word[i].text, takes)) {
            continue;
        }

        if (!conf_no_parameter(c, d, i, takes)) {
            conf_wrong(c, d, i, "\"xsell_event %s\" takes parameters such as "
                       "\"%sVALUE\", unexpected \"%s\"", word, takes[0],
                       d->word[i].text);
        }

        return;
    }

    conf_twice(c, d, 2, takes);

    for (k = 0; k < (takes == rate ? 2u : 1u); k++) {

        for (i = 2; i < d->n; i++) {
            if (strncmp(d->word[i].text, takes[k], strlen(takes[k])) == 0) {
                break;
            }
        }

        if (i == d->n) {
            conf_wrong(c, d, 0, "\"xsell_event %s\" needs \"%s\", for example "
                       "\"%s%s\"", word, takes[k], takes[k],
                       takes == order ? "$upstream_http_x_order_id"
                       : k ? "$xsell_form_stars" : "$xsell_form_sku");
        }
    }
}


/* a constant names one item for every page of a location that has many */

static void
conf_item(conf_check_t *c, const cli_directive_t *d)
{
    const char  *word;

    word = d->word[1].text;

    if (strchr(word, '$') == NULL && strcmp(word, "off") != 0
        && word[0] != '\0' && !c->block[c->now].exact)
    {
        conf_doubt(c, d, 1, "every page here is of the item \"%s\"; a "
                   "variable is written \"$%s\"", word, word);
    }
}


static void
conf_status(conf_check_t *c, const cli_directive_t *d)
{
    (void) conf_note(c, d, 1, d->word[1].text);

    if (d->n == 3 && strcmp(d->word[2].text, "json") != 0
        && strcmp(d->word[2].text, "prometheus") != 0)
    {
        conf_wrong(c, d, 2, "\"%s\" is neither \"json\" nor \"prometheus\"",
                   d->word[2].text);
    }
}


void
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
        conf_status(c, d);

    } else if (strcmp(name, "xsell_item") == 0) {
        conf_item(c, d);

    } else if (strcmp(name, "xsell_page_cache") == 0) {

        if (strcmp(d->word[1].text, "0") != 0
            && cli_size(d->word[1].text) == 0)
        {
            conf_wrong(c, d, 1, "\"%s\" is no size such as 32m, nor 0",
                       d->word[1].text);
        }

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


/*
 * explain.h: what the files of `xsell explain` share: a page, and the slots
 * that are looked for in it.
 */

#ifndef XSELL_EXPLAIN_H
#define XSELL_EXPLAIN_H

#include "cli.h"


#define EXPLAIN_SLOTS   256             /* of a configuration */
#define EXPLAIN_BLOCKS  32              /* in one another */
#define EXPLAIN_NOTES   256
#define EXPLAIN_ALL     4096            /* blocks of a configuration */


typedef struct {
    char                *name;
    char                *position;      /* "" with a marker */
    char                *selector;
    char                *more[2];       /* existing=..., root=... */
    char                *block;         /* "location /p/", or "" */
    char                *at;            /* "nginx.conf:12", or "" */
    unsigned             number;        /* of the block */

    /* the answer */
    uint64_t             off;
    uint8_t              state;
    uint8_t              root;
    uint8_t              replaced;
    uint8_t              skips;         /* or replaces what exists */
    uint64_t             late;          /* what it names and comes after it,
                                           + 1 */
} explain_slot_t;


enum {
    EXPLAIN_OTHER = 0,
    EXPLAIN_SERVER,
    EXPLAIN_EXACT,                      /* location = */
    EXPLAIN_PREFIX,
    EXPLAIN_STOP,                       /* ^~ */
    EXPLAIN_REGEX,                      /* ~ */
    EXPLAIN_REGEX_FOLD                  /* ~* */
};

/* block number i + 1 of a configuration, in the order of its lines */

typedef struct {
    char                *text;          /* "location /p/" */
    char                *value;         /* its path; a server's names */
    unsigned             parent;        /* number, 0: none */
    unsigned             kind;          /* EXPLAIN_* */
    unsigned             line;
} explain_block_t;


typedef struct {
    unsigned             what;          /* XSELL_SAW_* */
    unsigned             which;
    uint64_t             at;
} explain_note_t;


typedef struct {
    explain_slot_t       slot[EXPLAIN_SLOTS];
    unsigned             slot_n;

    /* reading a configuration */
    char                *block[EXPLAIN_BLOCKS];
    unsigned             number[EXPLAIN_BLOCKS];
    unsigned             depth;
    unsigned             blocks;
    explain_block_t     *all;

    const char          *catalog;       /* or NULL */
    cli_page_t           page;
    explain_note_t       note[EXPLAIN_NOTES];
    unsigned             note_n;
    explain_slot_t      *now;           /* the first of a page's */
    uint8_t              named[XSELL_PLACES_MAX];   /* place: whose section,
                                                       + 1 */
    xsell_rewriter_t     rw;
} explain_t;


/* one slot of the command line: 'after "main p"', or the name of a marker;
   existing= (0) or root= (1) of the last one; those of a configuration.
   CLI_OK, or an exit code and the message is out */
int explain_option(explain_t *e, const char *text);
int explain_more(explain_t *e, unsigned i, const char *name,
    const char *value);
int explain_config(explain_t *e, const char *file);

void explain_slot_free(explain_slot_t *s);
void explain_slots_free(explain_t *e);

/* leaves the slots of the location that nginx would take for this URL, and
   says which (explain_location.c) */
void explain_location(explain_t *e, const char *url);

/* a block of the configuration, when it opens; a server's names */
int explain_block_open(explain_t *e, const cli_directive_t *d);
void explain_block_names(explain_t *e, const cli_directive_t *d);
void explain_blocks_free(explain_t *e);


#endif /* XSELL_EXPLAIN_H */

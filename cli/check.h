
/*
 * check.h: what the files of `xsell check` share: what was found so far, and a
 * configuration between its reading (check_conf.c, check_page.c) and the look
 * at what it names (check_shop.c).
 */

#ifndef XSELL_CHECK_H
#define XSELL_CHECK_H

#include "cli.h"


/* files that have been looked at, by their real names */

typedef struct {
    char                *real;
    int                  checked;
    uint32_t             items;         /* catalogues */
} check_done_t;

/* what xsell check has found so far */

typedef struct {
    unsigned             files;
    unsigned             errors;
    unsigned             warnings;
    unsigned             left;          /* of no kind that is known */

    /* the shop whose files are looked at */
    const char          *catalog;       /* or NULL */
    const xsell_business_slot_t  *slot;
    uint32_t             slot_n;
    int                  geoip;
    check_done_t        *done;
    unsigned             done_n;
    check_done_t         none;
} check_t;

/* the file's entry, new or not; good until the next call */
check_done_t *check_done(check_t *c, const char *file);

/* what each kind of file is checked by, once; they count and print */
uint32_t check_catalog(check_t *c, const char *file);
xsell_templates_t *check_templates(check_t *c, const char *folder);
void check_theme(check_t *c, const char *file, const char *folder);

void check_conf(check_t *c, const char *file);


/* ---- a configuration (check_conf.c, check_page.c, check_shop.c) ------- */

/* a place in a file */

typedef struct {
    char                *file;
    unsigned             line;
    unsigned             column;
} conf_at_t;


/* files and folders that a shop names */

enum {
    CONF_CATALOG = 0,
    CONF_TEMPLATES,
    CONF_THEME,
    CONF_SECRET,
    CONF_STATE,
    CONF_GEOIP,
    CONF_NAMED,
    CONF_ZONE = CONF_NAMED              /* a bit of its own, and no path */
};


typedef struct {
    char                *name;
    conf_at_t            at;
    char                *path[CONF_NAMED];      /* NULL: not named, or there
                                                   is none */
    unsigned             named;                 /* bit per CONF_* */
    uint64_t             zone;
    xsell_templates_t   *look;
} conf_shop_t;


typedef struct {
    unsigned             parent;        /* of conf_t.block; 0 is the file */
    char                *uses;          /* shop of `xsell` in it, or NULL */
    char                *told;          /* server: shop that was looked at */
    unsigned             server:1;
    unsigned             consent:1;     /* says what of it */
    unsigned             place:2;       /* CONF_NO_LOCATION, ... */
    unsigned             exact:1;       /* one page's: "location = /x" */
    unsigned             kind:4;        /* CONF_HTTP, ...; 0: it is not known,
                                           a part that is included elsewhere */
    char                 name[16];      /* cut off */
} conf_block_t;

enum {
    CONF_HTTP = 1,
    CONF_SERVER = 2,
    CONF_IN_LOCATION = 4,
    CONF_ELSE = 8                       /* if, upstream, ... */
};

enum {
    CONF_NO_LOCATION = 0,
    CONF_LOCATION,
    CONF_PREFIX                         /* one that ends with "/" */
};


/* a slot, or another mention of a shop: resolved at the end */

typedef struct {
    conf_at_t            at;
    unsigned             block;
    char                *shop;          /* NULL: the block's */
    char                *name;          /* slots */
    char                *template;
    uint32_t             items;
    int                  slot;
    int                  endpoint;
} conf_note_t;


#define CONF_SHOPS   64

typedef struct {
    check_t             *check;
    const char          *folder;
    conf_shop_t          shop[CONF_SHOPS];
    unsigned             shop_n;
    conf_shop_t         *open;          /* its block is being read */
    conf_block_t        *block;
    unsigned             block_n;
    unsigned             now;           /* the block that is being read */
    conf_note_t         *note;
    unsigned             note_n;
    unsigned             slots;
    unsigned             directives;    /* of ours */
} conf_check_t;


/* what: "error" or "warning"; prints and counts */
void conf_finding(conf_check_t *c, const char *what, const char *file,
    unsigned line, unsigned column, const char *fmt, ...)
    __attribute__((format(printf, 6, 7)));

/* the same, of word i of directive d */
#define conf_wrong(c, d, i, ...)                                              \
    conf_finding(c, "error", (d)->file, (d)->word[i].line,                    \
                 (d)->word[i].column, __VA_ARGS__)

#define conf_doubt(c, d, i, ...)                                              \
    conf_finding(c, "warning", (d)->file, (d)->word[i].line,                  \
                 (d)->word[i].column, __VA_ARGS__)

/* says of word i, "name=...", that it is none of these parameters ("items=",
   NULL last), and the nearest of them; 0: it is no such word (check_page.c) */
int conf_no_parameter(conf_check_t *c, const cli_directive_t *d, unsigned i,
    const char *const *takes);

/* a directive of pages, whose name and number of words are right */
void conf_page_directive(conf_check_t *c, const cli_directive_t *d,
    const char *name);

/* after reading: the files of a shop; a slot or another use of one */
void conf_shop_files(conf_check_t *c, conf_shop_t *shop);
void conf_note_check(conf_check_t *c, const conf_note_t *note);

/* a slot's server: its endpoint, what is said of consent; told once */
void conf_server_check(conf_check_t *c, const conf_note_t *note);


#endif /* XSELL_CHECK_H */

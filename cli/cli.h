
/*
 * cli.h: what the subcommands of `xsell` share.
 *
 * Each subcommand is a file with one function: it gets its own argc and argv
 * (argv[0] is its name) and returns the exit code.
 */

#ifndef XSELL_CLI_H
#define XSELL_CLI_H

#include "../engine/xsell.h"

#include <stdio.h>


/* exit codes */

#define CLI_OK       0
#define CLI_FAILED   1      /* a finding, or it could not be done */
#define CLI_USAGE    2
#define CLI_UNSERVED 3      /* rewrite: a slot is not in the output */


int cli_catalogue(int argc, char **argv);
int cli_check(int argc, char **argv);
int cli_eval(int argc, char **argv);
int cli_explain(int argc, char **argv);
int cli_item(int argc, char **argv);
int cli_plan(int argc, char **argv);
int cli_replay(int argc, char **argv);
int cli_recommend(int argc, char **argv);
int cli_render(int argc, char **argv);
int cli_rewrite(int argc, char **argv);
int cli_simulate(int argc, char **argv);
int cli_snapshot(int argc, char **argv);
int cli_template(int argc, char **argv);
int cli_theme(int argc, char **argv);


/* ---- messages (util.c): to standard error, "xsell: ..." --------------- */

int cli_fail(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
int cli_usage(const char *command, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* "xsell: FILE:LINE:COLUMN: warning: text", what is known of it */
void cli_report(const char *file, const char *what, const xsell_error_t *err);


/*
 * Progress (util.c): a line on standard error that is rewritten while a piece
 * of work takes more than two seconds, if that is a terminal; any message
 * takes its place.  done and all in the same unit, all 0 if unknown.
 */

typedef struct {
    const char          *what;          /* "training" */
    uint64_t             began_ms;
} cli_progress_t;

void cli_progress_begin(cli_progress_t *p, const char *what);
void cli_progress(const cli_progress_t *p, uint64_t done, uint64_t all);
void cli_progress_end(void);

/* the same for work that can't say how far it is: seconds only */
void cli_wait_begin(const char *what);
void cli_wait_end(void);


/* ---- files (input.c) -------------------------------------------------- */

#define CLI_LINE_MAX   (1024 * 1024)

struct gzFile_s;

typedef struct {
    const char          *file;
    struct gzFile_s     *gz;
    uint64_t             bytes;         /* of the file, 0: unknown */
    uint64_t             lines;         /* read so far */

    char                *line;          /* without its end, terminated */
    size_t               line_n;
    int                  cut;           /* it was longer than CLI_LINE_MAX */

    size_t               line_room;
    uint8_t             *buf;
    size_t               at;
    size_t               end;
} cli_input_t;

/* plain or gzip, told by magic; "-": standard input.  0, or -1 and the
   message is out */
int cli_input_open(cli_input_t *in, const char *file);
void cli_input_close(cli_input_t *in);

/* the next line: 1, 0 at the end, -1: the message is out and in is closed */
int cli_input_line(cli_input_t *in);

/* bytes of the file read so far: in the unit of in->bytes */
uint64_t cli_input_done(const cli_input_t *in);

/* a file's name for people: "(input)" for "-" */
const char *cli_input_name(const char *file);

/* the whole of a file, plain or gzip; free() it.  0, or -1 and the message
   is out */
int cli_read(const char *file, char **text, size_t *n);

/* its first bytes, to see what it is; 0 if it can't be read or is no regular
   file: no message */
size_t cli_peek(const char *file, char *out, size_t cap);


/* ---- numbers (util.c) ------------------------------------------------- */

/* "128m", "4096", "2g"; 0 if it is none */
uint64_t cli_size(const char *text);

/* a whole number from min to max; -1 if it is none */
long cli_number(const char *text, long min, long max);

/* the name that a mistyped one may mean, NULL if none is near; names may be
   NULL */
const char *cli_nearest(const char *name, const char *const *names,
    size_t n);

/* a view of a C string */
xsell_str_t cli_str(const char *text);

/* "41 KiB" */
const char *cli_bytes(char out[32], uint64_t bytes);

/* "1,234,567" */
const char *cli_count(char out[32], uint64_t n);

/* a text in quotes, as JSON; what is no UTF-8 goes out as it is */
void cli_json_text(FILE *out, xsell_str_t s);

/* monotonic milliseconds */
uint64_t cli_now_ms(void);


/* ---- engine objects (engine.c) ---------------------------------------- */

/* a xsell_warn_pt with its ctx: reports and counts */

typedef struct {
    const char          *file;
    unsigned             n;
    int                  quiet;         /* counts only */
} cli_warned_t;

void cli_warning(void *ctx, const xsell_error_t *warning);

/* all of it, -1 if that can't be done (errno) */
int cli_write(int fd, const uint8_t *p, size_t n);

/* reads and builds, or opens a compiled one (cli/catalog_file.c); warnings go
   out with the file's name.  NULL: the message is out.  warnings: how many,
   may be NULL. */
xsell_catalog_t *cli_catalog(const char *file, unsigned *warnings);

/* the same without warnings */
xsell_catalog_t *cli_catalog_quiet(const char *file);

/* compiles: temp, fsync, rename.  CLI_OK, or the message is out. */
int cli_catalog_save(const xsell_catalog_t *cat, const char *file,
    uint64_t *bytes);

/* the same, with what each item is like: 25 us an item more */
xsell_catalog_t *cli_catalog_similar(const char *file);

/* pictures and reviews of the items (media.c), before anybody reads cat */

typedef struct {
    const char          *images;        /* a folder, or NULL */
    const char *const   *reviews;
    unsigned             reviews_n;
    const char *const   *lexicon;       /* none: stars alone */
    unsigned             lexicons;
    FILE                *out;           /* for a line on each */
} cli_media_t;

/* file: where cat is from; a compiled one can't learn more */
int cli_media(xsell_catalog_t *cat, const char *file, const cli_media_t *o);

/* what an item got from them, if anything */
void cli_media_print(const xsell_catalog_t *cat, uint32_t idx);

/* NULL: the message is out */
xsell_sentiment_t *cli_sentiment(const char *const *lexicon, unsigned n);

/* vectors of the items from numpy's files (cli/vectors.c) */

typedef struct {
    const char          *file;          /* NULL: none */
    const char          *ids;           /* whose they are, or NULL */
    int                  plane;         /* XSELL_PLANE_* */
    FILE                *out;           /* for a line on them */
} cli_vectors_t;

/* a plane of the catalogue, its neighbours included; CLI_OK, or the message is
   out */
int cli_vectors(xsell_catalog_t *cat, const cli_vectors_t *o);

/* styles, where there are vectors or pictures to make them of and the shop
   brings none; out: for a line on them */
int cli_style(xsell_catalog_t *cat, FILE *out);

/* an arena in ordinary memory */

typedef struct {
    xsell_arena_t        a;
    void                *mem;
    uint64_t             bytes;
} cli_arena_t;

/* seed: 16 bytes, NULL: random ones */
int cli_arena_create(cli_arena_t *arena, uint64_t bytes,
    const uint8_t *seed);
void cli_arena_destroy(cli_arena_t *arena);

/* a snapshot into a new arena of `bytes` (0: as large as the file suggests);
   the message is out on failure */
int cli_arena_load(cli_arena_t *arena, const char *file, uint64_t bytes,
    xsell_snapshot_info_t *info);

/* writes the state as of now_ms: temp, fsync, rename; mode 0600 */
int cli_arena_save(cli_arena_t *arena, const char *file, uint64_t now_ms,
    uint64_t *written);


/* ---- a shop to ask (shop.c) ------------------------------------------- */

typedef struct {
    xsell_catalog_t     *cat;           /* borrowed */
    xsell_settings_t     settings;
    xsell_ranker_t      *ranker;
    cli_arena_t          arena;
    uint64_t             now_ms;

    /* for them: borrowed, or NULL; "" and 0 0: of no slot and country */
    const xsell_business_t  *business;
    const char          *slot;
    char                 country[2];
    int64_t              wall_s;
} cli_shop_t;

/* state: a snapshot, NULL: a shop's first day; zone: 0 for enough.  The
   message is out on failure */
int cli_shop_open(cli_shop_t *shop, xsell_catalog_t *cat, const char *state,
    uint64_t zone);
void cli_shop_close(cli_shop_t *shop);

/* a shop's own rules, its rules.json: NULL and the message is out.  warnings:
   how many, may be NULL */
xsell_business_t *cli_business(const char *file, const xsell_catalog_t *cat,
    unsigned *warnings);

/* what of them can't work with these slots; how many warnings */
unsigned cli_business_site(const char *file, const xsell_business_t *b,
    const xsell_business_slot_t *slot, uint32_t n, int countries);

/* what somebody who was not here before is offered next to an item, or on a
   page without one (XSELL_NO_ITEM); slate->n may be 0 */
void cli_shop_ask(cli_shop_t *shop, uint32_t anchor, uint32_t want,
    xsell_slate_t *slate);


/* ---- pages by their URLs (fetch.c) ------------------------------------ */

typedef struct {
    char                *text;          /* terminated; to be freed */
    size_t               n;
    unsigned             status;        /* 0: of no server */
    char                 type[128];     /* headers, or "" */
    char                 encoding[32];
} cli_page_t;

int cli_is_url(const char *s);

/* CLI_OK, or CLI_FAILED and the message is out; page->text may be set */
int cli_fetch(const char *url, cli_page_t *page);


/* ---- nginx configurations (conf.c) ------------------------------------ */

typedef struct {
    char                *text;          /* unquoted */
    unsigned             line;
    unsigned             column;
    int                  quoted;
} cli_word_t;

#define CLI_WORDS_MAX  64

/* one directive with its words, or the end of a block (n: 0) */

typedef struct {
    const char          *file;
    cli_word_t           word[CLI_WORDS_MAX];
    unsigned             n;
    char                 end;           /* ';', '{', '}' */
    int                  comment;       /* a comment stood between its words */
} cli_directive_t;

/* 0 goes on, else it stops and is returned */
typedef int (*cli_directive_pt)(void *ctx, const cli_directive_t *d);

/* reads a configuration and what it includes; folder: of relative names.
   CLI_OK, CLI_FAILED (the message is out), or what `each` returned */
int cli_conf_read(const char *file, const char *folder, cli_directive_pt each,
    void *ctx);


/* ---- what fragments look like (look.c) -------------------------------- */

enum {
    CLI_LOOK_NONE = 0,
    CLI_LOOK_TEMPLATE,
    CLI_LOOK_STRINGS,
    CLI_LOOK_STYLE,
    CLI_LOOK_RULES
};

/* what a file of the folder `templates` is by its name, and its key: the
   template's name or the language, a view */
unsigned cli_look_kind(const char *name, xsell_str_t *key);

typedef struct {
    char                *path;
    xsell_str_t          key;
    unsigned             kind;
    char                *text;
    size_t               n;
    int                  bad;
} cli_look_file_t;

typedef struct {
    xsell_templates_t   *templates;     /* compiled */
    xsell_str_t          style;         /* style.css, or "" */
    cli_look_file_t     *file;
    unsigned             file_n;
    unsigned             errors;        /* all of them have been told */
    unsigned             warnings;
} cli_look_t;

/* folder: NULL for what is built in.  CLI_OK: all is good.  To be closed in
   any case */
int cli_look_open(cli_look_t *look, const char *folder);
void cli_look_close(cli_look_t *look);

/* "carousel, grid, story" */
void cli_look_names(const xsell_templates_t *ts, char *out, size_t cap);

/* tokens: a file, NULL for the neutral theme.  NULL: the message is out */
xsell_theme_t *cli_theme_open(const char *tokens, xsell_str_t style,
    unsigned *warnings);


#endif /* XSELL_CLI_H */

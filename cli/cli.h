
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


int cli_check(int argc, char **argv);
int cli_plan(int argc, char **argv);
int cli_replay(int argc, char **argv);
int cli_recommend(int argc, char **argv);
int cli_snapshot(int argc, char **argv);
int cli_template(int argc, char **argv);


/* ---- messages (util.c): to standard error, "xsell: ..." --------------- */

int cli_fail(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
int cli_usage(const char *command, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* "xsell: FILE:LINE:COLUMN: warning: text", what is known of it */
void cli_report(const char *file, const char *what, const xsell_error_t *err);


/* ---- files and numbers (util.c) --------------------------------------- */

/* the whole of a file ("-": standard input); free() it.  0, or -1 and the
   message is out */
int cli_read(const char *file, char **text, size_t *n);

/* "128m", "4096", "2g"; 0 if it is none */
uint64_t cli_size(const char *text);

/* a whole number from min to max; -1 if it is none */
long cli_number(const char *text, long min, long max);

/* "41 KiB" */
const char *cli_bytes(char out[32], uint64_t bytes);

/* "1,234,567" */
const char *cli_count(char out[32], uint64_t n);

/* monotonic milliseconds */
uint64_t cli_now_ms(void);


/* ---- engine objects (engine.c) ---------------------------------------- */

/* reads and builds; warnings go out with the file's name.  NULL: the message
   is out.  warnings: how many, may be NULL. */
xsell_catalog_t *cli_catalog(const char *file, unsigned *warnings);

/* an arena in ordinary memory */

typedef struct {
    xsell_arena_t        a;
    void                *mem;
    uint64_t             bytes;
} cli_arena_t;

int cli_arena_create(cli_arena_t *arena, uint64_t bytes);
void cli_arena_destroy(cli_arena_t *arena);

/* a snapshot into a new arena of `bytes` (0: as large as the file suggests);
   the message is out on failure */
int cli_arena_load(cli_arena_t *arena, const char *file, uint64_t bytes,
    xsell_snapshot_info_t *info);

/* writes the state as of now_ms: temp, fsync, rename; mode 0600 */
int cli_arena_save(cli_arena_t *arena, const char *file, uint64_t now_ms,
    uint64_t *written);


#endif /* XSELL_CLI_H */


/*
 * xsell eval visual: whether pictures of the same kind are found by how they
 * look.
 *
 * A folder with a folder per class; each picture asks for the five others
 * that are most like it, and P@5 is the share of these in its class.  The
 * vectors are those that `xsell catalog --images` keeps; the folders' names
 * are read for counting and for nothing else.
 *
 * With --pair pictures are compared with the first one instead.
 */

#include "eval.h"
#include "visual.h"

#include <dirent.h>
#include <getopt.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>


#define VISUAL_TOP    5
#define VISUAL_FILES  20000             /* all pairs are compared */


static const char  visual_help[] =
    "usage: xsell eval visual --images DIR [--verbose]\n"
    "       xsell eval visual --pair FILE FILE...\n"
    "\n"
    "Says how well pictures tell what looks alike.  DIR has a folder for each\n"
    "class, with pictures (JPEG, PNG, WebP, GIF); each is asked for the five\n"
    "others that are most like it.\n"
    "\n"
    "  --images DIR  the folders\n"
    "  --pair        compares the first picture with each of the others: how\n"
    "                alike they look, how well their colours go together\n"
    "                (cosines); and says their palettes\n"
    "  --verbose     the precision of each class too\n"
    "\n"
    "The last line is for scripts: P@5=.. images=.. classes=.. or\n"
    "looks=.. goes=..\n";


typedef struct {
    char               **file;
    uint32_t            *class;         /* of the file */
    uint32_t             n;
    size_t               room;
    size_t               class_room;
    char               **name;          /* of the class */
    uint32_t             classes;
    size_t               name_room;

    visual_t            *v;             /* those that could be read */
    uint32_t            *v_class;
    uint32_t             v_n;
    uint32_t             bad;
} visual_set_t;


static int
visual_order(const void *x, const void *y)
{
    return strcmp(*(char *const *) x, *(char *const *) y);
}


/* names in a folder in order, so that nothing depends on the disk */

static int
visual_names(const char *folder, char ***name, uint32_t *n)
{
    DIR            *dir;
    size_t          room;
    struct dirent  *d;

    *name = NULL;
    *n = 0;
    room = 0;
    dir = opendir(folder);

    if (dir == NULL) {
        return cli_fail("%s: no such folder", folder);
    }

    while ((d = readdir(dir)) != NULL) {

        if (d->d_name[0] == '.') {
            continue;
        }

        if (eval_grow(name, *n + 1u, &room, sizeof(**name)) != 0
            || ((*name)[*n] = strdup(d->d_name)) == NULL)
        {
            closedir(dir);
            return CLI_FAILED;
        }

        (*n)++;
    }

    closedir(dir);
    qsort(*name, *n, sizeof(**name), visual_order);

    return CLI_OK;
}


static void
visual_names_free(char **name, uint32_t n)
{
    while (n) {
        free(name[--n]);
    }

    free(name);
}


static int
visual_add(visual_set_t *set, const char *folder, const char *name,
    uint32_t class)
{
    char  path[4096];

    if (set->n == VISUAL_FILES) {
        return cli_fail("more than %d pictures", VISUAL_FILES);
    }

    if ((size_t) snprintf(path, sizeof(path), "%s/%s", folder, name)
        >= sizeof(path))
    {
        return cli_fail("%s: the path is too long", name);
    }

    if (eval_grow(&set->file, set->n + 1u, &set->room, sizeof(*set->file))
        || eval_grow(&set->class, set->n + 1u, &set->class_room,
                     sizeof(*set->class)))
    {
        return CLI_FAILED;
    }

    set->class[set->n] = class;
    set->file[set->n] = strdup(path);

    if (set->file[set->n] == NULL) {
        return cli_fail("not enough memory");
    }

    set->n++;

    return CLI_OK;
}


/* the pictures of a class; a file in place of a folder is none */

static int
visual_class(visual_set_t *set, const char *root, const char *name)
{
    int           rc;
    char          path[4096], **file;
    uint32_t      i, n, before;
    struct stat   st;

    if ((size_t) snprintf(path, sizeof(path), "%s/%s", root, name)
            >= sizeof(path)
        || stat(path, &st) != 0 || !S_ISDIR(st.st_mode))
    {
        return CLI_OK;
    }

    before = set->n;
    rc = visual_names(path, &file, &n);

    for (i = 0; i < n && rc == CLI_OK; i++) {
        if (visual_is_picture(file[i])) {
            rc = visual_add(set, path, file[i], set->classes);
        }
    }

    visual_names_free(file, n);

    if (rc != CLI_OK || set->n == before) {
        return rc;
    }

    if (eval_grow(&set->name, set->classes + 1u, &set->name_room,
                  sizeof(*set->name))
        || (set->name[set->classes] = strdup(name)) == NULL)
    {
        return CLI_FAILED;
    }

    set->classes++;

    return CLI_OK;
}


static int
visual_find(visual_set_t *set, const char *root)
{
    int        rc;
    char     **name;
    uint32_t   i, n;

    rc = visual_names(root, &name, &n);

    for (i = 0; i < n && rc == CLI_OK; i++) {
        rc = visual_class(set, root, name[i]);
    }

    visual_names_free(name, n);

    if (rc == CLI_OK && set->n < VISUAL_TOP + 1) {
        return cli_fail("%s: needs folders with at least %d pictures", root,
                        VISUAL_TOP + 1);
    }

    return rc;
}


static int
visual_each(void *ctx, uint32_t i, const char *file, const visual_t *v,
    const char *why)
{
    visual_set_t  *set = ctx;

    if (v == NULL) {
        set->bad++;
        (void) cli_fail("%s: %s: left out", file, why);
        return 0;
    }

    set->v[set->v_n] = *v;
    set->v_class[set->v_n++] = set->class ? set->class[i] : 0;

    return 0;
}


static int
visual_load(visual_set_t *set)
{
    set->v = calloc(set->n, sizeof(*set->v));
    set->v_class = calloc(set->n, sizeof(*set->v_class));

    if (set->v == NULL || set->v_class == NULL) {
        return cli_fail("not enough memory");
    }

    return visual_read((const char *const *) set->file, set->n, visual_each,
                       set);
}


/* ---- precision -------------------------------------------------------- */

/* how many of the five most like picture i are of its class */

static uint32_t
visual_hits(const visual_set_t *set, uint32_t i)
{
    float     like, best[VISUAL_TOP];
    uint32_t  k, n, at, hits, of[VISUAL_TOP];

    for (k = 0, n = 0; k < set->v_n; k++) {

        if (k == i) {
            continue;
        }

        like = visual_alike(&set->v[i], &set->v[k]);

        if (n == VISUAL_TOP && like <= best[n - 1]) {
            continue;
        }

        n += n < VISUAL_TOP;

        for (at = n - 1; at && best[at - 1] < like; at--) {
            best[at] = best[at - 1];
            of[at] = of[at - 1];
        }

        best[at] = like;
        of[at] = k;
    }

    for (k = 0, hits = 0; k < n; k++) {
        hits += set->v_class[of[k]] == set->v_class[i];
    }

    return hits;
}


static int
visual_precision(const visual_set_t *set, int verbose)
{
    uint32_t  i, c, hits, all, n;

    if (set->v_n < VISUAL_TOP + 1) {
        return cli_fail("fewer than %d pictures could be read",
                        VISUAL_TOP + 1);
    }

    for (c = 0, all = 0; c < set->classes; c++) {

        for (i = 0, n = 0, hits = 0; i < set->v_n; i++) {
            if (set->v_class[i] == c) {
                hits += visual_hits(set, i);
                n++;
            }
        }

        all += hits;

        if (verbose && n) {
            printf("%s: P@%d=%.4f images=%u\n", set->name[c], VISUAL_TOP,
                   (double) hits / (VISUAL_TOP * n), n);
        }
    }

    printf("P@%d=%.4f images=%u classes=%u\n", VISUAL_TOP,
           (double) all / (VISUAL_TOP * set->v_n), set->v_n, set->classes);

    return CLI_OK;
}


static int
visual_run(const char *root, int verbose)
{
    int           rc;
    uint32_t      i;
    visual_set_t  set;

    memset(&set, 0, sizeof(set));

    rc = visual_find(&set, root);

    if (rc == CLI_OK) {
        rc = visual_load(&set);
    }

    if (rc == CLI_OK) {
        rc = visual_precision(&set, verbose);
    }

    for (i = 0; i < set.classes; i++) {
        free(set.name[i]);
    }

    visual_names_free(set.file, set.n);
    free(set.class);
    free(set.name);
    free(set.v);
    free(set.v_class);

    return rc;
}


/* ---- pictures beside one ---------------------------------------------- */

static void
visual_print(const char *file, const visual_t *v)
{
    uint32_t  i;

    printf("%s:", file);

    for (i = 0; i < v->colours; i++) {
        printf(" oklab(%.2f %.2f %.2f) %.0f%%", (double) v->palette[i].l,
               (double) v->palette[i].a, (double) v->palette[i].b,
               (double) v->palette[i].share * 100);
    }

    printf("\n");
}


static int
visual_pairs(char **file, uint32_t n)
{
    int           rc;
    uint32_t      i;
    visual_set_t  set;

    memset(&set, 0, sizeof(set));
    set.file = file;
    set.n = n;

    rc = visual_load(&set);

    if (rc == CLI_OK && set.v_n < n) {
        rc = CLI_FAILED;
    }

    for (i = 0; i < n && rc == CLI_OK; i++) {
        visual_print(file[i], &set.v[i]);
    }

    for (i = 1; i < n && rc == CLI_OK; i++) {
        printf("looks=%.4f goes=%.4f\n",
               (double) visual_alike(&set.v[0], &set.v[i]),
               (double) visual_harmony(&set.v[0], &set.v[i]));
    }

    free(set.v);
    free(set.v_class);

    return rc;
}


int
eval_visual(int argc, char **argv)
{
    int          c, pair, verbose;
    const char  *images;

    static const struct option  options[] = {
        { "images",  required_argument, NULL, 'i' },
        { "pair",    no_argument,       NULL, 'p' },
        { "verbose", no_argument,       NULL, 'v' },
        { "help",    no_argument,       NULL, 'h' },
        { NULL, 0, NULL, 0 }
    };

    images = NULL;
    pair = 0;
    verbose = 0;

    while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {

        switch (c) {

        case 'i':
            images = optarg;
            break;

        case 'p':
            pair = 1;
            break;

        case 'v':
            verbose = 1;
            break;

        case 'h':
            fputs(visual_help, stdout);
            return CLI_OK;

        default:
            return CLI_USAGE;
        }
    }

    if (pair ? images != NULL || optind + 2 > argc
             : images == NULL || optind != argc)
    {
        return cli_usage("eval", "visual needs --images DIR, or --pair and "
                         "two pictures");
    }

    return pair ? visual_pairs(argv + optind, (uint32_t) (argc - optind))
                : visual_run(images, verbose);
}


/*
 * media.c: what pictures and reviews add to a catalogue while it is built.
 *
 *   --images DIR     each item's picture -> rows of two planes: looks like,
 *                    goes with (visual.c)
 *   --reviews FILE   stars and texts -> the item's prior
 *   --lexicon FILE   words of the texts; without: stars alone
 *
 * An item's picture is looked for in DIR by the item's id with the ending of
 * a picture, and by the path of its "image" below DIR, without more and more
 * of its first folders.  Names come from a feed: none with ".." or a leading
 * dot or slash is tried.
 *
 * A picture that more than MEDIA_SAME items have is a placeholder ("no photo
 * yet") and says nothing of them.  A picture that can't be read is named and
 * left out, as is one that no item has: not being there is normal.
 */

#include "visual.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>


#define MEDIA_PATH   4096
#define MEDIA_SAME   8                  /* items with one picture */
#define MEDIA_NAMED  10                 /* bad pictures: so many by name */


/* what is kept of a picture until all are read: a quarter of its floats */

typedef struct {
    uint64_t             hash;
    uint8_t              good;
    int8_t               looks[VISUAL_LOOKS];
    int8_t               harmony[VISUAL_HARMONY];
} media_row_t;


typedef struct {
    xsell_catalog_t     *cat;
    char               **file;          /* of the items that have one */
    uint32_t            *item;
    uint32_t             n;
    uint32_t             bad;

    media_row_t         *row;           /* by place in `item` */
} media_t;


/* ---- reviews ---------------------------------------------------------- */

xsell_sentiment_t *
cli_sentiment(const char *const *lexicon, unsigned n)
{
    int                 rc;
    char               *text;
    size_t              bytes;
    unsigned            i;
    xsell_str_t         s;
    xsell_error_t       err;
    xsell_sentiment_t  *sentiment;

    memset(&err, 0, sizeof(err));

    if (xsell_sentiment_create(&sentiment, &err) != XSELL_OK) {
        cli_fail("%s", err.text);
        return NULL;
    }

    for (i = 0; i < n; i++) {

        if (cli_read(lexicon[i], &text, &bytes) != 0) {
            xsell_sentiment_destroy(sentiment);
            return NULL;
        }

        s.p = text;
        s.n = bytes;
        rc = xsell_sentiment_add(sentiment, s, &err);
        free(text);

        if (rc != XSELL_OK) {
            cli_report(lexicon[i], "error", &err);
            xsell_sentiment_destroy(sentiment);
            return NULL;
        }
    }

    if (xsell_sentiment_words(sentiment) == 0) {
        cli_fail("%s: no word with a valence: that is no lexicon",
                 cli_input_name(lexicon[0]));
        xsell_sentiment_destroy(sentiment);
        return NULL;
    }

    return sentiment;
}


static int
media_review_file(xsell_opinions_t *o, const char *file)
{
    int            rc;
    char          *text;
    size_t         n;
    cli_warned_t   warned;
    xsell_error_t  err;

    if (cli_read(file, &text, &n) != 0) {
        return CLI_FAILED;
    }

    memset(&warned, 0, sizeof(warned));
    memset(&err, 0, sizeof(err));
    warned.file = file;

    rc = xsell_opinions_read(o, text, n, cli_warning, &warned, &err);
    free(text);

    if (rc != XSELL_OK) {
        cli_report(file, "error", &err);
        return CLI_FAILED;
    }

    return CLI_OK;
}


static int
media_reviews(xsell_catalog_t *cat, const cli_media_t *o)
{
    int                    rc;
    char                   n[3][32];
    unsigned               i;
    xsell_opinions_t      *opinions;
    xsell_sentiment_t     *sentiment;
    xsell_opinions_sum_t   sum;

    sentiment = NULL;

    if (o->lexicons) {
        sentiment = cli_sentiment(o->lexicon, o->lexicons);

        if (sentiment == NULL) {
            return CLI_FAILED;
        }
    }

    if (xsell_opinions_create(&opinions, cat, sentiment) != XSELL_OK) {
        xsell_sentiment_destroy(sentiment);
        return cli_fail("not enough memory");
    }

    for (i = 0, rc = CLI_OK; i < o->reviews_n && rc == CLI_OK; i++) {
        rc = media_review_file(opinions, o->reviews[i]);
    }

    if (rc == CLI_OK) {
        xsell_opinions_apply(opinions, cat, &sum);

        fprintf(o->out, "reviews: %s of %s items, mean %.2f stars, mood "
                "%.2f; %s of items that are not here\n",
                cli_count(n[0], sum.reviews), cli_count(n[1], sum.items),
                sum.stars, sum.mood, cli_count(n[2], sum.unknown));
    }

    xsell_opinions_destroy(opinions);
    xsell_sentiment_destroy(sentiment);

    return rc;
}


/* ---- whose picture is where ------------------------------------------- */

/* a path below a folder that leads nowhere else */

static int
media_safe(const char *p)
{
    const char  *part;

    for (part = p; part; part = strchr(part, '/')) {

        part += *part == '/' && part != p;

        if (*part == '.' || *part == '/' || *part == '\0') {
            return 0;
        }
    }

    return 1;
}


static char *
media_try(const char *folder, const char *name, const char *ending)
{
    char  path[MEDIA_PATH];

    if (!media_safe(name)
        || (size_t) snprintf(path, sizeof(path), "%s/%s%s", folder, name,
                             ending) >= sizeof(path)
        || access(path, R_OK) != 0)
    {
        return NULL;
    }

    return strdup(path);
}


static int
media_digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0'
           : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10
           : -1;
}


/* the path of a link without its percents; 0 if it has none */

static int
media_link(xsell_str_t link, char *out, size_t cap)
{
    int          c;
    size_t       i, n;
    const char  *p, *end;

    end = link.p + link.n;
    p = memmem(link.p, link.n, "//", 2);
    p = p ? memchr(p + 2, '/', (size_t) (end - p - 2)) : link.p;

    for (n = 0, i = p ? (size_t) (p - link.p) : link.n;
         i < link.n && n + 1 < cap; i++)
    {
        c = (unsigned char) link.p[i];

        if (c == '?' || c == '#') {
            break;
        }

        if (c == '%' && i + 2 < link.n && media_digit(link.p[i + 1]) >= 0
            && media_digit(link.p[i + 2]) >= 0)
        {
            c = media_digit(link.p[i + 1]) * 16
                + media_digit(link.p[i + 2]);
            i += 2;
        }

        if (c == '\0') {
            return 0;
        }

        if (n || c != '/') {
            out[n++] = (char) c;
        }
    }

    out[n] = '\0';

    return n > 0;
}


static char *
media_file(const xsell_catalog_t *cat, uint32_t idx, const char *folder)
{
    char                 name[2200], *file, *part;
    size_t               i;
    xsell_str_t          s;
    const xsell_item_t  *item;

    static const char *const  endings[] = {
        ".jpg", ".jpeg", ".png", ".webp", ".gif", ".JPG"
    };

    item = xsell_catalog_item(cat, idx);
    s = xsell_catalog_text(cat, item, XSELL_TEXT_ID);
    snprintf(name, sizeof(name), "%.*s", (int) s.n, s.p);

    for (i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {

        if (strchr(name, '/')) {
            break;
        }

        file = media_try(folder, name, endings[i]);

        if (file) {
            return file;
        }
    }

    s = xsell_catalog_text(cat, item, XSELL_TEXT_IMAGE);

    if (!media_link(s, name, sizeof(name))) {
        return NULL;
    }

    /* folders that the shop's server has in front, and DIR has not */

    for (part = name; part; part = strchr(part, '/')) {
        part += *part == '/';
        file = media_try(folder, part, "");

        if (file) {
            return file;
        }
    }

    return NULL;
}


static int
media_find(media_t *m, const char *folder)
{
    char      *file;
    uint32_t   i, n;

    n = xsell_catalog_n(m->cat);

    m->file = calloc(n, sizeof(*m->file));
    m->item = calloc(n, sizeof(*m->item));

    if (m->file == NULL || m->item == NULL) {
        return cli_fail("not enough memory");
    }

    if (access(folder, R_OK | X_OK) != 0) {
        return cli_fail("%s: no such folder", folder);
    }

    for (i = 0; i < n; i++) {
        file = media_file(m->cat, i, folder);

        if (file) {
            m->file[m->n] = file;
            m->item[m->n++] = i;
        }
    }

    if (m->n == 0) {
        return cli_fail("%s: has a picture of no item: names are ID.jpg, or "
                        "as in \"image\"", folder);
    }

    m->row = calloc(m->n, sizeof(*m->row));

    return m->row ? CLI_OK : cli_fail("not enough memory");
}


/* ---- planes ----------------------------------------------------------- */

/* as a plane does it, so that it does not lose anything more */

static void
media_pack(const float *v, uint32_t n, int8_t *out)
{
    float     most;
    uint32_t  i;

    for (i = 0, most = 1e-12f; i < n; i++) {
        most = fabsf(v[i]) > most ? fabsf(v[i]) : most;
    }

    for (i = 0; i < n; i++) {
        out[i] = (int8_t) lrintf(v[i] / most * 127);
    }
}


static void
media_unpack(const int8_t *p, uint32_t n, float *v)
{
    uint32_t  i;

    for (i = 0; i < n; i++) {
        v[i] = p[i];
    }
}


static int
media_each(void *ctx, uint32_t i, const char *file, const visual_t *v,
    const char *why)
{
    media_t  *m = ctx;

    if (v) {
        m->row[i].hash = v->hash;
        m->row[i].good = 1;
        media_pack(v->looks, VISUAL_LOOKS, m->row[i].looks);
        media_pack(v->harmony, VISUAL_HARMONY, m->row[i].harmony);
        return CLI_OK;
    }

    if (m->bad++ < MEDIA_NAMED) {
        (void) cli_fail("%s: %s: left out", file, why);
    }

    return CLI_OK;
}


typedef struct {
    uint64_t             hash;
    uint32_t             at;
} media_hash_t;


static int
media_hash_order(const void *x, const void *y)
{
    const media_hash_t  *a = x;
    const media_hash_t  *b = y;

    if (a->hash != b->hash) {
        return a->hash < b->hash ? -1 : 1;
    }

    return (a->at > b->at) - (a->at < b->at);
}


/* variants of one product may well share a picture: they count once */

static uint32_t
media_products(const media_t *m, const media_hash_t *h, uint32_t n)
{
    uint32_t  i, products;

    for (i = 1, products = 1; i < n; i++) {
        products += !xsell_catalog_same(m->cat, m->item[h[i - 1].at],
                                        m->item[h[i].at]);
    }

    return products;
}


/* takes out the pictures that many products have */

static int
media_placeholders(media_t *m)
{
    char           count[32];
    uint32_t       i, k, n, from, same;
    media_hash_t  *h;

    h = calloc(m->n, sizeof(*h));

    if (h == NULL) {
        return cli_fail("not enough memory");
    }

    for (i = 0, n = 0; i < m->n; i++) {
        if (m->row[i].good) {
            h[n].hash = m->row[i].hash;
            h[n++].at = i;
        }
    }

    qsort(h, n, sizeof(*h), media_hash_order);

    for (from = 0; from < n; from = i) {

        for (i = from; i < n && h[i].hash == h[from].hash; i++) {
            /* void */
        }

        same = media_products(m, h + from, i - from);

        if (same <= MEDIA_SAME) {
            continue;
        }

        for (k = from; k < i; k++) {
            m->row[h[k].at].good = 0;
        }

        (void) cli_fail("%s: the same picture as %s other products have: it "
                        "says nothing of them", m->file[h[from].at],
                        cli_count(count, same - 1));
    }

    free(h);

    return CLI_OK;
}


static int
media_planes(media_t *m)
{
    float     v[VISUAL_LOOKS];
    uint32_t  i;

    if (xsell_plane_begin(m->cat, XSELL_PLANE_VISUAL, VISUAL_LOOKS)
            != XSELL_OK
        || xsell_plane_begin(m->cat, XSELL_PLANE_HARMONY, VISUAL_HARMONY)
            != XSELL_OK)
    {
        return cli_fail("not enough memory");
    }

    for (i = 0; i < m->n; i++) {

        if (!m->row[i].good) {
            continue;
        }

        media_unpack(m->row[i].looks, VISUAL_LOOKS, v);
        (void) xsell_plane_row(m->cat, XSELL_PLANE_VISUAL, m->item[i], v);

        media_unpack(m->row[i].harmony, VISUAL_HARMONY, v);
        (void) xsell_plane_row(m->cat, XSELL_PLANE_HARMONY, m->item[i], v);
    }

    if (xsell_plane_finish(m->cat, XSELL_PLANE_VISUAL) != XSELL_OK
        || xsell_plane_finish(m->cat, XSELL_PLANE_HARMONY) != XSELL_OK)
    {
        return cli_fail("not enough memory");
    }

    return CLI_OK;
}


static int
media_images(xsell_catalog_t *cat, const cli_media_t *o)
{
    int       rc;
    char      count[3][32];
    media_t   m;
    uint32_t  i, good;

    memset(&m, 0, sizeof(m));
    m.cat = cat;

    rc = media_find(&m, o->images);

    if (rc == CLI_OK) {
        cli_wait_begin("pictures");
        rc = visual_read((const char *const *) m.file, m.n, media_each, &m);
        cli_wait_end();
    }

    if (rc == CLI_OK) {
        rc = media_placeholders(&m);
    }

    if (rc == CLI_OK) {
        rc = media_planes(&m);
    }

    if (rc == CLI_OK) {
        for (i = 0, good = 0; i < m.n; i++) {
            good += m.row[i].good;
        }

        fprintf(o->out, "pictures: of %s of %s items; %s could not be read\n",
                cli_count(count[0], good),
                cli_count(count[1], xsell_catalog_n(cat)),
                cli_count(count[2], m.bad));
    }

    for (i = 0; i < m.n; i++) {
        free(m.file[i]);
    }

    free(m.file);
    free(m.item);
    free(m.row);

    return rc;
}


int
cli_media(xsell_catalog_t *cat, const char *file, const cli_media_t *o)
{
    int     rc;
    char    head[64];
    size_t  n;

    if (o->reviews_n == 0 && o->images == NULL) {
        return CLI_OK;
    }

    n = cli_peek(file, head, sizeof(head));

    if (xsell_catalog_compiled(head, n)) {
        return cli_fail("%s: is compiled already: pictures and reviews are "
                        "learned from when it is", file);
    }

    rc = o->reviews_n ? media_reviews(cat, o) : CLI_OK;

    if (rc == CLI_OK && o->images) {
        rc = media_images(cat, o);
    }

    return rc;
}


/* ---- what was learned of an item -------------------------------------- */

static void
media_print_near(const xsell_catalog_t *cat, uint32_t idx, unsigned plane,
    const char *what)
{
    uint32_t             i, n;
    xsell_str_t          id, title;
    xsell_similar_t      near[XSELL_SIMILAR_MAX];
    const xsell_item_t  *other;

    n = xsell_plane_near(cat, plane, idx, near);

    if (n) {
        printf("  %s\n", what);
    }

    for (i = 0; i < n; i++) {
        other = xsell_catalog_item(cat, near[i].item);
        id = xsell_catalog_text(cat, other, XSELL_TEXT_ID);
        title = xsell_catalog_text(cat, other, XSELL_TEXT_TITLE);

        printf("  %2u  %.3f  %-16.*s  %.*s\n", i + 1,
               (double) near[i].likeness, (int) id.n, id.p, (int) title.n,
               title.p);
    }
}


void
cli_media_print(const xsell_catalog_t *cat, uint32_t idx)
{
    const xsell_item_t  *item;

    item = xsell_catalog_item(cat, idx);

    if (item->prior) {
        printf("  liked %+.2f against the shop's average\n",
               item->prior / 127.0);
    }

    media_print_near(cat, idx, XSELL_PLANE_CONTENT, "alike by its vector:");
    media_print_near(cat, idx, XSELL_PLANE_VISUAL, "looks like it:");
    media_print_near(cat, idx, XSELL_PLANE_HARMONY, "goes with it:");
}

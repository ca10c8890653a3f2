
/*
 * xsell eval sentiment: how near the moods of texts are to what people felt
 * when they read them, and to another implementation of the method.
 *
 * The data are texts with the mean rating of several people; the correlation
 * is Pearson's, and Spearman's, which asks for the order only.  A reference
 * is a JSON array of texts with "compound"; it has four decimals, so ours is
 * rounded in the same way before it is compared.
 */

#include "eval.h"

#include <getopt.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>


#define SENTIMENT_LEXICONS  16


static const char  sentiment_help[] =
    "usage: xsell eval sentiment --lexicon FILE... [--data FILE]\n"
    "                            [--reference FILE] [--verbose]\n"
    "\n"
    "Says how well the mood of a text, as `xsell catalog --reviews` takes it\n"
    "(VADER's method), agrees with people.  Files may be gzip.\n"
    "\n"
    "  --lexicon FILE    words and their valence, as VADER has them; emoji\n"
    "                    and the words for them; may stand several times\n"
    "  --data FILE       id, rating and text with tabs between: correlation\n"
    "                    of mood and rating\n"
    "  --reference FILE  a JSON array of objects with \"text\" and\n"
    "                    \"compound\": the largest difference\n"
    "  --verbose         the texts that differ from the reference\n"
    "\n"
    "The last line is for scripts: pearson=.. spearman=.. texts=.., and\n"
    "difference=.. compared=.. if there is a reference, words=..\n";


typedef struct {
    double               x;
    double               y;
    double               rank;          /* of x, then of y */
    double               other;
} sentiment_point_t;


typedef struct {
    xsell_sentiment_t   *s;
    const char          *data;
    const char          *reference;
    int                  verbose;

    sentiment_point_t   *point;
    uint32_t             n;
    size_t               room;
    double               difference;
    uint32_t             compared;
} sentiment_run_t;


/* ---- people ----------------------------------------------------------- */

static int
sentiment_line(sentiment_run_t *r, const cli_input_t *in)
{
    char          *end;
    double         rating;
    const char    *tab, *text;
    xsell_mood_t   mood;

    tab = strchr(in->line, '\t');
    text = tab ? strchr(tab + 1, '\t') : NULL;

    if (text == NULL) {
        return cli_fail("%s:%llu: not an id, a rating and a text",
                        cli_input_name(r->data),
                        (unsigned long long) in->lines);
    }

    rating = strtod(tab + 1, &end);

    if (end != text || !isfinite(rating)) {
        return cli_fail("%s:%llu: the rating is no number",
                        cli_input_name(r->data),
                        (unsigned long long) in->lines);
    }

    if (eval_grow(&r->point, r->n + 1u, &r->room, sizeof(*r->point))) {
        return CLI_FAILED;
    }

    xsell_sentiment(r->s, cli_str(text + 1), &mood);

    r->point[r->n].x = mood.compound;
    r->point[r->n++].y = rating;

    return CLI_OK;
}


static int
sentiment_data(sentiment_run_t *r)
{
    int          rc;
    cli_input_t  in;

    if (cli_input_open(&in, r->data) != 0) {
        return CLI_FAILED;
    }

    while ((rc = cli_input_line(&in)) == 1) {

        if (in.line_n && sentiment_line(r, &in) != CLI_OK) {
            cli_input_close(&in);
            return CLI_FAILED;
        }
    }

    if (rc < 0) {
        return CLI_FAILED;
    }

    cli_input_close(&in);

    if (r->n < 3) {
        return cli_fail("%s: too few texts", cli_input_name(r->data));
    }

    return CLI_OK;
}


static int
sentiment_by_x(const void *a, const void *b)
{
    double  x, y;

    x = ((const sentiment_point_t *) a)->x;
    y = ((const sentiment_point_t *) b)->x;

    return (x > y) - (x < y);
}


/* ranks by x; equal ones share the mean of theirs */

static void
sentiment_ranks(sentiment_point_t *p, uint32_t n)
{
    uint32_t  i, k, from;

    qsort(p, n, sizeof(*p), sentiment_by_x);

    for (from = 0; from < n; from = i) {
        for (i = from; i < n && p[i].x == p[from].x; i++) { /* void */ }

        for (k = from; k < i; k++) {
            p[k].rank = (from + i - 1) / 2.0;
        }
    }
}


static double
sentiment_pearson(const sentiment_point_t *p, uint32_t n)
{
    double    x, y, xx, yy, xy;
    uint32_t  i;

    for (i = 0, x = 0, y = 0; i < n; i++) {
        x += p[i].x / n;
        y += p[i].y / n;
    }

    for (i = 0, xx = 0, yy = 0, xy = 0; i < n; i++) {
        xx += (p[i].x - x) * (p[i].x - x);
        yy += (p[i].y - y) * (p[i].y - y);
        xy += (p[i].x - x) * (p[i].y - y);
    }

    return xx > 0 && yy > 0 ? xy / sqrt(xx * yy) : 0;
}


static void
sentiment_swap(sentiment_point_t *p, uint32_t n)
{
    double    x, rank;
    uint32_t  i;

    for (i = 0; i < n; i++) {
        x = p[i].x;
        p[i].x = p[i].y;
        p[i].y = x;
        rank = p[i].rank;
        p[i].rank = p[i].other;
        p[i].other = rank;
    }
}


static void
sentiment_print(sentiment_run_t *r)
{
    double    pearson;
    uint32_t  i;

    pearson = sentiment_pearson(r->point, r->n);

    sentiment_ranks(r->point, r->n);
    sentiment_swap(r->point, r->n);
    sentiment_ranks(r->point, r->n);

    for (i = 0; i < r->n; i++) {
        r->point[i].x = r->point[i].rank;
        r->point[i].y = r->point[i].other;
    }

    printf("pearson=%.4f spearman=%.4f texts=%u ", pearson,
           sentiment_pearson(r->point, r->n), r->n);
}


/* ---- another implementation ------------------------------------------- */

/* the end of the object that begins at p, NULL if it has none */

static const char *
sentiment_object(const char *p, const char *end)
{
    int       quoted;
    unsigned  depth;

    for (quoted = 0, depth = 0; p < end; p++) {

        if (*p == '\\' && quoted) {
            p++;

        } else if (*p == '"') {
            quoted = !quoted;

        } else if (!quoted && *p == '{') {
            depth++;

        } else if (!quoted && *p == '}' && --depth == 0) {
            return p + 1;
        }
    }

    return NULL;
}


static int
sentiment_compare(sentiment_run_t *r, const char *p, size_t n)
{
    char          rounded[32];
    char          text[XSELL_SENTIMENT_TEXT], number[64];
    size_t        text_n, number_n;
    double        difference;
    xsell_str_t   s;
    xsell_mood_t  mood;

    if (xsell_json_field(p, n, "text", text, sizeof(text), &text_n)
            != XSELL_OK
        || xsell_json_field(p, n, "compound", number, sizeof(number) - 1,
                            &number_n) != XSELL_OK)
    {
        return cli_fail("%s: an object without text or compound",
                        cli_input_name(r->reference));
    }

    number[number_n] = '\0';
    s.p = text;
    s.n = text_n;
    xsell_sentiment(r->s, s, &mood);

    snprintf(rounded, sizeof(rounded), "%.4f", mood.compound);
    difference = fabs(strtod(rounded, NULL) - strtod(number, NULL));

    if (r->verbose && difference > 5e-5) {
        printf("%s, reference %s: %.*s\n", rounded, number, (int) text_n,
               text);
    }

    r->compared++;
    r->difference = difference > r->difference ? difference : r->difference;

    return CLI_OK;
}


static int
sentiment_reference(sentiment_run_t *r)
{
    int          rc;
    char        *text;
    size_t       n;
    const char  *p, *end;

    if (cli_read(r->reference, &text, &n) != 0) {
        return CLI_FAILED;
    }

    rc = CLI_OK;

    for (p = text; rc == CLI_OK; p = end) {
        p = memchr(p, '{', (size_t) (text + n - p));

        if (p == NULL) {
            break;
        }

        end = sentiment_object(p, text + n);

        if (end == NULL) {
            rc = cli_fail("%s: an object without end",
                          cli_input_name(r->reference));
            break;
        }

        rc = sentiment_compare(r, p, (size_t) (end - p));
    }

    free(text);

    return rc;
}


/* ---- command ---------------------------------------------------------- */

static int
sentiment_run(sentiment_run_t *r, const char *const *lexicon, unsigned n)
{
    int  rc;

    r->s = cli_sentiment(lexicon, n);

    if (r->s == NULL) {
        return CLI_FAILED;
    }

    rc = CLI_OK;

    if (r->data) {
        rc = sentiment_data(r);
    }

    if (rc == CLI_OK && r->reference) {
        rc = sentiment_reference(r);
    }

    if (rc == CLI_OK) {

        if (r->data) {
            sentiment_print(r);
        }

        if (r->reference) {
            printf("difference=%.5f compared=%u ", r->difference,
                   r->compared);
        }

        printf("words=%u\n", xsell_sentiment_words(r->s));
    }

    xsell_sentiment_destroy(r->s);
    free(r->point);

    return rc;
}


int
eval_sentiment(int argc, char **argv)
{
    int               c;
    unsigned          n;
    const char       *lexicon[SENTIMENT_LEXICONS];
    sentiment_run_t   r;

    static const struct option  options[] = {
        { "data",      required_argument, NULL, 'd' },
        { "lexicon",   required_argument, NULL, 'l' },
        { "reference", required_argument, NULL, 'r' },
        { "verbose",   no_argument,       NULL, 'v' },
        { "help",      no_argument,       NULL, 'h' },
        { NULL, 0, NULL, 0 }
    };

    memset(&r, 0, sizeof(r));
    n = 0;

    while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {

        switch (c) {

        case 'd':
            r.data = optarg;
            break;

        case 'l':
            if (n == SENTIMENT_LEXICONS) {
                return cli_usage("eval", "more than %d lexicons",
                                 SENTIMENT_LEXICONS);
            }

            lexicon[n++] = optarg;
            break;

        case 'r':
            r.reference = optarg;
            break;

        case 'v':
            r.verbose = 1;
            break;

        case 'h':
            fputs(sentiment_help, stdout);
            return CLI_OK;

        default:
            return CLI_USAGE;
        }
    }

    if (n == 0 || (r.data == NULL && r.reference == NULL)
        || optind != argc)
    {
        return cli_usage("eval", "sentiment needs --lexicon, and --data or "
                         "--reference");
    }

    return sentiment_run(&r, lexicon, n);
}

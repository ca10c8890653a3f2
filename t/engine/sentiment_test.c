
/*
 * sentiment_test.c: moods of texts by VADER's rules, ratings from reviews.
 *
 * The hazards: a rule that is nearly the published one (a catalogue would
 * differ from what its owner measured), English rules in a text that is not
 * English, a lexicon half read, a long or broken text that takes long or is
 * read past its end, and an item that three friends praised above one that a
 * thousand strangers like.
 *
 * Expected values are sums worked out by hand from the words' valences, and
 * the authors' own implementation's where the shared folder is there.
 */

#include "model/xsell_json.h"
#include "model/xsell_sentiment.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <math.h>
#include <zlib.h>

#include <cmocka.h>


static const char  words[] =
    "good\t1.9\t0.9\t[2, 1]\r\n"
    "great\t3.1\n"
    "bad\t-2.5\n"
    "heart\t3.2\n"
    "plus\t0.8\n"
    "ok\t0.4\n"
    "no\t-1.2\n"
    "two words\t9\n"
    ":)\t2.0\n"
    "\n"
    "good\t1.9\n"
    "\xf0\x9f\x92\x98\theart with arrow\n"
    "\xf0\x9f\xa5\x87\t1st place\n"
    "\xe2\x98\xba\xef\xb8\x8f\tof two parts\n";

/* "schon" and "schon" with an accent differ */

static const char  german[] =
    "\xef\xbb\xbf" "sch\xc3\xb6n\t2.0\n"
    "schlecht\t-2.0\n"
    "nicht\t@not\n"
    "sehr\t@more\n"
    "kaum\t@less\n"
    "aber\t@but\n";


static xsell_str_t
view(const char *p)
{
    xsell_str_t  s;

    s.p = p;
    s.n = strlen(p);

    return s;
}


static xsell_sentiment_t *
lexicon(const char *text)
{
    xsell_error_t       err;
    xsell_sentiment_t  *s;

    memset(&err, 0, sizeof(err));
    assert_int_equal(xsell_sentiment_create(&s, &err), XSELL_OK);

    if (xsell_sentiment_add(s, view(text), &err) != XSELL_OK) {
        fail_msg("line %u: %s", err.line, err.text);
    }

    return s;
}


/* the sum behind a compound */

static double
sum_of(xsell_sentiment_t *s, const char *text)
{
    xsell_mood_t  mood;

    xsell_sentiment(s, view(text), &mood);

    if (fabs(mood.compound) >= 1) {
        fail_msg("%s: compound %f", text, mood.compound);
    }

    return mood.compound * sqrt(15 / (1 - mood.compound * mood.compound));
}


static void
want(xsell_sentiment_t *s, const char *text, double sum)
{
    double  got;

    got = sum_of(s, text);

    if (fabs(got - sum) > 1e-9) {
        fail_msg("%s: %f, expected %f", text, got, sum);
    }
}


/* ---- words ------------------------------------------------------------ */

static void
a_word_is_found_without_its_signs(void **state)
{
    xsell_sentiment_t  *s;

    s = lexicon(words);
    assert_int_equal(xsell_sentiment_words(s), 9);

    want(s, "The book was good.", 1.9);
    want(s, "  (\"good\")\tbook", 1.9);
    want(s, "GOOD", 1.9);
    want(s, "\xc2\xa0good\xe3\x80\x80great", 5.0);
    want(s, "goods", 0);
    want(s, "a :) b", 2.0);
    want(s, "great:)", 3.1);
    want(s, "two words", 0);
    want(s, "", 0);
    want(s, " \n\t", 0);

    xsell_sentiment_destroy(s);
}


static void
a_sign_is_read_as_its_words(void **state)
{
    xsell_sentiment_t  *s;

    s = lexicon(words);

    want(s, "a \xf0\x9f\x92\x98", 3.2);
    want(s, "a\xf0\x9f\x92\x98", 3.2);
    want(s, "\xf0\x9f\x92\x98\xf0\x9f\x92\x98", 6.4);
    want(s, "\xf0\x9f\xa5\x87 good", 1.9);

    /* half of it is none */

    want(s, "good \xf0\x9f\x92", 1.9);

    xsell_sentiment_destroy(s);
}


static void
shares_add_up(void **state)
{
    xsell_mood_t        mood;
    xsell_sentiment_t  *s;

    s = lexicon(words);

    /* 1.9 + 1 of that and two neutral words */

    xsell_sentiment(s, view("a good book"), &mood);
    assert_true(fabs(mood.positive - 2.9 / 4.9) < 1e-9);
    assert_true(fabs(mood.neutral - 2 / 4.9) < 1e-9);
    assert_true(mood.negative == 0);

    xsell_sentiment(s, view("good bad!"), &mood);
    assert_true(fabs(mood.negative - (3.5 + .292) / (2.9 + 3.5 + .292))
                < 1e-9);

    xsell_sentiment(s, view(" "), &mood);
    assert_true(mood.compound == 0 && mood.positive == 0
                && mood.neutral == 0 && mood.negative == 0);

    xsell_sentiment_destroy(s);
}


/* ---- rules ------------------------------------------------------------ */

static void
other_words_change_a_word(void **state)
{
    size_t              i;
    xsell_sentiment_t  *s;

    static const struct {
        const char  *text;
        double       sum;
    } row[] = {
        { "good!", 1.9 + .292 },
        { "good!!!!!!", 1.9 + 4 * .292 },
        { "bad!", -2.5 - .292 },
        { "good?", 1.9 },
        { "good??", 1.9 + 2 * .18 },
        { "good????", 1.9 + .96 },

        { "very good", 1.9 + .293 },
        { "very bad", -2.5 - .293 },
        { "very x good", 1.9 + .293 * .95 },
        { "very x x good", 1.9 + .293 * .9 },
        { "very x x x good", 1.9 },
        { "hardly good", 1.9 - .293 },
        { "very very good", 1.9 + .293 + .293 * .95 },
        { "it was kind of good", 1.9 - .293 },
        { "it was just enough good", 1.9 - .293 },

        { "GOOD book", 1.9 + .733 },
        { "GOOD BOOK", 1.9 },
        { "BAD book", -2.5 - .733 },
        { "VERY good", 1.9 + .293 + .733 },
        { "VERY bad", -2.5 - .293 - .733 },

        { "not good", 1.9 * -.74 },
        { "not bad", 2.5 * .74 },
        { "not x good", 1.9 * -.74 },
        { "not x x good", 1.9 * -.74 },
        { "not x x x good", 1.9 },
        { "it isn't good", 1.9 * -.74 },
        { "it ISN'T good", 1.9 * -.74 },
        { "foon't good", 1.9 * -.74 },
        { "never good", 1.9 * -.74 },
        { "never so good", (1.9 + .293) * 1.25 },
        { "never this good", 1.9 * 1.25 },
        { "never this x good", 1.9 * 1.25 },
        { "x so good", 1.9 + .293 },
        { "x x so good", (1.9 + .293) * 1.25 },
        { "without good", 1.9 * -.74 },
        { "without doubt good", 1.9 },
        { "without a doubt good", 1.9 },

        { "no", -1.2 },
        { "no good", 1.9 * -.74 },
        { "no x good", -1.2 + 1.9 * -.74 },
        { "no x or good", -1.2 + 1.9 * -.74 },

        { "least good", 1.9 * -.74 },
        { "the least good", 1.9 * -.74 },
        { "at least good", 1.9 },
        { "very least good", 1.9 + .293 * .95 },

        { "good but bad", .5 * 1.9 - 1.5 * 2.5 },
        { "good but bad but good", .5 * 1.9 - 1.5 * 2.5 + 1.5 * 1.9 },

        /* the halved one is found again in place of its equal */

        { "plus but ok", .2 + .4 },

        { "it is the bomb great", 3 },
        { "it is a yeah right good", -2 },
        { "the bomb great", 3.1 }
    };

    s = lexicon(words);

    for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
        want(s, row[i].text, row[i].sum);
    }

    xsell_sentiment_destroy(s);
}


static void
a_lexicon_brings_its_language(void **state)
{
    xsell_sentiment_t  *s;

    s = lexicon(german);
    assert_int_equal(xsell_sentiment_words(s), 2);

    want(s, "sch\xc3\xb6n", 2);
    want(s, "SCH\xc3\x96N hier", 2 + .733);
    want(s, "nicht sch\xc3\xb6n", -2 * .74);
    want(s, "sehr sch\xc3\xb6n", 2 + .293);
    want(s, "kaum sch\xc3\xb6n", 2 - .293);
    want(s, "sch\xc3\xb6n, aber schlecht", 1 - 3);

    /* English is another language */

    want(s, "not sch\xc3\xb6n", 2);
    want(s, "won't sch\xc3\xb6n", 2);
    want(s, "very sch\xc3\xb6n", 2);
    want(s, "it is the bomb sch\xc3\xb6n", 2);

    xsell_sentiment_destroy(s);
}


/* ---- bounds ----------------------------------------------------------- */

static void
a_lexicon_that_is_none_is_refused(void **state)
{
    size_t              i;
    xsell_error_t       err;
    xsell_sentiment_t  *s;

    static const struct {
        const char  *text;
        unsigned     line;
    } row[] = {
        { "good\t1.9\nbad\t99\n", 2 },
        { "good\t1.9x\n", 1 },
        { "good\t+nan\n", 1 },
        { "good\t+inf\n", 1 },
        { "good\n", 1 },
        { "good\t\n", 1 },
        { "\xc3\xb6\t@nope\n", 1 },
        { "good\t1.00000000000000000000000000000000000\n", 1 }
    };

    for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
        memset(&err, 0, sizeof(err));
        assert_int_equal(xsell_sentiment_create(&s, &err), XSELL_OK);
        assert_int_equal(xsell_sentiment_add(s, view(row[i].text), &err),
                         XSELL_EINVAL);
        assert_int_equal(err.line, row[i].line);
        assert_true(err.text[0] != '\0');
        xsell_sentiment_destroy(s);
    }
}


static void
long_texts_are_cut(void **state)
{
    char               *text;
    size_t              i, n;
    xsell_str_t         t;
    xsell_mood_t        mood;
    xsell_sentiment_t  *s;

    s = lexicon(words);
    n = 4 * 1024 * 1024;
    text = malloc(n);
    assert_non_null(text);

    /* each is looked for among all that were before it */

    for (i = 0; i < n; i += 8) {
        memcpy(text + i, i ? "ok plus " : "but ok  ", 8);
    }

    t.p = text;
    t.n = n;
    xsell_sentiment(s, t, &mood);
    assert_true(mood.compound > .99 && mood.compound < 1);

    memset(text, ' ', n);
    memcpy(text, "good", 4);
    memcpy(text + XSELL_SENTIMENT_TEXT, "bad", 3);
    xsell_sentiment(s, t, &mood);
    assert_true(fabs(mood.compound - 1.9 / sqrt(1.9 * 1.9 + 15)) < 1e-9);

    memset(text, 'a', n);
    xsell_sentiment(s, t, &mood);
    assert_true(mood.compound == 0 && mood.neutral == 1);

    memset(text, 0xff, n);
    xsell_sentiment(s, t, &mood);
    assert_true(mood.compound == 0);

    free(text);
    xsell_sentiment_destroy(s);
}


/* ---- reviews ---------------------------------------------------------- */

static unsigned  warnings;

static void
count_warning(void *ctx, const xsell_error_t *warning)
{
    assert_true(warning->line > 0);
    warnings++;
}


static xsell_catalog_t *
shop(void)
{
    char               text[2048];
    size_t             n;
    unsigned           i;
    xsell_error_t      err;
    xsell_catalog_t   *cat;

    for (i = 0, n = 0; i < 8; i++) {
        n += (size_t) snprintf(text + n, sizeof(text) - n,
                               "{\"id\":\"%u\",\"title\":\"t\","
                               "\"url\":\"/%u\"}\n", i, i);
    }

    assert_int_equal(xsell_catalog_create(&cat, text, n, NULL, NULL, &err),
                     XSELL_OK);

    return cat;
}


static void
review(xsell_opinions_t *o, const char *text)
{
    xsell_error_t  err;

    if (xsell_opinions_read(o, text, strlen(text), count_warning, NULL, &err)
        != XSELL_OK)
    {
        fail_msg("%s", err.text);
    }
}


static int
prior(const xsell_catalog_t *cat, uint32_t idx)
{
    return xsell_catalog_item(cat, idx)->prior;
}


/* a praised newcomer is not better than a well-known favourite */

static void
few_reviews_say_little(void **state)
{
    unsigned               i;
    xsell_catalog_t       *cat;
    xsell_opinions_t      *o;
    xsell_opinions_sum_t   sum;

    cat = shop();
    assert_int_equal(xsell_opinions_create(&o, cat, NULL), XSELL_OK);

    for (i = 0; i < 3; i++) {
        review(o, "{\"item\":\"0\",\"stars\":5}");
    }

    for (i = 0; i < 100; i++) {
        review(o, "{\"sku\":1,\"rating\":\"4.8\"}");
        review(o, "{\"asin\":\"2\",\"overall\":3.0}");
    }

    review(o, "{\"id\":\"3\",\"reviews\":[{\"stars\":1},{\"reviewRating\":"
              "{\"ratingValue\":1}},{\"stars\":\"1\"}]}");
    review(o, "{\"id\":\"5\",\"rating\":5}");
    review(o, "{\"item\":\"none\",\"stars\":1}");

    xsell_opinions_apply(o, cat, &sum);

    assert_int_equal(sum.reviews, 206);
    assert_int_equal(sum.items, 4);
    assert_int_equal(sum.unknown, 1);

    /* items with 3 reviews weigh 3/13, those with 100 10/11 */

    assert_true(fabs(sum.stars - ((5 + 1) * 3 / 13.0 + (4.8 + 3) * 10 / 11)
                                 / (6 / 13.0 + 20 / 11.0)) < 1e-4);
    assert_int_equal(prior(cat, 0), (int) (127 * 3 * (5 - sum.stars) / 26));
    assert_int_equal(prior(cat, 1),
                     (int) (127 * 100 * (4.8 - sum.stars) / 220));
    assert_true(prior(cat, 1) > prior(cat, 0));
    assert_true(prior(cat, 2) < 0 && prior(cat, 3) < 0);
    assert_int_equal(prior(cat, 4), 0);
    assert_int_equal(prior(cat, 5), 0);

    xsell_opinions_destroy(o);
    xsell_catalog_destroy(cat);
}


static void
texts_count_beside_stars(void **state)
{
    unsigned               i;
    xsell_catalog_t       *cat;
    xsell_opinions_t      *o;
    xsell_sentiment_t     *s;
    xsell_opinions_sum_t   sum;

    cat = shop();
    s = lexicon(words);
    assert_int_equal(xsell_opinions_create(&o, cat, s), XSELL_OK);

    for (i = 0; i < 20; i++) {
        review(o, "{\"item\":\"0\",\"stars\":4,\"text\":\"great\"}\n"
                  "{\"item\":\"1\",\"stars\":4,\"text\":\"bad\"}\n"
                  "{\"item\":\"2\",\"stars\":2,\"reviewText\":\"great\"}\n"
                  "{\"item\":\"3\",\"text\":\"bad\"}\n"
                  "{\"item\":\"4\",\"summary\":\"good\",\"text\":\"\"}\n"
                  "{\"item\":\"6\",\"stars\":4}\n"
                  "{\"item\":\"7\"}\n");
    }

    xsell_opinions_apply(o, cat, &sum);
    assert_int_equal(sum.reviews, 120);

    assert_true(prior(cat, 0) > prior(cat, 6));
    assert_true(prior(cat, 6) > prior(cat, 1));

    /* stars say more than words */

    assert_true(prior(cat, 1) > prior(cat, 2));
    assert_true(prior(cat, 3) < 0 && prior(cat, 4) > 0);
    assert_int_equal(prior(cat, 7), 0);

    xsell_opinions_destroy(o);
    xsell_sentiment_destroy(s);
    xsell_catalog_destroy(cat);
}


/* a rating that the catalogue has covers reviews that nobody exported */

static void
the_catalogues_rating_counts_too(void **state)
{
    xsell_error_t          err;
    xsell_catalog_t       *cat;
    xsell_opinions_t      *o;
    xsell_opinions_sum_t   sum;

    static const char  items[] =
        "{\"id\":\"0\",\"title\":\"t\",\"url\":\"/0\",\"rating\":4,"
        "\"rating_count\":90,\"reviews\":[]}\n"
        "{\"id\":\"1\",\"title\":\"t\",\"url\":\"/1\",\"rating\":2,"
        "\"rating_count\":90}\n"
        "{\"id\":\"2\",\"title\":\"t\",\"url\":\"/2\",\"rating\":3,"
        "\"rating_count\":1}\n";

    assert_int_equal(xsell_catalog_create(&cat, items, sizeof(items) - 1,
                                          NULL, NULL, &err), XSELL_OK);
    assert_int_equal(xsell_opinions_create(&o, cat, NULL), XSELL_OK);

    /* two of the ninety, and more than the one */

    review(o, "{\"item\":\"1\",\"stars\":5}\n{\"item\":\"1\",\"stars\":5}\n"
              "{\"item\":\"2\",\"stars\":3}\n{\"item\":\"2\",\"stars\":3}\n");
    xsell_opinions_apply(o, cat, &sum);

    assert_int_equal(sum.items, 2);
    assert_true(fabs(sum.stars - 3) < 1e-6);
    assert_int_equal(prior(cat, 0), (int) (127 * .9 / 2));
    assert_int_equal(prior(cat, 1), (int) (-127 * .9 / 2));
    assert_int_equal(prior(cat, 2), 0);

    xsell_opinions_destroy(o);
    xsell_catalog_destroy(cat);
}


static void
what_is_no_review_is_named(void **state)
{
    xsell_error_t          err;
    xsell_catalog_t       *cat;
    xsell_opinions_t      *o;
    xsell_opinions_sum_t   sum;

    cat = shop();
    assert_int_equal(xsell_opinions_create(&o, cat, NULL), XSELL_OK);

    warnings = 0;
    review(o, "{\"item\":\"0\",\"stars\":6}\n"
              "{\"item\":\"0\",\"stars\":-1}\n"
              "{\"item\":\"0\",\"stars\":\"many\"}\n"
              "{\"item\":[],\"stars\":5}\n"
              "{\"stars\":5}\n"
              "{\"id\":\"0\",\"reviews\":[5]}\n"
              "{\"item\":\"1\",\"stars\":5}\n");
    assert_int_equal(warnings, 6);

    xsell_opinions_apply(o, cat, &sum);
    assert_int_equal(sum.reviews, 1);

    memset(&err, 0, sizeof(err));
    assert_int_equal(xsell_opinions_read(o, "{\"item\":", 8, NULL, NULL,
                                         &err), XSELL_EINVAL);

    xsell_opinions_destroy(o);
    xsell_catalog_destroy(cat);
}


/* ---- the authors' own ------------------------------------------------- */

static char *
shared_gz(const char *name, size_t *n)
{
    int          got;
    char         path[512], *text;
    gzFile       gz;
    const char  *shared;

    shared = getenv("XSELL_SHARED");
    snprintf(path, sizeof(path), "%.300s/%s", shared ? shared : "../shared",
             name);
    gz = gzopen(path, "rb");

    if (gz == NULL) {
        return NULL;
    }

    *n = 4 * 1024 * 1024;
    text = malloc(*n);
    assert_non_null(text);
    got = gzread(gz, text, (unsigned) *n);
    assert_true(got > 0 && (size_t) got < *n);
    gzclose(gz);
    *n = (size_t) got;

    return text;
}


/* both as the reference prints them */

static void
same_as(const xsell_json_t *doc, const char *key, double value,
    const char *format)
{
    char           ours[32], theirs[32];
    xsell_value_t  v;

    xsell_json_get(doc, key, &v);
    assert_int_equal(v.kind, XSELL_JSON_REAL);

    snprintf(ours, sizeof(ours), format, value);
    snprintf(theirs, sizeof(theirs), format, v.real);

    if (strtod(ours, NULL) != strtod(theirs, NULL)) {
        xsell_json_get(doc, "text", &v);
        fail_msg("%s: %s, not %s: %.*s", key, ours, theirs, (int) v.text.n,
                 v.text.p);
    }
}


static void
scores_are_the_references(void **state)
{
    int                  rc;
    char                *text, *cases;
    size_t               n, cases_n;
    unsigned             compared;
    xsell_str_t          file;
    xsell_json_t        *doc;
    xsell_mood_t         mood;
    xsell_value_t        v;
    xsell_error_t        err;
    xsell_sentiment_t   *s;
    xsell_json_reader_t  reader;

    cases = shared_gz("vectors/sentiment/vader_amazon_public.json.gz",
                      &cases_n);
    text = shared_gz("data/vader_lexicon.txt.gz", &n);

    if (cases == NULL || text == NULL) {
        print_message("# skipped: no reference\n");
        free(cases);
        free(text);
        return;
    }

    assert_int_equal(xsell_sentiment_create(&s, &err), XSELL_OK);
    file.p = text;
    file.n = n;
    assert_int_equal(xsell_sentiment_add(s, file, &err), XSELL_OK);
    free(text);

    xsell_json_reader_init(&reader, cases, cases_n);

    for (compared = 0; ; compared++) {
        rc = xsell_json_next(&reader, &doc, &err);

        if (rc == XSELL_NONE) {
            break;
        }

        assert_int_equal(rc, XSELL_OK);
        xsell_json_get(doc, "text", &v);
        xsell_sentiment(s, v.text, &mood);

        same_as(doc, "compound", mood.compound, "%.4f");
        same_as(doc, "neg", mood.negative, "%.3f");
        same_as(doc, "neu", mood.neutral, "%.3f");
        same_as(doc, "pos", mood.positive, "%.3f");
        xsell_json_close(doc);
    }

    assert_int_equal(compared, 1854);

    free(cases);
    xsell_sentiment_destroy(s);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(a_word_is_found_without_its_signs),
        cmocka_unit_test(a_sign_is_read_as_its_words),
        cmocka_unit_test(shares_add_up),
        cmocka_unit_test(other_words_change_a_word),
        cmocka_unit_test(a_lexicon_brings_its_language),
        cmocka_unit_test(a_lexicon_that_is_none_is_refused),
        cmocka_unit_test(long_texts_are_cut),
        cmocka_unit_test(few_reviews_say_little),
        cmocka_unit_test(texts_count_beside_stars),
        cmocka_unit_test(the_catalogues_rating_counts_too),
        cmocka_unit_test(what_is_no_review_is_named),
        cmocka_unit_test(scores_are_the_references)
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("sentiment", tests, NULL, NULL);
}

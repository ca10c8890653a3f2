
/*
 * fuzz_sentiment.c: any bytes as a lexicon, as a text by it, and as reviews.
 *
 *   lexicon \0 text \0 reviews
 *
 * Properties: nothing is read past the end; a score is finite and within its
 * range, its shares add up to one; the same text has the same score again; a
 * prior is what a catalogue can hold.
 */

#include "model/xsell_sentiment.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);


static void
want(int ok)
{
    if (!ok) {
        abort();
    }
}


/* up to the next zero byte */

static xsell_str_t
part(const uint8_t **p, const uint8_t *end)
{
    xsell_str_t     s;
    const uint8_t  *zero;

    zero = memchr(*p, 0, (size_t) (end - *p));
    zero = zero ? zero : end;

    s.p = (const char *) *p;
    s.n = (size_t) (zero - *p);
    *p = zero < end ? zero + 1 : end;

    return s;
}


static void
score(xsell_sentiment_t *s, xsell_str_t text)
{
    double        sum;
    xsell_mood_t  mood, again;

    memset(&mood, 0, sizeof(mood));
    memset(&again, 0, sizeof(again));

    xsell_sentiment(s, text, &mood);
    xsell_sentiment(s, text, &again);

    want(memcmp(&mood, &again, sizeof(mood)) == 0);
    want(mood.compound >= -1 && mood.compound <= 1);
    want(mood.positive >= 0 && mood.negative >= 0 && mood.neutral >= 0);

    sum = mood.positive + mood.negative + mood.neutral;
    want(sum == 0 || fabs(sum - 1) < 1e-9);
}


static void
reviews(xsell_sentiment_t *s, xsell_str_t text)
{
    xsell_error_t          err;
    xsell_opinions_t      *o;
    xsell_opinions_sum_t   sum;

    static xsell_catalog_t  *cat;
    static const char        shop[] =
        "{\"id\":\"a\",\"title\":\"A\",\"url\":\"/a\"}"
        "{\"id\":\"1\",\"title\":\"B\",\"url\":\"/b\"}";

    if (cat == NULL) {
        want(xsell_catalog_create(&cat, shop, sizeof(shop) - 1, NULL, NULL,
                                  NULL) == XSELL_OK);
    }

    want(xsell_opinions_create(&o, cat, s) == XSELL_OK);
    (void) xsell_opinions_read(o, text.p, text.n, NULL, NULL, &err);
    xsell_opinions_apply(o, cat, &sum);

    want(isfinite(sum.stars) && isfinite(sum.mood));
    want(sum.stars >= 0 && sum.stars <= 5 && sum.items <= 2);
    want(xsell_catalog_item(cat, 0)->prior >= -127);

    xsell_opinions_destroy(o);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    xsell_str_t          lexicon, text;
    const uint8_t       *end;
    xsell_error_t        err;
    xsell_sentiment_t   *s;

    end = data + n;
    want(xsell_sentiment_create(&s, &err) == XSELL_OK);

    lexicon = part(&data, end);
    (void) xsell_sentiment_add(s, lexicon, &err);

    /* with what was good of it before a bad line */

    text = part(&data, end);
    score(s, text);
    reviews(s, part(&data, end));

    xsell_sentiment_destroy(s);

    return 0;
}

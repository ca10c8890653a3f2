
/*
 * xsell_opinion.c: what reviews say of an item, as one number from -1 to 1,
 * 0 for what is liked as well as the shop's average.
 *
 *   stars, mood of the text --> stars of a review --> mean of the item,
 *   drawn to the shop's mean by OPINION_PRIOR reviews that nobody wrote
 *
 * It runs while a catalogue is built (xsell_catalog_prior takes the number);
 * items nobody has bought here yet can then be told apart.
 *
 * A text is worth stars by how far its mood is from the shop's mean mood, so
 * a shop where everybody writes politely is no better than others.  Where a
 * review has both, the text counts a quarter: on the 2,972 reviews of
 * Gift_Cards_5, with a quarter of an item's reviews to predict the mean stars
 * of the rest, an error of .33 stars against .37 of stars alone; drawn to the
 * mean by ten reviews, .19 both ways.  Not taken: helpful votes and dates,
 * which few exports have.
 *
 * Reviews are outside text: bounded, and a line that is none is refused with
 * its number; the rest counts.
 */

#include "xsell_json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>


#define OPINION_PRIOR   10.0            /* reviews */
#define OPINION_TEXT    0.25            /* of a review with text and stars */
#define OPINION_ALONE   0.5             /* a text without stars counts so much
                                           of a review */
#define OPINION_MOOD    2.0             /* stars from no mood to the best */
#define OPINION_RANGE   2.0             /* stars that are 1 of the result, as in
                                           xsell_build.c */
#define OPINION_LIST    1000            /* reviews in one object */


typedef struct {
    uint32_t             both;          /* reviews with stars and text */
    uint32_t             stars_n;       /* with stars alone */
    uint32_t             mood_n;        /* with a text alone */
    float                both_stars;    /* sums */
    float                both_mood;
    float                stars;
    float                mood;
} opinion_item_t;


struct xsell_opinions_s {
    const xsell_catalog_t *cat;
    xsell_sentiment_t   *sentiment;     /* borrowed; NULL: stars alone */
    uint32_t             reviews;
    uint32_t             unknown;       /* of items that are not here */
    opinion_item_t       item[];
};


int
xsell_opinions_create(xsell_opinions_t **o, const xsell_catalog_t *cat,
    xsell_sentiment_t *sentiment)
{
    *o = calloc(1, sizeof(**o)
                   + xsell_catalog_n(cat) * sizeof(opinion_item_t));

    if (*o == NULL) {
        return XSELL_ENOMEM;
    }

    (*o)->cat = cat;
    (*o)->sentiment = sentiment;

    return XSELL_OK;
}


void
xsell_opinions_destroy(xsell_opinions_t *o)
{
    free(o);
}


/* ---- a review --------------------------------------------------------- */

/* the first of some keys that has a value; the list ends with NULL */

static void
opinion_get(const xsell_json_t *doc, const char *const *key,
    xsell_value_t *v)
{
    memset(v, 0, sizeof(*v));

    for ( /* void */ ; *key && v->kind == XSELL_JSON_NONE; key++) {
        xsell_json_get(doc, *key, v);
    }
}


/* 0: none; below 0: no such number of stars */

static double
opinion_stars(const xsell_json_t *doc)
{
    double         stars;
    char           text[16], *end;
    xsell_value_t  v;

    static const char *const  keys[] = {
        "stars", "rating", "overall", "reviewRating", NULL
    };
    static const char *const  value[] = { "ratingValue", "value", NULL };

    opinion_get(doc, keys, &v);

    if (v.kind == XSELL_JSON_OBJECT) {
        opinion_get(v.node, value, &v);
    }

    if (v.kind == XSELL_JSON_NONE) {
        return 0;
    }

    stars = -1;

    if (v.kind == XSELL_JSON_INTEGER) {
        stars = (double) v.integer;

    } else if (v.kind == XSELL_JSON_REAL) {
        stars = v.real;

    } else if (v.kind == XSELL_JSON_TEXT && v.text.n
               && v.text.n < sizeof(text))
    {
        memcpy(text, v.text.p, v.text.n);
        text[v.text.n] = '\0';
        stars = strtod(text, &end);
        stars = *end == '\0' ? stars : -1;
    }

    return stars >= 0.5 && stars <= 5 ? stars : -1;
}


static int
opinion_review(xsell_opinions_t *o, uint32_t idx, const xsell_json_t *doc)
{
    double           stars;
    xsell_mood_t     mood;
    xsell_value_t    text;
    opinion_item_t  *it;

    static const char *const  keys[] = {
        "text", "reviewBody", "reviewText", "body", "comment", "review", NULL
    };
    static const char *const  title[] = {
        "title", "summary", "headline", NULL
    };

    stars = opinion_stars(doc);
    memset(&mood, 0, sizeof(mood));
    memset(&text, 0, sizeof(text));

    if (stars < 0) {
        return XSELL_EINVAL;
    }

    if (o->sentiment) {
        opinion_get(doc, keys, &text);

        if (text.kind != XSELL_JSON_TEXT || text.text.n == 0) {
            opinion_get(doc, title, &text);
        }
    }

    if (text.kind == XSELL_JSON_TEXT && text.text.n) {
        xsell_sentiment(o->sentiment, text.text, &mood);

    } else if (stars == 0) {
        return XSELL_OK;                /* says nothing */
    }

    o->reviews++;
    it = &o->item[idx];

    if (text.kind != XSELL_JSON_TEXT || text.text.n == 0) {
        it->stars_n++;
        it->stars += (float) stars;

    } else if (stars == 0) {
        it->mood_n++;
        it->mood += (float) mood.compound;

    } else {
        it->both++;
        it->both_stars += (float) stars;
        it->both_mood += (float) mood.compound;
    }

    return XSELL_OK;
}


/* an object of a file: a review with its item's id, or an item with its
   reviews in a list */

static int
opinion_object(xsell_opinions_t *o, const xsell_json_t *doc)
{
    int            rc;
    char           number[32];
    int64_t        i;
    uint32_t       idx;
    xsell_value_t  id, list, v;

    static const char *const  ids[] = {
        "item", "item_id", "product_id", "sku", "asin", NULL
    };

    xsell_json_get(doc, "reviews", &list);
    xsell_json_get(doc, "id", &id);

    if (list.kind != XSELL_JSON_LIST) {
        v = id;
        opinion_get(doc, ids, &id);

        if (id.kind == XSELL_JSON_NONE && v.kind != XSELL_JSON_NONE) {
            return XSELL_NONE;          /* an item without reviews */
        }
    }

    if (id.kind == XSELL_JSON_INTEGER) {
        id.text.p = number;
        id.text.n = (size_t) snprintf(number, sizeof(number), "%lld",
                                      (long long) id.integer);

    } else if (id.kind != XSELL_JSON_TEXT) {
        return XSELL_EINVAL;
    }

    idx = xsell_catalog_find(o->cat, id.text.p, id.text.n);

    if (idx == XSELL_NO_ITEM) {
        o->unknown++;
        return XSELL_NONE;
    }

    if (list.kind != XSELL_JSON_LIST) {
        return opinion_review(o, idx, doc);
    }

    rc = XSELL_OK;

    for (i = 0; i < list.integer && i < OPINION_LIST; i++) {
        xsell_json_element(&list, (size_t) i, &v);

        if (v.kind != XSELL_JSON_OBJECT
            || opinion_review(o, idx, v.node) != XSELL_OK)
        {
            rc = XSELL_EINVAL;
        }
    }

    return rc;
}


int
xsell_opinions_read(xsell_opinions_t *o, const char *text, size_t n,
    xsell_warn_pt warn, void *ctx, xsell_error_t *err)
{
    int                  rc;
    xsell_json_t        *doc;
    xsell_error_t        e;
    xsell_json_reader_t  reader;

    xsell_json_reader_init(&reader, text, n);

    for ( ;; ) {
        rc = xsell_json_next(&reader, &doc, err);

        if (rc != XSELL_OK) {
            return rc == XSELL_NONE ? XSELL_OK : rc;
        }

        rc = opinion_object(o, doc);
        xsell_json_close(doc);

        if (rc == XSELL_EINVAL && warn) {
            memset(&e, 0, sizeof(e));
            xsell_fail(&e, XSELL_OK, reader.at_line, 0,
                       "no review: it needs its item's id, and stars from "
                       "0.5 to 5 if it has any");
            warn(ctx, &e);
        }
    }
}


/* ---- items ------------------------------------------------------------ */

/* what is known of an item: reviews, and ratings that are in no file */

typedef struct {
    double               stars;         /* sum over stars_n */
    double               stars_n;
    double               mood;
    double               mood_n;
    double               alone;         /* texts without stars */
    double               both;
} opinion_sum_t;


typedef struct {
    double               stars;         /* the shop's means */
    double               mood;
} opinion_mean_t;


/* a catalogue's own rating may cover more than the reviews that are read */

static void
opinion_sum(const opinion_item_t *it, const xsell_item_t *item,
    opinion_sum_t *s)
{
    double  more, stars;

    s->stars = (double) it->stars + (double) it->both_stars;
    s->stars_n = (double) it->stars_n + it->both;
    s->mood = (double) it->mood + (double) it->both_mood;
    s->mood_n = (double) it->mood_n + it->both;
    s->alone = it->mood_n;
    s->both = it->both;

    more = item->rating_n - s->stars_n;

    if (more > 0 && item->rating) {
        stars = item->rating / 100.0 * item->rating_n - s->stars;
        stars = stars < 0 ? 0 : stars > 5 * more ? 5 * more : stars;
        s->stars += stars;
        s->stars_n += more;
    }
}


/* of items, not of reviews: one that everybody reviews is not the average;
   little known ones count less */

static void
opinion_means(const xsell_opinions_t *o, uint32_t n, opinion_mean_t *m)
{
    double         stars_n, mood_n, w;
    uint32_t       i;
    opinion_sum_t  s;

    m->stars = 0;
    m->mood = 0;
    stars_n = 0;
    mood_n = 0;

    for (i = 0; i < n; i++) {
        opinion_sum(&o->item[i], xsell_catalog_item(o->cat, i), &s);

        if (s.stars_n > 0) {
            w = s.stars_n / (s.stars_n + OPINION_PRIOR);
            m->stars += w * s.stars / s.stars_n;
            stars_n += w;
        }

        if (s.mood_n > 0) {
            w = s.mood_n / (s.mood_n + OPINION_PRIOR);
            m->mood += w * s.mood / s.mood_n;
            mood_n += w;
        }
    }

    m->stars = stars_n > 0 ? m->stars / stars_n : 3;
    m->mood = mood_n > 0 ? m->mood / mood_n : 0;
}


/* stars above the shop's mean, drawn to it */

static double
opinion_of(const opinion_item_t *it, const opinion_sum_t *s,
    const opinion_mean_t *m)
{
    double  stars, text, sum, weight;

    /* of a review with both, stars give a part of their weight to the text */

    stars = s->stars - s->stars_n * m->stars
            - OPINION_TEXT * ((double) it->both_stars - s->both * m->stars);

    text = OPINION_TEXT * ((double) it->both_mood - s->both * m->mood)
           + OPINION_ALONE * ((double) it->mood - s->alone * m->mood);

    sum = stars + OPINION_MOOD * text;
    weight = s->stars_n + OPINION_ALONE * s->alone;

    return sum / (weight + OPINION_PRIOR);
}


void
xsell_opinions_apply(const xsell_opinions_t *o, xsell_catalog_t *cat,
    xsell_opinions_sum_t *sum)
{
    double                 x;
    uint32_t               i, n;
    opinion_sum_t          s;
    opinion_mean_t         m;
    const opinion_item_t  *it;

    n = xsell_catalog_n(o->cat);
    opinion_means(o, n, &m);

    memset(sum, 0, sizeof(*sum));
    sum->reviews = o->reviews;
    sum->unknown = o->unknown;
    sum->stars = m.stars;
    sum->mood = m.mood;

    for (i = 0; i < n; i++) {
        it = &o->item[i];
        opinion_sum(it, xsell_catalog_item(o->cat, i), &s);

        if (s.stars_n + s.alone <= 0) {
            continue;
        }

        x = opinion_of(it, &s, &m) / OPINION_RANGE;
        sum->items += it->both + it->stars_n + it->mood_n > 0;

        if (cat) {
            xsell_catalog_prior(cat, i, (float) (x > 1 ? 1 : x < -1 ? -1
                                                 : x));
        }
    }
}

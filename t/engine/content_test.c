
/*
 * content_test.c: what is alike by its words.
 *
 * The hazards: an item is offered next to itself, to a variant of itself, or
 * next to what can't be bought; one product fills the list with its variants;
 * a word that everything has makes everything alike, or makes a reload last
 * minutes; two workers have different lists.
 */

#include "model/xsell_catalog.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>


#define LIKE_MAX  4000

static xsell_catalog_t  *cat;
static xsell_error_t     err;


static void
create(const char *json)
{
    xsell_catalog_destroy(cat);

    if (xsell_catalog_create(&cat, json, strlen(json), NULL, NULL, &err)
        != XSELL_OK)
    {
        fail_msg("%u:%u %s", err.line, err.column, err.text);
    }

    assert_int_equal(xsell_content_build(cat), XSELL_OK);
}


/* ids of an item's neighbours with blanks between */

static const char *
near(const char *id)
{
    size_t                  at;
    uint32_t                i, k, n;
    xsell_str_t      text;
    xsell_similar_t  s[XSELL_SIMILAR_MAX];

    static char      out[2048];

    i = xsell_catalog_find(cat, id, strlen(id));
    assert_int_not_equal(i, XSELL_NO_ITEM);
    n = xsell_catalog_similar(cat, i, s);
    assert_true(n <= XSELL_SIMILAR_MAX);
    out[0] = '\0';

    for (at = 0, k = 0; k < n; k++) {
        assert_non_null(xsell_catalog_item(cat, s[k].item));
        assert_true(s[k].likeness > 0 && s[k].likeness <= 1);
        assert_true(k == 0 || s[k].likeness <= s[k - 1].likeness);
        text = xsell_catalog_text(cat, xsell_catalog_item(cat, s[k].item),
                                  XSELL_TEXT_ID);
        at += (size_t) sprintf(out + at, "%s%.*s", k ? " " : "",
                               (int) text.n, text.p);
    }

    return out;
}


#define TITLE(id, title)                                                      \
    "{\"id\":\"" id "\",\"title\":\"" title "\",\"url\":\"/\"}\n"

#define MORE(id, title, more)                                                 \
    "{\"id\":\"" id "\",\"title\":\"" title "\",\"url\":\"/\"," more "}\n"

static const char  gifts[] =
    TITLE("heart", "White Hanging Heart T-Light Holder")
    TITLE("red", "Red Hanging Heart T-Light Holder")
    TITLE("zinc", "Zinc Heart T-Light Holder")
    TITLE("star", "Star T-Light Holder")
    TITLE("jumbo", "Jumbo Bag Red Retrospot")
    TITLE("lunch", "Lunch Bag Red Retrospot")
    TITLE("pears", "Jumbo Bag Pears")
    TITLE("cake", "Regency Cakestand 3 Tier")
    TITLE("plate", "Regency Tea Plate Roses")
    TITLE("globe", "Inflatable Political Globe");


static void
shared_words_are_alike(void **state)
{
    xsell_similar_t  s[XSELL_SIMILAR_MAX];

    create(gifts);

    assert_string_equal(near("heart"), "red zinc star");
    assert_string_equal(near("jumbo"), "lunch pears red");
    assert_string_equal(near("cake"), "plate");
    assert_string_equal(near("globe"), "");

    assert_int_equal(xsell_catalog_similar(cat, 10, s), 0);
    assert_int_equal(xsell_catalog_similar(cat, XSELL_NO_ITEM, s), 0);

    /* case and accents don't count; scripts without spaces do */

    create(TITLE("a", "CAFETIÈRE ITALIENNE") TITLE("b", "Cafetiere verte")
           TITLE("c", "粉色连衣裙") TITLE("d", "黑色连衣裙") TITLE("e", "手机壳"));

    assert_string_equal(near("a"), "b");
    assert_string_equal(near("c"), "d");
    assert_string_equal(near("e"), "");
}


/* a word of the brand, of the category, of the tags is one too */

static void
every_field_counts(void **state)
{
    create(MORE("a", "Bowl", "\"brand\":\"Acme Works\"")
           MORE("b", "Chair", "\"brand\":\"Acme\"")
           MORE("c", "Lamp", "\"category\":\"Home > Light\"")
           MORE("d", "Torch light", "\"tags\":\"garden, party\"")
           MORE("e", "Grill", "\"tags\":[\"party\"]")
           MORE("f", "Hat", "\"description\":\"party chair lamp\""));

    assert_string_equal(near("a"), "b");
    assert_string_equal(near("c"), "d");
    assert_string_equal(near("e"), "d");
    assert_string_equal(near("f"), "");

    /* so is what galleries and bookshops have keys for */

    create(MORE("a", "Wave", "\"artist\":\"Hokusai\",\"medium\":\"woodcut\"")
           MORE("b", "Fuji", "\"artist\":\"Hokusai\",\"style\":\"late\"")
           MORE("c", "Hare", "\"medium\":\"woodcut\"")
           MORE("d", "Vase", "\"style\":\"late\",\"material\":\"clay\"")
           MORE("e", "Bowl", "\"material\":\"clay\""));

    assert_string_equal(near("a"), "c b");
    assert_string_equal(near("b"), "d a");
    assert_string_equal(near("e"), "d");

    /* the title more than the rest */

    create(MORE("a", "Oak table", "\"brand\":\"Elm\"")
           MORE("b", "Oak chair", "\"brand\":\"Ash\"")
           MORE("c", "Iron lamp", "\"brand\":\"Elm\"")
           TITLE("d", "Cup") TITLE("e", "Jar"));
    assert_string_equal(near("a"), "b c");
}


static void
variants_and_sold_out_are_left_out(void **state)
{
    create(MORE("s1", "Linen shirt blue S", "\"group\":\"s\"")
           MORE("s2", "Linen shirt blue M", "\"group\":\"s\"")
           MORE("t1", "Linen trousers blue", "\"group\":\"t\"")
           MORE("t2", "Linen trousers black", "\"group\":\"t\"")
           MORE("gone", "Linen jacket blue",
                "\"availability\":\"out_of_stock\"")
           MORE("soon", "Linen coat blue", "\"availability\":\"preorder\"")
           TITLE("same", "Blue linen coat")
           TITLE("1", "Cup") TITLE("2", "Jar") TITLE("3", "Tin")
           TITLE("4", "Mug") TITLE("5", "Pot") TITLE("6", "Pan"));

    /* not another size; one pair of trousers; one of two that no word tells
       apart; not what is gone, which has neighbours itself */

    assert_string_equal(near("s1"), "t1 soon");
    assert_string_equal(near("same"), "t1 s1");
    assert_string_equal(near("gone"), "soon t1 s1");
}


/* alike for all: then it is nothing that they have in common */

static void
what_all_have_says_nothing(void **state)
{
    create(TITLE("a", "Print") TITLE("b", "Print") TITLE("c", "Print"));
    assert_string_equal(near("a"), "");

    create(TITLE("a", "Print moon") TITLE("b", "Print moon sun")
           TITLE("c", "Print sea") TITLE("d", "Print tree"));
    assert_string_equal(near("a"), "b");
    assert_string_equal(near("c"), "");

    create(TITLE("a", "Alone"));
    assert_string_equal(near("a"), "");

    create(TITLE("a", "- / -") TITLE("b", "\\u0301") TITLE("c", "!"));
    assert_string_equal(near("a"), "");
}


/* ---- against a plain computation ---------------------------------------- */

#define WORDS_MAX  8

static uint32_t  plain_word[LIKE_MAX][WORDS_MAX];
static uint32_t  plain_words[LIKE_MAX];
static uint32_t  plain_df[1000];


/* a catalogue of random titles: `least` words of a vocabulary and up to four
   more, the first words of which are frequent */

static char *
plain_catalog(uint64_t seed, uint32_t n, uint32_t least, uint32_t vocabulary)
{
    char      *json, *p;
    uint32_t   i, k, j, w;

    json = malloc(n * 200 + 1);
    assert_non_null(json);
    memset(plain_df, 0, sizeof(plain_df));

    for (p = json, i = 0; i < n; i++) {
        p += sprintf(p, "{\"id\":\"%u\",\"url\":\"/\",\"title\":\"", i);
        plain_words[i] = least + (uint32_t) (xsell_random(&seed) % 4);

        for (k = 0; k < plain_words[i]; k++) {

            do {
                w = (uint32_t) (xsell_random(&seed) % vocabulary);
                w = w * (uint32_t) (xsell_random(&seed) % vocabulary)
                    / vocabulary;

                for (j = 0; j < k && plain_word[i][j] != w; j++) { /**/ }

            } while (j < k);

            plain_word[i][k] = w;
            plain_df[w]++;
            p += sprintf(p, "w%u ", w);
        }

        p += sprintf(p, "\"}\n");
    }

    return json;
}


static double
plain_weight(uint32_t w, uint32_t n)
{
    return log(2) * log((double) n / plain_df[w]);
}


static double
plain_likeness(uint32_t x, uint32_t y, uint32_t n)
{
    double    f, a, b, w;
    uint32_t  i, k;

    f = a = b = 0;

    for (i = 0; i < plain_words[x]; i++) {
        w = plain_weight(plain_word[x][i], n);
        a += w * w;

        for (k = 0; k < plain_words[y]; k++) {
            f += plain_word[x][i] == plain_word[y][k] ? w * w : 0;
        }
    }

    for (k = 0; k < plain_words[y]; k++) {
        w = plain_weight(plain_word[y][k], n);
        b += w * w;
    }

    return a > 0 && b > 0 ? f / sqrt(a * b) : 0;
}


/* those with the same words are variants: likeness 1 */

static int
is_variant(double likeness)
{
    return likeness > 0.999999;
}


static void
the_nearest_are_the_nearest(void **state)
{
    char                   *json;
    double                  f, last;
    uint32_t                i, k, j, n, items, left_out;
    xsell_similar_t  s[XSELL_SIMILAR_MAX];

    items = 300;
    left_out = 0;
    json = plain_catalog(3, items, 2, 120);
    create(json);
    free(json);

    for (i = 0; i < items; i++) {
        n = xsell_catalog_similar(cat, i, s);

        for (k = 0; k < n; k++) {
            f = plain_likeness(i, s[k].item, items);
            assert_true(fabs(f - (double) s[k].likeness) < 0.003);
            assert_false(is_variant(f));
        }

        last = n == XSELL_SIMILAR_MAX ? (double) s[n - 1].likeness : 0.05;

        /* who is nearer than the last but not there is a variant of the
           item or of one that is there */

        for (k = 0; k < items; k++) {
            f = plain_likeness(i, k, items);

            if (f < last + 0.003 || is_variant(f)) {
                continue;
            }

            for (j = 0; j < n && !is_variant(plain_likeness(k, s[j].item,
                                                            items)); j++)
            {
                /* void */
            }

            assert_true(j < n);
            left_out += s[j].item != k;
        }
    }

    assert_true(left_out > 0);
}


/* ---- limits ------------------------------------------------------------- */

/* lists far longer than are looked at: rare words first, then whoever comes
   next in the catalogue, so that not all name the same few */

static void
frequent_words_are_bounded(void **state)
{
    char                   *json, *p;
    uint32_t                i, k, n, named;
    xsell_similar_t  s[XSELL_SIMILAR_MAX];

    static uint32_t         times[LIKE_MAX];

    json = malloc(LIKE_MAX * 100);
    assert_non_null(json);

    for (p = json, i = 0; i < LIKE_MAX; i++) {
        p += sprintf(p, "{\"id\":\"%u\",\"url\":\"/\",\"title\":"
                     "\"r%u a%u b%u c%u\"}\n", i, i / 2, i % 3, i % 5,
                     i % 7);
    }

    create(json);
    free(json);
    memset(times, 0, sizeof(times));

    for (i = 0; i < LIKE_MAX; i++) {
        n = xsell_catalog_similar(cat, i, s);
        assert_true(n > 0);

        /* the other one that has the rare word */

        assert_int_equal(s[0].item, i ^ 1);
        assert_int_equal(n, XSELL_SIMILAR_MAX);

        /* then those that share all the others, though one of these three
           lists is not even looked at */

        assert_true(s[5].likeness > 0.11f);

        for (k = 0; k < n; k++) {
            times[s[k].item]++;
        }
    }

    for (named = 0, i = 0; i < LIKE_MAX; i++) {
        named += times[i] > 0;
        assert_true(times[i] <= 4 * XSELL_SIMILAR_MAX);
    }

    assert_true(named > LIKE_MAX * 3 / 4);
}


static void
long_texts_are_bounded(void **state)
{
    char    *json, *p;
    int      i, k;
    double   seconds;
    clock_t  begun;

    json = malloc(64 * 12000);
    assert_non_null(json);

    for (p = json, i = 0; i < 64; i++) {
        p += sprintf(p, "{\"id\":\"%d\",\"url\":\"/\",\"title\":\"", i);

        for (k = 0; k < 1400; k++) {
            p += sprintf(p, "w%d ", (k * (i % 7 + 1)) % 3000);
        }

        p += sprintf(p, "\"}\n");
    }

    begun = clock();
    create(json);
    seconds = (double) (clock() - begun) / CLOCKS_PER_SEC;
    free(json);

    assert_true(seconds < 5);
    assert_string_not_equal(near("0"), "");
}


static void
equal_catalogues_have_equal_lists(void **state)
{
    char                   *json;
    uint32_t                i, n, m;
    xsell_catalog_t        *other;
    xsell_similar_t   s[XSELL_SIMILAR_MAX], t[XSELL_SIMILAR_MAX];

    json = plain_catalog(5, 2000, 1, 900);
    create(json);

    assert_int_equal(xsell_catalog_create(&other, json, strlen(json), NULL,
                                          NULL, &err),
                     XSELL_OK);
    free(json);

    /* not built yet: nothing is alike, and nothing breaks */

    assert_int_equal(xsell_catalog_similar(other, 0, s), 0);

    n = (uint32_t) xsell_catalog_bytes(other);
    assert_int_equal(xsell_content_build(other), XSELL_OK);
    assert_true(xsell_catalog_bytes(other) > n);

    for (i = 0; i < 2000; i++) {
        n = xsell_catalog_similar(cat, i, s);
        m = xsell_catalog_similar(other, i, t);
        assert_int_equal(n, m);

        if (n) {
            assert_memory_equal(s, t, n * sizeof(s[0]));
        }
    }

    /* once is enough */

    assert_int_equal(xsell_content_build(other), XSELL_OK);
    assert_int_equal(xsell_catalog_similar(other, 1999, s), m);
    assert_memory_equal(s, t, m * sizeof(s[0]));

    xsell_catalog_destroy(other);
}


static int
teardown(void **state)
{
    xsell_catalog_destroy(cat);
    cat = NULL;

    return 0;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(shared_words_are_alike),
        cmocka_unit_test(every_field_counts),
        cmocka_unit_test(variants_and_sold_out_are_left_out),
        cmocka_unit_test(what_all_have_says_nothing),
        cmocka_unit_test(the_nearest_are_the_nearest),
        cmocka_unit_test(frequent_words_are_bounded),
        cmocka_unit_test(long_texts_are_bounded),
        cmocka_unit_test(equal_catalogues_have_equal_lists)
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("content", tests, NULL, teardown);
}

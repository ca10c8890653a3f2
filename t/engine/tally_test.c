
/*
 * tally_test.c.  Hazards: a better row is left out for a worse one; equal
 * scores give another list each time; many equal rows make a question slow or
 * the list too long; a NaN in shared memory writes behind a table; a row of a
 * former question is met again.
 */

#include "model_test.h"


#define ROWS  XSELL_TALLY_MAX


static xsell_scored_t  row[ROWS], same[ROWS];


static int
better(const void *x, const void *y)
{
    const xsell_scored_t  *a, *b;

    a = x;
    b = y;

    if (a->score != b->score) {
        return a->score > b->score ? -1 : 1;
    }

    return (a->ref > b->ref) - (a->ref < b->ref);
}


/* n rows, each item once; `scores` different ones, below and above 0 */

static void
fill(uint32_t n, uint32_t scores, uint64_t *random)
{
    uint32_t  i;

    for (i = 0; i < n; i++) {
        row[i].ref = i * 7919 % 1000003;
        row[i].support = i;
        row[i].extra = 0;
        row[i].score = ((float) (xsell_random(random) % scores)
                        - (float) (scores / 3)) / 8;
    }

    memcpy(same, row, n * sizeof(row[0]));
    qsort(same, n, sizeof(same[0]), better);
}


/* the rows that a sort puts first, as they came, however many are equal */

static void
the_best_are_selected(void **state)
{
    uint32_t  i, k, n, max, scores, kept, last;
    uint64_t  random;

    static const uint32_t  many[] = { 1, 2, 7, 8, 9, 63, 64, 65, 200, ROWS };

    random = 1;

    for (k = 0; k < 10; k++) {
        for (scores = 1; scores < 100000; scores *= 9) {
            for (max = 1; max < 200; max = max * 3 + 1) {

                n = many[k];
                fill(n, scores, &random);
                kept = xsell_scored_select(row, n, max);
                assert_int_equal(kept, n < max ? n : max);

                for (last = 0, i = 0; i < kept; i++) {
                    assert_true(i == 0 || row[i].support > last);
                    last = row[i].support;
                }

                qsort(row, kept, sizeof(row[0]), better);
                assert_memory_equal(row, same, kept * sizeof(row[0]));
            }
        }
    }
}


static void
rows_are_sorted(void **state)
{
    uint32_t  n, scores;
    uint64_t  random;

    random = 2;

    for (n = 0; n < 150; n++) {
        for (scores = 1; scores < 100000; scores *= 30) {
            fill(n, scores, &random);
            xsell_scored_sort(row, n);
            assert_memory_equal(row, same, n * sizeof(row[0]));
        }
    }
}


/* what no score should be stays inside the table, and so do equal slots */

static void
no_score_is_too_wild(void **state)
{
    uint32_t  i, n;
    float     wild[] = { NAN, -NAN, INFINITY, -INFINITY, 0.0f, -0.0f };

    for (n = 1; n < 150; n++) {
        for (i = 0; i < n; i++) {
            memset(&row[i], 0, sizeof(row[i]));
            row[i].ref = xsell_ref(i % 3, i);
            row[i].support = i;
            row[i].score = wild[i % 6];
        }

        assert_true(xsell_scored_select(row, n, 20) <= 20);
        xsell_scored_sort(row, n < 20 ? n : 20);
        xsell_scored_sort(row, n);
    }
}


static void
a_question_begins_empty(void **state)
{
    uint32_t       i, k;
    xsell_tally_t  *t;

    t = calloc(1, sizeof(*t));
    assert_non_null(t);

    /* past the wrap of the stamp */

    for (i = 0; i < 70000; i++) {
        xsell_tally_begin(t);
        assert_int_equal(t->n, 0);

        for (k = 0; k < 3; k++) {
            xsell_tally_at(t, xsell_ref(i % 5 + k, 1))->score += 1;
            assert_float_equal(
                xsell_tally_at(t, xsell_ref(i % 5 + k, 1))->score, 1, 0);
        }
    }

    /* and full is full */

    xsell_tally_begin(t);

    for (i = 0; i < XSELL_TALLY_MAX; i++) {
        assert_non_null(xsell_tally_at(t, i));
    }

    assert_null(xsell_tally_at(t, i));
    assert_non_null(xsell_tally_at(t, 0));

    free(t);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(the_best_are_selected),
        cmocka_unit_test(rows_are_sorted),
        cmocka_unit_test(no_score_is_too_wild),
        cmocka_unit_test(a_question_begins_empty)
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("tally", tests, NULL, NULL);
}

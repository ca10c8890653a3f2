
/*
 * words_test.c: a text cut into words.
 *
 * The hazards: a catalogue in a script without spaces gives one word a title,
 * and nothing is alike; an accent or a capital makes two words of one; the
 * process's locale changes what a letter is; broken UTF-8 is read past its
 * end, or a word without end past the buffer; a machine without the C
 * library's tables finds no words at all.
 */

#include "model/xsell_words.h"

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>


static xsell_alphabet_t  alphabet;


/* the words with blanks between, of a text that ends where its memory ends */

static const char *
words_n(const char *text, size_t n)
{
    char           *copy;
    size_t          at;
    xsell_str_t     s, word;
    xsell_words_t   w;

    static char     out[8192];

    copy = malloc(n ? n : 1);
    assert_non_null(copy);
    memcpy(copy, text, n);
    s.p = copy;
    s.n = n;
    at = 0;

    xsell_words_init(&w, &alphabet, s);

    while (xsell_words_next(&w, &word)) {
        assert_in_range(word.n, 1, XSELL_WORD_MAX);

        if (at + word.n + 2 > sizeof(out)) {
            break;
        }

        if (at) {
            out[at++] = ' ';
        }

        memcpy(out + at, word.p, word.n);
        at += word.n;
    }

    out[at] = '\0';
    free(copy);

    return out;
}


#define words(text)  words_n(text, strlen(text))


static void
runs_of_letters_and_digits(void **state)
{
    assert_string_equal(words(""), "");
    assert_string_equal(words(" - , \t\n"), "");
    assert_string_equal(words("White Hanging Heart T-Light Holder"),
                        "white hanging heart t light holder");
    assert_string_equal(words("Set of 3, 50 cm; \"WH-1000XM4\"!"),
                        "set of 3 50 cm wh 1000xm4");
    assert_string_equal(words("12.50€|x_y/z"), "12 50 x y z");
    assert_string_equal(words("٣ कमीज़ ৫"), "٣ कमीज़ ৫");
}


static void
one_word_however_it_is_written(void **state)
{
    assert_string_equal(words("Größe GRÖSSE grösse Grosse"),
                        "grosse grosse grosse grosse");
    assert_string_equal(words("CAFÉ café cafe\xcc\x81 Cafe"),
                        "cafe cafe cafe cafe");
    assert_string_equal(words("Straße STRAẞE Œuvre Æther"),
                        "strasse strasse oeuvre aether");
    assert_string_equal(words("Łódź Phở Ţară Țară İstanbul ISPARTA ılık"),
                        "lodz pho tara tara istanbul isparta ilik");
    assert_string_equal(words("ΠΟΔΉΛΑΤΟ ποδηλατο λόγος"),
                        "ποδηλατο ποδηλατο λογοσ");
    assert_string_equal(words("Ёлка ЕЛКА й и\xcc\x86"), "елка елка и и");
    assert_string_equal(words("Ｔシャツ Ｗｉｄｅ"), "t シャ ャツ wide");
    assert_string_equal(words("cre\xc2\xad" "me kurt\xe2\x80\x8c" "a"),
                        "creme kurta");

    /* Hebrew and Arabic with their points and without */

    assert_string_equal(words("סֵפֶר"), words("ספר"));
    assert_string_equal(words("كِتَاب كتـاب"), "كتاب كتاب");

    /* marks that are spelling stay: two Hindi words, not one */

    assert_string_equal(words("कमल कमाल"), "कमल कमाल");
}


static void
scripts_without_spaces_give_pairs(void **state)
{
    assert_string_equal(words("手机"), "手机");
    assert_string_equal(words("手"), "手");
    assert_string_equal(words("手机壳子"), "手机 机壳 壳子");
    assert_string_equal(words("手机 壳"), "手机 壳");
    assert_string_equal(words("iPhone手机壳15 Pro"),
                        "iphone 手机 机壳 15 pro");
    assert_string_equal(words("ピンクのバッグ"),
                        "ピン ンク クの のバ バッ ッグ");
    assert_string_equal(words("가방 빨간가방"), "가방 빨간 간가 가방");

    /* a Thai letter with its vowel and tone is one sign */

    assert_string_equal(words("เสื้อ"), "เสื้ สื้อ");
}


static void
broken_utf8_is_a_gap(void **state)
{
    assert_string_equal(words("ab\xff" "cd"), "ab cd");
    assert_string_equal(words("ab\xc3"), "ab");
    assert_string_equal(words("ab\xe4\xb8"), "ab");
    assert_string_equal(words("\x80\x80zz\xc0\xaf"), "zz");

    /* a surrogate, overlong, past the last one */

    assert_string_equal(words("a\xed\xa0\x80" "b"), "a b");
    assert_string_equal(words("a\xe0\x80\xaf" "b"), "a b");
    assert_string_equal(words("a\xf4\x90\x80\x80" "b"), "a b");
    assert_string_equal(words_n("a\0b", 3), "a b");
}


static void
words_are_bounded(void **state)
{
    size_t       i;
    static char  text[10000];

    memset(text, 'x', sizeof(text));
    assert_int_equal(strlen(words_n(text, sizeof(text))), XSELL_WORD_MAX);

    /* no character is cut in two; what follows is a word again */

    for (i = 0; i + 2 <= sizeof(text) - 2; i += 2) {
        memcpy(text + i, "я", 2);
    }

    memcpy(text + sizeof(text) - 2, " b", 2);
    assert_int_equal(strlen(words_n(text, sizeof(text))), XSELL_WORD_MAX + 2);

    /* a sign with marks without end */

    memcpy(text, "ก", 3);

    for (i = 3; i + 3 <= sizeof(text); i += 3) {
        memcpy(text + i, "้", 3);
    }

    assert_int_equal(strlen(words_n(text, i)), XSELL_WORD_MAX);
}


/* any bytes: it ends, stays inside, and gives UTF-8 */

static void
any_bytes_are_survived(void **state)
{
    size_t    i, k, n;
    uint64_t  rng;
    char      text[64];

    static const char *const  parts[] = {
        "a", "É", "手", "ก", "้", "\xcc\x81", " ", "\xff", "\xe4", "\xb8", "9"
    };

    rng = 11;

    for (i = 0; i < 20000; i++) {

        for (n = 0; n < sizeof(text) - 8; n += k) {

            if (xsell_random(&rng) % 4 == 0) {
                text[n] = (char) xsell_random(&rng);
                k = 1;
                continue;
            }

            k = xsell_random(&rng) % (sizeof(parts) / sizeof(parts[0]));
            memcpy(text + n, parts[k], strlen(parts[k]));
            k = strlen(parts[k]);
        }

        (void) words_n(text, xsell_random(&rng) % n);
    }
}


static void
the_locale_of_the_process_does_not_count(void **state)
{
    char  before[256], *old;

    old = strdup(setlocale(LC_ALL, NULL));
    assert_non_null(old);

    snprintf(before, sizeof(before), "%s", words("ÉTÉ Ünlü 手机壳"));
    assert_string_equal(before, "ete unlu 手机 机壳");

    assert_non_null(setlocale(LC_ALL, "C"));
    assert_string_equal(words("ÉTÉ Ünlü 手机壳"), before);

    /* another one where there is one; nor was it set by us */

    assert_string_equal(setlocale(LC_ALL, NULL), "C");
    (void) setlocale(LC_ALL, "C.UTF-8");
    assert_string_equal(words("ÉTÉ Ünlü 手机壳"), before);

    (void) setlocale(LC_ALL, old);
    free(old);
}


/* a machine that has no C.UTF-8 */

static void
without_tables_words_are_still_found(void **state)
{
    xsell_alphabet_t  kept;

    kept = alphabet;
    memset(&alphabet, 0, sizeof(alphabet));

    assert_string_equal(words("White T-Light, Größe CAFÉ „A“ – b… 5€"),
                        "white t light grosse cafe a b 5");
    assert_string_equal(words("Привет, мир! 手机壳 x\xff"),
                        "Привет мир 手机 机壳 x");
    any_bytes_are_survived(state);

    alphabet = kept;
}


static int
setup(void **state)
{
    xsell_alphabet_init(&alphabet);

    if (alphabet.locale == (locale_t) 0) {
        printf("# no C.UTF-8 on this machine\n");
        return -1;
    }

    return 0;
}


static int
teardown(void **state)
{
    xsell_alphabet_deinit(&alphabet);
    return 0;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(runs_of_letters_and_digits),
        cmocka_unit_test(one_word_however_it_is_written),
        cmocka_unit_test(scripts_without_spaces_give_pairs),
        cmocka_unit_test(broken_utf8_is_a_gap),
        cmocka_unit_test(words_are_bounded),
        cmocka_unit_test(any_bytes_are_survived),
        cmocka_unit_test(the_locale_of_the_process_does_not_count),
        cmocka_unit_test(without_tables_words_are_still_found)
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("words", tests, setup, teardown);
}

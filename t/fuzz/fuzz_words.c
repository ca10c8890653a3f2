
/*
 * fuzz_words.c: any bytes cut into words, with the C library's tables and
 * without them (the first byte decides).
 *
 * Properties: nothing is read past the end; it ends; a word is neither empty
 * nor too long, is whole UTF-8, and is one word, the same, when cut again.
 */

#include "model/xsell_words.h"

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


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    char              kept[XSELL_WORD_MAX];
    size_t            i, words;
    xsell_str_t       text, word;
    xsell_words_t     w, again;
    xsell_alphabet_t  a;

    static xsell_alphabet_t  alphabet;

    if (n == 0) {
        return 0;
    }

    if (alphabet.locale == (locale_t) 0) {
        xsell_alphabet_init(&alphabet);
    }

    memset(&a, 0, sizeof(a));
    a = data[0] & 1 ? alphabet : a;

    text.p = (const char *) data + 1;
    text.n = n - 1;
    xsell_words_init(&w, &a, text);

    for (words = 0; xsell_words_next(&w, &word); words++) {
        want(word.n > 0 && word.n <= XSELL_WORD_MAX && words < n);

        for (i = 0; i < word.n; i++) {
            want((uint8_t) word.p[i] > ' ' && (uint8_t) word.p[i] < 0xf5);
        }

        memcpy(kept, word.p, word.n);
        text.p = kept;
        text.n = word.n;
        i = word.n;

        xsell_words_init(&again, &a, text);
        want(xsell_words_next(&again, &word));
        want(word.n == i && memcmp(word.p, kept, i) == 0);
        want(!xsell_words_next(&again, &word));
    }

    want(!xsell_words_next(&w, &word));

    return 0;
}


/*
 * xsell_template_look.c: what a template says of its own look to the model, in
 * a comment that begins it: {{! xsell: story }}.  Without one it is a list.
 *
 * Nothing is refused for it: a word that is not known is told as a doubt, and
 * the template is a list.
 */

#include "xsell_page.h"

#include <string.h>


static size_t
skip(xsell_str_t text, size_t i)
{
    while (i < text.n && strchr(" \t\r\n", text.p[i]) && text.p[i]) {
        i++;
    }

    return i;
}


static int
at(xsell_str_t text, size_t i, const char *word)
{
    return text.n - i >= strlen(word)
           && memcmp(text.p + i, word, strlen(word)) == 0;
}


int
xsell_template_look(xsell_str_t text, xsell_str_t *word, size_t *off)
{
    size_t  i, end;

    i = skip(text, 0);

    if (!at(text, i, "{{!")) {
        return 0;
    }

    i = skip(text, i + 3);

    if (!at(text, i, "xsell:")) {
        return 0;
    }

    i = skip(text, i + 6);

    for (end = i; end < text.n && text.p[end] >= 'a' && text.p[end] <= 'z';
         end++)
    {
        /* void */
    }

    word->p = text.p + i;
    word->n = end - i;
    *off = i;

    return word->n == 5 && memcmp(word->p, "story", 5) == 0 ? 1 : -1;
}


/*
 * template_strings_test.c: sentences by language.  A page in one language
 * with a button in another, or with a hole where a sentence should be, is
 * what shoppers see of a key that somebody forgot; a mistyped key must be
 * told when the files are read.
 */

#include "template_test.h"


static char      warnings[4096];
static unsigned  warned;


static void
warn(void *ctx, const xsell_error_t *warning)
{
    size_t  n;

    n = strlen(warnings);
    snprintf(warnings + n, sizeof(warnings) - n, "%s\n", warning->text);
    warned++;
}


static void
doubt(void *ctx, const char *file, const xsell_error_t *warning)
{
    size_t  n;

    n = strlen(warnings);
    snprintf(warnings + n, sizeof(warnings) - n, "%s:%u:%u: ", file,
             warning->line, warning->column);
    warn(ctx, warning);
}


/* languages and files in turns, NULL at the end */

static xsell_templates_t *
set(const char *const *strings, const char *text)
{
    xsell_str_t          name;
    xsell_error_t        err;
    xsell_templates_t   *ts;

    warnings[0] = '\0';
    warned = 0;
    assert_int_equal(xsell_templates_create(&ts), XSELL_OK);
    assert_int_equal(xsell_templates_add(ts, str("t"), str(text), &err),
                     XSELL_OK);

    for ( ; *strings; strings += 2) {
        memset(&err, 0, sizeof(err));

        if (xsell_templates_strings(ts, str(strings[0]), str(strings[1]),
                                    warn, NULL, &err)
            != XSELL_OK)
        {
            fail_msg("%s: %u:%u %s", strings[0], err.line, err.column,
                     err.text);
        }
    }

    if (xsell_templates_compile(ts, &name, &err) != XSELL_OK) {
        fail_msg("%.*s %u:%u %s", (int) name.n, name.p, err.line, err.column,
                 err.text);
    }

    xsell_templates_check(ts, doubt, NULL);

    return ts;
}


static const char *
in(const xsell_templates_t *ts, const char *lang)
{
    size_t            n;
    xsell_fragment_t  f;
    static char       buf[1024];

    f = fragment(1);
    f.title = str("");
    f.lang = str(lang);
    n = xsell_templates_render(ts, (uint32_t)
                               xsell_templates_find(ts, str("t")), &f, buf,
                               sizeof(buf) - 1);
    assert_true(n < sizeof(buf));
    buf[n] = '\0';

    return buf;
}


/* the tag, its family, English, anything rather than nothing */

static void
languages(void **state)
{
    xsell_templates_t  *ts;
    const char *const   files[] = {
        "en", "{\n  \"cta\": \"Shop <now>\",\n  \"only\": \"English\"\n}\n",
        "de", "{\"cta\": \"Jetzt kaufen\", \"only\": \"Deutsch\"}",
        "de-AT", "{\"cta\": \"Jetzt holen\"}",
        "zh-Hant", "{\"cta\": \"\xe8\xb2\xb7\", \"only\": \"x\"}",
        "fr", "{\"cta\": \"\", \"only\": \"F\"}", NULL
    };

    ts = set(files, "{{strings.cta}}|{{strings.only}}{{^strings.cta}}!"
             "{{/strings.cta}}");

    /* the built-in words are not in Chinese */

    assert_int_equal(warned, XSELL_REASONS);
    assert_non_null(strstr(warnings, "strings.zh-Hant.json:0:0: \"heading\" is "
                           "missing: it reads \"You may also like\" in"));

    assert_string_equal(in(ts, "en"), "Shop &lt;now&gt;|English");
    assert_string_equal(in(ts, "en-GB"), "Shop &lt;now&gt;|English");
    assert_string_equal(in(ts, ""), "Shop &lt;now&gt;|English");
    assert_string_equal(in(ts, "xx"), "Shop &lt;now&gt;|English");
    assert_string_equal(in(ts, "dex"), "Shop &lt;now&gt;|English");
    assert_string_equal(in(ts, "de"), "Jetzt kaufen|Deutsch");
    assert_string_equal(in(ts, "DE_ch"), "Jetzt kaufen|Deutsch");
    assert_string_equal(in(ts, "de-at"), "Jetzt holen|Deutsch");
    assert_string_equal(in(ts, "de-AT-1996"), "Jetzt holen|Deutsch");
    assert_string_equal(in(ts, "zh-Hant-TW"), "\xe8\xb2\xb7|x");
    assert_string_equal(in(ts, "zh"), "Shop &lt;now&gt;|English");
    assert_string_equal(in(ts, "fr"), "|F!");
    assert_string_equal(in(ts, "de-abcdefgh-abcdefgh-abcdefgh-abcdefgh"),
                        "Shop &lt;now&gt;|English");
    xsell_templates_destroy(ts);
}


/* built-in words have keys: a shop says them in its own way, and only those
   that it says */

static void
builtin_words(void **state)
{
    xsell_templates_t  *ts;
    const char *const   none[] = { NULL };
    const char *const   files[] = {
        "en", "{\"heading\": \"Our picks\", \"why_viewed\": \"\"}",
        "de", "{\"why_viewed\": \"Andere sahen auch\"}", NULL
    };

    ts = set(none, "{{heading}}|{{#items}}{{why}}{{/items}}|"
             "{{strings.previous}}|{{strings.out_of_stock}}");
    assert_string_equal(in(ts, "en"), "You may also like|Viewed in the same "
                        "visits|Previous|Out of stock");
    assert_string_equal(in(ts, "de-CH"), "Das k\xc3\xb6nnte Ihnen gefallen|"
                        "Im selben Besuch angesehen|Zur\xc3\xbc" "ck|Nicht "
                        "vorr\xc3\xa4tig");
    assert_string_equal(in(ts, "nn"), "You may also like|Viewed in the same "
                        "visits|Previous|Out of stock");
    xsell_templates_destroy(ts);

    ts = set(files, "{{heading}}|{{#items}}{{#why}}{{why}}{{/why}}{{/items}}");
    assert_string_equal(warnings, "");
    assert_string_equal(in(ts, "en"), "Our picks|");
    assert_string_equal(in(ts, "de"), "Das k\xc3\xb6nnte Ihnen gefallen|"
                        "Andere sahen auch");
    assert_string_equal(in(ts, "fr"), "Vous aimerez aussi|Vu lors des m\xc3"
                        "\xaames visites");
    assert_string_equal(in(ts, "vi"), "Our picks|");
    xsell_templates_destroy(ts);
}


/* every reason of the engine has a sentence in every language */

static void
every_reason(void **state)
{
    unsigned            r;
    size_t              i, n;
    char                buf[256];
    xsell_card_t        card;
    xsell_fragment_t    f;
    xsell_templates_t  *ts;
    const char *const   none[] = { NULL };
    static const char *const  langs[] = {
        "en", "de", "fr", "es", "it", "nl", "pt", "pl", "sv", "da", "nb",
        "no", "fi", "cs", "ja"
    };

    ts = set(none, "{{#items}}{{#why}}{{why}}{{/why}}{{/items}}");
    memset(&card, 0, sizeof(card));
    f = fragment(0);
    f.card = &card;
    f.n = 1;

    for (i = 0; i < sizeof(langs) / sizeof(langs[0]); i++) {
        f.lang = str(langs[i]);

        for (r = 0; r <= XSELL_REASONS; r++) {
            card.reason = r;
            n = xsell_templates_render(ts, 3, &f, buf, sizeof(buf));

            if ((n > 0) != (r > 0 && r < XSELL_REASONS)) {
                fail_msg("%s: reason %u: %zu bytes", langs[i], r, n);
            }
        }
    }

    xsell_templates_destroy(ts);
}


/* a forgotten and a mistyped key are told, with the file; what a language
   has from its family or is built in is not missing */

static void
doubts(void **state)
{
    xsell_templates_t  *ts;
    const char *const   files[] = {
        "en", "{\"cta\": \"Shop now\", \"other\": \"not ours\"}",
        "de", "{\"cat\": \"Kaufen\", \"more\": \"Mehr\"}",
        "de-AT", "{}",
        "fr", "{\"cta\": \"Acheter\", \"why_viewd\": \"Vu\", \"n\": 5}", NULL
    };

    ts = set(files, "{{strings.cta}} {{strings.more}}");
    assert_string_equal(warnings,
        "\"n\" is a number, not a text: left out\n"
        "strings.en.json:0:0: \"more\" is missing: it reads \"Mehr\" in this "
        "language\n"
        "strings.de.json:0:0: \"cta\" is missing: it reads \"Shop now\" in "
        "this language\n"
        "strings.de.json:1:9: no template uses \"cat\"; did you mean \"cta\"?\n"
        "strings.fr.json:0:0: \"more\" is missing: it reads \"Mehr\" in this "
        "language\n"
        "strings.fr.json:1:33: no template uses \"why_viewd\"; did you mean "
        "\"why_viewed\"?\n"
        "strings.de-AT.json:0:0: \"cta\" is missing: it reads \"Shop now\" in "
        "this language\n");
    assert_string_equal(in(ts, "fr"), "Acheter Mehr");
    assert_string_equal(in(ts, "en"), "Shop now Mehr");
    assert_string_equal(in(ts, "de-AT"), "Shop now Mehr");
    xsell_templates_destroy(ts);
}


static void
bad_files(void **state)
{
    size_t              i;
    xsell_error_t       err;
    xsell_templates_t  *ts;
    static const char *const  bad[][3] = {
        { "en", "[]", "" }, { "en", "", "" }, { "en", "{\"a\": }", "" },
        { "en", "{\"a\": \"b\"} x", "" }, { "en", "{\"a b\": \"c\"}", "key" },
        { "en", "{\"\": \"c\"}", "key" },
        { "en", "{\"a\": \"b\", \"a\": \"c\"}", "" },
        { "en", "{\"a23456789012345678901234567890123456789012345678901234567"
          "89012345\": \"\"}", "key" },
        { "", "{}", "language tag" }, { "e", "{}", "language tag" },
        { "e/n", "{}", "language tag" }, { "-en", "{}", "language tag" },
        { "1n", "{}", "language tag" },
        { "en-abcdefgh-abcdefgh-abcdefgh-abcdefgh", "{}", "language tag" }
    };

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        memset(&err, 0, sizeof(err));
        assert_int_equal(xsell_templates_create(&ts), XSELL_OK);

        if (xsell_templates_strings(ts, str(bad[i][0]), str(bad[i][1]), NULL,
                                    NULL, &err)
            != XSELL_EINVAL || strstr(err.text, bad[i][2]) == NULL
            || err.text[0] == '\0')
        {
            fail_msg("%s %s: %s", bad[i][0], bad[i][1], err.text);
        }

        xsell_templates_destroy(ts);
    }

    /* one file a language, however it is spelt */

    assert_int_equal(xsell_templates_create(&ts), XSELL_OK);
    assert_int_equal(xsell_templates_strings(ts, str("pt-BR"), str("{}"), NULL,
                                             NULL, &err), XSELL_OK);
    assert_int_equal(xsell_templates_strings(ts, str("pt_br"), str("{}"), NULL,
                                             NULL, &err), XSELL_EINVAL);
    xsell_templates_destroy(ts);
}


/* more languages and keys than a shop has: refused, not overrun */

static void
bounded(void **state)
{
    int                 rc;
    size_t              i, n;
    char                lang[8];
    static char         big[40000];
    xsell_error_t       err;
    xsell_templates_t  *ts;

    assert_int_equal(xsell_templates_create(&ts), XSELL_OK);
    rc = XSELL_OK;

    for (i = 0; i < 100 && rc == XSELL_OK; i++) {
        snprintf(lang, sizeof(lang), "x%c-%c", (char) ('a' + i / 26),
                 (char) ('a' + i % 26));
        rc = xsell_templates_strings(ts, str(lang), str("{}"), NULL, NULL,
                                     &err);
    }

    assert_int_equal(rc, XSELL_EINVAL);
    assert_true(i > 40);
    xsell_templates_destroy(ts);

    assert_int_equal(xsell_templates_create(&ts), XSELL_OK);
    n = 0;

    for (i = 0; i < 1001; i++) {
        n += snprintf(big + n, sizeof(big) - n, "%s\"k%zu\": \"v\"",
                      i ? ", " : "{", i);
    }

    snprintf(big + n, sizeof(big) - n, "}");
    assert_int_equal(xsell_templates_strings(ts, str("en"), str(big), NULL,
                                             NULL, &err), XSELL_EINVAL);
    xsell_templates_destroy(ts);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(languages),
        cmocka_unit_test(builtin_words),
        cmocka_unit_test(every_reason),
        cmocka_unit_test(doubts),
        cmocka_unit_test(bad_files),
        cmocka_unit_test(bounded),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, setup, teardown);
}

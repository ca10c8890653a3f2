
/*
 * template_test.c: templates come from marketers and values from catalogues;
 * neither may break a page.  What can't be safe must fail when it is
 * compiled, with the place and what to do; what compiles must render within
 * the caller's memory, whatever the values are.
 *
 * The files of the Mustache specification are read where they are present.
 */

#include "xsell.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>


#define EVIL  "<b>\\\"'&{{title}}"              /* as JSON writes it */

static const char  feed[] =
    "[{\"id\":\"A-1\",\"title\":\"First\",\"url\":\"/p/1\",\"image\":"
        "\"/i/1.svg\",\"price\":\"12.50\",\"currency\":\"EUR\",\"brand\":"
        "\"Ada\",\"category\":\"Art > Prints\",\"description\":\"One\"},"
    "{\"id\":\"B-2\",\"title\":\"Second\",\"url\":\"/p/2\","
        "\"availability\":\"out_of_stock\"},"
    "{\"id\":\"" EVIL "\",\"title\":\"" EVIL "\",\"url\":\"/p/3\","
        "\"image\":\"javascript:alert(1)\",\"brand\":\"" EVIL "\"}]";

static xsell_catalog_t  *catalog;


static xsell_str_t
str(const char *s)
{
    xsell_str_t  v;

    v.p = s;
    v.n = strlen(s);

    return v;
}


static int
setup(void **state)
{
    xsell_error_t  err;

    return xsell_catalog_create(&catalog, feed, strlen(feed), NULL, NULL,
                                &err);
}


static int
teardown(void **state)
{
    xsell_catalog_destroy(catalog);
    return 0;
}


/* cards of items 0 .. n - 1, the usual fragment */

static xsell_fragment_t
fragment(uint32_t n)
{
    uint32_t             i;
    xsell_fragment_t     f;
    static xsell_card_t  card[XSELL_SLATE_MAX];

    memset(&f, 0, sizeof(f));

    for (i = 0; i < n; i++) {
        card[i].url = str("/p/x?a=1&xs=tok");
        card[i].item = i;
        card[i].reason = XSELL_REASON_VIEWED;
    }

    f.catalog = catalog;
    f.slot = str("related");
    f.css = str("/xsell/s/0.css");
    f.title = str("More & more");
    f.lang = str("en");
    f.card = card;
    f.n = n;

    return f;
}


static const char *
render(const char *text, const xsell_fragment_t *f)
{
    size_t             n;
    xsell_error_t      err;
    xsell_template_t  *t;
    static char        buf[65536];

    memset(&err, 0, sizeof(err));

    if (xsell_template_create(&t, str(text), &err) != XSELL_OK) {
        snprintf(buf, sizeof(buf), "%u:%u %s", err.line, err.column,
                 err.text);
        return buf;
    }

    n = xsell_template_render(t, f, buf, sizeof(buf) - 1);
    assert_true(n < sizeof(buf));
    buf[n] = '\0';
    xsell_template_destroy(t);

    return buf;
}


/* each variable shows what its row in the table says */

static void
variables(void **state)
{
    xsell_fragment_t  f;

    f = fragment(2);

    assert_string_equal(render("{{slot}} {{heading}} {{lang}} {{count}}", &f),
                        "related More &amp; more en 2");
    assert_string_equal(render("{{stylesheet}}", &f), "/xsell/s/0.css");
    assert_string_equal(
        render("{{#items}}{{position}}/{{count}} {{id}} {{title}} {{brand}} "
               "{{category}} {{price}} {{description}} {{reason}} {{why}}"
               "{{#first}} first{{/first}}{{#last}} last{{/last}}"
               "{{^available}} gone{{/available}}\n{{/items}}", &f),
        "1/2 A-1 First Ada Prints \xe2\x82\xac" "12.50 One viewed Viewed in "
        "the same visits first\n"
        "2/2 B-2 Second     viewed Viewed in the same visits last gone\n");

    f.title = str("");
    f.lang = str("de-CH");
    assert_string_equal(render("{{heading}}: {{#items}}{{#first}}{{price}}"
                               "{{/first}}{{/items}}", &f),
                        "Das k\xc3\xb6nnte Ihnen gefallen: "
                        "12,50\xc2\xa0\xe2\x82\xac");
}


/* a slate without items, or of items that left the catalogue meanwhile */

static void
absent_items(void **state)
{
    xsell_card_t      card[4];
    xsell_fragment_t  f;

    f = fragment(0);
    assert_string_equal(render("[{{#items}}{{id}}{{/items}}{{^items}}none"
                               "{{/items}}]{{count}}", &f), "[none]0");

    memset(card, 0, sizeof(card));
    card[0].item = XSELL_NO_ITEM;
    card[1].item = 1;
    card[2].item = 0xfffffff0;
    card[3].item = 0;
    card[3].reason = 200;
    f.card = card;
    f.n = 4;

    assert_string_equal(render("{{#items}}{{position}}{{id}}{{reason}}"
                               "{{#why}}?{{/why}}{{#last}}!{{/last}}"
                               "{{^last}},{{/last}}{{/items}}", &f),
                        "1B-2none,2A-1!");

    f.n = 1;
    assert_string_equal(render("{{#items}}x{{/items}}{{^count}}0{{/count}}",
                               &f), "0");
}


/* the value must stay where it was put: text, attribute, URL, URL part */

static void
hostile_values(void **state)
{
    xsell_card_t      card;
    xsell_fragment_t  f;

    memset(&card, 0, sizeof(card));
    card.item = 2;
    card.url = str("javascript:alert(1)");
    f = fragment(0);
    f.card = &card;
    f.n = 1;

    assert_string_equal(
        render("{{#items}}<a href='{{url}}' title=\"{{title}}\" data-x='"
               "{{id}}'>{{title}}</a><a href=\"/s?q={{brand}}\">x</a>"
               "{{#url}}img{{/url}}{{^url}}blank{{/url}}"
               "<img src=\"{{image}}\" />{{/items}}", &f),
        "<a href='about:invalid' title=\"&lt;b&gt;&quot;&#39;&amp;{{title}}\""
        " data-x='&lt;b&gt;&quot;&#39;&amp;{{title}}'>"
        "&lt;b&gt;&quot;&#39;&amp;{{title}}</a>"
        "<a href=\"/s?q=%3Cb%3E%22%27%26%7B%7Btitle%7D%7D\">x</a>blank"
        "<img src=\"about:invalid\" />");
}


/* what fails: the text of the template, where, and a part of the message */

typedef struct {
    const char  *text;
    unsigned     line;
    unsigned     column;
    const char  *says;
} broken_t;

static const broken_t  broken[] = {
    { "", 0, 0, "1 to" },
    { "{{titel}}", 1, 1, "did you mean \"title\"" },
    { "{{#items}}{{Titel}}{{/items}}", 1, 11, "did you mean \"title\"" },
    { "{{stylesheets}}", 1, 1, "\"stylesheet\" (the address" },
    { "a\n\xc3\xa9\xc3\xa9 {{prize}}", 2, 4, "did you mean \"price\"" },
    { "{{title}}", 1, 1, "between {{#items}} and {{/items}}" },
    { "{{#items}}a{{/items}}{{url}}", 1, 22, "between" },
    { "{{}}", 1, 1, "without a name" },
    { "{{#items}}{{first}}{{/items}}", 1, 11, "opens a section" },
    { "{{items}}", 1, 1, "opens a section" },
    { "{{heading", 1, 1, "not closed" },
    { "{{{heading}}}", 1, 1, "always escaped" },
    { "{{&heading}}", 1, 1, "always escaped" },
    { "{{>card}}", 1, 1, "partials" },
    { "{{<card}}", 1, 1, "inheritance" },
    { "{{$card}}", 1, 1, "inheritance" },
    { "{{#lang}}x", 1, 1, "not closed where" },
    { "{{#lang}}{{#slot}}{{/lang}}{{/slot}}", 1, 10, "not closed where" },
    { "x{{/lang}}", 1, 2, "not open" },
    { "{{#items}}{{#items}}{{/items}}{{/items}}", 1, 11, "in itself" },
    { "{{=<%=}}", 1, 1, "delimiters" },
    { "{{==}}", 1, 1, "delimiters" },
    { "{{=a b c=}}", 1, 1, "delimiters" },
    { "{{=123456789 x=}}", 1, 1, "delimiters" },
    { "{{=<<=}}", 1, 1, "delimiters" },

    /* places that escaping can't make safe */

    { "<{{slot}}>", 1, 2, "name of a tag" },
    { "<x{{slot}}>", 1, 3, "name of a tag" },
    { "</{{slot}}>", 1, 3, "name of a tag" },
    { "<a {{slot}}>", 1, 4, "name of an attribute" },
    { "<a b{{slot}}>", 1, 5, "name of an attribute" },
    { "<a b {{slot}}>", 1, 6, "name of an attribute" },
    { "<a class={{slot}}>", 1, 10, "not quoted" },
    { "<a class=x{{slot}}>", 1, 11, "not quoted" },
    { "<a class = {{slot}}>", 1, 12, "not quoted" },
    { "<script>{{slot}}</script>", 1, 9, "script, style" },
    { "<SCRIPT type='x'>{{slot}}</SCRIPT>", 1, 18, "script, style" },
    { "<style>{{slot}}</style>", 1, 8, "script, style" },
    { "<textarea>{{slot}}</textarea>", 1, 11, "textarea" },
    { "<script></scrip>{{slot}}</script>", 1, 17, "script, style" },
    { "<script><!--</script>{{slot}}", 1, 22, "ambiguous" },
    { "<!-- {{slot}} -->", 1, 6, "comment" },
    { "<!doctype {{slot}}>", 1, 11, "comment" },
    { "<a onclick=\"{{slot}}\">", 1, 13, "event" },
    { "<a ONCLICK='{{slot}}'>", 1, 13, "event" },
    { "<a style=\"{{slot}}\">", 1, 11, "style" },
    { "<img srcset=\"{{stylesheet}} 2x\">", 1, 14, "srcset" },
    { "<script src=\"{{stylesheet}}\"></script>", 1, 14, "script" },
    { "<base href=\"{{stylesheet}}\">", 1, 13, "base" },
    { "<iframe src=\"{{stylesheet}}\"></iframe>", 1, 14, "iframe" },
    { "<a href=\"{{slot}}\">", 1, 10, "must begin with" },
    { "<a href=\"javascript:{{slot}}\">", 1, 21, "scheme" },
    { "<a href=\"java{{slot}}\">", 1, 14, "scheme" },
    { "<a href=\"data:,{{slot}}\">", 1, 16, "scheme" },
    { "<a href=\"/x?u={{stylesheet}}\">", 1, 15, "whole address" },

    /* sections that would leave a place unknown */

    { "<a class=\"{{#lang}}x\"{{/lang}}>", 1, 22, "another place" },
    { "{{#lang}}<a {{/lang}}>", 1, 13, "another place" },
    { "<{{#lang}}b{{/lang}}>", 1, 12, "another place" },
    { "<a o{{#lang}}nclick{{/lang}}=\"{{slot}}\">", 1, 31, "ambiguous" },
    { "<a{{#lang}} x=\"1\"{{/lang}}y=\"{{slot}}\">", 1, 30, "ambiguous" },
    { "<a href=\"{{#lang}}/{{/lang}}{{slot}}\">", 1, 20, "another place" },
    { "<a {{#lang}}title=\"a{{/lang}}\">", 1, 21, "another place" },
    { "<a{{#items}} x{{/items}}>", 1, 15, "inside a tag" },
    { "<a class=\"{{#items}}x{{/items}}\">", 1, 22, "inside a tag" },
    { "<!--{{#lang}}-->{{/lang}}", 1, 17, "another place" },
    { "{{#lang}}<script>{{/lang}}", 1, 18, "another place" },
    { "<p", 1, 3, "ends inside" },
    { "<!-- x", 1, 7, "ends inside" },
    { "<script>", 1, 9, "ends inside" },
    { "<a title=\"x", 1, 12, "ends inside" }
};


static void
refusals(void **state)
{
    size_t             i;
    xsell_error_t      err;
    xsell_template_t  *t;

    for (i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
        memset(&err, 0, sizeof(err));
        t = (void *) 1;

        if (xsell_template_create(&t, str(broken[i].text), &err)
                != XSELL_EINVAL
            || t != NULL || err.line != broken[i].line
            || err.column != broken[i].column
            || strstr(err.text, broken[i].says) == NULL)
        {
            fail_msg("%s: %u:%u %s", broken[i].text, err.line, err.column,
                     err.text);
        }
    }

    /* without a place for the error, too */

    assert_int_equal(xsell_template_create(&t, str("{{x}}"), NULL),
                     XSELL_EINVAL);
}


/* what looks like the above and is fine: a refusal too many is a shop that
   can't have its template */

static void
accepted(void **state)
{
    size_t             i;
    xsell_error_t      err;
    xsell_template_t  *t;
    static const char *const  good[] = {
        "a < b {{slot}} & 1 <2",
        "<a href=\"/x?u={{slot}}&amp;l={{lang}}\">x</a>",
        "<a href='https://a/{{slot}}'>x</a>",
        "<a href=\"#{{slot}}\">x</a>", "<a href=\"p/{{slot}}\">x</a>",
        "<link rel=\"stylesheet\" href=\"{{stylesheet}}?v={{slot}}\" />",
        "<li{{#lang}} class=\"a\"{{/lang}}>x</li>",
        "<li {{#lang}}class=\"a\"{{/lang}} data-b=\"{{slot}}\">x</li>",
        "<li class=\"a{{#lang}} b-{{lang}}{{/lang}}\">x</li>",
        "<input{{#lang}} disabled{{/lang}}/>",
        "<!-- note --><!-->x<!--->y<!--a--!>{{slot}}",
        "<script src=\"/w.js\"></script>{{slot}}",
        "<style>a{b:c}</style >{{slot}}",
        "{{#items}}<svg><path d=\"M0 0\"/></svg>{{title}}{{/items}}",
        "<p title=\"a > b\">{{slot}}</p>", "<br/>{{slot}}<br>{{slot}}",
        "<a title = '{{slot}}' >x</a>", "{{! {{nothing} }}x",
        "{{#lang}}{{#slot}}{{^count}}x{{/count}}{{/slot}}{{/lang}}"
    };

    for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        memset(&err, 0, sizeof(err));

        if (xsell_template_create(&t, str(good[i]), &err) != XSELL_OK) {
            fail_msg("%s: %u:%u %s", good[i], err.line, err.column, err.text);
        }

        xsell_template_destroy(t);
    }

    xsell_template_destroy(NULL);
}


static void
nesting(void **state)
{
    size_t             i, n;
    char               text[1024];
    xsell_error_t      err;
    xsell_template_t  *t;

    for (n = 16; n <= 17; n++) {
        text[0] = '\0';

        for (i = 0; i < n; i++) {
            strcat(text, "{{#lang}}");
        }

        for (i = 0; i < n; i++) {
            strcat(text, "{{/lang}}");
        }

        assert_int_equal(xsell_template_create(&t, str(text), &err),
                         n == 16 ? XSELL_OK : XSELL_EINVAL);
        xsell_template_destroy(t);
    }
}


/* the template's tags balance, attributes are quoted, nothing runs */

static void
well_formed(const char *p)
{
    char        name[16][16];
    size_t      n, depth;
    const char *end;

    depth = 0;

    while ((p = strchr(p, '<')) != NULL) {
        end = strchr(p, '>');
        assert_non_null(end);
        n = strcspn(p + 1, " />");

        if (p[1] == '/') {
            n = strcspn(p + 2, " >");
            assert_true(depth > 0);
            depth--;
            assert_int_equal(strlen(name[depth]), n);
            assert_memory_equal(name[depth], p + 2, n);

        } else if (end[-1] != '/') {
            assert_true(depth < 16 && n < 16);
            memcpy(name[depth], p + 1, n);
            name[depth++][n] = '\0';
        }

        p = end;
    }

    assert_int_equal(depth, 0);
}


static void
builtin(void **state)
{
    size_t             n, cap;
    char              *buf;
    xsell_str_t        css;
    const char        *s;
    xsell_error_t      err;
    xsell_fragment_t   f;
    xsell_template_t  *t;

    f = fragment(3);
    assert_int_equal(xsell_template_create(&t, xsell_template_builtin(),
                                           &err), XSELL_OK);

    n = xsell_template_render(t, &f, NULL, 0);
    assert_true(n > 500 && n < 4000);

    /* every room: the length is told, not a byte past the end is written */

    for (cap = 0; cap <= n; cap++) {
        buf = malloc(cap + 1);
        assert_non_null(buf);
        buf[cap] = '!';
        assert_int_equal(xsell_template_render(t, &f, buf, cap), n);
        assert_int_equal(buf[cap], '!');

        if (cap < n) {
            free(buf);
        }
    }

    buf[n] = '\0';
    well_formed(buf);
    assert_int_equal(strncmp(buf, "<section class=\"xs\" data-xsell-slot="
                             "\"related\"", 45), 0);
    assert_non_null(strstr(buf, "data-xsell-item=\"A-1\""));
    assert_non_null(strstr(buf, "/p/x?a=1&amp;xs=tok"));
    assert_null(strstr(buf, "style="));
    assert_null(strstr(buf, "<script"));
    assert_null(strstr(buf, "<b>"));
    assert_null(strstr(buf, "javascript:"));
    free(buf);
    xsell_template_destroy(t);

    /* a stylesheet that loads nothing from elsewhere, with its braces */

    css = xsell_theme_css();
    assert_int_equal(strlen(css.p), css.n);
    assert_null(strstr(css.p, "url("));
    assert_null(strstr(css.p, "@import"));
    assert_null(strstr(css.p, "</"));

    for (s = css.p, n = 0; *s; s++) {
        n += *s == '{';
        assert_true(*s != '}' || n > 0);
        n -= *s == '}';
    }

    assert_int_equal(n, 0);
}


/* a value of megabytes must not become a page of megabytes */

static void
bounded(void **state)
{
    size_t            n;
    char             *big;
    xsell_error_t     err;
    xsell_fragment_t  f;
    xsell_template_t *t;

    n = XSELL_FRAGMENT_MAX;
    big = malloc(n + 1);
    assert_non_null(big);
    memset(big, 'x', n + 1);
    f = fragment(1);
    f.title.p = big;
    assert_int_equal(xsell_template_create(&t, str("{{heading}}"), &err),
                     XSELL_OK);

    f.title.n = n;
    assert_int_equal(xsell_template_render(t, &f, NULL, 0), n);
    f.title.n = n + 1;
    assert_int_equal(xsell_template_render(t, &f, NULL, 0), 0);
    xsell_template_destroy(t);

    assert_int_equal(xsell_template_create(&t, f.title, &err), XSELL_EINVAL);
    free(big);
}


/* ---- the Mustache specification ---- */

/* replaces a word of the test by a variable of ours */

static void
rename_word(char *text, size_t cap, const char *from, const char *to)
{
    char    out[2048];
    size_t  n, len;
    char   *p, *at;

    len = strlen(from);
    n = 0;

    for (p = text; (at = strstr(p, from)) != NULL; p = at + len) {
        n += snprintf(out + n, sizeof(out) - n, "%.*s%s", (int) (at - p), p,
                      to);
    }

    snprintf(out + n, sizeof(out) - n, "%s", p);
    snprintf(text, cap, "%s", out);
}


/* 1 passed, 0 not for us (other names, unescaped, partials) */

static int
spec_test(const char *file, json_t *test)
{
    char               text[2048], want[2048];
    json_t            *value;
    unsigned           strings;
    const char        *key, *name, *got;
    xsell_fragment_t   f;

    name = json_string_value(json_object_get(test, "name"));
    snprintf(text, sizeof(text), "%s",
             json_string_value(json_object_get(test, "template")));
    snprintf(want, sizeof(want), "%s",
             json_string_value(json_object_get(test, "expected")));

    if (strstr(text, "{{{") || strstr(text, "{{&") || strstr(text, "{{>")
        || strstr(text, "{{.") || strstr(name, "Dotted")
        || strstr(name, "Iterator") || strstr(name, "Miss")
        || strstr(name, "Null") || strcmp(name, "Variable Name Collision") == 0
        || strcmp(name, "No Re-interpolation") == 0)
    {
        return 0;
    }

    f = fragment(1);
    f.lang = str("");
    strings = 0;

    json_object_foreach(json_object_get(test, "data"), key, value) {
        if (json_is_boolean(value)) {
            rename_word(text, sizeof(text), key,
                        json_is_true(value) ? "count" : "lang");
            rename_word(want, sizeof(want), key,
                        json_is_true(value) ? "count" : "lang");

        } else if (json_is_string(value) && strings++ == 0) {
            f.title = str(json_string_value(value));
            rename_word(text, sizeof(text), key, "heading");
            rename_word(want, sizeof(want), key, "heading");

        } else {
            return 0;
        }
    }

    got = render(text, &f);

    if (strcmp(got, want) != 0) {
        fail_msg("%s, %s: got \"%s\", want \"%s\"", file, name, got, want);
    }

    return 1;
}


static void
specification(void **state)
{
    size_t        i, n;
    char          path[512];
    json_t       *json, *test;
    unsigned      passed;
    const char   *shared;
    static const char *const  files[] = {
        "comments", "delimiters", "interpolation", "inverted", "sections"
    };

    shared = getenv("XSELL_SHARED");
    passed = 0;

    for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        snprintf(path, sizeof(path), "%s/vectors/mustache/%s.json",
                 shared ? shared : "../shared", files[i]);
        json = json_load_file(path, 0, NULL);

        if (json == NULL) {
            print_message("# skipped: no vectors\n");
            return;
        }

        json_array_foreach(json_object_get(json, "tests"), n, test) {
            passed += spec_test(files[i], test);
        }

        json_decref(json);
    }

    assert_true(passed >= 57);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(variables),
        cmocka_unit_test(absent_items),
        cmocka_unit_test(hostile_values),
        cmocka_unit_test(refusals),
        cmocka_unit_test(accepted),
        cmocka_unit_test(nesting),
        cmocka_unit_test(builtin),
        cmocka_unit_test(bounded),
        cmocka_unit_test(specification),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, setup, teardown);
}


/*
 * template_balance_test.c: a template that leaves a <div> open, or closes one
 * of the page's, hides what the shop itself shows there, and nobody is told.
 * A doubt about a template that is right would teach people to overlook them.
 */

#include "template_test.h"


static char  doubts[4096];


static void
doubt(void *ctx, const char *file, const xsell_error_t *w)
{
    size_t  n;

    n = strlen(doubts);
    assert_true(n < sizeof(doubts) - 300);
    snprintf(doubts + n, sizeof(doubts) - n, "%s:%u:%u: %s\n", file, w->line,
             w->column, w->text);
}


/* names and texts in turns, NULL at the end */

static const char *
check(const char *const *files)
{
    xsell_str_t         name;
    xsell_error_t       err;
    xsell_templates_t  *ts;

    doubts[0] = '\0';
    memset(&err, 0, sizeof(err));
    assert_int_equal(xsell_templates_create(&ts), XSELL_OK);

    for ( ; *files; files += 2) {
        assert_int_equal(xsell_templates_add(ts, str(files[0]),
                                             str(files[1]), &err), XSELL_OK);
    }

    if (xsell_templates_compile(ts, &name, &err) != XSELL_OK) {
        fail_msg("%u:%u %s", err.line, err.column, err.text);
    }

    xsell_templates_check(ts, doubt, NULL);
    xsell_templates_destroy(ts);

    return doubts;
}


static const char *
check_one(const char *text)
{
    const char  *files[] = { "t", text, NULL };

    return check(files);
}


static void
told(void **state)
{
    size_t  i;

    static const struct {
        const char  *text;
        const char  *want;
    } cases[] = {
        { "<section>\n <div>x\n<div hidden>",
          "t.mustache:3:1: <div> opened here is not closed\n"
          "t.mustache:2:2: <div> opened here is not closed\n"
          "t.mustache:1:1: <section> opened here is not closed\n" },
        { "</main></td>{{heading}}",
          "t.mustache:1:1: </main> closes nothing that the template opened\n"
          "t.mustache:1:8: </td> closes nothing that the template opened\n" },
        { "<section><ul>{{#items}}<li>{{title}}</li>{{/items}}\n</section>",
          "t.mustache:1:10: <ul> opened here is not closed\n" },
        { "{{#items}}\n<p>\xc3\xa4 <b>{{title}}</p>{{/items}}",
          "t.mustache:2:6: <b> opened here is not closed\n" },
        { "<b><i>x</b></i>",
          "t.mustache:1:4: <i> opened here is not closed\n" },
        { "{{#items}}{{#image}}<a>{{/image}}x</a>{{/items}}",
          "t.mustache:1:35: </a> closes nothing that the template opened, "
          "where \"image\" is missing\n" },
        { "{{#items}}{{#first}}<ul>{{/first}}<li>{{#last}}x{{/last}}"
          "{{/items}}", "t.mustache:1:21: <ul> opened here is not closed\n" },
        { "{{#items}}{{^last}}<i>{{/last}}{{#first}}{{^last}}</i>{{/last}}"
          "{{/first}}{{/items}}",
          "t.mustache:1:20: <i> opened here is not closed\n" },
        { "{{#items}}{{#brand}}{{#price}}x{{/price}}{{/brand}}{{^brand}}"
          "{{^price}}<b>{{/price}}{{/brand}}{{/items}}",
          "t.mustache:1:72: <b> opened here is not closed, where the values "
          "of an item are missing\n" },
        { "\n{{!  xsell: stroy }}<b>x</b>",
          "t.mustache:2:13: \"xsell: stroy\" is not known, and it is taken for "
          "a list; \"xsell: story\" is\n" },
        { "<div />", "t.mustache:1:1: <div> opened here is not closed\n" },
        { "<svg><path><circle/></svg>",
          "t.mustache:1:6: <path> opened here is not closed\n" },
        { "<textarea></b></textarea></b>",
          "t.mustache:1:26: </b> closes nothing that the template opened\n" }
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (strcmp(check_one(cases[i].text), cases[i].want) != 0) {
            fail_msg("%s:\n%s", cases[i].text, doubts);
        }
    }
}


static void
silent(void **state)
{
    size_t  i;

    static const char *const  cases[] = {
        "<ul>{{#items}}<li>{{title}}{{/items}}</ul>",
        "{{#items}}<li>{{title}}{{/items}}",
        " {{!xsell:story}}", "{{! xsell is ours }}", "{{! xsell: story }}<b>x</b>",
        "<p>One<p>Two<div>x</div>",
        "<p>One<div>x</div></p>",
        "<table><tr><td>1<td>2<tr><td>3</table>",
        "<dl>{{#items}}<dt>{{title}}<dd>{{id}}{{/items}}</dl>",
        "<img src=\"/a\"><br><hr/><input></br>",
        "<svg viewBox=\"0 0 1 1\"><path d=\"M0 0\"/><g><circle r=\"1\" />"
            "</g></svg>",
        "{{#items}}{{#url}}{{#brand}}<div class=\"x\">{{/brand}}{{^brand}}"
            "<div>{{/brand}}x</div>{{/url}}{{/items}}",
        "{{#items}}{{#image}}<a href=\"{{url}}\">{{/image}}{{title}}"
            "{{#image}}</a>{{/image}}{{/items}}",
        "{{#items}}{{#first}}<ul>{{/first}}<li>x</li>{{#last}}</ul>{{/last}}"
            "{{/items}}",
        "{{#items}}{{#first}}<b>{{/first}}{{^first}}<i>{{/first}}x{{#first}}"
            "</b>{{/first}}{{^first}}</i>{{/first}}{{/items}}",
        "<!-- <div> --><p title=\"<div>\" title='</b>'>x</p>",
        "<style>a>b{}</style><script type=\"application/ld+json\">"
            "{\"a\":\"<b>\"}</script>",
        "{{#slot}}<div>{{/slot}}x</div>",
        "<DIV>x</dIv>a < b",
        "<x-card a=b/c>x</x-card>",
        "<select><option>1<option>2</select>"
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (check_one(cases[i])[0]) {
            fail_msg("%s:\n%s", cases[i], doubts);
        }
    }

    doubts[0] = '\0';
    check_one("x");                     /* the built-in ones */
    assert_string_equal(doubts, "");
}


/* a place is one of the file that a person opens; parts may come in pairs */

static void
parts(void **state)
{
    const char *const  pair[] = {
        "t", "{{> open}}x{{> close}}", "open", "<div>", "close", "</div>",
        NULL
    };
    const char *const  card[] = {
        "t", "<ul>\n{{#items}}\n  {{> card}}\n{{/items}}\n</ul>",
        "card", "<li>\n<span><em>{{title}}</span>\n</li>", NULL
    };

    assert_string_equal(check(pair), "");
    assert_string_equal(check(card),
                        "card.mustache:2:7: <em> opened here is not "
                        "closed\n");
}


/* a template that is nothing but mistakes must not fill the log, nor take
   the time of a start */

static void
bounded(void **state)
{
    size_t  i, n;
    char   *text;

    text = malloc(60001);
    assert_non_null(text);

    for (i = 0; i < 60000; i += 3) {
        memcpy(text + i, "<b>", 3);
    }

    text[i] = '\0';
    assert_true(strlen(check_one(text)) < 2000);

    for (i = 0; i < 60000; i += 5) {
        memcpy(text + i, "</b> ", 5);
    }

    text[i] = '\0';
    check_one(text);

    for (i = 0, n = 0; doubts[i]; i++) {
        n += doubts[i] == '\n';
    }

    assert_int_equal(n, 8);
    free(text);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(told),
        cmocka_unit_test(silent),
        cmocka_unit_test(parts),
        cmocka_unit_test(bounded)
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, setup, teardown);
}

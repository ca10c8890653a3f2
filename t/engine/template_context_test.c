
/*
 * template_context_test.c: where in the HTML a variable stands decides how it
 * is written, and whether it may stand there at all.  A place that is taken
 * for another is a hole in every page of a shop; a refusal too many is a shop
 * that can't have its template.
 */

#include "template_test.h"


/* what is refused: the text of the template, where, and a part of the
   message */

typedef struct {
    const char  *text;
    unsigned     column;
    const char  *says;
} refused_t;

static const refused_t  refused[] = {

    /* names, unquoted values, comments */

    { "<{{slot}}>", 2, "name of a tag" },
    { "<x{{slot}}>", 3, "name of a tag" },
    { "</{{slot}}>", 3, "name of a tag" },
    { "<a {{slot}}>", 4, "name of an attribute" },
    { "<a b{{slot}}>", 5, "name of an attribute" },
    { "<a b {{slot}}>", 6, "name of an attribute" },
    { "<a class={{slot}}>", 10, "not quoted" },
    { "<a class=x{{slot}}>", 11, "not quoted" },
    { "<a class = {{slot}}>", 12, "not quoted" },
    { "<a class={{{slot}}}>", 10, "not quoted" },
    { "<!-- {{slot}} -->", 6, "comment" },
    { "<!--!> {{slot}} -->", 8, "comment" },
    { "<!---!> {{slot}} -->", 9, "comment" },
    { "<!--->--!{{slot}}>--{{slot}}<!---{{slot}}", 34, "comment" },
    { "<!doctype {{slot}}>", 11, "comment" },
    { "<?x {{slot}}?>", 5, "comment" },
    { "<svg><![CDATA[ {{slot}} ]]></svg>", 16, "ambiguous" },

    /* elements that are no text */

    { "<script>{{slot}}</script>", 9, "application/json" },
    { "<SCRIPT type='x'>{{slot}}</SCRIPT>", 18, "application/json" },
    { "<script type=module>{{slot}}</script>", 21, "application/json" },
    { "<script type=application/json>{{slot}}</script>", 31,
      "application/json" },
    { "<script type='importmap'>{{slot}}</script>", 26, "application/json" },
    { "<script type='speculationrules'>{{slot}}</script>", 33,
      "application/json" },
    { "<script type type='application/json'>{{slot}}</script>", 38,
      "application/json" },
    { "<script type=\"\" type='application/json'>{{slot}}</script>", 41,
      "application/json" },
    { "<script type= type='application/json'>{{slot}}</script>", 39,
      "application/json" },
    { "<script type='application&#47;json'>{{slot}}</script>", 37,
      "application/json" },
    { "<script type='application/json; x'>{{slot}}</script>", 36,
      "application/json" },
    { "<script data-type='application/json'>{{slot}}</script>", 38,
      "application/json" },
    { "<script type='{{slot}}'></script>", 15, "can't take a variable" },
    { "<script{{#lang}} type='application/json'{{/lang}}></script>", 41,
      "another place" },
    { "<script type='{{#lang}}application/json{{/lang}}'></script>", 40,
      "another place" },
    { "<script type{{#lang}} x{{/lang}}></script>", 24, "another place" },
    { "<script></scrip>{{slot}}</script>", 17, "script" },
    { "<script><!--</script>{{slot}}", 22, "ambiguous" },
    { "<iframe>{{slot}}</iframe>", 9, "iframe" },
    { "<noscript>{{slot}}</noscript>", 11, "noscript" },
    { "<xmp>{{slot}}</xmp>", 6, "xmp" },
    { "<plaintext>{{slot}}", 12, "and the like" },
    { "<noframes>{{slot}}</noframes>", 11, "and the like" },
    { "<title><b>{{slot}}</title>", 11, "reads as markup" },
    { "<svg><title><a href=\"{{slot}}\">", 22, "reads as markup" },
    { "<textarea></text{{slot}}area></textarea>", 17, "reads as markup" },

    /* attributes */

    { "<a onclick=\"{{slot}}\">", 13, "event" },
    { "<a ONCLICK='{{slot}}'>", 13, "event" },
    { "<a onfoo='{{slot}}'>", 11, "event" },
    { "<a @click='{{slot}}'>", 12, "frameworks" },
    { "<a :href='{{slot}}'>", 11, "frameworks" },
    { "<a v-html='{{slot}}'>", 12, "frameworks" },
    { "<a x-data='{{slot}}'>", 12, "frameworks" },
    { "<a ng-init='{{slot}}'>", 13, "frameworks" },
    { "<a data-ng-init='{{slot}}'>", 18, "frameworks" },
    { "<a hx-get='{{slot}}'>", 12, "frameworks" },
    { "<a (click)='{{slot}}'>", 13, "frameworks" },
    { "<a [href]='{{slot}}'>", 12, "frameworks" },
    { "<img srcset=\"{{stylesheet}} 2x\">", 14, "srcset" },
    { "<link imagesrcset=\"{{stylesheet}} 2x\">", 20, "srcset" },
    { "<a ping=\"{{stylesheet}}\">", 10, "can't take" },
    { "<a target=\"{{slot}}\">", 12, "target" },
    { "<link rel=\"{{slot}}\">", 12, "rel" },
    { "<script src=\"{{stylesheet}}\"></script>", 14, "script" },
    { "<script data-x=\"{{slot}}\" src='{{stylesheet}}'></script>", 32,
      "script" },
    { "<base href=\"{{stylesheet}}\">", 13, "base" },
    { "<iframe src=\"{{stylesheet}}\"></iframe>", 14, "iframe" },
    { "<iframe srcdoc=\"{{slot}}\"></iframe>", 17, "iframe" },
    { "<object data=\"{{stylesheet}}\"></object>", 15, "object" },
    { "<embed src=\"{{stylesheet}}\">", 13, "can't take" },
    { "<meta http-equiv=refresh content=\"0;url={{slot}}\">", 41, "meta" },
    { "<meta content=\"0;url={{slot}}\" http-equiv=refresh>", 22, "meta" },
    { "<svg><set attributeName=href to=\"{{slot}}\"/></svg>", 34,
      "animations" },
    { "<svg><animate attributeName=href values='{{slot}}'/></svg>", 42,
      "animations" },
    { "<svg><animateTransform values='{{slot}}'/></svg>", 32, "animations" },
    { "<param value=\"{{slot}}\">", 15, "can't take" },

    /* addresses */

    { "<a href=\"{{slot}}\">", 10, "must begin with" },
    { "<a xlink:href=\"{{slot}}\">", 16, "must begin with" },
    { "<button formaction='{{slot}}'>", 21, "must begin with" },
    { "<a href=\"javascript:{{slot}}\">", 21, "scheme" },
    { "<a href=\"java{{slot}}\">", 14, "scheme" },
    { "<a href=\"&#106;avascript:{{slot}}\">", 26, "scheme" },
    { "<a href=\"&#x2f;{{slot}}\">", 16, "scheme" },
    { "<a href=\"java\tscript:{{slot}}\">", 22, "scheme" },
    { "<a href=\"http\n:{{slot}}\">", 2, NULL },
    { "<a href=\" {{stylesheet}}\">", 11, "scheme" },
    { "<a href=\"data:,{{slot}}\">", 16, "scheme" },
    { "<a href=\"/x?u={{stylesheet}}\">", 15, "whole address" },

    /* styles */

    { "<a style=\"{{slot}}\">", 11, "value of a property" },
    { "<a style=\"a{{slot}}:b\">", 12, "value of a property" },
    { "<a style=\"a:b;{{slot}}\">", 15, "value of a property" },
    { "<a style=\"a:url({{stylesheet}})\">", 17, "in quotes" },
    { "<a style=\"a:URL( {{stylesheet}})\">", 18, "in quotes" },
    { "<a style=\"a:url(/x{{slot}})\">", 19, "in quotes" },
    { "<a style=\"a:url('{{slot}}')\">", 18, "must begin with" },
    { "<a style=\"a:url('x:{{slot}}')\">", 20, "scheme" },
    { "<a style=\"a:url('/'{{slot}})\">", 20, "in quotes" },
    { "<a style=\"a:image-set('{{slot}}')\">", 24, "only url" },
    { "<a style=\"a:src('{{stylesheet}}')\">", 18, "only url" },
    { "<a style=\"a:\\75 rl({{slot}})\">", 20, "two ways" },
    { "<a style=\"a:'\\{{slot}}'\">", 15, "two ways" },
    { "<a style=\"a:&quot;{{slot}}&quot;\">", 19, "two ways" },
    { "<a style=\"a:/*{{slot}}*/b\">", 15, "comment" },
    { "<a style=\"a:/* x **{{slot}}*/b\">", 20, "comment" },
    { "<a style=\"a:'\n{{slot}}\">", 1, NULL },
    { "<a style=\"a:b){{slot}}\">", 15, "two ways" },
    { "<a style=\"a:(;b:{{slot}})\">", 17, "two ways" },
    { "<a style=\"a{b:{{slot}}}\">", 15, "two ways" },
    { "<a style=\"@import '{{stylesheet}}'\">", 20, "value of a property" },
    { "<a style=\"a:{{slot}}('{{slot}}')\">", 23, "two ways" },
    { "<style>{{slot}}{}</style>", 8, "value of a property" },
    { "<style>.{{slot}}{}</style>", 9, "value of a property" },
    { "<style>a:{{slot}}{}</style>", 10, "value of a property" },
    { "<style>a{ {{slot}}:b}</style>", 11, "value of a property" },
    { "<style>a{b:c}}d{e:{{slot}}}</style>", 19, "two ways" },
    { "<style>@import '{{stylesheet}}';</style>", 17, "value of a" },
    { "<style>@import url('{{stylesheet}}');</style>", 21, "value of a" },
    { "<style>@media ({{slot}}){}</style>", 16, "value of a property" },
    { "<style>a{@x:{{slot}}}</style>", 13, "value of a property" },
    { "<style>a{b:'<';c:{{slot}}}</style>", 18, "reads as markup" },
    { "<style>a{b:'&lt;';c:{{slot}}}</style>", 21, "reads as markup" },
    { "<style>a{b:'</style{{slot}}'}</style>", 20, "reads as markup" },

    /* JSON */

    { "<script type='application/json'>\"\\{{slot}}\"</script>", 35,
      "complete a \\" },
    { "<script type='application/json'>\"\\u00{{slot}}\"</script>", 38,
      "complete a \\" },
    { "<script type='application/json'>\"<p>{{slot}}\"</script>", 37,
      "reads as markup" },
    { "<script type='application/json'>\"<!--{{slot}}\"</script>", 38,
      "ambiguous" },

    /* sections that would leave a place unknown */

    { "<a class=\"{{#lang}}x\"{{/lang}}>", 22, "another place" },
    { "{{#lang}}<a {{/lang}}>", 13, "another place" },
    { "<{{#lang}}b{{/lang}}>", 12, "another place" },
    { "<a o{{#lang}}nclick{{/lang}}=\"{{slot}}\">", 31, "ambiguous" },
    { "<a{{#lang}} x=\"1\"{{/lang}}y=\"{{slot}}\">", 30, "ambiguous" },
    { "<a href=\"{{#lang}}/{{/lang}}{{slot}}\">", 20, "another place" },
    { "<a {{#lang}}title=\"a{{/lang}}\">", 21, "another place" },
    { "<a{{#items}} x{{/items}}>", 15, "can't repeat here" },
    { "<a {{#items}}x='{{id}}' {{/items}}>", 25, "can't repeat here" },
    { "<title>{{#items}}{{title}}<b>{{/items}}</title>", 30,
      "can't repeat here" },
    { "<title>{{#items}}{{^first}}{{title}}{{/first}}<b>{{/items}}</title>",
      50, "can't repeat here" },
    { "<style>{{#items}}a{b:{{position}};c:'&lt;'}{{/items}}</style>", 44,
      "can't repeat here" },
    { "<!--{{#lang}}-->{{/lang}}", 17, "another place" },
    { "{{#lang}}<script>{{/lang}}", 18, "another place" },
    { "<a style=\"{{#lang}}a:{{/lang}}{{slot}}\">", 22, "another place" },
    { "<a style=\"a:{{#lang}}'{{/lang}}x\">", 23, "another place" },
    { "<a style=\"a:{{#lang}}url({{/lang}}'/'\">", 26, "another place" },
    { "<a style=\"a:{{#items}}({{/items}}b\">", 24, "another place" },
    { "<style>a{ {{#lang}}}{{/lang}}</style>", 21, "another place" },
    { "<script type='application/json'>{{#lang}}\"{{/lang}}</script>", 43,
      "another place" },
    { "<textarea>{{#lang}}</text{{/lang}}</textarea>", 26, "another place" },
    { "<p", 3, "ends inside" },
    { "<!-- x", 7, "ends inside" },
    { "<script>", 9, "ends inside" },
    { "<a title=\"x", 12, "ends inside" }
};


static void
refusals(void **state)
{
    char               where[32];
    size_t             i;
    const char        *got;
    xsell_fragment_t   f;

    f = fragment(1);

    for (i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        got = render(refused[i].text, &f);
        snprintf(where, sizeof(where), "t 1:%u ", refused[i].column);

        if (refused[i].says == NULL) {
            if (strncmp(got, "t ", 2) != 0) {
                fail_msg("%s: %s", refused[i].text, got);
            }

            continue;
        }

        if (strncmp(got, where, strlen(where)) != 0
            || strstr(got, refused[i].says) == NULL)
        {
            fail_msg("%s: %s", refused[i].text, got);
        }
    }
}


/* what looks like the above and is fine */

static void
accepted(void **state)
{
    size_t             i;
    const char        *got;
    xsell_fragment_t   f;
    static const char *const  good[] = {
        "a < b {{slot}} & 1 <2",
        "<a href=\"/x?u={{slot}}&amp;l={{lang}}\">x</a>",
        "<a href='https://a/{{slot}}'>x</a>",
        "<a href=\"#{{slot}}\">x</a>", "<a href=\"p/{{slot}}\">x</a>",
        "<link rel=\"stylesheet\" href=\"{{stylesheet}}?v={{slot}}\" />",
        "<li{{#lang}} class=\"a\"{{/lang}}>x</li>",
        "<li {{#lang}}class=\"a\"{{/lang}} data-b=\"{{slot}}\">x</li>",
        "<li class=\"a{{#lang}} b-{{lang}}{{/lang}}\">x</li>",
        "<a class=\"{{#items}}x{{position}} {{/items}}\">",
        "<input{{#lang}} disabled{{/lang}}/>",
        "<!-- note --><!-->x<!--->y<!--a--!>{{slot}}",
        "<!--!--><!---!-->{{slot}}",
        "<script src=\"/w.js\"></script>{{slot}}",
        "<script id=\"a-{{slot}}\" data-x='{{slot}}' type='x'></script>",
        "<style>a{b:c}</style >{{slot}}",
        "{{#items}}<svg><path d=\"M0 0\"/></svg>{{title}}{{/items}}",
        "<svg><title>{{slot}}</title></svg>", "<textarea>{{slot}} &amp; x"
        "</textarea>", "<title>a & {{slot}}</title>",
        "<p title=\"a > b\">{{slot}}</p>", "<br/>{{slot}}<br>{{slot}}",
        "<a title = '{{slot}}' >x</a>", "{{! {{nothing} }}x",
        "{{#lang}}{{#slot}}{{^count}}x{{/count}}{{/slot}}{{/lang}}",
        "<template><p>{{slot}}</p></template>",
        "<a data-on='{{slot}}' data-target=\"{{slot}}\" aria-label='{{slot}}'>",
        "<a style=\"width:calc(100% / {{count}});color:{{slot}}\">",
        "<a style=\"--n: {{count}}\">", "<style>a{--n:{{count}}}</style>",
        "<style>a:hover b > c[d='e']{f:\"{{slot}}\";g:{{count}}px}</style>",
        "<style>@media (x){a{&:hover{b:{{count}}}}c{d:{{count}}}}</style>",
        "<style>/* {x */a{b:'\\201C'/**/;c:{{count}}}</style>",
        "<style>a{b:url( \"{{stylesheet}}\" ) {{count}}px}</style>",
        "<style>a{b:url(/x.png) {{count}}px;c:url('/{{slot}}')}</style>",
        "<a style=\"b:url('{{stylesheet}}#{{slot}}')\">",
        "<style>a{b:url(data:image/png;base64,AA==);c:{{count}}}</style>",
        "<style>{{#items}}a{b:{{position}}}{{/items}}</style>",
        "<style>a{ {{#lang}}b:c;{{/lang}} d:{{count}}}</style>",
        "<a style=\"{{#items}}--a:{{position}};{{/items}}\">",
        "<title>{{slot}}{{#lang}}<b>{{/lang}}</title>",
        "<script>{{#items}}a<b;{{/items}}</script>",
        "<script type=\"application/json\">{{slot}}</script>",
        "<script type='APPLICATION/LD+JSON'>[{{count}}]</script>",
        "<script class=x type='application/json'>{\"a\\\"\\u00e9\":\"{{slot}}"
        "\"}</script>"
    };

    f = fragment(1);

    for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        got = render(good[i], &f);

        if (strncmp(got, "t 1:", 4) == 0) {
            fail_msg("%s: %s", good[i], got);
        }
    }
}


/* a card of one item with hostile texts and addresses */

static xsell_fragment_t
hostile(const char *title, const char *url)
{
    xsell_fragment_t     f;
    static xsell_card_t  card;

    memset(&card, 0, sizeof(card));
    card.item = 2;
    card.url = str(url);
    f = fragment(0);
    f.title = str(title);
    f.card = &card;
    f.n = 1;

    return f;
}


/* a quote, a bracket or a comment of a value would end the declaration */

static void
css_values(void **state)
{
    xsell_fragment_t  f;

    f = hostile("a\"'\\}</style>;:(&)\n\xe2\x80\xae\xc3\xa9\xff",
                "/p?a=1&b='(2)\"");

    assert_string_equal(
        render("<style>a{b:\"{{heading}}\"}</style>", &f),
        "<style>a{b:\"a\\22 \\27 \\5C \\7D \\3C \\2F style\\3E \\3B \\3A "
        "\\28 \\26 \\29 \\0A \xc3\xa9\xef\xbf\xbd\"}</style>");
    assert_string_equal(
        render("<p style='b:\"{{heading}}\"'>", &f),
        "<p style='b:\"a\\22 \\27 \\5C \\7D \\3C \\2F style\\3E \\3B \\3A "
        "\\28 \\26 \\29 \\0A \xc3\xa9\xef\xbf\xbd\"'>");
    assert_string_equal(
        render("{{#items}}<p style=\"b:url('{{url}}') {{position}}px\">"
               "{{/items}}", &f),
        "<p style=\"b:url('/p?a=1\\26 b=%27%282%29%22') 1px\">");
    assert_string_equal(
        render("<style>a{b:url('/x?q={{heading}}')}</style>", &f),
        "<style>a{b:url('/x?q=a%22%27%5C%7D%3C%2Fstyle%3E%3B%3A%28%26%29%0A"
        "%E2%80%AE%C3%A9%FF')}</style>");

    /* bare: words and numbers, or nothing at all */

    assert_string_equal(render("<p style='b:{{heading}}'>", &f),
                        "<p style='b:'>");
    f = hostile("#f0a 50% -1.5em", "javascript:alert(1)");
    assert_string_equal(
        render("{{#items}}<p style='b:{{heading}};c:url(\"{{url}}\")'>"
               "{{/items}}", &f),
        "<p style='b:#f0a 50% -1.5em;c:url(\"about:invalid\")'>");
    f = hostile("expression(1)", "");
    assert_string_equal(render("<p style='b:{{heading}}'>", &f),
                        "<p style='b:'>");
}


/* structured data must stay what it is, and can't end its element */

static void
json_values(void **state)
{
    xsell_fragment_t  f;

    f = hostile("a\"\\</script><!--&'\n\x01\xe2\x80\xa8\xe2\x80\xa9\xc3\xa9",
                "/p?a=1&b=2");

    assert_string_equal(
        render("<script type=\"application/ld+json\">{\"a\":\"x {{heading}}\","
               "\"b\":{{{heading}}},\"n\":{{count}}{{#items}},\"u\":\"{{url}}"
               "\",\"p\":{{price}}{{^last}},{{/last}}{{/items}}}</script>",
               &f),
        "<script type=\"application/ld+json\">{\"a\":\"x a\\u0022\\u005C"
        "\\u003C/script\\u003E\\u003C!--\\u0026\\u0027\\u000A\\u0001\\u2028"
        "\\u2029\xc3\xa9\",\"b\":\"a\\u0022\\u005C\\u003C/script\\u003E"
        "\\u003C!--\\u0026\\u0027\\u000A\\u0001\\u2028\\u2029\xc3\xa9\","
        "\"n\":1,\"u\":\"/p?a=1\\u0026b=2\",\"p\":\"\"}</script>");
}


static void
text_elements(void **state)
{
    xsell_fragment_t  f;

    f = hostile("</title></textarea>&", "x");
    assert_string_equal(
        render("<svg><title>{{heading}}</title></svg><textarea>{{heading}}"
               "</textarea>", &f),
        "<svg><title>&lt;/title&gt;&lt;/textarea&gt;&amp;</title></svg>"
        "<textarea>&lt;/title&gt;&lt;/textarea&gt;&amp;</textarea>");
}


/* values are bytes of any kind: none may change how many quotes, brackets and
   references of markup there are, wherever it stands */

static void
structure(void **state)
{
    size_t             i, k, n;
    unsigned           c;
    char               value[8];
    char               first[4096];
    const char        *got, *p;
    xsell_fragment_t   f;
    static const char *const  places[] = {
        "{{heading}}", "<p title=\"{{heading}}\">", "<p title='{{heading}}'>",
        "<a href=\"/{{heading}}\">", "<p style=\"a:'{{heading}}'\">",
        "<p style=\"a:{{heading}}\">", "<p style='a:url(\"/{{heading}}\")'>",
        "<style>a{b:'{{heading}}'}</style>", "<title>{{heading}}</title>",
        "<script type='application/json'>{{heading}}</script>",
        "<script type='application/json'>\"{{heading}}\"</script>"
    };

    for (i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        f = hostile("a", "x");
        snprintf(first, sizeof(first), "%.*s", (int) sizeof(first) - 1,
                 render(places[i], &f));

        for (c = 1; c < 256; c++) {
            snprintf(value, sizeof(value), "%cx%c/", c, c);
            f.title = str(value);
            got = render(places[i], &f);

            for (p = "<>\"'"; *p; p++) {
                for (k = 0, n = 0; got[k]; k++) {
                    n += got[k] == *p;
                }

                for (k = 0; first[k]; k++) {
                    n -= first[k] == *p;
                }

                if (n) {
                    fail_msg("%s with byte %u: %s", places[i], c, got);
                }
            }
        }
    }
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refusals),
        cmocka_unit_test(accepted),
        cmocka_unit_test(css_values),
        cmocka_unit_test(json_values),
        cmocka_unit_test(text_elements),
        cmocka_unit_test(structure),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, setup, teardown);
}

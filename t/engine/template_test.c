
/*
 * template_test.c: templates come from marketers and values from catalogues;
 * neither may break a page.  What compiles must render within the caller's
 * memory, whatever the values are; what a template names must be there, or be
 * told with the place and the nearest name.
 *
 * Where in the HTML a variable may stand: template_context_test.c.
 */

#include "template_test.h"


/* each variable shows what its row in the table says */

static void
variables(void **state)
{
    xsell_fragment_t  f;

    f = fragment(2);

    assert_string_equal(render("{{slot}} {{heading}} {{lang}} {{count}}", &f),
                        "related More &amp; more en 2");
    assert_string_equal(render("{{stylesheet}} {{currency}}", &f),
                        "/xsell/s/0.css EUR");
    assert_string_equal(
        render("{{#items}}{{position}}/{{count}} {{id}} {{title}} {{brand}} "
               "{{category}} {{price}}={{amount}} {{description}} "
               "{{reason}} {{why}}{{#rule}} {{rule}}{{/rule}}"
               "{{#first}} first{{/first}}{{#last}} last{{/last}}"
               "{{^available}} gone{{/available}}\n{{/items}}", &f),
        "1/2 A-1 First Ada Prints \xe2\x82\xac" "12.50=12.50 One viewed "
        "Viewed in the same visits first\n"
        "2/2 B-2 Second   =  viewed Viewed in the same visits last gone\n");

    f.title = str("");
    f.lang = str("de-LU");
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


/* {{{x}}} is what people write when they mean "as it is": it must not be */

static void
never_raw(void **state)
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
        render("{{#items}}{{{title}}}{{& title }}<a href=\"{{{url}}}\" "
               "title='{{&title}}'>{{=<% %>=}}<%{title}%></a><%/items%>", &f),
        "&lt;b&gt;&quot;&#39;&amp;{{title}}&lt;b&gt;&quot;&#39;&amp;{{title}}"
        "<a href=\"about:invalid\" title='&lt;b&gt;&quot;&#39;&amp;{{title}}'>"
        "&lt;b&gt;&quot;&#39;&amp;{{title}}</a>");
}


/* a mistake must be found where it is, with what was meant */

typedef struct {
    const char  *text;
    const char  *says;
} mistake_t;

static const mistake_t  mistakes[] = {
    { "{{titel}}", "t 1:1 \"titel\" is no variable; did you mean \"title\"" },
    { "{{#items}}{{Titel}}{{/items}}", "t 1:11 \"Titel\" is no variable; did "
      "you mean \"title\"" },
    { "{{stylesheets}}", "\"stylesheet\" (the address" },
    { "{{#items}}{{product.name}}{{/items}}", "did you mean \"title\"" },
    { "{{#items}}{{link}}{{/items}}", "did you mean \"url\"" },
    { "{{#items}}{{item.brnad}}{{/items}}", "did you mean \"brand\"" },
    { "a\n\xc3\xa9\xc3\xa9 {{prize}}", "t 2:4 \"prize\" is no variable; did "
      "you mean \"price\"" },
    { "{{title}}", "t 1:1 \"title\" belongs to an item: it is known only "
      "between {{#items}} and {{/items}}" },
    { "{{#items}}a{{/items}}{{url}}", "t 1:22 \"url\" belongs" },
    { "{{^items}}{{url}}{{/items}}", "t 1:11 \"url\" belongs" },
    { "{{}}", "t 1:1 a tag without a name" },
    { "{{#}}{{/}}", "t 1:1 a tag without a name" },
    { "{{.}}", "t 1:1 \".\" has no text" },
    { "{{#items}}{{.}}{{/items}}", "t 1:11 \".\" has no text" },
    { "{{#items}}{{first}}{{/items}}", "t 1:11 \"first\" has no text: it "
      "opens a section" },
    { "{{items}}", "opens a section" },
    { "{{heading", "t 1:1 the tag that begins here is not closed" },
    { "x {{{heading}}", "t 1:3 the tag that begins here is not closed" },
    { "{{<card}}", "inheritance" },
    { "{{$card}}", "inheritance" },
    { "{{>*card}}", "dynamic names" },
    { "{{#lang}}x", "t 1:1 \"lang\" is opened here and not closed where" },
    { "{{#lang}}\n{{#slot}}{{/lang}}{{/slot}}", "t 2:10 {{/lang}} closes "
      "nothing here: {{/slot}} comes first, of the section that is open "
      "since line 2" },
    { "{{#items}}{{title</a>{{id}}{{/items}}", "t 1:11 the tag that begins "
      "here is not closed: \"}}\" is missing" },
    { "{{lang\n{{slot}}", "t 1:1 the tag that begins here is not closed: "
      "\"}}\" is missing" },
    { "x{{/lang}}", "t 1:2 \"lang\" closes a section that is not open" },
    { "{{#items}}{{#items}}{{/items}}{{/items}}", "t 1:11 \"items\" can't "
      "stand in itself" },
    { "{{=<%=}}", "delimiters" },
    { "{{==}}", "delimiters" },
    { "{{=a b c=}}", "delimiters" },
    { "{{=123456789 x=}}", "delimiters" },
    { "{{=<<=}}", "delimiters" },
    { "{{>card}}", "t 1:1 \"card\" is no partial: there is no file of that "
      "name and .mustache" },
    { "{{>gird}}", "and .mustache; did you mean \"grid\"?" },
    { "{{>t}}", "t 1:1 \"t\" contains itself" },
    { "{{strings.heeding}}", "t 1:1 \"strings.heeding\" is in no "
      "strings.*.json, nor built in; did you mean \"strings.heading\"?" }
};


static void
named_mistakes(void **state)
{
    size_t             i;
    const char        *got;
    xsell_str_t        name;
    xsell_fragment_t   f;
    xsell_templates_t *ts;

    f = fragment(1);

    for (i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
        got = render(mistakes[i].text, &f);

        if (strstr(got, mistakes[i].says) == NULL) {
            fail_msg("\"%s\": %s", mistakes[i].text, got);
        }
    }

    assert_null(strstr(render("{{>kard}}", &f), "did you mean"));

    /* without a place for the error, too */

    assert_int_equal(xsell_templates_create(&ts), XSELL_OK);
    assert_int_equal(xsell_templates_add(ts, str("t"), str("{{x}}"), NULL),
                     XSELL_OK);
    assert_int_equal(xsell_templates_compile(ts, &name, NULL), XSELL_EINVAL);
    xsell_templates_destroy(ts);
    xsell_templates_destroy(NULL);
}


/* partials share the data and the place in the HTML of who names them */

static void
partials(void **state)
{
    xsell_fragment_t  f;
    const char *const  card[] = {
        "t", "<ul>\n{{#items}}\n  {{> card }}\n{{/items}}\n</ul>{{>end}}",
        "card", "<li class=\"{{> classes}}\">\n{{title}}\n{{#price}}\n{{price}}"
                "\n{{/price}}\n</li>\n",
        "classes", "c{{#first}} first{{/first}}",
        "end", ".", NULL
    };
    const char *const  place[] = {
        "t", "<a title=\"{{>p}}\" href=\"/{{>p}}\">{{>p}}</a>",
        "p", "{{heading}}", NULL
    };
    const char *const  bad_place[] = {
        "t", "<a onclick=\"{{>p}}\"></a>", "p", "\n {{heading}}", NULL
    };
    const char *const  mistake[] = {
        "t", "x\n\n    {{>p}}\n", "p", "a\n  {{headnig}}", NULL
    };
    const char *const  open[] = {
        "t", "{{#lang}}{{>p}}", "p", "{{/lang}}", NULL
    };
    const char *const  unclosed[] = {
        "t", "{{#lang}}{{>p}}{{/lang}}", "p", "{{#lang}}", NULL
    };

    f = fragment(2);
    assert_string_equal(render_set(card, &f),
        "<ul>\n"
        "  <li class=\"c first\">\n  First\n  \xe2\x82\xac" "12.50\n"
        "  </li>\n"
        "  <li class=\"c\">\n  Second\n  </li>\n</ul>.");

    f.title = str("<a b>");
    assert_string_equal(render_set(place, &f),
        "<a title=\"&lt;a b&gt;\" href=\"/%3Ca%20b%3E\">&lt;a b&gt;</a>");
    assert_non_null(strstr(render_set(bad_place, &f), "p 2:2 this attribute "
                           "can't take a variable"));
    assert_non_null(strstr(render_set(mistake, &f), "p 2:3 \"headnig\""));
    assert_non_null(strstr(render_set(open, &f), "p 1:1 \"lang\" closes a "
                           "section that is not open"));
    assert_non_null(strstr(render_set(unclosed, &f), "p 1:1 \"lang\" is "
                           "opened here and not closed"));
}


/* a circle of partials would compile for ever; one that only others can use
   must be no error, and no template of a slot */

static void
partials_of_others(void **state)
{
    xsell_str_t         name;
    xsell_error_t       err;
    xsell_fragment_t    f;
    xsell_templates_t  *ts;
    const char *const   circle[] = {
        "a", "{{>b}}", "b", "{{>c}}", "c", "x {{>a}}", NULL
    };
    const char *const   typo[] = {
        "t", "{{#items}}{{>cart}}{{/items}}", "card", "{{title}}", NULL
    };

    f = fragment(1);
    assert_non_null(strstr(render_set(circle, &f), "c 1:3 \"a\" contains "
                           "itself"));
    assert_non_null(strstr(render_set(typo, &f), "t 1:11 \"cart\" is no "
                           "partial: there is no file of that name and "
                           ".mustache; did you mean \"card\"?"));

    assert_int_equal(xsell_templates_create(&ts), XSELL_OK);
    assert_int_equal(xsell_templates_n(ts), 3);
    assert_int_equal(xsell_templates_add(ts, str("card"), str("{{title}}"),
                                         &err), XSELL_OK);
    assert_int_equal(xsell_templates_add(ts, str("t"), str("{{#items}}"
                     "{{>card}}{{/items}}"), &err), XSELL_OK);
    assert_int_equal(xsell_templates_compile(ts, &name, &err), XSELL_OK);
    assert_int_equal(xsell_templates_find(ts, str("card")), -1);
    assert_int_equal(xsell_templates_find(ts, str("t")), 4);
    assert_int_equal(xsell_templates_find(ts, str("grid")), 1);
    assert_int_equal(xsell_templates_find(ts, str("none")), -1);
    name = xsell_templates_name(ts, 4);
    assert_int_equal(name.n, 1);
    assert_int_equal(xsell_templates_name(ts, 5).n, 0);
    assert_int_equal(xsell_templates_render(ts, 3, &f, NULL, 0), 0);
    assert_int_equal(xsell_templates_render(ts, 5, &f, NULL, 0), 0);
    xsell_templates_destroy(ts);
}


/* partials in partials in partials: time, memory and stack are bounded */

static void
partials_bounded(void **state)
{
    size_t              i, k;
    char                name[8], text[4096];
    const char         *files[2 * 20 + 1];
    char                names[20][8], texts[20][4096];
    xsell_fragment_t    f;

    f = fragment(1);

    /* 2 ^ 17 partials of one byte */

    for (i = 0; i < 18; i++) {
        snprintf(names[i], sizeof(names[i]), "p%zu", i);
        snprintf(texts[i], sizeof(texts[i]), "{{>p%zu}}{{>p%zu}}", i + 1,
                 i + 1);
        files[2 * i] = names[i];
        files[2 * i + 1] = texts[i];
    }

    snprintf(texts[17], sizeof(texts[17]), "x");
    files[36] = NULL;
    assert_non_null(strstr(render_set(files, &f), "nested too deep"));
    snprintf(texts[12], sizeof(texts[12]), "x");
    assert_non_null(strstr(render_set(files, &f), "too many partials"));

    /* 12 x 12 x 12 x 500 bytes */

    for (i = 0; i < 4; i++) {
        text[0] = '\0';
        snprintf(name, sizeof(name), "{{>p%zu}}", i + 1);

        for (k = 0; k < 12; k++) {
            strcat(text, name);
        }

        snprintf(texts[i], sizeof(texts[i]), "%s", text);
    }

    memset(texts[3], 'x', 900);
    texts[3][900] = '\0';
    files[8] = NULL;
    assert_non_null(strstr(render_set(files, &f), "too "));

    /* a partial that is indented by a page */

    memset(texts[0], ' ', 4000);
    strcpy(texts[0] + 4000, "{{>p1}}");
    memset(texts[1], '\n', 4000);
    texts[1][4000] = '\0';
    files[4] = NULL;
    assert_non_null(strstr(render_set(files, &f), "indented so far"));
}


/* what editors of Windows do to a file must not be seen in the page */

static void
editors(void **state)
{
    xsell_fragment_t  f;

    f = fragment(2);
    assert_string_equal(render("\xef\xbb\xbf{{#items}}\r\n<b>{{id}}</b>\r\n"
                               "{{/items}}\r\n", &f),
                        "<b>A-1</b>\r\n<b>B-2</b>\r\n");
}


static void
nesting(void **state)
{
    size_t            i, n;
    char              text[2048];
    xsell_fragment_t  f;

    f = fragment(1);

    for (n = 32; n <= 33; n++) {
        text[0] = '\0';

        for (i = 0; i < n; i++) {
            strcat(text, "{{#lang}}");
        }

        for (i = 0; i < n; i++) {
            strcat(text, "{{/lang}}");
        }

        assert_string_equal(render(text, &f), n == 32 ? ""
                            : "t 1:289 sections are nested too deep");
    }
}


static void
names_and_sizes(void **state)
{
    size_t              i;
    char                big[65537];
    xsell_error_t       err;
    xsell_templates_t  *ts;
    static const char *const  bad[] = {
        "", "a/b", "..", "a.b", "a b", "\xc3\xa9",
        "a2345678901234567890123456789012345678901234567890123456789012345"
    };

    assert_int_equal(xsell_templates_create(&ts), XSELL_OK);

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(xsell_templates_add(ts, str(bad[i]), str("x"), &err),
                         XSELL_EINVAL);
    }

    memset(big, 'x', sizeof(big));
    assert_int_equal(xsell_templates_add(ts, str("t"), str(""), &err),
                     XSELL_EINVAL);
    assert_int_equal(xsell_templates_add(ts, str("t"),
        (xsell_str_t) { big, sizeof(big) }, &err), XSELL_EINVAL);
    assert_int_equal(xsell_templates_add(ts, str("t"),
        (xsell_str_t) { big, sizeof(big) - 1 }, &err), XSELL_OK);

    /* another encoding would turn up as broken characters in pages */

    memset(&err, 0, sizeof(err));
    assert_int_equal(xsell_templates_add(ts, str("t"), str("<p>\nCaf\xe9 "
                     "{{slot}}"), &err), XSELL_EINVAL);
    assert_int_equal(err.line, 2);
    assert_int_equal(err.column, 4);
    assert_non_null(strstr(err.text, "UTF-8"));

    /* the second of a name takes the place of the first */

    assert_int_equal(xsell_templates_add(ts, str("t"), str("y"), &err),
                     XSELL_OK);
    assert_int_equal(xsell_templates_n(ts), 4);
    xsell_templates_destroy(ts);
}


/* what the rewriter is told decides whether an open <p> is closed first */

static void
holds(void **state)
{
    xsell_str_t         name;
    xsell_error_t       err;
    xsell_templates_t  *ts;

    assert_int_equal(xsell_templates_create(&ts), XSELL_OK);
    assert_int_equal(xsell_templates_add(ts, str("words"), str("<span>{{slot}}"
                     "</span>"), &err), XSELL_OK);
    assert_int_equal(xsell_templates_add(ts, str("link"), str("<b><a href=\"/"
                     "{{slot}}\">{{>words}}</a></b>"), &err), XSELL_OK);
    assert_int_equal(xsell_templates_add(ts, str("block"), str("{{>words}}"
                     "{{>link}}{{#lang}}<p>x</p>{{/lang}}"), &err), XSELL_OK);
    assert_int_equal(xsell_templates_compile(ts, &name, &err), XSELL_OK);

    assert_int_equal(xsell_templates_holds(ts, 3),
                     xsell_html_holds(str("<span></span>")));
    assert_int_equal(xsell_templates_holds(ts, 4),
                     xsell_html_holds(str("<b><a href=\"/\"></a></b>")));
    assert_int_equal(xsell_templates_holds(ts, 5), XSELL_HOLDS_ALL);
    assert_int_equal(xsell_templates_holds(ts, 6), XSELL_HOLDS_ALL);
    assert_int_equal(xsell_templates_holds(ts, 0), XSELL_HOLDS_ALL);
    xsell_templates_destroy(ts);
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
    int                 i;
    size_t              n, cap;
    char               *buf;
    xsell_str_t         name;
    xsell_error_t       err;
    xsell_fragment_t    f;
    xsell_templates_t  *ts;

    f = fragment(3);
    assert_int_equal(xsell_templates_create(&ts), XSELL_OK);
    assert_int_equal(xsell_templates_compile(ts, &name, &err), XSELL_OK);

    for (i = 0; i < 3; i++) {
        buf = NULL;
        n = xsell_templates_render(ts, i, &f, NULL, 0);
        assert_true(n > 500 && n < 4000);

        /* every room: the length is told, not a byte past the end written */

        for (cap = 0; cap <= n; cap++) {
            buf = malloc(cap + 1);
            assert_non_null(buf);
            buf[cap] = '!';
            assert_int_equal(xsell_templates_render(ts, i, &f, buf, cap), n);
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
    }

    xsell_templates_destroy(ts);
}


/* a value of megabytes must not become a page of megabytes */

static void
bounded(void **state)
{
    size_t              n;
    char               *big;
    xsell_str_t         name;
    xsell_error_t       err;
    xsell_fragment_t    f;
    xsell_templates_t  *ts;

    n = XSELL_FRAGMENT_MAX;
    big = malloc(n + 1);
    assert_non_null(big);
    memset(big, 'x', n + 1);
    f = fragment(1);
    f.title.p = big;
    assert_int_equal(xsell_templates_create(&ts), XSELL_OK);
    assert_int_equal(xsell_templates_add(ts, str("grid"), str("{{heading}}"),
                                         &err), XSELL_OK);
    assert_int_equal(xsell_templates_compile(ts, &name, &err), XSELL_OK);

    f.title.n = n;
    assert_int_equal(xsell_templates_render(ts, 1, &f, NULL, 0), n);
    f.title.n = n + 1;
    assert_int_equal(xsell_templates_render(ts, 1, &f, NULL, 0), 0);
    xsell_templates_destroy(ts);
    free(big);
}


/* hazard: one template is two looks in two slots, or two are one: what is
   learned of the one is said of the other */

static unsigned
bits(const xsell_templates_t *ts, const char *name)
{
    int  i;

    i = xsell_templates_find(ts, str(name));
    assert_true(i >= 0);

    return xsell_templates_bits(ts, (uint32_t) i);
}


static void
looks_are_told_apart(void **state)
{
    unsigned            i;
    char                name[8];
    xsell_str_t         where;
    xsell_templates_t  *ts;

    assert_int_equal(xsell_templates_create(&ts), XSELL_OK);
    assert_int_equal(xsell_templates_add(ts, str("panel"),
                         str("{{!xsell:  story, ours }}x"), NULL), XSELL_OK);
    assert_int_equal(xsell_templates_add(ts, str("part"),
                         str("{{title}}"), NULL), XSELL_OK);
    assert_int_equal(xsell_templates_add(ts, str("plain"),
                         str("{{! no story }}{{#items}}{{>part}}{{/items}}"),
                         NULL), XSELL_OK);

    for (i = 0; i < 6; i++) {
        snprintf(name, sizeof(name), "p%u", i);
        assert_int_equal(xsell_templates_add(ts, str(name), str("{{!"
                             " xsell: s }}x"), NULL), XSELL_OK);
    }

    assert_int_equal(xsell_templates_compile(ts, &where, NULL), XSELL_OK);

    assert_int_equal(bits(ts, "carousel"), 0);
    assert_int_equal(bits(ts, "grid"), 2);
    assert_int_equal(bits(ts, "story"), 1);
    assert_int_equal(bits(ts, "panel"), 3);
    assert_int_equal(bits(ts, "plain"), 4);     /* a part has none */
    assert_int_equal(bits(ts, "p0"), 6);
    assert_int_equal(bits(ts, "p4"), 14);
    assert_int_equal(bits(ts, "p5"), 0);        /* the ninth */

    xsell_templates_destroy(ts);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(looks_are_told_apart),
        cmocka_unit_test(variables),
        cmocka_unit_test(absent_items),
        cmocka_unit_test(hostile_values),
        cmocka_unit_test(never_raw),
        cmocka_unit_test(named_mistakes),
        cmocka_unit_test(partials),
        cmocka_unit_test(partials_of_others),
        cmocka_unit_test(partials_bounded),
        cmocka_unit_test(editors),
        cmocka_unit_test(nesting),
        cmocka_unit_test(names_and_sizes),
        cmocka_unit_test(holds),
        cmocka_unit_test(builtin),
        cmocka_unit_test(bounded),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, setup, teardown);
}

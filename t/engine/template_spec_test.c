
/*
 * template_spec_test.c: Mustache as its specification has it, over arbitrary
 * JSON, with the compiler and the interpreter that run a shop's templates.
 * A marketer's knowledge of Mustache, and templates from elsewhere, must hold
 * here; each group below guards one rule that implementations get wrong.
 *
 * The cases of the specification itself are run where they are present.
 */

#include "page/xsell_page.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <jansson.h>


#define NAMES_MAX  128
#define DEPTH_MAX  64

/* ---- data: JSON, with the specification's stack of contexts ---- */

typedef struct {
    json_t   *value;            /* what names are looked up in */
    json_t   *list;             /* that it is an element of */
    size_t    i;
} level_t;

typedef struct {
    char      name[NAMES_MAX][64];
    uint32_t  names;
    json_t   *partials;
    level_t   level[DEPTH_MAX];
    unsigned  depth;
} world_t;


static int
resolve(void *names, xsell_str_t name, unsigned scopes,
    xsell_meaning_t *found, char wrong[XSELL_WRONG_MAX])
{
    world_t  *w;

    w = names;
    assert_true(w->names < NAMES_MAX && name.n < sizeof(w->name[0]));
    memcpy(w->name[w->names], name.p, name.n);
    w->name[w->names][name.n] = '\0';
    found->var = w->names++;
    found->kind = XSELL_KIND_TEXT;
    found->scope = 1;

    return XSELL_OK;
}


static int
partial(void *names, xsell_str_t *name, xsell_str_t *text,
    char wrong[XSELL_WRONG_MAX])
{
    char         key[64];
    world_t     *w;
    const char  *s;

    w = names;
    snprintf(key, sizeof(key), "%.*s", (int) name->n, name->p);
    s = json_string_value(json_object_get(w->partials, key));
    text->p = s ? s : "";
    text->n = strlen(text->p);

    return s ? XSELL_OK : XSELL_NONE;
}


/* the first part is looked up in all contexts, the others in what it is */

static json_t *
find(const world_t *w, uint32_t var)
{
    char       name[64];
    char      *part;
    char      *rest;
    json_t    *v;
    unsigned   i;

    if (strcmp(w->name[var], ".") == 0) {
        return w->level[w->depth].value;
    }

    snprintf(name, sizeof(name), "%s", w->name[var]);
    part = strtok_r(name, ".", &rest);
    v = NULL;

    for (i = w->depth + 1; v == NULL && i-- > 0; ) {
        v = json_object_get(w->level[i].value, part);
    }

    while (v && (part = strtok_r(NULL, ".", &rest)) != NULL) {
        v = json_object_get(v, part);
    }

    return v;
}


static void
put(void *scene, uint32_t var, unsigned escape, xsell_out_t *out)
{
    char         buf[64];
    json_t      *v;
    const char  *p;

    v = find(scene, var);
    buf[0] = '\0';
    p = buf;

    if (json_is_string(v)) {
        p = json_string_value(v);

    } else if (json_is_integer(v)) {
        snprintf(buf, sizeof(buf), "%lld", (long long) json_integer_value(v));

    } else if (json_is_real(v)) {
        snprintf(buf, sizeof(buf), "%.15g", json_real_value(v));

    } else if (json_is_boolean(v)) {
        p = json_is_true(v) ? "true" : "false";
    }

    if (escape) {
        xsell_out_put(out, p, strlen(p));

    } else {
        xsell_escape(out, XSELL_ESCAPE_HTML, (xsell_str_t) { p, strlen(p) });
    }
}


static int
truth(const json_t *v)
{
    return v && !json_is_null(v) && !json_is_false(v)
           && !(json_is_array(v) && json_array_size(v) == 0);
}


static int
is_true(void *scene, uint32_t var)
{
    return truth(find(scene, var));
}


static int
enter(void *scene, uint32_t var)
{
    json_t   *v;
    level_t  *l;
    world_t  *w;

    w = scene;
    v = find(w, var);

    if (!truth(v)) {
        return 0;
    }

    assert_true(w->depth + 1 < DEPTH_MAX);
    l = &w->level[++w->depth];
    l->list = json_is_array(v) ? v : NULL;
    l->i = 0;
    l->value = l->list ? json_array_get(v, 0) : v;

    return 1;
}


static int
next(void *scene, uint32_t var)
{
    level_t  *l;
    world_t  *w;

    w = scene;
    l = &w->level[w->depth];

    if (l->list && ++l->i < json_array_size(l->list)) {
        l->value = json_array_get(l->list, l->i);
        return 1;
    }

    w->depth--;

    return 0;
}


static const xsell_data_t  data = {
    .resolve = resolve,
    .partial = partial,
    .put = put,
    .is_true = is_true,
    .enter = enter,
    .next = next
};


static const char *
render(const char *text, json_t *value, json_t *partials)
{
    world_t            w;
    xsell_out_t        o;
    xsell_str_t        where;
    xsell_error_t      err;
    xsell_program_t    t;
    static char        buf[65536];

    memset(&w, 0, sizeof(w));
    w.partials = partials;
    w.level[0].value = value;

    if (xsell_program_compile(&t, &data, &w, (xsell_str_t) { "x", 1 },
                              (xsell_str_t) { text, strlen(text) }, &where,
                              &err)
        != XSELL_OK)
    {
        snprintf(buf, sizeof(buf), "%u:%u %s", err.line, err.column,
                 err.text);
        return buf;
    }

    o.p = buf;
    o.n = 0;
    o.cap = sizeof(buf) - 1;
    xsell_program_run(&t, &data, &w, &o, o.cap);
    xsell_program_destroy(&t);
    assert_true(o.n <= o.cap);
    assert_int_equal(w.depth, 0);
    buf[o.n] = '\0';

    return buf;
}


/* ---- own cases ---- */

typedef struct {
    const char  *text;
    const char  *data;          /* JSON, with ' for " */
    const char  *want;
    const char  *partials;
} case_t;


static json_t *
load(const char *text)
{
    char     buf[1024];
    char    *p;
    json_t  *v;

    snprintf(buf, sizeof(buf), "%s", text ? text : "{}");

    for (p = buf; *p; p++) {
        *p = *p == '\'' ? '"' : *p;
    }

    v = json_loads(buf, JSON_DECODE_ANY, NULL);
    assert_non_null(v);

    return v;
}


static void
check(const case_t *c, size_t n)
{
    size_t       i;
    json_t      *value, *partials;
    const char  *got;

    for (i = 0; i < n; i++) {
        value = load(c[i].data);
        partials = load(c[i].partials);
        got = render(c[i].text, value, partials);

        if (strcmp(got, c[i].want) != 0) {
            fail_msg("\"%s\" over %s: got \"%s\", want \"%s\"", c[i].text,
                     c[i].data, got, c[i].want);
        }

        json_decref(value);
        json_decref(partials);
    }
}

#define CHECK(cases)  check(cases, sizeof(cases) / sizeof(cases[0]))


/* a value that is absent, null, a number, or looks like a template */

static void
values(void **state)
{
    static const case_t  cases[] = {
        { "no tags: {a} }} { {", "{}", "no tags: {a} }} { {", NULL },
        { "{{a}}", "{'a':'b'}", "b", NULL },
        { "{{ a }}|{{a }}|{{\na\n}}", "{'a':'b'}", "b|b|b", NULL },
        { " {{a}} \n", "{'a':'b'}", " b \n", NULL },
        { "  {{a}}\n", "{'a':'b'}", "  b\n", NULL },
        { "[{{a}}{{{a}}}{{&a}}]", "{}", "[]", NULL },
        { "[{{a}}{{{a}}}{{&a}}]", "{'a':null}", "[]", NULL },
        { "{{a}} {{b}} {{{a}}} {{&b}}", "{'a':-3,'b':2.5}",
          "-3 2.5 -3 2.5", NULL },
        { "{{a}}", "{'a':'{{b}}','b':'no'}", "{{b}}", NULL },
        { "{{a}} {{{a}}} {{&a}}", "{'a':'<i> & >'}",
          "&lt;i&gt; &amp; &gt; <i> & > <i> & >", NULL },
        { "|{{{ a }}}|{{& a }}|{{&a}}", "{'a':1}", "|1|1|1", NULL },
        { "{{a.b}} {{a.b.c}} {{b.a}}", "{'a':{'b':{'c':4}}}", " 4 ", NULL },
        { "{{a.b}}", "{'a.b':1}", "", NULL },
        { "{{a.b}}", "{'a.b':1,'a':{'b':2}}", "2", NULL },
        { "{{a.b.c}}", "{'a':{},'b':{'c':1}}", "", NULL },
        { "{{#a}}{{b.c}}{{/a}}", "{'a':{'b':{}},'b':{'c':1}}", "", NULL },
        { "{{#a}}{{b.c}}{{/a}}", "{'a':1,'b':{'c':2}}", "2", NULL },
        { "{{.}}|{{{.}}}|{{&.}}", "'<'", "&lt;|<|<", NULL },
        { "{{.}}", "7", "7", NULL }
    };

    CHECK(cases);
}


/* what is true, what repeats, and where names are then looked up */

static void
sections(void **state)
{
    static const case_t  cases[] = {
        { "[{{#a}}x{{/a}}{{^a}}y{{/a}}]", "{'a':true}", "[x]", NULL },
        { "[{{#a}}x{{/a}}{{^a}}y{{/a}}]", "{'a':false}", "[y]", NULL },
        { "[{{#a}}x{{/a}}{{^a}}y{{/a}}]", "{'a':null}", "[y]", NULL },
        { "[{{#a}}x{{/a}}{{^a}}y{{/a}}]", "{'a':[]}", "[y]", NULL },
        { "[{{#a}}x{{/a}}{{^a}}y{{/a}}]", "{'a':[1,2]}", "[xx]", NULL },
        { "[{{#a}}x{{/a}}{{^a}}y{{/a}}]", "{'a':{'b':1}}", "[x]", NULL },
        { "[{{#a}}x{{/a}}{{^a}}y{{/a}}]", "{}", "[y]", NULL },
        { "{{#a}}{{b}}{{/a}}", "{'a':{'b':1},'b':2}", "1", NULL },
        { "{{#a}}{{b}}{{c}}{{/a}}", "{'a':{'b':1},'b':2,'c':3}", "13", NULL },
        { "{{#a}}{{.}} is {{a}}{{/a}}", "{'a':'x'}", "x is x", NULL },
        { "{{#a}}{{b}},{{/a}}", "{'a':[{'b':1},{},{'b':3}],'b':2}", "1,2,3,",
          NULL },
        { "{{#a}}({{.}}){{/a}}", "{'a':['x',2,1.5]}", "(x)(2)(1.5)", NULL },
        { "{{#a}}({{#.}}{{.}}{{/.}}){{/a}}", "{'a':[[1,2],['b']]}",
          "(12)(b)", NULL },
        { "{{#.}}({{a}}){{/.}}", "[{'a':1},{'a':2}]", "(1)(2)", NULL },
        { "{{#a}}{{.}}{{{.}}}{{&.}}{{/a}}", "{'a':['&']}", "&amp;&&", NULL },
        { "{{#a.b}}x{{/a.b}}{{^a.b}}y{{/a.b}}", "{'a':{'b':1}}", "x", NULL },
        { "{{#a.b}}x{{/a.b}}{{^a.b}}y{{/a.b}}", "{'a':{'c':1}}", "y", NULL },
        { "A{{#a}}B{{#a}}C{{/a}}D{{/a}}E", "{'a':true}", "ABCDE", NULL },
        { "A{{#a}}B{{#a}}C{{/a}}D{{/a}}E", "{'a':false}", "AE", NULL },
        { "A{{^a}}B{{^a}}C{{/a}}D{{/a}}E", "{'a':false}", "ABCDE", NULL },
        { "A{{^a}}B{{^a}}C{{/a}}D{{/a}}E", "{'a':true}", "AE", NULL },
        { "{{#a}}{{#b}}{{#c}}{{x}}{{y}}{{z}}{{/c}}{{/b}}{{/a}}",
          "{'a':{'x':1},'b':{'y':2},'c':{'z':3}}", "123", NULL },
        { "{{#a}}{{#b}}{{n}}{{m}} {{/b}}{{/a}}",
          "{'a':[{'n':1,'b':[{'m':1},{'m':2}]},{'n':2,'b':[]},"
          "{'n':3,'b':[{'m':9}]}]}", "11 12 39 ", NULL },
        { "|{{# a }}={{/ a }}|{{^ b }}={{/ b }}|", "{'a':1}", "|=|=|", NULL }
    };

    CHECK(cases);
}


/* a tag alone on its line takes the line along, and no other does */

static void
lines(void **state)
{
    static const case_t  cases[] = {
        { "1\n{{#a}}\n2\n{{/a}}\n3\n", "{'a':1}", "1\n2\n3\n", NULL },
        { "1\n  {{#a}}  \n2\n\t{{/a}}\n3", "{'a':1}", "1\n2\n3", NULL },
        { "1\n{{^a}}\n2\n{{/a}}\n3\n", "{}", "1\n2\n3\n", NULL },
        { "|\r\n{{#a}}\r\n{{/a}}\r\n|", "{'a':1}", "|\r\n|", NULL },
        { "|\r\n{{^a}}\r\n{{/a}}\r\n|", "{}", "|\r\n|", NULL },
        { "  {{#a}}\n#{{/a}}\n/", "{'a':1}", "#\n/", NULL },
        { "#{{#a}}\n/\n  {{/a}}", "{'a':1}", "#\n/\n", NULL },
        { " | {{#a}}\t|\t{{/a}} | \n", "{'a':1}", " | \t|\t | \n", NULL },
        { " {{#a}}Y{{/a}}\n {{#a}}Z{{/a}}\n", "{'a':1}", " Y\n Z\n", NULL },
        { " | {{#a}} {{! c }}\n {{/a}} | \n", "{'a':1}", " |  \n  | \n",
          NULL },
        { "a\n{{! c }}\nb", "{}", "a\nb", NULL },
        { "a\n  {{!\n c\n }}  \nb", "{}", "a\nb", NULL },
        { "  {{! c }}\nb", "{}", "b", NULL },
        { "a\n  {{! c }}", "{}", "a\n", NULL },
        { "|\r\n{{! c }}\r\n|", "{}", "|\r\n|", NULL },
        { " 1 {{! c }}\n", "{}", " 1 \n", NULL },
        { "1{{! a }}2 {{!b}} 3{{!}}", "{'! a':9,'a':8}", "12  3", NULL },
        { "a\n{{=<% %>=}}\nb", "{}", "a\nb", NULL },
        { "  {{=<% %>=}}\n=", "{}", "=", NULL },
        { "=\n  {{=<% %>=}}", "{}", "=\n", NULL },
        { "|\r\n{{= @ @ =}}\r\n|", "{}", "|\r\n|", NULL },
        { " | {{=@ @=}}\n", "{}", " | \n", NULL }
    };

    CHECK(cases);
}


/* delimiters change for the rest of their text, and for no other text */

static void
delimiters(void **state)
{
    static const case_t  cases[] = {
        { "{{=<% %>=}}(<%a%> {{a}})", "{'a':1}", "(1 {{a}})", NULL },
        { "({{=[ ]=}}[a])", "{'a':1}", "(1)", NULL },
        { "{{#b}}\n {{a}} |a|\n{{/b}}\n{{= | | =}}\n|#b|\n {{a}} |a|\n|/b|",
          "{'a':1,'b':true}", " 1 |a|\n {{a}} 1\n", NULL },
        { "{{= | | =}}|^b|{{a}} |a||/b|", "{'a':1}", "{{a}} 1", NULL },
        { "{{= | | =}}|{a}| |&a|", "{'a':'<'}", "< <", NULL },
        { "{{>p}} {{= | | =}}|>p|", "{'a':1}", ".1. .1.",
          "{'p':'.{{a}}.'}" },
        { "{{>p}} .{{a}}. .|a|.", "{'a':1}", ".1. .1. .1. .|a|.",
          "{'p':'.{{a}}. {{= | | =}}.|a|.'}" },
        { "| {{=@ @=}} |{{a}}@={{ }}=@{{a}}", "{'a':1}",
          "|  |{{a}}1", NULL },
        { "|{{= @   @ =}}|", "{}", "||", NULL }
    };

    CHECK(cases);
}


/* partials: whose context, whose delimiters, whose indentation */

static void
partials(void **state)
{
    static const case_t  cases[] = {
        { "[{{>p}}]", "{}", "[x]", "{'p':'x'}" },
        { "[{{>p}}]", "{}", "[]", NULL },
        { "[{{> p }}]", "{'a':1}", "[*1*]", "{'p':'*{{a}}*'}" },
        { "{{#a}}{{>p}}{{/a}}", "{'a':[{'b':1},{'b':2}]}", "<1><2>",
          "{'p':'<{{{b}}}>'}" },
        { "{{>n}}", "{'c':'X','k':[{'c':'Y','k':[]},{'c':'Z','k':[{'c':'W',"
          "'k':[]}]}]}", "X<Y<>Z<W<>>>",
          "{'n':'{{c}}<{{#k}}{{>n}}{{/k}}>'}" },
        { "{{>o}}", "{'a':1,'b':2}", "*1 2!*",
          "{'o':'*{{a}} {{>i}}*','i':'{{b}}!'}" },
        { "| {{>p}} |", "{}", "| \t|\t |", "{'p':'\\t|\\t'}" },
        { "  {{a}}  {{>p}}\n", "{'a':'|'}", "  |  >\n>\n",
          "{'p':'>\\n>'}" },
        { "|\r\n{{>p}}\r\n|", "{}", "|\r\n>|", "{'p':'>'}" },
        { "  {{>p}}\n>", "{}", "  >\n  >>", "{'p':'>\\n>'}" },
        { ">\n  {{>p}}", "{}", ">\n  >\n  >", "{'p':'>\\n>'}" },
        { "\\\n {{>p}}\n/\n", "{'c':'<\\n->'}", "\\\n |\n <\n->\n |\n/\n",
          "{'p':'|\\n{{{c}}}\\n|\\n'}" },
        { " {{>p}}\n", "{'a':1}", " x\n  y\n z\n",
          "{'p':'x\\n {{>q}}\\n{{#a}}\\nz\\n{{/a}}\\n','q':'y\\n'}" },
        { " {{>p}}\n", "{}", " x\n\n y\n", "{'p':'x\\n\\ny\\n'}" }
    };

    CHECK(cases);
}


/* a partial in itself must end, however deep, whatever the data */

static void
recursion(void **state)
{
    json_t      *partials, *value;
    const char  *got;

    value = load("{'a':{}}");
    partials = load("{'p':'.{{#a}}{{>p}}{{/a}}'}");
    got = render("{{>p}}", value, partials);
    assert_int_equal(strspn(got, "."), strlen(got));
    assert_int_equal(strlen(got), XSELL_PARTIALS_DEEP);
    json_decref(partials);

    partials = load("{'p':'.{{>p}}{{>p}}{{>p}}{{>p}}'}");
    got = render("{{>p}}", value, partials);
    assert_non_null(strstr(got, "too many partials"));
    json_decref(partials);
    json_decref(value);
}


/* ---- the specification's own cases ---- */

static void
run_file(const char *name, json_t *file, unsigned *passed)
{
    size_t       i;
    json_t      *test;
    const char  *got, *want;

    json_array_foreach(json_object_get(file, "tests"), i, test) {
        want = json_string_value(json_object_get(test, "expected"));
        got = render(json_string_value(json_object_get(test, "template")),
                     json_object_get(test, "data"),
                     json_object_get(test, "partials"));

        if (strcmp(got, want) != 0) {
            fail_msg("%s, %s: got \"%s\", want \"%s\"", name,
                     json_string_value(json_object_get(test, "name")), got,
                     want);
        }

        (*passed)++;
    }
}


static void
specification(void **state)
{
    size_t       i;
    char         path[512];
    json_t      *json;
    unsigned     passed;
    const char  *shared;
    static const char *const  files[] = {
        "comments", "delimiters", "interpolation", "inverted", "partials",
        "sections"
    };

    shared = getenv("XSELL_SHARED");
    passed = 0;

    for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        snprintf(path, sizeof(path), "%s/vectors/mustache/%s.json",
                 shared ? shared : "../shared", files[i]);
        json = json_load_file(path, JSON_ALLOW_NUL, NULL);

        if (json == NULL && i == 0) {
            print_message("# the specification's cases are not present\n");
            return;
        }

        assert_non_null(json);
        run_file(files[i], json, &passed);
        json_decref(json);
    }

    print_message("# %u cases of the specification\n", passed);
    assert_true(passed >= 136);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values),
        cmocka_unit_test(sections),
        cmocka_unit_test(lines),
        cmocka_unit_test(delimiters),
        cmocka_unit_test(partials),
        cmocka_unit_test(recursion),
        cmocka_unit_test(specification),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}

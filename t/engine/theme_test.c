
/*
 * theme_test.c: the stylesheet and the templates that are built in.  The
 * hazards: a name in a rule that no token sets, so that a shop's token does
 * nothing or a rule falls silently; a class of a template without a rule; a
 * shop's token that breaks a rule; text that can't be read; a sheet that
 * loads something from elsewhere; bytes that differ between two workers.
 */

#include "tokens_test.h"

#include "page/xsell_tokens.h"

#include <math.h>


static const char *const  formats[] = { "carousel", "grid", "story" };


/* ---- the vocabulary ---- */

/* the neutral theme's file, the table and the sheet say the same */

static void
vocabulary(void **state)
{
    char                *css;
    unsigned             i;
    xsell_str_t          neutral;
    xsell_properties_t   ps;
    const xsell_look_t  *look;

    warned[0] = '\0';
    neutral = xsell_theme_tokens();
    assert_int_equal(xsell_tokens_read(&ps, neutral, note, NULL, NULL),
                     XSELL_OK);
    assert_string_equal(warned, "");
    css = sheet("{}");

    for (i = 0; i < ps.n; i++) {
        look = xsell_look_find(ps.p[i].name);
        assert_non_null(look);
        assert_true(look->set);
        assert_false(ps.p[i].dark);
        assert_string_equal(value(css, LIGHT, look->name), ps.p[i].value);
    }

    xsell_properties_free(&ps);

    for (i = 0; i < xsell_looks_n; i++) {
        assert_true(xsell_looks[i].what[0]);
        assert_int_equal(value(css, LIGHT, xsell_looks[i].name)[0] != '\0',
                         xsell_looks[i].set);
    }

    free(css);

    /* whoever starts from the printed file has the same sheet */

    css = sheet(neutral.p);
    assert_string_equal(warned, "");
    free(css);
}


/* each var() of the rules is one of ours, or in the table; one that the
   neutral theme does not set says what else; none of the table is unused */

static void
properties_of_rules(void **state)
{
    char                *css, name[64];
    size_t               n;
    uint8_t              used[64];
    const char          *p;
    const xsell_look_t  *look;

    css = sheet("{\"font\":{\"heading-family\":{\"$type\":\"fontFamily\","
                "\"$value\":\"Inter\"},\"heading-weight\":{\"$type\":"
                "\"fontWeight\",\"$value\":600}}}");
    memset(used, 0, sizeof(used));
    assert_true(xsell_looks_n <= sizeof(used));

    for (p = css; (p = strstr(p, "var(--xs-")) != NULL; ) {
        p += strlen("var(--xs-");
        n = strcspn(p, ",)");
        assert_true(n < sizeof(name));
        memcpy(name, p, n);
        name[n] = '\0';

        if (name[n - 1] == '_') {
            continue;
        }

        look = xsell_look_find(name);

        if (look == NULL) {
            fail_msg("--xs-%s is in a rule but not in the table", name);
        }

        if (!look->set && p[n] != ',' && strncmp(name, "font-h", 6) != 0) {
            fail_msg("--xs-%s may be unset, and nothing is said for it",
                     name);
        }

        used[look - xsell_looks] = 1;
    }

    for (n = 0; n < xsell_looks_n; n++) {
        if (!used[n]) {
            fail_msg("no rule uses --xs-%s", xsell_looks[n].name);
        }
    }

    free(css);
}


/* the page's own heading stays unless a token says otherwise */

static void
rules_on_demand(void **state)
{
    char  *css;

    css = sheet("{}");
    assert_null(strstr(css, "font-family:var(--xs-font-heading-family)"));
    free(css);

    css = sheet("{\"xs\":{\"font\":{\"heading-family\":{\"$type\":"
                "\"fontFamily\",\"$value\":\"Inter\"}}}}");
    assert_non_null(strstr(css, "font-family:var(--xs-font-heading-family)"));
    assert_null(strstr(css, "font-weight:var(--xs-font-heading-weight)"));
    free(css);
}


/* a value that would switch a rule off is refused, whatever its $type says */

static void
held_to_its_type(void **state)
{
    size_t   i;
    char    *css;

    static const struct {
        const char  *json;
        const char  *name;
        const char  *want;
        const char  *warning;
    } cases[] = {
        { "{\"space\":{\"gap\":{\"$type\":\"color\",\"$value\":\"#fff\"}}}",
          "space-gap", "1.25rem", "1:17 space.gap: \"#fff\" is no length; "
          "write 12px or 1rem\n" },
        { "{\"space\":{\"gap\":{\"$type\":\"number\",\"$value\":8}}}",
          "space-gap", "8px", "" },
        { "{\"columns\":{\"wide\":{\"$type\":\"number\",\"$value\":0}}}",
          "columns-wide", "4.4",
          "1:20 columns.wide: 0 is not from 1 to 12\n" },
        { "{\"columns\":{\"wide\":{\"value\":\"{columns.full} - 1\"},"
          "\"full\":{\"value\":\"6\"}}}", "columns-wide", "5", "" },
        { "{\"image\":{\"ratio\":{\"$type\":\"number\",\"$value\":-1}}}",
          "image-ratio", "0.8",
          "1:19 image.ratio: -1 is not from 0.25 to 4\n" },
        { "{\"image\":{\"fit\":{\"$type\":\"string\",\"$value\":"
          "\"contain\"}}}", "image-fit", "contain", "" },
        { "{\"color\":{\"text\":{\"$value\":\"#222\"}}}", "color-text",
          "#222", "" },
        { "{\"xs\":{\"color\":{\"txt\":{\"$type\":\"color\",\"$value\":"
          "\"#222\"}}}}", "color-txt", "#222", "1:23 xs.color.txt: no rule "
          "uses it; did you mean \"color.text\"?\n" },
        { "{\"color\":{\"txt\":{\"$type\":\"color\",\"$value\":\"#222\"}}}",
          "color-txt", "#222", "1:17 color.txt: no rule uses it; did you "
          "mean \"color.text\"?\n" },
        { "{\"color\":{\"lint\":{\"$type\":\"color\",\"$value\":\"#222\"}}}",
          "color-lint", "#222", "" },
        { "{\"xs\":{\"color\":{\"text\":{\"$type\":\"color\",\"$value\":"
          "\"{color.text}\"}}},\"color\":{\"text\":{\"$type\":\"dimension\","
          "\"$value\":\"1px\"}}}", "color-text", "",
          "1:24 xs.color.text: \"1px\" is no colour; write #rrggbb\n"
          "1:84 color.text: \"1px\" is no colour; write #rrggbb\n" },
        { "{\"xs\":{\"color\":{\"text\":{\"$type\":\"color\",\"$value\":"
          "\"#111\"}}},\"color\":{\"text\":{\"$type\":\"color\","
          "\"$value\":\"#222\"}}}", "color-text", "#111", "" }
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        css = sheet(cases[i].json);

        if (strcmp(value(css, LIGHT, cases[i].name), cases[i].want) != 0
            || strcmp(warned, cases[i].warning) != 0)
        {
            fail_msg("%s: \"%s\"; %s", cases[i].json,
                     value(css, LIGHT, cases[i].name), warned);
        }

        free(css);
    }
}


/* ---- dark ---- */

/* the dark says what differs, a reference follows, a palette is no mode */

static void
dark(void **state)
{
    char  *css;

    css = sheet(
        "{\"base\":{\"$type\":\"color\",\"ink\":{\"$value\":\"#111\"},"
            "\"paper\":{\"$value\":\"#fff\"},\"rust\":{\"$value\":\"#a00\"}},"
        "\"color\":{\"text\":{\"$value\":\"{base.ink}\"},"
            "\"accent\":{\"$value\":\"{base.rust}\"}},"
        "\"shadow\":{\"card\":{\"$type\":\"shadow\",\"$value\":{\"color\":"
            "\"{base.ink}\",\"offsetX\":\"0\",\"offsetY\":\"1px\",\"blur\":"
            "\"2px\",\"spread\":\"0\"}}},"
        "\"dark\":{\"base\":{\"$type\":\"color\",\"ink\":{\"$value\":"
            "\"#eee\"}},\"color\":{\"surface\":{\"$type\":\"color\","
            "\"$value\":\"#000\"}},\"own\":{\"$type\":\"color\",\"$value\":"
            "\"#123\"}},"
        "\"xs\":{\"dark\":{\"color\":{\"focus\":{\"$type\":\"color\","
            "\"$value\":\"{base.ink}\"}}}}}");
    assert_string_equal(warned, "");
    assert_string_equal(value(css, LIGHT, "color-text"), "#111");
    assert_string_equal(value(css, DARK, "color-text"), "#eee");
    assert_string_equal(value(css, DARK, "color-accent"), "");
    assert_string_equal(value(css, DARK, "shadow-card"),
                        "0px 1px 2px 0px #eee");
    assert_string_equal(value(css, LIGHT, "color-surface"), "");
    assert_string_equal(value(css, DARK, "color-surface"), "#000");
    assert_string_equal(value(css, DARK, "color-focus"), "#eee");
    assert_string_equal(value(css, LIGHT, "dark-own"), "#123");
    assert_string_equal(value(css, LIGHT, "dark-base-ink"), "");

    /* for a system that is dark, and for a page that says so */

    assert_string_equal(value(css, ":where(.dark,", "color-text"), "#eee");
    free(css);

    css = sheet("{}");
    assert_null(strstr(css, "prefers-color-scheme"));
    free(css);
}


/* ---- text that can be read ---- */

static double
linear(double v)
{
    return v <= .04045 ? v / 12.92 : pow((v + .055) / 1.055, 2.4);
}


/* of two greys, WCAG 2 */

static double
contrast(double a, double b)
{
    double  x, y;

    x = linear(a) + .05;
    y = linear(b) + .05;

    return x > y ? x / y : y / x;
}


/* thinned text on a page whose own text has no more than 7:1 */

static void
readable(void **state)
{
    char    *css;
    double   paper, ink, mixed, part;
    size_t   i;

    static const double  papers[] = { 1, 0, .09, .97 };

    css = sheet("{}");
    assert_int_equal(sscanf(strstr(css, "color-mix(in srgb,currentColor "),
                            "color-mix(in srgb,currentColor %lf%%,", &part),
                     1);

    for (i = 0; i < sizeof(papers) / sizeof(papers[0]); i++) {
        paper = papers[i];

        for (ink = paper > .5 ? 0 : 1; contrast(ink, paper) > 7.01;
             ink += paper > .5 ? .001 : -.001) { /* void */ }

        mixed = ink * part / 100 + paper * (1 - part / 100);

        if (contrast(mixed, paper) < 4.5) {
            fail_msg("%.2f on %.2f: %.2f", mixed, paper,
                     contrast(mixed, paper));
        }
    }

    free(css);
}


/* ---- templates and rules together ---- */

/* each class of a template has a rule; no style, no script; the stylesheet
   before everything that is seen */

static void
templates_and_rules(void **state)
{
    size_t       i, n;
    char        *css, rule[64];
    const char  *p;
    xsell_str_t  text;

    css = sheet("{}");
    assert_int_equal(xsell_templates_builtin(str("")).n, 0);
    assert_int_equal(xsell_templates_builtin(str("carouse")).n, 0);

    for (i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
        text = xsell_templates_builtin(str(formats[i]));
        assert_true(text.n > 500);
        assert_int_equal(strlen(text.p), text.n);
        assert_null(strstr(text.p, "style="));
        assert_null(strstr(text.p, "<script"));
        assert_null(strstr(text.p, " on"));
        assert_non_null(strstr(text.p, "<link rel=\"stylesheet\""));
        assert_true(strstr(text.p, "<link") < strstr(text.p, "<h2"));
        assert_non_null(strstr(text.p, "width=\"640\" height=\"800\""));

        for (p = text.p; (p = strstr(p, "xs-")) != NULL; p += n) {
            n = strspn(p, "abcdefghijklmnopqrstuvwxyz-");

            if (p[-1] != '"' && p[-1] != ' ') {
                continue;
            }

            if (p[n] == '{') {
                continue;               /* id="xs-{{slot}}" */
            }

            snprintf(rule, sizeof(rule), ".%.*s", (int) n, p);

            if (strstr(css, rule) == NULL) {
                fail_msg("%s: no rule for %s", formats[i], rule);
            }
        }
    }

    free(css);
}


/* a sheet that a strict policy lets pass and that no one can widen: nothing
   loaded, braces in pairs, words for those who want less motion */

static void
sheet_is_sound(void **state)
{
    int          depth;
    char        *css;
    const char  *p;

    css = sheet("{}");
    assert_null(strstr(css, "url("));
    assert_null(strstr(css, "@import"));
    assert_null(strstr(css, "</"));
    assert_null(strstr(css, "!important"));
    assert_non_null(strstr(css, "@media(prefers-reduced-motion:reduce)"));
    assert_non_null(strstr(css, "@media(forced-colors:active)"));
    assert_non_null(strstr(css, "@container xs"));

    /* or it is as wide as nothing in a table's cell or a float */

    assert_non_null(strstr(css, "contain-intrinsic-inline-size:min(280px,"));
    assert_non_null(strstr(css, ":focus-visible"));

    /* sides by the way of writing, not left and right */

    for (p = css; (p = strstr(p, "left")) != NULL; p++) {
        fail_msg("a side by its name: %.40s", p - 20);
    }

    for (p = css, depth = 0; *p; p++) {
        depth += (*p == '{') - (*p == '}');
        assert_true(depth >= 0);
        assert_true((uint8_t) *p < 0x80 || strncmp(p, "\xc3\xbc", 2) == 0
                    || (uint8_t) *p == 0xbc);
    }

    assert_int_equal(depth, 0);
    assert_true(strlen(css) < 16384);
    free(css);
}


/* the bytes name the file: the same tokens in another order are the same */

static void
same_bytes(void **state)
{
    char  *a, *b;

    a = sheet("{\"a\":{\"$type\":\"color\",\"x\":{\"$value\":\"#111\"},\"y\":{"
              "\"$value\":\"#222\"}},\"b\":{\"$value\":\"1px\"}}");
    b = sheet("{\"b\":{\"$value\":\"1px\"},\"a\":{\"y\":{\"$value\":\"#222\"},"
              "\"x\":{\"$value\":\"#111\"},\"$type\":\"color\"}}");
    assert_string_equal(a, b);
    free(a);
    free(b);
}


/* a shop's own rules come last, as they are */

static void
own_rules(void **state)
{
    char           *big;
    xsell_str_t     extra, css;
    xsell_error_t   err;
    xsell_theme_t  *theme;

    assert_int_equal(xsell_theme_create(&theme, str(""),
                                        str(".xs-card{padding:0}\n"), NULL,
                                        NULL, &err), XSELL_OK);
    css = xsell_theme_sheet(theme);
    assert_string_equal(css.p + css.n - 20, ".xs-card{padding:0}\n");
    xsell_theme_destroy(theme);
    xsell_theme_destroy(NULL);

    extra.p = "a\0b";
    extra.n = 3;
    assert_int_equal(xsell_theme_create(&theme, str(""), extra, NULL, NULL,
                                        &err), XSELL_EINVAL);
    assert_null(theme);

    big = malloc(300000);
    assert_non_null(big);
    memset(big, ' ', 300000);
    extra.p = big;
    extra.n = 300000;
    assert_int_equal(xsell_theme_create(&theme, str(""), extra, NULL, NULL,
                                        &err), XSELL_EINVAL);
    free(big);
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(vocabulary),
        cmocka_unit_test(properties_of_rules),
        cmocka_unit_test(rules_on_demand),
        cmocka_unit_test(held_to_its_type),
        cmocka_unit_test(dark),
        cmocka_unit_test(readable),
        cmocka_unit_test(templates_and_rules),
        cmocka_unit_test(sheet_is_sound),
        cmocka_unit_test(same_bytes),
        cmocka_unit_test(own_rules)
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("theme", tests, NULL, NULL);
}

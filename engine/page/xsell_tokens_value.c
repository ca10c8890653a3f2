
/*
 * A value of a token -> the text of a CSS value: lists and objects are put
 * together, references go to xsell_tokens_refer.c and come back, and each
 * leaf goes through xsell_tokens_text.c.
 *
 * Values are written out, not as var(--xs-...): a page that sets one property
 * changes that one, and nothing depends on the order of rules.
 */

#include "xsell_tokens.h"


/* ---- leaves ---- */

static const struct {
    int                (*text)(xsell_css_t *o, xsell_str_t s);
    const char          *what;
} leaf[] = {
    [XSELL_LOOK_COLOR] = { xsell_css_color, "is no colour; write #rrggbb" },
    [XSELL_LOOK_LENGTH] = { xsell_css_length, "is no length; write 12px or "
                            "1rem" },
    [XSELL_LOOK_FAMILY] = { xsell_css_family, "is no name of a font" },
    [XSELL_LOOK_WEIGHT] = { xsell_css_weight, "is no font weight (1 to 1000, "
                            "or a name such as bold)" },
    [XSELL_LOOK_DURATION] = { xsell_css_time, "is no duration" },
    [XSELL_LOOK_EASING] = { xsell_css_easing, "is no cubicBezier" },
    [XSELL_LOOK_NUMBER] = { xsell_css_plain_number, "is no number" },
    [XSELL_LOOK_STROKE] = { xsell_css_stroke, "is no style of a line" },
    [XSELL_LOOK_WORD] = { xsell_css_word, "holds more than words" },
    [XSELL_LOOK_LINE] = { xsell_css_line, "is no height of a line" },
    [XSELL_LOOK_TRACKING] = { xsell_css_tracking, "is no length" },
    [XSELL_LOOK_OPACITY] = { xsell_css_plain_number, "is no number" },
    [XSELL_LOOK_FLOAT] = { xsell_css_length, "is no length" }
};

#define LEAVES  (sizeof(leaf) / sizeof(leaf[0]))


/* a text whose type nobody says */

static int
guess(xsell_tokens_t *ts, xsell_str_t s, xsell_css_t *o)
{
    size_t       i, n;
    double       v;
    const char  *end;

    static const uint8_t  order[] = {
        XSELL_LOOK_COLOR, XSELL_LOOK_DURATION, XSELL_LOOK_LENGTH,
        XSELL_LOOK_EASING
    };

    if (xsell_css_scan(s.p, s.p + s.n, &v, &end) && end == s.p + s.n) {
        xsell_css_put(o, s.p, s.n);
        return XSELL_OK;
    }

    n = o->n;

    for (i = 0; i < sizeof(order); i++) {
        if (leaf[order[i]].text(o, s)) {
            return XSELL_OK;
        }

        o->n = n;
        o->p[n] = '\0';
    }

    return xsell_token_refuse_text(ts, "is of no type that is known: say it "
                                   "by $type", s);
}


static int
leaf_text(xsell_tokens_t *ts, unsigned type, xsell_str_t s, xsell_css_t *o)
{
    size_t  n;

    n = o->n;

    if (type == XSELL_LOOK_NONE) {
        return guess(ts, s, o);
    }

    if (type >= LEAVES || leaf[type].text == NULL) {
        return xsell_token_refuse_text(ts, "is a text, but the type wants an "
                                       "object", s);
    }

    if (!leaf[type].text(o, s)) {
        o->n = n;
        o->p[n] = '\0';
        return xsell_token_refuse_text(ts, leaf[type].what, s);
    }

    return XSELL_OK;
}


static int
text(xsell_tokens_t *ts, unsigned type, xsell_str_t s, xsell_css_t *o)
{
    int          rc;
    xsell_css_t  filled;

    if (s.n == 0 || memchr(s.p, '{', s.n) == NULL) {
        return leaf_text(ts, type, s, o);
    }

    if (s.p[0] == '{' && memchr(s.p, '}', s.n) == s.p + s.n - 1) {
        return xsell_token_reference(ts, type, s, o);
    }

    filled.n = 0;
    filled.over = 0;
    filled.p[0] = '\0';
    rc = xsell_token_fill(ts, s, &filled);

    if (rc != XSELL_OK) {
        return rc;
    }

    s.p = filled.p;
    s.n = filled.n;

    return leaf_text(ts, type, s, o);
}


static int
number(xsell_tokens_t *ts, unsigned type, double v, xsell_css_t *o)
{
    xsell_css_t  digits;
    xsell_str_t  s;

    digits.n = 0;
    digits.over = 0;
    xsell_css_number(&digits, v);

    if (digits.over) {
        return xsell_token_refuse(ts, "the number is too large");
    }

    s.p = digits.p;
    s.n = digits.n;

    return leaf_text(ts, type, s, o);
}


/* ---- objects and lists ---- */

static double
real(const xsell_value_t *v, double otherwise)
{
    return v->kind == XSELL_JSON_REAL ? v->real
           : v->kind == XSELL_JSON_INTEGER ? (double) v->integer : otherwise;
}


/* a component of a colour: a number, "none", or a reference to either */

static int
component(xsell_tokens_t *ts, const xsell_value_t *list, size_t i,
    xsell_css_t *o)
{
    xsell_value_t  v;

    xsell_json_element(list, i, &v);

    if (v.kind == XSELL_JSON_TEXT && v.text.n == 4
        && memcmp(v.text.p, "none", 4) == 0)
    {
        xsell_css_puts(o, "none");
        return XSELL_OK;
    }

    return xsell_token_format(ts, XSELL_LOOK_NUMBER, &v, o);
}


static double
number_of(const xsell_css_t *o)
{
    double       v;
    const char  *end;

    return xsell_css_scan(o->p, o->p + o->n, &v, &end) ? v : 0;
}


/* a space that is no function of its own goes into color(); hsl and hwb
   write their last two parts in per cent */

static int
color_space(xsell_tokens_t *ts, const char *space, xsell_css_t part[3],
    double alpha, xsell_css_t *o)
{
    int     i, own, percent;
    double  rgb[3];

    static const char *const  functions[] = {
        "hsl", "hwb", "lab", "lch", "oklab", "oklch"
    };

    for (i = 0, own = 0; i < 6; i++) {
        own |= strcmp(space, functions[i]) == 0;
    }

    percent = own && space[0] == 'h';

    if (strcmp(space, "srgb") == 0) {
        for (i = 0; i < 3; i++) {
            rgb[i] = number_of(&part[i]);
        }

        xsell_css_rgb(o, rgb, alpha);
        return XSELL_OK;
    }

    if (!own && !xsell_css_named_space(space)) {
        return xsell_token_refuse(ts, "its colorSpace is not known");
    }

    xsell_css_puts(o, own ? space : "color");
    xsell_css_puts(o, "(");
    xsell_css_puts(o, own ? "" : space);

    for (i = 0; i < 3; i++) {
        xsell_css_puts(o, i || !own ? " " : "");
        xsell_css_puts(o, part[i].p);

        if (percent && i && part[i].p[0] != 'n') {
            xsell_css_puts(o, "%");
        }
    }

    if (alpha < 1) {
        xsell_css_puts(o, "/");
        xsell_css_number(o, alpha > 0 ? alpha : 0);
    }

    xsell_css_puts(o, ")");

    return XSELL_OK;
}


static int
color_object(xsell_tokens_t *ts, const xsell_value_t *object, xsell_css_t *o)
{
    int             i, rc;
    double          rgb[3];
    xsell_css_t     part[3], alpha;
    xsell_value_t   space, list, v;

    static const char *const  channel[] = { "r", "g", "b" };

    memset(&alpha, 0, sizeof(alpha));
    xsell_json_get(object->node, "r", &v);

    if (v.kind == XSELL_JSON_REAL || v.kind == XSELL_JSON_INTEGER) {
        for (i = 0; i < 3; i++) {
            xsell_json_get(object->node, channel[i], &v);
            rgb[i] = real(&v, 0);
        }

        xsell_json_get(object->node, "a", &v);
        xsell_css_rgb(o, rgb, real(&v, 1));
        return XSELL_OK;
    }

    xsell_json_get(object->node, "colorSpace", &space);
    xsell_json_get(object->node, "components", &list);
    xsell_json_get(object->node, "alpha", &v);

    if (space.kind != XSELL_JSON_TEXT || list.kind != XSELL_JSON_LIST
        || list.integer != 3)
    {
        return xsell_token_refuse(ts, "a colour has \"colorSpace\" and three "
                      "\"components\"");
    }

    for (i = 0; i < 3; i++) {
        memset(&part[i], 0, sizeof(part[i]));
        rc = component(ts, &list, i, &part[i]);

        if (rc != XSELL_OK) {
            return rc;
        }
    }

    if (v.kind != XSELL_JSON_NONE) {
        rc = xsell_token_format(ts, XSELL_LOOK_NUMBER, &v, &alpha);

        if (rc != XSELL_OK) {
            return rc;
        }
    }

    return color_space(ts, space.text.p, part,
                       alpha.n ? number_of(&alpha) : 1, o);
}


/* {"value": 16, "unit": "px"} */

static int
measure(xsell_tokens_t *ts, unsigned type, const xsell_value_t *object,
    xsell_css_t *o)
{
    xsell_css_t    whole;
    xsell_str_t    s;
    xsell_value_t  value, unit;

    memset(&whole, 0, sizeof(whole));
    xsell_json_get(object->node, "value", &value);
    xsell_json_get(object->node, "unit", &unit);

    if (unit.kind != XSELL_JSON_TEXT || value.kind == XSELL_JSON_NONE) {
        return xsell_token_refuse(ts, "it has \"value\" and \"unit\"");
    }

    if (xsell_token_format(ts, XSELL_LOOK_NUMBER, &value, &whole) != XSELL_OK) {
        return XSELL_EINVAL;
    }

    xsell_css_put(&whole, unit.text.p, unit.text.n);
    s.p = whole.p;
    s.n = whole.n;

    return leaf_text(ts, type, s, o);
}


/* a member under one of its names, with a blank before; NONE: not there */

static int
member(xsell_tokens_t *ts, const xsell_value_t *object, const char *name,
    const char *other, unsigned type, xsell_css_t *o)
{
    xsell_value_t  v;

    xsell_json_get(object->node, name, &v);

    if (v.kind == XSELL_JSON_NONE && other) {
        xsell_json_get(object->node, other, &v);
    }

    if (v.kind == XSELL_JSON_NONE) {
        return XSELL_NONE;
    }

    if (o->n && o->p[o->n - 1] != ' ' && o->p[o->n - 1] != '/') {
        xsell_css_puts(o, " ");
    }

    return xsell_token_format(ts, type, &v, o);
}


static int
missing(xsell_tokens_t *ts, const char *name)
{
    xsell_str_t  s;

    s.p = name;
    s.n = strlen(name);

    return xsell_token_refuse_text(ts, "is missing", s);
}


static int
border(xsell_tokens_t *ts, const xsell_value_t *v, xsell_css_t *o)
{
    int  rc;

    rc = member(ts, v, "width", NULL, XSELL_LOOK_LENGTH, o);

    if (rc == XSELL_OK) {
        rc = member(ts, v, "style", NULL, XSELL_LOOK_STROKE, o);
    }

    if (rc == XSELL_OK) {
        rc = member(ts, v, "color", NULL, XSELL_LOOK_COLOR, o);
    }

    return rc == XSELL_NONE ? missing(ts, "width, style or color") : rc;
}


static int
transition(xsell_tokens_t *ts, const xsell_value_t *v, xsell_css_t *o)
{
    int  rc;

    rc = member(ts, v, "duration", NULL, XSELL_LOOK_DURATION, o);

    if (rc == XSELL_OK) {
        rc = member(ts, v, "timingFunction", NULL, XSELL_LOOK_EASING, o);
    }

    if (rc == XSELL_OK) {
        rc = member(ts, v, "delay", NULL, XSELL_LOOK_DURATION, o);

        if (rc == XSELL_NONE) {
            return XSELL_OK;
        }
    }

    return rc == XSELL_NONE ? missing(ts, "duration or timingFunction") : rc;
}


static int
one_shadow(xsell_tokens_t *ts, const xsell_value_t *v, xsell_css_t *o)
{
    int            rc;
    size_t         i;
    xsell_value_t  inset, type;

    static const char *const  part[][2] = {
        { "offsetX", "x" }, { "offsetY", "y" }, { "blur", NULL },
        { "spread", NULL }
    };

    xsell_json_get(v->node, "inset", &inset);
    xsell_json_get(v->node, "type", &type);

    if ((inset.kind == XSELL_JSON_BOOL && inset.integer)
        || (type.kind == XSELL_JSON_TEXT
            && strcmp(type.text.p, "innerShadow") == 0))
    {
        xsell_css_puts(o, "inset ");
    }

    for (i = 0; i < 4; i++) {
        rc = member(ts, v, part[i][0], part[i][1], XSELL_LOOK_LENGTH, o);

        if (rc == XSELL_NONE && i >= 2) {
            xsell_css_puts(o, " 0px");
            rc = XSELL_OK;
        }

        if (rc != XSELL_OK) {
            return rc == XSELL_NONE ? missing(ts, part[i][0]) : rc;
        }
    }

    rc = member(ts, v, "color", NULL, XSELL_LOOK_COLOR, o);

    return rc == XSELL_NONE ? missing(ts, "color") : rc;
}


/* the stops alone: linear-gradient(90deg, var(--xs-...)) */

static int
stop(xsell_tokens_t *ts, const xsell_value_t *v, xsell_css_t *o)
{
    int          rc;
    xsell_css_t  at;

    memset(&at, 0, sizeof(at));
    rc = member(ts, v, "color", NULL, XSELL_LOOK_COLOR, o);

    if (rc == XSELL_OK) {
        rc = member(ts, v, "position", NULL, XSELL_LOOK_NUMBER, &at);
    }

    if (rc != XSELL_OK) {
        return rc == XSELL_NONE ? missing(ts, "color or position") : rc;
    }

    xsell_css_puts(o, " ");
    xsell_css_number(o, number_of(&at) * 100);
    xsell_css_puts(o, "%");

    return XSELL_OK;
}


/* as the property `font` takes it: 700 20px/1.2 Inter, sans-serif */

static int
typography(xsell_tokens_t *ts, const xsell_value_t *v, xsell_css_t *o)
{
    int     rc;
    size_t  n;

    rc = member(ts, v, "fontWeight", NULL, XSELL_LOOK_WEIGHT, o);

    if (rc == XSELL_OK || rc == XSELL_NONE) {
        rc = member(ts, v, "fontSize", NULL, XSELL_LOOK_LENGTH, o);
    }

    if (rc == XSELL_OK) {
        n = o->n;
        xsell_css_puts(o, "/");
        rc = member(ts, v, "lineHeight", NULL, XSELL_LOOK_LINE, o);

        if (rc == XSELL_NONE) {
            o->n = n;
            o->p[n] = '\0';
            rc = XSELL_OK;
        }
    }

    if (rc == XSELL_OK) {
        rc = member(ts, v, "fontFamily", NULL, XSELL_LOOK_FAMILY, o);
    }

    return rc == XSELL_NONE ? missing(ts, "fontSize or fontFamily") : rc;
}


/* what `font` has no place for; NONE if the token has none of it */

int
xsell_token_tracking(xsell_tokens_t *ts, const xsell_token_t *t,
    xsell_css_t *o)
{
    if (t->value.kind != XSELL_JSON_OBJECT
        || t->type != XSELL_LOOK_TYPOGRAPHY)
    {
        return XSELL_NONE;
    }

    return member(ts, &t->value, "letterSpacing", NULL, XSELL_LOOK_TRACKING,
                  o);
}


static int
object(xsell_tokens_t *ts, unsigned type, const xsell_value_t *v,
    xsell_css_t *o)
{
    xsell_value_t  inner;

    xsell_json_get(v->node, "$ref", &inner);

    if (inner.kind == XSELL_JSON_TEXT && inner.text.n) {
        return xsell_token_pointer(ts, type, v, inner.text, o);
    }

    xsell_json_get(v->node, "id", &inner);

    if (ts->variables && inner.kind == XSELL_JSON_TEXT) {
        return xsell_token_alias(ts, type, inner.text, o);
    }

    switch (type) {

    case XSELL_LOOK_COLOR:
        return color_object(ts, v, o);

    case XSELL_LOOK_LENGTH:
    case XSELL_LOOK_DURATION:
    case XSELL_LOOK_TRACKING:
    case XSELL_LOOK_LINE:
        return measure(ts, type, v, o);

    case XSELL_LOOK_STROKE:             /* CSS has no pattern of dashes */
        xsell_css_puts(o, "dashed");
        return XSELL_OK;

    case XSELL_LOOK_BORDER:
        return border(ts, v, o);

    case XSELL_LOOK_TRANSITION:
        return transition(ts, v, o);

    case XSELL_LOOK_SHADOW:
        return one_shadow(ts, v, o);

    case XSELL_LOOK_TYPOGRAPHY:
        return typography(ts, v, o);

    case XSELL_LOOK_NONE:
        return xsell_token_refuse(ts, "it has no $type");
    }

    return xsell_token_refuse(ts, "an object is no value of its type");
}


/* [.4, 0, .2, 1] */

static int
curve(xsell_tokens_t *ts, const xsell_value_t *v, xsell_css_t *o)
{
    int            i, rc;
    xsell_css_t    whole;
    xsell_str_t    s;
    xsell_value_t  e;

    memset(&whole, 0, sizeof(whole));
    xsell_css_puts(&whole, "cubic-bezier(");

    for (i = 0; i < 4; i++) {
        xsell_css_puts(&whole, i ? ", " : "");
        xsell_json_element(v, i, &e);
        rc = xsell_token_format(ts, XSELL_LOOK_NUMBER, &e, &whole);

        if (rc != XSELL_OK) {
            return rc;
        }
    }

    xsell_css_puts(&whole, ")");
    s.p = whole.p;
    s.n = whole.n;

    return leaf_text(ts, XSELL_LOOK_EASING, s, o);
}


static int
list(xsell_tokens_t *ts, unsigned type, const xsell_value_t *v,
    xsell_css_t *o)
{
    int            i, rc;
    xsell_value_t  e;

    if (type == XSELL_LOOK_EASING && v->integer == 4) {
        return curve(ts, v, o);
    }

    if ((type != XSELL_LOOK_FAMILY && type != XSELL_LOOK_SHADOW
         && type != XSELL_LOOK_GRADIENT)
        || v->integer == 0 || v->integer > 32)
    {
        return xsell_token_refuse(ts, "a list of this length is no value of "
                                  "its type");
    }

    for (i = 0; i < v->integer; i++) {
        xsell_css_puts(o, i ? ", " : "");
        xsell_json_element(v, i, &e);

        if (e.kind == XSELL_JSON_LIST) {
            return xsell_token_refuse(ts, "a list in a list is no value of its "
                                      "type");
        }

        if (type == XSELL_LOOK_GRADIENT) {
            rc = e.kind == XSELL_JSON_OBJECT
                 ? stop(ts, &e, o)
                 : xsell_token_refuse(ts, "a stop is an object");

        } else {
            rc = xsell_token_format(ts, type, &e, o);
        }

        if (rc != XSELL_OK) {
            return rc;
        }
    }

    return XSELL_OK;
}


int
xsell_token_format(xsell_tokens_t *ts, unsigned type, const xsell_value_t *v,
    xsell_css_t *o)
{
    int  rc;

    rc = xsell_token_work(ts);

    if (rc != XSELL_OK) {
        return rc;
    }

    switch (v->kind) {

    case XSELL_JSON_TEXT:
        rc = text(ts, type, v->text, o);
        break;

    case XSELL_JSON_INTEGER:
    case XSELL_JSON_REAL:
        rc = number(ts, type, real(v, 0), o);
        break;

    case XSELL_JSON_OBJECT:
        rc = ts->depth < XSELL_TOKENS_DEPTH
             ? object(ts, type, v, o)
             : xsell_token_refuse(ts, "too many references in a row");
        break;

    case XSELL_JSON_LIST:
        rc = list(ts, type, v, o);
        break;

    case XSELL_JSON_NONE:
        rc = xsell_token_refuse(ts, "the value is null");
        break;

    default:
        rc = xsell_token_refuse(ts, "true or false is no value of a style");
    }

    if (rc == XSELL_OK && o->over) {
        rc = xsell_token_refuse(ts, "the value is too long");
    }

    return rc;
}

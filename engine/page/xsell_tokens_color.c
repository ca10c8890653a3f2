
/*
 * Colours of a tokens file that become CSS: hex, names, functions with three
 * or four parts.  The other half of the gate of xsell_tokens_text.c.
 */

#include "xsell_tokens.h"

#include <stdio.h>


static const char  colors[] =
    " aliceblue antiquewhite aqua aquamarine azure beige bisque black"
    " blanchedalmond blue blueviolet brown burlywood cadetblue chartreuse"
    " chocolate coral cornflowerblue cornsilk crimson cyan darkblue darkcyan"
    " darkgoldenrod darkgray darkgreen darkgrey darkkhaki darkmagenta"
    " darkolivegreen darkorange darkorchid darkred darksalmon darkseagreen"
    " darkslateblue darkslategray darkslategrey darkturquoise darkviolet"
    " deeppink deepskyblue dimgray dimgrey dodgerblue firebrick floralwhite"
    " forestgreen fuchsia gainsboro ghostwhite gold goldenrod gray green"
    " greenyellow grey honeydew hotpink indianred indigo ivory khaki lavender"
    " lavenderblush lawngreen lemonchiffon lightblue lightcoral lightcyan"
    " lightgoldenrodyellow lightgray lightgreen lightgrey lightpink"
    " lightsalmon lightseagreen lightskyblue lightslategray lightslategrey"
    " lightsteelblue lightyellow lime limegreen linen magenta maroon"
    " mediumaquamarine mediumblue mediumorchid mediumpurple mediumseagreen"
    " mediumslateblue mediumspringgreen mediumturquoise mediumvioletred"
    " midnightblue mintcream mistyrose moccasin navajowhite navy oldlace"
    " olive olivedrab orange orangered orchid palegoldenrod palegreen"
    " paleturquoise palevioletred papayawhip peachpuff peru pink plum"
    " powderblue purple rebeccapurple red rosybrown royalblue saddlebrown"
    " salmon sandybrown seagreen seashell sienna silver skyblue slateblue"
    " slategray slategrey snow springgreen steelblue tan teal thistle tomato"
    " turquoise violet wheat white whitesmoke yellow yellowgreen transparent"
    " currentcolor ";

static const char  spaces[] =
    " srgb srgb-linear display-p3 a98-rgb prophoto-rgb rec2020 xyz xyz-d50"
    " xyz-d65 ";

static int
hex_digit(char c)
{
    if (xsell_css_digit(c)) {
        return c - '0';
    }

    c |= 0x20;

    return (c >= 'a' && c <= 'f') ? c - 'a' + 10 : -1;
}


static int
is_hex(xsell_str_t s)
{
    size_t  i;

    if (s.n != 4 && s.n != 5 && s.n != 7 && s.n != 9) {
        return 0;
    }

    for (i = 1; i < s.n; i++) {
        if (hex_digit(s.p[i]) < 0) {
            return 0;
        }
    }

    return s.p[0] == '#';
}


void
xsell_css_rgb(xsell_css_t *o, const double rgb[3], double alpha)
{
    int   i, v[3];
    char  buf[32];

    for (i = 0; i < 3; i++) {
        v[i] = rgb[i] > 0 ? rgb[i] < 1 ? (int) (rgb[i] * 255 + .5) : 255 : 0;
    }

    if (alpha >= 1) {
        snprintf(buf, sizeof(buf), "#%02x%02x%02x", v[0], v[1], v[2]);
        xsell_css_puts(o, buf);
        return;
    }

    snprintf(buf, sizeof(buf), "rgb(%d %d %d/", v[0], v[1], v[2]);
    xsell_css_puts(o, buf);
    xsell_css_number(o, alpha > 0 ? alpha : 0);
    xsell_css_put(o, ")", 1);
}


/* rgba(#3b2f8f, .5): Tokens Studio's way to thin a colour it refers to */

static int
thinned(xsell_css_t *o, xsell_str_t in)
{
    int          i;
    double       rgb[3], alpha;
    size_t       step;
    const char  *p, *end, *last;
    xsell_str_t  hex;

    last = in.p + in.n;
    hex.p = in.p;

    for (p = in.p; p < last && *p != ',' && !xsell_css_space(*p); p++) {
        /* void */
    }

    hex.n = p - in.p;

    while (p < last && (xsell_css_space(*p) || *p == ',' || *p == '/')) {
        p++;
    }

    if (!is_hex(hex) || !xsell_css_scan(p, last, &alpha, &end)) {
        return 0;
    }

    if (end < last && *end == '%') {
        alpha /= 100;
        end++;
    }

    if (end != last) {
        return 0;
    }

    step = hex.n > 5 ? 2 : 1;

    for (i = 0; i < 3; i++) {
        p = hex.p + 1 + i * step;
        rgb[i] = (hex_digit(p[0]) * 16 + hex_digit(p[step - 1])) / 255.;
    }

    xsell_css_rgb(o, rgb, alpha);

    return 1;
}


/* the three or four parts of a colour function, and the space of color() */

static int
color_parts(const char *p, const char *last, int space)
{
    int          parts, slash;
    double       v;
    const char  *end;

    for (parts = 0, slash = 0; ; parts++) {

        while (p < last && (xsell_css_space(*p) || *p == ',' || *p == '/')) {
            slash += *p++ == '/';
        }

        if (p == last) {
            return (parts == 3 || parts == 4) && slash <= 1;
        }

        for (end = p; end < last && !xsell_css_space(*end) && *end != ','
             && *end != '/'; end++) { /* void */ }

        if (space) {
            if (!xsell_css_listed(spaces, p, end - p)) {
                return 0;
            }

            space = 0;
            parts = -1;

        } else if (!xsell_css_listed(" none ", p, end - p)) {
            if (!xsell_css_scan(p, end, &v, &p)
                || (p < end
                    && !xsell_css_listed(" % deg turn rad grad ", p, end - p)))
            {
                return 0;
            }
        }

        p = end;
    }
}


int
xsell_css_color(xsell_css_t *o, xsell_str_t s)
{
    int          space;
    const char  *open;
    xsell_str_t  in;

    static const char  functions[] =
        " rgb rgba hsl hsla hwb lab lch oklab oklch color ";

    s = xsell_css_trim(s);

    if (is_hex(s) || xsell_css_listed(colors, s.p, s.n)) {
        xsell_css_put(o, s.p, s.n);
        return 1;
    }

    open = s.n ? memchr(s.p, '(', s.n) : NULL;

    if (open == NULL || s.p[s.n - 1] != ')'
        || !xsell_css_listed(functions, s.p, open - s.p))
    {
        return 0;
    }

    in.p = open + 1;
    in.n = s.p + s.n - 1 - in.p;
    in = xsell_css_trim(in);

    if (in.n && in.p[0] == '#') {
        return (s.p[0] | 0x20) == 'r' && thinned(o, in);
    }

    space = xsell_css_listed(" color ", s.p, open - s.p);

    if (!color_parts(in.p, in.p + in.n, space)) {
        return 0;
    }

    xsell_css_put(o, s.p, s.n);

    return 1;
}


int
xsell_css_named_space(const char *space)
{
    return xsell_css_listed(spaces, space, strlen(space));
}


/*
 * The look that is built in: the carousel template and its stylesheet.  Both
 * stand here as text in C, so that the module works without any file and
 * there is one source of truth; a shop's own carousel.mustache goes through
 * the same compiler.
 *
 * What both promise: one element, no inline style, no script (a policy of
 * default-src 'self' holds); well-formed as XML; the space of every picture
 * is known before it loads; a list that keyboards can scroll and screen
 * readers can name; right-to-left by logical properties.
 *
 * Dark mode: colours are the page's own (currentColor and translucent grey),
 * so a page that turns dark takes the fragment along, however it does it.
 * prefers-color-scheme alone would show light text on the white page of a
 * shop that has no dark mode.
 *
 * A picture's alt text is empty on purpose: the item's name stands beside it
 * in the same link, and would be read twice.
 */

#include "xsell_page.h"


static const char  carousel[] =
    "<section class=\"xs\" data-xsell-slot=\"{{slot}}\"{{#lang}}"
        " lang=\"{{lang}}\"{{/lang}} aria-labelledby=\"xs-{{slot}}\">\n"
    "<link rel=\"stylesheet\" href=\"{{stylesheet}}\" />\n"
    "<h2 class=\"xs-heading\" id=\"xs-{{slot}}\">{{heading}}</h2>\n"
    "<div class=\"xs-track\" role=\"group\""
        " aria-labelledby=\"xs-{{slot}}\" tabindex=\"0\">\n"
    "<ul class=\"xs-list\" role=\"list\">\n"
    "{{#items}}\n"
    "<li class=\"xs-item\" data-xsell-item=\"{{id}}\""
        " data-xsell-reason=\"{{reason}}\">"
        "<a class=\"xs-card\" href=\"{{url}}\">"
    "<span class=\"xs-media\">{{#image}}"
        "<img class=\"xs-image\" src=\"{{image}}\" alt=\"\" width=\"320\""
        " height=\"400\" loading=\"lazy\" decoding=\"async\" />"
        "{{/image}}</span>"
    "{{#brand}}<span class=\"xs-brand\" dir=\"auto\">{{brand}}</span>"
        "{{/brand}}"
    "<span class=\"xs-title\" dir=\"auto\">{{title}}</span>"
    "{{#price}}<span class=\"xs-price\">{{price}}</span>{{/price}}"
    "{{#why}}<span class=\"xs-why\">{{why}}</span>{{/why}}"
    "</a></li>\n"
    "{{/items}}\n"
    "</ul>\n"
    "</div>\n"
    "</section>\n";


static const char  css[] =

    /* tokens; any of them may be set on .xs or above it */

    ".xs{"
    "--xs-gap_:var(--xs-gap,clamp(.875rem,2.2cqi,1.5rem));"
    "--xs-ratio_:var(--xs-ratio,4/5);"
    "--xs-fit_:var(--xs-fit,cover);"
    "--xs-radius_:var(--xs-radius,2px);"
    "--xs-quiet_:var(--xs-quiet,rgb(128 128 128/.12));"
    "--xs-muted_:var(--xs-muted,.72);"
    "--xs-focus_:var(--xs-focus,currentColor);"
    "--xs-columns_:var(--xs-columns,2.2);"
    "container:xs/inline-size;"
    "display:block;position:relative;box-sizing:border-box;"
    "inline-size:100%;min-inline-size:0;"
    "margin:var(--xs-space,2.5rem) 0;padding:0;border:0;"
    "background:var(--xs-surface,none);color:var(--xs-text,inherit);"
    "font-family:var(--xs-font,inherit);line-height:1.4;text-align:start}\n"

    ".xs *,.xs ::before{box-sizing:border-box}\n"

    /* family and weight are left to the page's own rule for h2 */

    ".xs-heading{margin:0 0 1rem;padding:0;border:0;"
    "font-size:var(--xs-heading-size,clamp(1.125rem,1rem + 1cqi,1.5rem));"
    "line-height:1.2;text-align:start;text-wrap:balance}\n"

    /* the padding keeps focus rings from being cut off */

    ".xs-track{margin:-4px;padding:4px 4px .75rem;overflow-x:auto;"
    "overflow-y:hidden;overscroll-behavior-x:contain;"
    "scroll-snap-type:x proximity;scroll-padding-inline:4px;"
    "scrollbar-width:thin;"
    "scrollbar-color:rgb(128 128 128/.5) transparent}\n"

    ".xs-list{display:grid;grid-auto-flow:column;"
    "grid-auto-columns:calc((100% - var(--xs-gap_)*"
    "(var(--xs-columns_) - 1))/var(--xs-columns_));"
    "gap:var(--xs-gap_);margin:0;padding:0;list-style:none}\n"

    ".xs-item{margin:0;padding:0;min-inline-size:0;list-style:none;"
    "scroll-snap-align:start}\n"
    ".xs-item::marker,.xs-item::before{content:none}\n"

    ".xs-card{display:flex;flex-direction:column;block-size:100%;"
    "color:inherit;text-decoration:none;font-size:.9375rem;"
    "border-radius:var(--xs-radius_)}\n"

    ".xs-media{display:block;position:relative;overflow:hidden;"
    "aspect-ratio:var(--xs-ratio_);margin-block-end:.75rem;"
    "background:var(--xs-quiet_);border-radius:var(--xs-radius_)}\n"

    /* no picture: a framed blank, as on a wall before the hanging */

    ".xs-media:empty::before{content:\"\";position:absolute;inset:18%;"
    "border:1px solid;border-radius:var(--xs-radius_);opacity:.18}\n"

    ".xs-image{display:block;inline-size:100%;block-size:100%;"
    "max-inline-size:none;margin:0;padding:0;border:0;"
    "object-fit:var(--xs-fit_);transition:transform .5s "
    "cubic-bezier(.2,.7,.2,1)}\n"

    ".xs-brand,.xs-why{display:block;font-size:.8125rem;"
    "opacity:var(--xs-muted_)}\n"
    ".xs-brand{white-space:nowrap;overflow:hidden;text-overflow:ellipsis}\n"

    ".xs-title{display:-webkit-box;-webkit-box-orient:vertical;"
    "-webkit-line-clamp:2;line-clamp:2;overflow:hidden;"
    "overflow-wrap:anywhere;font-weight:500;line-height:1.35;"
    "text-decoration:underline transparent 1px;text-underline-offset:.2em;"
    "transition:text-decoration-color .2s}\n"

    ".xs-price{display:block;margin-block-start:.25rem;"
    "font-variant-numeric:tabular-nums}\n"
    ".xs-why{margin-block-start:.375rem}\n"

    ".xs-track:focus-visible,.xs-card:focus-visible{"
    "outline:2px solid var(--xs-focus_);outline-offset:2px}\n"

    "@media(hover:hover){"
    ".xs-card:hover .xs-image{transform:scale(1.025)}"
    ".xs-card:hover .xs-title{text-decoration-color:currentColor}}\n"

    "@container xs (min-width:34rem){"
    ".xs-list{--xs-columns_:var(--xs-columns,3.3)}}\n"
    "@container xs (min-width:54rem){"
    ".xs-list{--xs-columns_:var(--xs-columns,4.4)}"
    ".xs-list:not(:has(:nth-child(5))){--xs-columns_:4}}\n"
    "@container xs (min-width:80rem){"
    ".xs-list{--xs-columns_:var(--xs-columns,5.4)}"
    ".xs-list:not(:has(:nth-child(6))){--xs-columns_:5}}\n"

    /* browsers that can: arrows beside the heading in place of the bar */

    "@supports selector(::scroll-button(*)){@media(hover:hover){"
    ".xs-heading{padding-inline-end:5.5rem}"
    ".xs-track{scrollbar-width:none}"
    ".xs-track::scroll-button(*){position:absolute;inset-block-start:-.25rem;"
    "inline-size:2.25rem;block-size:2.25rem;padding:0;"
    "border:1px solid rgb(128 128 128/.45);border-radius:50%;"
    "background:none;color:inherit;font:1rem/1 system-ui,sans-serif;"
    "cursor:pointer}"
    ".xs-track::scroll-button(inline-start){content:\"\\2190\" / "
    "\"Back\";inset-inline-end:2.75rem}"
    ".xs-track::scroll-button(inline-end){content:\"\\2192\" / "
    "\"More\";inset-inline-end:0}"
    ".xs:lang(de) .xs-track::scroll-button(inline-start){"
    "content:\"\\2190\" / \"Zur\xc3\xbc" "ck\"}"
    ".xs:lang(de) .xs-track::scroll-button(inline-end){"
    "content:\"\\2192\" / \"Weiter\"}"
    ".xs:dir(rtl) .xs-track::scroll-button(*){scale:-1 1}"
    ".xs-track::scroll-button(*):hover{border-color:currentColor}"
    ".xs-track::scroll-button(*):focus-visible{"
    "outline:2px solid var(--xs-focus_);outline-offset:2px}"
    ".xs-track::scroll-button(*):disabled{visibility:hidden}}}\n"

    "@media(prefers-reduced-motion:no-preference){"
    ".xs-track{scroll-behavior:smooth}}\n"
    "@media(prefers-reduced-motion:reduce){"
    ".xs-image,.xs-title{transition:none}"
    ".xs-card:hover .xs-image{transform:none}}\n"
    "@media print{.xs{display:none}}\n";


xsell_str_t
xsell_template_builtin(void)
{
    xsell_str_t  s = { carousel, sizeof(carousel) - 1 };

    return s;
}


xsell_str_t
xsell_theme_css(void)
{
    xsell_str_t  s = { css, sizeof(css) - 1 };

    return s;
}

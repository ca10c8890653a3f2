
/*
 * The templates and rules that are built in.  They stand here as text in C,
 * so that the module works without any file; a shop's own template of the
 * same name takes the place of one of them, and goes through the same
 * compiler.
 *
 *   carousel   one row that scrolls
 *   grid       rows that wrap, nothing scrolls
 *   story      an editorial panel: the first item large with its description,
 *              the others small beside it
 *
 * What all promise: one element, class "xs", no inline style, no script (a
 * policy of default-src 'self' holds); well-formed as XML; the stylesheet's
 * link comes first, so browsers paint nothing of the rest before it is there,
 * and every picture has its size: nothing moves.  A list with a heading, read
 * in the order of the source; the link is the item's name alone, and the
 * stylesheet stretches it over the card (.xs-title::after): a screen reader
 * does not read a paragraph as the name of a link, and the card is one target
 * all the same.  Not taken: the whole card inside the link.
 *
 * A picture's alt text is empty on purpose: the item's name stands beside it,
 * and would be read twice.
 */

#include "xsell_tokens.h"


#define OPEN                                                                  \
    "<section class=\"xs\" data-xsell-slot=\"{{slot}}\"{{#lang}}"             \
        " lang=\"{{lang}}\"{{/lang}} aria-labelledby=\"xs-{{slot}}\">\n"      \
    "<link rel=\"stylesheet\" href=\"{{stylesheet}}\" />\n"                   \
    "<h2 class=\"xs-heading\" id=\"xs-{{slot}}\">{{heading}}</h2>\n"          \
    "{{#why_all}}\n"                                                          \
    "<p class=\"xs-why xs-all\">{{why_all}}</p>\n"                            \
    "{{/why_all}}\n"

#define CARD(class, name)                                                     \
    "<li class=\"" class "\" data-xsell-item=\"{{id}}\""                      \
        " data-xsell-reason=\"{{reason}}\"{{#rule}}"                          \
        " data-xsell-rule=\"{{rule}}\"{{/rule}}>\n"                           \
    "<span class=\"xs-media\">{{#image}}"                                     \
        "<img class=\"xs-image\" src=\"{{image}}\" alt=\"\" width=\"640\""    \
        " height=\"800\" loading=\"lazy\" decoding=\"async\" />"              \
        "{{/image}}</span>\n"                                                 \
    "<div class=\"xs-text\">\n"                                               \
    "{{#brand}}\n"                                                            \
    "<span class=\"xs-brand\" dir=\"auto\">{{brand}}</span>\n"                \
    "{{/brand}}\n"                                                            \
    name                                                                      \
    "{{#price}}\n"                                                            \
    "<span class=\"xs-price\">{{price}}</span>\n"                             \
    "{{/price}}\n"

#define NAME                                                                  \
    "<a class=\"xs-title\" href=\"{{url}}\" dir=\"auto\">{{title}}</a>"

/* a reason that all have is said under the heading */

#define WHY                                                                   \
    "{{^why_all}}\n"                                                          \
    "{{#why}}\n"                                                              \
    "<span class=\"xs-why\">{{why}}</span>\n"                                 \
    "{{/why}}\n"                                                              \
    "{{/why_all}}\n"

#define CLOSE_CARD  "</div>\n</li>\n"


/* a region that scrolls has a name and takes the focus: arrow keys move it */

static const char  carousel[] =
    OPEN
    "<div class=\"xs-track\" role=\"group\""
        " aria-labelledby=\"xs-{{slot}}\" tabindex=\"0\">\n"
    "<ul class=\"xs-row\" role=\"list\">\n"
    "{{#items}}\n"
    CARD("xs-card", NAME "\n") WHY CLOSE_CARD
    "{{/items}}\n"
    "</ul>\n"
    "</div>\n"
    "</section>\n";


static const char  grid[] =
    OPEN
    "<ul class=\"xs-grid\" role=\"list\">\n"
    "{{#items}}\n"
    CARD("xs-card", NAME "\n") WHY CLOSE_CARD
    "{{/items}}\n"
    "</ul>\n"
    "</section>\n";


static const char  story[] =
    "{{! xsell: story }}\n"              /* its format, for the model */
    OPEN
    "<ul class=\"xs-story\" role=\"list\">\n"
    "{{#items}}\n"
    CARD("xs-card{{#first}} xs-lead{{/first}}",
         "{{#first}}<h3 class=\"xs-name\">{{/first}}" NAME
         "{{#first}}</h3>{{/first}}\n"
         "{{#first}}\n"
         "{{#description}}\n"
         "<p class=\"xs-about\" dir=\"auto\">{{description}}</p>\n"
         "{{/description}}\n"
         "{{/first}}\n")
    WHY CLOSE_CARD
    "{{/items}}\n"
    "</ul>\n"
    "</section>\n";


/*
 * The rules of all three.  What a shop sets are the custom properties of
 * xsell_theme.c; names that end in _ are ours.
 *
 * Colours that no token sets are the page's own (currentColor, translucent
 * grey), so a page that turns dark takes the fragment along, however it does
 * it.  Sizes follow the room that the fragment has (container queries), not
 * the window.  A browser that lacks one of the newer things (:has, color-mix,
 * scroll buttons, container queries) shows the plainer form, and no rule
 * depends on two of them.
 */

static const char  rules[] =

    /* a container counts as empty where its width follows from what is in
       it (a table's cell, a float, a flex item): there it asks for as much as
       fits into any side column */

    ".xs{"
    "--xs-gap_:min(var(--xs-space-gap),4vw);"
    "container:xs/inline-size;"
    "contain-intrinsic-inline-size:min(280px,80vw);"
    "display:block;position:relative;box-sizing:border-box;"
    "inline-size:100%;min-inline-size:0;"
    "margin:var(--xs-space-block) 0;padding:var(--xs-space-inset);border:0;"
    "background:var(--xs-color-surface,none);"
    "border-radius:var(--xs-radius-panel);"
    "color:var(--xs-color-text,inherit);"
    "font-family:var(--xs-font-family,inherit);"
    "font-size:var(--xs-font-size);line-height:var(--xs-font-line);"
    "text-align:start}\n"

    "@supports(width:1cqi){.xs{--xs-gap_:min(var(--xs-space-gap),4cqi)}}\n"
    ".xs *,.xs ::before,.xs ::after{box-sizing:border-box}\n"

    /* what no token says is left to the page's own rule for h2 */

    ".xs-heading{margin:0 0 1.125rem;padding:0;border:0;"
    "font-size:min(var(--xs-font-heading-size),.95rem + 1.2vw);"
    "font-size:min(var(--xs-font-heading-size),.95rem + 1.2cqi);"
    "line-height:1.2;text-align:start;text-wrap:balance}\n"

    ".xs-row,.xs-grid,.xs-story{margin:0;padding:0;list-style:none}\n"


    /* a card: picture, text; the link covers it */

    ".xs-card{position:relative;display:flex;flex-direction:column;"
    "min-inline-size:0;margin:0;padding:var(--xs-space-card);"
    "list-style:none;border:var(--xs-border-card,0);"
    "border-radius:var(--xs-radius-card);"
    "background:var(--xs-color-card,none);"
    "box-shadow:var(--xs-shadow-card,none)}\n"
    ".xs-card::marker,.xs-card::before{content:none}\n"

    ".xs-media{display:block;position:relative;overflow:hidden;"
    "flex:none;aspect-ratio:var(--xs-image-ratio);"
    "background:var(--xs-color-blank);"
    "border-radius:var(--xs-radius-image)}\n"

    /* no picture: a framed blank, as on a wall before the hanging */

    ".xs-media:empty::before{content:\"\";position:absolute;inset:18%;"
    "border:1px solid;border-radius:inherit;opacity:.18}\n"

    ".xs-image{display:block;inline-size:100%;block-size:100%;"
    "max-inline-size:none;margin:0;padding:0;border:0;border-radius:0;"
    "object-fit:var(--xs-image-fit,cover);"
    "transition:transform calc(var(--xs-motion-duration)*2) "
    "var(--xs-motion-easing)}\n"

    ".xs-text{display:flex;flex-direction:column;align-items:flex-start;"
    "min-inline-size:0;margin:0;padding:0;"
    "padding-block-start:var(--xs-space-text)}\n"
    ".xs-text>*{max-inline-size:100%;margin:0}\n"

    ".xs-brand,.xs-why{font-size:var(--xs-font-small-size);"
    "color:inherit;color:var(--xs-color-muted,"
    "color-mix(in srgb,currentColor 84%,transparent))}\n"
    ".xs-brand{white-space:nowrap;overflow:hidden;text-overflow:ellipsis;"
    "margin-block-end:.125rem}\n"

    ".xs .xs-title{display:-webkit-box;-webkit-box-orient:vertical;"
    "-webkit-line-clamp:2;line-clamp:2;overflow:hidden;"
    "overflow-wrap:anywhere;padding:0;border:0;background:none;"
    "color:inherit;font-weight:var(--xs-font-weight);line-height:1.35;"
    "text-decoration:underline transparent 1px;text-underline-offset:.2em;"
    "transition:text-decoration-color var(--xs-motion-duration),"
    "color var(--xs-motion-duration)}\n"
    ".xs-title::after{content:\"\";position:absolute;inset:0;z-index:1;"
    "border-radius:var(--xs-radius-card)}\n"

    ".xs .xs-price{margin-block-start:.25rem;"
    "font-variant-numeric:tabular-nums}\n"
    ".xs .xs-why{margin-block-start:.375rem}\n"
    ".xs .xs-all{margin:-.75rem 0 1.125rem;padding:0}\n"

    ".xs-title:focus-visible{outline:none}\n"
    ".xs-title:focus-visible::after,.xs-track:focus-visible{"
    "outline:2px solid var(--xs-color-focus,currentColor);"
    "outline-offset:2px}\n"

    "@media(hover:hover){"
    ".xs-card:hover .xs-image{transform:scale(var(--xs-motion-zoom))}"
    ".xs .xs-card:hover .xs-title{"
    "color:var(--xs-color-accent,inherit);"
    "text-decoration-color:currentColor}}\n"


    /* carousel: the padding keeps focus rings from being cut off */

    ".xs-track{margin:-4px;padding:4px 4px .75rem;overflow-x:auto;"
    "overflow-y:hidden;overscroll-behavior-x:contain;"
    "scroll-snap-type:x proximity;scroll-padding-inline:4px;"
    "scrollbar-width:thin;"
    "scrollbar-color:rgb(128 128 128/.5) transparent}\n"

    /* so many beside each other that the last is cut: there is more.  As
       many as fit exactly if there are no more than that */

    ".xs-row{--xs-n_:var(--xs-columns-narrow);--xs-k_:99;"
    "--xs-m_:min(var(--xs-n_),max(var(--xs-k_),var(--xs-n_) - .4));"
    "display:grid;grid-auto-flow:column;"
    "grid-auto-columns:calc((100% - var(--xs-gap_)*(var(--xs-m_) - 1))"
    "/var(--xs-m_));gap:var(--xs-gap_)}\n"
    ".xs-row>.xs-card{scroll-snap-align:start}\n"

    ".xs-row:has(>:nth-child(2):last-child){--xs-k_:2}"
    ".xs-row:has(>:nth-child(3):last-child){--xs-k_:3}"
    ".xs-row:has(>:nth-child(4):last-child){--xs-k_:4}"
    ".xs-row:has(>:nth-child(5):last-child){--xs-k_:5}"
    ".xs-row:has(>:nth-child(6):last-child){--xs-k_:6}\n"

    "@container xs (min-width:34rem){"
    ".xs-row{--xs-n_:var(--xs-columns-medium)}}\n"
    "@container xs (min-width:54rem){"
    ".xs-row{--xs-n_:var(--xs-columns-wide)}}\n"
    "@container xs (min-width:80rem){"
    ".xs-row{--xs-n_:var(--xs-columns-full)}}\n"

    /* browsers that can: arrows beside the heading in place of the bar */

    "@supports selector(::scroll-button(*)){@media(hover:hover){"
    ".xs-heading:has(+.xs-track,+.xs-all){padding-inline-end:5.5rem}"
    ".xs-track{scrollbar-width:none}"
    ".xs-track::scroll-button(*){position:absolute;"
    "inset-block-start:calc(var(--xs-space-inset) - .25rem);"
    "inline-size:2.25rem;block-size:2.25rem;padding:0;"
    "border:1px solid rgb(128 128 128/.45);border-radius:50%;"
    "background:none;color:inherit;font:1rem/1 system-ui,sans-serif;"
    "cursor:pointer}"
    ".xs-track::scroll-button(inline-start){content:\"\\2190\" / "
    "\"Back\";inset-inline-end:calc(var(--xs-space-inset) + 2.75rem)}"
    ".xs-track::scroll-button(inline-end){content:\"\\2192\" / "
    "\"More\";inset-inline-end:var(--xs-space-inset)}"
    ".xs:lang(de) .xs-track::scroll-button(inline-start){"
    "content:\"\\2190\" / \"Zur\xc3\xbc" "ck\"}"
    ".xs:lang(de) .xs-track::scroll-button(inline-end){"
    "content:\"\\2192\" / \"Weiter\"}"
    ".xs:dir(rtl) .xs-track::scroll-button(*){scale:-1 1}"
    ".xs-track::scroll-button(*):hover{border-color:currentColor}"
    ".xs-track::scroll-button(*):focus-visible{"
    "outline:2px solid var(--xs-color-focus,currentColor);"
    "outline-offset:2px}"
    ".xs-track::scroll-button(*):disabled{visibility:hidden}}}\n"


    /* grid: never less than two beside each other */

    ".xs-grid{display:grid;grid-template-columns:repeat(auto-fill,"
    "minmax(min(var(--xs-size-card),50% - var(--xs-gap_)),1fr));"
    "gap:calc(var(--xs-gap_)*1.5) var(--xs-gap_)}\n"


    /* story: one after another, then the others beside the first */

    ".xs-story{--xs-thumb_:5rem;display:grid;gap:0 calc(var(--xs-gap_)*2)}\n"
    ".xs-story>.xs-card{flex-direction:row;gap:var(--xs-gap_);"
    "align-items:flex-start;padding-block:var(--xs-gap_);"
    "padding-inline:0;"
    "border:0;border-block-start:1px solid var(--xs-color-line);"
    "border-radius:0;background:none;box-shadow:none}\n"
    ".xs-story>.xs-card>.xs-media{inline-size:var(--xs-thumb_)}\n"
    ".xs-story>.xs-card>.xs-text{flex:1;padding:0}\n"

    ".xs-story>.xs-lead{display:block;padding-block:0 calc(var(--xs-gap_)*1.5);"
    "border:0}\n"
    ".xs-story>.xs-lead>.xs-media{inline-size:auto}\n"
    ".xs-story>.xs-lead>.xs-text{padding-block-start:var(--xs-gap_)}\n"
    ".xs .xs-name{margin:0;padding:0;border:0;font-weight:inherit;"
    "font-size:min(var(--xs-font-lead-size),1.1rem + 1.6vw);"
    "font-size:min(var(--xs-font-lead-size),1.1rem + 1.6cqi);"
    "line-height:1.2;text-align:start;"
    "text-wrap:balance}\n"
    ".xs .xs-name .xs-title{-webkit-line-clamp:3;line-clamp:3;"
    "line-height:inherit;font-weight:inherit}\n"
    ".xs .xs-about{display:-webkit-box;-webkit-box-orient:vertical;"
    "-webkit-line-clamp:5;line-clamp:5;overflow:hidden;max-inline-size:38em;"
    "margin-block-start:.75rem;padding:0;font-size:inherit;"
    "line-height:1.6;text-wrap:pretty}\n"
    ".xs .xs-lead .xs-price{margin-block-start:.75rem}\n"

    /* from here on picture and text of the first beside each other, if it is
       alone */

    "@container xs (min-width:34rem){"
    ".xs-story>.xs-lead:only-child{display:grid;align-items:start;"
    "grid-template-columns:minmax(0,1fr) minmax(0,1fr);"
    "gap:calc(var(--xs-gap_)*1.5);padding:0}"
    ".xs-story>.xs-lead:only-child>.xs-text{padding:0}}\n"

    "@container xs (min-width:40rem){"
    ".xs-story{--xs-thumb_:6.5rem;"
    "grid-template-columns:minmax(0,6fr) minmax(0,5fr);"
    "grid-template-rows:repeat(3,auto) 1fr}"
    ".xs-story>.xs-lead{grid-row:1/span 4;padding-block-end:0}"
    ".xs-story:has(>:nth-child(6))>.xs-lead{"
    "padding-block-end:var(--xs-gap_)}"
    ".xs-story>.xs-lead:only-child{grid-column:1/-1}"
    ".xs-story>.xs-card:nth-child(2){border:0;padding-block-start:0}}\n"

    "@container xs (min-width:60rem){"
    ".xs-story{--xs-thumb_:5rem;"
    "grid-template-columns:minmax(0,2fr) minmax(0,1fr)}"
    ".xs-story>.xs-lead{display:grid;gap:calc(var(--xs-gap_)*1.5);"
    "grid-template-columns:minmax(0,3fr) minmax(0,2fr);align-items:start}"
    ".xs-story>.xs-lead>.xs-text{padding:0}}\n"


    "@media(prefers-reduced-motion:no-preference){"
    ".xs-track{scroll-behavior:smooth}}\n"
    "@media(prefers-reduced-motion:reduce){"
    ".xs-image,.xs .xs-title{transition:none}"
    ".xs-card:hover .xs-image{transform:none}}\n"
    "@media(prefers-contrast:more){.xs-brand,.xs-why{color:inherit}}\n"
    "@media(forced-colors:active){"
    ".xs-media:empty::before{opacity:1}}\n"
    "@media print{.xs{display:none}}\n";



static const struct {
    const char          *name;
    xsell_str_t          text;
} builtin[] = {
    { "carousel", { carousel, sizeof(carousel) - 1 } },
    { "grid", { grid, sizeof(grid) - 1 } },
    { "story", { story, sizeof(story) - 1 } }
};


xsell_str_t
xsell_templates_builtin(xsell_str_t name)
{
    size_t       i;
    xsell_str_t  none = { "", 0 };

    for (i = 0; i < sizeof(builtin) / sizeof(builtin[0]); i++) {
        if (strlen(builtin[i].name) == name.n
            && memcmp(builtin[i].name, name.p, name.n) == 0)
        {
            return builtin[i].text;
        }
    }

    return none;
}


xsell_str_t
xsell_builtin_rules(void)
{
    xsell_str_t  s = { rules, sizeof(rules) - 1 };

    return s;
}


/*
 * xsell_root_marks.c: what tells roots that somebody hydrates, and sections of
 * recommendations that a page has already: ids, classes, attributes, names of
 * elements, compiled into compounds of the places (see xsell_root.c).
 *
 * A list of names is one condition (XSELL_OP_LIST), as 64 compounds are all
 * there are.  What is on many elements of a page is no mark: each tag that has
 * one is read by the states, or at least looked at.  So roots are looked for
 * among elements of a few kinds, and by attributes whose names hash apart from
 * class, href, src and alt; hence no mark by style="display: contents", which
 * SvelteKit's root has.
 *
 * Sections are told by class, which costs more, and only where a slot asks.
 */

#include "xsell_tokenizer.h"

#include <string.h>


/* ---- marks ------------------------------------------------------------ */

typedef struct {
    const char  *text;
    uint8_t      root;                  /* XSELL_ROOT_* */
} xsell_mark_t;


/* ids of roots: by convention of the framework's own starters */

static const xsell_mark_t  xsell_root_ids[] = {
    { "__next", XSELL_ROOT_NEXT }, { "__nuxt", XSELL_ROOT_NUXT },
    { "___gatsby", XSELL_ROOT_GATSBY }, { "app", XSELL_ROOT_APP },
    { "root", XSELL_ROOT_APP }, { "q-app", XSELL_ROOT_VUE },
    { "react-root", XSELL_ROOT_REACT }, { "reactRoot", XSELL_ROOT_REACT },
    { "react-app", XSELL_ROOT_REACT }, { "vue-app", XSELL_ROOT_VUE },
    { "page-view", XSELL_ROOT_APP }, { "redwood-app", XSELL_ROOT_REACT },
    { "__docusaurus", XSELL_ROOT_REACT }, { "svelte", XSELL_ROOT_SVELTE },
    { "SITE_CONTAINER", XSELL_ROOT_REACT }
};

static const xsell_mark_t  xsell_root_attrs[] = {
    { "data-reactroot", XSELL_ROOT_REACT },
    { "data-reactid", XSELL_ROOT_REACT },
    { "data-react-class", XSELL_ROOT_REACT },
    { "data-server-rendered", XSELL_ROOT_VUE },
    { "data-v-app", XSELL_ROOT_VUE },
    { "ng-version", XSELL_ROOT_ANGULAR },
    { "ng-server-context", XSELL_ROOT_ANGULAR },
    { "ngh", XSELL_ROOT_ANGULAR }, { "q:container", XSELL_ROOT_QWIK },
    { "data-hk", XSELL_ROOT_SOLID }, { "wire:id", XSELL_ROOT_LIVEWIRE },
    { "data-phx-main", XSELL_ROOT_PHOENIX },
    { "data-phx-session", XSELL_ROOT_PHOENIX },
    { "data-marko", XSELL_ROOT_MARKO }, { "s-id", XSELL_ROOT_STENCIL },
    { "data-sveltekit-preload-data", XSELL_ROOT_SVELTE },
    { "data-sveltekit-hydrate", XSELL_ROOT_SVELTE }
};

static const xsell_mark_t  xsell_root_types[] = {
    { "app-root", XSELL_ROOT_ANGULAR }, { "astro-island", XSELL_ROOT_ASTRO },
    { "react-app", XSELL_ROOT_REACT }, { "react-partial", XSELL_ROOT_REACT }
};

/* the document's: how its scripts and styles are fetched in advance */

static const xsell_mark_t  xsell_root_next[] = {
    { "/_next/static/", XSELL_ROOT_NEXT }
};

static const xsell_mark_t  xsell_root_low[] = { { "low", XSELL_ROOT_NEXT } };
static const xsell_mark_t  xsell_root_is[] = { { "next", XSELL_ROOT_NEXT } };

static const xsell_mark_t  xsell_root_rel[] = {
    { "modulepreload", XSELL_ROOT_REMIX }, { "stylesheet", XSELL_ROOT_REMIX }
};

static const xsell_mark_t  xsell_root_hrefs[] = {
    { "/entry.client", XSELL_ROOT_REMIX },
    { "/oxygen-v2/", XSELL_ROOT_REMIX },
    { "/_app/immutable/entry/", XSELL_ROOT_SVELTE }
};


/* ---- marks of sections that show recommendations ---------------------- */

static const xsell_mark_t  xsell_section_ids[] = {
    { "related-products", 0 }, { "related_products", 0 },
    { "relatedProducts", 0 }, { "RelatedProducts", 0 },
    { "product-recommendations", 0 }, { "recommended-products", 0 },
    { "recommendations", 0 }, { "upsells", 0 }, { "cross-sells", 0 },
    { "upsell-products", 0 }, { "crosssell-products", 0 },
    { "you-may-also-like", 0 }, { "tab-related", 0 }, { "tab-similar", 0 },
    { "blockcart-crossselling", 0 }, { "crossselling", 0 },
    { "related--products", 0 }, { "also-bought", 0 }
};

/* classes: WooCommerce, Magento, Shopify, PrestaShop, Shopware, SFCC,
   BigCommerce, Squarespace, Nosto, Dynamic Yield, Algolia, Clerk, LimeSpot */

static const xsell_mark_t  xsell_section_words[] = {
    { "related", 0 }, { "related-products", 0 }, { "related_products", 0 },
    { "relatedProducts", 0 }, { "related-items", 0 },
    { "product-related", 0 }, { "products-related", 0 }, { "upsell", 0 },
    { "upsells", 0 }, { "up-sells", 0 }, { "products-upsell", 0 },
    { "crosssell", 0 }, { "cross-sell", 0 }, { "cross-sells", 0 },
    { "crossselling", 0 }, { "cross-selling", 0 },
    { "products-crosssell", 0 }, { "product-recommendations", 0 },
    { "product-recommendation", 0 }, { "recommendations", 0 },
    { "recommended-products", 0 }, { "recommendations-section", 0 },
    { "you-may-also-like", 0 }, { "also-bought", 0 },
    { "also-bought--content", 0 }, { "also-viewed--content", 0 },
    { "related--content", 0 }, { "similar--content", 0 },
    { "product-detail-cross-selling", 0 },
    { "cms-element-cross-selling", 0 }, { "product-accessories", 0 },
    { "wp-block-woocommerce-related-products", 0 },
    { "ProductItem-relatedProducts", 0 }, { "nosto_element", 0 },
    { "dy-recommendations", 0 }, { "dy_recommendations", 0 },
    { "ais-RelatedProducts", 0 }, { "ais-FrequentlyBoughtTogether", 0 },
    { "clerk", 0 }, { "limespot-recommendation-box", 0 },
    { "einstein-recommendations", 0 }
};

static const xsell_mark_t  xsell_section_attrs[] = {
    { "data-recommendations", 0 }, { "data-recommendation", 0 },
    { "data-product-recommendations", 0 }, { "data-related-products", 0 },
    { "data-rebuy-id", 0 }, { "data-dy-recommendation", 0 }
};

static const xsell_mark_t  xsell_section_types[] = {
    { "product-recommendations", 0 }, { "related-products", 0 },
    { "recommended-products", 0 }, { "limespot", 0 }
};


/* ---- what a page hides: a drawer's cart has recommendations, too ------- */

/* the last part of an id or class; "cart-sidebar", "CartDrawer", "mini_cart" */

static const char *const  xsell_closed_parts[] = {
    "drawer", "modal", "offcanvas", "minicart", "minibasket", "sidebar",
    "dialog", NULL
};

/* this one behind that one */

static const char *const  xsell_closed_pairs[][2] = {
    { "off", "canvas" }, { "mini", "cart" }, { "side", "cart" },
    { "drawer", "cart" }, { "popup", "cart" }, { "flyout", "cart" },
    { "mini", "basket" }, { "cart", "popup" }, { "cart", "flyout" },
    { "mfp", "hide" }, { NULL, NULL }
};

/* "has-sidebar" is a page's class that has one */

static const char *const  xsell_closed_not[] = {
    "no", "has", "with", "without", "left", "right", NULL
};

static const xsell_mark_t  xsell_closed_attrs[] = {
    { "id", 0 }, { "class", 0 }, { "aria-hidden", 0 }
};

static const xsell_mark_t  xsell_closed_hidden[] = { { "hidden", 0 } };


#define XSELL_MARKS(a)       a, sizeof(a) / sizeof(a[0])

enum {
    XSELL_LIST_ROOT_IDS = 0,
    XSELL_LIST_ROOT_LOW,
    XSELL_LIST_ROOT_NEXT,
    XSELL_LIST_ROOT_IS,
    XSELL_LIST_ROOT_REL,
    XSELL_LIST_ROOT_HREFS,
    XSELL_LIST_SECTION_IDS,
    XSELL_LIST_SECTION_WORDS,
    XSELL_LIST_CLOSED
};

enum {
    XSELL_LIST_WHOLE = 0,               /* the value is one of them */
    XSELL_LIST_WORDS,                   /* a word of it is */
    XSELL_LIST_PART,                    /* it has one of them in it */
    XSELL_LIST_LAST                     /* a word of it ends so */
};

static const struct {
    const xsell_mark_t  *mark;
    size_t               n;
    unsigned             how;
} xsell_lists[] = {
    [XSELL_LIST_ROOT_IDS] = { XSELL_MARKS(xsell_root_ids),
                              XSELL_LIST_WHOLE },
    [XSELL_LIST_ROOT_LOW] = { XSELL_MARKS(xsell_root_low),
                              XSELL_LIST_WHOLE },
    [XSELL_LIST_ROOT_NEXT] = { XSELL_MARKS(xsell_root_next),
                               XSELL_LIST_PART },
    [XSELL_LIST_ROOT_IS] = { XSELL_MARKS(xsell_root_is), XSELL_LIST_WHOLE },
    [XSELL_LIST_ROOT_REL] = { XSELL_MARKS(xsell_root_rel), XSELL_LIST_WHOLE },
    [XSELL_LIST_ROOT_HREFS] = { XSELL_MARKS(xsell_root_hrefs),
                                XSELL_LIST_PART },
    [XSELL_LIST_SECTION_IDS] = { XSELL_MARKS(xsell_section_ids),
                                 XSELL_LIST_WHOLE },
    [XSELL_LIST_SECTION_WORDS] = { XSELL_MARKS(xsell_section_words),
                                   XSELL_LIST_WORDS },
    [XSELL_LIST_CLOSED] = { NULL, 0, XSELL_LIST_LAST }
};


static const char *const  xsell_root_names[XSELL_ROOTS] = {
    [XSELL_ROOT_NONE] = NULL,
    [XSELL_ROOT_OWN] = "root=",
    [XSELL_ROOT_APP] = "app",
    [XSELL_ROOT_REACT] = "React",
    [XSELL_ROOT_NEXT] = "Next.js",
    [XSELL_ROOT_GATSBY] = "Gatsby",
    [XSELL_ROOT_REMIX] = "Remix",
    [XSELL_ROOT_VUE] = "Vue",
    [XSELL_ROOT_NUXT] = "Nuxt",
    [XSELL_ROOT_SVELTE] = "Svelte",
    [XSELL_ROOT_ANGULAR] = "Angular",
    [XSELL_ROOT_ASTRO] = "Astro",
    [XSELL_ROOT_QWIK] = "Qwik",
    [XSELL_ROOT_SOLID] = "Solid",
    [XSELL_ROOT_MARKO] = "Marko",
    [XSELL_ROOT_STENCIL] = "Stencil",
    [XSELL_ROOT_LIVEWIRE] = "Livewire",
    [XSELL_ROOT_PHOENIX] = "LiveView"
};


const char *
xsell_root_name(unsigned root)
{
    return root < XSELL_ROOTS ? xsell_root_names[root] : NULL;
}


/* ---- a value in a list ------------------------------------------------ */

static int
xsell_list_find(unsigned list, const char *p, size_t n)
{
    size_t       i;
    const char  *s;

    for (i = 0; i < xsell_lists[list].n; i++) {
        s = xsell_lists[list].mark[i].text;

        if (*s == *p && strlen(s) == n && memcmp(s, p, n) == 0) {
            return (int) i;
        }
    }

    return -1;
}


static int
xsell_list_words(const xsell_cond_t *c, const char *p, size_t n)
{
    size_t       k;
    const char  *end;

    for (end = p + n; p < end; p += k + 1) {

        for (k = 0; p + k < end && !xsell_c((uint8_t) p[k], XSELL_C_WHITE);
             k++)
        {
            /* void */
        }

        if (k && c->mask & xsell_mark_bit(*p, k)
            && xsell_list_find(c->off, p, k) >= 0)
        {
            return 1;
        }
    }

    return 0;
}


/* letter case aside */

static int
xsell_closed_is(const char *p, size_t n, const char *s)
{
    size_t  i;

    for (i = 0; i < n && s[i] && ((uint8_t) p[i] | 0x20) == (uint8_t) s[i];
         i++)
    {
        /* void */
    }

    return i == n && s[i] == '\0';
}


static int
xsell_closed_in(const char *p, size_t n, const char *const *list)
{
    for ( /* void */ ; *list && !xsell_closed_is(p, n, *list); list++) {
        /* void */
    }

    return *list != NULL;
}


/* an id or a class: parts are told by '-', '_' and a capital */

static int
xsell_closed_word(const char *p, size_t n)
{
    size_t    i, last, before, before_n, sign;
    unsigned  k;

    last = 0;
    before = 0;
    before_n = 0;

    for (i = 1; i < n; i++) {

        sign = p[i - 1] == '-' || p[i - 1] == '_';

        if (!sign && !(p[i] >= 'A' && p[i] <= 'Z' && p[i - 1] >= 'a'
                       && p[i - 1] <= 'z'))
        {
            continue;
        }

        if (i - last > sign) {
            before = last;
            before_n = i - last - sign;
        }

        last = i;
    }

    if (xsell_closed_is(p, n, "cart")) {
        return 1;
    }

    for (k = 0; xsell_closed_pairs[k][0]; k++) {
        if (xsell_closed_is(p + last, n - last, xsell_closed_pairs[k][1])
            && xsell_closed_is(p + before, before_n,
                               xsell_closed_pairs[k][0]))
        {
            return 1;
        }
    }

    return xsell_closed_in(p + last, n - last, xsell_closed_parts)
           && !xsell_closed_in(p + before, before_n, xsell_closed_not);
}


static int
xsell_closed_value(const char *p, size_t n)
{
    size_t       k;
    const char  *end;

    if (n == 4 && memcmp(p, "true", 4) == 0) {
        return 1;                       /* aria-hidden's */
    }

    for (end = p + n; p < end; p += k + 1) {

        for (k = 0; p + k < end && (uint8_t) p[k] > ' '; k++) { /* void */ }

        if (k && xsell_closed_word(p, k)) {
            return 1;
        }
    }

    return 0;
}


void
xsell_root_bits(const xsell_cond_t *c, xsell_ask_t *a)
{
    switch (xsell_lists[c->off].how) {

    case XSELL_LIST_WHOLE:
        a->whole |= c->mask;
        break;

    case XSELL_LIST_WORDS:
        a->words |= c->mask;
        break;

    case XSELL_LIST_LAST:
        a->any = XSELL_ASK_FREE;        /* classes, of most pages */
        break;

    default:
        a->any |= XSELL_ASK_ANY;
    }
}


int
xsell_root_holds(const xsell_cond_t *c, const char *p, size_t n)
{
    size_t       i;
    const char  *s;

    if (n == 0) {
        return 0;
    }

    switch (xsell_lists[c->off].how) {

    case XSELL_LIST_WHOLE:
        return c->mask & xsell_mark_bit(*p, n)
               && xsell_list_find(c->off, p, n) >= 0;

    case XSELL_LIST_WORDS:
        return xsell_list_words(c, p, n);

    case XSELL_LIST_LAST:
        return xsell_closed_value(p, n);
    }

    for (i = 0; i < xsell_lists[c->off].n; i++) {
        s = xsell_lists[c->off].mark[i].text;

        if (memmem(p, n, s, strlen(s)) != NULL) {
            return 1;
        }
    }

    return 0;
}


/* ---- compiled --------------------------------------------------------- */

/* a compound of its own, of elements of these kinds; the last is 0, which
   also stands for elements without rules */

static const uint8_t  xsell_root_kinds[] = {
    XSELL_KIND_HTML, XSELL_KIND_BODY, XSELL_KIND_DIV, XSELL_KIND_MAIN,
    XSELL_KIND_SECTION, 0
};

static const uint8_t  xsell_section_kinds[] = {
    XSELL_KIND_DIV, XSELL_KIND_SECTION, XSELL_KIND_ASIDE, XSELL_KIND_ARTICLE,
    XSELL_KIND_UL, XSELL_KIND_NAV, 0
};

static const uint8_t  xsell_closed_kinds[] = {
    XSELL_KIND_DIV, XSELL_KIND_SECTION, XSELL_KIND_ASIDE, XSELL_KIND_DIALOG,
    XSELL_KIND_NAV, XSELL_KIND_HEADER, XSELL_KIND_UL, 0
};


static uint64_t
xsell_root_compound(xsell_places_t *ps, const uint8_t *kinds, size_t n)
{
    size_t    i;
    uint64_t  bit;

    bit = (uint64_t) 1 << ps->compounds_n++;
    ps->first |= bit;

    for (i = 0; i < n; i++) {
        ps->kind[kinds[i]] |= bit;
        ps->any |= kinds[i] == 0 ? bit : 0;
    }

    return bit;
}


static uint64_t
xsell_root_of_kind(xsell_places_t *ps, uint8_t kind)
{
    return xsell_root_compound(ps, &kind, 1);
}


static uint64_t
xsell_root_of_types(xsell_places_t *ps, const xsell_mark_t *mark, size_t n)
{
    size_t    i;
    uint64_t  bit;

    bit = xsell_root_compound(ps, NULL, 0);
    ps->free |= bit;

    for (i = 0; i < n; i++) {
        xsell_selector_type(ps, xsell_name(mark[i].text,
                                           strlen(mark[i].text)), bit);
    }

    return bit;
}


/* a condition on attributes of these names, any of them */

static void
xsell_root_cond(xsell_places_t *ps, uint64_t bit, const xsell_mark_t *mark,
    size_t n, unsigned op, unsigned list)
{
    size_t         i, k;
    xsell_cond_t  *c;

    c = &ps->cond[ps->conds_n];

    c->op = (uint8_t) op;
    c->fold = 0;
    c->compound = (uint8_t) __builtin_ctzll(bit);
    c->off = list;
    c->n = 0;
    c->mask = 0;

    for (i = 0; op == XSELL_OP_LIST && i < xsell_lists[list].n; i++) {
        k = strlen(xsell_lists[list].mark[i].text);
        c->mask |= xsell_mark_bit(*xsell_lists[list].mark[i].text, k);
    }

    /* where one condition of a compound is asked for, others need not be: href
       is on too many elements */

    for (i = 0; i < n; i++) {
        k = strlen(mark[i].text);

        if (ps->need[c->compound] == 0) {
            xsell_ask_attr(ps, mark[i].text, k);
        }

        (void) xsell_selector_attr(ps, xsell_name(mark[i].text, k),
                                   (uint64_t) 1 << ps->conds_n, bit);
    }

    ps->need[c->compound] |= (uint64_t) 1 << ps->conds_n;
    ps->conds_n++;
}


static void
xsell_root_list(xsell_places_t *ps, uint64_t bit, const char *attr,
    unsigned list)
{
    xsell_mark_t  mark;

    mark.text = attr;
    mark.root = XSELL_ROOT_NONE;

    xsell_root_cond(ps, bit, &mark, 1, XSELL_OP_LIST, list);
}


void
xsell_root_compile(xsell_places_t *ps)
{
    uint64_t  bit;

    bit = xsell_root_compound(ps, xsell_root_kinds,
                              sizeof(xsell_root_kinds));
    xsell_root_list(ps, bit, "id", XSELL_LIST_ROOT_IDS);

    bit = xsell_root_compound(ps, xsell_root_kinds,
                              sizeof(xsell_root_kinds));
    xsell_root_cond(ps, bit, XSELL_MARKS(xsell_root_attrs), XSELL_OP_ANY, 0);

    ps->root_types = xsell_root_of_types(ps, XSELL_MARKS(xsell_root_types));

    bit = xsell_root_of_kind(ps, XSELL_KIND_LINK);
    xsell_root_list(ps, bit, "fetchpriority", XSELL_LIST_ROOT_LOW);
    xsell_root_list(ps, bit, "href", XSELL_LIST_ROOT_NEXT);

    bit = xsell_root_compound(ps, (const uint8_t []) { XSELL_KIND_LINK,
                                                       XSELL_KIND_STYLE }, 2);
    xsell_root_list(ps, bit, "data-precedence", XSELL_LIST_ROOT_IS);

    bit = xsell_root_of_kind(ps, XSELL_KIND_LINK);
    xsell_root_list(ps, bit, "rel", XSELL_LIST_ROOT_REL);
    xsell_root_list(ps, bit, "href", XSELL_LIST_ROOT_HREFS);

    ps->roots = ((uint64_t) 1 << ps->compounds_n) - 1;
    ps->root_bits = ps->roots;
}


/* once, when a slot first asks for it: its marks are on many elements */

uint64_t
xsell_root_sections(xsell_places_t *ps)
{
    uint64_t  bit, bits;

    if (ps->sections) {
        return ps->sections;
    }

    /* id, class, aria-hidden, hidden */

    if (ps->attrs_n + 4 + sizeof(xsell_section_attrs) / sizeof(xsell_mark_t)
        > XSELL_COMPOUNDS)
    {
        return 0;
    }

    bit = xsell_root_compound(ps, xsell_section_kinds,
                              sizeof(xsell_section_kinds));
    xsell_root_list(ps, bit, "id", XSELL_LIST_SECTION_IDS);
    bits = bit;

    bit = xsell_root_compound(ps, xsell_section_kinds,
                              sizeof(xsell_section_kinds));
    xsell_root_list(ps, bit, "class", XSELL_LIST_SECTION_WORDS);
    bits |= bit;

    bit = xsell_root_compound(ps, xsell_section_kinds,
                              sizeof(xsell_section_kinds));
    xsell_root_cond(ps, bit, XSELL_MARKS(xsell_section_attrs), XSELL_OP_ANY,
                    0);
    bits |= bit;

    bits |= xsell_root_of_types(ps, XSELL_MARKS(xsell_section_types));
    ps->sections = bits;

    bit = xsell_root_compound(ps, xsell_closed_kinds,
                              sizeof(xsell_closed_kinds));
    xsell_root_cond(ps, bit, XSELL_MARKS(xsell_closed_attrs), XSELL_OP_LIST,
                    XSELL_LIST_CLOSED);
    ps->closed = bit;

    bit = xsell_root_compound(ps, xsell_closed_kinds,
                              sizeof(xsell_closed_kinds));
    xsell_root_cond(ps, bit, XSELL_MARKS(xsell_closed_hidden), XSELL_OP_ANY,
                    0);
    ps->closed |= bit;

    return bits;
}


/* ---- the page --------------------------------------------------------- */

/* by the address that was read last */

static unsigned
xsell_root_fetched(const xsell_html_t *h)
{
    size_t  i, n;

    n = h->value_n < XSELL_VALUE_MAX ? h->value_n : XSELL_VALUE_MAX;

    for (i = 0; i < sizeof(xsell_root_hrefs) / sizeof(xsell_mark_t); i++) {
        if (memmem(h->value, n, xsell_root_hrefs[i].text,
                   strlen(xsell_root_hrefs[i].text)) != NULL)
        {
            return xsell_root_hrefs[i].root;
        }
    }

    return XSELL_ROOT_REMIX;
}


/* whose mark is it that the tag under way has? */

unsigned
xsell_root_whose(const xsell_html_t *h, uint64_t self)
{
    int     i;
    size_t  k;

    if (self & h->ps->root_types) {

        for (k = 0; k < sizeof(xsell_root_types) / sizeof(xsell_mark_t); k++)
        {
            if (xsell_name(xsell_root_types[k].text,
                           strlen(xsell_root_types[k].text)) == h->name)
            {
                return xsell_root_types[k].root;
            }
        }
    }

    if (!(self & (((uint64_t) 1 << XSELL_COMPOUNDS_ROOT) - 1))) {
        return XSELL_ROOT_OWN;
    }

    if (h->kind == XSELL_KIND_LINK || h->kind == XSELL_KIND_STYLE) {
        return self >> (XSELL_COMPOUNDS_ROOT - 1) & 1
               ? xsell_root_fetched(h) : XSELL_ROOT_NEXT;
    }

    if (h->attr == xsell_name("id", 2)) {
        i = xsell_list_find(XSELL_LIST_ROOT_IDS, h->value, h->value_n);
        return i < 0 ? XSELL_ROOT_OWN : xsell_root_ids[i].root;
    }

    for (k = 0; k < sizeof(xsell_root_attrs) / sizeof(xsell_mark_t); k++) {
        if (xsell_name(xsell_root_attrs[k].text,
                       strlen(xsell_root_attrs[k].text)) == h->attr)
        {
            return xsell_root_attrs[k].root;
        }
    }

    return XSELL_ROOT_OWN;
}

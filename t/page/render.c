
/*
 * render.c: renders what hostile.t says, for hostile.t, which compiles it.
 *
 * Standard input holds numbers and texts, each as LENGTH:BYTES: the name of a
 * template that is built in or "", the text of one, strings.en.json or "",
 * slot, stylesheet, heading, language; then items of seven texts: id, title,
 * url, image, brand, category, description.  The texts are put into the
 * catalogue's parts behind the back of its builder, which would refuse or
 * mend most of them: here the renderer stands alone.  Standard output gets
 * the fragment; exit code 1 and a message: the template was refused.
 */

#include "model/xsell_catalog.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>


#define RENDER_INPUT_MAX  (4 * 1024 * 1024)
#define RENDER_ITEMS      16


static char    render_input[RENDER_INPUT_MAX];
static size_t  render_n;
static size_t  render_at;


static int
render_text(xsell_str_t *s)
{
    size_t   n;
    char    *end;

    if (render_at >= render_n) {
        return 0;
    }

    n = strtoul(render_input + render_at, &end, 10);
    s->p = end + 1;
    s->n = n;
    render_at = (size_t) (s->p - render_input) + n;

    if (*end != ':' || render_at > render_n) {
        fprintf(stderr, "render: bad input\n");
        exit(2);
    }

    return 1;
}


static xsell_str_t
render_want(void)
{
    xsell_str_t  s;

    if (!render_text(&s)) {
        fprintf(stderr, "render: input is too short\n");
        exit(2);
    }

    return s;
}


static void
render_item(xsell_catalog_t *cat, xsell_str_t id, xsell_card_t *card)
{
    xsell_str_t     brand, category;
    xsell_draft_t   draft;

    xsell_intern_t  brands = { cat, XSELL_PART_BRANDS, NULL, 0 };
    xsell_intern_t  categories = { cat, XSELL_PART_CATEGORIES, NULL, 0 };

    memset(&draft, 0, sizeof(draft));
    draft.item.price = 150;
    draft.text[XSELL_TEXT_ID] = id;
    draft.text[XSELL_TEXT_TITLE] = render_want();
    draft.text[XSELL_TEXT_URL] = render_want();
    draft.text[XSELL_TEXT_IMAGE] = render_want();
    brand = render_want();
    category = render_want();
    draft.text[XSELL_TEXT_DESCRIPTION] = render_want();

    draft.item.brand_idx = brand.n ? xsell_intern(&brands, brand) : 0;
    draft.item.category_idx = category.n ? xsell_intern(&categories, category)
                                         : 0;
    xsell_intern_deinit(&brands);
    xsell_intern_deinit(&categories);

    card->url = draft.text[XSELL_TEXT_URL];
    card->item = cat->n;

    if (xsell_catalog_append(cat, &draft) != XSELL_OK) {
        fprintf(stderr, "render: bad item\n");
        exit(2);
    }
}


static uint32_t
render_items(xsell_catalog_t **cat, xsell_card_t *card)
{
    uint32_t     i;
    xsell_str_t  id;

    *cat = xsell_catalog_new(1);
    memcpy((*cat)->currency, "EUR", 4);

    for (i = 0; i < RENDER_ITEMS && render_text(&id); i++) {
        render_item(*cat, id, &card[i]);
        card[i].rule = 0;
        card[i].reason = (uint8_t) (1 + i % (XSELL_REASONS - 1));
    }

    return i;
}


static int
render_refused(const char *what, const xsell_error_t *err)
{
    fprintf(stderr, "%s: %u:%u: %s\n", what, err->line, err->column,
            err->text);

    return 1;
}


int
main(void)
{
    size_t              n;
    xsell_str_t         name, text, json, wrong;
    xsell_card_t        card[RENDER_ITEMS];
    xsell_error_t       err;
    xsell_fragment_t    f;
    xsell_catalog_t    *cat;
    xsell_templates_t  *ts;
    static char         out[XSELL_FRAGMENT_MAX];

    render_n = fread(render_input, 1, sizeof(render_input) - 1, stdin);
    memset(&f, 0, sizeof(f));
    memset(&err, 0, sizeof(err));

    name = render_want();
    text = render_want();
    json = render_want();
    f.slot = render_want();
    f.css = render_want();
    f.title = render_want();
    f.lang = render_want();
    f.card = card;
    f.n = render_items(&cat, card);
    f.catalog = cat;

    if (xsell_templates_create(&ts) != XSELL_OK) {
        return 2;
    }

    if (name.n == 0) {
        name.p = "own";
        name.n = 3;

        if (xsell_templates_add(ts, name, text, &err) != XSELL_OK) {
            return render_refused("template", &err);
        }
    }

    if (json.n
        && xsell_templates_strings(ts, (xsell_str_t) { "en", 2 }, json, NULL,
                                   NULL, &err) != XSELL_OK)
    {
        return render_refused("strings", &err);
    }

    if (xsell_templates_compile(ts, &wrong, &err) != XSELL_OK) {
        return render_refused("template", &err);
    }

    n = xsell_templates_render(ts, (uint32_t) xsell_templates_find(ts, name),
                               &f, out, sizeof(out));

    if (n == 0 || n > sizeof(out)) {
        fprintf(stderr, "render: nothing came out\n");
        return 3;
    }

    fwrite(out, 1, n, stdout);
    xsell_templates_destroy(ts);
    xsell_catalog_destroy(cat);

    return 0;
}

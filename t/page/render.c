
/*
 * render.c: renders what hostile.t says, for hostile.t, which compiles it.
 *
 * Standard input holds numbers and texts, each as LENGTH:BYTES: the name of a
 * template that is built in or "", the text of one, strings.en.json or "",
 * slot, stylesheet, heading, language; then items of seven texts: id, title,
 * url, image, brand, category, description.  The texts are put into the
 * catalogue's items behind the back of its builder, which would refuse or
 * mend most of them: here the renderer stands alone.  Standard output gets
 * the fragment; exit code 1 and a message: the template was refused.
 */

#include "xsell.h"

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


/* items "0", "1", ... with nothing in them yet */

static xsell_catalog_t *
render_catalog(void)
{
    int               i;
    size_t            n;
    char              json[RENDER_ITEMS * 120];
    xsell_error_t     err;
    xsell_catalog_t  *cat;

    for (i = 0, n = 0; i < RENDER_ITEMS; i++) {
        n += (size_t) snprintf(json + n, sizeof(json) - n,
                               "{\"id\":\"%d\",\"title\":\"t\",\"url\":\"/u\","
                               "\"price\":\"1.50\",\"currency\":\"EUR\"}\n",
                               i);
    }

    if (xsell_catalog_create(&cat, json, n, NULL, NULL, &err) != XSELL_OK) {
        fprintf(stderr, "render: %s\n", err.text);
        exit(2);
    }

    return cat;
}


static uint32_t
render_items(const xsell_catalog_t *cat, xsell_card_t *card)
{
    uint32_t       i;
    xsell_str_t    id;
    xsell_item_t  *item;

    for (i = 0; i < RENDER_ITEMS && render_text(&id); i++) {
        item = (xsell_item_t *) (uintptr_t) xsell_catalog_item(cat, i);
        item->id = id;
        item->title = render_want();
        item->url = render_want();
        item->image = render_want();
        item->brand = render_want();
        item->category = render_want();
        item->description = render_want();

        card[i].url = item->url;
        card[i].item = i;
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
    f.catalog = render_catalog();
    f.card = card;
    f.n = render_items(f.catalog, card);

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
    xsell_catalog_destroy((xsell_catalog_t *) (uintptr_t) f.catalog);

    return 0;
}

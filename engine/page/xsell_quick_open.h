
/*
 * xsell_quick_open.h: what the loop over tags asks of the elements that are
 * open.  Included by xsell_quick_loop.h for each processor.
 *
 *   room   may a format begin
 *   plain  are elements pushed as they are
 *   ids    which ones are the innermost, for markup that was there before
 *   moved  does a table mean another thing here
 *   own    compounds that an element would match elsewhere
 */


/* room for one more, and not the fourth of a kind; a second <a> ends the
   first */

xsell_inline int
XSELL_LOOP(room)(const xsell_html_t *h, unsigned push)
{
    unsigned  i;

    i = h->formats;

    if (push == XSELL_PUSH_FORMAT && i > XSELL_FORMATS_FREE && h->format[i - 1].name
        && h->format[i - 2].name && h->format[i - 3].name)
    {
        return 0;
    }

    if (push == XSELL_PUSH_A) {
        while (i-- && h->format[i].name) {
            if (h->format[i].kind == XSELL_KIND_A) {
                return 0;
            }
        }
    }

    return h->formats < XSELL_FORMATS;
}


/* the last class of tags that is pushed as it is: none in <p> or in a format,
   where elements know of it */

xsell_inline int
XSELL_LOOP(plain)(const xsell_html_t *h)
{
    int  plain;

    plain = h->count[XSELL_COUNT_P] || h->formats ? -1 : XSELL_PUSH;

    return plain;
}


/* which elements are the innermost one and its parent: 0 in either half, or
   what xsell_quicks has */

xsell_inline uint32_t
XSELL_LOOP(ids)(const xsell_element_t *top)
{
    uint32_t  ids;

    memcpy(&ids, &top->id, 4);

    return ids;
}


/* an element stands where its parent isn't, or a template has a mode of its
   own: there `<table>` may mean another thing */

xsell_inline int
XSELL_LOOP(moved)(const xsell_html_t *h, const xsell_element_t *top)
{
    for ( /* void */ ; top >= h->stack; top--) {
        if (top->bits & XSELL_E_MOVED
            || xsell_e_kind(top->bits) == XSELL_KIND_TEMPLATE)
        {
            return 1;
        }
    }

    return 0;
}


/* compounds that an element matches by its name, were it elsewhere */

xsell_inline uint64_t
XSELL_LOOP(own)(const xsell_places_t *ps, const xsell_quick_t *k)
{
    uint32_t  i;
    uint64_t  own;

    own = ps->kind[k->kind];

    for (i = 0; k->kind == 0 && i < ps->types_n; i++) {
        own |= ps->type[i].name == k->element.name ? ps->type[i].bits : 0;
    }

    return own & ps->free;
}

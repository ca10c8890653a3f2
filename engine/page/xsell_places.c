
/*
 * xsell_places.c: the places of a page, from the words of a configuration.
 *
 * A place is a position and a selector, and what is to be done about sections
 * that exist already and about roots that somebody hydrates (xsell_root.c).
 * All places of a page are compiled into one set of masks (xsell_places_t).
 *
 * A place is added as a whole or not at all, and so is what changes one: all
 * is done in a copy.
 */

#include "xsell_html.h"

#include <stdlib.h>
#include <string.h>


/* ---- places ----------------------------------------------------------- */

int
xsell_places_create(xsell_places_t **ps)
{
    *ps = calloc(1, sizeof(xsell_places_t));

    if (*ps == NULL) {
        return XSELL_ENOMEM;
    }

    xsell_root_compile(*ps);

    return XSELL_OK;
}


void
xsell_places_destroy(xsell_places_t *ps)
{
    if (ps) {
        free(ps->text);
        free(ps);
    }
}


static int
xsell_place_name_ok(xsell_str_t s)
{
    char    c;
    size_t  i;

    for (i = 0; i < s.n; i++) {
        c = s.p[i];

        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z')
              || (c >= 'A' && c <= 'Z') || c == '-' || c == '_'))
        {
            return 0;
        }
    }

    return s.n >= 1 && s.n <= XSELL_PLACE_NAME_MAX;
}


static int
xsell_place_position(xsell_str_t s)
{
    size_t  i;

    static const char *const  positions[] = {
        [XSELL_AT_MARKER] = "",
        [XSELL_AT_BEFORE] = "before",
        [XSELL_AT_AFTER] = "after",
        [XSELL_AT_PREPEND] = "prepend",
        [XSELL_AT_APPEND] = "append",
        [XSELL_AT_REPLACE] = "replace"
    };

    for (i = 0; i < sizeof(positions) / sizeof(positions[0]); i++) {
        if (s.n == strlen(positions[i])
            && (s.n == 0 || memcmp(s.p, positions[i], s.n) == 0))
        {
            return (int) i;
        }
    }

    return -1;
}


int
xsell_places_position(xsell_str_t word)
{
    return xsell_place_position(word) > XSELL_AT_MARKER;
}


/* whether these are compounds of <body> and nothing else */

static int
xsell_place_of_body(const xsell_places_t *ps, uint64_t subject)
{
    unsigned  i;
    uint64_t  others;

    others = ps->any;

    for (i = 0; i < 256; i++) {
        others |= i == XSELL_KIND_BODY ? 0 : ps->kind[i];
    }

    for (i = 0; i < ps->types_n; i++) {
        others |= ps->type[i].bits;
    }

    return (subject & others) == 0;
}


static int
xsell_place_compile(xsell_places_t *ps, xsell_str_t name, int position,
    xsell_str_t selector, xsell_error_t *err)
{
    int             rc;
    xsell_place_t  *place;

    place = &ps->place[ps->n++];
    memset(place, 0, sizeof(xsell_place_t));

    place->position = (uint8_t) position;
    place->name_n = (uint8_t) name.n;
    memcpy(place->name, name.p, name.n);

    place->roots = 1;

    if (position == XSELL_AT_MARKER) {
        return XSELL_OK;
    }

    rc = xsell_selector_list(ps, selector, &place->bits, &place->subject, err);

    if (rc == XSELL_OK && position == XSELL_AT_APPEND) {
        place->roots = (uint8_t) !xsell_place_of_body(ps, place->subject);
    }

    return rc;
}


/* for the quick way */

static void
xsell_places_stop(xsell_places_t *ps)
{
    unsigned  i, k;

    for (i = 0; i < XSELL_KINDS; i++) {
        ps->stop[i] = (ps->kind[i] & ps->free ? XSELL_STOP_NAME : 0)
                      | (ps->kind[i] & ~ps->free ? XSELL_STOP_ATTRS : 0);
    }

    for (i = 0; i < ps->types_n; i++) {
        for (k = XSELL_KINDS; k < XSELL_QUICKS; k++) {
            if (ps->type[i].name == xsell_quick[k].element.name) {
                ps->stop[0] = XSELL_STOP_NAME | XSELL_STOP_ATTRS;
            }
        }
    }
}


/* the text may have moved; what a failure added to it means nothing */

static int
xsell_places_take(xsell_places_t *ps, xsell_places_t *next, int rc)
{
    ps->text = next->text;

    if (rc == XSELL_OK) {
        *ps = *next;
        xsell_places_stop(ps);
        xsell_ask_compile(ps);
    }

    free(next);

    return rc;
}


int
xsell_places_add(xsell_places_t *ps, xsell_str_t name, xsell_str_t position,
    xsell_str_t selector, xsell_error_t *err)
{
    int              rc, at;
    xsell_places_t  *next;

    if (ps->n == XSELL_PLACES_MAX) {
        return xsell_fail(err, XSELL_EINVAL, 0, 0,
                          "too many slots: %d fit on a page",
                          XSELL_PLACES_MAX);
    }

    if (!xsell_place_name_ok(name)) {
        return xsell_fail(err, XSELL_EINVAL, 0, 0,
                          "the name of a slot is 1 to %d letters, digits, "
                          "\"-\" or \"_\"", XSELL_PLACE_NAME_MAX);
    }

    at = xsell_place_position(position);

    if (at < 0) {
        return xsell_fail(err, XSELL_EINVAL, 0, 0,
                          "unknown position \"%.*s\"; known are before, "
                          "after, prepend, append, replace, or none for a "
                          "marker <!--xsell %.*s--> in the page",
                          position.n < 40 ? (int) position.n : 40, position.p,
                          (int) name.n, name.p);
    }

    if (at == XSELL_AT_MARKER && selector.n) {
        return xsell_fail(err, XSELL_EINVAL, 0, 0,
                          "a selector wants a position before it");
    }

    if (at != XSELL_AT_MARKER && selector.n == 0) {
        return xsell_fail(err, XSELL_EINVAL, 0, 0,
                          "a position wants a selector after it");
    }

    next = malloc(sizeof(xsell_places_t));

    if (next == NULL) {
        return xsell_fail(err, XSELL_ENOMEM, 0, 0, "out of memory");
    }

    *next = *ps;
    rc = xsell_place_compile(next, name, at, selector, err);

    return xsell_places_take(ps, next, rc);
}


int
xsell_places_existing(xsell_places_t *ps, unsigned i, unsigned existing,
    xsell_str_t selector, xsell_error_t *err)
{
    int              rc;
    xsell_place_t   *place;
    xsell_places_t  *next;

    if (i >= ps->n || existing > XSELL_EXISTING_TELL) {
        return xsell_fail(err, XSELL_EINVAL, 0, 0, "no such slot");
    }

    if (existing == XSELL_EXISTING_KEEP) {
        return XSELL_OK;
    }

    next = malloc(sizeof(xsell_places_t));

    if (next == NULL) {
        return xsell_fail(err, XSELL_ENOMEM, 0, 0, "out of memory");
    }

    *next = *ps;
    place = &next->place[i];
    place->existing = (uint8_t) existing;
    place->roots |= (existing == XSELL_EXISTING_REPLACE) << 1;
    rc = XSELL_OK;

    if (selector.n) {
        rc = xsell_selector_list(next, selector, &place->section_bits,
                             &place->section, err);

    } else {
        place->section = xsell_root_sections(next);
        place->section_bits = place->section;

        if (place->section == 0) {
            rc = xsell_fail(err, XSELL_EINVAL, 0, 0, "too much: the "
                            "selectors of a page ask for 51 ids, classes "
                            "and attributes at most");
        }
    }

    return xsell_places_take(ps, next, rc);
}


int
xsell_places_root(xsell_places_t *ps, unsigned i, xsell_str_t selector,
    xsell_error_t *err)
{
    int              rc;
    xsell_places_t  *next;

    if (i >= ps->n) {
        return xsell_fail(err, XSELL_EINVAL, 0, 0, "no such slot");
    }

    if (selector.n == 0) {
        ps->place[i].roots = 0;
        return XSELL_OK;
    }

    next = malloc(sizeof(xsell_places_t));

    if (next == NULL) {
        return xsell_fail(err, XSELL_ENOMEM, 0, 0, "out of memory");
    }

    *next = *ps;
    rc = xsell_selector_list(next, selector, &next->root_bits, &next->roots, err);

    return xsell_places_take(ps, next, rc);
}


uint32_t
xsell_places_n(const xsell_places_t *ps)
{
    return ps->n;
}


/* ---- parameters ------------------------------------------------------- */

static int
xsell_places_word(xsell_str_t s, const char *word)
{
    return s.n == strlen(word) && memcmp(s.p, word, s.n) == 0;
}


/* existing=keep|replace|skip, with ":SELECTOR" or not */

static int
xsell_places_existing_word(xsell_places_t *ps, unsigned i, xsell_str_t s,
    xsell_error_t *err)
{
    int          rc;
    unsigned     existing;
    const char  *colon;
    xsell_str_t  mode, selector;

    mode = s;
    selector.p = s.p + s.n;
    selector.n = 0;
    colon = memchr(s.p, ':', s.n);

    if (colon) {
        mode.n = (size_t) (colon - s.p);
        selector.p = colon + 1;
        selector.n = s.n - mode.n - 1;
    }

    existing = xsell_places_word(mode, "keep") ? XSELL_EXISTING_KEEP
               : xsell_places_word(mode, "replace") ? XSELL_EXISTING_REPLACE
               : xsell_places_word(mode, "skip") ? XSELL_EXISTING_SKIP
               : XSELL_EXISTING_TELL;

    if (existing == XSELL_EXISTING_TELL
        || (colon && (selector.n == 0 || existing == XSELL_EXISTING_KEEP)))
    {
        return xsell_fail(err, XSELL_EINVAL, 0, 0, "\"existing\" is keep, "
                          "replace or skip, the last two with \":SELECTOR\" "
                          "or not");
    }

    rc = xsell_places_existing(ps, i, existing, selector, err);

    if (rc != XSELL_OK && colon && err && err->column) {
        err->column += (unsigned) (selector.p - s.p);
    }

    return rc;
}


int
xsell_places_parameter(xsell_places_t *ps, unsigned i, xsell_str_t word,
    xsell_error_t *err)
{
    int          rc, root;
    size_t       n;
    xsell_str_t  s;

    root = word.n > 5 && memcmp(word.p, "root=", 5) == 0;
    n = root ? 5 : 9;

    if (!root && (word.n < 9 || memcmp(word.p, "existing=", 9) != 0)) {
        return XSELL_NONE;
    }

    s.p = word.p + n;
    s.n = word.n - n;

    if (!root) {
        rc = xsell_places_existing_word(ps, i, s, err);

    } else {
        if (xsell_places_word(s, "off")) {
            s.n = 0;
        }

        rc = xsell_places_root(ps, i, s, err);
    }

    if (rc != XSELL_OK && err && err->column) {
        err->column += (unsigned) n;
    }

    return rc;
}


/*
 * xsell_business_build.c: rules to masks: what each rule means in this
 * catalogue.
 *
 * For each item three words are made, a bit per rule: "when" (as far as items
 * go the rule holds next to it), "unless" (likewise) and "what" (the rule is
 * about it).  Parts of a rule are ANDed, texts of a list are ORed.  A word is
 * the AND over kinds of lists of
 *
 *     rules without such a list | rules whose list has this item, brand, ...
 *
 * and of the prices.  Items of equal words are of one class.
 *
 * Cost: O(items) with a few words each; texts are compared once per category
 * and brand, tags by binary search.  It runs in the master at a reload.
 */

#include "xsell_business.h"

#include <stdlib.h>


/* words by number of a category or brand, filled when one is met first */

typedef struct {
    uint64_t            *word;          /* [number][part] */
    uint8_t             *done;
    uint32_t             room;
} business_memo_t;

typedef struct {
    xsell_drafts_t      *d;
    uint64_t            *listed;        /* [item][part]; NULL: no such list */
    business_memo_t      category;
    business_memo_t      brand;
    xsell_term_t       **tag;           /* sorted by text */
    uint32_t             tag_n;
    uint32_t            *hash;          /* of classes; number + 1 */
    uint64_t             named[XSELL_RULE_PARTS];   /* rules that mean an
                                                        item */
} business_build_t;

#define BUSINESS_HASH  (2 * XSELL_BUSINESS_CLASSES)


/* ---- words ---- */

static int
business_prefix(xsell_str_t path, xsell_str_t level)
{
    return path.n >= level.n && memcmp(path.p, level.p, level.n) == 0
           && (path.n == level.n
               || (path.n > level.n + 3
                   && memcmp(path.p + level.n, " > ", 3) == 0));
}


/* the rules whose lists of this kind have the text, into word[part] */

static void
business_name(business_build_t *u, unsigned term, xsell_str_t text,
    uint64_t *word)
{
    uint32_t       i;
    xsell_term_t  *t;

    memset(word, 0, XSELL_RULE_PARTS * sizeof(word[0]));

    for (i = 0; i < u->d->n; i++) {
        t = &u->d->term[i];

        if (t->term == term
            && (term == XSELL_TERM_CATEGORY
                ? business_prefix(text, t->text)
                : text.n == t->text.n
                  && memcmp(text.p, t->text.p, text.n) == 0))
        {
            word[t->part] |= 1ull << t->rule;
            t->hit = 1;
        }
    }
}


/* the word of a category's or brand's number; NULL: no memory */

static const uint64_t *
business_memo(business_build_t *u, business_memo_t *m, unsigned term,
    uint32_t number, xsell_str_t text)
{
    void      *p;
    uint32_t   room;
    uint64_t  *word;

    if (number >= m->room) {
        room = m->room ? m->room : 64;

        while (room <= number) {
            room *= 2;
        }

        p = realloc(m->word, (size_t) room * XSELL_RULE_PARTS
                             * sizeof(uint64_t));

        if (p == NULL) {
            return NULL;
        }

        m->word = p;
        p = realloc(m->done, room);

        if (p == NULL) {
            return NULL;
        }

        m->done = p;
        memset(m->done + m->room, 0, room - m->room);
        m->room = room;
    }

    word = m->word + (size_t) number * XSELL_RULE_PARTS;

    if (!m->done[number]) {
        m->done[number] = 1;
        business_name(u, term, number ? text : (xsell_str_t) { "", 0 }, word);
    }

    return word;
}


static int
business_compare(xsell_str_t a, xsell_str_t b)
{
    int     c;
    size_t  n;

    n = a.n < b.n ? a.n : b.n;
    c = memcmp(a.p, b.p, n);

    return c ? c : (a.n > b.n) - (a.n < b.n);
}


static int
business_order(const void *a, const void *b)
{
    const xsell_term_t  *const *x = a, *const *y = b;

    return business_compare((*x)->text, (*y)->text);
}


/* the rules that name one of the item's tags */

static void
business_tags(business_build_t *u, xsell_str_t tags, uint64_t *word)
{
    uint32_t      low, high, mid;
    const char   *p, *end;
    xsell_str_t   tag;

    memset(word, 0, XSELL_RULE_PARTS * sizeof(word[0]));

    for (p = tags.p, end = tags.p + tags.n; p < end; p = tag.p + tag.n + 1) {
        tag.p = p;
        p = memchr(p, '\n', (size_t) (end - p));
        tag.n = (size_t) ((p ? p : end) - tag.p);

        low = 0;
        high = u->tag_n;

        while (low < high) {
            mid = low + (high - low) / 2;

            if (business_compare(u->tag[mid]->text, tag) < 0) {
                low = mid + 1;

            } else {
                high = mid;
            }
        }

        for ( /* void */ ;
             low < u->tag_n && business_compare(u->tag[low]->text, tag) == 0;
             low++)
        {
            word[u->tag[low]->part] |= 1ull << u->tag[low]->rule;
            u->tag[low]->hit = 1;
        }
    }
}


static void
business_prices(const xsell_drafts_t *d, const xsell_item_t *it,
    uint64_t *word)
{
    unsigned  part, i;
    uint64_t  m;

    for (part = 0; part < XSELL_RULE_PARTS; part++) {

        for (m = d->priced[part]; m; m &= m - 1) {
            i = (unsigned) __builtin_ctzll(m);

            if (it->price < d->price[part][i][0]
                || it->price > d->price[part][i][1])
            {
                word[part] &= ~(1ull << i);
            }
        }
    }
}


/* the three words of an item; 0: no memory */

static int
business_words(business_build_t *u, uint32_t item, const xsell_item_t *it,
    uint64_t word[XSELL_RULE_PARTS])
{
    unsigned         part;
    uint64_t         tags[XSELL_RULE_PARTS];
    xsell_str_t      text = { "", 0 };
    xsell_drafts_t  *d;
    const uint64_t  *category, *brand;

    static const uint64_t  nothing[XSELL_RULE_PARTS];

    d = u->d;
    category = business_memo(u, &u->category, XSELL_TERM_CATEGORY,
                             it->category_idx,
                             xsell_catalog_text(d->b->catalog, it,
                                                XSELL_TEXT_CATEGORY));
    brand = business_memo(u, &u->brand, XSELL_TERM_BRAND, it->brand_idx,
                          xsell_catalog_text(d->b->catalog, it,
                                             XSELL_TEXT_BRAND));

    if (category == NULL || brand == NULL) {
        return 0;
    }

    if (u->tag_n) {
        text = xsell_catalog_text(d->b->catalog, it, XSELL_TEXT_TAGS);
    }

    business_tags(u, text, tags);

    for (part = 0; part < XSELL_RULE_PARTS; part++) {
        word[part] = (~d->listed[part][XSELL_TERM_ITEM]
                      | (u->listed ? u->listed[(size_t) item * XSELL_RULE_PARTS
                                               + part]
                                   : nothing[part]))
                     & (~d->listed[part][XSELL_TERM_CATEGORY]
                        | category[part])
                     & (~d->listed[part][XSELL_TERM_BRAND] | brand[part])
                     & (~d->listed[part][XSELL_TERM_TAG] | tags[part]);
    }

    business_prices(d, it, word);

    return 1;
}


/* ---- classes ---- */

static int
business_class(business_build_t *u, uint32_t item,
    const uint64_t word[XSELL_RULE_PARTS])
{
    uint32_t           i;
    uint64_t           h;
    xsell_class_t      c, *more;
    xsell_business_t  *b;

    b = u->d->b;
    c.when = word[XSELL_RULE_WHEN];
    c.unless = word[XSELL_RULE_UNLESS];
    c.what = word[XSELL_RULE_WHAT];

    h = c.when * 0x9e3779b97f4a7c15ull + c.unless;
    h = (h ^ h >> 29) * 0xbf58476d1ce4e5b9ull + c.what;
    h = (h ^ h >> 32) * 0x94d049bb133111ebull;

    for (i = (uint32_t) (h >> 40) & (BUSINESS_HASH - 1);
         u->hash[i];
         i = (i + 1) & (BUSINESS_HASH - 1))
    {
        if (memcmp(&b->class[u->hash[i] - 1], &c, sizeof(c)) == 0) {
            b->class_of[item] = (uint16_t) (u->hash[i] - 1);
            return XSELL_OK;
        }
    }

    if (b->class_n == XSELL_BUSINESS_CLASSES) {
        return xsell_fail(u->d->err, XSELL_EINVAL, 0, 0, "the rules divide "
                          "the catalogue into more than %d kinds of items: "
                          "use fewer rules", XSELL_BUSINESS_CLASSES);
    }

    if ((b->class_n & (b->class_n - 1)) == 0) {
        more = realloc(b->class, (b->class_n ? 2 * (size_t) b->class_n : 1)
                                 * sizeof(c));

        if (more == NULL) {
            return xsell_fail(u->d->err, XSELL_ENOMEM, 0, 0,
                              "out of memory");
        }

        b->class = more;
    }

    b->class[b->class_n++] = c;
    u->hash[i] = b->class_n;
    b->class_of[item] = (uint16_t) (b->class_n - 1);

    return XSELL_OK;
}


/* the word that a decision asks for each candidate */

static int
business_whats(xsell_drafts_t *d)
{
    uint32_t           i;
    xsell_business_t  *b;

    b = d->b;
    b->what = calloc(b->class_n + 1u, sizeof(uint64_t));

    if (b->what == NULL) {
        return xsell_fail(d->err, XSELL_ENOMEM, 0, 0, "out of memory");
    }

    for (i = 0; i < b->class_n; i++) {
        b->what[i] = b->class[i].what;
    }

    return XSELL_OK;
}


static int
business_items(business_build_t *u)
{
    int                  rc;
    unsigned             part;
    uint32_t             i;
    uint64_t             word[XSELL_RULE_PARTS];
    const xsell_item_t  *it;

    for (i = 0; i < u->d->b->items; i++) {
        it = xsell_catalog_item(u->d->b->catalog, i);

        if (it == NULL || !business_words(u, i, it, word)) {
            return xsell_fail(u->d->err, XSELL_ENOMEM, 0, 0,
                              "out of memory");
        }

        rc = business_class(u, i, word);

        if (rc != XSELL_OK) {
            return rc;
        }

        for (part = 0; part < XSELL_RULE_PARTS; part++) {
            u->named[part] |= word[part];
        }
    }

    return XSELL_OK;
}


/* ---- what is not a mask ---- */

/* ids to items; the items of pins in their order */

static int
business_ids(business_build_t *u)
{
    uint32_t                i, n;
    xsell_term_t           *t;
    xsell_business_t       *b;
    xsell_business_rule_t  *rule;

    b = u->d->b;
    n = 0;

    for (i = 0; i < u->d->n; i++) {
        t = &u->d->term[i];

        if (t->term != XSELL_TERM_ITEM) {
            u->tag_n += t->term == XSELL_TERM_TAG;
            continue;
        }

        t->item = xsell_catalog_find(b->catalog, t->text.p, t->text.n);
        t->hit = t->item != XSELL_NO_ITEM;
        n++;
    }

    b->pin = calloc(n + 1u, sizeof(uint32_t));
    u->tag = calloc(u->tag_n + 1u, sizeof(*u->tag));
    u->listed = n ? calloc((size_t) b->items * XSELL_RULE_PARTS,
                           sizeof(uint64_t))
                  : NULL;

    if (b->pin == NULL || u->tag == NULL || (n && u->listed == NULL)) {
        return xsell_fail(u->d->err, XSELL_ENOMEM, 0, 0, "out of memory");
    }

    for (i = 0, n = 0, u->tag_n = 0; i < u->d->n; i++) {
        t = &u->d->term[i];
        rule = &b->rule[t->rule];

        if (t->term == XSELL_TERM_TAG) {
            u->tag[u->tag_n++] = t;
        }

        if (t->item == XSELL_NO_ITEM) {
            continue;
        }

        u->listed[(size_t) t->item * XSELL_RULE_PARTS + t->part] |=
            1ull << t->rule;

        /* a rule's terms follow each other, "when" between them or not */

        if (rule->action == XSELL_DO_PIN && t->part == XSELL_RULE_WHAT) {
            rule->pins = rule->pins_n ? rule->pins : n;
            b->pin[n++] = t->item;
            rule->pins_n++;
        }
    }

    qsort(u->tag, u->tag_n, sizeof(*u->tag), business_order);

    return XSELL_OK;
}


/* rules without lists and prices in "when" hold on pages without item too */

static void
business_plain(xsell_drafts_t *d, xsell_side_t *side, unsigned part)
{
    unsigned  term;

    side->plain = ~d->priced[part];

    for (term = 0; term < XSELL_TERM_KINDS; term++) {
        side->plain &= ~d->listed[part][term];
    }
}


/* an "only" that says nothing but a price beside the lead's is about every
   item, so a decision needs no bit to know what it refuses */

static void
business_windows(xsell_drafts_t *d)
{
    unsigned           term;
    xsell_business_t  *b;

    b = d->b;
    b->windows = b->onlys & b->priced & ~d->priced[XSELL_RULE_WHAT]
                 & ~(b->brand[0] | b->brand[1] | b->category[0]
                     | b->category[1] | b->counted);

    for (term = 0; term < XSELL_TERM_KINDS; term++) {
        b->windows &= ~d->listed[XSELL_RULE_WHAT][term];
    }
}


/* "when" is of every rule: one that says nothing holds always */

static void
business_sides(xsell_drafts_t *d)
{
    xsell_business_t  *b;

    b = d->b;
    business_plain(d, &b->when, XSELL_RULE_WHEN);
    business_plain(d, &b->unless, XSELL_RULE_UNLESS);
    business_windows(d);
    b->when.has = b->n == 64 ? ~0ull : (1ull << b->n) - 1;
}


/* what an item earns above the average of those that say it, as a share of
   the price; the others are average */

static int
business_margins(xsell_drafts_t *d)
{
    double               sum;
    int64_t              n;
    uint32_t             i;
    xsell_business_t    *b;
    const xsell_item_t  *it;

    b = d->b;

    for (i = 0; i < b->n && b->rule[i].action != XSELL_DO_MARGIN; i++) {
        /* void */
    }

    if (i == b->n) {
        return XSELL_OK;
    }

    b->margin = calloc(b->items + 1u, 1);

    if (b->margin == NULL) {
        return xsell_fail(d->err, XSELL_ENOMEM, 0, 0, "out of memory");
    }

    for (n = 0, sum = 0, i = 0; i < b->items; i++) {
        it = xsell_catalog_item(b->catalog, i);
        n += it->margin > 0;
        sum += it->margin > 0 ? it->margin - 1 : 0;
    }

    for (i = 0; i < b->items; i++) {
        it = xsell_catalog_item(b->catalog, i);

        if (it->margin > 0) {
            b->margin[i] = (int8_t) (1.27 * (it->margin - 1
                                             - sum / (double) n));
        }
    }

    if (n == 0) {
        xsell_business_doubt(d, 0, "\"margin\" does nothing: no item of the "
                             "catalogue has a \"cost\"");
    }

    return XSELL_OK;
}


static void
business_free(business_build_t *u)
{
    free(u->listed);
    free(u->category.word);
    free(u->category.done);
    free(u->brand.word);
    free(u->brand.done);
    free(u->tag);
    free(u->hash);
}


int
xsell_business_build(xsell_drafts_t *d)
{
    int                rc;
    business_build_t   u;

    if (d->b->catalog == NULL) {
        return XSELL_OK;
    }

    memset(&u, 0, sizeof(u));
    u.d = d;
    u.hash = calloc(BUSINESS_HASH, sizeof(uint32_t));
    d->b->class_of = calloc(d->b->items + 1u, sizeof(uint16_t));

    if (u.hash == NULL || d->b->class_of == NULL) {
        rc = xsell_fail(d->err, XSELL_ENOMEM, 0, 0, "out of memory");

    } else {
        rc = business_ids(&u);
    }

    if (rc == XSELL_OK) {
        business_sides(d);
        rc = business_items(&u);
    }

    if (rc == XSELL_OK) {
        rc = business_whats(d);
    }

    if (rc == XSELL_OK) {
        rc = business_margins(d);
    }

    if (rc == XSELL_OK) {
        xsell_business_doubts(d, u.named);
    }

    business_free(&u);

    return rc;
}

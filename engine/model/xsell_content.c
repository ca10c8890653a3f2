
/*
 * xsell_content.c: what the items of a catalogue are like, by their words.
 *
 *   read     title, brand, category, tags -> terms and how often they occur
 *   weigh    tf-idf, length 1: the likeness of two items is their cosine
 *
 * xsell_similar.c then finds those that are most alike.  A term counts
 * ln(1 + tf) ln(n / df), where tf is what its places weigh and df how many
 * items have it.  What all items have says nothing; items without any other
 * word are not alike but unknown.
 *
 * Invariants: equal catalogues give equal vectors; memory is bounded by
 * XSELL_CONTENT_TERMS an item, whatever a feed says.
 *
 * Not taken: the description, which on real feeds is much boilerplate.  On
 * Amazon's gift cards, half of which have one, its first 30 words at .15 find
 * what is bought and viewed too further up (MRR .181 to .215, .208 to .224; of
 * it among the 16 nearest .118 to .116, .124 to .124), but what one person
 * reviewed further down (.499 to .458, .229 to .203); so at .05 and .3.
 * A feed takes a quarter longer to compile.  Word stems, which need a language;
 * a word's first four letters, or its groups of three, as further terms, which
 * cost two to four times the memory and were 2 % and 5 % better in finding what
 * was bought together (Online Retail), no better on the gift cards; embeddings,
 * which need a model file.
 */

#include "xsell_content.h"
#include "xsell_words.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>


#define XSELL_CONTENT_TERMS   48           /* different ones of an item */
#define XSELL_CONTENT_WORDS   200          /* read of a field */
#define XSELL_CONTENT_TABLE   1024         /* cells at first, power of two */
#define XSELL_CONTENT_ROOM    4096

#define XSELL_NO_TERM         UINT32_MAX


typedef struct {
    uint64_t                 hash;
    float                    tf;
} content_term_t;


typedef struct {
    const xsell_catalog_t   *cat;
    xsell_content_t         *out;
    uint32_t                 room;          /* of out->cell */
    xsell_alphabet_t         alphabet;

    uint32_t                *slot;          /* hash -> term + 1 */
    uint32_t                 mask;
    uint64_t                *hash;          /* of a term */
    uint32_t                *df;            /* items that have it */
    uint32_t                *number;        /* the one it gets, or NO_TERM */
    uint32_t                 terms;
} content_read_t;


static int content_read(content_read_t *r);
static uint32_t content_words(const content_read_t *r, content_term_t *term,
    uint32_t n, xsell_str_t text, float weight);
static int content_put(content_read_t *r, uint32_t at,
    const content_term_t *term, uint32_t n);
static uint32_t content_term(content_read_t *r, uint64_t hash);
static int content_grow(content_read_t *r);
static int content_number(content_read_t *r);
static void content_weigh(content_read_t *r);


int
xsell_content_init(xsell_content_t *c, const xsell_catalog_t *cat)
{
    int             rc;
    content_read_t  r;

    memset(c, 0, sizeof(*c));
    memset(&r, 0, sizeof(r));

    r.cat = cat;
    r.out = c;

    c->first = malloc(((size_t) cat->n + 1) * sizeof(uint32_t));
    c->same = malloc(((size_t) cat->n + 1) * sizeof(uint64_t));

    if (c->first == NULL || c->same == NULL) {
        return XSELL_ENOMEM;
    }

    xsell_alphabet_init(&r.alphabet);
    rc = content_read(&r);
    xsell_alphabet_deinit(&r.alphabet);

    if (rc == XSELL_OK) {
        rc = content_number(&r);
    }

    if (rc == XSELL_OK) {
        content_weigh(&r);
    }

    free(r.slot);
    free(r.hash);
    free(r.df);
    free(r.number);

    return rc;
}


void
xsell_content_deinit(xsell_content_t *c)
{
    free(c->cell);
    free(c->first);
    free(c->same);
    memset(c, 0, sizeof(*c));
}


/* ---- read -------------------------------------------------------------- */

static int
content_read(content_read_t *r)
{
    uint32_t             i, k, n, at;
    content_term_t       term[XSELL_CONTENT_TERMS];
    const xsell_item_t  *it;

    static const struct {
        unsigned         text;
        float            weight;        /* what a word counts there */
    } field[] = {
        { XSELL_TEXT_TITLE, 1.0f },
        { XSELL_TEXT_BRAND, 0.5f },
        { XSELL_TEXT_CATEGORY, 0.7f },
        { XSELL_TEXT_TAGS, 0.7f }
    };

    for (at = 0, i = 0; i < r->cat->n; i++) {
        it = &xsell_items(r->cat)[i];
        r->out->first[i] = at;

        for (n = 0, k = 0; k < sizeof(field) / sizeof(field[0]); k++) {
            n = content_words(r, term, n,
                              xsell_catalog_text(r->cat, it, field[k].text),
                              field[k].weight);
        }

        if (content_put(r, at, term, n) != XSELL_OK) {
            return XSELL_ENOMEM;
        }

        /* in whatever order they stand */

        for (r->out->same[i] = 0, k = 0; k < n; k++) {
            r->out->same[i] += term[k].hash;
        }

        at += n;
    }

    r->out->first[i] = at;

    return XSELL_OK;
}


static uint32_t
content_words(const content_read_t *r, content_term_t *term, uint32_t n,
    xsell_str_t text, float weight)
{
    uint32_t       i, k;
    uint64_t       hash;
    xsell_str_t    word;
    xsell_words_t  w;

    xsell_words_init(&w, &r->alphabet, text);

    for (i = 0; i < XSELL_CONTENT_WORDS && xsell_words_next(&w, &word); i++) {

        /* keyed by the catalogue: no feed can choose words that collide */

        hash = xsell_siphash(r->cat->key, word.p, word.n);

        for (k = 0; k < n && term[k].hash != hash; k++) { /* void */ }

        if (k < n) {
            term[k].tf += weight;

        } else if (n < XSELL_CONTENT_TERMS) {
            term[n].hash = hash;
            term[n++].tf = weight;
        }
    }

    return n;
}


/* appends an item's terms with tf for their weight */

static int
content_put(content_read_t *r, uint32_t at, const content_term_t *term,
    uint32_t n)
{
    uint32_t               i, room, id;
    xsell_content_cell_t  *cell;

    if (r->room - at < n || r->room == 0) {
        room = r->room + r->room / 2 + XSELL_CONTENT_ROOM;
        cell = realloc(r->out->cell, (size_t) room * sizeof(*cell));

        if (cell == NULL) {
            return XSELL_ENOMEM;
        }

        r->out->cell = cell;
        r->room = room;
    }

    for (i = 0; i < n; i++) {
        id = content_term(r, term[i].hash);

        if (id == XSELL_NO_TERM) {
            return XSELL_ENOMEM;
        }

        r->df[id]++;
        r->out->cell[at + i].id = id;
        r->out->cell[at + i].weight = term[i].tf;
    }

    return XSELL_OK;
}


/* number of the term, new or not; XSELL_NO_TERM: no memory */

static uint32_t
content_term(content_read_t *r, uint64_t hash)
{
    uint32_t  i;

    if (r->slot == NULL || r->terms >= r->mask / 2) {
        if (content_grow(r) != XSELL_OK) {
            return XSELL_NO_TERM;
        }
    }

    for (i = (uint32_t) hash & r->mask; r->slot[i]; i = (i + 1) & r->mask) {
        if (r->hash[r->slot[i] - 1] == hash) {
            return r->slot[i] - 1;
        }
    }

    r->hash[r->terms] = hash;
    r->df[r->terms] = 0;
    r->slot[i] = ++r->terms;

    return r->terms - 1;
}


/* doubles the table: at most half full, so probes stay short */

static int
content_grow(content_read_t *r)
{
    uint32_t   i, k, room, *slot, *df;
    uint64_t  *hash;

    room = r->slot ? (r->mask + 1) * 2 : XSELL_CONTENT_TABLE;

    slot = calloc(room, sizeof(uint32_t));
    hash = realloc(r->hash, room / 2 * sizeof(uint64_t));
    r->hash = hash ? hash : r->hash;
    df = realloc(r->df, room / 2 * sizeof(uint32_t));
    r->df = df ? df : r->df;

    if (slot == NULL || hash == NULL || df == NULL) {
        free(slot);
        return XSELL_ENOMEM;
    }

    free(r->slot);
    r->slot = slot;
    r->mask = room - 1;

    for (k = 0; k < r->terms; k++) {
        i = (uint32_t) hash[k] & r->mask;

        while (slot[i]) {
            i = (i + 1) & r->mask;
        }

        slot[i] = k + 1;
    }

    return XSELL_OK;
}


/* ---- weigh ------------------------------------------------------------- */

/* numbers for the terms, rarest first, by counting; none for those that one
   item has, or all */

static int
content_number(content_read_t *r)
{
    uint32_t  t, df, n, count, sum, *at;

    n = r->cat->n;
    r->number = malloc(((size_t) r->terms + 1) * sizeof(uint32_t));
    at = calloc((size_t) n + 1, sizeof(uint32_t));

    if (r->number == NULL || at == NULL) {
        free(at);
        return XSELL_ENOMEM;
    }

    for (t = 0; t < r->terms; t++) {
        at[r->df[t]]++;
    }

    for (sum = 0, df = 2; df < n; df++) {
        count = at[df];
        at[df] = sum;
        sum += count;
    }

    for (t = 0; t < r->terms; t++) {
        df = r->df[t];
        r->number[t] = df > 1 && df < n ? at[df]++ : XSELL_NO_TERM;
    }

    free(at);
    r->out->terms = sum;

    return XSELL_OK;
}


/* a few dozen, and nearly in order: by insertion */

static void
content_sort(xsell_content_cell_t *cell, uint32_t n)
{
    uint32_t              i, j;
    xsell_content_cell_t  x;

    for (i = 1; i < n; i++) {
        x = cell[i];

        for (j = i; j > 0 && cell[j - 1].id > x.id; j--) {
            cell[j] = cell[j - 1];
        }

        cell[j] = x;
    }
}


/* tf becomes weight, in place: what is left out makes the cells move up */

static void
content_weigh(content_read_t *r)
{
    float                  w, norm;
    uint32_t               i, k, id, n, at, end, *first;
    xsell_content_cell_t  *cell;

    n = r->cat->n;
    first = r->out->first;
    cell = r->out->cell;

    for (at = 0, i = 0; i < n; i++) {
        k = first[i];
        end = first[i + 1];
        first[i] = at;

        for (norm = 0; k < end; k++) {
            id = cell[k].id;
            w = log1pf(cell[k].weight) * logf((float) n / (float) r->df[id]);
            norm += w * w;

            if (r->number[id] != XSELL_NO_TERM) {
                cell[at].id = r->number[id];
                cell[at++].weight = w;
            }
        }

        norm = norm > 0 ? 1 / sqrtf(norm) : 0;
        content_sort(&cell[first[i]], at - first[i]);

        for (k = first[i]; k < at; k++) {
            cell[k].weight *= norm;
        }
    }

    first[n] = at;
}

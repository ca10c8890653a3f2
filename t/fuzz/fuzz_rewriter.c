
/*
 * fuzz_rewriter.c: a page from outside, in pieces.
 *
 * Properties: the insertions, the bytes that are dropped and what became of
 * each place are the same whole, byte by byte and in pieces
 * that the input chooses; their offsets lie within what was fed, never before
 * what the caller may have sent, and in order; a place is told once; at most
 * XSELL_HOLD_MAX bytes are held; nothing is read past a piece (each is copied
 * to memory of its own).
 */

#include "xsell.h"

#include <stdlib.h>
#include <string.h>


#define FOUND_MAX  (2 * XSELL_PLACES_MAX)

typedef struct {
    unsigned     n;
    unsigned     which[FOUND_MAX];
    uint64_t     at[FOUND_MAX];
    uint64_t     close[FOUND_MAX];      /* a hash of the tags before it */
    uint8_t      cut[FOUND_MAX];
    uint8_t      state[XSELL_PLACES_MAX];
    uint8_t      root[XSELL_PLACES_MAX];
} found_t;


static const struct {
    const char  *name, *position, *selector, *more;
} slots[] = {
    { "a", "before", "#x", NULL },
    { "b", "after", "#x", NULL },
    { "c", "prepend", "#x", NULL },
    { "d", "append", "#x", NULL },
    { "a", "", "", NULL },
    { "f", "append", "#y", NULL },
    { "g", "after", "#y", NULL },
    { "h", "before", "#y", NULL },
    { "i", "append", "body", NULL },
    { "j", "after", "p > b, li + li", NULL },
    { "k", "append", "ul li", NULL },
    { "l", "replace", ".z ~ *", NULL },
    { "m", "before", "[a*=b i]", NULL },
    { "n", "append", "body", "existing=replace" },
    { "o", "after", ".q", "existing=skip:.e, b" },
    { "p", "replace", "i", "root=.r > div" }
};

static xsell_places_t  *places;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);


static void
want(int ok)
{
    if (!ok) {
        abort();
    }
}


static void
told(const xsell_rewriter_t *rw, found_t *f, unsigned which)
{
    size_t    i;
    uint64_t  hash;

    want(which < xsell_places_n(places) || which == XSELL_CUT_END);
    want(f->n < FOUND_MAX);
    want(f->n == 0 || rw->at >= f->at[f->n - 1]);

    for (i = 0, hash = rw->close.n; i < rw->close.n; i++) {
        hash = (hash ^ (uint8_t) rw->close.p[i]) * 0x100000001b3ull;
    }

    f->which[f->n] = which;
    f->at[f->n] = rw->at;
    f->close[f->n] = hash;
    f->cut[f->n] = rw->cut;
    f->n++;
}


static void
feed(xsell_rewriter_t *rw, found_t *f, const uint8_t *p, size_t n)
{
    int        rc;
    size_t     used, off;
    uint8_t   *copy;
    uint64_t   pos, safe;
    unsigned   which;

    copy = malloc(n ? n : 1);
    want(copy != NULL);

    if (n) {
        memcpy(copy, p, n);
    }

    off = 0;

    do {
        pos = rw->pos;
        safe = rw->safe;

        rc = xsell_rewriter_feed(rw, copy + off, n - off, &used, &which);

        want(used <= n - off && rw->pos == pos + used);
        off += used;

        if (rc == XSELL_AGAIN) {
            want(rw->at >= safe && rw->at <= rw->pos);
            want(pos - safe <= XSELL_HOLD_MAX);
            told(rw, f, which);
        }

        want(rw->safe <= rw->pos && rw->safe >= safe);

    } while (rc == XSELL_AGAIN);

    want(rc == XSELL_OK && off == n);
    want(rw->pos - rw->safe <= XSELL_HOLD_MAX);

    free(copy);
}


/* cut: a piece's size; 0: as the bytes of `sizes` say */

static void
run(found_t *f, const uint8_t *p, size_t n, size_t cut, const uint8_t *sizes)
{
    size_t            at, len, k;
    unsigned          i;
    uint32_t          seen;
    unsigned          which;
    xsell_rewriter_t  rw;

    memset(f, 0, sizeof(found_t));
    xsell_rewriter_init(&rw, places, XSELL_HOLDS_ALL);

    for (at = 0, k = 0; at < n; at += len, k++) {
        len = cut ? cut : sizes[k % 8];
        len = (len < n - at) ? len : n - at;
        len += (len == 0 && k % 8 == 7);         /* some are empty, not all */
        feed(&rw, f, p + at, len);
    }

    while (xsell_rewriter_finish(&rw, &which) == XSELL_AGAIN) {
        want(rw.at <= n);
        told(&rw, f, which);
    }

    want(rw.pos == n && rw.safe == n && !rw.cut);

    for (i = 0, seen = 0; i < f->n; i++) {
        if (f->which[i] != XSELL_CUT_END) {
            want(!(seen & 1u << f->which[i]));
            seen |= 1u << f->which[i];
        }
    }

    want(seen == rw.found);
    memcpy(f->state, rw.state, sizeof(f->state));
    memcpy(f->root, rw.root, sizeof(f->root));
}


static xsell_str_t
str(const char *p)
{
    xsell_str_t  s;

    s.p = p;
    s.n = strlen(p);

    return s;
}


static void
make_places(void)
{
    size_t  i;

    want(xsell_places_create(&places) == XSELL_OK);

    for (i = 0; i < sizeof(slots) / sizeof(slots[0]); i++) {
        want(xsell_places_add(places, str(slots[i].name),
                              str(slots[i].position), str(slots[i].selector),
                              NULL) == XSELL_OK);

        if (slots[i].more) {
            want(xsell_places_parameter(places, (unsigned) i,
                                        str(slots[i].more), NULL)
                 == XSELL_OK);
        }
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    found_t  whole, bytes, pieces;

    if (places == NULL) {
        make_places();
    }

    if (n < 9) {
        return 0;
    }

    run(&whole, data + 8, n - 8, n, NULL);
    run(&bytes, data + 8, n - 8, 1, NULL);
    run(&pieces, data + 8, n - 8, 0, data);

    want(memcmp(&whole, &bytes, sizeof(whole)) == 0);
    want(memcmp(&whole, &pieces, sizeof(whole)) == 0);

    return 0;
}

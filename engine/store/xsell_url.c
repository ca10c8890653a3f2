
/*
 * xsell_url.c: which item a URL's page is about, as its pages themselves said
 * when they passed (page/xsell_product.c).
 *
 * Recommend needs the item before the first byte of the page is there; the
 * page says it while it passes.  So what one view finds is kept here for the
 * next one, of whichever worker.
 *
 * An entry is one word: what is read is whole or is not there.  Any worker
 * writes, by compare and swap; nobody waits, and a change that loses a race
 * is dropped, because the next view brings it again.
 *
 *     63       40 39     38 37     32 31                             0
 *     |  tag     |  used   | stamp   | reference, or XSELL_NO_REF     |
 *
 * The key is a hash that the arena's secret has gone into, so nobody can aim
 * URLs at a bucket or at another one's entry.  A wrong answer (equal tag)
 * happens once in two million unknown URLs and lasts until the entry is due.
 *
 * Junk must not push out what is looked at: `used` counts the hits, a newcomer
 * takes only the place of an entry that had none or that has long been due,
 * and a bucket without such an entry is aged instead.  Thus a URL that is asked
 * for once is gone first, and one in demand stays while ever so many others
 * come.
 *
 * References carry the tag of their slot, so an item that has left the
 * dictionary is recognised (D13).  Not in the snapshot: one view of each page
 * brings it back.  Not taken: an expiry after which an entry does not count:
 * what the page said ten minutes ago is the best guess there is, and the view
 * that is made with it looks again.
 */

#include "xsell_store.h"


#define URL_STAMP_SHIFT     32
#define URL_STAMP_MASK      0x3fu
#define URL_USED_SHIFT      38
#define URL_USED_MASK       0x3u
#define URL_TAG_SHIFT       40

/* 131 s; after 64 of them an old entry looks young for as long as it takes to
   be due again */
#define URL_UNIT_BITS       17
#define URL_DUE_UNITS       5

/* apart from the path as it is */
#define URL_PLAIN           0xc2b2ae3d27d4eb4full

#define url_stamp(w)        ((unsigned) ((w) >> URL_STAMP_SHIFT)              \
                             & URL_STAMP_MASK)
#define url_used(w)         ((unsigned) ((w) >> URL_USED_SHIFT)               \
                             & URL_USED_MASK)
#define url_tag(w)          ((w) >> URL_TAG_SHIFT)


/*
 * A locator's hashes are already mixed, by a key that everybody knows; what is
 * added is secret, another one for each host.
 */

void
xsell_url_keys(const xsell_arena_t *a, xsell_str_t host,
    const xsell_locator_t *url, uint64_t key[2])
{
    uint64_t  secret, state;

    secret = xsell_siphash(a->header->key, host.p, host.n);

    state = url->full + secret;
    key[XSELL_URL_EXACT] = xsell_random(&state);

    state = (url->path ^ URL_PLAIN) + secret;
    key[XSELL_URL_PLAIN] = xsell_random(&state);
}


static uint64_t *
url_bucket(const xsell_arena_t *a, uint64_t key, uint64_t *tag)
{
    /* 0 is the word of a free place */
    *tag = key >> URL_TAG_SHIFT ? key >> URL_TAG_SHIFT : 1;

    return a->urls[(key & 0xffffffff) * a->urls_n >> 32].word;
}


static unsigned
url_age(uint64_t word, uint64_t now_ms)
{
    return (unsigned) ((now_ms >> URL_UNIT_BITS) - url_stamp(word))
           & URL_STAMP_MASK;
}


/* a word that lost the race stays as the other one made it */

static void
url_change(uint64_t *place, uint64_t old, uint64_t word)
{
    (void) __atomic_compare_exchange_n(place, &old, word, 0,
                                       __ATOMIC_RELAXED, __ATOMIC_RELAXED);
}


int
xsell_url_find(const xsell_arena_t *a, uint64_t key, uint64_t now_ms,
    xsell_ref_t *ref)
{
    unsigned   i;
    uint64_t   tag, word, *bucket;

    *ref = XSELL_NO_REF;
    bucket = url_bucket(a, key, &tag);

    for (i = 0; i < XSELL_URL_WAYS; i++) {
        word = xsell_load(&bucket[i]);

        if (url_tag(word) != tag) {
            continue;
        }

        if (url_used(word) < URL_USED_MASK) {
            url_change(&bucket[i], word, word + (1ull << URL_USED_SHIFT));
        }

        *ref = (xsell_ref_t) word;

        return url_age(word, now_ms) >= URL_DUE_UNITS ? XSELL_AGAIN
                                                      : XSELL_OK;
    }

    return XSELL_NONE;
}


/* the place for a newcomer; NULL: none this time, but all have aged */

static uint64_t *
url_room(uint64_t *bucket, uint64_t now_ms, uint64_t *old)
{
    unsigned   i, age, oldest;
    uint64_t   word, *place;

    place = NULL;
    oldest = 0;

    for (i = 0; i < XSELL_URL_WAYS; i++) {
        word = xsell_load(&bucket[i]);

        if (word == 0) {
            *old = word;
            return &bucket[i];
        }

        age = url_age(word, now_ms);

        if ((url_used(word) == 0 || age > 2 * URL_DUE_UNITS)
            && (place == NULL || age > oldest))
        {
            place = &bucket[i];
            oldest = age;
            *old = word;
        }
    }

    if (place) {
        return place;
    }

    for (i = 0; i < XSELL_URL_WAYS; i++) {
        word = xsell_load(&bucket[i]);

        if (url_used(word)) {
            url_change(&bucket[i], word, word - (1ull << URL_USED_SHIFT));
        }
    }

    return NULL;
}


void
xsell_url_learn(xsell_arena_t *a, uint64_t key, uint64_t now_ms,
    xsell_ref_t ref)
{
    unsigned   i;
    uint64_t   tag, word, old, *bucket, *place;

    bucket = url_bucket(a, key, &tag);

    word = tag << URL_TAG_SHIFT
           | (now_ms >> URL_UNIT_BITS & URL_STAMP_MASK) << URL_STAMP_SHIFT
           | ref;

    for (i = 0; i < XSELL_URL_WAYS; i++) {
        old = xsell_load(&bucket[i]);

        if (url_tag(old) == tag) {
            url_change(&bucket[i], old,
                       word | (uint64_t) url_used(old) << URL_USED_SHIFT);
            return;
        }
    }

    place = url_room(bucket, now_ms, &old);

    if (place) {
        url_change(place, old, word);
    }
}


/*
 * xsell_impression.c: what was shown, what was clicked, what was bought.
 *
 * A showing worker writes each slate with its features into a ring of places
 * (30 minutes of them); a click finds it there by the id in its token and is
 * booked exactly once.  The learner moves clicked rows to the ledger, where
 * carts and orders of the next 7 days look for them, and remembers order ids
 * so that an order counts once.
 *
 * Invariants of the ring
 *   - seq changes by CAS only.  Id and clicked positions are one word, so
 *     the CAS that books a click fails if the place has a newer slate.
 *   - Fields are stored while seq says that this id is being written.  A
 *     newer id takes a place over, also from a writer that died at it; an
 *     older one gives up.
 *   - A writer that was stopped for a whole lap may still store a few words
 *     into a slate that is no longer its own.  The sum, which starts from
 *     the id, doesn't match then: the slate is lost, not mixed.
 * Ledger and order ids have one writer, the learner.  Workers look an order
 * up before its session is changed, word by word.
 *
 * Not taken: a lock per place (a stopped holder would block the place, and
 * click intake must not fail), clicked bytes beside the id (a click could
 * flip the byte of the next slate), and a table of clicked ids only (it must
 * be as large as the ring to forget nothing).
 */

#include "xsell_store.h"
#include "xsell_sip.h"


#define XSELL_IMP_TRIES      16     /* more than clicks of a slate */
#define XSELL_IMP_HEAD       offsetof(xsell_impression_t, row)
#define XSELL_IMP_FIELDS     offsetof(xsell_impression_t, session)
#define XSELL_IMP_FIXED      offsetof(xsell_impression_t, state)

_Static_assert(XSELL_SLATE_MAX <= 63 - XSELL_IMP_CLICK_BIT, "click bits");
_Static_assert(XSELL_SLATE_MAX + 1 < XSELL_IMP_TRIES, "tries");


static xsell_impression_t *
xsell_impression_place(const xsell_arena_t *a, uint64_t id)
{
    return &a->impressions[id % a->impressions_n];
}


/* whether id x was taken after id y; ids wrap at 40 bits, like tokens */

static int
xsell_impression_newer(uint64_t x, uint64_t y)
{
    return ((x - y) & XSELL_IMP_ID) - 1 < XSELL_IMP_ID / 2;
}


/* 16 bytes at a time, and what is left.  Each step can be undone for each of
   its words, so one that differs is always seen; the rotation brings high bits
   down */

static inline uint64_t
xsell_mix(uint64_t sum, uint64_t v, uint64_t w)
{
    return (xsell_rotl(sum ^ v, 29) + w) * 0x9e3779b97f4a7c15ull;
}


static uint64_t
xsell_impression_mix(uint64_t sum, const void *p, size_t n)
{
    const xsell_wide_t  *w, *end;

    end = (const xsell_wide_t *) p + n / 16 * 2;

    for (w = p; w < end; w += 2) {
        sum = xsell_mix(sum, w[0], w[1]);
    }

    n %= 16;

    if (n >= 8) {
        sum = xsell_mix(sum, *w++, 0);
        n -= 8;
    }

    if (n) {
        sum = xsell_mix(sum, *(const xsell_word_t *) (const void *) w, 0);
    }

    return sum;
}


_Static_assert((XSELL_IMP_FIXED - XSELL_IMP_FIELDS) % 4 == 0
               && sizeof(xsell_imp_row_t) % 4 == 0
               && XSELL_IMP_HEAD % 8 == 0 && sizeof(xsell_imp_row_t) % 8 == 0,
               "words of a slate");


/* of a private copy whose n is in range */

static uint64_t
xsell_impression_sum(const xsell_impression_t *imp, uint64_t id)
{
    uint64_t  sum;

    sum = xsell_impression_mix(id, &imp->session,
                               XSELL_IMP_FIXED - XSELL_IMP_FIELDS);

    return xsell_impression_mix(sum, imp->row,
                                imp->n * sizeof(xsell_imp_row_t));
}


/* stores the rows of a slate, and adds them to its sum, as
   xsell_impression_mix() does */

static uint64_t
xsell_impression_put(xsell_impression_t *to, const xsell_impression_t *imp,
    uint64_t sum)
{
    size_t               i, words;
    uint64_t             v, w;
    xsell_wide_t        *d;
    const xsell_wide_t  *s;

    d = (xsell_wide_t *) (void *) to->row;
    s = (const xsell_wide_t *) (const void *) imp->row;
    words = imp->n * sizeof(xsell_imp_row_t) / 8;

    for (i = 0; i + 2 <= words; i += 2) {
        v = s[i];
        w = s[i + 1];
        xsell_store(&d[i], v);
        xsell_store(&d[i + 1], w);
        sum = xsell_mix(sum, v, w);
    }

    if (i < words) {
        xsell_store(&d[i], s[i]);
        sum = xsell_mix(sum, s[i], 0);
    }

    return sum;
}


/* the place is this writer's while seq is what it stored here */

static int
xsell_impression_take(xsell_impression_t *to, uint64_t id)
{
    unsigned  tries;
    uint64_t  seq;

    seq = xsell_load(&to->seq);

    for (tries = 0; tries < XSELL_IMP_TRIES; tries++) {

        if ((seq & XSELL_IMP_ID) != 0
            && !xsell_impression_newer(id, seq & XSELL_IMP_ID))
        {
            return 0;
        }

        if (__atomic_compare_exchange_n(&to->seq, &seq,
                                        id | XSELL_IMP_WRITING, 0,
                                        __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
        {
            __atomic_thread_fence(__ATOMIC_RELEASE);
            return 1;
        }
    }

    return 0;
}


uint64_t
xsell_impression_open(xsell_arena_t *a, xsell_impression_t *imp)
{
    uint64_t             id, seq, sum;
    xsell_impression_t  *to;

    do {
        id = (xsell_add(&a->header->impression, 1) + 1) & XSELL_IMP_ID;
    } while (id == 0);

    if (imp->n > XSELL_SLATE_MAX) {
        imp->n = XSELL_SLATE_MAX;
    }

    memset(imp->state, XSELL_IMP_SHOWN, sizeof(imp->state));

    imp->seq = id;
    to = xsell_impression_place(a, id);

    if (!xsell_impression_take(to, id)) {
        return id;
    }

    sum = xsell_impression_mix(id, &imp->session,
                               XSELL_IMP_FIXED - XSELL_IMP_FIELDS);
    imp->sum = xsell_impression_put(to, imp, sum);

    xsell_seq_put(&to->session, &imp->session,
                  (XSELL_IMP_HEAD - XSELL_IMP_FIELDS) / 4);

    /* fails if a newer slate took the place over: then it is not ours */

    seq = id | XSELL_IMP_WRITING;

    (void) __atomic_compare_exchange_n(&to->seq, &seq, id, 0,
                                       __ATOMIC_RELEASE, __ATOMIC_RELAXED);

    return id;
}


/* what a copy says of its clicks */

static void
xsell_impression_states(xsell_impression_t *imp, uint64_t seq)
{
    unsigned  i;

    imp->seq = seq & XSELL_IMP_ID;

    if (seq & XSELL_IMP_UNSEEN_BIT) {
        imp->flags |= XSELL_IMP_UNSEEN;
    }

    for (i = 0; i < XSELL_SLATE_MAX; i++) {
        imp->state[i] = seq >> (XSELL_IMP_CLICK_BIT + i) & 1
                        ? XSELL_IMP_CLICKED : XSELL_IMP_SHOWN;
    }
}


/* copies a slate; *seq: the word with which it was whole */

static int
xsell_impression_copy(const xsell_arena_t *a, uint64_t id,
    xsell_impression_t *imp, uint64_t *seq)
{
    size_t                     i, words;
    xsell_wide_t               *to;
    const xsell_wide_t         *from;
    const xsell_impression_t   *place;

    if (id == 0) {
        return XSELL_ELATE;
    }

    place = xsell_impression_place(a, id);
    *seq = xsell_load_acquire(&place->seq);

    if ((*seq & (XSELL_IMP_ID | XSELL_IMP_WRITING)) != id) {
        return XSELL_ELATE;
    }

    memset(imp, 0, sizeof(xsell_impression_t));

    imp->n = xsell_load(&place->n);

    if (imp->n > XSELL_SLATE_MAX) {
        return XSELL_ELATE;
    }

    words = (XSELL_IMP_HEAD + imp->n * sizeof(xsell_imp_row_t)) / 8;
    to = (xsell_wide_t *) (void *) imp;
    from = (const xsell_wide_t *) (const void *) place;

    for (i = XSELL_IMP_FIELDS / 8; i < words; i++) {
        to[i] = xsell_load(&from[i]);
    }

    /* n came twice: the sum is of what was copied, or does not match */

    if (imp->n > XSELL_SLATE_MAX || xsell_impression_sum(imp, id) != imp->sum) {
        return XSELL_ELATE;
    }

    xsell_impression_states(imp, *seq);

    return XSELL_OK;
}


int
xsell_impression_read(const xsell_arena_t *a, uint64_t id,
    xsell_impression_t *imp)
{
    uint64_t  seq;

    return xsell_impression_copy(a, id, imp, &seq);
}


int
xsell_impression_click(xsell_arena_t *a, uint64_t id, unsigned position,
    uint64_t now_ms, xsell_impression_t *imp)
{
    uint64_t  *word, bit, seq;

    if (xsell_impression_copy(a, id, imp, &seq) != XSELL_OK
        || position >= imp->n
        || (now_ms > imp->time_ms
            && now_ms - imp->time_ms > XSELL_IMPRESSION_MS))
    {
        return XSELL_ELATE;
    }

    word = &xsell_impression_place(a, id)->seq;
    bit = 1ull << (XSELL_IMP_CLICK_BIT + position);

    /* each failure is another click of this slate, or the end of it */

    while ((seq & (XSELL_IMP_ID | XSELL_IMP_WRITING)) == id) {

        if (seq & bit) {
            xsell_impression_states(imp, seq);
            return XSELL_EREPEATED;
        }

        if (__atomic_compare_exchange_n(word, &seq, seq | bit, 0,
                                        __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
        {
            xsell_impression_states(imp, seq | bit);
            return XSELL_OK;
        }
    }

    return XSELL_ELATE;
}


void
xsell_impression_unseen(xsell_arena_t *a, uint64_t id)
{
    uint64_t  *word, seq;

    word = &xsell_impression_place(a, id)->seq;
    seq = xsell_load(word);

    /* ends: each failure is a click, or a newer slate */

    while (id && (seq & (XSELL_IMP_ID | XSELL_IMP_WRITING)) == id
           && !__atomic_compare_exchange_n(word, &seq,
                                           seq | XSELL_IMP_UNSEEN_BIT, 0,
                                           __ATOMIC_RELAXED,
                                           __ATOMIC_RELAXED))
    {
        /* void */
    }
}


/* ---- the ledger of clicked rows ---------------------------------------- */

static xsell_ledger_bucket_t *
xsell_ledger_bucket(const xsell_arena_t *a, uint64_t session)
{
    uint64_t  state;

    state = session;

    return &a->ledger[((xsell_random(&state) >> 32) * a->ledger_n) >> 32];
}


static int
xsell_ledger_live(const xsell_ledger_row_t *row, uint32_t now_s)
{
    return row->session != 0
           && (now_s <= row->clicked_s
               || now_s - row->clicked_s <= XSELL_LEDGER_S);
}


xsell_ledger_row_t *
xsell_ledger_find(const xsell_arena_t *a, uint64_t session, xsell_ref_t item,
    uint32_t now_s)
{
    unsigned             i;
    xsell_ledger_row_t  *row, *found;

    if (session == 0) {
        return NULL;
    }

    found = NULL;
    row = xsell_ledger_bucket(a, session)->row;

    for (i = 0; i < XSELL_LEDGER_WAYS; i++, row++) {

        if (row->session == session && row->item == item
            && xsell_ledger_live(row, now_s)
            && (found == NULL || row->clicked_s > found->clicked_s))
        {
            found = row;
        }
    }

    return found;
}


xsell_ledger_row_t *
xsell_ledger_add(xsell_arena_t *a, uint64_t session, uint32_t now_s,
    int *evicted)
{
    unsigned             i;
    xsell_ledger_row_t  *row, *to;

    row = xsell_ledger_bucket(a, session)->row;
    to = row;

    for (i = 0; i < XSELL_LEDGER_WAYS && to->session; i++, row++) {
        if (row->session == 0 || row->clicked_s < to->clicked_s) {
            to = row;
        }
    }

    *evicted = xsell_ledger_live(to, now_s);

    /* killed from here on: a free row, or one that names no item yet */

    xsell_store(&to->session, 0);
    __atomic_thread_fence(__ATOMIC_RELEASE);

    memset((char *) to + sizeof(to->session), 0,
           sizeof(xsell_ledger_row_t) - sizeof(to->session));

    to->item = XSELL_NO_REF;
    to->anchor = XSELL_NO_REF;
    to->clicked_s = now_s;

    xsell_store_release(&to->session, session);

    return to;
}


void
xsell_ledger_forget(xsell_arena_t *a, uint64_t session)
{
    unsigned             i;
    xsell_ledger_row_t  *row;

    if (session == 0) {
        return;
    }

    row = xsell_ledger_bucket(a, session)->row;

    for (i = 0; i < XSELL_LEDGER_WAYS; i++, row++) {
        if (row->session == session) {
            xsell_store(&row->session, 0);
        }
    }
}


/* ---- order ids --------------------------------------------------------- */

static xsell_order_bucket_t *
xsell_order_bucket(const xsell_arena_t *a, uint64_t hash)
{
    return &a->orders[((hash >> 32) * a->orders_n) >> 32];
}


int
xsell_order_known(const xsell_arena_t *a, uint64_t hash)
{
    unsigned                     i;
    const xsell_order_bucket_t  *b;

    b = xsell_order_bucket(a, hash);

    for (i = 0; i < XSELL_ORDER_WAYS && hash; i++) {
        if (xsell_load(&b->hash[i]) == hash) {
            return 1;
        }
    }

    return 0;
}


/*
 * The eight newest of each bucket.  Moved from the end, so that a kill
 * between two stores repeats an id but loses only the oldest.
 */

int
xsell_order_once(xsell_arena_t *a, uint64_t hash)
{
    unsigned              i;
    xsell_order_bucket_t  *b;

    if (hash == 0) {
        return XSELL_OK;    /* no id: nothing to know it again by */
    }

    if (xsell_order_known(a, hash)) {
        return XSELL_EREPEATED;
    }

    b = xsell_order_bucket(a, hash);

    for (i = XSELL_ORDER_WAYS - 1; i > 0; i--) {
        xsell_store(&b->hash[i], b->hash[i - 1]);
        __atomic_thread_fence(__ATOMIC_RELEASE);
    }

    xsell_store(&b->hash[0], hash);

    return XSELL_OK;
}


/*
 * xsell.h: the engine's public interface, the only header that the nginx
 * module, the command line and the tests include.
 *
 * The engine is plain C11 on POSIX.  It knows no nginx, never logs, never
 * aborts, reads no clock and no random source: time, seeds and memory come
 * from the caller.  Functions return a code; what a person should read comes
 * back in an xsell_error_t.
 *
 * Verbs: create/destroy own memory; init/deinit and attach use the caller's;
 * view results borrow; copy fills the caller's buffer; _locked wants a lock
 * that the comment names; try may fail by design.
 *
 * Time is engine time (D15): milliseconds since the arena's birth, uint64_t,
 * monotonic; *_s are the same in whole seconds.
 */

#ifndef XSELL_H
#define XSELL_H

#include <stddef.h>
#include <stdint.h>

#include "xsell_layout.h"


/* said here alone; CHANGES and man/ are held against it (t/nginx/readme.t) */
#define XSELL_VERSION          "0.3.0"


/* ---- codes, strings, errors ------------------------------------------ */

enum {
    XSELL_OK = 0,
    XSELL_AGAIN = 1,        /* call again: more to do, or more input wanted */
    XSELL_NONE = 2,         /* nothing there: a normal answer */
    XSELL_BUSY = 3,         /* a lock was taken: go on without */
    XSELL_EINVAL = -1,      /* an argument or outside text is wrong */
    XSELL_ENOMEM = -2,
    XSELL_ENOSPC = -3,      /* the arena (zone) is too small */
    XSELL_ECORRUPT = -4,    /* checksum, range or structure wrong */
    XSELL_EVERSION = -5,    /* of another layout or format version */
    XSELL_EFORGED = -6,     /* a MAC does not verify */
    XSELL_ELATE = -7,       /* true, but too old to count */
    XSELL_EREPEATED = -8,   /* true, but counted before */
    XSELL_EFOREIGN = -9     /* of another visitor, shop or path */
};

/* a short English text for a code; never NULL */
const char *xsell_strerror(int code);


typedef struct {
    const char          *p;           /* not terminated */
    size_t               n;
} xsell_str_t;


/* where and what, and what to do; line and column from 1, 0 if unknown */

typedef struct {
    unsigned             line;
    unsigned             column;
    char                 text[240];
} xsell_error_t;

/* fills err (may be NULL) printf-like, returns code */
int xsell_fail(xsell_error_t *err, int code, unsigned line, unsigned column,
    const char *fmt, ...) __attribute__((format(printf, 5, 6)));


/* ---- names of the enumerations: one table each ------------------------ */

/* the words of metrics, logs and $xsell_state; NULL out of range */
const char *xsell_state_name(unsigned state);
const char *xsell_event_name(unsigned type);
const char *xsell_drop_name(unsigned reason);
const char *xsell_reason_name(unsigned reason);
const char *xsell_from_name(unsigned from);

/* event type by name ("view", "cart", ...); XSELL_EVENT_NONE if unknown */
unsigned xsell_event_type(const char *p, size_t n);

/* upper bounds of the decision histogram in microseconds, the last is
   UINT32_MAX; XSELL_HIST_BUCKETS of them */
extern const uint32_t  xsell_hist_bounds_us[XSELL_HIST_BUCKETS];


/* ---- store: locks (store/xsell_lock.c) -------------------------------- */

/*
 * Robust process-shared mutexes, trylock only.  The kernel hands the lock of
 * a dead owner on: never stolen by time, never waited for.  13 ns a pair.
 */

int xsell_lock_init(xsell_lock_t *lock);        /* OK or EINVAL */

/*
 * XSELL_OK, XSELL_BUSY, or XSELL_AGAIN: taken, but its last owner died
 * holding it: the caller must repair what the lock guards (the lock itself is
 * consistent again).
 */
int xsell_lock_try(xsell_lock_t *lock);
void xsell_lock_release(xsell_lock_t *lock);


/* ---- store: hashes (store/xsell_hash.c) ------------------------------- */

/* SipHash-2-4, 64 bits (Aumasson, Bernstein 2012): a keyed PRF */
uint64_t xsell_siphash(const uint8_t key[16], const void *p, size_t n);

/* splitmix64: advances *state, returns 64 well-mixed bits; not for secrets */
uint64_t xsell_random(uint64_t *state);


/* ---- store: the arena (store/xsell_arena.c) --------------------------- */

/* a process's view of an arena: pointers derived from the directory */

typedef struct {
    uint8_t                 *base;
    uint64_t                 bytes;
    xsell_header_t          *header;
    uint32_t                *hash;          uint32_t  hash_n;
    xsell_dict_entry_t      *dict;          uint32_t  items_n;   /* capacity */
    xsell_name_t            *names;
    xsell_bucket_t          *sessions;      uint32_t  buckets_n;
    xsell_bucket_t          *probation;     uint32_t  probation_n;
    xsell_item_record_t     *items;
    xsell_posting_t         *postings;
    xsell_chunk_t           *chunks;        uint32_t  chunks_n;
    xsell_pair_record_t     *pairs;
    xsell_sketch_t          *sketch;        uint32_t  sketch_n;
    xsell_top_t             *tops;
    xsell_model_t           *models;
    xsell_learner_t         *learner;
    xsell_affinity_t        *affinity;      uint32_t  affinity_n;
    uint32_t                *caps;          uint32_t  caps_n;
    xsell_crowd_t           *crowds;        uint32_t  crowds_n;
    xsell_goes_t            *goes;          uint32_t  goes_n;
    uint8_t                 *rings;         uint32_t  ring_entries;
    uint32_t                 ring_stride;   uint32_t  ring_mask;
    xsell_impression_t      *impressions;   uint32_t  impressions_n;
    xsell_ledger_bucket_t   *ledger;        uint32_t  ledger_n;
    xsell_order_bucket_t    *orders;        uint32_t  orders_n;
    xsell_counters_t        *counters;
    xsell_name_counters_t   *name_counters;
    xsell_url_bucket_t      *urls;          uint32_t  urls_n;
} xsell_arena_t;


/* how an arena of a size is cut; all from the one number */

typedef struct {
    uint64_t             bytes;
    uint32_t             items;             /* capacity */
    uint32_t             sessions;          /* main table, ways */
    uint32_t             probation;         /* ways */
    uint32_t             chunks;
    uint32_t             ring_entries;      /* per ring, power of two */
    uint32_t             impressions;
    uint32_t             ledger;            /* rows */
    uint32_t             orders;            /* remembered order ids */
    uint32_t             urls;              /* whose item is remembered */
    uint32_t             session_bytes;     /* all-in, per session */
    uint32_t             item_bytes;        /* all-in, per item */
    xsell_region_t       region[XSELL_REGIONS];
} xsell_plan_t;

#define XSELL_ARENA_MIN  (1024 * 1024)

/* cuts `bytes` (>= XSELL_ARENA_MIN, else ENOSPC with the wanted size) */
int xsell_plan(uint64_t bytes, xsell_plan_t *plan, xsell_error_t *err);

/* of sizes, offsets and versions of all records; equal means same layout */
uint64_t xsell_layout_signature(void);

/*
 * Formats mem (page aligned, `bytes` long, any contents) and attaches it.
 * seed: 16 random bytes, the dictionary's key.  mono_ms: the caller's
 * CLOCK_MONOTONIC now.  Nobody else may use mem yet.
 */
int xsell_arena_create(xsell_arena_t *a, void *mem, uint64_t bytes,
    const uint8_t seed[16], uint64_t mono_ms, xsell_error_t *err);

/*
 * Attaches an arena that another process or cycle formatted.  Reads only:
 * magic, signature, size and directory are checked, O(regions).  EVERSION
 * for another layout, ECORRUPT for anything absurd.
 */
int xsell_arena_attach(xsell_arena_t *a, void *mem, uint64_t bytes,
    xsell_error_t *err);

/*
 * The whole arena's invariants (after a torture; offline): every reference
 * in range, sequence words even, counts sane, no two sessions of one key in
 * a bucket, hash and dictionary agree, floats finite.  Wants no writer.
 * O(arena).
 */
int xsell_arena_validate(const xsell_arena_t *a, xsell_error_t *err);

/* engine time for the caller's CLOCK_MONOTONIC in ms; never negative */
uint64_t xsell_now_ms(const xsell_arena_t *a, uint64_t mono_ms);


/* ---- store: the dictionary (store/xsell_dictionary.c) ----------------- */

/* keyed hash of an item id, never 0 */
uint64_t xsell_item_hash(const xsell_arena_t *a, const char *id, size_t n);

/* slot | tag of an item, XSELL_NO_REF if unknown.  Lock-free, any process. */
xsell_ref_t xsell_dictionary_find(const xsell_arena_t *a, uint64_t hash);

/*
 * Names the items of a newly accepted catalogue: finds or appends each hash,
 * writes its reference to refs[i] (XSELL_NO_REF if no slot could be had).
 * Only the single master calls it (init_module; never under nginx -t), with
 * readers at work.  catalog: number of this catalogue, previous + 1.  When
 * the dictionary is full, slots that neither this catalogue nor the one
 * before named are given new tags and reused.  Returns how many items found
 * no place (0: all fine).  Publishes header.catalog last.
 */
uint32_t xsell_dictionary_map(xsell_arena_t *a, const uint64_t *hashes,
    uint32_t n, uint32_t catalog, uint64_t now_ms, xsell_ref_t *refs);

/* Levenshtein distance of two short names, case aside, for what a person
   mistyped; 24 if one is long (page/xsell_variable.c) */
unsigned xsell_name_distance(xsell_str_t a, xsell_str_t b);

/* index of a name (slot, template, arm), appended if new and `add`;
   0..XSELL_NAMES-1, or -1.  Adding: single master only. */
int xsell_name_index(xsell_arena_t *a, const char *p, size_t n, int add);

/* the same of a slot's template, "SLOT/TEMPLATE": it takes none of the last
   64, which slots may need */
int xsell_name_look(xsell_arena_t *a, xsell_str_t slot, xsell_str_t look,
    int add);


/* ---- store: sessions (store/xsell_session.c) -------------------------- */

#define XSELL_VISIT_GAP_S      1800     /* D6: a visit ends after 30 minutes */
#define XSELL_REFRESH_S        10       /* D16: the same item again */

/* a consistent private copy of a record */

typedef struct {
    xsell_session_record_t   r;
    uint32_t                 idx;       /* way in SESSIONS; XSELL_NO_REF while
                                           in probation */
} xsell_session_t;

/*
 * Copies the session of `key` out, lock-free (two tries); looks in the main
 * table, then in probation.  XSELL_OK, XSELL_NONE, or XSELL_BUSY (torn
 * twice).  Every slot in the copy is in range, n and visit_n are sane.
 */
int xsell_session_read(const xsell_arena_t *a, uint64_t key,
    xsell_session_t *s);

/* the same for a way of the main table by index (kNN); no key check */
int xsell_session_at(const xsell_arena_t *a, uint32_t idx,
    xsell_session_record_t *r);

/* how long ago the visit's last deed was, ms, at least 500; 0: there is no
   visit running.  What a view's event has as dwell_ms, for pages without one */
uint32_t xsell_session_dwell(const xsell_session_t *s, uint64_t now_ms);

/*
 * Applies an event to its session record: the only function that changes
 * one.  In: type, time_ms, session, item, flags & XSELL_EV_COOKIE, others
 * for an order (its lines; n = 0: the cart's entries are the lines).  Out:
 * session_idx, flags (REFRESH, VISIT, PROBATION, PROMOTED, SEEN), others, n,
 * visit_n as xsell_event_t says; an order without lines and without a cart
 * has n = 0.  s: the record after the change, may be NULL.
 * Takes bucket locks, at most three tries each; XSELL_BUSY: nothing was
 * changed, drop the event and count it.  XSELL_NONE: no record (an erase, or
 * a cart of an unknown visitor): nothing to learn for it.
 * ERASE frees the record in both tables.
 */
int xsell_session_apply(xsell_arena_t *a, xsell_event_t *ev,
    xsell_session_t *s);

/* how many ways of the main table are in use and were seen since `since_s`;
   O(table); for status, in slices: from bucket *at on, at most `buckets`,
   advances *at; XSELL_AGAIN until done */
int xsell_session_count(const xsell_arena_t *a, uint32_t since_s,
    uint32_t *at, uint32_t buckets, uint64_t *n);


/* ---- store: events (store/xsell_event.c) ------------------------------ */

/* a worker's claim on a ring */

typedef struct {
    xsell_ring_t        *ring;          /* NULL: none */
} xsell_claim_t;

/* claims a free ring, also one whose owner died; XSELL_BUSY: none free */
int xsell_ring_claim(xsell_arena_t *a, xsell_claim_t *c, uint32_t pid);
void xsell_ring_release(xsell_claim_t *c);

/* appends; XSELL_BUSY when full or unclaimed (count it).  Claimant only. */
int xsell_ring_push(xsell_arena_t *a, xsell_claim_t *c,
    const xsell_event_t *ev);

/*
 * The learner's end: peek copies the oldest event of ring r without taking
 * it (XSELL_NONE: empty), pop moves past it.  Lease holder only.
 */
int xsell_ring_peek(const xsell_arena_t *a, uint32_t r, xsell_event_t *ev);
void xsell_ring_pop(xsell_arena_t *a, uint32_t r);

/* whether an event from outside (log, warm-up) or a ring is within ranges */
int xsell_event_validate(const xsell_arena_t *a, const xsell_event_t *ev);


/* ---- store: impressions (store/xsell_impression.c) -------------------- */

/*
 * Takes the next impression id and writes the slate into the ring.  imp:
 * filled by the caller but for seq.  Returns the id (never 0).  Lock-free.
 */
uint64_t xsell_impression_open(xsell_arena_t *a, xsell_impression_t *imp);

/* the slate came to no page: nothing is learned of it */
void xsell_impression_unseen(xsell_arena_t *a, uint64_t id);

/* copies a shown slate; XSELL_ELATE if overwritten or unknown */
int xsell_impression_read(const xsell_arena_t *a, uint64_t id,
    xsell_impression_t *imp);

/*
 * Books the click on row `position` exactly once: OK, EREPEATED, or ELATE
 * (overwritten, older than 30 minutes, or never shown).  imp: the slate.
 */
int xsell_impression_click(xsell_arena_t *a, uint64_t id, unsigned position,
    uint64_t now_ms, xsell_impression_t *imp);

#define XSELL_IMPRESSION_MS    (30 * 60 * 1000)
#define XSELL_LEDGER_S         (7 * 24 * 3600)

/* the ledger of clicked rows; learner only.  Returns the row or NULL. */
xsell_ledger_row_t *xsell_ledger_find(const xsell_arena_t *a,
    uint64_t session, xsell_ref_t item, uint32_t now_s);

/* a row for a click, evicting the oldest; *evicted set if it was live */
xsell_ledger_row_t *xsell_ledger_add(xsell_arena_t *a, uint64_t session,
    uint32_t now_s, int *evicted);

/* frees all rows of an erased visitor; O(bucket) */
void xsell_ledger_forget(xsell_arena_t *a, uint64_t session);

/* whether an order id was learned; any process, may lag a tick behind */
int xsell_order_known(const xsell_arena_t *a, uint64_t hash);

/* XSELL_OK the first time an order id is seen, then EREPEATED; learner only */
int xsell_order_once(xsell_arena_t *a, uint64_t hash);


/* ---- store: URLs and their items (store/xsell_url.c) ------------------ */

/* which page a URL means, as xsell_locator() has it */

typedef struct {
    uint64_t             full;          /* of path and parameters */
    uint64_t             path;
    uint8_t              queried;       /* there are parameters */
    uint8_t              root;          /* the path is "/" */
} xsell_locator_t;

/*
 * What pages said of themselves, by a hash of their URL; any process, never
 * waits.  find: OK, AGAIN (it is time to look at the page again) or NONE (it
 * was never looked at, or has been forgotten).  *ref: the item, XSELL_NO_REF
 * if the page was about none.
 *
 * keys: of the page with its parameters, and plain: whatever they are.
 */
#define XSELL_URL_EXACT        0
#define XSELL_URL_PLAIN        1

void xsell_url_keys(const xsell_arena_t *a, xsell_str_t host,
    const xsell_locator_t *url, uint64_t key[2]);
int xsell_url_find(const xsell_arena_t *a, uint64_t key, uint64_t now_ms,
    xsell_ref_t *ref);
void xsell_url_learn(xsell_arena_t *a, uint64_t key, uint64_t now_ms,
    xsell_ref_t ref);


/* ---- store: who taught lately (store/xsell_caps.c) --------------------- */

#define XSELL_CAPS_VISITOR     12       /* rewards an hour */
#define XSELL_CAPS_NETWORK     32       /* an hour, or */
#define XSELL_CAPS_SHARE       32       /* one of so many of the shop's */
#define XSELL_CAPS_ITEM_SHARE  8        /* and of these, one of so many */
#define XSELL_CAPS_ITEM        4        /* views, order lines of an item by a
                                           network in an hour, or */
#define XSELL_CAPS_TREND       64.0f    /* one of so many of its views lately
                                           (trend): an eighth of an hour's */

enum {
    XSELL_CAPS_REWARD = 1,
    XSELL_CAPS_VIEW,
    XSELL_CAPS_SOLD
};

/*
 * Whether a reward (click, cart, order, rating) of a visitor and of his network
 * (0: unknown) may teach: 1, and it is counted; or 0 if one of them has given
 * its share of the last hours.  Learner only; once a reward.
 */
int xsell_caps_reward(xsell_arena_t *a, uint64_t session, uint32_t network,
    xsell_ref_t item, uint32_t now_s);

/* whether a reward of this network for this item might teach; counts nothing */
int xsell_caps_open(const xsell_arena_t *a, uint32_t network,
    xsell_ref_t item, uint32_t now_s);

/* the same for what is counted by item alone (XSELL_CAPS_VIEW, _SOLD), where
   trend is the item's */
int xsell_caps_item(xsell_arena_t *a, uint32_t what, uint32_t network,
    xsell_ref_t item, float trend, uint32_t now_s);
int xsell_caps_item_open(const xsell_arena_t *a, uint32_t what,
    uint32_t network, xsell_ref_t item, float trend, uint32_t now_s);


/* ---- store: tokens (store/xsell_token.c, libcrypto) ------------------- */

#define XSELL_COOKIE_LEN       48       /* base64url, no padding */
#define XSELL_TOKEN_LEN        31       /* base64url, no padding */
#define XSELL_SECRET_BYTES     32
#define XSELL_COOKIE_S         (90 * 24 * 3600)
#define XSELL_COOKIE_RENEW_S   (24 * 3600)

/* subkeys of up to two secrets, one per purpose (HKDF, RFC 5869) */
typedef struct xsell_keys_s  xsell_keys_t;

/*
 * text: the secret file, 1 or 2 lines of 64 hex digits; the first signs,
 * both verify.  NULL text: random secret (tests, demo); then `random` gives
 * 32 bytes.  shop: name mixed into every subkey.  Errors name the line,
 * never the contents.
 */
int xsell_keys_create(xsell_keys_t **keys, const char *text, size_t n,
    const uint8_t random[32], xsell_str_t shop, xsell_error_t *err);
void xsell_keys_destroy(xsell_keys_t *keys);    /* wipes */

/* a visitor as the cookie names it */

typedef struct {
    uint8_t              id[16];        /* random; the first 8 bytes, little
                                           endian, are the session key */
    uint32_t             issued;        /* wall clock, seconds */
} xsell_visitor_t;

uint64_t xsell_visitor_key(const xsell_visitor_t *v);   /* never 0 */

/* writes XSELL_COOKIE_LEN characters: version and key (1), id (16), issued
   (4), MAC (15 bytes of HMAC-SHA256 under the cookie subkey) */
void xsell_cookie_write(const xsell_keys_t *keys, const xsell_visitor_t *v,
    char out[XSELL_COOKIE_LEN]);

/* OK; EINVAL (length, alphabet, version); EFORGED; ELATE (older than 90 days
   or more than a day in the future of `wall_s`).  Constant-time compare. */
int xsell_cookie_read(const xsell_keys_t *keys, const char *p, size_t n,
    uint32_t wall_s, xsell_visitor_t *v);

/* what a link in a fragment says */

typedef struct {
    uint32_t             epoch;         /* boot epoch of the arena */
    uint64_t             impression;    /* 40 bits go into the token */
    xsell_ref_t          item;
    uint8_t              position;
} xsell_link_t;

/*
 * XSELL_TOKEN_LEN characters: version and key (1), epoch (4), impression (5),
 * position (1), item (4), MAC (8: SipHash-2-4 under the link subkey, over
 * the visitor's id, these, and the target path).  path: the link's path
 * without query or fragment, percent-encoded as in the link.
 */
void xsell_token_write(const xsell_keys_t *keys, const xsell_link_t *link,
    const xsell_visitor_t *v, xsell_str_t path, char out[XSELL_TOKEN_LEN]);

/* the same in steps: what a token takes of a path is good as long as the keys
   are, what the tokens of a fragment share is made once */

typedef struct {
    uint64_t             state[4];      /* of the MAC */
    uint8_t              head[10];      /* how they begin */
} xsell_signer_t;

typedef struct {
    const uint64_t      *path;          /* xsell_token_path */
    char                *to;            /* XSELL_TOKEN_LEN bytes */
    uint32_t             item;
    uint8_t              position;
} xsell_sign_t;

void xsell_token_path(const xsell_keys_t *keys, xsell_str_t path,
    uint64_t out[2]);
void xsell_token_begin(const xsell_keys_t *keys, uint32_t epoch,
    uint64_t impression, const xsell_visitor_t *v, xsell_signer_t *s);
void xsell_token_sign(const xsell_signer_t *s, const xsell_sign_t *what,
    unsigned n);

/* OK; EINVAL (form); EFORGED (MAC wrong: forged, or of another visitor, shop
   or path: these can't be told apart).  v NULL: EFOREIGN if well-formed, and
   link is what somebody says, unverified. */
int xsell_token_read(const xsell_keys_t *keys, const char *p, size_t n,
    const xsell_visitor_t *v, xsell_str_t path, xsell_link_t *link);

/* 16 hex digits that name a visitor in the event log: keyed, changes with
   the calendar month of wall_s */
void xsell_visitor_alias(const xsell_keys_t *keys, uint64_t session,
    uint32_t wall_s, char out[16]);

/* whether this visitor is held out: hash(visitor, shop) below permyriad;
   fixed for a visitor and secret */
int xsell_holdout(const xsell_keys_t *keys, const xsell_visitor_t *v,
    unsigned permyriad);


/* ---- model: the catalogue (model/xsell_catalog.c) --------------------- */

#define XSELL_ID_MAX           128
#define XSELL_NO_ITEM          0xffffffffu

enum {
    XSELL_IN_STOCK = 0,
    XSELL_PREORDER,
    XSELL_BACKORDER,
    XSELL_LIMITED,
    XSELL_OUT_OF_STOCK,
    XSELL_DISCONTINUED
};

/* an item's record, as it also stands in compiled catalogues.  Its texts lie
   one after another elsewhere: ask xsell_catalog_text() */

typedef struct {
    uint64_t             text_off;
    int64_t              price;         /* minor units; -1 unknown */
    uint32_t             category_idx;  /* 0: none; equal path, equal number */
    uint32_t             brand_idx;     /* 0: none */
    uint32_t             group_idx;     /* 0: none; items that are variants
                                           of one product share it */
    uint32_t             tags_idx;
    uint32_t             title_n;
    uint32_t             description_n;
    uint32_t             rating_n;      /* how many people rated it */
    uint16_t             rating;        /* hundredths of a star; 0 unknown */
    uint16_t             url_n;
    uint16_t             image_n;
    uint8_t              id_n;
    uint8_t              availability;
    int8_t               prior;         /* how much better it is liked than
                                           the catalogue's average, -127..127
                                           for -1..1; 0 also: unknown */
    uint8_t              margin;        /* what is earned of the price, in
                                           percent, + 1; 0 unknown */
    uint8_t              pad[2];
} xsell_item_t;

typedef struct xsell_catalog_s  xsell_catalog_t;

/* called per warning (unknown key once, bad optional value, duplicate) */
typedef void (*xsell_warn_pt)(void *ctx, const xsell_error_t *warning);

/*
 * Builds a catalogue from JSON: an array of objects or JSON lines.  Keys and
 * the Google Merchant names that are taken as their aliases are in the
 * README's table.  Fatal: bad JSON, no id, no title or url, an id that is
 * too long, two currencies, no item at all.  Warned and skipped: duplicate
 * ids (the first counts); warned and left out: bad optional values.
 * text is not kept.  Cost about 11 us an item (jansson).
 */
int xsell_catalog_create(xsell_catalog_t **cat, const char *text, size_t n,
    xsell_warn_pt warn, void *ctx, xsell_error_t *err);

/* the same; done (may be NULL) hears now and then how many bytes of the text
   won't be read again: who mapped it lets them go */
int xsell_catalog_stream(xsell_catalog_t **cat, const char *text, size_t n,
    xsell_warn_pt warn, void (*done)(void *ctx, size_t off), void *ctx,
    xsell_error_t *err);
void xsell_catalog_destroy(xsell_catalog_t *cat);

/*
 * A compiled catalogue (model/xsell_image.c): the same parts, as a file that
 * is mapped.  write: puts it piece by piece, EINVAL if put fails (it returns
 * other than XSELL_OK).  compiled: whether bytes begin as one.  open: mem, at
 * a multiple of 8, stays what it is until destroy; reads the head only; EINVAL:
 * no such file, EVERSION: compile it again, ECORRUPT.  check: all the rest,
 * ECORRUPT; seconds for gigabytes; before it is used for what matters.
 */
#define XSELL_IMAGE_HEAD       1024

typedef int (*xsell_put_pt)(void *ctx, const void *p, size_t n);

int xsell_catalog_write(const xsell_catalog_t *cat, xsell_put_pt put,
    void *ctx);
int xsell_catalog_compiled(const void *mem, size_t n);
int xsell_catalog_open(xsell_catalog_t **cat, const void *mem, size_t n,
    xsell_error_t *err);
int xsell_catalog_check(const xsell_catalog_t *cat, xsell_error_t *err);

uint32_t xsell_catalog_n(const xsell_catalog_t *cat);
const xsell_item_t *xsell_catalog_item(const xsell_catalog_t *cat,
    uint32_t idx);                       /* NULL out of range */
xsell_str_t xsell_catalog_currency(const xsell_catalog_t *cat); /* "EUR" */
unsigned xsell_catalog_exponent(const xsell_catalog_t *cat);    /* EUR: 2 */
size_t xsell_catalog_bytes(const xsell_catalog_t *cat);

/* index by id, XSELL_NO_ITEM if absent; O(1) */
uint32_t xsell_catalog_find(const xsell_catalog_t *cat, const char *id,
    size_t n);

/* index by reference; XSELL_NO_ITEM if this catalogue has no such item or
   the tag differs; O(1), one load */
uint32_t xsell_catalog_of(const xsell_catalog_t *cat, xsell_ref_t ref);

/*
 * Which page a URL means (model/xsell_locator.c): absolute, "//host/..." or
 * "/...", as a request line or a link has it.  Scheme, host, fragment and the
 * parameters of advertisements and mailings do not count.  EINVAL: no such
 * URL, or longer than 2048 bytes.
 */

int xsell_locator(xsell_locator_t *a, const char *p, size_t n);

/* the item whose URL in the catalogue is this page's; XSELL_NO_ITEM if none,
   or if two products share it; O(1) */
uint32_t xsell_catalog_page(const xsell_catalog_t *cat,
    const xsell_locator_t *a);

/* the item that a page means by an id (also "sku:ID") or a URL */

enum {
    XSELL_IDENTITY_ID = 0,
    XSELL_IDENTITY_URL
};

uint32_t xsell_catalog_identify(const xsell_catalog_t *cat, unsigned what,
    const char *p, size_t n);

/* the same item, or variants of one product */
int xsell_catalog_same(const xsell_catalog_t *cat, uint32_t a, uint32_t b);

/* items of a category in catalogue order; NULL and 0 if none */
const uint32_t *xsell_catalog_category(const xsell_catalog_t *cat,
    uint32_t category_idx, uint32_t *n);

/*
 * What an item is like: its nearest neighbours by the words of title,
 * category, brand and tags (TF-IDF, cosine), most similar first; variants of
 * the same product, and what can't be had, left out.  Returns how many; 0 also
 * if they were not built.
 *
 * build: once, before the catalogue is read by others (a second call does
 * nothing, nor one for a compiled catalogue, which has what it was compiled
 * with).  ENOMEM: the catalogue is as good as before, without neighbours.
 * About 25 us an item, 68 bytes an item in the catalogue, 300 to 800 while
 * building.
 */
#define XSELL_SIMILAR_MAX      16

typedef struct {
    uint32_t             item;          /* of this catalogue */
    float                likeness;      /* 0..1 */
} xsell_similar_t;

int xsell_content_build(xsell_catalog_t *cat);
uint32_t xsell_catalog_similar(const xsell_catalog_t *cat, uint32_t idx,
    xsell_similar_t out[XSELL_SIMILAR_MAX]);

/*
 * Texts of an item, "" if it has none (item may be NULL), and its reference.
 * Good as long as the catalogue.
 */

enum {
    XSELL_TEXT_ID = 0,
    XSELL_TEXT_TITLE,
    XSELL_TEXT_URL,
    XSELL_TEXT_IMAGE,
    XSELL_TEXT_DESCRIPTION,
    XSELL_TEXT_BRAND,
    XSELL_TEXT_CATEGORY,        /* levels joined by " > " */
    XSELL_TEXT_TAGS,            /* joined by '\n' */
    XSELL_TEXTS
};

xsell_str_t xsell_catalog_text(const xsell_catalog_t *cat,
    const xsell_item_t *item, unsigned text);
xsell_ref_t xsell_catalog_ref(const xsell_catalog_t *cat,
    const xsell_item_t *item);

/* ratings and reviews: -1..1, as item->prior; while the catalogue is built */
void xsell_catalog_prior(xsell_catalog_t *cat, uint32_t idx, float prior);

/*
 * Vectors of the items (model/xsell_plane.c): a few planes, each of one width.
 * While the catalogue is built: begin (EINVAL, ENOMEM; forgets an earlier
 * plane of this number), row for each item that has a vector (EINVAL: not
 * finite, no such item or plane; NONE: all zero, left out), finish (ENOMEM:
 * the plane is as good as before, without neighbours).  Cost of finish: exact
 * up to 5,600 items, beyond about 900 products of rows an item; 200 bytes an
 * item while it lasts.
 */

#define XSELL_DIMS_MAX         1024

enum {
    XSELL_PLANE_CONTENT = 0,    /* embeddings made elsewhere */
    XSELL_PLANE_VISUAL,         /* looks like */
    XSELL_PLANE_HARMONY,        /* goes with */
    XSELL_PLANE_STYLE,
    XSELL_PLANES
};

const char *xsell_plane_name(unsigned plane);       /* NULL out of range */
int xsell_plane_find(const char *p, size_t n);      /* by name; -1: none */

int xsell_plane_begin(xsell_catalog_t *cat, unsigned plane, unsigned dims);
int xsell_plane_row(xsell_catalog_t *cat, unsigned plane, uint32_t idx,
    const float *v);
int xsell_plane_finish(xsell_catalog_t *cat, unsigned plane);

/*
 * Makes the plane of styles from the items' embeddings, else from what they
 * look like (model/xsell_style.c); n: items that have one.  NONE: there is
 * nothing to make it of, or the catalogue has one; ENOMEM.  Without
 * neighbours.  Costs a tenth of a second, and 8 products of rows an item.
 */
#define XSELL_STYLE_DIMS                                                      \
    ((unsigned) sizeof(((xsell_session_record_t *) 0)->style))

int xsell_plane_style(xsell_catalog_t *cat, uint32_t *n);

/* width of a plane, 0 if the catalogue has no such plane */
unsigned xsell_plane_dims(const xsell_catalog_t *cat, unsigned plane);

typedef struct {
    const int8_t        *p;             /* dims bytes, -127..127; NULL: none */
    float                scale;         /* times p: what came in */
    float                inverse;       /* times p: the same, of length 1 */
} xsell_vector_t;

/* the vector of an item; 0 if it has none */
int xsell_plane_vector(const xsell_catalog_t *cat, unsigned plane,
    uint32_t idx, xsell_vector_t *v);

/* sum of products; exact for n <= XSELL_DIMS_MAX without -128.  A cosine is
   dot x inverse x inverse.  1 ns for 16 */
int32_t xsell_vector_dot(const int8_t *x, const int8_t *y, unsigned n);

/* -1..1; 0 if one of the items has no vector */
float xsell_plane_cosine(const xsell_catalog_t *cat, unsigned plane,
    uint32_t x, uint32_t y);

/* the nearest of an item, best first, at most XSELL_SIMILAR_MAX: not variants
   of it, one a product, only what can be had; returns how many */
uint32_t xsell_plane_near(const xsell_catalog_t *cat, unsigned plane,
    uint32_t idx, xsell_similar_t out[XSELL_SIMILAR_MAX]);

/* gives each item its reference (xsell_dictionary_map) and builds the way
   back; once, by the process that created the catalogue */
int xsell_catalog_map(xsell_catalog_t *cat, xsell_arena_t *a,
    uint32_t number, uint64_t now_ms, uint32_t *unmapped);

/* the same for a worker-less reader (nginx -t, tests): looks up, adds
   nothing */
int xsell_catalog_lookup(xsell_catalog_t *cat, const xsell_arena_t *a);

/*
 * A price as decimal text in the shop's minor units ("12.50" -> 1250): also
 * what order values go through.  EINVAL: not a number, negative, too large.
 */
int xsell_price_parse(const char *p, size_t n, unsigned exponent,
    int64_t *minor);

/*
 * The text of a key of a flat JSON object from outside (numbers as written
 * by %lld or %.15g).  EINVAL: not an object; NONE: no such key, not a text
 * or number, or longer than cap.
 */
int xsell_json_field(const char *p, size_t n, const char *key, char *out,
    size_t cap, size_t *len);


/* ---- model: what reviews feel like (model/xsell_sentiment.c) ---------- */

/*
 * VADER's method (Hutto, Gilbert 2014) on lexicons from outside, for the
 * build of a catalogue: a worker never asks it.  One thread at a time.
 */

#define XSELL_SENTIMENT_TEXT   32768    /* bytes; what is longer is cut */

typedef struct xsell_sentiment_s  xsell_sentiment_t;

typedef struct {
    double               compound;      /* -1..1 */
    double               negative;      /* shares of the text: sum 1, */
    double               neutral;       /* or all 0 without a word */
    double               positive;
} xsell_mood_t;

int xsell_sentiment_create(xsell_sentiment_t **s, xsell_error_t *err);
void xsell_sentiment_destroy(xsell_sentiment_t *s);

/* one more file of words, as VADER has them: copied; EINVAL with the line.
   words: that have a valence so far */
int xsell_sentiment_add(xsell_sentiment_t *s, xsell_str_t lexicon,
    xsell_error_t *err);
uint32_t xsell_sentiment_words(const xsell_sentiment_t *s);

/* about 3 us for a sentence; any bytes */
void xsell_sentiment(xsell_sentiment_t *s, xsell_str_t text,
    xsell_mood_t *mood);


/*
 * Reviews of a catalogue's items (model/xsell_opinion.c), while it is built.
 * sentiment: NULL for stars alone; borrowed, as cat is.
 *
 * read: JSON, an array or lines, any number of times.  Reviews with the id of
 * their item ("item", "sku", "asin", ...), "stars" (or "rating", "overall")
 * and "text" (or "reviewBody", "reviewText"), either of them; or items with
 * such objects in a list "reviews".  EINVAL: no JSON; what is no review is
 * warned about and left out.
 *
 * apply: gives each item with reviews its prior: stars above the shop's mean,
 * drawn to it by ten reviews, -1..1.  cat: may be NULL, only counts.
 */

typedef struct xsell_opinions_s  xsell_opinions_t;

typedef struct {
    uint32_t             reviews;
    uint32_t             unknown;       /* left out: of items not here */
    uint32_t             items;         /* that have reviews */
    double               stars;         /* means of all reviews */
    double               mood;
} xsell_opinions_sum_t;

int xsell_opinions_create(xsell_opinions_t **o, const xsell_catalog_t *cat,
    xsell_sentiment_t *sentiment);
void xsell_opinions_destroy(xsell_opinions_t *o);
int xsell_opinions_read(xsell_opinions_t *o, const char *text, size_t n,
    xsell_warn_pt warn, void *ctx, xsell_error_t *err);
void xsell_opinions_apply(const xsell_opinions_t *o, xsell_catalog_t *cat,
    xsell_opinions_sum_t *sum);


/* ---- model: settings, ranking (model/xsell_rank.c) -------------------- */

typedef struct {
    uint32_t             min_visits;    /* a pair is shown from this many */
    uint32_t             neighbours;    /* k of VMIS-kNN */
    uint32_t             anchors;       /* newest items of a visit asked */
    float                mmr;           /* 0: no diversity .. 1 */
    uint32_t             memory_ms;     /* how old may be what visitors of an
                                           item share; 0: made anew each time */
    float                alpha;         /* draws: how much of what is not known
                                           is tried out; 0: none */
    float                leaving;       /* clicks that a visitor is worth who
                                           does not leave, the visit's own
                                           aside */
    float                value;         /* logits that a row gains when it costs
                                           twice as much; 0: only its chance
                                           of a click counts */
} xsell_settings_t;

void xsell_settings_default(xsell_settings_t *s);

/*
 * A shop's own rules, as its marketer writes them (model/xsell_business*.c):
 * JSON, see the README.  Made for one catalogue, which is borrowed (NULL: the
 * file is only checked); read only.
 * EINVAL: line, column, the nearest known name; warnings: what the catalogue
 * lacks, what contradicts.
 *
 * zone: the contents of the tz database's file of the time zone that the rules
 * are written in ("": UTC).  Which one that is, xsell_business_zone says:
 * XSELL_OK and its name ("" if it is none), XSELL_NONE: the server's own.
 * Anything else ("-", where there is no such file) is told with the place of
 * its name.
 */
#define XSELL_BUSINESS_MAX     64       /* rules */
#define XSELL_BUSINESS_CAPS    4        /* with "times" */

typedef struct xsell_business_s  xsell_business_t;

int xsell_business_create(xsell_business_t **b, const char *text, size_t n,
    xsell_str_t zone, const xsell_catalog_t *cat, xsell_warn_pt warn,
    void *ctx, xsell_error_t *err);
void xsell_business_destroy(xsell_business_t *b);
int xsell_business_zone(const char *text, size_t n, char name[64]);

/* a date as in the rules, without a zone in theirs ("2026-11-27 18:00") */
int xsell_business_date(const xsell_business_t *b, const char *p, size_t n,
    int64_t *wall_s);

/*
 * What of them can't work on this site: slots that no page has (nothing is said
 * of them if none is given), places behind the end of every slot, countries
 * where nobody tells them.  Only told, by `warn`, with line and column.
 */
typedef struct {
    xsell_str_t          name;
    uint32_t             items;         /* places */
} xsell_business_slot_t;

void xsell_business_site(const xsell_business_t *b,
    const xsell_business_slot_t *slot, uint32_t n, int countries,
    xsell_warn_pt warn, void *ctx);

/* how many; the name of one, a view; whether any asks for the country */
uint32_t xsell_business_n(const xsell_business_t *b);
xsell_str_t xsell_business_name(const xsell_business_t *b, uint32_t i);
int xsell_business_homed(const xsell_business_t *b);


/* why an item is offered; the strongest contribution to its score */

enum {
    XSELL_REASON_NONE = 0,
    XSELL_REASON_VIEWED,        /* visits that saw this also saw it (kNN) */
    XSELL_REASON_BOUGHT,        /* bought together */
    XSELL_REASON_CATEGORY,      /* of the same category */
    XSELL_REASON_POPULAR,
    XSELL_REASON_TRENDING,
    XSELL_REASON_NEW,
    XSELL_REASON_SIMILAR,       /* alike by its words */
    XSELL_REASON_LOOKS,         /* alike in its picture */
    XSELL_REASON_GOES,          /* of a kind, or of colours, that go with it */
    XSELL_REASONS
};

/* the features of a row, each about -2..2; weight[] of the model is theirs.
   Issue by issue more of the 24 are filled; unused ones are 0 */

enum {
    XSELL_F_BIAS = 0,
    XSELL_F_KNN,
    XSELL_F_BOUGHT,
    XSELL_F_VIEWED,
    XSELL_F_CATEGORY,
    XSELL_F_BRAND,
    XSELL_F_POPULAR,
    XSELL_F_TREND,
    XSELL_F_SOLD,
    XSELL_F_NEW,
    XSELL_F_PRICE_UP,
    XSELL_F_PRICE_GAP,
    XSELL_F_SEEN,
    XSELL_F_LIFT,
    XSELL_F_SIMILAR,
    XSELL_F_BEFORE,             /* neighbours of the item viewed before */
    XSELL_F_VISUAL,
    XSELL_F_STYLE,              /* of the item, by the visit's average */
    XSELL_F_RATING,
    XSELL_F_GEO,
    XSELL_F_DWELL,              /* on the page before */
    XSELL_F_DWELL_BOUGHT,       /* products: how much it counts */
    XSELL_F_DWELL_STYLE,
    XSELL_F_DEPTH_BOUGHT,
    XSELL_F_DEPTH_STYLE,
    XSELL_F_BACK_STYLE,
    XSELL_F_MOBILE_VISUAL,
    XSELL_F_MOBILE_PRICE
};

typedef struct {
    uint32_t             item;          /* of the catalogue */
    xsell_ref_t          ref;
    float                score;
    uint16_t             propensity;    /* q16; 0: of a draw, not known */
    uint16_t             pair;          /* as of an impression's row */
    uint8_t              reason;
    uint8_t              rule;          /* of q->business that did most to
                                           put it there, + 1; 0: none */
    uint8_t              caps;          /* bit per counter of the session */
    uint8_t              same;          /* tossed for: it would have stood
                                           there anyway */
    int8_t               feature[XSELL_FEATURES];   /* q5 */
} xsell_pick_t;

typedef struct {
    uint32_t             n;
    uint32_t             candidates;    /* before the rules */
    uint32_t             generation;    /* of the model used */
    float                click;         /* what is expected of this arm */
    float                leave;
    uint16_t             arm_propensity;
    uint8_t              arm;           /* of the query's; XSELL_ARM_NONE */
    uint8_t              look;          /* its factor bits */
    uint8_t              explored;      /* position + 1 of a row that was
                                           tossed for, 0: none */
    uint8_t              flags;         /* XSELL_IMP_* */
    uint8_t              kind;          /* of the page's item */
    int8_t               term[XSELL_TERMS];
    xsell_pick_t         pick[XSELL_SLATE_MAX];
} xsell_slate_t;


/* what the terms of a slate say of the visit */

typedef struct {
    uint8_t              mobile;
    uint8_t              back;
    uint8_t              depth;         /* pages of items; 6: or more */
    uint8_t              streak;        /* 4: or more, so the cart */
    uint8_t              cart;
    uint8_t              ignored;       /* 8: or more */
    uint8_t              since_s;       /* the last offer; 0: none of late */
    uint8_t              country;       /* is known */
} xsell_told_t;

void xsell_look_tell(const int8_t term[XSELL_TERMS], xsell_told_t *told);


/*
 * A candidate that the caller brings, with what his sources say in the units
 * of features: about -2..2, taken as it is.  ref: of the catalogue, each once.
 */

typedef struct {
    xsell_ref_t          ref;
    float                knn;           /* seen in visits with the page's item */
    float                before;        /* ... with the one viewed before it */
    float                bought;
    float                similar;
    float                visual;
    float                geo;
    float                trend;
    float                fresh;         /* new in the shop */
} xsell_given_t;

#define XSELL_GIVEN_MAX        200


/* where the visitor came from */

enum {
    XSELL_REFERRER_NONE = 0,
    XSELL_REFERRER_OWN,
    XSELL_REFERRER_SEARCH,
    XSELL_REFERRER_SOCIAL,
    XSELL_REFERRER_MAIL,
    XSELL_REFERRER_OTHER
};

typedef struct {
    uint32_t             dwell_ms;      /* on the page before; 0: none */
    uint16_t             depth;         /* page of the visit, from 1; 0: as the
                                           session says */
    uint8_t              mobile;
    uint8_t              back;          /* the page was seen before */
    uint8_t              hour;
    uint8_t              referrer;      /* XSELL_REFERRER_* */
} xsell_moment_t;


/* factor bits of a template */
#define XSELL_LOOK_STORY       0x01         /* format: carousel, story */
#define XSELL_LOOK_PLACEMENT   0x02
#define XSELL_LOOK_SIZE        0x04
#define XSELL_LOOK_ANIMATION   0x08

#define XSELL_ARMS             16
#define XSELL_ARM_NONE         0xff         /* show nothing */

/* for those who measure: parts of the decision switched off */
#define XSELL_RANK_HAND        0x01         /* nothing learned: by hand */
#define XSELL_RANK_GREEDY      0x02         /* means: no draw, no toss */
#define XSELL_RANK_ARM_0       0x04         /* the first arm, always shown */
#define XSELL_RANK_ARM_ANY     0x08         /* a random one, always shown */
#define XSELL_RANK_SHOW        0x10         /* shown, whatever it costs */

typedef struct {
    const xsell_catalog_t   *catalog;
    const xsell_settings_t  *settings;
    const xsell_session_t   *session;   /* NULL: not personal */
    uint32_t                 anchor;    /* catalogue index or NO_ITEM */
    uint32_t                 want;      /* items, up to XSELL_SLATE_MAX */
    const uint32_t          *shown;     /* catalogue indices already used */
    uint32_t                 shown_n;   /* on this page */
    const xsell_business_t  *business;  /* NULL: no rules of the shop's */
    xsell_str_t              slot;      /* these four for them: its name */
    int64_t                  wall_s;    /* since 1970 */
    char                     country[2];    /* 0 0: unknown */
    uint64_t                 now_ms;
    uint64_t                 seed;      /* fresh random bits per decision */
    xsell_moment_t           moment;
    const xsell_given_t     *given;     /* these candidates and no others */
    uint32_t                 given_n;
    const uint8_t           *arms;      /* factor bits of the templates that
                                           the slot may use */
    uint32_t                 arms_n;    /* 0: nothing to choose */
    uint8_t                  may_hide;  /* and nothing may be shown */
    uint8_t                  policy;    /* XSELL_RANK_* */
    uint8_t                  repeats;   /* the anchor and what was seen may be
                                           offered too, as evaluations want */
    uint8_t                  recall;    /* what the visitor viewed last, and
                                           nothing else */
} xsell_query_t;

/* a process's scratch memory and private copy of the model */
typedef struct xsell_ranker_s  xsell_ranker_t;

int xsell_ranker_create(xsell_ranker_t **r);
void xsell_ranker_destroy(xsell_ranker_t *r);

/*
 * The whole read path: candidates, rules, features, score, diversity, slate.
 * Never waits, never writes to the arena, allocates nothing.  XSELL_OK (the
 * slate has at least one item), XSELL_NONE (nothing to offer).
 * Sources: Serenade's VMIS-kNN (SIGMOD 2022), lift with shrinkage, MMR
 * (Carbonell, Goldstein 1998).
 */
int xsell_rank(xsell_ranker_t *r, const xsell_arena_t *a,
    const xsell_query_t *q, xsell_slate_t *slate);

/*
 * Puts a decision into an impression: all that learning needs to know of it.
 * Session, time, anchor, names are the caller's.  Open it also if nothing is
 * shown: whether the visitor stays is learned from it.
 */
void xsell_impression_fill(xsell_impression_t *imp,
    const xsell_slate_t *slate);

/*
 * The same decision as a list that may be longer than a slate, for those who
 * measure: q->want picks, up to XSELL_LIST_MAX.  pick has room for that many;
 * *n: how many there are.
 */
#define XSELL_LIST_MAX         48
int xsell_rank_list(xsell_ranker_t *r, const xsell_arena_t *a,
    const xsell_query_t *q, xsell_pick_t *pick, uint32_t *n);


/* ---- model: learning (model/xsell_learn.c) ---------------------------- */

/*
 * The lease: one process learns.  try is cheap; OK: this process holds it
 * now (and has repaired what a dead predecessor left half done).
 */
int xsell_lease_try(xsell_arena_t *a, uint32_t pid);
void xsell_lease_release(xsell_arena_t *a);

/*
 * The whole write path of one event (lease holder only): counters, decay,
 * postings, pairs, ledger, model.  Deterministic: the same events in the
 * same order give the same bytes.  Returns OK, or EINVAL for an event out of
 * range, EREPEATED for an order seen before (counted, not learned).
 */
int xsell_learn(xsell_arena_t *a, const xsell_settings_t *s,
    const xsell_catalog_t *cat, const xsell_event_t *ev);

/*
 * Drains all rings through xsell_learn, at most `max` events; `each` (may be
 * NULL) sees every event before it is learned (the event log).  Returns the
 * number of events; less than max means that the rings are empty.
 */
uint32_t xsell_learn_drain(xsell_arena_t *a, const xsell_settings_t *s,
    const xsell_catalog_t *cat, uint32_t max,
    void (*each)(void *ctx, const xsell_event_t *ev), void *ctx);

/* the learner's housekeeping, at most once an engine second and bounded:
   a slice of the scan behind TOP; call from every tick */
void xsell_learn_tick(xsell_arena_t *a, uint64_t now_ms);


/* ---- store: snapshots (store/xsell_snapshot.c) ------------------------ */

/*
 * State <-> versioned, checksummed sections with ids, not slots (D14).  The
 * writer walks the arena in slices while others go on; records are copied
 * one by one, so each is consistent.
 */

typedef struct xsell_snapshot_s  xsell_snapshot_t;

/* a: any arena that xsell_arena_attach accepts, or (import) a foreign layout
   given as mem and bytes, read through its own directory; read only.
   mono_ms: CLOCK_MONOTONIC now.  XSELL_OK with a text in err: it names the
   regions of another version, which are left out. */
int xsell_snapshot_create(xsell_snapshot_t **s, const void *mem,
    uint64_t bytes, uint64_t mono_ms, xsell_error_t *err);
void xsell_snapshot_destroy(xsell_snapshot_t *s);

/*
 * Writes the next bytes of the snapshot into out (cap >= 4096), *n of them,
 * perhaps 0 (the walk met only free records).  XSELL_AGAIN: more follow;
 * XSELL_OK: these were the last.  One call is bounded by cap: 64 KiB take
 * well under a millisecond.
 */
int xsell_snapshot_next(xsell_snapshot_t *s, uint8_t *out, size_t cap,
    size_t *n);

typedef struct {
    uint32_t             epoch;
    uint64_t             time_ms;       /* engine time when it was begun */
    uint64_t             items;
    uint64_t             sessions;
    uint64_t             bytes;
    uint64_t             log_inode;
    uint64_t             log_off;
} xsell_snapshot_info_t;

#define XSELL_SNAPSHOT_HEAD    256      /* bytes that peek needs */

/* the header only: enough to compare epochs before a rename */
int xsell_snapshot_peek(const uint8_t *p, size_t n,
    xsell_snapshot_info_t *info, xsell_error_t *err);

/*
 * Checks everything (checksum, versions, ranges), then fills a freshly
 * created arena: a of another size keeps what fits (newest sessions first)
 * and says how many did not.  Nothing is changed unless all checks pass.
 * The boot epoch becomes the snapshot's + 1, engine time goes on from the
 * snapshot's.  mono_ms: CLOCK_MONOTONIC now.
 */
int xsell_snapshot_load(xsell_arena_t *a, const uint8_t *p, size_t n,
    uint64_t mono_ms, xsell_snapshot_info_t *info, uint64_t *left_out,
    xsell_error_t *err);

/*
 * After a load and before anybody decides or learns: what was learned is so
 * many seconds older than engine time says, which stood still meanwhile
 * (xsell_age.c).  now_ms: engine time.
 */
void xsell_model_older(xsell_arena_t *a, uint64_t now_ms, uint32_t seconds);



/* ---- event log (model/xsell_log.c; JSON lines) ------------------------ */

/*
 * One event as a JSON object with a newline.  alias: 16 hex digits or empty.
 * Returns the length, 0 if the event is not logged (internal, or its item is
 * not in the catalogue), never more than XSELL_LOG_LINE.
 */
#define XSELL_LOG_LINE  4096
size_t xsell_log_format(const xsell_event_t *ev, const xsell_catalog_t *cat,
    const xsell_arena_t *a, xsell_str_t alias, uint64_t wall_ms, char *out,
    size_t cap);

/*
 * The exploration slice, for whoever wants to value another policy: each slate
 * with a place that was tossed for, once, some minutes after it was shown (a
 * click that comes later is not in it).  A few hundred slates of the ring are
 * looked at in a call.  Lease holder only.
 */
void xsell_learn_tossed(xsell_arena_t *a, uint64_t now_ms,
    void (*each)(void *ctx, const xsell_impression_t *imp), void *ctx);

/*
 * Such a slate as a line with "type": "tossed", whose other keys are those that
 * `xsell eval offpolicy` reads; target: what the model, left alone, would have
 * shown there.  alias, result, length: as above.
 */
size_t xsell_log_tossed(const xsell_impression_t *imp,
    const xsell_catalog_t *cat, const xsell_arena_t *a, xsell_str_t alias,
    uint64_t wall_ms, char *out, size_t cap);

/*
 * Parses such a line (also written by hand for a warm-up: "visitor" may be
 * any string, "time" a number of wall milliseconds or an ISO date).  Unknown
 * items: XSELL_NONE; a line of the exploration slice, which is no event:
 * XSELL_AGAIN.  Bad JSON or values: EINVAL with the column.
 */
int xsell_log_parse(const char *p, size_t n, const xsell_catalog_t *cat,
    const xsell_arena_t *a, xsell_event_t *ev, uint64_t *wall_ms,
    xsell_error_t *err);


/* ---- page: the HTML rewriter (page/xsell_rewriter.c) ------------------ */

/*
 * A streaming tokenizer, tree builder and selector matcher that finds where
 * slots go.  It never changes bytes: it says at which offset of the stream
 * the caller inserts, and which bytes a replacement drops.
 */

enum {
    XSELL_AT_MARKER = 0,        /* <!--xsell NAME-->: after the comment */
    XSELL_AT_BEFORE,            /* before the element's start tag */
    XSELL_AT_AFTER,             /* after the element's end */
    XSELL_AT_PREPEND,           /* after its start tag */
    XSELL_AT_APPEND,            /* before its end */
    XSELL_AT_REPLACE            /* in its place */
};

#define XSELL_PLACES_MAX       16       /* slots of a page */
#define XSELL_HOLD_MAX         1024     /* bytes a caller may have to keep */

/* what became of a place on this page; all but the first two: the first
   match can't be served, and no other one is looked for */

enum {
    XSELL_PLACE_ABSENT = 0,     /* no match (so far) */
    XSELL_PLACE_SERVED,
    XSELL_PLACE_IN_HEAD,        /* inside <head>, or before the body */
    XSELL_PLACE_VOID,           /* prepend, append: no contents there */
    XSELL_PLACE_FOREIGN,        /* inside <svg> or <math> */
    XSELL_PLACE_TABLE,          /* browsers would move it out of the table */
    XSELL_PLACE_SELECT,         /* inside <select>: browsers drop it */
    XSELL_PLACE_TEXT,           /* inside an element that holds text only */
    XSELL_PLACE_PARAGRAPH,      /* a block would end the open <p> */
    XSELL_PLACE_LINK,           /* a link would end the open <a> */
    XSELL_PLACE_FORMAT,         /* browsers would wrap it into open <b>.. */
    XSELL_PLACE_DEEP,           /* too many elements in one another */
    XSELL_PLACE_LONG,           /* a tag of more than XSELL_HOLD_MAX bytes */
    XSELL_PLACE_BODY,           /* before or after <body> or <html> */
    XSELL_PLACE_WORK,           /* the page costs more than it is worth */
    XSELL_PLACE_GONE,           /* inside what another slot replaces */
    XSELL_PLACE_MOVED,          /* served, outside of a root that hydrates */
    XSELL_PLACE_EXISTING,       /* the page has such a section already */
    XSELL_PLACE_STATES
};

/* the state's short name ("in_head"), and a sentence for a person */
const char *xsell_place_name(unsigned state);
const char *xsell_place_why(unsigned state);

/* the compiled places of a page: read only, shared by all requests */

typedef struct xsell_places_s  xsell_places_t;

int xsell_places_create(xsell_places_t **ps);
void xsell_places_destroy(xsell_places_t *ps);

/* whether a word names a position (not "") */
int xsell_places_position(xsell_str_t word);

/*
 * Adds a place; its number is how many there were before.  position: "" (a
 * marker of that name, no selector), before, after, prepend, append,
 * replace.  selector: CSS, a list of complex selectors with type, *, #id,
 * .class, [attr] (= ~= |= ^= $= *= and the flag i), :first-of-type, and the
 * combinators ' ', >, +, ~.  Names are compared as browsers do in HTML (not
 * quirks mode).  EINVAL: err->column is the place in the selector, from 1.
 */
int xsell_places_add(xsell_places_t *ps, xsell_str_t name,
    xsell_str_t position, xsell_str_t selector, xsell_error_t *err);
uint32_t xsell_places_n(const xsell_places_t *ps);

/*
 * What to do where the page has a section of recommendations already, by
 * marks of the usual shops and services, or by a selector ("": those marks):
 * keep it; put the fragment of place i in its stead, or put nothing.  Both can
 * only be done for sections before the place: a page passes once.
 */

enum {
    XSELL_EXISTING_KEEP = 0,
    XSELL_EXISTING_REPLACE,
    XSELL_EXISTING_SKIP,
    XSELL_EXISTING_TELL                 /* rw->saw only */
};

int xsell_places_existing(xsell_places_t *ps, unsigned i, unsigned existing,
    xsell_str_t selector, xsell_error_t *err);

/*
 * Elements that scripts take over in the browser (page/xsell_root.c): a place
 * in one is served behind it.  selector: of further ones, for all places of
 * the page; "": place i stays where it is.
 */

int xsell_places_root(xsell_places_t *ps, unsigned i, xsell_str_t selector,
    xsell_error_t *err);

/*
 * The same by a word of a configuration, existing=MODE[:SELECTOR] or
 * root=off|SELECTOR.  XSELL_NONE: it is neither.  EINVAL: err->column is the
 * place in the word, if known.
 */
int xsell_places_parameter(xsell_places_t *ps, unsigned i, xsell_str_t word,
    xsell_error_t *err);

enum {
    XSELL_ROOT_NONE = 0,
    XSELL_ROOT_OWN,             /* of xsell_places_root() */
    XSELL_ROOT_APP,             /* #app, #root: of any framework */
    XSELL_ROOT_REACT,
    XSELL_ROOT_NEXT,
    XSELL_ROOT_GATSBY,
    XSELL_ROOT_REMIX,
    XSELL_ROOT_VUE,
    XSELL_ROOT_NUXT,
    XSELL_ROOT_SVELTE,
    XSELL_ROOT_ANGULAR,
    XSELL_ROOT_ASTRO,
    XSELL_ROOT_QWIK,
    XSELL_ROOT_SOLID,
    XSELL_ROOT_MARKO,
    XSELL_ROOT_STENCIL,
    XSELL_ROOT_LIVEWIRE,
    XSELL_ROOT_PHOENIX,
    XSELL_ROOTS
};

/* "Next.js"; NULL for none */
const char *xsell_root_name(unsigned root);

/* an element that was noticed: for people who ask about a page */

#define XSELL_SAW_ROOT       0          /* which: XSELL_ROOT_* */
#define XSELL_SAW_DOCUMENT   1          /* the same, of all the page */
#define XSELL_SAW_SECTION    2          /* which: the place that asked */
#define XSELL_SAW_CLOSED     3          /* the same, in what is hidden: it is
                                           passed over */

typedef void (*xsell_saw_pt)(void *ctx, unsigned what, unsigned which,
    uint64_t at);

/* what the fragments hold that browsers' parsing answers to */

#define XSELL_HOLDS_BLOCK      1u       /* start tags that end an open <p> */
#define XSELL_HOLDS_LINK       2u       /* <a> */
#define XSELL_HOLDS_ALL        3u

unsigned xsell_html_holds(xsell_str_t html);

typedef struct xsell_rewriter_s {
    const xsell_places_t *places;
    uint64_t             pos;           /* bytes fed so far */
    uint64_t             safe;          /* bytes before this are decided */
    uint64_t             at;            /* of what was found last */
    xsell_str_t          close;         /* tags to write before it, or "";
                                           good until the next call */
    uint32_t             found;         /* bit per place: told */
    uint8_t              cut;           /* bytes from `at` on are dropped */
    uint8_t              state[XSELL_PLACES_MAX];     /* XSELL_PLACE_* */
    uint8_t              root[XSELL_PLACES_MAX];      /* XSELL_ROOT_*: moved
                                                         out of one */
    xsell_saw_pt         saw;           /* set after init, or NULL */
    void                *ctx;
    uint64_t             priv[4900];    /* of the tokenizer and the tree */
} xsell_rewriter_t;

#define XSELL_CUT_END          0xffu

/* its fragment is in the page */
#define xsell_place_served(state)                                             \
    ((state) == XSELL_PLACE_SERVED || (state) == XSELL_PLACE_MOVED)

/* places: borrowed while in use.  holds: XSELL_HOLDS_* of the fragments.  No
   allocation. */
void xsell_rewriter_init(xsell_rewriter_t *rw, const xsell_places_t *places,
    unsigned holds);

/* there is nothing to put at this place: it is not looked for; before the
   first byte is fed */
void xsell_rewriter_skip(xsell_rewriter_t *rw, unsigned place);

/*
 * Feeds bytes; *used tells how many were taken.
 *
 * XSELL_OK: all taken.  Bytes before rw->safe are decided: they go out, or
 * are dropped where rw->cut is set (pos - safe <= XSELL_HOLD_MAX).
 *
 * XSELL_AGAIN: bytes before rw->at are decided as rw->cut said before the
 * call.  *which is a place: rw->close and its fragment go in at rw->at, or
 * XSELL_CUT_END: what a replacement drops ends at rw->at.  From there on
 * rw->cut says whether bytes are dropped.  Call again with the rest.
 *
 * After the last place, safe == pos and feeding costs nothing.
 */
int xsell_rewriter_feed(xsell_rewriter_t *rw, const uint8_t *p, size_t n,
    size_t *used, unsigned *which);

/*
 * No more bytes: what is held may go out (safe = pos).  XSELL_AGAIN: as above
 * (at the end of a page elements end that were open); call again.
 */
int xsell_rewriter_finish(xsell_rewriter_t *rw, unsigned *which);


/* ---- page: charsets (page/xsell_charset.c) ---------------------------- */

enum {
    XSELL_CHARSET_ASCII = 0,    /* ASCII-compatible, or nobody says */
    XSELL_CHARSET_UTF8,
    XSELL_CHARSET_FOREIGN       /* UTF-16, ISO-2022, EBCDIC, ...: keep off */
};

/* of a label as headers have it, quotes and parameters allowed; "" and
   unknown names are ASCII */
unsigned xsell_charset(xsell_str_t label);

/*
 * A look at the first bytes of a page, in pieces of any size.  declared: a
 * header named its charset, so that only a byte order mark says otherwise.
 * XSELL_EINVAL: not ASCII-compatible; OK: it is, and need not be asked again;
 * AGAIN: it is as far as was seen.  Cost: under 500 instructions a page.
 */
#define XSELL_SNIFF_MAX         1024
#define XSELL_SNIFF_SEAM        11

typedef struct {
    uint16_t             n;             /* bytes seen */
    uint8_t              declared;
    uint8_t              seam_n;
    uint8_t              seam[XSELL_SNIFF_SEAM];     /* the last of them */
} xsell_sniff_t;

void xsell_sniff_init(xsell_sniff_t *l, int declared);
int xsell_sniff_feed(xsell_sniff_t *l, const uint8_t *p, size_t n);

/* ---- page: fragments in ASCII (page/xsell_ascii.c) -------------------- */

/* how many bytes at the beginning are ASCII */
size_t xsell_ascii_n(xsell_str_t text);

/*
 * A fragment in ASCII: characters become references, in scripts and styles
 * the escapes of these; what is not UTF-8 becomes U+FFFD.  Writes at most cap
 * bytes and returns how many it takes (never more than XSELL_ASCII_MAX).
 * raw: 0 if there are no such elements in it, which takes a tenth of the time.
 */
#define XSELL_ASCII_MAX(n)     (8 * (n))

size_t xsell_ascii_write(char *out, size_t cap, xsell_str_t html, int raw);


/* ---- page: the item of a page (page/xsell_product.c) ------------------ */

/*
 * Finds the item that a page is about in what the page says of itself: JSON-LD,
 * microdata, Open Graph, its canonical URL.  Fed with the page's bytes, in
 * pieces of any size; no allocation.
 */

typedef struct {
    uint64_t             priv[1200];
} xsell_product_t;

typedef struct {
    uint32_t             item;          /* of the catalogue, or NO_ITEM */
    uint8_t              from;          /* XSELL_FROM_* */
    uint8_t              plain;         /* the canonical URL is the page's own
                                           without parameters: no parameter
                                           changes what it is about */
} xsell_found_t;

/* cat: borrowed while in use.  self: of the request */
void xsell_product_init(xsell_product_t *product, const xsell_catalog_t *cat,
    const xsell_locator_t *self);
void xsell_product_feed(xsell_product_t *product, const uint8_t *p,
    size_t n);

/* after the last byte, once: OK, or NONE (the page is about no item) */
int xsell_product_finish(xsell_product_t *product, xsell_found_t *found);


/* ---- page: templates (page/xsell_template.c) -------------------------- */

/*
 * All templates of a shop, with the partials and sentences that they share.
 * It is created with those that are built in ("carousel", "grid", "story");
 * one of the same name takes its place.  Read only once compiled.
 */

typedef struct xsell_templates_s  xsell_templates_t;

int xsell_templates_create(xsell_templates_t **ts);
void xsell_templates_destroy(xsell_templates_t *ts);

/* NAME.mustache; the text is copied.  EINVAL: name or size */
int xsell_templates_add(xsell_templates_t *ts, xsell_str_t name,
    xsell_str_t text, xsell_error_t *err);

/* strings.LANG.json: an object of texts, used as {{strings.KEY}} */
int xsell_templates_strings(xsell_templates_t *ts, xsell_str_t lang,
    xsell_str_t json, xsell_warn_pt warn, void *ctx, xsell_error_t *err);

/* once, after all were added.  EINVAL: line, column, the nearest known name;
   *name (a view) is the template in which the mistake is */
int xsell_templates_compile(xsell_templates_t *ts, xsell_str_t *name,
    xsell_error_t *err);

/* a doubt about a file of the folder: "card.mustache", "strings.de.json" */
typedef void (*xsell_doubt_pt)(void *ctx, const char *file,
    const xsell_error_t *warning);

/* doubts about a set that compiled: keys that a strings file lacks, or that
   are mistyped there; tags that a template does not close */
void xsell_templates_check(const xsell_templates_t *ts, xsell_doubt_pt warn,
    void *ctx);

/* the number of a template, -1 if there is none of that name, or if it can't
   stand alone (a partial of others); the other way */
int xsell_templates_find(const xsell_templates_t *ts, xsell_str_t name);
uint32_t xsell_templates_n(const xsell_templates_t *ts);
xsell_str_t xsell_templates_name(const xsell_templates_t *ts, uint32_t i);

/* factor bits of its look (xsell_query_t.arms), once compiled: XSELL_LOOK_STORY
   if "{{! xsell: story }}" begins it, the others its number among those of the
   same format, of which eight are told apart */
unsigned xsell_templates_bits(const xsell_templates_t *ts, uint32_t i);

/* XSELL_HOLDS_*: what its fragments hold */
unsigned xsell_templates_holds(const xsell_templates_t *ts, uint32_t i);

/* whether they may have <script> or <style> */
int xsell_templates_raw(const xsell_templates_t *ts, uint32_t i);

/* the text of a built-in template, "" if there is none of that name */
xsell_str_t xsell_templates_builtin(xsell_str_t name);

typedef struct {
    xsell_str_t          url;           /* as the browser gets it, with the
                                           token; not yet escaped */
    uint32_t             item;          /* of the catalogue */
    uint8_t              reason;
    uint8_t              rule;          /* of business, 1 + its number; 0 */
} xsell_card_t;

/*
 * Addresses that are made when they are wanted, in place of each card's url:
 * so that a card that was rendered before needs none, only a token
 * (page/xsell_cards.c).  address: url and token are good until the next call.
 * tokens: writes the XSELL_TOKEN_LEN bytes that each card's address would
 * have.
 */

typedef struct {
    xsell_str_t          url;           /* as of xsell_card_t */
    const char          *token;         /* where it stands in url; NULL: it
                                           has none */
    uint64_t             path[2];       /* what the token is made for */
    uint8_t              keep;          /* token aside, the item's address is
                                           always the same among its kind */
} xsell_address_t;

typedef struct {
    const uint64_t      *path;          /* as of xsell_address_t */
    char                *to;
    uint32_t             card;
} xsell_blank_t;

typedef struct {
    void               (*address)(void *ctx, uint32_t card,
                                  xsell_address_t *to);
    void               (*tokens)(void *ctx, const xsell_blank_t *blank,
                                 uint32_t n);
    void                *ctx;
    uint32_t             kind;          /* with tokens, without, ... */
    uint8_t              plain;         /* out: what was asked for in ASCII
                                           is; 0: that is not known */
} xsell_links_t;

typedef struct {
    const xsell_catalog_t   *catalog;
    const xsell_business_t  *business;  /* of the cards' rules; NULL: none */
    xsell_str_t              slot;      /* name of the slot */
    xsell_str_t              css;       /* URL of the stylesheet */
    xsell_str_t              title;     /* heading */
    xsell_str_t              lang;      /* "de-AT", or "" */
    const xsell_card_t      *card;
    uint32_t                 n;
    xsell_links_t           *links;     /* NULL: each card has its url */
    uint8_t                  ascii;     /* for xsell_ascii_write: what is
                                           remembered went through it */
} xsell_fragment_t;

/*
 * Renders into out.  Returns the length; if it is > cap nothing useful was
 * written and the caller tries again with that much (the page's fragment is
 * bounded by XSELL_FRAGMENT_MAX, over it 0 is returned).  Every value is
 * escaped for where it stands.  No allocation.  With links, cards and
 * what stands around them are remembered: one thread a process, and always
 * the same catalogue and rules.
 */
#define XSELL_FRAGMENT_MAX     262144
size_t xsell_templates_render(const xsell_templates_t *ts, uint32_t i,
    const xsell_fragment_t *f, char *out, size_t cap);


/* ---- page: the theme (page/xsell_theme.c, page/xsell_tokens.c) -------- */

/*
 * The stylesheet of all fragments: custom properties from design tokens (W3C
 * format of 2025, its draft before, Tokens Studio, Figma variables), the
 * built-in rules that use them, and a shop's own rules (extra: CSS, may be
 * "").  tokens: JSON, or "" for the neutral theme.  A token that is not used
 * by the rules becomes a property all the same.
 */

typedef struct xsell_theme_s  xsell_theme_t;

int xsell_theme_create(xsell_theme_t **theme, xsell_str_t tokens,
    xsell_str_t extra, xsell_warn_pt warn, void *ctx, xsell_error_t *err);
void xsell_theme_destroy(xsell_theme_t *theme);
xsell_str_t xsell_theme_sheet(const xsell_theme_t *theme);

/* the neutral theme as a file of design tokens, to start one from */
xsell_str_t xsell_theme_tokens(void);


#endif /* XSELL_H */


/*
 * xsell_layout.h: every byte that lives in shared memory, and nothing else.
 *
 * One arena a shop: one caller-supplied, page-aligned block.  Inside it only
 * offsets and indices, never pointers: each process maps it where it likes.
 *
 *   +--------+------+-------+----------+-----------+-------+----------+----
 *   | header | hash | names | sessions | probation | items | postings | ...
 *   +--------+------+-------+----------+-----------+-------+----------+----
 *   header.region[] is the directory: offset, count, stride and version of
 *   each region, so that a later layout can read an older one (snapshot.c).
 *   It has entries to spare, all zero: a new region moves nothing.
 *
 * Who writes what, and what protects it (ARCHITECTURE D3):
 *
 *   region       unit               writer              readers  protection
 *   header       words              init, learner       all      see fields
 *   HASH, DICT   item id -> slot    master, init_module all      append-only,
 *                                                                release store
 *   NAMES        slot names ...     master, init_module all      append-only
 *   SESSIONS     bucket of 8 ways   any worker          all      robust lock +
 *   PROBATION                                                    sequence word
 *   ITEMS        counters, decay    learner             all      relaxed words
 *   POSTINGS     newest sessions    learner             all      relaxed words
 *   CHUNKS       overflow of these  learner             all      owner check
 *   PAIRS        partners + counts  learner             all      sequence word
 *   SKETCH       pairs, estimated   learner             learner  single writer
 *   TOP          popular, trending  learner             all      sequence word
 *   CROWDS       liked by whom      learner             all      sequence word
 *   GOES         kinds of items     learner             all      sequence word
 *   MODEL        2 buffers          learner             copies   generation
 *   LEARNER      what it works on   learner             learner  intent MODEL
 *   AFFINITY     kinds of items     learner             all      relaxed words
 *   CAPS         who taught lately  learner             learner  relaxed words
 *   RINGS        64 event rings     claimant            learner  head and tail
 *   IMPRESSIONS  shown slates       showing worker      all      CAS on seq
 *   LEDGER       clicked rows       learner             learner  single writer
 *   ORDERS       seen order ids     learner             all      relaxed words
 *   URLS         URL -> its item    any worker          all      CAS on a word
 *   COUNTERS     sums               any (atomic add)    status   atomic words
 *
 * Rules: a word that is read without a lock is read and written with the
 * relaxed or acquire/release helpers of xsell_store.h; whatever is read is
 * range-checked before it indexes anything: torn may mean wrong history, it
 * never means a wild offset.  A changed meaning bumps the region's version, a
 * changed size changes the signature, and the signature is part of the name
 * of the zone, so code never runs on a layout that it was not compiled for.
 */

#ifndef XSELL_LAYOUT_H
#define XSELL_LAYOUT_H

#include <stdint.h>
#include <stddef.h>


#define XSELL_MAGIC            0x31306c6c65737821ull   /* "!xsell01" */

#define XSELL_PAGE_BYTES       4096
#define XSELL_LINE_BYTES       64

#define XSELL_SLOT_BITS        24
#define XSELL_SLOT_MASK        0x00ffffffu
#define XSELL_SLOT_MAX         (XSELL_SLOT_MASK - 1)
#define XSELL_NO_REF           0xffffffffu  /* of item, session and chunk */

#define XSELL_WAYS             8
#define XSELL_HISTORY          16           /* items a session remembers */
#define XSELL_PLACES           32           /* of a posting, first class */
#define XSELL_CHUNK_PLACES     96           /* more, for hot items */
#define XSELL_PARTNERS         16           /* pairs kept per anchor */
#define XSELL_SLATE_MAX        12           /* items of one slate */
#define XSELL_FEATURES         28
#define XSELL_TERMS            21           /* of the context of a decision */
#define XSELL_LOOKS            56           /* terms of a template's effect */
#define XSELL_LEAVES           44           /* and of a visitor's leaving */
#define XSELL_LOOK_FORMATS          2            /* as a template's factor bits say */
#define XSELL_RINGS            64
#define XSELL_NAMES            256          /* slots, their templates */
#define XSELL_NAMES_SLOTS      64           /* of these, for slots alone */
#define XSELL_TOP              64
#define XSELL_DIRECTORY        24           /* regions there can ever be */

/*
 * A build with another salt (-DXSELL_LAYOUT_SALT=n, n = 0..16) has longer
 * item and pair records and so another signature: how the tests get a reload
 * onto a new layout without a new layout.
 */

#ifndef XSELL_LAYOUT_SALT
#define XSELL_LAYOUT_SALT      0
#endif

#if XSELL_LAYOUT_SALT
#define XSELL_SALT_PAD         uint32_t  salt[2 * XSELL_LAYOUT_SALT];
#else
#define XSELL_SALT_PAD
#endif


/*
 * An item reference: dictionary slot in the low 24 bits, the slot's tag in
 * the high 8.  A slot that is given to another item gets another tag, so an
 * old reference is recognised instead of misread (D13).
 */

typedef uint32_t  xsell_ref_t;

#define xsell_ref(slot, tag)  ((uint32_t) (slot) | ((uint32_t) (tag) << 24))
#define xsell_ref_slot(ref)   ((ref) & XSELL_SLOT_MASK)
#define xsell_ref_tag(ref)    ((uint8_t) ((ref) >> 24))


/* room for a robust process-shared pthread mutex, 40 to 48 bytes */

typedef struct {
    uint64_t            opaque[6];
} xsell_lock_t;


enum {
    XSELL_REGION_HASH = 0,
    XSELL_REGION_DICT,
    XSELL_REGION_NAMES,
    XSELL_REGION_SESSIONS,
    XSELL_REGION_PROBATION,
    XSELL_REGION_ITEMS,
    XSELL_REGION_POSTINGS,
    XSELL_REGION_CHUNKS,
    XSELL_REGION_PAIRS,
    XSELL_REGION_TOP,
    XSELL_REGION_MODEL,
    XSELL_REGION_RINGS,
    XSELL_REGION_IMPRESSIONS,
    XSELL_REGION_LEDGER,
    XSELL_REGION_ORDERS,
    XSELL_REGION_COUNTERS,
    XSELL_REGION_NAME_COUNTERS,
    XSELL_REGION_URLS,
    XSELL_REGION_LEARNER,
    XSELL_REGION_AFFINITY,
    XSELL_REGION_SKETCH,
    XSELL_REGION_CAPS,
    XSELL_REGION_CROWDS,
    XSELL_REGION_GOES,
    XSELL_REGIONS
};


typedef struct {
    uint64_t            off;          /* from the arena's first byte */
    uint64_t            count;        /* records */
    uint32_t            stride;       /* bytes a record */
    uint32_t            version;      /* meaning of the record's fields */
} xsell_region_t;


/*
 * What the learner is about to change, written before the change and cleared
 * after it: the successor of a killed learner repairs exactly this record.
 * region == XSELL_REGIONS means nothing is under way.
 */

typedef struct {
    uint32_t            region;
    uint32_t            index;
} xsell_intent_t;


/*
 * A snapshot reads an arena of another layout through this header (D2), so
 * magic and directory never move, a region keeps its number for ever, a new
 * one takes a spare entry (zero in arenas that do not have it), and fields
 * are only ever added after the last one.
 */

typedef struct {
    uint64_t            magic;        /* init; stored last, release */
    uint64_t            signature;    /* init; xsell_layout_signature() */
    uint64_t            bytes;        /* init; of the whole arena */

    /*
     * Engine time is milliseconds since the arena's birth (D15):
     * CLOCK_MONOTONIC in ms minus mono_base_ms.  Set at init and when a
     * snapshot is loaded, before any worker runs; may be negative.
     */
    int64_t             mono_base_ms;

    uint32_t            epoch;        /* boot epoch; init, snapshot load */
    uint32_t            generation;   /* of MODEL; learner, release; the
                                         published buffer is generation & 1 */
    uint32_t            catalog;      /* number of the newest accepted
                                         catalogue; master, release */
    uint32_t            dict_n;       /* slots in use; master, release */
    uint32_t            names_n;      /* names in use; master, release */
    uint32_t            top_at_s;     /* engine second of the last TOP scan */

    uint8_t             key[16];      /* SipHash key of the dictionary and of
                                         session hashes; init, snapshot */

    xsell_region_t      region[XSELL_DIRECTORY];

    /* showing workers: next impression, atomic add */
    uint64_t            impression;

    uint8_t             pad_1[XSELL_LINE_BYTES];

    /* the learner's lease and what the learner keeps from event to event */
    xsell_lock_t        lease;
    uint32_t            lease_pid;    /* for the log only, never trusted */
    uint32_t            chunk_hand;   /* next chunk to take away */
    xsell_intent_t      intent;
    uint64_t            applied;      /* events applied since birth */
    uint64_t            rng;          /* state of the learner's random bits */
    uint64_t            visits;       /* visits with at least one view */
    uint64_t            views;        /* views learned: denominators of idf */
    uint64_t            orders;       /* orders learned: denominator of lift */
    uint64_t            lines;        /* order lines learned */
    uint64_t            log_inode;    /* event log: file and offset up to */
    uint64_t            log_off;      /* which state contains its lines */
    uint64_t            snapshot_ms;  /* engine time of the last good one */
    uint64_t            recovered;    /* leases taken over from the dead */
    uint32_t            top_slot;     /* where the TOP scan goes on; learner */
    uint32_t            first_s;      /* engine second of the first catalogue;
                                         master, snapshot load */
    uint32_t            caps_hour;    /* learner: what taught, in sixteenths, */
    uint32_t            caps_total[2];  /* as of that hour: rewards; by item */
} xsell_header_t;


/*
 * HASH: open addressing, linear, any number of u32: slot, XSELL_NO_REF (a
 * probe ends here) or XSELL_HASH_GONE (a slot was taken away; probes go on).
 * The word says where to look; the entry's own hash says what is there.
 */

#define XSELL_HASH_GONE        0xfffffffeu


enum {
    XSELL_DICT_FREE = 0,
    XSELL_DICT_USED = 1
};


typedef struct {
    uint64_t            hash;         /* SipHash of the item id, never 0 */
    uint32_t            born_s;       /* engine second of the first catalogue */
    uint16_t            named;        /* low 16 bits of the last catalogue
                                         that had the item */
    uint8_t             tag;          /* bumped before the slot is reused */
    uint8_t             state;
} xsell_dict_entry_t;


typedef struct {
    uint64_t            hash;
    char                text[55];     /* not terminated */
    uint8_t             len;
} xsell_name_t;


/*
 * A session: 128 bytes, two lines.  entry[0] is the newest item.  visit_n
 * entries, the newest ones, belong to the running visit.  The key is the
 * first half of the visitor's random id (never 0), so it is never guessable
 * and its bits need no further hashing; the bucket is derived from it.
 */

#define XSELL_ENTRY_CART       0x01000000u
#define XSELL_ENTRY_BOUGHT     0x02000000u
#define XSELL_ENTRY_CLICKED    0x04000000u
#define XSELL_ENTRY_DISMISSED  0x08000000u
#define XSELL_ENTRY_SHOWN      0x40000000u
#define XSELL_ENTRY_UNSEEN     0x80000000u  /* in the cart, clicked or
                                               dismissed, not viewed */

#define XSELL_SESSION_BOUNCED  0x01
#define XSELL_SESSION_CLICKED  0x02
#define XSELL_SESSION_OFF      0x04         /* visitor switched offers off */
#define XSELL_SESSION_MOVED    0x08         /* left probation by another event
                                               than a view: the next view
                                               is the PROMOTED one */

typedef struct {
    uint64_t            key;                /* 0: free */
    uint32_t            entry[XSELL_HISTORY];  /* slot | XSELL_ENTRY_* */
    uint8_t             tag[XSELL_HISTORY];    /* of each entry's slot */
    int8_t              style[8];           /* average style, q7 */
    uint32_t            first_s;            /* engine seconds */
    uint32_t            last_s;
    uint32_t            visit_s;            /* start of the running visit */
    uint32_t            offer_s;            /* last impression */
    uint32_t            revenue;            /* minor units, saturating */
    uint16_t            visits;
    uint8_t             orders;
    uint8_t             flags;
    uint16_t            template_idx;       /* sticky template */
    uint8_t             cap[2];             /* this visit: how often the
                                               items of a rule were shown,
                                               four counters */
    uint8_t             n;                  /* entries in use */
    uint8_t             visit_n;
    uint8_t             offers;             /* this visit, saturating */
    uint8_t             ignored;            /* offers since the last click */
} xsell_session_record_t;


typedef struct {
    xsell_lock_t        lock;
    uint32_t            seq;          /* odd while a way is being changed */
    uint8_t             way;          /* which one, + 1; 0 none */
    uint8_t             pad[11];
    xsell_session_record_t  record[XSELL_WAYS];
} xsell_bucket_t;


/*
 * An item's sums; decayed values are as of decay_s.  The tag is the
 * dictionary's when the record was last reset; another tag there: records of
 * this slot are reset before use.  It lies where it is in a reference, above
 * the carts, which need no 32 bits: a byte of its own would cost four.
 */

#define XSELL_CARTS_MAX        XSELL_SLOT_MASK

typedef struct {
    float               pop;          /* views, half-life 7 days */
    float               trend;        /* views, half-life 6 hours */
    float               sold;         /* order lines, half-life 30 days */
    uint32_t            decay_s;
    uint32_t            views;        /* whole life, wrap is harmless */
    uint32_t            impressions;
    uint32_t            clicks;
    uint32_t            carts_tag;    /* 24 bits, saturating; tag */
    uint32_t            orders;       /* orders that had the item */
    float               resid_mean;   /* the bandit's residual */
    float               resid_prec;
    XSELL_SALT_PAD
} xsell_item_record_t;


/*
 * Sessions that viewed the item.  count is the number of additions ever; the
 * newest is place[(count - 1) % 32].  What the ring pushes out goes on to
 * chunk.place[(count - 33) % 96] while the item owns a chunk.  count is
 * stored last (release), so a half-made addition is invisible.
 */

typedef struct {
    uint32_t            count;
    uint32_t            chunk;        /* index or XSELL_NO_REF */
    uint32_t            place[XSELL_PLACES];  /* session index */
} xsell_posting_t;


typedef struct {
    uint32_t            owner;        /* slot or XSELL_NO_REF */
    uint32_t            since;        /* posting's count when taken: places
                                         pushed out before that are not here */
    uint32_t            added_s;      /* last addition */
    uint32_t            pad;
    uint32_t            place[XSELL_CHUNK_PLACES];
} xsell_chunk_t;


typedef struct {
    xsell_ref_t         ref;
    uint16_t            viewed;       /* visits that saw both, saturating */
    uint16_t            bought;       /* orders with both, saturating */
} xsell_partner_t;


typedef struct {
    uint32_t            seq;          /* odd while being changed */
    uint32_t            n;
    xsell_partner_t     partner[XSELL_PARTNERS];
    XSELL_SALT_PAD
} xsell_pair_record_t;


/* how often pairs came together lately (xsell_sketch.c) */

typedef struct {
    uint8_t             cell[XSELL_LINE_BYTES];
} xsell_sketch_t;


enum {
    XSELL_TOP_POPULAR = 0,
    XSELL_TOP_TRENDING,
    XSELL_TOP_SOLD,
    XSELL_TOP_NEW,
    XSELL_TOPS
};

typedef struct {
    uint32_t            seq;
    uint32_t            n;
    xsell_ref_t         ref[XSELL_TOP];     /* best first */
    float               score[XSELL_TOP];
} xsell_top_t;


/*
 * What those view most who look at one category, or are of one country
 * (model/xsell_crowd.c), in the order in which it came.  Sums are views, with
 * the half-lives of items, as of decay_s; pop 0: no item.
 */

#define XSELL_CROWD_ITEMS      20
#define XSELL_CROWDS_MIN       64           /* powers of two */
#define XSELL_CROWDS_MAX       16384

typedef struct {
    uint32_t            seq;
    uint32_t            key;          /* whose; 0: nobody's */
    uint32_t            decay_s;
    float               all;          /* views of any item */
    xsell_ref_t         ref[XSELL_CROWD_ITEMS];
    float               pop[XSELL_CROWD_ITEMS];
    float               trend[XSELL_CROWD_ITEMS];
} xsell_crowd_t;


/*
 * Which kinds of items go with a kind (model/xsell_goes.c).  Sums have the
 * half-life of what is sold, as of decay_s; n 0: no kind.  out: how often a
 * visit went on from it to another kind, or an order had another; in: the other
 * way.  share: that kind's part of all `in`, when n last grew.
 */

#define XSELL_GOES_KINDS       9
#define XSELL_GOES_MIN         64           /* powers of two */
#define XSELL_GOES_MAX         16384

typedef struct {
    uint32_t            seq;
    uint32_t            key;          /* whose; 0: nobody's */
    uint32_t            decay_s;
    float               out;
    float               in;
    uint32_t            kind[XSELL_GOES_KINDS];
    float               n[XSELL_GOES_KINDS];
    float               share[XSELL_GOES_KINDS];
} xsell_goes_t;


/*
 * The model: beliefs about the weights of the ranking features, about what a
 * template does to them, and about leaving; each a mean and a covariance in
 * the form of xsell_bandit.h.  Two buffers: the learner writes the unpublished
 * one and then moves header.generation.
 */

typedef struct {
    float               weight[XSELL_FEATURES];
    float               factor[XSELL_FEATURES][XSELL_FEATURES];
    float               look[XSELL_LOOKS];
    float               look_factor[XSELL_LOOKS][XSELL_LOOKS];
    float               leave[XSELL_LEAVES];
    float               leave_factor[XSELL_LEAVES][XSELL_LEAVES];
    float               place[XSELL_LOOK_FORMATS][XSELL_SLATE_MAX];
    float               ahead;        /* clicks that a visit has before it */
    float               aged_s;       /* engine second up to which it is fresh,
                                         also before birth; 0: unknown */
    float               pad[2];
    uint64_t            updates;
    uint64_t            sum;          /* of the bytes before: a copy whose
                                         sum is wrong is not used */
} xsell_model_t;


/*
 * A number that is added to the score where it applies: of an item (in its
 * record), of a kind of item next to another kind, of a place.  Unknown: both
 * zero.
 */

typedef struct {
    float               mean;
    float               precision;
} xsell_affinity_t;

/* CAPS: cells of a sketch, four rows (store/xsell_caps.c) */

#define XSELL_CAPS_MIN         1024
#define XSELL_CAPS_MAX         65536        /* powers of two */

#define XSELL_AFFINITY_MIN     1024
#define XSELL_AFFINITY_MAX     65536        /* cells; powers of two */


/*
 * What the learner works on: MODEL is what it publishes of it, so a successor
 * who finds it half changed begins with what was published.
 */

#define XSELL_DRIFTS           64           /* groups of kinds that are watched
                                               for change */

typedef struct {
    float               sum;          /* evidence that clicks are rarer than
                                         expected */
    uint32_t            open;         /* rows until its pairs are settled */
} xsell_drift_t;

typedef struct {
    xsell_model_t       work;
    xsell_affinity_t    place[XSELL_LOOK_FORMATS][XSELL_SLATE_MAX];
    xsell_drift_t       drift[XSELL_DRIFTS];
    uint64_t            clicks_at;    /* next impression whose clicks are to */
    uint64_t            leaves_at;    /* be settled, whose end is to be */
    uint64_t            tossed_at;    /* and that may be for the log */
    double              rewards;      /* fading sums behind work.ahead */
    double              ends;
    uint32_t            fresh;        /* learned since the last publication */
    uint32_t            published_s;
} xsell_learner_t;


/*
 * An event, 128 bytes: the one format of live traffic, log, replay and
 * warm-up (D4).  A field that a type does not use is 0 (refs: XSELL_NO_REF).
 */

enum {
    XSELL_EVENT_NONE = 0,
    XSELL_EVENT_VIEW,
    XSELL_EVENT_CART,
    XSELL_EVENT_CART_REMOVE,
    XSELL_EVENT_ORDER,
    XSELL_EVENT_CLICK,
    XSELL_EVENT_DWELL,
    XSELL_EVENT_VIEWABLE,
    XSELL_EVENT_DISMISS,
    XSELL_EVENT_RATE,
    XSELL_EVENT_CONSENT,
    XSELL_EVENT_ERASE,
    XSELL_EVENT_IMPRESSION,     /* internal: item[] were shown */
    XSELL_EVENTS
};

#define XSELL_EV_COOKIE        0x01   /* the visitor brought a valid cookie */
#define XSELL_EV_REFRESH       0x02   /* same item within 10 s: no new view */
#define XSELL_EV_VISIT         0x04   /* first view of a visit */
#define XSELL_EV_PROBATION     0x08   /* not (yet) in the main table */
#define XSELL_EV_PROMOTED      0x10   /* just moved there: index item[] too */
#define XSELL_EV_HOLDOUT       0x20   /* taught to index and pairs only */
#define XSELL_EV_FAST          0x40   /* click under 300 ms: count, not learn */
#define XSELL_EV_SEEN          0x80   /* item was in the session before */

typedef struct {
    uint64_t            time_ms;      /* engine time */
    uint64_t            session;      /* key; 0: no profile, sums only */
    uint64_t            impression;   /* 0: none */
    union {
        uint64_t        order;        /* hash of the order id; 0: none */
        int8_t          style[8];     /* view: of the item, q7; 0: unknown */
    };
    uint32_t            session_idx;  /* in SESSIONS, or XSELL_NO_REF */
    xsell_ref_t         item;
    uint32_t            value;        /* order, cart: minor units of the shop's
                                         currency; dwell: ms; rate: 1..5 */
    uint16_t            template_idx; /* of NAMES: "SLOT/TEMPLATE"; 0: not
                                         known */
    uint8_t             slot_name;    /* of NAMES */
    uint8_t             position;     /* of the click, from 0 */
    uint8_t             type;
    uint8_t             flags;
    uint8_t             n;            /* item[] in use */
    uint8_t             visit_n;      /* of these, of the running visit */
    char                country[2];   /* upper case, 0 0: unknown */
    uint16_t            quantity;     /* cart; impression: bit per counter
                                         of cap[] */
    uint32_t            network;      /* hash of the visitor's; 0: unknown;
                                         never logged */
    uint32_t            dwell_ms;     /* view: of the page before in the visit,
                                         0 none; set by the session */
    xsell_ref_t         others[XSELL_HISTORY];  /* view: the session's items
                                         before this one, newest first;
                                         order: its lines; impression: shown */
} xsell_event_t;


/* a ring: one claimant (holds the lock while it lives) and the learner */

typedef struct {
    xsell_lock_t        claim;
    uint32_t            pid;          /* for the log only */
    uint32_t            pad_1[3];
    uint64_t            head;         /* next to write; claimant, release */
    uint8_t             pad_2[56];
    uint64_t            tail;         /* next to read; learner, release */
    uint8_t             pad_3[56];
    /* ring_entries x xsell_event_t follow: stride covers them */
} xsell_ring_t;


enum {
    XSELL_IMP_SHOWN = 0,
    XSELL_IMP_CLICKED = 1
};

typedef struct {
    xsell_ref_t         ref;
    uint16_t            propensity;   /* q16, 0xffff = 1, 0: not known */
    uint16_t            pair;         /* cell of AFFINITY, scaled to 16 bits */
    uint8_t             reason;
    uint8_t             position;
    int8_t              feature[XSELL_FEATURES];   /* q5: value x 32, clipped */
    int16_t             score;        /* q8: the logit that it was chosen by */
} xsell_imp_row_t;

/* of a slate: nothing was shown; the arm was tossed for */
#define XSELL_IMP_HIDDEN       0x01
#define XSELL_IMP_TOSSED       0x02
#define XSELL_IMP_CHOSEN       0x04         /* there was more than one arm */
#define XSELL_IMP_UNSEEN       0x08         /* in copies: it came to no page */
#define XSELL_IMP_RECALLED     0x10         /* what was viewed: no decision */
#define XSELL_IMP_SAME         0x20         /* the toss brought the model's pick */


/*
 * A shown slate.  seq is the whole protocol in one word, changed by CAS only:
 * 40 bits of id, 12 bits of clicked positions, one for a slate that came to no
 * page, the top bit while the fields are being written.  A click is the CAS that sets its bit, so it can't hit a
 * later slate in the same place.  A place that a dead writer left is taken
 * over a lap later; should that writer have been stopped, not dead, its late
 * stores break sum, and the slate is lost instead of mixed.  In copies seq is
 * the id and state[] is filled.
 */

#define XSELL_IMP_ID           0x000000ffffffffffull
#define XSELL_IMP_CLICK_BIT    40           /* of position 0 */
#define XSELL_IMP_UNSEEN_BIT   (1ull << 62)
#define XSELL_IMP_WRITING      0x8000000000000000ull

typedef struct {
    uint64_t            seq;
    uint64_t            session;
    uint64_t            time_ms;
    xsell_ref_t         anchor;
    uint32_t            generation;   /* of the model that decided */
    uint16_t            template_idx;
    uint8_t             slot_name;
    uint8_t             n;
    uint8_t             arm;          /* factor bits of the template */
    uint8_t             flags;        /* XSELL_IMP_* */
    uint8_t             explored;     /* position + 1 of a row that was tossed
                                         for; 0: none */
    uint8_t             kind;         /* of the page's item: group that is
                                         watched for change */
    int8_t              term[XSELL_TERMS];         /* of the context, q5 */
    uint8_t             want;         /* rows there would have been */
    uint16_t            arm_propensity;            /* as of a row */
    uint32_t            network;      /* hash of the visitor's; 0: unknown */
    uint8_t             state[XSELL_SLATE_MAX];    /* XSELL_IMP_*, in copies */
    uint64_t            sum;          /* of id and fields, n rows */
    xsell_imp_row_t     row[XSELL_SLATE_MAX];
} xsell_impression_t;


#define XSELL_LEDGER_WAYS      8
#define XSELL_LEDGER_CART      0x01
#define XSELL_LEDGER_ORDER     0x02
#define XSELL_LEDGER_UNTAUGHT  0x04         /* its click may teach nothing */
#define XSELL_LEDGER_RECALLED  0x08         /* nor what comes of it */
#define XSELL_LEDGER_STATES    0x0f

typedef struct {
    uint64_t            session;      /* 0: free */
    uint64_t            impression;
    xsell_ref_t         item;
    xsell_ref_t         anchor;
    uint32_t            clicked_s;
    uint32_t            generation;
    uint32_t            revenue;      /* minor units credited */
    uint16_t            template_idx;
    uint16_t            propensity;
    uint8_t             slot_name;
    uint8_t             position;
    uint8_t             reason;
    uint8_t             state;        /* XSELL_LEDGER_*: counted once each */
    int8_t              feature[XSELL_FEATURES];
    uint16_t            pair;
    uint8_t             pad[18];
} xsell_ledger_row_t;

typedef struct {
    xsell_ledger_row_t  row[XSELL_LEDGER_WAYS];
} xsell_ledger_bucket_t;


#define XSELL_ORDER_WAYS       8

typedef struct {
    uint64_t            hash[XSELL_ORDER_WAYS];    /* newest first; 0: free */
} xsell_order_bucket_t;


/* what was found on pages: a word of the URL's hash, the hits, a stamp and
   the item's reference (xsell_url.c); 0: free */

#define XSELL_URL_WAYS         8

typedef struct {
    uint64_t            word[XSELL_URL_WAYS];
} xsell_url_bucket_t;


/* what the counters count; names as in the metrics */

enum {
    XSELL_STATE_SHOWN = 0,
    XSELL_STATE_HIDDEN,
    XSELL_STATE_HOLDOUT,
    XSELL_STATE_NO_CONSENT,
    XSELL_STATE_BOT,
    XSELL_STATE_PREVIEW,
    XSELL_STATE_NO_ITEM,
    XSELL_STATE_NO_CANDIDATES,
    XSELL_STATE_NO_PLACE,
    XSELL_STATE_ENCODING,
    XSELL_STATE_TYPE,
    XSELL_STATE_STATUS,
    XSELL_STATE_ERROR,
    XSELL_STATE_BUDGET,
    XSELL_STATE_OFF,
    XSELL_STATES
};

enum {
    XSELL_DROP_RING_FULL = 0,   /* event ring full */
    XSELL_DROP_NO_RING,         /* no ring was free for this worker */
    XSELL_DROP_SESSION_BUSY,    /* bucket lock taken three times */
    XSELL_DROP_SESSION_EVICTED, /* a live session made room */
    XSELL_DROP_PROBATION_EVICTED,
    XSELL_DROP_CLICK_LATE,      /* token older than the impression ring */
    XSELL_DROP_CLICK_REPLAY,    /* that click was counted before */
    XSELL_DROP_CLICK_FOREIGN,   /* token of another visitor, shop or path */
    XSELL_DROP_CLICK_FORGED,    /* MAC or form wrong */
    XSELL_DROP_CLICK_ANONYMOUS, /* click without a visitor (shared link) */
    XSELL_DROP_ORDER_REPEATED,
    XSELL_DROP_EVENT_INVALID,   /* a number that is none */
    XSELL_DROP_LOG,             /* event log could not be written */
    XSELL_DROP_SNAPSHOT,        /* snapshot could not be written */
    XSELL_DROP_LEDGER_EVICTED,
    XSELL_DROP_REWARD_CAPPED,   /* this visitor or network taught its share */
    XSELL_DROP_EVENT_EMPTY,     /* a parameter of xsell_event was */
    XSELL_DROP_EVENT_UNKNOWN,   /* an item that the catalogue lacks */
    XSELL_DROP_RATE_REPEATED,   /* this visitor rated the item before */
    XSELL_DROP_ITEM_CAPPED,     /* this network brought its share of the item */
    XSELL_DROPS
};

/* how the item of a page was found, in the order in which it is tried */

enum {
    XSELL_FROM_NONE = 0,
    XSELL_FROM_SET,             /* xsell_item */
    XSELL_FROM_URL,             /* the catalogue has an item of this URL */
    XSELL_FROM_LEARNED,         /* the page said so when it passed before */
    XSELL_FROM_JSONLD,          /* the page says so now */
    XSELL_FROM_MICRODATA,
    XSELL_FROM_OPENGRAPH,
    XSELL_FROM_CANONICAL,       /* by its canonical URL */
    XSELL_FROMS
};

#define XSELL_HIST_BUCKETS     16

typedef struct {
    uint64_t            pages[16];          /* XSELL_STATE_* */
    uint64_t            events[16];         /* XSELL_EVENT_* */
    uint64_t            dropped[24];        /* XSELL_DROP_* */
    uint64_t            decision[XSELL_HIST_BUCKETS];  /* not cumulative */
    uint64_t            decision_sum_us;
    uint64_t            decision_n;
    uint64_t            consent_erased;
    uint64_t            orders_value;       /* minor units */
    uint64_t            credited_value;     /* of these, after a click */
    uint64_t            holdout_visits;
    uint64_t            sessions;           /* seen lately; learner */
    uint64_t            found[8];           /* XSELL_FROM_* */
    uint64_t            pad[1];
} xsell_counters_t;

typedef struct {                            /* per name */
    uint64_t            impressions;
    uint64_t            clicks;
    uint64_t            carts;
    uint64_t            orders;
    uint64_t            revenue;            /* minor units */
    uint64_t            pad[3];
} xsell_name_counters_t;


_Static_assert(sizeof(xsell_header_t) <= XSELL_PAGE_BYTES, "header");
_Static_assert(offsetof(xsell_header_t, region) == 72, "directory");
_Static_assert(XSELL_REGIONS <= XSELL_DIRECTORY, "directory");
_Static_assert(sizeof(xsell_dict_entry_t) == 16, "dictionary entry");
_Static_assert(sizeof(xsell_name_t) == 64, "name");
_Static_assert(sizeof(xsell_session_record_t) == 128, "session");
_Static_assert(offsetof(xsell_session_record_t, first_s) == 96, "session");
_Static_assert(offsetof(xsell_bucket_t, record) == 64, "bucket");
_Static_assert(sizeof(xsell_bucket_t) == 64 + 8 * 128, "bucket");
_Static_assert(sizeof(xsell_item_record_t) == 44 + 8 * XSELL_LAYOUT_SALT,
               "item");
_Static_assert(sizeof(xsell_posting_t) == 136, "posting");
_Static_assert(sizeof(xsell_chunk_t) == 400, "chunk");
_Static_assert(sizeof(xsell_pair_record_t) == 136 + 8 * XSELL_LAYOUT_SALT,
               "pair");
_Static_assert(sizeof(xsell_event_t) == 128, "event");
_Static_assert(offsetof(xsell_ring_t, head) == 64, "ring");
_Static_assert(offsetof(xsell_ring_t, tail) == 128, "ring");
_Static_assert(sizeof(xsell_ring_t) == 192, "ring");
_Static_assert(sizeof(xsell_imp_row_t) == 40, "impression row");
_Static_assert(sizeof(xsell_impression_t) == 88 + 12 * 40, "impression");
_Static_assert(sizeof(xsell_ledger_row_t) == 96, "ledger");
_Static_assert(sizeof(xsell_affinity_t) == 8, "affinity");
_Static_assert(sizeof(xsell_crowd_t) == 256, "crowd");
_Static_assert(sizeof(xsell_goes_t) == 128, "goes");
_Static_assert(sizeof(xsell_model_t) % 8 == 0, "model");
_Static_assert(sizeof(xsell_order_bucket_t) == 64, "orders");
_Static_assert(sizeof(xsell_url_bucket_t) == 64, "urls");
_Static_assert(XSELL_FROMS <= 8, "sums of what was found");

#endif /* XSELL_LAYOUT_H */


/*
 * xsell_snapshot.h: the bytes of a snapshot file.  Private to the writer
 * (xsell_snapshot.c), the loader (xsell_restore.c) and their tests.
 *
 *   head (256 bytes)  chunk  chunk  ...  end chunk
 *
 * A chunk is a 16-byte head and n records of one size.  A section is a run
 * of chunks of one type; types ascend.  The writer never knows in advance
 * how much of a living arena it will meet, so counts stand at the end.
 *
 *   NAMES      slots, templates, arms         in the order of their indices
 *   ITEMS      id hash and counters           their order numbers them: all
 *                                             later sections say "item 17"
 *   MODEL      what was published of it, in pieces
 *   AFFINITY   kinds of items next to each other
 *   GOES       ... that go together           as in the arena, the key first
 *   TOPS       (list, item, score)            best first
 *   CROWDS     of a category, of a country    up to 20 items each
 *   PAIRS      (item, partner, counts)        best first
 *   SESSIONS   main table only                probation is nobody's profile
 *   LEDGER     clicked rows
 *   ORDERS     seen order ids                 a bucket's oldest first
 *   COUNTERS, NAME_COUNTERS
 *
 * Not here: postings (rebuilt from the sessions), impressions and rings
 * (older than the outage), hash (derived).
 *
 * Evolution: a field is added at the end of a record, its bytes tell a reader
 * how much there is: more than it knows is ignored, less is zero.  A changed
 * meaning takes a new version of the section.  A reader steps over types and
 * versions that it does not know.  Every word is little-endian, as the host:
 * `order` refuses another one instead of carrying code for it.
 *
 * Checks: each chunk has a CRC-32 of itself, the end one has a CRC-32 over
 * the file's head and all chunk heads (their checks included), so a missing,
 * repeated or moved chunk shows without hashing everything twice.  They find
 * accidents; against a forger the loader's ranges stand, not the checksums.
 * Dropped: one SipHash over all; as strong here and zlib's CRC is faster.
 */

#ifndef XSELL_SNAPSHOT_INTERNAL_H
#define XSELL_SNAPSHOT_INTERNAL_H

#include "xsell_store.h"

#include <zlib.h>


#define XSELL_SNAP_MAGIC       "xsellsnp"
#define XSELL_SNAP_ORDER       0x01020304u
#define XSELL_SNAP_FORMAT      1        /* of head, chunks and end */
#define XSELL_SNAP_CHUNK       4096     /* the writer's chunks, head and all */
#define XSELL_SNAP_RECORD_MIN  8        /* bounds what a byte can demand */
#define XSELL_SNAP_NO_ITEM     0xffffffffu

/* engine seconds are 32 bits; a file from the year 100 is not one of ours */
#define XSELL_SNAP_TIME_MAX    ((uint64_t) 1000 * 0xffff0000u)


enum {
    XSELL_SNAP_NAMES = 0x10,
    XSELL_SNAP_ITEMS = 0x20,
    XSELL_SNAP_MODEL = 0x32,        /* 0x30: weights of 24 features; 0x31:
                                       looks of 8 terms */
    XSELL_SNAP_AFFINITY = 0x38,
    XSELL_SNAP_GOES = 0x39,
    XSELL_SNAP_TOPS = 0x40,
    XSELL_SNAP_CROWDS = 0x48,
    XSELL_SNAP_PAIRS = 0x50,
    XSELL_SNAP_SESSIONS = 0x60,
    XSELL_SNAP_LEDGER = 0x70,
    XSELL_SNAP_ORDERS = 0x80,
    XSELL_SNAP_COUNTERS = 0x90,
    XSELL_SNAP_NAME_COUNTERS = 0xa0,
    XSELL_SNAP_END = 0xffff
};

#define XSELL_SNAP_VERSION     1        /* of every section so far */


typedef struct {
    char                magic[8];
    uint32_t            order;
    uint16_t            format;
    uint16_t            bytes;          /* of this head */
    uint32_t            epoch;
    uint32_t            left;           /* bit per arena region not read */
    uint64_t            time_ms;        /* engine time when begun */
    uint64_t            items;          /* slots in use when begun */
    uint32_t            catalog;
    uint32_t            generation;
    uint8_t             key[16];
    uint64_t            applied;
    uint64_t            rng;
    uint64_t            visits;
    uint64_t            views;
    uint64_t            orders;
    uint64_t            lines;
    uint64_t            log_inode;
    uint64_t            log_off;
    uint64_t            impression;     /* last id: ledger rows know theirs */
    uint32_t            first_s;        /* of the first catalogue */
    uint8_t             zero[112];
    uint32_t            check;          /* CRC-32 of the bytes before */
} xsell_snap_head_t;


typedef struct {
    uint16_t            type;
    uint16_t            version;
    uint32_t            record_bytes;
    uint32_t            n;              /* records, never 0 */
    uint32_t            check;          /* CRC-32: the 12 bytes, records */
} xsell_snap_chunk_t;


/* the end chunk's one record */

typedef struct {
    uint64_t            chunks;         /* before this one */
    uint64_t            records;
    uint64_t            bytes;
    uint32_t            chain;          /* CRC-32 of head and chunk heads */
    uint32_t            zero;
} xsell_snap_end_t;


typedef struct {
    char                text[55];
    uint8_t             len;
} xsell_snap_name_t;


typedef struct {
    uint64_t            hash;
    uint32_t            born_s;
    uint32_t            age;            /* catalogues since one named it */
    float               pop;
    float               trend;
    float               sold;
    uint32_t            decay_s;
    uint32_t            views;
    uint32_t            impressions;
    uint32_t            clicks;
    uint32_t            carts;
    uint32_t            orders;
    float               resid_mean;
    float               resid_prec;
    uint32_t            zero;
} xsell_snap_item_t;


/* xsell_model_t as it is, its sum included: all of it or nothing */

#define XSELL_SNAP_PIECE_WORDS  64
#define XSELL_SNAP_PIECES                                                     \
    ((sizeof(xsell_model_t) + 4 * XSELL_SNAP_PIECE_WORDS - 1)                 \
     / (4 * XSELL_SNAP_PIECE_WORDS))

typedef struct {
    uint32_t            word[XSELL_SNAP_PIECE_WORDS];
} xsell_snap_model_t;


typedef struct {
    uint32_t            cell;           /* scaled to 16 bits */
    uint32_t            cells;          /* how many there were */
    float               mean;
    float               precision;
} xsell_snap_affinity_t;


typedef struct {
    uint32_t            key;
    uint32_t            decay_s;
    float               out;
    float               in;
    uint32_t            kind[XSELL_GOES_KINDS];
    float               n[XSELL_GOES_KINDS];
    float               share[XSELL_GOES_KINDS];
} xsell_snap_goes_t;


typedef struct {
    uint32_t            list;           /* XSELL_TOP_* */
    uint32_t            item;
    float               score;
} xsell_snap_top_t;


typedef struct {
    uint32_t            key;
    uint32_t            decay_s;
    float               all;
    uint32_t            zero;
    uint32_t            item[XSELL_CROWD_ITEMS];    /* or NO_ITEM */
    float               pop[XSELL_CROWD_ITEMS];
    float               trend[XSELL_CROWD_ITEMS];
} xsell_snap_crowd_t;


typedef struct {
    uint32_t            item;
    uint32_t            partner;
    uint16_t            viewed;
    uint16_t            bought;
} xsell_snap_pair_t;


typedef struct {
    uint64_t            key;
    uint32_t            entry[XSELL_HISTORY];   /* item | XSELL_ENTRY_* */
    int8_t              style[8];
    uint32_t            first_s;
    uint32_t            last_s;
    uint32_t            visit_s;
    uint32_t            offer_s;
    uint32_t            revenue;
    uint16_t            visits;
    uint8_t             orders;
    uint8_t             flags;
    uint16_t            template_idx;
    uint8_t             cap[2];
    uint8_t             n;
    uint8_t             visit_n;
    uint8_t             offers;
    uint8_t             ignored;
} xsell_snap_session_t;


typedef struct {
    uint64_t            session;
    uint64_t            impression;
    uint32_t            item;
    uint32_t            anchor;         /* or XSELL_SNAP_NO_ITEM */
    uint32_t            clicked_s;
    uint32_t            generation;
    uint32_t            revenue;
    uint16_t            template_idx;
    uint16_t            propensity;
    uint8_t             slot_name;
    uint8_t             position;
    uint8_t             reason;
    uint8_t             state;
    int8_t              feature[XSELL_FEATURES];
    uint16_t            pair;
    uint16_t            zero[3];
} xsell_snap_ledger_t;


typedef struct {
    uint64_t            hash;
} xsell_snap_order_t;


/* the words of xsell_counters_t up to its padding, as they stand there */

#define XSELL_SNAP_COUNTER_WORDS  (offsetof(xsell_counters_t, pad) / 8)

typedef struct {
    uint64_t            word[XSELL_SNAP_COUNTER_WORDS];
} xsell_snap_counters_t;


typedef struct {
    uint64_t            name;           /* index in NAMES */
    uint64_t            impressions;
    uint64_t            clicks;
    uint64_t            carts;
    uint64_t            orders;
    uint64_t            revenue;
} xsell_snap_name_counters_t;


_Static_assert(sizeof(xsell_snap_head_t) == XSELL_SNAPSHOT_HEAD, "head");
_Static_assert(offsetof(xsell_snap_head_t, check) == 252, "head");
_Static_assert(sizeof(xsell_snap_chunk_t) == 16, "chunk");
_Static_assert(sizeof(xsell_snap_end_t) == 32, "end");
_Static_assert(sizeof(xsell_snap_name_t) == 56, "name");
_Static_assert(sizeof(xsell_snap_item_t) == 64, "item");
_Static_assert(sizeof(xsell_snap_model_t) == 256, "model");
_Static_assert(sizeof(xsell_snap_affinity_t) == 16, "affinity");
_Static_assert(sizeof(xsell_snap_goes_t)
               == sizeof(xsell_goes_t) - offsetof(xsell_goes_t, key), "goes");
_Static_assert(sizeof(xsell_snap_top_t) == 12, "top");
_Static_assert(sizeof(xsell_snap_crowd_t) == 256, "crowd");
_Static_assert(sizeof(xsell_snap_pair_t) == 12, "pair");
_Static_assert(sizeof(xsell_snap_session_t) == 112, "session");
_Static_assert(sizeof(xsell_snap_ledger_t) == 80, "ledger");
_Static_assert(offsetof(xsell_counters_t, dropped) == 32 * 8
               && offsetof(xsell_counters_t, decision) == 56 * 8
               && offsetof(xsell_counters_t, holdout_visits) == 77 * 8,
               "counters are only added behind the others");
_Static_assert(sizeof(xsell_snap_name_counters_t) == 48, "name counters");


static inline uint32_t
xsell_snap_head_check(const xsell_snap_head_t *head)
{
    return (uint32_t) crc32(0, (const Bytef *) head,
                            offsetof(xsell_snap_head_t, check));
}


/* chunk: the head, the records right behind it */

static inline uint32_t
xsell_snap_chunk_check(const uint8_t *chunk, size_t bytes)
{
    uint32_t  sum;

    sum = (uint32_t) crc32(0, chunk, offsetof(xsell_snap_chunk_t, check));

    return (uint32_t) crc32_z(sum, chunk + sizeof(xsell_snap_chunk_t),
                              bytes - sizeof(xsell_snap_chunk_t));
}


#endif /* XSELL_SNAPSHOT_INTERNAL_H */

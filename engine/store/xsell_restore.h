
/*
 * xsell_restore.h: between the two halves of loading a snapshot: what
 * xsell_restore.c has checked, xsell_refill.c puts into the arena.
 */

#ifndef XSELL_RESTORE_H
#define XSELL_RESTORE_H

#include "xsell_snapshot.h"


/* sections that this build knows, in the file's order */

enum {
    XSELL_RUN_NAMES = 0,
    XSELL_RUN_ITEMS,
    XSELL_RUN_MODEL,
    XSELL_RUN_AFFINITY,
    XSELL_RUN_GOES,
    XSELL_RUN_TOPS,
    XSELL_RUN_CROWDS,
    XSELL_RUN_PAIRS,
    XSELL_RUN_SESSIONS,
    XSELL_RUN_LEDGER,
    XSELL_RUN_ORDERS,
    XSELL_RUN_COUNTERS,
    XSELL_RUN_NAME_COUNTERS,
    XSELL_RUNS
};


/* a section: its chunks lie one behind the other from `off` on */

typedef struct {
    uint64_t             off;
    uint64_t             n;             /* records, 0: no such section */
    uint32_t             bytes;         /* of a record in this file */
} xsell_run_t;


/* a record that is put in by age */

typedef struct {
    uint64_t             key;
    const uint8_t       *at;            /* in the file */
    uint32_t             time_s;
    uint32_t             idx;           /* sessions: where it was put */
} xsell_seat_t;


/* room for one record of any section */

typedef union {
    xsell_snap_name_t           name;
    xsell_snap_item_t           item;
    xsell_snap_model_t          model;
    xsell_snap_affinity_t       affinity;
    xsell_snap_goes_t           goes;
    xsell_snap_top_t            top;
    xsell_snap_crowd_t          crowd;
    xsell_snap_pair_t           pair;
    xsell_snap_session_t        session;
    xsell_snap_ledger_t         ledger;
    xsell_snap_order_t          order;
    xsell_snap_counters_t       counters;
    xsell_snap_name_counters_t  name_counters;
} xsell_snap_record_t;


typedef struct {
    const uint8_t       *p;             /* the file */
    size_t               n;
    xsell_snap_head_t    head;
    xsell_run_t          run[XSELL_RUNS];
    uint64_t             unknown;       /* records of unknown sections */

    uint64_t            *hashes;        /* of ITEMS, by place in the file;
                                           as many again to work with */
    uint32_t            *ages;
    xsell_ref_t         *refs;          /* what they are in the arena */
    uint32_t            *work;          /* two an item */
    xsell_seat_t        *sessions;      /* by time, each key once */
    size_t               sessions_n;
    xsell_seat_t        *ledger;        /* by time */

    xsell_arena_t       *a;             /* from here on: the filling */
    uint32_t             now_s;
    uint64_t             left;          /* records that found no place */
    uint16_t             names[XSELL_NAMES];    /* file's index -> ours */
} xsell_restore_t;


/* calls fn for each record of a run, at: its bytes in the file; ends early
   when fn does not return XSELL_OK */
typedef int (*xsell_record_pt)(xsell_restore_t *r,
    const xsell_snap_record_t *rec, const uint8_t *at, uint64_t i);
int xsell_restore_each(xsell_restore_t *r, unsigned run, xsell_record_pt fn);

/* a record in our size: longer ones cut, shorter ones filled with zero */
void xsell_restore_record(const xsell_restore_t *r, unsigned run,
    const uint8_t *at, xsell_snap_record_t *rec);

/* puts everything into the arena; can't fail */
void xsell_refill(xsell_restore_t *r, uint64_t mono_ms);


/* exact: an exponent of all ones is infinity or no number */

static inline int
xsell_restore_finite(float f)
{
    uint32_t  w;

    memcpy(&w, &f, sizeof(w));
    return (w & 0x7f800000) != 0x7f800000;
}


#endif /* XSELL_RESTORE_H */

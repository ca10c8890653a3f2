
/*
 * xsell_recover.c: the lease of the learner, and what its next holder does
 * when the last one was killed.
 *
 * The lock is robust: the kernel hands it on when its owner dies, and says
 * so.  Then the intent in the header names the one record that may be half
 * changed, and only that is looked at, so taking over costs the same in a
 * shop of a million items.  Everything else is whole: a record is changed
 * under its intent or by single stores that mean something each.
 *
 * What can't be told is how far the event itself had come: it is still in
 * its ring and is learned again, so a kill repeats at most one event.
 */

#include "xsell_model.h"


static void
xsell_ledger_repair(xsell_arena_t *a, uint32_t bucket)
{
    uint32_t             i;
    xsell_ledger_row_t  *row;

    row = a->ledger[bucket].row;

    for (i = 0; i < XSELL_LEDGER_WAYS; i++, row++) {

        if (xsell_ref_slot(row->item) >= a->items_n
            || (row->anchor != XSELL_NO_REF
                && xsell_ref_slot(row->anchor) >= a->items_n)
            || row->position >= XSELL_SLATE_MAX)
        {
            xsell_store(&row->session, 0);
        }
    }
}


static void
xsell_recover_ledger(xsell_arena_t *a, uint32_t index)
{
    uint32_t  i;

    if (index < a->ledger_n) {
        xsell_ledger_repair(a, index);
        return;
    }

    /* killed while the row was looked for: it may be anywhere */

    for (i = 0; i < a->ledger_n; i++) {
        xsell_ledger_repair(a, i);
    }
}


static void
xsell_recover_model(xsell_arena_t *a)
{
    uint32_t  generation;

    generation = xsell_load(&a->header->generation);

    xsell_seq_put(&a->models[~generation & 1], &a->models[generation & 1],
                  sizeof(xsell_model_t) / 4);

    /* what was worked on is not known to be whole either */

    a->learner->work.factor[0][0] = 0;
}


void
xsell_recover(xsell_arena_t *a)
{
    uint32_t  region, index;

    region = xsell_load_acquire(&a->header->intent.region);
    index = xsell_load(&a->header->intent.index);

    switch (region) {

    case XSELL_REGION_ITEMS:
        if (index < a->items_n) {
            xsell_item_repair(a, index);
        }
        break;

    case XSELL_REGION_POSTINGS:
        if (index < a->items_n) {
            xsell_posting_repair(a, index);
        }
        break;

    case XSELL_REGION_CHUNKS:
        if (index < a->chunks_n) {
            xsell_chunk_repair(a, index);
        }
        break;

    case XSELL_REGION_PAIRS:
        if (index < a->items_n) {
            xsell_pairs_repair(a, index);
        }
        break;

    case XSELL_REGION_TOP:
        if (index < XSELL_TOPS) {
            xsell_top_repair(a, index);
        }
        break;

    case XSELL_REGION_CROWDS:
        if (index < a->crowds_n) {
            xsell_crowd_repair(a, index);
        }
        break;

    case XSELL_REGION_GOES:
        if (index < a->goes_n) {
            xsell_goes_repair(a, index);
        }
        break;

    case XSELL_REGION_MODEL:
        xsell_recover_model(a);
        break;

    case XSELL_REGION_LEDGER:
        xsell_recover_ledger(a, index);
        break;

    default:
        break;
    }

    xsell_intent_clear(a);
}


int
xsell_lease_try(xsell_arena_t *a, uint32_t pid)
{
    int  rc;

    rc = xsell_lock_try(&a->header->lease);

    if (rc == XSELL_BUSY) {
        return rc;
    }

    xsell_store(&a->header->lease_pid, pid);

    /* a half-done record counts whatever the lock says: the kernel forgets
       a dead owner when the machine, or the last mapping, goes */

    if (rc == XSELL_AGAIN
        || xsell_load(&a->header->intent.region) != XSELL_REGIONS)
    {
        xsell_recover(a);
        xsell_store(&a->header->recovered, a->header->recovered + 1);
    }

    xsell_weights_publish(a);

    return XSELL_OK;
}


void
xsell_lease_release(xsell_arena_t *a)
{
    xsell_store(&a->header->lease_pid, 0);
    xsell_lock_release(&a->header->lease);
}

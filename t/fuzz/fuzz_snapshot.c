
/*
 * fuzz_snapshot.c: a snapshot file from whoever may write into the folder.
 *
 * Properties: whatever the bytes, loading ends, reads nothing outside them,
 * and either changes nothing in the arena or leaves a valid one, of which
 * the next snapshot loads again and says the same of its items.
 *
 * The input's first byte says what the rest is: a file (bit 1 clear), or
 * edits of a good one that the harness writes when it starts (two bytes
 * offset, one byte length, that many bytes); and whether the checksums are
 * made right afterwards (bit 0), for without that the fuzzer would only ever
 * meet them.  So no seed has to be kept that a new format makes useless.
 */

#include "../engine/snapshot_seal.h"

#include <stdlib.h>


#define ARENA    XSELL_ARENA_MIN
#define MONO_MS  3000000u

#define EDITS    2      /* of the first byte */
#define SEALED   1


static uint8_t        *mem, *fresh, good[65536];
static size_t          good_n;
static xsell_arena_t   a;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerInitialize(int *argc, char ***argv);


static void
want(int ok)
{
    if (!ok) {
        abort();
    }
}


static void
fuzz_arena(void)
{
    static const uint8_t  seed[16] = { 1, 2, 3 };

    want(xsell_arena_create(&a, mem, ARENA, seed, 0, NULL) == XSELL_OK);
}


static size_t
fuzz_write(uint8_t *out, size_t cap)
{
    int                rc;
    size_t             n, k;
    xsell_snapshot_t  *s;

    want(xsell_snapshot_create(&s, mem, ARENA, MONO_MS, NULL) == XSELL_OK);

    n = 0;

    do {
        want(cap - n >= 4096);
        rc = xsell_snapshot_next(s, out + n, cap - n, &k);
        n += k;
    } while (rc == XSELL_AGAIN);

    want(rc == XSELL_OK);
    xsell_snapshot_destroy(s);

    return n;
}


static void
fuzz_fill(void)
{
    unsigned          i;
    xsell_ref_t       ref[4];
    xsell_event_t     ev;
    xsell_settings_t  s;

    static const uint64_t  hashes[4] = { 11, 12, 13, 14 };

    fuzz_arena();
    want(xsell_lease_try(&a, 1) == XSELL_OK);   /* publishes the model */
    xsell_settings_default(&s);
    want(xsell_name_index(&a, "slot", 4, 1) == 0);
    want(xsell_dictionary_map(&a, hashes, 4, 1, 0, ref) == 0);

    for (i = 0; i < 12; i++) {
        memset(&ev, 0, sizeof(ev));
        ev.session = 100 + i % 3;
        ev.item = ref[i % 4];
        ev.time_ms = 1000 * (i + 20);
        ev.flags = XSELL_EV_COOKIE;
        ev.type = i < 6 ? XSELL_EVENT_VIEW : i < 8 ? XSELL_EVENT_CART
                  : i < 10 ? XSELL_EVENT_CLICK : XSELL_EVENT_ORDER;
        ev.impression = ev.type == XSELL_EVENT_CLICK ? i : 0;
        ev.order = ev.type == XSELL_EVENT_ORDER ? i : 0;

        if (xsell_session_apply(&a, &ev, NULL) == XSELL_OK) {
            (void) xsell_learn(&a, &s, NULL, &ev);
        }
    }

    xsell_learn_tick(&a, 50000);
    a.name_counters[0].clicks = 1;
    xsell_lease_release(&a);
}


int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
    mem = aligned_alloc(XSELL_PAGE_BYTES, ARENA);
    fresh = malloc(ARENA);
    want(mem != NULL && fresh != NULL);

    fuzz_fill();
    good_n = fuzz_write(good, sizeof(good));

    fuzz_arena();
    memcpy(fresh, mem, ARENA);

    return 0;
}


/* the loaded arena's own snapshot tells the same items */

static void
fuzz_again(const xsell_snapshot_info_t *info, uint64_t left)
{
    size_t                  n;
    uint64_t                left_again;
    static uint8_t          out[4 * ARENA];
    xsell_snapshot_info_t   again;

    n = fuzz_write(out, sizeof(out));

    if (a.header->epoch == UINT32_MAX) {
        return;
    }

    fuzz_arena();
    want(xsell_snapshot_load(&a, out, n, MONO_MS, &again, &left_again, NULL)
         == XSELL_OK);
    want(again.items <= info->items);
    want(left != 0 || again.items == info->items);
    want(xsell_arena_validate(&a, NULL) == XSELL_OK);
}


/* the file that an input means, in a block of its own length: one byte too
   far is seen */

static uint8_t *
fuzz_file(const uint8_t *data, size_t *n)
{
    size_t    i, k, off;
    uint8_t  *p, mode;

    mode = data[0];
    i = 1;

    if (mode & EDITS) {
        p = malloc(good_n);
        want(p != NULL);
        memcpy(p, good, good_n);

        while (*n - i > 3) {
            off = (data[i] | (size_t) data[i + 1] << 8) % good_n;
            k = data[i + 2];
            i += 3;

            for ( /* void */ ; k > 0 && i < *n && off < good_n; k--) {
                p[off++] = data[i++];
            }
        }

        *n = good_n;

    } else {
        *n -= 1;
        p = malloc(*n + (*n == 0));
        want(p != NULL);
        memcpy(p, data + 1, *n);
    }

    if (mode & SEALED) {
        snapshot_seal(p, *n);
    }

    return p;
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    int                     rc;
    uint8_t                *p;
    uint64_t                left;
    xsell_snapshot_info_t   info;

    if (n == 0) {
        return 0;
    }

    p = fuzz_file(data, &n);
    memcpy(mem, fresh, ARENA);

    rc = xsell_snapshot_load(&a, p, n, MONO_MS, &info, &left, NULL);
    free(p);

    if (rc == XSELL_OK) {
        want(xsell_arena_validate(&a, NULL) == XSELL_OK);
        fuzz_again(&info, left);

    } else {
        want(memcmp(mem, fresh, ARENA) == 0);
    }

    return 0;
}

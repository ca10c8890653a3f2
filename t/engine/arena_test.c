
/*
 * arena_test.c: cutting, formatting and attaching a zone of any size.
 *
 * An operator writes one number into nginx.conf, and every region follows
 * from it.  Later cycles attach what is there: whatever the bytes are, that
 * must end in pointers inside the block or in an error.
 */

#include "store/xsell_store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <sys/mman.h>

#include <cmocka.h>


#define MIB     (1024 * 1024ull)
#define CANARY  0xc5


static const uint8_t  seed[16] = { 9, 8, 7, 6, 5, 4, 3, 2, 1 };


/* what every plan promises, whatever the size */

static void
check_plan(const xsell_plan_t *p, uint64_t bytes)
{
    unsigned               r;
    uint64_t               end, ring;
    const xsell_region_t  *g;

    g = p->region;
    end = XSELL_PAGE_BYTES;

    for (r = 0; r < XSELL_REGIONS; r++) {
        assert_true(g[r].off >= end);
        assert_int_equal(g[r].off % XSELL_LINE_BYTES, 0);
        assert_true(g[r].count >= 1);
        assert_true(g[r].version >= 1);
        assert_true(g[r].count <= p->bytes / g[r].stride);

        end = g[r].off + g[r].count * g[r].stride;
        assert_true(end <= p->bytes);

        /* big regions on pages, and no more lost than that costs */

        if (end - g[r].off >= 64 * 1024) {
            assert_int_equal(g[r].off % XSELL_PAGE_BYTES, 0);
        }
    }

    assert_true(p->bytes <= bytes);
    assert_true(p->bytes - end < 2 * XSELL_PAGE_BYTES);

    assert_true(p->items <= XSELL_SLOT_MAX);
    assert_true(g[XSELL_REGION_DICT].count == p->items);
    assert_true(g[XSELL_REGION_ITEMS].count == p->items);
    assert_true(g[XSELL_REGION_POSTINGS].count == p->items);
    assert_true(g[XSELL_REGION_PAIRS].count == p->items);

    assert_true(g[XSELL_REGION_HASH].count >= p->items * 3ull / 2);
    assert_true(g[XSELL_REGION_HASH].count <= p->items * 3ull / 2 + 16);

    assert_in_range(p->ring_entries, 16, 1024);
    assert_int_equal(p->ring_entries & (p->ring_entries - 1), 0);

    ring = g[XSELL_REGION_RINGS].stride;
    assert_true(ring == sizeof(xsell_ring_t)
                        + p->ring_entries * sizeof(xsell_event_t));
    assert_true(p->ring_entries == 16 || ring * XSELL_RINGS
                                         < p->bytes / 16 + 64 * 1024);

    assert_true(p->sessions < XSELL_NO_REF);
    assert_true(p->sessions == g[XSELL_REGION_SESSIONS].count * XSELL_WAYS);
    assert_true(p->probation == g[XSELL_REGION_PROBATION].count * XSELL_WAYS);
    assert_true(p->session_bytes == 136);
    assert_int_equal(p->item_bytes, 338);
}


/* hazard: some odd size gives regions that overlap, leave the zone, lose
   their alignment, or a count that overflows */

static void
plan_of_every_size(void **state)
{
    uint64_t       bytes, step;
    xsell_plan_t   p;
    xsell_error_t  err;

    (void) state;

    for (bytes = XSELL_ARENA_MIN; bytes < 4 * MIB; bytes += 4093) {
        assert_int_equal(xsell_plan(bytes, &p, &err), XSELL_OK);
        check_plan(&p, bytes);
    }

    /* then by 3 % up to the largest number there is */

    for ( ;; ) {
        assert_int_equal(xsell_plan(bytes, &p, &err), XSELL_OK);
        check_plan(&p, bytes);

        step = bytes / 33;

        if (bytes > UINT64_MAX - step) {
            break;
        }

        bytes += step;
    }

    assert_int_equal(xsell_plan(UINT64_MAX, &p, &err), XSELL_OK);
    check_plan(&p, UINT64_MAX);
    assert_true(p.bytes == 64 * 1024 * MIB);
}


/* hazard: a size that cannot work is cut anyway, or refused without saying
   what would work */

static void
plan_too_small(void **state)
{
    unsigned         i;
    xsell_plan_t     p;
    xsell_error_t    err;

    static const uint64_t  sizes[] = {
        0, 1, 4095, 4096, 65536, XSELL_ARENA_MIN - 1
    };

    (void) state;

    for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        assert_int_equal(xsell_plan(sizes[i], &p, &err), XSELL_ENOSPC);
        assert_non_null(strstr(err.text, "1048576"));
        assert_int_equal(xsell_plan(sizes[i], &p, NULL), XSELL_ENOSPC);
    }
}


/* hazard: the documented zone for 100,000 items holds fewer, or a larger
   zone holds less of something */

static void
plan_is_ample(void **state)
{
    uint64_t      bytes;
    xsell_plan_t  p, last;

    (void) state;

    assert_int_equal(xsell_plan(192 * MIB, &p, NULL), XSELL_OK);
    assert_true(p.items >= 120000);
    assert_true(p.sessions >= 300000);
    assert_true(p.probation * 14ull <= p.sessions);
    assert_true(p.probation * 18ull >= p.sessions);
    assert_true(p.impressions >= 50000);

    assert_int_equal(xsell_plan(MIB, &last, NULL), XSELL_OK);

    for (bytes = 2 * MIB; bytes <= 65536 * MIB; bytes *= 2) {
        assert_int_equal(xsell_plan(bytes, &p, NULL), XSELL_OK);
        assert_true(p.items >= last.items);
        assert_true(p.sessions > last.sessions);
        assert_true(p.probation > last.probation);
        assert_true(p.impressions > last.impressions);
        assert_true(p.chunks > last.chunks);
        assert_true(p.ledger > last.ledger);
        assert_true(p.orders > last.orders);
        last = p;
    }
}


static uint8_t *
block(uint64_t bytes)
{
    void  *p;

    p = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(p != MAP_FAILED);
    return p;
}


static void
create(xsell_arena_t *a, void *mem, uint64_t bytes)
{
    xsell_error_t  err;

    if (xsell_arena_create(a, mem, bytes, seed, 1000, &err) != XSELL_OK) {
        fail_msg("%llu: %s", (unsigned long long) bytes, err.text);
    }
}


/* every pointer of the view with its length is inside the block */

static void
check_inside(const xsell_arena_t *a, const uint8_t *mem, uint64_t bytes)
{
#define inside(p, n)                                                          \
    assert_int_equal((uintptr_t) (p) % XSELL_LINE_BYTES, 0);                  \
    assert_true((const uint8_t *) (p) >= mem + XSELL_PAGE_BYTES               \
                && (uint64_t) ((const uint8_t *) (p) - mem) <= bytes          \
                && (uint64_t) (n) * sizeof(*(p))                              \
                   <= bytes - (uint64_t) ((const uint8_t *) (p) - mem))

    inside(a->hash, a->hash_n);
    inside(a->dict, a->items_n);
    inside(a->names, XSELL_NAMES);
    inside(a->sessions, a->buckets_n);
    inside(a->probation, a->probation_n);
    inside(a->items, a->items_n);
    inside(a->postings, a->items_n);
    inside(a->chunks, a->chunks_n);
    inside(a->pairs, a->items_n);
    inside(a->tops, XSELL_TOPS);
    inside(a->models, 2);
    inside(a->rings, (uint64_t) a->ring_stride * XSELL_RINGS);
    inside(a->impressions, a->impressions_n);
    inside(a->ledger, a->ledger_n);
    inside(a->orders, a->orders_n);
    inside(a->counters, 1);
    inside(a->name_counters, XSELL_NAMES);

    assert_true(a->items_n <= XSELL_SLOT_MAX && a->items_n < a->hash_n);
    assert_int_equal(a->ring_mask & (a->ring_mask + 1), 0);
    assert_true(a->ring_mask == a->ring_entries - 1);
    assert_true(a->ring_stride == sizeof(xsell_ring_t)
                + (uint64_t) a->ring_entries * sizeof(xsell_event_t));
}


/* hazard: formatting trusts that the memory is zero, leaves it (a byte
   behind the end), or gives an arena that is not valid */

static void
create_of_every_size(void **state)
{
    uint64_t        bytes, room, i;
    uint8_t        *mem;
    xsell_arena_t   a, b;
    xsell_error_t   err;

    (void) state;

    room = 9 * MIB;
    mem = block(room);

    for (bytes = XSELL_ARENA_MIN; bytes < 8 * MIB; bytes += 333667) {
        memset(mem, bytes % 2 ? CANARY : 0xff, bytes + 4096);
        memset(mem + bytes, CANARY, 4096);

        create(&a, mem, bytes);

        for (i = bytes; i < bytes + 4096; i++) {
            assert_int_equal(mem[i], CANARY);
        }

        assert_int_equal(xsell_arena_attach(&b, mem, bytes, &err), XSELL_OK);
        assert_memory_equal(&a, &b, sizeof(a));
        check_inside(&a, mem, bytes);

        if (xsell_arena_validate(&a, &err) != XSELL_OK) {
            fail_msg("%llu: %s", (unsigned long long) bytes, err.text);
        }
    }

    munmap(mem, room);
}


/* hazard: what was in the memory before shines through */

static void
create_forgets(void **state)
{
    unsigned        r;
    uint8_t        *x, *y;
    xsell_arena_t   a, b;

    (void) state;

    x = block(2 * MIB);
    y = block(2 * MIB);
    memset(x, 0x5a, 2 * MIB);

    create(&a, x, 2 * MIB);
    create(&b, y, 2 * MIB);

    assert_memory_equal(x, y, XSELL_PAGE_BYTES);

    for (r = 0; r < XSELL_REGIONS; r++) {
        assert_memory_equal(x + a.header->region[r].off,
                            y + a.header->region[r].off,
                            a.header->region[r].count
                            * a.header->region[r].stride);
    }

    assert_int_equal(a.header->intent.region, XSELL_REGIONS);
    assert_int_equal(a.hash[0], XSELL_NO_REF);
    assert_int_equal(a.postings[7].chunk, XSELL_NO_REF);
    assert_int_equal(a.chunks[7].owner, XSELL_NO_REF);
    assert_memory_equal(a.header->key, seed, 16);
    assert_int_equal(xsell_lock_try(&a.header->lease), XSELL_OK);
    assert_int_equal(xsell_lock_try(&xsell_ring_at(&a, 63)->claim), XSELL_OK);
    assert_int_equal(xsell_lock_try(&a.probation[0].lock), XSELL_OK);
    xsell_lock_release(&a.header->lease);
    xsell_lock_release(&xsell_ring_at(&a, 63)->claim);
    xsell_lock_release(&a.probation[0].lock);

    munmap(x, 2 * MIB);
    munmap(y, 2 * MIB);
}


/* hazard: memory of another size, layout or kind is taken for ours */

static void
attach_refuses(void **state)
{
    uint8_t        *mem;
    xsell_arena_t   a;
    xsell_error_t   err;

    (void) state;

    mem = block(2 * MIB);
    create(&a, mem, MIB);

    assert_int_equal(xsell_arena_attach(&a, NULL, MIB, &err), XSELL_EINVAL);
    assert_int_equal(xsell_arena_attach(&a, mem + 64, MIB, &err),
                     XSELL_EINVAL);
    assert_int_equal(xsell_arena_attach(&a, mem, 4096, &err), XSELL_EINVAL);
    assert_int_equal(xsell_arena_attach(&a, mem, 2 * MIB, &err),
                     XSELL_ECORRUPT);
    assert_int_equal(xsell_arena_attach(&a, mem, MIB + 64, NULL),
                     XSELL_ECORRUPT);
    assert_int_equal(xsell_arena_create(&a, mem + 64, MIB, seed, 0, &err),
                     XSELL_EINVAL);
    assert_int_equal(xsell_arena_create(&a, NULL, MIB, seed, 0, &err),
                     XSELL_EINVAL);

    assert_int_equal(xsell_arena_attach(&a, mem, MIB, &err), XSELL_OK);

    a.header->signature ^= 1;
    assert_int_equal(xsell_arena_attach(&a, mem, MIB, &err), XSELL_EVERSION);

    memset(mem, 0, 2 * MIB);
    assert_int_equal(xsell_arena_attach(&a, mem, MIB, &err), XSELL_ECORRUPT);

    memset(mem, 0xff, 2 * MIB);
    assert_int_equal(xsell_arena_attach(&a, mem, MIB, &err), XSELL_ECORRUPT);

    munmap(mem, 2 * MIB);
}


/* hazard: one wrong byte of the header and a worker reads wild memory.  Each
   byte is changed in three ways; what still attaches must stay inside, and
   the deep check must come back */

static void
attach_flipped_bytes(void **state)
{
    int                    rc;
    size_t                 i, k;
    uint8_t               *mem, was;
    unsigned               harmless;
    xsell_arena_t          a;
    xsell_error_t          err;

    static const uint8_t   flips[] = { 0x01, 0x80, 0xff };

    (void) state;

    mem = block(MIB);
    create(&a, mem, MIB);
    harmless = 0;

    for (i = 0; i < XSELL_PAGE_BYTES; i++) {
        for (k = 0; k < sizeof(flips); k++) {
            was = mem[i];
            mem[i] ^= flips[k];

            rc = xsell_arena_attach(&a, mem, MIB, &err);

            if (rc == XSELL_OK) {
                check_inside(&a, mem, MIB);
                harmless++;

                /* a mutex's bytes are the C library's, not ours to guess */

                if (i < sizeof(xsell_header_t) && k == 0
                    && (i < offsetof(xsell_header_t, lease)
                        || i >= offsetof(xsell_header_t, lease_pid)))
                {
                    (void) xsell_arena_validate(&a, &err);
                }

            } else {
                assert_true(rc == XSELL_ECORRUPT || rc == XSELL_EVERSION);
            }

            mem[i] = was;
        }
    }

    assert_int_equal(xsell_arena_attach(&a, mem, MIB, &err), XSELL_OK);
    assert_int_equal(xsell_arena_validate(&a, &err), XSELL_OK);

    /* magic, signature, size and directory: all but the versions' and
       offsets' slack is noticed */

    assert_true(harmless >= 3 * (XSELL_PAGE_BYTES - sizeof(xsell_header_t)));

    munmap(mem, MIB);
}


/* hazard: numbers that were chosen to fool the checks: sums that wrap,
   empty or overlapping regions */

static void
attach_hostile_directory(void **state)
{
    int              rc;
    uint8_t         *mem;
    uint64_t         rng, r, v, *word;
    uint32_t         round, k, ok;
    xsell_arena_t    a;
    xsell_error_t    err;
    xsell_region_t   good[XSELL_REGIONS], *bad;

    (void) state;

    mem = block(MIB);
    create(&a, mem, MIB);
    memcpy(good, a.header->region, sizeof(good));
    bad = a.header->region;

    rng = 1;
    ok = 0;

    for (round = 0; round < 200000; round++) {
        memcpy(bad, good, sizeof(good));

        for (k = xsell_random(&rng) % 3 + 1; k > 0; k--) {
            r = xsell_random(&rng);
            v = xsell_random(&rng) >> xsell_random(&rng) % 64;
            v = r >> 60 & 1 ? (uint64_t) 0 - v : v;
            word = r >> 59 & 1 ? &bad[r % XSELL_REGIONS].off
                               : &bad[r % XSELL_REGIONS].count;

            switch (r >> 56 & 3) {

            case 0:
                *word = v;
                break;

            case 1:
                *word += v;
                break;

            case 2:
                *word += 64 * (v % 5) - 128;
                break;

            default:
                bad[r % XSELL_REGIONS].stride = (uint32_t) v;
            }
        }

        rc = xsell_arena_attach(&a, mem, MIB, &err);

        if (rc == XSELL_OK) {
            ok++;
            check_inside(&a, mem, MIB);
        } else {
            assert_int_equal(rc, XSELL_ECORRUPT);
        }
    }

    /* smaller counts and later ends are believed, so the checks were met */

    assert_in_range(ok, 100, 60000);

    munmap(mem, MIB);
}


/* hazard: engine time jumps or turns negative when the base does */

static void
engine_time(void **state)
{
    uint8_t        *mem;
    xsell_arena_t   a;

    (void) state;

    mem = block(MIB);
    create(&a, mem, MIB);

    assert_true(xsell_now_ms(&a, 1000) == 0);
    assert_true(xsell_now_ms(&a, 1001) == 1);
    assert_true(xsell_now_ms(&a, 999) == 0);
    assert_true(xsell_now_ms(&a, 0) == 0);

    a.header->mono_base_ms = -5000;
    assert_true(xsell_now_ms(&a, 0) == 5000);
    assert_true(xsell_now_ms(&a, 10) == 5010);

    a.header->mono_base_ms = INT64_MIN;
    assert_true(xsell_now_ms(&a, 5) == 0);
    a.header->mono_base_ms = INT64_MAX;
    assert_true(xsell_now_ms(&a, 5) == 0);

    munmap(mem, MIB);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(plan_of_every_size),
        cmocka_unit_test(plan_too_small),
        cmocka_unit_test(plan_is_ample),
        cmocka_unit_test(create_of_every_size),
        cmocka_unit_test(create_forgets),
        cmocka_unit_test(attach_refuses),
        cmocka_unit_test(attach_flipped_bytes),
        cmocka_unit_test(attach_hostile_directory),
        cmocka_unit_test(engine_time),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}

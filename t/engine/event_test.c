
/*
 * event_test.c: event rings and what an event may say.
 */

#include "shared_test.h"

#include <sys/wait.h>
#include <unistd.h>


#define MB  (1024 * 1024)


static shared_t       t;
static xsell_event_t  ev;


static int
setup(void **state)
{
    shared_open(&t, MB);

    memset(&ev, 0, sizeof(ev));
    ev.type = XSELL_EVENT_VIEW;
    ev.item = t.ref[3];
    ev.session_idx = XSELL_NO_REF;
    ev.country[0] = 'D';
    ev.country[1] = 'E';

    return 0;
}


static int
teardown(void **state)
{
    shared_validate(&t);
    shared_close(&t);
    return 0;
}


static int
push(xsell_claim_t *c, uint64_t number)
{
    ev.time_ms = number;
    ev.order = ~number;

    return xsell_ring_push(&t.a, c, &ev);
}


/* takes the oldest event of ring r: its number, or UINT64_MAX */

static uint64_t
take(uint32_t r)
{
    xsell_event_t  got;

    if (xsell_ring_peek(&t.a, r, &got) != XSELL_OK) {
        return UINT64_MAX;
    }

    assert_int_equal(got.order, ~got.time_ms);
    assert_int_equal(got.item, t.ref[3]);
    xsell_ring_pop(&t.a, r);

    return got.time_ms;
}


/* hazard: order, fullness and masking at each position of the ring */

static void
test_order_and_full(void **state)
{
    uint64_t       i, in, out;
    xsell_claim_t  c;

    assert_int_equal(xsell_ring_claim(&t.a, &c, 5), XSELL_OK);

    in = 0;
    out = 0;

    for (i = 0; i < 3 * t.a.ring_entries; i++) {

        while (push(&c, in) == XSELL_OK) {
            in++;
        }

        assert_int_equal(in - out, t.a.ring_entries);
        assert_int_equal(take(5), out);
        out++;
    }

    while (out < in) {
        assert_int_equal(take(5), out);
        out++;
    }

    assert_int_equal(take(5), UINT64_MAX);
    xsell_ring_pop(&t.a, 5);
    assert_int_equal(push(&c, 1), XSELL_OK);
    assert_int_equal(take(5), 1);

    xsell_ring_release(&c);
    xsell_ring_release(&c);
    assert_int_equal(push(&c, 1), XSELL_BUSY);
}


/* hazard: peek that takes; a peeked event lost by a killed learner */

static void
test_peek_takes_nothing(void **state)
{
    xsell_claim_t  c;
    xsell_event_t  got;

    assert_int_equal(xsell_ring_claim(&t.a, &c, 5), XSELL_OK);
    push(&c, 1);

    assert_int_equal(xsell_ring_peek(&t.a, 5, &got), XSELL_OK);
    assert_int_equal(xsell_ring_peek(&t.a, 5, &got), XSELL_OK);
    assert_int_equal(take(5), 1);
    assert_int_equal(xsell_ring_peek(&t.a, XSELL_RINGS, &got), XSELL_NONE);
    xsell_ring_pop(&t.a, XSELL_RINGS);
    xsell_ring_release(&c);
}


/* hazard: two workers in one ring; the 65th worker waits */

static void
test_claims(void **state)
{
    unsigned       i;
    xsell_claim_t  c[XSELL_RINGS], more;

    for (i = 0; i < XSELL_RINGS; i++) {
        assert_int_equal(xsell_ring_claim(&t.a, &c[i], 60), XSELL_OK);
        assert_int_equal(push(&c[i], i), XSELL_OK);
    }

    assert_int_equal(xsell_ring_claim(&t.a, &more, 60), XSELL_BUSY);
    assert_null(more.ring);
    assert_int_equal(push(&more, 0), XSELL_BUSY);

    for (i = 0; i < XSELL_RINGS; i++) {
        assert_int_equal(take((60 + i) % XSELL_RINGS), i);
        assert_int_equal(take((60 + i) % XSELL_RINGS), UINT64_MAX);
    }

    xsell_ring_release(&c[7]);
    assert_int_equal(xsell_ring_claim(&t.a, &more, 99), XSELL_OK);
    assert_ptr_equal(more.ring, xsell_ring_at(&t.a, (60 + 7) % XSELL_RINGS));

    c[7] = more;

    for (i = 0; i < XSELL_RINGS; i++) {
        xsell_ring_release(&c[i]);
    }
}


/* hazard: events of a killed worker are lost, or its ring is */

static void
test_killed_claimant(void **state)
{
    int            status;
    pid_t          pid;
    xsell_claim_t  c;

    pid = fork();
    assert_true(pid >= 0);

    if (pid == 0) {
        if (xsell_ring_claim(&t.a, &c, 9) != XSELL_OK) {
            _exit(1);
        }

        push(&c, 1);
        push(&c, 2);
        kill(getpid(), SIGKILL);
    }

    waitpid(pid, &status, 0);
    assert_true(WIFSIGNALED(status));

    assert_int_equal(xsell_ring_claim(&t.a, &c, 9), XSELL_OK);
    assert_ptr_equal(c.ring, xsell_ring_at(&t.a, 9));
    assert_int_equal(push(&c, 3), XSELL_OK);

    assert_int_equal(take(9), 1);
    assert_int_equal(take(9), 2);
    assert_int_equal(take(9), 3);
    assert_int_equal(take(9), UINT64_MAX);
    xsell_ring_release(&c);
}


/* hazard: head and tail of nonsense make the learner read for ever */

static void
test_absurd_counts(void **state)
{
    xsell_ring_t   *ring;
    xsell_claim_t  c;

    assert_int_equal(xsell_ring_claim(&t.a, &c, 5), XSELL_OK);
    ring = c.ring;

    ring->head = 10;
    ring->tail = 11;
    assert_int_equal(push(&c, 1), XSELL_BUSY);
    assert_int_equal(take(5), UINT64_MAX);
    assert_int_equal(push(&c, 1), XSELL_OK);
    assert_int_equal(take(5), 1);

    ring->tail = ring->head - t.a.ring_entries - 1;
    assert_int_equal(take(5), UINT64_MAX);
    assert_int_equal(push(&c, 2), XSELL_OK);
    assert_int_equal(take(5), 2);

    ring->head = UINT64_MAX;
    ring->tail = UINT64_MAX;
    assert_int_equal(push(&c, 3), XSELL_OK);
    assert_int_equal(push(&c, 4), XSELL_OK);
    assert_int_equal(take(5), 3);
    assert_int_equal(take(5), 4);
    xsell_ring_release(&c);
}


#define refuse(field, value)                                                  \
    do {                                                                      \
        xsell_event_t  bad = ev;                                              \
        bad.field = (value);                                                  \
        assert_int_equal(xsell_event_validate(&t.a, &bad), XSELL_EINVAL);     \
    } while (0)


/* hazard: a field of a log line or a torn ring that indexes something */

static void
test_validate(void **state)
{
    unsigned  type;

    assert_int_equal(xsell_event_validate(&t.a, &ev), XSELL_OK);

    refuse(type, XSELL_EVENT_NONE);
    refuse(type, XSELL_EVENTS);
    refuse(type, 255);
    refuse(item, XSELL_NO_REF);
    refuse(item, SHARED_ITEMS);
    refuse(n, XSELL_HISTORY + 1);
    refuse(visit_n, 1);
    refuse(position, XSELL_SLATE_MAX);
    refuse(template_idx, XSELL_NAMES);
    refuse(time_ms, UINT64_MAX);
    refuse(session_idx, 0);
    refuse(country[0], 0);
    refuse(country[1], 'e');

    ev.n = 2;
    ev.visit_n = 2;
    ev.others[0] = t.ref[1];
    ev.others[1] = t.ref[2];
    ev.session = 7;
    ev.session_idx = t.a.buckets_n * XSELL_WAYS - 1;
    assert_int_equal(xsell_event_validate(&t.a, &ev), XSELL_OK);

    refuse(others[1], XSELL_NO_REF);
    refuse(others[0], SHARED_ITEMS);
    refuse(session_idx, t.a.buckets_n * XSELL_WAYS);

    ev.type = XSELL_EVENT_RATE;
    refuse(value, 0);
    refuse(value, 6);
    ev.value = 5;

    for (type = XSELL_EVENT_VIEW; type < XSELL_EVENTS; type++) {
        ev.type = (uint8_t) type;
        assert_int_equal(xsell_event_validate(&t.a, &ev), XSELL_OK);
    }
}


#define test(name)                                                            \
    cmocka_unit_test_setup_teardown(test_##name, setup, teardown)


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        test(order_and_full),
        test(peek_takes_nothing),
        test(claims),
        test(killed_claimant),
        test(absurd_counts),
        test(validate)
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}

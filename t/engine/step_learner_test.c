
/*
 * step_learner_test.c: what a killed learner leaves, at every instant.
 *
 * The hazards are those of torture_learner_test.c, but random kills hit the
 * same few instants: here (step_test.h) each instruction that changed the arena
 * is one, and is asked: does it validate, and when the event is learned again,
 * is it there at most twice and never not?  Skipped where a process may not
 * trace its child.
 */

#include "step_test.h"


static void
learn(void)
{
    (void) xsell_learn(&shop.a, &shop.settings, shop.cat, &event);
}


static void
learn_again(void)
{
    xsell_event_t  ev;

    ev = event;
    (void) xsell_learn(&copy.a, &copy.settings, copy.cat, &ev);
    shop_validate(&copy);
}


static uint32_t
times(const shop_t *s, uint32_t slot, uint32_t session)
{
    uint32_t  i, n, found;
    uint32_t  place[XSELL_PLACES + XSELL_CHUNK_PLACES];

    n = xsell_posting_copy(&s->a, slot, XSELL_POSTING_MAX, place);

    for (found = 0, i = 0; i < n; i++) {
        found += place[i] == session;
    }

    return found;
}


static uint32_t
together(const shop_t *s, uint32_t slot, xsell_ref_t ref, unsigned kind)
{
    uint32_t                    i;
    const xsell_pair_record_t  *r;

    r = &s->a.pairs[slot];

    for (i = 0; i < r->n; i++) {
        if (r->partner[i].ref == ref) {
            return kind == XSELL_PAIR_BOUGHT ? r->partner[i].bought
                                             : r->partner[i].viewed;
        }
    }

    return 0;
}


/* what a country's list counts of an item */

static float
liked(const shop_t *s, const char *country, xsell_ref_t ref)
{
    uint32_t        i, n;
    xsell_crowd_t   c;
    xsell_scored_t  row[XSELL_CROWD_ITEMS];

    n = xsell_crowd_list(&s->a, xsell_crowd_country(country), &c, row,
                         XSELL_CROWD_ITEMS);

    for (i = 0; i < n; i++) {
        if (row[i].ref == ref) {
            return row[i].score;
        }
    }

    return 0;
}


/* ---- a view ------------------------------------------------------------ */

#define HOT  40                 /* additions before: the ring has wrapped */

static void
a_view_is_there(void)
{
    uint32_t  k, n;

    /* no chunk is lost: whoever owns one knows of it */

    for (k = 0; k < copy.a.chunks_n; k++) {
        n = copy.a.chunks[k].owner;
        assert_true(n == XSELL_NO_REF || copy.a.postings[n].chunk == k);
    }

    learn_again();

    /* of its country: what was there before goes with a half record only */

    assert_true(liked(&copy, "DE", shop_ref(&copy, 0)) >= 1
                && liked(&copy, "DE", shop_ref(&copy, 0)) <= HOT + 3);

    n = copy.a.items[0].views;
    assert_true(n == HOT + 1 || n == HOT + 2);
    assert_true(copy.a.items[0].pop > HOT * 0.9f
                && copy.a.items[0].pop < HOT + 3);

    n = times(&copy, 0, event.session_idx);
    assert_true(n == 1 || n == 2);

    for (k = 1; k <= 3; k++) {
        n = together(&copy, 0, shop_ref(&copy, k), XSELL_PAIR_VIEWED);
        assert_true(n == 1 || n == 2);
        n = together(&copy, k, shop_ref(&copy, 0), XSELL_PAIR_VIEWED);
        assert_true(n == 1 || n == 2);
    }

    /* the history before it is whole: 32 places, more with the chunk */

    n = 0;

    for (k = 0; k < HOT; k++) {
        n += times(&copy, 0, 100 + k) == 1;
    }

    assert_true(n >= XSELL_PLACES - 2);
}


static void
a_view_at_every_instant(void **state)
{
    uint32_t  i;

    for (i = 0; i < HOT; i++) {
        xsell_posting_add(&shop.a, 0, 100 + i, 5);
        shop.a.items[0].views++;
        shop.a.items[0].pop++;
    }

    /* its chunk is gone: the view takes another one away */

    shop.a.chunks[shop.a.postings[0].chunk].owner = XSELL_NO_REF;
    shop.a.postings[0].chunk = XSELL_NO_REF;
    shop.a.header->chunk_hand = 0;

    for (i = 0; i < shop.a.chunks_n && i < 30; i++) {
        shop.a.chunks[i].owner = 30 + i;
        shop.a.chunks[i].added_s = 5;
        shop.a.postings[30 + i].chunk = i;
        shop.a.postings[30 + i].count = 40;
    }

    shop.now_ms = 20000 * 1000;
    shop_event(&shop, &event, XSELL_EVENT_VIEW, visitor(1), 0);
    event.session_idx = 9;
    event.n = event.visit_n = 3;
    memcpy(event.country, "DE", 2);

    for (i = 0; i < HOT; i++) {
        xsell_crowd_view(&shop.a, shop.cat, &event, &shop.a.items[0]);
    }

    for (i = 0; i < 3; i++) {
        event.others[i] = shop_ref(&shop, 1 + i);
    }

    if (!step(learn, a_view_is_there)) {
        return;
    }

    print_message("# %u states of a view\n", states);
    assert_true(states > 40);
    assert_int_equal(times(&shop, 0, 9), 1);
    assert_true(shop.a.postings[0].chunk < shop.a.chunks_n);
}


/* ---- kinds ------------------------------------------------------------- */

/* how often a visit went on from the kind of an item to that of another */

static float
went(const shop_t *s, uint32_t from, uint32_t to)
{
    uint32_t             i, k, kind[2];
    const xsell_goes_t  *g;

    for (i = 0; i < 2; i++) {
        kind[i] = xsell_kind_of(xsell_catalog_text(s->cat,
                                    xsell_catalog_item(s->cat,
                                        shop_item(s, i ? to : from)),
                                    XSELL_TEXT_CATEGORY));
    }

    for (i = 0; i < s->a.goes_n; i++) {
        g = &s->a.goes[i];

        for (k = 0; g->key == kind[0] && k < XSELL_GOES_KINDS; k++) {
            if (g->kind[k] == kind[1]) {
                return g->n[k];
            }
        }
    }

    return 0;
}


/* whoever was half changed is emptied, the others know what they knew */

static void
kinds_are_there(void)
{
    uint32_t  i;

    learn_again();

    assert_true(went(&copy, 0, 1) >= 1 && went(&copy, 0, 1) <= HOT + 2);
    assert_true(went(&copy, 1, 2) == 0 || went(&copy, 1, 2) == HOT);
    assert_true(went(&copy, 3, 1) == HOT);

    /* the sum of all is there */

    for (i = 0; copy.a.goes[i].key != 2; i++) {
        assert_true(i < copy.a.goes_n);
    }

    assert_true(copy.a.goes[i].in >= 4 * HOT
                && copy.a.goes[i].in <= 4 * HOT + 3);
}


static void
kinds_at_every_instant(void **state)
{
    char         json[60 * 64], *p;
    uint32_t     i, k;
    xsell_ref_t  before;

    static const uint8_t  kinds[] = { XSELL_REGION_GOES, XSELL_REGIONS };

    for (p = json, i = 0; i < 60; i++) {
        p += sprintf(p, "{\"id\":\"%u\",\"title\":\"T\",\"url\":\"/%u\","
                     "\"category\":\"C%u\"}\n", i, i, i % 20);
    }

    shop_catalog(&shop, json, 2);
    copy.cat = shop.cat;

    for (i = 0; i < HOT; i++) {
        for (k = 0; k < 4; k++) {
            before = shop_ref(&shop, k);
            xsell_goes_view(&shop.a, shop.cat,
                            shop_ref(&shop, k == 3 ? 1 : k + 1), &before, 1,
                            5);
        }
    }

    shop.now_ms = 9000;
    shop_event(&shop, &event, XSELL_EVENT_VIEW, visitor(1), 1);
    event.session_idx = 9;
    event.n = event.visit_n = 1;
    event.others[0] = shop_ref(&shop, 0);
    watched = kinds;

    if (!step(learn, kinds_are_there)) {
        return;
    }

    print_message("# %u states of kinds\n", states);
    assert_true(states > 5);
    assert_true(went(&shop, 0, 1) == HOT + 1);
}


/* ---- an order ---------------------------------------------------------- */

static void
an_order_is_there_at_most_once(void)
{
    uint32_t  i, k, n;

    learn_again();

    for (i = 0; i < 4; i++) {
        assert_true(copy.a.items[i].orders <= 1);

        for (k = 0; k < 4; k++) {
            n = together(&copy, i, shop_ref(&copy, k), XSELL_PAIR_BOUGHT);
            assert_true(n <= 1);
        }
    }

    assert_true(copy.a.header->orders <= 1);
}


static void
an_order_at_every_instant(void **state)
{
    uint32_t  i;

    shop_event(&shop, &event, XSELL_EVENT_ORDER, visitor(1), XSELL_NO_ITEM);
    event.order = 4711;
    event.n = 4;

    for (i = 0; i < 4; i++) {
        event.others[i] = shop_ref(&shop, i);
    }

    if (!step(learn, an_order_is_there_at_most_once)) {
        return;
    }

    print_message("# %u states of an order\n", states);
    assert_true(states > 60);
    assert_int_equal(together(&shop, 0, shop_ref(&shop, 3),
                              XSELL_PAIR_BOUGHT),
                     1);
}


/* ---- a click, the lists, a slot that changes hands ---------------------- */

static void
a_click_is_there_once(void)
{
    uint32_t             i, k, n;
    xsell_ledger_row_t  *row;

    learn_again();

    for (n = 0, i = 0; i < copy.a.ledger_n; i++) {
        for (k = 0; k < XSELL_LEDGER_WAYS; k++) {
            n += copy.a.ledger[i].row[k].session != 0;
        }
    }

    assert_int_equal(n, 1);

    row = xsell_ledger_find(&copy.a, event.session, event.item,
                            (uint32_t) (event.time_ms / 1000));
    assert_non_null(row);
    assert_int_equal(row->impression, event.impression);
    assert_int_equal(row->slot_name, 2);
}


static void
a_click_at_every_instant(void **state)
{
    shop_event(&shop, &event, XSELL_EVENT_CLICK, visitor(1), 3);
    event.impression = 12;
    event.slot_name = 2;
    event.position = 4;

    if (!step(learn, a_click_is_there_once)) {
        return;
    }

    print_message("# %u states of a click\n", states);
    assert_true(states > 5);
}


static void
tick(void)
{
    xsell_learn_tick(&shop.a, shop.now_ms);
}


static void
lists_come_back(void)
{
    float        best;
    uint32_t     n;
    xsell_ref_t  refs[XSELL_TOP];

    copy.now_ms = shop.now_ms + 5000;
    xsell_learn_tick(&copy.a, copy.now_ms);

    n = xsell_top_copy(&copy.a, XSELL_TOP_POPULAR, refs, XSELL_TOP, &best);
    assert_int_equal(n, 2);
    assert_int_equal(refs[0], shop_ref(&copy, 2));
    shop_validate(&copy);
}


static void
lists_at_every_instant(void **state)
{
    shop.a.items[1].pop = 3;
    shop.a.items[2].pop = 4;
    shop.a.items[2].trend = 4;
    shop.a.items[1].sold = 1;
    shop.now_ms = 9000;
    xsell_teach_begin(&shop.a);     /* step_model_test.c has the model */

    if (!step(tick, lists_come_back)) {
        return;
    }

    print_message("# %u states of a tick\n", states);
    assert_true(states > 20);
}


static void
reset(void)
{
    xsell_item_reset(&shop.a, 0);
}


/* whoever comes next finds the item's past whole or gone, and resets again */

static void
a_reset_is_repeated(void)
{
    if (xsell_item_tag(&copy.a.items[0]) != copy.a.dict[0].tag) {
        xsell_item_reset(&copy.a, 0);
    }

    assert_int_equal(xsell_item_tag(&copy.a.items[0]), copy.a.dict[0].tag);
    assert_int_equal(copy.a.items[0].views, 0);
    assert_int_equal(copy.a.postings[0].count, 0);
    assert_int_equal(copy.a.postings[0].chunk, XSELL_NO_REF);
    assert_int_equal(copy.a.chunks[0].owner, XSELL_NO_REF);
    assert_int_equal(copy.a.pairs[0].n, 0);
    shop_validate(&copy);
}


static void
a_reset_at_every_instant(void **state)
{
    uint32_t  i;

    for (i = 0; i < 50; i++) {
        xsell_posting_add(&shop.a, 0, i, 5);
    }

    assert_int_equal(shop.a.postings[0].chunk, 0);

    xsell_pairs_add(&shop.a, shop_ref(&shop, 0), shop_ref(&shop, 1),
                    XSELL_PAIR_VIEWED);
    shop.a.items[0].views = 50;
    shop.a.dict[0].tag++;

    if (!step(reset, a_reset_is_repeated)) {
        return;
    }

    print_message("# %u states of a reset\n", states);
    assert_true(states > 10);
}


/* ---- the model's first publication -------------------------------------- */

static xsell_model_t  first;


/* xsell_weights_publish() from its first store on: before that it computes, for
   three hundred thousand instructions */

static void
publish(void)
{
    xsell_weights_put(&shop.a, &first);
}


static void
the_published_model_is_good(void)
{
    uint32_t  generation;

    /* readers follow the generation: what it names is good, or all zero */

    generation = copy.a.header->generation;
    assert_true(generation <= 1);

    if (generation == 1) {
        assert_true(xsell_weights_good(&copy.a.models[1]));
    }

    xsell_weights_publish(&copy.a);
    assert_int_equal(copy.a.header->generation, 1);
    assert_true(xsell_weights_good(&copy.a.models[1]));
    shop_validate(&copy);
}


static void
a_publication_at_every_instant(void **state)
{
    static const uint8_t  none[] = { XSELL_REGIONS };

    /* the buffer that nobody reads is twenty thousand words: what names it
       is in the header */

    watched = none;
    xsell_weights_prior(&first);

    if (!step(publish, the_published_model_is_good)) {
        return;
    }

    print_message("# %u states of a publication\n", states);
    assert_true(states >= 3);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(a_view_at_every_instant, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(kinds_at_every_instant, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(an_order_at_every_instant, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_click_at_every_instant, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(lists_at_every_instant, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_reset_at_every_instant, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_publication_at_every_instant, setup,
                                        teardown)
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("step learner", tests, NULL, NULL);
}

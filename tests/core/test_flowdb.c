/* Flow entries: transactions, barriers, refusals and lost connections. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/core/flow_scene.h"

/* --- Entries ---------------------------------------------------------------------------------- */

static void entry_is_small_and_comes_back(void **state)
{
    struct scene s;
    struct of_action actions[3];
    struct flow_spec want = scene_entry(actions, 7, 3, 60), got;
    const struct flow_entry *e;

    (void)state;
    scene_begin(&s, OF_VERSION_1_3);
    scene_add_one(&s, 0xa, 7, 3, 60);
    fake_settle(s.f);
    e = scene_find(&s, 0xa, 7);
    assert_non_null(e);
    assert_true(flow_entry_size(e) < 100);
    flow_entry_spec(e, &got);
    assert_true(of_match_eq(&got.match, &want.match));
    assert_true(of_instructions_eq(&got.ins, &want.ins));
    assert_int_equal(got.idle_timeout_s, 60);
    assert_int_equal(flow_entry_cookie(e), flow_cookie(1, 7));
    assert_int_equal(flow_entry_dpid(e), 0xa);
    scene_end(&s);
}

static void add_confirm_remove(void **state)
{
    static const uint8_t versions[] = {OF_VERSION_1_0, OF_VERSION_1_3};

    (void)state;
    for (size_t v = 0; v < 2; v++) {
        struct scene s;
        size_t from, before;
        struct flowdb_size size;

        scene_begin(&s, versions[v]);
        from = s.a->n_sent;
        before = s.a->n_flows;
        scene_add_one(&s, 0xa, 1, 2, 0);
        assert_int_equal(flow_entry_state(scene_find(&s, 0xa, 1)), FLOW_SENT);
        assert_int_equal(s.n_done, 0);
        fake_settle(s.f);
        assert_int_equal(s.n_done, 1);
        assert_int_equal(s.result, ERR_OK);
        assert_int_equal(flow_entry_state(scene_find(&s, 0xa, 1)), FLOW_CONFIRMED);
        assert_non_null(scene_on_switch(s.a, 1));
        assert_int_equal(fake_sent(s.a, OF_FLOW_MOD, from, 0)->flow_mod.flags, 0);
        scene_remove_one(&s, 0xa, 1);
        assert_int_equal(flow_entry_state(scene_find(&s, 0xa, 1)), FLOW_DELETING);
        fake_settle(s.f);
        assert_int_equal(s.n_done, 2);
        assert_null(scene_find(&s, 0xa, 1));
        assert_int_equal(s.a->n_flows, before);
        size = flowdb_size(s.f->ctl, 0xa);
        assert_int_equal(size.n_entries, before);
        assert_int_equal(size.n_confirmed, before);
        assert_int_equal(s.r.n, 0);
        scene_end(&s);
    }
}

static void count_change(void *aux)
{
    ++*(unsigned *)aux;
}

/* Who watches a switch is called once for all that has happened, and not for what is his own. */
static void watcher_is_called_once(void **state)
{
    struct scene s;
    struct txn *txn;
    unsigned n = 0;

    (void)state;
    scene_begin(&s, OF_VERSION_1_3);
    flowdb_watch(s.f->ctl, 0xa, 2, count_change, &n);
    flowdb_watch(s.f->ctl, 0x2385, 2, count_change, &n); /* Never seen. */
    txn = txn_begin(s.f->ctl);
    scene_add(txn, 0, 0xa, 1, 2, 0);
    scene_add(txn, 0, 0xa, 2, 2, 0);
    scene_add(txn, 0, 0xb, 3, 2, 0);
    txn_commit(txn, NULL, NULL);
    assert_int_equal(n, 0); /* From the core's loop. */
    fake_settle(s.f);
    assert_int_equal(n, 1);
    scene_add_one(&s, 0xa, 1, 2, 0); /* It is there. */
    fake_settle(s.f);
    assert_int_equal(n, 1);
    scene_add_one(&s, 0xa, 1, 3, 0); /* Another one. */
    fake_settle(s.f);
    assert_int_equal(n, 2);
    scene_remove_one(&s, 0xa, 1); /* It is about to leave, and has left. */
    fake_settle(s.f);
    assert_true(n == 3 || n == 4);
    flowdb_watch(s.f->ctl, 0xa, 1, count_change, &n);
    n = 0;
    scene_add_one(&s, 0xa, 5, 2, 0); /* Its own. */
    fake_settle(s.f);
    flowdb_watch(s.f->ctl, 0xa, 2, NULL, NULL);
    scene_remove_one(&s, 0xa, 5);
    fake_settle(s.f);
    assert_int_equal(n, 0);
    scene_end(&s);
}

static void nothing_to_do_sends_nothing(void **state)
{
    struct scene s;
    struct txn *txn;
    size_t from;

    (void)state;
    scene_begin(&s, OF_VERSION_1_3);
    scene_add_one(&s, 0xa, 1, 2, 0);
    fake_settle(s.f);
    from = s.a->n_sent;
    txn = txn_begin(s.f->ctl);
    scene_add(txn, 0, 0xa, 1, 2, 0);
    scene_take_away(txn, 1, 0xa, 99);
    txn_commit(txn, scene_done, &s);
    assert_int_equal(s.n_done, 1); /* Not from inside the commit. */
    fake_settle(s.f);
    assert_int_equal(s.n_done, 2);
    assert_int_equal(s.a->n_sent, from);
    txn_abort(txn_begin(s.f->ctl));
    txn = txn_begin(s.f->ctl);
    scene_add(txn, 0, 0xa, 1, 2, 0);
    txn_abort(txn);
    scene_end(&s);
}

/* --- Stages ----------------------------------------------------------------------------------- */

static void stages_wait_for_barriers(void **state)
{
    struct scene s;
    struct txn *txn;
    size_t from_a, from_b;

    (void)state;
    scene_begin(&s, OF_VERSION_1_3);
    from_a = s.a->n_sent;
    from_b = s.b->n_sent;
    s.a->manners.no_barrier = true;
    txn = txn_begin(s.f->ctl);
    scene_add(txn, 2, 0xb, 3, 1, 0);
    scene_add(txn, 0, 0xa, 1, 1, 0);
    scene_add(txn, 0, 0xa, 2, 1, 0);
    txn_commit(txn, scene_done, &s);
    fake_settle(s.f);
    assert_int_equal(fake_count(s.a, OF_FLOW_MOD, from_a), 2);
    assert_int_equal(fake_count(s.a, OF_BARRIER_REQUEST, from_a), 1);
    assert_int_equal(fake_count(s.b, OF_FLOW_MOD, from_b), 0);
    fake_input(s.a, &(struct of_msg){.type = OF_BARRIER_REPLY,
                                     .xid = fake_sent(s.a, OF_BARRIER_REQUEST, from_a, 0)->xid});
    assert_int_equal(fake_count(s.b, OF_FLOW_MOD, from_b), 1);
    assert_int_equal(s.n_done, 0);
    fake_settle(s.f);
    assert_int_equal(s.n_done, 1);
    assert_int_equal(s.result, ERR_OK);
    scene_end(&s);
}

/* The second transaction wants what the first has sent and is confirmed by its own barrier. */
static void barrier_confirms_others(void **state)
{
    struct scene s;
    size_t from;

    (void)state;
    scene_begin(&s, OF_VERSION_1_3);
    from = s.a->n_sent;
    scene_add_one(&s, 0xa, 1, 2, 0);
    scene_add_one(&s, 0xa, 1, 2, 0);
    assert_int_equal(fake_count(s.a, OF_FLOW_MOD, from), 1);
    assert_int_equal(fake_count(s.a, OF_BARRIER_REQUEST, from), 2);
    fake_input(s.a, &(struct of_msg){.type = OF_BARRIER_REPLY,
                                     .xid = fake_sent(s.a, OF_BARRIER_REQUEST, from, 1)->xid});
    assert_int_equal(s.n_done, 2);
    assert_int_equal(flow_entry_state(scene_find(&s, 0xa, 1)), FLOW_CONFIRMED);
    fake_settle(s.f);
    assert_int_equal(s.n_done, 2);
    scene_end(&s);
}

static void replaced_while_sent(void **state)
{
    struct scene s;
    size_t from;

    (void)state;
    scene_begin(&s, OF_VERSION_1_3);
    from = s.a->n_sent;
    scene_add_one(&s, 0xa, 1, 2, 0);
    scene_add_one(&s, 0xa, 1, 3, 0);
    fake_input(s.a, &(struct of_msg){.type = OF_BARRIER_REPLY,
                                     .xid = fake_sent(s.a, OF_BARRIER_REQUEST, from, 0)->xid});
    assert_int_equal(s.n_done, 1);
    assert_int_equal(flow_entry_state(scene_find(&s, 0xa, 1)), FLOW_SENT);
    fake_settle(s.f);
    assert_int_equal(s.n_done, 2);
    assert_int_equal(flow_entry_state(scene_find(&s, 0xa, 1)), FLOW_CONFIRMED);
    assert_int_equal(scene_on_switch(s.a, 1)->ins.apply.list[2].output.port, 3);
    scene_end(&s);
}

static void removed_and_wanted_again(void **state)
{
    struct scene s;

    (void)state;
    scene_begin(&s, OF_VERSION_1_3);
    scene_add_one(&s, 0xa, 1, 2, 30);
    fake_settle(s.f);
    scene_remove_one(&s, 0xa, 1);
    scene_add_one(&s, 0xa, 1, 2, 30);
    assert_int_equal(flow_entry_state(scene_find(&s, 0xa, 1)), FLOW_SENT);
    fake_settle(s.f);
    assert_int_equal(s.n_done, 3);
    assert_int_equal(flow_entry_state(scene_find(&s, 0xa, 1)), FLOW_CONFIRMED);
    assert_non_null(scene_on_switch(s.a, 1));
    assert_int_equal(s.r.n, 0);
    scene_end(&s);
}

/* --- Barriers that are not answered ----------------------------------------------------------- */

static void resend_and_close(void **state)
{
    struct scene s;
    size_t from;
    const struct of_msg *first, *second;

    (void)state;
    scene_begin(&s, OF_VERSION_1_3);
    from = s.a->n_sent;
    s.a->manners.no_barrier = true;
    scene_add_one(&s, 0xa, 1, 2, 0);
    fake_advance(s.f, 2 * NS_PER_S);
    assert_int_equal(fake_count(s.a, OF_FLOW_MOD, from), 2);
    assert_int_equal(fake_count(s.a, OF_BARRIER_REQUEST, from), 2);
    first = fake_sent(s.a, OF_BARRIER_REQUEST, from, 0);
    second = fake_sent(s.a, OF_BARRIER_REQUEST, from, 1);
    assert_int_equal(first->xid, second->xid);
    fake_advance(s.f, 2 * NS_PER_S);
    assert_int_equal(fake_count(s.a, OF_BARRIER_REQUEST, from), 3);
    assert_non_null(s.a->session);
    fake_advance(s.f, 2 * NS_PER_S);
    assert_null(s.a->session);
    assert_int_equal(s.n_done, 1);
    assert_int_equal(s.result, ERR_CLOSED);
    assert_int_equal(flow_entry_state(scene_find(&s, 0xa, 1)), FLOW_WANTED);
    assert_int_equal(ctl_counters(s.f->ctl)->barrier_timeouts, 3);
    scene_end(&s);
}

/* Many transactions at once on a switch that is silent for a while: what is in flight is said again once, not
 * what is before each barrier. */
static void slow_switch_is_told_little(void **state)
{
    struct scene s;
    size_t from, n_entries = 300;

    (void)state;
    scene_begin(&s, OF_VERSION_1_3);
    s.a->manners.no_barrier = true;
    for (unsigned i = 0; i < n_entries; i++) {
        scene_add_one(&s, 0xa, i, 2, 0);
    }
    fake_settle(s.f);
    from = s.a->n_sent;
    fake_advance(s.f, 2 * NS_PER_S + NS_PER_MS);
    assert_int_equal(fake_count(s.a, OF_FLOW_MOD, from), n_entries);
    assert_int_equal(fake_count(s.a, OF_BARRIER_REQUEST, from), n_entries);
    assert_int_equal(ctl_counters(s.f->ctl)->barrier_timeouts, 1);
    s.a->manners.no_barrier = false;
    fake_advance(s.f, 2 * NS_PER_S);
    assert_non_null(s.a->session);
    assert_int_equal(s.n_done, n_entries);
    assert_int_equal(s.result, ERR_OK);
    scene_end(&s);
}

/* An answer to the first try that comes after the second was sent counts. */
static void late_answer_counts(void **state)
{
    struct scene s;
    size_t from;

    (void)state;
    scene_begin(&s, OF_VERSION_1_3);
    from = s.a->n_sent;
    s.a->manners.no_barrier = true;
    scene_add_one(&s, 0xa, 1, 2, 0);
    fake_advance(s.f, 3 * NS_PER_S);
    for (int i = 0; i < 2; i++) {
        fake_input(s.a, &(struct of_msg){.type = OF_BARRIER_REPLY,
                                         .xid = fake_sent(s.a, OF_BARRIER_REQUEST, from, 0)->xid});
        assert_int_equal(s.n_done, 1);
    }
    assert_int_equal(s.result, ERR_OK);
    scene_end(&s);
}

/* No room in the send queue: everything is sent when there is room again, before the barrier. */
static void send_queue_full(void **state)
{
    static const size_t rooms[] = {0, 1, 2};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct scene s;
        struct txn *txn;

        scene_begin(&s, OF_VERSION_1_3);
        s.a->tx_room = rooms[i];
        txn = txn_begin(s.f->ctl);
        scene_add(txn, 0, 0xa, 1, 2, 0);
        scene_add(txn, 0, 0xa, 2, 2, 0);
        txn_commit(txn, scene_done, &s);
        fake_settle(s.f);
        assert_int_equal(s.n_done, 0);
        s.a->tx_room = SIZE_MAX;
        fake_advance(s.f, 2 * NS_PER_S);
        assert_int_equal(s.n_done, 1);
        assert_int_equal(s.result, ERR_OK);
        assert_non_null(scene_on_switch(s.a, 1));
        assert_non_null(scene_on_switch(s.a, 2));
        assert_int_equal(flowdb_size(s.f->ctl, 0xa).n_confirmed, 3);
        scene_end(&s);
    }
}

/* A send queue that stays full is no reason to close: the echo decides whether the switch lives. */
static void send_queue_full_for_long(void **state)
{
    struct scene s;

    (void)state;
    scene_begin(&s, OF_VERSION_1_3);
    for (unsigned i = 1; i <= 20; i++) {
        s.a->tx_room = 0;
        scene_add_one(&s, 0xa, i, 2, 0);
    }
    for (int i = 0; i < 10; i++) {
        s.a->tx_room = 8;
        fake_advance(s.f, 2 * NS_PER_S);
    }
    assert_non_null(s.a->session);
    assert_int_equal(s.n_done, 20);
    assert_int_equal(flowdb_size(s.f->ctl, 0xa).n_confirmed, 21);
    scene_end(&s);
}

/* An entry that many hosts may have: its number is not a tag. */
static void want_plain(struct scene *s, unsigned i, uint16_t idle_s)
{
    struct flow_spec spec = {.priority = 2385, .cookie = flow_cookie(1, i)};
    struct txn *txn = txn_begin(s->f->ctl);
    struct of_action out = of_output(2);

    OF_MATCH_SET(&spec.match, ETH_DST, eth_dst, eth_addr_from_u64(0x020000000000 | i));
    spec.idle_timeout_s = idle_s;
    spec.ins = of_apply(&out, 1);
    txn_add(txn, 0, 0xa, &spec);
    txn_commit(txn, NULL, NULL);
}

/* Of entries with time-outs only so many wait for a switch that does not read: its packet-ins ask for
 * the others again. Those without, and deletions, all wait. */
static void send_queue_full_of_passing_entries(void **state)
{
    struct scene s;

    (void)state;
    scene_begin(&s, OF_VERSION_1_3);
    want_plain(&s, 70001, 0);
    fake_settle(s.f);
    assert_non_null(scene_on_switch(s.a, 70001));
    s.a->tx_room = 0;
    for (unsigned i = 1; i <= 4196; i++) {
        want_plain(&s, i, 20);
    }
    want_plain(&s, 70002, 0);
    scene_remove_one(&s, 0xa, 70001);
    assert_int_equal(ctl_counters(s.f->ctl)->flows_unsent, 100);
    assert_int_equal(ctl_counters(s.f->ctl)->sends_full, s.a->tx_refused);
    assert_non_null(scene_find(&s, 0xa, 4096));
    assert_null(scene_find(&s, 0xa, 4097));
    s.a->tx_room = SIZE_MAX;
    fake_advance(s.f, 2 * NS_PER_S);
    assert_non_null(scene_on_switch(s.a, 4096));
    assert_null(scene_on_switch(s.a, 4097));
    assert_non_null(scene_on_switch(s.a, 70002));
    assert_null(scene_on_switch(s.a, 70001));
    scene_end(&s);
}

/* --- Refusals --------------------------------------------------------------------------------- */

static void table_full(void **state)
{
    static const uint8_t versions[] = {OF_VERSION_1_0, OF_VERSION_1_3};

    (void)state;
    for (size_t v = 0; v < 2; v++) {
        struct scene s;
        struct txn *txn;
        char line[64];

        scene_begin(&s, versions[v]);
        s.a->max_flows = s.a->n_flows + 1;
        txn = txn_begin(s.f->ctl);
        scene_add(txn, 0, 0xa, 1, 2, 0);
        scene_add(txn, 0, 0xa, 2, 2, 0);
        scene_add(txn, 0, 0xa, 4, 2, 60);
        scene_add(txn, 1, 0xb, 3, 2, 0);
        txn_commit(txn, scene_done, &s);
        fake_settle(s.f);
        assert_int_equal(s.n_done, 1);
        assert_int_equal(s.result, ERR_FULL);
        assert_non_null(scene_find(&s, 0xa, 1));
        assert_true(flow_entry_is_deferred(scene_find(&s, 0xa, 2))); /* It has no time-out... */
        assert_null(scene_find(&s, 0xa, 4));                         /* ...and this one has. */
        assert_null(scene_find(&s, 0xb, 3));
        snprintf(line, sizeof line, "flow_failed a 4 %d", OF_ERR_FLOW_TABLE_FULL);
        assert_int_equal(recorder_count(&s.r, line), 1);
        assert_int_equal(recorder_count(&s.r, "flow_deferred a 2"), 1);
        assert_int_equal(recorder_count(&s.r, "table_full a.0 2/2"), 1);
        assert_int_equal(s.r.n, 3);
        assert_int_equal(ctl_counters(s.f->ctl)->table_full, 2);
        scene_end(&s);
    }
}

/* 1.0 has no way to say "metadata": the codec refuses and the owner is told. */
static void not_encodable(void **state)
{
    struct scene s;
    struct of_action actions[3];
    struct flow_spec spec;
    struct txn *txn;

    (void)state;
    scene_begin(&s, OF_VERSION_1_0);
    spec = scene_entry(actions, 1, 2, 0);
    spec.ins.has_metadata = true;
    spec.ins.metadata = 5;
    spec.ins.metadata_mask = 0xff;
    txn = txn_begin(s.f->ctl);
    txn_add(txn, 0, 0xa, &spec);
    txn_commit(txn, scene_done, &s);
    fake_settle(s.f);
    assert_int_equal(s.result, ERR_STATE);
    assert_int_equal(recorder_count(&s.r, "flow_failed a 1"), 1);
    assert_null(scene_find(&s, 0xa, 1));
    scene_end(&s);
}

/* --- Flow-removed ----------------------------------------------------------------------------- */

static void expiry(void **state)
{
    struct scene s;
    size_t from;

    (void)state;
    scene_begin(&s, OF_VERSION_1_3);
    from = s.a->n_sent;
    scene_add_one(&s, 0xa, 1, 2, 30);
    fake_settle(s.f);
    assert_int_equal(fake_sent(s.a, OF_FLOW_MOD, from, 0)->flow_mod.flags, OF_FF_SEND_FLOW_REM);
    fake_expire(s.a, scene_index_on_switch(s.a, 1), OF_REMOVED_IDLE_TIMEOUT);
    assert_int_equal(recorder_count(&s.r, "flow_removed a 1 0"), 1);
    assert_null(scene_find(&s, 0xa, 1));
    scene_add_one(&s, 0xa, 1, 2, 30);
    fake_settle(s.f);
    assert_non_null(scene_on_switch(s.a, 1));
    scene_end(&s);
}

/* The entry expires while its successor is on the way: afterwards it is there. */
static void expiry_crosses_flow_mod(void **state)
{
    struct scene s;

    (void)state;
    scene_begin(&s, OF_VERSION_1_3);
    scene_add_one(&s, 0xa, 1, 2, 30);
    fake_settle(s.f);
    scene_remove_one(&s, 0xa, 1);
    scene_add_one(&s, 0xa, 1, 2, 30);
    fake_expire(s.a, scene_index_on_switch(s.a, 1), OF_REMOVED_IDLE_TIMEOUT);
    fake_settle(s.f);
    assert_non_null(scene_on_switch(s.a, 1));
    assert_int_equal(flow_entry_state(scene_find(&s, 0xa, 1)), FLOW_CONFIRMED);
    /* And expired after the flow-mod had arrived, before the barrier was answered. */
    s.a->manners.no_barrier = true;
    scene_add_one(&s, 0xa, 2, 2, 30);
    fake_settle(s.f);
    fake_expire(s.a, scene_index_on_switch(s.a, 2), OF_REMOVED_IDLE_TIMEOUT);
    s.a->manners.no_barrier = false;
    fake_advance(s.f, 5 * NS_PER_S);
    assert_non_null(scene_on_switch(s.a, 2));
    assert_int_equal(flow_entry_state(scene_find(&s, 0xa, 2)), FLOW_CONFIRMED);
    scene_end(&s);
}

/* The stage was sent again, then the first barrier is answered late, and the entry has expired: what was sent
 * the second time may still arrive and would be there without the core's knowing. */
static void expiry_between_two_flow_mods(void **state)
{
    struct scene s;
    size_t from;
    struct of_msg reply = {.type = OF_BARRIER_REPLY};

    (void)state;
    scene_begin(&s, OF_VERSION_1_3);
    s.a->manners.no_barrier = true;
    from = s.a->n_sent;
    scene_add_one(&s, 0xa, 1, 2, 1);
    fake_advance(s.f, 2385 * NS_PER_MS);
    assert_int_equal(fake_count(s.a, OF_FLOW_MOD, from), 2);
    reply.xid = fake_sent(s.a, OF_BARRIER_REQUEST, from, 0)->xid;
    fake_input(s.a, &reply);
    assert_int_equal(flow_entry_state(scene_find(&s, 0xa, 1)), FLOW_CONFIRMED);
    from = s.a->n_sent;
    s.a->manners.no_barrier = false;
    fake_expire(s.a, scene_index_on_switch(s.a, 1), OF_REMOVED_IDLE_TIMEOUT);
    fake_settle(s.f);
    assert_int_equal(fake_count(s.a, OF_FLOW_MOD, from), 1);
    assert_int_equal(flow_entry_state(scene_find(&s, 0xa, 1)), FLOW_CONFIRMED);
    assert_non_null(scene_on_switch(s.a, 1));
    fake_expire(s.a, scene_index_on_switch(s.a, 1),
                OF_REMOVED_IDLE_TIMEOUT); /* A younger barrier was answered. */
    fake_settle(s.f);
    assert_int_equal(fake_count(s.a, OF_FLOW_MOD, from), 1);
    assert_null(scene_find(&s, 0xa, 1));
    assert_int_equal(recorder_count(&s.r, "flow_removed a 1 0"), 1);
    scene_end(&s);
}

static void foreign_flow_removed(void **state)
{
    struct scene s;
    struct of_msg msg = {.type = OF_FLOW_REMOVED};

    (void)state;
    scene_begin(&s, OF_VERSION_1_3);
    scene_add_one(&s, 0xa, 1, 2, 30);
    fake_settle(s.f);
    msg.flow_removed.priority = 2385;
    OF_MATCH_SET(&msg.flow_removed.match, ETH_DST, eth_dst, eth_addr_from_u64(0x020000000001));
    fake_input(s.a, &msg); /* Another cookie. */
    msg.flow_removed.priority = 1;
    fake_input(s.a, &msg);
    assert_non_null(scene_find(&s, 0xa, 1));
    assert_int_equal(s.r.n, 0);
    scene_end(&s);
}

/* --- Lost connections ------------------------------------------------------------------------- */

static void disconnect_in_the_middle(void **state)
{
    struct scene s;
    struct txn *txn;

    (void)state;
    scene_begin(&s, OF_VERSION_1_3);
    txn = txn_begin(s.f->ctl);
    scene_add(txn, 0, 0xa, 1, 2, 0);
    scene_add(txn, 0, 0xb, 2, 2, 0);
    txn_commit(txn, scene_done, &s);
    fake_disconnect(s.a);
    fake_settle(s.f);
    assert_int_equal(s.n_done, 1);
    assert_int_equal(s.result, ERR_CLOSED);
    assert_int_equal(flow_entry_state(scene_find(&s, 0xa, 1)), FLOW_WANTED);
    assert_int_equal(flow_entry_state(scene_find(&s, 0xb, 2)), FLOW_CONFIRMED);
    fake_connect(s.a);
    fake_settle(s.f);
    assert_int_equal(flow_entry_state(scene_find(&s, 0xa, 1)), FLOW_CONFIRMED);
    assert_non_null(scene_on_switch(s.a, 1));
    scene_end(&s);
}

/* Where the order must be kept, a switch that is lost ends the transaction: what is below it was done, what
 * is above was never wanted. */
static void lost_switch_ends_what_keeps_order(void **state)
{
    struct scene s;
    struct txn *txn;

    (void)state;
    scene_begin(&s, OF_VERSION_1_3);
    txn = txn_begin(s.f->ctl);
    txn_keep_order(txn);
    scene_add(txn, 0, 0xb, 2, 2, 0);
    scene_add(txn, 1, 0xa, 1, 2, 0);
    scene_add(txn, 2, 0xb, 3, 2, 0);
    txn_commit(txn, scene_done, &s);
    fake_disconnect(s.a);
    fake_settle(s.f);
    assert_int_equal(s.n_done, 1);
    assert_int_equal(s.result, ERR_CLOSED);
    assert_int_equal(flow_entry_state(scene_find(&s, 0xb, 2)), FLOW_CONFIRMED);
    assert_int_equal(flow_entry_state(scene_find(&s, 0xa, 1)), FLOW_WANTED);
    assert_null(scene_find(&s, 0xb, 3));
    scene_end(&s);
}

/* A switch that is away does not hold the others up, in later stages either. */
static void wishes_for_an_absent_switch(void **state)
{
    struct scene s;
    struct txn *txn;

    (void)state;
    scene_begin(&s, OF_VERSION_1_3);
    fake_disconnect(s.a);
    txn = txn_begin(s.f->ctl);
    scene_add(txn, 0, 0xa, 1, 2, 0);
    scene_add(txn, 1, 0xb, 2, 2, 0);
    scene_add(txn, 2, 0xa, 3, 2, 0);
    scene_add(txn, 2, 0xc, 4, 2, 0);
    txn_commit(txn, scene_done, &s);
    fake_settle(s.f);
    assert_int_equal(s.result, ERR_CLOSED);
    assert_non_null(scene_on_switch(s.b, 2));
    fake_connect(s.a);
    fake_settle(s.f);
    assert_non_null(scene_on_switch(s.a, 1));
    assert_non_null(scene_on_switch(s.a, 3));
    assert_int_equal(flow_entry_state(scene_find(&s, 0xc, 4)), FLOW_WANTED);
    scene_end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entry_is_small_and_comes_back),
        cmocka_unit_test(add_confirm_remove),
        cmocka_unit_test(watcher_is_called_once),
        cmocka_unit_test(nothing_to_do_sends_nothing),
        cmocka_unit_test(stages_wait_for_barriers),
        cmocka_unit_test(barrier_confirms_others),
        cmocka_unit_test(replaced_while_sent),
        cmocka_unit_test(removed_and_wanted_again),
        cmocka_unit_test(resend_and_close),
        cmocka_unit_test(slow_switch_is_told_little),
        cmocka_unit_test(late_answer_counts),
        cmocka_unit_test(send_queue_full),
        cmocka_unit_test(send_queue_full_for_long),
        cmocka_unit_test(send_queue_full_of_passing_entries),
        cmocka_unit_test(table_full),
        cmocka_unit_test(not_encodable),
        cmocka_unit_test(expiry),
        cmocka_unit_test(expiry_crosses_flow_mod),
        cmocka_unit_test(expiry_between_two_flow_mods),
        cmocka_unit_test(foreign_flow_removed),
        cmocka_unit_test(disconnect_in_the_middle),
        cmocka_unit_test(lost_switch_ends_what_keeps_order),
        cmocka_unit_test(wishes_for_an_absent_switch),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

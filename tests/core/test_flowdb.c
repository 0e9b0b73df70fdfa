/* Flow entries: transactions, barriers, refusals, lost connections and reconciliation. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "controller/core/datapath.h"
#include "controller/core/flowdb.h"
#include "controller/core/flowdb_int.h"
#include "controller/core/txn.h"
#include "tests/core/fake_sb.h"
#include "tests/core/recorder.h"

/* --- The stage -------------------------------------------------------------------------------- */

/* Two switches, without discovery so that only flow-mods are seen. */
struct scene {
    struct fake *f;
    struct fake_switch *a, *b;
    struct recorder r;
    unsigned n_begun, n_done; /* Transactions of one entry. */
    enum err result;
};

static void done(void *aux, enum err result)
{
    struct scene *s = aux;

    s->n_done++;
    s->result = result;
}

static void begin(struct scene *s, uint8_t version)
{
    struct core_settings settings = core_settings_default();
    struct recorder *use = &s->r;
    struct ctl_module_use module = {&recorder_module, &use};

    memset(s, 0, sizeof *s);
    settings.discovery = false;
    s->f = fake_new(&settings, &module, 1);
    s->a = fake_switch_add(s->f, 0xa, version, 4);
    s->b = fake_switch_add(s->f, 0xb, version, 4);
    fake_connect(s->a);
    fake_connect(s->b);
    fake_settle(s->f);
    recorder_clear(&s->r);
}

static void end(struct scene *s)
{
    fake_free(s->f);
}

/* Entry number 'i': frames to host 'i' leave with tag 'i' through 'port'. 'actions' is the storage
 * of the spec's action list. */
static struct flow_spec entry(struct of_action actions[3], unsigned i, port_no_t port,
                              uint16_t idle_s)
{
    struct flow_spec spec = {.priority = 2385, .cookie = flow_cookie(1, i)};

    actions[0] = of_push_vlan(0x8100);
    actions[1] = of_set_vlan((uint16_t)i);
    actions[2] = of_output(port);
    OF_MATCH_SET(&spec.match, ETH_DST, eth_dst, eth_addr_from_u64(0x020000000000 | i));
    spec.idle_timeout_s = idle_s;
    spec.ins = of_apply(actions, 3);
    return spec;
}

static void add(struct txn *txn, unsigned stage, dpid_t dpid, unsigned i, port_no_t port,
                uint16_t idle_s)
{
    struct of_action actions[3];
    struct flow_spec spec = entry(actions, i, port, idle_s);

    txn_add(txn, stage, dpid, &spec);
}

static void take_away(struct txn *txn, unsigned stage, dpid_t dpid, unsigned i)
{
    struct of_action actions[3];
    struct flow_spec spec = entry(actions, i, 1, 0);

    txn_remove(txn, stage, dpid, 0, spec.priority, &spec.match);
}

/* Adds one entry in a transaction of its own. */
static void add_one(struct scene *s, dpid_t dpid, unsigned i, port_no_t port, uint16_t idle_s)
{
    struct txn *txn = txn_begin(s->f->ctl);

    add(txn, 0, dpid, i, port, idle_s);
    s->n_begun++;
    txn_commit(txn, done, s);
}

static void remove_one(struct scene *s, dpid_t dpid, unsigned i)
{
    struct txn *txn = txn_begin(s->f->ctl);

    take_away(txn, 0, dpid, i);
    s->n_begun++;
    txn_commit(txn, done, s);
}

static const struct flow_entry *find(const struct scene *s, dpid_t dpid, unsigned i)
{
    struct of_action actions[3];
    struct flow_spec spec = entry(actions, i, 1, 0);

    return flowdb_find(s->f->ctl, dpid, 0, spec.priority, &spec.match);
}

static const struct of_flow_stats *on_switch(const struct fake_switch *sw, unsigned i)
{
    struct of_action actions[3];
    struct flow_spec spec = entry(actions, i, 1, 0);

    return fake_switch_flow(sw, 0, spec.priority, &spec.match);
}

static size_t index_on_switch(const struct fake_switch *sw, unsigned i)
{
    return (size_t)(on_switch(sw, i) - sw->flows);
}

/* --- Entries ---------------------------------------------------------------------------------- */

static void entry_is_small_and_comes_back(void **state)
{
    struct scene s;
    struct of_action actions[3];
    struct flow_spec want = entry(actions, 7, 3, 60), got;
    const struct flow_entry *e;

    (void)state;
    begin(&s, OF_VERSION_1_3);
    add_one(&s, 0xa, 7, 3, 60);
    fake_settle(s.f);
    e = find(&s, 0xa, 7);
    assert_non_null(e);
    assert_true(flow_entry_size(e) < 100);
    flow_entry_spec(e, &got);
    assert_true(of_match_eq(&got.match, &want.match));
    assert_true(of_instructions_eq(&got.ins, &want.ins));
    assert_int_equal(got.idle_timeout_s, 60);
    assert_int_equal(flow_entry_cookie(e), flow_cookie(1, 7));
    assert_int_equal(flow_entry_dpid(e), 0xa);
    end(&s);
}

static void add_confirm_remove(void **state)
{
    static const uint8_t versions[] = {OF_VERSION_1_0, OF_VERSION_1_3};

    (void)state;
    for (size_t v = 0; v < 2; v++) {
        struct scene s;
        size_t from, before;
        struct flowdb_size size;

        begin(&s, versions[v]);
        from = s.a->n_sent;
        before = s.a->n_flows;
        add_one(&s, 0xa, 1, 2, 0);
        assert_int_equal(flow_entry_state(find(&s, 0xa, 1)), FLOW_SENT);
        assert_int_equal(s.n_done, 0);
        fake_settle(s.f);
        assert_int_equal(s.n_done, 1);
        assert_int_equal(s.result, ERR_OK);
        assert_int_equal(flow_entry_state(find(&s, 0xa, 1)), FLOW_CONFIRMED);
        assert_non_null(on_switch(s.a, 1));
        assert_int_equal(fake_sent(s.a, OF_FLOW_MOD, from, 0)->flow_mod.flags, 0);
        remove_one(&s, 0xa, 1);
        assert_int_equal(flow_entry_state(find(&s, 0xa, 1)), FLOW_DELETING);
        fake_settle(s.f);
        assert_int_equal(s.n_done, 2);
        assert_null(find(&s, 0xa, 1));
        assert_int_equal(s.a->n_flows, before);
        size = flowdb_size(s.f->ctl, 0xa);
        assert_int_equal(size.n_entries, before);
        assert_int_equal(size.n_confirmed, before);
        assert_int_equal(s.r.n, 0);
        end(&s);
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
    begin(&s, OF_VERSION_1_3);
    flowdb_watch(s.f->ctl, 0xa, 2, count_change, &n);
    flowdb_watch(s.f->ctl, 0x2385, 2, count_change, &n); /* Never seen. */
    txn = txn_begin(s.f->ctl);
    add(txn, 0, 0xa, 1, 2, 0);
    add(txn, 0, 0xa, 2, 2, 0);
    add(txn, 0, 0xb, 3, 2, 0);
    txn_commit(txn, NULL, NULL);
    assert_int_equal(n, 0); /* From the core's loop. */
    fake_settle(s.f);
    assert_int_equal(n, 1);
    add_one(&s, 0xa, 1, 2, 0); /* It is there. */
    fake_settle(s.f);
    assert_int_equal(n, 1);
    add_one(&s, 0xa, 1, 3, 0); /* Another one. */
    fake_settle(s.f);
    assert_int_equal(n, 2);
    remove_one(&s, 0xa, 1); /* It is about to leave, and has left. */
    fake_settle(s.f);
    assert_true(n == 3 || n == 4);
    flowdb_watch(s.f->ctl, 0xa, 1, count_change, &n);
    n = 0;
    add_one(&s, 0xa, 5, 2, 0); /* Its own. */
    fake_settle(s.f);
    flowdb_watch(s.f->ctl, 0xa, 2, NULL, NULL);
    remove_one(&s, 0xa, 5);
    fake_settle(s.f);
    assert_int_equal(n, 0);
    end(&s);
}

static void nothing_to_do_sends_nothing(void **state)
{
    struct scene s;
    struct txn *txn;
    size_t from;

    (void)state;
    begin(&s, OF_VERSION_1_3);
    add_one(&s, 0xa, 1, 2, 0);
    fake_settle(s.f);
    from = s.a->n_sent;
    txn = txn_begin(s.f->ctl);
    add(txn, 0, 0xa, 1, 2, 0);
    take_away(txn, 1, 0xa, 99);
    txn_commit(txn, done, &s);
    assert_int_equal(s.n_done, 1); /* Not from inside the commit. */
    fake_settle(s.f);
    assert_int_equal(s.n_done, 2);
    assert_int_equal(s.a->n_sent, from);
    txn_abort(txn_begin(s.f->ctl));
    txn = txn_begin(s.f->ctl);
    add(txn, 0, 0xa, 1, 2, 0);
    txn_abort(txn);
    end(&s);
}

/* --- Stages ----------------------------------------------------------------------------------- */

static void stages_wait_for_barriers(void **state)
{
    struct scene s;
    struct txn *txn;
    size_t from_a, from_b;

    (void)state;
    begin(&s, OF_VERSION_1_3);
    from_a = s.a->n_sent;
    from_b = s.b->n_sent;
    s.a->manners.no_barrier = true;
    txn = txn_begin(s.f->ctl);
    add(txn, 2, 0xb, 3, 1, 0);
    add(txn, 0, 0xa, 1, 1, 0);
    add(txn, 0, 0xa, 2, 1, 0);
    txn_commit(txn, done, &s);
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
    end(&s);
}

/* The second transaction wants what the first has sent and is confirmed by its own barrier. */
static void barrier_confirms_others(void **state)
{
    struct scene s;
    size_t from;

    (void)state;
    begin(&s, OF_VERSION_1_3);
    from = s.a->n_sent;
    add_one(&s, 0xa, 1, 2, 0);
    add_one(&s, 0xa, 1, 2, 0);
    assert_int_equal(fake_count(s.a, OF_FLOW_MOD, from), 1);
    assert_int_equal(fake_count(s.a, OF_BARRIER_REQUEST, from), 2);
    fake_input(s.a, &(struct of_msg){.type = OF_BARRIER_REPLY,
                                     .xid = fake_sent(s.a, OF_BARRIER_REQUEST, from, 1)->xid});
    assert_int_equal(s.n_done, 2);
    assert_int_equal(flow_entry_state(find(&s, 0xa, 1)), FLOW_CONFIRMED);
    fake_settle(s.f);
    assert_int_equal(s.n_done, 2);
    end(&s);
}

static void replaced_while_sent(void **state)
{
    struct scene s;
    size_t from;

    (void)state;
    begin(&s, OF_VERSION_1_3);
    from = s.a->n_sent;
    add_one(&s, 0xa, 1, 2, 0);
    add_one(&s, 0xa, 1, 3, 0);
    fake_input(s.a, &(struct of_msg){.type = OF_BARRIER_REPLY,
                                     .xid = fake_sent(s.a, OF_BARRIER_REQUEST, from, 0)->xid});
    assert_int_equal(s.n_done, 1);
    assert_int_equal(flow_entry_state(find(&s, 0xa, 1)), FLOW_SENT);
    fake_settle(s.f);
    assert_int_equal(s.n_done, 2);
    assert_int_equal(flow_entry_state(find(&s, 0xa, 1)), FLOW_CONFIRMED);
    assert_int_equal(on_switch(s.a, 1)->ins.apply.list[2].output.port, 3);
    end(&s);
}

static void removed_and_wanted_again(void **state)
{
    struct scene s;

    (void)state;
    begin(&s, OF_VERSION_1_3);
    add_one(&s, 0xa, 1, 2, 30);
    fake_settle(s.f);
    remove_one(&s, 0xa, 1);
    add_one(&s, 0xa, 1, 2, 30);
    assert_int_equal(flow_entry_state(find(&s, 0xa, 1)), FLOW_SENT);
    fake_settle(s.f);
    assert_int_equal(s.n_done, 3);
    assert_int_equal(flow_entry_state(find(&s, 0xa, 1)), FLOW_CONFIRMED);
    assert_non_null(on_switch(s.a, 1));
    assert_int_equal(s.r.n, 0);
    end(&s);
}

/* --- Barriers that are not answered ----------------------------------------------------------- */

static void resend_and_close(void **state)
{
    struct scene s;
    size_t from;
    const struct of_msg *first, *second;

    (void)state;
    begin(&s, OF_VERSION_1_3);
    from = s.a->n_sent;
    s.a->manners.no_barrier = true;
    add_one(&s, 0xa, 1, 2, 0);
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
    assert_int_equal(flow_entry_state(find(&s, 0xa, 1)), FLOW_WANTED);
    assert_int_equal(ctl_counters(s.f->ctl)->barrier_timeouts, 3);
    end(&s);
}

/* Many transactions at once on a switch that is silent for a while: what is in flight is said again once, not
 * what is before each barrier. */
static void slow_switch_is_told_little(void **state)
{
    struct scene s;
    size_t from, n_entries = 300;

    (void)state;
    begin(&s, OF_VERSION_1_3);
    s.a->manners.no_barrier = true;
    for (unsigned i = 0; i < n_entries; i++) {
        add_one(&s, 0xa, i, 2, 0);
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
    end(&s);
}

/* An answer to the first try that comes after the second was sent counts. */
static void late_answer_counts(void **state)
{
    struct scene s;
    size_t from;

    (void)state;
    begin(&s, OF_VERSION_1_3);
    from = s.a->n_sent;
    s.a->manners.no_barrier = true;
    add_one(&s, 0xa, 1, 2, 0);
    fake_advance(s.f, 3 * NS_PER_S);
    for (int i = 0; i < 2; i++) {
        fake_input(s.a, &(struct of_msg){.type = OF_BARRIER_REPLY,
                                         .xid = fake_sent(s.a, OF_BARRIER_REQUEST, from, 0)->xid});
        assert_int_equal(s.n_done, 1);
    }
    assert_int_equal(s.result, ERR_OK);
    end(&s);
}

/* No room in the send queue: everything is sent when there is room again, before the barrier. */
static void send_queue_full(void **state)
{
    static const size_t rooms[] = {0, 1, 2};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct scene s;
        struct txn *txn;

        begin(&s, OF_VERSION_1_3);
        s.a->tx_room = rooms[i];
        txn = txn_begin(s.f->ctl);
        add(txn, 0, 0xa, 1, 2, 0);
        add(txn, 0, 0xa, 2, 2, 0);
        txn_commit(txn, done, &s);
        fake_settle(s.f);
        assert_int_equal(s.n_done, 0);
        s.a->tx_room = SIZE_MAX;
        fake_advance(s.f, 2 * NS_PER_S);
        assert_int_equal(s.n_done, 1);
        assert_int_equal(s.result, ERR_OK);
        assert_non_null(on_switch(s.a, 1));
        assert_non_null(on_switch(s.a, 2));
        assert_int_equal(flowdb_size(s.f->ctl, 0xa).n_confirmed, 3);
        end(&s);
    }
}

/* A send queue that stays full is no reason to close: the echo decides whether the switch lives. */
static void send_queue_full_for_long(void **state)
{
    struct scene s;

    (void)state;
    begin(&s, OF_VERSION_1_3);
    for (unsigned i = 1; i <= 20; i++) {
        s.a->tx_room = 0;
        add_one(&s, 0xa, i, 2, 0);
    }
    for (int i = 0; i < 10; i++) {
        s.a->tx_room = 8;
        fake_advance(s.f, 2 * NS_PER_S);
    }
    assert_non_null(s.a->session);
    assert_int_equal(s.n_done, 20);
    assert_int_equal(flowdb_size(s.f->ctl, 0xa).n_confirmed, 21);
    end(&s);
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
    begin(&s, OF_VERSION_1_3);
    want_plain(&s, 70001, 0);
    fake_settle(s.f);
    assert_non_null(on_switch(s.a, 70001));
    s.a->tx_room = 0;
    for (unsigned i = 1; i <= 4196; i++) {
        want_plain(&s, i, 20);
    }
    want_plain(&s, 70002, 0);
    remove_one(&s, 0xa, 70001);
    assert_int_equal(ctl_counters(s.f->ctl)->flows_unsent, 100);
    assert_int_equal(ctl_counters(s.f->ctl)->sends_full, s.a->tx_refused);
    assert_non_null(find(&s, 0xa, 4096));
    assert_null(find(&s, 0xa, 4097));
    s.a->tx_room = SIZE_MAX;
    fake_advance(s.f, 2 * NS_PER_S);
    assert_non_null(on_switch(s.a, 4096));
    assert_null(on_switch(s.a, 4097));
    assert_non_null(on_switch(s.a, 70002));
    assert_null(on_switch(s.a, 70001));
    end(&s);
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

        begin(&s, versions[v]);
        s.a->max_flows = s.a->n_flows + 1;
        txn = txn_begin(s.f->ctl);
        add(txn, 0, 0xa, 1, 2, 0);
        add(txn, 0, 0xa, 2, 2, 0);
        add(txn, 0, 0xa, 4, 2, 60);
        add(txn, 1, 0xb, 3, 2, 0);
        txn_commit(txn, done, &s);
        fake_settle(s.f);
        assert_int_equal(s.n_done, 1);
        assert_int_equal(s.result, ERR_FULL);
        assert_non_null(find(&s, 0xa, 1));
        assert_true(flow_entry_is_deferred(find(&s, 0xa, 2))); /* It has no time-out... */
        assert_null(find(&s, 0xa, 4));                         /* ...and this one has. */
        assert_null(find(&s, 0xb, 3));
        snprintf(line, sizeof line, "flow_failed a 4 %d", OF_ERR_FLOW_TABLE_FULL);
        assert_int_equal(recorder_count(&s.r, line), 1);
        assert_int_equal(recorder_count(&s.r, "flow_deferred a 2"), 1);
        assert_int_equal(recorder_count(&s.r, "table_full a.0 2/2"), 1);
        assert_int_equal(s.r.n, 3);
        assert_int_equal(ctl_counters(s.f->ctl)->table_full, 2);
        end(&s);
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
    begin(&s, OF_VERSION_1_0);
    spec = entry(actions, 1, 2, 0);
    spec.ins.has_metadata = true;
    spec.ins.metadata = 5;
    spec.ins.metadata_mask = 0xff;
    txn = txn_begin(s.f->ctl);
    txn_add(txn, 0, 0xa, &spec);
    txn_commit(txn, done, &s);
    fake_settle(s.f);
    assert_int_equal(s.result, ERR_STATE);
    assert_int_equal(recorder_count(&s.r, "flow_failed a 1"), 1);
    assert_null(find(&s, 0xa, 1));
    end(&s);
}

/* --- Flow-removed ----------------------------------------------------------------------------- */

static void expiry(void **state)
{
    struct scene s;
    size_t from;

    (void)state;
    begin(&s, OF_VERSION_1_3);
    from = s.a->n_sent;
    add_one(&s, 0xa, 1, 2, 30);
    fake_settle(s.f);
    assert_int_equal(fake_sent(s.a, OF_FLOW_MOD, from, 0)->flow_mod.flags, OF_FF_SEND_FLOW_REM);
    fake_expire(s.a, index_on_switch(s.a, 1), OF_REMOVED_IDLE_TIMEOUT);
    assert_int_equal(recorder_count(&s.r, "flow_removed a 1 0"), 1);
    assert_null(find(&s, 0xa, 1));
    add_one(&s, 0xa, 1, 2, 30);
    fake_settle(s.f);
    assert_non_null(on_switch(s.a, 1));
    end(&s);
}

/* The entry expires while its successor is on the way: afterwards it is there. */
static void expiry_crosses_flow_mod(void **state)
{
    struct scene s;

    (void)state;
    begin(&s, OF_VERSION_1_3);
    add_one(&s, 0xa, 1, 2, 30);
    fake_settle(s.f);
    remove_one(&s, 0xa, 1);
    add_one(&s, 0xa, 1, 2, 30);
    fake_expire(s.a, index_on_switch(s.a, 1), OF_REMOVED_IDLE_TIMEOUT);
    fake_settle(s.f);
    assert_non_null(on_switch(s.a, 1));
    assert_int_equal(flow_entry_state(find(&s, 0xa, 1)), FLOW_CONFIRMED);
    /* And expired after the flow-mod had arrived, before the barrier was answered. */
    s.a->manners.no_barrier = true;
    add_one(&s, 0xa, 2, 2, 30);
    fake_settle(s.f);
    fake_expire(s.a, index_on_switch(s.a, 2), OF_REMOVED_IDLE_TIMEOUT);
    s.a->manners.no_barrier = false;
    fake_advance(s.f, 5 * NS_PER_S);
    assert_non_null(on_switch(s.a, 2));
    assert_int_equal(flow_entry_state(find(&s, 0xa, 2)), FLOW_CONFIRMED);
    end(&s);
}

/* The stage was sent again, then the first barrier is answered late, and the entry has expired: what was sent
 * the second time may still arrive and would be there without the core's knowing. */
static void expiry_between_two_flow_mods(void **state)
{
    struct scene s;
    size_t from;
    struct of_msg reply = {.type = OF_BARRIER_REPLY};

    (void)state;
    begin(&s, OF_VERSION_1_3);
    s.a->manners.no_barrier = true;
    from = s.a->n_sent;
    add_one(&s, 0xa, 1, 2, 1);
    fake_advance(s.f, 2385 * NS_PER_MS);
    assert_int_equal(fake_count(s.a, OF_FLOW_MOD, from), 2);
    reply.xid = fake_sent(s.a, OF_BARRIER_REQUEST, from, 0)->xid;
    fake_input(s.a, &reply);
    assert_int_equal(flow_entry_state(find(&s, 0xa, 1)), FLOW_CONFIRMED);
    from = s.a->n_sent;
    s.a->manners.no_barrier = false;
    fake_expire(s.a, index_on_switch(s.a, 1), OF_REMOVED_IDLE_TIMEOUT);
    fake_settle(s.f);
    assert_int_equal(fake_count(s.a, OF_FLOW_MOD, from), 1);
    assert_int_equal(flow_entry_state(find(&s, 0xa, 1)), FLOW_CONFIRMED);
    assert_non_null(on_switch(s.a, 1));
    fake_expire(s.a, index_on_switch(s.a, 1), OF_REMOVED_IDLE_TIMEOUT); /* A younger barrier was answered. */
    fake_settle(s.f);
    assert_int_equal(fake_count(s.a, OF_FLOW_MOD, from), 1);
    assert_null(find(&s, 0xa, 1));
    assert_int_equal(recorder_count(&s.r, "flow_removed a 1 0"), 1);
    end(&s);
}

static void foreign_flow_removed(void **state)
{
    struct scene s;
    struct of_msg msg = {.type = OF_FLOW_REMOVED};

    (void)state;
    begin(&s, OF_VERSION_1_3);
    add_one(&s, 0xa, 1, 2, 30);
    fake_settle(s.f);
    msg.flow_removed.priority = 2385;
    OF_MATCH_SET(&msg.flow_removed.match, ETH_DST, eth_dst, eth_addr_from_u64(0x020000000001));
    fake_input(s.a, &msg); /* Another cookie. */
    msg.flow_removed.priority = 1;
    fake_input(s.a, &msg);
    assert_non_null(find(&s, 0xa, 1));
    assert_int_equal(s.r.n, 0);
    end(&s);
}

/* --- Lost connections ------------------------------------------------------------------------- */

static void disconnect_in_the_middle(void **state)
{
    struct scene s;
    struct txn *txn;

    (void)state;
    begin(&s, OF_VERSION_1_3);
    txn = txn_begin(s.f->ctl);
    add(txn, 0, 0xa, 1, 2, 0);
    add(txn, 0, 0xb, 2, 2, 0);
    txn_commit(txn, done, &s);
    fake_disconnect(s.a);
    fake_settle(s.f);
    assert_int_equal(s.n_done, 1);
    assert_int_equal(s.result, ERR_CLOSED);
    assert_int_equal(flow_entry_state(find(&s, 0xa, 1)), FLOW_WANTED);
    assert_int_equal(flow_entry_state(find(&s, 0xb, 2)), FLOW_CONFIRMED);
    fake_connect(s.a);
    fake_settle(s.f);
    assert_int_equal(flow_entry_state(find(&s, 0xa, 1)), FLOW_CONFIRMED);
    assert_non_null(on_switch(s.a, 1));
    end(&s);
}

/* Where the order must be kept, a switch that is lost ends the transaction: what is below it was done, what
 * is above was never wanted. */
static void lost_switch_ends_what_keeps_order(void **state)
{
    struct scene s;
    struct txn *txn;

    (void)state;
    begin(&s, OF_VERSION_1_3);
    txn = txn_begin(s.f->ctl);
    txn_keep_order(txn);
    add(txn, 0, 0xb, 2, 2, 0);
    add(txn, 1, 0xa, 1, 2, 0);
    add(txn, 2, 0xb, 3, 2, 0);
    txn_commit(txn, done, &s);
    fake_disconnect(s.a);
    fake_settle(s.f);
    assert_int_equal(s.n_done, 1);
    assert_int_equal(s.result, ERR_CLOSED);
    assert_int_equal(flow_entry_state(find(&s, 0xb, 2)), FLOW_CONFIRMED);
    assert_int_equal(flow_entry_state(find(&s, 0xa, 1)), FLOW_WANTED);
    assert_null(find(&s, 0xb, 3));
    end(&s);
}

/* A switch that is away does not hold the others up, in later stages either. */
static void wishes_for_an_absent_switch(void **state)
{
    struct scene s;
    struct txn *txn;

    (void)state;
    begin(&s, OF_VERSION_1_3);
    fake_disconnect(s.a);
    txn = txn_begin(s.f->ctl);
    add(txn, 0, 0xa, 1, 2, 0);
    add(txn, 1, 0xb, 2, 2, 0);
    add(txn, 2, 0xa, 3, 2, 0);
    add(txn, 2, 0xc, 4, 2, 0);
    txn_commit(txn, done, &s);
    fake_settle(s.f);
    assert_int_equal(s.result, ERR_CLOSED);
    assert_non_null(on_switch(s.b, 2));
    fake_connect(s.a);
    fake_settle(s.f);
    assert_non_null(on_switch(s.a, 1));
    assert_non_null(on_switch(s.a, 3));
    assert_int_equal(flow_entry_state(find(&s, 0xc, 4)), FLOW_WANTED);
    end(&s);
}

/* --- Reconciliation --------------------------------------------------------------------------- */

static void add_stray(struct fake_switch *sw, unsigned i, uint64_t cookie, uint16_t idle_s)
{
    struct of_action actions[3];
    struct flow_spec spec = entry(actions, i, 4, idle_s);
    struct of_flow_stats flow = {.priority = spec.priority,
                                 .match = spec.match,
                                 .cookie = cookie,
                                 .idle_timeout_s = idle_s,
                                 .ins = spec.ins};

    fake_add_flow(sw, &flow);
}

/* One entry of each kind: 1 equal, 2 missing, 3 different, 4 expired, 5 removed meanwhile and still
 * there, 6 wanted meanwhile, 7 stray with a time-out, 8 stray and permanent, 9 somebody else's,
 * 10 removed meanwhile and gone. */
static void reconcile(uint8_t version, unsigned per_part)
{
    struct scene s;
    size_t from;

    begin(&s, version);
    for (unsigned i = 1; i <= 5; i++) {
        add_one(&s, 0xa, i, 2, i == 4 ? 30 : 0);
    }
    add_one(&s, 0xa, 10, 2, 0);
    fake_settle(s.f);
    fake_disconnect(s.a);
    remove_one(&s, 0xa, 5);
    remove_one(&s, 0xa, 10);
    add_one(&s, 0xa, 6, 2, 30);
    fake_drop_flow(s.a, index_on_switch(s.a, 2));
    fake_drop_flow(s.a, index_on_switch(s.a, 4));
    fake_drop_flow(s.a, index_on_switch(s.a, 10));
    s.a->flows[index_on_switch(s.a, 3)].cookie = flow_cookie(1, 333);
    add_stray(s.a, 7, flow_cookie(1, 7), 30);
    add_stray(s.a, 8, flow_cookie(1, 8), 0);
    add_stray(s.a, 9, 0x1234, 0);
    recorder_clear(&s.r);
    s.a->manners.flows_per_part = per_part;
    from = s.a->n_sent;
    fake_connect(s.a);
    fake_settle(s.f);
    assert_int_equal(fake_count(s.a, OF_FLOW_MOD, from), 4); /* 2, 3, 5 and 6. */
    for (unsigned i = 1; i <= 10; i++) {
        bool gone = i == 4 || i == 5 || i == 10;

        assert_int_equal(on_switch(s.a, i) != NULL, !gone);
        assert_int_equal(find(&s, 0xa, i) != NULL, !gone && i != 9);
    }
    assert_int_equal(on_switch(s.a, 3)->cookie, flow_cookie(1, 3));
    assert_int_equal(recorder_count(&s.r, "flow_removed a 4 0"), 1);
    assert_int_equal(recorder_count(&s.r, "flow_adopted a 7"), 1);
    assert_int_equal(recorder_count(&s.r, "flow_adopted a 8"), 1);
    assert_int_equal(recorder_count(&s.r, "datapath_up a"), 1);
    assert_int_equal(s.r.n, 4);
    assert_true(flow_entry_is_adopted(find(&s, 0xa, 8)));
    fake_advance(s.f, 60 * NS_PER_S);
    assert_non_null(on_switch(s.a, 7));
    assert_null(on_switch(s.a, 8));
    assert_null(find(&s, 0xa, 8));
    assert_non_null(on_switch(s.a, 9));
    end(&s);
}

static void reconciliation(void **state)
{
    (void)state;
    reconcile(OF_VERSION_1_3, 0);
    reconcile(OF_VERSION_1_3, 1);
    reconcile(OF_VERSION_1_3, 3);
    reconcile(OF_VERSION_1_0, 0);
    reconcile(OF_VERSION_1_0, 2);
}

/* A controller that has restarted wants the same again: nothing is sent, nothing is deleted. */
static void restart(uint8_t version)
{
    struct scene s;
    struct of_action actions[3];
    struct flow_spec spec = entry(actions, 1, 4, 0);
    size_t from;

    begin(&s, version);
    fake_disconnect(s.a);
    add_stray(s.a, 1, spec.cookie, 0);
    fake_connect(s.a);
    fake_settle(s.f);
    from = s.a->n_sent;
    add_one(&s, 0xa, 1, 4, 0);
    fake_settle(s.f);
    assert_int_equal(s.result, ERR_OK);
    assert_int_equal(fake_count(s.a, OF_FLOW_MOD, from), 0);
    assert_false(flow_entry_is_adopted(find(&s, 0xa, 1)));
    fake_advance(s.f, 100 * NS_PER_S);
    assert_non_null(on_switch(s.a, 1));
    end(&s);
}

static void restarted_controller(void **state)
{
    (void)state;
    restart(OF_VERSION_1_3);
    restart(OF_VERSION_1_0);
}

/* What was found once and asked for by nobody is not written to a switch that has lost it. */
static void adopted_is_not_written_back(void **state)
{
    struct scene s;
    size_t from;

    (void)state;
    begin(&s, OF_VERSION_1_3);
    fake_disconnect(s.a);
    add_stray(s.a, 8, flow_cookie(1, 8), 0);
    fake_connect(s.a);
    fake_settle(s.f);
    assert_true(flow_entry_is_adopted(find(&s, 0xa, 8)));
    fake_disconnect(s.a);
    fake_drop_flow(s.a, index_on_switch(s.a, 8));
    from = s.a->n_sent;
    fake_connect(s.a);
    fake_settle(s.f);
    assert_int_equal(fake_count(s.a, OF_FLOW_MOD, from), 0);
    assert_null(find(&s, 0xa, 8));
    assert_int_equal(recorder_count(&s.r, "flow_removed a 8"), 1);
    end(&s);
}

static void expiry_while_synchronising(void **state)
{
    struct scene s;

    (void)state;
    begin(&s, OF_VERSION_1_3);
    add_one(&s, 0xa, 1, 2, 30);
    add_one(&s, 0xa, 2, 2, 30);
    fake_settle(s.f);
    fake_disconnect(s.a);
    fake_connect(s.a);
    /* The handshake has not begun to read entries: the features were not even asked for. */
    fake_expire(s.a, index_on_switch(s.a, 1), OF_REMOVED_IDLE_TIMEOUT);
    fake_settle(s.f);
    assert_null(find(&s, 0xa, 1));
    assert_null(on_switch(s.a, 1));
    assert_int_equal(recorder_count(&s.r, "flow_removed a 1"), 1);
    assert_int_equal(flow_entry_state(find(&s, 0xa, 2)), FLOW_CONFIRMED);
    end(&s);
}

/* --- Everything at once ----------------------------------------------------------------------- */

static uint64_t next_random(uint64_t *x)
{
    *x += UINT64_C(0x9e3779b97f4a7c15);
    return (*x ^ *x >> 31) * UINT64_C(0xbf58476d1ce4e5b9) >> 20;
}

static bool agree(const struct scene *s, const struct fake_switch *sw)
{
    for (unsigned i = 1; i <= 12; i++) {
        if ((find(s, sw->dpid, i) != NULL) != (on_switch(sw, i) != NULL)) {
            return false;
        }
    }
    return true;
}

static void random_step(struct scene *s, uint64_t *x)
{
    struct fake_switch *sw = next_random(x) & 1 ? s->a : s->b;
    unsigned i = (unsigned)(next_random(x) % 12) + 1;

    switch (next_random(x) % 8) {
    case 0:
    case 1:
    case 2:
        add_one(s, sw->dpid, i, (port_no_t)(next_random(x) % 4) + 1, i & 1 ? 30 : 0);
        break;
    case 3:
        remove_one(s, sw->dpid, i);
        break;
    case 4:
        if (sw->session && on_switch(sw, i) && on_switch(sw, i)->idle_timeout_s) {
            fake_expire(sw, index_on_switch(sw, i), OF_REMOVED_IDLE_TIMEOUT);
        }
        break;
    case 5:
        if (sw->session) {
            fake_disconnect(sw);
        } else {
            fake_connect(sw);
        }
        break;
    case 6:
        sw->tx_room = next_random(x) % 5;
        break;
    default:
        sw->tx_room = SIZE_MAX;
        fake_advance(s->f, (int64_t)(next_random(x) % (uint64_t)NS_PER_S));
        break;
    }
}

/* Room for everything again. A connection that lost a message of its handshake may have to end
 * first. */
static void calm_down(struct scene *s)
{
    s->a->tx_room = s->b->tx_room = SIZE_MAX;
    for (int i = 0; i < 2; i++) {
        fake_advance(s->f, 30 * NS_PER_S);
        if (!s->a->session) {
            fake_connect(s->a);
        }
        if (!s->b->session) {
            fake_connect(s->b);
        }
    }
    fake_advance(s->f, 30 * NS_PER_S);
}

/* Whatever happens, when all is quiet flowdb and the switches agree and every transaction ended. */
static void random_walk(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 40; seed++) {
        struct scene s;
        uint64_t x = seed * 2385;

        begin(&s, seed & 1 ? OF_VERSION_1_3 : OF_VERSION_1_0);
        for (int i = 0; i < 300; i++) {
            random_step(&s, &x);
            s.r.n = 0;
        }
        calm_down(&s);
        assert_int_equal(s.n_done, s.n_begun);
        assert_true(agree(&s, s.a) && agree(&s, s.b));
        assert_int_equal(flowdb_size(s.f->ctl, 0xa).n_entries, s.a->n_flows);
        assert_int_equal(flowdb_size(s.f->ctl, 0xa).n_confirmed, s.a->n_flows);
        end(&s);
    }
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
        cmocka_unit_test(reconciliation),
        cmocka_unit_test(restarted_controller),
        cmocka_unit_test(adopted_is_not_written_back),
        cmocka_unit_test(expiry_while_synchronising),
        cmocka_unit_test(random_walk),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Bundles: a stage's changes of a switch as a whole, and all the ways in which that fails. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "controller/core/flowdb.h"
#include "controller/core/object.h"
#include "controller/core/txn.h"
#include "tests/core/fake_sb.h"
#include "tests/core/recorder.h"

enum { DPID = 0x2385, OTHER = 0x2386, MODULE = 1, MAX_LETTERS = 64 };

struct scene {
    struct fake *f;
    struct fake_switch *sw, *other;
    size_t n_own; /* Entries that the core itself wants on each. */
    struct recorder r;
    unsigned n_done;
    enum err result;
    char told[MAX_LETTERS]; /* sent_since(). */
};

static void begin_with(struct scene *s, uint8_t version, bool bundles)
{
    struct core_settings settings = core_settings_default();
    struct recorder *use = &s->r;
    struct ctl_module_use module = {&recorder_module, &use};

    memset(s, 0, sizeof *s);
    settings.discovery = false;
    settings.bundles = bundles;
    s->f = fake_new(&settings, &module, 1);
    s->sw = fake_switch_add(s->f, DPID, version, 3);
    s->other = fake_switch_add(s->f, OTHER, version, 3);
    fake_connect(s->sw);
    fake_connect(s->other);
    fake_settle(s->f);
    s->n_own = s->sw->n_flows;
    recorder_clear(&s->r);
}

static void begin(struct scene *s, uint8_t version)
{
    begin_with(s, version, true);
}

static void end(struct scene *s)
{
    fake_free(s->f);
}

/* A letter for each message since number 'from': o open, c commit, d discard of a bundle; f, g, m a
 * flow-mod, group-mod, meter-mod, in capitals when inside a bundle; b barrier. */
static const char *sent_since(struct scene *s, size_t from)
{
    size_t n = 0;

    for (size_t i = from; i < s->sw->n_sent && n < MAX_LETTERS - 1; i++) {
        const struct of_msg *msg = &s->sw->sent[i];
        bool is_inside = msg->type == OF_BUNDLE_ADD_MESSAGE;
        enum of_type type = is_inside ? msg->bundle_add.message->type : msg->type;
        char c = '?';

        if (type == OF_BUNDLE_CONTROL) {
            c = "o?c?c?d?"[msg->bundle_control.type];
            assert_int_equal(msg->bundle_control.flags, OF_BF_ATOMIC | OF_BF_ORDERED);
        } else if (type == OF_BARRIER_REQUEST) {
            c = 'b';
        } else if (type == OF_FLOW_MOD) {
            c = is_inside ? 'F' : 'f';
        } else if (type == OF_GROUP_MOD) {
            c = is_inside ? 'G' : 'g';
        } else if (type == OF_METER_MOD) {
            c = is_inside ? 'M' : 'm';
        }
        if (c != '?') { /* Questions. */
            s->told[n++] = c;
        }
    }
    s->told[n] = '\0';
    return s->told;
}

static const struct of_action out2 = {.type = OF_ACT_OUTPUT, .output = {2, OF_CML_NO_BUFFER}};

static void add(struct txn *txn, unsigned stage, dpid_t dpid, uint16_t priority)
{
    struct flow_spec spec = {
        .priority = priority, .cookie = flow_cookie(MODULE, priority), .ins = of_apply(&out2, 1)};

    txn_add(txn, stage, dpid, &spec);
}

static void take_away(struct txn *txn, unsigned stage, dpid_t dpid, uint16_t priority)
{
    struct of_match any = {0};

    txn_remove(txn, stage, dpid, 0, priority, &any);
}

static void add_group(struct txn *txn, uint32_t value)
{
    struct of_bucket bucket = {.watch_port = 2, .watch_group = OF_GROUP_ANY, .actions = {&out2, 1}};
    struct of_group_desc group = {OF_GT_FF, object_id(MODULE, value), &bucket, 1};

    txn_group(txn, 0, DPID, &group);
}

static void add_meter(struct txn *txn, uint32_t value)
{
    struct of_meter_band band = {.type = OF_MB_DROP, .rate = 2385};
    struct of_meter meter = {object_id(MODULE, value), OF_MF_KBPS, &band, 1};

    txn_meter(txn, 0, DPID, &meter);
}

static void on_done(void *aux, enum err result)
{
    struct scene *s = aux;

    s->n_done++;
    s->result = result;
}

static void commit(struct scene *s, struct txn *txn)
{
    txn_commit(txn, on_done, s);
    fake_settle(s->f);
}

/* Entries of priorities 'from' to 'to' in one stage; returns where its messages begin. */
static size_t commit_range(struct scene *s, uint16_t from, uint16_t to)
{
    struct txn *txn = txn_begin(s->f->ctl);
    size_t at = s->sw->n_sent;

    for (uint16_t p = from; p <= to; p++) {
        add(txn, 0, DPID, p);
    }
    commit(s, txn);
    return at;
}

static bool is_confirmed(const struct scene *s, uint16_t priority)
{
    struct of_match any = {0};
    const struct flow_entry *entry = flowdb_find(s->f->ctl, DPID, 0, priority, &any);

    return entry && flow_entry_state(entry) == FLOW_CONFIRMED &&
           fake_switch_flow(s->sw, 0, priority, &any);
}

static size_t n_flows(const struct scene *s)
{
    return s->sw->n_flows - s->n_own;
}

static struct ctl_counters counters(const struct scene *s)
{
    return *ctl_counters(s->f->ctl);
}

/* --- The good way ----------------------------------------------------------------------------- */

static void stage_is_a_bundle(void **state)
{
    static const uint8_t versions[] = {OF_VERSION_1_4, OF_VERSION_1_5};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct scene s;
        size_t at;

        begin(&s, versions[i]);
        at = commit_range(&s, 2385, 2387);
        assert_string_equal(sent_since(&s, at), "oFFFcb");
        assert_int_equal(s.sw->sent[at].bundle_control.bundle_id, 1);
        assert_int_equal(s.sw->sent[at + 1].bundle_add.flags, OF_BF_ATOMIC | OF_BF_ORDERED);
        assert_int_equal(s.sw->sent[at + 1].bundle_add.message->xid, s.sw->sent[at + 1].xid);
        assert_int_equal(s.n_done, 1);
        assert_int_equal(s.result, ERR_OK);
        assert_true(is_confirmed(&s, 2385) && is_confirmed(&s, 2386) && is_confirmed(&s, 2387));
        assert_int_equal(counters(&s).bundles, 1);
        assert_int_equal(counters(&s).bundles_failed, 0);
        assert_int_equal(counters(&s).flow_mods - s.n_own * 2, 3);
        at = commit_range(&s, 2386, 2389); /* Two of these are there. */
        assert_string_equal(sent_since(&s, at), "oFFcb");
        assert_int_equal(s.sw->sent[at].bundle_control.bundle_id, 2);
        fake_disconnect(s.sw);
        fake_connect(s.sw);
        fake_settle(s.f);
        at = commit_range(&s, 1, 2);
        assert_int_equal(s.sw->sent[at].bundle_control.bundle_id, 1); /* Of this connection. */
        end(&s);
    }
}

static void one_change_needs_none(void **state)
{
    struct scene s;
    size_t at;

    (void)state;
    begin(&s, OF_VERSION_1_4);
    assert_string_equal(sent_since(&s, commit_range(&s, 1, 1)), "fb");
    assert_string_equal(sent_since(&s, commit_range(&s, 1, 2)), "fb"); /* One is there. */
    at = commit_range(&s, 1, 2);
    assert_string_equal(sent_since(&s, at), "");
    assert_int_equal(counters(&s).bundles, 0);
    end(&s);
}

static void older_switches_and_the_setting(void **state)
{
    struct scene s;

    (void)state;
    begin(&s, OF_VERSION_1_3);
    assert_string_equal(sent_since(&s, commit_range(&s, 1, 3)), "fffb");
    end(&s);
    begin(&s, OF_VERSION_1_0);
    assert_string_equal(sent_since(&s, commit_range(&s, 1, 3)), "fffb");
    end(&s);
    begin_with(&s, OF_VERSION_1_4, false);
    assert_string_equal(sent_since(&s, commit_range(&s, 1, 3)), "fffb");
    end(&s);
}

/* Each stage of each switch has its own bundle, and the next one waits for the barriers. */
static void stages_wait_for_each_other(void **state)
{
    struct scene s;
    struct txn *txn;
    size_t at;

    (void)state;
    begin(&s, OF_VERSION_1_5);
    commit_range(&s, 1, 2);
    s.other->manners.no_barrier = true;
    at = s.sw->n_sent;
    txn = txn_begin(s.f->ctl);
    add(txn, 0, DPID, 3);
    add(txn, 0, OTHER, 3);
    add(txn, 0, DPID, 4);
    add(txn, 0, OTHER, 4);
    take_away(txn, 1, DPID, 1);
    take_away(txn, 1, DPID, 2);
    commit(&s, txn);
    assert_string_equal(sent_since(&s, at), "oFFcb");
    assert_int_equal(n_flows(&s), 4); /* The new way is there, and the old one is, too. */
    assert_int_equal(s.n_done, 1);
    s.other->manners.no_barrier = false;
    fake_advance(s.f, 2385 * NS_PER_MS);
    assert_string_equal(sent_since(&s, at), "oFFcboFFcb");
    assert_int_equal(s.n_done, 2);
    assert_int_equal(n_flows(&s), 2);
    assert_int_equal(s.other->n_flows - s.n_own, 2);
    end(&s);
}

static void groups_and_meters(void **state)
{
    struct scene s;
    struct txn *txn;
    size_t at;

    (void)state;
    begin(&s, OF_VERSION_1_4);
    at = s.sw->n_sent;
    txn = txn_begin(s.f->ctl);
    add_group(txn, 1);
    add_group(txn, 2);
    add_meter(txn, 3);
    add(txn, 0, DPID, 5);
    add(txn, 0, DPID, 6);
    commit(&s, txn);
    assert_int_equal(s.result, ERR_OK);
    assert_non_null(strstr(sent_since(&s, at), "GGMcboFFcb"));
    assert_int_equal(s.sw->n_groups, 2);
    assert_int_equal(s.sw->n_meters, 1);
    assert_int_equal(object_count(s.f->ctl, DPID, OBJECT_GROUP).n_confirmed, 2);
    end(&s);
}

/* --- Refusals of one message ------------------------------------------------------------------ */

/* As without a bundle: who does not fit is told, who does is there. */
static void refused_entry_does_not_keep_others_out(void **state)
{
    struct scene s;
    struct txn *txn;
    size_t at;

    (void)state;
    begin(&s, OF_VERSION_1_4);
    s.sw->max_flows = s.n_own + 2;
    txn = txn_begin(s.f->ctl);
    at = s.sw->n_sent;
    add(txn, 0, DPID, 1);
    add(txn, 0, DPID, 2);
    add(txn, 0, DPID, 3);
    add(txn, 1, DPID, 4);
    txn_commit(txn, on_done, &s);
    fake_settle(s.f);
    assert_true(strncmp(sent_since(&s, at), "oFFFcb", 6) == 0);
    assert_non_null(strstr(s.told, "ffb")); /* The other two, and their barrier. */
    assert_null(strchr(s.told + 6, 'o'));
    assert_int_equal(s.result, ERR_FULL);
    assert_int_equal(s.n_done, 1);
    assert_true(is_confirmed(&s, 1) && is_confirmed(&s, 2));
    assert_int_equal(n_flows(&s), 2);
    assert_int_equal(recorder_count(&s.r, "flow_deferred"), 1);
    assert_int_equal(counters(&s).bundles_failed, 1);
    assert_int_equal(counters(&s).table_full, 1);
    s.sw->max_flows = SIZE_MAX; /* The switch is not given up. */
    fake_advance(s.f, 60 * NS_PER_S);
    assert_true(is_confirmed(&s, 3));
    assert_true(strncmp(sent_since(&s, commit_range(&s, 11, 12)), "oFFcb", 5) == 0);
    end(&s);
}

/* The stage that follows does not begin before what was sent again is confirmed. */
static void barrier_is_renewed(void **state)
{
    struct scene s;
    struct txn *txn;
    size_t at;

    (void)state;
    begin(&s, OF_VERSION_1_4);
    txn = txn_begin(s.f->ctl);
    at = s.sw->n_sent;
    add_group(txn, 1);
    add_group(txn, 2);
    s.sw->max_groups = 1;
    add(txn, 0, DPID, 5);
    commit(&s, txn);
    assert_non_null(strstr(sent_since(&s, at), "GGcbgb"));
    assert_null(strchr(s.told, 'f')); /* A refusal ends the transaction... */
    assert_int_equal(s.result, ERR_STATE);
    assert_int_equal(object_count(s.f->ctl, DPID, OBJECT_GROUP).n_confirmed, 1);
    assert_int_equal(fake_sent(s.sw, OF_GROUP_MOD, at, 0)->group_mod.command, OF_GC_ADD);
    assert_int_equal(recorder_count(&s.r, "group_failed"), 1);
    s.sw->manners.no_bundles = true;
    txn = txn_begin(s.f->ctl);
    at = s.sw->n_sent;
    add(txn, 0, DPID, 6);
    add(txn, 0, DPID, 7);
    add(txn, 1, DPID, 8);
    commit(&s, txn);
    assert_string_equal(sent_since(&s, at), "oFFcbffbfb"); /* ...and nothing else does. */
    assert_int_equal(s.result, ERR_OK);
    end(&s);
}

static void type_that_must_stay_outside(void **state)
{
    struct scene s;
    struct txn *txn;
    size_t at;

    (void)state;
    begin(&s, OF_VERSION_1_5);
    s.sw->manners.outside = OF_METER_MOD;
    at = s.sw->n_sent;
    txn = txn_begin(s.f->ctl);
    add_group(txn, 1);
    add_meter(txn, 2);
    commit(&s, txn);
    assert_non_null(strstr(sent_since(&s, at), "GMcbmb"));
    assert_int_equal(s.result, ERR_OK);
    assert_int_equal(s.sw->n_meters, 1);
    assert_int_equal(counters(&s).bundles_failed, 0);
    at = s.sw->n_sent;
    txn = txn_begin(s.f->ctl);
    add_meter(txn, 3);
    add_group(txn, 4);
    add_group(txn, 5);
    commit(&s, txn);
    assert_string_equal(sent_since(&s, at), "moGGcb");
    assert_int_equal(s.result, ERR_OK);
    end(&s);
}

/* --- Switches without bundles ----------------------------------------------------------------- */

static void expect_fallback(struct scene *s, const char *first)
{
    size_t at = commit_range(s, 1, 3);

    assert_string_equal(sent_since(s, at), first);
    assert_int_equal(s->result, ERR_OK);
    assert_int_equal(s->n_done, 1);
    assert_int_equal(n_flows(s), 3);
    assert_true(is_confirmed(s, 1) && is_confirmed(s, 2) && is_confirmed(s, 3));
    assert_int_equal(counters(s).flows_failed, 0);
    assert_int_equal(counters(s).bundles_failed, 1);
    assert_string_equal(sent_since(s, commit_range(s, 4, 6)), "fffb"); /* It is remembered... */
    s->sw->manners = (struct fake_manners){0};
    fake_disconnect(s->sw);
    fake_connect(s->sw);
    fake_settle(s->f);
    assert_string_equal(sent_since(s, commit_range(s, 7, 8)), "oFFcb"); /* ...until it returns. */
}

static void switches_that_refuse(void **state)
{
    struct scene s;

    (void)state;
    begin(&s, OF_VERSION_1_4);
    s.sw->manners.no_bundles = true;
    expect_fallback(&s, "oFFFcbfffb");
    end(&s);
    begin(&s, OF_VERSION_1_4);
    s.sw->manners.few_bundles = true;
    expect_fallback(&s, "oFFFcbfffb");
    end(&s);
    begin(&s, OF_VERSION_1_5);
    s.sw->manners.mute_bundles = true; /* Its barrier reply tells. */
    expect_fallback(&s, "oFFFcbfffb");
    end(&s);
}

/* An answer that answers nothing, and news of another controller, change nothing. */
static void stray_messages(void **state)
{
    struct of_msg stray = {.type = OF_BUNDLE_CONTROL, .xid = 0x2385};
    struct of_msg news = {.type = OF_CONTROLLER_STATUS};
    struct scene s;

    (void)state;
    begin(&s, OF_VERSION_1_5);
    s.sw->manners.silent = true;
    commit_range(&s, 1, 2);
    stray.bundle_control.type = OF_BCT_COMMIT_REPLY;
    fake_input(s.sw, &stray);
    news.controller_status.short_id = 2385;
    news.controller_status.role = OF_ROLE_MASTER;
    fake_input(s.sw, &news);
    fake_settle(s.f);
    assert_int_equal(s.n_done, 0);
    assert_int_equal(counters(&s).controller_statuses, 1);
    assert_int_equal(counters(&s).messages_bad, 0);
    end(&s);
}

/* --- Time-outs and lost connections ------------------------------------------------------------ */

static void slow_switch(void **state)
{
    struct scene s;
    size_t at;

    (void)state;
    begin(&s, OF_VERSION_1_4);
    s.sw->manners.silent = true;
    at = commit_range(&s, 1, 2);
    fake_advance(s.f, 2385 * NS_PER_MS);
    assert_string_equal(sent_since(&s, at), "oFFcbffb"); /* With the same xids. */
    assert_int_equal(s.sw->sent[at + 5].xid, s.sw->sent[at + 1].xid);
    assert_int_equal(s.sw->sent[at + 7].xid, s.sw->sent[at + 4].xid);
    assert_int_equal(counters(&s).barrier_timeouts, 1);
    assert_int_equal(s.n_done, 0);
    s.sw->manners.silent = false;
    s.sw->n_handled = at; /* It was only slow: does the bundle, then the rest. */
    fake_settle(s.f);
    assert_int_equal(s.result, ERR_OK);
    assert_int_equal(s.n_done, 1);
    assert_int_equal(n_flows(&s), 2);
    assert_int_equal(counters(&s).bundles_failed, 0);
    end(&s);
}

/* The bundle failed, which is heard after it was sent again: the first barrier reply tells nothing. */
static void slow_switch_that_refuses(void **state)
{
    struct scene s;
    size_t at;

    (void)state;
    begin(&s, OF_VERSION_1_4);
    s.sw->manners.silent = true;
    at = commit_range(&s, 1, 2);
    fake_advance(s.f, 2385 * NS_PER_MS);
    s.sw->manners = (struct fake_manners){.few_bundles = true};
    s.sw->n_handled = at;
    fake_settle(s.f);
    assert_string_equal(sent_since(&s, at), "oFFcbffbffb");
    assert_int_equal(s.result, ERR_OK);
    assert_int_equal(s.n_done, 1);
    assert_true(is_confirmed(&s, 1) && is_confirmed(&s, 2));
    end(&s);
}

static void silent_switch_is_closed(void **state)
{
    struct scene s;

    (void)state;
    begin(&s, OF_VERSION_1_4);
    s.sw->manners.silent = true;
    commit_range(&s, 1, 2);
    for (unsigned i = 0; i < 3 && s.sw->session; i++) {
        fake_advance(s.f, 2385 * NS_PER_MS);
    }
    assert_null(s.sw->session);
    assert_int_equal(s.result, ERR_CLOSED);
    s.sw->manners.silent = false;
    fake_connect(s.sw);
    fake_settle(s.f);
    assert_true(is_confirmed(&s, 1) && is_confirmed(&s, 2));
    end(&s);
}

static void connection_lost_in_between(void **state)
{
    (void)state;
    for (size_t n_handled = 0; n_handled <= 5;
         n_handled++) { /* Of open, add, add, commit, barrier. */
        struct scene s;
        struct txn *txn;
        size_t at;

        begin(&s, OF_VERSION_1_4);
        s.sw->manners.silent = true;
        at = commit_range(&s, 1, 2);
        assert_string_equal(sent_since(&s, at), "oFFcb");
        s.sw->manners.silent = false;
        s.sw->n_handled = s.sw->n_sent;
        for (size_t i = 0; i < n_handled; i++) {
            fake_handle(s.sw, at + i);
        }
        assert_int_equal(n_flows(&s), n_handled >= 4 ? 2 : 0); /* All or nothing. */
        fake_disconnect(s.sw);
        fake_settle(s.f);
        assert_int_equal(s.n_done, 1);
        assert_int_equal(s.result, n_handled == 5 ? ERR_OK : ERR_CLOSED);
        fake_connect(s.sw);
        fake_settle(s.f);
        assert_true(is_confirmed(&s, 1) && is_confirmed(&s, 2));
        at = s.sw->n_sent;
        txn = txn_begin(s.f->ctl);
        take_away(txn, 0, DPID, 1);
        take_away(txn, 0, DPID, 2);
        commit(&s, txn);
        assert_string_equal(sent_since(&s, at), "oFFcb");
        assert_int_equal(n_flows(&s), 0);
        end(&s);
    }
}

/* A send queue without room, at each message: what did not get out as a whole goes out later. */
static void queue_is_full(void **state)
{
    static const char *const whole = "oFFFcb";

    (void)state;
    for (size_t room = 0; room <= strlen(whole); room++) {
        struct scene s;
        size_t at;

        begin(&s, OF_VERSION_1_4);
        s.sw->tx_room = room;
        at = commit_range(&s, 1, 3);
        assert_int_equal(strncmp(sent_since(&s, at), whole, room), 0);
        assert_int_equal(n_flows(&s), room >= 5 ? 3 : 0); /* All or nothing. */
        assert_int_equal(s.n_done, room >= 6);
        s.sw->tx_room = SIZE_MAX;
        fake_advance(s.f, 2385 * NS_PER_MS);
        assert_int_equal(s.n_done, 1);
        assert_int_equal(s.result, ERR_OK);
        assert_true(is_confirmed(&s, 1) && is_confirmed(&s, 2) && is_confirmed(&s, 3));
        assert_string_equal(sent_since(&s, commit_range(&s, 11, 12)), "oFFcb");
        end(&s);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(stage_is_a_bundle),
        cmocka_unit_test(one_change_needs_none),
        cmocka_unit_test(older_switches_and_the_setting),
        cmocka_unit_test(stages_wait_for_each_other),
        cmocka_unit_test(groups_and_meters),
        cmocka_unit_test(refused_entry_does_not_keep_others_out),
        cmocka_unit_test(barrier_is_renewed),
        cmocka_unit_test(type_that_must_stay_outside),
        cmocka_unit_test(switches_that_refuse),
        cmocka_unit_test(stray_messages),
        cmocka_unit_test(slow_switch),
        cmocka_unit_test(slow_switch_that_refuses),
        cmocka_unit_test(silent_switch_is_closed),
        cmocka_unit_test(connection_lost_in_between),
        cmocka_unit_test(queue_is_full),
    };

    return cmocka_run_group_tests_name("core.bundle", tests, NULL, NULL);
}

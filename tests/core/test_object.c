/* Groups and meters: wanted, confirmed, refused, lost and found again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "controller/core/flowdb.h"
#include "controller/core/object.h"
#include "controller/core/txn.h"
#include "tests/core/fake_sb.h"
#include "tests/core/recorder.h"

enum { DPID = 0x2385, MODULE = 1 };

struct world {
    struct fake *f;
    struct recorder r;
    struct fake_switch *sw;
};

static void world_init(struct world *w, uint8_t version)
{
    struct core_settings settings = core_settings_default();
    struct recorder *use = &w->r;
    struct ctl_module_use module = {&recorder_module, &use};

    settings.discovery = false;
    w->r = (struct recorder){0};
    w->f = fake_new(&settings, &module, 1);
    w->sw = fake_switch_add(w->f, DPID, version, 3);
    fake_connect(w->sw);
    fake_settle(w->f);
}

static const struct of_action out2 = {.type = OF_ACT_OUTPUT, .output = {2, OF_CML_NO_BUFFER}};
static const struct of_action out3 = {.type = OF_ACT_OUTPUT, .output = {3, OF_CML_NO_BUFFER}};

/* A fast failover group over ports 2 and 3, in this order or the other. */
static struct of_group_desc failover(uint32_t value, bool turned)
{
    static const struct of_bucket there[] = {
        {.watch_port = 2, .watch_group = OF_GROUP_ANY, .actions = {&out2, 1}},
        {.watch_port = 3, .watch_group = OF_GROUP_ANY, .actions = {&out3, 1}}};
    static const struct of_bucket back[] = {
        {.watch_port = 3, .watch_group = OF_GROUP_ANY, .actions = {&out3, 1}},
        {.watch_port = 2, .watch_group = OF_GROUP_ANY, .actions = {&out2, 1}}};

    return (struct of_group_desc){OF_GT_FF, object_id(MODULE, value), turned ? back : there, 2};
}

static struct of_meter meter(uint32_t value, uint32_t rate)
{
    static struct of_meter_band band;

    band = (struct of_meter_band){.type = OF_MB_DROP, .rate = rate, .burst = 2385};
    return (struct of_meter){object_id(MODULE, value), OF_MF_KBPS | OF_MF_BURST, &band, 1};
}

static struct flow_spec entry_to(const struct of_action *group, uint16_t priority)
{
    return (struct flow_spec){
        .priority = priority, .cookie = flow_cookie(MODULE, priority), .ins = of_apply(group, 1)};
}

static void on_done(void *aux, enum err result)
{
    *(enum err *)aux = result;
}

static enum err commit(struct world *w, struct txn *txn)
{
    enum err result = ERR_SYNTAX;

    txn_commit(txn, on_done, &result);
    fake_settle(w->f);
    return result;
}

static enum err want_group(struct world *w, uint32_t value, bool turned)
{
    struct txn *txn = txn_begin(w->f->ctl);
    struct of_group_desc group = failover(value, turned);

    txn_group(txn, 0, DPID, &group);
    return commit(w, txn);
}

static enum object_state group_state(const struct world *w, uint32_t value)
{
    return object_state(w->f->ctl, DPID, OBJECT_GROUP, object_id(MODULE, value));
}

/* --- The way there and back ------------------------------------------------------------------- */

/* The group is there before the entry that leads to it, and leaves after it. */
static void order_of_a_stage(void **state)
{
    struct world w;
    struct of_group_desc group = failover(85, false);
    struct of_action to_group = {.type = OF_ACT_GROUP, .group_id = object_id(MODULE, 85)};
    struct flow_spec spec = entry_to(&to_group, 7);
    struct of_meter m = meter(23, 2385);
    struct txn *txn;
    size_t from;

    (void)state;
    world_init(&w, OF_VERSION_1_3);
    from = w.sw->n_sent;
    txn = txn_begin(w.f->ctl);
    txn_add(txn, 0, DPID, &spec); /* In whatever order they are named. */
    txn_meter(txn, 0, DPID, &m);
    txn_group(txn, 0, DPID, &group);
    assert_int_equal(commit(&w, txn), ERR_OK);
    assert_int_equal(group_state(&w, 85), OBJECT_CONFIRMED);
    assert_int_equal(object_count(w.f->ctl, DPID, OBJECT_METER).n_confirmed, 1);
    assert_true(fake_sent(w.sw, OF_GROUP_MOD, from, 0) <
                fake_sent(w.sw, OF_BARRIER_REQUEST, from, 0));
    assert_true(fake_sent(w.sw, OF_BARRIER_REQUEST, from, 0) <
                fake_sent(w.sw, OF_FLOW_MOD, from, 0));
    assert_int_equal(fake_group(w.sw, object_id(MODULE, 85))->n_buckets, 2);
    assert_int_equal(fake_group(w.sw, object_id(MODULE, 85))->buckets[1].watch_port, 3);
    assert_int_equal(fake_meter(w.sw, object_id(MODULE, 23))->bands[0].rate, 2385);
    from = w.sw->n_sent;
    txn = txn_begin(w.f->ctl);
    txn_group_remove(txn, 0, DPID, object_id(MODULE, 85));
    txn_meter_remove(txn, 0, DPID, object_id(MODULE, 23));
    txn_remove(txn, 0, DPID, 0, 7, &spec.match);
    assert_int_equal(commit(&w, txn), ERR_OK);
    assert_true(fake_sent(w.sw, OF_FLOW_MOD, from, 0) < fake_sent(w.sw, OF_GROUP_MOD, from, 0));
    assert_int_equal(w.sw->n_groups + w.sw->n_meters, 0);
    assert_int_equal(group_state(&w, 85), OBJECT_UNKNOWN);
    fake_free(w.f);
}

static void same_wish_sends_nothing(void **state)
{
    struct world w;
    size_t from;

    (void)state;
    world_init(&w, OF_VERSION_1_3);
    assert_int_equal(want_group(&w, 1, false), ERR_OK);
    from = w.sw->n_sent;
    assert_int_equal(want_group(&w, 1, false), ERR_OK);
    assert_int_equal(w.sw->n_sent, from);
    assert_int_equal(want_group(&w, 1, true), ERR_OK); /* Another one is a modification. */
    assert_int_equal(fake_sent(w.sw, OF_GROUP_MOD, from, 0)->group_mod.command, OF_GC_MODIFY);
    assert_int_equal(fake_group(w.sw, object_id(MODULE, 1))->buckets[0].watch_port, 3);
    fake_free(w.f);
}

/* What has no meaning for the type makes no difference. */
static void meaningless_fields_are_equal(void **state)
{
    struct world w;
    struct of_bucket bucket = {.weight = 5, .watch_port = 2, .actions = {&out2, 1}};
    struct of_group_desc group = {OF_GT_INDIRECT, object_id(MODULE, 4), &bucket, 1};
    struct txn *txn;
    size_t from;

    (void)state;
    world_init(&w, OF_VERSION_1_3);
    txn = txn_begin(w.f->ctl);
    txn_group(txn, 0, DPID, &group);
    assert_int_equal(commit(&w, txn), ERR_OK);
    from = w.sw->n_sent;
    bucket.weight = 0;
    bucket.watch_port = OF_PORT_ANY;
    txn = txn_begin(w.f->ctl);
    txn_group(txn, 0, DPID, &group);
    assert_int_equal(commit(&w, txn), ERR_OK);
    assert_int_equal(w.sw->n_sent, from);
    group.type = OF_GT_SELECT;
    bucket.weight = 2;
    txn = txn_begin(w.f->ctl);
    txn_group(txn, 0, DPID, &group);
    assert_int_equal(commit(&w, txn), ERR_OK);
    assert_int_equal(fake_group(w.sw, group.group_id)->buckets[0].weight, 2);
    fake_free(w.f);
}

/* --- Refusals --------------------------------------------------------------------------------- */

/* The entries that would lead there are never sent. */
static void refused_group_ends_the_transaction(void **state)
{
    struct world w;
    struct of_group_desc group = failover(9, false);
    struct of_action to_group = {.type = OF_ACT_GROUP, .group_id = object_id(MODULE, 9)};
    struct flow_spec spec = entry_to(&to_group, 7);
    struct txn *txn;
    size_t from;

    (void)state;
    world_init(&w, OF_VERSION_1_3);
    w.sw->max_groups = 0;
    from = w.sw->n_sent;
    txn = txn_begin(w.f->ctl);
    txn_group(txn, 0, DPID, &group);
    txn_add(txn, 0, DPID, &spec);
    assert_int_equal(commit(&w, txn), ERR_STATE);
    assert_int_equal(recorder_count(&w.r, "group_failed 2385 1000009"), 1);
    assert_int_equal(fake_count(w.sw, OF_FLOW_MOD, from), 0);
    assert_int_equal(group_state(&w, 9), OBJECT_UNKNOWN);
    assert_int_equal(ctl_counters(w.f->ctl)->objects_failed, 1);
    fake_free(w.f);
}

static void version_1_0_has_none(void **state)
{
    struct world w;
    struct of_meter m = meter(1, 5);
    struct txn *txn;

    (void)state;
    world_init(&w, OF_VERSION_1_0);
    assert_int_equal(want_group(&w, 1, false), ERR_STATE);
    assert_int_equal(recorder_count(&w.r, "group_failed 2385 1000001"), 1);
    txn = txn_begin(w.f->ctl);
    txn_meter(txn, 0, DPID, &m);
    assert_int_equal(commit(&w, txn), ERR_STATE);
    assert_int_equal(recorder_count(&w.r, "meter_failed 2385 1000001"), 1);
    fake_free(w.f);
}

/* A controller before us has left one with our id: it becomes what we want. */
static void existing_group_is_modified(void **state)
{
    struct world w;
    struct of_group_desc old = failover(1, true);

    (void)state;
    world_init(&w, OF_VERSION_1_3);
    w.sw->groups[w.sw->n_groups++] = old;
    assert_int_equal(want_group(&w, 1, false), ERR_OK);
    assert_int_equal(group_state(&w, 1), OBJECT_CONFIRMED);
    assert_int_equal(fake_group(w.sw, object_id(MODULE, 1))->buckets[0].watch_port, 2);
    assert_int_equal(recorder_count(&w.r, "group_failed"), 0);
    fake_free(w.f);
}

/* One that has gone without our knowing is added again when it is to be modified. */
static void lost_group_is_added(void **state)
{
    struct world w;

    (void)state;
    world_init(&w, OF_VERSION_1_3);
    assert_int_equal(want_group(&w, 1, false), ERR_OK);
    fake_drop_group(w.sw, object_id(MODULE, 1));
    assert_int_equal(want_group(&w, 1, true), ERR_OK);
    assert_int_equal(group_state(&w, 1), OBJECT_CONFIRMED);
    assert_int_equal(fake_group(w.sw, object_id(MODULE, 1))->buckets[0].watch_port, 3);
    fake_free(w.f);
}

/* --- Reconnecting ----------------------------------------------------------------------------- */

/* Equal ones are not sent, missing and changed ones are, before the entries; in their order. */
static void reconciled_after_reconnect(void **state)
{
    struct world w;
    struct of_group_desc changed = failover(2, true);
    struct of_action to_group = {.type = OF_ACT_GROUP, .group_id = object_id(MODULE, 3)};
    struct flow_spec spec = entry_to(&to_group, 7);
    struct of_meter m = meter(5, 77);
    struct txn *txn;
    size_t from;

    (void)state;
    world_init(&w, OF_VERSION_1_3);
    assert_int_equal(want_group(&w, 3, false), ERR_OK);
    assert_int_equal(want_group(&w, 2, false), ERR_OK);
    assert_int_equal(want_group(&w, 1, false), ERR_OK);
    txn = txn_begin(w.f->ctl);
    txn_add(txn, 0, DPID, &spec);
    txn_meter(txn, 0, DPID, &m);
    assert_int_equal(commit(&w, txn), ERR_OK);
    fake_disconnect(w.sw);
    assert_int_equal(group_state(&w, 1), OBJECT_WANTED);
    fake_drop_group(w.sw, object_id(MODULE, 3)); /* And its entry. */
    w.sw->groups[0] = changed;
    from = w.sw->n_sent;
    fake_connect(w.sw);
    fake_settle(w.f);
    assert_int_equal(object_count(w.f->ctl, DPID, OBJECT_GROUP).n_confirmed, 3);
    assert_int_equal(object_count(w.f->ctl, DPID, OBJECT_METER).n_confirmed, 1);
    assert_int_equal(fake_count(w.sw, OF_GROUP_MOD, from), 2);
    assert_int_equal(fake_count(w.sw, OF_METER_MOD, from), 0);
    assert_int_equal(fake_sent(w.sw, OF_GROUP_MOD, from, 0)->group_mod.group_id, to_group.group_id);
    assert_int_equal(fake_sent(w.sw, OF_GROUP_MOD, from, 0)->group_mod.command, OF_GC_ADD);
    assert_int_equal(fake_sent(w.sw, OF_GROUP_MOD, from, 1)->group_mod.command, OF_GC_MODIFY);
    assert_int_equal(fake_count(w.sw, OF_FLOW_MOD, from), 1);
    assert_true(fake_sent(w.sw, OF_GROUP_MOD, from, 1) < fake_sent(w.sw, OF_FLOW_MOD, from, 0));
    assert_non_null(fake_switch_flow(w.sw, 0, 7, &spec.match));
    fake_free(w.f);
}

static void wanted_while_away(void **state)
{
    struct world w;

    (void)state;
    world_init(&w, OF_VERSION_1_3);
    fake_disconnect(w.sw);
    assert_int_equal(want_group(&w, 1, false), ERR_CLOSED);
    assert_int_equal(want_group(&w, 2, false), ERR_CLOSED);
    fake_connect(w.sw);
    fake_settle(w.f);
    assert_int_equal(w.sw->n_groups, 2);
    assert_int_equal(object_count(w.f->ctl, DPID, OBJECT_GROUP).n_confirmed, 2);
    fake_free(w.f);
}

/* A switch that refuses to tell its groups has none. */
static void found_and_not_wanted(void **state)
{
    struct world w;
    struct of_group_desc left = failover(77, false), foreign = failover(78, false);

    (void)state;
    world_init(&w, OF_VERSION_1_3);
    foreign.group_id = 78;
    w.sw->groups[w.sw->n_groups++] = left;
    w.sw->groups[w.sw->n_groups++] = foreign;
    assert_int_equal(want_group(&w, 1, false), ERR_OK);
    assert_int_equal(group_state(&w, 77), OBJECT_FOUND);
    assert_int_equal(object_count(w.f->ctl, DPID, OBJECT_GROUP).n, 1);
    fake_advance(w.f, 59 * NS_PER_S);
    assert_int_equal(w.sw->n_groups, 3);
    fake_advance(w.f, 2 * NS_PER_S);
    assert_null(fake_group(w.sw, left.group_id));
    assert_non_null(fake_group(w.sw, 78)); /* No id of ours. */
    assert_int_equal(group_state(&w, 77), OBJECT_UNKNOWN);
    fake_free(w.f);
}

static void found_and_wanted(void **state)
{
    struct world w;
    struct of_group_desc left = failover(77, false);
    size_t from;

    (void)state;
    world_init(&w, OF_VERSION_1_3);
    w.sw->groups[w.sw->n_groups++] = left;
    assert_int_equal(want_group(&w, 1, false), ERR_OK);
    from = w.sw->n_sent;
    assert_int_equal(want_group(&w, 77, false), ERR_OK);
    assert_int_equal(w.sw->n_sent, from); /* It is there as wanted. */
    fake_advance(w.f, 100 * NS_PER_S);
    assert_non_null(fake_group(w.sw, left.group_id));
    fake_free(w.f);
}

/* --- Barriers --------------------------------------------------------------------------------- */

static void unanswered_barrier_sends_again(void **state)
{
    struct world w;
    struct txn *txn;
    struct of_group_desc group = failover(1, false);
    enum err result = ERR_SYNTAX;
    size_t from;

    (void)state;
    world_init(&w, OF_VERSION_1_3);
    from = w.sw->n_sent;
    w.sw->manners.no_barrier = true;
    txn = txn_begin(w.f->ctl);
    txn_group(txn, 0, DPID, &group);
    txn_commit(txn, on_done, &result);
    fake_advance(w.f, 2 * NS_PER_S);
    assert_int_equal(fake_count(w.sw, OF_GROUP_MOD, from), 2); /* It may have it: modify. */
    assert_int_equal(result, ERR_SYNTAX);
    w.sw->manners.no_barrier = false;
    fake_advance(w.f, 2 * NS_PER_S);
    assert_int_equal(result, ERR_OK);
    assert_int_equal(group_state(&w, 1), OBJECT_CONFIRMED);
    fake_free(w.f);
}

static void no_room_in_the_queue(void **state)
{
    struct world w;
    struct txn *txn;
    struct of_group_desc group = failover(1, false);
    enum err result = ERR_SYNTAX;

    (void)state;
    world_init(&w, OF_VERSION_1_3);
    w.sw->tx_room = 0;
    txn = txn_begin(w.f->ctl);
    txn_group(txn, 0, DPID, &group);
    txn_commit(txn, on_done, &result);
    fake_settle(w.f);
    assert_int_equal(result, ERR_SYNTAX);
    w.sw->tx_room = SIZE_MAX;
    fake_advance(w.f, 2 * NS_PER_S);
    assert_int_equal(result, ERR_OK);
    assert_int_equal(w.sw->n_groups, 1);
    assert_int_equal(group_state(&w, 1), OBJECT_CONFIRMED);
    fake_free(w.f);
}

/* --- Others ------------------------------------------------------------------------------------ */

/* Since 1.4 the switch passes on what another controller does to groups and meters. */
static void others_changes_are_undone(void **state)
{
    struct world w;
    struct of_msg request = {.type = OF_GROUP_MOD, .version = OF_VERSION_1_4};
    struct of_msg msg = {.type = OF_REQUESTFORWARD};
    size_t from;

    (void)state;
    world_init(&w, OF_VERSION_1_4);
    assert_int_equal(want_group(&w, 1, false), ERR_OK);
    assert_int_equal(want_group(&w, 2, false), ERR_OK);
    from = w.sw->n_sent;
    request.group_mod = (struct of_group_mod){.command = OF_GC_DELETE, .group_id = 9};
    msg.requestforward.request = &request;
    fake_input(w.sw, &msg);
    assert_int_equal(w.sw->n_sent, from); /* None of ours. */
    fake_drop_group(w.sw, object_id(MODULE, 1));
    request.group_mod.group_id = object_id(MODULE, 1);
    fake_input(w.sw, &msg);
    fake_settle(w.f);
    assert_int_equal(fake_count(w.sw, OF_GROUP_MOD, from), 1);
    assert_non_null(fake_group(w.sw, object_id(MODULE, 1)));
    fake_drop_group(w.sw, object_id(MODULE, 1));
    fake_drop_group(w.sw, object_id(MODULE, 2));
    request.group_mod.group_id = OF_GROUP_ALL;
    fake_input(w.sw, &msg);
    fake_settle(w.f);
    assert_int_equal(w.sw->n_groups, 2);
    assert_int_equal(object_count(w.f->ctl, DPID, OBJECT_GROUP).n_confirmed, 2);
    assert_int_equal(ctl_counters(w.f->ctl)->objects_restored, 2);
    fake_free(w.f);
}

/* Another controller's 'request' reaches the module as 'line'. */
static void forward(struct world *w, const struct of_msg *request, const char *line)
{
    struct of_msg msg = {.type = OF_REQUESTFORWARD};

    msg.requestforward.request = request;
    recorder_clear(&w->r);
    fake_input(w->sw, &msg);
    fake_settle(w->f);
    assert_int_equal(recorder_count(&w->r, line), 1);
}

static void others_changes_are_told(void **state)
{
    struct world w;
    struct of_msg group = {.type = OF_GROUP_MOD, .version = OF_VERSION_1_5};
    struct of_msg meters = {.type = OF_METER_MOD, .version = OF_VERSION_1_5};
    struct of_group_desc theirs = failover(85, true);
    struct of_meter m = meter(23, 850);

    (void)state;
    world_init(&w, OF_VERSION_1_5);
    assert_int_equal(want_group(&w, 85, false), ERR_OK);
    group.group_mod = (struct of_group_mod){OF_GC_ADD, theirs.type, 0x2385, theirs.buckets,
                                            theirs.n_buckets, OF_BUCKET_ALL};
    forward(&w, &group, "group_forwarded 2385 2385 0");
    assert_string_equal(w.r.lines[0], "group_forwarded 2385 2385 0"); /* None of ours. */
    group.group_mod.command = OF_GC_MODIFY;
    group.group_mod.group_id = object_id(MODULE, 85);
    forward(&w, &group, "group_forwarded 2385 1000055 1 undone");
    group.group_mod = (struct of_group_mod){.command = OF_GC_DELETE,
                                            .group_id = OF_GROUP_ALL,
                                            .command_bucket_id = OF_BUCKET_ALL};
    fake_drop_group(w.sw, object_id(MODULE, 85));
    forward(&w, &group, "group_forwarded 2385 fffffffc 2 undone");
    meters.meter_mod.command = OF_MC_DELETE;
    meters.meter_mod.meter.meter_id = OF_METER_ALL;
    forward(&w, &meters, "meter_forwarded 2385 ffffffff 2");
    assert_string_equal(w.r.lines[0], "meter_forwarded 2385 ffffffff 2");
    meters.meter_mod = (struct of_meter_mod){OF_MC_MODIFY, m};
    meters.meter_mod.meter.meter_id = 23;
    forward(&w, &meters, "meter_forwarded 2385 17 1");
    meters.meter_mod.command = OF_MC_ADD;
    forward(&w, &meters, "meter_forwarded 2385 17 0");
    fake_free(w.f);
}

/* However often: each time the switch says anew what it has. */
static void others_may_change_often(void **state)
{
    struct world w;
    struct of_msg request = {.type = OF_GROUP_MOD, .version = OF_VERSION_1_4};

    (void)state;
    world_init(&w, OF_VERSION_1_4);
    assert_int_equal(want_group(&w, 85, false), ERR_OK);
    request.group_mod =
        (struct of_group_mod){.command = OF_GC_DELETE, .group_id = object_id(MODULE, 85)};
    for (int i = 0; i < 7; i++) { /* A deletion that has not happened: ours exists. */
        forward(&w, &request, "group_forwarded 2385 1000055 2 undone");
        assert_int_equal(group_state(&w, 85), OBJECT_CONFIRMED);
    }
    assert_int_equal(ctl_counters(w.f->ctl)->objects_failed, 0);
    fake_free(w.f);
}

/* --- Entries that leave with what they led to -------------------------------------------------- */

/* A group and a meter, an entry without a time-out to each, and one with. */
static void want_led(struct world *w)
{
    struct txn *txn = txn_begin(w->f->ctl);
    struct of_action to_group = {.type = OF_ACT_GROUP, .group_id = object_id(MODULE, 85)};
    struct of_group_desc group = failover(85, false);
    struct of_meter m = meter(23, 2385);
    struct flow_spec spec = entry_to(&to_group, 7);

    txn_group(txn, 0, DPID, &group);
    txn_meter(txn, 0, DPID, &m);
    txn_add(txn, 0, DPID, &spec);
    spec = entry_to(&to_group, 8);
    spec.hard_timeout_s = 2385;
    txn_add(txn, 0, DPID, &spec);
    spec = entry_to(&out2, 9);
    spec.ins.has_meter = true;
    spec.ins.meter_id = object_id(MODULE, 23);
    spec.hard_timeout_s = 2385;
    txn_add(txn, 0, DPID, &spec);
    spec = entry_to(&out3, 10);
    txn_add(txn, 0, DPID, &spec);
    assert_int_equal(commit(w, txn), ERR_OK);
}

static void others_take_entries_along(void **state)
{
    struct world w;
    struct of_msg request = {.type = OF_GROUP_MOD, .version = OF_VERSION_1_4};
    size_t from;

    (void)state;
    world_init(&w, OF_VERSION_1_4);
    want_led(&w);
    from = w.sw->n_sent;
    fake_drop_group(w.sw, object_id(MODULE, 85));
    request.group_mod =
        (struct of_group_mod){.command = OF_GC_DELETE, .group_id = object_id(MODULE, 85)};
    forward(&w, &request, "group_forwarded 2385 1000055 2 undone");
    assert_int_equal(fake_count(w.sw, OF_FLOW_MOD, from), 2);
    assert_true(fake_sent(w.sw, OF_GROUP_MOD, from, 0) <
                fake_sent(w.sw, OF_BARRIER_REQUEST, from, 0));
    assert_true(fake_sent(w.sw, OF_BARRIER_REQUEST, from, 0) <
                fake_sent(w.sw, OF_FLOW_MOD, from, 0));
    from = w.sw->n_sent;
    request = (struct of_msg){.type = OF_METER_MOD, .version = OF_VERSION_1_4};
    request.meter_mod.command = OF_MC_DELETE;
    request.meter_mod.meter.meter_id = OF_METER_ALL;
    forward(&w, &request, "meter_forwarded 2385 ffffffff 2 undone");
    assert_int_equal(fake_count(w.sw, OF_FLOW_MOD, from), 1);
    from = w.sw->n_sent;
    request.meter_mod = (struct of_meter_mod){OF_MC_MODIFY, meter(23, 850)};
    forward(&w, &request, "meter_forwarded 2385 1000017 1 undone"); /* Takes nothing along. */
    assert_int_equal(fake_count(w.sw, OF_FLOW_MOD, from), 0);
    assert_int_equal(flowdb_size(w.f->ctl, DPID).n_confirmed, 5); /* With the core's own. */
    fake_free(w.f);
}

static void entry_left(struct world *w, uint16_t priority, enum of_flow_removed_reason reason)
{
    struct of_msg msg = {.type = OF_FLOW_REMOVED};

    msg.flow_removed = (struct of_flow_removed){
        .priority = priority, .cookie = flow_cookie(MODULE, priority), .reason = reason};
    fake_input(w->sw, &msg);
    fake_settle(w->f);
}

/* 1.3 does not tell of groups, but of entries that leave with theirs. */
static void entry_tells_of_its_group(void **state)
{
    struct world w;
    size_t from;

    (void)state;
    world_init(&w, OF_VERSION_1_3);
    want_led(&w);
    from = w.sw->n_sent;
    fake_drop_group(w.sw, object_id(MODULE, 85));
    entry_left(&w, 8, OF_REMOVED_GROUP_DELETE);
    assert_non_null(fake_group(w.sw, object_id(MODULE, 85)));
    assert_int_equal(fake_count(w.sw, OF_FLOW_MOD, from), 2);
    assert_int_equal(recorder_count(&w.r, "flow_removed"), 0);
    assert_int_equal(flowdb_size(w.f->ctl, DPID).n_confirmed, 5);
    assert_int_equal(ctl_counters(w.f->ctl)->objects_restored, 1);
    entry_left(&w, 9, OF_REMOVED_GROUP_DELETE); /* It leads to no group. */
    assert_int_equal(recorder_count(&w.r, "flow_removed 2385 9 3"), 1);
    fake_free(w.f);
}

/* The switch has the meter all the same: it is modified. */
static void entry_tells_of_its_meter(void **state)
{
    struct world w;
    size_t from;

    (void)state;
    world_init(&w, OF_VERSION_1_4);
    want_led(&w);
    from = w.sw->n_sent;
    entry_left(&w, 9, OF_REMOVED_METER_DELETE);
    assert_int_equal(fake_count(w.sw, OF_FLOW_MOD, from), 1);
    assert_int_equal(fake_meter(w.sw, object_id(MODULE, 23))->bands[0].rate, 2385);
    assert_int_equal(object_count(w.f->ctl, DPID, OBJECT_METER).n_confirmed, 1);
    assert_int_equal(recorder_count(&w.r, "flow_removed"), 0);
    entry_left(&w, 8, OF_REMOVED_METER_DELETE); /* It leads to no meter. */
    assert_int_equal(recorder_count(&w.r, "flow_removed 2385 8 4"), 1);
    fake_free(w.f);
}

/* Ours to delete: nothing comes back. */
static void own_deletion_is_not_undone(void **state)
{
    struct world w;
    struct txn *txn;

    (void)state;
    world_init(&w, OF_VERSION_1_3);
    want_led(&w);
    txn = txn_begin(w.f->ctl);
    txn_group_remove(txn, 0, DPID, object_id(MODULE, 85));
    assert_int_equal(commit(&w, txn), ERR_OK);
    entry_left(&w, 8, OF_REMOVED_GROUP_DELETE);
    assert_int_equal(recorder_count(&w.r, "flow_removed 2385 8 3"), 1);
    assert_int_equal(w.sw->n_groups, 0);
    fake_free(w.f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(order_of_a_stage),
        cmocka_unit_test(same_wish_sends_nothing),
        cmocka_unit_test(meaningless_fields_are_equal),
        cmocka_unit_test(refused_group_ends_the_transaction),
        cmocka_unit_test(version_1_0_has_none),
        cmocka_unit_test(existing_group_is_modified),
        cmocka_unit_test(lost_group_is_added),
        cmocka_unit_test(reconciled_after_reconnect),
        cmocka_unit_test(wanted_while_away),
        cmocka_unit_test(found_and_not_wanted),
        cmocka_unit_test(found_and_wanted),
        cmocka_unit_test(unanswered_barrier_sends_again),
        cmocka_unit_test(no_room_in_the_queue),
        cmocka_unit_test(others_changes_are_undone),
        cmocka_unit_test(others_changes_are_told),
        cmocka_unit_test(others_may_change_often),
        cmocka_unit_test(others_take_entries_along),
        cmocka_unit_test(entry_tells_of_its_group),
        cmocka_unit_test(entry_tells_of_its_meter),
        cmocka_unit_test(own_deletion_is_not_undone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Roles and auxiliary connections: who may write, who hears what, and on which connection. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "controller/core/datapath.h"
#include "controller/core/flowdb.h"
#include "controller/core/session.h"
#include "controller/core/txn.h"
#include "tests/core/fake_sb.h"
#include "tests/core/recorder.h"

struct world {
    struct fake *f;
    struct recorder r;
    struct fake_switch *sw;
};

static void world_init(struct world *w, enum of_role role, uint32_t generation, uint8_t version)
{
    struct core_settings settings = core_settings_default();
    struct recorder *use = &w->r;
    struct ctl_module_use module = {&recorder_module, &use};

    settings.discovery = false;
    settings.role = role;
    settings.generation_id = generation;
    w->r = (struct recorder){0};
    w->f = fake_new(&settings, &module, 1);
    w->sw = fake_switch_add(w->f, 0x2385, version, 3);
}

static struct datapath *dp_of(const struct world *w)
{
    return datapath_find(w->f->ctl, 0x2385);
}

static void go(struct world *w)
{
    fake_connect(w->sw);
    fake_settle(w->f);
}

static struct flow_spec entry(uint16_t priority)
{
    static const struct of_action out = {.type = OF_ACT_OUTPUT, .output = {2, OF_CML_NO_BUFFER}};

    return (struct flow_spec){
        .priority = priority, .cookie = flow_cookie(1, priority), .ins = of_apply(&out, 1)};
}

static void on_done(void *aux, enum err result)
{
    *(enum err *)aux = result;
}

static enum err write_entry(struct world *w, uint16_t priority)
{
    struct txn *txn = txn_begin(w->f->ctl);
    struct flow_spec spec = entry(priority);
    enum err result = ERR_SYNTAX;

    txn_add(txn, 0, 0x2385, &spec);
    txn_commit(txn, on_done, &result);
    fake_settle(w->f);
    return result;
}

/* --- Roles ------------------------------------------------------------------------------------ */

static void equal_asks_for_nothing(void **state)
{
    struct world w;

    (void)state;
    world_init(&w, OF_ROLE_EQUAL, 0, OF_VERSION_1_3);
    go(&w);
    assert_int_equal(fake_count(w.sw, OF_ROLE_REQUEST, 0), 0);
    assert_int_equal(datapath_role(dp_of(&w)), OF_ROLE_EQUAL);
    assert_int_equal(recorder_count(&w.r, "role"), 0);
    assert_int_equal(write_entry(&w, 7), ERR_OK);
    fake_free(w.f);
}

static void master_is_asked_before_the_entries_are_read(void **state)
{
    struct world w;
    const struct of_msg *request;

    (void)state;
    world_init(&w, OF_ROLE_MASTER, 2385, OF_VERSION_1_3);
    go(&w);
    request = fake_sent(w.sw, OF_ROLE_REQUEST, 0, 0);
    assert_int_equal(request->role.role, OF_ROLE_MASTER);
    assert_int_equal(request->role.generation_id, 2385);
    assert_true(request < fake_sent(w.sw, OF_FLOW_MOD, 0, 0));
    assert_int_equal(w.sw->role, OF_ROLE_MASTER);
    assert_int_equal(datapath_role(dp_of(&w)), OF_ROLE_MASTER);
    assert_int_equal(recorder_count(&w.r, "role 2385 master"), 1);
    assert_int_equal(write_entry(&w, 7), ERR_OK);
    assert_int_equal(w.sw->n_flows, 2);
    fake_free(w.f);
}

static void version_1_0_knows_no_roles(void **state)
{
    struct world w;

    (void)state;
    world_init(&w, OF_ROLE_MASTER, 1, OF_VERSION_1_0);
    go(&w);
    assert_int_equal(fake_count(w.sw, OF_ROLE_REQUEST, 0), 0);
    assert_int_equal(fake_count(w.sw, OF_SET_ASYNC, 0), 0);
    assert_int_equal(datapath_role(dp_of(&w)), OF_ROLE_EQUAL);
    assert_int_equal(write_entry(&w, 7), ERR_OK);
    fake_free(w.f);
}

/* The switch remembers a newer generation id: it is asked for, and the next one taken. */
static void stale_generation_is_outbid(void **state)
{
    struct world w;

    (void)state;
    world_init(&w, OF_ROLE_MASTER, 5, OF_VERSION_1_3);
    w.sw->has_generation = true;
    w.sw->generation_id = 0xfffffffffffffff0; /* Newer or not is told by the difference. */
    go(&w);
    assert_int_equal(datapath_role(dp_of(&w)), OF_ROLE_MASTER); /* 5 is newer. */
    fake_disconnect(w.sw);
    w.sw->generation_id = 2385;
    go(&w);
    assert_int_equal(fake_count(w.sw, OF_ROLE_REQUEST, 0), 1 + 3);
    assert_int_equal(fake_sent(w.sw, OF_ROLE_REQUEST, 0, 2)->role.role, OF_ROLE_NOCHANGE);
    assert_int_equal(w.sw->generation_id, 2386);
    assert_int_equal(datapath_role(dp_of(&w)), OF_ROLE_MASTER);
    fake_free(w.f);
}

/* A switch that says "stale" whatever it is told. */
static void outbidding_ends(void **state)
{
    struct world w;

    (void)state;
    world_init(&w, OF_ROLE_MASTER, 5, OF_VERSION_1_3);
    w.sw->manners.always_stale = true;
    go(&w);
    assert_int_equal(fake_count(w.sw, OF_ROLE_REQUEST, 0), 1 + 2 * 3);
    assert_int_equal(datapath_role(dp_of(&w)), OF_ROLE_SLAVE);
    assert_true(datapath_is_ready(dp_of(&w)));
    assert_int_equal(ctl_counters(w.f->ctl)->roles_refused, 1);
    assert_int_equal(w.sw->n_flows, 0);
    assert_int_equal(write_entry(&w, 7), ERR_CLOSED);
    fake_free(w.f);
}

static void switch_without_roles(void **state)
{
    struct world w;

    (void)state;
    world_init(&w, OF_ROLE_MASTER, 5, OF_VERSION_1_3);
    w.sw->manners.no_roles = true;
    go(&w);
    assert_true(datapath_is_ready(dp_of(&w)));
    assert_int_equal(datapath_role(dp_of(&w)), OF_ROLE_EQUAL);
    assert_int_equal(write_entry(&w, 7), ERR_OK);
    fake_disconnect(w.sw);
    datapath_set_role(dp_of(&w), OF_ROLE_SLAVE, 6);
    go(&w);
    assert_int_equal(datapath_role(dp_of(&w)), OF_ROLE_SLAVE);
    assert_int_equal(write_entry(&w, 8), ERR_CLOSED);
    fake_free(w.f);
}

/* A slave reads nothing and writes nothing; as soon as it is master everything is there. */
static void slave_becomes_master(void **state)
{
    struct world w;
    size_t from;

    (void)state;
    world_init(&w, OF_ROLE_SLAVE, 10, OF_VERSION_1_3);
    go(&w);
    assert_true(datapath_is_ready(dp_of(&w)));
    assert_int_equal(recorder_count(&w.r, "datapath_up 2385"), 1);
    assert_int_equal(recorder_count(&w.r, "role 2385 slave"), 1);
    assert_int_equal(write_entry(&w, 7), ERR_CLOSED);
    assert_int_equal(datapath_packet_out(dp_of(&w), OF_PORT_CONTROLLER, OF_NO_BUFFER, NULL, 0,
                                         (const uint8_t *)"x", 1),
                     ERR_CLOSED);
    assert_int_equal(fake_count(w.sw, OF_FLOW_MOD, 0) + fake_count(w.sw, OF_PACKET_OUT, 0), 0);
    from = w.sw->n_sent;
    ctl_set_role(w.f->ctl, OF_ROLE_MASTER, 11);
    fake_settle(w.f);
    assert_int_equal(datapath_role(dp_of(&w)), OF_ROLE_MASTER);
    assert_int_equal(recorder_count(&w.r, "role 2385 master"), 1);
    assert_int_equal(recorder_count(&w.r, "datapath_up 2385"), 1);
    assert_int_equal(fake_count(w.sw, OF_MULTIPART_REQUEST, from), 1);
    assert_int_equal(fake_count(w.sw, OF_FLOW_MOD, from), 2);
    assert_int_equal(w.sw->n_flows, 2);
    assert_int_equal(write_entry(&w, 8), ERR_OK);
    fake_free(w.f);
}

/* What the master before us wrote is not written again. */
static void new_master_compares(void **state)
{
    struct world w;
    struct of_flow_stats flow;
    struct flow_spec spec = entry(7);
    size_t from;

    (void)state;
    world_init(&w, OF_ROLE_SLAVE, 10, OF_VERSION_1_3);
    go(&w);
    assert_int_equal(write_entry(&w, 7), ERR_CLOSED);
    flow = (struct of_flow_stats){.priority = 7, .cookie = spec.cookie, .ins = spec.ins};
    fake_add_flow(w.sw, &flow);
    fake_advance(w.f, 2385 * NS_PER_S / 10); /* Slaves take nothing away either. */
    assert_int_equal(w.sw->n_flows, 1);
    from = w.sw->n_sent;
    ctl_set_role(w.f->ctl, OF_ROLE_MASTER, 11);
    fake_settle(w.f);
    assert_int_equal(fake_count(w.sw, OF_FLOW_MOD, from), 1); /* The miss entry only. */
    assert_int_equal(w.sw->n_flows, 2);
    fake_free(w.f);
}

/* A 1.3 switch tells a master that it is slave by refusing its flow-mods. */
static void master_is_overthrown(void **state)
{
    struct world w;
    struct of_msg error = {.type = OF_ERROR};
    struct txn *txn;
    struct flow_spec spec = entry(9);
    enum err result = ERR_SYNTAX;
    size_t from;

    (void)state;
    world_init(&w, OF_ROLE_MASTER, 1, OF_VERSION_1_3);
    go(&w);
    assert_int_equal(write_entry(&w, 7), ERR_OK);
    from = w.sw->n_sent;
    txn = txn_begin(w.f->ctl);
    txn_add(txn, 0, 0x2385, &spec);
    txn_commit(txn, on_done, &result);
    error.xid = fake_sent(w.sw, OF_FLOW_MOD, from, 0)->xid;
    error.error.err = OF_ERR_IS_SLAVE;
    of_err_to_wire(OF_ERR_IS_SLAVE, OF_VERSION_1_3, &error.error.type, &error.error.code);
    fake_input(w.sw, &error);
    assert_int_equal(result, ERR_CLOSED);
    assert_int_equal(datapath_role(dp_of(&w)), OF_ROLE_SLAVE);
    assert_int_equal(recorder_count(&w.r, "role 2385 slave"), 1);
    assert_int_equal(recorder_count(&w.r, "flow_failed"), 0);
    assert_int_equal(flowdb_size(w.f->ctl, 0x2385).n_entries, 3); /* Intended as before. */
    assert_int_equal(flowdb_size(w.f->ctl, 0x2385).n_confirmed, 0);
    w.sw->n_handled = w.sw->n_sent; /* The switch did not do what it refused. */
    ctl_set_role(w.f->ctl, OF_ROLE_MASTER, 2);
    fake_settle(w.f);
    assert_int_equal(flowdb_size(w.f->ctl, 0x2385).n_confirmed, 3);
    assert_int_equal(w.sw->n_flows, 3);
    fake_free(w.f);
}

/* In a cluster a stale id means that somebody else knows better. */
static void stale_master_is_slave(void **state)
{
    struct world w;

    (void)state;
    world_init(&w, OF_ROLE_EQUAL, 0, OF_VERSION_1_3);
    go(&w);
    w.sw->has_generation = true;
    w.sw->generation_id = 2385;
    ctl_set_role(w.f->ctl, OF_ROLE_MASTER, 2384);
    fake_settle(w.f);
    assert_int_equal(fake_count(w.sw, OF_ROLE_REQUEST, 0), 1);
    assert_int_equal(datapath_role(dp_of(&w)), OF_ROLE_SLAVE);
    assert_int_equal(recorder_count(&w.r, "role 2385 slave refused"), 1);
    ctl_set_role(w.f->ctl, OF_ROLE_MASTER, 2386);
    fake_settle(w.f);
    assert_int_equal(datapath_role(dp_of(&w)), OF_ROLE_MASTER);
    assert_int_equal(w.sw->n_flows, 1);
    ctl_set_role(w.f->ctl, OF_ROLE_EQUAL, 2386);
    fake_settle(w.f);
    assert_int_equal(recorder_count(&w.r, "role 2385 equal"), 1);
    assert_int_equal(w.sw->n_flows, 1);
    fake_free(w.f);
}

/* Frames are not for slaves, ports are. */
static void slave_hears_of_ports(void **state)
{
    struct world w;
    static const uint8_t frame[60] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0};

    (void)state;
    world_init(&w, OF_ROLE_SLAVE, 1, OF_VERSION_1_3);
    go(&w);
    assert_int_equal(fake_sent(w.sw, OF_SET_ASYNC, 0, 0)->async.packet_in[1], 0);
    fake_packet_in(w.sw, 1, frame, sizeof frame);
    assert_int_equal(recorder_count(&w.r, "packet"), 0);
    fake_port_set(w.sw, 2, false);
    assert_int_equal(recorder_count(&w.r, "port_down 2385:2"), 1);
    fake_free(w.f);
}

/* Since 1.4 it is told. */
static void role_status_overthrows(void **state)
{
    struct world w;
    struct of_msg msg = {.type = OF_ROLE_STATUS};

    (void)state;
    world_init(&w, OF_ROLE_MASTER, 1, OF_VERSION_1_4);
    go(&w);
    assert_int_equal(write_entry(&w, 7), ERR_OK);
    msg.role_status = (struct of_role_status){OF_ROLE_SLAVE, OF_RR_MASTER_REQUEST, 2};
    fake_input(w.sw, &msg);
    assert_int_equal(recorder_count(&w.r, "role 2385 slave"), 1);
    assert_int_equal(write_entry(&w, 8), ERR_CLOSED);
    fake_drop_flow(w.sw, 1);
    msg.role_status.role = OF_ROLE_EQUAL; /* Somebody gives it back. */
    fake_input(w.sw, &msg);
    fake_settle(w.f);
    assert_int_equal(recorder_count(&w.r, "role 2385 equal"), 1);
    assert_int_equal(w.sw->n_flows, 3);
    assert_int_equal(flowdb_size(w.f->ctl, 0x2385).n_confirmed, 3);
    fake_free(w.f);
}

/* Open vSwitch says it in 1.3, too. */
static void role_status_of_1_3(void **state)
{
    static const uint8_t body[] = {0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x23, 0x85};
    struct world w;
    struct of_msg msg = {.type = OF_EXPERIMENTER};

    (void)state;
    world_init(&w, OF_ROLE_MASTER, 1, OF_VERSION_1_3);
    go(&w);
    msg.experimenter = (struct of_experimenter){0x4f4e4600, 1911, {body, sizeof body - 1}};
    fake_input(w.sw, &msg);
    assert_int_equal(fake_sent(w.sw, OF_ERROR, 0, 0)->error.err, OF_ERR_BAD_EXPERIMENTER);
    assert_int_equal(datapath_role(dp_of(&w)), OF_ROLE_MASTER);
    msg.experimenter.data.len++;
    fake_input(w.sw, &msg);
    assert_int_equal(datapath_role(dp_of(&w)), OF_ROLE_SLAVE);
    assert_int_equal(fake_count(w.sw, OF_ERROR, 0), 1);
    fake_free(w.f);
}

static void handshake_waits_for_the_role(void **state)
{
    struct world w;

    (void)state;
    world_init(&w, OF_ROLE_MASTER, 1, OF_VERSION_1_3);
    w.sw->manners.mute_roles = true;
    go(&w);
    assert_int_equal(session_state(w.sw->session), SESSION_WAIT_ROLE);
    fake_advance(w.f, 10 * NS_PER_S);
    assert_null(w.sw->session);
    fake_free(w.f);
}

/* --- Auxiliary connections -------------------------------------------------------------------- */

static const uint8_t frame[60] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0};

/* A further connection of the same switch. */
static struct fake_switch *auxiliary(struct world *w, uint8_t id, uint8_t version)
{
    struct fake_switch *aux = fake_switch_add(w->f, 0x2385, version, 3);

    aux->manners.auxiliary_id = id;
    aux->peer = "192.0.2.7:51235";
    fake_connect(aux);
    fake_settle(w->f);
    return aux;
}

static void auxiliary_needs_a_main_one(void **state)
{
    struct world w;
    struct fake_switch *aux;

    (void)state;
    world_init(&w, OF_ROLE_EQUAL, 0, OF_VERSION_1_3);
    aux = auxiliary(&w, 1, OF_VERSION_1_3);
    assert_null(aux->session);
    assert_null(dp_of(&w));
    assert_int_equal(ctl_counters(w.f->ctl)->sessions_refused, 1);
    go(&w);
    fake_connect(aux);
    fake_settle(w.f);
    assert_int_equal(session_state(aux->session), SESSION_AUX);
    fake_disconnect(w.sw);
    assert_true(aux->closed);
    fake_settle(w.f);
    assert_null(aux->session);
    fake_free(w.f);
}

static enum ctl_verdict answer_from_buffer(struct recorder *r, const struct ctl_packet *packet)
{
    (void)r;
    datapath_packet_out(packet->dp, packet->in_port, packet->buffer_id, NULL, 0, packet->frame,
                        packet->len);
    return CTL_STOP;
}

static void auxiliary_carries_messages(void **state)
{
    struct world w;
    struct fake_switch *aux;
    struct of_msg msg = {.type = OF_PACKET_IN};

    (void)state;
    world_init(&w, OF_ROLE_EQUAL, 0, OF_VERSION_1_3);
    go(&w);
    aux = auxiliary(&w, 3, OF_VERSION_1_3);
    assert_non_null(aux->session);
    w.r.on_packet = answer_from_buffer;
    fake_packet_in(aux, 1, frame, sizeof frame);
    assert_int_equal(recorder_count(&w.r, "packet 2385:1"), 1);
    assert_int_equal(fake_count(aux, OF_PACKET_OUT, 0), 0);
    assert_int_equal(fake_count(w.sw, OF_PACKET_OUT, 0), 1); /* In order with flow-mods. */
    msg.packet_in.buffer_id = 2385;
    msg.packet_in.in_port = 1;
    msg.packet_in.total_len = sizeof frame;
    OF_MATCH_SET(&msg.packet_in.match, IN_PORT, in_port, 1);
    msg.packet_in.data = (struct of_bytes){frame, sizeof frame};
    fake_input(aux, &msg);
    assert_int_equal(fake_sent(aux, OF_PACKET_OUT, 0, 0)->packet_out.buffer_id, 2385);
    fake_port_set(aux, 2, false);
    assert_int_equal(recorder_count(&w.r, "port_down 2385:2"), 1);
    fake_input(aux, &(struct of_msg){.type = OF_BARRIER_REPLY, .xid = 1});
    assert_int_equal(fake_sent(aux, OF_ERROR, 0, 0)->error.err, OF_ERR_REQ_EPERM);
    assert_int_equal(fake_count(aux, OF_SET_CONFIG, 0) + fake_count(aux, OF_FLOW_MOD, 0), 0);
    fake_disconnect(aux);
    assert_true(datapath_is_ready(dp_of(&w)));
    fake_free(w.f);
}

/* An error on it is about nothing that the main connection has asked. */
static void auxiliary_errors_are_its_own(void **state)
{
    struct world w;
    struct fake_switch *aux;
    struct of_msg error = {.type = OF_ERROR};
    struct flow_spec spec = entry(7);
    struct txn *txn;
    enum err result = ERR_SYNTAX;
    size_t from;

    (void)state;
    world_init(&w, OF_ROLE_EQUAL, 0, OF_VERSION_1_3);
    go(&w);
    aux = auxiliary(&w, 1, OF_VERSION_1_3);
    from = w.sw->n_sent;
    txn = txn_begin(w.f->ctl);
    txn_add(txn, 0, 0x2385, &spec);
    txn_commit(txn, on_done, &result);
    error.xid = fake_sent(w.sw, OF_FLOW_MOD, from, 0)->xid;
    error.error.err = OF_ERR_FLOW_TABLE_FULL;
    of_err_to_wire(error.error.err, OF_VERSION_1_3, &error.error.type, &error.error.code);
    fake_input(aux, &error);
    fake_settle(w.f);
    assert_int_equal(result, ERR_OK);
    fake_free(w.f);
}

static void younger_auxiliary_takes_its_id(void **state)
{
    struct world w;
    struct fake_switch *older, *younger;

    (void)state;
    world_init(&w, OF_ROLE_EQUAL, 0, OF_VERSION_1_3);
    go(&w);
    older = auxiliary(&w, 1, OF_VERSION_1_3);
    younger = auxiliary(&w, 1, OF_VERSION_1_3);
    assert_null(older->session);
    assert_int_equal(session_state(younger->session), SESSION_AUX);
    assert_true(datapath_is_ready(dp_of(&w)));
    fake_free(w.f);
}

static void strangers_are_not_auxiliary(void **state)
{
    struct world w;
    struct fake_switch *aux;

    (void)state;
    world_init(&w, OF_ROLE_EQUAL, 0, OF_VERSION_1_3);
    go(&w);
    aux = fake_switch_add(w.f, 0x2385, OF_VERSION_1_3, 3);
    aux->manners.auxiliary_id = 1;
    aux->peer = "192.0.2.71:51235";
    fake_connect(aux);
    fake_settle(w.f);
    assert_null(aux->session);
    fake_disconnect(w.sw);
    w.sw->version = OF_VERSION_1_0;
    go(&w);
    assert_null(auxiliary(&w, 1, OF_VERSION_1_3)->session); /* Another version. */
    assert_true(datapath_is_ready(dp_of(&w)));
    fake_free(w.f);
}

static void auxiliaries_are_limited(void **state)
{
    struct world w;

    (void)state;
    world_init(&w, OF_ROLE_EQUAL, 0, OF_VERSION_1_3);
    go(&w);
    for (uint8_t i = 1; i <= 16; i++) {
        assert_non_null(auxiliary(&w, i, OF_VERSION_1_3)->session);
    }
    assert_null(auxiliary(&w, 17, OF_VERSION_1_3)->session);
    assert_non_null(auxiliary(&w, 16, OF_VERSION_1_3)->session);
    assert_int_equal(ctl_counters(w.f->ctl)->aux_connections, 17);
    fake_free(w.f);
}

/* It is asked for a sign of life of its own. */
static void silent_auxiliary_ends(void **state)
{
    struct world w;
    struct fake_switch *aux;

    (void)state;
    world_init(&w, OF_ROLE_EQUAL, 0, OF_VERSION_1_3);
    go(&w);
    aux = auxiliary(&w, 1, OF_VERSION_1_3);
    fake_advance(w.f, 60 * NS_PER_S);
    assert_non_null(aux->session);
    aux->manners.silent = true;
    fake_advance(w.f, 21 * NS_PER_S);
    assert_null(aux->session);
    assert_true(datapath_is_ready(dp_of(&w)));
    fake_free(w.f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_asks_for_nothing),
        cmocka_unit_test(master_is_asked_before_the_entries_are_read),
        cmocka_unit_test(version_1_0_knows_no_roles),
        cmocka_unit_test(stale_generation_is_outbid),
        cmocka_unit_test(outbidding_ends),
        cmocka_unit_test(switch_without_roles),
        cmocka_unit_test(slave_becomes_master),
        cmocka_unit_test(new_master_compares),
        cmocka_unit_test(master_is_overthrown),
        cmocka_unit_test(stale_master_is_slave),
        cmocka_unit_test(slave_hears_of_ports),
        cmocka_unit_test(role_status_overthrows),
        cmocka_unit_test(role_status_of_1_3),
        cmocka_unit_test(handshake_waits_for_the_role),
        cmocka_unit_test(auxiliary_needs_a_main_one),
        cmocka_unit_test(auxiliary_carries_messages),
        cmocka_unit_test(auxiliary_errors_are_its_own),
        cmocka_unit_test(younger_auxiliary_takes_its_id),
        cmocka_unit_test(strangers_are_not_auxiliary),
        cmocka_unit_test(auxiliaries_are_limited),
        cmocka_unit_test(silent_auxiliary_ends),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

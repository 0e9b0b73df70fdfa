/* Several controllers of one simulated switch: roles and generations (OF 1.3.5 §6.3.4, §7.3.9) and
 * asynchronous configuration (§6.3.5, §7.3.10). */
#include "tests/simnet/switch_bed.h"

/* A second controller, which counts what it gets by type. */
struct other {
    struct swtch_conn *conn;
    unsigned n[OF_N_TYPES];
    struct of_role_status role_status;
    struct of_role_msg role;
    enum of_err err;
};

static void on_other(void *aux, struct swtch *sw, const struct of_msg *msg)
{
    struct other *other = aux;

    (void)sw;
    other->n[msg->type]++;
    if (msg->type == OF_ROLE_STATUS) {
        other->role_status = msg->role_status;
    } else if (msg->type == OF_ROLE_REPLY) {
        other->role = msg->role;
    } else if (msg->type == OF_ERROR) {
        other->err = msg->error.err;
    }
}

static void other_ask(struct other *other, struct of_msg msg, uint8_t version)
{
    msg.version = version;
    memset(other->n, 0, sizeof other->n);
    other->err = OF_OK;
    swtch_conn_input(other->conn, &msg);
}

static void other_open(struct other *other, struct bed *bed, uint8_t version)
{
    memset(other, 0, sizeof *other);
    other->conn = swtch_add_controller(bed->sw, on_other, other);
    swtch_conn_connected(other->conn);
    assert_int_equal(other->n[OF_HELLO], 1);
    other_ask(other, (struct of_msg){.type = OF_HELLO}, version);
}

static struct of_msg role(enum of_role role, uint64_t generation_id)
{
    return (struct of_msg){.type = OF_ROLE_REQUEST, .role = {role, generation_id, 0}};
}

/* An entry that sends everything to the controller and is reported when it goes. */
static void send_all_up(struct bed *bed)
{
    static const struct of_action up = {.type = OF_ACT_OUTPUT,
                                        .output = {OF_PORT_CONTROLLER, OF_CML_NO_BUFFER}};
    struct of_msg m = flow_add(0, 5, of_apply(&up, 1));

    m.flow_mod.flags = OF_FF_SEND_FLOW_REM;
    m.flow_mod.hard_timeout_s = 238;
    assert_null(ask(bed, m));
}

/* --- Roles ----------------------------------------------------------------------------------- */

static void test_6_3_4_equals_all_get_asynchronous_messages(void **state)
{
    struct bed bed;
    struct other other;

    (void)state;
    bed_open(&bed, OF_VERSION_1_3, 1);
    other_open(&other, &bed, OF_VERSION_1_3);
    send_all_up(&bed);
    receive(&bed, 1, 0xa);
    assert_int_equal(bed.n_sent, 1);
    assert_int_equal(other.n[OF_PACKET_IN], 1);
    wire_set_up(bed.wires[2], false);
    assert_int_equal(other.n[OF_PORT_STATUS], 1);
    sim_run_until(bed.sim, (mono_t){300 * NS_PER_S});
    assert_int_equal(other.n[OF_FLOW_REMOVED], 1);
    assert_int_equal(bed.n_sent, 3);
    bed_close(&bed);
}

static void test_6_3_4_replies_go_to_who_has_asked(void **state)
{
    struct bed bed;
    struct other other;

    (void)state;
    bed_open(&bed, OF_VERSION_1_3, 1);
    other_open(&other, &bed, OF_VERSION_1_3);
    other_ask(&other, (struct of_msg){.type = OF_BARRIER_REQUEST}, OF_VERSION_1_3);
    assert_int_equal(other.n[OF_BARRIER_REPLY], 1);
    assert_int_equal(bed.n_sent, 0);
    assert_int_equal(ask(&bed, (struct of_msg){.type = OF_BARRIER_REQUEST})->type,
                     OF_BARRIER_REPLY);
    assert_int_equal(other.n[OF_BARRIER_REPLY], 1);
    bed_close(&bed);
}

static void test_6_3_4_slave_gets_port_status_only_and_may_not_write(void **state)
{
    struct bed bed;
    struct other other;
    struct of_table_features features = {.name = "t"};
    struct of_msg writes[] = {
        {.type = OF_PACKET_OUT},
        {.type = OF_FLOW_MOD, .flow_mod = {.buffer_id = OF_NO_BUFFER}},
        {.type = OF_GROUP_MOD},
        {.type = OF_METER_MOD},
        {.type = OF_PORT_MOD},
        {.type = OF_TABLE_MOD},
        {.type = OF_MULTIPART_REQUEST,
         .mp_request = {.type = OF_MP_TABLE_FEATURES, .table_features = {&features, 1}}},
    };

    (void)state;
    bed_open(&bed, OF_VERSION_1_3, 1);
    other_open(&other, &bed, OF_VERSION_1_3);
    other_ask(&other, role(OF_ROLE_SLAVE, 2385), OF_VERSION_1_3);
    send_all_up(&bed);
    receive(&bed, 1, 0xa);
    wire_set_up(bed.wires[2], false);
    sim_run_until(bed.sim, (mono_t){300 * NS_PER_S});
    assert_int_equal(other.n[OF_PACKET_IN], 0);
    assert_int_equal(other.n[OF_FLOW_REMOVED], 0);
    assert_int_equal(other.n[OF_PORT_STATUS], 1);
    for (size_t i = 0; i < sizeof writes / sizeof writes[0]; i++) {
        other_ask(&other, writes[i], OF_VERSION_1_3);
        assert_int_equal(other.err, OF_ERR_IS_SLAVE);
    }
    other_ask(&other, (struct of_msg){.type = OF_FEATURES_REQUEST}, OF_VERSION_1_3);
    assert_int_equal(other.n[OF_FEATURES_REPLY], 1);
    bed_close(&bed);
}

/* "If the role is MASTER, all other controllers with the role MASTER are changed to SLAVE." */
static void test_6_3_4_one_master(void **state)
{
    struct bed bed;
    struct other other;
    const struct of_action ok = of_output(2);

    (void)state;
    bed_open(&bed, OF_VERSION_1_3, 1);
    other_open(&other, &bed, OF_VERSION_1_3);
    assert_int_equal(ask(&bed, role(OF_ROLE_MASTER, 7))->role.role, OF_ROLE_MASTER);
    other_ask(&other, role(OF_ROLE_MASTER, 8), OF_VERSION_1_3);
    assert_int_equal(other.role.role, OF_ROLE_MASTER);
    assert_int_equal(other.role.generation_id, 8);
    expect_error(ask(&bed, flow_add(1, 1, of_apply(&ok, 1))), OF_ERR_IS_SLAVE);
    assert_int_equal(ask(&bed, role(OF_ROLE_NOCHANGE, 0))->role.role, OF_ROLE_SLAVE);
    bed_close(&bed);
}

/* The generation belongs to the switch, and goes round (§6.3.4: signed distance). */
static void test_6_3_4_stale_generations(void **state)
{
    struct bed bed;
    struct other other;

    (void)state;
    bed_open(&bed, OF_VERSION_1_3, 1);
    other_open(&other, &bed, OF_VERSION_1_3);
    ask(&bed, role(OF_ROLE_MASTER, UINT64_MAX - 1));
    other_ask(&other, role(OF_ROLE_MASTER, UINT64_MAX - 2), OF_VERSION_1_3);
    assert_int_equal(other.err, OF_ERR_ROLE_STALE);
    other_ask(&other, role(OF_ROLE_SLAVE, UINT64_MAX - 2), OF_VERSION_1_3);
    assert_int_equal(other.err, OF_ERR_ROLE_STALE);
    other_ask(&other, role(OF_ROLE_MASTER, 1), OF_VERSION_1_3); /* Later, beyond the top. */
    assert_int_equal(other.err, OF_OK);
    expect_error(ask(&bed, role(OF_ROLE_MASTER, UINT64_MAX - 1)), OF_ERR_ROLE_STALE);
    assert_int_equal(ask(&bed, role(OF_ROLE_EQUAL, 0))->role.role, OF_ROLE_EQUAL);
    expect_error(ask(&bed, role((enum of_role)9, 2)), OF_ERR_ROLE_BAD_ROLE);
    bed_close(&bed);
}

/* A connection begins as an equal, whatever it was before it broke. */
static void test_6_3_4_role_ends_with_the_connection(void **state)
{
    struct bed bed;
    struct other other;

    (void)state;
    bed_open(&bed, OF_VERSION_1_3, 1);
    other_open(&other, &bed, OF_VERSION_1_3);
    other_ask(&other, role(OF_ROLE_SLAVE, 2385), OF_VERSION_1_3);
    swtch_conn_disconnected(other.conn);
    swtch_conn_connected(other.conn);
    other_ask(&other, (struct of_msg){.type = OF_HELLO}, OF_VERSION_1_3);
    send_all_up(&bed);
    receive(&bed, 1, 0xa);
    assert_int_equal(other.n[OF_PACKET_IN], 1);
    bed_close(&bed);
}

/* 1.4 §7.4.4: who was master is told. */
static void test_1_4_7_4_4_role_status(void **state)
{
    struct bed bed;
    struct other other;

    (void)state;
    bed_open(&bed, OF_VERSION_1_4, 1);
    other_open(&other, &bed, OF_VERSION_1_4);
    other_ask(&other, role(OF_ROLE_MASTER, 7), OF_VERSION_1_4);
    ask(&bed, role(OF_ROLE_MASTER, 8));
    assert_int_equal(other.n[OF_ROLE_STATUS], 1);
    assert_int_equal(other.role_status.role, OF_ROLE_SLAVE);
    assert_int_equal(other.role_status.reason, OF_RR_MASTER_REQUEST);
    assert_int_equal(other.role_status.generation_id, 8);
    bed_close(&bed);
}

/* 1.4 §7.4.6: who asks for it is told of the group-mods of others that have been done. */
static void test_1_4_7_4_6_requestforward(void **state)
{
    struct bed bed;
    struct other other;
    struct of_msg groups = {.type = OF_GROUP_MOD, .group_mod = {.group_id = 7}};
    struct of_msg want = {.type = OF_SET_ASYNC,
                          .async = {.requestforward = {1, 1}, .said = {1 << 5, 1 << 5}}};

    (void)state;
    bed_open(&bed, OF_VERSION_1_4, 1);
    other_open(&other, &bed, OF_VERSION_1_4);
    assert_null(ask(&bed, groups));
    assert_int_equal(other.n[OF_REQUESTFORWARD], 0);
    other_ask(&other, want, OF_VERSION_1_4);
    expect_error(ask(&bed, groups), OF_ERR_GROUP_EXISTS);
    assert_int_equal(other.n[OF_REQUESTFORWARD], 0);
    groups.group_mod.group_id = 8;
    assert_null(ask(&bed, groups));
    assert_int_equal(other.n[OF_REQUESTFORWARD], 1);
    bed_close(&bed);
}

/* Two versions at one switch: each controller is spoken to in its own. */
static void test_6_3_1_versions_are_of_connections(void **state)
{
    struct bed bed;
    struct other other;
    struct swtch_params params = bed_params(OF_VERSION_1_3, 1);

    (void)state;
    params.versions = 1U << OF_VERSION_1_0 | 1U << OF_VERSION_1_3;
    bed_open_with(&bed, &params);
    other_open(&other, &bed, OF_VERSION_1_3);
    other_ask(&other, (struct of_msg){.type = OF_GET_ASYNC_REQUEST}, OF_VERSION_1_3);
    assert_int_equal(other.n[OF_GET_ASYNC_REPLY], 1);
    assert_int_equal(swtch_version(bed.sw), OF_VERSION_1_0);
    assert_int_equal(ask(&bed, (struct of_msg){.type = OF_BARRIER_REQUEST})->type,
                     OF_BARRIER_REPLY);
    bed_close(&bed);
}

/* An entry that leaves with its group is, for a controller of 1.0, which has no groups, one that is deleted. */
static void test_6_3_1_a_controller_of_1_0_is_told_of_entries_of_groups(void **state)
{
    struct bed bed;
    struct other other;
    struct swtch_params params = bed_params(OF_VERSION_1_3, 1);
    struct of_action go = {.type = OF_ACT_GROUP, .group_id = 7};
    struct of_msg group = {.type = OF_GROUP_MOD, .group_mod = {.group_id = 7}};
    struct of_msg m = flow_add(0xa, 1, of_apply(&go, 1));

    (void)state;
    params.versions = 1U << OF_VERSION_1_0 | 1U << OF_VERSION_1_3;
    bed_open_with(&bed, &params); /* The first one speaks 1.0. */
    other_open(&other, &bed, OF_VERSION_1_3);
    m.flow_mod.flags = OF_FF_SEND_FLOW_REM;
    other_ask(&other, group, OF_VERSION_1_3);
    other_ask(&other, m, OF_VERSION_1_3);
    group.group_mod.command = OF_GC_DELETE;
    bed.n_sent = 0;
    other_ask(&other, group, OF_VERSION_1_3);
    assert_int_equal(other.n[OF_FLOW_REMOVED], 1);
    assert_int_equal(bed.n_sent, 1);
    assert_int_equal(bed.sent[0].msg.flow_removed.reason, OF_REMOVED_DELETE);
    bed_close(&bed);
}

/* What a version cannot say of entries of another is left out, and the others are told. */
static void test_6_3_1_statistics_of_what_a_version_cannot_say(void **state)
{
    struct bed bed;
    struct other other;
    struct swtch_params params = bed_params(OF_VERSION_1_3, 2);
    struct of_action go = {.type = OF_ACT_GROUP, .group_id = 7}, out = of_output(2);
    struct of_msg six = flow_add(0, 1, of_apply(&out, 1));
    struct of_msg req = {.type = OF_MULTIPART_REQUEST, .mp_request = {.type = OF_MP_FLOW}};
    const struct of_multipart_reply *r;

    (void)state;
    params.versions = 1U << OF_VERSION_1_0 | 1U << OF_VERSION_1_3;
    bed_open_with(&bed, &params); /* The first one speaks 1.0. */
    other_open(&other, &bed, OF_VERSION_1_3);
    OF_MATCH_SET(&six.flow_mod.match, ETH_TYPE, eth_type, 0x86dd);
    OF_MATCH_SET(&six.flow_mod.match, IPV6_FLABEL, ipv6_flabel, 2385);
    other_ask(&other, (struct of_msg){.type = OF_GROUP_MOD, .group_mod = {.group_id = 7}},
              OF_VERSION_1_3);
    other_ask(&other, flow_add(0xa, 1, of_apply(&go, 1)), OF_VERSION_1_3);
    other_ask(&other, six, OF_VERSION_1_3);
    other_ask(&other, flow_add(0xb, 238, of_apply(&out, 1)), OF_VERSION_1_3);
    req.mp_request.flow = (struct of_flow_filter){
        .table_id = OF_TABLE_ALL, .out_port = OF_PORT_ANY, .out_group = OF_GROUP_ANY};
    r = &ask(&bed, req)->mp_reply;
    assert_int_equal(r->n, 1);
    assert_int_equal(r->flows[0].priority, 238);
    req.mp_request.type = OF_MP_AGGREGATE;
    assert_int_equal(ask(&bed, req)->mp_reply.aggregate.n_flows, 3);
    bed_close(&bed);
}

/* --- Asynchronous configuration ---------------------------------------------------------------- */

static void test_6_3_5_default_configuration(void **state)
{
    struct bed bed;
    const struct of_async *a;

    (void)state;
    bed_open(&bed, OF_VERSION_1_3, 1);
    a = &ask(&bed, (struct of_msg){.type = OF_GET_ASYNC_REQUEST})->async;
    assert_int_equal(a->packet_in[0], 1 << OF_REASON_NO_MATCH | 1 << OF_REASON_ACTION);
    assert_int_equal(a->packet_in[1], 0);
    assert_int_equal(a->port_status[0], 7);
    assert_int_equal(a->port_status[1], 7);
    assert_int_equal(a->flow_removed[0], 15);
    assert_int_equal(a->flow_removed[1], 0);
    bed_close(&bed);
    bed_open(&bed, OF_VERSION_1_4, 1); /* 1.4 §7.3.10: there are more reasons. */
    a = &ask(&bed, (struct of_msg){.type = OF_GET_ASYNC_REQUEST})->async;
    assert_int_equal(a->packet_in[0], 0x3f & ~(1 << OF_REASON_INVALID_TTL));
    assert_int_equal(a->flow_removed[0], 0x3f);
    bed_close(&bed);
}

static struct of_msg set_async(uint32_t packet_in, uint32_t port_status, uint32_t flow_removed)
{
    return (struct of_msg){.type = OF_SET_ASYNC,
                           .async = {.packet_in = {packet_in, packet_in},
                                     .port_status = {port_status, port_status},
                                     .flow_removed = {flow_removed, flow_removed},
                                     .said = {7, 7}}};
}

static void test_7_3_10_what_is_not_wanted_is_not_sent(void **state)
{
    struct bed bed;

    (void)state;
    bed_open(&bed, OF_VERSION_1_3, 1);
    send_all_up(&bed);
    assert_null(ask(&bed, set_async(1 << OF_REASON_NO_MATCH, 0, 1 << OF_REMOVED_IDLE_TIMEOUT)));
    receive(&bed, 1, 0xa);
    wire_set_up(bed.wires[2], false);
    sim_run_until(bed.sim, (mono_t){300 * NS_PER_S}); /* The hard time-out. */
    assert_int_equal(bed.n_sent, 0);
    assert_null(ask(&bed, set_async(1 << OF_REASON_ACTION, 1 << OF_PORT_MODIFY, 0)));
    send_all_up(&bed);
    receive(&bed, 1, 0xa);
    assert_int_equal(bed.n_sent, 1);
    wire_set_up(bed.wires[2], true);
    assert_int_equal(bed.n_sent, 2);
    bed_close(&bed);
}

/* A slave that asks for packet-ins gets them. */
static void test_7_3_10_slaves_have_a_choice_of_their_own(void **state)
{
    struct bed bed;

    (void)state;
    bed_open(&bed, OF_VERSION_1_3, 1);
    send_all_up(&bed);
    assert_null(ask(&bed, set_async(1 << OF_REASON_ACTION, 7, 15)));
    ask(&bed, role(OF_ROLE_SLAVE, 2385));
    receive(&bed, 1, 0xa);
    assert_int_equal(bed.n_sent, 1);
    assert_int_equal(bed.sent[0].msg.type, OF_PACKET_IN);
    bed_close(&bed);
}

/* Invalid TTLs are reported to who has asked for them (§5.12, §6.3.5). */
static void test_5_12_invalid_ttl_is_reported_when_asked_for(void **state)
{
    struct bed bed;
    struct of_action list[] = {
        {.type = OF_ACT_SET_NW_TTL, .ttl = 1}, {.type = OF_ACT_DEC_NW_TTL}, of_output(2)};
    struct of_msg m = flow_add(0, 5, of_apply(list, 3));

    (void)state;
    bed_open(&bed, OF_VERSION_1_3, 1);
    OF_MATCH_SET(&m.flow_mod.match, ETH_TYPE, eth_type, 0x0800);
    assert_null(ask(&bed, m));
    receive(&bed, 1, 0xa);
    assert_int_equal(bed.n_sent, 0);
    assert_int_equal(bed.n_out[2], 0);
    assert_null(ask(&bed, set_async(1 << OF_REASON_INVALID_TTL, 0, 0)));
    receive(&bed, 1, 0xa);
    assert_int_equal(bed.n_sent, 1);
    assert_int_equal(bed.sent[0].msg.packet_in.reason, OF_REASON_INVALID_TTL);
    bed_close(&bed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_6_3_4_equals_all_get_asynchronous_messages),
        cmocka_unit_test(test_6_3_4_replies_go_to_who_has_asked),
        cmocka_unit_test(test_6_3_4_slave_gets_port_status_only_and_may_not_write),
        cmocka_unit_test(test_6_3_4_one_master),
        cmocka_unit_test(test_6_3_4_stale_generations),
        cmocka_unit_test(test_6_3_4_role_ends_with_the_connection),
        cmocka_unit_test(test_1_4_7_4_4_role_status),
        cmocka_unit_test(test_1_4_7_4_6_requestforward),
        cmocka_unit_test(test_6_3_1_versions_are_of_connections),
        cmocka_unit_test(test_6_3_1_a_controller_of_1_0_is_told_of_entries_of_groups),
        cmocka_unit_test(test_6_3_1_statistics_of_what_a_version_cannot_say),
        cmocka_unit_test(test_6_3_5_default_configuration),
        cmocka_unit_test(test_7_3_10_what_is_not_wanted_is_not_sent),
        cmocka_unit_test(test_7_3_10_slaves_have_a_choice_of_their_own),
        cmocka_unit_test(test_5_12_invalid_ttl_is_reported_when_asked_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

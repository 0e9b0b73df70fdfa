/* Where 1.0 says things differently or cannot say them, and the error numbers of both versions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "controller/openflow/of_codec.h"

struct fixture {
    struct buf bytes;
    struct arena arena;
    struct of_msg out;
};

static int set_up(void **state)
{
    static struct fixture f;

    f = (struct fixture){.bytes = BUF_INIT};
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    buf_fini(&f->bytes);
    arena_fini(&f->arena);
    return 0;
}

static struct of_msg flow_mod_10(const struct of_action *list, size_t n)
{
    struct of_msg msg = {.version = OF_VERSION_1_0, .type = OF_FLOW_MOD, .xid = 2385};

    msg.flow_mod.buffer_id = OF_NO_BUFFER;
    msg.flow_mod.ins = of_apply(list, n);
    return msg;
}

/* Encodes and decodes again into f->out. */
static enum err through(struct fixture *f, const struct of_msg *msg)
{
    enum err err;

    buf_clear(&f->bytes);
    arena_reset(&f->arena);
    err = of_encode(msg, &f->bytes);
    if (!err) {
        assert_int_equal(of_decode(f->bytes.data, f->bytes.len, &f->arena, &f->out), OF_OK);
    }
    return err;
}

#define PUSH of_push_vlan(0x8100)
#define OUT of_output(7)

/* Action lists of 1.3 said in 1.0; NULL: cannot be said. */
static void test_vlan_actions(void **state)
{
    const struct {
        struct of_action list[5];
        size_t n;
        const char *text;
    } cases[] = {
        {{PUSH, of_set_vlan(23), OUT}, 3, "mod_vlan_vid:23,output:7"},
        {{of_set_vlan(85), OUT}, 2, "mod_vlan_vid:85,output:7"},
        {{PUSH, OUT}, 2, "mod_vlan_vid:0,output:7"},
        {{PUSH}, 1, "mod_vlan_vid:0"},
        {{of_pop_vlan(), OUT}, 2, "pop_vlan,output:7"},
        {{PUSH, of_set_vlan(23), of_pop_vlan(), PUSH, of_set_vlan(24)},
         5,
         "mod_vlan_vid:23,pop_vlan,mod_vlan_vid:24"},
        {{PUSH, OUT, of_set_vlan(23)}, 3, "mod_vlan_vid:0,output:7,mod_vlan_vid:23"},
        {{PUSH, PUSH}, 2, NULL},
        {{PUSH, of_set_vlan(23), PUSH, of_set_vlan(24)}, 4, NULL},
        {{of_push_vlan(0x88a8), of_set_vlan(23)}, 2, NULL},
        {{{.type = OF_ACT_GROUP, .group_id = 1}}, 1, NULL},
        {{{.type = OF_ACT_DEC_NW_TTL}}, 1, NULL},
    };
    struct fixture *f = *state;
    char text[200];

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct of_msg msg = flow_mod_10(cases[i].list, cases[i].n);

        if (!cases[i].text) {
            assert_int_equal(through(f, &msg), ERR_UNSUPPORTED);
            continue;
        }
        assert_int_equal(through(f, &msg), ERR_OK);
        of_instructions_print(&f->out.flow_mod.ins, text, sizeof text);
        assert_string_equal(text, cases[i].text);
    }
}

static void test_unsayable_flow_mods(void **state)
{
    struct fixture *f = *state;
    struct of_msg msg = flow_mod_10(NULL, 0);

    msg.flow_mod.ins.has_goto = true;
    assert_int_equal(through(f, &msg), ERR_UNSUPPORTED);
    msg = flow_mod_10(NULL, 0);
    msg.flow_mod.ins.has_meter = true;
    assert_int_equal(through(f, &msg), ERR_UNSUPPORTED);
    msg = flow_mod_10(NULL, 0);
    msg.flow_mod.table_id = 1;
    assert_int_equal(through(f, &msg), ERR_UNSUPPORTED);
    msg = flow_mod_10(NULL, 0);
    msg.flow_mod.flags = OF_FF_NO_PKT_COUNTS;
    assert_int_equal(through(f, &msg), ERR_UNSUPPORTED);
    msg = flow_mod_10(NULL, 0);
    msg.flow_mod.command = OF_FLOW_DELETE;
    msg.flow_mod.cookie_mask = 0xff;
    assert_int_equal(through(f, &msg), ERR_UNSUPPORTED);
    msg.flow_mod.cookie_mask = 0;
    msg.flow_mod.table_id = OF_TABLE_ALL;
    assert_int_equal(through(f, &msg), ERR_OK);
}

/* What only one field of a match spoils. Each function sets one. */
static void eth_masked(struct of_match *m)
{
    OF_MATCH_SET(m, ETH_DST, eth_dst, eth_addr_from_u64(0x010000000000));
    m->m.eth_dst = eth_addr_from_u64(0x010000000000);
    m->masked = OF_BIT(ETH_DST);
}

static void any_tag(struct of_match *m)
{
    OF_MATCH_SET(m, VLAN_VID, vlan_vid, OF_VID_PRESENT);
    m->m.vlan_vid = OF_VID_PRESENT;
    m->masked = OF_BIT(VLAN_VID);
}

static void holey_mask(struct of_match *m)
{
    OF_MATCH_SET(m, ETH_TYPE, eth_type, 0x0800);
    OF_MATCH_SET(m, IPV4_DST, ipv4_dst, 0x0a000001);
    m->m.ipv4_dst = 0xff0000ff;
    m->masked = OF_BIT(IPV4_DST);
}

static void ipv6_proto(struct of_match *m)
{
    OF_MATCH_SET(m, ETH_TYPE, eth_type, 0x86dd);
    OF_MATCH_SET(m, IP_PROTO, ip_proto, 6);
}

static void no_prereq(struct of_match *m)
{
    OF_MATCH_SET(m, IPV4_DST, ipv4_dst, 0x0a000001);
}
static void metadata(struct of_match *m)
{
    OF_MATCH_SET(m, METADATA, metadata, 1);
}

static void large_arp_op(struct of_match *m)
{
    OF_MATCH_SET(m, ETH_TYPE, eth_type, 0x0806);
    OF_MATCH_SET(m, ARP_OP, arp_op, 256);
}

static void test_unsayable_matches(void **state)
{
    void (*const spoilers[])(struct of_match *) = {eth_masked, any_tag,  holey_mask,  ipv6_proto,
                                                   no_prereq,  metadata, large_arp_op};
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof spoilers / sizeof spoilers[0]; i++) {
        struct of_msg msg = flow_mod_10(NULL, 0);

        spoilers[i](&msg.flow_mod.match);
        assert_int_equal(through(f, &msg), ERR_UNSUPPORTED);
    }
}

/* Fields whose prerequisites are missing are ignored on the way in (OF 1.0.1 §3.4). Offsets are
 * those of ofp_match in a flow-mod. */
static void test_ignored_fields_10(void **state)
{
    struct fixture *f = *state;
    struct of_msg msg = flow_mod_10(NULL, 0);
    uint8_t *match;

    OF_MATCH_SET(&msg.flow_mod.match, VLAN_VID, vlan_vid, OF_VID_NONE);
    assert_int_equal(through(f, &msg), ERR_OK);
    match = f->bytes.data + OF_HEADER_LEN;
    memset(match, 0, 4); /* Nothing wildcarded; dl_type 0, so nothing above it counts. */
    match[5] = 9;        /* in_port. */
    match[20] = 3;       /* dl_vlan_pcp. */
    match[25] = 6;       /* nw_proto. */
    match[37] = 80;      /* tp_src. */
    assert_int_equal(of_decode(f->bytes.data, f->bytes.len, &f->arena, &f->out), OF_OK);
    assert_true(f->out.flow_mod.match.present ==
                (OF_BIT(IN_PORT) | OF_BIT(ETH_SRC) | OF_BIT(ETH_DST) | OF_BIT(VLAN_VID) |
                 OF_BIT(ETH_TYPE)));
}

static void test_ports_10(void **state)
{
    struct fixture *f = *state;
    struct of_action out = of_output(OF_PORT_CONTROLLER);
    struct of_msg msg = flow_mod_10(&out, 1);

    assert_int_equal(through(f, &msg), ERR_OK);
    assert_int_equal(f->bytes.data[72 + 4] << 8 | f->bytes.data[72 + 5], 0xfffd);
    assert_int_equal(f->out.flow_mod.ins.apply.list[0].output.port, OF_PORT_CONTROLLER);
    assert_int_equal(f->out.flow_mod.out_port, OF_PORT_ANY);
    out.output.port = 0xfff8;
    assert_int_equal(through(f, &msg), ERR_RANGE);
    out.output.port = OF_PORT_MAX;
    assert_int_equal(through(f, &msg), ERR_RANGE);
}

static void test_values_out_of_range(void **state)
{
    struct fixture *f = *state;
    struct of_action a = of_set_vlan(0x1000 | 23);
    struct of_msg msg = flow_mod_10(&a, 1);

    a.set_field.value.u16 = 0x3017;
    assert_int_equal(through(f, &msg), ERR_RANGE);
    msg.version = OF_VERSION_1_3;
    assert_int_equal(through(f, &msg), ERR_RANGE);
    msg.flow_mod.ins.has_apply = false;
    OF_MATCH_SET(&msg.flow_mod.match, VLAN_PCP, vlan_pcp, 8);
    assert_int_equal(through(f, &msg), ERR_RANGE);
    assert_int_equal(f->bytes.len, 0);
}

/* Skipped in what a switch says, refused in what a controller says. */
static void test_foreign_oxm(void **state)
{
    static const uint8_t nxm_reg0[] = {0x00, 0x01, 0x00, 0x04, 0, 0, 0x23, 0x85};
    struct fixture *f = *state;
    struct of_msg msg = {.version = OF_VERSION_1_3, .type = OF_FLOW_REMOVED};

    assert_int_equal(through(f, &msg), ERR_OK);
    assert_int_equal(f->bytes.len, 56);
    buf_put_zeros(&f->bytes, 8);
    memcpy(f->bytes.data + 52, nxm_reg0, sizeof nxm_reg0);
    f->bytes.data[51] = 12; /* Length of the match. */
    f->bytes.data[3] = 64;
    assert_int_equal(of_decode(f->bytes.data, f->bytes.len, &f->arena, &f->out), OF_OK);
    assert_true(f->out.flow_removed.match.present == 0);
    f->bytes.data[1] = 14; /* As a flow-mod, whose match is at the same place. */
    memset(f->bytes.data + 8, 0, 40);
    assert_int_equal(of_decode(f->bytes.data, f->bytes.len, &f->arena, &f->out),
                     OF_ERR_MATCH_BAD_FIELD);
}

/* A hello is understood whatever its version. */
static void test_hello_of_any_version(void **state)
{
    static const uint8_t hello_15[] = {6, 0, 0, 16, 0, 0, 0x23, 0x85, 0, 1, 0, 8, 0, 0, 0, 0x52};
    static const uint8_t unknown_element[] = {4, 0, 0, 24, 0, 0, 0, 1, 0, 9, 0, 5,
                                              7, 0, 0, 0,  0, 1, 0, 8, 0, 0, 0, 0x10};
    struct fixture *f = *state;

    assert_int_equal(of_decode(hello_15, sizeof hello_15, &f->arena, &f->out), OF_OK);
    assert_int_equal(f->out.version, 6);
    assert_int_equal(f->out.hello.versions, 0x52);
    assert_int_equal(of_decode(unknown_element, sizeof unknown_element, &f->arena, &f->out), OF_OK);
    assert_int_equal(f->out.hello.versions, 0x10);
}

/* --- Errors ----------------------------------------------------------------------------------- */

static void test_error_numbers(void **state)
{
    static const struct {
        enum of_err err;
        uint16_t type_13, code_13, type_10, code_10;
    } cases[] = {
        {OF_ERR_FLOW_TABLE_FULL, 5, 1, 3, 0},    {OF_ERR_BAD_LEN, 1, 6, 1, 6},
        {OF_ERR_MATCH_BAD_PREREQ, 4, 9, 3, 5},   {OF_ERR_FLOW_UNSUPPORTED, 5, 0, 3, 5},
        {OF_ERR_INST_UNKNOWN, 3, 0, 3, 5},       {OF_ERR_PORT_BAD_HW_ADDR, 7, 1, 4, 1},
        {OF_ERR_HELLO_INCOMPATIBLE, 0, 0, 0, 0}, {OF_ERR_ACT_BAD_SET_LEN, 2, 14, 2, 5},
        {OF_ERR_FLOW_BAD_COMMAND, 5, 6, 3, 4},   {OF_ERR_TFF_BAD_LEN, 13, 3, 1, 2},
        {OF_ERR_GROUP_BAD_WATCH, 6, 13, 1, 1},   {OF_ERR_METER_BAD_BAND, 12, 8, 1, 1},
        {OF_ERR_QUEUE_BAD_QUEUE, 9, 1, 5, 1},    {OF_ERR_PORT_BAD_CONFIG, 7, 2, 1, 5},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint16_t type, code;

        of_err_to_wire(cases[i].err, OF_VERSION_1_3, &type, &code);
        assert_int_equal(type, cases[i].type_13);
        assert_int_equal(code, cases[i].code_13);
        of_err_to_wire(cases[i].err, OF_VERSION_1_0, &type, &code);
        assert_int_equal(type, cases[i].type_10);
        assert_int_equal(code, cases[i].code_10);
    }
    assert_int_equal(of_err_from_wire(OF_VERSION_1_3, 5, 1), OF_ERR_FLOW_TABLE_FULL);
    assert_int_equal(of_err_from_wire(OF_VERSION_1_0, 3, 0), OF_ERR_FLOW_TABLE_FULL);
    assert_int_equal(of_err_from_wire(OF_VERSION_1_3, 12, 0), OF_ERR_METER_UNKNOWN);
    assert_int_equal(of_err_from_wire(OF_VERSION_1_3, 12, 12), OF_N_ERRS);
    assert_string_equal(of_err_name(OF_ERR_FLOW_TABLE_FULL), "FLOW_TABLE_FULL");
}

/* Numbers that a version has come back as the same error, and are those of later versions; every error
 * has numbers in every version. */
static void test_error_round_trip(void **state)
{
    int n_new[3] = {0};

    (void)state;
    for (unsigned i = OF_OK + 1; i < OF_N_ERRS; i++) {
        uint16_t type, code, type_15, code_15;

        of_err_to_wire((enum of_err)i, OF_VERSION_1_0, &type, &code);
        assert_true(type <= 5);
        of_err_to_wire((enum of_err)i, OF_VERSION_1_5, &type_15, &code_15);
        assert_int_equal(of_err_from_wire(OF_VERSION_1_5, type_15, code_15),
                         i == OF_ERR_FLOW_UNSUPPORTED
                             ? OF_ERR_FLOW_UNKNOWN
                             : of_err_modern((enum of_err)i, OF_VERSION_1_5));
        for (uint8_t v = OF_VERSION_1_3; v <= OF_VERSION_1_5; v++) {
            enum of_err back;

            of_err_to_wire((enum of_err)i, v, &type, &code);
            back = of_err_from_wire(v, type, code);
            assert_true(back < OF_N_ERRS);
            n_new[v - OF_VERSION_1_3] += back == i;
            assert_true(back != i || v == OF_VERSION_1_5 || of_err_modern(back, v + 1) != back ||
                        (type == type_15 && code == code_15));
        }
    }
    assert_int_equal(n_new[0], 111);
    assert_int_equal(n_new[1], 111 - 3 + 41);
    assert_int_equal(n_new[2], n_new[1] + 18);
}

/* What 1.4 and 1.5 have brought, and what earlier versions say instead. */
static void test_new_errors(void **state)
{
    static const struct {
        enum of_err err;
        uint8_t version;
        uint16_t type, code;
    } cases[] = {
        {OF_ERR_PROP_DUP_TYPE, OF_VERSION_1_4, 14, 4},
        {OF_ERR_PROP_DUP_TYPE, OF_VERSION_1_3, 1, 5},
        {OF_ERR_TFF_BAD_LEN, OF_VERSION_1_4, 14, 1},
        {OF_ERR_TFF_BAD_TYPE, OF_VERSION_1_5, 14, 0},
        {OF_ERR_TFF_BAD_ARGUMENT, OF_VERSION_1_4, 14, 2},
        {OF_ERR_TFF_BAD_MAX_ENT, OF_VERSION_1_5, 13, 7},
        {OF_ERR_TFF_BAD_MAX_ENT, OF_VERSION_1_4, 13, 5},
        {OF_ERR_INST_DUP, OF_VERSION_1_4, 3, 9},
        {OF_ERR_INST_DUP, OF_VERSION_1_3, 3, 1},
        {OF_ERR_INST_DUP, OF_VERSION_1_0, 3, 5},
        {OF_ERR_BUNDLE_MSG_BAD_XID, OF_VERSION_1_4, 17, 9},
        {OF_ERR_BUNDLE_SCHED_PAST, OF_VERSION_1_5, 17, 18},
        {OF_ERR_BUNDLE_SCHED_PAST, OF_VERSION_1_4, 1, 1},
        {OF_ERR_MONITOR_BAD_OUT, OF_VERSION_1_4, 16, 7},
        {OF_ERR_ASYNC_INVALID, OF_VERSION_1_5, 15, 0},
        {OF_ERR_FLOW_UNSUPPORTED, OF_VERSION_1_4, 5, 0},
        {OF_ERR_BAD_VERSION, 9, 1, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint16_t type, code;

        of_err_to_wire(cases[i].err, cases[i].version, &type, &code);
        assert_int_equal(type, cases[i].type);
        assert_int_equal(code, cases[i].code);
    }
    assert_int_equal(of_err_from_wire(OF_VERSION_1_3, 14, 4), OF_N_ERRS);
    assert_int_equal(of_err_from_wire(OF_VERSION_1_4, 17, 16), OF_N_ERRS);
    assert_int_equal(of_err_from_wire(OF_VERSION_1_4, 13, 3), OF_N_ERRS);
    assert_int_equal(of_err_from_wire(OF_VERSION_1_4, 5, 1), OF_ERR_FLOW_TABLE_FULL);
}

/* --- What a later version brought ------------------------------------------------------------------ */

static void expect(struct fixture *f, struct of_msg msg, uint8_t version, enum err err)
{
    msg.version = version;
    assert_int_equal(through(f, &msg), err);
}

/* Said in 1.4 and not in 1.3. */
static void check_since_14(struct fixture *f, const struct of_msg *msg)
{
    expect(f, *msg, OF_VERSION_1_3, ERR_UNSUPPORTED);
    expect(f, *msg, OF_VERSION_1_4, ERR_OK);
}

static void test_messages_since_14(void **state)
{
    struct fixture *f = *state;
    const struct of_port_mod_optical optical = {.configure = 2, .freq = 191700000};
    const struct of_msg held = {.type = OF_TABLE_MOD};
    struct of_msg msg = {.type = OF_TABLE_MOD, .table_mod = {.config = OF_TC_EVICTION}};

    check_since_14(f, &msg);
    msg.table_mod = (struct of_table_mod){.has_vacancy = true, .vacancy_up_percent = 30};
    check_since_14(f, &msg);
    assert_int_equal(f->out.table_mod.vacancy_up_percent, 30);
    msg = (struct of_msg){.type = OF_SET_ASYNC, .async = {.said = {7, 7}}};
    expect(f, msg, OF_VERSION_1_3, ERR_OK);
    msg.async.said[0] = 1 << 4;
    msg.async.table_status[0] = 1 << OF_TR_VACANCY_DOWN;
    check_since_14(f, &msg);
    msg = (struct of_msg){.type = OF_PORT_MOD, .port_mod = {.port_no = 7, .optical = &optical}};
    check_since_14(f, &msg);
    assert_int_equal(f->out.port_mod.optical->freq, 191700000);
    expect(f, msg, OF_VERSION_1_0, ERR_UNSUPPORTED);
    msg = (struct of_msg){.type = OF_BUNDLE_ADD_MESSAGE, .xid = 23};
    msg.bundle_add.message = &held;
    check_since_14(f, &msg);
    assert_int_equal(f->out.bundle_add.message->xid, 23);
    assert_int_equal(f->out.bundle_add.message->version, OF_VERSION_1_4);
    msg = (struct of_msg){.type = OF_MULTIPART_REQUEST, .mp_request = {.type = OF_MP_TABLE_DESC}};
    check_since_14(f, &msg);
    msg = (struct of_msg){.type = OF_QUEUE_GET_CONFIG_REQUEST, .queue_port = 7};
    expect(f, msg, OF_VERSION_1_3, ERR_OK);
    expect(f, msg, OF_VERSION_1_4, ERR_UNSUPPORTED);
}

/* What a bundle or a forwarded request cannot hold is our mistake. */
static void test_unholdable_messages(void **state)
{
    struct fixture *f = *state;
    const struct of_msg barrier = {.type = OF_BARRIER_REQUEST};
    const struct of_msg queues = {.type = OF_QUEUE_GET_CONFIG_REQUEST};
    const struct of_action unsayable = {.type = OF_ACT_COPY_FIELD};
    struct of_msg held = {.type = OF_PACKET_OUT, .packet_out = {.in_port = 7}};
    struct of_msg msg = {.type = OF_BUNDLE_ADD_MESSAGE, .bundle_add = {.message = &barrier}};

    expect(f, msg, OF_VERSION_1_4, ERR_RANGE);
    msg.bundle_add.message = &queues;
    expect(f, msg, OF_VERSION_1_4, ERR_RANGE);
    msg.bundle_add.message = NULL;
    expect(f, msg, OF_VERSION_1_4, ERR_RANGE);
    held.packet_out.actions = (struct of_actions){&unsayable, 1};
    msg.bundle_add.message = &held;
    expect(f, msg, OF_VERSION_1_4, ERR_UNSUPPORTED);
    assert_int_equal(f->bytes.len, 0);
    msg = (struct of_msg){.type = OF_REQUESTFORWARD, .requestforward = {.request = &held}};
    expect(f, msg, OF_VERSION_1_4, ERR_RANGE);
    msg = (struct of_msg){.type = OF_BUNDLE_CONTROL};
    msg.bundle_control.type = OF_N_BUNDLE_TYPES;
    expect(f, msg, OF_VERSION_1_4, ERR_RANGE);
    msg.bundle_control = (struct of_bundle_control){.flags = OF_BF_TIME};
    expect(f, msg, OF_VERSION_1_4, ERR_UNSUPPORTED);
    expect(f, msg, OF_VERSION_1_5, ERR_OK);
}

static void test_fields_of_later_versions(void **state)
{
    struct fixture *f = *state;
    struct of_action set = {.type = OF_ACT_SET_FIELD};
    struct of_msg msg = {.type = OF_FLOW_MOD, .flow_mod = {.buffer_id = OF_NO_BUFFER}};

    OF_MATCH_SET(&msg.flow_mod.match, ETH_TYPE, eth_type, 0x88e7);
    OF_MATCH_SET(&msg.flow_mod.match, PBB_UCA, pbb_uca, 1);
    check_since_14(f, &msg);
    assert_true(of_match_eq(&f->out.flow_mod.match, &msg.flow_mod.match));
    expect(f, msg, OF_VERSION_1_0, ERR_UNSUPPORTED);
    of_match_clear(&msg.flow_mod.match);
    OF_MATCH_SET(&msg.flow_mod.match, PACKET_TYPE, packet_type, 1);
    expect(f, msg, OF_VERSION_1_4, ERR_UNSUPPORTED);
    expect(f, msg, OF_VERSION_1_5, ERR_OK);
    of_match_clear(&msg.flow_mod.match);
    OF_MATCH_SET(&msg.flow_mod.match, ETH_TYPE, eth_type, 0x88e7);
    set.set_field.field = OF_FIELD_PBB_UCA;
    msg.flow_mod.ins = of_apply(&set, 1);
    check_since_14(f, &msg);
}

/* The importance of an entry is only said since 1.4, and reasons only then told apart. */
static void test_what_13_leaves_out(void **state)
{
    struct fixture *f = *state;
    struct of_msg msg = {.type = OF_FLOW_MOD,
                         .flow_mod = {.buffer_id = OF_NO_BUFFER, .importance = 2385}};

    check_since_14(f, &(struct of_msg){.type = OF_BUNDLE_CONTROL});
    expect(f, msg, OF_VERSION_1_4, ERR_OK);
    assert_int_equal(f->out.flow_mod.importance, 2385);
    expect(f, msg, OF_VERSION_1_3, ERR_OK);
    assert_int_equal(f->out.flow_mod.importance, 0);
    msg = (struct of_msg){.type = OF_FLOW_REMOVED};
    msg.flow_removed.reason = OF_REMOVED_EVICTION;
    expect(f, msg, OF_VERSION_1_4, ERR_OK);
    assert_int_equal(f->out.flow_removed.reason, OF_REMOVED_EVICTION);
    expect(f, msg, OF_VERSION_1_3, ERR_OK);
    assert_int_equal(f->out.flow_removed.reason, OF_REMOVED_DELETE);
    msg = (struct of_msg){.type = OF_PACKET_IN};
    msg.packet_in.in_port = 7;
    msg.packet_in.reason = OF_REASON_GROUP;
    expect(f, msg, OF_VERSION_1_4, ERR_OK);
    assert_int_equal(f->out.packet_in.reason, OF_REASON_GROUP);
    expect(f, msg, OF_VERSION_1_3, ERR_OK);
    assert_int_equal(f->out.packet_in.reason, OF_REASON_ACTION);
}

/* --- Frames ----------------------------------------------------------------------------------- */

static void test_frames(void **state)
{
    static const uint8_t two[] = {4, 2, 0, 9, 0, 0, 0, 1, 7, 4, 20, 0, 8, 0, 0, 0, 2};
    static const uint8_t bad[] = {4, 2, 0, 7};
    size_t len = 0;

    (void)state;
    for (size_t n = 0; n < 9; n++) {
        assert_int_equal(of_frame_split(two, n, &len), OF_FRAME_PARTIAL);
    }
    for (size_t n = 9; n <= sizeof two; n++) {
        assert_int_equal(of_frame_split(two, n, &len), OF_FRAME_WHOLE);
        assert_int_equal(len, 9);
    }
    assert_int_equal(of_frame_split(two + 9, 8, &len), OF_FRAME_WHOLE);
    assert_int_equal(len, 8);
    assert_int_equal(of_frame_split(bad, 3, &len), OF_FRAME_PARTIAL);
    assert_int_equal(of_frame_split(bad, 4, &len), OF_FRAME_BAD);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_vlan_actions),
        TEST(test_unsayable_flow_mods),
        TEST(test_unsayable_matches),
        TEST(test_ignored_fields_10),
        TEST(test_ports_10),
        TEST(test_values_out_of_range),
        TEST(test_foreign_oxm),
        TEST(test_hello_of_any_version),
        TEST(test_messages_since_14),
        TEST(test_unholdable_messages),
        TEST(test_fields_of_later_versions),
        TEST(test_what_13_leaves_out),
        cmocka_unit_test(test_error_numbers),
        cmocka_unit_test(test_error_round_trip),
        cmocka_unit_test(test_new_errors),
        cmocka_unit_test(test_frames),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Conformance of the switch to the tables of 1.5 (OpenFlow 1.5.1): what they tell of themselves, and those for frames
 * that leave. Clauses are those of 1.5. */
#include "tests/simnet/conf_frames.h"
#include "tests/simnet/group_bed.h"

static void open_bed(struct bed *bed)
{
    bed_open(bed, OF_VERSION_1_5, 3);
}

static struct of_msg request(enum of_mp_type type)
{
    return (struct of_msg){.type = OF_MULTIPART_REQUEST, .mp_request = {.type = type}};
}

/* --- Table features --------------------------------------------------------------------------- */

/* OFPTFF_*. */
enum { INGRESS = 1, EGRESS = 2, FIRST_EGRESS = 16 };

static const struct of_table_prop *prop_of(const struct of_table_features *f,
                                           enum of_table_prop_type type)
{
    for (size_t i = 0; i < f->n_props; i++) {
        if (f->props[i].type == type) {
            return &f->props[i];
        }
    }
    fail_msg("no property %d", type);
    return NULL;
}

/* A table tells what 1.5 can do, and a controller of 1.3 is told nothing that it does not know. */
static void test_7_3_5_18_table_features(void **state)
{
    const struct of_table_features *f;
    struct bed bed;

    (void)state;
    open_bed(&bed);
    f = &ask(&bed, request(OF_MP_TABLE_FEATURES))->mp_reply.table_features[0];
    assert_int_equal(f->features, INGRESS);
    assert_int_equal(f[1].features, INGRESS | EGRESS);
    assert_true(prop_of(f, OF_TFP_MATCH)->fields & OF_BIT(TCP_FLAGS));
    assert_true(prop_of(f, OF_TFP_MATCH)->fields & OF_BIT(ACTSET_OUTPUT));
    assert_true(prop_of(f, OF_TFP_APPLY_ACTIONS)->actions & 1U << OF_ACT_COPY_FIELD);
    assert_true(prop_of(f, OF_TFP_APPLY_ACTIONS)->actions & 1U << OF_ACT_METER);
    assert_true(prop_of(f, OF_TFP_INSTRUCTIONS)->instructions & 1 << 7);
    assert_true(prop_of(f, OF_TFP_APPLY_COPYFIELD)->fields & OF_BIT(METADATA));
    assert_int_equal(prop_of(f, OF_TFP_PACKET_TYPES)->n_packet_types, 1);
    bed_close(&bed);
    bed_open(&bed, OF_VERSION_1_3, 1);
    f = &ask(&bed, request(OF_MP_TABLE_FEATURES))->mp_reply.table_features[0];
    assert_false(prop_of(f, OF_TFP_MATCH)->fields & OF_BIT(PBB_UCA));
    bed_close(&bed);
}

/* --- Egress tables ----------------------------------------------------------------------------- */

enum { N_TABLES = 4, FIRST = 2 };

static struct of_table_features shape_of(uint8_t table_id, uint32_t features)
{
    return (struct of_table_features){.table_id = table_id,
                                      .command = OF_TFC_MODIFY,
                                      .metadata_match = UINT64_MAX,
                                      .max_entries = 5,
                                      .features = features,
                                      .name = "t"};
}

static const struct of_msg *reshape(struct bed *bed, const struct of_table_features *list, size_t n)
{
    struct of_msg m = request(OF_MP_TABLE_FEATURES);

    m.mp_request.table_features.list = list;
    m.mp_request.table_features.n = n;
    return ask(bed, m);
}

/* Tables 0 and 1 for frames that come in, 2 and 3 for those that leave. */
static void open_egress_bed(struct bed *bed)
{
    struct of_table_features f = shape_of(FIRST, INGRESS | EGRESS | FIRST_EGRESS);

    bed_open(bed, OF_VERSION_1_5, N_TABLES);
    assert_int_equal(reshape(bed, &f, 1)->type, OF_MULTIPART_REPLY);
}

static const struct of_msg *put(struct bed *bed, uint8_t table_id, uint16_t priority,
                                port_no_t port, struct of_instructions ins)
{
    struct of_msg m = flow_add(0, priority, ins);

    m.flow_mod.table_id = table_id;
    if (port) {
        OF_MATCH_SET(&m.flow_mod.match, ACTSET_OUTPUT, actset_output, port);
    }
    return ask(bed, m);
}

static void test_7_3_5_18_first_egress_table(void **state)
{
    const struct of_table_features *f;
    struct of_table_features again = shape_of(FIRST, INGRESS | EGRESS);
    struct bed bed;

    (void)state;
    open_egress_bed(&bed);
    f = ask(&bed, request(OF_MP_TABLE_FEATURES))->mp_reply.table_features;
    assert_int_equal(f[0].features, INGRESS);
    assert_int_equal(f[1].features, INGRESS | EGRESS);
    assert_int_equal(f[2].features, INGRESS | EGRESS | FIRST_EGRESS);
    assert_int_equal(f[3].features, INGRESS | EGRESS);
    assert_int_equal(prop_of(&f[0], OF_TFP_NEXT_TABLES)->n_next_tables, 1);
    assert_int_equal(prop_of(&f[1], OF_TFP_NEXT_TABLES)->n_next_tables, 0);
    assert_int_equal(prop_of(&f[2], OF_TFP_NEXT_TABLES)->n_next_tables, 1);
    assert_int_equal(prop_of(&f[2], OF_TFP_NEXT_TABLES)->next_tables[0], 3);
    assert_true(prop_of(&f[1], OF_TFP_WRITE_ACTIONS)->actions & 1U << OF_ACT_OUTPUT);
    assert_false(prop_of(&f[2], OF_TFP_WRITE_ACTIONS)->actions &
                 (1U << OF_ACT_OUTPUT | 1U << OF_ACT_GROUP));
    assert_true(prop_of(&f[2], OF_TFP_APPLY_ACTIONS)->actions & 1U << OF_ACT_OUTPUT);
    f = reshape(&bed, &again, 1)->mp_reply.table_features; /* No more. */
    assert_int_equal(f[2].features, INGRESS | EGRESS);
    assert_int_equal(prop_of(&f[0], OF_TFP_NEXT_TABLES)->n_next_tables, 3);
    bed_close(&bed);
}

static void test_7_3_5_18_bad_features(void **state)
{
    static const struct of_table_features bad[] = {
        {.table_id = 0, .command = OF_TFC_MODIFY, .max_entries = 5, .features = INGRESS | EGRESS},
        {.table_id = 0,
         .command = OF_TFC_MODIFY,
         .max_entries = 5,
         .features = INGRESS | FIRST_EGRESS},
        {.table_id = 1,
         .command = OF_TFC_MODIFY,
         .max_entries = 5,
         .features = INGRESS | FIRST_EGRESS},
        {.table_id = 1, .command = OF_TFC_MODIFY, .max_entries = 5, .features = INGRESS | 1 << 2},
    };
    struct of_table_features two[] = {shape_of(1, EGRESS | FIRST_EGRESS),
                                      shape_of(3, EGRESS | FIRST_EGRESS)};
    struct bed bed;

    (void)state;
    bed_open(&bed, OF_VERSION_1_5, N_TABLES);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        expect_error(reshape(&bed, &bad[i], 1), OF_ERR_TFF_BAD_FEATURES);
    }
    expect_error(reshape(&bed, two, 2), OF_ERR_TFF_BAD_FEATURES);
    assert_int_equal(ask(&bed, request(OF_MP_TABLE_FEATURES))->mp_reply.table_features[1].features,
                     INGRESS | EGRESS);
    bed_close(&bed);
}

/* The tables that an entry may go on to are others then (1.3.5 §7.3.5.5.1). */
static void test_7_3_5_18_entries_go_when_the_first_egress_table_changes(void **state)
{
    struct of_table_features f = shape_of(3, EGRESS | FIRST_EGRESS);
    struct bed bed;

    (void)state;
    open_egress_bed(&bed);
    assert_null(put(&bed, 0, 7, 0, (struct of_instructions){0}));
    assert_null(put(&bed, 2, 7, 0, (struct of_instructions){0}));
    assert_int_equal(reshape(&bed, &f, 1)->type, OF_MULTIPART_REPLY);
    for (uint8_t t = 0; t < N_TABLES; t++) {
        assert_int_equal(table_size(swtch_table(bed.sw, t)), 0);
    }
    f = shape_of(3, 0);
    f.command = OF_TFC_DISABLE; /* Then there is none. */
    assert_int_equal(reshape(&bed, &f, 1)->type, OF_MULTIPART_REPLY);
    assert_null(put(&bed, 0, 7, 0, (struct of_instructions){.has_goto = true, .goto_table = 2}));
    bed_close(&bed);
}

static void test_5_1_entries_stay_on_their_side(void **state)
{
    const struct of_instructions to_1 = {.has_goto = true, .goto_table = 1},
                                 to_2 = {.has_goto = true, .goto_table = 2},
                                 to_3 = {.has_goto = true, .goto_table = 3};
    struct of_action out = of_output(2), group = to_group(7), pop = of_pop_vlan();
    struct bed bed;

    (void)state;
    open_egress_bed(&bed);
    assert_null(put(&bed, 0, 7, 0, to_1));
    expect_error(put(&bed, 0, 7, 0, to_2), OF_ERR_INST_BAD_TABLE_ID);
    expect_error(put(&bed, 1, 7, 0, to_3), OF_ERR_INST_BAD_TABLE_ID);
    assert_null(put(&bed, 2, 7, 0, to_3));
    expect_error(
        put(&bed, 2, 7, 0, (struct of_instructions){.has_write = true, .write = {&out, 1}}),
        OF_ERR_ACT_BAD_TYPE);
    assert_null(ask(&bed, group_msg(OF_GC_ADD, OF_GT_ALL, 7, NULL, 0)));
    expect_error(
        put(&bed, 3, 7, 0, (struct of_instructions){.has_write = true, .write = {&group, 1}}),
        OF_ERR_ACT_BAD_TYPE);
    assert_null(
        put(&bed, 3, 7, 0, (struct of_instructions){.has_write = true, .write = {&pop, 1}}));
    assert_null(put(&bed, 3, 7, 0, of_apply(&out, 1)));
    bed_close(&bed);
}

static uint64_t dst_at(const struct bed *bed, port_no_t port)
{
    struct pkt p;

    assert_int_equal(pkt_parse(bed->out[port].data, bed->out[port].len, &p), ERR_OK);
    return eth_addr_u64(p.eth_dst);
}

static struct of_action set_dst(uint64_t dst)
{
    struct of_action a = {.type = OF_ACT_SET_FIELD, .set_field = {.field = OF_FIELD_ETH_DST}};

    a.set_field.value.eth = eth_addr_from_u64(dst);
    return a;
}

/* Each copy by its own port, and what is done to one is not done to the others. */
static void test_5_1_each_copy_goes_through_the_egress_tables(void **state)
{
    struct of_action flood[3] = {of_output(2), of_output(OF_PORT_FLOOD),
                                 of_output(OF_PORT_IN_PORT)};
    struct of_action change = set_dst(0x2385);
    struct bed bed;

    (void)state;
    open_egress_bed(&bed);
    assert_null(put(&bed, 0, 7, 0, of_apply(flood, 3)));
    receive(&bed, 1, 0xa);
    assert_int_equal(bed.n_out[1] + bed.n_out[2] + bed.n_out[3], 0); /* A miss. */
    assert_null(put(&bed, FIRST, 7, 2, of_apply(&change, 1)));
    assert_null(put(&bed, FIRST, 7, 3, (struct of_instructions){0}));
    receive(&bed, 1, 0xa);
    assert_int_equal(bed.n_out[2], 2);
    assert_int_equal(bed.n_out[3], 1);
    assert_int_equal(bed.n_out[1], 0);
    assert_int_equal(dst_at(&bed, 2), 0x2385);
    assert_int_equal(dst_at(&bed, 3), 0xa);
    assert_null(put(&bed, FIRST, 7, 1, (struct of_instructions){0}));
    receive(&bed, 1, 0xa);
    assert_int_equal(bed.n_out[1], 1); /* By the port it came from, as was said. */
    bed_close(&bed);
}

/* On to the next table; what is written is done; without the output of the set nothing leaves. */
static void test_5_6_action_set_of_egress_tables(void **state)
{
    struct of_action out = of_output(2), change = set_dst(0x2385);
    struct of_instructions write = {
        .has_write = true, .write = {&change, 1}, .has_goto = true, .goto_table = 3};
    struct of_instructions set = {.has_write = true, .write = {&out, 1}};
    struct bed bed;

    (void)state;
    open_egress_bed(&bed);
    assert_null(put(&bed, 0, 7, 0, set));
    assert_null(put(&bed, FIRST, 7, 2, write));
    assert_null(put(&bed, 3, 7, 2, (struct of_instructions){0}));
    receive(&bed, 1, 0xa);
    assert_int_equal(bed.n_out[2], 1);
    assert_int_equal(dst_at(&bed, 2), 0x2385);
    assert_null(put(&bed, 3, 8, 2, (struct of_instructions){.has_clear = true}));
    receive(&bed, 1, 0xa);
    assert_int_equal(bed.n_out[2], 0);
    bed_close(&bed);
}

/* It is for the copies that an entry makes, to a port or the controller: they do not begin again. */
static void test_5_1_copies_of_egress_tables_leave_at_once(void **state)
{
    struct of_action out = of_output(2), copies[2] = {of_output(3), of_output(OF_PORT_CONTROLLER)};
    struct of_instructions first = of_apply(&out, 1);
    struct bed bed;
    struct of_msg m;

    (void)state;
    open_egress_bed(&bed);
    first.has_metadata = true; /* Metadata go on. */
    first.metadata = 0x2385;
    first.metadata_mask = UINT64_MAX;
    first.has_goto = true;
    first.goto_table = 1;
    first.has_apply = false;
    assert_null(put(&bed, 0, 7, 0, first));
    assert_null(put(&bed, 1, 7, 0, of_apply(&out, 1)));
    m = flow_add(0, 7, of_apply(copies, 2));
    m.flow_mod.table_id = FIRST;
    m.flow_mod.cookie = 2385;
    OF_MATCH_SET(&m.flow_mod.match, METADATA, metadata, 0x2385);
    OF_MATCH_SET(&m.flow_mod.match, IN_PORT, in_port, 1);
    OF_MATCH_SET(&m.flow_mod.match, ACTSET_OUTPUT, actset_output, 2);
    assert_null(ask(&bed, m));
    receive(&bed, 1, 0xa);
    assert_int_equal(bed.n_out[2], 1);
    assert_int_equal(bed.n_out[3], 1);
    assert_int_equal(bed.n_sent, 1);
    assert_int_equal(bed.sent[0].msg.packet_in.table_id, FIRST);
    assert_int_equal(bed.sent[0].msg.packet_in.cookie, 2385);
    bed_close(&bed);
}

/* Frames of groups and packet-outs, too; what goes to the controller does not leave by a port. */
static void test_5_1_whatever_leaves_by_a_port(void **state)
{
    struct of_action out = of_output(3), all = to_group(7), asks = of_output(OF_PORT_CONTROLLER);
    struct of_action two = of_output(2), three = of_output(3), change = set_dst(0x2385);
    struct of_bucket buckets[2];
    struct buf frame = udp_frame(0xa);
    struct of_msg packet_out = {.type = OF_PACKET_OUT,
                                .packet_out = {.buffer_id = OF_NO_BUFFER,
                                               .in_port = OF_PORT_CONTROLLER,
                                               .actions = {&out, 1},
                                               .data = {frame.data, frame.len}}};
    struct bed bed;

    (void)state;
    open_egress_bed(&bed);
    OF_MATCH_SET(&packet_out.packet_out.match, IN_PORT, in_port, OF_PORT_CONTROLLER);
    buckets[0] = bucket_of(&two, 1);
    buckets[1] = bucket_of(&three, 1);
    assert_null(ask(&bed, group_msg(OF_GC_ADD, OF_GT_ALL, 7, buckets, 2)));
    assert_null(put(&bed, 0, 7, 0, of_apply(&all, 1)));
    assert_null(put(&bed, FIRST, 7, 3, of_apply(&change, 1)));
    receive(&bed, 1, 0xa);
    assert_int_equal(bed.n_out[2], 0); /* A miss there. */
    assert_int_equal(bed.n_out[3], 1);
    assert_int_equal(dst_at(&bed, 3), 0x2385);
    memset(bed.n_out, 0, sizeof bed.n_out);
    assert_null(ask(&bed, packet_out));
    sim_run_until(bed.sim, (mono_t){NS_PER_S});
    assert_int_equal(bed.n_out[3], 1);
    assert_int_equal(dst_at(&bed, 3), 0x2385);
    assert_null(put(&bed, 0, 8, 0, of_apply(&asks, 1)));
    receive(&bed, 1, 0xa);
    assert_int_equal(bed.n_sent, 1);
    assert_int_equal(bed.sent[0].msg.packet_in.table_id, 0);
    buf_fini(&frame);
    bed_close(&bed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_7_3_5_18_table_features),
        cmocka_unit_test(test_7_3_5_18_first_egress_table),
        cmocka_unit_test(test_7_3_5_18_bad_features),
        cmocka_unit_test(test_7_3_5_18_entries_go_when_the_first_egress_table_changes),
        cmocka_unit_test(test_5_1_entries_stay_on_their_side),
        cmocka_unit_test(test_5_1_each_copy_goes_through_the_egress_tables),
        cmocka_unit_test(test_5_6_action_set_of_egress_tables),
        cmocka_unit_test(test_5_1_copies_of_egress_tables_leave_at_once),
        cmocka_unit_test(test_5_1_whatever_leaves_by_a_port),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

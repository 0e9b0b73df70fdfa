/* Changes of the tables by a controller (OF 1.3.5 §7.3.5.5; 1.5 §7.3.5.18). */
#include <stdio.h>

#include "tests/simnet/switch_bed.h"

enum { N_TABLES = 4, ANY = 7 };

static void open_bed(struct bed *bed, uint8_t version)
{
    bed_open(bed, version, N_TABLES);
}

static struct of_table_features table(uint8_t id, const char *name, uint32_t max_entries)
{
    struct of_table_features f = {.table_id = id,
                                  .metadata_match = UINT64_MAX,
                                  .metadata_write = 0xff,
                                  .max_entries = max_entries};

    snprintf(f.name, sizeof f.name, "%s", name);
    return f;
}

static struct of_msg request(const struct of_table_features *list, size_t n, bool more)
{
    return (struct of_msg){.type = OF_MULTIPART_REQUEST,
                           .mp_request = {.type = OF_MP_TABLE_FEATURES,
                                          .more = more,
                                          .table_features = {.list = list, .n = n}}};
}

static const struct of_msg *ask_for(struct bed *bed, const struct of_table_features *list, size_t n)
{
    return ask(bed, request(list, n, false));
}

static struct of_msg entry(uint8_t table_id, int next)
{
    struct of_instructions ins = {.has_goto = next >= 0, .goto_table = (uint8_t)next};
    struct of_msg m = flow_add(2385, ANY, ins);

    m.flow_mod.table_id = table_id;
    m.flow_mod.flags = OF_FF_SEND_FLOW_REM;
    return m;
}

static void fill_tables(struct bed *bed)
{
    for (uint8_t t = 0; t < N_TABLES; t++) {
        assert_null(ask(bed, entry(t, t + 1 < N_TABLES ? t + 1 : -1)));
    }
}

static uint32_t size(const struct bed *bed, uint8_t t)
{
    return table_size(swtch_table(bed->sw, t));
}

/* --- Which tables there are -------------------------------------------------------------------- */

static void test_7_3_5_5_1_tables_that_are_not_named_go(void **state)
{
    const struct of_table_features list[] = {table(0, "first", 5), table(2, "last", 5)};
    const struct of_msg *a;
    struct bed bed;

    (void)state;
    open_bed(&bed, OF_VERSION_1_3);
    a = ask_for(&bed, list, 2);
    assert_int_equal(a->type, OF_MULTIPART_REPLY);
    assert_int_equal(a->mp_reply.n, 2);
    assert_int_equal(a->mp_reply.table_features[0].table_id, 0);
    assert_string_equal(a->mp_reply.table_features[0].name, "first");
    assert_int_equal(a->mp_reply.table_features[1].table_id, 2);
    expect_error(ask(&bed, entry(1, -1)), OF_ERR_FLOW_BAD_TABLE_ID);
    expect_error(ask(&bed, entry(0, 1)), OF_ERR_INST_BAD_TABLE_ID);
    expect_error(ask(&bed, entry(0, 3)), OF_ERR_INST_BAD_TABLE_ID);
    assert_null(ask(&bed, entry(0, 2)));
    a = ask(&bed,
            (struct of_msg){.type = OF_MULTIPART_REQUEST, .mp_request = {.type = OF_MP_TABLE}});
    assert_int_equal(a->mp_reply.n, 2);
    assert_int_equal(a->mp_reply.tables[1].table_id, 2);
    bed_close(&bed);
}

static void test_7_3_5_5_1_next_tables_are_those_that_there_are(void **state)
{
    const struct of_table_features list[] = {table(0, "a", 5), table(2, "b", 5)};
    const struct of_table_features *f;
    struct bed bed;

    (void)state;
    open_bed(&bed, OF_VERSION_1_3);
    f = ask_for(&bed, list, 2)->mp_reply.table_features;
    for (size_t i = 0; i < f->n_props; i++) {
        if (f->props[i].type == OF_TFP_NEXT_TABLES) {
            assert_int_equal(f->props[i].n_next_tables, 1);
            assert_int_equal(f->props[i].next_tables[0], 2);
        }
    }
    bed_close(&bed);
}

static void test_7_3_5_5_1_tables_come_back(void **state)
{
    struct of_table_features list[N_TABLES];
    struct bed bed;

    (void)state;
    open_bed(&bed, OF_VERSION_1_3);
    for (uint8_t t = 0; t < N_TABLES; t++) {
        list[t] = table(t, "t", 5);
    }
    assert_int_equal(ask_for(&bed, list, 1)->mp_reply.n, 1);
    expect_error(ask(&bed, entry(3, -1)), OF_ERR_FLOW_BAD_TABLE_ID);
    assert_int_equal(ask_for(&bed, list, N_TABLES)->mp_reply.n, N_TABLES);
    assert_null(ask(&bed, entry(3, -1)));
    bed_close(&bed);
}

/* "Flow entries from flow tables that had their capabilities change are removed, but no flow removed messages
 * are sent." */
static void test_7_3_5_5_1_entries_go_without_a_word(void **state)
{
    const struct of_table_features list[] = {table(0, "a", 5), table(1, "b", 5), table(3, "d", 5)};
    struct bed bed;

    (void)state;
    open_bed(&bed, OF_VERSION_1_3);
    fill_tables(&bed);
    assert_int_equal(ask_for(&bed, list, 3)->type, OF_MULTIPART_REPLY);
    assert_int_equal(bed.n_sent, 1);
    assert_int_equal(size(&bed, 0), 0); /* It may not go on to table 2 any more. */
    assert_int_equal(size(&bed, 1), 0);
    assert_int_equal(size(&bed, 2), 0);
    assert_int_equal(size(&bed, 3), 1);
    bed_close(&bed);
}

static void test_7_3_5_5_1_the_same_tables_keep_their_entries(void **state)
{
    struct of_table_features list[N_TABLES];
    struct bed bed;

    (void)state;
    open_bed(&bed, OF_VERSION_1_3);
    fill_tables(&bed);
    for (uint8_t t = 0; t < N_TABLES; t++) {
        list[t] = table(t, "renamed", 3);
    }
    assert_string_equal(ask_for(&bed, list, N_TABLES)->mp_reply.table_features[3].name, "renamed");
    for (uint8_t t = 0; t < N_TABLES; t++) {
        assert_int_equal(size(&bed, t), 1);
    }
    bed_close(&bed);
}

static void test_7_3_5_5_1_a_table_takes_as_many_entries_as_it_is_to(void **state)
{
    const struct of_table_features list[] = {table(0, "a", 2)};
    struct bed bed;

    (void)state;
    open_bed(&bed, OF_VERSION_1_3);
    assert_int_equal(ask_for(&bed, list, 1)->mp_reply.table_features[0].max_entries, 2);
    assert_null(ask(&bed, flow_add(1, ANY, (struct of_instructions){0})));
    assert_null(ask(&bed, flow_add(2, ANY, (struct of_instructions){0})));
    expect_error(ask(&bed, flow_add(3, ANY, (struct of_instructions){0})), OF_ERR_FLOW_TABLE_FULL);
    bed_close(&bed);
}

static void test_5_1_packets_meet_the_tables_that_are_left(void **state)
{
    static const struct of_action out = {.type = OF_ACT_OUTPUT, .output = {.port = 2}};
    const struct of_table_features list[] = {table(0, "a", 5), table(3, "d", 5)};
    struct of_msg last = flow_add(0, ANY, of_apply(&out, 1));
    struct bed bed;

    (void)state;
    open_bed(&bed, OF_VERSION_1_3);
    assert_int_equal(ask_for(&bed, list, 2)->mp_reply.n, 2);
    assert_null(ask(&bed, entry(0, 3)));
    last.flow_mod.table_id = 3;
    assert_null(ask(&bed, last));
    receive(&bed, 1, 2385);
    assert_int_equal(bed.n_out[2], 1);
    bed_close(&bed);
}

/* --- What is refused --------------------------------------------------------------------------- */

static void refused(const struct of_table_features *list, size_t n, enum of_err err)
{
    struct bed bed;

    open_bed(&bed, OF_VERSION_1_3);
    fill_tables(&bed);
    expect_error(ask_for(&bed, list, n), err);
    assert_int_equal(bed.n_sent, 1);
    for (uint8_t t = 0; t < N_TABLES; t++) { /* All is as it was. */
        assert_int_equal(size(&bed, t), 1);
    }
    assert_string_equal(ask_for(&bed, NULL, 0)->mp_reply.table_features[0].name, "table 0");
    bed_close(&bed);
}

static void test_7_4_4_bad_table(void **state)
{
    const struct of_table_features beyond[] = {table(0, "a", 5), table(N_TABLES, "b", 5)};
    const struct of_table_features without_0[] = {table(1, "a", 5)};
    const struct of_table_features twice[] = {table(0, "a", 5), table(0, "b", 5)};

    (void)state;
    refused(beyond, 2, OF_ERR_TFF_BAD_TABLE);
    refused(without_0, 1, OF_ERR_TFF_BAD_TABLE);
    refused(twice, 2, OF_ERR_TFF_BAD_TABLE);
}

static void refused_prop(struct of_table_prop prop, enum of_err err)
{
    struct of_table_features list[] = {table(0, "a", 5), table(1, "b", 5)};

    list[0].props = &prop;
    list[0].n_props = 1;
    refused(list, 2, err);
}

static void test_7_4_4_bad_argument(void **state)
{
    static const uint8_t gone[] = {1, 2};
    struct of_table_features list[] = {table(0, "a", 6)};
    struct of_table_features config[] = {table(0, "a", 5)};

    (void)state;
    refused(list, 1, OF_ERR_TFF_BAD_ARGUMENT); /* More entries than it can take. */
    config[0].config = 4;
    refused(config, 1, OF_ERR_TFF_BAD_ARGUMENT);
    refused_prop(
        (struct of_table_prop){.type = OF_TFP_NEXT_TABLES, .next_tables = gone, .n_next_tables = 2},
        OF_ERR_TFF_BAD_ARGUMENT); /* Table 2 is not to be there. */
    refused_prop((struct of_table_prop){.type = OF_TFP_NEXT_TABLES_MISS,
                                        .next_tables = gone,
                                        .n_next_tables = 2},
                 OF_ERR_TFF_BAD_ARGUMENT);
    refused_prop((struct of_table_prop){.type = OF_TFP_WRITE_SETFIELD, .fields = OF_BIT(IN_PORT)},
                 OF_ERR_TFF_BAD_ARGUMENT);
    refused_prop(
        (struct of_table_prop){.type = OF_TFP_APPLY_SETFIELD_MISS, .fields = OF_BIT(METADATA)},
        OF_ERR_TFF_BAD_ARGUMENT);
}

static void test_7_4_4_bad_type(void **state)
{
    static const uint8_t head[8] = {0, 0, 0x23, 0x85};

    (void)state;
    refused_prop(
        (struct of_table_prop){.type = OF_TFP_EXPERIMENTER, .experimenter = {head, sizeof head}},
        OF_ERR_TFF_BAD_TYPE);
}

static void test_7_3_5_5_2_what_a_table_can_may_be_asked_for(void **state)
{
    static const uint8_t next[] = {1};
    struct of_table_prop props[] = {
        {.type = OF_TFP_INSTRUCTIONS, .instructions = 1 << 1 | 1 << 4},
        {.type = OF_TFP_INSTRUCTIONS_MISS, .instructions = 1 << 4},
        {.type = OF_TFP_NEXT_TABLES, .next_tables = next, .n_next_tables = 1},
        {.type = OF_TFP_WRITE_ACTIONS, .actions = 1 << OF_ACT_OUTPUT},
        {.type = OF_TFP_APPLY_ACTIONS_MISS, .actions = 1 << OF_ACT_OUTPUT},
        {.type = OF_TFP_MATCH,
         .fields = OF_BIT(ETH_DST) | OF_BIT(VLAN_VID),
         .fields_masked = OF_BIT(ETH_DST)},
        {.type = OF_TFP_WILDCARDS, .fields = OF_BIT(ETH_DST)},
        {.type = OF_TFP_APPLY_SETFIELD, .fields = OF_BIT(ETH_SRC)},
    };
    struct of_table_features list[] = {table(0, "a", 5), table(1, "b", 5)};
    struct bed bed;

    (void)state;
    list[0].props = props;
    list[0].n_props = sizeof props / sizeof props[0];
    open_bed(&bed, OF_VERSION_1_3);
    assert_int_equal(ask_for(&bed, list, 2)->mp_reply.n, 2);
    bed_close(&bed);
}

/* What the switch says of itself is what it takes (§7.3.5.5.1). */
static void test_7_3_5_5_1_the_answer_can_be_sent_back(void **state)
{
    static const uint8_t versions[] = {OF_VERSION_1_3, OF_VERSION_1_4, OF_VERSION_1_5};

    (void)state;
    for (size_t v = 0; v < sizeof versions; v++) {
        const struct of_multipart_reply *r;
        struct bed bed;

        open_bed(&bed, versions[v]);
        fill_tables(&bed);
        r = &ask_for(&bed, NULL, 0)->mp_reply;
        assert_int_equal(r->n, N_TABLES);
        assert_int_equal(ask_for(&bed, r->table_features, r->n)->mp_reply.n, N_TABLES);
        assert_int_equal(size(&bed, 0), 1);
        bed_close(&bed);
    }
}

/* --- Requests in parts ------------------------------------------------------------------------- */

static void test_7_3_5_a_request_in_parts_is_one(void **state)
{
    const struct of_table_features a[] = {table(0, "a", 5)}, b[] = {table(3, "d", 5)};
    struct bed bed;

    (void)state;
    open_bed(&bed, OF_VERSION_1_3);
    fill_tables(&bed);
    assert_null(ask(&bed, request(a, 1, true)));
    assert_int_equal(size(&bed, 1), 1);
    assert_int_equal(ask(&bed, request(b, 1, false))->mp_reply.n, 2);
    assert_int_equal(size(&bed, 1), 0);
    bed_close(&bed);
}

static void test_7_3_5_parts_of_another_request_do_not_count(void **state)
{
    const struct of_table_features a[] = {table(0, "a", 5)}, b[] = {table(3, "d", 5)};
    struct of_msg other = request(b, 1, true);
    struct bed bed;

    (void)state;
    open_bed(&bed, OF_VERSION_1_3);
    other.version = OF_VERSION_1_3;
    other.xid = 7;
    swtch_input(bed.sw, &other);
    assert_int_equal(ask(&bed, request(a, 1, false))->mp_reply.n, 1);
    expect_error(ask(&bed, request(b, 1, false)), OF_ERR_TFF_BAD_TABLE); /* All is forgotten. */
    bed_close(&bed);
}

static void test_7_3_5_the_same_table_in_two_parts(void **state)
{
    const struct of_table_features a[] = {table(0, "a", 5)};
    struct bed bed;

    (void)state;
    open_bed(&bed, OF_VERSION_1_3);
    assert_null(ask(&bed, request(a, 1, true)));
    expect_error(ask(&bed, request(a, 1, false)), OF_ERR_TFF_BAD_TABLE);
    bed_close(&bed);
}

static void test_7_3_5_too_many_parts_overflow(void **state)
{
    struct of_table_features list[250];
    const struct of_msg *a = NULL;
    struct bed bed;

    (void)state;
    open_bed(&bed, OF_VERSION_1_3);
    for (uint8_t t = 0; t < 250; t++) {
        list[t] = table(t, "t", 5);
    }
    for (unsigned i = 0; i < 100 && !a; i++) {
        a = ask(&bed, request(list, 250, true));
    }
    expect_error(a, OF_ERR_MULTIPART_OVERFLOW);
    assert_int_equal(ask(&bed, request(list, 1, false))->mp_reply.n, 1);
    bed_close(&bed);
}

static void test_a_switch_may_go_while_parts_wait(void **state)
{
    const struct of_table_features a[] = {table(0, "a", 5)};
    struct bed bed;

    (void)state;
    open_bed(&bed, OF_VERSION_1_3);
    assert_null(ask(&bed, request(a, 1, true)));
    bed_close(&bed);
}

/* --- Commands of 1.5 ----------------------------------------------------------------------------- */

static struct of_table_features with_command(uint8_t id, enum of_table_features_command command)
{
    struct of_table_features f = table(id, "x", 5);

    f.command = command;
    return f;
}

static void test_1_5_7_3_5_18_disable_and_enable(void **state)
{
    const struct of_table_features off = with_command(2, OF_TFC_DISABLE);
    const struct of_table_features on = with_command(2, OF_TFC_ENABLE);
    struct bed bed;

    (void)state;
    open_bed(&bed, OF_VERSION_1_5);
    fill_tables(&bed);
    assert_int_equal(ask_for(&bed, &off, 1)->mp_reply.n, N_TABLES - 1);
    assert_int_equal(size(&bed, 1), 0);
    assert_int_equal(size(&bed, 3), 1);
    expect_error(ask(&bed, entry(2, -1)), OF_ERR_FLOW_BAD_TABLE_ID);
    assert_int_equal(ask_for(&bed, &on, 1)->mp_reply.n, N_TABLES);
    assert_null(ask(&bed, entry(2, -1)));
    bed_close(&bed);
}

static void test_1_5_7_3_5_18_modify_leaves_the_others(void **state)
{
    struct of_table_features f = with_command(2, OF_TFC_MODIFY);
    struct of_table_features off = with_command(2, OF_TFC_DISABLE);
    const struct of_msg *a;
    struct bed bed;

    (void)state;
    open_bed(&bed, OF_VERSION_1_5);
    fill_tables(&bed);
    a = ask_for(&bed, &f, 1);
    assert_int_equal(a->mp_reply.n, N_TABLES);
    assert_string_equal(a->mp_reply.table_features[2].name, "x");
    assert_string_equal(a->mp_reply.table_features[1].name, "table 1");
    assert_int_equal(size(&bed, 2), 1);
    assert_int_equal(ask_for(&bed, &off, 1)->mp_reply.n, N_TABLES - 1);
    expect_error(ask_for(&bed, &f, 1), OF_ERR_TFF_BAD_TABLE);
    bed_close(&bed);
}

static void refused_1_5(struct of_table_features a, struct of_table_features b, enum of_err err)
{
    const struct of_table_features list[] = {a, b};
    struct bed bed;

    open_bed(&bed, OF_VERSION_1_5);
    expect_error(ask_for(&bed, list, 2), err);
    bed_close(&bed);
}

static void test_1_5_7_5_4_14_errors(void **state)
{
    struct of_table_features many = table(0, "a", 6), capable = table(0, "a", 5),
                             egress = table(0, "a", 5);

    (void)state;
    refused_1_5(with_command(1, OF_TFC_ENABLE), with_command(2, OF_TFC_DISABLE),
                OF_ERR_TFF_BAD_COMMAND);
    refused_1_5(many, table(1, "b", 5), OF_ERR_TFF_BAD_MAX_ENT);
    capable.config = 1;
    refused_1_5(capable, table(1, "b", 5), OF_ERR_TFF_BAD_CAPA);
    egress.features = 2;
    refused_1_5(egress, table(1, "b", 5), OF_ERR_TFF_BAD_FEATURES);
    refused_1_5(with_command(0, OF_TFC_DISABLE), with_command(1, OF_TFC_DISABLE),
                OF_ERR_TFF_BAD_TABLE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_7_3_5_5_1_tables_that_are_not_named_go),
        cmocka_unit_test(test_7_3_5_5_1_next_tables_are_those_that_there_are),
        cmocka_unit_test(test_7_3_5_5_1_tables_come_back),
        cmocka_unit_test(test_7_3_5_5_1_entries_go_without_a_word),
        cmocka_unit_test(test_7_3_5_5_1_the_same_tables_keep_their_entries),
        cmocka_unit_test(test_7_3_5_5_1_a_table_takes_as_many_entries_as_it_is_to),
        cmocka_unit_test(test_5_1_packets_meet_the_tables_that_are_left),
        cmocka_unit_test(test_7_4_4_bad_table),
        cmocka_unit_test(test_7_4_4_bad_argument),
        cmocka_unit_test(test_7_4_4_bad_type),
        cmocka_unit_test(test_7_3_5_5_2_what_a_table_can_may_be_asked_for),
        cmocka_unit_test(test_7_3_5_5_1_the_answer_can_be_sent_back),
        cmocka_unit_test(test_7_3_5_a_request_in_parts_is_one),
        cmocka_unit_test(test_7_3_5_parts_of_another_request_do_not_count),
        cmocka_unit_test(test_7_3_5_the_same_table_in_two_parts),
        cmocka_unit_test(test_7_3_5_too_many_parts_overflow),
        cmocka_unit_test(test_a_switch_may_go_while_parts_wait),
        cmocka_unit_test(test_1_5_7_3_5_18_disable_and_enable),
        cmocka_unit_test(test_1_5_7_3_5_18_modify_leaves_the_others),
        cmocka_unit_test(test_1_5_7_5_4_14_errors),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

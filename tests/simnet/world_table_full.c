/* Tables that get full, as OpenFlow 1.4 sees them: importance and eviction (1.4 §6.5), vacancy events
 * (§7.3.4.1, §7.4.5), descriptions (§7.3.5.6). The tables of the bed have room for five entries. */
#include "tests/simnet/switch_bed.h"

static struct of_msg entry(uint64_t dst, uint16_t importance, uint16_t hard_timeout_s)
{
    static const struct of_action out = {.type = OF_ACT_OUTPUT, .output = {.port = 2}};
    struct of_msg m = flow_add(dst, 7, of_apply(&out, 1));

    m.flow_mod.importance = importance;
    m.flow_mod.hard_timeout_s = hard_timeout_s;
    m.flow_mod.flags = OF_FF_SEND_FLOW_REM;
    m.flow_mod.cookie = dst;
    return m;
}

static struct of_msg table_mod(uint8_t table_id, uint32_t config)
{
    return (struct of_msg){.type = OF_TABLE_MOD,
                           .table_mod = {.table_id = table_id, .config = config}};
}

static void fill(struct bed *bed, const uint16_t importance[5], const uint16_t hard_timeout_s[5])
{
    for (uint64_t i = 0; i < 5; i++) {
        assert_null(ask(bed, entry(i + 1, importance[i], hard_timeout_s[i])));
    }
}

static void expect_evicted(struct bed *bed, const struct of_msg *a, uint64_t cookie)
{
    assert_int_equal(bed->n_sent, 1);
    assert_int_equal(a->type, OF_FLOW_REMOVED);
    assert_int_equal(a->flow_removed.reason, OF_REMOVED_EVICTION);
    assert_int_equal(a->flow_removed.cookie, cookie);
    assert_int_equal(table_size(swtch_table(bed->sw, 0)), 5);
}

static void test_1_4_6_5_full_table_refuses_without_eviction(void **state)
{
    static const uint16_t zeros[5];
    struct bed bed;

    (void)state;
    bed_open(&bed, OF_VERSION_1_4, 1);
    fill(&bed, zeros, zeros);
    expect_error(ask(&bed, entry(6, 9, 0)), OF_ERR_FLOW_TABLE_FULL);
    bed_close(&bed);
}

static void test_1_4_6_5_least_important_goes_first(void **state)
{
    static const uint16_t importance[5] = {5, 3, 2, 3, 2}, hard[5] = {0, 0, 100, 1, 50};
    struct bed bed;

    (void)state;
    bed_open(&bed, OF_VERSION_1_4, 1);
    assert_null(ask(&bed, table_mod(0, OF_TC_EVICTION)));
    fill(&bed, importance, hard);
    expect_evicted(&bed, ask(&bed, entry(6, 4, 0)),
                   5); /* Of the two of importance 2 it leaves soonest. */
    expect_evicted(&bed, ask(&bed, entry(7, 4, 0)), 3);
    expect_evicted(&bed, ask(&bed, entry(8, 4, 0)), 4);
    expect_evicted(&bed, ask(&bed, entry(9, 4, 0)), 2);
    bed_close(&bed);
}

static void test_1_4_6_5_more_important_entries_stay(void **state)
{
    static const uint16_t importance[5] = {5, 5, 5, 5, 5}, hard[5];
    struct bed bed;

    (void)state;
    bed_open(&bed, OF_VERSION_1_4, 1);
    assert_null(ask(&bed, table_mod(OF_TABLE_ALL, OF_TC_EVICTION)));
    fill(&bed, importance, hard);
    expect_error(ask(&bed, entry(6, 4, 0)), OF_ERR_FLOW_TABLE_FULL);
    expect_evicted(&bed, ask(&bed, entry(6, 5, 0)),
                   1); /* Of equals the one with the lowest handle. */
    assert_null(ask(&bed, table_mod(OF_TABLE_ALL, 0)));
    expect_error(ask(&bed, entry(7, 5, 0)), OF_ERR_FLOW_TABLE_FULL);
    bed_close(&bed);
}

static void test_1_4_7_3_5_2_flow_statistics_tell_importance(void **state)
{
    struct bed bed;
    struct of_msg req = {.type = OF_MULTIPART_REQUEST, .mp_request = {.type = OF_MP_FLOW}};

    (void)state;
    bed_open(&bed, OF_VERSION_1_4, 1);
    req.mp_request.flow = (struct of_flow_filter){
        .table_id = OF_TABLE_ALL, .out_port = OF_PORT_ANY, .out_group = OF_GROUP_ANY};
    assert_null(ask(&bed, entry(1, 2385, 0)));
    assert_int_equal(ask(&bed, req)->mp_reply.flows[0].importance, 2385);
    bed_close(&bed);
}

static struct of_msg vacancy(uint8_t down, uint8_t up)
{
    struct of_msg m = table_mod(0, OF_TC_VACANCY_EVENTS);

    m.table_mod.has_vacancy = true;
    m.table_mod.vacancy_down_percent = down;
    m.table_mod.vacancy_up_percent = up;
    return m;
}

static void expect_event(struct bed *bed, enum of_table_reason reason, uint8_t percent)
{
    assert_int_equal(bed->n_sent, 1);
    assert_int_equal(bed->sent[0].msg.type, OF_TABLE_STATUS);
    assert_int_equal(bed->sent[0].msg.table_status.reason, reason);
    assert_int_equal(bed->sent[0].msg.table_status.table.vacancy_percent, percent);
}

static struct of_msg removal(uint64_t dst)
{
    struct of_msg m = entry(dst, 0, 0);

    m.flow_mod.command = OF_FLOW_DELETE;
    return m;
}

/* Down once below 30 %, up once above 50 %, then down again. */
static void test_1_4_7_4_5_vacancy_events(void **state)
{
    struct bed bed;

    (void)state;
    bed_open(&bed, OF_VERSION_1_4, 1);
    assert_null(ask(&bed, vacancy(30, 50)));
    for (uint64_t d = 1; d <= 3; d++) {
        assert_null(ask(&bed, entry(d, 0, 0)));
    }
    ask(&bed, entry(4, 0, 0));
    expect_event(&bed, OF_TR_VACANCY_DOWN, 20);
    assert_null(ask(&bed, entry(5, 0, 0)));
    for (uint64_t d = 1; d <= 2; d++) {
        ask(&bed, removal(d));
        assert_int_equal(bed.n_sent, 1); /* Flow-removed. */
    }
    ask(&bed, removal(3)); /* 60 % are free. */
    assert_int_equal(bed.n_sent, 2);
    assert_int_equal(bed.sent[1].msg.table_status.reason, OF_TR_VACANCY_UP);
    assert_null(ask(&bed, entry(6, 0, 0)));
    ask(&bed, entry(7, 0, 0));
    expect_event(&bed, OF_TR_VACANCY_DOWN, 20);
    bed_close(&bed);
}

/* Enabled while there is less room than for "up", "up" is what comes first. */
static void test_1_4_7_3_4_1_first_event_follows_from_the_room(void **state)
{
    struct bed bed;

    (void)state;
    bed_open(&bed, OF_VERSION_1_4, 1);
    for (uint64_t d = 1; d <= 4; d++) {
        assert_null(ask(&bed, entry(d, 0, 0)));
    }
    assert_null(ask(&bed, vacancy(30, 30)));
    assert_null(ask(&bed, entry(5, 0, 0)));
    for (uint64_t d = 1; d <= 3; d++) {
        ask(&bed, removal(d));
        assert_int_equal(bed.n_sent, d == 2 ? 2 : 1); /* The second one leaves 40 % free. */
    }
    bed_close(&bed);
}

static void test_1_4_7_3_5_6_descriptions(void **state)
{
    struct bed bed;
    struct of_msg m = vacancy(30, 50);
    const struct of_table_mod *d;
    const struct of_msg *a;

    (void)state;
    bed_open(&bed, OF_VERSION_1_4, 3);
    m.table_mod.table_id = 1;
    m.table_mod.config |= OF_TC_EVICTION;
    assert_null(ask(&bed, m));
    a = ask(&bed, (struct of_msg){.type = OF_MULTIPART_REQUEST,
                                  .mp_request = {.type = OF_MP_TABLE_DESC}});
    assert_int_equal(a->mp_reply.n, 3);
    d = a->mp_reply.table_descs;
    assert_int_equal(d[0].config, 0);
    assert_int_equal(d[1].config, OF_TC_EVICTION | OF_TC_VACANCY_EVENTS);
    assert_int_equal(d[1].eviction, OF_EV_IMPORTANCE | OF_EV_LIFETIME);
    assert_int_equal(d[1].vacancy_down_percent, 30);
    assert_int_equal(d[1].vacancy_up_percent, 50);
    assert_int_equal(d[1].vacancy_percent, 100);
    bed_close(&bed);
}

/* A table that has been made smaller than what is in it has no room, not a lot of it. */
static void test_1_4_7_3_5_6_more_entries_than_there_is_room_for(void **state)
{
    static const uint16_t zeros[5];
    struct of_table_features smaller = {.name = "t", .max_entries = 3};
    struct bed bed;

    (void)state;
    bed_open(&bed, OF_VERSION_1_4, 1);
    fill(&bed, zeros, zeros);
    assert_null(ask(&bed, vacancy(30, 50)));
    ask(&bed, (struct of_msg){
                  .type = OF_MULTIPART_REQUEST,
                  .mp_request = {.type = OF_MP_TABLE_FEATURES, .table_features = {&smaller, 1}}});
    assert_int_equal(ask(&bed, (struct of_msg){.type = OF_MULTIPART_REQUEST,
                                               .mp_request = {.type = OF_MP_TABLE_DESC}})
                         ->mp_reply.table_descs[0]
                         .vacancy_percent,
                     0);
    ask(&bed, removal(1));
    assert_int_equal(bed.n_sent, 1); /* Flow-removed, and no word of room. */
    bed_close(&bed);
}

static void test_1_4_7_5_4_errors_of_table_mods(void **state)
{
    struct bed bed;
    struct of_msg m = table_mod(0, OF_TC_EVICTION);

    (void)state;
    bed_open(&bed, OF_VERSION_1_4, 1);
    expect_error(ask(&bed, table_mod(1, 0)), OF_ERR_TABLE_BAD_TABLE);
    m.table_mod.has_eviction = true;
    m.table_mod.eviction = OF_EV_OTHER;
    expect_error(ask(&bed, m), OF_ERR_TABLE_BAD_CONFIG);
    bed_close(&bed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_1_4_6_5_full_table_refuses_without_eviction),
        cmocka_unit_test(test_1_4_6_5_least_important_goes_first),
        cmocka_unit_test(test_1_4_6_5_more_important_entries_stay),
        cmocka_unit_test(test_1_4_7_3_5_2_flow_statistics_tell_importance),
        cmocka_unit_test(test_1_4_7_4_5_vacancy_events),
        cmocka_unit_test(test_1_4_7_3_4_1_first_event_follows_from_the_room),
        cmocka_unit_test(test_1_4_7_3_5_6_descriptions),
        cmocka_unit_test(test_1_4_7_3_5_6_more_entries_than_there_is_room_for),
        cmocka_unit_test(test_1_4_7_5_4_errors_of_table_mods),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Questions to a switch: answers in parts, refusals, silence and lost connections. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "controller/core/ask.h"
#include "tests/core/fake_sb.h"

/* What was told about a question. */
struct told {
    unsigned n_calls, n_last;
    enum err err;
    enum of_err error;
    size_t n; /* Elements of all calls together. */
    uint64_t sum;
    struct of_config config;
};

static void on_answer(void *aux, struct datapath *dp, const struct ask_answer *answer)
{
    struct told *told = aux;

    assert_int_equal(datapath_id(dp), 0x2385);
    told->n_calls++;
    told->n_last += answer->is_last;
    told->err = answer->err;
    told->error = answer->error;
    if (answer->err != ERR_OK) {
        assert_null(answer->msg);
        return;
    }
    if (answer->msg->type == OF_GET_CONFIG_REPLY) {
        told->config = answer->msg->config;
        return;
    }
    told->n += answer->msg->mp_reply.n;
    for (size_t i = 0; i < answer->msg->mp_reply.n; i++) {
        const struct of_group_stats *g = &answer->msg->mp_reply.group_stats[i];

        assert_int_equal(g->n_buckets, 2);
        told->sum += g->group_id * g->buckets[1].n_packets;
    }
}

static struct fake_switch *ready(struct fake *f)
{
    struct fake_switch *sw = fake_switch_add(f, 0x2385, OF_VERSION_1_3, 2);

    fake_connect(sw);
    fake_settle(f);
    sw->manners.silent = true; /* The test answers. */
    return sw;
}

static struct of_msg question(enum of_mp_type type)
{
    struct of_msg msg = {.type = OF_MULTIPART_REQUEST};

    msg.mp_request.type = type;
    if (type == OF_MP_GROUP_STATS) {
        msg.mp_request.group_id = OF_GROUP_ALL;
    }
    return msg;
}

/* A part of group statistics with 'n' groups from 'first' on. */
static void answer_part(struct fake_switch *sw, uint32_t xid, uint32_t first, size_t n, bool more)
{
    struct of_counter counters[2] = {{1, 2}, {0, 3}};
    struct of_group_stats *groups = calloc(n, sizeof *groups);
    struct of_msg msg = {.type = OF_MULTIPART_REPLY, .xid = xid};

    counters[1].n_packets = 2385;
    for (size_t i = 0; i < n; i++) {
        groups[i] = (struct of_group_stats){
            .group_id = first + (uint32_t)i, .buckets = counters, .n_buckets = 2};
    }
    msg.mp_reply.type = OF_MP_GROUP_STATS;
    msg.mp_reply.group_stats = groups;
    msg.mp_reply.n = n;
    msg.mp_reply.more = more;
    fake_input(sw, &msg);
    free(groups);
}

static uint32_t last_xid(const struct fake_switch *sw)
{
    return sw->sent[sw->n_sent - 1].xid;
}

static void parts_are_joined(void **state)
{
    struct fake *f = fake_new(NULL, NULL, 0);
    struct fake_switch *sw = ready(f);
    struct datapath *dp = datapath_find(f->ctl, 0x2385);
    struct of_msg msg = question(OF_MP_GROUP_STATS);
    struct told told = {0};
    uint64_t expected = 0;
    uint32_t xid;

    (void)state;
    assert_int_equal(datapath_ask(dp, &msg, on_answer, &told), ERR_OK);
    xid = last_xid(sw);
    for (uint32_t i = 0; i < 23; i++) {
        answer_part(sw, xid, 100 * i + 1, 85, true);
        assert_int_equal(told.n_calls, 0);
    }
    answer_part(sw, xid + 1, 1, 5, false); /* Somebody else's. */
    assert_int_equal(told.n_calls, 0);
    answer_part(sw, xid, 9000, 0, true); /* An empty part is one too. */
    answer_part(sw, xid, 9001, 3, false);
    for (uint64_t i = 0; i < 23; i++) {
        for (uint64_t k = 0; k < 85; k++) {
            expected += (100 * i + 1 + k) * 2385;
        }
    }
    expected += (9001 + 9002 + 9003) * UINT64_C(2385);
    assert_int_equal(told.n_calls, 1);
    assert_int_equal(told.n_last, 1);
    assert_int_equal(told.err, ERR_OK);
    assert_int_equal(told.n, 23 * 85 + 3);
    assert_int_equal(told.sum, expected);
    answer_part(sw, xid, 1, 1, false); /* It was answered. */
    assert_int_equal(told.n_calls, 1);
    fake_free(f);
}

static void parts_are_told_as_they_come(void **state)
{
    struct fake *f = fake_new(NULL, NULL, 0);
    struct fake_switch *sw = ready(f);
    struct datapath *dp = datapath_find(f->ctl, 0x2385);
    struct of_msg msg = question(OF_MP_GROUP_STATS);
    struct told told = {0};
    uint32_t xid;

    (void)state;
    assert_int_equal(datapath_ask_parts(dp, &msg, on_answer, &told), ERR_OK);
    xid = last_xid(sw);
    for (unsigned i = 0; i < 5; i++) {
        answer_part(sw, xid, 1, 7, i < 4);
        assert_int_equal(told.n_calls, i + 1);
        assert_int_equal(told.n_last, i == 4);
    }
    assert_int_equal(told.n, 35);
    fake_free(f);
}

static void single_messages_are_answers(void **state)
{
    struct fake *f = fake_new(NULL, NULL, 0);
    struct fake_switch *sw = ready(f);
    struct datapath *dp = datapath_find(f->ctl, 0x2385);
    struct of_msg msg = {.type = OF_GET_CONFIG_REQUEST};
    struct told told = {0};

    (void)state;
    assert_int_equal(datapath_ask(dp, &msg, on_answer, &told), ERR_OK);
    fake_input(sw, &(struct of_msg){.type = OF_GET_CONFIG_REPLY,
                                    .xid = last_xid(sw),
                                    .config = {.flags = 1, .miss_send_len = 2385}});
    assert_int_equal(told.n_calls, 1);
    assert_int_equal(told.config.flags, 1);
    assert_int_equal(told.config.miss_send_len, 2385);
    fake_free(f);
}

static void refusals_are_told(void **state)
{
    struct fake *f = fake_new(NULL, NULL, 0);
    struct fake_switch *sw = ready(f);
    struct datapath *dp = datapath_find(f->ctl, 0x2385);
    struct of_msg msg = question(OF_MP_METER_FEATURES);
    struct told told = {0};

    (void)state;
    assert_int_equal(datapath_ask(dp, &msg, on_answer, &told), ERR_OK);
    sw->manners.silent = false;
    fake_settle(f);
    assert_int_equal(told.n_calls, 1);
    assert_int_equal(told.err, ERR_STATE);
    assert_int_equal(told.error, OF_ERR_BAD_MULTIPART);
    fake_free(f);
}

/* An answer of another type than the question is none. */
static void wrong_answers_are_told(void **state)
{
    struct fake *f = fake_new(NULL, NULL, 0);
    struct fake_switch *sw = ready(f);
    struct datapath *dp = datapath_find(f->ctl, 0x2385);
    struct of_msg msg = question(OF_MP_TABLE);
    struct told told = {0};

    (void)state;
    assert_int_equal(datapath_ask(dp, &msg, on_answer, &told), ERR_OK);
    answer_part(sw, last_xid(sw), 1, 2, false);
    assert_int_equal(told.n_calls, 1);
    assert_int_equal(told.err, ERR_RANGE);
    assert_int_equal(datapath_ask(dp, &msg, on_answer, &told), ERR_OK);
    fake_input(sw, &(struct of_msg){.type = OF_GET_CONFIG_REPLY, .xid = last_xid(sw)});
    assert_int_equal(told.n_calls, 2);
    assert_int_equal(told.err, ERR_RANGE);
    fake_free(f);
}

/* Each part gives the switch the full time again. */
static void silence_ends_a_question(void **state)
{
    struct core_settings settings = core_settings_default();
    struct fake *f;
    struct fake_switch *sw;
    struct datapath *dp;
    struct of_msg msg = question(OF_MP_GROUP_STATS);
    struct told told = {0};

    (void)state;
    settings.discovery = false;
    settings.ask_timeout_ns = 2385 * NS_PER_MS;
    f = fake_new(&settings, NULL, 0);
    sw = ready(f);
    dp = datapath_find(f->ctl, 0x2385);
    assert_int_equal(datapath_ask(dp, &msg, on_answer, &told), ERR_OK);
    fake_advance(f, 2384 * NS_PER_MS);
    answer_part(sw, last_xid(sw), 1, 2, true);
    fake_advance(f, 2384 * NS_PER_MS);
    assert_int_equal(told.n_calls, 0);
    fake_advance(f, NS_PER_MS);
    assert_int_equal(told.n_calls, 1);
    assert_int_equal(told.err, ERR_TIMEOUT);
    assert_int_equal(ctl_counters(f->ctl)->ask_timeouts, 1);
    fake_free(f);
}

static void lost_connections_end_questions(void **state)
{
    struct fake *f = fake_new(NULL, NULL, 0);
    struct fake_switch *sw = ready(f);
    struct datapath *dp = datapath_find(f->ctl, 0x2385);
    struct of_msg msg = question(OF_MP_GROUP_STATS);
    struct told told[3] = {{0}};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(datapath_ask(dp, &msg, on_answer, &told[i]), ERR_OK);
    }
    fake_disconnect(sw);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(told[i].n_calls, 1);
        assert_int_equal(told[i].err, ERR_CLOSED);
    }
    assert_int_equal(datapath_ask(dp, &msg, on_answer, &told[0]), ERR_STATE);
    assert_int_equal(told[0].n_calls, 1);
    fake_free(f);
}

static void questions_are_limited(void **state)
{
    struct fake *f = fake_new(NULL, NULL, 0);
    struct fake_switch *sw = ready(f);
    struct datapath *dp = datapath_find(f->ctl, 0x2385);
    struct of_msg msg = question(OF_MP_GROUP_STATS);
    struct of_msg hello = {.type = OF_HELLO};
    struct told told = {0};

    (void)state;
    assert_int_equal(datapath_ask(dp, &hello, on_answer, &told), ERR_UNSUPPORTED);
    for (unsigned i = 0; i < ASK_MAX_OUT; i++) {
        assert_int_equal(datapath_ask(dp, &msg, on_answer, &told), ERR_OK);
    }
    assert_int_equal(datapath_ask(dp, &msg, on_answer, &told), ERR_FULL);
    answer_part(sw, last_xid(sw), 1, 1, false);
    assert_int_equal(datapath_ask(dp, &msg, on_answer, &told), ERR_OK);
    sw->tx_room = 0;
    answer_part(sw, last_xid(sw), 1, 1, false);
    assert_int_equal(datapath_ask(dp, &msg, on_answer, &told), ERR_FULL);
    assert_int_equal(told.n_calls, 2);
    fake_free(f); /* With questions out: nobody is called. */
    assert_int_equal(told.n_calls, 2);
}

/* A switch cannot make us collect without end. */
static void long_answers_are_refused(void **state)
{
    struct fake *f = fake_new(NULL, NULL, 0);
    struct fake_switch *sw = ready(f);
    struct datapath *dp = datapath_find(f->ctl, 0x2385);
    struct of_msg msg = question(OF_MP_GROUP_STATS);
    struct told told = {0};
    unsigned n = 0;

    (void)state;
    assert_int_equal(datapath_ask(dp, &msg, on_answer, &told), ERR_OK);
    while (told.n_calls == 0 && n++ < 1000) {
        answer_part(sw, last_xid(sw), 1, 890, true);
    }
    assert_int_equal(told.err, ERR_RANGE);
    assert_in_range(n, ASK_MAX_BYTES / 65536, ASK_MAX_BYTES / 60000 + 1);
    fake_free(f);
}

/* --- Flow monitors and ports ------------------------------------------------------------------- */

static void on_update(void *aux, struct datapath *dp, const struct of_flow_update *updates,
                      size_t n)
{
    struct told *told = aux;

    assert_int_equal(datapath_id(dp), 0x2385);
    told->n_calls++;
    for (size_t i = 0; i < n; i++) {
        told->sum += updates[i].priority;
    }
}

static void report(struct fake_switch *sw, uint32_t xid, uint16_t priority)
{
    struct of_flow_update update = {.event = OF_FME_ADDED, .priority = priority};
    struct of_msg msg = {.type = OF_MULTIPART_REPLY, .xid = xid};

    msg.mp_reply.type = OF_MP_FLOW_MONITOR;
    msg.mp_reply.updates = &update;
    msg.mp_reply.n = 1;
    fake_input(sw, &msg);
}

static void monitors_report(void **state)
{
    struct fake *f = fake_new(NULL, NULL, 0);
    struct fake_switch *sw = fake_switch_add(f, 0x2385, OF_VERSION_1_4, 2);
    struct of_flow_monitor monitor = {.monitor_id = 5,
                                      .flags = OF_FMF_INITIAL | OF_FMF_ADD,
                                      .table_id = OF_TABLE_ALL,
                                      .out_port = OF_PORT_ANY,
                                      .out_group = OF_GROUP_ANY};
    struct told told = {0};
    struct datapath *dp;

    (void)state;
    fake_connect(sw);
    fake_settle(f);
    sw->manners.silent = true;
    dp = datapath_find(f->ctl, 0x2385);
    report(sw, 0, 1); /* Nobody wants to know. */
    assert_int_equal(datapath_monitor(dp, &monitor, on_update, &told), ERR_OK);
    report(sw, last_xid(sw), 200);
    report(sw, 0, 38);
    report(sw, 0, 5);
    assert_int_equal(told.n_calls, 3);
    assert_int_equal(told.sum, 243);
    monitor.command = OF_FMC_DELETE;
    assert_int_equal(datapath_monitor(dp, &monitor, NULL, NULL), ERR_OK);
    report(sw, 0, 5);
    assert_int_equal(told.n_calls, 3);
    fake_disconnect(sw);
    assert_int_equal(datapath_monitor(dp, &monitor, on_update, &told), ERR_STATE);
    fake_free(f);
}

static void monitors_came_with_1_4(void **state)
{
    struct fake *f = fake_new(NULL, NULL, 0);
    struct of_flow_monitor monitor = {.out_port = OF_PORT_ANY, .out_group = OF_GROUP_ANY};
    struct told told = {0};

    (void)state;
    ready(f);
    assert_int_equal(datapath_monitor(datapath_find(f->ctl, 0x2385), &monitor, on_update, &told),
                     ERR_UNSUPPORTED);
    fake_free(f);
}

static void ports_are_modified(void **state)
{
    struct fake *f = fake_new(NULL, NULL, 0);
    struct fake_switch *sw = ready(f);
    struct datapath *dp = datapath_find(f->ctl, 0x2385);
    const struct of_msg *msg;

    (void)state;
    assert_int_equal(datapath_port_mod(dp, 9, 0, OF_PC_PORT_DOWN), ERR_NOTFOUND);
    assert_int_equal(datapath_port_mod(dp, 2, OF_PC_PORT_DOWN, OF_PC_PORT_DOWN), ERR_OK);
    msg = fake_sent(sw, OF_PORT_MOD, 0, 0);
    assert_int_equal(msg->port_mod.port_no, 2);
    assert_int_equal(msg->port_mod.config, OF_PC_PORT_DOWN);
    assert_memory_equal(&msg->port_mod.hw_addr, &sw->ports[1].hw_addr, 6);
    fake_disconnect(sw);
    assert_int_equal(datapath_port_mod(dp, 2, 0, OF_PC_PORT_DOWN), ERR_STATE);
    fake_free(f);
}

static void not_told(void *aux, struct datapath *dp, const struct ask_answer *answer)
{
    (void)aux;
    (void)dp;
    (void)answer;
    fail_msg("a question of a core that is gone was answered");
}

/* A core ends while several switches owe it answers: each question leaves the timers, so no switch whose
 * own timers are among them may have been freed (the address sanitizer looks). */
static void a_core_ends_with_questions_open(void **state)
{
    struct fake *f = fake_new(NULL, NULL, 0);
    struct of_msg msg = question(OF_MP_GROUP_STATS);

    (void)state;
    for (dpid_t dpid = 1; dpid <= 5; dpid++) {
        struct fake_switch *sw = fake_switch_add(f, dpid, OF_VERSION_1_3, 23);

        fake_connect(sw);
        fake_settle(f);
        sw->manners.silent = true;
        for (int i = 0; i < 7; i++) {
            assert_int_equal(datapath_ask(datapath_find(f->ctl, dpid), &msg, not_told, NULL),
                             ERR_OK);
        }
    }
    fake_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_core_ends_with_questions_open),
        cmocka_unit_test(parts_are_joined),
        cmocka_unit_test(parts_are_told_as_they_come),
        cmocka_unit_test(single_messages_are_answers),
        cmocka_unit_test(refusals_are_told),
        cmocka_unit_test(wrong_answers_are_told),
        cmocka_unit_test(silence_ends_a_question),
        cmocka_unit_test(lost_connections_end_questions),
        cmocka_unit_test(questions_are_limited),
        cmocka_unit_test(long_answers_are_refused),
        cmocka_unit_test(monitors_report),
        cmocka_unit_test(monitors_came_with_1_4),
        cmocka_unit_test(ports_are_modified),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The session: its way to READY, and everything that goes wrong on it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "controller/core/datapath.h"
#include "controller/core/session.h"
#include "tests/core/fake_sb.h"
#include "tests/core/recorder.h"

static struct fake_switch *connected(struct fake *f, dpid_t dpid, uint8_t version)
{
    struct fake_switch *sw = fake_switch_add(f, dpid, version, 3);

    fake_connect(sw);
    fake_settle(f);
    return sw;
}

static bool is_ready(const struct fake_switch *sw)
{
    const struct datapath *dp = datapath_find(sw->fake->ctl, sw->dpid);

    return dp && datapath_is_ready(dp);
}

static const struct ctl_counters *counters(const struct fake *f)
{
    return ctl_counters(f->ctl);
}

/* --- The way to READY ------------------------------------------------------------------------- */

static void handshake_1_3(void **state)
{
    struct fake *f = fake_new(NULL, NULL, 0);
    struct fake_switch *sw = connected(f, 0x2385, OF_VERSION_1_3);
    const enum of_type expected[] = {OF_HELLO,
                                     OF_FEATURES_REQUEST,
                                     OF_SET_CONFIG,
                                     OF_SET_ASYNC,
                                     OF_MULTIPART_REQUEST,
                                     OF_MULTIPART_REQUEST,
                                     OF_MULTIPART_REQUEST,
                                     OF_FLOW_MOD,
                                     OF_BARRIER_REQUEST};
    size_t n;

    (void)state;
    assert_true(is_ready(sw));
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        assert_int_equal(sw->sent[i].type, expected[i]);
    }
    assert_int_equal(sw->sent[0].version, OF_VERSION_1_5);
    assert_int_equal(sw->sent[0].hello.versions, 1U << OF_VERSION_1_0 | 1U << OF_VERSION_1_3 |
                                                     1U << OF_VERSION_1_4 | 1U << OF_VERSION_1_5);
    assert_int_equal(sw->sent[2].config.miss_send_len, 0xffff);
    assert_int_equal(sw->sent[3].async.packet_in[0], 3);
    assert_int_equal(sw->sent[3].async.packet_in[1], 0);
    assert_int_equal(sw->sent[3].async.port_status[1], 7);
    assert_int_equal(sw->sent[7].flow_mod.priority, 0);
    assert_int_equal(sw->sent[7].flow_mod.match.present, 0);
    assert_int_equal(sw->sent[7].flow_mod.ins.apply.list[0].output.max_len, OF_CML_NO_BUFFER);
    datapath_ports(datapath_find(f->ctl, 0x2385), &n);
    assert_int_equal(n, 3);
    assert_string_equal(datapath_desc(datapath_find(f->ctl, 0x2385))->hw_desc, "fake");
    fake_free(f);
}

static void handshake_1_0(void **state)
{
    struct fake *f = fake_new(NULL, NULL, 0);
    struct fake_switch *sw = connected(f, 0x2385, OF_VERSION_1_0);

    (void)state;
    assert_true(is_ready(sw));
    assert_int_equal(datapath_version(datapath_find(f->ctl, 0x2385)), OF_VERSION_1_0);
    assert_int_equal(fake_count(sw, OF_MULTIPART_REQUEST, 0), 2);
    assert_int_equal(fake_count(sw, OF_FLOW_MOD, 0), 1); /* The miss entry, as in 1.3. */
    assert_int_equal(fake_sent(sw, OF_FLOW_MOD, 0, 0)->flow_mod.priority, 0);
    assert_int_equal(fake_sent(sw, OF_FLOW_MOD, 0, 0)->flow_mod.match.present, 0);
    fake_free(f);
}

/* Since 1.4 the switch is told which of the new messages to send. */
static void handshake_1_4_and_1_5(void **state)
{
    static const uint8_t versions[] = {OF_VERSION_1_4, OF_VERSION_1_5};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct fake *f = fake_new(NULL, NULL, 0);
        struct fake_switch *sw = connected(f, 0x2385, versions[i]);
        const struct of_msg *async = fake_sent(sw, OF_SET_ASYNC, 0, 0);
        const struct of_msg *ports = fake_sent(sw, OF_MULTIPART_REQUEST, 0, 0);
        size_t n;

        assert_true(is_ready(sw));
        assert_int_equal(datapath_version(datapath_find(f->ctl, 0x2385)), versions[i]);
        assert_int_equal(async->version, versions[i]);
        assert_int_equal(async->async.packet_in[0], 0x3b);
        assert_int_equal(async->async.flow_removed[0], 0x3f);
        assert_int_equal(async->async.role_status[1], 3);
        assert_int_equal(async->async.table_status[0], 0x18);
        assert_int_equal(async->async.requestforward[0], 3);
        assert_int_equal(ports->mp_request.type, OF_MP_PORT_DESC);
        assert_true(versions[i] == OF_VERSION_1_4 || ports->mp_request.port_no == OF_PORT_ANY);
        datapath_ports(datapath_find(f->ctl, 0x2385), &n);
        assert_int_equal(n, 3);
        assert_int_equal(sw->n_flows, 1);
        assert_int_equal(counters(f)->errors_in, 0);
        fake_free(f);
    }
}

/* Refused descriptions and flow stats, and answers in many parts, end at READY too. */
static void odd_switches(void **state)
{
    struct fake *f = fake_new(NULL, NULL, 0);
    struct fake_switch *sw = fake_switch_add(f, 0x11, OF_VERSION_1_3, 7);
    size_t n;

    (void)state;
    sw->manners =
        (struct fake_manners){.no_desc = true, .no_flow_stats = true, .ports_per_part = 3};
    fake_connect(sw);
    fake_settle(f);
    assert_true(is_ready(sw));
    assert_null(datapath_desc(datapath_find(f->ctl, 0x11)));
    datapath_ports(datapath_find(f->ctl, 0x11), &n);
    assert_int_equal(n, 7);
    assert_int_equal(counters(f)->errors_in, 2);
    fake_free(f);
}

/* --- Versions --------------------------------------------------------------------------------- */

#define V10 (1U << OF_VERSION_1_0)
#define V13 (1U << OF_VERSION_1_3)
#define V14 (1U << OF_VERSION_1_4)
#define V15 (1U << OF_VERSION_1_5)

static void version_negotiation(void **state)
{
    static const struct {
        uint32_t ours;
        uint8_t header;
        uint32_t bitmap;
        int result; /* 0: refused. */
    } rows[] = {
        {V10 | V13, 0x01, 0, 0x01},
        {V10 | V13, 0x04, 0, 0x04},
        {V10 | V13, 0x06, 0, 0x04},
        {V10 | V13, 0x02, 0, 0},
        {V10 | V13, 0x03, 0, 0},
        {V10 | V13, 0x05, V13 | 1U << 5, 0x04},
        {V10 | V13, 0x04, V10, 0x01},
        {V10 | V13, 0x05, 1U << 5, 0},
        {V10 | V13, 0x05, V10 | 1U << 5, 0x01},
        {V13, 0x01, 0, 0},
        {V13, 0x04, 0, 0x04},
        {V13, 0x04, V10, 0},
        {V10, 0x04, 0, 0x01},
        {V10, 0x01, 0, 0x01},
        {V10, 0x04, V13, 0},
        {V10, 0x04, V10 | V13, 0x01},
        {V10 | V13, 0xff, 0, 0x04},
        {V10 | V13, 0x00, 0, 0},
        {V10 | V13 | V14 | V15, 0x06, 0, 0x06},
        {V10 | V13 | V14 | V15, 0x05, 0, 0x05},
        {V10 | V13 | V14 | V15, 0x07, 0, 0x06},
        {V10 | V13 | V14 | V15, 0x06, V14, 0x05},
        {V10 | V13 | V14 | V15, 0x06, V13 | V14, 0x05},
        {V10 | V13 | V14 | V15, 0x06, V10, 0x01},
        {V14, 0x06, 0, 0x05},
        {V14, 0x06, V15, 0},
        {V15, 0x05, 0, 0},
        {V15, 0x05, V14 | V15, 0x06},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct core_settings settings = core_settings_default();
        struct fake *f;
        struct fake_switch *sw;
        struct of_msg hello = {.type = OF_HELLO, .version = rows[i].header};

        settings.versions = rows[i].ours;
        f = fake_new(&settings, NULL, 0);
        sw = fake_switch_add(f, 1, OF_VERSION_1_3, 1);
        sw->manners.silent = true;
        hello.hello.versions = rows[i].bitmap;
        fake_connect(sw);
        ctl_input(f->ctl, sw->session, &hello);
        if (rows[i].result) {
            assert_false(sw->closed);
            assert_int_equal(sw->sent[1].type, OF_FEATURES_REQUEST);
            assert_int_equal(sw->sent[1].version, rows[i].result);
        } else {
            assert_true(sw->closed);
            assert_int_equal(sw->sent[1].type, OF_ERROR);
            assert_int_equal(sw->sent[1].error.err, OF_ERR_HELLO_INCOMPATIBLE);
            assert_memory_equal(sw->sent[1].error.data.data, "Tambo speaks", 12);
            assert_int_equal(counters(f)->sessions_refused, 1);
        }
        fake_free(f);
    }
}

/* --- Every message in every state ------------------------------------------------------------- */

/* Brings a fresh switch into 'target' and leaves it there. */
static struct fake_switch *bring_to(struct fake *f, enum session_state target)
{
    struct fake_switch *sw = fake_switch_add(f, 0x77, OF_VERSION_1_3, 2);
    struct of_msg msg = {.type = OF_HELLO, .version = OF_VERSION_1_3};

    sw->manners.silent = true;
    fake_connect(sw);
    if (target == SESSION_WAIT_HELLO) {
        return sw;
    }
    fake_input(sw, &msg);
    for (size_t i = 1; session_state(sw->session) != target; i++) {
        const struct of_msg *request = &sw->sent[i];
        struct of_desc desc = {.mfr_desc = "x"};

        assert_true(i < sw->n_sent);
        msg = (struct of_msg){.xid = request->xid, .version = OF_VERSION_1_3};
        if (request->type == OF_FEATURES_REQUEST) {
            msg.type = OF_FEATURES_REPLY;
            msg.features.dpid = 0x77;
        } else if (request->type == OF_MULTIPART_REQUEST) {
            msg.type = OF_MULTIPART_REPLY;
            msg.mp_reply.type = request->mp_request.type;
            if (msg.mp_reply.type == OF_MP_DESC) {
                msg.mp_reply.desc = &desc;
            }
        } else {
            continue;
        }
        fake_input(sw, &msg);
    }
    return sw;
}

/* What a message leads to, when it answers nothing that was asked. */
enum outcome { FINE, COMPLAINT, CLOSE };

static enum outcome expected_outcome(enum session_state state, enum of_type type)
{
    const uint64_t always = UINT64_C(1) << OF_ECHO_REQUEST | UINT64_C(1) << OF_ECHO_REPLY |
                            UINT64_C(1) << OF_ERROR | UINT64_C(1) << OF_PACKET_IN |
                            UINT64_C(1) << OF_FLOW_REMOVED | UINT64_C(1) << OF_PORT_STATUS;
    const uint64_t in_ready = UINT64_C(1) << OF_MULTIPART_REPLY | UINT64_C(1) << OF_BARRIER_REPLY |
                              UINT64_C(1) << OF_GET_CONFIG_REPLY | UINT64_C(1) << OF_ROLE_REPLY |
                              UINT64_C(1) << OF_GET_ASYNC_REPLY |
                              UINT64_C(1) << OF_QUEUE_GET_CONFIG_REPLY |
                              UINT64_C(1) << OF_BUNDLE_CONTROL;
    const uint64_t in_sync = in_ready & ~(UINT64_C(1) << OF_MULTIPART_REPLY);
    const uint64_t since_1_4 = UINT64_C(1) << OF_ROLE_STATUS | UINT64_C(1) << OF_TABLE_STATUS |
                               UINT64_C(1) << OF_REQUESTFORWARD |
                               UINT64_C(1) << OF_CONTROLLER_STATUS;

    if (state == SESSION_WAIT_HELLO) {
        return type == OF_HELLO ? FINE : CLOSE;
    }
    if (state == SESSION_WAIT_FEATURES && type == OF_FEATURES_REPLY) {
        return FINE;
    }
    if (always >> type & 1 || (state >= SESSION_WAIT_PORTS && since_1_4 >> type & 1) ||
        (state == SESSION_READY && in_ready >> type & 1) ||
        (state == SESSION_SYNC && in_sync >> type & 1)) {
        return FINE;
    }
    return COMPLAINT;
}

static struct of_msg any_message(enum of_type type)
{
    static const uint8_t frame[60];
    static const struct of_msg group_mod = {.type = OF_GROUP_MOD};
    struct of_msg msg = {.type = type, .xid = 0xdead, .version = OF_VERSION_1_3};

    if (type == OF_PACKET_IN) {
        msg.packet_in.in_port = 1;
        msg.packet_in.data = (struct of_bytes){frame, sizeof frame};
    } else if (type == OF_PORT_STATUS) {
        msg.port_status.port.port_no = 2;
    } else if (type == OF_MULTIPART_REPLY) {
        msg.mp_reply.type = OF_MP_TABLE;
    } else if (type == OF_REQUESTFORWARD) {
        msg.requestforward.request = &group_mod;
    } else if (type == OF_ERROR) {
        msg.error.err = OF_ERR_BAD_TYPE;
    }
    return msg;
}

static void check_pair(enum session_state state, enum of_type type)
{
    struct fake *f = fake_new(NULL, NULL, 0);
    struct fake_switch *sw = bring_to(f, state);
    struct of_msg msg = any_message(type);
    size_t errors = fake_count(sw, OF_ERROR, 0);
    uint64_t bad = counters(f)->messages_bad;
    enum outcome outcome = expected_outcome(state, type);

    ctl_input(f->ctl, sw->session, &msg);
    assert_int_equal(sw->closed, outcome == CLOSE);
    assert_int_equal(counters(f)->messages_bad - bad,
                     outcome == COMPLAINT || (outcome == CLOSE && type != OF_ERROR));
    assert_int_equal(fake_count(sw, OF_ERROR, 0) - errors,
                     outcome == COMPLAINT || (outcome == CLOSE && type != OF_ERROR));
    fake_free(f);
}

static void all_messages_in_all_states(void **state)
{
    static const enum session_state states[] = {
        SESSION_WAIT_HELLO, SESSION_WAIT_FEATURES, SESSION_WAIT_PORTS,
        SESSION_WAIT_DESC,  SESSION_SYNC,          SESSION_READY,
    };

    (void)state;
    for (size_t i = 0; i < sizeof states / sizeof *states; i++) {
        for (unsigned type = 0; type < OF_N_TYPES; type++) {
            check_pair(states[i], (enum of_type)type);
        }
    }
}

static void errors_name_the_reason(void **state)
{
    struct fake *f = fake_new(NULL, NULL, 0);
    struct fake_switch *sw = connected(f, 5, OF_VERSION_1_3);
    static const uint8_t refused[] = {4, 9, 0, 12, 0, 0, 0, 77, 0, 0, 0x23, 0x85};
    size_t from = sw->n_sent;
    const struct of_msg *error;

    (void)state;
    fake_input(sw, &(struct of_msg){.type = OF_SET_CONFIG,
                                    .xid = 77,
                                    .version = OF_VERSION_1_3,
                                    .config.miss_send_len = 0x2385});
    error = fake_sent(sw, OF_ERROR, from, 0);
    assert_int_equal(error->error.err, OF_ERR_BAD_TYPE);
    assert_int_equal(error->xid, 77);
    assert_int_equal(error->error.data.len, sizeof refused); /* §7.4.4: the failed request. */
    assert_memory_equal(error->error.data.data, refused, sizeof refused);
    fake_input(sw, &(struct of_msg){.type = OF_BARRIER_REQUEST, .version = OF_VERSION_1_0});
    fake_input(sw, &(struct of_msg){.type = OF_ECHO_REPLY, .version = OF_VERSION_1_0});
    assert_int_equal(fake_sent(sw, OF_ERROR, from, 2)->error.err, OF_ERR_BAD_VERSION);
    assert_true(is_ready(sw));
    fake_free(f);
}

static void garbage(void **state)
{
    struct fake *f = fake_new(NULL, NULL, 0);
    struct fake_switch *sw = connected(f, 5, OF_VERSION_1_3);
    struct fake_switch *other = connected(f, 6, OF_VERSION_1_0);
    struct of_msg head = {.type = OF_PACKET_IN, .version = OF_VERSION_1_3, .xid = 0x1234};
    uint8_t frame[100];
    size_t from = sw->n_sent;
    const struct of_msg *error;

    (void)state;
    for (size_t i = 0; i < sizeof frame; i++) {
        frame[i] = (uint8_t)(i * 37);
    }
    ctl_input_bad(f->ctl, sw->session, &head, OF_ERR_BAD_LEN, frame, sizeof frame);
    error = fake_sent(sw, OF_ERROR, from, 0);
    assert_int_equal(error->xid, 0x1234);
    assert_int_equal(error->error.err, OF_ERR_BAD_LEN);
    assert_int_equal(error->error.data.len, 64);
    assert_memory_equal(error->error.data.data, frame, 64);
    head.type = OF_ERROR;
    ctl_input_bad(f->ctl, sw->session, &head, OF_ERR_BAD_LEN, frame, 20);
    assert_int_equal(fake_count(sw, OF_ERROR, from), 1);
    assert_int_equal(counters(f)->messages_bad, 2);
    assert_true(is_ready(sw) && is_ready(other));
    fake_free(f);
}

static void garbage_before_hello(void **state)
{
    struct fake *f = fake_new(NULL, NULL, 0);
    struct fake_switch *sw = fake_switch_add(f, 5, OF_VERSION_1_3, 1);
    struct of_msg head = {.type = OF_HELLO, .version = 'G'};

    (void)state;
    sw->manners.silent = true;
    fake_connect(sw);
    ctl_input_bad(f->ctl, sw->session, &head, OF_ERR_BAD_VERSION, (const uint8_t *)"GET / HT", 8);
    assert_true(sw->closed);
    assert_int_equal(sw->sent[1].type, OF_ERROR);
    fake_settle(f);
    assert_int_equal(counters(f)->sessions_closed, 1);
    fake_free(f);
}

/* A peer that provokes lines gets a few of them, not thousands. */
static void log_is_limited(void **state)
{
    struct fake *f = fake_new(NULL, NULL, 0);
    struct fake_switch *sw = connected(f, 5, OF_VERSION_1_3);
    uint64_t before = f->log.n_lines[LOG_WARN];

    (void)state;
    for (int i = 0; i < 1000; i++) {
        fake_input(sw, &(struct of_msg){.type = OF_SET_CONFIG});
    }
    assert_in_range(f->log.n_lines[LOG_WARN] - before, 1, 10);
    assert_int_equal(counters(f)->messages_bad, 1000);
    fake_free(f);
}

/* Neither does one that comes again and again, whatever its port is. */
static void log_is_limited_over_connections(void **state)
{
    struct fake *f = fake_new(NULL, NULL, 0);
    uint64_t before;

    (void)state;
    connected(f, 5, OF_VERSION_1_3);
    before = f->log.n_lines[LOG_WARN] + f->log.n_lines[LOG_INFO];
    for (unsigned i = 0; i < 1000; i++) {
        char peer[32];
        struct session *session;

        snprintf(peer, sizeof peer, "192.0.2.85:%u", 2385 + i);
        session = ctl_connected(f->ctl, f->switches[0], peer);
        ctl_input(f->ctl, session, &(struct of_msg){.version = 4, .type = OF_HELLO});
        ctl_input(f->ctl, session, &(struct of_msg){.version = 4, .type = OF_BARRIER_REPLY});
        ctl_disconnected(f->ctl, session);
    }
    assert_in_range(f->log.n_lines[LOG_WARN] + f->log.n_lines[LOG_INFO] - before, 1, 128);
    assert_int_equal(counters(f)->messages_bad, 1000);
    fake_free(f);
}

/* A switch that tells of ever more ports is believed up to a number. */
static void ports_are_limited(void **state)
{
    struct fake *f = fake_new(NULL, NULL, 0);
    struct fake_switch *sw = connected(f, 5, OF_VERSION_1_3);
    struct of_msg msg = {.type = OF_PORT_STATUS};
    size_t n;

    (void)state;
    msg.port_status.port.state = OF_PS_LINK_DOWN;
    for (port_no_t i = 1; i <= 8192 + 100; i++) {
        msg.port_status.reason = OF_PORT_ADD;
        msg.port_status.port.port_no = i;
        fake_input(sw, &msg);
    }
    datapath_ports(datapath_find(f->ctl, 5), &n);
    assert_int_equal(n, 8192);
    assert_int_equal(counters(f)->port_limit_hits, 100);
    assert_true(is_ready(sw));
    fake_free(f);
}

/* So do new datapath ids. */
static void datapaths_are_limited(void **state)
{
    struct core_settings settings = core_settings_default();
    struct fake_switch *sw;
    struct fake *f;

    (void)state;
    settings.max_datapaths = 2;
    f = fake_new(&settings, NULL, 0);
    assert_true(is_ready(connected(f, 1, OF_VERSION_1_3)));
    assert_true(is_ready(connected(f, 2, OF_VERSION_1_0)));
    sw = connected(f, 3, OF_VERSION_1_3);
    assert_null(sw->session);
    assert_null(datapath_find(f->ctl, 3));
    assert_int_equal(counters(f)->sessions_refused, 1);
    fake_disconnect(f->switches[0]);
    fake_connect(f->switches[0]);
    fake_settle(f);
    assert_true(is_ready(f->switches[0])); /* One that is known may always return. */
    fake_free(f);
}

/* --- Time ------------------------------------------------------------------------------------- */

static void handshake_timeout(void **state)
{
    static const enum session_state states[] = {SESSION_WAIT_HELLO, SESSION_WAIT_FEATURES,
                                                SESSION_WAIT_PORTS, SESSION_WAIT_DESC,
                                                SESSION_SYNC};

    (void)state;
    for (size_t i = 0; i < sizeof states / sizeof *states; i++) {
        struct fake *f = fake_new(NULL, NULL, 0);
        struct fake_switch *sw = bring_to(f, states[i]);

        f->clock.now.ns = 10 * NS_PER_S - 1;
        ctl_run(f->ctl);
        assert_false(sw->closed);
        f->clock.now.ns++;
        ctl_run(f->ctl);
        assert_true(sw->closed);
        assert_int_equal(counters(f)->sessions_refused, 1);
        fake_settle(f);
        assert_false(is_ready(sw));
        fake_free(f);
    }
}

static void echo_keeps_alive(void **state)
{
    struct fake *f = fake_new(NULL, NULL, 0);
    struct fake_switch *sw = connected(f, 5, OF_VERSION_1_3);

    (void)state;
    fake_advance(f, 2385 * NS_PER_S / 10);
    assert_true(is_ready(sw));
    assert_true(fake_count(sw, OF_ECHO_REQUEST, 0) >= 40);
    fake_free(f);
}

static void echo_timeout(void **state)
{
    struct core_settings settings = core_settings_default();
    struct recorder r = {0}, *use = &r;
    struct ctl_module_use module = {&recorder_module, &use};
    struct fake *f;
    struct fake_switch *sw;

    (void)state;
    settings.discovery = false;
    f = fake_new(&settings, &module, 1);
    sw = connected(f, 5, OF_VERSION_1_3);
    sw->manners.no_echo = true;
    fake_advance(f, 5 * NS_PER_S);
    assert_int_equal(fake_count(sw, OF_ECHO_REQUEST, 0), 1);
    fake_advance(f, 15 * NS_PER_S - 1);
    assert_true(is_ready(sw));
    fake_advance(f, 1);
    assert_false(is_ready(sw));
    assert_int_equal(recorder_count(&r, "datapath_down 5"), 1);
    assert_null(sw->session);
    fake_free(f);
}

/* Anything that is heard puts the question off, and answers it. */
static void traffic_replaces_echo(void **state)
{
    struct core_settings settings = core_settings_default();
    struct fake *f;
    struct fake_switch *sw;
    static const uint8_t frame[60] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0};

    (void)state;
    settings.discovery = false;
    f = fake_new(&settings, NULL, 0);
    sw = connected(f, 5, OF_VERSION_1_3);
    sw->manners.no_echo = true;
    for (int i = 0; i < 20; i++) {
        fake_advance(f, 2385 * NS_PER_MS);
        fake_packet_in(sw, 1, frame, sizeof frame);
    }
    assert_int_equal(fake_count(sw, OF_ECHO_REQUEST, 0), 0);
    assert_true(is_ready(sw));
    fake_free(f);
}

static void echo_is_answered(void **state)
{
    struct fake *f = fake_new(NULL, NULL, 0);
    struct fake_switch *sw = bring_to(f, SESSION_WAIT_FEATURES);
    struct of_msg echo = {.type = OF_ECHO_REQUEST, .xid = 0xabcd};

    (void)state;
    echo.echo = (struct of_bytes){(const uint8_t *)"tambo", 5};
    fake_input(sw, &echo);
    assert_int_equal(fake_sent(sw, OF_ECHO_REPLY, 0, 0)->xid, 0xabcd);
    assert_memory_equal(fake_sent(sw, OF_ECHO_REPLY, 0, 0)->echo.data, "tambo", 5);
    fake_free(f);
}

/* --- One datapath id, two connections --------------------------------------------------------- */

static void younger_connection_is_refused(void **state)
{
    struct fake *f = fake_new(NULL, NULL, 0);
    struct fake_switch *older = connected(f, 5, OF_VERSION_1_3);
    struct fake_switch *younger = connected(f, 5, OF_VERSION_1_3);

    (void)state;
    assert_non_null(older->session);
    assert_null(younger->session);
    assert_true(is_ready(older));
    assert_int_equal(counters(f)->sessions_refused, 1);
    fake_free(f);
}

/* A driver that knows from a certificate who is there says so before the first message. */
static void dpid_must_be_the_expected_one(void **state)
{
    struct fake *f = fake_new(NULL, NULL, 0);
    struct fake_switch *sw[2];

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        sw[i] = fake_switch_add(f, 0x2385 + i, OF_VERSION_1_3, 3);
        fake_connect(sw[i]);
        ctl_expect_dpid(sw[i]->session, 0x2385);
        fake_settle(f);
    }
    assert_true(is_ready(sw[0]));
    assert_null(sw[1]->session);
    assert_null(datapath_find(f->ctl, 0x2386));
    assert_int_equal(counters(f)->dpids_refused, 1);
    assert_int_equal(counters(f)->sessions_refused, 1);
    fake_free(f);
}

static void dead_connection_gives_way(void **state)
{
    struct fake *f = fake_new(NULL, NULL, 0);
    struct fake_switch *older = connected(f, 5, OF_VERSION_1_3);
    struct fake_switch *younger;

    (void)state;
    older->manners.silent = true;
    younger = connected(f, 5, OF_VERSION_1_3);
    assert_non_null(older->session);
    fake_advance(f, 2 * NS_PER_S);
    assert_null(older->session);
    assert_non_null(younger->session);
    assert_int_equal(session_state(younger->session), SESSION_READY);
    fake_free(f);
}

static void rival_that_leaves(void **state)
{
    struct fake *f = fake_new(NULL, NULL, 0);
    struct fake_switch *older = connected(f, 5, OF_VERSION_1_0);
    struct fake_switch *younger, *third;

    (void)state;
    older->manners.silent = true;
    younger = connected(f, 5, OF_VERSION_1_0);
    assert_int_equal(session_state(younger->session), SESSION_WAIT_RIVAL);
    third = connected(f, 5, OF_VERSION_1_0);
    assert_null(third->session);
    fake_disconnect(younger);
    fake_connect(younger);
    fake_settle(f);
    assert_int_equal(session_state(younger->session), SESSION_WAIT_RIVAL);
    fake_disconnect(older);
    fake_settle(f);
    assert_int_equal(session_state(younger->session), SESSION_READY);
    fake_free(f);
}

static void auxiliary_connection(void **state)
{
    struct fake *f = fake_new(NULL, NULL, 0);
    struct fake_switch *sw = fake_switch_add(f, 5, OF_VERSION_1_3, 1);

    (void)state;
    sw->manners.auxiliary_id = 1;
    fake_connect(sw);
    fake_settle(f);
    assert_null(sw->session);
    assert_null(datapath_find(f->ctl, 5));
    fake_free(f);
}

/* A connection that ends anywhere leaves nothing behind that fires later. */
static void disconnect_in_every_state(void **state)
{
    static const enum session_state states[] = {SESSION_WAIT_HELLO, SESSION_WAIT_FEATURES,
                                                SESSION_WAIT_PORTS, SESSION_WAIT_DESC,
                                                SESSION_SYNC,       SESSION_READY};

    (void)state;
    for (size_t i = 0; i < sizeof states / sizeof *states; i++) {
        struct fake *f = fake_new(NULL, NULL, 0);
        struct fake_switch *sw = bring_to(f, states[i]);

        fake_disconnect(sw);
        fake_advance(f, 100 * NS_PER_S);
        sw->manners.silent = false;
        fake_connect(sw);
        fake_settle(f);
        assert_true(is_ready(sw));
        fake_free(f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(handshake_1_3),
        cmocka_unit_test(handshake_1_0),
        cmocka_unit_test(handshake_1_4_and_1_5),
        cmocka_unit_test(odd_switches),
        cmocka_unit_test(version_negotiation),
        cmocka_unit_test(all_messages_in_all_states),
        cmocka_unit_test(errors_name_the_reason),
        cmocka_unit_test(garbage),
        cmocka_unit_test(garbage_before_hello),
        cmocka_unit_test(log_is_limited),
        cmocka_unit_test(log_is_limited_over_connections),
        cmocka_unit_test(ports_are_limited),
        cmocka_unit_test(datapaths_are_limited),
        cmocka_unit_test(handshake_timeout),
        cmocka_unit_test(echo_keeps_alive),
        cmocka_unit_test(echo_timeout),
        cmocka_unit_test(traffic_replaces_echo),
        cmocka_unit_test(echo_is_answered),
        cmocka_unit_test(younger_connection_is_refused),
        cmocka_unit_test(dpid_must_be_the_expected_one),
        cmocka_unit_test(dead_connection_gives_way),
        cmocka_unit_test(rival_that_leaves),
        cmocka_unit_test(auxiliary_connection),
        cmocka_unit_test(disconnect_in_every_state),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

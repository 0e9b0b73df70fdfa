/* The published attacks on OpenFlow controllers, each by its name, with what must come of it: the
 * specification's error, a counter, and a network that goes on as before.
 *
 * Sources: the list of DELTA (Lee et al., NDSS 2017); Hong et al., "Poisoning Network Visibility in
 * Software-Defined Networks" (NDSS 2015: host hijack, link fabrication); Skowyra et al., "Effective
 * Topology Tampering Attacks and Defenses" (DSN 2018: relayed probes). Attacks on hosts and links are
 * in test_attacks_network.c. What needs a socket is in tests/live: slow readers, slow writers,
 * half-open connections, connection floods, and datapath ids bound to certificates. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "controller/core/datapath.h"
#include "controller/core/flowdb.h"
#include "controller/core/hosts.h"
#include "controller/core/txn.h"
#include "controller/openflow/of_codec.h"
#include "controller/packet/pkt_build.h"
#include "tests/core/attack_scene.h"

/* --- Messages --------------------------------------------------------------------------------- */

/* Bytes from a switch, as a driver hands them over. */
static void raw(struct scene *s, struct fake_switch *sw, const uint8_t *frame, size_t len)
{
    struct arena arena = {0};
    struct of_msg msg;
    enum of_err err = of_decode(frame, len, &arena, &msg);

    if (err == OF_OK) {
        ctl_input(s->f->ctl, sw->session, &msg);
    } else {
        ctl_input_bad(s->f->ctl, sw->session, &msg, err, frame, len);
    }
    arena_fini(&arena);
}

static void silent_rogue(struct scene *s)
{
    s->rogue->manners.silent = true;
    fake_connect(s->rogue);
}

/* A version that does not exist, in the hello and later. */
static void malformed_version(void **state)
{
    static const uint8_t hello[] = {0x00, 0, 0, 8, 0, 0, 0, 1};
    static const uint8_t later[] = {0x77, 2, 0, 8, 0, 0, 0x23, 0x85};
    struct scene s;
    const struct of_msg *error;
    size_t from;

    (void)state;
    scene_begin(&s);
    silent_rogue(&s);
    raw(&s, s.rogue, hello, sizeof hello);
    assert_true(s.rogue->closed);
    error = fake_sent(s.rogue, OF_ERROR, 0, 0);
    assert_int_equal(error->error.type, 0); /* OFPET_HELLO_FAILED, OFPHFC_INCOMPATIBLE. */
    assert_int_equal(error->error.code, 0);
    from = s.a->n_sent;
    raw(&s, s.a, later, sizeof later);
    error = fake_sent(s.a, OF_ERROR, from, 0);
    assert_int_equal(error->error.type, 1); /* OFPET_BAD_REQUEST, OFPBRC_BAD_VERSION. */
    assert_int_equal(error->error.code, 0);
    assert_int_equal(error->xid, 0x2385);
    assert_int_equal(scene_counters(&s)->messages_bad - s.before.messages_bad, 2);
    assert_int_equal(scene_counters(&s)->sessions_refused - s.before.sessions_refused, 1);
    scene_end_unharmed(&s);
}

/* Types that no version has, and those that only a controller sends. */
static void corrupted_type(void **state)
{
    struct scene s;
    size_t from, n = 0;

    (void)state;
    scene_begin(&s);
    from = s.a->n_sent;
    for (unsigned type = 30; type < 256; type++, n++) {
        uint8_t frame[8] = {4, (uint8_t)type, 0, 8, 0, 0, 0, 9};

        raw(&s, s.a, frame, sizeof frame);
    }
    assert_int_equal(fake_count(s.a, OF_ERROR, from), n);
    for (size_t i = 0; i < n; i++) {
        const struct of_msg *error = fake_sent(s.a, OF_ERROR, from, i);

        assert_int_equal(error->error.type, 1); /* OFPET_BAD_REQUEST, OFPBRC_BAD_TYPE. */
        assert_int_equal(error->error.code, 1);
    }
    assert_int_equal(scene_counters(&s)->messages_bad - s.before.messages_bad, n);
    scene_end_unharmed(&s);
}

static void handshake_without_hello(void **state)
{
    struct scene s;
    struct of_msg msg = {.type = OF_FEATURES_REPLY, .version = OF_VERSION_1_3};

    (void)state;
    scene_begin(&s);
    msg.features.dpid = 0xe;
    silent_rogue(&s);
    fake_input(s.rogue, &msg);
    assert_true(s.rogue->closed);
    assert_int_equal(fake_sent(s.rogue, OF_ERROR, 0, 0)->error.type, 0); /* HELLO_FAILED, */
    assert_int_equal(fake_sent(s.rogue, OF_ERROR, 0, 0)->error.code, 1); /* EPERM. */
    fake_settle(s.f);
    fake_connect(s.rogue); /* And one that never says anything. */
    fake_advance(s.f, 10 * NS_PER_S);
    assert_null(s.rogue->session);
    assert_null(datapath_find(s.f->ctl, 0xe));
    assert_int_equal(scene_counters(&s)->sessions_refused - s.before.sessions_refused, 2);
    assert_int_equal(scene_counters(&s)->sessions_closed - s.before.sessions_closed, 2);
    scene_end_unharmed(&s);
}

/* Packet-ins, port status and flow-removed from somebody who has not said hello. */
static void control_message_before_hello(void **state)
{
    static const enum of_type types[] = {OF_PACKET_IN,     OF_FLOW_REMOVED,    OF_PORT_STATUS,
                                         OF_BARRIER_REPLY, OF_MULTIPART_REPLY, OF_ECHO_REQUEST};
    struct scene s;

    (void)state;
    scene_begin(&s);
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        struct of_msg msg = {.type = types[i], .version = OF_VERSION_1_3};

        if (types[i] == OF_PACKET_IN) {
            scene_arp(&s, s.rogue, 1, VICTIM,
                      IP(VICTIM)); /* Only the bytes: nobody is connected. */
            msg.packet_in.in_port = 1;
            msg.packet_in.data = (struct of_bytes){s.frame.data, s.frame.len};
        } else if (types[i] == OF_PORT_STATUS) {
            msg.port_status.port.port_no = 1;
        } else if (types[i] == OF_MULTIPART_REPLY) {
            msg.mp_reply.type = OF_MP_TABLE;
        }
        silent_rogue(&s);
        ctl_input(s.f->ctl, s.rogue->session, &msg);
        assert_true(s.rogue->closed);
        assert_int_equal(fake_sent(s.rogue, OF_ERROR, 0, i)->error.code, 1); /* OFPHFC_EPERM. */
        fake_settle(s.f);
    }
    assert_int_equal(scene_counters(&s)->packet_ins, s.before.packet_ins);
    assert_int_equal(scene_counters(&s)->flow_removed, s.before.flow_removed);
    assert_null(datapath_find(s.f->ctl, 0xe));
    scene_end_unharmed(&s);
}

/* Others come with the datapath id of a switch that is there: they are refused as long as it answers,
 * and it does not notice. When it is dead, one of them has its place. */
static void several_main_connections(void **state)
{
    struct scene s;
    struct fake_switch *liar;

    (void)state;
    scene_begin(&s);
    s.rogue->dpid = 0xa;
    liar = fake_switch_add(s.f, 0xa, OF_VERSION_1_3, 3);
    for (int i = 0; i < 5; i++) {
        fake_connect(s.rogue);
        fake_connect(liar);
        fake_settle(s.f);
        assert_null(s.rogue->session);
        assert_null(liar->session);
    }
    assert_int_equal(scene_counters(&s)->sessions_refused - s.before.sessions_refused, 10);
    assert_int_equal(recorder_count(&s.r, "datapath_"), 0);
    scene_end_unharmed(&s);

    scene_begin(&s);
    s.a->manners.silent = true;
    s.rogue->dpid = 0xa;
    fake_connect(s.rogue);
    fake_advance(s.f, 2 * NS_PER_S);
    assert_null(s.a->session);
    assert_non_null(s.rogue->session);
    assert_int_equal(recorder_count(&s.r, "datapath_down a"), 1);
    assert_int_equal(recorder_count(&s.r, "datapath_up a"), 1);
    buf_fini(&s.frame);
    fake_free(s.f);
}

static void want(struct scene *s, uint16_t priority, uint16_t idle_s)
{
    struct txn *txn = txn_begin(s->f->ctl);
    struct of_action out = of_output(2);
    struct flow_spec spec = {.priority = priority,
                             .cookie = flow_cookie(s->r.id, priority),
                             .idle_timeout_s = idle_s,
                             .ins = of_apply(&out, 1)};

    txn_add(txn, 0, 0xa, &spec);
    txn_commit(txn, NULL, NULL);
    fake_settle(s->f);
}

static bool has_flow(const struct scene *s, uint16_t priority)
{
    struct of_match any = {0};

    return flowdb_find(s->f->ctl, 0xa, 0, priority, &any) != NULL;
}

static void removed(struct scene *s, uint16_t priority, uint64_t cookie)
{
    struct of_msg msg = {.type = OF_FLOW_REMOVED};

    msg.flow_removed.priority = priority;
    msg.flow_removed.cookie = cookie;
    msg.flow_removed.reason = OF_REMOVED_IDLE_TIMEOUT;
    fake_input(s->a, &msg);
}

/* A flow-removed for entries that are not known, not of this cookie, or for which none was asked. Only
 * the one that was asked for is believed. */
static void unflagged_flow_removed(void **state)
{
    struct scene s;

    (void)state;
    scene_begin(&s);
    want(&s, 100, 0);  /* No time-out: no OFPFF_SEND_FLOW_REM. */
    want(&s, 200, 30); /* With both. */
    removed(&s, 100, flow_cookie(s.r.id, 100));
    assert_int_equal(scene_counters(&s)->flow_removed_unasked, 1);
    removed(&s, 200, flow_cookie(s.r.id, 100));
    removed(&s, 200, 0);
    removed(&s, 300, flow_cookie(s.r.id, 300));
    removed(&s, 0, flow_cookie(255, 0)); /* The core's own. */
    assert_true(has_flow(&s, 100) && has_flow(&s, 200));
    assert_int_equal(recorder_count(&s.r, "flow_"), 0);
    removed(&s, 200, flow_cookie(s.r.id, 200));
    assert_false(has_flow(&s, 200));
    assert_int_equal(recorder_count(&s.r, "flow_removed a c8"), 1);
    assert_int_equal(scene_counters(&s)->flow_removed - s.before.flow_removed, 6);
    scene_end_unharmed(&s);
}

static void datapath_id_spoofing(void **state)
{
    struct scene s;

    (void)state;
    scene_begin(&s);
    s.rogue->dpid = 0xa;
    fake_connect(s.rogue);
    ctl_expect_dpid(s.rogue->session, 0xe); /* As its certificate says. */
    fake_settle(s.f);
    assert_null(s.rogue->session);
    assert_int_equal(scene_counters(&s)->dpids_refused, 1);
    scene_end_unharmed(&s);
}

/* --- Floods ----------------------------------------------------------------------------------- */

/* A broadcast storm from one switch: what is too much is dropped and counted, the other switch's
 * packets are all looked at. */
static void packet_in_flood(void **state)
{
    struct core_settings settings = core_settings_default();
    struct scene s;

    (void)state;
    settings.multicast_per_s = 100;
    settings.multicast_burst = 200;
    scene_begin_with(&s, &settings);
    for (int i = 0; i < 2000; i++) {
        buf_clear(&s.frame);
        pkt_build_eth(&s.frame, ETH_ADDR_BROADCAST, scene_mac(EVE), 0x88b5);
        scene_send(&s, s.a, 3);
        if (i % 20 == 0) {
            scene_send(&s, s.b, 3);
        }
    }
    assert_in_range(recorder_count(&s.r, "packet a:3"), 200, 201);
    assert_in_range(scene_counters(&s)->multicast_limited, 1799, 1800);
    assert_int_equal(recorder_count(&s.r, "packet b:3"), 0); /* Its address was somebody else's. */
    assert_int_equal(scene_counters(&s)->host_frames_held, 100);
    scene_end_unharmed(&s);
}

/* One host with very many addresses fills its port's share of the table and no more. */
static void table_flood(void **state)
{
    struct core_settings settings = core_settings_default();
    struct scene s;

    (void)state;
    settings.max_hosts_per_port = 50;
    scene_begin_with(&s, &settings);
    for (unsigned i = 0; i < 5000; i++) {
        scene_udp(&s, s.a, 3, 0x10000 + i * 2385, 0x0b000000 + i);
    }
    assert_int_equal(hosts_count(s.f->ctl), 4 + 49); /* Eve was there already. */
    assert_int_equal(scene_counters(&s)->host_limit_hits, 5000 - 49);
    scene_udp(&s, s.a, 2, VICTIM + 10, IP(VICTIM + 10)); /* There is room for others. */
    assert_true(scene_lives_at(&s, VICTIM + 10, 0xa, 2));
    scene_end_unharmed(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(malformed_version),
        cmocka_unit_test(corrupted_type),
        cmocka_unit_test(handshake_without_hello),
        cmocka_unit_test(control_message_before_hello),
        cmocka_unit_test(several_main_connections),
        cmocka_unit_test(unflagged_flow_removed),
        cmocka_unit_test(datapath_id_spoofing),
        cmocka_unit_test(packet_in_flood),
        cmocka_unit_test(table_flood),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

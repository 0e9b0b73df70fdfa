/* The published attacks on OpenFlow controllers, each by its name, with what must come of it: the
 * specification's error, a counter, and a network that goes on as before.
 *
 * Sources: the list of DELTA (Lee et al., NDSS 2017); Hong et al., "Poisoning Network Visibility in
 * Software-Defined Networks" (NDSS 2015: host hijack, link fabrication); Skowyra et al., "Effective
 * Topology Tampering Attacks and Defenses" (DSN 2018: relayed probes). What needs a socket is in
 * tests/live: slow readers, slow writers, half-open connections, connection floods, and datapath ids
 * bound to certificates. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "controller/core/datapath.h"
#include "controller/core/flowdb.h"
#include "controller/core/hosts_int.h"
#include "controller/core/topology.h"
#include "controller/core/txn.h"
#include "controller/openflow/of_codec.h"
#include "controller/packet/pkt_build.h"
#include "controller/packet/pkt_lldp.h"
#include "tests/core/fake_sb.h"
#include "tests/core/recorder.h"

#define VICTIM 1
#define FRIEND 2
#define EVE 66 /* The attacker's own host... */
#define IP(i) (0x0a000000U | (i))

/* The network under attack: switches a and b joined by a:1 – b:1, the victim at a:2, its friend at b:2,
 * and the attacker's hosts at a:3 and b:3. All have been there for a while. */
struct scene {
    struct fake *f;
    struct fake_switch *a, *b, *rogue;
    struct recorder r;
    struct buf frame;
    struct ctl_counters before;
};

static struct eth_addr mac(unsigned i)
{
    return eth_addr_from_u64(UINT64_C(0x020000000000) | i);
}

static const struct ctl_counters *counters(const struct scene *s)
{
    return ctl_counters(s->f->ctl);
}

static void send(struct scene *s, struct fake_switch *sw, port_no_t port)
{
    fake_packet_in(sw, port, s->frame.data, s->frame.len);
}

static void udp(struct scene *s, struct fake_switch *sw, port_no_t port, unsigned from, uint32_t ip)
{
    struct pkt_ends4 ends = {
        .eth_src = mac(from), .eth_dst = mac(FRIEND), .src = ip, .dst = IP(FRIEND)};

    buf_clear(&s->frame);
    pkt_build_udp4(&s->frame, &ends, 2385, 53, "x", 1);
    send(s, sw, port);
}

/* "I am 'ip', at 'from'". */
static void arp(struct scene *s, struct fake_switch *sw, port_no_t port, unsigned from, uint32_t ip)
{
    buf_clear(&s->frame);
    pkt_build_arp_request(&s->frame, mac(from), ip, ip);
    send(s, sw, port);
}

static void begin_with(struct scene *s, const struct core_settings *settings)
{
    struct recorder *use = &s->r;
    struct ctl_module_use module = {&recorder_module, &use};

    memset(s, 0, sizeof *s);
    s->f = fake_new(settings, &module, 1);
    s->a = fake_switch_add(s->f, 0xa, OF_VERSION_1_3, 3);
    s->b = fake_switch_add(s->f, 0xb, OF_VERSION_1_0, 3);
    s->rogue = fake_switch_add(s->f, 0xe, OF_VERSION_1_3, 3);
    fake_link(s->a, 1, s->b, 1);
    fake_connect(s->a);
    fake_connect(s->b);
    fake_advance(s->f, 30 * NS_PER_S);
    arp(s, s->a, 2, VICTIM, IP(VICTIM));
    arp(s, s->b, 2, FRIEND, IP(FRIEND));
    arp(s, s->a, 3, EVE, IP(EVE));
    arp(s, s->b, 3, EVE + 1, IP(EVE + 1));
    recorder_clear(&s->r);
    s->before = *counters(s);
}

static void begin(struct scene *s)
{
    begin_with(s, NULL);
}

static bool lives_at(const struct scene *s, unsigned i, dpid_t dpid, port_no_t port)
{
    const struct host *host = hosts_find(s->f->ctl, mac(i));

    return host && host_dpid(host) == dpid && host_port(host) == port &&
           hosts_find_ipv4(s->f->ctl, IP(i)) == host;
}

static bool is_served(struct fake_switch *sw)
{
    size_t from = sw->n_sent;

    fake_input(sw, &(struct of_msg){.type = OF_ECHO_REQUEST, .xid = 0x2385});
    return fake_count(sw, OF_ECHO_REPLY, from) == 1;
}

/* Nothing has happened to anybody: switches, links, hosts and the way of a packet. */
static void end_unharmed(struct scene *s)
{
    size_t n_links;

    assert_true(datapath_is_ready(datapath_find(s->f->ctl, 0xa)) && is_served(s->a));
    assert_true(datapath_is_ready(datapath_find(s->f->ctl, 0xb)) && is_served(s->b));
    topology_links(s->f->ctl, &n_links);
    assert_int_equal(n_links, 2);
    assert_int_equal(topology_link_at(s->f->ctl, 0xa, 1)->dst_dpid, 0xb);
    assert_int_equal(recorder_count(&s->r, "link_"), 0);
    assert_int_equal(recorder_count(&s->r, "datapath_"), 0);
    assert_int_equal(recorder_count(&s->r, "host_moved"), 0);
    assert_int_equal(recorder_count(&s->r, "host_gone"), 0);
    assert_true(lives_at(s, VICTIM, 0xa, 2));
    assert_true(lives_at(s, FRIEND, 0xb, 2));
    recorder_clear(&s->r);
    udp(s, s->a, 2, VICTIM, IP(VICTIM));
    assert_int_equal(recorder_count(&s->r, "packet a:2 known"), 1);
    buf_fini(&s->frame);
    fake_free(s->f);
}

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
    begin(&s);
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
    assert_int_equal(counters(&s)->messages_bad - s.before.messages_bad, 2);
    assert_int_equal(counters(&s)->sessions_refused - s.before.sessions_refused, 1);
    end_unharmed(&s);
}

/* Types that no version has, and those that only a controller sends. */
static void corrupted_type(void **state)
{
    struct scene s;
    size_t from, n = 0;

    (void)state;
    begin(&s);
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
    assert_int_equal(counters(&s)->messages_bad - s.before.messages_bad, n);
    end_unharmed(&s);
}

static void handshake_without_hello(void **state)
{
    struct scene s;
    struct of_msg msg = {.type = OF_FEATURES_REPLY, .version = OF_VERSION_1_3};

    (void)state;
    begin(&s);
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
    assert_int_equal(counters(&s)->sessions_refused - s.before.sessions_refused, 2);
    assert_int_equal(counters(&s)->sessions_closed - s.before.sessions_closed, 2);
    end_unharmed(&s);
}

/* Packet-ins, port status and flow-removed from somebody who has not said hello. */
static void control_message_before_hello(void **state)
{
    static const enum of_type types[] = {OF_PACKET_IN,     OF_FLOW_REMOVED,    OF_PORT_STATUS,
                                         OF_BARRIER_REPLY, OF_MULTIPART_REPLY, OF_ECHO_REQUEST};
    struct scene s;

    (void)state;
    begin(&s);
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        struct of_msg msg = {.type = types[i], .version = OF_VERSION_1_3};

        if (types[i] == OF_PACKET_IN) {
            arp(&s, s.rogue, 1, VICTIM, IP(VICTIM)); /* Only the bytes: nobody is connected. */
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
    assert_int_equal(counters(&s)->packet_ins, s.before.packet_ins);
    assert_int_equal(counters(&s)->flow_removed, s.before.flow_removed);
    assert_null(datapath_find(s.f->ctl, 0xe));
    end_unharmed(&s);
}

/* Others come with the datapath id of a switch that is there: they are refused as long as it answers,
 * and it does not notice. When it is dead, one of them has its place. */
static void several_main_connections(void **state)
{
    struct scene s;
    struct fake_switch *liar;

    (void)state;
    begin(&s);
    s.rogue->dpid = 0xa;
    liar = fake_switch_add(s.f, 0xa, OF_VERSION_1_3, 3);
    for (int i = 0; i < 5; i++) {
        fake_connect(s.rogue);
        fake_connect(liar);
        fake_settle(s.f);
        assert_null(s.rogue->session);
        assert_null(liar->session);
    }
    assert_int_equal(counters(&s)->sessions_refused - s.before.sessions_refused, 10);
    assert_int_equal(recorder_count(&s.r, "datapath_"), 0);
    end_unharmed(&s);

    begin(&s);
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
    begin(&s);
    want(&s, 100, 0);  /* No time-out: no OFPFF_SEND_FLOW_REM. */
    want(&s, 200, 30); /* With both. */
    removed(&s, 100, flow_cookie(s.r.id, 100));
    assert_int_equal(counters(&s)->flow_removed_unasked, 1);
    removed(&s, 200, flow_cookie(s.r.id, 100));
    removed(&s, 200, 0);
    removed(&s, 300, flow_cookie(s.r.id, 300));
    removed(&s, 0, flow_cookie(255, 0)); /* The core's own. */
    assert_true(has_flow(&s, 100) && has_flow(&s, 200));
    assert_int_equal(recorder_count(&s.r, "flow_"), 0);
    removed(&s, 200, flow_cookie(s.r.id, 200));
    assert_false(has_flow(&s, 200));
    assert_int_equal(recorder_count(&s.r, "flow_removed a c8"), 1);
    assert_int_equal(counters(&s)->flow_removed - s.before.flow_removed, 6);
    end_unharmed(&s);
}

static void datapath_id_spoofing(void **state)
{
    struct scene s;

    (void)state;
    begin(&s);
    s.rogue->dpid = 0xa;
    fake_connect(s.rogue);
    ctl_expect_dpid(s.rogue->session, 0xe); /* As its certificate says. */
    fake_settle(s.f);
    assert_null(s.rogue->session);
    assert_int_equal(counters(&s)->dpids_refused, 1);
    end_unharmed(&s);
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
    begin_with(&s, &settings);
    for (int i = 0; i < 2000; i++) {
        buf_clear(&s.frame);
        pkt_build_eth(&s.frame, ETH_ADDR_BROADCAST, mac(EVE), 0x88b5);
        send(&s, s.a, 3);
        if (i % 20 == 0) {
            send(&s, s.b, 3);
        }
    }
    assert_in_range(recorder_count(&s.r, "packet a:3"), 200, 201);
    assert_in_range(counters(&s)->multicast_limited, 1799, 1800);
    assert_int_equal(recorder_count(&s.r, "packet b:3"), 0); /* Its address was somebody else's. */
    assert_int_equal(counters(&s)->host_frames_held, 100);
    end_unharmed(&s);
}

/* One host with very many addresses fills its port's share of the table and no more. */
static void table_flood(void **state)
{
    struct core_settings settings = core_settings_default();
    struct scene s;

    (void)state;
    settings.max_hosts_per_port = 50;
    begin_with(&s, &settings);
    for (unsigned i = 0; i < 5000; i++) {
        udp(&s, s.a, 3, 0x10000 + i * 2385, 0x0b000000 + i);
    }
    assert_int_equal(hosts_count(s.f->ctl), 4 + 49); /* Eve was there already. */
    assert_int_equal(counters(&s)->host_limit_hits, 5000 - 49);
    udp(&s, s.a, 2, VICTIM + 10, IP(VICTIM + 10)); /* There is room for others. */
    assert_true(lives_at(&s, VICTIM + 10, 0xa, 2));
    end_unharmed(&s);
}

/* --- Hosts ------------------------------------------------------------------------------------ */

/* The victim answers what it is asked, at a:2. */
static void victim_answers(struct scene *s)
{
    buf_clear(&s->frame);
    pkt_build_arp_reply(&s->frame, mac(VICTIM), IP(VICTIM), HOSTS_PROBE_MAC, 0);
    send(s, s->a, 2);
}

/* Frames with the victim's MAC address, and ARP for its IP address, from the attacker's port: they are
 * seen by nobody, the victim is asked and stays, and the attack is reported. */
static void host_hijack(void **state)
{
    struct scene s;

    (void)state;
    begin(&s);
    udp(&s, s.b, 3, VICTIM, IP(VICTIM));
    arp(&s, s.b, 3, VICTIM, IP(VICTIM));
    victim_answers(&s);
    assert_int_equal(counters(&s)->host_spoofs, 1);
    assert_int_equal(recorder_count(&s.r, "host_spoof 02:00:00:00:00:01 a:2"), 1);
    assert_int_equal(recorder_count(&s.r, "spoofed_at b:3"), 1);
    arp(&s, s.b, 3, EVE + 1, IP(VICTIM)); /* With its own MAC address. */
    victim_answers(&s);
    assert_int_equal(counters(&s)->address_spoofs, 1);
    assert_int_equal(recorder_count(&s.r, "spoofed_at b:3"), 2);
    assert_int_equal(recorder_count(&s.r, "packet"), 0);
    fake_advance(s.f, 5 * NS_PER_S);
    end_unharmed(&s);
}

/* --- Links ------------------------------------------------------------------------------------ */

/* The latest probe that left 'sw' at 'port'. */
static struct of_bytes probe_of(const struct fake_switch *sw, port_no_t port)
{
    struct of_bytes found = {NULL, 0};

    for (size_t i = 0; i < sw->n_sent; i++) {
        const struct of_msg *msg = &sw->sent[i];
        const struct of_bytes *data = &msg->packet_out.data;

        if (msg->type == OF_PACKET_OUT && msg->packet_out.actions.list[0].output.port == port &&
            data->len > 14 && data->data[12] == 0x88 && data->data[13] == 0xcc) {
            found = *data;
        }
    }
    assert_non_null(found.data);
    return found;
}

static void pass_on(struct of_bytes frame, struct fake_switch *sw, port_no_t port)
{
    fake_packet_in(sw, port, frame.data, frame.len);
}

/* Both attackers hand over what they hear to each other, for a round of probes. */
static void relay_for(struct scene *s, int64_t ns)
{
    struct of_bytes a = {NULL, 0}, b = {NULL, 0};

    for (mono_t end = mono_add(s->f->clock.now, ns); mono_before(s->f->clock.now, end);) {
        fake_advance(s->f, 100 * NS_PER_MS);
        if (probe_of(s->a, 3).data != a.data) {
            a = probe_of(s->a, 3);
            pass_on(a, s->b, 3);
        }
        if (probe_of(s->b, 3).data != b.data) {
            b = probe_of(s->b, 3);
            pass_on(b, s->a, 3);
        }
    }
}

/* Probes that were made up, changed, recorded, or said to come from another port. */
static void link_fabrication(void **state)
{
    struct scene s;
    struct of_bytes heard;
    uint8_t forged[256];
    size_t len;

    (void)state;
    begin(&s);
    heard = probe_of(s.b, 3);
    len = heard.len;
    memcpy(forged, heard.data, len);
    forged[len - 2 - 44 + 7] = 0xa; /* From switch a, so it says. */
    fake_packet_in(s.b, 3, forged, len);
    memcpy(forged, heard.data, len);
    forged[len - 2 - 44 + 11] = 1; /* From port 1. */
    fake_packet_in(s.b, 3, forged, len);
    assert_int_equal(counters(&s)->lldp_forged - s.before.lldp_forged, 2);
    fake_advance(s.f, 6 * NS_PER_S);
    pass_on(heard, s.a, 3); /* A recording. */
    assert_int_equal(counters(&s)->lldp_replayed - s.before.lldp_replayed, 1);
    end_unharmed(&s);
}

/* Two hosts that relay fresh probes: that cannot be told from a cable, but for the hosts that are heard
 * there. As long as they are, no link; a port that has just come up is believed, as new cables are. */
static void link_fabrication_by_relay(void **state)
{
    struct scene s;
    size_t n_links;

    (void)state;
    begin(&s);
    relay_for(&s, 10 * NS_PER_S);
    assert_true(counters(&s)->links_held >= 4);
    assert_int_equal(counters(&s)->lldp_bad, 0);
    assert_true(lives_at(&s, EVE, 0xa, 3));
    end_unharmed(&s);

    begin(&s);
    fake_port_set(s.b, 3, false);
    fake_port_set(s.b, 3, true);
    pass_on(probe_of(s.b, 3), s.a, 3);
    assert_non_null(topology_link_at(s.f->ctl, 0xb, 3));
    assert_int_equal(counters(&s)->links_held, 0);
    buf_fini(&s.frame);
    fake_free(s.f);

    begin(&s);
    fake_advance(s.f, 16 * NS_PER_S + 1); /* Both hosts have been silent: a cable comes to life. */
    relay_for(&s, 6 * NS_PER_S);
    topology_links(s.f->ctl, &n_links);
    assert_int_equal(n_links, 4);
    buf_fini(&s.frame);
    fake_free(s.f);
}

/* An operator who has hubs between switches takes the risk. */
static void relayed_link_may_be_accepted(void **state)
{
    struct core_settings settings = core_settings_default();
    struct scene s;

    (void)state;
    settings.hold_links = false;
    begin_with(&s, &settings);
    relay_for(&s, 6 * NS_PER_S);
    assert_non_null(topology_link_at(s.f->ctl, 0xa, 3));
    assert_int_equal(counters(&s)->links_held, 0);
    buf_fini(&s.frame);
    fake_free(s.f);
}

/* LLDP frames of every kind, ten thousand of them, cause not one frame of ours. A link whose way back is
 * missing causes a few, however often its probes come in. */
static void lldp_amplification(void **state)
{
    struct core_settings settings = core_settings_default();
    struct scene s;
    struct of_bytes heard;
    uint8_t frame[256];
    size_t from;

    (void)state;
    settings.lldp_per_s = settings.port_lldp_per_s = 0; /* Not even without admission. */
    settings.hold_links = false;
    begin_with(&s, &settings);
    heard = probe_of(s.b, 3);
    from = s.a->n_sent;
    fake_advance(s.f, 6 * NS_PER_S);
    from = s.a->n_sent;
    memcpy(frame, heard.data, heard.len);
    for (unsigned i = 0; i < 10000; i++) {
        if (i % 2) {
            frame[14 + i % (heard.len - 14)] ^= (uint8_t)(1U << i % 8);
        }
        fake_packet_in(s.a, 3, i % 3 ? frame : heard.data, heard.len);
    }
    assert_int_equal(s.a->n_sent, from);
    heard = probe_of(s.b, 3); /* A good one, passed on one way only. */
    for (unsigned i = 0; i < 1000; i++) {
        pass_on(heard, s.a, 3);
    }
    assert_int_equal(s.a->n_sent - from, 1);
    assert_int_equal(counters(&s)->packet_outs - s.before.packet_outs,
                     counters(&s)->lldp_sent - s.before.lldp_sent);
    fake_advance(s.f, 4900 * NS_PER_MS);
    assert_in_range(fake_count(s.a, OF_PACKET_OUT, from), 6, 6 + 3);
    buf_fini(&s.frame);
    fake_free(s.f);
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
        cmocka_unit_test(host_hijack),
        cmocka_unit_test(link_fabrication),
        cmocka_unit_test(link_fabrication_by_relay),
        cmocka_unit_test(relayed_link_may_be_accepted),
        cmocka_unit_test(lldp_amplification),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

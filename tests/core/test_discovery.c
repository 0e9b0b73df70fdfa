/* Links and kinds of ports, with the switches' cables as the truth. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "controller/core/datapath.h"
#include "controller/core/hosts.h"
#include "controller/core/paths.h"
#include "controller/core/probe.h"
#include "controller/core/topology.h"
#include "controller/packet/pkt.h"
#include "controller/packet/pkt_build.h"
#include "controller/packet/pkt_lldp.h"
#include "tests/core/fake_sb.h"
#include "tests/core/recorder.h"

struct scene {
    struct fake *f;
    struct fake_switch *a, *b;
    struct recorder r;
};

/* Without the probes of legacy networks: here LLDP is counted. */
static struct core_settings lldp_settings(void)
{
    struct core_settings settings = core_settings_default();

    settings.bddp = false;
    return settings;
}

/* Switches a and b joined by a:1 – b:2. Not the limits of LLDP frames are to be seen here. */
static void begin(struct scene *s, uint8_t version)
{
    struct core_settings settings = lldp_settings();
    struct recorder *use = &s->r;
    struct ctl_module_use module = {&recorder_module, &use};

    memset(s, 0, sizeof *s);
    settings.port_lldp_per_s = settings.lldp_per_s = 0;
    s->f = fake_new(&settings, &module, 1);
    s->a = fake_switch_add(s->f, 0xa, version, 3);
    s->b = fake_switch_add(s->f, 0xb, version, 3);
    fake_link(s->a, 1, s->b, 2);
}

static void both_up(struct scene *s, uint8_t version)
{
    begin(s, version);
    fake_connect(s->a);
    fake_connect(s->b);
    fake_settle(s->f);
}

static void end(struct scene *s)
{
    fake_free(s->f);
}

static enum port_kind kind(const struct fake_switch *sw, port_no_t port_no)
{
    return datapath_port(datapath_find(sw->fake->ctl, sw->dpid), port_no)->kind;
}

static size_t n_links(const struct scene *s)
{
    size_t n;

    topology_links(s->f->ctl, &n);
    return n;
}

static void probe_format(void **state)
{
    struct scene s;
    const struct of_msg *po;
    struct pkt pkt;
    struct pkt_lldp lldp;

    (void)state;
    begin(&s, OF_VERSION_1_3);
    fake_connect(s.a);
    fake_settle(s.f);
    assert_int_equal(fake_count(s.a, OF_PACKET_OUT, 0), 3);
    po = fake_sent(s.a, OF_PACKET_OUT, 0, 1);
    assert_int_equal(po->packet_out.actions.list[0].output.port, 2);
    assert_int_equal(po->packet_out.in_port, OF_PORT_CONTROLLER);
    assert_int_equal(pkt_parse(po->packet_out.data.data, po->packet_out.data.len, &pkt), ERR_OK);
    assert_true(eth_addr_eq(pkt.eth_dst, PKT_LLDP_MULTICAST));
    assert_true(eth_addr_eq(pkt.eth_src, s.a->ports[1].hw_addr));
    assert_int_equal(pkt_parse_lldp(po->packet_out.data.data + pkt.off.payload,
                                    po->packet_out.data.len - pkt.off.payload, &lldp),
                     ERR_OK);
    assert_memory_equal(lldp.chassis.data, "dpid:000000000000000a", 21);
    assert_memory_equal(lldp.port.data, "2", 1);
    assert_int_equal(lldp.ttl_s, 16);
    end(&s);
}

static void link_comes_up_both_ways(void **state)
{
    static const uint8_t versions[] = {OF_VERSION_1_0, OF_VERSION_1_3};

    (void)state;
    for (size_t v = 0; v < 2; v++) {
        struct scene s;

        begin(&s, versions[v]);
        fake_connect(s.a);
        fake_settle(s.f);
        fake_advance(s.f, 2385 * NS_PER_MS);
        assert_int_equal(kind(s.a, 1), PORT_EDGE);
        fake_connect(s.b);
        fake_settle(s.f);
        assert_int_equal(n_links(&s), 2);
        assert_int_equal(recorder_count(&s.r, "link_up a:1>b:2"), 1);
        assert_int_equal(recorder_count(&s.r, "link_up b:2>a:1"), 1);
        assert_int_equal(kind(s.a, 1), PORT_LINK);
        assert_int_equal(kind(s.b, 2), PORT_LINK);
        assert_int_equal(kind(s.b, 1), PORT_UNSETTLED);
        fake_advance(s.f, 500 * NS_PER_MS - 1);
        assert_int_equal(kind(s.b, 1), PORT_UNSETTLED);
        fake_advance(s.f, 1);
        assert_int_equal(kind(s.b, 1), PORT_EDGE);
        assert_int_equal(paths_distance(s.f->ctl, 0xa, 0xb), 1);
        fake_advance(s.f, 100 * NS_PER_S);
        assert_int_equal(n_links(&s), 2);
        assert_int_equal(recorder_count(&s.r, "link_"), 2);
        end(&s);
    }
}

static void cut_and_replugged(void **state)
{
    struct scene s;
    uint64_t generation;

    (void)state;
    both_up(&s, OF_VERSION_1_3);
    generation = topology_generation(s.f->ctl);
    fake_cut(s.a, 1);
    assert_int_equal(n_links(&s), 0);
    assert_true(topology_generation(s.f->ctl) > generation);
    assert_int_equal(recorder_count(&s.r, "link_down"), 2);
    assert_int_equal(recorder_count(&s.r, "port_down a:1"), 1);
    assert_int_equal(kind(s.a, 1), PORT_DEAD);
    assert_int_equal(paths_distance(s.f->ctl, 0xa, 0xb), -1);
    fake_link(s.a, 1, s.b, 2);
    fake_port_set(s.a, 1, true);
    fake_port_set(s.b, 2, true);
    fake_settle(s.f);
    assert_int_equal(n_links(&s), 2);
    assert_int_equal(recorder_count(&s.r, "port_up"), 2);
    assert_int_equal(kind(s.a, 1), PORT_LINK);
    end(&s);
}

/* The far end falls silent with its port up, as behind a converter. */
static void link_times_out(void **state)
{
    struct scene s;

    (void)state;
    both_up(&s, OF_VERSION_1_3);
    s.a->peers[0].sw = NULL; /* a's frames no longer reach b; b's still reach a. */
    fake_advance(s.f, 15 * NS_PER_S);
    assert_int_equal(n_links(&s), 2);
    fake_advance(s.f, 6 * NS_PER_S);
    assert_int_equal(n_links(&s), 1);
    assert_null(topology_link_at(s.f->ctl, 0xa, 1));
    assert_int_equal(paths_distance(s.f->ctl, 0xa, 0xb), -1);
    assert_int_equal(kind(s.a, 1), PORT_LINK); /* b is still heard on it. */
    s.b->peers[1].sw = NULL;
    fake_advance(s.f, 25 * NS_PER_S);
    assert_int_equal(n_links(&s), 0);
    assert_int_equal(kind(s.a, 1), PORT_EDGE);
    end(&s);
}

/* As long as only one direction is known, probes go the other way more often, so that a link works
 * again as soon as it can: at once and after 125, 250, 500, 1000 and 2000 ms, once in an interval at
 * most, whatever comes in. */
static void one_way_link_is_probed_back(void **state)
{
    struct scene s;
    size_t n_before;

    (void)state;
    both_up(&s, OF_VERSION_1_3);
    fake_advance(s.f, NS_PER_S);
    n_before = fake_count(s.a, OF_PACKET_OUT, 0);
    fake_advance(s.f, 20 * NS_PER_S);
    assert_int_equal(fake_count(s.a, OF_PACKET_OUT, 0) - n_before, 3 * 4);
    s.a->peers[0].sw = NULL;
    fake_advance(s.f, 25 * NS_PER_S);
    assert_int_equal(n_links(&s), 1);
    n_before = fake_count(s.a, OF_PACKET_OUT, 0);
    fake_advance(s.f, 20 * NS_PER_S);
    assert_in_range(fake_count(s.a, OF_PACKET_OUT, 0) - n_before, 3 * 4 + 6, 3 * 4 + 4 * 6);
    end(&s);
}

/* The way out of a port falls silent for a moment while probes still come in: it is found again by the
 * quick probes, long before the next round. */
static void lost_direction_comes_back(void **state)
{
    struct scene s;
    struct fake_switch *b;

    (void)state;
    both_up(&s, OF_VERSION_1_3);
    b = s.a->peers[0].sw;
    s.a->peers[0].sw = NULL;
    while (n_links(&s) == 2) {
        fake_advance(s.f, 10 * NS_PER_MS);
    }
    assert_int_equal(kind(s.a, 1), PORT_LINK);
    s.a->peers[0].sw = b;
    fake_advance(s.f, 130 * NS_PER_MS);
    assert_int_equal(n_links(&s), 2);
    end(&s);
}

/* The first probes are lost, as when the neighbour is not connected yet: the port is probed again
 * before it is taken for an edge. */
static void lost_probes_are_repeated(void **state)
{
    struct scene s;
    struct fake_switch *b;

    (void)state;
    begin(&s, OF_VERSION_1_3);
    b = s.a->peers[0].sw;
    s.a->peers[0].sw = NULL;
    s.b->peers[1].sw = NULL;
    fake_connect(s.a);
    fake_connect(s.b);
    fake_settle(s.f);
    assert_int_equal(n_links(&s), 0);
    fake_advance(s.f, 300 * NS_PER_MS);
    s.a->peers[0].sw = b;
    s.b->peers[1].sw = s.a;
    fake_advance(s.f, 126 * NS_PER_MS);
    assert_int_equal(n_links(&s), 2);
    assert_int_equal(kind(s.a, 1), PORT_LINK);
    end(&s);
}

/* A port that should lead to a switch is no edge before a link would have timed out. */
static void expected_link(void **state)
{
    struct scene s;

    (void)state;
    begin(&s, OF_VERSION_1_3);
    fake_connect(s.a);
    fake_settle(s.f);
    datapath_expect_link(datapath_find(s.f->ctl, 0xa), 1);
    datapath_expect_link(datapath_find(s.f->ctl, 0xa), 77); /* There is no such port. */
    fake_advance(s.f, 16 * NS_PER_S - 1);
    assert_int_equal(kind(s.a, 1), PORT_UNSETTLED);
    assert_int_equal(kind(s.a, 2), PORT_EDGE);
    fake_advance(s.f, 1);
    assert_int_equal(kind(s.a, 1), PORT_EDGE);
    end(&s);
}

/* While a switch is away its links do not age, but no path goes over them. */
static void switch_away(void **state)
{
    struct scene s;

    (void)state;
    both_up(&s, OF_VERSION_1_3);
    fake_advance(s.f, NS_PER_S);
    fake_disconnect(s.b);
    assert_int_equal(paths_distance(s.f->ctl, 0xa, 0xb), -1);
    fake_advance(s.f, 100 * NS_PER_S);
    assert_int_equal(n_links(&s), 2);
    assert_int_equal(kind(s.a, 1), PORT_LINK);
    fake_connect(s.b);
    fake_settle(s.f);
    assert_int_equal(paths_distance(s.f->ctl, 0xa, 0xb), 1);
    fake_advance(s.f, 100 * NS_PER_S);
    assert_int_equal(recorder_count(&s.r, "link_"), 2);
    end(&s);
}

static void link_moves(void **state)
{
    struct scene s;

    (void)state;
    both_up(&s, OF_VERSION_1_3);
    recorder_clear(&s.r);
    s.b->peers[1].sw = NULL;
    s.a->peers[0].port_no = 3;
    s.b->peers[2].sw = s.a;
    s.b->peers[2].port_no = 1;
    fake_advance(s.f, 30 * NS_PER_S);
    assert_int_equal(n_links(&s), 2);
    assert_int_equal(topology_link_at(s.f->ctl, 0xa, 1)->dst_port, 3);
    assert_int_equal(recorder_count(&s.r, "link_down a:1>b:2"), 1);
    assert_int_equal(recorder_count(&s.r, "link_up a:1>b:3"), 1);
    assert_int_equal(kind(s.b, 2), PORT_EDGE);
    assert_int_equal(kind(s.a, 1), PORT_LINK);
    end(&s);
}

/* A host that was heard where a switch is found is forgotten. */
static void host_behind_link(void **state)
{
    struct scene s;
    struct buf frame = BUF_INIT;
    struct eth_addr mac = eth_addr_from_u64(0x020000000101);

    (void)state;
    begin(&s, OF_VERSION_1_3);
    fake_connect(s.a);
    fake_advance(s.f, NS_PER_S);
    pkt_build_arp_request(&frame, mac, 0x0a000001, 0x0a000002);
    fake_packet_in(s.a, 1, frame.data, frame.len);
    assert_non_null(hosts_find(s.f->ctl, mac));
    fake_connect(s.b);
    fake_settle(s.f);
    assert_null(hosts_find(s.f->ctl, mac));
    assert_int_equal(recorder_count(&s.r, "host_gone 02:00:00:00:01:01 a:1"), 1);
    fake_packet_in(s.a, 1, frame.data, frame.len);
    assert_null(hosts_find(s.f->ctl, mac));
    assert_int_equal(recorder_count(&s.r, "packet a:1 unknown"), 1);
    buf_fini(&frame);
    end(&s);
}

static void port_added_and_removed(void **state)
{
    struct scene s;
    struct of_msg msg = {.type = OF_PORT_STATUS};
    size_t n;

    (void)state;
    both_up(&s, OF_VERSION_1_3);
    msg.port_status.reason = OF_PORT_ADD;
    msg.port_status.port.port_no = 77;
    fake_input(s.a, &msg);
    assert_int_equal(recorder_count(&s.r, "port_up a:77"), 1);
    msg.port_status.port.port_no = OF_PORT_LOCAL;
    fake_input(s.a, &msg);
    datapath_ports(datapath_find(s.f->ctl, 0xa), &n);
    assert_int_equal(n, 4);
    msg.port_status.reason = OF_PORT_DELETE;
    msg.port_status.port.port_no = 1;
    fake_input(s.a, &msg);
    assert_int_equal(n_links(&s), 0);
    assert_int_equal(recorder_count(&s.r, "port_down a:1"), 1);
    assert_null(datapath_port(datapath_find(s.f->ctl, 0xa), 1));
    end(&s);
}

/* --- Frames that are not what they claim ------------------------------------------------------ */

static const uint8_t no_key[32]; /* What the fake core has. */

static void send_lldp(struct scene *s, const struct pkt_lldp_org *org, size_t cut)
{
    struct pkt_lldp lldp = {.chassis = {PKT_LLDP_CHASSIS_LOCAL, 1, (const uint8_t *)"x"},
                            .port = {PKT_LLDP_PORT_LOCAL, 1, (const uint8_t *)"1"},
                            .ttl_s = 20};
    struct buf frame = BUF_INIT;

    if (org) {
        lldp.n_orgs = 1;
        lldp.orgs[0] = *org;
    }
    pkt_build_lldp(&frame, PKT_LLDP_MULTICAST, s->a->ports[0].hw_addr, PKT_TYPE_LLDP, &lldp);
    fake_packet_in(s->a, 3, frame.data, frame.len - cut);
    buf_fini(&frame);
}

/* A probe made under 'key', with 'trim' bytes less of its TLV and 'cut' less of the frame. */
static void send_probe(struct scene *s, const struct probe *probe, const uint8_t key[32],
                       size_t trim, size_t cut)
{
    struct buf tag = BUF_INIT;
    struct pkt_lldp_org org;

    probe_put(&tag, probe, key);
    assert_int_equal(tag.len, PROBE_TAG_LEN);
    org = probe_org(tag.data);
    org.len = (uint16_t)(org.len - trim);
    send_lldp(s, &org, cut);
    buf_fini(&tag);
}

static void forged_probes(void **state)
{
    static const uint8_t other_key[32] = {[31] = 1};
    static const struct probe unknown = {0x99, 1, 0, 1}, no_port = {0xb, 99, 0, 1};
    static const struct probe not_sent = {0xb, 3, 0, 2385}, never = {0xb, 3, 0, 0};
    static const struct probe foreign = {0xb, 3, 77, 1};
    struct scene s;
    const struct ctl_counters *c;

    (void)state;
    both_up(&s, OF_VERSION_1_3);
    c = ctl_counters(s.f->ctl);
    send_probe(&s, &unknown, no_key, 0, 0);
    send_probe(&s, &no_port, no_key, 0, 0);
    send_probe(&s, &no_port, no_key, 1, 0);
    send_probe(&s, &no_port, no_key, 0, 3);
    assert_int_equal(c->lldp_bad, 4);
    assert_int_equal(c->lldp_forged, 0);
    send_probe(&s, &not_sent, other_key, 0, 0);
    assert_int_equal(c->lldp_forged, 1);
    send_probe(&s, &not_sent, no_key, 0, 0);
    send_probe(&s, &never, no_key, 0, 0);
    assert_int_equal(c->lldp_replayed, 2);
    assert_int_equal(c->lldp_bad, 7);
    send_probe(&s, &foreign, no_key, 0, 0); /* Another controller's: nothing wrong with it... */
    assert_int_equal(c->lldp_foreign, 1);
    send_lldp(&s, NULL, 0); /* ...nor with somebody else's. */
    assert_int_equal(c->lldp_bad, 7);
    assert_int_equal(n_links(&s), 2);
    assert_int_equal(recorder_count(&s.r, "packet"), 0);
    fake_packet_in(s.a, 3, "short", 5);
    assert_int_equal(c->packet_ins_malformed, 1);
    end(&s);
}

/* The latest probe that left 'sw' at 'port', and where its TLV begins. */
static struct of_bytes latest_probe(const struct fake_switch *sw, port_no_t port)
{
    struct of_bytes found = {NULL, 0};

    for (size_t i = 0; i < sw->n_sent; i++) {
        const struct of_msg *msg = &sw->sent[i];

        if (msg->type == OF_PACKET_OUT && msg->packet_out.actions.list[0].output.port == port) {
            found = msg->packet_out.data;
        }
    }
    assert_non_null(found.data);
    return found;
}

static void replay(struct of_bytes frame, struct fake_switch *sw, port_no_t port)
{
    fake_packet_in(sw, port, frame.data, frame.len);
}

/* Not one bit of what a probe says can be changed, and it is taken once. */
static void every_bit_is_authentic(void **state)
{
    struct scene s;
    const struct ctl_counters *c;
    uint8_t copy[256];
    struct of_bytes frame;
    size_t tag;

    (void)state;
    both_up(&s, OF_VERSION_1_3);
    c = ctl_counters(s.f->ctl);
    frame = latest_probe(s.a, 2);
    tag = frame.len - 2 - PROBE_TAG_LEN; /* The End TLV is behind it. */
    assert_in_range(frame.len, 60, 128); /* A packet-in with miss_send_len 128 has it all. */
    for (size_t bit = 0; bit < 8 * PROBE_TAG_LEN; bit++) {
        memcpy(copy, frame.data, frame.len);
        copy[tag + bit / 8] ^= (uint8_t)(1U << bit % 8);
        fake_packet_in(s.b, 3, copy, frame.len);
    }
    assert_int_equal(c->lldp_forged, 8 * PROBE_TAG_LEN);
    assert_int_equal(n_links(&s), 2);
    replay(frame, s.b, 3);
    fake_settle(s.f);
    assert_int_equal(c->lldp_bad, 8 * PROBE_TAG_LEN);
    assert_non_null(topology_link_at(s.f->ctl, 0xa, 2));
    replay(frame, s.b, 1);
    assert_int_equal(c->lldp_replayed, 1);
    assert_int_equal(topology_link_at(s.f->ctl, 0xa, 2)->dst_port, 3);
    end(&s);
}

/* A recorded probe is good for probe_life_ns, unless a later one has come in. */
static void old_probes(void **state)
{
    struct core_settings settings = lldp_settings();
    struct fake *f;
    struct fake_switch *sw, *other;
    struct of_bytes frames[4];

    (void)state;
    for (int late = 0; late < 2; late++) {
        f = fake_new(&settings, NULL, 0);
        sw = fake_switch_add(f, 1, OF_VERSION_1_3, 2);
        other = fake_switch_add(f, 2, OF_VERSION_1_3, 2);
        fake_connect(sw);
        fake_connect(other);
        fake_advance(f, 2385 * NS_PER_MS);
        frames[0] = latest_probe(sw, 1);
        while (frames[0].data == latest_probe(sw, 1).data) {
            fake_advance(f, NS_PER_MS); /* Until the next round comes to the port. */
        }
        frames[0] = latest_probe(sw, 1);
        fake_advance(f, settings.probe_life_ns + late);
        replay(frames[0], other, 1);
        assert_int_equal(topology_link_at(f->ctl, 1, 1) != NULL, !late);
        assert_int_equal(ctl_counters(f->ctl)->lldp_replayed, late);
        fake_free(f);
    }
    f = fake_new(&settings, NULL, 0);
    sw = fake_switch_add(f, 1, OF_VERSION_1_3, 2);
    other = fake_switch_add(f, 2, OF_VERSION_1_3, 2);
    fake_connect(sw);
    fake_connect(other);
    for (size_t i = 0; i < 4; i++) { /* Quick, while the port is not settled. */
        fake_advance(f, i ? settings.edge_settle_ns / 4 + 1 : 0);
        frames[i] = latest_probe(sw, 1);
    }
    replay(frames[0], other, 1);
    assert_int_equal(ctl_counters(f->ctl)->lldp_replayed, 0);
    assert_int_equal(topology_link_at(f->ctl, 1, 1)->dst_port, 1);
    replay(frames[2], other, 2);
    assert_int_equal(ctl_counters(f->ctl)->lldp_replayed, 0);
    assert_int_equal(topology_link_at(f->ctl, 1, 1)->dst_port, 2);
    replay(frames[0], other, 1);
    replay(frames[1], other, 1);
    replay(frames[2], other, 1);
    assert_int_equal(ctl_counters(f->ctl)->lldp_replayed, 3);
    assert_int_equal(topology_link_at(f->ctl, 1, 1)->dst_port, 2);
    fake_free(f);
}

/* A port that comes has nothing to do with one that had its number. */
static void probes_of_a_port_that_was(void **state)
{
    struct core_settings settings = lldp_settings();
    struct fake *f = fake_new(&settings, NULL, 0);
    struct fake_switch *sw = fake_switch_add(f, 1, OF_VERSION_1_3, 2);
    struct fake_switch *other = fake_switch_add(f, 2, OF_VERSION_1_3, 2);
    struct of_msg gone = {.type = OF_PORT_STATUS};
    struct of_bytes before;

    (void)state;
    fake_connect(sw);
    fake_connect(other);
    fake_advance(f, 23 * NS_PER_MS);
    before = latest_probe(sw, 1);
    gone.port_status = (struct of_port_status){OF_PORT_DELETE, sw->ports[0]};
    fake_input(sw, &gone);
    replay(before, other, 1);
    assert_int_equal(ctl_counters(f->ctl)->lldp_bad, 1); /* There is none. */
    fake_port_set(sw, 1, true);
    replay(before, other, 1);
    assert_int_equal(ctl_counters(f->ctl)->lldp_replayed, 1);
    assert_null(topology_link_at(f->ctl, 1, 1));
    replay(latest_probe(sw, 1), other, 1);
    assert_int_equal(ctl_counters(f->ctl)->lldp_replayed, 1);
    assert_non_null(topology_link_at(f->ctl, 1, 1));
    fake_free(f);
}

/* Rounds of probes are spread over the interval, and every port is probed in each of them. */
static void probes_are_spread(void **state)
{
    struct core_settings settings = lldp_settings();
    size_t seen[48 + 1] = {0}, from, n;
    struct fake *f = fake_new(&settings, NULL, 0);
    struct fake_switch *sw = fake_switch_add(f, 1, OF_VERSION_1_3, 48);

    (void)state;
    fake_connect(sw);
    fake_settle(f);
    assert_int_equal(fake_count(sw, OF_PACKET_OUT, 0), 48); /* All at once when it comes up. */
    fake_advance(f, settings.lldp_interval_ns);
    for (int step = 0; step < 32; step++) {
        from = sw->n_sent;
        fake_advance(f, settings.lldp_interval_ns / 32);
        n = fake_count(sw, OF_PACKET_OUT, from);
        assert_in_range(n, 0, 3);
        for (size_t i = 0; i < n; i++) {
            seen[fake_sent(sw, OF_PACKET_OUT, from, i)->packet_out.actions.list[0].output.port]++;
        }
    }
    for (size_t port = 1; port <= 48; port++) {
        assert_int_equal(seen[port], 1);
    }
    fake_free(f);
}

static void without_discovery(void **state)
{
    struct core_settings settings = lldp_settings();
    struct fake *f;
    struct fake_switch *sw;

    (void)state;
    settings.discovery = false;
    f = fake_new(&settings, NULL, 0);
    sw = fake_switch_add(f, 1, OF_VERSION_1_3, 2);
    fake_connect(sw);
    fake_settle(f);
    assert_int_equal(fake_count(sw, OF_PACKET_OUT, 0), 0);
    assert_int_equal(kind(sw, 1), PORT_EDGE);
    fake_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(probe_format),
        cmocka_unit_test(link_comes_up_both_ways),
        cmocka_unit_test(cut_and_replugged),
        cmocka_unit_test(link_times_out),
        cmocka_unit_test(one_way_link_is_probed_back),
        cmocka_unit_test(lost_direction_comes_back),
        cmocka_unit_test(lost_probes_are_repeated),
        cmocka_unit_test(expected_link),
        cmocka_unit_test(switch_away),
        cmocka_unit_test(link_moves),
        cmocka_unit_test(host_behind_link),
        cmocka_unit_test(port_added_and_removed),
        cmocka_unit_test(forged_probes),
        cmocka_unit_test(every_bit_is_authentic),
        cmocka_unit_test(old_probes),
        cmocka_unit_test(probes_of_a_port_that_was),
        cmocka_unit_test(probes_are_spread),
        cmocka_unit_test(without_discovery),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Labels as 802.1ad S-tags, and hosts that tag their frames with whatever id they like. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "controller/core/ctl_api.h"
#include "controller/core/datapath.h"
#include "controller/packet/pkt_build.h"
#include "controller/packet/pkt_edit.h"
#include "tests/apps/net.h"

#define REVERSE CLUSTERING_PRIORITY_REVERSE
#define LABEL CLUSTERING_PRIORITY_LABEL
#define INGRESS CLUSTERING_PRIORITY_INGRESS
#define GUARD CLUSTERING_PRIORITY_GUARD
#define TAGGED CLUSTERING_PRIORITY_TAGGED

/* What hosts have got with a tag. */
struct heard {
    unsigned n[NET_MAX_HOSTS];
    uint16_t vid, tpid;
    unsigned n_vlans;
};

static void hear(void *aux, struct net_host *host, const uint8_t *data, size_t len)
{
    struct heard *heard = aux;
    struct pkt p;

    if (pkt_parse(data, len, &p) == ERR_OK && p.n_vlans > 0) {
        for (int i = 0; i < NET_MAX_HOSTS; i++) {
            heard->n[i] +=
                eth_addr_eq(p.eth_dst, host->mac) && host->ip == 0x0a000001u + (uint32_t)i;
        }
        heard->vid = p.vlan[0].vid;
        heard->tpid = p.vlan[0].tpid;
        heard->n_vlans = p.n_vlans;
    }
}

/* Access switches 0 and 1, joined by switch 2; hosts 0 and 1 at switch 0, 2 and 3 at switch 1. */
static struct net *three_switches(uint8_t version, enum cluster_carrier carrier,
                                  struct heard *heard)
{
    struct net *net = net_new(2385);

    for (int i = 0; i < 3; i++) {
        net_add_switch(net, version);
    }
    net_add_link(net, 0, 1, 2, 1);
    net_add_link(net, 1, 1, 2, 2);
    for (int i = 0; i < 4; i++) {
        net_add_host(net, i / 2, 10 + (unsigned)i % 2);
    }
    net->clustering.carrier = carrier;
    net->heard = hear;
    net->heard_aux = heard;
    return net;
}

static void announce_all(struct net *net)
{
    for (int i = 0; i < (int)net->n_hosts; i++) {
        net_arp_announce(net, i);
    }
    net_settle(net);
}

static struct net *open_net(uint8_t version, enum cluster_carrier carrier, struct heard *heard)
{
    struct net *net = three_switches(version, carrier, heard);

    *heard = (struct heard){0};
    net_start(net);
    announce_all(net);
    return net;
}

static void send_tagged(struct net *net, int from, int to, uint16_t tpid, uint16_t vid)
{
    const struct net_host *a = &net->hosts[from], *b = &net->hosts[to];
    struct pkt_ends4 ends = {.eth_dst = b->mac, .eth_src = a->mac, .src = a->ip, .dst = b->ip};
    struct buf bytes = BUF_INIT;
    struct pkt_frame frame;

    pkt_build_udp4(&bytes, &ends, 2385, 4711, "tagged", 6);
    assert_int_equal(pkt_frame_init(&frame, &bytes), ERR_OK);
    assert_int_equal(pkt_push_vlan(&frame, tpid), ERR_OK);
    assert_int_equal(pkt_set_vlan_vid(&frame, vid), ERR_OK);
    net_send_frame(net, from, &bytes);
    net_settle(net);
    buf_fini(&bytes);
}

static struct clustering_counters counters(struct net *net)
{
    return clustering_counters(ctl_module_state(net->ctl, "clustering"));
}

static const struct net_entry *entry_with(const struct net *net, int sw, uint16_t priority)
{
    const struct net_switch *s = net->switches[sw];

    for (size_t i = 0; i < s->n_entries; i++) {
        if (s->entries[i].priority == priority) {
            return &s->entries[i];
        }
    }
    return NULL;
}

/* --- Untagged frames -------------------------------------------------------------------------- */

static void labels_are_s_tags(uint8_t version)
{
    struct heard heard;
    struct net *net = open_net(version, CLUSTER_VLAN_AD, &heard);
    const struct net_entry *e;

    net_send(net, 0, 2, 11);
    net_settle(net);
    net_send(net, 2, 0, 12);
    net_settle(net);
    net_send(net, 0, 2, 13);
    assert_int_equal(net_count(net, 2, 11) + net_count(net, 2, 13), 2);
    assert_int_equal(net_count(net, 0, 12), 1);
    e = entry_with(net, 0, INGRESS);
    assert_non_null(e);
    assert_int_equal(e->actions[0].type, OF_ACT_PUSH_VLAN);
    assert_int_equal(e->actions[0].ethertype, PKT_TYPE_SVLAN);
    assert_int_equal(net_count_entries(net, 0, REVERSE), 2);
    assert_int_equal(net_count_entries(net, 0, GUARD), 2); /* One for each edge port. */
    assert_int_equal(net_count_entries(net, 2, GUARD), 0);
    assert_int_equal(net_count_entries(net, 2, LABEL), 2);
    assert_int_equal(counters(net).flows_failed, 0);
    net_free(net);
}

static void test_labels_are_s_tags(void **state)
{
    (void)state;
    labels_are_s_tags(OF_VERSION_1_3);
    labels_are_s_tags(OF_VERSION_1_4);
    labels_are_s_tags(OF_VERSION_1_5);
}

/* OpenFlow 1.0 has 802.1Q tags only, and no entry is refused for that. */
static void test_version_1_0_pushes_802_1q(void **state)
{
    struct heard heard;
    struct net *net = open_net(OF_VERSION_1_0, CLUSTER_VLAN_AD, &heard);

    (void)state;
    net_send(net, 0, 2, 11);
    net_settle(net);
    net_send(net, 0, 2, 12);
    assert_int_equal(net_count(net, 2, 11) + net_count(net, 2, 12), 2);
    assert_int_equal(net_count_entries(net, 0, INGRESS), 1);
    assert_int_equal(net_count_entries(net, 0, GUARD), 0);
    assert_int_equal(counters(net).flows_failed, 0);
    net->n_written = 0;
    announce_all(net); /* What is there is what is wanted. */
    net_send(net, 0, 2, 13);
    net_settle(net);
    assert_int_equal(net->n_written, 0);
    net_free(net);
}

static void test_a_mixed_network(void **state)
{
    struct heard heard;
    struct net *net = three_switches(OF_VERSION_1_3, CLUSTER_VLAN_AD, &heard);

    (void)state;
    net->switches[0]->version = OF_VERSION_1_0;
    net_start(net);
    announce_all(net);
    net_send(net, 0, 2, 11);
    net_send(net, 2, 0, 11);
    net_settle(net);
    net_send(net, 0, 2, 12);
    net_send(net, 2, 0, 12);
    assert_int_equal(net_count(net, 2, 12), 1);
    assert_int_equal(net_count(net, 0, 12), 1);
    assert_int_equal(counters(net).flows_failed, 0);
    net_free(net);
}

static void test_default_is_802_1q(void **state)
{
    struct heard heard;
    struct net *net = open_net(OF_VERSION_1_3, CLUSTER_VLAN, &heard);

    (void)state;
    net_send(net, 0, 2, 11);
    net_settle(net);
    assert_int_equal(entry_with(net, 0, INGRESS)->actions[0].ethertype, PKT_TYPE_VLAN);
    assert_int_equal(net_count_entries(net, 0, GUARD), 0);
    net_free(net);
}

static void test_unknown_carrier(void **state)
{
    struct net *net = net_new(1);
    struct ctl_module_use use = {&clustering_module, &net->clustering};
    struct ctl_params params = {.settings = net->core,
                                .clock = &net->clock,
                                .southbound = &net->southbound,
                                .modules = &use,
                                .n_modules = 1};
    const char *failed = NULL;

    (void)state;
    net->clustering.carrier = (enum cluster_carrier)7;
    assert_null(ctl_new(&params, &failed));
    assert_string_equal(failed, "clustering");
    net_free(net);
}

/* --- Hosts that tag --------------------------------------------------------------------------- */

static uint16_t label_of(struct net *net, int sw)
{
    return clustering_label(ctl_module_state(net->ctl, "clustering"), net->switches[sw]->dpid);
}

/* The id may be that of any label, here or there, or none; the tag may even be an S-tag. */
static void test_tags_of_hosts_do_not_collide(void **state)
{
    struct heard heard;
    struct net *net = open_net(OF_VERSION_1_3, CLUSTER_VLAN_AD, &heard);
    const uint16_t vids[] = {label_of(net, 0), label_of(net, 1), 2385, 0};
    unsigned n = 0;

    (void)state;
    net_send(net, 0, 2, 11); /* The ways of others are there. */
    net_send(net, 3, 0, 11);
    net_settle(net);
    for (size_t i = 0; i < 8; i++) {
        uint16_t tpid = i < 4 ? PKT_TYPE_VLAN : PKT_TYPE_SVLAN;

        for (unsigned k = 0; k < 3; k++) {
            send_tagged(net, 0, 2, tpid, vids[i % 4]);
            assert_int_equal(heard.n[2], ++n);
            assert_int_equal(heard.vid, vids[i % 4]);
            assert_int_equal(heard.tpid, tpid);
            assert_int_equal(heard.n_vlans, 1);
        }
    }
    assert_int_equal(heard.n[0] + heard.n[1] + heard.n[3], 0);
    assert_int_equal(net_count_entries(net, 0, TAGGED), 4); /* One for each id. */
    assert_int_equal(net->n_loops, 0);
    net_free(net);
}

/* Once the entry is there the controller sees no more of them. */
static void test_tagged_frames_have_entries(void **state)
{
    struct heard heard;
    struct net *net = open_net(OF_VERSION_1_3, CLUSTER_VLAN_AD, &heard);
    uint64_t packet_ins;

    (void)state;
    send_tagged(net, 0, 2, PKT_TYPE_VLAN, 3);
    send_tagged(net, 2, 0, PKT_TYPE_VLAN, 3);
    send_tagged(net, 0, 1, PKT_TYPE_VLAN, 3); /* At the same switch. */
    packet_ins = ctl_counters(net->ctl)->packet_ins;
    for (unsigned k = 0; k < 5; k++) {
        send_tagged(net, 0, 2, PKT_TYPE_VLAN, 3);
        send_tagged(net, 2, 0, PKT_TYPE_VLAN, 3);
        send_tagged(net, 0, 1, PKT_TYPE_VLAN, 3);
    }
    assert_int_equal(ctl_counters(net->ctl)->packet_ins, packet_ins);
    assert_int_equal(heard.n[2], 6);
    assert_int_equal(heard.n[0], 6);
    assert_int_equal(heard.n[1], 6);
    net_advance(net, (net->clustering.hold_s + 2) * NS_PER_S);
    assert_int_equal(net_count_entries(net, 0, TAGGED), 0); /* They expire... */
    assert_int_equal(net_count_entries(net, 0, GUARD), 2);  /* ...and guards stay. */
    net_free(net);
}

static void test_tagged_frames_follow_their_host(void **state)
{
    struct heard heard;
    struct net *net = open_net(OF_VERSION_1_3, CLUSTER_VLAN_AD, &heard);

    (void)state;
    send_tagged(net, 0, 2, PKT_TYPE_VLAN, 3);
    net_host_move(net, 2, 0, 12);
    net_advance(net, 3 * NS_PER_S);
    net_arp_announce(net, 2);
    net_advance(net, 3 * NS_PER_S);
    assert_int_equal(net_count_entries(net, 0, GUARD), 3);
    heard.n[2] = 0;
    send_tagged(net, 0, 2, PKT_TYPE_VLAN, 3);
    assert_int_equal(heard.n[2], 1);
    send_tagged(net, 2, 0, PKT_TYPE_VLAN, 2);
    assert_int_equal(heard.n[0], 1);
    net_free(net);
}

/* --- Guards ----------------------------------------------------------------------------------- */

/* A link that says nothing looks like an edge, and gets a guard. When it speaks at last, the guard must not
 * hold up what has a label. */
static void test_a_link_has_no_guard(void **state)
{
    struct heard heard;
    struct net *net = three_switches(OF_VERSION_1_3, CLUSTER_VLAN_AD, &heard);

    (void)state;
    net_link_mute(net, 0, 1, true);
    net_start(net);
    net_advance(net, 5 * NS_PER_S);
    announce_all(net);
    assert_int_equal(net_count_entries(net, 0, GUARD), 3);
    net_link_mute(net, 0, 1, false);
    net_advance(net, 60 * NS_PER_S);
    assert_int_equal(net_count_entries(net, 0, GUARD), 2);
    net_send(net, 2, 0, 11);
    net_settle(net);
    net_send(net, 2, 0, 12);
    assert_int_equal(net_count(net, 0, 11) + net_count(net, 0, 12), 2);
    net_free(net);
}

/* Guards are taken over by the next controller, and removed by one with another carrier. */
static void test_guards_outlive_the_controller(void **state)
{
    struct heard heard;
    struct net *net = open_net(OF_VERSION_1_3, CLUSTER_VLAN_AD, &heard);

    (void)state;
    send_tagged(net, 0, 2, PKT_TYPE_VLAN, 3);
    net_stop_controller(net);
    net_start(net);
    assert_int_equal(net_count_entries(net, 0, GUARD), 2);
    announce_all(net);
    send_tagged(net, 0, 2, PKT_TYPE_VLAN, 3);
    assert_int_equal(heard.n[2], 2);
    net_stop_controller(net);
    net->clustering.carrier = CLUSTER_VLAN;
    net_start(net);
    announce_all(net);
    assert_int_equal(net_count_entries(net, 0, GUARD), 0);
    net_send(net, 0, 2, 14);
    net_settle(net);
    assert_int_equal(net_count(net, 2, 14), 1);
    net_free(net);
}

/* Somebody deletes a guard, which no switch tells of: it is missed when the switch reconnects. */
static void test_guards_come_back(void **state)
{
    struct heard heard;
    struct net *net = open_net(OF_VERSION_1_3, CLUSTER_VLAN_AD, &heard);
    const struct net_entry *guard = entry_with(net, 0, GUARD);
    struct of_msg msg = {.version = OF_VERSION_1_3, .type = OF_FLOW_MOD};

    (void)state;
    msg.flow_mod = (struct of_flow_mod){.command = OF_FLOW_DELETE_STRICT,
                                        .priority = GUARD,
                                        .match = guard->match,
                                        .out_port = OF_PORT_ANY,
                                        .out_group = OF_GROUP_ANY};
    net_agent_input(net->switches[0], &msg);
    assert_int_equal(net_count_entries(net, 0, GUARD), 1);
    net_disconnect(net, 0);
    net_settle(net);
    net_connect(net, 0);
    net_settle(net);
    assert_int_equal(net_count_entries(net, 0, GUARD), 2);
    net_free(net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_labels_are_s_tags),
        cmocka_unit_test(test_version_1_0_pushes_802_1q),
        cmocka_unit_test(test_a_mixed_network),
        cmocka_unit_test(test_default_is_802_1q),
        cmocka_unit_test(test_unknown_carrier),
        cmocka_unit_test(test_tags_of_hosts_do_not_collide),
        cmocka_unit_test(test_tagged_frames_have_entries),
        cmocka_unit_test(test_tagged_frames_follow_their_host),
        cmocka_unit_test(test_a_link_has_no_guard),
        cmocka_unit_test(test_guards_outlive_the_controller),
        cmocka_unit_test(test_guards_come_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "tests/core/attack_scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "controller/core/datapath.h"
#include "controller/core/hosts.h"
#include "controller/core/topology.h"
#include "controller/packet/pkt_build.h"

struct eth_addr scene_mac(unsigned i)
{
    return eth_addr_from_u64(UINT64_C(0x020000000000) | i);
}

const struct ctl_counters *scene_counters(const struct scene *s)
{
    return ctl_counters(s->f->ctl);
}

void scene_send(struct scene *s, struct fake_switch *sw, port_no_t port)
{
    fake_packet_in(sw, port, s->frame.data, s->frame.len);
}

void scene_udp(struct scene *s, struct fake_switch *sw, port_no_t port, unsigned from, uint32_t ip)
{
    struct pkt_ends4 ends = {
        .eth_src = scene_mac(from), .eth_dst = scene_mac(FRIEND), .src = ip, .dst = IP(FRIEND)};

    buf_clear(&s->frame);
    pkt_build_udp4(&s->frame, &ends, 2385, 53, "x", 1);
    scene_send(s, sw, port);
}

void scene_arp(struct scene *s, struct fake_switch *sw, port_no_t port, unsigned from, uint32_t ip)
{
    buf_clear(&s->frame);
    pkt_build_arp_request(&s->frame, scene_mac(from), ip, ip);
    scene_send(s, sw, port);
}

void scene_begin_with(struct scene *s, const struct core_settings *settings)
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
    scene_arp(s, s->a, 2, VICTIM, IP(VICTIM));
    scene_arp(s, s->b, 2, FRIEND, IP(FRIEND));
    scene_arp(s, s->a, 3, EVE, IP(EVE));
    scene_arp(s, s->b, 3, EVE + 1, IP(EVE + 1));
    recorder_clear(&s->r);
    s->before = *scene_counters(s);
}

void scene_begin(struct scene *s)
{
    scene_begin_with(s, NULL);
}

bool scene_lives_at(const struct scene *s, unsigned i, dpid_t dpid, port_no_t port)
{
    const struct host *host = hosts_find(s->f->ctl, scene_mac(i));

    return host && host_dpid(host) == dpid && host_port(host) == port &&
           hosts_find_ipv4(s->f->ctl, IP(i)) == host;
}

bool scene_is_served(struct fake_switch *sw)
{
    size_t from = sw->n_sent;

    fake_input(sw, &(struct of_msg){.type = OF_ECHO_REQUEST, .xid = 0x2385});
    return fake_count(sw, OF_ECHO_REPLY, from) == 1;
}

void scene_end_unharmed(struct scene *s)
{
    size_t n_links;

    assert_true(datapath_is_ready(datapath_find(s->f->ctl, 0xa)) && scene_is_served(s->a));
    assert_true(datapath_is_ready(datapath_find(s->f->ctl, 0xb)) && scene_is_served(s->b));
    topology_links(s->f->ctl, &n_links);
    assert_int_equal(n_links, 2);
    assert_int_equal(topology_link_at(s->f->ctl, 0xa, 1)->dst_dpid, 0xb);
    assert_int_equal(recorder_count(&s->r, "link_"), 0);
    assert_int_equal(recorder_count(&s->r, "datapath_"), 0);
    assert_int_equal(recorder_count(&s->r, "host_moved"), 0);
    assert_int_equal(recorder_count(&s->r, "host_gone"), 0);
    assert_true(scene_lives_at(s, VICTIM, 0xa, 2));
    assert_true(scene_lives_at(s, FRIEND, 0xb, 2));
    recorder_clear(&s->r);
    scene_udp(s, s->a, 2, VICTIM, IP(VICTIM));
    assert_int_equal(recorder_count(&s->r, "packet a:2 known"), 1);
    buf_fini(&s->frame);
    fake_free(s->f);
}

#include "tests/core/hosts_scene.h"

#include <string.h>

#include "controller/core/hosts.h"
#include "controller/packet/pkt_build.h"

void scene_begin_with(struct scene *s, const struct core_settings *settings)
{
    struct recorder *use = &s->r;
    struct ctl_module_use module = {&recorder_module, &use};

    memset(s, 0, sizeof *s);
    s->f = fake_new(settings, &module, 1);
    s->a = fake_switch_add(s->f, 0xa, OF_VERSION_1_3, 4);
    s->b = fake_switch_add(s->f, 0xb, OF_VERSION_1_0, 4);
    fake_connect(s->a);
    fake_connect(s->b);
    fake_settle(s->f);
    recorder_clear(&s->r);
}

void scene_begin_policy(struct scene *s, enum host_move policy)
{
    struct core_settings settings = core_settings_default();

    settings.discovery = false;
    settings.host_move = policy;
    scene_begin_with(s, &settings);
}

void scene_begin(struct scene *s)
{
    scene_begin_policy(s, HOST_MOVE_ACCEPT);
}

void scene_end(struct scene *s)
{
    buf_fini(&s->frame);
    fake_free(s->f);
}

struct eth_addr scene_mac(unsigned i)
{
    return eth_addr_from_u64(UINT64_C(0x020000000000) | i);
}

void scene_send(struct scene *s, struct fake_switch *sw, port_no_t port)
{
    fake_packet_in(sw, port, s->frame.data, s->frame.len);
}

void scene_arp(struct scene *s, struct fake_switch *sw, port_no_t port, unsigned i, uint32_t ip)
{
    buf_clear(&s->frame);
    pkt_build_arp_request(&s->frame, scene_mac(i), ip, 0x0a0000fe);
    scene_send(s, sw, port);
}

void scene_udp(struct scene *s, struct fake_switch *sw, port_no_t port, unsigned i, uint32_t ip)
{
    struct pkt_ends4 ends = {
        .eth_src = scene_mac(i), .eth_dst = scene_mac(200), .src = ip, .dst = 0x0a0000fe};

    buf_clear(&s->frame);
    pkt_build_udp4(&s->frame, &ends, 2385, 53, "x", 1);
    scene_send(s, sw, port);
}

struct host *scene_find(const struct scene *s, unsigned i)
{
    return hosts_find(s->f->ctl, scene_mac(i));
}

/* Two switches without links, and hosts that speak, for the tests of the host table. */
#ifndef TAMBO_TESTS_CORE_HOSTS_SCENE_H
#define TAMBO_TESTS_CORE_HOSTS_SCENE_H

#include "controller/base/buf.h"
#include "tests/core/fake_sb.h"
#include "tests/core/recorder.h"

struct scene {
    struct fake *f;
    struct fake_switch *a, *b;
    struct recorder r;
    struct buf frame;
};

void scene_begin_with(struct scene *s, const struct core_settings *settings);
void scene_begin_policy(struct scene *s, enum host_move policy);

/* Without questions: for what the table itself does. */
void scene_begin(struct scene *s);
void scene_end(struct scene *s);

/* The address of host 'i', and what is known of it. */
struct eth_addr scene_mac(unsigned i);
struct host *scene_find(const struct scene *s, unsigned i);

/* The frame of the scene comes in; or ARP or UDP from host 'i'. */
void scene_send(struct scene *s, struct fake_switch *sw, port_no_t port);
void scene_arp(struct scene *s, struct fake_switch *sw, port_no_t port, unsigned i, uint32_t ip);
void scene_udp(struct scene *s, struct fake_switch *sw, port_no_t port, unsigned i, uint32_t ip);

#endif

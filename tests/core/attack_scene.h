/* A network under attack, for the tests of attacks. */
#ifndef TAMBO_TESTS_CORE_ATTACK_SCENE_H
#define TAMBO_TESTS_CORE_ATTACK_SCENE_H

#include "controller/base/buf.h"
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

void scene_begin_with(struct scene *s, const struct core_settings *settings);
void scene_begin(struct scene *s);

/* Nothing has happened to anybody: switches, links, hosts and the way of a packet. Ends the scene. */
void scene_end_unharmed(struct scene *s);

struct eth_addr scene_mac(unsigned i);
const struct ctl_counters *scene_counters(const struct scene *s);

/* The frame of the scene comes in; or UDP, or ARP that says "I am 'ip', at 'from'". */
void scene_send(struct scene *s, struct fake_switch *sw, port_no_t port);
void scene_udp(struct scene *s, struct fake_switch *sw, port_no_t port, unsigned from, uint32_t ip);
void scene_arp(struct scene *s, struct fake_switch *sw, port_no_t port, unsigned from, uint32_t ip);

bool scene_lives_at(const struct scene *s, unsigned i, dpid_t dpid, port_no_t port);
bool scene_is_served(struct fake_switch *sw);

#endif

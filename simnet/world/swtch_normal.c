/* The switch as an ordinary learning bridge: what OFPP_NORMAL means, and what it is without controllers in
 * fail-standalone mode (OF 1.3.5 §4.5, §6.3.2). Addresses age after 300 s (IEEE 802.1Q-2018 §8.8.3). */
#include <stdlib.h>

#include "controller/base/alloc.h"
#include "controller/base/hash.h"
#include "simnet/world/swtch_pass.h"

#define AGE_NS (300 * NS_PER_S)

enum { MAX_ADDRESSES = 8192 };

struct station_addr {
    struct hmap_node node;
    uint64_t key; /* VLAN and address. */
    port_no_t port;
    mono_t seen_at;
};

struct bridge_table {
    struct hmap map;
};

static uint64_t key_of(const struct pkt *p, struct eth_addr addr)
{
    uint64_t vid = pkt_has(p, PKT_VLAN) ? p->vlan[0].vid : 0;

    return vid << 48 | eth_addr_u64(addr);
}

static struct station_addr *find(const struct bridge_table *t, uint64_t key)
{
    struct hmap_node *node = hmap_first_with(&t->map, hash_u64(key));

    return node ? HMAP_ENTRY(node, struct station_addr, node) : NULL;
}

static void forget_old(struct bridge_table *t, mono_t now)
{
    struct hmap_node *it, *next;

    HMAP_FOR_EACH (it, next, &t->map) {
        struct station_addr *s = HMAP_ENTRY(it, struct station_addr, node);

        if (mono_diff_ns(now, s->seen_at) >= AGE_NS) {
            hmap_remove(&t->map, it);
            free(s);
        }
    }
}

static void learn(struct bridge_table *t, uint64_t key, port_no_t port, mono_t now)
{
    struct station_addr *s = find(t, key);

    if (!s && t->map.n >= MAX_ADDRESSES) {
        forget_old(t, now);
    }
    if (!s && t->map.n < MAX_ADDRESSES) {
        s = xcalloc(1, sizeof *s);
        s->key = key;
        hmap_insert(&t->map, &s->node, hash_u64(key));
    }
    if (s) {
        s->port = port;
        s->seen_at = now;
    }
}

/* Frames for the bridge itself (IEEE 802.1Q-2018 §8.6.3) are not forwarded. */
static bool is_for_bridges(struct eth_addr dst)
{
    return eth_addr_u64(dst) >> 4 == UINT64_C(0x0180c200000);
}

void pass_normal(struct pass *pass)
{
    struct swtch *sw = pass->sw;
    const struct pkt *p = &pass->frame.p;
    mono_t now = sim_now(sw->sim);
    const struct station_addr *to;

    if (!sw->bridge) {
        sw->bridge = xcalloc(1, sizeof *sw->bridge);
        hmap_init(&sw->bridge->map);
    }
    if (is_for_bridges(p->eth_dst)) {
        return;
    }
    if (swtch_port(sw, pass->in_port) && !eth_addr_is_multicast(p->eth_src)) {
        learn(sw->bridge, key_of(p, p->eth_src), pass->in_port, now);
    }
    to = eth_addr_is_multicast(p->eth_dst) ? NULL : find(sw->bridge, key_of(p, p->eth_dst));
    if (to && mono_diff_ns(now, to->seen_at) < AGE_NS) {
        pass_output(pass, to->port, OF_CML_NO_BUFFER);
    } else {
        pass_output(pass, OF_PORT_FLOOD, OF_CML_NO_BUFFER);
    }
}

void swtch_normal_free(struct swtch *sw)
{
    struct hmap_node *it, *next;

    if (sw->bridge) {
        HMAP_FOR_EACH (it, next, &sw->bridge->map) {
            free(HMAP_ENTRY(it, struct station_addr, node));
        }
        hmap_fini(&sw->bridge->map);
        free(sw->bridge);
    }
}

/* See look.h: what the core itself looks at, and when. */
#include "controller/core/look.h"

#include <string.h>

#include "controller/base/prefetch.h"
#include "controller/core/ctl_int.h"
#include "controller/core/session_int.h"

/* Further ones do nothing for an entry that leaves. */
#define N_LOOKS_REMOVED 5

struct ctl_ahead ctl_ahead_packet(const struct ctl *ctl, struct eth_addr src, struct eth_addr dst)
{
    return (struct ctl_ahead){.kind = CTL_AHEAD_PACKET,
                              .dst = dst,
                              .src_hash = hosts_hash(ctl, src),
                              .dst_hash = hosts_hash(ctl, dst)};
}

struct ctl_ahead ctl_ahead_removed(struct ctl *ctl, uint8_t table_id, uint16_t priority,
                                   const struct of_match *match)
{
    struct ctl_ahead ahead = {.kind = CTL_AHEAD_REMOVED};

    ahead.entry_hash = flow_key_make(&ctl->flow_scratch, table_id, priority, match).hash;
    if (of_match_has(match, OF_FIELD_ETH_DST)) {
        ahead.dst = match->v.eth_dst;
    }
    return ahead;
}

/* Hosts are looked up wherever the packet-in comes from. */
static void look_at_hosts(const struct ctl *ctl, const struct ctl_ahead *ahead, unsigned look)
{
    const struct hmap *hosts = &ctl->hosts.by_mac;

    if (look == 0) {
        hmap_prefetch(hosts, ahead->src_hash);
        hmap_prefetch(hosts, ahead->dst_hash);
    } else if (look == 1) {
        hmap_prefetch_node(hosts, ahead->src_hash);
        hmap_prefetch_node(hosts, ahead->dst_hash);
    }
}

/* The port where the frame comes in is known when its sender is. */
static void look_at_port(const struct ctl *ctl, const struct datapath *dp,
                         const struct ctl_ahead *ahead)
{
    const struct host *src = hosts_with_hash(ctl, ahead->src_hash);

    if (src && src->port - 1 < dp->n_ports) {
        const struct dp_port *port = &dp->ports[src->port - 1];

        __builtin_prefetch(port);
        __builtin_prefetch(&port->desc.port_no);
    }
}

static void look_at_entry(const struct flow_table *table, uint64_t hash, unsigned look)
{
    if (look == 2) {
        flow_index_prefetch(&table->entries, hash);
    } else if (look == 3) {
        flow_index_prefetch_entry(&table->entries, hash);
    } else if (look == 4) {
        flow_table_look_content(table, hash);
    }
}

static void tell_apps(const struct ctl *ctl, const struct ctl_look *look)
{
    for (size_t i = 0; i < ctl->lookers.n; i++) {
        const struct module_slot *slot = ctl->lookers.slots[i];

        slot->module->look(slot->state, look);
    }
}

static void look_of_apps(const struct ctl *ctl, const struct datapath *dp,
                         const struct ctl_ahead *ahead, unsigned look)
{
    struct ctl_look what = {.step = look - CTL_LOOK_APPS,
                            .is_removed = ahead->kind == CTL_AHEAD_REMOVED,
                            .dpid = dp->dpid,
                            .dp = dp,
                            .dst = ahead->dst};

    if (!what.is_removed) {
        what.host = hosts_with_hash(ctl, ahead->dst_hash);
    }
    tell_apps(ctl, &what);
}

static void look_at_datapath(const struct ctl *ctl, const struct datapath *dp,
                             const struct ctl_ahead *ahead, unsigned look)
{
    if (look == 1) {
        prefetch_lines(dp, DATAPATH_HOT_BYTES);
        return;
    }
    if (ahead->kind == CTL_AHEAD_REMOVED) {
        look_at_entry(&dp->flows, ahead->entry_hash, look);
    } else if (look == 2) {
        look_at_port(ctl, dp, ahead);
        datapaths_prefetch(&ctl->datapaths, dp->dpid);
    }
    look_of_apps(ctl, dp, ahead, look);
}

bool ctl_look(const struct ctl *ctl, const struct session *session, const struct ctl_ahead *ahead,
              unsigned look)
{
    unsigned n = ahead->kind == CTL_AHEAD_REMOVED ? N_LOOKS_REMOVED : CTL_N_LOOKS;

    if (ahead->kind == CTL_AHEAD_NONE) {
        return false;
    }
    if (ahead->kind == CTL_AHEAD_PACKET) {
        look_at_hosts(ctl, ahead, look);
    }
    if (look == 0) {
        __builtin_prefetch(session);
    } else if (look < n && session->dp) {
        look_at_datapath(ctl, session->dp, ahead, look);
    }
    return look + 1 < n;
}

uint64_t ctl_look_in_burst(const struct ctl *ctl, const struct session *session, const uint8_t *eth)
{
    struct ctl_look look = {.step = CTL_LOOK_BURST, .dp = session->dp};
    struct eth_addr src;
    uint64_t hash;

    memcpy(look.dst.b, eth, ETH_ADDR_LEN);
    memcpy(src.b, eth + ETH_ADDR_LEN, ETH_ADDR_LEN);
    if (look.dp) {
        look.dpid = look.dp->dpid;
        tell_apps(ctl, &look);
    }
    hash = hosts_hash(ctl, src);
    hmap_prefetch(&ctl->hosts.by_mac, hash);
    return hash;
}

void ctl_look_in_burst_again(const struct ctl *ctl, uint64_t seen)
{
    hmap_prefetch_node(&ctl->hosts.by_mac, seen);
}

/* Aliases of circuits: who is told one, and frames for one that come to the controller. */
#include "controller/apps/circuit.h"

#include "controller/apps/emit.h"
#include "controller/apps/logical_networks.h"
#include "controller/base/buf.h"
#include "controller/core/ctl_api.h"
#include "controller/core/datapath.h"
#include "controller/core/hosts.h"
#include "controller/packet/pkt_build.h"
#include "controller/packet/pkt_edit.h"

#define FRAME_MIN_LEN 60 /* IEEE 802.3 without frame check sequence. */

/* The reverse entry of a host that only some could talk to was refused: when all may, it is wanted. */
static void want_again(struct circuit *c, dpid_t dpid, const struct host *target,
                       const struct circuit_spec *spec)
{
    const void *networks = ctl_module_state(c->ctl, "logical_networks");

    if (!circuit_find(c, dpid, spec) &&
        !(networks && networks_is_guarded(networks, host_mac(target)))) {
        circuit_reverse_want(c, target);
    }
}

/* The whole way from 'root' to 'target' is there. */
static bool way_is_ready(struct circuit *c, const struct circuit_up *root,
                         const struct host *target, uint32_t ip, uint16_t *id)
{
    dpid_t dpid = host_dpid(target);
    const struct circuit_access *a = circuit_access_find(c, dpid);
    struct circuit_spec spec;
    struct flow_spec found;

    if (!root || !root->branch.wanted || !a || a->down.id == LABEL_NONE) {
        return false;
    }
    *id = a->down.id;
    circuit_spec_reverse(c, dpid, *id, ip, host_mac(target), host_port(target), &spec);
    if (!circuit_is_confirmed(c, dpid, &spec)) {
        want_again(c, dpid, target, &spec);
        return false;
    }
    flow_entry_spec(circuit_find(c, dpid, &spec), &found);
    return circuit_reverse_is_right(c, dpid, &found) &&
           circuit_branch_is_ready(&a->down, root->branch.dest);
}

bool circuit_tree_alias(void *state, struct eth_addr asker, dpid_t dpid, port_no_t port,
                        const struct host *target, uint32_t ip, struct eth_addr *alias)
{
    struct circuit *c = state;
    uint16_t id;

    /* Two at one port talk without us: the switch would not send a frame back there. */
    if (!c || !c->active || (host_dpid(target) == dpid && host_port(target) == port) ||
        !way_is_ready(c, circuit_up_find(c, asker), target, ip, &id)) {
        return false;
    }
    *alias = circuit_alias(c, id);
    c->n.aliases++;
    return true;
}

/* --- Frames that come to the controller ------------------------------------------------------- */

/* Emits the frame of 'packet' to 'host' itself. */
static bool deliver(struct circuit *c, const struct ctl_packet *packet, const struct host *host)
{
    struct buf copy = BUF_INIT;
    struct pkt_frame frame;
    enum err err;

    if (packet->len < packet->total_len ||
        !bucket_map_take(&c->strays, datapath_id(packet->dp), ctl_now(c->ctl))) {
        return false;
    }
    buf_put(&copy, packet->frame, packet->len);
    err = pkt_frame_init(&frame, &copy);
    if (!err) {
        err = pkt_set_eth_dst(&frame, host_mac(host));
    }
    if (!err) {
        err = emit(c->ctl, host_dpid(host), host_port(host), copy.data, copy.len);
    }
    buf_fini(&copy);
    return err == ERR_OK;
}

/* Tells 'sender' by ARP where 'ip', the address of 'host', is now. */
static void tell(struct circuit *c, const struct host *sender, const struct host *host,
                 uint32_t ip)
{
    struct eth_addr mac = host_mac(host);
    struct buf frame = BUF_INIT;
    size_t n;
    const uint32_t *ips = host_ipv4(sender, &n);

    if (n == 0 || !bucket_take(&c->answers, ctl_now(c->ctl))) {
        return;
    }
    circuit_tree_alias(c, host_mac(sender), host_dpid(sender), host_port(sender), host, ip, &mac);
    pkt_build_arp_reply(&frame, mac, ip, host_mac(sender), ips[0]);
    buf_put_zeros(&frame, FRAME_MIN_LEN - frame.len);
    emit(c->ctl, host_dpid(sender), host_port(sender), frame.data, frame.len);
    buf_fini(&frame);
}

/* Entries for an alias are for everybody: who may not reach a host gets no further than here. */
static bool may_talk(const struct circuit *c, const struct ctl_packet *packet,
                     const struct host *host)
{
    const void *networks = ctl_module_state(c->ctl, "logical_networks");

    return !networks ||
           networks_hosts_may_talk(networks, packet->pkt->eth_src, host_mac(host));
}

void circuit_watch(struct circuit *c)
{
    ctl_watch_packets(c->ctl, c->id, UINT32_C(1) << PACKET_UNICAST);
}

enum ctl_verdict circuit_packet_in(void *state, const struct ctl_packet *packet)
{
    struct circuit *c = state;
    const struct pkt *pkt = packet->pkt;
    const struct host *host, *sender;

    if (eth_addr_u64(pkt->eth_dst) >> 32 != c->settings.alias_prefix ||
        hosts_find(c->ctl, pkt->eth_dst)) { /* A host may have drawn such an address. */
        return CTL_CONTINUE;
    }
    c->n.strays++;
    host = pkt_has(pkt, PKT_IPV4) && pkt->n_vlans == 0 ? hosts_find_ipv4(c->ctl, pkt->ipv4.dst)
                                                       : NULL;
    if (!host || !may_talk(c, packet, host) || !deliver(c, packet, host)) {
        c->n.strays_dropped++;
        return CTL_STOP;
    }
    sender = hosts_find(c->ctl, pkt->eth_src);
    if (sender) {
        tell(c, sender, host, pkt->ipv4.dst);
    }
    return CTL_STOP;
}

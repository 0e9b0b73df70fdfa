/* See forwarding.h. */
#include "controller/apps/forwarding.h"

#include <stdlib.h>

#include "controller/apps/forward.h"
#include "controller/apps/logical_networks.h"
#include "controller/base/alloc.h"
#include "controller/core/ctl_api.h"
#include "controller/core/datapath.h"
#include "controller/core/domains.h"
#include "controller/core/hosts.h"
#include "controller/core/paths.h"
#include "controller/core/table_pressure.h"
#include "controller/core/topology.h"
#include "controller/core/txn.h"

LOG_MODULE(forwarding);

/* A flow whose entries are being written. One at a time for each flow, wherever its frames come
 * in: two at once could send them in a circle. */
struct setup {
    struct pending queue;
    struct forwarding *f;
    struct of_match match;
    dpid_t from, to;
    port_no_t to_port;
    uint64_t generation; /* Of the topology when the path was found. */
};

struct forwarding_settings forwarding_settings_default(void)
{
    return (struct forwarding_settings){
        .idle_s = 5,
        .max_frames_per_flow = 64,
        .max_frames = 4096,
        .dp_flood_per_s = 200,
        .dp_flood_burst = 400,
    };
}

struct forwarding_counters forwarding_counters(const void *state)
{
    const struct forwarding *f = state;

    return f->n;
}

/* --- Delivery --------------------------------------------------------------------------------- */

static void count_sent(struct forwarding *f, enum err err, uint64_t *counter)
{
    *(err ? &f->n.dropped : counter) += 1;
}

/* Sends 'frame' out at the destination's port. */
static void send_direct(struct setup *s, const struct pending_frame *frame)
{
    struct of_action out = of_output(s->to_port);
    struct datapath *dp = datapath_find(s->f->ctl, s->to);
    enum err err = ERR_STATE;

    if (dp && frame->whole) {
        err = datapath_packet_out(dp, OF_PORT_CONTROLLER, OF_NO_BUFFER, &out, 1, frame->data,
                                  frame->len);
    }
    count_sent(s->f, err, &s->f->n.delivered_direct);
}

/* Sends 'frame' on its way where it came in. */
static void send_on(struct setup *s, const struct pending_frame *frame)
{
    port_no_t port = s->from == s->to ? s->to_port : paths_next_port(s->f->ctl, s->from, s->to);
    struct of_action out = of_output(port);
    struct datapath *dp = datapath_find(s->f->ctl, s->from);
    enum err err = ERR_STATE;

    if (dp && port != OF_PORT_ANY) {
        err = datapath_packet_out(dp, frame->in_port, frame->buffer_id, &out, 1, frame->data,
                                  frame->len);
    }
    count_sent(s->f, err, &s->f->n.delivered);
}

/* True when the path that 's' was set up for is still the one. */
static bool is_current(const struct setup *s)
{
    const struct host *host = hosts_find(s->f->ctl, s->queue.key.dst);

    struct port_at at = {0};

    if (host) {
        at = domains_place(s->f->ctl, host, s->from);
    }
    return s->generation == topology_generation(s->f->ctl) && host && at.dpid == s->to &&
           at.port == s->to_port;
}

static void setup_done(void *aux, enum err result)
{
    struct setup *s = aux;
    struct forwarding *f = s->f;
    bool current = is_current(s);
    struct pending_frame *frame;

    if (result) {
        f->n.flow_failures++;
    }
    if (result && result != ERR_FULL) { /* Of full tables the core gives notice. */
        LOG_LIMITED(ctl_log(f->ctl), &f->limit, LOG_WARN,
                    "no entries for " ETH_FMT " from switch " DPID_FMT ": %s",
                    ETH_ARGS(s->queue.key.dst), DPID_ARGS(s->from), err_text(result));
    }
    while ((frame = pending_pop(&f->pending, &s->queue)) != NULL) {
        if (!networks_may_talk(f->networks, frame->dpid, frame->in_port, s->match.v.eth_src,
                               s->queue.key.dst)) {
            f->n.dropped++;
        } else if (!result && current && frame->dpid == s->from) {
            send_on(s, frame);
        } else {
            send_direct(s, frame);
        }
        pending_frame_free(&f->pending, frame);
    }
    if (!current) {
        forward_remove(f, &s->match);
    }
    pending_remove(&f->pending, &s->queue);
    free(s);
}

/* --- Unicast ---------------------------------------------------------------------------------- */

static struct setup *setup_new(struct forwarding *f, const struct pending_key *key,
                               const struct ctl_packet *packet, struct port_at dst)
{
    struct setup *s = xcalloc(1, sizeof(*s));

    s->f = f;
    forward_match(packet->pkt, &s->match);
    s->from = datapath_id(packet->dp);
    s->to = dst.dpid;
    s->to_port = dst.port;
    s->generation = topology_generation(f->ctl);
    pending_insert(&f->pending, &s->queue, key);
    return s;
}

/* Entries of a switch that has no room for more leave sooner. */
static uint16_t holding_s(const struct forwarding *f, dpid_t dpid)
{
    const struct datapath *dp = datapath_find(f->ctl, dpid);

    return dp ? datapath_holding_s(dp, 0, f->settings.idle_s) : f->settings.idle_s;
}

static void add_hop(const struct setup *s, struct txn *txn, unsigned stage, dpid_t dpid,
                    port_no_t port)
{
    struct of_action out = of_output(port);
    struct flow_spec spec = {
        .priority = FORWARDING_PRIORITY,
        .cookie = flow_cookie(s->f->id, 0),
        .idle_timeout_s = holding_s(s->f, dpid),
        .importance = FLOW_IMPORTANCE_FLOW,
        .ins = of_apply(&out, 1),
    };

    spec.match = forward_match_for(s->f, dpid, &s->match);
    txn_add(txn, stage, dpid, &spec);
}

/* Writes the entries along 'path', the last switch in stage 0. */
static void setup_start(struct setup *s, const struct path *path)
{
    struct txn *txn = txn_begin(s->f->ctl);

    txn_keep_order(txn);
    for (size_t i = 0; i < path->n; i++) {
        const struct path_hop *hop = &path->hops[i];
        bool is_last = i + 1 == path->n;

        add_hop(s, txn, (unsigned)(path->n - 1 - i), hop->dpid,
                is_last ? s->to_port : hop->out_port);
    }
    s->f->n.flows++;
    txn_commit(txn, setup_done, s);
}

static void push(struct forwarding *f, struct setup *s, const struct ctl_packet *packet)
{
    if (!pending_push(&f->pending, &s->queue, packet)) {
        f->n.dropped++;
    }
}

/* A frame that came out of the legacy network into which it would go again. When its host is there,
 * the network has delivered it; when he is on another island, the network does not know yet by which
 * port, and learns it from his answer. */
static void turn_back(struct forwarding *f, const struct ctl_packet *packet, const struct host *dst)
{
    struct port_at in = {datapath_id(packet->dp), packet->in_port};
    struct port_at at = {host_dpid(dst), host_port(dst)};
    struct of_action out = of_output(at.port);
    struct datapath *dp = datapath_find(f->ctl, at.dpid);
    enum err err = ERR_STATE;

    if (dp && !domains_joined(f->ctl, in, at) && packet->len == packet->total_len) {
        err = datapath_packet_out(dp, OF_PORT_CONTROLLER, OF_NO_BUFFER, &out, 1, packet->frame,
                                  packet->len);
    }
    count_sent(f, err, &f->n.delivered_direct);
}

static void forward(struct forwarding *f, const struct ctl_packet *packet, const struct host *host)
{
    struct port_at dst = domains_place(f->ctl, host, datapath_id(packet->dp));
    struct pending_key key = {.dst = packet->pkt->eth_dst};
    struct pending *queue;
    struct of_match match;
    struct setup *s;
    struct path path;

    forward_match(packet->pkt, &match);
    key.flow = of_match_hash(&match);
    queue = pending_find(&f->pending, &key);
    if (queue) {
        f->n.queued++;
        push(f, CONTAINER_OF(queue, struct setup, queue), packet);
        return;
    }
    if (packet->port && packet->port->domain && dst.dpid == datapath_id(packet->dp) &&
        dst.port == packet->in_port) {
        turn_back(f, packet, host);
        return;
    }
    if (!paths_find(f->ctl, datapath_id(packet->dp), dst.dpid, &path) ||
        path.n > TXN_MAX_STAGES) {
        f->n.no_path++;
        return;
    }
    s = setup_new(f, &key, packet, dst);
    push(f, s, packet);
    setup_start(s, &path);
}

/* Sends a frame for a guarded host, to which no entry of ours may lead, out at its port. */
static void carry(struct forwarding *f, const struct ctl_packet *packet, const struct host *dst)
{
    struct of_action out = of_output(host_port(dst));
    struct datapath *dp = datapath_find(f->ctl, host_dpid(dst));
    enum err err = ERR_STATE;

    if (dp && packet->len == packet->total_len && packet->pkt->n_vlans == 0 &&
        networks_hosts_may_talk(f->networks, packet->pkt->eth_src, host_mac(dst))) {
        err = datapath_packet_out(dp, OF_PORT_CONTROLLER, OF_NO_BUFFER, &out, 1, packet->frame,
                                  packet->len);
    }
    count_sent(f, err, &f->n.carried);
}

/* --- Everybody -------------------------------------------------------------------------------- */

/* 01:80:c2:00:00:00 to 0f: never forwarded by a bridge. */
static bool is_reserved(struct eth_addr a)
{
    return eth_addr_u64(a) >> 4 == UINT64_C(0x0180c200000);
}

static bool is_from_link(const struct ctl_packet *packet)
{
    return packet->port && packet->port->kind == PORT_LINK;
}

/* What serves to find others (DHCP, neighbour discovery), and what is for one who is not known, goes
 * to all with whom the sender may talk; the rest to members of its networks. */
static bool is_for_members(const struct pkt *pkt)
{
    bool is_dhcp = pkt_has(pkt, PKT_UDP) && ((pkt->l4.dst == 67 || pkt->l4.dst == 68) ||
                                             (pkt->l4.dst == 546 || pkt->l4.dst == 547));
    bool is_nd = pkt_has(pkt, PKT_ICMP6) && pkt->l4.type >= PKT_ICMP6_RS &&
                 pkt->l4.type <= PKT_ICMP6_NA;

    return eth_addr_is_multicast(pkt->eth_dst) && !is_dhcp && !is_nd;
}

static void flood(struct forwarding *f, const struct ctl_packet *packet)
{
    dpid_t dpid = datapath_id(packet->dp);

    if (is_from_link(packet) || packet->len < packet->total_len) {
        f->n.floods_dropped++;
    } else if (!bucket_map_take(&f->dp_floods, dpid, ctl_now(f->ctl))) {
        f->n.floods_limited++;
    } else {
        f->n.floods++;
        networks_flood(f->ctl, packet, is_for_members(packet->pkt));
    }
}

/* A tagged frame from another switch: the tag may be a label whose owner is not known any more, so
 * it must not reach a host. Should it belong to a flow of ours, that one starts anew. */
static void drop_tagged(struct forwarding *f, const struct ctl_packet *packet)
{
    struct of_match match;

    f->n.tagged_dropped++;
    forward_match(packet->pkt, &match);
    forward_remove(f, &match);
}

static enum ctl_verdict packet_in(void *state, const struct ctl_packet *packet)
{
    struct forwarding *f = state;
    const struct host *dst = hosts_find(f->ctl, packet->pkt->eth_dst);

    if (is_reserved(packet->pkt->eth_dst)) {
        f->n.reserved_dropped++;
    } else if (packet->pkt->n_vlans > 0 && is_from_link(packet)) {
        drop_tagged(f, packet);
    } else if (dst && !eth_addr_is_multicast(packet->pkt->eth_dst)) {
        if (networks_is_guarded(f->networks, packet->pkt->eth_dst)) {
            carry(f, packet, dst);
        } else {
            forward(f, packet, dst);
        }
    } else {
        flood(f, packet);
    }
    return CTL_STOP;
}

/* --- Module ----------------------------------------------------------------------------------- */

/* A port that is down, and one that hands over to the gate of its legacy network. */
static void on_port_lost(void *state, const struct ctl_event *event)
{
    forward_port_lost(state, datapath_id(event->dp), event->port_no);
}

static void on_link_down(void *state, const struct ctl_event *event)
{
    forward_port_lost(state, event->link->src_dpid, event->link->src_port);
}

static void on_host_added(void *state, const struct ctl_event *event)
{
    forward_host_added(state, event->host);
}

static void on_host_moved(void *state, const struct ctl_event *event)
{
    forward_host_moved(state, event->host, event->old_dpid);
}

static void on_adopted(void *state, const struct ctl_event *event)
{
    forward_adopt(state, datapath_id(event->dp), event->flow);
}

static enum err start(struct ctl *ctl, uint8_t id, const void *settings, void **state)
{
    struct forwarding *f = xcalloc(1, sizeof(*f));

    f->ctl = ctl;
    f->id = id;
    f->settings =
        settings ? *(const struct forwarding_settings *)settings : forwarding_settings_default();
    if (f->settings.idle_s == 0) {
        free(f);
        return ERR_RANGE;
    }
    f->limit = (struct log_limit)LOG_LIMIT_INIT(1, 10);
    forward_flows_init(f);
    f->networks = ctl_module_state(ctl, "logical_networks");
    bucket_map_init(&f->dp_floods, f->settings.dp_flood_per_s, f->settings.dp_flood_burst);
    pending_table_init(&f->pending, (struct pending_limits){f->settings.max_frames_per_flow,
                                                            f->settings.max_frames});
    *state = f;
    return ERR_OK;
}

static void stop(void *state)
{
    struct forwarding *f = state;
    struct pending *queue;

    while ((queue = pending_any(&f->pending)) != NULL) {
        pending_remove(&f->pending, queue);
        free(CONTAINER_OF(queue, struct setup, queue));
    }
    pending_table_fini(&f->pending);
    forward_flows_fini(f);
    bucket_map_fini(&f->dp_floods);
    free(f);
}

const struct ctl_module forwarding_module = {
    .name = "forwarding",
    .start = start,
    .stop = stop,
    .packet_in = packet_in,
    .on = {[CTL_PORT_DOWN] = on_port_lost,
           [CTL_PORT_BACKUP] = on_port_lost,
           [CTL_LINK_DOWN] = on_link_down,
           [CTL_HOST_ADDED] = on_host_added,
           [CTL_HOST_MOVED] = on_host_moved,
           [CTL_FLOW_ADOPTED] = on_adopted},
};

/* See traffic.h. */
#include "tests/apps/traffic.h"

#include "controller/packet/pkt_build.h"
#include "controller/packet/pkt_sflow.h"

#define FRAME_BYTES 46 /* Of net_send(). */

static void emit(struct traffic *t, struct pkt_sflow *sf)
{
    struct buf datagram = BUF_INIT;

    sf->agent = 0x7f000001;
    pkt_build_sflow(&datagram, sf);
    ctl_sflow(t->net->ctl, datagram.data, datagram.len);
    buf_fini(&datagram);
}

/* An interface's index is that of its switch and port. */
static uint32_t if_index(int sw, unsigned port)
{
    return (uint32_t)sw * 1000 + port;
}

static void tell_counters(struct traffic *t, int sw, unsigned port)
{
    static struct pkt_sflow sf;
    const struct net_port *p = &t->net->switches[sw]->ports[port];

    sf = (struct pkt_sflow){.sub_agent = (uint32_t)sw, .n_samples = 1};
    sf.samples[0] = (struct pkt_sflow_sample){
        .kind = PKT_SFLOW_COUNTERS,
        .source_index = if_index(sw, port),
        .counters = {.has_generic = true,
                     .if_index = if_index(sw, port),
                     .if_speed_bps = 1000000000,
                     .in_bytes = p->rx_bytes,
                     .out_bytes = p->tx_bytes,
                     .has_openflow = true,
                     .dpid = t->net->switches[sw]->dpid,
                     .port_no = port},
    };
    emit(t, &sf);
}

static void tell_all_counters(struct traffic *t)
{
    for (size_t sw = 0; sw < t->net->n_switches; sw++) {
        for (unsigned port = 1; port <= NET_MAX_PORTS; port++) {
            if (t->net->switches[sw]->ports[port].exists) {
                tell_counters(t, (int)sw, port);
            }
        }
    }
}

static void tell_flow(struct traffic *t, size_t i)
{
    static struct pkt_sflow sf;
    const struct net_host *a = &t->net->hosts[t->flows[i].from],
                          *b = &t->net->hosts[t->flows[i].to];
    struct pkt_ends4 ends = {.eth_dst = b->mac, .eth_src = a->mac, .src = a->ip, .dst = b->ip};
    struct buf frame = BUF_INIT;

    pkt_build_udp4(&frame, &ends, 2385, 4711, "data", 4);
    sf = (struct pkt_sflow){.sub_agent = (uint32_t)a->sw, .n_samples = 1};
    sf.samples[0] = (struct pkt_sflow_sample){
        .kind = PKT_SFLOW_FLOW,
        .seq = ++t->seq[a->sw],
        .source_index = if_index(a->sw, a->port),
        .flow = {.rate = (uint32_t)t->net->weight,
                 .input = if_index(a->sw, a->port),
                 .has_header = true,
                 .proto = PKT_SFLOW_PROTO_ETHERNET,
                 .frame_bytes = FRAME_BYTES,
                 .header_len = (uint32_t)frame.len,
                 .header = frame.data},
    };
    emit(t, &sf);
    buf_fini(&frame);
}

static void send_one(struct traffic *t, size_t i)
{
    int to = t->flows[i].to;

    if (t->flows[i].mbps <= 0) {
        return;
    }
    t->net->weight = (uint64_t)(t->flows[i].mbps * 1e6 * 0.25 / 8 / FRAME_BYTES);
    t->net->hosts[to].n_seen = 0;
    net_send(t->net, t->flows[i].from, to, ++t->number);
    t->n_lost += net_count(t->net, to, t->number) != 1;
    if (t->with_sflow) {
        tell_flow(t, i);
    }
    t->net->weight = 1;
}

void traffic_run(struct traffic *t, int64_t ns)
{
    for (int64_t at = 0; at < ns; at += TRAFFIC_STEP_NS) {
        for (size_t i = 0; i < t->n_flows; i++) {
            send_one(t, i);
        }
        if (t->with_sflow && at % NS_PER_S == 0) {
            tell_all_counters(t);
        }
        net_advance(t->net, TRAFFIC_STEP_NS);
    }
}

double traffic_mbps(struct traffic *t, int sw, unsigned port, int64_t ns)
{
    uint64_t before = t->net->switches[sw]->ports[port].tx_bytes;

    traffic_run(t, ns);
    return (double)(t->net->switches[sw]->ports[port].tx_bytes - before) * 8 * 1000 / (double)ns;
}

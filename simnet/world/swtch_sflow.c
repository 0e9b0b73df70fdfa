/* The sFlow agent of a switch: one frame of so many, chosen at random, as it comes in; counters of all
 * ports every so often ("sFlow Version 5", July 2004). */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "controller/base/alloc.h"
#include "controller/base/rng.h"
#include "controller/packet/pkt_sflow.h"
#include "simnet/world/swtch_impl.h"

#define HEADER_BYTES 128
#define PORTS_PER_DATAGRAM 8
#define EVENT_KIND 0x5f10

struct swtch_sflow {
    struct swtch *sw;
    struct swtch_sflow_params params;
    struct rng *rng;
    struct sim_event poll;
    struct buf datagram;
    struct pkt_sflow content;
    uint32_t seq, n_samples, pool;
};

static void send(struct swtch_sflow *s)
{
    s->content.sub_agent = s->sw->id;
    s->content.seq = ++s->seq;
    s->content.uptime_ms = (uint32_t)(sim_now(s->sw->sim).ns / NS_PER_MS);
    buf_clear(&s->datagram);
    pkt_build_sflow(&s->datagram, &s->content);
    assert(!s->datagram.failed);
    s->params.send(s->params.aux, s->sw, s->datagram.data, s->datagram.len);
}

void swtch_sflow_frame(struct swtch_sflow *s, port_no_t port_no, const struct buf *frame)
{
    s->pool++;
    if (rng_below(s->rng, s->params.one_in) != 0) {
        return;
    }
    s->content.n_samples = 1;
    s->content.samples[0] = (struct pkt_sflow_sample){
        .kind = PKT_SFLOW_FLOW,
        .seq = ++s->n_samples,
        .flow = {.rate = s->params.one_in,
                 .pool_pkts = s->pool,
                 .input = port_no,
                 .has_header = true,
                 .proto = PKT_SFLOW_PROTO_ETHERNET,
                 .frame_bytes = (uint32_t)frame->len,
                 .header_len = (uint32_t)(frame->len < HEADER_BYTES ? frame->len : HEADER_BYTES),
                 .header = frame->data},
    };
    send(s);
}

static struct pkt_sflow_sample counters_of(const struct swtch_sflow *s, port_no_t port_no)
{
    const struct port *port = swtch_port(s->sw, port_no);
    struct of_port desc;

    swtch_describe_port(s->sw, port_no, &desc);
    return (struct pkt_sflow_sample){
        .kind = PKT_SFLOW_COUNTERS,
        .seq = s->seq,
        .source_index = port_no,
        .counters = {.has_generic = true,
                     .if_index = port_no,
                     .if_speed_bps = (uint64_t)desc.curr_speed_kbps * 1000,
                     .in_bytes = port->rx_bytes,
                     .in_ucast_pkts = (uint32_t)port->rx_packets,
                     .out_bytes = port->tx_bytes,
                     .out_ucast_pkts = (uint32_t)port->tx_packets,
                     .has_openflow = true,
                     .dpid = s->sw->params.dpid,
                     .port_no = port_no},
    };
}

static void poll(void *aux, struct sim_event *event)
{
    struct swtch_sflow *s = aux;

    s->content.n_samples = 0;
    for (port_no_t p = 1; p <= s->sw->n_ports; p++) {
        s->content.samples[s->content.n_samples++] = counters_of(s, p);
        if (s->content.n_samples == PORTS_PER_DATAGRAM || p == s->sw->n_ports) {
            send(s);
            s->content.n_samples = 0;
        }
    }
    sim_at(s->sw->sim, event, mono_add(sim_now(s->sw->sim), s->params.poll_ns));
}

void swtch_set_sflow(struct swtch *sw, const struct swtch_sflow_params *params)
{
    struct swtch_sflow *s = xcalloc(1, sizeof *s);
    char name[64];

    assert(!sw->sflow && params->one_in > 0 && params->poll_ns > 0);
    snprintf(name, sizeof name, "switch %u sflow", sw->id);
    s->sw = sw;
    s->params = *params;
    s->rng = sim_rng(sw->sim, name);
    s->content.agent = params->agent;
    sim_event_init(&s->poll, EVENT_KIND, SIM_PRIO_NORMAL, poll, s);
    sim_at(sw->sim, &s->poll, mono_add(sim_now(sw->sim), params->poll_ns));
    sw->sflow = s;
}

void swtch_sflow_free(struct swtch_sflow *s)
{
    if (s) {
        sim_cancel(s->sw->sim, &s->poll);
        buf_fini(&s->datagram);
        free(s);
    }
}

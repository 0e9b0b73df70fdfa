/* Flows, and the frames that they send: session_load.c joins and ends sessions on them. */
#include <stdlib.h>
#include <string.h>

#include "controller/base/alloc.h"
#include "controller/base/hash.h"
#include "controller/packet/pkt_build.h"
#include "simnet/des/profile.h"
#include "simnet/world/session_load_impl.h"
#include "simnet/world/stage.h"

enum { RETRY_KIND = 0x4e7 };

/* --- Flows ----------------------------------------------------------------------------------- */

/* A bijection of (switch, destination): equal hashes are equal flows. */
static uint64_t flow_hash(uint32_t sw, uint32_t dst)
{
    return hash_u64((uint64_t)sw << 32 | dst);
}

struct flow *session_flow_find(const struct session_load *load, uint32_t sw, uint32_t dst)
{
    struct hmap_node *node = hmap_first_with(&load->flows, flow_hash(sw, dst));

    return node ? HMAP_ENTRY(node, struct flow, node) : NULL;
}

void session_flow_prefetch(const struct session_load *load, uint32_t sw, uint32_t dst, unsigned i)
{
    const struct flow *flow;

    switch (i) {
    case 3:
        hmap_prefetch(&load->flows, flow_hash(sw, dst));
        break;
    case 2:
        hmap_prefetch_node(&load->flows, flow_hash(sw, dst));
        break;
    case 0:
        flow = session_flow_find(load, sw, dst);
        swtch_prefetch_session(world_switch(load->world, sw), flow ? flow->entry : TABLE_NONE,
                               endhost_mac(world_host(load->world, dst)));
        break;
    default:
        break;
    }
}

struct flow *session_flow_get(struct session_load *load, uint32_t sw, uint32_t dst)
{
    struct flow *flow = session_flow_find(load, sw, dst);

    if (flow) {
        return flow;
    }
    flow = load->free;
    if (flow) {
        load->free = flow->next_free;
    } else {
        flow = xcalloc_lines(1, sizeof *flow);
    }
    *flow = (struct flow){.load = load, .sw = sw, .dst = dst, .entry = TABLE_NONE};
    list_init(&flow->retry);
    hmap_insert(&load->flows, &flow->node, flow_hash(sw, dst));
    return flow;
}

void session_flow_put(struct flow *flow)
{
    struct session_load *load = flow->load;

    list_remove(&flow->retry);
    hmap_remove(&load->flows, &flow->node);
    flow->next_free = load->free;
    load->free = flow;
}

struct swtch *session_flow_switch(const struct flow *flow)
{
    return world_switch(flow->load->world, flow->sw);
}

static struct pkt_ends4 ends_of(const struct world *world, uint32_t src_host, uint32_t dst_host)
{
    const struct endhost *src = world_host(world, src_host);
    const struct endhost *dst = world_host(world, dst_host);

    return (struct pkt_ends4){.eth_src = endhost_mac(src),
                              .eth_dst = endhost_mac(dst),
                              .src = endhost_ip(src),
                              .dst = endhost_ip(dst)};
}

uint32_t session_flow_lookup(const struct flow *flow)
{
    struct pkt_ends4 ends = ends_of(flow->load->world, flow->src, flow->dst);
    struct pkt pkt = {.layers = PKT_ETH | PKT_IPV4 | PKT_UDP,
                      .eth_dst = ends.eth_dst,
                      .eth_src = ends.eth_src,
                      .eth_type = PKT_TYPE_IPV4,
                      .ipv4 = {.src = ends.src, .dst = ends.dst, .proto = PKT_PROTO_UDP},
                      .l4 = {.src = SESSION_UDP_PORT, .dst = SESSION_UDP_PORT}};

    return swtch_session_entry(session_flow_switch(flow),
                               world_host_port(flow->load->world, flow->src), &pkt);
}

void session_flow_hold(struct flow *flow, uint32_t entry)
{
    if (flow->entry != TABLE_NONE) {
        swtch_session_end(session_flow_switch(flow), flow->entry, flow->n_on);
    }
    flow->entry = entry;
    if (entry != TABLE_NONE) {
        swtch_session_begin(session_flow_switch(flow), entry, flow->n_on);
        list_remove(&flow->retry);
    }
}

/* --- Frames ---------------------------------------------------------------------------------- */

/* The payload carries the time of sending, and whether there was no entry for the frame. */
void session_load_transmit(struct session_load *load, uint32_t src, uint32_t dst,
                           bool without_entry)
{
    struct world *world = load->world;
    struct pkt_ends4 ends = ends_of(world, src, dst);
    uint8_t payload[SESSION_PAYLOAD] = {0};
    int64_t now_ns = sim_now(load->sim).ns;
    unsigned before;

    memcpy(payload, &now_ns, sizeof now_ns);
    payload[sizeof now_ns] = without_entry;
    buf_clear(&load->frame);
    pkt_build_udp4(&load->frame, &ends, SESSION_UDP_PORT, SESSION_UDP_PORT, payload,
                   sizeof payload);
    load->stats.n_frames++;
    before = sim_enter(load->sim, STAGE_FRAMES);
    swtch_receive(world_switch(world, world_host_switch(world, src)), world_host_port(world, src),
                  &load->frame);
    sim_leave(load->sim, before);
}

void session_load_send(struct session_load *load, uint32_t src, uint32_t dst)
{
    session_load_transmit(load, src, dst, true);
}

/* Frames are repeated after the same time, so those who wait stand in order, and one event is enough: it may
 * find that the first has an entry by now. */
static void await_first(struct session_load *load)
{
    if (!list_is_empty(&load->retries) && !sim_event_is_set(&load->retry)) {
        sim_at(load->sim, &load->retry,
               (mono_t){LIST_ENTRY(load->retries.next, struct flow, retry)->retry_ns});
    }
}

void session_flow_ask_later(struct flow *flow)
{
    struct session_load *load = flow->load;

    list_remove(&flow->retry);
    flow->retry_ns = mono_add(sim_now(load->sim), load->params.retry_ns).ns;
    list_push_back(&load->retries, &flow->retry);
    await_first(load);
}

void session_flow_send(struct flow *flow)
{
    session_flow_ask_later(flow);
    session_load_transmit(flow->load, flow->src, flow->dst, true);
}

static void on_retry(void *aux, struct sim_event *event)
{
    struct session_load *load = aux;
    int64_t now_ns = sim_now(load->sim).ns;

    (void)event;
    while (!list_is_empty(&load->retries)) {
        struct flow *flow = LIST_ENTRY(load->retries.next, struct flow, retry);

        if (flow->retry_ns > now_ns) {
            break;
        }
        load->stats.n_retries++;
        session_flow_send(flow);
    }
    await_first(load);
}

void session_flows_init(struct session_load *load)
{
    hmap_init(&load->flows);
    list_init(&load->retries);
    sim_event_init(&load->retry, RETRY_KIND, SIM_PRIO_NORMAL, on_retry, load);
    load->retry.stage = STAGE_SESSIONS;
}

void session_flows_fini(struct session_load *load)
{
    struct hmap_node *node, *next_node;
    struct flow *next;

    HMAP_FOR_EACH (node, next_node, &load->flows) {
        session_flow_put(HMAP_ENTRY(node, struct flow, node));
    }
    hmap_fini(&load->flows);
    sim_cancel(load->sim, &load->retry);
    for (struct flow *flow = load->free; flow; flow = next) {
        next = flow->next_free;
        free(flow);
    }
}

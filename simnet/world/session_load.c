#include "simnet/world/session_load.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "controller/base/alloc.h"
#include "controller/base/hash.h"
#include "controller/packet/pkt_build.h"
#include "simnet/world/session_frames.h"
#include "simnet/world/session_load_impl.h"

enum { RETRY_KIND = 0x4e7, UDP_PORT = 9 /* Discard (RFC 863). */, PAYLOAD = 18 };

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

static struct flow *flow_get(struct session_load *load, uint32_t sw, uint32_t dst)
{
    struct flow *flow = session_flow_find(load, sw, dst);

    if (flow) {
        return flow;
    }
    flow = load->free;
    if (flow) {
        load->free = flow->next_free;
    } else {
        flow = xcalloc(1, sizeof *flow);
    }
    *flow = (struct flow){.load = load, .sw = sw, .dst = dst, .entry = TABLE_NONE};
    list_init(&flow->retry);
    hmap_insert(&load->flows, &flow->node, flow_hash(sw, dst));
    return flow;
}

static void flow_put(struct flow *flow)
{
    struct session_load *load = flow->load;

    list_remove(&flow->retry);
    hmap_remove(&load->flows, &flow->node);
    flow->next_free = load->free;
    load->free = flow;
}

static struct swtch *flow_switch(const struct flow *flow)
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

/* The entry that a frame of the flow would use now. */
static uint32_t flow_lookup(const struct flow *flow)
{
    struct pkt_ends4 ends = ends_of(flow->load->world, flow->src, flow->dst);
    struct pkt pkt = {.layers = PKT_ETH | PKT_IPV4 | PKT_UDP,
                      .eth_dst = ends.eth_dst,
                      .eth_src = ends.eth_src,
                      .eth_type = PKT_TYPE_IPV4,
                      .ipv4 = {.src = ends.src, .dst = ends.dst, .proto = PKT_PROTO_UDP},
                      .l4 = {.src = UDP_PORT, .dst = UDP_PORT}};

    return swtch_session_entry(flow_switch(flow), world_host_port(flow->load->world, flow->src),
                               &pkt);
}

/* Lets go of the present entry, unless it is gone already, and holds 'entry' instead. */
static void flow_hold(struct flow *flow, uint32_t entry)
{
    if (flow->entry != TABLE_NONE) {
        swtch_session_end(flow_switch(flow), flow->entry, flow->n_on);
    }
    flow->entry = entry;
    if (entry != TABLE_NONE) {
        swtch_session_begin(flow_switch(flow), entry, flow->n_on);
        list_remove(&flow->retry);
    }
}

/* --- Frames ---------------------------------------------------------------------------------- */

/* The payload carries the time of sending, and whether there was no entry for the frame. */
static void transmit(struct session_load *load, uint32_t src, uint32_t dst, bool without_entry)
{
    struct world *world = load->world;
    struct pkt_ends4 ends = ends_of(world, src, dst);
    uint8_t payload[PAYLOAD] = {0};
    int64_t now_ns = sim_now(load->sim).ns;

    memcpy(payload, &now_ns, sizeof now_ns);
    payload[sizeof now_ns] = without_entry;
    buf_clear(&load->frame);
    pkt_build_udp4(&load->frame, &ends, UDP_PORT, UDP_PORT, payload, sizeof payload);
    load->stats.n_frames++;
    swtch_receive(world_switch(world, world_host_switch(world, src)), world_host_port(world, src),
                  &load->frame);
}

void session_load_send(struct session_load *load, uint32_t src, uint32_t dst)
{
    transmit(load, src, dst, true);
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

static void ask_later(struct flow *flow)
{
    struct session_load *load = flow->load;

    list_remove(&flow->retry);
    flow->retry_ns = mono_add(sim_now(load->sim), load->params.retry_ns).ns;
    list_push_back(&load->retries, &flow->retry);
    await_first(load);
}

void session_flow_send(struct flow *flow)
{
    ask_later(flow);
    transmit(flow->load, flow->src, flow->dst, true);
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

static void on_udp(void *aux, struct endhost *host, const struct pkt *pkt, const uint8_t *payload,
                   size_t n)
{
    struct session_load *load = aux;
    int64_t sent_ns;

    (void)host;
    if (pkt->l4.dst == UDP_PORT && n == PAYLOAD) {
        memcpy(&sent_ns, payload, sizeof sent_ns);
        load->stats.n_frames_delivered++;
        if (!payload[sizeof sent_ns]) {
            return;
        }
        load->stats.n_delivered++;
        probe_sample_add(&load->stats.delivery_s, ns_to_s(sim_now(load->sim).ns - sent_ns));
    }
}

/* --- Sessions -------------------------------------------------------------------------------- */

static void count_miss(struct session_load *load, uint32_t sw)
{
    load->stats.n_misses++;
    load->sites[sw].m.n_misses++;
}

/* Packet level: the source of the session sends a frame, and nothing else is known of it. Whether
 * there is an entry is looked up for the statistics only. Returns that. */
static bool send_one(struct session_load *load, uint32_t src, uint32_t dst)
{
    struct flow flow = {
        .load = load, .sw = world_host_switch(load->world, src), .src = src, .dst = dst};
    bool found = flow_lookup(&flow) != TABLE_NONE;

    transmit(load, src, dst, !found);
    return found;
}

static void on_further_frame(void *aux, uint32_t src, uint32_t dst)
{
    struct session_load *load = aux;

    load->stats.n_retries += !send_one(load, src, dst);
}

static void begin_with_frames(struct session_load *load, uint32_t src, uint32_t dst)
{
    load->stats.n_begun++;
    session_frames_begin(load->frames, src, dst);
    if (send_one(load, src, dst)) {
        load->stats.n_hits++;
    } else {
        count_miss(load, world_host_switch(load->world, src));
    }
}

/* The last frame leaves at the end, so that the entry's idle time begins there. */
static void end_with_frames(struct session_load *load, uint32_t src, uint32_t dst)
{
    load->stats.n_ended++;
    session_frames_end(load->frames, src, dst);
    on_further_frame(load, src, dst);
}

/* One session more of the flow, which has an entry or sends a first frame. Returns which. */
static bool join(struct flow *flow, uint32_t src)
{
    flow->src = src;
    flow->n_on++;
    if (flow->load->fill) {
        return false;
    }
    if (flow->entry != TABLE_NONE) {
        swtch_session_begin(flow_switch(flow), flow->entry, 1);
        return true;
    }
    flow_hold(flow, flow_lookup(flow));
    if (flow->entry != TABLE_NONE) {
        return true;
    }
    count_miss(flow->load, flow->sw);
    session_flow_send(flow);
    return false;
}

static void on_begin(void *aux, uint32_t src, uint32_t dst)
{
    struct session_load *load = aux;

    if (load->frames) {
        begin_with_frames(load, src, dst);
        return;
    }
    load->stats.n_begun++;
    load->stats.n_hits += join(flow_get(load, world_host_switch(load->world, src), dst), src);
}

/* One session of the flow less; NULL when it was the last. */
static struct flow *leave(struct flow *flow)
{
    if (flow->entry != TABLE_NONE) {
        swtch_session_end(flow_switch(flow), flow->entry, 1);
    }
    if (--flow->n_on == 0) {
        flow_put(flow);
        return NULL;
    }
    return flow;
}

static void on_end(void *aux, uint32_t src, uint32_t dst)
{
    struct session_load *load = aux;
    struct flow *flow;

    if (load->frames) {
        end_with_frames(load, src, dst);
        return;
    }
    flow = session_flow_find(load, world_host_switch(load->world, src), dst);
    assert(flow && "a session ends that has not begun");
    load->stats.n_ended++;
    leave(flow);
}

bool session_load_leave(struct session_load *load, uint32_t src, uint32_t dst)
{
    struct flow *flow = session_flow_find(load, world_host_switch(load->world, src), dst);

    flow = flow ? leave(flow) : NULL; /* There is none at packet level. */
    return flow && flow->src == src;
}

void session_load_speak(struct session_load *load, uint32_t src, uint32_t dst)
{
    session_flow_find(load, world_host_switch(load->world, src), dst)->src = src;
}

void session_load_join(struct session_load *load, uint32_t src, uint32_t dst)
{
    uint32_t sw = world_host_switch(load->world, src);
    bool found;

    load->stats.n_moved++;
    if (!load->frames) {
        found = join(flow_get(load, sw, dst), src);
    } else if (!(found = send_one(load, src, dst))) {
        count_miss(load, sw);
    }
    load->stats.n_move_misses += !found;
}

struct session_hooks session_load_hooks(struct session_load *load)
{
    return (struct session_hooks){.begin = on_begin, .end = on_end, .aux = load};
}

/* --- Tables ---------------------------------------------------------------------------------- */

static void note_size(struct site *site, const struct table *table)
{
    mono_t now = sim_now(site->load->sim);

    probe_level_set(&site->m.n_timed, now, table_n_timed(table));
    if (site->m.hist.n) {
        probe_hist_set(&site->m.hist, now, table_n_timed(table));
    }
}

/* An entry has come or gone that names 'flow' as its destination. */
static void follow(struct flow *flow, uint32_t entry, bool added)
{
    if (added) {
        uint32_t best = flow_lookup(flow);

        if (best != flow->entry) {
            flow_hold(flow, best);
        }
    } else if (flow->entry == entry) {
        flow->entry = TABLE_NONE; /* Its sessions ask again soon. */
        ask_later(flow);
    }
}

static void on_table_change(void *aux, struct table *table, uint32_t entry,
                            enum table_change change)
{
    struct site *site = aux;
    struct of_match match;
    struct flow *flow;
    uint32_t dst;

    if (table != swtch_table(world_switch(site->load->world, site->sw), 0) ||
        change == TABLE_MODIFIED) {
        return;
    }
    note_size(site, table);
    table_entry_match(table, entry, &match);
    if (!of_match_has(&match, OF_FIELD_ETH_DST) || (match.masked & OF_BIT(ETH_DST))) {
        return;
    }
    dst = host_index_find(&site->load->hosts, match.v.eth_dst);
    flow = dst == UINT32_MAX ? NULL : session_flow_find(site->load, site->sw, dst);
    if (flow) {
        follow(flow, entry, change == TABLE_ADDED);
    } else if (site->load->fill && dst != UINT32_MAX && change == TABLE_ADDED) {
        session_fill_added(site->load->fill, site->sw, dst, entry);
    }
}

/* --- Life and measuring ---------------------------------------------------------------------- */

static void site_init(struct session_load *load, uint32_t sw)
{
    struct site *site = &load->sites[sw];

    site->load = load;
    site->sw = sw;
    probe_level_init(&site->m.n_timed, sim_now(load->sim), 0);
    if (load->params.hist_size) {
        probe_hist_init(&site->m.hist, load->params.hist_size, sim_now(load->sim), 0);
    }
    swtch_set_watch(world_switch(load->world, sw), on_table_change, site);
}

struct session_load *session_load_new(struct world *world, const struct session_load_params *params)
{
    struct session_load *load = xcalloc(1, sizeof *load);

    load->world = world;
    load->sim = world_sim(world);
    load->params = *params;
    if (params->frame_gap_ns > 0) {
        load->frames = session_frames_new(load->sim, params->frame_gap_ns, on_further_frame, load);
    }
    hmap_init(&load->flows);
    list_init(&load->retries);
    sim_event_init(&load->retry, RETRY_KIND, SIM_PRIO_NORMAL, on_retry, load);
    load->sites = xcalloc(world_n_switches(world) + 1, sizeof *load->sites);
    host_index_init(&load->hosts, world);
    for (uint32_t i = 0; i < world_n_switches(world); i++) {
        site_init(load, i);
    }
    for (uint32_t i = 0; i < world_n_hosts(world); i++) {
        endhost_set_udp(world_host(world, i), on_udp, load);
    }
    return load;
}

static void free_flows(struct session_load *load)
{
    struct hmap_node *node, *next_node;
    struct flow *next;

    HMAP_FOR_EACH (node, next_node, &load->flows) {
        flow_put(HMAP_ENTRY(node, struct flow, node));
    }
    hmap_fini(&load->flows);
    sim_cancel(load->sim, &load->retry);
    for (struct flow *flow = load->free; flow; flow = next) {
        next = flow->next_free;
        free(flow);
    }
}

void session_load_free(struct session_load *load)
{
    if (!load) {
        return;
    }
    for (uint32_t i = 0; i < world_n_switches(load->world); i++) {
        swtch_set_watch(world_switch(load->world, i), NULL, NULL);
        if (load->params.hist_size) {
            probe_hist_fini(&load->sites[i].m.hist);
        }
    }
    for (uint32_t i = 0; i < world_n_hosts(load->world); i++) {
        endhost_set_udp(world_host(load->world, i), NULL, NULL);
    }
    free_flows(load);
    session_frames_free(load->frames);
    free(load->sites);
    host_index_fini(&load->hosts);
    buf_fini(&load->frame);
    free(load);
}

void session_load_reset(struct session_load *load)
{
    mono_t now = sim_now(load->sim);

    memset(&load->stats, 0, sizeof load->stats);
    for (uint32_t i = 0; i < world_n_switches(load->world); i++) {
        struct session_load_switch *m = &load->sites[i].m;

        probe_level_reset(&m->n_timed, now);
        if (m->hist.n) {
            probe_hist_reset(&m->hist, now);
        }
        m->n_misses = 0;
    }
}

size_t session_load_bytes(const struct session_load *load)
{
    size_t n_flows = load->flows.n;

    for (const struct flow *f = load->free; f; f = f->next_free) {
        n_flows++;
    }
    return alloc_bytes(sizeof *load) + alloc_bytes(hmap_slot_bytes(&load->flows)) +
           n_flows * alloc_bytes(sizeof(struct flow)) + session_frames_bytes(load->frames) +
           alloc_bytes(world_n_switches(load->world) * sizeof *load->sites) +
           host_index_bytes(&load->hosts);
}

const struct session_load_stats *session_load_get_stats(const struct session_load *load)
{
    return &load->stats;
}

const struct session_load_switch *session_load_at(const struct session_load *load, uint32_t sw)
{
    return &load->sites[sw].m;
}

#include "simnet/world/session_load.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "controller/base/alloc.h"
#include "simnet/des/profile.h"
#include "simnet/world/session_frames.h"
#include "simnet/world/session_load_impl.h"
#include "simnet/world/stage.h"

/* --- Delivery --------------------------------------------------------------------------------- */

static void on_udp(void *aux, struct endhost *host, const struct pkt *pkt, const uint8_t *payload,
                   size_t n)
{
    struct session_load *load = aux;
    int64_t sent_ns;

    (void)host;
    if (pkt->l4.dst == SESSION_UDP_PORT && n == SESSION_PAYLOAD) {
        memcpy(&sent_ns, payload, sizeof sent_ns);
        if (sent_ns < load->since.ns) {
            return;
        }
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
    bool found = session_flow_lookup(&flow) != TABLE_NONE;

    session_load_transmit(load, src, dst, !found);
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
        swtch_session_begin(session_flow_switch(flow), flow->entry, 1);
        return true;
    }
    session_flow_hold(flow, session_flow_lookup(flow));
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
    load->stats.n_hits +=
        join(session_flow_get(load, world_host_switch(load->world, src), dst), src);
}

/* One session of the flow less; NULL when it was the last. */
static struct flow *leave(struct flow *flow)
{
    if (flow->entry != TABLE_NONE) {
        swtch_session_end(session_flow_switch(flow), flow->entry, 1);
    }
    if (--flow->n_on == 0) {
        session_flow_put(flow);
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
        found = join(session_flow_get(load, sw, dst), src);
    } else if (!(found = send_one(load, src, dst))) {
        count_miss(load, sw);
    }
    load->stats.n_move_misses += !found;
}

/* The nearer it is, the farther can the way be followed to what it needs: each part is found by what came
 * with the one before. */
static void on_look(void *aux, uint32_t src, uint32_t dst, unsigned i)
{
    const struct session_load *load = aux;

    if (i) {
        world_prefetch_ends(load->world, src, dst, i);
    }
    if (i < SESSION_LOOKS - 1) {
        session_flow_prefetch(load, world_host_switch(load->world, src), dst, i);
    }
}

struct session_hooks session_load_hooks(struct session_load *load)
{
    return (struct session_hooks){.begin = on_begin, .end = on_end, .look = on_look, .aux = load};
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
        uint32_t best = session_flow_lookup(flow);

        if (best != flow->entry) {
            session_flow_hold(flow, best);
        }
    } else if (flow->entry == entry) {
        flow->entry = TABLE_NONE; /* Its sessions ask again soon. */
        session_flow_ask_later(flow);
    }
}

static void follow_table(struct site *site, struct table *table, uint32_t entry, bool added)
{
    struct of_match match;
    struct flow *flow;
    uint32_t dst;

    note_size(site, table);
    table_entry_match(table, entry, &match);
    if (!of_match_has(&match, OF_FIELD_ETH_DST) || (match.masked & OF_BIT(ETH_DST))) {
        return;
    }
    dst = host_index_find(&site->load->hosts, match.v.eth_dst);
    flow = dst == UINT32_MAX ? NULL : session_flow_find(site->load, site->sw, dst);
    if (flow) {
        follow(flow, entry, added);
    } else if (site->load->fill && dst != UINT32_MAX && added) {
        session_fill_added(site->load->fill, site->sw, dst, entry);
    }
    if (site->load->added && dst != UINT32_MAX && added) {
        site->load->added(site->load->added_aux, site->sw, dst, entry);
    }
}

static void on_table_change(void *aux, struct table *table, uint32_t entry,
                            enum table_change change)
{
    struct site *site = aux;
    unsigned before;

    if (table == swtch_table(world_switch(site->load->world, site->sw), 0) &&
        change != TABLE_MODIFIED) {
        before = sim_enter(site->load->sim, STAGE_SESSIONS);
        follow_table(site, table, entry, change == TABLE_ADDED);
        sim_leave(site->load->sim, before);
    }
}

void session_load_set_added(struct session_load *load, session_added_fn *added, void *aux)
{
    load->added = added;
    load->added_aux = aux;
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
    session_flows_init(load);
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
    session_flows_fini(load);
    session_frames_free(load->frames);
    free(load->sites);
    host_index_fini(&load->hosts);
    buf_fini(&load->frame);
    free(load);
}

void session_load_reset(struct session_load *load, mono_t since)
{
    mono_t now = sim_now(load->sim);

    memset(&load->stats, 0, sizeof load->stats);
    load->since = since;
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

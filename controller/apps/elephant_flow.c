/* Flows and their rates, from samples or from counters. */
#include <stdlib.h>
#include <string.h>

#include "controller/apps/elephant.h"
#include "controller/apps/link_costs.h"
#include "controller/base/alloc.h"
#include "controller/base/hash.h"
#include "controller/core/ask.h"
#include "controller/core/datapath.h"
#include "controller/core/hosts.h"
#include "controller/packet/pkt.h"

LOG_MODULE(elephants);

#define PERIODS_HEARD 3
#define PERIODS_QUIET 3
#define PERIODS_TOLD 12
#define PERIODS_KEPT 2

/* --- The table -------------------------------------------------------------------------------- */

/* Hosts choose the keys; those that collide on purpose make a list as long as max_flows at most. */
static uint64_t hash_of(const struct elephant_flow *key)
{
    return hash_sip((uint64_t)key->sport << 16 | key->dport, eth_addr_u64(key->eth_src), key,
                    sizeof *key);
}

static struct flow *flow_find(const struct elephants *e, const struct elephant_flow *key)
{
    struct hmap_node *it = hmap_first_with(&e->flows, hash_of(key));

    while (it && memcmp(&HMAP_ENTRY(it, struct flow, node)->key, key, sizeof *key) != 0) {
        it = hmap_next_with(it);
    }
    return it ? HMAP_ENTRY(it, struct flow, node) : NULL;
}

struct flow *flow_add(struct elephants *e, const struct elephant_flow *key)
{
    struct flow *flow = flow_find(e, key);

    if (flow) {
        return flow;
    }
    if (e->flows.n >= e->settings.max_flows) {
        e->n.flows_full++;
        return NULL;
    }
    flow = xcalloc(1, sizeof *flow);
    flow->e = e;
    flow->key = *key;
    hmap_insert(&e->flows, &flow->node, hash_of(key));
    return flow;
}

/* Only when its elephant has left. */
static void flow_free(struct flow *flow)
{
    hmap_remove(&flow->e->flows, &flow->node);
    free(flow->elephant);
    free(flow);
}

struct sampler {
    struct hmap_node node;
    dpid_t dpid;
    mono_t heard_at;
};

void flows_init(struct elephants *e)
{
    hmap_init(&e->flows);
    hmap_init(&e->samplers);
}

void flows_fini(struct elephants *e)
{
    struct hmap_node *it, *tmp;

    HMAP_FOR_EACH (it, tmp, &e->flows) {
        flow_free(HMAP_ENTRY(it, struct flow, node));
    }
    HMAP_FOR_EACH (it, tmp, &e->samplers) {
        hmap_remove(&e->samplers, it);
        free(HMAP_ENTRY(it, struct sampler, node));
    }
    hmap_fini(&e->flows);
    hmap_fini(&e->samplers);
}

static int by_rate(const void *a, const void *b)
{
    const struct flow *x = *(struct flow *const *)a, *y = *(struct flow *const *)b;

    if (x->rate_bps > y->rate_bps || x->rate_bps < y->rate_bps) {
        return x->rate_bps > y->rate_bps ? -1 : 1;
    }
    return memcmp(&x->key, &y->key, sizeof x->key);
}

typedef bool flow_test_fn(const struct flow *flow);

/* Those that pass 'test', greatest first. */
static struct flow **collect(const struct elephants *e, flow_test_fn *test, size_t *n)
{
    struct flow **list = xcalloc(e->flows.n + 1, sizeof *list);

    *n = 0;
    for (struct hmap_node *it = hmap_first(&e->flows); it; it = hmap_next(&e->flows, it)) {
        struct flow *flow = HMAP_ENTRY(it, struct flow, node);

        if (test(flow)) {
            list[(*n)++] = flow;
        }
    }
    qsort(list, *n, sizeof(struct flow *), by_rate);
    return list;
}

static bool is_elephant(const struct flow *flow)
{
    return flow->elephant != NULL;
}

struct flow **flows_elephants(const struct elephants *e, size_t *n)
{
    return collect(e, is_elephant, n);
}

/* --- Samples ---------------------------------------------------------------------------------- */

static struct sampler *sampler_find(const struct elephants *e, dpid_t dpid)
{
    struct hmap_node *it = hmap_first_with(&e->samplers, hash_u64(dpid));

    while (it && HMAP_ENTRY(it, struct sampler, node)->dpid != dpid) {
        it = hmap_next_with(it);
    }
    return it ? HMAP_ENTRY(it, struct sampler, node) : NULL;
}

/* Switches that send flow samples. */
static bool sampler_is_heard(const struct elephants *e, dpid_t dpid)
{
    const struct sampler *s = sampler_find(e, dpid);

    return s && mono_diff_ns(ctl_now(e->ctl), s->heard_at) <
                    PERIODS_HEARD * link_costs_period_ns(e->costs);
}

static void sampler_heard(struct elephants *e, dpid_t dpid)
{
    struct sampler *s = sampler_find(e, dpid);

    if (!s) {
        s = xcalloc(1, sizeof *s);
        s->dpid = dpid;
        hmap_insert(&e->samplers, &s->node, hash_u64(dpid));
    }
    s->heard_at = ctl_now(e->ctl);
}

/* False for what cannot be moved: no IP, or a later fragment, which does not show its ports. */
static bool key_of(const struct pkt *pkt, struct elephant_flow *out)
{
    memset(out, 0, sizeof *out);
    out->eth_src = pkt->eth_src;
    out->eth_dst = pkt->eth_dst;
    if (pkt->n_vlans) {
        return false;
    }
    if (pkt->layers & PKT_IPV4 && !pkt->ipv4.frag_off_bytes && !pkt->ipv4.mf) {
        be_put32(out->ip_src.b + 12, pkt->ipv4.src);
        be_put32(out->ip_dst.b + 12, pkt->ipv4.dst);
        out->proto = pkt->ipv4.proto;
    } else if (pkt->layers & PKT_IPV6 && !pkt->ipv6.frag_off_bytes && !pkt->ipv6.mf) {
        out->ip_src = pkt->ipv6.src;
        out->ip_dst = pkt->ipv6.dst;
        out->is_ipv6 = 1;
        out->proto = pkt->ipv6.proto;
    } else {
        return false;
    }
    if (pkt->layers & PKT_PORTS) {
        out->sport = pkt->l4.src;
        out->dport = pkt->l4.dst;
    }
    return true;
}

/* True when the frame's sender is a host there and its receiver one at another switch. */
static bool enters(const struct elephants *e, dpid_t dpid, struct eth_addr src, struct eth_addr dst,
                   port_no_t port)
{
    const struct host *from = hosts_find(e->ctl, src);
    const struct host *to = hosts_find(e->ctl, dst);

    return from && to && host_dpid(from) == dpid && host_dpid(to) != dpid &&
           (port == OF_PORT_ANY || host_port(from) == port);
}

void flows_sample(struct elephants *e, const struct ctl_sample *sample)
{
    dpid_t dpid = datapath_id(sample->dp);
    struct elephant_flow key;
    struct flow *flow;

    sampler_heard(e, dpid);
    if (!enters(e, dpid, sample->pkt->eth_src, sample->pkt->eth_dst, sample->port_no) ||
        !key_of(sample->pkt, &key)) {
        return;
    }
    e->n.samples++;
    flow = flow_add(e, &key);
    if (flow) {
        flow->window_bytes += (uint64_t)sample->scale * sample->frame_bytes;
        flow->window_samples++;
    }
}

/* --- Counters --------------------------------------------------------------------------------- */

#define PAIR_IPV4 (OF_BIT(ETH_SRC) | OF_BIT(ETH_DST) | OF_BIT(IPV4_SRC) | OF_BIT(IPV4_DST))
#define PAIR_IPV6 (OF_BIT(ETH_SRC) | OF_BIT(ETH_DST) | OF_BIT(IPV6_SRC) | OF_BIT(IPV6_DST))

static bool has_all(const struct of_match *m, uint64_t fields)
{
    return (m->present & fields) == fields && !(m->masked & fields);
}

static void key_ports(const struct of_match *m, struct elephant_flow *out)
{
    if (has_all(m, OF_BIT(TCP_SRC) | OF_BIT(TCP_DST))) {
        out->sport = m->v.tcp_src;
        out->dport = m->v.tcp_dst;
    } else if (has_all(m, OF_BIT(UDP_SRC) | OF_BIT(UDP_DST))) {
        out->sport = m->v.udp_src;
        out->dport = m->v.udp_dst;
    } else if (has_all(m, OF_BIT(SCTP_SRC) | OF_BIT(SCTP_DST))) {
        out->sport = m->v.sctp_src;
        out->dport = m->v.sctp_dst;
    }
}

/* The flow of an entry: all traffic between two addresses, or one of ours. */
static bool key_of_match(const struct of_match *m, struct elephant_flow *out)
{
    memset(out, 0, sizeof *out);
    out->eth_src = m->v.eth_src;
    out->eth_dst = m->v.eth_dst;
    if (has_all(m, PAIR_IPV4)) {
        be_put32(out->ip_src.b + 12, m->v.ipv4_src);
        be_put32(out->ip_dst.b + 12, m->v.ipv4_dst);
    } else if (has_all(m, PAIR_IPV6)) {
        out->ip_src = m->v.ipv6_src;
        out->ip_dst = m->v.ipv6_dst;
        out->is_ipv6 = 1;
    } else {
        return false;
    }
    if (has_all(m, OF_BIT(IP_PROTO))) {
        out->proto = m->v.ip_proto;
        key_ports(m, out);
    }
    return true;
}

static void read_entry(struct elephants *e, dpid_t dpid, const struct of_flow_stats *stats)
{
    struct elephant_flow key;
    struct flow *flow;

    if (!flow_cookie_is_ours(stats->cookie) || stats->n_bytes == UINT64_MAX ||
        !key_of_match(&stats->match, &key) ||
        !enters(e, dpid, key.eth_src, key.eth_dst, OF_PORT_ANY)) {
        return;
    }
    flow = flow_add(e, &key);
    if (!flow) {
        return;
    }
    if (flow->has_stats && stats->n_bytes >= flow->stats_bytes) {
        flow->window_bytes += stats->n_bytes - flow->stats_bytes;
        flow->window_samples += e->settings.min_samples;
        flow->n_periods += flow->n_periods == 0; /* Two readings are a whole period apart. */
    }
    flow->has_stats = true;
    flow->stats_bytes = stats->n_bytes;
}

static void on_stats(void *aux, struct datapath *dp, const struct ask_answer *answer)
{
    struct elephants *e = aux;

    for (size_t i = 0; answer->err == ERR_OK && i < answer->msg->mp_reply.n; i++) {
        read_entry(e, datapath_id(dp), &answer->msg->mp_reply.flows[i]);
    }
}

static void ask_for(struct elephants *e, struct datapath *dp, uint16_t eth_type)
{
    struct of_msg request = {.type = OF_MULTIPART_REQUEST};
    struct of_flow_filter *filter = &request.mp_request.flow;

    request.mp_request.type = OF_MP_FLOW;
    filter->table_id = 0;
    filter->out_port = OF_PORT_ANY;
    filter->out_group = OF_GROUP_ANY;
    of_match_clear(&filter->match);
    OF_MATCH_SET(&filter->match, ETH_TYPE, eth_type, eth_type);
    (void)datapath_ask(dp, &request, on_stats, e); /* Else in the next period. */
}

void flows_ask(struct elephants *e)
{
    size_t n;
    struct datapath *const *all = datapath_all(e->ctl, &n);

    for (size_t i = 0; e->settings.flow_stats && i < n; i++) {
        if (datapath_is_ready(all[i]) && !sampler_is_heard(e, datapath_id(all[i]))) {
            ask_for(e, all[i], PKT_TYPE_IPV4);
            if (datapath_version(all[i]) != OF_VERSION_1_0) {
                ask_for(e, all[i], PKT_TYPE_IPV6);
            }
        }
    }
}

/* --- The end of a period ---------------------------------------------------------------------- */

double flow_threshold_bps(const struct flow *flow)
{
    const struct elephants *e = flow->e;
    const struct host *src = hosts_find(e->ctl, flow->key.eth_src);

    if (!src) {
        return 0;
    }
    return (double)link_costs_find(e->costs, host_dpid(src), host_port(src)).capacity_bps *
           e->settings.threshold_percent / 100;
}

bool flow_promote(struct flow *flow, bool is_told)
{
    struct elephants *e = flow->e;

    if (e->n_elephants >= e->settings.max_elephants) {
        e->n.elephants_full++;
        return false;
    }
    flow->elephant = xcalloc(1, sizeof *flow->elephant);
    flow->elephant->id = ++e->last_id;
    flow->elephant->is_told = is_told;
    e->n_elephants++;
    return true;
}

static bool becomes_elephant(const struct flow *flow)
{
    double threshold = flow_threshold_bps(flow);

    return !flow->elephant && flow->is_measurable && threshold > 0 && flow->last_bps >= threshold;
}

/* A told one of which nothing is measured stays as it was told until its entries are idle, or for a
 * minute when it has none. */
static void check_quiet(struct flow *flow)
{
    struct elephant *elephant = flow->elephant;
    double threshold = flow_threshold_bps(flow);

    if (threshold <= 0) {
        way_release(flow, &flow->e->n.released_other);
    } else if (elephant->is_told && flow->last_bps <= 0) {
        if (!elephant->has_way && ++elephant->n_quiet >= PERIODS_TOLD) {
            way_release(flow, &flow->e->n.released_ended);
        }
    } else if (flow->rate_bps >= threshold / 2) {
        elephant->n_quiet = 0;
    } else if (++elephant->n_quiet >= PERIODS_QUIET) {
        way_release(flow, &flow->e->n.released_mouse);
    }
}

static void end_window(struct flow *flow, double period_s)
{
    const struct elephant *elephant = flow->elephant;

    flow->last_bps = (double)flow->window_bytes * 8 / period_s;
    flow->is_measurable = flow->window_samples >= flow->e->settings.min_samples;
    if (flow->last_bps > flow->rate_bps) {
        flow->rate_bps = flow->last_bps;
    } else if (flow->last_bps > 0 || !elephant || !elephant->is_told) {
        flow->rate_bps = (flow->rate_bps + flow->last_bps) / 2;
    }
    flow->n_silent = flow->last_bps > 0 ? 0 : flow->n_silent + 1;
    flow->n_periods = flow->last_bps > 0 ? flow->n_periods + 1 : 0;
    flow->window_bytes = 0;
    flow->window_samples = 0;
}

static void promote_all(struct elephants *e)
{
    size_t n;
    struct flow **list = collect(e, becomes_elephant, &n);

    for (size_t i = 0; i < n; i++) {
        if (flow_promote(list[i], false)) {
            e->n.found++;
            LOG_INFO(ctl_log(e->ctl),
                     "flow %u is an elephant: " ETH_FMT " to " ETH_FMT ", %.3g bit/s",
                     list[i]->elephant->id, ETH_ARGS(list[i]->key.eth_src),
                     ETH_ARGS(list[i]->key.eth_dst), list[i]->rate_bps);
        }
    }
    free(list);
}

void flows_count(struct elephants *e)
{
    double period_s = (double)link_costs_period_ns(e->costs) / (double)NS_PER_S;
    struct hmap_node *it, *tmp;

    HMAP_FOR_EACH (it, tmp, &e->flows) {
        struct flow *flow = HMAP_ENTRY(it, struct flow, node);

        end_window(flow, period_s);
        if (flow->elephant) {
            check_quiet(flow);
        } else if (flow->n_silent >= PERIODS_KEPT) {
            flow_free(flow);
        }
    }
    promote_all(e);
}

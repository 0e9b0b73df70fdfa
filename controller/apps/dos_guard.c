/* See dos_guard.h: counting and judging; what is where: dos_guard_int.h. */
#include "controller/apps/dos_guard.h"

#include <stdlib.h>
#include <string.h>

#include "controller/apps/dos_guard_int.h"
#include "controller/base/alloc.h"
#include "controller/base/hash.h"
#include "controller/core/datapath.h"
#include "controller/core/flowdb.h"
#include "controller/core/hosts.h"
#include "controller/packet/pkt.h"

LOG_MODULE(dos_guard);

#define PERIODS_KEPT 3
#define PERIODS_EASED 3

struct dos_guard_settings dos_guard_settings_default(void)
{
    return (struct dos_guard_settings){.period_ns = NS_PER_S,
                                       .periods = 3,
                                       .from_per_s = 2000,
                                       .to_per_s = 10000,
                                       .min_samples = 8,
                                       .hold = true,
                                       .limit_pkts_s = 20,
                                       .hold_s = 60,
                                       .max_hosts = 65536,
                                       .max_held = 256};
}

struct dos_guard_counters dos_guard_counters(const void *state)
{
    return ((const struct dos_guard *)state)->n;
}

/* --- The table -------------------------------------------------------------------------------- */

struct dos_host *dos_find(const struct dos_guard *g, struct eth_addr mac)
{
    struct hmap_node *it = hmap_first_with(&g->hosts, hash_u64(eth_addr_u64(mac)));

    while (it && !eth_addr_eq(HMAP_ENTRY(it, struct dos_host, node)->mac, mac)) {
        it = hmap_next_with(it);
    }
    return it ? HMAP_ENTRY(it, struct dos_host, node) : NULL;
}

static struct dos_host *find_or_add(struct dos_guard *g, struct eth_addr mac)
{
    struct dos_host *h = dos_find(g, mac);

    if (h) {
        return h;
    }
    if (g->hosts.n >= g->settings.max_hosts) {
        g->n.hosts_full++;
        return NULL;
    }
    h = xcalloc(1, sizeof *h);
    h->mac = mac;
    hmap_insert(&g->hosts, &h->node, hash_u64(eth_addr_u64(mac)));
    return h;
}

static void forget(struct dos_guard *g, struct dos_host *h)
{
    hmap_remove(&g->hosts, &h->node);
    free(h->way[DOS_FROM].samples);
    free(h->way[DOS_TO].samples);
    free(h);
}

/* --- Counting --------------------------------------------------------------------------------- */

static uint64_t flow_mark(const struct pkt *pkt)
{
    uint64_t ports = (uint64_t)pkt->l4.src << 16 | pkt->l4.dst;

    if (pkt->layers & PKT_IPV4) {
        return hash_combine((uint64_t)pkt->ipv4.src << 32 | pkt->ipv4.dst,
                            ports << 8 | pkt->ipv4.proto);
    }
    return hash_fnv(hash_combine(ports, pkt->ipv6.proto), &pkt->ipv6.src, 2 * sizeof pkt->ipv6.src);
}

static void mark(struct dos_samples *s, uint64_t flow, uint32_t scale)
{
    size_t word = flow / 64 % DOS_WORDS;
    uint64_t bit = UINT64_C(1) << flow % 64;

    if (s->once[word] & bit) {
        s->twice[word] |= bit;
    } else {
        s->once[word] |= bit;
        s->scales += scale;
        s->n_marked++;
    }
}

static void count(struct dos_count *c, const struct pkt *pkt, uint64_t flow, uint32_t scale)
{
    struct dos_samples *s = c->samples;

    if (!s) {
        s = c->samples = xcalloc(1, sizeof *s);
    }
    s->n++;
    if (!(pkt->layers & PKT_TCP)) {
        mark(s, flow, scale);
    } else if ((pkt->l4.tcp_flags & (PKT_TCP_SYN | PKT_TCP_ACK)) == PKT_TCP_SYN) {
        s->syns += scale;
    }
}

static void on_sample(void *state, const struct ctl_sample *sample)
{
    struct dos_guard *g = state;
    const struct pkt *pkt = sample->pkt;
    const struct host *src;
    struct dos_host *from, *to = NULL;

    if (sample->kind != PKT_SFLOW_FLOW || !(pkt->layers & PKT_IP)) {
        return;
    }
    src = hosts_find(g->ctl, pkt->eth_src);
    if (!src || host_dpid(src) != datapath_id(sample->dp) || host_port(src) != sample->port_no) {
        return; /* Not where the flow begins. */
    }
    g->n.samples++;
    from = find_or_add(g, pkt->eth_src);
    to = hosts_find(g->ctl, pkt->eth_dst) ? find_or_add(g, pkt->eth_dst) : NULL;
    if (from) {
        count(&from->way[DOS_FROM], pkt, flow_mark(pkt), sample->scale);
    }
    if (to) {
        count(&to->way[DOS_TO], pkt, flow_mark(pkt), sample->scale);
    }
}

/* Counts a packet-in of 'mac' for CTL_GLANCE of them. Nearly all hosts begin few flows: they share the
 * cells of a sketch (a count-min sketch of one row: Cormode, Muthukrishnan 2005), which is small enough
 * for the cache. Who shares one that holds half of the limit is counted by himself, and takes with him
 * what it holds: too much rather than too little, in the first of several periods that would have to be
 * above the limit. Half, because cells are shared: of a lower mark many a host gets a record that only has
 * busy neighbours. */
static void count_packet_in(struct dos_guard *g, enum dos_way way, struct eth_addr mac)
{
    uint16_t *cell = &g->sketch[way][hash_u64(eth_addr_u64(mac)) % DOS_CELLS];
    struct dos_host *h = dos_find(g, mac);

    if (!h && *cell < g->heavy[way]) {
        ++*cell;
        return;
    }
    if (!h) {
        h = find_or_add(g, mac);
        if (!h) {
            return;
        }
        h->way[way].n_packet_ins = (uint32_t)*cell * CTL_GLANCE;
    }
    if (way == DOS_TO || !(h->is_held && h->is_limited)) {
        h->way[way].n_packet_ins += CTL_GLANCE;
    }
}

/* Most packet-ins are first packets of flows. */
static void glance(void *state, const struct ctl_packet *packet)
{
    struct dos_guard *g = state;

    if (packet->class != PACKET_UNICAST || !packet->src || !(packet->pkt->layers & PKT_IP)) {
        return;
    }
    g->n.packet_ins += CTL_GLANCE;
    count_packet_in(g, DOS_FROM, packet->pkt->eth_src);
    if (hosts_find(g->ctl, packet->pkt->eth_dst)) {
        count_packet_in(g, DOS_TO, packet->pkt->eth_dst);
    }
}

/* --- Judging ---------------------------------------------------------------------------------- */

static unsigned n_singles(const struct dos_samples *s)
{
    unsigned n = 0;

    for (size_t i = 0; i < DOS_WORDS; i++) {
        n += (unsigned)__builtin_popcountll(s->once[i] & ~s->twice[i]);
    }
    return n;
}

/* The new flows for which samples stand; 0 when they are too few to say. */
static double sampled(const struct dos_guard *g, const struct dos_samples *s)
{
    double scale = s->n_marked ? (double)s->scales / s->n_marked : 0;

    return s->n >= g->settings.min_samples ? (double)s->syns + n_singles(s) * scale : 0;
}

/* Ends the period of a count; true when the sketch would have done. */
static bool end_period(const struct dos_guard *g, enum dos_way way, struct dos_count *c,
                       uint32_t limit_per_s)
{
    double period_s = (double)g->settings.period_ns / (double)NS_PER_S;
    double n = c->samples ? sampled(g, c->samples) : 0;
    bool has_few = c->n_packet_ins == 0 || c->n_packet_ins < (uint32_t)g->heavy[way] * CTL_GLANCE;
    bool is_light = has_few && !(c->samples && c->samples->n);

    c->per_s = (n > c->n_packet_ins ? n : c->n_packet_ins) / period_s;
    c->n_above = c->per_s >= limit_per_s ? c->n_above + 1 : 0;
    c->n_below = c->per_s < (double)limit_per_s / 2 ? c->n_below + 1 : 0;
    c->n_packet_ins = 0;
    if (c->samples) {
        *c->samples = (struct dos_samples){.n = 0};
    }
    return is_light;
}

static void judge_sender(struct dos_guard *g, struct dos_host *h)
{
    if (h->way[DOS_FROM].n_above < g->settings.periods || h->is_held) {
        return;
    }
    h->way[DOS_FROM].n_above = 0; /* It is said again after as many periods. */
    g->n.senders++;
    if (g->settings.hold && !dos_is_allowed(g, h->mac) && g->n_held < g->settings.max_held) {
        dos_hold(g, h);
        return;
    }
    g->n.spared++;
    LOG_LIMITED(ctl_log(g->ctl), &g->limit, LOG_WARN, "host " ETH_FMT " begins %.0f flows a second",
                ETH_ARGS(h->mac), h->way[DOS_FROM].per_s);
}

static void judge_receiver(struct dos_guard *g, struct dos_host *h)
{
    if (!h->is_victim && h->way[DOS_TO].n_above >= g->settings.periods) {
        h->is_victim = true;
        g->n.victims++;
        LOG_LIMITED(ctl_log(g->ctl), &g->limit, LOG_WARN,
                    "%.0f flows a second are begun to host " ETH_FMT, h->way[DOS_TO].per_s,
                    ETH_ARGS(h->mac));
    } else if (h->is_victim && h->way[DOS_TO].n_below >= PERIODS_EASED) {
        h->is_victim = false;
        LOG_LIMITED(ctl_log(g->ctl), &g->limit, LOG_INFO,
                    "no more than %.0f flows a second are begun to host " ETH_FMT,
                    h->way[DOS_TO].per_s, ETH_ARGS(h->mac));
    }
}

static int by_mac(const void *a, const void *b)
{
    uint64_t x = eth_addr_u64((*(struct dos_host *const *)a)->mac);
    uint64_t y = eth_addr_u64((*(struct dos_host *const *)b)->mac);

    return x < y ? -1 : x > y;
}

/* All hosts, ascending; for free(). */
static struct dos_host **sorted(const struct dos_guard *g, size_t *n)
{
    struct dos_host **list = xcalloc(g->hosts.n + 1, sizeof *list);

    *n = 0;
    for (struct hmap_node *it = hmap_first(&g->hosts); it; it = hmap_next(&g->hosts, it)) {
        list[(*n)++] = HMAP_ENTRY(it, struct dos_host, node);
    }
    qsort(list, *n, sizeof *list, by_mac);
    return list;
}

static bool must_stay(const struct dos_guard *g, const struct dos_host *h)
{
    int64_t rest_ns = (int64_t)g->settings.hold_s * NS_PER_S;

    return h->is_held || h->is_victim || h->n_light < PERIODS_KEPT ||
           (h->n_times && mono_diff_ns(ctl_now(g->ctl), h->released_at) < rest_ns);
}

static void judge(struct dos_guard *g, struct dos_host *h)
{
    bool from = end_period(g, DOS_FROM, &h->way[DOS_FROM], g->settings.from_per_s);
    bool to = end_period(g, DOS_TO, &h->way[DOS_TO], g->settings.to_per_s);

    if (!from || !to) {
        h->n_light = 0;
    } else if (h->n_light < PERIODS_KEPT) {
        h->n_light++;
    }
    judge_sender(g, h);
    judge_receiver(g, h);
    if (!must_stay(g, h)) {
        forget(g, h);
    }
}

static void on_timer(void *aux, struct timer *timer)
{
    struct dos_guard *g = aux;
    size_t n;
    struct dos_host **list = sorted(g, &n);

    for (size_t i = 0; i < n; i++) {
        judge(g, list[i]);
    }
    free(list);
    memset(g->sketch, 0, sizeof g->sketch);
    timer_set(ctl_timers(g->ctl), timer, mono_add(ctl_now(g->ctl), g->settings.period_ns));
}

/* --- Views ------------------------------------------------------------------------------------ */

void dos_guard_each(const void *state, dos_guard_each_fn *fn, void *aux)
{
    size_t n;
    struct dos_host **list = sorted(state, &n);

    for (size_t i = 0; i < n; i++) {
        const struct dos_host *h = list[i];
        struct dos_guard_info info = {.mac = h->mac,
                                      .from_per_s = h->way[DOS_FROM].per_s,
                                      .to_per_s = h->way[DOS_TO].per_s,
                                      .is_held = h->is_held,
                                      .is_limited = h->is_held && h->is_limited,
                                      .is_victim = h->is_victim,
                                      .held_until = h->held_until};

        if (h->is_held || h->is_victim) {
            fn(aux, &info);
        }
    }
    free(list);
}

enum err dos_guard_release(void *state, struct eth_addr mac)
{
    struct dos_host *h = dos_find(state, mac);

    if (!h || !h->is_held) {
        return ERR_NOTFOUND;
    }
    dos_let_go(state, h);
    return ERR_OK;
}

/* --- Events ----------------------------------------------------------------------------------- */

/* Time is over, or the switch has refused or lost the entry. */
static void on_flow(void *state, const struct ctl_event *event)
{
    struct dos_guard *g = state;
    struct dos_host *h;
    struct flow_spec spec;

    flow_entry_spec(event->flow, &spec);
    h = dos_find(g, spec.match.v.eth_src);
    g->n.refused += event->type == CTL_FLOW_FAILED;
    if (h && h->is_held && h->held_at == datapath_id(event->dp)) {
        dos_let_go(g, h);
    }
}

static void on_host(void *state, const struct ctl_event *event)
{
    struct dos_guard *g = state;
    struct dos_host *h = dos_find(g, host_mac(event->host));

    if (!h || !h->is_held) {
        return;
    }
    if (event->type == CTL_HOST_GONE) {
        dos_let_go(g, h);
    } else {
        dos_follow(g, h);
    }
}

/* --- Module ----------------------------------------------------------------------------------- */

static bool settings_ok(const struct dos_guard_settings *s)
{
    return s->period_ns > 0 && s->periods >= 1 && s->from_per_s >= 1 && s->to_per_s >= 1 &&
           s->hold_s >= 1 && s->limit_pkts_s >= 1 && s->max_hosts >= 1;
}

/* Half of what makes a limit in one period, in glances. */
static uint16_t heavy(const struct dos_guard *g, uint32_t limit_per_s)
{
    double n = (double)limit_per_s * (double)g->settings.period_ns / (double)NS_PER_S;

    n /= 2 * CTL_GLANCE;
    return n < UINT16_MAX ? (uint16_t)n : UINT16_MAX;
}

static enum err start(struct ctl *ctl, uint8_t id, const void *settings, void **state)
{
    struct dos_guard *g = xcalloc(1, sizeof *g);

    g->ctl = ctl;
    g->id = id;
    g->settings =
        settings ? *(const struct dos_guard_settings *)settings : dos_guard_settings_default();
    if (!settings_ok(&g->settings)) {
        free(g);
        return ERR_RANGE;
    }
    g->limit = (struct log_limit)LOG_LIMIT_INIT(1, 20);
    g->heavy[DOS_FROM] = heavy(g, g->settings.from_per_s);
    g->heavy[DOS_TO] = heavy(g, g->settings.to_per_s);
    hmap_init(&g->hosts);
    dos_allowed_init(g);
    timer_init(&g->timer, on_timer, g);
    timer_set(ctl_timers(ctl), &g->timer, mono_add(ctl_now(ctl), g->settings.period_ns));
    *state = g;
    return ERR_OK;
}

static void stop(void *state)
{
    struct dos_guard *g = state;
    struct hmap_node *it, *tmp;

    timer_cancel(ctl_timers(g->ctl), &g->timer);
    HMAP_FOR_EACH (it, tmp, &g->hosts) {
        forget(g, HMAP_ENTRY(it, struct dos_host, node));
    }
    hmap_fini(&g->hosts);
    free(g);
}

const struct ctl_module dos_guard_module = {
    .name = "dos_guard",
    .start = start,
    .stop = stop,
    .glance = glance,
    .on = {[CTL_FLOW_REMOVED] = on_flow,
           [CTL_FLOW_FAILED] = on_flow,
           [CTL_HOST_MOVED] = on_host,
           [CTL_HOST_GONE] = on_host},
    .sample = on_sample,
};

/* See link_costs.h. A period is: ask, wait a little for the answers, tell the listeners. */
#include "controller/apps/link_costs.h"

#include <assert.h>
#include <stdlib.h>

#include "controller/base/alloc.h"
#include "controller/base/hash.h"
#include "controller/base/hmap.h"
#include "controller/core/ask.h"
#include "controller/core/ctl_api.h"
#include "controller/core/datapath.h"

/* Readings that are closer to each other say little. */
#define MIN_INTERVAL_NS (100 * NS_PER_MS)

#define PERIODS_KNOWN 3

struct port_load {
    struct hmap_node node;
    struct link_load load;
    uint64_t speed_bps; /* As sFlow says; 0: it does not. */
    bool has_base;      /* The reading that the next one is compared with. */
    enum link_load_source base_source;
    uint64_t base_tx, base_rx;
    mono_t base_at;
};

struct link_costs {
    struct ctl *ctl;
    struct link_costs_settings settings;
    struct hmap ports;
    struct timer timer;
    bool has_asked;
    struct {
        link_costs_fn *fn;
        void *aux;
    } listeners[LINK_COSTS_MAX_LISTENERS];
    size_t n_listeners;
    struct link_costs_counters n;
};

struct link_costs_settings link_costs_settings_default(void)
{
    return (struct link_costs_settings){
        .period_ns = 5 * NS_PER_S, .capacity_mbps = 1000, .port_stats = true};
}

const char *link_load_source_name(enum link_load_source source)
{
    static const char *const names[] = {"unknown", "sflow", "port_stats", "told"};

    return names[source];
}

struct link_costs_counters link_costs_counters(const void *state)
{
    return ((const struct link_costs *)state)->n;
}

int64_t link_costs_period_ns(const void *state)
{
    return ((const struct link_costs *)state)->settings.period_ns;
}

void link_costs_listen(void *state, link_costs_fn *fn, void *aux)
{
    struct link_costs *c = state;

    assert(c->n_listeners < LINK_COSTS_MAX_LISTENERS && "too many listeners");
    c->listeners[c->n_listeners].fn = fn;
    c->listeners[c->n_listeners++].aux = aux;
}

/* --- Ports ------------------------------------------------------------------------------------ */

static uint64_t hash_of(dpid_t dpid, port_no_t port_no)
{
    return hash_combine(hash_u64(dpid), port_no);
}

static struct port_load *find(const struct link_costs *c, dpid_t dpid, port_no_t port_no)
{
    struct hmap_node *it = hmap_first_with(&c->ports, hash_of(dpid, port_no));

    for (; it; it = hmap_next_with(it)) {
        struct port_load *p = HMAP_ENTRY(it, struct port_load, node);

        if (p->load.dpid == dpid && p->load.port_no == port_no) {
            return p;
        }
    }
    return NULL;
}

/* NULL when there is no room. */
static struct port_load *find_or_add(struct link_costs *c, dpid_t dpid, port_no_t port_no)
{
    struct port_load *p = find(c, dpid, port_no);

    if (p) {
        return p;
    }
    if (c->ports.n >= LINK_COSTS_MAX_PORTS) {
        c->n.full++;
        return NULL;
    }
    p = xcalloc(1, sizeof *p);
    p->load.dpid = dpid;
    p->load.port_no = port_no;
    hmap_insert(&c->ports, &p->node, hash_of(dpid, port_no));
    return p;
}

static uint64_t capacity(const struct link_costs *c, const struct dp_port *port,
                         const struct port_load *p)
{
    uint64_t bps = (uint64_t)c->settings.capacity_mbps * 1000000;
    uint64_t limit = (uint64_t)c->settings.limit_mbps * 1000000;

    if (port && port->desc.curr_speed_kbps) {
        bps = (uint64_t)port->desc.curr_speed_kbps * 1000;
    } else if (p && p->speed_bps) {
        bps = p->speed_bps;
    }
    return limit && limit < bps ? limit : bps;
}

static bool is_fresh(const struct link_costs *c, const struct port_load *p, int64_t periods)
{
    return p->load.source != LINK_LOAD_UNKNOWN &&
           mono_diff_ns(ctl_now(c->ctl), p->load.measured_at) < periods * c->settings.period_ns;
}

static struct link_load view(const struct link_costs *c, const struct port_load *p)
{
    const struct datapath *dp = datapath_find(c->ctl, p->load.dpid);
    struct link_load load = p->load;

    if (!is_fresh(c, p, PERIODS_KNOWN)) {
        load.source = LINK_LOAD_UNKNOWN;
        load.tx_bps = load.rx_bps = 0;
    }
    load.capacity_bps = capacity(c, dp ? datapath_port(dp, p->load.port_no) : NULL, p);
    return load;
}

struct link_load link_costs_find(const void *state, dpid_t dpid, port_no_t port_no)
{
    const struct link_costs *c = state;
    const struct port_load *p = find(c, dpid, port_no);
    const struct port_load nothing = {.load = {.dpid = dpid, .port_no = port_no}};

    return view(c, p ? p : &nothing);
}

static int by_port(const void *a, const void *b)
{
    const struct link_load *x = a, *y = b;

    if (x->dpid != y->dpid) {
        return x->dpid < y->dpid ? -1 : 1;
    }
    return x->port_no < y->port_no ? -1 : x->port_no > y->port_no;
}

void link_costs_each(const void *state, link_costs_each_fn *fn, void *aux)
{
    const struct link_costs *c = state;
    struct link_load *all = xcalloc(c->ports.n + 1, sizeof *all);
    size_t n = 0;

    for (struct hmap_node *it = hmap_first(&c->ports); it; it = hmap_next(&c->ports, it)) {
        struct link_load load = view(c, HMAP_ENTRY(it, struct port_load, node));

        if (load.source != LINK_LOAD_UNKNOWN) {
            all[n++] = load;
        }
    }
    qsort(all, n, sizeof *all, by_port);
    for (size_t i = 0; i < n; i++) {
        fn(aux, &all[i]);
    }
    free(all);
}

/* --- Readings --------------------------------------------------------------------------------- */

static uint64_t rate_bps(uint64_t bytes, int64_t ns)
{
    return (uint64_t)((double)bytes * 8 * (double)NS_PER_S / (double)ns);
}

/* Counters of the two sources may have begun at different times: they are not compared. */
static void read_counters(struct link_costs *c, struct port_load *p, enum link_load_source source,
                          uint64_t tx_bytes, uint64_t rx_bytes)
{
    mono_t now = ctl_now(c->ctl);
    int64_t ns = mono_diff_ns(now, p->base_at);
    bool goes_on = p->has_base && p->base_source == source;

    if (goes_on && ns < MIN_INTERVAL_NS) {
        return;
    }
    if (goes_on && (tx_bytes < p->base_tx || rx_bytes < p->base_rx)) {
        c->n.restarts++;
    } else if (goes_on) {
        p->load.source = source;
        p->load.tx_bps = rate_bps(tx_bytes - p->base_tx, ns);
        p->load.rx_bps = rate_bps(rx_bytes - p->base_rx, ns);
        p->load.measured_at = now;
    }
    p->has_base = true;
    p->base_source = source;
    p->base_tx = tx_bytes;
    p->base_rx = rx_bytes;
    p->base_at = now;
}

static void on_sample(void *state, const struct ctl_sample *sample)
{
    struct link_costs *c = state;
    struct port_load *p;

    if (sample->kind != PKT_SFLOW_COUNTERS) {
        return;
    }
    p = find_or_add(c, datapath_id(sample->dp), sample->port_no);
    if (p) {
        c->n.samples++;
        p->speed_bps = sample->counters->if_speed_bps;
        read_counters(c, p, LINK_LOAD_SFLOW, sample->counters->out_bytes,
                      sample->counters->in_bytes);
    }
}

enum err link_costs_tell(void *state, dpid_t dpid, port_no_t port_no, uint64_t tx_bps)
{
    struct link_costs *c = state;
    const struct datapath *dp = datapath_find(c->ctl, dpid);
    struct port_load *p;

    if (!dp || !datapath_port(dp, port_no)) {
        return ERR_NOTFOUND;
    }
    p = find_or_add(c, dpid, port_no);
    if (!p) {
        return ERR_FULL;
    }
    c->n.told++;
    p->load.source = LINK_LOAD_TOLD;
    p->load.tx_bps = tx_bps;
    p->load.rx_bps = 0;
    p->load.measured_at = ctl_now(c->ctl);
    return ERR_OK;
}

/* --- Asking ----------------------------------------------------------------------------------- */

/* True when the agent of the port has spoken lately. */
static bool hears_sflow(const struct link_costs *c, const struct port_load *p)
{
    return p && p->has_base && p->base_source == LINK_LOAD_SFLOW &&
           mono_diff_ns(ctl_now(c->ctl), p->base_at) < PERIODS_KNOWN * c->settings.period_ns;
}

static bool wants_asking(const struct link_costs *c, const struct datapath *dp)
{
    size_t n;
    const struct dp_port *ports = datapath_ports(dp, &n);

    for (size_t i = 0; i < n; i++) {
        if (ports[i].kind != PORT_DEAD &&
            !hears_sflow(c, find(c, datapath_id(dp), ports[i].desc.port_no))) {
            return true;
        }
    }
    return false;
}

static void on_answer(void *aux, struct datapath *dp, const struct ask_answer *answer)
{
    struct link_costs *c = aux;

    if (answer->err != ERR_OK) {
        return; /* It is asked again in the next period. */
    }
    c->n.answers++;
    for (size_t i = 0; i < answer->msg->mp_reply.n; i++) {
        const struct of_port_stats *s = &answer->msg->mp_reply.port_stats[i];
        struct port_load *p =
            datapath_port(dp, s->port_no) ? find_or_add(c, datapath_id(dp), s->port_no) : NULL;

        if (p && !hears_sflow(c, p) && s->tx_bytes != UINT64_MAX && s->rx_bytes != UINT64_MAX) {
            read_counters(c, p, LINK_LOAD_PORT_STATS, s->tx_bytes, s->rx_bytes);
        }
    }
}

static void ask(struct link_costs *c)
{
    size_t n;
    struct datapath *const *all = datapath_all(c->ctl, &n);

    for (size_t i = 0; c->settings.port_stats && i < n; i++) {
        struct of_msg request = {.type = OF_MULTIPART_REQUEST};

        request.mp_request.type = OF_MP_PORT_STATS;
        request.mp_request.port_no = OF_PORT_ANY;
        if (datapath_is_ready(all[i]) && wants_asking(c, all[i]) &&
            datapath_ask(all[i], &request, on_answer, c) == ERR_OK) {
            c->n.asked++;
        }
    }
}

static void on_timer(void *aux, struct timer *timer)
{
    struct link_costs *c = aux;
    int64_t wait_ns = c->settings.period_ns / 10;

    if (!c->has_asked) {
        ask(c);
    } else {
        c->n.periods++;
        for (size_t i = 0; i < c->n_listeners; i++) {
            c->listeners[i].fn(c->listeners[i].aux);
        }
        wait_ns = c->settings.period_ns - wait_ns;
    }
    c->has_asked = !c->has_asked;
    timer_set(ctl_timers(c->ctl), timer, mono_add(ctl_now(c->ctl), wait_ns));
}

/* --- Module ----------------------------------------------------------------------------------- */

static enum err start(struct ctl *ctl, uint8_t id, const void *settings, void **state)
{
    struct link_costs *c = xcalloc(1, sizeof *c);

    (void)id;
    c->ctl = ctl;
    c->settings =
        settings ? *(const struct link_costs_settings *)settings : link_costs_settings_default();
    if (c->settings.period_ns < 2 * MIN_INTERVAL_NS || c->settings.capacity_mbps == 0) {
        free(c);
        return ERR_RANGE;
    }
    hmap_init(&c->ports);
    timer_init(&c->timer, on_timer, c);
    timer_set(ctl_timers(ctl), &c->timer, mono_add(ctl_now(ctl), c->settings.period_ns * 9 / 10));
    *state = c;
    return ERR_OK;
}

static void stop(void *state)
{
    struct link_costs *c = state;
    struct hmap_node *it, *tmp;

    timer_cancel(ctl_timers(c->ctl), &c->timer);
    HMAP_FOR_EACH (it, tmp, &c->ports) {
        hmap_remove(&c->ports, it);
        free(HMAP_ENTRY(it, struct port_load, node));
    }
    hmap_fini(&c->ports);
    free(c);
}

const struct ctl_module link_costs_module = {
    .name = "link_costs",
    .start = start,
    .stop = stop,
    .sample = on_sample,
};

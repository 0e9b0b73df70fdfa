/* Domains, islands and gates, made anew whenever something that they depend on has changed. */
#include "controller/core/domains.h"

#include <stdlib.h>

#include "controller/base/alloc.h"
#include "controller/core/ctl_int.h"
#include "controller/core/txn.h"

LOG_MODULE(domains);

/* A port that was heard or has heard, with the index of its parent in the forest that unites them. */
struct node {
    struct port_at at;
    size_t parent;
};

struct forest {
    struct node *nodes; /* Ascending, each place once. */
    size_t n;
};

int64_t domains_life_ns(const struct ctl *ctl)
{
    const struct core_settings *s = &ctl->settings;
    int64_t period_ns =
        s->bddp_interval_ns > s->lldp_interval_ns ? s->bddp_interval_ns : s->lldp_interval_ns;

    return 3 * period_ns + period_ns / 5;
}

/* --- United ports ----------------------------------------------------------------------------- */

static int compare_place(struct port_at a, struct port_at b)
{
    if (a.dpid != b.dpid) {
        return a.dpid < b.dpid ? -1 : 1;
    }
    return (a.port > b.port) - (a.port < b.port);
}

static int compare_node(const void *a, const void *b)
{
    return compare_place(((const struct node *)a)->at, ((const struct node *)b)->at);
}

static size_t find_root(const struct forest *f, size_t i)
{
    while (f->nodes[i].parent != i) {
        i = f->nodes[i].parent;
    }
    return i;
}

static struct node *find_node(const struct forest *f, struct port_at at)
{
    struct node key = {.at = at};

    return f->n ? bsearch(&key, f->nodes, f->n, sizeof(struct node), compare_node) : NULL;
}

/* The lower root stays one. */
static void unite(struct forest *f, struct port_at a, struct port_at b)
{
    size_t i = find_root(f, (size_t)(find_node(f, a) - f->nodes));
    size_t j = find_root(f, (size_t)(find_node(f, b) - f->nodes));

    if (i < j) {
        f->nodes[j].parent = i;
    } else {
        f->nodes[i].parent = j;
    }
}

static bool may_be_in_domain(const struct dp_port *port)
{
    return port->kind == PORT_EDGE || port->kind == PORT_BACKUP || port->kind == PORT_UNSETTLED;
}

/* A port that was heard counts though it has failed since: others have heard it too. One that has
 * become a link does not. */
static bool has_heard(const struct ctl *ctl, const struct dp_port *port)
{
    const struct datapath *src = datapath_find(ctl, port->heard.dpid);
    const struct dp_port *src_port = src ? datapath_port(src, port->heard.port) : NULL;
    mono_t until = mono_add(port->heard.at, domains_life_ns(ctl));

    return port->heard.is_set && may_be_in_domain(port) && !mono_due(until, ctl->clock->now) &&
           (!src_port || src_port->kind != PORT_LINK);
}

typedef void port_fn(struct ctl *ctl, struct datapath *dp, struct dp_port *port, void *aux);

static void each_port(struct ctl *ctl, port_fn *fn, void *aux)
{
    for (size_t i = 0; i < ctl->datapaths.n; i++) {
        struct datapath *dp = ctl->datapaths.list[i];

        for (size_t p = 0; p < dp->n_ports; p++) {
            fn(ctl, dp, &dp->ports[p], aux);
        }
    }
}

static void count_heard(struct ctl *ctl, struct datapath *dp, struct dp_port *port, void *aux)
{
    (void)dp;
    port->heard.is_set = has_heard(ctl, port);
    *(size_t *)aux += port->heard.is_set;
}

static void add_nodes(struct ctl *ctl, struct datapath *dp, struct dp_port *port, void *aux)
{
    struct forest *f = aux;

    (void)ctl;
    if (port->heard.is_set) {
        f->nodes[f->n++].at = (struct port_at){dp->dpid, port->desc.port_no};
        f->nodes[f->n++].at = (struct port_at){port->heard.dpid, port->heard.port};
    }
}

static void unite_heard(struct ctl *ctl, struct datapath *dp, struct dp_port *port, void *aux)
{
    (void)ctl;
    if (port->heard.is_set) {
        unite(aux, (struct port_at){dp->dpid, port->desc.port_no},
              (struct port_at){port->heard.dpid, port->heard.port});
    }
}

static void sort_nodes(struct forest *f)
{
    size_t n = 0;

    qsort(f->nodes, f->n, sizeof(struct node), compare_node);
    for (size_t i = 0; i < f->n; i++) {
        if (n == 0 || compare_node(&f->nodes[n - 1], &f->nodes[i]) != 0) {
            f->nodes[n++] = f->nodes[i];
        }
    }
    f->n = n;
    for (size_t i = 0; i < n; i++) {
        f->nodes[i].parent = i;
    }
}

static void set_domain(struct ctl *ctl, struct datapath *dp, struct dp_port *port, void *aux)
{
    const struct forest *f = aux;
    const struct node *node = find_node(f, (struct port_at){dp->dpid, port->desc.port_no});

    (void)ctl;
    port->domain =
        node && port->kind != PORT_LINK ? (uint32_t)find_root(f, (size_t)(node - f->nodes)) + 1 : 0;
}

static void find_domains(struct ctl *ctl)
{
    struct forest f = {0};
    size_t n = 0;

    each_port(ctl, count_heard, &n);
    f.nodes = xcalloc(2 * n + 1, sizeof(struct node));
    each_port(ctl, add_nodes, &f);
    sort_nodes(&f);
    each_port(ctl, unite_heard, &f);
    each_port(ctl, set_domain, &f);
    free(f.nodes);
    ctl->domains.any = n > 0;
}

/* --- Islands ---------------------------------------------------------------------------------- */

/* Each switch takes the lowest island that it has a link to, until nothing changes. */
static void find_islands(struct ctl *ctl)
{
    bool changed = true;

    for (size_t i = 0; i < ctl->datapaths.n; i++) {
        ctl->datapaths.list[i]->island = (uint32_t)i + 1;
    }
    while (changed) {
        changed = false;
        for (size_t i = 0; i < ctl->topology.n; i++) {
            struct datapath *a = datapath_find(ctl, ctl->topology.links[i]->src_dpid);
            struct datapath *b = datapath_find(ctl, ctl->topology.links[i]->dst_dpid);

            if (a && b && a->island != b->island) {
                uint32_t island = a->island < b->island ? a->island : b->island;

                a->island = b->island = island;
                changed = true;
            }
        }
    }
}

/* --- Gates ------------------------------------------------------------------------------------ */

static const struct gate *find_gate(const struct ctl *ctl, uint32_t domain, uint32_t island)
{
    const struct domains *d = &ctl->domains;

    for (size_t i = 0; i < d->n; i++) {
        if (d->gates[i].domain == domain && d->gates[i].island == island) {
            return &d->gates[i];
        }
    }
    return NULL;
}

static const struct gate *find_root_gate(const struct ctl *ctl, uint32_t domain)
{
    const struct domains *d = &ctl->domains;

    for (size_t i = 0; i < d->n; i++) {
        if (d->gates[i].domain == domain) {
            return &d->gates[i];
        }
    }
    return NULL;
}

static void add_gate(struct domains *d, const struct gate *gate)
{
    if (d->n == d->cap) {
        d->cap = d->cap ? 2 * d->cap : 8;
        d->gates = xreallocarray(d->gates, d->cap, sizeof(struct gate));
    }
    d->gates[d->n++] = *gate;
}

static void choose_gate(struct ctl *ctl, struct datapath *dp, struct dp_port *port, void *aux)
{
    (void)aux;
    if (dp->ready && port->domain && (port->kind == PORT_EDGE || port->kind == PORT_BACKUP) &&
        !find_gate(ctl, port->domain, dp->island)) {
        add_gate(&ctl->domains,
                 &(struct gate){dp->island, port->domain, {dp->dpid, port->desc.port_no}});
    }
}

/* --- What follows for ports ------------------------------------------------------------------- */

static void want_shut(struct txn *txn, dpid_t dpid, port_no_t port_no)
{
    struct of_action to_controller = of_output(OF_PORT_CONTROLLER);
    struct flow_spec spec = {.cookie = flow_cookie(CORE_MODULE_ID, 0),
                             .importance = FLOW_IMPORTANCE_CORE};

    OF_MATCH_SET(&spec.match, IN_PORT, in_port, port_no);
    spec.priority = DOMAINS_DROP_PRIORITY;
    txn_add(txn, 0, dpid, &spec);
    spec.priority = DOMAINS_PROBE_PRIORITY;
    spec.ins = of_apply(&to_controller, 1);
    OF_MATCH_SET(&spec.match, ETH_TYPE, eth_type, PKT_TYPE_BDDP);
    txn_add(txn, 0, dpid, &spec);
    OF_MATCH_SET(&spec.match, ETH_TYPE, eth_type, PKT_TYPE_LLDP);
    txn_add(txn, 0, dpid, &spec);
}

static void want_open(struct txn *txn, dpid_t dpid, port_no_t port_no)
{
    struct of_match match = {0};

    OF_MATCH_SET(&match, IN_PORT, in_port, port_no);
    txn_remove(txn, 0, dpid, 0, DOMAINS_DROP_PRIORITY, &match);
    OF_MATCH_SET(&match, ETH_TYPE, eth_type, PKT_TYPE_BDDP);
    txn_remove(txn, 0, dpid, 0, DOMAINS_PROBE_PRIORITY, &match);
    OF_MATCH_SET(&match, ETH_TYPE, eth_type, PKT_TYPE_LLDP);
    txn_remove(txn, 0, dpid, 0, DOMAINS_PROBE_PRIORITY, &match);
}

/* The switch keeps out of a backup port what could find entries. */
static void shut(struct ctl *ctl, struct datapath *dp, struct dp_port *port, void *aux)
{
    bool is_backup = port->kind == PORT_BACKUP;
    struct txn *txn;

    (void)aux;
    if (port->is_shut == is_backup) {
        return;
    }
    port->is_shut = is_backup;
    txn = txn_begin(ctl);
    if (is_backup) {
        want_shut(txn, dp->dpid, port->desc.port_no);
    } else {
        want_open(txn, dp->dpid, port->desc.port_no);
    }
    txn_commit(txn, NULL, NULL);
}

static void set_kind(struct ctl *ctl, struct datapath *dp, struct dp_port *port, void *aux)
{
    const struct gate *gate = port->domain ? find_gate(ctl, port->domain, dp->island) : NULL;
    struct port_at at = {dp->dpid, port->desc.port_no};
    bool is_backup = gate && compare_place(gate->at, at) != 0;

    (void)aux;
    if (!dp->ready || (port->kind != PORT_EDGE && port->kind != PORT_BACKUP) ||
        is_backup == (port->kind == PORT_BACKUP)) {
        return;
    }
    port->kind = is_backup ? PORT_BACKUP : PORT_EDGE;
    LOG_LIMITED(ctl->log, &ctl->link_limit, LOG_INFO, "port " DPID_FMT ":%u is %s",
                DPID_ARGS(at.dpid), at.port,
                is_backup ? "a backup port: a lower one leads into the same legacy network"
                          : "in use again");
    if (is_backup) {
        events_post(ctl,
                    &(struct ctl_event){.type = CTL_PORT_BACKUP, .dp = dp, .port_no = at.port});
    }
}

/* The hosts that are known at another port of the domain, which has been the gate, go on to the one
 * that is. */
static void follow(struct ctl *ctl, struct datapath *dp, struct dp_port *port, void *aux)
{
    const struct gate *gate = port->domain ? find_gate(ctl, port->domain, dp->island) : NULL;
    struct port_at at = {dp->dpid, port->desc.port_no};

    (void)aux;
    if (gate && compare_place(gate->at, at) != 0) {
        hosts_follow(ctl, at, gate->at);
    }
}

static void update(void *aux, struct timer *timer)
{
    struct ctl *ctl = aux;

    find_domains(ctl);
    find_islands(ctl);
    ctl->domains.n = 0;
    each_port(ctl, choose_gate, NULL);
    each_port(ctl, set_kind, NULL);
    each_port(ctl, shut, NULL);
    each_port(ctl, follow, NULL);
    if (ctl->domains.any) {
        timer_set(&ctl->timers, timer, mono_add(ctl->clock->now, domains_life_ns(ctl) / 4));
    }
}

void domains_changed(struct ctl *ctl)
{
    if (ctl->domains.any) {
        timer_set(&ctl->timers, &ctl->domains.timer, ctl->clock->now);
    }
}

void domains_init(struct ctl *ctl)
{
    timer_init(&ctl->domains.timer, update, ctl);
}

void domains_fini(struct ctl *ctl)
{
    free(ctl->domains.gates);
}

/* --- Looking up ------------------------------------------------------------------------------- */

static uint32_t domain_at(const struct ctl *ctl, struct port_at at)
{
    const struct datapath *dp = datapath_find(ctl, at.dpid);
    const struct dp_port *port = dp ? datapath_port(dp, at.port) : NULL;

    return port ? port->domain : 0;
}

static uint32_t island_of(const struct ctl *ctl, dpid_t dpid)
{
    const struct datapath *dp = datapath_find(ctl, dpid);

    return dp ? dp->island : 0;
}

static struct port_at place_of(const struct host *host)
{
    return (struct port_at){host_dpid(host), host_port(host)};
}

/* The gate of 'island' into the first domain that 'to' has a gate into as well; or NULL. */
static const struct gate *find_common(const struct ctl *ctl, uint32_t island, uint32_t to)
{
    const struct domains *d = &ctl->domains;

    for (size_t i = 0; i < d->n; i++) {
        if (d->gates[i].island == island && find_gate(ctl, d->gates[i].domain, to)) {
            return &d->gates[i];
        }
    }
    return NULL;
}

struct port_at domains_place(const struct ctl *ctl, const struct host *host, dpid_t from)
{
    struct port_at at = place_of(host);
    uint32_t domain, here, there;
    const struct gate *gate;

    if (ctl->domains.n == 0) {
        return at;
    }
    domain = domain_at(ctl, at);
    here = island_of(ctl, from);
    there = island_of(ctl, at.dpid);
    if (here == there) {
        return at;
    }
    gate = domain ? find_gate(ctl, domain, here) : NULL;
    gate = gate ? gate : find_common(ctl, here, there);
    return gate ? gate->at : at;
}

bool domains_joined(const struct ctl *ctl, struct port_at a, struct port_at b)
{
    uint32_t domain = domain_at(ctl, a);

    return domain && domain == domain_at(ctl, b);
}

bool domains_emits(const struct ctl *ctl, struct port_at to, struct port_at from)
{
    uint32_t domain = ctl->domains.n ? domain_at(ctl, to) : 0;
    const struct gate *gate;

    if (!domain) {
        return true;
    }
    gate = find_gate(ctl, domain, island_of(ctl, from.dpid));
    gate = gate ? gate : find_root_gate(ctl, domain);
    return domain_at(ctl, from) != domain && gate && compare_place(gate->at, to) == 0;
}

bool domains_is_home(const struct ctl *ctl, const struct host *host, dpid_t dpid, port_no_t port)
{
    struct port_at at = place_of(host), heard = {dpid, port};

    return compare_place(at, heard) == 0 || (ctl->domains.n && domains_joined(ctl, at, heard));
}

bool domains_is_crossing(const struct ctl *ctl, const struct host *host, dpid_t dpid,
                         port_no_t port)
{
    return ctl->domains.n && domain_at(ctl, (struct port_at){dpid, port}) &&
           island_of(ctl, dpid) != island_of(ctl, host_dpid(host)) &&
           claims_place_lives(ctl, host->at);
}

/* Frames for everybody at a gate: at the root only, and no echoes. */
static bool accept_all(const struct datapath *dp, const struct dp_port *port, const struct pkt *pkt)
{
    struct port_at at = {dp->dpid, port->desc.port_no};
    const struct gate *root = find_root_gate(dp->ctl, port->domain);
    const struct host *host = hosts_find(dp->ctl, pkt->eth_src);

    if (!root || compare_place(root->at, at) != 0) {
        return false;
    }
    return !host || !domains_is_crossing(dp->ctl, host, at.dpid, at.port);
}

bool domains_accept(const struct datapath *dp, const struct dp_port *port, const struct pkt *pkt)
{
    if (!port || (port->kind != PORT_BACKUP && !port->domain)) {
        return true;
    }
    if (port->kind == PORT_BACKUP || eth_addr_eq(pkt->eth_src, HOSTS_PROBE_MAC)) {
        return false;
    }
    return port->kind != PORT_EDGE || !eth_addr_is_multicast(pkt->eth_dst) ||
           accept_all(dp, port, pkt);
}

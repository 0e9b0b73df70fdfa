/* Flows of forwarding: their match, and how those whose way is gone are found and removed. */
#include "controller/apps/forward.h"

#include <stdlib.h>

#include "controller/base/alloc.h"
#include "controller/base/hash.h"
#include "controller/core/datapath.h"
#include "controller/core/hosts.h"
#include "controller/core/txn.h"

void forward_match(const struct pkt *pkt, struct of_match *out)
{
    of_match_clear(out);
    OF_MATCH_SET(out, ETH_SRC, eth_src, pkt->eth_src);
    OF_MATCH_SET(out, ETH_DST, eth_dst, pkt->eth_dst);
    if (pkt->eth_type != PKT_TYPE_NONE) {
        OF_MATCH_SET(out, ETH_TYPE, eth_type, pkt->eth_type);
    }
    if (pkt_has(pkt, PKT_IPV4)) {
        OF_MATCH_SET(out, IPV4_SRC, ipv4_src, pkt->ipv4.src);
        OF_MATCH_SET(out, IPV4_DST, ipv4_dst, pkt->ipv4.dst);
    } else if (pkt_has(pkt, PKT_IPV6)) {
        OF_MATCH_SET(out, IPV6_SRC, ipv6_src, pkt->ipv6.src);
        OF_MATCH_SET(out, IPV6_DST, ipv6_dst, pkt->ipv6.dst);
    }
}

struct of_match forward_match_for(const struct forwarding *f, dpid_t dpid,
                                  const struct of_match *match)
{
    const struct datapath *dp = datapath_find(f->ctl, dpid);
    struct of_match out = *match;

    if (dp && datapath_version(dp) == OF_VERSION_1_0) {
        out.present &= ~(OF_BIT(IPV6_SRC) | OF_BIT(IPV6_DST));
    }
    return out;
}

void forward_remove(struct forwarding *f, const struct of_match *match)
{
    struct txn *txn = txn_begin(f->ctl);
    size_t n;
    struct datapath *const *dps = datapath_all(f->ctl, &n);

    for (size_t i = 0; i < n; i++) {
        struct of_match m = forward_match_for(f, datapath_id(dps[i]), match);

        txn_remove(txn, 0, datapath_id(dps[i]), 0, FORWARDING_PRIORITY, &m);
    }
    txn_commit(txn, NULL, NULL);
    f->n.flows_removed++;
}

/* --- Finding flows ---------------------------------------------------------------------------- */

struct search;
typedef bool search_fn(const struct search *search, dpid_t dpid, const struct flow_spec *spec);

struct search {
    struct forwarding *f;
    search_fn *wanted;
    port_no_t port;          /* sends_to_port() */
    const struct host *host; /* is_for_host(), leads_astray() */
    struct of_match *found;
    size_t n, cap;
};

static void search_entry(void *aux, const struct flow_entry *entry)
{
    struct search *search = aux;
    struct flow_spec spec;

    flow_entry_spec(entry, &spec);
    if (flow_entry_state(entry) == FLOW_DELETING ||
        !search->wanted(search, flow_entry_dpid(entry), &spec)) {
        return;
    }
    if (search->n == search->cap) {
        search->cap = search->cap ? 2 * search->cap : 8;
        search->found = xreallocarray(search->found, search->cap, sizeof(*search->found));
    }
    search->found[search->n++] = spec.match;
}

static void search_switch(struct search *search, dpid_t dpid)
{
    flowdb_each(search->f->ctl, dpid, search->f->id, search_entry, search);
}

static void remove_found(struct search *search)
{
    for (size_t i = 0; i < search->n; i++) {
        forward_remove(search->f, &search->found[i]);
    }
    free(search->found);
}

/* --- What is looked for ----------------------------------------------------------------------- */

static bool sends_to(const struct flow_spec *spec, port_no_t port)
{
    for (size_t i = 0; i < spec->ins.apply.n; i++) {
        const struct of_action *action = &spec->ins.apply.list[i];

        if (action->type == OF_ACT_OUTPUT && action->output.port == port) {
            return true;
        }
    }
    return false;
}

static bool sends_to_port(const struct search *search, dpid_t dpid, const struct flow_spec *spec)
{
    (void)dpid;
    return sends_to(spec, search->port);
}

static bool is_for_host(const struct search *search, dpid_t dpid, const struct flow_spec *spec)
{
    (void)dpid;
    return eth_addr_eq(spec->match.v.eth_dst, host_mac(search->host));
}

/* For the host, but out at a port where no other switch and not the host is. */
static bool leads_astray(const struct search *search, dpid_t dpid, const struct flow_spec *spec)
{
    size_t n;
    const struct dp_port *ports = datapath_ports(datapath_find(search->f->ctl, dpid), &n);
    bool is_home = dpid == host_dpid(search->host);

    for (size_t i = 0; is_for_host(search, dpid, spec) && i < n; i++) {
        if (ports[i].kind != PORT_LINK && sends_to(spec, ports[i].desc.port_no)) {
            return !is_home || ports[i].desc.port_no != host_port(search->host);
        }
    }
    return false;
}

void forward_port_lost(struct forwarding *f, dpid_t dpid, port_no_t port)
{
    struct search search = {.f = f, .wanted = sends_to_port, .port = port};

    search_switch(&search, dpid);
    remove_found(&search);
}

/* The switch where the host was has an entry of each of its flows. */
void forward_host_moved(struct forwarding *f, const struct host *host, dpid_t old_dpid)
{
    struct search search = {.f = f, .wanted = is_for_host, .host = host};

    search_switch(&search, old_dpid);
    remove_found(&search);
}

/* --- Flows of an earlier controller ----------------------------------------------------------- */

/* A host that flows which were found lead to, and that has not been heard yet: where they lead may
 * be where it was. */
struct unchecked {
    struct hmap_node node;
    struct eth_addr host;
};

static struct unchecked *unchecked_find(const struct forwarding *f, struct eth_addr host)
{
    struct hmap_node *it = hmap_first_with(&f->unchecked, hash_u64(eth_addr_u64(host)));

    while (it && !eth_addr_eq(HMAP_ENTRY(it, struct unchecked, node)->host, host)) {
        it = hmap_next_with(it);
    }
    return it ? HMAP_ENTRY(it, struct unchecked, node) : NULL;
}

static void unchecked_add(struct forwarding *f, struct eth_addr host)
{
    struct unchecked *u;

    if (!unchecked_find(f, host)) {
        u = xcalloc(1, sizeof(*u));
        u->host = host;
        hmap_insert(&f->unchecked, &u->node, hash_u64(eth_addr_u64(host)));
    }
}

static void unchecked_remove(struct forwarding *f, struct unchecked *u)
{
    hmap_remove(&f->unchecked, &u->node);
    free(u);
}

void forward_adopt(struct forwarding *f, dpid_t dpid, const struct flow_entry *flow)
{
    struct search search = {.f = f};
    struct flow_spec spec;

    flow_entry_spec(flow, &spec);
    search.host = hosts_find(f->ctl, spec.match.v.eth_dst);
    if (!search.host) {
        unchecked_add(f, spec.match.v.eth_dst);
    } else if (leads_astray(&search, dpid, &spec)) {
        forward_remove(f, &spec.match);
    }
}

void forward_host_added(struct forwarding *f, const struct host *host)
{
    struct search search = {.f = f, .wanted = leads_astray, .host = host};
    struct unchecked *u = unchecked_find(f, host_mac(host));
    size_t n;
    struct datapath *const *dps = datapath_all(f->ctl, &n);

    if (!u) {
        return;
    }
    unchecked_remove(f, u);
    for (size_t i = 0; i < n; i++) {
        search_switch(&search, datapath_id(dps[i]));
    }
    remove_found(&search);
}

void forward_flows_init(struct forwarding *f)
{
    hmap_init(&f->unchecked);
}

void forward_flows_fini(struct forwarding *f)
{
    struct hmap_node *it, *tmp;

    HMAP_FOR_EACH (it, tmp, &f->unchecked) {
        unchecked_remove(f, HMAP_ENTRY(it, struct unchecked, node));
    }
    hmap_fini(&f->unchecked);
}

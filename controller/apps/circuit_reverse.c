/* Reverse entries of circuits: at a host's switch, from its IP address to its Ethernet address. */
#include "controller/apps/circuit.h"

#include "controller/core/datapath.h"
#include "controller/core/hosts.h"

/* 'ip' has moved to a host elsewhere. */
static void remove_others(struct circuit *c, struct txn *txn, dpid_t but, uint32_t ip)
{
    struct hmap_node *it, *tmp;
    struct circuit_spec spec;

    HMAP_FOR_EACH (it, tmp, &c->accesses) {
        const struct circuit_branch *down = &HMAP_ENTRY(it, struct circuit_access, node)->down;

        circuit_spec_reverse(c, down->dest, down->id, ip, (struct eth_addr){{0}}, OF_PORT_ANY,
                             &spec);
        if (down->dest != but && circuit_find(c, down->dest, &spec)) {
            circuit_remove(txn, 0, down->dest, &spec);
        }
    }
}

void circuit_reverse_want(struct circuit *c, const struct host *host)
{
    dpid_t dpid = host_dpid(host);
    const struct circuit_access *a = circuit_access_find(c, dpid);
    struct eth_addr mac = host_mac(host);
    size_t n;
    const uint32_t *ips = host_ipv4(host, &n);
    struct circuit_spec spec;
    struct txn *txn;

    if (!c->active || !a || a->down.id == LABEL_NONE) {
        return;
    }
    txn = txn_begin(c->ctl);
    for (size_t i = 0; i < n; i++) {
        circuit_spec_reverse(c, dpid, a->down.id, ips[i], mac, host_port(host), &spec);
        txn_add(txn, 0, dpid, &spec.flow);
        remove_others(c, txn, dpid, ips[i]);
    }
    txn_commit(txn, NULL, NULL);
    if (n == HOST_MAX_IPS) { /* One of its addresses may have given way. */
        circuit_reverse_clean(c, dpid, &mac);
    }
}

/* True when 'host' has 'ip', or none because it was restored after a restart. */
static bool may_have(const struct host *host, uint32_t ip)
{
    size_t n;
    const uint32_t *ips = host_ipv4(host, &n);
    bool found = n == 0;

    for (size_t i = 0; i < n; i++) {
        found = found || ips[i] == ip;
    }
    return found;
}

bool circuit_reverse_is_right(const struct circuit *c, dpid_t dpid, const struct flow_spec *spec)
{
    const struct host *host = hosts_find(c->ctl, circuit_spec_mac(spec));
    const struct host *owner = hosts_find_ipv4(c->ctl, spec->match.v.ipv4_dst);

    return c->active && host && (!owner || owner == host) && host_dpid(host) == dpid &&
           host_port(host) == circuit_spec_port(spec) &&
           may_have(host, spec->match.v.ipv4_dst) &&
           circuit_cookie_id(spec->cookie) == labels_find(&c->ids, dpid);
}

struct cleaning {
    struct circuit *c;
    dpid_t dpid;
    const struct eth_addr *mac;
    struct txn *txn;
};

/* Transactions copy what they are given and do nothing before they are committed. */
static void clean_one(void *aux, const struct flow_entry *entry)
{
    const struct cleaning *cl = aux;
    struct flow_spec spec;

    if (circuit_cookie_kind(flow_entry_cookie(entry)) != CIRCUIT_REVERSE ||
        flow_entry_state(entry) == FLOW_DELETING) {
        return;
    }
    flow_entry_spec(entry, &spec);
    if ((!cl->mac || eth_addr_eq(circuit_spec_mac(&spec), *cl->mac)) &&
        !circuit_reverse_is_right(cl->c, cl->dpid, &spec)) {
        txn_remove(cl->txn, 0, cl->dpid, spec.table_id, spec.priority, &spec.match);
    }
}

void circuit_reverse_clean(struct circuit *c, dpid_t dpid, const struct eth_addr *mac)
{
    struct cleaning cl = {.c = c, .dpid = dpid, .mac = mac, .txn = txn_begin(c->ctl)};

    flowdb_each(c->ctl, dpid, c->id, clean_one, &cl);
    txn_commit(cl.txn, NULL, NULL);
}

static void want_one(void *aux, const struct host *host)
{
    circuit_reverse_want(aux, host);
}

void circuit_reverse_all(struct circuit *c)
{
    size_t n;
    struct datapath *const *dps = datapath_all(c->ctl, &n);

    if (c->active) {
        hosts_each(c->ctl, want_one, c);
        return;
    }
    for (size_t i = 0; i < n && (c->n_roots == 0 || !circuit_is_adopting(c)); i++) {
        circuit_reverse_clean(c, datapath_id(dps[i]), NULL);
    }
}

/* Ports with members of logical networks, and their entries. */
#include <stdlib.h>

#include "controller/apps/networks.h"
#include "controller/base/alloc.h"
#include "controller/base/hash.h"
#include "controller/core/txn.h"

static uint64_t hash_port(dpid_t dpid, port_no_t port)
{
    return hash_combine(hash_u64(dpid), port);
}

struct net_port_hosts *port_hosts_find(const struct networks *l, dpid_t dpid, port_no_t port)
{
    struct hmap_node *node = hmap_first_with(&l->ports, hash_port(dpid, port));

    for (; node; node = hmap_next_with(node)) {
        struct net_port_hosts *p = HMAP_ENTRY(node, struct net_port_hosts, node);

        if (p->dpid == dpid && p->port == port) {
            return p;
        }
    }
    return NULL;
}

/* What the entry of the port should say: false when it should have none. */
static bool wanted_cookie(const struct net_port_hosts *p, uint16_t *cookie)
{
    bool wanted = false, first = true;
    struct list *it, *next;

    *cookie = 0;
    LIST_FOR_EACH (it, next, &p->members) {
        const struct member *m = LIST_ENTRY(it, struct member, at_port);
        uint16_t id = m->n == 1 ? m->ids[0] : 0;

        wanted = wanted || id != NETWORK_DEFAULT;
        *cookie = first || *cookie == id ? id : 0;
        first = false;
    }
    return wanted;
}

static void write_port_entry(struct networks *l, const struct net_port_hosts *p)
{
    struct of_action to_controller = of_output(OF_PORT_CONTROLLER);
    struct flow_spec spec = {
        .priority = PRIORITY_NETWORK_MISS,
        .cookie = flow_cookie(l->id, p->cookie),
        .importance = FLOW_IMPORTANCE_SERVICE,
        .ins = of_apply(&to_controller, 1),
    };
    struct txn *txn = txn_begin(l->ctl);

    OF_MATCH_SET(&spec.match, IN_PORT, in_port, p->port);
    if (p->has_entry) {
        txn_add(txn, 0, p->dpid, &spec);
    } else {
        txn_remove(txn, 0, p->dpid, 0, PRIORITY_NETWORK_MISS, &spec.match);
    }
    l->n_changing++;
    txn_commit(txn, networks_change_done, l);
}

void port_sync(struct networks *l, struct net_port_hosts *p)
{
    uint16_t cookie;
    bool wanted = wanted_cookie(p, &cookie);

    if (wanted != p->has_entry || (wanted && cookie != p->cookie)) {
        p->has_entry = wanted;
        p->cookie = cookie;
        write_port_entry(l, p);
    }
}

void port_entry_lost(struct networks *l, dpid_t dpid, port_no_t port)
{
    const struct net_port_hosts *p = port_hosts_find(l, dpid, port);

    if (p && p->has_entry) {
        write_port_entry(l, p);
    }
}

struct net_port_hosts *port_get(struct networks *l, dpid_t dpid, port_no_t port)
{
    struct net_port_hosts *p = port_hosts_find(l, dpid, port);

    if (!p) {
        p = xcalloc(1, sizeof *p);
        p->dpid = dpid;
        p->port = port;
        list_init(&p->members);
        hmap_insert(&l->ports, &p->node, hash_port(dpid, port));
    }
    return p;
}

void port_leave(struct networks *l, struct net_port_hosts *p)
{
    port_sync(l, p);
    if (list_is_empty(&p->members)) {
        hmap_remove(&l->ports, &p->node);
        free(p);
    }
}

/* Entries of circuits that an earlier controller has left.
 *
 * Those of roots that are still registered are asked for again, and tell where hosts live; at the end
 * of a time in which the network is found again what is not wanted is taken away. Others are taken away
 * at once: nobody would repair them. */
#include "controller/apps/circuit.h"

#include "controller/core/ctl_api.h"
#include "controller/core/datapath.h"
#include "controller/core/hosts.h"

LOG_MODULE(circuit_tree);

/* 'dpid' is seen to have the cluster id 'id'. */
static void adopt_id(struct circuit *c, dpid_t dpid, uint16_t id)
{
    enum err stored;

    labels_adopt(&c->ids, dpid, id, &stored);
    circuit_access_get(c, dpid)->down.id = labels_find(&c->ids, dpid);
    if (stored) {
        LOG_LIMITED(ctl_log(c->ctl), &c->limit, LOG_ERROR,
                    "cluster id of switch " DPID_FMT " is not stored: %s", DPID_ARGS(dpid),
                    err_text(stored));
    }
}

/* The port at which 'spec' of 'dpid' sends leads to another switch, or to a host. */
static void adopt_port(struct circuit *c, dpid_t dpid, const struct flow_spec *spec)
{
    struct datapath *dp = datapath_find(c->ctl, dpid);
    port_no_t port = circuit_spec_port(spec);

    switch (circuit_cookie_kind(spec->cookie)) {
    case CIRCUIT_UP:
    case CIRCUIT_DOWN:
        if (dp) {
            datapath_expect_link(dp, port);
            datapath_expect_link(dp, circuit_spec_way(spec).alt);
        }
        return;
    case CIRCUIT_ROOT:
        hosts_restore(c->ctl, spec->match.v.eth_dst, dpid, port);
        return;
    case CIRCUIT_REVERSE:
        hosts_restore(c->ctl, circuit_spec_mac(spec), dpid, port);
        return;
    case CIRCUIT_OWN:
        adopt_id(c, dpid, circuit_cookie_id(spec->cookie));
        return;
    }
}

static bool is_of_a_root(const struct circuit *c, const struct flow_spec *spec)
{
    enum circuit_kind kind = circuit_cookie_kind(spec->cookie);

    return kind == CIRCUIT_UP || kind == CIRCUIT_ROOT
               ? circuit_root_has_mac(c, spec->match.v.eth_dst)
               : c->n_roots > 0;
}

void circuit_adopt(struct circuit *c, dpid_t dpid, const struct flow_entry *flow)
{
    struct txn *txn = txn_begin(c->ctl);
    struct flow_spec spec;

    c->has_hops = true;
    circuit_watch(c);
    flow_entry_spec(flow, &spec);
    if (is_of_a_root(c, &spec)) {
        timer_set(ctl_timers(c->ctl), &c->hold,
                  mono_add(ctl_now(c->ctl), c->settings.adopt_hold_ns));
        adopt_port(c, dpid, &spec);
        c->n.adopted++;
        failover_add(c->failover, txn, 0, dpid, circuit_spec_way(&spec));
        txn_add(txn, 0, dpid, &spec);
    } else {
        txn_remove(txn, 0, dpid, spec.table_id, spec.priority, &spec.match);
    }
    txn_commit(txn, NULL, NULL);
}

bool circuit_is_adopting(const struct circuit *c)
{
    return timer_is_set(&c->hold);
}

/* --- What is not wanted ----------------------------------------------------------------------- */

static bool hop_is_right(const struct circuit_branch *b, dpid_t dpid)
{
    return b->wanted && (!b->complete || circuit_branch_hop(b, dpid));
}

static bool is_right(const struct circuit *c, dpid_t dpid, const struct flow_spec *spec)
{
    const struct circuit_access *a;
    const struct circuit_up *up;
    dpid_t owner;

    switch (circuit_cookie_kind(spec->cookie)) {
    case CIRCUIT_REVERSE:
        return circuit_reverse_is_right(c, dpid, spec);
    case CIRCUIT_OWN:
    case CIRCUIT_DOWN:
        a = labels_owner(&c->ids, circuit_cookie_id(spec->cookie), &owner)
                ? circuit_access_find(c, owner)
                : NULL;
        return a && hop_is_right(&a->down, dpid);
    case CIRCUIT_UP:
    case CIRCUIT_ROOT:
        up = circuit_up_find(c, spec->match.v.eth_dst);
        return up && hop_is_right(&up->branch, dpid);
    }
    return false;
}

struct cleaning {
    struct circuit *c;
    dpid_t dpid;
    struct txn *txn;
};

static void clean_one(void *aux, const struct flow_entry *entry)
{
    const struct cleaning *cl = aux;
    struct flow_spec spec;

    flow_entry_spec(entry, &spec);
    if (flow_entry_state(entry) != FLOW_DELETING && !is_right(cl->c, cl->dpid, &spec)) {
        txn_remove(cl->txn, 0, cl->dpid, spec.table_id, spec.priority, &spec.match);
    }
}

static void hold_over(void *aux, struct timer *timer)
{
    struct circuit *c = aux;
    size_t n;
    struct datapath *const *dps = datapath_all(c->ctl, &n);

    (void)timer;
    for (size_t i = 0; i < n; i++) {
        struct cleaning cl = {.c = c, .dpid = datapath_id(dps[i]), .txn = txn_begin(c->ctl)};

        flowdb_each(c->ctl, cl.dpid, c->id, clean_one, &cl);
        txn_commit(cl.txn, NULL, NULL);
    }
    circuit_all_dirty(c);
    circuit_repair_soon(c);
}

void circuit_adopt_init(struct circuit *c)
{
    timer_init(&c->hold, hold_over, c);
}

void circuit_adopt_fini(struct circuit *c)
{
    timer_cancel(ctl_timers(c->ctl), &c->hold);
}

/* By what a state is known again: tables without counters, what waits in queues, what the core says of
 * itself, and what it has heard on each channel. */
#include "controller/base/hash.h"
#include "controller/core/datapath.h"
#include "controller/core/flowdb.h"
#include "controller/core/hosts.h"
#include "controller/openflow/of_codec.h"
#include "simnet/check/visit.h"

/* --- Switches --------------------------------------------------------------------------------- */

static uint64_t entry_hash(const struct table *table, uint32_t entry, mono_t now)
{
    struct table_entry e = table_entry(table, entry);
    mono_t deadline = table_entry_deadline(table, entry);
    struct of_match match;
    uint64_t h;

    table_entry_match(table, entry, &match);
    h = hash_combine(of_match_hash(&match), e.priority);
    h = hash_combine(h, e.cookie);
    h = hash_combine(h, (uint64_t)e.idle_timeout_s << 16 | e.hard_timeout_s);
    h = hash_combine(h, (uint64_t)(uintptr_t)e.program->node.hash);
    return hash_combine(h, mono_before(deadline, MONO_NEVER) ? (uint64_t)mono_diff_ns(deadline, now)
                                                             : UINT64_MAX);
}

/* Entries have no order. */
static uint64_t table_hash(const struct table *table, mono_t now)
{
    uint64_t sum = 0;

    for (uint32_t e = table_first(table); e != TABLE_NONE; e = table_next(table, e)) {
        sum += hash_u64(entry_hash(table, e, now));
    }
    return sum;
}

static uint64_t switch_hash(const struct check_switch *s)
{
    uint64_t h = hash_combine(queue_hash(&s->to_switch, 4, 4), queue_hash(&s->to_core, 4, 4));

    h = hash_combine(h, queue_hash(&s->held, 4, 4));
    h = hash_combine(h, s->groups);
    h = hash_combine(h, s->heard);
    for (uint32_t p = 1; p <= s->n_ports; p++) {
        h = hash_combine(h, queue_hash(&s->ends[p].in, 0, 0));
        h = hash_combine(h, wire_is_up(s->ends[p].wire));
    }
    return hash_combine(h, table_hash(swtch_table(s->sw, 0), sim_now(s->net->sim)));
}

/* --- The core --------------------------------------------------------------------------------- */

static void add_flow(void *aux, const struct flow_entry *entry)
{
    uint64_t *sum = aux, h;
    struct flow_spec spec;

    flow_entry_spec(entry, &spec);
    h = hash_combine(of_match_hash(&spec.match), spec.priority);
    h = hash_combine(h, flow_entry_cookie(entry));
    h = hash_combine(h, (uint64_t)flow_entry_state(entry) << 1 | flow_entry_is_deferred(entry));
    *sum += hash_combine(h, flow_entry_dpid(entry));
}

static void add_host(void *aux, const struct host *host)
{
    uint64_t *h = aux;

    *h = hash_combine(*h, eth_addr_u64(host_mac(host)));
    *h = hash_combine(*h, hash_combine(host_dpid(host), host_port(host)));
}

static uint64_t core_hash(const struct check_net *net)
{
    uint64_t flows = 0, hosts = 0;
    size_t n;
    struct datapath *const *all = datapath_all(net->ctl, &n);

    for (size_t i = 0; i < n; i++) {
        flowdb_each(net->ctl, datapath_id(all[i]), 0, add_flow, &flows);
        flows += hash_combine(datapath_id(all[i]), datapath_is_ready(all[i]));
    }
    hosts_each(net->ctl, add_host, &hosts);
    return hash_combine(flows, hosts);
}

uint64_t check_digest(const struct check_net *net)
{
    uint64_t h = core_hash(net);

    if (net->params.exact) {
        h = hash_combine(h, net->heard);
    }
    for (uint32_t i = 0; i < net->n_switches; i++) {
        h = hash_combine(h, switch_hash(&net->switches[i]));
    }
    for (uint32_t i = 0; i < net->n_hosts; i++) {
        const struct check_end *at = net->hosts[i].end.peer;

        h = hash_combine(h, net->hosts[i].announced);
        h = hash_combine(h, net->hosts[i].n_said);
        h = hash_combine(h, at ? (uint64_t)at->node << 16 | at->port : UINT64_MAX);
        h = hash_fnv(h, net->got[i], sizeof net->got[i]);
    }
    h = hash_combine(h, net->is_blocked);
    h = hash_combine(h, (uint64_t)net->n_failures << 32 | net->n_moves);
    h = hash_combine(h, (uint64_t)net->n_cuts << 32 | net->n_expiries);
    return hash_combine(h, (uint64_t)net->n_strayed << 32 | net->n_closed);
}

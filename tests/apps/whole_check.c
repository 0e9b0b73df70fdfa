/* See whole.h: what holds at every moment. */
#include "tests/apps/whole.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "controller/core/datapath.h"
#include "controller/core/flowdb.h"
#include "controller/openflow/of_codec.h"

void whole_print_entry(const struct net_switch *sw, const struct net_entry *e, char out[512])
{
    struct of_msg msg = {.type = OF_FLOW_MOD, .version = sw->version};
    size_t n = (size_t)snprintf(out, 512, "switch %d ", sw->index);

    msg.flow_mod.command = OF_FLOW_ADD;
    msg.flow_mod.table_id = e->table_id;
    msg.flow_mod.priority = e->priority;
    msg.flow_mod.match = e->match;
    msg.flow_mod.cookie = e->cookie;
    msg.flow_mod.ins = of_apply(e->actions, e->n_actions);
    of_msg_print(&msg, out + n, 512 - n);
}

static void print_model(const struct whole *run)
{
    for (int d = 0; d < WHOLE_DOMAINS; d++) {
        for (size_t i = 0; i < run->domains[d].n_members; i++) {
            const struct domain_member *m = &run->domains[d].members[i];

            fprintf(stderr, "domain %d: host %llx, switch %d port %u\n", d,
                    (unsigned long long)eth_addr_u64(m->mac), (int)m->dpid - 1, m->port);
        }
    }
    for (int h = 0; h < (int)run->net->n_hosts; h++) {
        const struct net_host *host = &run->net->hosts[h];

        fprintf(stderr, "host %d: switch %d, port %u%s, ip %x, domain %d, listens %d%d%d, may talk to", h,
                host->sw, host->port, host->away ? ", away" : "", host->ip,
                whole_domain_of(run, h), run->listens[0][h], run->listens[1][h],
                run->listens[2][h]);
        for (int to = 0; to < (int)run->net->n_hosts; to++) {
            fprintf(stderr, " %s%d", whole_may_talk(run, h, to) ? "" : "not ", to);
        }
        fprintf(stderr, "\n");
    }
}

static void print_all(const struct whole *run)
{
    const struct net *net = run->net;
    char line[512];

    print_model(run);
    for (size_t i = 0; i < net->n_switches; i++) {
        const struct net_switch *sw = net->switches[i];

        for (size_t k = 0; k < sw->n_entries; k++) {
            whole_print_entry(sw, &sw->entries[k], line);
            fprintf(stderr, "%s\n", line);
        }
        for (unsigned p = 1; p <= NET_MAX_PORTS; p++) {
            if (sw->ports[p].exists) {
                fprintf(stderr, "switch %zu port %u: %s%s, switch %d, host %d\n", i, p,
                        sw->ports[p].up ? "up" : "down", sw->ports[p].mute ? ", mute" : "",
                        sw->ports[p].peer_switch, sw->ports[p].host);
            }
        }
    }
}

void whole_complain(const struct whole *run, const char *what, int from, int to)
{
    if (run->net->trace) {
        print_all(run);
    }
    fail_msg("seed %llu, step %zu (%s), message %zu: %s, from %d to %d",
             (unsigned long long)run->seed, run->n.n_steps,
             run->culprit < 0 ? "none" : whole_steps[run->culprit].name, run->net->n_delivered,
             what, from, to);
}

/* --- After every message: circles ------------------------------------------------------------- */

static void look_at_aliases(const struct whole *run, int sw, int to)
{
    const struct net *net = run->net;

    for (int a = 0; a < (int)net->n_switches; a++) {
        enum net_end end = net_walk_via(net, -1, to, whole_alias_of(run, a), sw, 0, 0);

        if (end == NET_IN_CIRCLES || end == NET_AT_OTHER) {
            whole_complain(run, "an alias leads in circles or to another host", sw, to);
        }
    }
}

static void look_for_circles(const struct whole *run, int to)
{
    const struct net *net = run->net;

    for (int sw = 0; sw < (int)net->n_switches; sw++) {
        if (net_walk(net, -1, to, sw, 0, 0) == NET_IN_CIRCLES) {
            whole_complain(run, "an ingress entry leads in circles", sw, to);
        }
        for (uint16_t i = 0; i < net->n_switches; i++) {
            if (net_walk(net, -1, to, sw, 0, WHOLE_FIRST_LABEL + i) == NET_IN_CIRCLES) {
                whole_complain(run, "a label leads in circles", sw, to);
            }
        }
        if (whole_has(run, WHOLE_ROOTS)) {
            look_at_aliases(run, sw, to);
        }
        for (int from = 0; from < (int)net->n_hosts; from++) {
            if (net_walk(net, from, to, sw, 0, 0) == NET_IN_CIRCLES) {
                whole_complain(run, "a flow leads in circles", from, to);
            }
        }
    }
}

/* --- After every message: isolation ----------------------------------------------------------- */

static bool all_ready(const struct net *net)
{
    for (size_t i = 0; i < net->n_switches; i++) {
        const struct datapath *dp = datapath_find(net->ctl, net->switches[i]->dpid);

        if (!dp || !datapath_is_ready(dp)) {
            return false;
        }
    }
    return true;
}

static bool is_settled(const struct whole *run)
{
    return run->net->ctl && networks_is_settled(whole_app(run, "logical_networks")) &&
           all_ready(run->net);
}

static void look_at_isolation(struct whole *run)
{
    const struct net *net = run->net;

    for (int from = 0; from < (int)net->n_hosts; from++) {
        for (int to = 0; to < (int)net->n_hosts; to++) {
            const struct net_host *h = &net->hosts[from];

            if (from == to || h->away || whole_may_talk(run, from, to)) {
                continue;
            }
            run->n.n_blocked++;
            if (net_walk(net, from, to, h->sw, h->port, 0) == NET_AT_HOST) {
                whole_complain(run, "a frame of a blocked pair finds a way", from, to);
            }
        }
    }
}

void whole_look(struct net *net, void *aux)
{
    struct whole *run = aux;
    bool settled = whole_has(run, WHOLE_LOGICAL_NETWORKS) && is_settled(run);
    bool changed = net->n_changes != run->looked_at;

    if (changed) {
        run->n.n_looks++;
        for (int to = 0; to < (int)net->n_hosts; to++) {
            look_for_circles(run, to);
        }
    }
    if (settled && (changed || !run->looked_settled || run->networks_changed)) {
        look_at_isolation(run);
        run->networks_changed = false;
    }
    run->looked_at = net->n_changes;
    run->looked_settled = settled;
    if (net->n_loops > 0) {
        whole_complain(run, "a frame went in circles", -1, -1);
    }
}

/* --- When all is quiet: flowdb ---------------------------------------------------------------- */

struct comparison {
    const struct whole *run;
    const struct net_switch *sw;
    size_t n_confirmed;
};

static const struct net_entry *find_entry(const struct net_switch *sw, const struct flow_spec *spec)
{
    for (size_t i = 0; i < sw->n_entries; i++) {
        const struct net_entry *e = &sw->entries[i];

        if (e->table_id == spec->table_id && e->priority == spec->priority &&
            of_match_eq(&e->match, &spec->match)) {
            return e;
        }
    }
    return NULL;
}

static bool is_same(const struct net_switch *sw, const struct net_entry *e,
                    const struct flow_spec *spec)
{
    struct of_instructions has = of_apply(e->actions, e->n_actions);

    /* Where OpenFlow 1.0 says things in other words, the number of actions may differ. */
    return e->cookie == spec->cookie && e->idle_s == spec->idle_timeout_s &&
           e->hard_s == spec->hard_timeout_s &&
           (sw->version == OF_VERSION_1_0 || of_instructions_eq(&has, &spec->ins) ||
            (e->n_actions == 0 && spec->ins.apply.n == 0));
}

static void compare_entry(void *aux, const struct flow_entry *entry)
{
    struct comparison *c = aux;
    const struct net_entry *e;
    struct flow_spec spec;

    flow_entry_spec(entry, &spec);
    e = find_entry(c->sw, &spec);
    if (flow_entry_state(entry) != FLOW_CONFIRMED) {
        if (e || !flow_entry_is_deferred(entry)) {
            whole_complain(c->run, "an entry is neither confirmed nor waits", c->sw->index,
                           spec.priority);
        }
        return;
    }
    c->n_confirmed++;
    if (!e || !is_same(c->sw, e, &spec)) {
        whole_complain(c->run, e ? "an entry is not what flowdb has" : "an entry is not there",
                       c->sw->index, spec.priority);
    }
}

/* Those of an earlier controller are found, and stay for a while. */
static void look_at_groups(const struct whole *run, const struct net_switch *sw)
{
    struct object_count groups = object_count(run->net->ctl, sw->dpid, OBJECT_GROUP);
    size_t n_found = 0;

    for (size_t i = 0; i < sw->n_groups; i++) {
        enum object_state state =
            object_state(run->net->ctl, sw->dpid, OBJECT_GROUP, sw->groups[i].id);

        n_found += state == OBJECT_FOUND;
        if (state != OBJECT_FOUND && state != OBJECT_CONFIRMED) {
            whole_complain(run, "a group is on the switch and not wanted", sw->index,
                           (int)sw->groups[i].id);
        }
    }
    if (groups.n_confirmed + n_found != sw->n_groups) {
        whole_complain(run, "a group is not there", sw->index, (int)sw->n_groups);
    }
}

static void look_at_flowdb(const struct whole *run, const struct net_switch *sw)
{
    struct comparison c = {.run = run, .sw = sw};

    flowdb_each(run->net->ctl, sw->dpid, 0, compare_entry, &c);
    if (c.n_confirmed != sw->n_entries) {
        whole_complain(run, "an entry is on the switch and not in flowdb", sw->index,
                       (int)sw->n_entries);
    }
    look_at_groups(run, sw);
}

/* --- When all is quiet: frames ---------------------------------------------------------------- */

static bool may_be_doubled(const struct whole *run, uint32_t number)
{
    return run->doubtful_from && number >= run->doubtful_from;
}

/* No frame twice, nothing with a tag. */
static void look_at_received(struct whole *run)
{
    struct net *net = run->net;

    for (int h = 0; h < (int)net->n_hosts; h++) {
        for (size_t i = 0; i < net->hosts[h].n_seen; i++) {
            const struct net_seen *seen = &net->hosts[h].seen[i];

            if (seen->tagged) {
                whole_complain(run, "a tagged frame", (int)seen->number, h);
            }
            if (!seen->is_arp && seen->number && net_count(net, h, seen->number) != 1 &&
                !may_be_doubled(run, seen->number)) {
                whole_complain(run, "a frame came twice", (int)seen->number, h);
            }
        }
        net->hosts[h].n_seen = 0;
    }
}

void whole_look_quiet(struct whole *run)
{
    struct net *net = run->net;

    net_settle(net);
    for (size_t i = 0; i < net->n_switches; i++) {
        const struct datapath *dp = datapath_find(net->ctl, net->switches[i]->dpid);

        if (net->switches[i]->session && dp && datapath_is_ready(dp)) {
            look_at_flowdb(run, net->switches[i]);
        }
    }
    look_at_received(run);
    run->quiet_number = run->next_number;
}

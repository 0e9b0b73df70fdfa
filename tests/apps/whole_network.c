/* See whole.h: what happens to the network, and the list of all that can happen. */
#include "tests/apps/whole.h"

#include <stdio.h>

const struct whole_step whole_steps[] = {
    {"a frame", 300, 0, whole_send},
    {"a question for an address", 50, 0, whole_ask},
    {"a broadcast", 40, 0, whole_broadcast},
    {"a frame for a group", 60, WHOLE_MULTICAST, whole_group_frame},
    {"a listener", 50, WHOLE_MULTICAST, whole_toggle_listener},
    {"too many flows", 6, WHOLE_DOS, whole_flood},
    {"a link", 100, 0, whole_toggle_link},
    {"a silent link", 30, WHOLE_SILENT, whole_toggle_silently},
    {"a port", 20, 0, whole_toggle_port},
    {"a move", 50, 0, whole_move_host},
    {"a host leaves", 15, 0, whole_leave_host},
    {"another address", 20, WHOLE_ADDRESSES, whole_new_address},
    {"a channel", 40, 0, whole_toggle_channel},
    {"a switch restarts", 20, 0, whole_reboot_switch},
    {"the controller restarts", 15, 0, whole_restart},
    {"time", 70, 0, whole_wait},
    {"messages", 120, 0, whole_some_messages},
    {"a rule", 80, WHOLE_LOGICAL_NETWORKS, whole_change_rules},
    {"a block", 70, WHOLE_LOGICAL_NETWORKS, whole_change_blocks},
    {"a network", 20, WHOLE_LOGICAL_NETWORKS, whole_change_network},
    {"a circuit root", 40, WHOLE_ROOTS, whole_toggle_root},
    {"a static flow", 50, WHOLE_STATIC_FLOWS, whole_toggle_static},
    {"a domain", 60, WHOLE_INTEREST_DOMAINS, whole_change_domain},
    {"an elephant", 100, WHOLE_ELEPHANTS, whole_tell_elephant},
    {"the load of a link", 100, WHOLE_ELEPHANTS, whole_tell_load},
    {"a rule of the firewall", 20, 0, whole_toggle_firewall},
};

const size_t whole_n_steps = sizeof(whole_steps) / sizeof(whole_steps[0]);

static unsigned weight_of(const struct whole *run, const struct whole_step *step)
{
    return step->needs && !(run->parts & step->needs) ? 0 : step->weight;
}

void whole_something(struct whole *run)
{
    size_t sum = 0, draw;

    for (size_t i = 0; i < whole_n_steps; i++) {
        sum += weight_of(run, &whole_steps[i]);
    }
    draw = net_draw(run->net, sum);
    for (size_t i = 0; i < whole_n_steps; i++) {
        unsigned weight = weight_of(run, &whole_steps[i]);

        if (draw < weight) {
            run->culprit = (int)i;
            run->n.n_steps++;
            if (run->net->trace) {
                fprintf(stderr, "step %zu: %s\n", run->n.n_steps, whole_steps[i].name);
            }
            whole_steps[i].fn(run);
            return;
        }
        draw -= weight;
    }
}

int whole_some_host(struct whole *run)
{
    return (int)net_draw(run->net, run->net->n_hosts);
}

/* The port towards a switch that the controller does not see looks like an edge port: what is emitted
 * there may come back by another switch; what is still on its way, too. */
void whole_begin_doubt(struct whole *run)
{
    if (!run->doubtful_from) {
        run->doubtful_from = run->quiet_number;
    }
}

/* --- Links and ports -------------------------------------------------------------------------- */

static const struct net_port *some_port(struct whole *run, int *sw, unsigned *port)
{
    *sw = (int)net_draw(run->net, run->net->n_switches);
    *port = 1 + (unsigned)net_draw(run->net, 5);
    return &run->net->switches[*sw]->ports[*port];
}

/* One that is silent works again when it is plugged: see unmute_all(). */
void whole_toggle_link(struct whole *run)
{
    int sw;
    unsigned port;
    const struct net_port *p = some_port(run, &sw, &port);

    if (p->exists && p->peer_switch >= 0) {
        if (p->mute) {
            whole_begin_doubt(run);
        }
        net_port_set(run->net, sw, port, p->up && !p->mute);
        net_link_mute(run->net, sw, port, false);
        net_port_set(run->net, sw, port, !p->up);
    }
}

/* A link that works again looks like an edge port until it is found. */
void whole_toggle_silently(struct whole *run)
{
    int sw;
    unsigned port;
    const struct net_port *p = some_port(run, &sw, &port);

    if (p->exists && p->peer_switch >= 0) {
        whole_begin_doubt(run);
        run->muted = true;
        net_link_mute(run->net, sw, port, !p->mute);
    }
}

/* The port of a host. */
void whole_toggle_port(struct whole *run)
{
    const struct net_host *h = &run->net->hosts[whole_some_host(run)];

    if (!h->away) {
        net_port_set(run->net, h->sw, h->port, !run->net->switches[h->sw]->ports[h->port].up);
    }
}

/* --- Hosts ------------------------------------------------------------------------------------ */

/* It says so at once, later, or not before it is asked. */
void whole_move_host(struct whole *run)
{
    struct net *net = run->net;
    int host = whole_some_host(run);

    net_host_move(net, host, (int)net_draw(net, net->n_switches), 40 + (unsigned)host);
    net_port_set(net, net->hosts[host].sw, net->hosts[host].port, true);
    if (net_draw(net, 3)) {
        net_advance(net, net_draw(net, 2) ? 600 * NS_PER_MS : 0);
        net_arp_announce(net, host);
    }
}

void whole_leave_host(struct whole *run)
{
    int host = whole_some_host(run);

    if (!run->net->hosts[host].away) {
        net_host_leave(run->net, host);
    }
}

void whole_new_address(struct whole *run)
{
    int host = whole_some_host(run);

    run->net->hosts[host].ip = run->next_ip++;
    net_arp_announce(run->net, host);
}

/* --- Switches and the controller -------------------------------------------------------------- */

void whole_toggle_channel(struct whole *run)
{
    int sw = (int)net_draw(run->net, run->net->n_switches);

    whole_begin_doubt(run);
    if (run->net->switches[sw]->session) {
        net_disconnect(run->net, sw);
    } else {
        net_connect(run->net, sw);
    }
}

/* With an empty table, or with what it had. */
void whole_reboot_switch(struct whole *run)
{
    struct net *net = run->net;
    int sw = (int)net_draw(net, net->n_switches);

    whole_begin_doubt(run);
    net_disconnect(net, sw);
    if (net_draw(net, 2)) {
        net->switches[sw]->n_entries = net->switches[sw]->n_groups = 0;
        net->n_changes++;
    }
    net_connect(net, sw);
}

/* A controller that has never seen a link cannot know that it is one when it works without a word. */
static void unmute_all(struct net *net)
{
    for (int sw = 0; sw < (int)net->n_switches; sw++) {
        for (unsigned port = 1; port <= NET_MAX_PORTS; port++) {
            const struct net_port *p = &net->switches[sw]->ports[port];

            if (p->exists && p->peer_switch >= 0 && p->mute) {
                net_link_mute(net, sw, port, false);
            }
        }
    }
}

void whole_restart(struct whole *run)
{
    struct net *net = run->net;

    unmute_all(net);
    whole_begin_doubt(run);
    net_stop_controller(net);
    net_start_controller(net);
    whole_restarted(run);
    for (int i = 0; i < (int)net->n_switches; i++) {
        net_connect(net, i);
    }
}

void whole_wait(struct whole *run)
{
    net_advance(run->net, (int64_t)net_draw(run->net, 3000) * NS_PER_MS);
}

void whole_some_messages(struct whole *run)
{
    for (size_t n = net_draw(run->net, 60); n > 0 && net_step(run->net); n--) {
    }
}

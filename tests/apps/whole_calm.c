/* See whole.h: what holds when nothing has changed for the convergence time, which is the time in which
 * every link shows itself once (or is missed, when one failed silently), every host is heard, and what an
 * earlier controller has left is taken over or gone. */
#include "tests/apps/whole.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/base/alloc.h"

/* --- Convergence ------------------------------------------------------------------------------ */

static void converge(struct whole *run)
{
    struct net *net = run->net;

    for (int i = 0; i < (int)net->n_switches; i++) {
        if (!net->switches[i]->session) {
            net_connect(net, i);
        }
    }
    net_advance(net, net->core.lldp_interval_ns + NS_PER_S);
    if (run->muted) {
        net_advance(net, net->core.link_timeout_ns);
        run->muted = false;
    }
    for (int round = 0; round < 2; round++) {
        whole_announce_all(run);
        net_advance(net, 2 * NS_PER_S);
    }
    net_advance(net, 2 * WHOLE_HOLD_NS); /* In which listeners are forgotten, too. */
}

static void forget_received(struct net *net)
{
    for (size_t i = 0; i < net->n_hosts; i++) {
        net->hosts[i].n_seen = 0;
    }
}

/* --- Who gets what ---------------------------------------------------------------------------- */

static void expect(struct whole *run, const char *kind, uint32_t number, int from, int to,
                   struct whole_copies copies)
{
    unsigned n = net_count(run->net, to, number);
    char what[96];

    run->n.n_frames++;
    if (n < copies.least || n > copies.most) {
        snprintf(what, sizeof(what), "%s: %u copies, expected %u to %u", kind, n, copies.least,
                 copies.most);
        whole_complain(run, what, from, to);
    }
}

/* By entries alone where nobody is kept from anybody and there is room. */
static bool needs_entries(const struct whole *run, struct whole_copies copies)
{
    return copies.least > 0 &&
           !whole_has(run, WHOLE_CRAMPED | WHOLE_LOGICAL_NETWORKS | WHOLE_DOS);
}

static void expect_one(struct whole *run, int from, int to)
{
    struct net *net = run->net;
    struct whole_copies copies = whole_expects(run, from, to);
    const struct net_host *h = &net->hosts[from];
    struct eth_addr dst =
        whole_has(run, WHOLE_ROOTS) ? whole_resolve(run, from, to) : net->hosts[to].mac;
    uint32_t number = run->next_number++;

    if (!eth_addr_eq(dst, net->hosts[to].mac)) { /* No static flow matches an alias. */
        run->n.n_aliases++;
        copies.most = copies.most || whole_may_talk(run, from, to);
    }
    net_send_via(net, from, to, dst, number);
    net_advance(net, 0);
    expect(run, "a frame", number, from, to, copies);
    if (needs_entries(run, copies) &&
        net_walk_via(net, from, to, dst, h->sw, h->port, 0) != NET_AT_HOST) {
        whole_complain(run, "the entries do not lead there", from, to);
    }
}

static void expect_many(struct whole *run, int from)
{
    struct net *net = run->net;
    uint32_t number = whole_send_broadcast(run, from);

    net_advance(net, 0);
    for (int to = 0; to < (int)net->n_hosts; to++) {
        if (to != from) {
            expect(run, "a broadcast", number, from, to, whole_expects_broadcast(run, from, to));
        }
    }
    for (int group = 0; group < WHOLE_GROUPS && whole_has(run, WHOLE_MULTICAST); group++) {
        number = whole_send_group(run, from, group);
        net_advance(net, 0);
        for (int to = 0; to < (int)net->n_hosts; to++) {
            if (to != from) {
                expect(run, "a group's frame", number, from, to,
                       whole_expects_group(run, from, to, group));
            }
        }
    }
}

static void expect_everything(struct whole *run)
{
    for (int from = 0; from < (int)run->net->n_hosts; from++) {
        for (int to = 0; to < (int)run->net->n_hosts; to++) {
            if (from != to) {
                expect_one(run, from, to);
            }
        }
        for (int round = 0; round < 2; round++) { /* By the controller, and by entries. */
            expect_many(run, from);
        }
        forget_received(run->net);
    }
}

void whole_calm(struct whole *run)
{
    converge(run);
    whole_look_quiet(run);
    run->doubtful_from = 0;
    run->n.n_calms++;
    expect_everything(run);
    whole_look_quiet(run);
}

/* --- A fresh controller ----------------------------------------------------------------------- */

/* The permanent entries of all switches, sorted, one line each. */
struct picture {
    char (*lines)[512];
    size_t n;
};

static int by_text(const void *a, const void *b)
{
    return strcmp(a, b);
}

/* Trees of labels last where a host has ever been. */
static bool is_lasting(const struct net_entry *e)
{
    return !e->idle_s && !e->hard_s && e->priority != CLUSTERING_PRIORITY_LABEL;
}

static struct picture take_picture(const struct net *net)
{
    struct picture p = {.lines = xcalloc(NET_MAX_SWITCHES * NET_MAX_ENTRIES, sizeof(*p.lines))};

    for (size_t i = 0; i < net->n_switches; i++) {
        const struct net_switch *sw = net->switches[i];

        for (size_t k = 0; k < sw->n_entries; k++) {
            if (is_lasting(&sw->entries[k])) {
                whole_print_entry(sw, &sw->entries[k], p.lines[p.n++]);
            }
        }
    }
    qsort(p.lines, p.n, sizeof(*p.lines), by_text);
    return p;
}

static void compare(const struct whole *run, const struct picture *old, const struct picture *new)
{
    size_t i = 0, k = 0;

    while (i < old->n || k < new->n) {
        int order = i == old->n ? 1 : k == new->n ? -1 : strcmp(old->lines[i], new->lines[k]);
        char what[640];

        if (order != 0) {
            snprintf(what, sizeof(what), "%s: %s",
                     order < 0 ? "nobody wants this entry" : "this entry is missing",
                     order < 0 ? old->lines[i] : new->lines[k]);
            whole_complain(run, what, -1, -1);
        }
        i++;
        k++;
    }
}

/* Everybody is there and every cable is plugged. */
static void mend(struct whole *run)
{
    struct net *net = run->net;

    for (int sw = 0; sw < (int)net->n_switches; sw++) {
        for (unsigned port = 1; port <= NET_MAX_PORTS; port++) {
            const struct net_port *p = &net->switches[sw]->ports[port];

            if (p->exists && p->peer_switch >= 0 && p->mute) {
                net_link_mute(net, sw, port, false);
            }
            if (p->exists && !p->up) {
                net_port_set(net, sw, port, true);
            }
        }
    }
    for (int host = 0; host < (int)net->n_hosts; host++) {
        if (net->hosts[host].away) {
            net_host_move(net, host, net->hosts[host].sw, net->hosts[host].port);
        }
    }
}

static void use_everything(struct whole *run)
{
    whole_calm(run);
    net_advance(run->net, 40 * NS_PER_S); /* What is idle is gone. */
    whole_look_quiet(run);
}

void whole_compare_with_fresh(struct whole *run)
{
    struct net *net = run->net;
    struct picture old, new;

    if (!net->with_store || whole_has(run, WHOLE_CRAMPED)) {
        return;
    }
    mend(run);
    whole_leave_all_groups(run);
    whole_take_all_away(run);
    use_everything(run);
    old = take_picture(net);
    net_stop_controller(net);
    for (size_t i = 0; i < net->n_switches; i++) {
        net->switches[i]->n_entries = net->switches[i]->n_groups = 0;
    }
    net->n_changes++;
    net_start_controller(net);
    use_everything(run);
    new = take_picture(net);
    compare(run, &old, &new);
    free(old.lines);
    free(new.lines);
}

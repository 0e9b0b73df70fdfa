/* See whole.h: networks and who takes part in them. */
#include "tests/apps/whole.h"

#include <string.h>

#include "controller/base/hash.h"

/* --- Who takes part --------------------------------------------------------------------------- */

/* Every eighth run has everything; the others have few apps, so that each is met alone, too. */
static unsigned choose_parts(uint64_t seed)
{
    uint64_t bits = hash_u64(seed * 2385 + 7);
    unsigned all = WHOLE_ROOTS | WHOLE_LOGICAL_NETWORKS | WHOLE_INTEREST_DOMAINS | WHOLE_MULTICAST |
                   WHOLE_STATIC_FLOWS | WHOLE_ELEPHANTS | WHOLE_DOS;
    unsigned parts = seed % 8 == 0 ? all : (unsigned)(bits & (bits >> 32)) & all;

    parts |= seed % 2 == 0 ? WHOLE_ADDRESSES : 0;
    parts |= seed % 3 == 0 ? WHOLE_MIXED : 0;
    parts |= seed % 11 == 0 ? WHOLE_CRAMPED : 0;
    parts |= seed % 4 != 1 ? WHOLE_SILENT : 0;
    return parts;
}

/* --- Switches, links and hosts ---------------------------------------------------------------- */

static void add_switch(struct whole *run)
{
    bool is_1_0 =
        whole_has(run, WHOLE_MIXED) ? net_draw(run->net, 2) == 0 : run->seed % 5 < 2;

    net_add_switch(run->net, is_1_0 ? OF_VERSION_1_0 : OF_VERSION_1_3);
}

/* A tree and some links more. */
static void add_links(struct net *net)
{
    unsigned ports[NET_MAX_SWITCHES] = {0};
    size_t n = net->n_switches, n_extra = net_draw(net, n);

    for (size_t i = 1; i < n + n_extra; i++) {
        int a = (int)(i < n ? i : net_draw(net, n));
        int b = (int)net_draw(net, i < n ? i : n);

        if (a != b) {
            ports[a]++;
            ports[b]++;
            net_add_link(net, a, ports[a], b, ports[b]);
        }
    }
}

static void set_up(struct whole *run)
{
    struct net *net = run->net;

    if (whole_has(run, WHOLE_CRAMPED)) {
        net->switches[net_draw(net, net->n_switches)]->max_entries = 4 + net_draw(net, 12);
    }
    net->without_clustering = run->seed % 5 == 0;
    net->with_store = run->seed % 7 != 0;
    net->clustering.hold_s = (uint16_t)(1 + net_draw(net, 5));
    net->clustering.fast_failover = run->seed / 2 % 2 == 0;
    net->circuit_tree.fast_failover = run->seed / 4 % 2 == 0;
    net->switches[0]->no_failover = run->seed % 13 == 0;
    if (run->seed % 17 == 0) {
        net->switches[1]->max_groups = 1 + net_draw(net, 3);
    }
    net->multicast.enabled = whole_has(run, WHOLE_MULTICAST);
    net->multicast.query_s = 5;
    net->multicast.listen_ns = 12 * NS_PER_S; /* Two are lost. */
    net->interest_domains.sender_idle_s = 4;
    net->interest_domains.retry_ns = NS_PER_S;
    net->interest_domains.adopt_hold_ns = WHOLE_HOLD_NS;
    net->clustering.adopt_hold_ns = net->circuit_tree.adopt_hold_ns = WHOLE_HOLD_NS;
    net->core.adopt_grace_ns = WHOLE_HOLD_NS + NS_PER_S;
    net->core.host_move = run->seed % 2 ? HOST_MOVE_PROBE : HOST_MOVE_ACCEPT;
    net->elephants.busy_percent = net->elephants.gain_percent = 0; /* Any other way is good enough. */
    net->dos_guard.periods = 1;
    net->dos_guard.from_per_s = 100;
    net->dos_guard.hold_s = 3;
    net->check = whole_look;
    net->check_aux = run;
    net->heard = whole_heard;
    net->heard_aux = run;
}

/* --- What the operator begins with ------------------------------------------------------------ */

static void create_networks(struct whole *run)
{
    for (uint16_t id = 1; id <= WHOLE_NETWORKS; id++) {
        char name[2] = {(char)('a' + id), '\0'};

        run->exists[id] = true;
        if (id != NETWORK_DEFAULT) {
            networks_create(whole_app(run, "logical_networks"), id, name);
        }
    }
}

void whole_make(struct whole *run, uint64_t seed)
{
    struct net *net = net_new(seed);
    size_t n = 2 + net_draw(net, 5), n_hosts = 3 + net_draw(net, 5);

    *run = (struct whole){.net = net, .seed = seed, .next_number = 1, .quiet_number = 1, .culprit = -1};
    run->parts = choose_parts(seed);
    run->next_ip = 0x0a000101;
    run->n = (struct whole_counts){0};
    for (size_t i = 0; i < n; i++) {
        add_switch(run);
    }
    add_links(net);
    for (size_t i = 0; i < n_hosts; i++) {
        net_add_host(net, (int)net_draw(net, n), 20 + (unsigned)i);
    }
    set_up(run);
    net_start(net);
    run->exists[NETWORK_DEFAULT] = true;
    if (whole_has(run, WHOLE_LOGICAL_NETWORKS)) {
        create_networks(run);
    }
    whole_announce_all(run);
}

void whole_restarted(struct whole *run)
{
    if (run->net->with_store) {
        return;
    }
    run->n_rules = 0;
    memset(run->blocked, 0, sizeof(run->blocked));
    memset(run->isolated, 0, sizeof(run->isolated));
    memset(run->statics, 0, sizeof(run->statics));
    memset(run->domains, 0, sizeof(run->domains));
    if (whole_has(run, WHOLE_LOGICAL_NETWORKS)) {
        create_networks(run);
    }
}

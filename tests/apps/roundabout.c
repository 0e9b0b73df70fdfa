/* See roundabout.h. */
#include "tests/apps/roundabout.h"

#include "controller/core/ctl_api.h"
#include "controller/openflow/of_types.h"

void *roundabout_app(struct net *net)
{
    return ctl_module_state(net->ctl, "elephants");
}

struct net *roundabout_new(uint64_t seed, bool with_clustering)
{
    struct net *net = net_new(seed);

    net->without_clustering = !with_clustering; /* Then each flow has entries of its own. */
    net->clustering.ecmp = false;
    net->elephants.busy_percent = net->elephants.gain_percent = 0;
    net_add_switches(net, ROUNDABOUT_N, seed % 2 ? OF_VERSION_1_3 : OF_VERSION_1_0);
    for (int i = 0; i < ROUNDABOUT_N; i++) {
        net_add_host(net, i, ROUNDABOUT_PORT);
    }
    net_add_link(net, 0, 1, 1, 1);
    net_add_link(net, 0, 2, 2, 1);
    net_add_link(net, 2, 2, 3, 1);
    net_add_link(net, 3, 2, 4, 1);
    net_add_link(net, 4, 2, 5, 1);
    net_add_link(net, 5, 2, 1, 2);
    net_add_link(net, 0, 3, 3, 3);
    net_start(net);
    net_announce_all(net);
    net_send_all(net);
    return net;
}

struct elephant_flow roundabout_flow(const struct net *net, int from, int to)
{
    struct elephant_flow flow = {.proto = 17, .sport = 2385, .dport = 4711};

    for (int i = 0; i < 4; i++) {
        flow.ip_src.b[12 + i] = (uint8_t)(net->hosts[from].ip >> (24 - 8 * i));
        flow.ip_dst.b[12 + i] = (uint8_t)(net->hosts[to].ip >> (24 - 8 * i));
    }
    return flow;
}

size_t roundabout_entries(const struct net *net)
{
    size_t n = 0;

    for (int i = 0; i < ROUNDABOUT_N; i++) {
        n += net_count_entries(net, i, PRIORITY_ELEPHANT);
    }
    return n;
}

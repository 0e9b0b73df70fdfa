/* Six switches round about, for ways of elephants that are not the shortest. */
#ifndef TAMBO_TESTS_APPS_ROUNDABOUT_H
#define TAMBO_TESTS_APPS_ROUNDABOUT_H

#include "controller/apps/elephants.h"
#include "controller/apps/link_costs.h"
#include "tests/apps/net.h"

#define ROUNDABOUT_N 6
#define ROUNDABOUT_PORT 10 /* Of the hosts. */
#define ROUNDABOUT_MBPS UINT64_C(1000000)

/* Switches 0 to 5, host i at switch i. Between 0 and 1 there is a link, and the way round by 2, 3, 4 and 5; a link
 * from 0 to 3, too, so that switch 3 sends what is for host 1 back to 0. All is known.
 * Any other way is good enough for an elephant. Without clustering each flow has entries of its own. */
struct net *roundabout_new(uint64_t seed, bool with_clustering);

/* The state of elephants. */
void *roundabout_app(struct net *net);

/* What net_send() makes. */
struct elephant_flow roundabout_flow(const struct net *net, int from, int to);

/* Entries of elephants. */
size_t roundabout_entries(const struct net *net);

#endif

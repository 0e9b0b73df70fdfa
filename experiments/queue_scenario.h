/* The queues of a scenario's switches: the key "queues" of its section "switch".
 *
 *        "switch": {"queues": [{"id": 1, "min_frac": 0.2, "max_frac": 0.5, "udp_port": 2385}]}
 *
 * Every port has them. "min_frac" and "max_frac" are of the link's rate, in thousandths; without one there is no such
 * limit. Frames that no action puts into a queue are in that of their "udp_port", else in one of their own without
 * limits (simnet/world/egress.h). */
#ifndef TAMBO_EXPERIMENTS_QUEUE_SCENARIO_H
#define TAMBO_EXPERIMENTS_QUEUE_SCENARIO_H

#include <jansson.h>

#include "controller/config/json_check.h"
#include "simnet/world/world.h"

#define SCENARIO_MAX_QUEUES 16

/* Copied by value; all zero: there are none. */
struct scenario_queues {
    struct queue_params list[SCENARIO_MAX_QUEUES];
    struct queue_class classes[SCENARIO_MAX_QUEUES];
    size_t n, n_classes;
};

/* Reads the key from the section 'sw' (NULL: it is absent). */
void queues_read(struct conf_node *sw, struct scenario_queues *queues);

/* Adds the key, when there are queues. */
void queues_write(const struct scenario_queues *queues, json_t *sw);

/* Gives the queues to the switches of a world that is made from 'params'; borrowed until then. */
void queues_use(const struct scenario_queues *queues, struct world_params *params);

/* Adds what each queue has sent and dropped, all ports of all switches together. */
void queues_totals_put(json_t *metrics, const struct scenario_queues *queues,
                       const struct world *world);

#endif

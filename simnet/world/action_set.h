/* Action sets: at most one action of each kind, executed in the order of the specification whatever
 * the order in which they were written (OF 1.3.5 §5.10). The buckets of groups are action sets, too. */
#ifndef TAMBO_WORLD_ACTION_SET_H
#define TAMBO_WORLD_ACTION_SET_H

#include <stdbool.h>

#include "controller/openflow/of_action.h"

/* One slot for each type and for each field that can be set. */
#define ACTION_SET_MAX 64

struct action_set {
    unsigned n;
    struct of_action list[ACTION_SET_MAX]; /* In the order in which the slots were taken. */
};

static inline void action_set_clear(struct action_set *set)
{
    set->n = 0;
}

/* Puts each of 'actions' into its slot, over what is there. */
void action_set_write(struct action_set *set, const struct of_actions *actions);

/* Where the set sends a frame: OF_PORT_UNSET without an output, or with a group. */
port_no_t action_set_output(const struct action_set *set);

/* Sorts the actions into the order of execution. With a group there is no output. */
void action_set_sort(struct action_set *set);

/* True when the action can change the packet. */
bool action_rewrites(const struct of_action *a);

#endif

/* The entries by which an app gets frames that it answers or passes on itself: every switch has
 * them, without a time-out, from when it is ready, and again when somebody else has removed one. */
#ifndef TAMBO_APPS_TRAP_H
#define TAMBO_APPS_TRAP_H

#include <stdint.h>

#include "controller/base/log.h"
#include "controller/core/module.h"

struct txn;

/* The first member of the app's state. */
struct trap {
    struct ctl *ctl;
    uint8_t id; /* The module's. */
    uint16_t priority;
    const char *name, *what; /* For the log: the module, and what the entries bring. */

    /* Says by trap_add() which entries 'dp' is to have; NULL: none. */
    void (*want)(const struct trap *trap, struct txn *txn, const struct datapath *dp);
    struct log_limit limit;
};

/* The entry of 'dp' that matches 'match'; 'number' tells it from the app's others. */
void trap_add(const struct trap *trap, struct txn *txn, const struct datapath *dp,
              const struct of_match *match, uint64_t number);

ctl_event_fn trap_on_up, trap_on_removed, trap_on_failed;

/* For the member 'on' of the module. */
#define TRAP_EVENTS                                                                                \
    {                                                                                              \
        [CTL_DATAPATH_UP] = trap_on_up, [CTL_FLOW_REMOVED] = trap_on_removed,                      \
        [CTL_FLOW_FAILED] = trap_on_failed                                                         \
    }

#endif

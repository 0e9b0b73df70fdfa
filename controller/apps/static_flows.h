/* Static flows: entries that an operator wants, as long as he wants them.
 *
 * An entry is known by its switch and a name, so that the same name may be used at every switch. It is
 * checked when it is given: by the rules of OpenFlow for what a switch may be told (prerequisites,
 * masks, ranges; of_check.c), in the version that the switch speaks or, while it is not known, in one
 * that can say it. It is remembered, and wanted at its switch whenever that is there: what somebody
 * else deletes is written again. One whose time-out is over stays known and is not written again until
 * it is given or enabled anew.
 *
 * Priorities are between PRIORITY_STATIC_MIN and PRIORITY_STATIC_MAX (priorities.h) in table 0; in other
 * tables they are free. */
#ifndef TAMBO_APPS_STATIC_FLOWS_H
#define TAMBO_APPS_STATIC_FLOWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "controller/apps/priorities.h"
#include "controller/core/flowdb.h"
#include "controller/core/module.h"

#define STATIC_FLOW_NAME_LEN 64 /* Without the end. */
#define STATIC_FLOW_TEXT_LEN 160

struct static_flows_settings {
    uint32_t max_flows; /* In all; default 8 192. */
};

struct static_flows_settings static_flows_settings_default(void);

struct static_flow {
    dpid_t dpid;
    const char *name; /* 1 to STATIC_FLOW_NAME_LEN printable characters of ASCII. */
    bool is_enabled;
    struct flow_spec spec; /* Cookie and importance are the app's. */
};

enum static_flow_state {
    STATIC_FLOW_DISABLED,
    STATIC_FLOW_WAITING,   /* For its switch, or for room there. */
    STATIC_FLOW_SENT,      /* Not confirmed yet. */
    STATIC_FLOW_INSTALLED, /* Confirmed. */
    STATIC_FLOW_REFUSED,   /* By the switch, with an error. */
    STATIC_FLOW_EXPIRED,   /* Its time-out was over. */
};

const char *static_flow_state_name(enum static_flow_state state);

struct static_flow_info {
    struct static_flow flow; /* Lists are valid during the call. */
    enum static_flow_state state;
    enum of_err error;   /* REFUSED: why. */
    uint32_t n_repaired; /* How often somebody else had deleted it. */
};

/* What is wrong with an entry, for people. */
struct static_flow_fault {
    const char *field; /* "name", "priority", "table_id", "match", "instructions", "entry". */
    char text[STATIC_FLOW_TEXT_LEN];
};

/* Wants 'flow', in place of the one with its switch and name.
 *   ERR_RANGE   it is not valid: '*fault' (may be NULL)
 *   ERR_EXISTS  an entry with another name has the same table, priority and match there: '*fault'
 *   ERR_FULL    there are max_flows
 *   ERR_IO      it cannot be remembered; nothing has changed */
enum err static_flows_put(void *state, const struct static_flow *flow,
                          struct static_flow_fault *fault);

/* ERR_NOTFOUND, ERR_IO. */
enum err static_flows_remove(void *state, dpid_t dpid, const char *name);
enum err static_flows_enable(void *state, dpid_t dpid, const char *name, bool is_enabled);

/* Removes all entries of 'dpid', or (NULL) of every switch; '*n' (may be NULL) is their number. */
enum err static_flows_clear(void *state, const dpid_t *dpid, size_t *n);

typedef void static_flows_fn(void *aux, const struct static_flow_info *info);

/* Calls 'fn' with one of them. ERR_NOTFOUND. */
enum err static_flows_find(const void *state, dpid_t dpid, const char *name, static_flows_fn *fn,
                           void *aux);

/* Calls 'fn' for all, or (not NULL) those of 'dpid', ascending by switch and name. */
void static_flows_each(const void *state, const dpid_t *dpid, static_flows_fn *fn, void *aux);

extern const struct ctl_module static_flows_module;

#endif

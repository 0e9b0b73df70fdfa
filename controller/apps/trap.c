/* See trap.h. */
#include "controller/apps/trap.h"

#include "controller/core/ctl_api.h"
#include "controller/core/datapath.h"
#include "controller/core/flowdb.h"
#include "controller/core/txn.h"

void trap_add(const struct trap *trap, struct txn *txn, const struct datapath *dp,
              const struct of_match *match, uint64_t number)
{
    struct of_action to_controller = of_output(OF_PORT_CONTROLLER);
    struct flow_spec spec = {
        .priority = trap->priority,
        .match = *match,
        .cookie = flow_cookie(trap->id, number),
        .importance = FLOW_IMPORTANCE_SERVICE,
        .ins = of_apply(&to_controller, 1),
    };

    txn_add(txn, 0, datapath_id(dp), &spec);
}

static void want(const struct trap *trap, dpid_t dpid)
{
    const struct datapath *dp = datapath_find(trap->ctl, dpid);
    struct txn *txn;

    if (trap->want && dp) {
        txn = txn_begin(trap->ctl);
        trap->want(trap, txn, dp);
        txn_commit(txn, NULL, NULL);
    }
}

void trap_on_up(void *state, const struct ctl_event *event)
{
    want(state, datapath_id(event->dp));
}

void trap_on_removed(void *state, const struct ctl_event *event)
{
    want(state, flow_entry_dpid(event->flow));
}

void trap_on_failed(void *state, const struct ctl_event *event)
{
    struct trap *trap = state;

    log_write_limited(ctl_log(trap->ctl), &trap->limit, trap->name, LOG_ERROR,
                      "switch " DPID_FMT " refuses an entry for %s: %s",
                      DPID_ARGS(datapath_id(event->dp)), trap->what, of_err_name(event->error));
}

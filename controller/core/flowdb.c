/* What may be asked of the flow tables, by datapath. */
#include "controller/core/flowdb.h"

#include <stdlib.h>

#include "controller/core/ctl_int.h"

static struct flow_entry *find_identity(const struct flow_table *table, uint8_t table_id,
                                        uint16_t priority, const struct of_match *match)
{
    struct flow_scratch *scratch = &table->dp->ctl->flow_scratch;

    return flow_table_find(table, flow_key_make(scratch, table_id, priority, match));
}

const struct flow_entry *flowdb_find(const struct ctl *ctl, dpid_t dpid, uint8_t table_id,
                                     uint16_t priority, const struct of_match *match)
{
    struct datapath *dp = datapath_find(ctl, dpid);

    return dp ? find_identity(&dp->flows, table_id, priority, match) : NULL;
}

bool flowdb_has(const struct ctl *ctl, dpid_t dpid, const struct flow_spec *spec)
{
    struct datapath *dp = datapath_find(ctl, dpid);
    const struct flow_entry *entry =
        dp ? find_identity(&dp->flows, spec->table_id, spec->priority, &spec->match) : NULL;

    return entry && entry->state == FLOW_CONFIRMED && entry->content->cookie == spec->cookie &&
           flow_content_says(entry->content, &spec->ins, &dp->ctl->flow_scratch.bytes);
}

void flowdb_each(const struct ctl *ctl, dpid_t dpid, uint8_t module_id, flowdb_each_fn *fn,
                 void *aux)
{
    struct datapath *dp = datapath_find(ctl, dpid);
    struct flow_entry **sorted;
    size_t n;

    if (!dp) {
        return;
    }
    sorted = flow_table_sorted(&dp->flows, NULL, NULL, &n);
    for (size_t i = 0; i < n; i++) {
        if (!module_id || flow_cookie_module(sorted[i]->content->cookie) == module_id) {
            fn(aux, sorted[i]);
        }
    }
    free(sorted);
}

void flowdb_watch(struct ctl *ctl, dpid_t dpid, uint8_t module_id, flowdb_watch_fn *fn, void *aux)
{
    struct datapath *dp = datapath_find(ctl, dpid);

    if (dp) {
        dp->flows.on_change = fn;
        dp->flows.on_change_aux = aux;
        dp->flows.on_change_except = module_id;
    }
}

void flowdb_look_place(const struct datapath *dp, uint8_t table_id, uint16_t priority,
                       const struct of_match *match)
{
    struct flow_key key = flow_key_make(&dp->ctl->flow_scratch, table_id, priority, match);

    flow_index_prefetch(&dp->flows.entries, key.hash);
}

void flowdb_look_deed(const struct ctl *ctl, uint64_t cookie, port_no_t port, bool is_rest)
{
    flow_content_look(&ctl->flow_contents, cookie, port, is_rest);
}

struct flowdb_size flowdb_size(const struct ctl *ctl, dpid_t dpid)
{
    const struct datapath *dp = datapath_find(ctl, dpid);

    if (!dp) {
        return (struct flowdb_size){0};
    }
    return (struct flowdb_size){.n_entries =
                                    dp->flows.entries.n - dp->flows.n_in_state[FLOW_DELETING],
                                .n_confirmed = dp->flows.n_in_state[FLOW_CONFIRMED]};
}

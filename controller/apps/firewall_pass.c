/* The second table, where what the firewall allows goes on.
 *
 * OpenFlow has no action for "as if this entry were not there". So an entry that takes something out of a
 * later rule that denies leads to another table, the last of the switch, which holds all that the other apps
 * want in the first table below the firewall's entries, with the same priorities and instructions. Copies have
 * no time-outs: they leave with their originals. An original that only serves what goes through the second
 * table is not used and may expire; then the next frame comes to the controller and its app wants it anew.
 *
 * What static flows send on from the first table to others cannot be copied into the last one: at such a
 * switch the controller carries what is allowed. */
#include "controller/apps/firewall_int.h"
#include "controller/core/datapath.h"
#include "controller/core/txn.h"

uint8_t fw_second_table(const struct firewall *f, const struct datapath *dp)
{
    const struct of_features *features = datapath_features(dp);

    return f->settings.second_table && datapath_version(dp) >= OF_VERSION_1_3 &&
                   features->n_tables > 1
               ? (uint8_t)(features->n_tables - 1)
               : 0;
}

static bool is_ours(const struct firewall *f, uint64_t cookie)
{
    return flow_cookie_is_ours(cookie) && flow_cookie_module(cookie) == f->id;
}

/* In the first table, below our entries. */
static bool is_original(const struct firewall *f, const struct flow_spec *spec)
{
    return spec->table_id == 0 && spec->priority < PRIORITY_FIREWALL_MIN &&
           !is_ours(f, spec->cookie);
}

struct copying {
    const struct firewall *f;
    dpid_t dpid;
    uint8_t table_id;
    struct txn *txn;
    unsigned stage;
    bool ok;
};

static void copy(void *aux, const struct flow_entry *entry)
{
    struct copying *c = aux;
    struct flow_spec spec;

    flow_entry_spec(entry, &spec);
    if (flow_entry_state(entry) == FLOW_DELETING || !is_original(c->f, &spec)) {
        return;
    }
    c->ok = c->ok && !spec.ins.has_goto;
    spec.table_id = c->table_id;
    spec.cookie = flow_cookie(c->f->id, FW_COOKIE_COPY);
    spec.idle_timeout_s = spec.hard_timeout_s = 0;
    if (c->ok) {
        txn_add(c->txn, c->stage, c->dpid, &spec);
    }
}

bool fw_copies_add(const struct firewall *f, dpid_t dpid, uint8_t table_id, struct txn *txn,
                   unsigned stage)
{
    struct copying c = {f, dpid, table_id, txn, stage, true};

    flowdb_each(f->ctl, dpid, 0, copy, &c);
    return c.ok;
}

bool fw_copy_is_right(const struct firewall *f, const struct flow_entry *entry, uint8_t table_id)
{
    const struct flow_entry *original;
    struct flow_spec spec;

    flow_entry_spec(entry, &spec);
    original = flowdb_find(f->ctl, flow_entry_dpid(entry), 0, spec.priority, &spec.match);
    return spec.table_id == table_id && original && flow_entry_state(original) != FLOW_DELETING &&
           spec.priority < PRIORITY_FIREWALL_MIN && !is_ours(f, flow_entry_cookie(original));
}

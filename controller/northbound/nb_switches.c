/* Switches: who they say they are, their ports, the state of their tables. */
#include <stdio.h>

#include "controller/core/datapath.h"
#include "controller/core/flowdb.h"
#include "controller/core/object.h"
#include "controller/core/table_pressure.h"
#include "controller/northbound/nb_resources.h"

static const char *version_name(uint8_t version)
{
    switch (version) {
    case OF_VERSION_1_0:
        return "1.0";
    case OF_VERSION_1_3:
        return "1.3";
    case OF_VERSION_1_4:
        return "1.4";
    case OF_VERSION_1_5:
        return "1.5";
    default:
        return "none";
    }
}

static json_t *desc_json(const struct of_desc *d)
{
    if (!d) {
        return json_null();
    }
    return json_pack("{s:o,s:o,s:o,s:o,s:o}", "manufacturer", nb_json_text(d->mfr_desc), "hardware",
                     nb_json_text(d->hw_desc), "software", nb_json_text(d->sw_desc), "serial",
                     nb_json_text(d->serial_num), "datapath", nb_json_text(d->dp_desc));
}

static json_t *sizes_json(const struct ctl *ctl, dpid_t dpid)
{
    struct flowdb_size flows = flowdb_size(ctl, dpid);
    struct object_count groups = object_count(ctl, dpid, OBJECT_GROUP);
    struct object_count meters = object_count(ctl, dpid, OBJECT_METER);

    return json_pack("{s:o,s:o,s:o,s:o,s:o,s:o}", "n_entries", nb_json_u64(flows.n_entries),
                     "n_confirmed", nb_json_u64(flows.n_confirmed), "n_groups",
                     nb_json_u64(groups.n), "n_groups_confirmed", nb_json_u64(groups.n_confirmed),
                     "n_meters", nb_json_u64(meters.n), "n_meters_confirmed",
                     nb_json_u64(meters.n_confirmed));
}

static json_t *switch_json(const struct ctl *ctl, const struct datapath *dp)
{
    const struct of_features *f = datapath_features(dp);
    size_t n_ports;
    json_t *out, *sizes = sizes_json(ctl, datapath_id(dp));

    (void)datapath_ports(dp, &n_ports);
    out =
        json_pack("{s:o,s:b,s:s,s:s,s:o,s:o,s:i,s:o,s:o}", "dpid", nb_json_dpid(datapath_id(dp)),
                  "ready", datapath_is_ready(dp), "version", version_name(datapath_version(dp)),
                  "role", of_role_name(datapath_role(dp)), "peer", nb_json_text(datapath_peer(dp)),
                  "description", desc_json(datapath_desc(dp)), "n_tables", f->n_tables, "n_buffers",
                  nb_json_u64(f->n_buffers), "n_ports", nb_json_u64(n_ports));
    json_object_update_new(out, sizes);
    return out;
}

static void get_switches(struct nb_call *call)
{
    struct nb_page page = nb_page_begin(call);
    size_t n;
    struct datapath *const *all = datapath_all(call->ctl, &n);

    for (size_t i = 0; i < n; i++) {
        char key[17];

        snprintf(key, sizeof key, DPID_FMT, DPID_ARGS(datapath_id(all[i])));
        if (nb_page_wants(&page, key)) {
            json_array_append_new(page.list, switch_json(call->ctl, all[i]));
        }
    }
    nb_page_end(call, &page, "switches");
}

/* --- One switch ------------------------------------------------------------------------------- */

static const char *kind_name(enum port_kind kind)
{
    switch (kind) {
    case PORT_UNSETTLED:
        return "unsettled";
    case PORT_EDGE:
        return "edge";
    case PORT_LINK:
        return "link";
    case PORT_BACKUP:
        return "backup";
    case PORT_DEAD:
        return "down";
    }
    return "?";
}

static json_t *ports_json(const struct datapath *dp)
{
    json_t *list = json_array();
    size_t n;
    const struct dp_port *ports = datapath_ports(dp, &n);

    for (size_t i = 0; i < n; i++) {
        const struct of_port *p = &ports[i].desc;

        json_array_append_new(
            list,
            json_pack("{s:o,s:o,s:o,s:s,s:o,s:o,s:o}", "port", nb_json_port(p->port_no), "name",
                      nb_json_text(p->name), "mac", nb_json_eth(p->hw_addr), "kind",
                      kind_name(ports[i].kind), "config_bits", nb_json_u64(p->config), "state_bits",
                      nb_json_u64(p->state), "speed_kbps", nb_json_u64(p->curr_speed_kbps)));
    }
    return list;
}

/* Only tables that somebody has complained of: the core asks nobody about the others. */
static json_t *tables_json(const struct datapath *dp)
{
    json_t *list = json_array();

    for (unsigned i = 0; i < datapath_features(dp)->n_tables; i++) {
        struct table_pressure p = datapath_table_pressure(dp, (uint8_t)i);

        if (p.state == TABLE_OPEN) {
            continue;
        }
        json_array_append_new(list, json_pack("{s:i,s:s,s:i,s:o,s:o,s:o,s:o}", "table_id", i,
                                              "state", table_pressure_state_name(p.state), "level",
                                              p.level, "n_entries", nb_json_u64(p.n_entries),
                                              "capacity", nb_json_u64(p.capacity), "n_deferred",
                                              nb_json_u64(p.n_deferred), "n_evicted",
                                              nb_json_u64(p.n_evicted)));
    }
    return list;
}

static void get_switch(struct nb_call *call)
{
    const struct datapath *dp = nb_param_datapath(call, "dpid");
    json_t *out;

    if (nb_failed(call)) {
        return;
    }
    out = switch_json(call->ctl, dp);
    json_object_set_new(out, "ports", ports_json(dp));
    json_object_set_new(out, "tables_under_pressure", tables_json(dp));
    nb_ok(call, out);
}

const struct nb_route nb_switches_routes[] = {
    NB_ROW(NB_GET, "/v1/switches", NB_READ, get_switches,
           "The switches that are or were connected.", .query = "limit,after"),
    NB_ROW(NB_GET, "/v1/switches/{dpid}", NB_READ, get_switch,
           "One switch, with its ports and its tables under pressure."),
    {0},
};

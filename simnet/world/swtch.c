#include "simnet/world/swtch.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/base/alloc.h"
#include "simnet/world/swtch_impl.h"

enum { DEFAULT_GROUPS = 4096, DEFAULT_BUCKETS = 65536, DEFAULT_METERS = 4096 };

_Static_assert(sizeof(struct port) == CACHE_LINE, "a port is meant to be one line");
_Static_assert(offsetof(struct swtch, tables) == offsetof(struct swtch, sim) + 56,
               "a frame is meant to find all but the counters in one line");

static table_watch_fn on_table_change;

static struct table *new_table(struct swtch *sw, struct programs *programs, uint8_t table_id)
{
    char name[64];
    struct table_params params = {
        .sim = sw->sim,
        .programs = programs,
        .trace_id = sw->id << 8 | table_id,
        .max_entries = sw->params.max_entries,
        .law = sw->params.hold_law,
        .tcam = table_id == SWTCH_EMERGENCY_TABLE ? (struct tcam_params){0} : sw->params.hw.tcam,
        .watch = on_table_change,
        .watch_aux = sw,
    };

    if (params.tcam.n_slots) {
        params.max_entries = params.tcam.n_slots + params.tcam.software_entries;
    }
    if (params.law == HOLD_EXPONENTIAL || params.law == HOLD_PER_ENTRY) {
        snprintf(name, sizeof name, "switch %u table %u hold", sw->id, table_id);
        params.rng = sim_rng(sw->sim, name);
    }
    if (tcam_is_random(&params.tcam)) {
        snprintf(name, sizeof name, "switch %u table %u victims", sw->id, table_id);
        params.tcam_rng = sim_rng(sw->sim, name);
    }
    return table_new(&params);
}

static void init_groups(struct swtch *sw)
{
    const struct swtch_params *p = &sw->params;

    groups_init(&sw->groups, p->max_groups ? p->max_groups : DEFAULT_GROUPS,
                p->max_buckets ? p->max_buckets : DEFAULT_BUCKETS, swtch_group_port_live, sw);
}

/* Makes of the tables what they are before a controller has changed them. */
static void init_tables(struct swtch *sw)
{
    for (uint8_t t = 0; t < sw->params.n_tables; t++) {
        struct table_shape *shape = &sw->shapes[t];

        sw->vacancies[t] = (struct vacancy){0};
        table_set_eviction(sw->tables[t], false);
        table_set_max_entries(sw->tables[t], shape->most_entries);
        snprintf(shape->name, sizeof shape->name, "table %u", t);
    }
    sw->first_egress = 0;
}

struct swtch *swtch_new(struct sim *sim, struct programs *programs,
                        const struct swtch_params *params, uint32_t id)
{
    struct swtch *sw = xcalloc_lines(1, sizeof *sw + params->n_tables * sizeof sw->tables[0]);

    assert(params->n_buffers <= UINT16_MAX);
    assert(params->n_tables > 0 && params->n_tables <= OF_TABLE_MAX && params->versions);
    sw->sim = sim;
    sw->name = xstrdup(params->name);
    sw->params = *params;
    if (params->n_classes) {
        sw->params.classes = sw->classes =
            xmemdup(params->classes, params->n_classes * sizeof *params->classes);
    }
    if (params->n_queues) {
        sw->params.queues = sw->queues =
            xmemdup(params->queues, params->n_queues * sizeof *params->queues);
    }
    sw->id = id;
    sw->cur = swtch_add_controller(sw, NULL, NULL);
    init_groups(sw);
    meters_init(&sw->meters, params->max_meters ? params->max_meters : DEFAULT_METERS);
    sw->vacancies = xcalloc(params->n_tables, sizeof *sw->vacancies);
    sw->shapes = xcalloc(params->n_tables, sizeof *sw->shapes);
    for (uint8_t t = 0; t < params->n_tables; t++) {
        sw->tables[t] = new_table(sw, programs, t);
        sw->shapes[t].most_entries = table_max_entries(sw->tables[t]);
    }
    init_tables(sw);
    if (params->fail_mode == SWTCH_FAIL_EMERGENCY) {
        sw->emergency = new_table(sw, programs, SWTCH_EMERGENCY_TABLE);
    }
    swtch_cpu_start(sw);
    if (params->max_reassemblies) {
        sw->reassembly = reassembly_new(params->max_reassemblies);
    }
    sw->alone = true;
    return sw;
}

void swtch_free(struct swtch *sw)
{
    if (!sw) {
        return;
    }
    swtch_cpu_free(sw);
    for (uint8_t t = 0; t < sw->params.n_tables; t++) {
        table_free(sw->tables[t]);
    }
    free(sw->vacancies);
    free(sw->shapes);
    table_free(sw->emergency);
    swtch_buffers_free(sw);
    reassembly_free(sw->reassembly);
    swtch_normal_free(sw);
    groups_fini(&sw->groups);
    meters_fini(&sw->meters);
    for (uint32_t i = 0; i < sw->n_saved; i++) {
        buf_fini(&sw->saved[i].bytes);
    }
    free(sw->saved);
    swtch_free_conns(sw);
    swtch_sflow_free(sw->sflow);
    for (uint32_t p = 0; p < sw->n_ports; p++) {
        egress_free(sw->ports[p].egress);
        free(sw->ports[p].rest);
    }
    free(sw->ports);
    free(sw->queues);
    free(sw->classes);
    free(sw->name);
    arena_fini(&sw->arena);
    buf_fini(&sw->scratch);
    buf_fini(&sw->request);
    free(sw);
}

/* --- Reading --------------------------------------------------------------------------------- */

const char *swtch_name(const struct swtch *sw)
{
    return sw->name;
}

dpid_t swtch_dpid(const struct swtch *sw)
{
    return sw->params.dpid;
}

uint32_t swtch_id(const struct swtch *sw)
{
    return sw->id;
}

uint32_t swtch_n_ports(const struct swtch *sw)
{
    return sw->n_ports;
}

uint8_t swtch_n_tables(const struct swtch *sw)
{
    return sw->params.n_tables;
}

const struct swtch_stats *swtch_get_stats(const struct swtch *sw)
{
    return &sw->stats;
}

const struct table *swtch_table(const struct swtch *sw, uint8_t table_id)
{
    assert(table_id < sw->params.n_tables);
    return sw->tables[table_id];
}

/* --- Tables ---------------------------------------------------------------------------------- */

/* Before 1.4 what is not a time-out or a group's end is a deletion (1.4 §7.4.2), and 1.0 knows no groups. */
static enum of_flow_removed_reason known_reason(uint8_t version, enum of_flow_removed_reason reason)
{
    enum of_flow_removed_reason last = version == OF_VERSION_1_0  ? OF_REMOVED_DELETE
                                       : version < OF_VERSION_1_4 ? OF_REMOVED_GROUP_DELETE
                                                                  : OF_REMOVED_EVICTION;

    return reason > last ? OF_REMOVED_DELETE : reason;
}

static void send_flow_removed(struct swtch *sw, struct table *table, uint8_t table_id, uint32_t i,
                              enum of_flow_removed_reason reason)
{
    struct table_entry e = table_entry(table, i);
    int64_t age_ns = mono_diff_ns(sim_now(sw->sim), e.installed_at);
    struct of_msg msg = {
        .type = OF_FLOW_REMOVED,
        .flow_removed = {.cookie = e.cookie,
                         .priority = e.priority,
                         .reason = reason,
                         .table_id = table_id,
                         .duration_s = (uint32_t)(age_ns / NS_PER_S),
                         .duration_ns = (uint32_t)(age_ns % NS_PER_S),
                         .idle_timeout_s = e.idle_timeout_s,
                         .hard_timeout_s = e.hard_timeout_s,
                         .n_packets = e.n_packets,
                         .n_bytes = e.n_bytes},
    };

    table_entry_match(table, i, &msg.flow_removed.match);
    sw->stats.n_flow_removed++;
    for (struct swtch_conn *conn = sw->conns; conn; conn = conn->next) {
        msg.flow_removed.reason = known_reason(conn->version, reason);
        if (swtch_conn_wants(conn, conn->async.flow_removed, msg.flow_removed.reason)) {
            /* 1.0 does not tell the hard time-out. */
            msg.flow_removed.hard_timeout_s =
                conn->version == OF_VERSION_1_0 ? 0 : e.hard_timeout_s;
            swtch_send_to(conn, &msg);
        }
    }
}

static uint8_t table_id_of(const struct swtch *sw, const struct table *table)
{
    uint8_t t = 0;

    while (sw->tables[t] != table) {
        t++;
    }
    return t;
}

static void tell_controllers(struct swtch *sw, struct table *table, uint32_t entry,
                             enum table_change change)
{
    static const enum of_flow_removed_reason reasons[] = {
        [TABLE_IDLE] = OF_REMOVED_IDLE_TIMEOUT,
        [TABLE_HARD] = OF_REMOVED_HARD_TIMEOUT,
        [TABLE_DELETED] = OF_REMOVED_DELETE,
        [TABLE_GROUP_DELETED] = OF_REMOVED_GROUP_DELETE,
        [TABLE_METER_DELETED] = OF_REMOVED_METER_DELETE,
        [TABLE_EVICTED] = OF_REMOVED_EVICTION,
    };
    uint8_t table_id = table_id_of(sw, table);
    bool leaves = change != TABLE_ADDED && change != TABLE_MODIFIED;

    if (leaves && !sw->quiet && (table_entry(table, entry).flags & OF_FF_SEND_FLOW_REM)) {
        send_flow_removed(sw, table, table_id, entry, reasons[change]);
    }
    swtch_monitors_tell(sw, table_id, table, entry, change,
                        leaves ? reasons[change] : OF_REMOVED_IDLE_TIMEOUT);
    if (change != TABLE_MODIFIED) {
        swtch_table_changed(sw, table_id);
    }
}

/* Of emergency entries no controller is told (OF 1.0 §4.6). */
static void on_table_change(void *aux, struct table *table, uint32_t entry,
                            enum table_change change)
{
    struct swtch *sw = aux;

    if (table != sw->emergency) {
        tell_controllers(sw, table, entry, change);
    }
    if (sw->watch) {
        sw->watch(sw->watch_aux, table, entry, change);
    }
}

/* All normal entries go when emergency begins (OF 1.0 §4.3). */
void swtch_set_alone(struct swtch *sw, bool alone)
{
    static const struct of_flow_mod all = {
        .command = OF_FLOW_DELETE, .out_port = OF_PORT_ANY, .out_group = OF_GROUP_ANY};

    if (alone && !sw->alone && sw->emergency) {
        for (uint8_t t = 0; t < sw->params.n_tables; t++) {
            table_flow_mod(sw->tables[t], &all, NULL);
        }
    }
    sw->alone = alone;
}

static void clear_tables(struct swtch *sw)
{
    static const struct of_flow_mod all = {
        .command = OF_FLOW_DELETE, .out_port = OF_PORT_ANY, .out_group = OF_GROUP_ANY};

    sw->quiet = true;
    for (uint8_t t = 0; t < sw->params.n_tables; t++) {
        table_flow_mod(sw->tables[t], &all, NULL);
    }
    if (sw->emergency) {
        table_flow_mod(sw->emergency, &all, NULL);
    }
    sw->quiet = false;
}

void swtch_reset(struct swtch *sw)
{
    for (struct swtch_conn *conn = sw->conns; conn; conn = conn->next) {
        swtch_conn_disconnected(conn);
    }
    swtch_cpu_clear(sw);
    clear_tables(sw);
    init_tables(sw);
    groups_fini(&sw->groups);
    init_groups(sw);
    meters_fini(&sw->meters);
    meters_init(&sw->meters, sw->params.max_meters ? sw->params.max_meters : DEFAULT_METERS);
    swtch_buffers_free(sw);
    sw->buffers = NULL;
    swtch_normal_free(sw);
    sw->bridge = NULL;
    for (uint32_t p = 0; p < sw->n_ports; p++) {
        sw->ports[p].config = 0;
    }
    sw->has_generation = false;
    sw->frag_flags = 0;
    sw->alone = true;
}

void swtch_set_watch(struct swtch *sw, table_watch_fn *watch, void *aux)
{
    sw->watch = watch;
    sw->watch_aux = aux;
}

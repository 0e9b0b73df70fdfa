#include "tests/openflow/of_eq.h"

#include <string.h>

/* EQ(member) for structs 'a' and 'b' in scope. */
#define EQ(member) (a->member == b->member)
#define STR_EQ(member) (strcmp(a->member, b->member) == 0)

static bool data_eq(const void *a, size_t a_len, const void *b, size_t b_len)
{
    return a_len == b_len && (a_len == 0 || memcmp(a, b, a_len) == 0);
}

static bool bytes_eq(const struct of_bytes *a, const struct of_bytes *b)
{
    return data_eq(a->data, a->len, b->data, b->len);
}

static bool actions_eq(const struct of_actions *a, const struct of_actions *b)
{
    for (size_t i = 0; i < a->n && i < b->n; i++) {
        if (!of_action_eq(&a->list[i], &b->list[i])) {
            return false;
        }
    }
    return EQ(n);
}

static bool error_eq(const struct of_error *a, const struct of_error *b)
{
    return EQ(type) && EQ(code) && EQ(err) && EQ(experimenter) && bytes_eq(&a->data, &b->data);
}

static bool experimenter_eq(const struct of_experimenter *a, const struct of_experimenter *b)
{
    return EQ(experimenter) && EQ(exp_type) && bytes_eq(&a->data, &b->data);
}

static bool optical_eq(const struct of_port_optical *a, const struct of_port_optical *b)
{
    if (!a || !b) {
        return a == b;
    }
    return EQ(supported) && EQ(tx_min_freq) && EQ(tx_max_freq) && EQ(tx_grid_freq) &&
           EQ(rx_min_freq) && EQ(rx_max_freq) && EQ(rx_grid_freq) && EQ(tx_pwr_min) &&
           EQ(tx_pwr_max);
}

static bool port_eq(const struct of_port *a, const struct of_port *b)
{
    return EQ(port_no) && eth_addr_eq(a->hw_addr, b->hw_addr) && STR_EQ(name) && EQ(config) &&
           EQ(state) && EQ(curr) && EQ(advertised) && EQ(supported) && EQ(peer) &&
           EQ(curr_speed_kbps) && EQ(max_speed_kbps) && optical_eq(a->optical, b->optical);
}

static bool features_eq(const struct of_features *a, const struct of_features *b)
{
    for (size_t i = 0; i < a->n_ports && i < b->n_ports; i++) {
        if (!port_eq(&a->ports[i], &b->ports[i])) {
            return false;
        }
    }
    return EQ(dpid) && EQ(n_buffers) && EQ(n_tables) && EQ(auxiliary_id) && EQ(capabilities) &&
           EQ(actions) && EQ(n_ports);
}

static bool packet_in_eq(const struct of_packet_in *a, const struct of_packet_in *b)
{
    return EQ(buffer_id) && EQ(total_len) && EQ(reason) && EQ(table_id) && EQ(cookie) &&
           EQ(in_port) && of_match_eq(&a->match, &b->match) && bytes_eq(&a->data, &b->data);
}

static bool packet_out_eq(const struct of_packet_out *a, const struct of_packet_out *b)
{
    return EQ(buffer_id) && EQ(in_port) && of_match_eq(&a->match, &b->match) &&
           actions_eq(&a->actions, &b->actions) && bytes_eq(&a->data, &b->data);
}

static bool flow_mod_eq(const struct of_flow_mod *a, const struct of_flow_mod *b)
{
    return EQ(cookie) && EQ(cookie_mask) && EQ(table_id) && EQ(command) && EQ(idle_timeout_s) &&
           EQ(hard_timeout_s) && EQ(priority) && EQ(buffer_id) && EQ(out_port) && EQ(out_group) &&
           EQ(flags) && EQ(importance) && of_match_eq(&a->match, &b->match) &&
           of_instructions_eq(&a->ins, &b->ins);
}

static bool flow_removed_eq(const struct of_flow_removed *a, const struct of_flow_removed *b)
{
    return EQ(cookie) && EQ(priority) && EQ(reason) && EQ(table_id) && EQ(duration_s) &&
           EQ(duration_ns) && EQ(idle_timeout_s) && EQ(hard_timeout_s) && EQ(n_packets) &&
           EQ(n_bytes) && of_match_eq(&a->match, &b->match);
}

/* --- Multiparts --------------------------------------------------------------------------------- */

static bool filter_eq(const struct of_flow_filter *a, const struct of_flow_filter *b)
{
    return EQ(table_id) && EQ(out_port) && EQ(out_group) && EQ(cookie) && EQ(cookie_mask) &&
           of_match_eq(&a->match, &b->match);
}

static bool desc_eq(const struct of_desc *a, const struct of_desc *b)
{
    return STR_EQ(mfr_desc) && STR_EQ(hw_desc) && STR_EQ(sw_desc) && STR_EQ(serial_num) &&
           STR_EQ(dp_desc);
}

static bool flow_stats_eq(const struct of_flow_stats *a, const struct of_flow_stats *b)
{
    return EQ(table_id) && EQ(duration_s) && EQ(duration_ns) && EQ(priority) &&
           EQ(idle_timeout_s) && EQ(hard_timeout_s) && EQ(flags) && EQ(cookie) && EQ(n_packets) &&
           EQ(n_bytes) && EQ(importance) && EQ(reason) && of_match_eq(&a->match, &b->match) &&
           of_instructions_eq(&a->ins, &b->ins);
}

static bool table_stats_eq(const struct of_table_stats *a, const struct of_table_stats *b)
{
    return EQ(table_id) && EQ(n_active) && EQ(n_lookup) && EQ(n_matched) && STR_EQ(name) &&
           EQ(wildcards) && EQ(max_entries);
}

static bool optical_stats_eq(const struct of_port_optical_stats *a,
                             const struct of_port_optical_stats *b)
{
    if (!a || !b) {
        return a == b;
    }
    return EQ(flags) && EQ(tx_freq) && EQ(tx_offset) && EQ(tx_grid_span) && EQ(rx_freq) &&
           EQ(rx_offset) && EQ(rx_grid_span) && EQ(tx_pwr) && EQ(rx_pwr) && EQ(bias_current) &&
           EQ(temperature);
}

static bool port_stats_eq(const struct of_port_stats *a, const struct of_port_stats *b)
{
    return EQ(port_no) && EQ(rx_packets) && EQ(tx_packets) && EQ(rx_bytes) && EQ(tx_bytes) &&
           EQ(rx_dropped) && EQ(tx_dropped) && EQ(rx_errors) && EQ(tx_errors) && EQ(rx_frame_err) &&
           EQ(rx_over_err) && EQ(rx_crc_err) && EQ(collisions) && EQ(duration_s) &&
           EQ(duration_ns) && optical_stats_eq(a->optical, b->optical);
}

static bool prop_eq(const struct of_table_prop *a, const struct of_table_prop *b)
{
    return EQ(type) && EQ(instructions) && EQ(actions) && EQ(fields) && EQ(fields_masked) &&
           data_eq(a->next_tables, a->n_next_tables, b->next_tables, b->n_next_tables) &&
           EQ(n_packet_types) &&
           data_eq(a->packet_types, a->n_packet_types * sizeof *a->packet_types, b->packet_types,
                   b->n_packet_types * sizeof *b->packet_types) &&
           bytes_eq(&a->experimenter, &b->experimenter);
}

static bool table_features_eq(const struct of_table_features *a, const struct of_table_features *b)
{
    for (size_t i = 0; i < a->n_props && i < b->n_props; i++) {
        if (!prop_eq(&a->props[i], &b->props[i])) {
            return false;
        }
    }
    return EQ(table_id) && STR_EQ(name) && EQ(metadata_match) && EQ(metadata_write) && EQ(config) &&
           EQ(max_entries) && EQ(command) && EQ(features) && EQ(n_props);
}

/* --- Groups, meters, queues --------------------------------------------------------------------- */

/* LIST_EQ(list, n, fn): lists of 'n' elements of 'a' and of 'b', compared by 'fn'. */
#define LIST_EQ(list, n, fn)                                                                       \
    for (size_t i = 0; i < a->n && i < b->n; i++) {                                                \
        if (!fn(&a->list[i], &b->list[i])) {                                                       \
            return false;                                                                          \
        }                                                                                          \
    }

static bool mod_optical_eq(const struct of_port_mod_optical *a, const struct of_port_mod_optical *b)
{
    if (!a || !b) {
        return a == b;
    }
    return EQ(configure) && EQ(freq) && EQ(offset) && EQ(grid_span) && EQ(tx_pwr);
}

static bool port_mod_eq(const struct of_port_mod *a, const struct of_port_mod *b)
{
    return EQ(port_no) && eth_addr_eq(a->hw_addr, b->hw_addr) && EQ(config) && EQ(mask) &&
           EQ(advertise) && mod_optical_eq(a->optical, b->optical);
}

static bool bucket_eq(const struct of_bucket *a, const struct of_bucket *b)
{
    return EQ(bucket_id) && EQ(weight) && EQ(watch_port) && EQ(watch_group) &&
           actions_eq(&a->actions, &b->actions);
}

static bool group_mod_eq(const struct of_group_mod *a, const struct of_group_mod *b)
{
    LIST_EQ(buckets, n_buckets, bucket_eq)
    return EQ(command) && EQ(type) && EQ(group_id) && EQ(command_bucket_id) && EQ(n_buckets);
}

static bool group_desc_eq(const struct of_group_desc *a, const struct of_group_desc *b)
{
    LIST_EQ(buckets, n_buckets, bucket_eq)
    return EQ(type) && EQ(group_id) && EQ(n_buckets);
}

static bool counter_eq(const struct of_counter *a, const struct of_counter *b)
{
    return EQ(n_packets) && EQ(n_bytes);
}

static bool group_stats_eq(const struct of_group_stats *a, const struct of_group_stats *b)
{
    LIST_EQ(buckets, n_buckets, counter_eq)
    return EQ(group_id) && EQ(n_refs) && EQ(n_packets) && EQ(n_bytes) && EQ(duration_s) &&
           EQ(duration_ns) && EQ(n_buckets);
}

static bool group_features_eq(const struct of_group_features *a, const struct of_group_features *b)
{
    return EQ(types) && EQ(capabilities) &&
           memcmp(a->max_groups, b->max_groups, sizeof a->max_groups) == 0 &&
           memcmp(a->actions, b->actions, sizeof a->actions) == 0;
}

static bool band_eq(const struct of_meter_band *a, const struct of_meter_band *b)
{
    return EQ(type) && EQ(rate) && EQ(burst) && EQ(prec_level) && EQ(experimenter) &&
           bytes_eq(&a->data, &b->data);
}

static bool meter_eq(const struct of_meter *a, const struct of_meter *b)
{
    LIST_EQ(bands, n_bands, band_eq)
    return EQ(meter_id) && EQ(flags) && EQ(n_bands);
}

static bool meter_stats_eq(const struct of_meter_stats *a, const struct of_meter_stats *b)
{
    LIST_EQ(bands, n_bands, counter_eq)
    return EQ(meter_id) && EQ(n_flows) && EQ(n_packets) && EQ(n_bytes) && EQ(duration_s) &&
           EQ(duration_ns) && EQ(n_bands);
}

static bool meter_features_eq(const struct of_meter_features *a, const struct of_meter_features *b)
{
    return EQ(max_meters) && EQ(band_types) && EQ(capabilities) && EQ(max_bands) && EQ(max_color) &&
           EQ(features);
}

static bool queue_prop_eq(const struct of_queue_prop *a, const struct of_queue_prop *b)
{
    return EQ(type) && EQ(rate_permille) && EQ(experimenter) && bytes_eq(&a->data, &b->data);
}

static bool queue_eq(const struct of_queue *a, const struct of_queue *b)
{
    LIST_EQ(props, n_props, queue_prop_eq)
    return EQ(queue_id) && EQ(port_no) && EQ(n_props);
}

static bool queue_config_eq(const struct of_queue_config *a, const struct of_queue_config *b)
{
    LIST_EQ(queues, n_queues, queue_eq)
    return EQ(port_no) && EQ(n_queues);
}

static bool queue_stats_eq(const struct of_queue_stats *a, const struct of_queue_stats *b)
{
    return EQ(port_no) && EQ(queue_id) && EQ(tx_bytes) && EQ(tx_packets) && EQ(tx_errors) &&
           EQ(duration_s) && EQ(duration_ns);
}

/* --- Tables, monitors, bundles ------------------------------------------------------------------ */

static bool table_mod_eq(const struct of_table_mod *a, const struct of_table_mod *b)
{
    return EQ(table_id) && EQ(config) && EQ(has_eviction) && EQ(has_vacancy) && EQ(eviction) &&
           EQ(vacancy_down_percent) && EQ(vacancy_up_percent) && EQ(vacancy_percent);
}

static bool monitor_eq(const struct of_flow_monitor *a, const struct of_flow_monitor *b)
{
    return EQ(monitor_id) && EQ(command) && EQ(flags) && EQ(table_id) && EQ(out_port) &&
           EQ(out_group) && of_match_eq(&a->match, &b->match);
}

static bool update_eq(const struct of_flow_update *a, const struct of_flow_update *b)
{
    return EQ(event) && EQ(xid) && EQ(table_id) && EQ(reason) && EQ(idle_timeout_s) &&
           EQ(hard_timeout_s) && EQ(priority) && EQ(cookie) && of_match_eq(&a->match, &b->match) &&
           of_instructions_eq(&a->ins, &b->ins);
}

static bool bundle_control_eq(const struct of_bundle_control *a, const struct of_bundle_control *b)
{
    return EQ(bundle_id) && EQ(type) && EQ(flags) && EQ(at.s) && EQ(at.ns);
}

/* --- Controllers, scheduling -------------------------------------------------------------------- */

static bool controller_eq(const struct of_controller_status *a,
                          const struct of_controller_status *b)
{
    return EQ(short_id) && EQ(role) && EQ(reason) && EQ(channel_is_up) &&
           bytes_eq(&a->uri, &b->uri);
}

#define TIME_EQ(member) (EQ(member.s) && EQ(member.ns))

static bool bundle_features_eq(const struct of_bundle_features *a,
                               const struct of_bundle_features *b)
{
    return EQ(capabilities) && EQ(has_time) && TIME_EQ(accuracy) && TIME_EQ(max_future) &&
           TIME_EQ(max_past) && TIME_EQ(timestamp);
}

/* --- Requests and replies ------------------------------------------------------------------------ */

static bool request_eq(const struct of_multipart_request *a, const struct of_multipart_request *b)
{
    bool eq = EQ(type) && EQ(more);

    switch (a->type) {
    case OF_MP_FLOW:
    case OF_MP_FLOW_STATS:
    case OF_MP_AGGREGATE:
        return eq && filter_eq(&a->flow, &b->flow);
    case OF_MP_PORT_STATS:
        return eq && EQ(port_no);
    case OF_MP_TABLE_FEATURES:
        eq = eq && EQ(table_features.n);
        for (size_t i = 0; eq && i < a->table_features.n; i++) {
            eq = table_features_eq(&a->table_features.list[i], &b->table_features.list[i]);
        }
        return eq;
    case OF_MP_EXPERIMENTER:
        return eq && experimenter_eq(&a->experimenter, &b->experimenter);
    case OF_MP_FLOW_MONITOR:
        return eq && monitor_eq(&a->monitor, &b->monitor);
    case OF_MP_QUEUE_STATS:
    case OF_MP_QUEUE_DESC:
        return eq && EQ(queue.port_no) && EQ(queue.queue_id);
    case OF_MP_GROUP_STATS:
        return eq && EQ(group_id);
    case OF_MP_METER_STATS:
    case OF_MP_METER_CONFIG:
        return eq && EQ(meter_id);
    case OF_MP_DESC:
    case OF_MP_TABLE:
    case OF_MP_PORT_DESC:
    case OF_MP_GROUP_DESC:
    case OF_MP_GROUP_FEATURES:
    case OF_MP_METER_FEATURES:
    case OF_MP_TABLE_DESC:
    case OF_MP_CONTROLLER_STATUS:
    case OF_N_MP_TYPES:
        break;
    case OF_MP_BUNDLE_FEATURES:
        return eq && EQ(bundle_features.flags) && TIME_EQ(bundle_features.timestamp) &&
               TIME_EQ(bundle_features.max_future) && TIME_EQ(bundle_features.max_past);
    }
    return eq;
}

/* Before 1.5 these had nothing to ask for. */
static bool asked_eq(const struct of_multipart_request *a, const struct of_multipart_request *b)
{
    return (a->type != OF_MP_PORT_DESC || EQ(port_no)) &&
           (a->type != OF_MP_GROUP_DESC || EQ(group_id));
}

static bool element_eq(const struct of_multipart_reply *a, const struct of_multipart_reply *b,
                       size_t i)
{
    switch (a->type) {
    case OF_MP_FLOW:
    case OF_MP_FLOW_STATS:
        return flow_stats_eq(&a->flows[i], &b->flows[i]);
    case OF_MP_TABLE:
        return table_stats_eq(&a->tables[i], &b->tables[i]);
    case OF_MP_PORT_STATS:
        return port_stats_eq(&a->port_stats[i], &b->port_stats[i]);
    case OF_MP_TABLE_FEATURES:
        return table_features_eq(&a->table_features[i], &b->table_features[i]);
    case OF_MP_PORT_DESC:
        return port_eq(&a->ports[i], &b->ports[i]);
    case OF_MP_QUEUE_STATS:
        return queue_stats_eq(&a->queue_stats[i], &b->queue_stats[i]);
    case OF_MP_GROUP_STATS:
        return group_stats_eq(&a->group_stats[i], &b->group_stats[i]);
    case OF_MP_GROUP_DESC:
        return group_desc_eq(&a->group_descs[i], &b->group_descs[i]);
    case OF_MP_METER_STATS:
        return meter_stats_eq(&a->meter_stats[i], &b->meter_stats[i]);
    case OF_MP_METER_CONFIG:
        return meter_eq(&a->meters[i], &b->meters[i]);
    case OF_MP_TABLE_DESC:
        return table_mod_eq(&a->table_descs[i], &b->table_descs[i]);
    case OF_MP_QUEUE_DESC:
        return queue_eq(&a->queues[i], &b->queues[i]);
    case OF_MP_FLOW_MONITOR:
        return update_eq(&a->updates[i], &b->updates[i]);
    case OF_MP_DESC:
    case OF_MP_AGGREGATE:
    case OF_MP_EXPERIMENTER:
    case OF_MP_GROUP_FEATURES:
    case OF_MP_METER_FEATURES:
    case OF_MP_BUNDLE_FEATURES:
    case OF_N_MP_TYPES:
        break;
    case OF_MP_CONTROLLER_STATUS:
        return controller_eq(&a->controllers[i], &b->controllers[i]);
    }
    return false;
}

static bool reply_eq(const struct of_multipart_reply *a, const struct of_multipart_reply *b)
{
    bool eq = EQ(type) && EQ(more);

    if (a->type == OF_MP_DESC) {
        return eq && desc_eq(a->desc, b->desc);
    }
    if (a->type == OF_MP_AGGREGATE) {
        return eq && EQ(aggregate.n_packets) && EQ(aggregate.n_bytes) && EQ(aggregate.n_flows);
    }
    if (a->type == OF_MP_EXPERIMENTER) {
        return eq && experimenter_eq(&a->experimenter, &b->experimenter);
    }
    if (a->type == OF_MP_GROUP_FEATURES) {
        return eq && group_features_eq(&a->group_features, &b->group_features);
    }
    if (a->type == OF_MP_METER_FEATURES) {
        return eq && meter_features_eq(&a->meter_features, &b->meter_features);
    }
    if (a->type == OF_MP_BUNDLE_FEATURES) {
        return eq && bundle_features_eq(&a->bundle_features, &b->bundle_features);
    }
    eq = eq && EQ(n);
    for (size_t i = 0; eq && i < a->n; i++) {
        eq = element_eq(a, b, i);
    }
    return eq;
}

/* --- Messages --------------------------------------------------------------------------------- */

static bool body_eq(const struct of_msg *a, const struct of_msg *b)
{
    switch (a->type) {
    case OF_HELLO:
        return EQ(hello.versions);
    case OF_ERROR:
        return error_eq(&a->error, &b->error);
    case OF_ECHO_REQUEST:
    case OF_ECHO_REPLY:
        return bytes_eq(&a->echo, &b->echo);
    case OF_EXPERIMENTER:
        return experimenter_eq(&a->experimenter, &b->experimenter);
    case OF_FEATURES_REPLY:
        return features_eq(&a->features, &b->features);
    case OF_GET_CONFIG_REPLY:
    case OF_SET_CONFIG:
        return EQ(config.flags) && EQ(config.miss_send_len);
    case OF_PACKET_IN:
        return packet_in_eq(&a->packet_in, &b->packet_in);
    case OF_FLOW_REMOVED:
        return flow_removed_eq(&a->flow_removed, &b->flow_removed);
    case OF_PORT_STATUS:
        return EQ(port_status.reason) && port_eq(&a->port_status.port, &b->port_status.port);
    case OF_PACKET_OUT:
        return packet_out_eq(&a->packet_out, &b->packet_out);
    case OF_FLOW_MOD:
        return flow_mod_eq(&a->flow_mod, &b->flow_mod);
    case OF_TABLE_MOD:
        return table_mod_eq(&a->table_mod, &b->table_mod);
    case OF_MULTIPART_REQUEST:
        return request_eq(&a->mp_request, &b->mp_request) &&
               (a->version < OF_VERSION_1_5 || asked_eq(&a->mp_request, &b->mp_request));
    case OF_MULTIPART_REPLY:
        return reply_eq(&a->mp_reply, &b->mp_reply);
    case OF_ROLE_REQUEST:
    case OF_ROLE_REPLY:
        return EQ(role.role) && EQ(role.generation_id) && EQ(role.short_id);
    case OF_PORT_MOD:
        return port_mod_eq(&a->port_mod, &b->port_mod);
    case OF_GROUP_MOD:
        return group_mod_eq(&a->group_mod, &b->group_mod);
    case OF_METER_MOD:
        return EQ(meter_mod.command) && meter_eq(&a->meter_mod.meter, &b->meter_mod.meter);
    case OF_QUEUE_GET_CONFIG_REQUEST:
        return EQ(queue_port);
    case OF_QUEUE_GET_CONFIG_REPLY:
        return queue_config_eq(&a->queue_config, &b->queue_config);
    case OF_GET_ASYNC_REPLY:
    case OF_SET_ASYNC:
        return memcmp(&a->async, &b->async, sizeof a->async) == 0;
    case OF_ROLE_STATUS:
        return EQ(role_status.role) && EQ(role_status.reason) && EQ(role_status.generation_id);
    case OF_TABLE_STATUS:
        return EQ(table_status.reason) &&
               table_mod_eq(&a->table_status.table, &b->table_status.table);
    case OF_REQUESTFORWARD:
        return of_msg_eq(a->requestforward.request, b->requestforward.request);
    case OF_BUNDLE_CONTROL:
        return bundle_control_eq(&a->bundle_control, &b->bundle_control);
    case OF_BUNDLE_ADD_MESSAGE:
        return EQ(bundle_add.bundle_id) && EQ(bundle_add.flags) &&
               of_msg_eq(a->bundle_add.message, b->bundle_add.message);
    case OF_GET_ASYNC_REQUEST:
    case OF_FEATURES_REQUEST:
    case OF_GET_CONFIG_REQUEST:
    case OF_BARRIER_REQUEST:
    case OF_BARRIER_REPLY:
    case OF_N_TYPES:
        break;
    case OF_CONTROLLER_STATUS:
        return controller_eq(&a->controller_status, &b->controller_status);
    }
    return true;
}

bool of_msg_eq(const struct of_msg *a, const struct of_msg *b)
{
    return EQ(version) && EQ(type) && EQ(xid) && body_eq(a, b);
}

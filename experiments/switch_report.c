/* What tambo switch prints at the end. */
#include "experiments/switch_report.h"

#include <inttypes.h>
#include <stdio.h>

#include "experiments/json_out.h"

static void put_count(json_t *o, const char *key, uint64_t n)
{
    json_put(o, key, json_integer((json_int_t)n));
}

void switch_report_json(const struct switch_host_stats *s)
{
    json_t *o = json_object();

    json_put(o, "elapsed_s", json_number(s->elapsed_s));
    put_count(o, "switches", s->n_switches);
    put_count(o, "ready", s->n_ready);
    json_put(o, "all_ready_s", s->all_ready_s >= 0 ? json_number(s->all_ready_s) : json_null());
    put_count(o, "connections", s->n_connected);
    put_count(o, "attempts_failed", s->n_refused);
    put_count(o, "connections_lost", s->n_lost);
    put_count(o, "messages_in", s->n_in);
    put_count(o, "messages_out", s->n_out);
    put_count(o, "in_bytes", s->in_bytes);
    put_count(o, "out_bytes", s->out_bytes);
    put_count(o, "packet_ins", s->n_packet_ins);
    put_count(o, "packet_outs", s->n_packet_outs);
    put_count(o, "flow_mods", s->n_flow_mods);
    put_count(o, "errors", s->n_errors);
    put_count(o, "packet_ins_unsent", s->n_unsent);
    put_count(o, "port_rx_frames", s->n_port_rx);
    put_count(o, "port_tx_frames", s->n_port_tx);
    put_count(o, "port_drops", s->n_port_drops);
    put_count(o, "pings", s->n_pings);
    put_count(o, "pings_answered", s->n_pings_answered);
    put_count(o, "clock_fell_back", s->n_behind);
    json_put(o, "last_error", *s->last_error ? json_string(s->last_error) : json_null());
    json_print(o);
}

void switch_report_text(const struct switch_host_stats *s)
{
    printf("switches       %u of %u connected at the end, after %.1f s\n"
           "connections    %" PRIu64 " made, %" PRIu64 " lost, %" PRIu64 " attempts failed\n"
           "messages       %" PRIu64 " in, %" PRIu64 " out\n"
           "packets        %" PRIu64 " packet-ins, %" PRIu64 " packet-outs, %" PRIu64
           " flow-mods, %" PRIu64 " errors\n",
           s->n_ready, s->n_switches, s->elapsed_s, s->n_connected, s->n_lost, s->n_refused,
           s->n_in, s->n_out, s->n_packet_ins, s->n_packet_outs, s->n_flow_mods, s->n_errors);
    if (s->n_pings) {
        printf("pings          %" PRIu64 " sent, %" PRIu64 " answered\n", s->n_pings,
               s->n_pings_answered);
    }
    if (s->n_port_rx || s->n_port_tx || s->n_port_drops) {
        printf("ports          %" PRIu64 " frames in, %" PRIu64 " out, %" PRIu64 " dropped\n",
               s->n_port_rx, s->n_port_tx, s->n_port_drops);
    }
    if (*s->last_error) {
        printf("last failure   %s\n", s->last_error);
    }
}

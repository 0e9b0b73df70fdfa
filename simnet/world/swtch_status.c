/* What a switch of 1.5 tells of itself: its controllers (1.5 §7.3.5.20, §7.4.7), the statistics of entries that
 * watch themselves (§5.8, §7.2.5.7), and what bundles can do (§7.3.5.21). */
#include "simnet/world/swtch_impl.h"

/* --- Controllers ----------------------------------------------------------------------------- */

static struct of_controller_status describe(const struct swtch_conn *conn,
                                            enum of_controller_reason reason)
{
    return (struct of_controller_status){
        .short_id = conn->short_id,
        .role = conn->role,
        .reason = reason,
        .channel_is_up = swtch_conn_is_ready(conn),
    };
}

void swtch_stats_controllers(struct answer *a)
{
    struct swtch *sw = a->sw;
    struct of_controller_status *list;
    size_t n = 0;

    for (const struct swtch_conn *conn = sw->conns; conn; conn = conn->next) {
        n++;
    }
    a->msg.mp_reply.controllers = list = arena_calloc(&sw->arena, n, sizeof *list);
    for (const struct swtch_conn *conn = sw->conns; conn; conn = conn->next) {
        *list++ = describe(conn, OF_CSR_REQUEST);
    }
    swtch_stats_part(a, n, false);
}

void swtch_tell_controllers(const struct swtch_conn *about, enum of_controller_reason reason)
{
    struct swtch *sw = about->sw;
    struct of_msg msg = {.type = OF_CONTROLLER_STATUS,
                         .controller_status = describe(about, reason)};

    for (struct swtch_conn *conn = sw->conns; conn; conn = conn->next) {
        if (conn != about && conn->version >= OF_VERSION_1_5 &&
            swtch_conn_wants(conn, conn->async.controller_status, reason)) {
            swtch_send_to(conn, &msg);
        }
    }
}

/* --- Entries that watch themselves ----------------------------------------------------------- */

/* Whether a counter that has grown has come to the threshold, or to a multiple of it. */
static bool comes_to(uint64_t threshold, uint64_t before, uint64_t after, bool periodic)
{
    if (threshold == UINT64_MAX || !threshold) {
        return false;
    }
    return periodic ? before / threshold != after / threshold
                    : before < threshold && after >= threshold;
}

static bool is_triggered(const struct of_stat_trigger *t, const struct table_entry *e,
                         uint32_t n_bytes)
{
    bool periodic = t->flags & OF_STF_PERIODIC;
    uint64_t packets = e->n_packets - !(e->flags & OF_FF_NO_PKT_COUNTS);
    uint64_t bytes = e->n_bytes - (e->flags & OF_FF_NO_BYT_COUNTS ? 0 : n_bytes);

    if ((t->flags & OF_STF_ONLY_FIRST) && (packets >= t->n_packets || bytes >= t->n_bytes)) {
        return false;
    }
    return comes_to(t->n_packets, packets, e->n_packets, periodic) ||
           comes_to(t->n_bytes, bytes, e->n_bytes, periodic);
}

void swtch_trigger(struct swtch *sw, uint8_t table_id, uint32_t entry, uint32_t n_bytes)
{
    struct table_entry e = table_entry(sw->tables[table_id], entry);
    struct of_flow_stats stats;
    struct of_msg msg = {.type = OF_MULTIPART_REPLY,
                         .mp_reply = {.type = OF_MP_FLOW_STATS, .flows = &stats, .n = 1}};

    if (!is_triggered(e.program->ins.stat_trigger, &e, n_bytes)) {
        return;
    }
    swtch_stats_fill_flow(sw, table_id, entry, &stats);
    stats.reason = OF_FSR_STAT_TRIGGER;
    for (struct swtch_conn *conn = sw->conns; conn; conn = conn->next) {
        if (conn->version >= OF_VERSION_1_5 &&
            swtch_conn_wants(conn, conn->async.flow_stats, OF_FSR_STAT_TRIGGER)) {
            swtch_send_to(conn, &msg);
        }
    }
}

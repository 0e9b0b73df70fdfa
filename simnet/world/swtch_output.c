/* Where frames leave the switch: ports, and the controller (OF 1.3.5 §4.5, §5.12, §6.1.2). */
#include "simnet/world/swtch_pass.h"

/* --- To the controller ----------------------------------------------------------------------- */

/* Before 1.4 whatever an action sends is called an action's (1.4 §7.4.1). */
static enum of_packet_in_reason known_reason(uint8_t version, enum of_packet_in_reason reason)
{
    return version < OF_VERSION_1_4 && reason > OF_REASON_INVALID_TTL ? OF_REASON_ACTION : reason;
}

/* Of a frame in a message, behind a header of 24 bytes, a match of 40 at most and 2 of padding. */
#define MOST_BYTES ((size_t)UINT16_MAX - 66)

/* The packet-in as 'conn' gets it, with the first 'len' bytes of the frame, which is where it is. */
static void fill(const struct pass *pass, const struct swtch_conn *conn, size_t len,
                 struct of_packet_in *in)
{
    bool is13 = conn->version != OF_VERSION_1_0;

    in->total_len = (uint16_t)pass->frame.buf->len;
    in->table_id = is13 ? pass->table_id : 0;
    in->cookie = is13 ? pass->cookie : UINT64_MAX;
    in->in_port = pass->in_port;
    of_match_clear(&in->match);
    OF_MATCH_SET(&in->match, IN_PORT, in_port, pass->in_port);
    if (is13 && pass->metadata) {
        OF_MATCH_SET(&in->match, METADATA, metadata, pass->metadata);
    }
    if (is13 && pass->tunnel_id) {
        OF_MATCH_SET(&in->match, TUNNEL_ID, tunnel_id, pass->tunnel_id);
    }
    in->data = (struct of_bytes){pass->frame.buf->data, len < MOST_BYTES ? len : MOST_BYTES};
}

static void packet_in_to(const struct pass *pass, struct swtch_conn *conn,
                         enum of_packet_in_reason reason, uint32_t max_len, uint32_t *buffer_id)
{
    struct of_msg msg = {.type = OF_PACKET_IN, .packet_in = {.reason = reason}};
    size_t len = pass->frame.buf->len;

    max_len = max_len == PASS_MISS_SEND_LEN ? conn->miss_send_len : max_len;
    msg.packet_in.buffer_id = OF_NO_BUFFER;
    if (max_len != OF_CML_NO_BUFFER) {
        if (*buffer_id == OF_NO_BUFFER) {
            *buffer_id = swtch_buffer_put(pass->sw, pass->in_port, pass->frame.buf);
        }
        msg.packet_in.buffer_id = *buffer_id;
        len = *buffer_id != OF_NO_BUFFER && max_len < len ? max_len : len;
    }
    fill(pass, conn, len, &msg.packet_in);
    pass->sw->stats.n_packet_ins++;
    swtch_cpu_packet_in(conn, &msg);
}

/* OFPPC_NO_PACKET_IN is about frames that miss the table (§7.2.1), not about what an entry says. */
static bool is_unwanted_miss(const struct pass *pass)
{
    const struct port *port = swtch_port(pass->sw, pass->in_port);

    return (pass->is_miss || pass->is_miss_entry) && port && (port->config & OF_PC_NO_PACKET_IN);
}

void pass_packet_in(struct pass *pass, enum of_packet_in_reason reason, uint32_t max_len)
{
    struct swtch *sw = pass->sw;
    uint32_t buffer_id = OF_NO_BUFFER;

    if (is_unwanted_miss(pass) || swtch_meter_drops_packet_in(sw, pass->frame.buf)) {
        return;
    }
    if (!swtch_cpu_has_room_for_packet_in(sw)) {
        sw->stats.n_packet_in_drops++;
        return;
    }
    for (struct swtch_conn *conn = sw->conns; conn; conn = conn->next) {
        enum of_packet_in_reason as = known_reason(conn->version, reason);

        if (swtch_conn_wants(conn, conn->async.packet_in, as) &&
            (!pass->is_miss || conn->version == OF_VERSION_1_0)) {
            packet_in_to(pass, conn, as, max_len, &buffer_id);
        }
    }
}

/* --- Output ---------------------------------------------------------------------------------- */

static void send_to(struct pass *pass, port_no_t port_no)
{
    struct port *port = swtch_port(pass->sw, port_no);
    const struct buf *frame = pass->frame.buf;

    if (!port) {
        return;
    }
    if (pass->sw->first_egress && !pass->is_leaving) {
        pass_run_egress(pass, port_no);
        return;
    }
    if (port->egress && !(port->config & (OF_PC_PORT_DOWN | OF_PC_NO_FWD))) {
        uint32_t queue_id =
            pass->queue_id == OF_QUEUE_ALL ? swtch_queue_of_class(pass->sw, frame) : pass->queue_id;

        egress_send(port->egress, queue_id, frame->data, frame->len);
    } else if (!(port->config & (OF_PC_PORT_DOWN | OF_PC_NO_FWD)) &&
               wire_send_parsed(port->wire, port->side, &pass->frame)) {
        port->tx_packets++;
        port->tx_bytes += frame->len;
    } else {
        port->rest->tx_dropped++;
    }
}

/* All ports but the one that the frame came from, and those that have a bit of 'without'. */
static void flood(struct pass *pass, uint32_t without)
{
    for (port_no_t p = 1; p <= pass->sw->n_ports; p++) {
        if (p != pass->in_port && !(pass->sw->ports[p - 1].config & without)) {
            send_to(pass, p);
        }
    }
}

/* A packet-out's frame goes through the tables as one that has come in (§7.3.7); what follows in the
 * list goes on with it as it was. */
static void to_tables(struct pass *pass)
{
    struct pass before;

    if (pass->from_out) {
        pass_save(pass);
        before = *pass;
        pass->from_out = false;
        pass_run_tables(pass);
        before.n_steps = pass->n_steps;
        *pass = before;
        pass_restore(pass);
    }
}

/* A frame never leaves by the port it came from unless OFPP_IN_PORT says so (§5.12). */
void pass_output(struct pass *pass, port_no_t port, uint16_t max_len)
{
    switch (port) {
    case OF_PORT_IN_PORT:
        send_to(pass, pass->in_port);
        return;
    case OF_PORT_ALL:
        flood(pass, 0);
        return;
    case OF_PORT_FLOOD:
        flood(pass, OF_PC_NO_FLOOD);
        return;
    case OF_PORT_CONTROLLER:
        pass_packet_in(pass, pass->reason, max_len);
        return;
    case OF_PORT_NORMAL:
        pass_normal(pass);
        return;
    case OF_PORT_TABLE:
        to_tables(pass);
        return;
    default:
        if (port != pass->in_port || pass->is_leaving) {
            send_to(pass, port); /* Of what leaves it has been decided. */
        }
        return;
    }
}

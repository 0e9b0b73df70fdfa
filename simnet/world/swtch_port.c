/* The ports of the switch: what they are, what they may do, and who is told of it (OF 1.3.5 §7.2.1,
 * §7.3.4.3, §7.4.3). */
#include <stdio.h>

#include "controller/base/alloc.h"
#include "simnet/world/swtch_impl.h"

struct port *swtch_port(const struct swtch *sw, port_no_t port_no)
{
    return port_no >= 1 && port_no <= sw->n_ports ? &sw->ports[port_no - 1] : NULL;
}

static void on_frame(void *node, uint32_t port, struct buf *frame, const struct pkt *parsed)
{
    swtch_receive_parsed(node, port, frame, parsed);
}

/* What watches the port, and the controller, are told. */
static void port_changed(struct swtch *sw, port_no_t port_no, enum of_port_reason reason)
{
    struct of_msg msg = {.type = OF_PORT_STATUS, .port_status = {.reason = reason}};

    groups_touch(&sw->groups);
    swtch_describe_port(sw, port_no, &msg.port_status.port);
    for (struct swtch_conn *conn = sw->conns; conn; conn = conn->next) {
        if (swtch_conn_wants(conn, conn->async.port_status, reason)) {
            swtch_send_to(conn, &msg);
        }
    }
}

static void on_port_status(void *node, uint32_t port, bool up)
{
    struct swtch *sw = node;

    (void)up;
    port_changed(sw, port, OF_PORT_MODIFY);
}

port_no_t swtch_add_port(struct swtch *sw, struct wire *wire, unsigned side,
                         struct eth_addr hw_addr)
{
    struct port_rest *rest = xcalloc(1, sizeof *rest);

    rest->hw_addr = hw_addr;
    rest->added_at = sim_now(sw->sim);
    sw->ports = xgrow_lines(sw->ports, sw->n_ports, sw->n_ports + 1, sizeof *sw->ports);
    sw->ports[sw->n_ports] = (struct port){.wire = wire, .side = side, .rest = rest};
    sw->n_ports++;
    wire_attach(wire, side, sw, sw->n_ports, on_frame, on_port_status);
    if (sw->params.n_queues) {
        swtch_set_queues(sw, sw->n_ports, sw->params.queues, sw->params.n_queues);
    }
    port_changed(sw, sw->n_ports, OF_PORT_ADD);
    return sw->n_ports;
}

/* A port that is infinitely fast is called one of the fastest that every version knows. */
static uint32_t speed_feature(int64_t rate_bps)
{
    static const struct {
        int64_t mbps;
        uint32_t bits;
    } rates[] = {
        {0, OF_PF_10GB_FD | OF_PF_FIBER},      {10, OF_PF_10MB_FD},
        {100, OF_PF_100MB_FD},                 {1000, OF_PF_1GB_FD},
        {10000, OF_PF_10GB_FD},                {40000, OF_PF_40GB_FD | OF_PF_FIBER},
        {100000, OF_PF_100GB_FD | OF_PF_FIBER}, {1000000, OF_PF_1TB_FD | OF_PF_FIBER},
    };

    for (size_t i = 0; i < sizeof rates / sizeof rates[0]; i++) {
        if (rate_bps == rates[i].mbps * 1000000) {
            return rates[i].bits;
        }
    }
    return OF_PF_OTHER;
}

void swtch_describe_port(const struct swtch *sw, port_no_t port_no, struct of_port *out)
{
    const struct port *port = swtch_port(sw, port_no);
    int64_t rate_bps = wire_get_params(port->wire)->rate_bps;

    *out = (struct of_port){.port_no = port_no, .hw_addr = port->rest->hw_addr};
    snprintf(out->name, sizeof out->name, "%.10s-%u", sw->name, port_no % 10000);
    out->config = port->config;
    out->state = wire_is_up(port->wire) ? 0 : OF_PS_LINK_DOWN;
    out->state |= swtch_group_port_live(sw, port_no) ? OF_PS_LIVE : 0;
    out->curr = out->supported = speed_feature(rate_bps);
    out->curr_speed_kbps = out->max_speed_kbps = (uint32_t)((uint64_t)rate_bps / 1000);
}

/* --- Port-mods ------------------------------------------------------------------------------- */

/* 1.3 knows nothing of flooding and of spanning tree. That is not ours (OF 1.0 §5.2.1 leaves it to the
 * switch), so NO_STP is kept and changes nothing. */
static uint32_t known_config(const struct swtch *sw)
{
    uint32_t known = OF_PC_PORT_DOWN | OF_PC_NO_RECV | OF_PC_NO_FWD | OF_PC_NO_PACKET_IN;
    uint32_t only_1_0 = OF_PC_NO_FLOOD | OF_PC_NO_STP | OF_PC_NO_RECV_STP;

    return sw->cur->version == OF_VERSION_1_0 ? known | only_1_0 : known;
}

/* NO_RECV spares frames of spanning tree in 1.0, which has NO_RECV_STP for them, and nothing later. */
static uint32_t with_stp(const struct swtch *sw, uint32_t config)
{
    bool both = sw->cur->version != OF_VERSION_1_0 && (config & OF_PC_NO_RECV);

    return both ? config | OF_PC_NO_RECV_STP : config;
}

/* What a port is to do is taken; what it is to advertise is refused, for its speed is fixed (§7.3.4.3). */
enum of_err swtch_port_mod(struct swtch *sw, const struct of_port_mod *pm)
{
    struct port *port = swtch_port(sw, pm->port_no);
    uint32_t config, mask = with_stp(sw, pm->mask);

    if (!port) {
        return OF_ERR_PORT_BAD_PORT;
    }
    if (!eth_addr_eq(pm->hw_addr, port->rest->hw_addr)) {
        return OF_ERR_PORT_BAD_HW_ADDR;
    }
    if (pm->mask & ~known_config(sw)) {
        return OF_ERR_PORT_BAD_CONFIG;
    }
    if (pm->advertise) {
        return OF_ERR_PORT_BAD_ADVERTISE;
    }
    config = (port->config & ~mask) | (with_stp(sw, pm->config) & mask);
    if (config != port->config) {
        port->config = config;
        port_changed(sw, pm->port_no, OF_PORT_MODIFY);
    }
    return OF_OK;
}

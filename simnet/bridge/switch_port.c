/* Ports that lead outside: their numbers, their wires and what is counted. */
#include "simnet/bridge/switch_port.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/base/alloc.h"

enum { MIN_FRAME = 14, WIRE_ID = 1 << 24 };

#define RATE_BPS INT64_C(10000000000)
#define QUEUE_BYTES (1U << 20)

static const struct switch_port_backend *const backends[] = {
    [SWITCH_EDGE_UNIX] = &switch_port_unix,
    [SWITCH_EDGE_TAP] = &switch_port_tap,
    [SWITCH_EDGE_INTERFACE] = &switch_port_interface,
};

void switch_port_receive(struct switch_port *port, const uint8_t *frame, size_t len)
{
    if (len >= MIN_FRAME && wire_send(port->wire, 0, frame, len)) {
        port->host->stats.n_port_rx++;
    } else {
        port->host->stats.n_port_drops++;
    }
}

static void on_frame(void *node, uint32_t port_no, struct buf *frame, const struct pkt *parsed)
{
    struct switch_port *port = node;

    (void)parsed;
    (void)port_no;
    if (port->fd < 0) {
        port->host->stats.n_port_drops++;
    } else {
        port->backend->send(port, frame);
    }
}

/* --- Numbers ---------------------------------------------------------------------------------- */

static struct swtch *find_switch(const struct switch_host *host, dpid_t dpid)
{
    for (uint32_t i = 0; i < world_n_switches(host->world); i++) {
        if (swtch_dpid(world_switch(host->world, i)) == dpid) {
            return world_switch(host->world, i);
        }
    }
    return NULL;
}

/* The switch's next port; 'edge' is NULL when nothing will ever be there. */
static struct switch_port *add_port(struct switch_host *host, struct swtch *sw,
                                    const struct switch_edge *edge)
{
    struct wire_params params = {
        .rate_bps = RATE_BPS, .delay_ns = NS_PER_US, .queue_bytes = QUEUE_BYTES};
    struct switch_port *port = xcalloc(1, sizeof *port);
    port_no_t number = swtch_n_ports(sw) + 1;

    *port = (struct switch_port){.host = host, .edge = edge, .fd = -1, .listener = -1};
    host->ports = xreallocarray(host->ports, host->n_ports + 1, sizeof(struct switch_port *));
    port->wire = wire_new(host->sim, &host->pool, &params, WIRE_ID + (uint32_t)host->n_ports);
    host->ports[host->n_ports++] = port;
    wire_set_up(port->wire, false);
    wire_attach(port->wire, 0, port, number, on_frame, NULL);
    swtch_add_port(
        sw, port->wire, 1,
        eth_addr_from_u64(UINT64_C(0x060000000000) | (uint64_t)swtch_id(sw) << 16 | number));
    return port;
}

static enum err open_port(struct switch_host *host, const struct switch_edge *edge, char *error,
                          size_t size)
{
    struct swtch *sw = find_switch(host, edge->dpid);
    struct switch_port *port;
    char why[200];

    if (!sw) {
        snprintf(error, size, "--port %" PRIu64 ":%" PRIu32 ": no switch has this datapath id",
                 edge->dpid, edge->port_no);
        return ERR_SYNTAX;
    }
    if (edge->port_no <= swtch_n_ports(sw)) {
        snprintf(error, size,
                 "--port %" PRIu64 ":%" PRIu32
                 ": the number is taken; the next free one is %" PRIu32,
                 edge->dpid, edge->port_no, swtch_n_ports(sw) + 1);
        return ERR_SYNTAX;
    }
    while (swtch_n_ports(sw) + 1 < edge->port_no) {
        add_port(host, sw, NULL);
    }
    port = add_port(host, sw, edge);
    port->backend = backends[edge->kind];
    if (!port->backend->open(port, why, sizeof why)) {
        snprintf(error, size, "--port %" PRIu64 ":%" PRIu32 " %.150s: %s", edge->dpid,
                 edge->port_no, edge->name, why);
        return ERR_SYNTAX;
    }
    return ERR_OK;
}

static int by_number(const void *a, const void *b)
{
    const struct switch_edge *x = *(const struct switch_edge *const *)a;
    const struct switch_edge *y = *(const struct switch_edge *const *)b;

    if (x->dpid != y->dpid) {
        return x->dpid < y->dpid ? -1 : 1;
    }
    return x->port_no < y->port_no ? -1 : x->port_no > y->port_no;
}

enum err switch_ports_open(struct switch_host *host, char *error, size_t size)
{
    size_t n = host->params->n_edges;
    const struct switch_edge **sorted = xcalloc(n + 1, sizeof(struct switch_edge *));
    enum err err = ERR_OK;

    for (size_t i = 0; i < n; i++) {
        sorted[i] = &host->params->edges[i];
    }
    qsort(sorted, n, sizeof(struct switch_edge *), by_number);
    for (size_t i = 0; i < n && err == ERR_OK; i++) {
        err = open_port(host, sorted[i], error, size);
    }
    free(sorted);
    return err;
}

void switch_ports_look(struct switch_host *host)
{
    for (size_t i = 0; i < host->n_ports; i++) {
        const struct switch_port *port = host->ports[i];

        if (port->backend && port->backend->is_up &&
            port->backend->is_up(port) != wire_is_up(port->wire)) {
            switch_host_wake(host);
            wire_set_up(port->wire, !wire_is_up(port->wire));
        }
    }
}

void switch_ports_close(struct switch_host *host)
{
    for (size_t i = 0; i < host->n_ports; i++) {
        struct switch_port *port = host->ports[i];

        if (port->backend) {
            port->backend->close(port);
        }
        buf_fini(&port->rx);
        buf_fini(&port->tx);
        wire_free(port->wire);
        free(port);
    }
    free(host->ports);
}

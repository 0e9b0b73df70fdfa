/* Ports through which frames enter and leave the world of a switch_host. Private to its files.
 *
 * A port is one end of a wire whose other end, side 0, is here; the way out is a backend, which
 * moves frames to and from a file descriptor. Without anybody there the wire is down. */
#ifndef TAMBO_BRIDGE_SWITCH_PORT_H
#define TAMBO_BRIDGE_SWITCH_PORT_H

#include "simnet/bridge/switch_impl.h"

struct switch_port;

/* How frames get out and in. */
struct switch_port_backend {
    /* Opens port->edge->name. False, and 'error' says why. */
    bool (*open)(struct switch_port *port, char *error, size_t size);
    /* A frame has come out; it is lost when it cannot be taken. It must not change the wire. */
    void (*send)(struct switch_port *port, const struct buf *frame);
    void (*close)(struct switch_port *port);
    /* Whether there is a line behind it, which nobody tells; NULL: that is told in time. */
    bool (*is_up)(const struct switch_port *port);
};

struct switch_port {
    struct switch_host *host;
    const struct switch_edge *edge; /* NULL: a number that is passed over. */
    const struct switch_port_backend *backend;
    struct wire *wire;
    int fd;       /* -1: nobody is there. */
    int listener; /* Of a Unix socket. */
    struct event readable, writable, acceptable;
    struct buf rx, tx;
    unsigned vnet_len; /* Bytes before each frame (virtio_net.h); 0: none. */
};

extern const struct switch_port_backend switch_port_unix, switch_port_tap, switch_port_interface;

/* Adds the ports of host->params->edges to their switches and opens them. ERR_SYNTAX, and
 * 'error' says which cannot be had and why. */
enum err switch_ports_open(struct switch_host *host, char *error, size_t size);
void switch_ports_close(struct switch_host *host);

/* Looks which lines have gone or come back. */
void switch_ports_look(struct switch_host *host);

/* A frame has come from outside. What no switch can take is counted and dropped. */
void switch_port_receive(struct switch_port *port, const uint8_t *frame, size_t len);

#endif

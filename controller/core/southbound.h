/* The one place where the two worlds meet: how the core reaches its switches.
 *
 * Whoever drives the core fills in a 'struct southbound'. controller/live does it with sockets,
 * simnet/ctlchan with a simulated channel; the core cannot tell them apart. What a driver promises:
 *
 *   - messages on one connection arrive in the order of the calls;
 *   - send() and close() never call back into the core before they return;
 *   - 'msg' is borrowed: the driver encodes or copies what it keeps;
 *   - after close() no message of that connection is given to ctl_input() any more, and the driver
 *     calls ctl_disconnected() exactly once, later, from its own loop;
 *   - ctl_run() is called whenever the clock has reached ctl_next_deadline(). */
#ifndef TAMBO_CORE_SOUTHBOUND_H
#define TAMBO_CORE_SOUTHBOUND_H

#include <stddef.h>

#include "controller/base/err.h"
#include "controller/openflow/of_msg.h"

struct southbound {
    void *aux; /* Given back to each function. */

    /* Sends 'msg' on 'conn' (the pointer that was given to ctl_connected()).
     *   ERR_FULL    the send queue is at its limit; nothing was queued
     *   ERR_CLOSED  the connection is closing
     *   others      the message cannot be encoded (our bug or an unsupported request) */
    enum err (*send)(void *aux, void *conn, const struct of_msg *msg);

    /* Closes 'conn' once everything sent before has left. */
    void (*close)(void *aux, void *conn);

    /* Bytes that may still be queued on 'conn' before send() refuses. */
    size_t (*tx_room)(void *aux, void *conn);
};

#endif

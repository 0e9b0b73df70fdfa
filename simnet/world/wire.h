/* Links: full duplex, each direction with a rate, a propagation delay, a loss probability and a
 * queue limited in bytes.
 *
 * A frame's last bit leaves when everything before it has left and its own bytes have been clocked
 * out; it arrives one delay later. Nanoseconds are integers, and what a frame's transmission time
 * has beyond whole nanoseconds is carried over to the next frame of the same busy period, so a
 * saturated link carries exactly its rate. */
#ifndef TAMBO_WORLD_WIRE_H
#define TAMBO_WORLD_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "controller/base/buf.h"
#include "simnet/des/sim.h"
#include "simnet/world/frame.h"

struct wire; /* ("struct link" is the controller's word for what it has discovered.) */

struct wire_params {
    int64_t rate_bps;     /* 0: infinitely fast. */
    int64_t delay_ns;     /* Propagation. */
    double loss_frac;     /* Of frames, independent. */
    uint32_t queue_bytes; /* Frames not yet sent beyond this many bytes are dropped; 0: no limit. */
};

/* A frame has arrived at 'port' of 'node'. It is borrowed, and the receiver may change it. */
typedef void wire_recv_fn(void *node, uint32_t port, struct buf *frame);

/* The link at 'port' of 'node' has gone up or down. */
typedef void wire_status_fn(void *node, uint32_t port, bool up);

struct wire_stats {
    uint64_t n_sent, sent_bytes; /* Taken for transmission. */
    uint64_t n_delivered, delivered_bytes;
    uint64_t n_overflow; /* Found the queue full. */
    uint64_t n_lost;     /* By the loss probability, or on the way when the link went down. */
    uint64_t n_down;     /* Offered while the link was down. */
};

/* A link between side 0 and side 1, up, with nothing attached. 'id' names it in the trace and
 * numbers its random stream. */
struct wire *wire_new(struct sim *sim, struct frame_pool *pool, const struct wire_params *params,
                      uint32_t id);
void wire_free(struct wire *wire);

void wire_attach(struct wire *wire, unsigned side, void *node, uint32_t port, wire_recv_fn *recv,
                 wire_status_fn *status);

/* Sends a copy of the frame from 'side' to the other. False when it was dropped at once. */
bool wire_send(struct wire *wire, unsigned side, const uint8_t *data, size_t len);

/* When the last bit of what has been sent from 'side' has left, or earlier: a frame can be clocked out at
 * once. */
mono_t wire_free_at(const struct wire *wire, unsigned side);

/* Takes the link down (what is on the way is lost) or up again, and tells both ends. */
void wire_set_up(struct wire *wire, bool up);
bool wire_is_up(const struct wire *wire);

const struct wire_params *wire_get_params(const struct wire *wire);

/* Of the direction that starts at 'side'. */
const struct wire_stats *wire_get_stats(const struct wire *wire, unsigned side);

#endif

/* Links: full duplex, each direction with a rate, a propagation delay, a law of loss and a queue limited in
 * bytes and in frames.
 *
 * A frame's last bit leaves when everything before it has left and its own bytes have been clocked
 * out; it arrives one delay later. Nanoseconds are integers, and what a frame's transmission time
 * has beyond whole nanoseconds is carried over to the next frame of the same busy period, so a
 * saturated link carries exactly its rate. What waits includes the frame that is being clocked out.
 *
 * Losses are independent, or come in bursts (E. N. Gilbert 1960, E. O. Elliott 1963): a direction is in a good
 * or a bad state, which changes from one frame to the next.
 *
 * Besides frames a link carries cargo: bytes of somebody who only wants to know when they are there, such as
 * messages of a control channel in the band. They wait in the same queue. */
#ifndef TAMBO_WORLD_WIRE_H
#define TAMBO_WORLD_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "controller/base/buf.h"
#include "controller/packet/pkt_edit.h"
#include "simnet/des/sim.h"
#include "simnet/world/frame.h"

struct wire; /* ("struct link" is the controller's word for what it has discovered.) */

/* Bursts of losses, by frame; enter_frac 0: there are none. */
struct wire_burst {
    double enter_frac; /* From the good state to the bad one. */
    double leave_frac; /* And back: a bad state lasts for 1/leave_frac frames on average. */
    double loss_frac;  /* Of frames in the bad state. */
};

struct wire_params {
    int64_t rate_bps;     /* 0: infinitely fast. */
    int64_t delay_ns;     /* Propagation. */
    double loss_frac;     /* Of frames, independent; with bursts of those in the good state. */
    uint32_t queue_bytes; /* Frames not yet sent beyond this many bytes are dropped; 0: no limit. */
    uint32_t queue_packets; /* The same, in frames. */
    struct wire_burst burst;
};

/* The share of frames that is lost in the long run. */
double wire_mean_loss(const struct wire_params *params);

/* A frame has arrived at 'port' of 'node'. It is borrowed, and the receiver may change it. 'parsed' is what the
 * parser says of it, or NULL when it has not been asked. */
typedef void wire_recv_fn(void *node, uint32_t port, struct buf *frame, const struct pkt *parsed);

/* The link at 'port' of 'node' has gone up or down. */
typedef void wire_status_fn(void *node, uint32_t port, bool up);

/* Frames and cargo alike, since the start or the last wire_reset_stats(). */
struct wire_stats {
    uint64_t n_sent, sent_bytes; /* Taken for transmission. */
    uint64_t n_delivered, delivered_bytes;
    int64_t wait_ns; /* What those sent waited for those before them: the sum. */
    uint64_t max_waiting_bytes;
    uint64_t n_overflow;           /* Found the queue full. */
    uint64_t n_lost;               /* By the law of loss. */
    uint64_t n_cut;                /* On the way when the link went down, or broken on this side. */
    uint64_t n_down;               /* Offered while the link was down. */
    uint64_t n_cargo, cargo_bytes; /* Of those sent. */
    uint64_t cargo_peak_bytes;     /* Most cargo in one second, which begin at whole ones. */
};

/* A link between side 0 and side 1, up, with nothing attached. 'id' names it in the trace and
 * numbers its random stream. */
struct wire *wire_new(struct sim *sim, struct frame_pool *pool, const struct wire_params *params,
                      uint32_t id);
void wire_free(struct wire *wire);

void wire_attach(struct wire *wire, unsigned side, void *node, uint32_t port, wire_recv_fn *recv,
                 wire_status_fn *status);

/* Nobody is at 'side' any more, until somebody is attached. */
void wire_detach(struct wire *wire, unsigned side);

/* Sends a copy of the frame from 'side' to the other. False when it was dropped at once. */
bool wire_send(struct wire *wire, unsigned side, const uint8_t *data, size_t len);

/* The same of a frame whose headers are known, which it takes along. */
bool wire_send_parsed(struct wire *wire, unsigned side, const struct pkt_frame *frame);

/* Cargo has arrived, or has been lost ('arrived' false). It may send. */
typedef void wire_cargo_fn(void *aux, bool arrived);

/* Sends 'len' bytes without a frame: 'done' is called once, unless they are dropped at once (false). */
bool wire_send_cargo(struct wire *wire, unsigned side, size_t len, wire_cargo_fn *done, void *aux);

/* All cargo on the way is told of as lost; its place among the frames stays taken. */
void wire_drop_cargo(struct wire *wire);

/* Begins to count cargo_peak_bytes again. */
void wire_forget_peak(struct wire *wire);

/* Begins to count all of wire_stats again. What is on the way then has not been sent, but will be delivered,
 * lost or cut. */
void wire_reset_stats(struct wire *wire);

/* When the last bit of what has been sent from 'side' has left, or earlier: a frame can be clocked out at
 * once. */
mono_t wire_free_at(const struct wire *wire, unsigned side);

/* Takes the link down (what is on the way is lost) or up again, and tells both ends. */
void wire_set_up(struct wire *wire, bool up);
bool wire_is_up(const struct wire *wire);

/* What is sent from 'side' from now on does not arrive, and neither end is told: a fibre of the two is
 * broken. Until the same with false. */
void wire_set_broken(struct wire *wire, unsigned side, bool broken);

/* Told, after both ends, of every change of wire_is_up(); one at most. */
typedef void wire_watch_fn(void *aux, struct wire *wire, bool up);
void wire_set_watch(struct wire *wire, wire_watch_fn *watch, void *aux);

const struct wire_params *wire_get_params(const struct wire *wire);

/* Of the direction that starts at 'side'. */
struct wire_stats wire_get_stats(const struct wire *wire, unsigned side);

#endif

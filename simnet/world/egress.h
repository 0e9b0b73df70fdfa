/* The queues of a port, in front of its wire (OF 1.3.5 §5.7.1, §7.2.2).
 *
 * The wire carries one frame at a time; when it is free the next one comes from the queue whose turn it is.
 * Minimum rates are kept by start-time fair queueing (Goyal, Vin, Cheng 1996): a queue's weight is its minimum,
 * so that each gets at least that when the minima together are no more than the link, and what is left over
 * in the same proportion. Queues without a minimum share what the others leave of the link. A maximum spaces
 * the frames of a queue, without bursts. A frame for no queue, or for one that there is not, is in a queue
 * of its own without either.
 *
 * On a wire that is infinitely fast nobody waits: rates are shares of the link's. */
#ifndef TAMBO_WORLD_EGRESS_H
#define TAMBO_WORLD_EGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "simnet/world/wire.h"

#define QUEUE_NO_RATE UINT16_MAX /* No minimum or maximum (§7.2.2: above 1000). */

struct queue_params {
    uint32_t id;
    uint16_t min_permille, max_permille; /* Of the link's rate, 1..1000, or QUEUE_NO_RATE. */
};

/* Frames that no action has put into a queue are in that of their class: UDP to 'udp_port'. */
struct queue_class {
    uint16_t udp_port;
    uint32_t queue_id;
};

struct queue_counts {
    uint64_t tx_packets, tx_bytes;
    uint64_t tx_errors; /* Found the queue full, or the link down. */
};

struct egress;

/* A frame of 'len' bytes has been given to the wire, or was dropped by it. */
typedef void egress_sent_fn(void *aux, uint32_t port, size_t len, bool sent);

struct egress_params {
    struct sim *sim;
    struct wire *wire; /* Borrowed; its queue_bytes and queue_packets limit each queue. */
    unsigned side;
    const struct queue_params *queues; /* Copied; ids differ. */
    size_t n_queues;
    egress_sent_fn *sent;
    void *aux;
    uint32_t port;
};

struct egress *egress_new(const struct egress_params *params);
void egress_free(struct egress *egress); /* NULL is fine. What waits is lost. */

/* A copy of the frame takes its place in a queue. */
void egress_send(struct egress *egress, uint32_t queue_id, const uint8_t *data, size_t len);

size_t egress_n_queues(const struct egress *egress); /* Without the one for no queue. */
const struct queue_params *egress_queue(const struct egress *egress, size_t i);
const struct queue_counts *egress_counts(const struct egress *egress, size_t i);

/* The number of the queue with that id, or egress_n_queues(). */
size_t egress_find(const struct egress *egress, uint32_t queue_id);

#endif

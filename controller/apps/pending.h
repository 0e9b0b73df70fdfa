/* Frames that wait until the entries for them are in the switches.
 *
 * A queue is named by the switch at which its frames came in, their destination and, where the
 * entries are finer than a destination, the flow. Queues are embedded in what their owner keeps for
 * a miss; the table finds them again and bounds them: a queue takes so many frames, all queues
 * together so many. What does not fit is dropped and counted. */
#ifndef TAMBO_APPS_PENDING_H
#define TAMBO_APPS_PENDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "controller/base/hmap.h"
#include "controller/base/list.h"
#include "controller/base/pool.h"
#include "controller/base/types.h"
#include "controller/core/module.h"

struct pending_key {
    dpid_t dpid; /* Switch at which the frames came in; 0 when 'flow' says enough. */
    struct eth_addr dst;
    uint64_t flow; /* 0 when the destination says enough. */
};

struct pending {
    struct hmap_node node;
    struct pending_key key;
    struct list frames;
    size_t n_frames;
};

/* A copy of a packet-in. */
struct pending_frame {
    struct list list;
    dpid_t dpid;
    port_no_t in_port;
    uint32_t buffer_id;
    bool whole; /* 'data' is the whole frame, not its first bytes. */
    size_t len;
    uint8_t data[];
};

/* Frames up to this length, most of them the first bytes of longer ones, are short. */
#define PENDING_SHORT 128

struct pending_limits {
    uint32_t frames_per_queue;
    uint32_t frames_total;
};

struct pending_table {
    struct hmap queues;
    struct pending_limits limits;
    size_t n_frames;
    struct pool short_frames; /* Where nearly all live. */
    uint64_t dropped;         /* Frames refused by a limit. */
};

void pending_table_init(struct pending_table *t, struct pending_limits limits);

/* All queues must have been removed. */
void pending_table_fini(struct pending_table *t);

/* The queue called 'key', or NULL. */
struct pending *pending_find(const struct pending_table *t, const struct pending_key *key);

/* Fetches what finding or entering it will read into the cache. */
void pending_look(const struct pending_table *t, const struct pending_key *key);

/* Some queue of the table, or NULL when there is none. */
struct pending *pending_any(const struct pending_table *t);

/* Enters the empty queue 'q' as 'key', which must not be taken. */
void pending_insert(struct pending_table *t, struct pending *q, const struct pending_key *key);

/* Drops what is left in 'q' and takes it out of the table; its memory is the owner's. */
void pending_remove(struct pending_table *t, struct pending *q);

/* Copies 'packet' to the end of 'q'. False when a limit is reached: the packet is then dropped. */
bool pending_push(struct pending_table *t, struct pending *q, const struct ctl_packet *packet);

/* Takes the oldest frame, which the caller frees. NULL when there is none. */
struct pending_frame *pending_pop(struct pending_table *t, struct pending *q);
void pending_frame_free(struct pending_table *t, struct pending_frame *frame);

#endif

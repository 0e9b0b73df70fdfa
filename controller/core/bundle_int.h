/* Bundles (1.4 §7.3.9): what one step of a transaction changes on one switch is done as a whole or
 * not at all. Private to this room.
 *
 * A switch of OpenFlow 1.4 or later on which a step changes more than one thing gets
 *
 *      open, add, add, ..., commit (atomic and ordered), barrier
 *
 * without waiting in between. Each entry, group and meter keeps the xid of its add, which is that of
 * the message inside, so that answers find it as they do without a bundle. What then comes back:
 *
 *      commit reply, barrier reply   all of it is confirmed
 *      error of an add               that one is refused as a plain message is (flowdb, object); when
 *                                    the error is about the bundle and not about what is inside, it is
 *                                    sent again without one
 *      error of the commit           nothing was done: what was not refused is sent again as plain
 *                                    messages, so that the step ends as it does without bundles (one
 *                                    that the switch will not have does not keep the others out)
 *      barrier reply alone           the same: a switch that answers no commit has done nothing
 *
 * Whatever is sent again gets a new xid and a new barrier behind it, and that is the one the
 * transaction waits for. A barrier that is not answered in time is sent again after plain messages
 * (flow_barrier.c). With the connection everything is forgotten.
 *
 * A switch that refuses to open, says BAD_TYPE or does not answer a commit gets no more bundles in this
 * connection; one that refuses a type of message in a bundle gets those outside. */
#ifndef TAMBO_CORE_BUNDLE_INT_H
#define TAMBO_CORE_BUNDLE_INT_H

#include <stdbool.h>
#include <stdint.h>

#include "controller/base/err.h"
#include "controller/base/list.h"
#include "controller/openflow/of_msg.h"

struct bundle;
struct datapath;

struct bundles {
    bool is_refused;        /* The switch wants none. */
    uint64_t outside;       /* 1 << type: messages that it will not have in one. */
    uint32_t last_id;       /* Counts up from 0 in each connection. */
    unsigned n_planned;     /* Changes of the step that begins. */
    struct bundle *filling; /* Being sent; NULL: none. */
    struct list sent;       /* struct bundle whose commit is not answered, oldest first. */
};

void bundles_init(struct datapath *dp);

/* The connection is lost, or we may not write any more; also at the end. */
void bundles_disconnected(struct datapath *dp);

/* The step that begins changes one more thing on 'dp'. From the second on, what is sent with
 * bundle_send() before bundle_end() is in a bundle. */
void bundle_plan(struct datapath *dp);
void bundle_end(struct datapath *dp);

/* As session_send(). */
enum err bundle_send(struct datapath *dp, struct of_msg *msg, uint32_t *xid);

/* True when the switch's message is about a bundle and nothing else. */
bool bundle_reply(struct datapath *dp, const struct of_msg *msg);
bool bundle_error(struct datapath *dp, uint32_t xid, enum of_err err);

/* The barrier 'xid' was answered: commits before it will not be. */
void bundles_unanswered(struct datapath *dp, uint32_t xid);

#endif
